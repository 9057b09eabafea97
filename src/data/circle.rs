//! Data along a circle that no periodic function has: derivatives with a mean, and values that jump where the period begins.

use super::Dataset;
use super::gaps::NEIGHBOUR_SPACINGS;
use super::irregularities::MIN_EXCESS_ERRORS;
use super::noise::by_place;
use super::periods::Periods;
use crate::numerics::bounds::image;
use crate::numerics::statistics::sort_by;
use crate::text::number;

/// Smallest relevant integral of the derivatives over one period, as a fraction of the range of their integral. It is the smallest barrier of a
/// well in standard deviations of the values.
const MIN_TURN_FRACTION: f64 = 0.02;
/// Factor by which a jump exceeds the largest one between other neighbours.
const MIN_JUMP_RATIO: f64 = 5.0;

impl Dataset {
    /// Sentence on derivatives along a circle whose integral over a turn is not zero. Its uncertainty follows from the noise, from the integral
    /// over every second row, and from the curvature across each stretch between neighbouring rows.
    pub(super) fn open_turn(&self, periods: &Periods) -> Option<String> {
        let (&[Some(period)], Some(gradient)) = (&periods[..], &self.gradient) else { return None };
        let slopes = gradient.column(0);
        let known = self.x.column(0).into_iter().zip(slopes).filter(|row| row.1.is_finite());
        let mut rows: Vec<(f64, f64)> = known.map(|(x, slope)| (image(*x, period), *slope)).collect();
        sort_by(&mut rows, |row| row.0);
        if rows.len() <= NEIGHBOUR_SPACINGS {
            return None;
        }
        let turn = period[1] - period[0];
        let parts = |rows: &[(f64, f64)]| -> Vec<f64> {
            let next = rows.iter().skip(1).copied().chain([(rows[0].0 + turn, rows[0].1)]);
            rows.iter().zip(next).map(|(here, next)| 0.5 * (here.1 + next.1) * (next.0 - here.0)).collect()
        };
        let second: Vec<(f64, f64)> = rows.iter().step_by(2).copied().collect();
        let [whole_turn, of_second] = [&rows, &second].map(|rows| parts(rows).iter().sum::<f64>());
        let noise = self.sigma_of(&slopes) * root_sum_of_squares(parts_of_turn(&rows, turn));
        let error = noise.hypot(whole_turn - of_second).hypot(root_sum_of_squares(curvature_errors(&rows, turn)));
        let heights = parts(&rows).into_iter().scan(0.0, |height, part| {
            *height += part;
            Some(*height)
        });
        let [low, high] = heights.fold([0.0_f64; 2], |[low, high], height| [low.min(height), high.max(height)]);
        let matters = whole_turn.abs() > MIN_TURN_FRACTION * (high - low);
        (matters && whole_turn.abs() > MIN_EXCESS_ERRORS * error).then(|| {
            format!(
                "The derivatives with respect to {} have the integral {} over one period, with an uncertainty of {}, but that of a periodic \
                 potential is zero. Do not state the period, or subtract the mean derivative.",
                self.names[0],
                number(whole_turn, 3),
                number(error, 1)
            )
        })
    }

    /// Sentence on a jump of the measured quantity from the last row of one period to the first row of the next one.
    pub(super) fn jump(&self, periods: &Periods) -> Option<String> {
        let (&[Some([low, high])], measured) = (&periods[..], self.measured()?) else { return None };
        let mut rows = by_place(&self.x.column(0), &measured);
        rows.dedup_by(|next, row| next.0 == row.0);
        let [first, second, .., before, last] = rows[..] else { return None };
        let turned = |row: (f64, f64)| (row.0 + high - low, row.1);
        let (mut widest, mut largest) = (0.0_f64, 0.0_f64);
        for around in rows.windows(4) {
            widest = widest.max(around[2].0 - around[1].0);
            largest = largest.max(excess(around).1);
        }
        let seam = turned(first).0 - last.0;
        let (jump, relative) = excess(&[before, last, turned(first), turned(second)]);
        // The jump is comparable with the others if its stretch without rows is not the widest one.
        let is_comparable = rows.len() > NEIGHBOUR_SPACINGS && seam >= 0.0 && seam <= widest * (1.0 + f64::EPSILON.sqrt());
        let slope = |from: (f64, f64), to: (f64, f64)| ((to.1 - from.1) / (to.0 - from.0)).abs();
        let is_steep = (first.1 - last.1).abs() > seam * slope(before, last).max(slope(first, second));
        let matters = is_steep && jump.abs() > MIN_TURN_FRACTION * super::standard_deviation(&measured);
        (is_comparable && matters && relative > MIN_JUMP_RATIO * largest).then(|| {
            format!(
                "The rows jump by {} from one period of {} to the next one, but a periodic function is continuous. Do not state the period, or \
                 correct the rows.",
                number(jump, 3),
                self.names[0]
            )
        })
    }
}

fn root_sum_of_squares(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.map(|x| x * x).sum::<f64>().sqrt()
}

/// Row number `k` of rows that repeat every turn of a circle.
fn row_of_turns(rows: &[(f64, f64)], turn: f64, k: isize) -> (f64, f64) {
    let count = rows.len().cast_signed();
    let (x, y) = rows[k.rem_euclid(count) as usize];
    (x + turn * k.div_euclid(count) as f64, y)
}

