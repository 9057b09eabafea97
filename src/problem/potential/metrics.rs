//! Metrics of a fitted potential, in the units of the data.

use serde::{Deserialize, Serialize};

use super::derivative_scale::DerivativeScale;
use crate::landscape::Minimum;
use crate::problem::metrics::HeldOut;
use crate::text::number;

/// Errors of a fitted potential, the parameters of its model, and its minima.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PotentialMetrics {
    /// Value of the loss after the last epoch, penalty included.
    pub loss: f64,
    /// Mean squared error on the training samples, in the units of the network.
    pub mse: f64,
    /// Root mean squared error against the noise-free truth on 200 equally spaced points, or on a file's rows.
    pub rmse: f64,
    /// Coefficient of determination on the same points as `rmse`.
    pub r2: f64,
    /// Coefficient of determination of each component of the gradient, on held-out samples of a benchmark or on a file's rows.
    /// Empty if the fit uses values alone.
    pub r2_components: Vec<f64>,
    /// Root mean squared error of each component of the gradient, on the samples of `r2_components`.
    pub rmse_components: Vec<f64>,
    /// Coefficient of determination of the potential itself, if it is known and the fit uses its gradient. Its constant is
    /// removed.
    pub r2_potential: Option<f64>,
    /// Constant that was removed from a potential fitted to its gradient: its mean difference from the truth, or its mean if the
    /// truth is unknown.
    pub potential_offset: Option<f64>,
    /// Relative error of the gradient along the benchmark's trajectory: inside the sampled box, to t = 0.6, and to its end. Empty if the
    /// benchmark has no trajectory.
    pub trajectory_error: Vec<f64>,
    /// Largest error of the value at a well; known if `location_error` is.
    pub value_error: Option<f64>,
    /// Sharpness of the soft minimum.
    pub rho: f64,
    /// Sharpness of the truth, where it is the soft minimum of known convex pieces.
    pub true_rho: Option<f64>,
    /// Gates `s(a_i)`.
    pub gates: Vec<f64>,
    /// Number of gates above 0.01.
    pub active_gates: usize,
    /// Number of modes with a responsibility above one half somewhere in the sampled domain.
    pub responsible_modes: usize,
    /// Local minima of the fit inside the sampled domain.
    pub minima: Vec<Minimum>,
    /// Minima of a curve at the edges of the data, beyond which it may fall further. They are not among `minima`. Empty for a
    /// benchmark.
    #[serde(default)]
    pub edge_minima: Vec<Minimum>,
    /// Number of `minima` with a barrier above max(0.02 of the data's standard deviation, 1.5 of its estimated noise).
    /// Small errors of the fit lower this limit; on a surface, a Gaussian process through the rows must confirm such a well.
    pub wells: usize,
    /// Number of minima of the truth with a barrier above the same limit, if the truth is known. All minima of a truth are supported.
    pub true_wells: Option<usize>,
    /// Largest distance of a well from that of the truth, if the wells of fit and truth match one by one.
    pub location_error: Option<f64>,
    /// Largest error of a well's barrier as a fraction of the true barrier; known if `location_error` is.
    pub barrier_error: Option<f64>,
    /// Metrics of a joint density, if the data are samples of one. The errors are then against a kernel estimate at some of the
    /// samples.
    pub density: Option<JointMetrics>,
}

/// Metrics of a joint density besides those of its potential.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JointMetrics {
    /// Number of samples.
    pub samples: usize,
    /// Effective number of samples, reduced by weights and correlation.
    pub effective_samples: f64,
    /// True if the weights are a smooth function of the position, like those of a bias. All samples then count as they were
    /// drawn.
    pub is_biased: bool,
    /// Mean over the samples of the logarithm of the sampled density, in the units of the data. The sampled density is `q`,
    /// or the normalised `q/w` under a bias.
    pub log_likelihood: f64,
    /// Estimated error of `log Z`: its difference from that of cells twice as wide.
    pub log_z_error: f64,
    /// Probability of the basin of each minimum; zero for a minimum without support, whose basin belongs to a well.
    pub populations: Vec<f64>,
    /// Free energies of the basins: `-kT log` of each probability over the largest one; NaN for a probability of zero.
    pub free_energies: Vec<f64>,
    /// Intervals of the free energies, if they were requested and the samples determine them.
    pub free_energy_intervals: Option<Vec<[f64; 2]>>,
    /// Intervals of the populations; known if `free_energy_intervals` are.
    pub population_intervals: Option<Vec<[f64; 2]>>,
}

