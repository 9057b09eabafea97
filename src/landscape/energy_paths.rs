//! Minimum energy paths: steepest descents from a saddle to the two minima that it joins.
//!
//! A path of steepest descent depends on the relative scales of the inputs. Here each input is measured by the width of its domain, so that
//! a change of units has no effect.
//!
//! The descent is integrated by the local quadratic approximation of J. Chem. Phys. 88, 922 (1988). On each quadratic model of the
//! function, the path of steepest descent has the exact form `x_i(t) = -g_i (1 - exp(-h_i t)) / h_i` along the i-th principal direction
//! with the slope `g_i` and the curvature `h_i`. Unlike Euler's method, it does not oscillate across a narrow valley.
//!
//! The highest point of a way over a kink, where the slope jumps, is treated as a saddle. Its downhill direction is the direction across
//! the kink.

use serde::{Deserialize, Serialize};

use super::descent::{SurfaceFn, UnitBox};
use super::quadratic::{DIFFERENCE_DISTANCE, QuadraticModel, quadratic_models};
use crate::numerics::bounds::Bounds;
use crate::numerics::line::Extrema;
use crate::numerics::passes::{Merge, Pass, merges};
use crate::numerics::statistics::{difference, dot, norm, sort_by};
use crate::numerics::{CriticalPoint, Minimum};

/// Length of a step, as a fraction of the box.
const STEP_LENGTH: f64 = 0.01;
/// Shortest step. A descent that needs a shorter step has stalled.
const MIN_STEP: f64 = 1e-5;
/// Largest number of steps of a descent.
const MAX_STEPS: usize = 600;
/// Distance from a saddle at which a descent begins. It is also the distance of finite differences at the saddle.
const START_DISTANCE: f64 = 2e-3;
/// Largest distance of a minimum from the end of a descent to it.
const ARRIVAL_DISTANCE: f64 = 0.02;
/// Number of points of a path on either side of its saddle.
const PATH_POINTS: usize = 32;

/// Minimum energy path over a saddle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnergyPath {
    /// Indices of the minima that the path joins; `None` where it leaves the domain.
    pub minima: [Option<usize>; 2],
    /// Coordinates of the saddle.
    pub saddle: Vec<f64>,
    /// Value at the saddle, the highest along the path.
    pub height: f64,
    /// Points from the first end over the saddle to the second, `[points][inputs]`.
    pub points: Vec<Vec<f64>>,
    /// Length of the path up to each point. Each input is measured by the width of its domain.
    pub lengths: Vec<f64>,
    /// Value at each point.
    pub values: Vec<f64>,
}

impl EnergyPath {
    /// Converts the path to a pass between two minima.
    pub fn pass(&self) -> Pass {
        Pass { height: self.height, sides: self.minima }
    }
}

