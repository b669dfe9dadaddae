//! Takes digits from the caller.
//!
//! The caller hears the prompt and presses keys; the first key ends the prompt. The input is over with the finish
//! key, with the last digit allowed, or when no key comes for `timeout`. The next Passthru reports the digits.
//!
//! | exit | when |
//! |---|---|
//! | `digits` | at least one key was pressed |
//! | `none` | none was, after all repeats, or only the finish key |
//!
//! ```yaml
//! flow: account
//! start: ask
//! nodes:
//!   ask:
//!     applet: gather
//!     say: "Please enter your account number, then press hash."
//!     max_digits: 8
//!     repeat: 1
//!     on: { digits: look-up, none: bye }
//!   look-up: { applet: passthru, url: "https://crm.example/account", on: { 200: bye, else: bye } }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Audio, Count, Cx, Event, Exits, Kind, Lapse, Several, Step, Visit, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::collect::{Collect, Collected, Collecting, FinishKey};
use crate::prompt::{Sound, Text, prompt};

pub(crate) fn kind() -> Kind {
    Kind::new("gather", include_str!("gather.rs"), |settings: Settings, site| {
        Some(Gather(Collect {
            prompt: prompt(settings.say, settings.play, site),
            timeout: settings.timeout.duration(),
            finish_key: settings.finish_key.0,
            max_digits: settings.max_digits.number() as usize,
            repeat: settings.repeat.number(),
        }))
    })
    .hearing_keys()
}

/// Takes digits from the caller.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// A text to be spoken, or several.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis), or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// How many digits are taken at most.
    #[serde(default = "all_digits")]
    max_digits: Count<1, 255>,
    /// The key that ends the input; empty for none.
    #[serde(default)]
    finish_key: FinishKey,
    /// How long to wait for a key after the prompt and after each key.
    #[serde(default = "five_seconds")]
    timeout: Lapse<500, 60_000>,
    /// How often the prompt is played again if no key is pressed.
    #[serde(default = "not_again")]
    repeat: Count<0, 10>,
}

const fn all_digits() -> Count<1, 255> {
    Count::of(255)
}

pub(crate) const fn five_seconds() -> Lapse<500, 60_000> {
    Lapse::seconds(5)
}

pub(crate) const fn not_again() -> Count<0, 10> {
    Count::of(0)
}

#[derive(Debug)]
struct Gather(Collect);

impl Applet for Gather {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        match self.0.begin(cx) {
            Ok(collecting) => Step::wait(Gathering(collecting)),
            Err(collected) => leave(collected, cx),
        }
    }

    fn audio(&self) -> Vec<Audio> {
        self.0.prompt.clone()
    }

    fn exits(&self) -> Exits {
        Exits::required(["digits", "none"])
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::PassedBy(&["none"])
    }
}

#[derive(Debug)]
struct Gathering(Collecting);

impl Visit for Gathering {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        self.0.on_event(event, cx).map_or(Step::Stay, |collected| leave(collected, cx))
    }
}

fn leave(collected: Collected, cx: &mut Cx<'_>) -> Step {
    match collected {
        Collected::Digits(digits) => {
            cx.gathered(&digits);
            Step::exit("digits")
        }
        Collected::Nothing => {
            cx.gathered("");
            Step::exit("none")
        }
    }
}

#[cfg(test)]
mod tests {
    use flow::ledger::Ledger;

    use crate::tests::{node, problems};

    fn gather(fields: &str) -> Ledger {
        node(&format!("applet: gather, {fields} on: {{ digits: end, none: end }}"))
    }

    #[test]
    fn the_first_key_ends_the_prompt_and_the_finish_key_the_input() {
        let mut call = gather("say: Number,");
        assert_eq!(call.start()[1..], ["at it", "answer", "play 1 \"Number\""]);
        assert_eq!(call.press("1"), ["stop 1", "timer 2 5s"]);
        assert_eq!(call.press("2"), ["stop 2", "timer 3 5s"]);
        assert_eq!(call.press("#")[..3], ["stop 3", "digits \"12\"", "left by digits"]);
    }

    #[test]
    fn the_time_runs_from_the_end_of_the_prompt() {
        let mut call = gather("say: Number, timeout: 800ms,");
        call.start();
        assert_eq!(call.played(1), ["timer 2 800ms"]);
        assert_eq!(call.fired(2)[..2], ["digits \"\"", "left by none"]);
    }

    #[test]
    fn the_time_runs_from_the_last_key() {
        let mut call = gather("say: Number,");
        call.start();
        call.press("7");
        assert_eq!(call.fired(2)[..2], ["digits \"7\"", "left by digits"]);
    }

    #[test]
    fn the_last_digit_allowed_ends_the_input() {
        let mut call = gather("say: Number, max_digits: 2,");
        call.start();
        assert_eq!(call.press("12")[2..5], ["stop 2", "digits \"12\"", "left by digits"]);
    }

    #[test]
    fn without_a_prompt_the_time_runs_at_once() {
        let mut call = gather("");
        assert_eq!(call.start()[2..], ["answer", "timer 1 5s"]);
        assert_eq!(call.fired(1)[1], "left by none");
    }

    #[test]
    fn the_prompt_is_repeated_while_nothing_is_pressed() {
        let mut call = gather("say: Number, repeat: 1,");
        call.start();
        call.played(1);
        assert_eq!(call.fired(2), ["play 3 \"Number\""]);
        call.played(3);
        assert_eq!(call.fired(4)[..2], ["digits \"\"", "left by none"]);
    }

    #[test]
    fn the_finish_key_alone_is_nothing_and_is_not_asked_again() {
        let mut call = gather("say: Number, repeat: 3,");
        call.start();
        assert_eq!(call.press("#")[..3], ["stop 1", "digits \"\"", "left by none"]);
    }

    #[test]
    fn without_a_finish_key_every_key_is_a_digit() {
        let mut call = gather("say: Number, finish_key: '', max_digits: 3,");
        call.start();
        assert_eq!(call.press("1*#")[5], "digits \"1*#\"");
        let mut call = gather("say: Number, finish_key: '*',");
        call.start();
        assert_eq!(call.press("#1*")[5], "digits \"#1\"");
    }

    #[test]
    fn keys_that_no_telephone_has_are_passed_over() {
        let mut call = gather("say: Number,");
        call.start();
        assert_eq!(call.press("A1D#")[7], "digits \"1\"");
    }

    #[test]
    fn keys_pressed_before_are_taken_without_a_prompt() {
        let mut call = node(
            "applet: greeting, say: Hi, next: ask },
             ask: { applet: gather, say: Number, on: { digits: end, none: end }",
        );
        call.start();
        call.press("42");
        assert_eq!(call.played(1), ["left by next", "at ask", "timer 2 5s"]);
        assert_eq!(call.press("#")[1], "digits \"42\"");
    }

    #[test]
    fn settings_have_bounds() {
        let rows = [
            ("max_digits: 0", "0 is not within 1 and 255"),
            ("max_digits: 256", "256 is not within 1 and 255"),
            ("timeout: 61s", "61s is not within 500ms and 1m"),
            ("repeat: 11", "11 is not within 0 and 10"),
            ("finish_key: ab", "`ab` is no key"),
            ("finish_key: A", "`A` is no key"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: gather, {fields}, on: {{ digits: end, none: end }}")), [problem]);
        }
    }
}
