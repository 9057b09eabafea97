//! Joint density of several quantities, fitted to samples as the potential `Psi = -kT log q`.

mod intervals;

use std::borrow::Cow;

use ndarray::{Array1, s};

use super::lack_of_fit::{self, MisfitRegion};
use super::large::{FitParams, ROWS_PER_EVALUATION};
use super::metrics::JointMetrics;
use crate::data::correlation::MIN_INDEPENDENT_SAMPLES;
use crate::data::correlation::check_blocks;
use crate::data::grid::GroupedValues;
use crate::data::sampling_scheme::{self, SamplingScheme};
use crate::data::{Dataset, mean};
use crate::landscape::density_wells::{GridDensity, GridWell, MIN_WELL_EVIDENCE};
use crate::landscape::uncertainty::Uncertainty;
use crate::landscape::{KernelEstimate, Minimum, basins_of_wells, populations};
use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::bounds::{Bounds, image};
use crate::numerics::lattice::Lattice;
use crate::numerics::linear::narrow;
use crate::numerics::quadrature::Cells;
use crate::problem::settings::InvalidSetting;
use crate::recipe::StageNote;
use crate::recipe::likelihood::{MAX_SAMPLES, QUADRATURE_CELLS, WELL_GRID_SIDES, parameters_of_well};
use crate::text::{number, whole};

/// Prepares samples for a fit. Sets the blocks or the correlation estimated from their order, spreads values of a grid over
/// its cells, and adds the unit to the name of the potential.
pub(crate) fn in_blocks(data: Dataset, blocks: usize, unit: &str) -> Result<Dataset, Vec<InvalidSetting>> {
    check_blocks(blocks, data.samples()).map_err(|sentence| vec![InvalidSetting::new("blocks", sentence)])?;
    let mut names = data.names.clone();
    if let (Some(last), false) = (names.last_mut(), unit.trim().is_empty()) {
        *last = format!("{last} [{}]", unit.trim());
    }
    let data = Dataset { names, blocks, ..data };
    Ok(if blocks == 0 { data.ordered() } else { data }.off_grids())
}

/// Largest number of samples at which derivatives with respect to the parameters are evaluated. An equidistant subset represents more samples.
const MAX_DERIVATIVE_ROWS: usize = 4000;
/// Height above the lowest point, in kT, above which points do not count in the mean over a basin.
const NEGLIGIBLE_HEIGHT_KT: f64 = 12.0;
/// Fraction of the total weight above which one row causes a warning. Probabilities then have a similar uncertainty.
const DOMINANT_WEIGHT_FRACTION: f64 = 0.1;
/// Smallest width of the kernel that compares samples and fit, as a fraction of the width of a mode. Cells of the quadrature are
/// narrower.
const MIN_KERNEL_WIDTH_FRACTION: f64 = 0.15;
/// Largest error of `log Z` without a warning. Energies have the same error in units of kT.
const MAX_LOG_Z_ERROR: f64 = 0.05;
/// Smallest significant gain of a kernel estimate in likelihood, in standard errors.
const KERNEL_STANDARD_ERRORS: f64 = 2.0;

/// Note on samples that were merged in cells: mean log-likelihood of the samples, and of the means of the cells.
pub fn merging_note(data: &Dataset, of_all: f64, of_middles: f64) -> StageNote {
    let sentence = format!(
        "{} samples were learnt from as the middles of at most {} cells: their mean log-likelihood is {}, that of the middles differs by {}.",
        whole(data.samples() as u64),
        whole(MAX_SAMPLES[data.inputs() - 1] as u64),
        number(of_all, 4),
        number((of_all - of_middles).abs(), 2)
    );
    StageNote { name: "average".into(), epochs: 0, sentence }
}

/// Sentence if the normalization of a density is not accurate enough.
pub fn normalization_warning(density: &JointMetrics) -> Option<String> {
    let error = number(density.log_z_error, 2);
    let sentence = || {
        format!(
            "The density is normalised by cells that are too wide for it: log Z is uncertain by {error}, energies by as many kT."
        )
    };
    (density.log_z_error > MAX_LOG_Z_ERROR).then(sentence)
}

