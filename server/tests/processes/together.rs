//! K9: several processes of one instance on one PostgreSQL database, behind a balancer that gives each new connection to
//! the next of them. `scripts/with-postgres.sh` brings the database, `scripts/with-nats.sh` NATS.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::federation::{community, instance, person, request};
use crate::kit::{Process, Setup, free_port, text};

/// How long something may take that another process has to do, or to take over.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bytes of each connection on their way in, with the process that they went to.
type Seen = Arc<Mutex<Vec<(u16, Vec<u8>)>>>;

/// Gives each connection to the next process that takes it, and keeps what came in.
struct Balancer {
    backends: Arc<Mutex<Vec<u16>>>,
    seen: Seen,
}

impl Balancer {
    async fn start(port: u16, backends: Vec<u16>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the balancer's port");
        let balancer = Self { backends: Arc::new(Mutex::new(backends)), seen: Arc::default() };
        let (backends, seen) = (balancer.backends.clone(), balancer.seen.clone());
        let next = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (backends, seen, next) = (backends.clone(), seen.clone(), next.clone());
                tokio::spawn(async move {
                    let ports = backends.lock().expect("ports").clone();
                    let first = next.fetch_add(1, Ordering::Relaxed);
                    for i in 0..ports.len() {
                        let port = ports[(first + i) % ports.len()];
                        if let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await {
                            return pass(client, server, port, seen).await;
                        }
                    }
                });
            }
        });
        balancer
    }

    /// The newest whole request to a path, with the process that had it.
    fn recorded(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let seen = self.seen.lock().expect("what was seen");
        seen.iter().rev().find_map(|(port, bytes)| {
            let begin = bytes.windows(path.len()).rposition(|w| w == path.as_bytes())?;
            let rest = &bytes[begin..];
            let end = rest.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
            let head = String::from_utf8_lossy(&rest[..end]).to_lowercase();
            let length: usize = head.split("content-length:").nth(1)?.lines().next()?.trim().parse().ok()?;
            Some((*port, rest.get(..end + length)?.to_vec()))
        })
    }
}

async fn pass(client: TcpStream, server: TcpStream, port: u16, seen: Seen) {
    let at = {
        let mut seen = seen.lock().expect("what was seen");
        seen.push((port, Vec::new()));
        seen.len() - 1
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let inwards = async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
            seen.lock().expect("what was seen")[at].1.extend_from_slice(&buffer[..n]);
            if to_server.write_all(&buffer[..n]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = inwards => {}
        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
    }
}

/// A live connection, with all that came over it.
struct Live(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Live {
    /// The ticket is of one process, the socket of another.
    async fn open(ticket_at: &Process, socket_at: &Process, token: &str) -> Self {
        let (status, ticket) = request(ticket_at, token, "/gateway/ticket", Some(json!({}))).await;
        assert_eq!(status, 200, "{ticket}");
        let address = format!("{}/api/v1/gateway", socket_at.base.replace("http", "ws"));
        let (mut socket, _) = connect_async(address).await.expect("a socket");
        let identify = json!({"op": "identify", "ticket": ticket["ticket"], "cursors": {}});
        socket.send(Message::text(identify.to_string())).await.expect("it is sent");
        let mut live = Self(socket);
        live.until(|frame| frame["op"] == "ready").await;
        live
    }

    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let looking = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).expect("JSON");
                        if wanted(&frame) {
                            return frame;
                        }
                    }
                    Some(Ok(_)) => {}
                    ended => panic!("the connection ended: {ended:?}"),
                }
            }
        };
        timeout(PATIENCE, looking).await.expect("it is told in time")
    }

    async fn shows(&mut self, body: &str) {
        self.until(|frame| frame["op"] == "event" && frame["e"].to_string().contains(&format!("\"{body}\""))).await;
    }
}

