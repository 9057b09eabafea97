//! Position of a minimum of Psi(x) - t x, followed quasi-statically while the tilt t rises and falls.
//!
//! A minimum satisfies Psi' = t on a rising piece of Psi'. With rising t it moves to the right until the piece ends at a maximum of Psi'.
//! There the minimum vanishes, and the particle falls to the next point on its right where Psi' reaches t. It is therefore always at the
//! first such point, x(t) = inf { x : Psi'(x) >= t }. With falling t it is at the last point with Psi' <= t to the left of its last
//! position. Both follow from the extrema of Psi' and single crossings, without simulation. The edges of the domain are walls.

use super::pieces::pieces;
use super::{Force, Hysteresis, Jump};
use crate::numerics::line::{Bracket, pin_down};

/// Default margin of the tilt beyond the jumps, as a fraction of their range.
const TILT_MARGIN: f64 = 0.25;

/// Computes the hysteresis loop of a minimum over a range of tilts, or, without a range, over all tilts at which it jumps. Also returns the
/// tilts in increasing order, and the position of the minimum at each of them while the tilt rises and while it falls.
///
/// `evaluate` returns Psi' and Psi'' at a batch of points. Coexistences, which require Psi, are left empty.
pub fn hysteresis(domain: [f64; 2], range: Option<[f64; 2]>, points: usize, evaluate: &mut Force) -> (Hysteresis, [Vec<f64>; 3]) {
    let [low, high] = domain;
    let knots = pieces(domain, evaluate);
    let inner = &knots[1..knots.len() - 1];
    let [first, last] = range.unwrap_or_else(|| {
        let falls = knots.windows(3).any(|w| w[1].1 < w[0].1 && w[1].1 < w[2].1);
        let wide = if falls { inner } else { &knots };
        let (bottom, top) = wide.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(b, t), k| (b.min(k.1), t.max(k.1)));
        let margin = if falls { TILT_MARGIN * (top - bottom) } else { 0.0 };
        [bottom - margin, top + margin]
    });
    let tilts: Vec<f64> = (0..points).map(|k| first + (last - first) * k as f64 / (points.max(2) - 1) as f64).collect();

    let mut solve = Solve { knots: &knots, precision: 1e-13 * low.abs().max(high.abs()), evaluate };
    let up = solve.places(&tilts, low, true);
    let kind = up.last().copied().unwrap_or(low);
    let down = solve.places(&tilts, kind, false);
    let jumps_up = solve.jumps(low, kind, [first, last], true);
    let bottom = down.first().copied().unwrap_or(low);
    let jumps_down = solve.jumps(kind, bottom, [first, last], false);
    let step = (last - first) / (points.max(2) - 1) as f64;
    let gap: Vec<f64> = up.iter().zip(&down).map(|(u, d)| d - u).collect();
    let work = step * gap.windows(2).map(|w| 0.5 * (w[0] + w[1])).sum::<f64>();
    let found = Hysteresis { range: [first, last], up: jumps_up, down: jumps_down, work, coexistences: Vec::new() };
    (found, [tilts, up, down])
}

struct Solve<'a, 'b> {
    /// Ends of the monotone pieces of Psi': position and value.
    knots: &'a [(f64, f64)],
    precision: f64,
    evaluate: &'a mut Force<'b>,
}

