//! Extrema of a function of one variable: bracketed on a grid by the sign of the slope, then refined by a root finder.

use super::bounds::image;
use super::passes::{Barrier, Pass, Way, barriers, barriers_to, close};
use super::statistics::sort_by;
use super::{CriticalPoint, Minimum};

/// The extrema of a function inside an interval or a box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extrema {
    /// Minima with their barriers; of a curve from left to right.
    pub minima: Vec<Minimum>,
    /// Saddles; of a curve its maxima from left to right, including kinks where the slope jumps from plus to minus.
    pub saddles: Vec<CriticalPoint>,
    /// Whether the search was stopped early, so that some may be missing.
    pub partial: bool,
    /// The ways between minima, and from minima out of the domain.
    pub ways: Vec<Way>,
}

impl Extrema {
    /// Number of minima that are wells above a threshold.
    pub fn wells(&self, threshold: f64) -> usize {
        self.minima.iter().filter(|m| m.is_well(threshold)).count()
    }
}

impl Extrema {
    /// Leads the barriers of all minima to those with a persistence above a threshold, or out of the domain.
    pub fn raise_barriers(&mut self, threshold: f64) {
        let (values, passes) = self.heights();
        self.set_barriers(&values, barriers(&values, &passes, threshold));
    }

    /// Leads the barriers of all minima to those that are wells, or out of the domain.
    pub fn lead_to(&mut self, wells: &[bool]) {
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
                minimum.barrier = Some(rise);
                (minimum.barrier_at, minimum.barrier_at_edge) = (Some(way.top.clone()), way.at_edge);
            }
        }
    }
}

/// The minima of a curve at the edges of its domain, where it may fall further: an edge from which it rises, or a minimum inside that lies below the edge
/// beside it by no more than `threshold`. Each has the barrier to the next well inside the domain or to the other edge, if there is a maximum between.
/// `ends` are the values at the edges.
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
        // A maximum beside an edge that is no minimum leads to no other minimum.
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
const PRECISION: f64 = 1e-14;

/// All extrema strictly inside `domain` that a grid of `points` equally spaced points resolves: two extrema between neighbouring
/// grid points are missed. Kinks are found as smooth extrema are; a flat stretch counts once.
///
/// `evaluate` gives values and slopes at a batch of points.
///
/// The barrier of a minimum is the lower of the rises to the next maximum on either side, or to the edge of the domain where
/// there is no maximum. [`extrema_above`] ignores ripples.
///
/// ```
/// use multiwell::landscape::extrema;
/// let double_well = |x: f64| (x * x - 1.0) * (x * x - 1.0);
/// let slope = |x: f64| 4.0 * x * (x * x - 1.0);
/// let found = extrema([-2.0, 2.0], 100, |xs| (xs.iter().map(|&x| double_well(x)).collect(), xs.iter().map(|&x| slope(x)).collect()));
/// assert_eq!((found.minima.len(), found.saddles.len()), (2, 1));
/// assert!((found.minima[0].barrier.unwrap() - 1.0).abs() < 1e-12);
/// ```
pub fn extrema(domain: [f64; 2], points: usize, evaluate: impl FnMut(&[f64]) -> (Vec<f64>, Vec<f64>)) -> Extrema {
    extrema_above(domain, points, 0.0, evaluate)
}

/// All extrema as [`extrema`] finds them, with barriers to the next *well* or out of the domain: minima with a persistence of at
/// most `threshold` are listed, but do not split wells (see [`barriers`]). A minimum is a well exactly if its barrier
/// exceeds the threshold.
pub fn extrema_above(
    domain: [f64; 2],
    points: usize,
    threshold: f64,
    mut evaluate: impl FnMut(&[f64]) -> (Vec<f64>, Vec<f64>),
) -> Extrema {
    // Dynamic dispatch, so that only one copy is compiled.
    search(domain, points, threshold, [false; 2], &mut evaluate)
}

/// Number of grid points of [`extrema_between`].
const BETWEEN: usize = 401;

/// All extrema as [`extrema_above`] finds them on a grid of 401 points, in an interval of whose ends some are walls: an end that is a wall is a minimum if the
/// function rises from there on, and nothing leads out over it. A minimum that nothing leads from has no barrier.
pub fn extrema_between(
    domain: [f64; 2],
    walls: [bool; 2],
    threshold: f64,
    mut evaluate: impl FnMut(&[f64]) -> (Vec<f64>, Vec<f64>),
) -> Extrema {
    search(domain, BETWEEN, threshold, walls, &mut evaluate)
}

