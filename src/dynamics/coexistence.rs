//! Tilts at which two neighbouring wells of Psi(x) - t x are equally deep, and tilts at which a well disappears.
//!
//! Each piece of the line on which Psi' rises has a minimum at every tilt between the values of Psi' at its ends. With the height E(t) of a
//! minimum, E' = -x(t). So the difference of the heights of two minima is monotone in t. It has at most one root, which is bracketed by the
//! tilts at which both minima exist. If a piece ends at an extremum of Psi', the minimum meets a maximum and disappears (a spinodal). If it
//! ends at the edge of the domain, the minimum leaves the domain.

use serde::{Deserialize, Serialize};

use super::pieces::pieces;
use crate::numerics::line::{Bracket, pin_down};
use crate::numerics::passes::{Pass, barriers};
use crate::numerics::statistics::sort_by;

/// Function that returns Psi, Psi' and Psi'' at a batch of points.
pub type CurvedFn<'a> = dyn FnMut(&[f64]) -> [Vec<f64>; 3] + 'a;

/// Tilt at which two neighbouring wells are equally deep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coexistence {
    /// Value of the tilt.
    pub tilt: f64,
    /// Positions of the two wells at this tilt.
    pub wells: [f64; 2],
    /// Position of the maximum between the wells.
    pub top: f64,
    /// Rise from either well to the maximum, under the tilt.
    pub barrier: f64,
    /// True if no other well is deeper at this tilt. Then the global minimum passes from one well to the other.
    pub is_lowest: bool,
}

/// Range of tilts at which a well exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Smallest and largest tilt.
    pub tilts: [f64; 2],
    /// True if the well leaves the domain at this tilt. Otherwise it meets a maximum there and disappears.
    pub at_edge: [bool; 2],
}

/// Curve divided into pieces on which its slope rises or falls.
pub struct Tilts<'a, 'b> {
    /// Ends of the pieces, each with the value of Psi'.
    knots: Vec<(f64, f64)>,
    precision: f64,
    evaluate: &'a mut CurvedFn<'b>,
}

impl<'a, 'b> Tilts<'a, 'b> {
    /// Divides a curve on a domain into pieces.
    pub fn new(domain: [f64; 2], evaluate: &'a mut CurvedFn<'b>) -> Self {
        let knots = pieces(domain, &mut |xs| {
            let [_, slope, curvature] = evaluate(xs);
            (slope, curvature)
        });
        let precision = 1e-14 * domain[0].abs().max(domain[1].abs());
        Self { knots, precision, evaluate }
    }

    /// Tilts at which the minimum near a point exists; `None` if there is no minimum at any tilt.
    pub fn span(&self, place: f64) -> Option<Span> {
        let piece = self.rising().into_iter().find(|&k| (self.knots[k].0..=self.knots[k + 1].0).contains(&place))?;
        Some(Span { tilts: self.tilts(piece), at_edge: [piece == 0, piece + 2 == self.knots.len()] })
    }

    /// Finds the tilts at which two neighbouring wells are equally deep, in increasing order. A well has a persistence above `threshold`.
    /// Minima that exist only under a tilt count too.
    pub fn coexistences(&mut self, threshold: f64) -> Vec<Coexistence> {
        self.coexistences_above(&|_, _| threshold)
    }

    /// Finds the tilts as `coexistences` does, for a threshold that depends on the positions of a minimum and of the top of its barrier.
    pub fn coexistences_above(&mut self, threshold: &dyn Fn(f64, f64) -> f64) -> Vec<Coexistence> {
        let rising = self.rising();
        let (mut pairs, mut brackets) = (Vec::new(), Vec::new());
        for (n, &left) in rising.iter().enumerate() {
            for &right in &rising[n + 1..] {
                let [[a, b], [c, d]] = [self.tilts(left), self.tilts(right)];
                let [low, high] = [a.max(c), b.min(d)];
                if low >= high {
                    continue;
                }
                let differences = self.differences(&[(left, right, low), (left, right, high)]);
                if differences[0] < 0.0 && differences[1] > 0.0 {
                    pairs.push((left, right));
                    brackets.push(Bracket::new((low, differences[0]), (high, differences[1])));
                }
            }
        }
        let largest = self.knots.iter().fold(0.0, |top: f64, knot| top.max(knot.1.abs()));
        pin_down(&mut brackets, 1e-14 * largest, &mut |which, tilts| {
            let asked: Vec<_> = which.iter().zip(tilts).map(|(&k, &tilt)| (pairs[k].0, pairs[k].1, tilt)).collect();
            self.differences(&asked)
        });
        let tilts: Vec<f64> = brackets.iter().map(Bracket::middle).collect();
        let mut found: Vec<Coexistence> =
            pairs.into_iter().zip(tilts).filter_map(|(pair, tilt)| self.between(pair, tilt, threshold)).collect();
        sort_by(&mut found, |one| one.tilt);
        found
    }

    /// Indices of the pieces on which Psi' rises.
    fn rising(&self) -> Vec<usize> {
        (0..self.knots.len() - 1).filter(|&k| self.knots[k].1 < self.knots[k + 1].1).collect()
    }

