use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::browser::Browser;

/// What a page is shown on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Screen {
    /// Width and height, in CSS pixels. Zooming in by 200 % halves both.
    pub size: [u32; 2],
    /// Device pixels a CSS pixel: 2 at a zoom of 200 %.
    pub scale: f64,
    /// Whether it is a telephone: the page's `viewport` is heeded, fingers touch.
    pub mobile: bool,
}

impl Browser {
    /// Shows pages on such a screen from now on.
    pub fn screen(&self, screen: Screen) {
        let [width, height] = screen.size;
        self.chromium(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": screen.scale, "mobile": screen.mobile}),
        );
        self.chromium("Emulation.setTouchEmulationEnabled", json!({"enabled": screen.mobile}));
    }

    /// Writes the whole page as it is shown, below the window's end too, as a PNG.
    pub fn screenshot(&self, file: &Path) {
        let taken = self.chromium(
            "Page.captureScreenshot",
            json!({"format": "png", "captureBeyondViewport": true}),
        );
        let bytes = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
}
