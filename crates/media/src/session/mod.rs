//! One leg's media: who its peer is, what it hears (`hear`, `ears`, `keys`), what it says (`speak`),
//! what it reports (`report`).
//!
//! A leg has no timer. It says whether it needs the 20 ms clock; the plane owns that.

mod ears;
mod hear;
mod keys;
mod report;
mod speak;

use core::net::SocketAddr;
use std::time::Instant;

use rand_core::Rng;

use crate::bridge::Splice;
use crate::codec::FRAME_SAMPLES;
use crate::command::{MediaId, PlayId, Settings};
use crate::keypad::Keypad;
use crate::live::Live;
use crate::player::{Player, fading};
use crate::rtp::{KeyReader, Outgoing, Reception, Stats};
use crate::sdp::Remote;
use crate::source::Source;

use ears::Ears;
pub(crate) use hear::{Heard, MAX_AUDIO_OCTETS};
use keys::Told;
use report::Reporting;
pub(crate) use speak::Said;

/// Packets to an address that has never sent anything and is not the host that we have proof to talk SIP with: 5 s of
/// audio, for the whole life of the leg, so that nobody can aim us at a stranger (RTP and RTCP together).
pub(crate) const MAX_UNPROVED: u16 = 250;

#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) id: MediaId,
    pub(crate) local: SocketAddr,
    /// The leg that it is joined with.
    pub(crate) peer: Option<usize>,
    /// The phase of the clock that it runs on, while it is busy.
    pub(crate) phase: Option<usize>,
    /// The recorder that hears it, and as which party.
    pub(crate) recorder: Option<(usize, usize)>,
    /// The streams that hear it.
    pub(crate) taps: Vec<usize>,
    /// The stream that it hears, and what that says.
    pub(crate) live: Option<(usize, Live)>,
    settings: Settings,
    remote: Option<Remote>,
    source: Option<Source>,
    unproved: u16,
    /// The host of its SIP messages is really there.
    trusted: bool,
    incoming: Option<Reception>,
    keys: KeyReader,
    ears: Option<Box<Ears>>,
    told: Told,
    reporting: Reporting,
    last_heard: Instant,
    timed_out: bool,
    outgoing: Outgoing,
    splice: Splice,
    player: Option<Player>,
    /// The last 20 ms of a play that was stopped, fading: cut off, it would click.
    tail: Option<[i16; FRAME_SAMPLES]>,
    /// What its stream said in this tick.
    said: Option<Said>,
    keypad: Keypad,
    /// Of the digit that is being sent as an event.
    event_timestamp: u32,
    stats: Stats,
}

impl Leg {
    pub(crate) fn new(id: MediaId, settings: Settings, local: SocketAddr, rng: &mut impl Rng, now: Instant) -> Self {
        Self {
            id,
            local,
            peer: None,
            phase: None,
            recorder: None,
            taps: Vec::new(),
            live: None,
            settings,
            remote: None,
            source: None,
            unproved: MAX_UNPROVED,
            trusted: false,
            incoming: None,
            keys: KeyReader::default(),
            ears: settings.inband_dtmf.then(Box::default),
            told: Told::default(),
            reporting: Reporting::new(rng, now),
            last_heard: now,
            timed_out: false,
            outgoing: Outgoing::new(rng, now),
            splice: Splice::default(),
            player: None,
            tail: None,
            said: None,
            keypad: Keypad::default(),
            event_timestamp: 0,
            stats: Stats::default(),
        }
    }

    pub(crate) fn connect(&mut self, remote: Remote, now: Instant) {
        match &mut self.source {
            Some(source) => source.renew(&remote),
            None => self.source = Some(Source::new(&remote)),
        }
        self.remote = Some(remote);
        self.last_heard = now;
        self.timed_out = false;
    }

    /// Begins a play; returns the one that it ends.
    pub(crate) fn play(&mut self, player: Player) -> Option<PlayId> {
        if !self.is_speaking() {
            self.outgoing.pause();
        }
        self.player.replace(player).map(|before| before.play)
    }

    /// Ends a play, if it is still that one.
    pub(crate) fn stop(&mut self, play: PlayId) -> bool {
        let Some(mut player) = self.player.take_if(|player| player.play == play) else { return false };
        self.tail = player.fade();
        if self.tail.is_none() {
            self.outgoing.pause();
        }
        true
    }

    pub(crate) fn is_playing(&self) -> bool {
        self.player.is_some()
    }

    pub(crate) fn press(&mut self, digits: &str) {
        self.keypad.push(digits);
    }

    /// Drops what its stream said and was not heard.
    pub(crate) fn clear(&mut self) {
        let next = self.live.as_mut().and_then(|(_, live)| live.clear());
        if let Some(next) = next.filter(|_| self.player.is_none()) {
            self.tail = Some(fading(next));
        }
    }

    /// It speaks by itself, on the clock.
    pub(crate) fn is_speaking(&self) -> bool {
        let live = self.live.as_ref().is_some_and(|(_, live)| live.is_speaking());
        self.player.is_some() || self.tail.is_some() || self.keypad.is_active() || live
    }

    /// It needs the clock.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_speaking()
            || !self.taps.is_empty()
            || self.keys.is_down()
            || self.ears.as_ref().is_some_and(|ears| ears.is_down())
    }

    /// The peer takes digits as events.
    pub(crate) fn takes_events(&self) -> bool {
        self.remote.as_ref().is_some_and(|remote| remote.telephone_event.is_some())
    }

    /// Nothing has come for too long; true once for each silence.
    pub(crate) fn times_out(&mut self, now: Instant) -> bool {
        let expects = self.remote.as_ref().is_some_and(|remote| remote.sending && remote.receiving);
        if !expects || self.timed_out || self.settings.timeout.is_zero() {
            return false;
        }
        self.timed_out = now.saturating_duration_since(self.last_heard) >= self.settings.timeout;
        self.timed_out
    }

    /// What was counted.
    pub(crate) fn stats(&self) -> Stats {
        let (lost, jitter) = self.incoming.as_ref().map_or((0, 0), |incoming| (incoming.lost(), incoming.jitter()));
        Stats {
            packets_sent: self.outgoing.packets,
            octets_sent: self.outgoing.octets,
            packets_lost: self.stats.packets_lost + u64::from(lost),
            jitter: crate::rtp::duration(jitter),
            ..self.stats
        }
    }
}
