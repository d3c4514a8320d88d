//! The instance's own keys: files of the data folder, private to the service. The root key is made once and for ever;
//! signing keys follow each other.

mod ring;
mod seal;

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use conntext_federation::ids::InstanceId;
use conntext_federation::instance::{InstanceKey, KeysFields, KeysStatement};
use conntext_federation::keys::{Kid, SecretKey};
use conntext_federation::{Code, domain::Domain};
use serde::{Deserialize, Serialize};

pub use ring::{Ring, RingError, RingKey};
pub use seal::Seal;

use crate::clock::{Clock, Rng};
use crate::db::folder::{private_folder, write_private};
use crate::db::{Db, fact, set_fact};

/// The file with all signing keys.
const SIGNING: &str = "signing.toml";

/// The keys of this instance.
pub struct InstanceKeys {
    /// The instance's id: made of its first root key.
    pub ik: InstanceId,
    /// Signs the instance's document and its key statements, nothing else.
    pub root: SecretKey,
    /// Seals secrets that lie in the database.
    pub seal: Seal,
    folder: PathBuf,
    domain: Domain,
    clock: Arc<dyn Clock>,
    held: RwLock<Arc<KeySet>>,
}

/// The signing keys as last read, and what the root key says of them in logs: both of the same moment.
pub struct KeySet {
    /// The keys.
    pub ring: Ring,
    /// The root-signed statement.
    pub statement: KeysStatement,
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
    /// What was asked for cannot be done with the keys that are there.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The keys do not fit the protocol: a fault of the program.
    #[error("the keys cannot be stated: {0}")]
    Statement(Code),
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
    pub async fn open(
        data: &Path,
        domain: &Domain,
        db: &Db,
        clock: Arc<dyn Clock>,
        rng: &dyn Rng,
    ) -> Result<Self, KeysError> {
        let folder = private_folder(&data.join("keys")).map_err(|e| KeysError::Io(data.join("keys"), e))?;
        // Another process of this instance may start at the same moment.
        let _alone = lock(&folder)?;
        let known = fact(&mut db.read().await?, "ik").await?;
        // An instance that others know already must not come back with new keys because a folder was lost.
        if let Some(known) = &known
            && !folder.join("root.toml").exists()
        {
            return Err(KeysError::Foreign(folder, known.clone()));
        }
        let now = clock.now_ms();
        let root = SecretKey::from_seed(load_or_make(&folder.join("root.toml"), now, rng)?);
        let ring = match read_ring(&folder)? {
            Some(ring) => ring,
            None => write_ring(&folder, Ring::first(rng.bytes(), now))?,
        };
        let seal = Seal(load_or_make(&folder.join("seal.toml"), now, rng)?);
        let ik = InstanceId::of_root(&root.public().to_bytes());
        match known {
            Some(known) if known != ik.as_str() => return Err(KeysError::Foreign(folder, known)),
            Some(_) => {}
            None => {
                let mut tx = db.begin().await?;
                // Two new instances with folders of their own may have been given the same database.
                if let Some(other) = fact(&mut tx, "ik").await? {
                    return Err(KeysError::Foreign(folder, other));
                }
                set_fact(&mut tx, "ik", ik.as_str()).await?;
                tx.commit().await?;
            }
        }
        let statement = state(&ik, &root, domain, ring.serial, ring.listed())?;
        let held = RwLock::new(Arc::new(KeySet { ring, statement }));
        Ok(Self { ik, root, seal, folder, domain: domain.clone(), clock, held })
    }

