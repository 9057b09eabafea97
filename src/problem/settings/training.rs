//! The settings that every problem has: the model's size, its training, and the drawing of data.

use super::setting::{Choice, Context, Group, Kept, Setting, at};
use crate::recipe::{Recipe, Schedule, Training};
use serde::{Deserialize, Serialize};

/// The largest seed: every integer up to it survives a trip through a JavaScript number.
pub const MAX_SEED: f64 = 9_007_199_254_740_991.0;

impl Choice for Recipe {
    const ALL: &'static [(&'static str, Self)] = &[("reliable", Self::Reliable), ("paper", Self::Paper)];
}

impl Choice for Schedule {
    const ALL: &'static [(&'static str, Self)] = &[("constant", Self::Constant), ("cosine", Self::Cosine)];
}

/// How data are drawn, and which part of a user's own is held out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// Number of sample points, or of trajectories.
    pub samples: usize,
    /// Seed of the sample points and of the noise, and of the rows that are held out.
    pub seed: u64,
    /// Fraction of the rows of a user's table that is held out: not learnt from, but evaluated on.
    pub hold_out: Option<f64>,
    /// The largest number of refits that may be spent on intervals; zero for no intervals. The delta method needs none.
    pub uncertainty: usize,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::whole(at!(Training, modes), Group::Model, [1.0, 64.0], ["modes", "Modes offered", "the number of modes"])
        .means("How many convex networks the soft minimum may use.")
        .kept(Kept::WithModel),
    Setting::widths(at!(Training, hidden), Group::Model, ["hidden", "Hidden layers", "the list of hidden layers"])
        .means("Widths of the hidden layers of each mode.")
        .kept(Kept::WithModel),
    Setting::number(at!(Training, epsilon), Group::Model, [0.0, 1.0], ["epsilon", "Sparsity ε", "the sparsity ε"])
        .means("Weight of the penalty ε Σ|aᵢ| that closes gates.")
        .slider(1e-7, 1.0)
        .live()
        .kept(Kept::WithModel),
    Setting::choice::<Recipe>(at!(Training, recipe), Group::Training, ["recipe", "Recipe", "the recipe"])
        .means(
            "How a run finds its modes. paper: as published, all at once. reliable: in stages, each said under \
             Stages below the picture.",
        )
        .leads(),
    Setting::number(at!(Training, lr), Group::Training, [0.0, 1e4], ["lr", "Network rate", "the network's learning rate"])
        .means("Adam's learning rate for weights and biases.")
        .slider(1e-6, 1.0)
        .live()
        .kept(Kept::WithModel),
    Setting::number(
        at!(Training, gate_lr),
        Group::Training,
        [0.0, 1e4],
        ["gate-lr", "Gate and ρ rate", "the learning rate of gates and ρ"],
    )
    .means("Adam's learning rate for the gates and the sharpness.")
    .slider(1e-6, 1.0)
    .live()
    .kept(Kept::Always),
    Setting::choice::<Schedule>(at!(Training, schedule), Group::Training, ["schedule", "Schedule", "the schedule"])
        .means("How both learning rates change: not at all, or down to a hundredth along half a cosine.")
        .live()
        .kept(Kept::Always)
        .idle(under_the_recipe),
    Setting::whole(at!(Training, epochs), Group::Training, [1.0, 1e9], ["epochs", "Stop at epoch", "the last epoch"])
        .means("The run stops here; raise it to go on.")
        .live()
        .kept(Kept::WithModel),
    Setting::number(at!(Training, stop_loss), Group::Training, [0.0, 1e9], ["stop-loss", "Stop at loss", "the loss to stop at"])
        .means("The run stops when its loss falls below this value.")
        .absent("never")
        .live()
        .kept(Kept::Always),
    Setting::whole(at!(Training, seed), Group::Training, [0.0, MAX_SEED], ["seed", "Seed", "the seed of the weights"])
        .means("Seed of the initial weights.")
        .kept(Kept::Always),
    Setting::whole(at!(Drawing, samples), Group::Data, [2.0, 1e6], ["samples", "Samples", "the number of samples"])
        .means("How many points are drawn from the potential.")
        .kept(Kept::WithModel),
    Setting::whole(at!(Drawing, seed), Group::Data, [0.0, MAX_SEED], ["data-seed", "Data seed", "the seed of the data"])
        .means("Seed of the sample points and of their noise, and of the rows that are held out.")
        .kept(Kept::Always)
        .idle(nothing_is_drawn),
    Setting::number(at!(Drawing, hold_out), Group::Data, [0.0, 0.9], ["hold-out", "Held out", "the fraction held out"])
        .means("Fraction of a table's rows that is not learnt from; errors on these rows are reported before the others.")
        .absent("none, and 0.2 of a table of more than three inputs")
        .kept(Kept::Always)
        .idle(named_by_the_table),
    Setting::whole(
        at!(Drawing, uncertainty),
        Group::Data,
        [0.0, 1000.0],
        ["uncertainty", "Intervals", "the number of refits for intervals"],
    )
    .means("Above 0, 90 % intervals of minima and barriers are given, and a band around a curve. They are computed from the fit, without refits.")
    .live()
    .kept(Kept::Always),
];

/// Where the seed of the data has no effect.
fn nothing_is_drawn(context: &Context) -> Option<String> {
    (!context.draws).then(|| "on a file's rows of which none are held out by --hold-out".into())
}

/// Where the table itself names the rows that are held out.
fn named_by_the_table(context: &Context) -> Option<String> {
    let is_named = context.data.is_some_and(|data| !data.held_out.is_empty());
    is_named.then(|| "where a column says which rows are held out".into())
}

/// Where a setting that is the recipe's own has no effect.
pub fn under_the_recipe(context: &Context) -> Option<String> {
    (context.recipe != Recipe::Paper).then(|| format!("under the recipe {}", context.recipe.name()))
}
