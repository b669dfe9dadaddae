//! The publisher's thread: looks at the flows' folder again and again, takes what is published by the API at once, and hands the
//! switch what is new.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};

use anyhow::Result;
use api::{Publication, Unpublished};
use switch::{Numbering as _, Published};
use tokio::sync::oneshot;

use crate::config::Config;
use crate::console::{Flows, Warnings};
use crate::driver::Letter;
use crate::fixed;
use crate::mailbox::Mailbox;
use crate::numbering::Account;
use crate::publish::{self, Changes, Publisher};

/// Orders that may wait; the next one is refused.
const ORDERS: usize = 16;

/// An order, and where its version goes once the switch runs it.
pub(crate) type Ordered = (Publication, oneshot::Sender<Result<u64, Unpublished>>);

/// Where orders come in.
pub(crate) type Orders = SyncSender<Ordered>;

/// What the thread owns.
pub(crate) struct Press {
    pub(crate) publisher: Publisher,
    pub(crate) config: Arc<Config>,
    pub(crate) account: Account,
    /// What is published, for the API.
    pub(crate) flows: Flows,
    /// What is warned of now, for the API.
    pub(crate) warnings: Warnings,
    /// What is dialled before a flow's name to test it, whether or not a number starts it.
    pub(crate) prefix: String,
}

impl Press {
    /// Starts the thread, which ends with those who could order something, or with the switch.
    pub(crate) fn run(mut self, letters: Mailbox<Letter>) -> Result<Orders> {
        let (orders, waiting) = sync_channel(ORDERS);
        std::thread::Builder::new().name("publisher".into()).spawn(move || self.work(&letters, &waiting))?;
        Ok(orders)
    }

    fn work(&mut self, letters: &Mailbox<Letter>, waiting: &Receiver<Ordered>) {
        loop {
            let (changes, then) = match waiting.recv_timeout(publish::EVERY) {
                Ok((order, answer)) => {
                    let (changes, version) = self.publisher.take(order, &self.config);
                    // Whoever asked may have gone away meanwhile; then nobody misses the answer.
                    let then: Box<dyn FnOnce() + Send> = Box::new(move || drop(answer.send(version)));
                    (changes, Some(then))
                }
                Err(RecvTimeoutError::Timeout) => (self.publisher.look(&self.config), None),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.note();
            tell(&changes);
            warn_anew(&self.warnings, self.publisher.warnings(&self.config));
            let is_new = !(changes.published.is_empty() && changes.dropped.is_empty());
            if !is_new {
                then.into_iter().for_each(|then| then());
            } else if !letters.send(self.publication(changes.published, then)) {
                return;
            }
        }
    }

    /// Writes down what is published, for the API.
    pub(crate) fn note(&self) {
        *self.flows.lock().unwrap_or_else(PoisonError::into_inner) = self.publisher.summary(&self.config);
    }

    /// What the switch is told of: these flows and all routes; the fixed flow while there is no other.
    pub(crate) fn publication(&self, flows: Vec<Arc<Published>>, then: Option<Box<dyn FnOnce() + Send>>) -> Letter {
        let (flows, routes) = if self.publisher.is_empty() {
            fixed::flow()
        } else {
            (flows, self.publisher.routes(&self.config, &self.prefix, |number| self.account.normalise(number)))
        };
        Letter::Publish(flows, routes, then)
    }
}

fn tell(changes: &Changes) {
    for refusal in &changes.refused {
        tracing::error!("a flow is refused, the one before it stays\n{refusal}");
    }
    for flow in &changes.published {
        tracing::info!(flow = flow.program.name(), version = flow.program.version(), "published");
    }
    for flow in &changes.dropped {
        tracing::info!(flow, "dropped, as no document has it any more");
    }
}

/// Logs the warnings that were not told before.
pub(crate) fn warn_anew(told: &Warnings, warnings: Vec<String>) {
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    for warning in warnings.iter().filter(|warning| !told.contains(warning)) {
        tracing::warn!("{warning}");
    }
    *told = warnings;
}
