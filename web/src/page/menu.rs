//! Menu for import and export.

use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, ClipboardEvent, DragEvent, Element, Event, File, FileList,
    HtmlAnchorElement, HtmlCanvasElement, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement, Response, Url,
};

use super::events::send;
use super::keys::close_sheets;
use super::screen::Screen;
use super::{dom, exports, files};
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::export::{Form, PictureSheet, VIEW_NAME};
use crate::state::figures::palette;
use crate::state::view::{CanvasPicture, PICTURE_LIST, ViewId};
use multiwell::internal::controller::protocol::{Bytes, ExportForm};
use multiwell::internal::plot::Ink;
use multiwell::internal::plot::palette::css;

#[wasm_bindgen]
extern "C" {
    /// Shows the numbers of a picture, given as CSV, as tables (`table.js`).
    #[wasm_bindgen(js_namespace = multiwell, js_name = table, catch)]
    pub fn show_numbers(name: &str, text: &str) -> Result<(), JsValue>;
}

/// Maximum size of a file in bytes. The tab could not hold two copies of a larger one.
const MAX_FILE_BYTES: f64 = 2e8;

/// Listens to the menu, and to chosen or dropped files.
pub fn listen() {
    for (id, form) in
        [("export-svg", Form::Svg), ("export-png", Form::Png), ("export-csv", Form::Csv), ("export-table", Form::Table)]
    {
        dom::on(&dom::by_id::<Element>(id), "click", move |_: Event| {
            let chosen = |id: &str| dom::value(&dom::by_id(id));
            let dark = match chosen("export-colours").as_str() {
                "dark" => Some(true),
                "light" => Some(false),
                _ => None,
            };
            let scale = chosen("export-scale").parse().unwrap_or(1);
            send(Action::SavePicture { which: chosen("export-which"), form, dark, scale });
        });
    }
    for id in ["embed-theme", "embed-start", "embed-caption"] {
        dom::on(&dom::by_id::<Element>(id), "input", |_: Event| write_snippets());
    }
    for id in ["embed-element", "embed-frame"] {
        let button: Element = dom::by_id(&format!("{id}-copy"));
        dom::on(&button.clone(), "click", move |_: Event| {
            let (text, button): (HtmlTextAreaElement, Element) = (dom::by_id(id), button.clone());
            // Without a clipboard, the text stays selected for copying by hand.
            text.select();
            copy(&text.value(), move |is_done| dom::write(&button, if is_done { "Copied" } else { "Press Ctrl+C" }));
        });
    }
    dom::on(&dom::by_id::<Element>("export"), "toggle", |_: Event| _ = exports::prepare());
    dom::on(&dom::by_id::<Element>("export-code"), "click", |_: Event| {
        let hessian = dom::by_id::<HtmlInputElement>("export-hessian").checked();
        send(Action::SaveCode(ExportForm { name: dom::value(&dom::by_id("export-form")), hessian }));
    });
    dom::on(&dom::by_id::<Element>("export"), "click", |event: Event| {
        if dom::closest(&event, "button").is_some() {
            close_sheets(None);
        }
    });
    dom::on(&dom::by_id::<Element>("cases"), "click", |event: Event| {
        if dom::closest(&event, "a").is_some() {
            dom::by_id::<HtmlDialogElement>("help-dialog").close();
        }
    });
    let input: HtmlInputElement = dom::by_id("file");
    let chosen = input.clone();
    dom::on(&dom::by_id::<Element>("open-file"), "click", move |_: Event| {
        close_sheets(None);
        input.click();
    });
    dom::on(&chosen.clone(), "change", move |_: Event| {
        let files = listed(chosen.files().as_ref());
        // The same file can then be chosen again after a correction.
        chosen.set_value("");
        open(&files);
    });
    let body: Element = dom::document().body().expect_throw("the document has a body").into();
    for (kind, is_over) in [("dragover", true), ("dragleave", false), ("drop", false)] {
        let mark = body.clone();
        dom::on(&body, kind, move |event: DragEvent| {
            event.prevent_default();
            dom::toggle(&mark, "dropping", is_over);
            if kind == "drop" {
                open(&listed(event.data_transfer().and_then(|d| d.files()).as_ref()));
            }
        });
    }
    dom::on(&body, "paste", |event: ClipboardEvent| {
        let is_elsewhere = dom::closest(&event, "input, textarea, [contenteditable], dialog").is_none();
        let text = event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        // A pasted table has several lines.
        if is_elsewhere && text.contains('\n') {
            event.prevent_default();
            send(Action::Opened(vec![("pasted table".into(), Bytes::from(text.into_bytes()))]));
        }
    });
}

