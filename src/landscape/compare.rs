//! Compares the minima of a fit with those of the truth.

use serde::{Deserialize, Serialize};

use super::pairs::pair;
use super::{Bounds, CriticalPoint, Extrema, Minimum, of_potential_above, symmetric};
use crate::potentials::KnownPotential;

/// Pair of matched minima of fit and truth, or an unmatched minimum. Errors are fit minus truth. They are `None` where one of the minima,
/// or the compared quantity, is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Index of the minimum among those of the fit.
    pub fit: Option<usize>,
    /// Index of the minimum among those of the truth.
    pub truth: Option<usize>,
    /// Distance between the two minima.
    pub location_error: Option<f64>,
    /// Error of the depth: the value above the lowest minimum of the fit, minus the same for the truth.
    pub depth_error: Option<f64>,
    /// Error of the value itself.
    pub value_error: Option<f64>,
    /// Error of the barrier relative to that of the truth.
    pub barrier_error: Option<f64>,
    /// Error of a principal curvature with the largest magnitude, relative to the largest curvature of the truth.
    pub curvature_error: Option<f64>,
}

/// Comparison of a fit with a known truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LandscapeComparison {
    /// Number of wells of the truth: minima with a barrier above the threshold of the survey.
    pub wells: usize,
    /// Minima of the truth.
    pub minima: Vec<Minimum>,
    /// Saddles of the truth; of a curve, its maxima.
    #[serde(rename = "maxima")]
    pub saddles: Vec<CriticalPoint>,
    /// Matched minima, by first coordinate.
    pub matches: Vec<Match>,
}

/// Largest distance between matched minima, as a fraction of the width of the domain.
pub const LARGEST_DISTANCE: f64 = 0.1;

/// Compares the minima of a fit with those of the truth. Barriers lead to wells with a persistence above `threshold`.
pub fn compare(fit: &[Minimum], truth: &dyn KnownPotential, threshold: f64) -> LandscapeComparison {
    let found = of_truth(truth, threshold);
    let matches = matches(fit, &found.minima, Bounds { ends: &truth.bounds(), periodic: &truth.periodic() });
    LandscapeComparison { wells: found.wells(threshold), minima: found.minima, saddles: found.saddles, matches }
}

/// Extrema of a truth with curvatures, and with barriers above `threshold`.
///
/// Curvatures are those of the Hessian of the potential.
pub fn of_truth(truth: &dyn KnownPotential, threshold: f64) -> Extrema {
    let mut found = of_potential_above(truth, threshold);
    let curvature = |x: &[f64]| symmetric(&truth.hessian(x)).into_iter().map(|pair| pair.0).collect();
    for minimum in &mut found.minima {
        minimum.curvatures = curvature(&minimum.x);
    }
    for saddle in &mut found.saddles {
        saddle.curvatures = curvature(&saddle.x);
    }
    found
}

/// Largest error of one kind among the minima of fit and truth, if they match one to one. Minima with a known barrier of at most
/// `threshold`, and unsupported minima, are left out.
pub fn worst(
    fit: &[Minimum],
    truth: &[Minimum],
    threshold: f64,
    domain: Bounds,
    of: impl Fn(&Match) -> Option<f64>,
) -> Option<f64> {
    let is_well = |m: &&Minimum| m.supported && m.barrier.is_none_or(|b| b > threshold);
    let wells = |list: &[Minimum]| -> Vec<Minimum> { list.iter().filter(is_well).cloned().collect() };
    let found = matches(&wells(fit), &wells(truth), domain);
    found.iter().try_fold(0.0, |top: f64, m| Some(top.max(of(m)?.abs())))
}

