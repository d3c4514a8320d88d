use crate::world::{Instance, Person, secret};
use conntext_federation::{
    identity::{Op, compare_chains, verify_chain},
    keys::{Domain, Signature},
};
use proptest::prelude::*;
use serde_json::Value;

const DOMAINS: [Domain; 12] = [
    Domain::Action,
    Domain::Event,
    Domain::Instance,
    Domain::Key,
    Domain::Root,
    Domain::Freshness,
    Domain::Identity,
    Domain::Profile,
    Domain::Card,
    Domain::Snapshot,
    Domain::Checkpoint,
    Domain::Receipt,
];

proptest! {
    #[test]
    fn a_signature_holds_for_its_bytes_kind_and_key_alone(
        message in prop::collection::vec(any::<u8>(), 1..200),
        seed in any::<u8>(),
        kind in 0..DOMAINS.len(),
        bit in any::<prop::sample::Index>(),
        sig_bit in 0usize..512,
    ) {
        let key = secret(seed);
        let sig = key.sign(DOMAINS[kind], &message);
        let public = key.public();
        prop_assert_eq!(public.verify(DOMAINS[kind], &message, &sig), Ok(()));

        let mut other = message.clone();
        let bit = bit.index(message.len() * 8);
        other[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(public.verify(DOMAINS[kind], &other, &sig).is_err());
        let mut forged = Signature(sig.0);
        forged.0[sig_bit / 8] ^= 1 << (sig_bit % 8);
        prop_assert!(public.verify(DOMAINS[kind], &message, &forged).is_err());
        let next = DOMAINS[(kind + 1) % DOMAINS.len()];
        prop_assert!(public.verify(next, &message, &sig).is_err());
        prop_assert!(secret(seed.wrapping_add(1)).public().verify(DOMAINS[kind], &message, &sig).is_err());
    }

    #[test]
    fn an_identity_fork_has_one_winner_from_both_sides(a in steps(), b in steps()) {
        let person = Instance::new("b.example", 11).person(30);
        let owned = with_own_key(&person);
        let (a, b) = (grow(&owned, &a), grow(&owned, &b));
        let order = compare_chains(&a, &b).unwrap();
        prop_assert_eq!(compare_chains(&b, &a).unwrap(), order.reverse());
        prop_assert_eq!(order.is_eq(), a == b);
    }

    #[test]
    fn a_chain_with_any_member_changed_is_refused(steps in steps(), index in any::<prop::sample::Index>(), member in 0usize..7) {
        let chain = grow(&with_own_key(&Instance::new("b.example", 11).person(30)), &steps);
        let mut ops: Vec<Value> = chain.iter().map(|op| serde_json::to_value(op).unwrap()).collect();
        let op = &mut ops[index.index(chain.len())];
        match member {
            0 => op["n"] = 60.into(),
            1 => op["profile_host"] = serde_json::to_value(Instance::new("c.example", 50).ik()).unwrap(),
            2 => op["home"] = serde_json::to_value(Instance::new("c.example", 50).ik()).unwrap(),
            3 => op["rotation_keys"] = serde_json::json!([secret(99).public()]),
            4 => op["extra"] = true.into(),
            5 => op["sig"]["kid"] = serde_json::to_value(secret(99).public().kid()).unwrap(),
            _ => op["signing_keys"] = serde_json::json!([secret(99).public()]),
        }
        let ops: Vec<Op> = ops.into_iter().map(|op| Op::from_value(op).unwrap()).collect();
        prop_assert!(verify_chain(&ops).is_err());
    }
}

/// Who signs each next operation (0: the person, 1: their home) and where it puts the profile.
fn steps() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0u8..2, 0u8..3), 0..4)
}

/// The person's own key, number 40, above the home's, number 30.
fn with_own_key(person: &Person) -> Vec<Op> {
    let change = |op: &mut conntext_federation::identity::OpFields| {
        op.rotation_keys = vec![secret(40).public(), secret(30).public()];
    };
    let next = verify_chain(&person.chain).unwrap().next(change, &person.key).unwrap();
    person.chain.iter().cloned().chain([next]).collect()
}

fn grow(chain: &[Op], steps: &[(u8, u8)]) -> Vec<Op> {
    let mut chain = chain.to_vec();
    for (signer, host) in steps {
        let signer = secret(if *signer == 0 { 40 } else { 30 });
        let host = Instance::new("d.example", 60 + host).ik();
        let next = verify_chain(&chain).unwrap().next(|op| op.profile_host = host, &signer).unwrap();
        chain.push(next);
    }
    chain
}
