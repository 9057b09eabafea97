//! Contour lines of a function on a grid: marching squares with connected segments.

/// Contour lines at `level`. `values` are stored row by row, with `columns` values per row. Points are in units of cells, with `(0, 0)` at
/// the first value. A closed line ends at its first point. Cells with a NaN have no line.
pub fn contour(values: &[f64], columns: usize, level: f64) -> Vec<Vec<(f64, f64)>> {
    let rows = values.len() / columns.max(1);
    let at = |i: usize, j: usize| values[j * columns + i] - level;
    // The number of an edge is twice the index of its first corner, plus one if the edge is vertical. A line enters and leaves a cell
    // through its edges. So an edge has at most one neighbour on either side.
    let mut neighbours = vec![[NO_EDGE; 2]; 2 * columns * rows];
    let mut met: Vec<usize> = Vec::new();
    for j in 1..rows {
        for i in 1..columns {
            // Corners in cyclic order; the line crosses where the sign changes from one to the next.
            let corners = [at(i - 1, j - 1), at(i, j - 1), at(i, j), at(i - 1, j)];
            let below = corners.map(|value| value < 0.0);
            if below == [below[0]; 4] || !corners.iter().all(|value| value.is_finite()) {
                continue;
            }
            let first = (j - 1) * columns + i - 1;
            let edges = [2 * first, 2 * (first + 1) + 1, 2 * (first + columns), 2 * first + 1];
            let crossed: Vec<usize> = (0..4).filter(|&k| below[k] != below[(k + 1) % 4]).map(|k| edges[k]).collect();
            // At a saddle both pairings are valid, because neither makes lines cross.
            for pair in crossed.chunks_exact(2) {
                for (from, to) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                    let free = usize::from(neighbours[from][0] != NO_EDGE);
                    neighbours[from][free] = to;
                    met.push(from);
                }
            }
        }
    }
    let place = |edge: usize| {
        let (corner, upward) = (edge / 2, edge % 2);
        let (i, j) = (corner % columns, corner / columns);
        let (a, b) = (at(i, j), at(i + 1 - upward, j + upward));
        let part = a / (a - b);
        if upward == 1 { (i as f64, j as f64 + part) } else { (i as f64 + part, j as f64) }
    };
    let mut lines = Vec::new();
    // Open lines come first, from their ends. The remaining lines are closed.
    for closed in [false, true] {
        for &begin in &met {
            if neighbours[begin][0] == NO_EDGE || (neighbours[begin][1] == NO_EDGE) == closed {
                continue;
            }
            let mut line = vec![place(begin)];
            let mut here = begin;
            while let Some(k) = (0..2).find(|&k| neighbours[here][k] != NO_EDGE) {
                let next = std::mem::replace(&mut neighbours[here][k], NO_EDGE);
                if let Some(back) = neighbours[next].iter_mut().find(|n| **n == here) {
                    *back = NO_EDGE;
                }
                line.push(place(next));
                here = next;
            }
            lines.push(line);
        }
    }
    lines
}

const NO_EDGE: usize = usize::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contour_of_cone_is_a_circle() {
        let n = 41;
        let values: Vec<f64> = (0..n * n).map(|k| ((k % n) as f64 - 20.0).hypot((k / n) as f64 - 20.0)).collect();
        let lines = contour(&values, n, 12.5);
        assert!(lines.len() == 1 && lines[0].first() == lines[0].last(), "one closed line");
        let mut length = 0.0;
        for pair in lines[0].windows(2) {
            assert!(((pair[0].0 - 20.0).hypot(pair[0].1 - 20.0) - 12.5).abs() < 0.02);
            length += (pair[0].0 - pair[1].0).hypot(pair[0].1 - pair[1].1);
        }
        assert!((length / (25.0 * std::f64::consts::PI) - 1.0).abs() < 0.01, "{length}");
        assert!(contour(&values, n, 100.0).is_empty() && contour(&[], 0, 0.0).is_empty());
    }
    #[test]
    fn contour_lines_end_at_edges_and_non_finite_values() {
        // Vertical line with a gap.
        let n = 9;
        let mut values: Vec<f64> = (0..n * n).map(|k| (k % n) as f64).collect();
        assert_eq!(contour(&values, n, 3.5).iter().map(Vec::len).collect::<Vec<_>>(), [n]);
        values[4 * n + 3] = f64::NAN;
        let lines = contour(&values, n, 3.5);
        assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
        assert!(lines.iter().flatten().all(|&(x, _)| x == 3.5));
        // At a saddle, two lines do not cross.
        let saddle = [1.0, 0.0, 0.0, 1.0];
        assert_eq!(contour(&saddle, 2, 0.5).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    }
}
