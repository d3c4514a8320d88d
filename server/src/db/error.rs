//! What can go wrong with the database, as far as callers can do something about it.

use sqlx::postgres::PgDatabaseError;

/// A failed statement or transaction.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk (or a quota) is full. Reads go on; writes work again as soon as there is room.
    #[error("the disk is full")]
    Full,
    /// Too much is waiting for the database. Trying again later helps.
    #[error("the database is busy")]
    Busy,
    /// A unique, check or foreign-key constraint refused the row.
    #[error("constraint: {0}")]
    Constraint(String),
    /// A part of the file is not what the database wrote there. What does not touch it can still be read.
    #[error("the database is damaged: {0}. Stop the instance and run: conntext fed reconcile")]
    Damaged(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Shorthand for results of the database.
pub type Result<T> = std::result::Result<T, Error>;

impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Self {
        match &e {
            sqlx::Error::PoolTimedOut => Error::Busy,
            sqlx::Error::Database(d) if d.try_downcast_ref::<PgDatabaseError>().is_some() => {
                match d.code().as_deref() {
                    // disk_full
                    Some("53100") => Error::Full,
                    // The class of broken constraints.
                    Some(code) if code.starts_with("23") => Error::Constraint(d.message().to_owned()),
                    // serialization_failure, deadlock_detected, too_many_connections, lock_not_available, shutdowns
                    Some("40001" | "40P01" | "53300" | "55P03" | "57P01" | "57P02" | "57P03") => Error::Busy,
                    _ => Error::Other(e.to_string()),
                }
            }
            sqlx::Error::Database(d) => {
                let code: i64 = d.code().and_then(|c| c.parse().ok()).unwrap_or(0);
                match code & 0xff {
                    // SQLITE_FULL
                    13 => Error::Full,
                    // SQLITE_BUSY, SQLITE_LOCKED
                    5 | 6 => Error::Busy,
                    // SQLITE_CORRUPT, SQLITE_NOTADB
                    11 | 26 => Error::Damaged(d.message().to_owned()),
                    // SQLITE_CONSTRAINT
                    19 => Error::Constraint(d.message().to_owned()),
                    // A write-ahead index or file that cannot grow is a full disk too:
                    // IOERR_WRITE, IOERR_FSYNC, IOERR_TRUNCATE, IOERR_SHMSIZE.
                    10 if matches!(code >> 8, 3 | 4 | 6 | 19) => Error::Full,
                    _ => Error::Other(e.to_string()),
                }
            }
            _ => Error::Other(e.to_string()),
        }
    }
}
