//! Making a server and what it begins with.

use std::sync::Arc;

use conntext_federation::content::{ChannelCreate, ChannelKind, LogKind, RoleContent, ServerUpdate};
use conntext_federation::hub::{Draft, json};
use conntext_federation::identity::verify_chain;
use conntext_federation::ids::{Actor, ChannelId, RoleId};
use conntext_federation::perms::{Override, Perms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{Here, refused};
use crate::App;
use crate::error::{Problem, Result};
use crate::log::{LogHandle, NewServer};
use crate::profiles;

/// What a new server begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Template {
    /// One channel.
    #[default]
    Blank,
    /// A place for news, some channels to talk, and moderators.
    Community,
}

/// What the maker chose.
pub(super) struct New {
    pub name: String,
    pub description: String,
    pub public: bool,
    pub template: Template,
}

/// What moderators of the template may do beyond what everybody may.
const MODERATOR: Perms = Perms(
    Perms::MANAGE_MESSAGES.0
        | Perms::PIN.0
        | Perms::MANAGE_THREADS.0
        | Perms::KICK.0
        | Perms::BAN.0
        | Perms::TIME_OUT.0
        | Perms::MANAGE_INVITES.0
        | Perms::MENTION_EVERYONE.0
        | Perms::VIEW_AUDIT.0
        | Perms::MANAGE_REPORTS.0,
);

/// Opens the log with its creator in it and writes what the server begins with.
pub(super) async fn create(app: &App, creator: Actor, new: New) -> Result<Arc<LogHandle>> {
    let mut read = app.db.read().await?;
    let identity = profiles::chain(&mut read, creator.as_str()).await?;
    drop(read);
    // Whoever holds a key of their own can have the community go on elsewhere from the first day.
    let recovery_keys = verify_chain(&identity)?.own_key().copied().into_iter().collect();
    let opened = NewServer { kind: LogKind::Guild, creator: creator.clone(), identity, recovery_keys };
    let log = app.log.open(opened).await.map_err(refused)?;
    let maker = Maker { app, here: Here { log: log.clone(), actor: creator } };
    let update = ServerUpdate {
        name: Some(new.name),
        description: Some(new.description),
        public: Some(new.public),
        ..ServerUpdate::default()
    };
    maker.here.act(app, maker.here.draft("server.update", &update)?).await?;
    match new.template {
        Template::Blank => maker.channel(0, None, "general", "", Vec::new()).await.map(|_| ())?,
        Template::Community => maker.community().await?,
    }
    Ok(log)
}

struct Maker<'a> {
    app: &'a App,
    here: Here,
}

impl Maker<'_> {
    async fn community(&self) -> Result<()> {
        let everyone = RoleId::everyone(&self.here.log.sid);
        let moderator = self.role("Moderator", 0x2f_9e_8f, MODERATOR).await?;
        let announce = vec![
            Override { target: everyone.to_string(), allow: Perms::NONE, deny: Perms::SEND },
            Override { target: moderator.to_string(), allow: Perms::SEND, deny: Perms::NONE },
        ];
        let start = self.category(0, "Start here").await?;
        self.channel(0, Some(&start), "announcements", "News from those who run this community.", announce).await?;
        self.channel(1, Some(&start), "introductions", "Say hello and tell who you are.", Vec::new()).await?;
        let talk = self.category(1, "Talk").await?;
        self.channel(0, Some(&talk), "general", "Anything that concerns us all.", Vec::new()).await?;
        self.channel(1, Some(&talk), "off-topic", "Everything else.", Vec::new()).await?;
        Ok(())
    }

    async fn role(&self, name: &str, colour: u64, permissions: Perms) -> Result<RoleId> {
        let content = RoleContent {
            name: Some(name.to_owned()),
            colour: Some(Some(colour)),
            position: Some(1),
            hoist: Some(true),
            mentionable: Some(true),
            permissions: Some(permissions),
        };
        let aid = self.here.act(self.app, self.here.draft("role.create", &content)?).await?;
        Ok(RoleId::made_by(&self.here.log.sid, &aid))
    }

    async fn category(&self, position: u64, name: &str) -> Result<ChannelId> {
        self.make(ChannelCreate {
            name: name.to_owned(),
            kind: ChannelKind::Category,
            topic: String::new(),
            parent: None,
            position,
            overrides: Vec::new(),
        })
        .await
    }

    async fn channel(
        &self,
        position: u64,
        parent: Option<&ChannelId>,
        name: &str,
        topic: &str,
        overrides: Vec<Override>,
    ) -> Result<ChannelId> {
        self.make(ChannelCreate {
            name: name.to_owned(),
            kind: ChannelKind::Text,
            topic: topic.to_owned(),
            parent: parent.cloned(),
            position,
            overrides,
        })
        .await
    }

    async fn make(&self, content: ChannelCreate) -> Result<ChannelId> {
        make_channel(self.app, &self.here, content).await
    }
}

/// Makes a channel; its id follows from the action's.
pub(crate) async fn make_channel(app: &App, here: &Here, content: ChannelCreate) -> Result<ChannelId> {
    let aid = app.log.new_aid();
    let id = ChannelId::made_by(&here.log.sid, &aid);
    let draft = Draft {
        sid: here.log.sid.clone(),
        kind: "channel.create".into(),
        channel: Some(id.clone()),
        target: None,
        actor: here.actor.clone(),
        content: json(&content).map_err(Problem::internal)?,
    };
    here.act_as(app, draft, aid).await?;
    Ok(id)
}
