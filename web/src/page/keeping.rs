//! Runs that the browser keeps: `keep.js` puts them into its database, `boot.js` hands them back.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

use super::events::send;
use super::files;
use crate::state::action::{Action, Kept};
use multiwell::controller::protocol::Table;

#[wasm_bindgen]
extern "C" {
    /// Keeps what is given of a run beside what is kept of it already.
    #[wasm_bindgen(js_namespace = multiwell, js_name = keep, catch)]
    fn keep_record(run: u32, record: &Object) -> Result<(), JsValue>;
}

/// An object with these properties.
fn object<'a>(parts: impl Iterator<Item = &'a (&'static str, JsValue)>) -> Object {
    let made = Object::new();
    for (name, part) in parts {
        // A plain object takes any property.
        let _ = Reflect::set(&made, &(*name).into(), part);
    }
    made
}

fn put(run: u32, parts: &[(&'static str, JsValue)]) {
    // Where nothing keeps it, as in a document that has put the page together by itself, nothing is kept.
    let _ = keep_record(run, &object(parts.iter()));
}

/// Between the parts of a list: no name of a column holds it.
const COMMA: char = '\u{1f}';

/// The texts of a table, and its lists, by the names that they have in a record.
#[allow(clippy::type_complexity, reason = "two lists of names")]
fn parts_of(table: &mut Table) -> ([(&'static str, &mut String); 5], [(&'static str, &mut Vec<String>); 3]) {
    let Table { name, text, target, split, sigma, inputs, gradient, forces, .. } = table;
    let texts = [("name", name), ("text", text), ("target", target), ("split", split), ("sigma", sigma)];
    (texts, [("inputs", inputs), ("gradient", gradient), ("forces", forces)])
}

/// Keeps a run: what it is called, the fragment of its address, and its table if it is given.
pub fn keep(run: u32, title: &str, link: &str, table: Option<Table>) {
    let mut parts = vec![("title", title.into()), ("link", link.into())];
    if let Some(file) = files::of(table.as_ref()) {
        parts.push(("file", file.into()));
    }
    if let Some(mut table) = table {
        let list = |names: &[String]| JsValue::from(names.join(&COMMA.to_string()));
        let others: Vec<String> =
            std::mem::take(&mut table.others).into_iter().flat_map(|(part, column)| [part, column]).collect();
        let (texts, lists) = parts_of(&mut table);
        let texts = texts.map(|(name, text)| (name, text.as_str().into()));
        let lists = lists.map(|(name, names)| (name, list(names)));
        parts.push(("table", object(texts.iter().chain(&lists).chain([&("others", list(&others))])).into()));
    }
    put(run, &parts);
}

/// Keeps the fit of a run.
pub fn keep_fit(run: u32, model: &str) {
    put(run, &[("model", model.into())]);
}

/// The run of a record; `None` if it is none.
pub fn read(record: &JsValue) -> Option<Kept> {
    let part = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let text = |of: &JsValue, name: &str| part(of, name)?.as_string();
    let link = text(record, "link")?;
    let read_table = |of: JsValue| {
        let mut table = Table::default();
        let list = |name| -> Vec<String> {
            let joined = text(&of, name).unwrap_or_default();
            joined.split(COMMA).filter(|_| !joined.is_empty()).map(Into::into).collect()
        };
        let (texts, lists) = parts_of(&mut table);
        for (name, to) in texts {
            *to = text(&of, name).unwrap_or_default();
        }
        for (name, to) in lists {
            *to = list(name);
        }
        table.others = list("others").chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        if let Some(file) = part(record, "file").filter(JsValue::is_object) {
            table.held = files::hold(file.unchecked_into());
        }
        table
    };
    let table = part(record, "table").filter(JsValue::is_object).map(read_table);
    Some(Kept { link, table, model: text(record, "model") })
}

/// Shows a run again that was kept.
pub fn open(record: &JsValue) {
    send(match read(record) {
        Some(kept) => Action::OpenKept(kept),
        None => Action::Say("What was kept of this run cannot be read.".into(), true),
    });
}
