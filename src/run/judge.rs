//! What a fit is judged by: errors, counts and landscape, in the data's own units and in `f64`; and the curves that are drawn.

use ndarray::{Array1, Array2};

use super::Report;
use super::training::{ACTIVE_GATE, reading};
use crate::data::{self, Dataset, sampling};
use crate::landscape::{self, Extrema, Maximum, Minimum, symmetric};
use crate::nn::lse::gate;
use crate::nn::model_file::FileScaling;
use crate::nn::potential::{Evaluator, Parts, declared};
use crate::nn::{Architecture, Param};
use crate::potentials::Potential;
use crate::train::history::Reading;

/// Points of the drawn grid.
const GRID: usize = 401;
/// Points on which a fit of a known potential is compared with it.
const TEST_POINTS: usize = 200;
/// Most points on which responsibilities are looked at while training.
const READING_POINTS: usize = 200;
/// Starting points of the search for minima in more than one dimension.
const STARTS: usize = 128;

/// Evaluates the parameters of a run.
#[derive(Debug)]
pub struct Judge {
    modes: usize,
    a: Param,
    rho: usize,
    output_scale: f64,
    bounds: Vec<[f64; 2]>,
    grid: Vec<f64>,
    /// Points `[points, inputs]` for the responsibilities in the history.
    reading_points: Vec<f64>,
    /// Points and values that errors are measured on.
    test: Dataset,
    threshold: [f64; 2],
    drawn: Evaluator<f32>,
    value: Evaluator<f64>,
    slope: Evaluator<f64>,
    with_modes: Evaluator<f64>,
    curved: Evaluator<f64>,
    /// Minima of the truth, if it is known.
    truth: Option<Vec<Minimum>>,
    maxima: Vec<Maximum>,
    mode_of_minimum: Vec<usize>,
    reach: Vec<f64>,
}

impl Judge {
    /// Prepares to judge fits of one architecture to some data; errors are measured against `truth` if it is known, else on the
    /// data.
    pub fn new(arch: &Architecture, scaling: &FileScaling, data: &Dataset, truth: Option<&dyn Potential>) -> Self {
        let params = declared(arch);
        let bounds = truth.map_or_else(|| data.bounds(), |truth| truth.bounds());
        let line = |points: usize| Array1::linspace(bounds[0][0], bounds[0][1], points).to_vec();
        let single = arch.inputs == 1;
        let grid = if single { line(GRID) } else { Vec::new() };
        let reading_points = if single {
            line(READING_POINTS)
        } else {
            let every = data.samples().div_ceil(READING_POINTS).max(1);
            data.x.rows().into_iter().step_by(every).flat_map(|row| row.to_vec()).collect()
        };
        let of = |gradient, modes| Evaluator::new(arch, scaling.clone(), Parts { gradient, modes, ..Parts::default() });
        let of_f32 = Evaluator::new(arch, scaling.clone(), Parts { modes: true, ..Parts::default() });
        let threshold = [data.std(), data.sigma()];
        let least = landscape::well_threshold(threshold[0], threshold[1]);
        Self {
            modes: arch.modes,
            a: params.get("a").expect("an LSE-ICNN has gates").clone(),
            rho: params.get("rho").expect("an LSE-ICNN has a sharpness").offset,
            output_scale: scaling.output_scale,
            grid,
            reading_points,
            test: truth.map_or_else(|| data.clone(), |truth| sampling::evenly_spaced(truth, TEST_POINTS)),
            threshold,
            bounds,
            drawn: of_f32,
            value: of(false, false),
            slope: of(true, false),
            with_modes: of(false, true),
            curved: Evaluator::new(arch, scaling.clone(), Parts { hessian: true, ..Parts::default() }),
            truth: truth.map(|truth| landscape::of_truth(truth, least).minima),
            maxima: Vec::new(),
            mode_of_minimum: Vec::new(),
            reach: Vec::new(),
        }
    }

    /// The sampled domain: `[low, high]` for each input.
    pub fn bounds(&self) -> &[[f64; 2]] {
        &self.bounds
    }

    /// The grid that curves are drawn on; empty if there is more than one input.
    pub fn grid(&self) -> &[f64] {
        &self.grid
    }

    /// The points that errors are measured on, `[points, inputs]`, and the values there.
    pub fn test(&self) -> (Vec<f64>, Vec<f64>) {
        (self.test.x.iter().copied().collect(), self.test.y.to_vec())
    }

    /// Points over the sampled domain, `[points, inputs]`: the drawn grid, or some of the data.
    pub fn over_domain(&self) -> &[f64] {
        if self.grid.is_empty() { &self.reading_points } else { &self.grid }
    }

    /// The least barrier of a well.
    pub fn threshold(&self) -> f64 {
        let [std, sigma] = self.threshold;
        landscape::well_threshold(std, sigma)
    }

