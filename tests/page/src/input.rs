//! Input to the page: clicks, keys, files.

use std::path::Path;

use fantoccini::Locator;
use fantoccini::elements::Element;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::{Page, test_name};

impl Page {
    /// Element that a selector finds.
    pub async fn element(&self, selector: &str) -> Element {
        self.client.find(Locator::Css(selector)).await.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Clicks on an element.
    pub async fn click(&self, selector: &str) {
        self.element(selector).await.click().await.unwrap_or_else(|error| panic!("{selector} cannot be clicked: {error}"));
    }

    /// Replaces the contents of a field by `text`, without Enter.
    pub async fn overwrite(&self, selector: &str, text: &str) {
        self.script(&format!("const field = document.querySelector('{selector}'); field.focus(); field.select()")).await;
        let field = self.element(selector).await;
        field.send_keys(text).await.unwrap_or_else(|error| panic!("nothing can be typed into {selector}: {error}"));
    }

    /// Replaces the contents of a field by `text`, then presses Enter.
    pub async fn enter(&self, selector: &str, text: &str) {
        self.overwrite(selector, &format!("{text}{}", Key::Enter)).await;
    }

    /// Moves the focus to an element and sends keys.
    pub async fn send(&self, selector: &str, keys: &str) {
        let element = self.element(selector).await;
        element.send_keys(keys).await.unwrap_or_else(|error| panic!("{selector} takes no keys: {error}"));
    }

    /// Sends keys to the element with the focus.
    pub async fn press(&self, keys: &str) {
        let id = self.script("return document.activeElement.id").await;
        let selector = id.as_str().filter(|id| !id.is_empty()).map_or_else(|| "body".to_owned(), |id| format!("#{id}"));
        self.send(&selector, keys).await;
    }

    /// Chooses the option with this value.
    pub async fn choose(&self, selector: &str, value: &str) {
        let list = self.element(selector).await;
        list.select_by_value(value).await.unwrap_or_else(|error| panic!("{selector} has no choice `{value}`: {error}"));
    }

    /// Positions in the window, given as fractions of the plot area of a canvas from the left and from above.
    pub async fn places(&self, canvas: &str, parts: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let script = format!(
            "const canvas = document.querySelector('{canvas}'), box = canvas.getBoundingClientRect();
             const [left, top, right, bottom] = canvas.dataset.area.split(' ').map(Number);
             return {}.map(([x, y]) => [box.left + left + x * (right - left), box.top + top + y * (bottom - top)])",
            json!(parts)
        );
        serde_json::from_value(self.script(&script).await).expect("pairs of numbers")
    }

    /// Event of the mouse at a position in the window. Without clicks, its button is not pressed.
    pub async fn mouse(&self, kind: &str, (x, y): (f64, f64), modifiers: u32, clicks: u32) {
        let buttons = u32::from(kind != "mouseReleased" && clicks > 0);
        let button = if clicks > 0 { "left" } else { "none" };
        let event = json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": clicks, "modifiers": modifiers });
        self.devtools("Input.dispatchMouseEvent", event).await;
    }

    /// Moves the mouse along positions in the window with its button pressed.
    pub async fn drag(&self, places: &[(f64, f64)], modifiers: u32) {
        self.mouse("mousePressed", places[0], modifiers, 1).await;
        for &place in &places[1..] {
            self.mouse("mouseMoved", place, modifiers, 1).await;
        }
        self.mouse("mouseReleased", places[places.len() - 1], modifiers, 1).await;
    }

    /// Turns the wheel of the mouse at a position in the window.
    pub async fn wheel(&self, (x, y): (f64, f64), down: f64, modifiers: u32) {
        let event = json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": down, "modifiers": modifiers });
        self.devtools("Input.dispatchMouseEvent", event).await;
    }

    /// Event of one or more fingers at positions in the window.
    pub async fn touch(&self, kind: &str, places: &[(f64, f64)]) {
        let points: Vec<Value> = places.iter().enumerate().map(|(id, (x, y))| json!({ "x": x, "y": y, "id": id })).collect();
        self.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
    }

    /// Opens a file with this text in the same way as the button "Open". The file is not deleted, because the browser may read it later. Each test
    /// has a separate folder, because several tests run at a time.
    pub async fn open_file(&self, name: &str, text: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/opened").join(test_name());
        std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
        let file = folder.canonicalize().expect("the folder is there").join(name);
        std::fs::write(&file, text).expect("the file can be written");
        let input = self.element("#file").await;
        input.send_keys(&file.to_string_lossy()).await.expect("the file is chosen");
    }

    /// Sets a slider, a choice or a field, with the same events as a user.
    pub async fn set(&self, selector: &str, value: &str) {
        let script = format!(
            "const control = document.querySelector('{selector}'); control.value = '{value}';
             for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, {{ bubbles: true }}))"
        );
        self.script(&script).await;
    }

    /// Stores the downloads of the page as blobs, on all pages that are opened from now on. [`Page::saved`] reads them.
    pub async fn keep_downloads(&self) {
        self.before_scripts(
            "window.saved = []; window.names = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,');
             HTMLAnchorElement.prototype.click = function () { window.names.push(this.download) }",
        )
        .await;
    }

    /// Waits for a download, counted from zero, and returns its text.
    pub async fn saved(&self, number: usize) -> String {
        self.until("a file is offered", 20, &format!("window.saved.length > {number}")).await;
        let text = self.promise(&format!("return await window.saved[{number}].text()")).await;
        text.as_str().expect("a text").to_owned()
    }

    /// Presses a button of the export menu.
    pub async fn export(&self, button: &str) {
        self.script("document.querySelector('#export').open = true").await;
        self.click(button).await;
    }
}
