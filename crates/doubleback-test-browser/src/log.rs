use serde_json::{Value, json};

use crate::browser::Browser;

impl Browser {
    /// What the page said on the console since this was last asked, errors of the browser about the page included.
    pub fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "browser"}));
        entries.as_array().unwrap().iter().map(Value::to_string).collect()
    }

    /// The URLs that pages of files and of servers asked for since this was last asked, their own among them; those of the browser's own pages are left
    /// out.
    pub fn requests(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "performance"}));
        let request = |entry: &Value| -> Option<String> {
            let entry: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &entry["message"];
            let page = message["params"]["documentURL"].as_str()?;
            let is_own = ["file://", "http://", "https://"]
                .iter()
                .any(|scheme| page.starts_with(scheme));
            let sent = message["method"] == "Network.requestWillBeSent";
            (sent && is_own).then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
        };
        entries.as_array().unwrap().iter().filter_map(request).collect()
    }
}
