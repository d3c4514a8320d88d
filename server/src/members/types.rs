//! How members appear in the API.

use serde::Serialize;
use utoipa::ToSchema;

use crate::presence::Presence;
use crate::profiles::User;

/// A member of a server.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Member {
    pub user: User,
    /// Role ids; the role that everyone has is not among them.
    pub roles: Vec<String>,
    /// Shown by their usual name and picture, whatever they chose for this server: so a moderator said.
    pub plain: bool,
    /// Milliseconds since 1970.
    pub joined_at: i64,
    pub presence: Presence,
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub struct Members {
    /// In the order of joining.
    pub members: Vec<Member>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins; none on the last.
    #[schema(required)]
    pub cursor: Option<String>,
}
