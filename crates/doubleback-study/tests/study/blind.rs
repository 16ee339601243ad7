//! Nothing that a participant's browser gets tells which model an image fools, or what its class is.

mod times;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use doubleback_study::assignment::Assignment;
use hyper::StatusCode;
use hyper::header::{DATE, SET_COOKIE};

use crate::client::Reply;
use crate::person::Person;
use crate::server::Server;

/// People who answer all the same and stand at their last image, so that they may look at each of theirs; and which candidates these are.
async fn crowd(server: &Server, people: u64) -> (Vec<Person>, Vec<Vec<usize>>) {
    let manifest = server.manifest();
    let assignment = Assignment::new(manifest);
    let (mut crowd, mut orders) = (Vec::new(), Vec::new());
    for number in 1..=people {
        let mut person = Person::new(server.address, 0, manifest.classes.len());
        person.begin().await;
        person.label_until(assignment.items()).await;
        crowd.push(person);
        orders.push(assignment.order(number));
    }
    (crowd, orders)
}

/// A response without what changes from one second to the next, and from one form to the next.
fn constant(reply: &Reply) -> (StatusCode, Vec<(String, String)>, String) {
    let headers = reply.headers.iter().filter(|(name, _)| *name != DATE);
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut body = reply.text().to_owned();
    // Each form has a token of its own.
    while let Some(token) = body.contains("name=\"form\"").then(|| reply_token(&body)).flatten() {
        body = body.replace(&token, &"·".repeat(token.len()));
    }
    (reply.status, headers.collect(), body)
}

/// The first token in a page that has not been blotted out.
fn reply_token(page: &str) -> Option<String> {
    let inputs = page.split("<input").filter(|input| input.contains("name=\"form\""));
    let values = inputs.filter_map(|input| Some(input.split_once("value=\"")?.1.split_once('"')?.0.to_owned()));
    let mut values = values.filter(|value| !value.starts_with('·'));
    values.next()
}

/// The chunks of a PNG: type and bytes.
fn chunks(png: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut rest = png.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("the signature of a PNG");
    let mut found = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let kind = String::from_utf8(rest[4..8].to_vec()).unwrap();
        found.push((kind, rest[8..8 + length].to_vec()));
        rest = &rest[12 + length..];
    }
    found
}

fn pixels(png: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

#[tokio::test]
async fn responses_for_other_images_differ_in_their_pixels_alone() {
    let server = Server::start();
    let manifest = server.manifest();
    let (mut people, orders) = crowd(&server, 6).await;
    let mut image_headers = BTreeSet::new();
    for position in 1..=orders[0].len() {
        let candidates: BTreeSet<_> = orders.iter().map(|order| order[position - 1]).collect();
        let models: BTreeSet<_> = candidates
            .iter()
            .map(|&index| manifest.candidates[index].model)
            .collect();
        assert_eq!(
            models.len(),
            manifest.models.len(),
            "images of all models at position {position}"
        );
        let mut pages = BTreeMap::new();
        for (person, order) in people.iter_mut().zip(&orders) {
            let page = person.get(&format!("/item/{position}")).await;
            assert_eq!(page.status, StatusCode::OK);
            assert_eq!(page.headers.get(SET_COOKIE), None);
            let (length, constant) = (page.body.len(), constant(&page));
            pages.entry((length, constant)).or_insert_with(Vec::new).push(person.id);

            let image = person.get(&format!("/image/{position}")).await;
            assert_eq!(image.status, StatusCode::OK);
            let mut headers = image.headers.clone();
            headers.remove(DATE);
            image_headers.insert((image.body.len(), format!("{headers:?}")));
            let candidate = &manifest.candidates[order[position - 1]];
            let file = std::fs::read(server.path().join("images").join(&candidate.file)).unwrap();
            assert_eq!(pixels(&image.body), pixels(&file), "the pixels of {}", candidate.file);
            let found = chunks(&image.body);
            let names: Vec<_> = found.iter().map(|(kind, bytes)| (kind.as_str(), bytes.len())).collect();
            assert!(
                matches!(names[..], [("IHDR", 13), ("IDAT", _), ("IEND", 0)]),
                "{names:?}"
            );
            image_headers.insert((image.body.len(), format!("{headers:?}")));
        }
        assert_eq!(pages.len(), 1, "pages of position {position} differ: {pages:#?}");
    }
    assert_eq!(
        image_headers.len(),
        1,
        "lengths and headers of images: {image_headers:#?}"
    );
}
