//! One scenario sent to a URL: as it is, the same once more, and as mistaken applications expect it.

use exotel::decision::Decision;
use exotel::misreading::{self, Misreading};
use exotel::passthru;
use exotel::scenario::Scenario;
use model::{HttpAnswer, HttpFailure, HttpRequest};

use super::request::Case;
use crate::fetch::{Fetcher, Probe, Seen, Times};

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
    /// Mistakes that its answers show, with what the request and the mistaken form of it came to.
    pub(crate) misread: Vec<(Misreading, [Decision; 2])>,
}

impl Trial {
    /// Sends all that a scenario takes, one after the other.
    pub(crate) async fn run(case: &Case, signed: bool, fetcher: &Fetcher) -> Self {
        let request = case.request(&case.fields, 1, 1);
        let first = fetcher.probe(&request).await;
        let mut trial = Self { scenario: case.scenario, request, signed, first, again: None, misread: Vec::new() };
        let Ok(answer) = &trial.first.result else { return trial };
        let again = trial.again.insert(fetcher.probe(&case.request(&case.fields, 1, 2)).await);
        let steady = again.result.as_ref().is_ok_and(|again| again.body == answer.body);
        let real = decision(answer, steady);
        // What answers as it likes shows nothing.
        if decided(again, steady).as_ref() != Some(&real) {
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
            let Some(mistaken) = decided(&ask(&variants.mistaken).await, steady) else { continue };
            // The second variant only matters if the first made a difference.
            if mistaken != real
                && let Some(other) = decided(&ask(&variants.other).await, steady)
                && misreading.shows(&real, &mistaken, &other)
            {
                trial.misread.push((misreading, [real.clone(), mistaken]));
            }
        }
        trial
    }

    /// The status of the first answer.
    pub(crate) fn status(&self) -> Option<u16> {
        self.first.result.as_ref().ok().map(|seen| seen.status)
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

fn decided(probe: &Probe, steady: bool) -> Option<Decision> {
    probe.result.as_ref().ok().map(|seen| decision(seen, steady))
}

/// What an answer decides; `steady` says whether its body is the same each time.
pub(crate) fn decision(seen: &Seen, steady: bool) -> Decision {
    let answer = HttpAnswer { body: seen.body.clone(), truncated: !seen.whole, ..HttpAnswer::of(seen.status) };
    Decision::of(&answer, steady)
}
