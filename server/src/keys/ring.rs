//! The signing keys of this instance, from the first to the one in use: a file that only grows.

use conntext_federation::instance::{InstanceKey, MAX_KEYS};
use conntext_federation::keys::{Kid, SecretKey};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

/// How long a signing key is valid unless it is replaced, in milliseconds: ten years.
const LIFE_MS: i64 = 10 * 365 * 86_400_000;

/// One signing key with its secret half. Times are Unix milliseconds.
#[derive(Clone, Debug)]
pub struct RingKey {
    /// The secret key. Kept when the key has retired, since a log elsewhere may still have to be told of its successor.
    pub secret: SecretKey,
    /// Signs from this time on; others can read of the key before.
    pub nbf: i64,
    /// Signs no request from this time on.
    pub exp: i64,
    /// Since when it must not be trusted.
    pub revoked_at: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}

impl RingKey {
    fn new(seed: [u8; 32], nbf: i64) -> Self {
        let secret = SecretKey::from_seed(seed);
        Self { secret, nbf, exp: nbf.saturating_add(LIFE_MS), revoked_at: None, reason: None }
    }

    /// The key's name.
    pub fn kid(&self) -> Kid {
        self.secret.public().kid()
    }

    /// As others see it.
    pub fn public(&self) -> InstanceKey {
        InstanceKey {
            revoked_at: self.revoked_at,
            reason: self.reason.clone(),
            ..InstanceKey::new(self.secret.public(), self.nbf, self.exp)
        }
    }
}

/// Why the keys cannot be changed as asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RingError {
    /// A key waits for its time already.
    #[error("a new key waits for its time already; with --now it is used at once")]
    Waiting,
    /// No key has this name.
    #[error("this instance has no key of that name; `conntext keys list` shows all")]
    Unknown,
    /// It was revoked before.
    #[error("that key is revoked already")]
    Revoked,
}

/// All signing keys, in the order in which they were made.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Grows with every change: the serial of the statement in logs.
    pub serial: u64,
    /// Never empty.
    pub keys: Vec<RingKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyRow {
    seed: String,
    nbf: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    serial: u64,
    keys: Vec<KeyRow>,
}

/// The file of an instance that never changed its key, as older versions write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneKey {
    seed: String,
    created_at_ms: i64,
}

/// 32 bytes from 64 hexadecimal digits.
pub(super) fn seed_of(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok())
}

impl Ring {
    /// The ring of a new instance.
    pub fn first(seed: [u8; 32], now_ms: i64) -> Self {
        Self { serial: u64::try_from(now_ms).unwrap_or(0), keys: vec![RingKey::new(seed, now_ms)] }
    }

