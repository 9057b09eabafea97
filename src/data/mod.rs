//! Data to learn from: points with values, drawn from a potential ([`crate::potentials::sampling`]) or read from a table ([`csv`]), which may
//! be packed in a file of another kind ([`unpack`]), and trajectories ([`trajectories`]); and properties of points that need no fit: spread, bounds, noise level ([`noise`]), and
//! whether they may be samples of a density rather than values of a function ([`looks_like_samples`]).

pub mod correlation;
pub mod csv;
pub mod estimate;
pub mod grid;
mod invalid;
mod irregularities;
pub mod local_noise;
pub mod noise;
pub mod periods;
mod scatter;
mod standard_errors;
pub mod support;
pub mod trajectories;
pub mod umbrella;
pub mod units;
pub mod unpack;

use correlation::{Order, Series};
use grid::Values;
pub use invalid::InvalidData;
use invalid::{FEWEST_SAMPLES, LARGEST};
pub use scatter::looks_like_samples;

use std::path::Path;

use ndarray::{Array1, Array2, ArrayRef1, ArrayView1, Axis};

use crate::numerics::statistics::{order, sort_by};

/// Sample points with their values, their derivatives, or both.
///
/// ```
/// use multiwell::data::Dataset;
/// use ndarray::array;
/// let curve = Dataset::curve(&[0.0, 0.5, 1.0], &[1.0, 0.2, 0.9])?;
/// assert_eq!((curve.samples(), curve.inputs(), curve.has_values()), (3, 1, true));
/// let forces = Dataset::gradients(array![[0.0, 1.0], [2.0, 3.0]], array![[0.1, -0.2], [0.3, f64::NAN]])?;
/// assert_eq!((forces.inputs(), forces.has_values()), (2, false));
/// # Ok::<(), multiwell::data::InvalidData>(())
/// ```
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Where the data come from: a benchmark's id or a file's name.
    pub name: String,
    /// Names of the inputs, then of the output.
    pub names: Vec<String>,
    /// Inputs, `[samples, inputs]`.
    pub x: Array2<f64>,
    /// Values, `[samples]`; NaN where a value is unknown.
    pub y: Array1<f64>,
    /// Derivatives `[samples, inputs]`, NaN where one is missing; `None` if only values were measured.
    pub gradient: Option<Array2<f64>>,
    /// Whether nothing was measured at the points: they were drawn from a density, which is learnt.
    pub is_density: bool,
    /// Whether these are values of a fit itself, which is shown without the data that it was learnt from.
    pub is_model: bool,
    /// Weights of the samples of a density; empty if they are equal.
    pub weights: Vec<f64>,
    /// True if the weights follow from biases under which the samples were drawn.
    pub has_biases: bool,
    /// Times of the samples, if they say another order than the rows do; empty otherwise.
    pub clock: Vec<f64>,
    /// The dependence of the samples of a density by their order.
    pub order: Order,
    /// Numbers of consecutive samples that are series of their own, such as those of umbrella windows; empty if all are one.
    pub series: Vec<usize>,
    /// The number of blocks of consecutive samples that are independent of each other, though samples of one are not; zero if `order` says how samples
    /// depend on each other.
    pub blocks: usize,
    /// Standard errors of the rows; empty if they are not known. They count relative to each other: what was measured in a row weighs by the
    /// inverse of the square.
    pub sigmas: Vec<f64>,
    /// Rows that the table itself holds out, in increasing order: a fit does not learn from them, but is evaluated on them.
    pub held_out: Vec<usize>,
    /// Whether derivatives were given as forces, which are minus the gradient. In `gradient` their sign has been changed.
    pub has_forces: bool,
    /// For each input the range in which it is periodic; empty if none is.
    pub periods: Vec<Option<[f64; 2]>>,
    /// The domain that the samples of a density were drawn in; empty if it is not known.
    pub drawn_in: Vec<[f64; 2]>,
    /// For each input whether its domain ends at a bound of the quantity below and above, beyond which the density is zero; empty if no bounds are stated.
    pub walls: Vec<[bool; 2]>,
    /// Sentences on what a fit may be wrong by because of how the file was read: they stay beside it.
    pub doubts: Vec<String>,
    /// Sentences on how the file was read, such as the number of rows that were left out.
    pub notes: Vec<String>,
}

