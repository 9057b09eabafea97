//! Computes barriers from passes: the minima that are wells, and the heights of the barriers between them.
//!
//! Passes lie between minima, and between minima and the outside of the domain. They are maxima and edges in one dimension, saddles and the
//! lowest points of faces in more. Flooding the landscape joins basins pass by pass, from the lowest (a merge tree).
//!
//! - The *persistence* of a minimum is the rise at which its basin first joins that of a deeper minimum, or the outside, which
//!   counts as deepest.
//! - A minimum is a *well* if its persistence exceeds a threshold. A ripple on the floor of a well has two minima, of which only
//!   the deeper one persists: one well.
//! - The *barrier* of a minimum is the lowest rise on any way to another well or to the outside. Where all minima are wells,
//!   this is the rise to the lower of the neighbouring passes.
//!
//! It follows that a minimum is a well exactly if its barrier exceeds the threshold. If the barrier between a well and another well is b,
//! the less deep one has a persistence of at most b. A minimum of small persistence reaches a well, down the tree, with a rise of at most
//! this persistence.

use serde::{Deserialize, Serialize};

use super::flooding::root;
use super::statistics::order;

/// Pass with its highest point.
#[derive(Clone, Debug, PartialEq)]
pub struct LocatedPass {
    /// Height and sides.
    pub pass: Pass,
    /// Coordinates of the highest point.
    pub top: Vec<f64>,
    /// True if the highest point is the edge of the domain rather than a saddle.
    pub at_edge: bool,
    /// Whole turns of periodic inputs from the first minimum to the second, along the way; empty if no input is periodic.
    pub turns: Vec<f64>,
}

/// Way between two minima, given by their indices; `None` is the outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    /// Value at the highest point.
    pub height: f64,
    /// Indices of the minima that the pass joins.
    pub sides: [Option<usize>; 2],
}

/// Barrier of a minimum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Barrier {
    /// Rise from the minimum.
    pub rise: f64,
    /// Index of the highest pass on the way.
    pub pass: usize,
}

/// Computes the barriers of minima with these values; `None` where no pass leads to another well or to the outside.
pub fn barriers(values: &[f64], passes: &[Pass], threshold: f64) -> Vec<Option<Barrier>> {
    let outside = values.len();
    let ordered = in_order(passes);
    let depth = |k: usize| values.get(k).copied().unwrap_or(f64::NEG_INFINITY);

    let mut persistence = vec![f64::INFINITY; values.len()];
    let mut parent: Vec<usize> = (0..=outside).collect();
    for pass in ordered.iter().map(|&k| passes[k]) {
        let [a, b] = pass.sides.map(|side| root(&mut parent, side.unwrap_or(outside)));
        if a == b {
            continue;
        }
        // The root of a basin is its deepest minimum.
        let (deep, shallow) = if depth(a) <= depth(b) { (a, b) } else { (b, a) };
        persistence[shallow] = pass.height - depth(shallow);
        parent[shallow] = deep;
    }
    barriers_to(values, passes, |k| persistence[k] > threshold)
}

/// Computes the barriers of minima with these values: the lowest rises to another minimum that is a well, or to the outside.
pub fn barriers_to(values: &[f64], passes: &[Pass], is_well: impl Fn(usize) -> bool) -> Vec<Option<Barrier>> {
    let outside = values.len();
    let mut barriers = vec![None; values.len()];
    let mut parent: Vec<usize> = (0..=outside).collect();
    // Marks the basins that contain a well or the outside, and lists the minima of each basin without a barrier so far.
    let mut holds: Vec<bool> = (0..=outside).map(|k| k == outside || is_well(k)).collect();
    let mut waiting: Vec<Vec<usize>> = (0..=outside).map(|k| if k == outside { Vec::new() } else { vec![k] }).collect();
    for index in in_order(passes) {
        let pass = passes[index];
        let [a, b] = pass.sides.map(|side| root(&mut parent, side.unwrap_or(outside)));
        if a == b {
            continue;
        }
        for (from, to) in [(a, b), (b, a)] {
            if holds[to] {
                for k in std::mem::take(&mut waiting[from]) {
                    barriers[k] = Some(Barrier { rise: (pass.height - values[k]).max(0.0), pass: index });
                }
            }
        }
        let rest = std::mem::take(&mut waiting[b]);
        waiting[a].extend(rest);
        holds[a] |= holds[b];
        parent[b] = a;
    }
    barriers
}

