//! With whom this instance speaks, and how much may come from there: the one place where that is judged.
//!
//! The configuration draws the line that nobody can cross while the instance runs. Inside it the admins make rules, of
//! which the most specific one for a domain counts. The rules are held in memory; the room `trust` changes them.

pub mod store;
mod turn;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, InstanceId};
use conntext_federation::state::ServerState;

pub use store::{List, Rule, Verdict, Waiting};
pub use turn::{Turned, known, turn};

use super::limits::new_for_ms;
use crate::App;
use crate::config::{Federation, Mode};
use crate::db::{self, Query};

/// The mode that counts: that of the configuration, or the stricter one of the admins.
///
/// # Errors
/// The database's.
pub async fn mode(q: &mut impl Query, config: &Federation) -> db::Result<Mode> {
    Ok(store::mode(q).await?.map_or(config.mode, |chosen| chosen.max(config.mode)))
}

/// All that decides about instances, as it was read at one moment.
pub struct Book {
    /// How far the configuration goes.
    pub outer: Mode,
    /// What counts.
    pub mode: Mode,
    deny: Vec<String>,
    allow: Vec<String>,
    new_percent: u32,
    rules: HashMap<String, Rule>,
    blocks: bool,
    /// Instances that were met at a domain that is blocked now: what logs say later of where they are changes nothing.
    hidden: HashSet<InstanceId>,
    /// Grows with every change.
    pub revision: i64,
}

/// The names under which rules for a domain may stand, the most specific first.
fn names(domain: &Domain) -> Vec<String> {
    let mut names = vec![domain.as_str().to_owned(), domain.host().to_owned()];
    let port = domain.as_str().strip_prefix(domain.host()).unwrap_or_default();
    let mut rest = domain.host();
    while let Some((_, parent)) = rest.split_once('.') {
        names.push(format!("*.{parent}{port}"));
        names.push(format!("*.{parent}"));
        rest = parent;
    }
    names
}

impl Book {
    /// Reads it.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(q: &mut impl Query, config: &Federation) -> db::Result<Self> {
        let rules = store::rules(q).await?;
        let mut book = Self::new(config, mode(q, config).await?, rules, store::revision(q).await?);
        if book.blocks {
            let met = super::store::peers(q).await?;
            book.hidden = met.into_iter().filter(|peer| book.hides(&peer.domain)).map(|peer| peer.ik).collect();
        }
        Ok(book)
    }

    fn new(config: &Federation, mode: Mode, rules: Vec<Rule>, revision: i64) -> Self {
        Self {
            outer: config.mode,
            mode,
            deny: config.deny.clone(),
            allow: config.allow.clone(),
            new_percent: config.new_peer_percent,
            blocks: !config.deny.is_empty() || rules.iter().any(|rule| rule.verdict == Verdict::Block),
            rules: rules.into_iter().map(|rule| (rule.pattern.clone(), rule)).collect(),
            hidden: HashSet::new(),
            revision,
        }
    }

    /// The same with other rules beside or in the place of its own, for looking at what they would do.
    #[must_use]
    pub fn with(&self, config: &Federation, more: Vec<Rule>) -> Self {
        let mut rules = self.rules.clone();
        rules.extend(more.into_iter().map(|rule| (rule.pattern.clone(), rule)));
        Self::new(config, self.mode, rules.into_values().collect(), self.revision)
    }

    /// The same in another mode.
    #[must_use]
    pub fn in_mode(&self, config: &Federation, mode: Mode) -> Self {
        Self::new(config, mode.max(config.mode), self.rules.values().cloned().collect(), self.revision)
    }

    /// The rule that counts for a domain.
    pub fn rule(&self, domain: &Domain) -> Option<&Rule> {
        if self.rules.is_empty() {
            return None;
        }
        names(domain).iter().find_map(|name| self.rules.get(name))
    }

    /// All rules.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// Whether the configuration denies a domain.
    pub fn denied(&self, domain: &Domain) -> bool {
        self.deny.iter().any(|pattern| domain.matches(pattern))
    }

    /// Whether to speak with a domain.
    ///
    /// # Errors
    /// [`Code::Blocked`], [`Code::Paused`], [`Code::NotAllowed`] or [`Code::InReview`].
    pub fn judge(&self, domain: &Domain) -> Result<(), Code> {
        if self.denied(domain) {
            return Err(Code::Blocked);
        }
        let listed = match self.rule(domain).map(|rule| rule.verdict) {
            Some(Verdict::Block) => return Err(Code::Blocked),
            Some(Verdict::Pause) => return Err(Code::Paused),
            Some(Verdict::Allow) => true,
            None => self.allow.iter().any(|pattern| domain.matches(pattern)),
        };
        match self.mode {
            Mode::Open => Ok(()),
            Mode::Review | Mode::Allowlist if listed => Ok(()),
            Mode::Review => Err(Code::InReview),
            Mode::Allowlist | Mode::Closed => Err(Code::NotAllowed),
        }
    }

    /// Whether nothing of a domain is to be seen here, whoever brings it.
    pub fn hides(&self, domain: &Domain) -> bool {
        self.blocks && self.judge(domain) == Err(Code::Blocked)
    }

    /// The same of somebody, by what a log says of their home.
    pub fn hides_actor(&self, state: &ServerState, actor: &Actor) -> bool {
        self.blocks && state.bindings.get(actor).is_some_and(|binding| self.hides_home(state, &binding.home))
    }

    /// The same of everybody of an instance, by what a log says of it.
    pub fn hides_home(&self, state: &ServerState, home: &InstanceId) -> bool {
        let there = || Domain::parse_normal(&state.instances.get(home)?.domain, true).ok();
        self.blocks && (self.hidden.contains(home) || there().is_some_and(|domain| self.hides(&domain)))
    }

    /// How much may come from a domain, of what is usual, in percent: whom nobody decided on may send less at first.
    pub fn percent(&self, config: &Federation, domain: &Domain, first_met: i64, now_ms: i64) -> u32 {
        match self.rule(domain) {
            Some(rule) => rule.percent,
            None if new_for_ms(config, first_met, now_ms) > 0 => self.new_percent,
            None => 100,
        }
    }
}

