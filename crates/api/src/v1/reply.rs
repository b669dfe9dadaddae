//! What a route of the v1 API answers: a tree, which the door writes in the form that the client asked for.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exotel::answer::Format;
use exotel::failure::Failure;
use serde_json::Value;

use crate::Problem;

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    tree: Value,
    retry_after: Option<u32>,
}

impl Reply {
    pub(super) fn good(tree: Value) -> Self {
        Self { status: StatusCode::OK, tree, retry_after: None }
    }

    pub(super) fn later(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// What it says: data, or a failure.
    pub(super) fn answer(&self) -> Result<Value, Failure> {
        if self.status.is_success() {
            return Ok(self.tree.clone());
        }
        let exception = &self.tree["RestException"];
        let message = exception["Message"].as_str().unwrap_or_default().to_owned();
        let code = exception["Code"].as_u64().and_then(|code| u32::try_from(code).ok());
        Err(Failure { status: self.status.as_u16(), message, code })
    }

    pub(super) fn with_tree(self, tree: Value) -> Self {
        Self { tree, ..self }
    }

    pub(super) fn write(&self, format: Format) -> String {
        format.write(&self.tree)
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, tree: failure.tree(), retry_after: None }
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let failure = match problem.status {
            503 => Failure::unavailable(problem.detail),
            status => Failure::new(status, problem.detail),
        };
        Self { retry_after: problem.retry_after, ..failure.into() }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
