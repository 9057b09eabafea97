//! Extrema of a function of one variable: bracketed on a grid by the sign of the slope, then refined by a root finder.

use super::bounds::image;
use super::passes::{Barrier, LocatedPass, Pass, barriers, barriers_to, close};
use super::statistics::sort_by;
use super::{CriticalPoint, Minimum};

/// Extrema of a function inside an interval or a box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extrema {
    /// Minima with their barriers; of a curve, from left to right.
    pub minima: Vec<Minimum>,
    /// Saddles; of a curve, its maxima from left to right, including kinks where the slope jumps from plus to minus.
    pub saddles: Vec<CriticalPoint>,
    /// True if the search was stopped early, so that some may be missing.
    pub partial: bool,
    /// Ways between minima, and from minima out of the domain.
    pub ways: Vec<LocatedPass>,
}

impl Extrema {
    /// Number of minima that are wells above a threshold.
    pub fn wells(&self, threshold: f64) -> usize {
        self.minima.iter().filter(|m| m.is_well(threshold)).count()
    }
}

impl Extrema {
    /// Recomputes the barriers of all minima: the lowest rise to a minimum with a persistence above a threshold, or out of the domain.
    pub fn raise_barriers(&mut self, threshold: f64) {
        let (values, passes) = self.heights();
        self.set_barriers(&values, barriers(&values, &passes, threshold));
    }

    /// Recomputes the barriers of all minima: the lowest rise to a well, or out of the domain.
    pub fn set_wells(&mut self, wells: &[bool]) {
        let (values, passes) = self.heights();
        self.set_barriers(&values, barriers_to(&values, &passes, |k| wells[k]));
    }

    fn heights(&self) -> (Vec<f64>, Vec<Pass>) {
        (self.minima.iter().map(|minimum| minimum.value).collect(), self.ways.iter().map(|way| way.pass).collect())
    }

    fn set_barriers(&mut self, values: &[f64], mut barriers: Vec<Option<Barrier>>) {
        close(values, &self.ways, &mut barriers);
        for (minimum, barrier) in self.minima.iter_mut().zip(barriers) {
            if let Some(Barrier { rise, pass }) = barrier {
                let way = &self.ways[pass];
                minimum.set_barrier(rise, way.top.clone(), way.at_edge);
            }
        }
    }
}

/// Minima of a curve at the edges of its domain, where it may fall further. Such a minimum is an edge from which the curve rises, or a
/// minimum inside at most `threshold` below the edge beside it. Its barrier is the rise to the next well inside the domain or to the other
/// edge, if a maximum lies between. `ends` are the values at the edges.
pub fn edge_minima(domain: [f64; 2], ends: [f64; 2], found: &Extrema, threshold: f64) -> Vec<Minimum> {
    let mut extrema: Vec<(f64, f64, bool)> = found.minima.iter().map(|m| (m.x[0], m.value, true)).collect();
    extrema.extend(found.saddles.iter().map(|m| (m.x[0], m.value, false)));
    sort_by(&mut extrema, |extremum| extremum.0);
    let nearest = [extrema.first().copied(), extrema.last().copied()];
    let of_edge = |side: usize| match nearest[side] {
        Some((x, value, true)) => (ends[side] - value <= threshold).then_some((x, value)),
        Some((_, value, false)) => (ends[side] < value).then_some((domain[side], ends[side])),
        None => (ends[side] < ends[1 - side]).then_some((domain[side], ends[side])),
    };
    let edges: Vec<(f64, f64)> = [0, 1].into_iter().filter_map(of_edge).collect();
    let mut minima: Vec<(f64, f64)> = extrema.iter().filter(|extremum| extremum.2).map(|&(x, value, _)| (x, value)).collect();
    minima.extend(&edges);
    sort_by(&mut minima, |minimum| minimum.0);
    minima.dedup();
    let tops: Vec<(f64, f64)> = extrema.iter().filter(|extremum| !extremum.2).map(|&(x, value, _)| (x, value)).collect();
    let between = |&(x, height): &(f64, f64)| {
        let after = minima.partition_point(|minimum| minimum.0 < x);
        // A maximum beside an edge without a minimum leads to no other minimum.
        let sides = [after.checked_sub(1)?, Some(after).filter(|&k| k < minima.len())?];
        Some((x, Pass { height, sides: sides.map(Some) }))
    };
    let (tops, passes): (Vec<f64>, Vec<Pass>) = tops.iter().filter_map(between).unzip();
    let heights: Vec<f64> = minima.iter().map(|minimum| minimum.1).collect();
    let barriers = barriers(&heights, &passes, threshold);
    let minimum = |&(x, value): &(f64, f64)| {
        let barrier = minima.iter().position(|minimum| minimum.0 == x).and_then(|k| barriers[k]);
        let barrier_at = barrier.map(|barrier| vec![tops[barrier.pass]]);
        Minimum { x: vec![x], value, barrier: barrier.map(|barrier| barrier.rise), barrier_at, ..Minimum::default() }
    };
    let mut found: Vec<Minimum> = edges.iter().map(minimum).collect();
    found.dedup_by(|a, b| a.x == b.x);
    found
}

