//! What a fit is judged by: errors, counts and landscape, in the data's own units and in `f64`; and the curves that are drawn.

use ndarray::{Array1, Array2, s};

use crate::SYSTEMS;
use crate::data::{self, Dataset};
use crate::landscape::{self, ACTIVE_GATE, CriticalPoint, Extrema, Match, Minimum, symmetric};
use crate::model::lse::gate;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Parts, declared};
use crate::model::{Architecture, Param};
use crate::numerics::statistics::relative_error;
use crate::potentials::Potential;
use crate::potentials::sampling;
use crate::problem::Report;
use crate::train::history::Reading;

/// Points of the drawn grid.
const GRID: usize = 401;
/// Points on which a fit of a known potential is compared with it.
const TEST_POINTS: usize = 200;
/// Most points on which responsibilities are looked at while training.
const READING_POINTS: usize = 200;
/// Starting points of the search for minima in more than one dimension; and how many of them a quick search takes, others each time,
/// besides the minima that it knows.
const STARTS: usize = 128;
const QUICK: usize = 16;

/// How carefully minima are searched for in more than one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// From everywhere.
    Thorough,
    /// From those known and from a few places, others each time: it may see a new one a few searches late.
    Quick,
    /// From those known only, so that they are followed from one state to the next at little cost.
    Known,
}

/// Evaluates the parameters of a run.
#[derive(Debug)]
pub struct Evaluation {
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
    /// Whether the potential is known up to a constant only.
    floats: bool,
    /// Places along the trajectory of the truth and its gradients there; how many lie inside, to t = 0.6, and in all.
    path: (Vec<f64>, Vec<f64>, [usize; 3]),
    /// Whether minima on the faces of the box count.
    walls: bool,
    drawn: Evaluator<f32>,
    value: Evaluator<f64>,
    slope: Evaluator<f64>,
    with_modes: Evaluator<f64>,
    curved: Evaluator<f64>,
    /// The constant found with the last report.
    last_offset: f64,
    /// Minima of the truth, if it is known.
    truth: Option<Vec<Minimum>>,
    /// Places of the minima found with it, one after another, and how many quick searches there have been.
    known: (Vec<f64>, usize),
    maxima: Vec<CriticalPoint>,
    mode_of_minimum: Vec<usize>,
    largest_responsibilities: Vec<f64>,
}

