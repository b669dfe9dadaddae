//! The address guard: which addresses a callout may reach. Judgement only; who resolves and connects stands elsewhere.
//!
//! Denied is what IANA's special-purpose registries (RFC 6890) do not call globally reachable, what carries an IPv4
//! address inside it, and what must never be asked: the metadata services of cloud platforms and our own listeners.
//! `[callout] allow` opens the first two kinds, never the third: a network, or what a name leads to. An inner IPv4 address is judged
//! like one that stands alone, even when the outer address is allowed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::allowed::Allowed;

/// Which addresses a callout may reach.
#[derive(Clone, Debug)]
pub struct Guard {
    allow: Vec<Allowed>,
    own: Vec<SocketAddr>,
}

/// Why an address may not be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    address: SocketAddr,
    why: &'static str,
    /// The IPv4 address inside `address` that the judgement is about.
    inner: Option<Ipv4Addr>,
    /// Whether `[callout] allow` can open it.
    openable: bool,
}

impl Guard {
    /// A guard that opens what `allow` says and keeps callouts away from our `own` listeners.
    pub fn new(allow: Vec<Allowed>, own: Vec<SocketAddr>) -> Self {
        Self { allow, own }
    }

    /// Judges an address before it is connected to, and the `name` that led to it if there is one.
    pub fn judge(&self, address: SocketAddr, name: Option<&str>) -> Result<(), Refusal> {
        let refuse = |why, openable| Err(Refusal { address, why, inner: None, openable });
        if self.is_own_listener(address, |ip| ip.is_loopback()) {
            return refuse(OWN_LISTENER, false);
        }
        self.judge_ip(address.ip(), name).map_err(|(why, inner, openable)| Refusal {
            address,
            why,
            inner,
            openable,
        })?;
        if !self.allows(address.ip(), name) && !is_usual_port(address.port()) {
            return refuse("at a port that web servers do not use", true);
        }
        Ok(())
    }

    /// Judges a connection that stands, before a byte is sent: its `peer` again, and whether it leads back to us.
    /// A connection from an address to itself (`local`) stays on this machine.
    pub fn judge_peer(&self, peer: SocketAddr, local: SocketAddr, name: Option<&str>) -> Result<(), Refusal> {
        if self.is_own_listener(peer, |ip| ip == local.ip().to_canonical()) {
            return Err(Refusal { address: peer, why: OWN_LISTENER, inner: None, openable: false });
        }
        self.judge(peer, name)
    }

    /// Whether `address` is one of our listeners; one that listens everywhere is met at each address that `is_ours`.
    fn is_own_listener(&self, address: SocketAddr, is_ours: impl Fn(IpAddr) -> bool) -> bool {
        let ip = address.ip().to_canonical();
        self.own.iter().any(|own| {
            let at = own.ip().to_canonical();
            own.port() == address.port() && (at == ip || (at.is_unspecified() && is_ours(ip)))
        })
    }

    fn judge_ip(&self, ip: IpAddr, name: Option<&str>) -> Result<(), (&'static str, Option<Ipv4Addr>, bool)> {
        if let Some(why) = listed(NEVER, ip) {
            return Err((why, None, false));
        }
        if let Some(why) = listed(SPECIAL, ip)
            && !self.allows(ip, name)
        {
            return Err((why, None, true));
        }
        for inner in embedded(ip) {
            self.judge_ip(inner.into(), name).map_err(|(why, _, openable)| (why, Some(inner), openable))?;
        }
        Ok(())
    }

