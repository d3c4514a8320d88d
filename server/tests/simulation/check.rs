//! What has to hold when all is well again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use conntext_federation::action::Position;
use conntext_federation::ids::{ActionId, ChannelId, Hash};
use conntext_federation::state;
use conntext_server::db::{Query as _, Row};
use conntext_server::log::{LogHandle, verify};
use conntext_server::{App, args};
use serde_json::Value;
use tokio::time::sleep;

use super::ledger::Told;
use super::restores;
use super::scene::Scene;
use super::watch::hashes;
use super::world::Place;

/// How long it may take until every copy is where its hub is, seconds.
const HEALING_S: u64 = 900;

/// Waits until nothing is on its way any more; what still is, when that takes too long.
pub async fn settle(scene: &Arc<Scene>) -> Vec<String> {
    let mut unsettled = Vec::new();
    for _ in 0..HEALING_S / 5 {
        restores::decide(scene).await;
        unsettled = look(scene).await;
        if unsettled.is_empty() {
            return unsettled;
        }
        sleep(Duration::from_secs(5)).await;
    }
    unsettled
}

/// What waits for a hub, or for its own arrival.
async fn queue(app: &App) -> Vec<String> {
    let sql = "select p.state || ' ' || p.kind || ' of ' || p.actor || ' in ' || coalesce(l.sid, 'no log') || ' '
                 || p.content from pending_actions p left join logs l on l.id = p.log_id
               where p.state in ('queued', 'accepted') order by p.position";
    let rows = app.db.read().await.expect("a reader").rows(sql, args![]).await.expect("rows");
    rows.iter().map(|r| r.get(0)).collect()
}

/// The channels of which everything is sent to an instance: all that its people may see, or those that it asked for.
async fn followed(hub: &App, log: &LogHandle, reader: &App) -> BTreeSet<ChannelId> {
    let mut visible = log.state().channels_for(&reader.keys.ik);
    let sql = "select channels from peer_wants where log_id = $1 and peer = $2";
    let args = args![log.id, reader.keys.ik.as_str()];
    if let Some(row) = hub.db.read().await.expect("a reader").row(sql, args).await.expect("a row") {
        let wanted: String = row.get(0);
        visible.retain(|channel| wanted.split(' ').any(|w| w == channel.as_str()));
    }
    visible
}

/// Where a log ends for those who get only a part of it.
async fn visible_head(hub: &App, log: &LogHandle, reader: &App) -> Position {
    let visible = log.state().channels_for(&reader.keys.ik);
    let followed = followed(hub, log, reader).await;
    let sql = "select seq, hash, channel, kind, origin from log_events where log_id = $1 order by seq desc";
    let rows = hub.db.read().await.expect("a reader").rows(sql, args![log.id]).await.expect("rows");
    let seen = |row: &&Row| {
        let Some(channel) = row.get::<Option<String>>(2) else { return true };
        let within = |channels: &BTreeSet<ChannelId>| channels.iter().any(|c| c.as_str() == channel);
        let (kind, origin): (String, String) = (row.get(3), row.get(4));
        // What changes a channel, and what takes something away, comes also where its messages do not.
        let talk = (kind.starts_with("message.") && kind != "message.delete") || kind.starts_with("reaction.");
        within(&followed) || (within(&visible) && (!talk || origin == reader.keys.ik.as_str()))
    };
    let row = rows.iter().find(seen).expect("an event");
    Position { seq: u64::try_from(row.get::<i64>(0)).unwrap_or(0), hash: Hash(row.get(1)), ..log.head() }
}

