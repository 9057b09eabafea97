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
use crate::recipe::active::{ActiveModes, AdamStage};
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
    stage: TrialStage,
    /// Current stage of Adam.
    pub adam: AdamStage,
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
        let (stage, adam) = if data.has_values_only() {
            let (full, masks) = kept.start(&offered, seed);
            (TrialStage::Cells, kept.adam(&all(&offered, full), Some(&masks)))
        } else {
            (TrialStage::Soft(0), kept.adam(&soft(&offered, seed, 0), None))
        };
        Self { offered, seed, kept, held_out, is_held_out, stage, adam, ended: Vec::new() }
    }

    fn soft_starts(&self) -> usize {
        if self.kept.has_values_only() { SOFT_START_COUNT } else { DERIVATIVE_START_COUNT }
    }

    /// Number of epochs of the current stage of Adam at full length.
    pub fn nominal_epochs(&self) -> u64 {
        match self.stage {
            TrialStage::Cells => PRETRAINING_EPOCHS,
            _ if self.kept.has_values_only() => JOINT_EPOCHS,
            _ => DERIVATIVE_START_EPOCHS,
        }
    }

    /// Number of stages of Adam that follow the current one.
    pub fn stages_left(&self) -> u64 {
        let left = match self.stage {
            TrialStage::Cells => 1 + self.soft_starts(),
            TrialStage::AfterCells => self.soft_starts(),
            TrialStage::Soft(k) => self.soft_starts() - 1 - k,
        };
        left as u64
    }

    /// Ends a stage of Adam and starts the next one; returns whether all starts have ended.
    pub fn advance(&mut self) -> bool {
        let mut active = all(&self.offered, self.adam.params());
        let (name, next) = match self.stage {
            TrialStage::Cells => {
                active.lower((self.offered.modes as f64).ln() / active.rho());
                (None, Some(TrialStage::AfterCells))
            }
            TrialStage::AfterCells => (Some("cells".into()), Some(TrialStage::Soft(0))),
            TrialStage::Soft(k) => {
                let next = Some(k + 1).filter(|&k| k < self.soft_starts()).map(TrialStage::Soft);
                (Some(format!("soft start {}", k + 1)), next)
            }
        };
        if let Some(name) = name {
            let params = active.params();
            self.ended.push(TrainedStart { name, error: self.held_out.relative(self.held_out.mse(&active, &params)), params });
        }
        if let Some(TrialStage::Soft(k)) = next {
            active = soft(&self.offered, self.seed, k);
        }
        if let Some(stage) = next {
            (self.stage, self.adam) = (stage, self.kept.adam(&active, None));
        }
        next.is_none()
    }

    /// The starts that have ended, the one with the largest error first.
    pub fn ranked(&self) -> Vec<TrainedStart> {
        let mut ranked = self.ended.clone();
        sort_by(&mut ranked, |start| -start.error);
        ranked
    }

    /// Sentence on all starts after the last one.
    pub fn sentence(&self) -> String {
        let errors: Vec<String> = self.ended.iter().map(|start| format!("{} {}", percent(start.error), start.name)).collect();
        let best = self.ended.iter().min_by(|a, b| a.error.total_cmp(&b.error)).map_or("", |start| &start.name);
        let rows = if self.is_held_out { "held-out rows" } else { "rows" };
        format!("The errors on the {rows} are {}. The best continues on all rows: {best}.", listed(&errors))
    }
}

fn all(offered: &Architecture, full: Vec<f64>) -> ActiveModes {
    ActiveModes::new(offered, full, (0..offered.modes).collect())
}

/// Soft start with an index.
pub fn soft(offered: &Architecture, seed: u64, index: usize) -> ActiveModes {
    all(offered, init::soft_start(&declared(offered), seed, index))
}
