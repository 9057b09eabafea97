//! Settings of a potential besides its training.

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::model::{Skip, Symmetry};
use crate::potentials::formula::is_field;
use crate::potentials::random::RandomTargetKind;
use crate::potentials::sketch::{self, samples};
use crate::potentials::{self, Formula, GeneCircuit, Observed, RandomLandscape, RandomWells, Sketch, find};
use crate::problem::benchmark::Benchmark;
use crate::problem::settings::setting::{Context, FormGroup, NamedChoice, Retention, Setting, at};
use crate::problem::settings::training::{MAX_SEED, SamplingSettings, under_fixed_recipe};
use crate::recipe::{Recipe, TrainingSettings, likelihood};

/// Potential fitted to a user's table.
pub const OWN_DATA: Benchmark = Benchmark {
    id: "own-data",
    name: "Your own data",
    sentence: "A potential of the columns that you choose, learnt from a table's values or derivatives.",
    unused: &["samples"],
    reads_table: true,
    data: "a file's rows",
    roles: &["input", "value", "derivative", "force", "sigma", "split"],
};

/// Joint density of a user's samples of several quantities.
pub const OWN_JOINT: Benchmark = Benchmark {
    id: "own-joint",
    name: "Joint density of your own samples",
    sentence: "The density exp(−Ψ/kT)/Z of one to three quantities. Each row is one sample of all of them.",
    unused: UNUSED_BY_DENSITIES,
    reads_table: true,
    data: "a joint density",
    roles: &["input", WEIGHT_ROLE, BIAS_ROLE],
};

/// Density of samples that a user draws on a line.
pub const DRAWN_SAMPLES: Benchmark = Benchmark {
    id: samples::SAMPLES_ID,
    name: "Your own drawn samples",
    sentence: "Samples that you draw onto a line, whose density exp(−Ψ/kT)/Z is learnt while you draw.",
    unused: UNUSED_BY_DENSITIES,
    reads_table: false,
    data: "drawn samples",
    roles: &[],
};

/// Settings that have no effect on joint densities.
const UNUSED_BY_DENSITIES: &[&str] = &[
    "samples",
    "recipe",
    "epsilon",
    "gate-lr",
    "schedule",
    "stop-loss",
    "hold-out",
    "scaling",
    "observed",
    "value-weight",
    "symmetry",
];

/// Returns true if a benchmark is a joint density, of one quantity or of several.
pub fn is_density(benchmark: &str) -> bool {
    [OWN_JOINT.id, DRAWN_SAMPLES.id].contains(&benchmark)
}

/// Role of a column with the weights of samples.
pub const WEIGHT_ROLE: &str = "weight";
/// Role of a column with a bias of the sampling, which determines weights.
pub const BIAS_ROLE: &str = "bias";

impl NamedChoice for Sampling {
    const ALL: &'static [(&'static str, Self)] = &[("uniform", Self::Uniform), ("grid", Self::Grid)];
}

impl NamedChoice for RandomTargetKind {
    const ALL: &'static [(&'static str, Self)] =
        &[("smooth", Self::Smooth), ("kinked", Self::Kinked), ("gaussians", Self::Gaussians)];
}

impl NamedChoice for Observed {
    const ALL: &'static [(&'static str, Self)] = &[("values", Self::Values), ("derivatives", Self::Gradient)];
}

impl NamedChoice for Scaling {
    const ALL: &'static [(&'static str, Self)] = &[("raw", Self::Raw), ("standard", Self::Standard)];
}

impl NamedChoice for Skip {
    const ALL: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("quadratic", Self::Quadratic), ("quartic", Self::Quartic)];
}

impl NamedChoice for Symmetry {
    const ALL: &'static [(&'static str, Self)] = &[("none", Self::None), ("exchange", Self::Exchange)];
}

/// Distribution of the sample points of a benchmark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Random points, each anywhere in the domain.
    #[default]
    Uniform,
    /// Equidistant points, both ends included.
    Grid,
}

/// Scaling of inputs and outputs before the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// No scaling, as in one dimension in the paper.
    #[default]
    Raw,
    /// Zero mean and unit standard deviation, input by input and for the output.
    Standard,
}

