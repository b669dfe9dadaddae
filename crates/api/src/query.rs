//! What comes in the URL, read strictly: a parameter that is not known is refused by its name, never passed over.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use model::CallSid;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Problem;

/// Bytes that a query may have.
pub const QUERY_BYTES: usize = 4096;

/// The query's parameters; `T` refuses unknown fields.
pub(crate) struct Query<T>(pub(crate) T);

/// The parameters of a route that takes none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(|query| query.len() > QUERY_BYTES) {
            return Err(Problem::long_query(QUERY_BYTES));
        }
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let text = rejection.body_text();
            Problem::parameter(&reworded(&text))
        })?;
        Ok(Self(query.0))
    }
}

/// The deserialiser's words in ours. They name the parameter first, unless they quote it anyway.
fn reworded(text: &str) -> String {
    let why = text.split_once("query string: ").map_or(text, |(_, why)| why);
    let unknown = why.split_once(": ").filter(|(_, why)| why.starts_with("unknown field"));
    let why = unknown.map_or(why, |(_, why)| why);
    why.replace(" field ", " parameter ").replace("no fields", "none here")
}

/// The call that the path names.
pub(crate) struct Sid(pub(crate) CallSid);

impl<S: Send + Sync> FromRequestParts<S> for Sid {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let sid = Path::<String>::from_request_parts(parts, state).await;
        let sid = sid.map_err(|_| Problem::no_such_call("of that name"))?; // its bytes are no text
        Ok(Self(CallSid::new(sid.0)))
    }
}

/// How many a page has and before which it goes on, of lists whose cursor is a number.
pub(crate) fn limited<T: FromStr>(
    limit: usize,
    most: usize,
    cursor: Option<&str>,
) -> Result<(usize, Option<T>), Problem> {
    if !(1..=most).contains(&limit) {
        return Err(Problem::parameter(&format!("limit: {limit} is not in 1 to {most}")));
    }
    let before = cursor.map(str::parse).transpose();
    let before = before.map_err(|_| Problem::parameter("cursor: take `next` of the page before as it stands"))?;
    Ok((limit, before))
}

/// The flow that the path names.
pub(crate) struct Flow(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Flow {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        name.map(|name| Self(name.0)).map_err(|_| Problem::no_such_flow("of that name")) // its bytes are no text
    }
}