/// Descent from one side of a saddle.
struct SaddleDescent {
    /// Previous points, in the unit box.
    trail: Vec<Vec<f64>>,
    /// Value at the last of the previous points.
    value: f64,
    place: Vec<f64>,
    step: f64,
    state: PathState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PathState {
    Moving,
    /// The descent is at a minimum, or outside the box.
    Arrived(Option<usize>),
    Lost,
}

/// Paths over saddles inside the box `bounds` that end at different minima or lead from one out of the box, in increasing order of height.
/// With `walls`, descents slide along the faces. `saddles` are points with their values. Paths of unfinished descents are left out, if
/// `is_stopped` becomes true or the effort is spent.
fn energy_paths(
    bounds: Bounds,
    minima: &[Minimum],
    saddles: &[(Vec<f64>, f64)],
    walls: bool,
    surface: &mut SurfaceFn,
    is_stopped: &dyn Fn() -> bool,
) -> Vec<EnergyPath> {
    let mut unit = UnitBox::new(bounds, surface, is_stopped);
    let floors: Vec<Vec<f64>> = minima.iter().map(|m| unit.inside_of(&m.x)).collect();
    let tops: Vec<Vec<f64>> = saddles.iter().map(|(x, _)| unit.inside_of(x)).collect();
    let directions = steepest_directions(&mut unit, &tops, walls);
    let mut descents: Vec<SaddleDescent> = Vec::new();
    for (top, direction) in tops.iter().zip(&directions) {
        descents.extend([START_DISTANCE, -START_DISTANCE].map(|by| {
            let place = top.iter().zip(direction).map(|(u, d)| u + by * d).collect();
            SaddleDescent { trail: vec![top.clone()], value: f64::INFINITY, place, step: STEP_LENGTH, state: PathState::Moving }
        }));
    }
    for _ in 0..MAX_STEPS {
        if unit.effort.is_exhausted() || descents.iter().all(|d| d.state != PathState::Moving) {
            break;
        }
        advance(&mut unit, &mut descents, &floors, walls);
    }
    let mut paths: Vec<EnergyPath> = Vec::new();
    for ((x, height), sides) in saddles.iter().zip(descents.chunks(2)) {
        let [PathState::Arrived(from), PathState::Arrived(to)] = [sides[0].state, sides[1].state] else { continue };
        if from != to {
            let sides = if from > to { [&sides[1], &sides[0]] } else { [&sides[0], &sides[1]] };
            paths.push(path(&mut unit, x, *height, sides));
        }
    }
    sort_by(&mut paths, |path| path.height);
    paths
}

/// Minimum energy paths between the extrema of a function in a box, and the merge tree of the minima.
pub(super) fn ways_between(
    found: &Extrema,
    bounds: Bounds,
    walls: bool,
    surface: &mut SurfaceFn,
    is_stopped: &dyn Fn() -> bool,
) -> (Vec<EnergyPath>, Vec<Merge>) {
    let count = found.minima.len();
    if bounds.ends.len() == 1 {
        return (Vec::new(), merges(count, &passes_of_curve(&found.minima, &found.saddles, bounds.is_periodic(0))));
    }
    let mut tops: Vec<(Vec<f64>, f64)> = found.saddles.iter().map(|saddle| (saddle.x.clone(), saddle.value)).collect();
    // The pass over a kink is not among the saddles.
    for minimum in found.minima.iter().filter(|minimum| !minimum.barrier_at_edge) {
        if let Some((x, barrier)) = minimum.barrier_at.as_ref().zip(minimum.barrier)
            && tops.iter().all(|(top, _)| top != x)
        {
            tops.push((x.clone(), minimum.value + barrier));
        }
    }
    let paths = energy_paths(bounds, &found.minima, &tops, walls, surface, is_stopped);
    let passes: Vec<Pass> = paths.iter().map(EnergyPath::pass).collect();
    (paths, merges(count, &passes))
}

/// Maxima of a curve as passes between its minima, both from left to right. On a periodic curve the first minimum follows the last.
pub(super) fn passes_of_curve(minima: &[Minimum], tops: &[CriticalPoint], is_periodic: bool) -> Vec<Pass> {
    let count = minima.len();
    let sides = |x: f64| {
        let after = minima.partition_point(|minimum| minimum.x[0] < x);
        if is_periodic && count > 0 {
            return [Some((after + count - 1) % count), Some(after % count)];
        }
        [after.checked_sub(1), Some(after).filter(|&after| after < count)]
    };
    tops.iter().map(|top| Pass { height: top.value, sides: sides(top.x[0]) }).collect()
}

/// Direction of least curvature at each saddle.
fn steepest_directions(unit: &mut UnitBox, tops: &[Vec<f64>], walls: bool) -> Vec<Vec<f64>> {
    let places: Vec<&[f64]> = tops.iter().map(Vec::as_slice).collect();
    let models = quadratic_models(unit, &places, START_DISTANCE, walls);
    models.into_iter().map(|model| model.modes.into_iter().next().map_or_else(Vec::new, |mode| mode.1)).collect()
}

/// Principal direction of a quadratic model.
struct PrincipalDirection {
    curvature: f64,
    slope: f64,
    direction: Vec<f64>,
}

/// Local quadratic model at a point: its value, and its principal directions in increasing order of curvature.
struct Quadratic {
    value: f64,
    modes: Vec<PrincipalDirection>,
}

impl Quadratic {
    fn new(QuadraticModel { value, gradient, modes, .. }: QuadraticModel) -> Self {
        let mode = |(curvature, direction): (f64, Vec<f64>)| PrincipalDirection {
            curvature,
            slope: dot(&direction, &gradient),
            direction,
        };
        Self { value, modes: modes.into_iter().map(mode).collect() }
    }

