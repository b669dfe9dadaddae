//! On to another flow: found by its name, as it is published at that moment.

use std::borrow::Cow;
use std::sync::Arc;

use flow::{Component, Cx, Event, Exits, NAME, Program, Step, Visit};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// Another flow's name.
#[derive(Clone, Debug)]
pub(crate) struct FlowName(pub(crate) Arc<str>);

impl<'de> Deserialize<'de> for FlowName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name.trim().is_empty() || name.chars().count() > NAME {
            return Err(de::Error::custom(format!(
                "a flow's name has 1 to {NAME} characters\nwrite the `flow:` of its document"
            )));
        }
        Ok(Self(name.into()))
    }
}

impl JsonSchema for FlowName {
    fn schema_name() -> Cow<'static, str> {
        "FlowName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": NAME, "x-flow": true })
    }
}

/// The exit for a flow that is not there; a flow need not wire it.
pub(crate) fn missing(exits: Exits) -> Exits {
    Exits { optional: vec!["missing".into()], ..exits }
}

/// Waits until the flow is found, and goes there.
#[derive(Debug)]
pub(crate) struct Finding {
    flow: FlowName,
    question: Component,
    go: fn(Arc<Program>) -> Step,
}

impl Finding {
    pub(crate) fn begin(flow: &FlowName, go: fn(Arc<Program>) -> Step, cx: &mut Cx<'_>) -> Step {
        Step::wait(Self { flow: flow.clone(), question: cx.find_flow(&flow.0), go })
    }
}

impl Visit for Finding {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::FlowFound { id, program: Some(program) } if *id == self.question => (self.go)(Arc::clone(program)),
            Event::FlowFound { id, program: None } if *id == self.question => {
                cx.fault(format!("there is no flow `{}`", self.flow.0));
                Step::exit("missing")
            }
            _ => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::Stay
    }
}