/// Matches the minima of fit and truth in a domain.
pub(crate) fn matches(fit: &[Minimum], truth: &[Minimum], domain: Bounds) -> Vec<Match> {
    let lowest = |list: &[Minimum]| list.iter().map(|m| m.value).fold(f64::INFINITY, f64::min);
    let (floor_fit, floor_truth) = (lowest(fit), lowest(truth));
    let one = |(i, j): (Option<usize>, Option<usize>)| {
        let mut found = Match { fit: i, truth: j, ..Match::default() };
        if let (Some(i), Some(j)) = (i, j) {
            let (f, t) = (&fit[i], &truth[j]);
            found.location_error = Some(domain.distance(&f.x, &t.x));
            found.value_error = Some(f.value - t.value);
            found.depth_error = Some((f.value - floor_fit) - (t.value - floor_truth));
            found.barrier_error = f.barrier.zip(t.barrier).map(|(f, t)| f / t - 1.0);
            let largest = t.curvatures.iter().fold(0.0, |top: f64, c| top.max(c.abs()));
            let errors = f.curvatures.iter().zip(&t.curvatures).map(|(f, t)| (f - t) / largest);
            found.curvature_error = errors.max_by(|a, b| a.abs().total_cmp(&b.abs()));
        }
        found
    };
    pair(fit, truth, domain, LARGEST_DISTANCE * domain.diagonal()).into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials::{self, DoubleWell};

    #[test]
    fn comparison_of_truth_with_itself_has_no_errors() {
        for p in potentials::curves() {
            let own = compare(&[], p, 0.0).minima;
            let found = compare(&own, p, 0.0);
            assert_eq!(found.matches.len(), own.len());
            for (k, m) in found.matches.iter().enumerate() {
                assert_eq!((m.fit, m.truth), (Some(k), Some(k)));
                let errors = [m.location_error, m.depth_error, m.value_error, m.barrier_error, m.curvature_error];
                assert_eq!(errors, [Some(0.0); 5]);
            }
        }
    }

    #[test]
    fn comparison_reports_imposed_errors() {
        let truth = compare(&[], &DoubleWell, 0.0);
        // The curvature of the formula is 2/5 (3 x^2 + 3/4 x - 2).
        let x = truth.minima[0].x[0];
        assert!((truth.minima[0].curvatures[0] - 0.4 * (3.0 * x * x + 0.75 * x - 2.0)).abs() < 1e-8);
        let mut fit = truth.minima.clone();
        fit[0].value -= 0.1;
        fit[1].x[0] += 0.02;
        fit[1].barrier = fit[1].barrier.map(|b| 0.9 * b);
        fit[1].curvatures[0] *= 1.5;
        fit.push(Minimum { x: vec![2.9], value: 5.0, ..Minimum::default() });
        let found = compare(&fit, &DoubleWell, 0.0).matches;
        let is = |number: Option<f64>, expected: f64| (number.unwrap() - expected).abs() < 1e-12;
        assert!(is(found[0].value_error, -0.1) && is(found[0].depth_error, 0.0));
        assert!(is(found[1].depth_error, 0.1) && is(found[1].value_error, 0.0) && is(found[1].location_error, 0.02));
        assert!(is(found[1].barrier_error, -0.1) && is(found[1].curvature_error, 0.5));
        assert_eq!((found[2].fit, found[2].truth, found[2].location_error), (Some(2), None, None));
        assert_eq!(compare(&fit[..1], &DoubleWell, 0.0).matches[1].fit, None);

        let domain = (&[[-3.0, 3.0]]).into();
        let of = |fit: &[Minimum], kind: fn(&Match) -> Option<f64>| worst(fit, &truth.minima, 0.01, domain, kind);
        let errors = |fit: &[Minimum]| of(fit, |m| m.location_error).zip(of(fit, |m| m.barrier_error));
        let (location, barrier) = errors(&fit[..2]).unwrap();
        assert!((location - 0.02).abs() < 1e-12 && (barrier - 0.1).abs() < 1e-12, "{location} {barrier}");
        assert_eq!(errors(&fit[..1]), None, "a well is missing");
        fit[2].barrier = Some(0.5);
        assert_eq!(errors(&fit), None, "there is one too many");
        fit[2].barrier = Some(0.005);
        assert!(errors(&fit).is_some(), "a minor minimum is no well");
    }
}
