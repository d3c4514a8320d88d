//! The domain of this instance, and how it gets another one.

use conntext_federation::domain::Domain;

use super::store;
use crate::app::Base;
use crate::db;
use crate::keys::KeysError;

/// The name of the fact that holds the domain under which others know this instance.
const FACT: &str = "domain";

/// Why the domain cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// It is already so.
    #[error("this instance is at {0} already. Write the new domain into the configuration (instance.domain) first")]
    Same(Domain),
    /// There is nothing yet that could go elsewhere.
    #[error("this instance was never started: the domain of the configuration counts from the first start on")]
    New,
    /// The configuration names another domain than the one by which others know this instance.
    #[error(
        "others know this instance as {known}, and the configuration says {configured}. To go on as before, set \
         instance.domain to \"{known}\". To give it the other domain, run \"conntext domain change\""
    )]
    Other {
        /// By which it is known.
        known: Domain,
        /// What the configuration says.
        configured: Domain,
    },
    /// People would be led in a circle.
    #[error("http.public_url still names {0}: set it to the new domain, or remove it")]
    PublicUrl(Domain),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error("the database: {0}")]
    Db(#[from] db::Error),
}

/// The domain by which others know this instance; none before its first start.
///
/// # Errors
/// From the database.
pub async fn known(base: &Base) -> db::Result<Option<Domain>> {
    let known = db::fact(&mut base.db.read().await?, FACT).await?;
    Ok(known.and_then(|text| Domain::parse_normal(&text, true).ok()))
}

/// Holds the domain of the configuration against the one by which others know this instance; at the first start they
/// become the same.
///
/// # Errors
/// [`DomainError::Other`]; from the database.
pub async fn check(base: &Base) -> Result<(), DomainError> {
    match known(base).await? {
        Some(known) if known != base.domain => Err(DomainError::Other { known, configured: base.domain.clone() }),
        Some(_) => Ok(()),
        None => {
            let mut tx = base.db.begin().await?;
            db::set_fact(&mut tx, FACT, base.domain.as_str()).await?;
            tx.commit().await?;
            Ok(())
        }
    }
}

/// Gives this instance, which does not run meanwhile, the domain that stands in its configuration. It stays who it is:
/// from its next start on it shows its keys with the new domain in every log, and says at the old one where it went.
/// Answers the old one.
///
/// # Errors
/// [`DomainError`]; then nothing was changed that would do harm.
pub async fn change(base: &Base) -> Result<Domain, DomainError> {
    let from = known(base).await?.ok_or(DomainError::New)?;
    if from == base.domain {
        return Err(DomainError::Same(from));
    }
    let url = base.config.public_url();
    if url.split_once("://").is_some_and(|(_, rest)| Domain::parse(rest, true).is_ok_and(|at| at.host() == from.host()))
        && from.host() != base.domain.host()
    {
        return Err(DomainError::PublicUrl(from));
    }
    // First: a statement too many does no harm, one too few would leave the old domain in every log.
    base.keys.state_anew()?;
    let mut tx = base.db.begin().await?;
    store::rename(&mut tx, &from, &base.domain).await?;
    store::taken(&mut tx, &base.domain).await?;
    store::note(&mut tx, &from, &base.domain, &base.keys.ik, base.clock.now_ms()).await?;
    db::set_fact(&mut tx, FACT, base.domain.as_str()).await?;
    tx.commit().await?;
    Ok(from)
}
