//! One party of a call: its dialog, its offer/answer, its media. Who began is a field; the rest is the same for both.
//!
//! ```text
//!  incoming: Offered ─ open ─► Opening ─ on_opened ─► Answered ─ end ─► Gone
//!                                 └─ on_opened ─► Early ─► Answered, Gone
//!  outgoing: Offered ─ open ─► Opening ─ on_opened ─► Inviting ─ on_answer ─► Answered ─ end ─► Gone
//! ```
//!
//! Media commands that are given before the two sides have agreed wait here, so that a prompt asked for together with
//! the answer begins with the answer.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;
use std::mem;

use bytes::Bytes;
use media::{Codec, Local, MediaId, Negotiation, SdpError};
use model::LegId;
use sip::SessionId;

use crate::order::{MediaOrder, Order};

/// What we speak, the preferred one first.
const CODECS: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];

/// Media commands that wait for a leg to be answered; a flow has no use for more.
const WAITING: usize = 32;

/// One party of a call.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) media: MediaId,
    pub(crate) state: LegState,
    /// Its dialog; an outgoing leg has one once it is invited.
    pub(crate) session: Option<SessionId>,
    /// Where its signalling comes from.
    source: Option<IpAddr>,
    /// Where its media live, once that is known.
    place: Option<Place>,
    /// The peer's offer that waits for our answer.
    offer: Option<Bytes>,
    negotiation: Option<Negotiation>,
    /// Our answer, once it was said early: it is said again when the leg is answered.
    pub(crate) early: Option<Bytes>,
    waiting: VecDeque<media::Command>,
    /// How often its media were opened and have not told that they are closed, or could not be opened.
    opened: u8,
}

/// Where a leg's media live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where they are bound.
    pub(crate) address: IpAddr,
    /// What the peer is told.
    pub(crate) public: IpAddr,
}

/// Where a leg stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegState {
    /// The peer wants in and nothing is decided; or the way to the one that we want is being looked for.
    Offered,
    /// Its media ports are being bound, in order to answer it or to invite it.
    Opening,
    /// We invited it.
    Inviting,
    /// It still rings, and has our media answer already, so that it hears whom we rang.
    Early,
    /// It is answered.
    Answered,
    /// It is over.
    Gone,
}

impl Leg {
    /// A party that called us. Without an offer it wants ours.
    pub(crate) fn incoming(session: SessionId, media: MediaId, source: IpAddr, offer: Option<Bytes>) -> Self {
        Self {
            id: LegId::FIRST,
            media,
            state: LegState::Offered,
            session: Some(session),
            source: Some(source),
            place: None,
            offer,
            negotiation: None,
            early: None,
            waiting: VecDeque::new(),
            opened: 0,
        }
    }

    /// A party that we are about to call.
    pub(crate) fn outgoing(id: LegId, media: MediaId) -> Self {
        Self {
            id,
            media,
            state: LegState::Offered,
            session: None,
            source: None,
            place: None,
            offer: None,
            negotiation: None,
            early: None,
            waiting: VecDeque::new(),
            opened: 0,
        }
    }

    /// Binds media ports at a place.
    pub(crate) fn open(&mut self, place: Place, settings: media::Settings) -> Order {
        self.state = LegState::Opening;
        self.place = Some(place);
        self.opened += 1;
        Order::Media(MediaOrder::Open { id: self.media, address: place.address, settings })
    }

    /// The ports are bound: our answer to the peer's offer, or our offer.
    pub(crate) fn describe(&mut self, local: SocketAddr) -> Result<Bytes, SdpError> {
        let (port, session_id) = (local.port(), self.media.0);
        let address = self.place.map_or_else(|| local.ip(), |place| place.public);
        let mut negotiation = Negotiation::new(Local { address, port, codecs: CODECS.to_vec(), session_id });
        if let Some(source) = self.source {
            negotiation.signalled_from(source);
        }
        let description = match self.offer.take() {
            Some(offer) => negotiation.handle_offer(&offer)?,
            None => negotiation.offer(),
        };
        self.negotiation = Some(negotiation);
        Ok(description)
    }

    /// The invitation has to go another way: what the first one was to agree on is forgotten.
    pub(crate) fn reopen(&mut self, place: Place, settings: media::Settings) -> [Order; 2] {
        let close = Order::Media(MediaOrder::Command(media::Command::Close { id: self.media }));
        (self.session, self.source, self.negotiation) = (None, None, None);
        [close, self.open(place, settings)]
    }

