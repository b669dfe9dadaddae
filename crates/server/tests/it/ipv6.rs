//! Calls over IPv6: SIPp as caller and as agent at ::1.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::calls::{MENU, is_root};
use crate::server::{Server, free_port_at};
use crate::sipp::Sipp;

const HERE: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

#[test]
fn a_call_comes_in_and_is_answered() {
    for transport in ["u1", "t1"] {
        let server = Server::at::<&str>(HERE, &[], "");
        Sipp::calls(server.sip, "+918011112222", "listener").with(&["-t", transport]).run();
    }
}

#[test]
fn caller_and_agent_are_connected() {
    for transport in ["u1", "t1"] {
        let agent = SocketAddr::new(HERE, free_port_at(HERE));
        let by = if transport == "t1" { ";transport=tcp" } else { "" };
        let flow = format!(
            "flow: desk\nstart: desk\nnodes:\n  desk: {{ applet: connect, to: \"sip:agent@{agent}{by}\", ring: 9s, \
             on: {{ answered: bye, missed: bye }} }}\n  bye: {{ applet: hangup }}\n"
        );
        let server = Server::at(HERE, &[("desk.yaml", &flow)], "");
        let answering = Sipp::answers(agent, "agent_answers", &["-t", transport]);
        Sipp::calls(server.sip, "+918011112222", "talker").with(&["-t", transport]).run();
        answering.join().expect("the agent's scenario went by the book");
    }
}

#[test]
fn media_flow_and_a_key_chooses_the_exit() {
    if !is_root() {
        println!("left out: sipp plays captured packets through a raw socket, which only root may open");
        return;
    }
    let server = Server::at(HERE, &[("menu.yaml", MENU)], "");
    Sipp::calls(server.sip, "+918011112222", "presses_one").run();
}
