//! From the switch to the store: journal lines in the order they were written, and outbox rows together with the lines
//! before them (invariant I1: a row before it is a promise).

use std::collections::BTreeMap;

use model::{CallEvent, CallSid, EventKind};
use store::{Batch, Refused, Writer};
use switch::{CalloutKey, Notify};
use tokio::sync::Notify as Bell;

use crate::clock;
use crate::driver::Letter;
use crate::live::Live;
use crate::mailbox::Mailbox;

/// Lines that may wait for a store that does not keep up; past it the oldest calls' lines are dropped, loudly.
const LINES: usize = 200_000;

/// Writes journals and outbox rows.
pub struct Scribe {
    writer: Writer,
    letters: Mailbox<Letter>,
    /// Rung when a row has come into the outbox.
    courier: std::sync::Arc<Bell>,
    live: Live,
    waiting: BTreeMap<CallSid, Vec<CallEvent>>,
    lines: usize,
}

impl Scribe {
    /// A scribe for this store. What becomes durable is told to `live`.
    pub fn new(writer: Writer, letters: Mailbox<Letter>, courier: std::sync::Arc<Bell>, live: Live) -> Self {
        Self { writer, letters, courier, live, waiting: BTreeMap::new(), lines: 0 }
    }

    /// Takes a line; it is written when the switch rests, or with the next row of its call.
    pub fn journal(&mut self, event: CallEvent) {
        self.waiting.entry(event.call.clone()).or_default().push(event);
        self.lines += 1;
    }

    /// Writes a row of the outbox after its call's lines. The switch hears whether it is durable.
    pub fn commit(&mut self, key: CalloutKey, notify: Notify) {
        let events = self.take(&notify.call);
        let row = store::Notify {
            call: notify.call,
            callout: notify.callout,
            request: notify.request,
            created: clock::now().wall,
        };
        let (letters, courier, live) = (self.letters.clone(), self.courier.clone(), self.live.clone());
        let on_done = move |result: Result<Vec<CallEvent>, store::StoreError>| {
            let failure = match result {
                Ok(events) => {
                    courier.notify_one();
                    live.tell(events);
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            letters.send(Letter::Committed(key, failure));
        };
        if let Err(refused) = self.writer.append(Batch { events, notify: vec![row] }, on_done) {
            let why = refused.reason.to_string();
            tracing::error!(%why, "an asynchronous callout could not be stored");
            self.keep(refused);
            self.letters.send(Letter::Committed(key, Some(why)));
        }
    }

    /// Writes the lines that wait.
    pub fn rest(&mut self) {
        while let Some(call) = self.waiting.keys().next().cloned() {
            let events = self.take(&call);
            let ended = events.iter().any(|event| matches!(event.kind, EventKind::Ended { .. }));
            let live = self.live.clone();
            let on_done = move |result: Result<Vec<CallEvent>, store::StoreError>| match result {
                Ok(events) => live.tell(events),
                Err(error) => tracing::error!(%error, call = %call, ended, "lines of a journal are lost"),
            };
            if let Err(refused) = self.writer.append(Batch { events, notify: Vec::new() }, on_done) {
                return self.keep(refused); // the disk does not keep up: at the next rest
            }
        }
    }

    fn take(&mut self, call: &CallSid) -> Vec<CallEvent> {
        let events = self.waiting.remove(call).unwrap_or_default();
        self.lines -= events.len();
        events
    }

    fn keep(&mut self, refused: Refused<Batch>) {
        for event in refused.job.events {
            self.journal(event);
        }
        while self.lines > LINES
            && let Some(call) = self.waiting.keys().next().cloned()
        {
            let lost = self.take(&call).len();
            tracing::error!(%call, lost, "the store does not keep up; lines of a journal are lost");
        }
    }
}
