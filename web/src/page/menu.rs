//! What leaves the page and what enters it: links, snippets, files.

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{
    Blob, BlobPropertyBag, DragEvent, Element, Event, File, HtmlAnchorElement, HtmlDialogElement, HtmlInputElement,
    HtmlTextAreaElement, Url,
};

use super::app::{App, Phase};
use super::message::{self, Remedy};
use super::pictures::{ALL, Picture};
use super::views::ViewId;
use super::{act, dom, link};
use multiwell::controller::protocol::Request;
use multiwell::json;

/// Larger files are not read: the tab could not hold them twice.
const LARGEST: f64 = 2e8;

/// Listens to the menu, to files that are chosen or dropped, and to the dialogs.
pub fn listen() {
    for (id, press) in [
        ("share", App::share as fn(&mut App)),
        ("embed", |_| embed()),
        ("open", |_| dom::by_id::<HtmlInputElement>("file").click()),
        ("help", |_| help()),
        ("export-model", |app| app.ask(&Request::Save)),
        ("export-history", |app| app.ask(&Request::History)),
        ("export-svg", App::export_svg),
        ("export-png", App::export_png),
        ("export-settings", App::export_settings),
    ] {
        dom::on(&dom::by_id::<Element>(id), "click", move |_: Event| {
            if id.starts_with("export-") {
                dom::set_if(&dom::by_id("export"), "open", false);
            }
            act(press);
        });
    }
    // Titles of plates may carry numbers: they are those of the moment when the menu is opened.
    dom::on(&dom::by_id::<Element>("export"), "toggle", |_: Event| act(|app| pictures(app)));
    dom::on(&dom::by_id::<Element>("file"), "change", |_: Event| {
        let input: HtmlInputElement = dom::by_id("file");
        let file = input.files().and_then(|files| files.get(0));
        // So that the same file can be chosen again after it was mended.
        input.set_value("");
        act(move |_| open(file));
    });
    let body: Element = dom::document().body().expect_throw("the document has a body").into();
    let mark = body.clone();
    dom::on(&body, "dragover", move |event: DragEvent| {
        event.prevent_default();
        let marked = mark.class_list().add_1("dropping");
        debug_assert!(marked.is_ok(), "class names are well-formed");
    });
    for kind in ["dragleave", "drop"] {
        let mark = body.clone();
        dom::on(&body, kind, move |event: DragEvent| {
            event.prevent_default();
            let unmarked = mark.class_list().remove_1("dropping");
            debug_assert!(unmarked.is_ok(), "class names are well-formed");
            if kind == "drop" {
                let file = event.data_transfer().and_then(|d| d.files()).and_then(|files| files.get(0));
                act(move |_| open(file));
            }
        });
    }
}

/// Offers a text as a file.
pub fn download(name: &str, kind: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options) {
        download_blob(name, &blob);
    }
}

fn download_blob(name: &str, blob: &Blob) {
    let Ok(address) = Url::create_object_url_with_blob(blob) else { return };
    let anchor: HtmlAnchorElement = dom::make("a", "").unchecked_into();
    anchor.set_href(&address);
    anchor.set_download(name);
    anchor.click();
    // The click has taken hold of the blob.
    let revoked = Url::revoke_object_url(&address);
    debug_assert!(revoked.is_ok(), "the address is the one just made");
}

/// Opens a dialog.
pub fn dialog(id: &str) {
    let dialog: HtmlDialogElement = dom::by_id(id);
    if !dialog.open() {
        // Refused only while it is taken out of the document.
        let _ = dialog.show_modal();
    }
}

/// Offers the pictures of the view for export.
pub fn pictures(app: &App) {
    let select: Element = dom::by_id("export-which");
    let chosen = dom::value(&select);
    select.set_text_content(None);
    if app.view == ViewId::Own {
        for (k, plate) in app.sights.sight.rows.iter().flatten().enumerate() {
            dom::option(&select, &k.to_string(), &plate.title);
        }
    }
    for (.., name, _) in ALL.iter().filter(|(.., views)| views.contains(&app.view)) {
        dom::option(&select, name, name);
    }
    if let Ok(Some(_)) = select.query_selector(&format!("option[value='{chosen}']")) {
        dom::set_value(&select, &chosen);
    }
}

/// Shows the help.
pub fn help() {
    dialog("help-dialog");
}

