//! A browser without JavaScript: it keeps cookies, follows redirects, and sends what a page's form has.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use scraper::{ElementRef, Html, Selector};
use ureq::http::Response;
use ureq::{Agent, Body};

/// A page as a browser has it.
pub struct Page {
    /// Where it is, after redirects.
    pub path: String,
    pub status: u16,
    pub html: Html,
}

pub struct Browser {
    address: SocketAddr,
    agent: Agent,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder().max_redirects(0).http_status_as_error(false);
        Self {
            address,
            agent: config.build().new_agent(),
            cookies: BTreeMap::new(),
        }
    }

    fn cookie(&self) -> String {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(&mut self, response: &Response<Body>) {
        for line in response.headers().get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            assert!(
                attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"),
                "{attributes}"
            );
            match value {
                "" => self.cookies.remove(name),
                _ => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    /// What is at a path, without going where it leads.
    pub fn raw(&mut self, path: &str) -> Response<Body> {
        let url = format!("http://{}{path}", self.address);
        let response = self.agent.get(&url).header("cookie", self.cookie()).call().unwrap();
        self.keep(&response);
        response
    }

    pub fn raw_post(&mut self, path: &str, fields: &[(String, String)]) -> Response<Body> {
        let url = format!("http://{}{path}", self.address);
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let response = self
            .agent
            .post(&url)
            .header("cookie", self.cookie())
            .send_form(fields)
            .unwrap();
        self.keep(&response);
        response
    }

    fn follow(&mut self, mut path: String, mut response: Response<Body>) -> Page {
        for _ in 0..5 {
            if response.status() != 303 {
                let status = response.status().as_u16();
                let html = Html::parse_document(&response.body_mut().read_to_string().unwrap());
                return Page { path, status, html };
            }
            path = response.headers()["location"].to_str().unwrap().to_owned();
            response = self.raw(&path);
        }
        panic!("redirects go round in a circle at {path}");
    }

    pub fn get(&mut self, path: &str) -> Page {
        let response = self.raw(path);
        self.follow(path.to_owned(), response)
    }

    /// Sends fields to a path, and goes where that leads.
    pub fn post(&mut self, path: &str, fields: &[(String, String)]) -> Page {
        let response = self.raw_post(path, fields);
        self.follow(path.to_owned(), response)
    }

    /// Fills in a page's form and sends it.
    pub fn send(&mut self, page: &Page, filled: &[(&str, &str)]) -> Page {
        let (action, fields) = page.filled(filled);
        self.post(&action, &fields)
    }
}

impl Page {
    pub fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        let selector = Selector::parse(selector).unwrap();
        self.html.select(&selector).collect()
    }

    pub fn one(&self, selector: &str) -> ElementRef<'_> {
        let found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector} at {}: {}", self.path, self.text());
        found[0]
    }

    pub fn text(&self) -> String {
        self.html.root_element().text().collect::<Vec<_>>().join(" ")
    }

    /// Values of the radios and boxes that are chosen, by name.
    pub fn chosen(&self) -> Vec<(String, String)> {
        let attribute = |input: &ElementRef, name: &str| input.value().attr(name).unwrap_or_default().to_owned();
        self.all("form input[checked][name]")
            .iter()
            .map(|input| (attribute(input, "name"), attribute(input, "value")))
            .collect()
    }

    /// Where the page's form goes and what it sends, filled in like this. What is filled in has to be there to be filled in.
    pub fn filled(&self, filled: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let action = self.one("main form").value().attr("action").unwrap().to_owned();
        let mut fields: Vec<(String, String)> = Vec::new();
        for hidden in self.all("form input[type=hidden]") {
            let value = |name| hidden.value().attr(name).unwrap().to_owned();
            fields.push((value("name"), value("value")));
        }
        fields.extend(
            self.chosen()
                .into_iter()
                .filter(|(name, _)| filled.iter().all(|(other, _)| other != name)),
        );
        for &(name, value) in filled {
            let there = if name == "comment" {
                "form textarea[name=comment]"
            } else {
                &format!("form input[name='{name}'][value='{value}']")
            };
            self.one(there);
            fields.push((name.to_owned(), value.to_owned()));
        }
        (action, fields)
    }
}
