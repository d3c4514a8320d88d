//! A log goes on elsewhere by the word of more than half of its recovery keys, and by nobody else's.

use conntext_federation::{
    Code,
    content::ServerTakeover,
    event::{Event, Item},
    hub::{self, HubIdentity},
    instance::KeysStatement,
    keys::{KeySig, SecretKey},
    replica::{self, Fault, Held},
    state::ServerState,
    takeover::{self, CoSigned, RECOVERY, RecoveryFields, Takeover, TakeoverFields},
    way::{Taken, Way, WayStep},
};
use serde_json::json;

use crate::world::{Instance, NOW, Person, World, empty_copy};

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

fn signed<T: conntext_federation::signed::Body>(body: T, keys: &[u8]) -> CoSigned<T> {
    let sigs: Vec<KeySig> = keys.iter().map(|n| CoSigned::signature(&body, &key(*n)).unwrap()).collect();
    CoSigned { body, sigs }
}

fn change(world: &World, n: u64, keys: &[u8], by: &[u8]) -> CoSigned<RecoveryFields> {
    signed(RecoveryFields { sid: world.sid(), n, keys: keys.iter().map(|n| key(*n).public()).collect() }, by)
}

/// A log with three recovery keys, named by its owner.
fn protected() -> World {
    let (mut world, channel) = World::with_bob();
    let (ada, bob) = (world.ada.clone(), world.bob.clone());
    // The genesis names her own.
    let mut first = change(&world, 1, &[1, 2, 3], &[]);
    first.sigs.push(CoSigned::signature(&first.body, &ada.key).unwrap());
    world.act(&ada, RECOVERY, None, None, serde_json::to_value(first).unwrap());
    world.say(&bob, &channel, "hello");
    world
}

fn statement(of: &Instance) -> KeysStatement {
    of.statement(1, vec![of.keys_entry()])
}

fn word(world: &World, by: &[u8], alter: impl FnOnce(&mut TakeoverFields)) -> Takeover {
    let mut fields = TakeoverFields {
        sid: world.sid(),
        generation: 1,
        set: 1,
        base: hub::position(&world.state),
        to: world.other.ik(),
    };
    alter(&mut fields);
    signed(fields, by)
}

fn begin(world: &World, takeover: Takeover) -> Result<(ServerState, Event), Code> {
    let mut state = world.state.clone();
    let me = HubIdentity { ik: world.other.ik(), key: world.other.key.clone() };
    let content = ServerTakeover { takeover, keys: Box::new(statement(&world.other)) };
    let made = takeover::begin(&mut state, &me, content, [[90; 16], [91; 16]], NOW * 2)?;
    Ok((state, made.event))
}

fn items(events: &[&Event]) -> Vec<Item> {
    events.iter().map(|event| Item::Event(Box::new((*event).clone()))).collect()
}

fn copy(world: &World) -> ServerState {
    let mut state = empty_copy(&world.events[0]);
    replica::accept(&mut state, items(&world.events.iter().collect::<Vec<_>>()), &Held::default()).unwrap();
    state
}

#[test]
fn b13_a_copy_follows_where_the_recovery_keys_lead() {
    let world = protected();
    let (state, first) = begin(&world, word(&world, &[1, 3], |_| ())).unwrap();
    let mut copy = copy(&world);
    let taken = replica::accept(&mut copy, items(&[&first]), &Held::default()).unwrap();
    assert_eq!(taken.events[0].rejected, None);
    assert_eq!(copy.digest(), state.digest());
    assert_eq!((&copy.info.hub, copy.head.generation, copy.head.epoch), (&world.other.ik(), 1, 1));
    for event in world.events.iter().chain([&first]) {
        replica::verify_past(&copy, event).unwrap();
    }
    // From the first event on as well, in one run.
    let mut fresh = empty_copy(&world.events[0]);
    let all: Vec<&Event> = world.events.iter().chain([&first]).collect();
    replica::accept(&mut fresh, items(&all), &Held::default()).unwrap();
    assert_eq!(fresh.digest(), state.digest());
}