impl Solve<'_, '_> {
    /// Returns a point for each tilt. If `up`, it is the first point after `start` with Psi' at least the tilt, else the
    /// last point before `start` with Psi' at most the tilt. Without such a point, it is the wall.
    fn places(&mut self, tilts: &[f64], start: f64, up: bool) -> Vec<f64> {
        let [wall, opposite] = if up { [self.knots[self.knots.len() - 1].0, start] } else { [self.knots[0].0, start] };
        let ahead = |x: f64| if up { x >= opposite } else { x <= opposite };
        let reaches = |value: f64, tilt: f64| if up { value >= tilt } else { value <= tilt };
        let knots: Vec<(f64, f64)> = if up { self.knots.to_vec() } else { self.knots.iter().rev().copied().collect() };
        // If Psi' has reached the tilt at the start of the search, the result is the start.
        let at_start = (self.evaluate)(&[start]).0[0];
        let mut places = vec![wall; tilts.len()];
        let (mut brackets, mut whose) = (Vec::new(), Vec::new());
        for (k, &tilt) in tilts.iter().enumerate() {
            if reaches(at_start, tilt) {
                places[k] = start;
                continue;
            }
            let mut before = (start, at_start);
            for &knot in knots.iter().filter(|knot| ahead(knot.0)) {
                if knot.1 == tilt {
                    // This case has no change of sign for a bracket.
                    places[k] = knot.0;
                    break;
                }
                if reaches(knot.1, tilt) {
                    let (left, right) = if up { (before, knot) } else { (knot, before) };
                    brackets.push(Bracket::new((left.0, left.1 - tilt), (right.0, right.1 - tilt)));
                    whose.push(k);
                    break;
                }
                before = knot;
            }
        }
        let evaluate = &mut self.evaluate;
        pin_down(&mut brackets, self.precision, &mut |which, xs| {
            evaluate(xs).0.iter().zip(which).map(|(slope, &b)| slope - tilts[whose[b]]).collect()
        });
        for (bracket, &k) in brackets.iter().zip(&whose) {
            places[k] = bracket.middle();
        }
        places
    }

    /// Jumps on the way from one position to another.
    fn jumps(&mut self, from: f64, to: f64, [first, last]: [f64; 2], up: bool) -> Vec<Jump> {
        let knots: Vec<(f64, f64)> = if up { self.knots.to_vec() } else { self.knots.iter().rev().copied().collect() };
        let inside = |x: f64| x > from.min(to) && x < from.max(to);
        let mut reached = if up { f64::NEG_INFINITY } else { f64::INFINITY };
        let mut ends: Vec<(f64, f64)> = Vec::new();
        for w in knots.windows(3) {
            let (place, value) = w[1];
            let kinds = if up { value > w[0].1 && value > w[2].1 } else { value < w[0].1 && value < w[2].1 };
            // Only maxima of Psi' above all earlier ones cause a jump.
            let is_new = if up { value > reached } else { value < reached };
            if kinds && is_new && inside(place) && (first..=last).contains(&value) {
                ends.push((place, value));
            }
            reached = if up { reached.max(value) } else { reached.min(value) };
        }
        let mut jumps: Vec<Jump> = Vec::new();
        for (place, tilt) in ends {
            let landing = self.minimum_after_jump(place, tilt, up);
            jumps.push(Jump { tilt, from: place, to: landing });
        }
        jumps
    }

