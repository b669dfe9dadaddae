//! Connections that wait for another request of the same [`Face`], and the seats of each origin: a dead one must not hold another's
//! callers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::connection::Connection;
use super::identity::Face;
use super::target::Origin;

/// How long a connection may wait for another request.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(30);

/// How long a connection may be used at all: a name that resolves elsewhere is followed and judged again by then.
pub(crate) const AGE_MAX: Duration = Duration::from_secs(300);

/// Connections to one origin that wait, for each face.
const IDLE_PER_ORIGIN: usize = 64;

/// Requests to one origin at the same time that a caller waits for; the others wait for a seat within their budget.
const CALLER_SEATS: usize = 256;

/// Reports to one origin at the same time. They have seats of their own: a caller never waits behind a report.
const REPORT_SEATS: usize = callout::PER_ORIGIN;

/// How often the whole pool is looked through, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Copies to one origin at the same time; nor behind one of these.
const COPY_SEATS: usize = callout::COPIES;

/// What waits, by origin.
pub(crate) struct Pool {
    shelves: Mutex<Shelves>,
}

struct Shelves {
    by_origin: BTreeMap<Origin, Shelf>,
    swept: Instant,
}

struct Shelf {
    idle: BTreeMap<Face, Vec<Connection>>,
    callers: Arc<Semaphore>,
    reports: Arc<Semaphore>,
    copies: Arc<Semaphore>,
}

/// For whom a request is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane {
    /// A caller who waits for the answer.
    Caller,
    /// Nobody: it is a report.
    Report,
    /// Nobody: it is a copy.
    Copy,
}

impl Pool {
    /// An empty pool.
    pub(crate) fn new(now: Instant) -> Self {
        Self { shelves: Mutex::new(Shelves { by_origin: BTreeMap::new(), swept: now }) }
    }

    /// The seats of an origin: a request holds one while it runs.
    pub(crate) fn seats(&self, origin: &Origin, lane: Lane, now: Instant) -> Arc<Semaphore> {
        let mut shelves = self.lock();
        shelves.sweep(now);
        let shelf = shelves.by_origin.entry(origin.clone()).or_insert_with(Shelf::new);
        Arc::clone(match lane {
            Lane::Caller => &shelf.callers,
            Lane::Report => &shelf.reports,
            Lane::Copy => &shelf.copies,
        })
    }

    /// The connection to `origin` that was used last as that one, if one may still be used.
    pub(crate) fn take(&self, origin: &Origin, face: Face, now: Instant) -> Option<Connection> {
        let mut shelves = self.lock();
        let idle = shelves.by_origin.get_mut(origin)?.idle.get_mut(&face)?;
        std::iter::from_fn(|| idle.pop()).find(|connection| is_usable(connection, now))
    }

    /// Keeps a connection whose last answer was read to its end.
    pub(crate) fn put(&self, origin: &Origin, face: Face, mut connection: Connection, now: Instant) {
        connection.idle_since = now;
        if let Some(shelf) = self.lock().by_origin.get_mut(origin) {
            let idle = shelf.idle.entry(face).or_default();
            if idle.len() < IDLE_PER_ORIGIN {
                idle.push(connection);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        // A shelf is whole between any two statements, so a panic elsewhere leaves nothing half done.
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn new() -> Self {
        let seats = |count| Arc::new(Semaphore::new(count));
        Self {
            idle: BTreeMap::new(),
            callers: seats(CALLER_SEATS),
            reports: seats(REPORT_SEATS),
            copies: seats(COPY_SEATS),
        }
    }

    fn is_used(&self) -> bool {
        let held = |seats| Arc::strong_count(seats) > 1;
        !self.idle.is_empty() || held(&self.callers) || held(&self.reports) || held(&self.copies)
    }
}

impl Shelves {
    /// Drops what waited too long, and origins that nobody uses.
    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) < SWEEP_EVERY {
            return;
        }
        self.swept = now;
        self.by_origin.retain(|_, shelf| {
            shelf.idle.retain(|_, idle| {
                idle.retain(|connection| is_usable(connection, now));
                !idle.is_empty()
            });
            shelf.is_used()
        });
    }
}

fn is_usable(connection: &Connection, now: Instant) -> bool {
    !connection.is_closed()
        && now.saturating_duration_since(connection.idle_since) < IDLE_MAX
        && now.saturating_duration_since(connection.since) < AGE_MAX
}
