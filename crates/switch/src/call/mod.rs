//! One call: its parties, its run, its journal. A machine of its own that hands out orders.
//!
//! ```text
//! start ─► flow runs ─ caller gone, run over, nobody dialled ─► over
//!             └──── cut (a fault of ours, the server's end) ────┘
//! ```
//!
//! `start` holds what comes before the flow of a call that was asked for, `caller` what happens on the first leg, `command`
//! what the flow wants, `hunt` the parties that it dials, `early` what is heard of them before they answer, `sound` what is made
//! to be heard while the call runs, `record` what is kept of what was said, `stream` applications that hear it live.

mod caller;
mod command;
mod early;
mod hunt;
mod record;
mod sound;
mod start;
mod stream;

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flow::{Component, Event, Run};
use media::rtp::Stats;
use media::{MediaId, Pcm, PlayId, StreamId};
use model::{CallFacts, CallSid, CalloutId, Cause, EndedBy, EventKind, LegEnd, LegId, MediaQuality, Moment};

use crate::config::Numbering;
use crate::journal::Journal;
use crate::leg::{Leg, LegState, Place};
use crate::order::{CallKey, Order};
use crate::permit::Permit;
use crate::prompts::Published;
use crate::timers::Timers;
use hunt::Hunt;
use record::Recordings;
use sound::{Sounds, Waiting};
pub use start::Reporting;
use start::Start;
pub use stream::STREAM_LINES;
use stream::Streams;

/// One call.
pub(crate) struct Call {
    /// The flow that the run is in.
    published: Arc<Published>,
    /// All that it may be in by now: each is kept as it was when the call came to it.
    found: Vec<Arc<Published>>,
    facts: CallFacts,
    run: Run,
    journal: Journal,
    setup: Setup,
    /// Leg 0 is the caller; the others were dialled, in order.
    legs: Vec<Leg>,
    hunt: Option<Hunt>,
    recordings: Recordings,
    streams: Streams,
    /// What it was asked for with, if nobody called us.
    start: Option<Start>,
    /// The flow wants the caller answered.
    answering: bool,
    components: BTreeMap<Component, Ongoing>,
    sounds: Sounds,
    timers: Timers<Timer>,
    /// What the run must hear of its own commands.
    events: VecDeque<Event>,
    orders: VecDeque<Order>,
    callouts: u32,
    /// The node that the run is at, and its applet.
    node: (String, String),
    /// Why the caller is gone, and who ended it; the first word counts.
    ending: Option<(Cause, EndedBy)>,
    over: bool,
}

/// What a call is made with.
#[derive(Clone)]
pub(crate) struct Setup {
    /// Its place in the switch.
    pub(crate) key: CallKey,
    /// Which media worker serves it.
    pub(crate) worker: usize,
    /// Where the caller's media live.
    pub(crate) place: Place,
    /// Whom text from outside may have rung.
    pub(crate) permit: Arc<Permit>,
    /// How its media are treated.
    pub(crate) settings: media::Settings,
    /// How reports of it are written.
    pub(crate) reporting: Arc<dyn Reporting>,
    /// How its streams are named.
    pub(crate) numbering: Arc<dyn Numbering>,
    /// The ringing tone.
    pub(crate) ringback: Arc<Pcm>,
    /// Of what must be secret.
    pub(crate) seed: [u8; 32],
}

/// What a flow's component is to the call.
#[derive(Debug)]
enum Ongoing {
    Play {
        play: PlayId,
        audio: String,
    },
    /// A play or a preparation that lacks a sound.
    Waiting(Waiting),
    Timer,
    Callout {
        id: CalloutId,
        began: Instant,
    },
    Notify {
        id: CalloutId,
    },
    Dial,
    Record,
    Stream(StreamId),
}

/// The timers of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// One that the flow asked for.
    Flow(Component),
    /// How long a dialled party may ring.
    Ring(LegId),
    /// How long a conversation may last.
    Limit,
    /// How long a call may last that was asked for.
    Life,
    /// When something is said into a conversation.
    Playback,
    /// How long a play or a preparation may wait for sounds.
    Sound(Component),
    /// How long the caller may be recorded.
    Take,
    /// How long the flow waits for a notification to be stored.
    Notify(Component),
}

/// How long a flow waits for a notification to be stored, which takes milliseconds (`trust.md` F09).
const STORING: Duration = Duration::from_secs(5);

