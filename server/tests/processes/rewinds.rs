//! The data folder of a hub is replaced by an older copy, as after a restore, while another instance holds what came since.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::federation::{bring, community, instance, person, request};
use crate::kit::{Process, Setup, text};

const HUB: usize = 0;
const HOME: usize = 1;
const HIGH_WATER: &str = "high-water.json";

/// Two instances that talked, the first one the hub, and a copy of its data folder from then.
struct Pair {
    setups: [Setup; 2],
    processes: [Option<Process>; 2],
    tokens: [String; 2],
    sid: String,
    channel: String,
    copy: TempDir,
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Everything of a channel: id, number and text of each message.
fn shown(page: &Value) -> Vec<(String, u64, String)> {
    let word = |m: &Value, name: &str| m[name].as_str().unwrap_or_default().to_owned();
    let messages = page["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|m| (word(m, "id"), m["seq"].as_u64().unwrap_or(0), word(m, "body"))).collect()
}

impl Pair {
    async fn new() -> Self {
        let ((mut hub, hub_domain), (mut home, _)) = (instance("a"), instance("b"));
        for setup in [&mut hub, &mut home] {
            setup.set("CONNTEXT_TEST", "1").set("CONNTEXT__LIMITS__MESSAGE_BURST", "1000");
            setup.set("CONNTEXT__STORAGE__HIGH_WATER_MS", "50").set("CONNTEXT__FEDERATION__NEW_PEER_HOURS", "0");
        }
        let (a, b) = (hub.start().await, home.start().await);
        let (ada, ben) = (person(&a, "ada").await, person(&b, "ben").await);
        let (sid, channel) = community(&a, &ada).await;
        bring((&a, &ada), &hub_domain, &sid, (&b, &ben)).await;
        let copy = tempfile::tempdir().expect("a temporary folder");
        let mut pair =
            Self { setups: [hub, home], processes: [Some(a), Some(b)], tokens: [ada, ben], sid, channel, copy };
        pair.talk("before").await;
        pair.equal().await;
        pair.stop(HUB, "TERM").await;
        copy_folder(&pair.setups[HUB].data(), pair.copy.path());
        pair.start(HUB).await;
        pair
    }

    async fn stop(&mut self, who: usize, signal: &str) {
        let process = self.processes[who].take().expect("it runs");
        process.signal(signal);
        process.ended().await;
    }

    async fn start(&mut self, who: usize) {
        self.processes[who] = Some(self.setups[who].start().await);
    }

    /// The hub is killed, and its data are as they were when the copy was made; `newer` files stay as they are.
    async fn restore(&mut self, newer: &[&str]) {
        self.stop(HUB, "KILL").await;
        let data = self.setups[HUB].data();
        let kept: Vec<_> =
            newer.iter().map(|name| (data.join(name), fs::read(data.join(name)).expect("a file"))).collect();
        fs::remove_dir_all(&data).expect("the data go");
        copy_folder(self.copy.path(), &data);
        for (file, content) in kept {
            fs::write(file, content).expect("a file");
        }
    }

    /// Says something; the status, 202 where it waits.
    async fn say(&self, who: usize, body: &str) -> u16 {
        let Some(process) = &self.processes[who] else { return 0 };
        let nonce: String = body.chars().take(60).collect();
        let message = json!({"body": body, "nonce": nonce});
        let path = format!("{}/messages", self.channel);
        let (status, answer) = request(process, &self.tokens[who], &path, Some(message)).await;
        if status == 201 && answer["state"] == "pending" { 202 } else { status }
    }

    async fn talk(&mut self, what: &str) {
        for i in 0..5 {
            for (who, name) in ["a", "b"].iter().enumerate() {
                let body = format!("{name} {what} {i}");
                let mut status = 0;
                for _ in 0..100 {
                    status = self.say(who, &body).await;
                    if matches!(status, 201 | 202) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                assert!(matches!(status, 201 | 202), "{body}: {status}");
            }
        }
    }

    async fn seen(&self, who: usize) -> Vec<(String, u64, String)> {
        let Some(process) = &self.processes[who] else { return Vec::new() };
        let path = format!("{}/messages?limit=100", self.channel);
        shown(&request(process, &self.tokens[who], &path, None).await.1)
    }

    /// Waits until both show the same; answers what.
    async fn equal(&self) -> Vec<(String, u64, String)> {
        let mut seen = [Vec::new(), Vec::new()];
        for _ in 0..300 {
            let waiting = self.waiting(HUB).await + self.waiting(HOME).await;
            for (who, seen) in seen.iter_mut().enumerate() {
                *seen = self.seen(who).await;
            }
            if seen[0] == seen[1] && !seen[0].is_empty() && waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(seen[0], seen[1]);
        seen[0].clone()
    }

    async fn pending(&self, who: usize) -> Vec<Value> {
        let Some(process) = &self.processes[who] else { return Vec::new() };
        let path = format!("/servers/{}/pending", self.sid);
        let (_, answer) = request(process, &self.tokens[who], &path, None).await;
        answer["pending"].as_array().cloned().unwrap_or_default()
    }

    async fn waiting(&self, who: usize) -> usize {
        self.pending(who).await.iter().filter(|m| m["state"] == "pending").count()
    }

    fn run(&self, who: usize, arguments: &[&str]) -> (bool, String) {
        let output = self.setups[who].run(arguments);
        (output.status.success(), text(&output))
    }

    /// Waits until `conntext fed status` of the hub says something.
    async fn status(&self, wanted: &str) {
        let mut status = String::new();
        for _ in 0..300 {
            status = self.run(HUB, &["fed", "status"]).1;
            if status.contains(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{wanted:?} is not said: {status}");
    }

    /// New words reach both, both end at the same place, and both logs hold.
    async fn is_well(&mut self, what: &str) {
        self.status("goes on").await;
        self.talk(what).await;
        let seen = self.equal().await;
        assert_eq!(seen.iter().filter(|(.., body)| body.contains(what)).count(), 10);
        let mut heads = Vec::new();
        for who in [HUB, HOME] {
            let (holds, said) = self.run(who, &["fed", "verify"]);
            assert!(holds, "{said}");
            heads.push(self.run(who, &["fed", "head", &self.sid]).1);
        }
        assert_eq!(heads[0], heads[1]);
    }
}

#[tokio::test]
async fn j2_a_hub_whose_data_are_put_back_has_everything_again_under_the_same_numbers() {
    let mut pair = Pair::new().await;
    // The whole folder is older; then the file beside the database is as it was at the end; then there is none.
    for (round, newer) in [&[][..], &[HIGH_WATER][..], &[][..]].iter().enumerate() {
        pair.talk(&format!("round {round}")).await;
        let before = pair.equal().await;
        pair.restore(newer).await;
        if round == 2 {
            fs::remove_file(pair.setups[HUB].data().join(HIGH_WATER)).expect("it was there");
        }
        pair.start(HUB).await;
        pair.status("goes on").await;
        assert_eq!(pair.equal().await, before, "round {round}");
        pair.is_well(&format!("after {round}")).await;
    }
}

#[tokio::test]
async fn j2_a_restored_hub_waits_for_an_instance_that_is_down() {
    let mut pair = Pair::new().await;
    pair.talk("later").await;
    let before = pair.equal().await;
    pair.stop(HOME, "KILL").await;
    pair.restore(&[]).await;
    // Nothing in the folder tells that it is older: the operator does.
    let (done, said) = pair.run(HUB, &["fed", "restored"]);
    assert!(done, "{said}");
    pair.start(HUB).await;
    assert_eq!(pair.say(HUB, "while b is down").await, 202, "it waits");
    let (_, status) = pair.run(HUB, &["fed", "status"]);
    assert!(status.contains("is being fetched") || status.contains("No answer"), "{status}");
    pair.status("No answer from b.localhost").await;
    assert_eq!(pair.seen(HUB).await.len(), before.len() - 10);
    pair.start(HOME).await;
    pair.status("goes on").await;
    let after = pair.equal().await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.last().map(|(.., body)| body.as_str()), Some("while b is down"));
    pair.is_well("after").await;
}

#[tokio::test]
async fn j2_where_nobody_has_what_is_missing_the_operator_decides_and_late_words_are_offered_again() {
    let mut pair = Pair::new().await;
    pair.talk("later").await;
    let before = pair.equal().await;
    pair.stop(HOME, "KILL").await;
    assert_eq!(pair.say(HUB, "nobody else has this").await, 201);
    tokio::time::sleep(Duration::from_millis(300)).await;
    pair.restore(&[HIGH_WATER]).await;
    pair.start(HUB).await;
    pair.status("No answer from b.localhost").await;
    assert_eq!(pair.say(HUB, "meanwhile").await, 202);
    assert_eq!(pair.seen(HUB).await.len(), before.len() - 10, "nothing is written");
    let sid = pair.sid.clone();
    let (done, said) = pair.run(HUB, &["fed", "epoch", &sid]);
    assert!(!done && said.contains("--accept-loss"), "{said}");
    // The operator does not wait for the other one.
    let (done, said) = pair.run(HUB, &["fed", "epoch", &sid, "--accept-loss"]);
    assert!(done, "{said}");
    pair.status("goes on").await;
    for _ in 0..100 {
        if pair.waiting(HUB).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(pair.seen(HUB).await.last().map(|(.., body)| body.clone()), Some("meanwhile".to_owned()));

    pair.start(HOME).await;
    let after = pair.equal().await;
    assert!(!after.iter().any(|(.., body)| body.contains("later")), "{after:?}");
    let offered = pair.pending(HOME).await;
    assert_eq!(offered.len(), 5, "{offered:?}");
    assert!(offered.iter().all(|m| m["state"] == "orphaned"));
    let (_, status) = pair.run(HOME, &["fed", "status"]);
    assert!(status.contains("Keeps 10 orphaned events"), "{status}");
    for message in &offered {
        let home = pair.processes[HOME].as_ref().expect("it runs");
        let path = format!("/servers/{sid}/pending/{}/retry", message["id"].as_str().expect("an id"));
        let (status, answer) = request(home, &pair.tokens[HOME], &path, Some(json!({}))).await;
        assert_eq!(status, 200, "{answer}");
    }
    for _ in 0..100 {
        if pair.pending(HOME).await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let again: Vec<String> = pair.equal().await.into_iter().map(|(.., body)| body).collect();
    let wanted: Vec<String> = (0..5).map(|i| format!("b later {i}")).collect();
    assert!(again.ends_with(&wanted), "{again:?}");
    pair.is_well("after").await;
}

#[tokio::test]
async fn j2_with_everybody_asked_and_nothing_found_there_is_an_alarm() {
    let mut pair = Pair::new().await;
    pair.stop(HOME, "TERM").await;
    assert_eq!(pair.say(HUB, "nobody else has this").await, 201);
    tokio::time::sleep(Duration::from_millis(300)).await;
    pair.restore(&[HIGH_WATER]).await;
    pair.start(HOME).await;
    pair.start(HUB).await;
    pair.status("nobody holds what is missing").await;
    let hub = pair.processes[HUB].as_ref().expect("it runs");
    let ready = hub.client.get(format!("{}/readyz", hub.base)).send().await.expect("an answer");
    assert!(ready.status().is_success());
    let ready = ready.text().await.expect("a text");
    assert!(ready.contains("nobody holds what is missing"), "{ready}");
    let (_, doctor) = pair.run(HUB, &["doctor"]);
    assert!(doctor.contains("FAIL communities"), "{doctor}");
    assert_eq!(pair.say(HUB, "meanwhile").await, 202);
    assert_eq!(pair.say(HOME, "b meanwhile").await, 202);
    // It stays so over another start.
    pair.stop(HUB, "KILL").await;
    pair.start(HUB).await;
    pair.status("nobody holds what is missing").await;
    let (done, said) = pair.run(HUB, &["fed", "epoch", &pair.sid, "--accept-loss"]);
    assert!(done, "{said}");
    pair.is_well("after").await;
    let seen: Vec<String> = pair.equal().await.into_iter().map(|(.., body)| body).collect();
    assert!(seen.contains(&"meanwhile".to_owned()) && seen.contains(&"b meanwhile".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn c1_a_hub_that_ends_while_it_takes_its_tail_back_takes_it_once() {
    let mut pair = Pair::new().await;
    for place in ["restore.before_commit", "restore.after_commit"] {
        pair.talk(place).await;
        let before = pair.equal().await;
        pair.restore(&[HIGH_WATER]).await;
        pair.setups[HUB].set("CONNTEXT_FAIL", &format!("{place}=return"));
        let mut dying = pair.setups[HUB].spawn("http");
        for _ in 0..200 {
            if !dying.runs() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!dying.runs(), "{place} is never reached");
        pair.setups[HUB].set("CONNTEXT_FAIL", "");
        pair.start(HUB).await;
        pair.status("goes on").await;
        assert_eq!(pair.equal().await, before, "{place}");
        pair.is_well(&format!("after {place}")).await;
    }
}

#[tokio::test]
async fn c1_a_hub_that_ends_while_a_new_epoch_begins_begins_one() {
    for place in ["epoch.before_commit", "epoch.after_commit"] {
        let mut pair = Pair::new().await;
        assert_eq!(pair.say(HUB, "lost").await, 201);
        pair.equal().await;
        pair.stop(HOME, "KILL").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        pair.restore(&[HIGH_WATER]).await;
        pair.setups[HUB].set("CONNTEXT_FAIL", &format!("{place}=return"));
        pair.start(HUB).await;
        pair.status("No answer").await;
        let (done, said) = pair.run(HUB, &["fed", "epoch", &pair.sid, "--accept-loss"]);
        assert!(done, "{said}");
        let mut dying = pair.processes[HUB].take().expect("it was started");
        for _ in 0..300 {
            if !dying.runs() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!dying.runs(), "{place} is never reached");
        pair.setups[HUB].set("CONNTEXT_FAIL", "");
        pair.start(HUB).await;
        pair.start(HOME).await;
        pair.is_well("after").await;
        let (_, status) = pair.run(HUB, &["fed", "status", "--json"]);
        let logs: Value = serde_json::from_str(&status).expect("JSON");
        assert_eq!(logs[0]["head"]["epoch"], 1, "{place}");
    }
}

/// Overwrites one page of a database that nobody has open.
fn damage(data: &Path, part: u64) {
    use std::io::{Seek as _, SeekFrom, Write as _};
    const PAGE: u64 = 4096;
    let mut file = fs::OpenOptions::new().write(true).open(data.join("conntext.db")).expect("the database");
    let pages = file.metadata().expect("its size").len() / PAGE;
    file.seek(SeekFrom::Start(pages * part / 100 * PAGE)).expect("a place");
    file.write_all(&[0xa5; PAGE as usize]).expect("a page");
    file.sync_all().expect("it is written");
}

/// With one page of the database overwritten an instance says so or goes on without that page, and has everything again
/// after one command.
async fn repaired(who: usize, parts: &[u64]) {
    let mut pair = Pair::new().await;
    let long = "x".repeat(900);
    for i in 0..200 {
        assert_eq!(pair.say(HUB, &format!("long {i} {long}")).await, 201);
    }
    let mut met = 0;
    for part in parts {
        let before = pair.equal().await;
        pair.stop(who, "TERM").await;
        let database = pair.setups[who].data().join("conntext.db");
        let backup = fs::read(&database).expect("the database");
        damage(&pair.setups[who].data(), *part);
        let mut process = pair.setups[who].spawn("http");
        if process.ready().await {
            // What touches the page is answered with its code, and nothing else.
            let path = format!("{}/messages?limit=100", pair.channel);
            let (status, answer) = request(&process, &pair.tokens[who], &path, None).await;
            assert!(status == 200 || answer["code"] == "damaged", "{part}: {status} {answer}");
            process.signal("TERM");
            process.ended().await;
        } else {
            let refused = pair.run(who, &["doctor"]).1;
            assert!(
                refused.contains("FAIL database") && refused.contains("conntext fed reconcile"),
                "{part}: {refused}"
            );
        }
        let (done, said) = pair.run(who, &["fed", "reconcile"]);
        if !done {
            // The page that says which tables there are: without it nothing of them can be found.
            assert!(said.contains("Restore a backup"), "{part}: {said}");
            fs::write(&database, backup).expect("the backup is put back");
        }
        met += u32::from(done && said.contains("the database is damaged"));
        pair.start(who).await;
        assert_eq!(pair.equal().await, before, "{part}: {said}");
        pair.is_well(&format!("after {part}")).await;
    }
    // A page may be one that holds nothing.
    assert!(met > 0, "no page that was overwritten held anything");
}

#[tokio::test]
async fn k6_a_hub_with_a_damaged_page_gets_its_log_back_from_a_follower() {
    repaired(HUB, &[25, 50, 70]).await;
}

#[tokio::test]
async fn k6_a_follower_with_a_damaged_page_begins_its_copy_anew() {
    repaired(HOME, &[25, 50]).await;
}
