//! `communities/<sid>.json`, `communities/<sid>/messages.json` and the files of a community's messages.

use std::collections::HashSet;

use conntext_federation::ids::Actor;
use serde::Serialize;

use super::account::{Head, pretty};
use super::build::Making;
use super::mine_store::{self as mine, Given, Kept, Mine};
use super::pack::How;
use super::plan::{self, Community, OwnRole};
use crate::App;
use crate::error::{Problem, Result};
use crate::media::{blobs, kind};

/// Longest name of a file within the archive, in characters.
const MAX_NAME: usize = 80;
/// Characters of a file's id that stand before its name.
const ID_PART: usize = 18;

#[derive(Serialize)]
struct CommunityFile<'a> {
    #[serde(flatten)]
    head: Head,
    id: &'a str,
    name: &'a str,
    description: &'a str,
    domain: &'a str,
    public: bool,
    member: bool,
    owner: bool,
    joined_at: Option<i64>,
    roles: &'a [OwnRole],
    complete: bool,
    channels: Vec<ChannelPart<'a>>,
}

#[derive(Serialize)]
struct ChannelPart<'a> {
    id: &'a str,
    name: Option<&'a str>,
    /// Messages that were written in it, by whomever.
    messages: u64,
    /// How many of these this instance holds.
    held: u64,
    complete: bool,
}

#[derive(Serialize)]
struct MessagePart<'a> {
    id: String,
    channel: &'a str,
    channel_name: Option<&'a str>,
    number: u64,
    ts: i64,
    body: &'a str,
    edited_at: Option<i64>,
    reply_to: Option<String>,
    attachments: Vec<FilePart<'a>>,
}

#[derive(Serialize)]
struct FilePart<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    media_type: &'a str,
    size: u64,
    alt: &'a str,
    spoiler: bool,
    /// Name within the archive; none where this instance does not hold the bytes.
    file: Option<String>,
}

#[derive(Serialize)]
struct ReactionPart<'a> {
    message: String,
    channel: &'a str,
    channel_name: Option<&'a str>,
    emoji: &'a str,
}

/// What a file is called within the archive: on every system a name, and never a path.
pub(super) fn file_name(mid: &str, name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || " .-_()".contains(c) { c } else { '_' };
    let count = name.chars().count();
    // The ending stays.
    let name: String = name.chars().skip(count.saturating_sub(MAX_NAME)).map(safe).collect();
    let name = name.trim_matches([' ', '.']);
    format!("media/{}-{}", mid.get(..ID_PART).unwrap_or(mid), if name.is_empty() { "file" } else { name })
}

/// Packing makes smaller what is not packed already.
fn how(media_type: &str) -> How {
    let packed = kind::is_shown(media_type) || media_type.contains("zip") || media_type.contains("compress");
    if packed { How::Stored } else { How::Deflated }
}

/// Copies the files of the person's messages; notes in `written` what they are called.
pub(super) async fn files(
    app: &App,
    m: &mut Making,
    c: &Community,
    me: &Actor,
    written: &mut HashSet<String>,
) -> Result<()> {
    for channel in &c.channels {
        let mut last: Option<Kept> = None;
        loop {
            let mut read = app.db.read().await?;
            let page = mine::files(&mut read, c.log.id, &channel.id, me.as_str(), last.as_ref()).await?;
            drop(read);
            if page.is_empty() {
                break;
            }
            for file in &page {
                let name = file_name(&file.mid, &file.name);
                if written.contains(&name) {
                    continue;
                }
                let path = blobs::path(app, &file.mid);
                // It may have been erased since it was looked up: then it is not in the archive, which says so.
                let Ok(open) = tokio::fs::File::open(path).await else { continue };
                m.pack.file(&name, how(&file.media_type), open.into_std().await).await.map_err(blobs::disk)?;
                m.step(plan::steps_of(file.size)).await?;
                written.insert(name);
            }
            last = page.into_iter().last();
        }
    }
    Ok(())
}

/// `communities/<sid>.json`
///
/// # Errors
/// When it cannot be written.
pub(super) async fn about(m: &mut Making, c: &Community) -> Result<()> {
    let file = CommunityFile {
        head: Head::of("community"),
        id: &c.sid,
        name: &c.name,
        description: &c.description,
        domain: &c.domain,
        public: c.public,
        member: c.member,
        owner: c.owner,
        joined_at: c.joined_at,
        roles: &c.roles,
        complete: c.is_whole(),
        channels: c
            .channels
            .iter()
            // What the person cannot see is named by their messages in it, and by nothing else.
            .filter(|ch| ch.name.is_some())
            .map(|ch| ChannelPart {
                id: &ch.id,
                name: ch.name.as_deref(),
                messages: ch.last,
                held: ch.held,
                complete: ch.is_whole(),
            })
            .collect(),
    };
    let name = format!("communities/{}.json", c.sid);
    m.pack.entry(&name, How::Deflated, &pretty(&file)?).await.map_err(blobs::disk)
}

