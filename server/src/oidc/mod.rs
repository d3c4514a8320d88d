//! Sign-in with accounts of other services, by OpenID Connect: the authorisation code flow with PKCE. A provider says who
//! somebody is; which account here that is, and what they may do, is decided here.

mod arrive;
mod attempt;
mod claims;
mod provider;
mod routes;
mod store;

use crate::App;
use crate::config::OidcProvider;
use crate::db::Query;
use crate::error::{Problem, Result};

pub use provider::Known;
pub use routes::router;
pub use store::Identity;

/// A provider by the name in its addresses.
///
/// # Errors
/// 404 for one that is not configured.
fn configured<'a>(app: &'a App, id: &str) -> Result<&'a OidcProvider> {
    app.config.oidc.providers.iter().find(|provider| provider.id == id).ok_or_else(Problem::not_found)
}

/// The providers that an account is linked with.
///
/// # Errors
/// The database's.
pub async fn linked(q: &mut impl Query, account: &str) -> Result<Vec<Identity>> {
    Ok(store::of_account(q, account).await?)
}
