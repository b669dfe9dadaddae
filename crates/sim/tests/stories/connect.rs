//! The caller is connected with somebody else, or is not.

use expect_test::expect;
use model::{CallState, EndedBy, EventKind};
use sim::{Phone, Requested, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

/// Rings sales, then reports what became of it.
const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', ring: 6s, on: { answered: report, missed: report, nobody: nobody } }
  nobody: { applet: greeting, say: There is nobody., next: report }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }";

/// Dials the desk; yields the caller, sales, and what the site was asked when all is over.
fn at_the_desk(w: &mut World, sales: impl Fn(Phone) -> Phone, story: impl Fn(&mut World, &Phone, &Phone)) -> Requested {
    w.publish_flow(DESK);
    let site = w.web("http://crm.example/calls").answers(200);
    let alice = w.phone("+919900000001");
    let sales = sales(w.phone("sales"));
    alice.dials(NUMBER);
    story(w, &alice, &sales);
    w.until(alice.is_free());
    w.settle();
    let mut asked = site.requested();
    assert_eq!(asked.len(), 1);
    asked.remove(0)
}

/// CallType, DialCallStatus, and the first leg's CauseCode and OnCallDuration.
fn outcome(asked: &Requested) -> [&str; 4] {
    ["CallType", "DialCallStatus", "Legs%5B0%5D%5BCauseCode%5D", "Legs%5B0%5D%5BOnCallDuration%5D"]
        .map(|name| asked.parameter(name).unwrap_or("absent"))
}

