//! What comes as a body, read strictly: JSON whose members are all known.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use serde::de::DeserializeOwned;

use crate::Problem;

/// The JSON object of a body that has at most so many bytes.
pub(crate) fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>, limit: usize) -> Result<T, Problem> {
    let body = body.map_err(|rejection| Problem::long_body(rejection.status(), limit))?;
    object(&body)
}

/// The same, where no body is the default.
pub(crate) fn read_or_default<T: DeserializeOwned + Default>(
    body: Result<Bytes, BytesRejection>,
    limit: usize,
) -> Result<T, Problem> {
    let body = body.map_err(|rejection| Problem::long_body(rejection.status(), limit))?;
    if body.is_empty() { Ok(T::default()) } else { object(&body) }
}

fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::bad_body("it is no JSON object")); // a list would be read as one that leaves all out
    }
    serde_json::from_slice(body).map_err(|error| Problem::bad_body(&error.to_string()))
}
