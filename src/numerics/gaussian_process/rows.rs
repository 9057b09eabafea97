//! Weighted observations, their covariance, and the estimation of its scales.

use ndarray::{Array1, Array2, ArrayView2};

use super::{FunctionObservations, MAX_CELLS, Quantity, StationaryCovariance, WAY_PARTS};
use crate::kernels::radial::{RadialRow, RadialSum};
use crate::numerics::linear::{dot, factorize, gram, inverse_of_factor, substitute};
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

    /// The mean of the posterior without its terms, for the solution of these rows, as a function of the coordinates of a point.
    pub(super) fn mean_of(&self, covariance: &StationaryCovariance, solved: &RowQuantities) -> RadialSum {
        let mut rows: Vec<RadialRow> = Vec::new();
        for ((place, of), residual) in self.all().zip(&solved.residuals) {
            let at = covariance.coordinates(place, Quantity::Value);
            // The quantities at a point share one row.
            if rows.last().is_none_or(|row| row.at != at) {
                rows.push(RadialRow { direction: vec![0.0; at.len()], at, weight: 0.0 });
            }
            let (row, factor) = (rows.last_mut().expect("a row"), solved.ratio * residual);
            match of {
                Quantity::Value => row.weight += factor,
                Quantity::Derivative(_) => {
                    let along = covariance.coordinates(place, of);
                    row.direction.iter_mut().zip(along).for_each(|(direction, along)| *direction += factor * along);
                }
            }
        }
        RadialSum::new(covariance.is_rough, rows[0].at.len(), &rows)
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

    /// Selects at most `most` rows for the estimation of the scales. If there are more, half are spread over the data and half lie around
    /// [`CLUSTER_COUNT`] points, so that they resolve long and short lengths.
    pub(super) fn for_search(&self, periodic: &[bool], most: usize) -> Self {
        if self.y.len() <= most {
            return self.clone();
        }
        let scales = Scales::new(false, vec![1.0; self.inputs], periodic, 0.0);
        let every = self.y.len().div_ceil(most / 2);
        let spread = (0..self.y.len()).filter(|row| self.places[*row].is_multiple_of(every));
        let around = (0..CLUSTER_COUNT).flat_map(|k| {
            let centre = (2 * k + 1) * self.y.len() / (2 * CLUSTER_COUNT) * self.inputs;
            self.nearest_to(&[self.x[centre..centre + self.inputs].to_vec()], most / 2 / CLUSTER_COUNT, &scales)
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

    /// Covariances of the rows, in units of the variance of the function: a lower triangle.
    pub(super) fn covariances(&self, covariance: &StationaryCovariance) -> Vec<f64> {
        let n = self.y.len();
        let rows: Vec<(&[f64], Quantity)> = self.all().collect();
        let mut all = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                all[i * n + j] = covariance.between(rows[i], rows[j]);
            }
        }
        all
    }

    /// Solves for the mean, the variance of the noise and the restricted likelihood, given [`WeightedObservations::covariances`]. `None` if
    /// the covariance with noise is singular.
    pub(super) fn solve(&self, scales: &Scales, covariances: &[f64]) -> Option<RowQuantities> {
        let n = self.y.len();
        let ratio = scales.log_ratio.exp();
        let rows: Vec<(&[f64], Quantity)> = self.all().collect();
        let mut factor: Vec<f64> = covariances.iter().map(|covariance| ratio * covariance).collect();
        (0..n).for_each(|k| factor[k * n + k] += 1.0 / self.weights[k]);
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

    /// Derivatives of the logarithm of the restricted likelihood with respect to the logarithms of the lengths and of the ratio.
    pub(super) fn likelihood_slopes(&self, scales: &Scales, covariances: &[f64], solved: &RowQuantities) -> Vec<f64> {
        let (n, inputs, terms) = (self.y.len(), self.inputs, solved.basis.len());
        let of_factor = inverse_of_factor(&solved.factor, n);
        let inverse = gram(&ArrayView2::from_shape((n, n), &of_factor).expect("a square matrix"));
        // Covariance of the coefficients of the mean function, times the basis.
        let of_mean: Vec<Vec<f64>> =
            (0..n).map(|row| substituted(&solved.inverse, (0..terms).map(|term| solved.basis[term][row]).collect())).collect();
        let rows: Vec<(&[f64], Quantity)> = self.all().collect();
        let (mut slopes, mut along) = (vec![0.0; inputs + 1], vec![0.0; inputs]);
        for i in 0..n {
            for j in 0..=i {
                let projected: f64 = (0..terms).map(|term| solved.basis[term][i] * of_mean[j][term]).sum();
                let of_residuals = solved.residuals[i] * solved.residuals[j] / solved.noise_variance;
                let weight = if i == j { 0.5 } else { 1.0 } * solved.ratio * (of_residuals - inverse[i * n + j] + projected);
                scales.covariance.length_slopes(rows[i], rows[j], &mut along);
                slopes.iter_mut().zip(&along).for_each(|(slope, along)| *slope += weight * along);
                slopes[inputs] += weight * covariances[i * n + j];
            }
        }
        slopes
    }

    /// Solves with these scales, or with the largest ratio of signal and noise in steps of ten at which the covariance is regular. Many
    /// rows of a smooth function make it singular.
    pub(super) fn solve_regular(&self, scales: &Scales) -> Option<RowQuantities> {
        let with_ratio =
            |trial: u32| Scales { log_ratio: scales.log_ratio - f64::from(trial) * LOG_RATIO_STEP, ..scales.clone() };
        let covariances = self.covariances(&scales.covariance);
        (0..MAX_RATIO_TRIALS).find_map(|trial| self.solve(&with_ratio(trial), &covariances))
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
    pub(super) fn new(is_rough: bool, lengths: Vec<f64>, periodic: &[bool], log_ratio: f64) -> Self {
        let rates = lengths.into_iter().map(f64::recip).collect();
        Self { covariance: StationaryCovariance { is_rough, rates, periodic: periodic.to_vec() }, log_ratio }
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

/// Scales that maximise the restricted likelihood for one form, with the logarithm of the likelihood. For each of some ratios, an
/// ascent begins at the best common length of all inputs. The highest of them continues.
pub(super) fn chosen_of(rows: &WeightedObservations, places: f64, periodic: &[bool], is_rough: bool) -> Option<(f64, Scales)> {
    let inputs = periodic.len();
    let scales =
        |at: &[f64]| Scales::new(is_rough, at[..inputs].iter().map(|length| length.exp()).collect(), periodic, at[inputs]);
    let start = |length: f64, ratio: f64| [vec![length.ln(); inputs], vec![ratio]].concat();
    let shortest = MIN_LENGTH * places.powf(-1.0 / inputs as f64);
    let longer = CANDIDATE_LENGTHS.iter().copied().filter(|length| *length > shortest);
    let lengths: Vec<f64> = std::iter::once(shortest).chain(longer).collect();
    let covariances: Vec<Vec<f64>> =
        lengths.iter().map(|&length| rows.covariances(&scales(&start(length, 0.0)).covariance)).collect();
    // Noisy and exact data are two hypotheses with their own lengths.
    let starts = CANDIDATE_LOG_RATIOS.map(|ratio| {
        let value =
            |k: &usize| rows.solve(&scales(&start(lengths[*k], ratio)), &covariances[*k]).map(|found| found.log_likelihood);
        let best = (0..lengths.len()).filter_map(|k| Some((value(&k)?, k))).max_by(|a, b| a.0.total_cmp(&b.0));
        best.map(|(_, k)| start(lengths[k], ratio))
    });
    let limits = [vec![[shortest.ln(), MAX_LENGTH.ln().max(shortest.ln())]; inputs], vec![LOG_RATIOS]].concat();
    let evaluate = |at: &[f64]| {
        let scales = scales(at);
        let covariances = rows.covariances(&scales.covariance);
        let solved = rows.solve(&scales, &covariances)?;
        Some((solved.log_likelihood, rows.likelihood_slopes(&scales, &covariances, &solved)))
    };
    let ends = starts.into_iter().flatten().filter_map(|start| ascend(start, &limits, MAX_TRIAL_STEPS, &evaluate));
    let (_, best) = ends.max_by(|a, b| a.0.total_cmp(&b.0))?;
    ascend(best, &limits, MAX_ASCENT_STEPS, &evaluate).map(|(value, at)| (value, scales(&at)))
}

/// Value and gradient of a function at a point; `None` where the function is not defined.
type ValueWithGradient<'a> = dyn Fn(&[f64]) -> Option<(f64, Vec<f64>)> + 'a;

/// Highest point that a quasi-Newton ascent (BFGS) reaches in a box, with the value there.
fn ascend(mut at: Vec<f64>, limits: &[[f64; 2]], max_steps: usize, evaluate: &ValueWithGradient) -> Option<(f64, Vec<f64>)> {
    let n = at.len();
    let (mut value, mut slope) = evaluate(&at)?;
    let unit = |size: f64| Array2::from_diag_elem(n, size);
    let mut inverse = unit(0.0);
    for round in 0..max_steps {
        // A coordinate at its limit stays there if the function rises beyond the limit.
        let is_free = |k: usize| if slope[k] > 0.0 { at[k] < limits[k][1] } else { at[k] > limits[k][0] };
        let free: Array1<f64> = (0..n).map(|k| if is_free(k) { slope[k] } else { 0.0 }).collect();
        let steepest = free.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        let mut step = inverse.dot(&free);
        if round == 0 || step.dot(&free) <= 0.0 {
            inverse = unit(MAX_ASCENT_STEP / steepest.max(MAX_ASCENT_STEP));
            step = inverse.dot(&free);
        }
        let longest = step.iter().fold(MAX_ASCENT_STEP, |most: f64, step| most.max(step.abs()));
        let candidate = |halvings: i32| -> Vec<f64> {
            let factor = MAX_ASCENT_STEP / longest * 0.5f64.powi(halvings);
            at.iter().zip(&step).zip(limits).map(|((x, step), [low, high])| (x + factor * step).clamp(*low, *high)).collect()
        };
        let higher = (0..MAX_HALVINGS).find_map(|halvings| {
            let to = candidate(halvings);
            evaluate(&to).filter(|found| found.0 > value).map(|found| (to, found))
        });
        let Some((to, found)) = higher else { break };
        let [moved, bend] = [(&to, &at), (&slope, &found.1)]
            .map(|(after, before)| after.iter().zip(before).map(|(after, before)| after - before).collect::<Array1<f64>>());
        let gain = found.0 - value;
        ((value, slope), at) = (found, to);
        if gain < MIN_LIKELIHOOD_GAIN {
            break;
        }
        let curvature = moved.dot(&bend);
        if curvature > 0.0 {
            let bent = inverse.dot(&bend);
            let of_moved = (1.0 + bend.dot(&bent) / curvature) / curvature;
            inverse = Array2::from_shape_fn((n, n), |(i, j)| {
                inverse[(i, j)] + of_moved * moved[i] * moved[j] - (bent[i] * moved[j] + moved[i] * bent[j]) / curvature
            });
        }
    }
    Some((value, at))
}

/// Largest number of values and derivatives for the estimation of lengths and ratio.
pub(super) const MAX_SEARCH_ROWS: usize = 200;

/// Number of points around which half of these rows lie.
pub(super) const CLUSTER_COUNT: usize = 4;

/// Smallest length in mean distances of neighbouring rows. With a shorter one, signal and noise would not be distinguishable.
pub(super) const MIN_LENGTH: f64 = 1.5;

/// Candidate lengths, as fractions of the width of the domain.
pub(super) const CANDIDATE_LENGTHS: [f64; 12] = [0.012, 0.02, 0.03, 0.045, 0.07, 0.1, 0.15, 0.22, 0.33, 0.5, 0.8, 1.3];

/// Largest length. A longer one has the same effect as this one and a smaller ratio, but it makes the covariance nearly singular.
const MAX_LENGTH: f64 = 10.0;

/// Range of the natural logarithm of the ratio of signal and noise, and its candidates. Above the range, rounding errors of the covariance of
/// some hundred rows exceed the noise.
const LOG_RATIOS: [f64; 2] = [-7.0, 27.0];
const CANDIDATE_LOG_RATIOS: [f64; 3] = [0.0, 7.0, 15.0];

/// Largest number of steps of an ascent from each start, of the ascent from the best end of these, and of halvings of a step.
const MAX_TRIAL_STEPS: usize = 6;
const MAX_ASCENT_STEPS: usize = 40;
const MAX_HALVINGS: i32 = 8;
/// Longest step of an ascent in the logarithms of lengths and ratio.
const MAX_ASCENT_STEP: f64 = 1.0;
/// An ascent ends when the logarithm of the likelihood rises by less.
const MIN_LIKELIHOOD_GAIN: f64 = 1e-3;
