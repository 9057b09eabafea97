//! The settings of a potential besides its training.

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::model::{Skip, Symmetry};
use crate::potentials::formula::is_field;
use crate::potentials::random::Kind;
use crate::potentials::sketch::{self, samples};
use crate::potentials::{self, Formula, GeneCircuit, Observed, RandomLandscape, RandomWells, Sketch, find};
use crate::problem::benchmark::Benchmark;
use crate::problem::settings::setting::{Choice, Context, Group, Kept, Setting, at};
use crate::problem::settings::training::{Drawing, MAX_SEED, under_the_recipe};
use crate::recipe::{Recipe, Training, likelihood};

/// A potential learnt from a user's table.
pub const OWN_DATA: Benchmark = Benchmark {
    id: "own-data",
    name: "Your own data",
    sentence: "A potential of the columns that you choose, learnt from a table's values or derivatives.",
    unused: &["samples"],
    own: true,
    data: "a file's rows",
    parts: &["input", "value", "derivative", "force", "sigma", "split"],
};

/// The joint density of a user's samples of several quantities.
pub const OWN_JOINT: Benchmark = Benchmark {
    id: "own-joint",
    name: "Joint density of your own samples",
    sentence: "The density of samples of one to three quantities as exp(−Ψ/kT)/Z, from rows that were drawn together.",
    unused: UNUSED_BY_DENSITIES,
    own: true,
    data: "a joint density",
    parts: &["input", WEIGHT, BIAS],
};

/// The density of samples that are drawn on a line.
pub const DRAWN_SAMPLES: Benchmark = Benchmark {
    id: samples::ID,
    name: "Your own drawn samples",
    sentence: "Samples that you draw onto a line, whose density exp(−Ψ/kT)/Z is learnt while you draw.",
    unused: UNUSED_BY_DENSITIES,
    own: false,
    data: "drawn samples",
    parts: &[],
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

/// Whether a benchmark is a joint density, of one quantity or of several.
pub fn is_density(benchmark: &str) -> bool {
    [OWN_JOINT.id, DRAWN_SAMPLES.id].contains(&benchmark)
}

/// The part of a column that holds the weights of samples.
pub const WEIGHT: &str = "weight";
/// The part of a column that holds a bias under which samples were drawn.
pub const BIAS: &str = "bias";

impl Choice for Sampling {
    const ALL: &'static [(&'static str, Self)] = &[("uniform", Self::Uniform), ("grid", Self::Grid)];
}

impl Choice for Kind {
    const ALL: &'static [(&'static str, Self)] =
        &[("smooth", Self::Smooth), ("kinked", Self::Kinked), ("gaussians", Self::Gaussians)];
}

impl Choice for Observed {
    const ALL: &'static [(&'static str, Self)] = &[("values", Self::Values), ("derivatives", Self::Gradient)];
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
    /// Number of inputs of a random landscape.
    pub inputs: usize,
    /// What is measured at the samples of a benchmark.
    pub observed: Observed,
    /// The convex polynomial that each mode has besides its layers.
    pub skip: Skip,
    /// What the potential is made invariant under.
    pub symmetry: Symmetry,
    /// The inputs of a table or a formula that are periodic, with their periods; if it is empty, what the table itself says, or none.
    pub periodic: String,
    /// Weight of the values' mean squared error beside the derivatives', each over its standard deviation.
    pub value_weight: f64,
    /// Coupling of the gene circuit.
    pub b: f64,
    /// The formula of a potential or of a field of forces.
    pub formula: String,
    /// The values of a formula's letters.
    pub set: String,
    /// The bounds of a formula's inputs, or those of the paper of a drawing.
    pub bounds: String,
    /// The points of a drawing.
    pub drawing: String,
    /// The thermal energy of the samples of a density, in the unit of energy; one if absent.
    pub kt: Option<f64>,
    /// The number of blocks of consecutive samples of a density that are independent of each other; one if all samples are, and zero if their order says
    /// how they depend on each other.
    pub blocks: usize,
    /// The name of the unit of kT; empty for kT itself.
    pub unit: String,
    /// Bounds of the quantities of a density; empty if none are stated.
    #[serde(default)]
    pub support: String,
}

impl PotentialSettings {
    /// What is learnt from on a benchmark: the derivatives of a formula that is a field, and else what was chosen.
    pub fn learnt(&self, benchmark: &str) -> Observed {
        if self.is_field(benchmark) { Observed::Gradient } else { self.observed }
    }

    /// Whether a benchmark is a formula of a field of forces.
    pub fn is_field(&self, benchmark: &str) -> bool {
        benchmark == Formula::ID && is_field(&self.formula)
    }
}

