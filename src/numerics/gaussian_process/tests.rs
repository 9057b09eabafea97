use std::f64::consts::PI;

use super::*;
use crate::numerics::{noise, unit_numbers};

fn process(bounds: Bounds, x: &[f64], values: &[f64]) -> Option<GaussianProcess> {
    GaussianProcess::new(bounds, &FunctionObservations { x, values, ..FunctionObservations::default() })
}

#[test]
fn posterior_covers_function_and_noise_is_estimated() {
    for (count, sigma) in [(60, 0.3), (900, 0.3)] {
        let x: Vec<f64> = (0..count).map(|k| 4.0 * (k as f64 + 0.5) / count as f64 - 2.0).collect();
        let truth = |x: f64| (x * x - 1.0) * (x * x - 1.0);
        let y: Vec<f64> = x.iter().zip(noise(count, 7)).map(|(&x, e)| truth(x) + sigma * e).collect();
        let found = process((&[[-2.0, 2.0]]).into(), &x, &y).unwrap();
        let variance = found.noise_variance(Quantity::Value);
        assert!((variance.sqrt() / sigma - 1.0).abs() < 0.25, "{variance}");
        let posterior = found.at(&[-1.0, 0.0, 1.0]).unwrap();
        for (k, x) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
            let off = (posterior.mean[k] - truth(x)) / posterior.variance(k).sqrt();
            assert!(off.abs() < 3.5, "{count} {x}: {off}");
        }
        assert!((posterior.mean[1] - posterior.mean[0]) / posterior.deviation(0, 1) > 4.0);
    }
}

#[test]
fn pure_noise_has_no_significant_contrast() {
    let x: Vec<f64> = (0..80).map(f64::from).collect();
    let places: Vec<f64> = (0..40).map(|k| 2.0 * f64::from(k)).collect();
    let values = process((&[[0.0, 79.0]]).into(), &x, &noise(80, 7)).unwrap();
    let slopes = FunctionObservations { x: &x, gradient: &noise(80, 7), ..FunctionObservations::default() };
    let slopes = GaussianProcess::new((&[[0.0, 79.0]]).into(), &slopes).unwrap();
    for posterior in [values.at(&places).unwrap(), slopes.at(&places).unwrap()] {
        for a in 0..40 {
            for b in 0..a {
                assert!((posterior.mean[a] - posterior.mean[b]).abs() < 3.0 * posterior.deviation(a, b) + 1e-9);
            }
        }
    }
}

#[test]
fn derivatives_determine_differences_of_values() {
    let sigma = 0.3;
    let truth = |x: &[f64]| (x[0] * x[0] - 1.0).powi(2) + x[1] * x[1] + 0.3 * x[0];
    let bounds: Bounds = (&[[-2.0, 2.0], [0.0, 3.0]]).into();
    let x: Vec<f64> =
        (0..400).map(|k| if k % 2 == 0 { f64::from(k) * 0.01 - 2.0 } else { f64::from(k * 7 % 100) * 0.03 }).collect();
    let exact = x.chunks(2).flat_map(|x| [4.0 * x[0] * (x[0] * x[0] - 1.0) + 0.3, 2.0 * x[1]]);
    let gradient: Vec<f64> = exact.zip(noise(400, 7)).map(|(slope, e)| slope + sigma * e).collect();
    let slopes = FunctionObservations { x: &x, gradient: &gradient, sigmas: &[0.0, 1.0, 1.0], ..FunctionObservations::default() };
    let values: Vec<f64> = x.chunks(2).zip(noise(200, 7)).map(|(x, e)| truth(x) + 0.1 * e).collect();
    let both = FunctionObservations { values: &values, sigmas: &[1.0, 3.0, 3.0], ..slopes };
    for (data, quantity) in [(slopes, Quantity::Derivative(0)), (both, Quantity::Value)] {
        let found = GaussianProcess::new(bounds, &data).unwrap();
        let expected = if quantity == Quantity::Value { 0.1 } else { sigma };
        assert!((found.noise_variance(quantity).sqrt() / expected - 1.0).abs() < 0.2, "{quantity:?}");
        let places = [-1.0, 1.5, 0.0, 1.5, 1.0, 0.5];
        let posterior = found.at(&places).unwrap();
        for (a, b) in [(0, 1), (1, 2), (0, 2)] {
            let expected = truth(&places[2 * b..2 * b + 2]) - truth(&places[2 * a..2 * a + 2]);
            let off = (posterior.mean[b] - posterior.mean[a] - expected) / posterior.deviation(a, b);
            assert!(off.abs() < 3.5 && posterior.deviation(a, b) < 0.2, "{quantity:?} {a} {b}: {off}");
        }
        // The mean of a derivative is the derivative of the mean.
        let beside = found.at(&[0.3 - 1e-4, 1.0, 0.3 + 1e-4, 1.0]).unwrap().mean;
        let slope = found.posterior(Quantity::Derivative(0), &[0.3, 1.0]).unwrap();
        assert!(((beside[1] - beside[0]) / 2e-4 - slope.mean[0]).abs() < 1e-4 * slope.mean[0].abs().max(1.0));
        let (value, both) = (found.at(&[0.3, 1.0]).unwrap(), found.means(&[0.3, 1.0]).unwrap());
        assert!((both.0[0] - value.mean[0]).abs() < 1e-5 && (both.1[0] - slope.mean[0]).abs() < 1e-5);
    }
}

