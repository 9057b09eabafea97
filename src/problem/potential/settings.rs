//! The settings of a potential besides its training.

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::model::{Skip, Symmetry};
use crate::potentials::random::Kind;
use crate::potentials::{GeneCircuit, Observed, RandomWells, find};
use crate::problem::settings::setting::{Choice, Group, Kept, Setting, at};
use crate::problem::settings::{MAX_SEED, Settings, training};

impl Choice for Sampling {
    const ALL: &'static [(&'static str, Self)] = &[("uniform", Self::Uniform), ("grid", Self::Grid)];
}

impl Choice for Kind {
    const ALL: &'static [(&'static str, Self)] =
        &[("smooth", Self::Smooth), ("kinked", Self::Kinked), ("gaussians", Self::Gaussians)];
}

impl Choice for Scaling {
    const ALL: &'static [(&'static str, Self)] = &[("raw", Self::Raw), ("standard", Self::Standard)];
}

impl Choice for Skip {
    const ALL: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("quadratic", Self::Quadratic), ("quartic", Self::Quartic)];
}

impl Choice for Symmetry {
    const ALL: &'static [(&'static str, Self)] = &[("none", Self::None), ("exchange", Self::Exchange)];
}

/// Where the sample points of a benchmark lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// At random, each point anywhere in the domain.
    #[default]
    Uniform,
    /// At equal distances, both ends included.
    Grid,
}

/// How inputs and outputs are scaled before the network sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Not at all: what the paper does in one dimension.
    #[default]
    Raw,
    /// Zero mean and unit standard deviation, input by input and for the output.
    Standard,
}

/// The settings of a potential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PotentialSettings {
    /// Standard deviation of the noise, as a fraction of that of the noise-free values.
    pub noise: f64,
    /// The scaling of inputs and outputs.
    pub scaling: Scaling,
    /// Where the sample points lie.
    pub sampling: Sampling,
    /// What a random target is made of.
    pub target_kind: Kind,
    /// Seed of a random target.
    pub target_seed: u64,
    /// The convex polynomial that each mode has besides its layers.
    pub skip: Skip,
    /// What the potential is made invariant under.
    pub symmetry: Symmetry,
    /// Weight of the values' mean squared error beside the derivatives', each over its standard deviation.
    pub value_weight: f64,
    /// Coupling of the gene circuit.
    pub b: f64,
}

impl Default for PotentialSettings {
    fn default() -> Self {
        let (sampling, skip, symmetry) = (Sampling::Uniform, Skip::None, Symmetry::None);
        let (noise, value_weight, target_kind, target_seed) = (0.0, 0.0, Kind::Smooth, 1);
        let (scaling, b) = (Scaling::Raw, GeneCircuit::DEFAULT.b);
        Self { noise, scaling, sampling, target_kind, target_seed, skip, symmetry, value_weight, b }
    }
}

/// Those of [`PotentialSettings`].
pub const SETTINGS: &[Setting] = &[
    Setting::choice::<Scaling>(
        at!(Potential: scaling),
        Group::Data,
        [
            "scaling",
            "Scaling",
            "the scaling",
            "How inputs and values are scaled before the networks see them: raw, or to mean 0 and deviation 1.",
        ],
    )
    .kept(Kept::WithModel)
    .idle(|settings, _| training::under_the_recipe(settings)),
    Setting::choice::<Sampling>(
        at!(Potential: sampling),
        Group::Data,
        ["sampling", "Points", "the choice of points", "Where the samples lie: anywhere in the domain, or at equal distances."],
    )
    .kept(Kept::Always)
    .idle(|settings, _| on_a_file(settings)),
    Setting::number(
        at!(Potential: noise),
        Group::Data,
        [0.0, 10.0],
        ["noise", "Noise", "the noise", "Standard deviation of the noise, as a fraction of that of the values."],
    )
    .kept(Kept::Always)
    .idle(|settings, _| on_a_file(settings)),
    Setting::choice::<Kind>(
        at!(Potential: target_kind),
        Group::Data,
        ["target-kind", "Target", "the kind of target", "What the random potential is made of."],
    )
    .idle(|settings, _| other_than(settings, RandomWells::ID)),
    Setting::whole(
        at!(Potential: target_seed),
        Group::Data,
        [0.0, MAX_SEED],
        ["target-seed", "Target seed", "the seed of the target", "Seed that the random target is made from."],
    )
    .idle(|settings, _| other_than(settings, RandomWells::ID)),
    Setting::choice::<Skip>(
        at!(Potential: skip),
        Group::Model,
        ["skip", "Skip", "the skip", "A convex polynomial that each mode has besides its layers."],
    )
    .kept(Kept::WithModel),
    Setting::choice::<Symmetry>(
        at!(Potential: symmetry),
        Group::Model,
        [
            "symmetry",
            "Symmetry",
            "the symmetry",
            "What the fit is made invariant under, by averaging: nothing, or exchange of the inputs (their order reversed).",
        ],
    )
    .idle(|settings, data| (inputs(settings, data) == Some(1)).then(|| "on a single input".into())),
    Setting::number(
        at!(Potential: value_weight),
        Group::Training,
        [0.0, 1e6],
        [
            "value-weight",
            "Weight of values",
            "the weight of the values",
            "How much values count beside derivatives, where both are known.",
        ],
    )
    .idle(|settings, data| {
        let of_benchmark = find(&settings.benchmark).map(|potential| potential.observed() == Observed::Gradient);
        let both = of_benchmark.or(data.map(|data| data.gradient.is_some() && data.has_values()));
        (both == Some(false)).then(|| "where values and derivatives are not learnt together".into())
    }),
    Setting::number(
        at!(Potential: b),
        Group::Data,
        [0.0, 2.0],
        ["b", "Coupling b", "the coupling b", "How strongly the genes of the gene circuit act on each other."],
    )
    .idle(|settings, _| other_than(settings, GeneCircuit::ID)),
];

fn inputs(settings: &Settings, data: Option<&Dataset>) -> Option<usize> {
    find(&settings.benchmark).map(|potential| potential.inputs().len()).or(data.map(Dataset::inputs))
}

/// Where what is drawn for benchmarks has no effect.
pub fn on_a_file(settings: &Settings) -> Option<String> {
    (settings.benchmark == Settings::OWN_DATA).then(|| "on a file's rows".into())
}

fn other_than(settings: &Settings, benchmark: &str) -> Option<String> {
    (settings.benchmark != benchmark).then(|| on_a_file(settings).unwrap_or_else(|| format!("on {}", settings.benchmark)))
}
