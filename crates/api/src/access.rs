//! Who may ask what: one table for all routes, and the one place that looks into it.
//!
//! ```text
//! request ─ its route needs nothing, or opens by a key or link of its own ─► served
//!         ─ by a name that is not ours ─► 403
//!         ─ with a token or a session ─ the role suffices ─► served, as its Author;  else 403
//!         ─ with none ─ only this machine reaches us, and there are no people ─► served, as `local`;  else 401
//! ```

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use store::{PeopleChange, Role, Signed};
use url::Host;

use crate::desk::Desk;
use crate::{Author, Problem};

/// The cookie of a session.
pub(crate) const COOKIE: &str = "passthru_session";

/// Whoever asks without having signed in, because nobody need.
pub const LOCAL: &str = "local";

/// Requests of a session within this time are noted as one.
const NOTED: SignedDuration = SignedDuration::from_secs(60);

/// Where the API is reached from.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// From this machine alone: nobody need sign in until there is somebody to sign in as.
    pub loopback: bool,
    /// By TLS: cookies go by nothing else.
    pub secure: bool,
    /// A name by which a proxy brings requests, besides those of this machine.
    pub host: Option<String>,
}

/// What a route wants of whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing.
    Nothing,
    /// A key or a signed link, which the route looks at itself.
    Proof,
    /// A session, or a token, of that role.
    Role(Role),
}

/// Whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// By a session.
    pub(crate) signed_in: bool,
    /// Nobody may ask without a session or a token.
    pub(crate) required: bool,
}

use Needs::{Nothing, Proof};
const VIEWER: Needs = Needs::Role(Role::Viewer);
const AUTHOR: Needs = Needs::Role(Role::Author);
const ADMIN: Needs = Needs::Role(Role::Admin);

/// What each route wants; what is not here is an administrator's.
const ROUTES: &[(&str, &str, Needs)] = &[
    ("GET", "/api/v1/advice", VIEWER),
    ("GET", "/api/v1/applets", VIEWER),
    ("GET", "/api/v1/audit", VIEWER),
    ("GET", "/api/v1/calls", VIEWER),
    ("GET", "/api/v1/calls/{sid}", VIEWER),
    ("GET", "/api/v1/calls/{sid}/callouts", VIEWER),
    ("GET", "/api/v1/calls/{sid}/events", VIEWER),
    ("GET", "/api/v1/calls/{sid}/recordings", VIEWER),
    ("GET", "/api/v1/calls/{sid}/sip", VIEWER),
    ("POST", "/api/v1/calls/{sid}/hangup", AUTHOR),
    ("GET", "/api/v1/callouts", VIEWER),
    ("GET", "/api/v1/callouts/stats", VIEWER),
    ("GET", "/api/v1/callouts/{id}", VIEWER),
    ("POST", "/api/v1/callouts/replay", AUTHOR),
    ("POST", "/api/v1/callouts/{id}/replay", AUTHOR),
    ("GET", "/api/v1/directory", VIEWER),
    ("GET", "/api/v1/events", VIEWER),
    ("GET", "/api/v1/flows", VIEWER),
    ("POST", "/api/v1/flows", AUTHOR),
    ("POST", "/api/v1/flows/compile", AUTHOR),
    ("GET", "/api/v1/flows/{name}", VIEWER),
    ("PUT", "/api/v1/flows/{name}/draft", AUTHOR),
    ("DELETE", "/api/v1/flows/{name}/draft", AUTHOR),
    ("POST", "/api/v1/flows/{name}/publish", AUTHOR),
    ("GET", "/api/v1/flows/{name}/versions", VIEWER),
    ("GET", "/api/v1/flows/{name}/versions/{version}", VIEWER),
    ("POST", "/api/v1/flows/{name}/versions/{version}/restore", AUTHOR),
    ("GET", "/api/v1/keys", ADMIN),
    ("POST", "/api/v1/keys", ADMIN),
    ("DELETE", "/api/v1/keys/{name}", ADMIN),
    ("GET", "/api/v1/openapi.json", VIEWER),
    ("GET", "/api/v1/people", ADMIN),
    ("POST", "/api/v1/people", ADMIN),
    ("PUT", "/api/v1/people/{name}", ADMIN),
    ("DELETE", "/api/v1/people/{name}", ADMIN),
    ("POST", "/api/v1/people/{name}/link", ADMIN),
    ("GET", "/api/v1/phone", AUTHOR),
    ("GET", "/api/v1/recordings", VIEWER),
    ("POST", "/api/v1/rehearsals", AUTHOR),
    ("GET", "/api/v1/session", Nothing),
    ("POST", "/api/v1/session", Nothing),
    ("DELETE", "/api/v1/session", Nothing),
    ("POST", "/api/v1/welcome", Proof),
    ("GET", "/api/v1/settings", ADMIN),
    ("GET", "/healthz", Nothing),
    ("GET", "/metrics", VIEWER),
    ("GET", "/readyz", Nothing),
    ("GET", "/recordings/{file}", Proof),
];

