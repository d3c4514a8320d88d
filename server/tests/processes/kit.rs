//! The binary as a process of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

/// The longest that a start or an end may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A password that is good enough.
pub const PASSWORD: &str = "vier blaue Kraniche im Hof";

/// Settings of one instance, as the environment.
pub struct Setup {
    /// The folder that holds everything; removed at the end.
    pub folder: TempDir,
    /// The port that the instance listens on.
    pub port: u16,
    env: Vec<(String, String)>,
}

/// A port that nobody has right now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

impl Setup {
    /// An instance of its own on a free port.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let mut setup = Self { folder, port, env: Vec::new() };
        let data = setup.data().display().to_string();
        setup.set("CONNTEXT__STORAGE__DATA_DIR", &data);
        setup.set("CONNTEXT__INSTANCE__DOMAIN", "a.localhost");
        setup.set("CONNTEXT__HTTP__LISTEN", &format!("127.0.0.1:{port}"));
        setup.set("CONNTEXT__ACCOUNTS__HASH_MEMORY_KIB", "256");
        setup.set("CONNTEXT__ACCOUNTS__WORK_BITS", "0");
        setup.set("CONNTEXT__SESSIONS__ACCESS_S", "86400");
        setup
    }

    /// Sets a variable of the environment.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same settings for another process on another port, with the same data folder; `listen` is still to be set.
    pub fn another(&self) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), port: free_port(), env: self.env.clone() }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conntext"));
        command.args(arguments).env_clear().envs(self.env.iter().map(|(k, v)| (k, v))).current_dir(self.folder.path());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the binary runs")
    }

    /// Starts the instance and waits until it is ready.
    pub async fn start(&self) -> Process {
        self.start_as("http").await
    }

    /// The same with https.
    pub async fn start_as(&self, scheme: &'static str) -> Process {
        let mut process = self.spawn(scheme);
        assert!(process.ready().await, "the instance does not become ready");
        process
    }

    /// Starts the instance and does not wait.
    pub fn spawn(&self, scheme: &'static str) -> Process {
        let child = self.command(&["serve"]).stdin(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("it starts");
        Process { child: Some(child), base: format!("{scheme}://127.0.0.1:{}", self.port), client: client() }
    }
}

/// A client that believes every certificate.
pub fn client() -> reqwest::Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().danger_accept_invalid_certs(true).build().expect("a client")
}

/// A running instance. Killed at the end, whatever happens.
pub struct Process {
    /// None where somebody else ends it.
    child: Option<Child>,
    /// Scheme, address and port.
    pub base: String,
    /// For further requests.
    pub client: reqwest::Client,
}

impl Process {
    /// Waits until the instance is ready; false when it ended before, or took too long.
    pub async fn ready(&mut self) -> bool {
        let began = Instant::now();
        while self.client.get(format!("{}/readyz", self.base)).send().await.is_err() {
            if began.elapsed() > PATIENCE || !self.runs() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        true
    }

    /// The same process, for requests alone: whoever has this does not end it.
    pub fn seen_from_afar(&self) -> Self {
        Self { child: None, base: self.base.clone(), client: self.client.clone() }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("a process").id()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end; the exit code, none when a signal killed it.
    pub async fn ended(mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.as_mut().expect("a process").try_wait().expect("a status") {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "the process does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.as_mut().expect("a process").try_wait().expect("a status").is_none()
    }

    /// GET below `/api/v1`; status and JSON.
    pub async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let request = self.client.get(format!("{}/api/v1{path}", self.base)).bearer_auth(token);
        answer(request).await
    }

    /// POST below `/api/v1`; status and JSON.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.client.post(format!("{}/api/v1{path}", self.base)).json(body)).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The mode bits of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).expect("the file exists").permissions().mode() & 0o777
}

/// What a command wrote, both streams.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
