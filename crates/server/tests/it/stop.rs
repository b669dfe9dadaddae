//! The server is told to stop while callers are on the line.

use crate::calls::SPEECH;
use crate::server::Server;
use crate::sipp::Sipp;

#[test]
fn who_is_on_the_line_gets_a_bye_and_the_record_an_end() {
    let server = Server::with_flows(&[("speech.yaml", SPEECH)], "");
    let address = server.sip;
    let call = std::thread::spawn(move || Sipp::calls(address, "+918011112222", "ended_41").run());
    server.until_metric("passthru_media_sessions 1");
    let folder = server.stop();
    call.join().expect("the call got its BYE");
    let server = Server::again(folder, "");
    let (_, calls) = server.get("/api/v1/calls");
    assert!(calls.contains("\"state\":\"completed\"") && calls.contains("TEMPORARY_FAILURE"), "{calls}");
    let journal = server.journal();
    let last = journal.last().expect("a journal");
    assert!(last.starts_with("\"ended\""), "{last}");
    let left = journal.iter().filter(|line| line.starts_with("\"leg_ended\"")).count();
    assert_eq!(left, 1, "{journal:?}");
}