#[test]
fn the_two_hear_each_other_until_the_other_side_hangs_up() {
    let calm = in_all_weathers(|w| {
        let asked = at_the_desk(
            w,
            |sales| sales.answers_after(2.s()),
            |w, alice, sales| {
                w.until(alice.talks_to(sales));
                w.passes(4_500.ms());
                sales.hangs_up();
            },
        );
        assert_eq!(outcome(&asked)[..3], ["completed", "completed", "NORMAL_CLEARING"]);
        assert_eq!(w.walk(0), ["desk -> answered", "report -> next", "bye"]);
        let record = w.records().remove(0);
        assert_eq!((record.state, record.ended_by, record.dialled), (CallState::Completed, Some(EndedBy::Us), 1));
        if w.is_calm() {
            expect!["http://crm.example/calls?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=09900000001&CallTo=08011112222&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=6&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=sip%3Asales%4010.0.1.2%3A5060&ProcessStatus=null&flow_id=9034184&tenant_id=1&From=09900000001&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A06&OutgoingPhoneNumber=08011112222&Legs%5B0%5D%5BNumber%5D=sip%3Asales%4010.0.1.2%3A5060&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=4&Legs%5B0%5D%5BCallerId%5D=08011112222&Legs%5B0%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B0%5D%5BCause%5D=16&Legs%5B0%5D%5BDisconnectedBy%5D=Callee"].assert_eq(&asked.url);
        }
    });
    expect![[r#"
        0.000    +919900000001 > switch  INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow desk
        0.001      flow            desk: connect
        0.001      leg 1           dials sip:sales@10.0.1.2:5060
        0.001    switch > +919900000001  180 INVITE
        0.001    switch > sales    INVITE sip:sales@10.0.1.2:5060  sdp 0,8,101
        0.002    sales > switch    180 INVITE
        2.002    sales > switch    200 INVITE  sdp 0,101
        2.003    switch > sales    ACK sip:sales@10.0.1.2:5060
        2.003      caller          joined with leg 1
        2.003    switch > +919900000001  200 INVITE  sdp 0,101
        2.004    +919900000001 > switch  ACK sip:10.0.0.1:5060
        6.586    sales > switch    BYE sip:10.0.0.1:5060
        6.587      caller          no longer joined with leg 1
        6.587      leg 1           ended by callee: NORMAL_CLEARING (16)
        6.587      flow            desk -> answered
        6.587      flow            report: passthru
        6.587      flow            callout 1 queued
        6.587    outbox > web      GET http://crm.example/calls?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=09900000001&CallTo=08011112222&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=6&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=sip%3Asales%4010.0.1.2%3A5060&ProcessStatus=null&flow_id=9034184&tenant_id=1&From=09900000001&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A06&OutgoingPhoneNumber=08011112222&Legs%5B0%5D%5BNumber%5D=sip%3Asales%4010.0.1.2%3A5060&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=4&Legs%5B0%5D%5BCallerId%5D=08011112222&Legs%5B0%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B0%5D%5BCause%5D=16&Legs%5B0%5D%5BDisconnectedBy%5D=Callee
        6.587    switch > sales    200 BYE
        6.588      flow            callout 1 is durable
        6.588      flow            report -> next
        6.588      flow            bye: hangup
        6.588      caller          ended by us: NORMAL_CLEARING (16)
        6.588    switch > +919900000001  BYE sip:+919900000001@10.0.1.1:5060  Q.850;cause=16
        6.588      flow            call ended by us: NORMAL_CLEARING (16)
        6.589    +919900000001 > switch  200 BYE
    "#]].assert_eq(calm.ladder());
}

#[test]
fn the_caller_hangs_up_and_the_other_side_is_let_go() {
    in_all_weathers(|w| {
        let asked = at_the_desk(
            w,
            |sales| sales,
            |w, alice, sales| {
                w.until(alice.talks_to(sales));
                alice.hangs_up();
                w.until(sales.is_free());
            },
        );
        assert_eq!(outcome(&asked)[..3], ["completed", "completed", "NORMAL_CLEARING"]);
        assert_eq!(w.records()[0].ended_by, Some(EndedBy::Caller));
    });
}

#[test]
fn a_busy_party_is_missed() {
    in_all_weathers(|w| {
        let asked = at_the_desk(w, |sales| sales.rejects(486), |_, _, _| {});
        assert_eq!(outcome(&asked), ["incomplete", "busy", "USER_BUSY", "0"]);
        assert_eq!(asked.parameter("DialCallDuration"), Some("0"));
        assert_eq!(w.walk(0), ["desk -> missed", "report -> next", "bye"]);
    });
}

#[test]
fn a_party_that_declines_is_reported_busy() {
    in_all_weathers(|w| {
        let asked = at_the_desk(w, |sales| sales.rejects(603), |_, _, _| {});
        assert_eq!(outcome(&asked), ["incomplete", "busy", "USER_BUSY", "0"]);
    });
}

#[test]
fn a_party_that_does_not_exist_has_failed() {
    in_all_weathers(|w| {
        let asked = at_the_desk(w, |sales| sales.rejects(404), |_, _, _| {});
        assert_eq!(outcome(&asked), ["incomplete", "failed", "UNALLOCATED_NUMBER", "0"]);
    });
}

#[test]
fn a_party_that_only_rings_is_given_up_after_its_time() {
    let calm = in_all_weathers(|w| {
        let asked = at_the_desk(w, Phone::only_rings, |w, _, sales| w.until(sales.is_rung()));
        assert_eq!(outcome(&asked), ["incomplete", "no-answer", "RING_TIMEOUT", "0"]);
        assert_eq!(asked.parameter("DialCallDuration"), Some("0"), "however long it rang");
        assert_eq!(w.walk(0), ["desk -> missed", "report -> next", "bye"]);
    });
    expect![[r#"
        0.000    +919900000001 > switch  INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow desk
        0.001      flow            desk: connect
        0.001      leg 1           dials sip:sales@10.0.1.2:5060
        0.001    switch > +919900000001  180 INVITE
        0.001    switch > sales    INVITE sip:sales@10.0.1.2:5060  sdp 0,8,101
        0.002    sales > switch    180 INVITE
        6.001      leg 1           ended by us: NO_ANSWER (19)
        6.001      flow            desk -> missed
        6.001      flow            report: passthru
        6.001      flow            callout 1 queued
        6.001    outbox > web      GET http://crm.example/calls?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=09900000001&CallTo=08011112222&CallStatus=ringing&Direction=incoming&ForwardedFrom=null&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=no-answer&CallType=incomplete&DialWhomNumber=sip%3Asales%4010.0.1.2%3A5060&ProcessStatus=null&flow_id=9034184&tenant_id=1&From=09900000001&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A06&OutgoingPhoneNumber=08011112222&Legs%5B0%5D%5BNumber%5D=sip%3Asales%4010.0.1.2%3A5060&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08011112222&Legs%5B0%5D%5BCauseCode%5D=RING_TIMEOUT&Legs%5B0%5D%5BCause%5D=1003&Legs%5B0%5D%5BDisconnectedBy%5D=Exotel
        6.001    switch > sales    CANCEL sip:sales@10.0.1.2:5060  Q.850;cause=19
        6.002    sales > switch    200 CANCEL
        6.002    sales > switch    487 INVITE
        6.002      flow            callout 1 is durable
        6.002      flow            report -> next
        6.002      flow            bye: hangup
        6.002      caller          ended by us: NORMAL_CLEARING (16)
        6.002      flow            call ended by us: NORMAL_CLEARING (16)
        6.002    switch > +919900000001  603 INVITE  Q.850;cause=16
        6.003    switch > sales    ACK sip:sales@10.0.1.2:5060
        6.003    +919900000001 > switch  ACK sip:+918011112222@10.0.0.1:5060
    "#]].assert_eq(calm.ladder());
}

#[test]
fn a_party_that_does_not_react_at_all_is_given_up_too() {
    in_all_weathers(|w| {
        let asked = at_the_desk(w, Phone::is_silent, |_, _, _| {});
        assert_eq!(outcome(&asked)[..2], ["incomplete", "no-answer"]);
    });
}

#[test]
fn a_caller_who_gives_up_while_it_rings_is_reported_as_the_classic_does() {
    in_all_weathers(|w| {
        let asked = at_the_desk(w, Phone::only_rings, |w, alice, sales| {
            w.until(sales.is_rung());
            w.until(alice.hears_ringing());
            alice.hangs_up();
            w.until(sales.is_free());
        });
        assert_eq!(outcome(&asked), ["client-hangup", "canceled", "RING_TIMEOUT", "0"]);
        assert_eq!(asked.parameter("CallStatus"), Some("canceled"));
        assert_eq!(w.records()[0].state, CallState::Unanswered);
    });
}

#[test]
fn targets_that_there_is_no_way_to_were_dialled_and_missed() {
    in_all_weathers(|w| {
        w.publish_flow(
            &DESK.replace("'sip:sales@10.0.1.2:5060'", "['sip:sales', '+918022222222', 'sip:desk@nowhere.example']"),
        );
        let site = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> missed", "report -> next", "bye"]);
        let asked = site.requested().remove(0);
        assert_eq!(outcome(&asked), ["incomplete", "failed", "SUBSCRIBER_ABSENT", "0"]);
        let causes = [0, 1, 2, 3].map(|leg| asked.parameter(&format!("Legs%5B{leg}%5D%5BCause%5D")).map(str::to_owned));
        assert_eq!(causes, [Some("20".to_owned()), Some("3".to_owned()), Some("3".to_owned()), None]);
        assert_eq!(asked.parameter("DialWhomNumber"), Some("sip%3Adesk%40nowhere.example"));
    });
}

#[test]
fn the_desk_hears_of_an_agent_who_is_not_registered_and_the_next_is_rung() {
    in_all_weathers(|w| {
        let to = "['sip:sales', 'sip:here@10.0.1.2:5060'], events: 'http://crm.example/popup'";
        w.publish_flow(&DESK.replace("'sip:sales@10.0.1.2:5060'", to));
        let _calls = w.web("http://crm.example/calls").answers(200);
        let popup = w.web("http://crm.example/popup").answers(200);
        let (alice, here) = (w.phone("alice"), w.phone("here"));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&here));
        here.hangs_up();
        w.until(alice.is_free());
        w.settle();
        let told = popup.requested();
        let of_sales = told.iter().filter(|told| told.parameter("DialWhomNumber") == Some("sip%3Asales"));
        let events: Vec<_> = of_sales.map(|told| (told.parameter("EventType"), told.parameter("Status"))).collect();
        assert_eq!(events, [(Some("Dial"), Some("busy")), (Some("Terminal"), Some("free"))]);
        assert_eq!(w.walk(0)[0], "desk -> answered");
    });
}

#[test]
fn several_targets_are_rung_in_turn() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(&DESK.replace(
            "'sip:sales@10.0.1.2:5060'",
            "['sip:busy@10.0.1.2:5060', 'sip:away@10.0.1.3:5060', 'sip:here@10.0.1.4:5060']",
        ));
        let site = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("alice");
        let busy = w.phone("busy").rejects(486);
        let away = w.phone("away").only_rings();
        let here = w.phone("here");
        alice.dials(NUMBER);
        w.until(alice.talks_to(&here));
        here.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!((busy.finals(), away.finals(), here.finals()), (vec![486], vec![487], vec![200]));
        let asked = site.requested().remove(0);
        assert_eq!(asked.parameter("DialCallStatus"), Some("completed"));
        let causes = [0, 1, 2].map(|leg| asked.parameter(&format!("Legs%5B{leg}%5D%5BCause%5D")).map(str::to_owned));
        assert_eq!(causes, ["17", "1003", "16"].map(|cause| Some(cause.to_owned())));
        assert_eq!(asked.parameter("DialWhomNumber"), Some("sip%3Ahere%4010.0.1.4%3A5060"));
    });
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow desk
        0.001      flow            desk: connect
        0.001      leg 1           dials sip:busy@10.0.1.2:5060
        0.001    switch > alice    180 INVITE
        0.001    switch > busy     INVITE sip:busy@10.0.1.2:5060  sdp 0,8,101
        0.002    busy > switch     486 INVITE
        0.003      leg 1           ended by callee: USER_BUSY (17)
        0.003      leg 2           dials sip:away@10.0.1.3:5060
        0.003    switch > busy     ACK sip:busy@10.0.1.2:5060
        0.003    switch > away     INVITE sip:away@10.0.1.3:5060  sdp 0,8,101
        0.004    away > switch     180 INVITE
        6.003      leg 2           ended by us: NO_ANSWER (19)
        6.003      leg 3           dials sip:here@10.0.1.4:5060
        6.003    switch > away     CANCEL sip:away@10.0.1.3:5060  Q.850;cause=19
        6.003    switch > here     INVITE sip:here@10.0.1.4:5060  sdp 0,8,101
        6.004    away > switch     200 CANCEL
        6.004    away > switch     487 INVITE
        6.004    here > switch     180 INVITE
        6.004    here > switch     200 INVITE  sdp 0,101
        6.005    switch > away     ACK sip:away@10.0.1.3:5060
        6.005    switch > here     ACK sip:here@10.0.1.4:5060
        6.005      caller          joined with leg 3
        6.005    switch > alice    200 INVITE  sdp 0,101
        6.006    alice > switch    ACK sip:10.0.0.1:5060
        6.088    here > switch     BYE sip:10.0.0.1:5060
        6.089      caller          no longer joined with leg 3
        6.089      leg 3           ended by callee: NORMAL_CLEARING (16)
        6.089      flow            desk -> answered
        6.089      flow            report: passthru
        6.089      flow            callout 1 queued
        6.089    outbox > web      GET http://crm.example/calls?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=alice&CallTo=08011112222&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=sip%3Ahere%4010.0.1.4%3A5060&ProcessStatus=null&flow_id=9034184&tenant_id=1&From=alice&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A06&OutgoingPhoneNumber=08011112222&Legs%5B0%5D%5BNumber%5D=sip%3Abusy%4010.0.1.2%3A5060&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08011112222&Legs%5B0%5D%5BCauseCode%5D=USER_BUSY&Legs%5B0%5D%5BCause%5D=17&Legs%5B0%5D%5BDisconnectedBy%5D=Operator&Legs%5B1%5D%5BNumber%5D=sip%3Aaway%4010.0.1.3%3A5060&Legs%5B1%5D%5BType%5D=single&Legs%5B1%5D%5BOnCallDuration%5D=0&Legs%5B1%5D%5BCallerId%5D=08011112222&Legs%5B1%5D%5BCauseCode%5D=RING_TIMEOUT&Legs%5B1%5D%5BCause%5D=1003&Legs%5B1%5D%5BDisconnectedBy%5D=Exotel&Legs%5B2%5D%5BNumber%5D=sip%3Ahere%4010.0.1.4%3A5060&Legs%5B2%5D%5BType%5D=single&Legs%5B2%5D%5BOnCallDuration%5D=0&Legs%5B2%5D%5BCallerId%5D=08011112222&Legs%5B2%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B2%5D%5BCause%5D=16&Legs%5B2%5D%5BDisconnectedBy%5D=Callee
        6.089    switch > here     200 BYE
        6.090      flow            callout 1 is durable
        6.090      flow            report -> next
        6.090      flow            bye: hangup
        6.090      caller          ended by us: NORMAL_CLEARING (16)
        6.090    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=16
        6.090      flow            call ended by us: NORMAL_CLEARING (16)
        6.091    alice > switch    200 BYE
    "#]].assert_eq(calm.ladder());
}

