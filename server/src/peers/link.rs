//! How the log's relay reaches hubs elsewhere.

use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{ChannelId, InstanceId, MediaId, ServerId};
use conntext_federation::wire::{ActionsRequest, ActionsResponse};
use futures_util::future::BoxFuture;

use super::{CallError, call, find, moved};
use crate::App;
use crate::app::WeakApp;
use crate::log::{HubLink, LinkError};

/// When a hub without room for a file is asked again, milliseconds.
const NO_ROOM_MS: u64 = 30_000;

/// Implements the log's way out. It holds the instance weakly, or neither would ever end.
pub struct Link(pub WeakApp);

impl Link {
    fn app(&self) -> Result<App, LinkError> {
        let app = self.0.upgrade().filter(|app| !app.stopping.is_cancelled());
        app.ok_or_else(|| LinkError::Unreachable("this instance is stopping".into()))
    }
}

fn domain_of(text: &str) -> Result<Domain, LinkError> {
    Domain::parse_normal(text, true).map_err(LinkError::Refused)
}

fn link_error(e: CallError) -> LinkError {
    if e.passing() {
        return match e.retry_after_ms() {
            Some(ms) => LinkError::Later(ms),
            None if matches!(e, CallError::Problem { status: ..500, .. }) => LinkError::NotNow(e.to_string()),
            None => LinkError::Unreachable(e.to_string()),
        };
    }
    match e.code().and_then(Code::parse) {
        Some(code) => LinkError::Refused(code),
        None => LinkError::Unreachable(e.to_string()),
    }
}

impl HubLink for Link {
    fn actions<'a>(
        &'a self,
        hub: &'a InstanceId,
        domain: &'a str,
        sid: &'a ServerId,
        request: ActionsRequest,
    ) -> BoxFuture<'a, Result<ActionsResponse, LinkError>> {
        Box::pin(async move {
            let app = self.app()?;
            let domain = domain_of(domain)?;
            if find(&app, &domain).await.map_err(link_error)?.ik != *hub {
                return Err(LinkError::Unreachable("another instance answers there".into()));
            }
            let answer = call(&app, &domain, Method::POST, &format!("/servers/{sid}/actions"), &request).await;
            answer.map_err(|e| match app.log.get(sid).filter(|_| e.code() == Some(Code::NotHub.as_str())) {
                // The community went elsewhere: what people wrote waits until that is heard here, and goes there.
                Some(log) => {
                    moved::soon(&app, moved::named(&e).as_ref().unwrap_or(&domain), &log);
                    LinkError::NotNow(e.to_string())
                }
                None => link_error(e),
            })
        })
    }

    fn media<'a>(
        &'a self,
        domain: &'a str,
        sid: &'a ServerId,
        channel: &'a ChannelId,
        files: Vec<MediaId>,
    ) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            let app = self.app()?;
            let domain = domain_of(domain)?;
            let brought = (app.peers.rooms.ensure_media)(&app, &domain, sid, channel, files).await;
            brought.map_err(|e| match &e {
                // It answers and has no room now: no reason to take it for away.
                CallError::Problem { status: 507, .. } => LinkError::Later(e.retry_after_ms().unwrap_or(NO_ROOM_MS)),
                _ => link_error(e),
            })
        })
    }
}
