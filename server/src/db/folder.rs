//! The data folder: private to the service. With the embedded database one process uses it at a time; with PostgreSQL
//! several processes of the instance may share it.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// A locked data folder. The lock lasts as long as this value (and ends with the process, however it ends).
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error(
        "another ConnText process already uses the data folder {0}. \
         Stop it first, or give this one a folder of its own (storage.data_dir)"
    )]
    Taken(PathBuf),
    /// The operating system refused.
    #[error("cannot use the data folder {0}: {1}")]
    Io(PathBuf, #[source] io::Error),
}

impl Folder {
    /// Creates the folder if it is missing, makes it private (0700) and takes its lock: no other process uses it.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        Self::lock(path, File::try_lock)
    }

    /// The same beside other processes that share the folder.
    pub fn share(path: &Path) -> Result<Self, FolderError> {
        Self::lock(path, File::try_lock_shared)
    }

    fn lock(path: &Path, take: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Self, FolderError> {
        let io = |e| FolderError::Io(path.to_owned(), e);
        private_folder(path).map_err(io)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(io)?;
        match take(&lock) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Taken(path.to_owned())),
            Err(TryLockError::Error(e)) => Err(io(e)),
        }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes sure that a folder exists and is private (0700); hands its path back.
pub fn private_folder(path: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    Ok(path.to_owned())
}

/// Writes a private file (0600) so that a crash leaves the old content or the new, never half of it.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&part)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

/// Makes sure that a file exists and is private (0600). SQLite gives its side files the same mode.
pub fn touch_private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}
