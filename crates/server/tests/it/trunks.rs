//! Trunks: SIPp as a carrier.

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