/// The settings of a potential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PotentialSettings {
    /// Standard deviation of the noise of the targets, as a fraction of that of the noise-free values, or of each noise-free derivative.
    pub noise: f64,
    /// The scaling of inputs and outputs.
    pub scaling: Scaling,
    /// Distribution of the sample points.
    pub sampling: Sampling,
    /// Kind of a random target.
    pub target_kind: RandomTargetKind,
    /// Seed of a random target.
    pub target_seed: u64,
    /// Number of inputs of a random landscape.
    pub inputs: usize,
    /// Measured quantity at the samples of a benchmark.
    pub observed: Observed,
    /// Convex polynomial of each mode besides its layers.
    pub skip: Skip,
    /// Symmetry of the potential.
    pub symmetry: Symmetry,
    /// Periodic inputs of a table or a formula, with their periods; if empty, the periods that the table states, or none.
    pub periodic: String,
    /// Weight of the mean squared error of the values beside that of the derivatives, each over its standard deviation.
    pub value_weight: f64,
    /// Coupling of the gene circuit.
    pub b: f64,
    /// Formula of a potential or of a field of forces.
    pub formula: String,
    /// Values of the parameters of a formula.
    pub set: String,
    /// Bounds of the inputs of a formula, or of the canvas of a drawing.
    pub bounds: String,
    /// Points of a drawing.
    pub drawing: String,
    /// Thermal energy of the samples of a density, in the unit of energy; one if absent.
    pub kt: Option<f64>,
    /// Number of independent blocks of consecutive samples of a density; one if all samples are independent, zero to
    /// estimate the correlation from their order.
    pub blocks: usize,
    /// Name of the unit of kT; empty for kT itself.
    pub unit: String,
    /// Bounds of the quantities of a density; empty if none are stated.
    #[serde(default)]
    pub support: String,
}

impl PotentialSettings {
    /// Quantity that a fit to a benchmark uses: derivatives for a formula of a field, else the chosen quantity.
    pub fn learnt(&self, benchmark: &str) -> Observed {
        if self.is_field(benchmark) { Observed::Gradient } else { self.observed }
    }

    /// Returns true if a benchmark is a formula of a field of forces.
    pub fn is_field(&self, benchmark: &str) -> bool {
        benchmark == Formula::ID && is_field(&self.formula)
    }
}

impl Default for PotentialSettings {
    fn default() -> Self {
        Self {
            noise: 0.0,
            scaling: Scaling::Raw,
            sampling: Sampling::Uniform,
            target_kind: RandomTargetKind::Smooth,
            target_seed: 1,
            inputs: RandomLandscape::INPUTS,
            observed: Observed::Values,
            skip: Skip::None,
            symmetry: Symmetry::None,
            periodic: String::new(),
            value_weight: 0.0,
            b: GeneCircuit::DEFAULT.b,
            formula: String::new(),
            set: String::new(),
            bounds: String::new(),
            drawing: String::new(),
            kt: None,
            blocks: 0,
            unit: String::new(),
            support: String::new(),
        }
    }
}

/// Sets the defaults of training and data for a benchmark.
pub fn apply_defaults(own: &PotentialSettings, benchmark: &str, training: &mut TrainingSettings, data: &mut SamplingSettings) {
    let preset = potentials::preset(benchmark);
    if let Some(preset) = preset {
        (training.modes, training.hidden, data.samples) = (preset.modes, preset.hidden.to_vec(), preset.samples);
    }
    if is_density(benchmark) {
        (training.modes, training.epochs) = (likelihood::DEFAULT_MODES, likelihood::DEFAULT_EPOCHS);
        // A line of a few hundred samples is fitted while the user waits.
        if benchmark == DRAWN_SAMPLES.id {
            training.hidden = vec![8];
        }
        return;
    }
    if training.recipe == Recipe::Reliable {
        if own.learnt(benchmark) != Observed::Values {
            let is_usual = find(benchmark).is_some_and(|potential| potential.observed() == Observed::Gradient);
            let epochs = preset.filter(|_| is_usual).map_or(GRADIENT_EPOCHS, |preset| preset.epochs);
            (training.epochs, training.epsilon) = (epochs, 0.0);
        } else if let Some(preset) = preset {
            training.epochs = preset.epochs;
        }
    }
}

