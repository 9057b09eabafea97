//! Minima of a function of several variables. Quasi-Newton descents from many starting points run in parallel, so that the function is
//! evaluated in batches. Duplicates are removed.

use ndarray::{Array1, Array2, Axis};

use super::Minimum;
use super::effort::Effort;
use crate::numerics::bounds::{Bounds, image};
use crate::numerics::statistics::{difference, dot, norm, sort_by};
use crate::potentials::sampling;

/// Largest number of steps of a descent.
const MAX_STEPS: usize = 500;
/// A descent has converged when its gradient is at most this fraction of the steepest initial gradient.
const GRADIENT_TOLERANCE: f64 = 1e-9;
/// A descent that makes no progress counts as converged below this fraction, and as failed above it.
const STALL_TOLERANCE: f64 = 1e-5;
/// Number of points, spread over the box, at which the steepest initial gradient is looked for besides the starts.
const SCALE_POINTS: usize = 16;
/// Largest distance of duplicates of a minimum, as a fraction of the box.
pub(super) const DUPLICATE_DISTANCE: f64 = 1e-3;
/// Longest step as a fraction of the box. It keeps descents in their basins.
pub(super) const MAX_STEP: f64 = 0.1;
/// Gradient, as a fraction of the steepest initial gradient, from which on a step of steepest descent has the maximum length.
const FULL_STEP_GRADIENT: f64 = 1e-3;
/// Largest number of entries in the inverse Hessians of parallel descents. Other descents wait.
const MAX_PARALLEL_ENTRIES: usize = 1 << 23;
/// Fraction of the predicted decrease that a step must achieve (Armijo's rule).
const ARMIJO_FRACTION: f64 = 1e-4;

/// Evaluates values `[points]` and gradients `[points, inputs]` at a batch of points `[points, inputs]`.
pub type SurfaceFn<'a> = dyn FnMut(&Array2<f64>) -> (Array1<f64>, Array2<f64>) + 'a;

/// Finds the local minima inside the box `bounds` (`[low, high]` per input) by descents from `starts` `[count, inputs]`, in increasing
/// order of value, without barriers. Minima on the faces of the box are excluded; periodic inputs have no faces.
///
/// `evaluate` returns values `[points]` and gradients `[points, inputs]` at a batch of points `[points, inputs]`.
pub fn minima<'a>(
    bounds: impl Into<Bounds<'a>>,
    starts: &Array2<f64>,
    mut evaluate: impl FnMut(&Array2<f64>) -> (Array1<f64>, Array2<f64>),
) -> Vec<Minimum> {
    arrivals(bounds.into(), starts, &mut evaluate, false)
}

/// Finds the local minima among the points of the box, including those on its faces, by descents from `starts`.
pub fn minima_with_faces<'a>(bounds: impl Into<Bounds<'a>>, starts: &Array2<f64>, surface: &mut SurfaceFn) -> Vec<Minimum> {
    arrivals(bounds.into(), starts, surface, true)
}

fn arrivals(bounds: Bounds, starts: &Array2<f64>, surface: &mut SurfaceFn, with_faces: bool) -> Vec<Minimum> {
    let mut unit = UnitBox::new(bounds, surface, &|| false);
    let starts: Vec<DescentStart> = starts.rows().into_iter().map(|x| DescentStart::at(unit.inside_of(&x.to_vec()))).collect();
    // The scale of gradients is that of the box: all starts may be minima already.
    let spread = sampling::spread(bounds.ends, SCALE_POINTS);
    let spread: Vec<DescentStart> = spread.rows().into_iter().map(|x| DescentStart::at(unit.inside_of(&x.to_vec()))).collect();
    let steepest = unit.steepest(&starts).max(unit.steepest(&spread));
    let arrivals = unit.descend(starts, MAX_STEP, steepest);
    let kept = unit.distinct(arrivals.into_iter().flatten().filter(|a| with_faces || unit.is_inside(a)).collect());
    kept.iter().map(|a| Minimum { x: unit.outside_of(&a.place), value: a.value, ..Minimum::default() }).collect()
}

/// Map from a box to the unit cube, so that all inputs have one scale. Coordinates of periodic inputs may lie outside of the cube.
pub(super) struct UnitBox<'a, 'b> {
    bounds: Bounds<'a>,
    /// Positions of the faces in each input: from 0 to 1, or infinite for a periodic input.
    pub limits: Vec<[f64; 2]>,
    surface: &'a mut SurfaceFn<'b>,
    /// Remaining effort of the search.
    pub effort: Effort<'a>,
}

