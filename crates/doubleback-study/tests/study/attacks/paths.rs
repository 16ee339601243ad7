//! Paths: to images that are not the participant's, to files, into headers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hyper::StatusCode;

use super::victim;
use crate::client::SESSION;
use crate::server::Server;

/// What a server says to exactly these bytes; a library would tidy them up.
pub fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may hang up before all is sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_images_and_paths_to_files_lead_nowhere() {
    let server = Server::start();
    let person = victim(&server, 1).await;
    let session = person.client.session().unwrap();
    let file = &server.manifest().candidates[0].file;
    let own = [
        "/image/../study.json",
        "/image/..%2fstudy.json",
        "/image/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/image/%2e%2e/%2e%2e/study.json",
        "/image/..\\..\\study.json",
        "/image/%00",
        "/image/1%00.png",
        "/image/1.png",
        "/image/01",
        "/image/+1",
        "/image/-1",
        "/image/0",
        "/image/3",
        "/image/1e0",
        "/image/99999999999999999999999",
        "/image/1/../3",
        "/image/",
        "/image",
        "/practice-image/0",
        "/practice-image/99",
        "/practice-image/..%2f..%2fstudy.json",
        "/images/1",
        "/study.json",
        "/answers.sqlite",
        "/answers.sqlite-wal",
        "/texts/consent.md",
        "/../study.json",
        "//study.json",
        "/style-0000.css",
        "/study-..%2f..%2fstudy.js",
        "/.git/config",
    ];
    let candidate = [format!("/image/{file}"), format!("/images/{file}")];
    for path in own.into_iter().chain(candidate.iter().map(String::as_str)) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {SESSION}={session}\r\nconnection: close\r\n\r\n",
            server.address
        );
        let answer = tokio::task::block_in_place(|| raw(&server, request.as_bytes()));
        let status = answer.split(' ').nth(1).unwrap_or("none");
        assert!(["400", "404", "303", "none"].contains(&status), "{path}: {answer}");
        for secret in ["PNG\r\n", "\"candidates\"", "SQLite format", "root:x:", "{{items}}"] {
            assert!(!answer.contains(secret), "{path}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_gets_into_headers() {
    let server = Server::start();
    let person = victim(&server, 1).await;
    let session = person.client.session().unwrap();
    for path in [
        "/join/x%0d%0aSet-Cookie:%20planted=1",
        "/item/1%0d%0aX-Planted:%20planted=1",
        "/%0d%0aX-Planted:%20planted=1",
        "/?next=https://evil.example/planted=1",
        "/item/3?next=//evil.example/planted=1",
        "//evil.example/planted=1",
        "/\\evil.example/planted=1",
    ] {
        for host in [server.address.to_string(), "evil.example".to_owned()] {
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: {host}\r\nx-forwarded-host: evil.example\r\nx-forwarded-proto: https\r\ncookie: {SESSION}={session}\r\n\
                 connection: close\r\n\r\n"
            );
            let answer = tokio::task::block_in_place(|| raw(&server, request.as_bytes()));
            let (head, _) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
            assert!(!head.contains("planted") && !head.contains("evil"), "{path}: {head}");
        }
    }
    // A second request within the first one's body, and lengths that contradict each other.
    for smuggled in [
        "POST /item/2 HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 50\r\n\r\nfirst",
        "POST /item/2 HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /study.json HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = tokio::task::block_in_place(|| raw(&server, smuggled.as_bytes()));
        let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
        // One answer, of the start's redirect at most: what is smuggled gets none.
        assert!(
            statuses.len() <= 1
                && statuses
                    .iter()
                    .all(|status| status.starts_with('4') || *status == "303"),
            "{smuggled}: {answer}"
        );
    }
    assert_eq!(status_of_start(&server).await, StatusCode::OK, "it goes on serving");
}

async fn status_of_start(server: &Server) -> StatusCode {
    crate::client::Client::new(server.address)
        .get("/")
        .await
        .unwrap()
        .status
}
