//! Initializations of a fit in many inputs, compared on held-out rows if the first one leaves a large error.
//!
//! Cells of the nearest centres ([`crate::loss::cells`]) find narrow wells in few inputs. In many inputs a cell is a large
//! region, and the modes are bound to sharp borders that the values do not have. A soft start, in which every mode contributes to
//! all values, then leads to a much better fit between the rows.

use super::active::{ActiveModes, AdamStage, JOINT_EPOCHS, PRETRAINING_EPOCHS};
use super::notes::percent;
use super::scaled_data::ScaledData;
use crate::model::potential::declared;
use crate::model::{Architecture, init};
use crate::train::{Divergence, Rates};

/// Number of soft starts.
const SOFT_START_COUNT: usize = 2;
/// Number of rows for each held-out row.
const HELD_OUT_FOLD: usize = 5;

/// Stage of Adam within a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TrialStage {
    Cells,
    /// All modes together, after the cells.
    AfterCells,
    /// All modes together, from the soft start with this index.
    Soft(usize),
}

/// Starts that train one after another.
pub struct StartTrials {
    offered: Architecture,
    seed: u64,
    kept: ScaledData,
    held_out: ScaledData,
    stage: TrialStage,
    adam: AdamStage,
    /// Mean squared errors of the starts that have ended, on the held-out rows.
    errors: Vec<f64>,
    /// The parameters of the best of them.
    best: Vec<f64>,
}

impl StartTrials {
    /// Number of epochs of all starts, and of the joint stage after them, at full length.
    pub const TOTAL_EPOCHS: u64 = PRETRAINING_EPOCHS + (1 + SOFT_START_COUNT as u64) * JOINT_EPOCHS + JOINT_EPOCHS;

    /// Starts with the cells, on four fifths of the rows.
    pub fn new(offered: Architecture, data: &ScaledData, seed: u64) -> Self {
        let (kept, held_out) = data.split(HELD_OUT_FOLD, seed);
        let (full, masks) = kept.start(&offered, seed);
        let adam = AdamStage::new(&all(&offered, full), &kept, Some(&masks));
        Self { offered, seed, kept, held_out, stage: TrialStage::Cells, adam, errors: Vec::new(), best: Vec::new() }
    }

    /// Current stage of Adam.
    pub fn adam(&self) -> &AdamStage {
        &self.adam
    }

    /// Mutable access to the current stage of Adam.
    pub fn adam_mut(&mut self) -> &mut AdamStage {
        &mut self.adam
    }

    /// Whether the modes train in their cells.
    pub fn is_in_cells(&self) -> bool {
        self.stage == TrialStage::Cells
    }

    /// Number of epochs of the following stages of Adam, each of this length.
    pub fn epochs_left(&self, joint: u64) -> u64 {
        let after = match self.stage {
            TrialStage::Cells => 1 + SOFT_START_COUNT,
            TrialStage::AfterCells => SOFT_START_COUNT,
            TrialStage::Soft(k) => SOFT_START_COUNT - 1 - k,
        };
        after as u64 * joint
    }

    /// Runs an epoch.
    pub fn step(&mut self, rates: Rates) -> Result<(), Divergence> {
        self.adam.step(rates)
    }

    /// Ends a stage of Adam and starts the next one; returns whether all starts have ended.
    pub fn advance(&mut self) -> bool {
        let mut active = all(&self.offered, self.adam.params());
        let next = match self.stage {
            TrialStage::Cells => {
                active.lower((self.offered.modes as f64).ln() / active.rho());
                Some(TrialStage::AfterCells)
            }
            TrialStage::AfterCells => Some(TrialStage::Soft(0)),
            TrialStage::Soft(k) => Some(k + 1).filter(|&k| k < SOFT_START_COUNT).map(TrialStage::Soft),
        };
        if self.stage != TrialStage::Cells {
            let error = self.held_out.mse(&active, &active.params());
            if self.errors.iter().all(|other| error < *other) {
                self.best = active.params();
            }
            self.errors.push(error);
        }
        if let Some(TrialStage::Soft(k)) = next {
            active = all(&self.offered, init::gradient(&declared(&self.offered), self.seed, k));
        }
        if let Some(stage) = next {
            (self.stage, self.adam) = (stage, AdamStage::new(&active, &self.kept, None));
        }
        next.is_none()
    }

    /// The parameters of the best start.
    pub fn best(&self) -> &[f64] {
        &self.best
    }

    /// Sentence on all starts after the last one.
    pub fn sentence(&self) -> String {
        let errors: Vec<String> = self.errors.iter().map(|&mse| percent(mse)).collect();
        let (cells, soft) = (&errors[0], errors[1..].join(" and "));
        let are_cells_best = self.errors[1..].iter().all(|other| self.errors[0] <= *other);
        let best = if are_cells_best { "cells go on" } else { "the best soft start goes on" };
        format!(
            "Trained on four fifths of the rows, cells have an error of {cells} on the others, soft starts of {soft}: {best} with all rows."
        )
    }
}

/// All modes with these parameters.
fn all(offered: &Architecture, full: Vec<f64>) -> ActiveModes {
    ActiveModes::new(offered, full, (0..offered.modes).collect())
}
