//! Who may ask what, as a browser and a program meet it.

use api::Access;
use axum::http::Method;
use serde_json::{Value, json};
use store::{PeopleChange, Role, Welcomes};

use crate::story::*;

const PASSWORD: &str = "a long password";

/// A server that others can reach.
fn reachable() -> Server {
    Server::open_to(Access { loopback: false, secure: true, host: None })
}

async fn json(server: &Server, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    server.send(method, path, headers, body.to_string()).await
}

/// Comes in by a link as the first administrator; the session's cookie.
async fn come_in(server: &Server) -> String {
    let token = server.link([9; 32]);
    let body = json!({ "token": token, "name": "asha", "password": PASSWORD });
    let answer = json(server, Method::POST, "/api/v1/welcome", &[], &body).await;
    assert_eq!(answer.json(), json!({ "name": "asha", "role": "admin", "signed_in": true, "required": true }));
    cookie(&answer)
}

fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    set.split(';').next().expect("its pair").to_owned()
}

async fn sign_in(server: &Server, name: &str, password: &str) -> Answer {
    json(server, Method::POST, "/api/v1/session", &[], &json!({ "name": name, "password": password })).await
}

async fn add(server: &Server, admin: &str, name: &str, role: &str) -> Answer {
    let person = json!({ "name": name, "role": role, "password": PASSWORD });
    json(server, Method::POST, "/api/v1/people", &[("cookie", admin)], &person).await
}

#[tokio::test]
async fn on_this_machine_nobody_need_sign_in_until_there_is_somebody() {
    let server = Server::open();
    let session = server.get("/api/v1/session").await.json();
    assert_eq!(session, json!({ "name": "local", "role": "admin", "signed_in": false, "required": false }));
    let refused = add(&server, "", "ben", "viewer").await;
    refused.problem(409, "no-admin", "first person");
    assert_eq!(add(&server, "", "asha", "admin").await.status, 201);
    server.get("/api/v1/calls").await.problem(401, "sign-in", "/console/");
    let session = server.get("/api/v1/session").await.json();
    assert_eq!(session, json!({ "name": null, "role": null, "signed_in": false, "required": true }));
}

#[tokio::test]
async fn what_a_proxy_brings_has_to_sign_in_and_other_names_are_refused() {
    let server = Server::open_to(Access { loopback: true, secure: false, host: Some("voice.example".into()) });
    let rows: [(&[(&str, &str)], u16); 7] = [
        (&[("host", "localhost:8080")], 200),
        (&[("host", "127.0.0.1:8080")], 200),
        (&[("host", "[::1]:8080")], 200),
        (&[("host", "voice.example")], 401),
        (&[("host", "127.0.0.1:8080"), ("x-forwarded-for", "192.0.2.7")], 401),
        (&[("host", "127.0.0.1:8080"), ("forwarded", "for=192.0.2.7")], 401),
        (&[("host", "rebound.example:8080")], 403),
    ];
    for (headers, expected) in rows {
        let answer = server.send(Method::GET, "/api/v1/calls", headers, String::new()).await;
        assert_eq!(answer.status, expected, "{headers:?}");
    }
    let rebound = server.send(Method::GET, "/api/v1/calls", &[("host", "rebound.example")], String::new()).await;
    rebound.problem(403, "foreign-host", "recording.base_url");
    let health = server.send(Method::GET, "/healthz", &[("host", "rebound.example")], String::new()).await;
    assert_eq!(health.status, 200);
}

