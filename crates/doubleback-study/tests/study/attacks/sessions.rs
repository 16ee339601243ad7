//! Sessions: no one gets into another's.

use hyper::StatusCode;
use hyper::header::SET_COOKIE;

use super::{stored, victim};
use crate::client::{Client, SESSION};
use crate::server::Server;

#[tokio::test]
async fn forged_sessions_reach_nothing() {
    let server = Server::start();
    let person = victim(&server, 1).await;
    let token = person.client.session().unwrap();
    let before = stored(&server);
    let mut swapped = token.to_owned().into_bytes();
    swapped[0] = if swapped[0] == b'A' { b'B' } else { b'A' };
    let swapped = String::from_utf8(swapped).unwrap();
    let flipped: String = token
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let forged = [
        String::new(),
        "1".to_owned(),
        "A".repeat(43),
        swapped,
        flipped,
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        format!("{token}%00"),
        "' OR '1'='1".to_owned(),
        "../../study.json".to_owned(),
        "x".repeat(3000),
    ];
    for forged in forged {
        let cookie = forged.as_str();
        for path in [
            "/instructions",
            "/practice/1",
            "/item/1",
            "/item/2",
            "/compare",
            "/thanks",
            "/withdraw",
        ] {
            let reply = Client::with_session(server.address, cookie).get(path).await.unwrap();
            assert_eq!(
                (reply.status, reply.location()),
                (StatusCode::SEE_OTHER, Some("/")),
                "{path} with {cookie}"
            );
        }
        for path in ["/image/1", "/image/2", "/practice-image/1"] {
            let reply = Client::with_session(server.address, cookie).get(path).await.unwrap();
            assert!(
                reply.status != StatusCode::OK && !reply.body.starts_with(b"\x89PNG"),
                "{path} with {cookie}"
            );
        }
        let mut client = Client::with_session(server.address, cookie);
        for path in ["/item/2", "/compare", "/withdraw"] {
            let reply = client
                .post(
                    path,
                    &[("first", "0"), ("second", "na"), ("confirm", "yes"), ("form", "forged")],
                )
                .await
                .unwrap();
            assert!(!reply.status.is_success(), "{path} with {cookie}: {}", reply.status);
        }
    }
    assert_eq!(stored(&server), before);
}

#[tokio::test]
async fn only_a_hash_of_the_session_is_stored_and_scripts_do_not_see_it() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let form = client.get("/").await.unwrap().form();
    let reply = client
        .post("/consent", &[("agree", "yes"), ("form", &form)])
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    let cookies = reply
        .headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies
        .filter(|cookie| cookie.starts_with(SESSION))
        .collect::<Vec<_>>()
        .concat()
        .to_ascii_lowercase();
    let attributes: Vec<&str> = cookie.split(';').skip(1).map(str::trim).collect();
    for wanted in ["httponly", "samesite=lax", "path=/"] {
        assert!(attributes.contains(&wanted), "{cookie}");
    }
    assert!(
        attributes.iter().any(|attribute| attribute.starts_with("max-age=")),
        "it outlives the browser: {cookie}"
    );
    assert!(
        !attributes.contains(&"secure"),
        "over plain HTTP a browser would drop it: {cookie}"
    );
    let token = client.session().unwrap().to_owned();
    for entry in std::fs::read_dir(server.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(token.len()).any(|window| window == token.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
}

#[tokio::test]
async fn a_session_brought_along_is_not_taken_over() {
    let server = Server::start();
    let planted = "A".repeat(43);
    let mut client = Client::with_session(server.address, &planted);
    let form = client.get("/").await.unwrap().form();
    let reply = client
        .post("/consent", &[("agree", "yes"), ("form", &form)])
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    assert_ne!(client.session(), Some(planted.as_str()), "a fresh session at consent");
    let reply = Client::with_session(server.address, &planted)
        .get("/instructions")
        .await
        .unwrap();
    assert_eq!(reply.location(), Some("/"));
}

#[tokio::test]
async fn what_is_anothers_stays_out_of_reach() {
    let server = Server::start();
    let mut one = victim(&server, 1).await;
    let mut other = victim(&server, 2).await;
    let before = stored(&server);
    // Numbers of others, wherever a careless server might read them.
    let own = other.get("/item/1").await;
    for path in [
        "/item/1?participant=1",
        "/item/1?number=1&id=1&session=1",
        "/item/1?study_session=1",
    ] {
        let reply = other.get(path).await;
        assert_eq!((reply.status, reply.body.len()), (own.status, own.body.len()), "{path}");
    }
    let own = other.get("/image/1").await.body;
    assert_eq!(other.get("/image/1?participant=1").await.body, own);
    for path in [
        "/participant/1",
        "/item/1/1",
        "/image/1/1",
        "/answers",
        "/participants/1/image/1",
    ] {
        assert_eq!(other.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // A form of the one, sent by the other.
    let [first, second] = one.fields(9);
    let form = one.get("/item/2").await.form();
    let fields = [
        ("first", first.as_str()),
        ("second", &second),
        ("participant", "1"),
        ("form", &form),
    ];
    let reply = other.post("/item/2", &fields).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text());
    assert_eq!(stored(&server), before);
    // It is good for the one.
    let reply = one
        .post("/item/2", &[("first", &first), ("second", &second), ("form", &form)])
        .await;
    assert_eq!(reply.location(), Some("/item/3"), "{}", reply.text());
    // Of two cookies, as a neighbour under the same name could plant one, none is mixed up with the other.
    let both = format!("; {SESSION}={}", one.client.session().unwrap());
    let reply = Client::with_session(server.address, &both)
        .get("/item/1")
        .await
        .unwrap();
    assert!(
        [StatusCode::OK, StatusCode::SEE_OTHER].contains(&reply.status),
        "{}",
        reply.status
    );
}

#[tokio::test]
async fn who_has_withdrawn_is_gone() {
    let server = Server::start();
    let mut person = victim(&server, 1).await;
    let cookie = person.client.session().unwrap().to_owned();
    assert_eq!(stored(&server).responses.len(), 1);
    let form = person.get("/withdraw").await.form();
    let reply = person.post("/withdraw", &[("confirm", "yes"), ("form", &form)]).await;
    assert!(
        reply.status.is_success() || reply.status == StatusCode::SEE_OTHER,
        "{}",
        reply.text()
    );
    assert_eq!(stored(&server).responses, []);
    let reply = Client::with_session(server.address, &cookie)
        .get("/item/1")
        .await
        .unwrap();
    assert_eq!(reply.location(), Some("/"));
}
