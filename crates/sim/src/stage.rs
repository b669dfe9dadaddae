//! The stage that scenarios are played on: a world for each, the caller's keys pressed where they are waited for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flow::{Catalogue, Program};
use model::{EventKind, FlowId, StartCall, Then, ToFlow};
use regex_lite::Regex;
use switch::{NAME_BYTES, Numbering as _};

use crate::agent::{Act, Line};
use crate::bot::Bot;
use crate::numbering::Local;
use crate::phone::Phone;
use crate::rehearsed::Rehearsed;
use crate::scenario::Scenario;
use crate::web::Requested;
use crate::world::{PATIENCE, World};

/// From the moment at which a step begins to wait for keys until they are pressed: its prompt has been heard by then.
const THINKING: Duration = Duration::from_millis(1_500);

/// From being rung until the caller of a call picks up that the API asks for.
const PICKING_UP: Duration = Duration::from_secs(1);

/// How long such a caller is rung.
const RING: Duration = Duration::from_secs(30);

/// What a world may take in steps: a call of ten minutes with ten parties takes fewer.
pub const STEPS: u32 = 2_000_000;

/// What a rehearsal needs to know of the installation whose flows are rehearsed.
pub struct Stage {
    /// The applets.
    pub catalogue: Catalogue,
    /// How numbers are written.
    pub numbering: Local,
    /// Whom flows may ring.
    pub outgoing: Outgoing,
    /// Steps of its world after which a rehearsal is cut.
    pub steps: u32,
}

/// Whom flows may ring, as the operator says.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// Whom text from outside a flow may have rung.
    pub dial: Vec<Regex>,
    /// Groups that flows ring by name.
    pub groups: Vec<switch::Group>,
}

impl Stage {
    /// Rehearses a scenario of a flow, which may go on in those beside it. The same one always ends in the same way.
    pub fn rehearse(&self, program: Arc<Program>, beside: &[Arc<Program>], scenario: &Scenario) -> Rehearsed {
        let mut world = World::with_cast(self.numbering.clone(), &self.outgoing, scenario);
        beside.iter().for_each(|flow| world.publish_beside(Arc::clone(flow)));
        world.steps_left = self.steps;
        let flow = program.id();
        world.publish(program);
        for (url, replies) in &scenario.web {
            replies.0.iter().fold(world.web(url), |site, reply| site.will(reply.clone()));
        }
        let bots = scenario.bots.iter().map(|(url, part)| (url.clone(), world.bot(url).plays(part)));
        let bots: Vec<(String, Bot)> = bots.collect();
        let caller = world.phone("caller");
        caller.agent.borrow_mut().number = Some(scenario.caller.as_str().to_owned());
        match &scenario.started {
            None => caller.dials(scenario.dials.as_str()),
            Some(_) => self.ask_for(&mut world, &caller, flow, scenario),
        }
        if let Some(after) = scenario.hangs_up {
            caller.hangs_up_after(after.duration());
        }
        let ended = self.play(&mut world, &caller, scenario);
        let mut troubles = world.rest();
        if world.steps_left == 0 {
            troubles.insert(0, format!("the rehearsal was cut after {} steps: too much goes on in it", self.steps));
        } else if !ended {
            troubles.insert(0, format!("the call did not end within {} minutes", PATIENCE.as_secs() / 60));
        }
        troubles.extend(world.faults(0));
        Rehearsed {
            ladder: world.ladder().to_owned(),
            steps: world.walk(0),
            walk: world.strides(0),
            events: world.lines(0).cloned().collect(),
            requests: world.requested().to_vec(),
            told: bots.into_iter().map(|(url, bot)| (url, bot.told())).collect(),
            cause: world.records().first().and_then(|record| record.cause),
            troubles,
            strangers: self.strangers(&world, scenario),
        }
    }

    /// Asks for the call as the API does. The caller picks up a second after being rung.
    fn ask_for(&self, world: &mut World, caller: &Phone, flow: FlowId, scenario: &Scenario) {
        world.connect(&scenario.caller.target(), caller.clone().answers_after(PICKING_UP));
        let call = StartCall {
            sid: self.numbering.call_sid([0; NAME_BYTES], world.wall()),
            from: scenario.caller.as_str().to_owned(),
            caller_id: scenario.dials.as_str().to_owned(),
            ring: RING,
            limit: None,
            custom_field: scenario.started.as_ref().and_then(|started| started.custom_field.clone()),
            callback: None,
            then: Then::Flow(ToFlow { id: flow, record: None }),
        };
        world.start(call).expect("a caller who can be rung, and a flow");
    }

    /// Who was dialled and what was asked without being in the scenario, each once.
    fn strangers(&self, world: &World, scenario: &Scenario) -> Vec<String> {
        let number = |text: &str| self.numbering.normalise(text);
        let is = |who: &str, target: &str| number(who) == number(target) || format!("sip:{who}") == target;
        let caller = scenario.started.is_some().then_some(&scenario.caller);
        let known = |target: &str| scenario.answer.keys().chain(caller).any(|who| is(who.as_str(), target));
        let dialled = world.kinds(0).filter_map(|kind| match kind {
            EventKind::Dialled { target, .. } if !known(target) => Some(format!("nobody answers for {target}")),
            _ => None,
        });
        let scripted = |url: &str| scenario.web.keys().any(|site| site.split(['?', '#']).next() == Some(url));
        let is_message = |url: &str| model::Message::read(url).is_some();
        let asked = world.requested().iter().map(Requested::address).filter(|url| !scripted(url) && !is_message(url));
        let all: BTreeSet<String> = dialled.chain(asked.map(|url| format!("no site answers for {url}"))).collect();
        all.into_iter().collect()
    }

    /// Lets the call run its course, and the caller press keys where they are waited for. Says whether it ended.
    fn play(&self, world: &mut World, caller: &Phone, scenario: &Scenario) -> bool {
        let limit = world.now() + PATIENCE;
        let mut keys = scenario.press.0.iter();
        let mut read = 0;
        while caller.agent.borrow().line != Line::Over {
            if !world.step(limit) {
                return false;
            }
            let waits = |kind: &EventKind| match kind {
                EventKind::NodeEntered { applet, .. } => {
                    self.catalogue.kind(applet).is_some_and(|kind| kind.hears_keys())
                }
                _ => false,
            };
            let waiting = world.journal()[read..].iter().filter(|event| waits(&event.kind)).count();
            read = world.journal().len();
            for keys in keys.by_ref().take(waiting) {
                caller.act(Act::Press(keys.0.clone()), THINKING);
            }
        }
        true
    }
}
