//! Runs that the browser keeps: `keep.js` puts them into its database, `boot.js` hands them back.

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

use super::events::send;
use super::files;
use crate::state::action::{Action, KeptRun};
use multiwell::internal::controller::protocol::UserTable;

#[wasm_bindgen]
extern "C" {
    /// Keeps what is given of a run beside what is kept of it already.
    #[wasm_bindgen(js_namespace = multiwell, js_name = keep, catch)]
    fn keep_record(run: u32, record: &Object) -> Result<(), JsValue>;
}

/// Adds parts to the record of a run.
fn add_to_record(run: u32, parts: &[(&'static str, JsValue)]) {
    let record = Object::new();
    for (name, part) in parts {
        // A plain object takes any property.
        let _ = Reflect::set(&record, &(*name).into(), part);
    }
    // A document that embeds the page without `keep.js` keeps no records.
    let _ = keep_record(run, &record);
}

/// Keeps a run: its title, the fragment of its address, and its table if it is given.
pub fn store_run(run: u32, title: &str, link: &str, table: Option<UserTable>) {
    let mut parts = vec![("title", title.into()), ("link", link.into())];
    if let Some(file) = files::table_blob(table.as_ref()) {
        parts.push(("file", file.into()));
    }
    // A table has only texts and lists of texts.
    if let Some(table) = table.and_then(|table| JSON::parse(&serde_json::to_string(&table).ok()?).ok()) {
        parts.push(("table", table));
    }
    add_to_record(run, &parts);
}

/// Keeps the fit of a run.
pub fn keep_fit(run: u32, model: &str) {
    add_to_record(run, &[("model", model.into())]);
}

/// The run of a record; `None` if it is none.
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

/// Shows the run of a record of `keep.js`.
#[wasm_bindgen]
pub fn open_kept(record: &JsValue) {
    send(match read(record) {
        Some(kept) => Action::OpenKept(kept),
        None => Action::ShowError("The stored record of this run cannot be read.".into()),
    });
}
