//! Stub merging: a copy that is fed runs of events and stubs in any cut and order.
//!
//! The input is a small program: each three bytes add an item to the run, or send what was gathered. Where the hub kept
//! to its own log, the copy must agree with it whatever came in whatever order; where it did not, nothing may panic.

use super::event::{Log, with_log};
use conntext_federation::{
    event::{Event, Item, Stub},
    ids::Hash,
    keys::SecretKey,
    replica::{self, Accepted, Fault, Held},
    state::ServerState,
};

/// The most steps that are worth the time.
const MOST: usize = 40;
/// The longest run that is also played in pieces.
const MOST_IN_PIECES: usize = 8;

/// The steps of a program, as a first byte.
pub mod step {
    /// The event with the number of the second byte.
    pub const EVENT: u8 = 0;
    /// A stub from the second byte to the third.
    pub const STUB: u8 = 1;
    /// The same, for what the hub lost.
    pub const LOST: u8 = 2;
    /// Sends what was gathered.
    pub const SEND: u8 = 3;
    /// The event without its content.
    pub const BARE: u8 = 4;
    /// The event with a damaged signature of the hub.
    pub const DAMAGED: u8 = 5;
    /// A stub from the second byte on, one long, with the hash of the event of the third.
    pub const MISPLACED: u8 = 6;
    /// The event, changed as the third byte says and signed by the hub.
    pub const FORGED: u8 = 7;
}

struct Copy {
    state: ServerState,
    held: Held,
    /// Whether the hub told only what its log says.
    honest: bool,
    /// What the copy holds: numbers of events.
    events: Vec<u64>,
}

/// Feeds a copy; every push that is taken keeps the copy equal to the log as far as the copy sees it.
pub fn run(data: &[u8]) {
    with_log(|log| {
        let first = &log.world.events[0].header;
        let state = ServerState::new(first.sid.clone(), first.hub.clone());
        let mut copy = Copy { state, held: Held::default(), honest: true, events: Vec::new() };
        let (mut run, mut honest) = (Vec::new(), true);
        for word in data.chunks_exact(3).take(MOST) {
            if word[0] % 8 == step::SEND {
                copy.take(log, std::mem::take(&mut run), honest);
                honest = true;
            } else if let Some((item, true_to_log)) = item(log, word) {
                honest &= true_to_log;
                run.push(item);
            }
        }
        copy.take(log, run, honest);
    });
}

/// The item that a word means, and whether the log says so.
fn item(log: &Log, word: &[u8]) -> Option<(Item, bool)> {
    let (a, b) = (u64::from(word[1]), u64::from(word[2]));
    let hash = |n: u64| event(log, n).and_then(|event| event.header.hash().ok());
    let stub = |to: u64, hash: Hash, lost| Item::Stub(Stub { stub: (a, to), hash, lost });
    Some(match word[0] % 8 {
        step::EVENT => (boxed(event(log, a)?.clone()), true),
        step::STUB => (stub(b, hash(b)?, false), true),
        // Whoever is told that something was lost takes a torn chain for it.
        step::LOST => (stub(b, hash(b)?, true), false),
        step::BARE => {
            let mut event = event(log, a)?.clone();
            (event.content, event.salt) = (None, None);
            (boxed(event), true)
        }
        step::DAMAGED => {
            let mut event = event(log, a)?.clone();
            event.hub_sig.sig.0[word[2] as usize % 64] ^= 1 | word[2];
            (boxed(event), true)
        }
        step::MISPLACED => (stub(a, hash(b)?, false), a == b),
        _ => (boxed(forged(log, event(log, a)?.clone(), word[2], &log.world.hub.key)?), false),
    })
}

fn event(log: &Log, n: u64) -> Option<&Event> {
    log.world.events.get(usize::try_from(n).ok()?.checked_sub(1)?)
}

fn boxed(event: Event) -> Item {
    Item::Event(Box::new(event))
}

