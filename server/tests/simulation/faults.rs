//! What goes wrong in a run, as its seed says.

use std::sync::Arc;
use std::time::Duration;

use conntext_server::clock::SeededRng;
use conntext_server::peers;
use tokio::time::{Instant, sleep};

use super::chance::Chance;
use super::life::Room;
use super::net::Weather;
use super::restores;
use super::scene::Scene;

/// The longest pause between two faults, milliseconds.
const PAUSE_MS: u64 = 1_500;
const HOUR_MS: i64 = 3_600_000;

/// Lets things go wrong for so long.
pub async fn rage(scene: &Arc<Scene>, during: Duration) {
    let chance = Chance::new(scene.seed, 2);
    let end = Instant::now() + during;
    while Instant::now() < end {
        sleep(Duration::from_millis(chance.below(PAUSE_MS))).await;
        one(scene, &chance);
    }
}

fn later(ms: u64, then: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(async move {
        sleep(Duration::from_millis(ms)).await;
        then.await;
    });
}

fn one(scene: &Arc<Scene>, chance: &Chance) {
    let nodes = scene.nodes.len();
    let pick = || usize::try_from(chance.below(nodes as u64)).unwrap_or(0);
    let (index, other) = (pick(), pick());
    let (a, b) = (scene.nodes[index].domain.clone(), scene.nodes[other].domain.clone());
    let net = scene.net.clone();
    match chance.below(100) {
        0..=14 => {
            let both = chance.percent(70);
            let ms = chance.between(200, 15_000);
            scene
                .trace
                .note(|| format!("fault: {a} and {b} are cut for {ms} ms{}", if both { "" } else { ", one way" }));
            net.cut(&a, &b);
            if both {
                net.cut(&b, &a);
            }
            later(ms, async move {
                net.mend(&a, &b);
                net.mend(&b, &a);
            });
        }
        15..=19 => {
            let ms = chance.between(1_000, 20_000);
            scene.trace.note(|| format!("fault: {a} is alone for {ms} ms"));
            let others: Vec<String> = scene.nodes.iter().map(|n| n.domain.clone()).filter(|d| *d != a).collect();
            for other in &others {
                net.cut(&a, other);
                net.cut(other, &a);
            }
            later(ms, async move {
                for other in &others {
                    net.mend(&a, other);
                    net.mend(other, &a);
                }
            });
        }
        20..=44 => {
            let bad = |most: u64| if chance.percent(60) { chance.below(most) } else { 0 };
            let weather = Weather { lost: bad(25), answer_lost: bad(25), doubled: bad(30), delay_ms: bad(4_000) };
            scene.trace.note(|| format!("fault: {weather:?}"));
            net.set_weather(weather);
        }
        45..=69 => crash(scene, chance, index),
        70..=77 => {
            let Some(life) = scene.nodes[index].life() else { return };
            let ms = chance.between(500, 10_000);
            let room = if ms.is_multiple_of(2) { Room::Full } else { Room::NoCommit };
            scene.trace.note(|| format!("fault: {a} has no room on its disk for {ms} ms ({room:?})"));
            life.set_room(room);
            later(ms, async move { life.set_room(Room::Enough) });
        }
        78..=91 => {
            let sign = if chance.percent(50) { 1 } else { -1 };
            let far = chance.percent(30);
            let most = if far { 3 * HOUR_MS } else { 50_000 };
            let off = sign * i64::try_from(chance.below(u64::try_from(most).unwrap_or(0))).unwrap_or(0);
            scene.trace.note(|| format!("fault: the clock of {a} is wrong by {off} ms"));
            scene.nodes[index].clock.set_off(off);
            if far {
                let node = scene.nodes[index].clone();
                later(chance.between(500, 8_000), async move { node.clock.set_off(0) });
            }
        }
        92..=96 => rotate(scene, chance, index),
        _ => restores::begin(scene, chance, index),
    }
}

/// The process ends after some further steps, and begins again later.
fn crash(scene: &Arc<Scene>, chance: &Chance, index: usize) {
    let Some(life) = scene.nodes[index].life() else { return };
    let steps = if chance.percent(50) { chance.below(12) } else { chance.below(400) };
    scene.trace.note(|| format!("fault: {} ends after {steps} steps", scene.nodes[index].domain));
    life.doom(steps);
    let (scene, down, again) = (scene.clone(), chance.below(4_000), chance.percent(15));
    let more = chance.below(300);
    tokio::spawn(async move {
        life.over.cancelled().await;
        scene.trace.note(|| format!("{} has ended", scene.nodes[index].domain));
        sleep(Duration::from_millis(down)).await;
        if again {
            // It ends once more while it begins, or soon after.
            let (waiting, node) = (scene.clone(), scene.nodes[index].clone());
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                if let Some(life) = node.life().filter(|_| !waiting.calm.is_cancelled()) {
                    life.doom(more);
                    life.over.cancelled().await;
                    sleep(Duration::from_millis(1_000)).await;
                    begin(&waiting, index).await;
                }
            });
        }
        begin(&scene, index).await;
    });
}

async fn begin(scene: &Arc<Scene>, index: usize) {
    let begun = scene.start(index).await;
    scene.trace.note(|| format!("{} begins again: {begun}", scene.nodes[index].domain));
}

/// The administrator changes the signing key, or revokes the one in use.
fn rotate(scene: &Arc<Scene>, chance: &Chance, index: usize) {
    let Some(running) = scene.nodes[index].running() else { return };
    let rng = SeededRng::new(chance.below(u64::MAX));
    let revoke = chance.percent(20);
    scene.trace.note(|| {
        format!("fault: {} {} its key", scene.nodes[index].domain, if revoke { "revokes" } else { "changes" })
    });
    let app = running.app;
    let done = if revoke {
        let kid = app.keys.signing().public().kid();
        app.keys.revoke(&rng, &kid, Some("lost"))
    } else {
        app.keys.rotate(&rng, i64::try_from(chance.below(10_000)).unwrap_or(0), 600_000)
    };
    // A second change has to wait until the first is in use.
    let refused = done.is_err();
    scene.trace.note(|| format!("{}: refused {refused}", scene.nodes[index].domain));
    tokio::spawn(async move {
        let _ = peers::attend_keys(&app).await;
    });
}

/// All is well again.
pub async fn heal(scene: &Arc<Scene>) {
    scene.trace.note(|| "all is well again".into());
    scene.calm.cancel();
    scene.net.heal();
    for (index, node) in scene.nodes.iter().enumerate() {
        node.clock.set_off(0);
        if let Some(life) = node.life() {
            life.set_room(Room::Enough);
            life.spare();
        }
        while node.running().is_none() {
            if !scene.start(index).await {
                sleep(Duration::from_millis(500)).await;
            }
        }
    }
}