/// Files of a list.
fn listed(files: Option<&FileList>) -> Vec<File> {
    files.into_iter().flat_map(|files| (0..files.length()).filter_map(|k| files.get(k))).collect()
}

/// Reads chosen or dropped files. Of a single large file only the beginning is read; a worker reads the rest.
fn open(files: &[File]) {
    if files.is_empty() {
        return;
    }
    if let Some(file) = files.iter().find(|file| file.size() > MAX_FILE_BYTES) {
        return send(Action::ShowError(format!("{} is larger than 200 MB; please open a smaller file.", file.name())));
    }
    match files {
        [file] if file.size() >= files::LARGE_FILE_BYTES => files::open(file.clone(), |file| read(&[file])),
        files => read(files),
    }
}

/// Reads files into the page.
fn read(files: &[File]) {
    let names: Vec<String> = files.iter().map(File::name).collect();
    let contents: Array = files.iter().map(|file| file.array_buffer()).collect();
    dom::then(Promise::all(&contents), move |contents| {
        let Some(contents) = contents.map(|contents| Array::from(&contents)) else {
            return send(Action::ShowError(format!("{} could not be read; please choose another file.", names.join(", "))));
        };
        let bytes = |k: usize| Uint8Array::new(&contents.get(k as u32)).to_vec();
        send(Action::Opened(names.into_iter().enumerate().map(|(k, name)| (name, Bytes::from(bytes(k)))).collect()));
    });
}

/// Fetches a file of the page's own site.
pub fn fetch(address: String) {
    let response = dom::window().fetch_with_str(&address);
    dom::then(response, move |response| {
        let response: Option<Response> = response.map(JsCast::unchecked_into);
        let fail = |address, why: &str| send(Action::Fetched(address, Err(why.into())));
        let Some(response) = response else {
            return fail(address, "it lies on another site, or cannot be reached");
        };
        if !response.ok() {
            return fail(address, "there is no such file on the page's site");
        }
        let Ok(contents) = response.array_buffer() else { return fail(address, "it was read already") };
        dom::then(contents, move |contents| match contents {
            Some(contents) => send(Action::Fetched(address, Ok(Uint8Array::new(&contents).to_vec()))),
            None => fail(address, "the connection broke off"),
        });
    });
}

/// Offers bytes as a file.
pub fn download(name: &str, kind: &str, bytes: &[u8]) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    if let Ok(blob) = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(bytes)), &options) {
        download_blob(name, &blob);
    }
}

/// Draws pictures into a PNG file with the background of the theme, and offers it.
pub fn save_image(state: &State, sheet: &PictureSheet, is_dark: bool, scale: u32) {
    let canvas: HtmlCanvasElement = dom::make("canvas", &[]).unchecked_into();
    let context = canvas.get_context("2d").ok().flatten().and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
    let (Some(context), theme) = (context, palette(is_dark)) else { return };
    let (width, height) = (scale * sheet.size.0, scale * sheet.size.1);
    canvas.set_width(width);
    canvas.set_height(height);
    context.set_fill_style_str(&css(theme.background));
    context.fill_rect(0.0, 0.0, width.into(), height.into());
    if let Some(mut screen) = Screen::new(&canvas, &context, scale.into()) {
        // If drawing fails, the saved picture is empty.
        let _ = sheet.draw(state, &mut screen, theme, 1.0).and_then(|()| screen.finish());
    }
    let name = format!("{}.png", sheet.name);
    let save = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<Blob>() {
            download_blob(&name, &blob);
        }
    });
    // Fails only for a canvas with pictures from another site.
    let _ = canvas.to_blob(save.unchecked_ref());
}

fn download_blob(name: &str, blob: &Blob) {
    let Ok(address) = Url::create_object_url_with_blob(blob) else { return };
    let anchor: HtmlAnchorElement = dom::make("a", &[("href", &address), ("download", name)]).unchecked_into();
    anchor.click();
    // The download holds the blob after the click.
    let revoked = Url::revoke_object_url(&address);
    debug_assert!(revoked.is_ok(), "the address is the one just made");
}

