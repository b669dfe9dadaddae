//! Messages to people, carried to a gateway of text messages and to a mail server.

use std::sync::Arc;
use std::time::Duration;

use crate::web::local_fetcher;
use model::{CallSid, CalloutId, HttpOutcome, Message};
use server::config::{Config, Sms, Smtp};
use server::post::Post;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

async fn carried(post: &Post, message: Message) -> HttpOutcome {
    let request = message.request();
    let read = Message::read(&request.url).expect("a message");
    let call = CallSid::new("c0ffee");
    let fetcher = Arc::new(local_fetcher());
    timeout(PATIENCE, post.carry(read, (&call, CalloutId(7)), &request, &fetcher)).await.expect("an outcome")
}

/// Takes one request, answers it, and yields it.
async fn takes_one(listener: TcpListener, status: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"CallSid=c0ffee") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "the whole request comes");
    }
    stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

fn text() -> Message {
    Message::Sms {
        to: "+919900000001".into(), from: "+918044444444".into(), body: "50 % off & more\nनमस्ते".into()
    }
}

#[tokio::test]
async fn a_text_message_is_posted_to_the_gateway() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/send?account=1", listener.local_addr().unwrap());
    let sms = Sms { url: Some(url), token: Some("s3cret".into()) };
    let post = Post::new(&Config { sms, ..Config::default() });
    let gateway = tokio::spawn(takes_one(listener, "202 Accepted"));
    assert_eq!(carried(&post, text()).await.status(), Some(202));
    let request = gateway.await.unwrap();
    assert!(request.starts_with("POST /send?account=1 HTTP/1.1\r\n"), "{request}");
    let lower = request.to_ascii_lowercase();
    assert!(lower.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(request.contains(": Bearer s3cret\r\n"), "{request}");
    let body = "\r\n\r\nFrom=%2B918044444444&To=%2B919900000001&Body=50+%25+off+%26+more%0A\
                %E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%87&CallSid=c0ffee";
    assert!(request.ends_with(body), "{request}");
}

#[tokio::test]
async fn without_a_gateway_the_outcome_says_what_to_do() {
    let outcome = carried(&Post::default(), text()).await;
    let HttpOutcome::Failed(failure) = outcome else { panic!("nobody can have carried it") };
    assert_eq!(failure.to_string(), "connection failed: nobody carries text messages: set sms.url");
}

/// A mail server that says `reply` when the mail is all there, and ends; what it was told.
async fn takes_mail(listener: &TcpListener, reply: &str) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    let (mut told, mut in_data) = (String::new(), false);
    stream.write_all(b"220 mail.acme.example\r\n").await.unwrap();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap() == 0 {
            return told;
        }
        told += &line;
        let said = match line.trim_end() {
            "." if in_data => {
                in_data = false;
                reply
            }
            _ if in_data => continue,
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        stream.write_all(format!("{said}\r\n").as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn a_mail_is_sent_and_a_refusal_is_an_outcome_that_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let smtp = Smtp { url: Some(url), from: Some("Calls <calls@acme.example>".into()) };
    let post = Post::new(&Config { smtp, ..Config::default() });
    let server = tokio::spawn(async move {
        let first = takes_mail(&listener, "451 later").await;
        (first, takes_mail(&listener, "250 taken").await)
    });
    let mail = || Message::Mail {
        to: vec!["a@acme.example".into(), "b@acme.example".into()],
        subject: "A call\r\nBcc: c@crime.example".into(),
        body: "Caller: 09900000001\n.\nQUIT\n".into(),
    };
    assert_eq!(carried(&post, mail()).await.status(), Some(451));
    assert_eq!(carried(&post, mail()).await.status(), Some(250));
    let (first, second) = timeout(PATIENCE, server).await.unwrap().unwrap();
    for told in [&first, &second] {
        assert!(told.contains("MAIL FROM:<calls@acme.example>"), "{told}");
        assert!(told.contains("RCPT TO:<a@acme.example>\r\nRCPT TO:<b@acme.example>\r\nDATA\r\n"), "{told}");
        assert!(told.contains("\r\nMessage-ID: <c0ffee.7@passthru>\r\n"), "{told}");
        assert!(!told.contains("\nBcc:") && !told.contains("RCPT TO:<c@"), "{told}");
        assert!(told.contains("\r\nCaller: 09900000001\r\n..\r\nQUIT\r\n"), "{told}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let smtp = Smtp { url: Some(url), from: Some("calls@acme.example".into()) };
    let post = Post::new(&Config { smtp, ..Config::default() });
    let mail = Message::Mail { to: vec!["a@acme.example".into()], subject: "x".into(), body: "x".into() };
    assert!(matches!(carried(&post, mail).await, HttpOutcome::Failed(_)));
}