/// Weight of each row in the trapezoidal rule over one turn of a circle.
fn parts_of_turn(rows: &[(f64, f64)], turn: f64) -> impl Iterator<Item = f64> {
    let x = move |k: isize| row_of_turns(rows, turn, k).0;
    (0..rows.len().cast_signed()).map(move |k| 0.5 * (x(k + 1) - x(k - 1)))
}

/// Error of the trapezoidal rule over each stretch between neighbouring rows on a circle. Over a stretch of width `h` it is `f'' h^3 / 12`, where
/// `f''` follows from the slopes on both sides, each from the end to a row at least `h/4` away. Half of the rows do not show this error if one
/// stretch is much wider than the others: both halves have it.
fn curvature_errors(rows: &[(f64, f64)], turn: f64) -> impl Iterator<Item = f64> {
    let (count, row) = (rows.len().cast_signed(), move |k: isize| row_of_turns(rows, turn, k));
    (0..count).map(move |k| {
        let [from, to] = [row(k), row(k + 1)];
        let width = to.0 - from.0;
        let is_apart = |a: f64, b: f64| b > a && b - a >= 0.25 * width;
        if width <= 0.0 {
            return 0.0;
        }
        let before = (k - count..k).rev().map(row).find(|row| is_apart(row.0, from.0));
        let after = (k + 2..k + count).map(row).find(|row| is_apart(to.0, row.0));
        let (Some(before), Some(after)) = (before, after) else { return 0.0 };
        let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
        let between = width + 0.5 * (from.0 - before.0 + after.0 - to.0);
        (slope(to, after) - slope(before, from)) / between * width.powi(3) / 12.0
    })
}

/// Difference of the middle two of four points from the mean slope of the outer pairs, also relative to its standard deviation under noise
/// with a standard deviation of one.
fn excess(points: &[(f64, f64)]) -> (f64, f64) {
    let [a, b, c, d] = [0, 1, 2, 3].map(|k| points[k]);
    let half = 0.5 * (c.0 - b.0);
    let [before, after] = [half / (b.0 - a.0), half / (d.0 - c.0)];
    let found = c.1 - b.1 - before * (b.1 - a.1) - after * (d.1 - c.1);
    let factors = [before, 1.0 + before, 1.0 + after, after];
    (found, found.abs() / factors.iter().map(|factor| factor * factor).sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use rand::Rng;
    use rand_distr::StandardNormal;

    use super::*;
    use crate::model::init;

    #[test]
    fn mean_derivative_along_a_circle_gives_a_warning() {
        let turn = vec![Some([0.0, 360.0])];
        let mut rng = init::stream(5);
        // Places are multiples of `step`, if it is not zero.
        let mut derivatives = |mean: f64, noise: f64, count: usize, step: f64| {
            let place = |x: f64| if step > 0.0 { (x / step).floor() * step } else { x };
            let x = Array2::from_shape_simple_fn((count, 1), || place(rng.random_range(0.0..360.0_f64)));
            let slope = |x: f64| mean + (3.0 * x.to_radians()).sin() * 0.05 + noise * rng.sample::<f64, _>(StandardNormal);
            let slopes = x.mapv(slope);
            Dataset::gradients(x, slopes).unwrap()
        };
        for noise in [0.0, 0.005] {
            for (count, step) in [(60, 0.0), (300, 0.0), (600, 10.0)] {
                let told = derivatives(0.02, noise, count, step).irregularities(&turn).join(" ");
                assert!(told.contains("over one period"), "{noise} {count}: {told}");
                assert_eq!(derivatives(0.0, noise, count, step).irregularities(&turn).join(" "), "", "{noise} {count}");
            }
        }
    }

    #[test]
    fn a_wide_stretch_without_rows_on_a_circle_gives_no_warning() {
        let turn = [0.0, 360.0];
        let mut warnings = 0;
        for seed in 0..40 {
            let mut rng = init::stream(seed);
            let start = rng.random_range(0.0..360.0_f64);
            let x = Array2::from_shape_simple_fn((100, 1), || (start + rng.random_range(0.0..320.0_f64)) % 360.0);
            let slope = |x: f64| (2.0 * x.to_radians()).sin() + 0.05 * rng.sample::<f64, _>(StandardNormal);
            let slopes = x.mapv(slope);
            warnings += usize::from(Dataset::gradients(x, slopes).unwrap().open_turn(&vec![Some(turn)]).is_some());
        }
        assert!(warnings <= 1, "{warnings} of 40");
    }

    #[test]
    fn jump_at_the_seam_gives_a_warning() {
        let turn = vec![Some([0.0, 360.0])];
        for seed in 0..40 {
            let mut rng = init::stream(seed);
            let count = rng.random_range(60..200);
            let is_even = seed % 2 == 0;
            let at = |k: i32| if is_even { 360.0 * f64::from(k) / f64::from(count - 1) } else { rng.random_range(0.0..360.0) };
            let x: Vec<f64> = (0..count).map(at).collect();
            for noise in [0.0, 0.05] {
                let mut told = |tilt: f64| {
                    let wave = |x: f64| (2.0 * x.to_radians()).cos() + (x.to_radians().sin() * 3.0).abs() + tilt * x / 360.0;
                    let y: Vec<f64> = x.iter().map(|&x| wave(x) + noise * rng.sample::<f64, _>(StandardNormal)).collect();
                    Dataset::curve(&x, &y).unwrap().irregularities(&turn).join(" ")
                };
                assert_eq!(told(0.0), "", "{seed} {noise}");
                let found = told(2.0);
                assert!(found.contains("from one period of x to the next one") || !is_even, "{seed} {noise} {count}: {found}");
            }
        }
    }
}
