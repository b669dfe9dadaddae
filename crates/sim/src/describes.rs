//! Offer and answer as peers do them, whatever the switch would like (RFC 3261 section 13.2.1).

/// Which messages of a phone's INVITEs carry its session description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Describes {
    /// The INVITE, as an offer.
    #[default]
    InInvite,
    /// The ACK, as the answer to the far end's offer.
    InAck,
    /// The ACK, as an answer without a codec of the offer.
    Badly,
    /// Both, the same.
    Twice,
    /// Neither, though the far end offers.
    Never,
}
