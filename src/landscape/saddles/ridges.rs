//! Heights of passes over ridges on which the slope jumps. A climb by derivatives finds no saddle there.

use super::strings::{PointString, RELAXATION_MAX_STEP, STRING_IMAGES, evenly, mixed};
use crate::landscape::descent::UnitBox;
use crate::numerics::statistics::norm;

/// Height and position of a point.
pub type Top = (f64, Vec<f64>);

/// Number of steps of a string. The step length falls from [`RELAXATION_MAX_STEP`] to zero.
const STRING_STEPS: usize = 200;
/// Number of points between two neighbours of a relaxed string that are searched for its height.
const SEGMENT_TEST_POINTS: usize = 8;

/// Heights and positions of passes along strings. They slide downhill by steps of equal, decreasing length, and the highest point along
/// each string is a pass. It is never below the lowest pass, because the string leads from one end to the other. The result is `None` if
/// the effort of the search does not suffice.
pub fn tops(unit: &mut UnitBox, mut strings: Vec<PointString>) -> Vec<Option<Top>> {
    let mut lowest: Vec<Option<Top>> = strings.iter().map(|string| top(unit, string)).collect();
    if strings.is_empty() {
        return lowest;
    }
    for round in 0..STRING_STEPS {
        if unit.effort.is_exhausted() {
            break;
        }
        let images: Vec<&[f64]> = strings.iter().flat_map(|s| s[1..=STRING_IMAGES].iter().map(Vec::as_slice)).collect();
        let slopes: Vec<Vec<f64>> = unit.evaluate(&images).into_iter().map(|(_, slope)| slope).collect();
        let steepest = slopes.iter().map(|slope| norm(slope)).fold(f64::MIN_POSITIVE, f64::max);
        let step = RELAXATION_MAX_STEP * (1.0 - round as f64 / STRING_STEPS as f64) / steepest;
        for (string, slopes) in strings.iter_mut().zip(slopes.chunks(STRING_IMAGES)) {
            for (image, slope) in string[1..=STRING_IMAGES].iter_mut().zip(slopes) {
                *image = unit.clamped(image.iter().zip(slope).map(|(u, slope)| u - step * slope));
            }
            *string = evenly(string);
        }
        // A string may be lower in between than at the end of its relaxation.
        if round % 10 == 9 {
            for (lowest, string) in lowest.iter_mut().zip(&strings) {
                let now = top(unit, string);
                if now.as_ref().is_some_and(|now| lowest.as_ref().is_none_or(|lowest| now.0 < lowest.0)) {
                    *lowest = now;
                }
            }
        }
    }
    lowest
}

/// Largest value along a string, with its position; `None` if the effort of the search is spent.
pub fn top(unit: &mut UnitBox, string: &[Vec<f64>]) -> Option<Top> {
    if unit.effort.is_exhausted() {
        return None;
    }
    let along = |pair: &[Vec<f64>]| {
        (0..SEGMENT_TEST_POINTS).map(|k| mixed(&pair[0], &pair[1], k as f64 / SEGMENT_TEST_POINTS as f64)).collect::<Vec<_>>()
    };
    let points: Vec<Vec<f64>> = string.windows(2).flat_map(along).collect();
    let values = unit.evaluate(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let heights = values.into_iter().map(|(value, _)| value);
    heights.zip(points).filter(|(height, _)| height.is_finite()).max_by(|a, b| a.0.total_cmp(&b.0))
}
