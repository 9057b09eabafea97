//! Data to learn from: points with a value each, drawn from a potential or read from a CSV.

/// Sample points and their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Where the data come from: a benchmark's id or a file's name.
    pub name: String,
    /// Names of the inputs, then of the output.
    pub names: Vec<String>,
    /// Inputs, `[samples, inputs]`.
    pub x: ndarray::Array2<f64>,
    /// Values, `[samples]`.
    pub y: ndarray::Array1<f64>,
}
