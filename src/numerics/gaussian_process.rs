//! Gaussian-process regression of noisy values and derivatives: a smooth estimate of a function with its covariance, independent of any network.
//!
//! The model of a value at `x_i` with weight `w_i` is `y_i = beta + f(x_i) + e_i`. The covariance of `f` is `s v k(x, x')` with the squared exponential
//! `k = exp(-q / 2)` or the Matérn function of smoothness 5/2, where `q = |d|^2`, and `d` has one length for each input; the variance of the noise `e_i` is
//! `v / w_i`. For a periodic input the distance is the chord of the circle. A derivative has the covariances of the derivatives of `f`; where no values
//! are known, the mean is a linear function of the inputs that are not periodic. The function, the lengths and the ratio `s` maximise the restricted
//! likelihood, in which the mean and `v` are integrated out or profiled.
//!
//! C. E. Rasmussen and C. K. I. Williams, *Gaussian Processes for Machine Learning* (2006), sections 2.2, 2.7, 5.4 and 9.4.

use std::f64::consts::{PI, TAU};

use multiwell_engine::linear::{dot, factorise, substitute};

use super::bounds::Bounds;
use super::statistics::sort_by;

/// Largest number of cells in which the rows of one input are averaged.
const MAX_CELLS: usize = 128;
/// Largest number of values and derivatives of several inputs that the posterior is of; of more it is of the [`NEAREST_ROWS`] nearest ones.
const MAX_ROWS: usize = 800;
const NEAREST_ROWS: usize = 400;
/// Number of parts of a way beside which the derivatives nearest to it are looked for.
const WAY_PARTS: usize = 16;
/// Largest number of values and derivatives by which lengths and ratio are chosen. Of more, half are spread over the data and half lie around
/// [`CLUSTERS`] places, so that long and short lengths show.
const MAX_ROWS_OF_SEARCH: usize = 200;
const CLUSTERS: usize = 4;
/// Smallest length in mean distances of neighbouring rows. A shorter one would make signal and noise alike.
const MIN_LENGTH: f64 = 1.5;
/// Candidate lengths, as fractions of the width of the domain.
const LENGTHS: [f64; 12] = [0.012, 0.02, 0.03, 0.045, 0.07, 0.1, 0.15, 0.22, 0.33, 0.5, 0.8, 1.3];
/// Range of the natural logarithm of the ratio of signal and noise, and the number of steps of a search for it.
const LOG_RATIOS: [f64; 2] = [-7.0, 18.0];
const RATIO_STEPS: usize = 9;
/// Relative change of a length in the search for one length for each input, and the number of rounds.
const LENGTH_FACTOR: f64 = 1.6;
const LENGTH_ROUNDS: usize = 2;
/// Smallest standard error of a quantity relative to its spread: exact data make the covariance singular.
const MIN_ERROR: f64 = 1e-4;

/// Values of a function, its derivatives, or both, at some places.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observations<'a> {
    /// Places `[rows, inputs]`.
    pub x: &'a [f64],
    /// Values, NaN where one is unknown; empty if none is known.
    pub values: &'a [f64],
    /// Derivatives `[rows, inputs]`, NaN where one is unknown; empty if none is known.
    pub gradient: &'a [f64],
    /// Inverse variances of the rows up to a factor; empty if they are equal.
    pub weights: &'a [f64],
    /// Standard deviations of the noise of a value and of the derivatives by each input in a row of weight one, up to a factor; not used for values alone.
    pub sigmas: &'a [f64],
}

/// The value of a function or, by the index of the input, a derivative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// The value.
    Value,
    /// The derivative by an input.
    Derivative(usize),
}

/// Values and derivatives at places, with weights.
#[derive(Clone, Debug, Default)]
struct Rows {
    inputs: usize,
    /// Places `[rows, inputs]` in units of the width of the domain.
    x: Vec<f64>,
    /// Measured quantities in these units.
    y: Vec<f64>,
    quantities: Vec<Quantity>,
    /// Inverse variances up to a factor.
    weights: Vec<f64>,
    /// Index of the place of each row among those of the data.
    places: Vec<usize>,
    /// Weighted sum of squares within the averages that the rows stand for, and the number of measured quantities.
    within: f64,
    count: usize,
}

/// The covariance function: its form, lengths for each input and the ratio of signal and noise.
#[derive(Clone, Debug)]
struct Scales {
    is_rough: bool,
    lengths: Vec<f64>,
    periodic: Vec<bool>,
    log_ratio: f64,
}

