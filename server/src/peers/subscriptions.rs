//! Who wants to know who is there. Presence goes to nobody who has not asked for it: an instance asks the homes of those
//! whom its people can see, while any of them is there to look.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::State;
use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, ServerId, UserId};
use conntext_federation::wire::{MAX_PRESENCE, PresenceAnswer, PresenceSubscription, Present};
use tokio::sync::broadcast::error::RecvError;

use super::{CallError, Message, Origin, call, hello, unpoison};
use crate::App;
use crate::bus::PeopleNotice;
use crate::cluster::Word;
use crate::error::{Problem, Result};
use crate::http::Json;
use crate::presence::{self, Presence};

/// For how long a subscription counts, milliseconds.
const LIFE_MS: i64 = 5 * 60_000;
/// How often it is renewed: also with a home that was restarted, and has forgotten it.
const RENEW: Duration = Duration::from_secs(60);
/// How long changes are gathered before somebody new is asked for.
const GATHER: Duration = Duration::from_secs(1);
/// The most people of one home that an instance may ask for, and that this one asks for.
const MOST: usize = 1_000;
/// How many people of a subscription another process is told of by one word.
const TOLD_AT_ONCE: usize = 50;

/// Who has asked for whom: by the domain of the instance, until when.
#[derive(Default)]
pub struct Subscriptions(Mutex<HashMap<Domain, HashMap<UserId, i64>>>);

impl Subscriptions {
    fn open(&self) -> MutexGuard<'_, HashMap<Domain, HashMap<UserId, i64>>> {
        unpoison(&self.0)
    }

    /// Whether an instance wants to know where somebody is.
    pub(super) fn wants(&self, domain: &Domain, uid: &UserId, now_ms: i64) -> bool {
        self.open().get(domain).and_then(|asked| asked.get(uid)).is_some_and(|until| *until > now_ms)
    }

    /// An instance asked for somebody. Whether there was room for one more.
    pub fn add(&self, domain: &Domain, uid: &UserId, now_ms: i64) -> bool {
        let mut all = self.open();
        let asked = all.entry(domain.clone()).or_default();
        if asked.len() >= MOST && !asked.contains_key(uid) {
            asked.retain(|_, until| *until > now_ms);
            if asked.len() >= MOST {
                return false;
            }
        }
        asked.insert(uid.clone(), now_ms + LIFE_MS);
        true
    }
}

/// `POST /presence/subscriptions`
pub(super) async fn receive(
    State(app): State<App>,
    origin: Origin,
    Message(asked): Message<PresenceSubscription>,
) -> Result<Json<PresenceAnswer>> {
    if asked.uids.len() > MAX_PRESENCE {
        return Err(Problem::too_large(MAX_PRESENCE as u64));
    }
    let (now, logs) = (app.clock.now_ms(), app.log.all());
    let (mut present, mut added) = (Vec::new(), Vec::new());
    for uid in asked.uids {
        let actor = Actor::User(uid.clone());
        // Somebody of ours, in a server that somebody of theirs is in, or that they host.
        let shared = logs.iter().any(|log| {
            let state = log.state();
            let ours = state.members.get(&actor).is_some_and(|m| m.home == app.keys.ik);
            ours && (state.by_home.contains_key(&origin.ik) || state.info.hub == origin.ik)
        });
        if shared && app.peers.subscriptions.add(&origin.domain, &uid, now) {
            let status = app.presence.status(&uid, now);
            if status != Presence::Offline {
                present.push(Present { uid: uid.clone(), status: status.as_str().into() });
            }
            added.push(uid);
        }
    }
    // Whichever process tells who comes and goes has to know it.
    for uids in added.chunks(TOLD_AT_ONCE) {
        app.cluster.tell(Word::Subscribed { domain: origin.domain.clone(), uids: uids.to_vec() });
    }
    Ok(Json(PresenceAnswer { present }))
}

