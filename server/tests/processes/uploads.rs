//! C3: an upload and the end of the process in its middle.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::federation::{community, instance, person, request};
use crate::kit::Process;

/// Bytes of the file: larger than what lies in buffers between the two ends.
const SIZE: usize = 6 << 20;

fn content() -> Vec<u8> {
    (0..SIZE).map(|i| (i * 31 / 3 + i / 4096) as u8).collect()
}

fn upload(process: &Process, token: &str, rest: &str) -> [reqwest::RequestBuilder; 2] {
    let url = format!("{}/api/v1/uploads{rest}", process.base);
    [process.client.head(&url), process.client.patch(&url)].map(|r| r.bearer_auth(token))
}

/// How far the upload is, and whether the file is there.
async fn stands(process: &Process, token: &str, id: &str) -> (usize, bool) {
    let [ask, _] = upload(process, token, &format!("/{id}"));
    let answer = ask.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 204);
    let offset = answer.headers()["upload-offset"].to_str().expect("text").parse().expect("a number");
    (offset, answer.headers()["upload-complete"] == "?1")
}

/// Announces a file; its upload's id.
async fn announce(process: &Process, token: &str, channel: &str, size: usize) -> String {
    let (sid, cid) = channel.trim_start_matches("/servers/").split_once("/channels/").expect("a channel");
    let url = format!("{}/api/v1/uploads?name=film.bin&sid={sid}&channel={cid}&size={size}", process.base);
    let begun = process.client.post(url).bearer_auth(token).send().await.expect("an answer");
    let begun: Value = begun.json().await.expect("JSON");
    begun["upload"].as_str().expect("an id").to_owned()
}

/// Brings these bytes and then keeps the line open, until the other end is gone.
fn send_and_hang(process: &Process, token: &str, id: &str, from: usize, bytes: &[u8]) -> tokio::task::JoinHandle<bool> {
    let [_, request] = upload(process, token, &format!("/{id}"));
    let chunks: Vec<std::io::Result<Bytes>> = bytes.chunks(32_768).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    let body = reqwest::Body::wrap_stream(stream::iter(chunks).chain(stream::pending()));
    let request = request.header("upload-offset", from).body(body);
    tokio::spawn(async move { request.send().await.is_ok_and(|a| a.status().is_success()) })
}

/// Waits until the upload's file holds as much.
async fn arrives(data: &std::path::Path, id: &str, bytes: usize) {
    for _ in 0..500 {
        if std::fs::metadata(data.join("media/parts").join(id)).is_ok_and(|f| f.len() >= bytes as u64) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the bytes never arrive");
}

#[tokio::test]
async fn c3_an_upload_survives_the_end_of_the_process_in_its_middle() {
    let (setup, _) = instance("a");
    let process = setup.start().await;
    let token = person(&process, "ada").await;
    let (_, channel) = community(&process, &token).await;
    let whole = content();
    let id = announce(&process, &token, &channel, SIZE).await;

    // Killed: what the file holds is where it goes on.
    let part = 2 << 20;
    let hanging = send_and_hang(&process, &token, &id, 0, &whole[..part]);
    arrives(&setup.data(), &id, part).await;
    process.signal("KILL");
    process.ended().await;
    assert!(!hanging.await.expect("an end"), "nothing was acknowledged");
    let process = setup.start().await;
    assert_eq!(stands(&process, &token, &id).await, (part, false));

    // Told to stop: it does not wait for the rest.
    let hanging = send_and_hang(&process, &token, &id, part, &whole[part..2 * part]);
    arrives(&setup.data(), &id, 2 * part).await;
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
    assert!(!hanging.await.expect("an end"), "nothing was acknowledged");
    let process = setup.start().await;
    let (at, _) = stands(&process, &token, &id).await;
    assert_eq!(at, 2 * part);

    let [_, last] = upload(&process, &token, &format!("/{id}"));
    let last = last.header("upload-offset", at).body(whole[at..].to_vec()).send().await.expect("an answer");
    assert_eq!(last.status().as_u16(), 201);
    let message = json!({"body": "the film", "nonce": "f", "attachments": [{"upload": id}]});
    let (status, message) = request(&process, &token, &format!("{channel}/messages"), Some(message)).await;
    assert_eq!(status, 201, "{message}");
    let url = format!("{}{}", process.base, message["attachments"][0]["url"].as_str().expect("an address"));
    let got = process.client.get(url).bearer_auth(&token).send().await.expect("an answer").bytes().await;
    assert!(got.expect("the file") == whole, "every byte is where it was");
    assert_eq!(std::fs::read_dir(setup.data().join("media/parts")).map_or(0, Iterator::count), 0);
    assert_eq!(std::fs::read_dir(setup.data().join("media/new")).map_or(0, Iterator::count), 0);
}

#[tokio::test]
async fn c3_a_process_that_ends_while_it_makes_the_file_loses_no_byte_of_it() {
    let (mut setup, _) = instance("a");
    setup.set("CONNTEXT_TEST", "1");
    let mut process = setup.start().await;
    let token = person(&process, "ada").await;
    let (_, channel) = community(&process, &token).await;
    let whole = content()[..100_000].to_vec();
    for (place, complete) in [("upload.before_commit", false), ("upload.after_commit", true)] {
        process.signal("KILL");
        process.ended().await;
        setup.set("CONNTEXT_FAIL", &format!("{place}=return"));
        process = setup.start().await;
        let id = announce(&process, &token, &channel, whole.len()).await;
        let [_, bring] = upload(&process, &token, &format!("/{id}"));
        let sent = bring.header("upload-offset", 0).body(whole.clone()).send().await;
        assert!(sent.is_err(), "{place} is never reached");
        process.ended().await;

        setup.set("CONNTEXT_FAIL", "");
        process = setup.start().await;
        assert_eq!(stands(&process, &token, &id).await, (whole.len(), complete), "after {place}");
        let [_, again] = upload(&process, &token, &format!("/{id}"));
        let asked = again.header("upload-offset", whole.len()).send().await.expect("an answer");
        assert_eq!(asked.status().as_u16(), 201, "after {place}");
        let message = json!({"body": place, "nonce": place, "attachments": [{"upload": id}]});
        let (status, message) = request(&process, &token, &format!("{channel}/messages"), Some(message)).await;
        assert_eq!(status, 201, "{message}");
        let url = format!("{}{}", process.base, message["attachments"][0]["url"].as_str().expect("an address"));
        let got = process.client.get(url).bearer_auth(&token).send().await.expect("an answer").bytes().await;
        assert!(got.expect("the file") == whole, "every byte is where it was");
    }
    // What the killed processes had begun in the store is gone.
    assert_eq!(std::fs::read_dir(setup.data().join("media/new")).map_or(0, Iterator::count), 0);
}
