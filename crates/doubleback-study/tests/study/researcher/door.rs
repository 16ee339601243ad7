use hyper::{Method, StatusCode};

use super::{enter, form_to, researcher, run, send};
use crate::client::{Client, encode};
use crate::server::Server;

const COOKIE: &str = "study_admin";
const PAGES: [&str; 9] = [
    "/",
    "/links",
    "/enrolment",
    "/retention",
    "/participants",
    "/participants/1/delete",
    "/answers.csv",
    "/answers.json",
    "/no-such-page",
];
const FORMS: [&str; 6] = [
    "/links",
    "/enrolment",
    "/pause",
    "/retention",
    "/participants/1/delete",
    "/logout",
];

#[test]
fn without_the_token_nobody_gets_in() {
    let server = Server::start();
    run(async {
        let visitor = Client::new(server.researcher);
        let mut forger = Client::new(server.researcher);
        forger.cookies.insert(COOKIE.to_owned(), "A".repeat(43));
        // The cookie of somebody who has seen the login, and not logged in.
        let mut waiting = Client::new(server.researcher);
        let form = waiting.get("/login").await.unwrap().form();
        assert!(waiting.cookies.contains_key(COOKIE));
        for mut client in [visitor, forger, waiting] {
            for page in PAGES {
                let reply = client.get(page).await.unwrap();
                assert_eq!(
                    (reply.status, reply.location()),
                    (StatusCode::SEE_OTHER, Some("/login")),
                    "{page}"
                );
                assert!(reply.body.is_empty(), "{page}");
            }
            for path in FORMS {
                let fields = [
                    ("form", form.as_str()),
                    ("paused", "yes"),
                    ("count", "3"),
                    ("sure", "yes"),
                    ("cap", "5"),
                    ("days", "1"),
                ];
                let reply = client.post(path, &fields).await.unwrap();
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
            }
        }
        let mut researcher = researcher(&server).await;
        let links = researcher.get("/links").await.unwrap();
        assert!(!links.text().contains("id=\"links\""), "somebody made links");
        assert!(
            researcher.get("/").await.unwrap().text().contains("Open: "),
            "somebody changed the settings"
        );
    });
}

#[test]
fn participants_do_not_reach_the_researchers_pages() {
    let server = Server::start();
    run(async {
        let researcher = researcher(&server).await;
        let mut client = Client::new(server.address);
        client.cookies = researcher.cookies.clone();
        for page in PAGES.into_iter().filter(|page| *page != "/").chain(["/login"]) {
            let reply = client.get(page).await.unwrap();
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{page}");
        }
    });
}

#[test]
fn a_token_lets_in_with_a_new_cookie_until_the_log_out() {
    let server = Server::start();
    run(async {
        let mut client = Client::new(server.researcher);
        let wrong = enter(&mut client, "not the token").await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN);
        assert!(
            wrong.text().contains("This is not the token of this study.") && wrong.text().contains("role=\"alert\"")
        );
        let before = client.cookies[COOKIE].clone();
        let right = enter(&mut client, &server.admin_token).await;
        assert_eq!(right.status, StatusCode::SEE_OTHER);
        let cookie = right.headers["set-cookie"].to_str().unwrap();
        assert!(
            cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"),
            "{cookie}"
        );
        assert_ne!(
            client.cookies[COOKIE], before,
            "whoever knew the cookie before would be logged in too"
        );
        let page = client.get("/").await.unwrap();
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(client.get("/login").await.unwrap().location(), Some("/"));

        let mut copy = Client::new(server.researcher);
        copy.cookies = client.cookies.clone();
        let left = send(&mut client, "/", "/logout", &[]).await;
        assert_eq!(left.location(), Some("/login"));
        assert!(!client.cookies.contains_key(COOKIE));
        assert_eq!(
            copy.get("/").await.unwrap().location(),
            Some("/login"),
            "the session is over for all"
        );
    });
}

#[test]
fn tokens_cannot_be_tried_for_long() {
    let server = Server::start();
    run(async {
        let mut client = Client::new(server.researcher);
        let mut statuses = Vec::new();
        for attempt in 0..14 {
            statuses.push(enter(&mut client, &format!("guess {attempt}")).await.status);
        }
        assert_eq!(statuses[..10], [StatusCode::FORBIDDEN; 10]);
        assert!(statuses[10..].contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
        // Now the right one does not help either, from wherever it comes.
        let mut other = Client::new(server.researcher);
        while enter(&mut other, "another guess").await.status != StatusCode::TOO_MANY_REQUESTS {}
        let refused = enter(&mut other, &server.admin_token).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers.contains_key("retry-after"));
    });
}

#[test]
fn forms_of_elsewhere_are_refused() {
    let server = Server::start();
    run(async {
        let mut client = researcher(&server).await;
        let progress = client.get("/").await.unwrap();
        let pause = form_to(&progress, "/pause");
        // Without a token, with that of another page, with that of another session.
        let mut other = researcher(&server).await;
        let foreign = form_to(&other.get("/").await.unwrap(), "/pause");
        let logout = form_to(&progress, "/logout");
        for form in ["", "abc", &logout, &foreign] {
            let reply = client
                .post("/pause", &[("form", form), ("paused", "yes")])
                .await
                .unwrap();
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{form}");
        }
        // From another site, with everything right.
        let body = encode(&[("form", &pause), ("paused", "yes")]);
        let mut request = client.request(Method::POST, "/pause").body(body.into()).unwrap();
        request
            .headers_mut()
            .insert("sec-fetch-site", "cross-site".parse().unwrap());
        request
            .headers_mut()
            .insert("origin", "https://elsewhere.example".parse().unwrap());
        assert_eq!(client.send(request).await.unwrap().status, StatusCode::FORBIDDEN);
        assert!(
            client.get("/").await.unwrap().text().contains("Open: "),
            "it was paused"
        );
        // Once is enough.
        let fields = [("form", pause.as_str()), ("paused", "yes")];
        assert_eq!(
            client.post("/pause", &fields).await.unwrap().status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(
            client.post("/pause", &fields).await.unwrap().status,
            StatusCode::CONFLICT
        );
        // Too large to be one of ours.
        let large = "x".repeat(20 << 10);
        let reply = client.post("/pause", &[("form", &large)]).await.unwrap();
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    });
}
