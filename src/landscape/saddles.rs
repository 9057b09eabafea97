//! Minima, saddles and barriers in a box of any number of dimensions.
//!
//! 1. Descents from many starting points find minima ([`super::minima`]).
//! 2. Strings of points between minima, and from minima to the lowest points of the faces of the box, relax downhill with fixed ends (a
//!    simplified string method). The highest point of each string is a guess of a saddle.
//! 3. A guess climbs along the direction of least curvature and descends along the others (eigenvector following, with Hessians from
//!    differences of exact gradients) until the gradient is zero. It is a saddle if exactly one curvature is negative. In few inputs climbs
//!    also begin at some of the starting points. A string between two minima can slide into a third minimum beside it, and so miss the
//!    saddle between the first two. A kink, as between two modes of a sharp soft minimum, has no curvatures for a climb. There the
//!    guess slides along the kink to its lowest point ([`kinks`]).
//! 4. Descents on both sides of each saddle find the minima that it joins. If one of them is new, the search is repeated. A descent that
//!    ends on a face has left the box.
//! 5. A lowest point of a face from which a descent leads inwards is a pass between the minimum found there and the outside.
//! 6. At the end, each string is compared with the passes. If its highest point is lower than all ways over passes between its ends, or
//!    if it gave no saddle, for example where kinks meet, it relaxes once more, by steps that do not depend on curvatures. Its highest
//!    point is then a pass between its ends ([`ridges`]).
//!
//! The passes give the barriers, see [`super::barriers`]. Like any search of this kind, it can miss a saddle. Barriers are then too high,
//! never too low.
//!
//! If the faces are walls, [`stationary_with_faces`] searches among all points of the box. No way leads out, and minima and passes may lie
//! on faces. A point that the slope presses against a wall stays on it. A pass on a face is a saddle within that face.
//!
//! A periodic input has no faces. Strings lead to the nearest image of a minimum and to the images on its other sides, because the lowest
//! way may lead around in either direction. If all inputs are periodic, no way leads out. The barrier of a single well is then the lowest
//! rise on a way to its own image ([`rounds`]).

mod climbs;
mod kinks;
mod ridges;
mod rounds;
mod strings;

use ndarray::Array2;

use self::strings::PointString;
use super::descent::{Arrival, DUPLICATE_DISTANCE, DescentStart, MAX_STEP, SurfaceFn, UnitBox};
use super::{CriticalPoint, Extrema, Minimum};
use crate::numerics::bounds::Bounds;
use crate::numerics::passes::{LocatedPass, Pass, barriers, close, lowest_way};
use crate::numerics::statistics::{difference, order, sort_by};

/// Distance from a saddle, or from a face, at which a descent begins, and its longest step. Neither may cross a barrier.
const DESCENT_DISTANCE: f64 = 2e-3;
const DESCENT_MAX_STEP: f64 = 0.02;
/// Largest distance of ends of descents at the same minimum, as a fraction of the box.
const DUPLICATE_END_DISTANCE: f64 = 10.0 * DUPLICATE_DISTANCE;
/// Number of nearest minima to which strings join each minimum.
const NEIGHBOUR_MINIMA: usize = 5;
/// Number of starting points on each face.
const STARTS_PER_FACE: usize = 16;
/// Number of starting points from which climbs begin, and largest number of inputs with such climbs.
const CLIMB_STARTS: usize = 64;
const MAX_CLIMB_INPUTS: usize = 3;
/// Smallest fraction by which a string must be lower than the ways over saddles to become a way itself.
const MIN_LOWERING: f64 = 0.01;
/// Largest number of rounds of the search.
const MAX_ROUNDS: usize = 4;

/// Finds minima and saddles of a function inside the box `bounds`, in increasing order of value, by descents from `starts`
/// `[count, inputs]`. Barriers lead to wells with a persistence above `threshold`, or out of the box.
pub fn stationary<'a>(bounds: impl Into<Bounds<'a>>, starts: &Array2<f64>, threshold: f64, surface: &mut SurfaceFn) -> Extrema {
    search(bounds.into(), starts, threshold, false, surface, &|| false)
}

/// Finds minima and saddles, as [`stationary`] does. The search ends early when `is_stopped` returns true.
pub fn stationary_until<'a>(
    bounds: impl Into<Bounds<'a>>,
    starts: &Array2<f64>,
    threshold: f64,
    surface: &mut SurfaceFn,
    is_stopped: &dyn Fn() -> bool,
) -> Extrema {
    search(bounds.into(), starts, threshold, false, surface, is_stopped)
}