/// Shows the snippets that embed this playground.
fn embed() {
    let address = link::address(true);
    let (page, fragment) = address.split_once('#').unwrap_or((&address, ""));
    let page = page.trim_end_matches("index.html");
    let escaped = fragment.replace('&', "&amp;");
    let settings = if escaped.is_empty() { String::new() } else { format!(" settings=\"{escaped}\"") };
    let element = format!(
        "<script src=\"{page}embed.js\" defer></script>\n<multiwell-playground{settings}>\n  <a href=\"{page}#{escaped}\">Open the playground</a>\n</multiwell-playground>"
    );
    let frame = format!(
        "<iframe src=\"{page}index.html?embed#{escaped}\" title=\"multiwell playground\"\n  loading=\"lazy\" width=\"100%\" height=\"480\" style=\"border: 0\"></iframe>"
    );
    dom::by_id::<HtmlTextAreaElement>("embed-element").set_value(&element);
    dom::by_id::<HtmlTextAreaElement>("embed-frame").set_value(&frame);
    dialog("embed-dialog");
}

/// Reads a file that was chosen or dropped.
fn open(file: Option<File>) {
    let Some(file) = file else { return };
    let name = file.name();
    if file.size() > LARGEST {
        message::say(&format!("{name} is larger than 200 MB; please open a smaller file."), true, Remedy::None);
        return;
    }
    dom::then(&file.text().unchecked_into(), move |text| {
        act(move |app| match text.and_then(|t| t.as_string()) {
            Some(text) => app.opened(name, text),
            None => message::say(&format!("{name} could not be read; please choose another file."), true, Remedy::None),
        });
    });
}

impl App {
    fn share(&mut self) {
        let address = link::address(true);
        let clipboard = Reflect::get(&dom::window().navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
        if clipboard.is_undefined() {
            message::say(&format!("Copy this link: {address}"), false, Remedy::None);
            return;
        }
        let note = if self.frame.0.altered || self.from_model {
            "Link copied. It carries the settings, but cannot replay this run, which was changed on the way."
        } else if self.table.is_some() {
            "Link copied. It carries the settings, but not your data."
        } else {
            "Link copied: whoever follows it sees this run, bit for bit."
        };
        let writing = dom::window().navigator().clipboard().write_text(&address);
        dom::then(&writing.unchecked_into(), move |done| {
            act(move |_| match done {
                Some(_) => message::say(note, false, Remedy::None),
                None => message::say(&format!("Copy this link: {address}"), false, Remedy::None),
            });
        });
    }

    /// The picture chosen in the menu, with its name.
    fn chosen(&self) -> (Picture, String) {
        let wanted = dom::value(&dom::by_id::<Element>("export-which"));
        let plate = wanted.parse().ok().and_then(|k| Some((Picture::Plot(k), self.sights.plate(k)?.title.as_str())));
        let known = || ALL.iter().find(|(.., name, _)| *name == wanted).map_or((ALL[0].0, ALL[0].2), |found| (found.0, found.2));
        let (picture, name) = plate.unwrap_or_else(known);
        let name = name.split(':').next().unwrap_or_default();
        (picture, name.replace([' ', '/'], "-"))
    }

    fn export_svg(&mut self) {
        let (picture, name) = self.chosen();
        download(&format!("{name}.svg"), "image/svg+xml", &self.svg(picture));
    }

    fn export_png(&mut self) {
        let (picture, name) = self.chosen();
        let Some(canvas) = self.pictures.element(picture) else { return };
        let save = Closure::once_into_js(move |blob: JsValue| {
            if let Ok(blob) = blob.dyn_into::<Blob>() {
                download_blob(&format!("{name}.png"), &blob);
            }
        });
        // Fails only for a canvas that holds pictures of another site.
        let _ = canvas.to_blob(save.unchecked_ref());
    }

    fn export_settings(&mut self) {
        if let Ok(value) = serde_json::to_value(&self.settings) {
            download("settings.json", "application/json", &json::write(&value));
        }
    }

    fn opened(&mut self, name: String, text: String) {
        if matches!(self.phase, Phase::Loading | Phase::Failed) {
            message::say("There is no training worker yet; please open the file again in a moment.", true, Remedy::None);
            return;
        }
        message::hush();
        if name.to_ascii_lowercase().ends_with(".json") || text.trim_start().starts_with('{') {
            self.start(self.settings.clone(), self.table.clone(), Some(text), true);
            return;
        }
        self.opened_table(name, text);
    }
}
