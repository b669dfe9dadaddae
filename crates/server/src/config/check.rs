//! What no single setting can show to be wrong.

use core::net::IpAddr;
use std::collections::BTreeMap;

use exotel::number::CountryCode;
use exotel::time;
use switch::Numbering as _;

use super::{Config, Streams};
use crate::numbering::Account;

/// The first thing that cannot be: the setting, and what to do.
pub(super) fn check(config: &Config, trusted_is_written: bool) -> Result<(), String> {
    listening(config, trusted_is_written)?;
    for trunk in &config.trunks {
        trunk.peer()?;
    }
    config.dial.check()?;
    config.switch_groups()?;
    config.callout.marking().map_err(|why| format!("callout.secrets: {why}"))?;
    config.recording.check()?;
    secure(config)?;
    config.sms.check()?;
    if config.stream.limit > Streams::MOST {
        return Err(format!(
            "stream.limit: {} is more than {}, the most there may be",
            config.stream.limit,
            Streams::MOST
        ));
    }
    config.smtp.mailer()?;
    if time::zone(&config.time_zone).is_none() {
        return Err(format!("time_zone: `{}` is no zone; one such as Asia/Kolkata", config.time_zone));
    }
    if CountryCode::new(&config.country_code).is_none() {
        let code = &config.country_code;
        return Err(format!("country_code: `{code}` is no calling code; one to three digits, such as 91"));
    }
    match (&config.http.tls_cert, &config.http.tls_key) {
        (Some(_), None) => return Err("http.tls_cert is set: set http.tls_key too, the file of its private key".into()),
        (None, Some(_)) => return Err("http.tls_key is set: set http.tls_cert too, the file of its certificate".into()),
        _ => {}
    }
    unique(config)
}

/// Where nothing goes by plain http, no setting may ask for it.
fn secure(config: &Config) -> Result<(), String> {
    let ready = Some(config.recording.ready_url.as_str()).filter(|url| !url.is_empty());
    let settings = [("recording.ready_url", ready), ("sms.url", config.sms.url.as_deref())];
    match settings.into_iter().find(|(_, url)| url.is_some_and(|url| !config.callout.takes(url))) {
        Some((name, _)) => Err(format!(
            "{name} is no https URL, and callout.https_only is set: write https://, or set callout.https_only to false"
        )),
        None => Ok(()),
    }
}

fn listening(config: &Config, trusted_is_written: bool) -> Result<(), String> {
    let sip = &config.sip;
    if sip.listen.is_empty() {
        return Err("sip.listen: at least one address, such as \"udp:127.0.0.1:5060\"".into());
    }
    let abroad = sip.listen.iter().find(|listen| !listen.address.ip().is_loopback());
    if let (Some(listen), false) = (abroad, trusted_is_written) {
        return Err(format!(
            "sip.listen is {listen}, which others can reach: write out sip.trusted, who may call without credentials \
             (an empty list is nobody)"
        ));
    }
    let known = |ip: IpAddr| sip.public_address.is_some_and(|public| public.is_ipv4() == ip.is_ipv4());
    let mut places = sip.listen.iter();
    if let Some(listen) = places.find(|listen| listen.address.ip().is_unspecified() && !known(listen.address.ip())) {
        let family = if listen.address.is_ipv4() { "IPv4" } else { "IPv6" };
        return Err(format!(
            "sip.listen is {listen}: set sip.public_address, the {family} address that peers can send to, or listen on it"
        ));
    }
    Ok(())
}

/// A number, a user, a group and a trunk are each written once.
fn unique(config: &Config) -> Result<(), String> {
    let account = Account::new(config);
    let mut numbers = BTreeMap::new();
    for number in config.numbers.iter().map(|number| &number.number) {
        if let Some(other) = numbers.insert(account.normalise(number), number) {
            return Err(format!("number: `{number}` and `{other}` are one number; take one of them out"));
        }
    }
    let mut names: Vec<&str> = config.users.iter().map(|user| user.name.as_str()).collect();
    if let Some(name) = twice(&mut names) {
        return Err(format!("user.name: `{name}` is there twice; give one of them another, or take it out"));
    }
    let mut names: Vec<&str> = config.groups.iter().map(|group| group.name.as_str()).collect();
    if let Some(name) = twice(&mut names) {
        return Err(format!("group.name: `{name}` is there twice; give one of them another, or take it out"));
    }
    let mut names: Vec<&str> = config.trunks.iter().map(|trunk| trunk.name.as_str()).collect();
    if let Some(name) = twice(&mut names) {
        return Err(format!("trunk.name: `{name}` is there twice; give one of them another, or take it out"));
    }
    Ok(())
}

fn twice<'a>(names: &mut [&'a str]) -> Option<&'a str> {
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}
