//! Versions, drafts and the audit log, written and read.

use std::sync::mpsc::sync_channel;

use jiff::Timestamp;
use model::Tenant;
use store::{
    AUDIT_KEPT, AuditFilter, DRAFTS, Deed, Discard, Discarded, NewDraft, NewVersion, Publisher, Refused, Revision,
    Saved, Store, StoreError, VERSIONS_KEPT, Writer,
};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

fn open() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Store::open(&folder.path().join("x.db"), "here").expect("opens").0, folder)
}

type Done<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

fn wait<T: Send + 'static>(
    store: &Store,
    submit: impl FnOnce(&Writer, Done<T>) -> Result<(), Refused<()>>,
) -> Result<T, StoreError> {
    let (sender, receiver) = sync_channel(1);
    submit(store.writer(), Box::new(move |done| sender.send(done).expect("the test waits"))).expect("taken");
    receiver.recv().expect("called back")
}

fn publish(store: &Store, flow: &str, document: &str, by: Option<Publisher>) -> u64 {
    let new = NewVersion { tenant: Tenant::default(), flow: flow.into(), document: document.into(), by };
    wait(store, |writer, done| writer.publish(new, done, now())).expect("published")
}

fn by(author: &str, draft: Option<(String, i64)>) -> Option<Publisher> {
    Some(Publisher { author: author.into(), message: "why".into(), action: "publish flow", draft })
}

fn save(store: &Store, flow: &str, document: &str, read: Option<Revision>) -> Saved {
    let (tenant, author) = (Tenant::default(), "asha".to_owned());
    let new = NewDraft { tenant, flow: flow.into(), document: document.into(), author, read };
    wait(store, |writer, done| writer.save_draft(new, done, now())).expect("saved")
}

fn discard(store: &Store, flow: &str, read: Option<Revision>) -> Discarded {
    let what = Discard { tenant: Tenant::default(), flow: flow.to_owned(), author: "ben".to_owned(), read };
    wait(store, |writer, done| writer.discard_draft(what, done, now())).expect("discarded")
}

#[test]
fn a_document_that_is_found_is_a_version_only_if_it_is_another() {
    let (store, _folder) = open();
    let steps = [("one", None, 1), ("one", None, 1), ("two", None, 2), ("one", None, 3), ("one", by("asha", None), 4)];
    for (document, by, version) in steps {
        assert_eq!(publish(&store, "desk", document, by), version, "{document}");
    }
    assert_eq!(publish(&store, "other", "one", None), 1);
    let (reader, tenant) = (store.reader(), Tenant::default());
    let page = reader.versions(&tenant, ("desk", None), 3).expect("read");
    let rows: Vec<_> = page.iter().map(|row| (row.version, row.author.as_str(), row.message.as_str())).collect();
    assert_eq!(rows, [(4, "asha", "why"), (3, "file", ""), (2, "file", "")]);
    assert_eq!(reader.versions(&tenant, ("desk", Some(2)), 3).expect("read").len(), 1);
    assert_eq!(reader.version(&tenant, "desk", 2).expect("read").expect("kept").1, "two");
    assert_eq!(reader.version(&tenant, "desk", u64::MAX).expect("read"), None);
    assert_eq!(reader.versions(&Tenant("theirs".into()), ("desk", None), 3).expect("read"), []);
}

#[test]
fn what_changed_since_it_was_read_is_not_written_over() {
    let (store, _folder) = open();
    let tenant = Tenant::default();
    let read = |store: &Store| store.reader().flow(&tenant, "desk").expect("read");
    let nothing = read(&store).revision();
    let Saved::As(first) = save(&store, "desk", "one", None) else { panic!("nothing was there") };
    assert_eq!(read(&store).revision(), first);
    assert_eq!(save(&store, "desk", "new", None), Saved::Stale);
    assert_eq!(save(&store, "desk", "new", Some(nothing)), Saved::Stale);
    let Saved::As(second) = save(&store, "desk", "two", Some(first)) else { panic!("it was as read") };
    assert_eq!(save(&store, "desk", "new", Some(first)), Saved::Stale);
    assert_eq!(discard(&store, "desk", Some(first)), Discarded::Stale, "what was saved since is there");
    assert_eq!(discard(&store, "desk", Some(second)), Discarded::Gone);
    assert_eq!(discard(&store, "desk", None), Discarded::Nothing);
    assert_eq!(save(&store, "desk", "new", Some(second)), Saved::Stale);
    let Saved::As(third) = save(&store, "desk", "three", Some(read(&store).revision())) else { panic!("as read") };
    assert_ne!(third, second, "no save is mistaken for another");
    publish(&store, "desk", "by hand", None);
    assert_eq!(save(&store, "desk", "new", Some(third)), Saved::Stale, "its last version is another");
    assert_eq!(read(&store).draft.map(|draft| draft.document), Some("three".into()));
}

