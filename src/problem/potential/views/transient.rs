//! Landscape of the gene circuit during a change of the coupling: `Psi_s = (1 - s) Psi_1 + s Psi_2` with
//! `ds/dt = 0.7 s (1 - s)` from 0.01 (Fig. 13). Cells move downhill on it, on the fits and on the truth.
//!
//! The run is one of the two fits. The view trains the other one with the same settings after the end of the run. Its coupling is
//! weak, or strong if that of the run is weak.

use web_time::Instant;

use super::flow::{particles, touched};
use super::map::{self, Plane};
use crate::dynamics::ode;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::linear::narrow;
use crate::plot::figures::{ChartLayer, MarkShape, Tone};
use crate::plot::ticks::{fixed, number};
use crate::potentials::gene_circuit::{FIRST_WEIGHT, blending};
use crate::potentials::sampling::spread;
use crate::potentials::{GeneCircuit, KnownPotential};
use crate::problem::job::Job;
use crate::problem::potential::run::PotentialRun;
use crate::problem::potential::shown::EvaluatedState;
use crate::problem::potential::source::DataSource;
use crate::problem::potential::viewer::RunView;
use crate::problem::view::{ControlKind, Touch, View, ViewState, ViewTable};
use crate::text::whole;

/// Couplings of the two potentials of Fig. 13.
pub const FIGURE_COUPLINGS: [f64; 2] = [0.1, 1.0];
/// Number of initial cells, and their smallest initial distance from the diagonal.
pub const INITIAL_CELLS: usize = 20;
const MIN_DIAGONAL_DISTANCE: f64 = 0.05;
/// Largest number of cells that the reader may add.
const MAX_ADDED_CELLS: usize = 40;
/// Time at which the cells have come to rest.
pub const END_TIME: f64 = 40.0;
/// Number of frames until that time.
pub const ANIMATION_FRAMES: usize = 400;
/// Tolerance of a step.
const STEP_TOLERANCE: f64 = 1e-6;
const ANIMATION_SECONDS: f64 = 16.0;
/// Largest duration of a piece of background work, in seconds.
const WORK_SLICE_SECONDS: f64 = 0.01;
/// Number of frames, or epochs, that are computed at once.
const FRAMES_PER_PIECE: usize = 8;

/// Starting points of cells, `[count x 2]`: spread evenly, none near the diagonal.
pub fn starts(count: usize) -> Vec<f64> {
    let places = spread(&GeneCircuit::DEFAULT.bounds(), 4 * count);
    let aside = |x: &Vec<f64>| (x[0] - x[1]).abs() / 2f64.sqrt() >= MIN_DIAGONAL_DISTANCE;
    places.rows().into_iter().map(|x| x.to_vec()).filter(aside).take(count).flatten().collect()
}

/// Times of the frames.
pub fn times() -> Vec<f64> {
    (0..=ANIMATION_FRAMES).map(|k| END_TIME * k as f64 / ANIMATION_FRAMES as f64).collect()
}

/// Continues the paths of cells while one potential turns into the other, over `times`. `state` has the positions `[cells x 2]`
/// and then the weight of the second potential. `slopes` gives those of both potentials at `[cells x 2]`.
pub fn blended(state: &[f64], times: &[f64], tolerance: f64, slopes: &mut dyn FnMut(&[f64]) -> [Vec<f64>; 2]) -> Vec<Vec<f64>> {
    ode::trajectory(state, times, tolerance, &mut |x| {
        let (weight, places) = x.split_last().expect("the weight is the last");
        let [one, two] = slopes(places);
        let both = one.iter().zip(&two).map(|(a, b)| -(1.0 - weight) * a - weight * b);
        both.chain([blending(*weight)]).collect()
    })
}

/// Initial state of cells at these positions.
pub fn beginning(places: &[f64]) -> Vec<f64> {
    [places, &[FIRST_WEIGHT]].concat()
}

/// Orders the values of the run and its partner by coupling, the weaker one first. `own` is the index of the run.
fn ordered<T>(own: usize, of_run: T, of_partner: T) -> [T; 2] {
    if own == 0 { [of_run, of_partner] } else { [of_partner, of_run] }
}

