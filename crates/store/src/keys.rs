//! The keys of the v1 API: a public name each, and the hash of a secret token.
//!
//! A token is 256 random bits, so nobody finds one by trying, and one pass of SHA-256 hides it as well as a slow hash hides a
//! password. Keys are made and revoked by the command line while the server runs: [`Keys`] is a connection of its own, and
//! the server looks a key up at each request.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::Tenant;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::audit::{Deed, note};
use crate::error::Trouble;
use crate::{StoreError, connection, moment, open};

/// Bytes of randomness in a key's name and token: the first 16 are the name, the others the token.
pub const KEY_BYTES: usize = NAME_BYTES + 32;

const NAME_BYTES: usize = 16;

/// A new key. This is the only time that its token is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its public name.
    pub name: String,
    /// What proves it.
    pub token: String,
}

/// A key as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its public name.
    pub name: String,
    /// What its maker called it.
    pub note: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked; it opens nothing since.
    pub revoked: Option<Timestamp>,
}

/// Makes, lists and revokes keys, beside a server that runs or not.
pub struct Keys {
    connection: Connection,
    path: PathBuf,
}

impl Keys {
    /// Opens the database file, and makes it if there is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        open::make(path)?;
        let mut connection = connection::for_writing(path).map_err(|trouble| trouble.at(path))?;
        open::prepare(&mut connection, path)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Makes a key of these bytes, which must come from a source that nobody can predict, for that author.
    pub fn create(
        &self,
        (tenant, author): (&Tenant, &str),
        called: Option<&str>,
        random: [u8; KEY_BYTES],
        now: Timestamp,
    ) -> Result<NewKey, StoreError> {
        let (name, token) = random.split_at(NAME_BYTES);
        let key = NewKey { name: hex(name), token: hex(token) };
        let values = params![key.name, &*tenant.0, called, hash(&key.token), now.as_millisecond()];
        let sql = "INSERT INTO api_keys (name, tenant, note, hash, created) VALUES (?1, ?2, ?3, ?4, ?5)";
        let deed = Deed::new(author, "make key", &key.name).with_detail(called.unwrap_or_default().to_owned());
        self.with(|connection| {
            let change = connection.unchecked_transaction()?;
            change.execute(sql, values)?;
            note(&change, tenant, &deed, now)?;
            Ok(change.commit()?)
        })?;
        Ok(key)
    }

    /// All keys, oldest first.
    pub fn list(&self, tenant: &Tenant) -> Result<Vec<Key>, StoreError> {
        let list = || -> rusqlite::Result<Vec<Key>> {
            let sql = "SELECT name, note, created, revoked FROM api_keys WHERE tenant = ?1 ORDER BY created, name";
            let mut statement = self.connection.prepare(sql)?;
            let key = |row: &rusqlite::Row<'_>| {
                let revoked = row.get::<_, Option<i64>>(3)?.map(moment);
                Ok(Key { name: row.get(0)?, note: row.get(1)?, created: moment(row.get(2)?), revoked })
            };
            statement.query_map([&*tenant.0], key)?.collect()
        };
        list().map_err(|error| self.trouble(error))
    }

    /// Revokes a key for that author; `false` if there is none of that name that still opens anything.
    pub fn revoke(&self, (tenant, author): (&Tenant, &str), name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE api_keys SET revoked = ?3 WHERE tenant = ?1 AND name = ?2 AND revoked IS NULL";
        self.with(|connection| {
            let change = connection.unchecked_transaction()?;
            let is_revoked = change.execute(sql, params![&*tenant.0, name, now.as_millisecond()])? > 0;
            if is_revoked {
                note(&change, tenant, &Deed::new(author, "revoke key", name), now)?;
            }
            change.commit()?;
            Ok(is_revoked)
        })
    }

    /// Asks or changes something else of the file.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Trouble>) -> Result<T, StoreError> {
        act(&self.connection).map_err(|trouble| trouble.at(&self.path))
    }

    fn trouble(&self, error: rusqlite::Error) -> StoreError {
        Trouble::from(error).at(&self.path)
    }
}

/// Whether this token is that of the key; of any key if none is named.
pub(crate) fn opens(
    connection: &Connection,
    tenant: &Tenant,
    name: Option<&str>,
    token: &str,
) -> Result<bool, Trouble> {
    let hash = hash(token);
    let mut statement = connection.prepare_cached(
        "SELECT hash FROM api_keys WHERE tenant = ?1 AND revoked IS NULL AND (?2 IS NULL OR name = ?2)",
    )?;
    let mut rows = statement.query(params![&*tenant.0, name])?;
    let mut found = false;
    while let Some(row) = rows.next()? {
        found |= bool::from(row.get_ref(0)?.as_blob().unwrap_or_default().ct_eq(&hash));
    }
    Ok(found)
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuditFilter, CLI, Store};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn bytes(first: u8) -> [u8; KEY_BYTES] {
        std::array::from_fn(|i| first.wrapping_add(u8::try_from(i).expect("few")))
    }

    #[test]
    fn a_key_opens_until_it_is_revoked_while_the_store_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let (store, _) = Store::open(&path, "here").unwrap();
        let (keys, us, them) = (Keys::open(&path).unwrap(), Tenant::default(), Tenant("them".into()));
        let one = keys.create((&us, "asha"), Some("crm"), bytes(0), NOW).unwrap();
        let two = keys.create((&us, CLI), None, bytes(100), NOW).unwrap();
        assert_eq!((one.name.as_str(), one.token.len()), ("000102030405060708090a0b0c0d0e0f", 64));
        let opens = |tenant, name, token: &str| store.reader().opens(tenant, name, token).unwrap();
        assert!(opens(&us, Some(&one.name), &one.token) && opens(&us, None, &two.token));
        let upper = one.token.to_uppercase();
        for (tenant, name, token) in [
            (&us, Some(two.name.as_str()), one.token.as_str()),
            (&them, Some(&one.name), &one.token),
            (&us, Some(&one.name), ""),
            (&us, Some(&one.name), &upper),
            (&us, Some("nobody"), &one.token),
            (&us, None, "wrong"),
        ] {
            assert!(!opens(tenant, name, token), "{tenant:?} {name:?} {token}");
        }
        let revoke = |tenant| keys.revoke((tenant, CLI), &one.name, NOW).unwrap();
        assert!(!revoke(&them) && revoke(&us) && !revoke(&us));
        assert!(!opens(&us, Some(&one.name), &one.token) && !opens(&us, None, &one.token));
        let listed: Vec<_> = keys.list(&us).unwrap().into_iter().map(|key| (key.note, key.revoked)).collect();
        assert_eq!(listed, [(Some("crm".into()), Some(NOW)), (None, None)]);
        let log = store.reader().audit(&us, &AuditFilter::default(), 10).unwrap();
        let expected = [
            Deed::new(CLI, "revoke key", &one.name),
            Deed::new(CLI, "make key", &two.name),
            Deed::new("asha", "make key", &one.name).with_detail("crm".into()),
        ];
        assert_eq!(log.into_iter().map(|row| row.deed).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_file_does_not_hold_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let keys = Keys::open(&path).unwrap();
        let key = keys.create((&Tenant::default(), CLI), None, bytes(7), NOW).unwrap();
        let holds = |text: &[u8]| {
            std::fs::read_dir(folder.path()).unwrap().any(|file| {
                let content = std::fs::read(file.unwrap().path()).unwrap();
                content.windows(text.len()).any(|window| window == text)
            })
        };
        assert!(holds(key.name.as_bytes()) && !holds(key.token.as_bytes()) && !holds(&bytes(7)[NAME_BYTES..]));
    }
}
