//! Model file of a material with memory: dynamics, features, and parameters by name.

use serde::{Deserialize, Serialize};

use super::features::Features;
use super::settings::Dynamics;
use crate::model::Params;
use crate::model::model_file::{self, ArraySpec, Arrays, KeptError, KeptSettings, ModelFileError};
use crate::text::decimal;

/// Format name in these files.
pub const FORMAT_NAME: &str = "multiwell-material";
/// Version of the format.
pub const FORMAT_VERSION: u32 = 1;

/// Fitted material. `params` holds arrays `[modes, rows, cols]`: `V`, `W`, `b` of the modes, `A` and `c` of the network of the rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaterialFile {
    /// Always `multiwell-material`.
    pub format: String,
    /// Version of the format.
    pub version: u32,
    /// Dynamics of the hidden states.
    pub dynamics: Dynamics,
    /// Hidden widths of each mode.
    pub hidden: Vec<usize>,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// Features of the networks and their units.
    pub features: Features,
    /// Smoothness of the clip of play.
    pub theta: f64,
    /// Parameters by name.
    #[serde(deserialize_with = "model_file::distinct")]
    pub params: Arrays,
    /// Number of steps of the optimiser.
    pub steps: u64,
    /// Errors on the held-out trajectories, or on the training trajectories if none are held out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<KeptError>,
    /// Settings of the run, if the file comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "model_file::distinct_if_any")]
    pub settings: Option<KeptSettings>,
}

impl MaterialFile {
    /// Reads a file and checks everything that can be checked without the network.
    ///
    /// # Errors
    /// One sentence on the first fault.
    pub fn read(text: &str) -> Result<Self, ModelFileError> {
        let file: Self = model_file::read(text, FORMAT_NAME, FORMAT_VERSION..=FORMAT_VERSION)?;
        let refuse = |words: &str| Err(ModelFileError::Field(words.into()));
        if file.hidden.is_empty() || file.hidden.iter().any(|width| !(1..=256).contains(width)) || file.hidden.len() > 8 {
            return refuse("`hidden` must list one to eight hidden layers, each of width 1 to 256");
        }
        if file.dynamics == Dynamics::Auto {
            return refuse("`dynamics` must be play, onsager or node");
        }
        let names: Vec<&String> = file.inputs.iter().chain(&file.outputs).collect();
        if names.iter().enumerate().any(|(k, name)| names[..k].contains(name)) {
            return refuse("`inputs` and `outputs` give one name twice");
        }
        let Features { origin, strain, rate, energy, outputs, duration, .. } = &file.features;
        let inputs = file.inputs.len();
        if inputs == 0 || [origin.len(), strain.len(), rate.len()] != [inputs; 3] || *outputs != file.outputs.len() {
            return refuse("`features` must have an origin and two units for each input, and count the outputs");
        }
        if *outputs == 0 || (*outputs > inputs && (inputs, *outputs) != (1, 2)) {
            return refuse("there must be at most one output for each input, or a second one beside a single input");
        }
        let positive = |value: &f64| value.is_finite() && *value > 0.0;
        if !strain.iter().chain(rate).chain([energy, duration, &file.theta]).all(positive)
            || !origin.iter().all(|v| v.is_finite())
        {
            return refuse("units and `theta` must be positive finite numbers");
        }
        Ok(file)
    }

    /// Text of the file.
    pub fn write(&self) -> String {
        model_file::write(self)
    }

    /// Parameters in the order of the network's flat vector.
    ///
    /// # Errors
    /// A sentence if an array is missing, is of another shape, or has a number that no fit can have.
    pub fn params(&self, params: &Params) -> Result<Vec<f32>, ModelFileError> {
        let flat = model_file::numbers(&self.params, &arrays_of(params))?;
        Ok(flat.into_iter().map(|v| v as f32).collect())
    }

    /// Parameters by name, with the digits of single precision.
    pub fn arrays(params: &Params, flat: &[f32]) -> Arrays {
        let flat: Vec<f64> = flat.iter().map(|v| decimal(&v.to_string()).unwrap_or(f64::NAN)).collect();
        model_file::nested(&flat, &arrays_of(params))
    }
}

/// Arrays of a network, each of shape `[modes, rows, cols]`.
fn arrays_of(params: &Params) -> Vec<ArraySpec> {
    params.iter().map(|p| ArraySpec { name: p.name.clone(), kind: p.kind, shape: p.shape.to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::material::{MetamaterialRun, MetamaterialSettings};

    fn trained(dynamics: Dynamics) -> MetamaterialRun {
        let settings =
            MetamaterialSettings { trajectories: 20, batch: 8, steps: 6, ..MetamaterialSettings::from_dynamics(dynamics, true) };
        let mut run = MetamaterialRun::new(settings);
        run.advance(6);
        run
    }

    #[test]
    fn file_of_another_fit_is_refused() {
        let (run, mut other) = (trained(Dynamics::Play), trained(Dynamics::Node));
        let text = run.file().write();
        assert!(other.continue_from(&run.file()).unwrap_err().contains("other dynamics"));
        let named = MaterialFile { outputs: vec!["F".into(), "G".into()], ..run.file() };
        assert!(other.continue_from(&named).unwrap_err().contains("answers to E11 with F, G"));
        let refused = |from: &str, to: &str, words: &str| {
            assert!(text.contains(from), "{from}");
            let sentence = MaterialFile::read(&text.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(sentence.contains(words) && !sentence.contains('\n'), "{sentence}");
        };
        refused("multiwell-material", "multiwell-lse-icnn", "its `format` is not \"multiwell-material\"");
        refused("\"version\":1", "\"version\":2", "version 2");
        refused("\"hidden\":[19,19]", "\"hidden\":[]", "hidden layers");
        refused("\"dynamics\":\"play\"", "\"dynamics\":\"spring\"", "damaged");
        refused("\"theta\":", "\"theta\":-", "positive");
        refused("[\"S11\",\"S22\"]", "[\"S11\"]", "count the outputs");
        assert!(MaterialFile::read("{").unwrap_err().to_string().contains("not valid JSON"));
        let mut same = trained(Dynamics::Play);
        let mut file = run.file();
        file.params.remove("W2");
        assert!(same.continue_from(&file).unwrap_err().contains("lacks the array W2"));
        file.params.insert("W2".into(), serde_json::json!([[[-1.0]]]));
        assert!(same.continue_from(&file).unwrap_err().contains("has shape [1, 1, 1]"));
    }
}
