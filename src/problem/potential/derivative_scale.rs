//! Sign and scale of derivatives from values at the same rows.
//!
//! Between two neighbouring rows the values rise by about the mean slope times the distance. Over all pairs, the regression of either one on
//! the other bounds the ratio of both: noise of the derivatives lowers one, and noise of the values raises the other. Without a correlation,
//! the first one divided by its standard error follows Student's t distribution.

use crate::data::Dataset;
use crate::landscape::uncertainty::quantile;

/// Smallest ratio of rises, or its inverse, that is a contradiction. Differences of coarse rows alone have ratios up to 1.5.
const MIN_RATIO: f64 = 1.5;

/// Derivatives beside values at the same rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DerivativeScale {
    /// No values at the same rows, or too few of them.
    #[default]
    Unknown,
    /// The derivatives have the sign of the values' rise.
    Consistent,
    /// The derivatives have the opposite sign.
    Opposite,
    /// The values rise by this factor times the integral of the derivatives, which is far from one.
    Scaled(f64),
}

/// Sign and scale of the derivatives of a table from its values, by tests with a level of 95 % on either side.
pub fn derivative_scale(data: &Dataset) -> DerivativeScale {
    let Some(gradient) = data.gradient.as_ref().filter(|_| data.has_values()) else { return DerivativeScale::Unknown };
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
    let squared_correlation = sum(0, 1).powi(2) / (sum(0, 0) * sum(1, 1));
    let ratio = sum(0, 1) / sum(0, 0);
    // Two mutually nearest rows are one pair.
    let freedom = 0.5 * pairs.len() as f64 - 1.0;
    let relative_error = ((1.0 - squared_correlation).max(f64::EPSILON) / (freedom * squared_correlation)).sqrt();
    if !relative_error.is_finite() || freedom < 1.0 || quantile(freedom) * relative_error >= 1.0 {
        return DerivativeScale::Unknown;
    }
    let least = ratio * (1.0 - quantile(freedom) * relative_error);
    let most = ratio / squared_correlation * (1.0 + quantile(freedom) * relative_error);
    if ratio < 0.0 {
        DerivativeScale::Opposite
    } else if least > MIN_RATIO || most < 1.0 / MIN_RATIO {
        DerivativeScale::Scaled((ratio * ratio / squared_correlation).sqrt())
    } else {
        DerivativeScale::Consistent
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
        assert_eq!(derivative_scale(&band(1.0, true)), DerivativeScale::Consistent);
        assert_eq!(derivative_scale(&band(-1.0, true)), DerivativeScale::Opposite);
        assert_eq!(derivative_scale(&band(1.0, false)), DerivativeScale::Unknown);
    }

    #[test]
    fn derivatives_in_another_unit_have_their_factor() {
        for factor in [4.184, 1.0 / 627.5] {
            let DerivativeScale::Scaled(found) = derivative_scale(&band(factor, true)) else { panic!("{factor} is consistent") };
            assert!((found * factor - 1.0).abs() < 0.1, "{factor}: {found}");
        }
        assert_eq!(derivative_scale(&band(1.1, true)), DerivativeScale::Consistent);
    }

    #[test]
    fn unrelated_derivatives_have_unknown_sign() {
        let mut data = band(1.0, true);
        data.y = (0..9).map(|k| [0.3, -0.2, 0.1, 0.4][k * k % 4]).collect();
        assert_eq!(derivative_scale(&data), DerivativeScale::Unknown);
    }
}