    /// Displacement along each principal direction after the time `t`.
    fn displacement(&self, t: f64) -> Vec<f64> {
        let along = |mode: &PrincipalDirection| {
            let decay = mode.curvature * t;
            // The value of (1 - exp(-h t)) / h, which is t for small h t.
            let time = if decay.abs() < 1e-12 { t } else { -(-decay).exp_m1() / mode.curvature };
            -mode.slope * time
        };
        self.modes.iter().map(along).collect()
    }

    /// Step of this length along the path of steepest descent, or to the minimum of the model if that is nearer. The flag is true in the
    /// second case.
    fn step(&self, length: f64) -> (Vec<f64>, bool) {
        let place = |parts: &[f64]| {
            let mut step = vec![0.0; self.modes.first().map_or(0, |mode| mode.direction.len())];
            for (part, mode) in parts.iter().zip(&self.modes) {
                step.iter_mut().zip(&mode.direction).for_each(|(s, d)| *s += part * d);
            }
            step
        };
        if self.modes.iter().all(|mode| mode.curvature > 0.0) {
            let newton: Vec<f64> = self.modes.iter().map(|mode| -mode.slope / mode.curvature).collect();
            if norm(&newton) <= length {
                return (place(&newton), true);
            }
        }
        // The distance grows with time in each direction. At first it is the time times the slope.
        let steepness = norm(&self.modes.iter().map(|mode| mode.slope).collect::<Vec<_>>()).max(f64::MIN_POSITIVE);
        let [mut low, mut high] = [0.0, length / steepness];
        while norm(&self.displacement(high)) < length && high.is_finite() {
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if norm(&self.displacement(middle)) < length { low = middle } else { high = middle }
        }
        (place(&self.displacement(low)), false)
    }
}

/// Takes a step of each descent that has not ended.
fn advance(unit: &mut UnitBox, descents: &mut [SaddleDescent], floors: &[Vec<f64>], walls: bool) {
    let mut moving: Vec<&mut SaddleDescent> = descents.iter_mut().filter(|d| d.state == PathState::Moving).collect();
    let places: Vec<&[f64]> = moving.iter().map(|d| d.place.as_slice()).collect();
    let models = quadratic_models(unit, &places, DIFFERENCE_DISTANCE, walls);
    for (descent, model) in moving.iter_mut().zip(models.into_iter().map(Quadratic::new)) {
        let is_finite = model.value.is_finite() && model.modes.iter().all(|m| m.curvature.is_finite() && m.slope.is_finite());
        if !is_finite || model.value >= descent.value {
            descent.retry(unit, floors);
            continue;
        }
        descent.value = model.value;
        descent.trail.push(descent.place.clone());
        let (step, is_last) = model.step(descent.step);
        descent.place.iter_mut().zip(step).for_each(|(u, s)| *u += s);
        let is_outside = descent.place.iter().zip(&unit.limits).any(|(u, [low, high])| !(low..=high).contains(&u));
        descent.place = unit.clamped(descent.place.iter().copied());
        if is_outside && !walls {
            descent.trail.push(descent.place.clone());
            descent.state = PathState::Arrived(None);
        } else if is_last {
            descent.arrive(unit, floors);
        }
        descent.step = (2.0 * descent.step).min(STEP_LENGTH);
    }
}

impl SaddleDescent {
    /// Moves back by half of the last step, which led upwards.
    fn retry(&mut self, unit: &UnitBox, floors: &[Vec<f64>]) {
        let Some(last) = self.trail.last() else { return };
        self.step *= 0.5;
        if self.step < MIN_STEP {
            self.place.clone_from(last);
            return self.arrive(unit, floors);
        }
        self.place = last.iter().zip(&self.place).map(|(a, b)| 0.5 * (a + b)).collect();
    }

