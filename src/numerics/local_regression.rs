//! A function of some inputs that is known at scattered places, between them by local regression: a quadratic polynomial fitted to the nearest places
//! by least squares, with tricube weights.
//!
//! W. S. Cleveland and S. J. Devlin, "Locally weighted regression", Journal of the American Statistical Association 83 (1988).

use multiwell_engine::linear::{add_outer, factorise, substitute};

use super::bounds::Bounds;

/// Most places that are used; of more, equally distant ones in their order stand for all.
const MOST: usize = 4096;
/// Most places at which the error is measured.
const TESTED: usize = 500;
/// Nearest places for each coefficient of the polynomial.
const PER_COEFFICIENT: usize = 3;
/// What is added to the diagonal of the normal equations, relative to their largest possible entry.
const RIDGE: f64 = 1e-9;

/// The function.
#[derive(Clone, Debug)]
pub struct LocalRegression {
    ends: Vec<[f64; 2]>,
    periodic: Vec<bool>,
    /// Places `[places, inputs]` and the values there.
    x: Vec<f64>,
    values: Vec<f64>,
    /// Of how many places given one is used.
    every: usize,
}

impl LocalRegression {
    /// The function that has these values at places `x` `[places, inputs]`. Inputs are measured by the widths of the bounds.
    pub fn new(bounds: &Bounds, x: &[f64], values: &[f64]) -> Self {
        let inputs = bounds.ends.len();
        let every = values.len().div_ceil(MOST).max(1);
        Self {
            ends: bounds.ends.to_vec(),
            periodic: (0..inputs).map(|input| bounds.is_periodic(input)).collect(),
            x: x.chunks_exact(inputs).step_by(every).flatten().copied().collect(),
            values: values.iter().step_by(every).copied().collect(),
            every,
        }
    }

    /// The values at places `[places, inputs]`.
    pub fn at(&self, x: &[f64]) -> Vec<f64> {
        x.chunks_exact(self.ends.len()).map(|x| self.value(x, None)).collect()
    }

    /// The value at the place `x` of the row of this index among those that were given, as it follows from all others.
    pub fn without(&self, row: usize, x: &[f64]) -> f64 {
        self.value(x, row.is_multiple_of(self.every).then_some(row / self.every))
    }

    /// What nine of ten values differ by at most from those that follow from the others. (Places that lie alone say little of the rest.)
    pub fn error(&self) -> f64 {
        let inputs = self.ends.len();
        let every = self.values.len().div_ceil(TESTED).max(1);
        let tested: Vec<usize> = (0..self.values.len()).step_by(every).collect();
        let error = |k: usize| (self.value(&self.x[k * inputs..(k + 1) * inputs], Some(k)) - self.values[k]).abs();
        let mut errors: Vec<f64> = tested.into_iter().map(error).collect();
        errors.sort_unstable_by(f64::total_cmp);
        errors.get(9 * errors.len() / 10).copied().unwrap_or(0.0)
    }

