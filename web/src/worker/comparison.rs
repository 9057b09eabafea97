//! Comparisons for the page: the methods of `multiwell compare`, fitted in a worker of its own (`www/comparing.js`) that is started when the reader opens
//! the comparison.

use js_sys::Function;
use multiwell::internal::problem::table::UserTable;
use multiwell_compare::page::ComparisonPage;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A comparison.
#[wasm_bindgen(js_name = Comparison)]
pub struct ComparisonTask(ComparisonPage);

#[wasm_bindgen(js_class = Comparison)]
impl ComparisonTask {
    /// Comparison of the fragment of an address. `record` is the user's own table as JSON, as `keep.js` keeps it, and `bytes` its file, if it is large; both are
    /// empty without one.
    ///
    /// # Errors
    /// A sentence that says why nothing can be compared.
    #[wasm_bindgen(constructor)]
    pub fn new(link: &str, record: &str, bytes: Vec<u8>) -> Result<Self, JsValue> {
        let table = if record.is_empty() {
            None
        } else {
            let mut table: UserTable = serde_json::from_str(record).map_err(|error| error.to_string())?;
            if !bytes.is_empty() {
                table.fill(bytes);
            }
            Some(table)
        };
        Ok(Self(ComparisonPage::new(link, table.as_ref())?))
    }

    /// The methods, as a list of `{name, title, meaning}`.
    pub fn offers(&self) -> String {
        json(&self.0.offers())
    }

    /// Trains the LSE-ICNN; `report` is called with the part of the training that is done, and `lines` are those of the news of a comparison of the same rows
    /// that was stopped. Gives the news of `multiwell_compare::page` as JSON.
    ///
    /// # Errors
    /// A sentence that says why nothing can be compared.
    #[allow(clippy::needless_pass_by_value, reason = "what comes from JavaScript is owned")]
    pub fn begin(&mut self, report: &Function, lines: Vec<String>) -> Result<String, JsValue> {
        let report = |part: f64| {
            // A listener that throws does not end the training.
            let _ = report.call1(&JsValue::NULL, &part.into());
        };
        Ok(json(&self.0.start(&report, &lines)?))
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