    fn allows(&self, ip: IpAddr, name: Option<&str>) -> bool {
        self.allow.iter().any(|allowed| match allowed {
            Allowed::Network(network) => network.contains(&ip),
            Allowed::Name(open) => name == Some(open),
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.address)?;
        if let Some(inner) = self.inner {
            write!(f, "carries {inner}, which ")?;
        }
        write!(f, "is {}; ", self.why)?;
        if self.openable {
            write!(
                f,
                "if that is meant, add {} to `[callout] allow`",
                IpNet::from(self.inner.map_or_else(|| self.address.ip(), IpAddr::V4))
            )
        } else {
            f.write_str("`[callout] allow` cannot open it")
        }
    }
}

/// The IPv4 addresses that `ip` leads to inside.
fn embedded(ip: IpAddr) -> Vec<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return Vec::new() };
    let bits = u128::from(ip);
    let at = |shift: u32| Ipv4Addr::from((bits >> shift) as u32);
    let within = |net: Ipv6Net| net.contains(&ip);
    if within(TEREDO) {
        // RFC 4380 section 4: the server's address, and the client's with its bits turned.
        vec![at(64), Ipv4Addr::from(!(bits as u32))]
    } else if within(SIX_TO_FOUR) {
        vec![at(80)] // RFC 3056 section 2
    } else if !ip.is_loopback() && [MAPPED, COMPATIBLE, TRANSLATED, NAT64].into_iter().any(within) {
        vec![at(0)]
    } else {
        Vec::new()
    }
}

fn listed(list: &[(IpNet, &'static str)], ip: IpAddr) -> Option<&'static str> {
    list.iter().find(|(net, _)| net.contains(&ip)).map(|(_, why)| *why)
}

/// The ports of the web and of what users run, less those that other protocols listen at (Fetch standard, "port
/// blocking"; beside them stores that take commands from whoever connects).
fn is_usual_port(port: u16) -> bool {
    matches!(port, 80 | 443 | 1024..) && !OTHER_PROTOCOLS.contains(&port)
}

const OTHER_PROTOCOLS: [u16; 24] = [
    1719, 1720, 1723, 2049, 2375, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    6697, 9042, 10080, 11211, 27017,
];

const OWN_LISTENER: &str = "one of this server's own listeners";
const METADATA: &str = "a metadata address of a cloud platform";
const CARRIER: &str = "an address that carries an IPv4 address";

const TEREDO: Ipv6Net = v6(0x2001, 0, 0, 32);
const SIX_TO_FOUR: Ipv6Net = v6(0x2002, 0, 0, 16);
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96); // RFC 6052
const MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96); // RFC 4291 section 2.5.5.2
const TRANSLATED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96); // RFC 2765 section 2.1
const COMPATIBLE: Ipv6Net = v6(0, 0, 0, 96); // RFC 4291 section 2.5.5.1

/// What no setting opens. NAT64's local prefix is here because only the network's owner knows where in it the IPv4
/// address stands (RFC 8215).
const NEVER: &[(IpNet, &str)] = &[
    (IpNet::V4(v4(0, 0, 0, 0, 32)), "the unspecified address"),
    (IpNet::V4(v4(169, 254, 0, 0, 16)), METADATA),
    (IpNet::V4(v4(100, 100, 100, 200, 32)), METADATA),
    (IpNet::V4(v4(192, 0, 0, 192, 32)), METADATA),
    (IpNet::V4(v4(168, 63, 129, 16, 32)), METADATA),
    (IpNet::V6(v6(0, 0, 0, 128)), "the unspecified address"),
    (IpNet::V6(v6(0xfd00, 0xec2, 0, 32)), METADATA),
    (IpNet::V6(host(0xfd20, 0xce, 0, [0, 0x254])), METADATA),
    (IpNet::V6(host(0xfd00, 0x42, 0, [0, 0x42])), METADATA),
    (IpNet::V6(host(0xfd00, 0xc1, 0, [0xa9fe, 0xa9fe])), METADATA),
    (IpNet::V6(host(0xfd00, 0xa9fe, 0xa9fe, [0, 1])), METADATA),
    (IpNet::V6(host(0xfd00, 0x100, 0, [0x100, 0x200])), METADATA),
    (IpNet::V6(host(0xfe80, 0, 0, [0xa9fe, 0xa9fe])), METADATA),
    (IpNet::V6(v6(0x64, 0xff9b, 1, 48)), "behind a private NAT64"),
];

