//! What is heard beside ringing and talking: a ringing tone, a whisper before two are joined, a playback while they talk.

use model::EventKind;
use sim::{Phone, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

/// Rings sales, then support, and reports.
fn desk(fields: &str) -> String {
    format!(
        "flow: desk
start: desk
nodes:
  desk:
    applet: connect
    to: ['sip:sales@10.0.1.2:5060', 'sip:support@10.0.1.3:5060']
    ring: 20s
    {fields}
    on: {{ answered: report, missed: report }}
  report: {{ applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }}
  bye: {{ applet: hangup }}"
    )
}

/// The caller, sales and support; the caller has dialled.
fn at_the_desk(w: &mut World, fields: &str) -> [Phone; 3] {
    w.publish_flow(&desk(fields));
    let _site = w.web("http://crm.example/calls").answers(200);
    let phones = ["alice", "sales", "support"].map(|name| w.phone(name));
    phones[0].dials(NUMBER);
    phones
}

/// What the site was told: CallType, DialCallStatus, and the first leg's cause and end.
fn told(w: &World) -> [String; 4] {
    let requests = w.requested();
    let report = requests.iter().find(|request| request.address() == "http://crm.example/calls").expect("it was told");
    ["CallType", "DialCallStatus", "Legs%5B0%5D%5BCauseCode%5D", "Legs%5B0%5D%5BDisconnectedBy%5D"]
        .map(|name| report.parameter(name).unwrap_or("absent").to_owned())
}

fn started(w: &World) -> Vec<u16> {
    let started = w.journal().iter().filter(|event| matches!(event.kind, EventKind::PlayStarted { .. }));
    started.filter_map(|event| event.leg).map(|leg| leg.0).collect()
}

#[test]
fn a_caller_hears_a_ringing_tone_of_ours() {
    in_all_weathers(|w| {
        let [alice, sales, _] = at_the_desk(w, "music: tone");
        let sales = sales.answers_after(10.s());
        w.until(alice.is_answered());
        w.passes(5.s());
        assert!(alice.packets() > 100, "it sounds without an end: {}", alice.packets());
        assert_eq!(sales.finals(), [0; 0]);
        w.until(alice.talks_to(&sales));
        alice.hangs_up();
        w.until(sales.is_free());
    });
}

#[test]
fn a_whisper_is_for_the_callee_alone_while_the_caller_still_waits() {
    in_all_weathers(|w| {
        let [alice, sales, _] = at_the_desk(w, "whisper: { say: A sales call. }");
        w.until(sales.hears("A sales call."));
        assert_eq!((alice.finals(), alice.packets()), (vec![], 0));
        w.until(alice.talks_to(&sales));
        sales.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(told(w), ["completed", "completed", "NORMAL_CLEARING", "Callee"]);
        assert_eq!(w.faults(0), [""; 0]);
    });
}

#[test]
fn a_whisper_may_be_for_both() {
    in_all_weathers(|w| {
        let [alice, sales, _] = at_the_desk(w, "music: hold.wav\n    whisper: { say: This is recorded., to: both }");
        w.until(alice.hears("This is recorded."));
        w.until(sales.hears("This is recorded."));
        w.until(alice.talks_to(&sales));
        assert_eq!(sales.heard(), ["This is recorded.", "alice"]);
        alice.hangs_up();
        w.until(sales.is_free());
    });
}

#[test]
fn who_hangs_up_in_the_whisper_has_declined_and_the_next_is_rung() {
    in_all_weathers(|w| {
        let [alice, sales, support] = at_the_desk(w, "music: hold.wav\n    whisper: { say: Sale., to: both }");
        w.until(sales.hears("Sale."));
        sales.hangs_up();
        w.until(support.hears("Sale."));
        w.until(alice.talks_to(&support));
        support.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(told(w)[..3], ["completed", "completed", "USER_BUSY"]);
        assert_eq!(w.walk(0), ["desk -> answered", "report -> next", "bye"]);
    });
}

#[test]
fn a_caller_who_leaves_in_the_whisper_has_not_talked() {
    in_all_weathers(|w| {
        let [alice, sales, support] =
            at_the_desk(w, "whisper: { say: [A sales call., One., Two., Three., Four., Five.] }");
        w.until(sales.hears("A sales call."));
        w.until(alice.hears_ringing());
        alice.hangs_up();
        w.until(sales.is_free());
        w.until(alice.is_free());
        w.settle();
        assert_eq!(told(w), ["client-hangup", "canceled", "RING_TIMEOUT", "Caller"]);
        assert_eq!(support.finals(), [0; 0]);
    });
}

#[test]
fn a_playback_is_heard_over_the_conversation_again_and_again() {
    let calm = in_all_weathers(|w| {
        let [alice, sales, _] = at_the_desk(w, "playback: { play: beep.wav, to: caller, after: 3s, every: 5s }");
        w.until(alice.talks_to(&sales));
        // Two tones at once are none: only without her voice the beep is heard for itself.
        sales.falls_silent();
        w.until(alice.hears("beep.wav"));
        w.passes(9.s());
        assert!(!sales.heard().contains(&"beep.wav".to_owned()));
        assert!(started(w).len() >= 2, "{:?}", started(w));
        alice.hangs_up();
        w.until(sales.is_free());
    });
    let ended = calm.journal().iter().filter(|event| matches!(event.kind, EventKind::PlayEnded { .. })).count();
    assert_eq!(ended, started(&calm).len(), "each that began has ended");
}

#[test]
fn a_url_says_what_each_party_hears_and_nobody_is_joined_before() {
    in_all_weathers(|w| {
        let says = w.web("http://crm.example/say").says(200, "text/plain", "Asha, of Pune.").after(2.s());
        let [alice, sales, support] = at_the_desk(w, "whisper: { ask: 'http://crm.example/say' }");
        w.until(sales.is_answered());
        w.passes(1.s());
        assert_eq!((alice.finals(), sales.heard()), (vec![], vec![]), "it waits");
        sales.hangs_up();
        w.until(support.hears("Asha, of Pune."));
        assert_eq!(alice.finals(), [0; 0]);
        w.until(alice.talks_to(&support));
        alice.hangs_up();
        w.until(support.is_free());
        w.settle();
        let asked: Vec<_> = says.requested().iter().filter_map(|request| request.decoded("DialWhomNumber")).collect();
        assert_eq!(asked, ["sip:sales@10.0.1.2:5060", "sip:support@10.0.1.3:5060"]);
        assert_eq!(told(w)[..2], ["completed", "completed"]);
        assert_eq!(w.faults(0), [""; 0]);
    });
}

#[test]
fn a_url_that_says_nothing_holds_nobody_up_for_long() {
    in_all_weathers(|w| {
        let _says = w.web("http://crm.example/say").says(200, "text/plain", "Too late.").after(6.s());
        let [alice, sales, _] = at_the_desk(w, "whisper: { ask: 'http://crm.example/say', to: both }");
        w.until(sales.is_answered());
        w.passes(4.s());
        assert_eq!(alice.finals(), [0; 0]);
        w.until(alice.talks_to(&sales));
        alice.hangs_up();
        w.until(sales.is_free());
        w.settle();
        assert_eq!(w.faults(0), ["http://crm.example/say does not say what is to be heard: no answer in time"]);
    });
}

#[test]
fn a_caller_who_leaves_while_the_url_is_asked_has_not_talked() {
    in_all_weathers(|w| {
        let _says = w.web("http://crm.example/say").says(200, "text/plain", "Asha.").after(4.s());
        let [alice, sales, support] = at_the_desk(w, "whisper: { ask: 'http://crm.example/say' }");
        w.until(sales.is_answered());
        w.passes(1.s());
        alice.hangs_up();
        w.until(sales.is_free());
        w.until(alice.is_free());
        w.settle();
        assert_eq!(told(w)[..2], ["client-hangup", "canceled"]);
        assert_eq!((sales.heard(), support.finals()), (vec![], vec![]));
    });
}