#[test]
fn keys_reach_the_other_side_and_not_the_flow() {
    in_all_weathers(|w| {
        at_the_desk(
            w,
            |sales| sales,
            |w, alice, sales| {
                w.until(alice.talks_to(sales));
                alice.presses("42#");
                w.passes(2.s());
                assert_eq!(sales.received_digits(), "42#");
                sales.presses("7");
                w.passes(1.s());
                assert_eq!(alice.received_digits(), "7");
                w.until(alice.talks_to(sales));
                sales.hangs_up();
            },
        );
        assert!(!w.kinds(0).any(|kind| matches!(kind, EventKind::Gathered { .. })));
    });
}

#[test]
fn keys_told_by_sip_info_reach_the_other_side_too() {
    in_all_weathers(|w| {
        at_the_desk(
            w,
            |sales| sales,
            |w, alice, sales| {
                w.until(alice.talks_to(sales));
                alice.informs('4');
                w.until(sales.receives("4"));
                sales.informs('#');
                w.until(alice.receives("#"));
                w.until(alice.talks_to(sales));
                sales.hangs_up();
            },
        );
        let digits: Vec<EventKind> =
            w.kinds(0).filter(|kind| matches!(kind, EventKind::Digit { .. })).cloned().collect();
        assert_eq!(digits, [EventKind::Digit { digit: '4' }, EventKind::Digit { digit: '#' }]);
    });
}

