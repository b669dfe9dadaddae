//! The configuration as it is shown: TOML, each setting with a word of what it is for. `docs/configuration.md` holds it too.

use super::Config;

/// What is said above a setting.
const NOTES: &[(&str, &str)] = &[
    ("data", "The folder of everything that the server keeps: the database, rendered prompts, recordings."),
    ("flows", "The folder of flow documents."),
    ("account_sid", "The account's name, as it stands in the paths of the v1 API."),
    (
        "tenant_id",
        "The account's number, `tenant_id` in a Passthru. A flow's number, `flow_id`, is the `id` of its document.",
    ),
    ("time_zone", "The zone that times of a Passthru are written in."),
    ("number_format", "How numbers are written in a Passthru: national0 (08044444444) or e164 (+918044444444)."),
    ("country_code", "The calling code of the home country, without `+`."),
    (
        "http.listen",
        "Where both APIs listen. On loopback nobody need sign in to the console, until there are people (docs/sign-in.md); elsewhere everybody does.",
    ),
    ("http.rate_limit", "Requests of the v1 API that are served a minute; one more is answered with 429."),
    ("http.tls_cert", "A PEM file with the API's certificate and those up to its authority: it speaks TLS only then."),
    ("http.tls_key", "A PEM file with that certificate's private key."),
    ("http", "To speak TLS add tls_cert and tls_key, two PEM files: tls_cert = \"cert.pem\""),
    (
        "sip.listen",
        "Where calls come in, and from where they go out: udp:ADDRESS:PORT and tcp:ADDRESS:PORT; IPv6 as udp:[::1]:5060.",
    ),
    ("sip.public_address", "Behind NAT: the address that peers are told to send to."),
    (
        "sip.trusted",
        "Who may call without credentials; nobody else may. Must be written out when `listen` is not loopback alone.",
    ),
    (
        "sip.digest",
        "What softphones are challenged with: md5, or sha-256 (and md5 after it), at which some older phones give up.",
    ),
    ("rtp.ports", "The ports of audio: two a leg. Open them in the firewall."),
    ("rtp.workers", "Media threads; 0 is one a core."),
    ("rtp.timeout", "Seconds without a packet of the other side after which a call is ended (cause 102); 0 is never."),
    (
        "stream.limit",
        "How many streams, to applications that hear calls, there may be at once. Past it a call goes on without: \
         `Streaming_call_throttled`.",
    ),
    ("callout.allow", "Private networks, and names of private hosts, that URLs may lead to; public ones always may."),
    (
        "callout.ca_file",
        "A PEM file of certificates that are trusted beside the public authorities: of authorities, and of servers themselves.",
    ),
    (
        "callout",
        "How requests of calls are made. To trust an authority of your own, or one server's self-signed certificate, add a PEM file of it: ca_file = \"ca.pem\"",
    ),
    (
        "callout.https_only",
        "Whether requests of calls go by https alone: flows that name an http URL are refused then, and whatever else leads to one is `blocked`.",
    ),
    (
        "callout.identify",
        "Whether requests of calls say which callout they are: webhook-id, webhook-timestamp, callout-attempt, callout-seq.",
    ),
    (
        "callout.secrets",
        "What these requests are signed with, and named: one secret, or two while one takes the other's place: docs/verify.",
    ),
    ("passthru.call_status", "Whether a Passthru sends CallStatus."),
    ("passthru.deprecated", "Whether a Passthru sends ForwardedFrom, ProcessStatus, flow_id and tenant_id."),
    ("passthru.disconnected_by", "Whether a Passthru sends Legs[i][DisconnectedBy], which older accounts do not know."),
    (
        "recording.base_url",
        "Where links to recordings lead, such as https://voice.example; empty: the address of http.listen.",
    ),
    ("recording.validity", "Seconds that a link to a recording is good."),
    (
        "recording.ready_url",
        "Who is told, by a POST, of each recording that can be fetched: tried again like any report; empty: nobody.",
    ),
    (
        "recording.keep_days",
        "Days that recordings are kept; then their files are removed, and their links answer 410. 0: for ever.",
    ),
    (
        "recording.keep_bytes",
        "Bytes that all recordings may take together, such as 50_000_000_000: beyond it the oldest are removed. 0: no limit.",
    ),
    (
        "trace.sip",
        "Whether the SIP messages of calls are kept, for 30 days: /api/v1/calls/{sid}/sip shows them. Passwords are not in them; numbers are.",
    ),
    ("recording.folder", "The folder of recordings; empty: recordings in the data folder."),
    (
        "dial.allow",
        "Regular expressions: whom text from outside a flow may have rung (a template in `to` of connect). Empty: nobody.",
    ),
    (
        "dial.sticky_days",
        "Days that whoever talked with a caller is rung first for it, by a connect that is `sticky`. 0: not at all.",
    ),
    (
        "sms.url",
        "The gateway that carries text messages: each is a POST of the form fields From, To, Body and CallSid; any 2xx takes it.",
    ),
    ("sms.token", "Sent to it as `Authorization: Bearer TOKEN`."),
    (
        "sms",
        "For flows that send text messages add the gateway: url = \"https://sms.example/send\", token = \"s3cret\". Each message is\n# a POST of the form fields From, To, Body and CallSid; any status of 2xx takes it.",
    ),
    ("smtp.url", "The server that mail goes out by: smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT?tls=required."),
    ("smtp.from", "The address that mail comes from."),
    (
        "smtp",
        "For flows that send mail add the server that it goes out by, and its sender: from = \"calls@acme.example\",\n# url = \"smtps://USER:PASSWORD@mail.acme.example\", or smtp://HOST:PORT?tls=required for STARTTLS.",
    ),
    ("passthru", "What accounts differ in."),
    (
        "sip",
        "Behind NAT add public_address, the address that peers are told to send to: public_address = \"203.0.113.7\"",
    ),
];

