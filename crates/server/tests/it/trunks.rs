//! Trunks: SIPp as a carrier.

use core::net::Ipv4Addr;

use crate::server::{Server, free_port};
use crate::sipp::Sipp;

#[test]
fn it_registers_with_a_trunk_and_leaves_politely() {
    let port = free_port();
    let registrar = Sipp::agent(port, "registrar");
    let server = Server::start(&format!(
        "[[trunk]]\nname = \"carrier\"\nhost = \"127.0.0.1:{port}\"\nusername = \"u1\"\npassword = \"secret\"\n\
         register = true\n"
    ));
    server.until_metric("passthru_trunk_registered{trunk=\"carrier\"} 1");
    server.terminate();
    registrar.join().expect("the registrar's scenario went by the book");
}

#[test]
fn a_number_goes_out_by_a_trunk_over_tcp() {
    let port = free_port();
    let carrier = Sipp::answers((Ipv4Addr::LOCALHOST, port).into(), "agent_answers", &["-t", "t1"]);
    let flow = "flow: out\nstart: out\nnodes:\n  out: { applet: connect, to: \"+918022222222\", on: { answered: bye, missed: bye } }\n  \
                bye: { applet: hangup }\n";
    let trunk =
        format!("[[trunk]]\nname = \"carrier\"\nhost = \"127.0.0.1:{port};transport=tcp\"\nnumbers = [\"^\\\\+91\"]\n");
    let server = Server::with_flows(&[("out.yaml", flow)], &trunk);
    Sipp::calls(server.sip, "+918011112222", "talker").run();
    carrier.join().expect("the carrier's scenario went by the book");
}
