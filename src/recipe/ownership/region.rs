//! Search for the wells of a fit, and the modes that are forbidden at each point.

use ndarray::{Array1, Array2};

use crate::landscape::{self, DESCENT_STARTS};
use crate::loss::ownership::{MIN_OWNER_RESPONSIBILITY, Owners};
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::bounds::Bounds;
use crate::numerics::passes::{Pass, barriers};
use crate::numerics::statistics::{moments, norm};
use crate::potentials::sampling::spread;
use crate::recipe::active::ActiveModes;

/// Number of points on a line between which wells of a curve are searched.
const LINE_POINTS: usize = 401;
/// Number of points in a step whose responsibilities are limited.
pub(super) const PENALTY_POINTS_PER_STEP: usize = 80;
/// Number of points beside each well that its owner must dominate, and their distance in standard deviations of the inputs.
const WELL_NEIGHBOUR_POINTS: usize = 4;
const BESIDE_DISTANCE: f64 = 0.03;
/// Height of the core of a well as a fraction of its barrier. The barrier counts up to the second number of standard deviations
/// of Psi.
const CORE_HEIGHT_FRACTION: f64 = 0.1;
const MAX_BARRIER_DEVIATIONS: f64 = 2.0;
/// Number of points on the segment from a well to a point that decide whether the point is in the core.
const SEGMENT_POINTS: usize = 6;

/// Search region for wells, in the units of the network.
#[derive(Clone, Debug)]
pub struct WellRegion {
    bounds: Vec<[f64; 2]>,
    /// Marks of the periodic inputs; empty if no input is periodic.
    periodic: Vec<bool>,
    /// Samples, and half as many points all over the box, `[points, inputs]`.
    points: Vec<f64>,
    /// Number of coordinates of the samples in `points`.
    sample_coordinates: usize,
    /// Smallest barrier of a well. `None` if it follows from the spread of Psi.
    pub(super) threshold: Option<f64>,
}

/// The wells of a fit.
#[derive(Clone, Debug, Default)]
pub(super) struct Wells {
    /// Positions, `[wells, inputs]`.
    pub places: Vec<f64>,
    /// Barriers; infinite without a way out.
    barriers: Vec<f64>,
    /// Standard deviation of Psi over the samples.
    deviation: f64,
    /// Number of wells on faces of the box.
    pub at_edges: usize,
    /// True if the search was stopped early.
    pub partial: bool,
}

impl Wells {
    pub fn len(&self) -> usize {
        self.barriers.len()
    }

    fn place(&self, well: usize) -> &[f64] {
        let inputs = self.places.len() / self.len().max(1);
        &self.places[well * inputs..(well + 1) * inputs]
    }

    /// The height of the core of a well.
    fn height(&self, well: usize) -> f64 {
        CORE_HEIGHT_FRACTION * self.barriers[well].min(MAX_BARRIER_DEVIATIONS * self.deviation)
    }

    /// Owner of each well, by its index among the present modes. The largest responsibility at any well assigns its mode to that
    /// well, then the largest of the remaining ones, and so on. `None` if there are fewer modes than wells.
    pub(super) fn owners(&self, active: &ActiveModes) -> Option<Vec<usize>> {
        let modes = active.present.len();
        let at_wells = responsibilities(active, &self.places);
        let mut owners = vec![None; self.len()];
        for _ in 0..self.len() {
            let free = (0..at_wells.len()).filter(|k| owners[k / modes].is_none() && !owners.contains(&Some(k % modes)));
            let best = free.max_by(|&a, &b| at_wells[a].total_cmp(&at_wells[b]))?;
            owners[best / modes] = Some(best % modes);
        }
        owners.into_iter().collect()
    }

    /// Mode with the largest responsibility at each well, by its index among the present modes. `None` if the responsibility does
    /// not suffice for an owner.
    pub(super) fn leading_modes(&self, active: &ActiveModes) -> Vec<Option<usize>> {
        let modes = active.present.len();
        let leader = |row: &[f64]| {
            let mode = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]))?;
            (row[mode] >= MIN_OWNER_RESPONSIBILITY).then_some(mode)
        };
        responsibilities(active, &self.places).chunks_exact(modes).map(leader).collect()
    }
}