/// The people of other homes whom somebody who is here now shares a server with.
fn in_view(app: &App) -> BTreeMap<Domain, BTreeSet<UserId>> {
    let here: BTreeSet<Actor> =
        app.presence.local(app.clock.now_ms()).into_iter().map(|(uid, _)| Actor::User(uid)).collect();
    let mut homes: BTreeMap<Domain, BTreeSet<UserId>> = BTreeMap::new();
    if here.is_empty() {
        return homes;
    }
    for log in app.log.all() {
        let state = log.state();
        if !here.iter().any(|actor| state.members.contains_key(actor)) {
            continue;
        }
        for (home, people) in state.by_home.iter().filter(|(home, _)| **home != app.keys.ik) {
            let domain = state.instances.get(home).and_then(|i| Domain::parse_normal(&i.domain, true).ok());
            let Some(domain) = domain else { continue };
            let wanted = homes.entry(domain).or_default();
            let room = MOST.saturating_sub(wanted.len());
            wanted.extend(people.iter().filter_map(Actor::user).take(room).cloned());
        }
    }
    homes
}

/// Asks one home where these people are, and to be told from now on.
async fn ask(app: &App, domain: &Domain, uids: Vec<UserId>) -> std::result::Result<(), CallError> {
    for chunk in uids.chunks(MAX_PRESENCE) {
        let asked = PresenceSubscription { uids: chunk.to_vec() };
        let answer: PresenceAnswer = call(app, domain, Method::POST, "/presence/subscriptions", &asked).await?;
        let present: HashMap<UserId, String> = answer.present.into_iter().map(|p| (p.uid, p.status)).collect();
        for uid in chunk {
            let status = present.get(uid).map_or(Presence::Offline, |status| Presence::parse(status));
            presence::told_by_home(app, uid, status);
        }
    }
    Ok(())
}

fn ask_soon(app: &App, domain: Domain, uids: Vec<UserId>) {
    if uids.is_empty() || app.peers.failures(&domain) > 0 {
        return;
    }
    let asking = app.clone();
    hello::spawn(app, async move {
        if let Err(e) = ask(&asking, &domain, uids).await {
            tracing::debug!(%domain, error = %e, "a home does not say who is there");
        }
    });
}

/// Starts the asking: when somebody comes, here or into a server, and again before it runs out.
pub(super) fn start(app: &App) {
    let watching = app.clone();
    hello::spawn(app, async move {
        let app = watching;
        let (mut people, mut grown) = (app.bus.people(), app.bus.grown());
        let (mut ticks, mut renew) = (tokio::time::interval(GATHER), tokio::time::interval(RENEW));
        let mut crowds: HashMap<ServerId, usize> = HashMap::new();
        let mut asked: BTreeMap<Domain, BTreeSet<UserId>> = BTreeMap::new();
        let mut due = true;
        loop {
            tokio::select! {
                biased;
                _ = renew.tick() => (asked, due) = (BTreeMap::new(), true),
                _ = ticks.tick(), if due && app.cluster.has_duties() => {
                    due = false;
                    let wanted = in_view(&app);
                    for (domain, uids) in &wanted {
                        let known = asked.get(domain);
                        let new = uids.iter().filter(|uid| known.is_none_or(|known| !known.contains(uid)));
                        ask_soon(&app, domain.clone(), new.cloned().collect());
                    }
                    asked = wanted;
                }
                sid = grown.recv() => if let Some(log) = sid.ok().and_then(|sid| app.log.get(&sid)) {
                    let members = log.state().members.len();
                    due |= crowds.insert(log.sid.clone(), members) != Some(members);
                },
                notice = people.recv() => match notice {
                    // Of people of ours, or of others: those change nothing here.
                    Ok(PeopleNotice::Presence { .. }) | Err(RecvError::Lagged(_)) => due = true,
                    Ok(PeopleNotice::Profile { .. }) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    });
}
