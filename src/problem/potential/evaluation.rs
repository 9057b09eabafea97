//! The evaluation of a fit: errors, counts and minima, in the data's own units and in `f64`; and the curves that are drawn.

use std::cell::RefCell;

use ndarray::{Array1, Array2, ArrayView1, Axis, s};

use super::along::AlongPath;
use super::joint::Joint;
use super::large::Fit;
use super::metrics::{JointMetrics, PotentialMetrics};
use crate::data::{self, Dataset, noise};
use crate::landscape::support::recall;
use crate::landscape::uncertainty::Uncertainty;
use crate::landscape::{
    self, ACTIVE_GATE, Bounds, CriticalPoint, EnergyPath, Extrema, Match, Merge, Minimum, WELL_OF_NOISE, symmetric,
};
use crate::model::lse::gate;
use crate::model::model_file::{ModelFile, Normalization};
use crate::model::potential::{Evaluator, Outputs, Values, declared};
use crate::model::{Architecture, Param};
use crate::numerics::accuracy::{Accuracy, Precision};
use crate::numerics::statistics::order;
use crate::potentials::KnownPotential;
use crate::potentials::sampling;
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
/// Number of inputs above which the search for maxima is a quick one.
const FEW: usize = 10;

/// Number of derivatives that all have one sign by chance with a probability below 5 %, one in two to this power.
const SAME_SIGN: usize = 5;

/// Where minima are searched for in more than one dimension.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// From starting points everywhere.
    Thorough,
    /// From the places of known minima, one after another, so that these are followed from one state to the next at little cost. With a
    /// count of earlier searches also from a few other points, others each time: such a search may find a new minimum a few searches late.
    Near(Vec<f64>, Option<usize>),
}

/// What has been found out about the parameters of a run, besides its metrics.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// The constant by which the fit lies above the truth, or above zero if the truth is not known; zero unless the gradient is learnt from.
    pub offset: f64,
    /// Saddles; of a curve, the maxima between its minima. Empty in several inputs, where a survey searches for them.
    pub saddles: Vec<CriticalPoint>,
    /// For each minimum the mode that is most responsible there.
    pub mode_of_minimum: Vec<usize>,
    /// For each mode the largest responsibility that it has in the sampled domain.
    pub largest_responsibilities: Vec<f64>,
    /// Smallest barrier of a well of these parameters, if that has been judged.
    pub threshold: Option<f64>,
    /// Minimum energy paths between the minima, and the tree of their merges, once a survey has searched for them.
    pub paths: Option<Vec<EnergyPath>>,
    /// The merges of the minima along the paths.
    pub merges: Vec<Merge>,
}

/// Evaluates the parameters of a run. What is compiled is kept between calls; nothing else is.
#[derive(Debug)]
pub struct Evaluation {
    modes: usize,
    a: Param,
    rho: usize,
    output_scale: f64,
    bounds: Vec<[f64; 2]>,
    /// Which inputs are periodic; empty if none is.
    periodic: Vec<bool>,
    grid: Vec<f64>,
    /// Points `[points, inputs]` for the responsibilities in the history.
    reading_points: Vec<f64>,
    /// Points and values that errors are measured on.
    test: Dataset,
    /// Their weights, if they do not count alike.
    weights: Option<Vec<f64>>,
    /// The least barrier of a well, by the values of the data.
    threshold: f64,
    /// Minima that are no wells by the file of a model without data.
    unsupported: Vec<Vec<f64>>,
    /// True if it is shown without the data that it was learnt from; and its accuracy, if the file states one.
    is_model: bool,
    kept: Option<Accuracy>,
    /// Whether the potential is known up to a constant only.
    floats: bool,
    along: Option<AlongPath>,
    /// How a density is normalised, if samples of one are learnt from.
    joint: Option<Joint>,
    /// Whether minima on the faces of the box count.
    walls: bool,
    /// Of a density, for each input whether its domain ends at a bound of the quantity.
    bounded: Vec<[bool; 2]>,
    drawn: RefCell<Evaluator<f32>>,
    /// Values, and the gradient if that is learnt from, of some of very many rows: for speed, as those of all at the end.
    quick: Option<RefCell<Evaluator<f32>>>,
    value: RefCell<Evaluator<f64>>,
    slope: RefCell<Evaluator<f64>>,
    with_modes: RefCell<Evaluator<f64>>,
    curved: RefCell<Evaluator<f64>>,
    /// Minima of the truth, if it is known.
    truth: Option<Vec<Minimum>>,
}