    /// Smallest and largest value of Psi' on a piece.
    fn tilts(&self, piece: usize) -> [f64; 2] {
        let [a, b] = [self.knots[piece].1, self.knots[piece + 1].1];
        [a.min(b), a.max(b)]
    }

    /// Points at which Psi' on a piece equals a tilt, for each pair of piece and tilt, and the values of Psi there.
    fn places(&mut self, asked: &[(usize, f64)]) -> (Vec<f64>, Vec<f64>) {
        let mut places = vec![0.0; asked.len()];
        let (mut brackets, mut whose) = (Vec::new(), Vec::new());
        for (n, &(piece, tilt)) in asked.iter().enumerate() {
            let [from, to] = [self.knots[piece], self.knots[piece + 1]];
            let [before, behind] = [from.1 - tilt, to.1 - tilt];
            if before * behind < 0.0 {
                brackets.push(Bracket::new((from.0, before), (to.0, behind)));
                whose.push(n);
            } else {
                // The tilt is the value of Psi' at an end.
                places[n] = if before.abs() < behind.abs() { from.0 } else { to.0 };
            }
        }
        let evaluate = &mut self.evaluate;
        pin_down(&mut brackets, self.precision, &mut |which, xs| {
            let [_, slope, _] = evaluate(xs);
            slope.iter().zip(which).map(|(slope, &k)| slope - asked[whose[k]].1).collect()
        });
        for (bracket, &n) in brackets.iter().zip(&whose) {
            places[n] = bracket.middle();
        }
        let values = if places.is_empty() { Vec::new() } else { (self.evaluate)(&places)[0].clone() };
        (places, values)
    }

    /// Height of the left minimum above the right one, for each pair of minima at a tilt.
    fn differences(&mut self, asked: &[(usize, usize, f64)]) -> Vec<f64> {
        let both: Vec<(usize, f64)> = asked.iter().flat_map(|&(left, right, tilt)| [(left, tilt), (right, tilt)]).collect();
        let (places, values) = self.places(&both);
        let height = |k: usize| values[k] - both[k].1 * places[k];
        (0..asked.len()).map(|n| height(2 * n) - height(2 * n + 1)).collect()
    }

