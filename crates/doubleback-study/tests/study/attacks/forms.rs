//! Forms: sent again, sent from elsewhere, sent without having been shown.

use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, ORIGIN};
use hyper::{Method, StatusCode};

use super::{stored, victim};
use crate::client::{Client, encode};
use crate::person::Person;
use crate::server::Server;

/// Where forms are sent.
const FORMS: [&str; 6] = [
    "/consent",
    "/instructions",
    "/practice/1",
    "/item/2",
    "/compare",
    "/withdraw",
];

#[tokio::test]
async fn a_form_sent_again_is_written_once() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let form = person.get("/item/2").await.form();
    let same = [("first", "1"), ("second", "na"), ("form", form.as_str())];
    for _ in 0..3 {
        let reply = person.post("/item/2", &same).await;
        assert_eq!(
            (reply.status, reply.location()),
            (StatusCode::SEE_OTHER, Some("/item/3"))
        );
    }
    let kept = stored(&server);
    assert_eq!(kept.responses.len(), 2);
    assert!(kept.responses.iter().all(|response| response.changes == 0), "{kept:?}");
    // The same form with another answer.
    let reply = person
        .post("/item/2", &[("first", "0"), ("second", "na"), ("form", &form)])
        .await;
    assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.text());
    assert_eq!(stored(&server), kept);
}

#[tokio::test]
async fn a_form_sent_twenty_times_at_once_is_written_once() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let form = person.get("/item/2").await.form();
    let body = encode(&[("first", "1"), ("second", "na"), ("form", &form)]);
    let cookie = person.client.session().unwrap().to_owned();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let mut client = Client::with_session(server.address, &cookie);
            let request = client
                .request(Method::POST, "/item/2")
                .body(Full::from(body.clone()))
                .unwrap();
            tokio::spawn(async move { client.send(request).await.unwrap() })
        })
        .collect();
    for task in tasks {
        let reply = task.await.unwrap();
        assert_eq!(
            (reply.status, reply.location()),
            (StatusCode::SEE_OTHER, Some("/item/3"))
        );
    }
    let kept = stored(&server);
    assert_eq!(
        kept.responses
            .iter()
            .map(|response| (response.position, response.changes))
            .collect::<Vec<_>>(),
        [(1, 0), (2, 0)]
    );
}

#[tokio::test]
async fn forms_without_their_token_are_refused() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    let real = person.get("/item/2").await.form();
    let elsewhere = person.get("/item/1").await.form();
    let withdraw = person.get("/withdraw").await.form();
    let mut tampered = real.clone().into_bytes();
    let middle = tampered.len() / 2;
    tampered[middle] = if tampered[middle] == b'A' { b'B' } else { b'A' };
    let tampered = String::from_utf8(tampered).unwrap();
    let tokens = [
        "",
        "x",
        &elsewhere,
        &withdraw,
        &tampered,
        &real[1..],
        &real[..real.len() - 2],
        &"A".repeat(real.len()),
        &"A".repeat(2000),
    ];
    for token in tokens {
        let reply = person
            .post("/item/2", &[("first", "1"), ("second", "na"), ("form", token)])
            .await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{token}: {}", reply.text());
    }
    for path in FORMS {
        for fields in [
            &[("first", "1"), ("second", "na"), ("agree", "yes"), ("confirm", "yes")][..],
            &[],
        ] {
            let reply = person.post(path, fields).await;
            // Who takes part already has no use for the form of consent.
            let expected = if path == "/consent" {
                StatusCode::SEE_OTHER
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(reply.status, expected, "{path}: {:?}", reply.location());
        }
        let mut stranger = Client::new(server.address);
        let reply = stranger
            .post(
                path,
                &[("agree", "yes"), ("first", "1"), ("second", "na"), ("form", &real)],
            )
            .await
            .unwrap();
        assert!(
            !reply.status.is_success() && stranger.session().is_none(),
            "{path} without a session: {}",
            reply.status
        );
    }
    assert_eq!(stored(&server), before);
}

