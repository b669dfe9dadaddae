//! How a node rings, whomever it is; and how a URL wants it done, where that says so (`exotel.md` 2.7.2).

use std::sync::Arc;
use std::time::Duration;

use exotel::connect::{self as told, Plan};
use exotel::passthru::Profile;
use flow::{Announcement, Audio, Cx, Dial, DialOrder, Hearers, Music, Playback, Step};
use model::LegFacts;

use super::announce::SAID_LATER;
use super::asking::FETCHES;
use super::desk::Desk;
use super::dialling::Dialling;
use super::preparing::Preparing;
use super::target::{named, number};
use super::whispering::{Source, Whispering};
use super::{AT_ONCE, RING_MAX, TALK_MAX};
use crate::prompt::spoken;
use crate::recording::{Format, as_told};

/// How a node rings, whomever it is.
#[derive(Debug)]
pub(super) struct Rules {
    /// Who says whom to ring: the first, and the one that is asked when that fails.
    pub(super) urls: Vec<String>,
    /// How; without its targets.
    pub(super) dial: Dial,
    /// Who is told of each party.
    pub(super) events: Option<String>,
    /// Who says what a party hears that has answered.
    pub(super) whisper: Option<Arc<Source>>,
    /// How recordings are kept.
    pub(super) format: Format,
    /// The exit for when no target could be tried.
    pub(super) nobody: &'static str,
    pub(super) profile: Arc<Profile>,
}

/// What one dial of a connect is told by and belongs to.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    /// Who hears of each party, if not those that the node names.
    pub(super) events: Option<String>,
    /// What came of the attempts before.
    pub(super) past: Vec<LegFacts>,
    /// When nobody answers a URL is asked again, which has been asked so often.
    pub(super) again: Option<usize>,
    /// A URL says what is heard.
    pub(super) is_told: bool,
}

impl Rules {
    /// Dials as a URL says, with the node's own settings where it says nothing.
    pub(super) fn dial_as_told(
        self: &Arc<Self>,
        plan: Plan,
        past: Vec<LegFacts>,
        fetches: usize,
        cx: &mut Cx<'_>,
    ) -> Step {
        // Who has been rung for this caller need not be first again.
        let sticky = plan.sticky.unwrap_or(self.dial.sticky) && past.is_empty();
        let in_order = !plan.equally && !sticky;
        let wanted = if plan.fetch_after_attempt && in_order { 1 } else { plan.targets.len() };
        let at_once = |most: u64| usize::try_from(most.min(AT_ONCE.into())).expect("a few");
        let whisper_follows = self.dial.whisper_follows && plan.playback.is_none();
        let dial = Dial {
            targets: plan.targets.iter().take(wanted).filter_map(|text| named(text, cx)).collect(),
            share: plan.equally,
            sticky,
            alone: plan.fetch_after_attempt && !in_order,
            order: plan.parallel.map_or(self.dial.order, |most| DialOrder::Parallel(at_once(most))),
            ring: plan.ring.map_or(self.dial.ring, |ring| ring.min(RING_MAX)),
            limit: plan.talk.map(|talk| talk.min(Duration::from_millis(TALK_MAX))).or(self.dial.limit),
            music: plan.music.map(music).or_else(|| self.dial.music.clone()),
            whisper: plan.playback.map(whisper).or_else(|| self.dial.whisper.clone()),
            whisper_follows,
            playback: plan.in_call.map(in_call).or_else(|| self.dial.playback.clone()),
            caller_id: plan.caller_id.and_then(|text| number(&text)).or_else(|| self.dial.caller_id.clone()),
            headers: plan.headers,
            record: as_told(self.dial.record, (plan.record, plan.dual), self.format),
        };
        let again = (plan.fetch_after_attempt && fetches < FETCHES).then_some(fetches);
        Preparing::begin(self, dial, Attempt { events: plan.events_url, past, again, is_told: true }, cx)
    }

    /// Rings.
    pub(super) fn ring(self: &Arc<Self>, dial: Dial, attempt: Attempt, cx: &mut Cx<'_>) -> Step {
        let Attempt { events, past, again, .. } = attempt;
        let desk = events.or_else(|| self.events.clone()).map(|url| Desk::new(url, Arc::clone(&self.profile)));
        let whisper = self.whisper.as_ref().filter(|_| dial.whisper_follows).map(Whispering::new);
        Step::wait(Dialling { rules: Arc::clone(self), dial: cx.dial(dial), desk, whisper, past, again })
    }

    /// The exit for when nobody answered.
    pub(super) fn unanswered(&self, legs: &[LegFacts]) -> &'static str {
        if legs.is_empty() { self.nobody } else { "missed" }
    }
}

fn music(told: told::Music) -> Music {
    match told {
        told::Music::Tone => Music::Tone,
        told::Music::Url(url) => Music::Audio(Audio::Url(url.into())),
    }
}

fn in_call(told: told::InCall) -> Playback {
    let most = |wait: Duration| wait.min(Duration::from_millis(SAID_LATER));
    Playback { what: whisper(told.playback), after: most(told.after), every: told.every.map(most) }
}

fn whisper(told: told::Playback) -> Announcement {
    let to = if told.to_both { Hearers::Both } else { Hearers::Callee };
    Announcement { audio: vec![spoken(told.what)], to }
}
