//! One hash for everything of a state that all copies hold, whatever else each may see.

use super::ServerState;
use crate::{error::Code, ids::Hash};

/// Which fold a digest was made with. It is raised whenever the same events lead to other rows than before: digests of
/// different folds are not compared.
pub const FOLD_VERSION: u64 = 5;

const TAG: &[u8] = b"conntext/state/v1\n";

impl ServerState {
    /// The hash of the server-level state: every row but the head and those of channels, in an order of its own.
    ///
    /// Each row becomes `sha256(tag ‖ kind ‖ "\n" ‖ key ‖ "\n" ‖ value)`. These hashes are sorted and fall into 256 groups
    /// by their first byte; a group is the SHA-256 of its hashes one after the other, the whole is
    /// `sha256(tag ‖ the 256 groups)`. So whoever keeps the hashes of rows has to touch only the groups that changed.
    ///
    /// # Errors
    /// [`Code::BadJson`] for a row that has no canonical form.
    pub fn digest(&self) -> Result<Hash, Code> {
        let mut leaves = Vec::with_capacity(2 * self.members.len() + 64);
        for row in self.rows(|_| false).into_iter().filter(|row| row.kind != "head") {
            let value = row.value.ok_or(Code::BadJson)?;
            leaves.push(Hash::of(&[TAG, row.kind.as_bytes(), b"\n", row.key.as_bytes(), b"\n", value.as_bytes()]).0);
        }
        leaves.sort_unstable();
        let mut groups = Vec::with_capacity(256 * 32);
        let mut rest = leaves.as_slice();
        for first in 0..=u8::MAX {
            let (group, behind) = rest.split_at(rest.partition_point(|leaf| leaf[0] <= first));
            groups.extend(Hash::of(&[group.as_flattened()]).0);
            rest = behind;
        }
        Ok(Hash::of(&[TAG, &groups]))
    }
}