impl JointMetrics {
    /// Interval of a free energy, if it is known. The reference basin has none, because its interval has no width.
    pub fn free_energy_interval(&self, basin: usize) -> Option<[f64; 2]> {
        self.free_energy_intervals.as_ref()?.get(basin).copied().filter(|[low, high]| low < high)
    }

    /// Interval of a population, if it is known. A population of one has none.
    pub fn population_interval(&self, basin: usize) -> Option<[f64; 2]> {
        self.population_intervals.as_ref()?.get(basin).copied().filter(|[low, high]| low < high)
    }
}

/// Properties of the shape of a fit that indicate the sign of its data.
#[derive(Clone, Copy, Debug, Default)]
pub struct FitShape {
    /// Number of maxima inside the domain.
    pub maxima: usize,
    /// True if the fit falls towards every face of the domain; for a curve, with growing steepness.
    pub falls_outwards: bool,
    /// True if the table has forces instead of derivatives.
    pub has_forces: bool,
    /// Force under which a curve without wells has two equally deep ones.
    pub coexistence_force: Option<f64>,
    /// Sign and scale of derivatives from values at the same rows.
    pub scale: DerivativeScale,
    /// Edges of the data of a curve.
    pub edges: [f64; 2],
}

impl PotentialMetrics {
    /// Warnings on a finished fit, in whole sentences; empty without any.
    pub fn warnings(&self, shape: FitShape) -> Vec<String> {
        let (is_own, minima, maxima) = (self.true_wells.is_none(), self.minima.len(), shape.maxima);
        let of_derivatives = is_own && !self.r2_components.is_empty();
        let role = if shape.has_forces {
            "If the columns are derivatives rather than forces, choose derivative as their role."
        } else {
            "If the columns are forces (minus the gradient), choose force as their role."
        };
        match shape.scale {
            DerivativeScale::Opposite if of_derivatives => {
                return vec![format!(
                    "The derivatives contradict the values: their signs are opposite to those of the values' rise. {role}"
                )];
            }
            DerivativeScale::Scaled(factor) if of_derivatives => {
                return vec![format!(
                    "The derivatives contradict the values: between neighbouring rows, the values rise by {} times as much as the derivatives \
                     predict. Convert both to the same units.",
                    number(factor, 3)
                )];
            }
            _ => {}
        }
        // Values beside derivatives are better evidence than the shape.
        let is_upside_down = is_own && shape.falls_outwards && shape.scale == DerivativeScale::Unknown && maxima > minima;
        if minima > 0 {
            let sentence = || {
                format!(
                    "The fit falls off at every edge of the data and has more maxima than minima ({maxima} and {minima}): it may be upside down. \
                     {role}"
                )
            };
            return (of_derivatives && is_upside_down).then(sentence).into_iter().collect();
        }
        let places: Vec<String> = self.edge_minima.iter().map(|edge| number(edge.x[0], 4)).collect();
        let places = places.join(" and ");
        let [low, high] = shape.edges;
        let is_inside = |x: f64| (x - low).min(high - x) > MAX_EDGE_WIDTH * (high - low);
        let advice = "If a minimum is expected, the data must surround it.";
        let lowest = if places.is_empty() {
            format!("it is lowest at the edge. {advice}")
        } else if self.edge_minima.iter().any(|edge| is_inside(edge.x[0])) {
            format!(
                "it is lowest at {places}, from where it rises to the edge by less than the smallest barrier of a well. If steep walls cause the \
                 spread of the values, leave out their rows."
            )
        } else {
            format!("it is lowest at the edge of the data, at {places}. {advice}")
        };
        let but = if maxima == 1 { "1 maximum".into() } else { format!("{maxima} maxima") };
        let sentence = match (is_own, of_derivatives, is_upside_down) {
            (false, ..) => "The fit has no minimum inside the domain.".into(),
            (_, true, true) => {
                format!("The fit has no minimum inside the domain, but {but}, and falls off at every edge of the data. {role}")
            }
            (_, false, true) => {
                format!(
                    "The fit has no minimum inside the domain, but {but}. If the values are minus the energy, change their sign."
                )
            }
            _ => match shape.coexistence_force {
                Some(force) => format!(
                    "The fit has no minimum inside the domain, but two equally deep ones under a force of {force}, as a force-extension curve has. \
                     The view Physics describes them.",
                    force = number(force, 4)
                ),
                None => format!("The fit has no minimum inside the domain: {lowest}"),
            },
        };
        vec![sentence]
    }
}

