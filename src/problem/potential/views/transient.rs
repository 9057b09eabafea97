//! The landscape of the gene circuit while one coupling turns into another: `Psi_s = (1 - s) Psi_1 + s Psi_2` with
//! `ds/dt = 0.7 s (1 - s)` from 0.01 (Fig. 13), and cells that roll on it, on the fits and on the truth.
//!
//! The run is one of the two fits. The other, of a weak coupling (or of a strong one, if the run's own is weak), is trained here with
//! the same settings, once the run has ended.

use web_time::Instant;

use super::flow::{cells, touched};
use super::map::{self, Plane};
use crate::dynamics::{DORMAND_PRINCE, ode};
use crate::model::potential::{Evaluator, Outputs};
use crate::plot::figures::{Layer, Shape, Tone};
use crate::plot::ticks::{fixed, number};
use crate::potentials::gene_circuit::{FIRST_WEIGHT, blending};
use crate::potentials::sampling::spread;
use crate::potentials::{GeneCircuit, KnownPotential};
use crate::problem::potential::run::{Run, narrow};
use crate::problem::potential::shown::Shown;
use crate::problem::potential::source::Source;
use crate::problem::potential::viewer::Viewer;
use crate::problem::view::{ControlKind, Tab, Table, Touch, View, ViewState};

/// Couplings of the two potentials of Fig. 13.
pub const COUPLINGS: [f64; 2] = [0.1, 1.0];
/// Cells that are there from the beginning, and the least distance from the diagonal at which they begin.
pub const CELLS: usize = 20;
const ASIDE: f64 = 0.05;
/// Most cells that the reader may add.
const MORE: usize = 40;
/// Time at which the cells have come to rest.
pub const END: f64 = 40.0;
/// Frames until that time.
pub const FRAMES: usize = 400;
/// Error allowed in a step.
const TOLERANCE: f64 = 1e-6;
/// Duration of the animation, in seconds.
const SECONDS: f64 = 16.0;
/// Seconds that a piece of work may take.
const SLICE: f64 = 0.01;
/// Frames that are computed at once.
const PIECE: usize = 8;

/// Where cells begin: spread evenly, none near the diagonal. `[count x 2]`.
pub fn starts(count: usize) -> Vec<f64> {
    let places = spread(&GeneCircuit::DEFAULT.bounds(), 4 * count);
    let aside = |x: &Vec<f64>| (x[0] - x[1]).abs() / 2f64.sqrt() >= ASIDE;
    places.rows().into_iter().map(|x| x.to_vec()).filter(aside).take(count).flatten().collect()
}

/// The times of the frames.
pub fn times() -> Vec<f64> {
    (0..=FRAMES).map(|k| END * k as f64 / FRAMES as f64).collect()
}

/// Goes on with the ways of cells while one potential turns into the other: from `state`, the places `[cells x 2]` and then the weight of
/// the second potential, over `times`. `slopes` gives those of both potentials at `[cells x 2]`.
pub fn blended(state: &[f64], times: &[f64], tolerance: f64, slopes: &mut dyn FnMut(&[f64]) -> [Vec<f64>; 2]) -> Vec<Vec<f64>> {
    ode::trajectory(&DORMAND_PRINCE, state, times, tolerance, &mut |x| {
        let (weight, places) = x.split_last().expect("the weight is the last");
        let [one, two] = slopes(places);
        let both = one.iter().zip(&two).map(|(a, b)| -(1.0 - weight) * a - weight * b);
        both.chain([blending(*weight)]).collect()
    })
}

/// The state in which cells at these places begin.
pub fn beginning(places: &[f64]) -> Vec<f64> {
    [places, &[FIRST_WEIGHT]].concat()
}

/// What belongs to the weaker coupling, then what belongs to the stronger, where that of the run is number `own`.
fn ordered<T>(own: usize, of_run: T, of_partner: T) -> [T; 2] {
    if own == 0 { [of_run, of_partner] } else { [of_partner, of_run] }
}

/// The final places of cells on a fit compared with those on the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arrivals {
    /// How many are on the other side of the diagonal.
    pub wrong: usize,
    /// The largest distance between two that should be at one place.
    pub worst: f64,
    /// The largest distance among cells on the right side.
    pub worst_right: f64,
}

impl Arrivals {
    /// The cells that end on another side of the diagonal than on the truth.
    pub fn astray(fit: &[Vec<f64>], truth: &[Vec<f64>]) -> Vec<usize> {
        let (Some(a), Some(b)) = (fit.last(), truth.last()) else { return Vec::new() };
        if fit.len() != truth.len() {
            return Vec::new();
        }
        let sides = a.chunks_exact(2).zip(b.chunks_exact(2));
        sides.enumerate().filter(|(_, (a, b))| (a[0] > a[1]) != (b[0] > b[1])).map(|(k, _)| k).collect()
    }

