//! What of the configuration hardly is as it was meant, though the server runs with it: each with the line to change.

use std::net::IpAddr;

use api::{Advice, Weight};
use url::Host;

use crate::config::Config;

/// The passwords that examples have.
const EXAMPLES: [&str; 2] = ["change-me", "s3cret"];

/// What is to be said of it, by its settings alone.
pub(crate) fn of(config: &Config) -> Vec<Advice> {
    [public_address(config), trunks(config), tls(config), secrets(config)]
        .into_iter()
        .flatten()
        .chain(passwords(config))
        .collect()
}

/// A warning of the publisher: `about: text`.
pub(crate) fn of_flows(warning: &str) -> Advice {
    let (about, text) = warning.split_once(": ").unwrap_or(("flows", warning));
    Advice { weight: Weight::Fault, about: about.into(), text: text.into(), line: None }
}

/// Peers far away are told to send audio to an address that only this network knows: one hears nothing.
fn public_address(config: &Config) -> Option<Advice> {
    let far = config.trunks.iter().find(|trunk| is_far(&trunk.host))?;
    let told = config.sip.public_address.or_else(|| Some(config.sip.listen.first()?.address.ip()))?;
    is_private(told).then(|| Advice {
        weight: Weight::Fault,
        about: "sip.public_address".into(),
        text: format!(
            "The trunk `{}` is told to send its audio to {told}, which only this network can reach: callers will hear \
             nothing. Write this server's public address under [sip], and restart.",
            far.name
        ),
        line: Some("public_address = \"203.0.113.7\"".into()),
    })
}

/// Whether a trunk's host is out on the internet, as far as its name shows.
fn is_far(host: &str) -> bool {
    let host = host.split(';').next().unwrap_or(host);
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    match Host::parse(name.map_or(host, |(name, _)| name)) {
        Ok(Host::Domain(name)) => {
            name.contains('.') && ![".local", ".internal", ".lan"].iter().any(|end| name.ends_with(end))
        }
        Ok(Host::Ipv4(ip)) => !is_private(ip.into()),
        Ok(Host::Ipv6(ip)) => !is_private(ip.into()),
        Err(_) => false,
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unspecified(),
    }
}

fn trunks(config: &Config) -> Option<Advice> {
    config.trunks.is_empty().then(|| Advice {
        weight: Weight::Hint,
        about: "trunk".into(),
        text:
            "There is no trunk: flows ring users and SIP addresses, but no telephone numbers. Write a [[trunk]] with \
               name, host and numbers, and restart."
                .into(),
        line: None,
    })
}

fn tls(config: &Config) -> Option<Advice> {
    let open = !config.http.listen.ip().is_loopback() && config.http.tls_cert.is_none();
    open.then(|| Advice {
        weight: Weight::Warning,
        about: "http.tls_cert".into(),
        text: format!(
            "The API and this console are reached at {} without TLS: keys, tokens and callers' numbers can be read on the \
             way. Write tls_cert and tls_key under [http], or put a proxy that speaks TLS before it.",
            config.http.listen
        ),
        line: Some("tls_cert = \"cert.pem\"".into()),
    })
}

fn secrets(config: &Config) -> Option<Advice> {
    config.callout.secrets.is_empty().then(|| Advice {
        weight: Weight::Hint,
        about: "callout.secrets".into(),
        text: "Requests are not signed: an application cannot tell them from anybody else's. Write a secret under [callout] \
               (`whsec_` and 32 random bytes in Base64), and verify as docs/verify shows."
            .into(),
        line: Some("secrets = [\"whsec_…\"]".into()),
    })
}

fn passwords(config: &Config) -> impl Iterator<Item = Advice> {
    let users = config.users.iter().map(|user| ("user", &user.name, Some(&user.password)));
    let trunks = config.trunks.iter().map(|trunk| ("trunk", &trunk.name, trunk.password.as_ref()));
    let guessed = |password: &String| EXAMPLES.contains(&password.as_str());
    users.chain(trunks).filter(move |(_, _, password)| password.is_some_and(guessed)).map(|(what, name, _)| Advice {
        weight: Weight::Warning,
        about: format!("{what}.password"),
        text: format!("The password of {what} `{name}` is the one in the examples: whoever reads them can use it. Write another, and restart."),
        line: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_setting_that_is_hardly_meant_is_told_with_its_line() {
        let signed = "[callout]\nsecrets = [\"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]\n";
        let trunk = |host: &str| format!("[[trunk]]\nname = \"carrier\"\nhost = \"{host}\"\n");
        let rows: [(String, &[&str]); 8] = [
            (String::new(), &["trunk", "callout.secrets"]),
            (signed.into(), &["trunk"]),
            (format!("{signed}{}", trunk("sip.carrier.example")), &["sip.public_address"]),
            (format!("{signed}{}", trunk("sip.carrier.example:5080;transport=tcp")), &["sip.public_address"]),
            (format!("{signed}{}", trunk("10.0.0.9")), &[]),
            (format!("{signed}[sip]\npublic_address = \"198.51.100.4\"\n{}", trunk("sip.carrier.example")), &[]),
            (format!("{signed}[http]\nlisten = \"0.0.0.0:8080\"\n{}", trunk("pbx.local")), &["http.tls_cert"]),
            (
                format!("{signed}{}[[user]]\nname = \"a\"\npassword = \"change-me\"\n", trunk("10.0.0.9")),
                &["user.password"],
            ),
        ];
        for (text, expected) in rows {
            let about: Vec<String> = of(&config(&text)).into_iter().map(|advice| advice.about).collect();
            assert_eq!(about, expected, "{text}");
        }
    }

    #[test]
    fn what_the_publisher_warns_of_is_about_its_setting() {
        let advice = of_flows("number.flow: +91 starts the flow `x`: which is not there");
        assert_eq!((&*advice.about, &*advice.text), ("number.flow", "+91 starts the flow `x`: which is not there"));
    }
}