impl Evaluation {
    /// Prepares to judge fits of one architecture to some data; errors are measured against `truth` if it is known, else on the
    /// data.
    pub fn new(arch: &Architecture, scaling: &Normalization, data: &Dataset, truth: Option<&dyn Potential>) -> Self {
        let params = declared(arch);
        let bounds = truth.map_or_else(|| data.bounds(), <dyn Potential>::bounds);
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
            floats: data.gradient.is_some(),
            path: truth.map(path).unwrap_or_default(),
            walls: truth.is_some_and(Potential::has_walls),
            bounds,
            drawn: of_f32,
            value: of(false, false),
            slope: of(true, false),
            with_modes: of(false, true),
            curved: Evaluator::new(arch, scaling.clone(), Parts { hessian: true, ..Parts::default() }),
            truth: truth.map(|truth| landscape::of_truth(truth, least).minima),
            last_offset: 0.0,
            known: (Vec::new(), 0),
            maxima: Vec::new(),
            mode_of_minimum: Vec::new(),
            largest_responsibilities: Vec::new(),
        }
    }

    /// The same, measuring errors on these samples.
    pub fn on(self, test: Dataset) -> Self {
        Self { test, ..self }
    }

    /// The constant by which a fit of the gradient alone lies above the truth on average, or above zero if that is not known.
    pub fn offset(&self, fit: &mut crate::model::Potential) -> f64 {
        if !self.floats {
            return 0.0;
        }
        let x: Vec<f64> = self.test.x.iter().copied().collect();
        self.offset_of(&Array1::from_vec(fit.values(&x, Parts::default()).psi))
    }

    fn offset_of(&self, psi: &Array1<f64>) -> f64 {
        if !self.floats {
            return 0.0;
        }
        let above = if self.test.has_values() { psi - &self.test.y } else { psi.clone() };
        data::mean(&above)
    }

    /// The constant by which the fit lay above the truth at the last report: zero unless its gradient alone is learnt.
    pub fn last_offset(&self) -> f64 {
        self.last_offset
    }

    /// The samples that errors are measured on.
    pub fn held_out(&self) -> &Dataset {
        &self.test
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

    /// Minima of the truth, if it is known.
    pub fn truth(&self) -> Option<&[Minimum]> {
        self.truth.as_deref()
    }

    /// Maxima found with the last report.
    pub fn maxima(&self) -> &[CriticalPoint] {
        &self.maxima
    }

    /// For each minimum of the last report, the mode most responsible there.
    pub fn mode_of_minimum(&self) -> &[usize] {
        &self.mode_of_minimum
    }

    /// For each mode, the largest responsibility found with the last report.
    pub fn largest_responsibilities(&self) -> &[f64] {
        &self.largest_responsibilities
    }

    /// What the history notes at an epoch.
    pub fn reading(&mut self, params: &[f32]) -> Reading {
        let values = self.drawn.evaluate(params, &self.reading_points);
        let largest_responsibilities = landscape::largest_responsibilities(&values.responsibilities, self.modes);
        let gates: Vec<f64> = params[self.a.range()].iter().map(|&a| gate(f64::from(a))).collect();
        Reading {
            responsible: landscape::responsible_modes(&largest_responsibilities),
            active: gates.iter().filter(|&&g| g > ACTIVE_GATE).count(),
            rho: f64::from(params[self.rho]) / self.output_scale,
            gates,
        }
    }

    /// Appends the curves on the grid at the parameters of the last report: the fit, then each mode's own curve, then each mode's
    /// responsibility. The constant of that report is taken from the first two, as from its minima.
    pub fn curves(&mut self, params: &[f32], numbers: &mut Vec<f32>) {
        let (values, offset) = (self.drawn.evaluate(params, &self.grid), self.last_offset);
        numbers.extend(values.psi.iter().map(|&v| (v - offset) as f32));
        for (table, offset) in [(&values.curves, offset), (&values.responsibilities, 0.0)] {
            for mode in 0..self.modes {
                numbers.extend(table.iter().skip(mode).step_by(self.modes).map(|&v| (v - offset) as f32));
            }
        }
    }

    /// Errors, counts and landscape; what only the run knows is left at its default.
    pub fn report(&mut self, params: &[f64], search: Search) -> Report {
        let test: Vec<f64> = self.test.x.iter().copied().collect();
        let values = if self.floats { self.slope.evaluate(params, &test) } else { self.value.evaluate(params, &test) };
        let psi = Array1::from_vec(values.psi);
        let offset = self.offset_of(&psi);
        self.last_offset = offset;
        let psi = psi - offset;
        let components = self.components(&values.gradient);
        if !self.test.has_values() {
            // The scale that barriers are measured by is the fit's own.
            self.threshold = [data::standard_deviation(&psi), 0.0];
        }
        let (mse, r2) = match (self.test.has_values(), components.as_slice()) {
            (true, _) => data::errors(psi.iter().zip(&self.test.y)),
            (false, components) => (mean_of(components, |c| c.0), mean_of(components, |c| c.1)),
        };
        let trajectory_error = self.along_path(params);

        let looked_at = if self.grid.is_empty() { &self.reading_points } else { &self.grid };
        let responsibilities = self.with_modes.evaluate(params, looked_at).responsibilities;
        self.largest_responsibilities = landscape::largest_responsibilities(&responsibilities, self.modes);

        let Extrema { mut minima, mut maxima, .. } = self.extrema(params, search);
        for m in &mut minima {
            m.value -= offset;
        }
        for m in &mut maxima {
            m.value -= offset;
        }
        self.maxima = maxima;
        let places: Vec<f64> = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
        let hessians = self.curved.evaluate(params, &places).hessian;
        for (minimum, hessian) in minima.iter_mut().zip(hessians.chunks(self.bounds.len().pow(2))) {
            minimum.curvatures = symmetric(hessian).into_iter().map(|pair| pair.0).collect();
        }
        // Of several inputs barriers are known to a survey alone: until then every minimum found counts.
        let [std, sigma] = self.threshold;
        let wells = if self.walls || self.bounds.len() > 1 { minima.len() } else { landscape::wells(&minima, std, sigma) };
        let is_known = self.floats && self.test.has_values();
        let gates: Vec<f64> = params[self.a.range()].iter().map(|&a| gate(a)).collect();
        let mut report = Report {
            rmse: mse.sqrt(),
            r2,
            r2_components: components.iter().map(|c| c.1).collect(),
            rmse_components: components.iter().map(|c| c.0.sqrt()).collect(),
            r2_potential: is_known.then_some(r2),
            potential_offset: self.floats.then_some(offset),
            trajectory_error,
            rho: params[self.rho] / self.output_scale,
            active_gates: gates.iter().filter(|&&g| g > ACTIVE_GATE).count(),
            gates,
            responsible_modes: landscape::responsible_modes(&self.largest_responsibilities),
            ..Report::default()
        };
        self.take_minima(params, minima, wells, &mut report);
        report
    }

    /// Puts minima into a report, and how many of them are wells: those of a search, or of a survey of the same parameters.
    pub fn take_minima(&mut self, params: &[f64], minima: Vec<Minimum>, wells: usize, report: &mut Report) {
        let places: Vec<f64> = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
        let at_minima = self.with_modes.evaluate(params, &places).responsibilities;
        self.mode_of_minimum = at_minima.chunks(self.modes).map(largest).collect();
        self.known.0 = places;
        let (truth, threshold, width) = (self.truth.as_deref(), self.threshold(), landscape::diameter(&self.bounds));
        let worst = |of: fn(&Match) -> Option<f64>| landscape::worst(&minima, truth?, threshold, width, of);
        (report.location_error, report.barrier_error) = (worst(|m| m.location_error), worst(|m| m.barrier_error));
        report.value_error = worst(|m| m.value_error);
        let is_well = |m: &&Minimum| m.barrier.map_or(self.walls, |b| b > threshold);
        report.true_wells = truth.map(|truth| truth.iter().filter(is_well).count());
        (report.minima, report.wells) = (minima, wells);
    }

    /// Which of the minima of a report answers to which of the truth, with their errors; empty if the truth is not known.
    pub fn matches(&self, minima: &[Minimum]) -> Vec<Match> {
        let of = |truth: &Vec<Minimum>| landscape::matches(minima, truth, landscape::diameter(&self.bounds));
        self.truth.as_ref().map(of).unwrap_or_default()
    }

    /// Mean squared error and coefficient of determination of each component of the gradient, from the fit's `[samples, inputs]`.
    fn components(&self, found: &[f64]) -> Vec<(f64, f64)> {
        let Some(gradient) = &self.test.gradient else { return Vec::new() };
        let inputs = gradient.ncols();
        let one = |k: usize| data::errors(found.iter().skip(k).step_by(inputs).zip(gradient.column(k)));
        (0..inputs).map(one).collect()
    }

    /// Relative errors of the gradient along the truth's trajectory.
    fn along_path(&mut self, params: &[f64]) -> Vec<f64> {
        let (places, truth, counts) = &self.path;
        if places.is_empty() {
            return Vec::new();
        }
        let found = self.slope.evaluate(params, places).gradient;
        let one = |&count: &usize| {
            let len = count * self.bounds.len();
            relative_error(&found[..len], &truth[..len])
        };
        counts.iter().map(one).collect()
    }

    /// How many maxima the fit has inside the domain.
    pub fn count_maxima(&mut self, params: &[f64]) -> usize {
        let inputs = self.bounds.len();
        if inputs == 1 || !SYSTEMS {
            return self.maxima.len();
        }
        let mut surface = surface(&mut self.slope, params, inputs);
        let starts = landscape::starting_points(&self.bounds, STARTS);
        let upside_down = |x: &Array2<f64>| {
            let (values, slopes) = surface(x);
            (-values, -slopes)
        };
        landscape::minima(&self.bounds, &starts, upside_down).len()
    }

    fn extrema(&mut self, params: &[f64], search: Search) -> Extrema {
        let threshold = self.threshold();
        let slope = &mut self.slope;
        if let [domain] = self.bounds[..] {
            return landscape::extrema_above(domain, GRID, threshold, |xs| {
                let values = slope.evaluate(params, xs);
                (values.psi, values.gradient)
            });
        }
        if !SYSTEMS {
            return Extrema::default();
        }
        let inputs = self.bounds.len();
        let mut starts = landscape::starting_points(&self.bounds, STARTS);
        let (known, searches) = &mut self.known;
        if search != Search::Thorough && !known.is_empty() {
            let mut places = known.clone();
            if search == Search::Quick {
                let first = QUICK * (*searches % (STARTS / QUICK));
                places.extend(starts.slice(s![first..first + QUICK, ..]));
                *searches += 1;
            }
            starts = Array2::from_shape_vec((places.len() / inputs, inputs), places).expect("whole places");
        }
        let mut surface = surface(slope, params, inputs);
        let minima = if self.walls {
            landscape::minima_with_faces(&self.bounds, &starts, &mut surface)
        } else {
            landscape::minima(&self.bounds, &starts, surface)
        };
        Extrema { minima, ..Extrema::default() }
    }
}

