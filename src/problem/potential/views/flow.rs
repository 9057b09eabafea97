//! Flow downhill, `x' = -grad Psi`, in two dimensions. Truth and fit are colours under their flow lines and nullclines.
//! Equilibria with their stability, and particles placed by the reader, are on top.

use super::map::{self, Plane};
use crate::data::units::without_unit;
use crate::dynamics::ode;
use crate::landscape::pairs::pair;
use crate::landscape::{Bounds, Equilibrium, LARGEST_DISTANCE, Minimum, Stability, equilibria, slopes_of};
use crate::model::Potential as Fit;
use crate::model::potential::{Evaluator, Outputs};
use crate::plot::contour::contour;
use crate::plot::figures::{ChartLayer, MarkShape, Tone};
use crate::plot::ticks::{fixed, nice_step, number};
use crate::plot::{HeatMap, UNSUPPORTED_OPACITY};
use crate::potentials::KnownPotential;
use crate::problem::potential::run::PotentialRun;
use crate::problem::potential::shown::EvaluatedState;
use crate::problem::potential::viewer::RunView;
use crate::problem::view::{ControlKind, Touch, View, ViewState, ViewTable};

/// Number of starting points of flow lines along each axis.
const FLOW_LINES_PER_AXIS: usize = 6;
/// Number of steps of a flow line, and their length as a fraction of the box.
const FLOW_LINE_STEPS: usize = 300;
const STEP_FRACTION: f64 = 0.008;
const EQUILIBRIUM_SEARCHES: usize = 49;
/// Largest number of particles; the oldest ones disappear first.
const MAX_PARTICLES: usize = 60;
/// Number of frames of the paths of particles, and the tolerance of a step as a fraction of the box.
const PATH_FRAMES: usize = 120;
const STEP_TOLERANCE: f64 = 1e-5;
/// Duration of the animation in seconds.
const PLAY_SECONDS: f64 = 6.0;

const CURVATURE_OUTPUTS: Outputs = Outputs { gradient: true, modes: false, hessian: true };

/// Potential and slopes on the grid of a plane.
pub struct Field {
    /// The potential.
    pub psi: Vec<f64>,
    /// The gradient, `[points, 2]`.
    pub slopes: Vec<f64>,
}

impl Field {
    /// Slope at a position counted in cells, by interpolation between the points of the grid; `None` outside.
    fn slope(&self, at: [f64; 2]) -> Option<[f64; 2]> {
        let last = (map::MAP_POINTS - 1) as f64;
        if !at.iter().all(|u| (0.0..=last).contains(u)) {
            return None;
        }
        let [i, j] = at.map(|u| (u as usize).min(map::MAP_POINTS - 2));
        let [u, v] = [at[0] - i as f64, at[1] - j as f64];
        Some([0, 1].map(|k| {
            let corner = |di: usize, dj: usize| self.slopes[2 * ((j + dj) * map::MAP_POINTS + i + di) + k];
            let below = (1.0 - u) * corner(0, 0) + u * corner(1, 0);
            let above = (1.0 - u) * corner(0, 1) + u * corner(1, 1);
            (1.0 - v) * below + v * above
        }))
    }

    /// Flow lines downhill from evenly spread positions, as one layer.
    pub fn lines(&self, plane: &Plane) -> ChartLayer {
        let cells = (map::MAP_POINTS - 1) as f64;
        let typical = (self.slopes.iter().map(|g| g * g).sum::<f64>() / self.psi.len() as f64).sqrt();
        // Slopes in the units of cells. A line slows down where the field is close to zero, and stops there.
        let widths = plane.ranges.map(|[low, high]| high - low);
        let stride = |at: [f64; 2]| {
            let slope = self.slope(at)?;
            let pace = cells * STEP_FRACTION / (slope[0].hypot(slope[1]) + 0.02 * typical);
            let longest = widths[0].max(widths[1]);
            Some([0, 1].map(|k| -slope[k] * pace * longest / widths[k]))
        };
        let mut points = Vec::new();
        for start in 0..FLOW_LINES_PER_AXIS * FLOW_LINES_PER_AXIS {
            let along = |k: usize| cells * (k as f64 + 0.5) / FLOW_LINES_PER_AXIS as f64;
            let mut at = [along(start % FLOW_LINES_PER_AXIS), along(start / FLOW_LINES_PER_AXIS)];
            for _ in 0..FLOW_LINE_STEPS {
                points.push(plane.place((at[0], at[1])));
                let Some(first) = stride(at) else { break };
                let Some(by) = stride([at[0] + 0.5 * first[0], at[1] + 0.5 * first[1]]) else { break };
                at = [at[0] + by[0], at[1] + by[1]];
                if by[0].hypot(by[1]) < 0.02 {
                    break;
                }
            }
            points.push((f64::NAN, f64::NAN));
        }
        ChartLayer::new(points, MarkShape::Arrows(0.9), Tone::Ink).with_opacity(0.6)
    }