/// The beginnings of paths behind the v1 API's own door.
const DOORS: [&str; 3] = ["/v1/", "/v2/", "/v2_beta/"];

fn line(method: &str, path: &str) -> Option<Needs> {
    if DOORS.iter().any(|door| path.starts_with(door)) {
        return Some(Proof);
    }
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|(known, route, _)| (*known, *route) == (method, path)).map(|(_, _, needs)| *needs)
}

/// Serves a request if whoever asks may.
pub(crate) async fn admit(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let needed = match line(request.method().as_str(), path).unwrap_or(ADMIN) {
        Nothing | Proof => return next.run(request).await,
        Needs::Role(role) => role,
    };
    match who(&desk, request.headers()).await {
        Ok(who) if who.role >= needed => {
            request.extensions_mut().insert(Author(who.name));
            next.run(request).await
        }
        Ok(who) => Problem::role(needed.as_str(), &who.name, who.role.as_str()).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Who asks; a problem if nobody who may.
pub(crate) async fn who(desk: &Desk, headers: &HeaderMap) -> Result<Who, Problem> {
    let access = &desk.api.access;
    let by = By::read(headers);
    if access.loopback && !by.is_local() && !by.is(access.host.as_deref()) {
        return Err(Problem::foreign_host(by.host.unwrap_or_default()));
    }
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let (key, token) = bearer(authorization.to_str().unwrap_or_default()).ok_or_else(Problem::sign_in)?;
        let name = key.as_ref().map_or_else(|| "key".to_owned(), |key| format!("key {key}"));
        let opens = desk.ask(move |reader, tenant| reader.opens(tenant, key.as_deref(), &token)).await?;
        let who = Who { name, role: Role::Author, signed_in: false, required: true };
        return if opens { Ok(who) } else { Err(Problem::sign_in()) };
    }
    let (token, now) = (cookie(headers), (desk.api.recordings.now)());
    let secret = token.clone();
    let (signed, people) = desk
        .ask(move |reader, tenant| {
            let signed = secret.map(|token| reader.signed(tenant, &token, now)).transpose()?.flatten();
            Ok((signed, reader.has_people(tenant)?))
        })
        .await?;
    // What a proxy of this machine brings comes from elsewhere.
    let required = !access.loopback || people || !by.is_local() || by.proxied;
    match signed.zip(token) {
        Some((signed, token)) => {
            note(desk, &signed, token, now).await;
            Ok(Who { name: signed.name, role: signed.role, signed_in: true, required })
        }
        None if required => Err(Problem::sign_in()),
        None => Ok(Who { name: LOCAL.to_owned(), role: Role::Admin, signed_in: false, required }),
    }
}

/// Notes that a session is used. If that cannot be, it only ends sooner.
async fn note(desk: &Desk, signed: &Signed, token: String, now: Timestamp) {
    if now.duration_since(signed.seen) >= NOTED
        && let Err(problem) = desk.change_people(PeopleChange::Seen { token }).await
    {
        tracing::debug!(detail = problem.detail, "a session's use is not noted");
    }
}

/// By which way a request says that it came.
struct By<'r> {
    host: Option<&'r str>,
    proxied: bool,
}

