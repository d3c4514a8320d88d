//! A log changes its hub by the word of all three: its owner, the hub that goes and the hub that comes.

use conntext_federation::{
    Code, epoch,
    event::{Event, Item},
    hub::{self, HubIdentity},
    hub_move::{self, Accept, AcceptFields},
    ids::{ActionId, InstanceId},
    instance::KeysStatement,
    keys::SecretKey,
    replica::{self, Fault, Held},
    state::ServerState,
    way::{Handed, Way, WayStep},
};
use serde_json::json;

use crate::world::{Instance, NOW, World, empty_copy};

/// A log whose owner wants it to go to the second instance.
fn proposed() -> World {
    let (mut world, channel) = World::with_bob();
    let bob = world.bob.clone();
    world.say(&bob, &channel, "hello");
    let (ada, keys) = (world.ada.clone(), world.other.statement(1, vec![world.other.keys_entry()]));
    world.act(&ada, "server.migrate_propose", None, None, json!({"to": keys}));
    world
}

fn identity(of: &Instance) -> HubIdentity {
    HubIdentity { ik: of.ik(), key: of.key.clone() }
}

fn accept_as(world: &World, change: impl FnOnce(&mut AcceptFields), key: &SecretKey) -> Accept {
    let moving = world.state.info.moving.clone();
    let mut fields = AcceptFields {
        sid: world.sid(),
        from: world.hub.ik(),
        to: world.other.ik(),
        proposal: moving.map_or(ActionId([0; 16]), |moving| moving.proposal),
        base: hub::position(&world.state),
    };
    change(&mut fields);
    Accept::sign(fields, key).unwrap()
}

/// The old hub's last event, and the new one's first.
fn handed_over(world: &World) -> (ServerState, Event, Event) {
    let mut state = world.state.clone();
    let accept = accept_as(world, |_| (), &world.other.key);
    let commit = hub_move::commit(&mut state, &identity(&world.hub), accept, [[90; 16], [91; 16]], NOW * 2).unwrap();
    let new = identity(&world.other);
    let first = epoch::begin(&mut state, &new, None, vec![], [[92; 16], [93; 16]], NOW * 2).unwrap();
    (state, commit.event, first.event)
}