/// Final positions of cells on a fit compared with those on the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arrivals {
    /// Number of cells on the other side of the diagonal.
    pub wrong: usize,
    /// Largest distance of a cell from its position on the truth.
    pub worst: f64,
    /// Largest distance among cells on the right side.
    pub worst_right: f64,
}

impl Arrivals {
    /// Indices of the cells that end on another side of the diagonal than on the truth.
    pub fn wrong_ends(fit: &[Vec<f64>], truth: &[Vec<f64>]) -> Vec<usize> {
        let (Some(a), Some(b)) = (fit.last(), truth.last()) else { return Vec::new() };
        if fit.len() != truth.len() {
            return Vec::new();
        }
        let sides = a.chunks_exact(2).zip(b.chunks_exact(2));
        sides.enumerate().filter(|(_, (a, b))| (a[0] > a[1]) != (b[0] > b[1])).map(|(k, _)| k).collect()
    }

    /// Compares two paths. A path that has ended early has an infinite distance.
    pub fn compare(fit: &[Vec<f64>], truth: &[Vec<f64>]) -> Self {
        let mut arrivals = Self::default();
        let (Some(a), Some(b)) = (fit.last(), truth.last()) else { return arrivals };
        let early = if fit.len() == truth.len() { 0.0 } else { f64::INFINITY };
        for (a, b) in a.chunks_exact(2).zip(b.chunks_exact(2)) {
            let distance = (a[0] - b[0]).hypot(a[1] - b[1]) + early;
            let is_wrong = (a[0] > a[1]) != (b[0] > b[1]);
            arrivals.wrong += usize::from(is_wrong);
            arrivals.worst = arrivals.worst.max(distance);
            arrivals.worst_right = arrivals.worst_right.max(if is_wrong { 0.0 } else { distance });
        }
        arrivals
    }
}

/// Evaluators of the fits of one run with its scaling.
struct RunEvaluators {
    psi: Evaluator<f32>,
    slope: Evaluator<f32>,
}

impl RunEvaluators {
    fn for_run(run: &PotentialRun) -> Self {
        let [psi, slope] = [false, true].map(|gradient| run.evaluator(Outputs { gradient, ..Outputs::default() }));
        Self { psi, slope }
    }
}

/// Numbers of epochs of both runs.
type EpochPair = [u64; 2];

/// Potentials of two couplings on the grid of a plane.
fn values(circuits: [GeneCircuit; 2], plane: &Plane) -> [Vec<f64>; 2] {
    circuits.map(|circuit| plane.points().map(|x| circuit.value(&x)).collect())
}

/// View of the changing landscape.
pub struct Transient {
    plane: Plane,
    side: RunEvaluators,
    /// The weaker and the stronger coupling, and the index of the coupling of the run.
    circuits: [GeneCircuit; 2],
    own: usize,
    truths: [Vec<f64>; 2],
    times: Vec<f64>,
    partner: Option<(PotentialRun, RunEvaluators)>,
    starts: Vec<f64>,
    true_paths: Vec<Vec<f64>>,
    fitted_paths: (EpochPair, Vec<Vec<f64>>),
}

impl Transient {
    /// Prepares to show a run of the gene circuit; `None` for others.
    pub fn new(run: &PotentialRun) -> Option<Self> {
        let own = run.settings.potential().filter(|_| run.settings.benchmark == GeneCircuit::ID)?;
        let b = &own.b;
        let other = FIGURE_COUPLINGS[usize::from((b - FIGURE_COUPLINGS[0]).abs() < 1e-9)];
        let own = usize::from(*b > other);
        let circuits = if own == 0 { [*b, other] } else { [other, *b] }.map(|b| GeneCircuit { b });
        let bounds = run.bounds();
        let plane = Plane::new([run.names()[0].clone(), run.names()[1].clone()], [bounds[0], bounds[1]]);
        let truths = values(circuits, &plane);
        Some(Self {
            plane,
            side: RunEvaluators::for_run(run),
            circuits,
            own,
            truths,
            times: times(),
            partner: None,
            starts: Vec::new(),
            true_paths: Vec::new(),
            fitted_paths: Default::default(),
        })
    }

