//! One instance.

use std::path::Path;
use std::sync::Arc;

use conntext_federation::domain::Domain;
use conntext_server::clock::{SeededRng, TestClock};
use conntext_server::config::{Config, DatabaseAddress};
use conntext_server::peers::Transport;
use conntext_server::peers::domains::own::DomainError;
use conntext_server::{App, build, build_with, router};
use serde_json::json;
use tempfile::TempDir;

use super::{TestClient, TestNet};

/// When stories begin: 2026-01-01T00:00:00Z, in milliseconds since 1970.
pub const EPOCH_MS: i64 = 1_767_225_600_000;

/// A password that is good enough.
pub const PASSWORD: &str = "vier blaue Kraniche im Hof";

/// A whole instance in this process.
pub struct TestInstance {
    /// The instance.
    pub app: App,
    /// Its clock.
    pub clock: Arc<TestClock>,
    router: axum::Router,
    net: Option<TestNet>,
    seed: u64,
    former: Vec<String>,
    // Removes the data when the story is over.
    _folder: Option<TempDir>,
}

impl TestInstance {
    /// An instance with the configuration of tests.
    pub async fn new(domain: &str) -> Self {
        Self::with(domain, |_| ()).await
    }

    /// An instance whose configuration the story changes.
    pub async fn with(domain: &str, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::test(domain);
        config.storage.data_dir = folder.path().join("data");
        config.storage.database = super::database::empty().await;
        change(&mut config);
        Self::start(config, Arc::new(TestClock::new(EPOCH_MS)), seed(domain), Some(folder), None).await
    }

    /// An instance in a network of them.
    pub(super) async fn in_net(net: &TestNet, domain: &str, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::test(domain);
        config.storage.data_dir = folder.path().join("data");
        config.storage.database = super::database::empty().await;
        change(&mut config);
        Self::start(config, Arc::new(TestClock::new(EPOCH_MS)), seed(domain), Some(folder), Some(net.clone())).await
    }

    async fn start(
        config: Config,
        clock: Arc<TestClock>,
        seed: u64,
        folder: Option<TempDir>,
        net: Option<TestNet>,
    ) -> Self {
        let rng = Arc::new(SeededRng::new(seed));
        let domain = config.instance.domain.clone();
        let transport: Option<Arc<dyn Transport>> = net.as_ref().map(|net| net.transport(&domain));
        let app = match transport {
            Some(transport) => build_with(config, clock.clone(), rng, transport).await,
            None => build(config, clock.clone(), rng).await,
        };
        let app = app.expect("the instance starts");
        let router = router(&app);
        if let Some(net) = &net {
            net.plug(&domain, router.clone());
        }
        Self { router, app, clock, net, seed, former: Vec::new(), _folder: folder }
    }

    /// Stops the instance as when its process is killed, and starts it again on the same data.
    pub async fn restart(self) -> Self {
        self.restart_as(|_| ()).await
    }

    /// The same; while the instance is down something happens to its data folder.
    pub async fn restart_with(self, change: impl FnOnce(&Path)) -> Self {
        self.restart_as(|config| change(&config.storage.data_dir)).await
    }

    /// The same on another database.
    pub async fn restart_on(self, database: DatabaseAddress) -> Self {
        self.restart_as(|config| config.storage.database = database).await
    }

    /// The same with another configuration.
    pub async fn restart_as(self, change: impl FnOnce(&mut Config)) -> Self {
        let mut stopped = self.stop().await;
        change(&mut stopped.config);
        stopped.start().await
    }

    /// Gives the instance another domain, as its operator does; the old one leads to it, too.
    pub async fn renamed(self, domain: &str) -> Self {
        let old = self.app.domain.to_string();
        let mut stopped = self.stop().await;
        stopped.is_at(domain);
        stopped.change_domain().await.expect("another domain");
        stopped.former.push(old);
        stopped.start().await
    }

    /// Stops the instance as when its process is killed.
    pub async fn stop(mut self) -> Stopped {
        let folder = self._folder.take();
        let (config, clock) = (self.app.config.clone(), Arc::clone(&self.clock));
        let net = self.net.clone();
        // Another one than before, or ids would come again.
        let seed = self.seed.wrapping_add(1);
        let former = std::mem::take(&mut self.former);
        if let Some(net) = &net {
            former.iter().chain([&config.instance.domain]).for_each(|domain| net.unplug(domain));
        }
        self.app.stopping.cancel();
        self.app.tasks.close();
        self.app.tasks.wait().await;
        self.app.db.close().await;
        let gone = self.app.downgrade();
        drop(self);
        // Who still has a connection to it learns that it is closed.
        for _ in 0..100 {
            if gone.upgrade().is_none() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Stopped { config, clock, seed, former, folder, net }
    }

    /// A program or browser that nobody has signed in on.
    pub fn client(&self) -> TestClient {
        TestClient::new(self.router.clone())
    }

    /// A new person, signed in as a program.
    pub async fn person(&self, handle: &str) -> TestClient {
        let client = self.client();
        let answer = client
            .post("/accounts", json!({"handle": handle, "password": PASSWORD, "kind": "bearer"}))
            .await
            .expect_status(201);
        client.with_token(answer.text("/token"))
    }

    /// The person who set the instance up, signed in as a program.
    pub async fn admin(&self) -> TestClient {
        let url = conntext_server::accounts::offer_setup(&self.app).await.expect("an address").expect("no admin yet");
        let token = url.rsplit('=').next().unwrap_or_default();
        let client = self.client();
        client
            .post("/setup", json!({"token": token, "handle": "admin", "password": PASSWORD}))
            .await
            .expect_status(201);
        let answer = client
            .post("/sessions", json!({"handle": "admin", "password": PASSWORD, "kind": "bearer"}))
            .await
            .expect_status(201);
        client.with_token(answer.text("/token"))
    }
}

/// Another seed for each domain, so that no two instances ever make the same id.
fn seed(domain: &str) -> u64 {
    domain.bytes().fold(7_u64, |seed, b| seed.wrapping_mul(31).wrapping_add(u64::from(b)))
}

/// An instance that does not run just now.
pub struct Stopped {
    /// Its configuration.
    pub config: Config,
    clock: Arc<TestClock>,
    seed: u64,
    former: Vec<String>,
    folder: Option<TempDir>,
    net: Option<TestNet>,
}

impl Stopped {
    /// Names another domain in the configuration.
    pub fn is_at(&mut self, domain: &str) {
        domain.clone_into(&mut self.config.instance.domain);
        self.config.http.public_url = Some(format!("https://{domain}"));
    }

    /// What `conntext domain change` does.
    pub async fn change_domain(&self) -> Result<Domain, DomainError> {
        let base = self.base().await;
        let changed = conntext_server::peers::domains::own::change(&base).await;
        base.db.close().await;
        changed
    }

    /// Whether it may start under the domain of its configuration.
    pub async fn check_domain(&self) -> Result<(), DomainError> {
        let base = self.base().await;
        let checked = conntext_server::peers::domains::own::check(&base).await;
        base.db.close().await;
        checked
    }

    async fn base(&self) -> conntext_server::Base {
        let rng = Arc::new(SeededRng::new(self.seed));
        conntext_server::open(self.config.clone(), self.clock.clone(), rng).await.expect("a data folder")
    }

    /// Starts it again on its data.
    pub async fn start(self) -> TestInstance {
        let net = self.net.clone();
        let mut started = TestInstance::start(self.config, self.clock, self.seed, self.folder, self.net).await;
        if let Some(net) = net {
            self.former.iter().for_each(|domain| net.plug(domain, started.router.clone()));
        }
        started.former = self.former;
        started
    }
}
