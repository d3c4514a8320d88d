//! C3: files of messages.

use std::io::Cursor;

use axum::http::Method;
use conntext_federation::ids::RoleId;
use conntext_server::media;
use serde_json::{Value, json};

use crate::c_messages::{Room, id};
use crate::kit::{Answer, TestClient, TestInstance};

/// A picture with a note in it that a camera might have written.
pub fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 255) as u8, (y % 255) as u8, 90]));
    picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
    // A comment segment right behind the start of the picture.
    let note = b"taken at 52.5,13.4";
    let mut noted = bytes[..2].to_vec();
    noted.extend_from_slice(&[0xff, 0xfe, 0, note.len() as u8 + 2]);
    noted.extend_from_slice(note);
    noted.extend_from_slice(&bytes[2..]);
    noted
}

pub async fn upload(who: &TestClient, sid: &str, cid: &str, name: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/api/v1/uploads?name={name}&sid={sid}&channel={cid}");
    who.send(Method::POST, &path, Some("application/octet-stream"), bytes).await
}

/// Reads what an `/api/v1` address names.
pub async fn fetch(who: &TestClient, url: &Value) -> Answer {
    who.send(Method::GET, url.as_str().unwrap(), None, vec![]).await
}

fn stored(a: &TestInstance) -> usize {
    fn count(path: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|e| if e.path().is_dir() { count(&e.path()) } else { 1 }).sum()
    }
    count(&a.app.folder.path().join("media"))
}

#[tokio::test]
async fn c3_a_picture_is_made_anew_shown_to_members_and_gone_with_its_message() {
    let r = Room::new().await;
    let original = photo(1200, 600);
    assert!(original.windows(5).any(|w| w == b"52.5,"));
    let up = upload(&r.bob, &r.sid, &r.cid, "holiday.jpg", original).await.expect_status(201).json;
    assert_eq!(
        (up["type"].as_str(), up["width"].as_u64(), up["height"].as_u64()),
        (Some("image/jpeg"), Some(1200), Some(600))
    );
    assert!(up["thumbhash"].is_string());
    fetch(&r.bob, &up["preview_url"]).await.expect_status(200);
    fetch(&r.ada, &up["preview_url"]).await.expect_problem(404, "not_found");
    // An upload is its owner's alone, and knowing a hash is no right.
    let steal = json!({"nonce": "s", "body": "", "attachments": [{"upload": up["upload"]}]});
    r.ada.post(&r.path("/messages"), steal).await.expect_problem(422, "invalid");
    r.ada.get(&r.path(&format!("/media/{}", up["id"].as_str().unwrap()))).await.expect_problem(404, "not_found");

    let message = json!({"attachments": [{"upload": up["upload"], "alt": "the sea", "spoiler": true}]});
    let message = r.send(&r.bob, message).await;
    let file = &message["attachments"][0];
    assert_eq!(
        (file["name"].as_str(), file["alt"].as_str(), file["spoiler"].as_bool()),
        (Some("holiday.jpg"), Some("the sea"), Some(true))
    );
    let answer = fetch(&r.ada, &file["url"]).await.expect_status(200);
    assert_eq!(answer.headers["content-type"], "image/jpeg");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("inline"));
    assert!(!answer.bytes.windows(5).any(|w| w == b"52.5,"), "metadata is gone");
    assert_eq!(image::load_from_memory(&answer.bytes).unwrap().width(), 1200);
    let small = fetch(&r.ada, &file["thumb_url"]).await.expect_status(200);
    assert_eq!(image::load_from_memory(&small.bytes).unwrap().width(), 640);
    let tag = answer.headers["etag"].to_str().unwrap();
    fetch(&r.ada.clone().with_header("if-none-match", tag), &file["url"]).await.expect_status(304);
    let part = fetch(&r.ada.clone().with_header("range", "bytes=2-5"), &file["url"]).await.expect_status(206);
    assert_eq!(part.bytes, answer.bytes[2..6]);
    let beyond = r.ada.clone().with_header("range", "bytes=99999999-");
    fetch(&beyond, &file["url"]).await.expect_problem(416, "range");

    // Not for strangers, and not through another channel.
    let eve = r.a.person("eve").await;
    fetch(&eve, &file["url"]).await.expect_problem(404, "unknown_server");
    let other = r.channel("other", json!([])).await;
    let crooked = file["url"].as_str().unwrap().replace(&r.cid, &other);
    fetch(&r.ada, &json!(crooked)).await.expect_problem(404, "not_found");

    assert_eq!(stored(&r.a), 2);
    r.a.clock.advance(120_000);
    r.bob.delete(&r.path(&format!("/messages/{}", id(&message)))).await.expect_status(204);
    fetch(&r.ada, &file["url"]).await.expect_problem(404, "not_found");
    fetch(&r.bob, &file["url"]).await.expect_problem(404, "not_found");
    media::sweep(&r.a.app).await.unwrap();
    assert_eq!(stored(&r.a), 0, "the bytes are erased");
}