/// The posterior of a function, given noisy values or derivatives.
#[derive(Clone, Debug)]
pub struct GaussianProcess {
    origin: Vec<f64>,
    widths: Vec<f64>,
    /// Standard deviations of the noise of a value and of each derivative, in units of that of the process.
    sigmas: Vec<f64>,
    rows: Rows,
    scales: Scales,
    noise_variance: f64,
    /// The solution for all rows, if they are not too many.
    solved: Option<Solved>,
}

/// Mean of the posterior at some places with its covariance.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Mean at each place.
    pub mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Posterior {
    /// Standard deviation of the difference of the quantity at two places.
    pub fn deviation(&self, a: usize, b: usize) -> f64 {
        let n = self.mean.len();
        let [aa, bb, ab] = [(a, a), (b, b), (a, b)].map(|(i, j)| self.covariance[i * n + j]);
        (aa + bb - 2.0 * ab).max(0.0).sqrt()
    }

    /// Variance at a place.
    pub fn variance(&self, place: usize) -> f64 {
        self.covariance[place * (self.mean.len() + 1)].max(0.0)
    }
}

impl GaussianProcess {
    /// The posterior given observations inside a box.
    ///
    /// `None` for fewer than four values and derivatives, or if these do not vary.
    pub fn new(bounds: Bounds, data: &Observations) -> Option<Self> {
        let inputs = bounds.ends.len();
        let origin: Vec<f64> = bounds.ends.iter().map(|ends| ends[0]).collect();
        let widths: Vec<f64> = bounds.ends.iter().map(|[low, high]| high - low).collect();
        let periodic: Vec<bool> = (0..inputs).map(|input| bounds.is_periodic(input)).collect();
        if widths.iter().any(|width| width.is_nan() || *width <= 0.0) {
            return None;
        }
        let mut sigmas = data.sigmas_at_least(MIN_ERROR, inputs);
        let mut rows = Rows::new(data, &origin, &widths, &sigmas);
        // The ratio of signal and noise is looked for in a range that suits weights of a mean of one.
        let mean = rows.weights.iter().sum::<f64>() / rows.weights.len().max(1) as f64;
        for weight in &mut rows.weights {
            *weight /= mean;
        }
        for sigma in &mut sigmas {
            *sigma *= mean.sqrt();
        }
        let varies = |of: Quantity| {
            let mut known = rows.y.iter().zip(&rows.quantities).filter(|row| *row.1 == of).map(|row| row.0);
            known.next().is_some_and(|first| known.any(|y| y != first))
        };
        if rows.y.len() < 4 || !rows.quantities.iter().any(|of| varies(*of)) {
            return None;
        }
        let rows = if inputs == 1 { rows.in_cells() } else { rows };
        let some = rows.for_search(&periodic);
        let scales = chosen(&some, rows.places_count(), &periodic)?;
        let are_all = rows.y.len() <= MAX_ROWS;
        let solved = if are_all { &rows } else { &some }.solve(&scales)?;
        Some(Self {
            origin,
            widths,
            sigmas,
            rows,
            scales,
            noise_variance: solved.noise_variance,
            solved: are_all.then_some(solved),
        })
    }

    /// Variance of the noise of a quantity in a row of weight one.
    pub fn noise_variance(&self, of: Quantity) -> f64 {
        self.noise_variance * self.sigmas[index(of)].powi(2)
    }

    /// The posterior of the values at places `[places, inputs]`; where derivatives alone are known, of their differences. `None` if the rows around the
    /// places do not determine it.
    pub fn at(&self, x: &[f64]) -> Option<Posterior> {
        self.of(Quantity::Value, x)
    }

    /// The posterior of a quantity at places `[places, inputs]`, all in the units of the data.
    pub fn of(&self, quantity: Quantity, x: &[f64]) -> Option<Posterior> {
        let scaled = in_widths(x, &self.origin, &self.widths);
        let places: Vec<&[f64]> = scaled.chunks_exact(self.widths.len()).collect();
        if let Some(solved) = &self.solved {
            return Some(self.given((&self.rows, solved), quantity, &places));
        }
        let rows = self.rows.nearest(&places, NEAREST_ROWS, &self.scales);
        Some(self.given((&rows, &rows.solve(&self.scales)?), quantity, &places))
    }