/// What a hub could sign that does not keep to the rules.
fn forged(log: &Log, mut event: Event, how: u8, key: &SecretKey) -> Option<Event> {
    let number = u64::from(how >> 4);
    let hash = self::event(log, number).and_then(|event| event.header.hash().ok());
    let header = &mut event.header;
    match how & 15 {
        0 => header.ts += i64::from(how),
        1 => header.ts -= 5_000,
        2 => header.prev = hash?,
        3 => header.cprev = hash,
        4 => header.cn = Some(number),
        5 => header.seq = number,
        6 => header.epoch += 1,
        7 => header.generation += 1,
        8 => header.vis = self::event(log, number)?.header.vis.clone(),
        9 => event.action.channel = self::event(log, number)?.action.channel.clone(),
        10 => event.action = self::event(log, number)?.action.clone(),
        11 => event.content = self::event(log, number)?.content.clone(),
        12 => header.seq = (1 << 53) - 1,
        13 => header.cn = Some((1 << 53) - 1),
        14 => event.action.target = Some("x".repeat(usize::from(how) * 10)),
        _ => event.origin_sig = None,
    }
    event.header.action_hash = event.action.hash(event.origin_sig.as_ref()).ok()?;
    event.hub_sig = event.header.sign(key).ok()?.1;
    Some(event)
}

impl Copy {
    fn take(&mut self, log: &Log, run: Vec<Item>, honest: bool) {
        let mut state = self.state.clone();
        let Ok(accepted) = replica::accept(&mut state, run.clone(), &self.held) else { return };
        if run.len() <= MOST_IN_PIECES {
            self.same_in_pieces(&run, &state);
        }
        self.honest &= honest;
        self.state = state;
        self.remember(accepted);
        if self.honest {
            self.agrees(log);
        }
    }

    /// However the same run is cut into pushes, it ends in the same state. A cut behind a damaged signature is refused.
    fn same_in_pieces(&self, run: &[Item], whole: &ServerState) {
        let (mut state, mut held) = (self.state.clone(), self.held.clone());
        let mut piece = Vec::new();
        for item in run {
            piece.push(item.clone());
            if matches!(item, Item::Stub(_)) {
                continue;
            }
            match replica::accept(&mut state, std::mem::take(&mut piece), &held) {
                Ok(accepted) => hold(&mut held, &accepted),
                Err(Fault::Stop(_)) => return,
                // What a run overlaps with itself is not compared, but a copy compares with what it holds.
                Err(Fault::Conflict(_)) => return,
                Err(Fault::Gap(_)) => panic!("a gap in pieces where the whole has none"),
            }
        }
        assert!(state == *whole, "in pieces it ends in another state");
    }

    fn remember(&mut self, accepted: Accepted) {
        hold(&mut self.held, &accepted);
        self.events.extend(accepted.events.iter().map(|event| event.event.header.seq));
    }

    /// Head and state are those of the log, as far as this copy sees it.
    fn agrees(&self, log: &Log) {
        let head = &self.state.head;
        let Some(last) = event(log, head.seq) else {
            assert_eq!(head.seq, 0, "it stands behind the end of the log");
            return;
        };
        assert_eq!(Ok(head.hash), last.header.hash(), "another head");
        let there = &log.before[usize::try_from(head.seq).expect("a small number")];
        for (id, channel) in &self.state.channels {
            let Some(original) = there.channels.get(id) else { panic!("a channel that does not exist") };
            let (name, last) = (&original.name, event_of(log, &self.events, id));
            assert_eq!(&channel.name, name);
            assert!(channel.last_cn <= original.last_cn && last.is_none_or(|cn| channel.last_cn >= cn));
        }
        assert!(self.state.members.keys().all(|who| there.members.contains_key(who)), "a member that nobody let in");
    }
}

fn event_of(log: &Log, held: &[u64], id: &conntext_federation::ids::ChannelId) -> Option<u64> {
    let of_channel = |event: &&Event| event.header.vis.channel() == Some(id);
    held.iter().filter_map(|n| event(log, *n)).filter(of_channel).filter_map(|event| event.header.cn).max()
}

fn hold(held: &mut Held, accepted: &Accepted) {
    for event in &accepted.events {
        held.hashes.insert(event.event.header.seq, event.hash);
        held.aids.insert(event.event.action.aid);
    }
    held.lost.extend(accepted.stubs.iter().filter(|stub| stub.lost).map(|stub| stub.stub));
}