    /// Nullclines of each component of the slope.
    pub fn nullclines(&self, plane: &Plane) -> [ChartLayer; 2] {
        // Colours that do not occur in maps.
        [(0, Tone::Mode(1)), (1, Tone::Mode(6))].map(|(k, tone)| {
            let component: Vec<f64> = self.slopes.iter().copied().skip(k).step_by(2).collect();
            // Within one cell of an edge, a line would be a short dash that leaves the map.
            let edge = (map::MAP_POINTS - 1) as f64;
            let grazes = |u: f64| !(1.5..=edge - 1.5).contains(&u);
            let lines = contour(&component, map::MAP_POINTS, 0.0)
                .into_iter()
                .filter(|line| !line.iter().all(|at| grazes(at.0)) && !line.iter().all(|at| grazes(at.1)));
            let points = lines.flat_map(|line| line.into_iter().map(|at| plane.place(at)).chain([(f64::NAN, f64::NAN)]));
            ChartLayer::new(points.collect(), MarkShape::Rimmed(2.0), tone)
        })
    }
}

/// Positions `[times][cells x 2]` of particles that start at `starts` and move against `slopes`, which takes all positions at once.
/// Diverging paths end early.
pub fn roll(starts: &[f64], times: &[f64], tolerance: f64, slopes: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    let mut velocity = |x: &[f64]| slopes(x).into_iter().map(|slope| -slope).collect();
    ode::trajectory(starts, times, tolerance, &mut velocity)
}

/// Paths of particles up to a frame, one line each, and their positions at that frame.
pub fn particles(path: &[Vec<f64>], count: usize, frame: usize, tone: Tone) -> [ChartLayer; 2] {
    let shown = &path[..path.len().min(frame + 1)];
    let (mut ways, mut ends) = (Vec::new(), Vec::new());
    for cell in 0..count {
        let position = |x: &Vec<f64>| (x[2 * cell], x[2 * cell + 1]);
        ways.extend(shown.iter().map(position));
        ways.push((f64::NAN, f64::NAN));
        ends.extend(shown.last().map(position));
    }
    [ChartLayer::new(ways, MarkShape::Rimmed(1.25), tone), ChartLayer::new(ends, MarkShape::Marks(2.75), tone)]
}

/// Last positions inside a plane that the reader has touched, at most `most` of them.
pub fn touched(state: &ViewState, plane: &Plane, most: usize) -> Vec<f64> {
    let [across, upward] = plane.whole;
    let inside = |x: f64, [low, high]: [f64; 2]| (low..=high).contains(&x);
    let places: Vec<_> = state.touches.iter().filter(|(_, x, y)| inside(*x, across) && inside(*y, upward)).collect();
    places.iter().skip(places.len().saturating_sub(most)).flat_map(|(_, x, y)| [*x, *y]).collect()
}

/// Field with its flow lines and its nullclines.
type FieldLayers = (Field, Vec<ChartLayer>);

/// True field in a plane, its flow lines and its nullclines.
fn true_field(truth: &dyn KnownPotential, plane: &Plane) -> FieldLayers {
    let points: Vec<[f64; 2]> = plane.points().collect();
    let psi = points.iter().map(|x| truth.value(x)).collect();
    let field = Field { psi, slopes: points.iter().flat_map(|x| truth.gradient(x)).collect() };
    let mut layers = vec![field.lines(plane)];
    layers.extend(field.nullclines(plane));
    (field, layers)
}

/// View of the flow downhill.
pub struct FlowView {
    plane: Plane,
    /// Visible part of the plane, if it is not all, with the truth there.
    part: Option<(Plane, Option<FieldLayers>)>,
    fit: Evaluator<f32>,
    exact: Fit,
    truth: Option<(Field, Vec<ChartLayer>, Vec<Equilibrium>)>,
    /// Position of the state with these equilibria, and the equilibria.
    found: (Option<u64>, Vec<Equilibrium>),
    /// Duration of the paths of particles.
    end: f64,
    /// Starting points of particles, and their paths on the truth and on the fit with these parameters.
    starts: Vec<f64>,
    true_paths: Vec<Vec<f64>>,
    fitted_paths: (Vec<f32>, Vec<Vec<f64>>),
}

