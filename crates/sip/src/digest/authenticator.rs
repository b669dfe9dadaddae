//! Asking for credentials and judging them (RFC 7616 sections 3.3 and 3.4, RFC 3261 section 22). A nonce carries its own
//! proof, so that nothing is remembered of peers who only knock; what is remembered is which uses were good once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{Algorithm, Proof};
use crate::header::{Authorization, Challenge};
use crate::message::Request;
use crate::uri::Uri;

/// How long a nonce is good: longer than an answer takes, short against a replay. Ours to choose (RFC 7616 section 5.4).
const NONCE_LIFE: Duration = Duration::from_secs(300);
/// Nonces in use whose counts are remembered; past it the oldest becomes stale.
const MAX_NONCES: usize = 10_000;
/// Counts behind the highest that may still come: requests overtake each other on UDP.
const WINDOW: u32 = 64;
/// Bytes of a nonce's proof.
const MAC: usize = 16;

/// What credentials are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are right, and used for the first time.
    Accepted,
    /// They are right, but the nonce is too old, of another process, or was used so often: challenge with `stale`.
    Stale,
    /// They are wrong, or for another request or realm.
    Refused,
}

/// One realm's challenges and their answers.
#[derive(Debug)]
pub struct Authenticator {
    realm: Bytes,
    secret: [u8; 32],
    epoch: Instant,
    issued: u64,
    /// Nonces up to this one were forgotten.
    forgotten: u64,
    used: BTreeMap<u64, Uses>,
}

impl Authenticator {
    /// For a realm, with a secret that nobody else has and that need not be kept.
    pub fn new(realm: impl Into<Bytes>, secret: [u8; 32], now: Instant) -> Self {
        Self { realm: realm.into(), secret, epoch: now, issued: 0, forgotten: 0, used: BTreeMap::new() }
    }

    /// The challenges of one 401 or 407, the one to be preferred first (RFC 8760 section 2.4).
    pub fn challenges(&mut self, stale: bool, now: Instant) -> [Challenge; 2] {
        self.issued += 1;
        let born = now.saturating_duration_since(self.epoch).as_millis();
        let nonce = self.seal(u64::try_from(born).unwrap_or(u64::MAX), self.issued);
        [Algorithm::Sha256, Algorithm::Md5].map(|algorithm| {
            let mut challenge = Challenge::digest();
            challenge.push_quoted("realm", self.realm.clone());
            challenge.push_quoted("nonce", nonce.clone());
            challenge.push_quoted("qop", "auth");
            challenge.push_quoted("opaque", self.opaque());
            challenge.push("algorithm", algorithm.name());
            if stale {
                challenge.push("stale", "true");
            }
            challenge
        })
    }

    /// The credentials among those shown that are for this realm.
    pub fn pick<'a>(&self, shown: &'a [Authorization]) -> Option<&'a Authorization> {
        shown.iter().find(|shown| shown.is_digest() && shown.get("realm") == Some(&self.realm))
    }

    /// Judges credentials shown with a request. `password` is that of the user they name; for a user who does not exist
    /// it is `None`, which costs the same work and gives the same verdict as a wrong password.
    pub fn verify(
        &mut self,
        request: &Request,
        shown: &Authorization,
        password: Option<&[u8]>,
        now: Instant,
    ) -> Verdict {
        let Some(count) = self.proved(request, shown, password) else { return Verdict::Refused };
        let serial = shown.get("nonce").and_then(|nonce| self.open(nonce, now));
        if serial.is_some_and(|serial| self.use_once(serial, count)) { Verdict::Accepted } else { Verdict::Stale }
    }

    /// The nonce count of credentials that are right. Without `qop` there is none, and a nonce serves once.
    fn proved(&self, request: &Request, shown: &Authorization, password: Option<&[u8]>) -> Option<u32> {
        self.pick(core::slice::from_ref(shown))?;
        let algorithm = Algorithm::named(shown.get("algorithm"))?;
        let (count, auth) = match shown.get("qop") {
            None => (1, None),
            Some(qop) if qop.eq_ignore_ascii_case(b"auth") => {
                let digits = shown.get("nc")?;
                (nonce_count(digits)?, Some((&digits[..], &shown.get("cnonce")?[..])))
            }
            Some(_) => return None,
        };
        let proof = Proof {
            algorithm,
            username: shown.get("username")?,
            realm: &self.realm,
            password: password.unwrap_or(&self.secret),
            method: request.method.as_bytes(),
            uri: shown.get("uri")?,
            nonce: shown.get("nonce")?,
            auth,
        };
        let right = same(proof.response().as_bytes(), &shown.get("response")?.to_ascii_lowercase());
        let named = Uri::parse(shown.get("uri")?).is_ok_and(|uri| uri.equivalent(&request.uri));
        (right && named && password.is_some()).then_some(count)
    }

    /// Takes note of a use; false if it was noted before or is too far behind.
    fn use_once(&mut self, serial: u64, count: u32) -> bool {
        if serial <= self.forgotten {
            return false;
        }
        let fresh = self.used.entry(serial).or_default().note(count);
        if self.used.len() > MAX_NONCES
            && let Some((oldest, _)) = self.used.pop_first()
        {
            self.forgotten = oldest;
        }
        fresh
    }

    fn seal(&self, born: u64, serial: u64) -> String {
        let mut plain = [0; 16 + MAC];
        plain[..8].copy_from_slice(&born.to_be_bytes());
        plain[8..16].copy_from_slice(&serial.to_be_bytes());
        let mac = self.mac(&plain[..16]);
        plain[16..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(plain)
    }

    /// The serial number of a nonce of ours that is young enough.
    fn open(&self, nonce: &[u8], now: Instant) -> Option<u64> {
        let mut plain = [0; 16 + MAC];
        let length = URL_SAFE_NO_PAD.decode_slice(nonce, &mut plain).ok()?;
        if length != plain.len() || !same(&self.mac(&plain[..16]), &plain[16..]) {
            return None;
        }
        let word = |at: usize| plain[at..at + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let born = Duration::from_millis(word(0));
        let age = now.saturating_duration_since(self.epoch).saturating_sub(born);
        (age <= NONCE_LIFE).then(|| word(8))
    }

    /// Every text has 16 bytes, so a hash behind a secret prefix cannot be extended into another nonce.
    fn mac(&self, text: &[u8]) -> [u8; MAC] {
        let hash = Sha256::new().chain_update(self.secret).chain_update(text).finalize();
        core::array::from_fn(|at| hash[at])
    }

    /// The same for every challenge of this process: it says nothing, but RFC 2617 clients want one to send back.
    fn opaque(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.mac(&[0xff; 16])[..8])
    }
}

