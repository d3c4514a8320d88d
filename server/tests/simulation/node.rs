//! An instance over its lives: what it has on disk outlives each of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{Method, Request, header};
use conntext_federation::action::Position;
use conntext_server::args;
use conntext_server::clock::{Clock as _, SeededRng};
use conntext_server::config::{Config, Follow};
use conntext_server::db::inline::Inline;
use conntext_server::db::{Db, Query as _, fact};
use conntext_server::log::rewind;
use conntext_server::{App, build_on, maintenance, router};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::clock::SimClock;
use super::life::Life;
use super::net::Net;
use super::world::LAZY;

/// What a life is made of.
#[derive(Clone)]
pub struct Running {
    pub app: App,
    pub router: axum::Router,
    pub life: Arc<Life>,
}

/// An instance.
pub struct Node {
    pub domain: String,
    pub clock: Arc<SimClock>,
    /// Holds a folder for each life.
    folder: PathBuf,
    net: Net,
    seed: u64,
    flush: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lives: u64,
    running: Option<Running>,
    /// The life whose process is being started.
    starting: Option<Arc<Life>>,
    /// The next life begins with this copy of the database, as its operator knows, and with a file beside it that says
    /// how far its logs had come.
    put_back: Option<(PathBuf, Option<Marks>)>,
}

/// Where logs ended.
pub type Marks = BTreeMap<String, Position>;

/// An answer to a client.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub json: Value,
}

