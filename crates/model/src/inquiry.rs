//! A callout that a call waits for, with all that may be done to come by an answer (`trust.md` 2.2).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CallSid, CalloutId, HttpOutcome, HttpRequest, HttpTrace};

/// A request that a call waits for, and what is done when it is not answered well. Everything but the request is a choice
/// of the flow's author; without it the request is made once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// What is asked. Its budget is that of the whole inquiry, further tries included.
    pub request: HttpRequest,
    /// Further tries when the connection is refused or the answer is a 5xx.
    pub retries: u8,
    /// What is asked instead when the request came to nothing. The request has two thirds of the budget then.
    pub fallback: Option<HttpRequest>,
    /// After that long without an answer the same is asked a second time, and the first good answer counts.
    pub hedge: Option<Duration>,
    /// An origin that fails and fails is left alone for a while, for all calls that wish so.
    pub breaker: bool,
    /// When nothing else helps, the last good answer counts.
    pub last_good: Option<LastGood>,
    /// Gets a copy; what it answers is kept, and nothing comes of it.
    pub shadow: Option<HttpRequest>,
}

/// Which answer may stand in, and how old it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastGood {
    /// What the answer was given to: it stands in for the same again.
    pub of: String,
    /// How old it may be.
    pub age: Duration,
}

impl From<HttpRequest> for Inquiry {
    fn from(request: HttpRequest) -> Self {
        Self { request, retries: 0, fallback: None, hedge: None, breaker: false, last_good: None, shadow: None }
    }
}

/// One try of a callout as it is kept: what was asked, what came of it, where the time went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The call that asked.
    pub call: CallSid,
    /// The callout.
    pub callout: CalloutId,
    /// Which try of it, from 1.
    pub number: u32,
    /// Why it was made.
    pub way: Way,
    /// When.
    pub began: Timestamp,
    /// How long it took, waiting for a place at its origin included.
    pub took: Duration,
    /// What was asked; the URL's userinfo is in it.
    pub request: HttpRequest,
    /// What came of it.
    pub outcome: HttpOutcome,
    /// Where the time went.
    pub trace: HttpTrace,
}

/// Why a request was made, or where an answer comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It is the first.
    #[default]
    First,
    /// The one before came to nothing.
    Retry,
    /// The first takes long.
    Hedge,
    /// The URL itself came to nothing, and this is the other one.
    Fallback,
    /// It is an earlier answer, kept for this.
    LastGood,
    /// It is a copy, of which nothing comes.
    Shadow,
}

impl Way {
    /// Its name, as the journal has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Retry => "retry",
            Self::Hedge => "hedge",
            Self::Fallback => "fallback",
            Self::LastGood => "last_good",
            Self::Shadow => "shadow",
        }
    }
}
