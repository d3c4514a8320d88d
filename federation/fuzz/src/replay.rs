//! Plays corpora back, with some thousand cheap changes of their inputs. The same every time.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// What parsers stumble over.
const TOKENS: [&[u8]; 22] = [
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"-0",
    b"9007199254740992",
    b"18446744073709551615",
    b"1e9",
    b"null",
    b"[",
    b"{",
    b"}",
    b"\n",
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\"sig\":",
    b"\"extra\":1,",
    b",",
    b"; ",
    b"0",
    b"%00",
    b"=\"",
];

/// Numbers without a clock or chance: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % (n.max(1) as u64)) as usize
    }

    fn change(&mut self, input: &mut Vec<u8>, others: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(16)).min(input.len());
        match self.below(6) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.below(256) as u8,
            2 => drop(input.drain(at.min(end)..end)),
            3 => {
                let piece = input[at.min(end)..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            4 => drop(input.splice(at..at, TOKENS[self.below(TOKENS.len())].iter().copied())),
            _ => {
                let other = &others[self.below(others.len())];
                let from = self.below(other.len());
                let piece = other[from..(from + self.below(64)).min(other.len())].to_vec();
                input.splice(at.min(end)..end, piece);
            }
        }
    }
}

/// Runs a target over every file of a folder and `changes` changed inputs.
///
/// # Errors
/// The first input on which it panicked, spelled so that it can be put into a file.
pub fn replay(folder: &Path, changes: usize, target: fn(&[u8])) -> Result<usize, String> {
    let mut paths: Vec<_> = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten().collect();
    paths.sort_by_key(fs::DirEntry::file_name);
    let inputs: Vec<Vec<u8>> = paths.iter().filter_map(|entry| fs::read(entry.path()).ok()).collect();
    if inputs.is_empty() {
        return Err(format!("{} is empty", folder.display()));
    }
    let fails = |input: &[u8]| catch_unwind(AssertUnwindSafe(|| target(input))).is_err();
    for (entry, input) in paths.iter().zip(&inputs) {
        if fails(input) {
            return Err(format!("{}", entry.path().display()));
        }
    }
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for n in 0..changes {
        let mut input = inputs[n % inputs.len()].clone();
        for _ in 0..=numbers.below(3) {
            numbers.change(&mut input, &inputs);
        }
        if fails(&input) {
            return Err(format!("change {n} of {}: b\"{}\"", folder.display(), input.escape_ascii()));
        }
    }
    Ok(inputs.len() + changes)
}