    /// The signing keys as they are now, for whoever needs more than one look at them.
    pub fn set(&self) -> Arc<KeySet> {
        self.held.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The key that signs requests and events now.
    pub fn signing(&self) -> SecretKey {
        self.set().ring.active(self.clock.now_ms()).secret.clone()
    }

    /// The signing key with this name, in use or not.
    pub fn secret(&self, kid: &Kid) -> Option<SecretKey> {
        self.set().ring.get(kid).map(|key| key.secret.clone())
    }

    /// All signing keys, in the order in which they were made.
    pub fn all(&self) -> Vec<InstanceKey> {
        self.set().ring.keys.iter().map(RingKey::public).collect()
    }

    /// The keys that stand in the instance's document.
    pub fn listed(&self) -> Vec<InstanceKey> {
        self.set().ring.listed()
    }

    /// The keys as they stand in logs, signed by the root key.
    pub fn statement(&self) -> KeysStatement {
        self.set().statement.clone()
    }

    /// Where the statement in logs has this serial or a higher one, it needs no new one.
    pub fn serial(&self) -> u64 {
        self.set().ring.serial
    }

    /// A root-signed statement that lists the key, for ever. A key that is listed no longer stands in one of its own,
    /// with a serial that no log takes for a new one.
    ///
    /// # Errors
    /// [`KeysError::Ring`] for a key that was never one of this instance.
    pub fn statement_of(&self, kid: &Kid) -> Result<KeysStatement, KeysError> {
        let held = self.set();
        if held.statement.keys.iter().any(|key| key.kid == *kid) {
            return Ok(held.statement.clone());
        }
        let key = held.ring.get(kid).ok_or(RingError::Unknown)?;
        state(&self.ik, &self.root, &self.domain, 1, vec![key.public()])
    }

    /// Reads the signing keys again, which a command beside this process may have changed. Answers whether they have.
    ///
    /// # Errors
    /// Where the file cannot be read, or misses a key that is known; then all stays as it is.
    pub fn refresh(&self) -> Result<bool, KeysError> {
        let path = self.folder.join(SIGNING);
        let ring = read_ring(&self.folder)?.ok_or_else(|| KeysError::Damaged(path.clone(), "it is gone".into()))?;
        let held = self.set();
        if ring.serial == held.ring.serial {
            return Ok(false);
        }
        if ring.serial < held.ring.serial || held.ring.keys.iter().any(|key| ring.get(&key.kid()).is_none()) {
            return Err(KeysError::Damaged(path, "it is older than what this process knows".into()));
        }
        self.hold(ring)?;
        Ok(true)
    }

    fn hold(&self, ring: Ring) -> Result<(), KeysError> {
        let statement = state(&self.ik, &self.root, &self.domain, ring.serial, ring.listed())?;
        let mut held = self.held.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *held = Arc::new(KeySet { ring, statement });
        Ok(())
    }

    /// Changes the file under its lock: all of it or nothing.
    fn change(&self, by: impl FnOnce(&mut Ring, i64) -> Result<(), RingError>) -> Result<(), KeysError> {
        let _alone = lock(&self.folder)?;
        let path = self.folder.join(SIGNING);
        let mut ring = read_ring(&self.folder)?.ok_or_else(|| KeysError::Damaged(path, "it is gone".into()))?;
        by(&mut ring, self.clock.now_ms())?;
        let ring = write_ring(&self.folder, ring)?;
        self.hold(ring)
    }

    /// Makes a new signing key, used after `lead_ms`; the one before signs requests for `overlap_ms` longer.
    ///
    /// # Errors
    /// [`RingError::Waiting`], or the operating system's.
    pub fn rotate(&self, rng: &dyn Rng, lead_ms: i64, overlap_ms: i64) -> Result<(), KeysError> {
        self.change(|ring, now| ring.rotate(rng.bytes(), now, lead_ms, overlap_ms))
    }

    /// States the same keys anew, so that every log is shown where this instance is reached now.
    ///
    /// # Errors
    /// The operating system's.
    pub fn state_anew(&self) -> Result<(), KeysError> {
        self.change(|ring, now| {
            ring.changed(now);
            Ok(())
        })
    }

    /// Revokes a signing key for ever; where it is the one in use, a new one takes its place at once.
    ///
    /// # Errors
    /// [`RingError::Unknown`], [`RingError::Revoked`], or the operating system's.
    pub fn revoke(&self, rng: &dyn Rng, kid: &Kid, reason: Option<&str>) -> Result<(), KeysError> {
        self.change(|ring, now| ring.revoke(kid, reason, rng.bytes(), now))
    }
}

fn state(
    ik: &InstanceId,
    root: &SecretKey,
    domain: &Domain,
    serial: u64,
    keys: Vec<InstanceKey>,
) -> Result<KeysStatement, KeysError> {
    let fields = KeysFields {
        ik: ik.clone(),
        domain: domain.clone(),
        serial,
        root: root.public(),
        root_history: Vec::new(),
        keys,
    };
    KeysStatement::sign(fields, root).map_err(KeysError::Statement)
}

/// One process at a time changes the keys; the lock ends with the value.
fn lock(folder: &Path) -> Result<std::fs::File, KeysError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = folder.join("lock");
    let open = std::fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = open.and_then(|file| file.lock().map(|()| file));
    file.map_err(|e| KeysError::Io(path, e))
}

fn read_ring(folder: &Path) -> Result<Option<Ring>, KeysError> {
    let path = folder.join(SIGNING);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let ring = Ring::parse(&text);
            ring.map(Some).ok_or_else(|| KeysError::Damaged(path, "it cannot be read".into()))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(KeysError::Io(path, e)),
    }
}

fn write_ring(folder: &Path, ring: Ring) -> Result<Ring, KeysError> {
    let path = folder.join(SIGNING);
    let text = ring.to_text().map_err(|why| KeysError::Damaged(path.clone(), why))?;
    write_private(&path, text.as_bytes()).map_err(|e| KeysError::Io(path, e))?;
    Ok(ring)
}

fn load_or_make(path: &Path, now_ms: i64, rng: &dyn Rng) -> Result<[u8; 32], KeysError> {
    let io = |e| KeysError::Io(path.to_owned(), e);
    let damaged = |why: String| KeysError::Damaged(path.to_owned(), why);
    if !path.try_exists().map_err(io)? {
        let seed = rng.bytes::<32>();
        let file = KeyFile { seed: data_encoding::HEXLOWER.encode(&seed), created_at_ms: now_ms };
        let text = toml::to_string(&file).map_err(|e| damaged(e.to_string()))?;
        write_private(path, text.as_bytes()).map_err(io)?;
        return Ok(seed);
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    // The parser's own message would quote the secret.
    let file: KeyFile = toml::from_str(&text).map_err(|_| damaged("it cannot be read".into()))?;
    ring::seed_of(&file.seed).ok_or_else(|| damaged("the seed is not 64 hexadecimal digits".into()))
}