    /// Potentials of the fits on the grid: of the weaker coupling, then of the stronger one.
    fn fits(&mut self, shown: &EvaluatedState, plane: &Plane) -> Option<[Vec<f64>; 2]> {
        let (partner, side) = self.partner.as_mut()?;
        let points: Vec<f64> = plane.points().flatten().collect();
        let potential = |side: &mut RunEvaluators, params: &[f32], offset: f64| -> Vec<f64> {
            side.psi.evaluate(params, &points).psi.into_iter().map(|psi| psi - offset).collect()
        };
        let of_partner = potential(side, &narrow(&partner.params()), partner.offset());
        Some(ordered(self.own, potential(&mut self.side, &shown.narrow(), shown.details.offset), of_partner))
    }

    /// Numbers of epochs of both runs, once both have ended.
    fn ended(&self, run: &PotentialRun) -> Option<EpochPair> {
        let (partner, _) = self.partner.as_ref()?;
        (partner.ended().is_some() && run.ended().is_some()).then(|| [run.epoch(), partner.epoch()])
    }

    /// Computes a piece of the paths on the fit; returns false if none is left.
    fn roll(&mut self, run: &PotentialRun, position: EpochPair) -> bool {
        if self.fitted_paths.0 != position || self.fitted_paths.1.is_empty() {
            self.fitted_paths = (position, vec![beginning(&self.starts)]);
        }
        let Some((partner, other)) = &mut self.partner else { return false };
        let params = [run, partner].map(|run| narrow(&run.params()));
        let path = &mut self.fitted_paths.1;
        let done = path.len() - 1;
        let span = &self.times[done..(done + FRAMES_PER_PIECE + 1).min(self.times.len())];
        if span.len() < 2 {
            return false;
        }
        let (own, side) = (self.own, &mut self.side);
        let mut slopes = |x: &[f64]| {
            let of_run = side.slope.evaluate(&params[0], x).gradient;
            ordered(own, of_run, other.slope.evaluate(&params[1], x).gradient)
        };
        let next = blended(&path[done], span, STEP_TOLERANCE, &mut slopes);
        // Diverging paths end here.
        let is_whole = next.len() == span.len();
        path.extend(next.into_iter().skip(1));
        is_whole
    }

    fn status_note(&self, run: &PotentialRun) -> String {
        let b = self.circuits[1 - self.own].b;
        let epoch = self.partner.as_ref().map_or(0, |(partner, _)| partner.epoch());
        let is_trained = self.partner.as_ref().is_some_and(|(partner, _)| partner.ended().is_some());
        let state = match (run.ended().is_some(), is_trained) {
            (false, false) => format!("The fit of b = {b} is trained when this run has ended."),
            (false, true) => "The particles move on the fit when this run has ended.".into(),
            (true, true) => {
                "Click to add particles. Circles: particles that end on another side of the diagonal than on the truth.".into()
            }
            (true, false) => format!("Training the fit of b = {b}: epoch {}.", whole(epoch)),
        };
        let [weak, strong] = self.circuits.map(|circuit| circuit.b);
        format!("The landscape is (1 − s) Ψ(b = {weak}) + s Ψ(b = {strong}), and s rises from 0 to 1. {state}")
    }
}

