//! Session timers (RFC 4028): one side shows life in time, the other hangs up if it does not.
//!
//! ```text
//! 2xx with Session-Expires -> we refresh: at half of the interval UPDATE, or re-INVITE if the peer takes no UPDATE
//!                             the peer refreshes: near the end without one BYE
//! ```

use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;

use super::modify::Modifying;
use super::timers::Timer;
use super::{Phase, Session};
use crate::endpoint::{By, Ua};
use crate::header::{Headers, Name, Refresher, SessionExpires};
use crate::incoming::Incoming;
use crate::message::{Method, Request, Response};
use crate::transaction::clients::{ClientId, Outcome, User};

/// The extension.
pub(super) const TAG: &str = "timer";
/// Seconds that no session may be shorter than (section 5).
pub(crate) const MIN_SE: u32 = 90;
/// Seconds that we ask for (section 4 recommends half an hour).
const SESSION_EXPIRES: u32 = 1800;
/// Seconds of the longest session that we agree to.
const MAX_SE: u32 = 86_400;
/// The longest time before the end at which a BYE is due (section 10).
const BYE_MARGIN: Duration = Duration::from_secs(32);
/// Pause before a refresh that met another change is tried again.
const BUSY: Duration = Duration::from_secs(4);
/// Q.850 cause 102, recovery on timer expiry.
const TIMER_EXPIRY: u8 = 102;

/// What was agreed.
#[derive(Debug)]
pub(super) struct Life {
    interval: u32,
    ours: bool,
    /// Our side's SDP, for a re-INVITE to a peer that takes no UPDATE.
    sdp: Option<Bytes>,
}

/// The 422 to an interval that is too short (section 9).
pub(crate) fn too_short(incoming: &Incoming) -> Option<Response> {
    let headers = &incoming.request.headers;
    let interval = headers.session_expires().ok()??.interval;
    if interval >= MIN_SE || !headers.has_token(&Name::Supported, TAG) {
        return None;
    }
    let mut response = Response::to(&incoming.request, 422);
    response.headers.push(Name::MinSe, MIN_SE.to_string());
    Some(response)
}

/// What an INVITE of ours asks for.
pub(super) fn ask_for(headers: &mut Headers, interval: u32) {
    headers.set(Name::SessionExpires, SessionExpires { interval, refresher: None });
    if interval != SESSION_EXPIRES {
        headers.set(Name::MinSe, interval.to_string());
    }
}

/// The first wish.
pub(super) fn ask(headers: &mut Headers) {
    ask_for(headers, SESSION_EXPIRES);
}

/// The interval that a 422 wants instead, if it is one we can agree to (section 7.4).
pub(super) fn longer(response: &Response) -> Option<u32> {
    response.headers.min_se().ok()?.filter(|least| (MIN_SE..=MAX_SE).contains(least))
}

impl Life {
    /// What a request of ours asks for.
    fn ask(&self, headers: &mut Headers, least: u32) {
        let refresher = Some(if self.ours { Refresher::Uac } else { Refresher::Uas });
        headers.set(Name::SessionExpires, SessionExpires { interval: self.interval, refresher });
        headers.set(Name::MinSe, least.to_string());
    }
}

impl Session {
    /// Agrees as the side that answers: writes Session-Expires into our 2xx (section 9).
    pub(super) fn agree(&mut self, request: &Headers, response: &mut Response, now: Instant) {
        let supported = request.has_token(&Name::Supported, TAG);
        let wish = request.session_expires().ok().flatten();
        if wish.is_none() && !supported {
            return self.end_life();
        }
        let least = request.min_se().ok().flatten().unwrap_or(MIN_SE).max(MIN_SE);
        let interval = wish.map_or(SESSION_EXPIRES, |wish| wish.interval).max(least).min(MAX_SE.max(least));
        let peer = match wish.and_then(|wish| wish.refresher) {
            Some(refresher) => refresher == Refresher::Uac,
            None => supported,
        };
        let refresher = Some(if peer { Refresher::Uac } else { Refresher::Uas });
        response.headers.push(Name::SessionExpires, SessionExpires { interval, refresher });
        if peer {
            response.headers.push(Name::Require, TAG);
        }
        let sdp = (!allows_update(request) && !response.body.is_empty()).then(|| response.body.clone());
        self.live(interval, !peer, sdp, now);
    }

