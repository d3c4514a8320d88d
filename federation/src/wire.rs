//! What instances say to each other: bodies of requests and answers.

use crate::{
    action::{Action, Position},
    canonical,
    checkpoint::{Checkpoint, SignedHeader},
    error::Code,
    event::{Event, Header, Item},
    identity::Op,
    ids::{ActionId, ChannelId, Hash, InstanceId, ServerId, UserId},
    inner_profile::InnerDoc,
    instance::KeysStatement,
    keys::{Bytes, Domain, KeySig, PublicKey, SecretKey},
    profile::ProfileDoc,
    server_profile::ServerProfileDoc,
    state::{Channel, Row, ServerState},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use std::collections::{BTreeMap, BTreeSet};

/// The most events in one push.
pub const MAX_PUSH_EVENTS: usize = 100;
/// The most bytes of one push.
pub const MAX_PUSH_BYTES: usize = 512 * 1024;
/// The most actions in one request.
pub const MAX_ACTIONS: usize = 50;
/// The largest request body in bytes, media aside.
pub const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// `POST /hello`: what both sides take part in, and how far the sender is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// Name and version of the sender's program.
    pub software: String,
    /// The logs that both sides take part in.
    pub servers: Vec<HelloServer>,
    /// Serial of the sender's document: whoever holds an older one fetches it, and learns of revoked keys at once.
    #[serde(default)]
    pub document: u64,
    /// What the sender was told by hubs of logs that the receiver has members in too, or tells as a hub itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<Witness>,
}

/// What the hub of a log says of it to one of those who follow it, passed on to another one so that they can compare.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Witness {
    /// The server.
    pub sid: ServerId,
    /// An event that everybody sees: the newest one, or one that contradicts what the receiver has shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<SignedHeader>,
    /// The newest checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

/// The most witnesses in one [`Hello`] that are looked at.
pub const MAX_WITNESSES: usize = 500;

/// One common server in a [`Hello`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HelloServer {
    /// The server.
    pub sid: ServerId,
    /// Whether the sender sequences this log.
    pub hub: bool,
    /// The sender's visible head for the receiver (a hub), or the head of its copy (a follower).
    pub head: Position,
    /// The wish that the sender goes by as the hub, by its digest; absent where it sends every channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Hash>,
    /// The furthest place behind the head of its copy that the hub gave to an action of the sender's people: nobody else
    /// may hold that event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Position>,
    /// The channels that the sender's copy knows, by the digest that a wish for them would have: who was restored from an
    /// older copy may end where it ended before and know others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Hash>,
}

/// An action on its way to the hub.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedAction {
    /// What is done.
    pub action: Action,
    /// The home's signature over it.
    pub origin_sig: KeySig,
    /// The content.
    pub content: Value,
    /// The salt that binds the content to the action.
    pub salt: Bytes<16>,
}

impl SignedAction {
    /// The event that its hub made of it, where the header is the one that the hub gave this very action.
    pub fn into_event(self, header: Header, hub_sig: KeySig) -> Event {
        let Self { action, origin_sig, content, salt } = self;
        let (origin_sig, content, salt) = (Some(origin_sig), Some(content), Some(salt));
        Event { header, action, origin_sig, hub_sig, content, salt, erased: None }
    }
}

/// `POST /servers/{sid}/actions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActionsRequest {
    /// At most [`MAX_ACTIONS`], in the order to be sequenced; none where only the keys are shown.
    pub actions: Vec<SignedAction>,
    /// The sender's keys, where the log does not hold its newest statement: written before the actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeysStatement>,
}

/// What became of one action.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum ActionResult {
    /// It has a place in the log.
    Accepted {
        /// The action.
        aid: ActionId,
        /// The header that the hub gave it.
        header: Box<Header>,
        /// The hub's signature over the header.
        hub_sig: KeySig,
    },
    /// It was refused and stands nowhere.
    Rejected {
        /// The action.
        aid: ActionId,
        /// Why.
        code: Code,
        /// Whether the same action may succeed later.
        retry: bool,
        /// With `rate`: after how many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

/// Answer to [`ActionsRequest`], in its order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActionsResponse {
    /// One for each action.
    pub results: Vec<ActionResult>,
    /// The hub's visible head for the caller.
    pub head: Position,
}

