//! Cuts through a potential of several inputs: truth, fit and their difference as colours over two coordinates; the others are
//! held. The benchmark defines the coordinates; without one they are the inputs.
//!
//! Coloured lines over the fit enclose the regions where one mode has more than half of the responsibility. Minima of the truth
//! are open circles. Minima of the fit are discs in the colour of the responsible mode. Marks beside the cut fade with their
//! distance from it.

use super::map::{self, Plane};
use crate::landscape::Bounds;
use crate::model::potential::{Evaluator, Outputs};
use crate::plot::HeatMap;
use crate::plot::UNSUPPORTED_OPACITY;
use crate::plot::contour::contour;
use crate::plot::figures::{ChartLayer, MarkShape, Tone};
use crate::plot::ticks::number;
use crate::potentials::{CutCoordinate, KnownPotential};
use crate::problem::potential::run::PotentialRun;
use crate::problem::potential::shown::EvaluatedState;
use crate::problem::potential::viewer::RunView;
use crate::problem::view::{Control, Touch, View, ViewState};

/// Largest distance of visible minima from a cut, as a fraction of the box.
const MAX_CUT_DISTANCE: f64 = 0.1;

/// View of cuts.
pub struct Cuts {
    fit: Evaluator<f32>,
    modes: usize,
    coordinates: Vec<CutCoordinate>,
    cut: Option<Cut>,
}

/// Cut: the part of the view that is constant during training.
struct Cut {
    /// The two coordinates of the axes, and the values of all coordinates.
    along: [usize; 2],
    held: Vec<f64>,
    /// Requested part of the plane, and the visible plane.
    part: Option<[[f64; 2]; 2]>,
    plane: Plane,
    /// Positions of the grid, `[points, inputs]`.
    places: Vec<f64>,
    /// Truth at these positions, if it is known.
    truth: Option<Vec<f64>>,
    /// Positions of the grid of the whole plane, if only a part is visible. They determine the colours.
    around: Option<Vec<f64>>,
    /// Range of the colours, if the truth is known.
    range: Option<[f64; 2]>,
}

impl Cuts {
    /// Prepares to evaluate fits of a run.
    pub fn new(run: &PotentialRun) -> Self {
        let mut coordinates = run.truth().map(KnownPotential::coordinates).unwrap_or_default();
        if coordinates.is_empty() {
            let input = |(k, (name, range)): (usize, (&String, &[f64; 2]))| {
                let mut direction = vec![0.0; run.inputs()];
                direction[k] = 1.0;
                CutCoordinate { name: name.clone(), direction, range: *range, held: f64::midpoint(range[0], range[1]) }
            };
            coordinates = run.names().iter().zip(run.bounds()).enumerate().map(input).collect();
        }
        let parts = Outputs { modes: true, ..Outputs::default() };
        Self { fit: run.evaluator(parts), modes: run.settings.training.modes, coordinates, cut: None }
    }

    /// Controls, the two coordinates that they choose, and the values of all coordinates.
    fn choose(&self, state: &ViewState) -> (Vec<Control>, [usize; 2], Vec<f64>) {
        let all = &self.coordinates;
        let pairs: Vec<[usize; 2]> = (0..all.len()).flat_map(|i| (i + 1..all.len()).map(move |j| [i, j])).collect();
        let mut held: Vec<f64> = all.iter().map(|c| c.held).collect();
        if all.len() < 3 {
            return (Vec::new(), [0, 1], held);
        }
        let words = pairs.iter().map(|[i, j]| format!("{}, {}", all[*i].name, all[*j].name)).collect();
        let control = state.choose("cut", "cut along", "The two coordinates that the pictures are drawn over.", words);
        let along = pairs[control.value as usize];
        let mut controls = vec![control];
        for k in (0..all.len()).filter(|k| !along.contains(k)) {
            let CutCoordinate { name, range, .. } = &all[k];
            let control = state.slide(&format!("held-{k}"), name, "A coordinate that is held.", *range, held[k]);
            held[k] = control.value;
            controls.push(control);
        }
        (controls, along, held)
    }

