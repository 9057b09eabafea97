//! Evaluation of a fit in `f64` and in the units of the data: errors, counts, minima, and plotted curves.

mod critical_points;
mod density;
mod domain;
mod errors;
mod evaluators;
mod gates;
mod test_rows;

use domain::EvaluationDomain;
use errors::threshold_from_spread;
use evaluators::PotentialEvaluators;
use gates::{GateLayout, count_active};
use ndarray::Array1;
use test_rows::TestRows;

use super::along::AlongPath;
use super::joint::JointDensity;
use super::metrics::{JointMetrics, PotentialMetrics};
use crate::data::{self, Dataset};
use crate::landscape::support::recall;
use crate::landscape::{
    self, Bounds, CriticalPoint, EnergyPath, Extrema, MIN_BARRIER_SIGMAS, Match, Merge, Minimum, assign_modes, symmetric,
};
use crate::model::Architecture;
use crate::model::model_file::{ModelFile, Normalization};
use crate::model::potential::Outputs;
use crate::numerics::accuracy::Accuracy;
use crate::potentials::KnownPotential;
use crate::potentials::sampling;
use crate::train::HistoryEntry;

/// Number of points on which a fit is compared with a known potential.
const TEST_POINTS: usize = 200;

/// Starting points of a search for minima in several inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchStarts {
    /// Starting points spread over the whole domain.
    Thorough,
    /// Positions of known minima, concatenated, for a cheap search. A number of earlier searches adds a few other points, a
    /// different subset each time; new minima are then found a few searches late.
    Near(Vec<f64>, Option<usize>),
}

/// Properties of the parameters of a run besides its metrics.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Constant by which the fit lies above the truth, or above zero if the truth is unknown. Zero unless the fit uses
    /// derivatives.
    pub offset: f64,
    /// Saddles; of a curve, the maxima between its minima. Empty in several inputs, where only a survey searches for them.
    pub saddles: Vec<CriticalPoint>,
    /// Largest responsibility of each mode in the sampled domain.
    pub largest_responsibilities: Vec<f64>,
    /// Smallest barrier of a well, if it has been determined for these parameters.
    pub threshold: Option<f64>,
    /// Minimum energy paths between the minima, after a survey.
    pub paths: Option<Vec<EnergyPath>>,
    /// Merges of the minima along the paths.
    pub merges: Vec<Merge>,
}

/// Evaluator of the parameters of a run. It keeps only compiled plans between calls.
#[derive(Debug)]
pub struct PotentialEvaluation {
    gates: GateLayout,
    pub(crate) domain: EvaluationDomain,
    evaluators: PotentialEvaluators,
    /// Rows with the noise-free truth, at which the errors of the fit are measured.
    pub(crate) test: TestRows,
    /// Smallest barrier of a well, from the values of the data.
    pub(super) threshold: f64,
    /// Smallest barrier of a well that the noise of the values does not explain. Zero in several inputs, where evidence replaces it.
    noise_threshold: f64,
    /// Properties from the file of a model without its data.
    stored: Option<StoredModel>,
    /// True if the potential is determined only up to a constant.
    has_free_constant: bool,
    along: Option<AlongPath>,
    /// Normalization of the density, if the data are samples of one.
    joint: Option<JointDensity>,
    /// Extrema of the truth, if it is known.
    truth: Option<Extrema>,
}

/// Properties from the file of a model without its data.
#[derive(Debug, Default)]
struct StoredModel {
    /// Minima that the file marks as unsupported.
    unsupported_minima: Vec<Vec<f64>>,
    /// Accuracy that the file states.
    accuracy: Option<Accuracy>,
}

impl PotentialEvaluation {
    /// Prepares the evaluation of fits of one architecture to some data. Errors are measured against `truth` if it is
    /// known, else against the data, or against their `subset` if the rows are very many.
    pub fn new(
        arch: &Architecture,
        scaling: &Normalization,
        data: &Dataset,
        subset: &Dataset,
        truth: Option<&dyn KnownPotential>,
    ) -> Self {
        let threshold = landscape::well_threshold(data.std(), subset.sigma());
        let row_outputs = Outputs { gradient: data.gradient.is_some(), ..Outputs::default() };
        let is_sampled = subset.samples() < data.samples();
        Self {
            gates: GateLayout::new(arch, scaling.output_scale),
            domain: EvaluationDomain::new(arch, data, truth),
            evaluators: PotentialEvaluators::new(arch, scaling, is_sampled.then_some(row_outputs)),
            test: TestRows {
                rows: truth.map_or_else(|| subset.clone(), |truth| sampling::evenly_spaced(truth, TEST_POINTS)),
                weights: subset.row_weights().filter(|_| truth.is_none()),
            },
            threshold,
            noise_threshold: if subset.has_values() { MIN_BARRIER_SIGMAS * subset.fine_sigma() } else { 0.0 },
            stored: None,
            has_free_constant: data.gradient.is_some(),
            along: truth.and_then(AlongPath::new),
            joint: None,
            truth: truth.map(|truth| landscape::of_truth(truth, 0.0)),
        }
    }

