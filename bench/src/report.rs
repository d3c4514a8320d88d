//! The figures, as a table for people and as JSON for comparisons.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::Result;
use crate::instance::RAISED;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// A stable name that later runs are compared by.
    pub id: &'static str,
    /// What it is, for people.
    pub what: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it must reach, where something is promised.
    pub wanted: &'static str,
}

impl Figure {
    /// A figure of this name.
    pub fn new(id: &'static str, what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { id, what: what.into(), value, unit, wanted: "" }
    }

    /// The same with what it must reach.
    #[must_use]
    pub fn wanted(mut self, wanted: &'static str) -> Self {
        self.wanted = wanted;
        self
    }
}

/// All figures of one run, with the machine they come from.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    revision: String,
    machine: Machine,
    figures: Vec<Figure>,
}

#[derive(Clone, Debug, Serialize)]
struct Machine {
    cores: usize,
    processor: String,
    kernel: String,
    memory_mib: u64,
    /// What else the machine was doing: the load average before the first measurement.
    load_before: f64,
}

impl Report {
    /// An empty report about this revision on this machine.
    pub fn new(revision: &str) -> Self {
        Self { revision: revision.to_owned(), machine: Machine::read(), figures: Vec::new() }
    }

    /// Takes more figures in.
    pub fn add_all(&mut self, figures: Vec<Figure>) {
        self.figures.extend(figures);
    }

    /// A figure that was taken in already.
    pub fn value(&self, id: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.id == id).map(|figure| figure.value)
    }

    /// The table, in Markdown.
    pub fn table(&self) -> String {
        let Machine { cores, processor, kernel, memory_mib, load_before } = &self.machine;
        let mut text = format!(
            "# ConnText, measured\n\nRevision: {}  \n",
            if self.revision.is_empty() { "unknown" } else { &self.revision }
        );
        text += &format!(
            "Machine: {cores} cores ({processor}), {memory_mib} MiB, {kernel}; load generator on the same machine, load before: {load_before:.1}\n\n"
        );
        let raised: Vec<String> = RAISED.iter().map(|(key, value)| format!("{}={value}", key.to_lowercase())).collect();
        text += &format!("Limits raised for the measurement: {}\n\n", raised.join(", "));
        text += "| what | figure | unit | wanted |\n| --- | ---: | --- | --- |\n";
        for figure in &self.figures {
            text += &format!("| {} | {} | {} | {} |\n", figure.what, number(figure.value), figure.unit, figure.wanted);
        }
        text
    }

    /// Writes `NAME.json` and `NAME.md` into the folder and says where the first is.
    ///
    /// # Errors
    /// When the folder or the files cannot be written.
    pub fn write(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{name}.json"));
        std::fs::write(&path, serde_json::to_string_pretty(self)? + "\n")?;
        std::fs::write(folder.join(format!("{name}.md")), self.table())?;
        Ok(path)
    }
}

impl Machine {
    fn read() -> Self {
        let line = |file: &str, key: &str| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            text.lines()
                .find(|l| l.starts_with(key))
                .and_then(|l| l.split_once(':'))
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_else(|| "unknown".into())
        };
        let memory = line("/proc/meminfo", "MemTotal");
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: line("/proc/cpuinfo", "model name"),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            load_before: std::fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| text.split(' ').next()?.parse().ok())
                .unwrap_or(f64::NAN),
            memory_mib: memory.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024,
        }
    }
}

/// Three digits that matter, with thousands kept apart.
fn number(value: f64) -> String {
    if value.abs() < 100.0 && value.fract() != 0.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(512.0), "512");
        assert_eq!(number(2.345_6), "2.35");
        assert_eq!(number(0.0), "0");
    }
}
