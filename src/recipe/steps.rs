//! Steps of training. Each comprises several stages of the recipes.

use super::reliable::notes::ASSIGNMENT_STAGE;

/// Step of training, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrainingStep {
    /// Initial parameters are determined from the data or from several starts.
    Initialize,
    /// All modes train together.
    TrainTogether,
    /// Unneeded modes are removed.
    RemoveModes,
    /// A second-order method reduces the remaining error.
    Refine,
}

impl TrainingStep {
    /// All steps, with their names.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Initialize, "initialize"),
        (Self::TrainTogether, "train together"),
        (Self::RemoveModes, "remove spare modes"),
        (Self::Refine, "refine"),
    ];

    /// Step of the stage called `name`, which may follow the label of a set of samples and a colon.
    pub fn of_stage(name: &str) -> Self {
        let name = name.rsplit(": ").next().unwrap_or(name);
        match name.split(' ').next().unwrap_or_default() {
            "read" | "initialize" => Self::Initialize,
            "remove" | "restore" => Self::RemoveModes,
            "settle" | "refine" | "polish" | "sharpen" => Self::Refine,
            _ => Self::TrainTogether,
        }
    }

    /// Name of a stage for readers, in the words of the steps.
    pub fn in_words(stage: &str) -> String {
        stage.replace("settle", "refine").replace("polish", "refine").replace("soft start", "initialize again")
    }

    /// True if the stage called `name` tries a change that it may reject.
    pub fn is_trial(name: &str) -> bool {
        name == ASSIGNMENT_STAGE || Self::of_stage(name) == Self::RemoveModes
    }
}
