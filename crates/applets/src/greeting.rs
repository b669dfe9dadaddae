//! Plays texts or sound files to the caller.
//!
//! The caller hears all of it, one after the other, and the flow goes on. With `interrupt: true` a key ends it; the
//! key is kept for the gather or menu that comes next.
//!
//! | exit | when |
//! |---|---|
//! | `next` | all was heard, or a key was pressed |
//!
//! ```yaml
//! flow: closed
//! start: sorry
//! nodes:
//!   sorry:
//!     applet: greeting
//!     say: ["Welcome to Acme.", "We are closed today."]
//!     next: bye
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Audio, Component, Cx, Event, Kind, Several, Step, Visit};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::prompt::{Sound, Text, needed_prompt};

pub(crate) fn kind() -> Kind {
    Kind::new("greeting", include_str!("greeting.rs"), |settings: Settings, site| {
        let prompt = needed_prompt(settings.say, settings.play, site);
        Some(Greeting { prompt, interrupt: settings.interrupt })
    })
}

/// Plays texts or sound files to the caller.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// A text to be spoken, or several.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis), or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// Whether a key ends it.
    #[serde(default)]
    interrupt: bool,
}

#[derive(Debug)]
struct Greeting {
    prompt: Vec<Audio>,
    interrupt: bool,
}

impl Applet for Greeting {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        if self.interrupt && cx.has_typed() {
            return Step::exit("next");
        }
        let play = cx.play(self.prompt.clone(), false);
        Step::wait(Playing { play, interrupt: self.interrupt })
    }

    fn audio(&self) -> Vec<Audio> {
        self.prompt.clone()
    }
}

#[derive(Debug)]
struct Playing {
    play: Component,
    interrupt: bool,
}

impl Visit for Playing {
    fn on_event(&mut self, event: &Event, _: &mut Cx<'_>) -> Step {
        match event {
            Event::PlayEnded { id, .. } if *id == self.play => Step::exit("next"),
            Event::Digit { .. } if self.interrupt => Step::exit("next"),
            _ => Step::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::node;

    #[test]
    fn all_is_heard_and_keys_do_not_matter() {
        let mut call = node("applet: greeting, play: [a.wav, b.wav], next: end");
        assert_eq!(call.start()[1..], ["at it", "answer", "play 1 a.wav b.wav"]);
        assert_eq!(call.press("1"), [""; 0]);
        assert_eq!(call.played(1)[0], "left by next");
    }

    #[test]
    fn a_key_interrupts_and_is_kept_for_what_comes_next() {
        let mut call = node(
            "applet: greeting, say: Hi, interrupt: true, next: more },
             more: { applet: greeting, say: More, interrupt: true, next: ask },
             ask: { applet: gather, max_digits: 1, on: { digits: end, none: end }",
        );
        call.start();
        let lines = ["stop 1", "left by next", "at more", "left by next", "at ask", "digits \"5\"", "left by digits"];
        assert_eq!(call.press("5")[..7], lines);
    }

    #[test]
    fn a_caller_who_hangs_up_ends_it() {
        let mut call = node("applet: greeting, say: Hi, next: end");
        call.start();
        assert_eq!(call.hangs_up(), ["stop 1", "hang up NORMAL_CLEARING (16)"]);
    }
}
