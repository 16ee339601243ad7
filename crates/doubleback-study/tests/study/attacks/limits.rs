//! Too much, too slowly, too often.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use doubleback_study::web::Rate;
use hyper::StatusCode;
use hyper::header::RETRY_AFTER;

use super::paths::raw;
use super::{stored, victim};
use crate::client::{Client, SESSION};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    let form = person.get("/item/2").await.form();
    for size in [17 << 10, 1 << 20, 8 << 20] {
        let padding = "x".repeat(size);
        let reply = person
            .client
            .post(
                "/item/2",
                &[("first", "1"), ("second", "na"), ("form", &form), ("padding", &padding)],
            )
            .await;
        // It may hang up while the body is on its way.
        assert!(
            reply.is_err() || reply.unwrap().status == StatusCode::PAYLOAD_TOO_LARGE,
            "{size} bytes"
        );
    }
    let session = person.client.session().unwrap();
    let head = format!(
        "POST /item/2 HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncookie: {SESSION}={session}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\n",
        server.address
    );
    let fields = format!("first=1&second=na&form={form}&padding=");
    // One that says a length which it does not have, and one that says none.
    let lengths = format!("{head}content-length: 9999999999\r\n\r\n{fields}");
    let chunk = format!(
        "{:x}\r\n{fields}{}\r\n0\r\n\r\n",
        fields.len() + 20_000,
        "x".repeat(20_000)
    );
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}");
    for request in [lengths, chunked] {
        let answer = tokio::task::block_in_place(|| raw(&server, request.as_bytes()));
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    // Headers and paths without an end.
    let long = "x".repeat(1 << 20);
    for request in [
        format!("GET / HTTP/1.1\r\nhost: x\r\nlong: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
    ] {
        let answer = tokio::task::block_in_place(|| raw(&server, request.as_bytes()));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let many: String = (0..10_000).map(|i| format!("h{i}: x\r\n")).collect();
    let answer = tokio::task::block_in_place(|| raw(&server, format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()));
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(stored(&server), before);
}

/// Sends a beginning, and then a byte each 50 milliseconds until the server hangs up: how long that took, and what it said.
fn trickle(server: &Server, beginning: &str, byte: &[u8]) -> (Duration, String) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(beginning.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (began, mut answer) = (Instant::now(), Vec::new());
    while began.elapsed() < Duration::from_secs(30) {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(error) if [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut].contains(&error.kind()) => {
                if stream.write_all(byte).is_err() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    (began.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_slow_is_hung_up_on() {
    let server = Server::start_with(|options| {
        options.limits.header_time = Duration::from_millis(500);
        options.limits.body_time = Duration::from_millis(500);
    });
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    let form = person.get("/item/2").await.form();
    let session = person.client.session().unwrap();
    let head = format!(
        "POST /item/2 HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncookie: {SESSION}={session}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 4000\r\n\r\nfirst=1&second=na&form={form}",
        server.address
    );
    for (beginning, byte) in [
        ("GET / HTTP/1.1\r\nhost: x\r\nslow: ", b"x"),
        ("", b"G"),
        (head.as_str(), b"&"),
    ] {
        let (took, answer) = tokio::task::block_in_place(|| trickle(&server, beginning, byte));
        assert!(
            took < Duration::from_secs(20),
            "{beginning:?}: still open after {took:.1?}"
        );
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408") || answer.starts_with("HTTP/1.1 400"),
            "{answer}"
        );
    }
    assert_eq!(stored(&server), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_keep_nobody_out_for_long() {
    let server = Server::start_with(|options| {
        options.limits.header_time = Duration::from_secs(1);
        options.limits.connections = 8;
    });
    let idle: Vec<TcpStream> = (0..30)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
            stream
        })
        .collect();
    // The client waits for half a minute at most.
    assert_eq!(
        Client::new(server.address).get("/").await.unwrap().status,
        StatusCode::OK
    );
    drop(idle);
}

#[tokio::test]
async fn who_asks_too_often_waits_and_others_do_not() {
    let server = Server::start_with(|options| options.limits.session = Rate::new(40, 1));
    let (mut one, mut other) = (victim(&server, 1).await, victim(&server, 2).await);
    let before = stored(&server);
    let form = one.get("/item/2").await.form();
    let mut refused = None;
    for _ in 0..200 {
        let reply = one.get("/item/2").await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("a limit");
    let seconds: u64 = refused.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..60).contains(&seconds), "{seconds}");
    let reply = one
        .post("/item/2", &[("first", "1"), ("second", "na"), ("form", &form)])
        .await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(stored(&server), before);
    assert_eq!(
        other.get("/item/2").await.status,
        StatusCode::OK,
        "the other is not held up"
    );
    assert_eq!(
        Client::new(server.address).get("/").await.unwrap().status,
        StatusCode::OK,
        "nor is who begins"
    );
}

#[tokio::test]
async fn newcomers_and_forged_sessions_share_one_limit() {
    let server = Server::start_with(|options| options.limits.newcomers = Rate::new(30, 1));
    let mut person = victim(&server, 1).await;
    let mut refused = 0;
    for number in 0..60 {
        // A new forged session each time brings no new allowance.
        let mut client = Client::with_session(server.address, &format!("{number:043}"));
        let reply = client.get("/").await.unwrap();
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(reply.headers.contains_key(RETRY_AFTER));
            refused += 1;
        }
    }
    assert!(refused > 20, "{refused} of 60 were refused");
    assert_eq!(
        person.get("/item/2").await.status,
        StatusCode::OK,
        "those who take part already go on"
    );
}
