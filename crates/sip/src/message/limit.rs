//! How much of a peer's message is taken in before anything is known of the peer (RFC 3261 section 26.1.5 asks for
//! limits and leaves them to us).

/// Bytes of a whole message: what a UDP datagram can hold.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Header fields of a message.
pub const MAX_HEADERS: usize = 256;
/// Bytes of the start line or of one header field, continuation lines included.
pub const MAX_LINE: usize = 8 * 1024;
/// Via values of a message, commas counted.
pub const MAX_VIAS: usize = 64;