/// What can be written as often as wanted, shown where there is none.
const NUMBER: &str = r#"
# Which flow answers which number, in any of its usual forms; a folder with one flow needs none.
# [[number]]
# number = "+918044444444"
# flow = "front-desk"
"#;

const USER: &str = r#"
# A softphone that registers; flows ring it as sip:sales.
# [[user]]
# name = "sales"
# password = "change-me"
# email = "sales@example.net"         # told, with calls to it, to the URL of a connect's `events`
"#;

const GROUP: &str = r#"
# Several parties under one name; flows ring it as group:desk.
# [[group]]
# name = "desk"
# members = ["sip:sales", "+918022222222"]
# order = "longest-idle"              # or sequential, round-robin
"#;

const TRUNK: &str = r#"
# A peer that carries numbers.
# [[trunk]]
# name = "carrier"
# host = "sip.carrier.example"       # looked up through SRV; or host:port, or host:port;transport=tcp
# addresses = ["203.0.113.0/28"]     # calls from here need no credentials
# username = "u1"                    # shown when it asks who we are
# password = "change-me"
# register = true                    # and registered with, for trunks that send calls only then
# numbers = ["^\\+91", "^0"]         # which dialled numbers go out here; the first trunk with a match takes them
# caller_id = "+918044444444"        # the number shown, unless the flow says another
"#;

const IDENTITY: &str = r#"
# The certificate that is shown to an application which asks for one (mTLS).
# [[identity]]
# origin = "https://crm.example"      # scheme, host and port of its URLs
# path = "/calls"                     # for this path and what is below it alone; the longest one that fits counts
# certificate = "client.pem"
# key = "client-key.pem"
"#;

/// What stands in a secret's place.
const HIDDEN: &str = "…";

impl Config {
    /// The configuration with three dots for each secret.
    pub fn without_secrets(&self) -> Self {
        let mut shown = self.clone();
        let hide = |secret: &mut String| HIDDEN.clone_into(secret);
        shown.callout.secrets.iter_mut().for_each(hide);
        shown.users.iter_mut().for_each(|user| hide(&mut user.password));
        shown.trunks.iter_mut().filter_map(|trunk| trunk.password.as_mut()).for_each(hide);
        shown.sms.token.iter_mut().for_each(hide);
        let urls = [shown.sms.url.as_mut(), shown.smtp.url.as_mut(), Some(&mut shown.recording.ready_url)];
        urls.into_iter().flatten().for_each(|url| *url = model::without_userinfo(url));
        shown
    }

