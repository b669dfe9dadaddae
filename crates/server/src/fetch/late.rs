//! The body of an answer that was decided by its status: read beside the call, to be kept with the attempt.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::yield_now;

use super::since;
use crate::clock;

/// Bodies that are read at the same time without anybody waiting: 16 MiB at most. With more the connection is closed, and the body
/// is not kept.
pub const LATE_BODIES: usize = 256;

/// How often the connection's own task has its turn before a body counts as late. One turn hands over what it has read already.
const TURNS: usize = 2;

/// A body that is on its way. It is read while [`Late::body`] is polled; dropped, it closes its connection.
pub struct Late {
    reading: Pin<Box<dyn Future<Output = (Vec<u8>, bool)> + Send>>,
    began: Instant,
    _place: OwnedSemaphorePermit,
}

/// A body that came late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateBody {
    /// What came of it within a second, at most the request's `body_limit`.
    pub body: Vec<u8>,
    /// Whether that was all.
    pub whole: bool,
    /// How long it took from the end of the headers.
    pub took: Duration,
}

impl Late {
    pub(super) fn new(
        reading: Pin<Box<dyn Future<Output = (Vec<u8>, bool)> + Send>>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self { reading, began: clock::now().at, _place: place }
    }

    /// Reads it.
    pub async fn body(self) -> LateBody {
        let (body, whole) = self.reading.await;
        LateBody { body, whole, took: since(self.began) }
    }
}

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a body on its way")
    }
}

/// The connection's own task, and others, have their turns.
pub(super) async fn turns() {
    for _ in 0..TURNS {
        yield_now().await;
    }
}
