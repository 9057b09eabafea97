//! Exports for the page: model files in other forms, written in a worker of its own that is started when an export is asked for, or near.

use multiwell_export::written::{Wish, written};
use wasm_bindgen::prelude::*;

use super::wire;

/// Points of a grid along each input.
const GRID_POINTS: usize = 100;

/// Request for an export: the text of a model file, the name of a form, with the suffix `-fast` or `-float32` for the variants of C and ONNX, and whether with
/// the Hessian.
pub type ExportRequest = (String, String, bool);
/// The contents of the file, the extension of its name without the dot, and the title of the model; or a clause, if there is no such form of the model.
pub type ExportReply = Result<(Vec<u8>, String, String), String>;

/// Registers the handler of requests. Called once, in a dedicated worker.
#[wasm_bindgen]
pub fn start_export() {
    wire::listen(|(text, form, hessian): ExportRequest, _| {
        let (to, variant) = form.split_once('-').unwrap_or((&form, ""));
        let (fast, single) = (variant == "fast", variant == "float32");
        let wish = Wish { to, name: "model", hessian, fast, single, points: GRID_POINTS, ..Wish::default() };
        let reply: ExportReply = match written(&text, &wish) {
            Ok(written) => Ok((written.bytes, written.extension.into(), written.title)),
            Err(error) => Err(error.to_string()),
        };
        wire::post(&reply, None);
    });
}