/// Precision of a root relative to the largest coordinate.
const ROOT_PRECISION: f64 = 1e-14;

/// Finds all extrema strictly inside `domain` that a grid of `points` equally spaced points resolves. Two extrema between neighbouring grid
/// points are missed. Kinks are found like smooth extrema; a flat stretch counts once.
///
/// `evaluate` returns values and slopes at a batch of points.
///
/// The barrier of a minimum is the lower of the rises to the next maximum on either side, or to the edge of the domain if there is no
/// maximum. [`extrema_above`] ignores ripples.
///
/// ```
/// use multiwell::internal::landscape::extrema;
/// let double_well = |x: f64| (x * x - 1.0) * (x * x - 1.0);
/// let slope = |x: f64| 4.0 * x * (x * x - 1.0);
/// let found = extrema([-2.0, 2.0], 100, |xs| (xs.iter().map(|&x| double_well(x)).collect(), xs.iter().map(|&x| slope(x)).collect()));
/// assert_eq!((found.minima.len(), found.saddles.len()), (2, 1));
/// assert!((found.minima[0].barrier.unwrap() - 1.0).abs() < 1e-12);
/// ```
pub fn extrema(domain: [f64; 2], points: usize, evaluate: impl FnMut(&[f64]) -> (Vec<f64>, Vec<f64>)) -> Extrema {
    extrema_above(domain, points, 0.0, evaluate)
}

/// Finds all extrema as [`extrema`] does, with barriers to the next *well* or out of the domain. Minima with a persistence of at most
/// `threshold` are listed, but do not split wells (see [`barriers`]). A minimum is a well exactly if its barrier exceeds the threshold.
pub fn extrema_above(
    domain: [f64; 2],
    points: usize,
    threshold: f64,
    mut evaluate: impl FnMut(&[f64]) -> (Vec<f64>, Vec<f64>),
) -> Extrema {
    // Dynamic dispatch avoids several compiled copies.
    search(domain, points, threshold, [false; 2], &mut evaluate)
}

/// Number of grid points of [`extrema_between`].
const GRID_POINTS: usize = 401;

/// Finds all extrema as [`extrema_above`] does on a grid of 401 points, in an interval whose ends may be walls. An end that is a wall is a
/// minimum if the function rises from it, and no way leads out over it. A minimum from which no way leads has no barrier.
pub fn extrema_between(
    domain: [f64; 2],
    walls: [bool; 2],
    threshold: f64,
    mut evaluate: impl FnMut(&[f64]) -> (Vec<f64>, Vec<f64>),
) -> Extrema {
    search(domain, GRID_POINTS, threshold, walls, &mut evaluate)
}

/// Finds all extrema of a periodic function whose period is `domain`, as [`extrema_above`] does. Its ends are equivalent, and no way leads
/// out. The barrier of a single well is the rise to the highest maximum, over which the curve returns to the well.
pub fn extrema_around(
    domain: [f64; 2],
    points: usize,
    threshold: f64,
    mut evaluate: impl FnMut(&[f64]) -> (Vec<f64>, Vec<f64>),
) -> Extrema {
    around(domain, points, threshold, &mut evaluate)
}