/// Sentence if the number of samples, or their effective number, is small.
pub fn sample_size_warning(density: &JointMetrics) -> Option<String> {
    let JointMetrics { samples, effective_samples, .. } = *density;
    let number_of_samples = if effective_samples < 0.99 * samples as f64 {
        let effective = number(effective_samples, 2);
        format!("{} samples are worth {effective} independent ones of equal weight, which", whole(samples as u64))
    } else {
        format!("{} samples", whole(samples as u64))
    };
    let sentence = || {
        format!(
            "{number_of_samples} are few: populations and barriers are rough, and a well that holds a tenth of the probability can be \
             missed. Collect at least {MIN_INDEPENDENT_SAMPLES}."
        )
    };
    (effective_samples < MIN_INDEPENDENT_SAMPLES as f64).then(sentence)
}

/// Positions of samples, `[samples, inputs]`.
fn places(data: &Dataset) -> Cow<'_, [f64]> {
    match data.x.as_slice() {
        Some(x) => x.into(),
        None => data.x.iter().copied().collect(),
    }
}

/// Indices of the two quadratures and of the grid.
const COARSE_CELLS: usize = 0;
const FINE_CELLS: usize = 1;
const GRID_POINTS: usize = 2;

/// Normalization of a density, and the support of its wells.
#[derive(Debug)]
pub struct JointDensity {
    /// Quadrature, and a finer one.
    cells: [Cells; 2],
    /// Grid for wells, and its points.
    lattice: Lattice,
    grid: Vec<f64>,
    /// Ratio of the sampled density to the sought one, in the cells of both quadratures and on the grid.
    bias_factors: [Vec<f64>; 3],
    pub(super) scheme: SamplingScheme,
    pub(super) estimate: KernelEstimate,
    /// Fraction of the samples nearest to each point of the grid.
    sample_fractions: Vec<f64>,
    samples: usize,
    inputs: usize,
    /// Thermal energy in units of the potential.
    pub(super) kt: f64,
    /// Bias factors on the grid, zero beyond the outermost samples. Where samples are cut off, a smooth density is too high
    /// near the end and extends beyond it.
    inside_factors: Vec<f64>,
}

impl JointDensity {
    /// Prepares the normalization of densities fitted to samples.
    pub fn new(data: &Dataset, kt: f64) -> Self {
        let (domain, inputs) = (data.domain(), data.inputs());
        let bounds = Bounds { ends: &domain, periodic: &data.periodic() };
        let x = places(data);
        let scheme = SamplingScheme::new(&bounds, &x, data.shares().as_deref(), data.effective_numbers());
        let estimate = KernelEstimate::new(&x, &scheme, &(0..inputs).map(|k| data.period_length(k)).collect::<Vec<_>>());
        let cells = Cells::around(&domain, &x, &scheme.likelihood_weights, QUADRATURE_CELLS[inputs - 1]);
        let cells = [cells.clone(), cells.finer()];
        let lattice = Lattice::new(bounds, WELL_GRID_SIDES[inputs - 1]).with_walls(&data.walls);
        let grid = lattice.points();
        let bias_factors = [&cells[0].x, &cells[1].x, &grid].map(|places| scheme.bias_factors(places));
        let mut sample_fractions = vec![0.0; bias_factors[GRID_POINTS].len()];
        x.chunks_exact(inputs)
            .zip(&scheme.likelihood_weights)
            .for_each(|(x, share)| sample_fractions[lattice.nearest(x)] += share);
        let is_inside = |x: &[f64]| x.iter().zip(&scheme.range).all(|(x, [low, high])| low <= x && x <= high);
        let inside_factor = |(bias_factor, x): (&f64, &[f64])| if is_inside(x) { *bias_factor } else { 0.0 };
        let inside_factors = bias_factors[GRID_POINTS].iter().zip(grid.chunks_exact(inputs)).map(inside_factor).collect();
        Self {
            cells,
            lattice,
            grid,
            bias_factors,
            scheme,
            estimate,
            sample_fractions,
            samples: data.samples(),
            inputs,
            kt,
            inside_factors,
        }
    }

    /// Sentences on faulty weights: a bias that changes with time, or a single dominant row.
    pub fn weight_warnings(&self, data: &Dataset) -> Vec<String> {
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
        let drift = if self.scheme.is_biased() { None } else { sampling_scheme::drift(&bounds, &x, &in_order) };
        let heaviest = shares.iter().copied().fold(0.0, f64::max);
        let of_one = || {
            let row = shares.iter().position(|share| *share == heaviest).unwrap_or(0) + 1;
            format!(
                "Row {row} alone has {} % of all weight: the density hangs on single rows. If that is an error, leave the row out; if it is right, more \
                 samples are needed where weights are large.",
                number(100.0 * heaviest, 2)
            )
        };
        drift.map(of_bias).into_iter().chain((heaviest > DOMINANT_WEIGHT_FRACTION).then(of_one)).collect()
    }