#[test]
fn a_caller_may_hold_the_conversation_and_come_back() {
    in_all_weathers(|w| {
        at_the_desk(
            w,
            |sales| sales,
            |w, alice, sales| {
                w.until(alice.talks_to(sales));
                alice.holds(true);
                w.passes(4.s());
                let before = alice.packets();
                w.passes(1.s());
                assert_eq!(alice.packets(), before, "who holds hears nothing");
                alice.holds(false);
                w.passes(4.s());
                assert!(alice.packets() > before);
                w.until(alice.talks_to(sales));
                sales.hangs_up();
            },
        );
        let held = |kind: &EventKind| if let EventKind::Held { on } = kind { Some(*on) } else { None };
        assert_eq!(w.kinds(0).filter_map(held).collect::<Vec<_>>(), [true, false]);
    });
}

#[test]
fn the_other_side_may_hold_too() {
    in_all_weathers(|w| {
        at_the_desk(
            w,
            |sales| sales,
            |w, alice, sales| {
                w.until(alice.talks_to(sales));
                sales.holds(true);
                w.passes(4.s());
                let before = sales.packets();
                w.passes(1.s());
                assert_eq!(sales.packets(), before);
                sales.holds(false);
                w.until(alice.talks_to(sales));
                alice.hangs_up();
            },
        );
    });
}

