//! What is wrong with the answers of an application, and what to do about it. Nothing measured stands in the words, so that
//! several scenarios can have the same finding.

use std::time::Duration;

use exotel::decision::{By, Decision};
use exotel::misreading::Misreading;
use model::HttpFailure;
use url::Url;

use super::trial::{Trial, decision};
use crate::fetch::{Probe, Seen, TlsFault};

/// How long a Passthru waits unless its flow says otherwise.
const DEADLINE: Duration = Duration::from_secs(5);

/// From when on a caller notices the silence, and a busy hour may bring it past the deadline.
const NOTICED: Duration = Duration::from_secs(2);

/// How bad something is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Calls go another way than meant.
    Error,
    /// Calls may go another way, sooner or later.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// Its name for programs.
    pub(crate) kind: &'static str,
    /// What was seen.
    pub(crate) text: String,
    /// What to do.
    pub(crate) advice: String,
}

fn finding(severity: Severity, kind: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { severity, kind, text: text.into(), advice: advice.into() }
}

fn error(kind: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Finding {
    finding(Severity::Error, kind, text, advice)
}

fn warning(kind: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Finding {
    finding(Severity::Warning, kind, text, advice)
}

/// All that is wrong with a scenario's answers.
pub(crate) fn of(trial: &Trial) -> Vec<Finding> {
    let seen = match &trial.first.result {
        Ok(seen) => seen,
        Err(failure) => return vec![unanswered(failure, trial.first.tls)],
    };
    let mut findings: Vec<Finding> = status(seen, trial).into_iter().collect();
    findings.extend(slow(trial.times().total));
    findings.extend(body(seen));
    findings.extend(trial.again.as_ref().and_then(|again| changed(seen, again)));
    findings.extend(trial.misread.iter().map(|(misreading, answers)| misread(*misreading, answers)));
    if seen.closes {
        findings.push(finding(
            Severity::Note,
            "closes",
            "It closes the connection behind each answer.",
            "Every request then waits for a new connection; let your server keep connections alive.",
        ));
    }
    findings
}

fn unanswered(failure: &HttpFailure, tls: Option<TlsFault>) -> Finding {
    match failure {
        HttpFailure::BadUrl(why) => {
            error("bad-url", format!("The URL cannot be read: {why}."), "Write one such as https://crm.example/route.")
        }
        HttpFailure::Forbidden(why) => {
            error("forbidden", format!("Its address is never asked: {why}."), "Name another host.")
        }
        HttpFailure::Dns(why) => error(
            "name",
            format!("The host's name leads nowhere: {why}."),
            "Check how it is spelled. A name that only your network knows is not known to a server elsewhere.",
        ),
        HttpFailure::Connect(why) => error(
            "connect",
            format!("Nobody takes the connection: {why}."),
            "Start your application, and check the port. If it is meant for others, it must listen on more than 127.0.0.1, \
             and the firewall must let them in.",
        ),
        HttpFailure::Tls(why) => secured(why, tls.unwrap_or(TlsFault::Other)),
        HttpFailure::Timeout => error(
            "timeout",
            "It does not answer in time.",
            "Answer 200 at once and work afterwards, or make the Passthru asynchronous. Look for a lock, or a query without a limit.",
        ),
        HttpFailure::Protocol(why) => error(
            "protocol",
            format!("No HTTP answer came: {why}."),
            "Look into your server's log: it may have crashed over the request, or speak TLS at this port (then write https://).",
        ),
        HttpFailure::Cancelled | HttpFailure::Overtaken | HttpFailure::CircuitOpen => {
            error("cancelled", "The request was given up.", "Try again.")
        }
    }
}

fn secured(why: &str, fault: TlsFault) -> Finding {
    let (kind, advice) = match fault {
        TlsFault::Expired => {
            ("certificate-expired", "Renew the certificate, and have it renewed by a program from now on.")
        }
        TlsFault::NotYetValid => ("certificate-early", "Check the clock of the machine that made it, and of this one."),
        TlsFault::OtherName => {
            ("certificate-name", "Get a certificate for the name in the URL, or write the name that it is for.")
        }
        TlsFault::UnknownIssuer => (
            "certificate-issuer",
            "If it is self-signed, get one of a public authority (Let's Encrypt has them free), or add it to --ca-file, or \
             `[callout] ca_file` of the server; an authority of your own is trusted in the same way. If it is not, your server \
             leaves out the intermediate certificates: configure the full chain (`fullchain.pem`).",
        ),
        TlsFault::Authority => (
            "certificate-authority",
            "`openssl req -x509` makes such ones: add `-addext basicConstraints=critical,CA:FALSE`, or get one of a public \
             authority. That very certificate is admitted if --ca-file, or `[callout] ca_file` of the server, holds it.",
        ),
        TlsFault::ClientCertificate => (
            "client-certificate",
            "Name one for this URL in an `[[identity]]` of the configuration: `passthru check --config` shows it as the server does.",
        ),
        TlsFault::NotSpoken => ("no-tls", "This port speaks no TLS: write http://, or the port that does."),
        TlsFault::Other => (
            "tls",
            "If this port speaks no TLS, write http://. If it does, `openssl s_client -connect HOST:PORT` shows what it says.",
        ),
    };
    error(kind, format!("The TLS handshake fails: {why}."), advice)
}

/// What its status says, if it is neither the 200 nor the 302 of a decision.
fn status(seen: &Seen, trial: &Trial) -> Option<Finding> {
    let status = seen.status;
    if let (300..400, Some(location)) = (status, &seen.location) {
        return Some(redirect(status, location, &trial.request.url));
    }
    let (kind, text, advice) = match status {
        200 => return None,
        302 if seen.body.is_empty() => return None,
        302 => {
            return Some(finding(
                Severity::Note,
                "unread-body",
                "Its 302 has a body, which nobody reads.",
                "Only the body of a 200 is kept, for a SwitchCase.",
            ));
        }
        201..300 => (
            "not-200",
            format!("It answers {status}, which counts as `else`: only 200 itself is taken for success."),
            "Answer 200 if success is meant. Frameworks choose 201 for POST and 204 for an empty body: set the status yourself.",
        ),
        300..400 => (
            "not-302",
            format!("It answers {status}, which counts as `else`."),
            "Answer 302 if the other exit is meant, so that it can be told from a mistake.",
        ),
        401 | 403 | 407 if trial.signed => (
            "credentials",
            format!(
                "It answers {status} to a signed request: it does not take the signature, or wants something else."
            ),
            "Compare the secrets. The URL that it verifies must be the one that is asked here, scheme and host included, whatever a proxy \
             makes of it; docs/verify shows each step. If it verifies no signature, put a secret into the URL: ?key=….",
        ),
        401 | 403 | 407 => (
            "credentials",
            format!("It answers {status}: it wants to know who asks, and the request is not signed."),
            "If it verifies signatures, give its secret: --secret whsec_…, or [callout] secrets. If not, put a secret into the URL: \
             https://user:password@…, or ?key=….",
        ),
        404 | 410 => (
            "not-found",
            format!("It answers {status}: there is nothing at this path."),
            "Check the path, and its letter case. If the other exit is meant, answer 302, so that it can be told from a mistake.",
        ),
        405 => (
            "method",
            format!("It answers 405: it does not take {}.", trial.request.method),
            "Add that method to the route; or choose the one that it takes, by `method` in the flow and --method here.",
        ),
        400..500 => (
            "refused",
            format!("It answers {status}: it refuses the request."),
            "Require no parameter that this stage of a call does not have, and no type that it is not of: `passthru listen` \
             shows them all.",
        ),
        _ => (
            "fails",
            format!("It answers {status}: it fails over the request."),
            "Look into its log. A parameter that is missing at this stage, or text where a number was expected, is the usual reason.",
        ),
    };
    Some(error(kind, text, advice))
}

/// A redirect, which is never followed.
fn redirect(status: u16, location: &str, url: &str) -> Finding {
    let asked = Url::parse(url).ok();
    let target = asked.as_ref().and_then(|asked| asked.join(location).ok());
    let never = "a redirect is never followed, and counts as `else`";
    if let Some((asked, target)) = asked.zip(target) {
        let place = |url: &Url| {
            url[..url::Position::AfterPath].replacen(
                &url[..url::Position::BeforeHost],
                &format!("{}://", url.scheme()),
                1,
            )
        };
        let (same_host, there) = (asked.host() == target.host(), place(&target));
        let (from, to) = (asked.path(), target.path());
        if same_host && (asked.scheme(), target.scheme()) == ("http", "https") {
            let text = format!("It sends http to https by a {status}: {never}.");
            return error("http-to-https", text, format!("Write {there} into the flow."));
        }
        if same_host && from != to && from.trim_end_matches('/') == to.trim_end_matches('/') {
            let what =
                if to.ends_with('/') { "needs a slash at its path's end" } else { "takes no slash at its path's end" };
            let text = format!("It {what}, and sends a {status}: {never}.");
            return error("trailing-slash", text, format!("Write {there} into the flow."));
        }
    }
    let text = format!("It answers {status} with a Location: {never}.");
    if status == 302 {
        return warning(
            "redirect",
            text,
            "If the other exit is meant, all is well, and Location may go. If not, answer 200.",
        );
    }
    error(
        "redirect",
        text,
        "Write the URL that it leads to into the flow; or answer 302 alone if the other exit is meant.",
    )
}

fn slow(total: Duration) -> Option<Finding> {
    if total >= DEADLINE {
        return Some(error(
            "too-slow",
            format!(
                "It takes longer than the {} s that a Passthru waits: calls take `else`, whatever it answers then.",
                DEADLINE.as_secs()
            ),
            "Answer at once and work afterwards, or make the Passthru asynchronous.",
        ));
    }
    (total >= NOTICED).then(|| {
        warning(
            "slow",
            format!(
                "It takes longer than {} s: the caller hears silence, and at {} s the call takes `else`.",
                NOTICED.as_secs(),
                DEADLINE.as_secs()
            ),
            "Answer at once and work afterwards, or make the Passthru asynchronous.",
        )
    })
}

fn body(seen: &Seen) -> Option<Finding> {
    if seen.status != 200 {
        return None;
    }
    let limit = body_limit();
    let kind = seen.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    if !seen.whole && seen.body.len() >= limit {
        let text = format!("Its body has more than {} KiB, which is all that is kept.", limit / 1024);
        return Some(warning(
            "large-body",
            text,
            "A Passthru needs no body; a SwitchCase needs {\"select\": \"name\"} alone.",
        ));
    }
    if !seen.whole {
        let text = "Its body does not come to an end within a second, and what is late is not kept.";
        return Some(warning("slow-body", text, "Send the body with the headers, and Content-Length."));
    }
    // Frameworks call an empty body or a word HTML as well; a page has markup.
    let is_page = kind.starts_with("text/html") && seen.body.trim_ascii_start().starts_with(b"<");
    is_page.then(|| {
        warning(
            "html",
            "It answers 200 with a page of HTML: a login page or an error page, perhaps, which counts as success all the same.",
            "Check that the path is your handler's, and that it needs no session. A handler answers with no body, text or JSON.",
        )
    })
}

/// Bytes of a body that are kept.
fn body_limit() -> usize {
    model::HttpRequest::get("", Duration::ZERO).body_limit
}

/// Bodies may differ each time, as those with the time in them do; statuses and selected names decide.
fn changed(first: &Seen, again: &Probe) -> Option<Finding> {
    let first = decision(first, false);
    let then = match &again.result {
        Ok(seen) => {
            let then = decision(seen, false);
            if then == first {
                return None;
            }
            answer(&then)
        }
        Err(failure) => format!("nothing ({failure})"),
    };
    let first = answer(&first);
    let severity =
        if again.result.as_ref().is_ok_and(|seen| seen.status < 400) { Severity::Warning } else { Severity::Error };
    Some(finding(
        severity,
        "changes",
        format!("It answers {first} to a request, and {then} to the same one again."),
        "A report may come twice: know a CallSid that you have seen, and answer it as before.",
    ))
}

/// An answer in a few words.
fn answer(decision: &Decision) -> String {
    match &decision.by {
        By::Name(name) => format!("{} selecting `{name}`", decision.status),
        By::Nothing | By::Body(_) => decision.status.to_string(),
    }
}

fn misread(misreading: Misreading, [real, mistaken]: &[Decision; 2]) -> Finding {
    let by_body = real.status == mistaken.status && [real, mistaken].iter().any(|one| matches!(one.by, By::Body(_)));
    let other = if by_body { " with another body" } else { "" };
    let (real, mistaken) = (answer(real), format!("{}{other}", answer(mistaken)));
    let (kind, text, advice) = match misreading {
        Misreading::QuotedDigits => (
            "quoted-digits",
            format!(
                "It answers {real} to digits in double quotes, as they always come, and {mistaken} to the same without."
            ),
            "The quotes are part of the value: take them off before you compare, as in digits.strip('\"').",
        ),
        Misreading::CauseAsName => (
            "cause-as-name",
            format!(
                "It seems to read a name in Legs[0][Cause]: it answers {real} to the number there, and {mistaken} if a name stands there."
            ),
            "Cause is the number (17), CauseCode the name (USER_BUSY): compare names with CauseCode.",
        ),
        Misreading::CauseCodeAsNumber => (
            "cause-code-as-number",
            format!(
                "It seems to read a number in Legs[0][CauseCode]: it answers {real} to the name there, and {mistaken} if a number stands there."
            ),
            "Cause is the number (17), CauseCode the name (USER_BUSY): compare numbers with Cause.",
        ),
    };
    error(kind, text, advice)
}

#[cfg(test)]
mod tests {
    use exotel::scenario;
    use model::HttpRequest;

    use super::*;
    use crate::fetch::Times;

    const URL: &str = "http://u:p@crm.example:81/route?key=1&CallSid=1";

    fn took(milliseconds: u64, result: Result<Seen, HttpFailure>) -> Probe {
        let total = Duration::from_millis(milliseconds);
        Probe { times: Times { total, ..Times::default() }, result, tls: None }
    }

    fn seen(status: u16) -> Seen {
        Seen { status, whole: true, ..Seen::default() }
    }

    fn tried(first: Probe, again: Option<Probe>) -> Trial {
        let request = HttpRequest::get(URL, Duration::ZERO);
        Trial { scenario: &scenario::ALL[0], request, signed: false, first, again, misread: Vec::new() }
    }

    /// `kind` of each finding, an error's as it is, others' with their severity.
    fn kinds(trial: &Trial) -> String {
        let name = |finding: Finding| match finding.severity {
            Severity::Error => finding.kind.to_owned(),
            other => format!("{} {}", other.name(), finding.kind),
        };
        of(trial).into_iter().map(name).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_status_has_its_finding() {
        let rows = [
            (200, ""),
            (201, "not-200"),
            (202, "not-200"),
            (204, "not-200"),
            (302, ""),
            (304, "not-302"),
            (400, "refused"),
            (401, "credentials"),
            (403, "credentials"),
            (404, "not-found"),
            (405, "method"),
            (422, "refused"),
            (500, "fails"),
            (503, "fails"),
        ];
        for (status, kind) in rows {
            assert_eq!(kinds(&tried(took(1, Ok(seen(status))), None)), kind, "{status}");
        }
        let page = Seen { body: b"moved".to_vec(), ..seen(302) };
        assert_eq!(kinds(&tried(took(1, Ok(page)), None)), "note unread-body");
    }

    #[test]
    fn who_is_refused_learns_what_was_sent() {
        let refused = |status, signed| Trial { signed, ..tried(took(1, Ok(seen(status))), None) };
        let text = |trial: &Trial| format!("{:?}", of(trial));
        assert!(text(&refused(401, false)).contains("the request is not signed"));
        assert!(text(&refused(401, false)).contains("--secret whsec_"));
        assert!(text(&refused(403, true)).contains("403 to a signed request"));
        let posted = HttpRequest::post(URL, "application/json", Vec::new(), Duration::ZERO);
        assert!(text(&Trial { request: posted, ..refused(405, false) }).contains("does not take POST"));
    }

    #[test]
    fn a_redirect_is_named_for_where_it_leads() {
        let rows = [
            (301, "https://crm.example/route?key=1", "http-to-https", "Write https://crm.example/route into"),
            (308, "https://crm.example:8443/route/", "http-to-https", "Write https://crm.example:8443/route/ into"),
            (307, "/route/?key=1", "trailing-slash", "Write http://crm.example:81/route/ into"),
            (302, "http://crm.example:81/route/", "trailing-slash", "Write http://crm.example:81/route/ into"),
            (302, "/login", "warning redirect", "If the other exit is meant"),
            (302, "", "warning redirect", "If the other exit is meant"),
            (301, "https://other.example/route", "redirect", "Write the URL"),
            (303, "http://[", "redirect", "Write the URL"),
        ];
        for (status, location, kind, advice) in rows {
            let trial = tried(took(1, Ok(Seen { location: Some(location.to_owned()), ..seen(status) })), None);
            assert_eq!(kinds(&trial), kind, "{location}");
            assert!(of(&trial)[0].advice.starts_with(advice), "{location}: {:?}", of(&trial));
        }
    }

    #[test]
    fn times_are_judged_by_the_slower_of_two() {
        let rows = [(1_999, 10, ""), (10, 2_000, "warning slow"), (4_999, 10, "warning slow"), (10, 5_000, "too-slow")];
        for (first, again, kind) in rows {
            let trial = tried(took(first, Ok(seen(200))), Some(took(again, Ok(seen(200)))));
            assert_eq!(kinds(&trial), kind, "{first} {again}");
        }
    }

    #[test]
    fn bodies_matter_where_they_are_read() {
        let limit = body_limit();
        let with = |kind: &str, length, whole| Seen {
            content_type: Some(kind.to_owned()),
            body: vec![b'x'; length],
            whole,
            ..seen(200)
        };
        let rows = [
            (with("text/plain", limit, true), ""),
            (with("text/plain", limit, false), "warning large-body"),
            (with("text/plain", 3, false), "warning slow-body"),
            (with("text/html", 0, true), ""),
            (with("text/html", 3, true), ""),
            (Seen { body: b"\n <html>".to_vec(), ..with("Text/HTML; charset=utf-8", 0, true) }, "warning html"),
            (Seen { body: b"<xml/>".to_vec(), ..with("text/xml", 0, true) }, ""),
            (Seen { status: 500, ..with("text/html", 3, true) }, "fails"),
            (Seen { closes: true, ..seen(200) }, "note closes"),
        ];
        for (seen, kind) in rows {
            assert_eq!(kinds(&tried(took(1, Ok(seen.clone())), None)), kind, "{:?} {}", seen.content_type, seen.whole);
        }
    }

    #[test]
    fn the_same_request_gets_the_same_answer() {
        let rows = [
            (Ok(seen(200)), ""),
            (Ok(seen(302)), "warning changes"),
            (Ok(seen(500)), "changes"),
            (Err(HttpFailure::Timeout), "changes"),
            (Ok(Seen { body: b"12:00".to_vec(), ..seen(200) }), ""),
            (Ok(Seen { body: br#"{"select": "gold"}"#.to_vec(), ..seen(200) }), "warning changes"),
        ];
        for (again, kind) in rows {
            assert_eq!(kinds(&tried(took(1, Ok(seen(200))), Some(took(1, again)))), kind);
        }
    }

    #[test]
    fn each_failure_has_its_advice() {
        let why = || "why".to_owned();
        let rows = [
            (HttpFailure::BadUrl(why()), None, "bad-url", "Write one such as"),
            (HttpFailure::Forbidden(why()), None, "forbidden", "Name another"),
            (HttpFailure::Dns(why()), None, "name", "Check how it is spelled"),
            (HttpFailure::Connect(why()), None, "connect", "Start your application"),
            (HttpFailure::Timeout, None, "timeout", "Answer 200 at once"),
            (HttpFailure::Protocol(why()), None, "protocol", "Look into your server's log"),
            (HttpFailure::Tls(why()), Some(TlsFault::Expired), "certificate-expired", "Renew"),
            (HttpFailure::Tls(why()), Some(TlsFault::NotYetValid), "certificate-early", "Check the clock"),
            (HttpFailure::Tls(why()), Some(TlsFault::OtherName), "certificate-name", "Get a certificate for the name"),
            (HttpFailure::Tls(why()), Some(TlsFault::UnknownIssuer), "certificate-issuer", "If it is self-signed"),
            (HttpFailure::Tls(why()), Some(TlsFault::Authority), "certificate-authority", "`openssl req -x509`"),
            (HttpFailure::Tls(why()), Some(TlsFault::ClientCertificate), "client-certificate", "Name one for this URL"),
            (HttpFailure::Tls(why()), Some(TlsFault::NotSpoken), "no-tls", "This port speaks no TLS"),
            (HttpFailure::Tls(why()), None, "tls", "If this port speaks no TLS"),
        ];
        for (failure, tls, kind, advice) in rows {
            let trial = tried(Probe { tls, ..took(1, Err(failure.clone())) }, None);
            assert_eq!(kinds(&trial), kind, "{failure:?}");
            let finding = of(&trial).remove(0);
            assert!(finding.advice.starts_with(advice), "{finding:?}");
            assert_eq!(finding.text.contains(": why."), failure != HttpFailure::Timeout, "{finding:?}");
        }
    }

    #[test]
    fn mistakes_are_told_with_both_answers() {
        let rows = [
            (Misreading::QuotedDigits, "quoted-digits", "strip"),
            (Misreading::CauseAsName, "cause-as-name", "compare names with CauseCode"),
            (Misreading::CauseCodeAsNumber, "cause-code-as-number", "compare numbers with Cause."),
        ];
        for (misreading, kind, advice) in rows {
            let answers = [302, 200].map(|status| Decision { status, by: By::Nothing });
            let trial = Trial { misread: vec![(misreading, answers)], ..tried(took(1, Ok(seen(302))), None) };
            assert_eq!(kinds(&trial), kind);
            let finding = of(&trial).remove(0);
            assert!(finding.text.contains("302") && finding.text.contains("200"), "{finding:?}");
            assert!(finding.advice.contains(advice), "{finding:?}");
        }
        let text = |by: [By; 2]| misread(Misreading::QuotedDigits, &by.map(|by| Decision { status: 200, by })).text;
        let named = text([By::Name("none".into()), By::Name("gold".into())]);
        assert!(named.contains("200 selecting `none` to") && named.contains("200 selecting `gold` to"), "{named}");
        let bodies = text([By::Body(b"none".to_vec()), By::Body(b"gold".to_vec())]);
        assert!(bodies.contains("answers 200 to") && bodies.contains("200 with another body to"), "{bodies}");
    }
}
