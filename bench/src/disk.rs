//! What the disk can do: the floor of every durable acknowledgement.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use tokio::time::Instant;

use crate::Result;
use crate::report::Figure;
use crate::stats::Durations;

const WRITES: usize = 200;

/// Appends 4 KiB and waits until it is on disk, again and again, in the folder where the instances will write.
pub fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let path = folder.join("fsync");
    let mut file = OpenOptions::new().create_new(true).append(true).open(&path)?;
    let block = [7_u8; 4096];
    let mut durations = Durations::default();
    for _ in 0..WRITES {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        durations.push(start.elapsed());
    }
    std::fs::remove_file(&path)?;
    Ok(vec![
        Figure::new("fsync_p50_ms", "disk: 4 KiB appended and synced, median", durations.percentile_ms(0.5), "ms"),
        Figure::new("fsync_p99_ms", "disk: 4 KiB appended and synced, 99 %", durations.percentile_ms(0.99), "ms"),
    ])
}
