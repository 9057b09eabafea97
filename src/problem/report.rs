//! What a fit is judged by: the numbers of the command line's `--json` and of the page's number line.

use serde::{Deserialize, Serialize};

use crate::landscape::Minimum;
use crate::recipe::StageNote;

/// Which of several runs is the best: the one with the smallest error on the training samples among those that did not diverge. The
/// truth, where it is known, is not asked. Each report comes with what its run is called, and the best one's is given.
pub fn best<'a, Name>(reports: impl IntoIterator<Item = (Name, &'a Report)>) -> Option<Name> {
    least(reports.into_iter().map(|(name, report)| (name, report.finite, report.mse)))
}

/// The name with the smallest error among those that did not diverge, from names, whether each is finite, and errors.
pub fn least<Name>(all: impl IntoIterator<Item = (Name, bool, f64)>) -> Option<Name> {
    let healthy = all.into_iter().filter(|(_, is_finite, _)| *is_finite);
    healthy.min_by(|(.., a), (.., b)| a.total_cmp(b)).map(|(name, ..)| name)
}

/// What a reader should know of a finished fit before using it, in whole sentences; nothing if there is nothing to warn of. `maxima` are those
/// inside the domain.
pub fn warnings(report: &Report, maxima: usize) -> Vec<String> {
    if !report.finite || !report.minima.is_empty() {
        return Vec::new();
    }
    let is_own = report.true_wells.is_none();
    let sentence = match (is_own, report.r2_components.is_empty(), maxima) {
        (false, ..) => "The fit has no minimum inside the domain.".into(),
        (_, false, _) => {
            "The fit has no minimum inside the domain. If the columns are forces (minus the gradient), change their sign.".into()
        }
        (_, true, 0) => {
            "The fit has no minimum inside the domain: it is lowest at the edge. If a minimum is expected, the data must surround it.".into()
        }
        (.., maxima) => format!(
            "The fit has no minimum inside the domain, but {maxima} {}. If the values are minus the energy, change their sign.",
            if maxima == 1 { "maximum" } else { "maxima" }
        ),
    };
    vec![sentence]
}

/// The state of a fit in numbers, all in the data's own units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Id of the benchmark, or the name of the file.
    pub benchmark: String,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// Epochs done.
    pub epochs: u64,
    /// Value of the loss, penalty included, after the last epoch.
    pub loss: f64,
    /// Mean squared error on the training samples, scaled as the network sees them.
    pub mse: f64,
    /// Root mean squared error: against the noise-free truth on 200 equally spaced points, or on a file's rows.
    pub rmse: f64,
    /// Coefficient of determination on the same points as `rmse`.
    pub r2: f64,
    /// Coefficient of determination of each component of the gradient, where the gradient is learnt from: on held-out samples of a
    /// benchmark, or on a file's rows.
    #[serde(default)]
    pub r2_components: Vec<f64>,
    /// Root mean squared error of each of them.
    #[serde(default)]
    pub rmse_components: Vec<f64>,
    /// The same for the potential itself, if it is known, its constant removed.
    #[serde(default)]
    pub r2_potential: Option<f64>,
    /// The constant that was removed: by how much more than the truth the potential was on average. Without a truth its average.
    #[serde(default)]
    pub potential_offset: Option<f64>,
    /// Relative error of the gradient along the benchmark's trajectory: inside the sampled box, to t = 0.6, and to its end.
    #[serde(default)]
    pub trajectory_error: Vec<f64>,
    /// The worst error of a well's value, on the condition of `location_error`.
    #[serde(default)]
    pub value_error: Option<f64>,
    /// Sharpness of the soft minimum.
    pub rho: f64,
    /// That of the truth, where it is the soft minimum of known convex pieces.
    pub true_rho: Option<f64>,
    /// The gates `s(a_i)`.
    pub gates: Vec<f64>,
    /// How many gates exceed 0.01.
    pub active_gates: usize,
    /// How many modes have a responsibility above one half somewhere in the sampled domain.
    pub responsible_modes: usize,
    /// Local minima of the fit inside the sampled domain.
    pub minima: Vec<Minimum>,
    /// How many of them have a barrier above max(0.02 of the data's standard deviation, 1.5 of its estimated noise).
    pub wells: usize,
    /// How many wells the truth has, by the same rule, if it is known.
    pub true_wells: Option<usize>,
    /// The worst distance of a well from the truth's, if the wells of both answer to one another one by one.
    pub location_error: Option<f64>,
    /// The worst error of a well's barrier as a fraction of the truth's, on the same condition.
    pub barrier_error: Option<f64>,
    /// Mean time of an epoch, in milliseconds.
    pub ms_per_epoch: f64,
    /// Time spent training, in seconds.
    pub seconds: f64,
    /// False if training diverged; the numbers are then those of the last healthy state.
    pub finite: bool,
    /// The stages of the recipe that have ended, in order; empty if it has none.
    pub stages: Vec<StageNote>,
    /// Steps of the Levenberg-Marquardt method, which are no epochs.
    pub lm_steps: u64,
    /// What a reader should know before using the fit, once it has ended: see [`warnings`].
    #[serde(default)]
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_without_a_minimum_is_warned_of_in_words_that_suit_its_data() {
        let values = Report { finite: true, ..Report::default() };
        assert!(warnings(&values, 0)[0].contains("lowest at the edge"));
        assert!(warnings(&values, 1)[0].contains("but 1 maximum. If the values are minus the energy"));
        let derivatives = Report { r2_components: vec![1.0, 1.0], ..values.clone() };
        assert!(warnings(&derivatives, 2)[0].ends_with("If the columns are forces (minus the gradient), change their sign."));
        let known = Report { true_wells: Some(2), ..derivatives.clone() };
        assert_eq!(warnings(&known, 2), ["The fit has no minimum inside the domain."]);
        assert!(warnings(&Report { finite: false, ..derivatives.clone() }, 2).is_empty());
        assert!(warnings(&Report { minima: vec![Minimum::default()], ..derivatives }, 0).is_empty());
    }
}
