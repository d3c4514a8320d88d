//! Where a database is.

use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;

use super::{Error, Result};

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Source {
    /// A SQLite file.
    File(PathBuf),
    /// A schema of a PostgreSQL database.
    Postgres(Box<PgConnectOptions>),
}

impl Source {
    /// Reads an address: nothing stands for the file, `postgres://USER:PASSWORD@HOST/DATABASE` for PostgreSQL.
    ///
    /// # Errors
    /// When it is neither. The address itself is not repeated: it may hold a password.
    pub fn parse(address: &str, file: PathBuf) -> Result<Self> {
        if address.is_empty() {
            return Ok(Self::File(file));
        }
        if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
            return Err(Error::Other(
                "storage.database is the address of a PostgreSQL database (postgres://USER:PASSWORD@HOST/DATABASE), \
                 or empty for the embedded one"
                    .into(),
            ));
        }
        let options =
            address.parse().map_err(|_| Error::Other("storage.database cannot be read as an address".into()))?;
        Ok(Self::Postgres(Box::new(options)))
    }
}