/// Copies a text to the clipboard of the browser. Calls `act` with false if the page may not use it.
fn copy(text: &str, act: impl FnOnce(bool) + 'static) {
    let navigator = dom::window().navigator();
    if Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| !clipboard.is_undefined()) {
        dom::then(navigator.clipboard().write_text(text).unchecked_into(), move |done| act(done.is_some()));
    } else {
        act(false);
    }
}

/// Address with all settings of the run, as the link to the whole page has it.
fn shared_address() -> String {
    dom::by_id::<HtmlAnchorElement>("open-full").href()
}

/// Copies the link and shows a note on its contents.
pub fn share(note: &'static str) {
    let refusal = "The browser does not allow copying. The link is the address of this page.";
    copy(&shared_address(), move |is_done| send(Action::ShowMessage(if is_done { note } else { refusal }.into())));
}

/// Opens a dialog.
pub fn open_dialog(id: &str) {
    if id == "embed-dialog" {
        write_snippets();
    }
    let dialog: HtmlDialogElement = dom::by_id(id);
    if !dialog.open() {
        // Fails only while the dialog is removed from the document.
        let _ = dialog.show_modal();
        // The attribute `autofocus` would warn in a document that embeds the page.
        if let Ok(Some(heading)) = dialog.query_selector("h2[tabindex]") {
            dom::focus(&heading);
        }
    }
}

/// Writes the snippets that embed this playground in the chosen way.
fn write_snippets() {
    let address = shared_address();
    let (page, fragment) = address.split_once('#').unwrap_or((&address, ""));
    let page = page.trim_end_matches("index.html");
    let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let (mut attributes, mut query) = (String::new(), String::new());
    for name in ["theme", "start", "caption"] {
        let value = dom::value(&dom::by_id(&format!("embed-{name}")));
        if !value.is_empty() {
            attributes += &format!(" {name}=\"{}\"", escaped(&value));
            query += &format!("&amp;{name}={}", String::from(js_sys::encode_uri_component(&value)));
        }
    }
    let settings = escaped(fragment);
    if !settings.is_empty() {
        attributes += &format!(" settings=\"{settings}\"");
    }
    let element = format!(
        "<script src=\"{page}embed.js\" defer></script>\n<multiwell-playground{attributes}>\n  <a href=\"{page}#{settings}\">Open the playground</a>\n</multiwell-playground>"
    );
    let frame = format!(
        "<iframe src=\"{page}index.html?embed{query}#{settings}\" title=\"multiwell playground\"\n  loading=\"lazy\" width=\"100%\" height=\"480\" style=\"border: 0\"></iframe>"
    );
    let lacks_table = fragment.contains("benchmark=own-") && !fragment.contains("data=");
    dom::by_id::<HtmlElement>("embed-table").set_hidden(!lacks_table);
    dom::by_id::<HtmlTextAreaElement>("embed-element").set_value(&element);
    dom::by_id::<HtmlTextAreaElement>("embed-frame").set_value(&frame);
    for (id, words) in [("embed-element-copy", "Copy the element"), ("embed-frame-copy", "Copy the frame")] {
        dom::write(&dom::by_id::<Element>(id), words);
    }
}

/// Lists the pictures of the view for export. Titles of plots may contain changing numbers.
pub fn list_pictures(state: &State) {
    let plots = state.views.own.seen.rows.iter().flatten().filter(|_| state.views.current == ViewId::Own).enumerate();
    // The saved picture is the visible part.
    let named = |name: &str, is_part: bool| name.to_owned() + if is_part { ", enlarged" } else { "" };
    let plots = plots.map(|(k, plot)| (k.to_string(), named(&plot.title, state.part(CanvasPicture::Plot(k)).is_some())));
    let others = PICTURE_LIST.iter().filter(|(.., views)| views.contains(&state.views.current));
    let others = others.map(|(picture, _, name, _)| ((*name).to_owned(), named(name, state.part(*picture).is_some())));
    let whole = [(VIEW_NAME.to_owned(), named("whole view", !state.pictures.zooms.is_empty()))];
    dom::set_options(&dom::by_id("export-which"), &whole.into_iter().chain(plots).chain(others).collect::<Vec<_>>());
}
