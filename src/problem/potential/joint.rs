//! A joint density of several quantities, learnt from samples of them as the potential `Psi = -kT log q`.

use std::borrow::Cow;

use ndarray::{Array1, s};

use super::lack_of_fit::{self, Region};
use super::large::{Fit, PART};
use super::metrics::JointMetrics;
use crate::data::correlation::FEW_SAMPLES;
use crate::data::correlation::check_blocks;
use crate::data::grid::Values;
use crate::data::{Dataset, mean};
use crate::landscape::uncertainty::Uncertainty;
use crate::landscape::{Minimum, basins, populations};
use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::bounds::{Bounds, image};
use crate::numerics::lattice::Lattice;
use crate::numerics::misfit::{self, Misfit};
use crate::problem::settings::InvalidSetting;
use crate::recipe::StageNote;
use crate::recipe::likelihood::drawn::{self, Drawn};
use crate::recipe::likelihood::quadrature::Cells;
use crate::recipe::likelihood::wells::{GridWell, OnGrid};
use crate::recipe::likelihood::{CELLS, Estimate, MOST, SIDES};
use crate::text::{number, whole};

/// Samples as they are learnt from: in blocks, or as their order says how they depend on each other, values of a grid spread over its cells, and the unit
/// of their potential in its name.
///
/// # Errors
/// If blocks would have fewer than two samples.
pub fn in_blocks(data: Dataset, blocks: usize, unit: &str) -> Result<Dataset, Vec<InvalidSetting>> {
    check_blocks(blocks, data.samples()).map_err(|sentence| vec![InvalidSetting::new("blocks", sentence)])?;
    let mut names = data.names.clone();
    if let (Some(last), false) = (names.last_mut(), unit.trim().is_empty()) {
        *last = format!("{last} [{}]", unit.trim());
    }
    let data = Dataset { names, blocks, ..data };
    Ok(if blocks == 0 { data.ordered() } else { data }.off_grids())
}

/// Most samples at which derivatives by the parameters are evaluated; of more, equally distant ones stand for all.
const ROWS: usize = 4000;
/// Places that are by so many kT above the lowest one have no part in the mean over a basin.
const NEGLIGIBLE: f64 = 12.0;
/// The part of all weight from which on a row is pointed out: probabilities are as uncertain.
const DOMINANT: f64 = 0.1;
/// The least width of the kernel by which samples and fit are compared, as a part of that of a mode: cells of the quadrature are narrower.
const NARROWEST: f64 = 0.15;
/// The largest error of `log Z` that needs no mention: energies are as uncertain, in units of kT.
const CERTAIN: f64 = 0.05;

/// What is said of samples that were learnt as the middles of cells: what their mean log-likelihood is, and what it is in the middles.
pub fn gathered(data: &Dataset, of_all: f64, of_middles: f64) -> StageNote {
    let sentence = format!(
        "{} samples were learnt from as the middles of at most {} cells: their mean log-likelihood is {}, that of the middles differs by {}.",
        whole(data.samples() as u64),
        whole(MOST as u64),
        number(of_all, 4),
        number((of_all - of_middles).abs(), 2)
    );
    StageNote { name: "averaging".into(), epochs: 0, sentence }
}

/// A sentence if a density is not normalised well enough to be trusted.
pub fn doubt(density: &JointMetrics) -> Option<String> {
    let error = number(density.log_z_error, 2);
    let sentence = || {
        format!(
            "The density is normalised by cells that are too wide for it: log Z is uncertain by {error}, energies by as many kT."
        )
    };
    (density.log_z_error > CERTAIN).then(sentence)
}

/// A sentence if samples are worth few independent ones of equal weight.
pub fn few(density: &JointMetrics) -> Option<String> {
    let JointMetrics { samples, effective_samples, .. } = *density;
    let sentence = || {
        format!(
            "{} samples are worth {} independent ones of equal weight, which are few: populations and barriers are rough, and a well that holds a tenth \
             of the probability can be missed. Collect at least {FEW_SAMPLES}.",
            whole(samples as u64),
            number(effective_samples, 2)
        )
    };
    (effective_samples < 0.99 * samples as f64 && effective_samples < FEW_SAMPLES as f64).then(sentence)
}

