//! Lets time pass.
//!
//! An answered caller hears nothing meanwhile; one whose call still rings hears it ring on, for a pause does not answer.
//! Keys that are pressed in a pause are kept for the next `gather` or `ivr`. A caller
//! who hangs up meanwhile ends the flow; without one, after a `connect`, it is passed over.
//!
//! | exit | when |
//! |---|---|
//! | `next` | the time is up |
//!
//! ```yaml
//! flow: patience
//! start: breathe
//! nodes:
//!   breathe: { applet: pause, for: 2s, next: ask }
//!   ask: { applet: gather, say: "Enter your code.", on: { digits: bye, none: bye } }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Component, Cx, Event, Kind, Lapse, Step, Visit};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) fn kind() -> Kind {
    Kind::new("pause", include_str!("pause.rs"), |pause: Pause, _| Some(pause))
}

/// Lets time pass.
#[derive(Debug, Deserialize, JsonSchema)]
struct Pause {
    /// How long.
    #[serde(rename = "for")]
    length: Lapse<100, 600_000>,
}

impl Applet for Pause {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        Step::wait(Pausing { timer: cx.start_timer(self.length.duration()) })
    }
}

#[derive(Debug)]
struct Pausing {
    timer: Component,
}

impl Visit for Pausing {
    fn on_event(&mut self, event: &Event, _: &mut Cx<'_>) -> Step {
        match event {
            Event::TimerFired { id } if *id == self.timer => Step::exit("next"),
            _ => Step::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{node, problems};

    #[test]
    fn nothing_is_heard_nobody_is_answered_and_the_flow_goes_on_in_time() {
        let mut call = node("applet: pause, for: 1500ms, next: end");
        assert_eq!(call.start()[1..], ["at it", "timer 1 1.5s"]);
        assert_eq!(call.fired(1)[..2], ["left by next", "at end"]);
    }

    #[test]
    fn keys_are_kept_for_the_next_gather() {
        let mut call = node(
            "applet: pause, for: 1s, next: ask },
             ask: { applet: gather, say: x, max_digits: 2, on: { digits: end, none: end }",
        );
        call.start();
        assert_eq!(call.press("42"), [""; 0]);
        assert!(call.fired(1).contains(&"digits \"42\"".to_owned()));
    }

    #[test]
    fn a_caller_who_hangs_up_ends_it() {
        let mut call = node("applet: pause, for: 1s, next: end");
        call.start();
        assert_eq!(call.hangs_up(), ["stop 1", "hang up NORMAL_CLEARING (16)"]);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [("", "`for` is missing"), (", for: 0", "0 is not within 100ms and 10m")];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: pause{fields}, next: end")), [problem]);
        }
    }
}