/// The counts of one nonce that were used: the highest, and a bit for each of the 64 up to it.
#[derive(Debug, Default)]
struct Uses {
    highest: u32,
    seen: u64,
}

impl Uses {
    fn note(&mut self, count: u32) -> bool {
        if count > self.highest {
            self.seen = self.seen.checked_shl(count - self.highest).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        let fresh = behind < WINDOW && self.seen & (1 << behind) == 0;
        if fresh {
            self.seen |= 1 << behind;
        }
        fresh
    }
}

/// Eight hexadecimal digits, at least 1.
fn nonce_count(digits: &[u8]) -> Option<u32> {
    let text = core::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    if text.len() == 8 { u32::from_str_radix(text, 16).ok().filter(|count| *count > 0) } else { None }
}

/// Compares without telling by its duration where the difference is.
fn same(one: &[u8], two: &[u8]) -> bool {
    one.len() == two.len() && one.iter().zip(two).fold(0, |difference, (one, two)| difference | (one ^ two)) == 0
}

#[cfg(test)]
mod tests {
    use super::super::{ClientDigest, Credentials};
    use super::*;
    use crate::message::Method;

    struct Desk {
        server: Authenticator,
        client: ClientDigest,
        request: Request,
        now: Instant,
    }

    impl Desk {
        fn new() -> Self {
            #[allow(clippy::disallowed_methods)] // a starting point; every later time is added to it
            let now = Instant::now();
            let mut server = Authenticator::new("acme", [7; 32], now);
            let client = ClientDigest::choose(&server.challenges(false, now)).unwrap();
            let uri = Uri::parse(&"sip:acme.example".into()).unwrap();
            Self { server, client, request: Request::new(Method::Register, uri), now }
        }

        fn challenged_again(&mut self) {
            self.client = ClientDigest::choose(&self.server.challenges(true, self.now)).unwrap();
        }

        fn shown(&mut self, password: &str) -> Authorization {
            let credentials = Credentials { username: "alice".into(), password: password.into() };
            self.client.authorize(&credentials, &Method::Register, &self.request.uri, "c")
        }

        fn judge(&mut self, shown: &Authorization) -> Verdict {
            self.server.verify(&self.request, shown, Some(b"secret"), self.now)
        }
    }

    #[test]
    fn the_right_password_is_accepted_once_a_use() {
        let mut desk = Desk::new();
        let first = desk.shown("secret");
        assert_eq!(desk.judge(&first), Verdict::Accepted);
        assert_eq!(desk.judge(&first), Verdict::Stale, "replayed");
        let second = desk.shown("secret");
        let third = desk.shown("secret");
        assert_eq!(desk.judge(&third), Verdict::Accepted);
        assert_eq!(desk.judge(&second), Verdict::Accepted, "overtaken");
        assert_eq!(desk.judge(&second), Verdict::Stale);
    }

