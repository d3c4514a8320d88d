//! Changing the rules: by the API, and by commands beside a running instance.

use conntext_federation::block_list::MAX_REASON;
use conntext_federation::domain::{self, Domain};

use crate::Base;
use crate::config::Mode;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::peers::trust::{Book, Rule, Verdict, store};

/// The longest note, characters.
const MAX_NOTE: usize = 1_000;
/// The most that may come from an instance, of what is usual, in percent.
const MAX_PERCENT: u32 = 1_000;

/// What a rule is to say.
pub struct Change {
    pub verdict: Verdict,
    pub percent: u32,
    pub reason: String,
    pub note: String,
}

/// A pattern as it was typed, in its normal form.
///
/// # Errors
/// 422 `invalid`.
pub(super) fn pattern(base: &Base, typed: &str) -> Result<String> {
    let typed = typed.trim();
    let normal = domain::pattern(typed, base.config.federation.dev_insecure).map_err(|_| {
        let why = format!("\u{201c}{typed}\u{201d} is not a domain. Everything below one is written as *.example.org.");
        Problem::invalid("pattern", "bad_domain", why)
    })?;
    if base.domain.matches(&normal) {
        return Err(Problem::invalid("pattern", "own_domain", "That is this instance itself."));
    }
    Ok(normal)
}

/// Writes a rule that an admin made.
///
/// # Errors
/// 422 `invalid` with the field.
pub async fn change(base: &Base, typed: &str, change: Change) -> Result<Rule> {
    let pattern = pattern(base, typed)?;
    if !(1..=MAX_PERCENT).contains(&change.percent) {
        let why = format!("Choose from 1 to {MAX_PERCENT} percent; to stop an instance, pause or block it.");
        return Err(Problem::invalid("percent", "out_of_range", why));
    }
    let rule = Rule {
        pattern,
        verdict: change.verdict,
        percent: change.percent,
        reason: crate::profiles::check_text("reason", change.reason.trim(), MAX_REASON, false)?,
        note: crate::profiles::check_text("note", change.note.trim(), MAX_NOTE, true)?,
        list: None,
        changed_at: base.clock.now_ms(),
    };
    let mut tx = base.db.begin().await?;
    store::put(&mut tx, vec![rule.clone()]).await?;
    decided(base, &mut tx).await?;
    tx.commit().await?;
    tracing::info!(pattern = rule.pattern, verdict = rule.verdict.as_str(), "a rule about other instances");
    Ok(rule)
}

/// Removes a rule.
///
/// # Errors
/// 404 where there is none.
pub async fn remove(base: &Base, typed: &str) -> Result<()> {
    let mut tx = base.db.begin().await?;
    if !store::remove(&mut tx, typed).await? {
        return Err(Problem::not_found().detail("There is no such rule any more."));
    }
    decided(base, &mut tx).await?;
    tx.commit().await?;
    tracing::info!(pattern = typed, "a rule about other instances is gone");
    Ok(())
}

/// Chooses the mode; `keep` are instances that are allowed from now on.
///
/// # Errors
/// 422 where the configuration is stricter.
pub(super) async fn choose(base: &Base, mode: Mode, keep: Vec<Domain>) -> Result<()> {
    let outer = base.config.federation.mode;
    if mode < outer {
        let why =
            format!("The configuration says \u{201c}{}\u{201d}; it can only be made stricter here.", outer.as_str());
        return Err(Problem::invalid("mode", "laxer_than_configured", why));
    }
    let mut tx = base.db.begin().await?;
    store::set_mode(&mut tx, mode).await?;
    let now = base.clock.now_ms();
    let allow = |domain: Domain| Rule { changed_at: now, ..Rule::new(domain.as_str(), Verdict::Allow) };
    store::put(&mut tx, keep.into_iter().map(allow).collect()).await?;
    decided(base, &mut tx).await?;
    tx.commit().await?;
    tracing::info!(mode = mode.as_str(), "the mode towards other instances is chosen");
    Ok(())
}

/// After a change: nobody waits any more about whom was decided, and whoever holds the rules reads them again.
pub(super) async fn decided(base: &Base, tx: &mut Tx) -> Result<()> {
    let book = Book::read(tx, &base.config.federation).await?;
    for waiting in store::waiting(tx).await? {
        let waits = Domain::parse_normal(&waiting.domain, true)
            .is_ok_and(|domain| book.judge(&domain) == Err(conntext_federation::Code::InReview));
        if !waits {
            store::stop_waiting(tx, &waiting.domain).await?;
        }
    }
    Ok(store::touch(tx).await?)
}
