//! Heights of passes over ridges on which the slope jumps, where a climb by derivatives finds no saddle.

use super::{IMAGES, NUDGE, evenly, mixed};
use crate::landscape::descent::UnitBox;
use crate::numerics::statistics::norm;

/// A height and its place.
type Top = (f64, Vec<f64>);

/// Number of steps of a string, whose length falls from [`NUDGE`] to nothing.
const STEPS: usize = 200;
/// Points between two neighbours of a relaxed string at which its height is looked for.
const BETWEEN: usize = 8;

/// The heights of passes between pairs of points: strings between them slide downhill by steps of equal length, which become shorter
/// and shorter, and the highest point along each is a pass. It is never below the lowest pass, because the string leads from one end
/// to the other. Each is given with its place; none where the effort of the search did not suffice.
pub fn tops(unit: &mut UnitBox, ends: &[[Vec<f64>; 2]]) -> Vec<Option<Top>> {
    let straight = |[a, b]: &[Vec<f64>; 2]| (0..IMAGES + 2).map(|k| mixed(a, b, k as f64 / (IMAGES + 1) as f64)).collect();
    let mut strings: Vec<Vec<Vec<f64>>> = ends.iter().map(straight).collect();
    let mut lowest: Vec<Option<Top>> = strings.iter().map(|string| top(unit, string)).collect();
    if strings.is_empty() {
        return lowest;
    }
    for round in 0..STEPS {
        if unit.effort.is_spent() {
            break;
        }
        let images: Vec<&[f64]> = strings.iter().flat_map(|s| s[1..=IMAGES].iter().map(Vec::as_slice)).collect();
        let slopes: Vec<Vec<f64>> = unit.evaluate(&images).into_iter().map(|(_, slope)| slope).collect();
        let steepest = slopes.iter().map(|slope| norm(slope)).fold(f64::MIN_POSITIVE, f64::max);
        let step = NUDGE * (1.0 - round as f64 / STEPS as f64) / steepest;
        for (string, slopes) in strings.iter_mut().zip(slopes.chunks(IMAGES)) {
            for (image, slope) in string[1..=IMAGES].iter_mut().zip(slopes) {
                *image = unit.clamped(image.iter().zip(slope).map(|(u, slope)| u - step * slope));
            }
            *string = evenly(string);
        }
        // A string may be lower on the way than at its end.
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

/// The largest value along a string, and where; none if the effort of the search is spent.
fn top(unit: &mut UnitBox, string: &[Vec<f64>]) -> Option<Top> {
    if unit.effort.is_spent() {
        return None;
    }
    let along =
        |pair: &[Vec<f64>]| (0..BETWEEN).map(|k| mixed(&pair[0], &pair[1], k as f64 / BETWEEN as f64)).collect::<Vec<_>>();
    let points: Vec<Vec<f64>> = string.windows(2).flat_map(along).collect();
    let values = unit.evaluate(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let heights = values.into_iter().map(|(value, _)| value);
    heights.zip(points).filter(|(height, _)| height.is_finite()).max_by(|a, b| a.0.total_cmp(&b.0))
}
