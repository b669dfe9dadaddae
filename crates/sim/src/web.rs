//! The scripted web: sites that answer callouts after a while, fail, or never answer; and what they were asked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use model::{HttpAnswer, HttpFailure, HttpOutcome, HttpRequest};

use crate::phone::Condition;

/// The time that an answer takes unless a story says otherwise.
const USUAL_DELAY: Duration = Duration::from_millis(10);

/// What a site was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The whole URL.
    pub url: String,
    /// Time since the world began.
    pub at: Duration,
}

impl Requested {
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
    delay: Duration,
    /// What it says to each request in turn; the last counts for all further ones.
    answers: VecDeque<Option<HttpOutcome>>,
    requested: Vec<Requested>,
}

impl Site {
    fn new(url: &str) -> Self {
        let script =
            Script { url: url.to_owned(), delay: USUAL_DELAY, answers: VecDeque::new(), requested: Vec::new() };
        Self(Rc::new(RefCell::new(script)))
    }

    /// Answers with that status and no body. Said again, it is the answer to the next request.
    #[must_use]
    pub fn answers(self, status: u16) -> Self {
        self.says(status, "text/plain", "")
    }

    /// Answers with that status and body.
    #[must_use]
    pub fn says(self, status: u16, content_type: &str, body: &str) -> Self {
        let content_type = Some(content_type.to_owned());
        let answer = HttpAnswer { status, content_type, body: body.as_bytes().to_vec(), truncated: false };
        self.will(Some(HttpOutcome::Answered(answer)))
    }

    /// Fails.
    #[must_use]
    pub fn fails(self, failure: HttpFailure) -> Self {
        self.will(Some(HttpOutcome::Failed(failure)))
    }

    /// Never answers.
    #[must_use]
    pub fn is_silent(self) -> Self {
        self.will(None)
    }

    /// Takes that long.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        self.0.borrow_mut().delay = delay;
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

    fn will(self, answer: Option<HttpOutcome>) -> Self {
        self.0.borrow_mut().answers.push_back(answer);
        self
    }
}

/// All sites.
#[derive(Default)]
pub(crate) struct Web(Vec<Site>);

impl Web {
    /// The site at that URL; its own query plays no part.
    pub(crate) fn site(&mut self, url: &str) -> Site {
        let site = Site::new(without_query(url));
        self.0.push(site.clone());
        site
    }

    /// Asks a site: what comes of it, and after how long. `None` if nothing ever does.
    pub(crate) fn ask(&self, request: &HttpRequest, at: Duration) -> Option<(Duration, HttpOutcome)> {
        let url = model::without_userinfo(&request.url);
        let Some(site) = self.0.iter().find(|site| site.0.borrow().url == without_query(&url)) else {
            let failure = HttpFailure::Dns("nobody in this rehearsal has that address".into());
            return Some((USUAL_DELAY, HttpOutcome::Failed(failure)));
        };
        let mut script = site.0.borrow_mut();
        script.requested.push(Requested { url, at });
        let answer =
            if script.answers.len() > 1 { script.answers.pop_front() } else { script.answers.front().cloned() };
        answer.flatten().map(|outcome| (script.delay, outcome))
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
