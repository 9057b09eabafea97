//! Cuts through a potential of several inputs: truth, fit and their difference as colours over two coordinates, the others held. What
//! the coordinates are says the benchmark; without one they are the inputs.
//!
//! Coloured lines over the fit enclose the regions where one mode has more than half of the responsibility. Minima of the truth are open circles, those of the fit discs in the colour of the mode responsible there. One that lies beside the
//! cut is the fainter the farther it is away.

use super::map::{self, Plane};
use super::wells;
use crate::landscape::Bounds;
use crate::model::potential::{Evaluator, Outputs};
use crate::plot::DOUBTFUL;
use crate::plot::HeatMap;
use crate::plot::contour::contour;
use crate::plot::figures::{Layer, Shape, Tone};
use crate::plot::ticks::number;
use crate::potentials::{Coordinate, KnownPotential};
use crate::problem::potential::run::Run;
use crate::problem::potential::shown::Shown;
use crate::problem::potential::viewer::Viewer;
use crate::problem::view::{Control, Tab, Touch, View, ViewState};

/// Minima farther from a cut than this fraction of the box are not seen in it.
const NEAR: f64 = 0.1;

/// The view of cuts.
pub struct Cuts {
    fit: Evaluator<f32>,
    modes: usize,
    coordinates: Vec<Coordinate>,
    cut: Option<Cut>,
}

/// A cut: the part of the view that does not change during training.
struct Cut {
    /// The two coordinates that it is along, and where all of them stand.
    along: [usize; 2],
    held: Vec<f64>,
    /// The part that is asked for, and what is seen.
    part: Option<[[f64; 2]; 2]>,
    plane: Plane,
    /// The places on the grid, `[points, inputs]`.
    places: Vec<f64>,
    /// The truth there, if it is known.
    truth: Option<Vec<f64>>,
    /// The places on the grid of the whole, where that is not what is seen: the colours are those of the whole.
    around: Option<Vec<f64>>,
    /// The range of the colours, if the truth is known.
    range: Option<[f64; 2]>,
}

impl Cuts {
    /// Prepares to evaluate fits of a run.
    pub fn new(run: &Run) -> Self {
        let mut coordinates = run.truth().map(KnownPotential::coordinates).unwrap_or_default();
        if coordinates.is_empty() {
            let input = |(k, (name, range)): (usize, (&String, &[f64; 2]))| {
                let mut direction = vec![0.0; run.inputs()];
                direction[k] = 1.0;
                Coordinate { name: name.clone(), direction, range: *range, held: f64::midpoint(range[0], range[1]) }
            };
            coordinates = run.names().iter().zip(run.bounds()).enumerate().map(input).collect();
        }
        let parts = Outputs { modes: true, ..Outputs::default() };
        Self { fit: run.evaluator(parts), modes: run.settings().training.modes, coordinates, cut: None }
    }

    /// The controls, and the cut that they choose: which two coordinates, and where all of them stand.
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
            let Coordinate { name, range, .. } = &all[k];
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