impl FlowView {
    /// Prepares to show a run of two inputs.
    pub fn new(run: &PotentialRun) -> Self {
        let bounds = run.bounds();
        let names = run.names();
        let plane = Plane::new([names[0].clone(), names[1].clone()], [bounds[0], bounds[1]]);
        let truth = run.truth().map(|truth| {
            let (field, layers) = true_field(truth, &plane);
            let true_equilibria = equilibria(run.evaluation().domain(), EQUILIBRIUM_SEARCHES, &mut |x| slopes_of(truth, x));
            (field, layers, true_equilibria)
        });
        // Long enough for a descent from any point.
        let width = bounds.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
        let slope = run.data().gradient.as_ref().map_or(2.0 * run.data().std() / width, |gradient| {
            let known = || gradient.iter().filter(|g| g.is_finite());
            (known().map(|g| g * g).sum::<f64>() / known().count().max(1) as f64).sqrt()
        });
        let end = if slope > 0.0 { nice_step(6.0 * width / slope) } else { 1.0 };
        let fit = run.evaluator(Outputs { gradient: true, ..Outputs::default() });
        Self {
            plane,
            part: None,
            fit,
            exact: run.potential(),
            truth,
            found: (None, Vec::new()),
            end,
            starts: Vec::new(),
            true_paths: Vec::new(),
            fitted_paths: (Vec::new(), Vec::new()),
        }
    }

    /// Searches the equilibria of the fit in the shown state.
    fn search(&mut self, run: &PotentialRun, shown: &EvaluatedState) {
        let position = Some(shown.position);
        if self.found.0 != position {
            self.exact.set_params(shown.params.clone());
            let exact = &mut self.exact;
            let mut slopes = |x: &[f64]| {
                let values = exact.values(x, CURVATURE_OUTPUTS);
                (values.gradient, values.hessian)
            };
            self.found = (position, equilibria(run.evaluation().domain(), EQUILIBRIUM_SEARCHES, &mut slopes));
        }
    }

    /// Computes the paths of the particles that the reader has placed, unless they are known.
    fn follow_particles(&mut self, run: &PotentialRun, state: &ViewState, params: &[f32]) {
        let starts = touched(state, &self.plane, MAX_PARTICLES);
        let is_new = starts != self.starts;
        if is_new {
            self.starts = starts;
        }
        let times: Vec<f64> = (0..=PATH_FRAMES).map(|k| self.end * k as f64 / PATH_FRAMES as f64).collect();
        let tolerance = STEP_TOLERANCE * (self.plane.ranges[0][1] - self.plane.ranges[0][0]);
        let start = &self.starts;
        if let Some(truth) = run.truth().filter(|_| is_new) {
            let mut slopes = |x: &[f64]| x.chunks(2).flat_map(|x| truth.gradient(x)).collect();
            self.true_paths = roll(start, &times, tolerance, &mut slopes);
        }
        if !start.is_empty() && (is_new || self.fitted_paths.0 != params) {
            let ways = roll(start, &times, tolerance, &mut |x| self.fit.evaluate(params, x).gradient);
            let whole = run.evaluation().domain();
            let images = |x: Vec<f64>| x.chunks(2).flat_map(|x| whole.within(x)).collect();
            self.fitted_paths = (params.to_vec(), ways.into_iter().map(images).collect());
        }
    }

    /// Visible plane.
    fn seen(&self) -> &Plane {
        self.part.as_ref().map_or(&self.plane, |part| &part.0)
    }

    /// Selects the requested part of the plane.
    fn select_part(&mut self, run: &PotentialRun, state: &ViewState) {
        let part = self.plane.part(state);
        if part.as_ref() != self.part.as_ref().map(|part| &part.0) {
            self.part = part.map(|plane| {
                let truth = run.truth().map(|truth| true_field(truth, &plane));
                (plane, truth)
            });
        }
    }

    fn map(&self, run: &PotentialRun, values: Vec<f64>, range: [f64; 2], layers: Vec<ChartLayer>) -> HeatMap {
        HeatMap { of: map::energy(run), ..self.seen().map(values, range, layers) }
    }

    /// Interrupts a line where it crosses a periodic boundary.
    fn in_pieces(&self, layer: ChartLayer, periodic: [bool; 2]) -> ChartLayer {
        if !matches!(layer.shape, MarkShape::Rimmed(_)) {
            return layer;
        }
        ChartLayer { points: map::pieces(&layer.points, self.plane.whole, periodic), ..layer }
    }
}

