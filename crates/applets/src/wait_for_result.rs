//! Takes the answer to a question that was asked earlier, beside the flow.
//!
//! A `passthru` with `async: true` and `result: NAME` asks its URL and lets the flow go on; this applet waits for what comes
//! of it, for at most `timeout` from here on. So a greeting or a menu is heard while the URL thinks. The answer picks the
//! way as it does in a `passthru`, and `filler` is heard while it is long in coming.
//!
//! | exit | when |
//! |---|---|
//! | `200` | the URL answered 200 |
//! | each `exit` of the routes, a status, a class, a failure | as in a `passthru`; `else` unless it is wired |
//! | `timeout` | the answer has not come; it may still be waited for; `else` unless it is wired |
//! | `else` | anything else; nothing was asked under that name |
//!
//! ```yaml
//! flow: ask-early
//! start: ask
//! nodes:
//!   ask: { applet: passthru, url: "https://crm.example/route", async: true, result: customer, next: hello }
//!   hello: { applet: greeting, say: "Welcome to Acme. Your call may be recorded.", next: decide }
//!   decide: { applet: wait_for_result, result: customer, timeout: 3s, on: { 200: known, else: unknown } }
//!   known: { applet: greeting, say: "Welcome back.", next: bye }
//!   unknown: { applet: greeting, say: "Welcome.", next: bye }
//!   bye: { applet: hangup }
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use flow::{Applet, Aside, Audio, Cx, Exits, Kind, Lapse, Step, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::json_path::JsonPath;
use crate::passthru::FillerSettings;
use crate::passthru::routes::{Route, Routes};
use crate::passthru::waiting::{Filler, Keys, Waiting};

pub(crate) fn kind() -> Kind {
    Kind::new("wait_for_result", include_str!("wait_for_result.rs"), |settings: Settings, site| {
        let filler = settings.filler.map(|filler| filler.filler(site));
        let routes = Routes::new(settings.routes, settings.set, site);
        let patience = settings.timeout.duration();
        Some(WaitForResult { result: settings.result, patience, routes, filler, keys: settings.keys })
    })
}

/// Takes the answer to a question that was asked earlier.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// The name that the `passthru` gave its answer: its `result`.
    result: String,
    /// How long it is waited for, from here on.
    #[serde(default = "five_seconds")]
    timeout: Lapse<0, 60_000>,
    /// What an answered caller hears while the answer is long in coming.
    #[serde(default)]
    filler: Option<FillerSettings>,
    /// What becomes of keys that are pressed meanwhile.
    #[serde(default)]
    keys: Keys,
    /// More ways out, tried in this order before the status is looked at.
    #[serde(default)]
    routes: Vec<Route>,
    /// Variables that are set from the JSON of the answer's body, each with its place there.
    #[serde(default)]
    set: BTreeMap<String, JsonPath>,
}

const fn five_seconds() -> Lapse<0, 60_000> {
    Lapse::seconds(5)
}

#[derive(Debug)]
struct WaitForResult {
    result: String,
    patience: Duration,
    routes: Routes,
    filler: Option<Filler>,
    keys: Keys,
}

impl Applet for WaitForResult {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        match cx.join_aside(&self.result) {
            Some(Aside::Ended(outcome)) => self.routes.leave(&outcome, cx),
            Some(Aside::Asked(callout)) => {
                let waiting = Waiting::begin(callout, self.routes.clone(), self.filler.as_ref(), cx);
                Step::wait(waiting.with_keys(self.keys, cx).for_at_most(self.patience, cx))
            }
            None => {
                cx.fault(format!("nothing was asked for the result `{}`: no passthru before has it", self.result));
                cx.keep_answer(None);
                Step::exit("else")
            }
        }
    }

    fn audio(&self) -> Vec<Audio> {
        self.filler.iter().flat_map(|filler| filler.audio.constant()).collect()
    }

    fn exits(&self) -> Exits {
        self.routes.exits()
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

#[cfg(test)]
mod tests {
    use flow::ledger::Ledger;
    use model::HttpFailure;

    use crate::tests::{node, problems};

    fn asked(wait: &str) -> Ledger {
        node(&format!(
            "applet: passthru, url: 'http://crm.example/r', async: true, result: who, next: hello }},
             hello: {{ applet: pause, for: 1s, next: take }},
             take: {{ applet: wait_for_result, result: who, {wait} on: {{ 200: end, timeout: late, else: end }} }},
             late: {{ applet: pause, for: 1s, next: again }},
             again: {{ applet: wait_for_result, result: who, on: {{ 200: end, else: end }}"
        ))
    }

    #[test]
    fn an_answer_that_came_earlier_is_taken_at_once() {
        let mut call = asked("");
        let lines = call.start();
        assert!(lines[2].starts_with("ask 1 http://crm.example/r?CallSid="), "{lines:?}");
        assert_eq!(lines[3..], ["left by next", "at hello", "timer 2 1s"]);
        assert_eq!(call.answered(1, 200, "gold"), [""; 0], "the flow goes its way");
        assert_eq!(call.fired(2)[..3], ["left by next", "at take", "left by 200"]);
    }

    #[test]
    fn one_that_comes_later_is_waited_for() {
        let mut call = asked("timeout: 3s, filler: { after: 1s, play: hold.wav }, ");
        call.start();
        assert_eq!(call.fired(2), ["left by next", "at take", "timer 3 1s", "timer 4 3s"]);
        assert_eq!(call.failed(1, HttpFailure::Timeout)[..4], ["stop 3", "stop 4", "left by timeout", "at late"]);
        let mut call = asked("timeout: 3s, ");
        call.start();
        call.fired(2);
        assert_eq!(call.answered(1, 302, "")[..2], ["stop 3", "left by else"]);
    }

    #[test]
    fn one_that_does_not_come_in_time_goes_on_beside_the_flow_and_can_be_waited_for_again() {
        let mut call = asked("timeout: 3s, ");
        call.start();
        call.fired(2);
        assert_eq!(call.fired(3)[..2], ["left by timeout", "at late"], "nothing is stopped");
        call.answered(1, 200, "");
        assert_eq!(call.fired(4)[..3], ["left by next", "at again", "left by 200"]);
    }

    #[test]
    fn a_call_that_ends_takes_the_question_back() {
        let mut call = asked("");
        call.start();
        assert_eq!(call.hangs_up()[..2], ["stop 2", "stop 1"]);
    }

    #[test]
    fn nothing_was_asked() {
        let mut call = node("applet: wait_for_result, result: who, on: { 200: end, else: end }");
        let fault = "fault: nothing was asked for the result `who`: no passthru before has it";
        assert_eq!(call.start()[2..4], [fault, "left by else"]);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("on: { 200: end, else: end }", vec!["`result` is missing"]),
            ("result: a, timeout: 61s, on: { 200: end, else: end }", vec!["61s is not within 0s and 1m"]),
            ("result: a, on: { 200: end, else: end, tmeout: end }", vec!["there is no exit `tmeout`"]),
        ];
        for (fields, expected) in rows {
            assert_eq!(problems(&format!("applet: wait_for_result, {fields}")), expected, "{fields}");
        }
    }
}