    /// The posterior of a quantity at scaled places, given some rows.
    fn given(&self, (rows, solved): (&Rows, &Solved), quantity: Quantity, places: &[&[f64]]) -> Posterior {
        let Solved { factor, basis, inverse, residuals, mean: coefficients, .. } = solved;
        let ratio = self.scales.log_ratio.exp();
        let crossed: Vec<Vec<f64>> = places
            .iter()
            .map(|place| rows.all().map(|row| ratio * self.scales.covariance((place, quantity), row)).collect())
            .collect();
        let solved: Vec<Vec<f64>> = crossed.iter().map(|row| substituted(factor, row.clone())).collect();
        let terms = rows.terms(&self.scales.periodic);
        // Residual of each term of the mean function at each place, given the rows.
        let left: Vec<Vec<f64>> = places
            .iter()
            .zip(&crossed)
            .map(|(place, row)| {
                terms.iter().zip(basis).map(|(term, solved)| term.at(place, quantity) - dot(row, solved)).collect()
            })
            .collect();
        let spread: Vec<Vec<f64>> = left.iter().map(|row| substituted(inverse, row.clone())).collect();
        // A derivative by the scaled input, in units of that by the input.
        let unit = if let Quantity::Derivative(input) = quantity { self.widths[input] } else { 1.0 };
        let mean = |(place, row): (&&[f64], &Vec<f64>)| {
            let of_terms: f64 = terms.iter().zip(coefficients).map(|(term, by)| by * term.at(place, quantity)).sum();
            (of_terms + dot(row, residuals)) / unit
        };
        let mean = places.iter().zip(&crossed).map(mean).collect();
        let entry = |i: usize, j: usize| {
            let prior = ratio * self.scales.covariance((places[i], quantity), (places[j], quantity));
            prior - dot(&crossed[i], &solved[j]) + dot(&left[i], &spread[j])
        };
        let n = places.len();
        let covariance = (0..n * n).map(|k| self.noise_variance * entry(k / n, k % n) / (unit * unit)).collect();
        Posterior { mean, covariance }
    }
}

impl Observations<'_> {
    /// Standard deviations of the noise of a value and of the derivatives by each input, each at least a part of the spread of its quantity; of values
    /// alone, one.
    fn sigmas_at_least(&self, part: f64, inputs: usize) -> Vec<f64> {
        if self.gradient.is_empty() {
            return vec![1.0; 1 + inputs];
        }
        let spread = |of: &mut dyn Iterator<Item = f64>| {
            let known: Vec<f64> = of.filter(|value| value.is_finite()).collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            (known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len().max(1) as f64).sqrt()
        };
        let spreads = std::iter::once(spread(&mut self.values.iter().copied()))
            .chain((0..inputs).map(|input| spread(&mut self.gradient.iter().skip(input).step_by(inputs).copied())));
        let least = |(k, spread): (usize, f64)| {
            let least = part * spread;
            let known = self.sigmas.get(k).copied().unwrap_or(0.0).max(least);
            if known > 0.0 { known } else { 1.0 }
        };
        spreads.enumerate().map(least).collect()
    }
}

/// A term of the mean function: the constant or an input.
#[derive(Clone, Copy)]
enum Term {
    Constant,
    Input(usize),
}

impl Term {
    fn at(self, place: &[f64], of: Quantity) -> f64 {
        match (self, of) {
            (Self::Constant, Quantity::Value) => 1.0,
            (Self::Input(input), Quantity::Value) => place[input],
            (Self::Input(input), Quantity::Derivative(by)) if input == by => 1.0,
            _ => 0.0,
        }
    }
}

/// Quantities of rows under some scales that the likelihood and the posterior need.
#[derive(Clone, Debug)]
struct Solved {
    /// Cholesky factor of the covariance of the rows, in units of the variance of the noise.
    factor: Vec<f64>,
    /// Covariance solved for each term of the mean function.
    basis: Vec<Vec<f64>>,
    /// Cholesky factor of the inverse covariance of the coefficients of the mean function.
    inverse: Vec<f64>,
    /// Coefficients of the mean function.
    mean: Vec<f64>,
    /// Covariance solved for the residuals.
    residuals: Vec<f64>,
    noise_variance: f64,
    log_likelihood: f64,
}