/// The book that counts now.
pub struct Trust(RwLock<Arc<Book>>);

impl Trust {
    pub(super) fn new(book: Book) -> Self {
        Self(RwLock::new(Arc::new(book)))
    }

    /// What counts now.
    pub fn book(&self) -> Arc<Book> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Puts another one in its place, which it answers with.
    pub fn replace(&self, book: Book) -> Arc<Book> {
        std::mem::replace(&mut *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner), Arc::new(book))
    }
}

/// Notes that an instance waits for an admin's decision.
pub(super) async fn wait(app: &App, domain: &Domain, asked: bool) {
    let noted = async {
        let known = store::waiting_for(&mut app.db.read().await?, domain).await?;
        if known.is_some_and(|known| if asked { known.asked } else { known.wanted }) {
            return Ok(());
        }
        let mut tx = app.db.begin().await?;
        store::wait(&mut tx, domain, asked, app.clock.now_ms()).await?;
        tx.commit().await?;
        (app.peers.rooms.tell_admins)(app).await;
        db::Result::Ok(())
    };
    if let Err(e) = noted.await {
        tracing::warn!(%domain, error = %e, "it cannot be written that an instance waits");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(mode: Mode, rules: &[(&str, Verdict)], config: &Federation) -> Book {
        let rule = |(pattern, verdict): &(&str, Verdict)| Rule { percent: 50, ..Rule::new(pattern, *verdict) };
        Book::new(config, mode, rules.iter().map(rule).collect(), 0)
    }

    fn judge(book: &Book, domain: &str) -> Result<(), Code> {
        book.judge(&Domain::parse(domain, true).unwrap())
    }

    #[test]
    fn j5_the_most_specific_rule_counts_and_the_configuration_before_all() {
        use Verdict::{Allow, Block, Pause};
        let config = Federation { deny: vec!["never.example".into()], ..Federation::default() };
        let rules = [
            ("*.bad.example", Block),
            ("good.bad.example", Allow),
            ("*.late.bad.example", Pause),
            ("never.example", Allow),
        ];
        let book = book(Mode::Open, &rules, &config);
        assert_eq!(judge(&book, "bad.example"), Ok(()), "below it is not it");
        assert_eq!(judge(&book, "x.bad.example"), Err(Code::Blocked));
        assert_eq!(judge(&book, "x.y.bad.example"), Err(Code::Blocked));
        assert_eq!(judge(&book, "good.bad.example"), Ok(()));
        assert_eq!(judge(&book, "x.late.bad.example"), Err(Code::Paused));
        assert_eq!(judge(&book, "x.good.bad.example"), Err(Code::Blocked));
        assert_eq!(judge(&book, "never.example"), Err(Code::Blocked));
        assert_eq!(judge(&book, "notbad.example"), Ok(()));
    }

    #[test]
    fn j5_a_port_is_told_apart_only_where_a_rule_names_one() {
        let rules = [("a.localhost:81", Verdict::Block), ("b.localhost", Verdict::Block)];
        let book = book(Mode::Open, &rules, &Federation::default());
        assert_eq!(judge(&book, "a.localhost:81"), Err(Code::Blocked));
        assert_eq!(judge(&book, "a.localhost:82"), Ok(()));
        assert_eq!(judge(&book, "b.localhost:82"), Err(Code::Blocked));
    }

    #[test]
    fn j5_each_mode_lets_in_whom_it_names() {
        let config = Federation { allow: vec!["old.example".into()], ..Federation::default() };
        let of = |mode| {
            let book = book(mode, &[("friend.example", Verdict::Allow)], &config);
            ["friend.example", "old.example", "other.example"].map(|domain| judge(&book, domain).err())
        };
        assert_eq!(of(Mode::Open), [None, None, None]);
        assert_eq!(of(Mode::Review), [None, None, Some(Code::InReview)]);
        assert_eq!(of(Mode::Allowlist), [None, None, Some(Code::NotAllowed)]);
        assert_eq!(of(Mode::Closed), [Some(Code::NotAllowed); 3]);
    }

    #[test]
    fn j5_a_rule_says_how_much_may_come() {
        let config = Federation::default();
        let book = book(Mode::Open, &[("half.example", Verdict::Allow)], &config);
        let percent = |domain, met| book.percent(&config, &Domain::parse(domain, false).unwrap(), met, 1_000_000_000);
        assert_eq!(percent("half.example", 1_000_000_000), 50, "whom an admin decided on is not new");
        assert_eq!(percent("new.example", 1_000_000_000), config.new_peer_percent);
        assert_eq!(percent("known.example", 0), 100);
    }
}
