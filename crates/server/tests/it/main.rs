//! The server as others see it: the real binary on loopback, called by programs that we did not write.
#![expect(clippy::disallowed_methods, reason = "deadlines of waits for real programs")]

mod api_keys;
mod baresip;
mod callouts;
mod calls;
mod check_flow;
mod check_url;
mod clients;
mod connect;
mod curl;
mod database;
mod demo;
mod golden;
mod ipv6;
mod keys;
mod kills;
mod listen;
mod phone;
mod program;
mod programmable;
mod receivers;
mod record;
mod refusals;
mod replay;
mod server;
mod sessions;
mod sipp;
mod sound;
mod stop;
mod strangers;
mod tcp;
mod tls;
mod trunks;
mod waiting;
mod web;
mod witness;
