//! The agents' desk: a URL that hears of each party that is rung, beside the flow (`exotel.md` 1.12).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use exotel::agent::{self, What};
use exotel::passthru::Profile;
use flow::{Cx, DialProgress};
use model::LegId;

/// Tells a URL how it goes with each party of one dial.
pub(super) struct Desk {
    url: String,
    profile: Arc<Profile>,
    /// Since when parties ring.
    ringing: BTreeMap<LegId, Instant>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&model::without_userinfo(&self.url))
    }
}

impl Desk {
    pub(super) fn new(url: String, profile: Arc<Profile>) -> Self {
        Self { url, profile, ringing: BTreeMap::new() }
    }

    pub(super) fn tell(&mut self, leg: LegId, number: &str, progress: &DialProgress, cx: &mut Cx<'_>) {
        let now = cx.now();
        let what = match progress {
            DialProgress::Dialled => What::Dial,
            DialProgress::Ringing => {
                self.ringing.insert(leg, now.at);
                What::Ringing
            }
            DialProgress::Answered => {
                let since = self.ringing.remove(&leg).unwrap_or(now.at);
                What::Answered(now.since(since))
            }
            DialProgress::Ended(_) => What::Terminal,
        };
        let request = agent::request(&self.url, cx.facts(), (number, what), &self.profile, now.wall);
        cx.tell(request);
    }
}