#[test]
fn music_is_heard_until_the_other_side_answers() {
    in_all_weathers(|w| {
        w.publish_flow(&DESK.replace("ring: 6s", "ring: 6s, music: hold.wav"));
        let _site = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("alice");
        let sales = w.phone("sales").answers_after(3.s());
        alice.dials(NUMBER);
        w.until(alice.hears("hold.wav"));
        w.until(alice.talks_to(&sales));
        w.passes(1.s());
        sales.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["hold.wav", "sales"]);
        assert_eq!(w.walk(0), ["desk -> answered", "report -> next", "bye"]);
    });
}

#[test]
fn the_number_shown_is_the_one_that_the_flow_says() {
    in_all_weathers(|w| {
        w.publish_flow(&DESK.replace("ring: 6s", "ring: 6s, caller_id: '+918044444444'"));
        let site = w.web("http://crm.example/calls").answers(200);
        let (alice, sales) = (w.phone("alice"), w.phone("sales").rejects(486));
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(sales.finals(), [486]);
        let asked = site.requested().remove(0);
        assert_eq!(asked.parameter("OutgoingPhoneNumber"), Some("08044444444"));
        assert_eq!(asked.parameter("CallTo"), Some("08011112222"));
    });
}

#[test]
fn a_long_hold_is_no_dead_call() {
    in_all_weathers(|w| {
        at_the_desk(
            w,
            |sales| sales,
            |w, alice, sales| {
                w.until(alice.talks_to(sales));
                alice.holds(true);
                w.passes(40.s());
                alice.holds(false);
                w.until(alice.talks_to(sales));
                sales.hangs_up();
            },
        );
        assert_eq!(w.faults(0), [""; 0]);
    });
}

/// Rings one target.
const DUAL: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@pool.example:5060', ring: 20s, on: { answered: bye, missed: bye } }
  bye: { applet: hangup }";

