//! Connects the caller with somebody else.
//!
//! The targets are rung one after the other, each for `ring`, until one answers; then the two talk until either hangs
//! up, or for `limit` at most. With `order: parallel` they ring together, `at_once` of them, and a further one for each
//! that does not want to; the first who answers has the call. If the other side hangs up, the flow goes on with the
//! caller. If the caller does, while it rings or while they talk, the flow goes on without: every Passthru is made, every other node that needs a caller is passed over (prompts by
//! `next`, questions by `none`, a further connect by `nobody` or `missed`). Meanwhile the caller hears ringing, or `music`,
//! or what the other side says while it rings. With `sticky` whoever last talked with this caller is rung first and alone, in the
//! list as in its groups; when it is busy or does not answer, the others are rung as without. `whisper` is said before the two are joined: to the other side, or `to: both`;
//! who hangs up while it sounds has declined, and the next target is rung. With `whisper: { ask: URL }` a URL is asked what that is
//! for each party that has answered, which hears nothing meanwhile. `playback` is said while they talk, `after` so long
//! and then `every` so often; they hear each other all the same. The next Passthru reports what happened.
//!
//! A target is a telephone number, which goes out by the first trunk whose rules take it; `sip:name`, a registered
//! user; `sip:name@host`; or `group:name`, whose members and their order are the setting `[[group]]`: in turn, each time
//! another first, or whoever has been idle longest first. It may be a template, such as `{{ passthru.json.agent }}`: what that yields is text from
//! outside, and is rung only if a rule of the setting `dial.allow` takes it. Without rules it never is. A target that
//! is refused, or is none, is journalled as a fault and was not dialled. One that there is no way to was: a user who is not
//! registered is reported as failed, `SUBSCRIBER_ABSENT`, and the next target is rung.
//!
//! Instead of `to`, a `url` may say whom to ring: it gets what a Passthru gets, and the header `Exotel-Version: 1.0`, and has five
//! seconds to answer 200 with a comma-separated list of numbers as `text/plain`, or with settings as `application/json`, which
//! go before the node's own: `destination`, `outgoing_phone_number`, `max_ringing_duration`, `fetch_after_attempt` and more. If
//! it does not, `fallback_url` is asked. What a URL says is text from outside as well: `dial.allow` decides.
//!
//! `events` names a URL that is told of each party, beside the call: that it is dialled, rings, has answered, is free again.
//!
//! With `record` the conversation is recorded, and the next Passthru has its link as `RecordingUrl`.
//!
//! | exit | when |
//! |---|---|
//! | `answered` | they talked |
//! | `missed` | nobody answered |
//! | `nobody` | there was nobody to dial: no URL named one, no rule took them, the group has nobody who is free; `missed` if it is not wired |
//!
//! ```yaml
//! flow: sales
//! start: sales
//! nodes:
//!   sales:
//!     applet: connect
//!     to: ["sip:sales", "+918022222222"]
//!     ring: 20s
//!     on: { answered: report, missed: sorry, nobody: sorry }
//!   sorry: { applet: greeting, say: "Nobody is free.", next: report }
//!   report: { applet: passthru, url: "https://crm.example/calls", async: true, next: bye }
//!   bye: { applet: hangup }
//! ```

mod announce;
mod asking;
mod desk;
mod dialling;
mod preparing;
mod rules;
mod target;
mod whispering;

use std::sync::Arc;
use std::time::Duration;

