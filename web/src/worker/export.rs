//! Exports for the page: model files in other forms, written in a worker of its own (`www/export.js`) that is started when an export is asked for, or
//! near.

use multiwell_export::written::{Wish, written};
use wasm_bindgen::prelude::*;

/// A model in another form.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Exported(multiwell_export::written::Written);

#[wasm_bindgen]
impl Exported {
    /// The contents of the file.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.bytes.clone()
    }

    /// How its name ends, without the dot.
    #[wasm_bindgen(getter)]
    pub fn extension(&self) -> String {
        self.0.extension.into()
    }

    /// Title of the model in a phrase.
    #[wasm_bindgen(getter)]
    pub fn title(&self) -> String {
        self.0.title.clone()
    }
}

/// Exports the model in the text of a model file. `form` is the name of a form, with the suffix `-fast` or `-float32` for the variants of C and ONNX; grids
/// have `points` points along each input.
///
/// # Errors
/// A sentence, if there is no such form of the model.
#[wasm_bindgen]
pub fn export_model(text: &str, form: &str, name: &str, hessian: bool, points: usize) -> Result<Exported, JsValue> {
    let (to, variant) = form.split_once('-').unwrap_or((form, ""));
    let wish = Wish { to, name, set: None, hessian, fast: variant == "fast", single: variant == "float32", points };
    written(text, &wish).map(Exported).map_err(|error| error.to_string().into())
}
