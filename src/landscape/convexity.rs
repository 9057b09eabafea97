//! Convexity of each mode: a proof from its weights, and tests at sampled points.
//!
//! The tests prove nothing. They check an assumption of the proof: that the evaluated network has the weights that were checked.

use serde::{Deserialize, Serialize};

use super::{starting_points, symmetric};
use crate::model::Potential;
use crate::model::potential::Outputs;

/// Proof that modes are convex, in one sentence.
pub const CONVEXITY_PROOF: &str = "Softplus is convex and never falls, sums with weights W ≥ 0 of convex functions are convex, and V x + b is \
                         affine, so every layer is convex in x; so are squares with \
                         weights D ≥ 0 and fourth powers of A x, where a mode has them.";

/// Note beside [`CONVEXITY_PROOF`] for periodic inputs.
pub const PERIODIC_CONVEXITY_NOTE: &str =
    "Of a periodic input x holds cosine and sine: a mode is convex in these, not in the angle.";

/// Number of sampled points in the domain. A chord joins each to another point.
const CHORD_SAMPLES: usize = 128;
/// Largest cost of all curvatures, in multiplications: a few seconds. In hundreds of inputs, fewer points are tested.
const MAX_COST: f64 = 3e9;

/// Results on the convexity of one mode, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// True if [`CONVEXITY_PROOF`] applies: no weight on a hidden value is negative.
    pub proven: bool,
    /// Smallest weight on a hidden value; infinite if there is none.
    pub smallest_weight: f64,
    /// Largest excess of the function at the middle of a sampled chord over the chord. It is at most a rounding error if the mode is
    /// convex.
    pub worst_chord: f64,
    /// Smallest principal curvature of the sample. If the mode is convex, it is at least zero, up to a rounding error.
    pub worst_curvature: f64,
    /// Number of sampled chords. It is also the number of points with sampled curvatures, unless these would take too long.
    pub samples: usize,
}

/// Returns the certificates of all modes over a box `[low, high]` per input. A mode is a convex function of the cosine and sine of a
/// periodic input, so that chords and curvatures are those in the plane of the two.
pub fn certificates(fit: &Potential, bounds: &[[f64; 2]]) -> Vec<Certificate> {
    let points: Vec<f64> = starting_points(bounds, CHORD_SAMPLES).into_iter().collect();
    if fit.has_angles() {
        return certificates_at(&fit.over_features(), &fit.features(&points));
    }
    certificates_at(fit, &points)
}

/// Certificates of all modes at points `[points, inputs]`.
fn certificates_at(fit: &Potential, points: &[f64]) -> Vec<Certificate> {
    let inputs = fit.inputs();
    // Each point is joined to the point about a third of the sequence later, so that chords have different lengths.
    let partner = |k: usize| points[(k + inputs * (CHORD_SAMPLES / 3)) % points.len()];
    let middles: Vec<f64> = points.iter().enumerate().map(|(k, x)| 0.5 * (x + partner(k))).collect();
    let curved = Outputs { hessian: true, ..Outputs::default() };
    // The eigenvalues cost about thirty multiplications per entry and column.
    let cost = 30.0 * (inputs * inputs * inputs * fit.modes()) as f64;
    let curvatures = ((MAX_COST / cost) as usize).clamp(1, CHORD_SAMPLES);
    let mut alone = fit.single_mode(0);
    let mut certificate = |mode: usize| {
        alone.set_params(fit.params_of(mode));
        let ends = alone.values(points, curved);
        let middle = alone.values(&middles, Outputs::default()).psi;
        let rise = |(k, m): (usize, &f64)| m - 0.5 * (ends.psi[k] + ends.psi[(k + CHORD_SAMPLES / 3) % CHORD_SAMPLES]);
        let least = |hessian: &[f64]| symmetric(hessian).first().map_or(0.0, |pair| pair.0);
        let smallest_weight = fit.smallest_weight(mode);
        Certificate {
            proven: smallest_weight >= 0.0,
            smallest_weight,
            worst_chord: middle.iter().enumerate().map(rise).fold(f64::NEG_INFINITY, f64::max),
            worst_curvature: ends.hessian.chunks(inputs * inputs).take(curvatures).map(least).fold(f64::INFINITY, f64::min),
            samples: CHORD_SAMPLES,
        }
    };
    (0..fit.modes()).map(&mut certificate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::model_file::Normalization;
    use crate::model::potential::declared;
    use crate::model::{Architecture, ParamKind, init};

    fn potential(inputs: usize) -> Potential {
        let arch = Architecture::new(inputs, 4, &[6, 5]);
        let params = init::paper(&declared(&arch), 2);
        Potential::new(&arch, &Normalization { output_scale: 3.0, ..Normalization::identity(inputs) }, params)
    }

    #[test]
    fn modes_with_non_negative_weights_are_proven_convex() {
        for inputs in [1, 3] {
            for c in certificates(&potential(inputs), &vec![[-3.0, 3.0]; inputs]) {
                assert!(c.proven && c.worst_chord <= 1e-14 && c.worst_curvature >= -1e-14, "{c:?}");
            }
        }
    }

    #[test]
    fn mode_with_negative_weights_is_not_proven_convex() {
        let mut fit = potential(1);
        let mut params = fit.params().to_vec();
        for p in declared(&Architecture::new(1, 4, &[6, 5])).iter().filter(|p| p.kind == ParamKind::NonNegative) {
            for w in &mut params[p.of_mode(2)] {
                *w *= -3.0;
            }
        }
        fit.set_params(params);
        let found = certificates(&fit, &[[-3.0, 3.0]]);
        assert!(!found[2].proven && found[2].smallest_weight < 0.0);
        // The violation exceeds rounding errors by far.
        assert!(found[2].worst_chord > 1e-9 && found[2].worst_curvature < -1e-9, "{:?}", found[2]);
        assert!(found[1].proven && found[1].worst_chord <= 1e-14);
    }
}
