//! Data for fits: points with values, drawn from a potential ([`crate::potentials::sampling`]) or read from a table ([`csv`]), possibly
//! from a file of another kind ([`unpack`]), and trajectories ([`trajectories`]). Also properties of points that need no fit: spread,
//! bounds, noise level ([`noise`]), and whether they may be samples of a density rather than values of a function ([`looks_like_samples`]).

mod checks;
mod circle;
pub mod correlation;
pub mod csv;
pub mod estimate;
mod fit_errors;
mod gaps;
pub mod grid;
mod invalid;
mod irregularities;
pub mod local_noise;
pub mod noise;
pub(crate) mod outliers;
pub mod periods;
mod row_noise;
mod row_sets;
pub mod sampling_scheme;
mod scatter;
mod standard_errors;
pub mod support;
pub mod trajectories;
pub mod umbrella;
pub mod units;
pub mod unpack;
mod voids;

use checks::{all_usable, dependent_column, spread_out};
use correlation::RowOrder;
pub use fit_errors::{determination, errors, errors_of_values_or_slopes, weighted_errors};
pub use invalid::InvalidData;
use invalid::{MAX_MAGNITUDE, MIN_DENSITY_SAMPLES};
pub use scatter::{is_uniform, looks_like_samples};

use std::path::Path;

use ndarray::{Array1, Array2, ArrayRef1, ArrayView1};

use crate::numerics::statistics::{extent, spread};
use crate::text::shortened;

/// Sample points with their values, their derivatives, or both.
///
/// ```
/// use multiwell::internal::data::Dataset;
/// use ndarray::array;
/// let curve = Dataset::curve(&[0.0, 0.5, 1.0], &[1.0, 0.2, 0.9])?;
/// assert_eq!((curve.samples(), curve.inputs(), curve.has_values()), (3, 1, true));
/// let forces = Dataset::gradients(array![[0.0, 1.0], [2.0, 3.0]], array![[0.1, -0.2], [0.3, f64::NAN]])?;
/// assert_eq!((forces.inputs(), forces.has_values()), (2, false));
/// # Ok::<(), multiwell::internal::data::InvalidData>(())
/// ```
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Source of the data: the id of a benchmark or the name of a file.
    pub name: String,
    /// Names of the inputs, then of the output.
    pub names: Vec<String>,
    /// Inputs, `[samples, inputs]`.
    pub x: Array2<f64>,
    /// Values, `[samples]`; NaN where a value is unknown.
    pub y: Array1<f64>,
    /// Derivatives `[samples, inputs]`, NaN where one is missing; `None` if only values were measured.
    pub gradient: Option<Array2<f64>>,
    /// True if the points are samples of a density, without measured values.
    pub is_density: bool,
    /// True if the points are values of a fit itself, which is shown without its data.
    pub is_model: bool,
    /// Weights of the samples of a density; empty if they are equal.
    pub weights: Vec<f64>,
    /// True if the weights follow from biases under which the samples were drawn.
    pub has_biases: bool,
    /// Times of the samples, if they imply another order than that of the rows; empty otherwise.
    pub clock: Vec<f64>,
    /// Dependence of the samples of a density that follows from their order.
    pub order: RowOrder,
    /// Numbers of consecutive samples in separate series, such as those of umbrella windows; empty if all samples are one series.
    pub series: Vec<usize>,
    /// Number of blocks of consecutive samples that are independent of each other, although samples of one block are not. If it is zero,
    /// `order` holds the dependence of the samples.
    pub blocks: usize,
    /// Standard errors of the rows; empty if they are unknown. Only their ratios count: a row has the weight `1/sigma^2`.
    pub sigmas: Vec<f64>,
    /// Rows that the table marks as held out, in increasing order. A fit does not use them for training, but is evaluated on them.
    pub held_out: Vec<usize>,
    /// True if derivatives were given as forces, which are minus the gradient. The field `gradient` has the sign of the gradient.
    pub has_forces: bool,
    /// Range of each periodic input, `None` for other inputs; empty if no input is periodic.
    pub periods: Vec<Option<[f64; 2]>>,
    /// Domain in which the samples of a density were drawn; empty if it is unknown.
    pub sampled_domain: Vec<[f64; 2]>,
    /// For each input, true at the lower and the upper end of the domain if they are bounds of the quantity, beyond which the density
    /// is zero. Empty if no bounds are stated.
    pub walls: Vec<[bool; 2]>,
    /// Sentences on possible errors of a fit because of the way the file was read. They remain visible beside the fit.
    pub doubts: Vec<String>,
    /// Sentences on how the file was read, such as the number of omitted rows.
    pub notes: Vec<String>,
}