/// Height of the lowest way over passes between two minima, or around a loop from a minimum to itself; infinite if there is none. Passes to
/// the outside are left out.
pub fn lowest_way(minima: usize, passes: &[Pass], [from, to]: [usize; 2]) -> f64 {
    let mut parent: Vec<usize> = (0..minima).collect();
    for pass in in_order(passes).into_iter().map(|k| passes[k]) {
        let [Some(a), Some(b)] = pass.sides.map(|side| side.map(|side| root(&mut parent, side))) else { continue };
        parent[b] = a;
        if root(&mut parent, from) == root(&mut parent, to) && (from != to || a == b) {
            return pass.height;
        }
    }
    f64::INFINITY
}

/// Indices of the passes from the lowest to the highest.
fn in_order(passes: &[Pass]) -> Vec<usize> {
    order(&passes.iter().map(|pass| pass.height).collect::<Vec<f64>>())
}

/// Sets the missing barriers of minima from which no way leads to another well: the lowest rise on a way to the minimum's own image.
pub fn close(values: &[f64], ways: &[LocatedPass], barriers: &mut [Option<Barrier>]) {
    let ordered = in_order(&ways.iter().map(|way| way.pass).collect::<Vec<Pass>>());
    // Representative of all minima that are joined to each minimum, and the turns from there to it.
    let mut joined: Vec<(usize, Vec<f64>)> =
        (0..values.len()).map(|k| (k, vec![0.0; ways.first().map_or(0, |way| way.turns.len())])).collect();
    let mut leads_round = vec![false; values.len()];
    for index in ordered {
        let LocatedPass { pass, turns, .. } = &ways[index];
        let [Some(from), Some(to)] = pass.sides else { continue };
        let ((a, of_from), (b, of_to)) = (joined[from].clone(), joined[to].clone());
        // Turns from one representative to the other.
        let between: Vec<f64> = of_from.iter().zip(turns).zip(&of_to).map(|((from, turns), to)| from + turns - to).collect();
        if a == b {
            leads_round[a] |= between.iter().any(|&turns| turns != 0.0);
        } else {
            leads_round[a] |= leads_round[b];
            for (representative, turns) in joined.iter_mut().filter(|(representative, _)| *representative == b) {
                *representative = a;
                turns.iter_mut().zip(&between).for_each(|(turns, between)| *turns += between);
            }
        }
        for (k, barrier) in barriers.iter_mut().enumerate() {
            if barrier.is_none() && leads_round[joined[k].0] {
                *barrier = Some(Barrier { rise: (pass.height - values[k]).max(0.0), pass: index });
            }
        }
    }
}

/// Union of two basins as the landscape is flooded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    /// Height at which the basins join.
    pub height: f64,
    /// Indices of the two basins. With `n` minima, `k < n` is the basin of minimum k alone, and `n + k` is the result of merge k.
    pub basins: [usize; 2],
}

