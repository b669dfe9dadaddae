//! The parts of the server, each by itself.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod courier;
mod fetch;
mod hostile;
mod outbox;
mod post;
mod probe;
mod prompt;
mod rehearse;
mod render;
mod speech;
mod ssrf;
mod started;
mod tls;
mod web;