/// Sends, and sends again with the same number, to the next process when one does not answer.
async fn write(processes: &[&Process], token: &str, channel: &str, body: &str) {
    let began = Instant::now();
    let mut at = 0;
    while began.elapsed() < PATIENCE {
        let sent = json!({"body": body, "nonce": body});
        let (status, answer) =
            request(processes[at % processes.len()], token, &format!("{channel}/messages"), Some(sent)).await;
        match status {
            201 | 202 => return,
            // A process that has not heard of it yet, or none.
            0 | 404 | 429 | 500.. => {
                at += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => panic!("{other}: {answer}"),
        }
    }
    panic!("{body} was never taken");
}

/// All bodies of a channel, over its pages, oldest first.
async fn all_bodies(process: &Process, token: &str, channel: &str) -> Vec<String> {
    let mut found: Vec<Value> = Vec::new();
    loop {
        let before = found.first().map(|m| format!("&before={}", m["cn"])).unwrap_or_default();
        let (_, page) = request(process, token, &format!("{channel}/messages?limit=100{before}"), None).await;
        let page = page["messages"].as_array().cloned().unwrap_or_default();
        if page.is_empty() {
            break;
        }
        found.splice(0..0, page);
    }
    found.iter().map(|m| m["body"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Waits until all see the same, as many as were written, each once.
async fn settle(readers: &[(&Process, &str)], channel: &str, wanted: &BTreeSet<String>) {
    let began = Instant::now();
    let mut seen = Vec::new();
    while began.elapsed() < PATIENCE {
        seen.clear();
        for (process, token) in readers {
            seen.push(all_bodies(process, token, channel).await);
        }
        if seen.iter().all(|bodies| bodies.len() >= wanted.len()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for bodies in &seen {
        assert_eq!(bodies.iter().cloned().collect::<BTreeSet<_>>(), *wanted);
        assert_eq!(bodies.len(), wanted.len(), "something stands twice");
        assert_eq!(bodies, &seen[0], "the order differs");
    }
}

async fn database() -> Option<String> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let Ok(address) = std::env::var("CONNTEXT_TEST_POSTGRES") else {
        eprintln!("skipped: it needs PostgreSQL; run it by scripts/with-postgres.sh");
        return None;
    };
    let schema = format!("together_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut conn = PgConnection::connect(&address).await.expect("the PostgreSQL of the tests");
    let sql = AssertSqlSafe(format!("create schema {schema}"));
    sqlx::raw_sql(sql).execute(&mut conn).await.expect("a schema");
    Some(format!("{address}&options[search_path]={schema}"))
}

/// Brings somebody into a community by an invitation. Another process than the one that made it knows of it in a moment.
async fn bring(hub: (&Process, &str), domain: &str, sid: &str, home: (&Process, &str)) {
    let (status, invite) = request(hub.0, hub.1, &format!("/servers/{sid}/invites"), Some(json!({}))).await;
    assert!(matches!(status, 200 | 201), "{status} {invite}");
    let accept = format!("/invites/{domain}/{}/accept", invite["code"].as_str().expect("a code"));
    for _ in 0..20 {
        match request(home.0, home.1, &accept, Some(json!({}))).await {
            (200 | 201, _) => return,
            (404, _) => tokio::time::sleep(Duration::from_millis(20)).await,
            (other, answer) => panic!("{other} {answer}"),
        }
    }
    panic!("the invitation stays unknown");
}

/// Processes of one instance: the same folder, database and domain, each with a port of its own.
fn beside(first: &Setup) -> Setup {
    let mut setup = first.another();
    setup.set("CONNTEXT__HTTP__LISTEN", &format!("127.0.0.1:{}", setup.port));
    setup
}

/// `between` is what they hear of each other by; with `streams` instances follow each other by streams, not by pushes.
async fn two_processes(between: Option<&str>, streams: bool) {
    let Some(database) = database().await else { return };
    let (mut one, _) = instance("a");
    let (mut home, home_domain) = instance("b");
    if streams {
        one.set("CONNTEXT__FEDERATION__STREAM_FROM_FOLLOWERS", "1");
        home.set("CONNTEXT__FEDERATION__STREAM_FROM_FOLLOWERS", "1");
    }
    let front = free_port();
    let domain = format!("a.localhost:{front}");
    one.set("CONNTEXT__INSTANCE__DOMAIN", &domain).set("CONNTEXT__STORAGE__DATABASE", &database);
    one.set("CONNTEXT__LIMITS__MESSAGE_BURST", "100000");
    if let Some(between) = between {
        one.set("CONNTEXT__STORAGE__BETWEEN", between);
    }
    let mut two = beside(&one);
    let balancer = Balancer::start(front, vec![one.port, two.port]).await;

    // Both begin at the same moment, on an empty database and without keys.
    let (mut a1, mut a2) = (one.spawn("http"), two.spawn("http"));
    assert!(a1.ready().await && a2.ready().await, "both serve");
    // The first is the one that does what is to be done once.
    if !has_duties(&a1).await {
        std::mem::swap(&mut one, &mut two);
        std::mem::swap(&mut a1, &mut a2);
    }
    assert!(has_duties(&a1).await && !has_duties(&a2).await, "one of them has the duties");
    let b = home.start().await;

    // People of both are in one community, and somebody of another instance; some of ours are in one there.
    let (ada, ben, cleo) = (person(&a1, "ada").await, person(&a2, "ben").await, person(&b, "cleo").await);
    let (sid, channel) = community(&a1, &ada).await;
    bring((&a1, &ada), &domain, &sid, (&a2, &ben)).await;
    bring((&a1, &ada), &domain, &sid, (&b, &cleo)).await;
    let (there, far) = community(&b, &cleo).await;
    bring((&b, &cleo), &home_domain, &there, (&a1, &ada)).await;
    bring((&b, &cleo), &home_domain, &there, (&a2, &ben)).await;

    // What is written at one is shown at the other at once; tickets are good at both.
    let mut at_one = Live::open(&a2, &a1, &ada).await;
    let mut at_two = Live::open(&a1, &a2, &ben).await;
    let (_, me) = request(&a2, &ben, "/me", None).await;
    at_one
        .until(|f| f["s"]["t"] == "presence" && f["s"]["user"] == me["user"]["id"] && f["s"]["status"] == "online")
        .await;
    let mut wanted = BTreeSet::new();
    let mut far_wanted = BTreeSet::new();
    for (process, token, body) in [(&a1, &ada, "from one"), (&a2, &ben, "from two")] {
        write(&[process], token, &channel, body).await;
        at_one.shows(body).await;
        at_two.shows(body).await;
        wanted.insert(body.to_owned());
    }
    let watch = json!({"op": "watch", "sid": sid, "channel": channel.rsplit('/').next()});
    at_two.0.send(Message::text(watch.to_string())).await.expect("it is sent");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (status, _) = request(&a1, &ada, &format!("{channel}/typing"), Some(json!({}))).await;
    assert!(matches!(status, 200..=204), "{status}");
    at_two.until(|frame| frame["s"]["t"] == "typing").await;

    // Into a community elsewhere: whichever process has the duties sends it, and the answer comes to the other.
    for (process, token, body) in [(&a1, &ada, "far from one"), (&a2, &ben, "far from two")] {
        let sent = json!({"body": body, "nonce": body});
        let (status, answer) = request(process, token, &format!("{far}/messages"), Some(sent)).await;
        assert_eq!(status, 201, "the hub's answer is waited for: {answer}");
        at_one.shows(body).await;
        at_two.shows(body).await;
        far_wanted.insert(body.to_owned());
    }

    // A file that one took in is handed out by the other.
    let cid = channel.rsplit('/').next().expect("a channel");
    let url = format!("{}/api/v1/uploads?name=apple.txt&sid={sid}&channel={cid}", a1.base);
    let sent =
        a1.client.post(url).bearer_auth(&ada).header("content-type", "application/octet-stream").body("an apple");
    let upload: Value = sent.send().await.expect("an answer").json().await.expect("JSON");
    let message = json!({"body": "see", "nonce": "see", "attachments": [{"upload": upload["upload"]}]});
    // Uploads are the database's: the other one knows of it at once.
    let (status, message) = request(&a2, &ada, &format!("{channel}/messages"), Some(message)).await;
    assert_eq!(status, 201, "{message}");
    wanted.insert("see".into());
    let address = format!("{}{}", a2.base, message["attachments"][0]["url"].as_str().expect("an address"));
    let file = a2.client.get(address).bearer_auth(&ben).send().await.expect("an answer");
    assert_eq!(file.text().await.expect("a text"), "an apple");

    // Both append to one log at the same time, and what an instance elsewhere sends comes to both.
    let load = [
        run("one", vec![&a1], ada.clone(), channel.clone(), 0, 80),
        run("two", vec![&a2], ben.clone(), channel.clone(), 0, 80),
        run("elsewhere", vec![&b], cleo.clone(), channel.clone(), 0, 40),
    ];
    for task in load {
        task.await.expect("all is taken");
    }
    wanted.extend((0..80).flat_map(|i| [format!("one {i}"), format!("two {i}")]));
    wanted.extend((0..40).map(|i| format!("elsewhere {i}")));
    settle(&[(&a1, &ada), (&a2, &ben), (&b, &cleo)], &channel, &wanted).await;
    at_one.shows("two 79").await;
    at_two.shows("one 79").await;

    // Who follows from elsewhere has its stream at the process that delivers, and nowhere else.
    if streams {
        streaming(&a1).await;
        streaming(&b).await;
        assert!(has_metric(&a2, "conntext_peer_streams 0").await);
    }

    // What an instance signed and one process took is refused by the other.
    let (taker, signed) = balancer.recorded("POST /federation/v1/servers/").expect("a signed request");
    let other = if taker == one.port { two.port } else { one.port };
    let answer = send_raw(other, &signed).await;
    assert!(answer.contains("\"replayed\""), "{answer}");

    // Signing out at one closes the socket at the other.
    let asked = json!({"handle": "ben", "password": crate::kit::PASSWORD, "kind": "bearer"});
    let (_, second) = a1.post("/sessions", &asked).await;
    let second = second["token"].as_str().expect("a token").to_owned();
    let mut leaving = Live::open(&a2, &a2, &second).await;
    let ended = a1.client.delete(format!("{}/api/v1/sessions/current", a1.base)).bearer_auth(&second).send().await;
    assert!(ended.expect("an answer").status().is_success());
    let closed = leaving.until(|frame| frame["op"] == "close").await;
    assert_eq!(closed["code"], "signed_out");
    assert_eq!(a2.get("/me", &second).await.0, 401);

    // One is killed while all write. Its people go to the other, which takes over what it did.
    let load = [
        run("late one", vec![&a1, &a2], ada.clone(), channel.clone(), 0, 60),
        run("late two", vec![&a2], ben.clone(), channel.clone(), 0, 60),
        run("late elsewhere", vec![&b], cleo.clone(), channel.clone(), 0, 30),
        run("late far", vec![&a2], ben.clone(), far.clone(), 0, 30),
    ];
    tokio::time::sleep(Duration::from_millis(700)).await;
    a1.signal("KILL");
    a1.ended().await;
    balancer.backends.lock().expect("ports").retain(|port| *port != one.port);
    for task in load {
        task.await.expect("all is taken");
    }
    wanted.extend((0..60).flat_map(|i| [format!("late one {i}"), format!("late two {i}")]));
    wanted.extend((0..30).map(|i| format!("late elsewhere {i}")));
    far_wanted.extend((0..30).map(|i| format!("late far {i}")));
    settle(&[(&a2, &ada), (&b, &cleo)], &channel, &wanted).await;
    settle(&[(&a2, &ada), (&b, &cleo)], &far, &far_wanted).await;

    assert!(has_duties(&a2).await, "it has taken over");
    if streams {
        streaming(&a2).await;
    }

    // It comes back beside the other, and all goes on.
    let mut a1 = one.spawn("http");
    assert!(a1.ready().await, "it comes back");
    balancer.backends.lock().expect("ports").push(one.port);
    write(&[&a1], &ada, &channel, "back at one").await;
    at_two.shows("back at one").await;
    wanted.insert("back at one".into());

    // Then the other one, whichever had the duties.
    a2.signal("KILL");
    a2.ended().await;
    balancer.backends.lock().expect("ports").retain(|port| *port != two.port);
    write(&[&a1], &ben, &channel, "alone").await;
    write(&[&a1], &ben, &far, "far alone").await;
    wanted.insert("alone".into());
    far_wanted.insert("far alone".into());
    settle(&[(&a1, &ada), (&b, &cleo)], &channel, &wanted).await;
    settle(&[(&a1, &ada), (&b, &cleo)], &far, &far_wanted).await;

    for setup in [&one, &home] {
        let verified = setup.run(&["fed", "verify"]);
        assert!(verified.status.success() && text(&verified).contains("holds"), "{}", text(&verified));
    }
    for sid in [&sid, &there] {
        let head = |setup: &Setup| text(&setup.run(&["fed", "head", sid])).trim().to_owned();
        assert_eq!(head(&one), head(&home));
    }
}

/// Whether a process does what only one of them does.
async fn has_duties(process: &Process) -> bool {
    has_metric(process, "conntext_duties 1").await
}

async fn has_metric(process: &Process, wanted: &str) -> bool {
    let metrics = process.client.get(format!("{}/metrics", process.base)).send().await.expect("an answer");
    metrics.text().await.expect("a text").lines().any(|line| line == wanted)
}

/// Waits until another instance has a stream of a log there.
async fn streaming(process: &Process) {
    let began = Instant::now();
    while !has_metric(process, "conntext_peer_streams 1").await {
        assert!(began.elapsed() < PATIENCE, "no stream is opened");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Somebody writes many messages, one after the other.
fn run(
    what: &'static str,
    at: Vec<&Process>,
    token: String,
    channel: String,
    from: usize,
    to: usize,
) -> tokio::task::JoinHandle<()> {
    let at: Vec<Process> = at.into_iter().map(Process::seen_from_afar).collect();
    tokio::spawn(async move {
        let at: Vec<&Process> = at.iter().collect();
        for i in from..to {
            write(&at, &token, &channel, &format!("{what} {i}")).await;
        }
    })
}

/// Sends a request as it was recorded; the whole answer.
async fn send_raw(port: u16, request: &[u8]) -> String {
    let mut line = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    line.write_all(request).await.expect("it is sent");
    let mut answer = Vec::new();
    let reading = async {
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&answer).contains("\"code\"") {
            match line.read(&mut buffer).await {
                Ok(n @ 1..) => answer.extend_from_slice(&buffer[..n]),
                _ => break,
            }
        }
    };
    let _ = timeout(Duration::from_secs(5), reading).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_two_processes_on_one_database_are_one_instance() {
    two_processes(None, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_two_processes_are_one_instance_over_nats_and_with_streams() {
    let Ok(address) = std::env::var("CONNTEXT_TEST_NATS") else {
        eprintln!("skipped: it needs NATS; run it by scripts/with-nats.sh");
        return;
    };
    two_processes(Some(&address), true).await;
}

#[tokio::test]
async fn k9_another_instance_on_the_same_database_is_refused() {
    let Some(database) = database().await else { return };
    let ((mut one, _), (mut other, _)) = (instance("a"), instance("c"));
    one.set("CONNTEXT__STORAGE__DATABASE", &database);
    other.set("CONNTEXT__STORAGE__DATABASE", &database);
    let _process = one.start().await;
    let refused = other.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("are not those of this instance"), "{}", text(&refused));
    // One that has keys already is refused as well.
    let (mut third, _) = instance("d");
    let process = third.start().await;
    process.signal("TERM");
    process.ended().await;
    third.set("CONNTEXT__STORAGE__DATABASE", &database);
    let refused = third.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("are not those of this instance"), "{}", text(&refused));
    // The doctor finds nothing wrong with a second process.
    let healthy = one.run(&["doctor"]);
    assert!(text(&healthy).contains("the database takes writes"), "{}", text(&healthy));
    // The embedded database stays with one process.
    let mut embedded = one.another();
    embedded.set("CONNTEXT__STORAGE__DATABASE", "");
    embedded.set("CONNTEXT__HTTP__LISTEN", &format!("127.0.0.1:{}", embedded.port));
    let refused = embedded.run(&["serve"]);
    assert!(text(&refused).contains("already uses the data folder"), "{}", text(&refused));
}

/// Asks for an archive of somebody's data at a process, and waits until it is ready there.
async fn archive(process: &Process, token: &str) -> String {
    let (status, asked) = request(process, token, "/me/exports", Some(json!({}))).await;
    assert_eq!(status, 201, "{asked}");
    let began = Instant::now();
    loop {
        let (_, all) = request(process, token, "/me/exports", None).await;
        let found = all["exports"].as_array().expect("archives").iter().find(|e| e["id"] == asked["id"]).cloned();
        if found.expect("the archive")["state"] == "ready" {
            return asked["id"].as_str().expect("an id").to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "nobody makes the archive: {all}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_of_several_processes_one_makes_archives() {
    let Some(database) = database().await else { return };
    let (mut one, _) = instance("a");
    one.set("CONNTEXT__STORAGE__DATABASE", &database);
    let two = beside(&one);
    let (mut a1, mut a2) = (one.spawn("http"), two.spawn("http"));
    assert!(a1.ready().await && a2.ready().await, "both serve");
    if !has_duties(&a1).await {
        std::mem::swap(&mut a1, &mut a2);
    }
    let ada = person(&a1, "ada").await;
    // Asked for where the duties are not; both hand it out.
    let id = archive(&a2, &ada).await;
    for process in [&a1, &a2] {
        let url = format!("{}/api/v1/me/exports/{id}/archive", process.base);
        let answer = process.client.get(url).bearer_auth(&ada).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.expect("bytes").starts_with(b"PK"));
    }
    // With the one that made them gone, the other does.
    a1.signal("KILL");
    a1.ended().await;
    archive(&a2, &ada).await;
}
