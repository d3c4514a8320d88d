//! `/trust`: for the admins of the instance.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::domain::Domain;

use super::types::{Cuts, MetInstance, SetMode, SetRule, Supposed, TakenList, TrustSettings};
use super::{Change, cut, rules};
use crate::error::{Problem, Result};
use crate::http::{Admin, Json, Path, Routes, routes};
use crate::peers::trust::{Rule, Verdict, store};
use crate::{App, accounts, peers};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(settings))
        .routes(routes!(set_mode))
        .routes(routes!(preview))
        .routes(routes!(set_rule, remove_rule))
        .routes(routes!(turn_away))
}

/// With whom this instance speaks
///
/// For admins of the instance.
#[utoipa::path(get, path = "/trust", responses(
    (status = 200, body = TrustSettings),
    (status = 403, description = "`forbidden`", body = Problem),
))]
async fn settings(State(app): State<App>, Admin(_admin): Admin) -> Result<Json<TrustSettings>> {
    let mut read = app.db.read().await?;
    let (lists, waiting) = (store::lists(&mut read).await?, store::waiting(&mut read).await?);
    drop(read);
    let book = app.peers.trust.book();
    let mut common = cut::in_common(&app);
    let met = peers::known(&app).await?.into_iter().map(|peer| MetInstance {
        standing: peer.standing.as_str().to_owned(),
        refused: peer.refused.map(|code| code.as_str().to_owned()),
        last_error: peer.last_error,
        last_contact: peer.last_contact,
        new_for_ms: peer.new_for_ms,
        common: common.remove(&peer.domain).unwrap_or_default(),
        domain: peer.domain.to_string(),
    });
    let mut rules: Vec<Rule> = book.rules().cloned().collect();
    rules.sort_by(|a, b| a.pattern.cmp(&b.pattern));
    let taken = |list: store::List| TakenList {
        rules: rules.iter().filter(|rule| rule.list.as_ref() == Some(&list.domain)).count() as u64,
        domain: list.domain,
        issued_at: list.issued_at,
        taken_at: list.taken_at,
    };
    Ok(Json(TrustSettings {
        mode: book.mode,
        configured_mode: book.outer,
        configured_deny: app.config.federation.deny.clone(),
        configured_allow: app.config.federation.allow.clone(),
        lists: lists.into_iter().map(taken).collect(),
        rules,
        waiting,
        instances: met.collect(),
    }))
}

/// Choose with whom this instance speaks
///
/// For admins of the instance.
#[utoipa::path(put, path = "/trust/mode", request_body = SetMode, responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 422, description = "`invalid`: laxer than the configuration", body = Problem),
))]
async fn set_mode(State(app): State<App>, Admin(_admin): Admin, Json(asked): Json<SetMode>) -> Result<StatusCode> {
    let book = app.peers.trust.book();
    let undecided = |domain: &Domain| book.judge(domain).is_ok() && book.rule(domain).is_none();
    let keep = if asked.keep_known { cut::in_common(&app).into_keys().filter(undecided).collect() } else { Vec::new() };
    rules::choose(&app, asked.mode, keep).await?;
    done(&app).await
}

/// What would be cut off
///
/// For admins of the instance. Nothing is changed.
#[utoipa::path(post, path = "/trust/preview", request_body = Supposed, responses(
    (status = 200, body = Cuts),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
))]
async fn preview(State(app): State<App>, Admin(_admin): Admin, Json(asked): Json<Supposed>) -> Result<Json<Cuts>> {
    let (config, book) = (&app.config.federation, app.peers.trust.book());
    let more = match asked.rule {
        Some(rule) => vec![Rule::new(&rules::pattern(&app, &rule.pattern)?, rule.verdict)],
        None => Vec::new(),
    };
    let then = book.with(config, more).in_mode(config, asked.mode.unwrap_or(book.mode));
    Ok(Json(Cuts { cuts: cut::off(&app, &then) }))
}

/// Make a rule
///
/// For admins of the instance. A rule for the same pattern is replaced.
#[utoipa::path(put, path = "/trust/rules/{pattern}", request_body = SetRule,
    params(("pattern" = String, Path, description = "A domain, or `*.` and a domain")), responses(
    (status = 200, body = Rule),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
))]
async fn set_rule(
    State(app): State<App>,
    Admin(_admin): Admin,
    Path(pattern): Path<String>,
    Json(asked): Json<SetRule>,
) -> Result<Json<Rule>> {
    let SetRule { verdict, percent, reason, note } = asked;
    // What is blocked or paused sends nothing.
    let percent = if verdict == Verdict::Allow { percent } else { 100 };
    let rule = rules::change(&app, &pattern, Change { verdict, percent, reason, note }).await?;
    done(&app).await?;
    Ok(Json(rule))
}

/// Remove a rule
///
/// For admins of the instance.
#[utoipa::path(delete, path = "/trust/rules/{pattern}",
    params(("pattern" = String, Path, description = "The rule's pattern")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`not_found`", body = Problem),
))]
async fn remove_rule(State(app): State<App>, Admin(_admin): Admin, Path(pattern): Path<String>) -> Result<StatusCode> {
    rules::remove(&app, &pattern).await?;
    done(&app).await
}

/// Turn away an instance that waits
///
/// For admins of the instance. It may ask again; to hear no more of it, block it.
#[utoipa::path(delete, path = "/trust/waiting/{domain}",
    params(("domain" = String, Path, description = "Its domain")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
))]
async fn turn_away(State(app): State<App>, Admin(_admin): Admin, Path(domain): Path<String>) -> Result<StatusCode> {
    let mut tx = app.db.begin().await?;
    store::stop_waiting(&mut tx, &domain).await?;
    tx.commit().await?;
    done(&app).await
}

/// What was decided counts at once, in every process.
pub(super) async fn done(app: &App) -> Result<StatusCode> {
    super::reload(app).await?;
    app.cluster.tell(crate::cluster::Word::Trust);
    accounts::tell_admins(app).await;
    Ok(StatusCode::NO_CONTENT)
}