/// Starting point of a descent.
#[derive(Clone, Debug)]
pub(super) struct DescentStart {
    /// Coordinates in the unit box.
    pub place: Vec<f64>,
    /// Index of a coordinate that stays fixed.
    pub frozen: Option<usize>,
}

impl DescentStart {
    pub(super) fn at(place: Vec<f64>) -> Self {
        Self { place, frozen: None }
    }
}

/// End point of a descent.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// Coordinates in the unit box.
    pub place: Vec<f64>,
    /// Value at the point.
    pub value: f64,
}

impl<'a, 'b> UnitBox<'a, 'b> {
    pub(super) fn new(bounds: Bounds<'a>, surface: &'a mut SurfaceFn<'b>, is_stopped: &'a dyn Fn() -> bool) -> Self {
        let limits = |k: usize| if bounds.is_periodic(k) { [f64::NEG_INFINITY, f64::INFINITY] } else { [0.0, 1.0] };
        let limits = (0..bounds.ends.len()).map(limits).collect();
        Self { bounds, limits, surface, effort: Effort::new(is_stopped) }
    }

    /// Returns true if an input is periodic.
    pub(super) fn is_periodic(&self, input: usize) -> bool {
        self.bounds.is_periodic(input)
    }

    /// Returns true if all inputs are periodic.
    pub(super) fn is_closed(&self) -> bool {
        self.bounds.is_closed()
    }

    /// Returns true if a descent did not end on a face.
    pub(super) fn is_inside(&self, arrival: &Arrival) -> bool {
        arrival.place.iter().zip(&self.limits).all(|(u, [low, high])| u > low && u < high)
    }

    /// Moves a point into the box.
    pub(super) fn clamped(&self, place: impl Iterator<Item = f64>) -> Vec<f64> {
        place.zip(&self.limits).map(|(u, [low, high])| u.clamp(*low, *high)).collect()
    }

    /// Displacement from one point to the nearest image of another.
    pub(super) fn way(&self, from: &[f64], to: &[f64]) -> Vec<f64> {
        let way = difference(to, from);
        way.into_iter().enumerate().map(|(k, d)| if self.is_periodic(k) { d - d.round() } else { d }).collect()
    }