    /// The value at a place, as it follows from all places but one.
    fn value(&self, x: &[f64], without: Option<usize>) -> f64 {
        let inputs = self.ends.len();
        let coefficients = (inputs + 1) * (inputs + 2) / 2;
        let way = |k: usize| {
            let along = move |input: usize| {
                let [low, high] = self.ends[input];
                let way = (self.x[k * inputs + input] - x[input]) / (high - low);
                if self.periodic[input] { way - way.round() } else { way }
            };
            (0..inputs).map(along)
        };
        let far = |k: usize| way(k).map(|part| part * part).sum::<f64>();
        let mut near: Vec<(f64, usize)> = (0..self.values.len()).filter(|k| Some(*k) != without).map(|k| (far(k), k)).collect();
        let count = (PER_COEFFICIENT * coefficients).min(near.len());
        if count == 0 {
            return 0.0;
        }
        if count < near.len() {
            near.select_nth_unstable_by(count, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            near.truncate(count);
        }
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let reach = near.last().map_or(1.0, |(far, _)| far.sqrt()).max(f64::MIN_POSITIVE);
        let (mut matrix, mut right) = (vec![0.0; coefficients * coefficients], vec![0.0; coefficients]);
        for (far, k) in &near {
            // The farthest place keeps a little weight, so that few places determine the polynomial too.
            let weight = (1.0 - (0.98 * far.sqrt() / reach).powi(3)).powi(3);
            let terms = polynomial(&way(*k).map(|part| part / reach).collect::<Vec<_>>());
            add_outer(&mut matrix, &terms, weight);
            right.iter_mut().zip(&terms).for_each(|(sum, term)| *sum += weight * term * self.values[*k]);
        }
        for k in 0..coefficients {
            matrix[k * coefficients + k] += RIDGE * count as f64;
        }
        let values = near.iter().map(|(_, k)| self.values[*k]);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        match factorise(&mut matrix, coefficients) {
            Some(()) => {
                substitute(&matrix, &mut right);
                // Far from all places a polynomial knows nothing.
                right[0].clamp(low, high)
            }
            None => f64::midpoint(low, high),
        }
    }
}

/// The monomials of up to the second degree, the constant first.
fn polynomial(x: &[f64]) -> Vec<f64> {
    let squares = (0..x.len()).flat_map(|i| (0..=i).map(move |j| x[i] * x[j]));
    std::iter::once(1.0).chain(x.iter().copied()).chain(squares).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places that fill the unit cube evenly.
    fn places(count: usize, inputs: usize) -> Vec<f64> {
        (0..count * inputs).map(|k| ((k / inputs) as f64 * [0.754_878, 0.569_840, 0.819_173][k % inputs]).fract()).collect()
    }

    #[test]
    fn smooth_functions_follow_from_their_values_and_noise_does_not() {
        for inputs in 1..=3 {
            let x = places(2000, inputs);
            let bounds = vec![[0.0, 1.0]; inputs];
            let smooth: Vec<f64> = x.chunks(inputs).map(|x| 3.0 * (4.0 * x.iter().sum::<f64>()).sin()).collect();
            let known = LocalRegression::new(&(&bounds).into(), &x, &smooth);
            assert!(known.error() < 0.05, "{inputs}: {}", known.error());
            let at = known.at(&vec![0.4; inputs])[0];
            assert!((at - 3.0 * (1.6 * inputs as f64).sin()).abs() < 0.05, "{inputs}: {at}");
            let bit = |k: usize| ((k as u32).wrapping_mul(2_654_435_761) >> 15) & 1;
            let rough: Vec<f64> = smooth.iter().enumerate().map(|(k, v)| v + f64::from(bit(k))).collect();
            assert!(LocalRegression::new(&(&bounds).into(), &x, &rough).error() > 0.4);
        }
    }

    #[test]
    fn a_period_has_no_ends_and_nothing_is_made_up_beyond_all_places() {
        let x = places(300, 1);
        let values: Vec<f64> = x.iter().map(|x| (std::f64::consts::TAU * x).cos()).collect();
        let ends = [[0.0, 1.0]];
        let known = LocalRegression::new(&Bounds { ends: &ends, periodic: &[true] }, &x, &values);
        let ends_meet = known.at(&[0.0, 1.0]);
        assert!((ends_meet[0] - ends_meet[1]).abs() < 1e-9 && (ends_meet[0] - 1.0).abs() < 1e-3, "{ends_meet:?}");
        let slope: Vec<f64> = x.iter().map(|x| 5.0 * x).collect();
        let far = LocalRegression::new(&(&ends).into(), &x, &slope).at(&[9.0])[0];
        assert!((4.5..=5.0).contains(&far), "{far}");
        let few = LocalRegression::new(&(&ends).into(), &x[..2], &[1.0, 2.0]);
        assert!(few.at(&[0.5])[0].is_finite() && few.error().is_finite());
    }
}