#[tokio::test]
async fn a_server_that_others_reach_serves_nothing_unasked() {
    let server = reachable();
    let document = Server::open().get("/api/v1/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item
            .as_object()
            .expect("methods")
            .keys()
            .filter(|method| ["get", "post", "put", "delete"].contains(&&***method))
        {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let path = path.replace(['{', '}'], "x");
            let status = server.send(method.clone(), &path, &[], String::new()).await.status.as_u16();
            let is_open = ["/healthz", "/readyz", "/api/v1/session", "/api/v1/welcome"].contains(&&*path);
            let link = path.starts_with("/recordings/"); // whose signature is looked at
            let expected: &[u16] = if is_open {
                &[200, 204, 400]
            } else if link {
                &[403, 404]
            } else {
                &[401]
            };
            assert!(expected.contains(&status), "{method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn the_first_administrator_comes_in_by_a_link_that_is_good_once() {
    let server = reachable();
    let token = server.link([9; 32]);
    let body = |token: &str, password: &str| json!({ "token": token, "name": "asha", "password": password });
    let welcome = async |body: Value| json(&server, Method::POST, "/api/v1/welcome", &[], &body).await;
    welcome(body("wrong", PASSWORD)).await.problem(403, "spent-link", "passthru console link");
    welcome(body(&token, "short")).await.problem(400, "bad-body", "10 characters");
    let answer = welcome(body(&token, PASSWORD)).await;
    let set = answer.header("set-cookie").expect("a cookie");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{set}");
    let calls = server.send(Method::GET, "/api/v1/calls", &[("cookie", &cookie(&answer))], String::new()).await;
    assert_eq!(calls.status, 200);
    welcome(body(&token, PASSWORD)).await.problem(403, "spent-link", "");
}

#[tokio::test]
async fn people_sign_in_and_out() {
    let server = reachable();
    come_in(&server).await;
    sign_in(&server, "asha", "another password").await.problem(401, "wrong-password", "");
    let answer = sign_in(&server, "asha", PASSWORD).await;
    let cookie = cookie(&answer);
    let others = format!("theme=dark; {cookie}; x=y");
    let session = server.send(Method::GET, "/api/v1/session", &[("cookie", &others)], String::new()).await.json();
    assert_eq!(session, json!({ "name": "asha", "role": "admin", "signed_in": true, "required": true }));
    let out = server.send(Method::DELETE, "/api/v1/session", &[("cookie", &cookie)], String::new()).await;
    assert_eq!(
        (out.status.as_u16(), out.header("set-cookie").is_some_and(|set| set.contains("Max-Age=0"))),
        (204, true)
    );
    let after = server.send(Method::GET, "/api/v1/calls", &[("cookie", &cookie)], String::new()).await;
    after.problem(401, "sign-in", "");
}

#[tokio::test]
async fn a_session_in_which_nothing_is_asked_ends() {
    let server = reachable();
    come_in(&server).await;
    let then = Server::NOW - store::SESSION_IDLE;
    for (second, expected) in [(0, 401), (1, 200)] {
        let token = format!("token of {second}");
        let change = PeopleChange::SignIn { name: "asha".into(), token: token.clone() };
        let at = then + std::time::Duration::from_secs(second);
        server.write(|writer, done| writer.change_people((model::Tenant::default(), change), done, at)).await;
        let cookie = format!("passthru_session={token}");
        let answer = server.send(Method::GET, "/api/v1/calls", &[("cookie", &cookie)], String::new()).await;
        assert_eq!(answer.status, expected, "{second}");
    }
    // That request counted: the session lives on from now.
    let signed = server.reader().signed(&model::Tenant::default(), "token of 1", Server::NOW).expect("reads");
    assert_eq!(signed.map(|signed| signed.seen), Some(Server::NOW));
}

#[tokio::test]
async fn each_role_may_what_the_one_before_may_and_more() {
    let server = reachable();
    let admin = come_in(&server).await;
    server.store(vec![offered(RUNNING, 0, ALICE)]).await;
    let rows = [("viewer", 403, 403), ("author", 202, 403), ("admin", 202, 200)];
    for (role, hang_up, people) in rows {
        assert_eq!(add(&server, &admin, role, role).await.status, 201);
        let cookie = cookie(&sign_in(&server, role, PASSWORD).await);
        let headers = [("cookie", &*cookie)];
        let ask = async |method, path: &str| server.send(method, path, &headers, String::new()).await.status.as_u16();
        assert_eq!(ask(Method::GET, "/api/v1/calls").await, 200, "{role}");
        assert_eq!(ask(Method::POST, &format!("/api/v1/calls/{RUNNING}/hangup")).await, hang_up, "{role}");
        assert_eq!(ask(Method::GET, "/api/v1/people").await, people, "{role}");
    }
    let viewer = cookie(&sign_in(&server, "viewer", PASSWORD).await);
    let refused = add(&server, &viewer, "eve", "admin").await;
    refused.problem(403, "role", "`viewer` is a viewer, and this takes an admin");
}

#[tokio::test]
async fn admins_say_who_may() {
    let server = reachable();
    let admin = come_in(&server).await;
    assert_eq!(add(&server, &admin, "ben", "viewer").await.status, 201);
    add(&server, &admin, "ben", "viewer").await.problem(409, "person-taken", "ben");
    for (name, role) in [("", "viewer"), ("local", "viewer"), ("key 1", "viewer"), ("a/b", "viewer"), ("eve", "owner")]
    {
        add(&server, &admin, name, role).await.problem(400, "bad-body", "");
    }
    let headers = [("cookie", &*admin)];
    let people = server.send(Method::GET, "/api/v1/people", &headers, String::new()).await.json();
    let names: Vec<_> = people["people"].as_array().expect("people").iter().map(|p| (&p["name"], &p["role"])).collect();
    assert_eq!(names, [(&json!("asha"), &json!("admin")), (&json!("ben"), &json!("viewer"))]);
    assert!(!people.to_string().contains("argon2"), "{people}");
    let ben = cookie(&sign_in(&server, "ben", PASSWORD).await);
    let remove = async |name: &str| {
        server.send(Method::DELETE, &format!("/api/v1/people/{name}"), &headers, String::new()).await
    };
    assert_eq!(remove("ben").await.status, 204);
    remove("ben").await.problem(404, "no-such-person", "ben");
    remove("asha").await.problem(409, "no-admin", "add another one first");
    let after = server.send(Method::GET, "/api/v1/calls", &[("cookie", &ben)], String::new()).await;
    after.problem(401, "sign-in", "");
}

#[tokio::test]
async fn a_key_opens_what_an_author_may() {
    let server = reachable();
    let bearer = format!("Bearer {}", server.key.token);
    for (authorization, path, expected) in [
        (&*bearer, "/api/v1/calls", 200),
        (&*server.basic(), "/metrics", 200),
        (&*bearer, "/api/v1/people", 403),
        ("Bearer wrong", "/api/v1/calls", 401),
        ("Basic wrong", "/api/v1/calls", 401),
    ] {
        let answer = server.send(Method::GET, path, &[("authorization", authorization)], String::new()).await;
        assert_eq!(answer.status, expected, "{authorization} {path}");
    }
}

#[tokio::test]
async fn a_change_is_in_the_name_of_whoever_is_signed_in() {
    let server = reachable();
    let admin = come_in(&server).await;
    let begun = json(&server, Method::POST, "/api/v1/flows", &[("cookie", &admin)], &json!({ "name": "desk" })).await;
    assert_eq!((begun.status.as_u16(), &begun.json()["draft"]["author"]), (201, &json!("asha")));
    assert_eq!(add(&server, &admin, "ben", "viewer").await.status, 201);
    server.send(Method::DELETE, "/api/v1/people/ben", &[("cookie", &admin)], String::new()).await;
    let audit = server.send(Method::GET, "/api/v1/audit", &[("cookie", &admin)], String::new()).await;
    let lines = ["author", "action", "subject"];
    let lines = |line: &Value| lines.map(|key| line[key].as_str().expect("text").to_owned()).join("|");
    let lines: Vec<_> = audit.json()["lines"].as_array().expect("lines").iter().map(lines).collect();
    let expected = [
        "asha|remove person|ben",
        "asha|add person|ben",
        "asha|create flow|desk",
        "asha|come in by link|asha",
        "cli|make link|an administrator",
    ];
    assert_eq!(lines[..5], expected);
    assert!(!audit.body.contains(&"09".repeat(32)) && !audit.body.contains(PASSWORD), "{}", audit.body);
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let server = reachable();
    come_in(&server).await;
    for _ in 0..5 {
        sign_in(&server, "asha", "a wrong password").await.problem(401, "wrong-password", "");
    }
    let answer = sign_in(&server, "asha", PASSWORD).await;
    answer.problem(429, "slow-down", "");
    assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    assert_eq!(sign_in(&server, "nobody", PASSWORD).await.status, 401, "others need not wait");
}

#[tokio::test]
async fn behind_a_proxy_of_this_machine_each_visitor_waits_for_their_own_guesses() {
    let server = reachable();
    let guess = async |peer: &str, headers: &[(&str, &str)], name: String| {
        let body = json!({ "name": name, "password": PASSWORD });
        server.post_from(peer, "/api/v1/session", headers, &body).await.status.as_u16()
    };
    let from = |address| [("x-forwarded-for", address)];
    for number in 0..5 {
        assert_eq!(guess("127.0.0.1", &from("10.1.1.1, 192.0.2.7"), format!("a{number}")).await, 401);
    }
    assert_eq!(
        guess("127.0.0.1", &from("10.2.2.2, 192.0.2.7"), "a5".into()).await,
        429,
        "what they wrote counts nothing"
    );
    assert_eq!(guess("::1", &[("forwarded", "for=192.0.2.7")], "a6".into()).await, 429);
    assert_eq!(guess("127.0.0.1", &from("192.0.2.8"), "a7".into()).await, 401, "others need not wait");
    for number in 0..5 {
        assert_eq!(guess("198.51.100.1", &from("192.0.2.8"), format!("b{number}")).await, 401);
    }
    assert_eq!(guess("198.51.100.1", &from("192.0.2.9"), "b5".into()).await, 429, "no proxy of this machine");
}

#[tokio::test]
async fn somebody_is_invited_chooses_a_password_and_is_given_another_role() {
    let server = reachable();
    let admin = come_in(&server).await;
    let headers = [("cookie", &*admin)];
    let ask = async |method, path: &str, body: &Value| json(&server, method, path, &headers, body).await;
    let ben = json!({ "name": "ben", "role": "viewer" });
    assert_eq!(ask(Method::POST, "/api/v1/people", &ben).await.status, 201);
    sign_in(&server, "ben", PASSWORD).await.problem(401, "wrong-password", "");
    ask(Method::POST, "/api/v1/people/nobody/link", &json!({})).await.problem(404, "no-such-person", "nobody");
    let link = ask(Method::POST, "/api/v1/people/ben/link", &json!({})).await;
    assert_eq!((link.status.as_u16(), &link.json()["expires"]), (201, &json!("2027-01-15T09:00:00Z")));
    let token = link.json()["token"].as_str().expect("its secret").to_owned();
    let come = async |name: &str| {
        let body = json!({ "token": token, "name": name, "password": PASSWORD });
        json(&server, Method::POST, "/api/v1/welcome", &[], &body).await
    };
    come("asha").await.problem(403, "spent-link", "");
    assert_eq!(come("ben").await.json()["role"], "viewer");
    assert_eq!(sign_in(&server, "ben", PASSWORD).await.status, 200);

    let appoint = async |name: &str, role: &str| {
        ask(Method::PUT, &format!("/api/v1/people/{name}"), &json!({ "role": role })).await
    };
    appoint("ben", "owner").await.problem(400, "bad-body", "none of viewer, author and admin");
    appoint("nobody", "author").await.problem(404, "no-such-person", "nobody");
    appoint("asha", "author").await.problem(409, "no-admin", "let another one come in first");
    assert_eq!(appoint("ben", "author").await.status, 204);
    assert_eq!(sign_in(&server, "ben", PASSWORD).await.json()["role"], "author");
    let audit = server.send(Method::GET, "/api/v1/audit?limit=4", &headers, String::new()).await;
    let done: Vec<_> =
        audit.json()["lines"].as_array().expect("lines").iter().map(|line| line["action"].clone()).collect();
    assert_eq!(done, ["change role", "come in by link", "make link", "add person"]);
    assert!(!audit.body.contains(&token) && !server.holds(&token), "{}", audit.body);
}

#[tokio::test]
async fn the_first_person_has_a_password() {
    let server = Server::open();
    let asha = json!({ "name": "asha", "role": "admin" });
    let refused = json(&server, Method::POST, "/api/v1/people", &[], &asha).await;
    refused.problem(409, "no-admin", "with a password");
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_and_is_upgraded_to_nothing() {
    let server = Server::open();
    let foreign = [("host", "127.0.0.1:8080"), ("origin", "http://evil.example")];
    let body = json!({ "name": "asha", "role": "admin", "password": PASSWORD });
    json(&server, Method::POST, "/api/v1/people", &foreign, &body).await.problem(403, "foreign-origin", "evil.example");
    let upgrade = [foreign[0], foreign[1], ("connection", "upgrade"), ("upgrade", "websocket")];
    let answer = server.send(Method::GET, "/api/v1/events", &upgrade, String::new()).await;
    answer.problem(403, "foreign-origin", "evil.example");
}

#[tokio::test]
async fn the_store_does_not_hold_what_opens_it() {
    let server = reachable();
    let cookie = come_in(&server).await;
    let token = cookie.strip_prefix("passthru_session=").expect("its name");
    assert_eq!(token.len(), 64);
    assert!(server.holds("asha") && !server.holds(token) && !server.holds(PASSWORD) && !server.holds(&"09".repeat(32)));
    assert_eq!(Role::from_name("admin"), Some(Role::Admin));
    let welcomes = Welcomes::open(&server.path()).expect("opens");
    assert!(welcomes.has_people(&model::Tenant::default()).expect("reads"));
}
