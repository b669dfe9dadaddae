//! Who may use the console: people, sessions, and links.

mod story;

use model::Tenant;
use store::{AuditFilter, CLI, Changed, Deed, PeopleChange, Role, SESSION_IDLE, Signed, Store, WELCOME_LIFE, Welcomes};
use story::*;

fn open() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(&folder.path().join("passthru.db"), "here").expect("opens");
    (store, folder)
}

fn change(store: &Store, change: PeopleChange, second: i64) -> Changed {
    wait(|done| store.writer().change_people((Tenant::default(), change), done, clock(second))).expect("breaks no rule")
}

fn add(store: &Store, name: &str, role: Role) -> Changed {
    change(
        store,
        PeopleChange::Add { by: "asha".into(), name: name.into(), role, password: format!("hash of {name}") },
        0,
    )
}

fn sign_in(store: &Store, name: &str, token: &str, second: i64) -> Changed {
    change(store, PeopleChange::SignIn { name: name.into(), token: token.into() }, second)
}

fn signed(store: &Store, token: &str, second: i64) -> Option<Signed> {
    store.reader().signed(&Tenant::default(), token, clock(second)).expect("reads")
}

fn names(store: &Store) -> Vec<(String, Role)> {
    let people = store.reader().people(&Tenant::default()).expect("reads");
    people.into_iter().map(|person| (person.name, person.role)).collect()
}

fn log(store: &Store) -> Vec<String> {
    let rows = store.reader().audit(&Tenant::default(), &AuditFilter::default(), 100).expect("reads");
    let line = |Deed { author, action, subject, detail }| format!("{author}|{action}|{subject}|{detail}");
    rows.into_iter().map(|row| line(row.deed)).collect()
}

#[test]
fn there_is_always_somebody_who_can_say_who_may() {
    let (store, _folder) = open();
    let rows = [
        (add(&store, "asha", Role::Author), Changed::NoAdmin),
        (add(&store, "asha", Role::Admin), Changed::Done),
        (add(&store, "asha", Role::Viewer), Changed::Taken),
        (add(&store, "ben", Role::Viewer), Changed::Done),
        (change(&store, PeopleChange::Remove { by: "asha".into(), name: "asha".into() }, 0), Changed::NoAdmin),
        (change(&store, PeopleChange::Remove { by: "asha".into(), name: "nobody".into() }, 0), Changed::Absent),
        (change(&store, PeopleChange::Remove { by: "asha".into(), name: "ben".into() }, 0), Changed::Done),
    ];
    for (row, (came, expected)) in rows.into_iter().enumerate() {
        assert_eq!(came, expected, "{row}");
    }
    assert_eq!(names(&store), [("asha".into(), Role::Admin)]);
    let expected = ["asha|remove person|ben|", "asha|add person|ben|viewer", "asha|add person|asha|admin"];
    assert_eq!(log(&store), expected, "what came of nothing is no change");
    let password = |name| store.reader().password(&Tenant::default(), name).expect("reads");
    assert_eq!((password("asha").as_deref(), password("ben")), (Some("hash of asha"), None));
}

#[test]
fn a_session_lives_while_something_is_asked_in_it() {
    let (store, _folder) = open();
    let idle = i64::try_from(SESSION_IDLE.as_secs()).expect("hours");
    add(&store, "asha", Role::Admin);
    add(&store, "ben", Role::Viewer);
    assert_eq!(sign_in(&store, "nobody", "x", 0), Changed::Absent);
    assert_eq!(sign_in(&store, "asha", "token", 0), Changed::Done);
    let of = |second| signed(&store, "token", second).map(|signed| (signed.name, signed.role));
    assert_eq!(of(idle - 1), Some(("asha".into(), Role::Admin)));
    assert_eq!((of(idle), signed(&store, "wrong", 0)), (None, None));
    assert_eq!(store.reader().signed(&Tenant("other".into()), "token", clock(0)).expect("reads"), None);
    change(&store, PeopleChange::Seen { token: "token".into() }, 100);
    assert!(of(idle + 99).is_some() && of(idle + 100).is_none());
    assert_eq!(change(&store, PeopleChange::SignOut { token: "token".into() }, 100), Changed::Done);
    assert_eq!(
        (of(100), change(&store, PeopleChange::SignOut { token: "token".into() }, 100)),
        (None, Changed::Absent)
    );

    sign_in(&store, "ben", "ben's", 0);
    assert!(signed(&store, "ben's", 1).is_some());
    change(&store, PeopleChange::Remove { by: "asha".into(), name: "ben".into() }, 1);
    assert_eq!(signed(&store, "ben's", 1), None, "who is removed is out at once");
}

