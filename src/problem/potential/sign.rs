//! Sign of derivatives from values at the same rows.
//!
//! Between two neighbouring rows the values rise by about the mean slope times the distance. Over all pairs, the correlation `r`
//! of both has the sign of the derivatives. Without a correlation, `r sqrt((n - 1) / (1 - r^2))` follows Student's t
//! distribution.

use crate::data::Dataset;
use crate::landscape::uncertainty::quantile;

/// Sign of derivatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// No values at the same rows, or too few of them.
    #[default]
    Unknown,
    /// The derivatives have the sign of the values' rise.
    Right,
    /// The derivatives have the opposite sign.
    Wrong,
}

/// Sign of the derivatives of a table from its values, by a test with a level of 95 % on either side.
pub fn derivative_sign(data: &Dataset) -> Sign {
    let Some(gradient) = data.gradient.as_ref().filter(|_| data.has_values()) else { return Sign::Unknown };
    let pair = |(row, next): (usize, usize)| {
        let along = |k: usize| {
            let way = data.x[[next, k]] - data.x[[row, k]];
            if way == 0.0 { 0.0 } else { 0.5 * (gradient[[row, k]] + gradient[[next, k]]) * way }
        };
        let expected: f64 = (0..data.inputs()).map(along).sum();
        let rise = data.y[next] - data.y[row];
        (expected.is_finite() && rise.is_finite() && expected != 0.0).then_some([expected, rise])
    };
    let pairs: Vec<[f64; 2]> = data.nearest().into_iter().enumerate().filter_map(pair).collect();
    let sum = |i: usize, j: usize| pairs.iter().map(|pair| pair[i] * pair[j]).sum::<f64>();
    let correlation = sum(0, 1) / (sum(0, 0) * sum(1, 1)).sqrt();
    // Two mutually nearest rows are one pair.
    let freedom = 0.5 * pairs.len() as f64 - 1.0;
    let student = correlation * (freedom / (1.0 - correlation * correlation).max(f64::EPSILON)).sqrt();
    match student {
        t if !t.is_finite() || freedom < 1.0 || t.abs() <= quantile(freedom) => Sign::Unknown,
        t if t > 0.0 => Sign::Right,
        _ => Sign::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// Nine rows of (s² - 1)² with its derivatives times a factor.
    fn band(factor: f64, values: bool) -> Dataset {
        let x = Array2::from_shape_fn((9, 1), |(k, _)| -1.0 + 0.25 * k as f64);
        let slopes = x.mapv(|s| factor * 4.0 * s * (s * s - 1.0));
        let y = x.column(0).mapv(|s| if values { (s * s - 1.0).powi(2) } else { f64::NAN });
        Dataset { y, ..Dataset::gradients(x, slopes).unwrap() }
    }

    #[test]
    fn few_rows_with_values_determine_sign_of_derivatives() {
        assert_eq!(derivative_sign(&band(1.0, true)), Sign::Right);
        assert_eq!(derivative_sign(&band(-1.0, true)), Sign::Wrong);
        assert_eq!(derivative_sign(&band(1.0, false)), Sign::Unknown);
    }

    #[test]
    fn unrelated_derivatives_have_unknown_sign() {
        let mut data = band(1.0, true);
        data.y = (0..9).map(|k| [0.3, -0.2, 0.1, 0.4][k * k % 4]).collect();
        assert_eq!(derivative_sign(&data), Sign::Unknown);
    }
}