use exotel::passthru::Profile;
use flow::{Applet, Audio, Count, Cx, Dial, DialOrder, Exits, Kind, Lapse, Music, Party, Several, Step, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;
use crate::recording::{Channels, Format, record};
use announce::{Hold, Said, SaidLater};
use asking::Asking;
use preparing::Preparing;
use rules::{Attempt, Rules};
use target::{Number, Ring, Wanted};
use whispering::Source;

/// Who are rung at once, unless it is said otherwise.
const AT_ONCE: u32 = 10;

/// The most that may be.
const MOST_AT_ONCE: u32 = 50;

/// The longest that a party may ring.
const RING_MAX: Duration = Duration::from_secs(300);

/// The longest conversation, in milliseconds.
const TALK_MAX: u64 = 14_400_000;

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("connect", include_str!("connect.rs"), move |settings: Settings, site| {
        match (settings.to.0.is_empty(), &settings.url) {
            (true, None) => site.refuse("to", "there is nobody to ring", Some("give it `to: \"sip:desk\"` or `url`")),
            (false, Some(_)) => site.refuse("url", "a node has `to` or `url`, not both", Some("leave one of them out")),
            _ => {}
        }
        if settings.url.is_none() && settings.fallback_url.is_some() {
            site.refuse("fallback_url", "there is no `url` that could fail", Some("call it `url`"));
        }
        let asked = settings.whisper.as_ref().and_then(|whisper| whisper.asked(site));
        let said = settings.whisper.filter(|_| asked.is_none());
        let dial = Dial {
            order: match settings.order {
                Order::Single => DialOrder::Single,
                Order::Parallel => DialOrder::Parallel(settings.at_once.number() as usize),
            },
            sticky: settings.sticky,
            ring: settings.ring.duration(),
            limit: settings.limit.map(Lapse::duration),
            music: settings.music.map(|music| music.0),
            whisper: said.map(|whisper| whisper.announcement(site)),
            whisper_follows: asked.is_some(),
            playback: settings.playback.map(|playback| playback.playback(site)),
            caller_id: settings.caller_id.map(|number| number.0),
            record: record(settings.record, settings.record_format),
            ..Dial::default()
        };
        let rules = Rules {
            urls: settings.url.into_iter().chain(settings.fallback_url).map(|url| url.0).collect(),
            dial,
            events: settings.events.map(|url| url.0),
            whisper: asked.map(|(url, to)| Arc::new(Source { url, to, profile: Arc::clone(&profile) })),
            format: settings.record_format,
            nobody: if site.is_wired("nobody") { "nobody" } else { "missed" },
            profile: Arc::clone(&profile),
        };
        Some(Connect { to: settings.to.0, rules: Arc::new(rules) })
    })
}

/// Connects the caller with somebody else.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// Whom to ring: a number, `sip:user`, `sip:user@host`, `group:name`, a template that yields one and is subject to `dial.allow`,
    /// or a list of them; in a list also `{ target: …, ring: 20s }`.
    #[serde(default)]
    to: Several<Wanted>,
    /// Instead of `to`: the URL that says whom to ring, and how.
    #[serde(default)]
    url: Option<Address>,
    /// The URL that is asked when `url` fails.
    #[serde(default)]
    fallback_url: Option<Address>,
    /// One after the other, or several at once.
    #[serde(default)]
    order: Order,
    /// How many ring at once where the order is `parallel`.
    #[serde(default = "at_once")]
    at_once: Count<1, MOST_AT_ONCE>,
    /// Whether whoever last talked with this caller is rung first, alone, and the others only when it is busy or does not answer. A
    /// group's member is rung before all others, too. For so many days back as the setting `dial.sticky_days` says.
    #[serde(default)]
    sticky: bool,
    /// How long each may ring.
    #[serde(default = "half_a_minute")]
    ring: Ring,
    /// The longest conversation; the other side is let go then, and the flow goes on with the caller.
    #[serde(default)]
    limit: Option<Lapse<1_000, TALK_MAX>>,
    /// What the caller hears instead of the ringing of its own network: a sound file (WAV, MP3 or OGG Vorbis), or `tone`, a
    /// ringing tone; answers the call.
    #[serde(default)]
    music: Option<Hold>,
    /// What is said before the two are joined.
    #[serde(default)]
    whisper: Option<Said>,
    /// What is said while they talk.
    #[serde(default)]
    playback: Option<SaidLater>,
    /// The number shown to those who are rung, instead of the one that was called.
    #[serde(default)]
    caller_id: Option<Number>,
    /// A URL that is told how it goes with each party that is rung.
    #[serde(default)]
    events: Option<Address>,
    /// Whether the conversation is recorded: `single`, both parties mixed, or `dual`, the caller left and the other right.
    #[serde(default)]
    record: Option<Channels>,
    /// How the recording is kept.
    #[serde(default)]
    record_format: Format,
}

/// How targets are rung.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// One after the other, in the order of the list.
    #[default]
    Single,
    /// Several at once; the first who answers has the call.
    Parallel,
}

const fn at_once() -> Count<1, MOST_AT_ONCE> {
    Count::of(AT_ONCE)
}

const fn half_a_minute() -> Ring {
    Lapse::seconds(30)
}

#[derive(Debug)]
struct Connect {
    /// Nobody if a URL says whom.
    to: Vec<Wanted>,
    rules: Arc<Rules>,
}

