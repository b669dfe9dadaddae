//! Lets an application listen to the call, live, over a WebSocket, while the flow goes on.
//!
//! From `action: start` on, the application gets what the caller says, and whoever the caller is joined with, mixed; it is not heard.
//! That ends with `action: stop`, when the application closes the connection, or with the call; a Passthru after that reports it as
//! `Stream[…]`. The flow does not wait for the connection, only for the answer of a `https://` URL that says where it goes. What is
//! said on the connection is described in docs/streams.md; `url` is the same as that of a voicebot.
//!
//! | exit | when |
//! |---|---|
//! | `next` | the stream was asked for, or has been stopped |
//!
//! ```yaml
//! flow: listened-to
//! start: listen
//! nodes:
//!   listen: { applet: stream, url: "wss://ears.example/ws", next: desk }
//!   desk: { applet: connect, to: "sip:desk", on: { answered: enough, missed: enough, nobody: enough } }
//!   enough: { applet: stream, action: stop, next: bye }
//!   bye: { applet: hangup }
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use exotel::passthru::Profile;
use flow::{Applet, Component, Cx, Event, Kind, Step, Visit, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::streaming::{Asking, Found, Frame, Place, Plan, Sought, tenth};

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("stream", include_str!("stream.rs"), move |settings: Settings, site| {
        let Settings { action, url, frame, camel_case } = settings;
        match (action, url) {
            (Action::Start, Some(place)) => {
                let profile = Arc::clone(&profile);
                let plan = Plan { place, two_way: false, frame, camel_case, record: None, profile };
                plan.check(site);
                Some(Listen::Start(Arc::new(plan)))
            }
            (Action::Start, None) => {
                site.refuse("url", "there is nobody to listen", Some("write `url: wss://ears.example/ws`"));
                None
            }
            (Action::Stop, Some(_)) => {
                site.refuse("url", "a stop ends every stream of the call, wherever it goes", Some("leave it out"));
                None
            }
            (Action::Stop, None) => Some(Listen::Stop),
        }
    })
}

/// Lets an application listen to the call while the flow goes on.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// Whether it begins to listen or ends.
    #[serde(default)]
    action: Action,
    /// Where the application listens: `ws://` or `wss://`, or a `https://` URL that answers with such an address.
    #[serde(default)]
    url: Option<Place>,
    /// How much audio each message to the application holds: a multiple of 20ms. The shorter, the sooner it hears.
    #[serde(default = "tenth")]
    frame: Frame,
    /// Whether the first message gives the ids in camel case, too: `streamSid` beside `stream_sid`.
    #[serde(default)]
    camel_case: bool,
}

/// What the node does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    /// Begins a stream.
    #[default]
    Start,
    /// Ends all that this call has.
    Stop,
}

#[derive(Debug)]
enum Listen {
    Start(Arc<Plan>),
    Stop,
}

impl Applet for Listen {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        match self {
            Self::Start(plan) => match plan.seek(cx) {
                Sought::Found(found) => begin(found, cx),
                Sought::Asked(asking) => Step::wait(Seeking(asking)),
            },
            Self::Stop => {
                let streams = cx.stop_streams();
                if streams.is_empty() { Step::exit("next") } else { Step::wait(Stopping(streams)) }
            }
        }
    }

    fn urls(&self) -> Vec<&str> {
        match self {
            Self::Start(plan) => vec![&plan.place.0],
            Self::Stop => Vec::new(),
        }
    }

    fn waits(&self) -> bool {
        false
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::PassedBy(&["next"])
    }
}

fn begin(found: Found, cx: &mut Cx<'_>) -> Step {
    match found {
        Found { stream, failure: None } => {
            cx.stream_aside(stream);
            Step::exit("next")
        }
        Found { stream, failure: Some(failure) } => Step::wait(Stopping([cx.fail_stream(stream, failure)].into())),
    }
}

/// Waits for the URL that says where the application is.
#[derive(Debug)]
struct Seeking(Asking);

impl Visit for Seeking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match self.0.on_event(event, cx) {
            Some(found) => begin(found, cx),
            None => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::exit("next")
    }
}

/// Waits until these are over, so that a Passthru after it knows what became of them.
#[derive(Debug)]
struct Stopping(BTreeSet<Component>);

impl Visit for Stopping {
    fn on_event(&mut self, event: &Event, _: &mut Cx<'_>) -> Step {
        if let Event::StreamEnded { id, .. } = event {
            self.0.remove(id);
        }
        if self.0.is_empty() { Step::exit("next") } else { Step::Stay }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::exit("next")
    }
}

#[cfg(test)]
mod tests {
    use model::{StreamCounts, StreamEnd, StreamEndedBy};

    use crate::tests::{node, problems};

    fn ended(by: StreamEndedBy) -> StreamEnd {
        StreamEnd { by, failure: None, counts: StreamCounts::default() }
    }

    #[test]
    fn the_flow_goes_on_until_it_stops_the_stream() {
        let mut call = node(
            "applet: stream, url: 'wss://ears.example', frame: 20ms, next: wait },
             wait: { applet: pause, for: 5s, next: enough },
             enough: { applet: stream, action: stop, next: end",
        );
        let lines = [
            "answer",
            "stream 1 wss://ears.example one way at 8000 Hz in 20ms",
            "left by next",
            "at wait",
            "timer 2 5s",
        ];
        assert_eq!(call.start()[2..], lines);
        assert_eq!(call.fired(2), ["left by next", "at enough", "stop 1"]);
        assert_eq!(call.streamed(1, ended(StreamEndedBy::Us))[..2], ["left by next", "at end"]);
    }

    #[test]
    fn it_ends_with_the_call_and_one_that_has_ended_is_not_stopped() {
        let flow = "applet: stream, url: 'wss://ears.example', next: wait },
             wait: { applet: pause, for: 5s, next: enough },
             enough: { applet: stream, action: stop, next: end";
        let mut call = node(flow);
        call.start();
        assert_eq!(call.hangs_up()[..2], ["stop 2", "stop 1"]);
        let mut call = node(flow);
        call.start();
        assert_eq!(call.streamed(1, ended(StreamEndedBy::Bot)), [""; 0]);
        assert_eq!(call.fired(2)[..4], ["left by next", "at enough", "left by next", "at end"]);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("action: start", "there is nobody to listen"),
            ("action: stop, url: 'ws://ears.example'", "a stop ends every stream of the call, wherever it goes"),
            ("url: 'mailto:x'", "no address of a WebSocket"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: stream, {fields}, next: end")), [problem], "{fields}");
        }
    }
}
