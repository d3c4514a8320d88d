//! The flat list of what the rooms derive from events, written inside the log's transaction.

use crate::{
    accounts,
    db::{Result, Tx},
    invites,
    log::{Batch, Rooms, Undone, purge::Gone},
    media, messages, moderation, moving, notices, peers, profiles, reactions, reading,
};
use conntext_federation::ids::ChannelId;
use futures_util::future::BoxFuture;

/// What the peers are given.
pub const PEERS: peers::Rooms = peers::Rooms {
    profiles: profiles::exchange::signed,
    keep_profiles: profiles::exchange::keep,
    stale_profiles: profiles::exchange::stale,
    unconfirmed: profiles::exchange::unconfirmed,
    profile_hosts: profiles::exchange::hosts,
    homes: |app, uids| Box::pin(async move { profiles::rehome::homes_of(&mut app.db.read().await?, uids).await }),
    ensure_media: media::ensure_at_hub,
    tell_admins: |app| Box::pin(accounts::tell_admins(app)),
};

/// What the log is given.
pub const ROOMS: Rooms =
    Rooms { projections: apply, forget_log, forget_channel, files_there: media::all_there, undo, erase };

fn apply<'a>(tx: &'a mut Tx, batch: &'a Batch<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        reading::apply(tx, batch).await?;
        messages::apply(tx, batch).await?;
        media::apply(tx, batch).await?;
        reactions::apply(tx, batch).await?;
        moderation::apply(tx, batch).await?;
        notices::apply(tx, batch).await?;
        profiles::server::apply(tx, batch).await?;
        moving::apply(tx, batch).await?;
        Ok(())
    })
}

fn forget_log<'a>(tx: &'a mut Tx, log_id: i64) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        reading::forget_log(tx, log_id).await?;
        peers::store::forget_log(tx, log_id).await?;
        messages::forget_log(tx, log_id).await?;
        media::forget_log(tx, log_id).await?;
        reactions::forget_log(tx, log_id).await?;
        moderation::forget_log(tx, log_id).await?;
        notices::forget_log(tx, log_id).await?;
        invites::forget_log(tx, log_id).await?;
        profiles::server::forget_log(tx, log_id).await?;
        Ok(())
    })
}

fn undo<'a>(tx: &'a mut Tx, undone: &'a Undone<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let (log_id, to) = (undone.log_id, undone.to);
        reading::undo(tx, undone).await?;
        messages::undo(tx, log_id, to).await?;
        media::undo(tx, undone).await?;
        reactions::undo(tx, log_id, to).await?;
        moderation::undo(tx, log_id, to).await?;
        notices::undo(tx, log_id, to).await
    })
}

fn erase<'a>(tx: &'a mut Tx, gone: &'a Gone<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        reading::erase(tx, gone).await?;
        messages::erase(tx, gone).await?;
        media::erase(tx, gone).await?;
        reactions::erase(tx, gone).await?;
        moderation::erase(tx, gone).await?;
        profiles::server::erase(tx, gone).await
    })
}

fn forget_channel<'a>(tx: &'a mut Tx, log_id: i64, channel: &'a ChannelId) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        reading::forget_channel(tx, log_id, channel).await?;
        messages::forget_channel(tx, log_id, channel).await?;
        media::forget_channel(tx, log_id, channel).await?;
        reactions::forget_channel(tx, log_id, channel).await?;
        Ok(())
    })
}