impl Rows {
    fn new(data: &Observations, origin: &[f64], widths: &[f64], sigmas: &[f64]) -> Self {
        let inputs = origin.len();
        let x = in_widths(data.x, origin, widths);
        let mut rows = Self { inputs, ..Self::default() };
        for (place, at) in x.chunks_exact(inputs).enumerate() {
            let value = data.values.get(place).map(|value| (Quantity::Value, *value, 1.0));
            let slopes = data.gradient.get(place * inputs..(place + 1) * inputs).unwrap_or_default();
            let slopes =
                slopes.iter().zip(widths).enumerate().map(|(k, (slope, width))| (Quantity::Derivative(k), *slope, *width));
            for (quantity, measured, width) in value.into_iter().chain(slopes).filter(|(_, measured, _)| measured.is_finite()) {
                let weight = data.weights.get(place).copied().unwrap_or(1.0) / (width * sigmas[index(quantity)]).powi(2);
                rows.push(at, (quantity, width * measured), weight, place);
            }
        }
        rows.count = rows.y.len();
        rows
    }

    fn push(&mut self, at: &[f64], (quantity, y): (Quantity, f64), weight: f64, place: usize) {
        self.x.extend(at);
        self.y.push(y);
        self.quantities.push(quantity);
        self.weights.push(weight);
        self.places.push(place);
    }

    /// Place and quantity of each row.
    fn all(&self) -> impl Iterator<Item = (&[f64], Quantity)> {
        self.x.chunks_exact(self.inputs).zip(self.quantities.iter().copied())
    }

    /// The quantities that are known.
    fn kinds(&self) -> impl Iterator<Item = Quantity> {
        let all = std::iter::once(Quantity::Value).chain((0..self.inputs).map(Quantity::Derivative));
        all.filter(|kind| self.quantities.contains(kind))
    }

    /// The terms of the mean function: a constant if values are known, and else the inputs that are not periodic.
    fn terms(&self, periodic: &[bool]) -> Vec<Term> {
        if self.quantities.contains(&Quantity::Value) {
            return vec![Term::Constant];
        }
        let is_known = |input: &usize| !periodic[*input] && self.quantities.contains(&Quantity::Derivative(*input));
        (0..self.inputs).filter(is_known).map(Term::Input).collect()
    }

    /// Rows of one input, averaged in cells of equal width if they are many.
    fn in_cells(self) -> Self {
        let kinds: Vec<Quantity> = self.kinds().collect();
        let cells = MAX_CELLS.min(MAX_ROWS_OF_SEARCH / kinds.len().max(1));
        let mut averaged = Self { inputs: 1, count: self.count, ..Self::default() };
        for kind in kinds {
            let of_kind = || (0..self.y.len()).filter(|&row| self.quantities[row] == kind);
            if of_kind().count() <= cells {
                for row in of_kind() {
                    averaged.push(&self.x[row..=row], (kind, self.y[row]), self.weights[row], self.places[row]);
                }
                continue;
            }
            let mut sums = vec![[0.0; 4]; cells];
            for row in of_kind() {
                let (x, y, w) = (self.x[row], self.y[row], self.weights[row]);
                let sum = &mut sums[((x * cells as f64).max(0.0) as usize).min(cells - 1)];
                *sum = [sum[0] + w, sum[1] + w * x, sum[2] + w * y, sum[3] + w * y * y];
            }
            for (cell, [w, wx, wy, wyy]) in sums.into_iter().enumerate().filter(|(_, sum)| sum[0] > 0.0) {
                averaged.within += (wyy - wy * wy / w).max(0.0);
                averaged.push(&[wx / w], (kind, wy / w), w, cell);
            }
        }
        averaged
    }

    /// The number of places at which something is known, in the data.
    fn places_count(&self) -> f64 {
        self.count as f64 / self.kinds().count().max(1) as f64
    }

    /// Some of the rows as if there were no others.
    fn only(&self, some: &[usize]) -> Self {
        let mut rows = Self { inputs: self.inputs, count: some.len(), ..Self::default() };
        for &row in some {
            let at = &self.x[row * self.inputs..(row + 1) * self.inputs];
            rows.push(at, (self.quantities[row], self.y[row]), self.weights[row], self.places[row]);
        }
        rows
    }

    /// The rows by which scales are chosen.
    fn for_search(&self, periodic: &[bool]) -> Self {
        if self.y.len() <= MAX_ROWS_OF_SEARCH {
            return self.clone();
        }
        let scales = Scales { is_rough: false, lengths: vec![1.0; self.inputs], periodic: periodic.to_vec(), log_ratio: 0.0 };
        let every = self.y.len().div_ceil(MAX_ROWS_OF_SEARCH / 2);
        let spread = (0..self.y.len()).filter(|row| self.places[*row].is_multiple_of(every));
        let around = (0..CLUSTERS).flat_map(|k| {
            let centre = (2 * k + 1) * self.y.len() / (2 * CLUSTERS) * self.inputs;
            self.nearest_to(&[self.x[centre..centre + self.inputs].to_vec()], MAX_ROWS_OF_SEARCH / 2 / CLUSTERS, &scales)
        });
        let mut some: Vec<usize> = spread.chain(around).collect();
        some.sort_unstable();
        some.dedup();
        self.only(&some)
    }