    /// Installs the properties from the file of a model without data: the smallest barrier of a well, the unsupported minima, and
    /// the accuracy.
    pub fn with_model_file(self, file: Option<&ModelFile>) -> Self {
        let Some((file, domain)) = file.and_then(|file| Some((file, file.domain.as_ref()?))) else {
            return Self { stored: file.map(|_| StoredModel::default()), ..self };
        };
        let accuracy = domain.accuracy(&file.errors, &file.target);
        let stored = Some(StoredModel { unsupported_minima: domain.unsupported.clone(), accuracy });
        Self { threshold: domain.threshold, stored, ..self }
    }

    /// Marks the minima that the file of a model without data lists as unsupported; returns the smallest barrier of a well.
    pub fn recall(&self, found: &mut Extrema) -> f64 {
        let unsupported = self.stored.as_ref().map(|stored| stored.unsupported_minima.as_slice()).unwrap_or_default();
        recall(found, self.threshold, unsupported, self.domain())
    }

    /// Values of the fit on the test rows, reduced by the constant of [`Details::offset`]; its gradient, if the fit uses
    /// derivatives; and the constant.
    fn test_values(&self, params: &[f64]) -> (Array1<f64>, Vec<f64>, f64) {
        let (psi, gradient) = self.values_on(params, &self.test.rows);
        let psi = Array1::from_vec(psi);
        let offset = match (self.has_free_constant, self.test.rows.has_values()) {
            (false, _) => self.joint().map_or(0.0, |joint| joint.offset(&mut self.evaluators.value(), params)),
            (true, true) => self.test.mean_difference(&psi),
            (true, false) => data::mean(&psi),
        };
        (psi - offset, gradient, offset)
    }

    /// Fraction of the variance of the values that a fit explains.
    pub fn r2(&self, params: &[f64]) -> f64 {
        let psi = self.test_values(params).0;
        self.test.errors(&psi).1
    }

    /// Values of a fit at some rows, with its gradient `[rows, inputs]` if the fit uses it.
    pub fn values_on(&self, params: &[f64], rows: &Dataset) -> (Vec<f64>, Vec<f64>) {
        let places: Vec<f64> = rows.x.iter().copied().collect();
        self.evaluators.row_values(params, &places, self.has_free_constant)
    }

    /// Values of a fit at points `[points, inputs]`.
    pub fn heights(&self, params: &[f64], x: &[f64]) -> Vec<f64> {
        self.evaluators.row_values(params, x, false).0
    }

    /// Constant by which a fit lies above the truth, see [`Details::offset`].
    pub fn offset(&self, params: &[f64]) -> f64 {
        if self.has_free_constant || self.joint().is_some() { self.test_values(params).2 } else { 0.0 }
    }

