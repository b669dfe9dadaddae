//! Who may speak to us.

use core::net::IpAddr;
use core::str::FromStr;

/// A range of addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    addr: IpAddr,
    length: u8,
}

/// The text is not an address with an optional length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a prefix such as 192.0.2.0/24")]
pub struct PrefixError;

impl Prefix {
    /// The addresses that share the first `length` bits with `addr`.
    ///
    /// # Errors
    /// More bits than the address has.
    pub fn new(addr: IpAddr, length: u8) -> Result<Self, PrefixError> {
        let bits = if addr.is_ipv4() { 32 } else { 128 };
        if length <= bits { Ok(Self { addr, length }) } else { Err(PrefixError) }
    }

    /// Whether the address is one of them. An IPv4 address mapped into IPv6 counts as the IPv4 address.
    pub fn contains(&self, addr: IpAddr) -> bool {
        match (self.addr, addr.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(addr)) => {
                let differs = u32::from(own) ^ u32::from(addr);
                differs.leading_zeros() >= u32::from(self.length)
            }
            (IpAddr::V6(own), IpAddr::V6(addr)) => {
                let differs = u128::from(own) ^ u128::from(addr);
                differs.leading_zeros() >= u32::from(self.length)
            }
            _ => false,
        }
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (addr, length) = match text.split_once('/') {
            Some((addr, length)) => (addr, Some(length)),
            None => (text, None),
        };
        let addr: IpAddr = addr.parse().map_err(|_| PrefixError)?;
        let whole = if addr.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(whole), |length| length.parse().map_err(|_| PrefixError))?;
        Self::new(addr, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_prefix_holds() {
        let cases = [
            ("127.0.0.0/8", "127.9.9.9", true),
            ("127.0.0.0/8", "128.0.0.1", false),
            ("127.0.0.0/8", "::ffff:127.0.0.1", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
            ("::/0", "2001:db8::1", true),
        ];
        for (prefix, addr, inside) in cases {
            let prefix: Prefix = prefix.parse().expect("a prefix");
            assert_eq!(prefix.contains(addr.parse().expect("an address")), inside, "{prefix:?} {addr}");
        }
        for broken in ["", "a", "192.0.2.0/33", "192.0.2.0/", "192.0.2/24", "::/129", "/8"] {
            assert_eq!(broken.parse::<Prefix>(), Err(PrefixError), "{broken}");
        }
    }
}
