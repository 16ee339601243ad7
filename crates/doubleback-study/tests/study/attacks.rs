//! Attempts of people with bad intentions: each is refused, and nothing of it is stored.

mod forms;
mod headers;
mod input;
mod limits;
mod paths;
mod researcher;
mod sessions;

use doubleback_study::store::{Export, export};

use crate::person::Person;
use crate::server::Server;

/// Somebody at the second image, who has answered the first.
async fn victim(server: &Server, id: u64) -> Person {
    let mut person = Person::new(server.address, id, server.manifest().classes.len());
    person.begin().await;
    person.label_until(2).await;
    assert_eq!(person.page, "/item/2");
    person
}

/// All that is stored, as the researcher gets it.
fn stored(server: &Server) -> Export {
    export(server.path()).unwrap()
}
