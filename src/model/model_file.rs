//! The model file: a fit as JSON, in one format for the page and the command line.
//!
//! ```json
//! { "format": "multiwell-lse-icnn", "version": 1, "modes": 2, "hidden": [3], "inputs": ["x"], "target": "y",
//!   "scaling": { "input_shift": [0], "input_scale": [1], "output_shift": 0, "output_scale": 1 },
//!   "params": { "V1": ..., "b1": ..., "V2": ..., "W2": ..., "b2": ..., "a": [...], "rho": 2 }, "epochs": 50000 }
//! ```
//!
//! [`ModelFile::check`] holds for every file that has been read: all arrays are present, have finite numbers and the shapes that
//! follow from `modes`, `hidden` and `inputs`, no `W` has a negative entry (each mode is convex), and `rho` is positive. Numbers
//! are written with enough digits to restore their bits. If modes have a convex polynomial besides their layers, the file has
//! `"skip": "quadratic"` with an array `D [modes, inputs]`, or `"quartic"` with `A [modes, inputs, inputs]` as well. If the
//! potential is averaged over an exchange of the inputs, it has `"symmetry": "exchange"`. Periodic inputs have their ranges
//! in `periods`, such as `[[-180, 180], null]`. The modes then depend on cosine and sine of such an input, so that `V`, `D`
//! and `A` have one more column for each. `domain` has the `bounds` of the inputs of the data and the `threshold`
//! of wells.

mod arrays;
mod error;

pub use arrays::{ArraySpec, arrays_of, nested, numbers};
use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};

use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Architecture, Skip, Symmetry};
use crate::numerics::accuracy::{Accuracy, FitPrecision};
use crate::text::{printable, shortened};

pub use error::ModelFileError;

/// The value of `format` in the model file of a potential.
pub const FORMAT_NAME: &str = "multiwell-lse-icnn";
/// The current version of the format.
pub const FORMAT_VERSION: u32 = 2;
/// Version of files without periodic inputs. Readers of that version can read them.
const PLAIN_VERSION: u32 = 1;

/// Maximum relative difference of a period from one turn in the units of the network that counts as rounding.
const TURN_TOLERANCE: f64 = 1e-9;

/// The nested arrays of a model file by name, innermost index fastest; a number is an array of shape `[]`.
pub type Arrays = BTreeMap<String, Value>;
/// The settings of the run of a model file, by their names in links.
pub type KeptSettings = BTreeMap<String, Value>;

/// The scaling between the units of the data and the units of the network: `x_net = (x - shift) / scale` and
/// `psi = psi_net * scale + shift`.
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
    /// Identity scaling for the given number of inputs.
    pub fn identity(inputs: usize) -> Self {
        Self { input_shift: vec![0.0; inputs], input_scale: vec![1.0; inputs], output_shift: 0.0, output_scale: 1.0 }
    }

    /// Scales periodic inputs so that their ranges become the turn from -pi to pi.
    #[must_use]
    pub fn with_turns(mut self, periods: &[Option<[f64; 2]>]) -> Self {
        for (k, range) in periods.iter().enumerate() {
            if let Some([low, high]) = range {
                (self.input_shift[k], self.input_scale[k]) = (f64::midpoint(*low, *high), (high - low) / TAU);
            }
        }
        self
    }

    /// Range of a periodic input, in the units of the data, that corresponds to the turn from -pi to pi.
    fn turn(&self, input: usize) -> [f64; 2] {
        [-PI, PI].map(|angle| self.input_shift[input] + self.input_scale[input] * angle)
    }
}

/// A fitted LSE-ICNN. `params` holds nested arrays: `V1 [modes, width, inputs]`, `b1 [modes, width]`, `V2`, `W2 [modes, width,
/// width before]`, `b2`, ..., the last layer with width 1, `a [modes]`, `rho`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Always `multiwell-lse-icnn`.
    pub format: String,
    /// Version of the format: 1, or 2 if inputs are periodic.
    pub version: u32,
    /// Number of modes.
    pub modes: usize,
    /// Hidden widths.
    pub hidden: Vec<usize>,
    /// The convex polynomial besides the layers; omitted if there is none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skip: Skip,
    /// The symmetry of the potential; omitted if there is none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub symmetry: Symmetry,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Range of one period for each input, or null; omitted if none is periodic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<Option<[f64; 2]>>,
    /// Name of the output.
    pub target: String,
    /// Scaling of inputs and outputs.
    pub scaling: Normalization,
    /// Parameters by name, in the units of the network.
    #[serde(deserialize_with = "distinct")]
    pub params: Arrays,
    /// Number of epochs trained.
    pub epochs: u64,
    /// Domain of the training data; absent in files of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<LearntDomain>,
    /// Errors of the fit on its training data, if they were known when the file was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<KeptError>,
    /// The settings of the run, if the file comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "distinct_if_any")]
    pub settings: Option<KeptSettings>,
}

