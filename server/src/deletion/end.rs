//! The day on which an account ends.

use std::collections::BTreeSet;

use conntext_federation::ids::{Actor, UserId};

use super::file::{self, Ended};
use super::store::{self, Deletion, State};
use crate::accounts::{self, Account};
use crate::bus::PersonNotice;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::mail::{self, Notice};
use crate::{App, Base, export, profiles, sessions};

/// When something keeps an account from ending, it is looked at again after this, milliseconds.
const AGAIN_MS: i64 = 86_400_000;

/// Communities of somebody, by name: nobody would own them any more.
pub(super) fn owned(app: &App, uid: &str) -> Vec<String> {
    let logs = app.log.all();
    let states = logs.iter().map(|log| log.state());
    let theirs = |owner: &Actor| owner.as_str() == uid;
    states
        .filter(|state| !state.info.deleted && state.info.owner.as_ref().is_some_and(theirs))
        .map(|state| state.info.name.clone())
        .collect()
}

/// Whether an account may end now.
///
/// # Errors
/// 409 `owner_cannot_leave`, 409 `last_admin`.
pub(super) async fn may_end(app: &App, q: &mut impl Query, account: &Account) -> Result<()> {
    let owned = owned(app, &account.uid);
    if !owned.is_empty() {
        return Err(Problem::new("owner_cannot_leave")
            .detail(format!("You own {}. Delete what nobody needs any more first.", owned.join(", "))));
    }
    last_admin(q, account).await
}

async fn last_admin(q: &mut impl Query, account: &Account) -> Result<()> {
    if accounts::is_last_admin(q, account).await? {
        return Err(Problem::new("last_admin").detail("Nobody else administers this instance."));
    }
    Ok(())
}

/// Sets the day. Answers with the token by which the person sees how far it is.
///
/// # Errors
/// 409 `last_admin`, 409 `conflict` when it is set already.
pub(super) async fn schedule(base: &Base, account: &Account, erase: bool, due_at: i64) -> Result<String> {
    let token = base.rng.token();
    let mut tx = base.db.begin().await?;
    if store::of_person(&mut tx, &account.uid).await?.is_some() {
        return Err(Problem::new("conflict").detail("The day is set already."));
    }
    last_admin(&mut tx, account).await?;
    let deletion = Deletion {
        uid: account.uid.clone(),
        account: account.id.clone(),
        token_hash: sessions::hash(&token).to_vec(),
        erase,
        state: State::Scheduled,
        asked_at: base.clock.now_ms(),
        due_at,
        gone_at: None,
        settled_at: None,
    };
    store::put(&mut tx, &deletion).await?;
    mail::tell(base, &mut tx, &account.id, Notice::Deletion { due_at }).await?;
    tx.commit().await?;
    Ok(token)
}

/// Brings the day forward to now, as the operator decides; sets it where there was none. Answers with the token of the page
/// where it was not told before.
///
/// # Errors
/// As [`schedule`].
pub async fn now(base: &Base, account: &Account, erase: bool) -> Result<Option<String>> {
    let now = base.clock.now_ms();
    let mut tx = base.db.begin().await?;
    match store::of_person(&mut tx, &account.uid).await? {
        Some(set) => {
            store::put(&mut tx, &Deletion { due_at: now, erase: erase || set.erase, ..set }).await?;
            tx.commit().await?;
            Ok(None)
        }
        None => {
            drop(tx);
            schedule(base, account, erase, now).await.map(Some)
        }
    }
}

/// Address of the page that shows how far a deletion is.
pub fn link(base: &Base, token: &str) -> String {
    // Behind the `#` it is sent to nobody, and stands in no log.
    format!("{}/deleted#{token}", base.config.public_url())
}

/// Ends the accounts whose day has come.
pub(super) async fn due(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    for deletion in store::due(&mut app.db.read().await?, now).await? {
        let mut tx = app.db.begin().await?;
        // It may have been taken back at this moment.
        let still = store::of_person(&mut tx, &deletion.uid).await?.filter(|d| d.state == State::Scheduled);
        let (Some(deletion), Some(account)) = (still, accounts::by_uid(&mut tx, &deletion.uid).await?) else {
            store::cancel(&mut tx, &deletion.uid).await?;
            tx.commit().await?;
            continue;
        };
        if let Err(why) = may_end(app, &mut tx, &account).await {
            tracing::info!(uid = deletion.uid, why = why.code, "an account does not end yet");
            store::put_off(&mut tx, &deletion.uid, now + AGAIN_MS).await?;
            tx.commit().await?;
            continue;
        }
        let end = profiles::tombstone(app, &mut tx, &deletion.uid).await?;
        let ended = Ended::new(&deletion, end, now);
        // First to the file: where this is cut short now, it is carried out at the next start.
        file::add(app, &ended).await?;
        finish(app, tx, &account, &ended).await?;
    }
    Ok(())
}

/// What ended once does not come back with a database that is older.
///
/// # Errors
/// Where the file cannot be read, and the database's.
pub async fn reapply(app: &App) -> Result<()> {
    for ended in file::read(app)? {
        let mut tx = app.db.begin().await?;
        let Some(account) = accounts::by_uid(&mut tx, ended.uid()).await? else { continue };
        tracing::warn!(uid = ended.uid(), "an account that was deleted is here again: it is deleted again");
        finish(app, tx, &account, &ended).await?;
    }
    Ok(())
}

pub(super) async fn finish(app: &App, mut tx: Tx, account: &Account, ended: &Ended) -> Result<()> {
    let uid: UserId = account.uid.parse().map_err(Problem::internal)?;
    let now = app.clock.now_ms();
    profiles::bury(app, &mut tx, &ended.end).await?;
    accounts::remove(app, &mut tx, account).await?;
    let mut knew = knew(app, &uid);
    knew.extend(store::hosts_left(&mut tx, &account.uid).await?);
    knew.extend(profiles::hosting::forget_places(&mut tx, &account.uid).await?);
    store::forget_private(&mut tx, &account.uid, ended.erase).await?;
    for domain in knew {
        store::tell(&mut tx, &account.uid, &domain, now).await?;
    }
    let token_hash = data_encoding::HEXLOWER.decode(ended.token_hash.as_bytes()).map_err(Problem::internal)?;
    let deletion = Deletion {
        uid: account.uid.clone(),
        account: String::new(),
        token_hash,
        erase: ended.erase,
        state: State::Leaving,
        asked_at: ended.asked_at,
        due_at: ended.gone_at,
        gone_at: Some(now),
        settled_at: None,
    };
    store::put(&mut tx, &deletion).await?;
    tx.commit().await?;
    tracing::info!(uid = account.uid, "an account ended");
    sessions::all_ended(app, &account.uid);
    app.bus.tell_person(&uid, PersonNotice::Me);
    profiles::changed(app, uid);
    export::tidy(app).await
}

/// The domains of the instances that know somebody: all that have people in a community that they are or were in.
fn knew(app: &App, uid: &UserId) -> BTreeSet<String> {
    let actor = Actor::User(uid.clone());
    let mut found = BTreeSet::new();
    for log in app.log.all() {
        let state = log.state();
        if !state.bindings.contains_key(&actor) {
            continue;
        }
        let others = state.instances.iter().filter(|(ik, _)| **ik != app.keys.ik);
        found.extend(others.map(|(_, instance)| instance.domain.clone()));
    }
    found
}
