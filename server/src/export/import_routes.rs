//! `/me/import`

use axum::body::Body;
use axum::extract::State;
use conntext_federation::ids::{Actor, MediaId, ServerId};
use conntext_federation::profile::Picture;
use data_encoding::{BASE32_NOPAD, BASE64};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::import::{self, Brought, BroughtPicture};
use super::store;
use crate::App;
use crate::accounts;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::media::blobs;
use crate::profiles::{self, Edit, Kept, Me};
use crate::settings;

/// For how long somebody may think about it, milliseconds.
const KEPT_MS: i64 = 3_600_000;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(look)).routes(routes!(apply))
}

/// A community that somebody was in at the other instance.
#[derive(Serialize, ToSchema)]
pub struct ImportCommunity {
    /// Its id.
    id: String,
    /// What it was called.
    name: String,
    /// Where it is at home.
    domain: String,
    /// Anybody could join it.
    public: bool,
    /// The person is in it here already.
    joined: bool,
}

/// What an archive would bring.
#[derive(Serialize, ToSchema)]
pub struct ImportPreview {
    /// Names it, for an hour.
    id: String,
    /// When the archive was made, milliseconds since 1970.
    made_at: i64,
    /// The name there.
    handle: String,
    /// The instance there.
    domain: String,
    /// The name to show.
    display_name: String,
    /// Pronouns; empty for none.
    pronouns: String,
    /// What the person says about themselves; empty for nothing.
    bio: String,
    /// The picture as a `data:` address; none where there is none.
    #[schema(required)]
    picture: Option<String>,
    /// The wide picture above the profile, in the same way.
    #[schema(required)]
    banner: Option<String>,
    /// Settings of the client.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// Where the person was a member.
    communities: Vec<ImportCommunity>,
}

/// A part of what was brought along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportPart {
    /// The name to show.
    DisplayName,
    /// Pronouns.
    Pronouns,
    /// What the person says about themselves.
    Bio,
    /// The picture.
    Picture,
    /// The wide picture above the profile.
    Banner,
    /// Settings of the client.
    Settings,
}

/// What is to be set.
#[derive(Deserialize, ToSchema)]
pub struct ApplyImport {
    parts: Vec<ImportPart>,
}

fn preview(app: &App, me: &Actor, id: String, found: Brought) -> ImportPreview {
    let joined = |sid: &str| {
        let log = sid.parse::<ServerId>().ok().and_then(|sid| app.log.get(&sid));
        log.is_some_and(|log| log.state().members.contains_key(me))
    };
    ImportPreview {
        id,
        made_at: found.made_at,
        handle: found.handle,
        domain: found.domain,
        display_name: found.display_name,
        pronouns: found.pronouns,
        bio: found.bio,
        picture: found.picture.map(address),
        banner: found.banner.map(address),
        settings: found.settings,
        communities: found
            .communities
            .into_iter()
            .map(|c| ImportCommunity {
                joined: joined(&c.id),
                id: c.id,
                name: c.name,
                domain: c.domain,
                public: c.public,
            })
            .collect(),
    }
}

fn address(picture: BroughtPicture) -> String {
    format!("data:{};base64,{}", picture.media_type, picture.base64)
}

/// The picture as it was made when it was looked at.
fn made(brought: BroughtPicture) -> Result<Option<Kept>> {
    let bytes = BASE64.decode(brought.base64.as_bytes()).map_err(Problem::internal)?;
    let picture = Picture { mid: MediaId::of(&bytes), media_type: brought.media_type, size: bytes.len() as u64 };
    Ok(Some(Kept { picture, bytes }))
}

