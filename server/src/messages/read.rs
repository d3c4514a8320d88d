//! Messages as they are shown: one, or a run of them.

use super::holes;
use super::place::{self, Place};
use super::store::{self, Answered, Stored, View};
use super::types::{Attachment, Message, MessagePage, MessageState, Reaction, ReplyRef};
use crate::App;
use crate::db::Query;
use crate::error::{Problem, Result};
use crate::log::{Entry, LogHandle};
use crate::notices::{self, Notice, Span};
use crate::{peers, profiles, reactions};
use conntext_federation::content::{self, Content, MessageCreate};
use conntext_federation::ids::{ActionId, Actor, ChannelId};
use std::collections::BTreeSet;

/// Characters of an answered message that are shown above the answer.
const EXCERPT: usize = 140;

/// Which messages of a channel are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// The newest.
    Newest,
    /// Those before a number.
    Before(u64),
    /// Those after a number.
    After(u64),
    /// Those around a message.
    Around(ActionId),
    /// Those around a time, milliseconds.
    At(i64),
}

fn excerpt(body: &str) -> String {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    let mut cut: String = line.chars().take(EXCERPT).collect();
    cut.push('…');
    cut
}

fn reply_ref(id: ActionId, answered: Option<Answered>) -> ReplyRef {
    let id = id.to_string();
    match answered {
        None => ReplyRef { id, author: None, excerpt: None, deleted: false, cn: None },
        Some(a) => ReplyRef {
            id,
            author: Some(a.author),
            excerpt: (!a.deleted).then(|| excerpt(&a.body)),
            deleted: a.deleted,
            cn: Some(a.cn),
        },
    }
}

fn attachment(sid: &str, channel: &str, a: content::Attachment) -> Attachment {
    let url = format!("/api/v1/servers/{sid}/channels/{channel}/media/{}", a.mid);
    Attachment {
        id: a.mid.as_str().to_owned(),
        name: a.name,
        media_type: a.media_type,
        size: a.size,
        width: a.width,
        height: a.height,
        thumbhash: a.thumbhash,
        alt: a.alt,
        thumb_url: a.thumb.map(|_| format!("{url}/thumb")),
        url,
        spoiler: a.spoiler,
    }
}

/// A message with no reactions, not yet edited and not sent.
pub(super) fn fresh(
    log: &LogHandle,
    channel: &ChannelId,
    author: &Actor,
    aid: ActionId,
    ts: i64,
    content: MessageCreate,
    answered: Option<Answered>,
) -> Message {
    let (sid, channel) = (log.sid.as_str(), channel.as_str());
    Message {
        id: aid.to_string(),
        sid: sid.to_owned(),
        channel: channel.to_owned(),
        seq: None,
        cn: None,
        author: author.as_str().to_owned(),
        ts,
        body: content.body,
        reply_to: content.reply_to.map(|id| reply_ref(id, answered)),
        attachments: content.attachments.into_iter().map(|a| attachment(sid, channel, a)).collect(),
        reactions: Vec::new(),
        edited_at: None,
        deleted: false,
        withheld: false,
        mentions: content.mentions,
        nonce: None,
        state: MessageState::Pending,
        error_code: None,
    }
}

fn shown(log: &LogHandle, stored: Stored, reactions: Vec<Reaction>) -> Message {
    let sid = log.sid.as_str();
    let mut message = Message {
        id: stored.aid.to_string(),
        sid: sid.to_owned(),
        channel: stored.channel.clone(),
        seq: Some(stored.seq),
        cn: Some(stored.cn),
        author: stored.author,
        ts: stored.ts,
        body: String::new(),
        reply_to: None,
        attachments: Vec::new(),
        reactions: Vec::new(),
        edited_at: None,
        deleted: stored.deleted,
        withheld: false,
        mentions: Vec::new(),
        nonce: stored.nonce,
        state: MessageState::Sent,
        error_code: None,
    };
    if stored.deleted {
        return message;
    }
    let content = stored.content;
    message.reply_to = stored.reply_to.map(|(id, answered)| reply_ref(id, answered));
    message.attachments = content.attachments.into_iter().map(|a| attachment(sid, &stored.channel, a)).collect();
    message.reactions = reactions;
    message.edited_at = stored.edited_at;
    (message.body, message.mentions) = match stored.edit {
        Some(edit) => (edit.body, edit.mentions),
        None => (content.body, content.mentions),
    };
    message
}

