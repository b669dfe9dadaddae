//! The HTTP client against servers on loopback that behave, and misbehave, in each way that it must survive.

use std::time::{Duration, Instant};

use crate::web::{Names, Web, answer_all, head, local, local_fetcher, trickle};
use model::{Asker, CallSid, CalloutId, HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, Mark};
use server::clock;
use server::fetch::{FetchConfig, Fetcher, LATE_BODIES, Marking};
use signature::{Secret, Secrets};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

/// A budget that no test waits for to its end.
const AMPLE: Duration = Duration::from_secs(20);
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn get(url: impl Into<String>) -> HttpRequest {
    HttpRequest::get(url, AMPLE)
}

fn answered(outcome: HttpOutcome) -> HttpAnswer {
    match outcome {
        HttpOutcome::Answered(answer) => answer,
        HttpOutcome::Failed(failure) => panic!("{failure}"),
    }
}

fn failed(outcome: HttpOutcome) -> HttpFailure {
    match outcome {
        HttpOutcome::Failed(failure) => failure,
        HttpOutcome::Answered(answer) => panic!("{answer:?}"),
    }
}

/// The answer to a `GET` of a server that says these bytes and closes.
async fn to(answer: impl Into<Vec<u8>>) -> HttpOutcome {
    let web = Web::says(answer).await;
    local_fetcher().fetch(get(web.url("/"))).await
}

fn since(start: Instant) -> Duration {
    clock::now().since(start)
}

#[tokio::test]
async fn a_request_on_the_wire_is_as_written() {
    let (sent, mut seen) = mpsc::channel(4);
    let web = Web::open(move |_, mut stream| {
        let sent = sent.clone();
        async move {
            sent.send(head(&mut stream).await.unwrap()).await.unwrap();
            stream.write_all(OK.as_bytes()).await.unwrap();
        }
    })
    .await;
    let url = format!("http://key:s3cret@{}/route?key=a+b&digits=%22123%22&Legs%5B0%5D=1#top", web.at);
    let mut request = get(url);
    request.headers.push(("X-Call".into(), "c1".into()));
    let answer = answered(local_fetcher().fetch(request).await);
    assert_eq!((answer.status, answer.body.as_slice(), answer.truncated), (200, &b"ok"[..], false));
    let expected = format!(
        "GET /route?key=a+b&digits=%22123%22&Legs%5B0%5D=1 HTTP/1.1\r\nHost: {}\r\nUser-Agent: passthru/{}\r\nAccept: */*\r\nAccept-Encoding: identity\r\nX-Call: c1\r\nAuthorization: Basic a2V5OnMzY3JldA==\r\n\r\n",
        web.at,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(seen.recv().await.unwrap(), expected);
}

#[tokio::test]
async fn a_post_carries_its_body() {
    let (sent, mut seen) = mpsc::channel(4);
    let web = Web::open(move |_, mut stream| {
        let sent = sent.clone();
        async move {
            let head = head(&mut stream).await.unwrap();
            let mut body = [0; 5];
            stream.read_exact(&mut body).await.unwrap();
            sent.send((head, body)).await.unwrap();
            stream.write_all(OK.as_bytes()).await.unwrap();
        }
    })
    .await;
    let request = HttpRequest { method: "POST".into(), body: b"hello".to_vec(), ..get(web.url("/x")) };
    assert_eq!(answered(local_fetcher().fetch(request).await).status, 200);
    let (head, body) = seen.recv().await.unwrap();
    assert!(head.starts_with("POST /x HTTP/1.1\r\n") && head.contains("\r\nContent-Length: 5\r\n"), "{head}");
    assert_eq!(&body, b"hello");
}

#[tokio::test]
async fn every_status_is_an_answer_and_no_redirect_is_followed() {
    let elsewhere = Web::says(OK).await;
    for status in [200, 201, 204, 301, 302, 303, 307, 308, 400, 404, 410, 500, 503] {
        let answer = format!("HTTP/1.1 {status} X\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url("/"));
        assert_eq!(to(answer).await.status(), Some(status));
    }
    assert_eq!(elsewhere.accepts(), 0);
}

#[tokio::test]
async fn bodies_end_in_each_of_their_ways() {
    // answer, body, truncated
    let rows: [(&str, &[u8], bool); 7] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nabc", b"abc", false),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\nT: x\r\n\r\n",
            b"abc",
            false,
        ),
        ("HTTP/1.1 200 OK\r\n\r\nabc", b"abc", false),
        ("HTTP/1.0 200 OK\r\n\r\nabc", b"abc", false),
        ("HTTP/1.1 204 No\r\n\r\n", b"", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b"abc", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", b"abc", true),
    ];
    for (answer, body, truncated) in rows {
        let got = answered(to(answer).await);
        assert_eq!((got.body.as_slice(), got.truncated), (body, truncated), "{answer}");
    }
    let typed = answered(to(rows[0].0).await);
    assert_eq!(typed.content_type.as_deref(), Some("text/plain"));
}

#[tokio::test]
async fn a_compressed_body_stays_as_it_came() {
    let bomb = b"\x1f\x8b\x08\x00\x00\x00\x00\x00";
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n".to_vec();
    answer.extend(bomb);
    assert_eq!(answered(to(answer).await).body, bomb);
}

#[tokio::test]
async fn a_body_is_cut_at_the_limit() {
    for (length, truncated) in [(63, false), (64, false), (65, true), (1_000_000, true)] {
        let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + length, b'x');
        let web = Web::says(answer).await;
        let request = HttpRequest { body_limit: 64, ..get(web.url("/")) };
        let got = answered(local_fetcher().fetch(request).await);
        assert_eq!((got.body.len(), got.truncated), (length.min(64), truncated), "{length}");
    }
}

