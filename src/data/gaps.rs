//! Stretches without rows in which a fit is a guess.

use ndarray::ArrayRef1;

use super::Dataset;
use crate::numerics::statistics::sort_by;
use crate::text::number;

/// Probability that chance alone leaves a stretch as wide as a gap.
pub(super) const GAP_LEVEL: f64 = 0.05;
/// Number of spacings beside a stretch with which it is compared.
pub(super) const NEIGHBOUR_SPACINGS: usize = 16;
/// Smallest part of the way between two minima that a stretch without rows must cover to make the barrier a guess.
const MIN_WAY_FRACTION: f64 = 0.25;
/// Smallest number of spacings beside a stretch.
const MIN_NEIGHBOURS: usize = 5;

impl Dataset {
    /// Sentence on the widest stretch without rows that contains one of these `places`, each with its kind, or that is a large part of one of
    /// these `ways` between minima of a curve, or on a place in a void.
    pub(crate) fn gap_with(&self, places: &[(&str, &[f64])], ways: &[[f64; 2]]) -> Option<String> {
        if self.is_model || self.is_density {
            return None;
        }
        let of_input = |input: usize| {
            let period = self.period(input);
            let holds = |[low, high]: [f64; 2], x: f64| {
                (low < x && x < high) || period.is_some_and(|[first, last]| low < x + last - first && x + last - first < high)
            };
            gaps(&self.x.column(input), period).into_iter().find_map(|(ends, times)| {
                places.iter().find(|(_, x)| holds(ends, x[input])).map(|&(what, x)| (input, ends, times, what, x[input]))
            })
        };
        let Some((input, [low, high], times, what, x)) = (0..self.inputs()).find_map(of_input) else {
            return self.gap_between(ways).or_else(|| self.point_in_void(places));
        };
        let stretch = self.stretch(input, [low, high], times);
        Some(format!("{stretch}, but the fit has a {what} there, at {}: it is a guess. Measure there.", number(x, 4)))
    }

    /// First part of a sentence on a stretch of an input without rows.
    fn stretch(&self, input: usize, ends: [f64; 2], times: f64) -> String {
        let [low, high] = ends.map(|x| number(x, 4));
        let times = number(times, 2);
        format!("No row has {} between {low} and {high}, a stretch {times} times as wide as those beside it", self.names[input])
    }

    /// Sentence on a stretch without rows that is a large part of one of these `ways` between minima of a curve.
    fn gap_between(&self, ways: &[[f64; 2]]) -> Option<String> {
        let is_large =
            |[low, high]: [f64; 2], [from, to]: [f64; 2]| high.min(to) - low.max(from) > MIN_WAY_FRACTION * (to - from);
        let of_gap = |(ends, times)| ways.iter().find(|way| is_large(ends, **way)).map(|way| (ends, times, *way));
        let (ends, times, way) = gaps(&self.x.column(0), self.period(0)).into_iter().find_map(of_gap)?;
        let (stretch, [from, to]) = (self.stretch(0, ends, times), way.map(|x| number(x, 4)));
        Some(format!(
            "{stretch}, between the minima of the fit at {from} and {to}: the barrier is a guess, and a well would be missed. Measure there."
        ))
    }
}

/// Finds stretches of an input without rows that are wider than chance explains, the widest first. Each has its width divided by the mean
/// of its neighbours' widths.
///
/// Spacings of random rows are exponentially distributed. One spacing divided by the mean of `k` others exceeds `t` with the probability
/// `(1 + t/k)^-k`. One of `m` spacings exceeds it with a probability of at most `m` times that.
fn gaps(x: &ArrayRef1<f64>, period: Option<[f64; 2]>) -> Vec<([f64; 2], f64)> {
    let mut places: Vec<f64> = x.to_vec();
    sort_by(&mut places, |&x| x);
    places.dedup();
    if let (Some([low, high]), Some(&first)) = (period, places.first()) {
        places.push(first + (high - low));
    }
    let widths: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let all = widths.len();
    let beside = NEIGHBOUR_SPACINGS.min(all.saturating_sub(1));
    if beside < MIN_NEIGHBOURS {
        return Vec::new();
    }
    let k = beside as f64;
    let most = k * ((GAP_LEVEL / all as f64).powf(-1.0 / k) - 1.0);
    let times = |at: usize| {
        let around: f64 = if period.is_some() {
            (1..=beside).map(|by| if by % 2 == 0 { by / 2 } else { all - by.div_ceil(2) }).map(|by| widths[(at + by) % all]).sum()
        } else {
            let first = at.saturating_sub(beside / 2).min(all - beside - 1);
            widths[first..=first + beside].iter().sum::<f64>() - widths[at]
        };
        widths[at] * k / around
    };
    let mut found: Vec<([f64; 2], f64)> =
        (0..all).map(|at| ([places[at], places[at + 1]], times(at))).filter(|(_, times)| *times > most).collect();
    sort_by(&mut found, |([low, high], _)| low - high);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(x: impl Iterator<Item = f64>) -> Dataset {
        let x: Vec<f64> = x.collect();
        Dataset::curve(&x, &x.iter().map(|x| (x * x - 1.0).powi(2)).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn gap_with_critical_point_of_fit_gives_a_warning() {
        let two_clouds = curve((0..80).map(|k| f64::from(k % 40) / 40.0 + if k < 40 { -1.5 } else { 0.5 }));
        let told = two_clouds.gap_with(&[("well", &[-1.0]), ("barrier", &[0.02])], &[]).unwrap();
        assert!(told.contains("between −0.525 and 0.5") && told.contains("a barrier there, at 0.02"), "{told}");
        assert_eq!(two_clouds.gap_with(&[("well", &[-1.0]), ("well", &[1.0])], &[]), None);
        let told = two_clouds.gap_with(&[], &[[-1.0, 1.0]]).unwrap();
        assert!(told.contains("between the minima of the fit at −1 and 1"), "{told}");
        assert_eq!(two_clouds.gap_with(&[], &[[-5.0, 5.0]]), None, "a small part of the way");
        // Gap across the boundary of a period.
        let ring = curve((0..100).map(|k| 30.0 + 3.0 * f64::from(k))).repeating(vec![Some([0.0, 360.0])]);
        assert!(ring.gap_with(&[("well", &[2.0])], &[]).is_some() && ring.gap_with(&[("well", &[355.0])], &[]).is_some());
        assert!(ring.gap_with(&[("well", &[100.0])], &[]).is_none());
    }
}
