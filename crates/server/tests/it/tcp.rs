//! Calls over TCP, and those who misuse it. Each server listens on one port for both transports.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

use crate::server::{DEADLINE, Server};
use crate::sipp::Sipp;
use crate::web::Web;

/// Connections at a time with one address: the server's limit.
const PER_ADDRESS: usize = 64;

const HALF: &[u8] = b"INVITE sip:+918011112222@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;bra";

/// A head without a length: where the next message begins cannot be known.
const GARBAGE: &[u8] = b"\x00\x01 what is this\r\nno field\r\n\r\n";

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.sip).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
    stream
}

/// Ends our side and waits until the server, who has read that, has closed its own: then it no longer counts it.
fn end(stream: &TcpStream) {
    stream.shutdown(Shutdown::Write).expect("a connection");
    until_closed(stream);
}

/// Waits until the server has closed it.
fn until_closed(mut stream: &TcpStream) {
    match stream.read(&mut [0; 64]) {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("still open: {other:?}"),
    }
}

/// Whether the server has closed it by now.
fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    let open = matches!(stream.read(&mut [0; 64]), Err(error) if error.kind() == ErrorKind::WouldBlock);
    stream.set_nonblocking(false).expect("a socket");
    !open
}

#[test]
fn a_call_is_answered_and_ended() {
    let server = Server::start("");
    Sipp::calls(server.sip, "+918011112222", "listener").with(&["-t", "t1"]).run();
}

#[test]
fn many_calls_share_a_connection() {
    let server = Server::start("");
    let many = ["-t", "t1", "-m", "100", "-r", "50", "-l", "100"];
    Sipp::calls(server.sip, "+918011112222", "listener").with(&many).run();
    server.until_idle();
}

#[test]
fn the_users_url_steers_a_call() {
    let web = Web::answers(&[("/route", 200, "")]);
    let flow = format!(
        "flow: steered\nstart: ask\nnodes:\n  ask: {{ applet: passthru, url: \"{}\", on: {{ 200: yes, else: no }} }}\n  \
         yes: {{ applet: answer, next: bye }}\n  bye: {{ applet: hangup, cause: 17 }}\n  \
         no: {{ applet: hangup, cause: 19 }}\n",
        web.url("/route")
    );
    let server = Server::with_flows(&[("steered.yaml", &flow)], "");
    Sipp::calls(server.sip, "08011112222", "ended_17").with(&["-t", "t1"]).run();
    assert!(web.next().starts_with("/route?CallSid="));
}

#[test]
fn half_a_message_and_a_close_harm_nobody() {
    let server = Server::start("");
    for _ in 0..100 {
        let mut stream = connect(&server);
        stream.write_all(HALF).expect("sent");
        end(&stream);
    }
    Sipp::calls(server.sip, "+918011112222", "listener").with(&["-t", "t1"]).run();
    server.until_idle();
}

#[test]
fn garbage_closes_its_connection_and_no_other() {
    let server = Server::start("");
    std::thread::scope(|scope| {
        let call = scope.spawn(|| Sipp::calls(server.sip, "+918011112222", "listener").with(&["-t", "t1"]).run());
        let bystander = connect(&server);
        while !call.is_finished() {
            let mut stream = connect(&server);
            stream.write_all(GARBAGE).expect("sent");
            until_closed(&stream);
        }
        assert!(!is_closed(&bystander));
    });
}

#[test]
fn connections_of_one_source_are_limited() {
    let server = Server::start("");
    let streams: Vec<TcpStream> = (0..200).map(|_| connect(&server)).collect();
    // They are taken in their order, so with the last one all are.
    until_closed(streams.last().expect("200"));
    let (closed, open): (Vec<_>, Vec<_>) = streams.into_iter().partition(is_closed);
    assert_eq!((closed.len(), open.len()), (200 - PER_ADDRESS, PER_ADDRESS));
    Sipp::calls(server.sip, "+918011112222", "listener").run();
    open.iter().for_each(end);
    Sipp::calls(server.sip, "+918011112222", "listener").with(&["-t", "t1"]).run();
}

#[test]
fn a_caller_whose_connection_broke_is_called_back_to_hang_up() {
    let server = Server::start("");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let here = listener.local_addr().expect("bound");
    let request = |method: &str, to: &str| {
        format!(
            "{method} sip:+918011112222@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP {here};branch=z9hG4bK{method}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+919900000001@{here}>;tag=caller\r\nTo: {to}\r\nCall-ID: broken\r\n\
             CSeq: 1 {method}\r\nContact: <sip:caller@{here};transport=tcp>\r\n"
        )
    };
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n";
    let invite = request("INVITE", "<sip:+918011112222@127.0.0.1>");
    let mut stream = BufReader::new(connect(&server));
    write!(stream.get_mut(), "{invite}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len())
        .expect("sent");
    let mut answered = false;
    let to = stream.by_ref().lines().map(|line| line.expect("an answer")).find_map(|line| {
        answered |= line == "SIP/2.0 200 OK";
        line.strip_prefix("To: ").filter(|_| answered).map(str::to_owned)
    });
    let ack = request("ACK", &to.expect("a 200 has a To"));
    write!(stream.get_mut(), "{ack}Content-Length: 0\r\n\r\n").expect("sent");
    drop(stream);
    let (called, _) = listener.accept().expect("it calls");
    called.set_read_timeout(Some(DEADLINE)).expect("a time-out");
    let mut line = String::new();
    BufReader::new(&called).read_line(&mut line).expect("a request");
    assert_eq!(line, format!("BYE sip:caller@{here};transport=tcp SIP/2.0\r\n"));
}
