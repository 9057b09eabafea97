//! Exports for the page: model files in other formats, written in a dedicated worker that starts when an export becomes likely.

use multiwell::internal::controller::protocol::ExportForm;
use multiwell_export::ExportError;
use multiwell_export::written::{ExportSpec, ExportedModel, has_hessian, written};
use wasm_bindgen::prelude::*;

use super::wire;

/// Request for an export: the text of a model file, and the form, whose name has the suffix `-fast` or `-float32` for variants of C and ONNX.
pub type ExportRequest = (String, ExportForm);
/// Contents of the file, its extension without the dot, and the title of the model with notes; or an error message if the model has no such format.
pub type ExportReply = Result<(Vec<u8>, String, String), String>;

/// Registers the handler of requests. Called once, in a dedicated worker.
#[wasm_bindgen]
pub fn start_export() {
    wire::listen(|(text, ExportForm { name, hessian }): ExportRequest, _| {
        let (to, variant) = name.split_once('-').unwrap_or((&name, ""));
        let (fast, single) = (variant == "fast", variant == "float32");
        let wish = ExportSpec { to, name: "model", hessian: hessian && has_hessian(to), fast, single, ..ExportSpec::default() };
        let reply: ExportReply = match written(&text, &wish) {
            Ok(ExportedModel { bytes, extension, title, notes }) => {
                Ok((bytes, extension.into(), [vec![title], notes].concat().join("; ")))
            }
            Err(error @ ExportError::NoRole(_)) => Err(format!("{error} by --roles on the command line")),
            Err(error) => Err(error.to_string()),
        };
        wire::post(&reply, None);
    });
}