impl Evaluation {
    /// Prepares to evaluate fits of one architecture to some data; errors are measured against `truth` if it is known, else on the data, or on `some`
    /// of them if they are very many.
    pub fn new(
        arch: &Architecture,
        scaling: &Normalization,
        data: &Dataset,
        some: &Dataset,
        truth: Option<&dyn KnownPotential>,
    ) -> Self {
        let params = declared(arch);
        let bounds = truth.map_or_else(|| data.domain(), <dyn KnownPotential>::bounds);
        let line = |points: usize| Array1::linspace(bounds[0][0], bounds[0][1], points).to_vec();
        let single = arch.inputs == 1;
        let grid = if single { line(GRID) } else { Vec::new() };
        let reading_points = if single {
            line(READING_POINTS)
        } else {
            let every = data.samples().div_ceil(READING_POINTS).max(1);
            data.x.rows().into_iter().step_by(every).flat_map(|row| row.to_vec()).collect()
        };
        let of = |parts| RefCell::new(Evaluator::new(arch, scaling.clone(), parts));
        let with_modes = Outputs { modes: true, ..Outputs::default() };
        let threshold = landscape::well_threshold(data.std(), some.sigma());
        Self {
            modes: arch.modes,
            a: params.get("a").expect("an LSE-ICNN has gates").clone(),
            rho: params.get("rho").expect("an LSE-ICNN has a sharpness").offset,
            output_scale: scaling.output_scale,
            grid,
            reading_points,
            test: truth.map_or_else(|| some.clone(), |truth| sampling::evenly_spaced(truth, TEST_POINTS)),
            weights: some.row_weights().filter(|_| truth.is_none()),
            threshold,
            unsupported: Vec::new(),
            is_model: false,
            kept: None,
            floats: data.gradient.is_some(),
            along: truth.and_then(AlongPath::new),
            joint: None,
            walls: truth.is_some_and(KnownPotential::has_walls) || !data.walls.is_empty(),
            bounded: data.walls.clone(),
            bounds,
            periodic: arch.periodic.clone(),
            drawn: RefCell::new(Evaluator::new(arch, scaling.clone(), with_modes)),
            quick: (some.samples() < data.samples()).then(|| {
                let parts = Outputs { gradient: data.gradient.is_some(), ..Outputs::default() };
                RefCell::new(Evaluator::new(arch, scaling.clone(), parts))
            }),
            value: of(Outputs::default()),
            slope: of(Outputs { gradient: true, ..Outputs::default() }),
            with_modes: of(with_modes),
            curved: of(Outputs { hessian: true, ..Outputs::default() }),
            truth: truth.map(|truth| landscape::of_truth(truth, threshold).minima),
        }
    }

    /// How a density is normalised, if one is learnt; a build for curves learns none.
    fn joint(&self) -> Option<&Joint> {
        self.joint.as_ref()
    }

    /// How sure a density is.
    pub fn uncertainty_of_density(
        &self,
        arch: &Architecture,
        scaling: &Normalization,
        params: &[f64],
        data: &Dataset,
    ) -> Option<Uncertainty> {
        self.joint()?.uncertainty(arch, scaling, &mut self.value.borrow_mut(), params, data)
    }

    /// The mean of `log q` over all samples of a density, if one is learnt.
    pub fn log_likelihood(&self, fit: &Fit, data: &Dataset) -> Option<f64> {
        Some(self.joint()?.log_likelihood(fit, data))
    }

    /// What a kernel estimate gives for the mean of `log q`, if a density is learnt: each sample by the others.
    pub fn left_out(&self) -> Option<f64> {
        self.joint().map(Joint::left_out)
    }

    /// Adds intervals to the free energies of the basins of a density.
    pub fn describe_basins(&self, params: &[f64], metrics: &mut PotentialMetrics, uncertainty: &Uncertainty) {
        let PotentialMetrics { density, minima, .. } = metrics;
        if let (Some(joint), Some(density)) = (self.joint(), density) {
            let found = joint.intervals(&mut self.value.borrow_mut(), params, minima, density, uncertainty);
            density.free_energy_intervals = Some(found);
        }
    }

    /// Widens the intervals of the minima of a density by the fit's own error.
    pub fn widen(&self, params: &[f64], minima: &mut [Minimum], data: &Dataset) {
        if let Some(joint) = self.joint() {
            joint.widen(&mut self.value.borrow_mut(), params, minima, data);
        }
    }

