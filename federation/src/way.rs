//! How a log came to its hub, for whoever knows an earlier one.

use crate::{
    content::{Content, ServerTakeover},
    error::Code,
    event::Event,
    hub_move::accepted,
    ids::{Actor, InstanceId},
    instance::KeysStatement,
    state::{Recovery, ServerState},
    takeover::{self, CoSigned, RecoveryFields, TakeoverFields, signed_by_new_hub},
};
use serde::{Deserialize, Serialize};

/// The most times that a log is shown to have changed its hub, or its recovery keys.
pub const MAX_STEPS: usize = 32;

/// One change of the hub.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WayStep {
    /// The hub before handed over.
    Handed(Box<Handed>),
    /// The log's recovery keys said so.
    Taken(Box<Taken>),
}

/// A hub handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handed {
    /// Its last event.
    pub commit: Event,
    /// The keys of the one that goes on, signed by its root key.
    pub keys: KeysStatement,
}

/// The log's recovery keys had it go on elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// The first event of the generation.
    pub takeover: Event,
    /// How the recovery keys changed before, the earliest change first.
    pub sets: Vec<Event>,
}

impl WayStep {
    /// The keys of the instance that goes on.
    pub fn keys(&self) -> Option<KeysStatement> {
        match self {
            Self::Handed(step) => Some(step.keys.clone()),
            Self::Taken(step) => takeover::taken(&step.takeover).map(|taken| *taken.keys),
        }
    }

    /// The event that changed the hub.
    pub fn event(&self) -> &Event {
        match self {
            Self::Handed(step) => &step.commit,
            Self::Taken(step) => &step.takeover,
        }
    }

    fn leads_from(&self, at: &At) -> bool {
        match self {
            Self::Handed(step) => step.commit.header.hub == at.hub && step.commit.header.generation == at.generation,
            Self::Taken(step) => step.takeover.header.generation == at.generation + 1,
        }
    }
}

/// Answer to `GET /servers/{sid}/way`: how the log came to its hub, the earliest change first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Way {
    /// The changes.
    pub steps: Vec<WayStep>,
}

/// What a reader has been shown so far.
struct At {
    hub: InstanceId,
    generation: u64,
    recovery: Recovery,
    /// The keys of the hub, where a step showed them.
    keys: Option<KeysStatement>,
}

impl Way {
    /// Who sequences the log at the end of the way, for a reader whose copy, or log, is in `state`. Each hub signed that the
    /// next one goes on, and the next one that it does; or the log's recovery keys signed it.
    ///
    /// # Errors
    /// [`Code::BadMigration`] where the way does not lead on from the hub that the reader knows; what the checks of
    /// signatures and keys say.
    pub fn check(&self, state: &ServerState) -> Result<InstanceId, Code> {
        if self.steps.len() > MAX_STEPS {
            return Err(Code::TooLarge);
        }
        let mut at = At {
            hub: state.info.hub.clone(),
            generation: state.head.generation,
            recovery: state.info.recovery.clone(),
            keys: None,
        };
        // A log may come back to a hub that it had before.
        let first = self.steps.iter().rposition(|step| step.leads_from(&at)).ok_or(Code::BadMigration)?;
        for step in self.steps.iter().skip(first) {
            at = match step {
                WayStep::Handed(step) => at.handed(state, step)?,
                WayStep::Taken(step) => at.taken(state, step)?,
            };
        }
        Ok(at.hub)
    }

    /// Whether the recovery keys that the reader knows had the log go on in the reader's own generation in another way than
    /// by `ours`: then nobody can tell which of them counts.
    pub fn splits(&self, state: &ServerState, ours: &TakeoverFields) -> bool {
        // One more take-over said which counts.
        if self.steps.iter().any(|step| step.event().header.generation > state.head.generation) {
            return false;
        }
        self.steps.iter().any(|step| {
            let WayStep::Taken(step) = step else { return false };
            let Some(taken) = takeover::taken(&step.takeover) else { return false };
            let fields = &taken.takeover.body;
            let other = fields.sid == state.sid && fields.generation == state.head.generation && fields != ours;
            other
                && fields.set == state.info.recovery.n
                && taken.takeover.check(&state.info.recovery.keys).is_ok()
                && is_signed(&step.takeover, &taken).is_ok()
        })
    }
}