/// How far the domain of a density goes beyond its samples on each side, as a part of their range.
const MARGIN: f64 = 0.25;
/// Most inputs of a density: beyond, its normalisation takes too many points.
const MOST_OF_DENSITY: usize = 3;
/// Largest number of rows of several inputs among which the one nearest to another is searched.
const MAX_NEIGHBOURS: usize = 1000;
/// Smallest range of the numbers in a column: the squares of their differences must not vanish.
const CLOSEST: f64 = 1e-100;

impl Dataset {
    /// Values `y` of a function of one input at the points `x`.
    ///
    /// # Errors
    /// If the slices have different lengths or fewer than two entries, hold anything but finite numbers, or one of them is constant.
    pub fn curve(x: &[f64], y: &[f64]) -> Result<Self, InvalidData> {
        Self::values(Array2::from_shape_fn((x.len(), 1), |(row, _)| x[row]), Array1::from(y.to_vec()))
    }

    /// Values `y` `[samples]` at the points `x` `[samples, inputs]`.
    ///
    /// # Errors
    /// See [`Dataset::curve`].
    pub fn values(x: Array2<f64>, y: Array1<f64>) -> Result<Self, InvalidData> {
        Self { name: "data".into(), names: default_names(x.ncols(), "y"), x, y, ..Self::default() }.checked(&[])
    }

    /// Derivatives `[samples, inputs]` at the points `x` `[samples, inputs]`, NaN where one was not measured. See [`Dataset::forces`] for
    /// forces, which are minus the gradient.
    ///
    /// # Errors
    /// See [`Dataset::curve`]; also if an input has no derivative at any point.
    pub fn gradients(x: Array2<f64>, gradient: Array2<f64>) -> Result<Self, InvalidData> {
        let y = Array1::from_elem(x.nrows(), f64::NAN);
        Self { name: "data".into(), names: default_names(x.ncols(), "Psi"), x, y, gradient: Some(gradient), ..Self::default() }
            .with_gradients_checked()
    }

    /// Forces `[samples, inputs]` at the points `x` `[samples, inputs]`, NaN where one was not measured: minus the gradient, so their sign is
    /// changed.
    ///
    /// # Errors
    /// See [`Dataset::gradients`].
    pub fn forces(x: Array2<f64>, forces: Array2<f64>) -> Result<Self, InvalidData> {
        Ok(Self { has_forces: true, ..Self::gradients(x, -forces)? })
    }

    /// Samples `x` `[samples, inputs]` of a density of one to three inputs, with weights, or none if they are equal.
    ///
    /// # Errors
    /// See [`Dataset::curve`]; also if there are more inputs or fewer than eight samples, or if a weight is negative or all are zero.
    pub fn samples_of_density(x: Array2<f64>, weights: Vec<f64>) -> Result<Self, InvalidData> {
        let y = Array1::from_elem(x.nrows(), f64::NAN);
        Self {
            name: "samples".into(),
            names: default_names(x.ncols(), "Psi"),
            x,
            y,
            is_density: true,
            weights,
            ..Self::default()
        }
        .checked(&[])
    }

    /// The weights of samples, divided by their sum; `None` if they are equal.
    pub fn shares(&self) -> Option<Vec<f64>> {
        let total: f64 = self.weights.iter().sum();
        (!self.weights.is_empty()).then(|| self.weights.iter().map(|weight| weight / total).collect())
    }

