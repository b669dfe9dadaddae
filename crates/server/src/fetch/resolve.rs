//! From a host's name to its addresses. Names are looked up without a thread each, so that a dead name server can hold
//! only those who ask it.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;

/// The addresses of a name, or why there are none.
pub type Addresses = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, String>> + Send>>;

/// Finds the addresses of a name.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// All addresses of `name`, of both families.
    fn resolve(&self, name: &str) -> Addresses;
}

/// Asks the name servers of `/etc/resolv.conf`, after `/etc/hosts`; answers are kept as long as they say.
#[derive(Clone, Debug)]
pub struct SystemResolver(Result<TokioResolver, String>);

impl SystemResolver {
    /// Reads the system's configuration. A machine without one can still reach addresses, so that is told when a name
    /// is asked for.
    pub fn new() -> Self {
        let built = TokioResolver::builder_tokio().and_then(|mut builder| {
            builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
            builder.build()
        });
        Self(built.map_err(|error| format!("this machine's resolver settings cannot be read: {error}")))
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self::new()
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> Addresses {
        let resolver = self.0.clone();
        let name = name.to_owned();
        Box::pin(async move {
            match resolver?.lookup_ip(name.as_str()).await {
                Ok(found) => Ok(found.iter().collect()),
                Err(error) if error.is_nx_domain() => Err(format!("{name} does not exist")),
                Err(error) if error.is_no_records_found() => Err(format!("{name} has no address")),
                Err(error) => Err(format!("{name}: {error}")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_knows_localhost() {
        let ips = SystemResolver::new().resolve("localhost").await.unwrap();
        assert!(!ips.is_empty() && ips.iter().all(IpAddr::is_loopback), "{ips:?}");
    }
}