impl WellRegion {
    /// The box `bounds` with some samples `x` `[samples, inputs]`. The barriers of wells exceed `threshold`, or without one a fraction
    /// of the spread of Psi.
    pub fn new(bounds: &[[f64; 2]], periodic: &[bool], x: &[f64], threshold: Option<f64>) -> Self {
        let mut points = x.to_vec();
        points.extend(spread(bounds, (x.len() / bounds.len()).div_ceil(2)));
        Self { bounds: bounds.to_vec(), periodic: periodic.to_vec(), points, sample_coordinates: x.len(), threshold }
    }

    /// Searched box.
    fn whole(&self) -> Bounds<'_> {
        Bounds { ends: &self.bounds, periodic: &self.periodic }
    }

    /// True if the wells of two fits correspond one to one.
    pub(super) fn match_one_to_one(&self, wells: &Wells, others: &Wells) -> bool {
        wells.len() == others.len() && self.have_counterparts(wells, others)
    }

    /// True if each well has a counterpart among the wells of another fit: each is the nearest well of the other.
    pub(super) fn have_counterparts(&self, wells: &Wells, others: &Wells) -> bool {
        let nearest = |from: &[f64], list: &Wells| {
            let apart = |well: &usize| norm(&self.whole().way(list.place(*well), from));
            (0..list.len()).min_by(|a, b| apart(a).total_cmp(&apart(b)))
        };
        let is_mutual = |well: usize| {
            let there = nearest(wells.place(well), others);
            there.and_then(|there| nearest(others.place(there), wells)) == Some(well)
        };
        (0..wells.len()).all(is_mutual)
    }

    /// Searches the wells of a fit, with the threshold of the region.
    pub(super) fn wells(&self, active: &ActiveModes) -> Wells {
        self.wells_above(active, self.threshold)
    }

    /// Searches the wells of a fit with barriers above a threshold, or without one above a fraction of the spread of Psi. The faces
    /// of the box count as walls, because the lowest points of valleys that leave the box also need a mode.
    pub(super) fn wells_above(&self, active: &ActiveModes, threshold: Option<f64>) -> Wells {
        let params = active.params();
        let mut evaluator: Evaluator<f64> = active.evaluator(Outputs { gradient: true, ..Outputs::default() });
        let psi = evaluator.evaluate(&params, &self.points[..self.sample_coordinates]).psi;
        let deviation = moments(&psi).1;
        let threshold = threshold.unwrap_or_else(|| landscape::well_threshold(deviation, 0.0));
        let whole = self.whole();
        let mut wells = Wells { deviation, ..Wells::default() };
        let mut add = |x: &[f64], barrier: Option<f64>| {
            let barrier = barrier.unwrap_or(f64::INFINITY);
            if barrier > threshold {
                let is_pressed =
                    |(k, (x, [low, high])): (usize, (&f64, &[f64; 2]))| !whole.is_periodic(k) && (x <= low || x >= high);
                let is_at_edge = x.iter().zip(&self.bounds).enumerate().any(is_pressed);
                wells.at_edges += usize::from(is_at_edge);
                wells.places.extend(x);
                wells.barriers.push(barrier);
            }
        };
        if let [domain] = self.bounds[..] {
            let x = line(domain);
            let y = evaluator.evaluate(&params, &x).psi;
            let [x, y] = if whole.is_periodic(0) { cut_at_top(&x, &y) } else { [x, y] };
            for (x, barrier) in minima_with_barriers(&x, &y, threshold) {
                add(&[x], barrier);
            }
            return wells;
        }
        let mut surface = |x: &Array2<f64>| {
            let flat: Vec<f64> = x.iter().copied().collect();
            let values = evaluator.evaluate(&params, &flat);
            let gradient = Array2::from_shape_vec(x.raw_dim(), values.gradient).expect("one gradient a point");
            (Array1::from_vec(values.psi), gradient)
        };
        let starts = landscape::starting_points(&self.bounds, DESCENT_STARTS);
        let found = landscape::stationary_with_faces(whole, &starts, threshold, &mut surface);
        found.minima.iter().for_each(|m| add(&m.x, m.barrier));
        wells.partial = found.partial;
        wells
    }

    /// Points at which modes are forbidden. In the core of a well and beside it, all modes but its owner are forbidden. Elsewhere
    /// the modes without a well are forbidden.
    pub(super) fn masks(&self, active: &ActiveModes, wells: &Wells, owners: &[usize]) -> Owners {
        let (inputs, modes) = (self.bounds.len(), active.present.len());
        let mut x = self.points.clone();
        let wells_of_points = self.core_wells(active, wells);
        let mut forbidden = Vec::with_capacity((wells_of_points.len() + (WELL_NEIGHBOUR_POINTS + 1) * wells.len()) * modes);
        let mut add = |well: Option<usize>| {
            let is_allowed = |mode: usize| well.map_or(owners.contains(&mode), |well| owners[well] == mode);
            forbidden.extend((0..modes).map(|mode| if is_allowed(mode) { 0.0 } else { 1.0 }));
        };
        for well in wells_of_points {
            add(well);
        }
        for well in 0..wells.len() {
            let place = wells.place(well);
            let clamp = |(k, (x, [low, high])): (usize, (f64, &[f64; 2]))| {
                if self.whole().is_periodic(k) { x } else { x.clamp(*low, *high) }
            };
            let near: Vec<[f64; 2]> = place.iter().map(|x| [x - BESIDE_DISTANCE, x + BESIDE_DISTANCE]).collect();
            for row in spread(&near, WELL_NEIGHBOUR_POINTS).rows() {
                x.extend(row.iter().copied().zip(&self.bounds).enumerate().map(clamp));
                add(Some(well));
            }
            x.extend(place);
            add(Some(well));
        }
        // Wells repeat until the last step is full.
        let missing = (x.len() / inputs).next_multiple_of(PENALTY_POINTS_PER_STEP) - x.len() / inputs;
        for well in (0..wells.len()).cycle().take(missing) {
            x.extend(wells.place(well));
            add(Some(well));
        }
        debug_assert_eq!(x.len() / inputs * modes, forbidden.len());
        Owners { x, forbidden }
    }

    /// Well whose core contains each point. Psi is below the top of the core all along the segment from the point to the well.
    fn core_wells(&self, active: &ActiveModes, wells: &Wells) -> Vec<Option<usize>> {
        let (inputs, params) = (self.bounds.len(), active.params());
        let mut evaluator = active.evaluator::<f64>(Outputs::default());
        let psi = evaluator.evaluate(&params, &self.points).psi;
        // The constant that derivatives leave open may have changed since the wells were found.
        let bottoms = evaluator.evaluate(&params, &wells.places).psi;
        let mut wells_of_points = vec![None; psi.len()];
        let whole = self.whole();
        for (well, bottom) in bottoms.into_iter().enumerate() {
            let top = bottom + wells.height(well);
            let low: Vec<usize> = (0..psi.len()).filter(|&k| psi[k] < top).collect();
            let mut between = Vec::with_capacity(low.len() * SEGMENT_POINTS * inputs);
            for &k in &low {
                let (from, to) = (wells.place(well), &self.points[k * inputs..(k + 1) * inputs]);
                for step in 1..=SEGMENT_POINTS {
                    let part = step as f64 / (SEGMENT_POINTS + 1) as f64;
                    between.extend(from.iter().zip(whole.way(from, to)).map(|(a, way)| a + part * way));
                }
            }
            let heights = evaluator.evaluate(&params, &between).psi;
            for (&k, way) in low.iter().zip(heights.chunks_exact(SEGMENT_POINTS)) {
                if way.iter().all(|&height| height < top) {
                    wells_of_points[k] = Some(well);
                }
            }
        }
        wells_of_points
    }

    /// The largest responsibility of each present mode.
    pub(super) fn largest_responsibilities(&self, active: &ActiveModes) -> Vec<f64> {
        landscape::largest_responsibilities(&responsibilities(active, &self.points), active.present.len())
    }
}