/// Finds minima and saddles, as [`stationary`] does, in a box whose faces are walls. Extrema on faces count, and no way leads out.
pub fn stationary_with_faces<'a>(
    bounds: impl Into<Bounds<'a>>,
    starts: &Array2<f64>,
    threshold: f64,
    surface: &mut SurfaceFn,
) -> Extrema {
    search(bounds.into(), starts, threshold, true, surface, &|| false)
}

/// Runs the search of [`stationary`] and [`stationary_with_faces`]. It stops early when the effort is spent or `is_stopped` is true.
pub(super) fn search(
    bounds: Bounds,
    starts: &Array2<f64>,
    threshold: f64,
    walls: bool,
    surface: &mut SurfaceFn,
    is_stopped: &dyn Fn() -> bool,
) -> Extrema {
    let mut unit = UnitBox::new(bounds, surface, is_stopped);
    let starts: Vec<DescentStart> = starts.rows().into_iter().map(|x| DescentStart::at(unit.inside_of(&x.to_vec()))).collect();
    let steepest = unit.steepest(&starts);
    let places: Vec<Vec<f64>> = starts.iter().map(|s| s.place.clone()).collect();
    let arrivals = unit.descend(starts, MAX_STEP, steepest);
    let mut minima = unit.distinct(arrivals.into_iter().flatten().filter(|a| walls || unit.is_inside(a)).collect());
    let mut search =
        SaddleSearch { unit, steepest, walls, exits: Vec::new(), saddles: Vec::new(), strings: Vec::new(), done: Vec::new() };
    if !walls {
        search.find_exits(&places);
    }
    let mut ways = Vec::new();
    for round in 0..MAX_ROUNDS {
        search.between(&minima);
        if round == 0 && search.unit.inputs() <= MAX_CLIMB_INPUTS {
            let saddles = search.climb(places.iter().take(CLIMB_STARTS).cloned().collect());
            saddles.into_iter().flatten().for_each(|saddle| search.add_if_new(saddle));
        }
        let before = minima.len();
        ways = search.ways_down(&mut minima);
        ways.extend(search.ways_out(&mut minima));
        if minima.len() == before || search.unit.effort.is_exhausted() {
            break;
        }
    }
    // Minima of the last round have no strings yet.
    search.between(&minima);
    ways.extend(search.ways_along_strings(&minima, &ways));
    let mut unit = search.unit;
    let values: Vec<f64> = minima.iter().map(|m| m.value).collect();
    let passes: Vec<Pass> = ways.iter().map(|way| way.pass).collect();
    let mut barriers = barriers(&values, &passes, threshold);
    if unit.is_closed() {
        close(&values, &ways, &mut barriers);
    }
    let mut found = Extrema { partial: unit.effort.is_exhausted(), ..Extrema::default() };
    for (m, barrier) in minima.iter().zip(barriers) {
        let mut minimum = Minimum { x: unit.outside_of(&m.place), value: m.value, ..Minimum::default() };
        if let Some(barrier) = barrier {
            let way = &ways[barrier.pass];
            minimum.set_barrier(barrier.rise, unit.outside_of(&way.top), way.at_edge);
        }
        found.minima.push(minimum);
    }
    let ranks = ranks(&values);
    sort_by(&mut found.minima, |minimum| minimum.value);
    found.ways = ways
        .into_iter()
        .map(|LocatedPass { pass, top, at_edge, turns }| {
            let pass = Pass { sides: pass.sides.map(|side| side.map(|k| ranks[k])), ..pass };
            LocatedPass { pass, top: unit.outside_of(&top), at_edge, turns }
        })
        .collect();
    for Saddle { top, is_kink, .. } in &search.saddles {
        let (x, is_kink) = (unit.outside_of(&top.place), *is_kink);
        found.saddles.push(CriticalPoint { x, value: top.value, is_kink, ..CriticalPoint::default() });
    }
    sort_by(&mut found.saddles, |saddle| saddle.value);
    found
}

/// Position of each value among all values in increasing order.
fn ranks(values: &[f64]) -> Vec<usize> {
    let mut ranks = vec![0; values.len()];
    order(values).into_iter().enumerate().for_each(|(rank, k)| ranks[k] = rank);
    ranks
}

/// End of a string, as an index into the list of minima or exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StringEnd {
    Minimum(usize),
    Exit(usize),
}

/// Relaxed string between two minima.
struct MinimaString {
    /// Indices of the minima.
    sides: [usize; 2],
    points: PointString,
    /// True if a climb from one of its highest points found a saddle.
    is_climbed: bool,
}

/// Saddle, or pass over a kink.
#[derive(Clone, Debug)]
struct Saddle {
    top: Arrival,
    /// Direction in which the function falls on both sides.
    downhill: Vec<f64>,
    /// True if the slope jumps at the point.
    is_kink: bool,
}

