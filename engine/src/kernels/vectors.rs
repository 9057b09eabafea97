//! Loops over vectors in single precision, for optimisers. They are part of this crate because this crate is compiled for speed.

/// Number of sums that are independent, so that the compiler uses several vectors, and the processor does not wait for one sum before the next.
const SUMS: usize = 16;

/// The scalar product of two vectors of equal length.
#[inline(never)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (blocks, others) = (a.chunks_exact(SUMS), b.chunks_exact(SUMS));
    let rest: f32 = blocks.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; SUMS];
    for (a, b) in blocks.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Replaces a vector by `factor vector + of_first first + of_second second`. The other vectors are at least as long.
#[inline(never)]
pub fn combine(vector: &mut [f32], factor: f32, first: (f32, &[f32]), second: (f32, &[f32])) {
    for ((value, a), b) in vector.iter_mut().zip(first.1).zip(second.1) {
        *value = factor * *value + first.0 * a + second.0 * b;
    }
}

/// Adds one row of the lower triangle of a symmetric matrix, from the first column to the diagonal, to a product of the matrix with a vector. The
/// row and the column that equals it are the same entries, which one loop reads once.
#[inline(never)]
pub fn add_symmetric_row(product: &mut [f32], row: &[f32], vector: &[f32]) {
    let last = row.len() - 1;
    let factor = vector[last];
    let (rows, others) = row[..last].as_chunks::<SUMS>();
    let (vectors, vector) = vector[..last].as_chunks::<SUMS>();
    let (products, rest) = product[..last].as_chunks_mut::<SUMS>();
    let mut sums = [0.0; SUMS];
    for ((row, vector), product) in rows.iter().zip(vectors).zip(products) {
        for (((sum, entry), value), product) in sums.iter_mut().zip(row).zip(vector).zip(product) {
            *sum += entry * value;
            *product += factor * entry;
        }
    }
    let mut sum = sums.iter().sum::<f32>() + row[last] * factor;
    for ((entry, value), product) in others.iter().zip(vector).zip(rest) {
        sum += entry * value;
        *product += factor * entry;
    }
    product[last] += sum;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_over_vectors_equal_formulas() {
        let [a, b]: [Vec<f32>; 2] = [1.0, 2.5].map(|factor| (0..21).map(|k| (factor * k as f32).sin()).collect());
        let expected: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-6);
        let mut combined = vec![1.0; 21];
        combine(&mut combined, 3.0, (0.5, &a), (-2.0, &b));
        let added = a.iter().zip(&b).map(|(a, b)| 3.0 + 0.5 * a - 2.0 * b);
        assert!(combined.iter().zip(added).all(|(x, y)| (x - y).abs() < 1e-6));
    }

    #[test]
    fn rows_of_symmetric_matrix_add_up_to_product() {
        let n = 53;
        let entry = |i: usize, j: usize| ((i * j) as f32).cos() + (i + j) as f32 / 50.0;
        let vector: Vec<f32> = (0..n).map(|k| (k as f32).sin()).collect();
        let mut product = vec![0.0; n];
        for i in 0..n {
            let row: Vec<f32> = (0..=i).map(|j| entry(i, j)).collect();
            add_symmetric_row(&mut product, &row, &vector);
        }
        for (i, found) in product.iter().enumerate() {
            let expected: f64 = (0..n).map(|j| f64::from(entry(i, j)) * f64::from(vector[j])).sum();
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
}
