//! Strangers on the audio ports of a call: what they send steers nothing, reaches nobody, and moves no audio to them.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use crate::phone::{Phone, field, socket};
use crate::server::{Server, free_port};
use crate::sipp::Sipp;

const NUMBER: &str = "+918011112222";

/// What the phone says, and what strangers say.
const OURS: u8 = 0x55;
const THEIRS: u8 = 0x2A;

/// Speaks for longer than the test takes; ends with cause 17 if the key was 1, 21 if it was another.
const MENU: &str = r#"
flow: menu
start: ask
nodes:
  ask: { applet: ivr, say: "Press one. Press one. Press one.", repeat: 9, on: { 1: one, none: other, invalid: other } }
  one: { applet: hangup, cause: 17 }
  other: { applet: hangup, cause: 21 }
"#;

/// Another machine, and another program on the phone's own.
fn strangers() -> [UdpSocket; 2] {
    [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::LOCALHOST].map(socket)
}

/// Audio in sequence, digits, and a report and a goodbye by RTCP.
fn attack(server_audio: SocketAddr, stranger: &UdpSocket, server: &Server) {
    let mut voice = Phone::new(server, NUMBER);
    voice.audio = server_audio;
    voice.say(THEIRS, 20, stranger);
    for _ in 0..3 {
        voice.press(2, stranger);
    }
    let report = [&[0x80, 200, 0, 6][..], &[0; 24], &[0x81, 203, 0, 1], &[0, 0, 0, 7]].concat();
    stranger.send_to(&report, (server_audio.ip(), server_audio.port() + 1)).expect("sent");
}

fn heard_nothing(stranger: &UdpSocket) {
    stranger.set_nonblocking(true).expect("a socket");
    let heard = stranger.recv(&mut [0; 2048]);
    assert!(matches!(&heard, Err(error) if error.kind() == ErrorKind::WouldBlock), "a stranger heard {heard:?}");
}

#[test]
fn strangers_press_no_keys_and_hear_no_prompt() {
    let server = Server::with_flows(&[("menu.yaml", MENU)], "");
    let mut phone = Phone::new(&server, NUMBER);
    phone.is_accepted();
    let rtp = phone.rtp.try_clone().expect("a second handle");
    phone.say(OURS, 1, &rtp);
    let strangers = strangers();
    for stranger in &strangers {
        rtp.recv(&mut [0; 2048]).expect("the prompt, before");
        attack(phone.audio, stranger, &server);
    }
    for _ in 0..100 {
        rtp.recv(&mut [0; 2048]).expect("the prompt, after");
    }
    phone.press(1, &rtp);
    assert!(field(&phone.is_let_go(), "Reason").contains("cause=17"));
    phone.rtcp.recv(&mut [0; 2048]).expect("a report");
    strangers.iter().for_each(heard_nothing);
}

/// Rings an agent, and joins the two.
fn desk(agent: u16) -> String {
    format!(
        "flow: desk\nstart: sales\nnodes:\n  sales: {{ applet: connect, to: \"sip:agent@127.0.0.1:{agent}\", ring: 9s, \
         on: {{ answered: bye, missed: bye, nobody: bye }} }}\n  bye: {{ applet: hangup }}\n"
    )
}

#[test]
fn strangers_are_not_heard_in_a_conversation() {
    let port = free_port();
    let server = Server::with_flows(&[("desk.yaml", &desk(port))], "");
    let agent = Sipp::agent(port, "agent_answers");
    let mut phone = Phone::new(&server, NUMBER);
    phone.is_accepted();
    phone.is_joined_with_an_echo(OURS);
    let strangers = strangers();
    strangers.iter().for_each(|stranger| attack(phone.audio, stranger, &server));
    let (rtp, mut packet) = (phone.rtp.try_clone().expect("a second handle"), [0; 2048]);
    for _ in 0..50 {
        phone.say(OURS, 1, &rtp);
        let length = rtp.recv(&mut packet).expect("the audio comes back");
        assert!(packet[12..length].iter().all(|octet| *octet == OURS), "{:?}", &packet[..length]);
    }
    phone.hang_up();
    phone.rtcp.recv(&mut packet).expect("a report");
    strangers.iter().for_each(heard_nothing);
    agent.join().expect("the agent's scenario went by the book");
}
