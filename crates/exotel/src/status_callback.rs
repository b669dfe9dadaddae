//! StatusCallback: what is told of a call that was started by the API, while it goes and at its end (`exotel.md` 4.7).

use std::time::Duration;

use jiff::Timestamp;
use model::{CallFacts, DialStatus, HttpRequest, PartyReport, PartyState, StatusEvent, StatusReport};
use serde_json::{Map, Value, json};

use crate::passthru::Profile;
use crate::{outcome, time};

/// How long the URL may take.
const BUDGET: Duration = Duration::from_secs(15);

/// How long `PreSignedRecordingUrl` is good.
const PRESIGNED: Duration = Duration::from_secs(300);

/// Letters and digits at the end of a boundary.
const BOUNDARY: usize = 16;

/// One report. Those who asked for no event are told the end in few words. `number` differs from report to report of one call.
pub fn request(report: &StatusReport<'_>, profile: &Profile, number: u32, now: Timestamp) -> HttpRequest {
    let fields = if report.callback.answered || report.callback.terminal {
        full(report, profile, now)
    } else {
        short(report, profile, now)
    };
    let url = &report.callback.url;
    if report.callback.json {
        let body = Value::Object(fields).to_string().into_bytes();
        return HttpRequest::post(url, "application/json", body, BUDGET);
    }
    let boundary = boundary(report, number);
    let body = multipart(&fields, &boundary);
    HttpRequest::post(url, &format!("multipart/form-data; boundary={boundary}"), body, BUDGET)
}

/// A link to what was recorded of the call, or of its last stream.
fn recording(facts: &CallFacts, profile: &Profile, now: Timestamp) -> Option<String> {
    let of_stream = facts.stream.as_ref().and_then(|stream| stream.recording.as_ref());
    let (recording, links) = facts.recording.as_ref().or(of_stream).zip(profile.recordings.as_ref())?;
    Some(links.url(&recording.name, recording.mp3, &facts.tenant, now))
}

fn short(report: &StatusReport<'_>, profile: &Profile, now: Timestamp) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("CallSid".into(), json!(report.facts.sid.as_str()));
    fields.insert("Status".into(), json!(status(report.event)));
    fields.insert("DateUpdated".into(), json!(time::short(now, &profile.zone)));
    if let Some(url) = recording(report.facts, profile, now) {
        fields.insert("RecordingUrl".into(), json!(url));
    }
    fields
}

fn full(report: &StatusReport<'_>, profile: &Profile, now: Timestamp) -> Map<String, Value> {
    let StatusReport { facts, event, .. } = report;
    let (zone, is_over) = (&profile.zone, matches!(event, StatusEvent::Terminal(_)));
    let at = |moment: Timestamp| json!(time::short(moment, zone));
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.into(), value));
    put("CallSid", json!(facts.sid.as_str()));
    put("EventType", json!(if is_over { "terminal" } else { "answered" }));
    put("DateCreated", at(facts.created));
    put("DateUpdated", at(now));
    put("Status", json!(status(*event)));
    put("To", json!(profile.number(report.to)));
    put("From", json!(profile.number(&facts.from)));
    put("PhoneNumberSid", json!(profile.number(&facts.to)));
    put("StartTime", at(facts.created));
    if let Some((ended, lasted)) = report.ended.filter(|_| is_over) {
        put("EndTime", at(ended));
        put("Duration", json!(lasted.as_secs()));
    }
    put("ConversationDuration", json!(report.conversation.as_secs()));
    put("Direction", json!("outbound-api"));
    if let (true, Some(text)) = (is_over, &facts.custom_field) {
        put("CustomField", json!(text));
    }
    if let Some(url) = recording(facts, profile, now).filter(|_| is_over) {
        put("RecordingUrl", json!(url));
    }
    let briefly = profile.recordings.as_ref().map(|links| links.lasting(PRESIGNED));
    let briefly = Profile { recordings: briefly, ..profile.clone() };
    if let Some(url) = recording(facts, &briefly, now).filter(|_| is_over) {
        put("PreSignedRecordingUrl", json!(url));
    }
    if let Some(second) = &report.second {
        put("Legs", json!([leg(&report.first), leg(second)]));
    }
    fields
}