/// What is not the public internet, by IANA's registries; the first match names it.
const SPECIAL: &[(IpNet, &str)] = &[
    (IpNet::V4(v4(0, 0, 0, 0, 8)), "in \"this network\""),
    (IpNet::V4(v4(10, 0, 0, 0, 8)), "a private address"),
    (IpNet::V4(v4(100, 64, 0, 0, 10)), "a carrier's shared address"),
    (IpNet::V4(v4(127, 0, 0, 0, 8)), "a loopback address"),
    (IpNet::V4(v4(172, 16, 0, 0, 12)), "a private address"),
    (IpNet::V4(v4(192, 0, 0, 0, 24)), "a protocol's reserved address"),
    (IpNet::V4(v4(192, 0, 2, 0, 24)), "an address for documentation"),
    (IpNet::V4(v4(192, 31, 196, 0, 24)), "an AS112 address"),
    (IpNet::V4(v4(192, 52, 193, 0, 24)), "an AMT address"),
    (IpNet::V4(v4(192, 88, 99, 0, 24)), "a 6to4 relay address"),
    (IpNet::V4(v4(192, 168, 0, 0, 16)), "a private address"),
    (IpNet::V4(v4(192, 175, 48, 0, 24)), "an AS112 address"),
    (IpNet::V4(v4(198, 18, 0, 0, 15)), "an address for benchmarks"),
    (IpNet::V4(v4(198, 51, 100, 0, 24)), "an address for documentation"),
    (IpNet::V4(v4(203, 0, 113, 0, 24)), "an address for documentation"),
    (IpNet::V4(v4(224, 0, 0, 0, 4)), "a multicast address"),
    (IpNet::V4(v4(255, 255, 255, 255, 32)), "the broadcast address"),
    (IpNet::V4(v4(240, 0, 0, 0, 4)), "a reserved address"),
    (IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)), "a loopback address"),
    (IpNet::V6(MAPPED), CARRIER),
    (IpNet::V6(TRANSLATED), CARRIER),
    (IpNet::V6(COMPATIBLE), CARRIER),
    (IpNet::V6(NAT64), CARRIER),
    (IpNet::V6(TEREDO), CARRIER),
    (IpNet::V6(SIX_TO_FOUR), CARRIER),
    (IpNet::V6(v6(0x100, 0, 0, 64)), "an address whose packets are dropped"),
    (IpNet::V6(v6(0xfc00, 0, 0, 7)), "a private address"),
    (IpNet::V6(v6(0xfe80, 0, 0, 10)), "a link-local address"),
    (IpNet::V6(v6(0xfec0, 0, 0, 10)), "a site-local address"),
    (IpNet::V6(v6(0xff00, 0, 0, 8)), "a multicast address"),
    (IpNet::V6(v6(0x2001, 0xdb8, 0, 32)), "an address for documentation"),
    (IpNet::V6(v6(0x3fff, 0, 0, 20)), "an address for documentation"),
    (IpNet::V6(v6(0x2001, 0, 0, 23)), "a protocol's reserved address"),
    (IpNet::V6(v6(0x2620, 0x4f, 0x8000, 48)), "an AS112 address"),
    (IpNet::V6(v6(0x3ffe, 0, 0, 16)), "a 6bone address"),
    (IpNet::V6(v6(0x5f00, 0, 0, 16)), "a segment routing address"),
    // Global unicast is 2000::/3; the rest of the space is nobody's yet.
    (IpNet::V6(v6(0, 0, 0, 3)), "a reserved address"),
    (IpNet::V6(v6(0x4000, 0, 0, 2)), "a reserved address"),
    (IpNet::V6(v6(0x8000, 0, 0, 1)), "a reserved address"),
];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

