//! A bot that is written from the published examples of messages alone, in a real call: what it is told, and what of it is heard.

use std::net::UdpSocket;
use std::thread::JoinHandle;

use crate::phone::Phone;
use crate::program::Receiver;
use crate::server::Server;

/// An RTP packet's header.
const HEADER: usize = 12;

fn flow(port: u16) -> String {
    format!(
        r#"
flow: assistant
start: talk
nodes:
  talk: {{ applet: voicebot, url: "ws://127.0.0.1:{port}/?lang=hi", on: {{ next: bye, failed: bye }} }}
  bye: {{ applet: hangup }}
"#
    )
}

/// Counts what is heard by its octets, until an empty packet comes.
fn listen(rtp: UdpSocket) -> JoinHandle<[usize; 256]> {
    std::thread::spawn(move || {
        let (mut heard, mut buffer) = ([0; 256], [0; 2048]);
        while let Ok(length) = rtp.recv(&mut buffer) {
            let Some(audio) = buffer[..length].get(HEADER..) else { break };
            audio.iter().for_each(|octet| heard[usize::from(*octet)] += 1);
        }
        heard
    })
}

#[test]
fn a_bot_of_the_examples_alone_is_served() {
    let bot = Receiver::examples();
    let server = Server::with_flows(&[("bot.yaml", flow(bot.port()))], "account_sid = \"acct1\"\n");
    let mut phone = Phone::new(&server, "+918011112222");
    let rtp = phone.rtp.try_clone().expect("a second handle");
    let listener = listen(phone.rtp.try_clone().expect("a third"));
    phone.is_accepted();
    assert_eq!(bot.told(1), ["started"]);
    phone.press(5, &rtp);
    assert_eq!(bot.told(4), ["started", "key", "marks", "cleared"]);
    phone.hang_up();
    assert_eq!(bot.told(5)[4], "stopped");
    rtp.send_to(&[], rtp.local_addr().expect("bound")).expect("sent");
    let heard = listener.join().expect("it heard");
    // The bot's steps lie in the sixth segment of µ-law, whose octets are inverted. What is dropped has the lowest, so that it passes
    // none of the others as it fades.
    let step = |number: usize| heard[0xaf - number];
    assert_eq!([step(1), step(2), step(3), step(4)], [8_000, 1_600, 1_600, 1_600], "what was marked was heard, whole");
    assert!((1..60 * 8_000).contains(&step(0)), "{} samples of what was dropped were heard", step(0));
    server.journal();
}
