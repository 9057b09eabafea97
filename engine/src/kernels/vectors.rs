//! Loops over vectors in single precision, for optimisers. They are part of this crate because this crate is compiled for speed. In WebAssembly, the
//! compiler makes no vectors of a loop over numbers, and therefore these loops name them.

use wide::f32x8;

/// Numbers of a vector, and numbers of a block. The two vectors of a block have independent sums, so that the processor does not wait for one sum before
/// the next.
const LANES: usize = 8;
const BLOCK: usize = 2 * LANES;

/// The vectors of a block.
#[inline(always)]
fn vectors(block: &[f32; BLOCK]) -> [f32x8; 2] {
    let (vectors, _) = block.as_chunks::<LANES>();
    [f32x8::from(vectors[0]), f32x8::from(vectors[1])]
}

/// Writes vectors to a block.
#[inline(always)]
fn write(block: &mut [f32; BLOCK], values: [f32x8; 2]) {
    let (vectors, _) = block.as_chunks_mut::<LANES>();
    (vectors[0], vectors[1]) = (values[0].to_array(), values[1].to_array());
}

/// Sum of all numbers of two vectors.
#[inline(always)]
fn total([first, second]: [f32x8; 2]) -> f32 {
    first.to_array().iter().chain(&second.to_array()).sum()
}

/// The scalar product of two vectors of equal length.
#[inline(never)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, rest_of_a), (b, rest_of_b)) = (a.as_chunks::<BLOCK>(), b.as_chunks::<BLOCK>());
    let rest: f32 = rest_of_a.iter().zip(rest_of_b).map(|(a, b)| a * b).sum();
    let mut sums = [f32x8::ZERO; 2];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (vectors(a), vectors(b));
        sums = [sums[0] + a[0] * b[0], sums[1] + a[1] * b[1]];
    }
    total(sums) + rest
}

/// Replaces a vector by `factor vector + of_first first + of_second second`. The other vectors are at least as long.
#[inline(never)]
pub fn combine(vector: &mut [f32], factor: f32, first: (f32, &[f32]), second: (f32, &[f32])) {
    let ((of_first, first), (of_second, second)) = (first, second);
    let factors = [factor, of_first, of_second].map(f32x8::splat);
    let ((blocks, rest), (firsts, _), (seconds, _)) =
        (vector.as_chunks_mut::<BLOCK>(), first.as_chunks::<BLOCK>(), second.as_chunks::<BLOCK>());
    let start = BLOCK * blocks.len();
    for ((block, a), b) in blocks.iter_mut().zip(firsts).zip(seconds) {
        let (values, a, b) = (vectors(block), vectors(a), vectors(b));
        let combined = |k: usize| factors[0] * values[k] + factors[1] * a[k] + factors[2] * b[k];
        write(block, [combined(0), combined(1)]);
    }
    for ((value, a), b) in rest.iter_mut().zip(&first[start..]).zip(&second[start..]) {
        *value = factor * *value + of_first * a + of_second * b;
    }
}

/// Adds one row of the lower triangle of a symmetric matrix, from the first column to the diagonal, to a product of the matrix with a vector. The
/// row and the column that equals it are the same entries, which one loop reads once.
#[inline(never)]
pub fn add_symmetric_row(product: &mut [f32], row: &[f32], vector: &[f32]) {
    let last = row.len() - 1;
    let factor = vector[last];
    let (rows, others) = row[..last].as_chunks::<BLOCK>();
    let (values, vector) = vector[..last].as_chunks::<BLOCK>();
    let (products, rest) = product[..last].as_chunks_mut::<BLOCK>();
    let (factors, mut sums) = (f32x8::splat(factor), [f32x8::ZERO; 2]);
    for ((row, values), product) in rows.iter().zip(values).zip(products) {
        let (row, values, products) = (vectors(row), vectors(values), vectors(product));
        sums = [sums[0] + row[0] * values[0], sums[1] + row[1] * values[1]];
        write(product, [products[0] + factors * row[0], products[1] + factors * row[1]]);
    }
    let mut sum = total(sums) + row[last] * factor;
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
