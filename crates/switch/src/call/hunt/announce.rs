//! What is said to those who are connected: a whisper before they are joined, a playback while they talk.
//!
//! ```text
//! Awaited ─ the flow says what ─► Due ─ the party answered (and the caller is, if it is to hear it too) ─► Sounding ─ heard to its end ─► Over: joined
//! ```
//! A whisper to the party alone leaves the caller with its ringing or music, unanswered if it was. Who hangs up while it
//! sounds has declined: the hunt goes on.

use std::sync::Arc;

use flow::{Announcement, Audio, Component, Dial, Hearers};
use media::{MediaId, Pcm, PlayId};
use model::{EventKind, LegId, Moment};

use super::super::{Call, Timer};
use super::Hunt;
use crate::leg::LegState;

/// How far the whisper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whisper {
    /// The flow says it when a party has answered.
    Awaited,
    Due,
    Sounding,
    /// Or there is none.
    Over,
}

impl Whisper {
    pub(super) fn of(dial: &Dial) -> Self {
        match dial.whisper {
            _ if dial.whisper_follows => Self::Awaited,
            Some(_) => Self::Due,
            None => Self::Over,
        }
    }
}

impl Call {
    /// Begins the whisper as soon as all who are to hear it are there; whether the two must wait for its end.
    pub(super) fn whispers(&mut self, now: Moment) -> bool {
        let Some(hunt) = self.hunt.as_ref().filter(|hunt| hunt.whisper == Whisper::Due) else {
            return self.hunt.as_ref().is_some_and(|hunt| hunt.whisper != Whisper::Over);
        };
        let Some(what) = hunt.dial.whisper.clone() else { return false };
        if what.to != Hearers::Callee && !self.is_answered(LegId::FIRST) {
            // It comes back here with the answer.
            self.answer_caller(now);
            return self.hunt.as_ref().is_some_and(|hunt| hunt.whisper != Whisper::Over);
        }
        if what.to != Hearers::Callee {
            self.stop_music();
        }
        let begun = self.announce(&what, false, now);
        if let Some(hunt) = &mut self.hunt {
            hunt.whisper = if begun { Whisper::Sounding } else { Whisper::Over };
        }
        begun
    }

    /// The flow says what the party hears that answered.
    pub(in crate::call) fn on_whisper(
        &mut self,
        (dial, leg): (Component, LegId),
        what: Option<Announcement>,
        now: Moment,
    ) {
        let is_awaited =
            |hunt: &&mut Hunt| hunt.id == dial && hunt.chosen == Some(leg) && hunt.whisper == Whisper::Awaited;
        let Some(hunt) = self.hunt.as_mut().filter(is_awaited) else { return };
        hunt.whisper = if what.is_some() { Whisper::Due } else { Whisper::Over };
        hunt.dial.whisper = what;
        self.join_if_both_answered(now);
    }

    /// It is time for the playback.
    pub(in crate::call) fn on_playback(&mut self, now: Moment) {
        let Some(hunt) = &self.hunt else { return };
        let Some(playback) = hunt.dial.playback.clone() else { return };
        let still_sounds = !hunt.hearing.is_empty();
        let goes_on = still_sounds || self.announce(&playback.what, true, now);
        if let Some(every) = playback.every.filter(|_| goes_on) {
            self.timers.set(Timer::Playback, now.at + every);
        }
    }

    /// Something was heard; whether it was an announcement's, or music.
    pub(in crate::call) fn on_announced(&mut self, media: MediaId, play: PlayId, finished: bool, now: Moment) -> bool {
        let leg = self.leg_of_media(media);
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| PlayId(hunt.id.0) == play) else { return false };
        // Music that gave way to it has the same name, and was not heard to its end.
        if let Some(leg) = leg.filter(|leg| finished && hunt.hearing.remove(leg)) {
            let whispered = hunt.hearing.is_empty() && hunt.whisper == Whisper::Sounding;
            if whispered {
                hunt.whisper = Whisper::Over;
            }
            self.note_heard(leg, true, now);
            if whispered {
                self.join_if_both_answered(now);
            }
            self.pump(now);
        }
        true
    }

    /// Says it, alone or over their conversation; whether there is anything to be heard.
    fn announce(&mut self, what: &Announcement, mixed: bool, now: Moment) -> bool {
        let sounds = self.sounds(&what.audio, now);
        let Some((play, callee)) = self.hunt.as_ref().and_then(|hunt| Some((PlayId(hunt.id.0), hunt.chosen?))) else {
            return false;
        };
        if sounds.is_empty() {
            return false;
        }
        let legs = match what.to {
            Hearers::Callee => vec![callee],
            Hearers::Caller => vec![LegId::FIRST],
            Hearers::Both => vec![callee, LegId::FIRST],
        };
        for leg in legs {
            let party = &mut self.legs[usize::from(leg.0)];
            let (id, audio) = (party.media, sounds.clone());
            let order = party.media(if mixed {
                media::Command::Mix { id, play, audio }
            } else {
                media::Command::Play { id, play, audio, repeat: false }
            });
            self.orders.extend(order);
            if let Some(hunt) = &mut self.hunt {
                hunt.hearing.insert(leg);
            }
            self.note_leg(leg, EventKind::PlayStarted { audio: words(&what.audio) }, now);
        }
        true
    }

    /// Breaks off what is being said.
    pub(super) fn hush(&mut self, now: Moment) {
        let Some(hunt) = &mut self.hunt else { return };
        let play = PlayId(hunt.id.0);
        for leg in std::mem::take(&mut hunt.hearing) {
            let party = &mut self.legs[usize::from(leg.0)];
            if party.state != LegState::Gone {
                let stop = party.media(media::Command::Stop { id: party.media, play });
                self.orders.extend(stop);
            }
            self.note_heard(leg, false, now);
        }
    }

    fn note_heard(&mut self, leg: LegId, finished: bool, now: Moment) {
        let Some(hunt) = &self.hunt else { return };
        let whisper = hunt.dial.whisper.as_ref().filter(|_| hunt.joined.is_none());
        let what = whisper.or_else(|| hunt.dial.playback.as_ref().map(|playback| &playback.what));
        let audio = what.map(|what| words(&what.audio)).unwrap_or_default();
        self.note_leg(leg, EventKind::PlayEnded { audio, finished }, now);
    }

    fn sounds(&mut self, audio: &[Audio], now: Moment) -> Vec<Arc<Pcm>> {
        let sounds: Vec<_> = audio.iter().filter_map(|audio| self.sound(audio)).collect();
        if sounds.len() < audio.len() {
            self.fault(format!("{} has not been rendered; what is missing is left out", words(audio)), now);
        }
        sounds
    }
}

fn words(audio: &[Audio]) -> String {
    audio.iter().map(Audio::to_string).collect::<Vec<_>>().join(", ")
}
