//! What the API asks of the running switch. The server implements it over the switch's mailbox.

use std::pin::Pin;
use std::sync::Arc;

use model::{CallSid, SipTrace, StartCall};

use crate::{Advice, FlowSummary};

/// A boxed future, so that the trait can be an object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The running switch, as far as the API needs it. Of one tenant.
pub trait Switchboard: Send + Sync {
    /// What is held right now: calls, dialogs, timers, ports. `None` if the switch is gone.
    fn gauges(&self) -> BoxFuture<'_, Option<Vec<Gauge>>>;

    /// Whether a call may begin now; else why not, for a person. `None` if the switch is gone.
    fn admits(&self) -> BoxFuture<'_, Option<Result<(), String>>>;

    /// The users whose phones are registered now. `None` if the switch is gone.
    fn registered(&self) -> BoxFuture<'_, Option<Vec<String>>>;

    /// A name for a call that is to be begun.
    fn name(&self) -> CallSid;

    /// Begins a call. It is begun when the switch has it: nobody has answered by then, or even rings.
    fn start(&self, wanted: StartCall) -> BoxFuture<'_, Result<(), StartFailure>>;

    /// Begins to end a call; `false` if no such call runs.
    fn hang_up(&self, sid: CallSid) -> BoxFuture<'_, bool>;

    /// The SIP messages of a call that runs or has ended just now. `None` if none are kept.
    fn trace(&self, sid: CallSid) -> BoxFuture<'_, Option<Arc<SipTrace>>>;

    /// The flows as they are published now, by name.
    fn flows(&self) -> Vec<FlowSummary>;

    /// What of the configuration and the flows hardly is as it was meant.
    fn advice(&self) -> Vec<Advice>;
}

/// Why a call is not begun, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFailure {
    /// It never can be as it was asked for.
    Wrong(String),
    /// It cannot be now.
    Busy(String),
}

/// The gauge of streams under way.
pub const STREAMS: &str = "passthru_streams";
/// The gauge of how many streams there may be.
pub const STREAMS_LIMIT: &str = "passthru_streams_limit";

/// A figure that goes up and down, or, if its name ends in `_total`, only up.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Its Prometheus name, such as `passthru_active_calls`.
    pub name: &'static str,
    /// What it counts, for a person.
    pub help: &'static str,
    /// What tells it from others of its name, which stand beside it.
    pub labels: Vec<(&'static str, String)>,
    /// The figure.
    pub value: f64,
}
