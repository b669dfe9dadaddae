//! Where a request for a URI goes (RFC 3263 section 4), as questions and answers: whoever holds this machine asks the
//! DNS what [`Resolution::poll_query`] says, in any order, and tells it what came back.
//!
//! ```text
//! numeric host ----------------------------------------------------> Targets
//! port written ------------------------------> Addresses ----------> Targets
//! transport written ----------> Services ----> Addresses ----------> Targets
//! otherwise -----> Pointers --> Services ----> Addresses ----------> Targets
//!                  (NAPTR)      (SRV; none: the host itself)
//! ```

mod order;
mod record;

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;

use rand_core::Rng;

pub use record::{Answer, Naptr, Query, Srv};

use crate::endpoint::Listen;
use crate::transport::Transport;
use crate::uri::{Host, SipUri};

/// Records of one answer that are looked at; the DNS of others decides how many there are.
const MAX_RECORDS: usize = 16;
/// Targets of one resolution; each is a transaction that may have to time out before the next.
const MAX_TARGETS: usize = 16;
/// The port of `sip:` over UDP and TCP (RFC 3261 section 19.1.2).
const PORT: u16 = 5060;

/// A place to send a request to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// How.
    pub transport: Transport,
    /// Where.
    pub addr: SocketAddr,
}

/// One URI on its way to its targets.
#[derive(Debug)]
pub struct Resolution {
    listen: Vec<Listen>,
    host: String,
    stage: Stage,
    /// Questions that were not yet taken.
    queries: VecDeque<Query>,
}

/// What is being found out. A `None` is an answer that has not come.
#[derive(Debug)]
enum Stage {
    Pointers,
    Services(Vec<(Transport, String, Option<Vec<Srv>>)>),
    Addresses(Vec<Place>),
    Targets(Vec<Target>),
}

#[derive(Debug)]
struct Place {
    transport: Transport,
    name: String,
    port: u16,
    addresses: Option<Vec<IpAddr>>,
}

impl Resolution {
    /// Begins with a URI and the sockets that we have, those of the preferred transport first. A `sips:` URI, a transport
    /// and a family of addresses that we do not have lead to no target.
    pub fn new(uri: &SipUri, listen: &[Listen]) -> Self {
        let host = uri.maddr().unwrap_or_else(|| uri.host.clone());
        let mut resolution = Self {
            listen: listen.to_vec(),
            host: name(&host.to_string()),
            stage: Stage::Targets(Vec::new()),
            queries: VecDeque::new(),
        };
        let wanted = uri.param("transport").map(|_| uri.transport());
        let has = |transport| listen.iter().any(|listen| listen.transport == transport);
        let usual =
            if has(Transport::Udp) { Some(Transport::Udp) } else { listen.first().map(|listen| listen.transport) };
        let transport = wanted.unwrap_or(usual).filter(|transport| has(*transport));
        if let Some(transport) = transport.filter(|_| !uri.secure) {
            resolution.begin(transport, wanted.is_some(), &host, uri.port);
        }
        resolution
    }

    fn begin(&mut self, transport: Transport, wanted: bool, host: &Host, port: Option<u16>) {
        if let Some(ip) = host.ip() {
            let target = Target { transport, addr: SocketAddr::new(ip, port.unwrap_or(PORT)) };
            self.stage = Stage::Targets(self.reaches(transport, ip).then_some(target).into_iter().collect());
        } else if let Some(port) = port {
            self.ask_addresses(vec![(transport, self.host.clone(), port)]);
        } else if wanted {
            self.ask_services(vec![(transport, service(transport, &self.host))]);
        } else {
            self.stage = Stage::Pointers;
            self.queries.push_back(Query::Naptr(self.host.clone()));
        }
    }

    /// The next question for the DNS. Several may be out at once.
    pub fn poll_query(&mut self) -> Option<Query> {
        self.queries.pop_front()
    }

    /// Takes the answer to a question; one that was not asked is ignored. Weighted records are drawn with `rng`.
    pub fn handle_answer(&mut self, query: &Query, answer: Answer, rng: &mut impl Rng) {
        match (&mut self.stage, query, answer) {
            (Stage::Pointers, Query::Naptr(_), answer) => self.on_pointers(answer.into_naptr()),
            (Stage::Services(services), Query::Srv(asked), answer) => {
                let mut records = answer.into_srv();
                records.truncate(MAX_RECORDS);
                if let Some((_, _, slot)) = services.iter_mut().find(|(_, name, slot)| name == asked && slot.is_none())
                {
                    *slot = Some(records);
                }
                self.on_services(rng);
            }
            (Stage::Addresses(places), Query::Address(asked), answer) => {
                let addresses = answer.into_addresses();
                for place in places.iter_mut().filter(|place| place.name == *asked && place.addresses.is_none()) {
                    let reachable = addresses.iter().filter(|ip| reaches(&self.listen, place.transport, **ip));
                    place.addresses = Some(reachable.take(MAX_RECORDS).copied().collect());
                }
                self.on_addresses();
            }
            _ => {}
        }
    }

