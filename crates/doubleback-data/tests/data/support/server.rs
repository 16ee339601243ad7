//! A web server on this machine that misbehaves as it is told.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a client asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The first byte of the range that was asked for.
    pub fn start(&self) -> Option<usize> {
        self.header("range")?
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    }
}

/// What to answer: bytes, and whether the connection stays open without a word.
pub struct Reply {
    pub bytes: Vec<u8>,
    pub stall: bool,
}

/// A reply with this status, headers and body, after which the connection is closed.
pub fn reply(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut bytes = format!("HTTP/1.1 {status}\r\nConnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    Reply { bytes, stall: false }
}

/// A whole file.
pub fn whole(content: &[u8]) -> Reply {
    reply(
        "200 OK",
        &[("Content-Length", &content.len().to_string()), ("ETag", "\"1\"")],
        content,
    )
}

/// What is left of a file, as a server that knows ranges answers.
pub fn ranged(content: &[u8], request: &Request) -> Reply {
    match request.start() {
        None => whole(content),
        Some(start) if start >= content.len() => {
            let range = format!("bytes */{}", content.len());
            reply(
                "416 Range Not Satisfiable",
                &[("Content-Range", &range), ("Content-Length", "0")],
                b"",
            )
        }
        Some(start) => {
            let range = format!("bytes {start}-{}/{}", content.len() - 1, content.len());
            let left = &content[start..];
            let length = left.len().to_string();
            let headers = [
                ("Content-Range", range.as_str()),
                ("Content-Length", &length),
                ("ETag", "\"1\""),
            ];
            reply("206 Partial Content", &headers, left)
        }
    }
}

/// The same, cut off before the last `missing` bytes.
pub fn cut(mut reply: Reply, missing: usize) -> Reply {
    reply.bytes.truncate(reply.bytes.len() - missing);
    reply
}

/// A server whose thread ends with the test's process.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers request number `n`, from 0, with `answer(n, request)`.
    pub fn start(answer: impl Fn(usize, &Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let Some(request) = read(&stream) else { continue };
                let number = {
                    let mut seen: std::sync::MutexGuard<'_, Vec<Request>> = seen.lock().unwrap();
                    seen.push(request.clone());
                    seen.len() - 1
                };
                send(stream, answer(number, &request));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    for line in lines {
        let line = line.ok()?;
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    Some(Request { path, headers })
}

fn send(mut stream: TcpStream, reply: Reply) {
    // The client may have gone.
    let _ = stream.write_all(&reply.bytes);
    if reply.stall {
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(20));
            drop(stream);
        });
    }
}
