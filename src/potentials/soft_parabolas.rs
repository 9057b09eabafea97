//! Soft minimum of the three parabolas of [`ThreeWell`](super::ThreeWell) at a known sharpness: Eq. 2 of arXiv 2506.17242 for the modes of
//! its Eq. 10. It tests the fitted value of the sharpness.
//!
//! - formula: `y(x) = -(1/rho) log(1/3 sum_i exp(-rho f_i(x)))`, `f_i(x) = 0.05 (a_i (x - x_i)^2 + b_i)`
//! - slope: `sum_i r_i f_i'(x)` with the responsibilities `r_i = exp(-rho f_i) / sum_j exp(-rho f_j)`
//! - domain: `-3 <= x <= 3`
//! - minima: three from about `rho = 5`, near those of the parabolas; fewer below, and one at `rho = 1`

use super::KnownPotential;
use super::three_well::{PARABOLA_PARAMETERS, parabola};
use crate::text::decimal;

/// Soft minimum of three parabolas.
#[derive(Clone, Debug)]
pub struct SoftParabolas {
    id: String,
    rho: f64,
}

impl SoftParabolas {
    /// Prefix of the id, followed by the sharpness.
    pub const PREFIX: &'static str = "soft-parabolas-";

    /// Creates the soft minimum at sharpness `rho`; `None` outside 1e-3 to 1e6.
    pub fn new(rho: f64) -> Option<Self> {
        (1e-3..=1e6).contains(&rho).then(|| Self { id: format!("{}{rho}", Self::PREFIX), rho })
    }

    /// Creates the soft minimum with this id.
    pub fn named(id: &str) -> Option<Self> {
        decimal(id.strip_prefix(Self::PREFIX)?).and_then(Self::new)
    }

    /// Values of the three parabolas at the point `x`.
    pub fn parabolas(x: f64) -> [f64; 3] {
        PARABOLA_PARAMETERS.map(|p| parabola(p, x).0)
    }

    /// Modes `psi - log(3 r_i)/rho` at the point `x`. Their soft minimum at another sharpness `rho` is this potential, with unchanged
    /// responsibilities `r_i`. At a lower sharpness they are convex wherever they are responsible. The potential therefore determines only
    /// an upper bound on the sharpness.
    pub fn modes_at(&self, rho: f64, x: f64) -> [f64; 3] {
        let (psi, _) = self.both(x);
        // -log(3 r_i) = rho_0 (f_i - psi).
        Self::parabolas(x).map(|mode| psi + self.rho * (mode - psi) / rho)
    }

    /// Value and slope. The smallest parabola is subtracted in the exponents, which prevents overflow at any sharpness.
    fn both(&self, x: f64) -> (f64, f64) {
        let parabolas = PARABOLA_PARAMETERS.map(|p| parabola(p, x));
        let least = parabolas.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
        let weights = parabolas.map(|(value, _)| (-self.rho * (value - least)).exp());
        let sum: f64 = weights.iter().sum();
        let slope = weights.iter().zip(parabolas).map(|(w, (_, slope))| w * slope).sum::<f64>() / sum;
        (least - (sum / 3.0).ln() / self.rho, slope)
    }
}

impl KnownPotential for SoftParabolas {
    fn id(&self) -> &str {
        &self.id
    }

    fn description(&self) -> [&'static str; 2] {
        ["Soft parabolas", "The soft minimum of three parabolas at a known sharpness, learnt from values at random points."]
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.both(x[0]).0
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        vec![self.both(x[0]).1]
    }

    fn sharpness(&self) -> Option<f64> {
        Some(self.rho)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials::{ThreeWell, find};

    #[test]
    fn id_contains_sharpness() {
        for (id, rho, canonical) in
            [("soft-parabolas-30", 30.0, "soft-parabolas-30"), ("soft-parabolas-1E-2", 0.01, "soft-parabolas-0.01")]
        {
            let p = find(id).unwrap();
            assert_eq!((p.sharpness(), p.id()), (Some(rho), canonical));
        }
        for wrong in ["soft-parabolas-", "soft-parabolas-0", "soft-parabolas--3", "soft-parabolas-NaN", "soft-parabolas-1e9"] {
            assert!(find(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn soft_minimum_differs_from_minimum_by_at_most_log_3_over_rho() {
        for rho in [1e-3, 1.0, 30.0, 1e3, 1e6] {
            let soft = SoftParabolas::new(rho).unwrap();
            for k in 0..=600 {
                let x = -3.0 + 0.01 * f64::from(k);
                let above = soft.value(&[x]) - ThreeWell.value(&[x]);
                assert!((-1e-12..=3f64.ln() / rho + 1e-12).contains(&above), "{rho} at {x}: {above}");
                assert!(soft.gradient(&[x])[0].is_finite());
            }
        }
    }

    #[test]
    fn equivalent_modes_are_convex_up_to_own_sharpness() {
        let h = 1e-3;
        for own in [10.0, 30.0, 100.0] {
            let soft = SoftParabolas::new(own).unwrap();
            let least_curvature = |rho: f64| {
                let mut least = f64::INFINITY;
                for k in 1..5999 {
                    let x = -3.0 + h * f64::from(k);
                    let [before, here, after] = [x - h, x, x + h].map(|x| soft.modes_at(rho, x));
                    let minimum = here.iter().fold(f64::INFINITY, |least, &f| least.min(f));
                    let sum: f64 = here.iter().map(|f| (-rho * (f - minimum)).exp()).sum();
                    assert!((minimum - (sum / 3.0).ln() / rho - soft.value(&[x])).abs() < 1e-12);
                    for i in 0..3 {
                        let is_responsible = (-rho * (here[i] - minimum)).exp() / sum > 0.01;
                        let curvature = (after[i] - 2.0 * here[i] + before[i]) / (h * h);
                        least = if is_responsible { least.min(curvature) } else { least };
                    }
                }
                least
            };
            // The smallest curvature of a parabola is 0.4. Second differences in double precision are accurate to 1e-9.
            assert!((least_curvature(own) - 0.4).abs() < 1e-6);
            assert!(least_curvature(own / 2.0) > 0.0);
            assert!(least_curvature(own * 1.5) < -0.5);
        }
    }
}
