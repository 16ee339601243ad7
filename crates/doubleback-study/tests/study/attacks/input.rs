//! What people type: SQL, HTML, nonsense.

use http_body_util::Full;
use hyper::{Method, StatusCode};

use super::{stored, victim};
use crate::client::Client;
use crate::person::Person;
use crate::server::Server;

const INJECTIONS: [&str; 9] = [
    "'; DROP TABLE answers; --",
    "1' OR '1'='1",
    "1); DELETE FROM participants; --",
    "\" UNION SELECT * FROM sessions --",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</textarea><script src=https://evil.example></script>",
    "{{items}}",
    "%00\u{0}\u{202e}\r\nSet-Cookie: planted=1",
];

/// Marks of an injection that a page shows as it is, rather than escaped.
fn is_raw(page: &str) -> bool {
    ["<script>alert", "<img src=x", "<script src=https://evil"]
        .iter()
        .any(|raw| page.contains(raw))
}

#[tokio::test]
async fn choices_are_labels_or_nothing() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    let classes = server.manifest().classes.len().to_string();
    let nonsense = [
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "01",
        "1.0",
        "1e0",
        "0x1",
        "٣",
        "NA",
        "N/A",
        "none",
        &classes,
        "18446744073709551617",
        "2147483648",
    ];
    for choice in nonsense.into_iter().chain(INJECTIONS) {
        for (first, second) in [(choice, "na"), ("1", choice)] {
            let form = person.get("/item/2").await.form();
            let reply = person
                .post("/item/2", &[("first", first), ("second", second), ("form", &form)])
                .await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{first:?}, {second:?}");
            assert!(!is_raw(reply.text()), "{}", reply.text());
        }
    }
    // What people may well send is said next to the question, and what they chose is kept.
    for (first, second) in [("", "na"), ("1", ""), ("1", "1"), ("na", "1")] {
        let form = person.get("/item/2").await.form();
        let reply = person
            .post("/item/2", &[("first", first), ("second", second), ("form", &form)])
            .await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{first}, {second}");
        assert!(reply.text().contains("role=\"alert\""), "{}", reply.text());
        let kept = reply.text().contains(&format!(
            "id=\"first-{first}\" name=\"first\" value=\"{first}\" checked"
        ));
        assert_eq!(kept, !first.is_empty(), "{}", reply.text());
    }
    assert_eq!(stored(&server), before);
}

#[tokio::test]
async fn fields_that_are_missing_doubled_or_no_text_are_refused() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    for fields in [
        "",
        "first=1",
        "second=1",
        "first=1&first=2&second=na",
        "first[]=1&second[]=2",
        "first=%FF&second=na",
        "first=%&second=na",
        "=&=&=",
        "first=1;second=na",
    ] {
        let form = person.get("/item/2").await.form();
        let body = format!("{fields}&form={form}");
        let request = person
            .client
            .request(Method::POST, "/item/2")
            .body(Full::from(body))
            .unwrap();
        let reply = person.client.send(request).await.unwrap();
        assert!(reply.status.is_client_error(), "{fields}: {}", reply.status);
        assert_ne!(
            reply.status,
            StatusCode::FORBIDDEN,
            "{fields}: it is the fields that are wrong"
        );
    }
    assert_eq!(stored(&server), before);
}

#[tokio::test]
async fn comments_are_kept_as_they_are_and_shown_escaped() {
    let server = Server::start();
    let classes = server.manifest().classes.len();
    for (id, injection) in INJECTIONS.into_iter().enumerate() {
        let mut person = Person::new(server.address, id as u64, classes);
        person.begin().await;
        person.label_until(usize::MAX).await;
        let form = person.get("/compare").await.form();
        let reply = person
            .post(
                "/compare",
                &[("comment", "x"), ("preferred", injection), ("form", &form)],
            )
            .await;
        assert_eq!(
            reply.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{injection}: {}",
            reply.text()
        );
        assert!(!is_raw(reply.text()), "{}", reply.text());
        // Refused for its length, it comes again with the page.
        let long = injection.to_owned() + &"x".repeat(4000);
        let reply = person.post("/compare", &[("comment", &long), ("form", &form)]).await;
        assert_eq!(
            reply.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{injection}: {}",
            reply.text()
        );
        assert!(reply.text().contains(&"x".repeat(4000)));
        assert!(!is_raw(reply.text()), "{}", reply.text());
        let form = person.get("/compare").await.form();
        let reply = person
            .post("/compare", &[("comment", injection), ("form", &form)])
            .await;
        assert!(
            reply.status == StatusCode::SEE_OTHER || injection.contains('\0'),
            "{injection}: {}",
            reply.text()
        );
        assert!(
            reply
                .headers
                .get_all("set-cookie")
                .iter()
                .all(|cookie| !cookie.to_str().unwrap().contains("planted"))
        );
    }
    let kept = stored(&server);
    let comments: Vec<String> = kept
        .comparisons
        .iter()
        .map(|comparison| format!("{comparison:?}"))
        .collect();
    for injection in &INJECTIONS[..8] {
        let written = format!("{injection:?}");
        assert!(
            comments.iter().any(|comment| comment.contains(&written)),
            "{written} is not in {comments:#?}"
        );
    }
    assert_eq!(
        kept.responses.len(),
        INJECTIONS.len() * server.items(),
        "all tables are there"
    );
}

#[tokio::test]
async fn a_comment_has_an_end() {
    let server = Server::start();
    let mut person = Person::new(server.address, 1, server.manifest().classes.len());
    person.begin().await;
    person.label_until(usize::MAX).await;
    // Counted in characters, not in bytes: 4,000 of two bytes are no more than 4,000.
    for (length, expected) in [(4001, StatusCode::UNPROCESSABLE_ENTITY), (4000, StatusCode::SEE_OTHER)] {
        let form = person.get("/compare").await.form();
        let reply = person
            .post("/compare", &[("comment", &"é".repeat(length)), ("form", &form)])
            .await;
        assert_eq!(reply.status, expected, "{length}: {:.300}", reply.text());
    }
    assert_eq!(stored(&server).comparisons.len(), 1);
}

#[tokio::test]
async fn codes_of_links_are_guessed_in_vain() {
    let server = Server::start();
    let before = stored(&server);
    for code in INJECTIONS
        .into_iter()
        .chain(["", "1", "../../study.json", "%2e%2e%2fstudy.json"])
    {
        let escaped = crate::client::encode(&[("", code)]).split_off(1);
        let mut client = Client::new(server.address);
        let reply = client.get(&format!("/join/{escaped}")).await.unwrap();
        assert!(reply.status.is_client_error(), "{code}: {}", reply.status);
        assert!(!is_raw(reply.text()), "{}", reply.text());
        let form = client.get("/").await.unwrap().form();
        if !code.is_empty() {
            let reply = client
                .post("/consent", &[("agree", "yes"), ("code", code), ("form", &form)])
                .await
                .unwrap();
            assert!(
                reply.status.is_client_error() && client.session().is_none(),
                "{code}: {}",
                reply.status
            );
            assert!(!is_raw(reply.text()), "{}", reply.text());
        }
    }
    for agree in ["", "no", "yes "] {
        let mut client = Client::new(server.address);
        let form = client.get("/").await.unwrap().form();
        let reply = client
            .post("/consent", &[("agree", agree), ("form", &form)])
            .await
            .unwrap();
        assert!(
            reply.status.is_client_error() && client.session().is_none(),
            "{agree}: {}",
            reply.status
        );
    }
    assert_eq!(stored(&server), before);
}