/// `POST /servers/{sid}/join`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The `member.join` action, or the `member.migrate` of somebody whose home the caller is now.
    pub join: SignedAction,
    /// The keys of the joining instance, signed by its root key.
    pub keys: KeysStatement,
    /// The invite's code, where one is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether the caller has no copy yet and wants a snapshot.
    pub snapshot: bool,
    /// The joiner's profile, so that the others see a name at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<SignedProfile>,
}

/// Answer to [`JoinRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinResponse {
    /// Where the join stands.
    pub seq: u64,
    /// The state to begin with, where one was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Snapshot>,
}

/// What a home signed when one of its people came in: its own word that they did. The content is left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinWord {
    /// The `member.join`, or the `member.migrate` by which they came under this home.
    pub action: Action,
    /// The home's signature over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_sig: Option<KeySig>,
    /// Where the home was the hub then, in place of that: the header that it gave the action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequenced: Option<Box<SignedHeader>>,
}

impl JoinWord {
    /// What an event shows of somebody who came in by it.
    pub fn of(event: Event) -> Self {
        let sequenced = event.origin_sig.is_none().then(|| Box::new(SignedHeader::of(&event)));
        Self { action: event.action, origin_sig: event.origin_sig, sequenced }
    }

    /// Whether the home signed it, by itself or as the hub that sequenced it at `came_at`.
    ///
    /// # Errors
    /// [`Code::OriginMismatch`] without a signature of the home; what the checks say.
    fn verify(&self, state: &ServerState, home: &InstanceId, came_at: u64) -> Result<(), Code> {
        match (&self.origin_sig, &self.sequenced) {
            (Some(sig), _) => self.action.verify(state.key_at(home, &sig.kid, came_at)?, sig),
            (None, Some(sequenced)) => {
                let header = &sequenced.header;
                let same = header.hub == *home && header.sid == self.action.sid && header.seq == came_at;
                if !same || header.action_hash != self.action.hash(None)? {
                    return Err(Code::OriginMismatch);
                }
                header.verify(state.key_at(home, &sequenced.hub_sig.kid, came_at)?, &sequenced.hub_sig)
            }
            (None, None) => Err(Code::OriginMismatch),
        }
    }
}

/// Rows as the text that is signed: in canonical form, and not written again to be checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowsText(Box<RawValue>);

impl RowsText {
    /// The text of these rows.
    ///
    /// # Errors
    /// [`Code::BadJson`] where a row holds what the profile forbids.
    pub fn of(rows: &[Row]) -> Result<Self, Code> {
        RawValue::from_string(canonical::to_string(&rows)?).map(Self).map_err(|_| Code::BadJson)
    }

