//! Every setting of a run: its name, its limits, its default and what it does, said once for the command line, the page and
//! the link.

pub mod form;
mod limits;
mod words;

pub use limits::{choice, listed, shortest, widths};

use serde::{Deserialize, Serialize};

use super::benchmarks;
pub use super::material::Kind as Dynamics;
use crate::data::Dataset;
use crate::dynamics::metamaterial::{AMPLITUDE, PERIOD};
use crate::dynamics::schlogl::Schlogl;
pub use crate::model::{Skip, Symmetry};
pub use crate::potentials::random::Kind;
use crate::potentials::{GeneCircuit, Mechanochemical, Observed, RandomWells, find};

/// A setting that is one of a few names.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every choice with its name in links and on the command line, the default first.
    const ALL: &'static [(&'static str, Self)];

    /// Former names, which links, model files and commands may still hold.
    const FORMER: &'static [(&'static str, Self)] = &[];

    /// Its name.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, choice)| *choice == self).map_or("", |(name, _)| name)
    }

    /// The choice called `name`.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().chain(Self::FORMER).find(|(known, _)| *known == name).map(|(_, choice)| *choice)
    }
}

impl Choice for Recipe {
    const ALL: &'static [(&'static str, Self)] = &[("reliable", Self::Reliable), ("paper", Self::Paper)];
}

impl Choice for Sampling {
    const ALL: &'static [(&'static str, Self)] = &[("uniform", Self::Uniform), ("grid", Self::Grid)];
}

impl Choice for Kind {
    const ALL: &'static [(&'static str, Self)] =
        &[("smooth", Self::Smooth), ("kinked", Self::Kinked), ("gaussians", Self::Gaussians)];
}

impl Choice for Schedule {
    const ALL: &'static [(&'static str, Self)] = &[("constant", Self::Constant), ("cosine", Self::Cosine)];
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

impl Choice for Start {
    const ALL: &'static [(&'static str, Self)] = &[("new", Self::New), ("last", Self::Last)];
    const FORMER: &'static [(&'static str, Self)] = &[("fresh", Self::New)];
}

impl Choice for Dynamics {
    const ALL: &'static [(&'static str, Self)] = &[("play", Self::Play), ("onsager", Self::Onsager), ("node", Self::Node)];
}

impl Choice for FixedPhase {
    const ALL: &'static [(&'static str, Self)] = &[("no", Self::No), ("yes", Self::Yes)];
}

impl Choice for Structural {
    const ALL: &'static [(&'static str, Self)] = &[("auto", Self::Auto), ("yes", Self::Yes), ("no", Self::No)];
}

impl Choice for Pooling {
    const ALL: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("alone", Self::Alone), ("later", Self::Later), ("both", Self::Both)];
}

/// The named set of choices that a run starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// What the paper does: soft start, projection, two constant learning rates, one penalty on the gates.
    Paper,
    /// Starts on the data, fits from below, removes modes while that costs little, and ends with a second-order method.
    #[default]
    Reliable,
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

/// How the learning rates change with the epochs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The same rate at every epoch.
    #[default]
    Constant,
    /// Half a cosine from the full rate at the first epoch down to one hundredth of it at the last.
    Cosine,
}

/// How inputs and outputs are scaled before the network sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// As they are. What the paper does in one dimension.
    #[default]
    Raw,
    /// Zero mean and unit standard deviation, input by input and for the output.
    Standard,
}

/// Initial weights of the fit of a density at one of several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// New ones.
    #[default]
    #[serde(alias = "fresh")]
    New,
    /// Those of the fit of the next later time: the latest distribution is the widest, and every other lies within it.
    Last,
}

/// Which other times lend their samples to the fit of a density.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// What cross-validation chooses.
    #[default]
    Auto,
    /// None.
    Alone,
    /// The next one.
    Later,
    /// The next one and the one before.
    Both,
}

/// Whether the second phase of the metamaterial is held fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixedPhase {
    /// It moves.
    #[default]
    No,
    /// It stays at one half.
    Yes,
}