/// Disconnectivity tree of `minima` minima: their merges in order of increasing height. Passes to the outside are left out.
pub fn merges(minima: usize, passes: &[Pass]) -> Vec<Merge> {
    let mut parent: Vec<usize> = (0..minima).collect();
    // Index of the basin of each root in the list of merges.
    let mut names: Vec<usize> = (0..minima).collect();
    let mut merges = Vec::new();
    for pass in in_order(passes).into_iter().map(|k| passes[k]) {
        let [Some(a), Some(b)] = pass.sides.map(|side| side.map(|side| root(&mut parent, side))) else { continue };
        if a != b {
            let [first, second] = [names[a].min(names[b]), names[a].max(names[b])];
            names[a] = minima + merges.len();
            merges.push(Merge { height: pass.height, basins: [first, second] });
            parent[b] = a;
        }
    }
    merges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minimum_with_persistence_at_threshold_is_not_a_well() {
        // The second minimum rises by one to the first. The way of the first minimum leads on over the second.
        let passes = [(5.0, [None, Some(0)]), (2.0, [Some(0), Some(1)]), (4.0, [Some(1), None])];
        let passes = passes.map(|(height, sides)| Pass { height, sides });
        let rises = |threshold| barriers(&[0.0, 1.0], &passes, threshold).into_iter().map(|barrier| barrier.unwrap().rise);
        assert!(rises(1.0).eq([4.0, 1.0]) && rises(0.999).eq([2.0, 1.0]));
    }

    /// Random minima and passes between any of them and the outside, with the height of the lowest way between each two. The last index is
    /// the outside.
    fn network(state: &mut u64) -> (Vec<f64>, Vec<Pass>, Vec<Vec<f64>>) {
        let mut random = |count: usize| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((*state >> 33) as usize % count, (*state >> 11) as f64 / (1_u64 << 53) as f64)
        };
        let minima = 1 + random(7).0;
        let values: Vec<f64> = (0..minima).map(|_| random(1).1).collect();
        let mut passes = Vec::new();
        let mut ways = vec![vec![f64::INFINITY; minima + 1]; minima + 1];
        for _ in 0..random(12).0 {
            let (a, b) = (random(minima + 1).0, random(minima + 1).0);
            let bottom = [a, b].into_iter().filter_map(|k| values.get(k)).copied().fold(0.0, f64::max);
            let height = bottom + random(1).1;
            passes.push(Pass { height, sides: [a, b].map(|k| (k < minima).then_some(k)) });
            ways[a][b] = ways[a][b].min(height);
            ways[b][a] = ways[a][b];
        }
        (values, passes, ways)
    }

    /// Minimax heights of paths that use only the first `over` nodes as intermediates (Floyd-Warshall).
    fn joined(mut ways: Vec<Vec<f64>>, over: usize) -> Vec<Vec<f64>> {
        for middle in 0..over {
            for a in 0..ways.len() {
                for b in 0..ways.len() {
                    ways[a][b] = ways[a][b].min(ways[a][middle].max(ways[middle][b]));
                }
            }
        }
        ways
    }

    #[test]
    fn barrier_is_height_of_lowest_way() {
        let mut state = 3;
        for round in 0..3000 {
            let (values, passes, ways) = network(&mut state);
            let outside = values.len();
            let ways = joined(ways, outside + 1);
            let depth = |k: usize| values.get(k).copied().unwrap_or(f64::NEG_INFINITY);
            let lowest = |k: usize, to: &dyn Fn(usize) -> bool| {
                (0..=outside).filter(|&j| j != k && to(j)).map(|j| ways[k][j]).fold(f64::INFINITY, f64::min) - values[k]
            };
            for threshold in [0.0, 0.3, 0.9] {
                let is_goal = |j: usize| j == outside || lowest(j, &|i| depth(i) < depth(j)) > threshold;
                for (k, barrier) in barriers(&values, &passes, threshold).into_iter().enumerate() {
                    let expected = lowest(k, &is_goal);
                    match barrier {
                        None => assert_eq!(expected, f64::INFINITY, "round {round}, minimum {k}"),
                        Some(barrier) => {
                            assert!(
                                (barrier.rise - expected).abs() < 1e-12,
                                "round {round}, minimum {k}: {barrier:?} {expected}"
                            );
                            assert!((passes[barrier.pass].height - values[k] - barrier.rise).abs() < 1e-12);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn merges_follow_lowest_ways() {
        let mut state = 4;
        for _ in 0..3000 {
            let (values, passes, ways) = network(&mut state);
            let minima = values.len();
            let ways = joined(ways, minima);
            let mut groups: Vec<Vec<usize>> = (0..minima).map(|k| vec![k]).collect();
            let mut before = f64::NEG_INFINITY;
            for merge in merges(minima, &passes) {
                let [a, b] = merge.basins;
                assert!(a < b && merge.height >= before);
                before = merge.height;
                assert!(groups[a].iter().all(|&i| groups[b].iter().all(|&j| ways[i][j] == merge.height)));
                let both = [std::mem::take(&mut groups[a]), std::mem::take(&mut groups[b])].concat();
                assert!(!both.is_empty());
                groups.push(both);
            }
            // Minima that were not merged have no way between them.
            let rest: Vec<&Vec<usize>> = groups.iter().filter(|group| !group.is_empty()).collect();
            let apart = |a: &[usize], b: &[usize]| a.iter().all(|&i| b.iter().all(|&j| ways[i][j] == f64::INFINITY));
            assert!(rest.iter().enumerate().all(|(k, a)| rest[..k].iter().all(|b| apart(a, b))));
            for (a, b) in (0..minima).flat_map(|a| (0..a).map(move |b| (a, b))) {
                assert_eq!(lowest_way(minima, &passes, [a, b]), ways[a][b]);
            }
        }
    }

    #[test]
    fn pass_below_its_minimum_has_zero_rise() {
        let passes = [Pass { height: -0.25, sides: [Some(0), None] }];
        assert_eq!(barriers(&[0.0], &passes, 0.0), [Some(Barrier { rise: 0.0, pass: 0 })]);
    }
}