    /// Sentence if the leave-one-out likelihood of a kernel estimate exceeds the likelihood of the fit by more than the
    /// cost of a well and two standard errors. The fit then misses a mode. There is none for correlated samples, because the neighbours of a
    /// sample in time make the estimate without this sample too high.
    pub fn kernel_warning(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> Option<String> {
        let KernelEstimate { x, shares, left_out, .. } = &self.estimate;
        let cells = &self.cells[FINE_CELLS];
        let masses = psi.evaluate(params, &cells.x).psi.into_iter().zip(&cells.sizes).zip(&self.bias_factors[FINE_CELLS]);
        let (psi_of_cells, sizes): (Vec<f64>, Vec<f64>) = masses.map(|((psi, size), factor)| (psi, size * factor)).unzip();
        let (lowest, sum) = self.integral(&psi_of_cells, sizes);
        let gains =
            psi.evaluate(params, x).psi.into_iter().zip(left_out).map(|(psi, log)| log - (lowest - psi) / self.kt + sum.ln());
        let gains: Vec<f64> = gains.collect();
        let mean_of = |of: &dyn Fn(f64) -> f64| gains.iter().zip(shares).map(|(&gain, share)| share * of(gain)).sum::<f64>();
        let gain = mean_of(&|gain| gain);
        let variance = mean_of(&|other| (other - gain).powi(2));
        let effective = self.scheme.effective.min(1.0 / shares.iter().map(|share| share * share).sum::<f64>());
        let needed = parameters_of_well(self.inputs) + KERNEL_STANDARD_ERRORS * (effective * variance).sqrt();
        (!self.scheme.is_correlated() && effective * gain > needed).then(|| {
            "The fit is less likely than a kernel estimate of the same samples: offer more modes, train longer, or try another seed.".into()
        })
    }

    /// Scaling of the samples: the unit of inputs is about half the width of a mode, the unit of the potential is kT.
    pub fn scaling(&self, data: &Dataset) -> Normalization {
        let input_shift = data.bounds().iter().map(|[low, high]| f64::midpoint(*low, *high)).collect();
        let scaling =
            Normalization { input_shift, input_scale: self.estimate.scales(), output_shift: 0.0, output_scale: self.kt };
        scaling.with_turns(&data.periods)
    }

    /// A subset of the samples, each with the potential of a kernel estimate there.
    pub fn kernel(&self, data: &Dataset) -> Dataset {
        let KernelEstimate { x, psi, .. } = &self.estimate;
        let x = ndarray::Array2::from_shape_vec((psi.len(), self.inputs), x.clone()).expect("a place for each value");
        // Under a bias, the sampled density times w is q up to a constant.
        let constant = mean(&Array1::from(self.scheme.log_weights(&self.estimate.x)).mapv_into(f64::exp)).ln();
        let y = psi.iter().map(|psi| self.kt * (psi + constant)).collect::<Array1<f64>>();
        Dataset { x, y, is_density: false, weights: Vec::new(), held_out: Vec::new(), ..data.clone() }
    }

    /// Logarithm of `Z`, the integral of `exp(-Psi/kT)` over the domain, and an estimate of its error: the difference from cells
    /// twice as wide.
    pub fn log_z(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> [f64; 2] {
        let [coarse, fine] = self.cells.each_ref().map(|cells| {
            let (lowest, sum) = self.integral(&psi.evaluate(params, &cells.x).psi, cells.sizes.iter().copied());
            sum.ln() - lowest / self.kt
        });
        [fine, (fine - coarse).abs()]
    }

    /// Smallest of the values of a potential in cells, and the integral of `exp(-psi/kT)` relative to it.
    fn integral(&self, psi: &[f64], sizes: impl IntoIterator<Item = f64>) -> (f64, f64) {
        let lowest = psi.iter().copied().fold(f64::INFINITY, f64::min);
        (lowest, psi.iter().zip(sizes).map(|(psi, size)| size * ((lowest - psi) / self.kt).exp()).sum())
    }

    /// Mean over all samples of the logarithm of the sampled density, with the normalization of the training.
    pub fn log_likelihood(&self, fit: &FitParams, data: &Dataset) -> f64 {
        let mut psi = Evaluator::<f32>::new(fit.arch, fit.scaling.clone(), Outputs::default());
        let params = narrow(fit.params);
        let cells = &self.cells[COARSE_CELLS];
        let sizes = cells.sizes.iter().zip(&self.bias_factors[COARSE_CELLS]).map(|(size, bias_factor)| bias_factor * size);
        let (lowest, sum) = self.integral(&psi.evaluate(&params, &cells.x).psi, sizes);
        let shares = &self.scheme.likelihood_weights;
        let mut mean = 0.0;
        for first in (0..data.samples()).step_by(ROWS_PER_EVALUATION) {
            let rows = first..(first + ROWS_PER_EVALUATION).min(data.samples());
            let x: Vec<f64> = data.x.slice(s![rows.clone(), ..]).iter().copied().collect();
            mean += psi.evaluate(&params, &x).psi.iter().zip(&shares[rows]).map(|(psi, share)| psi * share).sum::<f64>();
        }
        (lowest - mean) / self.kt - sum.ln()
    }

    /// Probability of each cell of a quadrature in the density and in the sampled density.
    fn probabilities(&self, cells: usize, psi: &mut Evaluator<f64>, params: &[f64]) -> [Vec<f64>; 2] {
        let (cells, bias_factors) = (&self.cells[cells], &self.bias_factors[cells]);
        let values = psi.evaluate(params, &cells.x).psi;
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let weight = |(psi, size): (&f64, &f64)| size * ((lowest - psi) / self.kt).exp();
        let weights: Vec<f64> = values.iter().zip(&cells.sizes).map(weight).collect();
        let biased: Vec<f64> = weights.iter().zip(bias_factors).map(|(weight, bias_factor)| weight * bias_factor).collect();
        [weights, biased].map(|weights| {
            let total: f64 = weights.iter().sum();
            weights.iter().map(|weight| weight / total).collect()
        })
    }

    /// Region in which the samples contradict a fit, if there is one.
    pub fn lack_of_fit(&self, psi: &mut Evaluator<f64>, params: &[f64], data: &Dataset) -> Option<MisfitRegion> {
        let (domain, cells) = (data.domain(), &self.cells[FINE_CELLS]);
        let bounds = Bounds { ends: &domain, periodic: &data.periodic() };
        // Narrow regions hold none or many of rounded values.
        let mut x = places(data).into_owned();
        for k in 0..self.inputs {
            let along = || data.x.column(k).into_iter().copied();
            GroupedValues::from_column(along()).spread(k, x.iter_mut().skip(k).step_by(self.inputs));
            if let Some(range) = data.period(k) {
                x.iter_mut().skip(k).step_by(self.inputs).for_each(|x| *x = image(*x, range));
            }
        }
        let [_, probabilities] = self.probabilities(FINE_CELLS, psi, params);
        let samples = [&x[..], &self.scheme.likelihood_weights];
        lack_of_fit::least_likely(&bounds, [&cells.x, &cells.widths], &probabilities, samples, self.scheme.effective)
    }

    /// Uncertainty of a fit from the information of its samples.
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
        let cells = scaled(&self.cells[COARSE_CELLS].x);
        let [density, biased] = self.probabilities(COARSE_CELLS, psi, params);
        let every = data.samples().div_ceil(MAX_DERIVATIVE_ROWS);
        let subset: Vec<f64> = data.x.rows().into_iter().step_by(every).flat_map(|row| row.to_vec()).collect();
        let shares: Vec<f64> = self.scheme.likelihood_weights.iter().copied().step_by(every).collect();
        let points = [(&cells[..], &biased[..]), (&scaled(&subset)[..], &shares[..])];
        Uncertainty::of_density(arch, scaling, params, points, &density, self.scheme.effective)
    }

    /// Metrics of a density besides those of its potential, with the probabilities of the basins of these minima.
    pub fn metrics(&self, psi: &mut Evaluator<f64>, params: &[f64], minima: &[Minimum]) -> JointMetrics {
        let [_, log_z_error] = self.log_z(psi, params);
        let values: Vec<f64> = psi.evaluate(params, &self.grid).psi.iter().map(|psi| psi / self.kt).collect();
        let populations = populations(&values, &self.basins(&values, minima), minima.len());
        let largest = populations.iter().copied().fold(0.0, f64::max);
        let free_energy = |&population: &f64| if population > 0.0 { -self.kt * (population / largest).ln() } else { f64::NAN };
        let free_energies = populations.iter().map(free_energy).collect();
        JointMetrics {
            samples: self.samples,
            effective_samples: self.scheme.effective,
            is_biased: self.scheme.is_biased(),
            log_z_error,
            populations,
            free_energies,
            ..JointMetrics::default()
        }
    }

    /// Index of the minimum to whose basin each grid point belongs.
    fn basins(&self, values: &[f64], minima: &[Minimum]) -> Vec<Option<usize>> {
        let wells = minima.iter().map(|minimum| (self.lattice.nearest(&minimum.x), minimum.supported)).collect::<Vec<_>>();
        basins_of_wells(values, &self.lattice, &wells)
    }

    /// Returns a test of positions. It passes where the sampled density is at least its maximum over the effective number.
    pub fn sampled_places<'a>(&'a self, psi: &mut Evaluator<f64>, params: &[f64]) -> impl Fn(&[f64]) -> bool + use<'a> {
        let values = psi.evaluate(params, &self.grid).psi.into_iter().zip(&self.bias_factors[GRID_POINTS]);
        let logarithms: Vec<f64> = values.map(|(psi, bias_factor)| bias_factor.ln() - psi / self.kt).collect();
        let peak = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        move |x| logarithms[self.lattice.nearest(x)] >= peak - self.scheme.effective.ln()
    }

    /// Constant by which a fit lies above `-kT log q`.
    pub fn offset(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> f64 {
        -self.kt * self.log_z(psi, params)[0]
    }

    /// Minima of a fit on the grid, whether the samples support each at 95 %, and the values on the grid in units of kT.
    fn grid_wells(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> (Vec<(GridWell, bool)>, Vec<f64>) {
        let values: Vec<f64> = psi.evaluate(params, &self.grid).psi.iter().map(|psi| psi / self.kt).collect();
        let bias_factors = &self.bias_factors[GRID_POINTS];
        let fit = GridDensity { psi: &values, bias_factors, lattice: &self.lattice, samples: self.scheme.prior_samples };
        let minima = fit.minima();
        let supported = GridDensity { samples: self.scheme.effective, bias_factors: &self.inside_factors, ..fit }
            .supported(&minima, &self.sample_fractions);
        (minima.into_iter().zip(supported).collect(), values)
    }

    /// Minimum on the grid to which a descent from a point leads.
    fn grid_well<'a>(&self, wells: &'a [(GridWell, bool)], values: &[f64], x: &[f64]) -> Option<&'a (GridWell, bool)> {
        let mut at = self.lattice.nearest(x);
        let below = |at: usize| {
            let lower = self.lattice.neighbours(at).into_iter().filter(|&k| k < values.len() && values[k] < values[at]);
            lower.min_by(|&a, &b| values[a].total_cmp(&values[b]))
        };
        while let Some(next) = below(at) {
            at = next;
        }
        wells.iter().find(|(well, _)| well.index == at)
    }

    /// Returns true if the samples are about as likely without a minimum of a fit, so that it counts as no well.
    pub fn is_ripple(&self, psi: &mut Evaluator<f64>, params: &[f64], x: &[f64]) -> bool {
        let (wells, values) = self.grid_wells(psi, params);
        self.grid_well(&wells, &values, x).is_none_or(|(well, _)| well.evidence <= MIN_WELL_EVIDENCE)
    }

    /// Marks the minima of a fit without support by its samples.
    pub fn mark_unsupported(&self, psi: &mut Evaluator<f64>, params: &[f64], minima: &mut [Minimum]) {
        let (grid_wells, values) = self.grid_wells(psi, params);
        let lowest = minima.iter().map(|minimum| minimum.value).fold(f64::INFINITY, f64::min);
        let has_wells = grid_wells.iter().any(|(_, is_supported)| *is_supported);
        for minimum in minima {
            let found = self.grid_well(&grid_wells, &values, &minimum.x);
            minimum.supported = has_wells && minimum.value <= lowest || found.is_some_and(|(_, supported)| *supported);
        }
    }

    /// Smallest barrier of a well: between the barriers of supported and unsupported minima.
    pub fn threshold(&self, psi: &mut Evaluator<f64>, params: &[f64]) -> f64 {
        let (real, others): (Vec<_>, Vec<_>) = self.grid_wells(psi, params).0.into_iter().partition(|(_, supported)| *supported);
        let least = real.iter().map(|(minimum, _)| minimum.barrier).fold(f64::INFINITY, f64::min);
        let most = others.iter().map(|(minimum, _)| minimum.barrier).filter(|&barrier| barrier < least).fold(0.0, f64::max);
        self.kt * if least.is_finite() { f64::midpoint(most, least) } else { most }
    }
}
