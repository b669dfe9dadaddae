//! Keys that are tones in the sound.

use crate::phone::{Phone, field};
use crate::server::Server;
use crate::sound::tones;

/// Ends with cause 17 if the key was 1, 21 if it was another.
const MENU: &str = r#"
flow: menu
start: ask
nodes:
  ask: { applet: ivr, say: "Press one.", repeat: 9, on: { 1: one, none: other, invalid: other } }
  one: { applet: hangup, cause: 17 }
  other: { applet: hangup, cause: 21 }
"#;

/// 697 and 1209 Hz are the key 1 (ITU-T Q.23).
#[test]
fn a_key_in_the_sound_counts_where_no_events_are_agreed() {
    for (events, cause) in [(false, "cause=17"), (true, "cause=21")] {
        let server = Server::with_flows(&[("menu.yaml", MENU)], "");
        let mut phone = Phone::new(&server, "+918011112222");
        phone.events = events;
        phone.is_accepted();
        let rtp = phone.rtp.try_clone().expect("a second handle");
        phone.sounds(&[tones(&[], 200), tones(&[697, 1_209], 120), tones(&[], 200)].concat(), &rtp);
        if events {
            phone.press(2, &rtp);
        }
        let bye = phone.is_let_go();
        assert!(field(&bye, "Reason").contains(cause), "{bye}");
    }
}
