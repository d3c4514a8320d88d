use crate::world::World;
use conntext_federation::{
    Code,
    ids::{Actor, RoleId},
    perms::{Override, Perms, channel_perms, server_perms},
    state::{Channel, Role, ServerState},
};
use proptest::prelude::*;
use serde_json::json;
use std::sync::OnceLock;

fn bits() -> impl Strategy<Value = Perms> {
    // Mostly a few bits, so that denials and grants meet; without `ADMIN`, which has a test of its own.
    prop::collection::vec(0u32..50, 0..12)
        .prop_map(|bits| bits.into_iter().fold(Perms::NONE, |sum, b| sum | Perms(1 << b)))
}

/// Whom an override is for: everyone, one of three roles, or Bob.
#[derive(Clone, Copy, Debug)]
enum Target {
    Everyone,
    Role(u8),
    Bob,
}

fn targets() -> impl Strategy<Value = Vec<(Target, Perms, Perms)>> {
    let target = prop_oneof![Just(Target::Everyone), (0u8..3).prop_map(Target::Role), Just(Target::Bob)];
    prop::collection::vec((target, bits(), bits()), 0..5).prop_map(|mut list| {
        let mut seen = Vec::new();
        list.retain_mut(|(target, allow, deny)| {
            *deny = *deny & !*allow;
            let name = format!("{target:?}");
            !seen.contains(&name) && {
                seen.push(name);
                true
            }
        });
        list
    })
}

fn role_id(n: u8) -> RoleId {
    RoleId::derive(&[n])
}

/// A server where Bob holds the roles 0 and 1, and role 2 is somebody else's.
fn server(everyone: Perms, roles: &[Perms; 3]) -> (ServerState, Channel, Actor, Actor) {
    static BASE: OnceLock<(ServerState, Channel, Actor, Actor)> = OnceLock::new();
    let (state, channel, bob, ada) = BASE.get_or_init(|| {
        let (world, id) = World::with_bob();
        let channel = world.state.channels[&id].clone();
        (world.state.clone(), channel, world.bob.actor(), world.ada.actor())
    });
    let mut state = state.clone();
    let id = state.everyone.clone();
    state.roles.get_mut(&id).unwrap().permissions = everyone;
    for (n, permissions) in roles.iter().enumerate() {
        let role = Role { permissions: *permissions, position: 1, ..state.roles[&id].clone() };
        state.roles.insert(role_id(n as u8), role);
    }
    state.members.get_mut(bob).unwrap().roles = [role_id(0), role_id(1)].into();
    (state, channel.clone(), bob.clone(), ada.clone())
}

fn overrides(state: &ServerState, bob: &Actor, list: &[(Target, Perms, Perms)]) -> Vec<Override> {
    let target = |target: &Target| match target {
        Target::Everyone => state.everyone.to_string(),
        Target::Role(n) => role_id(*n).to_string(),
        Target::Bob => bob.to_string(),
    };
    list.iter().map(|(t, allow, deny)| Override { target: target(t), allow: *allow, deny: *deny }).collect()
}

