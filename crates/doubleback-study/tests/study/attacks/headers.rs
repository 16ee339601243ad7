//! Headers that keep browsers safe are on every response, of errors too.

use http_body_util::Full;
use hyper::{Method, StatusCode};

use crate::client::{Client, Reply};
use crate::person::Person;
use crate::server::Server;

const POLICY: [&str; 7] = [
    "default-src 'none'",
    "img-src 'self'",
    "style-src 'self'",
    "script-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
];

fn check(path: &str, reply: &Reply, secure: bool) {
    let header = |name: &str| reply.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let what = format!("{path} ({}): {:?}", reply.status, reply.headers);
    let mut policy: Vec<&str> = header("content-security-policy").split(';').map(str::trim).collect();
    policy.sort_unstable();
    let mut wanted = POLICY;
    wanted.sort_unstable();
    assert_eq!(policy, wanted, "{what}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    // Not `no-referrer`: browsers would call the origin of the study's own forms `null`.
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    assert!(header("permissions-policy").contains("camera=()"), "{what}");
    assert_eq!(
        header("strict-transport-security").contains("max-age="),
        secure,
        "{what}"
    );
    let asset = path.ends_with(".css") || path.ends_with(".js");
    assert!(asset || header("cache-control").contains("no-store"), "{what}");
    assert_eq!(header("server"), "", "{what}");
    assert_eq!(header("access-control-allow-origin"), "", "{what}");
    let text = String::from_utf8_lossy(&reply.body);
    for inline in ["<script>", " style=\"", " onclick=", " onload=", "javascript:"] {
        assert!(!text.contains(inline), "{path} has {inline}, which the policy forbids");
    }
}

async fn everywhere(server: &Server, secure: bool) {
    let mut person = Person::new(server.address, 1, server.manifest().classes.len());
    person.heard = Some(Vec::new());
    person.begin().await;
    person.label_until(2).await;
    for path in [
        "/item/1",
        "/item/9",
        "/nothing",
        "/image/99",
        "/withdraw",
        "/join/none",
        "/",
    ] {
        person.get(path).await;
    }
    for path in ["/nothing", "/", "/compare", "/item/2"] {
        let refused = person.post(path, &[("first", "1")]).await;
        assert!(refused.status.is_client_error());
    }
    let form = person.get("/item/2").await.form();
    for (first, status) in [
        ("x", StatusCode::UNPROCESSABLE_ENTITY),
        ("1", StatusCode::SEE_OTHER),
        ("2", StatusCode::CONFLICT),
    ] {
        let reply = person
            .post("/item/2", &[("first", first), ("second", "na"), ("form", &form)])
            .await;
        assert_eq!(reply.status, status);
    }
    let large = person.post("/item/2", &[("first", &"1".repeat(1 << 20))]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    person.label_until(usize::MAX).await;
    person.finish().await;
    let mut heard = person.heard.take().unwrap();
    for (method, path) in [
        (Method::HEAD, "/"),
        (Method::OPTIONS, "/"),
        (Method::PUT, "/item/1"),
        (Method::DELETE, "/withdraw"),
    ] {
        let mut client = Client::new(server.address);
        let reply = client
            .send(client.request(method, path).body(Full::default()).unwrap())
            .await
            .unwrap();
        heard.push((path.to_owned(), reply));
    }
    let mut client = Client::new(server.address);
    let mut request = client
        .request(Method::POST, "/consent")
        .body(Full::from("agree=yes"))
        .unwrap();
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    heard.push(("/consent".to_owned(), client.send(request).await.unwrap()));
    for asset in [".css", ".js"] {
        let page = person.get("/thanks").await;
        let path = page
            .text()
            .split('"')
            .find(|value| value.ends_with(asset))
            .unwrap()
            .to_owned();
        let reply = client.get(&path).await.unwrap();
        assert_eq!(reply.status, StatusCode::OK);
        heard.push((path, reply));
    }
    let statuses: std::collections::BTreeSet<u16> = heard.iter().map(|(_, reply)| reply.status.as_u16()).collect();
    for status in [200, 303, 403, 404, 405, 409, 413, 422] {
        assert!(statuses.contains(&status), "no response was {status}: {statuses:?}");
    }
    for (path, reply) in &heard {
        check(path, reply, secure);
    }
}

#[tokio::test]
async fn every_response_has_them() {
    everywhere(&Server::start(), false).await;
}

#[tokio::test]
async fn behind_tls_cookies_and_browsers_keep_to_it() {
    let server = Server::start_with(|options| options.public_origin = Some("https://study.example.org".to_owned()));
    let mut client = Client::new(server.address);
    let reply = client.get("/").await.unwrap();
    check("/", &reply, true);
    // A proxy hands the browser's origin through.
    let body = crate::client::encode(&[("agree", "yes"), ("form", &reply.form())]);
    let mut request = client.request(Method::POST, "/consent").body(Full::from(body)).unwrap();
    request
        .headers_mut()
        .insert("origin", "https://study.example.org".parse().unwrap());
    request.headers_mut().remove("sec-fetch-site");
    let reply = client.send(request).await.unwrap();
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    for cookie in reply.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap().to_ascii_lowercase();
        assert!(cookie.contains("secure") && cookie.contains("httponly"), "{cookie}");
    }
    check("/consent", &reply, true);
}
