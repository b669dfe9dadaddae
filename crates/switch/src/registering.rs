//! Registrations with the trunks that want one (RFC 3261 section 10.2). The endpoint keeps each alive and tries again
//! after failures; here the way to the registrar is found (RFC 3263), and found anew after each failure.
//!
//! ```text
//! start ─► the DNS is asked ─► registered by the endpoint ─ failed ─► the DNS is asked ─► the endpoint has new targets
//! ```

use core::time::Duration;
use std::time::Instant;

use rand_core::Rng;
use sip::{Answer, Endpoint, Listen, Query, Register, RegistrationId, Resolution, SipUri};

use crate::dialing::Trunk;

/// The time that is asked for; the trunk decides (RFC 3261 section 10.2.1.1).
const EXPIRES: Duration = Duration::from_secs(3_600);

/// The registration with one trunk.
struct Line {
    trunk: String,
    register: Register,
    /// The trunk's URI, for the DNS.
    uri: SipUri,
    /// The way that is being looked for.
    resolution: Option<Resolution>,
    id: Option<RegistrationId>,
    /// What was last heard of it.
    good: Option<bool>,
    leaving: bool,
}

/// All of them.
pub(crate) struct Registering {
    listen: Vec<Listen>,
    lines: Vec<Line>,
}

impl Registering {
    /// For the trunks that want one. Nothing is sent before [`Self::start`].
    pub(crate) fn new(trunks: &[Trunk], listen: &[Listen]) -> Self {
        Self { listen: listen.to_vec(), lines: trunks.iter().filter_map(Line::new).collect() }
    }

    /// Begins; yields what to ask the DNS, and for which line.
    pub(crate) fn start(&mut self, endpoint: &mut Endpoint, now: Instant) -> Vec<(usize, Query)> {
        (0..self.lines.len()).flat_map(|line| self.seek(line, endpoint, now)).collect()
    }

    /// Takes an answer of the DNS; yields further questions.
    pub(crate) fn handle_answer(
        &mut self,
        line: usize,
        (query, answer): (&Query, Answer),
        rng: &mut impl Rng,
        endpoint: &mut Endpoint,
        now: Instant,
    ) -> Vec<(usize, Query)> {
        if let Some(resolution) = &mut self.lines[line].resolution {
            resolution.handle_answer(query, answer, rng);
        }
        self.proceed(line, endpoint, now)
    }

    /// News of a registration: the trunk's name if they change its state, and what to ask the DNS.
    pub(crate) fn on_outcome(
        &mut self,
        id: RegistrationId,
        good: bool,
        endpoint: &mut Endpoint,
        now: Instant,
    ) -> (Option<String>, Vec<(usize, Query)>) {
        let Some(index) = self.lines.iter().position(|line| line.id == Some(id)) else { return (None, Vec::new()) };
        let line = &mut self.lines[index];
        let changed = line.good.replace(good) != Some(good);
        let trunk = changed.then(|| line.trunk.clone());
        (trunk, if good { Vec::new() } else { self.seek(index, endpoint, now) })
    }

    /// Tells the trunks that we go.
    pub(crate) fn leave(&mut self, endpoint: &mut Endpoint, now: Instant) {
        for line in self.lines.iter_mut().filter(|line| line.good == Some(true)) {
            line.leaving = true;
            line.id.into_iter().for_each(|id| endpoint.unregister(id, now));
        }
    }

    /// Whether a trunk that was told so has not answered.
    pub(crate) fn is_leaving(&self, endpoint: &Endpoint) -> bool {
        let waits = |line: &Line| line.leaving && line.id.is_some_and(|id| endpoint.keeps(id));
        self.lines.iter().any(waits)
    }

    /// Trunks and whether each has us registered.
    pub(crate) fn states(&self) -> impl Iterator<Item = (&str, bool)> {
        self.lines.iter().map(|line| (line.trunk.as_str(), line.good == Some(true) && !line.leaving))
    }

    fn seek(&mut self, line: usize, endpoint: &mut Endpoint, now: Instant) -> Vec<(usize, Query)> {
        self.lines[line].resolution = Some(Resolution::new(&self.lines[line].uri, &self.listen));
        self.proceed(line, endpoint, now)
    }

    /// Asks on, or registers at the targets that were found; without any, the endpoint waits and tells.
    fn proceed(&mut self, index: usize, endpoint: &mut Endpoint, now: Instant) -> Vec<(usize, Query)> {
        let line = &mut self.lines[index];
        let Some(resolution) = &mut line.resolution else { return Vec::new() };
        let Some(targets) = resolution.targets().map(<[_]>::to_vec) else {
            return std::iter::from_fn(|| resolution.poll_query()).map(|query| (index, query)).collect();
        };
        line.resolution = None;
        match line.id {
            Some(id) => endpoint.retarget(id, targets, now),
            None => line.id = Some(endpoint.register(Register { targets, ..line.register.clone() }, now)),
        }
        Vec::new()
    }
}

impl Line {
    fn new(trunk: &Trunk) -> Option<Self> {
        let credentials = trunk.credentials.clone().filter(|_| trunk.register)?;
        let aor = SipUri::new(Some(credentials.username.as_bytes()), trunk.uri.host.clone(), None);
        let register = Register {
            registrar: SipUri { params: sip::Params::default(), ..trunk.uri.clone() }.into(),
            aor: aor.into(),
            targets: Vec::new(),
            credentials: Some(credentials),
            expires: EXPIRES,
        };
        let (trunk, uri) = (trunk.name.clone(), trunk.uri.clone());
        Some(Self { trunk, register, uri, resolution: None, id: None, good: None, leaving: false })
    }
}
