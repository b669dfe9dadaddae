//! Where the API has flows made: what the publisher would say of them, by the configuration as it is.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use api::{Asked, BoxFuture, Played, Publication, Script, Stride, Unpublished};
use flow::{Audio, Catalogue, Diagnostic, Program, Severity};

use jiff::Timestamp;
use sim::{Left, Rehearsed, Requested};
use tokio::sync::oneshot;

use crate::config::Config;
use crate::console::Flows;
use crate::press::Orders;
use crate::publish::{self, plain, soundless, uncarried};
use crate::{document, rehearse};

/// The publisher, as the API sees it.
pub struct Workshop {
    /// The applets.
    pub catalogue: Arc<Catalogue>,
    /// What is published.
    pub flows: Flows,
    /// The configuration.
    pub config: Arc<Config>,
    /// Where the publisher takes orders.
    pub(crate) orders: Orders,
}

impl api::Workshop for Workshop {
    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn objections(&self, program: &Program) -> Vec<Diagnostic> {
        let flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let names: Vec<&str> = flows.iter().map(|flow| flow.name.as_str()).chain([program.name()]).collect();
        let warning = |stranger| Diagnostic { severity: Severity::Warning, ..stranger };
        let strangers = program.strangers(&names).into_iter().map(warning);
        let folder = &self.config.flows;
        let mut lost = BTreeSet::new();
        let unheard = publish::audio(program).filter_map(|(node, audio)| match audio {
            Audio::File(file) if !publish::is_sound_file(folder, &file) && lost.insert(file.clone()) => {
                Some(soundless(node, format!("{file}: there is no such sound file")))
            }
            _ => None,
        });
        let unheard: Vec<Diagnostic> = unheard.collect();
        [plain(program, &self.config), unheard, strangers.collect(), uncarried(program, &self.config)].concat()
    }

    fn text(&self, file: &str) -> Option<(String, Timestamp)> {
        let path = self.config.flows.join(file);
        let since = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok()?;
        Some((document::text(&path).ok()?, Timestamp::try_from(since).ok()?))
    }

    fn publish(&self, wanted: Publication) -> BoxFuture<'_, Result<u64, Unpublished>> {
        let (answer, published) = oneshot::channel();
        match self.orders.try_send((wanted, answer)) {
            Ok(()) => Box::pin(async move {
                published
                    .await
                    .unwrap_or_else(|_| Err(Unpublished::Failed("the publisher is gone; look at the log".into())))
            }),
            Err(_) => Box::pin(std::future::ready(Err(Unpublished::Busy))),
        }
    }

    fn rehearse(&self, script: &Script) -> Result<Played, Vec<Diagnostic>> {
        let (program, diagnostics) = flow::compile(&script.document, &self.catalogue, 1);
        let program = program.map(Arc::new).ok_or(diagnostics)?;
        let words = sim::Script {
            caller: script.caller.clone(),
            dials: script.number.clone(),
            press: script.press.clone(),
            web: script.web.clone(),
            answer: script.answer.clone(),
        };
        let scenario = words.scenario()?;
        let stage = rehearse::stage(&self.config).map_err(|error| vec![document::error(error.to_string())])?;
        let beside = rehearse::beside(&self.config.flows.join("this"), &program, &stage);
        let rehearsed = stage.rehearse(program, &beside, &scenario);
        Ok(played(words.test(&rehearsed), rehearsed))
    }
}

fn played(test: String, rehearsed: Rehearsed) -> Played {
    let stride = |sim::Stride { node, left }| match left {
        Left::By(exit) => Stride { node, exit: Some(exit), flow: None },
        Left::For(flow) => Stride { node, exit: None, flow: Some(flow) },
        Left::Not => Stride { node, exit: None, flow: None },
    };
    let asked = |request: &Requested| Asked {
        url: request.address().to_owned(),
        method: request.method.clone(),
        fields: request.fields(),
    };
    Played {
        walk: rehearsed.walk.into_iter().map(stride).collect(),
        events: rehearsed.events,
        ladder: rehearsed.ladder,
        requests: rehearsed.requests.iter().map(asked).collect(),
        cause: rehearsed.cause,
        troubles: rehearsed.troubles,
        strangers: rehearsed.strangers,
        test,
    }
}
