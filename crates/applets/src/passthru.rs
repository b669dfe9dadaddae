//! Asks your URL, and its answer picks the way; or tells it, without waiting.
//!
//! The URL gets a GET with what is known of the call as its query. A status of 200 takes exit `200`; anything else, a
//! redirect, a refusal or no answer within `timeout` included, takes `else`. The body of a 200 is kept for the nodes
//! after it: `switch_case`, `set` and `branch` read it. The caller hears silence, or rings on if not answered yet;
//! with `filler`, an answered caller hears that while the answer is long in coming.
//!
//! There may be more ways than two: any status or class of them and any failure can be wired, and `routes` go by a header
//! field or by a place in the answer's JSON; `set` keeps what stands in the JSON in variables. For an answer more can be
//! done: `retries` within the timeout, a `fallback_url`, a second request (`hedge`), an earlier answer (`last_good`), and
//! with `breaker` a URL that fails and fails is left alone for a while, so that callers do not wait for it. `shadow_url` gets
//! a copy of each request, so that a new version of an application can be tried on real calls; nothing comes of its answers, and
//! the copy of a report is sent once.
//!
//! With `async: true` the flow goes on as soon as the report is in safe keeping; it is sent, again if need be, beside
//! the call. After a `connect` both kinds are made also when the caller has hung up; a caller who hangs up while the
//! URL is asked ends the asking. With `result` the URL is asked at once and the flow goes on all the same:
//! `wait_for_result` takes the answer later.
//!
//! | exit | when |
//! |---|---|
//! | `200` | the URL answered 200 |
//! | each `exit` of the routes | the answer has what the route looks for |
//! | a status, `404`, or a class, `4xx` | the URL answered so; `else` unless it is wired |
//! | `timeout`, `refused`, `tls`, `dns` | there was no answer, for that reason; `else` unless it is wired |
//! | `blocked` | the URL leads where requests may not go; `else` unless it is wired |
//! | `circuit-open` | the URL failed too often and was not asked; `else` unless it is wired |
//! | `bad-answer` | what came is no HTTP, or no JSON where that is needed; `else` unless it is wired |
//! | `else` | anything else |
//! | `next` | instead of all of these, with `async: true` |
//!
//! ```yaml
//! flow: who-is-it
//! start: ask
//! nodes:
//!   ask:
//!     applet: passthru
//!     url: "https://crm.example/route?key=s3cret"
//!     filler: { after: 2s, say: "One moment, please." }
//!     retries: 1
//!     routes: [{ json: "$.tier", is: gold, exit: gold }]
//!     set: { name: "$.name" }
//!     on: { 200: known, gold: known, 404: unknown, else: unknown }
//!   known: { applet: greeting, say: "Welcome back.", next: report }
//!   unknown: { applet: greeting, say: "Welcome.", next: report }
//!   report: { applet: passthru, url: "https://crm.example/calls", async: true, next: bye }
//!   bye: { applet: hangup }
//! ```

mod effort;
mod request;
pub(crate) mod routes;
pub(crate) mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use exotel::passthru::Profile;
use flow::{Applet, Audio, Count, Cx, Exits, Kind, Lapse, NAME, Several, Site, Step, Template, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;
use crate::json_path::JsonPath;
use crate::prompt::{Sound, Text, prompt};
use crate::telling::Telling;
use effort::Effort;
use request::{Asking, Method, Words};
use routes::{Route, Routes};
use waiting::{Filler, Keys, Waiting};

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("passthru", include_str!("passthru.rs"), move |settings: Settings, site| {
        Some(Passthru::new(settings, &profile, site))
    })
}

