//! Plays texts or sound files to the caller.
//!
//! The caller hears all of it, one after the other, and the flow goes on. With `interrupt: true` a key ends it; the
//! key is kept for the gather or menu that comes next.
//!
//! Instead of the node, a `url` may say what is heard. It gets `CallSid`, `From`, `To`, `DialWhomNumber` and `CustomField`, first by
//! HEAD, then by GET. It answers both with 200 and `text/plain`: a text to be spoken, or the URLs of sound files, one a line (WAV, MP3 or OGG
//! Vorbis of at most 2 MiB; each is kept, so a sound that changed needs another URL). Anything else, and no answer within
//! `timeout`, is journalled as a fault, and the flow goes on.
//!
//! | exit | when |
//! |---|---|
//! | `next` | all was heard, or a key was pressed |
//! | `failed` | the URL gave nothing that could be heard; `next` if it is not wired |
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

mod asking;

use std::sync::Arc;

use exotel::passthru::Profile;
use flow::{Applet, Audio, Component, Cx, Event, Exits, Kind, Lapse, Several, Site, Step, Visit};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;
use crate::prompt::{Prompt, Sound, Text, needed_prompt};
use asking::Source;

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("greeting", include_str!("greeting.rs"), move |settings: Settings, site| {
        settings.check(site);
        let interrupt = settings.interrupt;
        let words = match settings.url {
            Some(url) => Words::Told(Arc::new(Source {
                url: url.0,
                budget: settings.timeout.unwrap_or_else(five_seconds).duration(),
                failed: if site.is_wired("failed") { "failed" } else { "next" },
                profile: Arc::clone(&profile),
            })),
            None => Words::Own(needed_prompt(settings.say, settings.play, site)),
        };
        Some(Greeting { words, interrupt })
    })
}

/// Plays texts or sound files to the caller.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// A text to be spoken, or several; `{{ … }}` in it is a value of the call.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis), or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// Instead of both: the URL that says what is heard.
    #[serde(default)]
    url: Option<Address>,
    /// How long each answer of the URL may take.
    #[serde(default)]
    #[schemars(extend("default" = "5s"))]
    timeout: Option<Lapse<1_000, 60_000>>,
    /// Whether a key ends it.
    #[serde(default)]
    interrupt: bool,
}

/// `exotel.md` 1.3.
const fn five_seconds() -> Lapse<1_000, 60_000> {
    Lapse::seconds(5)
}

impl Settings {
    fn check(&self, site: &mut Site<'_>) {
        if self.url.is_some() && !(self.say.0.is_empty() && self.play.0.is_empty()) {
            let hint = "leave one of them out";
            site.refuse("url", "a node has `url` or words of its own, not both", Some(hint));
        }
        if self.url.is_none() && self.timeout.is_some() {
            site.refuse("timeout", "there is no `url` that could be late", Some("leave it out"));
        }
    }
}

#[derive(Debug)]
struct Greeting {
    words: Words,
    interrupt: bool,
}

#[derive(Debug)]
enum Words {
    /// The node's.
    Own(Prompt),
    /// A URL's.
    Told(Arc<Source>),
}

impl Applet for Greeting {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        if self.interrupt && cx.has_typed() {
            return Step::exit("next");
        }
        match &self.words {
            Words::Told(source) => source.ask(self.interrupt, cx),
            Words::Own(prompt) => play(prompt.audio(cx), self.interrupt, "next", cx),
        }
    }

    fn urls(&self) -> Vec<&str> {
        match &self.words {
            Words::Told(source) => vec![&source.url],
            Words::Own(_) => Vec::new(),
        }
    }

    fn audio(&self) -> Vec<Audio> {
        match &self.words {
            Words::Own(prompt) => prompt.constant(),
            Words::Told(_) => Vec::new(),
        }
    }

    fn exits(&self) -> Exits {
        match &self.words {
            Words::Own(_) => Exits::next(),
            Words::Told(_) => Exits { optional: vec!["failed".into()], ..Exits::next() },
        }
    }
}

/// Plays, if there is anything to be heard.
fn play(audio: Vec<Audio>, interrupt: bool, failed: &'static str, cx: &mut Cx<'_>) -> Step {
    if audio.is_empty() {
        return Step::exit("next");
    }
    Step::wait(Playing { play: cx.play(audio, false), interrupt, failed })
}

#[derive(Debug)]
struct Playing {
    play: Component,
    interrupt: bool,
    /// The exit for when nothing of it could be heard.
    failed: &'static str,
}

impl Visit for Playing {
    fn on_event(&mut self, event: &Event, _: &mut Cx<'_>) -> Step {
        match event {
            Event::PlayEnded { id, finished } if *id == self.play => {
                Step::exit(if *finished { "next" } else { self.failed })
            }
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
