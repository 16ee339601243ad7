use hyper::StatusCode;

use super::{form_to, researcher, run, send};
use crate::client::Client;
use crate::person::Person;
use crate::server::Server;
use crate::small_study::CLASSES;

#[test]
fn progress_is_live_without_a_script() {
    let server = Server::start();
    run(async {
        let mut client = researcher(&server).await;
        let page = client.get("/").await.unwrap();
        assert_eq!(page.headers["refresh"], "10");
        assert!(!page.text().contains("<script") && !page.text().contains("style=\""));
        assert!(
            page.headers["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
        assert!(page.text().contains("Nobody has begun."));
        assert!(!client.get("/?still").await.unwrap().headers.contains_key("refresh"));
        let mut person = Person::new(server.address, 1, CLASSES);
        person.begin().await;
        person.label_until(4).await;
        let row = |name: &str, count: u64| format!("<th scope=\"row\">{name}</th><td>{count}</td>");
        let page = client.get("/").await.unwrap();
        for row in [
            row("Participants", 1),
            row("Answers to images", 3),
            row("Done", 0),
            row("images", 1),
        ] {
            assert!(page.text().contains(&row), "{row}: {}", page.text());
        }
        assert!(page.text().contains("within the last minute"));
    });
}

#[test]
fn a_pause_and_a_cap_hold_at_once() {
    let server = Server::start();
    run(async {
        let mut client = researcher(&server).await;
        let mut visitor = Client::new(server.address);
        let open = |page: &crate::client::Reply| page.text().contains("name=\"agree\"");
        assert!(open(&visitor.get("/").await.unwrap()));
        assert_eq!(
            send(&mut client, "/", "/pause", &[("paused", "yes")]).await.location(),
            Some("/")
        );
        assert!(!open(&visitor.get("/").await.unwrap()));
        assert!(client.get("/").await.unwrap().text().contains("Paused: "));
        send(&mut client, "/", "/pause", &[("paused", "no")]).await;
        assert!(open(&visitor.get("/").await.unwrap()));
        for wrong in ["0", "-1", "1.5", "many", "", "99999999999999999999"] {
            let reply = send(&mut client, "/enrolment", "/enrolment", &[("cap", wrong)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
            assert!(
                reply.text().contains("role=\"alert\"") && reply.text().contains("a whole number from 1 to 1000000")
            );
        }
        assert_eq!(
            send(&mut client, "/enrolment", "/enrolment", &[("cap", "1")])
                .await
                .status,
            StatusCode::SEE_OTHER
        );
        Person::new(server.address, 1, CLASSES).begin().await;
        assert!(!open(&visitor.get("/").await.unwrap()), "one is as many as may");
        assert!(client.get("/").await.unwrap().text().contains("Full: 1 have begun"));
        send(&mut client, "/enrolment", "/enrolment", &[("close", "yes")]).await;
        assert!(
            client
                .get("/")
                .await
                .unwrap()
                .text()
                .contains("Only people with a personal link")
        );
    });
}

#[test]
fn links_are_shown_once_and_open_the_study() {
    let server = Server::start();
    run(async {
        let mut client = researcher(&server).await;
        send(&mut client, "/enrolment", "/enrolment", &[("close", "yes")]).await;
        let page = client.get("/links").await.unwrap();
        let form = form_to(&page, "/links");
        let made = client.post("/links", &[("form", &form), ("count", "2")]).await.unwrap();
        assert_eq!(made.status, StatusCode::OK);
        let origin = format!("http://{}", server.address);
        let links: Vec<&str> = made
            .text()
            .split_whitespace()
            .filter_map(|word| word.split('<').next()?.strip_prefix(origin.as_str()))
            .collect();
        assert_eq!(links.len(), 2, "{}", made.text());
        // Loading that page again makes no more of them.
        let again = client.post("/links", &[("form", &form), ("count", "2")]).await.unwrap();
        assert_eq!(again.status, StatusCode::CONFLICT);
        let page = client.get("/links").await.unwrap();
        assert!(!page.text().contains("/join/"), "they are shown once");
        assert_eq!(page.text().matches("has not begun").count(), 2);
        let mut visitor = Client::new(server.address);
        assert!(!visitor.get("/").await.unwrap().text().contains("name=\"agree\""));
        let consent = visitor.get(links[1]).await.unwrap();
        assert!(consent.text().contains("name=\"agree\""), "{}", consent.text());
        let many = send(&mut client, "/links", "/links", &[("count", "1001")]).await;
        assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn data_are_deleted_after_one_has_confirmed() {
    let server = Server::start();
    run(async {
        let mut person = Person::new(server.address, 1, CLASSES);
        person.begin().await;
        person.label_until(3).await;
        let mut client = researcher(&server).await;
        assert!(
            client
                .get("/participants")
                .await
                .unwrap()
                .text()
                .contains("href=\"/participants/1/delete\"")
        );
        let path = "/participants/1/delete";
        let unsure = send(&mut client, path, path, &[]).await;
        assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(client.get("/answers.csv").await.unwrap().text().lines().count() == 3);
        let deleted = send(&mut client, path, path, &[("sure", "yes")]).await;
        assert_eq!(deleted.status, StatusCode::OK);
        assert!(deleted.text().contains("All data of participant 1 are deleted."));
        assert_eq!(client.get(path).await.unwrap().status, StatusCode::NOT_FOUND);
        assert_eq!(
            client.get("/participants/2/delete").await.unwrap().status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(client.get("/answers.csv").await.unwrap().text().lines().count(), 1);
        // Their browser is a stranger's now.
        let image = person.client.get("/image/1").await.unwrap();
        assert_ne!(image.status, StatusCode::OK);
        assert!(
            client
                .get("/")
                .await
                .unwrap()
                .text()
                .contains("<th scope=\"row\">Deleted by you</th><td>1</td>")
        );
    });
}

#[test]
fn what_was_answered_is_there_to_download() {
    let server = Server::start();
    run(async {
        let mut person = Person::new(server.address, 1, CLASSES);
        person.begin().await;
        person.finish().await;
        let mut client = researcher(&server).await;
        let csv = client.get("/answers.csv").await.unwrap();
        assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(
            csv.headers["content-disposition"],
            "attachment; filename=\"answers.csv\""
        );
        assert_eq!(csv.headers["cache-control"], "private, no-store");
        assert_eq!(csv.text().lines().count(), 1 + server.items());
        let json = client.get("/answers.json").await.unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
        assert_eq!(json["responses"].as_array().unwrap().len(), server.items());
        assert_eq!(json["participants"][0]["stage"], "done");
        assert_eq!(json["comparisons"][0]["comment"], "all alike");
    });
}

#[test]
fn how_long_data_are_kept_is_in_the_consent_text() {
    let server = Server::start();
    run(async {
        let mut client = researcher(&server).await;
        let consent = async || Client::new(server.address).get("/").await.unwrap();
        assert!(consent().await.text().contains("365 days after"));
        assert_eq!(
            send(&mut client, "/retention", "/retention", &[("days", "0")])
                .await
                .status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        send(&mut client, "/retention", "/retention", &[("days", "30")]).await;
        assert!(consent().await.text().contains("30 days after"));
        send(&mut client, "/retention", "/retention", &[("forever", "yes")]).await;
        assert!(consent().await.text().contains("until the researchers delete them"));
    });
}