/// Asks your URL, and its answer picks the way.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// The URL, http or https. A user and password in it are sent as Basic authentication.
    url: Address,
    /// How long the answer may take, in all, to the end of its headers; further tries included. 5 s unless told; a report, for
    /// which nobody waits, has 30 s for each try.
    #[serde(default)]
    timeout: Option<Lapse<1_000, 60_000>>,
    /// Whether to tell the URL without waiting for it.
    #[serde(default, rename = "async")]
    is_async: bool,
    /// What an answered caller hears while the answer is long in coming.
    #[serde(default)]
    filler: Option<FillerSettings>,
    /// What becomes of keys that are pressed meanwhile.
    #[serde(default)]
    keys: Keys,
    /// How the URL is asked.
    #[serde(default)]
    method: Method,
    /// In which words the call is told of.
    #[serde(default)]
    profile: Words,
    /// Further header fields of the request, each with its value: text with `{{ … }}` in it. One whose value comes out with a
    /// line break is journalled and left out.
    #[serde(default)]
    headers: BTreeMap<String, Template>,
    /// Further parameters, each with its value: text with `{{ … }}` in it. None may have the name of one that the call is told of by.
    #[serde(default)]
    parameters: BTreeMap<String, Template>,
    /// More ways out, tried in this order before the status is looked at.
    #[serde(default)]
    routes: Vec<Route>,
    /// Variables that are set from the JSON of the answer's body, each with its place there. Numbers keep the digits that they
    /// are written with.
    #[serde(default)]
    set: BTreeMap<String, JsonPath>,
    /// Further tries, within the timeout, when the connection is refused or the answer is a 5xx.
    #[serde(default = "no_retries")]
    retries: Count<0, 5>,
    /// Another URL that is asked when this one comes to nothing; it is told why in `callout-fallback-reason`. The first one has
    /// two thirds of the timeout then.
    #[serde(default)]
    fallback_url: Option<Address>,
    /// After that long without an answer the same is asked a second time, and the first good answer counts. Shorter than the
    /// URL is waited for.
    #[serde(default)]
    hedge: Option<Lapse<50, 30_000>>,
    /// Whether the URL is left alone for a while when it fails and fails.
    #[serde(default)]
    breaker: bool,
    /// When nothing else helps, the last good answer for this caller counts, if it is not older than that.
    #[serde(default)]
    last_good: Option<Lapse<1_000, 604_800_000>>,
    /// Another URL that gets a copy of each request. Nothing comes of its answers; they are kept beside those that count.
    #[serde(default)]
    shadow_url: Option<Address>,
    /// With `async: true`: the name by which `wait_for_result` finds the answer.
    #[serde(default)]
    result: Option<String>,
}

/// What an answered caller hears while the answer is long in coming.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct FillerSettings {
    /// How long the caller hears nothing first.
    #[serde(default = "two_seconds")]
    after: Lapse<0, 60_000>,
    /// A text to be spoken again and again, or several.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis), or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
}

/// How long a call waits unless told (`exotel.md` 1.3).
const WAIT: Duration = Duration::from_secs(5);

/// How long a try of a report may take unless told (`trust.md` 2.2).
const REPORT: Duration = Duration::from_secs(30);

const fn two_seconds() -> Lapse<0, 60_000> {
    Lapse::seconds(2)
}

const fn no_retries() -> Count<0, 5> {
    Count::of(0)
}

impl FillerSettings {
    pub(crate) fn filler(self, site: &mut Site<'_>) -> Filler {
        let audio = prompt(self.say, self.play, site);
        if audio.is_empty() {
            site.refuse("filler", "the filler has nothing to be heard", Some("give it `play: hold.wav`"));
        }
        Filler { after: self.after.duration(), audio }
    }
}

#[derive(Debug)]
struct Passthru {
    url: Url,
    asking: Asking,
    effort: Effort,
    routes: Routes,
    filler: Option<Filler>,
    keys: Keys,
    waits: Waits,
}

/// Whether the call waits for the answer.
#[derive(Debug)]
enum Waits {
    ForIt,
    /// It is owed by the outbox.
    Not,
    /// It is asked for at once, and waited for later under that name.
    Later(String),
}

/// Never shown with its userinfo.
struct Url(String);

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&model::without_userinfo(&self.0))
    }
}