    fn prepare(&self, run: &Run, along: [usize; 2], held: Vec<f64>, state: &ViewState) -> Cut {
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

    /// Where a place is seen in a cut, and how clearly: 1 in it, 0 too far beside it.
    fn seen(&self, cut: &Cut, whole: Bounds, x: &[f64]) -> ((f64, f64), f64) {
        let coordinate = |k: usize| {
            let direction = &self.coordinates[k].direction;
            let dot = |a: &[f64]| a.iter().zip(direction).map(|(a, d)| a * d).sum::<f64>();
            dot(x) / dot(direction)
        };
        let at = cut.along.map(coordinate);
        let mut in_cut = cut.held.clone();
        (in_cut[cut.along[0]], in_cut[cut.along[1]]) = (at[0], at[1]);
        let part = |(way, [low, high]): (&f64, &[f64; 2])| (way / (high - low)).powi(2);
        let beside = whole.way(&self.place(&in_cut), x).iter().zip(whole.ends).map(part).sum::<f64>().sqrt();
        ((at[0], at[1]), (1.0 - beside / NEAR).max(0.0))
    }

    /// Marks of the minima: those of the truth, and those with the fit's over them, which the paths between the fit's join.
    fn marks(&self, cut: &Cut, run: &Run, shown: &Shown) -> [Vec<Layer>; 2] {
        let whole = run.evaluation().whole();
        let mut marks = Vec::new();
        for minimum in run.true_minima().unwrap_or_default() {
            let (at, clear) = self.seen(cut, whole, &minimum.x);
            marks.push(map::true_mark(at).faint(clear));
        }
        let mut both = marks.clone();
        for (minimum, mode) in shown.metrics.own.minima.iter().zip(&shown.details.mode_of_minimum) {
            let (at, clear) = self.seen(cut, whole, &minimum.x);
            let opacity = if minimum.supported { 1.0 } else { DOUBTFUL };
            both.push(map::fitted_mark(at, *mode).faint(opacity * clear));
        }
        for path in shown.details.paths.iter().flatten() {
            let points = path.points.iter().map(|x| self.seen(cut, whole, x));
            // What lies beside the cut leaves a gap.
            let points = points.map(|(at, clear)| if clear > 0.0 { at } else { (f64::NAN, f64::NAN) });
            let points = map::pieces(&points.collect::<Vec<_>>(), cut.plane.whole, cut.along.map(|k| whole.is_periodic(k)));
            let line = Layer::new(points, Shape::Rimmed(1.5), Tone::Ink);
            both.insert(0, line.faint(if run.inputs() == 2 { 0.8 } else { 0.4 }));
        }
        let seen = |layers: Vec<Layer>| layers.into_iter().filter(|layer| layer.opacity > 0.0).collect();
        [seen(marks), seen(both)]
    }
}

/// The boundaries of the regions where each mode has more than half of the responsibility, in its colour.
fn territories(plane: &Plane, responsibilities: &[f64], modes: usize) -> Vec<Layer> {
    let edge = |mode: usize| {
        let responsibility: Vec<f64> = responsibilities.iter().copied().skip(mode).step_by(modes).collect();
        let lines = contour(&responsibility, map::POINTS, 0.5);
        let points = lines.into_iter().flat_map(|line| line.into_iter().map(|at| plane.place(at)).chain([(f64::NAN, f64::NAN)]));
        Layer::new(points.collect(), Shape::Rimmed(1.5), Tone::Mode(mode))
    };
    (0..modes).map(edge).filter(|layer| !layer.points.is_empty()).collect()
}

impl Viewer for Cuts {
    fn tab(&self) -> Tab {
        Tab { id: "cuts".into(), title: "Cuts".into() }
    }

    fn view(&mut self, run: &Run, shown: &Shown, state: &ViewState) -> View {
        let (controls, along, held) = self.choose(state);
        let cut = self.cut.take().filter(|cut| (cut.along, &cut.held, &cut.part) == (along, &held, &state.part));
        let cut = cut.unwrap_or_else(|| self.prepare(run, along, held, state));
        let table = wells::table(run, shown);
        let [of_truth, of_both] = self.marks(&cut, run, shown);
        let offset = shown.details.offset;
        let values = self.fit.evaluate(&shown.narrow(), &cut.places);
        let fit: Vec<f64> = values.psi.iter().map(|value| value - offset).collect();
        let plane = &cut.plane;
        let mut on_fit = territories(plane, &values.responsibilities, self.modes);
        on_fit.extend(of_both);
        let mut row = Vec::new();
        let name = wells::energy(run);
        let map = |values, range, layers| HeatMap { of: name.clone(), ..plane.map(values, range, layers) };
        if let (Some(truth), Some(range)) = (&cut.truth, &cut.range) {
            let (difference, most) = plane.difference(&fit, truth, of_truth.clone());
            let here = if cut.around.is_some() { " here" } else { "" };
            let title = format!("Fit − truth (max{here} {})", number(most, 2));
            row.push(map::plot("Truth".into(), "the potential", map(truth.clone(), *range, of_truth), Touch::Read));
            row.push(map::plot("Fit".into(), "the potential", map(fit, *range, on_fit), Touch::Read));
            row.push(map::plot(title, "fit minus truth", difference, Touch::Read));
        } else {
            let range = match &cut.around {
                Some(all) => map::range(&self.fit.evaluate(&shown.narrow(), all).psi).map(|end| end - offset),
                None => map::range(&fit),
            };
            let title = if name == "Ψ" { "Fit".into() } else { format!("Fit: {name}") };
            row.push(map::plot(title, "the potential", map(fit, range, on_fit), Touch::Read));
        }
        self.cut = Some(cut);
        let note = "Circles are wells of the truth, discs those of the fit; coloured lines bound what one mode holds; lines without colour are minimum energy paths.".into();
        View { view: self.tab().id, rows: vec![row], controls, table, note }
    }
}
