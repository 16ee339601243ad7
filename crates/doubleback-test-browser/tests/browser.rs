//! What tests rely on: that scripts are off where they are switched off, that a profile keeps its cookies, that keys, screens and logs are real.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use doubleback_test_browser::{Browser, Options, SPACE, Screen, TAB};
use serde_json::json;

const PAGE: &str = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>a page</title>\
    <link rel=icon href='data:,'><p id=words>no script ran</p><input type=checkbox id=box><button>press</button>\
    <script>document.getElementById('words').innerText = 'a script ran'; console.error('said')</script>";

/// Serves the page for as long as the test program runs; with a cookie at the root alone.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let request: Vec<String> = BufReader::new(&stream)
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                let is_first = request.first().is_some_and(|line| line.starts_with("GET / "));
                let cookie = if is_first {
                    "set-cookie: kept=yes; max-age=600; httponly\r\n"
                } else {
                    ""
                };
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{cookie}content-length: {}\r\nconnection: close\r\n\r\n{PAGE}",
                    PAGE.len()
                );
                let _ = (&stream).write_all(head.as_bytes());
            });
        }
    });
    url
}

fn open(change: impl Fn(Options) -> Options) -> Option<Browser> {
    Browser::open([1280, 800], change(Options::new("the tests' browser itself")))
}

#[test]
fn scripts_of_the_page_run_only_where_they_are_on() {
    let url = serve();
    for (javascript, words) in [(true, "a script ran"), (false, "no script ran")] {
        let off = |options: Options| {
            if javascript {
                options
            } else {
                options.without_javascript()
            }
        };
        let Some(browser) = open(off) else { return };
        browser.visit(&url);
        assert_eq!(browser.text(&browser.one("#words")), words);
        assert_eq!(browser.console().len(), usize::from(javascript), "what the script says");
        assert_eq!(browser.requests(), [url.as_str()]);
        assert_eq!(browser.url(), url);
    }
}

#[test]
fn a_profile_keeps_its_cookies() {
    let (url, profile) = (serve(), tempfile::tempdir().unwrap());
    let names = |browser: &Browser| -> Vec<serde_json::Value> {
        browser
            .cookies()
            .iter()
            .map(|cookie| json!([cookie["name"], cookie["httpOnly"]]))
            .collect()
    };
    let keep = |options: Options| options.profile(profile.path());
    let Some(browser) = open(keep) else { return };
    browser.visit(&url);
    assert_eq!(names(&browser), [json!(["kept", true])]);
    drop(browser);
    let browser = open(keep).unwrap();
    browser.visit(&format!("{}elsewhere", url));
    assert_eq!(names(&browser), [json!(["kept", true])]);
    let kept = browser.cookies();
    assert_eq!(kept[0]["value"], "yes");
}

#[test]
fn keys_go_to_what_has_the_focus_and_screens_are_as_wide_as_they_say() {
    let url = serve();
    let Some(browser) = open(|options| options) else { return };
    browser.visit(&url);
    let tag = |browser: &Browser| browser.of(&browser.focused(), "element.tagName");
    assert_eq!(tag(&browser), "BODY");
    browser.keys(&[TAB, SPACE]);
    assert_eq!(tag(&browser), "INPUT");
    assert_eq!(browser.of(&browser.one("#box"), "element.checked"), true);
    browser.keys(&[TAB]);
    assert_eq!(tag(&browser), "BUTTON");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.png");
    for (size, scale, mobile) in [([390, 844], 3.0, true), ([640, 400], 2.0, false)] {
        browser.screen(Screen { size, scale, mobile });
        let found = browser.run(
            "return [innerWidth, innerHeight, devicePixelRatio, 'ontouchstart' in window]",
            json!([]),
        );
        assert_eq!(found.as_array().unwrap()[..2], [json!(size[0]), json!(size[1])]);
        assert_eq!(found[2].as_f64(), Some(scale));
        browser.screenshot(&file);
        let picture = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&file).unwrap()));
        let picture = picture.read_info().unwrap();
        assert_eq!(f64::from(picture.info().width), f64::from(size[0]) * scale);
    }
}
