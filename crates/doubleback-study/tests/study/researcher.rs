//! What the researcher's pages promise: only who has the token sees them, and they do what they say.

mod desk;
mod door;

use std::future::Future;

use hyper::StatusCode;

use crate::client::{Client, Reply};
use crate::server::Server;

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// A browser of the researcher, logged in.
async fn researcher(server: &Server) -> Client {
    let mut client = Client::new(server.researcher);
    let entered = enter(&mut client, &server.admin_token).await;
    assert_eq!((entered.status, entered.location()), (StatusCode::SEE_OTHER, Some("/")));
    client
}

/// Tries a token.
async fn enter(client: &mut Client, token: &str) -> Reply {
    let form = client.get("/login").await.unwrap().form();
    client
        .post("/login", &[("form", &form), ("token", token)])
        .await
        .unwrap()
}

/// The token of the page's form that is sent to this path.
fn form_to(page: &Reply, path: &str) -> String {
    let start = page
        .text()
        .find(&format!("action=\"{path}\""))
        .unwrap_or_else(|| panic!("no form to {path}: {}", page.text()));
    let (_, rest) = page.text()[start..].split_once("name=\"form\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// Loads a page and sends its form to a path, with these fields.
async fn send(client: &mut Client, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let form = form_to(&client.get(page).await.unwrap(), path);
    let fields = [&[("form", form.as_str())], fields].concat();
    client.post(path, &fields).await.unwrap()
}
