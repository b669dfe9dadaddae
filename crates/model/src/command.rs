//! What may be asked of a running call from outside its flow.

use serde::{Deserialize, Serialize};

use crate::{CallSid, Cause};

/// An order to a running call, from the API or the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum CallCommand {
    /// Ends the call.
    Hangup {
        /// Which call.
        call: CallSid,
        /// Why, as both parties are told.
        cause: Cause,
    },
}
