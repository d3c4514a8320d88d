//! One running instance: the process, its folder, and what the system says about it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::Result;
use crate::report::Figure;

/// What is measured is the work, not the brakes: the limits that are raised, as settings with their values.
pub const RAISED: [(&str, &str); 17] = [
    ("SESSIONS__ACCESS_S", "86400"),
    ("ACCOUNTS__WORK_BITS", "0"),
    ("LIMITS__REGISTER_BURST", "10000"),
    ("LIMITS__SIGN_IN_BURST", "10000"),
    ("LIMITS__API_BURST", "10000000"),
    ("LIMITS__API_PER_S", "1000000"),
    ("LIMITS__SERVER_BURST", "1000"),
    ("LIMITS__MESSAGE_BURST", "10000000"),
    ("LIMITS__MESSAGE_PER_S", "1000000"),
    ("FEDERATION__NEW_PEER_HOURS", "0"),
    ("FEDERATION__PEER_BURST", "1000000"),
    ("FEDERATION__PEER_PER_S", "100000"),
    ("FEDERATION__PEER_BYTES_PER_MIN", "100000000000"),
    ("FEDERATION__ACTOR_BURST", "10000000"),
    ("FEDERATION__ACTOR_PER_S", "1000000"),
    ("FEDERATION__ORIGIN_PER_S", "1000000"),
    ("FEDERATION__DOCUMENTS_BURST", "10000"),
];

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an instance rests before its memory is read.
pub const REST: Duration = Duration::from_secs(5);

/// A folder that is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    /// A new folder below the given one.
    pub fn new(parent: &Path) -> Result<Self> {
        let path = parent.join(format!("conntext-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|e| format!("cannot make {}: {e}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("cannot remove {}: {error}", self.0.display());
        }
    }
}

/// A running instance. The process ends with this value.
pub struct Instance {
    child: Child,
    /// Where it answers.
    pub origin: String,
    /// Its name to other instances.
    pub domain: String,
    /// Its data folder.
    pub data: PathBuf,
    /// From the start of the process until it was ready.
    pub start: Duration,
}

impl Instance {
    /// Starts the binary on the folder `NAME` and waits until it is ready.
    pub async fn start(binary: &Path, folder: &Path, name: &str, port: u16) -> Result<Self> {
        Self::start_on(binary, folder, name, port, None).await
    }

    /// The same on a database of PostgreSQL, where its address is given.
    pub async fn start_on(binary: &Path, folder: &Path, name: &str, port: u16, database: Option<&str>) -> Result<Self> {
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .env("CONNTEXT__INSTANCE__DOMAIN", format!("{name}.localhost:{port}"))
            .env("CONNTEXT__HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .env("CONNTEXT__STORAGE__DATA_DIR", folder.join(name))
            .env("CONNTEXT__FEDERATION__DEV_INSECURE", "true")
            .envs(RAISED.map(|(key, value)| (format!("CONNTEXT__{key}"), value)))
            .env("CONNTEXT__LOG__LEVEL", "warn");
        if let Some(database) = database {
            command.env("CONNTEXT__STORAGE__DATABASE", database);
        }
        Self::run(command, folder, name, port).await
    }

    /// Starts the bare server.
    pub async fn bare(folder: &Path) -> Result<Self> {
        let port = free_port().await?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve-bare").arg(port.to_string()).arg("--disk").arg(folder.join("bare"));
        Self::run(command, folder, "bare", port).await
    }

    async fn run(mut command: Command, folder: &Path, name: &str, port: u16) -> Result<Self> {
        let data = folder.join(name);
        let domain = format!("{name}.localhost:{port}");
        let origin = format!("http://127.0.0.1:{port}");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join(format!("{name}.log")))?;
        let begun = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| format!("cannot start {name}: {e}"))?;
        let mut instance = Self { child, origin, domain, data, start: Duration::ZERO };
        let http = reqwest::Client::new();
        let ready = format!("{}/readyz", instance.origin);
        loop {
            if http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            if let Some(status) = instance.child.try_wait()? {
                let log = std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
                return Err(format!("{name} ended at its start ({status}):\n{log}").into());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{name} did not become ready").into());
            }
            sleep(Duration::from_millis(2)).await;
        }
        instance.start = begun.elapsed();
        Ok(instance)
    }

    /// Memory that the process holds, in MiB: now, and at most so far.
    pub fn memory_mib(&self) -> Result<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let read = |key: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse::<f64>().ok())
                .map(|kib| kib / 1024.0)
        };
        let now = read("VmRSS:").ok_or("the system does not say how much memory the process holds")?;
        Ok((now, read("VmHWM:").unwrap_or(now)))
    }

    /// Bytes of its data folder.
    pub fn disk_bytes(&self) -> Result<f64> {
        fn bytes(folder: &Path) -> std::io::Result<u64> {
            let mut all = 0;
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                all += if entry.file_type()?.is_dir() { bytes(&entry.path())? } else { entry.metadata()?.len() };
            }
            Ok(all)
        }
        Ok(bytes(&self.data)? as f64)
    }

    /// Seconds of processor time that the process has used, to the hundredth.
    pub fn processor_s(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()?))?;
        // The name in brackets may hold spaces; the fields after it are counted from 3.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at - 3).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        // Linux counts in hundredths of a second on every machine that ConnText runs on (USER_HZ).
        Ok((ticks(14) + ticks(15)) / 100.0)
    }

    /// Asks the process to end, and waits for it.
    pub async fn stop(&mut self) -> Result<()> {
        let pid = self.pid()?;
        let asked = Command::new("kill").arg("-TERM").arg(pid.to_string()).status().await?;
        if !asked.success() {
            return Err(format!("cannot stop process {pid}").into());
        }
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => {
                status?;
                Ok(())
            }
            Err(_) => Err("an instance does not stop when asked to".into()),
        }
    }

    /// Starts the binary once more on the folder of an instance that was stopped.
    pub async fn start_again(&mut self, binary: &Path) -> Result<()> {
        let folder = self.data.parent().ok_or("an instance without a folder")?;
        let name = self.data.file_name().and_then(|name| name.to_str()).ok_or("an instance without a name")?;
        *self = Self::start(binary, folder, name, self.port()?).await?;
        Ok(())
    }

    /// The port that it listens on.
    pub fn port(&self) -> Result<u16> {
        let port = self.domain.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        port.ok_or_else(|| format!("{} has no port", self.domain).into())
    }

    fn pid(&self) -> Result<u32> {
        self.child.id().ok_or_else(|| "the instance has ended".into())
    }
}

/// A port that is free now.
pub async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// Start on a new folder, start on a folder that has data, memory at rest.
pub async fn measure_start(binary: &Path, folder: &Path) -> Result<Vec<Figure>> {
    let port = free_port().await?;
    let mut instance = Instance::start(binary, folder, "start", port).await?;
    let first_ms = instance.start.as_secs_f64() * 1000.0;
    instance.stop().await?;
    instance.start_again(binary).await?;
    sleep(REST).await;
    let (memory, _) = instance.memory_mib()?;
    let again_ms = instance.start.as_secs_f64() * 1000.0;
    instance.stop().await?;
    Ok(vec![
        Figure::new("first_start_ms", "first start until ready (keys and database are made)", first_ms, "ms"),
        Figure::new("start_ms", "start until ready", again_ms, "ms").wanted("under 300"),
        Figure::new("idle_rss_mib", "memory at rest (resident)", memory, "MiB").wanted("under 40"),
    ])
}