/// Whether the potential of a material sees its first input by itself, besides isotropic invariants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structural {
    /// Where it must: with a fixed phase.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// All that determines a run. Equal settings on equal data give equal bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// The id of a benchmark (see [`benchmarks`]), or [`Settings::OWN_DATA`].
    pub benchmark: String,
    /// Modes offered, N.
    pub modes: usize,
    /// Widths of the hidden layers of each mode.
    pub hidden: Vec<usize>,
    /// Weight of the penalty on the gates, epsilon in `epsilon * sum |a_i|`.
    pub epsilon: f64,
    /// Learning rate of weights and biases.
    pub lr: f64,
    /// Learning rate of the gates' `a_i` and of the sharpness rho.
    pub gate_lr: f64,
    /// How both learning rates change with the epochs.
    pub schedule: Schedule,
    /// Stop at this epoch.
    pub epochs: u64,
    /// Stop when the loss falls below this value; never if absent.
    pub stop_loss: Option<f64>,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Seed of the sample points and of the noise.
    pub data_seed: u64,
    /// Number of sample points.
    pub samples: usize,
    /// Standard deviation of the noise, as a fraction of that of the noise-free values.
    pub noise: f64,
    /// The recipe.
    pub recipe: Recipe,
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
    /// What the potential is made to be the same under.
    pub symmetry: Symmetry,
    /// Weight of the values' mean squared error beside the derivatives', each over its standard deviation.
    pub value_weight: f64,
    /// Coupling of the gene circuit.
    pub b: f64,
    /// Rate of the Schlögl reaction A + 2X -> 3X.
    pub c1: f64,
    /// That of 3X -> A + 2X.
    pub c2: f64,
    /// That of B -> X.
    pub c3: f64,
    /// That of X -> B.
    pub c4: f64,
    /// Strength of the decay of a density's network weights, divided by the number of samples; chosen by cross-validation if absent.
    pub decay: Option<f64>,
    /// Which other times lend their samples to the fit of a density.
    pub pooling: Pooling,
    /// Initial weights of the fit of a density at one of several times.
    pub start: Start,
    /// Weight of a density's Kullback-Leibler distance to a uniform one.
    pub kl: f64,
    /// How the hidden states of a material move.
    pub dynamics: Dynamics,
    /// Whether the second phase of the metamaterial is held fixed.
    pub fixed_phase: FixedPhase,
    /// Whether the potential of a material sees its first input by itself.
    pub structural: Structural,
    /// The largest amplitude of the metamaterial's loads.
    pub amplitude: f64,
    /// Their shortest period, in steps.
    pub period: f64,
    /// Runs of a material that are learnt from at a time.
    pub batch: usize,
}

impl Settings {
    /// The value of `benchmark` for a run on a user's own data.
    pub const OWN_DATA: &'static str = "own-data";
    /// The value of `benchmark` for a density of a user's own samples.
    pub const OWN_SAMPLES: &'static str = "own-samples";

    /// The value of `benchmark` for a material of a user's own trajectories.
    pub const OWN_TRAJECTORIES: &'static str = "own-trajectories";

    /// Whether the run learns from a user's own table.
    pub fn has_own_data(&self) -> bool {
        benchmarks::find(&self.benchmark).is_some_and(|b| b.own)
    }

    /// The settings that a recipe begins with, on the cosine-modulated well: for `paper` its one-dimensional set-up (Sec. 3).
    pub fn of(recipe: Recipe) -> Self {
        let (lr, gate_lr, epochs) = match recipe {
            Recipe::Paper => (1e-3, 1e-4, 50_000),
            Recipe::Reliable => (1e-2, 1e-2, 30_000),
        };
        let reaction = Schlogl::default();
        Self {
            benchmark: "cosine-well".into(),
            modes: 10,
            hidden: vec![10, 10],
            epsilon: 1e-4,
            lr,
            gate_lr,
            schedule: Schedule::Constant,
            epochs,
            stop_loss: None,
            seed: 1,
            data_seed: 1,
            samples: 200,
            noise: 0.0,
            recipe,
            scaling: Scaling::Raw,
            sampling: Sampling::Uniform,
            target_kind: Kind::Smooth,
            target_seed: 1,
            skip: Skip::None,
            symmetry: Symmetry::None,
            value_weight: 0.0,
            b: GeneCircuit::DEFAULT.b,
            c1: reaction.c1,
            c2: reaction.c2,
            c3: reaction.c3,
            c4: reaction.c4,
            decay: None,
            pooling: Pooling::Auto,
            start: Start::New,
            kl: 0.0,
            dynamics: Dynamics::Play,
            fixed_phase: FixedPhase::No,
            structural: Structural::Auto,
            amplitude: AMPLITUDE,
            period: PERIOD,
            batch: 64,
        }
    }