    /// The rows.
    ///
    /// # Errors
    /// [`Code::BadJson`] and [`Code::NotCanonical`].
    pub fn rows(&self) -> Result<Vec<Row>, Code> {
        canonical::from_canonical(self.0.get().as_bytes())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The hash of the text.
    pub fn hash(&self) -> Hash {
        Hash::of(&[self.0.get().as_bytes()])
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> usize {
        self.0.get().len()
    }
}

/// A server's state for one recipient, signed by the hub.
// Members in the order of the canonical form, as in `Push`: large ones are read faster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The instance that it was made for.
    #[serde(rename = "for")]
    pub recipient: InstanceId,
    /// The content that the server's id is derived from.
    pub genesis: Value,
    /// Where in the log it stands.
    pub head: Position,
    /// For each member who lives at the recipient what it signed when they came in: nobody else can say that they did.
    #[serde(default)]
    pub joins: Vec<JoinWord>,
    /// The root-signed keys of every instance that acts in the log, the hub's among them.
    pub keys: Vec<KeysStatement>,
    /// What else belongs to the state, by its hash: pages of people, each to be fetched by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Hash>,
    /// Profiles of some members, most recently active first.
    pub profiles: Vec<SignedProfile>,
    /// The state, as [`ServerState::pages_for`](crate::state::ServerState::pages_for) gives its first part.
    pub rows: RowsText,
    /// The server.
    pub sid: ServerId,
    /// The hub's signature.
    pub sig: KeySig,
}

impl Snapshot {
    fn digest(&self) -> Result<Vec<u8>, Code> {
        #[derive(Serialize)]
        struct Signed<'a> {
            #[serde(rename = "for")]
            recipient: &'a InstanceId,
            sid: &'a ServerId,
            head: &'a Position,
            rows: Hash,
            #[serde(skip_serializing_if = "<[Hash]>::is_empty")]
            pages: &'a [Hash],
        }
        let (rows, pages) = (self.rows.hash(), self.pages.as_slice());
        canonical::to_vec(&Signed { recipient: &self.recipient, sid: &self.sid, head: &self.head, rows, pages })
    }
    /// Signs recipient, head, rows and pages; the rest proves itself.
    pub fn sign(&mut self, key: &SecretKey) -> Result<(), Code> {
        self.sig = KeySig { kid: key.public().kid(), sig: key.sign(Domain::Snapshot, &self.digest()?) };
        Ok(())
    }
    /// Whether every member in `state` who lives at the recipient came in, or under this home, by the recipient's own word. A hub signs what
    /// it likes; this is what it cannot sign.
    ///
    /// # Errors
    /// [`Code::OriginMismatch`] for a member without such a word, and what [`Action::verify`] says about a forged one.
    pub fn check_joins(&self, state: &ServerState) -> Result<(), Code> {
        let words: BTreeMap<_, _> = self.joins.iter().map(|word| (&word.action.actor, word)).collect();
        for actor in state.by_home.get(&self.recipient).into_iter().flatten() {
            let word = words.get(actor).ok_or(Code::OriginMismatch)?;
            let action = &word.action;
            let comes = matches!(action.kind.as_str(), "member.join" | "member.migrate");
            if action.sid != self.sid || action.origin != self.recipient || !comes {
                return Err(Code::OriginMismatch);
            }
            let came_at = state.arrived_by(actor).unwrap_or(0);
            word.verify(state, &self.recipient, came_at)?;
        }
        Ok(())
    }
    /// Verifies the hub's signature.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Code> {
        key.verify(Domain::Snapshot, &self.digest()?, &self.sig.sig)
    }
}

/// A profile with the identity chain that its signature is checked against.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedProfile {
    /// The whole chain.
    pub identity: Vec<Op>,
    /// The profile.
    pub profile: ProfileDoc,
    /// What only members of their communities see, where the receiver has people in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<InnerDoc>,
    /// What differs in single servers, of those that sender and receiver both have people in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<ServerProfileDoc>,
    /// The domain of the instance that keeps the profile, where that is not the home. The chain says which instance it is;
    /// this says only where that was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// A channel that the recipient's people may see from now on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChannelGained {
    /// Which channel.
    pub id: ChannelId,
    /// Its state, up to `as_of`.
    pub channel: Channel,
    /// Whether every event of it follows from there on. Otherwise the follower has not asked for the channel, and gets what
    /// concerns its people only.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub whole: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(whole: &bool) -> bool {
    *whole
}

/// `POST /servers/{sid}/want`: which channels the caller wants to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Want {
    /// These only, of those that its people may see; null for all.
    pub channels: Option<BTreeSet<ChannelId>>,
    /// Greater than that of every wish before: of two on their way the older one may arrive last.
    pub number: u64,
    /// Those of them that the caller does not hold whole yet, and so has to be told. A copy that was put back from an older
    /// time may come to the same wish again without having what it was told by it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub torn: BTreeSet<ChannelId>,
}

/// How both sides name a wish, so that neither goes by one that the other does not know: the SHA-256 of
/// `conntext/want/v1`, a line feed, and the ids of the channels, sorted, with a line feed behind each.
pub fn wish(channels: &BTreeSet<ChannelId>) -> Hash {
    let lines: String = channels.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
    Hash::of(&[b"conntext/want/v1\n", lines.as_bytes()])
}

/// Answer to [`Want`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WantAnswer {
    /// Where the channels end that the caller's people may see.
    pub heads: Vec<ChannelHead>,
    /// The number of the wish that the hub goes by. Where it is greater than the caller's, this one counts for nothing.
    pub number: u64,
}

/// Where a channel ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChannelHead {
    /// The channel.
    pub channel: ChannelId,
    /// Number of its last message.
    pub cn: u64,
    /// Time of that message, milliseconds.
    pub ts: i64,
}

