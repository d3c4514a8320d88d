//! Cases with what was expected and what was seen.

use crate::line::Seen;

/// The cases of one group.
pub struct Table {
    group: &'static str,
    rows: Vec<(String, String, String)>,
}

impl Table {
    pub fn new(group: &'static str) -> Self {
        Self { group, rows: Vec::new() }
    }

    /// Notes a case by what was answered.
    pub fn case(&mut self, name: &str, expected: &str, seen: &Seen) {
        self.said(name, expected, &seen.verdict());
    }

    /// Notes a case by a word.
    pub fn said(&mut self, name: &str, expected: &str, seen: &str) {
        self.rows.push((name.into(), expected.into(), seen.into()));
    }

    /// Prints all and fails where something else was seen than expected. `a|b` expects either.
    pub fn finish(self) {
        println!("\n{} ({} cases)", self.group, self.rows.len());
        let mut wrong = Vec::new();
        for (name, expected, seen) in &self.rows {
            let good = expected.split('|').any(|one| one == seen);
            println!("  {} {name:<64} {expected:<30} {seen}", if good { "ok " } else { "BAD" });
            if !good {
                wrong.push(format!("{name}: expected {expected}, seen {seen}"));
            }
        }
        assert!(wrong.is_empty(), "{}:\n{}", self.group, wrong.join("\n"));
    }
}
