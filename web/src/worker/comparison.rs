//! Comparisons for the page: the methods of `multiwell compare`, fitted in a worker of its own (`www/comparing.js`) that is started when the reader opens
//! the comparison.

use js_sys::Function;
use multiwell::problem::table::Table;
use multiwell_compare::page::Page;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// Between the parts of a list, as in the records of `keep.js`: no name of a column holds it.
const COMMA: char = '\u{1f}';

/// A table in a record of `keep.js`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    name: String,
    text: String,
    target: String,
    split: String,
    sigma: String,
    inputs: String,
    gradient: String,
    forces: String,
    others: String,
}

impl Record {
    fn table(self) -> Table {
        let list = |joined: &str| -> Vec<String> { joined.split(COMMA).filter(|_| !joined.is_empty()).map(Into::into).collect() };
        let others = list(&self.others).chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        Table {
            inputs: list(&self.inputs),
            gradient: list(&self.gradient),
            forces: list(&self.forces),
            name: self.name,
            text: self.text,
            target: self.target,
            split: self.split,
            sigma: self.sigma,
            others,
            held: 0,
        }
    }
}

/// A comparison.
#[wasm_bindgen]
pub struct Comparison(Page);

#[wasm_bindgen]
impl Comparison {
    /// What the fragment of an address asks for. `record` is the user's own table as JSON, as `keep.js` keeps it, and `bytes` its file, if it is large; both are
    /// empty without one.
    ///
    /// # Errors
    /// A sentence that says why nothing can be compared.
    #[wasm_bindgen(constructor)]
    pub fn new(link: &str, record: &str, bytes: Vec<u8>) -> Result<Self, JsValue> {
        let table = if record.is_empty() {
            None
        } else {
            let read: Record = serde_json::from_str(record).map_err(|error| error.to_string())?;
            let mut table = read.table();
            if !bytes.is_empty() {
                table.fill(bytes);
            }
            Some(table)
        };
        Ok(Self(Page::new(link, table.as_ref())?))
    }

    /// The methods, as a list of `{name, title, meaning}`.
    pub fn offers(&self) -> String {
        json(&self.0.offers())
    }

    /// Trains the LSE-ICNN; `tell` is called with the part of the training that is done, and `lines` are those of the news of a comparison of the same rows
    /// that was stopped. Gives the news of `multiwell_compare::page` as JSON.
    ///
    /// # Errors
    /// A sentence that says why nothing can be compared.
    #[allow(clippy::needless_pass_by_value, reason = "what comes from JavaScript is owned")]
    pub fn begin(&mut self, tell: &Function, lines: Vec<String>) -> Result<String, JsValue> {
        let tell = |part: f64| {
            // A listener that throws does not end the training.
            let _ = tell.call1(&JsValue::NULL, &part.into());
        };
        Ok(json(&self.0.begin(&tell, &lines)?))
    }

    /// Fits by a method, and gives the news as JSON.
    ///
    /// # Errors
    /// A sentence, if there is no such method.
    pub fn fit(&mut self, name: &str) -> Result<String, JsValue> {
        Ok(json(&self.0.fit(name)?))
    }
}

fn json(news: &impl Serialize) -> String {
    serde_json::to_string(news).unwrap_or_default()
}
