//! What leaves the page and what enters it: links, snippets, files.

use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{
    Blob, BlobPropertyBag, ClipboardEvent, DragEvent, Element, Event, File, FileList, HtmlAnchorElement, HtmlCanvasElement,
    HtmlDialogElement, HtmlInputElement, HtmlTextAreaElement, Response, Url,
};

use super::events::send;
use super::{address, dom, files};
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::view::{PICTURES, ViewId};
use multiwell::controller::protocol::Bytes;

/// Larger files are not read: the tab could not hold them twice.
const LARGEST: f64 = 2e8;

/// Listens to the menu, and to files that are chosen or dropped.
pub fn listen() {
    for (id, as_svg) in [("export-svg", true), ("export-png", false)] {
        dom::on(&dom::by_id::<Element>(id), "click", move |_: Event| {
            send(Action::SavePicture(dom::value(&dom::by_id("export-which")), as_svg));
        });
    }
    dom::on(&dom::by_id::<Element>("export"), "toggle", |_: Event| send(Action::PrepareExports));
    dom::on(&dom::by_id::<Element>("export-code"), "click", |_: Event| {
        let hessian: HtmlInputElement = dom::by_id("export-hessian");
        send(Action::SaveCode(dom::value(&dom::by_id("export-form")), hessian.checked()));
    });
    dom::on(&dom::by_id::<Element>("export"), "click", |event: Event| {
        if dom::closest(&event, "button").is_some() {
            dom::set_if(&dom::by_id("export"), "open", false);
        }
    });
    dom::on(&dom::by_id::<Element>("cases"), "click", |event: Event| {
        if dom::closest(&event, "a").is_some() {
            dom::by_id::<HtmlDialogElement>("help-dialog").close();
        }
    });
    let input: HtmlInputElement = dom::by_id("file");
    let chosen = input.clone();
    dom::on(&dom::by_id::<Element>("open"), "click", move |_: Event| input.click());
    dom::on(&chosen.clone(), "change", move |_: Event| {
        let files = listed(chosen.files().as_ref());
        // So that the same file can be chosen again after it was mended.
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
        // A table has several lines.
        if is_elsewhere && text.contains('\n') {
            event.prevent_default();
            send(Action::Opened(vec![("pasted table".into(), Bytes::from(text.into_bytes()))]));
        }
    });
}

/// The files of a list.
fn listed(files: Option<&FileList>) -> Vec<File> {
    files.into_iter().flat_map(|files| (0..files.length()).filter_map(|k| files.get(k))).collect()
}

/// Reads files that were chosen or dropped. A single large one is looked at, and read where it is learnt from.
fn open(files: &[File]) {
    if files.is_empty() {
        return;
    }
    if let Some(file) = files.iter().find(|file| file.size() > LARGEST) {
        return send(Action::Say(format!("{} is larger than 200 MB; please open a smaller file.", file.name()), true));
    }
    match files {
        [file] if file.size() >= files::LARGE => files::open(file.clone(), |file| read(&[file])),
        files => read(files),
    }
}

/// Reads files into the page.
fn read(files: &[File]) {
    let names: Vec<String> = files.iter().map(File::name).collect();
    let contents: Array = files.iter().map(|file| file.array_buffer()).collect();
    dom::then(Promise::all(&contents), move |contents| {
        let Some(contents) = contents.map(|contents| Array::from(&contents)) else {
            return send(Action::Say(format!("{} could not be read; please choose another file.", names.join(", ")), true));
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

/// Offers a text as a file.
pub fn download(name: &str, kind: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options) {
        download_blob(name, &blob);
    }
}

/// Offers bytes as a file.
pub fn download_bytes(name: &str, bytes: &[u8]) {
    if let Ok(blob) = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))) {
        download_blob(name, &blob);
    }
}

/// Offers a canvas as a PNG file.
pub fn save_image(canvas: &HtmlCanvasElement, name: String) {
    let save = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<Blob>() {
            download_blob(&name, &blob);
        }
    });
    // Fails only for a canvas that holds pictures of another site.
    let _ = canvas.to_blob(save.unchecked_ref());
}

fn download_blob(name: &str, blob: &Blob) {
    let Ok(address) = Url::create_object_url_with_blob(blob) else { return };
    let anchor: HtmlAnchorElement = dom::make("a", &[("href", &address), ("download", name)]).unchecked_into();
    anchor.click();
    // The click has taken hold of the blob.
    let revoked = Url::revoke_object_url(&address);
    debug_assert!(revoked.is_ok(), "the address is the one just made");
}

/// Copies the link, and says what it carries.
pub fn share(note: &'static str) {
    let address = address::address(true);
    let instead = move || send(Action::Say(format!("Copy this link: {address}"), true));
    let clipboard = Reflect::get(&dom::window().navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    if clipboard.is_undefined() {
        return instead();
    }
    let writing = dom::window().navigator().clipboard().write_text(&address::address(true));
    dom::then(writing.unchecked_into(), move |done| match done {
        Some(_) => send(Action::Say(note.into(), false)),
        None => instead(),
    });
}

/// Opens a dialog.
pub fn open_dialog(id: &str) {
    if id == "embed-dialog" {
        write_snippets();
    }
    let dialog: HtmlDialogElement = dom::by_id(id);
    if !dialog.open() {
        // Refused only while it is taken out of the document.
        let _ = dialog.show_modal();
    }
}

/// Writes the snippets that embed this playground.
fn write_snippets() {
    let address = address::address(true);
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
}

/// Offers the pictures of the view for export. Titles of plots may carry numbers that change.
pub fn list_pictures(state: &State) {
    let plots = state.own.seen.rows.iter().flatten().filter(|_| state.view == ViewId::Own);
    let plots = plots.enumerate().map(|(k, plot)| (k.to_string(), plot.title.clone()));
    let others = PICTURES.iter().filter(|(.., views)| views.contains(&state.view));
    let others = others.map(|(.., name, _)| ((*name).to_owned(), (*name).to_owned()));
    dom::set_options(&dom::by_id("export-which"), &plots.chain(others).collect::<Vec<_>>());
}
