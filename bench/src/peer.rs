//! An instance that the benchmark plays: a name, keys, a document, and people of it who join.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use conntext_federation::action::Position;
use conntext_federation::canonical;
use conntext_federation::content::MemberJoin;
use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{self, Outgoing};
use conntext_federation::hub::{self, Draft};
use conntext_federation::identity::{Genesis, Op};
use conntext_federation::ids::{ActionId, Actor, Hash, InstanceId, ServerId};
use conntext_federation::instance::{
    InstanceDoc, InstanceFields, InstanceKey, KeysFields, KeysStatement, MAX_DOCUMENT_MS, Mode, RootKey, Software,
};
use conntext_federation::keys::{KeySig, SecretKey};
use conntext_federation::stream::Proof;
use conntext_federation::wire::{JoinRequest, SignedAction};
use serde_json::Value;

use crate::Result;

#[expect(
    clippy::disallowed_methods,
    reason = "there is no App here: what is signed must hold by the clock of the host"
)]
/// The time, milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// One instance that follows.
pub struct Follower {
    /// Its name.
    pub domain: Domain,
    root: SecretKey,
    key: SecretKey,
    /// Its keys as a log gets to know them.
    keys: KeysStatement,
    /// Its document, in canonical form.
    pub document: Vec<u8>,
    /// The last event that it was sent.
    pub acked: AtomicU64,
}

impl Follower {
    /// The instance with this number at a port of this machine.
    pub fn new(number: usize, port: u16) -> Result<Self> {
        let said = |e: conntext_federation::Code| format!("a follower cannot be made: {e}");
        let domain = Domain::parse_normal(&format!("f{number}.localhost:{port}"), true).map_err(said)?;
        let seed = |purpose: u8| {
            let mut seed = [purpose; 32];
            seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
            seed[8..10].copy_from_slice(&port.to_be_bytes());
            SecretKey::from_seed(seed)
        };
        let (root, key) = (seed(1), seed(2));
        let now = now_ms();
        let listed = vec![InstanceKey::new(key.public(), now - 60_000, now + MAX_DOCUMENT_MS)];
        let ik = InstanceId::of_root(&root.public().to_bytes());
        let stated = KeysFields {
            ik: ik.clone(),
            domain: domain.clone(),
            serial: 1,
            root: root.public(),
            root_history: Vec::new(),
            keys: listed.clone(),
        };
        let keys = KeysStatement::sign(stated, &root).map_err(said)?;
        let fields = InstanceFields {
            v: 1,
            ik,
            domain: domain.clone(),
            api: format!("http://{domain}/federation/v1"),
            serial: 1,
            root: RootKey { public: root.public() },
            root_history: Vec::new(),
            keys: listed.clone(),
            software: Software { name: "bench".into(), version: "1".into() },
            mode: Mode::Open,
            limits: Default::default(),
            contact: None,
            moved: None,
            issued_at: now,
            valid_until: now + MAX_DOCUMENT_MS,
        };
        let mut document = InstanceDoc::sign(fields, &root).map_err(said)?;
        document.freshen(&key, now).map_err(said)?;
        let document = document.to_vec().map_err(said)?;
        Ok(Self { domain, root, key, keys, document, acked: AtomicU64::new(0) })
    }

    /// Its id.
    pub fn ik(&self) -> InstanceId {
        InstanceId::of_root(&self.root.public().to_bytes())
    }

    /// The headers of a `GET`. A number that it has not used for this before makes the request another one.
    pub fn sign_get(&self, host: &Domain, path: &str, number: u64) -> Result<Vec<(&'static str, String)>> {
        let digest = httpsig::digest_header(&[]);
        let outgoing = Outgoing { method: "GET", path, destination: host, content_type: None, digest: &digest };
        let signed = httpsig::sign_request(&outgoing, &self.domain, &self.key, nonce(8, number), now_ms());
        Ok(signed.map_err(|e| format!("a follower cannot sign: {e}"))?)
    }

    /// What it says to a challenge.
    pub fn sign_stream(&self, proof: &Proof) -> Result<KeySig> {
        Ok(proof.sign(&self.key).map_err(|e| format!("a follower cannot sign: {e}"))?)
    }

    /// Brings a member into a community: the one with this number.
    pub async fn join(
        &self,
        http: &reqwest::Client,
        origin: &str,
        host: &Domain,
        sid: &ServerId,
        code: &str,
        member: u64,
    ) -> Result<()> {
        let body = self.join_request(sid, code, member).map_err(|e| format!("a follower cannot join: {e}"))?;
        let path = format!("/federation/v1/servers/{sid}/join");
        let digest = httpsig::digest_header(&body);
        let outgoing = Outgoing {
            method: "POST",
            path: &path,
            destination: host,
            content_type: Some("application/json"),
            digest: &digest,
        };
        let headers = httpsig::sign_request(&outgoing, &self.domain, &self.key, nonce(9, member), now_ms())
            .map_err(|e| format!("a follower cannot sign: {e}"))?;
        let mut request = http.post(format!("{origin}{path}")).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{} cannot join: {status} {text}", self.domain).into());
        }
        let answer: Value = serde_json::from_str(&text)?;
        self.acked.fetch_max(answer.get("seq").and_then(Value::as_u64).unwrap_or(0), Ordering::SeqCst);
        Ok(())
    }

    fn join_request(
        &self,
        sid: &ServerId,
        code: &str,
        member: u64,
    ) -> std::result::Result<Vec<u8>, conntext_federation::Code> {
        let (ik, now) = (self.ik(), now_ms());
        let genesis = Genesis {
            home: ik.clone(),
            profile_host: ik.clone(),
            signing_keys: vec![key_of(member).public()],
            rotation_keys: vec![self.root.public()],
        };
        let op = Op::genesis(genesis, &self.root)?;
        let draft = Draft {
            sid: sid.clone(),
            kind: "member.join".into(),
            channel: None,
            target: None,
            actor: Actor::User(op.uid.clone()),
            content: hub::json(&MemberJoin { identity: vec![op], invite: Some(invite_hash(code)) })?,
        };
        let basis = Position { generation: 0, epoch: 0, seq: 0, hash: Hash::ZERO };
        let mut aid = nonce(0, member);
        aid[..8].copy_from_slice(&self.key.public().to_bytes()[..8]);
        let (action, sealed) = draft.into_action(&ik, ActionId(aid), [5; 16], basis, now)?;
        let origin_sig = action.sign(&self.key)?;
        canonical::to_vec(&JoinRequest {
            join: SignedAction { action, origin_sig, content: sealed.content, salt: sealed.salt },
            keys: self.keys.clone(),
            code: Some(code.to_owned()),
            snapshot: member == 0,
            profile: None,
        })
    }
}

/// Sixteen bytes that no other member has for this purpose.
fn nonce(purpose: u8, member: u64) -> [u8; 16] {
    let mut bytes = [purpose; 16];
    bytes[8..].copy_from_slice(&member.to_be_bytes());
    bytes
}

/// The digest by which a log names an invite.
fn invite_hash(code: &str) -> Hash {
    Hash::of(&[b"conntext/invite/v1\n", code.as_bytes()])
}

/// A key of a member's own: by it they differ from all others.
fn key_of(member: u64) -> SecretKey {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&member.to_be_bytes());
    SecretKey::from_seed(seed)
}
