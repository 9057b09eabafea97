//! Choice of the best start, and removal of the modes that the samples do not need.

use super::{KNOWN_WELL_COST, Likelihood, START_COUNT, parameters_of_well};
use crate::loss::Loss;
use crate::model::potential::{Evaluator, Outputs};
use crate::recipe::active::AdamStage;
use crate::recipe::fitting::narrow;
use crate::recipe::phase::{RecipePhase, RemovalTrial};
use crate::recipe::staged::Staged;
use crate::text::number;

impl Staged<Likelihood> {
    /// Starts the next draw of initial parameters, or continues with the best one.
    pub(super) fn next_draw(&mut self, adam: AdamStage) {
        let params = adam.params();
        drop(adam);
        let loss = self.objective.compiled(&self.active).value(&narrow(&params)).data;
        let Some(draws) = &mut self.objective.draws else { return };
        if draws.losses.iter().all(|&other| loss < other) {
            draws.best = params;
        }
        draws.losses.push(loss);
        if (draws.losses.len() as u64) < START_COUNT {
            let params = draws.next(&self.active.offered);
            self.active.set(&params);
            return self.begin(self.objective.first_phase(&self.active));
        }
        let least = draws.losses.iter().copied().fold(f64::INFINITY, f64::min);
        let behind: Vec<String> = draws.losses.iter().map(|loss| number(self.objective.effective * (loss - least), 3)).collect();
        let sentence = format!("By log-likelihood the {START_COUNT} starts are behind the best by {}.", behind.join(", "));
        let best = draws.best.clone();
        self.close_stage(&best, sentence);
        self.begin(RecipePhase::Joint(self.adam()));
    }

    /// True if a removal can be decided before its end: its loss is below every removal cost, or far above every one.
    pub(super) fn is_clear(&mut self) -> bool {
        let RecipePhase::Removing { adam, trial } = &mut self.phase else { return false };
        let cost = |adam: &mut AdamStage| self.objective.effective * (adam.error() - trial.error);
        RemovalTrial::test(adam).is_some_and(|test| trial.is_clear(test, cost(adam)))
    }

    /// Present mode with the least probability, except for modes whose removal was rejected.
    pub(super) fn least_probable(&self) -> Option<usize> {
        let (params, present) = (narrow(&self.active.params()), self.active.present().len());
        let mut loss = self.objective.compiled(&self.active);
        loss.value(&params);
        let mut evaluator: Evaluator<f32> = self.active.evaluator(Outputs { modes: true, ..Outputs::default() });
        let responsibilities = evaluator.evaluate(&params, &self.objective.points.cells).responsibilities;
        let mass = |k: usize| -> f64 {
            loss.probabilities().iter().zip(responsibilities.iter().skip(k).step_by(present)).map(|(q, r)| q * r).sum()
        };
        self.active.lowest_cost(&(0..present).map(mass).collect::<Vec<f64>>(), &self.needed)
    }
}

impl Likelihood {
    /// True if other samples of the quantity show more wells than this number of modes, which stay besides the removed one.
    pub(super) fn is_expected(&self, others: usize) -> bool {
        others < self.expected_wells
    }

    /// Removal costs in units of log-likelihood: of a mode that holds a well, and of another mode.
    pub(super) fn removal_costs(&self, others: usize) -> [f64; 2] {
        let parameters = parameters_of_well(self.lattice.inputs());
        let well = if self.is_expected(others) { KNOWN_WELL_COST } else { parameters };
        [well, 0.5 * parameters * self.effective.ln()]
    }
}