    /// The configuration as TOML, each setting with its note. It can be written to a file and be read again.
    pub fn to_toml(&self) -> String {
        let text = toml::to_string_pretty(self).expect("plain data");
        let (mut shown, mut table) = (String::new(), String::new());
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.trim_matches(['[', ']']).clone_into(&mut table);
                shown += &note(&table, "");
            } else if let Some((key, _)) = line.split_once(" = ") {
                shown += &note(&table, key);
            }
            shown += line;
            shown.push('\n');
        }
        for (is_written, example) in [
            (!self.numbers.is_empty(), NUMBER),
            (!self.users.is_empty(), USER),
            (!self.groups.is_empty(), GROUP),
            (!self.trunks.is_empty(), TRUNK),
            (!self.identities.is_empty(), IDENTITY),
        ] {
            shown += if is_written { "" } else { example };
        }
        shown
    }
}

fn note(table: &str, key: &str) -> String {
    let path = [table, key].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
    let note = NOTES.iter().find(|(of, _)| *of == path);
    note.map_or_else(String::new, |(_, note)| format!("# {note}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;

    #[test]
    fn no_secret_is_shown_to_those_who_only_look() {
        let written: Config = toml::from_str(
            "[callout]\nsecrets = [\"whsec_SECRET\"]\n[sms]\nurl = \"https://u:SECRET@sms.example/\"\ntoken = \"SECRET\"\n\
             [smtp]\nurl = \"smtps://u:SECRET@mail.example\"\n[recording]\nready_url = \"https://u:SECRET@crm.example/\"\n\
             [[user]]\nname = \"sales\"\npassword = \"SECRET\"\n\
             [[trunk]]\nname = \"c\"\nhost = \"h\"\nusername = \"u\"\npassword = \"SECRET\"\n",
        )
        .unwrap();
        let (whole, shown) = (written.to_toml(), written.without_secrets().to_toml());
        assert_eq!((whole.matches("SECRET").count(), shown.matches("SECRET").count()), (7, 0), "{shown}");
    }

    #[test]
    fn every_setting_has_a_note() {
        for (path, _) in keys::known() {
            let is_in_an_example =
                ["number.", "user.", "group.", "trunk.", "identity."].iter().any(|table| path.starts_with(table));
            assert!(is_in_an_example || NOTES.iter().any(|(of, _)| *of == path), "{path}");
        }
        for &(path, _) in NOTES {
            let names = |known: &str| known == path || known.starts_with(&format!("{path}."));
            assert!(keys::known().iter().any(|(known, _)| names(known)), "{path}");
        }
    }

    #[test]
    fn the_examples_can_be_written() {
        let text: String = [NUMBER, USER, TRUNK, IDENTITY].concat();
        let bare = |line: &str| {
            let line = line.strip_prefix("# ").unwrap_or(line);
            (line.starts_with('[') || line.contains(" = ")).then(|| line.to_owned())
        };
        let text: Vec<String> = text.lines().filter_map(bare).collect();
        let config: Config = toml::from_str(&text.join("\n")).expect("a configuration");
        assert_eq!((config.numbers.len(), config.users.len(), config.trunks.len()), (1, 1, 1));
        assert!(config.trunks[0].peer().is_ok());
        assert_eq!(config.identities[0].origin, "https://crm.example");
    }

    #[test]
    fn a_setting_stands_below_its_note() {
        let shown = Config::default().to_toml();
        for lines in
            ["\n# Where both APIs listen. ", "\n[rtp]\n# The ports of audio: ", "; 0 is never.\ntimeout = 30\n"]
        {
            assert!(shown.contains(lines), "{lines}");
        }
    }

    #[test]
    fn the_page_shows_the_defaults() {
        let page = include_str!("../../../../docs/configuration.md");
        let shown = format!("```toml\n{}```\n", Config::default().to_toml());
        assert!(page.contains(&shown), "docs/configuration.md is out of date; it is to hold:\n{shown}");
    }
}