    /// The settings that a run on a benchmark begins with under a recipe: the recipe's, and what suits that benchmark.
    pub fn on(recipe: Recipe, benchmark: &str) -> Self {
        let mut settings = Self { benchmark: benchmark.into(), ..Self::of(recipe) };
        if let Some(benchmark) = benchmarks::find(benchmark) {
            (benchmark.apply_defaults)(&mut settings);
        }
        settings
    }

    /// The settings that a run on a user's own derivatives begins with, those that suit the benchmarks of this kind; beside values, if there
    /// are any, which then count as much.
    pub fn on_derivatives(recipe: Recipe, has_values: bool) -> Self {
        let Self { modes, epochs, epsilon, .. } = Self::on(recipe, Mechanochemical::ID);
        let (benchmark, value_weight) = (Self::OWN_DATA.into(), if has_values { 1.0 } else { 0.0 });
        Self { benchmark, modes, epochs, epsilon, value_weight, scaling: Scaling::Standard, ..Self::of(recipe) }
    }

    /// These settings on another benchmark: those that mean the same there stay, as do size and training of the model where both
    /// benchmarks begin with equal ones; all others are those that a run on the other benchmark begins with.
    #[must_use]
    pub fn moved_to(&self, benchmark: &str) -> Self {
        if benchmark == self.benchmark {
            return self.clone();
        }
        let own = |benchmark: &str| {
            let own = Self::on(self.recipe, benchmark);
            if own.applies("dynamics") { own.with(self.dynamics) } else { own }
        };
        let (before, mut moved) = (own(&self.benchmark), own(benchmark));
        let begins_alike = Self { benchmark: benchmark.into(), dynamics: moved.dynamics, ..before } == moved;
        for name in ANYWHERE.iter().chain(if begins_alike { OF_THE_MODEL } else { &[] }) {
            if moved.applies(name) {
                moved.copy(self, name);
            }
        }
        moved
    }

    /// Takes over one setting.
    fn copy(&mut self, from: &Self, name: &str) {
        match (name, pick(name), from.number(name)) {
            ("hidden", ..) => self.hidden.clone_from(&from.hidden),
            (_, Some(pick), _) => (pick.set)(self, (pick.get)(from)).expect("a choice that is there"),
            (_, _, Some(number)) => self.set_number(name, number),
            _ => {
                self.clear_number(name);
            }
        }
    }

    /// These settings for a run that has stopped after so many epochs and is to be trained on: twice as far if it had reached its last
    /// epoch, else to that, and without the loss at which it stopped.
    #[must_use]
    pub fn continued(&self, done: u64) -> Self {
        let most = field("epochs").map_or(u64::MAX, |field| field.max as u64);
        let epochs = if done < self.epochs { self.epochs } else { done.max(1).saturating_mul(2).min(most) };
        Self { epochs, stop_loss: None, ..self.clone() }
    }

    /// These settings with another kind of dynamics: where that matters, rate and epochs become those that suit it.
    #[must_use]
    pub fn with(&self, dynamics: Dynamics) -> Self {
        let settings = Self { dynamics, ..self.clone() };
        match benchmarks::find(&self.benchmark).filter(|b| dynamics != self.dynamics && b.own_settings.contains(&"dynamics")) {
            Some(benchmark) => {
                let mut own = settings.clone();
                (benchmark.apply_defaults)(&mut own);
                Self { lr: own.lr, epochs: own.epochs, ..settings }
            }
            None => settings,
        }
    }

    /// These settings under another recipe: rates, epochs, epsilon and schedule become that recipe's own; data, model, seeds and
    /// stops stay.
    #[must_use]
    pub fn under(&self, recipe: Recipe) -> Self {
        let Self { epsilon, lr, gate_lr, schedule, epochs, .. } = Self::on(recipe, &self.benchmark);
        Self { epsilon, lr, gate_lr, schedule, epochs, recipe, ..self.clone() }
    }

