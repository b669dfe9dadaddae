//! Passwords: hashed with Argon2id (RFC 9106) into PHC strings, a few at a time, since each takes 19 MiB and a while.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;
use tokio::task;

use crate::Problem;

/// Passwords that are hashed at a time.
const AT_ONCE: usize = 2;

/// Passwords that are hashed or wait; one more is told to come back.
const WAITING: usize = 32;

/// Characters of a password at least, and bytes at most.
pub(crate) const LENGTH: (usize, usize) = (10, 256);

/// What a password is compared with whose owner is unknown, so that it takes as long as any other.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash("nobody's").unwrap_or_default());

/// Hashes passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Semaphore,
    places: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), places: Semaphore::new(WAITING) }
    }
}

impl Passwords {
    /// A new password as a PHC string.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Problem> {
        self.run(move || hash(&password)).await?.ok_or_else(Problem::store)
    }

    /// Whether a password is that of a PHC string; of none it is not, which takes as long.
    pub(crate) async fn is(&self, password: String, phc: Option<String>) -> Result<bool, Problem> {
        self.run(move || verify(&password, phc.as_deref().unwrap_or(&NOBODYS)) && phc.is_some()).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _place = self.places.try_acquire().map_err(|_| Problem::busy("people signing in"))?;
        let _turn = self.turns.acquire().await.expect("the semaphore is never closed");
        task::spawn_blocking(work).await.map_err(|panic| {
            tracing::error!(%panic, "a password could not be hashed");
            Problem::store()
        })
    }
}

/// What is wrong with a new password.
pub(crate) fn check(password: &str) -> Result<(), Problem> {
    let (least, most) = LENGTH;
    if password.chars().count() < least {
        return Err(Problem::bad_body(&format!("password: it is shorter than {least} characters")));
    }
    if password.len() > most {
        return Err(Problem::bad_body(&format!("password: it is longer than {most} bytes")));
    }
    Ok(())
}

fn hash(password: &str) -> Option<String> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| tracing::error!(%error, "a password could not be hashed")).ok()
}

fn verify(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_its_own_and_no_other() {
        let passwords = Passwords::default();
        let phc = passwords.hash("correct horse".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        let rows = [
            ("correct horse", Some(phc.clone()), true),
            ("correct horsf", Some(phc.clone()), false),
            ("", Some(phc), false),
            ("nobody's", None, false),
            ("x", Some("no hash".into()), false),
        ];
        for (password, of, expected) in rows {
            assert_eq!(passwords.is(password.into(), of).await.unwrap(), expected, "{password}");
        }
    }

    #[test]
    fn a_new_password_has_a_length() {
        for (password, good) in
            [("123456789", false), ("1234567890", true), (&"é".repeat(10), true), (&"x".repeat(257), false)]
        {
            assert_eq!(check(password).is_ok(), good, "{password}");
        }
    }
}
