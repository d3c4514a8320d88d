//! What follows when a provider has said who somebody is.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::Person;
use super::configured;
use super::store::{self, Arrival, Attempt, Purpose};
use crate::App;
use crate::accounts::{self, Account};
use crate::config::OidcProvider;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::http::Client;
use crate::mail::{self, Notice};
use crate::sessions::{self, Beginning, Kind};
use crate::{factors, profiles};

/// How long somebody may take to choose a name, milliseconds.
const PATIENCE_MS: i64 = 30 * 60_000;
/// The longest name that is proposed, characters.
const MAX_HANDLE: usize = 32;

/// Sends the browser to a page of this app.
pub(super) fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// A page with a word about what came of it.
pub(super) fn told(page: &str, word: &str) -> Response {
    let (path, rest) = page.split_at(page.find('#').unwrap_or(page.len()));
    let join = if path.contains('?') { '&' } else { '?' };
    go(&format!("{path}{join}oidc={word}{rest}"))
}

/// The page for signing in, from which the way goes on to where somebody wanted to go.
pub(super) fn sign_in_page(return_to: &str) -> String {
    if return_to == "/" {
        return "/sign-in".to_owned();
    }
    let then: String = url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    format!("/sign-in?return={then}")
}

/// Acts on who came back.
///
/// # Errors
/// The database's; what a person can do something about is said on a page.
pub(super) async fn back(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    attempt: &Attempt,
    person: &Person,
) -> Result<Response> {
    let provider = configured(app, &attempt.provider)?;
    match (&attempt.purpose, &attempt.whose) {
        (Purpose::SignIn, _) => sign_in(app, client, headers, provider, attempt, person).await,
        (Purpose::Link, Some((account, _))) => link(app, account, attempt, person).await,
        (Purpose::Prove, Some((account, session))) => prove(app, account, session, attempt, person).await,
        (_, None) => Ok(told(&attempt.return_to, "failed")),
    }
}

async fn sign_in(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    provider: &OidcProvider,
    attempt: &Attempt,
    person: &Person,
) -> Result<Response> {
    let page = sign_in_page(&attempt.return_to);
    if !provider.groups.is_empty() && !person.is_in(&provider.groups) {
        return Ok(told(&page, "not_in_group"));
    }
    let mut tx = app.db.begin().await?;
    let known = store::account_of(&mut tx, &person.issuer, &person.subject).await?;
    let account = match known {
        Some(id) => accounts::by_id(&mut tx, &id).await?,
        None => None,
    };
    let Some(mut account) = account else {
        if !provider.create_accounts {
            return Ok(told(&page, "unknown"));
        }
        return arrive(app, tx, provider, attempt, person).await;
    };
    if accounts::require_active(&account).is_err() {
        return Ok(told(&page, "suspended"));
    }
    let other = follow_groups(&mut tx, provider, person, &mut account).await?;
    let tell = |app: &App, account: &Account| {
        if other {
            app.sessions.forget();
        }
        app.bus.tell_me(&account.uid);
    };
    store::used(&mut tx, &person.issuer, &person.subject, &person.label(), app.clock.now_ms()).await?;
    if factors::are_on(&mut tx, &account.id).await? {
        let step = factors::begin(app, &mut tx, &account).await?;
        tx.commit().await?;
        tell(app, &account);
        let step = serde_json::to_vec(&step).map_err(Problem::internal)?;
        // Behind the `#`: it is written to no log.
        return Ok(go(&format!("{page}#step={}", URL_SAFE_NO_PAD.encode(step))));
    }
    let device = sessions::device(None, headers);
    let opened = sessions::open(app, &mut tx, &account, Kind::Cookie, client, &device, Beginning::SignIn).await?;
    tx.commit().await?;
    tell(app, &account);
    Ok(opened.into_redirect(app, &attempt.return_to))
}

/// Whoever the provider has a say about administers the instance or not, as their groups say. Somebody always does. Answers
/// whether that changed.
async fn follow_groups(tx: &mut Tx, provider: &OidcProvider, person: &Person, account: &mut Account) -> Result<bool> {
    let admin = person.is_in(&provider.admin_groups);
    if provider.admin_groups.is_empty() || admin == account.admin {
        return Ok(false);
    }
    if !admin && accounts::is_last_admin(tx, account).await? {
        tracing::warn!(account = %account.id, "the last administrator stays one, whatever the provider says");
        return Ok(false);
    }
    accounts::set_admin(tx, account, admin).await?;
    Ok(true)
}

