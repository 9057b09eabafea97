//! Ordinary differential equations by the explicit Runge-Kutta pair of Dormand and Prince (1980), orders 5 and 4, with adaptive steps.
//! Gradient flow ([`super::Flow`]) uses it as well.

/// Order of the solution.
const ORDER: f64 = 5.0;
/// Weights of the previous stages, for each stage but the first. The last stage is at the solution and is the first stage of the next step.
pub(super) const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// Weights of the solution minus those of the embedded solution of lower order.
pub(super) const ERROR_WEIGHTS: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];
/// Shortest step as a fraction of the time between two outputs.
pub(super) const MIN_STEP_FRACTION: f64 = 1e-9;

/// Returns the solution `[times][variables]` at increasing `times`. It is `start` at the first of them, and its derivative is `velocity`.
/// `tolerance` is the largest error per step in each variable. To model an explicit dependence on time, add a variable that grows with it.
///
/// The result has fewer times if the solution diverges or needs steps that are too short.
pub fn trajectory(start: &[f64], times: &[f64], tolerance: f64, velocity: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    let mut places = vec![start.to_vec()];
    let mut x = start.to_vec();
    let mut velocity = |x: &mut [f64]| velocity(x);
    let mut step: Option<f64> = None;
    for span in times.windows(2).map(|pair| pair[1] - pair[0]) {
        let mut left = span;
        while left > MIN_STEP_FRACTION * span {
            let full = step.unwrap_or(0.1 * span);
            let h = full.min(left);
            let first = velocity(&mut x);
            let (place, worst) = trial(&x, first, h, &[tolerance], &mut velocity);
            if worst <= 1.0 {
                x = place;
                left -= h;
            } else if h <= MIN_STEP_FRACTION * span || !worst.is_finite() {
                return places;
            }
            step = Some(next_length(full, h, worst));
        }
        places.push(x.clone());
    }
    places
}

/// Tries a step of length `h` from `x`, where the velocity is `first`. Returns the new point and the largest error in units of
/// `tolerance`, which is repeated for all variables. `velocity` may move the points of the stages, for example onto a wall.
pub(super) fn trial(
    x: &[f64],
    first: Vec<f64>,
    h: f64,
    tolerance: &[f64],
    velocity: &mut dyn FnMut(&mut [f64]) -> Vec<f64>,
) -> (Vec<f64>, f64) {
    let mut speeds = vec![first];
    let mut place = Vec::new();
    for weights in STAGES {
        place = combine(x, &speeds, weights, h);
        speeds.push(velocity(&mut place));
    }
    let errors = combine(&vec![0.0; x.len()], &speeds, &ERROR_WEIGHTS, h);
    let errors = errors.iter().zip(tolerance.iter().cycle()).map(|(e, allowed)| e.abs() / allowed);
    (place, errors.fold(0.0, |top, e| if e.is_nan() || e > top { e } else { top }))
}

/// Returns the length of the next step after a step of length `h` with the largest error `worst`. `full` is the planned length. A step
/// shortened by the end of an interval hardly limits the next one.
pub(super) fn next_length(full: f64, h: f64, worst: f64) -> f64 {
    let next = h * (0.9 * worst.powf(-1.0 / ORDER)).clamp(0.2, 4.0);
    if worst <= 1.0 && h < full { full.max(next) } else { next }
}

/// `x + h sum_i weights_i speeds_i`.
pub(super) fn combine(x: &[f64], speeds: &[Vec<f64>], weights: &[f64], h: f64) -> Vec<f64> {
    let mut sum = x.to_vec();
    for (speed, weight) in speeds.iter().zip(weights).filter(|(_, w)| **w != 0.0) {
        for (s, v) in sum.iter_mut().zip(speed) {
            *s += h * weight * v;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_oscillator_follows_tolerance() {
        let times: Vec<f64> = (0..=8).map(|k| std::f64::consts::PI * f64::from(k) / 4.0).collect();
        for tolerance in [1e-6, 1e-10] {
            let places = trajectory(&[1.0, 0.0], &times, tolerance, &mut |x| vec![x[1], -x[0]]);
            assert_eq!(places.len(), times.len());
            for (t, x) in times.iter().zip(&places) {
                // The error per step is at most the tolerance, and some tens of steps accumulate it.
                assert!((x[0] - t.cos()).abs().max((x[1] + t.sin()).abs()) < 100.0 * tolerance, "{t} {x:?}");
            }
        }
    }

    #[test]
    fn diverging_trajectory_ends_early() {
        let times = [0.0, 0.5, 0.9, 1.1, 2.0];
        let places = trajectory(&[1.0], &times, 1e-8, &mut |x| vec![x[0] * x[0]]);
        assert!((places[1][0] - 2.0).abs() < 1e-6 && (places[2][0] - 10.0).abs() < 1e-4, "{places:?}");
        assert_eq!(places.len(), 3, "1/(1 - t) has no value after 1");
    }
}