    /// Whether the setting called `name` does anything in a run of these settings, as far as can be said without the user's table.
    pub fn applies(&self, name: &str) -> bool {
        self.idle(name, None).is_none()
    }

    /// Where the setting called `name` has no effect, if that is what these settings are: under `reliable` schedule and scaling are
    /// the recipe's own, a random target's settings are for that benchmark, and a file's rows are as they are. What a user's table
    /// holds is known once it has been read.
    pub fn idle(&self, name: &str, data: Option<&Dataset>) -> Option<String> {
        let benchmark = benchmarks::find(&self.benchmark);
        if let Some(names) = benchmark.and_then(|b| b.settings) {
            let what = match self.benchmark.as_str() {
                Self::OWN_SAMPLES => "a density of your own samples",
                Self::OWN_TRAJECTORIES => "runs in time",
                id => id,
            };
            return (!names.contains(&name)).then(|| format!("on {what}"));
        }
        let (own, potential) = (self.benchmark == Self::OWN_DATA, find(&self.benchmark));
        let gradient = potential.as_ref().map(|potential| potential.observed() == Observed::Gradient);
        let inputs = potential.map(|potential| potential.inputs().len()).or(data.map(Dataset::inputs));
        let beside_values = gradient.or(data.map(|data| data.gradient.is_some() && data.has_values()));
        let here = || if own { "on a file's rows".to_string() } else { format!("on {}", self.benchmark) };
        let is_idle = match name {
            "schedule" | "scaling" if self.recipe != Recipe::Paper => {
                return Some(format!("under the recipe {}", self.recipe.name()));
            }
            "target-seed" | "target-kind" => self.benchmark != RandomWells::ID,
            "b" => self.benchmark != GeneCircuit::ID,
            "value-weight" if beside_values == Some(false) => {
                return Some("where values and derivatives are not learnt together".into());
            }
            "symmetry" if inputs == Some(1) => return Some("on a single input".into()),
            "samples" | "noise" | "data-seed" | "sampling" => own,
            _ => return benchmarks::of_which(name).map(|system| format!("here, it is for `fit {system}`")),
        };
        is_idle.then(here)
    }
}

impl Default for Settings {
    /// The settings that the default recipe begins with.
    fn default() -> Self {
        Self::of(Recipe::default())
    }
}

/// Settings that mean the same on every benchmark that they apply to.
const ANYWHERE: &[&str] =
    &["gate-lr", "schedule", "stop-loss", "seed", "data-seed", "noise", "sampling", "decay", "kl", "pooling", "start", "batch"];
/// Settings that suit a benchmark, and others that begin with the same ones.
const OF_THE_MODEL: &[&str] = &["modes", "hidden", "skip", "epsilon", "lr", "epochs", "samples", "scaling"];

/// What is wrong with one setting, in a sentence that says what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{sentence}")]
pub struct InvalidSetting {
    /// The name of the setting as it stands in the link and on the command line, e.g. `gate-lr`; empty if none is to blame.
    pub field: String,
    /// One sentence: what is wrong, and what to do.
    pub sentence: String,
}

impl InvalidSetting {
    /// A problem with the setting called `field`.
    pub fn new(field: &str, sentence: impl Into<String>) -> Self {
        Self { field: field.into(), sentence: sentence.into() }
    }
}

/// One numeric setting: its name, what it may be, what it means.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in links and on the command line.
    pub name: &'static str,
    /// Label on the page.
    pub label: &'static str,
    /// One sentence on what it does.
    pub meaning: &'static str,
    /// Smallest value allowed.
    pub min: f64,
    /// Largest value allowed.
    pub max: f64,
    /// Whether only whole numbers make sense.
    pub whole: bool,
    /// Whether its slider is logarithmic.
    pub logarithmic: bool,
    /// Whether a change restarts the run.
    pub restarts: bool,
}

/// The largest seed: every integer up to it survives a trip through a JavaScript number.
pub const MAX_SEED: f64 = 9_007_199_254_740_991.0;

