//! The parameters of a POST, as `application/x-www-form-urlencoded` or `multipart/form-data` (`exotel.md` 4.1).

use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use exotel::failure::Failure;
use url::form_urlencoded;

use super::reply::Reply;

/// Bytes that a form may have.
pub const FORM_BYTES: usize = 65_536;

/// Parameters that a form may have.
pub const FORM_FIELDS: usize = 100;

/// The parameters, in their order.
pub(super) struct Form(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Reply;

    async fn from_request(request: Request, state: &S) -> Result<Self, Reply> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let fields = match kind.as_str() {
            "multipart/form-data" => parts(request, state).await?,
            "application/x-www-form-urlencoded" | "" => {
                let body = Bytes::from_request(request, state).await;
                let body = body.map_err(|rejection| unreadable(rejection.status().as_u16(), &rejection.body_text()))?;
                form_urlencoded::parse(&body).into_owned().take(FORM_FIELDS + 1).collect()
            }
            _ => {
                let why =
                    format!("Content-Type `{kind}`: send application/x-www-form-urlencoded or multipart/form-data");
                return Err(Failure::new(415, why).into());
            }
        };
        if fields.len() > FORM_FIELDS {
            return Err(Failure::new(400, format!("more than {FORM_FIELDS} parameters; send fewer")).into());
        }
        Ok(Self(fields))
    }
}

async fn parts<S: Send + Sync>(request: Request, state: &S) -> Result<Vec<(String, String)>, Reply> {
    let form = Multipart::from_request(request, state).await;
    let mut form = form.map_err(|rejection| unreadable(rejection.status().as_u16(), &rejection.body_text()))?;
    let told = |error: MultipartError| unreadable(error.status().as_u16(), &error.body_text());
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await.map_err(told)? {
        let name = part.name().unwrap_or_default().to_owned();
        fields.push((name, part.text().await.map_err(told)?));
        if fields.len() > FORM_FIELDS {
            break;
        }
    }
    Ok(fields)
}

fn unreadable(status: u16, why: &str) -> Reply {
    Failure::new(status, format!("the form cannot be read: {why}; it may have {FORM_BYTES} bytes")).into()
}