/// Name of a derivative or an output that was not measured.
const NOT_MEASURED: &str = "-";
/// Margin of the domain of a density beyond its samples on each side, as a fraction of their range.
const DENSITY_MARGIN: f64 = 0.25;
/// Largest number of inputs of a density. With more, its normalisation needs too many points.
pub const MAX_DENSITY_INPUTS: usize = 3;
/// Largest number of rows of several inputs that are searched for the nearest one.
const MAX_NEIGHBOURS: usize = 1000;

impl Dataset {
    /// Creates data of one input from the values `y` of a function at the points `x`.
    ///
    /// # Errors
    /// If the slices have different lengths or fewer than two entries, hold anything but finite numbers, or one of them is constant.
    pub fn curve(x: &[f64], y: &[f64]) -> Result<Self, InvalidData> {
        Self::values(Array2::from_shape_fn((x.len(), 1), |(row, _)| x[row]), Array1::from(y.to_vec()))
    }

    /// Creates data from values `y` `[samples]` at the points `x` `[samples, inputs]`.
    ///
    /// # Errors
    /// See [`Dataset::curve`].
    pub fn values(x: Array2<f64>, y: Array1<f64>) -> Result<Self, InvalidData> {
        Self { name: "data".into(), names: default_names(x.ncols(), "y"), x, y, ..Self::default() }.checked(&[])
    }

    /// Creates data from derivatives `[samples, inputs]` at the points `x` `[samples, inputs]`, NaN where one was not measured. See
    /// [`Dataset::forces`] for forces, which are minus the gradient.
    ///
    /// # Errors
    /// See [`Dataset::curve`]; also if there is no derivative at any point.
    pub fn gradients(x: Array2<f64>, gradient: Array2<f64>) -> Result<Self, InvalidData> {
        let y = Array1::from_elem(x.nrows(), f64::NAN);
        Self { name: "data".into(), names: default_names(x.ncols(), "Psi"), x, y, gradient: Some(gradient), ..Self::default() }
            .with_gradients_checked()
    }

    /// Creates data from forces `[samples, inputs]` at the points `x` `[samples, inputs]`, NaN where one was not measured. A force is minus
    /// the gradient, so its sign is changed.
    ///
    /// # Errors
    /// See [`Dataset::gradients`].
    pub fn forces(x: Array2<f64>, forces: Array2<f64>) -> Result<Self, InvalidData> {
        Ok(Self { has_forces: true, ..Self::gradients(x, -forces)? })
    }

    /// Creates data from samples `x` `[samples, inputs]` of a density of one to three inputs. `weights` is empty if the samples have equal
    /// weights.
    ///
    /// # Errors
    /// See [`Dataset::curve`]; also if there are more inputs or fewer than eight samples, or if a weight is negative or all are zero.
    pub fn samples_of_density(x: Array2<f64>, weights: Vec<f64>) -> Result<Self, InvalidData> {
        let names = default_names(x.ncols(), "Psi");
        Self::named_samples(x, weights, names)
    }

