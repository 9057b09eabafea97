//! Finds the basins of values on a regular grid by flooding it from below: the minima, and the height of the lowest way out of each basin.
//! Unlike a search by derivatives, flooding finds all minima that the grid resolves, and kinks do not affect it. The number of grid points
//! grows exponentially with the number of dimensions.

use super::bounds::Bounds;
use super::lattice::Lattice;
use super::statistics::order;

/// Local minimum of values on a grid or a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct GridMinimum {
    /// Index of the point, in row-major order on a grid.
    pub index: usize,
    /// Value at the point.
    pub value: f64,
    /// Rise at which the basin joins that of a deeper minimum, or reaches the edge of a grid.
    pub persistence: f64,
}

/// Finds the local minima of `values` on a grid with `side` points in each of `dimensions` directions, in row-major order. Neighbours are
/// all points that differ by at most one in each index. Minima at the edge of the grid are left out.
///
/// # Panics
/// If the number of values is not `side` to the power of `dimensions`.
pub fn flood(values: &[f64], side: usize, dimensions: u32) -> Vec<GridMinimum> {
    assert_eq!(values.len(), side.pow(dimensions), "one value for each grid point");
    let unit = vec![[0.0, 1.0]; dimensions as usize];
    let lattice = Lattice::new(Bounds::from(&unit), side);
    flood_graph(values, |here| lattice.neighbours(here))
}

/// Finds the local minima of `values` at the points of a graph, given by the neighbours of each point. A neighbour with the index
/// `values.len()` is the outside, which is deeper than all points. A minimum that is connected with no deeper one has an infinite
/// persistence.
pub fn flood_graph(values: &[f64], neighbours: impl Fn(usize) -> Vec<usize>) -> Vec<GridMinimum> {
    let outside = values.len();
    // The root of a flooded basin is its deepest point.
    let mut parent: Vec<usize> = (0..=outside).collect();
    let mut is_flooded = vec![false; outside + 1];
    is_flooded[outside] = true;
    let mut found = Vec::new();
    let depth = |k: usize| values.get(k).copied().unwrap_or(f64::NEG_INFINITY);
    for here in order(values) {
        is_flooded[here] = true;
        for other in neighbours(here).into_iter().filter(|&k| is_flooded[k]) {
            let (a, b) = (root(&mut parent, here), root(&mut parent, other));
            if a == b {
                continue;
            }
            let (deep, shallow) = if depth(a) <= depth(b) { (a, b) } else { (b, a) };
            // A point that joins a neighbour at the moment of flooding is not a minimum.
            if shallow != here {
                found.push(GridMinimum { index: shallow, value: values[shallow], persistence: values[here] - values[shallow] });
            }
            parent[shallow] = deep;
        }
    }
    let alone = (0..outside).filter(|&k| parent[k] == k);
    found.extend(alone.map(|index| GridMinimum { index, value: values[index], persistence: f64::INFINITY }));
    found
}

/// Root of a basin, to which the parents of its members lead. The way to it becomes shorter.
pub(crate) fn root(parent: &mut [usize], mut k: usize) -> usize {
    while parent[k] != k {
        parent[k] = parent[parent[k]];
        k = parent[k];
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::statistics::sort_by;

    #[test]
    fn minima_on_line_have_persistence_of_their_lower_side() {
        let values = [5.0, 0.0, 2.0, 1.0, 4.0, 3.5, 9.0];
        let mut found = flood(&values, values.len(), 1);
        sort_by(&mut found, |m| m.index as f64);
        let list: Vec<(usize, f64)> = found.iter().map(|m| (m.index, m.persistence)).collect();
        assert_eq!(list, [(1, 5.0), (3, 1.0), (5, 0.5)]);
    }

    #[test]
    fn two_bowls_in_three_dimensions_merge_at_saddle() {
        let side = 41;
        let at = |k: usize| -2.0 + 4.0 * k as f64 / (side - 1) as f64;
        let value = |k: usize| {
            let [x, y, z] = [k / (side * side), k / side % side, k % side].map(at);
            (x * x - 1.0).powi(2) + 0.1 * x + y * y + z * z
        };
        let values: Vec<f64> = (0..side * side * side).map(value).collect();
        let mut found = flood(&values, side, 3);
        sort_by(&mut found, |m| m.value);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[1].persistence - 0.9).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn points_at_edge_are_not_minima() {
        assert!(flood(&[0.0, 1.0, 2.0, 3.0], 4, 1).is_empty());
        assert!(flood(&[0.0; 25], 5, 2).is_empty());
    }
}
