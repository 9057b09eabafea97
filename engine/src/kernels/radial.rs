//! Sums of radial functions of the distance to many points, such as the mean of a Gaussian process. They are part of this crate because it is compiled
//! for speed.

use wide::f64x4;

use super::double::exp;

/// Number of rows that one vector holds.
const LANES: usize = 4;

/// Term of a sum: a weighted radial function around a point, and its derivative along a direction there.
#[derive(Clone, Debug)]
pub struct RadialRow {
    /// The point.
    pub at: Vec<f64>,
    /// Weight of the function.
    pub weight: f64,
    /// Weighted direction, as long as the point.
    pub direction: Vec<f64>,
}

/// The function `sum_i (w_i + u_i . d/db_i) k(|a - b_i|^2)` with the squared exponential `k(q) = exp(-q / 2)` or the Matérn function of smoothness 5/2.
#[derive(Clone, Debug)]
pub struct RadialSum {
    is_rough: bool,
    width: usize,
    /// For each four rows: the coordinates, the weights, the coordinates of the directions.
    blocks: Vec<f64x4>,
}

impl RadialSum {
    /// Prepares a sum over rows with points of the same length `width`. `is_rough` is true for the Matérn function.
    ///
    /// # Panics
    /// If a point or a direction is shorter.
    pub fn new(is_rough: bool, width: usize, rows: &[RadialRow]) -> Self {
        let entry = |row: &RadialRow, k: usize| match k {
            _ if k < width => row.at[k],
            _ if k == width => row.weight,
            _ => row.direction[k - width - 1],
        };
        let lanes = |rows: &[RadialRow], k: usize| {
            let mut lanes = [0.0; LANES];
            lanes.iter_mut().zip(rows).for_each(|(lane, row)| *lane = entry(row, k));
            f64x4::from(lanes)
        };
        let blocks = rows.chunks(LANES).flat_map(|rows| (0..=2 * width).map(move |k| lanes(rows, k))).collect();
        Self { is_rough, width, blocks }
    }

    /// Value at a point `a`. The derivatives with respect to its coordinates are written to `slopes`.
    #[inline(never)]
    pub fn evaluate(&self, a: &[f64], slopes: &mut [f64]) -> f64 {
        let width = self.width;
        let (two, mut sum) = (f64x4::splat(2.0), f64x4::ZERO);
        let mut sums = vec![f64x4::ZERO; width];
        let mut apart = vec![f64x4::ZERO; width];
        for block in self.blocks.chunks_exact(2 * width + 1) {
            let (at, rest) = block.split_at(width);
            let (weight, direction) = (rest[0], &rest[1..]);
            let (mut square, mut along) = (f64x4::ZERO, f64x4::ZERO);
            for (((apart, a), at), direction) in apart.iter_mut().zip(a).zip(at).zip(direction) {
                *apart = f64x4::splat(*a) - *at;
                square += *apart * *apart;
                along += *apart * *direction;
            }
            let [value, first, second] = if self.is_rough { matern(square) } else { squared_exponential(square) };
            sum += weight * value - two * first * along;
            let factor = two * (weight * first - two * second * along);
            for ((sum, apart), direction) in sums.iter_mut().zip(&apart).zip(direction) {
                *sum += factor * *apart - two * first * *direction;
            }
        }
        slopes.iter_mut().zip(&sums).for_each(|(slope, sum)| *slope = sum.reduce_add());
        sum.reduce_add()
    }
}

/// The squared exponential and its first two derivatives with respect to the squared distance.
#[inline(always)]
fn squared_exponential(q: f64x4) -> [f64x4; 3] {
    let value = exp(f64x4::splat(-0.5) * q);
    [value, f64x4::splat(-0.5) * value, f64x4::splat(0.25) * value]
}

/// The Matérn function of smoothness 5/2 and its first two derivatives with respect to the squared distance.
#[inline(always)]
fn matern(q: f64x4) -> [f64x4; 3] {
    let (one, r) = (f64x4::ONE, (f64x4::splat(5.0) * q).sqrt());
    let decay = exp(-r);
    let value = (one + r + r * r * f64x4::splat(1.0 / 3.0)) * decay;
    [value, f64x4::splat(-5.0 / 6.0) * (one + r) * decay, f64x4::splat(25.0 / 12.0) * decay]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radial_sums_equal_formulas_and_differences() {
        let number = |k: usize| (k as f64 * 1.7 + 0.3).sin();
        let numbers = |first: usize| (first..first + 3).map(number).collect::<Vec<f64>>();
        let rows: Vec<RadialRow> =
            (0..11).map(|k| RadialRow { at: numbers(7 * k), weight: number(k), direction: numbers(100 + 5 * k) }).collect();
        for is_rough in [false, true] {
            let sum = RadialSum::new(is_rough, 3, &rows);
            let function = |q: f64| {
                let r = (5.0 * q).sqrt();
                if is_rough { (1.0 + r + r * r / 3.0) * (-r).exp() } else { (-0.5 * q).exp() }
            };
            let at = |a: &[f64], b: &[f64]| function(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum());
            let moved = |b: &[f64], by: f64, u: &[f64]| -> Vec<f64> { b.iter().zip(u).map(|(b, u)| b + by * u).collect() };
            let (a, h) = ([0.4, -0.2, 0.7], 1e-5);
            let term = |RadialRow { at: b, weight, direction: u }: &RadialRow| {
                weight * at(&a, b) + (at(&a, &moved(b, h, u)) - at(&a, &moved(b, -h, u))) / (2.0 * h)
            };
            let mut slopes = [0.0; 3];
            let value = sum.evaluate(&a, &mut slopes);
            assert!((value - rows.iter().map(term).sum::<f64>()).abs() < 1e-8);
            for k in 0..3 {
                let near = |by: f64| {
                    let mut a = a;
                    a[k] += by;
                    sum.evaluate(&a, &mut [0.0; 3])
                };
                assert!(((near(h) - near(-h)) / (2.0 * h) - slopes[k]).abs() < 1e-8, "{is_rough} {k}");
            }
        }
        let far = RadialSum::new(false, 3, &rows).evaluate(&[1e3, 0.0, 0.0], &mut [0.0; 3]);
        assert_eq!(far, 0.0);
    }
}
