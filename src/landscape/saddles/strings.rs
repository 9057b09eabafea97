//! Strings of points between two points that relax downhill with fixed ends.

use crate::landscape::descent::UnitBox;
use crate::numerics::statistics::{difference, norm};

/// Number of points of a string between its ends.
pub const STRING_IMAGES: usize = 15;
/// Longest step of a relaxing string as a fraction of the box.
pub const RELAXATION_MAX_STEP: f64 = 0.01;
/// Largest number of steps of a relaxing string.
const RELAXATION_STEPS: usize = 120;

/// Points of a string from one end to the other.
pub type PointString = Vec<Vec<f64>>;

/// Relaxes strings between pairs of points. Returns each string with the indices of its local maxima.
pub fn relaxed(unit: &mut UnitBox, ends: &[[Vec<f64>; 2]]) -> Vec<(PointString, Vec<usize>)> {
    let inputs = unit.inputs();
    let mut strings: Vec<PointString> = ends.iter().map(straight).collect();
    // The largest curvature so far limits the step, so that no direction overshoots.
    let mut curvature = 0.0_f64;
    let mut before: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    let mut values: Vec<f64> = Vec::new();
    for round in 0..=RELAXATION_STEPS {
        let images: Vec<&[f64]> = strings.iter().flat_map(|s| s[1..=STRING_IMAGES].iter().map(Vec::as_slice)).collect();
        let here = unit.evaluate(&images);
        for ((place, (_, slope)), (old_place, old_slope)) in images.iter().zip(&here).zip(&before) {
            let step = norm(&difference(place, old_place));
            if step > 1e-9 {
                curvature = curvature.max(norm(&difference(slope, old_slope)) / step);
            }
        }
        before = images.iter().zip(&here).map(|(place, (_, slope))| (place.to_vec(), slope.clone())).collect();
        values = here.iter().map(|h| h.0).collect();
        if round == RELAXATION_STEPS || unit.effort.is_exhausted() {
            break;
        }
        let slopes: Vec<Vec<f64>> = here.into_iter().map(|h| h.1).collect();
        for (string, slopes) in strings.iter_mut().zip(slopes.chunks(STRING_IMAGES)) {
            for (image, slope) in string[1..=STRING_IMAGES].iter_mut().zip(slopes) {
                let length = norm(slope);
                let step =
                    if curvature > 0.0 { 0.5 / curvature } else { f64::INFINITY }.min(RELAXATION_MAX_STEP / length.max(1e-300));
                for k in 0..inputs {
                    let [low, high] = unit.limits[k];
                    image[k] = (image[k] - step * slope[k]).clamp(low, high);
                }
            }
            *string = evenly(string);
        }
    }
    let tops = |values: &[f64]| {
        let is_higher = |k: usize, other: Option<usize>| other.and_then(|o| values.get(o)).is_none_or(|v| values[k] >= *v);
        let is_top = |&k: &usize| is_higher(k, k.checked_sub(1)) && is_higher(k, Some(k + 1));
        (0..STRING_IMAGES).filter(is_top).map(|k| k + 1).collect()
    };
    let tops: Vec<Vec<usize>> = values.chunks(STRING_IMAGES).map(tops).collect();
    strings.into_iter().zip(tops).collect()
}

/// Points of a straight string between two points.
pub fn straight([a, b]: &[Vec<f64>; 2]) -> Vec<Vec<f64>> {
    (0..STRING_IMAGES + 2).map(|k| mixed(a, b, k as f64 / (STRING_IMAGES + 1) as f64)).collect()
}

/// Point at this fraction of the way from one point to another.
pub fn mixed(a: &[f64], b: &[f64], part: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + part * (b - a)).collect()
}

/// Redistributes the points of a string at equal distances.
pub fn evenly(string: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut along = vec![0.0];
    for pair in string.windows(2) {
        along.push(along[along.len() - 1] + norm(&difference(&pair[0], &pair[1])));
    }
    let last = string.len() - 1;
    let mut segment = 0;
    (0..=last)
        .map(|k| {
            let target = along[last] * k as f64 / last as f64;
            while segment + 1 < last && along[segment + 1] < target {
                segment += 1;
            }
            let length = along[segment + 1] - along[segment];
            let part = if length > 0.0 { ((target - along[segment]) / length).clamp(0.0, 1.0) } else { 0.0 };
            mixed(&string[segment], &string[segment + 1], part)
        })
        .collect()
}