#[tokio::test]
async fn an_endless_body_is_dropped_with_its_connection() {
    let (ended, mut end) = mpsc::channel(1);
    let web = Web::open(move |_, mut stream| {
        let ended = ended.clone();
        async move {
            head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
            ended.send(()).await.unwrap();
        }
    })
    .await;
    let got = answered(local_fetcher().fetch(get(web.url("/"))).await);
    assert_eq!((got.status, got.body.len(), got.truncated), (200, 64 * 1024, true));
    end.recv().await.unwrap();
}

/// A server that sends these headers and then a body that has no end.
async fn dribbles(status: &'static str) -> Web {
    Web::open(move |_, mut stream| async move {
        head(&mut stream).await;
        let headers = format!("HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n");
        stream.write_all(headers.as_bytes()).await.unwrap();
        trickle(&mut stream, b"1\r\nx\r\n", Duration::from_millis(50)).await;
    })
    .await
}

#[tokio::test]
async fn a_200_in_time_counts_and_its_body_has_a_second_past_the_budget() {
    for budget in [AMPLE, Duration::from_millis(950)] {
        let web = dribbles("200 OK").await;
        let start = clock::now().at;
        let got = answered(local_fetcher().fetch(HttpRequest { budget, ..get(web.url("/")) }).await);
        assert!(got.status == 200 && got.truncated && !got.body.is_empty(), "{got:?}");
        assert!(since(start) >= Duration::from_secs(1), "{:?}", since(start));
    }
}

#[tokio::test]
async fn a_file_has_until_the_end_of_its_budget() {
    let web = dribbles("200 OK").await;
    let start = clock::now().at;
    let budget = Duration::from_secs(2);
    let got = answered(local_fetcher().download(HttpRequest { budget, ..get(web.url("/")) }).await);
    assert!(got.truncated && since(start) >= budget, "{got:?} after {:?}", since(start));
}

