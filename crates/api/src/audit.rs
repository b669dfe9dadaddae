//! `/api/v1/audit`: who changed what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{AUDIT_A_PAGE, AuditFilter, AuditRow, Deed};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;
use crate::calls::moment;
use crate::desk::Desk;
use crate::query::{Query, limited};

/// Lines on a page that asks for no number.
const LINES_BY_DEFAULT: usize = 50;

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    /// The lines.
    pub lines: Vec<AuditLine>,
    /// The `cursor` of the page after this one; null if this is the last.
    pub next: Option<String>,
}

/// A change that somebody made.
#[derive(Serialize, ToSchema)]
pub struct AuditLine {
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: a person's name, or `key NAME`; `local` where nobody is asked who they are, `cli` for the command line, `server` for the
    /// server itself, `file` if a flow's document was found changed.
    pub author: String,
    /// What was done: `create flow`, `save draft`, `discard draft`, `publish flow`, `restore flow`; `make key`, `revoke key`;
    /// `add person`, `change role`, `remove person`, `make link`, `come in by link`; `replay callout`, `replay callouts`; `place call`,
    /// `hang up call`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else there is to say, for a person.
    pub detail: String,
}

/// Which lines are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Of that author.
    author: Option<String>,
    /// Of what was done.
    action: Option<String>,
    /// Made at this moment or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    since: Option<Timestamp>,
    /// Made before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    until: Option<Timestamp>,
    /// Lines on the page, 50 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl From<AuditRow> for AuditLine {
    fn from(row: AuditRow) -> Self {
        let Deed { author, action, subject, detail } = row.deed;
        Self { at: row.at, author, action, subject, detail }
    }
}

/// Lists changes, newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", operation_id = "listChanges", tag = "server", params(Wanted),
    responses(
        (status = 200, body = AuditPage, description = "A page of the audit log."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    Query(Wanted { author, action, since, until, limit, cursor }): Query<Wanted>,
) -> Result<Json<AuditPage>, Problem> {
    let (limit, before) = limited(limit.unwrap_or(LINES_BY_DEFAULT), AUDIT_A_PAGE, cursor.as_deref())?;
    let filter = AuditFilter { author, action, since, until, before };
    let rows = desk.ask(move |reader, tenant| reader.audit(tenant, &filter, limit)).await?;
    let next = rows.last().filter(|last| rows.len() == limit && last.id > 1).map(|last| last.id.to_string());
    Ok(Json(AuditPage { lines: rows.into_iter().map(AuditLine::from).collect(), next }))
}
