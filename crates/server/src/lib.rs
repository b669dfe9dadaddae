//! The server around the pure crates: everything that opens a socket, asks the time, runs a process or writes a file.
//!
//! [`serve`] puts it together: [`driver`] is the switch's thread, [`streams`] its TCP connections, `media` the media threads, `bots` the sockets of applications that hear calls, [`scribe`] the way to the
//! store, [`courier`] the way of the outbox to the web, [`fetch`] the HTTP client behind its address guard, `site` the console's files. [`clock`] is
//! the one place that asks the time.
#![deny(unsafe_code)]

mod advice;
pub mod app;
mod bind;
mod bots;
pub mod bridge;
pub mod check;
pub mod check_url;
pub mod clock;
pub mod config;
pub mod console;
pub mod courier;
pub mod demo;
mod document;
pub mod driver;
pub mod echo;
pub mod fetch;
pub mod fixed;
mod handset;
pub mod key;
pub mod listen;
pub mod live;
pub mod mailbox;
mod media;
mod names;
pub mod numbering;
mod outage;
pub mod output;
mod owed;
pub mod place;
pub mod post;
mod press;
pub mod prompt;
mod prune;
pub mod publish;
mod recorder;
pub mod rehearse;
pub mod render;
mod resample;
pub mod scribe;
pub mod serve;
mod site;
pub mod slow;
mod socket;
pub mod softphone;
pub mod speech;
pub mod streams;
mod terminal;
mod tls;
mod trace;
mod turn;
mod unrouted;
pub mod versions;
pub mod welcome;
pub mod workshop;