proptest! {
    #[test]
    fn permissions_of_roles_add_up(everyone in bits(), roles in prop::array::uniform3(bits())) {
        let (state, _, bob, ada) = server(everyone, &roles);
        prop_assert_eq!(server_perms(&state, &bob), everyone | roles[0] | roles[1]);
        prop_assert_eq!(server_perms(&state, &ada), Perms::ALL);
    }

    #[test]
    fn an_administrator_may_everything_everywhere(everyone in bits(), roles in prop::array::uniform3(bits()), list in targets()) {
        let (state, mut channel, bob, ada) = server(everyone, &[roles[0] | Perms::ADMIN, roles[1], roles[2]]);
        channel.overrides = overrides(&state, &bob, &list);
        prop_assert_eq!(channel_perms(&state, &channel, &bob), Perms::ALL);
        prop_assert_eq!(channel_perms(&state, &channel, &ada), Perms::ALL);
    }

    #[test]
    fn overrides_count_by_rank_not_by_order(everyone in bits(), roles in prop::array::uniform3(bits()), list in targets()) {
        let (state, mut channel, bob, _) = server(everyone, &roles);
        channel.overrides = overrides(&state, &bob, &list);
        let perms = channel_perms(&state, &channel, &bob);
        channel.overrides.reverse();
        prop_assert_eq!(channel_perms(&state, &channel, &bob), perms);
        // What is not seen is not written in either.
        prop_assert!(perms == Perms::NONE || perms.has(Perms::VIEW));
    }

    #[test]
    fn a_grant_never_takes_and_a_denial_never_gives(
        everyone in bits(),
        roles in prop::array::uniform3(bits()),
        list in targets(),
        more in bits(),
        at in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!list.is_empty());
        let (state, mut channel, bob, _) = server(everyone, &roles);
        let base = overrides(&state, &bob, &list);
        let at = at.index(base.len());
        channel.overrides = base.clone();
        let before = channel_perms(&state, &channel, &bob);
        channel.overrides[at].allow = base[at].allow | (more & !base[at].deny);
        prop_assert!(channel_perms(&state, &channel, &bob).has(before));
        channel.overrides = base.clone();
        channel.overrides[at].deny = base[at].deny | (more & !base[at].allow);
        prop_assert!(before.has(channel_perms(&state, &channel, &bob)));
    }

    #[test]
    fn a_grant_of_one_role_beats_a_denial_of_another_and_of_everyone(
        everyone in bits(),
        roles in prop::array::uniform3(bits()),
        allow in bits(),
        deny in bits(),
    ) {
        let (state, mut channel, bob, _) = server(everyone | Perms::VIEW, &roles);
        let list = [
            (Target::Everyone, Perms::NONE, deny & !Perms::VIEW),
            (Target::Role(0), allow, Perms::NONE),
            (Target::Role(1), Perms::NONE, deny & !Perms::VIEW),
            // Not one of his: it must not count.
            (Target::Role(2), Perms::NONE, Perms::ALL),
        ];
        channel.overrides = overrides(&state, &bob, &list);
        let expected = ((everyone | Perms::VIEW | roles[0] | roles[1]) & !(deny & !Perms::VIEW)) | allow;
        prop_assert_eq!(channel_perms(&state, &channel, &bob), expected);
    }

    #[test]
    fn the_override_for_the_person_has_the_last_word(
        everyone in bits(),
        roles in prop::array::uniform3(bits()),
        list in targets(),
        allow in bits(),
        deny in bits(),
    ) {
        let (state, mut channel, bob, _) = server(everyone, &roles);
        let (allow, deny) = (allow | Perms::VIEW, deny & !(allow | Perms::VIEW));
        channel.overrides = overrides(&state, &bob, &list);
        channel.overrides.retain(|o| o.target != bob.as_str());
        channel.overrides.push(Override { target: bob.to_string(), allow, deny });
        let perms = channel_perms(&state, &channel, &bob);
        // A person without any right in the server gets none by an override either.
        prop_assume!(server_perms(&state, &bob) != Perms::NONE);
        prop_assert!(perms.has(allow) && (perms & deny) == Perms::NONE);
    }

    #[test]
    fn names_and_bits_are_one_to_one(perms in bits()) {
        let names = perms.names();
        prop_assert_eq!(Perms::from_names(&names), Some(perms));
    }

    #[test]
    fn strangers_may_nothing(everyone in bits(), list in targets()) {
        let (state, mut channel, bob, _) = server(everyone, &[Perms::ALL; 3]);
        channel.overrides = overrides(&state, &bob, &list);
        let stranger: Actor = conntext_federation::ids::UserId::derive(b"stranger").into();
        prop_assert_eq!(server_perms(&state, &stranger), Perms::NONE);
        prop_assert_eq!(channel_perms(&state, &channel, &stranger), Perms::NONE);
    }
}

/// Taking a denial away is giving: it needs the permission that it gives.
#[test]
fn nobody_lifts_a_denial_of_what_they_do_not_have() {
    let (mut world, _) = World::with_bob();
    let (ada, bob) = (world.ada.clone(), world.bob.clone());
    let rights = Perms::MANAGE_CHANNELS | Perms::MANAGE_ROLES;
    let role =
        world.act(&ada, "role.create", None, None, json!({"name": "Wardens", "position": 2, "permissions": rights}));
    let role = RoleId::made_by(&world.sid(), &role.action.aid);
    world.act(&ada, "member.update", None, Some(bob.actor().as_str()), json!({"roles": [role]}));
    let everyone = world.state.everyone.to_string();
    let over = |deny: Perms| json!([{"target": everyone, "allow": 0, "deny": deny}]);
    let channel = world.channel("news", over(Perms::PIN | Perms::SEND));

    let mut update = |overrides| {
        let proposal = world.propose(&bob, "channel.update", Some(&channel), None, json!({"overrides": overrides}));
        world.submit(proposal).map(|_| ()).err()
    };
    // He may send, so he may let others; he may not pin.
    assert_eq!(update(over(Perms::PIN)), None);
    assert_eq!(update(over(Perms::NONE)), Some(Code::Forbidden));
    assert_eq!(update(over(Perms::PIN | Perms::BAN)), Some(Code::Forbidden));
}
