//! What can be typed. Numbers stay text here: the settings know what they may be, and say it in their own words.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use multiwell::problem::settings::{Recipe, Settings, field, listed, pick, shortest};

/// Learns energy landscapes with several wells from data: gated soft minima of input convex neural networks.
#[derive(Debug, Parser)]
#[command(name = "multiwell", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the benchmark potentials.
    List,
    /// Fits a potential to a benchmark or to the rows of a CSV file, and says how good the fit is.
    Fit(Box<Fit>),
    /// Evaluates a fitted model at the points of a CSV file, and prints a CSV.
    Eval(Eval),
    /// Says what a fitted model's landscape is like: minima, barriers, curvatures, what each mode does, how far from the truth.
    Landscape(super::landscape::Landscape),
    /// Trains every combination of settings and writes one line of a CSV for each; goes on where it stopped.
    Sweep(Box<super::sweep::Sweep>),
    /// Draws the figures of the paper, or those of tables that `sweep` wrote, as SVG with their numbers beside them.
    Figure(super::figure::Figure),
}

/// `multiwell fit`.
#[derive(Debug, Args)]
pub struct Fit {
    /// A benchmark's id (see `multiwell list`), `schlogl` (a density over time), `metamaterial` (a potential with memory), or the path of a CSV file with a header.
    #[arg(value_name = "BENCHMARK|FILE.csv")]
    pub data: PathBuf,

    /// Columns of the file that are inputs, separated by commas; not needed if it has two columns only.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub inputs: Vec<String>,

    /// Column of the file that is learnt.
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,

    /// Columns of the file that are derivatives.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        allow_hyphen_values = true,
        help = "Columns of the file that are the derivatives of what is learnt by the inputs, in their order, separated by commas; \
                `-` for one that was not measured, and an empty field where one is missing in a row"
    )]
    pub gradient: Vec<String>,

    /// Fit densities: each column of the file is a set of samples, its header a name or the time at which they were drawn.
    #[arg(long)]
    pub density: bool,

    /// The numbers.
    #[command(flatten)]
    pub numbers: Numbers,

    /// Seeds of several runs, which are trained at once on all cores.
    #[arg(
        long,
        value_name = "SEEDS",
        conflicts_with = "seed",
        help = "Train a run for each of these seeds at once, on all cores: 0..9 (both ends included), 3,5,8, or both mixed; \
                --data-seed same and --target-seed same let these follow"
    )]
    pub seeds: Option<String>,

    /// Widths of the hidden layers of each mode, separated by commas.
    #[arg(long, value_name = "WIDTHS", allow_hyphen_values = true, help = hidden_help())]
    pub hidden: Option<String>,

    /// What is one of a few names.
    #[command(flatten)]
    pub choices: Choices,

    /// Start from the parameters of this model file instead of random ones.
    #[arg(long, value_name = "MODEL.json")]
    pub init: Option<PathBuf>,

    /// The columns of runs in time.
    #[command(flatten)]
    pub runs: super::material::Runs,

    /// Print the result as one JSON object, or one a line for several seeds.
    #[arg(long)]
    pub json: bool,

    /// Write the fitted model to this file; of several seeds, the one with the smallest error on the samples.
    #[arg(long, value_name = "MODEL.json")]
    pub model_out: Option<PathBuf>,

    /// Write loss, counts, rho and gates against epochs to this file; of several seeds, those of the same one.
    #[arg(long, value_name = "FILE.csv")]
    pub history_out: Option<PathBuf>,
}

/// The numeric settings, as typed.
#[derive(Debug, Args)]
pub struct Numbers {
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("modes"))]
    modes: Option<String>,
    #[arg(long, value_name = "E", allow_hyphen_values = true, help = number_help("epsilon"))]
    epsilon: Option<String>,
    #[arg(long, value_name = "RATE", allow_hyphen_values = true, help = number_help("lr"))]
    lr: Option<String>,
    #[arg(long, value_name = "RATE", allow_hyphen_values = true, help = number_help("gate-lr"))]
    gate_lr: Option<String>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("epochs"))]
    epochs: Option<String>,
    #[arg(long, value_name = "LOSS", allow_hyphen_values = true, help = number_help("stop-loss"))]
    stop_loss: Option<String>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("seed"))]
    seed: Option<String>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("samples"))]
    samples: Option<String>,
    #[arg(long, value_name = "FRACTION", allow_hyphen_values = true, help = number_help("noise"))]
    noise: Option<String>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("data-seed"))]
    data_seed: Option<String>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("target-seed"))]
    target_seed: Option<String>,
    #[arg(long, value_name = "WEIGHT", allow_hyphen_values = true, help = number_help("value-weight"))]
    value_weight: Option<String>,
    #[arg(long, value_name = "B", allow_hyphen_values = true, help = number_help("b"))]
    b: Option<String>,
    #[arg(long, value_name = "C", allow_hyphen_values = true, help = number_help("c1"))]
    c1: Option<String>,
    #[arg(long, value_name = "C", allow_hyphen_values = true, help = number_help("c2"))]
    c2: Option<String>,
    #[arg(long, value_name = "C", allow_hyphen_values = true, help = number_help("c3"))]
    c3: Option<String>,
    #[arg(long, value_name = "C", allow_hyphen_values = true, help = number_help("c4"))]
    c4: Option<String>,
    #[arg(long, value_name = "W", allow_hyphen_values = true, help = number_help("decay"))]
    decay: Option<String>,
    #[arg(long, value_name = "W", allow_hyphen_values = true, help = number_help("kl"))]
    kl: Option<String>,
    #[arg(long, value_name = "E", allow_hyphen_values = true, help = number_help("amplitude"))]
    amplitude: Option<String>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("period"))]
    period: Option<String>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = number_help("batch"))]
    batch: Option<String>,
}

