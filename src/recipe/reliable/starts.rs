//! Starts of a fit in many inputs, compared on held-out rows where the first one leaves a large error.
//!
//! Cells of the nearest centres ([`crate::loss::cells`]) find narrow wells, in few inputs. In many inputs a cell is no small region: the modes
//! are bound to sharp borders that the values do not have. A soft start, at which every mode has a part in all values, then leads to a fit that is
//! much better between the rows.

use super::active::{ActiveModes, AdamStage};
use super::notes::percent;
use super::scaled_data::ScaledData;
use super::{Divergence, JOINT, PRETRAINING};
use crate::model::potential::declared;
use crate::model::{Architecture, init};
use crate::train::Rates;

/// Number of soft starts.
const SOFT: usize = 2;
/// Number of rows per row that is held out.
const FOLD: usize = 5;

/// A stage of Adam within a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Cells,
    /// All modes together, from what the cells have given.
    AfterCells,
    /// All modes together, from soft start number k.
    Soft(usize),
}

/// The starts, which are trained one after another.
pub struct Starts {
    offered: Architecture,
    seed: u64,
    kept: ScaledData,
    held_out: ScaledData,
    part: Part,
    adam: AdamStage,
    /// Mean squared errors of the starts that have ended, on the held-out rows.
    errors: Vec<f64>,
    /// The parameters of the best of them.
    best: Vec<f64>,
}

impl Starts {
    /// The epochs of all starts, and of the joint stage after them, at full length.
    pub const EPOCHS: u64 = PRETRAINING + (1 + SOFT as u64) * JOINT + JOINT;

    /// Begins with the cells, on four fifths of the rows.
    pub fn new(offered: Architecture, data: &ScaledData, seed: u64) -> Self {
        let (kept, held_out) = data.split(FOLD, seed);
        let (full, masks) = kept.start(&offered, seed);
        let adam = AdamStage::new(&all(&offered, full), &kept, Some(&masks));
        Self { offered, seed, kept, held_out, part: Part::Cells, adam, errors: Vec::new(), best: Vec::new() }
    }

    /// The present stage of Adam.
    pub fn adam(&self) -> &AdamStage {
        &self.adam
    }

    /// The present stage of Adam, to be trained.
    pub fn adam_mut(&mut self) -> &mut AdamStage {
        &mut self.adam
    }

    /// Whether the modes learn their cells.
    pub fn is_in_cells(&self) -> bool {
        self.part == Part::Cells
    }

    /// The epochs of the stages of Adam that follow the present one, each of this length.
    pub fn left(&self, joint: u64) -> u64 {
        let after = match self.part {
            Part::Cells => 1 + SOFT,
            Part::AfterCells => SOFT,
            Part::Soft(k) => SOFT - 1 - k,
        };
        after as u64 * joint
    }

    /// Takes an epoch.
    pub fn step(&mut self, rates: Rates) -> Result<(), Divergence> {
        self.adam.step(rates)
    }

    /// Ends a stage of Adam and begins the next one; returns whether all starts have ended.
    pub fn next(&mut self) -> bool {
        let mut active = all(&self.offered, self.adam.params());
        let next = match self.part {
            Part::Cells => {
                active.lower((self.offered.modes as f64).ln() / active.rho());
                Some(Part::AfterCells)
            }
            Part::AfterCells => Some(Part::Soft(0)),
            Part::Soft(k) => Some(k + 1).filter(|&k| k < SOFT).map(Part::Soft),
        };
        if self.part != Part::Cells {
            let error = self.held_out.mse(&active, &active.params());
            if self.errors.iter().all(|other| error < *other) {
                self.best = active.params();
            }
            self.errors.push(error);
        }
        if let Some(Part::Soft(k)) = next {
            active = all(&self.offered, init::gradient(&declared(&self.offered), self.seed, k));
        }
        if let Some(part) = next {
            (self.part, self.adam) = (part, AdamStage::new(&active, &self.kept, None));
        }
        next.is_none()
    }

    /// The parameters of the best start.
    pub fn best(&self) -> &[f64] {
        &self.best
    }

    /// What is said of the starts when all have ended.
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
