//! An instance whose database is replaced by an older copy, with the operator's word: what may be gone by that, and what
//! may not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use conntext_federation::ids::Hash;
use conntext_server::args;
use conntext_server::db::Query as _;
use conntext_server::log::rewind;
use tokio::time::sleep;

use super::chance::Chance;
use super::scene::Scene;

/// An event: its number, its hash, the id of its action.
type Held = BTreeMap<(u64, Hash), String>;

/// What the one restore of a run did.
#[derive(Clone, Default)]
pub struct Restored {
    /// The instance whose data were put back.
    pub node: usize,
    /// Messages that its people had sent, or were sending, before: it does not remember them.
    pub before: BTreeSet<usize>,
    /// How many messages anybody had begun to send before.
    pub before_all: usize,
    /// For each place that it hosts the ids of actions that somebody still held: they have to come back.
    pub kept: BTreeMap<usize, BTreeSet<String>>,
}

/// At most one restore in a run: with more of them nobody could say what has to come back.
#[derive(Default)]
pub struct Restores(Mutex<(bool, Option<Restored>)>);

impl Restores {
    fn open(&self) -> MutexGuard<'_, (bool, Option<Restored>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it did, where there was one.
    pub fn done(&self) -> Option<Restored> {
        self.open().1.clone()
    }
}

/// Takes a copy now, and puts it back later.
pub fn begin(scene: &Arc<Scene>, chance: &Chance, index: usize) {
    let mut restores = scene.restores.open();
    if restores.0 || scene.nodes[index].running().is_none() {
        return;
    }
    restores.0 = true;
    drop(restores);
    let (later, down) = (chance.between(300, 6_000), chance.below(3_000));
    // The file beside the database is as it was at the end, or there is none.
    let marks = chance.percent(50);
    let copy = scene.nodes[index].back_up();
    scene.trace.note(|| format!("fault: {} is copied, to be put back in {later} ms", scene.nodes[index].domain));
    let scene = scene.clone();
    tokio::spawn(async move {
        sleep(Duration::from_millis(later)).await;
        // Who is down may hold what nobody else does; then it cannot be known here what has to come back.
        while scene.nodes.iter().any(|node| node.running().is_none()) && !scene.calm.is_cancelled() {
            sleep(Duration::from_millis(100)).await;
        }
        if scene.calm.is_cancelled() {
            return;
        }
        let node = scene.nodes[index].clone();
        let Some(running) = node.running() else { return };
        let marks = marks.then(|| {
            let logs = running.app.log.all();
            logs.iter().filter(|log| log.hub_here()).map(|log| (log.sid.to_string(), log.head())).collect()
        });
        // Somebody else's process may end by being asked.
        let Some(held) = elsewhere(&scene, index).await else { return };
        running.life.end();
        node.put_back(copy, marks);
        scene.trace.note(|| format!("fault: {} has its older copy", node.domain));
        let (before, before_all) = {
            let book = scene.ledger.open();
            let here = |person: usize| scene.world.people[person].node == index;
            let before = book.sent.iter().enumerate().filter(|(_, sent)| here(sent.person)).map(|(n, _)| n).collect();
            (before, book.sent.len())
        };
        scene.restores.open().1 = Some(Restored { node: index, before, before_all, kept: BTreeMap::new() });
        for (number, place) in scene.world.places.iter().enumerate().filter(|(_, place)| place.hub == index) {
            let sid = place.sid.as_str();
            let sql = "select hex(e.aid) from log_events e join logs l on l.id = e.log_id where l.sid = $1";
            let there = node.read_copy(sql, sid).await;
            let mut kept: BTreeSet<String> = there.into_iter().map(|aid| lower(&aid)).collect();
            kept.extend(held.get(&number).into_iter().flat_map(|events| events.values().cloned()));
            let hashes = held.get(&number).map(|events| events.keys().copied().collect()).unwrap_or_default();
            let sql = "select cast(max(e.seq) as text) from log_events e join logs l on l.id = e.log_id
                         where l.sid = $1";
            let end = node.read_copy(sql, sid).await;
            let end = end.first().and_then(|text| text.parse().ok()).unwrap_or(0);
            scene.watch.forget(number, end, &hashes);
            scene.ledger.open().loose.insert(number);
            if let Some(restored) = &mut scene.restores.open().1 {
                restored.kept.insert(number, kept);
            }
        }
        sleep(Duration::from_millis(down)).await;
        let begun = scene.start(index).await;
        scene.trace.note(|| format!("{} begins on its older copy: {begun}", node.domain));
    });
}

/// An action's id as the book has it.
fn lower(hex: &str) -> String {
    let bytes = data_encoding::HEXUPPER.decode(hex.as_bytes()).expect("hex");
    conntext_federation::ids::ActionId(bytes.try_into().expect("an action id")).to_string()
}

/// What other instances hold of the places that this one hosts.
async fn elsewhere(scene: &Scene, index: usize) -> Option<BTreeMap<usize, Held>> {
    let mut all: BTreeMap<usize, Held> = BTreeMap::new();
    for (number, place) in scene.world.places.iter().enumerate().filter(|(_, place)| place.hub == index) {
        for (_, node) in scene.nodes.iter().enumerate().filter(|(other, _)| *other != index) {
            let Some(running) = node.running() else { continue };
            let Some(copy) = running.app.log.get(&place.sid) else { continue };
            let sql = "select seq, hash, hex(aid) from log_events where log_id = $1";
            let rows = running.app.db.read().await.ok()?.rows(sql, args![copy.id]).await.ok()?;
            let held = all.entry(number).or_default();
            for row in rows {
                let seq = u64::try_from(row.get::<i64>(0)).unwrap_or(0);
                held.insert((seq, Hash(row.get(1))), lower(&row.get::<String>(2)));
            }
        }
    }
    Some(all)
}

/// The operator's word, where a log says that nobody holds what is missing.
pub async fn decide(scene: &Scene) {
    for node in &scene.nodes {
        let Some(running) = node.running() else { continue };
        for log in running.app.log.all() {
            if log.rewind().is_some_and(|rewind| rewind.is_alarm()) {
                scene.trace.note(|| format!("the operator of {} goes on without what is missing", node.domain));
                // A process that ends meanwhile is told again.
                let _ = rewind::say_go_on(&running.app.db, log.id).await;
            }
        }
    }
}
