//! Weighted observations, their covariance, and the estimation of its scales.

use super::{FunctionObservations, MAX_CELLS, Quantity, StationaryCovariance, WAY_PARTS};
use crate::numerics::linear::{dot, factorize, substitute};
use crate::numerics::statistics::{smallest, sort_by};

/// Values and derivatives at points, with weights.
#[derive(Clone, Debug, Default)]
pub(super) struct WeightedObservations {
    pub(super) inputs: usize,
    /// Points `[rows, inputs]` in units of the width of the domain.
    pub(super) x: Vec<f64>,
    /// Measured quantities in these units.
    pub(super) y: Vec<f64>,
    pub(super) quantities: Vec<Quantity>,
    /// Inverse variances up to a factor.
    pub(super) weights: Vec<f64>,
    /// Index of the point of each row among the points of the data.
    pub(super) places: Vec<usize>,
    /// Weighted sum of squares within the averages of the rows, and number of measured quantities.
    pub(super) within: f64,
    pub(super) count: usize,
}

impl WeightedObservations {
    pub(super) fn new(data: &FunctionObservations, origin: &[f64], widths: &[f64], sigmas: &[f64]) -> Self {
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

    /// Point and quantity of each row.
    pub(super) fn all(&self) -> impl Iterator<Item = (&[f64], Quantity)> {
        self.x.chunks_exact(self.inputs).zip(self.quantities.iter().copied())
    }

    /// Quantities with at least one known row.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Quantity> {
        let all = std::iter::once(Quantity::Value).chain((0..self.inputs).map(Quantity::Derivative));
        all.filter(|kind| self.quantities.contains(kind))
    }

    /// Terms of the mean function: a constant if values are known, or else the inputs that are not periodic.
    pub(super) fn terms(&self, periodic: &[bool]) -> Vec<Term> {
        if self.quantities.contains(&Quantity::Value) {
            return vec![Term::Constant];
        }
        let is_known = |input: &usize| !periodic[*input] && self.quantities.contains(&Quantity::Derivative(*input));
        (0..self.inputs).filter(is_known).map(Term::Input).collect()
    }

