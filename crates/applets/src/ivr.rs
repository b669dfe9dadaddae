//! A menu: a key chooses the way.
//!
//! The caller hears the prompt and presses a key, which ends it. The next Passthru reports the key as digits.
//!
//! With `max_digits` a choice may have more keys than one, such as `12`: it is over with the last key allowed, with the finish key, or
//! when no key comes for `timeout`.
//!
//! | exit | when |
//! |---|---|
//! | `0` … `9`, `*`, `#` | that key was pressed; each may be wired or not |
//! | `12` and the like | those keys were, where `max_digits` allows for them |
//! | `invalid` | something was pressed that is not wired |
//! | `none` | no key was pressed, after all repeats |
//!
//! ```yaml
//! flow: menu
//! start: menu
//! nodes:
//!   menu:
//!     applet: ivr
//!     say: "For sales press 1, for support press 2."
//!     repeat: 1
//!     on: { 1: sales, 2: support, "*": menu, invalid: menu, none: bye }
//!   sales: { applet: greeting, say: "Sales.", next: bye }
//!   support: { applet: greeting, say: "Support.", next: bye }
//!   bye: { applet: hangup }
//! ```

use std::borrow::Cow;

use flow::{Applet, Audio, Count, Cx, Event, Exits, Kind, Lapse, Several, Step, Visit, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::collect::{Collect, Collected, Collecting, FinishKey, Prompts};
use crate::gather::five_seconds;
use crate::prompt::{Prompt, Sound, Text, needed_prompt};

/// The exits that are keys.
const KEYS: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"];

pub(crate) fn kind() -> Kind {
    Kind::new("ivr", include_str!("ivr.rs"), |settings: Settings, site| {
        let several = settings.max_digits.number() > 1;
        if !several && settings.finish_key.is_some() {
            let hint = "leave it out, or say by `max_digits` how many keys choose";
            site.refuse("finish_key", "one key chooses, and nothing has to end it", Some(hint));
        }
        let prompt = needed_prompt(settings.say, settings.play, site);
        let collect = Collect {
            timeout: settings.timeout.duration(),
            finish_key: settings.finish_key.unwrap_or_default().0.filter(|_| several),
            max_digits: settings.max_digits.number() as usize,
            repeat: settings.repeat.number(),
        };
        let wired = site.wired().filter(|exit| is_choice(exit, &collect)).map(str::to_owned).collect();
        Some(Menu { prompt, collect, wired })
    })
    .hearing_keys()
}

/// A menu: a key chooses the way.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// A text to be spoken, or several; `{{ … }}` in it is a value of the call.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis), or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// How many keys a choice has at most.
    #[serde(default = "one")]
    max_digits: Count<1, 8>,
    /// The key that ends a shorter choice where several keys are allowed; empty for none.
    #[serde(default)]
    finish_key: Option<FinishKey>,
    /// How long to wait for a key after the prompt and after each key.
    #[serde(default = "five_seconds")]
    timeout: Lapse<500, 60_000>,
    /// How often the prompt is played again if no key is pressed.
    #[serde(default = "twice")]
    repeat: Count<0, 10>,
}

const fn one() -> Count<1, 8> {
    Count::of(1)
}

/// `exotel.md` 2.5.
const fn twice() -> Count<0, 10> {
    Count::of(2)
}

/// Whether a caller can press that as a choice.
fn is_choice(exit: &str, collect: &Collect) -> bool {
    let is_key = |key: char| key.is_ascii_digit() || matches!(key, '*' | '#') && Some(key) != collect.finish_key;
    (1..=collect.max_digits).contains(&exit.len()) && exit.chars().all(is_key)
}

#[derive(Debug)]
struct Menu {
    prompt: Prompt,
    collect: Collect,
    wired: Vec<String>,
}

impl Applet for Menu {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let prompts = Prompts::same(self.prompt.audio(cx));
        match self.collect.begin(prompts, cx) {
            Ok(collecting) => Step::wait(Choosing { collecting, wired: self.wired.clone() }),
            Err(collected) => leave(collected, &self.wired, cx),
        }
    }

    fn audio(&self) -> Vec<Audio> {
        self.prompt.constant()
    }

    fn exits(&self) -> Exits {
        let keys = KEYS.into_iter().filter(|key| is_choice(key, &self.collect)).map(Cow::Borrowed);
        let longer = self.wired.iter().filter(|choice| choice.len() > 1).map(|choice| Cow::Owned(choice.clone()));
        Exits { optional: keys.chain(longer).collect(), ..Exits::required(["none", "invalid"]) }
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::PassedBy(&["none"])
    }
}

struct Choosing {
    collecting: Collecting,
    wired: Vec<String>,
}

impl std::fmt::Debug for Choosing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.collecting.fmt(f)
    }
}

impl Visit for Choosing {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        self.collecting.on_event(event, cx).map_or(Step::Stay, |collected| leave(collected, &self.wired, cx))
    }
}

