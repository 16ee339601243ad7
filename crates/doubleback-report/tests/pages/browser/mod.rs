//! A real Chromium, driven through `chromedriver` by the W3C's WebDriver protocol: JSON over plain HTTP.
//!
//! By hand, in one blocking client that the workspace has already: the WebDriver crates (`thirtyfour`, `fantoccini`) bring an async runtime and a second
//! HTTP stack for the ten requests that are needed here.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The protocol's name of the field that holds an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys as the protocol writes them.
pub const ARROW_LEFT: &str = "\u{e012}";
pub const ARROW_RIGHT: &str = "\u{e014}";
pub const ESCAPE: &str = "\u{e00c}";

/// An open window. It and its driver end with this value.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// The URL of the session; of the driver alone until there is one.
    session: String,
    /// The browser's profile, and where it saves downloads.
    folder: TempDir,
}

/// An element of the page.
#[derive(Clone)]
pub struct Element(String);

impl Browser {
    /// Opens a window of `size`; `None`, with a message, where Chromium or its driver is not installed.
    pub fn open(size: [u32; 2]) -> Option<Self> {
        let chromium = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find(|name| is_installed(name));
        let (Some(chromium), true) = (chromium, is_installed("chromedriver")) else {
            // Straight to standard error: the test harness hides what `eprintln!` says in tests that pass.
            let message = b"skipped: reports in a browser: needs chromium and chromedriver\n";
            std::io::stderr().write_all(message).unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            Some(
                line.split_once("successfully on port ")?
                    .1
                    .trim_end_matches('.')
                    .to_owned(),
            )
        });
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(120)))
            .http_status_as_error(false);
        let mut browser = Self {
            driver,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{}", port.expect("chromedriver says its port")),
            folder,
        };
        let downloads = browser.downloads();
        std::fs::create_dir(&downloads).unwrap();
        let session = browser.post(
            "session",
            json!({"capabilities": {"alwaysMatch": {
                "browserName": "chrome",
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                "goog:chromeOptions": {
                    "binary": path_of(chromium),
                    "args": [
                        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                        "--disable-background-networking", "--disable-component-update", "--disable-sync",
                        "--disable-dev-shm-usage", "--force-prefers-reduced-motion",
                        format!("--window-size={},{}", size[0], size[1]),
                        format!("--user-data-dir={}", browser.folder.path().join("profile").display()),
                    ],
                    "prefs": {"download.default_directory": downloads, "download.prompt_for_download": false},
                },
            }}}),
        );
        browser.session += &format!("/session/{}", session["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    /// Where files that the page saves go.
    pub fn downloads(&self) -> std::path::PathBuf {
        self.folder.path().join("downloads")
    }

    fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/{path}", self.session);
        let mut response = self
            .agent
            .post(&url)
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap();
        let text = response
            .body_mut()
            .with_config()
            .limit(1 << 30)
            .read_to_string()
            .unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(
            response.status().is_success(),
            "{path} {body}: {}",
            answer["value"]["message"]
        );
        answer["value"].clone()
    }

    /// Goes to a file and waits until it is loaded.
    pub fn load(&self, page: &Path) {
        self.post("url", json!({"url": format!("file://{}", page.display())}));
    }

    /// What a function body gives; `arguments[0]`, … are `arguments`.
    pub fn run(&self, script: &str, arguments: Value) -> Value {
        self.post("execute/sync", json!({"script": script, "args": arguments}))
    }

    /// The elements that a selector finds, in the order of the page.
    pub fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.post("elements", json!({"using": "css selector", "value": selector}));
        let ids = found.as_array().unwrap().iter();
        ids.map(|element| Element(element[ELEMENT].as_str().unwrap().to_owned()))
            .collect()
    }

    /// The first element that a selector finds.
    pub fn one(&self, selector: &str) -> Element {
        let first = self.all(selector).into_iter().next();
        first.unwrap_or_else(|| panic!("the page has no {selector}"))
    }

    /// Presses an element with the pointer; an error if something lies over it.
    pub fn click(&self, element: &Element) {
        self.bring_in(element);
        self.post(&format!("element/{}/click", element.0), json!({}));
    }

    /// Scrolls until an element stands still in the middle of the window, clear of what sticks to its top: what comes into view may change its
    /// height and move the rest.
    pub fn bring_in(&self, element: &Element) {
        let place = || {
            self.of(
                element,
                "(element.scrollIntoView({block: 'center', behavior: 'instant'}), JSON.stringify(element.getBoundingClientRect()))",
            )
        };
        self.until("an element stands still", || {
            let before = place();
            std::thread::sleep(Duration::from_millis(50));
            place() == before
        });
    }

    /// Types into an element.
    pub fn press(&self, element: &Element, keys: &str) {
        self.post(&format!("element/{}/value", element.0), json!({"text": keys}));
    }

    /// Moves the pointer to the middle of an element.
    pub fn point_at(&self, element: &Element) {
        self.bring_in(element);
        let origin = json!({ ELEMENT: element.0 });
        let moves = json!([{"type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0}]);
        self.post(
            "actions",
            json!({"actions": [{"type": "pointer", "id": "mouse", "actions": moves}]}),
        );
    }

    /// The value of an expression in `element`.
    pub fn of(&self, element: &Element, expression: &str) -> Value {
        let script = format!("const element = arguments[0]; return {expression};");
        self.run(&script, json!([{ ELEMENT: element.0 }]))
    }

    /// Its text as it is shown.
    pub fn text(&self, element: &Element) -> String {
        self.of(element, "element.innerText").as_str().unwrap().to_owned()
    }

    /// What the page said on the console since this was last asked, errors of the browser about the page included.
    pub fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "browser"}));
        entries.as_array().unwrap().iter().map(Value::to_string).collect()
    }

    /// The URLs that pages of files asked for since this was last asked, their own among them; those of the browser's own pages are left out.
    pub fn requests(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "performance"}));
        let request = |entry: &Value| -> Option<String> {
            let entry: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &entry["message"];
            let of_file = message["params"]["documentURL"].as_str()?.starts_with("file://");
            let sent = message["method"] == "Network.requestWillBeSent";
            (sent && of_file).then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
        };
        entries.as_array().unwrap().iter().filter_map(request).collect()
    }

    /// Waits until a condition holds, ten seconds at most.
    pub fn until(&self, what: &str, condition: impl Fn() -> bool) {
        let started = Instant::now();
        while !condition() {
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "waited in vain until {what}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closing the session ends the browser; a test may be failing already, so nothing here may panic.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn path_of(program: &str) -> Option<std::path::PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn is_installed(program: &str) -> bool {
    path_of(program).is_some()
}