    /// Creates data as [`Dataset::samples_of_density`] does, with names of the inputs and of the potential.
    pub(crate) fn named_samples(x: Array2<f64>, weights: Vec<f64>, names: Vec<String>) -> Result<Self, InvalidData> {
        let y = Array1::from_elem(x.nrows(), f64::NAN);
        Self { name: "samples".into(), names, x, y, is_density: true, weights, ..Self::default() }.checked(&[])
    }

    /// Weights of the samples divided by their sum; `None` if they are equal.
    pub fn shares(&self) -> Option<Vec<f64>> {
        let total: f64 = self.weights.iter().sum();
        (!self.weights.is_empty()).then(|| self.weights.iter().map(|weight| weight / total).collect())
    }

    /// Effective numbers of samples, first with equal weights and then with the weights of the samples. An effective number is the number
    /// of independent samples of equal weight with the same variance of a mean. It follows from Kish's formula for weights, and from the
    /// statistical inefficiency of consecutive samples. The inefficiency is that of the stated blocks, or else that of the
    /// order of the samples.
    pub fn effective_numbers(&self) -> [f64; 2] {
        let samples = self.samples();
        let kish = |shares: &[f64]| 1.0 / shares.iter().map(|share| share * share).sum::<f64>();
        let in_blocks = |shares: &[f64]| {
            let columns = self.x.columns().into_iter();
            let slow = |column: ArrayView1<f64>| correlation::of_blocks(&column.to_vec(), shares, self.blocks);
            kish(shares) / columns.map(slow).fold(1.0, f64::max)
        };
        let shares = self.shares();
        if self.blocks >= 2 {
            let of_equal = in_blocks(&vec![1.0 / samples as f64; samples]);
            return [of_equal, shares.map_or(of_equal, |shares| in_blocks(&shares))];
        }
        let [equal, weighted] = if let RowOrder::Correlated(inefficiencies) = self.order { inefficiencies } else { [1.0; 2] };
        let of_equal = samples as f64 / equal;
        [of_equal, shares.map_or(of_equal, |shares| kish(&shares) / weighted)]
    }

    /// Domain of a fit: the bounds of the points. For samples of a density it is the domain in which they were drawn. If that is unknown,
    /// it extends beyond the bounds by a quarter of the range on each side, except along periodic inputs.
    pub fn domain(&self) -> Vec<[f64; 2]> {
        let bounds = self.bounds();
        if !self.is_density {
            return bounds;
        }
        if !self.sampled_domain.is_empty() {
            return self.sampled_domain.clone();
        }
        let wide = |(k, [low, high]): (usize, [f64; 2])| {
            let margin = if self.period(k).is_some() { 0.0 } else { DENSITY_MARGIN * (high - low) };
            [low - margin, high + margin]
        };
        bounds.into_iter().enumerate().map(wide).collect()
    }

    /// Returns the data of some rows, without marks of held-out rows.
    pub fn select_rows(&self, rows: &[usize]) -> Self {
        let of = |table: &Array2<f64>| Array2::from_shape_fn((rows.len(), table.ncols()), |(k, column)| table[[rows[k], column]]);
        let y = rows.iter().map(|&row| self.y[row]).collect();
        let part = |list: &[f64]| rows.iter().filter_map(|&row| list.get(row).copied()).collect();
        Self {
            x: of(&self.x),
            y,
            gradient: self.gradient.as_ref().map(of),
            weights: part(&self.weights),
            sigmas: part(&self.sigmas),
            held_out: Vec::new(),
            clock: part(&self.clock),
            series: Vec::new(),
            ..self.clone()
        }
    }

    /// Adds derivatives `[samples, inputs]` at the same points.
    ///
    /// # Errors
    /// See [`Dataset::gradients`].
    pub fn with_gradients(self, gradient: Array2<f64>) -> Result<Self, InvalidData> {
        Self { gradient: Some(gradient), ..self }.with_gradients_checked()
    }