#[test]
fn b13_a_copy_follows_nobody_without_more_than_half_of_the_keys() {
    let world = protected();
    let refused = |takeover: Takeover| begin(&world, takeover).unwrap_err();
    assert_eq!(refused(word(&world, &[1], |_| ())), Code::BadTakeover);
    assert_eq!(refused(word(&world, &[], |_| ())), Code::BadTakeover);
    assert_eq!(refused(word(&world, &[1, 1], |_| ())), Code::BadObjectSignature);
    assert_eq!(refused(word(&world, &[1, 9], |_| ())), Code::BadObjectSignature);
    assert_eq!(refused(word(&world, &[1, 2], |f| f.generation = 2)), Code::BadTakeover);
    assert_eq!(refused(word(&world, &[1, 2], |f| f.set = 0)), Code::BadTakeover);
    assert_eq!(refused(word(&world, &[1, 2], |f| f.base.seq -= 1)), Code::BadTakeover);
    assert_eq!(refused(word(&world, &[1, 2], |f| f.to = world.hub.ik())), Code::BadTakeover);
    let mut altered = word(&world, &[1, 2], |_| ());
    altered.body.to = world.hub.ik();
    assert_eq!(refused(altered), Code::BadTakeover);

    // Whoever writes the event all the same is not followed: the copy keeps what it has.
    let (_, genuine) = begin(&world, word(&world, &[1, 2], |_| ())).unwrap();
    let verdict = |event: &Event| {
        let mut copy = copy(&world);
        replica::accept(&mut copy, items(&[event]), &Held::default()).unwrap_err()
    };
    let forged = |change: &dyn Fn(&mut Event), by: &SecretKey| {
        let mut event = genuine.clone();
        change(&mut event);
        event.hub_sig = event.header.sign(by).unwrap().1;
        verdict(&event)
    };
    let theirs = &world.other.key;
    assert_eq!(forged(&|_| (), &world.hub.key), Fault::Stop(Code::UnknownKey));
    assert_eq!(forged(&|e| e.header.generation = 2, theirs), Fault::Stop(Code::BadTakeover));
    assert_eq!(forged(&|e| e.header.epoch = 0, theirs), Fault::Stop(Code::BadTakeover));
    assert_eq!(forged(&|e| e.header.hub = world.hub.ik(), theirs), Fault::Stop(Code::BadTakeover));
    let mut bare = genuine.clone();
    (bare.content, bare.salt) = (None, None);
    assert_eq!(verdict(&bare), Fault::Stop(Code::BadTakeover));
    // And nothing of the hub before counts behind it.
    let mut copy = copy(&world);
    replica::accept(&mut copy, items(&[&genuine]), &Held::default()).unwrap();
    let mut late = world.events.last().unwrap().clone();
    late.header.seq = genuine.header.seq + 1;
    (late.header.prev, late.header.generation, late.header.epoch) = (genuine.header.hash().unwrap(), 1, 1);
    late.hub_sig = late.header.sign(&world.hub.key).unwrap().1;
    let fault = replica::accept(&mut copy, items(&[&late]), &Held::default()).unwrap_err();
    assert_eq!(fault, Fault::Stop(Code::InvalidEvent));
}

#[test]
fn b13_the_new_hub_cannot_put_words_into_the_past_of_the_one_before() {
    let mut world = protected();
    let known = world.events.len();
    let bob = world.bob.clone();
    let talk = world.events.iter().find_map(|e| e.action.channel.clone()).unwrap();
    world.say(&bob, &talk, "said by Bob");
    // The event before the take-over bears no signature of its hub: the one behind it covers only that it stands there.
    world.events.last_mut().unwrap().hub_sig = world.events[0].hub_sig.clone();
    let (_, first) = begin(&world, word(&world, &[1, 2], |_| ())).unwrap();
    let mut copy = empty_copy(&world.events[0]);
    replica::accept(&mut copy, items(&world.events[..known].iter().collect::<Vec<_>>()), &Held::default()).unwrap();
    let run = items(&[world.events.last().unwrap(), &first]);
    assert_eq!(replica::accept(&mut copy, run, &Held::default()).unwrap_err(), Fault::Stop(Code::BadSignature));
}

