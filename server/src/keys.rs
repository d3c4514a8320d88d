//! The instance's own keys: files of the data folder, private to the service, made once and never replaced.

use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use conntext_federation::ids::InstanceId;
use conntext_federation::keys::SecretKey;
use conntext_federation::{
    Code,
    domain::Domain,
    instance::{InstanceKey, KeysFields, KeysStatement},
};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Rng};
use crate::db::folder::{private_folder, write_private};
use crate::db::{Db, fact, set_fact};

/// How long a signing key is valid, in milliseconds: until it is rotated by hand, ten years at most.
const SIGNING_KEY_LIFE_MS: i64 = 10 * 365 * 86_400_000;

/// The keys of this instance.
pub struct InstanceKeys {
    /// The instance's id: made of its first root key.
    pub ik: InstanceId,
    /// Signs the instance's document and its key statements, nothing else.
    pub root: SecretKey,
    /// Signs requests and events.
    pub signing: SecretKey,
    /// When the signing key was made, in milliseconds since 1970.
    pub signing_since_ms: i64,
    /// Seals secrets that lie in the database.
    pub seal: Seal,
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The operating system refused.
    #[error("cannot use the key file {0}: {1}")]
    Io(PathBuf, #[source] std::io::Error),
    /// The file is not what this program wrote.
    #[error("the key file {0} is damaged: {1}. Put the file back from a backup")]
    Damaged(PathBuf, String),
    /// The database belongs to another root key.
    #[error(
        "the keys in {0} are not those of this instance: other instances know it as {1}. \
         Put the folder \"keys\" back from a backup; new keys would make it a stranger to all of them"
    )]
    Foreign(PathBuf, String),
    /// The database.
    #[error("the database: {0}")]
    Db(#[from] crate::db::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    seed: String,
    created_at_ms: i64,
}

impl InstanceKeys {
    /// Reads the keys, or makes them at the first start.
    pub async fn open(data: &Path, db: &Db, clock: &dyn Clock, rng: &dyn Rng) -> Result<Self, KeysError> {
        let keys = private_folder(&data.join("keys")).map_err(|e| KeysError::Io(data.join("keys"), e))?;
        let known = fact(&mut db.read().await?, "ik").await?;
        // An instance that others know already must not come back with new keys because a folder was lost.
        if let Some(known) = &known
            && !keys.join("root.toml").exists()
        {
            return Err(KeysError::Foreign(keys, known.clone()));
        }
        let now = clock.now_ms();
        let (root, _) = load_or_make(&keys.join("root.toml"), now, rng)?;
        let (signing, signing_since_ms) = load_or_make(&keys.join("signing.toml"), now, rng)?;
        let (seal, _) = load_or_make(&keys.join("seal.toml"), now, rng)?;
        let root = SecretKey::from_seed(root);
        let ik = InstanceId::of_root(&root.public().to_bytes());
        match known {
            Some(known) if known != ik.as_str() => return Err(KeysError::Foreign(keys, known)),
            Some(_) => {}
            None => {
                let mut tx = db.begin().await?;
                set_fact(&mut tx, "ik", ik.as_str()).await?;
                tx.commit().await?;
            }
        }
        Ok(Self { ik, root, signing: SecretKey::from_seed(signing), signing_since_ms, seal: Seal(seal) })
    }

    /// The keys as they stand in logs, signed by the root key.
    ///
    /// # Errors
    /// Only where our own types would not fit the protocol: a fault of the program.
    pub fn statement(&self, domain: &Domain) -> Result<KeysStatement, Code> {
        let fields = KeysFields {
            ik: self.ik.clone(),
            domain: domain.clone(),
            serial: u64::try_from(self.signing_since_ms).unwrap_or(0),
            root: self.root.public(),
            root_history: Vec::new(),
            keys: vec![self.signing_key()],
        };
        KeysStatement::sign(fields, &self.root)
    }

    /// The signing key as it stands in the instance's document and in logs.
    pub fn signing_key(&self) -> InstanceKey {
        let since = self.signing_since_ms;
        InstanceKey::new(self.signing.public(), since, since + SIGNING_KEY_LIFE_MS)
    }
}

fn load_or_make(path: &Path, now_ms: i64, rng: &dyn Rng) -> Result<([u8; 32], i64), KeysError> {
    let io = |e| KeysError::Io(path.to_owned(), e);
    let damaged = |why: String| KeysError::Damaged(path.to_owned(), why);
    if !path.try_exists().map_err(io)? {
        let seed = rng.bytes::<32>();
        let file = KeyFile { seed: data_encoding::HEXLOWER.encode(&seed), created_at_ms: now_ms };
        let text = toml::to_string(&file).map_err(|e| damaged(e.to_string()))?;
        write_private(path, text.as_bytes()).map_err(io)?;
        return Ok((seed, now_ms));
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    // The parser's own message would quote the secret.
    let file: KeyFile = toml::from_str(&text).map_err(|_| damaged("it cannot be read".into()))?;
    let seed = data_encoding::HEXLOWER
        .decode(file.seed.as_bytes())
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .ok_or_else(|| damaged("the seed is not 64 hexadecimal digits".into()))?;
    Ok((seed, file.created_at_ms))
}

/// Seals secrets that lie in the database, so that a copy of the database alone gives none away.
pub struct Seal([u8; 32]);

impl Seal {
    fn key(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.0).ok().map(LessSafeKey::new)
    }

    /// Seals `secret`; `about` names what it belongs to and must be given again to open it.
    pub fn close(&self, rng: &dyn Rng, about: &str, secret: &[u8]) -> Option<Vec<u8>> {
        let nonce = rng.bytes::<NONCE_LEN>();
        let mut sealed = secret.to_vec();
        self.key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about.as_bytes()), &mut sealed)
            .ok()?;
        let mut out = nonce.to_vec();
        out.append(&mut sealed);
        Some(out)
    }

    /// Opens what [`Seal::close`] sealed; `None` when it was changed, or belongs to something else.
    pub fn open(&self, about: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let open = self.key()?.open_in_place(nonce, Aad::from(about.as_bytes()), &mut rest).ok()?;
        Some(open.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededRng;

    #[test]
    fn a_sealed_secret_opens_for_its_owner_only() {
        let rng = SeededRng::new(1);
        let seal = Seal([7; 32]);
        let mut sealed = seal.close(&rng, "u_a", b"secret").unwrap();
        assert_eq!(seal.open("u_a", &sealed).unwrap(), b"secret");
        assert_eq!(seal.open("u_b", &sealed), None);
        assert_eq!(Seal([8; 32]).open("u_a", &sealed), None);
        sealed[14] ^= 1;
        assert_eq!(seal.open("u_a", &sealed), None);
        assert_eq!(seal.open("u_a", b"short"), None);
    }
}
