use crate::world::{World, empty_copy};
use conntext_federation::{
    Code,
    event::{Event, Item, Stub, Visibility},
    hub,
    ids::{ActionId, ChannelId, Hash},
    replica::{Fault, Held, accept},
    state::{Row, ServerState},
};
use proptest::prelude::*;
use serde_json::json;

/// What people do in a log; numbers choose channels and messages among those that exist.
#[derive(Clone, Debug)]
enum Step {
    Say { bob: bool, channel: u8 },
    Whisper { channel: u8 },
    Edit { message: u8 },
    React { bob: bool, message: u8 },
    Delete { message: u8 },
    Channel { private: bool },
    Role { permissions: u8, give: bool },
    Rename { channel: u8 },
    Rights { channel: u8, deny: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (any::<bool>(), any::<u8>()).prop_map(|(bob, channel)| Step::Say { bob, channel }),
        3 => any::<u8>().prop_map(|channel| Step::Whisper { channel }),
        1 => any::<u8>().prop_map(|message| Step::Edit { message }),
        1 => (any::<bool>(), any::<u8>()).prop_map(|(bob, message)| Step::React { bob, message }),
        1 => any::<u8>().prop_map(|message| Step::Delete { message }),
        1 => any::<bool>().prop_map(|private| Step::Channel { private }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(permissions, give)| Step::Role { permissions, give }),
        1 => any::<u8>().prop_map(|channel| Step::Rename { channel }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(channel, deny)| Step::Rights { channel, deny }),
    ];
    prop::collection::vec(step, 0..14)
}

/// Plays the steps; what the rules refuse is left out, as a hub does. The first private channel stays hidden from Bob.
fn play(steps: &[Step]) -> World {
    let (mut world, general) = World::with_bob();
    let hidden = world.private_channel("hidden");
    let (mut open, mut private, mut messages) = (vec![general], vec![hidden], Vec::<(ChannelId, ActionId)>::new());
    let (ada, bob) = (world.ada.clone(), world.bob.clone());
    let pick = |list: &[ChannelId], n: u8| list[n as usize % list.len()].clone();
    for (count, step) in steps.iter().enumerate() {
        let message = |n: u8| (!messages.is_empty()).then(|| messages[n as usize % messages.len()].clone());
        let (who, kind, channel, target, content) = match step {
            Step::Say { bob: true, channel } => {
                (&bob, "message.create", Some(pick(&open, *channel)), None, json!({"body": "b"}))
            }
            Step::Say { channel, .. } => {
                (&ada, "message.create", Some(pick(&open, *channel)), None, json!({"body": "a"}))
            }
            Step::Whisper { channel } => {
                (&ada, "message.create", Some(pick(&private, *channel)), None, json!({"body": "w"}))
            }
            Step::Edit { message: n } => match message(*n) {
                Some((channel, aid)) => {
                    (&ada, "message.edit", Some(channel), Some(aid.to_string()), json!({"body": "e"}))
                }
                None => continue,
            },
            Step::React { bob: by_bob, message: n } => match message(*n) {
                Some((channel, aid)) => {
                    let who = if *by_bob { &bob } else { &ada };
                    (who, "reaction.add", Some(channel), Some(aid.to_string()), json!({"emoji": "🌳"}))
                }
                None => continue,
            },
            Step::Delete { message: n } => match message(*n) {
                Some((channel, aid)) => (&ada, "message.delete", Some(channel), Some(aid.to_string()), json!({})),
                None => continue,
            },
            Step::Channel { private: true } => {
                private.push(world.private_channel(&format!("private {count}")));
                continue;
            }
            Step::Channel { .. } => {
                open.push(world.channel(&format!("open {count}"), json!([])));
                continue;
            }
            Step::Role { permissions, give } => {
                let content =
                    json!({"name": format!("role {count}"), "position": 1, "permissions": permissions & 0xfe});
                let made = world.act(&ada, "role.create", None, None, content);
                if !give {
                    continue;
                }
                let role = conntext_federation::ids::RoleId::made_by(&world.sid(), &made.action.aid);
                (&ada, "member.update", None, Some(bob.actor().to_string()), json!({"roles": [role]}))
            }
            Step::Rename { channel } => {
                (&ada, "channel.update", Some(pick(&open, *channel)), None, json!({"topic": format!("topic {count}")}))
            }
            Step::Rights { channel, deny } => {
                // Sending only: who sees what stays as it is.
                let (allow, deny) = if *deny { (0, 4) } else { (4, 0) };
                let target = world.state.everyone.to_string();
                let content = json!({"overrides": [{"target": target, "allow": allow, "deny": deny}]});
                (&ada, "channel.update", Some(pick(&open, *channel)), None, content)
            }
        };
        let proposal = world.propose(who, kind, channel.as_ref(), target.as_deref(), content);
        if let Ok(made) = world.submit(proposal)
            && kind == "message.create"
        {
            messages.push((channel.unwrap(), made.event.action.aid));
        }
    }
    world
}

