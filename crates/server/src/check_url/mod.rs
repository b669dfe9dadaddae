//! `passthru check`: sends the request of every scenario of the contract to a URL, and says what would go wrong in calls.

mod finding;
mod report;
mod request;
mod trial;

use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use exotel::scenario::{self, Scenario};
use flow::Lapse;

use crate::config::Config;
use crate::fetch::{self, Fetcher};
use crate::output;
use crate::terminal::Paint;
use finding::Severity;
use request::{Manner, Seal};
use trial::Trial;

/// The word for all scenarios.
const ALL: &str = "all";

/// What `passthru check` is told.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The URL of your application's Passthru handler, as a flow has it; private addresses and this machine may be asked.
    #[arg(required_unless_present = "list", value_parser = readable)]
    url: Option<String>,
    /// The scenario to try: `all`, or a name that --list shows; given again, another one too.
    #[arg(long, value_name = "NAME", default_value = ALL, value_parser = names(), hide_possible_values = true)]
    scenario: Vec<String>,
    /// How long each answer is waited for.
    #[arg(long, value_name = "TIME", default_value = "15s")]
    timeout: Lapse<100, 120_000>,
    #[command(flatten)]
    manner: Manner,
    /// Prints one JSON document.
    #[arg(long)]
    json: bool,
    /// Lists the scenarios, and asks nobody.
    #[arg(long)]
    list: bool,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once(ALL).chain(scenario::ALL.iter().map(|scenario| scenario.name)))
}

fn readable(url: &str) -> Result<String, String> {
    let example = "write one such as http://127.0.0.1:9000/route";
    fetch::check_url(url).map(|()| url.to_owned()).map_err(|why| format!("{why}; {example}"))
}

/// Tries a URL, prints what came of it, and says whether nothing is wrong: no error, that is.
pub async fn run(options: Options, config: &Config) -> Result<bool> {
    let Some(url) = options.url.filter(|_| !options.list) else {
        output::text(report::list(&scenario::ALL));
        return Ok(true);
    };
    let is_chosen = |scenario: &&Scenario| options.scenario.iter().any(|name| name == ALL || name == scenario.name);
    let chosen: Vec<&'static Scenario> = scenario::ALL.iter().filter(is_chosen).collect();
    let (client, form) = options.manner.client(config)?;
    let (fetcher, paint) = (Fetcher::new(client)?, Paint::of_stdout());
    let width = report::widest(chosen.iter().copied());
    if !options.json {
        output::line(format_args!("{}\n\n{}", report::sent(&form), report::head(width, paint)));
    }
    let budget: Duration = options.timeout.duration();
    let mut trials: Vec<Trial> = Vec::new();
    for scenario in &chosen {
        let case = options.manner.case(scenario, (&url, budget), config)?;
        let trial = Trial::run(&case, matches!(form.seal, Seal::Signed(..)), &fetcher).await;
        if !options.json {
            output::line(report::row(&trial, width, paint));
        }
        let hopeless = trial.is_hopeless();
        trials.push(trial);
        if hopeless {
            break;
        }
    }
    let left_out = chosen.len() - trials.len();
    if options.json {
        output::line(format_args!("{:#}", report::json((&model::without_userinfo(&url), &form), &trials, left_out)));
    } else {
        output::text(report::text(&trials, left_out, paint));
    }
    Ok(report::group(&trials).iter().all(|group| group.finding.severity != Severity::Error))
}
