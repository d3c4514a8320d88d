//! K: the database as a whole. All other stories run on SQLite and on PostgreSQL as well.

use conntext_server::config::DatabaseAddress;
use conntext_server::db::{Db, Source};
use serde_json::{Value, json};

use crate::c_messages::Room;
use crate::kit::{TestInstance, empty};

/// What a person sees.
async fn seen(r: &Room) -> Vec<Value> {
    let bob = r.a.client().acting_as(&r.bob);
    let mut all = vec![r.page(&bob, "").await];
    for path in ["/servers", "/me", "/sessions"] {
        all.push(bob.get(path).await.expect_status(200).json);
    }
    all
}

/// Copies the database of an instance to an address, an empty one standing for a file.
async fn copy(a: &TestInstance, to: &DatabaseAddress) -> conntext_server::db::Result<()> {
    let file = a.app.folder.path().join("copy.db");
    let to = Db::open(&Source::parse(to.reveal(), file)?).await?;
    let mut tables = 0;
    a.app.db.copy_to(&to, |_, _| tables += 1).await?;
    assert!(tables > 10);
    to.close().await;
    Ok(())
}

#[tokio::test]
async fn k9_a_database_is_copied_into_another_and_back() {
    let mut r = Room::new().await;
    for body in ["one", "two", "three"] {
        r.say(&r.bob, body).await;
    }
    let before = seen(&r).await;
    // Into a file, whatever the instance runs on; the file takes the place of its own.
    let file = DatabaseAddress::default();
    copy(&r.a, &file).await.unwrap();
    let twice = copy(&r.a, &file).await.unwrap_err().to_string();
    assert!(twice.contains("holds data already"), "{twice}");
    let folder = r.a.app.folder.path().to_owned();
    r.a.app.db.close().await;
    r.ada.let_go();
    r.bob.let_go();
    let _ = std::fs::remove_file(folder.join("conntext.db"));
    std::fs::rename(folder.join("copy.db"), folder.join("conntext.db")).unwrap();
    let a = r.a.restart_on(file).await;
    r.a = a;
    assert_eq!(seen(&r).await, before);
    // And back again, with what was said meanwhile.
    r.bob = r.a.client().acting_as(&r.bob);
    r.say(&r.bob, "four").await;
    let before = seen(&r).await;
    let back = empty().await;
    copy(&r.a, &back).await.unwrap();
    r.bob.let_go();
    if back.reveal().is_empty() {
        r.a.app.db.close().await;
        std::fs::rename(folder.join("copy.db"), folder.join("conntext.db")).unwrap();
    }
    let a = r.a.restart_on(back).await;
    r.a = a;
    assert_eq!(seen(&r).await, before);
    r.bob = r.a.client().acting_as(&r.bob);
    assert_eq!(r.say(&r.bob, "five").await["cn"], json!(5));
}