struct SaddleSearch<'a, 'b> {
    unit: UnitBox<'a, 'b>,
    steepest: f64,
    /// True if the faces are walls.
    walls: bool,
    /// Lowest points of the faces.
    exits: Vec<Arrival>,
    /// Saddles, and passes over kinks.
    saddles: Vec<Saddle>,
    /// Relaxed strings between minima.
    strings: Vec<MinimaString>,
    /// Pairs of a minimum and another minimum or an exit that a string has joined.
    done: Vec<(usize, StringEnd)>,
}

impl SaddleSearch<'_, '_> {
    /// Adds a saddle if it is new.
    fn add_if_new(&mut self, found: Saddle) {
        if self.saddles.iter().all(|known| self.unit.distance(&known.top.place, &found.top.place) > DUPLICATE_END_DISTANCE) {
            self.saddles.push(found);
        }
    }

    /// Draws the missing strings, and climbs from their highest points to saddles.
    fn between(&mut self, minima: &[Arrival]) {
        let mut pairs: Vec<(usize, StringEnd)> = Vec::new();
        for (i, from) in minima.iter().enumerate() {
            let distance = |to: &Arrival| self.unit.distance(&from.place, &to.place);
            let nearest = |list: &[Arrival], skipped: Option<usize>| -> Vec<usize> {
                let mut others: Vec<usize> = (0..list.len()).filter(|&j| Some(j) != skipped).collect();
                sort_by(&mut others, |&other| distance(&list[other]));
                others.truncate(NEIGHBOUR_MINIMA);
                others
            };
            let to_minima = nearest(minima, Some(i)).into_iter().map(|j| (i.min(j), StringEnd::Minimum(i.max(j))));
            for pair in to_minima.chain(nearest(&self.exits, None).into_iter().map(|j| (i, StringEnd::Exit(j)))) {
                if !pairs.contains(&pair) && !self.done.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        if let [_] = minima
            && !self.done.contains(&(0, StringEnd::Minimum(0)))
        {
            pairs.push((0, StringEnd::Minimum(0)));
        }
        self.done.extend(&pairs);
        let at = |place: StringEnd| match place {
            StringEnd::Minimum(j) => &minima[j].place,
            StringEnd::Exit(j) => &self.exits[j].place,
        };
        // Each pair is repeated for each image of its second point.
        let images =
            pairs.iter().flat_map(|&(i, to)| rounds::images(&self.unit, &minima[i].place, at(to)).map(move |end| ((i, to), end)));
        let (pairs, far): (Vec<(usize, StringEnd)>, Vec<Vec<f64>>) = images.unzip();
        let ends: Vec<[Vec<f64>; 2]> = pairs.iter().zip(far).map(|(&(i, _), end)| [minima[i].place.clone(), end]).collect();
        let relaxed = strings::relaxed(&mut self.unit, &ends);
        let guesses = relaxed.iter().flat_map(|(points, tops)| tops.iter().map(|&top| points[top].clone())).collect();
        let mut climbs = self.climb(guesses).into_iter();
        for ((points, tops), (from, to)) in relaxed.into_iter().zip(pairs) {
            let mut is_climbed = false;
            for (top, saddle) in tops.into_iter().zip(climbs.by_ref()) {
                if let Some(saddle) = saddle {
                    is_climbed = true;
                    self.add_if_new(saddle);
                }
                is_climbed |= self.slide_from([top - 1, top, top + 1].map(|k| points[k].as_slice()));
            }
            // A way to an exit need not have a saddle, because the exit itself is the pass.
            if let StringEnd::Minimum(to) = to {
                self.strings.push(MinimaString { sides: [from, to], points, is_climbed });
            }
        }
    }

    /// Passes over strings that gave no saddle, or that are lower than the ways between their ends.
    fn ways_along_strings(&mut self, minima: &[Arrival], ways: &[LocatedPass]) -> Vec<LocatedPass> {
        let passes: Vec<Pass> = ways.iter().map(|way| way.pass).collect();
        let (mut sides, mut strings) = (Vec::new(), Vec::new());
        for string in std::mem::take(&mut self.strings) {
            let bottom = string.sides.map(|k| minima[k].value).into_iter().fold(f64::NEG_INFINITY, f64::max);
            let lowest = lowest_way(minima.len(), &passes, string.sides) - bottom;
            let is_lower = |top: ridges::Top| top.0 - bottom < (1.0 - MIN_LOWERING) * lowest;
            if !string.is_climbed || ridges::top(&mut self.unit, &string.points).is_some_and(is_lower) {
                sides.push(string.sides);
                strings.push(string.points);
            }
        }
        let turns: Vec<Vec<f64>> = sides
            .iter()
            .zip(&strings)
            .map(|(sides, string)| rounds::turns(&self.unit, &string[string.len() - 1], &minima[sides[1]].place))
            .collect();
        let tops = ridges::tops(&mut self.unit, strings);
        let pass = |((sides, turns), top): (([usize; 2], Vec<f64>), Option<ridges::Top>)| {
            let (height, top) = top?;
            Some(LocatedPass { pass: Pass { height, sides: sides.map(Some) }, top, at_edge: false, turns })
        };
        sides.into_iter().zip(turns).zip(tops).filter_map(pass).collect()
    }

    /// Descends on both sides of each saddle, and adds new minima.
    fn ways_down(&mut self, minima: &mut Vec<Arrival>) -> Vec<LocatedPass> {
        let beside = |Saddle { top, downhill, .. }: &Saddle| {
            let aside = |by: f64| top.place.iter().zip(downhill).map(move |(u, d)| u + by * d);
            [DESCENT_DISTANCE, -DESCENT_DISTANCE].map(|by| DescentStart::at(self.unit.clamped(aside(by))))
        };
        let starts: Vec<DescentStart> = self.saddles.iter().flat_map(beside).collect();
        let ends = self.unit.descend(starts, DESCENT_MAX_STEP, self.steepest);
        let sides: Vec<Option<DescentEnd>> =
            ends.into_iter().map(|end| end.map(|end| self.side(&end, minima, self.walls))).collect();
        // A saddle with an unfinished descent joins no minima.
        let tops = self.saddles.iter().map(|saddle| &saddle.top);
        let way = |(saddle, ends): (&Arrival, &[Option<DescentEnd>])| {
            let [from, to] = [ends[0].as_ref()?, ends[1].as_ref()?];
            let pass = Pass { height: saddle.value, sides: [from.minimum, to.minimum] };
            Some(LocatedPass { pass, top: saddle.place.clone(), at_edge: false, turns: difference(&to.turns, &from.turns) })
        };
        tops.zip(sides.chunks(2)).filter_map(way).collect()
    }

    /// Finds the lowest points of the faces, by descents within each face.
    fn find_exits(&mut self, places: &[Vec<f64>]) {
        let mut starts = Vec::new();
        for k in (0..self.unit.inputs()).filter(|&k| !self.unit.is_periodic(k)) {
            for wall in [0.0, 1.0] {
                starts.extend(places.iter().take(STARTS_PER_FACE).map(|place| {
                    let mut place = place.clone();
                    place[k] = wall;
                    DescentStart { place, frozen: Some(k) }
                }));
            }
        }
        let lowest = self.unit.descend(starts, MAX_STEP, self.steepest);
        self.exits = self.unit.distinct(lowest.into_iter().flatten().collect());
    }

    /// Descends inwards from the lowest points of the faces, and adds new minima.
    fn ways_out(&mut self, minima: &mut Vec<Arrival>) -> Vec<LocatedPass> {
        let inwards = |a: &Arrival| {
            let inside = |(u, [low, high]): (&f64, &[f64; 2])| u.clamp(low + DESCENT_DISTANCE, high - DESCENT_DISTANCE);
            DescentStart::at(a.place.iter().zip(&self.unit.limits).map(inside).collect())
        };
        let starts = self.exits.iter().map(inwards).collect();
        let ends = self.unit.descend(starts, DESCENT_MAX_STEP, self.steepest);
        let way = |(exit, end): (&Arrival, Option<Arrival>)| {
            let inside = self.side(&end?, minima, false).minimum?;
            let pass = Pass { height: exit.value, sides: [Some(inside), None] };
            Some(LocatedPass { pass, top: exit.place.clone(), at_edge: true, turns: Vec::new() })
        };
        self.exits.iter().zip(ends).filter_map(way).collect()
    }

    /// Assigns the end of a descent to a minimum, and adds the minimum if it is new.
    fn side(&self, end: &Arrival, minima: &mut Vec<Arrival>, walls: bool) -> DescentEnd {
        if !walls && !self.unit.is_inside(end) {
            return DescentEnd { minimum: None, turns: vec![0.0; end.place.len()] };
        }
        let known = minima.iter().position(|m| self.unit.distance(&m.place, &end.place) <= DUPLICATE_END_DISTANCE);
        let minimum = known.unwrap_or_else(|| {
            minima.push(Arrival { place: self.unit.image(&end.place), ..*end });
            minima.len() - 1
        });
        DescentEnd { minimum: Some(minimum), turns: rounds::turns(&self.unit, &end.place, &minima[minimum].place) }
    }
}

/// Result of a descent.
struct DescentEnd {
    /// Index of the minimum; `None` for a face that is not a wall.
    minimum: Option<usize>,
    /// Whole turns of periodic inputs between the minimum and the end of the descent.
    turns: Vec<f64>,
}

#[cfg(test)]
mod tests;
