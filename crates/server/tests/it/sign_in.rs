//! People sign in: the first by a link, and what each of them may then do, asked by curl.

use std::process::Command;

use serde_json::{Value, json};

use crate::curl::curl;
use crate::server::Server;

const PASSWORD: &str = "a long password";

/// Somebody with a cookie jar of their own.
struct Person<'s> {
    server: &'s Server,
    jar: String,
}

impl<'s> Person<'s> {
    fn new(server: &'s Server, name: &str) -> Self {
        Self { server, jar: server.folder().join(format!("{name}.jar")).to_string_lossy().into_owned() }
    }

    /// Status, head and body of an answer.
    fn ask(&self, method: &str, path: &str, body: &Value, more: &[&str]) -> (u16, String, Value) {
        let body = body.to_string();
        let usual = ["-i", "-X", method, "-b", &self.jar, "-c", &self.jar];
        let sent: &[&str] = if method == "GET" { &[] } else { &["-d", &body] };
        let (status, _, text) = curl(self.server, path, &[&usual, sent, more].concat());
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        (status, head.to_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self.ask("GET", path, &Value::Null, &[]);
        (status, body)
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.ask("POST", path, body, &[]);
        (status, body)
    }

    fn sign_in(&self, name: &str, password: &str) -> (u16, String, Value) {
        self.ask("POST", "/api/v1/session", &json!({ "name": name, "password": password }), &[])
    }
}

/// What a link in some text carries.
fn token(text: &str) -> &str {
    text.trim_end().rsplit_once("/console/welcome#").expect("a link").1
}

fn welcome(token: &str) -> Value {
    json!({ "token": token, "name": "asha", "password": PASSWORD })
}

#[test]
fn the_printed_link_makes_the_first_administrator_who_lets_others_in() {
    let server = Server::reachable();
    let line = server.until("nobody can sign in to the console yet");
    let (asha, ben) = (Person::new(&server, "asha"), Person::new(&server, "ben"));
    assert_eq!(asha.get("/api/v1/calls").0, 401);
    let (status, head, session) = asha.ask("POST", "/api/v1/welcome", &welcome(token(&line)), &[]);
    assert_eq!((status, &session["name"], &session["role"]), (200, &json!("asha"), &json!("admin")));
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: passthru_session=")).expect("a cookie");
    let (secret, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!((secret.len(), attributes), (64, "path=/; httponly; samesite=strict"));
    let (status, refused) = ben.post("/api/v1/welcome", &welcome(token(&line)));
    assert_eq!((status, &refused["type"]), (403, &json!("urn:passthru:problem:spent-link")));

    let begun = asha.post("/api/v1/flows", &json!({ "name": "desk" }));
    assert_eq!(begun.0, 201, "{}", begun.1);
    let publish = json!({ "message": "opening", "revision": begun.1["revision"] });
    let person = json!({ "name": "ben", "role": "viewer", "password": PASSWORD });
    assert_eq!(asha.post("/api/v1/people", &person).0, 201);
    assert_eq!(ben.sign_in("ben", PASSWORD).0, 200);
    assert_eq!(ben.get("/api/v1/flows/desk").0, 200);
    let (status, refused) = ben.post("/api/v1/flows/desk/publish", &publish);
    assert_eq!((status, &refused["type"]), (403, &json!("urn:passthru:problem:role")));
    let (status, published) = asha.post("/api/v1/flows/desk/publish", &publish);
    assert_eq!(status, 200, "{published}");
    let (_, versions) = ben.get("/api/v1/flows/desk/versions");
    assert_eq!(versions["versions"][0]["author"], "asha", "{versions}");

    let (status, head, _) = ben.ask("DELETE", "/api/v1/session", &Value::Null, &[]);
    assert_eq!((status, head.contains("max-age=0"), ben.get("/api/v1/calls").0), (204, true, 401));
}

#[test]
fn on_loopback_nobody_need_sign_in_until_somebody_can() {
    let server = Server::start("");
    let anybody = Person::new(&server, "anybody");
    let session = anybody.get("/api/v1/session").1;
    assert_eq!((&session["name"], &session["required"]), (&json!("local"), &json!(false)));
    for (header, problem) in
        [("Host: rebound.example", "foreign-host"), ("Origin: http://evil.example", "foreign-origin")]
    {
        let (status, _, refused) = anybody.ask("POST", "/api/v1/flows", &json!({ "name": "desk" }), &["-H", header]);
        assert_eq!((status, &refused["type"]), (403, &json!(format!("urn:passthru:problem:{problem}"))), "{header}");
    }
    assert_eq!(anybody.get("/api/v1/flows/desk").0, 404, "neither began it");

    let mut link = Command::new(env!("CARGO_BIN_EXE_passthru"));
    let link = link.args(["console", "link", "--config"]).arg(server.folder().join("passthru.toml")).output();
    let link = String::from_utf8(link.expect("it runs").stdout).expect("text");
    assert!(link.starts_with(&server.url("/console/welcome#")), "{link}");
    assert_eq!(anybody.post("/api/v1/welcome", &welcome(token(&link))).0, 200);
    assert_eq!(Person::new(&server, "another").get("/api/v1/calls").0, 401);
    assert_eq!(anybody.get("/api/v1/calls").0, 200);
}

/// However slow the machine is, the waits grow past the time between two tries.
#[test]
fn who_guesses_passwords_has_to_wait_ever_longer() {
    let server = Server::start("");
    let admin = json!({ "name": "asha", "role": "admin", "password": PASSWORD });
    let guesser = Person::new(&server, "guesser");
    assert_eq!(guesser.post("/api/v1/people", &admin).0, 201);
    let tries: Vec<_> = (0..12).map(|_| guesser.sign_in("asha", "a wrong password")).collect();
    let (slow, wrong): (Vec<_>, Vec<_>) = tries.iter().partition(|(status, ..)| *status == 429);
    assert!(wrong.len() >= 5 && wrong.iter().all(|(status, ..)| *status == 401), "{tries:?}");
    assert!(!slow.is_empty() && slow.iter().all(|(_, head, _)| head.contains("\r\nretry-after: ")), "{tries:?}");
}
