//! Writing the archive: a thread of its own packs what comes through a short queue, so that neither the history nor a large
//! file is ever in memory as a whole.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::day::Moment;

/// Pieces that wait for the thread.
const QUEUE: usize = 4;
/// Text is handed over when there is so much of it.
const TEXT: usize = 64 * 1024;
/// Bytes of a file that are copied at a time.
const COPY: usize = 256 * 1024;

/// Whether packing something makes it smaller.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// As it is: packed already, or to be found without unpacking.
    Stored,
    /// Deflated.
    Deflated,
}

enum Piece {
    /// Name, how, and whether it may be larger than 4 GiB.
    Begin(String, How, bool),
    Bytes(Vec<u8>),
    File(File),
}

/// An archive that is being written. Dropped before [`Pack::finish`], it is none.
pub(super) struct Pack {
    pieces: mpsc::Sender<Piece>,
    text: String,
    writer: JoinHandle<io::Result<u64>>,
}

impl Pack {
    /// Begins a private file.
    ///
    /// # Errors
    /// The operating system's.
    pub fn create(path: &Path, now_ms: i64) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let (pieces, queue) = mpsc::channel(QUEUE);
        let writer = tokio::task::spawn_blocking(move || write(file, queue, Moment::of(now_ms)));
        Ok(Self { pieces, text: String::new(), writer })
    }

    async fn send(&mut self, piece: Piece) -> io::Result<()> {
        if self.pieces.send(piece).await.is_ok() {
            return Ok(());
        }
        // It ended before its time: it knows why.
        match (&mut self.writer).await {
            Ok(Err(e)) => Err(e),
            _ => Err(io::Error::other("the archive was given up")),
        }
    }

    async fn hand_over(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text).into_bytes();
        self.send(Piece::Bytes(text)).await
    }

    async fn start(&mut self, name: &str, how: How, large: bool) -> io::Result<()> {
        self.hand_over().await?;
        self.send(Piece::Begin(name.to_owned(), how, large)).await
    }

    /// Begins an entry whose length nobody knows yet; what follows belongs to it. `large`: it may have more than 4 GiB, which
    /// simple programs do not read.
    pub async fn begin(&mut self, name: &str, large: bool) -> io::Result<()> {
        self.start(name, How::Deflated, large).await
    }

    /// Text of the entry.
    pub async fn text(&mut self, text: &str) -> io::Result<()> {
        self.text.push_str(text);
        if self.text.len() >= TEXT { self.hand_over().await } else { Ok(()) }
    }

    /// A whole entry of text.
    pub async fn entry(&mut self, name: &str, how: How, text: &str) -> io::Result<()> {
        self.start(name, how, false).await?;
        self.text(text).await
    }

    /// A whole entry of bytes.
    pub async fn bytes(&mut self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.start(name, How::Stored, false).await?;
        self.send(Piece::Bytes(bytes)).await
    }

    /// A whole entry: what a file holds.
    pub async fn file(&mut self, name: &str, how: How, file: File) -> io::Result<()> {
        let large = file.metadata()?.len() >= u64::from(u32::MAX);
        self.start(name, how, large).await?;
        self.send(Piece::File(file)).await
    }

    /// Ends the archive; it is on the disk when this returns. Answers how large it is.
    ///
    /// # Errors
    /// The operating system's.
    pub async fn finish(mut self) -> io::Result<u64> {
        self.hand_over().await?;
        let Self { pieces, writer, .. } = self;
        // An empty name is no entry: it says that all is there.
        if pieces.send(Piece::Begin(String::new(), How::Stored, false)).await.is_err() {
            tracing::debug!("the archive ended early");
        }
        drop(pieces);
        writer.await.map_err(io::Error::other)?
    }
}

fn write(file: File, mut queue: mpsc::Receiver<Piece>, now: Moment) -> io::Result<u64> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(COPY, file));
    let when = DateTime::from_date_and_time(now.year, now.month, now.day, now.hour, now.minute, now.second);
    let options = SimpleFileOptions::default().last_modified_time(when.unwrap_or_default()).unix_permissions(0o600);
    let mut buffer = vec![0; COPY];
    while let Some(piece) = queue.blocking_recv() {
        match piece {
            Piece::Begin(name, ..) if name.is_empty() => {
                let file = zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.sync_all()?;
                return Ok(file.metadata()?.len());
            }
            Piece::Begin(name, how, large) => {
                let method = match how {
                    How::Stored => CompressionMethod::Stored,
                    How::Deflated => CompressionMethod::Deflated,
                };
                zip.start_file(name, options.compression_method(method).large_file(large))?;
            }
            Piece::Bytes(bytes) => zip.write_all(&bytes)?,
            Piece::File(mut file) => loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                // Given up meanwhile: what is left of a large file is not copied for nothing.
                if queue.is_closed() && queue.is_empty() {
                    return Err(io::Error::other("the archive was given up"));
                }
                zip.write_all(&buffer[..read])?;
            },
        }
    }
    Err(io::Error::other("the archive was given up"))
}
