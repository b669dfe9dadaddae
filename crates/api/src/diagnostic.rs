//! What is wrong with a document, on the wire.

use flow::{Diagnostic, Severity};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong at one place of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiagnosticView {
    /// `error`: the flow cannot run. `warning`: it can, but hardly as it was meant.
    pub severity: &'static str,
    /// The node that it concerns, if one.
    pub node: Option<String>,
    /// The way to the value: `nodes.menu.on.1`. Empty for the document as a whole.
    pub path: String,
    /// The line of the text, from 1; 0 if there is no place.
    pub line: usize,
    /// The character in the line, from 1; 0 if there is no place.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl From<Diagnostic> for DiagnosticView {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { severity, node, path, place, message, hint } = diagnostic;
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        Self { severity, node, path, line: place.line, column: place.column, message, hint }
    }
}

/// All of them.
pub(crate) fn views(diagnostics: Vec<Diagnostic>) -> Vec<DiagnosticView> {
    diagnostics.into_iter().map(DiagnosticView::from).collect()
}
