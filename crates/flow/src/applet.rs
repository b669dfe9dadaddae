//! The contract of an applet: a node's parsed settings, and one call's visit to it.
//!
//! ```text
//! enter ──► Step::Exit(name), ExitFirst(…) ──► next node
//!   └─────► Step::Wait(visit) ─ on_event ─┬─► Step::Stay
//!                                         ├─► Step::Exit(name), ExitFirst(…)
//!                                         ├─► Step::Transfer(program) ► its first node
//!                                         ├─► Step::Call(program) ────► its first node … Step::Return ► `next`
//!                                         └─► Step::End
//! ```

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use crate::control::{Audio, Event};
use crate::cx::Cx;
use crate::program::Program;

/// A way out of a node, by the name that flows wire: `next`, `digits`, `200`, …
pub type Exit = Cow<'static, str>;

/// A node as the compiler left it: parsed, immutable, shared by all calls.
pub trait Applet: Debug + Send + Sync {
    /// A call comes to the node.
    fn enter(&self, cx: &mut Cx<'_>) -> Step;

    /// What this node may play, for rendering when the flow is published.
    fn audio(&self) -> Vec<Audio> {
        Vec::new()
    }

    /// The URLs that this node asks, as far as its document says.
    fn urls(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The other flows that a call may come to from here, by name.
    fn flows(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The groups that this node rings, by name, as far as its document says.
    fn groups(&self) -> Vec<String> {
        Vec::new()
    }

    /// The exits that a flow wires; `next` alone unless the applet says otherwise.
    fn exits(&self) -> Exits {
        Exits::next()
    }

    /// Whether a visit takes time: a prompt, keys, a conversation, an answer. A loop needs such a node.
    fn waits(&self) -> bool {
        true
    }

    /// What becomes of the node when the caller has gone: reports are made all the same, prompts are passed over.
    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::PassedBy(&["next"])
    }
}

/// What becomes of a node when the caller has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutCaller {
    /// It does its work.
    Works,
    /// It is left at once by the first of these exits that is wired; if none is, the run ends.
    PassedBy(&'static [&'static str]),
}

/// The exits of a node that a flow wires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exits {
    /// Those that must be wired.
    pub required: Vec<Exit>,
    /// Those that may be.
    pub optional: Vec<Exit>,
    /// Whether any other name may be wired too.
    pub others: bool,
    /// Whether the status of an answer, `404`, or a class of them, `4xx`, may be wired too.
    pub statuses: bool,
}

impl Exits {
    /// `next`, and nothing else.
    pub fn next() -> Self {
        Self::required(["next"])
    }

    /// Those exits, all of which must be wired.
    pub fn required<const N: usize>(exits: [&'static str; N]) -> Self {
        Self { required: exits.map(Exit::Borrowed).into(), ..Self::default() }
    }

    /// Whether a flow may wire that exit.
    pub fn has(&self, exit: &str) -> bool {
        self.others
            || self.statuses && is_status(exit)
            || self.required.iter().chain(&self.optional).any(|known| known == exit)
    }
}

/// `100` to `599`, or `1xx` to `5xx`.
fn is_status(exit: &str) -> bool {
    match exit.as_bytes() {
        [b'1'..=b'5', b'x', b'x'] => true,
        [b'1'..=b'5', tens, ones] => tens.is_ascii_digit() && ones.is_ascii_digit(),
        _ => false,
    }
}

/// One call's visit to a node that waits for something. Its `Debug` is its state as the timeline shows it.
pub trait Visit: Debug + Send {
    /// Something happened. Only events of this visit's own components come here, digits, and that the
    /// call is answered.
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step;

    /// The caller hung up. Ends the run unless the applet has something to finish.
    fn on_caller_gone(&mut self, _cx: &mut Cx<'_>) -> Step {
        Step::End
    }
}

/// What comes next in a visit.
#[derive(Debug)]
pub enum Step {
    /// Leave by that exit.
    Exit(Exit),
    /// Leave by the first of these that is wired; by the last if none is.
    ExitFirst(Vec<Exit>),
    /// Wait for events.
    Wait(Box<dyn Visit>),
    /// Go on waiting.
    Stay,
    /// Go on in that flow for good.
    Transfer(Arc<Program>),
    /// Go on in that flow; when it returns, leave by `next`.
    Call(Arc<Program>),
    /// Go back to the flow that called this one; the call is over if none did.
    Return,
    /// The flow is over for this call.
    End,
}

impl Step {
    /// Leaves by the exit of that name.
    pub fn exit(name: impl Into<Exit>) -> Self {
        Self::Exit(name.into())
    }

    /// Leaves by the first of these exits that is wired.
    pub fn first<const N: usize>(names: [&'static str; N]) -> Self {
        Self::ExitFirst(names.map(Exit::Borrowed).into())
    }

    /// Waits with that state.
    pub fn wait(visit: impl Visit + 'static) -> Self {
        Self::Wait(Box::new(visit))
    }
}