/// The places of samples, `[samples, inputs]`.
fn places(data: &Dataset) -> Cow<'_, [f64]> {
    match data.x.as_slice() {
        Some(x) => x.into(),
        None => data.x.iter().copied().collect(),
    }
}

/// Which of the quadratures is meant, and the grid, where all three have something.
const COARSE: usize = 0;
const FINE: usize = 1;
const GRID: usize = 2;

/// How a density is normalised, and which of its minima are wells.
#[derive(Debug)]
pub struct Joint {
    /// The quadrature, and a finer one.
    cells: [Cells; 2],
    /// The grid on which wells are told from none, and its points.
    lattice: Lattice,
    grid: Vec<f64>,
    /// What the density is multiplied by to have the one that samples were drawn from: in the cells of both quadratures, and on the grid.
    tilts: [Vec<f64>; 3],
    drawn: Drawn,
    estimate: Estimate,
    /// The parts of the samples that are nearest to each point of the grid.
    parts: Vec<f64>,
    samples: usize,
    inputs: usize,
    kt: f64,
    /// The tilts on the grid, with zeros outside the outermost samples: where samples are cut off, a smooth density is too high beside the end and continues
    /// behind it.
    inside: Vec<f64>,
}

impl Joint {
    /// Prepares to normalise densities fitted to samples.
    pub fn new(data: &Dataset, kt: f64) -> Self {
        let (domain, inputs) = (data.domain(), data.inputs());
        let bounds = Bounds { ends: &domain, periodic: &data.periodic() };
        let x = places(data);
        let drawn = Drawn::new(&bounds, &x, data.shares().as_deref(), data.effective_numbers());
        let period = |k: usize| data.periods.get(k).copied().flatten().map(|[low, high]| high - low);
        let estimate = Estimate::new(&x, &drawn, &(0..inputs).map(period).collect::<Vec<_>>());
        let cells = Cells::around(&domain, &x, &drawn.shares, CELLS[inputs - 1]);
        let cells = [cells.clone(), cells.finer()];
        let lattice = Lattice::new(bounds, SIDES[inputs - 1]).with_walls(&data.walls);
        let grid = lattice.points();
        let tilts = [&cells[0].x, &cells[1].x, &grid].map(|places| drawn.tilts(places));
        let mut parts = vec![0.0; tilts[GRID].len()];
        x.chunks_exact(inputs).zip(&drawn.shares).for_each(|(x, share)| parts[lattice.nearest(x)] += share);
        let range = |input: usize| {
            let values = || x.iter().skip(input).step_by(inputs).copied();
            let ends = [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
            if bounds.is_periodic(input) { [f64::NEG_INFINITY, f64::INFINITY] } else { ends }
        };
        let ranges: Vec<[f64; 2]> = (0..inputs).map(range).collect();
        let is_inside = |x: &[f64]| x.iter().zip(&ranges).all(|(x, [low, high])| low <= x && x <= high);
        let tilt_inside = |(tilt, x): (&f64, &[f64])| if is_inside(x) { *tilt } else { 0.0 };
        let inside = tilts[GRID].iter().zip(grid.chunks_exact(inputs)).map(tilt_inside).collect();
        Self { cells, lattice, grid, tilts, drawn, estimate, parts, samples: data.samples(), inputs, kt, inside }
    }

    /// Sentences on weights that do not do what weights are for: those of a bias that changes with time, and those of one row alone.
    pub fn doubts(&self, data: &Dataset) -> Vec<String> {
        let Some(shares) = data.shares() else { return Vec::new() };
        let domain = data.domain();
        let bounds = Bounds { ends: &domain, periodic: &data.periodic() };
        let sequence = data.sequence();
        let x: Vec<f64> = sequence.iter().flat_map(|&row| data.x.row(row).to_vec()).collect();
        let in_order: Vec<f64> = sequence.iter().map(|&row| shares[row]).collect();
        let of_bias = |drift: f64| {
            let (way, size) = (if drift > 0.0 { "rises" } else { "falls" }, number(drift.abs(), 2));
            let advice =
                "Give the bias at the end of the run, the reweighting factor (metad.rbias), or leave the first rows out.";
            if data.has_biases && drift.abs() < 1.0 {
                format!(
                    "The bias at the same place {way} by {size} kT from the first third of the rows to the last, and free energies may be wrong by as much. \
                     If that matters, leave the first rows out."
                )
            } else if data.has_biases {
                format!(
                    "The bias at the same place {way} by {size} kT from the first third of the rows to the last: it was not static, and weights by it are \
                     wrong. {advice}"
                )
            } else {
                format!(
                    "The logarithm of the weight at the same place {way} by {size} from the first third of the rows to the last: weights of a bias that \
                     still changes are wrong. {advice}"
                )
            }
        };
        let drift = if self.drawn.is_biased() { None } else { drawn::drift(&bounds, &x, &in_order) };
        let heaviest = shares.iter().copied().fold(0.0, f64::max);
        let of_one = || {
            let row = shares.iter().position(|share| *share == heaviest).unwrap_or(0) + 1;
            format!(
                "Row {row} alone has {} % of all weight: the density hangs on single rows. If that is an error, leave the row out; if it is right, more \
                 samples are needed where weights are large.",
                number(100.0 * heaviest, 2)
            )
        };
        drift.map(of_bias).into_iter().chain((heaviest > DOMINANT).then(of_one)).collect()
    }

    /// The mean of `log q` over the samples, each under a kernel estimate from the others.
    pub fn left_out(&self) -> f64 {
        self.estimate.left_out
    }

    /// The scaling of the samples: a unit of the network is about half of the width of a mode, and kT.
    pub fn scaling(&self, data: &Dataset) -> Normalization {
        let input_shift = data.bounds().iter().map(|[low, high]| f64::midpoint(*low, *high)).collect();
        let scaling =
            Normalization { input_shift, input_scale: self.estimate.scales(), output_shift: 0.0, output_scale: self.kt };
        scaling.with_turns(&data.periods)
    }

    /// Some of the samples, each with the potential of a kernel estimate there.
    pub fn kernel(&self, data: &Dataset) -> Dataset {
        let Estimate { x, psi, .. } = &self.estimate;
        let x = ndarray::Array2::from_shape_vec((psi.len(), self.inputs), x.clone()).expect("a place for each value");
        // Under a bias, what the samples were drawn from times w is q up to a constant.
        let constant = mean(&Array1::from(self.drawn.log_weights(&self.estimate.x)).mapv_into(f64::exp)).ln();
        let y = psi.iter().map(|psi| self.kt * (psi + constant)).collect::<Array1<f64>>();
        Dataset { x, y, is_density: false, weights: Vec::new(), held_out: Vec::new(), ..data.clone() }
    }

    /// The logarithm of `Z`, the integral of `exp(-Psi/kT)` over the domain, and an estimate of its error: the difference from that of cells
    /// twice as wide.
    pub fn log_z(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> [f64; 2] {
        let [coarse, fine] = self.cells.each_ref().map(|cells| {
            let values = psi.evaluate(params, &cells.x).psi;
            let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
            let sum: f64 = values.iter().zip(&cells.sizes).map(|(psi, size)| size * ((lowest - psi) / self.kt).exp()).sum();
            sum.ln() - lowest / self.kt
        });
        [fine, (fine - coarse).abs()]
    }

    /// The mean of the logarithm of the density that samples were drawn from over all of them, with the normalisation that they were learnt with.
    pub fn log_likelihood(&self, fit: &Fit, data: &Dataset) -> f64 {
        let mut psi = Evaluator::<f32>::new(fit.arch, fit.scaling.clone(), Outputs::default());
        let params: Vec<f32> = fit.params.iter().map(|&p| p as f32).collect();
        let cells = &self.cells[COARSE];
        let values = psi.evaluate(&params, &cells.x).psi;
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let sizes = cells.sizes.iter().zip(&self.tilts[COARSE]);
        let sum: f64 = values.iter().zip(sizes).map(|(psi, (size, tilt))| tilt * size * ((lowest - psi) / self.kt).exp()).sum();
        let shares = &self.drawn.shares;
        let mut mean = 0.0;
        for first in (0..data.samples()).step_by(PART) {
            let rows = first..(first + PART).min(data.samples());
            let x: Vec<f64> = data.x.slice(s![rows.clone(), ..]).iter().copied().collect();
            mean += psi.evaluate(&params, &x).psi.iter().zip(&shares[rows]).map(|(psi, share)| psi * share).sum::<f64>();
        }
        (lowest - mean) / self.kt - sum.ln()
    }

    /// The probability of each cell of a quadrature by the density, and by the one that samples were drawn from.
    fn probabilities(&self, cells: usize, psi: &mut Evaluator<f64>, params: &[f64]) -> [Vec<f64>; 2] {
        let (cells, tilts) = (&self.cells[cells], &self.tilts[cells]);
        let values = psi.evaluate(params, &cells.x).psi;
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let weight = |(psi, size): (&f64, &f64)| size * ((lowest - psi) / self.kt).exp();
        let weights: Vec<f64> = values.iter().zip(&cells.sizes).map(weight).collect();
        let tilted: Vec<f64> = weights.iter().zip(tilts).map(|(weight, tilt)| weight * tilt).collect();
        [weights, tilted].map(|weights| {
            let total: f64 = weights.iter().sum();
            weights.iter().map(|weight| weight / total).collect()
        })
    }

    /// The region in which the samples do not agree with a fit, if there is one.
    pub fn lack_of_fit(&self, psi: &mut Evaluator<f64>, params: &[f64], data: &Dataset) -> Option<Region> {
        let (domain, cells) = (data.domain(), &self.cells[FINE]);
        let bounds = Bounds { ends: &domain, periodic: &data.periodic() };
        // Of values that were rounded, narrow regions hold none or many.
        let mut x = places(data).into_owned();
        for k in 0..self.inputs {
            let along = || data.x.column(k).into_iter().copied();
            Values::of(along()).spread(k, x.iter_mut().skip(k).step_by(self.inputs));
            if let Some(range) = data.periods.get(k).copied().flatten() {
                x.iter_mut().skip(k).step_by(self.inputs).for_each(|x| *x = image(*x, range));
            }
        }
        let [_, probabilities] = self.probabilities(FINE, psi, params);
        let samples = [&x[..], &self.drawn.shares];
        lack_of_fit::least_likely(&bounds, [&cells.x, &cells.widths], &probabilities, samples, self.drawn.effective)
    }

    /// How sure a fit is, by the information of its samples.
    pub fn uncertainty(
        &self,
        arch: &Architecture,
        scaling: &Normalization,
        psi: &mut Evaluator<f64>,
        params: &[f64],
        data: &Dataset,
    ) -> Option<Uncertainty> {
        let place = |(k, x): (usize, &f64)| (x - scaling.input_shift[k % self.inputs]) / scaling.input_scale[k % self.inputs];
        let scaled = |x: &[f64]| x.iter().enumerate().map(place).collect::<Vec<f64>>();
        let cells = scaled(&self.cells[COARSE].x);
        let [density, tilted] = self.probabilities(COARSE, psi, params);
        let every = data.samples().div_ceil(ROWS);
        let some: Vec<f64> = data.x.rows().into_iter().step_by(every).flat_map(|row| row.to_vec()).collect();
        let shares: Vec<f64> = self.drawn.shares.iter().copied().step_by(every).collect();
        let points = [(&cells[..], &tilted[..]), (&scaled(&some)[..], &shares[..])];
        Uncertainty::of_density(arch, scaling, params, points, &density, self.drawn.effective)
    }

    /// The numbers of a fit besides those of its potential, with the probabilities of basins of minima at these places.
    pub fn metrics(&self, psi: &mut Evaluator<f64>, params: &[f64], minima: &[Minimum]) -> JointMetrics {
        let [_, log_z_error] = self.log_z(psi, params);
        let values: Vec<f64> = psi.evaluate(params, &self.grid).psi.iter().map(|psi| psi / self.kt).collect();
        let basins = basins(&values, &self.lattice, &self.nearest(minima));
        let populations = populations(&values, &basins, minima.len());
        let largest = populations.iter().copied().fold(0.0, f64::max);
        let free_energies = populations.iter().map(|population| -self.kt * (population / largest).ln()).collect();
        JointMetrics {
            samples: self.samples,
            effective_samples: self.drawn.effective,
            is_biased: self.drawn.is_biased(),
            log_likelihood: 0.0,
            log_z_error,
            populations,
            free_energies,
            free_energy_intervals: None,
        }
    }

    /// The intervals of the free energies of basins, against that of the most probable one.
    pub fn intervals(
        &self,
        psi: &mut Evaluator<f64>,
        params: &[f64],
        minima: &[Minimum],
        density: &JointMetrics,
        uncertainty: &Uncertainty,
    ) -> Vec<[f64; 2]> {
        let values: Vec<f64> = psi.evaluate(params, &self.grid).psi.iter().map(|psi| psi / self.kt).collect();
        let basins = basins(&values, &self.lattice, &self.nearest(minima));
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let counts: Vec<usize> = (0..values.len()).filter(|&k| values[k] - lowest < NEGLIGIBLE).collect();
        let places: Vec<f64> =
            counts.iter().flat_map(|&k| self.grid[k * self.inputs..(k + 1) * self.inputs].iter().copied()).collect();
        let weights = |basin: usize| -> Vec<f64> {
            counts.iter().map(|&k| if basins[k] == Some(basin) { (lowest - values[k]).exp() } else { 0.0 }).collect()
        };
        let likeliest = density.free_energies.iter().position(|&energy| energy == 0.0).unwrap_or(0);
        let reference = weights(likeliest);
        let interval = |(basin, &energy): (usize, &f64)| {
            let half = if basin == likeliest {
                0.0
            } else {
                let misfit = misfit::widening(self.misfit_of_masses(&values, &basins, [basin, likeliest]));
                self.kt * (uncertainty.half_of_masses(&places, [&weights(basin), &reference]) + misfit)
            };
            [energy - half, energy + half]
        };
        density.free_energies.iter().enumerate().map(interval).collect()
    }

    /// By how much the samples and a fit differ in the logarithm of the ratio of the probabilities of two basins, and its standard error.
    fn misfit_of_masses(&self, values: &[f64], basins: &[Option<usize>], pair: [usize; 2]) -> [f64; 2] {
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let [a, b] = pair.map(|basin| {
            let inside = (0..values.len()).filter(|&k| basins[k] == Some(basin));
            inside.fold([0.0, 0.0], |[fit, drawn], k| {
                [fit + self.tilts[GRID][k] * (lowest - values[k]).exp(), drawn + self.parts[k]]
            })
        });
        if [a, b].as_flattened().iter().any(|mass| *mass <= 0.0) {
            return [0.0, f64::INFINITY];
        }
        let error = ((1.0 / a[1] + 1.0 / b[1]) / self.drawn.effective).sqrt();
        [(a[1] / b[1]).ln() - (a[0] / b[0]).ln(), error]
    }

    /// Widens the intervals of minima by the fit's own error: what is significantly different between it and the samples.
    pub fn widen(&self, psi: &mut Evaluator<f64>, params: &[f64], minima: &mut [Minimum], data: &Dataset) {
        let [_, probabilities] = self.probabilities(FINE, psi, params);
        let x = places(data);
        let inputs = self.inputs as f64;
        let factor = (4.0 / ((inputs + 2.0) * self.drawn.effective)).powf(1.0 / (inputs + 4.0)).max(NARROWEST);
        let period = |k: usize| data.periods.get(k).copied().flatten().map(|[low, high]| high - low);
        let misfit = Misfit {
            samples: [&x, &self.drawn.shares],
            cells: [&self.cells[FINE].x, &probabilities],
            widths: self.estimate.widths.iter().map(|width| factor * width).collect(),
            periods: (0..self.inputs).map(period).collect(),
            effective: self.drawn.effective,
        };
        let at = |x: &[f64]| misfit.at(x);
        let bottoms: Vec<_> = minima.iter().map(|minimum| at(&minimum.x)).collect();
        let lowest = (0..minima.len()).min_by(|&a, &b| minima[a].value.total_cmp(&minima[b].value));
        for (k, minimum) in minima.iter_mut().enumerate() {
            let Some(here) = &bottoms[k] else { continue };
            if let Some(pass) = minimum.barrier_at.as_ref().and_then(|pass| at(pass)) {
                let by = self.kt * misfit::widening(misfit::between(here.log, pass.log));
                minimum.barrier_interval =
                    minimum.barrier_interval.map(|ends| misfit::wider(ends, by)).map(|[low, high]| [low.max(0.0), high]);
            }
            let Some(interval) = &mut minimum.interval else { continue };
            interval.value = misfit::wider(interval.value, self.kt * misfit::widening(here.log));
            if let Some(bottom) = lowest.filter(|&lowest| lowest != k).and_then(|lowest| bottoms[lowest].as_ref()) {
                interval.above_lowest =
                    misfit::wider(interval.above_lowest, self.kt * misfit::widening(misfit::between(here.log, bottom.log)));
            }
            for (input, slope) in here.slopes.iter().enumerate() {
                let step = 0.5 * misfit.widths[input];
                let moved = |by: f64| {
                    let mut x = minimum.x.clone();
                    x[input] += by;
                    x
                };
                let values = psi.evaluate(params, &[moved(-step), minimum.x.clone(), moved(step)].concat()).psi;
                let curvature = (values[0] - 2.0 * values[1] + values[2]) / (step * step);
                if curvature > 0.0 && interval.x[input][0] < interval.x[input][1] {
                    interval.x[input] = misfit::wider(interval.x[input], self.kt * misfit::widening(*slope) / curvature);
                }
            }
        }
    }

    /// The grid points nearest to minima.
    fn nearest(&self, minima: &[Minimum]) -> Vec<usize> {
        minima.iter().map(|minimum| self.lattice.nearest(&minimum.x)).collect()
    }

    /// The constant by which a fit lies above `-kT log q`.
    pub fn offset(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> f64 {
        -self.kt * self.log_z(psi, params)[0]
    }

    /// The minima of a fit on the grid, with whether the samples support each at 95 %, and the values there in units of kT.
    fn wells(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> (Vec<(GridWell, bool)>, Vec<f64>) {
        let values: Vec<f64> = psi.evaluate(params, &self.grid).psi.iter().map(|psi| psi / self.kt).collect();
        let tilts = &self.tilts[GRID];
        let fit = OnGrid { psi: &values, tilts, lattice: &self.lattice, samples: self.drawn.judged };
        let minima = fit.minima();
        let supported = OnGrid { samples: self.drawn.effective, tilts: &self.inside, ..fit }.supported(&minima, &self.parts);
        (minima.into_iter().zip(supported).collect(), values)
    }

    /// Marks the minima of a fit that its samples do not support.
    pub fn mark(&self, psi: &mut Evaluator<f64>, params: &[f64], minima: &mut [Minimum]) {
        let (wells, values) = self.wells(psi, params);
        let lowest = minima.iter().map(|minimum| minimum.value).fold(f64::INFINITY, f64::min);
        for minimum in minima {
            // The minimum on the grid that steps downhill lead to.
            let mut at = self.lattice.nearest(&minimum.x);
            let below = |at: usize| {
                let lower = self.lattice.neighbours(at).into_iter().filter(|&k| k < values.len() && values[k] < values[at]);
                lower.min_by(|&a, &b| values[a].total_cmp(&values[b]))
            };
            while let Some(next) = below(at) {
                at = next;
            }
            let found = wells.iter().find(|(well, _)| well.index == at);
            minimum.supported = minimum.value <= lowest || found.is_some_and(|(_, supported)| *supported);
        }
    }

    /// The least barrier of a well: between those of the minima that the samples support and those that they do not.
    pub fn threshold(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> f64 {
        let (real, others): (Vec<_>, Vec<_>) = self.wells(psi, params).0.into_iter().partition(|(_, supported)| *supported);
        let least = real.iter().map(|(minimum, _)| minimum.barrier).fold(f64::INFINITY, f64::min);
        let most = others.iter().map(|(minimum, _)| minimum.barrier).filter(|&barrier| barrier < least).fold(0.0, f64::max);
        self.kt * if least.is_finite() { f64::midpoint(most, least) } else { most }
    }
}