fn is_signed(event: &Event, taken: &ServerTakeover) -> Result<(), Code> {
    taken.keys.verify()?;
    if taken.keys.ik != taken.takeover.body.to {
        return Err(Code::BadTakeover);
    }
    signed_by_new_hub(event, taken)
}

impl At {
    fn handed(self, state: &ServerState, step: &Handed) -> Result<Self, Code> {
        let Handed { commit, keys: next } = step;
        let header = &commit.header;
        let accept = accepted(commit).ok_or(Code::BadMigration)?;
        let place = header.sid == state.sid && header.hub == self.hub && header.generation == self.generation;
        let follows = place && commit.action.actor == Actor::Instance(self.hub.clone());
        let agreed = accept.sid == state.sid && accept.from == header.hub && accept.to == next.ik;
        if !follows || !agreed || accept.base.seq + 1 != header.seq || accept.base.hash != header.prev {
            return Err(Code::BadMigration);
        }
        commit.check_form()?;
        let kid = &commit.hub_sig.kid;
        let key = match &self.keys {
            // Nothing holds the place that it names: whoever stole a key that was revoked since could name an early one.
            None => state.key_at(&header.hub, kid, header.seq.max(state.head.seq + 1))?,
            Some(statement) => statement.key(kid)?,
        };
        header.verify(key, &commit.hub_sig)?;
        next.verify()?;
        accept.check(next.key(&accept.sig().kid)?)?;
        Ok(Self { hub: next.ik.clone(), keys: Some(next.clone()), ..self })
    }

    fn taken(mut self, state: &ServerState, step: &Taken) -> Result<Self, Code> {
        let taken = takeover::taken(&step.takeover).ok_or(Code::BadTakeover)?;
        if step.sets.len() > MAX_STEPS {
            return Err(Code::TooLarge);
        }
        for event in &step.sets {
            self.change_keys(state, event)?;
        }
        let fields = &taken.takeover.body;
        let next = fields.generation == self.generation + 1 && fields.set == self.recovery.n;
        if fields.sid != state.sid || !next {
            return Err(Code::BadTakeover);
        }
        taken.takeover.check(&self.recovery.keys)?;
        is_signed(&step.takeover, &taken)?;
        Ok(Self { hub: fields.to.clone(), generation: fields.generation, keys: Some(*taken.keys), ..self })
    }

    /// A change of the recovery keys that the reader may not have heard of. The first ones are there by the word of the hub
    /// that the reader knows; all later ones by those before.
    fn change_keys(&mut self, state: &ServerState, event: &Event) -> Result<(), Code> {
        let change = change_of(event).ok_or(Code::BadTakeover)?;
        if change.body.n <= self.recovery.n {
            return Ok(());
        }
        if change.body.sid != state.sid || change.body.n != self.recovery.n + 1 {
            return Err(Code::BadTakeover);
        }
        if self.recovery.keys.is_empty() {
            let header = &event.header;
            if header.sid != state.sid || header.hub != self.hub || self.keys.is_some() {
                return Err(Code::BadTakeover);
            }
            event.check_form()?;
            header.verify(
                state.key_at(&header.hub, &event.hub_sig.kid, header.seq.max(state.head.seq))?,
                &event.hub_sig,
            )?;
        } else {
            change.check(&self.recovery.keys)?;
        }
        self.recovery = Recovery { n: change.body.n, keys: change.body.keys };
        Ok(())
    }
}

fn change_of(event: &Event) -> Option<CoSigned<RecoveryFields>> {
    let content = event.content.as_ref().filter(|_| event.action.kind == takeover::RECOVERY)?;
    match Content::parse(takeover::RECOVERY, content) {
        Ok(Content::ServerRecovery(change)) => Some(*change),
        _ => None,
    }
}
