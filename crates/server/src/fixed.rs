//! The flow of a server that has no flow documents: answers, waits a second, and hangs up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flow::{Applet, Cx, Event, Node, NodeIndex, Place, Program, Step, Visit};
use model::Cause;
use switch::{Published, Routes};

/// How long the caller hears nothing before it is let go.
const WAIT: Duration = Duration::from_secs(1);

/// The flow, and that every number starts it.
pub fn flow() -> (Vec<Arc<Published>>, Routes) {
    let (name, place) = ("hello".to_owned(), Place::default());
    let node = Node { name, place, kind: "answer", applet: Box::new(Hello), exits: Vec::new() };
    let program = Arc::new(Program::new("hello", 1, NodeIndex(0), vec![node]));
    let routes = Routes { default_flow: Some("hello".into()), ..Routes::default() };
    (vec![Arc::new(Published { program, prompts: BTreeMap::new() })], routes)
}

#[derive(Debug)]
struct Hello;

#[derive(Debug)]
struct Waiting;

impl Applet for Hello {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        cx.answer();
        cx.start_timer(WAIT);
        Step::wait(Waiting)
    }
}

impl Visit for Waiting {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        if matches!(event, Event::TimerFired { .. }) {
            cx.hang_up(Cause::NORMAL_CLEARING);
            return Step::End;
        }
        Step::Stay
    }
}