    fn with_gradients_checked(self) -> Result<Self, InvalidData> {
        let names = self.derivative_names();
        self.checked(&names)
    }

    /// Names of the derivatives in messages.
    fn derivative_names(&self) -> Vec<String> {
        let (inputs, output) = self.names.split_at(self.inputs());
        inputs.iter().map(|input| format!("d{}/d{input}", output.concat())).collect()
    }

    /// Renames the inputs and the output, in this order.
    ///
    /// # Panics
    /// If the number of names differs.
    #[must_use]
    pub fn named(self, names: &[&str]) -> Self {
        assert_eq!(names.len(), self.inputs() + 1, "one name for each input, and one for the output");
        Self { names: names.iter().map(ToString::to_string).collect(), ..self }
    }

    /// Reads a table from a file, see [`csv::read`].
    ///
    /// # Errors
    /// A sentence if the file cannot be read or its table cannot be used for a fit.
    pub fn open(path: impl AsRef<Path>, columns: &csv::Columns) -> Result<Self, csv::CsvError> {
        let name = path.as_ref().display().to_string();
        match std::fs::File::open(path) {
            Ok(file) => csv::read(&name, file, columns),
            Err(error) => Err(csv::CsvError { file: name, reason: csv::Reason::Unreadable(error.to_string()) }),
        }
    }

    /// Returns the data if they can be used for a fit. `derivatives` are the names of the derivatives in messages.
    fn checked(self, derivatives: &[String]) -> Result<Self, InvalidData> {
        let (rows, inputs) = self.x.dim();
        let shape = |what, found: usize, expected: usize, of: &str| {
            let error = || InvalidData::shape(what, found, &format!("{expected} {of}"));
            (found == expected).then_some(()).ok_or_else(error)
        };
        shape("values", self.y.len(), rows, "points")?;
        if let Some(gradient) = &self.gradient {
            shape("rows of derivatives", gradient.nrows(), rows, "points")?;
            shape("derivatives", gradient.ncols(), inputs, "inputs")?;
        }
        if rows < 2 {
            return Err(InvalidData("there is only one row of numbers; at least two are needed".into()));
        }
        if self.is_density {
            self.check_density()?;
        }
        let has_values = !self.is_density && (self.gradient.is_none() || !self.y.iter().all(|y| y.is_nan()));
        let values = has_values.then(|| self.y.view());
        for (column, name) in self.x.columns().into_iter().chain(values).zip(&self.names) {
            all_usable(&column, name, false)?;
            spread_out(column.iter().copied(), name)?;
        }
        let slopes = self.gradient.iter().flat_map(|gradient| gradient.columns());
        let mut measured = usize::from(has_values || self.is_density);
        let mut varies = has_values || self.is_density;
        for (column, name) in slopes.zip(derivatives) {
            all_usable(&column, name, true)?;
            let known: Vec<f64> = column.iter().copied().filter(|v| !v.is_nan()).collect();
            measured += known.len();
            // One of several derivatives may be constant.
            if spread(&known) > 0.0 {
                spread_out(known, name)?;
                varies = true;
            }
        }
        match derivatives {
            _ if measured == 0 => {
                Err(InvalidData("there is no derivative in any row, and no value, so there is nothing to learn from".into()))
            }
            [column, ..] if !varies => Err(InvalidData::constant(column)),
            _ => Ok(self),
        }
    }