/// The numeric settings, in the order of the page.
pub const FIELDS: &[Field] = &[
    Field {
        name: "modes",
        label: "Modes offered",
        meaning: "How many convex networks the soft minimum may use.",
        min: 1.0,
        max: 64.0,
        whole: true,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "epsilon",
        label: "Sparsity ε",
        meaning: "Weight of the penalty ε Σ|aᵢ| that closes gates.",
        min: 0.0,
        max: 1.0,
        whole: false,
        logarithmic: true,
        restarts: false,
    },
    Field {
        name: "lr",
        label: "Network rate",
        meaning: "Adam's learning rate for weights and biases.",
        min: 0.0,
        max: 1e4,
        whole: false,
        logarithmic: true,
        restarts: false,
    },
    Field {
        name: "gate-lr",
        label: "Gate and ρ rate",
        meaning: "Adam's learning rate for the gates and the sharpness.",
        min: 0.0,
        max: 1e4,
        whole: false,
        logarithmic: true,
        restarts: false,
    },
    Field {
        name: "epochs",
        label: "Stop at epoch",
        meaning: "The run stops here; raise it to go on.",
        min: 1.0,
        max: 1e9,
        whole: true,
        logarithmic: false,
        restarts: false,
    },
    Field {
        name: "stop-loss",
        label: "Stop at loss",
        meaning: "The run stops when its loss falls below this value.",
        min: 0.0,
        max: 1e9,
        whole: false,
        logarithmic: true,
        restarts: false,
    },
    Field {
        name: "seed",
        label: "Seed",
        meaning: "Seed of the initial weights.",
        min: 0.0,
        max: MAX_SEED,
        whole: true,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "samples",
        label: "Samples",
        meaning: "How many points are drawn from the potential.",
        min: 2.0,
        max: 1e6,
        whole: true,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "noise",
        label: "Noise",
        meaning: "Standard deviation of the noise, as a fraction of that of the values.",
        min: 0.0,
        max: 10.0,
        whole: false,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "data-seed",
        label: "Data seed",
        meaning: "Seed of the sample points and of their noise.",
        min: 0.0,
        max: MAX_SEED,
        whole: true,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "target-seed",
        label: "Target seed",
        meaning: "Seed that the random target is made from.",
        min: 0.0,
        max: MAX_SEED,
        whole: true,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "value-weight",
        label: "Weight of values",
        meaning: "How much values count beside derivatives, where both are known.",
        min: 0.0,
        max: 1e6,
        whole: false,
        logarithmic: true,
        restarts: true,
    },
    Field {
        name: "b",
        label: "Coupling b",
        meaning: "How strongly the genes of the gene circuit act on each other.",
        min: 0.0,
        max: 2.0,
        whole: false,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "c1",
        label: "Rate c₁",
        meaning: "Rate of A + 2X → 3X: the larger, the higher the upper mode.",
        min: 1e-8,
        max: 1e-6,
        whole: false,
        logarithmic: true,
        restarts: true,
    },
    Field {
        name: "c2",
        label: "Rate c₂",
        meaning: "Rate of 3X → A + 2X: the larger, the lower the upper mode.",
        min: 1e-5,
        max: 1e-3,
        whole: false,
        logarithmic: true,
        restarts: true,
    },
    Field {
        name: "c3",
        label: "Rate c₃",
        meaning: "Rate of B → X: the larger, the higher the lower mode.",
        min: 1e-4,
        max: 1e-2,
        whole: false,
        logarithmic: true,
        restarts: true,
    },
    Field {
        name: "c4",
        label: "Rate c₄",
        meaning: "Rate of X → B: the larger, the lower the lower mode.",
        min: 0.1,
        max: 20.0,
        whole: false,
        logarithmic: true,
        restarts: true,
    },
    Field {
        name: "decay",
        label: "Decay",
        meaning: "Strength of the decay of all weights, divided by the number of samples; without one, cross-validation chooses it.",
        min: 0.0,
        max: 1e3,
        whole: false,
        logarithmic: true,
        restarts: true,
    },
    Field {
        name: "amplitude",
        label: "Amplitude",
        meaning: "The largest strain of the loads; each has between a fifth of it and all of it.",
        min: 0.02,
        max: 0.5,
        whole: false,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "period",
        label: "Period",
        meaning: "The shortest period of the loads, in steps of a hundred; each has between once and four times that.",
        min: 10.0,
        max: 100.0,
        whole: false,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "batch",
        label: "Batch",
        meaning: "How many trajectories are learnt from at a time.",
        min: 1.0,
        max: 1000.0,
        whole: true,
        logarithmic: false,
        restarts: true,
    },
    Field {
        name: "kl",
        label: "Weight of KL",
        meaning: "Weight of the Kullback-Leibler distance to a uniform density.",
        min: 0.0,
        max: 1e3,
        whole: false,
        logarithmic: true,
        restarts: true,
    },
];

