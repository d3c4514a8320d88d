//! C3: uploads that break off and go on.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use conntext_server::config::Config;
use conntext_server::media;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use crate::c_files::{fetch, photo, upload};
use crate::c_messages::Room;
use crate::kit::{Answer, TestClient, TestInstance};

const BYTES: &str = "application/octet-stream";

/// A file whose bytes differ from place to place.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| (i * i / 7 + i) as u8).collect()
}

async fn room(change: impl FnOnce(&mut Config)) -> Room {
    Room::of(TestInstance::with("a.test", change).await).await
}

/// Announces a file; brings its first bytes.
async fn begin(r: &Room, who: &TestClient, size: usize, first: Vec<u8>) -> Answer {
    let path = format!("/api/v1/uploads?name=talk.bin&sid={}&channel={}&size={size}", r.sid, r.cid);
    who.send(Method::POST, &path, Some(BYTES), first).await
}

async fn announce(r: &Room, who: &TestClient, size: usize) -> String {
    begin(r, who, size, vec![]).await.expect_status(202).text("/upload")
}

fn path(id: &str) -> String {
    format!("/api/v1/uploads/{id}")
}

async fn go_on(who: &TestClient, id: &str, offset: usize, body: impl Into<Body>) -> Answer {
    let who = who.clone().with_header("upload-offset", &offset.to_string());
    who.send_body(Method::PATCH, &path(id), Some(BYTES), body.into()).await
}

/// How far it is, and whether the file is there.
async fn stands(who: &TestClient, id: &str) -> (usize, bool) {
    let answer = who.send(Method::HEAD, &path(id), None, vec![]).await.expect_status(204);
    let text = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(text("cache-control"), "no-store");
    (text("upload-offset").parse().unwrap(), text("upload-complete") == "?1")
}

/// A body that breaks off behind these bytes.
fn broken(bytes: &[u8]) -> Body {
    let parts: Vec<io::Result<Vec<u8>>> =
        bytes.chunks(100).map(|c| Ok(c.to_vec())).chain([Err(io::ErrorKind::ConnectionReset.into())]).collect();
    Body::from_stream(stream::iter(parts))
}

/// A body of unknown length.
fn endless(bytes: &[u8]) -> Body {
    let parts: Vec<Result<Vec<u8>, Infallible>> = bytes.chunks(100).map(|c| Ok(c.to_vec())).collect();
    Body::from_stream(stream::iter(parts))
}

/// A body that brings these bytes and then nothing, without an end.
fn silent(bytes: &[u8]) -> Body {
    let first: Vec<Result<Vec<u8>, Infallible>> = vec![Ok(bytes.to_vec())];
    Body::from_stream(stream::iter(first).chain(stream::pending()))
}

fn part_file(r: &Room, id: &str) -> PathBuf {
    r.a.app.folder.path().join("media/parts").join(id)
}