/// Returns true if a stable equilibrium of the fit has no confirmed minimum.
fn is_doubtful(equilibrium: &Equilibrium, minimum: Option<&Minimum>) -> bool {
    equilibrium.stability == Stability::Stable && minimum.is_none_or(|minimum| !minimum.supported)
}

/// Marks of equilibria: stable ones filled, in the colour of the first mode of their minimum, the others open. `minima` has the minima of the
/// fit, and is empty for the truth. Doubtful equilibria of the fit are faint.
fn marks(list: &[Equilibrium], minima: &[Option<&Minimum>]) -> Vec<ChartLayer> {
    let mark = |(k, e): (usize, &Equilibrium)| {
        let (shape, minimum) = match e.stability {
            Stability::Stable => (MarkShape::Marks(4.0), minima.get(k).copied().flatten()),
            Stability::Saddle => (MarkShape::Rings(4.5), None),
            Stability::Unstable => (MarkShape::Rings(2.5), None),
        };
        let tone = minimum.and_then(|minimum| minimum.modes.first()).map_or(Tone::Ink, |&mode| Tone::Mode(mode));
        let is_doubtful = minima.get(k).is_some_and(|minimum| is_doubtful(e, *minimum));
        let opacity = if is_doubtful { UNSUPPORTED_OPACITY } else { 1.0 };
        ChartLayer::new(vec![(e.x[0], e.x[1])], shape, tone).with_opacity(opacity)
    };
    list.iter().enumerate().map(mark).collect()
}

/// Indices of the equilibria of one stability, and their places as minima.
fn of_stability(list: &[Equilibrium], stability: Stability) -> (Vec<usize>, Vec<Minimum>) {
    let alike = list.iter().enumerate().filter(|(_, e)| e.stability == stability);
    alike.map(|(k, e)| (k, Minimum { x: e.x.clone(), ..Minimum::default() })).unzip()
}

/// Minimum of each stable equilibrium of the fit. A search may have missed it; no two equilibria share one.
fn minima_of<'a>(fit: &[Equilibrium], minima: &'a [Minimum], domain: Bounds) -> Vec<Option<&'a Minimum>> {
    let (stable, places) = of_stability(fit, Stability::Stable);
    let mut found = vec![None; fit.len()];
    for (place, minimum) in pair(&places, minima, domain, LARGEST_DISTANCE * domain.diagonal()) {
        if let (Some(place), Some(minimum)) = (place, minimum) {
            found[stable[place]] = Some(&minima[minimum]);
        }
    }
    found
}

/// Table of the equilibria of truth and fit. Nearest pairs with the same stability are in one row. `minima` has the minimum of each stable equilibrium
/// of the fit. A question mark precedes the position of one that may be noise.
fn table(truth: Option<&[Equilibrium]>, fit: &[Equilibrium], minima: &[Option<&Minimum>], domain: Bounds) -> ViewTable {
    let place = |e: &Equilibrium| e.x.iter().map(|x| fixed(*x, 4)).collect::<Vec<_>>().join(", ");
    let mode = |k: usize| minima[k].and_then(|minimum| minimum.modes.first().copied());
    let place_of_fit = |k: usize| {
        let doubt = if is_doubtful(&fit[k], minima[k]) { "? " } else { "" };
        format!("{doubt}{}", place(&fit[k]))
    };
    let name = |s: Stability| match s {
        Stability::Stable => "stable",
        Stability::Saddle => "saddle",
        Stability::Unstable => "unstable",
    };
    let distance = |a: &Equilibrium, b: &Equilibrium| domain.distance(&a.x, &b.x);
    let partners = partners(truth.unwrap_or_default(), fit, domain);
    let mut rows = Vec::new();
    for (known, partner) in truth.unwrap_or_default().iter().zip(&partners) {
        let found =
            partner.map_or(["not found".into(), String::new()], |k| [place_of_fit(k), number(distance(&fit[k], known), 2)]);
        let [found, off] = found;
        rows.push((partner.and_then(mode), vec![name(known.stability).into(), place(known), found, off]));
    }
    for k in (0..fit.len()).filter(|&k| !partners.contains(&Some(k))) {
        let [kind, place] = [name(fit[k].stability).to_owned(), place_of_fit(k)];
        rows.push((mode(k), if truth.is_some() { vec![kind, "none".into(), place, String::new()] } else { vec![kind, place] }));
    }
    let head: &[&str] = if truth.is_some() { &["Equilibrium", "truth", "fit", "off by"] } else { &["Equilibrium", "fit"] };
    ViewTable { head: head.iter().copied().map(String::from).collect(), rows }
}