/// Responsibilities `[points, modes]` of the present modes.
fn responsibilities(active: &ActiveModes, points: &[f64]) -> Vec<f64> {
    active.evaluator(Outputs { modes: true, ..Outputs::default() }).evaluate(&active.params(), points).responsibilities
}

/// Points of a periodic function, from the highest one on and back to it. It is a wall to both sides.
fn cut_at_top(x: &[f64], y: &[f64]) -> [Vec<f64>; 2] {
    let steps = LINE_POINTS - 1;
    let cut = (0..steps).max_by(|&a, &b| y[a].total_cmp(&y[b])).unwrap_or(0);
    [x, y].map(|of| (0..LINE_POINTS).map(|k| of[(cut + k) % steps]).collect())
}

fn line([low, high]: [f64; 2]) -> Vec<f64> {
    (0..LINE_POINTS).map(|k| low + (high - low) * k as f64 / (LINE_POINTS - 1) as f64).collect()
}

/// Minima among points on a line whose ends are walls, with their barriers.
fn minima_with_barriers(x: &[f64], y: &[f64], threshold: f64) -> Vec<(f64, Option<f64>)> {
    let is_low = |k: usize| (k == 0 || y[k] < y[k - 1]) && (k + 1 == LINE_POINTS || y[k] <= y[k + 1]);
    let minima: Vec<usize> = (0..LINE_POINTS).filter(|&k| is_low(k)).collect();
    let passes: Vec<Pass> = minima
        .windows(2)
        .enumerate()
        .map(|(k, pair)| {
            let height = y[pair[0]..=pair[1]].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Pass { height, sides: [Some(k), Some(k + 1)] }
        })
        .collect();
    let values: Vec<f64> = minima.iter().map(|&k| y[k]).collect();
    let barriers = barriers(&values, &passes, threshold);
    minima.iter().zip(barriers).map(|(&k, barrier)| (x[k], barrier.map(|barrier| barrier.rise))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::potential::declared;
    use crate::model::{Architecture, init};
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Four modes close to `(x - c)^2` on a line. Three are wells; mode 3 is far above the others.
    fn three_wells() -> (ActiveModes, WellRegion) {
        let arch = Architecture::new(1, 4, &[10]);
        let x: Vec<f64> = (0..101).map(|k| f64::from(k) * 0.06 - 3.0).collect();
        let centres = [(vec![-2.0], 0.0), (vec![2.0], 0.1), (vec![0.0], -0.1), (vec![0.0], 9.0)];
        let params = init::on_data(&declared(&arch), &x, &centres, &mut Xoshiro256PlusPlus::seed_from_u64(1));
        (ActiveModes::new(&arch, params, (0..4).collect()), WellRegion::new(&[[-3.0, 3.0]], &[], &x, None))
    }

    #[test]
    fn each_well_of_curve_has_an_owner_and_excludes_other_modes() {
        let (active, region) = three_wells();
        let wells = region.wells(&active);
        assert!(wells.len() == 3 && wells.at_edges == 0 && region.match_one_to_one(&wells, &wells), "{wells:?}");
        assert!(wells.places.iter().zip([-2.0, 0.0, 2.0]).all(|(x, c)| (x - c).abs() < 0.3), "{wells:?}");
        let owners = wells.owners(&active).expect("enough modes");
        assert_eq!(owners, [0, 2, 1]);
        assert!(wells.leading_modes(&active).iter().zip(&owners).all(|(leader, &owner)| *leader == Some(owner)));
        let masks = region.masks(&active, &wells, &owners);
        assert_eq!(masks.x.len() * 4, masks.forbidden.len());
        for (x, row) in masks.x.iter().zip(masks.forbidden.chunks(4)) {
            assert!(row[3] == 1.0, "the mode without a well is forbidden everywhere");
            let own = wells.places.iter().position(|place| (place - x).abs() < 1e-12);
            assert!(own.is_none_or(|well| row.iter().sum::<f64>() == 3.0 && row[owners[well]] == 0.0), "{x} {row:?}");
        }
        assert!(
            masks.forbidden.chunks(4).any(|row| row.iter().sum::<f64>() == 1.0),
            "between wells any owner may be responsible"
        );
    }

    #[test]
    fn wells_differing_in_number_or_position_do_not_match() {
        let wells = |places: &[f64]| Wells { places: places.to_vec(), barriers: vec![1.0; places.len()], ..Wells::default() };
        let region = three_wells().1;
        assert!(region.match_one_to_one(&wells(&[0.0, 1.0]), &wells(&[1.2, 0.1])));
        assert!(!region.match_one_to_one(&wells(&[0.0, 1.0]), &wells(&[0.9, 1.1])));
        assert!(!region.match_one_to_one(&wells(&[0.0, 1.0]), &wells(&[0.0])));
        assert!(region.match_one_to_one(&wells(&[]), &wells(&[])));
    }
}