#[tokio::test]
async fn what_a_url_would_answer_is_asked_without_a_body() {
    let web = Web::open(|_, mut stream| async move {
        while let Some(head) = head(&mut stream).await {
            assert!(head.starts_with("HEAD / HTTP/1.1\r\n"), "{head:?}");
            let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
    })
    .await;
    let fetcher = local_fetcher();
    for _ in 0..2 {
        let got = answered(fetcher.fetch(HttpRequest { method: "HEAD".into(), ..get(web.url("/")) }).await);
        assert_eq!((got.status, got.body.len(), got.truncated), (200, 0, false));
        assert_eq!(got.content_type.as_deref(), Some("text/plain"));
    }
    assert_eq!(web.accepts(), 1, "the connection is used again");
}

#[tokio::test]
async fn a_body_that_decides_nothing_is_not_waited_for() {
    let web = Web::open(|_, mut stream| async move {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 302 Found\r\nContent-Length: 9\r\n\r\nabc").await.unwrap();
        head(&mut stream).await;
    })
    .await;
    let got = answered(local_fetcher().fetch(get(web.url("/"))).await);
    assert_eq!((got.status, got.body.as_slice(), got.truncated), (302, &b""[..], true));
}

#[tokio::test]
async fn a_body_that_decides_nothing_comes_at_once_if_it_is_here_and_late_if_not() {
    let here = Web::says("HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\ngone").await;
    let fetcher = local_fetcher();
    let asked = fetcher.ask(get(here.url("/"))).await;
    let got = answered(asked.outcome);
    assert_eq!((got.status, got.body.as_slice(), got.truncated), (302, &b"gone"[..], false));
    assert!(asked.late.is_none() && asked.trace.body.is_some(), "{:?}", asked.trace);

    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    let opened = std::sync::Arc::clone(&gate);
    let web = Web::open(move |_, mut stream| {
        let gate = std::sync::Arc::clone(&opened);
        async move {
            while head(&mut stream).await.is_some() {
                stream.write_all(b"HTTP/1.1 500 Broken\r\nContent-Length: 9\r\n\r\nno ").await.unwrap();
                gate.notified().await;
                stream.write_all(b"luck..").await.unwrap();
            }
        }
    })
    .await;
    for _ in 0..2 {
        // The answer is here though nothing more comes until the gate is open.
        let asked = fetcher.ask(get(web.url("/"))).await;
        let got = answered(asked.outcome);
        assert_eq!((got.status, got.body.as_slice(), got.truncated), (500, &b""[..], true));
        gate.notify_one();
        let late = asked.late.unwrap().body().await;
        assert_eq!((late.body.as_slice(), late.whole), (&b"no luck.."[..], true));
    }
    assert_eq!(web.accepts(), 1, "the connection is used again");
    // Nobody waits for a report, so its body comes with it.
    gate.notify_one();
    let (outcome, trace) = fetcher.report(get(web.url("/"))).await;
    assert_eq!(answered(outcome).body, b"no luck..");
    assert!(trace.body.is_some());
}

#[tokio::test]
async fn so_many_bodies_come_late_and_no_more() {
    let web = Web::open(|_, mut stream| async move {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 500 Broken\r\nContent-Length: 9\r\n\r\n").await.unwrap();
        head(&mut stream).await;
    })
    .await;
    let fetcher = local_fetcher();
    let mut late = Vec::new();
    // At one origin not so many may be under way, so they are of several.
    for number in 0..=LATE_BODIES {
        let url = format!("http://n{}.example:{}/", number / 200, web.at.port());
        let asked = fetcher.ask(get(url)).await;
        assert_eq!(answered(asked.outcome).status, 500);
        late.extend(asked.late);
    }
    assert_eq!(late.len(), LATE_BODIES);
    late.pop();
    assert!(fetcher.ask(get(web.url("/"))).await.late.is_some());
}

#[tokio::test]
async fn an_answer_that_never_comes_takes_the_budget_and_no_more() {
    let silent = Web::open(|_, mut stream| async move { while head(&mut stream).await.is_some() {} }).await;
    let slow_head = Web::open(|_, mut stream| async move {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
        trickle(&mut stream, b"X: y\r\n", Duration::from_millis(20)).await;
    })
    .await;
    let no_tls = Web::open(|_, mut stream| async move {
        let mut hello = [0; 64];
        while stream.read(&mut hello).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    let urls = [silent.url("/"), slow_head.url("/"), format!("https://{}/", no_tls.at)];
    for url in urls {
        let start = clock::now().at;
        let budget = Duration::from_millis(200);
        let outcome = local_fetcher().fetch(HttpRequest { budget, ..get(&url) }).await;
        assert_eq!(failed(outcome), HttpFailure::Timeout, "{url}");
        let took = since(start);
        assert!(took >= budget && took < Duration::from_secs(4), "{url}: {took:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_broken_answer() {
    let big_head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(32 * 1024));
    let endless_head = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(1024 * 1024));
    let many_fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101));
    let rows = [
        "",
        "\r\n",
        "hello\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 99999 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Len",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        big_head.as_str(),
        endless_head.as_str(),
        many_fields.as_str(),
    ];
    for answer in rows {
        let outcome = to(answer).await;
        let shown: String = answer.chars().take(60).collect();
        assert!(matches!(outcome, HttpOutcome::Failed(HttpFailure::Protocol(_))), "{shown:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_limits_of_a_head_are_where_they_are_named() {
    let fields = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X: y\r\n".repeat(99));
    assert_eq!(to(fields).await.status(), Some(200), "100 fields");
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: {}\r\n\r\n", "y".repeat(30 * 1024));
    assert_eq!(to(large).await.status(), Some(200), "30 KiB");
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    assert_eq!(to(format!("{}{OK}", interim.repeat(5))).await.status(), Some(200), "5 interim answers");
    let six = Web::open(move |_, mut stream| async move {
        head(&mut stream).await;
        trickle(&mut stream, interim.as_bytes(), Duration::from_millis(1)).await;
    })
    .await;
    let failure = failed(local_fetcher().fetch(get(six.url("/"))).await);
    assert_eq!(failure, HttpFailure::Protocol("more than 5 interim answers".into()));
}

#[tokio::test]
async fn failures_tell_their_stage() {
    let plain = Web::open(|_, mut stream| async move {
        stream.write_all(OK.as_bytes()).await.unwrap();
    })
    .await;
    let fetcher = local_fetcher();
    let refused = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    assert!(matches!(failed(fetcher.fetch(get(format!("http://{refused}/"))).await), HttpFailure::Connect(_)));
    assert!(matches!(failed(fetcher.fetch(get(format!("https://{}/", plain.at))).await), HttpFailure::Tls(_)));
    assert!(matches!(failed(fetcher.fetch(get("mailto:x@y.example")).await), HttpFailure::BadUrl(_)));
    assert!(matches!(failed(fetcher.fetch(get("http://10.0.0.1/")).await), HttpFailure::Forbidden(_)));
    let secure = Fetcher::new(FetchConfig { https_only: true, ..local() }).unwrap();
    let told = failed(secure.fetch(get(plain.url("/"))).await);
    assert!(
        matches!(&told, HttpFailure::BadUrl(why) if why.contains("https_only")) && told.word() == "blocked",
        "{told}"
    );
    assert!(matches!(failed(secure.fetch(get(format!("https://{}/", plain.at))).await), HttpFailure::Tls(_)));
    let nobody = Fetcher::new(FetchConfig { resolver: Names::always(&[]), ..local() }).unwrap();
    assert!(matches!(failed(nobody.fetch(get("http://crm.example/")).await), HttpFailure::Dns(_)));
    for (name, value) in [("Transfer-Encoding", "chunked"), ("X", "a\r\nY: b"), ("no token", "x")] {
        let request = HttpRequest { headers: vec![(name.into(), value.into())], ..get("http://127.0.0.1/") };
        assert!(matches!(failed(fetcher.fetch(request).await), HttpFailure::Protocol(_)), "{name}");
    }
}

#[tokio::test]
async fn the_second_address_is_tried_when_the_first_refuses() {
    let web = Web::says(OK).await;
    let names = Names::always(&["127.0.0.2", "127.0.0.1"]); // 127.0.0.1 alone is listened at
    let fetcher = Fetcher::new(FetchConfig { resolver: names, ..local() }).unwrap();
    let url = format!("http://crm.example:{}/", web.at.port());
    assert_eq!(fetcher.fetch(get(url)).await.status(), Some(200));
}

#[tokio::test]
async fn localhost_is_reached_by_default() {
    let web = Web::says(OK).await;
    let allow = server::config::Config::default().callout.allow;
    let resolver = Names::always(&["::1", "127.0.0.1"]);
    let fetcher = Fetcher::new(FetchConfig { allow, resolver, ..local() }).unwrap();
    let url = format!("http://localhost:{}/", web.at.port());
    assert_eq!(fetcher.fetch(get(url)).await.status(), Some(200));
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let web = Web::open(|_, stream| answer_all(stream, OK)).await;
    let fetcher = local_fetcher();
    for _ in 0..50 {
        assert_eq!(fetcher.fetch(get(web.url("/"))).await.status(), Some(200));
    }
    assert_eq!(web.accepts(), 1);
    let truncated = HttpRequest { body_limit: 1, ..get(web.url("/")) };
    assert!(answered(fetcher.fetch(truncated).await).truncated);
    assert_eq!(fetcher.fetch(get(web.url("/"))).await.status(), Some(200));
    assert_eq!(web.accepts(), 2, "what was not read to its end is not used again");
}

#[tokio::test]
async fn a_connection_that_died_while_waiting_is_replaced_once() {
    // The first connection answers once and dies on the next request without a byte; what the others do follows.
    for (method, then, expected, accepts) in [("GET", OK, Some(200), 2), ("GET", "", None, 2), ("POST", OK, None, 1)] {
        let web = Web::open(move |number, mut stream| async move {
            head(&mut stream).await;
            stream.write_all(if number == 0 { OK } else { then }.as_bytes()).await.unwrap();
            if number == 0 {
                head(&mut stream).await;
            }
        })
        .await;
        let fetcher = local_fetcher();
        let request = HttpRequest { method: method.into(), ..get(web.url("/")) };
        assert_eq!(fetcher.fetch(request.clone()).await.status(), Some(200));
        assert_eq!(fetcher.fetch(request).await.status(), expected, "{method} {then}");
        assert_eq!(web.accepts(), accepts, "{method} {then}");
    }
}

#[tokio::test]
async fn an_answer_that_began_is_not_asked_for_again() {
    let web = Web::open(|_, mut stream| async move {
        head(&mut stream).await;
        stream.write_all(OK.as_bytes()).await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 20").await.unwrap();
    })
    .await;
    let fetcher = local_fetcher();
    assert_eq!(fetcher.fetch(get(web.url("/"))).await.status(), Some(200));
    assert!(matches!(failed(fetcher.fetch(get(web.url("/"))).await), HttpFailure::Protocol(_)));
    assert_eq!(web.accepts(), 1);
}

#[tokio::test]
async fn a_name_that_moves_is_judged_again() {
    let web = Web::says(OK).await; // closes after each answer
    let names = Names::in_turn(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let fetcher = Fetcher::new(FetchConfig { resolver: names, ..local() }).unwrap();
    let url = format!("http://crm.example:{}/", web.at.port());
    assert_eq!(fetcher.fetch(get(&url)).await.status(), Some(200));
    assert!(matches!(failed(fetcher.fetch(get(&url)).await), HttpFailure::Forbidden(_)));
}

#[tokio::test]
async fn our_own_listener_is_never_reached() {
    let web = Web::open(|_, stream| answer_all(stream, OK)).await;
    let everywhere = format!("0.0.0.0:{}", web.at.port()).parse().unwrap();
    for own in [web.at, everywhere] {
        let fetcher = Fetcher::new(FetchConfig { own_listeners: vec![own], ..local() }).unwrap();
        assert!(matches!(failed(fetcher.fetch(get(web.url("/"))).await), HttpFailure::Forbidden(_)));
    }
    assert_eq!(web.accepts(), 0);
}

#[tokio::test]
async fn a_dropped_request_closes_its_connection() {
    let (asked, mut is_asked) = mpsc::channel(1);
    let (closed, mut is_closed) = mpsc::channel(1);
    let web = Web::open(move |_, mut stream| {
        let (asked, closed) = (asked.clone(), closed.clone());
        async move {
            head(&mut stream).await.unwrap();
            asked.send(()).await.unwrap();
            assert!(head(&mut stream).await.is_none());
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let fetcher = local_fetcher();
    tokio::select! {
        outcome = fetcher.fetch(get(web.url("/"))) => panic!("{outcome:?}"),
        _ = is_asked.recv() => {}
    }
    is_closed.recv().await.unwrap();
}

#[tokio::test]
async fn one_origin_has_256_seats_and_another_has_its_own() {
    let (dead, mut arrivals) = Web::dead().await;
    let alive = Web::says(OK).await;
    let fetcher = std::sync::Arc::new(local_fetcher());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let (fetcher, request) = (fetcher.clone(), get(dead.url("/")));
        callers.spawn(async move { fetcher.fetch(request).await });
    }
    for _ in 0..256 {
        arrivals.recv().await.unwrap();
    }
    assert_eq!(fetcher.fetch(get(alive.url("/"))).await.status(), Some(200));
    let late = HttpRequest { budget: Duration::from_millis(100), ..get(dead.url("/")) };
    assert_eq!(failed(fetcher.fetch(late).await), HttpFailure::Timeout);
    assert_eq!(dead.accepts(), 256);
}

#[tokio::test]
async fn a_caller_never_waits_behind_reports_to_the_same_origin() {
    let (dead, mut arrivals) = Web::dead().await;
    let fetcher = std::sync::Arc::new(local_fetcher());
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let (fetcher, request) = (fetcher.clone(), get(dead.url("/calls")));
        senders.spawn(async move { fetcher.report(request).await.0 });
    }
    for _ in 0..32 {
        arrivals.recv().await.unwrap();
    }
    let (caller, request) = (fetcher.clone(), get(dead.url("/route")));
    senders.spawn(async move { caller.fetch(request).await });
    arrivals.recv().await.unwrap();
    let late = HttpRequest { budget: Duration::from_millis(100), ..get(dead.url("/calls")) };
    assert_eq!(failed(fetcher.report(late).await.0), HttpFailure::Timeout);
    assert_eq!(dead.accepts(), 33, "32 reports and the caller");
}

/// A web that keeps the head of what it was asked, and answers 200.
async fn hears() -> (Web, mpsc::Receiver<String>) {
    let (sent, seen) = mpsc::channel(4);
    let web = Web::open(move |_, mut stream| {
        let sent = sent.clone();
        async move {
            while let Some(head) = head(&mut stream).await {
                sent.send(head).await.unwrap();
                stream.write_all(OK.as_bytes()).await.unwrap();
            }
        }
    });
    (web.await, seen)
}

fn marked(url: String) -> HttpRequest {
    let mark = Mark { attempt: 2, ..Mark::new(CallSid::new("c1"), CalloutId(7), Asker::default()) };
    HttpRequest { mark: Some(mark), ..get(url) }
}

#[tokio::test]
async fn a_callout_says_which_it_is_and_is_signed_if_the_operator_wishes() {
    let (web, mut seen) = hears().await;
    let url = format!("http://key:s3cret@{}/route?a=b%22#top", web.at);
    let secrets: Secrets = Secret::new([1; 32]).into();
    for (marking, fields) in [(Marking::None, 0), (Marking::Named, 4), (Marking::Signed(secrets.clone()), 5)] {
        let fetcher = Fetcher::new(FetchConfig { marking, ..local() }).unwrap();
        assert_eq!(fetcher.fetch(marked(url.clone())).await.status(), Some(200));
        let head = seen.recv().await.unwrap().to_ascii_lowercase();
        let ours = head.lines().filter(|line| line.starts_with("webhook-") || line.starts_with("callout-"));
        assert_eq!(ours.count(), fields, "{head}");
        let fetched = fetcher.fetch(get(url.clone())).await; // a sound, say
        assert_eq!(fetched.status(), Some(200));
        assert!(!seen.recv().await.unwrap().contains("webhook-"));
    }
    let fetcher = Fetcher::new(FetchConfig { marking: Marking::Signed(secrets.clone()), ..local() }).unwrap();
    fetcher.fetch(marked(url)).await;
    let head = seen.recv().await.unwrap();
    let field = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    };
    assert_eq!(
        (field("webhook-id"), field("callout-attempt"), field("callout-seq")),
        (Some("c1_7"), Some("2"), Some("7"))
    );
    let asked = format!("http://{}/route?a=b%22", web.at);
    let request = signature::Request { method: "GET", url: &asked, body: b"" };
    assert_eq!(signature::verify(&request, field, &secrets, clock::now().wall), Ok(()));
}

#[tokio::test]
async fn it_is_known_where_the_time_went() {
    let (web, _seen) = hears().await;
    let fetcher = local_fetcher();
    let (outcome, first) = fetcher.traced(get(format!("http://crm.example:{}/", web.at.port()))).await;
    assert_eq!(answered(outcome).header("content-length"), Some("2"));
    assert_eq!((first.address, first.reused), (Some(web.at), false));
    assert!(first.dns.is_some() && first.connect.is_some() && first.first_byte.is_some() && first.body.is_some());
    assert_eq!(first.tls, None);
    let (_, second) = fetcher.traced(get(format!("http://crm.example:{}/", web.at.port()))).await;
    assert_eq!((second.address, second.reused, second.dns, second.connect), (Some(web.at), true, None, None));
    assert!(second.first_byte.is_some());
    let (dead, _arrivals) = Web::dead().await;
    let late = HttpRequest { budget: Duration::from_millis(100), ..get(dead.url("/")) };
    let (outcome, trace) = fetcher.traced(late).await;
    assert_eq!(failed(outcome), HttpFailure::Timeout);
    assert!(trace.connect.is_some() && trace.first_byte.is_none() && trace.address == Some(dead.at), "{trace:?}");
}
