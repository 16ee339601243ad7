//! What the manifest says of models, attack and files is in no response.

use std::collections::BTreeSet;

use http_body_util::Full;
use hyper::Method;

use crate::client::Reply;
use crate::person::Person;
use crate::server::Server;

/// What no participant may read, in lower case.
fn secrets(manifest: &doubleback_study::folder::Manifest) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for model in &manifest.models {
        let role = serde_json::to_value(model.role).unwrap();
        words.extend([
            model.name.clone(),
            model.file.clone(),
            model.checksum.clone(),
            role.as_str().unwrap().to_owned(),
        ]);
        words.extend(model.training.values().cloned());
    }
    words.extend([
        manifest.attack.name.clone(),
        manifest.data.checksum.clone(),
        "adversarial".to_owned(),
    ]);
    for candidate in &manifest.candidates {
        words.extend([candidate.file.clone(), candidate.sha256.clone()]);
    }
    for practice in &manifest.practice {
        words.extend([practice.file.clone(), practice.sha256.clone()]);
    }
    words.retain(|word| word.len() > 3);
    words.iter().map(|word| word.to_lowercase()).collect()
}

/// The words of a text.
fn contains(text: &str, secret: &str) -> bool {
    let edge = |character: Option<char>| character.is_none_or(|character| !character.is_alphanumeric());
    text.match_indices(secret)
        .any(|(at, _)| edge(text[..at].chars().next_back()) && edge(text[at + secret.len()..].chars().next()))
}

fn leaks(path: &str, reply: &Reply, secrets: &BTreeSet<String>) -> Vec<String> {
    let mut said = String::from_utf8_lossy(&reply.body).into_owned();
    for (name, value) in &reply.headers {
        said += &format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let said = said.to_lowercase();
    let found = secrets.iter().filter(|secret| contains(&said, secret));
    // Style sheets have the word for another reason: `white-space: normal`.
    let found = found.filter(|secret| *secret != "normal" || !path.ends_with(".css"));
    found
        .map(|secret| format!("{path} ({}) says `{secret}`", reply.status))
        .collect()
}

#[tokio::test]
async fn no_response_says_what_the_manifest_knows() {
    let server = Server::start();
    let manifest = server.manifest();
    let secrets = secrets(manifest);
    let mut person = Person::new(server.address, 5, manifest.classes.len());
    person.heard = Some(Vec::new());
    person.begin().await;
    let item = person.page.clone();
    // What is refused, too.
    for path in [
        "/item/99",
        "/item/x",
        "/image/99",
        "/image/0",
        "/practice/99",
        "/nothing",
        "/study.json",
        "/withdraw",
        "/thanks",
        "/join/none",
    ] {
        person.get(path).await;
    }
    for path in [item.as_str(), "/consent", "/compare", "/nothing"] {
        person
            .post(path, &[("first", "0"), ("second", "0"), ("form", "none")])
            .await;
    }
    let form = person.get(&item).await.form();
    person
        .post(&item, &[("first", "0"), ("second", "0"), ("form", &form)])
        .await;
    for method in [Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS] {
        let request = person.client.request(method, &item).body(Full::default()).unwrap();
        let reply = person.client.send(request).await.unwrap();
        person.heard.as_mut().unwrap().push((item.clone(), reply));
    }
    person.finish().await;
    let mut heard = person.heard.take().unwrap();
    let assets: BTreeSet<String> = heard.iter().flat_map(|(_, reply)| assets(reply)).collect();
    assert!(
        assets.iter().any(|path| path.ends_with(".css")) && assets.iter().any(|path| path.ends_with(".js")),
        "{assets:?}"
    );
    for asset in assets {
        let reply = person.get(&asset).await;
        assert_eq!(reply.status, 200, "{asset}");
        heard.push((asset, reply));
    }
    assert!(heard.len() > 100, "{} responses", heard.len());
    let leaks: Vec<String> = heard
        .iter()
        .flat_map(|(path, reply)| leaks(path, reply, &secrets))
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");

    // That it would be found if it were there.
    let (path, mut planted) = heard.swap_remove(0);
    planted
        .headers
        .insert("x-debug", format!("model={}", manifest.models[0].name).parse().unwrap());
    assert_eq!(super::words::leaks(&path, &planted, &secrets).len(), 1);
}

/// What a page brings in with `href` and `src`, other pages aside.
fn assets(reply: &Reply) -> Vec<String> {
    let text = String::from_utf8_lossy(&reply.body);
    let values = text.split(['"', '\'']).filter(|value| value.starts_with('/'));
    values
        .filter(|path| path.ends_with(".css") || path.ends_with(".js"))
        .map(str::to_owned)
        .collect()
}