async fn look(scene: &Arc<Scene>) -> Vec<String> {
    let mut found = Vec::new();
    for node in &scene.nodes {
        found.extend(queue(&node.app()).await.into_iter().map(|waits| format!("at {} waits: {waits}", node.domain)));
    }
    for (number, place) in scene.world.places.iter().enumerate() {
        let hub = scene.nodes[place.hub].app();
        let Some(log) = hub.log.get(&place.sid) else {
            found.push(format!("place {number} is not at its hub"));
            continue;
        };
        for (_, node) in scene.nodes.iter().enumerate().filter(|(i, _)| *i != place.hub) {
            let app = node.app();
            let inside = log.state().by_home.contains_key(&app.keys.ik);
            let copy = app.log.get(&place.sid);
            match (inside, copy) {
                (false, None) => {}
                (false, Some(_)) => found.push(format!("{} keeps its copy of place {number}", node.domain)),
                (true, None) => found.push(format!("{} has no copy of place {number}", node.domain)),
                (true, Some(copy)) => {
                    let head = visible_head(&hub, &log, &app).await;
                    let held = hashes(&hub, log.id).await.expect("hashes");
                    let there = copy.head();
                    // It may end behind that: with an event of a channel that was closed to it since.
                    let whole = there.seq >= head.seq && held.get(&there.seq) == Some(&there.hash);
                    let visible = log.state().channels_for(&app.keys.ik);
                    let known = copy.state().channels.keys().cloned().collect();
                    let wanted = copy.wanted().map_or(visible.clone(), |w| w.intersection(&visible).cloned().collect());
                    let given = followed(&hub, &log, &app).await;
                    let torn: Vec<&ChannelId> = wanted.iter().filter(|c| !copy.has_whole(c)).collect();
                    if wanted != given || !torn.is_empty() {
                        let told = format!("wants {wanted:?}, gets {given:?}, torn {torn:?}");
                        found.push(format!("{} does not get what it wants of place {number}: {told}", node.domain));
                    }
                    if visible != known {
                        let told = format!("may see {visible:?}, knows {known:?}");
                        found.push(format!(
                            "{} was not told which channels of place {number} it may see: {told}",
                            node.domain
                        ));
                    }
                    if !whole || copy.quarantined().is_some() {
                        found.push(format!(
                            "{}'s copy of place {number} ends at {}, its hub shows {} ({:?}, {:?})",
                            node.domain,
                            copy.head().seq,
                            head.seq,
                            copy.quarantined(),
                            log.rewind()
                        ));
                    }
                }
            }
        }
    }
    found
}

/// Everything that does not hold; empty when all does.
pub async fn all(scene: &Arc<Scene>) -> Vec<String> {
    let mut faults = settle(scene).await;
    if !faults.is_empty() {
        return faults.into_iter().map(|f| format!("I1: {f}")).collect();
    }
    for (number, place) in scene.world.places.iter().enumerate() {
        faults.extend(chains(scene, number, place).await);
        faults.extend(copies(scene, number, place).await);
        faults.extend(answers(scene, number, place).await);
        faults.extend(readers(scene, number, place).await);
    }
    faults.extend(scene.net.leaks().into_iter().map(|l| format!("leak: {l}")));
    faults.extend(scene.watch.open().faults.clone());
    faults.extend(scene.ledger.open().faults.clone());
    faults
}

/// I5: every log and copy holds in itself. I3: what was shown is what the hub holds.
async fn chains(scene: &Scene, number: usize, place: &Place) -> Vec<String> {
    let mut faults = Vec::new();
    for node in &scene.nodes {
        let app = node.app();
        let report = verify::verify(&app.db, &place.sid, app.keys.ik.as_str()).await.expect("a database");
        let wrong = report.map_or_else(Vec::new, |r| r.faults);
        faults.extend(wrong.into_iter().map(|f| format!("I5: {}, place {number}: {f}", node.domain)));
    }
    let hub = scene.nodes[place.hub].app();
    let log = hub.log.get(&place.sid).expect("the log");
    let held = hashes(&hub, log.id).await.expect("hashes");
    let epoch = log.head().epoch;
    for ((_, seq), seen) in scene.watch.open().events.range((number, 0)..=(number, u64::MAX)) {
        // What an epoch left out was shown under its number, too.
        if held.get(seq) != Some(&seen.hash) && seen.epoch == epoch {
            faults.push(format!("I3: place {number}, number {seq} was shown as {} and is another now", seen.kind));
        }
    }
    faults
}

type Table = (&'static str, &'static str);

/// What the rooms derived from events, by the action that it comes from.
const TABLES: [Table; 6] = [
    (
        "messages",
        "select aid, seq || ' ' || channel || ' ' || cn || ' ' || author || ' ' || ts || ' ' || coalesce(edit_seq, 0)
           || ' ' || coalesce(edited_at, 0) || ' ' || coalesce(deleted_seq, 0) || ' ' || coalesce(hex(reply_to), '')
         from messages where log_id = $1",
    ),
    (
        "reactions",
        "select aid, emoji || ' ' || actor || ' ' || channel || ' ' || seq from reactions
           where log_id = $1 and present",
    ),
    ("files", "select aid, mid || ' ' || channel || ' ' || author || ' ' || name from media_refs where log_id = $1"),
    (
        "notes",
        "select aid, seq || ' ' || about || ' ' || target || ' ' || actor || ' ' || reason from mod_notes
           where log_id = $1",
    ),
    ("notices", "select aid, seq || ' ' || actor || ' ' || kind || ' ' || ts from notices where log_id = $1"),
    (
        "events",
        "select aid, seq || ' ' || hex(hash) || ' ' || coalesce(content, '-') || ' ' || coalesce(erased, 0) || ' '
           || coalesce(rejected, '') from log_events where log_id = $1",
    ),
];

