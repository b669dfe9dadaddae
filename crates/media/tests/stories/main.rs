//! Stories of the media plane in virtual time, on a small wire that loses, delays and doubles packets by seed.

mod bridge;
mod digits;
mod learning;
mod play;
mod record;
mod reports;
mod stream;
mod tones;
mod wire;
