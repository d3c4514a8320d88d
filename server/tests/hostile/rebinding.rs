//! A name that leads elsewhere the next time: to a public address while it is looked at, to the victim's own network when it is
//! used. The real binary resolves it; between it and the C library stands `rebinding.c`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::net::TcpListener;

use crate::victim::Victim;

/// Compiled with what links the program, too.
fn between(folder: &Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile/rebinding.c");
    let library = folder.join("rebinding.so");
    let done = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).args([source, "-ldl"]).status();
    assert!(done.expect("a C compiler").success());
    library
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_names_that_lead_home_the_next_time_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let (library, log) = (between(folder.path()), folder.path().join("log"));
    let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = public.local_addr().unwrap().port().to_string();
    let mut victim = Victim::new(&[
        ("CONNTEXT__INSTANCE__DOMAIN", "victim.example"),
        ("CONNTEXT__FEDERATION__DEV_INSECURE", "false"),
        ("CONNTEXT__FEDERATION__REQUEST_TIMEOUT_MS", "1500"),
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("REBINDING_LOG", log.to_str().unwrap()),
        ("REBINDING_PORT", &port),
    ])
    .await;
    let ask = async || {
        let asked = (0..5).map(|n| format!("/invites/n{n}.rebinding.example/abcdefghijklmnop/accept"));
        for (status, told) in join_all(asked.map(async |path| victim.ask(&path, Some(&json!({}))).await)).await {
            assert_eq!((status, &told["code"]), (502, &json!("peer_unreachable")), "{told}");
        }
        std::fs::read_to_string(&log).unwrap()
    };
    let lines = |seen: &str, what: &str| -> Vec<String> {
        seen.lines().filter_map(|line| line.strip_prefix(what)).map(str::to_owned).collect()
    };
    // The first answers were good, and believed.
    let seen = ask().await;
    assert_eq!(lines(&seen, "connected "), ["93.184.216.34"; 5]);
    // Who did not answer is not asked again for ten seconds; then each use looks again, and connects to none of these.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let seen = ask().await;
    assert_eq!(lines(&seen, "told ").len(), 10, "{seen}");
    assert_eq!(lines(&seen, "connected "), ["93.184.216.34"; 5], "{seen}");
    victim.goes_on().await;
}
