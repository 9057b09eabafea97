//! Run that follows a drawing during its editing.

use super::large::FitParams;
use super::run::PotentialRun;
use super::source::DataSource;
use crate::model::model_file::{ModelFile, Normalization};
use crate::model::rescale::rescaled;
use crate::problem::settings::{InvalidSetting, Settings};
use crate::recipe::likelihood::parameters_of_well;

/// Unexplained fraction of the variance of the values above which a new initialization is tried. The trained fit may have
/// lost modes that the drawing needs.
const MAX_UNEXPLAINED_FRACTION: f64 = 0.1;
/// Number of epochs of a new initialization before the comparison. They take about 25 ms and approximate most curves.
const TRIAL_EPOCHS: u64 = 150;

impl PotentialRun {
    /// Creates a run on another drawing that continues this fit, unless a new initialization is nearer to the drawing.
    ///
    /// # Errors
    /// The fault of the drawing.
    pub fn redrawn(&self, drawing: &str) -> Result<Self, Vec<InvalidSetting>> {
        let mut settings = self.settings.clone();
        if let Some(own) = settings.potential_mut() {
            own.drawing = drawing.into();
        }
        if self.data.rows.is_density { self.on_other_samples(settings) } else { self.on_another_curve(settings) }
    }

    fn on_another_curve(&self, settings: Settings) -> Result<Self, Vec<InvalidSetting>> {
        let mut fresh = Self::new(settings.clone(), DataSource::Benchmark, None)?;
        let Some(params) = rescaled(&self.arch, &self.params(), &self.scaling, &fresh.scaling) else { return Ok(fresh) };
        let continued = self.continued_with(settings, &fresh.scaling, &params)?;
        if self.unexplained_fraction() > MAX_UNEXPLAINED_FRACTION {
            fresh.train(TRIAL_EPOCHS, false);
            if fresh.unexplained_fraction() < continued.unexplained_fraction() {
                return Ok(fresh);
            }
        }
        Ok(continued)
    }

    /// Continues a density in the same units, because all its samples are drawn on one line. A new initialization replaces
    /// the fit if a kernel estimate makes the samples likelier by more than the cost of a well.
    fn on_other_samples(&self, settings: Settings) -> Result<Self, Vec<InvalidSetting>> {
        let continued = self.continued_with(settings.clone(), &self.scaling, &self.params())?;
        let unexplained_fraction =
            self.evaluation.joint().map_or(0.0, |joint| joint.estimate.mean_left_out()) - self.likelihood();
        if unexplained_fraction * self.data.rows.samples() as f64 <= parameters_of_well(1) {
            return Ok(continued);
        }
        let mut fresh = Self::new(settings.clone(), DataSource::Benchmark, None)?;
        fresh.train(TRIAL_EPOCHS, false);
        if fresh.likelihood() < continued.likelihood() {
            return Ok(continued);
        }
        // Only a run of the whole recipe tries other initializations.
        fresh.continued_with(settings, &fresh.scaling, &fresh.params())
    }

    /// Run with these settings from parameters in the units of a scaling.
    fn continued_with(&self, settings: Settings, scaling: &Normalization, params: &[f64]) -> Result<Self, Vec<InvalidSetting>> {
        let names =
            self.data.rows.names.split_last().map(|(target, inputs)| (inputs.to_vec(), target.clone())).unwrap_or_default();
        let file = ModelFile::new(&self.arch, names.0, names.1, scaling.clone(), params);
        Self::new(settings, DataSource::Benchmark, Some(&file))
    }

    /// Fraction of the variance of the values that the fit misses.
    fn unexplained_fraction(&self) -> f64 {
        1.0 - self.evaluation().r2(&self.params())
    }

    /// Mean of `log q` over the samples of a density.
    fn likelihood(&self) -> f64 {
        let params = self.params();
        let fit = FitParams { arch: &self.arch, scaling: &self.scaling, params: &params, offset: 0.0 };
        self.evaluation.joint().map_or(f64::NEG_INFINITY, |joint| joint.log_likelihood(&fit, &self.data.rows))
    }
}