impl Default for PotentialSettings {
    fn default() -> Self {
        let (sampling, skip, symmetry) = (Sampling::Uniform, Skip::None, Symmetry::None);
        let (noise, value_weight, target_kind, target_seed) = (0.0, 0.0, Kind::Smooth, 1);
        let (scaling, b) = (Scaling::Raw, GeneCircuit::DEFAULT.b);
        let (inputs, observed) = (RandomLandscape::INPUTS, Observed::Values);
        let [formula, set, bounds, drawing, periodic, unit, support] = [const { String::new() }; 7];
        Self {
            noise,
            scaling,
            sampling,
            target_kind,
            target_seed,
            inputs,
            observed,
            skip,
            symmetry,
            periodic,
            value_weight,
            b,
            formula,
            set,
            bounds,
            drawing,
            kt: None,
            blocks: 0,
            unit,
            support,
        }
    }
}

/// Sets the defaults of training and data for a benchmark.
pub fn begin(own: &PotentialSettings, benchmark: &str, training: &mut Training, data: &mut Drawing) {
    let preset = potentials::preset(benchmark);
    if let Some(preset) = preset {
        (training.modes, training.hidden, data.samples) = (preset.modes, preset.hidden.to_vec(), preset.samples);
    }
    if is_density(benchmark) {
        (training.modes, training.epochs) = (8, likelihood::ROOM);
        // A line of a few hundred samples is learnt while someone waits.
        if benchmark == DRAWN_SAMPLES.id {
            (training.hidden, training.epochs) = (vec![8], likelihood::ROOM / 2);
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

/// Number of epochs of the recipe `reliable` where derivatives are learnt from, unless a benchmark that is learnt from them has
/// another.
pub const GRADIENT_EPOCHS: u64 = 12_000;

/// The default settings of a potential for a benchmark.
pub fn of(benchmark: &str) -> PotentialSettings {
    let scaling = if potentials::preset(benchmark).is_some() { Scaling::Standard } else { Scaling::Raw };
    let observed = find(benchmark).map_or(Observed::Values, |potential| potential.observed());
    let formula = if benchmark == Formula::ID { Formula::FIRST.into() } else { String::new() };
    let drawing = sketch::first(benchmark).unwrap_or_default().into();
    PotentialSettings { scaling, observed, formula, drawing, ..PotentialSettings::default() }
}

/// The descriptions of [`PotentialSettings`].
pub const SETTINGS: &[Setting] = &[
    Setting::text(at!(PotentialSettings, formula), Group::Data, ["formula", "Formula", "the formula"])
        .means(
            "A potential of x, y and z, or the components of a field of forces, separated by commas. Other letters are numbers.",
        )
        .absent("x^4 - 2*x^2")
        .leads()
        .idle(is_no_formula),
    Setting::text(at!(PotentialSettings, set), Group::Data, ["set", "Letters", "the letters"])
        .means("The values of the formula's letters, such as a=0.3, k=7 in 0..9; others are 1.")
        .absent("all 1")
        .idle(is_no_formula),
    Setting::text(at!(PotentialSettings, bounds), Group::Data, ["bounds", "Bounds", "the bounds"])
        .means("The ranges of a formula's inputs: -pi..pi for all, or x=-2..2, t=0..1, which makes an input of t; of a drawing: x=-2..2, y=0..4; of samples: x=-2..2.")
        .absent("-2..2")
        .idle(|context| is_no_formula(context).and_then(|_| is_no_drawing(context))),
    Setting::text(at!(PotentialSettings, drawing), Group::Data, ["drawing", "Drawing", "the drawing"])
        .means("A curve or samples that were drawn on the page: the part of its link after drawing=.")
        .absent("none")
        .idle(is_no_drawing),
    Setting::text(at!(PotentialSettings, periodic), Group::Data, ["periodic", "Periodic", "the periods"])
        .means("Inputs that are angles, with their periods: phi:360, psi:2pi or theta:-pi..pi, a period alone for all, or none.")
        .absent("as the table says, or none")
        .idle(|context| is_no_formula(context).filter(|_| is_no_table(context).is_some())),
    Setting::choice::<Scaling>(at!(PotentialSettings, scaling), Group::Data, ["scaling", "Scaling", "the scaling"])
        .means("How inputs and values are scaled before the networks see them: raw, or to mean 0 and deviation 1.")
        .kept(Kept::WithModel)
        .idle(under_the_recipe),
    Setting::choice::<Sampling>(at!(PotentialSettings, sampling), Group::Data, ["sampling", "Points", "the choice of points"])
        .means("Where the samples lie: anywhere in the domain, or at equal distances.")
        .kept(Kept::Always)
        .idle(on_a_file),
    Setting::number(at!(PotentialSettings, noise), Group::Data, [0.0, 10.0], ["noise", "Noise", "the noise"])
        .means("Standard deviation of the noise, as a fraction of that of the values.")
        .kept(Kept::Always)
        .idle(on_a_file),
    Setting::choice::<Kind>(at!(PotentialSettings, target_kind), Group::Data, ["target-kind", "Target", "the kind of target"])
        .means("What the random potential is made of.")
        .idle(is_no_random_target),
    Setting::whole(
        at!(PotentialSettings, target_seed),
        Group::Data,
        [0.0, MAX_SEED],
        ["target-seed", "Target seed", "the seed of the target"],
    )
    .means("Seed that the random target is made from.")
    .idle(is_no_random_target),
    Setting::whole(
        at!(PotentialSettings, inputs),
        Group::Data,
        [1.0, RandomLandscape::MOST_INPUTS as f64],
        ["inputs", "Inputs", "the number of inputs"],
    )
    .means("How many inputs the random landscape has.")
    .idle(|context| other_than(context, RandomLandscape::ID)),
    Setting::choice::<Observed>(
        at!(PotentialSettings, observed),
        Group::Data,
        ["observed", "Learn from", "the measured quantity"],
    )
    .means("What is measured at each point of a benchmark: the value, or the derivatives by the inputs.")
    .leads()
    .idle(|context| {
        on_a_file(context).or_else(|| context.is_field.then(|| "on a field, which is learnt from its components".into()))
    }),
    Setting::choice::<Skip>(at!(PotentialSettings, skip), Group::Model, ["skip", "Skip", "the skip"])
        .means("A convex polynomial that each mode has besides its layers.")
        .kept(Kept::WithModel),
    Setting::choice::<Symmetry>(at!(PotentialSettings, symmetry), Group::Model, ["symmetry", "Symmetry", "the symmetry"])
        .means(
            "What the fit is made invariant under, by averaging: nothing, or exchange of the inputs (their order \
             reversed).",
        )
        .idle(|context| (inputs(context) == Some(1)).then(|| "on a single input".into())),
    Setting::number(
        at!(PotentialSettings, value_weight),
        Group::Training,
        [0.0, 1e6],
        ["value-weight", "Weight of values", "the weight of the values"],
    )
    .means("How much values count beside derivatives, where derivatives are learnt from and values are known.")
    .idle(|context| {
        let both = match find(context.benchmark) {
            Some(_) => context.target.map(|(_, observed)| observed == Observed::Gradient),
            None => context.data.map(|data| data.gradient.is_some() && data.has_values()),
        };
        (both == Some(false)).then(|| "where values and derivatives are not learnt together".into())
    }),
    Setting::number(at!(PotentialSettings, b), Group::Data, [0.0, 2.0], ["b", "Coupling b", "the coupling b"])
        .means("How strongly the genes of the gene circuit act on each other.")
        .slider(0.01, 2.0)
        .idle(|context| other_than(context, GeneCircuit::ID)),
    Setting::number(at!(PotentialSettings, kt), Group::Data, [1e-300, 1e300], ["kT", "kT", "the thermal energy"])
        .means("Thermal energy of the samples: the unit of the potential −kT log q, and of the bias under which they were drawn.")
        .absent("1")
        .idle(is_no_joint_density),
    Setting::text(at!(PotentialSettings, unit), Group::Data, ["unit", "Unit", "the unit"])
        .means("Name of the unit that kT is given in, such as kJ/mol.")
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

fn is_no_table(context: &Context) -> Option<String> {
    (![OWN_DATA.id, OWN_JOINT.id].contains(&context.benchmark)).then(|| format!("on {}", context.benchmark))
}

fn is_no_random_target(context: &Context) -> Option<String> {
    if context.benchmark == RandomLandscape::ID { None } else { other_than(context, RandomWells::ID) }
}

/// The number of inputs, if it is known.
fn inputs(context: &Context) -> Option<usize> {
    if let (RandomLandscape::ID, Some((inputs, _))) = (context.benchmark, context.target) {
        return Some(inputs);
    }
    // Those of a formula are counted where it is parsed.
    let known = find(context.benchmark).filter(|potential| potential.id() != Formula::ID);
    known.map(|potential| potential.inputs().len()).or(context.data.map(Dataset::inputs))
}

/// Where settings of sampled data have no effect.
fn on_a_file(context: &Context) -> Option<String> {
    [OWN_DATA, OWN_JOINT, DRAWN_SAMPLES].iter().find_map(|own| own.idle(context))
}

fn other_than(context: &Context, benchmark: &str) -> Option<String> {
    let is_other = context.benchmark != benchmark;
    is_other.then(|| on_a_file(context).unwrap_or_else(|| format!("on {}", context.benchmark)))
}