#[test]
fn posterior_of_periodic_input_has_no_seam() {
    let x: Vec<f64> = (0..40).map(|k| f64::from(k) / 40.0).collect();
    let y: Vec<f64> = x.iter().zip(noise(40, 7)).map(|(x, e)| (2.0 * PI * x).cos() + 0.2 * e).collect();
    let bounds = Bounds { ends: &[[0.0, 1.0]], periodic: &[true] };
    let posterior = process(bounds, &x, &y).unwrap().at(&[0.0, 1.0]).unwrap();
    assert!((posterior.mean[0] - posterior.mean[1]).abs() < 1e-9);
}

#[test]
fn means_of_values_and_derivatives_equal_posterior() {
    let bounds = Bounds { ends: &[[0.0, 1.0], [-2.0, 3.0]], periodic: &[true, false] };
    let x: Vec<f64> = (0..60).flat_map(|k| [f64::from(k * 37 % 60) / 60.0, f64::from(k * 7 % 60) / 12.0 - 2.0]).collect();
    let truth = |x: &[f64]| (2.0 * PI * x[0]).sin() * x[1] + x[1] * x[1];
    let values: Vec<f64> = x.chunks(2).map(truth).collect();
    let slopes = |x: &[f64]| [2.0 * PI * (2.0 * PI * x[0]).cos() * x[1], (2.0 * PI * x[0]).sin() + 2.0 * x[1]];
    let gradient: Vec<f64> = x.chunks(2).flat_map(slopes).zip(noise(120, 3)).map(|(slope, e)| slope + 0.1 * e).collect();
    let of_values = FunctionObservations { x: &x, values: &values, ..FunctionObservations::default() };
    let both = FunctionObservations { gradient: &gradient, sigmas: &[0.1, 0.1, 0.1], ..of_values };
    let places = [0.3, 0.4, 0.9, -1.1];
    for data in [of_values, both, FunctionObservations { values: &[], ..both }] {
        let found = GaussianProcess::new(bounds, &data).unwrap();
        let (means, slopes) = found.means(&places).unwrap();
        for (k, of) in [Quantity::Value, Quantity::Derivative(0), Quantity::Derivative(1)].into_iter().enumerate() {
            let expected = found.posterior(of, &places).unwrap().mean;
            let found: Vec<f64> = if k == 0 { means.clone() } else { slopes.iter().skip(k - 1).step_by(2).copied().collect() };
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-7 * b.abs().max(1.0)), "{found:?} {expected:?}");
        }
    }
}