/// Partner of each equilibrium of the truth among those of the fit.
fn partners(truth: &[Equilibrium], fit: &[Equilibrium], domain: Bounds) -> Vec<Option<usize>> {
    let mut partners = vec![None; truth.len()];
    for stability in [Stability::Stable, Stability::Saddle, Stability::Unstable] {
        let ((of_fit, fit), (of_truth, truth)) = (of_stability(fit, stability), of_stability(truth, stability));
        for (found, known) in pair(&fit, &truth, domain, LARGEST_DISTANCE * domain.diagonal()) {
            if let (Some(found), Some(known)) = (found, known) {
                partners[of_truth[known]] = Some(of_fit[found]);
            }
        }
    }
    partners
}

impl RunView for FlowView {
    fn view(&mut self, run: &PotentialRun, shown: &EvaluatedState, state: &ViewState) -> View {
        self.search(run, shown);
        self.select_part(run, state);
        let (params, offset) = (shown.narrow(), shown.details.offset);
        let points: Vec<f64> = self.seen().points().flatten().collect();
        let values = self.fit.evaluate(&params, &points);
        let field = Field { psi: values.psi.iter().map(|psi| psi - offset).collect(), slopes: values.gradient };
        // The whole plane determines the colours.
        let range = match (&self.truth, &self.part) {
            (Some(truth), _) => map::range(&truth.0.psi),
            (None, None) => map::range(&field.psi),
            (None, Some(_)) => {
                let all: Vec<f64> = self.plane.points().flatten().collect();
                map::range(&self.fit.evaluate(&params, &all).psi).map(|end| end - offset)
            }
        };

        self.follow_particles(run, state, &params);
        let count = self.starts.len() / 2;
        let mut controls = Vec::new();
        let mut frame = PATH_FRAMES;
        if count > 0 {
            let mut control = state.slide("time", "time", "Time since the particles started.", [0.0, self.end], self.end);
            frame = (control.value / self.end * PATH_FRAMES as f64) as usize;
            control.kind = ControlKind::Play { range: [0.0, self.end], seconds: PLAY_SECONDS };
            controls.push(control);
        }
        let words = "the potential, with lines that run downhill,";
        let mut row = Vec::new();
        let own = field.nullclines(self.seen());
        let mut layers: Vec<ChartLayer> = map::samples(run).into_iter().chain([field.lines(self.seen())]).chain(own).collect();
        if let Some((truth, own, known)) = &self.truth {
            let (truth, own) = match &self.part {
                Some((_, Some((truth, own)))) => (truth, own),
                _ => (truth, own),
            };
            let mut on_truth = own.clone();
            on_truth.extend(marks(known, &[]));
            on_truth.extend(particles(&self.true_paths, count, frame, Tone::Ink));
            row.push(map::plot("Truth".into(), words, self.map(run, truth.psi.clone(), range, on_truth), Touch::Place));
        }
        let found = &self.found.1;
        let whole = run.evaluation().domain();
        let minima = minima_of(found, &shown.metrics.own.minima, whole);
        layers.extend(marks(found, &minima));
        let periodic = [0, 1].map(|k| whole.is_periodic(k));
        layers.extend(particles(&self.fitted_paths.1, count, frame, Tone::Accent).map(|layer| self.in_pieces(layer, periodic)));
        row.push(map::plot(map::fit_title(&field.psi, range), words, self.map(run, field.psi, range, layers), Touch::Place));
        let known = self.truth.as_ref().map(|truth| truth.2.as_slice());
        let table = table(known, found, &minima, whole);
        let [across, upward] = self.plane.names.each_ref().map(|name| without_unit(name));
        let dots = if self.truth.is_some() { "" } else { "Dots are samples. " };
        let has_doubts = found.iter().zip(&minima).any(|(e, minimum)| is_doubtful(e, *minimum));
        let faint = if has_doubts { "Faint discs and those with a question mark may be noise. " } else { "" };
        let note = format!(
            "Nullclines: orange d{across}/dt = 0, violet d{upward}/dt = 0. Discs: stable states; circles: saddles. {faint}{dots}Click to place particles, \
             which follow the flow."
        );
        View { rows: vec![row], controls, table, note, ..View::default() }
    }
}

#[cfg(test)]
mod tests;
