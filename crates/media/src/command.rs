//! What a media worker is told, and what it says: the words between the switch and the plane.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::pcm::Pcm;
use crate::recorder::Fate;
use crate::rtp::Stats;
use crate::sdp::Remote;

/// The media of one leg. Chosen by the switch, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaId(pub u64);

/// One play on a leg. Chosen by the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayId(pub u32);

/// One recording. Chosen by the switch, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId(pub u64);

/// One stream: a leg's audio, live, to an application and from it. Chosen by the switch, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// How a leg's media behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// After this long without a packet the leg has timed out; zero: never. It does not run while the peer holds.
    pub timeout: Duration,
    /// Also listens for digits that are tones in the audio, unless the peer has agreed to send events.
    pub inband_dtmf: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), inband_dtmf: true }
    }
}

/// From the switch to the worker. A command for an id that is not open is ignored: closing crosses with everything.
#[derive(Clone, Debug)]
pub enum Command {
    /// Drops what the application of a stream said and was not heard yet, within 20 ms and without a click.
    Clear {
        /// The stream.
        stream: StreamId,
    },
    /// Ends a leg's media; the last event is [`Event::Closed`].
    Close {
        /// The leg.
        id: MediaId,
    },
    /// What was agreed, first or anew. Learning where packets come from starts again.
    Connect {
        /// The leg.
        id: MediaId,
        /// The other end.
        remote: Remote,
    },
    /// Joins two legs, both ways. A leg that is joined already leaves its former peer.
    Join {
        /// One leg.
        a: MediaId,
        /// The other.
        b: MediaId,
    },
    /// Plays once over what the joined leg says, so that both are heard; else as [`Command::Play`]. Keys of the joined leg
    /// that are sent as events meanwhile are told, and not passed on.
    Mix {
        /// The leg.
        id: MediaId,
        /// The play.
        play: PlayId,
        /// One after the other; at most [`MAX_AUDIO`](crate::MAX_AUDIO).
        audio: Vec<Arc<Pcm>>,
    },
    /// A leg begins; its socket is bound.
    Open {
        /// The leg.
        id: MediaId,
        /// How it behaves.
        settings: Settings,
        /// The address of its RTP socket, as peers see it.
        local: SocketAddr,
    },
    /// Plays; what played before ends. The first packet goes at once.
    Play {
        /// The leg.
        id: MediaId,
        /// The play.
        play: PlayId,
        /// One after the other; at most [`MAX_AUDIO`](crate::MAX_AUDIO).
        audio: Vec<Arc<Pcm>>,
        /// From the start again, until it is stopped.
        repeat: bool,
    },
    /// Records what a leg hears, and what the one beside it hears; [`Recorded`](crate::Recorded) tells it until the end, which
    /// comes in any case. A leg is in one recording: a former one ends.
    Record {
        /// The leg.
        id: MediaId,
        /// The other, of whom the second channel is.
        with: Option<MediaId>,
        /// The recording.
        recording: RecordingId,
        /// A channel each; else mixed.
        dual: bool,
        /// Tells when the leg speaks first, and when it has been silent for so long.
        silence: Option<Duration>,
    },
    /// Records what a leg says, and what the application of its stream says to it; else as [`Command::Record`].
    RecordStream {
        /// The leg.
        id: MediaId,
        /// The recording.
        recording: RecordingId,
        /// A channel each; else mixed.
        dual: bool,
    },
    /// What the application of a stream says: 8 kHz, said behind what it said before, when the leg says nothing else by itself.
    /// Whoever gives it heeds [`Streamed::progress`](crate::Streamed::progress): of more than [`MAX_SAID`](crate::MAX_SAID) samples that
    /// wait the oldest are dropped.
    Say {
        /// The stream.
        stream: StreamId,
        /// What.
        samples: Vec<i16>,
    },
    /// Sends digits, behind those being sent: RFC 4733 events where the peer takes them, else tones. Characters that
    /// are no digit, and those past [`MAX_DIGITS`](crate::MAX_DIGITS) in the queue, are dropped.
    SendDigits {
        /// The leg.
        id: MediaId,
        /// Of `0-9*#A-D`.
        digits: String,
    },
    /// Stops a play, if it is still that one.
    Stop {
        /// The leg.
        id: MediaId,
        /// The play.
        play: PlayId,
    },
    /// Ends a recording.
    StopRecord {
        /// The recording.
        recording: RecordingId,
        /// What becomes of it.
        fate: Fate,
    },
    /// Ends a stream.
    StopStream {
        /// The stream.
        stream: StreamId,
    },
    /// Gives on what a leg says, and whoever it is joined with, as it comes; [`Streamed`](crate::Streamed) tells it until the end,
    /// which comes in any case. A leg may be in several streams, and hears the last that has two ways.
    Stream {
        /// The leg.
        id: MediaId,
        /// The stream.
        stream: StreamId,
        /// The leg hears what the application says.
        two_way: bool,
    },
    /// Parts two legs, if they are joined.
    Unjoin {
        /// One leg.
        a: MediaId,
        /// The other.
        b: MediaId,
    },
    /// The peer is where its SIP messages come from: it acknowledged our answer, or answered our offer, and neither can
    /// be done blindly. If that host is where its media are wanted, it is sent all there is.
    Trust {
        /// The leg.
        id: MediaId,
    },
}

/// From the worker to the switch.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A leg's media has ended: the last event of that leg.
    Closed {
        /// The leg.
        id: MediaId,
        /// What was counted.
        stats: Stats,
    },
    /// The peer pressed a key. It is told once, when the key is up.
    Digit {
        /// The leg.
        id: MediaId,
        /// Of `0-9*#A-D`.
        digit: char,
        /// How long the key was down.
        duration: Duration,
    },
    /// A play is over.
    PlayEnded {
        /// The leg.
        id: MediaId,
        /// The play.
        play: PlayId,
        /// It was heard to its end.
        finished: bool,
    },
    /// The application of a stream begins to speak after the leg has spoken. Told once for each time that the leg speaks.
    Replied {
        /// The leg.
        id: MediaId,
        /// The stream.
        stream: StreamId,
        /// How long after the leg's last word.
        after: Duration,
    },
    /// A party that is recorded has been silent for as long as was asked. Told once a recording.
    Silent {
        /// The leg.
        id: MediaId,
        /// The recording.
        recording: RecordingId,
    },
    /// A party that is recorded speaks for the first time.
    Spoke {
        /// The leg.
        id: MediaId,
        /// The recording.
        recording: RecordingId,
    },
    /// Nothing came for [`Settings::timeout`]. Told once for each silence; the leg stays open.
    TimedOut {
        /// The leg.
        id: MediaId,
    },
}

/// What a worker holds now, and how late it has been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Legs open.
    pub sessions: usize,
    /// Plays running.
    pub plays: usize,
    /// Pairs of legs joined.
    pub bridges: usize,
    /// Recordings under way.
    pub recordings: usize,
    /// Blocks of recordings that nobody took in time, since the start.
    pub recorded_lost: u64,
    /// Streams under way.
    pub streams: usize,
    /// Pieces of streams that nobody took in time, since the start.
    pub streamed_lost: u64,
    /// Ticks whose last packet left more than 2 ms late, or which did not run at all, since the start.
    pub late_ticks: u64,
}