    fn place(&self, at: &[f64]) -> Vec<f64> {
        let input = |k: usize| self.coordinates.iter().zip(at).map(|(c, u)| u * c.direction[k]).sum();
        (0..self.coordinates[0].direction.len()).map(input).collect()
    }

    fn prepare(&self, run: &PotentialRun, along: [usize; 2], held: Vec<f64>, state: &ViewState) -> Cut {
        let pair = along.map(|k| &self.coordinates[k]);
        let whole = Plane::new(pair.map(|c| c.name.clone()), pair.map(|c| c.range));
        let part = whole.part(state);
        let place = |[across, upward]: [f64; 2]| {
            let mut at = held.clone();
            (at[along[0]], at[along[1]]) = (across, upward);
            self.place(&at)
        };
        let places = |plane: &Plane| plane.points().flat_map(place).collect::<Vec<f64>>();
        let truth = |places: &[f64]| run.truth().map(|truth| places.chunks(run.inputs()).map(|x| truth.value(x)).collect());
        let all = places(&whole);
        let of_all: Option<Vec<f64>> = truth(&all);
        let range = of_all.as_deref().map(map::range);
        let (plane, places, truth, around) = match part {
            Some(part) => {
                let seen = places(&part);
                let truth = truth(&seen);
                (part, seen, truth, Some(all))
            }
            None => (whole, all, of_all, None),
        };
        Cut { along, held, part: state.part, plane, places, truth, around, range }
    }

    /// Position of a point in a cut, and its visibility, which falls from 1 in the cut to 0 at `MAX_CUT_DISTANCE`.
    fn seen(&self, cut: &Cut, domain: Bounds, x: &[f64]) -> ((f64, f64), f64) {
        let coordinate = |k: usize| {
            let direction = &self.coordinates[k].direction;
            let dot = |a: &[f64]| a.iter().zip(direction).map(|(a, d)| a * d).sum::<f64>();
            dot(x) / dot(direction)
        };
        let at = cut.along.map(coordinate);
        let mut in_cut = cut.held.clone();
        (in_cut[cut.along[0]], in_cut[cut.along[1]]) = (at[0], at[1]);
        let part = |(way, [low, high]): (&f64, &[f64; 2])| (way / (high - low)).powi(2);
        let beside = domain.way(&self.place(&in_cut), x).iter().zip(domain.ends).map(part).sum::<f64>().sqrt();
        ((at[0], at[1]), (1.0 - beside / MAX_CUT_DISTANCE).max(0.0))
    }

    /// Two sets of marks: the minima of the truth; and these below the minima and paths of the fit.
    fn marks(&self, cut: &Cut, run: &PotentialRun, shown: &EvaluatedState) -> [Vec<ChartLayer>; 2] {
        let domain = run.evaluation().domain();
        let mut marks = Vec::new();
        for minimum in run.evaluation().truth_above(0.0).unwrap_or_default().minima {
            let (at, clear) = self.seen(cut, domain, &minimum.x);
            marks.push(ChartLayer::new(vec![at], MarkShape::Rings(5.0), Tone::Ink).with_opacity(clear));
        }
        let mut both = marks.clone();
        let threshold = threshold(run, shown);
        for minimum in &shown.metrics.own.minima {
            let (at, clear) = self.seen(cut, domain, &minimum.x);
            let opacity = if minimum.is_doubtful(threshold) { UNSUPPORTED_OPACITY } else { 1.0 };
            let tone = Tone::Mode(minimum.modes.first().copied().unwrap_or(0));
            both.push(ChartLayer::new(vec![at], MarkShape::Marks(3.0), tone).with_opacity(opacity * clear));
        }
        for path in shown.details.paths.iter().flatten() {
            let points = path.points.iter().map(|x| self.seen(cut, domain, x));
            // Points too far from the cut leave a gap.
            let points = points.map(|(at, clear)| if clear > 0.0 { at } else { (f64::NAN, f64::NAN) });
            let points = map::pieces(&points.collect::<Vec<_>>(), cut.plane.whole, cut.along.map(|k| domain.is_periodic(k)));
            let line = ChartLayer::new(points, MarkShape::Rimmed(1.5), Tone::Ink);
            both.insert(0, line.with_opacity(if run.inputs() == 2 { 0.8 } else { 0.4 }));
        }
        let seen = |layers: Vec<ChartLayer>| layers.into_iter().filter(|layer| layer.opacity > 0.0).collect();
        [seen(marks), seen(both)]
    }
}

