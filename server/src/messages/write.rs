//! Writing: from a request to a draft for the log.

use super::place::Place;
use super::types::{EditMessage, Message, MessageState, NewMessage};
use super::{compose, read, store};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::log::{self, Outcome};
use crate::uploads;
use conntext_federation::content::{AuditNote, MessageCreate, MessageEdit};
use conntext_federation::hub::{self, Draft};
use conntext_federation::ids::{ActionId, ChannelId};
use conntext_federation::perms::Perms;
use serde::Serialize;

fn draft(place: &Place, kind: &str, target: Option<&ActionId>, content: &impl Serialize) -> Result<Draft> {
    Ok(Draft {
        sid: place.log.sid.clone(),
        kind: kind.to_owned(),
        channel: Some(place.channel.clone()),
        target: target.map(ToString::to_string),
        actor: place.actor.clone(),
        content: hub::json(content)?,
    })
}

fn message_id(text: &str) -> Result<ActionId> {
    text.parse().map_err(|_| Problem::not_found().detail("There is no such message."))
}

/// Where a message stands. One that its hub took just now may still be on its way to this copy.
async fn arrived(app: &App, place: &Place, aid: &ActionId) -> Result<Option<store::Spot>> {
    let held = store::spot(&mut app.db.read().await?, place.log.id, aid).await?;
    if held.is_some() || place.log.hub_here() || !log::settled(app, &place.log, aid).await {
        return Ok(held);
    }
    Ok(store::spot(&mut app.db.read().await?, place.log.id, aid).await?)
}

/// Where a message of this channel stands.
pub async fn spot(app: &App, place: &Place, id: &str) -> Result<(ActionId, store::Spot)> {
    let aid = message_id(id)?;
    let spot = arrived(app, place, &aid).await?;
    let spot = spot.filter(|s| s.channel == place.channel && s.seq >= place.from_seq && !s.deleted);
    Ok((aid, spot.ok_or_else(|| Problem::not_found().detail("That message is not there any more."))?))
}

/// Sends a message.
pub(super) async fn send(app: &App, auth: &Auth, place: &Place, new: NewMessage) -> Result<Message> {
    compose::nonce(&new.nonce)?;
    place.need(Perms::SEND, "You may not write in this channel.")?;
    let body = compose::body(&new.body, app.config.limits.message_bytes, !new.attachments.is_empty())?;
    let attachments = uploads::claim(app, place, &new.attachments).await?;
    let mut mentions = compose::mentions(&place.log.state(), place.perms, &body);
    let reply_to = new.reply_to.as_deref().map(message_id).transpose()?;
    if let Some(aid) = &reply_to {
        let spot = arrived(app, place, aid).await?;
        match spot.filter(|s| s.channel == place.channel) {
            Some(spot) if new.ping && spot.author != place.actor => {
                let author = spot.author.as_str().to_owned();
                if !mentions.contains(&author) && place.log.state().members.contains_key(&spot.author) {
                    mentions.push(author);
                }
            }
            Some(_) => {}
            None => {
                return Err(Problem::invalid("reply_to", "not_found", "The message that this answers is not there."));
            }
        }
    }
    app.pace.messages.take(auth.account.clone(), app.clock.now_ms())?;
    let content = MessageCreate { body, reply_to, attachments, mentions };
    let draft = draft(place, "message.create", None, &content)?;
    let aid = app.log.new_aid();
    let nonce = new.nonce.clone();
    let outcome = app.log.submit_as(&place.log, draft, aid, Some(new.nonce)).await?;
    sent(app, place, &outcome, aid, nonce).await
}

/// The answer to its sender.
async fn sent(app: &App, place: &Place, outcome: &Outcome, aid: ActionId, nonce: String) -> Result<Message> {
    let earlier = outcome.aid() != aid;
    let mut message = match outcome {
        // The same number again: the message may have been edited or deleted meanwhile.
        Outcome::Accepted(entry) if earlier => match read::message(app, &place.log, &place.actor, &entry.aid()).await {
            Ok(message) => message,
            Err(_) => read::from_entry(app, &place.log, entry).await?,
        },
        Outcome::Accepted(entry) => read::from_entry(app, &place.log, entry).await?,
        Outcome::Pending(aid) => super::pending_message(app, &place.log, &place.actor, aid)
            .await?
            .ok_or_else(|| Problem::new("conflict").detail("That nonce was used for something else."))?,
    };
    message.nonce = Some(nonce);
    Ok(message)
}

/// Changes the text of one's own message.
pub(super) async fn edit(app: &App, auth: &Auth, place: &Place, id: &str, change: EditMessage) -> Result<Message> {
    let (aid, _) = spot(app, place, id).await?;
    let before = read::message(app, &place.log, &place.actor, &aid).await?;
    let body = compose::body(&change.body, app.config.limits.message_bytes, !before.attachments.is_empty())?;
    app.pace.messages.take(auth.account.clone(), app.clock.now_ms())?;
    let mut mentions = compose::mentions(&place.log.state(), place.perms, &body);
    // Whom the answer spoke to when it was sent stays spoken to.
    if let Some(author) = before.reply_to.as_ref().and_then(|r| r.author.as_ref())
        && before.mentions.contains(author)
        && !mentions.contains(author)
    {
        mentions.push(author.clone());
    }
    let content = MessageEdit { body, mentions };
    match app.log.submit(draft(place, "message.edit", Some(&aid), &content)?, None).await? {
        Outcome::Accepted(entry) => {
            let held = log::settled(app, &place.log, &entry.aid()).await;
            let mut after = read::message(app, &place.log, &place.actor, &aid).await?;
            if !held {
                after.edited_at = Some(entry.event.header.ts);
                (after.body, after.mentions) = (content.body, content.mentions);
            }
            Ok(after)
        }
        Outcome::Pending(_) => {
            let (body, mentions, edited_at) = (content.body, content.mentions, Some(app.clock.now_ms()));
            Ok(Message { body, mentions, edited_at, state: MessageState::Pending, ..before })
        }
    }
}

/// Deletes a message.
pub(super) async fn delete(app: &App, auth: &Auth, place: &Place, id: &str, reason: Option<String>) -> Result<()> {
    let (aid, spot) = spot(app, place, id).await?;
    let others = spot.author != place.actor;
    if others {
        place.need(Perms::MANAGE_MESSAGES, "You may not delete messages of others in this channel.")?;
    }
    app.pace.reactions.take(auth.account.clone(), app.clock.now_ms())?;
    let outcome = app.log.submit(draft(place, "message.delete", Some(&aid), &serde_json::json!({}))?, None).await?;
    if let Some(reason) = reason.map(|r| r.trim().to_owned()).filter(|r| others && !r.is_empty()) {
        let reason = reason.chars().take(1000).collect();
        let note = AuditNote { about: "message.delete".into(), reason };
        let mut note = draft(place, "audit.note", Some(&aid), &note)?;
        note.channel = Some(ChannelId::staff(&place.log.sid));
        app.log.submit(note, None).await?;
    }
    if let Outcome::Accepted(entry) = outcome {
        log::settled(app, &place.log, &entry.aid()).await;
    }
    Ok(())
}