    /// Position after a jump from `place` at `tilt`.
    fn minimum_after_jump(&mut self, place: f64, tilt: f64, up: bool) -> f64 {
        // The search begins at the end of the falling piece after the knot, where Psi' is below the tilt.
        let next = if up {
            self.knots.iter().copied().find(|k| k.0 > place)
        } else {
            self.knots.iter().rev().copied().find(|k| k.0 < place)
        };
        next.map_or(place, |(x, _)| self.places(&[tilt], x, up)[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quartic(xs: &[f64]) -> (Vec<f64>, Vec<f64>) {
        // Psi = x^4/4 - x^2/2, so that Psi' = x^3 - x has the extrema 2/(3 sqrt 3) at -+ 1/sqrt 3.
        (xs.iter().map(|x| x * x * x - x).collect(), xs.iter().map(|x| 3.0 * x * x - 1.0).collect())
    }

    #[test]
    fn double_well_jumps_at_extreme_slope() {
        let (loop_, [tilts, up, down]) = hysteresis([-2.0, 2.0], None, 201, &mut quartic);
        let (kind, place) = (2.0 / 27.0_f64.sqrt(), 1.0 / 3.0_f64.sqrt());
        assert_eq!((loop_.up.len(), loop_.down.len()), (1, 1));
        let (u, d) = (&loop_.up[0], &loop_.down[0]);
        assert!((u.tilt - kind).abs() < 1e-12 && (u.from + place).abs() < 1e-7, "{u:?}");
        // The minimum jumps to the other root of x^3 - x = turn, 2/sqrt 3.
        assert!((u.to - 2.0 * place).abs() < 1e-7 && (d.to + 2.0 * place).abs() < 1e-7, "{u:?} {d:?}");
        assert!((d.tilt + kind).abs() < 1e-12 && (d.from - place).abs() < 1e-7, "{d:?}");
        for ((t, u), d) in tilts.iter().zip(&up).zip(&down) {
            // Every position is a minimum of the tilted landscape, and the two branches differ between the jumps.
            assert!((u * u * u - u - t).abs() < 1e-9 && 3.0 * u * u >= 1.0);
            assert!((d * d * d - d - t).abs() < 1e-9 && 3.0 * d * d >= 1.0);
            assert_eq!((d - u).abs() > 1.0, t.abs() < kind, "{t} {u} {d}");
        }
        // The area between the outer roots from -turn to turn is exactly 3/2, by partial integration with x' = dx/dt.
        assert!((loop_.work - 1.5).abs() < 2e-2, "{}", loop_.work);
    }

    #[test]
    fn single_well_follows_tilt_without_loop_and_stops_at_walls() {
        let mut parabola = |xs: &[f64]| (xs.to_vec(), vec![1.0; xs.len()]);
        let (loop_, [tilts, up, down]) = hysteresis([-1.0, 1.0], Some([-2.0, 2.0]), 41, &mut parabola);
        assert!(loop_.up.is_empty() && loop_.down.is_empty() && loop_.work.abs() < 1e-9, "{loop_:?}");
        for ((t, u), d) in tilts.iter().zip(&up).zip(&down) {
            assert!((u - t.clamp(-1.0, 1.0)).abs() < 1e-9 && (d - u).abs() < 1e-9, "{t} {u} {d}");
        }
        let (loop_, _) = hysteresis([-1.0, 1.0], None, 41, &mut parabola);
        assert_eq!(loop_.range, [-1.0, 1.0]);
    }

    #[test]
    fn tilt_below_jump_is_reversible() {
        let (loop_, [_, up, down]) = hysteresis([-2.0, 2.0], Some([-0.3, 0.3]), 61, &mut quartic);
        assert!(loop_.up.is_empty() && loop_.down.is_empty());
        assert!(up.iter().zip(&down).all(|(u, d)| (u - d).abs() < 1e-9) && up[0] < 0.0);
    }

    #[test]
    fn several_wells_are_left_one_by_one_and_shallow_wells_skipped() {
        // With Psi' = sin x + x / 10, the maxima of Psi' rise to the right. So the particle jumps at each of them.
        let mut stairs =
            |xs: &[f64]| (xs.iter().map(|x| x.sin() + 0.1 * x).collect(), xs.iter().map(|x| x.cos() + 0.1).collect());
        let (loop_, [_, up, _]) = hysteresis([-10.0, 10.0], None, 400, &mut stairs);
        assert_eq!((loop_.up.len(), loop_.down.len()), (3, 3), "{loop_:?}");
        assert!(loop_.up.windows(2).all(|w| w[0].tilt < w[1].tilt && w[0].to <= w[1].from));
        assert!(up.windows(2).all(|w| w[0] <= w[1]));
        // With maxima that fall to the right, the particle jumps from the first one to the wall.
        let mut falling =
            |xs: &[f64]| (xs.iter().map(|x| x.sin() - 0.1 * x).collect(), xs.iter().map(|x| x.cos() - 0.1).collect());
        let (loop_, _) = hysteresis([-10.0, 10.0], Some([-3.0, 3.0]), 400, &mut falling);
        assert_eq!((loop_.up.len(), loop_.up[0].to), (1, 10.0), "{loop_:?}");
    }
}
