//! A run that follows a drawing, while someone draws.

use super::run::Run;
use super::source::Source;
use crate::model::model_file::ModelFile;
use crate::model::rescale::rescaled;
use crate::problem::settings::InvalidSetting;

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
        let mut begun = Self::new(settings.clone(), Source::Benchmark, None)?;
        let Some(params) = rescaled(&self.arch, &self.params(), &self.scaling, &begun.scaling) else { return Ok(begun) };
        let names = self.data.names.split_last().map(|(target, inputs)| (inputs.to_vec(), target.clone())).unwrap_or_default();
        let file = ModelFile::new(&self.arch, names.0, names.1, begun.scaling.clone(), &params);
        let gone_on = Self::new(settings, Source::Benchmark, Some(&file))?;
        if self.missed() > MISSED {
            begun.advance(TRIAL);
            if begun.missed() < gone_on.missed() {
                return Ok(begun);
            }
        }
        Ok(gone_on)
    }

    /// The part of the variance of the values that the fit misses.
    fn missed(&self) -> f64 {
        1.0 - self.evaluation().r2(&self.params())
    }
}