    #[test]
    fn wrong_credentials_and_unknown_users_are_refused_alike() {
        let mut desk = Desk::new();
        let wrong = desk.shown("guess");
        assert_eq!(desk.judge(&wrong), Verdict::Refused);
        let right = desk.shown("secret");
        assert_eq!(desk.server.verify(&desk.request, &right, None, desk.now), Verdict::Refused);
        assert!(desk.server.used.is_empty(), "nothing is remembered of who is refused");
        assert_eq!(desk.judge(&right), Verdict::Accepted);
    }

    #[test]
    fn credentials_are_for_one_request() {
        let mut desk = Desk::new();
        let shown = desk.shown("secret");
        desk.request.method = Method::Invite;
        assert_eq!(desk.judge(&shown), Verdict::Refused);
        desk.request.method = Method::Register;
        desk.request.uri = Uri::parse(&"sip:other.example".into()).unwrap();
        assert_eq!(desk.judge(&shown), Verdict::Refused);
        desk.request.uri = Uri::parse(&"sip:ACME.example".into()).unwrap();
        assert_eq!(desk.judge(&shown), Verdict::Accepted);
    }

    #[test]
    fn a_nonce_grows_old() {
        let mut desk = Desk::new();
        desk.now += NONCE_LIFE;
        let in_time = desk.shown("secret");
        assert_eq!(desk.judge(&in_time), Verdict::Accepted);
        desk.now += Duration::from_millis(1);
        let late = desk.shown("secret");
        assert_eq!(desk.judge(&late), Verdict::Stale);
        desk.challenged_again();
        assert!(desk.client.is_stale());
        let again = desk.shown("secret");
        assert_eq!(desk.judge(&again), Verdict::Accepted);
    }

    #[test]
    fn a_nonce_of_another_process_is_stale_and_not_wrong() {
        let mut desk = Desk::new();
        let shown = desk.shown("secret");
        desk.server.secret = [8; 32];
        assert_eq!(desk.judge(&shown), Verdict::Stale);
    }

    #[test]
    fn without_qop_a_nonce_serves_once() {
        let mut desk = Desk::new();
        let [_, offered] = desk.server.challenges(false, desk.now);
        let mut old = Challenge::digest();
        old.push_quoted("realm", "acme");
        old.push_quoted("nonce", offered.get("nonce").unwrap().clone());
        desk.client = ClientDigest::choose(&[old]).unwrap();
        let shown = desk.shown("secret");
        assert_eq!(desk.judge(&shown), Verdict::Accepted);
        assert_eq!(desk.judge(&shown), Verdict::Stale);
    }

    #[test]
    fn broken_credentials_are_refused() {
        let mut desk = Desk::new();
        let good = desk.shown("secret").to_string();
        for (from, to) in [
            ("Digest", "Basic"),
            ("realm=\"acme\"", "realm=\"other\""),
            ("nc=00000001", "nc=1"),
            ("nc=00000001", "nc=00000000"),
            ("nc=00000001", "nc=+0000001"),
            ("nc=00000001", "nx=1"),
            ("qop=auth", "qop=auth-int"),
            ("algorithm=SHA-256", "algorithm=MD5"),
            ("algorithm=SHA-256", "algorithm=SHA-512"),
            ("cnonce=", "cmonce="),
            ("username=\"alice\"", "username=\"bob\""),
            ("uri=\"sip:acme.example\"", "uri=\"sip:\""),
            ("response=\"", "response=\"0"),
        ] {
            let broken = good.replacen(from, to, 1);
            assert_ne!(broken, good, "{from}");
            let broken = Authorization::parse(&broken.into()).unwrap();
            assert_eq!(desk.judge(&broken), Verdict::Refused, "{to}");
        }
    }

    #[test]
    fn counts_are_noted_in_a_window() {
        let mut uses = Uses::default();
        assert!(uses.note(100) && uses.note(37) && uses.note(99));
        assert!(!uses.note(36) && !uses.note(37) && !uses.note(100));
        assert!(uses.note(u32::MAX) && !uses.note(100));
    }

    #[test]
    fn so_many_nonces_are_remembered() {
        let mut desk = Desk::new();
        let oldest = desk.client.clone();
        for _ in 0..=MAX_NONCES {
            let shown = desk.shown("secret");
            assert_eq!(desk.judge(&shown), Verdict::Accepted);
            desk.challenged_again();
        }
        assert_eq!(desk.server.used.len(), MAX_NONCES);
        desk.client = oldest;
        let shown = desk.shown("secret");
        assert_eq!(desk.judge(&shown), Verdict::Stale, "forgotten, so never accepted again");
    }
}
