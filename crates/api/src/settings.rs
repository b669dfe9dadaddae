//! `/api/v1/settings` and `/api/v1/advice`: the configuration as it is in force, and what about it hardly is as it was meant.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{By, StatsFilter};
use utoipa::ToSchema;

use crate::Problem;
use crate::desk::Desk;
use crate::query::{Nothing, Query};

/// How far back requests that the address guard blocked are looked for.
const LOOK_BACK: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a request fails whose address may not be reached.
const BLOCKED: &str = "blocked";

/// The configuration.
#[derive(Serialize, ToSchema)]
pub struct SettingsView {
    /// As TOML, each setting with its note, as `passthru print-config` prints it; secrets are three dots.
    pub text: String,
    /// The server's version.
    pub version: &'static str,
}

/// What hardly is as it was meant.
#[derive(Serialize, ToSchema)]
pub struct AdviceList {
    /// The most urgent first.
    pub advice: Vec<Advice>,
}

/// Something that hardly is as it was meant, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Advice {
    /// How urgent it is.
    pub weight: Weight,
    /// What it is about: a setting such as `sip.public_address`, or a flow's document.
    pub about: String,
    /// What is not as it was meant, and what comes of it.
    pub text: String,
    /// The lines to write into the configuration; null if they depend on what was meant.
    pub line: Option<String>,
}

/// How urgent advice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Calls fail.
    Fault,
    /// Calls may fail, or something is open that should not be.
    Warning,
    /// It could be better.
    Hint,
}

/// Shows the configuration that is in force.
#[utoipa::path(
    get, path = "/api/v1/settings", operation_id = "showSettings", tag = "server",
    responses(
        (status = 200, body = SettingsView, description = "The configuration, without its secrets."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn show(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Json<SettingsView> {
    Json(SettingsView { text: desk.api.settings.clone(), version: env!("CARGO_PKG_VERSION") })
}

/// Says what hardly is as it was meant.
#[utoipa::path(
    get, path = "/api/v1/advice", operation_id = "listAdvice", tag = "server",
    responses(
        (status = 200, body = AdviceList, description = "What to change, the most urgent first; empty if nothing."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn advise(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Result<Json<AdviceList>, Problem> {
    let since = (desk.api.recordings.now)().checked_sub(LOOK_BACK).ok();
    let filter = StatsFilter { by: By::Origin, kind: None, since, until: None, step: None };
    let stats = desk.ask(move |reader, tenant| reader.stats(tenant, &filter)).await?;
    let mut advice = desk.api.switch.advice();
    advice.extend(stats.groups.iter().filter_map(|group| blocked(&group.name, *group.failures.get(BLOCKED)?)));
    advice.sort_by_key(|advice| advice.weight);
    Ok(Json(AdviceList { advice }))
}

/// That the address guard lets nothing through to an origin.
fn blocked(origin: &str, times: u64) -> Option<Advice> {
    (times > 0).then(|| {
        let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
        let host = if host.starts_with('[') {
            host.split_inclusive(']').next().unwrap_or(host).trim_matches(['[', ']'])
        } else {
            host.split(':').next().unwrap_or(host)
        };
        Advice {
            weight: Weight::Fault,
            about: "callout.allow".into(),
            text: format!(
                "{times} requests to {origin} were not sent in the last 24 hours: its address is private, or its port is \
                 none of a web server. If it is yours, allow it in [callout], and restart."
            ),
            line: Some(format!("allow = [{host:?}]")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_that_is_blocked_comes_with_the_line_that_opens_it() {
        for (origin, line) in [
            ("http://127.0.0.1:9000", "allow = [\"127.0.0.1\"]"),
            ("https://crm.internal", "allow = [\"crm.internal\"]"),
            ("http://[::1]:9000", "allow = [\"::1\"]"),
        ] {
            let advice = blocked(origin, 3).unwrap();
            assert_eq!((advice.line.as_deref(), advice.weight), (Some(line), Weight::Fault));
            assert!(advice.text.starts_with(&format!("3 requests to {origin} ")), "{}", advice.text);
        }
        assert_eq!(blocked("https://crm.example", 0), None);
    }
}