const fn host(a: u16, b: u16, c: u16, [g, h]: [u16; 2]) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, g, h), 128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(guard: &Guard, address: &str) -> Result<(), String> {
        guard.judge(address.parse().unwrap(), None).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_refusal_names_the_address_and_the_setting() {
        let guard = Guard::new(vec!["64:ff9b::/96".parse().unwrap()], Vec::new());
        let rows = [
            ("10.1.2.3:80", "10.1.2.3:80 is a private address; if that is meant, add 10.1.2.3/32 to `[callout] allow`"),
            (
                "[fe80::1]:443",
                "[fe80::1]:443 is a link-local address; if that is meant, add fe80::1/128 to `[callout] allow`",
            ),
            (
                "[64:ff9b::a01:203]:80",
                "[64:ff9b::a01:203]:80 carries 10.1.2.3, which is a private address; if that is meant, add 10.1.2.3/32 to `[callout] allow`",
            ),
            (
                "169.254.169.254:80",
                "169.254.169.254:80 is a metadata address of a cloud platform; `[callout] allow` cannot open it",
            ),
            (
                "8.8.8.8:22",
                "8.8.8.8:22 is at a port that web servers do not use; if that is meant, add 8.8.8.8/32 to `[callout] allow`",
            ),
        ];
        for (address, text) in rows {
            assert_eq!(verdict(&guard, address), Err(text.to_owned()));
        }
    }

    #[test]
    fn allow_opens_what_it_names_and_never_metadata() {
        let guard = Guard::new(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()], Vec::new());
        for open in ["127.0.0.1:80", "10.0.0.1:22", "[::1]:80", "[fe80::1]:80", "[::ffff:10.0.0.1]:80"] {
            assert_eq!(verdict(&guard, open), Ok(()), "{open}");
        }
        for closed in [
            "169.254.169.254:80",
            "[::ffff:169.254.169.254]:80",
            "[64:ff9b::a9fe:a9fe]:80",
            "[2002:a9fe:a9fe::1]:80",
            "[2001:0:808:808:0:0:5601:5601]:80", // Teredo client 169.254.169.254
            "[2001:0:a9fe:a9fe::f7f7:f7f7]:80",  // Teredo server 169.254.169.254
            "100.100.100.200:80",
            "192.0.0.192:80",
            "168.63.129.16:80",
            "[fd00:ec2::254]:80",
            "[64:ff9b:1::808:808]:80",
            "0.0.0.0:80",
            "[::]:80",
        ] {
            assert!(verdict(&guard, closed).is_err_and(|text| text.contains("cannot open")), "{closed}");
        }
        let loopback = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], Vec::new());
        assert!(verdict(&loopback, "[::ffff:127.0.0.1]:80").is_err(), "what carries it is a net of its own");
        assert!(verdict(&loopback, "[::1]:80").is_err());
        let loopback = Guard::new(vec!["::1/128".parse().unwrap()], Vec::new());
        assert_eq!(verdict(&loopback, "[::1]:80"), Ok(()));
    }

    #[test]
    fn own_listeners_stay_closed() {
        let own =
            vec!["127.0.0.1:8080".parse().unwrap(), "0.0.0.0:5060".parse().unwrap(), "[::]:9090".parse().unwrap()];
        let guard = Guard::new(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()], own);
        for closed in ["127.0.0.1:8080", "[::ffff:127.0.0.1]:8080", "127.9.9.9:5060", "[::1]:9090", "127.0.0.1:9090"] {
            assert!(verdict(&guard, closed).is_err_and(|text| text.contains("own listeners")), "{closed}");
        }
        for open in ["127.0.0.2:8080", "127.0.0.1:8081", "192.168.1.5:5060"] {
            assert_eq!(verdict(&guard, open), Ok(()), "{open}");
        }
        let peer = "192.168.1.5:5060".parse().unwrap();
        assert!(
            guard.judge_peer(peer, "192.168.1.5:40000".parse().unwrap(), None).is_err(),
            "our own address from outside"
        );
        assert!(guard.judge_peer(peer, "192.168.1.6:40000".parse().unwrap(), None).is_ok());
    }
}