/// A newcomer chooses a name first.
async fn arrive(
    app: &App,
    mut tx: Tx,
    provider: &OidcProvider,
    attempt: &Attempt,
    person: &Person,
) -> Result<Response> {
    let (ticket, now) = (app.rng.token(), app.clock.now_ms());
    let arrival = Arrival {
        provider: provider.id.clone(),
        issuer: person.issuer.clone(),
        subject: person.subject.clone(),
        label: person.label(),
        handle: proposed(person),
        display_name: person.name.clone().unwrap_or_default().chars().take(64).collect(),
        email: person.email.clone(),
        admin: person.is_in(&provider.admin_groups),
        return_to: attempt.return_to.clone(),
    };
    store::arrive(&mut tx, sessions::hash(&ticket), &arrival, now + PATIENCE_MS).await?;
    tx.commit().await?;
    Ok(go(&format!("/sign-up/service#{ticket}")))
}

/// A name for the account out of what the provider calls them; they may change it.
fn proposed(person: &Person) -> String {
    let email = person.email.as_deref().and_then(|email| email.split('@').next());
    let typed = person.username.as_deref().or(email).or(person.name.as_deref()).unwrap_or_default();
    let plain = typed.split('@').next().unwrap_or_default().to_lowercase();
    let plain: String = plain
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .take(MAX_HANDLE)
        .collect();
    plain.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

async fn link(app: &App, account: &str, attempt: &Attempt, person: &Person) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    match store::account_of(&mut tx, &person.issuer, &person.subject).await? {
        Some(id) if id == account => return Ok(told(&attempt.return_to, "linked")),
        Some(_) => return Ok(told(&attempt.return_to, "taken")),
        None => {}
    }
    let now = app.clock.now_ms();
    // One of each provider: whoever links another one takes the place of the first.
    store::unlink(&mut tx, account, &person.issuer).await?;
    store::link(&mut tx, &person.issuer, &person.subject, account, &person.label(), now).await?;
    let service = configured(app, &attempt.provider)?.name.clone();
    mail::tell(app, &mut tx, account, Notice::ServiceLinked { service }).await?;
    tx.commit().await?;
    Ok(told(&attempt.return_to, "linked"))
}

/// For those alone who have no password. A passkey proves more, and is asked for where there is one.
async fn prove(app: &App, account: &str, session: &str, attempt: &Attempt, person: &Person) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let known = store::account_of(&mut tx, &person.issuer, &person.subject).await?;
    let mine = accounts::by_id(&mut tx, account).await?.filter(|mine| !mine.has_password());
    if known.as_deref() != Some(account) || mine.is_none() {
        return Ok(told(&attempt.return_to, "other"));
    }
    if factors::are_on(&mut tx, account).await? {
        return Ok(told(&attempt.return_to, "passkey"));
    }
    sessions::prove(&mut tx, session, app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(told(&attempt.return_to, "proven"))
}

/// Makes the account of a newcomer, who is signed in with it.
///
/// # Errors
/// 410 `gone` where it took too long, and as registration.
pub(super) async fn settle(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    ticket: &str,
    handle: &str,
    display_name: &str,
    device: Option<&str>,
) -> Result<Response> {
    let (hash, now) = (sessions::hash(ticket), app.clock.now_ms());
    let over = || Problem::new("gone").detail("This took too long. Begin again on the sign-in page.");
    let arrival = store::arrived(&mut app.db.read().await?, hash, now).await?.ok_or_else(over)?;
    let prepared =
        accounts::prepare_without_password(app, handle, display_name, arrival.admin, arrival.email.clone()).await?;
    let mut tx = app.db.begin().await?;
    // Again, under the lock: it counts once.
    store::arrived(&mut tx, hash, now).await?.ok_or_else(over)?;
    store::settle(&mut tx, hash).await?;
    if store::account_of(&mut tx, &arrival.issuer, &arrival.subject).await?.is_some() {
        return Err(over());
    }
    let account = accounts::insert(app, &mut tx, prepared).await?;
    store::link(&mut tx, &arrival.issuer, &arrival.subject, &account.id, &arrival.label, now).await?;
    let device = sessions::device(device, headers);
    let opened = sessions::open(app, &mut tx, &account, Kind::Cookie, client, &device, Beginning::Account).await?;
    tx.commit().await?;
    tracing::info!(account = %account.id, provider = arrival.provider, "account created");
    Ok(opened.into_response(app, StatusCode::CREATED))
}

/// What the page for choosing a name begins with.
pub(super) async fn look(app: &App, ticket: &str) -> Result<Arrival> {
    let found = store::arrived(&mut app.db.read().await?, sessions::hash(ticket), app.clock.now_ms()).await?;
    let mut arrival =
        found.ok_or_else(|| Problem::new("gone").detail("This took too long. Begin again on the sign-in page."))?;
    arrival.display_name = profiles::check_display_name(&arrival.display_name).unwrap_or_default();
    Ok(arrival)
}