impl Call {
    /// A call that has just come in, and its flow.
    pub(crate) fn incoming(
        facts: CallFacts,
        published: Arc<Published>,
        caller: Leg,
        setup: Setup,
        now: Moment,
    ) -> Self {
        Self::new(facts, published, caller, setup, now)
    }

    fn new(facts: CallFacts, published: Arc<Published>, caller: Leg, setup: Setup, now: Moment) -> Self {
        let mut call = Self {
            run: Run::new(Arc::clone(&published.program), facts.clone()),
            journal: Journal::new(facts.sid.clone(), now),
            found: vec![Arc::clone(&published)],
            published,
            facts,
            legs: vec![caller],
            hunt: None,
            start: None,
            recordings: Recordings::new(setup.seed),
            streams: Streams::default(),
            setup,
            answering: false,
            components: BTreeMap::new(),
            sounds: Sounds::default(),
            timers: Timers::default(),
            events: VecDeque::new(),
            orders: VecDeque::new(),
            callouts: 0,
            node: Default::default(),
            ending: None,
            over: false,
        };
        let (tenant, direction) = (call.facts.tenant.clone(), call.facts.direction);
        let (from, to) = (call.facts.from.clone(), call.facts.to.clone());
        call.note_leg(LegId::FIRST, EventKind::Offered { tenant, direction, from, to }, now);
        call
    }

    /// Lets the flow begin. A caller whom it does not answer at once is told that it rings.
    pub(crate) fn start(&mut self, now: Moment) {
        self.run.start(now);
        self.pump(now);
        if let (LegState::Offered, Some(session)) = (self.caller().state, self.caller().session) {
            self.orders.push_back(Order::Ring { session, sdp: None });
            self.note_leg(LegId::FIRST, EventKind::Ringing, now);
        }
    }

    pub(crate) fn sid(&self) -> &CallSid {
        self.journal.call()
    }

    /// When it began, as `now` shows on both clocks.
    pub(crate) fn began(&self, now: Moment) -> Moment {
        let at = self.journal.began();
        Moment { at, wall: now.wall.checked_sub(now.since(at)).unwrap_or(now.wall) }
    }

    /// The number that was called.
    pub(crate) fn called(&self) -> &str {
        &self.facts.to
    }

    pub(crate) fn worker(&self) -> usize {
        self.setup.worker
    }

    pub(crate) fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// Legs whose media are open.
    pub(crate) fn open_legs(&self) -> usize {
        self.legs.iter().filter(|leg| !matches!(leg.state, LegState::Offered | LegState::Gone)).count()
    }

