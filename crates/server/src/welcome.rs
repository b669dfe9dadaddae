//! The link by which an administrator comes in who has no password yet: `passthru console link` prints one, and so does the first
//! start of a server that others can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Result, anyhow};
use model::Tenant;
use store::{CLI, SERVER, Welcomes};

use crate::config::Config;
use crate::{clock, serve};

/// Makes a link to the console of an API that listens there.
pub fn link(config: &Config, http: SocketAddr) -> Result<String> {
    make((config, CLI), http, &open(config)?)
}

/// The link of a first start: if people must sign in, and nobody can.
pub fn first(config: &Config, http: SocketAddr) -> Result<Option<String>> {
    if http.ip().is_loopback() {
        return Ok(None);
    }
    let welcomes = open(config)?;
    if welcomes.has_people(&Tenant::default())? { Ok(None) } else { make((config, SERVER), http, &welcomes).map(Some) }
}

fn open(config: &Config) -> Result<Welcomes> {
    Ok(Welcomes::open(&serve::database(config))?)
}

/// What follows the `#` is not sent to anybody, so no log has it.
fn make((config, author): (&Config, &str), http: SocketAddr, welcomes: &Welcomes) -> Result<String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| anyhow!("the system gives no randomness: {error}"))?;
    let token = welcomes.create((&Tenant::default(), author), random, clock::now().wall)?;
    Ok(format!("{}/console/welcome#{token}", address(config, http)))
}

/// Where the console is, as far as the configuration says: a port of every address is shown as this machine's.
fn address(config: &Config, http: SocketAddr) -> String {
    let base = config.recording.base_url.trim_end_matches('/');
    if !base.is_empty() {
        return base.to_owned();
    }
    let ip = match http.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if config.http.tls_cert.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", SocketAddr::new(ip, http.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_console_is() {
        let rows = [
            ("", false, "192.0.2.1:8080", "http://192.0.2.1:8080"),
            ("", true, "0.0.0.0:443", "https://127.0.0.1:443"),
            ("", false, "[::]:8080", "http://[::1]:8080"),
            ("https://voice.example/", false, "127.0.0.1:8080", "https://voice.example"),
        ];
        for (base, tls, http, expected) in rows {
            let mut config = Config::default();
            base.clone_into(&mut config.recording.base_url);
            config.http.tls_cert = tls.then(|| "cert.pem".into());
            assert_eq!(address(&config, http.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_first_start_has_a_link_where_others_reach_the_server_and_nobody_can_sign_in() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        assert_eq!(first(&config, "127.0.0.1:8080".parse().unwrap()).unwrap(), None);
        let link = first(&config, "192.0.2.1:8080".parse().unwrap()).unwrap().expect("others reach it");
        let token = link.strip_prefix("http://192.0.2.1:8080/console/welcome#").expect("of that form");
        assert_eq!(token.len(), 64, "{token}");
        let (store, _) = store::Store::open(&serve::database(&config), "here").unwrap();
        let (done, came) = std::sync::mpsc::sync_channel(1);
        let (name, password) = ("asha".to_owned(), "hash".to_owned());
        let change = store::PeopleChange::Welcome { token: token.to_owned(), name, password };
        let on_done = move |changed| done.send(changed).unwrap();
        store.writer().change_people((Tenant::default(), change), on_done, clock::now().wall).unwrap();
        assert_eq!(came.recv().unwrap(), Ok(store::Changed::Done));
        assert_eq!(first(&config, "192.0.2.1:8080".parse().unwrap()).unwrap(), None, "somebody can");
    }
}
