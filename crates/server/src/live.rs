//! What has become durable, told to whoever watches: counted first, then sent on.

use std::sync::Arc;

use api::Metrics;
use model::CallEvent;
use tokio::sync::broadcast;

/// Journal lines that a slow watcher may fall behind before it misses some.
const LINES: usize = 4_096;

/// Tells journal lines. Clones tell the same watchers.
#[derive(Clone)]
pub struct Live {
    sender: broadcast::Sender<CallEvent>,
    metrics: Arc<Metrics>,
}

impl Live {
    /// Nobody watches yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { sender: broadcast::channel(LINES).0, metrics }
    }

    /// Counts lines and tells them.
    pub fn tell(&self, events: impl IntoIterator<Item = CallEvent>) {
        for event in events {
            self.metrics.observe(&event);
            drop(self.sender.send(event)); // nobody may be watching
        }
    }

    /// Counts lines that will never be durable.
    pub fn lose(&self, lines: usize) {
        self.metrics.add_journal_lost(u64::try_from(lines).unwrap_or(u64::MAX));
    }

    /// For those who watch.
    pub fn sender(&self) -> &broadcast::Sender<CallEvent> {
        &self.sender
    }

    /// Watches from now on.
    pub fn watch(&self) -> broadcast::Receiver<CallEvent> {
        self.sender.subscribe()
    }
}