    /// Coexistence of two minima that are equally deep at a tilt, if both are wells and no other well lies between them.
    fn between(&mut self, (left, right): (usize, usize), tilt: f64, threshold: &dyn Fn(f64, f64) -> f64) -> Option<Coexistence> {
        let reached = |k: &usize| {
            let [low, high] = self.tilts(*k);
            (low..=high).contains(&tilt)
        };
        let pieces: Vec<usize> = (0..self.knots.len() - 1).filter(reached).collect();
        let asked: Vec<(usize, f64)> = pieces.iter().map(|&piece| (piece, tilt)).collect();
        let (places, mut heights) = self.places(&asked);
        heights.iter_mut().zip(&places).for_each(|(height, x)| *height -= tilt * x);
        let rising = self.rising();
        let minima: Vec<usize> = (0..pieces.len()).filter(|&k| rising.contains(&pieces[k])).collect();
        let ends = [self.knots[0].0, self.knots[self.knots.len() - 1].0];
        let values = (self.evaluate)(&ends)[0].clone();
        let edges = [values[0] - tilt * ends[0], values[1] - tilt * ends[1]];
        let highest = |range: std::ops::Range<usize>| range.max_by(|&a, &b| heights[a].total_cmp(&heights[b]));
        let [first, last] = [*minima.first()?, *minima.last()?];
        let mut passes = vec![
            Pass { height: highest(0..first).map_or(edges[0], |k| heights[k]), sides: [None, Some(0)] },
            Pass {
                height: highest(last + 1..pieces.len()).map_or(edges[1], |k| heights[k]),
                sides: [Some(minima.len() - 1), None],
            },
        ];
        let inner = |(n, pair): (usize, &[usize])| {
            Some(Pass { height: heights[highest(pair[0] + 1..pair[1])?], sides: [Some(n), Some(n + 1)] })
        };
        passes.extend(minima.windows(2).enumerate().filter_map(inner));
        let depths: Vec<f64> = minima.iter().map(|&k| heights[k]).collect();
        // The larger threshold of the two minima decides.
        let at = |piece: usize| minima.iter().position(|&k| pieces[k] == piece);
        let [a, b] = [at(left)?, at(right)?];
        let top = places[highest(minima[a] + 1..minima[b])?];
        let threshold = [a, b].iter().map(|&n| threshold(places[minima[n]], top)).fold(0.0, f64::max);
        let barriers = barriers(&depths, &passes, threshold);
        let is_well = |n: &usize| barriers[*n].is_some_and(|barrier| barrier.rise > threshold);
        let wells: Vec<usize> = (0..minima.len()).filter(is_well).collect();
        let at = |piece: usize| wells.iter().position(|&n| pieces[minima[n]] == piece);
        let [a, b] = [at(left)?, at(right)?];
        if b != a + 1 {
            return None;
        }
        let [from, to] = [minima[wells[a]], minima[wells[b]]];
        let top = highest(from + 1..to)?;
        let depth = 0.5 * (heights[from] + heights[to]);
        let barrier = heights[top] - depth;
        let is_lowest = wells.iter().all(|&n| depths[n] >= depth - 1e-9 * barrier);
        Some(Coexistence { tilt, wells: [places[from], places[to]], top: places[top], barrier, is_lowest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Double well (x² - 1)² + a x, whose wells are equally deep at the tilt a.
    fn tilted_double_well(a: f64) -> impl FnMut(&[f64]) -> [Vec<f64>; 3] {
        move |xs| {
            [
                xs.iter().map(|x| (x * x - 1.0).powi(2) + a * x).collect(),
                xs.iter().map(|x| 4.0 * x * (x * x - 1.0) + a).collect(),
                xs.iter().map(|x| 12.0 * x * x - 4.0).collect(),
            ]
        }
    }

    #[test]
    fn wells_of_tilted_double_well_coexist_at_levelling_tilt() {
        for a in [0.3, -0.7, 0.0, 1.2] {
            let mut curve = tilted_double_well(a);
            let mut tilts = Tilts::new([-2.0, 2.0], &mut curve);
            let found = tilts.coexistences(0.01);
            assert_eq!(found.len(), 1, "{a}: {found:?}");
            let Coexistence { tilt, wells, top, barrier, is_lowest } = found[0];
            assert!((tilt - a).abs() < 1e-12, "{a}: {tilt}");
            assert!((wells[0] + 1.0).abs() < 1e-6 && (wells[1] - 1.0).abs() < 1e-6 && top.abs() < 1e-6, "{found:?}");
            assert!((barrier - 1.0).abs() < 1e-12 && is_lowest);
            // The wells disappear where the slope is extreme, at 8 / (3 sqrt 3) to either side.
            let spinodal = 8.0 / 27.0_f64.sqrt();
            let [left, right] = [-1.0, 1.0].map(|x| tilts.span(x).expect("a well"));
            assert!((left.tilts[1] - a - spinodal).abs() < 1e-12 && (right.tilts[0] - a + spinodal).abs() < 1e-12);
            assert_eq!((left.at_edge, right.at_edge), ([true, false], [false, true]));
        }
    }

    #[test]
    fn low_barriers_and_planes_give_no_coexistence() {
        assert!(Tilts::new([-2.0, 2.0], &mut tilted_double_well(0.3)).coexistences(1.5).is_empty());
        let mut plane = |xs: &[f64]| [xs.to_vec(), vec![1.0; xs.len()], vec![0.0; xs.len()]];
        let mut tilts = Tilts::new([-2.0, 2.0], &mut plane);
        assert!(tilts.coexistences(0.0).is_empty() && tilts.span(0.0).is_none());
    }

    #[test]
    fn coexistence_joins_neighbouring_wells_only() {
        // The curve x²/20 - 3 cos x has wells near multiples of 2 pi, and each two neighbours are equally deep at some tilt. The wells at
        // -2 pi and 2 pi are equally deep at tilt 0, but are not neighbours, because of the well between them.
        let mut curve = |xs: &[f64]| {
            [
                xs.iter().map(|x| 0.05 * x * x - 3.0 * x.cos()).collect(),
                xs.iter().map(|x| 0.1 * x + 3.0 * x.sin()).collect(),
                xs.iter().map(|x| 0.1 + 3.0 * x.cos()).collect(),
            ]
        };
        let found = Tilts::new([-9.0, 9.0], &mut curve).coexistences(0.1);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0].tilt + found[1].tilt).abs() < 1e-10 && found.iter().all(|pair| pair.is_lowest));
        assert!((found[1].wells[0]).abs() < 1.0 && (found[1].wells[1] - std::f64::consts::TAU).abs() < 1.0);
    }

    #[test]
    fn sharp_soft_minimum_has_one_coexistence() {
        // Minimum of (x + 1)² and (x - 1)² + 0.4 at a sharpness of 10^6. The slope falls within a millionth.
        let rho = 1e6;
        let mut curve = |xs: &[f64]| {
            let of = |&x: &f64| {
                let [f, g] = [(x + 1.0_f64).powi(2), (x - 1.0_f64).powi(2) + 0.4];
                let part = 1.0 / (1.0 + (rho * (f - g)).exp());
                let [df, dg] = [2.0 * (x + 1.0), 2.0 * (x - 1.0)];
                let value = f.min(g) - (-rho * (f - g).abs()).exp().ln_1p() / rho;
                [value, part * df + (1.0 - part) * dg, 2.0 - rho * part * (1.0 - part) * (df - dg).powi(2)]
            };
            let all: Vec<[f64; 3]> = xs.iter().map(of).collect();
            [0, 1, 2].map(|k| all.iter().map(|values| values[k]).collect())
        };
        let found = Tilts::new([-2.0, 2.0], &mut curve).coexistences(0.01);
        // The minima of the parabolas have the heights t - t²/4 and 0.4 - t - t²/4. They are equal at t = 0.2, the slope of the common
        // tangent.
        assert_eq!(found.len(), 1, "{found:?}");
        assert!((found[0].tilt - 0.2).abs() < 1e-9, "{found:?}");
    }
}
