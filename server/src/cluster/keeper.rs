//! Holds the locks of this process: whoever has that of the duties does what is to be done once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Cluster;
use crate::db::{self, Locks};

/// How often the locks are looked at: a process that ended is followed within about this time.
const EVERY: Duration = Duration::from_millis(500);

/// Keeps the locks until the instance stops.
pub(super) async fn keep(cluster: Arc<Cluster>, mut locks: Option<Locks>, stopping: CancellationToken) {
    // What of it the connection says already.
    let mut said = false;
    loop {
        let looked = stopping.run_until_cancelled(look(&cluster, &mut locks, &mut said)).await;
        if let Some(Err(e)) = looked {
            if cluster.duties.send_replace(false) {
                tracing::warn!(error = %e, "the connection that holds the duties is lost; another process may take them");
            }
            (locks, said) = (None, false);
        }
        tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            () = cluster.changed.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    cluster.duties.send_replace(false);
    if let Some(locks) = locks {
        locks.close().await;
    }
}

async fn look(cluster: &Cluster, held: &mut Option<Locks>, said: &mut bool) -> db::Result<()> {
    let Some(shared) = &cluster.shared else { return Ok(()) };
    let locks = match held {
        Some(locks) => locks,
        None => held.insert(shared.between.locks().await?),
    };
    if cluster.has_duties() {
        locks.check().await?;
    } else if locks.take_duties().await? {
        tracing::info!("this process takes over what is to be done once");
        cluster.duties.send_replace(true);
    }
    if !cluster.looked_here.load(Ordering::Acquire) {
        let others = locks.others_looked().await?;
        cluster.looked.send_if_modified(|looked| std::mem::replace(looked, others) != others);
    } else if !*said {
        locks.say_looked().await?;
        *said = true;
    }
    Ok(())
}
