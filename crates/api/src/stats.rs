//! `/api/v1/callouts/stats`: where the time of callouts goes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{AttemptKind, By, Group, Quantiles, Stats, StatsFilter, Step};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;
use crate::calls::moment;
use crate::desk::Desk;
use crate::query::Query;

/// Steps that one question may cut the time into.
const STEPS: i64 = 500;

/// Seconds of the longest step.
const DAY: u32 = 86_400;

/// Requests of callouts, counted.
#[derive(Serialize, ToSchema)]
pub struct StatsView {
    /// The groups, those first that calls waited longest for; at most 200.
    pub groups: Vec<GroupView>,
    /// Groups past those.
    pub groups_left: usize,
    /// Requests counted, of all groups.
    pub attempts: u64,
    /// When the oldest of them began, if there were more than 100,000: what is older is not counted. Null if all are.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub cut_at: Option<Timestamp>,
}

/// Requests that have something in common.
#[derive(Serialize, ToSchema)]
pub struct GroupView {
    /// What.
    pub name: String,
    /// How many.
    pub attempts: u64,
    /// Those that were answered, by the class of the status, such as `2xx`.
    pub statuses: BTreeMap<String, u64>,
    /// Those that were taken back: another request of the callout was answered first, or the caller hung up. They are no failures,
    /// and in no quantiles.
    pub cancelled: u64,
    /// Those that were not answered, by why, such as `timeout`.
    pub failures: BTreeMap<String, u64>,
    /// Callouts that calls waited for.
    pub waits: u64,
    /// Seconds that calls waited, all together.
    pub waited_seconds: f64,
    /// Of copies to a `shadow_url`: how many of them had the answer's status, from 0 to 1; null if none can be compared.
    pub agreement: Option<f64>,
    /// How long requests took; null if none was made.
    pub whole: Option<QuantilesView>,
    /// How long their phases took.
    pub phases: PhaseQuantiles,
    /// With `step`: the steps of time in which there was any, the first one first. Empty without.
    pub steps: Vec<TimeStepView>,
}

/// What of a group began in one step of time.
#[derive(Serialize, ToSchema)]
pub struct TimeStepView {
    /// When the step begins: a whole number of steps since 1970 (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How many, without those that were taken back.
    pub attempts: u64,
    /// Those that came to no answer, or to a status of 400 or above.
    pub failed: u64,
    /// How long requests took; null if none was made.
    pub whole: Option<QuantilesView>,
}

/// How long each phase took; null if it never happened.
#[derive(Serialize, ToSchema)]
pub struct PhaseQuantiles {
    /// The name look-up.
    pub dns: Option<QuantilesView>,
    /// The connection.
    pub connect: Option<QuantilesView>,
    /// The TLS handshake.
    pub tls: Option<QuantilesView>,
    /// From the request on the wire to the end of the answer's headers.
    pub first_byte: Option<QuantilesView>,
    /// The answer's body.
    pub body: Option<QuantilesView>,
}

/// So many of a hundred took no longer than that, in milliseconds; exactly, not estimated.
#[derive(Serialize, ToSchema)]
pub struct QuantilesView {
    /// 50 of a hundred.
    pub p50_ms: f64,
    /// 95 of a hundred.
    pub p95_ms: f64,
    /// 99 of a hundred.
    pub p99_ms: f64,
}

/// What to count, and by what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `origin` unless told; or `url` (without its query), `applet`, `node`, `flow`.
    #[param(value_type = Option<String>)]
    by: Option<By>,
    /// `sync` for those that calls waited for, `async` for reports, `shadow` for copies; all unless told.
    #[param(value_type = Option<String>)]
    kind: Option<AttemptKind>,
    /// Begun at this moment or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    since: Option<Timestamp>,
    /// Begun before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    until: Option<Timestamp>,
    /// Seconds: each group is also told of by such steps of time, of which there may be 500 from `since` to `until`, or to now.
    #[param(minimum = 1, maximum = 86400)]
    step: Option<u32>,
}

impl Wanted {
    fn filter(self, now: Timestamp) -> Result<StatsFilter, Problem> {
        let Self { by, kind, since, until, step } = self;
        if let Some(step) = step {
            let since = since.ok_or_else(|| Problem::parameter("step: say `since`, too"))?;
            let seconds = until.unwrap_or(now).duration_since(since).as_secs();
            if !(1..=DAY).contains(&step) || seconds / i64::from(step) > STEPS {
                return Err(Problem::parameter(&format!(
                    "step: {step} seconds; write 1 to {DAY}, of which the time has {STEPS} at most"
                )));
            }
        }
        let step = step.map(|seconds| Duration::from_secs(seconds.into()));
        Ok(StatsFilter { by: by.unwrap_or(By::Origin), kind, since, until, step })
    }
}

impl From<Quantiles> for QuantilesView {
    fn from(Quantiles { p50, p95, p99 }: Quantiles) -> Self {
        let ms = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        Self { p50_ms: ms(p50), p95_ms: ms(p95), p99_ms: ms(p99) }
    }
}

impl From<Step> for TimeStepView {
    fn from(Step { at, attempts, failed, whole }: Step) -> Self {
        Self { at, attempts, failed, whole: whole.map(QuantilesView::from) }
    }
}

impl From<Group> for GroupView {
    fn from(group: Group) -> Self {
        let view = |quantiles: Option<Quantiles>| quantiles.map(QuantilesView::from);
        Self {
            name: group.name,
            attempts: group.attempts,
            statuses: group.statuses.into_iter().map(|(class, count)| (format!("{class}xx"), count)).collect(),
            cancelled: group.cancelled,
            failures: group.failures,
            waits: group.waits,
            waited_seconds: group.waited.as_secs_f64(),
            agreement: (group.compared > 0).then(|| group.agreed as f64 / group.compared as f64),
            whole: view(group.whole),
            phases: PhaseQuantiles {
                dns: view(group.dns),
                connect: view(group.connect),
                tls: view(group.tls),
                first_byte: view(group.first_byte),
                body: view(group.body),
            },
            steps: group.steps.into_iter().map(TimeStepView::from).collect(),
        }
    }
}

impl From<Stats> for StatsView {
    fn from(Stats { groups, groups_left, attempts, cut_at }: Stats) -> Self {
        Self { groups: groups.into_iter().map(GroupView::from).collect(), groups_left, attempts, cut_at }
    }
}

/// Shows where the time of callouts goes.
///
/// Each request is counted, up to the newest 100,000.
#[utoipa::path(
    get, path = "/api/v1/callouts/stats", operation_id = "countCallouts", tag = "callouts", params(Wanted),
    responses(
        (status = 200, body = StatsView, description = "The figures."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<StatsView>, Problem> {
    let filter = wanted.filter((desk.api.recordings.now)())?;
    Ok(Json(desk.ask(move |reader, tenant| reader.stats(tenant, &filter)).await?.into()))
}