    /// Distance between a point and the nearest image of another.
    pub(super) fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        norm(&self.way(b, a))
    }

    /// Sorts the end points by value and removes duplicates.
    pub(super) fn distinct(&self, mut arrivals: Vec<Arrival>) -> Vec<Arrival> {
        sort_by(&mut arrivals, |arrival| arrival.value);
        let mut kept: Vec<Arrival> = Vec::new();
        for arrival in arrivals {
            if kept.iter().all(|k| self.distance(&k.place, &arrival.place) > DUPLICATE_DISTANCE) {
                kept.push(Arrival { place: self.image(&arrival.place), ..arrival });
            }
        }
        kept
    }

    /// Image of a point that is nearest to another point.
    pub(super) fn image_near(&self, place: &[f64], other: &[f64]) -> Vec<f64> {
        let near = |(k, (u, v)): (usize, (&f64, &f64))| if self.is_periodic(k) { u - (u - v).round() } else { *u };
        place.iter().zip(other).enumerate().map(near).collect()
    }

    /// Image of a point in the unit cube.
    pub(super) fn image(&self, place: &[f64]) -> Vec<f64> {
        place.iter().enumerate().map(|(k, &u)| if self.is_periodic(k) { image(u, [0.0, 1.0]) } else { u }).collect()
    }

    pub(super) fn inputs(&self) -> usize {
        self.bounds.ends.len()
    }

    pub(super) fn inside_of(&self, x: &[f64]) -> Vec<f64> {
        self.clamped(x.iter().zip(self.bounds.ends).map(|(x, [low, high])| (x - low) / (high - low)))
    }

    pub(super) fn outside_of(&self, place: &[f64]) -> Vec<f64> {
        let x: Vec<f64> = place.iter().zip(self.bounds.ends).map(|(u, [low, high])| low + (high - low) * u).collect();
        self.bounds.within(&x)
    }

    /// Values and gradients in the unit box.
    pub(super) fn evaluate(&mut self, places: &[&[f64]]) -> Vec<(f64, Vec<f64>)> {
        let bounds = self.bounds.ends;
        self.effort.look(places.len(), bounds.len());
        let turned: Vec<Vec<f64>>;
        let mut places = places.to_vec();
        if self.bounds.periodic.contains(&true) {
            turned = places.iter().map(|place| self.image(place)).collect();
            places = turned.iter().map(Vec::as_slice).collect();
        }
        let x = Array2::from_shape_fn((places.len(), bounds.len()), |(k, j)| {
            bounds[j][0] + (bounds[j][1] - bounds[j][0]) * places[k][j]
        });
        let (values, gradients) = (self.surface)(&x);
        let scaled = |g: ndarray::ArrayView1<f64>| g.iter().zip(bounds).map(|(g, [low, high])| g * (high - low)).collect();
        values.into_iter().zip(gradients.axis_iter(Axis(0)).map(scaled)).collect()
    }

    /// Largest norm of the gradients at the starting points.
    pub(super) fn steepest(&mut self, starts: &[DescentStart]) -> f64 {
        let places: Vec<&[f64]> = starts.iter().map(|s| s.place.as_slice()).collect();
        self.evaluate(&places).iter().map(|(_, g)| norm(g)).filter(|s| s.is_finite()).fold(0.0, f64::max)
    }

    /// Runs descents from all starting points in parallel. Returns for each the point of convergence, inside or on a face; `None` if the
    /// effort is spent before the descent ends. Convergence is relative to the gradient `steepest`. No step is longer than `longest`.
    pub(super) fn descend(&mut self, starts: Vec<DescentStart>, longest: f64, steepest: f64) -> Vec<Option<Arrival>> {
        let together = (MAX_PARALLEL_ENTRIES / (self.inputs() * self.inputs())).max(1);
        let mut arrivals = Vec::with_capacity(starts.len());
        let mut starts = starts.into_iter().peekable();
        while starts.peek().is_some() {
            let next: Vec<DescentStart> = starts.by_ref().take(together).collect();
            if self.effort.is_exhausted() {
                arrivals.extend(next.iter().map(|_| None));
            } else {
                arrivals.extend(self.descend_together(next, longest, steepest));
            }
        }
        arrivals
    }

    fn descend_together(&mut self, starts: Vec<DescentStart>, longest: f64, steepest: f64) -> Vec<Option<Arrival>> {
        let places: Vec<&[f64]> = starts.iter().map(|s| s.place.as_slice()).collect();
        let first = self.evaluate(&places);
        let new = |(start, first)| BfgsDescent::new(start, self.limits.clone(), [longest, steepest], first);
        let mut descents: Vec<BfgsDescent> = starts.into_iter().zip(first).map(new).collect();
        for _ in 0..MAX_STEPS {
            let mut moving: Vec<&mut BfgsDescent> = descents.iter_mut().filter(|d| d.is_moving).collect();
            for descent in &mut moving {
                descent.aim(GRADIENT_TOLERANCE * steepest);
            }
            moving.retain(|d| d.is_moving);
            if moving.is_empty() || self.effort.is_exhausted() {
                break;
            }
            let results = self.evaluate(&moving.iter().map(|d| d.trial.as_slice()).collect::<Vec<_>>());
            for (descent, (value, gradient)) in moving.into_iter().zip(results) {
                descent.evaluation(value, gradient);
            }
        }
        let arrived = |d: BfgsDescent| {
            let is_there = d.value.is_finite() && norm(&d.held_back()) <= STALL_TOLERANCE * steepest;
            is_there.then_some(Arrival { place: d.place, value: d.value })
        };
        descents.into_iter().map(arrived).collect()
    }
}

/// Descent by BFGS with backtracking, inside the unit box.
struct BfgsDescent {
    place: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    frozen: Option<usize>,
    limits: Vec<[f64; 2]>,
    longest: f64,
    /// Length of a step of steepest descent per norm of the gradient. It makes steps independent of the unit of the values.
    rate: f64,
    /// Approximate inverse Hessian by rows; `None` before the first step with positive curvature.
    inverse: Option<Vec<f64>>,
    direction: Vec<f64>,
    step: f64,
    trial: Vec<f64>,
    is_moving: bool,
}

impl BfgsDescent {
    /// Starts at a point with its value and gradient. A first step is proportional to the gradient, up to the length `longest` at a small
    /// fraction of the norm `steepest`.
    fn new(
        start: DescentStart,
        limits: Vec<[f64; 2]>,
        [longest, steepest]: [f64; 2],
        (value, gradient): (f64, Vec<f64>),
    ) -> Self {
        let DescentStart { place, frozen } = start;
        let (trial, is_moving) = (place.clone(), value.is_finite() && norm(&gradient).is_finite());
        let mut descent = Self {
            place,
            value,
            gradient,
            frozen,
            limits,
            longest,
            rate: longest / (FULL_STEP_GRADIENT * steepest).max(f64::MIN_POSITIVE),
            inverse: None,
            direction: Vec::new(),
            step: 1.0,
            trial,
            is_moving,
        };
        descent.freeze();
        descent
    }

