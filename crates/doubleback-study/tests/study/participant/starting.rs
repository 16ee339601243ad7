//! A study is not served before it can be.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use doubleback_study::web::{ServeOptions, serve};

use super::browser::Browser;
use crate::server::{Server, Study};

/// Why a study is not served.
fn refused(study: &Study, change: impl FnOnce(&mut ServeOptions)) -> String {
    let mut options = ServeOptions::new(study.path());
    options.listen = (Ipv4Addr::LOCALHOST, 0).into();
    options.admin_listen = (Ipv4Addr::LOCALHOST, 0).into();
    options.contact = Some("ada@example.org".to_owned());
    change(&mut options);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ready = |_| panic!("it is served");
    let error = runtime
        .block_on(serve(options, ready, std::future::pending()))
        .unwrap_err();
    error.to_string()
}

#[test]
fn participants_have_somebody_to_ask() {
    let study = Study::new();
    for contact in [None, Some(" ".to_owned())] {
        let error = refused(&study, |options| options.contact = contact);
        assert!(
            error.contains("consent.md") && error.contains("no contact is given"),
            "{error}"
        );
    }
}

#[test]
fn nobody_agrees_to_a_draft_in_public() {
    let study = Study::new();
    let consent = study.path().join("texts/consent.md");
    fs::write(&consent, "# Consent\n\n[RESEARCHER: who are you?] {{contact}}").unwrap();
    let public = |options: &mut ServeOptions| options.public_origin = Some("https://study.example.org".to_owned());
    let error = refused(&study, public);
    assert!(
        error.contains("consent.md") && error.contains("[RESEARCHER: …]"),
        "{error}"
    );
    // To try it on one's own machine it may be one.
    Server::of(study, |_| ());
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let error = refused(&Study::new(), |options| options.listen = address);
    assert!(error.starts_with(&address.to_string()), "{error}");
}

#[test]
fn with_a_public_origin_cookies_go_by_tls_only() {
    for (origin, secure) in [("https://study.example.org", true), ("http://study.example.org", false)] {
        let server = Server::start_with(|options| options.public_origin = Some(origin.to_owned()));
        let response = Browser::new(server.address).raw("/");
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        assert_eq!(response.headers().contains_key("strict-transport-security"), secure);
    }
}