    /// Compares two ways; one that has ended early is infinitely far away.
    pub fn of(fit: &[Vec<f64>], truth: &[Vec<f64>]) -> Self {
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

/// Evaluates the fits of one run, whose scaling is its own.
struct Side {
    psi: Evaluator<f32>,
    slope: Evaluator<f32>,
}

impl Side {
    fn of(run: &Run) -> Self {
        let [psi, slope] = [false, true].map(|gradient| run.evaluator(Outputs { gradient, ..Outputs::default() }));
        Self { psi, slope }
    }
}

/// The epochs of both runs.
type Position = [u64; 2];

/// The potentials of two couplings on the grid of a plane.
fn values(circuits: [GeneCircuit; 2], plane: &Plane) -> [Vec<f64>; 2] {
    circuits.map(|circuit| plane.points().map(|x| circuit.value(&x)).collect())
}

/// The view of the changing landscape.
pub struct Transient {
    plane: Plane,
    side: Side,
    /// The weaker and the stronger coupling, and which of the two is the run's.
    circuits: [GeneCircuit; 2],
    own: usize,
    truths: [Vec<f64>; 2],
    times: Vec<f64>,
    partner: Option<(Run, Side)>,
    starts: Vec<f64>,
    of_truth: Vec<Vec<f64>>,
    of_fit: (Position, Vec<Vec<f64>>),
}

impl Transient {
    /// Prepares to show a run of the gene circuit; `None` for others.
    pub fn new(run: &Run) -> Option<Self> {
        let own = run.settings().potential().filter(|_| run.settings().benchmark == GeneCircuit::ID)?;
        let b = &own.b;
        let other = COUPLINGS[usize::from((b - COUPLINGS[0]).abs() < 1e-9)];
        let own = usize::from(*b > other);
        let circuits = if own == 0 { [*b, other] } else { [other, *b] }.map(|b| GeneCircuit { b });
        let bounds = run.bounds();
        let plane = Plane::new([run.names()[0].clone(), run.names()[1].clone()], [bounds[0], bounds[1]]);
        let truths = values(circuits, &plane);
        Some(Self {
            plane,
            side: Side::of(run),
            circuits,
            own,
            truths,
            times: times(),
            partner: None,
            starts: Vec::new(),
            of_truth: Vec::new(),
            of_fit: Default::default(),
        })
    }

    /// The fits' potentials on the grid: that of the weaker coupling, then that of the stronger.
    fn fits(&mut self, shown: &Shown, plane: &Plane) -> Option<[Vec<f64>; 2]> {
        let (partner, side) = self.partner.as_mut()?;
        let points: Vec<f64> = plane.points().flatten().collect();
        let potential = |side: &mut Side, params: &[f32], offset: f64| -> Vec<f64> {
            side.psi.evaluate(params, &points).psi.into_iter().map(|psi| psi - offset).collect()
        };
        let of_partner = potential(side, &narrow(&partner.params()), partner.offset());
        Some(ordered(self.own, potential(&mut self.side, &shown.narrow(), shown.details.offset), of_partner))
    }

    /// The epochs of both runs, once both have ended.
    fn ended(&self, run: &Run) -> Option<Position> {
        let (partner, _) = self.partner.as_ref()?;
        (partner.ended().is_some() && run.ended().is_some()).then(|| [run.epoch(), partner.epoch()])
    }

    /// A piece of the ways on the fit; false if there is nothing left of them.
    fn roll(&mut self, run: &Run, position: Position) -> bool {
        if self.of_fit.0 != position || self.of_fit.1.is_empty() {
            self.of_fit = (position, vec![beginning(&self.starts)]);
        }
        let Some((partner, other)) = &mut self.partner else { return false };
        let params = [run, partner].map(|run| narrow(&run.params()));
        let path = &mut self.of_fit.1;
        let done = path.len() - 1;
        let span = &self.times[done..(done + PIECE + 1).min(self.times.len())];
        if span.len() < 2 {
            return false;
        }
        let (own, side) = (self.own, &mut self.side);
        let mut slopes = |x: &[f64]| {
            let of_run = side.slope.evaluate(&params[0], x).gradient;
            ordered(own, of_run, other.slope.evaluate(&params[1], x).gradient)
        };
        let next = blended(&path[done], span, TOLERANCE, &mut slopes);
        // A diverging path ends here.
        let is_whole = next.len() == span.len();
        path.extend(next.into_iter().skip(1));
        is_whole
    }

    fn say(&self, run: &Run) -> String {
        let b = self.circuits[1 - self.own].b;
        let done =
            self.partner.as_ref().map_or(0, |(partner, _)| 100 * partner.epoch() / partner.settings().training.epochs.max(1));
        match (run.ended().is_some(), done) {
            (false, 0) => format!("The fit of b = {b} is trained when this run has ended."),
            (false, _) => "The cells roll on the fit when this run has ended.".into(),
            (true, 100) => {
                "Click to add cells. Circles: cells that end on another side of the diagonal than on the truth.".into()
            }
            (true, _) => format!("Training the fit of b = {b}: {done} %."),
        }
    }
}

impl Viewer for Transient {
    fn tab(&self) -> Tab {
        Tab { id: "transient".into(), title: "Transient".into() }
    }

    fn view(&mut self, run: &Run, shown: &Shown, state: &ViewState) -> View {
        let starts = [starts(CELLS), touched(state, &self.plane, MORE)].concat();
        if self.starts != starts {
            let circuits = self.circuits;
            let mut slopes = |x: &[f64]| circuits.map(|c| x.chunks(2).flat_map(|x| c.gradient(x)).collect());
            self.of_truth = blended(&beginning(&starts), &self.times, TOLERANCE, &mut slopes);
            (self.starts, self.of_fit.1) = (starts, Vec::new());
        }
        let count = self.starts.len() / 2;
        let mut control = state.slide("time", "time", "How long the landscape has been changing.", [0.0, END], END);
        let frame = (control.value / END * FRAMES as f64).round() as usize;
        control.kind = ControlKind::Play { range: [0.0, END], seconds: SECONDS };
        let weight = self.of_truth.get(frame).or(self.of_truth.last()).map_or(FIRST_WEIGHT, |x| x[2 * count]);
        let blend = |[one, two]: &[Vec<f64>; 2]| -> Vec<f64> {
            one.iter().zip(two).map(|(a, b)| (1.0 - weight) * a + weight * b).collect()
        };
        let truth = blend(&self.truths);
        // The colours are those of the whole.
        let range = map::range(&truth);
        let part = self.plane.part(state);
        let truth = match &part {
            Some(part) => blend(&values(self.circuits, part)),
            None => truth,
        };
        let plane = part.unwrap_or_else(|| self.plane.clone());
        let when = format!("t = {}, s = {}", fixed(control.value, 1), fixed(weight, 2));
        let words = "the landscape with cells on it,";
        let of_truth = plane.map(truth, range, cells(&self.of_truth, count, frame, Tone::Ink).to_vec());
        let mut row = vec![map::plot(format!("Truth, {when}"), words, of_truth, Touch::Place)];
        let position = self.ended(run);
        let is_rolling = position == Some(self.of_fit.0);
        if let Some(fits) = self.fits(shown, &plane) {
            let mut layers = Vec::new();
            if is_rolling {
                layers.extend(cells(&self.of_fit.1, count, frame, Tone::Accent));
                let astray = Arrivals::astray(&self.of_fit.1, &self.of_truth);
                let now = self.of_fit.1.get(frame).or(self.of_fit.1.last());
                let places = now.map(|x| astray.iter().map(|&k| (x[2 * k], x[2 * k + 1])).collect()).unwrap_or_default();
                layers.push(Layer::new(places, Shape::Rings(7.0), Tone::Ink));
            }
            let map = plane.map(blend(&fits), range, layers);
            row.push(map::plot(format!("Fit, {when}"), words, map, Touch::Place));
        }
        let mut table = Table::default();
        if is_rolling && self.of_fit.1.len() == self.of_truth.len() {
            let Arrivals { wrong, worst, worst_right } = Arrivals::of(&self.of_fit.1, &self.of_truth);
            table.head =
                ["Cells", "on the wrong side", "worst distance", "among those on the right side"].map(String::from).to_vec();
            table.rows = vec![(None, vec![count.to_string(), wrong.to_string(), number(worst, 2), number(worst_right, 2)])];
        }
        View { view: self.tab().id, rows: vec![row], controls: vec![control], table, note: self.say(run) }
    }

    fn work(&mut self, run: &Run) -> bool {
        if run.ended().is_none() {
            return false;
        }
        let b = self.circuits[1 - self.own].b;
        let Some((partner, _)) = &mut self.partner else {
            // The settings are those of a run that was accepted.
            let settings = run.settings().with(&format!("b={b}")).unwrap_or_else(|_| run.settings().clone());
            self.partner = Run::new(settings, Source::Benchmark, None).ok().map(|partner| {
                let side = Side::of(&partner);
                (partner, side)
            });
            return self.partner.is_some();
        };
        let start = Instant::now();
        while partner.ended().is_none() {
            if start.elapsed().as_secs_f64() >= SLICE {
                return true;
            }
            partner.advance(PIECE as u64);
        }
        let Some(position) = self.ended(run) else { return false };
        while start.elapsed().as_secs_f64() < SLICE {
            if !self.roll(run, position) {
                return false;
            }
        }
        true
    }
}