/// Whether nothing of what somebody says is shown, because the instance that they are at home on is blocked here.
pub fn is_withheld(app: &App, log: &LogHandle, actor: &Actor) -> bool {
    app.peers.trust.book().hides_actor(&log.state(), actor)
}

/// Takes away what people say whose instance is blocked here, whoever brought it.
fn veil(app: &App, log: &LogHandle, message: &mut Message) {
    let hides = |id: &str| id.parse().is_ok_and(|actor| is_withheld(app, log, &actor));
    if hides(&message.author) {
        message.withheld = true;
        message.body.clear();
        message.attachments.clear();
        message.mentions.clear();
        message.reply_to = None;
    }
    if let Some(answered) = message.reply_to.as_mut().filter(|a| a.author.as_deref().is_some_and(hides)) {
        answered.excerpt = None;
    }
}

/// A new message as everybody sees it, from its entry alone: no number of the sender's own, no reactions yet.
///
/// # Errors
/// 404 for an entry that is no message, or whose content is gone.
pub async fn from_entry(app: &App, log: &LogHandle, entry: &Entry) -> Result<Message> {
    let (header, action) = (&entry.event.header, &entry.event.action);
    let (Some(Content::MessageCreate(content)), Some(channel)) = (&entry.content, &action.channel) else {
        return Err(Problem::not_found());
    };
    let answered = match &content.reply_to {
        Some(aid) => store::answer(&mut app.db.read().await?, log.id, channel, aid).await?,
        None => None,
    };
    let mut message = fresh(log, channel, &action.actor, action.aid, header.ts, content.clone(), answered);
    message.seq = Some(header.seq);
    message.cn = header.cn;
    message.state = MessageState::Sent;
    veil(app, log, &mut message);
    Ok(message)
}

async fn one(app: &App, log: &LogHandle, viewer: Option<(&Actor, u64)>, aid: &ActionId) -> Result<Message> {
    let mut read = app.db.read().await?;
    let (name, from_seq) = viewer.map_or(("", 0), |(actor, from)| (actor.as_str(), from));
    let view = View { log_id: log.id, viewer: name, from_seq };
    let stored = store::one(&mut read, view, aid).await?.ok_or_else(Problem::not_found)?;
    let reactions = reactions::of_message(&mut read, log.id, aid, name).await?;
    let mut message = shown(log, stored, reactions);
    veil(app, log, &mut message);
    Ok(message)
}

/// A message as one person sees it.
///
/// # Errors
/// 404 where they may not see it, or it is not held here.
pub async fn message(app: &App, log: &LogHandle, viewer: &Actor, aid: &ActionId) -> Result<Message> {
    let spot = store::spot(&mut app.db.read().await?, log.id, aid).await?.ok_or_else(Problem::not_found)?;
    let (_, from_seq) = place::rights(log, viewer, &spot.channel).ok_or_else(Problem::not_found)?;
    one(app, log, Some((viewer, from_seq)), aid).await
}

/// A message as everybody in its channel sees it: no number of the sender's own, no reaction marked as one's own.
///
/// # Errors
/// 404 where it is not held here.
pub async fn message_for_all(app: &App, log: &LogHandle, aid: &ActionId) -> Result<Message> {
    one(app, log, None, aid).await
}