    /// Measures errors on these samples instead.
    pub fn on(self, test: Dataset) -> Self {
        Self { test, ..self }
    }

    /// With what the file of a model without data states: the least barrier of a well, the minima that are no wells, and the accuracy.
    pub fn with_wells_of(self, file: Option<&ModelFile>) -> Self {
        let Some((file, domain)) = file.and_then(|file| Some((file, file.domain.as_ref()?))) else {
            return Self { is_model: file.is_some(), ..self };
        };
        let kept = domain.accuracy(&file.errors, &file.target);
        Self { threshold: domain.threshold, unsupported: domain.unsupported.clone(), is_model: true, kept, ..self }
    }

    /// Marks the minima that are no wells by the file of a model without data; returns the smallest barrier of a well.
    pub fn recall(&self, found: &mut Extrema) -> f64 {
        recall(found, self.threshold, &self.unsupported, self.whole())
    }

    /// Where the samples of a joint density do not agree with a fit.
    pub fn lack_of_fit(&self, params: &[f64], data: &Dataset) -> Option<String> {
        let region = self.joint()?.lack_of_fit(&mut self.value.borrow_mut(), params, data)?;
        Some(region.sentence(&data.names))
    }

    /// Marks the minima of a density that its samples do not support, and counts the others.
    pub fn mark(&self, params: &[f64], minima: &mut [Minimum]) -> Option<usize> {
        self.joint()?.mark(&mut self.value.borrow_mut(), params, minima);
        Some(minima.iter().filter(|minimum| minimum.supported).count())
    }

    /// Learns a density, which is compared with a kernel estimate at some of its samples.
    pub fn of_density(self, joint: Joint, data: &Dataset) -> Self {
        Self { test: joint.kernel(data), joint: Some(joint), ..self }
    }

    /// The fit on the samples that errors are measured on: its values without the constant of [`Details::offset`], its gradient if that is
    /// learnt from, and the constant.
    fn on_test(&self, params: &[f64]) -> (Array1<f64>, Vec<f64>, f64) {
        let (psi, gradient) = self.values_on(params, &self.test);
        let psi = Array1::from_vec(psi);
        let offset = match (self.floats, self.test.has_values()) {
            (false, _) => self.joint().map_or(0.0, |joint| joint.offset(&mut self.value.borrow_mut(), params)),
            (true, true) => match &self.weights {
                Some(weights) => (&psi - &self.test.y).iter().zip(weights).map(|(d, w)| d * w).sum::<f64>() / psi.len() as f64,
                None => data::mean(&(&psi - &self.test.y)),
            },
            (true, false) => data::mean(&psi),
        };
        (psi - offset, gradient, offset)
    }

    /// The part of the values' variance that a fit explains.
    pub fn r2(&self, params: &[f64]) -> f64 {
        let psi = self.on_test(params).0;
        data::weighted_errors(psi.iter().zip(&self.test.y), self.weights.as_deref()).1
    }

    /// The values of a fit at some rows, with its gradient `[rows, inputs]` if that is learnt from.
    pub fn values_on(&self, params: &[f64], rows: &Dataset) -> (Vec<f64>, Vec<f64>) {
        let places: Vec<f64> = rows.x.iter().copied().collect();
        if let Some(quick) = self.quick.as_ref() {
            let narrow: Vec<f32> = params.iter().map(|&p| p as f32).collect();
            let Values { psi, gradient, .. } = quick.borrow_mut().evaluate(&narrow, &places);
            return (psi, gradient);
        }
        let evaluator = if self.floats { &self.slope } else { &self.value };
        let Values { psi, gradient, .. } = evaluator.borrow_mut().evaluate(params, &places);
        (psi, gradient)
    }

    /// The constant by which a fit lies above the truth, see [`Details::offset`].
    pub fn offset(&self, params: &[f64]) -> f64 {
        if self.floats || self.joint().is_some() { self.on_test(params).2 } else { 0.0 }
    }

    /// The samples that errors are measured on.
    pub fn held_out(&self) -> &Dataset {
        &self.test
    }

    /// The sampled domain: `[low, high]` for each input.
    pub fn bounds(&self) -> &[[f64; 2]] {
        &self.bounds
    }