    /// Ends the descent at the nearest minimum within `ARRIVAL_DISTANCE`, if there is one.
    fn arrive(&mut self, unit: &UnitBox, floors: &[Vec<f64>]) {
        let distance = |floor: &[f64]| unit.distance(floor, &self.place);
        let nearest = floors.iter().map(|floor| distance(floor)).enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        self.state = match nearest.filter(|(_, distance)| *distance <= ARRIVAL_DISTANCE) {
            Some((k, _)) => {
                self.trail.push(unit.image_near(&floors[k], &self.place));
                PathState::Arrived(Some(k))
            }
            None => PathState::Lost,
        };
    }

    /// Points of the trail at [`PATH_POINTS`] equal distances, from its end up to the saddle, which is left out.
    fn upwards(&self) -> Vec<Vec<f64>> {
        let lengths = lengths(&self.trail);
        let whole = lengths[lengths.len() - 1];
        let at = |k: usize| {
            let length = whole * k as f64 / PATH_POINTS as f64;
            let after = lengths.partition_point(|&l| l < length).clamp(1, lengths.len() - 1);
            let part = (length - lengths[after - 1]) / (lengths[after] - lengths[after - 1]).max(f64::MIN_POSITIVE);
            let between = self.trail[after - 1].iter().zip(&self.trail[after]);
            between.map(|(a, b)| a + part.clamp(0.0, 1.0) * (b - a)).collect()
        };
        (1..=PATH_POINTS).rev().map(at).collect()
    }
}

/// Lengths from the first of some points to each of them.
fn lengths(points: &[Vec<f64>]) -> Vec<f64> {
    let steps = points.windows(2).scan(0.0, |length, pair| {
        *length += norm(&difference(&pair[1], &pair[0]));
        Some(*length)
    });
    std::iter::once(0.0).chain(steps).collect()
}

/// Path over a saddle, from the end of one descent to the end of the other.
fn path(unit: &mut UnitBox, saddle: &[f64], height: f64, sides: [&SaddleDescent; 2]) -> EnergyPath {
    let mut places = sides[0].upwards();
    places.push(sides[0].trail[0].clone());
    places.extend(sides[1].upwards().into_iter().rev());
    let ends = sides.map(|side| if let PathState::Arrived(end) = side.state { end } else { None });
    let values = unit.evaluate(&places.iter().map(Vec::as_slice).collect::<Vec<_>>()).into_iter().map(|(value, _)| value);
    let mut values: Vec<f64> = values.collect();
    values[PATH_POINTS] = height;
    EnergyPath {
        minima: ends,
        saddle: saddle.to_vec(),
        height,
        lengths: lengths(&places),
        points: places.iter().map(|place| unit.outside_of(place)).collect(),
        values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::tests::in_batches;
    use crate::landscape::{starting_points, stationary};

    /// Minima of a function with its gradient, and the paths between them.
    fn paths_of(bounds: &[[f64; 2]], f: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> (Vec<Minimum>, Vec<EnergyPath>) {
        let mut surface = in_batches(&f);
        let mut found = stationary(bounds, &starting_points(bounds, 64), 1e-3, &mut surface);
        // The angle of the ring jumps at its centre.
        found.minima.retain(|minimum| minimum.value < 0.5);
        let saddles: Vec<(Vec<f64>, f64)> = found.saddles.iter().map(|s| (s.x.clone(), s.value)).collect();
        let paths = energy_paths(bounds.into(), &found.minima, &saddles, false, &mut surface, &|| false);
        (found.minima, paths)
    }

    /// Circular valley with this stiffness, whose floor has two minima and two saddles.
    fn ring(stiffness: f64) -> impl Fn(&[f64]) -> (f64, Vec<f64>) {
        move |x| {
            let (r, angle) = (x[0].hypot(x[1]), x[1].atan2(x[0]));
            let (along, across) = (-2.0 * (2.0 * angle).sin() / r, 2.0 * stiffness * (r - 1.0));
            let gradient = vec![across * x[0] / r - along * x[1] / r, across * x[1] / r + along * x[0] / r];
            (stiffness * (r - 1.0).powi(2) + (2.0 * angle).cos(), gradient)
        }
    }

    #[test]
    fn path_follows_valley_floor_at_any_stiffness() {
        for stiffness in [20.0, 200.0, 2e3] {
            let (minima, paths) = paths_of(&[[-2.1, 1.9], [-1.9, 2.1]], ring(stiffness));
            assert_eq!((minima.len(), paths.len()), (2, 2), "{stiffness}");
            for path in &paths {
                assert!(path.minima == [Some(0), Some(1)] && (path.height - 1.0).abs() < 1e-9, "{path:?}");
                let off = path.points.iter().map(|x| (x[0].hypot(x[1]) - 1.0).abs()).fold(0.0, f64::max);
                assert!(off < 2e-3, "{stiffness}: {off}");
                // The path is half a circle, in a box of width four.
                let length = path.lengths[path.lengths.len() - 1];
                assert!((length - std::f64::consts::PI / 4.0).abs() < 2e-3, "{length}");
                assert!(path.values.iter().all(|&value| value <= path.height));
            }
        }
    }

    #[test]
    fn change_of_units_does_not_change_paths() {
        let units = [1e-3, 1e4];
        let scaled = |x: &[f64]| {
            let (value, gradient) = ring(20.0)(&[x[0] / units[0], x[1] / units[1]]);
            (value, gradient.iter().zip(units).map(|(g, unit)| g / unit).collect())
        };
        let bounds = [[-2.0, 2.0], [-2.0, 2.2]];
        let (_, plain) = paths_of(&bounds, ring(20.0));
        let (_, other) = paths_of(&[0, 1].map(|k| bounds[k].map(|end| end * units[k])), scaled);
        assert_eq!(plain.len(), other.len());
        for (a, b) in plain.iter().zip(&other).flat_map(|(a, b)| a.points.iter().zip(&b.points)) {
            assert!(a.iter().zip(b).zip(units).all(|((a, b), unit)| (a - b / unit).abs() < 1e-6), "{a:?} {b:?}");
        }
    }

    #[test]
    fn path_over_kink_joins_both_wells() {
        let wells = [[-1.0, -0.4, 0.0], [0.9, 0.5, -0.3]];
        let lowest = |x: &[f64]| {
            let bowl = |[a, b, floor]: [f64; 3]| {
                let [u, v] = [x[0] - a, x[1] - b];
                (floor + u * u + 3.0 * v * v, vec![2.0 * u, 6.0 * v])
            };
            wells.map(bowl).into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
        };
        let bounds = [[-2.0, 2.0], [-2.0, 2.0]];
        let (minima, _) = paths_of(&bounds, lowest);
        // Lowest point of the kink, by a fine search along it.
        let on_kink = (0..40_000).map(|k| {
            let y = -2.0 + 4.0 * f64::from(k) / 40_000.0;
            let gap = |x: f64| lowest(&[x, y]).0;
            let (mut low, mut high) = (-2.0, 2.0);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                let nearest_first =
                    (middle + 1.0_f64).powi(2) + 3.0 * (y + 0.4).powi(2) < (middle - 0.9).powi(2) + 3.0 * (y - 0.5).powi(2) - 0.3;
                if nearest_first { low = middle } else { high = middle }
            }
            (gap(low), vec![low, y])
        });
        let (height, place) = on_kink.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let paths = energy_paths(Bounds::from(&bounds), &minima, &[(place, height)], false, &mut in_batches(&lowest), &|| false);
        assert_eq!(paths.iter().map(|path| path.minima).collect::<Vec<_>>(), [[Some(0), Some(1)]]);
    }
}
