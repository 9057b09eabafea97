//! Stored runs: `keep.js` writes them to its database, and `boot.js` returns them.

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

use super::events::send;
use super::files;
use crate::state::action::{Action, KeptRun};
use multiwell::internal::controller::protocol::UserTable;

#[wasm_bindgen]
extern "C" {
    /// Adds the given parts to the stored record of a run.
    #[wasm_bindgen(js_namespace = multiwell, js_name = keep, catch)]
    fn keep_record(run: u32, record: &Object) -> Result<(), JsValue>;
}

/// Adds parts to the record of a run.
fn add_to_record(run: u32, parts: &[(&'static str, JsValue)]) {
    let record = Object::new();
    for (name, part) in parts {
        // Setting a property of a plain object cannot fail.
        let _ = Reflect::set(&record, &(*name).into(), part);
    }
    // A document that embeds the page without `keep.js` stores no records.
    let _ = keep_record(run, &record);
}

/// Stores a run: its title, the fragment of its address, and its table if given.
pub fn store_run(run: u32, title: &str, link: &str, table: Option<UserTable>) {
    let mut parts = vec![("title", title.into()), ("link", link.into())];
    if let Some(file) = files::table_blob(table.as_ref()) {
        parts.push(("file", file.into()));
    }
    // A table contains only texts and lists of texts.
    if let Some(table) = table.and_then(|table| JSON::parse(&serde_json::to_string(&table).ok()?).ok()) {
        parts.push(("table", table));
    }
    add_to_record(run, &parts);
}

/// Stores the fit of a run.
pub fn keep_fit(run: u32, model: &str) {
    add_to_record(run, &[("model", model.into())]);
}

/// Run of a record; `None` if the record is invalid.
pub fn read(record: &JsValue) -> Option<KeptRun> {
    let part = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let text = |of: &JsValue, name: &str| part(of, name)?.as_string();
    let link = text(record, "link")?;
    let read_table = |of: JsValue| {
        let json = JSON::stringify(&of).ok()?.as_string()?;
        let mut table: UserTable = serde_json::from_str(&json).ok()?;
        table.held =
            part(record, "file").filter(JsValue::is_object).map_or(0, |file| files::add_large_file(file.unchecked_into()));
        Some(table)
    };
    let table = part(record, "table").filter(JsValue::is_object).and_then(read_table);
    Some(KeptRun { link, table, model: text(record, "model") })
}

/// Opens the run of a record of `keep.js`.
#[wasm_bindgen]
pub fn open_kept(record: &JsValue) {
    send(match read(record) {
        Some(kept) => Action::OpenKept(kept),
        None => Action::ShowError("The stored record of this run cannot be read.".into()),
    });
}