fn line(first: &mut bool, part: &impl Serialize) -> Result<String> {
    let comma = if std::mem::take(first) { "\n    " } else { ",\n    " };
    Ok(format!("{comma}{}", serde_json::to_string(part).map_err(Problem::internal)?))
}

/// The names under which the files of a message stand in the archive, in the message's order.
pub(super) fn names(message: &Mine, written: &HashSet<String>) -> Vec<Option<String>> {
    let names = message.content.attachments.iter().map(|a| file_name(a.mid.as_str(), &a.name));
    names.map(|name| written.contains(&name).then_some(name)).collect()
}

/// `communities/<sid>/messages.json`, message by message. Answers how many there are.
///
/// # Errors
/// The database's, and when it cannot be written.
pub(super) async fn messages(
    app: &App,
    m: &mut Making,
    c: &Community,
    me: &Actor,
    written: &HashSet<String>,
) -> Result<u64> {
    m.pack.begin(&format!("communities/{}/messages.json", c.sid), c.may_be_large()).await.map_err(blobs::disk)?;
    let head = serde_json::to_string(&Head::of("messages")).map_err(Problem::internal)?;
    let head = head.trim_end_matches('}');
    let community = serde_json::to_string(&c.sid).map_err(Problem::internal)?;
    let begin = format!("{head},\n  \"community\":{community},\n  \"complete\":{},\n  \"messages\":[", c.is_whole());
    m.pack.text(&begin).await.map_err(blobs::disk)?;
    let (mut count, mut first) = (0, true);
    for channel in &c.channels {
        let mut after = channel.first.saturating_sub(1);
        while after < channel.last {
            let mut read = app.db.read().await?;
            let page = mine::messages(&mut read, c.log.id, &channel.id, me.as_str(), after).await?;
            drop(read);
            for message in &page {
                let files = message.content.attachments.iter().zip(names(message, written));
                let part = MessagePart {
                    id: message.aid.to_string(),
                    channel: &channel.id,
                    channel_name: channel.name.as_deref(),
                    number: message.cn,
                    ts: message.ts,
                    body: &message.content.body,
                    edited_at: message.edited_at,
                    reply_to: message.reply_to.map(|aid| aid.to_string()),
                    attachments: files
                        .map(|(a, file)| FilePart {
                            name: &a.name,
                            media_type: &a.media_type,
                            size: a.size,
                            alt: &a.alt,
                            spoiler: a.spoiler,
                            file,
                        })
                        .collect(),
                };
                let text = line(&mut first, &part)?;
                m.pack.text(&text).await.map_err(blobs::disk)?;
                count += 1;
            }
            m.step(mine::STEP.min(channel.last - after)).await?;
            after = after.saturating_add(mine::STEP);
        }
    }
    m.pack.text("\n  ],\n  \"reactions\":[").await.map_err(blobs::disk)?;
    reactions(app, m, c, me).await?;
    m.pack.text("\n  ]\n}\n").await.map_err(blobs::disk)?;
    Ok(count)
}

async fn reactions(app: &App, m: &mut Making, c: &Community, me: &Actor) -> Result<()> {
    let mut first = true;
    for channel in &c.channels {
        let mut after = -1;
        loop {
            let mut read = app.db.read().await?;
            let page: Vec<Given> = mine::reactions(&mut read, c.log.id, &channel.id, me.as_str(), after).await?;
            drop(read);
            let Some(last) = page.last() else { break };
            after = last.seq;
            for given in &page {
                let part = ReactionPart {
                    message: given.aid.to_string(),
                    channel: &channel.id,
                    channel_name: channel.name.as_deref(),
                    emoji: &given.emoji,
                };
                let text = line(&mut first, &part)?;
                m.pack.text(&text).await.map_err(blobs::disk)?;
            }
            m.step(0).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_names_of_files_are_names_everywhere() {
        assert_eq!(file_name("m_abcdefghijklmnopqrstuvwxyz", "a cat.png"), "media/m_abcdefghijklmnop-a cat.png");
        assert_eq!(
            file_name("m_abcdefghijklmnopqrstuvwxyz", "../../x:y?.txt"),
            "media/m_abcdefghijklmnop-_.._x_y_.txt"
        );
        assert_eq!(file_name("m_abcdefghijklmnopqrstuvwxyz", " .. "), "media/m_abcdefghijklmnop-file");
        let long = file_name("m_1", &format!("{}.pdf", "é".repeat(500)));
        assert!(long.ends_with("é.pdf") && long.chars().count() < 110);
    }
}
