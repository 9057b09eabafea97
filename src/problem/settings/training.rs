//! Settings of every problem: size of the model, training, and sampling of the data.

use super::setting::{Context, FormGroup, NamedChoice, Retention, Setting, at};
use crate::recipe::{Recipe, Schedule, TrainingSettings};
use serde::{Deserialize, Serialize};

/// Largest seed: JavaScript numbers represent all integers up to it.
pub const MAX_SEED: f64 = 9_007_199_254_740_991.0;

impl NamedChoice for Recipe {
    const ALL: &'static [(&'static str, Self)] = &[("reliable", Self::Reliable), ("paper", Self::Paper)];
}

impl NamedChoice for Schedule {
    const ALL: &'static [(&'static str, Self)] = &[("constant", Self::Constant), ("cosine", Self::Cosine)];
}

/// Sampling of the data, and held-out fraction of a user's data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SamplingSettings {
    /// Number of sample points, or of trajectories.
    pub samples: usize,
    /// Seed of the sample points, the noise, and the held-out rows.
    pub seed: u64,
    /// Held-out fraction of the rows of a user's table. Held-out rows are used for errors only.
    pub hold_out: Option<f64>,
    /// Maximum number of refits for intervals; zero for no intervals. The delta method needs none.
    pub uncertainty: usize,
}

pub(super) const SETTING_LIST: &[Setting] = &[
    Setting::whole(at!(TrainingSettings, modes), FormGroup::Model, [1.0, 64.0], ["modes", "Modes offered", "the number of modes"])
        .means("Maximum number of convex networks in the soft minimum.")
        .slider(1.0, 64.0)
        .kept(Retention::WithModel),
    Setting::widths(at!(TrainingSettings, hidden), FormGroup::Model, ["hidden", "Hidden layers", "the list of hidden layers"])
        .means("Widths of the hidden layers of each mode.")
        .kept(Retention::WithModel),
    Setting::number(at!(TrainingSettings, epsilon), FormGroup::Model, [0.0, 1.0], ["epsilon", "Sparsity ε", "the sparsity ε"])
        .means(
            "paper: weight of the penalty ε Σ|aᵢ| that closes gates. reliable: limit of the squared error that a removal of modes may add, in variances \
             of the values; a larger one leaves fewer modes.",
        )
        .slider(1e-7, 1.0)
        .without_restart()
        .kept(Retention::WithModel),
    Setting::choice::<Recipe>(at!(TrainingSettings, recipe), FormGroup::Training, ["recipe", "Recipe", "the recipe"])
        .means(
            "Method of training. paper: all modes at once, as published. reliable: in stages, which the tab Stages below \
             the picture lists.",
        )
        .resets_training_defaults(),
    Setting::number(at!(TrainingSettings, lr), FormGroup::Training, [0.0, 1e4], ["lr", "Network rate", "the network's learning rate"])
        .means("Adam's learning rate for weights and biases.")
        .slider(1e-6, 1.0)
        .without_restart()
        .kept(Retention::WithModel),
    Setting::number(
        at!(TrainingSettings, gate_lr),
        FormGroup::Training,
        [0.0, 1e4],
        ["gate-lr", "Gate and ρ rate", "the learning rate of gates and ρ"],
    )
    .means("Adam's learning rate for the gates and the sharpness.")
    .slider(1e-6, 1.0)
    .without_restart()
    .kept(Retention::Always),
    Setting::choice::<Schedule>(at!(TrainingSettings, schedule), FormGroup::Training, ["schedule", "Schedule", "the schedule"])
        .means("Course of both learning rates: constant, or a cosine that falls to a hundredth of their values.")
        .without_restart()
        .kept(Retention::Always)
        .idle(under_fixed_recipe),
    Setting::whole(at!(TrainingSettings, epochs), FormGroup::Training, [1.0, 1e9], ["epochs", "Stop at epoch", "the last epoch"])
        .means("Last epoch of the run. A larger number continues a finished run.")
        .without_restart()
        .kept(Retention::WithModel),
    Setting::number(at!(TrainingSettings, stop_loss), FormGroup::Training, [0.0, 1e9], ["stop-loss", "Stop at loss", "the loss to stop at"])
        .means("Loss at which the run stops.")
        .absent("never")
        .without_restart()
        .kept(Retention::Always),
    Setting::whole(at!(TrainingSettings, seed), FormGroup::Training, [0.0, MAX_SEED], ["seed", "Seed", "the seed of the weights"])
        .means("Seed of the initial weights.")
        .kept(Retention::Always),
    Setting::whole(at!(SamplingSettings, samples), FormGroup::Data, [2.0, 1e6], ["samples", "Samples", "the number of samples"])
        .means("Number of points drawn from the potential.")
        .kept(Retention::WithModel),
    Setting::whole(at!(SamplingSettings, seed), FormGroup::Data, [0.0, MAX_SEED], ["data-seed", "Data seed", "the seed of the data"])
        .means("Seed of the sample points, of their noise and of the held-out rows.")
        .kept(Retention::Always)
        .idle(without_random_data),
    Setting::number(at!(SamplingSettings, hold_out), FormGroup::Data, [0.0, 0.9], ["hold-out", "Held out", "the fraction held out"])
        .means("Fraction of a table's rows that is held out. Errors on these rows are reported before the others.")
        .absent("none, and 0.2 of a table of more than three inputs")
        .kept(Retention::Always)
        .idle(with_split_column),
    Setting::whole(
        at!(SamplingSettings, uncertainty),
        FormGroup::Data,
        [0.0, 1000.0],
        ["uncertainty", "Intervals", "the setting of intervals"],
    )
    .means("Above 0, 90 % intervals of minima and barriers are given, and a band around a curve. They are computed from the fit, without refits.")
    .without_restart(),
];

/// Circumstances in which the data seed has no effect.
fn without_random_data(context: &Context) -> Option<String> {
    (!context.draws).then(|| "on a file's rows of which none are held out".into())
}

/// Circumstances in which the table itself marks the held-out rows.
fn with_split_column(context: &Context) -> Option<String> {
    let is_named = context.data.is_some_and(|data| !data.held_out.is_empty());
    is_named.then(|| "where a column says which rows are held out".into())
}

/// Circumstances in which the recipe fixes a setting.
pub fn under_fixed_recipe(context: &Context) -> Option<String> {
    (context.recipe != Recipe::Paper).then(|| format!("under the recipe {}", context.recipe.name()))
}
