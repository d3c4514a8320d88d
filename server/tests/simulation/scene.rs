//! What a run plays with.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use super::net::Net;
use super::node::Node;
use super::restores::Restores;
use super::trace::Trace;
use super::watch::Watch;
use super::world::World;

/// A run.
pub struct Scene {
    pub seed: u64,
    pub world: World,
    pub nodes: Vec<Arc<Node>>,
    pub net: Net,
    pub trace: Trace,
    pub ledger: Ledger,
    pub watch: Watch,
    pub restores: Restores,
    /// Cancelled when people do nothing new any more.
    pub evening: CancellationToken,
    /// Cancelled when nothing goes wrong any more.
    pub calm: CancellationToken,
}

impl Scene {
    /// Starts an instance on what it has on disk; whether it came to be there.
    pub async fn start(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        if !node.start().await {
            return false;
        }
        let Some(running) = node.running() else { return false };
        self.watch.follow(index, &running, &self.world.places);
        self.watch.compare(index, node, &self.world.places).await;
        true
    }
}
