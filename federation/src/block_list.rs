//! The list of instances that an instance does not speak with, signed by it, so that others may take it over.

use crate::{
    domain::{self, Domain},
    error::Code,
    ids::InstanceId,
    instance::KeysStatement,
    keys::Domain as Kind,
    profile::valid_line,
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

/// The most entries of a list.
pub const MAX_ENTRIES: usize = 10_000;
/// The longest reason of an entry, characters.
pub const MAX_REASON: usize = 300;

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlockEntry {
    /// A domain, or `*.` and a domain for everything below it; in normal form.
    pub pattern: String,
    /// Why; may be empty.
    pub reason: String,
}

/// The covered fields.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlockListFields {
    /// Whose list it is.
    pub by: InstanceId,
    /// Where that instance is reached.
    pub domain: Domain,
    /// When it was made, by that instance's clock, Unix milliseconds. The newest list of an instance counts.
    pub issued_at: i64,
    /// Everything that it blocks.
    pub entries: Vec<BlockEntry>,
}

impl Body for BlockListFields {
    const KIND: Kind = Kind::BlockList;
    const MAX_BYTES: usize = 4 * 1024 * 1024;
}

/// A signed list.
pub type BlockList = Signed<BlockListFields>;

/// A list with what proves it: a file that can be checked without asking anybody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlockListFile {
    /// The list.
    pub list: BlockList,
    /// The keys of the instance that signed it.
    pub keys: KeysStatement,
}

impl BlockListFile {
    /// Checks that the instance that it names made it, and that it is well formed. Whether that instance is who it was
    /// when it was met is the reader's to check.
    ///
    /// # Errors
    /// [`Code::OriginMismatch`] for the keys of somebody else, [`Code::UnknownKey`] or [`Code::KeyRevoked`] for one that
    /// these do not list, [`Code::BadObjectSignature`], [`Code::TooLarge`], or [`Code::BadContent`] for an entry that is none.
    pub fn verify(&self) -> Result<(), Code> {
        self.keys.verify()?;
        if self.keys.ik != self.list.by || self.keys.domain != self.list.domain {
            return Err(Code::OriginMismatch);
        }
        self.list.check(self.keys.key(&self.list.sig().kid)?)?;
        if self.list.entries.len() > MAX_ENTRIES {
            return Err(Code::TooLarge);
        }
        let good = |entry: &BlockEntry| {
            domain::pattern(&entry.pattern, true).is_ok_and(|normal| normal == entry.pattern)
                && valid_line(&entry.reason, MAX_REASON)
        };
        if self.list.entries.iter().all(good) { Ok(()) } else { Err(Code::BadContent) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::InstanceId;
    use crate::instance::{InstanceKey, KeysFields};
    use crate::keys::SecretKey;

    fn file(by: u8, change: impl FnOnce(&mut BlockListFields)) -> BlockListFile {
        let (root, key) = (SecretKey::from_seed([by; 32]), SecretKey::from_seed([by + 100; 32]));
        let ik = InstanceId::of_root(&root.public().to_bytes());
        let domain = Domain::parse("a.example", false).unwrap();
        let listed = InstanceKey::new(key.public(), 0, 1_000_000);
        let keys = KeysFields {
            ik: ik.clone(),
            domain: domain.clone(),
            serial: 1,
            root: root.public(),
            root_history: Vec::new(),
            keys: vec![listed],
        };
        let entry = |pattern: &str| BlockEntry { pattern: pattern.into(), reason: "spam".into() };
        let entries = vec![entry("bad.example"), entry("*.worse.example")];
        let mut fields = BlockListFields { by: ik, domain, issued_at: 7, entries };
        change(&mut fields);
        BlockListFile { list: BlockList::sign(fields, &key).unwrap(), keys: KeysStatement::sign(keys, &root).unwrap() }
    }

    #[test]
    fn j5_a_list_proves_itself_and_nothing_else_does() {
        let good = file(1, |_| ());
        assert_eq!(good.verify(), Ok(()));
        let other = file(2, |_| ());
        let keys_of_another = BlockListFile { keys: other.keys, ..good.clone() };
        assert_eq!(keys_of_another.verify(), Err(Code::OriginMismatch));
        let elsewhere = file(1, |list| list.domain = Domain::parse("b.example", false).unwrap());
        assert_eq!(elsewhere.verify(), Err(Code::OriginMismatch));
        let text = String::from_utf8(good.list.to_vec().unwrap()).unwrap();
        let touched = text.replace("bad.example", "dad.example");
        let touched = BlockListFile { list: BlockList::from_slice(touched.as_bytes()).unwrap(), ..good };
        assert_eq!(touched.verify(), Err(Code::BadObjectSignature));
    }

    #[test]
    fn j5_an_entry_is_a_domain_or_everything_below_one() {
        for bad in ["", "*", "*.", "*.*.example", "Bad.example", "bad.example.", "http://bad.example", "1.2.3.4", "com"]
        {
            let list = file(1, |list| list.entries[0].pattern = bad.into());
            assert_eq!(list.verify(), Err(Code::BadContent), "{bad}");
        }
        let two_lines = file(1, |list| list.entries[0].reason = "spam\nand more".into());
        assert_eq!(two_lines.verify(), Err(Code::BadContent));
    }
}