    /// The places to try, in this order, once everything is answered; empty if the URI leads nowhere.
    pub fn targets(&self) -> Option<&[Target]> {
        match &self.stage {
            Stage::Targets(targets) => Some(targets),
            _ => None,
        }
    }

    fn reaches(&self, transport: Transport, ip: IpAddr) -> bool {
        reaches(&self.listen, transport, ip)
    }

    /// Our transports, the preferred one first.
    fn transports(&self) -> Vec<Transport> {
        let mut transports = Vec::new();
        for Listen { transport, .. } in &self.listen {
            if !transports.contains(transport) {
                transports.push(*transport);
            }
        }
        transports
    }

    /// RFC 3263 section 4.1: the services that both sides have; if none is named, each is asked for.
    fn on_pointers(&mut self, mut records: Vec<Naptr>) {
        records.truncate(MAX_RECORDS);
        records.sort_by_key(|record| (record.order, record.preference));
        let transports = self.transports();
        let usable = |record: &Naptr| {
            let transport = record.transport().filter(|transport| transports.contains(transport))?;
            Some((transport, name(&record.replacement)))
        };
        let mut services: Vec<_> = records.iter().filter_map(usable).collect();
        if services.is_empty() {
            let each = transports.iter().map(|transport| (*transport, service(*transport, &self.host)));
            services = each.collect();
        }
        self.ask_services(services);
    }

    /// RFC 3263 section 4.2: servers in their order; a host without any is asked for its own addresses.
    fn on_services(&mut self, rng: &mut impl Rng) {
        let Stage::Services(services) = &mut self.stage else { return };
        if services.iter().any(|(.., records)| records.is_none()) {
            return;
        }
        let mut places = Vec::new();
        let mut found = false;
        for (transport, _, records) in services.iter_mut() {
            let records = records.take().unwrap_or_default();
            found |= !records.is_empty();
            let servers = order::drawn(records, rng).into_iter().filter(|server| !server.is_none());
            places.extend(servers.map(|server| (*transport, name(&server.target), server.port)));
        }
        if !found {
            let own = services.iter().map(|(transport, ..)| *transport).min();
            places.extend(own.map(|transport| (transport, self.host.clone(), PORT)));
        }
        self.ask_addresses(places);
    }

    fn on_addresses(&mut self) {
        let Stage::Addresses(places) = &self.stage else { return };
        if places.iter().any(|place| place.addresses.is_none()) {
            return;
        }
        let mut targets = Vec::new();
        for place in places {
            for address in place.addresses.iter().flatten() {
                let target = Target { transport: place.transport, addr: SocketAddr::new(*address, place.port) };
                if !targets.contains(&target) && targets.len() < MAX_TARGETS {
                    targets.push(target);
                }
            }
        }
        self.stage = Stage::Targets(targets);
    }

    fn ask_services(&mut self, services: Vec<(Transport, String)>) {
        self.queries.extend(services.iter().map(|(_, name)| Query::Srv(name.clone())));
        self.stage = Stage::Services(services.into_iter().map(|(transport, name)| (transport, name, None)).collect());
    }

    fn ask_addresses(&mut self, mut places: Vec<(Transport, String, u16)>) {
        places.truncate(MAX_TARGETS);
        for (_, name, _) in &places {
            let query = Query::Address(name.clone());
            if !self.queries.contains(&query) {
                self.queries.push_back(query);
            }
        }
        let place = |(transport, name, port)| Place { transport, name, port, addresses: None };
        self.stage = Stage::Addresses(places.into_iter().map(place).collect());
        self.on_addresses();
    }
}

/// Whether one of these sockets reaches that address.
fn reaches(listen: &[Listen], transport: Transport, ip: IpAddr) -> bool {
    listen.iter().any(|listen| listen.transport == transport && listen.addr.is_ipv4() == ip.is_ipv4())
}

/// A domain name as it is asked for: lower case, no dot at the end.
fn name(text: &str) -> String {
    text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase()
}

/// The name of a transport's servers (RFC 3263 section 4.1).
fn service(transport: Transport, host: &str) -> String {
    match transport {
        Transport::Udp => format!("_sip._udp.{host}"),
        Transport::Tcp => format!("_sip._tcp.{host}"),
    }
}

#[cfg(test)]
mod tests;