fn status(event: StatusEvent) -> &'static str {
    match event {
        StatusEvent::Answered => "in-progress",
        StatusEvent::Terminal(DialStatus::Canceled) => "failed",
        StatusEvent::Terminal(status) => outcome::dial_call_status(status),
    }
}

/// A leg that has not been rung has an empty status; who answers, a human or a machine, is not looked at.
fn leg(party: &PartyReport) -> Value {
    let status = match party.state {
        None => "",
        Some(PartyState::InProgress) => "in-progress",
        Some(PartyState::Ended(status)) => outcome::dial_call_status(status),
    };
    json!({ "OnCallDuration": party.on_call.as_secs(), "Status": status, "AnsweredBy": "NA" })
}

fn boundary(report: &StatusReport<'_>, number: u32) -> String {
    let sid = report.facts.sid.as_str();
    let tail: String = sid.chars().chain("0000000000000000".chars()).take(BOUNDARY - 4).collect();
    format!("form-data-boundary-{tail}{:04}", number % 10_000)
}

fn multipart(fields: &Map<String, Value>, boundary: &str) -> Vec<u8> {
    let mut body = String::new();
    let mut part = |name: &str, value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        body.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"));
    };
    for (name, value) in fields {
        match value {
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    for (key, value) in item.as_object().into_iter().flatten() {
                        part(&format!("{name}[{i}][{key}]"), value);
                    }
                }
            }
            value => part(name, value),
        }
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    body.into_bytes()
}

#[cfg(test)]
mod tests {
    use model::{CallFacts, CallSid, Direction, FlowId, RecordingFacts, RecordingName, StatusCallback, Tenant};

    use super::*;
    use crate::recording::{Links, VALIDITY};

    fn facts() -> CallFacts {
        let name = (CallSid::new("0f1e2d3c4b5a69788796a5b4c3d2187v"), Tenant::default());
        let flow = ("bridged", FlowId::new(11111).expect("five digits"));
        let parties = ["+919900000001".into(), "+918000000002".into()];
        let created = "2024-07-31T11:12:56Z".parse().expect("a time");
        CallFacts {
            answered: true,
            custom_field: Some("order-17".into()),
            ..CallFacts::begun(name, Direction::Outgoing, parties, created, flow)
        }
    }

    fn told(event: StatusEvent, events: bool, json: bool) -> HttpRequest {
        told_of(&facts(), &Profile::default(), event, (events, json))
    }

    fn told_of(facts: &CallFacts, profile: &Profile, event: StatusEvent, (events, json): (bool, bool)) -> HttpRequest {
        let url = "https://crm.example/status?key=1".into();
        let callback = StatusCallback { url, answered: events, terminal: events, json };
        let ended = matches!(event, StatusEvent::Terminal(_));
        let (first, second) = if ended {
            (PartyState::Ended(DialStatus::Completed), Some(PartyState::Ended(DialStatus::Completed)))
        } else {
            (PartyState::InProgress, None)
        };
        let report = StatusReport {
            callback: &callback,
            facts,
            to: "+919900000003",
            event,
            answered: Some(facts.created),
            ended: ended.then(|| ("2024-07-31T11:13:39Z".parse().expect("a time"), Duration::from_secs(43))),
            first: PartyReport { state: Some(first), on_call: Duration::from_secs(if ended { 41 } else { 0 }) },
            second: Some(PartyReport { state: second, on_call: Duration::from_secs(if ended { 32 } else { 0 }) }),
            conversation: Duration::from_secs(if ended { 32 } else { 0 }),
        };
        request(&report, profile, 3, "2024-07-31T11:13:40Z".parse().expect("a time"))
    }

    fn body(request: &HttpRequest) -> &str {
        str::from_utf8(&request.body).expect("text")
    }