/// Boundaries of the regions where each mode has more than half of the responsibility, in its colour.
fn dominance_boundaries(plane: &Plane, responsibilities: &[f64], modes: usize) -> Vec<ChartLayer> {
    let edge = |mode: usize| {
        let responsibility: Vec<f64> = responsibilities.iter().copied().skip(mode).step_by(modes).collect();
        let lines = contour(&responsibility, map::MAP_POINTS, 0.5);
        let points = lines.into_iter().flat_map(|line| line.into_iter().map(|at| plane.place(at)).chain([(f64::NAN, f64::NAN)]));
        ChartLayer::new(points.collect(), MarkShape::Rimmed(1.5), Tone::Mode(mode))
    };
    (0..modes).map(edge).filter(|layer| !layer.points.is_empty()).collect()
}

impl RunView for Cuts {
    fn view(&mut self, run: &PotentialRun, shown: &EvaluatedState, state: &ViewState) -> View {
        let (controls, along, held) = self.choose(state);
        let cut = self.cut.take().filter(|cut| (cut.along, &cut.held, &cut.part) == (along, &held, &state.part));
        let cut = cut.unwrap_or_else(|| self.prepare(run, along, held, state));
        let [of_truth, of_both] = self.marks(&cut, run, shown);
        let offset = shown.details.offset;
        let values = self.fit.evaluate(&shown.narrow(), &cut.places);
        let fit: Vec<f64> = values.psi.iter().map(|value| value - offset).collect();
        let plane = &cut.plane;
        let mut on_fit: Vec<ChartLayer> = map::samples(run).into_iter().collect();
        on_fit.extend(dominance_boundaries(plane, &values.responsibilities, self.modes));
        on_fit.extend(of_both);
        let mut row = Vec::new();
        let name = map::energy(run);
        let map = |values, range, layers| HeatMap { of: name.clone(), ..plane.map(values, range, layers) };
        if let (Some(truth), Some(range)) = (&cut.truth, &cut.range) {
            let (difference, most) = plane.difference(&fit, truth, of_truth.clone());
            let here = if cut.around.is_some() { " here" } else { "" };
            let title = format!("Fit − truth (max{here} {})", number(most, 2));
            row.push(map::plot("Truth".into(), "the potential", map(truth.clone(), *range, of_truth), Touch::Read));
            row.push(map::plot(map::fit_title(&fit, *range), "the potential", map(fit, *range, on_fit), Touch::Read));
            row.push(map::described(title, ("fit minus truth", "large differences"), difference, Touch::Read));
        } else {
            let range = match &cut.around {
                Some(all) => map::range(&self.fit.evaluate(&shown.narrow(), all).psi).map(|end| end - offset),
                None => map::range(&fit),
            };
            let title = if name == "Ψ" { "Fit".into() } else { format!("Fit: {name}") };
            row.push(map::plot(title, "the potential", map(fit, range, on_fit), Touch::Read));
        }
        self.cut = Some(cut);
        let circles = match run.truth() {
            Some(_) => "Circles are wells of the truth. ",
            None if run.inputs() == 2 => "Dots are samples. ",
            None => "",
        };
        let has_doubts = shown.metrics.own.minima.iter().any(|minimum| minimum.is_doubtful(threshold(run, shown)));
        let faint = if has_doubts { "Faint discs may be noise. " } else { "" };
        let note = format!(
            "{circles}Discs are wells of the fit. {faint}Coloured lines bound the region of one mode. Lines without colour are minimum energy paths."
        );
        View { rows: vec![row], controls, note, ..View::default() }
    }
}

/// Smallest barrier of a well, if it decides which minima are wells. Those of a density need the support of the samples.
fn threshold(run: &PotentialRun, shown: &EvaluatedState) -> Option<f64> {
    shown.details.threshold.filter(|_| !run.data().is_density)
}
