//! Sorting, medians, moments and vector norms. NaN is sorted after all other numbers.

pub use super::linear::dot;

/// Indices `0..keys.len()` sorted by their keys, smallest first. The sort is stable.
///
/// ```
/// assert_eq!(multiwell::internal::numerics::statistics::order(&[3.0, 1.0, 2.0, 1.0]), [1, 3, 2, 0]);
/// ```
pub fn order(keys: &[f64]) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..keys.len()).collect();
    indices.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
    indices
}

/// Indices of the smallest keys, at most `count`, in the order of [`order`].
///
/// ```
/// assert_eq!(multiwell::internal::numerics::statistics::smallest(&[3.0, 1.0, 2.0, 1.0], 3), [1, 3, 2]);
/// ```
pub fn smallest(keys: &[f64], count: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..keys.len()).collect();
    if count < indices.len() {
        indices.select_nth_unstable_by(count, |&a, &b| keys[a].total_cmp(&keys[b]).then(a.cmp(&b)));
        indices.truncate(count);
    }
    sort_by(&mut indices, |&index| index as f64);
    sort_by(&mut indices, |&index| keys[index]);
    indices
}

/// Sorts items by a key, smallest first. The sort is stable. The program contains one sort, of indices, for all types of items.
pub fn sort_by<T>(items: &mut [T], key: impl Fn(&T) -> f64) {
    let order = order(&items.iter().map(key).collect::<Vec<_>>());
    let mut places = vec![0; order.len()];
    for (place, from) in order.into_iter().enumerate() {
        places[from] = place;
    }
    for k in 0..places.len() {
        while places[k] != k {
            let place = places[k];
            items.swap(k, place);
            places.swap(k, place);
        }
    }
}

/// Numbers in increasing order.
pub fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    sort_by(&mut values, |value| *value);
    values
}

/// The median, with the mean of the middle two for an even number of values; `None` for an empty list.
pub fn median(values: Vec<f64>) -> Option<f64> {
    let values = sorted(values);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// Arithmetic mean, summed from left to right; 0 for an empty list.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Arithmetic mean of the given numbers; `None` without any.
pub fn mean_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Smallest and largest number; infinite without any.
pub fn extent(values: impl IntoIterator<Item = f64>) -> [f64; 2] {
    values.into_iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)])
}

/// Mean and unbiased standard deviation.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let mean = mean(values);
    let square = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    (mean, (square / (values.len() as f64 - 1.0).max(1.0)).sqrt())
}

/// The values in units of their standard deviation around their mean, and the standard deviation.
pub fn standardised(values: &[f64]) -> (Vec<f64>, f64) {
    let (mean, deviation) = moments(values);
    (values.iter().map(|value| (value - mean) / deviation).collect(), deviation)
}

/// Largest standard deviation of a constant that is computed in double precision, relative to its size.
const MAX_ROUNDING: f64 = 1e-12;

/// Unbiased standard deviation; 0 if it is within the rounding errors of a constant.
pub fn spread(values: &[f64]) -> f64 {
    let (mean, deviation) = moments(values);
    if is_rounding(deviation, mean) { 0.0 } else { deviation }
}

/// Returns true if a standard deviation is within the rounding errors of a constant of this size.
pub fn is_rounding(deviation: f64, size: f64) -> bool {
    deviation <= MAX_ROUNDING * size.abs()
}

/// Quantile of the standard normal distribution for a probability between one half and one, to within 0.0005: M. Abramowitz and I. A.
/// Stegun, *Handbook of Mathematical Functions*, equation 26.2.23.
///
/// ```
/// assert!((multiwell::internal::numerics::statistics::normal_quantile(0.975) - 1.96).abs() < 1e-3);
/// ```
pub fn normal_quantile(probability: f64) -> f64 {
    let t = (-2.0 * (1.0 - probability).ln()).sqrt();
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - numerator / denominator
}

/// The Euclidean norm.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// The vector `a - b`.
pub fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Norm of `found - truth` divided by the norm of `truth`.
pub fn relative_error(found: &[f64], truth: &[f64]) -> f64 {
    norm(&difference(found, truth)) / norm(truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_middle_value() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn items_are_sorted_stably_by_key() {
        let mut items = vec![("c", 2.0), ("nan", f64::NAN), ("a", -1.0), ("d", 2.0), ("b", 0.0)];
        sort_by(&mut items, |item| item.1);
        assert_eq!(items.iter().map(|item| item.0).collect::<Vec<_>>(), ["a", "b", "c", "d", "nan"]);
    }

    #[test]
    fn mean_and_deviation_of_small_sample_are_exact() {
        assert_eq!(moments(&[1.0, 2.0, 3.0, 6.0]), (3.0, (14.0_f64 / 3.0).sqrt()));
        assert_eq!(relative_error(&[3.0, 5.0], &[3.0, 4.0]), 0.2);
    }

    #[test]
    fn rounding_errors_of_constant_are_no_spread() {
        let ulp = 3.0 * f64::EPSILON;
        assert_eq!(spread(&[3.0, 3.0 + ulp, 3.0 - ulp]), 0.0);
        assert_eq!(spread(&[0.0, 0.0]), 0.0);
        assert!(spread(&[1e-20, 3e-20]) > 0.0 && spread(&[3.0, 3.0 + 1e-9]) > 0.0);
    }
}
