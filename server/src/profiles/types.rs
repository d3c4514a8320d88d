//! How people appear in the API.

use conntext_federation::ids::ServerId;
use conntext_federation::profile::Picture;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::email::Email;

use super::server_store::ServerRow;
use super::store::ProfileRow;

/// What an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserKind {
    /// A person under their own name.
    User,
    /// A member under a generated name.
    Anonymous,
    /// A character of a community's staff.
    Persona,
}

/// Somebody, as much as a list shows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct User {
    /// `u_…`, `a_…` or `p_…`.
    pub id: String,
    /// What they are.
    pub kind: UserKind,
    /// The name within the domain.
    pub handle: String,
    /// Where they are at home.
    pub domain: String,
    /// The name to show.
    pub display_name: String,
    /// Path of the picture on this instance; none when they have none.
    #[schema(required)]
    pub avatar: Option<String>,
    /// At home on this instance.
    pub local: bool,
    /// The account was deleted: there is no name any more.
    pub deleted: bool,
    /// How they show themselves in the server that the answer is about, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<Here>,
}

/// How somebody shows themselves in one server.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Here {
    /// The name there; none for the usual one.
    #[schema(required)]
    pub display_name: Option<String>,
    /// Path of the picture there; none for the usual one.
    #[schema(required)]
    pub avatar: Option<String>,
}

/// The signed-in person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Me {
    /// As others see them.
    pub user: User,
    /// May administer the instance.
    pub admin: bool,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Sign-ins that nobody has said yet to know of, this one perhaps among them.
    pub unknown_sign_ins: i64,
    /// People who wait to be let in; for admins of the instance.
    pub applications: i64,
    /// Other instances that wait to be let in; for admins of the instance.
    pub instances_waiting: i64,
    /// There is a password. Otherwise they sign in with another service.
    pub password: bool,
    /// They hold a key of their own, above those that this instance holds for them.
    pub own_key: bool,
    /// Their e-mail address.
    pub email: Email,
    /// What only members of their communities see: `avatar`, `banner`, `pronouns`, `bio`.
    pub members_only: Vec<String>,
    /// When the account is deleted, unless that is taken back; milliseconds since 1970.
    #[schema(required)]
    pub deleted_at: Option<i64>,
}

/// Somebody, as much as their card shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Profile {
    /// The person.
    pub user: User,
    /// Path of the wide picture above the card on this instance; none when they have none.
    #[schema(required)]
    pub banner: Option<String>,
    /// What they say about themselves.
    pub bio: String,
    /// Their pronouns; empty for none.
    pub pronouns: String,
    /// Communities that both are members of.
    pub mutual_servers: Vec<String>,
    /// When their account was made, for people of this instance; milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<i64>,
    /// How old this copy is; milliseconds since 1970.
    pub fetched_at: i64,
}

pub(super) fn user(row: &ProfileRow) -> User {
    let known_or_id = |name: &str| if name.is_empty() { short_id(&row.uid) } else { name.to_owned() };
    User {
        id: row.uid.clone(),
        kind: UserKind::User,
        // A handle is an address at the home, and the home alone says whose it is.
        handle: if row.confirmed { known_or_id(&row.handle) } else { short_id(&row.uid) },
        domain: row.domain.clone(),
        display_name: known_or_id(&row.display_name),
        deleted: row.deleted,
        avatar: path(row, "avatar", row.avatar.as_ref()),
        local: row.local,
        here: None,
    }
}

pub(super) fn here(sid: &ServerId, row: &ServerRow) -> Option<Here> {
    let avatar = row
        .avatar
        .as_ref()
        .map(|picture| format!("/api/v1/servers/{sid}/members/{}/avatar?v={}", row.actor, short(picture)));
    let display_name = Some(row.display_name.clone()).filter(|name| !name.is_empty());
    (avatar.is_some() || display_name.is_some()).then_some(Here { display_name, avatar })
}

/// What makes the address of a picture change with it, so that browsers may keep it.
fn short(picture: &Picture) -> &str {
    let mid = picture.mid.as_str();
    mid.get(2..14).unwrap_or(mid)
}

/// Where a picture of a person is served.
pub(super) fn path(row: &ProfileRow, what: &str, picture: Option<&Picture>) -> Option<String> {
    Some(format!("/api/v1/users/{}/{what}?v={}", row.uid, short(picture?)))
}

/// What stands for a name that is not known.
fn short_id(id: &str) -> String {
    id.get(..10).unwrap_or(id).to_owned()
}

pub(super) fn stranger(id: &str) -> User {
    let kind = match id.get(..2) {
        Some("a_") => UserKind::Anonymous,
        Some("p_") => UserKind::Persona,
        _ => UserKind::User,
    };
    let name = short_id(id);
    User {
        id: id.to_owned(),
        kind,
        handle: name.clone(),
        domain: String::new(),
        display_name: name,
        avatar: None,
        local: false,
        deleted: false,
        here: None,
    }
}
