//! A client of the study's server: one connection, one session, all in the open for tests to tamper with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use hyper::http::request::Builder;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Name of the session's cookie.
pub const SESSION: &str = "study_session";

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub struct Client {
    pub address: SocketAddr,
    /// What the server gave as cookies, which goes back with each request.
    pub cookies: BTreeMap<String, String>,
    connection: Option<SendRequest<Full<Bytes>>>,
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Where it sends to, as a path.
    pub fn location(&self) -> Option<&str> {
        Some(self.headers.get(LOCATION)?.to_str().unwrap())
    }

    /// The value of the page's hidden field `form`: of its first form, if it has several.
    pub fn form(&self) -> String {
        let text = self.text();
        let field = text
            .find("name=\"form\"")
            .unwrap_or_else(|| panic!("no form token: {text}"));
        let (start, end) = (
            text[..field].rfind('<').unwrap(),
            field + text[field..].find('>').unwrap(),
        );
        let (_, value) = text[start..end]
            .split_once("value=\"")
            .expect("a form token has a value");
        value.split_once('"').unwrap().0.to_owned()
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: BTreeMap::new(),
            connection: None,
        }
    }

    /// With a session: whatever is the value of its cookie.
    pub fn with_session(address: SocketAddr, session: &str) -> Self {
        let mut client = Self::new(address);
        client.cookies.insert(SESSION.to_owned(), session.to_owned());
        client
    }

    /// The value of the session's cookie.
    pub fn session(&self) -> Option<&str> {
        self.cookies.get(SESSION).map(String::as_str)
    }

    /// A request as a browser sends it from a page of the study itself.
    pub fn request(&self, method: Method, path: &str) -> Builder {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(HOST, self.address.to_string())
            .header("sec-fetch-site", "same-origin");
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies.join("; "))
        };
        if method == Method::POST {
            let request = request.header(ORIGIN, format!("http://{}", self.address));
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        } else {
            request
        }
    }

    pub async fn get(&mut self, path: &str) -> Result<Reply, Failure> {
        self.send(self.request(Method::GET, path).body(Full::default())?).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Reply, Failure> {
        let request = self.request(Method::POST, path).body(encode(fields).into())?;
        self.send(request).await
    }

    /// Sends a request, within half a minute; new cookies are kept.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Reply, Failure> {
        let reply = tokio::time::timeout(Duration::from_secs(30), self.exchange(request)).await??;
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = cookie.split_once('=').unwrap_or_default();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(reply)
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Reply, Failure> {
        // Taken out: what fails or is given up midway leaves no connection that answers the wrong request.
        let mut connection = match self.connection.take() {
            Some(open) => open,
            None => connect(self.address).await?,
        };
        if connection.ready().await.is_err() {
            connection = connect(self.address).await?;
        }
        let response = match connection.try_send_request(request).await {
            Ok(response) => response,
            // The server had closed the connection, as it does after a body that was too large, and this had not been heard of yet.
            Err(mut failed) => match failed.take_message() {
                Some(unsent) => {
                    connection = connect(self.address).await?;
                    connection.send_request(unsent).await?
                }
                None => return Err(failed.into_error().into()),
            },
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        self.connection = Some(connection);
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    sender.ready().await?;
    Ok(sender)
}

/// Fields as forms send them.
pub fn encode(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut escaped, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
                _ => write!(escaped, "%{byte:02X}").unwrap(),
            }
            escaped
        })
    };
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    fields.join("&")
}
