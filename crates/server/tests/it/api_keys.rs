//! Keys of the v1 API, made and revoked while the server runs; curl signs in with them and sends forms in both encodings.

use std::process::{Command, Output};

use crate::server::{DEADLINE, Server};

/// `passthru key …`, in the folder of a server.
fn key(server: &Server, arguments: &[&str]) -> Output {
    let mut key = Command::new(env!("CARGO_BIN_EXE_passthru"));
    key.arg("key").args(arguments).arg("--config").arg(server.folder().join("passthru.toml"));
    key.output().expect("it runs")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Status and body.
fn curl(server: &Server, path: &str, more: &[&str]) -> (u16, String) {
    let seconds = DEADLINE.as_secs().to_string();
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", &seconds, "-w", "\n%{http_code}"]).args(more);
    let text = said(&curl.arg(server.url(path)).output().expect("curl is installed: scripts/install test"));
    let (body, status) = text.rsplit_once('\n').expect("what -w says");
    (status.parse().expect("a status"), body.to_owned())
}

#[test]
fn a_key_opens_the_api_from_its_making_to_its_revoking() {
    let server = Server::start("account_sid = \"acme1\"");
    let connect = "/v1/Accounts/acme1/Calls/connect.json";
    let (status, body) = curl(&server, connect, &["-u", "key:token", "-d", "From=1"]);
    assert!(status == 401 && body.starts_with(r#"{"RestException":{"Status":401,"Message":""#), "{status} {body}");
    let made = said(&key(&server, &["create", "--name", "crm"]));
    let (name, token) = made.lines().last().and_then(|line| line.split_once(' ')).expect("a key, a space, a token");
    let user = format!("{name}:{token}");
    for form in [["-d", "from=09900000001"], ["-F", "from=09900000001"], ["--json", "{}"]] {
        let (status, body) = curl(&server, connect, &["-u", &user, form[0], form[1]]);
        let expected =
            if form[0] == "--json" { (415, "Content-Type `application\\/json`") } else { (400, "To: missing") };
        assert!(status == expected.0 && body.contains(expected.1), "{form:?}: {status} {body}");
    }
    assert!(said(&key(&server, &["list"])).contains(&format!("{name} made ")), "it is listed");
    said(&key(&server, &["revoke", name]));
    assert_eq!(curl(&server, connect, &["-u", &user, "-d", "From=1"]).0, 401);
    let again = key(&server, &["revoke", name]);
    let told = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && told.contains("is no valid key; `passthru key list`"), "{told}");
}