/// One setting that is one of a few names: what it is called, what it may be, what it means.
#[derive(Clone, Copy)]
pub struct Pick {
    /// Name in links and on the command line.
    pub name: &'static str,
    /// Label on the page.
    pub label: &'static str,
    /// One sentence on what it does.
    pub meaning: &'static str,
    /// Whether a change restarts the run.
    pub restarts: bool,
    /// Its names, the default first.
    pub names: fn() -> Vec<&'static str>,
    /// The name that stands in settings.
    pub get: fn(&Settings) -> &'static str,
    /// Sets it by its name; refused with a sentence if it is none.
    pub set: fn(&mut Settings, &str) -> Result<(), InvalidSetting>,
}

fn names_of<C: Choice>() -> Vec<&'static str> {
    C::ALL.iter().map(|(name, _)| *name).collect()
}

/// A [`Pick`] of the field of [`Settings`] that holds the choice.
macro_rules! pick {
    ($name:literal, $field:ident: $kind:ty, $label:literal, $meaning:literal) => {
        Pick {
            name: $name,
            label: $label,
            meaning: $meaning,
            restarts: true,
            names: names_of::<$kind>,
            get: |settings| settings.$field.name(),
            set: |settings, text| choice($name, text).map(|choice| settings.$field = choice),
        }
    };
}

/// The settings that are one of a few names.
pub const PICKS: &[Pick] = &[
    Pick {
        restarts: false,
        ..pick!(
            "schedule",
            schedule: Schedule,
            "Schedule",
            "How both learning rates change: not at all, or down to a hundredth along half a cosine."
        )
    },
    pick!(
        "recipe",
        recipe: Recipe,
        "Recipe",
        "How a run finds its modes. paper: as published, all at once. reliable: in stages, each said under Stages below the picture."
    ),
    pick!(
        "scaling",
        scaling: Scaling,
        "Scaling",
        "How inputs and values are scaled before the networks see them: raw, or to mean 0 and deviation 1."
    ),
    pick!(
        "sampling",
        sampling: Sampling,
        "Points",
        "Where the samples lie: anywhere in the domain, or at equal distances."
    ),
    pick!("target-kind", target_kind: Kind, "Target", "What the random potential is made of."),
    pick!("skip", skip: Skip, "Skip", "A convex polynomial that each mode has besides its layers."),
    pick!(
        "symmetry",
        symmetry: Symmetry,
        "Symmetry",
        "What the fit is made the same under, by averaging: nothing, or exchange of the inputs (their order reversed)."
    ),
    Pick {
        set: |settings, text| choice("dynamics", text).map(|dynamics| *settings = settings.with(dynamics)),
        ..pick!(
            "dynamics",
            dynamics: Dynamics,
            "Dynamics",
            "How hidden states move: play (at a threshold of the force on them), onsager (a positive matrix times the force), node (a network says how: the paper's)."
        )
    },
    pick!("fixed-phase", fixed_phase: FixedPhase, "Phase fixed", "Whether the second phase is held at one half."),
    pick!(
        "structural",
        structural: Structural,
        "E11 as input",
        "Whether the strain E11 itself is an input of the potential besides its isotropic invariants; auto: if the phase is fixed."
    ),
    pick!("start", start: Start, "Initial weights", "Initial weights of the fit at each time: new, or last: those of the fit at the next later time."),
    pick!(
        "pooling",
        pooling: Pooling,
        "Pooling",
        "Which times lend their samples to a time's fit: none (alone), the next (later), the next and the one before (both)."
    ),
];

/// The setting called `name` that is one of a few names.
pub fn pick(name: &str) -> Option<&'static Pick> {
    PICKS.iter().find(|pick| pick.name == name)
}

/// The field called `name`.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|f| f.name == name)
}

/// Most hidden layers a mode may have.
pub const MAX_LAYERS: usize = 8;
/// Largest width of a hidden layer.
pub const MAX_WIDTH: usize = 256;
