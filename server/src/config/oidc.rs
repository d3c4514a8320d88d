use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};

/// `[oidc]`: sign-in with accounts of other services.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oidc {
    /// The services, in the order in which the sign-in page shows them.
    pub providers: Vec<OidcProvider>,
}

/// `[[oidc.providers]]`: a provider that speaks OpenID Connect.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OidcProvider {
    /// Its name in addresses: small letters, digits and hyphens.
    pub id: String,
    /// The name that people see on the button.
    pub name: String,
    /// Its address, as it names itself. What it says of itself is fetched below it, at `/.well-known/openid-configuration`.
    pub issuer: String,
    /// What this instance is called there.
    pub client_id: String,
    /// What this instance proves itself with there; empty for a public client.
    #[serde(default)]
    pub client_secret: Secret,
    /// What is asked for besides `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Whether people who have no account here get one. Without it they link the provider in their settings first.
    #[serde(default = "yes")]
    pub create_accounts: bool,
    /// The claim with the groups of a person.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// Only people in one of these groups may sign in with it; empty for everybody.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Whoever is in one of these groups administers this instance, and whoever is in none of them does not, from the next
    /// sign-in on; empty where the provider has no say in that.
    #[serde(default)]
    pub admin_groups: Vec<String>,
}

fn scopes() -> Vec<String> {
    vec!["profile".into(), "email".into()]
}

fn yes() -> bool {
    true
}

fn groups_claim() -> String {
    "groups".into()
}

impl Oidc {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |reason: String| Err(ConfigError::Value { key: "oidc.providers", reason });
        for (at, provider) in self.providers.iter().enumerate() {
            let id = &provider.id;
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if id.is_empty() || id.len() > 32 || !id.bytes().all(plain) {
                return refuse(format!("the id {id:?} must be small letters, digits and hyphens"));
            }
            if self.providers[..at].iter().any(|other| other.id == *id || other.issuer == provider.issuer) {
                return refuse(format!("{id:?} or its issuer stands there twice"));
            }
            if !provider.issuer.starts_with("https://") && !provider.issuer.starts_with("http://") {
                return refuse(format!("the issuer of {id:?} must be an address that begins with https://"));
            }
            if provider.name.trim().is_empty() || provider.client_id.is_empty() {
                return refuse(format!("{id:?} needs a name and a client_id"));
            }
        }
        Ok(())
    }
}
