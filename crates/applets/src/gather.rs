//! Takes digits from the caller.
//!
//! The caller hears the prompt and presses keys; the first key ends the prompt. The input is over with the finish
//! key, with the last digit allowed, or when no key comes for `timeout`. The next Passthru reports the digits.
//!
//! Instead of the node, a `url` may say what is heard and how keys are taken: it gets what a Passthru gets, and the header
//! `Exotel-Version: 1.0`, and has five seconds to answer 200 with `application/json`: `gather_prompt`, an object with `text`
//! or `audio_url`, and, if need be, `max_input_digits` (255), `finish_on_key` (`#`; empty for none), `input_timeout` (5
//! seconds), `repeat_menu` (0) and `repeat_gather_prompt`. If it does not, `fallback_url` is asked. A number out of the
//! range that the node's own settings have is taken as the nearest within. Keys that are pressed meanwhile count.
//!
//! | exit | when |
//! |---|---|
//! | `digits` | at least one key was pressed |
//! | `none` | none was, after all repeats, or only the finish key |
//! | `failed` | no URL said what to gather; `none` if it is not wired |
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

mod asking;

use std::sync::Arc;

use exotel::passthru::Profile;
use flow::{Applet, Audio, Count, Cx, Event, Exits, Kind, Lapse, Several, Site, Step, Visit, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;
use crate::collect::{Collect, Collected, Collecting, FinishKey, Prompts};
use crate::prompt::{Prompt, Sound, Text, prompt};
use asking::Source;

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("gather", include_str!("gather.rs"), move |settings: Settings, site| {
        settings.check(site);
        if let Some(url) = settings.url {
            let urls = std::iter::once(url).chain(settings.fallback_url).map(|url| url.0).collect();
            let failed = if site.is_wired("failed") { "failed" } else { "none" };
            return Some(Gather::Told(Arc::new(Source { urls, failed, profile: Arc::clone(&profile) })));
        }
        let prompt = prompt(settings.say, settings.play, site);
        let collect = Collect {
            timeout: settings.timeout.unwrap_or_else(five_seconds).duration(),
            finish_key: settings.finish_key.unwrap_or_default().0,
            max_digits: settings.max_digits.unwrap_or_else(all_digits).number() as usize,
            repeat: settings.repeat.unwrap_or_else(not_again).number(),
        };
        Some(Gather::Own(prompt, collect))
    })
    .hearing_keys()
}

/// Takes digits from the caller.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// A text to be spoken, or several; `{{ … }}` in it is a value of the call.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis), or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// Instead of all others: the URL that says what is heard and how keys are taken.
    #[serde(default)]
    url: Option<Address>,
    /// The URL that is asked when `url` fails.
    #[serde(default)]
    fallback_url: Option<Address>,
    /// How many digits are taken at most.
    #[serde(default)]
    #[schemars(extend("default" = 255))]
    max_digits: Option<Count<1, 255>>,
    /// The key that ends the input; empty for none.
    #[serde(default)]
    finish_key: Option<FinishKey>,
    /// How long to wait for a key after the prompt and after each key.
    #[serde(default)]
    #[schemars(extend("default" = "5s"))]
    timeout: Option<Lapse<500, 60_000>>,
    /// How often the prompt is played again if no key is pressed.
    #[serde(default)]
    #[schemars(extend("default" = 0))]
    repeat: Option<Count<0, 10>>,
}

impl Settings {
    /// A node speaks for itself, or a URL speaks for it.
    fn check(&self, site: &mut Site<'_>) {
        if self.url.is_none() {
            if self.fallback_url.is_some() {
                site.refuse("fallback_url", "there is no `url` that could fail", Some("call it `url`"));
            }
            return;
        }
        if !self.say.0.is_empty() || !self.play.0.is_empty() {
            let hint = "leave one of them out";
            site.refuse("url", "a node has `url` or a prompt of its own, not both", Some(hint));
        }
        let own = [
            ("max_digits", self.max_digits.is_some()),
            ("finish_key", self.finish_key.is_some()),
            ("timeout", self.timeout.is_some()),
            ("repeat", self.repeat.is_some()),
        ];
        for (name, _) in own.into_iter().filter(|(_, given)| *given) {
            site.refuse(name, "the URL says that, not the node", Some("leave it out"));
        }
    }
}

const fn all_digits() -> Count<1, 255> {
    Count::of(255)
}

pub(crate) const fn five_seconds() -> Lapse<500, 60_000> {
    Lapse::seconds(5)
}

const fn not_again() -> Count<0, 10> {
    Count::of(0)
}

#[derive(Debug)]
enum Gather {
    /// As the node says.
    Own(Prompt, Collect),
    /// As a URL says.
    Told(Arc<Source>),
}

impl Applet for Gather {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let (prompt, collect) = match self {
            Self::Own(prompt, collect) => (prompt, collect),
            Self::Told(source) => return source.ask(cx),
        };
        let prompts = Prompts::same(prompt.audio(cx));
        match collect.begin(prompts, cx) {
            Ok(collecting) => Step::wait(Gathering(collecting)),
            Err(collected) => leave(collected, cx),
        }
    }

    fn urls(&self) -> Vec<&str> {
        match self {
            Self::Told(source) => source.urls.iter().map(String::as_str).collect(),
            Self::Own(..) => Vec::new(),
        }
    }

    fn audio(&self) -> Vec<Audio> {
        match self {
            Self::Own(prompt, _) => prompt.constant(),
            Self::Told(_) => Vec::new(),
        }
    }

    fn exits(&self) -> Exits {
        let optional = match self {
            Self::Own(..) => Vec::new(),
            Self::Told(_) => vec!["failed".into()],
        };
        Exits { optional, ..Exits::required(["digits", "none"]) }
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
