//! Tests of random landscapes of two inputs: the saddles that separate wells are found. A watershed on a grid, which is independent of descents,
//! finds the saddles a second time.
use multiwell::internal::landscape::{of_potential_above, well_threshold};
use multiwell::internal::potentials::random::RandomTargetKind;
use multiwell::internal::potentials::sampling::evenly_spaced;
use multiwell::internal::potentials::{KnownPotential, RandomLandscape, find};

/// Number of points of the grid along each input.
const GRID_SIDE: usize = 401;
/// Maximum distance of a saddle that descents find from that of the grid.
const SAME_PLACE_DISTANCE: f64 = 0.04;

/// Lowest pass between two wells.
#[derive(Clone, Debug)]
struct LowestPass {
    x: [f64; 2],
    height: f64,
    wells: [usize; 2],
}

/// Passes between the wells of a surface on a grid over its box. A well is a minimum from which every path to a deeper one, or out of the box, rises by
/// more than the threshold.
fn passes(truth: &dyn KnownPotential, threshold: f64) -> Vec<LowestPass> {
    let bounds = truth.bounds();
    let place = |cell: usize| -> [f64; 2] {
        let along = |k: usize, index: usize| bounds[k][0] + (bounds[k][1] - bounds[k][0]) * index as f64 / (GRID_SIDE - 1) as f64;
        [along(0, cell / GRID_SIDE), along(1, cell % GRID_SIDE)]
    };
    let values: Vec<f64> = (0..GRID_SIDE * GRID_SIDE).map(|cell| truth.value(&place(cell))).collect();
    let is_edge = |cell: usize| [cell / GRID_SIDE, cell % GRID_SIDE].iter().any(|&index| index == 0 || index == GRID_SIDE - 1);
    let neighbours = |cell: usize| {
        let (row, column) = ((cell / GRID_SIDE).cast_signed(), (cell % GRID_SIDE).cast_signed());
        let around = (-1..=1).flat_map(move |i| (-1..=1).map(move |j| (row + i, column + j)));
        let inside =
            move |&(i, j): &(isize, isize)| (i, j) != (row, column) && i.min(j) >= 0 && i.max(j) < GRID_SIDE.cast_signed();
        around.filter(inside).map(|(i, j)| i as usize * GRID_SIDE + j as usize)
    };
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    // Basins by steepest descent. The first one is the outside, which is deeper than all others.
    let (mut basin, mut floors) = (vec![usize::MAX; values.len()], vec![f64::NEG_INFINITY]);
    // Basins into which each basin has been merged. `merged` is for spurious basins, and `flooded` for those that the rising flood has joined.
    let (mut merged, mut flooded) = (vec![0], vec![0]);
    let root = |of: &[usize], mut k: usize| {
        while of[k] != k {
            k = of[k];
        }
        k
    };
    for &cell in &order {
        let lower: Vec<usize> = neighbours(cell).filter(|&other| basin[other] != usize::MAX).collect();
        let fall = |other: usize| {
            let [a, b] = [place(cell), place(other)];
            (values[cell] - values[other]) / (a[0] - b[0]).hypot(a[1] - b[1])
        };
        let steepest = lower.iter().copied().max_by(|&a, &b| fall(a).total_cmp(&fall(b)));
        basin[cell] = steepest.map_or(floors.len(), |other| basin[other]);
        if basin[cell] == floors.len() {
            merged.push(floors.len());
            flooded.push(floors.len());
            floors.push(values[cell]);
        }
        let mut meeting: Vec<usize> = lower.iter().map(|&other| basin[other]).chain([basin[cell]]).collect();
        if is_edge(cell) {
            meeting.push(0);
        }
        for other in meeting {
            let [a, b] = [root(&flooded, basin[cell]), root(&flooded, other)];
            let [deep, shallow] = if floors[a] <= floors[b] { [a, b] } else { [b, a] };
            if deep != shallow {
                if values[cell] - floors[shallow] <= threshold {
                    merged[shallow] = if shallow == a { other } else { basin[cell] };
                }
                flooded[shallow] = deep;
            }
        }
    }
    let mut passes: Vec<LowestPass> = Vec::new();
    for cell in 0..values.len() {
        for other in neighbours(cell) {
            let wells = [root(&merged, basin[cell]), root(&merged, basin[other])];
            if wells[0] == 0 || wells[0] >= wells[1] {
                continue;
            }
            let [low, top] = if values[cell] < values[other] { [cell, other] } else { [other, cell] };
            let height = values[top];
            let pass = LowestPass { x: place(if is_edge(low) { low } else { top }), height, wells };
            match passes.iter_mut().find(|pass| pass.wells == wells) {
                Some(known) if known.height <= height => {}
                Some(known) => *known = pass,
                None => passes.push(pass),
            }
        }
    }
    passes.retain(|pass| is_saddle(pass.x, truth));
    passes
}

/// Returns true if there is a saddle inside the box within three points of the grid. The test is a Newton step, with curvatures by differences. Basins on a
/// grid may touch where those of the surface do not, and may meet at the edge.
fn is_saddle(x: [f64; 2], truth: &dyn KnownPotential) -> bool {
    let bounds = truth.bounds();
    let h = [0, 1].map(|k| (bounds[k][1] - bounds[k][0]) / (GRID_SIDE - 1) as f64);
    let column = |k: usize| {
        let at = |by: f64| truth.gradient(&[0, 1].map(|j| if j == k { x[j] + by * h[k] } else { x[j] }));
        let [ahead, behind] = [at(1.5), at(-1.5)];
        [0, 1].map(|j| (ahead[j] - behind[j]) / (3.0 * h[k]))
    };
    let ([[a, b], [c, d]], g) = ([column(0), column(1)], truth.gradient(&x));
    let determinant = a * d - b * c;
    let step = [(c * g[1] - d * g[0]) / determinant, (b * g[0] - a * g[1]) / determinant];
    let is_near = |k: usize| step[k].abs() < 3.0 * h[k] && x[k] - bounds[k][0] > 3.0 * h[k] && bounds[k][1] - x[k] > 3.0 * h[k];
    determinant < 0.0 && is_near(0) && is_near(1)
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn search_finds_every_saddle_between_wells() {
        let muller_brown = find("muller-brown").unwrap();
        let kinds = [RandomTargetKind::Smooth, RandomTargetKind::Gaussians, RandomTargetKind::Kinked];
        let mut truths: Vec<Box<dyn KnownPotential>> = vec![muller_brown];
        truths
            .extend(kinds.iter().flat_map(|&kind| (41..61).map(move |seed| Box::new(RandomLandscape::new(kind, 2, seed)) as _)));
        let (mut all, mut missed) = (0, Vec::new());
        for truth in &truths {
            let threshold = well_threshold(evenly_spaced(&**truth, 1000).std(), 0.0);
            let saddles = of_potential_above(&**truth, threshold).saddles;
            for pass in passes(&**truth, threshold) {
                all += 1;
                let distances = saddles.iter().map(|saddle| (saddle.x[0] - pass.x[0]).hypot(saddle.x[1] - pass.x[1]));
                let nearest = distances.fold(f64::INFINITY, f64::min);
                if nearest >= SAME_PLACE_DISTANCE {
                    missed.push(format!("{}: {pass:.3?}, {nearest:.3} away", truth.name()));
                }
            }
        }
        println!("{} of {all} missed", missed.len());
        assert!(missed.is_empty(), "{missed:#?}");
    }
}