    /// Agrees as the side that asked (section 7.2).
    pub(super) fn agreed(&mut self, response: &Headers, sdp: Option<Bytes>, now: Instant) {
        let Some(agreed) = response.session_expires().ok().flatten() else { return self.end_life() };
        let sdp = sdp.filter(|_| !allows_update(response));
        self.live(agreed.interval.clamp(MIN_SE, MAX_SE), agreed.refresher != Some(Refresher::Uas), sdp, now);
    }

    fn live(&mut self, interval: u32, ours: bool, sdp: Option<Bytes>, now: Instant) {
        let sdp = sdp.or_else(|| self.life.take().and_then(|life| life.sdp));
        let whole = Duration::from_secs(interval.into());
        self.timers.start(Timer::Expiry, whole - BYE_MARGIN.min(whole / 3), now);
        if ours {
            self.timers.start(Timer::Refresh, whole / 2, now);
        } else {
            self.timers.stop(Timer::Refresh);
        }
        self.life = Some(Box::new(Life { interval, ours, sdp }));
    }

    fn end_life(&mut self) {
        self.life = None;
        self.timers.stop(Timer::Refresh);
        self.timers.stop(Timer::Expiry);
    }

    /// What a request of ours that changes or refreshes the session says (section 7.4): the same as before.
    pub(super) fn go_on(&self, headers: &mut Headers) {
        headers.push(Name::Supported, TAG);
        if let Some(life) = &self.life {
            life.ask(headers, life.interval.min(MIN_SE));
        }
    }

    /// Asks again for as long a session as the peer's 422 wants, if that is longer and the first time (section 7.4).
    pub(super) fn prolong(
        &mut self,
        response: &Response,
        mut request: Request,
        ua: &mut Ua,
        now: Instant,
    ) -> Option<ClientId> {
        let life = self.life.as_mut()?;
        let interval = longer(response).filter(|least| *least > life.interval)?;
        if request.headers.min_se().ok().flatten() > Some(MIN_SE) {
            return None;
        }
        life.interval = interval;
        life.ask(&mut request.headers, interval);
        self.dialog.renumber(&mut request);
        Some(ua.resend(request, self.dialog.path, User::Session(self.id.0), now))
    }

    pub(super) fn on_refresh(&mut self, ua: &mut Ua, now: Instant) {
        let Some(life) = &self.life else { return };
        if !matches!(self.phase, Phase::Confirmed) || self.closed {
            return;
        }
        if self.modifying.is_some() || self.offered.is_some() || self.success.is_some() {
            // A change that succeeds is a refresh by itself.
            return self.timers.start(Timer::Refresh, BUSY, now);
        }
        if let Some(sdp) = &life.sdp {
            self.modifying = Some(Box::new(Modifying::refresh(sdp.clone())));
            return self.ask(ua, now);
        }
        let mut update = self.dialog.request(Method::Update);
        update.headers.push(Name::Contact, ua.contact(self.dialog.path));
        self.go_on(&mut update.headers);
        ua.request(update, self.dialog.path, User::Session(self.id.0), now);
    }

    /// News of our UPDATE.
    pub(super) fn on_refresh_outcome(&mut self, outcome: Outcome, ua: &mut Ua, now: Instant) {
        match outcome {
            Outcome::Response(response, Some(_)) if response.is_success() => {
                self.proof.iter_mut().for_each(|proof| proof.accepted());
                self.agreed(&response.headers, None, now);
            }
            Outcome::Response(response, Some(_)) if matches!(response.status, 491 | 500 | 503) => {
                self.timers.start(Timer::Refresh, BUSY, now);
            }
            Outcome::Response(response, Some(request)) if response.status == 422 => {
                self.prolong(&response, *request, ua, now);
            }
            outcome => self.on_minor_outcome(outcome, ua, now),
        }
    }

    /// Nobody showed life in time (section 10).
    pub(super) fn on_expired(&mut self, ua: &mut Ua, now: Instant) {
        if matches!(self.phase, Phase::Confirmed) {
            self.close(By::Timeout, None, Some(TIMER_EXPIRY), ua);
            self.end_success();
            self.say_bye(TIMER_EXPIRY, ua, now);
        }
    }
}

fn allows_update(headers: &Headers) -> bool {
    headers.has_token(&Name::Allow, "UPDATE")
}