    /// Reads the file; `None` when it is not what this program writes. What is wrong is not told, since it would quote
    /// a secret.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(old) = toml::from_str::<OneKey>(text) {
            return seed_of(&old.seed).map(|seed| Self::first(seed, old.created_at_ms));
        }
        let file: File = toml::from_str(text).ok()?;
        let read = |row: KeyRow| {
            let secret = SecretKey::from_seed(seed_of(&row.seed)?);
            Some(RingKey { secret, nbf: row.nbf, exp: row.exp, revoked_at: row.revoked_at, reason: row.reason })
        };
        let keys = file.keys.into_iter().map(read).collect::<Option<Vec<_>>>()?;
        (!keys.is_empty()).then_some(Self { serial: file.serial, keys })
    }

    /// The file's text.
    ///
    /// # Errors
    /// In words; a fault of the program.
    pub fn to_text(&self) -> Result<String, String> {
        let row = |key: &RingKey| KeyRow {
            seed: HEXLOWER.encode(&key.secret.seed()),
            nbf: key.nbf,
            exp: key.exp,
            revoked_at: key.revoked_at,
            reason: key.reason.clone(),
        };
        let file = File { serial: self.serial, keys: self.keys.iter().map(row).collect() };
        toml::to_string(&file).map_err(|e| e.to_string())
    }

    /// The key that signs now: the newest that was not revoked and whose time has come. Where none is left, the newest
    /// of all: what it signs is refused, which is right.
    pub fn active(&self, now_ms: i64) -> &RingKey {
        let whole = || self.keys.iter().rev().filter(|key| key.revoked_at.is_none());
        let timely = whole().find(|key| key.nbf <= now_ms && now_ms < key.exp);
        timely.or_else(|| whole().next()).unwrap_or(&self.keys[self.keys.len() - 1])
    }

    /// The key with this name.
    pub fn get(&self, kid: &Kid) -> Option<&RingKey> {
        self.keys.iter().find(|key| key.kid() == *kid)
    }

    /// The keys that stand in the instance's document and in its statements: as many as may, those that changed last.
    pub fn listed(&self) -> Vec<InstanceKey> {
        let last = self.keys.iter().rposition(|key| key.revoked_at.is_none());
        let rank = |at: &usize| {
            let key = &self.keys[*at];
            (Some(*at) == last, key.revoked_at.unwrap_or(i64::MIN).max(key.nbf), *at)
        };
        let mut places: Vec<usize> = (0..self.keys.len()).collect();
        places.sort_by_key(|at| std::cmp::Reverse(rank(at)));
        let mut listed: Vec<InstanceKey> = places.iter().take(MAX_KEYS).map(|at| self.keys[*at].public()).collect();
        listed.sort_by_key(|key| key.nbf);
        listed
    }

    /// Adds a key that is used from `lead_ms` on; the others sign requests for `overlap_ms` longer. Without a lead a key
    /// that waits for its time is used at once, instead of one more.
    ///
    /// # Errors
    /// [`RingError::Waiting`].
    pub fn rotate(&mut self, seed: [u8; 32], now_ms: i64, lead_ms: i64, overlap_ms: i64) -> Result<(), RingError> {
        let from = now_ms.saturating_add(lead_ms);
        match self.waiting(now_ms) {
            Some(_) if lead_ms > 0 => return Err(RingError::Waiting),
            None if lead_ms > 0 => self.keys.push(RingKey::new(seed, from)),
            _ => self.put_in_use(seed, now_ms, self.active(now_ms).nbf),
        }
        let newest = self.keys.len() - 1;
        for key in &mut self.keys[..newest] {
            key.exp = key.exp.min(from.saturating_add(overlap_ms)).max(key.nbf + 1);
        }
        self.changed(now_ms);
        Ok(())
    }

    /// Revokes a key for ever. Where it is the one in use, another takes its place at once.
    ///
    /// # Errors
    /// [`RingError::Unknown`] or [`RingError::Revoked`].
    pub fn revoke(&mut self, kid: &Kid, reason: Option<&str>, seed: [u8; 32], now_ms: i64) -> Result<(), RingError> {
        let in_use = self.active(now_ms).kid() == *kid;
        let key = self.keys.iter_mut().find(|key| key.kid() == *kid).ok_or(RingError::Unknown)?;
        if key.revoked_at.is_some() {
            return Err(RingError::Revoked);
        }
        key.revoked_at = Some(now_ms);
        key.reason = reason.map(ToOwned::to_owned);
        let since = key.nbf;
        if in_use {
            self.put_in_use(seed, now_ms, since);
        }
        self.changed(now_ms);
        Ok(())
    }

    /// The place of a key that waits for its time.
    fn waiting(&self, now_ms: i64) -> Option<usize> {
        self.keys.iter().rposition(|key| key.revoked_at.is_none() && key.nbf > now_ms)
    }

    /// Puts the key that waits in use, or a new one, as the successor of one that signed since `since`. That time and not
    /// the present one: a clock that is ahead would make the key one that others do not accept yet.
    fn put_in_use(&mut self, seed: [u8; 32], now_ms: i64, since: i64) {
        let at = self.waiting(now_ms).unwrap_or_else(|| {
            self.keys.push(RingKey::new(seed, now_ms));
            self.keys.len() - 1
        });
        self.keys[at].nbf = now_ms.min(since);
    }

    /// What logs are told of the keys is newer than what they were told before.
    pub(super) fn changed(&mut self, now_ms: i64) {
        // Higher than any before, also where the file came back from an older copy.
        self.serial = (self.serial + 1).max(u64::try_from(now_ms).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_new_key_is_listed_before_it_signs_and_the_old_one_after() {
        let mut ring = Ring::first([1; 32], 1000);
        let first = ring.active(1000).kid();
        ring.rotate([2; 32], 2000, HOUR, 10 * HOUR).unwrap();
        assert_eq!(ring.rotate([3; 32], 2000, HOUR, 10 * HOUR), Err(RingError::Waiting));
        assert_eq!((ring.listed().len(), ring.serial), (2, 2000));
        assert_eq!(ring.active(2000 + HOUR - 1).kid(), first);
        let second = ring.active(2000 + HOUR).kid();
        assert_ne!(second, first);
        assert_eq!(ring.get(&first).unwrap().exp, 2000 + 11 * HOUR);
        // In an emergency the one that waits is used at once.
        ring.rotate([4; 32], 3000, 0, 0).unwrap();
        assert_eq!((ring.active(3000).kid(), ring.keys.len()), (second, 2));
    }

    #[test]
    fn a_revoked_key_is_replaced_at_once_and_never_signs_again() {
        let mut ring = Ring::first([1; 32], 1000);
        let first = ring.active(1000).kid();
        ring.revoke(&first, Some("stolen"), [2; 32], 2000).unwrap();
        assert_ne!(ring.active(2000).kid(), first);
        assert_eq!(ring.listed().iter().filter(|k| k.revoked_at.is_some()).count(), 1);
        assert_eq!(ring.revoke(&first, None, [3; 32], 3000), Err(RingError::Revoked));
        let other = SecretKey::from_seed([9; 32]).public().kid();
        assert_eq!(ring.revoke(&other, None, [3; 32], 3000), Err(RingError::Unknown));
    }

    #[test]
    fn a_key_that_a_wrong_clock_puts_in_place_signs_when_the_clock_is_right_again() {
        let mut ring = Ring::first([1; 32], 1000);
        let ahead = 2000 + 5 * HOUR;
        ring.revoke(&ring.active(ahead).kid(), None, [2; 32], ahead).unwrap();
        let second = ring.active(2000);
        assert!(second.revoked_at.is_none() && second.public().at(2000).is_ok());
        assert!(second.exp > ahead);
        ring.rotate([3; 32], ahead, 0, HOUR).unwrap();
        assert!(ring.active(2000).public().at(2000).is_ok());
        // However many were revoked since, the one in use is listed.
        for n in 4..30 {
            ring.revoke(&ring.active(ahead).kid(), None, [n; 32], ahead + i64::from(n)).unwrap();
        }
        assert!(ring.listed().iter().any(|key| key.kid == ring.active(2000).kid()));
    }

    #[test]
    fn the_file_keeps_every_key_and_reads_the_older_form() {
        let old = format!("seed = \"{}\"\ncreated_at_ms = 1000\n", HEXLOWER.encode(&[1; 32]));
        let mut ring = Ring::parse(&old).unwrap();
        assert_eq!(ring.serial, 1000);
        for n in 2..40 {
            ring.rotate([n; 32], 1000 * i64::from(n), 0, HOUR).unwrap();
        }
        let again = Ring::parse(&ring.to_text().unwrap()).unwrap();
        assert_eq!((again.keys.len(), again.serial), (39, 39_000));
        assert_eq!(again.listed().len(), MAX_KEYS);
        assert_eq!(again.active(40_000).kid(), ring.active(40_000).kid());
        assert!(Ring::parse("serial = 1\nkeys = []").is_none());
    }
}