    fn freeze(&mut self) {
        if let Some(k) = self.frozen {
            self.gradient[k] = 0.0;
        }
    }

    /// Removes the components of a direction that would leave the box at once.
    fn kept_inside(&self, mut direction: Vec<f64>) -> Vec<f64> {
        for ((u, d), [low, high]) in self.place.iter().zip(&mut direction).zip(&self.limits) {
            if (u <= low && *d < 0.0) || (u >= high && *d > 0.0) {
                *d = 0.0;
            }
        }
        direction
    }

    /// Direction of steepest descent, restricted by the faces of the box.
    fn held_back(&self) -> Vec<f64> {
        self.kept_inside(self.gradient.iter().map(|g| -g).collect())
    }

    /// Chooses the next point to evaluate, or ends the descent.
    fn aim(&mut self, arrived: f64) {
        if self.direction.is_empty() {
            if norm(&self.held_back()) <= arrived {
                self.is_moving = false;
                return;
            }
            self.direction = self.downhill();
            self.step = self.longest_step().min(1.0);
        }
        if self.step < 1e-12 {
            if self.inverse.is_none() {
                self.is_moving = false;
                return;
            }
            // The approximate Hessian gives no descent direction and is reset.
            self.inverse = None;
            self.direction = self.downhill();
            self.step = self.longest_step().min(1.0);
        }
        let step = |((u, d), [low, high]): ((&f64, &f64), &[f64; 2])| (u + self.step * d).clamp(*low, *high);
        self.trial = self.place.iter().zip(&self.direction).zip(&self.limits).map(step).collect();
    }

    /// Returns the quasi-Newton direction if it leads downhill inside the box, else the steepest descent. Its length is at most the longest
    /// step.
    fn downhill(&self) -> Vec<f64> {
        let d = self.place.len();
        let newton = self.inverse.as_ref().map(|h| {
            let row = |i: usize| -dot(&h[i * d..(i + 1) * d], &self.gradient);
            self.kept_inside((0..d).map(row).collect())
        });
        let mut direction = newton
            .filter(|n| dot(n, &self.gradient) < 0.0)
            .unwrap_or_else(|| self.held_back().into_iter().map(|d| self.rate * d).collect());
        let length = norm(&direction);
        if length > self.longest {
            for v in &mut direction {
                *v *= self.longest / length;
            }
        }
        direction
    }

    /// Distance to the faces of the box along the direction.
    fn longest_step(&self) -> f64 {
        let room = |((u, d), [low, high]): ((&f64, &f64), &[f64; 2])| if *d > 0.0 { (high - u) / d } else { (u - low) / -d };
        let along = self.place.iter().zip(&self.direction).zip(&self.limits);
        along.filter(|((_, d), _)| **d != 0.0).map(room).fold(f64::INFINITY, f64::min)
    }

    /// Accepts the step if the function has decreased enough; otherwise shortens it.
    fn evaluation(&mut self, value: f64, mut gradient: Vec<f64>) {
        if let Some(k) = self.frozen {
            gradient[k] = 0.0;
        }
        let promised = self.step * dot(&self.direction, &self.gradient);
        let is_good = value <= self.value + ARMIJO_FRACTION * promised && norm(&gradient).is_finite();
        if !is_good {
            self.step *= 0.5;
            return;
        }
        let s = difference(&self.trial, &self.place);
        let y = difference(&gradient, &self.gradient);
        self.update_inverse_hessian(&s, &y);
        self.place.clone_from(&self.trial);
        (self.value, self.gradient) = (value, gradient);
        self.direction.clear();
    }

    /// Updates the inverse Hessian by BFGS for a step `s` over which the gradient changed by `y`. Without positive curvature, steps of
    /// steepest descent become longer.
    fn update_inverse_hessian(&mut self, s: &[f64], y: &[f64]) {
        let d = s.len();
        let curvature = dot(s, y);
        if curvature <= 1e-12 * norm(s) * norm(y) {
            self.rate *= 2.0;
            return;
        }
        let start = || (0..d * d).map(|k| if k % (d + 1) == 0 { curvature / dot(y, y) } else { 0.0 }).collect();
        let h = self.inverse.get_or_insert_with(start);
        let hy: Vec<f64> = (0..d).map(|i| dot(&h[i * d..(i + 1) * d], y)).collect();
        let weight = (1.0 + dot(y, &hy) / curvature) / curvature;
        for i in 0..d {
            for j in 0..d {
                h[i * d + j] += weight * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / curvature;
            }
        }
    }
}

#[cfg(test)]
mod tests;
