//! Minima, saddles and barriers in a box of any number of dimensions.
//!
//! 1. Descents from many starting points find minima ([`super::minima`]).
//! 2. Strings of points between minima, and from minima to the lowest points of the faces of the box, relax downhill with fixed
//!    ends (a simplified string method); the highest point of each is a guess of a saddle.
//! 3. A guess climbs along the direction of least curvature and descends along the others (eigenvector following, with Hessians
//!    from differences of exact gradients) until the gradient is zero. It is a saddle if exactly one curvature is negative.
//!    In few inputs climbs also begin at some of the starting points: a string between two minima slides into a third one that lies beside its way,
//!    and past the saddle between the first two.
//!    Beside a kink, as a sharp soft minimum has between two modes, there are no curvatures to follow: the guess slides along
//!    the kink to where that is lowest ([`kinks`]).
//! 4. Descents on both sides of each saddle find the minima that it joins. If one of them is new, the search is repeated; a
//!    descent that ends on a face has left the box.
//! 5. A lowest point of a face from which a descent leads inwards is a pass between the minimum found there and the outside.
//! 6. Where neither ends at a saddle, as where kinks meet, the string relaxes once more, by steps that do not depend on curvatures, and its highest
//!    point is a pass between its ends ([`ridges`]).
//!
//! The passes give the barriers, see [`super::barriers`]. As any search of this kind, it can miss a saddle; barriers are then
//! too high, never too low.
//!
//! If the faces are walls, [`stationary_with_faces`] searches among all points of the box: nothing leads out, minima and passes
//! may lie on faces, and points pressed against a wall stay on it. A pass on a face is a saddle within that face.
//!
//! A periodic input has no faces. Strings lead to the nearest image of a minimum and to those on its other sides, because the lowest way may go
//! round either way. Where all inputs are periodic nothing leads out: the barrier of a single well is then the lowest rise on a way to its own
//! image ([`rounds`]).

mod climbs;
mod kinks;
mod ridges;
mod rounds;

use ndarray::Array2;

use super::descent::{Arrival, LONGEST, SAME, Start, Surface, UnitBox};
use super::{CriticalPoint, Extrema, Minimum, symmetric};
use crate::numerics::bounds::Bounds;
use crate::numerics::passes::{Pass, Way, barriers, close};
use crate::numerics::statistics::{difference, norm, order, sort_by};

/// Points of a string between its ends.
const IMAGES: usize = 15;
/// Largest number of steps of a relaxing string, and its longest step as a fraction of the box.
const RELAXING: usize = 120;
const NUDGE: f64 = 0.01;
/// Distance from a saddle, or from a face, at which a descent begins; it must not cross a barrier.
const ASIDE: f64 = 2e-3;
const CAREFUL: f64 = 0.02;
/// Ends of descents closer than this fraction of the box are the same minimum.
const NEAR: f64 = 10.0 * SAME;
/// Number of nearest minima that each minimum is joined to by strings; all, if there are no more than this.
const NEIGHBOURS: usize = 5;
/// Starting points on each face.
const ON_FACE: usize = 16;
/// Number of starting points from which climbs begin, and the largest number of inputs in which they do.
const CLIMBS: usize = 64;
const FEW: usize = 3;
/// Most rounds of the search.
const ROUNDS: usize = 4;

/// Minima and saddles of a function inside the box `bounds`, in increasing order of value, from descents that begin at `starts`
/// `[count, inputs]`. Barriers lead to wells with a persistence above `threshold`, or out of the box.
pub fn stationary<'a>(bounds: impl Into<Bounds<'a>>, starts: &Array2<f64>, threshold: f64, surface: &mut Surface) -> Extrema {
    search(bounds.into(), starts, threshold, false, surface, &|| false)
}