    /// Averages the rows of one input in cells of equal width, if there are many rows.
    pub(super) fn in_cells(self) -> Self {
        let kinds: Vec<Quantity> = self.kinds().collect();
        let cells = MAX_CELLS.min(MAX_SEARCH_ROWS / kinds.len().max(1));
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

    /// Number of points of the data at which a quantity is known.
    pub(super) fn places_count(&self) -> f64 {
        self.count as f64 / self.kinds().count().max(1) as f64
    }

    /// Observations that consist of some of the rows only.
    fn subset(&self, some: &[usize]) -> Self {
        let mut rows = Self { inputs: self.inputs, count: some.len(), ..Self::default() };
        for &row in some {
            let at = &self.x[row * self.inputs..(row + 1) * self.inputs];
            rows.push(at, (self.quantities[row], self.y[row]), self.weights[row], self.places[row]);
        }
        rows
    }

    /// Selects the rows for the estimation of the scales.
    pub(super) fn for_search(&self, periodic: &[bool]) -> Self {
        if self.y.len() <= MAX_SEARCH_ROWS {
            return self.clone();
        }
        let scales = Scales::new(false, vec![1.0; self.inputs], periodic, 0.0);
        let every = self.y.len().div_ceil(MAX_SEARCH_ROWS / 2);
        let spread = (0..self.y.len()).filter(|row| self.places[*row].is_multiple_of(every));
        let around = (0..CLUSTER_COUNT).flat_map(|k| {
            let centre = (2 * k + 1) * self.y.len() / (2 * CLUSTER_COUNT) * self.inputs;
            self.nearest_to(&[self.x[centre..centre + self.inputs].to_vec()], MAX_SEARCH_ROWS / 2 / CLUSTER_COUNT, &scales)
        });
        let mut some: Vec<usize> = spread.chain(around).collect();
        sort_by(&mut some, |&row| row as f64);
        some.dedup();
        self.subset(&some)
    }

    /// Selects the rows nearest to points in units of the lengths, in equal parts. If no values are known, derivatives along the way
    /// determine a difference of values. The rows are then those nearest to the way.
    pub(super) fn nearest(&self, places: &[&[f64]], count: usize, scales: &Scales) -> Self {
        let [from, to] = [places.first(), places.last()].map(|place| place.copied().unwrap_or_default());
        let mut some: Vec<usize> = if self.quantities.contains(&Quantity::Value) {
            places.iter().flat_map(|place| self.nearest_to(&[place.to_vec()], count / places.len(), scales)).collect()
        } else {
            let step = |k: usize| to[k] - from[k] - if scales.covariance.periodic[k] { (to[k] - from[k]).round() } else { 0.0 };
            let along = |part: usize| (0..from.len()).map(|k| from[k] + part as f64 / WAY_PARTS as f64 * step(k)).collect();
            self.nearest_to(&(0..=WAY_PARTS).map(along).collect::<Vec<Vec<f64>>>(), count, scales)
        };
        sort_by(&mut some, |&row| row as f64);
        some.dedup();
        self.subset(&some)
    }

    /// Indices of the rows with the smallest distance from any of some points.
    fn nearest_to(&self, places: &[Vec<f64>], count: usize, scales: &Scales) -> Vec<usize> {
        let distance = |at: &[f64]| places.iter().map(|place| scales.covariance.square(place, at)).fold(f64::INFINITY, f64::min);
        smallest(&self.all().map(|(at, _)| distance(at)).collect::<Vec<f64>>(), count)
    }

    /// Solves for the mean, the variance of the noise and the restricted likelihood. `None` if the covariance is singular.
    pub(super) fn solve(&self, scales: &Scales) -> Option<RowQuantities> {
        let n = self.y.len();
        let ratio = scales.log_ratio.exp();
        let rows: Vec<(&[f64], Quantity)> = self.all().collect();
        let mut factor = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                factor[i * n + j] = ratio * scales.covariance.between(rows[i], rows[j]);
            }
            factor[i * n + i] += 1.0 / self.weights[i];
        }
        factorize(&mut factor, n)?;
        let terms: Vec<Vec<f64>> = self
            .terms(&scales.covariance.periodic)
            .into_iter()
            .map(|term| rows.iter().map(|(place, of)| term.at(place, *of)).collect())
            .collect();
        let basis: Vec<Vec<f64>> = terms.iter().map(|term| substituted(&factor, term.clone())).collect();
        let count = terms.len();
        let mut inverse: Vec<f64> = (0..count * count).map(|k| dot(&terms[k / count], &basis[k % count])).collect();
        factorize(&mut inverse, count)?;
        let mean = substituted(&inverse, basis.iter().map(|solved| dot(solved, &self.y)).collect());
        let of_mean = |row: usize| -> f64 { terms.iter().zip(&mean).map(|(term, by)| by * term[row]).sum() };
        let left: Vec<f64> = self.y.iter().enumerate().map(|(row, y)| y - of_mean(row)).collect();
        let residuals = substituted(&factor, left.clone());
        let freedom = self.count as f64 - count as f64;
        let noise_variance = (dot(&left, &residuals) + self.within) / freedom;
        let log_det = |factor: &[f64], n: usize| -> f64 { (0..n).map(|k| 2.0 * factor[k * n + k].ln()).sum() };
        let log_likelihood = -0.5 * (freedom * noise_variance.ln() + log_det(&factor, n) + log_det(&inverse, count));
        let is_sound = noise_variance > 0.0 && log_likelihood.is_finite();
        is_sound.then_some(RowQuantities { ratio, factor, basis, inverse, mean, residuals, noise_variance, log_likelihood })
    }

    /// Solves with these scales, or with the largest ratio of signal and noise in steps of ten at which the covariance is regular. Many
    /// rows of a smooth function make it singular.
    pub(super) fn solve_regular(&self, scales: &Scales) -> Option<RowQuantities> {
        let with_ratio =
            |trial: u32| Scales { log_ratio: scales.log_ratio - f64::from(trial) * LOG_RATIO_STEP, ..scales.clone() };
        (0..MAX_RATIO_TRIALS).find_map(|trial| self.solve(&with_ratio(trial)))
    }
}

/// Factor between the ratios of signal and noise that are tried if the covariance is singular, as a logarithm, and their number.
const LOG_RATIO_STEP: f64 = std::f64::consts::LN_10;
const MAX_RATIO_TRIALS: u32 = 8;

/// Covariance function in units of the width of the domain, and the ratio of signal and noise.
#[derive(Clone, Debug)]
pub(super) struct Scales {
    pub(super) covariance: StationaryCovariance,
    pub(super) log_ratio: f64,
}

impl Scales {
    fn new(is_rough: bool, lengths: Vec<f64>, periodic: &[bool], log_ratio: f64) -> Self {
        Self { covariance: StationaryCovariance { is_rough, lengths, periodic: periodic.to_vec(), period: 1.0 }, log_ratio }
    }
}

/// Term of the mean function: the constant or an input.
#[derive(Clone, Copy)]
pub(super) enum Term {
    Constant,
    Input(usize),
}

impl Term {
    pub(super) fn at(self, place: &[f64], of: Quantity) -> f64 {
        match (self, of) {
            (Self::Constant, Quantity::Value) => 1.0,
            (Self::Input(input), Quantity::Value) => place[input],
            (Self::Input(input), Quantity::Derivative(by)) if input == by => 1.0,
            _ => 0.0,
        }
    }
}