    /// Takes note of where its signalling comes from.
    pub(crate) fn signalled_from(&mut self, source: IpAddr) {
        self.source = Some(source);
        if let Some(negotiation) = &mut self.negotiation {
            negotiation.signalled_from(source);
        }
    }

    /// The answer to our offer. It may have come before, while the leg was ringing, and is not repeated then.
    pub(crate) fn on_answer(&mut self, answer: Option<&[u8]>) -> Result<(), SdpError> {
        match (answer, &mut self.negotiation) {
            (Some(answer), Some(negotiation)) => negotiation.handle_answer(answer),
            (None, Some(negotiation)) if negotiation.remote().is_none() => Err(SdpError::NotAnswered),
            _ => Ok(()),
        }
    }

    /// Whether it asked for our answer and has not had it: without an offer there is none to give.
    pub(crate) fn waits_for_answer(&self) -> bool {
        self.offer.is_some()
    }

    /// Whether the last offer was ours: an answer to it is awaited, or may come again.
    pub(crate) fn has_offered(&self) -> bool {
        self.negotiation.as_ref().is_some_and(Negotiation::offered)
    }

    /// Whether the two sides know where to send media.
    pub(crate) fn has_agreed(&self) -> bool {
        self.remote().is_some()
    }

    /// A new offer within the call, or a request for one: our description. `None` while the first is not settled.
    pub(crate) fn on_offer(&mut self, offer: Option<&[u8]>) -> Option<Result<Bytes, SdpError>> {
        let negotiation = self.negotiation.as_mut().filter(|_| self.state == LegState::Answered)?;
        Some(match offer {
            Some(offer) => negotiation.handle_offer(offer),
            None => Ok(negotiation.offer()),
        })
    }

    /// Whether the peer has put us on hold.
    pub(crate) fn held(&self) -> bool {
        self.negotiation.as_ref().is_some_and(Negotiation::held)
    }

    /// The name of the codec agreed on; empty before there is one.
    pub(crate) fn codec(&self) -> String {
        self.remote().map_or_else(String::new, |remote| remote.codec.name().to_owned())
    }

    /// Sends media where the peer wants them, and lets go what waited for that.
    pub(crate) fn connect(&mut self) -> Vec<Order> {
        let Some(remote) = self.remote().cloned() else { return Vec::new() };
        let connect = media::Command::Connect { id: self.media, remote };
        let trust = self.has_offered().then_some(media::Command::Trust { id: self.media });
        let waiting = mem::take(&mut self.waiting);
        [connect]
            .into_iter()
            .chain(trust)
            .chain(waiting)
            .map(|command| Order::Media(MediaOrder::Command(command)))
            .collect()
    }

    /// It acknowledged our answer: it is where its signalling comes from.
    pub(crate) fn trust(&self) -> Order {
        Order::Media(MediaOrder::Command(media::Command::Trust { id: self.media }))
    }

    /// A media command: now if the two sides have agreed, else when they do.
    pub(crate) fn media(&mut self, command: media::Command) -> Option<Order> {
        if self.has_agreed() {
            return Some(Order::Media(MediaOrder::Command(command)));
        }
        if self.waiting.len() < WAITING {
            self.waiting.push_back(command);
        }
        None
    }

    /// The leg is over: closes its media, if they were ever opened.
    pub(crate) fn end(&mut self) -> Option<Order> {
        let opened = !matches!(self.state, LegState::Offered | LegState::Gone);
        self.state = LegState::Gone;
        self.waiting.clear();
        opened.then(|| Order::Media(MediaOrder::Command(media::Command::Close { id: self.media })))
    }

    /// Its media told that they are closed, or cannot be opened; whether that was the last that is to be heard of them.
    pub(crate) fn on_media_closed(&mut self) -> bool {
        self.opened = self.opened.saturating_sub(1);
        self.state == LegState::Gone && self.opened == 0
    }

    /// Whether its media have still to tell that they are closed.
    pub(crate) fn has_media(&self) -> bool {
        self.opened > 0
    }

    fn remote(&self) -> Option<&media::Remote> {
        self.negotiation.as_ref().and_then(Negotiation::remote)
    }
}
