//! Lines along which a function on a grid has one value: marching squares.

/// Pieces of the line where the function is `level`, each from one edge of a cell to another. `values` stand row by row, `columns` to
/// a row; a place is counted in cells, `(0, 0)` at the first value. Cells with a value that is not a number have no line.
pub fn contour(values: &[f64], columns: usize, level: f64) -> Vec<[(f64, f64); 2]> {
    let rows = values.len() / columns.max(1);
    let at = |i: usize, j: usize| values[j * columns + i] - level;
    let mut pieces = Vec::new();
    for j in 1..rows {
        for i in 1..columns {
            // Corners in turn, each with its place; where the sign changes from one to the next, the line crosses.
            let corners = [(i - 1, j - 1), (i, j - 1), (i, j), (i - 1, j)];
            let mut crossings = Vec::new();
            for k in 0..4 {
                let (from, to) = (corners[k], corners[(k + 1) % 4]);
                let (a, b) = (at(from.0, from.1), at(to.0, to.1));
                if (a < 0.0) != (b < 0.0) && a.is_finite() && b.is_finite() {
                    let part = a / (a - b);
                    let between = |p: usize, q: usize| p as f64 + part * (q as f64 - p as f64);
                    crossings.push((between(from.0, to.0), between(from.1, to.1)));
                }
            }
            // Of a saddle either pairing is right; what matters is that none is crossed.
            pieces.extend(crossings.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contour_of_a_cone_is_a_circle() {
        let n = 41;
        let values: Vec<f64> = (0..n * n).map(|k| ((k % n) as f64 - 20.0).hypot((k / n) as f64 - 20.0)).collect();
        let pieces = contour(&values, n, 12.5);
        let mut length = 0.0;
        for [a, b] in &pieces {
            for (x, y) in [a, b] {
                assert!(((x - 20.0).hypot(y - 20.0) - 12.5).abs() < 0.02);
            }
            length += (a.0 - b.0).hypot(a.1 - b.1);
        }
        assert!((length / (25.0 * std::f64::consts::PI) - 1.0).abs() < 0.01, "{length}");
        assert!(contour(&values, n, 100.0).is_empty() && contour(&[], 0, 0.0).is_empty());
    }
}
