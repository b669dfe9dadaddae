//! Who talked with whom.

use jiff::Timestamp;

/// A conversation, as it is kept in mind for the caller's next call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The caller's number.
    pub caller: String,
    /// Whom it talked with: the number or `sip:` URI that was dialled.
    pub party: String,
    /// When the two began to hear each other.
    pub at: Timestamp,
}