#[tokio::test]
async fn c3_a_file_in_a_hidden_channel_is_seen_by_nobody_else() {
    let r = Room::new().await;
    let everyone = RoleId::everyone(&r.sid.parse().unwrap());
    let hidden = r.channel("plans", json!([{"target": everyone, "allow": 0, "deny": 1}])).await;
    upload(&r.bob, &r.sid, &hidden, "x.txt", b"hi".to_vec()).await.expect_problem(404, "unknown_channel");
    let up = upload(&r.ada, &r.sid, &hidden, "plan.html", b"<!doctype html><script>1</script>".to_vec()).await;
    let up = up.expect_status(201).json;
    let mut r = r;
    r.cid = hidden;
    let message = r.send(&r.ada, json!({"body": "see", "attachments": [{"upload": up["upload"]}]})).await;
    let url = &message["attachments"][0]["url"];
    // A page is given to keep, never shown.
    let answer = fetch(&r.ada, url).await.expect_status(200);
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    fetch(&r.bob, url).await.expect_problem(404, "unknown_channel");
}

#[tokio::test]
async fn c3_limits_of_size_number_and_day_are_told() {
    let config = |c: &mut conntext_server::config::Config| {
        c.storage.media_max_bytes = 1000;
        c.storage.account_media_bytes = 1500;
        c.storage.attachments = 1;
    };
    let r = Room::of(TestInstance::with("a.test", config).await).await;
    let up = |bytes: usize| upload(&r.bob, &r.sid, &r.cid, "a.bin", vec![7; bytes]);
    up(1001).await.expect_problem(413, "too_large");
    up(0).await.expect_problem(422, "invalid");
    let first = up(900).await.expect_status(201).json;
    up(900).await.expect_problem(507, "quota");
    let small = up(500).await.expect_status(201).json;
    let two = json!([{"upload": first["upload"]}, {"upload": small["upload"]}]);
    let answer = r.bob.post(&r.path("/messages"), json!({"nonce": "a", "body": "", "attachments": two})).await;
    assert_eq!(answer.expect_problem(422, "invalid").field_code(), ("attachments", "too_many"));
    let mut broken = photo(50, 50);
    broken.truncate(200);
    upload(&r.ada, &r.sid, &r.cid, "a.jpg", broken).await.expect_problem(422, "invalid");
    // What no message takes is gone after a day, or at once when it is given up.
    let path = format!("/uploads/{}", small["upload"].as_str().unwrap());
    r.ada.delete(&path).await.expect_problem(404, "not_found");
    r.bob.delete(&path).await.expect_status(204);
    r.a.clock.advance(25 * 3_600_000);
    media::tidy(&r.a.app).await.unwrap();
    assert_eq!(stored(&r.a), 0);
    up(900).await.expect_status(201);
}