fn items(events: &[Event]) -> Vec<Item> {
    events.iter().map(|event| Item::Event(Box::new(event.clone()))).collect()
}

/// What the second instance receives: stubs in place of what Bob may not see, and nothing after the last thing that he
/// may. `whole` tells for each withheld run whether it comes in one stub.
fn visible_items(world: &World) -> Vec<Item> {
    let mut out = Vec::new();
    let mut withheld: Option<(u64, u64, Hash)> = None;
    for event in &world.events {
        let (seq, hash) = (event.header.seq, event.header.hash().unwrap());
        let seen = match &event.header.vis {
            Visibility::All => true,
            Visibility::Channel(id) => world.state.can_see(&world.bob.actor(), id),
        };
        if !seen {
            withheld = Some((withheld.map_or(seq, |(from, _, _)| from), seq, hash));
            continue;
        }
        if let Some((from, to, hash)) = withheld.take() {
            out.push(Item::Stub(Stub { stub: (from, to), hash, lost: false }));
        }
        out.push(Item::Event(Box::new(event.clone())));
    }
    out
}

/// Cuts a run into batches that a hub may send: none ends in a stub.
fn batches(items: Vec<Item>, sizes: &[usize]) -> Vec<Vec<Item>> {
    let mut out: Vec<Vec<Item>> = vec![Vec::new()];
    let mut sizes = sizes.iter().copied().cycle();
    let mut size = sizes.next().unwrap_or(100);
    for item in items {
        let last = out.last_mut().unwrap();
        let ends_in_stub = matches!(last.last(), Some(Item::Stub(_)));
        if last.len() >= size && !ends_in_stub {
            out.push(vec![item]);
            size = sizes.next().unwrap_or(100);
        } else {
            last.push(item);
        }
    }
    out
}

fn receive(batches: Vec<Vec<Item>>) -> ServerState {
    let Item::Event(first) = &batches[0][0] else { panic!("a log begins with an event") };
    let mut state = empty_copy(first);
    let mut held = Held::default();
    for batch in batches {
        let accepted = accept(&mut state, batch, &held).unwrap();
        for event in accepted.events {
            assert_eq!(event.rejected, None, "{:?}", event.event);
            held.aids.insert(event.event.action.aid);
        }
    }
    state
}