#[tokio::test]
async fn forms_from_other_sites_are_refused() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    let own = format!("http://{}", server.address);
    // What browsers say when a page of another site sends a form; old ones send the origin alone.
    let foreign: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:1")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:1")],
        &[("origin", "http://127.0.0.1.evil.example")],
    ];
    for path in FORMS {
        let page = if path == "/consent" { "/" } else { path };
        let form = match path {
            "/consent" => Client::new(server.address).get("/").await.unwrap().form(),
            "/item/2" | "/withdraw" => person.get(page).await.form(),
            _ => String::new(),
        };
        for headers in foreign {
            let body = encode(&[
                ("agree", "yes"),
                ("confirm", "yes"),
                ("first", "1"),
                ("second", "na"),
                ("form", &form),
            ]);
            let mut request = person
                .client
                .request(Method::POST, path)
                .body(Full::from(body))
                .unwrap();
            request.headers_mut().remove(ORIGIN);
            request.headers_mut().remove("sec-fetch-site");
            for &(name, value) in headers {
                request.headers_mut().insert(
                    hyper::header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    value.parse().unwrap(),
                );
            }
            let reply = person.client.send(request).await.unwrap();
            assert_eq!(
                reply.status,
                StatusCode::FORBIDDEN,
                "{path} with {headers:?}: {}",
                reply.text()
            );
        }
    }
    assert_eq!(stored(&server), before);
}

#[tokio::test]
async fn nothing_is_answered_out_of_turn() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    let form = person.get("/item/2").await.form();
    for path in [
        "/item/3",
        "/item/9",
        "/item/0",
        "/item/-1",
        "/item/99",
        "/item/18446744073709551616",
    ] {
        let reply = person
            .post(path, &[("first", "1"), ("second", "na"), ("form", &form)])
            .await;
        assert!(!reply.status.is_success(), "{path}: {}", reply.status);
    }
    for path in ["/item/3", "/compare", "/thanks", "/practice/1"] {
        let reply = person.get(path).await;
        assert_eq!(
            (reply.status, reply.location()),
            (StatusCode::SEE_OTHER, Some("/item/2")),
            "{path}"
        );
    }
    for path in ["/image/3", "/image/99"] {
        let reply = person.get(path).await;
        assert!(
            reply.status != StatusCode::OK && !reply.body.starts_with(b"\x89PNG"),
            "{path}: an image that is not yet to be seen"
        );
    }
    assert_eq!(stored(&server), before);

    // And after the images nothing is changed any more.
    let mut person = Person::new(server.address, 3, server.manifest().classes.len());
    person.begin().await;
    let form = person.get("/item/1").await.form();
    person.label_until(usize::MAX).await;
    assert_eq!(person.page, "/compare");
    let before = stored(&server);
    let reply = person
        .post("/item/1", &[("first", "0"), ("second", "1"), ("form", &form)])
        .await;
    assert!(!reply.status.is_success(), "{}", reply.status);
    let reply = person.get("/item/1").await;
    assert_eq!(
        (reply.status, reply.location()),
        (StatusCode::SEE_OTHER, Some("/compare"))
    );
    assert_eq!(stored(&server), before);
}

#[tokio::test]
async fn other_methods_and_other_kinds_of_bodies_are_refused() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let before = stored(&server);
    let form = person.get("/item/2").await.form();
    let body = encode(&[("first", "1"), ("second", "na"), ("form", &form)]);
    for method in ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X"] {
        for path in ["/item/2", "/withdraw", "/image/1", "/"] {
            let mut request = person
                .client
                .request(Method::POST, path)
                .body(Full::from(body.clone()))
                .unwrap();
            *request.method_mut() = method.parse().unwrap();
            let reply = person.client.send(request).await.unwrap();
            assert!(reply.status.is_client_error(), "{method} {path}: {}", reply.status);
        }
    }
    for path in ["/", "/image/1", "/thanks"] {
        let reply = person.post(path, &[("form", &form)]).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "POST {path}");
    }
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
    ] {
        let mut request = person
            .client
            .request(Method::POST, "/item/2")
            .body(Full::from(body.clone()))
            .unwrap();
        request.headers_mut().insert(CONTENT_TYPE, kind.parse().unwrap());
        let reply = person.client.send(request).await.unwrap();
        assert!(reply.status.is_client_error(), "{kind}: {}", reply.status);
    }
    assert_eq!(stored(&server), before);
}
