//! SQL of the sessions table.

use super::Kind;
use crate::db::{Query, Result};
use crate::http::Auth;
use crate::{App, args};

pub(super) struct Found {
    pub auth: Auth,
    pub created_at: i64,
    pub last_seen_at: i64,
}

fn kind(text: &str) -> Kind {
    if text == "bearer" { Kind::Bearer } else { Kind::Cookie }
}

pub(super) async fn by_token(q: &mut impl Query, hash: &[u8; 32], now: i64) -> Result<Option<Found>> {
    let row = q
        .row(
            "select s.id, s.kind, s.created_at, s.last_seen_at, a.id, a.uid, a.admin
             from sessions s join accounts a on a.id = s.account_id
             where s.token_hash = $1 and s.expires_at > $2 and not a.suspended",
            args![hash, now],
        )
        .await?;
    Ok(row.map(|r| Found {
        auth: Auth {
            session: r.get(0),
            kind: kind(&r.get::<String>(1)),
            account: r.get(4),
            uid: r.get(5),
            admin: r.get(6),
        },
        created_at: r.get(2),
        last_seen_at: r.get(3),
    }))
}

/// Writes when the session was last used. A full disk must not keep people from reading, so a failure is only logged.
pub(super) async fn touch(app: &App, found: &Found, address: Option<String>, now: i64) {
    let sessions = &app.config.sessions;
    let expires = (now + sessions.idle_s * 1000).min(found.created_at + sessions.max_s * 1000);
    let write = async {
        let mut tx = app.db.begin().await?;
        tx.exec(
            "update sessions set last_seen_at = $2, expires_at = $3, address = coalesce($4, address) where id = $1",
            args![&found.auth.session, now, expires, address],
        )
        .await?;
        tx.commit().await
    };
    if let Err(e) = write.await {
        tracing::warn!(error = %e, "the use of a session could not be written");
    }
}