fn aid(row: &Row) -> ActionId {
    ActionId(row.get::<Vec<u8>>(0).try_into().expect("an action id"))
}

async fn rows(app: &App, log_id: i64, sql: &'static str) -> Vec<(ActionId, String)> {
    let rows = app.db.read().await.expect("a reader").rows(sql, args![log_id]).await.expect("rows");
    let mut rows: Vec<_> = rows.iter().map(|r| (aid(r), r.get(1))).collect();
    rows.sort();
    rows
}

/// The row of a channel without how far it goes.
fn without_end(text: &str) -> String {
    let mut channel: Value = serde_json::from_str(text).expect("JSON");
    for end in ["last_cn", "last_ts", "last", "as_of"] {
        channel[end] = Value::Null;
    }
    channel.to_string()
}

/// I1: what a copy holds is what its hub holds, and no more than its people may see.
async fn copies(scene: &Scene, number: usize, place: &Place) -> Vec<String> {
    let mut faults = Vec::new();
    let hub = scene.nodes[place.hub].app();
    let at_hub = hub.log.get(&place.sid).expect("the log");
    for (_, node) in scene.nodes.iter().enumerate().filter(|(i, _)| *i != place.hub) {
        let app = node.app();
        let Some(copy) = app.log.get(&place.sid) else { continue };
        let part = |row: &mut state::Row| {
            let channel = (row.kind == "channel").then(|| row.key.parse().expect("a channel id"));
            // Of what is not followed it is known how far it goes, sooner or later.
            if channel.is_some_and(|channel| !copy.has_whole(&channel)) {
                row.value = row.value.as_deref().map(without_end);
            }
        };
        let (mut ours, mut theirs) =
            (at_hub.state().snapshot_for(&app.keys.ik), copy.state().snapshot_for(&app.keys.ik));
        ours.iter_mut().chain(&mut theirs).for_each(part);
        for row in ours.iter().filter(|r| r.kind != "head" && !theirs.contains(r)) {
            let value = row.value.as_deref().unwrap_or("nothing");
            faults.push(format!("I1: {} misses of place {number}: {} {}: {value}", node.domain, row.kind, row.key));
        }
        for row in theirs.iter().filter(|r| r.kind != "head" && !ours.contains(r)) {
            let value = row.value.as_deref().unwrap_or("nothing");
            faults.push(format!("I1: {} holds of place {number}: {} {}: {value}", node.domain, row.kind, row.key));
        }
        let held: BTreeSet<ActionId> = rows(&app, copy.id, TABLES[5].1).await.into_iter().map(|r| r.0).collect();
        // Changes of what was not followed for a while are fetched when it is read: that is looked at by reading.
        let tables = if copy.is_whole() { &TABLES[..] } else { &TABLES[5..] };
        for (table, sql) in tables {
            let mut ours = rows(&hub, at_hub.id, sql).await;
            ours.retain(|(aid, _)| held.contains(aid));
            // A copy that began later may know of reactions to what it does not hold.
            let mut theirs = rows(&app, copy.id, sql).await;
            theirs.retain(|(aid, _)| held.contains(aid));
            let (a, b): (BTreeSet<_>, BTreeSet<_>) = (ours.iter().collect(), theirs.iter().collect());
            for row in a.symmetric_difference(&b).take(4) {
                let side = if a.contains(*row) { "the hub has" } else { "the copy has" };
                faults.push(format!("I1: {}, place {number}, {table}: only {side} {}: {}", node.domain, row.0, row.1));
            }
        }
        let visible = at_hub.state().channels_for(&app.keys.ik);
        let sql = "select aid, channel from log_events where log_id = $1 and channel is not null
                     and content is not null";
        for (aid, channel) in rows(&app, copy.id, sql).await {
            if !visible.iter().any(|c| c.as_str() == channel) {
                faults.push(format!("leak: {} holds {aid} of a channel that it may not see", node.domain));
            }
        }
    }
    faults
}

type Stands = BTreeMap<String, Vec<u64>>;