fn way(commit: Event, keys: KeysStatement) -> Way {
    Way { steps: vec![WayStep::Handed(Box::new(Handed { commit, keys }))] }
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
fn b13_a_copy_follows_to_the_hub_that_its_owner_chose() {
    let world = proposed();
    let (state, commit, first) = handed_over(&world);
    let mut copy = copy(&world);
    let taken = replica::accept(&mut copy, items(&[&commit, &first]), &Held::default()).unwrap();
    assert!(taken.events.iter().all(|event| event.rejected.is_none()));
    assert_eq!(copy.digest(), state.digest());
    assert_eq!((&copy.info.hub, copy.head.epoch, &copy.info.moving), (&world.other.ik(), 1, &None));
    // What was written before still verifies, by who was the hub then; and nothing of the new hub's at a place before it.
    for event in world.events.iter().chain([&commit, &first]) {
        replica::verify_past(&copy, event).unwrap();
    }
    let mut back_dated = world.events.last().unwrap().clone();
    back_dated.header.hub = world.other.ik();
    back_dated.hub_sig = back_dated.header.sign(&world.other.key).unwrap().1;
    assert!(replica::verify_past(&copy, &back_dated).is_err());
    // Nothing of the old hub counts behind its last event.
    let mut late = first.clone();
    late.header.hub = world.hub.ik();
    late.hub_sig = late.header.sign(&world.hub.key).unwrap().1;
    let mut again = self::copy(&world);
    replica::accept(&mut again, items(&[&commit]), &Held::default()).unwrap();
    assert!(matches!(replica::accept(&mut again, items(&[&late]), &Held::default()), Err(Fault::Stop(_))));
}

#[test]
fn b13_nobody_takes_a_log_that_was_not_given() {
    let world = proposed();
    let stranger = Instance::new("e.example", 41);
    let (me, entropy) = (identity(&world.hub), [[90; 16], [91; 16]]);
    type Change = fn(&mut AcceptFields, &World, &Instance);
    let changes: [(Change, &SecretKey); 7] = [
        (|_, _, _| (), &stranger.key),
        (|_, _, _| (), &world.hub.key),
        (|a, _, stranger| a.to = stranger.ik(), &stranger.key),
        (|a, _, stranger| a.from = stranger.ik(), &world.other.key),
        (|a, _, _| a.proposal = ActionId([7; 16]), &world.other.key),
        (|a, _, _| a.base.seq -= 1, &world.other.key),
        (|a, _, _| a.base.epoch += 1, &world.other.key),
    ];
    for (change, key) in changes {
        let accept = accept_as(&world, |a| change(a, &world, &stranger), key);
        let mut state = world.state.clone();
        assert!(hub_move::commit(&mut state, &me, accept.clone(), entropy, NOW * 2).is_err());
        assert_eq!(state, world.state);
        // A hub that writes it all the same: the event counts for nothing, and whoever claims to follow is stopped.
        let (_, mut commit, first) = handed_over(&world);
        let content = json!({"accept": accept});
        let sealed = conntext_federation::action::Sealed { content: content.clone(), salt: commit.salt.unwrap() };
        (commit.action.content_hash, commit.content) = (sealed.hash().unwrap(), Some(content));
        world.relink(&mut commit);
        let mut copy = copy(&world);
        let taken = replica::accept(&mut copy, items(&[&commit]), &Held::default()).unwrap();
        assert!(taken.events[0].rejected.is_some());
        assert_eq!(copy.info.hub, world.hub.ik());
        assert!(matches!(replica::accept(&mut copy, items(&[&first]), &Held::default()), Err(Fault::Stop(_))));
    }
    // Without the old hub's signature nothing changes hands, however well what follows is signed.
    let (_, mut commit, first) = handed_over(&world);
    commit.hub_sig = commit.header.sign(&world.other.key).unwrap().1;
    let mut copy = copy(&world);
    assert!(replica::accept(&mut copy, items(&[&commit, &first]), &Held::default()).is_err());
}

#[test]
fn b13_only_the_owner_proposes_and_keys_are_their_owners() {
    let (mut world, _) = World::with_bob();
    let (ada, bob) = (world.ada.clone(), world.bob.clone());
    let keys = world.other.statement(1, vec![world.other.keys_entry()]);
    let verdict = |world: &mut World, who: &crate::world::Person, content| {
        let proposal = world.propose(who, "server.migrate_propose", None, None, content);
        world.submit(proposal).map(|_| ()).unwrap_err()
    };
    assert_eq!(verdict(&mut world, &bob, json!({"to": keys})), Code::Forbidden);
    assert_eq!(verdict(&mut world, &ada, json!({"to": null})), Code::BadContent);
    let own = world.hub.statement(2, vec![world.hub.keys_entry()]);
    assert_eq!(verdict(&mut world, &ada, json!({"to": own})), Code::BadContent);
    // Keys that the other instance did not show.
    let mut forged = serde_json::to_value(&keys).unwrap();
    forged["serial"] = json!(9);
    assert_eq!(verdict(&mut world, &ada, json!({"to": forged})), Code::BadObjectSignature);
    let stranger = Instance::new("e.example", 41);
    let known = world.state.instances.len();
    let theirs = stranger.statement(1, vec![stranger.keys_entry()]);
    world.act(&ada, "server.migrate_propose", None, None, json!({"to": theirs}));
    assert!(world.state.moves_to(&stranger.ik()) && world.state.instances.len() == known + 1);
    world.act(&ada, "server.migrate_propose", None, None, json!({"to": null}));
    assert_eq!(world.state.info.moving, None);
    let accept = accept_as(&world, |a| a.to = stranger.ik(), &stranger.key);
    assert_eq!(hub_move::check(&world.state, &accept), Err(Code::BadMigration));
}

#[test]
fn b13_the_way_to_a_new_hub_is_signed_by_the_one_before() {
    let world = proposed();
    let (_, commit, _) = handed_over(&world);
    let keys = world.other.statement(1, vec![world.other.keys_entry()]);
    let state = copy(&world);
    let check = |commit: &Event, keys: &_| -> Result<InstanceId, Code> {
        way(commit.clone(), Clone::clone(keys)).check(&state)
    };
    assert_eq!(check(&commit, &keys), Ok(world.other.ik()));
    assert_eq!(Way::default().check(&state), Err(Code::BadMigration));
    let stranger = Instance::new("e.example", 41);
    assert!(check(&commit, &stranger.statement(1, vec![stranger.keys_entry()])).is_err());
    let mut forged = commit.clone();
    forged.hub_sig = forged.header.sign(&world.other.key).unwrap().1;
    assert!(check(&forged, &keys).is_err());
    let mut elsewhere = commit.clone();
    elsewhere.header.prev = conntext_federation::ids::Hash([9; 32]);
    world.relink(&mut elsewhere);
    assert_eq!(check(&elsewhere, &keys), Err(Code::BadMigration));
    // A key that was revoked since signs no way, however early the place that it names.
    let mut later = state.clone();
    let kid = world.hub.key.public().kid();
    later.instances.get_mut(&world.hub.ik()).unwrap().keys.get_mut(&kid).unwrap().revoked = Some(state.head.seq + 5);
    later.head.seq += 10;
    assert_eq!(way(commit.clone(), keys.clone()).check(&later), Err(Code::KeyRevoked));
    let mut there = state.clone();
    replica::accept(&mut there, items(&[&commit]), &Held::default()).unwrap();
    assert_eq!(way(commit, keys).check(&there), Err(Code::BadMigration));
}