    /// Sampled domain with its periodic inputs.
    pub fn domain(&self) -> Bounds<'_> {
        self.domain.whole()
    }

    /// Extrema of the truth with barriers that lead to wells above a threshold, if the truth is known.
    pub fn truth_above(&self, threshold: f64) -> Option<Extrema> {
        let mut truth = self.truth.clone()?;
        truth.raise_barriers(threshold);
        Some(truth)
    }

    /// Entry of the history without epoch and losses.
    pub fn reading(&self, params: &[f32]) -> HistoryEntry {
        let values = self.evaluators.curves(params, &self.domain.reading_points);
        let largest_responsibilities = landscape::largest_responsibilities(&values.responsibilities, self.gates.modes);
        let gates = self.gates.gates(params);
        HistoryEntry {
            responsible: landscape::responsible_modes(&largest_responsibilities),
            active: count_active(&gates),
            rho: self.gates.rho(params),
            gates,
            ..HistoryEntry::default()
        }
    }

    /// Appends the curves on the grid: the fit, the curve of each mode, and the responsibility of each mode. The offset is
    /// subtracted from the first two.
    pub fn curves(&self, params: &[f32], offset: f64, numbers: &mut Vec<f32>) {
        let (values, modes) = (self.evaluators.curves(params, &self.domain.grid), self.gates.modes);
        numbers.extend(values.psi.iter().map(|&v| (v - offset) as f32));
        for (table, offset) in [(&values.curves, offset), (&values.responsibilities, 0.0)] {
            for mode in 0..modes {
                numbers.extend(table.iter().skip(mode).step_by(modes).map(|&v| (v - offset) as f32));
            }
        }
    }

    /// Metrics and details of the fit with these parameters. Metrics of the run keep their defaults. `judge` marks the
    /// unsupported extrema of a curve first and returns the smallest barrier of a well.
    pub fn evaluate(
        &self,
        params: &[f64],
        search: &SearchStarts,
        judge: Option<&dyn Fn(&mut Extrema) -> f64>,
    ) -> (PotentialMetrics, Details) {
        let (psi, gradient, offset) = self.test_values(params);
        let components = self.test.components(&gradient);
        let has_values = self.test.rows.has_values();
        let threshold = match self.joint() {
            None if *search != SearchStarts::Thorough => {
                if has_values {
                    self.threshold
                } else {
                    threshold_from_spread(&psi)
                }
            }
            _ => self.threshold_of(params),
        };
        let (mse, r2) = data::errors_of_values_or_slopes(has_values.then(|| self.test.errors(&psi)), &components);
        let along = |along: &AlongPath| along.errors(&self.evaluators.slopes(params, &along.places).1);
        let trajectory_error = self.along.as_ref().map(along).unwrap_or_default();

        let mut found = self.extrema(params, search, threshold);
        let judge = judge.filter(|_| self.domain.inputs() == 1);
        let threshold = judge.map_or(threshold, |judge| judge(&mut found));
        let edges = self.edges(params, &mut found, threshold);
        // In several inputs only a survey finds barriers; until then every minimum counts.
        let all_count = self.domain.has_walls || self.domain.inputs() > 1;
        let wells = if all_count { found.minima.len() } else { found.wells(threshold) };
        let Extrema { mut minima, mut saddles, .. } = found;
        let wells = self.mark_unsupported(params, &mut minima).unwrap_or(wells);
        let edges = edges.into_iter().map(|edge| Minimum { value: edge.value - offset, ..edge }).collect();
        for m in &mut minima {
            m.value -= offset;
        }
        for m in &mut saddles {
            m.value -= offset;
        }
        let places: Vec<f64> = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
        let hessians = self.evaluators.hessians(params, &places);
        for (minimum, hessian) in minima.iter_mut().zip(hessians.chunks(self.domain.inputs().pow(2))) {
            minimum.curvatures = symmetric(hessian).into_iter().map(|pair| pair.0).collect();
        }
        let gates = self.gates.gates(params);
        let mut metrics = PotentialMetrics {
            rmse: mse.sqrt(),
            r2,
            r2_components: components.iter().map(|c| c.1).collect(),
            rmse_components: components.iter().map(|c| c.0.sqrt()).collect(),
            r2_potential: (self.has_free_constant && has_values).then_some(r2),
            potential_offset: self.has_free_constant.then_some(offset),
            trajectory_error,
            rho: self.gates.rho(params),
            active_gates: count_active(&gates),
            gates,
            edge_minima: edges,
            ..PotentialMetrics::default()
        };
        let largest_responsibilities = self.set_minima(params, minima, (wells, threshold), &mut metrics);
        let threshold = judge.map(|_| threshold);
        let details = Details { offset, saddles, largest_responsibilities, threshold, ..Details::default() };
        (metrics, details)
    }

    /// Sets the minima in the metrics, from a search or a survey of these parameters, with the number of wells and their smallest
    /// barrier. The same barrier decides which minima of the truth are wells. Minima get the modes that hold them. Returns the largest
    /// responsibilities of the modes at the points of the domain and at the minima, which may lie between these points.
    pub fn set_minima(
        &self,
        params: &[f64],
        mut minima: Vec<Minimum>,
        (wells, threshold): (usize, f64),
        metrics: &mut PotentialMetrics,
    ) -> Vec<f64> {
        let places: Vec<f64> = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
        let (truth, domain) = (self.truth_above(threshold).map(|truth| truth.minima), self.domain());
        let worst = |of: fn(&Match) -> Option<f64>| landscape::worst(&minima, truth.as_ref()?, threshold, domain, of);
        (metrics.location_error, metrics.barrier_error) = (worst(|m| m.location_error), worst(|m| m.barrier_error));
        metrics.value_error = worst(|m| m.value_error);
        let is_well = |m: &&Minimum| if m.barrier.is_some() { m.is_well(threshold) } else { self.domain.has_walls };
        metrics.true_wells = truth.as_ref().map(|truth| truth.iter().filter(is_well).count());
        let log_likelihood = metrics.density.take().map_or(0.0, |density| density.log_likelihood);
        let metrics_of = |joint: &JointDensity| joint.metrics(&mut self.evaluators.value(), params, &minima);
        metrics.density = self.joint().map(metrics_of).map(|density| JointMetrics { log_likelihood, ..density });
        let points = self.domain.points();
        let responsibilities = self.evaluators.responsibilities(params, &[points, &places].concat());
        assign_modes(&mut minima, &responsibilities[points.len() / self.domain.inputs() * self.gates.modes..]);
        let largest_responsibilities = landscape::largest_responsibilities(&responsibilities, self.gates.modes);
        metrics.responsible_modes = landscape::responsible_modes(&largest_responsibilities);
        (metrics.minima, metrics.wells) = (minima, wells);
        largest_responsibilities
    }

    /// Minima of a fit matched with those of the truth, with their errors; empty if the truth is unknown. The barriers of the truth lead to
    /// wells above `threshold`.
    pub fn matches(&self, minima: &[Minimum], threshold: f64) -> Vec<Match> {
        let matched = |truth: Extrema| landscape::matches(minima, &truth.minima, self.domain());
        self.truth_above(threshold).map(matched).unwrap_or_default()
    }
}