/// Domain of the training data, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearntDomain {
    /// `[low, high]` of each input.
    pub bounds: Vec<[f64; 2]>,
    /// The smallest barrier of a well.
    pub threshold: f64,
    /// Minima that the data do not support as wells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsupported: Vec<Vec<f64>>,
    /// Accuracy of the fit on its training data, for barriers under a force. It is absent in files of earlier versions and of densities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
}

impl LearntDomain {
    /// Accuracy of the fit on its training data. If the file does not contain it, it follows from `errors`, under the assumption that all rows have
    /// similar errors.
    pub fn accuracy(&self, errors: &[KeptError], target: &str) -> Option<Accuracy> {
        let of = |error: &KeptError| FitPrecision { error: error.rmse, rows: 1.0 };
        let by_errors = || {
            let (values, slopes): (Vec<&KeptError>, Vec<&KeptError>) = errors.iter().partition(|error| error.of == target);
            Accuracy { values: values.first().map(|error| of(error)), slopes: slopes.into_iter().map(of).collect() }
        };
        self.accuracy.clone().or_else(|| (!errors.is_empty()).then(by_errors))
    }
}

/// Error of a fit on its training data, in one quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptError {
    /// Quantity: the target, a derivative of it, or an output.
    pub of: String,
    /// Root mean squared error, in the units of the data. It is computed on all rows, or against a truth without noise.
    pub rmse: f64,
    /// Coefficient of determination, if the quantity varies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
}

