//! Cards of our own servers, signed for other instances, and what was lately seen of theirs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use conntext_federation::content::Picture;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{MediaId, ServerId};
use conntext_federation::invite_card::{Card, CardFields, Inviter, MAX_CARD_MS};

use crate::App;
use crate::error::{Problem, Result};
use crate::log::LogHandle;

/// What a card says beyond the server: the invitation that it belongs to.
#[derive(Default)]
pub struct Invitation {
    /// The channel that it leads to.
    pub channel_name: Option<String>,
    /// Who invites.
    pub inviter: Option<Inviter>,
    /// When it expires, milliseconds.
    pub expires_at: Option<i64>,
}

/// Signs the card of a server that lives here.
pub fn card(app: &App, log: &LogHandle, invitation: Invitation) -> Result<Card> {
    let now = app.clock.now_ms();
    let fields = {
        let state = log.state();
        CardFields {
            v: 1,
            hub: app.keys.ik.clone(),
            domain: app.domain.clone(),
            sid: log.sid.clone(),
            name: state.info.name.clone(),
            description: state.info.description.clone(),
            icon: state.info.icon.clone(),
            member_count: u64::try_from(state.members.len()).unwrap_or(u64::MAX),
            channel_name: invitation.channel_name,
            inviter: invitation.inviter,
            expires_at: invitation.expires_at,
            issued_at: now,
            exp: now + MAX_CARD_MS,
        }
    };
    Card::sign(fields, &app.keys.signing()).map_err(Problem::internal)
}

/// Most pictures whose place is remembered, and most directories that are kept.
const MAX_SEEN: usize = 10_000;

/// A list of cards and when it was fetched, milliseconds.
pub type Listing = (i64, Arc<Vec<Card>>);

/// What was lately seen of servers elsewhere. In memory only: it is fetched again when needed.
#[derive(Default)]
pub struct Cards {
    icons: Mutex<HashMap<MediaId, (Domain, ServerId, Picture)>>,
    listings: Mutex<HashMap<Domain, Listing>>,
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Cards {
    /// Remembers where the picture of a verified card lies.
    pub fn seen(&self, card: &Card) {
        let Some(icon) = card.icon.clone().filter(conntext_federation::profile::valid_picture) else { return };
        let mut icons = open(&self.icons);
        if icons.len() >= MAX_SEEN {
            icons.clear();
        }
        icons.insert(icon.mid.clone(), (card.domain.clone(), card.sid.clone(), icon));
    }

    /// Where a picture lies.
    pub fn place_of(&self, sid: &ServerId, mid: &MediaId) -> Option<(Domain, Picture)> {
        open(&self.icons)
            .get(mid)
            .filter(|(_, of, _)| of == sid)
            .map(|(domain, _, icon)| (domain.clone(), icon.clone()))
    }

    /// The directory of another instance, as it was last fetched.
    pub fn listing(&self, domain: &Domain) -> Option<Listing> {
        open(&self.listings).get(domain).cloned()
    }

    /// Keeps a directory.
    pub fn keep(&self, domain: Domain, listing: Listing) {
        let mut listings = open(&self.listings);
        if listings.len() >= MAX_SEEN {
            listings.clear();
        }
        listings.insert(domain, listing);
    }
}