/// Minima and saddles, as by [`stationary`], in a box whose faces are walls: extrema on faces count, and no way leads out.
pub fn stationary_with_faces<'a>(
    bounds: impl Into<Bounds<'a>>,
    starts: &Array2<f64>,
    threshold: f64,
    surface: &mut Surface,
) -> Extrema {
    search(bounds.into(), starts, threshold, true, surface, &|| false)
}

/// The search behind [`stationary`] and [`stationary_with_faces`]; stopped early when it has cost too much or `is_stopped` is
/// true.
pub(super) fn search(
    bounds: Bounds,
    starts: &Array2<f64>,
    threshold: f64,
    walls: bool,
    surface: &mut Surface,
    is_stopped: &dyn Fn() -> bool,
) -> Extrema {
    let mut unit = UnitBox::new(bounds, surface, is_stopped);
    let starts: Vec<Start> = starts.rows().into_iter().map(|x| Start::at(unit.inside_of(&x.to_vec()))).collect();
    let steepest = unit.steepest(&starts);
    let places: Vec<Vec<f64>> = starts.iter().map(|s| s.place.clone()).collect();
    let arrivals = unit.descend(starts, LONGEST, steepest);
    let mut minima = unit.distinct(arrivals.into_iter().flatten().filter(|a| walls || unit.is_inside(a)).collect());
    let mut search =
        Search { unit, steepest, walls, exits: Vec::new(), saddles: Vec::new(), ridges: Vec::new(), done: Vec::new() };
    if !walls {
        search.find_exits(&places);
    }
    let mut ways = Vec::new();
    for round in 0..ROUNDS {
        search.between(&minima);
        if round == 0 && search.unit.inputs() <= FEW {
            places.iter().take(CLIMBS).for_each(|place| {
                search.climb_from(place.clone());
            });
        }
        let before = minima.len();
        ways = search.ways_down(&mut minima);
        ways.extend(search.ways_out(&mut minima));
        ways.extend(search.ridges.iter().cloned());
        if minima.len() == before || search.unit.effort.is_spent() {
            break;
        }
    }
    let mut unit = search.unit;
    let values: Vec<f64> = minima.iter().map(|m| m.value).collect();
    let passes: Vec<Pass> = ways.iter().map(|way| way.pass).collect();
    let mut barriers = barriers(&values, &passes, threshold);
    if unit.is_closed() {
        close(&values, &ways, &mut barriers);
    }
    let mut found = Extrema { partial: unit.effort.is_spent(), ..Extrema::default() };
    for (m, barrier) in minima.iter().zip(barriers) {
        let over = barrier.map(|barrier| &ways[barrier.pass]);
        found.minima.push(Minimum {
            x: unit.outside_of(&m.place),
            value: m.value,
            barrier: barrier.map(|barrier| barrier.rise),
            barrier_at: over.map(|way| unit.outside_of(&way.top)),
            barrier_at_edge: over.is_some_and(|way| way.at_edge),
            ..Minimum::default()
        });
    }
    let ranks = ranks(&values);
    sort_by(&mut found.minima, |minimum| minimum.value);
    found.ways = ways
        .into_iter()
        .map(|Way { pass, top, at_edge, turns }| {
            let pass = Pass { sides: pass.sides.map(|side| side.map(|k| ranks[k])), ..pass };
            Way { pass, top: unit.outside_of(&top), at_edge, turns }
        })
        .collect();
    for Saddle { top, is_kink, .. } in &search.saddles {
        let (x, is_kink) = (unit.outside_of(&top.place), *is_kink);
        found.saddles.push(CriticalPoint { x, value: top.value, is_kink, ..CriticalPoint::default() });
    }
    sort_by(&mut found.saddles, |saddle| saddle.value);
    found
}

/// The position of each value among all in increasing order.
fn ranks(values: &[f64]) -> Vec<usize> {
    let mut ranks = vec![0; values.len()];
    order(values).into_iter().enumerate().for_each(|(rank, k)| ranks[k] = rank);
    ranks
}

