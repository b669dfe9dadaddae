//! Why a description is refused, and the SIP status that says so (RFC 3261 sections 13.3.1.3 and 21).

/// A description that cannot be used. Nothing of the negotiation changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// An address that media may not be sent to: a host name, a group, another address family, our own port.
    #[error("address not usable: {0}")]
    Address(String),
    /// Not SDP.
    #[error("not a session description: {0}")]
    Malformed(String),
    /// No audio stream over RTP/AVP with a codec of ours.
    #[error("no audio stream with a common codec")]
    NotAcceptable,
    /// The call was accepted, and no answer to our offer ever came.
    #[error("no answer to our offer")]
    NotAnswered,
    /// An answer came, and we have not offered anything.
    #[error("an answer without an offer")]
    NotOffered,
    /// Past one of the limits of [`crate::sdp`].
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit that was passed.
        limit: usize,
    },
}

impl SdpError {
    /// The SIP status for an offer refused so: 400 when it cannot be read, 488 when nothing in it is acceptable, 606
    /// when it is the addressing that is not (21.6.4).
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::NotAnswered | Self::NotOffered | Self::TooMany { .. } => 400,
            Self::NotAcceptable => 488,
            Self::Address(_) => 606,
        }
    }
}