/// All extrema of a periodic function whose period is `domain`, as by [`extrema_above`]: its ends are one place, nothing leads out, and the barrier
/// of a single well is the rise to the highest maximum, over which the function comes back to it.
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
    // A turn begins where the slope is steepest, so that rounding does not change its sign, which is the same at both ends.
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
    // The way from the last minimum to the first one leads over the seam.
    let turn = |pass: &Pass| if pass.sides[0] >= pass.sides[1] { 1.0 } else { 0.0 };
    let way = |(pass, &(x, _)): (Pass, &(f64, f64))| Way { turns: vec![turn(&pass)], pass, top: vec![x], at_edge: false };
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
    let precision = PRECISION * low.abs().max(high.abs());
    pin_down(&mut brackets, precision, &mut |_, xs| evaluate(xs).1);

    let places: Vec<f64> = brackets.iter().map(Bracket::middle).collect();
    let heights = if places.is_empty() { Vec::new() } else { evaluate(&places).0 };
    let mut found = Extrema::default();
    // Passes from left to right; an edge takes the place of a missing maximum.
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
    // Nothing leads over a wall.
    let tops: Vec<(usize, (f64, f64))> = tops.into_iter().enumerate().filter(|(_, top)| top.1 < f64::INFINITY).collect();
    let passes: Vec<Pass> = tops.iter().map(|&(k, (_, height))| Pass { height, sides: [side(k), side(k + 1)] }).collect();
    for (minimum, barrier) in found.minima.iter_mut().zip(barriers(&bottoms, &passes, threshold)) {
        let Some(barrier) = barrier else { continue };
        let at = tops[barrier.pass].1.0;
        minimum.barrier = Some(barrier.rise);
        (minimum.barrier_at, minimum.barrier_at_edge) = (Some(vec![at]), at == low || at == high);
    }
    let way = |(pass, &(_, (x, _))): (Pass, &(usize, (f64, f64)))| Way {
        pass,
        top: vec![x],
        at_edge: x == low || x == high,
        turns: Vec::new(),
    };
    found.ways = passes.into_iter().zip(&tops).filter(|(pass, _)| pass.sides != [None, None]).map(way).collect();
    found
}

/// Values and slopes at points.
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

