//! A run that follows a drawing, while someone draws.

use super::large::Fit;
use super::run::Run;
use super::source::Source;
use crate::model::model_file::{ModelFile, Normalization};
use crate::model::rescale::rescaled;
use crate::problem::settings::{InvalidSetting, Settings};
use crate::recipe::likelihood::parameters_of_well;

/// A new start is compared with a fit that misses more than this part of the values' variance though it has been trained: it may have lost the modes
/// that a drawing needs.
const MISSED: f64 = 0.1;
/// Epochs of a new start before the comparison: a fortieth of a second, and enough to come near to most curves.
const TRIAL: u64 = 150;

impl Run {
    /// A run on another drawing that goes on from this one's fit, unless that has lost its way and a new start is nearer to the drawing.
    ///
    /// # Errors
    /// What is wrong with the drawing.
    pub fn redrawn(&self, drawing: &str) -> Result<Self, Vec<InvalidSetting>> {
        let mut settings = self.settings.clone();
        if let Some(own) = settings.potential_mut() {
            own.drawing = drawing.into();
        }
        if self.data.is_density { self.on_other_samples(settings) } else { self.on_another_curve(settings) }
    }

    fn on_another_curve(&self, settings: Settings) -> Result<Self, Vec<InvalidSetting>> {
        let mut begun = Self::new(settings.clone(), Source::Benchmark, None)?;
        let Some(params) = rescaled(&self.arch, &self.params(), &self.scaling, &begun.scaling) else { return Ok(begun) };
        let gone_on = self.going_on(settings, &begun.scaling, &params)?;
        if self.missed() > MISSED {
            begun.advance(TRIAL);
            if begun.missed() < gone_on.missed() {
                return Ok(begun);
            }
        }
        Ok(gone_on)
    }

    /// A density goes on in its own units: what it was fitted to was drawn on the same line. It has lost its way if a kernel estimate makes its samples likelier
    /// by more than what a well costs.
    fn on_other_samples(&self, settings: Settings) -> Result<Self, Vec<InvalidSetting>> {
        let gone_on = self.going_on(settings.clone(), &self.scaling, &self.params())?;
        let missed = self.evaluation.left_out().unwrap_or_default() - self.likelihood();
        if missed * self.data.samples() as f64 <= parameters_of_well(1) {
            return Ok(gone_on);
        }
        let mut begun = Self::new(settings.clone(), Source::Benchmark, None)?;
        begun.advance(TRIAL);
        if begun.likelihood() < gone_on.likelihood() {
            return Ok(gone_on);
        }
        // Other starts are for the run of the whole recipe.
        begun.going_on(settings, &begun.scaling, &begun.params())
    }

    /// A run with these settings from parameters in the units of a scaling.
    fn going_on(&self, settings: Settings, scaling: &Normalization, params: &[f64]) -> Result<Self, Vec<InvalidSetting>> {
        let names = self.data.names.split_last().map(|(target, inputs)| (inputs.to_vec(), target.clone())).unwrap_or_default();
        let file = ModelFile::new(&self.arch, names.0, names.1, scaling.clone(), params);
        Self::new(settings, Source::Benchmark, Some(&file))
    }

    /// The part of the variance of the values that the fit misses.
    fn missed(&self) -> f64 {
        1.0 - self.evaluation().r2(&self.params())
    }

    /// The mean of `log q` over the samples of a density.
    fn likelihood(&self) -> f64 {
        let params = self.params();
        let fit = Fit { arch: &self.arch, scaling: &self.scaling, params: &params, offset: 0.0 };
        self.evaluation.log_likelihood(&fit, &self.data).unwrap_or(f64::NEG_INFINITY)
    }
}