#[test]
fn many_rows_resolve_fine_structure() {
    let bounds: Bounds = (&[[0.0, 1.0], [0.0, 1.0]]).into();
    let truth = |x: &[f64]| (40.0 * x[0]).sin() * (40.0 * x[1]).sin();
    let x: Vec<f64> = (0..8000).map(|k| (f64::from(k / 2) * [0.754_877_666, 0.569_840_291][k as usize % 2]).fract()).collect();
    let values: Vec<f64> = x.chunks(2).zip(noise(4000, 7)).map(|(x, e)| truth(x) + 0.3 * e).collect();
    let found = process(bounds, &x, &values).unwrap();
    let sigma = found.noise_variance(Quantity::Value).sqrt();
    assert!((sigma / 0.3 - 1.0).abs() < 0.25, "{sigma}");
    let top = std::f64::consts::FRAC_PI_2 / 40.0;
    let posterior = found.at(&[5.0 * top, 5.0 * top, 5.0 * top, 7.0 * top]).unwrap();
    let (fall, error) = (posterior.mean[0] - posterior.mean[1], posterior.deviation(0, 1));
    assert!(fall > 4.0 * error && (fall - 2.0).abs() < 4.0 * error && error < 0.4, "{fall} {error}");
}

#[test]
fn constant_or_few_values_have_no_posterior() {
    let bounds: Bounds = (&[[0.0, 1.0]]).into();
    assert!(process(bounds, &[0.0, 0.5, 1.0], &[1.0, 2.0, 3.0]).is_none());
    assert!(process(bounds, &[0.0, 0.2, 0.5, 1.0], &[1.0; 4]).is_none());
}

#[test]
fn constant_derivative_has_no_posterior() {
    let x: Vec<f64> = (0..200).flat_map(|k| [f64::from(k * 37 % 200) * 0.02 - 2.0, f64::from(k * 7 % 100) * 0.03]).collect();
    let found = |last: f64| {
        let rows = x.chunks(2).enumerate();
        let gradient: Vec<f64> = rows.flat_map(|(k, x)| [x[0] * x[0], if k % 2 == 0 { last } else { 3.0 }]).collect();
        let data = FunctionObservations { x: &x, gradient: &gradient, ..FunctionObservations::default() };
        GaussianProcess::new((&[[-2.0, 2.0], [0.0, 3.0]]).into(), &data)
    };
    assert!(found(3.0).is_none() && found(3.0 + 4e-16).is_none() && found(3.1).is_some());
}

#[test]
fn many_rows_of_a_smooth_function_determine_a_small_rise() {
    // The covariance of these rows is singular for the ratio of signal and noise of the largest likelihood.
    let mut uniform = unit_numbers(11);
    let x: Vec<f64> = (0..1400).map(|_| 4.0 * uniform() - 2.0).collect();
    let channel = |x: &[f64]| (x[0] * x[0] - 1.0).powi(2) + 10.0 * x[1] * x[1];
    let values: Vec<f64> = x.chunks(2).map(channel).collect();
    let found = process((&[[-2.0, 2.0]; 2]).into(), &x, &values).unwrap();
    let posterior = found.at(&[1.0, 0.0, 0.0, 0.0]).unwrap();
    let rise = posterior.mean[1] - posterior.mean[0];
    assert!((rise - 1.0).abs() < 0.01 && posterior.deviation(0, 1) < 0.1, "{rise} {}", posterior.deviation(0, 1));
}

#[test]
fn covariances_of_derivatives_are_derivatives_of_covariances() {
    let (x, other, h) = ([0.3, -0.7], [1.1, 0.4], 1e-5);
    let moved = |k: usize, by: f64| {
        let mut x = x;
        x[k] += by;
        x
    };
    for (is_rough, periodic) in [(false, false), (false, true), (true, false), (true, true)] {
        let covariance = StationaryCovariance { is_rough, rates: vec![1.2, 0.7], periodic: vec![periodic, false] };
        let between = |a: [f64; 2], of_a, b: [f64; 2], of_b| covariance.between((&a, of_a), (&b, of_b));
        assert_eq!(between(x, Quantity::Value, x, Quantity::Value), 1.0);
        for k in 0..2 {
            let slope = Quantity::Derivative(k);
            for of in [Quantity::Value, Quantity::Derivative(0), Quantity::Derivative(1)] {
                let near = |by: f64| between(moved(k, by), Quantity::Value, other, of);
                let difference = (near(h) - near(-h)) / (2.0 * h);
                assert!((difference - between(x, slope, other, of)).abs() < 1e-8, "{is_rough} {periodic} {k} {of:?}");
                assert!((between(x, slope, other, of) - between(other, of, x, slope)).abs() < 1e-15);
            }
        }
    }
}

