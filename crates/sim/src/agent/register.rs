//! A phone registers: REGISTER, the challenge, and the digest that answers it (RFC 3261 section 10.2, RFC 7616 with MD5).

use std::time::Instant;

use md5::{Digest as _, Md5};

use super::{Agent, Dialog, Waiting};
use crate::wire::Text;

/// A phone's registration.
pub(super) struct Registration {
    dialog: Dialog,
    password: String,
    /// The registrar's last word.
    pub(super) accepted: bool,
}

impl Agent {
    /// Registers under its own name.
    pub(crate) fn register(&mut self, password: &str, now: Instant) {
        let (name, registrar) = (&self.name, self.server.ip());
        let of_record = format!("<sip:{name}@{registrar}>");
        let dialog = Dialog {
            call_id: format!("registration-of-{name}@{}", self.address.ip()),
            local: format!("{of_record};tag=r{name}"),
            remote: of_record,
            target: format!("sip:{registrar}"),
            cseq: 0,
            invite: Text::default(),
            media: None,
            held: false,
        };
        self.registration = Some(Registration { dialog, password: password.to_owned(), accepted: false });
        self.send_register(None, now);
    }

    /// Whether the registrar knows where it is.
    pub(crate) fn is_registered(&self) -> bool {
        self.registration.as_ref().is_some_and(|registration| registration.accepted)
    }

    pub(super) fn on_register_answered(&mut self, message: &Text, status: u16, now: Instant) {
        let Some(registration) = &mut self.registration else { return };
        registration.accepted = status == 200;
        // Challenged twice, it has the wrong password.
        if status == 401
            && registration.dialog.cseq == 1
            && let Some(challenge) = message.header("WWW-Authenticate")
        {
            let credentials = credentials(challenge, &self.name, &registration.password, &registration.dialog.target);
            self.send_register(Some(&credentials), now);
        }
    }

    fn send_register(&mut self, credentials: Option<&str>, now: Instant) {
        let Some(mut registration) = self.registration.take() else { return };
        let dialog = &mut registration.dialog;
        dialog.cseq += 1;
        let branch = format!("{}-register", self.branch(dialog.cseq));
        let mut more = vec!["Expires: 3600".to_owned()];
        more.extend(credentials.map(|credentials| format!("Authorization: {credentials}")));
        let bytes = self.request(dialog, "REGISTER", &dialog.target, dialog.cseq, &branch, &more, "");
        self.registration = Some(registration);
        self.send_until(Waiting::Response(branch), bytes, now);
    }
}

/// The answer to a challenge with `qop=auth` (RFC 7616 section 3.4.1).
fn credentials(challenge: &str, user: &str, password: &str, uri: &str) -> String {
    let part = |name: &str| {
        let rest = challenge.split_once(&format!("{name}=\"")).map_or("", |(_, rest)| rest);
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let (realm, nonce) = (part("realm"), part("nonce"));
    let secret = md5(&format!("{user}:{realm}:{password}"));
    let asked = md5(&format!("REGISTER:{uri}"));
    let response = md5(&format!("{secret}:{nonce}:00000001:rehearsal:auth:{asked}"));
    format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
         algorithm=MD5, qop=auth, nc=00000001, cnonce=\"rehearsal\""
    )
}

fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
