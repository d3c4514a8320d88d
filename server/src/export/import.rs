//! What somebody brings along from another instance: read and checked first, shown, and set only where they choose it.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::account::{FORMAT, VERSION};
use super::unzip::{self, Fault};
use crate::App;
use crate::error::{Problem, Result};
use crate::media::blobs::Received;
use crate::profiles::{self, Shape};
use crate::settings;
use conntext_federation::ids::ServerId;
use conntext_federation::profile::{MAX_BIO, MAX_DISPLAY_NAME, MAX_PRONOUNS};

/// Largest `account.json`, in bytes.
pub(super) const MAX_ACCOUNT: u64 = 16 * 1024 * 1024;
/// Communities that are listed.
const MAX_COMMUNITIES: usize = 1_000;
/// Longest name of a community and of an instance, in characters.
const MAX_NAME: usize = 300;

/// `account.json`, as far as it is looked at. More may stand in it.
#[derive(Deserialize)]
struct AccountFile {
    format: String,
    version: u64,
    file: String,
    made_at: i64,
    handle: String,
    domain: String,
    profile: ProfilePart,
    #[serde(default)]
    settings: Map<String, Value>,
    #[serde(default)]
    communities: Vec<CommunityPart>,
}

#[derive(Deserialize)]
struct ProfilePart {
    display_name: String,
    #[serde(default)]
    pronouns: String,
    #[serde(default)]
    bio: String,
    #[serde(default)]
    picture: Option<PicturePart>,
    #[serde(default)]
    banner: Option<PicturePart>,
    #[serde(default)]
    members_only: Vec<String>,
}

#[derive(Deserialize)]
struct PicturePart {
    base64: String,
}

#[derive(Deserialize)]
struct CommunityPart {
    id: String,
    name: String,
    domain: String,
    #[serde(default)]
    public: bool,
    #[serde(default = "yes")]
    member: bool,
}

const fn yes() -> bool {
    true
}

/// A community that somebody was in at the other instance.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    pub id: String,
    pub name: String,
    pub domain: String,
    pub public: bool,
}

/// What was found, ready to be set. Everything in it has passed the checks that it would pass when it is typed.
#[derive(Serialize, Deserialize)]
pub(super) struct Brought {
    pub made_at: i64,
    pub handle: String,
    pub domain: String,
    pub display_name: String,
    pub pronouns: String,
    pub bio: String,
    pub picture: Option<BroughtPicture>,
    #[serde(default)]
    pub banner: Option<BroughtPicture>,
    #[serde(default)]
    pub members_only: Vec<String>,
    pub settings: Map<String, Value>,
    pub communities: Vec<Place>,
}

/// A picture that was made anew here.
#[derive(Serialize, Deserialize)]
pub(super) struct BroughtPicture {
    pub media_type: String,
    pub base64: String,
}

fn refuse(code: &str, message: &str) -> Problem {
    Problem::invalid("archive", code, message)
}

fn because(fault: Fault) -> Problem {
    match fault {
        Fault::NoArchive => refuse(
            "no_archive",
            "This is neither an archive of ConnText nor an account.json. Choose the .zip that you downloaded.",
        ),
        Fault::Damaged => {
            refuse("damaged", "The archive is damaged or not whole. Download it again and choose it then.")
        }
        Fault::Missing => {
            refuse("no_account", "There is no account.json in this archive, so it is not one of ConnText.")
        }
        Fault::TooLarge => refuse("too_large_inside", "What the archive holds is larger than any archive of ConnText."),
        Fault::Unsupported => refuse(
            "unsupported",
            "The archive is encrypted or packed in an unusual way. Choose it as you downloaded it.",
        ),
    }
}

/// Reads an archive, or an `account.json` alone.
///
/// # Errors
/// 422 `invalid` with a code that says what is wrong with it.
pub(super) async fn read(app: &App, received: &Received) -> Result<Brought> {
    let text = if received.head.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') {
        if received.size > MAX_ACCOUNT {
            return Err(because(Fault::TooLarge));
        }
        received.bytes().await?
    } else {
        let file = received.open().await?;
        let found = tokio::task::spawn_blocking(move || unzip::file_of(file, "account.json", MAX_ACCOUNT)).await;
        found.map_err(Problem::internal)?.map_err(because)?
    };
    let file: AccountFile = serde_json::from_slice(&text).map_err(|e| {
        tracing::debug!(error = %e, "an account.json cannot be read");
        refuse("bad_account", "The account.json cannot be read: it is not as ConnText writes it.")
    })?;
    if file.format != FORMAT || file.file != "account" {
        return Err(refuse("bad_account", "The account.json cannot be read: it is not as ConnText writes it."));
    }
    if file.version > VERSION {
        return Err(refuse(
            "newer",
            "A newer version of ConnText made this archive. This instance has to be updated first.",
        ));
    }
    check(app, file).await
}

/// The same checks as for what is typed, with the blame on the archive.
fn text(field: &'static str, what: &str, most: usize, lines: bool) -> Result<String> {
    profiles::check_text(field, what, most, lines).map_err(|_| {
        refuse(
            "bad_profile",
            "The profile in the archive is longer than is possible, or has invisible control characters.",
        )
    })
}

async fn check(app: &App, file: AccountFile) -> Result<Brought> {
    let settings_size = serde_json::to_string(&file.settings).map_err(Problem::internal)?.len();
    if settings_size > settings::MAX_BYTES {
        return Err(refuse("bad_settings", "The settings in the archive are larger than is possible."));
    }
    let picture = remake(app, Shape::Square, file.profile.picture).await?;
    let banner = remake(app, Shape::Banner, file.profile.banner).await?;
    let name = |text: &str| -> String { text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect() };
    let communities = file.communities.iter().filter(|c| c.member && c.id.parse::<ServerId>().is_ok());
    let communities = communities.take(MAX_COMMUNITIES).map(|c| Place {
        id: c.id.clone(),
        name: name(&c.name),
        domain: name(&c.domain),
        public: c.public,
    });
    Ok(Brought {
        made_at: file.made_at,
        handle: name(&file.handle),
        domain: name(&file.domain),
        display_name: text("display_name", file.profile.display_name.trim(), MAX_DISPLAY_NAME, false)?,
        pronouns: text("pronouns", file.profile.pronouns.trim(), MAX_PRONOUNS, false)?,
        bio: text("bio", file.profile.bio.trim_end(), MAX_BIO, true)?,
        picture,
        banner,
        members_only: file.profile.members_only,
        communities: communities.collect(),
        settings: file.settings,
    })
}

/// Nobody's picture is taken over as it is: it is made anew, as after an upload.
async fn remake(app: &App, shape: Shape, picture: Option<PicturePart>) -> Result<Option<BroughtPicture>> {
    let Some(PicturePart { base64 }) = picture else { return Ok(None) };
    let bad = || refuse("bad_picture", "A picture in the archive is damaged or too large.");
    if base64.len() / 4 * 3 > app.config.storage.avatar_max_bytes {
        return Err(bad());
    }
    let bytes = BASE64.decode(base64.as_bytes()).map_err(|_| bad())?;
    let made = profiles::make_picture(app, "archive", shape, bytes).await;
    let made = made.map_err(|e| if e.status < 500 { bad() } else { e })?;
    Ok(Some(BroughtPicture { media_type: made.picture.media_type, base64: BASE64.encode(&made.bytes) }))
}