/// Number of epochs of the recipe `reliable` for derivatives, unless a benchmark of derivatives has another.
pub const GRADIENT_EPOCHS: u64 = 12_000;

/// Default settings of a potential for a benchmark.
pub fn for_benchmark(benchmark: &str) -> PotentialSettings {
    let scaling = if potentials::preset(benchmark).is_some() { Scaling::Standard } else { Scaling::Raw };
    let observed = find(benchmark).map_or(Observed::Values, |potential| potential.observed());
    let formula = if benchmark == Formula::ID { Formula::FIRST.into() } else { String::new() };
    let drawing = sketch::first(benchmark).unwrap_or_default().into();
    PotentialSettings { scaling, observed, formula, drawing, ..PotentialSettings::default() }
}

/// Descriptions of [`PotentialSettings`].
pub const POTENTIAL_SETTINGS: &[Setting] = &[
    Setting::text(at!(PotentialSettings, formula), FormGroup::Data, ["formula", "Formula", "the formula"])
        .means(
            "Potential of x, y and z, or components of a field of forces, separated by commas. Other letters are parameters, and longer names with a value under Parameters.",
        )
        .absent("x^4 - 2*x^2")
        .resets_training_defaults()
        .idle(is_no_formula),
    Setting::text(at!(PotentialSettings, set), FormGroup::Data, ["set", "Parameters", "the parameters"])
        .means("Values of the formula's parameters, such as a=0.3, k=7 in 0..9; other letters are 1.")
        .absent("all 1")
        .idle(is_no_formula),
    Setting::text(at!(PotentialSettings, bounds), FormGroup::Data, ["bounds", "Bounds", "the bounds"])
        .means("Ranges of a formula's inputs: -pi..pi for all, or x=-2..2, t=0..1, where t becomes an input; of a drawing: x=-2..2, y=0..4; of samples: x=-2..2.")
        .absent("-2..2")
        .idle(|context| is_no_formula(context).and_then(|_| is_no_drawing(context))),
    Setting::text(at!(PotentialSettings, drawing), FormGroup::Data, ["drawing", "Drawing", "the drawing"])
        .means("Curve or samples drawn on the page: the part of its link after drawing=.")
        .absent("none")
        .idle(is_no_drawing),
    Setting::text(at!(PotentialSettings, periodic), FormGroup::Data, ["periodic", "Periodic", "the periods"])
        .means("Periodic inputs with their periods: phi:360, psi:2pi or theta:-pi..pi; a single period for all; or none.")
        .absent("as stated in the table, or none")
        .idle(|context| is_no_formula(context).filter(|_| ![OWN_DATA.id, OWN_JOINT.id].contains(&context.benchmark))),
    Setting::choice::<Scaling>(at!(PotentialSettings, scaling), FormGroup::Data, ["scaling", "Scaling", "the scaling"])
        .means("Scaling of inputs and values of the networks: raw, or to mean 0 and deviation 1.")
        .kept(Retention::WithModel)
        .idle(under_fixed_recipe),
    Setting::choice::<Sampling>(at!(PotentialSettings, sampling), FormGroup::Data, ["sampling", "Points", "the choice of points"])
        .means("Positions of the samples: random in the domain, or at equal distances.")
        .kept(Retention::Always)
        .idle(on_a_file),
    Setting::number(at!(PotentialSettings, noise), FormGroup::Data, [0.0, 10.0], ["noise", "Noise", "the noise"])
        .means("Standard deviation of the noise, as a fraction of that of the values.")
        .slider(1e-3, 1.0)
        .kept(Retention::Always)
        .idle(on_a_file),
    Setting::choice::<RandomTargetKind>(at!(PotentialSettings, target_kind), FormGroup::Data, ["target-kind", "Target", "the kind of target"])
        .means("Form of the random potential.")
        .idle(is_no_random_target),
    Setting::whole(
        at!(PotentialSettings, target_seed),
        FormGroup::Data,
        [0.0, MAX_SEED],
        ["target-seed", "Target seed", "the seed of the target"],
    )
    .means("Seed of the random target.")
    .idle(is_no_random_target),
    Setting::whole(
        at!(PotentialSettings, inputs),
        FormGroup::Data,
        [1.0, RandomLandscape::MAX_INPUTS as f64],
        ["inputs", "Inputs", "the number of inputs"],
    )
    .means("Number of inputs of the random landscape.")
    .idle(|context| other_than(context, RandomLandscape::ID)),
    Setting::choice::<Observed>(
        at!(PotentialSettings, observed),
        FormGroup::Data,
        ["observed", "Learn from", "the measured quantity"],
    )
    .means("Measured quantity at each point of a benchmark: the value, or the derivatives with respect to the inputs.")
    .resets_training_defaults()
    .idle(|context| {
        on_a_file(context).or_else(|| context.is_field.then(|| "on a field, which is learnt from its components".into()))
    }),
    Setting::choice::<Skip>(at!(PotentialSettings, skip), FormGroup::Model, ["skip", "Skip", "the skip"])
        .means("Convex polynomial of each mode besides its layers.")
        .kept(Retention::WithModel),
    Setting::choice::<Symmetry>(at!(PotentialSettings, symmetry), FormGroup::Model, ["symmetry", "Symmetry", "the symmetry"])
        .means(
            "Symmetry of the fit by averaging: none, or exchange of the inputs (their order \
             reversed).",
        )
        .idle(|context| (inputs(context) == Some(1)).then(|| "on a single input".into())),
    Setting::number(
        at!(PotentialSettings, value_weight),
        FormGroup::Training,
        [0.0, 1e6],
        ["value-weight", "Weight of values", "the weight of the values"],
    )
    .means("Weight of known values in the loss of a fit to derivatives.")
    .idle(|context| {
        let both = match find(context.benchmark) {
            Some(_) => context.target.map(|(_, observed)| observed == Observed::Gradient),
            None => context.data.map(|data| data.gradient.is_some() && data.has_values()),
        };
        (both == Some(false)).then(|| "where values and derivatives are not learnt together".into())
    }),
    Setting::number(at!(PotentialSettings, b), FormGroup::Data, [0.0, 2.0], ["b", "Coupling b", "the coupling b"])
        .means("Strength of the interaction of the genes of the gene circuit.")
        .slider(0.01, 2.0)
        .idle(|context| other_than(context, GeneCircuit::ID)),
    Setting::number(at!(PotentialSettings, kt), FormGroup::Data, [1e-300, 1e300], ["kT", "kT", "the thermal energy"])
        .means("Thermal energy of the samples: the unit of the potential −kT log q, and of the bias under which they were drawn.")
        .absent("1")
        .idle(is_no_joint_density),
    Setting::text(at!(PotentialSettings, unit), FormGroup::Data, ["unit", "Unit", "the unit"])
        .means("Name of the unit of kT, such as kJ/mol.")
        .absent("kT")
        .idle(is_no_joint_density),
];

