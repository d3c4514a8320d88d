//! What client and server say to each other over the socket.

use crate::{
    members::Member,
    messages::Message,
    notices::Notice,
    presence::Presence,
    profiles::{Here, Me, User},
    servers::{HubStatus, Server},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// What a client sends.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame.
    Identify {
        ticket: String,
        /// Server id → the last sequence number seen: everything after it follows.
        #[serde(default)]
        cursors: HashMap<String, u64>,
        /// Server id → the epoch that the cursor belongs to. In another one everything is fetched anew.
        #[serde(default)]
        epochs: HashMap<String, u64>,
    },
    /// Answered by a pong with the same number.
    Ping { n: u64 },
    /// What this device says of its person.
    Presence { status: Presence },
    /// What is open: typing is sent for it.
    Watch { sid: Option<String>, channel: Option<String> },
}

impl ClientFrame {
    /// Reads a frame: one JSON object; none where it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        // A list of the members in their order would be read too.
        text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok())?
    }
}

/// What the server sends.
#[derive(Serialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Right after the socket opened.
    Hello {
        heartbeat_ms: u64,
    },
    /// Everything that the client needs to show itself; missed events follow as live ones.
    Ready {
        me: Box<Me>,
        servers: Vec<Server>,
        users: Vec<User>,
        #[schema(value_type = Object)]
        settings: serde_json::Value,
        /// Servers whose gap was too long: drop cached messages and fetch again.
        reset: Vec<String>,
        /// The id of the session this socket belongs to.
        session: String,
    },
    Pong {
        n: u64,
    },
    /// Ordered for each server. `prev` is the cursor that this frame follows.
    Event {
        sid: String,
        seq: u64,
        prev: u64,
        e: Box<GatewayEvent>,
    },
    /// Not ordered, never replayed.
    Signal {
        s: Box<GatewaySignal>,
    },
    /// Before the server closes the socket.
    Close {
        code: String,
        detail: String,
        retry: bool,
    },
}

/// What happened in a server.
#[derive(Serialize, ToSchema)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum GatewayEvent {
    Message {
        message: Box<Message>,
        user: User,
    },
    /// The whole message after the edit.
    MessageEdit {
        message: Box<Message>,
    },
    MessageDelete {
        channel: String,
        id: String,
        by: String,
    },
    Reaction {
        channel: String,
        id: String,
        emoji: String,
        actor: String,
        user: User,
        on: bool,
    },
    /// Something about the server, its channels, its roles or one's own rights changed.
    Server {
        server: Box<Server>,
    },
    MemberJoin {
        member: Box<Member>,
        /// For the channel that shows who comes and goes.
        #[schema(required)]
        notice: Option<Notice>,
    },
    MemberUpdate {
        member: Box<Member>,
    },
    MemberLeave {
        actor: String,
        user: User,
        reason: String,
        #[schema(required)]
        notice: Option<Notice>,
    },
    /// Somebody had everything erased that they brought into the server before this place in the log.
    Purge {
        actor: String,
        seq: u64,
    },
    /// Somebody came who has gone again since: there is no member to show.
    Notice {
        notice: Notice,
        user: User,
    },
    /// Nothing to show; moves the cursor only.
    Nothing,
}

/// What passes.
#[derive(Serialize, ToSchema)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum GatewaySignal {
    Typing {
        sid: String,
        channel: String,
        user: User,
    },
    Presence {
        user: String,
        status: Presence,
    },
    User {
        user: User,
        /// How they show themselves in servers that both are in, by the server; in all others as everywhere.
        here: BTreeMap<String, Here>,
    },
    Me {
        me: Box<Me>,
    },
    Settings {
        #[schema(value_type = Object)]
        settings: serde_json::Value,
    },
    ServerAdded {
        server: Box<Server>,
    },
    ServerRemoved {
        sid: String,
        reason: String,
    },
    Server {
        server: Box<Server>,
    },
    Hub {
        sid: String,
        hub: HubStatus,
    },
    /// Other parts of a server's messages are shown from now on.
    Reread {
        sid: String,
    },
    Read {
        sid: String,
        channel: String,
        read_cn: u64,
        unread: u64,
        mentions: u64,
    },
    Pending {
        message: Box<Message>,
    },
}