impl<'r> By<'r> {
    fn read(headers: &'r HeaderMap) -> Self {
        let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or("?"));
        let proxied = headers.contains_key(header::FORWARDED) || headers.contains_key("x-forwarded-for");
        Self { host, proxied }
    }

    /// Whether by a name that means this machine to any browser. Browsers always say one; what says none is none.
    fn is_local(&self) -> bool {
        self.host.is_none_or(|host| match Host::parse(without_port(host)) {
            Ok(Host::Domain(name)) => name == "localhost",
            Ok(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Ok(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            Err(_) => false,
        })
    }

    fn is(&self, name: Option<&str>) -> bool {
        self.host.zip(name).is_some_and(|(host, name)| without_port(host).eq_ignore_ascii_case(name))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

/// The token of an `Authorization`, and its key if that is named: `Bearer TOKEN`, or `Basic` of `KEY:TOKEN`.
fn bearer(authorization: &str) -> Option<(Option<String>, String)> {
    let (scheme, rest) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some((None, rest.trim().to_owned()));
    }
    let pair = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(rest.trim()).ok())??;
    let (key, token) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    Some((Some(key.to_owned()), token.to_owned()))
}

/// The secret of the session's cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| token.to_owned())
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::Operation;

    use super::*;

    #[test]
    fn every_route_of_the_document_has_its_line_and_every_line_its_route() {
        let document = serde_json::to_value(crate::routes().split_for_parts().1).unwrap();
        let mut routes = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if serde_json::from_value::<Operation>(operation.clone())
                    .is_ok_and(|known| known.operation_id.is_some())
                {
                    routes.push((method.to_uppercase(), path.clone()));
                }
            }
        }
        assert!(routes.len() > 30, "{routes:?}");
        for (method, path) in &routes {
            assert!(line(method, path).is_some(), "{method} {path} has no line in ROUTES: say who may ask it");
        }
        for (method, path, _) in ROUTES {
            assert!(routes.contains(&((*method).into(), (*path).into())), "{method} {path} is no route any more");
        }
    }

    #[test]
    fn what_changes_something_is_nobodys_who_only_looks() {
        for (method, path, needs) in ROUTES {
            if *method != "GET" {
                assert_ne!(*needs, VIEWER, "{method} {path}");
            }
        }
        assert_eq!((line("GET", "/api/v1/nowhere"), line("HEAD", "/metrics")), (None, Some(VIEWER)));
    }

    #[test]
    fn which_names_are_this_machines() {
        let rows = [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:8080", true),
            ("127.1.2.3", true),
            ("[::1]", true),
            ("[::1]:8080", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:8080", false),
            ("192.0.2.1:8080", false),
            ("[2001:db8::1]:8080", false),
            ("", false),
        ];
        for (host, expected) in rows {
            assert_eq!(By { host: Some(host), proxied: false }.is_local(), expected, "{host}");
        }
        assert!(By { host: Some("Voice.example:443"), proxied: false }.is(Some("voice.example")));
    }

    #[test]
    fn tokens_come_in_two_forms() {
        let basic = format!("basic {}", STANDARD.encode("key:to:ken"));
        let rows = [
            ("Bearer abc", Some((None, "abc"))),
            ("bearer  abc ", Some((None, "abc"))),
            (&*basic, Some((Some("key"), "to:ken"))),
            ("Basic !", None),
            ("Digest x", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let expected = expected.map(|(key, token)| (key.map(str::to_owned), token.to_owned()));
            assert_eq!(bearer(text), expected, "{text}");
        }
    }
}