    /// The rows that are nearest to places in units of the lengths, in equal parts. Derivatives determine a difference of values by those along the way: where
    /// no values are known, they are those nearest to it.
    fn nearest(&self, places: &[&[f64]], count: usize, scales: &Scales) -> Self {
        let [from, to] = [places.first(), places.last()].map(|place| place.copied().unwrap_or_default());
        let mut some: Vec<usize> = if self.quantities.contains(&Quantity::Value) {
            places.iter().flat_map(|place| self.nearest_to(&[place.to_vec()], count / places.len(), scales)).collect()
        } else {
            let step = |k: usize| to[k] - from[k] - if scales.periodic[k] { (to[k] - from[k]).round() } else { 0.0 };
            let along = |part: usize| (0..from.len()).map(|k| from[k] + part as f64 / WAY_PARTS as f64 * step(k)).collect();
            self.nearest_to(&(0..=WAY_PARTS).map(along).collect::<Vec<Vec<f64>>>(), count, scales)
        };
        some.sort_unstable();
        some.dedup();
        self.only(&some)
    }

    /// The rows with the least distance from any of some places.
    fn nearest_to(&self, places: &[Vec<f64>], count: usize, scales: &Scales) -> Vec<usize> {
        let distance = |at: &[f64]| places.iter().map(|place| scales.square(place, at)).fold(f64::INFINITY, f64::min);
        let mut all: Vec<(f64, usize)> = self.all().enumerate().map(|(row, (at, _))| (distance(at), row)).collect();
        if count < all.len() {
            all.select_nth_unstable_by(count, |a, b| a.0.total_cmp(&b.0));
            all.truncate(count);
        }
        all.into_iter().map(|(_, row)| row).collect()
    }

    /// Solves for the mean, the variance of the noise and the restricted likelihood. `None` if the covariance is singular.
    fn solve(&self, scales: &Scales) -> Option<Solved> {
        let n = self.y.len();
        let ratio = scales.log_ratio.exp();
        let rows: Vec<(&[f64], Quantity)> = self.all().collect();
        let mut factor = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                factor[i * n + j] = ratio * scales.covariance(rows[i], rows[j]);
            }
            factor[i * n + i] += 1.0 / self.weights[i];
        }
        factorise(&mut factor, n)?;
        let terms: Vec<Vec<f64>> = self
            .terms(&scales.periodic)
            .into_iter()
            .map(|term| rows.iter().map(|(place, of)| term.at(place, *of)).collect())
            .collect();
        let basis: Vec<Vec<f64>> = terms.iter().map(|term| substituted(&factor, term.clone())).collect();
        let count = terms.len();
        let mut inverse: Vec<f64> = (0..count * count).map(|k| dot(&terms[k / count], &basis[k % count])).collect();
        factorise(&mut inverse, count)?;
        let mean = substituted(&inverse, basis.iter().map(|solved| dot(solved, &self.y)).collect());
        let of_mean = |row: usize| -> f64 { terms.iter().zip(&mean).map(|(term, by)| by * term[row]).sum() };
        let left: Vec<f64> = self.y.iter().enumerate().map(|(row, y)| y - of_mean(row)).collect();
        let residuals = substituted(&factor, left.clone());
        let freedom = self.count as f64 - count as f64;
        let noise_variance = (dot(&left, &residuals) + self.within) / freedom;
        let log_det = |factor: &[f64], n: usize| -> f64 { (0..n).map(|k| 2.0 * factor[k * n + k].ln()).sum() };
        let log_likelihood = -0.5 * (freedom * noise_variance.ln() + log_det(&factor, n) + log_det(&inverse, count));
        let is_sound = noise_variance > 0.0 && log_likelihood.is_finite();
        is_sound.then_some(Solved { factor, basis, inverse, mean, residuals, noise_variance, log_likelihood })
    }
}