impl Passthru {
    fn new(settings: Settings, profile: &Arc<Profile>, site: &mut Site<'_>) -> Self {
        let filler = settings.filler.map(|filler| filler.filler(site));
        let routes = Routes::new(settings.routes, settings.set, site);
        let effort = Effort {
            retries: u8::try_from(settings.retries.number()).expect("a few"),
            fallback: settings.fallback_url.map(|url| url.0),
            hedge: settings.hedge.map(Lapse::duration),
            breaker: settings.breaker,
            last_good: settings.last_good.map(Lapse::duration),
            shadow: settings.shadow_url.map(|url| url.0),
        };
        let waits = match (settings.is_async, settings.result) {
            (false, None) => Waits::ForIt,
            (false, Some(_)) => {
                let hint = "add `async: true`, or take it out";
                site.refuse("result", "without `async: true` the answer is waited for here", Some(hint));
                Waits::ForIt
            }
            (true, None) => Waits::Not,
            (true, Some(name)) => {
                if name.trim().is_empty() || name.chars().count() > NAME {
                    site.refuse("result", format!("a result's name has 1 to {NAME} characters"), None);
                }
                Waits::Later(name)
            }
        };
        if settings.is_async {
            if filler.is_some() {
                site.refuse("filler", "with `async: true` nobody waits, so there is nothing to fill", None);
            }
            if settings.keys == Keys::Drop {
                site.refuse("keys", "with `async: true` nobody waits, so no keys are pressed meanwhile", None);
            }
            if !routes.is_empty() {
                let hint = "give them to the `wait_for_result` that takes the answer";
                site.refuse("routes", "with `async: true` there is no answer to look at here", Some(hint));
            }
        }
        if matches!(waits, Waits::Not) && !effort.is_none() {
            let why = "a report is tried again until it is delivered";
            site.refuse(
                "async",
                format!("{why}: retries, fallback_url, hedge, breaker and last_good are for answers"),
                None,
            );
        }
        let usual = if matches!(waits, Waits::Not) { REPORT } else { WAIT };
        let asking = Asking {
            method: settings.method,
            words: settings.profile,
            headers: settings.headers,
            parameters: settings.parameters,
            budget: settings.timeout.map_or(usual, Lapse::duration),
            profile: Arc::clone(profile),
            wants_body: !routes.is_empty() || matches!(waits, Waits::Later(_)),
        };
        asking.check(site);
        effort.check(asking.budget, site);
        Self { url: Url(settings.url.0), asking, effort, routes, filler, keys: settings.keys, waits }
    }
}