#[test]
fn a_revision_is_read_as_it_is_written() {
    let (store, _folder) = open();
    let Saved::As(revision) = save(&store, "desk", "one", None) else { panic!("nothing was there") };
    assert_eq!(revision.to_string().parse(), Ok(revision));
    for text in ["", "1", "x-1", "1-x", "1-1-1"] {
        assert_eq!(text.parse::<Revision>(), Err(()), "{text}");
    }
}

#[test]
fn the_draft_that_is_published_is_done_with_and_a_later_one_stays() {
    let (store, _folder) = open();
    let draft = |store: &Store| store.reader().flow(&Tenant::default(), "desk").expect("read").draft;
    save(&store, "desk", "one", None);
    let first = draft(&store).expect("saved").id;
    let read = store.reader().flow(&Tenant::default(), "desk").expect("read").revision();
    save(&store, "desk", "two", Some(read));
    publish(&store, "desk", "one", by("asha", Some(("desk".into(), first))));
    let second = draft(&store).expect("it was saved later").id;
    publish(&store, "desk", "two", by("asha", Some(("desk".into(), second))));
    assert_eq!(draft(&store), None);
}

#[test]
fn drafts_versions_and_the_log_have_an_end() {
    let (store, folder) = open();
    let full = rusqlite::Connection::open(folder.path().join("x.db")).expect("opens");
    let tenant = Tenant::default();
    full.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO flow_drafts (tenant, flow, document, author, at) SELECT ?2, 'f' || i, '', '', 0 FROM n",
        rusqlite::params![i64::try_from(DRAFTS).expect("few"), &*tenant.0],
    )
    .expect("filled");
    assert_eq!(save(&store, "desk", "one", None), Saved::Full);
    let known = store.reader().flow(&tenant, "f1").expect("read").revision();
    assert!(matches!(save(&store, "f1", "again", Some(known)), Saved::As(_)));

    let last = i64::try_from(VERSIONS_KEPT).expect("few") + 5;
    full.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO flow_versions (tenant, flow, version, document, author, message, at) SELECT ?2, 'desk', i, '', '', '', 0 FROM n",
        rusqlite::params![last, &*tenant.0],
    )
    .expect("filled");
    assert_eq!(publish(&store, "desk", "new", None), VERSIONS_KEPT + 6);
    let count = |sql: &str| full.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counted");
    assert_eq!(count("SELECT count(*) FROM flow_versions"), i64::try_from(VERSIONS_KEPT).expect("few"));

    full.execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'audit'", [AUDIT_KEPT + 1]).expect("set");
    let first = count("SELECT min(id) FROM audit");
    let deed = Deed { author: "asha".into(), action: "a".into(), subject: "s".into(), detail: "d".into() };
    wait(&store, |writer, done| writer.audit((tenant.clone(), deed), done, now())).expect("written");
    assert!(first <= 2 && count("SELECT min(id) FROM audit") > 2, "the oldest are gone");
}

#[test]
fn every_change_is_in_the_log_newest_first() {
    let (store, _folder) = open();
    save(&store, "desk", "one", None);
    let draft = store.reader().flow(&Tenant::default(), "desk").expect("read").draft.expect("saved").id;
    publish(&store, "desk", "one", by("ben", Some(("desk".into(), draft))));
    publish(&store, "desk", "two", None);
    save(&store, "desk", "three", Some(store.reader().flow(&Tenant::default(), "desk").expect("read").revision()));
    discard(&store, "desk", None);
    let page = store.reader().audit(&Tenant::default(), &AuditFilter::default(), 100).expect("read");
    let lines: Vec<String> = page
        .iter()
        .map(|row| {
            [&row.deed.author, &row.deed.action, &row.deed.subject, &row.deed.detail].map(String::as_str).join("|")
        })
        .collect();
    let expected = [
        "ben|discard draft|desk|",
        "asha|save draft|desk|5 bytes",
        "file|publish flow|desk|version 2",
        "ben|publish flow|desk|version 1: why",
        "asha|create flow|desk|3 bytes",
    ];
    assert_eq!(lines, expected);
    let after = AuditFilter { before: Some(page[3].id), ..AuditFilter::default() };
    let rest = store.reader().audit(&Tenant::default(), &after, 100).expect("read");
    assert_eq!(rest, page[4..]);
}