impl Scales {
    /// The covariance of two quantities at two places, in units of the variance of the function.
    fn covariance(&self, (a, of_a): (&[f64], Quantity), (b, of_b): (&[f64], Quantity)) -> f64 {
        let apart = |k: usize| a[k] - b[k];
        // Derivatives of q by an input of the first place; by that of the second they have the other sign.
        let slope = |k: usize| {
            let of_square = if self.periodic[k] { (TAU * apart(k)).sin() / PI } else { 2.0 * apart(k) };
            of_square / self.lengths[k].powi(2)
        };
        let curvature = |k: usize| {
            let of_square = if self.periodic[k] { 2.0 * (TAU * apart(k)).cos() } else { 2.0 };
            of_square / self.lengths[k].powi(2)
        };
        let [value, first, second] = self.by_square(self.square(a, b));
        match (of_a, of_b) {
            (Quantity::Value, Quantity::Value) => value,
            (Quantity::Derivative(i), Quantity::Value) => first * slope(i),
            (Quantity::Value, Quantity::Derivative(j)) => -first * slope(j),
            (Quantity::Derivative(i), Quantity::Derivative(j)) => {
                let same = if i == j { first * curvature(i) } else { 0.0 };
                -second * slope(i) * slope(j) - same
            }
        }
    }

    /// The squared distance of two places in units of the lengths.
    fn square(&self, a: &[f64], b: &[f64]) -> f64 {
        let chord = |k: usize| if self.periodic[k] { (PI * (a[k] - b[k])).sin() / PI } else { a[k] - b[k] };
        (0..a.len()).map(|k| (chord(k) / self.lengths[k]).powi(2)).sum()
    }

    /// The covariance function and its derivatives by the squared distance.
    fn by_square(&self, q: f64) -> [f64; 3] {
        if !self.is_rough {
            let value = (-0.5 * q).exp();
            return [value, -0.5 * value, 0.25 * value];
        }
        let r = (5.0 * q).sqrt();
        let decay = (-r).exp();
        [(1.0 + r + r * r / 3.0) * decay, -5.0 / 6.0 * (1.0 + r) * decay, 25.0 / 12.0 * decay]
    }
}

/// The index of a quantity among a value and the derivatives.
fn index(of: Quantity) -> usize {
    if let Quantity::Derivative(input) = of { 1 + input } else { 0 }
}

/// Places `[places, inputs]` in units of the width of the domain.
fn in_widths(x: &[f64], origin: &[f64], widths: &[f64]) -> Vec<f64> {
    let inputs = widths.len();
    x.iter().enumerate().map(|(k, x)| (x - origin[k % inputs]) / widths[k % inputs]).collect()
}

/// The solution `x` of `L L^T x = b` for a Cholesky factor `L`.
fn substituted(factor: &[f64], mut b: Vec<f64>) -> Vec<f64> {
    substitute(factor, &mut b);
    b
}

/// The scales of the largest restricted likelihood, by some rows of data that are known at a number of places.
fn chosen(rows: &Rows, places: f64, periodic: &[bool]) -> Option<Scales> {
    let both = [false, true].into_iter().filter_map(|is_rough| chosen_of(rows, places, periodic, is_rough));
    both.max_by(|a, b| a.0.total_cmp(&b.0)).map(|found| found.1)
}

