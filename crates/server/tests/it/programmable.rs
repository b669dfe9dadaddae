//! A user's URL says what a real caller hears: a sound file that is fetched, a text that is spoken.

use server::speech::{Espeak, Speech as _};

use crate::baresip::{OFF, Phone, USERS};
use crate::server::Server;
use crate::sipp::Sipp;
use crate::sound::{tones, wav};
use crate::web::Web;

#[test]
fn a_fetched_sound_is_heard_at_its_pitch() {
    let sounds = Web::has("/tone.wav", wav(&tones(&[523], 30_000)));
    let told = format!(r#"{{"gather_prompt":{{"audio_url":"{}"}},"input_timeout":60}}"#, sounds.url("/tone.wav"));
    let crm = Web::answers(&[("/ask", 200, &told)]);
    let flow = format!(
        "flow: ask\nstart: ask\nnodes:\n  ask: {{ applet: gather, url: \"{}\", on: {{ digits: bye, none: bye }} }}\n  \
         bye: {{ applet: hangup }}\n",
        crm.url("/ask")
    );
    let server = Server::with_flows(&[("ask.yaml", &flow)], USERS);
    let mut alice = Phone::calls(&server, "alice", "pcmu", &tones(&[], 60_000));
    let heard = alice.hears();
    assert!((heard - 523.0).abs() < OFF, "alice heard {heard} Hz");
    assert!(crm.next().starts_with("/ask?CallSid="));
    assert_eq!(sounds.next(), "/tone.wav");
}

#[test]
fn a_text_is_spoken_to_its_end() {
    const TEXT: &str = "Good morning, Asha. Your parcel leaves today.";
    let crm = Web::answers(&[("/words", 200, TEXT)]);
    let flow = format!(
        "flow: words\nstart: words\nnodes:\n  words: {{ applet: greeting, url: \"{}\", next: bye, on: {{ failed: no }} }}\n  \
         bye: {{ applet: hangup, cause: 17 }}\n  no: {{ applet: hangup, cause: 19 }}\n",
        crm.url("/words?key=1")
    );
    let server = Server::with_flows(&[("words.yaml", &flow)], "");
    Sipp::calls(server.sip, "08011112222", "listener").run();
    let asked = [crm.next(), crm.next()];
    assert!(asked.iter().all(|asked| asked.starts_with("/words?key=1&CallSid=")), "HEAD, then GET: {asked:?}");
    let sid = asked[0].split(['=', '&']).nth(3).expect("a CallSid");
    server.journal(); // until the call has ended
    let (_, events) = server.get(&format!("/api/v1/calls/{sid}/events"));
    let events: serde_json::Value = serde_json::from_str(&events).expect("JSON");
    let event = |name: &str| {
        let found = events["events"].as_array().into_iter().flatten().find(|event| event["event"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {events}"))
    };
    assert!(event("rendered")["failure"].is_null(), "{events}");
    assert!(event("play_ended")["finished"] == true && event("ended")["cause"] == 17, "{events}");
    // Sound is sent at its own pace or later, never faster; its last packet of 20 ms is filled up.
    let at = |name: &str| event(name)["at_ms"].as_u64().expect("a number");
    let text = Espeak::default().render(TEXT).expect("espeak-ng is installed: scripts/install test");
    let length = u64::try_from(text.samples.len() / 8).expect("short");
    assert!(at("play_ended") - at("play_started") + 20 >= length, "{length} ms: {events}");
}
