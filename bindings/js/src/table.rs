//! Tables opened in the notebook widget.

use multiwell::internal::data::csv::{Columns, read_text};
use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::refused;

/// Values in the text of a table as JSON: points, values, and the names of their columns.
///
/// # Errors
/// If the table cannot be used, or leaves a choice of columns.
#[wasm_bindgen]
pub fn read_table(name: &str, text: &str) -> Result<String, JsError> {
    let data = read_text(name, text, &Columns::default()).map_err(refused)?;
    let inputs = data.x.ncols();
    let (x, y): (Vec<f64>, Vec<f64>) = (data.x.iter().copied().collect(), data.y.to_vec());
    let (names, target) = (&data.names[..inputs], &data.names[inputs]);
    Ok(json!({"x": {"data": x, "columns": inputs}, "y": y, "names": names, "target": target}).to_string())
}