/// An end of a string, as an index into its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Minimum(usize),
    Exit(usize),
}

/// A saddle, or a pass over a kink.
#[derive(Clone, Debug)]
struct Saddle {
    top: Arrival,
    /// The direction in which it falls on both sides.
    downhill: Vec<f64>,
    /// Whether the slope jumps there.
    is_kink: bool,
}

struct Search<'a, 'b> {
    unit: UnitBox<'a, 'b>,
    steepest: f64,
    /// Whether the faces are walls.
    walls: bool,
    /// The lowest points of the faces.
    exits: Vec<Arrival>,
    /// Saddles, and passes over kinks.
    saddles: Vec<Saddle>,
    /// Ways between minima over which no saddle was found.
    ridges: Vec<Way>,
    /// The pairs of a minimum and another minimum or an exit that have been joined by a string.
    done: Vec<(usize, Place)>,
}

impl Search<'_, '_> {
    /// Keeps a saddle if it is new.
    fn keep(&mut self, found: Saddle) {
        if self.saddles.iter().all(|known| self.unit.apart(&known.top.place, &found.top.place) > NEAR) {
            self.saddles.push(found);
        }
    }

    /// Draws the strings that have not been drawn, and climbs from their highest points to saddles.
    fn between(&mut self, minima: &[Arrival]) {
        let mut pairs: Vec<(usize, Place)> = Vec::new();
        for (i, from) in minima.iter().enumerate() {
            let apart = |to: &Arrival| self.unit.apart(&from.place, &to.place);
            let nearest = |list: &[Arrival], skipped: Option<usize>| -> Vec<usize> {
                let mut others: Vec<usize> = (0..list.len()).filter(|&j| Some(j) != skipped).collect();
                sort_by(&mut others, |&other| apart(&list[other]));
                others.truncate(NEIGHBOURS);
                others
            };
            let to_minima = nearest(minima, Some(i)).into_iter().map(|j| (i.min(j), Place::Minimum(i.max(j))));
            for pair in to_minima.chain(nearest(&self.exits, None).into_iter().map(|j| (i, Place::Exit(j)))) {
                if !pairs.contains(&pair) && !self.done.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        if let [_] = minima
            && !self.done.contains(&(0, Place::Minimum(0)))
        {
            pairs.push((0, Place::Minimum(0)));
        }
        self.done.extend(&pairs);
        let at = |place: Place| match place {
            Place::Minimum(j) => &minima[j].place,
            Place::Exit(j) => &self.exits[j].place,
        };
        // The same pair again for each image of its second place.
        let images =
            pairs.iter().flat_map(|&(i, to)| rounds::images(&self.unit, &minima[i].place, at(to)).map(move |end| ((i, to), end)));
        let (pairs, far): (Vec<(usize, Place)>, Vec<Vec<f64>>) = images.unzip();
        let ends: Vec<[Vec<f64>; 2]> = pairs.iter().zip(far).map(|(&(i, _), end)| [minima[i].place.clone(), end]).collect();
        let guesses = self.strings(&ends);
        let mut without_saddle = Vec::new();
        for (k, tops) in guesses.into_iter().enumerate() {
            let mut is_climbed = false;
            for top in tops {
                is_climbed |= self.climb_from(top[1].clone());
                is_climbed |= self.slide_from(&top);
            }
            if !is_climbed {
                without_saddle.push(k);
            }
        }
        // On the way to an exit there need not be a saddle: the exit itself is the pass.
        without_saddle.retain(|&k| matches!(pairs[k].1, Place::Minimum(_)));
        let ends: Vec<[Vec<f64>; 2]> = without_saddle.iter().map(|&k| ends[k].clone()).collect();
        let tops = ridges::tops(&mut self.unit, &ends);
        for ((k, top), [_, end]) in without_saddle.into_iter().zip(tops).zip(&ends) {
            if let (from, Place::Minimum(to), Some((height, top))) = (pairs[k].0, pairs[k].1, top) {
                let turns = rounds::turns(&self.unit, end, &minima[to].place);
                self.ridges.push(Way { pass: Pass { height, sides: [Some(from), Some(to)] }, top, at_edge: false, turns });
            }
        }
    }

    /// Relaxes strings between pairs of points; returns the highest points of each, between their neighbours.
    fn strings(&mut self, ends: &[[Vec<f64>; 2]]) -> Vec<Vec<[Vec<f64>; 3]>> {
        let inputs = self.unit.inputs();
        let mut strings: Vec<Vec<Vec<f64>>> =
            ends.iter().map(|[a, b]| (0..IMAGES + 2).map(|k| mixed(a, b, k as f64 / (IMAGES + 1) as f64)).collect()).collect();
        // The largest curvature found so far limits the step, so that no direction overshoots.
        let mut curvature = 0.0_f64;
        let mut before: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let mut values: Vec<f64> = Vec::new();
        for round in 0..=RELAXING {
            let images: Vec<&[f64]> = strings.iter().flat_map(|s| s[1..=IMAGES].iter().map(Vec::as_slice)).collect();
            let here = self.unit.evaluate(&images);
            for ((place, (_, slope)), (old_place, old_slope)) in images.iter().zip(&here).zip(&before) {
                let step = norm(&difference(place, old_place));
                if step > 1e-9 {
                    curvature = curvature.max(norm(&difference(slope, old_slope)) / step);
                }
            }
            before = images.iter().zip(&here).map(|(place, (_, slope))| (place.to_vec(), slope.clone())).collect();
            values = here.iter().map(|h| h.0).collect();
            if round == RELAXING || self.unit.effort.is_spent() {
                break;
            }
            let slopes: Vec<Vec<f64>> = here.into_iter().map(|h| h.1).collect();
            for (string, slopes) in strings.iter_mut().zip(slopes.chunks(IMAGES)) {
                for (image, slope) in string[1..=IMAGES].iter_mut().zip(slopes) {
                    let length = norm(slope);
                    let step = if curvature > 0.0 { 0.5 / curvature } else { f64::INFINITY }.min(NUDGE / length.max(1e-300));
                    for k in 0..inputs {
                        let [low, high] = self.unit.limits[k];
                        image[k] = (image[k] - step * slope[k]).clamp(low, high);
                    }
                }
                *string = evenly(string);
            }
        }
        let tops = |(string, values): (&Vec<Vec<f64>>, &[f64])| {
            let is_higher = |k: usize, other: Option<usize>| other.and_then(|o| values.get(o)).is_none_or(|v| values[k] >= *v);
            let is_top = |&k: &usize| is_higher(k, k.checked_sub(1)) && is_higher(k, Some(k + 1));
            (0..IMAGES).filter(is_top).map(|k| [k, k + 1, k + 2].map(|k| string[k].clone())).collect()
        };
        strings.iter().zip(values.chunks(IMAGES)).map(tops).collect()
    }

    /// Descends on both sides of each saddle, and adds new minima.
    fn ways_down(&mut self, minima: &mut Vec<Arrival>) -> Vec<Way> {
        let beside = |Saddle { top, downhill, .. }: &Saddle| {
            let aside = |by: f64| top.place.iter().zip(downhill).map(move |(u, d)| u + by * d);
            [ASIDE, -ASIDE].map(|by| Start::at(self.unit.clamped(aside(by))))
        };
        let starts: Vec<Start> = self.saddles.iter().flat_map(beside).collect();
        let ends = self.unit.descend(starts, CAREFUL, self.steepest);
        let sides: Vec<Option<Side>> = ends.into_iter().map(|end| end.map(|end| self.side(&end, minima, self.walls))).collect();
        // A saddle with an unfinished descent joins nothing.
        let tops = self.saddles.iter().map(|saddle| &saddle.top);
        let way = |(saddle, ends): (&Arrival, &[Option<Side>])| {
            let [from, to] = [ends[0].as_ref()?, ends[1].as_ref()?];
            let pass = Pass { height: saddle.value, sides: [from.minimum, to.minimum] };
            Some(Way { pass, top: saddle.place.clone(), at_edge: false, turns: difference(&to.turns, &from.turns) })
        };
        tops.zip(sides.chunks(2)).filter_map(way).collect()
    }

    /// Finds the lowest points of the faces, by descents in each.
    fn find_exits(&mut self, places: &[Vec<f64>]) {
        let mut starts = Vec::new();
        for k in (0..self.unit.inputs()).filter(|&k| !self.unit.is_periodic(k)) {
            for wall in [0.0, 1.0] {
                starts.extend(places.iter().take(ON_FACE).map(|place| {
                    let mut place = place.clone();
                    place[k] = wall;
                    Start { place, frozen: Some(k) }
                }));
            }
        }
        let lowest = self.unit.descend(starts, LONGEST, self.steepest);
        self.exits = self.unit.distinct(lowest.into_iter().flatten().collect());
    }

    /// Descends inwards from the lowest points of the faces, and adds new minima.
    fn ways_out(&mut self, minima: &mut Vec<Arrival>) -> Vec<Way> {
        let inwards = |a: &Arrival| {
            let inside = |(u, [low, high]): (&f64, &[f64; 2])| u.clamp(low + ASIDE, high - ASIDE);
            Start::at(a.place.iter().zip(&self.unit.limits).map(inside).collect())
        };
        let starts = self.exits.iter().map(inwards).collect();
        let ends = self.unit.descend(starts, CAREFUL, self.steepest);
        let way = |(exit, end): (&Arrival, Option<Arrival>)| {
            let inside = self.side(&end?, minima, false).minimum?;
            let pass = Pass { height: exit.value, sides: [Some(inside), None] };
            Some(Way { pass, top: exit.place.clone(), at_edge: true, turns: Vec::new() })
        };
        self.exits.iter().zip(ends).filter_map(way).collect()
    }

    /// The end of a descent; a minimum is added if it is new.
    fn side(&self, end: &Arrival, minima: &mut Vec<Arrival>, walls: bool) -> Side {
        if !walls && !self.unit.is_inside(end) {
            return Side { minimum: None, turns: vec![0.0; end.place.len()] };
        }
        let known = minima.iter().position(|m| self.unit.apart(&m.place, &end.place) <= NEAR);
        let minimum = known.unwrap_or_else(|| {
            minima.push(Arrival { place: self.unit.image(&end.place), ..*end });
            minima.len() - 1
        });
        Side { minimum: Some(minimum), turns: rounds::turns(&self.unit, &end.place, &minima[minimum].place) }
    }
}

/// Where a descent has ended.
struct Side {
    /// The minimum; `None` for a face that is not a wall.
    minimum: Option<usize>,
    /// The whole turns of periodic inputs by which the end lies from it.
    turns: Vec<f64>,
}

fn mixed(a: &[f64], b: &[f64], part: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + part * (b - a)).collect()
}

/// Redistributes the points of a string at equal distances.
fn evenly(string: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut along = vec![0.0];
    for pair in string.windows(2) {
        along.push(along[along.len() - 1] + norm(&difference(&pair[0], &pair[1])));
    }
    let last = string.len() - 1;
    let mut segment = 0;
    (0..=last)
        .map(|k| {
            let target = along[last] * k as f64 / last as f64;
            while segment + 1 < last && along[segment + 1] < target {
                segment += 1;
            }
            let length = along[segment + 1] - along[segment];
            let part = if length > 0.0 { ((target - along[segment]) / length).clamp(0.0, 1.0) } else { 0.0 };
            mixed(&string[segment], &string[segment + 1], part)
        })
        .collect()
}

#[cfg(test)]
mod tests;
