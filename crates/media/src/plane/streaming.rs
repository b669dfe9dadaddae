//! Streams: what legs say is given on at each tick, and what applications say is said to them.

use std::time::Instant;

use super::{MAX_STREAMED, Plane};
use crate::codec::Codec;
use crate::command::{Event, MediaId, StreamId};
use crate::live::{Live, Progress};
use crate::rtp::Packet;
use crate::session::Said;
use crate::tap::{Streamed, Tap};

impl Plane {
    pub(super) fn stream(&mut self, id: MediaId, stream: StreamId, two_way: bool, now: Instant) {
        if self.streams.contains_key(&stream) {
            return;
        }
        let Some(key) = self.keys.get(&id).copied() else {
            return self.streamed.push_back(Streamed {
                stream,
                samples: Vec::new(),
                progress: Progress::default(),
                end: true,
            });
        };
        let tap = self.taps.insert(Tap::new(stream, key, two_way, now));
        self.streams.insert(stream, tap);
        let leg = &mut self.legs[key];
        leg.taps.push(tap);
        if two_way {
            leg.clear();
            leg.live = Some((tap, Live::default()));
        }
        if leg.phase.is_none() {
            self.start(key, now);
        }
    }

    pub(super) fn say(&mut self, stream: StreamId, samples: &[i16]) {
        if let Some(live) = self.live(stream) {
            live.push(samples);
        }
    }

    pub(super) fn clear(&mut self, stream: StreamId) {
        if self.live(stream).is_some() {
            let key = self.taps[self.streams[&stream]].leg;
            self.legs[key].clear();
        }
    }

    pub(super) fn stop_stream(&mut self, stream: StreamId) {
        let Some(place) = self.streams.remove(&stream) else { return };
        let key = self.taps.remove(place).leg;
        let leg = &mut self.legs[key];
        leg.taps.retain(|tap| *tap != place);
        let mut progress = Progress::default();
        if leg.live.as_ref().is_some_and(|(tap, _)| *tap == place) {
            leg.clear();
            progress = leg.live.take().map(|(_, live)| live.progress()).unwrap_or_default();
        }
        self.streamed.push_back(Streamed { stream, samples: Vec::new(), progress, end: true });
    }

    /// Ends all streams of a leg.
    pub(super) fn stop_streams(&mut self, key: usize) {
        while let Some(tap) = self.legs[key].taps.first() {
            self.stop_stream(self.taps[*tap].id);
        }
    }

    /// A leg said something, which its streams hear, and those of the one that it is joined with.
    pub(super) fn tap(&mut self, key: usize, peer: Option<usize>, codec: Codec, packet: &Packet<'_>, now: Instant) {
        for tap in &self.legs[key].taps {
            self.taps[*tap].hear(0, codec, packet, now);
        }
        for tap in peer.iter().flat_map(|peer| &self.legs[*peer].taps) {
            self.taps[*tap].hear(1, codec, packet, now);
        }
    }

    /// 20 ms have passed for a leg.
    pub(super) fn on_streamed(&mut self, key: usize, replied: bool, said: Option<Said>, now: Instant) {
        let leg = &self.legs[key];
        if let (Some(said), Some((recorder, _))) = (said, leg.recorder) {
            self.recorders[recorder].told(&said, now);
        }
        let id = leg.id;
        for tap in &leg.taps {
            let progress = match &leg.live {
                Some((of, live)) if of == tap => live.progress(),
                _ => Progress::default(),
            };
            let tap = &mut self.taps[*tap];
            let stream = tap.id;
            if replied && tap.two_way {
                self.events.extend(tap.replied(now).map(|after| Event::Replied { id, stream, after }));
            }
            let samples = tap.take(now);
            if self.streamed.len() < MAX_STREAMED {
                self.streamed.push_back(Streamed { stream, samples, progress, end: false });
            } else {
                self.streamed_lost += 1;
            }
        }
    }

    fn live(&mut self, stream: StreamId) -> Option<&mut Live> {
        let place = *self.streams.get(&stream)?;
        let (of, live) = self.legs[self.taps[place].leg].live.as_mut()?;
        (*of == place).then_some(live)
    }
}