impl Numbers {
    /// The settings that were given, by name, as typed.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("modes", &self.modes),
            ("epsilon", &self.epsilon),
            ("lr", &self.lr),
            ("gate-lr", &self.gate_lr),
            ("epochs", &self.epochs),
            ("stop-loss", &self.stop_loss),
            ("seed", &self.seed),
            ("samples", &self.samples),
            ("noise", &self.noise),
            ("data-seed", &self.data_seed),
            ("target-seed", &self.target_seed),
            ("value-weight", &self.value_weight),
            ("b", &self.b),
            ("c1", &self.c1),
            ("c2", &self.c2),
            ("c3", &self.c3),
            ("c4", &self.c4),
            ("decay", &self.decay),
            ("kl", &self.kl),
            ("amplitude", &self.amplitude),
            ("period", &self.period),
            ("batch", &self.batch),
        ]
        .into_iter()
        .filter_map(|(name, text)| text.as_deref().map(|text| (name, text)))
    }
}

/// The settings that are one of a few names, as typed.
#[derive(Debug, Args)]
pub struct Choices {
    #[arg(long, value_name = "NAME", help = choice_help("schedule"))]
    schedule: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("recipe"))]
    pub recipe: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("scaling"))]
    scaling: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("sampling"))]
    sampling: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("target-kind"))]
    target_kind: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("skip"))]
    skip: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("symmetry"))]
    symmetry: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("dynamics"))]
    dynamics: Option<String>,
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "yes", help = choice_help("fixed-phase"))]
    fixed_phase: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("structural"))]
    structural: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("start"))]
    start: Option<String>,
    #[arg(long, value_name = "NAME", help = choice_help("pooling"))]
    pooling: Option<String>,
}

impl Choices {
    /// The settings that were given, by name, as typed; the recipe first, which the others' defaults follow.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("recipe", &self.recipe),
            ("schedule", &self.schedule),
            ("scaling", &self.scaling),
            ("sampling", &self.sampling),
            ("target-kind", &self.target_kind),
            ("skip", &self.skip),
            ("symmetry", &self.symmetry),
            ("dynamics", &self.dynamics),
            ("fixed-phase", &self.fixed_phase),
            ("structural", &self.structural),
            ("start", &self.start),
            ("pooling", &self.pooling),
        ]
        .into_iter()
        .filter_map(|(name, text)| text.as_deref().map(|text| (name, text)))
    }
}

/// `multiwell eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// A model file, as `--model-out` or the page writes it.
    #[arg(value_name = "MODEL.json")]
    pub model: PathBuf,

    /// A CSV file with a column for each of the model's inputs.
    #[arg(value_name = "POINTS.csv")]
    pub points: PathBuf,

    /// Print the derivative with respect to each input as well.
    #[arg(long)]
    pub gradient: bool,
}

fn number_help(name: &str) -> String {
    let meaning = field(name).map_or("", |f| f.meaning).trim_end_matches('.');
    let default = |recipe| Settings::of(recipe).number(name).map_or("none".into(), shortest);
    let (first, paper) = (default(Recipe::default()), default(Recipe::Paper));
    let paper = if first == paper { String::new() } else { format!("; {paper} for the recipe paper") };
    format!("{meaning} [default: {first}{paper}]")
}

fn choice_help(name: &str) -> String {
    let Some(pick) = pick(name) else { return String::new() };
    let default = match name {
        "scaling" => "raw for a curve on a line, else standard",
        _ => (pick.get)(&Settings::default()),
    };
    let meaning = pick.meaning.trim_end_matches('.');
    format!("{meaning} [{}] [default: {default}]", (pick.names)().join(", "))
}

fn hidden_help() -> String {
    format!("Widths of the hidden layers of each mode, separated by commas [default: {}]", listed(&Settings::default().hidden))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use multiwell::problem::settings::{FIELDS, PICKS};

    #[test]
    fn the_command_line_is_consistent_and_has_a_flag_for_every_setting() {
        Arguments::command().debug_assert();
        let mut line = vec!["multiwell".to_string(), "fit".into(), "double-well".into()];
        for field in FIELDS {
            line.extend([format!("--{}", field.name), "-3e-1".into()]);
        }
        for pick in PICKS {
            line.push(format!("--{}=word", pick.name));
        }
        let Command::Fit(fit) = Arguments::try_parse_from(line).unwrap().command else { panic!("not fit") };
        let mut given: Vec<&str> = fit.numbers.given().map(|(name, _)| name).collect();
        let mut all: Vec<&str> = FIELDS.iter().map(|f| f.name).collect();
        given.sort_unstable();
        all.sort_unstable();
        assert_eq!(given, all);
        let mut given: Vec<&str> = fit.choices.given().map(|(name, _)| name).collect();
        let mut all: Vec<&str> = PICKS.iter().map(|p| p.name).collect();
        given.sort_unstable();
        all.sort_unstable();
        assert_eq!(given, all);
    }
}
