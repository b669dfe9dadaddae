//! A recording of what the caller says, until something ends it.

use std::sync::Arc;
use std::time::Duration;

use model::Format;

/// How the caller is recorded. It ends when the caller hangs up, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// At the latest after that.
    pub longest: Duration,
    /// After so long a silence.
    pub silence: Duration,
    /// With that key.
    pub finish_key: Option<char>,
    /// What the file is.
    pub format: Format,
    /// Whose message it is.
    pub mailbox: Option<Arc<str>>,
}
