//! Data of the fits of a density: weights on a grid or on states.

use crate::problem::density::choice;
use crate::problem::density::fitter::binned;
use crate::problem::density::run::DensityRun;
use crate::problem::density::samples::SampleSets;
use crate::problem::settings::Pooling;

impl DensityRun {
    /// Weights of the data on a grid for the fit of a set, with one fold left out or none; and their effective sample size.
    pub(super) fn data(&self, set: usize, pooling: Pooling, points: usize, without: Option<usize>) -> (Vec<f64>, f64) {
        let mut data = vec![0.0; points];
        let mut counts = vec![0.0; self.samples.sets()];
        for (other, number) in counts.iter_mut().enumerate() {
            let weight = choice::weight(pooling, set, other);
            if weight > 0.0 {
                let kept = self.samples.rows_of(other).filter(|(row, _)| Some(self.samples.fold(other, *row)) != without);
                let binned = binned(kept.map(|(_, state)| state), self.samples.top, points);
                *number = binned.iter().sum::<f64>() * self.samples.judged_part(other);
                data.iter_mut().zip(binned).for_each(|(sum, count)| *sum += weight * count);
            }
        }
        (crate::data::estimate::normalised(data), choice::effective_size(pooling, set, &counts))
    }

    /// The effective size of the samples that a set is fitted to.
    pub(in crate::problem::density) fn effective_size(&self, set: usize) -> f64 {
        self.size_by(set, SampleSets::effective)
    }

    /// The number of samples that the wells of a set are judged by.
    pub(in crate::problem::density) fn judged_size(&self, set: usize) -> f64 {
        self.size_by(set, SampleSets::judged)
    }

    pub(super) fn size_by(&self, set: usize, of: fn(&SampleSets, usize) -> f64) -> f64 {
        let counts: Vec<f64> = (0..self.samples.sets()).map(|set| of(&self.samples, set)).collect();
        choice::effective_size(self.choice_of(set).1, set, &counts)
    }

    /// Weights of the data on the states, as [`Self::data`] gives them on a grid.
    pub(in crate::problem::density) fn data_on_states(
        &self,
        set: usize,
        pooling: Pooling,
        without: Option<usize>,
    ) -> (Vec<f64>, f64) {
        self.data(set, pooling, self.samples.top + 1, without)
    }

    /// The part of the samples of a set at each state.
    pub(in crate::problem::density) fn own_weights(&self, set: usize) -> Vec<f64> {
        let top = self.samples.top;
        crate::data::estimate::normalised(binned(self.samples.rows_of(set).map(|(_, state)| state), top, top + 1))
    }
}
