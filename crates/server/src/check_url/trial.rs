//! One scenario sent to a URL: as it is, the same once more, and as mistaken applications expect it.

use exotel::misreading::{self, Misreading};
use exotel::passthru;
use exotel::scenario::Scenario;
use model::{HttpFailure, HttpRequest};

use super::request::Case;
use crate::fetch::{Fetcher, Probe, Times};

/// What a scenario came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    /// Which.
    pub(crate) scenario: &'static Scenario,
    /// What was sent.
    pub(crate) request: HttpRequest,
    /// Whether it was signed.
    pub(crate) signed: bool,
    /// The request of the scenario.
    pub(crate) first: Probe,
    /// The same request again; not made if the first was not answered.
    pub(crate) again: Option<Probe>,
    /// Mistakes that its answers show, with the status that the mistaken form got.
    pub(crate) misread: Vec<(Misreading, u16)>,
}

impl Trial {
    /// Sends all that a scenario takes, one after the other.
    pub(crate) async fn run(case: &Case, signed: bool, fetcher: &Fetcher) -> Self {
        let request = case.request(&case.fields, 1, 1);
        let first = fetcher.probe(&request).await;
        let mut trial = Self { scenario: case.scenario, request, signed, first, again: None, misread: Vec::new() };
        let Some(real) = trial.status() else { return trial };
        let again = trial.again.insert(fetcher.probe(&case.request(&case.fields, 1, 2)).await);
        // What answers as it likes shows nothing.
        if status(again) != Some(real) {
            return trial;
        }
        // Other parameters are another callout of the call.
        let mut callout = 1;
        let mut ask = async |fields: &[(String, String)]| {
            callout += 1;
            fetcher.probe(&case.request(fields, callout, 1)).await
        };
        for misreading in misreading::ALL {
            let Some(variants) = misreading.variants(&case.fields) else { continue };
            let Some(mistaken) = status(&ask(&variants.mistaken).await) else { continue };
            // The second variant only matters if the first made a difference.
            if mistaken != real
                && let Some(other) = status(&ask(&variants.other).await)
                && misreading.shows(real, mistaken, other)
            {
                trial.misread.push((misreading, mistaken));
            }
        }
        trial
    }

    /// The status of the first answer.
    pub(crate) fn status(&self) -> Option<u16> {
        status(&self.first)
    }

    /// The slower one of the two times that it was asked the same.
    pub(crate) fn times(&self) -> &Times {
        let again = self.again.as_ref().map(|again| &again.times);
        again.filter(|again| again.total > self.first.times.total).unwrap_or(&self.first.times)
    }

    /// The exit that a classic Passthru takes.
    pub(crate) fn exit(&self) -> &'static str {
        self.status().map_or("else", passthru::exit)
    }

    /// Whether no other scenario can fare better: nobody is there to be asked.
    pub(crate) fn is_hopeless(&self) -> bool {
        use HttpFailure::{BadUrl, Connect, Dns, Forbidden, Tls};
        matches!(self.first.result, Err(BadUrl(_) | Forbidden(_) | Dns(_) | Connect(_) | Tls(_)))
    }
}

fn status(probe: &Probe) -> Option<u16> {
    probe.result.as_ref().ok().map(|seen| seen.status)
}
