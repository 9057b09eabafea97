//! Pieces of a line on which a slope rises or falls.

use super::Force;
use crate::numerics::line::extrema;
use crate::numerics::statistics::sort_by;

/// Number of grid points on which the extrema of Psi' are bracketed.
const GRID_POINTS: usize = 401;
/// Number of parts into which an interval with a hidden extremum is divided, and largest number of repetitions.
const SUBDIVISION_COUNT: usize = 16;
const MAX_SUBDIVISION_DEPTH: usize = 8;

/// Ends of the pieces of a domain on which Psi' rises or falls, from left to right, each with the value of Psi'. `evaluate` returns Psi'
/// and Psi'' at a batch of points.
///
/// At a sharp part of a soft minimum, Psi' falls over a much shorter interval than a grid resolves, and Psi'' is positive on either side of
/// it. Such an interval is detected because Psi' is lower behind it than before it.
pub(super) fn pieces(domain: [f64; 2], evaluate: &mut Force) -> Vec<(f64, f64)> {
    let [low, high] = domain;
    let ends = evaluate(&[low, high]).0;
    let mut knots = vec![(low, ends[0]), (high, ends[1])];
    add_extrema(domain, GRID_POINTS, MAX_SUBDIVISION_DEPTH, evaluate, &mut knots);
    sort_by(&mut knots, |knot| knot.0);
    knots.dedup_by(|a, b| a.0 == b.0);
    knots
}

fn add_extrema(domain: [f64; 2], points: usize, depth: usize, evaluate: &mut Force, knots: &mut Vec<(f64, f64)>) {
    let found = extrema(domain, points, &mut *evaluate);
    knots.extend(found.minima.iter().map(|m| (m.x[0], m.value)).chain(found.saddles.iter().map(|m| (m.x[0], m.value))));
    if depth == 0 {
        return;
    }
    let [low, high] = domain;
    let grid: Vec<f64> = (0..points).map(|k| low + (high - low) * k as f64 / (points - 1) as f64).collect();
    let (slopes, curvatures) = evaluate(&grid);
    for k in 1..points {
        let change = slopes[k] - slopes[k - 1];
        let has_hidden = |sign: f64| sign * curvatures[k - 1] > 0.0 && sign * curvatures[k] > 0.0 && sign * change < 0.0;
        let is_wide = grid[k] - grid[k - 1] > 1e-12 * low.abs().max(high.abs());
        if is_wide && (has_hidden(1.0) || has_hidden(-1.0)) {
            add_extrema([grid[k - 1], grid[k]], SUBDIVISION_COUNT + 1, depth - 1, evaluate, knots);
        }
    }
}
