//! Media threads: each owns a share of the legs, their sockets and the ports they come from, and drives one
//! [`media::Plane`]. No task, timer or lock a call.

mod alarm;
mod pace;
mod ports;
mod worker;

pub(crate) use ports::Held;
pub(crate) use worker::{Reports, Workers, start};