    /// The effective numbers of samples if all have the same weight, and by their weights: those of independent ones of equal weight with the same
    /// variance of a mean, by Kish's formula for weights, and for samples that follow one another by their statistical inefficiency: that of their
    /// blocks if these are stated, and else that of their order.
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
        let [equal, weighted] = if let Order::Correlated(inefficiencies) = self.order { inefficiencies } else { [1.0; 2] };
        let of_equal = samples as f64 / equal;
        [of_equal, shares.map_or(of_equal, |shares| kish(&shares) / weighted)]
    }

    /// The rows in the order in which the samples were drawn: that of their times, if these say another one than the rows do.
    pub fn sequence(&self) -> Vec<usize> {
        if self.clock.is_empty() { (0..self.samples()).collect() } else { order(&self.clock) }
    }

    /// Finds out what the order of the samples of a density says of their dependence, and notes it.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        let sequence = self.sequence();
        let shares = self.shares();
        let order_of = |rows: &[usize]| {
            let of = |(k, column): (usize, ArrayView1<f64>)| {
                let period = self.periods.get(k).copied().flatten().map(|[low, high]| high - low);
                Series { values: rows.iter().map(|&row| column[row]).collect(), period }
            };
            let all: Vec<Series> = self.x.columns().into_iter().enumerate().map(of).collect();
            let shares = shares.as_ref().map(|shares| rows.iter().map(|&row| shares[row]).collect::<Vec<f64>>());
            correlation::order(&all, shares.as_deref())
        };
        self.order = if self.series.is_empty() {
            order_of(&sequence)
        } else {
            let mut rest = sequence.as_slice();
            let each = self.series.iter().map(|&count| {
                let (part, others) = rest.split_at(count.min(rest.len()));
                rest = others;
                (count, order_of(part))
            });
            Order::of_series(&each.collect::<Vec<_>>())
        };
        self.notes.extend(self.order.sentence(self.samples(), &self.names));
        self
    }

    /// Spreads samples whose values are few over the interval that each value stands for, and notes it.
    #[must_use]
    pub fn off_grids(mut self) -> Self {
        for k in 0..self.inputs() {
            let values = Values::of(self.x.column(k).iter().copied());
            if values.are_coarse() {
                self.notes.push(values.sentence(&self.names[k]));
                values.spread(k, self.x.column_mut(k).iter_mut());
            }
        }
        let periods = std::mem::take(&mut self.periods);
        self.repeating(periods)
    }

    /// The domain of a fit: the bounds of the points, and for samples of a density, which may have been drawn beyond them, a quarter of their range
    /// more on each side.
    pub fn domain(&self) -> Vec<[f64; 2]> {
        let bounds = self.bounds();
        if !self.is_density {
            return bounds;
        }
        if !self.drawn_in.is_empty() {
            return self.drawn_in.clone();
        }
        let periodic = self.periodic();
        let wide = |(k, [low, high]): (usize, [f64; 2])| {
            let margin = if periodic.get(k) == Some(&true) { 0.0 } else { MARGIN * (high - low) };
            [low - margin, high + margin]
        };
        bounds.into_iter().enumerate().map(wide).collect()
    }

    /// Holds rows out: a fit does not learn from them, but is evaluated on them.
    ///
    /// # Errors
    /// If there is no such row, or if too few others are left to learn from.
    pub fn hold_out(self, mut rows: Vec<usize>) -> Result<Self, InvalidData> {
        // The page has this one sort for everything, and is the smaller for it.
        sort_by(&mut rows, |&row| row as f64);
        rows.dedup();
        let samples = self.samples();
        if let Some(&row) = rows.last().filter(|&&row| row >= samples) {
            return Err(InvalidData::NoSuchRow { row, samples });
        }
        let data = Self { held_out: rows, ..self };
        data.parts().map(|_| data)
    }

    /// The rows to learn from, and those that are held out, if there are any.
    ///
    /// # Errors
    /// If the rows to learn from are too few, or all the same.
    pub fn parts(&self) -> Result<(Self, Option<Self>), InvalidData> {
        if self.held_out.is_empty() {
            return Ok((self.clone(), None));
        }
        let (held_out, rest): (Vec<usize>, Vec<usize>) =
            (0..self.samples()).partition(|row| self.held_out.binary_search(row).is_ok());
        let learnt = self.only(&rest);
        if learnt.samples() < 2 {
            return Err(InvalidData::HeldOut { left: learnt.samples(), samples: self.samples() });
        }
        let (inputs, output) = self.names.split_at(self.inputs());
        let derivatives: Vec<String> = inputs.iter().map(|input| format!("d{}/d{input}", output.concat())).collect();
        Ok((learnt.checked(&derivatives)?, Some(self.only(&held_out))))
    }

    /// Some of the rows, none of which is held out.
    pub(crate) fn only(&self, rows: &[usize]) -> Self {
        let of = |table: &Array2<f64>| Array2::from_shape_fn((rows.len(), table.ncols()), |(k, column)| table[[rows[k], column]]);
        let y = rows.iter().map(|&row| self.y[row]).collect();
        let part = |list: &[f64]| rows.iter().filter_map(|&row| list.get(row).copied()).collect();
        let (weights, sigmas) = (part(&self.weights), part(&self.sigmas));
        Self {
            x: of(&self.x),
            y,
            gradient: self.gradient.as_ref().map(of),
            weights,
            sigmas,
            held_out: Vec::new(),
            name: self.name.clone(),
            names: self.names.clone(),
            is_density: self.is_density,
            is_model: self.is_model,
            has_biases: self.has_biases,
            clock: part(&self.clock),
            order: self.order,
            blocks: self.blocks,
            has_forces: self.has_forces,
            periods: self.periods.clone(),
            drawn_in: self.drawn_in.clone(),
            walls: self.walls.clone(),
            series: Vec::new(),
            doubts: self.doubts.clone(),
            notes: self.notes.clone(),
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
        let (inputs, output) = self.names.split_at(self.inputs());
        let names: Vec<String> = inputs.iter().map(|input| format!("d{}/d{input}", output.concat())).collect();
        self.checked(&names)
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
    /// One sentence, if the file cannot be read or its table cannot be learnt from.
    pub fn open(path: impl AsRef<Path>, columns: &csv::Columns) -> Result<Self, csv::CsvError> {
        let name = path.as_ref().display().to_string();
        match std::fs::File::open(path) {
            Ok(file) => csv::read(&name, file, columns),
            Err(error) => Err(csv::CsvError { file: name, reason: csv::Reason::Unreadable(error.to_string()) }),
        }
    }

    /// Returns the data if they can be learnt from. `derivatives` are the names of the derivatives in messages.
    fn checked(self, derivatives: &[String]) -> Result<Self, InvalidData> {
        let (rows, inputs) = self.x.dim();
        let shape = |what, found: usize, expected: usize, of: &str| {
            let error = || InvalidData::Shape { what, found, expected: format!("{expected} {of}") };
            (found == expected).then_some(()).ok_or_else(error)
        };
        shape("values", self.y.len(), rows, "points")?;
        if let Some(gradient) = &self.gradient {
            shape("rows of derivatives", gradient.nrows(), rows, "points")?;
            shape("derivatives", gradient.ncols(), inputs, "inputs")?;
        }
        if rows < 2 {
            return Err(InvalidData::OneRow);
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
        for (column, name) in slopes.zip(derivatives) {
            all_usable(&column, name, true)?;
            let known: Array1<f64> = column.iter().copied().filter(|v| !v.is_nan()).collect();
            measured += known.len();
            // Derivatives may be constant.
            if known.iter().any(|v| *v != known[0]) {
                spread_out(known, name)?;
            }
        }
        if measured > 0 { Ok(self) } else { Err(InvalidData::NothingMeasured) }
    }

    /// Checks what only samples of a density must have.
    fn check_density(&self) -> Result<(), InvalidData> {
        let (samples, inputs) = self.x.dim();
        if inputs > MOST_OF_DENSITY {
            return Err(InvalidData::ManyInputs { inputs });
        }
        if samples < FEWEST_SAMPLES {
            return Err(InvalidData::FewSamples { column: self.names[0].clone(), samples });
        }
        if !self.weights.is_empty() && self.weights.len() != samples {
            let (found, expected) = (self.weights.len(), format!("{samples} samples"));
            return Err(InvalidData::Shape { what: "weights", found, expected });
        }
        for (column, name) in self.x.columns().into_iter().zip(&self.names) {
            check_values(column.iter().copied(), name)?;
        }
        let is_usable = |weight: &f64| (0.0..LARGEST).contains(weight);
        if let Some(row) = self.weights.iter().position(|weight| !is_usable(weight)) {
            return Err(InvalidData::Weight { row: row + 1, weight: self.weights[row].to_string() });
        }
        if !self.weights.is_empty() && self.effective_numbers()[1].is_nan() {
            return Err(InvalidData::NoWeight);
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

    /// The range of each input: from its smallest to its largest value, or, where it is periodic, one period.
    pub fn bounds(&self) -> Vec<[f64; 2]> {
        let period = |k: usize| self.periods.get(k).copied().flatten();
        self.box_of_rows().into_iter().enumerate().map(|(k, range)| period(k).unwrap_or(range)).collect()
    }

    /// Smallest and largest value of each input.
    fn box_of_rows(&self) -> Vec<[f64; 2]> {
        let widen = |[low, high]: [f64; 2], &x: &f64| [low.min(x), high.max(x)];
        self.x.columns().into_iter().map(|column| column.iter().fold([f64::INFINITY, f64::NEG_INFINITY], widen)).collect()
    }

    /// Standard deviation of the values; NaN where they are unknown.
    pub fn std(&self) -> f64 {
        standard_deviation(&self.y)
    }

    /// Whether the values are known.
    pub fn has_values(&self) -> bool {
        self.y.iter().all(|y| y.is_finite())
    }

    /// Whether input and values may be samples of two quantities rather than a function, see [`looks_like_samples`]; always
    /// false with more than one input or without values.
    pub fn looks_like_samples(&self) -> bool {
        let is_table = self.inputs() == 1 && self.has_values() && self.gradient.is_none();
        is_table && looks_like_samples(&self.x.column(0), &self.y)
    }

    /// Estimated standard deviation of the noise of the values (where rows have standard errors, of one of weight one), see [`noise::estimate`]
    /// and, with several inputs, [`local_noise::estimate`]. Zero where it cannot be told.
    pub fn sigma(&self) -> f64 {
        if self.has_values() { self.sigma_of(&self.y.view()) } else { 0.0 }
    }

    /// This estimate of any quantity that was measured at the points; gaps are left out.
    pub fn sigma_of(&self, measured: &ArrayView1<f64>) -> f64 {
        match self.inputs() {
            _ if measured.iter().any(|value| !value.is_finite()) => {
                let known: Vec<usize> = (0..self.samples()).filter(|&row| measured[row].is_finite()).collect();
                let known_part = self.only(&known);
                known_part.sigma_of(&measured.select(Axis(0), &known).view())
            }
            1 => noise::estimate(&self.x.column(0), measured, &self.relative_sigmas()),
            _ => {
                let places = &self.x / &self.widths();
                local_noise::estimate(&places, measured, &self.relative_sigmas(), &self.periodic())
            }
        }
    }

    /// Estimated standard deviation of the noise by [`noise::fine_estimate`], which is less sensitive to curvature. Zero with several
    /// inputs, where no estimate tells little noise from curvature.
    pub fn fine_sigma(&self) -> f64 {
        if self.inputs() == 1 { noise::fine_estimate(&self.x.column(0), &self.y, &self.relative_sigmas()) } else { 0.0 }
    }

    /// This estimate of any quantity that was measured at the points; gaps are left out. With several inputs, the estimate of [`Dataset::sigma_of`].
    pub fn fine_sigma_of(&self, measured: &ArrayView1<f64>) -> f64 {
        if self.inputs() > 1 {
            return self.sigma_of(measured);
        }
        let known: Vec<usize> = (0..self.samples()).filter(|&row| measured[row].is_finite()).collect();
        let part = self.only(&known);
        noise::fine_estimate(&part.x.column(0), &measured.select(Axis(0), &known), &part.relative_sigmas())
    }

    /// For each row the one nearest to it, in widths of the range of each input: of one input the next one along it, of several the nearest of up to
    /// a thousand others.
    pub fn nearest(&self) -> Vec<usize> {
        let rows = self.samples();
        let mut nearest: Vec<usize> = vec![0; rows];
        if self.inputs() == 1 {
            let order = crate::numerics::statistics::order(&self.x.column(0).to_vec());
            order.windows(2).for_each(|pair| nearest[pair[0]] = pair[1]);
            if let [.., before, last] = order[..] {
                nearest[last] = before;
            }
            return nearest;
        }
        let places: Vec<f64> = (&self.x / &self.widths()).iter().copied().collect();
        let place = |row: usize| &places[row * self.inputs()..(row + 1) * self.inputs()];
        let every = rows.div_ceil(MAX_NEIGHBOURS).max(1);
        for (row, nearest) in nearest.iter_mut().enumerate() {
            let distance = |other: usize| -> f64 { place(row).iter().zip(place(other)).map(|(a, b)| (a - b) * (a - b)).sum() };
            let others = (0..rows).step_by(every).filter(|&other| other != row);
            *nearest = others.min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        }
        nearest
    }

    /// The width of the range of each input.
    fn widths(&self) -> Array1<f64> {
        self.bounds().iter().map(|[low, high]| high - low).collect()
    }
}

fn default_names(inputs: usize, output: &str) -> Vec<String> {
    let input = |k| if inputs == 1 { "x".to_string() } else { format!("x{}", k + 1) };
    (0..inputs).map(input).chain([output.to_string()]).collect()
}

/// Checks that a density can be fitted to a set of samples, from which gaps have been removed.
pub(crate) fn check_samples(samples: &[f64], name: &str) -> Result<(), InvalidData> {
    all_usable(&ArrayView1::from(samples), name, false)?;
    if samples.len() < FEWEST_SAMPLES {
        return Err(InvalidData::FewSamples { column: name.into(), samples: samples.len() });
    }
    spread_out(samples.iter().copied(), name)?;
    check_values(samples.iter().copied(), name)
}

/// Checks that the samples of a quantity have enough different values for a density. Equal ones are refused elsewhere.
fn check_values(samples: impl Iterator<Item = f64>, name: &str) -> Result<(), InvalidData> {
    let samples: Vec<f64> = samples.collect();
    let (rows, values) = (samples.len(), Values::of(samples.into_iter()).count());
    let is_discrete = (2..FEWEST_SAMPLES).contains(&values) && rows >= FEWEST_SAMPLES;
    if is_discrete { Err(InvalidData::FewValues { column: name.into(), values, rows }) } else { Ok(()) }
}

fn all_usable(column: &ArrayView1<f64>, name: &str, with_gaps: bool) -> Result<(), InvalidData> {
    let unusable = column.iter().position(|v| if v.is_nan() { !with_gaps } else { v.abs() > LARGEST });
    unusable
        .map_or(Ok(()), |row| Err(InvalidData::NotFinite { row: row + 1, column: name.into(), value: column[row].to_string() }))
}

/// Checks that the numbers of a column differ, and by enough.
fn spread_out(values: impl IntoIterator<Item = f64>, column: &str) -> Result<(), InvalidData> {
    let widen = |[low, high]: [f64; 2], v: f64| [low.min(v), high.max(v)];
    let [low, high] = values.into_iter().fold([f64::INFINITY, f64::NEG_INFINITY], widen);
    let column = column.to_string();
    match high - low {
        range if range <= 0.0 => Err(InvalidData::Constant { column }),
        range if range < CLOSEST => Err(InvalidData::TooClose { column }),
        _ => Ok(()),
    }
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

/// Mean squared error and coefficient of determination of pairs `(found, true)` with these weights, or without any; pairs with an unknown truth are left out.
pub fn weighted_errors<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>, weights: Option<&[f64]>) -> (f64, f64) {
    let Some(weights) = weights else { return errors(pairs) };
    let known: Vec<(f64, f64, f64)> =
        pairs.zip(weights).filter(|((_, truth), _)| truth.is_finite()).map(|((f, t), w)| (*f, *t, *w)).collect();
    let total = known.iter().map(|(_, _, w)| w).sum::<f64>().max(f64::MIN_POSITIVE);
    let mean = |of: &dyn Fn(f64, f64) -> f64| known.iter().map(|&(f, t, w)| w * of(f, t)).sum::<f64>() / total;
    let (mse, centre) = (mean(&|f, t| (f - t) * (f - t)), mean(&|_, t| t));
    (mse, 1.0 - mse / mean(&|_, t| (t - centre) * (t - centre)).max(f64::MIN_POSITIVE))
}

/// Mean squared error and coefficient of determination of pairs `(found, true)`; pairs with an unknown truth are left out.
pub fn errors<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>) -> (f64, f64) {
    let pairs: Vec<(f64, f64)> = pairs.filter(|(_, truth)| truth.is_finite()).map(|(f, t)| (*f, *t)).collect();
    let squares: Array1<f64> = pairs.iter().map(|(f, t)| (f - t) * (f - t)).collect();
    let mse = squares.sum() / pairs.len().max(1) as f64;
    let spread = standard_deviation(&pairs.iter().map(|pair| pair.1).collect::<Array1<f64>>());
    (mse, 1.0 - mse / (spread * spread).max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_that_are_held_out_are_apart_from_those_learnt_from() {
        let data = Dataset::forces(array![[0.0], [1.0], [2.0], [3.0]], array![[1.0], [2.0], [3.0], [5.0]]).unwrap();
        assert_eq!(data.gradient.as_ref().unwrap()[[3, 0]], -5.0);
        let (learnt, held_out) = data.clone().hold_out(vec![2, 0, 2]).unwrap().parts().unwrap();
        assert_eq!((learnt.x.as_slice(), learnt.has_forces), (Some(&[1.0, 3.0][..]), true));
        assert_eq!(held_out.unwrap().gradient.unwrap(), array![[-1.0], [-3.0]]);
        assert!(data.parts().unwrap().1.is_none());
        let refused = |rows: Vec<usize>| data.clone().hold_out(rows).unwrap_err().to_string();
        assert!(refused(vec![0, 1, 3]).contains("1 of 4 rows are left"));
        assert!(refused(vec![4]).contains("row 4 cannot be held out"));
    }

    #[test]
    fn the_nearest_row_is_the_next_one_along_a_line_and_the_closest_in_a_plane() {
        let curve = Dataset::curve(&[3.0, 1.0, 2.0], &[0.0, 1.0, 2.0]).unwrap();
        assert_eq!(curve.nearest(), [2, 2, 0]);
        let plane = Dataset::values(array![[0.0, 0.0], [10.0, 1.0], [1.0, 0.1], [9.0, 0.8]], array![0.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(plane.nearest(), [2, 3, 0, 1]);
    }

    #[test]
    fn spread_and_bounds_of_a_small_table() {
        let data = Dataset {
            name: "t".into(),
            names: vec!["u".into(), "v".into(), "y".into()],
            x: array![[0.0, 5.0], [-2.0, 6.0], [1.0, -7.0]],
            y: array![1.0, 3.0, 5.0],
            ..Dataset::default()
        };
        assert_eq!(data.bounds(), vec![[-2.0, 1.0], [-7.0, 6.0]]);
        assert!((data.std() - (8.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(data.sigma(), 0.0);
        assert_eq!((data.samples(), data.inputs()), (3, 2));
        assert_eq!(standard_deviation(&array![]), 0.0);
    }
}
