//! The DNS of calls that go out (RFC 3263): NAPTR, SRV and addresses.

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};
use sip::{Answer, Naptr, Query, Srv};

/// Asks the name servers of this machine.
#[derive(Clone)]
pub(crate) struct Names(Option<TokioResolver>);

impl Names {
    /// Reads the system's configuration. Without one only numeric addresses can be called.
    pub(crate) fn new() -> Self {
        let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
        Self(resolver.inspect_err(|error| tracing::warn!(%error, "names of SIP hosts cannot be looked up")).ok())
    }

    /// The records that a question asks for; none if there are none or nobody says.
    pub(crate) async fn ask(&self, query: &Query) -> Answer {
        let Some(resolver) = &self.0 else { return Answer::None };
        match query {
            Query::Address(name) => match resolver.lookup_ip(name.as_str()).await {
                Ok(found) => Answer::Addresses(found.iter().collect()),
                Err(error) => nothing(query, &error),
            },
            Query::Srv(name) => match resolver.lookup(name.as_str(), RecordType::SRV).await {
                Ok(found) => Answer::Srv(found.answers().iter().filter_map(|record| srv(&record.data)).collect()),
                Err(error) => nothing(query, &error),
            },
            Query::Naptr(name) => match resolver.lookup(name.as_str(), RecordType::NAPTR).await {
                Ok(found) => Answer::Naptr(found.answers().iter().filter_map(|record| naptr(&record.data)).collect()),
                Err(error) => nothing(query, &error),
            },
        }
    }
}

fn nothing(query: &Query, error: &dyn std::fmt::Display) -> Answer {
    tracing::debug!(?query, %error, "the DNS has no answer");
    Answer::None
}

fn srv(data: &RData) -> Option<Srv> {
    let RData::SRV(srv) = data else { return None };
    let target = srv.target.to_string();
    Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target })
}

fn naptr(data: &RData) -> Option<Naptr> {
    let RData::NAPTR(naptr) = data else { return None };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Naptr {
        order: naptr.order,
        preference: naptr.preference,
        flags: text(&naptr.flags),
        service: text(&naptr.services),
        replacement: naptr.replacement.to_string(),
    })
}
