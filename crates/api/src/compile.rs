//! `/api/v1/flows/compile`: what the compiler reads of a document, and all that is wrong with it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use flow::{DOCUMENT_BYTES, Diagnostic, Outline, Port, Sketch};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::diagnostic::{DiagnosticView, views};
use crate::query::{Nothing, Query};
use crate::{Problem, Workshop, body};

/// Bytes of a body that holds a document: JSON doubles its quotes and the ends of its lines.
pub const DOCUMENT_BODY_BYTES: usize = 2 * DOCUMENT_BYTES;

/// A text to look at.
#[derive(Deserialize, ToSchema)]
#[schema(as = CompileWanted)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    /// A flow, YAML or JSON.
    document: String,
}

/// What could be read of a document.
#[derive(Serialize, ToSchema)]
pub struct Compiled {
    /// The flow's name; null if none is given.
    pub name: Option<String>,
    /// The node where a call begins, be there such a node or not; null if none is given.
    pub start: Option<String>,
    /// The nodes, in the order of the text.
    pub nodes: Vec<NodeView>,
    /// All that is wrong, in the order of the text. The flow can run if nothing of it is an error.
    pub diagnostics: Vec<DiagnosticView>,
}

/// A node.
#[derive(Serialize, ToSchema)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// Its applet, be there such a one or not; empty if it names none.
    pub applet: String,
    /// Its exits: those that must be wired, those that may be, then those that are wired besides.
    pub exits: Vec<ExitView>,
    /// Its settings as they are written.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    /// Where `layout` has it drawn, x and y: `layout: { menu: [120, 80] }`.
    pub position: Option<[f64; 2]>,
    /// The line where it begins.
    pub line: usize,
}

/// An exit of a node.
#[derive(Serialize, ToSchema)]
pub struct ExitView {
    /// Its name.
    pub name: String,
    /// The node that it is wired to, be there such a node or not; null if it is not wired.
    pub to: Option<String>,
    /// Whether it must be wired.
    pub required: bool,
}

impl From<Sketch> for NodeView {
    fn from(node: Sketch) -> Self {
        let Sketch { name, applet, exits, fields, position, line } = node;
        let exit = |Port { name, to, required }| ExitView { name, to, required };
        let exits = exits.into_iter().map(exit).collect();
        Self { name, applet: applet.unwrap_or_default(), exits, fields, position, line }
    }
}

/// All that is wrong with a document: what the compiler says, and once it has no fault to find, what the server adds.
pub(crate) fn diagnose(document: &str, workshop: &dyn Workshop) -> Vec<Diagnostic> {
    let (program, mut diagnostics) = flow::compile(document, workshop.catalogue(), 0);
    diagnostics.extend(program.iter().flat_map(|program| workshop.objections(program)));
    diagnostics.sort_by_key(|diagnostic| diagnostic.place);
    diagnostics
}

fn read(document: &str, workshop: &dyn Workshop) -> Compiled {
    let (Outline { name, start, nodes }, _) = flow::outline(document, workshop.catalogue());
    let nodes = nodes.into_iter().map(NodeView::from).collect();
    Compiled { name, start, nodes, diagnostics: views(diagnose(document, workshop)) }
}

/// Reads a document as far as it can be read, and says all that is wrong with it.
///
/// Nothing is kept.
#[utoipa::path(
    post, path = "/api/v1/flows/compile", operation_id = "compileFlow", tag = "flows",
    request_body(content = Text, description = "The document."),
    responses(
        (status = 200, body = Compiled, description = "What could be read, be it a flow that can run or not."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn compile(
    State(desk): State<Arc<Desk>>,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Compiled>, Problem> {
    let Text { document } = body::read(body, DOCUMENT_BODY_BYTES)?;
    desk.labour(move |workshop| read(&document, workshop)).await.map(Json)
}