impl Applet for Connect {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        if !self.rules.urls.is_empty() {
            return Asking::begin(&self.rules, Vec::new(), 0, cx);
        }
        let targets: Vec<Party> = self.to.iter().filter_map(|wanted| wanted.party(cx)).collect();
        Preparing::begin(&self.rules, Dial { targets, ..self.rules.dial.clone() }, Attempt::default(), cx)
    }

    fn audio(&self) -> Vec<Audio> {
        let dial = &self.rules.dial;
        let music = dial.music.iter().filter_map(|music| match music {
            Music::Tone => None,
            Music::Audio(audio) => Some(audio),
        });
        let playback = dial.playback.iter().map(|playback| &playback.what);
        let said = dial.whisper.iter().chain(playback).flat_map(|what| &what.audio);
        music.chain(said).cloned().collect()
    }

    fn urls(&self) -> Vec<&str> {
        let whisper = self.rules.whisper.iter().map(|source| &source.url);
        self.rules.urls.iter().chain(&self.rules.events).chain(whisper).map(String::as_str).collect()
    }

    fn groups(&self) -> Vec<String> {
        self.to.iter().filter_map(Wanted::group).collect()
    }

    fn exits(&self) -> Exits {
        Exits { optional: vec!["nobody".into()], ..Exits::required(["answered", "missed"]) }
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::PassedBy(&["nobody", "missed"])
    }
}

#[cfg(test)]
mod tests {
    use flow::ledger::Ledger;
    use model::DialStatus;

    use crate::tests::{node, problems};

    fn connect(fields: &str, exits: &str) -> Ledger {
        node(&format!("applet: connect, {fields}, on: {{ answered: end, missed: end{exits} }}"))
    }

    #[test]
    fn targets_are_rung_as_the_node_says() {
        let rows = [
            ("to: 'sip:sales'", vec!["dial 1 sip:sales for 30s"]),
            ("to: +91 80-2222 2222, ring: 1m", vec!["dial 1 +918022222222 for 60s"]),
            ("to: ['sip:a@b.example', 0802], ring: 20", vec!["dial 1 sip:a@b.example 0802 for 20s"]),
            ("to: 'sip:a', caller_id: '+918044444444'", vec!["dial 1 sip:a for 30s as +918044444444"]),
            ("to: [{ target: 'sip:a', ring: 5s }, 'sip:b']", vec!["dial 1 sip:a (5s) sip:b for 30s"]),
            ("to: ['sip:a', 'sip:b'], order: parallel", vec!["dial 1 sip:a sip:b for 30s, 10 at once"]),
            ("to: 'sip:a', order: parallel, at_once: 2", vec!["dial 1 sip:a for 30s, 2 at once"]),
            ("to: 'group:desk'", vec!["dial 1 group:desk for 30s"]),
            ("to: ['sip:a', 'group:desk'], sticky: true", vec!["dial 1 sip:a group:desk for 30s, sticky"]),
            ("to: 'sip:a', order: parallel, sticky: true", vec!["dial 1 sip:a for 30s, 10 at once, sticky"]),
            ("to: 'sip:a', limit: 60m", vec!["dial 1 sip:a for 30s, talks 3600s"]),
            ("to: 'sip:a', music: tone", vec!["answer", "dial 1 sip:a for 30s music tone"]),
            ("to: 'sip:a', whisper: { say: sale }", vec!["dial 1 sip:a for 30s whisper \"sale\" to callee"]),
            ("to: 'sip:a', whisper: { play: a.wav, to: both }", vec!["dial 1 sip:a for 30s whisper a.wav to both"]),
            (
                "to: 'sip:a', playback: { play: beep.wav, after: 5s, every: 30s }",
                vec!["dial 1 sip:a for 30s playback beep.wav to both after 5s every 30s"],
            ),
            ("to: 'sip:a', record: dual", vec!["dial 1 sip:a for 30s recorded wav dual"]),
            ("to: 'sip:a', record: single, record_format: mp3", vec!["dial 1 sip:a for 30s recorded mp3 single"]),
            ("to: 'sip:a', music: hold.wav", vec!["answer", "dial 1 sip:a for 30s music hold.wav"]),
        ];
        for (fields, lines) in rows {
            assert_eq!(connect(fields, "").start()[2..], lines, "{fields}");
        }
    }

    #[test]
    fn what_a_template_yields_is_from_outside() {
        let rows = [
            ("to: 'sip:{{ call.from }}'", vec!["dial 1 sip:+919900000001 (outside) for 30s"]),
            ("to: ['{{ \"0802\" }}', 0803]", vec!["dial 1 0802 (outside) 0803 for 30s"]),
            ("to: ' {{ call.from }} '", vec!["dial 1 +919900000001 (outside) for 30s"]),
            (
                "to: ['{{ nothing }}', 'sip:a@{{ call.from }}@b', 0803]",
                vec![
                    "fault: `` is not rung: it is no number, sip:user or sip:user@host",
                    "fault: `sip:a@+919900000001@b` is not rung: it is no number, sip:user or sip:user@host",
                    "dial 1 0803 for 30s",
                ],
            ),
            (
                "to: '{{ nothing.at.all }}'",
                vec!["fault: nobody is rung for \"{{ nothing.at.all }}\": undefined value", "dial 1  for 30s"],
            ),
        ];
        for (fields, lines) in rows {
            assert_eq!(connect(fields, "").start()[2..], lines, "{fields}");
        }
    }

