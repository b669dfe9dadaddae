//! A stream, without the socket: what an application is sent of a call, what it says back, and when.
//!
//! A [`Session`] takes what comes over the socket and from the call, and gives messages for the one and audio for the other. The
//! server has one for each WebSocket, a rehearsal one for each application of its script. It holds little: audio that nobody takes in
//! time goes, the oldest first, and is counted.
#![forbid(unsafe_code)]

mod hearing;
mod saying;
mod session;
mod tap;

pub use hearing::UNSENT;
pub use saying::{AHEAD, MARKS, UNPLAYED};
pub use session::{FAREWELL, LONGEST, Note, Opening, Output, STALLED, Session};
pub use tap::{BURST, FLOW, MAX_MESSAGE};
