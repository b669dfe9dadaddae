//! Questions to the store, on a small pool of connections that cannot write. Methods block: call them where that is fine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use jiff::Timestamp;
use model::{CallEvent, CallSearch, CallSid, CalloutId, Cdr, RecordingName, SipTrace, Talk, Tenant};
use rusqlite::Connection;

use crate::error::Trouble;
use crate::{
    AttemptRow, AuditFilter, AuditRow, Backlog, CallFilter, CallPage, FlowState, Found, OutboxFilter, OutboxRow, Owed,
    Page, Person, Recorded, RecordingFilter, RecordingRow, Retention, Signed, StoreError, VersionRow,
};
use crate::{Callout, CalloutFilter, CalloutPage, Stats, StatsFilter};
use crate::{
    attempts, audit, callouts, calls, connection, events, flows, keys, migrate, outbox, people, recordings, search,
    stats, talks, traces,
};

/// Connections in the pool; a question past that waits for one. The API asks four at a time, so the courier need not wait for it.
const READERS: usize = 5;

/// Answers questions. Every question names its tenant; what is another tenant's is not there. A copy is the same pool.
#[derive(Clone)]
pub struct Reader {
    pool: Arc<Pool>,
}

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Reader {
    /// Reads the database file beside a server that runs or not. A file that this release has not written to yet is an error.
    pub fn at(path: &Path) -> Result<Self, StoreError> {
        let reader = Self::open(path)?;
        let (found, known) = (migrate::inspect(reader.pool.borrow().connection(), path)?, migrate::known());
        if found < known {
            return Err(StoreError::Older { path: path.to_owned(), found, known });
        }
        Ok(reader)
    }

    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |_| connection::for_reading(path).map_err(|trouble| trouble.at(path));
        let idle = Mutex::new((0..READERS).map(open).collect::<Result<_, _>>()?);
        Ok(Self { pool: Arc::new(Pool { path: path.to_owned(), idle, returned: Condvar::new() }) })
    }

    /// Call records, newest first; `limit` is brought into 1 to [`crate::CALLS_A_PAGE`].
    pub fn calls(&self, tenant: &Tenant, filter: &CallFilter, limit: usize) -> Result<CallPage, StoreError> {
        self.ask(|connection| calls::page(connection, tenant, filter, limit))
    }

    /// Call records that are looked for; `limit` is brought into 1 to [`crate::CALLS_A_PAGE`].
    pub fn search(&self, tenant: &Tenant, wanted: &CallSearch, page: &Page, limit: usize) -> Result<Found, StoreError> {
        self.ask(|connection| search::search(connection, tenant, wanted, page, limit))
    }

    /// Who talked with whom in calls that came after that moment, of the newest [`crate::CALLS_READ`].
    pub fn talks(&self, tenant: &Tenant, since: Timestamp) -> Result<Vec<Talk>, StoreError> {
        self.ask(|connection| talks::since(connection, tenant, since))
    }

    /// One call's record.
    pub fn call(&self, tenant: &Tenant, sid: &CallSid) -> Result<Option<Cdr>, StoreError> {
        self.ask(|connection| calls::one(connection, tenant, sid))
    }

    /// A call's journal from line `from` on, at most [`crate::EVENTS_A_PAGE`] lines; empty if there is no such call.
    pub fn events(&self, tenant: &Tenant, sid: &CallSid, from: u32) -> Result<Vec<CallEvent>, StoreError> {
        self.ask(|connection| events::page(connection, tenant, sid, from))
    }

    /// Outbox rows, newest first; `limit` is brought into 1 to [`crate::CLAIM_ROWS`].
    pub fn outbox(&self, tenant: &Tenant, filter: &OutboxFilter, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.ask(|connection| outbox::page(connection, tenant, filter, limit))
    }

    /// The origins that outbox rows wait for, of all tenants, soonest due first, and what of them is due at `now`.
    pub fn owed(&self, now: Timestamp) -> Result<Vec<Owed>, StoreError> {
        self.ask(|connection| outbox::owed(connection, now))
    }

    /// Counts the outbox rows of all tenants that are not delivered.
    pub fn backlog(&self) -> Result<Backlog, StoreError> {
        self.ask(outbox::backlog)
    }

    /// The requests of a call's callouts, in their order, at most [`crate::ATTEMPTS_A_PAGE`].
    pub fn attempts(&self, tenant: &Tenant, sid: &CallSid) -> Result<Vec<AttemptRow>, StoreError> {
        self.ask(|connection| attempts::of_call(connection, tenant, sid))
    }

    /// The SIP messages of a call that is over, if they are kept.
    pub fn trace(&self, tenant: &Tenant, sid: &CallSid) -> Result<Option<SipTrace>, StoreError> {
        self.ask(|connection| traces::of_call(connection, tenant, sid))
    }

    /// Callouts, newest first; `limit` is brought into 1 to [`crate::CALLOUTS_A_PAGE`].
    pub fn callouts(&self, tenant: &Tenant, filter: &CalloutFilter, limit: usize) -> Result<CalloutPage, StoreError> {
        self.ask(|connection| callouts::page(connection, tenant, filter, limit))
    }

    /// One callout with its attempts.
    pub fn callout(&self, tenant: &Tenant, sid: &CallSid, callout: CalloutId) -> Result<Option<Callout>, StoreError> {
        self.ask(|connection| callouts::one(connection, tenant, sid, callout))
    }

    /// Counts the attempts of callouts, the newest [`crate::ATTEMPTS_COUNTED`].
    pub fn stats(&self, tenant: &Tenant, filter: &StatsFilter) -> Result<Stats, StoreError> {
        self.ask(|connection| stats::count(connection, tenant, filter))
    }

    /// A call's recordings, the first one first, at most [`crate::RECORDINGS_A_CALL`].
    pub fn recordings(&self, tenant: &Tenant, sid: &CallSid) -> Result<Vec<RecordingRow>, StoreError> {
        self.ask(|connection| recordings::of_call(connection, tenant, sid))
    }

    /// A recording.
    pub fn recording(&self, tenant: &Tenant, name: &RecordingName) -> Result<Option<RecordingRow>, StoreError> {
        let row = self.ask(|connection| recordings::one(connection, name))?;
        Ok(row.filter(|row| row.recording.tenant == *tenant))
    }

    /// The recordings of all tenants that are not to be kept any longer, the oldest first, at most `limit`.
    pub fn outlived_recordings(&self, kept: &Retention, limit: usize) -> Result<Vec<RecordingRow>, StoreError> {
        self.ask(|connection| recordings::outlived(connection, kept, limit))
    }

    /// The recordings of all tenants that are not over, the first one first: for a recorder that begins.
    pub fn unfinished_recordings(&self) -> Result<Vec<RecordingRow>, StoreError> {
        self.ask(recordings::unfinished)
    }

    /// Recordings with their calls, the newest first; `limit` is brought into 1 to [`crate::RECORDINGS_A_PAGE`].
    pub fn recorded(
        &self,
        tenant: &Tenant,
        filter: &RecordingFilter,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.ask(|connection| recordings::page(connection, tenant, filter, limit))
    }

    /// What there is of a flow.
    pub fn flow(&self, tenant: &Tenant, name: &str) -> Result<FlowState, StoreError> {
        self.ask(|connection| flows::state(connection, tenant, name))
    }

    /// The versions of a flow, newest first, before that one if one is given; `limit` is brought into 1 to
    /// [`crate::VERSIONS_A_PAGE`].
    pub fn versions(
        &self,
        tenant: &Tenant,
        of: (&str, Option<u64>),
        limit: usize,
    ) -> Result<Vec<VersionRow>, StoreError> {
        self.ask(|connection| flows::page(connection, tenant, of, limit))
    }

    /// A version of a flow, and its document.
    pub fn version(
        &self,
        tenant: &Tenant,
        flow: &str,
        version: u64,
    ) -> Result<Option<(VersionRow, String)>, StoreError> {
        self.ask(|connection| flows::one(connection, tenant, flow, version))
    }

    /// The names of the flows that are being written.
    pub fn drafts(&self, tenant: &Tenant) -> Result<Vec<String>, StoreError> {
        self.ask(|connection| flows::drafts(connection, tenant))
    }

    /// The audit log, newest first; `limit` is brought into 1 to [`crate::AUDIT_A_PAGE`].
    pub fn audit(&self, tenant: &Tenant, filter: &AuditFilter, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.ask(|connection| audit::page(connection, tenant, filter, limit))
    }

    /// Whether this token is that of the API key; of any key if none is named. Revoked keys are none.
    pub fn opens(&self, tenant: &Tenant, key: Option<&str>, token: &str) -> Result<bool, StoreError> {
        self.ask(|connection| keys::opens(connection, tenant, key, token))
    }

    /// Whether anybody may use the console.
    pub fn has_people(&self, tenant: &Tenant) -> Result<bool, StoreError> {
        self.ask(|connection| people::any(connection, tenant))
    }

    /// The people who may, by name; at most 1,000.
    pub fn people(&self, tenant: &Tenant) -> Result<Vec<Person>, StoreError> {
        self.ask(|connection| people::list(connection, tenant))
    }

    /// Somebody's password, as a PHC string.
    pub fn password(&self, tenant: &Tenant, name: &str) -> Result<Option<String>, StoreError> {
        self.ask(|connection| people::password(connection, tenant, name))
    }

    /// Whose session that is, if it lives at `now`.
    pub fn signed(&self, tenant: &Tenant, token: &str, now: Timestamp) -> Result<Option<Signed>, StoreError> {
        self.ask(|connection| people::signed(connection, tenant, token, now))
    }

    fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T, Trouble>) -> Result<T, StoreError> {
        question(self.pool.borrow().connection()).map_err(|trouble| trouble.at(&self.pool.path))
    }
}

impl Pool {
    fn borrow(&self) -> Borrowed<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match idle.pop() {
                Some(connection) => return Borrowed { pool: self, connection: Some(connection) },
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// A connection on loan: it goes back even if the question panics.
struct Borrowed<'p> {
    pool: &'p Pool,
    connection: Option<Connection>,
}

impl Borrowed<'_> {
    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("held until dropped")
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.connection.take());
        self.pool.returned.notify_one();
    }
}
