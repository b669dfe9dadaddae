//! What the compiler has to say about a document, and where.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The flow cannot run.
    Error,
    /// The flow runs, but hardly as it was meant.
    Warning,
}

/// A place in a text, both counted from 1. Zero: no place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// One problem of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The node that it concerns, if one.
    pub node: Option<String>,
    /// The way to the value: `nodes.menu.on.1`. Empty for the document as a whole.
    pub path: String,
    /// Where the value stands in the text.
    pub place: Place,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A problem that keeps the flow from running.
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            node: None,
            path: String::new(),
            place: Place::default(),
            message: message.into(),
            hint: None,
        }
    }

    /// A problem that does not.
    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    pub(crate) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    pub(crate) fn path(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    pub(crate) fn node(self, node: &str) -> Self {
        Self { node: Some(node.to_owned()), ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<Option<String>>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.severity {
            Severity::Error => "error: ",
            Severity::Warning => "warning: ",
        })?;
        f.write_str(&self.message)?;
        let Place { line, column } = self.place;
        let place = (line > 0).then(|| format!("line {line}, column {column}"));
        let path = (!self.path.is_empty()).then(|| self.path.clone());
        let mut place = place.into_iter().chain(path).peekable();
        if place.peek().is_some() {
            write!(f, "\n  at {}", place.collect::<Vec<_>>().join(", "))?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Place};

    #[test]
    fn a_diagnostic_is_one_block() {
        let bare = Diagnostic::error("nothing here");
        assert_eq!(bare.to_string(), "error: nothing here");
        let full = Diagnostic::warning("no call comes here")
            .at(Place { line: 3, column: 7 })
            .path("nodes.a")
            .hint(Some("wire it".to_owned()));
        assert_eq!(full.to_string(), "warning: no call comes here\n  at line 3, column 7, nodes.a\n  hint: wire it");
    }
}
