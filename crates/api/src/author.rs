//! Who asks: whoever was let in says so by a request's extension. Where nobody is asked who they are, it is [`LOCAL`].

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::LOCAL;

/// Who makes a change, as the audit log and versions name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author(pub String);

impl<S: Sync> FromRequestParts<S> for Author {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self(LOCAL.into())))
    }
}
