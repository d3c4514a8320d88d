//! How servers, their roles and channels appear in the API.

use serde::Serialize;
use utoipa::ToSchema;

/// A community, as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Server {
    /// `s_…`.
    pub id: String,
    pub name: String,
    pub description: String,
    /// Path of the picture on this instance; none when it has none.
    #[schema(required)]
    pub icon: Option<String>,
    /// Listed in the directory and joined without an invitation.
    pub public: bool,
    /// Where it lives.
    pub hub_domain: String,
    /// It lives on this instance.
    pub hub_is_here: bool,
    /// The domain of the instance that the owner has it moved to; none while it stays.
    #[schema(required)]
    pub moving_to: Option<String>,
    pub hub: HubStatus,
    /// The member who owns it; empty when nobody does.
    pub owner: String,
    /// Who the asker is in it.
    pub my_actor: String,
    /// The asker's roles.
    pub my_roles: Vec<String>,
    /// What the asker may do in the server as a whole.
    pub my_permissions: Vec<String>,
    /// All roles, the highest first.
    pub roles: Vec<Role>,
    /// The channels and categories that the asker may see, in order.
    pub channels: Vec<Channel>,
    /// The channel among them that shows who comes and goes; none where that is off.
    #[schema(required)]
    pub notices: Option<String>,
    pub member_count: u64,
    /// Number of the last event; live events go on from there.
    pub seq: u64,
    /// How often its log went on without a part of itself. In another epoch the same number may stand for another event.
    pub epoch: u64,
}

/// Whether the place where a community lives answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HubStatus {
    pub reachable: bool,
    /// Since when it does not, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// The asker's own actions that wait for it here.
    pub waiting: u64,
    /// What is shown may be older than what is there.
    pub catching_up: bool,
    /// This instance does not speak with it now, because its admins decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<CutOff>,
}

/// Why an instance does not speak with another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CutOff {
    /// `blocked`, `paused`, `not_allowed` or `in_review`.
    pub code: String,
    /// What the admins say about it; may be empty.
    pub reason: String,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Role {
    /// `r_…`.
    pub id: String,
    pub name: String,
    /// `0xRRGGBB`; none for the usual colour.
    #[schema(required)]
    pub colour: Option<u64>,
    /// Higher beats lower; everyone's role is 0.
    pub position: u64,
    /// Its members are listed apart.
    pub hoist: bool,
    pub mentionable: bool,
    /// Names of what it permits.
    pub permissions: Vec<String>,
    /// The role that every member has.
    pub everyone: bool,
}

/// What a channel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Messages.
    Text,
    /// A heading over other channels.
    Category,
}

/// A channel or category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Channel {
    /// `c_…`.
    pub id: String,
    pub kind: ChannelKind,
    pub name: String,
    pub topic: String,
    /// The category that it stands in.
    #[schema(required)]
    pub parent: Option<String>,
    /// Order among those of the same category.
    pub position: u64,
    /// Not everyone may see it.
    pub private: bool,
    /// What it grants and denies beyond the roles.
    pub overrides: Vec<Override>,
    /// What the asker may do in it.
    pub my_permissions: Vec<String>,
    /// Number of the last message.
    pub last_cn: u64,
    /// Number of the last message that the asker has read.
    pub read_cn: u64,
    /// Messages after that.
    pub unread: u64,
    /// Messages among them that mention the asker.
    pub mentions: u64,
    /// Milliseconds since 1970.
    #[schema(required)]
    pub last_message_at: Option<i64>,
}

/// What a channel grants or denies one role or one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Override {
    /// A role or a member.
    pub target: String,
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// Communities.
#[derive(Serialize, ToSchema)]
pub struct Servers {
    pub servers: Vec<Server>,
}