    fn check_density(&self) -> Result<(), InvalidData> {
        let (samples, inputs) = self.x.dim();
        if inputs > MAX_DENSITY_INPUTS {
            return Err(InvalidData(format!("a density of {inputs} inputs cannot be normalised; choose at most three columns")));
        }
        if samples < MIN_DENSITY_SAMPLES {
            return Err(InvalidData::few_samples(&self.names[0], samples));
        }
        if !self.weights.is_empty() && self.weights.len() != samples {
            return Err(InvalidData::shape("weights", self.weights.len(), &format!("{samples} samples")));
        }
        if let Some(column) = dependent_column(&self.x) {
            let [column, others] = [&self.names[column..=column], &self.names[..column]];
            let [column, others] = [column, others].map(|names| shortened(&names.join("\" and \"")));
            return Err(InvalidData(format!(
                "column \"{column}\" is a linear function of \"{others}\" in all rows, so they have no joint density; leave it out"
            )));
        }
        let is_usable = |weight: &f64| (0.0..MAX_MAGNITUDE).contains(weight);
        if let Some(row) = self.weights.iter().position(|weight| !is_usable(weight)) {
            let (row, weight) = (row + 1, self.weights[row]);
            return Err(InvalidData(format!("row {row} has the weight {weight}; weights must be finite and not below zero")));
        }
        if !self.weights.is_empty() && self.effective_numbers()[1].is_nan() {
            let clause = "all weights are zero, so there is no sample; choose another column of weights";
            return Err(InvalidData(clause.into()));
        }
        Ok(())
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.x.nrows()
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.x.ncols()
    }

    /// Range of each input: from its smallest to its largest value, or one period of a periodic input.
    pub fn bounds(&self) -> Vec<[f64; 2]> {
        self.row_bounds().into_iter().enumerate().map(|(k, range)| self.period(k).unwrap_or(range)).collect()
    }

    /// Smallest and largest value of each input.
    fn row_bounds(&self) -> Vec<[f64; 2]> {
        self.x.columns().into_iter().map(|column| extent(column.iter().copied())).collect()
    }

    /// Standard deviation of the values; NaN where they are unknown.
    pub fn std(&self) -> f64 {
        standard_deviation(&self.y)
    }

    /// Returns true if the values are known.
    pub fn has_values(&self) -> bool {
        self.y.iter().all(|y| y.is_finite())
    }

    /// Returns true if input and values may be samples of two quantities rather than a function, see [`looks_like_samples`]. The result is
    /// false with more than one input or without values.
    pub fn looks_like_samples(&self) -> bool {
        let is_table = self.inputs() == 1 && self.has_values() && self.gradient.is_none();
        is_table && looks_like_samples(&self.x.column(0), &self.y)
    }

    /// Remark for rows that may be samples, see [`Self::looks_like_samples`].
    pub fn remark_on_scatter(&self) -> String {
        let [x, y] = [&self.names[0], &self.names[1]].map(|name| shortened(name));
        format!(
            "The rows are in no order of {x}, and {y} scatters at equal {x}: they may be samples of a joint density, or a noisy curve."
        )
    }

    /// Width of the range of each input.
    pub(crate) fn widths(&self) -> Array1<f64> {
        self.bounds().iter().map(|[low, high]| high - low).collect()
    }
}

fn default_names(inputs: usize, output: &str) -> Vec<String> {
    let input = |k| if inputs == 1 { "x".to_string() } else { format!("x{}", k + 1) };
    (0..inputs).map(input).chain([output.to_string()]).collect()
}

/// Checks that a density can be fitted to a set of samples without gaps.
pub(crate) fn check_samples(samples: &[f64], name: &str) -> Result<(), InvalidData> {
    all_usable(&ArrayView1::from(samples), name, false)?;
    if samples.len() < MIN_DENSITY_SAMPLES {
        return Err(InvalidData::few_samples(name, samples.len()));
    }
    spread_out(samples.iter().copied(), name)
}

/// Arithmetic mean; 0 for an empty array.
pub fn mean(values: &ArrayRef1<f64>) -> f64 {
    if values.is_empty() { 0.0 } else { values.sum() / values.len() as f64 }
}

/// Population standard deviation; 0 for an empty array.
pub fn standard_deviation(values: &ArrayRef1<f64>) -> f64 {
    let centre = mean(values);
    mean(&values.mapv(|v| (v - centre) * (v - centre))).sqrt()
}

#[cfg(test)]
mod tests;