fn leave(collected: Collected, wired: &[String], cx: &mut Cx<'_>) -> Step {
    let Collected::Digits(keys) = collected else {
        cx.gathered("");
        return Step::exit("none");
    };
    cx.gathered(&keys);
    if wired.contains(&keys) { Step::exit(keys) } else { Step::exit("invalid") }
}

#[cfg(test)]
mod tests {
    use flow::ledger::Ledger;

    use crate::tests::{node, problems};

    fn menu(fields: &str) -> Ledger {
        node(&format!(
            "applet: ivr, say: Press, {fields} on: {{ 1: end, '*': end, '#': end, none: end, invalid: end }}"
        ))
    }

    #[test]
    fn a_key_chooses_its_exit() {
        for (key, exit) in [("1", "1"), ("*", "*"), ("#", "#"), ("2", "invalid"), ("0", "invalid")] {
            let mut call = menu("");
            assert_eq!(call.start()[1..], ["at it", "answer", "play 1 \"Press\""]);
            let lines = ["stop 1".to_owned(), format!("digits {key:?}"), format!("left by {exit}")];
            assert_eq!(call.press(key)[..3], lines);
        }
    }

    #[test]
    fn nothing_is_asked_again_and_then_none() {
        let mut call = menu("repeat: 1, timeout: 3s,");
        call.start();
        assert_eq!(call.played(1), ["timer 2 3s"]);
        assert_eq!(call.fired(2), ["play 3 \"Press\""]);
        assert_eq!(call.played(3), ["timer 4 3s"]);
        assert_eq!(call.fired(4)[..2], ["digits \"\"", "left by none"]);
    }

    #[test]
    fn the_prompt_is_played_three_times_unless_it_is_said_otherwise() {
        let mut call = menu("");
        call.start();
        for play in [1, 3, 5] {
            assert_eq!(call.played(play), [format!("timer {} 5s", play + 1)]);
            let next = if play < 5 { format!("play {} \"Press\"", play + 2) } else { "digits \"\"".to_owned() };
            assert_eq!(call.fired(play + 1)[0], next);
        }
    }

    #[test]
    fn further_keys_are_kept_for_what_comes_next() {
        let mut call = node(
            "applet: greeting, say: Hi, next: menu },
             menu: { applet: ivr, say: Press, on: { 1: menu, 2: end, none: end, invalid: end }",
        );
        call.start();
        call.press("12");
        let lines =
            ["left by next", "at menu", "digits \"1\"", "left by 1", "at menu", "digits \"2\"", "left by 2", "at end"];
        assert_eq!(call.played(1)[..8], lines);
    }

    fn rooms(fields: &str) -> Ledger {
        node(&format!(
            "applet: ivr, say: Room, max_digits: 2, {fields} on: {{ 1: end, 12: end, '*7': end, none: end, invalid: end }}"
        ))
    }

    #[test]
    fn several_keys_may_choose_and_the_finish_key_or_a_pause_ends_fewer() {
        for (keys, digits, exit) in [
            ("12", "12", "12"),
            ("*7", "*7", "*7"),
            ("13", "13", "invalid"),
            ("1#", "1", "1"),
            ("2#", "2", "invalid"),
            ("#", "", "none"),
        ] {
            let mut call = rooms("");
            call.start();
            let lines = call.press(keys);
            let chosen = lines.iter().position(|line| line.starts_with("digits")).expect(keys);
            assert_eq!(lines[chosen..][..2], [format!("digits {digits:?}"), format!("left by {exit}")], "{keys}");
        }
        let mut call = rooms("timeout: 2s,");
        call.start();
        assert_eq!(call.press("1"), ["stop 1", "timer 2 2s"]);
        assert_eq!(call.fired(2)[..2], ["digits \"1\"", "left by 1"]);
        let fields = "applet: ivr, say: Room, max_digits: 2, finish_key: '*'";
        let mut call = node(&format!("{fields}, on: {{ 1: end, '7#': end, none: end, invalid: end }}"));
        call.start();
        assert_eq!(call.press("1*")[3..5], ["digits \"1\"", "left by 1"]);
    }

    #[test]
    fn exits_are_checked() {
        assert_eq!(problems("applet: ivr, say: Press, on: { none: end, invalid: end }"), [""; 0]);
        let rooms = |fields: &str| problems(&format!("applet: ivr, say: Room, {fields} none: end, invalid: end }}"));
        assert_eq!(rooms("max_digits: 2, on: { 12: end,"), [""; 0]);
        for (fields, problem) in [
            ("max_digits: 2, on: { 123: end,", "there is no exit `123`"),
            ("max_digits: 2, on: { 1x: end,", "there is no exit `1x`"),
            ("max_digits: 2, on: { '#': end,", "there is no exit `#`"),
            ("max_digits: 2, on: { '1#': end,", "there is no exit `1#`"),
            ("finish_key: '*', on: { 1: end,", "one key chooses, and nothing has to end it"),
        ] {
            assert_eq!(rooms(fields), [problem], "{fields}");
        }
        assert_eq!(
            problems("applet: ivr, say: Press, on: { 12: end, none: end }"),
            ["exit `invalid` not wired", "there is no exit `12`"]
        );
    }
}