    /// Whether nothing of the call is left.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn poll_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.soonest()
    }

    pub(crate) fn handle_timeout(&mut self, now: Moment) {
        while let Some(timer) = self.timers.expired(now.at) {
            match timer {
                Timer::Flow(id) => {
                    self.components.remove(&id);
                    self.run_event(Event::TimerFired { id }, now);
                }
                Timer::Ring(LegId::FIRST) => self.on_first_rang_out(now),
                Timer::Ring(leg) => self.on_ring_timeout(leg, now),
                Timer::Life => self.on_life_over(now),
                Timer::Limit => self.on_limit(now),
                Timer::Playback => self.on_playback(now),
                Timer::Sound(id) => self.on_sound_timeout(id, now),
                Timer::Take => self.on_taken(now),
                Timer::Notify(id) => self.run_event(Event::NotifyDelayed { id }, now),
            }
        }
    }

    /// A leg's media ports are bound.
    pub(crate) fn on_opened(&mut self, media: MediaId, local: SocketAddr, now: Moment) {
        match self.leg_of_media(media) {
            Some(LegId::FIRST) if self.rings_first() => self.on_first_opened(local, now),
            Some(LegId::FIRST) => self.on_caller_opened(local, now),
            Some(leg) => self.on_dialled_opened(leg, local, now),
            None => {}
        }
    }

    /// A leg's media are closed, with what was counted.
    pub(crate) fn on_media_closed(&mut self, media: MediaId, stats: &Stats, now: Moment) {
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.media == media) else { return };
        let (id, last) = (leg.id, leg.on_media_closed());
        if last && stats.packets_sent + stats.packets_received > 0 {
            self.note_leg(id, EventKind::MediaEnded(quality(stats)), now);
        }
        self.pump(now);
    }

    /// A leg's media ports could not be bound.
    pub(crate) fn on_refused(&mut self, media: MediaId, why: &str, now: Moment) {
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.media == media)
            && leg.on_media_closed()
        {
            return self.pump(now);
        }
        let Some(leg) = self.leg_of_media(media) else { return };
        self.fault(format!("{leg} has no media: {why}"), now);
        if leg == LegId::FIRST && !self.answering {
            self.legs[0].state = LegState::Offered;
        } else if leg == LegId::FIRST {
            self.end_caller(Cause::RESOURCE_UNAVAILABLE, EndedBy::Us, now);
            self.run_event(Event::CallerGone, now);
        } else {
            self.on_attempt_failed(
                leg,
                LegEnd { cause: Cause::RESOURCE_UNAVAILABLE, status: None, by: EndedBy::Us },
                now,
            );
        }
    }

    /// A leg's dialog is over.
    pub(crate) fn on_closed(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        if leg == LegId::FIRST {
            self.on_caller_closed(ending, now);
        } else {
            self.on_dialled_closed(leg, ending, now);
        }
    }

    /// A leg's signalling comes from that host now, which may be another than before.
    pub(crate) fn on_signalled(&mut self, leg: LegId, source: IpAddr) {
        self.legs[usize::from(leg.0)].signalled_from(source);
    }

    /// A leg offers other media, or asks what ours are: hold, another address.
    pub(crate) fn on_offered(&mut self, leg: LegId, offer: Option<&[u8]>, now: Moment) {
        let party = &mut self.legs[usize::from(leg.0)];
        let Some(session) = party.session else { return };
        let was_held = party.held();
        let answer = match party.on_offer(offer) {
            Some(Ok(description)) => Ok(Some(description)),
            Some(Err(error)) => Err(error.status()),
            None => Err(491), // our own first description is not settled (RFC 3264 section 4)
        };
        let agreed = answer.is_ok() && offer.is_some();
        self.orders.push_back(Order::Answer { session, answer });
        if agreed {
            self.orders.extend(party.connect());
        }
        self.note_hold(leg, was_held, now);
    }

    /// A leg acknowledged our 2xx, with the answer to our offer if we made one.
    pub(crate) fn on_acked(&mut self, leg: LegId, answer: Option<&[u8]>, now: Moment) {
        let party = &mut self.legs[usize::from(leg.0)];
        if party.state != LegState::Answered {
            return;
        }
        self.orders.push_back(party.trust());
        // Some peers repeat their own offer; there is nothing to answer then.
        if !party.has_offered() {
            return;
        }
        let was_held = party.held();
        match party.on_answer(answer) {
            Ok(()) => {
                let connect = party.connect();
                self.orders.extend(connect);
                self.note_hold(leg, was_held, now);
            }
            Err(error) => {
                self.fault(format!("the media answer of {leg} cannot be met: {error}"), now);
                self.let_go(leg, Cause::BEARER_CAPABILITY_NOT_AVAILABLE, EndedBy::Us, now);
            }
        }
    }

    fn note_hold(&mut self, leg: LegId, was_held: bool, now: Moment) {
        let held = self.legs[usize::from(leg.0)].held();
        if held != was_held {
            self.note_leg(leg, EventKind::Held { on: held }, now);
        }
    }

    /// The peer pressed a key.
    pub(crate) fn on_digit(&mut self, leg: LegId, digit: char, duration: Duration, now: Moment) {
        if self.legs[usize::from(leg.0)].state == LegState::Gone {
            return;
        }
        self.note_leg(leg, EventKind::Digit { digit }, now);
        // In a conversation keys are meant for the other party; the media pass them on.
        if leg == LegId::FIRST && !self.is_joined() && !self.ends_take(digit, now) {
            self.tell_streams(digit, duration);
            self.run_event(Event::Digit { digit }, now);
        }
    }

    /// The same, told by SIP INFO: of such keys the media know nothing, so the other party is sent it.
    pub(crate) fn on_signalled_digit(&mut self, leg: LegId, digit: char, duration: Duration, now: Moment) {
        self.on_digit(leg, digit, duration, now);
        let other = if leg == LegId::FIRST { self.chosen() } else { Some(LegId::FIRST) };
        if let Some(other) = other.filter(|_| self.is_joined() && self.is_answered(leg)) {
            let party = &mut self.legs[usize::from(other.0)];
            let send = media::Command::SendDigits { id: party.media, digits: digit.to_string() };
            self.orders.extend(party.media(send));
        }
    }

    /// No media come from a leg any more. While it rings none are expected.
    pub(crate) fn on_media_timeout(&mut self, leg: LegId, now: Moment) {
        if !self.is_answered(leg) {
            return;
        }
        self.fault(format!("no media from {leg} for too long"), now);
        self.let_go(leg, Cause::RECOVERY_ON_TIMER_EXPIRY, EndedBy::Network, now);
    }

    /// Ends an answered leg. The call goes on without a dialled one.
    fn let_go(&mut self, leg: LegId, cause: Cause, by: EndedBy, now: Moment) {
        if leg == LegId::FIRST {
            self.hang_up(cause, by, now);
        } else {
            self.hang_up_dialled(leg, cause, by, now);
        }
    }

    /// Somebody outside the flow ends the call.
    pub(crate) fn hang_up(&mut self, cause: Cause, by: EndedBy, now: Moment) {
        self.end_caller(cause, by, now);
        self.on_caller_left(now);
    }

    /// A fault of ours: ends the call.
    pub(crate) fn abandon(&mut self, what: &str, now: Moment) {
        self.fault(format!("a fault of this server's, please report it: {what}"), now);
        self.cut(now);
    }

    /// Ends all that the call holds without asking its run.
    pub(crate) fn cut(&mut self, now: Moment) {
        self.events.clear();
        self.timers.clear();
        self.drop_dialled(Cause::TEMPORARY_FAILURE, now);
        self.drop_streams(now);
        self.events.clear();
        self.drop_components(now);
        self.end_caller(Cause::TEMPORARY_FAILURE, EndedBy::Us, now);
        let (cause, by) = self.ending.unwrap_or((Cause::TEMPORARY_FAILURE, EndedBy::Us));
        self.tell_end(now);
        self.end(cause, by, now);
    }

    fn caller(&self) -> &Leg {
        &self.legs[0]
    }

    pub(crate) fn leg_of_media(&self, media: MediaId) -> Option<LegId> {
        self.legs.iter().find(|leg| leg.media == media && leg.state != LegState::Gone).map(|leg| leg.id)
    }

    fn is_answered(&self, leg: LegId) -> bool {
        self.legs[usize::from(leg.0)].state == LegState::Answered
    }

    fn run_event(&mut self, event: Event, now: Moment) {
        self.events.push_back(event);
        self.pump(now);
    }

    /// Carries out what the run wants, and tells it what came of that, until both have nothing more to say.
    fn pump(&mut self, now: Moment) {
        loop {
            self.follow();
            while let Some(output) = self.run.poll_output() {
                match output {
                    flow::Output::Note(kind) => {
                        if let EventKind::NodeEntered { node, applet } = &kind {
                            self.node = (node.clone(), applet.clone());
                        }
                        self.note(kind, now);
                    }
                    flow::Output::Do(command) => self.on_command(command, now),
                }
            }
            match self.events.pop_front() {
                Some(event) => self.run.handle_event(event, now),
                None => break,
            }
        }
        if let (Some((cause, by)), true, None) = (self.ending, self.run.is_over(), &self.hunt)
            && !self.components.values().any(|ongoing| matches!(ongoing, Ongoing::Notify { .. }))
            && !self.streams()
            && !self.legs.iter().any(Leg::has_media)
            && self.tell_end(now)
        {
            self.end(cause, by, now);
        }
    }

    /// Nobody and nothing is left in the call.
    fn end(&mut self, cause: Cause, by: EndedBy, now: Moment) {
        if !self.over {
            self.over = true;
            self.note(EventKind::Ended { cause, by }, now);
        }
    }

    fn fault(&mut self, what: String, now: Moment) {
        self.note(EventKind::Fault { what }, now);
    }

    fn note(&mut self, kind: EventKind, now: Moment) {
        let line = self.journal.line(None, kind, now);
        self.orders.push_back(Order::Journal(line));
    }

    fn note_leg(&mut self, leg: LegId, kind: EventKind, now: Moment) {
        let line = self.journal.line(Some(leg), kind, now);
        self.orders.push_back(Order::Journal(line));
    }
}

fn quality(stats: &Stats) -> MediaQuality {
    let quality = MediaQuality {
        packets_sent: stats.packets_sent,
        packets_received: stats.packets_received,
        packets_lost: stats.packets_lost,
        packets_late: stats.packets_late,
        jitter: stats.jitter,
        peer_loss: u8::try_from(u16::from(stats.peer_loss) * 100 / 256).unwrap_or(100),
        round_trip: stats.round_trip,
        mos: None,
    };
    quality.rated()
}
