//! Parameters as nested arrays in a model file.

use serde_json::Value;

use super::Arrays;
use super::error::ModelFileError;
use crate::model::{Architecture, ParamKind, Skip};

/// Specification of an array in a model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArraySpec {
    /// Name of the array.
    pub name: String,
    /// Kind of its numbers, which determines their valid values.
    pub kind: ParamKind,
    /// Shape of the array; `[]` for a single number.
    pub shape: Vec<usize>,
}

/// The arrays of an LSE-ICNN in the order of its flat parameter vector: layer by layer, then the skip, `a` and `rho`.
pub fn arrays_of(arch: &Architecture) -> Vec<ArraySpec> {
    let (modes, inputs) = (arch.modes, arch.features());
    let mut list = Vec::new();
    let mut add = |name: String, kind: ParamKind, shape: &[usize]| list.push(ArraySpec { name, kind, shape: shape.to_vec() });
    let mut before = None;
    for (k, &width) in arch.hidden.iter().chain([&1]).enumerate() {
        let layer = k + 1;
        add(format!("V{layer}"), ParamKind::Free, &[modes, width, inputs]);
        if let Some(before) = before {
            add(format!("W{layer}"), ParamKind::NonNegative, &[modes, width, before]);
        }
        add(format!("b{layer}"), ParamKind::Bias, &[modes, width]);
        before = Some(width);
    }
    if arch.skip != Skip::None {
        add("D".into(), ParamKind::NonNegative, &[modes, inputs]);
    }
    if arch.skip == Skip::Quartic {
        add("A".into(), ParamKind::Free, &[modes, inputs, inputs]);
    }
    add("a".into(), ParamKind::Gate, &[modes]);
    add("rho".into(), ParamKind::Sharpness, &[]);
    list
}

/// The numbers of all expected arrays, one array after another.
///
/// # Errors
/// One sentence on the first array that is missing, unknown, ragged, of another shape, or that holds a forbidden number.
pub fn numbers(arrays: &Arrays, expected: &[ArraySpec]) -> Result<Vec<f64>, ModelFileError> {
    let mut flat = Vec::new();
    for ArraySpec { name, kind, shape } in expected {
        let (found, values) = array(arrays, name)?;
        if found != *shape {
            return Err(ModelFileError::Shape { array: name.clone(), found, expected: shape.clone() });
        }
        match kind {
            ParamKind::NonNegative if values.iter().any(|&w| w < 0.0) => return Err(ModelFileError::NotConvex(name.clone())),
            ParamKind::Sharpness if values[0] <= 0.0 => return Err(ModelFileError::Rho(values[0])),
            _ => flat.extend(values),
        }
    }
    match arrays.keys().find(|key| expected.iter().all(|array| array.name != **key)) {
        Some(key) => Err(ModelFileError::UnknownArray(key.clone())),
        None => Ok(flat),
    }
}

/// The nested arrays that hold the numbers of a flat vector.
///
/// # Panics
/// If there are fewer numbers than the shapes require.
pub fn nested(flat: &[f64], arrays: &[ArraySpec]) -> Arrays {
    let mut rest = flat;
    let take = |array: &ArraySpec| {
        let (values, after) = rest.split_at(array.shape.iter().product());
        rest = after;
        (array.name.clone(), nest(&array.shape, values))
    };
    arrays.iter().map(take).collect()
}

/// Numbers, innermost index fastest, as a nested array of this shape.
fn nest(shape: &[usize], values: &[f64]) -> Value {
    match *shape {
        [] => values[0].into(),
        [0, ..] => Value::Array(Vec::new()),
        [length, ref inner @ ..] => values.chunks(values.len() / length).map(|part| nest(inner, part)).collect(),
    }
}

/// Shape and numbers, innermost index fastest, of the array called `name`.
pub(super) fn array(arrays: &Arrays, name: &str) -> Result<(Vec<usize>, Vec<f64>), ModelFileError> {
    let value = arrays.get(name).ok_or_else(|| ModelFileError::MissingArray(name.into()))?;
    let mut shape = Vec::new();
    let mut inner = value;
    while let Value::Array(items) = inner {
        shape.push(items.len());
        let Some(first) = items.first() else { break };
        inner = first;
    }
    let mut numbers = Vec::new();
    flatten(value, &shape, &mut numbers).map_err(|error| error(name.into()))?;
    Ok((shape, numbers))
}

fn flatten(value: &Value, shape: &[usize], numbers: &mut Vec<f64>) -> Result<(), fn(String) -> ModelFileError> {
    match (shape, value) {
        (&[length, ref inner @ ..], Value::Array(items)) if items.len() == length => {
            items.iter().try_for_each(|item| flatten(item, inner, numbers))
        }
        (_, Value::Array(_)) | ([_, ..], Value::Number(_)) => Err(ModelFileError::Ragged),
        (_, value) => {
            numbers.push(value.as_f64().filter(|v| v.is_finite()).ok_or(ModelFileError::NotANumber as fn(_) -> _)?);
            Ok(())
        }
    }
}