impl RunView for Transient {
    fn view(&mut self, run: &PotentialRun, shown: &EvaluatedState, state: &ViewState) -> View {
        let starts = [starts(INITIAL_CELLS), touched(state, &self.plane, MAX_ADDED_CELLS)].concat();
        if self.starts != starts {
            let circuits = self.circuits;
            let mut slopes = |x: &[f64]| circuits.map(|c| x.chunks(2).flat_map(|x| c.gradient(x)).collect());
            self.true_paths = blended(&beginning(&starts), &self.times, STEP_TOLERANCE, &mut slopes);
            (self.starts, self.fitted_paths.1) = (starts, Vec::new());
        }
        let count = self.starts.len() / 2;
        let mut control =
            state.slide("time", "time", "Time since the start of the change of the landscape.", [0.0, END_TIME], END_TIME);
        let frame = (control.value / END_TIME * ANIMATION_FRAMES as f64).round() as usize;
        control.kind = ControlKind::Play { range: [0.0, END_TIME], seconds: ANIMATION_SECONDS };
        let weight = self.true_paths.get(frame).or(self.true_paths.last()).map_or(FIRST_WEIGHT, |x| x[2 * count]);
        let blend = |[one, two]: &[Vec<f64>; 2]| -> Vec<f64> {
            one.iter().zip(two).map(|(a, b)| (1.0 - weight) * a + weight * b).collect()
        };
        let truth = blend(&self.truths);
        // The whole plane determines the colours.
        let range = map::range(&truth);
        let part = self.plane.part(state);
        let truth = match &part {
            Some(part) => blend(&values(self.circuits, part)),
            None => truth,
        };
        let plane = part.unwrap_or_else(|| self.plane.clone());
        let when = format!("t = {}, s = {}", fixed(control.value, 1), fixed(weight, 2));
        let words = "the landscape with particles on it,";
        let of_truth = plane.map(truth, range, particles(&self.true_paths, count, frame, Tone::Ink).to_vec());
        let mut row = vec![map::plot(format!("Truth, {when}"), words, of_truth, Touch::Place)];
        let position = self.ended(run);
        let is_rolling = position == Some(self.fitted_paths.0);
        if let Some(fits) = self.fits(shown, &plane) {
            let mut layers = Vec::new();
            if is_rolling {
                layers.extend(particles(&self.fitted_paths.1, count, frame, Tone::Accent));
                let wrong = Arrivals::wrong_ends(&self.fitted_paths.1, &self.true_paths);
                let now = self.fitted_paths.1.get(frame).or(self.fitted_paths.1.last());
                let places = now.map(|x| wrong.iter().map(|&k| (x[2 * k], x[2 * k + 1])).collect()).unwrap_or_default();
                layers.push(ChartLayer::new(places, MarkShape::Rings(7.0), Tone::Ink));
            }
            let map = plane.map(blend(&fits), range, layers);
            row.push(map::plot(format!("Fit, {when}"), words, map, Touch::Place));
        }
        let mut table = ViewTable::default();
        if is_rolling && self.fitted_paths.1.len() == self.true_paths.len() {
            let Arrivals { wrong, worst, worst_right } = Arrivals::compare(&self.fitted_paths.1, &self.true_paths);
            table.head =
                ["Particles", "on the wrong side", "worst distance", "among those on the right side"].map(String::from).to_vec();
            table.rows = vec![(None, vec![count.to_string(), wrong.to_string(), number(worst, 2), number(worst_right, 2)])];
        }
        View { rows: vec![row], controls: vec![control], table, note: self.status_note(run), ..View::default() }
    }

    fn work(&mut self, run: &PotentialRun) -> bool {
        if run.ended().is_none() {
            return false;
        }
        let b = self.circuits[1 - self.own].b;
        let Some((partner, _)) = &mut self.partner else {
            // The settings of the run are valid.
            let settings = run.settings.with(&format!("b={b}")).unwrap_or_else(|_| run.settings.clone());
            self.partner = PotentialRun::new(settings, DataSource::Benchmark, None).ok().map(|partner| {
                let side = RunEvaluators::for_run(&partner);
                (partner, side)
            });
            return self.partner.is_some();
        };
        let start = Instant::now();
        while partner.ended().is_none() {
            if start.elapsed().as_secs_f64() >= WORK_SLICE_SECONDS {
                return true;
            }
            partner.advance(FRAMES_PER_PIECE as u64);
        }
        let Some(position) = self.ended(run) else { return false };
        while start.elapsed().as_secs_f64() < WORK_SLICE_SECONDS {
            if !self.roll(run, position) {
                return false;
            }
        }
        true
    }
}