/// Largest distance of a minimum at the edge of a curve from this edge, as a fraction of the domain.
const MAX_EDGE_WIDTH: f64 = 0.01;
/// Largest difference of the coefficients of determination on the rows of the fit and on fresh rows without a warning.
const MAX_R2_GAP: f64 = 0.05;
/// Largest difference without a warning for a fit that is nearly exact on its rows. Its mean squared error is at most a fraction of the
/// expected one.
const MAX_EXACT_R2_GAP: f64 = 0.01;
const MAX_EXACT_FRACTION: f64 = 0.1;

/// Sentence on a fit that explains fresh rows worse than its training rows.
pub fn overfitting_warning(r2: f64, expected: &HeldOut) -> Option<String> {
    let fresh = expected.r2.filter(|_| expected.rows == 0)?;
    let is_far = |gap: f64| gap > MAX_R2_GAP || gap > MAX_EXACT_R2_GAP && 1.0 - r2 < MAX_EXACT_FRACTION * gap;
    if !is_far(r2 - fresh) {
        return None;
    }
    Some(format!(
        "R^2 is {} on the rows of the fit, but about {} is expected on fresh rows (from a Gaussian process through the same rows): the fit follows \
         its rows too closely. More rows, fewer modes or a larger epsilon may help.",
        number(r2, 3),
        number(fresh, 2)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warning_without_minimum_matches_kind_of_data() {
        let values = PotentialMetrics::default();
        let with = |maxima| FitShape { maxima, falls_outwards: true, ..FitShape::default() };
        assert!(values.warnings(with(0))[0].contains("lowest at the edge"));
        let edge_minima = vec![Minimum { x: vec![0.9], ..Minimum::default() }];
        let shallow = PotentialMetrics { edge_minima, ..values.clone() };
        let on = |edges| shallow.warnings(FitShape { edges, ..with(0) }).remove(0);
        assert!(on([0.0, 1.0]).contains("at 0.9, from where it rises to the edge by less"), "{}", on([0.0, 1.0]));
        assert!(on([0.0, 0.905]).contains("at 0.9. If"), "{}", on([0.0, 0.905]));
        assert!(values.warnings(with(1))[0].contains("but 1 maximum. If the values are minus the energy"));
        let derivatives = PotentialMetrics { r2_components: vec![1.0, 1.0], ..values };
        assert!(derivatives.warnings(with(2))[0].ends_with("(minus the gradient), choose force as their role."));
        let forces = derivatives.warnings(FitShape { has_forces: true, ..with(2) });
        assert!(forces[0].ends_with("choose derivative as their role."));
        let pulled = derivatives.warnings(FitShape { coexistence_force: Some(9.8712), ..with(0) });
        assert!(pulled[0].contains("under a force of 9.871") && pulled[0].contains("view Physics describes"), "{pulled:?}");
        assert!(!pulled[0].contains("role"), "a rising force is not upside down: {pulled:?}");
        assert!(derivatives.warnings(FitShape { falls_outwards: false, ..with(1) })[0].ends_with("the data must surround it."));
        let known = PotentialMetrics { true_wells: Some(2), ..derivatives.clone() };
        assert_eq!(known.warnings(with(2)), ["The fit has no minimum inside the domain."]);
        let one = PotentialMetrics { minima: vec![Minimum::default()], ..derivatives };
        assert!(one.warnings(with(2))[0].contains("more maxima than minima (2 and 1)"));
        assert!(one.warnings(with(1)).is_empty());
        assert!(one.warnings(FitShape { falls_outwards: false, ..with(2) }).is_empty());
        // Values at the same rows determine the sign.
        assert!(one.warnings(FitShape { scale: DerivativeScale::Consistent, ..with(2) }).is_empty());
        assert!(
            one.warnings(FitShape { scale: DerivativeScale::Opposite, falls_outwards: false, ..with(0) })[0]
                .contains("contradict the values")
        );
        let scaled = FitShape { scale: DerivativeScale::Scaled(0.239), ..with(0) };
        assert!(one.warnings(scaled)[0].contains("rise by 0.239 times"));
        let of_values = PotentialMetrics { r2_components: Vec::new(), ..one };
        assert!(of_values.warnings(with(2)).is_empty());
    }
}