    #[test]
    fn the_end_in_few_words_is_a_form_of_three_parts() {
        let request = told(StatusEvent::Terminal(DialStatus::Completed), false, false);
        assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://crm.example/status?key=1"));
        let kind = "multipart/form-data; boundary=form-data-boundary-0f1e2d3c4b5a0003";
        assert_eq!(request.headers, [("Content-Type".to_owned(), kind.to_owned())]);
        assert_eq!(
            body(&request),
            "--form-data-boundary-0f1e2d3c4b5a0003\r\nContent-Disposition: form-data; name=\"CallSid\"\r\n\r\n\
             0f1e2d3c4b5a69788796a5b4c3d2187v\r\n\
             --form-data-boundary-0f1e2d3c4b5a0003\r\nContent-Disposition: form-data; name=\"Status\"\r\n\r\ncompleted\r\n\
             --form-data-boundary-0f1e2d3c4b5a0003\r\nContent-Disposition: form-data; name=\"DateUpdated\"\r\n\r\n\
             2024-07-31 16:43:40\r\n--form-data-boundary-0f1e2d3c4b5a0003--\r\n"
        );
    }

    #[test]
    fn the_end_has_the_link_to_the_recording() {
        let links = Links::new("https://voice.example", [7; 32], VALIDITY);
        let profile = Profile { recordings: Some(links), ..Profile::default() };
        let recording = RecordingFacts { name: RecordingName::new([1; 16]), mp3: true, duration: Duration::ZERO };
        let facts = CallFacts { recording: Some(recording), ..facts() };
        let (over, answered) = (StatusEvent::Terminal(DialStatus::Completed), StatusEvent::Answered);
        for (event, events, json, told) in [
            (over, false, false, true),
            (over, true, true, true),
            (over, true, false, true),
            (answered, true, true, false),
        ] {
            let request = told_of(&facts, &profile, event, (events, json));
            let link = "https://voice.example/recordings/01010101010101010101010101010101.mp3?expires=";
            assert_eq!(body(&request).contains(link), told, "{}", body(&request));
            assert_eq!(body(&request).contains("PreSignedRecordingUrl"), told && events, "{}", body(&request));
        }
    }

    #[test]
    fn the_end_in_full_is_json_on_request() {
        let request = told(StatusEvent::Terminal(DialStatus::Completed), true, true);
        assert_eq!(request.headers, [("Content-Type".to_owned(), "application/json".to_owned())]);
        assert_eq!(
            body(&request),
            r#"{"CallSid":"0f1e2d3c4b5a69788796a5b4c3d2187v","EventType":"terminal","DateCreated":"2024-07-31 16:42:56","DateUpdated":"2024-07-31 16:43:40","Status":"completed","To":"09900000003","From":"09900000001","PhoneNumberSid":"08000000002","StartTime":"2024-07-31 16:42:56","EndTime":"2024-07-31 16:43:39","Duration":43,"ConversationDuration":32,"Direction":"outbound-api","CustomField":"order-17","Legs":[{"OnCallDuration":41,"Status":"completed","AnsweredBy":"NA"},{"OnCallDuration":32,"Status":"completed","AnsweredBy":"NA"}]}"#
        );
    }

    #[test]
    fn an_answer_is_told_with_flat_names_in_a_form_and_without_the_custom_field() {
        let request = told(StatusEvent::Answered, true, false);
        let body = body(&request);
        for (name, value) in [
            ("EventType", "answered"),
            ("Status", "in-progress"),
            ("Legs[0][Status]", "in-progress"),
            ("Legs[1][Status]", ""),
            ("Legs[1][AnsweredBy]", "NA"),
        ] {
            let part = format!("name=\"{name}\"\r\n\r\n{value}\r\n--");
            assert!(body.contains(&part), "{part} in {body}");
        }
        for absent in ["CustomField", "EndTime", "\"Duration\""] {
            assert!(!body.contains(absent), "{absent} in {body}");
        }
    }

    #[test]
    fn a_caller_who_leaves_first_is_a_failed_call() {
        for (end, word) in
            [(DialStatus::Canceled, "failed"), (DialStatus::Busy, "busy"), (DialStatus::NoAnswer, "no-answer")]
        {
            let request = told(StatusEvent::Terminal(end), false, true);
            assert!(body(&request).contains(&format!("\"Status\":\"{word}\"")), "{}", body(&request));
        }
    }
}
