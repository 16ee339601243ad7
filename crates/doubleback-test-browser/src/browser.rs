use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::options::Options;

/// An open window. It and its driver end with this value.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// The URL of the session; of the driver alone until there is one.
    session: String,
    /// Where it saves downloads, and its profile if that is to go with it.
    folder: TempDir,
}

impl Browser {
    /// Opens a window of `size`, in pixels; `None`, with a message, where Chromium or its driver is not installed. Windows are no narrower than 500
    /// pixels: [`Browser::screen`] shows pages narrower.
    pub fn open(size: [u32; 2], options: Options) -> Option<Self> {
        let chromium = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(path_of);
        let (Some(chromium), Some(_)) = (chromium, path_of("chromedriver")) else {
            // Straight to standard error: the test harness hides what `eprintln!` says in tests that pass.
            let message = format!("skipped: {}: needs chromium and chromedriver\n", options.what);
            std::io::stderr().write_all(message.as_bytes()).unwrap();
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
        std::fs::create_dir(browser.downloads()).unwrap();
        let session = browser.post("session", browser.capabilities(&chromium, size, &options));
        browser.session += &format!("/session/{}", session["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    fn capabilities(&self, chromium: &Path, size: [u32; 2], options: &Options) -> Value {
        let own = || self.folder.path().join("profile");
        let profile = options.profile.clone().unwrap_or_else(own);
        let mut preferences =
            json!({"download.default_directory": self.downloads(), "download.prompt_for_download": false});
        if !options.javascript {
            preferences["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--disable-dev-shm-usage", "--force-prefers-reduced-motion",
                    format!("--window-size={},{}", size[0], size[1]),
                    format!("--user-data-dir={}", profile.display()),
                ],
                "prefs": preferences,
            },
        }}})
    }

    /// Where files that the page saves go.
    pub fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Goes to a file and waits until it is loaded.
    pub fn load(&self, page: &Path) {
        self.visit(&format!("file://{}", page.display()));
    }

    /// Goes to a URL and waits until it is loaded.
    pub fn visit(&self, url: &str) {
        self.post("url", json!({ "url": url }));
    }

    /// The URL of the page.
    pub fn url(&self) -> String {
        self.get("url").as_str().unwrap().to_owned()
    }

    /// What a function body gives; `arguments[0]`, … are `arguments`.
    pub fn run(&self, script: &str, arguments: Value) -> Value {
        self.post("execute/sync", json!({"script": script, "args": arguments}))
    }

    /// What a function body hands to the function that is its last argument, within a minute.
    pub fn run_async(&self, script: &str, arguments: Value) -> Value {
        self.post("timeouts", json!({"script": 60_000}));
        self.post("execute/async", json!({"script": script, "args": arguments}))
    }

    /// The cookies of the page's site, as the protocol writes them: with `name`, `value`, `httpOnly`, `sameSite`, ….
    pub fn cookies(&self) -> Vec<Value> {
        self.get("cookie").as_array().unwrap().clone()
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

    /// A command of Chromium's own protocol.
    pub(crate) fn chromium(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({"cmd": command, "params": parameters}))
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.agent.get(format!("{}/{path}", self.session)).call();
        value(path, answer.unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Value {
        let request = self.agent.post(format!("{}/{path}", self.session));
        let body = body.to_string();
        let answer = request.header("content-type", "application/json").send(&body);
        let shown: String = body.chars().take(500).collect();
        value(&format!("{path} {shown}"), answer.unwrap())
    }
}

/// What the driver answers to `asked`.
fn value(asked: &str, mut answer: ureq::http::Response<ureq::Body>) -> Value {
    let text = answer.body_mut().with_config().limit(1 << 30).read_to_string().unwrap();
    let found: Value = serde_json::from_str(&text).unwrap();
    assert!(answer.status().is_success(), "{asked}: {}", found["value"]["message"]);
    found["value"].clone()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closing the session ends the browser; a test may be failing already, so nothing here may panic.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn path_of(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