/// Look at an archive from another instance
///
/// The body is the archive, or `account.json` alone. Nothing is set yet; the answer says what would be.
#[utoipa::path(post, path = "/me/import", request_body(content = Vec<u8>, content_type = "application/zip"), responses(
    (status = 200, body = ImportPreview),
    (status = 409, description = "`conflict`: another archive of theirs is coming in", body = Problem),
    (status = 413, description = "`too_large`", body = Problem),
    (status = 422, description = "`invalid`; the code of the field `archive` is `no_archive`, `damaged`, `no_account`, \
        `too_large_inside`, `unsupported`, `bad_account`, `newer`, `bad_profile`, `bad_settings` or `bad_picture`",
        body = Problem),
))]
async fn look(State(app): State<App>, auth: Auth, body: Body) -> Result<Json<ImportPreview>> {
    let me = Actor::User(auth.uid.parse()?);
    let turn = app.exports.bring(&auth.account);
    let _turn =
        turn.ok_or_else(|| Problem::new("conflict").detail("Another archive of yours is coming in just now."))?;
    let received = blobs::receive(&app, body, app.config.exports.import_max_bytes).await?;
    let found = import::read(&app, &received).await?;
    drop(received);
    let id = format!("imp_{}", BASE32_NOPAD.encode(&app.rng.bytes::<15>()).to_lowercase());
    let text = serde_json::to_string(&found).map_err(Problem::internal)?;
    let mut tx = app.db.begin().await?;
    store::bring(&mut tx, &auth.account, &id, &text, app.clock.now_ms() + KEPT_MS).await?;
    tx.commit().await?;
    Ok(Json(preview(&app, &me, id, found)))
}

/// Set what was brought along
///
/// The chosen parts only; the rest of the profile and of the settings stays as it is.
#[utoipa::path(post, path = "/me/import/{id}", params(("id" = String, Path, description = "What was looked at")),
    request_body = ApplyImport, responses(
    (status = 200, body = Me),
    (status = 404, description = "`not_found`: it was looked at more than an hour ago, or is set already", body = Problem),
    (status = 422, description = "`invalid`: nothing was chosen", body = Problem),
))]
async fn apply(
    State(app): State<App>,
    auth: Auth,
    Path(id): Path<String>,
    Json(chosen): Json<ApplyImport>,
) -> Result<Json<Me>> {
    if chosen.parts.is_empty() {
        return Err(Problem::invalid("parts", "required", "Choose what is to be taken over."));
    }
    let is = |part: ImportPart| chosen.parts.contains(&part);
    let mut tx = app.db.begin().await?;
    let found = store::brought(&mut tx, &auth.account, &id, app.clock.now_ms()).await?.ok_or_else(|| {
        Problem::not_found()
            .detail("That was looked at too long ago, or is taken over already. Choose the archive again.")
    })?;
    let found: Brought = serde_json::from_str(&found).map_err(Problem::internal)?;
    // What was kept from everybody there is not shown to everybody here.
    let part = |name: &str| match name {
        "avatar" => is(ImportPart::Picture),
        "banner" => is(ImportPart::Banner),
        "pronouns" => is(ImportPart::Pronouns),
        "bio" => is(ImportPart::Bio),
        _ => false,
    };
    let mut kept: Vec<String> = found.members_only.into_iter().filter(|name| part(name)).collect();
    let members_only = if kept.is_empty() {
        None
    } else {
        kept.extend(profiles::members_only(&mut tx, &auth.uid).await?);
        Some(kept)
    };
    let edit = Edit {
        members_only,
        display_name: is(ImportPart::DisplayName).then_some(found.display_name),
        bio: is(ImportPart::Bio).then_some(found.bio),
        pronouns: is(ImportPart::Pronouns).then_some(found.pronouns),
        picture: found.picture.filter(|_| is(ImportPart::Picture)).map(made).transpose()?,
        banner: found.banner.filter(|_| is(ImportPart::Banner)).map(made).transpose()?,
    };
    let edited = !edit.is_empty();
    if edited {
        profiles::edit(&app, &mut tx, &auth, edit).await?;
    }
    if is(ImportPart::Settings) {
        settings::merge(&mut tx, &auth.account, found.settings).await?;
    }
    store::forget_brought(&mut tx, &auth.account).await?;
    tx.commit().await?;
    if edited {
        profiles::edited(&app, &auth);
    }
    if is(ImportPart::Settings) {
        settings::told(&app, &auth);
    }
    tracing::info!(account = %auth.account, "data of another instance is taken over");
    let mut read = app.db.read().await?;
    let account = accounts::by_id(&mut read, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    Ok(Json(profiles::me(&mut read, &account).await?))
}