impl Answer {
    /// The code of a problem.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// The configuration of every instance of a run. One of them follows only what its people open.
/// In every other run the hubs would rather have streams kept open than push.
pub fn has_streams(seed: u64) -> bool {
    seed.is_multiple_of(2)
}

fn config(domain: &str, data: &Path, seed: u64) -> Config {
    let mut config = Config::test(domain);
    config.federation.stream_from_followers = u32::from(has_streams(seed));
    config.federation.stream_heartbeat_s = 3;
    config.federation.stream_resign_s = 8;
    if domain == LAZY {
        config.federation.follow = Follow::Opened;
    }
    config.storage.data_dir = data.to_owned();
    config.limits.message_burst = 100_000;
    config.limits.reaction_burst = 100_000;
    config.limits.invite_burst = 100_000;
    config.limits.typing_burst = 100_000;
    config.federation.origin_member_per_s = 100_000;
    config.federation.actor_per_s = 100_000;
    config.federation.request_timeout_ms = 10_000;
    config.federation.retry_first_ms = 500;
    config.federation.retry_max_ms = 30_000;
    config.federation.key_check_s = 20;
    config
}

impl Node {
    /// An instance whose data lie in `folder`, or will.
    pub fn new(domain: &str, folder: PathBuf, clock: Arc<SimClock>, net: Net, seed: u64, flush: bool) -> Self {
        Self { domain: domain.to_owned(), clock, folder, net, seed, flush, state: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self, life: u64) -> PathBuf {
        self.folder.join(format!("life-{life}"))
    }

    /// The present life, while there is one.
    pub fn running(&self) -> Option<Running> {
        self.open().running.clone().filter(|running| !running.life.is_over())
    }

    /// The present life.
    pub fn app(&self) -> App {
        self.open().running.as_ref().expect("the instance runs").app.clone()
    }

    /// The present life, or the one that begins.
    pub fn life(&self) -> Option<Arc<Life>> {
        let state = self.open();
        state.starting.clone().or_else(|| state.running.as_ref().map(|r| r.life.clone())).filter(|l| !l.is_over())
    }

    /// Starts its process on what the last one left on disk; whether it came to be there.
    pub async fn start(&self) -> bool {
        let (number, life) = {
            let mut state = self.open();
            if state.starting.is_some() || state.running.as_ref().is_some_and(|r| !r.life.is_over()) {
                return false;
            }
            state.lives += 1;
            let life = Arc::new(Life::default());
            state.starting = Some(life.clone());
            (state.lives, life)
        };
        self.dispose();
        // What a process leaves behind when it is killed: its files as they are, and no more than that.
        let (before, data) = (self.data(number - 1), self.data(number));
        copy(&before, &data);
        let _ = fs::remove_dir_all(&before);
        let put_back = self.open().put_back.take();
        let restored = put_back.is_some();
        if let Some((older, marks)) = put_back {
            replace(&data, &older, marks);
        }
        let started = self.build(number, &data, &life, restored).await;
        let mut state = self.open();
        state.starting = None;
        match started {
            Ok(app) if !life.is_over() => {
                let router = router(&app);
                self.net.plug(&self.domain, router.clone(), life.clone());
                state.running = Some(Running { app, router, life });
                true
            }
            // It says so and ends; somebody starts it again.
            Err(_) if life.is_full() => {
                life.end();
                false
            }
            Err(e) if !life.is_over() => panic!("{} does not start: {e}", self.domain),
            _ => false,
        }
    }

    async fn build(&self, number: u64, data: &Path, life: &Arc<Life>, restored: bool) -> Result<App, String> {
        fs::create_dir_all(data).expect("a folder");
        let how = Inline { watch: life.clone(), flush: self.flush };
        let db = Db::open_inline(&data.join("conntext.db"), how).await.map_err(|e| e.to_string())?;
        if restored {
            // `conntext fed restored`
            let ik = fact(&mut db.read().await.map_err(|e| e.to_string())?, "ik").await.map_err(|e| e.to_string())?;
            let ik = ik.and_then(|ik| ik.parse().ok()).expect("its id");
            rewind::mark_restored(&db, &ik, self.clock.now_ms()).await.map_err(|e| e.to_string())?;
        }
        let rng = Arc::new(SeededRng::new(self.seed.wrapping_add(number.wrapping_mul(0x1_0000))));
        let line = self.net.line(&self.domain, life.clone());
        let app = build_on(db, config(&self.domain, data, self.seed), self.clock.clone(), rng, line);
        let app = app.await.map_err(|e| e.to_string())?;
        maintenance::start(&app);
        Ok(app)
    }

    /// Ends what is left of a life that is over: nothing of it can do anything any more.
    fn dispose(&self) {
        if let Some(old) = self.open().running.take() {
            old.app.stopping.cancel();
            old.app.tasks.close();
            tokio::spawn(async move {
                old.app.tasks.wait().await;
                old.app.db.close().await;
            });
        }
    }

    /// Ends its process for good, in order.
    pub async fn stop(&self) {
        let Some(running) = self.open().running.take() else { return };
        running.app.stopping.cancel();
        running.app.tasks.close();
        running.app.tasks.wait().await;
        running.app.db.close().await;
    }

    /// A copy of what it has on disk now.
    pub fn back_up(&self) -> PathBuf {
        let to = self.folder.join("copy");
        copy(&self.present_data(), &to);
        to
    }

    /// The next life begins with this copy of the database.
    pub fn put_back(&self, copy: PathBuf, marks: Option<Marks>) {
        self.open().put_back = Some((copy, marks));
    }

    /// The first column of what the copy says about a place.
    pub async fn read_copy(&self, sql: &'static str, sid: &str) -> Vec<String> {
        // On files of their own: reading would change those that are put back.
        let look = self.folder.join("look");
        let _ = fs::remove_dir_all(&look);
        copy(&self.folder.join("copy"), &look);
        let how = Inline { watch: Arc::new(Life::default()), flush: false };
        let db = Db::open_inline(&look.join("conntext.db"), how).await.expect("the copy");
        let rows = db.read().await.expect("a reader").rows(sql, args![sid]).await.expect("rows");
        db.close().await;
        rows.iter().filter_map(|row| row.get(0)).collect()
    }

    /// The folder of its present data.
    pub fn present_data(&self) -> PathBuf {
        self.data(self.open().lives)
    }

    /// What a client gets; nothing where the process is not there or ends meanwhile.
    pub async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Option<Answer> {
        let Running { router, life, .. } = self.running()?;
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        let request = request.body(Body::from(body)).expect("a request");
        let answer = async {
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let status = response.status().as_u16();
            let bytes = response.into_body().collect().await.expect("a body").to_bytes();
            Answer { status, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
        };
        let answer = life.over.run_until_cancelled(answer).await?;
        (!life.is_over()).then_some(answer)
    }
}

/// Puts an older copy of the database into a folder.
fn replace(data: &Path, older: &Path, marks: Option<Marks>) {
    for name in ["conntext.db", "conntext.db-wal", "conntext.db-shm"] {
        let _ = fs::remove_file(data.join(name));
        if older.join(name).exists() && !name.ends_with("-shm") {
            fs::copy(older.join(name), data.join(name)).expect("a copy");
        }
    }
    let beside = data.join("high-water.json");
    match marks {
        Some(logs) => fs::write(beside, json!({"v": 1, "logs": logs}).to_string()).expect("a file"),
        None => drop(fs::remove_file(beside)),
    }
}

/// Copies the files that make an instance: its database with what is not yet folded into it, and its keys.
pub fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir_all(to).expect("a folder");
    for entry in entries.map(|e| e.expect("an entry")) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if !name.to_string_lossy().ends_with("-shm") {
            fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}
