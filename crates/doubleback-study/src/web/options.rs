use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;

use crate::{Error, Result};

/// How a study is served.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The study's folder.
    pub folder: PathBuf,
    /// Address of the participants' pages; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address of the researcher's pages.
    pub admin_listen: SocketAddr,
    /// That `admin_listen` may be another address than this machine's own.
    pub admin_anywhere: bool,
    /// What participants' browsers have as the address, such as `https://study.example.org`, if a proxy stands before the server.
    pub public_origin: Option<String>,
    /// Whom participants ask: what `{{contact}}` stands for in texts.
    pub contact: Option<String>,
    /// If given, anybody may take part from now on, until so many have begun.
    pub open_enrolment: Option<u64>,
    /// Makes another token for the researcher, and ends the old one.
    pub new_admin_token: bool,
    /// What one browser, and all together, may ask for.
    pub limits: Limits,
}

impl ServeOptions {
    /// On this machine only: participants on port 8080, the researcher on 8081.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            admin_listen: (Ipv4Addr::LOCALHOST, 8081).into(),
            admin_anywhere: false,
            public_origin: None,
            contact: None,
            open_enrolment: None,
            new_admin_token: false,
            limits: Limits::default(),
        }
    }

    /// Whether browsers reach the server by TLS.
    pub fn secure(&self) -> bool {
        self.public_origin
            .as_ref()
            .is_some_and(|origin| origin.starts_with("https://"))
    }

    /// Checks what can be checked before anything is opened.
    ///
    /// # Errors
    /// If the researcher's pages would be open to other machines unasked, or if the public origin is none.
    pub fn check(&self) -> Result<()> {
        if !self.admin_anywhere && !self.admin_listen.ip().is_loopback() {
            return Err(Error::Setting(format!(
                "the researcher's pages would be open to other machines at {}: choose an address of this machine, such as 127.0.0.1:8081, or allow it",
                self.admin_listen
            )));
        }
        if let Some(origin) = &self.public_origin {
            check_origin(origin)?;
        }
        Ok(())
    }
}

/// An origin as browsers write it: what is written otherwise would never match.
fn check_origin(origin: &str) -> Result<()> {
    let refuse = |why: &str| {
        let example = "expected one as `https://study.example.org`";
        Err(Error::Setting(format!("the public origin `{origin}` {why}: {example}")))
    };
    let Ok(uri) = origin.parse::<Uri>() else {
        return refuse("is no address");
    };
    let Some(authority) = uri.authority() else {
        return refuse("has no host");
    };
    match (uri.scheme_str(), authority.port_u16()) {
        (Some("https"), Some(443)) | (Some("http"), Some(80)) => return refuse("has the port that browsers leave out"),
        (Some("https" | "http"), _) => {}
        _ => return refuse("begins neither with `https://` nor with `http://`"),
    }
    if authority.as_str().contains('@')
        || origin
            .split_once("://")
            .is_none_or(|(_, rest)| rest != authority.as_str())
    {
        return refuse("has more than a host and a port");
    }
    if origin.chars().any(|c| c.is_ascii_uppercase()) {
        return refuse("has capitals, which browsers write small");
    }
    Ok(())
}

/// So many requests at once, and so many a second from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: NonZeroU32,
    /// A second.
    pub per_second: NonZeroU32,
}

impl Rate {
    /// A rate; zeros are taken as ones.
    pub const fn new(burst: u32, per_second: u32) -> Self {
        const fn at_least_one(number: u32) -> NonZeroU32 {
            match NonZeroU32::new(number) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self {
            burst: at_least_one(burst),
            per_second: at_least_one(per_second),
        }
    }
}

/// What one browser, and all together, may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests of one session.
    pub session: Rate,
    /// Requests of all that have no session, together: whoever wants to begin.
    pub newcomers: Rate,
    /// Requests without a session of one address, where addresses mean something: another machine's, and no proxy between.
    pub address: Rate,
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of the body of the form with the comment: its 4,000 characters may take twelve each.
    pub comment_body: usize,
    /// Time for a request's headers.
    pub header_time: Duration,
    /// Time for a request's body.
    pub body_time: Duration,
    /// Time for an answer to a request.
    pub request_time: Duration,
    /// Connections at once; others wait.
    pub connections: usize,
    /// Time for open requests when the server stops.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            session: Rate::new(60, 10),
            newcomers: Rate::new(600, 20),
            address: Rate::new(120, 10),
            body: 16 << 10,
            comment_body: 64 << 10,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            connections: 4096,
            stop_time: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_write_them() {
        for origin in [
            "https://study.example.org",
            "http://127.0.0.1:8080",
            "https://example.org:8443",
            "http://[::1]:8080",
        ] {
            check_origin(origin).unwrap();
        }
        for origin in [
            "study.example.org",
            "https://example.org/",
            "https://example.org/study",
            "https://Example.org",
            "https://example.org:443",
            "http://example.org:80",
            "ftp://example.org",
            "https://a@example.org",
            "https://",
            "",
        ] {
            assert!(check_origin(origin).is_err(), "{origin}");
        }
    }

    #[test]
    fn the_researcher_is_on_this_machine_unless_told() {
        let mut options = ServeOptions::new("study");
        options.check().unwrap();
        options.admin_listen = "0.0.0.0:8081".parse().unwrap();
        assert!(options.check().unwrap_err().to_string().contains("0.0.0.0:8081"));
        options.admin_anywhere = true;
        options.check().unwrap();
    }
}
