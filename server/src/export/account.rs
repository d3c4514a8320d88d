//! `account.json` and `identity.json`: everything of a person that belongs to no community.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::mine_store as mine;
use super::plan::{Community, Plan};
use crate::App;
use crate::accounts::Account;
use crate::db::Query;
use crate::error::{Problem, Result};
use crate::profiles::server;
use crate::{profiles, settings};

/// What every JSON file of an archive calls itself.
pub(super) const FORMAT: &str = "conntext-export";
/// Changes when an older reader would misunderstand a file.
pub(super) const VERSION: u64 = 1;

/// A person's picture.
pub(super) struct Picture {
    /// Name within the archive.
    pub file: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// The pictures of a person's profile.
pub(super) struct Pictures {
    pub portrait: Option<Picture>,
    pub banner: Option<Picture>,
    /// The name and the picture for single communities, by these.
    pub servers: BTreeMap<String, (String, Option<Picture>)>,
}

impl Pictures {
    /// All that are files of the archive.
    pub fn all(self) -> impl Iterator<Item = Picture> {
        let servers = self.servers.into_values().filter_map(|(_, picture)| picture);
        self.portrait.into_iter().chain(self.banner).chain(servers)
    }
}

/// How a file of the archive names itself.
#[derive(Serialize)]
pub(super) struct Head {
    format: &'static str,
    version: u64,
    file: &'static str,
}

impl Head {
    pub fn of(file: &'static str) -> Self {
        Self { format: FORMAT, version: VERSION, file }
    }
}

#[derive(Serialize)]
struct AccountFile<'a> {
    #[serde(flatten)]
    head: Head,
    made_at: i64,
    made_by: String,
    complete: bool,
    uid: &'a str,
    handle: &'a str,
    domain: &'a str,
    admin: bool,
    email: Option<&'a str>,
    created_at: i64,
    profile: ProfilePart,
    settings: Map<String, Value>,
    sessions: Vec<SessionPart>,
    second_factors: FactorsPart,
    communities: Vec<CommunityPart<'a>>,
    read_marks: Vec<MarkPart>,
}

#[derive(Serialize)]
struct ProfilePart {
    display_name: String,
    pronouns: String,
    bio: String,
    picture: Option<PicturePart>,
    banner: Option<PicturePart>,
    /// What only members of their communities see: `avatar`, `banner`, `pronouns`, `bio`.
    members_only: Vec<String>,
    /// As it is signed, so that anybody can verify it with the identity.
    document: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct PicturePart {
    file: String,
    #[serde(rename = "type")]
    media_type: String,
    /// Once more, so that this file alone is enough to take the profile elsewhere.
    base64: String,
}

#[derive(Serialize)]
struct SessionPart {
    device: String,
    address: String,
    kind: String,
    created_at: i64,
    last_seen_at: i64,
}

#[derive(Serialize)]
struct FactorsPart {
    authenticator_since: Option<i64>,
    passkeys: Vec<PasskeyPart>,
}

#[derive(Serialize)]
struct PasskeyPart {
    name: String,
    created_at: i64,
    used_at: Option<i64>,
}

#[derive(Serialize)]
struct CommunityPart<'a> {
    id: &'a str,
    name: &'a str,
    domain: &'a str,
    public: bool,
    member: bool,
    /// How the person shows themselves there, where that differs.
    shown_as: Option<ShownAs<'a>>,
}

#[derive(Serialize)]
struct ShownAs<'a> {
    /// Empty for the usual name.
    display_name: &'a str,
    picture: Option<PicturePart>,
}

#[derive(Serialize)]
struct MarkPart {
    community: String,
    channel: String,
    number: u64,
}

#[derive(Serialize)]
struct IdentityFile<'a> {
    #[serde(flatten)]
    head: Head,
    uid: &'a str,
    /// The operations as they are signed, the first one first.
    chain: Vec<Box<RawValue>>,
}

/// The ending of a picture's name.
fn ending(media_type: &str) -> &'static str {
    match media_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => "bin",
    }
}

fn raw(text: &[u8]) -> Result<Box<RawValue>> {
    RawValue::from_string(String::from_utf8_lossy(text).into_owned()).map_err(Problem::internal)
}

/// A file of the archive, as text.
pub(super) fn pretty(file: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(file).map_err(Problem::internal)?;
    text.push('\n');
    Ok(text)
}

