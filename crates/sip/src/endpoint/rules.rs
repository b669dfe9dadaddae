//! What every request must satisfy (RFC 3261 section 8.2): the method, the scheme, the extensions, the body, and that
//! of the answer.

use bytes::Bytes;

use crate::header::{Headers, Name};
use crate::incoming::Incoming;
use crate::message::{Method, Response};
use crate::usage::{self, ACCEPT, ALLOW, SDP, SUPPORTED, SUPPORTED_VALUE};

/// What a Request-URI may be: `sips` promises TLS, which we do not speak.
const SCHEMES: [&[u8]; 2] = [b"sip", b"tel"];

/// Checks in the order of section 8.2.
///
/// # Errors
/// The response that refuses it.
pub(crate) fn acceptable(incoming: &Incoming) -> Result<(), Response> {
    let request = &incoming.request;
    let refuse = |status| Response::to(request, status);
    match &request.method {
        Method::Invite
        | Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Options
        | Method::Info
        | Method::Update
        | Method::Prack => {}
        Method::Register if incoming.to_tag.is_none() => {}
        method => {
            let mut response = refuse(if matches!(method, Method::Other(_)) { 501 } else { 405 });
            response.headers.push(Name::Allow, ALLOW);
            return Err(response);
        }
    }
    let scheme = request.uri.scheme();
    if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(refuse(416));
    }
    let Some(unsupported) = unsupported(&request.headers) else { return Err(refuse(400)) };
    if !unsupported.is_empty() {
        let mut response = refuse(420);
        response.headers.push(Name::Unsupported, unsupported);
        return Err(response);
    }
    readable(incoming)?;
    answerable(incoming)
}

/// The options of Require that we do not speak, as one value; `None` if the field is not sound.
fn unsupported(headers: &Headers) -> Option<Bytes> {
    let required = headers.require().ok()?;
    let unknown = |option: &&Bytes| !SUPPORTED.iter().any(|known| option.eq_ignore_ascii_case(known.as_bytes()));
    let unknown: Vec<&[u8]> = required.iter().filter(unknown).map(|option| &option[..]).collect();
    Some(unknown.join(&b", "[..]).into())
}

/// Section 8.2.3: bodies that we cannot read, unless they are declared to be of no importance.
fn readable(incoming: &Incoming) -> Result<(), Response> {
    let headers = &incoming.request.headers;
    if incoming.request.body.is_empty() || is_optional(headers) {
        return Ok(());
    }
    let plain = headers.get(&Name::ContentEncoding).is_none_or(|coding| coding.eq_ignore_ascii_case(b"identity"));
    let known = match incoming.request.method {
        Method::Invite | Method::Update | Method::Prack => {
            usage::find_sdp(headers, &incoming.request.body).map(|sdp| sdp.is_some()).ok()
        }
        _ => headers.content_type().map(|kind| kind.is_some()).ok(),
    };
    let Some(known) = known else { return Err(Response::to(&incoming.request, 400)) };
    if plain && known {
        return Ok(());
    }
    let mut response = Response::to(&incoming.request, 415);
    response.headers.push(Name::Accept, ACCEPT);
    response.headers.push(Name::AcceptEncoding, "identity");
    Err(response)
}

/// Section 20.1: whoever wants a session must be able to read its description.
fn answerable(incoming: &Incoming) -> Result<(), Response> {
    let headers = &incoming.request.headers;
    let offers = incoming.request.method == Method::Invite && headers.get(&Name::Accept).is_some();
    if !offers || headers.accept().map_or(true, |kinds| kinds.iter().any(|kind| kind.admits(SDP))) {
        return Ok(());
    }
    let mut response = Response::to(&incoming.request, 406);
    response.headers.push(Name::Warning, format!("399 passthru \"{SDP} is not among the types of Accept\""));
    Err(response)
}

/// `Content-Disposition: ...;handling=optional` (section 20.11).
fn is_optional(headers: &Headers) -> bool {
    let optional = |param: &[u8]| param.trim_ascii().eq_ignore_ascii_case(b"handling=optional");
    headers.get(&Name::ContentDisposition).is_some_and(|value| value.split(|byte| *byte == b';').any(optional))
}

/// The answer to OPTIONS (section 11.2).
pub(crate) fn capabilities(incoming: &Incoming) -> Response {
    let mut response = Response::to(&incoming.request, 200);
    response.headers.push(Name::Allow, ALLOW);
    response.headers.push(Name::Accept, ACCEPT);
    response.headers.push(Name::AcceptEncoding, "identity");
    response.headers.push(Name::AcceptLanguage, "en");
    response.headers.push(Name::Supported, SUPPORTED_VALUE);
    response
}
