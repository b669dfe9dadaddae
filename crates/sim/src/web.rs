//! The scripted web: sites that answer callouts after a while, fail, or never answer; and what they were asked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use model::{HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, Mark};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::phone::Condition;
use crate::reply::{Reply, USUAL_DELAY};
use crate::script::object;

/// What a site was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The whole URL.
    pub url: String,
    /// `GET`, `POST`.
    pub method: String,
    /// Time since the world began.
    pub at: Duration,
    /// What was sent along.
    pub body: String,
    /// Which callout it was, and which try of it.
    pub mark: Option<Mark>,
}

impl Requested {
    /// Where to, without the query.
    pub fn address(&self) -> &str {
        without_query(&self.url)
    }

    /// A query parameter, decoded.
    pub fn decoded(&self, name: &str) -> Option<String> {
        let (_, query) = self.url.split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// What was sent: the query's parameters, and the fields of the body, be it JSON or a form.
    pub fn fields(&self) -> Map<String, Value> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let pairs = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        let mut fields = object(pairs(query).into_iter());
        match serde_json::from_str(&self.body) {
            Ok(Value::Object(body)) => fields.extend(body),
            _ => fields.extend(object(pairs(&self.body).into_iter())),
        }
        fields
    }

    /// A query parameter, still encoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.url.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// The names of the query's parameters, in order.
    pub fn names(&self) -> Vec<&str> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        query.split('&').map(|pair| pair.split('=').next().unwrap_or_default()).collect()
    }
}

/// One address of the scripted web. Clones are the same site.
#[derive(Clone)]
pub struct Site(Rc<RefCell<Script>>);

struct Script {
    url: String,
    /// The time that an answer takes if the story says so.
    delay: Option<Duration>,
    /// What it says to each request in turn; the last counts for all further ones.
    answers: VecDeque<Reply>,
    requested: Vec<Requested>,
}

impl Site {
    fn new(url: &str) -> Self {
        let script = Script { url: url.to_owned(), delay: None, answers: VecDeque::new(), requested: Vec::new() };
        Self(Rc::new(RefCell::new(script)))
    }

    /// Answers with that status and no body. Said again, it is the answer to the next request.
    #[must_use]
    pub fn answers(self, status: u16) -> Self {
        self.will(Reply::status(status))
    }

    /// Answers with that status and body.
    #[must_use]
    pub fn says(self, status: u16, content_type: &str, body: &str) -> Self {
        self.will(Reply::says(status, content_type, body))
    }

    /// Fails.
    #[must_use]
    pub fn fails(self, failure: HttpFailure) -> Self {
        self.will(Reply::of(Some(HttpOutcome::Failed(failure))))
    }

    /// Never answers.
    #[must_use]
    pub fn is_silent(self) -> Self {
        self.will(Reply::of(None))
    }

    /// Takes that long.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        self.0.borrow_mut().delay = Some(delay);
        self
    }

    /// Until it has been asked that often.
    pub fn is_asked(&self, times: usize) -> Condition {
        let script = Rc::clone(&self.0);
        let what = format!("{} is asked {times} times", script.borrow().url);
        Condition { what, holds: Box::new(move || script.borrow().requested.len() >= times) }
    }

    /// What it was asked, in order.
    pub fn requested(&self) -> Vec<Requested> {
        self.0.borrow().requested.clone()
    }

    /// Replies like that. Said again, it is the reply to the next request.
    #[must_use]
    pub fn will(self, reply: Reply) -> Self {
        self.0.borrow_mut().answers.push_back(reply);
        self
    }
}

/// All sites, and what was asked of anybody.
#[derive(Default)]
pub(crate) struct Web {
    sites: Vec<Site>,
    pub(crate) requested: Vec<Requested>,
}

impl Web {
    /// The site at that URL; its own query plays no part.
    pub(crate) fn site(&mut self, url: &str) -> Site {
        let site = Site::new(without_query(url));
        self.sites.push(site.clone());
        site
    }

    /// Whether the story has a site at that URL.
    pub(crate) fn knows(&self, url: &str) -> bool {
        self.find(url).is_some()
    }

    fn find(&self, url: &str) -> Option<Site> {
        self.sites.iter().find(|site| site.0.borrow().url == without_query(url)).cloned()
    }

    /// Asks a site: what comes of it, and after how long. Silence is a timeout at the end of the budget. A HEAD hears the
    /// head of what comes next, and leaves that to come; it does not count as asked.
    pub(crate) fn ask(&mut self, request: &HttpRequest, at: Duration) -> (Duration, HttpOutcome) {
        let url = model::without_userinfo(&request.url);
        let ahead = request.method == "HEAD";
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let method = request.method.clone();
        let asked = Requested { url, method, at, body, mark: request.mark.clone() };
        let site = self.find(&asked.url);
        if !ahead || site.is_none() {
            self.requested.push(asked.clone());
        }
        let Some(site) = site else {
            let failure = HttpFailure::Dns("nobody in this rehearsal has that address".into());
            return (USUAL_DELAY, HttpOutcome::Failed(failure));
        };
        let mut script = site.0.borrow_mut();
        let answer = match script.answers.len() {
            2.. if !ahead => script.answers.pop_front(),
            _ => script.answers.front().cloned(),
        };
        if !ahead {
            script.requested.push(asked);
        }
        let delay = script.delay;
        let said = answer.and_then(|reply| Some((delay.unwrap_or(reply.delay), kept(reply.outcome?, request))));
        said.filter(|(delay, _)| *delay < request.budget)
            .unwrap_or((request.budget, HttpOutcome::Failed(HttpFailure::Timeout)))
    }
}

/// What is kept of an answer: of its body no more than was wanted, and nothing for a HEAD.
fn kept(outcome: HttpOutcome, request: &HttpRequest) -> HttpOutcome {
    match outcome {
        HttpOutcome::Answered(answer) if request.method == "HEAD" => {
            HttpOutcome::Answered(HttpAnswer { body: Vec::new(), truncated: false, ..answer })
        }
        HttpOutcome::Answered(mut answer) if answer.body.len() > request.body_limit => {
            answer.body.truncate(request.body_limit);
            HttpOutcome::Answered(HttpAnswer { truncated: true, ..answer })
        }
        other => other,
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
