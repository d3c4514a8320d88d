//! What other rules would cut off, before they count.

use std::collections::{BTreeMap, BTreeSet};

use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, InstanceId};

use super::types::{Cut, InCommon};
use crate::App;
use crate::peers::trust::Book;

/// Names of communities that are listed for one instance.
const NAMES: usize = 20;

/// What this instance has in common with others, by their domain.
pub(super) fn in_common(app: &App) -> BTreeMap<Domain, InCommon> {
    #[derive(Default)]
    struct Shared {
        communities: Vec<String>,
        count: u64,
        here: BTreeSet<Actor>,
        there: BTreeSet<Actor>,
    }
    let mut all: BTreeMap<Domain, Shared> = BTreeMap::new();
    for log in app.log.all() {
        let state = log.state();
        if state.info.deleted {
            continue;
        }
        let ours = state.by_home.get(&app.keys.ik);
        let hub = (!log.hub_here()).then(|| log.hub_domain());
        let homes = state.by_home.iter().filter(|(ik, _)| **ik != app.keys.ik);
        let mut met: BTreeMap<Domain, Option<&_>> = BTreeMap::new();
        let domain_of = |ik: &InstanceId| Domain::parse_normal(&state.instances.get(ik)?.domain, true).ok();
        for (ik, people) in homes {
            if let Some(domain) = domain_of(ik) {
                met.insert(domain, Some(people));
            }
        }
        if let Some(hub) = hub.and_then(|hub| Domain::parse_normal(&hub, true).ok()) {
            met.entry(hub).or_default();
        }
        for (domain, people) in met {
            let shared = all.entry(domain).or_default();
            shared.count += 1;
            if shared.communities.len() < NAMES {
                shared.communities.push(state.info.name.clone());
            }
            shared.there.extend(people.into_iter().flatten().cloned());
            shared.here.extend(ours.into_iter().flatten().cloned());
        }
    }
    let done = |shared: Shared| InCommon {
        communities: shared.communities,
        community_count: shared.count,
        people_here: shared.here.len() as u64,
        people_there: shared.there.len() as u64,
    };
    all.into_iter().map(|(domain, shared)| (domain, done(shared))).collect()
}

/// Those with which there would be no exchange any more, of those with which there is something in common.
pub(super) fn off(app: &App, then: &Book) -> Vec<Cut> {
    let now = app.peers.trust.book();
    let worse = |before: Result<(), Code>, after: Code| before != Err(after) && before != Err(Code::Blocked);
    in_common(app)
        .into_iter()
        .filter_map(|(domain, common)| {
            let code = then.judge(&domain).err().filter(|code| worse(now.judge(&domain), *code))?;
            Some(Cut { domain: domain.to_string(), code: code.as_str().to_owned(), common })
        })
        .collect()
}
