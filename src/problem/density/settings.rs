//! Settings of a density besides its training.

use serde::{Deserialize, Serialize};

use crate::dynamics::schlogl::Schlogl;
use crate::problem::benchmark::Benchmark;
use crate::problem::settings::setting::{At, FormGroup, NamedChoice, Retention, Setting, at};
use crate::problem::settings::training::SamplingSettings;
use crate::recipe::TrainingSettings;
use crate::recipe::likelihood::{DEFAULT_EPOCHS, DEFAULT_MODES};

impl NamedChoice for InitialWeights {
    const ALL: &'static [(&'static str, Self)] = &[("new", Self::New), ("last", Self::Last)];
    const FORMER_NAMES: &'static [(&'static str, Self)] = &[("fresh", Self::New)];
}

impl NamedChoice for Pooling {
    const ALL: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("alone", Self::Alone), ("later", Self::Later), ("both", Self::Both)];
}

/// Initial weights of the fit of a density at one of several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialWeights {
    /// New initial weights.
    #[default]
    New,
    /// Weights of the fit at the next later time. The latest distribution is the widest and contains the others.
    Last,
}

/// Other times whose samples are pooled in the fit of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Choice by cross-validation.
    #[default]
    Auto,
    /// No other times.
    Alone,
    /// The next time.
    Later,
    /// The next and the previous time.
    Both,
}

/// Settings of the fit of a density.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DensitySettings {
    /// Strength of the weight decay of the network, divided by the number of samples; 0.8 if absent.
    pub decay: Option<f64>,
    /// Weight of the Kullback-Leibler distance to a uniform density.
    pub kl: f64,
    /// Other times whose samples are pooled.
    pub pooling: Pooling,
    /// Initial weights at each of several times.
    pub start: InitialWeights,
    /// Number of independent blocks of samples, as in a joint density.
    pub blocks: usize,
    /// Rate of the Schlögl reaction A + 2X -> 3X.
    pub c1: f64,
    /// Rate of 3X -> A + 2X.
    pub c2: f64,
    /// Rate of B -> X.
    pub c3: f64,
    /// Rate of X -> B.
    pub c4: f64,
    /// Bounds of the quantities; empty if none are stated.
    #[serde(default)]
    pub support: String,
}

impl Default for DensitySettings {
    fn default() -> Self {
        let Schlogl { c1, c2, c3, c4, .. } = Schlogl::default();
        let (decay, kl, pooling, start, blocks, support) = Default::default();
        Self { decay, kl, pooling, start, blocks, c1, c2, c3, c4, support }
    }
}

/// Number of modes for the reaction, whose densities have at most two modes.
const REACTION_MODES: usize = 5;

/// Sets the defaults of training and data: those of joint densities.
pub fn set_defaults(benchmark: &str, training: &mut TrainingSettings, data: &mut SamplingSettings) {
    training.modes = if benchmark == SCHLOGL_BENCHMARK.id { REACTION_MODES } else { DEFAULT_MODES };
    training.epochs = DEFAULT_EPOCHS;
    data.samples = 200;
}

/// The Schlögl reaction.
pub const SCHLOGL_BENCHMARK: Benchmark = Benchmark {
    id: "schlogl",
    name: "Schlögl reaction",
    sentence: "The density of a bistable reaction over time as exp(−Ψ)/Z, learnt from simulated trajectories.",
    unused: &["recipe", "epsilon", "gate-lr", "schedule", "stop-loss", "hold-out"],
    reads_table: false,
    data: "trajectories",
    roles: &[],
};

/// A user's own samples.
pub const OWN_SAMPLES: Benchmark = Benchmark {
    id: "own-samples",
    name: "Your own samples",
    sentence: "The density of samples as exp(−Ψ)/Z, one for each column of a table.",
    unused: &["recipe", "epsilon", "gate-lr", "schedule", "stop-loss", "samples", "hold-out"],
    reads_table: true,
    data: "a density of your own samples",
    roles: &[SAMPLES_ROLE],
};

/// Role of a column of samples.
pub const SAMPLES_ROLE: &str = "samples";

/// Benchmarks that are densities.
pub const DENSITY_BENCHMARKS: &[Benchmark] = &[SCHLOGL_BENCHMARK, OWN_SAMPLES];

/// Descriptions of [`DensitySettings`].
pub const SETTING_LIST: &[Setting] = &[
    Setting::number(at!(DensitySettings, decay), FormGroup::Training, [0.0, 1e3], ["decay", "Decay", "the decay"])
        .means("Weight decay of all parameters, times the number of samples. Without a number: 0.8.")
        .absent("auto")
        .kept(Retention::Always),
    Setting::number(
        at!(DensitySettings, kl),
        FormGroup::Training,
        [0.0, 1e3],
        ["kl", "Weight of KL", "the weight of the Kullback-Leibler distance"],
    )
    .means("Weight of the Kullback-Leibler distance to a uniform density.")
    .kept(Retention::Always),
    Setting::choice::<Pooling>(at!(DensitySettings, pooling), FormGroup::Training, ["pooling", "Pooling", "the pooling"])
        .means(
            "Samples for the fit of one time: its own, those of the next time too (later), or those of the next and the previous time too (both).",
        )
        .kept(Retention::Always),
    Setting::choice::<InitialWeights>(
        at!(DensitySettings, start),
        FormGroup::Training,
        ["start", "Initial weights", "the start of the fits"],
    )
    .means("Initial weights of the fit at each time: new, or last: those of the fit at the next later time.")
    .kept(Retention::Always),
    rate(at!(DensitySettings, c1), [1e-8, 1e-6], ["c1", "Rate c₁", "the rate c₁"])
        .means("Rate of A + 2X → 3X: the larger, the higher the upper mode."),
    rate(at!(DensitySettings, c2), [1e-5, 1e-3], ["c2", "Rate c₂", "the rate c₂"])
        .means("Rate of 3X → A + 2X: the larger, the lower the upper mode."),
    rate(at!(DensitySettings, c3), [1e-4, 1e-2], ["c3", "Rate c₃", "the rate c₃"])
        .means("Rate of B → X: the larger, the higher the lower mode."),
    rate(at!(DensitySettings, c4), [0.1, 20.0], ["c4", "Rate c₄", "the rate c₄"])
        .means("Rate of X → B: the larger, the lower the lower mode."),
];

/// Rate constant of the reaction, with a slider over all valid values.
const fn rate(at: At, [low, high]: [f64; 2], words: [&'static str; 3]) -> Setting {
    Setting::number(at, FormGroup::Data, [low, high], words).slider(low, high).idle(|context| OWN_SAMPLES.idle(context))
}