/// The pictures of the person's profile.
///
/// # Errors
/// The database's.
pub(super) async fn pictures(app: &App, account: &Account, plan: &Plan) -> Result<Pictures> {
    let mut read = app.db.read().await?;
    let mut servers = BTreeMap::new();
    for c in &plan.communities {
        let Some((name, avatar)) = server::own(&mut read, &c.log, &account.uid).await? else { continue };
        let file = format!("picture-in-{}", c.sid);
        servers.insert(c.sid.clone(), (name, picture(&mut read, &file, avatar).await?));
    }
    let (avatar, banner) = mine::profile(&mut read, &account.uid).await?.map_or((None, None), |p| (p.avatar, p.banner));
    Ok(Pictures {
        portrait: picture(&mut read, "profile-picture", avatar).await?,
        banner: picture(&mut read, "profile-banner", banner).await?,
        servers,
    })
}

async fn picture(read: &mut impl Query, name: &str, mid: Option<String>) -> Result<Option<Picture>> {
    let Some(mid) = mid else { return Ok(None) };
    let Some((media_type, bytes)) = profiles::picture(read, &mid).await? else { return Ok(None) };
    Ok(Some(Picture { file: format!("media/{name}.{}", ending(&media_type)), media_type, bytes }))
}

impl PicturePart {
    fn of(picture: &Picture) -> Self {
        Self {
            file: picture.file.clone(),
            media_type: picture.media_type.clone(),
            base64: BASE64.encode(&picture.bytes),
        }
    }
}

/// `account.json`
///
/// # Errors
/// The database's.
pub(super) async fn account(
    app: &App,
    account: &Account,
    plan: &Plan,
    pictures: &Pictures,
    now: i64,
) -> Result<String> {
    let mut read = app.db.read().await?;
    let profile = mine::profile(&mut read, &account.uid).await?;
    let profile = profile.ok_or_else(|| Problem::internal("an account without a profile"))?;
    let sessions = mine::devices(&mut read, &account.id, now).await?;
    let sessions = sessions.into_iter().map(|d| SessionPart {
        device: d.device,
        address: d.address,
        kind: d.kind,
        created_at: d.created_at,
        last_seen_at: d.last_seen_at,
    });
    let passkeys = mine::passkeys(&mut read, &account.id).await?.into_iter();
    let marks = mine::read_marks(&mut read, &account.uid).await?.into_iter();
    let file = AccountFile {
        head: Head::of("account"),
        made_at: now,
        made_by: format!("ConnText {}", env!("CARGO_PKG_VERSION")),
        complete: plan.communities.iter().all(Community::is_whole),
        uid: &account.uid,
        handle: &account.handle,
        domain: &app.config.instance.domain,
        admin: account.admin,
        email: account.email.as_deref(),
        created_at: account.created_at,
        profile: ProfilePart {
            document: if profile.doc.is_empty() { None } else { Some(raw(profile.doc.as_bytes())?) },
            display_name: profile.display_name,
            pronouns: profile.pronouns,
            members_only: profile.hidden.split_whitespace().map(str::to_owned).collect(),
            bio: profile.bio,
            picture: pictures.portrait.as_ref().map(PicturePart::of),
            banner: pictures.banner.as_ref().map(PicturePart::of),
        },
        settings: settings::of(&mut read, &account.id).await?,
        sessions: sessions.collect(),
        second_factors: FactorsPart {
            authenticator_since: mine::authenticator(&mut read, &account.id).await?,
            passkeys: passkeys.map(|(name, created_at, used_at)| PasskeyPart { name, created_at, used_at }).collect(),
        },
        communities: plan
            .communities
            .iter()
            .map(|c| CommunityPart {
                id: &c.sid,
                name: &c.name,
                domain: &c.domain,
                public: c.public,
                member: c.member,
                shown_as: pictures.servers.get(&c.sid).map(|(name, picture)| ShownAs {
                    display_name: name,
                    picture: picture.as_ref().map(PicturePart::of),
                }),
            })
            .collect(),
        read_marks: marks.map(|(community, channel, number)| MarkPart { community, channel, number }).collect(),
    };
    pretty(&file)
}

/// `identity.json`
///
/// # Errors
/// The database's.
pub(super) async fn identity(app: &App, account: &Account) -> Result<String> {
    let ops = profiles::chain(&mut app.db.read().await?, &account.uid).await?;
    let chain = ops.iter().map(|op| raw(&op.to_vec()?)).collect::<Result<_>>()?;
    pretty(&IdentityFile { head: Head::of("identity"), uid: &account.uid, chain })
}