fn is_no_joint_density(context: &Context) -> Option<String> {
    other_than(context, OWN_JOINT.id).filter(|_| !is_density(context.benchmark))
}

fn is_no_drawing(context: &Context) -> Option<String> {
    other_than(context, Sketch::ID).filter(|_| sketch::first(context.benchmark).is_none())
}

fn is_no_formula(context: &Context) -> Option<String> {
    other_than(context, Formula::ID)
}

fn is_no_random_target(context: &Context) -> Option<String> {
    if context.benchmark == RandomLandscape::ID { None } else { other_than(context, RandomWells::ID) }
}

/// Number of inputs, if it is known.
fn inputs(context: &Context) -> Option<usize> {
    if let (RandomLandscape::ID, Some((inputs, _))) = (context.benchmark, context.target) {
        return Some(inputs);
    }
    // The parser counts the inputs of a formula.
    let known = find(context.benchmark).filter(|potential| potential.id() != Formula::ID);
    known.map(|potential| potential.inputs().len()).or(context.data.map(Dataset::inputs))
}

/// Reason why settings of sampling have no effect: the data are a table or drawn by the user. `None` on other benchmarks.
fn on_a_file(context: &Context) -> Option<String> {
    [OWN_DATA, OWN_JOINT, DRAWN_SAMPLES].iter().find_map(|own| own.idle(context))
}

fn other_than(context: &Context, benchmark: &str) -> Option<String> {
    let is_other = context.benchmark != benchmark;
    is_other.then(|| on_a_file(context).unwrap_or_else(|| format!("on {}", context.benchmark)))
}