    #[test]
    fn what_became_of_it_picks_the_exit() {
        let rows = [
            (DialStatus::Completed, true, "answered"),
            (DialStatus::Busy, true, "missed"),
            (DialStatus::NoAnswer, true, "missed"),
            (DialStatus::Failed, true, "missed"),
            (DialStatus::Canceled, true, "missed"),
            (DialStatus::Failed, false, "nobody"),
        ];
        for (status, rang, exit) in rows {
            let mut call = connect("to: 'sip:sales'", ", nobody: end");
            call.start();
            assert_eq!(call.dialled(1, status, rang)[0], format!("left by {exit}"));
        }
        let mut call = connect("to: 'sip:sales'", "");
        call.start();
        assert_eq!(call.dialled(1, DialStatus::Failed, false)[0], "left by missed");
    }

    #[test]
    fn keys_of_the_conversation_are_not_kept() {
        let mut call = node(
            "applet: connect, to: 'sip:a', on: { answered: ask, missed: end } },
             ask: { applet: gather, say: Number, on: { digits: end, none: end }",
        );
        call.start();
        assert_eq!(call.press("12"), [""; 0]);
        assert_eq!(call.dialled(1, DialStatus::Completed, true)[2..], ["answer", "play 2 \"Number\""]);
    }

    #[test]
    fn when_the_caller_hangs_up_the_dial_ends_first_and_is_reported() {
        let mut call = node(
            "applet: connect, to: 'sip:a', on: { answered: tell, missed: tell } },
             tell: { applet: passthru, url: 'http://crm.example/', async: true, next: end",
        );
        call.start();
        assert_eq!(call.hangs_up(), [""; 0]);
        let lines = call.dialled(1, DialStatus::Canceled, true);
        assert_eq!(lines[..2], ["left by missed", "at tell"]);
        assert!(lines[2].starts_with("tell 2 http://crm.example/?CallSid="), "{}", lines[2]);
        assert!(lines[2].contains("&DialCallStatus=canceled&"), "{}", lines[2]);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("ring: 20s", "there is nobody to ring"),
            ("to: 1, url: 'http://crm.example/'", "a node has `to` or `url`, not both"),
            ("to: 1, fallback_url: 'http://crm.example/'", "there is no `url` that could fail"),
            ("to: []", "there is nobody to ring"),
            ("to: sales", "`sales` cannot be rung"),
            ("to: 'sip:'", "`sip:` cannot be rung"),
            ("to: 'sip:{a}'", "`sip:{a}` cannot be rung"),
            ("to: '{{ call.frm }}'", "there is no `call.frm`"),
            ("to: 'sip:@host'", "`sip:@host` cannot be rung"),
            ("to: 'sip:a b@host'", "`sip:a b@host` cannot be rung"),
            ("to: [1, '+']", "`+` cannot be rung"),
            ("to: 1, caller_id: me", "`me` is no telephone number"),
            ("to: 1, ring: 6m", "6m is not within 1s and 5m"),
            ("to: [{ target: sales }]", "`sales` cannot be rung"),
            ("to: [{ target: 1, ring: 0s }]", "0s is not within 1s and 5m"),
            ("to: [{ ring: 5s }]", "`target` is missing"),
            ("to: [{ target: 1, rings: 5s }]", "unknown field `rings`, expected `target` or `ring`"),
            ("to: 1, order: random", "`random` is none of `single`, `parallel`"),
            ("to: 1, whisper: { to: both }", "there is nothing to be heard"),
            ("to: 1, whisper: { say: '{{ call.from }}' }", "a text here cannot have values of the call in it"),
            ("to: 1, whisper: { say: a, to: me }", "`me` is none of `callee`, `caller`, `both`"),
            ("to: 1, playback: { say: a, every: 0s }", "0s is not within 1s and 1h"),
            ("to: 1, at_once: 51", "51 is not within 1 and 50"),
            ("to: 1, limit: 0s", "0s is not within 1s and 4h"),
        ];
        for (fields, problem) in rows {
            let node = format!("applet: connect, {fields}, on: {{ answered: end, missed: end }}");
            assert_eq!(problems(&node), [problem], "{fields}");
        }
    }
}
