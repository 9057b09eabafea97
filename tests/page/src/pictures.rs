//! Pixels of canvases, and screenshots of the page.

use std::path::PathBuf;
use std::time::Instant;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use crate::{MIN_TIMEOUT, Page, numbers, read_variable};

/// JavaScript: a hash of the picture on a canvas.
const FINGERPRINT_SCRIPT: &str = "const fingerprint = selector => {
    const canvas = document.querySelector(selector);
    if (!canvas.width || !canvas.height) return 0;
    const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let hash = 2166136261;
    for (const pixel of new Uint32Array(image.data.buffer)) hash = Math.imul(hash ^ pixel, 16777619);
    return hash >>> 0;
};";

impl Page {
    /// Number of colours on a canvas; zero if it is missing.
    pub async fn colours(&self, selector: &str) -> u64 {
        let script = format!(
            "const canvas = document.querySelector('{selector}');
             if (!canvas?.width || !canvas.height) return 0;
             const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
             return new Set(new Uint32Array(image.data.buffer)).size"
        );
        self.script(&script).await.as_u64().unwrap_or_else(|| panic!("{selector} is no canvas"))
    }

    /// Waits until a canvas has more than a few colours. An empty canvas has fewer.
    pub async fn until_painted(&self, selector: &str) {
        let begun = Instant::now();
        while self.colours(selector).await <= 8 {
            assert!(begun.elapsed() < MIN_TIMEOUT, "{selector} is not painted\n{}", self.summary().await);
            self.pause(100).await;
        }
    }

    /// A hash of the picture on a canvas.
    pub async fn fingerprint(&self, selector: &str) -> u64 {
        let script = format!("{FINGERPRINT_SCRIPT} return fingerprint('{selector}')");
        self.script(&script).await.as_u64().unwrap_or_else(|| panic!("{selector} is no canvas"))
    }

    /// Waits until the picture on a canvas is constant, and returns its [`Page::fingerprint`].
    pub async fn still(&self, selector: &str) -> u64 {
        let begun = Instant::now();
        let mut last = self.fingerprint(selector).await;
        loop {
            self.pause(250).await;
            match self.fingerprint(selector).await {
                now if now == last => return now,
                now => last = now,
            }
            assert!(begun.elapsed() < MIN_TIMEOUT, "{selector} does not come to rest\n{}", self.summary().await);
        }
    }

    /// Waits until the picture on a canvas differs from `before`, and returns its [`Page::fingerprint`]. `what` completes
    /// "waited in vain until ...".
    pub async fn until_changed(&self, what: &str, selector: &str, before: u64) -> u64 {
        let begun = Instant::now();
        loop {
            match self.fingerprint(selector).await {
                now if now == before => self.pause(50).await,
                now => return now,
            }
            assert!(begun.elapsed() < MIN_TIMEOUT, "waited in vain until {what}\n{}", self.summary().await);
        }
    }

    /// Waits until the picture on a canvas has the fingerprint `expected`. `what` completes "waited in vain until ...".
    pub async fn until_equal(&self, what: &str, selector: &str, expected: u64) {
        let begun = Instant::now();
        while self.fingerprint(selector).await != expected {
            self.pause(250).await;
            assert!(begun.elapsed() < MIN_TIMEOUT, "waited in vain until {what}\n{}", self.summary().await);
        }
    }

    /// Saves a screenshot of the window as `name.png`.
    pub async fn screenshot(&self, name: &str) {
        let folder = PathBuf::from(read_variable("MULTIWELL_SCREENSHOTS"));
        std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
        match self.client.screenshot().await {
            Ok(picture) => std::fs::write(folder.join(format!("{name}.png")), picture).expect("the picture can be written"),
            Err(error) => eprintln!("no picture {name}: {error}"),
        }
    }

    /// Saves a picture of the page from its top left corner as `name.png`. `size` is width and height in CSS pixels, and may exceed the window.
    pub async fn photograph(&self, name: &str, size: (f64, f64)) {
        self.photograph_part(name, [0.0, 0.0, size.0, size.1]).await;
    }

    /// Saves a picture of an element as `name.png`.
    pub async fn photograph_element(&self, name: &str, selector: &str) {
        let script = format!(
            "const box = document.querySelector('{selector}').getBoundingClientRect();
             return [box.x + scrollX, box.y + scrollY, box.width, box.height]"
        );
        let part = numbers(&self.script(&script).await);
        self.photograph_part(name, [part[0], part[1], part[2], part[3]]).await;
    }

    /// Saves a picture of a part of the document, given by left, top, width and height.
    async fn photograph_part(&self, name: &str, [x, y, width, height]: [f64; 4]) {
        let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
        let taken = self.ask_devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "clip": clip })).await;
        let picture = BASE64_STANDARD.decode(taken["data"].as_str().unwrap_or_default()).expect("pictures come in base 64");
        let file = PathBuf::from(read_variable("MULTIWELL_SCREENSHOTS")).join(format!("{name}.png"));
        std::fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("the folder for pictures can be made");
        std::fs::write(file, picture).expect("the picture can be written");
    }
}