/// `POST /events`: a hub brings a follower up to date. Who sends it may have the items as text already.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Push<I = Item> {
    /// Sent before the push in front of it was answered: where that is still on its way, it is waited for a moment
    /// rather than answered with `gap`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ahead: bool,
    /// What the hub says of the log behind these events, every [`CHECKPOINT_EVERY`](crate::checkpoint::CHECKPOINT_EVERY)
    /// events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Box<Checkpoint>>,
    /// What follows the last acknowledged event, without gaps.
    pub events: Vec<I>,
    /// Channels that the follower has no state of and may see now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<ChannelGained>,
    /// Channels that none of its people may see any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<ChannelId>,
    /// The server.
    pub sid: ServerId,
    /// The hub has many followers of this log and would rather be asked for a [stream](crate::stream) of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// By which wish channels are left out ([`wish`]); none where all are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Hash>,
}

impl<I> Push<I> {
    /// A push that brings these events and nothing else.
    pub fn of(sid: ServerId, events: Vec<I>) -> Self {
        Self {
            ahead: false,
            checkpoint: None,
            events,
            gained: Vec::new(),
            lost: Vec::new(),
            sid,
            stream: false,
            wish: None,
        }
    }
}

/// Answer to [`Push`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PushAck {
    /// Up to here everything is stored.
    pub acked: u64,
}

/// Answer to `GET /servers/{sid}/events`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventsPage<I = Item> {
    /// The events, ascending.
    pub events: Vec<I>,
    /// The hub's visible head for the caller.
    pub head: Position,
    /// Whether more lies beyond in the direction asked for.
    pub more: bool,
    /// By which wish channels are left out ([`wish`]); none where all are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Hash>,
}

/// Passing things that are never stored. `POST /ephemeral`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// Somebody is writing.
    Typing {
        /// The server.
        sid: ServerId,
        /// Where.
        channel: ChannelId,
        /// Who.
        actor: crate::ids::Actor,
    },
    /// Somebody came, went, or is busy: to those who asked for it.
    Presence {
        /// Who.
        uid: UserId,
        /// `online`, `idle`, `dnd` or `offline`.
        status: String,
    },
    /// From a hub: where channels end that the receiver has not asked for.
    Heads {
        /// The server.
        sid: ServerId,
        /// Those that grew.
        heads: Vec<ChannelHead>,
    },
    /// A profile has a new revision.
    Profile {
        /// The new revision.
        profile: Box<SignedProfile>,
    },
}

/// `POST /ephemeral`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signals {
    /// The signals.
    pub items: Vec<Signal>,
}

/// Answer to [`Signals`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignalsAck {
    /// How many were passed on.
    pub accepted: u64,
    /// How many were not.
    pub dropped: u64,
}

/// The most people in one [`PresenceSubscription`].
pub const MAX_PRESENCE: usize = 100;

/// `POST /presence/subscriptions`: for the next five minutes the caller wants to be told where these people are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PresenceSubscription {
    /// People of the instance that is asked, at most [`MAX_PRESENCE`].
    pub uids: Vec<UserId>,
}

/// Answer to [`PresenceSubscription`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PresenceAnswer {
    /// Those of them that are there now, as far as the caller shares a server with them.
    pub present: Vec<Present>,
}

/// Somebody who is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Present {
    /// Who.
    pub uid: UserId,
    /// `online`, `idle` or `dnd`.
    pub status: String,
}

/// `POST /profiles/query`: profiles of these people, as far as they are known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProfilesQuery {
    /// The people.
    pub uids: Vec<UserId>,
}

/// Answer to [`ProfilesQuery`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProfilesAnswer {
    /// Those that are known.
    pub profiles: Vec<SignedProfile>,
}

/// A problem document (RFC 9457) as a peer reads it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Problem {
    /// The stable code.
    #[serde(default)]
    pub code: String,
    /// What happened, for people.
    #[serde(default)]
    pub detail: String,
    /// When to try again, milliseconds from now.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    /// With `gap`: the sequence number to continue from.
    #[serde(default)]
    pub next: Option<u64>,
    /// With `log_conflict`: what the answering side holds.
    #[serde(default)]
    pub have: Option<Value>,
    /// With `not_hub`: who sequences the log now.
    #[serde(default)]
    pub hub: Option<String>,
    /// With `moved`: the domain of the instance now.
    #[serde(default)]
    pub domain: Option<String>,
}