fn around(domain: [f64; 2], points: usize, threshold: f64, evaluate: &mut Evaluate) -> Extrema {
    let [low, high] = domain;
    let grid: Vec<f64> = (0..points).map(|k| low + (high - low) * k as f64 / points as f64).collect();
    let slopes = evaluate(&grid).1;
    // The turn begins where the slope is steepest. There rounding does not change its sign, which is the same at both ends.
    let firm = (0..points).filter(|&k| slopes[k] != 0.0 && slopes[k].is_finite());
    let Some(first) = firm.max_by(|&a, &b| slopes[a].abs().total_cmp(&slopes[b].abs())) else { return Extrema::default() };
    let cut = grid[first];
    let turn = [cut, cut + (high - low)];
    let mut inside = |xs: &[f64]| evaluate(&xs.iter().map(|&x| image(x, domain)).collect::<Vec<_>>());
    let mut found = search(turn, points + 1, threshold, [false; 2], &mut inside);
    let mut minima: Vec<(f64, f64)> = found.minima.iter().map(|m| (image(m.x[0], domain), m.value)).collect();
    let mut tops: Vec<(f64, f64)> = found.saddles.iter().map(|m| (image(m.x[0], domain), m.value)).collect();
    sort_by(&mut minima, |minimum| minimum.0);
    sort_by(&mut tops, |top| top.0);
    let count = minima.len();
    let pass = |&(x, height): &(f64, f64)| {
        let after = minima.partition_point(|minimum| minimum.0 < x);
        Pass { height, sides: [Some((after + count - 1) % count), Some(after % count)] }
    };
    let passes: Vec<Pass> = if count > 0 { tops.iter().map(pass).collect() } else { Vec::new() };
    let bottoms: Vec<f64> = minima.iter().map(|minimum| minimum.1).collect();
    let highest = (0..tops.len()).max_by(|&a, &b| tops[a].1.total_cmp(&tops[b].1));
    let barriers = barriers(&bottoms, &passes, threshold);
    let round = |value: f64| highest.map(|pass| Barrier { rise: tops[pass].1 - value, pass });
    let minimum = |(&(x, value), barrier): (&(f64, f64), Option<Barrier>)| {
        let over = barrier.or_else(|| round(value));
        let barrier_at = over.map(|barrier| vec![tops[barrier.pass].0]);
        Minimum { x: vec![x], value, barrier: over.map(|barrier| barrier.rise), barrier_at, ..Minimum::default() }
    };
    found.minima = minima.iter().zip(barriers).map(minimum).collect();
    found.saddles = tops.iter().map(|&(x, value)| CriticalPoint { x: vec![x], value, ..CriticalPoint::default() }).collect();
    // The way from the last minimum to the first one crosses the boundary of the period.
    let turn = |pass: &Pass| if pass.sides[0] >= pass.sides[1] { 1.0 } else { 0.0 };
    let way = |(pass, &(x, _)): (Pass, &(f64, f64))| LocatedPass { turns: vec![turn(&pass)], pass, top: vec![x], at_edge: false };
    found.ways = passes.into_iter().zip(&tops).map(way).collect();
    found
}

fn search(domain: [f64; 2], points: usize, threshold: f64, walls: [bool; 2], evaluate: &mut Evaluate) -> Extrema {
    let [low, high] = domain;
    let points = points.max(2);
    let step = (high - low) / (points - 1) as f64;
    let grid: Vec<f64> = (0..points).map(|k| if k + 1 == points { high } else { low + step * k as f64 }).collect();
    let (values, slopes) = evaluate(&grid);

    let mut brackets = bracket(&grid, &slopes);
    let precision = ROOT_PRECISION * low.abs().max(high.abs());
    pin_down(&mut brackets, precision, &mut |_, xs| evaluate(xs).1);

    let places: Vec<f64> = brackets.iter().map(Bracket::middle).collect();
    let heights = if places.is_empty() { Vec::new() } else { evaluate(&places).0 };
    let mut found = Extrema::default();
    // Passes from left to right. An edge replaces a missing maximum.
    let end = |k: usize, wall: bool| (grid[k], if wall { f64::INFINITY } else { values[k] });
    let at_end = |k: usize| Minimum { x: vec![grid[k]], value: values[k], ..Minimum::default() };
    let last = points - 1;
    let mut tops = vec![end(0, walls[0])];
    if walls[0] && slopes[0] > 0.0 {
        found.minima.push(at_end(0));
        tops.push(end(last, walls[1]));
    }
    for ((bracket, &x), &value) in brackets.iter().zip(&places).zip(&heights) {
        if bracket.left.1 < 0.0 {
            found.minima.push(Minimum { x: vec![x], value, ..Minimum::default() });
            tops.push(end(last, walls[1]));
        } else {
            found.saddles.push(CriticalPoint { x: vec![x], value, ..CriticalPoint::default() });
            *tops.last_mut().expect("one more than minima") = (x, value);
        }
    }
    if walls[1] && slopes[last] < 0.0 {
        found.minima.push(at_end(last));
        tops.push(end(last, true));
    }
    let bottoms: Vec<f64> = found.minima.iter().map(|m| m.value).collect();
    let side = |k: usize| (1..=bottoms.len()).contains(&k).then(|| k - 1);
    // No way leads over a wall.
    let tops: Vec<(usize, (f64, f64))> = tops.into_iter().enumerate().filter(|(_, top)| top.1 < f64::INFINITY).collect();
    let passes: Vec<Pass> = tops.iter().map(|&(k, (_, height))| Pass { height, sides: [side(k), side(k + 1)] }).collect();
    for (minimum, barrier) in found.minima.iter_mut().zip(barriers(&bottoms, &passes, threshold)) {
        let Some(barrier) = barrier else { continue };
        let at = tops[barrier.pass].1.0;
        minimum.set_barrier(barrier.rise, vec![at], at == low || at == high);
    }
    let way = |(pass, &(_, (x, _))): (Pass, &(usize, (f64, f64)))| LocatedPass {
        pass,
        top: vec![x],
        at_edge: x == low || x == high,
        turns: Vec::new(),
    };
    found.ways = passes.into_iter().zip(&tops).filter(|(pass, _)| pass.sides != [None, None]).map(way).collect();
    found
}