#[test]
fn callers_and_parties_may_speak_ipv6() {
    let rows: [(bool, bool); 3] = [(true, true), (true, false), (false, true)];
    for (caller, party) in rows {
        in_all_weathers(|w| {
            let to = if party { "sip:sales@[fd00::1:2]:5060" } else { "sip:sales@10.0.1.2" };
            w.publish_flow(&DUAL.replace("sip:sales@pool.example:5060", to));
            let alice = if caller { w.phone_v6("alice") } else { w.phone("alice") };
            let sales = if party { w.phone_v6("sales") } else { w.phone("sales") };
            alice.dials(NUMBER);
            w.until(alice.talks_to(&sales));
            alice.presses("4");
            w.passes(1.s());
            assert_eq!(sales.received_digits(), "4");
            sales.hangs_up();
            w.until(alice.is_free());
            w.settle();
            assert_eq!(w.walk(0), ["desk -> answered", "bye"]);
        });
    }
}

#[test]
fn a_name_with_addresses_of_both_families_is_tried_by_both() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(DUAL);
        let (alice, away, sales) = (w.phone("alice"), w.phone_v6("away").is_silent(), w.phone("sales"));
        let addresses = ["fd00::1:2", "10.0.1.3"].map(|address| address.parse().expect("an address"));
        w.name(sip::Query::Address("pool.example".into()), sip::Answer::Addresses(addresses.into()));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&sales));
        assert_eq!(away.packets(), 0);
        sales.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!((w.walk(0), w.records()[0].dialled), (vec!["desk -> answered".to_owned(), "bye".to_owned()], 1));
    });
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow desk
        0.001      flow            desk: connect
        0.001      leg 1           dials sip:sales@pool.example:5060
        0.001    switch > alice    180 INVITE
        0.001    switch > away     INVITE sip:sales@pool.example:5060  sdp 0,8,101
        0.501    switch > away     INVITE sip:sales@pool.example:5060  sdp 0,8,101
        1.501    switch > away     INVITE sip:sales@pool.example:5060  sdp 0,8,101
        3.501    switch > away     INVITE sip:sales@pool.example:5060  sdp 0,8,101
        4.001    switch > sales    INVITE sip:sales@pool.example:5060  sdp 0,8,101
        4.002    sales > switch    180 INVITE
        4.002    sales > switch    200 INVITE  sdp 0,101
        4.003    switch > sales    ACK sip:sales@10.0.1.3:5060
        4.003      caller          joined with leg 1
        4.003    switch > alice    200 INVITE  sdp 0,101
        4.004    alice > switch    ACK sip:10.0.0.1:5060
        4.086    sales > switch    BYE sip:10.0.0.1:5060
        4.087      caller          no longer joined with leg 1
        4.087      leg 1           ended by callee: NORMAL_CLEARING (16)
        4.087      flow            desk -> answered
        4.087      flow            bye: hangup
        4.087      caller          ended by us: NORMAL_CLEARING (16)
        4.087    switch > sales    200 BYE
        4.087    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=16
        4.087      flow            call ended by us: NORMAL_CLEARING (16)
        4.088    alice > switch    200 BYE
    "#]]
    .assert_eq(calm.ladder());
}

#[test]
fn text_from_outside_is_rung_only_where_a_rule_takes_it() {
    let calm = in_all_weathers(|w| {
        let to = "['sip:sales@10.0.1.{{ 2 }}', '{{ call.to }}', '{{ call.from }}', 'sip:desk@10.0.1.{{ 3 }}']";
        w.publish_flow(&DUAL.replace("'sip:sales@pool.example:5060'", to));
        let (alice, sales, desk) = (w.phone("alice"), w.phone("sales"), w.phone("desk"));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&desk));
        desk.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!((sales.finals(), w.records()[0].dialled), (vec![], 1));
    });
    let refused =
        |target| format!("{target} is not rung: it comes from outside the flow, and no rule of dial.allow takes it");
    let expected = [
        "`alice` is not rung: it is no number, sip:user or sip:user@host".to_owned(),
        refused("sip:sales@10.0.1.2"),
        refused(NUMBER),
    ];
    assert_eq!(calm.faults(0), expected);
}

#[test]
fn if_no_rule_takes_any_target_nobody_is_rung() {
    in_all_weathers(|w| {
        w.publish_flow(&DESK.replace("sip:sales@10.0.1.2:5060", "sip:sales@10.0.1.{{ 2 }}:5060"));
        let site = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> nobody", "nobody -> next", "report -> next", "bye"]);
        assert_eq!(outcome(&site.requested()[0]), ["incomplete", "failed", "absent", "absent"]);
    });
}
