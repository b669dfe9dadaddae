//! A phone as stories use it: what its user does, how it behaves when called, and what can be waited for.

use core::net::IpAddr;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::agent::{Act, Agent, Line};
use crate::describes::Describes;
use crate::manner::Manner;

/// Something that a story waits for: [`crate::World::until`].
pub struct Condition {
    pub(crate) what: String,
    pub(crate) holds: Box<dyn Fn() -> bool>,
}

/// A phone. Clones are the same phone.
#[derive(Clone)]
pub struct Phone {
    pub(crate) agent: Rc<RefCell<Agent>>,
    now: Rc<RefCell<Instant>>,
}

impl Phone {
    pub(crate) fn new(agent: Agent, now: Rc<RefCell<Instant>>) -> Self {
        Self { agent: Rc::new(RefCell::new(agent)), now }
    }

    /// Picks up that long after it begins to ring.
    #[must_use]
    pub fn answers_after(self, delay: Duration) -> Self {
        self.behaves(Manner::Answers { after: delay, talks: None })
    }

    /// Speaks while it rings, and picks up that long after.
    #[must_use]
    pub fn speaks_early_and_answers_after(self, delay: Duration) -> Self {
        self.behaves(Manner::Early(delay))
    }

    /// Speaks while it rings, and refuses that long after with that status.
    #[must_use]
    pub fn speaks_early_and_rejects_after(self, delay: Duration, status: u16) -> Self {
        self.behaves(Manner::EarlyRejects(delay, status))
    }

    /// Refuses calls with that status.
    #[must_use]
    pub fn rejects(self, status: u16) -> Self {
        self.behaves(Manner::Rejects(status))
    }

    /// Refuses calls with that status, and says that it is for that Q.850 cause.
    #[must_use]
    pub fn rejects_for(self, status: u16, cause: u8) -> Self {
        self.agent.borrow_mut().refuses_for = Some(cause);
        self.rejects(status)
    }

    /// Rings and never picks up.
    #[must_use]
    pub fn only_rings(self) -> Self {
        self.behaves(Manner::Rings)
    }

    /// Does not react to a call at all.
    #[must_use]
    pub fn is_silent(self) -> Self {
        self.behaves(Manner::Silent)
    }

    /// Describes its media in those messages of its INVITEs from now on.
    pub fn describes(&self, how: Describes) {
        self.agent.borrow_mut().describes = how;
    }

    /// Dials a number, now.
    pub fn dials(&self, number: &str) {
        self.act(Act::Dial(number.to_owned()), Duration::ZERO);
    }

    /// Presses keys, one after the other, beginning now.
    pub fn presses(&self, keys: &str) {
        self.act(Act::Press(keys.to_owned()), Duration::ZERO);
    }

    /// Presses a key now, told by SIP INFO instead of in the media.
    pub fn informs(&self, key: char) {
        self.act(Act::Inform(key), Duration::ZERO);
    }

    /// Hangs up now; cancels if the far end still rings, declines if this phone does.
    pub fn hangs_up(&self) {
        self.act(Act::HangUp, Duration::ZERO);
    }

    /// Hangs up that long from now.
    pub fn hangs_up_after(&self, delay: Duration) {
        self.act(Act::HangUp, delay);
    }

    /// Puts the far end on hold, or takes it back.
    pub fn holds(&self, on: bool) {
        self.act(Act::Hold(on), Duration::ZERO);
    }

    /// Goes to another network in the middle of a call, and says so by a re-INVITE.
    pub fn moves(&self, to: IpAddr) {
        self.act(Act::Move(to), Duration::ZERO);
    }

    /// Sends no media any more, as if its network were gone one way.
    pub fn falls_silent(&self) {
        self.act(Act::FallSilent, Duration::ZERO);
    }

    /// Until the phone rings the far end.
    pub fn hears_ringing(&self) -> Condition {
        self.condition("hears ringing", |agent| agent.line == Line::Ringing)
    }

    /// Until the phone is being called.
    pub fn is_rung(&self) -> Condition {
        self.condition("is rung", |agent| agent.line == Line::Alerting)
    }

    /// Until the switch knows where it is.
    pub fn is_registered(&self) -> Condition {
        self.condition("is registered", Agent::is_registered)
    }

    /// Until its call is answered.
    pub fn is_answered(&self) -> Condition {
        self.condition("is answered", |agent| agent.line == Line::Talking)
    }

    /// Until its call is over.
    pub fn is_free(&self) -> Condition {
        self.condition("is free", |agent| matches!(agent.line, Line::Over | Line::Idle))
    }

    /// Until it has heard that prompt, by its text or file name, or that phone.
    pub fn hears(&self, name: &str) -> Condition {
        let name = name.to_owned();
        self.condition(&format!("hears {name}"), move |agent| agent.ear.heard.contains(&name))
    }

    /// Until the two hear each other in a call.
    pub fn talks_to(&self, other: &Self) -> Condition {
        let (mine, theirs) = (self.name(), other.name());
        let other = Rc::clone(&other.agent);
        self.condition(&format!("talks to {theirs}"), move |agent| {
            let hears = |agent: &Agent, name| agent.line == Line::Talking && agent.ear.now().as_ref() == Some(name);
            hears(agent, &theirs) && hears(&other.borrow(), &mine)
        })
    }

    /// Until those keys, and no others, have reached it.
    pub fn receives(&self, keys: &str) -> Condition {
        let keys = keys.to_owned();
        self.condition(&format!("receives {keys}"), move |agent| agent.ear.digits == keys)
    }

    /// What it heard, in order.
    pub fn heard(&self) -> Vec<String> {
        self.agent.borrow().ear.heard.clone()
    }

    /// The keys that reached it.
    pub fn received_digits(&self) -> String {
        self.agent.borrow().ear.digits.clone()
    }

    /// The media packets that reached it.
    pub fn packets(&self) -> u64 {
        self.agent.borrow().ear.packets
    }

    /// The final answers to its INVITEs, and those that it gave.
    pub fn finals(&self) -> Vec<u16> {
        self.agent.borrow().finals.clone()
    }

    /// Why the far end ended the call: its `Reason` header field.
    pub fn reason(&self) -> Option<String> {
        self.agent.borrow().reason.clone()
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.agent.borrow().name.clone()
    }

    /// Behaves like that when it is called.
    #[must_use]
    pub fn behaves(self, manner: Manner) -> Self {
        self.agent.borrow_mut().manner = manner;
        self
    }

    pub(crate) fn act(&self, act: Act, delay: Duration) {
        let at = *self.now.borrow() + delay;
        self.agent.borrow_mut().plan(act, at);
    }

    fn condition(&self, what: &str, holds: impl Fn(&Agent) -> bool + 'static) -> Condition {
        let agent = Rc::clone(&self.agent);
        Condition { what: format!("{} {what}", self.name()), holds: Box::new(move || holds(&agent.borrow())) }
    }
}
