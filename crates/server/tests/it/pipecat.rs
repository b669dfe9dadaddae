//! pipecat as bot, unmodified, in a call of baresip: what each hears is what the other said, to the sample.
//!
//! Both say what their law of G.711 has values for, so nothing is lost on the way. What a busy machine sends too late comes behind
//! silence; there is no silence in what is said, so all else must be equal.

use serde_json::Value;

use crate::baresip::{Phone, USERS};
use crate::program::Receiver;
use crate::server::Server;
use crate::sound::{RATE, noise, samples};

/// How much the caller is to hear of itself before it goes.
const ENOUGH: usize = 4 * RATE;

/// What is compared to find where the bot began to listen.
const BEGINNING: usize = RATE / 50;

/// No value of a law's silence is farther from 0.
const SILENCE: u16 = 8;

fn flow(port: u16) -> String {
    format!(
        r#"
flow: assistant
start: talk
nodes:
  talk: {{ applet: voicebot, url: "ws://127.0.0.1:{port}/", on: {{ next: bye, failed: bye }} }}
  bye: {{ applet: hangup }}
"#
    )
}

/// All but the silence.
fn speech(samples: &[i16]) -> Vec<i16> {
    samples.iter().copied().filter(|sample| sample.unsigned_abs() > SILENCE).collect()
}

/// Where the first sample that differs is, in what was said.
fn differs(heard: &[i16], said: &[i16]) -> Option<usize> {
    assert!(heard.len() <= said.len(), "more was heard than was said: {} samples of {}", heard.len(), said.len());
    heard.iter().zip(said).position(|(heard, said)| heard != said)
}

fn talk(law: &str) {
    let (bot, said) = (Receiver::pipecat(), noise(law, 60_000));
    let server = Server::with_flows(&[("bot.yaml", flow(bot.port()))], USERS);
    let mut alice = Phone::calls(&server, "alice", law, &said);
    let heard = alice.until_heard(|recording| {
        let heard = speech(&samples(recording));
        (heard.len() >= ENOUGH).then_some(heard)
    });
    alice.hangs_up();
    server.journal();
    let told = bot.told(1);
    let call = serde_json::json!({ "provider": "exotel", "from": "alice", "to": "08011112222" });
    assert_eq!(told[0], call);
    let sample = |value: &Value| i16::try_from(value.as_i64().expect("a number")).expect("16 bits");
    let frames = bot.told(1 + ENOUGH / 800);
    let bot: Vec<i16> =
        frames[1..].iter().flat_map(|frame| frame.as_array().expect("samples").iter().map(sample)).collect();
    let bot = speech(&bot);
    let begins = said.windows(BEGINNING).position(|window| window == &bot[..BEGINNING]).expect("what was said");
    assert_eq!(differs(&bot, &said[begins..]), None, "what the bot heard, from {begins} on");
    assert_eq!(differs(&heard, &bot), None, "what the caller heard");
}

#[test]
fn pipecat_and_the_caller_hear_each_other_to_the_sample_in_pcmu() {
    talk("pcmu");
}

#[test]
fn pipecat_and_the_caller_hear_each_other_to_the_sample_in_pcma() {
    talk("pcma");
}