/// I2 and I4, with what only disks can tell.
async fn answers(scene: &Scene, number: usize, place: &Place) -> Vec<String> {
    let hub = scene.nodes[place.hub].app();
    let log = hub.log.get(&place.sid).expect("the log");
    let mut stands = Stands::new();
    for entry in hub.log.read(&log, 0, 1_000_000).await.expect("entries") {
        stands.entry(entry.aid().to_string()).or_default().push(entry.seq());
    }
    let mut faults = told(scene, number, &stands, log.head().epoch);
    faults.extend(waiting(scene, number, place, &stands).await);
    faults
}

/// I2 and I4: what people were told about what they sent, and in which order it stands.
fn told(scene: &Scene, number: usize, stands: &Stands, epoch: u64) -> Vec<String> {
    let restored = scene.restores.done();
    // What the hub's copy lacked and nobody held is gone, and what an epoch left out is kept elsewhere.
    let gone = |n: usize, id: Option<&String>| match &restored {
        Some(r) if epoch > 0 && scene.world.places[number].hub == r.node => true,
        Some(r) if r.before_all > n => r.kept.get(&number).is_some_and(|kept| id.is_none_or(|id| !kept.contains(id))),
        _ => false,
    };
    // It does not remember what its people sent before.
    let forgotten = |n: usize| restored.as_ref().is_some_and(|r| r.before.contains(&n));
    let loose = restored.as_ref().is_some_and(|r| r.kept.contains_key(&number));
    let mut faults = Vec::new();
    for (aid, seqs) in stands.iter().filter(|(_, seqs)| seqs.len() > 1) {
        faults.push(format!("I2: {aid} stands at {seqs:?} of place {number}"));
    }
    let mut bodies: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for ((_, seq), seen) in scene.watch.open().events.range((number, 0)..=(number, u64::MAX)) {
        if let Some(body) = &seen.body {
            bodies.entry(body.clone()).or_default().push(*seq);
        }
    }
    let book = scene.ledger.open();
    let mut last: BTreeMap<usize, (u64, String)> = BTreeMap::new();
    for (n, sent) in book.sent.iter().enumerate().filter(|(_, s)| s.place == number) {
        let who = &scene.world.people[sent.person].handle;
        let found = bodies.get(&sent.body).cloned().unwrap_or_default();
        if found.len() > 1 && !forgotten(n) {
            faults.push(format!("I2: {:?} of {who} stands at {found:?} of place {number}", sent.body));
        }
        let ids: BTreeSet<&String> = sent.ids.iter().collect();
        if ids.len() > 1 && !forgotten(n) {
            faults.push(format!("I2: {:?} of {who} was given several ids: {ids:?}", sent.body));
        }
        let by_id = sent.ids.last().and_then(|id| stands.get(id)).and_then(|seqs| seqs.first().copied());
        if sent.told == Some(Told::Accepted) && by_id.is_none() && !gone(n, sent.ids.last()) {
            faults.push(format!("I2: {:?} of {who} was accepted and is not in the log", sent.body));
        }
        if let (Some(seq), Some(first)) = (by_id, found.first())
            && seq != *first
            && !forgotten(n)
        {
            faults.push(format!("I2: {:?} of {who} stands at {first}, not {seq}", sent.body));
        }
        if forgotten(n) {
            continue;
        }
        let Some(seq) = by_id.or_else(|| found.first().copied()) else { continue };
        match last.insert(sent.person, (seq, sent.body.clone())) {
            Some((before, body)) if before >= seq => {
                faults.push(format!(
                    "I4: {:?} of {who} stands at {seq}, before {body:?} at {before}, which was sent earlier",
                    sent.body
                ));
            }
            _ => {}
        }
    }
    for edit in book.edited.iter().filter(|e| e.place == number) {
        let found = bodies.get(&edit.body).map_or(0, Vec::len);
        if found > 1 || (edit.told == Some(Told::Accepted) && found == 0 && !loose) {
            faults.push(format!("I2: the change {:?} was {:?} and stands {found} times", edit.body, edit.told));
        }
    }
    for (_, id) in book.deleted.iter().filter(|d| d.0 == number) {
        let erased = scene.watch.open().events.range((number, 0)..=(number, u64::MAX)).any(|(_, seen)| {
            seen.kind == "message.delete" && stands.contains_key(&seen.aid) && stands.contains_key(id)
        });
        if !erased && !loose {
            faults.push(format!("I2: the deletion of {id} was accepted and is not in the log"));
        }
    }
    faults
}