/// A fit as what minima are searched on.
fn surface<'a>(
    slope: &'a mut Evaluator<f64>,
    params: &'a [f64],
    inputs: usize,
) -> impl FnMut(&Array2<f64>) -> (Array1<f64>, Array2<f64>) + 'a {
    move |x| {
        let flat: Vec<f64> = x.iter().copied().collect();
        let values = slope.evaluate(params, &flat);
        let gradient = Array2::from_shape_vec((x.nrows(), inputs), values.gradient).expect("one gradient a point");
        (Array1::from_vec(values.psi), gradient)
    }
}

fn mean_of<T: Copy>(items: &[T], of: impl Fn(T) -> f64) -> f64 {
    items.iter().map(|&item| of(item)).sum::<f64>() / items.len().max(1) as f64
}

/// Points along the trajectory of a benchmark.
const ALONG: usize = 101;

fn path(truth: &dyn Potential) -> (Vec<f64>, Vec<f64>, [usize; 3]) {
    let (mut places, mut gradients, mut counts) = (Vec::new(), Vec::new(), [0; 3]);
    for t in (0..ALONG).map(|k| k as f64 / (ALONG - 1) as f64) {
        let Some((x, leaves)) = truth.trajectory(t) else { break };
        gradients.extend(truth.gradient(&x));
        places.extend(x);
        for (count, end) in counts.iter_mut().zip([leaves, 0.6, 1.0]) {
            *count += usize::from(t <= end + 1e-12);
        }
    }
    (places, gradients, counts)
}

fn largest(values: &[f64]) -> usize {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}
