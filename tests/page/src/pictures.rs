//! Pixels of canvases, and screenshots of the page.

use std::path::PathBuf;
use std::time::Instant;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use crate::{MIN_TIMEOUT, Page, numbers, read_variable};

/// JavaScript that runs before the scripts of the page. Its function `cutOff()` lists the texts of the last drawing that extend beyond their canvas.
pub const WATCH_TEXTS: &str = "{
    const [wipe, write] = [CanvasRenderingContext2D.prototype.clearRect, CanvasRenderingContext2D.prototype.fillText];
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        this.canvas.cut = [];
        return wipe.apply(this, box);
    };
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
        const wide = this.measureText(text), at = this.getTransform();
        const ends = [x - wide.actualBoundingBoxLeft, x + wide.actualBoundingBoxRight].map(x => at.a * x + at.e);
        if (at.b === 0 && (ends[0] < -1 || ends[1] > this.canvas.width + 1)) (this.canvas.cut ??= []).push(text);
        return write.call(this, text, x, y, ...rest);
    };
    window.cutOff = () => [...document.querySelectorAll('#picture canvas, .two canvas')]
        .filter(canvas => canvas.checkVisibility()).flatMap(canvas => canvas.cut ?? []);
}";

impl Page {
    /// Result of JavaScript about the array `pixels` of a canvas; zero if the canvas is missing or empty.
    async fn of_pixels(&self, selector: &str, script: &str) -> u64 {
        let script = format!(
            "const canvas = document.querySelector('{selector}');
             if (!canvas?.width || !canvas.height) return 0;
             const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
             const pixels = new Uint32Array(image.data.buffer);
             {script}"
        );
        self.script(&script).await.as_u64().unwrap_or_else(|| panic!("{selector} is no canvas"))
    }

    /// Number of colours on a canvas; zero if it is missing.
    pub async fn colours(&self, selector: &str) -> u64 {
        self.of_pixels(selector, "return new Set(pixels).size").await
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
        let hash =
            "let hash = 2166136261; for (const pixel of pixels) hash = Math.imul(hash ^ pixel, 16777619); return hash >>> 0";
        self.of_pixels(selector, hash).await
    }

    /// Waits until a fingerprint of the picture on a canvas and the next one, after a pause in milliseconds, meet a condition. Returns the latter.
    async fn until_fingerprints(&self, what: &str, selector: &str, pause: u32, are_met: impl Fn(u64, u64) -> bool) -> u64 {
        let begun = Instant::now();
        let mut last = self.fingerprint(selector).await;
        loop {
            self.pause(pause).await;
            let now = self.fingerprint(selector).await;
            if are_met(last, now) {
                return now;
            }
            assert!(begun.elapsed() < MIN_TIMEOUT, "waited in vain until {what}\n{}", self.summary().await);
            last = now;
        }
    }

    /// Waits until the picture on a canvas is constant, and returns its [`Page::fingerprint`].
    pub async fn still(&self, selector: &str) -> u64 {
        self.until_fingerprints(&format!("{selector} comes to rest"), selector, 250, |last, now| now == last).await
    }

    /// Waits until the picture on a canvas differs from `before`, and returns its [`Page::fingerprint`]. `what` completes
    /// "waited in vain until ...".
    pub async fn until_changed(&self, what: &str, selector: &str, before: u64) -> u64 {
        self.until_fingerprints(what, selector, 50, |_, now| now != before).await
    }

    /// Waits until the picture on a canvas has the fingerprint `expected`. `what` completes "waited in vain until ...".
    pub async fn until_equal(&self, what: &str, selector: &str, expected: u64) {
        self.until_fingerprints(what, selector, 250, |_, now| now == expected).await;
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

    /// Saves a picture of an element as `name.png`.
    pub async fn photograph_element(&self, name: &str, selector: &str) {
        let script = format!(
            "const box = document.querySelector('{selector}').getBoundingClientRect();
             return [box.x + scrollX, box.y + scrollY, box.width, box.height]"
        );
        let part = numbers(&self.script(&script).await);
        self.photograph(name, [part[0], part[1], part[2], part[3]]).await;
    }

    /// Saves a picture of a part of the document as `name.png`. The part is given by left, top, width and height in CSS pixels, and may exceed the
    /// window.
    pub async fn photograph(&self, name: &str, [x, y, width, height]: [f64; 4]) {
        let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
        let taken = self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "clip": clip })).await;
        let picture = BASE64_STANDARD.decode(taken["data"].as_str().unwrap_or_default()).expect("pictures come in base 64");
        let file = PathBuf::from(read_variable("MULTIWELL_SCREENSHOTS")).join(format!("{name}.png"));
        std::fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("the folder for pictures can be made");
        std::fs::write(file, picture).expect("the picture can be written");
    }
}
