//! What a provider says about somebody, beyond what every provider does.

use std::collections::HashMap;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, Client, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims,
    IdTokenFields, StandardErrorResponse, StandardTokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Claims without a meaning of their own, the groups among them.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Others(HashMap<String, Value>);

impl AdditionalClaims for Others {}

pub(super) type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
pub(super) type IdClaims = IdTokenClaims<Others, CoreGenderClaim>;
pub(super) type InfoClaims = UserInfoClaims<Others, CoreGenderClaim>;
/// The client after the provider's addresses are known.
pub(super) type Relying = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Who somebody is, by the word of a provider that was verified.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// The provider, as it names itself.
    pub issuer: String,
    /// Its name for the person; it lasts.
    pub subject: String,
    /// What the provider calls them.
    pub username: Option<String>,
    /// Their name for people.
    pub name: Option<String>,
    /// An address that the provider has confirmed.
    pub email: Option<String>,
    /// Their groups.
    pub groups: Vec<String>,
}

/// A claim may be one text or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

impl Person {
    /// From the token, which is signed, and what the provider answers besides about the same person.
    pub(super) fn of(token: &IdClaims, info: Option<&InfoClaims>, groups_claim: &str) -> Self {
        let username = token.preferred_username().or_else(|| info?.preferred_username()).map(|name| name.to_string());
        let name = token.name().or_else(|| info?.name()).and_then(|name| name.get(None)).map(|name| name.to_string());
        let confirmed = |email: Option<&openidconnect::EndUserEmail>, verified: Option<bool>| {
            email.filter(|_| verified == Some(true)).map(|email| email.to_string())
        };
        let email = confirmed(token.email(), token.email_verified())
            .or_else(|| info.and_then(|info| confirmed(info.email(), info.email_verified())));
        let groups = token.additional_claims().0.get(groups_claim);
        let groups = groups.or_else(|| info?.additional_claims().0.get(groups_claim));
        Self {
            issuer: token.issuer().to_string(),
            subject: token.subject().to_string(),
            username,
            name,
            email,
            groups: groups.map(texts).unwrap_or_default(),
        }
    }

    /// How they are named in lists.
    pub(super) fn label(&self) -> String {
        let label = self.email.as_ref().or(self.username.as_ref()).or(self.name.as_ref()).unwrap_or(&self.subject);
        label.chars().filter(|c| !c.is_control()).take(100).collect()
    }

    /// Whether they are in one of these groups.
    pub(super) fn is_in(&self, groups: &[String]) -> bool {
        self.groups.iter().any(|group| groups.contains(group))
    }
}
