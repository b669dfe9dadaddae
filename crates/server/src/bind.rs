//! An address that cannot be listened on: which setting, why, and what to do, in one line.

use std::fmt::Display;
use std::io;

/// The same error with the setting and the next step in its words.
pub(crate) fn refused(setting: &str, address: impl Display, error: &io::Error) -> io::Error {
    let step = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has it, another passthru perhaps: end that one, or set another port"
        }
        io::ErrorKind::AddrNotAvailable => "set an address that this machine has",
        io::ErrorKind::PermissionDenied => "set a port from 1024 up, or let this user bind it",
        _ => "set another address",
    };
    io::Error::new(error.kind(), format!("{setting} {address}: {error}; {step}"))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::refused;

    #[test]
    fn a_taken_port_is_named_with_its_setting_and_the_next_step() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let error = TcpListener::bind(address).expect_err("it is taken");
        let words = refused("http.listen", address, &error).to_string();
        assert!(words.starts_with(&format!("http.listen {address}: ")) && words.contains("end that one"), "{words}");
    }
}
