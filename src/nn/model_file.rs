//! The model file: a fit as JSON.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the network's inputs and outputs follow from the data's: `x_net = (x - shift) / scale`, `psi = psi_net * scale + shift`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileScaling {
    /// Shift of each input.
    pub input_shift: Vec<f64>,
    /// Scale of each input.
    pub input_scale: Vec<f64>,
    /// Shift of the output.
    pub output_shift: f64,
    /// Scale of the output.
    pub output_scale: f64,
}

/// A fitted LSE-ICNN. `params` holds nested arrays in the layout of the references: `V1 [modes, width, inputs]`,
/// `b1 [modes, width]`, `V2`, `W2 [modes, width, width before]`, `b2`, ..., the last layer with width 1, `a [modes]`, `rho`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Always `multiwell-lse-icnn`.
    pub format: String,
    /// Version of the format, 1.
    pub version: u32,
    /// Modes.
    pub modes: usize,
    /// Hidden widths.
    pub hidden: Vec<usize>,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Name of the output.
    pub target: String,
    /// Scaling of inputs and outputs.
    pub scaling: FileScaling,
    /// Parameters by name, in the network's own (scaled) units.
    pub params: BTreeMap<String, serde_json::Value>,
    /// Epochs trained.
    pub epochs: u64,
    /// The settings of the run, if it came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<serde_json::Value>,
}
