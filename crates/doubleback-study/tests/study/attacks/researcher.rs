//! The researcher's side: closed to everybody without the token, and not to be found at the participants' address.

use http_body_util::Full;
use hyper::{Method, StatusCode};

use super::{stored, victim};
use crate::client::{Client, encode};
use crate::server::Server;

/// All that there is to see, and to do.
const PAGES: [&str; 8] = [
    "/",
    "/links",
    "/enrolment",
    "/retention",
    "/participants",
    "/participants/1/delete",
    "/answers.csv",
    "/answers.json",
];
const FORMS: [&str; 6] = [
    "/links",
    "/enrolment",
    "/pause",
    "/retention",
    "/participants/1/delete",
    "/logout",
];

#[tokio::test]
async fn without_the_token_nothing_is_shown_or_done() {
    let server = Server::start();
    let person = victim(&server, 1).await;
    let (session, before) = (person.client.session().unwrap(), stored(&server));
    let token = &server.admin_token;
    assert!(token.len() >= 43, "the token was shown when the study was first served");
    let cookies = [
        "".to_owned(),
        format!("study_session={session}"),
        format!("study_admin={session}"),
        format!("study_admin={}", "A".repeat(43)),
        format!("study_admin={token}"),
    ];
    // The token itself opens nothing where a log or a referrer could have it.
    let credentials = [
        ("authorization", format!("Bearer {token}")),
        ("x-admin-token", token.clone()),
        ("accept", "*/*".to_owned()),
    ];
    for cookie in &cookies {
        for (name, value) in &credentials {
            for path in PAGES
                .into_iter()
                .chain(["/nothing", "/study.json", "/item/1", "/image/1"])
            {
                let mut client = Client::new(server.researcher);
                let path = format!("{path}?token={token}");
                let request = client
                    .request(Method::GET, &path)
                    .header(*name, value)
                    .header("cookie", cookie)
                    .body(Full::default())
                    .unwrap();
                let reply = client.send(request).await.unwrap();
                assert_eq!(
                    (reply.status, reply.location()),
                    (StatusCode::SEE_OTHER, Some("/login")),
                    "{path} with {cookie} {name}"
                );
                assert!(reply.body.is_empty(), "{path}: {}", reply.text());
            }
        }
        for path in FORMS {
            let mut client = Client::new(server.researcher);
            let body = encode(&[
                ("count", "5"),
                ("sure", "yes"),
                ("paused", "yes"),
                ("cap", "0"),
                ("days", "1"),
                ("token", token),
                ("form", "forged"),
            ]);
            let request = client
                .request(Method::POST, path)
                .header("cookie", cookie)
                .body(Full::from(body))
                .unwrap();
            let reply = client.send(request).await.unwrap();
            assert_eq!(
                reply.status,
                StatusCode::FORBIDDEN,
                "{path} with {cookie}: {}",
                reply.text()
            );
        }
    }
    assert_eq!(stored(&server), before);
    let mut newcomer = Client::new(server.address);
    assert!(
        newcomer.get("/").await.unwrap().text().contains("id=\"agree\""),
        "it is neither paused nor full"
    );
}

#[tokio::test]
async fn participants_address_has_no_researchers_page() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    for path in PAGES.into_iter().skip(1).chain([
        "/login",
        "/logout",
        "/pause",
        "/admin",
        "/progress",
        "/export",
        "/answers",
    ]) {
        person
            .client
            .cookies
            .insert("study_admin".to_owned(), server.admin_token.clone());
        let reply = person.get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            !reply.text().contains("login") && !reply.text().contains("esearcher"),
            "{path}: {}",
            reply.text()
        );
        let reply = person.post(path, &[("token", &server.admin_token)]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
}
