//! Somebody who takes part, as a program: from consent to thanks, with answers that tell this person from all others.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use doubleback_study::answer::{Answer, Choice};
use hyper::StatusCode;

use crate::client::{Client, Failure, Reply};

/// When a request was sent, and how long it took until it was answered.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub sent: Instant,
    pub took: Duration,
}

pub struct Person {
    /// Tells the answers of one person from those of others.
    pub id: u64,
    /// Classes to choose from.
    pub classes: usize,
    pub client: Client,
    /// Where the server wants this person to go next.
    pub page: String,
    /// By position: what the server said that it has kept.
    pub acknowledged: BTreeMap<usize, Answer>,
    pub timings: Vec<Timing>,
    /// How often a request had to be sent again, as the server was down.
    pub retries: usize,
    /// How long the server may be down; not at all if none.
    pub patience: Duration,
    /// All that the server said, by path, if that is wanted.
    pub heard: Option<Vec<(String, Reply)>>,
}

impl Person {
    pub fn new(address: SocketAddr, id: u64, classes: usize) -> Self {
        Self {
            id,
            classes,
            client: Client::new(address),
            page: "/".to_owned(),
            acknowledged: BTreeMap::new(),
            timings: Vec::new(),
            retries: 0,
            patience: Duration::ZERO,
            heard: None,
        }
    }

    /// What this person answers at a position: two fields as the form sends them.
    pub fn fields(&self, position: usize) -> [String; 2] {
        // A mixing function (Steele et al. 2014, SplitMix64): persons differ at about nine of ten positions.
        let mut mixed = (self.id << 16 | position as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = usize::try_from((mixed ^ mixed >> 31) >> 32).unwrap();
        let first = mixed % (self.classes + 1);
        let second = (first + 1 + mixed / 64 % (self.classes - 1)) % self.classes;
        match first {
            none if none == self.classes => ["na".to_owned(), "na".to_owned()],
            _ if mixed / 7 % 5 == 0 => [first.to_string(), "na".to_owned()],
            _ => [first.to_string(), second.to_string()],
        }
    }

    /// The same as the library has it.
    pub fn answer(&self, position: usize) -> Answer {
        let [first, second] = self.fields(position).map(|field| match field.parse() {
            Ok(label) => Choice::Label(label),
            Err(_) => Choice::NotApplicable,
        });
        Answer::new(first, second, self.classes).unwrap()
    }

    /// From consent until the first image is there to be labelled.
    pub async fn begin(&mut self) {
        while !self.page.starts_with("/item/") {
            self.step().await;
        }
    }

    /// Labels images until it stands at this position: at the part after the images if there are no so many.
    pub async fn label_until(&mut self, position: usize) {
        let end = format!("/item/{position}");
        while self.page.starts_with("/item/") && self.page != end {
            self.step().await;
        }
    }

    /// All the rest.
    pub async fn finish(&mut self) {
        while self.page != "/thanks" {
            self.step().await;
        }
        assert_eq!(self.get("/thanks").await.status, StatusCode::OK);
    }

    /// Looks at the page where it stands, and at its image, and sends its form.
    pub async fn step(&mut self) {
        let page = self.page.clone();
        let shown = self.get(&page).await;
        assert_eq!(
            shown.status,
            StatusCode::OK,
            "person {} at {page}, sent to {:?}: {}",
            self.id,
            shown.location(),
            shown.text()
        );
        let form = shown.form();
        let position = page.rsplit_once('/').and_then(|(_, position)| position.parse().ok());
        let [first, second] = self.fields(position.unwrap_or_default());
        let choices = [("first", first.as_str()), ("second", &second), ("form", &form)];
        let sent = match page.as_str() {
            "/" => self.post("/consent", &[("agree", "yes"), ("form", &form)]).await,
            "/compare" => self.post(&page, &[("comment", "all alike"), ("form", &form)]).await,
            "/instructions" => self.post(&page, &[("form", &form)]).await,
            _ => {
                let image = page
                    .replace("/item/", "/image/")
                    .replace("/practice/", "/practice-image/");
                let image = self.get(&image).await;
                assert_eq!(image.status, StatusCode::OK, "the image of {page}");
                self.post(&page, &choices).await
            }
        };
        assert_eq!(
            sent.status,
            StatusCode::SEE_OTHER,
            "person {} at {page}: {}",
            self.id,
            sent.text()
        );
        if let (true, Some(position)) = (page.starts_with("/item/"), position) {
            self.acknowledged.insert(position, self.answer(position));
        }
        sent.location()
            .expect("a redirect says where")
            .clone_into(&mut self.page);
        if self.page == "/" {
            // "Go on where you were."
            let start = self.get("/").await;
            assert_eq!(
                start.status,
                StatusCode::SEE_OTHER,
                "person {} after {page}: {}",
                self.id,
                start.text()
            );
            start
                .location()
                .expect("a redirect says where")
                .clone_into(&mut self.page);
        }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.insist(path, None).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.insist(path, Some(fields)).await
    }

    /// Sends until the server answers, the same each time.
    async fn insist(&mut self, path: &str, fields: Option<&[(&str, &str)]>) -> Reply {
        let began = Instant::now();
        loop {
            let sent = Instant::now();
            let reply: Result<Reply, Failure> = match fields {
                None => self.client.get(path).await,
                Some(fields) => self.client.post(path, fields).await,
            };
            match reply {
                Ok(reply) => {
                    let took = sent.elapsed();
                    self.timings.push(Timing { sent, took });
                    if let Some(heard) = &mut self.heard {
                        heard.push((path.to_owned(), reply.clone()));
                    }
                    return reply;
                }
                Err(_) if began.elapsed() < self.patience => {
                    self.retries += 1;
                    tokio::time::sleep(Duration::from_millis(50 + self.id % 50)).await;
                }
                Err(failure) => panic!("person {}: {path}: {failure}", self.id),
            }
        }
    }
}
