//! Initializations that train for a while on a part of the rows and are compared on the other rows.
//!
//! A fit to derivatives always begins with soft starts, in which every mode contributes everywhere. A single start misses a
//! well in some runs, which its error reveals.
//!
//! Fits to values begin with cells of the nearest centres ([`crate::loss::RegressionTarget::Cells`]), which find narrow wells in few inputs. In many
//! inputs a cell is a large region, and the modes are bound to sharp borders that the values do not have. If the first fit leaves a
//! large error there, cells and soft starts are compared.

use super::notes::percent;
use super::scaled_data::{JOINT_EPOCHS, PRETRAINING_EPOCHS, ScaledData};
use crate::model::potential::declared;
use crate::model::{Architecture, init};
use crate::numerics::statistics::sort_by;
use crate::recipe::active::{ActiveModes, TrainingStage};
use crate::text::listed;

/// Numbers of soft starts for values and for derivatives.
const SOFT_START_COUNT: usize = 2;
const DERIVATIVE_START_COUNT: usize = 4;
/// Index of a soft start that no comparison of starts uses.
pub const UNUSED_START: usize = DERIVATIVE_START_COUNT;
/// Number of epochs of a soft start for derivatives.
const DERIVATIVE_START_EPOCHS: u64 = 700;
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

/// Start that has been trained.
#[derive(Clone, Debug)]
pub struct TrainedStart {
    /// Its name within a sentence.
    name: String,
    /// Squared error on the held-out rows, relative to the mean square of the data.
    error: f64,
    /// The parameters of all modes.
    pub params: Vec<f64>,
}

/// Starts that train one after another.
pub struct StartTrials {
    offered: Architecture,
    seed: u64,
    kept: ScaledData,
    held_out: ScaledData,
    /// True if the rows for comparison differ from those for training.
    is_held_out: bool,
    /// Stages of Adam that have not ended, the current one first.
    stages: Vec<TrialStage>,
    /// Current stage of Adam.
    pub adam: TrainingStage,
    ended: Vec<TrainedStart>,
}

impl StartTrials {
    /// Number of epochs of all starts of a fit to values, and of the joint stage after them, at full length.
    pub const TOTAL_EPOCHS: u64 = PRETRAINING_EPOCHS + (1 + SOFT_START_COUNT as u64) * JOINT_EPOCHS + JOINT_EPOCHS;

    /// Begins the first start on four fifths of the rows.
    pub fn new(offered: Architecture, data: &ScaledData, seed: u64) -> Self {
        let (kept, held_out) = data.split(HELD_OUT_FOLD, seed);
        let is_held_out = kept.set.counts() && held_out.set.counts();
        let (kept, held_out) = if is_held_out { (kept, held_out) } else { (data.clone(), data.clone()) };
        let (stages, adam) = if data.has_values_only() {
            let (full, masks) = kept.start(&offered, seed);
            let soft = (0..SOFT_START_COUNT).map(TrialStage::Soft);
            let stages = [TrialStage::Cells, TrialStage::AfterCells].into_iter().chain(soft).collect();
            (stages, kept.adam(&all(&offered, full), Some(&masks)))
        } else {
            let stages = (0..DERIVATIVE_START_COUNT).map(TrialStage::Soft).collect();
            (stages, kept.adam(&soft(&offered, seed, 0), None))
        };
        Self { offered, seed, kept, held_out, is_held_out, stages, adam, ended: Vec::new() }
    }

    /// Number of epochs of the current stage of Adam at full length.
    pub fn nominal_epochs(&self) -> u64 {
        match self.stages.first() {
            Some(TrialStage::Cells) => PRETRAINING_EPOCHS,
            _ if self.kept.has_values_only() => JOINT_EPOCHS,
            _ => DERIVATIVE_START_EPOCHS,
        }
    }

    /// Number of stages of Adam that follow the current one.
    pub fn stages_left(&self) -> u64 {
        self.stages.len() as u64 - 1
    }

    /// Ends a stage of Adam and starts the next one; returns whether all starts have ended.
    pub fn advance(&mut self) -> bool {
        let mut active = all(&self.offered, self.adam.params());
        let name = match self.stages.remove(0) {
            TrialStage::Cells => None,
            TrialStage::AfterCells => Some("cells".into()),
            TrialStage::Soft(k) => Some(format!("start {}", k + 1)),
        };
        if let Some(name) = name {
            let params = active.params();
            self.ended.push(TrainedStart { name, error: self.held_out.relative(self.held_out.mse(&active, &params)), params });
        }
        match self.stages.first() {
            None => return true,
            Some(TrialStage::Soft(k)) => active = soft(&self.offered, self.seed, *k),
            Some(_) => active.lower(),
        }
        self.adam = self.kept.adam(&active, None);
        false
    }

    /// The starts that have ended, the one with the largest error first.
    pub fn ranked(&self) -> Vec<TrainedStart> {
        let mut ranked = self.ended.clone();
        sort_by(&mut ranked, |start| -start.error);
        ranked
    }

    /// Sentence on all starts after the last one.
    pub fn sentence(&self) -> String {
        let errors: Vec<String> = self.ended.iter().map(|start| format!("{} {}", start.name, percent(start.error))).collect();
        let best = self.ended.iter().min_by(|a, b| a.error.total_cmp(&b.error)).map_or("", |start| &start.name);
        let rows = if self.is_held_out { "held-out rows" } else { "rows" };
        format!("Errors on the {rows}: {}. Training continues on all rows from {best}.", listed(&errors))
    }
}

fn all(offered: &Architecture, full: Vec<f64>) -> ActiveModes {
    ActiveModes::new(offered, full, (0..offered.modes).collect())
}

/// Soft start with an index.
pub fn soft(offered: &Architecture, seed: u64, index: usize) -> ActiveModes {
    all(offered, init::soft_start(&declared(offered), seed, index))
}
