//! Why a header field could not be read.

use super::Name;
use crate::Syntax;

/// A field that is needed and missing, or there and not readable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The message has no such field.
    #[error("no {0}")]
    Missing(Name),
    /// The field breaks its grammar.
    #[error("{0}: {1}")]
    Malformed(Name, Syntax),
}