/// Everybody who appears in some messages and notices.
async fn people(
    q: &mut impl Query,
    log: &LogHandle,
    messages: &[Message],
    notices: &[Notice],
) -> Result<Vec<profiles::User>> {
    let mut ids: BTreeSet<&str> = notices.iter().map(|n| n.user.as_str()).collect();
    for m in messages {
        ids.insert(&m.author);
        ids.extend(m.reply_to.as_ref().and_then(|r| r.author.as_deref()));
        ids.extend(m.mentions.iter().filter(|id| id.starts_with("u_") || id.starts_with("a_")).map(String::as_str));
        ids.extend(m.reactions.iter().flat_map(|r| r.users.iter().map(String::as_str)));
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    profiles::server::users_in(q, log, &ids).await
}

/// A run of messages of a channel.
///
/// # Errors
/// 404 `not_found` for a message that is not in the channel.
pub async fn page(app: &App, place: &Place, ask: Ask, limit: u64) -> Result<MessagePage> {
    // Before it is looked where the channel ends: a copy that did not follow it learns of that now.
    let mut incomplete = peers::want::opened(app, &place.log, &place.channel).await?;
    let last = place.last_cn();
    // Numbers from which on older and after which newer ones are read, and how many of each.
    let (older_than, older, newer_than, newer) = match ask {
        Ask::Newest => (last + 1, limit, last, limit),
        Ask::Before(cn) => (cn.min(last + 1), limit, 0, 0),
        Ask::After(cn) => (0, 0, cn, limit),
        Ask::Around(_) | Ask::At(_) => {
            let (middle, missing) = holes::middle(app, place, ask).await?;
            incomplete |= missing;
            match middle {
                Some(cn) => (cn, limit / 2, cn.saturating_sub(1), limit - limit / 2),
                None => (last + 1, limit, last, 0),
            }
        }
    };
    if older > 0 {
        incomplete |= holes::fill(app, place, older_than.saturating_sub(older), older_than.saturating_sub(1)).await?;
    }
    if newer > 0 && !matches!(ask, Ask::Newest) {
        incomplete |= holes::fill(app, place, newer_than + 1, newer_than.saturating_add(newer).min(last)).await?;
    }
    let mut read = app.db.read().await?;
    let view = View { log_id: place.log.id, viewer: place.actor.as_str(), from_seq: place.from_seq };
    let mut stored = Vec::new();
    if older > 0 {
        stored = store::before(&mut read, view, &place.channel, older_than, older).await?;
        stored.reverse();
    }
    if newer > 0 {
        stored.extend(store::after(&mut read, view, &place.channel, newer_than, newer).await?);
    }
    if matches!(ask, Ask::Newest) && stored.len() as u64 > limit {
        // What arrived between the two looks.
        stored.drain(..stored.len() - usize::try_from(limit).unwrap_or(0));
    }
    let page = finish(app, &mut read, place, stored, ask, incomplete).await?;
    peers::looked_at(app, &place.log, page.users.iter().map(|user| user.id.as_str()));
    Ok(page)
}

async fn finish(
    app: &App,
    read: &mut impl Query,
    place: &Place,
    stored: Vec<Stored>,
    ask: Ask,
    incomplete: bool,
) -> Result<MessagePage> {
    let (log, last) = (&place.log, place.last_cn());
    let (low, high) = match (stored.first(), stored.last()) {
        (Some(first), Some(end)) => (first.cn, end.cn),
        _ => match ask {
            Ask::After(cn) => (cn + 1, cn),
            Ask::Before(cn) => (cn, cn.saturating_sub(1)),
            _ => (last + 1, last),
        },
    };
    let held_before = store::any_before(read, log.id, &place.channel, low, place.from_seq).await?;
    // A copy may have nothing older and still know that there is.
    let elsewhere = !log.hub_here() && place.from_seq == 0 && low > 1;
    let span = between(read, place, (low, high), held_before || elsewhere).await?;
    let notices = notices::of_channel(read, log, &place.channel, span).await?;
    let mut reactions = reactions::of_range(read, log.id, &place.channel, low, high, place.actor.as_str()).await?;
    let messages: Vec<Message> = stored
        .into_iter()
        .map(|s| {
            let given = reactions.remove(&s.aid).unwrap_or_default();
            let mut message = shown(log, s, given);
            veil(app, log, &mut message);
            message
        })
        .collect();
    let users = people(read, log, &messages, &notices).await?;
    Ok(MessagePage {
        messages,
        notices,
        users,
        has_before: held_before || elsewhere,
        has_after: high < last,
        incomplete,
    })
}

/// The stretch of the log that a page of messages covers: from its neighbour below to the one above, or to the ends of
/// what there is. Neighbouring pages share the gap between them. Where a neighbour is not held, the page ends with its
/// own message: the gap comes with the neighbour's page.
async fn between(
    read: &mut impl Query,
    place: &Place,
    (low, high): (u64, u64),
    has_before: bool,
) -> Result<Option<Span>> {
    let log_id = place.log.id;
    let unseen = place.from_seq.saturating_sub(1);
    let after = match store::seq_at(read, log_id, &place.channel, low.saturating_sub(1)).await? {
        Some(seq) => Some(seq.max(unseen)),
        None if !has_before => Some(unseen),
        None => store::seq_at(read, log_id, &place.channel, low).await?,
    };
    let before = match store::seq_at(read, log_id, &place.channel, high + 1).await? {
        _ if high >= place.last_cn() => Some(u64::MAX),
        Some(seq) => Some(seq),
        None => store::seq_at(read, log_id, &place.channel, high).await?,
    };
    Ok(after.zip(before).map(|(after, before)| Span { after, before }))
}
