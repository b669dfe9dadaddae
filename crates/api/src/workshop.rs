//! What the API asks of those who make flows: the publisher and the rehearsal. The server implements it.

use std::collections::BTreeMap;

use flow::{Catalogue, Diagnostic, Program};
use jiff::Timestamp;
use model::{CallEvent, Cause};
use serde_json::{Map, Value};
use store::{Publisher, Revision};

use crate::BoxFuture;

/// Where flows are made. Of one tenant.
pub trait Workshop: Send + Sync {
    /// The applets that flows can name.
    fn catalogue(&self) -> &Catalogue;

    /// What the compiler cannot know of a flow: why it would not be published here, and what of it would hardly go as it was
    /// meant. May block.
    fn objections(&self, program: &Program) -> Vec<Diagnostic>;

    /// What stands in a file of the flows' folder, and since when; `None` if it is no text. May block.
    fn text(&self, file: &str) -> Option<(String, Timestamp)>;

    /// Publishes a document: it is durable and new calls run it once this yields its version.
    fn publish(&self, wanted: Publication) -> BoxFuture<'_, Result<u64, Unpublished>>;

    /// Plays a call through a document, in no time; or says what is wrong with the script. Blocks.
    fn rehearse(&self, script: &Script) -> Result<Played, Vec<Diagnostic>>;
}

/// A document to publish.
#[derive(Debug)]
pub struct Publication {
    /// The flow's name; of a document that was never fit to run, its file.
    pub flow: String,
    /// The text.
    pub document: String,
    /// How the flow stood when that was read, if that matters.
    pub read: Option<Revision>,
    /// Who publishes it.
    pub by: Publisher,
}

/// Why a document was not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpublished {
    /// It is not fit to run.
    Wrong(Vec<Diagnostic>),
    /// The flow has changed since it was read.
    Stale,
    /// Too many wait to be published.
    Busy,
    /// It could not be written or kept, for that reason.
    Failed(String),
}

/// What happens in a rehearsal, in the words of test files.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The flow's text.
    pub document: String,
    /// Who calls.
    pub caller: Option<String>,
    /// Which number they dial.
    pub number: Option<String>,
    /// Keys for each step that waits for some.
    pub press: Vec<String>,
    /// What sites reply in turn, by URL.
    pub web: BTreeMap<String, Vec<String>>,
    /// How those who are called behave.
    pub answer: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// The nodes that the call came to, in order.
    pub walk: Vec<Stride>,
    /// The call's journal.
    pub events: Vec<CallEvent>,
    /// What was said, a line each.
    pub ladder: String,
    /// What the web was asked.
    pub requests: Vec<Asked>,
    /// Why the call ended; `None` if it never came to a flow.
    pub cause: Option<Cause>,
    /// What went wrong.
    pub troubles: Vec<String>,
    /// Who was dialled and what was asked without being part of the script.
    pub strangers: Vec<String>,
    /// The text of a test file that says all this.
    pub test: String,
}

/// A node that a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stride {
    /// The node.
    pub node: String,
    /// The exit that it was left by, if it was.
    pub exit: Option<String>,
    /// The flow that the call went on in from there, if it did.
    pub flow: Option<String>,
}

/// What the web was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Where to, without the query.
    pub url: String,
    /// `GET` or `POST`.
    pub method: String,
    /// What was sent: the parameters of the query, or the fields of the body.
    pub fields: Map<String, Value>,
}
