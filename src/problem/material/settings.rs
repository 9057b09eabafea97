//! Settings of a material besides its training.

use serde::{Deserialize, Serialize};

use crate::dynamics::metamaterial::{MAX_AMPLITUDE, MIN_PERIOD};
use crate::problem::benchmark::Benchmark;
use crate::problem::settings::setting::{FormGroup, NamedChoice, Retention, Setting, at};

/// Dynamics of the hidden states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dynamics {
    /// Dynamics of the paper: a network gives the rate.
    Node,
    /// The rate is a positive matrix times the force.
    Onsager,
    /// One state that moves if the force on it reaches a threshold.
    #[default]
    Play,
    /// The kind that predicts unseen runs best.
    Auto,
}

impl NamedChoice for Dynamics {
    const ALL: &'static [(&'static str, Self)] =
        &[("play", Self::Play), ("auto", Self::Auto), ("onsager", Self::Onsager), ("node", Self::Node)];
}

impl NamedChoice for bool {
    const ALL: &'static [(&'static str, Self)] = &[("no", false), ("yes", true)];
}

impl NamedChoice for Structural {
    const ALL: &'static [(&'static str, Self)] = &[("auto", Self::Auto), ("yes", Self::Yes), ("no", Self::No)];
}

/// Use of the first input as a separate argument of the potential, besides isotropic invariants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structural {
    /// Only if required: with a fixed phase.
    #[default]
    Auto,
    /// Always.
    Yes,
    /// Never.
    No,
}

/// Settings of a material.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaterialSettings {
    /// Dynamics of the hidden states.
    pub dynamics: Dynamics,
    /// True if the fraction of the second phase of the metamaterial is fixed at one half.
    pub fixed_phase: bool,
    /// Use of the first input as a separate argument of the potential.
    pub structural: Structural,
    /// Largest amplitude of the loads of the metamaterial.
    pub amplitude: f64,
    /// Shortest period of the loads, in steps.
    pub period: f64,
    /// Number of trajectories in a mini-batch.
    pub batch: usize,
}

impl MaterialSettings {
    /// Default settings of a benchmark. On a user's own runs the data choose the dynamics.
    pub fn on(benchmark: &str) -> Self {
        let own = Self::default();
        Self { dynamics: if benchmark == OWN_TRAJECTORIES.id { Dynamics::Auto } else { own.dynamics }, ..own }
    }
}

impl Default for MaterialSettings {
    fn default() -> Self {
        let (dynamics, fixed_phase, structural) = Default::default();
        Self { dynamics, fixed_phase, structural, amplitude: MAX_AMPLITUDE, period: MIN_PERIOD, batch: 64 }
    }
}

/// The two-phase metamaterial.
pub const METAMATERIAL_BENCHMARK: Benchmark = Benchmark {
    id: "metamaterial",
    name: "Metamaterial",
    sentence: "A material of two phases with memory, learnt from its stress alone along paths of strain.",
    unused: &["recipe", "modes", "epsilon", "gate-lr", "schedule", "stop-loss", "hold-out", "uncertainty"],
    reads_table: false,
    data: "trajectories",
    roles: &[],
};

/// A user's own trajectories.
pub const OWN_TRAJECTORIES: Benchmark = Benchmark {
    id: "own-trajectories",
    name: "Your own trajectories",
    sentence: "A potential with memory, learnt from runs in time: their inputs, and the outputs that do work on them.",
    unused: &["recipe", "modes", "epsilon", "gate-lr", "schedule", "stop-loss", "samples", "hold-out", "uncertainty"],
    reads_table: true,
    data: "runs in time",
    roles: &["run", "time", "input", "output"],
};

/// Benchmarks that are materials.
pub const MATERIAL_BENCHMARKS: &[Benchmark] = &[METAMATERIAL_BENCHMARK, OWN_TRAJECTORIES];

/// Descriptions of [`MaterialSettings`].
pub const SETTING_LIST: &[Setting] = &[
    Setting::choice::<Dynamics>(at!(MaterialSettings, dynamics), FormGroup::Data, ["dynamics", "Dynamics", "the dynamics"])
        .means(
            "Rate of the hidden states: play (at a threshold of the force on them), onsager (a positive matrix times \
             the force), node (a network, as in the paper), auto (the kind that predicts unseen runs best).",
        )
        .resets_training_defaults(),
    Setting::choice::<bool>(
        at!(MaterialSettings, fixed_phase),
        FormGroup::Data,
        ["fixed-phase", "Phase fixed", "the choice whether the phase is fixed"],
    )
    .means("Fixes the second phase at one half.")
    .idle(|context| OWN_TRAJECTORIES.idle(context)),
    Setting::choice::<Structural>(
        at!(MaterialSettings, structural),
        FormGroup::Data,
        ["structural", "Strain as input", "the choice whether the potential sees the first input"],
    )
    .means(
        "Uses the first strain itself (E11, or the input of your own runs) as an input of the potential besides the isotropic \
         invariants; auto: if the phase is fixed, and for own runs.",
    ),
    Setting::number(
        at!(MaterialSettings, amplitude),
        FormGroup::Data,
        [0.02, 0.5],
        ["amplitude", "Amplitude", "the amplitude of the loads"],
    )
    .means("Largest strain of all loads. The amplitude of a load lies between a fifth of this value and this value.")
    .idle(|context| OWN_TRAJECTORIES.idle(context)),
    Setting::number(
        at!(MaterialSettings, period),
        FormGroup::Data,
        [10.0, 100.0],
        ["period", "Period", "the period of the loads"],
    )
    .means("Shortest period of the loads, in steps of a hundred. The period of a load is at most four times as long.")
    .idle(|context| OWN_TRAJECTORIES.idle(context)),
    Setting::whole(at!(MaterialSettings, batch), FormGroup::Data, [1.0, 1000.0], ["batch", "Batch", "the batch"])
        .means("Number of trajectories in a step of training.")
        .kept(Retention::Always),
];