#[test]
fn a_link_is_good_once_and_for_an_hour() {
    let (store, folder) = open();
    let welcomes = Welcomes::open(&folder.path().join("passthru.db")).expect("opens");
    let life = i64::try_from(WELCOME_LIFE.as_secs()).expect("an hour");
    assert!(!welcomes.has_people(&Tenant::default()).expect("reads"));
    let link = |random: u8| welcomes.create((&Tenant::default(), CLI), [random; 32], clock(0)).expect("made");
    let use_it = |token: &str, password: &str, second| {
        let (name, password) = ("asha".to_owned(), password.to_owned());
        change(&store, PeopleChange::Welcome { token: token.into(), name, password }, second)
    };
    let (first, late) = (link(1), link(2));
    assert_eq!(use_it("wrong", "p", 1), Changed::Absent);
    assert_eq!(use_it(&first, "p", life - 1), Changed::Done);
    assert_eq!(use_it(&first, "p", life - 1), Changed::Absent, "it was used");
    assert_eq!(use_it(&late, "p", life), Changed::Absent, "it is too old");
    assert!(welcomes.has_people(&Tenant::default()).expect("reads"));

    // Whoever runs the server and has lost the password makes another link; sessions of the old one end.
    sign_in(&store, "asha", "token", 1);
    assert_eq!(use_it(&link(3), "new", 2), Changed::Done);
    assert_eq!(signed(&store, "token", 2), None);
    assert_eq!(store.reader().password(&Tenant::default(), "asha").expect("reads").as_deref(), Some("new"));
    let made = "cli|make link|an administrator|";
    let came = "asha|come in by link|asha|";
    assert_eq!(log(&store), [came, made, came, made, made]);
}

#[test]
fn somebody_who_is_invited_chooses_a_password_once_and_keeps_their_role() {
    let (store, _folder) = open();
    let life = i64::try_from(WELCOME_LIFE.as_secs()).expect("an hour");
    let (ben, by) = (|| "ben".to_owned(), || "asha".to_owned());
    let add = |name: &str, role, password: &str| {
        let (name, password) = (name.to_owned(), password.to_owned());
        change(&store, PeopleChange::Add { by: by(), name, role, password }, 0)
    };
    let invite = |name: &str, token: &str| {
        change(&store, PeopleChange::Invite { by: by(), name: name.into(), token: token.into() }, 0)
    };
    let come = |token: &str, name: &str, second| {
        let (token, name, password) = (token.to_owned(), name.to_owned(), format!("{name}'s"));
        change(&store, PeopleChange::Welcome { token, name, password }, second)
    };
    assert_eq!(add("asha", Role::Admin, ""), Changed::NoAdmin, "the first could never come in");
    assert_eq!((add("asha", Role::Admin, "hash"), add("ben", Role::Viewer, "")), (Changed::Done, Changed::Done));
    let password = |name| store.reader().password(&Tenant::default(), name).expect("reads");
    assert_eq!((password("ben"), invite("nobody", "x")), (None, Changed::Absent));
    assert_eq!((invite("ben", "one"), invite("ben", "two")), (Changed::Done, Changed::Done));
    sign_in(&store, "ben", "session", 1);
    let rows =
        [("one", "asha", 2, Changed::Absent), ("one", "ben", life, Changed::Absent), ("one", "ben", 2, Changed::Done)];
    for (token, name, second, expected) in rows {
        assert_eq!(come(token, name, second), expected, "{token} {name} {second}");
    }
    assert_eq!((password("ben").as_deref(), password("asha").as_deref()), (Some("ben's"), Some("hash")));
    assert_eq!(signed(&store, "session", 2), None, "whoever knew the old password goes");
    assert_eq!(
        (come("one", "ben", 3), come("two", "ben", 3)),
        (Changed::Absent, Changed::Absent),
        "it was theirs once"
    );
    assert_eq!(names(&store)[1], (ben(), Role::Viewer));

    invite("ben", "three");
    change(&store, PeopleChange::Remove { by: by(), name: ben() }, 4);
    assert_eq!(come("three", "ben", 5), Changed::Absent, "who is removed comes by no link");
    assert_eq!(log(&store)[..3], ["asha|remove person|ben|", "asha|make link|ben|", "ben|come in by link|ben|"]);
}

#[test]
fn a_role_is_changed_but_not_of_the_last_who_can_say_so() {
    let (store, _folder) = open();
    let appoint =
        |name: &str, role| change(&store, PeopleChange::Appoint { by: "asha".into(), name: name.into(), role }, 0);
    add(&store, "asha", Role::Admin);
    add(&store, "ben", Role::Viewer);
    let invited =
        PeopleChange::Add { by: "asha".into(), name: "eve".into(), role: Role::Admin, password: String::new() };
    assert_eq!(change(&store, invited, 0), Changed::Done);
    let rows = [
        ("nobody", Role::Viewer, Changed::Absent),
        ("asha", Role::Author, Changed::NoAdmin),
        ("asha", Role::Admin, Changed::Done),
        ("eve", Role::Author, Changed::Done),
        ("ben", Role::Admin, Changed::Done),
        ("asha", Role::Author, Changed::Done),
    ];
    for (name, role, expected) in rows {
        assert_eq!(appoint(name, role), expected, "{name} {role:?}");
    }
    let roles: Vec<_> = names(&store).into_iter().map(|(_, role)| role).collect();
    assert_eq!(roles, [Role::Author, Role::Admin, Role::Author]);
    assert_eq!(log(&store)[0], "asha|change role|asha|author");
}