/// Function that returns values and slopes at points.
type Evaluate<'a> = dyn FnMut(&[f64]) -> (Vec<f64>, Vec<f64>) + 'a;

/// Evaluates a function at points, each given with the index of its bracket.
type Bracketed<'a> = dyn FnMut(&[usize], &[f64]) -> Vec<f64> + 'a;

/// Narrows all brackets to twice the precision.
pub(crate) fn pin_down(brackets: &mut [Bracket], precision: f64, evaluate: &mut Bracketed) {
    loop {
        let open: Vec<usize> = (0..brackets.len()).filter(|&k| !brackets[k].is_narrow(precision)).collect();
        if open.is_empty() {
            return;
        }
        let trials: Vec<f64> = open.iter().map(|&k| brackets[k].trial(precision)).collect();
        let values = evaluate(&open, &trials);
        for ((&k, x), value) in open.iter().zip(trials).zip(values) {
            brackets[k].narrow(x, value);
        }
    }
}

/// Interval at whose ends `(x, slope)` the slope has opposite signs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bracket {
    left: (f64, f64),
    right: (f64, f64),
    /// Initial width, and number of steps since then.
    width: f64,
    trials: i32,
}

fn bracket(grid: &[f64], slopes: &[f64]) -> Vec<Bracket> {
    let mut found = Vec::new();
    let mut last: Option<(f64, f64)> = None;
    for (&x, &slope) in grid.iter().zip(slopes) {
        if slope == 0.0 || slope.is_nan() {
            continue; // Flat here, or not a number: the next slope decides.
        }
        if let Some(left) = last.filter(|left| (left.1 < 0.0) != (slope < 0.0)) {
            found.push(Bracket::new(left, (x, slope)));
        }
        last = Some((x, slope));
    }
    found
}

impl Bracket {
    /// Bracket between two points `(x, slope)` with slopes of opposite signs.
    pub(crate) fn new(left: (f64, f64), right: (f64, f64)) -> Self {
        Self { left, right, width: right.0 - left.0, trials: 0 }
    }

    /// Approximate root: the middle of a narrow bracket.
    pub(crate) fn middle(&self) -> f64 {
        0.5 * (self.left.0 + self.right.0)
    }

    fn is_narrow(&self, precision: f64) -> bool {
        self.right.0 - self.left.0 <= 2.0 * precision
    }

    /// Next point to evaluate, by the ITP method (Oliveira and Takahashi, 2020) with the constants 0.2/width, 2 and 1. The method takes few
    /// steps at smooth extrema and at most one step more than bisection at kinks.
    fn trial(&self, precision: f64) -> f64 {
        let ((a, slope_a), (b, slope_b)) = (self.left, self.right);
        let middle = 0.5 * (a + b);
        let most = (self.width / (2.0 * precision)).log2().ceil() as i32 + 1;
        let radius = (precision * 2.0_f64.powi(most - self.trials) - 0.5 * (b - a)).max(0.0);
        let secant = (slope_b * a - slope_a * b) / (slope_b - slope_a);
        let toward = (middle - secant).signum();
        let shift = 0.2 / self.width * (b - a) * (b - a);
        let truncated = if shift <= (middle - secant).abs() { secant + toward * shift } else { middle };
        let trial = if (truncated - middle).abs() <= radius { truncated } else { middle - toward * radius };
        if trial > a && trial < b { trial } else { middle }
    }

    fn narrow(&mut self, x: f64, slope: f64) {
        self.trials += 1;
        let is_between = x > self.left.0 && x < self.right.0;
        if !is_between || slope == 0.0 || slope.is_nan() {
            // The point is an exact root, or the ends are neighbouring numbers. The signs at the ends are kept, because they distinguish a
            // minimum from a maximum.
            (self.left.0, self.right.0) = (x, x);
        } else if (slope < 0.0) == (self.left.1 < 0.0) {
            self.left = (x, slope);
        } else {
            self.right = (x, slope);
        }
    }
}

#[cfg(test)]
mod tests;