/// Quantities of rows under some scales, for the likelihood and the posterior.
#[derive(Clone, Debug)]
pub(super) struct RowQuantities {
    /// Ratio of signal and noise.
    pub(super) ratio: f64,
    /// Cholesky factor of the covariance of the rows, in units of the variance of the noise.
    pub(super) factor: Vec<f64>,
    /// Solution of the linear system of the covariance for each term of the mean function.
    pub(super) basis: Vec<Vec<f64>>,
    /// Cholesky factor of the inverse covariance of the coefficients of the mean function.
    pub(super) inverse: Vec<f64>,
    /// Coefficients of the mean function.
    pub(super) mean: Vec<f64>,
    /// Solution of the linear system of the covariance for the residuals.
    pub(super) residuals: Vec<f64>,
    pub(super) noise_variance: f64,
    pub(super) log_likelihood: f64,
}

/// Index of a quantity in the list of the value and the derivatives.
pub(super) fn index(of: Quantity) -> usize {
    if let Quantity::Derivative(input) = of { 1 + input } else { 0 }
}

/// Converts points `[points, inputs]` to units of the width of the domain.
pub(super) fn in_widths(x: &[f64], origin: &[f64], widths: &[f64]) -> Vec<f64> {
    let inputs = widths.len();
    x.iter().enumerate().map(|(k, x)| (x - origin[k % inputs]) / widths[k % inputs]).collect()
}

/// Solution `x` of `L L^T x = b` for a Cholesky factor `L`.
pub(super) fn substituted(factor: &[f64], mut b: Vec<f64>) -> Vec<f64> {
    substitute(factor, &mut b);
    b
}

/// Scales that maximise the restricted likelihood of some rows. `places` is the number of points of the data.
pub(super) fn chosen(rows: &WeightedObservations, places: f64, periodic: &[bool]) -> Option<Scales> {
    let both = [false, true].into_iter().filter_map(|is_rough| chosen_of(rows, places, periodic, is_rough));
    both.max_by(|a, b| a.0.total_cmp(&b.0)).map(|found| found.1)
}

/// Scales that maximise the restricted likelihood for one form, with the logarithm of the likelihood. The search begins with a common
/// length of all inputs, and continues with one length per input.
pub(super) fn chosen_of(rows: &WeightedObservations, places: f64, periodic: &[bool], is_rough: bool) -> Option<(f64, Scales)> {
    let inputs = periodic.len();
    let likelihood = |lengths: &[f64], log_ratio: f64| {
        let scales = Scales::new(is_rough, lengths.to_vec(), periodic, log_ratio);
        rows.solve(&scales).map_or(f64::NEG_INFINITY, |solved| solved.log_likelihood)
    };
    // As a function of the ratio at a fixed length, the likelihood usually has one maximum, which a golden-section search finds.
    let best_ratio = |lengths: &[f64], [mut low, mut high]: [f64; 2]| {
        let golden = 0.5 * (5_f64.sqrt() - 1.0);
        let inner = |low: f64, high: f64| [high - golden * (high - low), low + golden * (high - low)];
        let mut at = inner(low, high);
        let mut found = at.map(|ratio| likelihood(lengths, ratio));
        for _ in 0..RATIO_STEPS {
            // If the covariance is singular, it may be regular for a smaller ratio.
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
    let mut all: Vec<(f64, f64, Vec<f64>)> = CANDIDATE_LENGTHS
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
    let factors = if inputs > 1 { &LENGTH_FACTORS[..] } else { &[] };
    for factor in factors {
        let steps = [*factor, 1.0 / factor];
        for _ in 0..MAX_LENGTH_ROUNDS {
            let before = best;
            for (input, step) in (0..inputs).flat_map(|input| steps.map(|step| (input, step))) {
                let mut other = lengths.clone();
                other[input] = (step * other[input]).max(shortest);
                let (found, ratio) = best_ratio(&other, [log_ratio - 2.0, log_ratio + 2.0]);
                if found > best {
                    (best, log_ratio, lengths) = (found, ratio, other);
                }
            }
            if best <= before {
                break;
            }
        }
    }
    Some((best, Scales::new(is_rough, lengths, periodic, log_ratio)))
}

/// Largest number of values and derivatives for the estimation of lengths and ratio. If there are more, half are spread over the data and
/// half lie around [`CLUSTER_COUNT`] points, so that they resolve long and short lengths.
pub(super) const MAX_SEARCH_ROWS: usize = 200;

pub(super) const CLUSTER_COUNT: usize = 4;

/// Smallest length in mean distances of neighbouring rows. With a shorter one, signal and noise would not be distinguishable.
pub(super) const MIN_LENGTH: f64 = 1.5;

/// Candidate lengths, as fractions of the width of the domain.
pub(super) const CANDIDATE_LENGTHS: [f64; 12] = [0.012, 0.02, 0.03, 0.045, 0.07, 0.1, 0.15, 0.22, 0.33, 0.5, 0.8, 1.3];

/// Range of the natural logarithm of the ratio of signal and noise, and number of steps of its search.
pub(super) const LOG_RATIOS: [f64; 2] = [-7.0, 18.0];

pub(super) const RATIO_STEPS: usize = 9;

/// Factors that change a length in the search for one length per input, and largest number of rounds with each.
pub(super) const LENGTH_FACTORS: [f64; 2] = [1.6, 1.26];

pub(super) const MAX_LENGTH_ROUNDS: usize = 6;