/// What was to wait for its hub stands in its log, or its author is told why it does not.
async fn waiting(scene: &Scene, number: usize, place: &Place, stands: &BTreeMap<String, Vec<u64>>) -> Vec<String> {
    let mut faults = Vec::new();
    let pending: Vec<_> = {
        let book = scene.ledger.open();
        let restored = scene.restores.done();
        let forgotten = |n: &usize| restored.as_ref().is_some_and(|r| r.before.contains(n));
        let told = book.sent.iter().enumerate().filter(|(n, s)| s.place == number && !forgotten(n));
        let told = told.map(|(_, s)| s).filter(|s| s.told == Some(Told::Pending));
        told.filter_map(|s| Some((s.person, s.body.clone(), s.ids.last()?.clone()))).collect()
    };
    for (person, body, id) in pending {
        if stands.contains_key(&id) {
            continue;
        }
        let person = &scene.world.people[person];
        let app = scene.nodes[person.node].app();
        // What the hub had accepted and lost is offered again under another id.
        let sql = "select state || ' ' || coalesce(code, '') from pending_actions
                   where aid = $1 or (state = 'orphaned' and actor = $2 and content like $3)";
        let aid: ActionId = id.parse().expect("an action id");
        let args = args![aid.0, person.uid.as_str(), format!("%{body}%")];
        let row = app.db.read().await.expect("a reader").row(sql, args).await.expect("a row");
        let state = row.map(|r| r.get::<String>(0));
        // Somebody who is no member any more has no copy that could keep it.
        if state.is_none() && app.log.get(&place.sid).is_some() {
            faults.push(format!("I2: {body:?} of {} waited and is nowhere", person.handle));
        }
    }
    faults
}

/// I1 as people see it: whoever reads a channel from its end to its beginning reads the same as the owner at the hub.
async fn readers(scene: &Arc<Scene>, number: usize, place: &Place) -> Vec<String> {
    let mut faults = Vec::new();
    for channel in [&place.general, &place.changing, &place.secret] {
        let Some(mut owners) = read(scene, place, place.owner, channel.as_str()).await else {
            faults.push(format!("I1: the owner of place {number} cannot read it"));
            continue;
        };
        for (index, person) in scene.world.people.iter().enumerate() {
            // One of each instance: both read the same tables.
            if person.node == place.hub || index % 2 != number % 2 {
                continue;
            }
            let Some(mut theirs) = read(scene, place, index, channel.as_str()).await else { continue };
            // Once it is open, what was done to it meanwhile is fetched, and so is the history of a channel that was gained;
            // not before the hub knows the instance's new key.
            for _ in 0..24 {
                if theirs == owners {
                    break;
                }
                sleep(Duration::from_secs(5)).await;
                // What was delivered twice may have come since.
                if let Some(again) = read(scene, place, place.owner, channel.as_str()).await {
                    owners = again;
                }
                theirs = read(scene, place, index, channel.as_str()).await.unwrap_or_default();
            }
            if channel == &place.secret {
                faults.push(format!("leak: {} reads what is secret in place {number}", person.handle));
            }
            if theirs != owners {
                let same = owners.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
                let differ = (owners.get(same), theirs.get(same));
                faults.push(format!(
                    "I1: {} reads {} messages of {channel} of place {number}, the owner {}: {differ:?}",
                    person.handle,
                    theirs.len(),
                    owners.len()
                ));
            }
        }
    }
    faults
}

/// All messages of a channel as somebody reads them; nothing where they may not.
async fn read(scene: &Scene, place: &Place, person: usize, channel: &str) -> Option<Vec<Value>> {
    let person = &scene.world.people[person];
    let mut all: Vec<Value> = Vec::new();
    let mut query = String::from("?limit=100");
    loop {
        let path = format!("/servers/{}/channels/{channel}/messages{query}", place.sid);
        let answer = scene.nodes[person.node].ask(Method::GET, &path, Some(&person.token), None).await?;
        if answer.status != 200 {
            return None;
        }
        let mut page: Vec<Value> = answer.json["messages"].as_array()?.clone();
        page.retain(|m| m["state"] == "sent");
        let first = page.first().and_then(|m| m["cn"].as_u64());
        let more = answer.json["has_before"] == true;
        all.splice(0..0, page.iter().map(plain));
        match first {
            Some(cn) if more => query = format!("?limit=100&before={cn}"),
            _ => return Some(all),
        }
    }
}

/// What everybody reads of a message, without what is only for the one who asks.
fn plain(message: &Value) -> Value {
    let mut message = message.clone();
    message["nonce"] = Value::Null;
    if let Some(reactions) = message["reactions"].as_array_mut() {
        for reaction in reactions {
            reaction["me"] = Value::Null;
        }
    }
    message
}