/// An interval at whose ends `(x, slope)` the slope has opposite signs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bracket {
    left: (f64, f64),
    right: (f64, f64),
    /// Initial width, and number of steps since.
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
    /// The bracket between two points `(x, slope)` with slopes of opposite signs.
    pub(crate) fn new(left: (f64, f64), right: (f64, f64)) -> Self {
        Self { left, right, width: right.0 - left.0, trials: 0 }
    }

    /// The root, once the bracket is narrow.
    pub(crate) fn middle(&self) -> f64 {
        0.5 * (self.left.0 + self.right.0)
    }

    fn is_narrow(&self, precision: f64) -> bool {
        self.right.0 - self.left.0 <= 2.0 * precision
    }

    /// The next point to evaluate, by the ITP method (Oliveira and Takahashi, 2020) with the constants 0.2/width, 2 and 1. It
    /// takes few steps at smooth extrema and at most one step more than bisection at kinks.
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
            // An exact root, or neighbouring numbers. The signs at the ends are kept, because they tell a minimum from a
            // maximum.
            (self.left.0, self.right.0) = (x, x);
        } else if (slope < 0.0) == (self.left.1 < 0.0) {
            self.left = (x, slope);
        } else {
            self.right = (x, slope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(domain: [f64; 2], points: usize, value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Extrema {
        extrema(domain, points, |xs| (xs.iter().map(|&x| value(x)).collect(), xs.iter().map(|&x| slope(x)).collect()))
    }

    fn places(found: &Extrema) -> (Vec<f64>, Vec<f64>) {
        (found.minima.iter().map(|m| m.x[0]).collect(), found.saddles.iter().map(|m| m.x[0]).collect())
    }

    #[test]
    fn ends_of_a_band_are_minima_at_the_edge_with_the_barrier_between() {
        let band = |x: f64| (x * x - 1.0).powi(2) + 0.1 * x;
        let slope = |x: f64| 4.0 * x * (x * x - 1.0) + 0.1;
        // The left end lies beyond its minimum, the right one just before.
        for domain in [[-1.02, 0.98], [-0.9, 0.9]] {
            let found = of(domain, 401, band, slope);
            let edges = edge_minima(domain, domain.map(band), &found, 0.01);
            assert_eq!(edges.len(), 2, "{edges:?}");
            for edge in &edges {
                let at = edge.barrier_at.as_ref().expect("a maximum between")[0];
                assert!((edge.barrier.unwrap() - (band(at) - edge.value)).abs() < 1e-12 && slope(at).abs() < 1e-9, "{edge:?}");
            }
        }
        // Where the wells lie inside there is none at the edge, and a monotone curve has one without a barrier.
        let found = of([-1.5, 1.5], 401, band, slope);
        assert!(edge_minima([-1.5, 1.5], [-1.5, 1.5].map(band), &found, 0.01).is_empty());
        let edges = edge_minima([0.0, 2.0], [0.0, 2.0], &of([0.0, 2.0], 401, |x| x, |_| 1.0), 0.01);
        assert_eq!((edges.len(), edges[0].x[0], edges[0].barrier), (1, 0.0, None));
        // A flat line has none.
        assert!(edge_minima([0.0, 2.0], [1.0; 2], &Extrema::default(), 0.01).is_empty());
    }

    #[test]
    fn extrema_on_and_between_grid_points_are_found_once() {
        // cos on [-4, 7] has maxima at 0 and 2 pi and minima at -pi and pi; only 0 is on the grid of 12 points.
        let found = of([-4.0, 7.0], 12, f64::cos, |x| -x.sin());
        let (minima, maxima) = places(&found);
        let pi = std::f64::consts::PI;
        for (x, expected) in minima.iter().chain(&maxima).zip([-pi, pi, 0.0, 2.0 * pi]) {
            assert!((x - expected).abs() < 1e-12, "{x} {expected}");
        }
        assert_eq!((minima.len(), maxima.len()), (2, 2));
        let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
        // The lowest way out leads from the left minimum over the edge at -4, and from the right one over either maximum.
        assert!((barriers[0] - (4.0_f64.cos() + 1.0)).abs() < 1e-12 && (barriers[1] - 2.0).abs() < 1e-12, "{barriers:?}");
    }

    #[test]
    fn a_barrier_is_the_lower_side_and_nested_wells_leave_over_their_own_rim() {
        // A shallow minimum at 1 on the flank of a deep well at -1; each has the hump between them or an edge as its barrier.
        let value = |x: f64| if x < 0.0 { (x + 1.0) * (x + 1.0) } else { 1.0 - 0.2 * x * (2.0 - x) };
        let slope = |x: f64| if x < 0.0 { 2.0 * (x + 1.0) } else { -0.4 * (1.0 - x) };
        let found = of([-1.5, 1.5], 101, value, slope);
        let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
        assert_eq!(barriers.len(), 2);
        assert!((barriers[0] - 0.25).abs() < 1e-12, "edge at -1.5: {barriers:?}");
        assert!((barriers[1] - 0.05).abs() < 1e-12, "edge at 1.5: {barriers:?}");
        assert!(places(&found).1[0].abs() < 1e-12);
    }

    #[test]
    fn a_ripple_is_listed_and_splits_no_well() {
        let value = |x: f64| (x * x - 1.0).powi(2) + 1e-3 * (200.0 * x).cos();
        let slope = |x: f64| 4.0 * x * (x * x - 1.0) - 0.2 * (200.0 * x).sin();
        let found = extrema_above([-2.0, 2.0], 2001, 0.1, |xs| {
            (xs.iter().map(|&x| value(x)).collect(), xs.iter().map(|&x| slope(x)).collect())
        });
        let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
        let wells: Vec<f64> = barriers.iter().copied().filter(|&b| b > 0.1).collect();
        assert!(found.minima.len() > 2 && wells.len() == 2, "{barriers:?}");
        assert!(wells.iter().all(|b| (b - 1.0).abs() < 3e-3), "{wells:?}");
        assert!(barriers.iter().all(|b| !(3e-3..=0.1).contains(b)), "{barriers:?}");
    }

    #[test]
    fn a_periodic_function_has_no_edges_and_each_well_once() {
        use std::f64::consts::{PI, TAU};
        let around = |domain: [f64; 2], shift: f64, of: [f64; 2]| {
            let value = move |x: f64| of[0] * (x - shift).cos() + of[1] * (2.0 * (x - shift)).cos();
            let slope = move |x: f64| -of[0] * (x - shift).sin() - 2.0 * of[1] * (2.0 * (x - shift)).sin();
            let evaluate = |xs: &[f64]| (xs.iter().map(|&x| value(x)).collect(), xs.iter().map(|&x| slope(x)).collect());
            extrema_around(domain, 100, 0.1, evaluate)
        };
        for shift in [0.0, 0.3, PI, -2.0, TAU / 100.0] {
            // One well: its barrier is the rise to the top, from either side.
            let one = around([-PI, PI], shift, [1.0, 0.0]);
            assert_eq!((one.minima.len(), one.saddles.len()), (1, 1), "{shift}");
            let (minimum, top) = (&one.minima[0], &one.saddles[0]);
            assert!(
                (minimum.barrier.unwrap() - 2.0).abs() < 1e-12 && !minimum.barrier_at_edge && (-PI..PI).contains(&minimum.x[0])
            );
            assert!(((minimum.x[0] - shift - PI) / TAU - ((minimum.x[0] - shift - PI) / TAU).round()).abs() < 1e-12);
            assert!((-PI..PI).contains(&top.x[0]));
            // Two wells of unequal depth with two unequal tops: each leaves over the lower one.
            let two = around([0.0, TAU], shift, [0.2, 1.0]);
            assert_eq!((two.minima.len(), two.saddles.len()), (2, 2), "{shift}");
            let lower = two.saddles.iter().map(|top| top.value).fold(f64::INFINITY, f64::min);
            assert!(two.minima.iter().all(|m| (m.barrier.unwrap() - (lower - m.value)).abs() < 1e-12), "{two:?}");
        }
    }

    #[test]
    fn kinks_count_as_extrema() {
        let found = of([-2.0, 2.1], 50, |x| (x - 0.3).abs(), |x| if x <= 0.3 { -1.0 } else { 1.0 });
        assert!((places(&found).0[0] - 0.3).abs() < 1e-12 && found.minima[0].value < 1e-12);
        let top = of([-2.0, 2.1], 50, |x| -(x - 0.3).abs(), |x| if x <= 0.3 { 1.0 } else { -7.0 });
        assert!((places(&top).1[0] - 0.3).abs() < 1e-12 && top.minima.is_empty());
    }

    #[test]
    fn edges_saddles_and_flat_stretches_are_no_extra_extrema() {
        assert_eq!(of([0.0, 1.0], 11, |x| x * x, |x| 2.0 * x), Extrema::default());
        assert_eq!(of([-1.0, 1.0], 11, |x| x.powi(3), |x| 3.0 * x * x), Extrema::default());
        assert_eq!(of([-1.0, 1.0], 11, |_| 5.0, |_| 0.0), Extrema::default());
        assert_eq!(of([-1.0, 1.0], 11, |_| f64::NAN, |_| f64::NAN), Extrema::default());
        let trough = of([-2.0, 2.0], 41, |x| (x.abs() - 1.0).max(0.0), |x| if x.abs() < 1.0 { 0.0 } else { x.signum() });
        assert_eq!(trough.minima.len(), 1);
        assert!(trough.minima[0].x[0].abs() < 1.0 && trough.minima[0].value == 0.0);
    }

    #[test]
    fn few_evaluations_suffice_at_smooth_extrema_and_bisection_bounds_the_others() {
        let mut calls = 0;
        extrema([-3.0, 3.0], 601, |xs| {
            calls += 1;
            (xs.iter().map(|x| (3.0 * x).sin()).collect(), xs.iter().map(|x| 3.0 * (3.0 * x).cos()).collect())
        });
        assert!(calls <= 16, "{calls}");
        let mut calls = 0;
        extrema([-3.0, 3.0], 601, |xs| {
            calls += 1;
            (xs.iter().map(|x| (x - 0.123).abs()).collect(), xs.iter().map(|x| (x - 0.123).signum()).collect())
        });
        // log2(0.01 / 6e-14) = 37.3, plus one step of ITP, the grid and the final values.
        assert!(calls <= 42, "{calls}");
    }
}
