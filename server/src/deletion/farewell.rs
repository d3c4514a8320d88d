//! Telling instances that somebody is gone, and what they sign about it.

use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::routing::post;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::farewell::{Farewell, FarewellFields};
use conntext_federation::identity::verify_chain;
use conntext_federation::ids::UserId;
use conntext_federation::wire::SignedProfile;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::store;
use crate::App;
use crate::erasure::pause;
use crate::error::Result;
use crate::http::{Json, Path};
use crate::peers::{self, CallError, Message, Origin};
use crate::profiles;

/// Farewells that are sent in one round.
const AT_ONCE: u64 = 50;
/// Instances that are spoken with at a time.
const AT_A_TIME: usize = 8;

/// What other instances tell of their people.
pub fn peer_router() -> Router<App> {
    Router::new().route("/profiles/{uid}/farewell", post(receive))
}

/// `POST /profiles/{uid}/farewell`
async fn receive(
    State(app): State<App>,
    _: Origin,
    Path(uid): Path<UserId>,
    Message(end): Message<SignedProfile>,
) -> Result<Json<Farewell>> {
    if end.profile.uid != uid {
        return Err(Code::BadObjectSignature.into());
    }
    profiles::exchange::bury(&app, &end).await?;
    let op = verify_chain(&end.identity)?.hash;
    let fields = FarewellFields { uid, op, by: app.keys.ik.clone(), erased_at: app.clock.now_ms() };
    Ok(Json(Farewell::sign(fields, &app.keys.signing())?))
}

/// Tells those who are to be told now.
pub(super) async fn send(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    let due = store::to_tell(&mut app.db.read().await?, now, AT_ONCE).await?;
    let telling = due.into_iter().map(|one| async move {
        let outcome = tell(app, &one).await;
        let mut tx = app.db.begin().await?;
        match outcome {
            Ok(receipt) => store::told(&mut tx, &one, &receipt).await?,
            Err(e) => {
                tracing::info!(uid = one.uid, domain = one.domain, error = %e, "a farewell did not arrive yet");
                store::tell_later(&mut tx, &one, now + pause(one.tries)).await?;
            }
        }
        Ok(tx.commit().await?)
    });
    stream::iter(telling).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

/// Answers with what the other signed.
async fn tell(app: &App, due: &store::Due) -> std::result::Result<String, CallError> {
    let own = |e: &dyn std::fmt::Display| CallError::Unreachable(format!("this instance itself: {e}"));
    let domain = Domain::parse_normal(&due.domain, true)?;
    let uid: UserId = due.uid.parse()?;
    let end = profiles::exchange::signed(app, &app.keys.ik, std::slice::from_ref(&uid)).await.map_err(|e| own(&e))?;
    let end = end.into_iter().next().ok_or(Code::NotFound)?;
    let op = verify_chain(&end.identity)?.hash;
    let path = format!("/profiles/{uid}/farewell");
    let receipt: Farewell = peers::call(app, &domain, Method::POST, &path, &end).await?;
    let peer = peers::naming(app, &domain, &receipt.sig().kid).await?;
    receipt.check_names(&uid, &op, &peer.ik)?;
    receipt.check(peer.doc.key_at(&receipt.sig().kid, app.clock.now_ms())?)?;
    String::from_utf8(receipt.to_vec()?).map_err(|_| CallError::Refused(Code::BadJson))
}