#[test]
fn b13_the_keys_of_a_log_change_by_its_owner_and_their_own_word() {
    let mut world = protected();
    let ada = world.ada.clone();
    let refused = |world: &World, who: &Person, change: CoSigned<RecoveryFields>| {
        takeover::check_change(&world.state, &who.actor(), &change).unwrap_err()
    };
    let bob = world.bob.clone();
    assert_eq!(refused(&world, &bob, change(&world, 2, &[4], &[1, 2])), Code::Forbidden);
    assert_eq!(refused(&world, &ada, change(&world, 2, &[4], &[])), Code::BadTakeover);
    assert_eq!(refused(&world, &ada, change(&world, 2, &[4], &[1])), Code::BadTakeover);
    assert_eq!(refused(&world, &ada, change(&world, 2, &[4], &[4, 1])), Code::BadObjectSignature);
    assert_eq!(refused(&world, &ada, change(&world, 1, &[4], &[1, 2])), Code::BadTakeover);
    // Not even the hub changes them: copies do not count it.
    let mut copy = copy(&world);
    let forged = serde_json::to_value(change(&world, 2, &[9], &[9])).unwrap();
    let proposal = world.propose(&ada, RECOVERY, None, None, forged);
    assert!(world.submit(proposal).is_err());
    let good = serde_json::to_value(change(&world, 2, &[4], &[1, 2])).unwrap();
    world.act(&ada, RECOVERY, None, None, good);
    replica::accept(&mut copy, items(&[world.events.last().unwrap()]), &Held::default()).unwrap();
    assert_eq!(copy.info.recovery, world.state.info.recovery);
    assert_eq!((copy.info.recovery.n, copy.info.recovery.keys.len()), (2, 1));
    let twice = json!({"body": {"sid": world.sid(), "n": 3, "keys": [key(5).public(), key(5).public()]}, "sigs": []});
    let proposal = world.propose(&ada, RECOVERY, None, None, twice);
    assert!(world.submit(proposal).is_err());
}

#[test]
fn b13_whoever_slept_is_shown_the_way_by_the_keys() {
    let mut world = protected();
    let before = copy(&world);
    let ada = world.ada.clone();
    let second = serde_json::to_value(change(&world, 2, &[4, 5], &[1, 2])).unwrap();
    world.act(&ada, RECOVERY, None, None, second);
    let set = world.events.last().unwrap().clone();
    let (state, first) = begin(&world, word(&world, &[4, 5], |f| f.set = 2)).unwrap();
    let way = |takeover: &Event, sets: Vec<Event>| Way {
        steps: vec![WayStep::Taken(Box::new(Taken { takeover: takeover.clone(), sets }))],
    };
    assert_eq!(way(&first, vec![set.clone()]).check(&before), Ok(world.other.ik()));
    // The way survives being written and read.
    let text = serde_json::to_string(&way(&first, vec![set.clone()])).unwrap();
    assert_eq!(serde_json::from_str::<Way>(&text).unwrap().check(&before), Ok(world.other.ik()));
    // Without the change of the keys the reader cannot tell.
    assert_eq!(way(&first, vec![]).check(&before), Err(Code::BadTakeover));
    let mut forged = set.clone();
    let own = serde_json::to_value(change(&world, 2, &[4, 5], &[4, 5])).unwrap();
    forged.content = Some(own);
    assert!(way(&first, vec![forged]).check(&before).is_err());
    // Two of one generation: nobody can tell, until one of the next says so.
    let ours = takeover::taken(&first).unwrap().takeover.body.clone();
    let mut other = ours.clone();
    other.to = world.hub.ik();
    assert!(!way(&first, vec![]).splits(&state, &ours));
    assert!(way(&first, vec![]).splits(&state, &other));
    let (_, unsigned) = begin(&world, word(&world, &[4, 5], |f| f.set = 2)).unwrap();
    let mut unsigned = unsigned;
    unsigned.hub_sig = set.hub_sig.clone();
    assert!(!way(&unsigned, vec![]).splits(&state, &other));
}