fn rows(state: &ServerState) -> Vec<Row> {
    state.clone().take_all()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_copy_of_a_log_means_what_the_log_means(steps in steps(), sizes in prop::collection::vec(1usize..6, 1..5)) {
        let world = play(&steps);
        let copy = receive(batches(items(&world.events), &sizes));
        prop_assert_eq!(rows(&copy), rows(&world.state));
        // And in one piece, and over stored rows.
        prop_assert_eq!(rows(&receive(vec![items(&world.events)])), rows(&copy));
        let stored = ServerState::from_rows(world.sid(), &rows(&copy)).unwrap();
        prop_assert_eq!(rows(&stored), rows(&copy));
        prop_assert_eq!(stored.by_home, copy.by_home);
    }

    #[test]
    fn a_copy_with_holes_is_right_about_what_it_sees(steps in steps(), sizes in prop::collection::vec(1usize..6, 1..5)) {
        let world = play(&steps);
        let copy = receive(batches(visible_items(&world), &sizes));
        let seen = world.state.channels_for(&world.other.ik());
        let by_kind = |state: &ServerState| -> Vec<Row> {
            let visible = |row: &Row| row.kind != "channel" || row.key.parse().is_ok_and(|id: ChannelId| seen.contains(&id));
            rows(state).into_iter().filter(|row| row.kind != "head" && visible(row)).collect()
        };
        prop_assert_eq!(by_kind(&copy), by_kind(&world.state));
        for event in &world.events {
            let known = copy.channels.contains_key(&ChannelId::made_by(&world.sid(), &event.action.aid));
            let hidden = event.header.vis.channel().is_some_and(|id| !seen.contains(id));
            prop_assert!(!(known && hidden));
        }
    }

    #[test]
    fn what_comes_twice_counts_once(steps in steps(), from in any::<prop::sample::Index>()) {
        let world = play(&steps);
        let mut state = receive(vec![items(&world.events)]);
        let before = rows(&state);
        let hashes = world.events.iter().map(|event| (event.header.seq, event.header.hash().unwrap())).collect();
        let held = Held { hashes, ..Held::default() };
        let again = items(&world.events[from.index(world.events.len())..]);
        let accepted = accept(&mut state, again, &held).unwrap();
        prop_assert!(accepted.events.is_empty());
        prop_assert_eq!(rows(&state), before);
    }

    #[test]
    fn no_event_can_be_left_out_or_moved(steps in steps(), at in any::<prop::sample::Index>()) {
        let world = play(&steps);
        let mut run = items(&world.events);
        let at = at.index(run.len() - 1);
        run.remove(at);
        let mut state = empty_copy(&world.events[0]);
        prop_assert_eq!(accept(&mut state, run, &Held::default()), Err(Fault::Gap(at as u64 + 1)));
        let mut run = items(&world.events);
        run.swap(at, at + 1);
        let mut state = empty_copy(&world.events[0]);
        prop_assert!(accept(&mut state, run, &Held::default()).is_err());
    }

    #[test]
    fn no_header_can_change(steps in steps(), at in any::<prop::sample::Index>(), member in 0usize..7) {
        let world = play(&steps);
        let mut events = world.events.clone();
        let at = at.index(events.len());
        let header = &mut events[at].header;
        match member {
            0 => header.ts += 1,
            1 => header.prev = Hash::of(&[b"x"]),
            2 => header.cprev = Some(Hash::of(&[b"x"])),
            3 => header.cn = header.cn.map_or(Some(1), |cn| Some(cn + 1)),
            4 => header.action_hash = Hash::of(&[b"x"]),
            5 => header.epoch += 1,
            _ => { header.extra.insert("note".into(), json!(1)); }
        }
        let mut state = empty_copy(&world.events[0]);
        let verdict = accept(&mut state, items(&events), &Held::default());
        prop_assert!(matches!(verdict, Err(Fault::Stop(_))), "{:?}", verdict);
    }

    #[test]
    fn an_action_that_any_byte_of_changed_is_refused(steps in steps(), member in 0usize..6) {
        let mut world = play(&steps);
        let bob = world.bob.clone();
        let channel = world.channel("last", json!([]));
        let mut proposal = world.propose(&bob, "message.create", Some(&channel), None, json!({"body": "x"}));
        let action = &mut proposal.action;
        match member {
            0 => action.exp -= 1,
            1 => action.ats = Some(world.now - 1),
            2 => action.aid = ActionId([9; 16]),
            3 => action.channel = None,
            4 => { action.extra.insert("note".into(), json!(1)); }
            _ => action.kind = "message.edit".into(),
        }
        prop_assert!(world.submit(proposal).is_err());
    }

    #[test]
    fn the_rules_hold_whoever_asks(kind in prop::sample::select(vec!["role.create", "channel.create", "server.update", "member.ban", "server.delete", "instance.keys"]), value in crate::canonical::value()) {
        let (mut world, _) = World::with_bob();
        let bob = world.bob.clone();
        let target = world.ada.actor().to_string();
        let before = rows(&world.state);
        let content = if value.is_object() { value } else { json!({"name": "x", "kind": "text"}) };
        let proposal = world.propose(&bob, kind, None, Some(&target), content);
        let verdict = world.submit(proposal).map(|made| made.hash);
        prop_assert!(verdict.is_err(), "{:?}", verdict);
        prop_assert_eq!(rows(&world.state), before);
    }
}

/// An action that stands in the log cannot be sent again, by anybody.
#[test]
fn an_action_counts_once() {
    let (mut world, channel) = World::with_bob();
    let bob = world.bob.clone();
    let proposal = world.propose(&bob, "message.create", Some(&channel), None, json!({"body": "once"}));
    let made = world.submit(proposal.clone()).unwrap();
    let facts = conntext_federation::rules::Facts {
        existing: Some(hub::position(&world.state)),
        basis_hash: Some(proposal.action.basis.hash),
        message: None,
        purging: false,
    };
    assert_eq!(hub::judge(&world.state, &facts, &world.hub.ik(), &proposal, world.now).err(), Some(Code::AidReused));
    // A hub that takes it all the same is found out by its followers.
    let content = made.content.clone();
    let identity = hub::HubIdentity { ik: world.hub.ik(), key: world.hub.key.clone() };
    let again = hub::append(&mut world.state, &identity, proposal, content, world.now).unwrap();
    world.events.push(again.event);
    let mut state = empty_copy(&world.events[0]);
    let accepted = accept(&mut state, items(&world.events), &Held::default()).unwrap();
    assert_eq!(accepted.events.last().unwrap().rejected, Some(Code::AidReused));
}
