//! The model file: a fit as JSON, the same for the page and the command line.
//!
//! ```json
//! { "format": "multiwell-lse-icnn", "version": 1, "modes": 2, "hidden": [3], "inputs": ["x"], "target": "y",
//!   "scaling": { "input_shift": [0], "input_scale": [1], "output_shift": 0, "output_scale": 1 },
//!   "params": { "V1": ..., "b1": ..., "V2": ..., "W2": ..., "b2": ..., "a": [...], "rho": 2 }, "epochs": 50000 }
//! ```
//!
//! A file that has been read holds what [`ModelFile::check`] says: every array is there, has the shape that `modes`, `hidden`
//! and `inputs` ask for and finite numbers, no `W` has a negative entry (each mode is convex), and `rho` is positive. Numbers
//! are written with as many digits as give the same bits back. Where modes have a convex polynomial besides their layers, the file has
//! `"skip": "quadratic"` with an array `D [modes, inputs]`, or `"quartic"` with `A [modes, inputs, inputs]` as well; where the potential
//! is averaged over an exchange of the inputs it has `"symmetry": "exchange"`.

mod error;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Architecture, Skip, Symmetry};
use crate::json;

pub use error::ModelFileError;

/// What every model file calls its format.
pub const FORMAT: &str = "multiwell-lse-icnn";
/// The version of the format that is written and read.
pub const VERSION: u32 = 1;

/// How the network's inputs and outputs follow from the data's: `x_net = (x - shift) / scale`, `psi = psi_net * scale + shift`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    /// Shift of each input.
    pub input_shift: Vec<f64>,
    /// Scale of each input.
    pub input_scale: Vec<f64>,
    /// Shift of the output.
    pub output_shift: f64,
    /// Scale of the output.
    pub output_scale: f64,
}

impl Normalization {
    /// The scaling that changes nothing, for `inputs` inputs.
    pub fn identity(inputs: usize) -> Self {
        Self { input_shift: vec![0.0; inputs], input_scale: vec![1.0; inputs], output_shift: 0.0, output_scale: 1.0 }
    }
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
    /// What each mode has besides its layers; left out if nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skip: Skip,
    /// What the potential is the same under; left out if nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub symmetry: Symmetry,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Name of the output.
    pub target: String,
    /// Scaling of inputs and outputs.
    pub scaling: Normalization,
    /// Parameters by name, in the network's own (scaled) units.
    pub params: BTreeMap<String, Value>,
    /// Epochs trained.
    pub epochs: u64,
    /// The settings of the run, if it came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Names and shapes of all parameters of a network without a skip, with `modes` modes, hidden layers of these widths and `inputs` inputs, layer by
/// layer, then `a` and `rho` (a number, of shape `[]`).
pub fn shapes(modes: usize, hidden: &[usize], inputs: usize) -> Vec<(String, Vec<usize>)> {
    let mut list = Vec::new();
    let mut before = None;
    for (k, &width) in hidden.iter().chain([&1]).enumerate() {
        let layer = k + 1;
        list.push((format!("V{layer}"), vec![modes, width, inputs]));
        if let Some(before) = before {
            list.push((format!("W{layer}"), vec![modes, width, before]));
        }
        list.push((format!("b{layer}"), vec![modes, width]));
        before = Some(width);
    }
    list.push(("a".into(), vec![modes]));
    list.push(("rho".into(), vec![]));
    list
}

/// Names and shapes of all parameters of an architecture: those of its skip stand between the layers and `a`.
pub fn shapes_of(arch: &Architecture) -> Vec<(String, Vec<usize>)> {
    let mut list = shapes(arch.modes, &arch.hidden, arch.inputs);
    let before = list.len() - 2;
    if arch.skip == Skip::Quartic {
        list.insert(before, ("A".into(), vec![arch.modes, arch.inputs, arch.inputs]));
    }
    if arch.skip != Skip::None {
        list.insert(before, ("D".into(), vec![arch.modes, arch.inputs]));
    }
    list
}

impl ModelFile {
    /// Reads and checks the text of a model file.
    ///
    /// # Errors
    /// One sentence on the first thing that is wrong with it.
    pub fn read(text: &str) -> Result<Self, ModelFileError> {
        let value = json::read(text).map_err(|e| ModelFileError::syntax(text, &e))?;
        match value.get("format").map(|format| format.as_str()) {
            Some(Some(FORMAT)) => {}
            _ => return Err(ModelFileError::Format),
        }
        match value.get("version").map(Value::as_u64) {
            Some(Some(version)) if version == u64::from(VERSION) => {}
            Some(Some(version)) => return Err(ModelFileError::Version(version)),
            _ => return Err(ModelFileError::Field("the field `version` is missing or no whole number".into())),
        }
        let file: Self = json::from_value(&value).map_err(ModelFileError::Field)?;
        file.check()?;
        Ok(file)
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        serde_json::to_value(self).map(|value| json::write(&value)).unwrap_or_default() + "\n"
    }