    /// The sampled domain with its periodic inputs.
    pub fn whole(&self) -> Bounds<'_> {
        Bounds { ends: &self.bounds, periodic: &self.periodic }
    }

    /// The grid that curves are drawn on; empty if there is more than one input.
    pub fn grid(&self) -> &[f64] {
        &self.grid
    }

    /// The points that errors are measured on, `[points, inputs]`, and the values there.
    pub fn test(&self) -> (Vec<f64>, Vec<f64>) {
        (self.test.x.iter().copied().collect(), self.test.y.to_vec())
    }

    /// The weights of these points, if they do not count alike.
    pub fn test_weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// Points over the sampled domain, `[points, inputs]`: the drawn grid, or some of the data.
    pub fn over_domain(&self) -> &[f64] {
        if self.grid.is_empty() { &self.reading_points } else { &self.grid }
    }

    /// The least barrier of a well, by the values of the data.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The least barrier of a well of the fit with these parameters. Where derivatives alone are known, the fit's own values are the scale. Of a curve
    /// through rows that it misses by much less than that, it is what its errors do not explain.
    pub fn threshold_of(&self, params: &[f64]) -> f64 {
        match self.joint() {
            Some(joint) => joint.threshold(&mut self.value.borrow_mut(), params),
            None if self.test.has_values() => self.explained(params, self.threshold),
            None => self.explained(params, scale_of(&self.on_test(params).0)),
        }
    }

    /// The least barrier of a well by the errors of a curve on a table of rows, at most the usual one.
    fn explained(&self, params: &[f64], usual: f64) -> f64 {
        let is_own_curve = self.truth.is_none() && self.bounds.len() == 1 && !self.is_model;
        let Some(accuracy) = (if is_own_curve { self.accuracy(params) } else { None }) else { return usual };
        let noise = if self.test.has_values() { WELL_OF_NOISE * self.test.fine_sigma() } else { 0.0 };
        let mut search = |threshold: f64| self.extrema(params, &Search::Thorough, threshold).minima;
        accuracy.alike().threshold(self.whole(), noise, &mut search).min(usual)
    }

    /// How far a fit is from what it was learnt from; `None` of a density, which has no errors at rows. Between the rows of a curve it is compared with
    /// the cubic through four of them.
    pub fn accuracy(&self, params: &[f64]) -> Option<Accuracy> {
        if self.joint.is_some() || self.is_model {
            return self.kept.clone();
        }
        let (psi, gradient, offset) = self.on_test(params);
        let inputs = self.bounds.len();
        let of = |component: Option<usize>, measured: ArrayView1<f64>| {
            let found = |psi: &[f64], gradient: &[f64], row: usize| match component {
                Some(k) => gradient[row * inputs + k],
                None => psi[row],
            };
            let known: Vec<usize> = (0..self.test.samples()).filter(|&row| measured[row].is_finite()).collect();
            let weight = |row: usize| self.weights.as_ref().map_or(1.0, |weights| weights[row].sqrt());
            let psi = psi.as_slice().expect("one after another");
            let error = |row: usize| weight(row) * (found(psi, &gradient, row) - measured[row]);
            let errors: Vec<f64> = known.iter().map(|&row| error(row)).collect();
            let rows = Precision::of_errors(&errors, &self.test.only(&known).nearest());
            if self.truth.is_some() {
                return rows.alike();
            }
            let noise = rows.at_least(self.test.fine_sigma_of(&measured));
            if inputs > 1 {
                return noise;
            }
            let x = self.test.x.select(Axis(0), &known);
            let middles = noise::middles(&x.column(0), &measured.select(Axis(0), &known));
            let places: Vec<f64> = middles.iter().map(|middle| middle[0]).collect();
            let Values { psi, gradient, .. } = self.slope.borrow_mut().evaluate(params, &places);
            let psi: Vec<f64> = psi.iter().map(|psi| psi - offset).collect();
            let error = |(k, middle): (usize, &[f64; 3])| (found(&psi, &gradient, k) - middle[1]) / middle[2];
            let squares = middles.iter().enumerate().map(|found| error(found).powi(2));
            noise.at_least((squares.sum::<f64>() / middles.len().max(1) as f64).sqrt())
        };
        let values = self.test.has_values().then(|| of(None, self.test.y.view()));
        let slopes = self.test.gradient.iter().flat_map(|gradient| gradient.columns()).enumerate();
        Some(Accuracy { values, slopes: slopes.map(|(k, column)| of(Some(k), column)).collect() })
    }

    /// Minima of the truth, if it is known.
    pub fn truth(&self) -> Option<&[Minimum]> {
        self.truth.as_deref()
    }

    /// What the history notes at an epoch.
    pub fn reading(&self, params: &[f32]) -> Reading {
        let values = self.drawn.borrow_mut().evaluate(params, &self.reading_points);
        let largest_responsibilities = landscape::largest_responsibilities(&values.responsibilities, self.modes);
        let gates: Vec<f64> = params[self.a.range()].iter().map(|&a| gate(f64::from(a))).collect();
        Reading {
            responsible: landscape::responsible_modes(&largest_responsibilities),
            active: gates.iter().filter(|&&g| g > ACTIVE_GATE).count(),
            rho: f64::from(params[self.rho]) / self.output_scale,
            gates,
        }
    }

    /// Appends the curves on the grid: the fit, then each mode's own curve, then each mode's responsibility. The offset is taken from the
    /// first two.
    pub fn curves(&self, params: &[f32], offset: f64, numbers: &mut Vec<f32>) {
        let values = self.drawn.borrow_mut().evaluate(params, &self.grid);
        numbers.extend(values.psi.iter().map(|&v| (v - offset) as f32));
        for (table, offset) in [(&values.curves, offset), (&values.responsibilities, 0.0)] {
            for mode in 0..self.modes {
                numbers.extend(table.iter().skip(mode).step_by(self.modes).map(|&v| (v - offset) as f32));
            }
        }
    }

    /// The numbers of the fit with these parameters; what only the run knows is left at its default. The extrema of a curve are judged first.
    pub fn evaluate(
        &self,
        params: &[f64],
        search: &Search,
        judge: Option<&dyn Fn(&mut Extrema) -> f64>,
    ) -> (PotentialMetrics, Details) {
        let (psi, gradient, offset) = self.on_test(params);
        let components = self.components(&gradient);
        let has_values = self.test.has_values();
        let threshold = match self.joint() {
            None if *search != Search::Thorough => {
                if has_values {
                    self.threshold
                } else {
                    scale_of(&psi)
                }
            }
            _ => self.threshold_of(params),
        };
        let (mse, r2) = if has_values {
            data::weighted_errors(psi.iter().zip(&self.test.y), self.weights.as_deref())
        } else {
            (mean_of(&components, |c| c.0), mean_of(&components, |c| c.1))
        };
        let along = |along: &AlongPath| along.errors(&self.slope.borrow_mut().evaluate(params, &along.places).gradient);
        let trajectory_error = self.along.as_ref().map(along).unwrap_or_default();
        let responsibilities = self.with_modes.borrow_mut().evaluate(params, self.over_domain()).responsibilities;
        let largest_responsibilities = landscape::largest_responsibilities(&responsibilities, self.modes);

        let mut found = self.extrema(params, search, threshold);
        let judge = judge.filter(|_| self.bounds.len() == 1);
        let threshold = judge.map_or(threshold, |judge| judge(&mut found));
        let edges = self.edges(params, &mut found, threshold);
        // Of several inputs barriers are known to a survey alone: until then every minimum found counts.
        let all_count = self.walls || self.bounds.len() > 1;
        let wells = if all_count { found.minima.len() } else { found.wells(threshold) };
        let Extrema { mut minima, mut saddles, .. } = found;
        let wells = self.mark(params, &mut minima).unwrap_or(wells);
        let edges = edges.into_iter().map(|edge| Minimum { value: edge.value - offset, ..edge }).collect();
        for m in &mut minima {
            m.value -= offset;
        }
        for m in &mut saddles {
            m.value -= offset;
        }
        let places: Vec<f64> = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
        let hessians = self.curved.borrow_mut().evaluate(params, &places).hessian;
        for (minimum, hessian) in minima.iter_mut().zip(hessians.chunks(self.bounds.len().pow(2))) {
            minimum.curvatures = symmetric(hessian).into_iter().map(|pair| pair.0).collect();
        }
        let gates: Vec<f64> = params[self.a.range()].iter().map(|&a| gate(a)).collect();
        let mut metrics = PotentialMetrics {
            rmse: mse.sqrt(),
            r2,
            r2_components: components.iter().map(|c| c.1).collect(),
            rmse_components: components.iter().map(|c| c.0.sqrt()).collect(),
            r2_potential: (self.floats && has_values).then_some(r2),
            potential_offset: self.floats.then_some(offset),
            trajectory_error,
            rho: params[self.rho] / self.output_scale,
            active_gates: gates.iter().filter(|&&g| g > ACTIVE_GATE).count(),
            gates,
            responsible_modes: landscape::responsible_modes(&largest_responsibilities),
            edge_minima: edges,
            ..PotentialMetrics::default()
        };
        let mode_of_minimum = self.take_minima(params, minima, wells, &mut metrics);
        let threshold = judge.map(|_| threshold);
        let details = Details { offset, saddles, mode_of_minimum, largest_responsibilities, threshold, ..Details::default() };
        (metrics, details)
    }

    /// Puts minima and the number of wells, from a search or from a survey of these parameters, into the metrics. Gives for each minimum the
    /// mode that is most responsible there.
    pub fn take_minima(&self, params: &[f64], minima: Vec<Minimum>, wells: usize, metrics: &mut PotentialMetrics) -> Vec<usize> {
        let places: Vec<f64> = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
        let (truth, domain, threshold) = (self.truth.as_deref(), self.whole(), self.threshold);
        let worst = |of: fn(&Match) -> Option<f64>| landscape::worst(&minima, truth?, threshold, domain, of);
        (metrics.location_error, metrics.barrier_error) = (worst(|m| m.location_error), worst(|m| m.barrier_error));
        metrics.value_error = worst(|m| m.value_error);
        let is_well = |m: &&Minimum| if m.barrier.is_some() { m.is_well(threshold) } else { self.walls };
        metrics.true_wells = truth.map(|truth| truth.iter().filter(is_well).count());
        let known = metrics.density.take().map_or(0.0, |density| density.log_likelihood);
        let of_density = |joint: &Joint| joint.metrics(&mut self.value.borrow_mut(), params, &minima);
        metrics.density = self.joint().map(of_density).map(|density| JointMetrics { log_likelihood: known, ..density });
        (metrics.minima, metrics.wells) = (minima, wells);
        let at_minima = self.with_modes.borrow_mut().evaluate(params, &places).responsibilities;
        at_minima.chunks(self.modes).map(largest).collect()
    }

    /// The minima of a fit matched with those of the truth, with their errors; empty if the truth is not known.
    pub fn matches(&self, minima: &[Minimum]) -> Vec<Match> {
        let of = |truth: &Vec<Minimum>| landscape::matches(minima, truth, self.whole());
        self.truth.as_ref().map(of).unwrap_or_default()
    }

    /// Mean squared error and coefficient of determination of each component of the gradient, from the fit's `[samples, inputs]`.
    fn components(&self, found: &[f64]) -> Vec<(f64, f64)> {
        let Some(gradient) = &self.test.gradient else { return Vec::new() };
        let inputs = gradient.ncols();
        let pairs = |k: usize| found.iter().skip(k).step_by(inputs).zip(gradient.column(k));
        let one = |k: usize| data::weighted_errors(pairs(k), self.weights.as_deref());
        (0..inputs).map(one).collect()
    }

    /// True if at least [`SAME_SIGN`] derivatives of a curve from either end on say that it falls towards that end; true of values alone.
    fn rows_fall_off(&self) -> bool {
        let Some(gradient) = self.test.gradient.as_ref() else { return true };
        let slopes = gradient.column(0);
        let known: Vec<usize> =
            order(&self.test.x.column(0).to_vec()).into_iter().filter(|&row| slopes[row].is_finite()).collect();
        let rising = known.iter().take_while(|&&row| slopes[row] > 0.0).count();
        let falling = known.iter().rev().take_while(|&&row| slopes[row] < 0.0).count();
        rising.min(falling) >= SAME_SIGN
    }

    /// True if the fit falls towards every face of the domain, in the mean over the face; of a curve, ever more steeply.
    pub fn falls_off(&self, params: &[f64]) -> bool {
        let inside = if let [[low, high]] = self.bounds[..] {
            Array2::from_elem((1, 1), f64::midpoint(low, high))
        } else {
            landscape::starting_points(&self.bounds, STARTS)
        };
        let mut surface = surface(&self.slope, params, self.bounds.len());
        let mut falls = |input: usize, at: f64, outwards: f64| {
            let mut face = inside.clone();
            face.column_mut(input).fill(at);
            outwards * surface(&face).1.column(input).sum() < 0.0
        };
        if let [[low, high]] = self.bounds[..] {
            let bends = self.curved.borrow_mut().evaluate(params, &[low, high]).hessian;
            // The ends of a band at rest are flat, and a few rows tell no sign.
            if bends.iter().any(|bend| *bend >= 0.0) || !self.rows_fall_off() {
                return false;
            }
        }
        let mut faces = self.bounds.iter().enumerate().filter(|(k, _)| !self.whole().is_periodic(*k));
        !self.whole().is_closed() && faces.all(|(k, &[low, high])| falls(k, low, -1.0) && falls(k, high, 1.0))
    }

    /// How many maxima the fit has inside the domain.
    pub fn count_maxima(&self, params: &[f64], found: &Details) -> usize {
        let inputs = self.bounds.len();
        if inputs == 1 {
            return found.saddles.len();
        }
        let mut surface = surface(&self.slope, params, inputs);
        // Whether there are any matters more than how many there are.
        let starts = landscape::starting_points(&self.bounds, if inputs > FEW { QUICK } else { STARTS });
        let upside_down = |x: &Array2<f64>| {
            let (values, slopes) = surface(x);
            (-values, -slopes)
        };
        landscape::minima(self.whole(), &starts, upside_down).len()
    }

    /// The minima of a curve of a table of rows at the edges of the domain, which are none of those inside.
    fn edges(&self, params: &[f64], found: &mut Extrema, threshold: f64) -> Vec<Minimum> {
        let &[domain] = &self.bounds[..] else { return Vec::new() };
        if self.truth.is_some() || self.joint.is_some() || self.whole().is_periodic(0) {
            return Vec::new();
        }
        let ends = self.value.borrow_mut().evaluate(params, &domain).psi;
        landscape::take_edge_minima(domain, [ends[0], ends[1]], found, threshold)
    }

    /// For each input of a density whether its domain ends at a bound of the quantity; empty if none does.
    pub fn walls(&self) -> &[[bool; 2]] {
        &self.bounded
    }

    fn extrema(&self, params: &[f64], search: &Search, threshold: f64) -> Extrema {
        if let [domain] = self.bounds[..] {
            let evaluate = |xs: &[f64]| {
                let values = self.slope.borrow_mut().evaluate(params, xs);
                (values.psi, values.gradient)
            };
            if self.whole().is_periodic(0) {
                return landscape::extrema_around(domain, GRID, threshold, evaluate);
            }
            return landscape::extrema_between(domain, self.bounded.first().copied().unwrap_or_default(), threshold, evaluate);
        }
        let inputs = self.bounds.len();
        let mut starts = landscape::starting_points(&self.bounds, STARTS);
        if let Search::Near(known, earlier) = search
            && !known.is_empty()
        {
            let mut places = known.clone();
            if let Some(earlier) = earlier {
                let first = QUICK * (earlier % (STARTS / QUICK));
                places.extend(starts.slice(s![first..first + QUICK, ..]));
            }
            starts = Array2::from_shape_vec((places.len() / inputs, inputs), places).expect("whole places");
        }
        let mut surface = surface(&self.slope, params, inputs);
        let minima = if self.walls {
            landscape::minima_with_faces(self.whole(), &starts, &mut surface)
        } else {
            landscape::minima(self.whole(), &starts, surface)
        };
        Extrema { minima, ..Extrema::default() }
    }
}

/// A fit as what minima are searched on.
fn surface<'a>(
    slope: &'a RefCell<Evaluator<f64>>,
    params: &'a [f64],
    inputs: usize,
) -> impl FnMut(&Array2<f64>) -> (Array1<f64>, Array2<f64>) + 'a {
    move |x| {
        let flat: Vec<f64> = x.iter().copied().collect();
        let values = slope.borrow_mut().evaluate(params, &flat);
        let gradient = Array2::from_shape_vec((x.nrows(), inputs), values.gradient).expect("one gradient a point");
        (Array1::from_vec(values.psi), gradient)
    }
}

/// The least barrier of a well by the spread of a fit's own values.
fn scale_of(psi: &Array1<f64>) -> f64 {
    landscape::well_threshold(data::standard_deviation(psi), 0.0)
}

fn mean_of<T: Copy>(items: &[T], of: impl Fn(T) -> f64) -> f64 {
    items.iter().map(|&item| of(item)).sum::<f64>() / items.len().max(1) as f64
}

fn largest(values: &[f64]) -> usize {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}
