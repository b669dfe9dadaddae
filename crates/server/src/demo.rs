//! `passthru serve --demo`: a server with a flow, a user and a sample application, and one call that shows them at work.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use model::{CallEvent, EventKind};

use crate::config::{Config, Transport, User};
use crate::serve::Server;
use crate::softphone::{self, Call};
use crate::{app, output, serve};

/// The demo's softphone user.
const USER: (&str, &str) = ("alice", "wonderland");

/// The number that the demo calls; any other reaches the same flow.
const NUMBER: &str = "08044444444";

/// Prepares the configuration: the demo's flow, in a file that the user can edit, and its user.
pub fn prepare(mut config: Config) -> Result<(Config, PathBuf)> {
    config.flows = config.data.join("demo");
    let file = config.flows.join("demo.yaml");
    std::fs::create_dir_all(&config.flows).with_context(|| format!("data: {}", config.flows.display()))?;
    if !file.exists() {
        std::fs::write(&file, include_str!("../demo/demo.yaml")).with_context(|| file.display().to_string())?;
    }
    config.numbers.clear();
    config.users.push(User { name: USER.0.into(), password: USER.1.into(), email: None });
    Ok((config, file))
}

/// Starts the sample application, places a call, shows its timeline, and says how to go on.
pub fn show(server: &Server, file: &std::path::Path) -> Result<()> {
    server.spawn(async {
        if let Err(error) = app::serve(app::LISTEN).await {
            output::line(format_args!("the sample application cannot start: {error:#}"));
        }
    });
    let mut watch = server.live.watch();
    server.spawn(async move {
        while let Ok(event) = watch.recv().await {
            if let Some(line) = line(&event) {
                output::line(format_args!("{:>8.3}s  {line}", event.at.as_secs_f64()));
            }
        }
    });
    let udp = server.sip.iter().find(|listen| listen.transport == Transport::Udp);
    let sip = udp.context("sip.listen names no UDP address")?.address;
    let call = Call {
        target: NUMBER.into(),
        from: "+919900000001".into(),
        server: sip,
        keys: "1".into(),
        limit: Duration::from_secs(30),
    };
    softphone::call(&call, serve::random()?, &mut |line| output::line(format_args!("softphone: {line}")))?;
    output::line("");
    output::line("The server stays up. Call it from a softphone (UDP):");
    output::line(format_args!(
        "    host {}, port {}, user {}, password {}; dial any number, {NUMBER} say",
        sip.ip(),
        sip.port(),
        USER.0,
        USER.1
    ));
    let program = std::env::args().next().unwrap_or_else(|| "passthru".into());
    output::line(format_args!("    or again with the built-in one: {program} call {NUMBER} --server {sip} --keys 1"));
    output::line(format_args!("The flow is {}; edit it, and the next call runs what you wrote.", file.display()));
    output::line(format_args!(
        "The console is http://{0}/: flows, calls, a phone. The API is http://{0}/api/v1/calls, described by http://{0}/api/v1/openapi.json. Ctrl-C ends it all.",
        server.http
    ));
    Ok(())
}

/// A journal line for a person.
fn line(event: &CallEvent) -> Option<String> {
    Some(match &event.kind {
        EventKind::Offered { from, to, .. } => format!("call from {from} to {to}"),
        EventKind::Answered { codec } => format!("answered with {codec}"),
        EventKind::NodeEntered { node, applet } => format!("{node}: {applet}"),
        EventKind::NodeLeft { node, exit } => format!("{node} -> {exit}"),
        EventKind::PlayStarted { audio } => format!("plays {audio}"),
        EventKind::Rendered { audio, failure: None, took } => format!("{audio} is ready after {took:?}"),
        EventKind::Rendered { audio, failure: Some(why), .. } => format!("{audio} cannot be had: {why}"),
        EventKind::Digit { digit } => format!("the caller presses {digit}"),
        EventKind::CalloutStarted { method, url, .. } => format!("asks {method} {}", without_query(url)),
        EventKind::CalloutEnded { status: Some(status), took, .. } => format!("is answered {status} after {took:?}"),
        EventKind::CalloutEnded { failure: Some(failure), .. } => format!("gets no answer: {failure}"),
        EventKind::NotifyCommitted { callout, failure: None } => format!("{callout} is stored and will be delivered"),
        EventKind::NotifyAttempted { callout, status: Some(status), .. } => {
            format!("{callout} was delivered: {status}")
        }
        EventKind::Fault { what } => format!("fault: {what}"),
        EventKind::Ended { cause, by } => format!("ended by {by}: {cause}"),
        _ => return None,
    })
}

fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}