#[test]
fn slopes_in_lengths_and_ratio_agree_with_differences() {
    let (a, b, h) = ([0.3, 0.9], [0.1, 0.4], 1e-5);
    let kinds = [Quantity::Value, Quantity::Derivative(0), Quantity::Derivative(1)];
    for (is_rough, is_periodic) in [(false, false), (false, true), (true, false), (true, true)] {
        let lengths = |k: usize, by: f64| (0..2).map(|j| [0.5, 0.7][j] * if j == k { by.exp() } else { 1.0 }).collect();
        let periodic = [is_periodic, false];
        let scales = |k: usize, by: f64| Scales::new(is_rough, lengths(k, by), &periodic, 1.5 + if k == 2 { by } else { 0.0 });
        for (of_a, of_b) in kinds.iter().flat_map(|of_a| kinds.map(|of_b| (*of_a, of_b))) {
            let mut slopes = [0.0; 2];
            scales(0, 0.0).covariance.length_slopes((&a, of_a), (&b, of_b), &mut slopes);
            for (k, slope) in slopes.into_iter().enumerate() {
                let near = |by: f64| scales(k, by).covariance.between((&a, of_a), (&b, of_b));
                assert!(((near(h) - near(-h)) / (2.0 * h) - slope).abs() < 1e-8, "{is_rough} {is_periodic} {of_a:?} {of_b:?}");
            }
        }
        let x: Vec<f64> = (0..40).map(|k| (f64::from(k) * 0.618_034).fract()).collect();
        let (gradient, weights) = (noise(40, 7), (0..20).map(|k| 1.0 + f64::from(k % 3)).collect::<Vec<_>>());
        let values = noise(20, 7);
        for values in [&values[..], &[]] {
            let data = FunctionObservations { x: &x, values, gradient: &gradient, weights: &weights, sigmas: &[1.0; 3] };
            let rows = WeightedObservations::new(&data, &[0.0; 2], &[1.0; 2], &[1.0; 3]);
            let solve = |scales: &Scales| rows.solve(scales, &rows.covariances(&scales.covariance)).unwrap();
            let here = scales(0, 0.0);
            let slopes = rows.likelihood_slopes(&here, &rows.covariances(&here.covariance), &solve(&here));
            for (k, slope) in slopes.into_iter().enumerate() {
                let near = |by: f64| solve(&scales(k, by)).log_likelihood;
                let difference = (near(h) - near(-h)) / (2.0 * h);
                assert!((difference - slope).abs() < 1e-5 * (1.0 + slope.abs()), "{is_rough} {k}: {difference} {slope}");
            }
        }
    }
}

#[test]
fn rows_on_few_lines_determine_a_surface_that_varies_slowly_across_them() {
    let truth = |x: &[f64]| (x[0] * x[0] - 1.0).powi(2) + 3.0 * (x[1] - 0.5 * x[0] * x[0]).powi(2);
    let x: Vec<f64> = (0..200).flat_map(|k| [3.2 * f64::from(k % 40) / 39.0 - 1.6, 0.5 * f64::from(k / 40) - 0.5]).collect();
    let values: Vec<f64> = x.chunks(2).map(truth).collect();
    let found = process((&[[-1.6, 1.6], [-0.5, 1.5]]).into(), &x, &values).unwrap();
    let places = [[-0.75, 0.2], [0.35, 0.25]];
    let posterior = found.at(&places.concat()).unwrap();
    let rise = truth(&places[1]) - truth(&places[0]);
    assert!((posterior.mean[1] - posterior.mean[0] - rise).abs() < 1e-2 && posterior.deviation(0, 1) < 1e-2);
}
