//! Identity chains, alone and against each other.
//!
//! The input is two bytes of choices, then an array of one or two chains. With the first choice the operations are
//! linked and signed anew by keys that the chain lists, so that every rule behind the signatures is reached.

use super::{json::Node, world::secret};
use base64::{Engine, engine::general_purpose::STANDARD};
use conntext_federation::{
    canonical,
    identity::{Identity, Op, OpFields, compare_chains, verify_chain},
    ids::{Hash, UserId},
    keys::{PublicKey, SecretKey, Signature},
};

/// The longest chain that is worth the time.
const MOST: usize = 8;

/// No panic; what is taken holds by a second reading; the order of two chains is an order.
pub fn run(data: &[u8]) {
    let Some(([choices, signers], text)) = data.split_first_chunk::<2>() else { return };
    let Ok(mut chains) = canonical::from_slice::<Vec<Vec<Op>>>(text) else { return };
    chains.truncate(2);
    for chain in &mut chains {
        chain.truncate(MOST);
        if choices & 1 == 1 {
            sign_again(chain, *signers);
        }
        if let Ok(identity) = verify_chain(chain) {
            judge(chain, &identity);
        }
    }
    if let [a, b] = &chains[..] {
        match (compare_chains(a, b), compare_chains(b, a)) {
            (Ok(one), Ok(other)) => assert_eq!(one, other.reverse(), "each counts more than the other"),
            (one, other) => assert_eq!(one.is_ok(), other.is_ok()),
        }
    }
}

fn judge(chain: &[Op], identity: &Identity) {
    assert!(holds(chain).is_some(), "a chain is taken that does not hold");
    let last = chain.last().expect("an empty chain is refused");
    assert_eq!((identity.n as usize + 1, &identity.home), (chain.len(), &last.home));
    assert_eq!(compare_chains(chain, chain), Ok(std::cmp::Ordering::Equal));
    for length in 1..chain.len() {
        let beginning = &chain[..length];
        assert!(verify_chain(beginning).is_ok(), "a beginning of it does not hold");
        assert_eq!(compare_chains(chain, beginning), Ok(std::cmp::Ordering::Greater));
    }
}

/// Ids, links and signatures, by reading the text and not the types.
fn holds(chain: &[Op]) -> Option<()> {
    let mut allowed: Vec<PublicKey> = chain.first()?.rotation_keys.clone();
    let mut before: Option<Hash> = None;
    for (n, op) in chain.iter().enumerate() {
        let node = Node::read(&op.to_vec().ok()?)?;
        let first = Node::read(&chain[0].to_vec().ok()?)?.without(&["uid", "sig"]);
        (node.get("uid")?.as_text()? == UserId::derive(first.text().as_bytes()).as_str()).then_some(())?;
        (*node.get("n")? == Node::Int(n as i64)).then_some(())?;
        let prev = before.map_or(Node::Null, |hash| Node::Text(hash.to_string()));
        (*node.get("prev")? == prev).then_some(())?;
        let sig = node.get("sig")?;
        let key = allowed.iter().find(|key| Some(key.kid().as_str()) == sig.get("kid").and_then(Node::as_text))?;
        let signature = STANDARD.decode(sig.get("sig")?.as_text()?).ok()?.try_into().ok()?;
        let message = format!("conntext/identity/v1\n{}", node.without(&["sig"]).text());
        key.verify_raw(message.as_bytes(), &Signature(signature)).ok()?;
        before = Some(Hash::of(&[b"conntext/identity/v1\n", node.text().as_bytes()]));
        allowed.clone_from(&op.rotation_keys);
    }
    Some(())
}

fn known(key: &PublicKey) -> Option<SecretKey> {
    (1..=120).map(secret).find(|secret| secret.public() == *key)
}

/// Links and signs from the first operation on; `signers` chooses the first or second key that may.
fn sign_again(chain: &mut [Op], signers: u8) {
    let Some(first) = chain.first() else { return };
    let mut allowed = first.rotation_keys.clone();
    let (mut uid, mut prev) = (first.uid.clone(), None);
    for (n, op) in chain.iter_mut().enumerate() {
        let which = usize::from(signers >> (n % 8) & 1);
        let Some(key) = allowed.get(which).or(allowed.first()).and_then(known) else { return };
        let mut fields = OpFields { prev, n: n as u64, uid: uid.clone(), ..op.body().clone() };
        if n == 0 {
            let Some(node) =
                Op::sign(fields.clone(), &key).and_then(|op| op.to_vec()).ok().and_then(|t| Node::read(&t))
            else {
                return;
            };
            uid = UserId::derive(node.without(&["uid", "sig"]).text().as_bytes());
            fields.uid = uid.clone();
        }
        let Ok(signed) = Op::sign(fields, &key) else { return };
        prev = signed.hash().ok();
        allowed.clone_from(&signed.rotation_keys);
        *op = signed;
    }
}