impl KeptError {
    /// An error; `None` if the number is NaN, which files cannot contain.
    pub fn new(of: String, rmse: f64, r2: f64) -> Option<Self> {
        rmse.is_finite().then_some(Self { of, rmse, r2: Some(r2).filter(|r2| r2.is_finite()) })
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads a model file of any kind: JSON with the given `format` and one of the `versions`.
///
/// # Errors
/// A sentence if the text is not JSON, has another format or version, or if a field is missing, duplicated, or of a wrong
/// type.
pub fn read<T: DeserializeOwned>(
    text: &str,
    format: &'static str,
    versions: std::ops::RangeInclusive<u32>,
) -> Result<T, ModelFileError> {
    #[derive(Deserialize)]
    struct ModelHeader {
        format: Option<Value>,
        version: Option<Value>,
    }
    let header: ModelHeader = serde_json::from_str(text).map_err(|e| ModelFileError::header(text, format, &e))?;
    if header.format.as_ref().and_then(Value::as_str) != Some(format) {
        return Err(ModelFileError::Format(format));
    }
    let version = header.version.as_ref().and_then(Value::as_u64);
    let version = version.ok_or_else(|| ModelFileError::Field("the field `version` is missing or no whole number".into()))?;
    if !u32::try_from(version).is_ok_and(|version| versions.contains(&version)) {
        return Err(ModelFileError::Version { found: version, last: *versions.end() });
    }
    serde_json::from_str(text).map_err(|e| ModelFileError::Field(quoted(&e.to_string())))
}

/// Message about a field, on one line and shortened in the middle. It may quote any text of the file.
fn quoted(said: &str) -> String {
    const QUOTED_END_CHARS: usize = 120;
    let characters: Vec<char> = said.chars().collect();
    let Some(middle) = characters.len().checked_sub(2 * QUOTED_END_CHARS).filter(|middle| *middle > 0) else {
        return printable(said);
    };
    let part = |part: &[char]| printable(&part.iter().collect::<String>());
    format!("{}…{}", part(&characters[..QUOTED_END_CHARS]), part(&characters[QUOTED_END_CHARS + middle..]))
}

/// Deserialises a map, and rejects duplicate names.
pub(crate) fn distinct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Value>, D::Error> {
    struct Distinct;
    impl<'de> Visitor<'de> for Distinct {
        type Value = BTreeMap<String, Value>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
            formatter.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((name, value)) = entries.next_entry::<String, Value>()? {
                if map.contains_key(&name) {
                    return Err(A::Error::custom(format!("duplicate name `{}`", shortened(&name))));
                }
                map.insert(name, value);
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(Distinct)
}

/// Deserialises an optional map as [`distinct`] does.
pub(crate) fn distinct_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<KeptSettings>, D::Error> {
    distinct(deserializer).map(Some)
}

/// The text of a model file of any kind.
pub fn write<T: Serialize>(file: &T) -> String {
    // Maps with names as keys, and numbers, can always be written.
    serde_json::to_string(file).unwrap_or_default() + "\n"
}

impl ModelFile {
    /// File of a fit with these parameters in the units of the network, after zero epochs and without settings.
    pub fn new(arch: &Architecture, inputs: Vec<String>, target: String, scaling: Normalization, params: &[f64]) -> Self {
        Self {
            format: FORMAT_NAME.into(),
            version: if arch.periodic.is_empty() { PLAIN_VERSION } else { FORMAT_VERSION },
            modes: arch.modes,
            hidden: arch.hidden.clone(),
            skip: arch.skip,
            symmetry: arch.symmetry,
            inputs,
            periods: arch.periodic.iter().enumerate().map(|(k, is)| is.then(|| scaling.turn(k))).collect(),
            target,
            scaling,
            params: nested(params, &arrays_of(arch)),
            epochs: 0,
            domain: None,
            errors: Vec::new(),
            settings: None,
        }
    }

    /// Reads and checks the text of a model file.
    ///
    /// # Errors
    /// One sentence on the first error in the file.
    pub fn read(text: &str) -> Result<Self, ModelFileError> {
        let file: Self = read(text, FORMAT_NAME, PLAIN_VERSION..=FORMAT_VERSION)?;
        file.check()?;
        Ok(file)
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        write(self)
    }

    /// The architecture of its network.
    pub fn architecture(&self) -> Architecture {
        Architecture::new(self.inputs.len(), self.modes, &self.hidden)
            .with(self.skip, self.symmetry)
            .with_periodic(self.periods.iter().map(Option::is_some).collect())
    }

    /// Checks all conditions that readers rely on; see the module's documentation.
    ///
    /// # Errors
    /// One sentence on the first error.
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
        self.check_periods()?;
        if let Some(LearntDomain { bounds, threshold, unsupported, accuracy }) = &self.domain {
            let is_range = |[low, high]: &[f64; 2]| low.is_finite() && high.is_finite() && low < high;
            if bounds.len() != inputs || !bounds.iter().all(is_range) {
                return refuse("`domain` must have `bounds` of each input, the lower one first");
            }
            if !(threshold.is_finite() && *threshold >= 0.0) {
                return refuse("the `threshold` in `domain` must be a finite number, not below 0");
            }
            if !unsupported.iter().all(|place| place.len() == inputs && place.iter().all(|x| x.is_finite())) {
                return refuse("each of `unsupported` in `domain` must have a finite number for each input");
            }
            let is_valid = |of: &Accuracy| of.values.iter().chain(&of.slopes).all(FitPrecision::is_valid);
            if accuracy.as_ref().is_some_and(|of| !is_valid(of) || ![0, inputs].contains(&of.slopes.len())) {
                return refuse(
                    "the `accuracy` in `domain` must have an `error`, not below 0, and `rows`, at least 1, of each quantity",
                );
            }
        }
        self.flat_params().map(|_| ())
    }

    /// Checks the periodic inputs.
    fn check_periods(&self) -> Result<(), ModelFileError> {
        let refuse = |words: &str| Err(ModelFileError::Field(words.into()));
        if !self.periods.is_empty() && self.periods.len() != self.inputs.len() {
            return refuse("`periods` must have one range or null an input");
        }
        for (range, scale) in self.periods.iter().zip(&self.scaling.input_scale) {
            let Some([low, high]) = range else { continue };
            if !(low.is_finite() && high.is_finite() && low < high) {
                return refuse("`periods` must have the lower end of each range first");
            }
            if (TAU * scale / (high - low) - 1.0).abs() > TURN_TOLERANCE {
                return refuse("the `input_scale` of a periodic input must be its period over two pi");
            }
        }
        let are_alike = |(a, b): (&Option<[f64; 2]>, &Option<[f64; 2]>)| a.is_some() == b.is_some();
        if self.symmetry == Symmetry::Exchange && !self.periods.iter().zip(self.periods.iter().rev()).all(are_alike) {
            return refuse("inputs that are exchanged must both be periodic or both not");
        }
        Ok(())
    }

    /// The parameters in the units of the network, in the order of the flat vector.
    ///
    /// # Errors
    /// One sentence on the first array that is missing, malformed, or not allowed in an LSE-ICNN.
    pub fn flat_params(&self) -> Result<Vec<f64>, ModelFileError> {
        numbers(&self.params, &arrays_of(&self.architecture()))
    }
}

#[cfg(test)]
mod tests;