/// The scales of the largest restricted likelihood of one form, with its logarithm: first with one length for all inputs, then with one for each.
fn chosen_of(rows: &Rows, places: f64, periodic: &[bool], is_rough: bool) -> Option<(f64, Scales)> {
    let inputs = periodic.len();
    let likelihood = |lengths: &[f64], log_ratio: f64| {
        let scales = Scales { is_rough, lengths: lengths.to_vec(), periodic: periodic.to_vec(), log_ratio };
        rows.solve(&scales).map_or(f64::NEG_INFINITY, |solved| solved.log_likelihood)
    };
    // Of one length the likelihood has one maximum by the ratio as a rule: a golden-section search finds it.
    let best_ratio = |lengths: &[f64], [mut low, mut high]: [f64; 2]| {
        let golden = 0.5 * (5_f64.sqrt() - 1.0);
        let inner = |low: f64, high: f64| [high - golden * (high - low), low + golden * (high - low)];
        let mut at = inner(low, high);
        let mut found = at.map(|ratio| likelihood(lengths, ratio));
        for _ in 0..RATIO_STEPS {
            // Where the covariance is singular, a smaller ratio may not be.
            if found[0] >= found[1] {
                high = at[1];
                let next = inner(low, high)[0];
                (at, found) = ([next, at[0]], [likelihood(lengths, next), found[0]]);
            } else {
                low = at[0];
                let next = inner(low, high)[1];
                (at, found) = ([at[1], next], [found[1], likelihood(lengths, next)]);
            }
        }
        let k = usize::from(found[1] > found[0]);
        (found[k], at[k])
    };
    let shortest = MIN_LENGTH * places.powf(-1.0 / inputs as f64);
    let mut all: Vec<(f64, f64, Vec<f64>)> = LENGTHS
        .iter()
        .filter(|length| **length > shortest)
        .chain([&shortest])
        .map(|&length| {
            let lengths = vec![length; inputs];
            let (found, ratio) = best_ratio(&lengths, LOG_RATIOS);
            (found, ratio, lengths)
        })
        .collect();
    sort_by(&mut all, |candidate| -candidate.0);
    let (mut best, mut log_ratio, mut lengths) = all.into_iter().next().filter(|candidate| candidate.0.is_finite())?;
    let rounds = if inputs > 1 { LENGTH_ROUNDS } else { 0 };
    for round in 0..rounds {
        for input in 0..inputs {
            for factor in [LENGTH_FACTOR, 1.0 / LENGTH_FACTOR] {
                let factor = factor.powf(1.0 / (1.0 + round as f64));
                let mut other = lengths.clone();
                other[input] = (factor * other[input]).max(shortest);
                let (found, ratio) = best_ratio(&other, [log_ratio - 2.0, log_ratio + 2.0]);
                if found > best {
                    (best, log_ratio, lengths) = (found, ratio, other);
                }
            }
        }
    }
    Some((best, Scales { is_rough, lengths, periodic: periodic.to_vec(), log_ratio }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(bounds: Bounds, x: &[f64], values: &[f64]) -> Option<GaussianProcess> {
        GaussianProcess::new(bounds, &Observations { x, values, ..Observations::default() })
    }

    /// Numbers of mean zero and variance one that look random.
    fn noise(count: usize) -> Vec<f64> {
        let mut state = 7_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        (0..count).map(|_| (0..12).map(|_| uniform()).sum()).collect()
    }

    #[test]
    fn posterior_covers_the_function_and_finds_the_noise() {
        for (count, sigma) in [(60, 0.3), (900, 0.3)] {
            let x: Vec<f64> = (0..count).map(|k| 4.0 * (k as f64 + 0.5) / count as f64 - 2.0).collect();
            let truth = |x: f64| (x * x - 1.0) * (x * x - 1.0);
            let y: Vec<f64> = x.iter().zip(noise(count)).map(|(&x, e)| truth(x) + sigma * e).collect();
            let found = process((&[[-2.0, 2.0]]).into(), &x, &y).unwrap();
            let variance = found.noise_variance(Quantity::Value);
            assert!((variance.sqrt() / sigma - 1.0).abs() < 0.25, "{variance}");
            let posterior = found.at(&[-1.0, 0.0, 1.0]).unwrap();
            for (k, x) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
                let off = (posterior.mean[k] - truth(x)) / posterior.variance(k).sqrt();
                assert!(off.abs() < 3.5, "{count} {x}: {off}");
            }
            assert!((posterior.mean[1] - posterior.mean[0]) / posterior.deviation(0, 1) > 4.0);
        }
    }

    #[test]
    fn pure_noise_has_no_significant_contrast() {
        let x: Vec<f64> = (0..80).map(f64::from).collect();
        let places: Vec<f64> = (0..40).map(|k| 2.0 * f64::from(k)).collect();
        let values = process((&[[0.0, 79.0]]).into(), &x, &noise(80)).unwrap();
        let slopes = Observations { x: &x, gradient: &noise(80), ..Observations::default() };
        let slopes = GaussianProcess::new((&[[0.0, 79.0]]).into(), &slopes).unwrap();
        for posterior in [values.at(&places).unwrap(), slopes.at(&places).unwrap()] {
            for a in 0..40 {
                for b in 0..a {
                    assert!((posterior.mean[a] - posterior.mean[b]).abs() < 3.0 * posterior.deviation(a, b) + 1e-9);
                }
            }
        }
    }

    #[test]
    fn derivatives_determine_differences_of_values() {
        let sigma = 0.3;
        let truth = |x: &[f64]| (x[0] * x[0] - 1.0).powi(2) + x[1] * x[1] + 0.3 * x[0];
        let bounds: Bounds = (&[[-2.0, 2.0], [0.0, 3.0]]).into();
        let x: Vec<f64> =
            (0..400).map(|k| if k % 2 == 0 { f64::from(k) * 0.01 - 2.0 } else { f64::from(k * 7 % 100) * 0.03 }).collect();
        let exact = x.chunks(2).flat_map(|x| [4.0 * x[0] * (x[0] * x[0] - 1.0) + 0.3, 2.0 * x[1]]);
        let gradient: Vec<f64> = exact.zip(noise(400)).map(|(slope, e)| slope + sigma * e).collect();
        let slopes = Observations { x: &x, gradient: &gradient, sigmas: &[0.0, 1.0, 1.0], ..Observations::default() };
        let values: Vec<f64> = x.chunks(2).zip(noise(200)).map(|(x, e)| truth(x) + 0.1 * e).collect();
        let both = Observations { values: &values, sigmas: &[1.0, 3.0, 3.0], ..slopes };
        for (data, quantity) in [(slopes, Quantity::Derivative(0)), (both, Quantity::Value)] {
            let found = GaussianProcess::new(bounds, &data).unwrap();
            let expected = if quantity == Quantity::Value { 0.1 } else { sigma };
            assert!((found.noise_variance(quantity).sqrt() / expected - 1.0).abs() < 0.2, "{quantity:?}");
            let places = [-1.0, 1.5, 0.0, 1.5, 1.0, 0.5];
            let posterior = found.at(&places).unwrap();
            for (a, b) in [(0, 1), (1, 2), (0, 2)] {
                let expected = truth(&places[2 * b..2 * b + 2]) - truth(&places[2 * a..2 * a + 2]);
                let off = (posterior.mean[b] - posterior.mean[a] - expected) / posterior.deviation(a, b);
                assert!(off.abs() < 3.5 && posterior.deviation(a, b) < 0.2, "{quantity:?} {a} {b}: {off}");
            }
            // The mean of a derivative is the derivative of the mean.
            let beside = found.at(&[0.3 - 1e-4, 1.0, 0.3 + 1e-4, 1.0]).unwrap().mean;
            let slope = found.of(Quantity::Derivative(0), &[0.3, 1.0]).unwrap();
            assert!(((beside[1] - beside[0]) / 2e-4 - slope.mean[0]).abs() < 1e-4 * slope.mean[0].abs().max(1.0));
        }
    }

    #[test]
    fn periodic_inputs_have_no_ends() {
        let x: Vec<f64> = (0..40).map(|k| f64::from(k) / 40.0).collect();
        let y: Vec<f64> = x.iter().zip(noise(40)).map(|(x, e)| (2.0 * PI * x).cos() + 0.2 * e).collect();
        let bounds = Bounds { ends: &[[0.0, 1.0]], periodic: &[true] };
        let posterior = process(bounds, &x, &y).unwrap().at(&[0.0, 1.0]).unwrap();
        assert!((posterior.mean[0] - posterior.mean[1]).abs() < 1e-9);
    }

    #[test]
    fn many_rows_show_structure_that_few_would_miss() {
        let bounds: Bounds = (&[[0.0, 1.0], [0.0, 1.0]]).into();
        let truth = |x: &[f64]| (40.0 * x[0]).sin() * (40.0 * x[1]).sin();
        let x: Vec<f64> =
            (0..8000).map(|k| (f64::from(k / 2) * [0.754_877_666, 0.569_840_291][k as usize % 2]).fract()).collect();
        let values: Vec<f64> = x.chunks(2).zip(noise(4000)).map(|(x, e)| truth(x) + 0.3 * e).collect();
        let found = process(bounds, &x, &values).unwrap();
        let sigma = found.noise_variance(Quantity::Value).sqrt();
        assert!((sigma / 0.3 - 1.0).abs() < 0.25, "{sigma}");
        let top = std::f64::consts::FRAC_PI_2 / 40.0;
        let posterior = found.at(&[5.0 * top, 5.0 * top, 5.0 * top, 7.0 * top]).unwrap();
        let (fall, error) = (posterior.mean[0] - posterior.mean[1], posterior.deviation(0, 1));
        assert!(fall > 4.0 * error && (fall - 2.0).abs() < 4.0 * error && error < 0.4, "{fall} {error}");
    }

    #[test]
    fn values_that_do_not_vary_or_are_few_have_no_posterior() {
        let bounds: Bounds = (&[[0.0, 1.0]]).into();
        assert!(process(bounds, &[0.0, 0.5, 1.0], &[1.0, 2.0, 3.0]).is_none());
        assert!(process(bounds, &[0.0, 0.2, 0.5, 1.0], &[1.0; 4]).is_none());
    }
}