    /// Maxima found with the last report.
    pub fn maxima(&self) -> &[Maximum] {
        &self.maxima
    }

    /// For each minimum of the last report, the mode most responsible there.
    pub fn mode_of_minimum(&self) -> &[usize] {
        &self.mode_of_minimum
    }

    /// For each mode, the largest responsibility found with the last report.
    pub fn reach(&self) -> &[f64] {
        &self.reach
    }

    /// What the history notes at an epoch.
    pub fn reading(&mut self, params: &[f32]) -> Reading {
        let values = self.drawn.evaluate(params, &self.reading_points);
        let reach = landscape::reach(&values.responsibilities, self.modes);
        reading(&params[self.a.range()], f64::from(params[self.rho]) / self.output_scale, &reach)
    }

    /// Appends the curves on the grid: the fit, then each mode's own curve, then each mode's responsibility.
    pub fn curves(&mut self, params: &[f32], numbers: &mut Vec<f32>) {
        let values = self.drawn.evaluate(params, &self.grid);
        numbers.extend(values.psi.iter().map(|&v| v as f32));
        for table in [&values.curves, &values.responsibilities] {
            for mode in 0..self.modes {
                numbers.extend(table.iter().skip(mode).step_by(self.modes).map(|&v| v as f32));
            }
        }
    }

    /// Errors, counts and landscape; what only the run knows is left at its default.
    pub fn report(&mut self, params: &[f64]) -> Report {
        let test: Vec<f64> = self.test.x.iter().copied().collect();
        let psi = Array1::from_vec(self.value.evaluate(params, &test).psi);
        let errors = &psi - &self.test.y;
        let mse = errors.mapv(|e| e * e).mean().unwrap_or(0.0);
        let spread = data::standard_deviation(&self.test.y);

        let looked_at = if self.grid.is_empty() { &self.reading_points } else { &self.grid };
        let responsibilities = self.with_modes.evaluate(params, looked_at).responsibilities;
        self.reach = landscape::reach(&responsibilities, self.modes);

        let Extrema { mut minima, maxima } = self.extrema(params);
        let places: Vec<f64> = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
        let at_minima = self.with_modes.evaluate(params, &places).responsibilities;
        self.mode_of_minimum = at_minima.chunks(self.modes).map(largest).collect();
        let hessians = self.curved.evaluate(params, &places).hessian;
        for (minimum, hessian) in minima.iter_mut().zip(hessians.chunks(self.bounds.len().pow(2))) {
            minimum.curvatures = symmetric(hessian).into_iter().map(|pair| pair.0).collect();
        }
        self.maxima = maxima;
        let (truth, threshold, width) = (self.truth.as_deref(), self.threshold(), self.bounds[0][1] - self.bounds[0][0]);
        let errors = truth.and_then(|truth| landscape::worst_errors(&minima, truth, threshold, width));
        let is_well = |m: &&Minimum| m.barrier.is_some_and(|b| b > threshold);

        let gates: Vec<f64> = params[self.a.range()].iter().map(|&a| gate(a)).collect();
        let [std, sigma] = self.threshold;
        Report {
            rmse: mse.sqrt(),
            r2: 1.0 - mse / (spread * spread).max(f64::MIN_POSITIVE),
            rho: params[self.rho] / self.output_scale,
            active_gates: gates.iter().filter(|&&g| g > ACTIVE_GATE).count(),
            gates,
            responsible_modes: landscape::responsible_modes(&self.reach),
            wells: landscape::wells(&minima, std, sigma),
            true_wells: truth.map(|truth| truth.iter().filter(is_well).count()),
            location_error: errors.map(|e| e[0]),
            barrier_error: errors.map(|e| e[1]),
            minima,
            ..Report::default()
        }
    }

    fn extrema(&mut self, params: &[f64]) -> Extrema {
        let threshold = self.threshold();
        let slope = &mut self.slope;
        if let [domain] = self.bounds[..] {
            return landscape::extrema_above(domain, GRID, threshold, |xs| {
                let values = slope.evaluate(params, xs);
                (values.psi, values.gradient)
            });
        }
        let starts = landscape::starting_points(&self.bounds, STARTS);
        let inputs = self.bounds.len();
        let minima = landscape::minima(&self.bounds, &starts, |x| {
            let flat: Vec<f64> = x.iter().copied().collect();
            let values = slope.evaluate(params, &flat);
            let gradient = Array2::from_shape_vec((x.nrows(), inputs), values.gradient).expect("one gradient a point");
            (Array1::from_vec(values.psi), gradient)
        });
        Extrema { minima, maxima: Vec::new() }
    }
}

fn largest(values: &[f64]) -> usize {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}