    /// The architecture of its network.
    pub fn architecture(&self) -> Architecture {
        Architecture::new(self.inputs.len(), self.modes, &self.hidden).with(self.skip, self.symmetry)
    }

    /// Checks everything that a reader relies on; see the module's header.
    ///
    /// # Errors
    /// One sentence on the first thing that is wrong.
    pub fn check(&self) -> Result<(), ModelFileError> {
        let refuse = |words: &str| Err(ModelFileError::Field(words.into()));
        if self.modes == 0 {
            return refuse("`modes` is 0, but a soft minimum needs at least one mode");
        }
        if self.hidden.is_empty() || self.hidden.contains(&0) {
            return refuse("`hidden` must list at least one hidden layer, each of width 1 or more");
        }
        let inputs = self.inputs.len();
        if inputs == 0 {
            return refuse("`inputs` must name at least one input");
        }
        if self.inputs.iter().enumerate().any(|(k, name)| self.inputs[..k].contains(name)) {
            return refuse("`inputs` gives two inputs one name");
        }
        let Normalization { input_shift, input_scale, output_shift, output_scale } = &self.scaling;
        if input_shift.len() != inputs || input_scale.len() != inputs {
            return refuse("`scaling` must have one `input_shift` and one `input_scale` an input");
        }
        if !input_shift.iter().chain([output_shift]).all(|v| v.is_finite()) {
            return refuse("the shifts in `scaling` must be finite numbers");
        }
        if !input_scale.iter().chain([output_scale]).all(|&v| v.is_finite() && v > 0.0) {
            return refuse("the scales in `scaling` must be positive finite numbers");
        }

        let expected = shapes_of(&self.architecture());
        for (name, shape) in &expected {
            let (found, values) = self.array(name)?;
            if found != *shape {
                return Err(ModelFileError::Shape { array: name.clone(), found, expected: shape.clone() });
            }
            if (name.starts_with('W') || name == "D") && values.iter().any(|&w| w < 0.0) {
                return Err(ModelFileError::NotConvex(name.clone()));
            }
            if name == "rho" && values[0] <= 0.0 {
                return Err(ModelFileError::Rho(values[0]));
            }
        }
        match self.params.keys().find(|key| expected.iter().all(|(name, _)| name != *key)) {
            Some(key) => Err(ModelFileError::UnknownArray(key.clone())),
            None => Ok(()),
        }
    }

    /// Shape and numbers, innermost index fastest, of the array called `name`; a plain number has the shape `[]`.
    ///
    /// # Errors
    /// If there is none of this name, if it is ragged, or if it holds anything but finite numbers.
    pub fn array(&self, name: &str) -> Result<(Vec<usize>, Vec<f64>), ModelFileError> {
        array(&self.params, name)
    }

    /// Stores numbers, innermost index fastest, as the nested array `name` of this shape.
    ///
    /// # Panics
    /// If the number of values is not the product of the shape.
    pub fn set_array(&mut self, name: &str, shape: &[usize], values: &[f64]) {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "array {name} of shape {shape:?}");
        self.params.insert(name.into(), nest(shape, values));
    }
}

/// Shape and numbers of one of the nested arrays; see [`ModelFile::array`].
pub(crate) fn array(params: &BTreeMap<String, Value>, name: &str) -> Result<(Vec<usize>, Vec<f64>), ModelFileError> {
    let value = params.get(name).ok_or_else(|| ModelFileError::MissingArray(name.into()))?;
    let mut shape = Vec::new();
    let mut inner = value;
    while let Value::Array(items) = inner {
        shape.push(items.len());
        let Some(first) = items.first() else { break };
        inner = first;
    }
    let mut numbers = Vec::new();
    flatten(value, &shape, &mut numbers).map_err(|fault| match fault {
        Fault::Ragged => ModelFileError::Ragged(name.into()),
        Fault::NotANumber => ModelFileError::NotANumber(name.into()),
    })?;
    Ok((shape, numbers))
}

enum Fault {
    Ragged,
    NotANumber,
}

fn flatten(value: &Value, shape: &[usize], numbers: &mut Vec<f64>) -> Result<(), Fault> {
    match (shape, value) {
        (&[length, ref inner @ ..], Value::Array(items)) if items.len() == length => {
            items.iter().try_for_each(|item| flatten(item, inner, numbers))
        }
        (_, Value::Array(_)) | ([_, ..], Value::Number(_)) => Err(Fault::Ragged),
        (_, value) => {
            numbers.push(value.as_f64().filter(|v| v.is_finite()).ok_or(Fault::NotANumber)?);
            Ok(())
        }
    }
}

/// Numbers, innermost index fastest, as a nested array of this shape.
pub(crate) fn nest(shape: &[usize], values: &[f64]) -> Value {
    match *shape {
        [] => values[0].into(),
        [0, ..] => Value::Array(Vec::new()),
        [length, ref inner @ ..] => values.chunks(values.len() / length).map(|part| nest(inner, part)).collect(),
    }
}

#[cfg(test)]
mod tests;