/// Waits until as much of an upload is there.
async fn arrives(r: &Room, id: &str, bytes: u64) {
    for _ in 0..2000 {
        if std::fs::metadata(part_file(r, id)).is_ok_and(|f| f.len() >= bytes) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the bytes never arrive");
}

fn part_files(r: &Room) -> usize {
    std::fs::read_dir(r.a.app.folder.path().join("media/parts")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn c3_an_upload_that_broke_off_goes_on_and_ends_with_the_same_bytes() {
    let r = room(|c| c.storage.upload_chunk_bytes = 1500).await;
    let whole = content(4000);
    let begun = begin(&r, &r.bob, 4000, whole[..500].to_vec()).await.expect_status(202).json;
    assert_eq!((&begun["offset"], &begun["size"], &begun["chunk_bytes"]), (&json!(500), &json!(4000), &json!(1500)));
    let id = begun["upload"].as_str().unwrap();
    // What came before the line broke is kept, and told.
    let cut = go_on(&r.bob, id, 500, broken(&whole[500..1500])).await.expect_problem(400, "bad_request");
    assert_eq!(cut.json["offset"], 1500);
    assert_eq!(stands(&r.bob, id).await, (1500, false));
    // No message takes a file that is not whole.
    let early = json!({"nonce": "e", "body": "", "attachments": [{"upload": id}]});
    r.bob.post(&r.path("/messages"), early).await.expect_problem(422, "invalid");
    fetch(&r.bob, &json!(path(id))).await.expect_problem(404, "not_found");
    let more = go_on(&r.bob, id, 1500, whole[1500..3000].to_vec()).await.expect_status(202);
    assert_eq!(more.json["offset"], 3000);
    let up = go_on(&r.bob, id, 3000, endless(&whole[3000..])).await.expect_status(201).json;
    assert_eq!((&up["upload"], &up["size"], &up["name"]), (&json!(id), &json!(4000), &json!("talk.bin")));
    assert_eq!(part_files(&r), 0);
    // Whoever missed the answer asks for it again.
    assert!(stands(&r.bob, id).await.1);
    assert_eq!(go_on(&r.bob, id, 4000, vec![]).await.expect_status(201).json, up);
    go_on(&r.bob, id, 4000, vec![1]).await.expect_problem(409, "upload_offset");

    let message = r.send(&r.bob, json!({"body": "the talk", "attachments": [{"upload": id}]})).await;
    let got = fetch(&r.ada, &message["attachments"][0]["url"]).await.expect_status(200);
    assert!(got.bytes == whole, "every byte is where it was");
}

#[tokio::test]
async fn c3_a_picture_in_pieces_is_made_anew_and_a_damaged_one_ends_its_upload() {
    let r = room(|_| ()).await;
    let whole = photo(300, 200);
    let id = announce(&r, &r.bob, whole.len()).await;
    go_on(&r.bob, &id, 0, whole[..777].to_vec()).await.expect_status(202);
    let up = go_on(&r.bob, &id, 777, whole[777..].to_vec()).await.expect_status(201).json;
    assert_eq!((up["type"].as_str(), up["width"].as_u64()), (Some("image/jpeg"), Some(300)));
    let shown = fetch(&r.bob, &up["preview_url"]).await.expect_status(200);
    assert!(!shown.bytes.windows(5).any(|w| w == b"52.5,"), "metadata is gone");

    let id = announce(&r, &r.bob, 600).await;
    go_on(&r.bob, &id, 0, whole[..600].to_vec()).await.expect_problem(422, "invalid");
    r.bob.send(Method::HEAD, &path(&id), None, vec![]).await.expect_status(404);
    assert_eq!(part_files(&r), 0);
}

#[tokio::test]
async fn c3_an_upload_goes_on_only_where_it_stands_and_only_for_its_owner() {
    let r = room(|_| ()).await;
    let whole = content(1000);
    let id = announce(&r, &r.bob, 1000).await;
    go_on(&r.bob, &id, 0, whole[..400].to_vec()).await.expect_status(202);
    for wrong in [0, 399, 401, 1000] {
        let answer = go_on(&r.bob, &id, wrong, whole[400..].to_vec()).await.expect_problem(409, "upload_offset");
        assert_eq!(answer.json["offset"], 400);
    }
    let lost = r.bob.send(Method::PATCH, &path(&id), Some(BYTES), whole[400..].to_vec()).await;
    assert_eq!(lost.expect_problem(422, "invalid").field_code(), ("Upload-Offset", "missing"));
    // Somebody else's is not there.
    go_on(&r.ada, &id, 400, whole[400..].to_vec()).await.expect_problem(404, "not_found");
    r.ada.send(Method::HEAD, &path(&id), None, vec![]).await.expect_status(404);
    r.ada.delete(&format!("/uploads/{id}")).await.expect_problem(404, "not_found");
    assert_eq!(stands(&r.bob, &id).await, (400, false));
    let up = go_on(&r.bob, &id, 400, whole[400..].to_vec()).await.expect_status(201).json;
    r.ada.send(Method::HEAD, &path(&id), None, vec![]).await.expect_status(404);
    go_on(&r.ada, &id, 1000, vec![]).await.expect_problem(404, "not_found");
    let message = r.send(&r.bob, json!({"body": "", "attachments": [{"upload": up["upload"]}]})).await;
    assert!(fetch(&r.ada, &message["attachments"][0]["url"]).await.expect_status(200).bytes == whole);
}

#[tokio::test]
async fn c3_of_two_writers_one_is_refused_and_who_asks_where_it_stands_ends_the_other() {
    let r = room(|_| ()).await;
    let whole = content(1000);
    let id = announce(&r, &r.bob, 1000).await;
    let hanging = {
        let (bob, id, body) = (r.bob.clone(), id.clone(), silent(&whole[..300]));
        tokio::spawn(async move { go_on(&bob, &id, 0, body).await })
    };
    arrives(&r, &id, 300).await;
    go_on(&r.bob, &id, 0, whole.clone()).await.expect_problem(409, "upload_offset");
    assert_eq!(stands(&r.bob, &id).await, (300, false));
    let ended = hanging.await.unwrap().expect_problem(409, "upload_offset");
    assert_eq!(ended.json["offset"], 300);
    // Giving it up ends its writer too.
    let hanging = {
        let (bob, id, body) = (r.bob.clone(), id.clone(), silent(&whole[300..600]));
        tokio::spawn(async move { go_on(&bob, &id, 300, body).await })
    };
    arrives(&r, &id, 600).await;
    r.bob.delete(&format!("/uploads/{id}")).await.expect_status(204);
    assert!(hanging.await.unwrap().status.is_client_error());
    go_on(&r.bob, &id, 600, whole[600..].to_vec()).await.expect_problem(404, "not_found");
    assert_eq!(part_files(&r), 0);
}

#[tokio::test]
async fn c3_a_request_that_falls_silent_ends_and_what_it_brought_stays() {
    let r = room(|c| c.storage.upload_idle_s = 1).await;
    let whole = content(1000);
    let id = announce(&r, &r.bob, 1000).await;
    let idle = go_on(&r.bob, &id, 0, silent(&whole[..500])).await.expect_problem(408, "timeout");
    assert_eq!(idle.json["offset"], 500);
    go_on(&r.bob, &id, 500, whole[500..].to_vec()).await.expect_status(201);
}

#[tokio::test]
async fn c3_an_upload_takes_no_more_than_was_announced_and_than_there_is_room_for() {
    let change = |c: &mut Config| {
        c.storage.media_max_bytes = 1000;
        c.storage.account_media_bytes = 1500;
        c.storage.upload_chunk_bytes = 600;
    };
    let r = room(change).await;
    let whole = content(1000);
    begin(&r, &r.bob, 1001, vec![]).await.expect_problem(413, "too_large");
    begin(&r, &r.bob, 0, vec![]).await.expect_problem(422, "invalid");
    // The most of one request, with and without a length that is told before.
    let large = begin(&r, &r.bob, 1000, whole[..601].to_vec()).await.expect_problem(413, "too_large");
    assert_eq!(large.json["limit"], 600);
    assert_eq!(part_files(&r), 0, "a refused beginning leaves nothing");
    let id = announce(&r, &r.bob, 1000).await;
    go_on(&r.bob, &id, 0, whole[..601].to_vec()).await.expect_problem(413, "too_large");
    go_on(&r.bob, &id, 0, endless(&whole[..601])).await.expect_problem(413, "too_large");
    assert_eq!(stands(&r.bob, &id).await, (0, false), "nothing of a refused request is kept");
    go_on(&r.bob, &id, 0, whole[..600].to_vec()).await.expect_status(202);
    // More than was announced.
    go_on(&r.bob, &id, 600, whole[..401].to_vec()).await.expect_problem(413, "too_large");
    go_on(&r.bob, &id, 600, endless(&whole[..401])).await.expect_problem(413, "too_large");
    assert_eq!(stands(&r.bob, &id).await, (600, false));
    // What was announced counts from the beginning, and no longer when it is given up.
    begin(&r, &r.bob, 501, vec![]).await.expect_problem(507, "quota");
    begin(&r, &r.ada, 501, vec![]).await.expect_status(202);
    r.bob.delete(&format!("/uploads/{id}")).await.expect_status(204);
    upload(&r.bob, &r.sid, &r.cid, "a.bin", content(501)).await.expect_status(201);
    let id = announce(&r, &r.bob, 999).await;
    go_on(&r.bob, &id, 0, whole[..600].to_vec()).await.expect_status(202);
    go_on(&r.bob, &id, 600, whole[600..999].to_vec()).await.expect_status(201);
    begin(&r, &r.bob, 1, vec![]).await.expect_problem(507, "quota");
}

#[tokio::test]
async fn c3_a_full_disk_stops_an_upload_and_room_lets_it_go_on() {
    let r = room(|_| ()).await;
    let whole = content(1000);
    let id = announce(&r, &r.bob, 1000).await;
    go_on(&r.bob, &id, 0, whole[..400].to_vec()).await.expect_status(202);
    let (file, aside) = (part_file(&r, &id), part_file(&r, "aside"));
    std::fs::rename(&file, &aside).unwrap();
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    go_on(&r.bob, &id, 0, whole.clone()).await.expect_problem(507, "storage_full");
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(stands(&r.bob, &id).await, (400, false));
    go_on(&r.bob, &id, 400, whole[400..].to_vec()).await.expect_status(201);
}

#[tokio::test]
async fn c3_uploads_that_nobody_goes_on_with_are_gone_after_a_day() {
    const HOUR_MS: i64 = 3_600_000;
    let r = room(|_| ()).await;
    let (left, alive) = (announce(&r, &r.bob, 1000).await, announce(&r, &r.bob, 1000).await);
    go_on(&r.bob, &left, 0, content(400)).await.expect_status(202);
    go_on(&r.bob, &alive, 0, content(400)).await.expect_status(202);
    std::fs::write(part_file(&r, "of-a-killed-process"), b"x").unwrap();
    r.a.clock.advance(20 * HOUR_MS);
    media::tidy(&r.a.app).await.unwrap();
    assert_eq!(part_files(&r), 2, "what belongs to no upload is gone");
    go_on(&r.bob, &alive, 400, content(100)).await.expect_status(202);
    r.a.clock.advance(5 * HOUR_MS);
    go_on(&r.bob, &left, 400, content(600)).await.expect_problem(404, "not_found");
    media::tidy(&r.a.app).await.unwrap();
    assert!(!part_file(&r, &left).exists());
    assert_eq!(stands(&r.bob, &alive).await, (500, false));
    r.a.clock.advance(25 * HOUR_MS);
    media::tidy(&r.a.app).await.unwrap();
    assert_eq!(part_files(&r), 0);
}
