//! What other processes of this instance say is acted upon here, and what they may have said unheard is looked up.

use std::time::Duration;

use conntext_federation::ids::UserId;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::mpsc;

use crate::App;
use crate::bus::{Notice, PeopleNotice, PersonNotice};
use crate::cluster::{Heard, Word};
use crate::presence::Presence;

/// How often what was written is looked up, whether it was told or not.
const LOOK_UP: Duration = Duration::from_secs(3);
/// How often the others are told again who is there; what they said counts for a little more than twice that.
const AGAIN: Duration = Duration::from_secs(30);

/// Starts to listen and to speak, where there may be other processes; it ends with the instance.
pub fn start(app: &App) {
    let duties = app.metrics.register(
        "duties",
        "Whether this process does what only one of an instance's processes does: 1 or 0",
        Gauge::<i64>::default(),
    );
    duties.set(i64::from(app.cluster.has_duties()));
    if !app.cluster.is_shared() {
        return;
    }
    let cluster = app.cluster.clone();
    let show = move |has| {
        duties.set(i64::from(has));
    };
    let watching = async move { cluster.watch_duties(show).await };
    app.tasks.spawn(app.stopping.clone().run_until_cancelled_owned(watching));
    let (heard, hearing) = mpsc::unbounded_channel();
    app.cluster.start(&app.tasks, &app.stopping, heard);
    let stopping = app.stopping.clone();
    app.tasks.spawn(stopping.clone().run_until_cancelled_owned(listen(app.clone(), hearing)));
    app.tasks.spawn(stopping.clone().run_until_cancelled_owned(look_up(app.clone())));
    app.tasks.spawn(stopping.run_until_cancelled_owned(say_again(app.clone())));
}

async fn listen(app: App, mut hearing: mpsc::UnboundedReceiver<Heard>) {
    while let Some(heard) = hearing.recv().await {
        match heard {
            Heard::Word { from, word } => heed(&app, &from, word).await,
            Heard::Missed => {
                app.log.look_up_all();
                app.sessions.forget();
                app.people.forget();
            }
        }
    }
}

async fn heed(app: &App, from: &str, word: Word) {
    match word {
        Word::Log(id) => app.log.heard_of(id),
        Word::Queued(sid) => app.log.relay_queued(&sid),
        Word::Hub { sid, away_since } => app.log.hub_seen(&sid, away_since),
        Word::Queue(sid) => app.bus.tell_server_here(&sid, Notice::Hub),
        Word::Typing { sid, channel, actor } => {
            app.bus.tell_server_here(&sid, Notice::Typing { channel, actor });
        }
        Word::Person { uid, notice } => match serde_json::from_value(notice) {
            Ok(notice) => person(app, &uid, notice).await,
            Err(e) => tracing::debug!(error = %e, "a notice of another process cannot be understood"),
        },
        Word::Profile(uid) => {
            app.people.forget();
            app.bus.tell_people_here(PeopleNotice::Profile { uid });
        }
        Word::Here { uid, status } => crate::presence::elsewhere(app, from, &uid, Presence::parse(&status)),
        Word::Told { uid, status } => {
            if app.presence.told(&uid, Presence::parse(&status), app.clock.now_ms()) {
                app.bus.tell_people_here(PeopleNotice::Presence { uid, status });
            }
        }
        Word::Subscribed { domain, uids } => {
            let now = app.clock.now_ms();
            for uid in &uids {
                app.peers.subscriptions.add(&domain, uid, now);
            }
        }
        Word::Leaving => crate::presence::gone(app, from),
        Word::Peer { ik, domain } => {
            if let Err(e) = app.peers.heard_elsewhere(app, &ik, &domain).await {
                tracing::warn!(%domain, error = %e, "what is to be delivered cannot be read");
            }
        }
        Word::Want { log, peer } => {
            if let Err(e) = crate::peers::want::told_elsewhere(app, log, &peer).await {
                tracing::warn!(%peer, error = %e, "what an instance wants cannot be read");
            }
        }
        Word::Stream { sid, domain } => crate::peers::follow_by_stream(app, &domain, &sid),
        Word::Upload(id) => app.uploads.stop(&id),
        Word::Trust => {
            if let Err(e) = crate::trust::reload(app).await {
                tracing::warn!(error = %e, "the rules about other instances cannot be read");
            }
        }
        Word::Owed { sid, to } => app.peers.owed.set(&sid, &to),
        Word::Renamed { from, to } => {
            if let Err(e) = crate::peers::domains::heed(app, &from, &to).await {
                tracing::warn!(%from, %to, error = %e, "the new domain of an instance cannot be read");
            }
        }
        Word::Joining(sid) => app.peers.joining_elsewhere(sid, app.clock.now_ms()),
    }
}

async fn person(app: &App, uid: &UserId, notice: PersonNotice) {
    match &notice {
        PersonNotice::SessionEnded(_) => app.sessions.forget(),
        PersonNotice::Me => app.people.forget(),
        PersonNotice::Pending { sid, aid } => {
            if let Ok(aid) = aid.parse()
                && let Err(e) = app.log.answered(sid, &aid).await
            {
                tracing::warn!(%sid, error = %e, "the answer of a hub cannot be read");
            }
        }
        _ => {}
    }
    app.bus.tell_person_here(uid, notice);
}

/// What was written without a word that arrived: a process may end between the two.
async fn look_up(app: App) {
    loop {
        tokio::time::sleep(LOOK_UP).await;
        app.log.look_up_all();
        if app.cluster.has_duties()
            && let Err(e) = app.log.relay_all().await
        {
            tracing::warn!(error = %e, "what waits for hubs elsewhere cannot be read");
        }
    }
}

async fn say_again(app: App) {
    loop {
        crate::presence::say_again(&app);
        tokio::time::sleep(AGAIN).await;
        if let Some(memory) = app.cluster.memory()
            && app.cluster.has_duties()
            && let Err(e) = memory.forget(app.clock.now_ms()).await
        {
            tracing::warn!(error = %e, "what processes shared cannot be forgotten");
        }
    }
}
