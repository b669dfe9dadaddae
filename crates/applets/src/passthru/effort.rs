//! What is done for an answer: further tries, another URL, a second request, an earlier answer.

use std::time::Duration;

use flow::{Cx, Site};
use model::{Inquiry, LastGood, without_userinfo};

use super::request::Asking;

/// How hard an answer is tried for.
#[derive(Clone, Debug, Default)]
pub(super) struct Effort {
    pub(super) retries: u8,
    pub(super) fallback: Option<String>,
    pub(super) hedge: Option<Duration>,
    pub(super) breaker: bool,
    pub(super) last_good: Option<Duration>,
    pub(super) shadow: Option<String>,
}

impl Effort {
    /// Whether the URL is simply asked.
    pub(super) fn is_none(&self) -> bool {
        self.retries == 0
            && self.fallback.is_none()
            && self.hedge.is_none()
            && !self.breaker
            && self.last_good.is_none()
    }

    /// Tells the author what cannot be. The URL is waited for as long as `budget`, or two thirds of it if there is another one.
    pub(super) fn check(&self, budget: Duration, site: &mut Site<'_>) {
        let patience = if self.fallback.is_some() { budget * 2 / 3 } else { budget };
        let patience = Duration::from_millis(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
        if self.hedge.is_some_and(|hedge| hedge >= patience) {
            let why = format!("the second request would come no sooner than the first is given up, after {patience:?}");
            site.refuse("hedge", why, Some("make `hedge` shorter, or `timeout` longer"));
        }
    }

    /// The question, with all that may be done for an answer.
    pub(super) fn inquiry(&self, url: &str, asking: &Asking, cx: &mut Cx<'_>) -> Inquiry {
        let of = |cx: &Cx<'_>| format!("{} {}", without_userinfo(url), cx.facts().from);
        Inquiry {
            request: asking.request(url, cx),
            retries: self.retries,
            fallback: self.fallback.as_ref().map(|fallback| asking.request(fallback, cx)),
            hedge: self.hedge,
            breaker: self.breaker,
            shadow: self.shadow.as_ref().map(|shadow| asking.request(shadow, cx)),
            last_good: self.last_good.map(|age| LastGood { of: of(cx), age }),
        }
    }
}