impl Applet for Passthru {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        match &self.waits {
            Waits::Not => {
                let copy = self.effort.shadow.as_ref().map(|shadow| self.asking.request(shadow, cx));
                Telling::begin_with_copy("a report", self.asking.request(&self.url.0, cx), copy, cx)
            }
            Waits::Later(name) => {
                let inquiry = self.effort.inquiry(&self.url.0, &self.asking, cx);
                cx.ask_aside(name, inquiry);
                Step::exit("next")
            }
            Waits::ForIt => {
                let inquiry = self.effort.inquiry(&self.url.0, &self.asking, cx);
                let callout = cx.callout(inquiry);
                let waiting = Waiting::begin(callout, self.routes.clone(), self.filler.as_ref(), cx);
                Step::wait(waiting.with_keys(self.keys, cx))
            }
        }
    }

    fn urls(&self) -> Vec<&str> {
        let Effort { fallback, shadow, .. } = &self.effort;
        [Some(&self.url.0), fallback.as_ref(), shadow.as_ref()].into_iter().flatten().map(String::as_str).collect()
    }

    fn audio(&self) -> Vec<Audio> {
        self.filler.iter().flat_map(|filler| filler.audio.constant()).collect()
    }

    fn exits(&self) -> Exits {
        if matches!(self.waits, Waits::ForIt) { self.routes.exits() } else { Exits::next() }
    }

    /// A report is in safe keeping at once: a loop of them would run as fast as it can.
    fn waits(&self) -> bool {
        matches!(self.waits, Waits::ForIt)
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

#[cfg(test)]
mod tests {
    use flow::Event;
    use flow::ledger::Ledger;
    use model::{HttpAnswer, HttpFailure, HttpOutcome, HttpRequest};

    use crate::tests::{node, problems};

    fn ask(fields: &str) -> Ledger {
        node(&format!("applet: passthru, url: 'http://crm.example/r?k=1', {fields} on: {{ 200: end, else: end }}"))
    }

    fn tell() -> Ledger {
        node("applet: passthru, url: 'http://u:p@crm.example/r', async: true, next: end")
    }

    #[test]
    fn the_url_is_asked_with_the_call_as_its_query() {
        let mut call = ask("");
        let lines = call.start();
        assert_eq!(lines.len(), 3);
        assert!(lines[2].starts_with(
            "ask 1 http://crm.example/r?k=1&CallSid=0123456789abcdef0123456789abcdef&CallFrom=09900000001&"
        ));
        assert!(lines[2].contains("&CallStatus=ringing&") && lines[2].ends_with(" within 5s"), "{}", lines[2]);
    }

    #[test]
    fn only_200_takes_exit_200() {
        for status in [100, 199, 201, 202, 204, 301, 302, 400, 404, 500, 503] {
            let mut call = ask("");
            call.start();
            assert_eq!(call.answered(1, status, "")[0], "left by else", "{status}");
        }
        let mut call = ask("");
        call.start();
        assert_eq!(call.answered(1, 200, "")[0], "left by 200");
    }

    #[test]
    fn whatever_fails_takes_else() {
        for failure in [HttpFailure::Timeout, HttpFailure::Tls(String::new()), HttpFailure::Forbidden(String::new())] {
            let mut call = ask("timeout: 2s,");
            assert!(call.start()[2].ends_with(" within 2s"));
            assert_eq!(call.failed(1, failure)[0], "left by else");
        }
    }

    #[test]
    fn the_body_of_the_last_200_is_kept_and_anything_else_forgets_it() {
        let mut call = node(
            "applet: passthru, url: 'http://crm.example', on: { 200: note, else: note } },
             note: { applet: set, vars: { body: '{{ passthru.body }}' }, next: again },
             again: { applet: ivr, say: Again?, on: { 1: it, none: end, invalid: end }",
        );
        call.start();
        assert_eq!(call.answered(1, 200, "gold")[2], "body = \"gold\"");
        call.press("1");
        assert_eq!(call.answered(3, 404, "none")[2], "body = \"\"");
    }

    #[test]
    fn an_answered_caller_hears_the_filler_until_the_answer() {
        let mut call = ask("filler: { after: 1s, play: hold.wav },");
        assert_eq!(call.start()[3], "timer 2 1s");
        call.event(Event::Answered);
        assert_eq!(call.fired(2), ["play 3 hold.wav again and again"]);
        assert_eq!(call.answered(1, 200, "")[..2], ["stop 3", "left by 200"]);
    }

    #[test]
    fn an_answer_in_time_spares_the_filler() {
        let mut call = ask("filler: { play: hold.wav },");
        assert_eq!(call.start()[3], "timer 2 2s");
        assert_eq!(call.answered(1, 200, "")[..2], ["stop 2", "left by 200"]);
    }

    #[test]
    fn a_caller_who_still_rings_is_not_answered_by_the_filler() {
        let mut call = ask("filler: { play: hold.wav },");
        call.start();
        assert_eq!(call.fired(2), [""; 0]);
    }

    #[test]
    fn a_caller_who_hangs_up_is_not_waited_for() {
        let mut call = ask("");
        call.start();
        assert_eq!(call.hangs_up(), ["stop 1", "hang up NORMAL_CLEARING (16)"]);
    }

    #[test]
    fn a_report_waits_for_its_safe_keeping_only() {
        let mut call = tell();
        assert!(call.start()[2].starts_with("tell 1 http://u:p@crm.example/r?CallSid="));
        assert_eq!(call.committed(1, None)[0], "left by next");
    }

    #[test]
    fn a_report_that_cannot_be_kept_is_a_fault_and_the_flow_goes_on() {
        let mut call = tell();
        call.start();
        let lines = ["fault: a report is lost, the outbox could not take it: disk full", "left by next", "at end"];
        assert_eq!(call.committed(1, Some("disk full"))[..3], lines);
    }

    #[test]
    fn a_report_that_is_not_taken_for_long_is_not_waited_for() {
        let mut call = tell();
        call.start();
        let lines = call.event(Event::NotifyDelayed { id: flow::Component(1) });
        let fault = "fault: a report may come late: the outbox does not take it now, and the flow goes on";
        assert_eq!(lines[..3], [fault, "left by next", "at end"], "it is not taken back");
        assert_eq!(call.committed(1, None), [""; 0]);
    }

    #[test]
    fn reports_and_questions_are_made_without_the_caller_and_without_a_filler() {
        let mut call = node(
            "applet: passthru, url: 'http://crm.example/1', async: true, next: again },
             again: { applet: passthru, url: 'http://crm.example/2', async: true, next: ask },
             ask: { applet: passthru, url: 'http://crm.example/3', filler: { after: 1s, play: hold.wav }, on: { 200: end, else: end }",
        );
        call.start();
        assert_eq!(call.hangs_up(), [""; 0]);
        let lines = call.committed(1, None);
        assert_eq!(lines[..2], ["left by next", "at again"]);
        assert!(lines[2].starts_with("tell 2 http://crm.example/2?"));
        let lines = call.committed(2, None);
        assert_eq!((lines.len(), &lines[..2]), (3, &["left by next".to_owned(), "at ask".to_owned()][..]));
        assert!(lines[2].starts_with("ask 3 http://crm.example/3?"));
        assert_eq!(call.answered(3, 200, "")[..2], ["left by 200", "at end"]);
    }

    /// A question whose every exit leads to the end, and what it is left by.
    fn left(fields: &str, exits: &str, outcome: HttpOutcome) -> Vec<String> {
        let node =
            format!("applet: passthru, url: 'http://crm.example/r', {fields} on: {{ 200: end, else: end, {exits} }}");
        let mut call = crate::tests::node(&node);
        call.start();
        call.event(Event::CalloutEnded { id: flow::Component(1), outcome })
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpOutcome {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        HttpOutcome::Answered(HttpAnswer { headers, body: body.into(), ..HttpAnswer::of(status) })
    }

    #[test]
    fn any_status_and_any_failure_may_be_an_exit_and_else_is_the_rest() {
        use HttpFailure as Not;
        let wired = "404: end, 4xx: end, 3xx: end, timeout: end, refused: end, tls: end, dns: end, blocked: end, circuit-open: end, bad-answer: end";
        let text = String::new;
        let failed = HttpOutcome::Failed;
        let rows = [
            (answer(200, &[], ""), "200"),
            (answer(404, &[], ""), "404"),
            (answer(410, &[], ""), "4xx"),
            (answer(302, &[], ""), "3xx"),
            (answer(500, &[], ""), "else"),
            (answer(204, &[], ""), "else"),
            (failed(Not::Timeout), "timeout"),
            (failed(Not::Connect(text())), "refused"),
            (failed(Not::Tls(text())), "tls"),
            (failed(Not::Dns(text())), "dns"),
            (failed(Not::Forbidden(text())), "blocked"),
            (failed(Not::BadUrl(text())), "blocked"),
            (failed(Not::CircuitOpen), "circuit-open"),
            (failed(Not::Protocol(text())), "bad-answer"),
        ];
        for (outcome, exit) in rows {
            assert_eq!(left("", wired, outcome.clone())[0], format!("left by {exit}"));
            let plain = if exit == "200" { "200" } else { "else" };
            assert_eq!(left("", "", outcome)[0], format!("left by {plain}"), "{exit} is not wired");
        }
    }

    #[test]
    fn routes_go_by_json_or_header_before_the_status_does() {
        let routes = "routes: [{ json: $.route, is: sales, exit: sales }, { header: X-Route, is: vip, exit: vip },
            { json: '$.list[1]', exit: some }, { json: $.n, is: '7', exit: seven }],";
        let exits = "sales: end, vip: end, some: end, seven: end, 404: end, bad-answer: end";
        type Row = (u16, &'static [(&'static str, &'static str)], &'static str, &'static str);
        let rows: [Row; 10] = [
            (200, &[], r#"{"route":"sales"}"#, "sales"),
            (404, &[], r#"{"route":"sales"}"#, "sales"),
            (200, &[("x-route", "vip")], r#"{"route":"Sales"}"#, "vip"),
            (200, &[("x-route", "VIP")], r#"{"list":[0,1]}"#, "some"),
            (200, &[], r#"{"list":[0,false]}"#, "200"),
            (200, &[], r#"{"list":[0,null],"n":7}"#, "seven"),
            (200, &[], "{}", "200"),
            (404, &[("x-route", "vip")], "no json", "vip"),
            (404, &[], "no json", "404"),
            (200, &[], "no json", "bad-answer"),
        ];
        for (status, headers, body, exit) in rows {
            let lines = left(routes, exits, answer(status, headers, body));
            let last = lines.iter().find(|line| line.starts_with("left by")).expect("it is left");
            assert_eq!(*last, format!("left by {exit}"), "{status} {headers:?} {body}");
        }
    }

    #[test]
    fn variables_are_set_from_the_body_whatever_the_exit() {
        let set = "set: { tier: $.customer.tier, n: $.n, all: $.customer, none: $.nothing },";
        let lines = left(set, "", answer(404, &[], r#"{"customer":{"tier":"gold"},"n":7,"nothing":null}"#));
        assert_eq!(lines[..4], [r#"all = "{\"tier\":\"gold\"}""#, "n = \"7\"", "tier = \"gold\"", "left by else"]);
        let long = format!(r#"{{"n":"{}"}}"#, "x".repeat(4_097));
        let lines = left(set, "", answer(200, &[], &long));
        assert_eq!(lines[..2], ["fault: `n` is not set: what stands at $.n is longer than 4096 bytes", "left by 200"]);
        assert!(left(set, "", answer(200, &[], "<html>"))[0].starts_with("fault: the answer's body is no JSON: "));
    }

    #[test]
    fn more_can_be_done_for_an_answer() {
        let mut call = ask(
            "retries: 2, fallback_url: 'http://spare.example/', hedge: 800ms, breaker: true, last_good: 60m, shadow_url: 'http://new.example/r',",
        );
        let asked = &call.start()[2];
        let effort = " within 5s retries 2 or http://spare.example/ hedged after 800ms and a copy to http://new.example/r with a breaker or what was given to http://crm.example/r?k=1 +919900000001 within 3600s";
        assert!(asked.ends_with(effort), "{asked}");
    }

    /// What is asked, as the switch gets it.
    fn request(fields: &str) -> HttpRequest {
        let flow = format!(
            "flow: f\nstart: it\nnodes: {{ it: {{ applet: passthru, url: 'http://crm.example/r?k=1#top', {fields} on: {{ 200: end, else: end }} }}, end: {{ applet: hangup }} }}"
        );
        let mut call = Ledger::new(&flow, &crate::tests::catalogue(), crate::tests::instant());
        call.start();
        call.inquiries().pop().expect("one is asked").request
    }

    #[test]
    fn a_post_has_everything_in_its_body_and_the_extended_words_follow_the_classic_ones() {
        let form = request("method: post,");
        assert_eq!((form.method.as_str(), form.url.as_str()), ("POST", "http://crm.example/r?k=1"));
        let body = String::from_utf8(form.body).expect("text");
        assert!(body.starts_with("CallSid=0123456789abcdef0123456789abcdef&CallFrom=09900000001&"), "{body}");
        let json = request("method: json, profile: extended, parameters: { tier: '{{ call.to }}' },");
        assert_eq!(json.headers[0], ("Content-Type".to_owned(), "application/json".to_owned()));
        let body: serde_json::Value = serde_json::from_slice(&json.body).expect("JSON");
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        assert_eq!(text("CallFrom").as_deref(), Some("09900000001"));
        assert_eq!(text("PartyNumber").as_deref(), Some("+919900000001"));
        assert_eq!(text("tier").as_deref(), Some("+918011112222"));
        let get = request("profile: extended, headers: { X-Key: 'k {{ call.from }}' }, parameters: { a: b c },");
        assert!(get.url.starts_with("http://crm.example/r?k=1&CallSid=") && get.url.ends_with("&a=b+c"), "{}", get.url);
        assert!(get.url.contains("&Profile=extended&"), "{}", get.url);
        assert_eq!(get.headers, [("X-Key".to_owned(), "k +919900000001".to_owned())]);
    }

    #[test]
    fn a_header_field_that_would_break_the_line_is_left_out_and_journalled() {
        let mut call = node(
            "applet: passthru, url: 'http://crm.example', on: { 200: ask, else: ask } },
             ask: { applet: passthru, url: 'http://crm.example', headers: { X-Body: '{{ passthru.body }}', X-Key: k }, on: { 200: end, else: end }",
        );
        call.start();
        let lines = call.answered(1, 200, "a\r\nX-Admin: 1");
        let fault = "fault: `X-Body` of `headers` is left out: its value has a line break or another control character";
        assert!(lines.contains(&fault.to_owned()), "{lines:?}");
        assert_eq!(call.inquiries().pop().expect("one is asked").request.headers, [("X-Key".into(), "k".into())]);
    }

    #[test]
    fn a_variable_has_the_digits_that_the_application_wrote() {
        let set = "set: { id: $.id, price: $.price, all: $ }, routes: [{ json: $.price, is: '1.50', exit: dear }],";
        let lines = left(set, "dear: end", answer(200, &[], r#"{"id": 12345678901234567890123, "price": 1.50}"#));
        let all = r#"all = "{\"id\":12345678901234567890123,\"price\":1.50}""#;
        assert_eq!(lines[..4], [all, "id = \"12345678901234567890123\"", "price = \"1.50\"", "left by dear"]);
    }

    #[test]
    fn keys_that_are_pressed_meanwhile_are_kept_or_dropped() {
        for (keys, taken) in [("keep", true), ("drop", false)] {
            let mut call = node(&format!(
                "applet: passthru, url: 'http://crm.example/', keys: {keys}, on: {{ 200: menu, else: end }} }},
                 menu: {{ applet: gather, say: Code?, max_digits: 1, on: {{ digits: end, none: end }}"
            ));
            call.start();
            call.press("7");
            let lines = call.answered(1, 200, "");
            assert_eq!(lines.iter().any(|line| line == "left by digits"), taken, "{lines:?}");
        }
    }

    #[test]
    fn urls_are_checked() {
        for url in
            ["http://crm.example", "https://u:p@crm.example:8443/a?b=c#d", "http://127.0.0.1:9/", "http://[::1]/"]
        {
            assert_eq!(problems(&format!("applet: passthru, url: '{url}', on: {{ 200: end, else: end }}")), [""; 0]);
        }
        let rows = [
            ("crm.example/route", "not a URL: relative URL without a base"),
            ("ftp://crm.example", "`ftp:` cannot be asked, only http and https can"),
            ("http://", "not a URL: empty host"),
            ("http:crm.example", "the URL names no host"),
            ("http://crm.example/a b", "a URL has no white space in it"),
        ];
        for (url, problem) in rows {
            let node = format!("applet: passthru, url: '{url}', on: {{ 200: end, else: end }}");
            assert_eq!(problems(&node), [problem], "{url}");
        }
        let long = format!("http://crm.example/{}", "x".repeat(crate::address::URL_BYTES));
        assert_eq!(problems(&format!("applet: passthru, url: '{long}', on: {{ 200: end, else: end }}")).len(), 1);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("applet: passthru, on: { 200: end, else: end }", vec!["`url` is missing"]),
            (
                "applet: passthru, url: 'http://a.example', async: true, on: { 200: end, else: end }",
                vec!["exit `next` not wired", "there is no exit `200`", "there is no exit `else`"],
            ),
            (
                "applet: passthru, url: 'http://a.example', timeout: 61s, on: { 200: end, else: end }",
                vec!["61s is not within 1s and 1m"],
            ),
            (
                "applet: passthru, url: 'http://a.example', filler: { after: 1s }, on: { 200: end, else: end }",
                vec!["the filler has nothing to be heard"],
            ),
            (
                "applet: passthru, url: 'http://a.example', async: true, filler: { say: x }, next: end",
                vec!["with `async: true` nobody waits, so there is nothing to fill"],
            ),
            (
                "applet: passthru, url: 'http://a.example', result: x, on: { 200: end, else: end }",
                vec!["without `async: true` the answer is waited for here"],
            ),
            (
                "applet: passthru, url: 'http://a.example', async: true, retries: 1, next: end",
                vec![
                    "a report is tried again until it is delivered: retries, fallback_url, hedge, breaker and last_good are for answers",
                ],
            ),
            (
                "applet: passthru, url: 'http://a.example', hedge: 5s, on: { 200: end, else: end }",
                vec!["the second request would come no sooner than the first is given up, after 5s"],
            ),
            (
                "applet: passthru, url: 'http://a.example', hedge: 2s, timeout: 3s, fallback_url: 'http://b.example', on: { 200: end, else: end }",
                vec!["the second request would come no sooner than the first is given up, after 2s"],
            ),
            (
                "applet: passthru, url: 'http://a.example', hedge: 1999ms, timeout: 3s, fallback_url: 'http://b.example', on: { 200: end, else: end }",
                vec![],
            ),
            (
                "applet: passthru, url: 'http://a.example', parameters: { CallSid: x, 'Legs[0][Number]': y, PartyNumber: z, callsid: a }, on: { 200: end, else: end }",
                vec![
                    "`CallSid` is set by the server",
                    "`Legs[0][Number]` is set by the server",
                    "`PartyNumber` is set by the server",
                ],
            ),
            (
                "applet: passthru, url: 'http://a.example', routes: [{ header: 'X Route', exit: x }, { header: '', exit: x }, { header: 'X-Route:', exit: x }, { header: X.Route~1, exit: x }], on: { 200: end, else: end, x: end }",
                vec![
                    "`X Route` is no name of a header field",
                    "`` is no name of a header field",
                    "`X-Route:` is no name of a header field",
                ],
            ),
            (
                "applet: passthru, url: 'http://a.example', last_good: 30d, on: { 200: end, else: end }",
                vec!["30d is not within 1s and 7d"],
            ),
            (
                "applet: passthru, url: 'http://a.example', headers: { Webhook-Id: x, 'a b': y, Host: z }, on: { 200: end, else: end }",
                vec![
                    "`Host` is set by the server",
                    "`Webhook-Id` is set by the server",
                    "`a b` is no name of a header field",
                ],
            ),
            (
                "applet: passthru, url: 'http://a.example', routes: [{ exit: x }, { json: '$.a[?@.b]', exit: y }], on: { 200: end, else: end }",
                vec!["a path has no filter, and `..` once at most"],
            ),
            (
                "applet: passthru, url: 'http://a.example', on: { 200: end, else: end, 600: end, tiemout: end }",
                vec!["there is no exit `600`", "there is no exit `tiemout`"],
            ),
            ("applet: passthru, url: 'http://a.example'", vec!["nothing comes after `it`: a call would be cut there"]),
        ];
        for (node, expected) in rows {
            assert_eq!(problems(node), expected, "{node}");
        }
    }
}
