//! Arguments of `fit` and `eval`, and arguments that several commands share. Values of settings remain text here, because the description of a
//! setting defines how they are read and checked.

use std::path::PathBuf;

use clap::builder::ArgPredicate;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches};
use multiwell::internal::data::csv::Columns;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::problem::settings::setting::SettingKind;
use multiwell::internal::problem::settings::{self, Recipe, Setting, Settings};

/// `multiwell fit`.
#[derive(Clone, Debug, Default, Args)]
pub struct FitArguments {
    /// Data, settings and seeds.
    #[command(flatten)]
    pub training: TrainingArguments,

    /// Further files of samples, with --density. Each of their columns is a separate set, named after the file. With --inputs, each file has a separate density, and a table lists their basins.
    #[arg(value_name = "FILE")]
    pub more: Vec<PathBuf>,

    /// Fit densities: each column of the file is a set of samples, and its header is a name or the time of the samples. With --inputs, fit the joint
    /// density of one to three columns; each row is one sample.
    #[arg(long)]
    pub density: bool,

    /// Column of the statistical weights of samples, with --density and --inputs.
    #[arg(long, value_name = "NAME", requires = "density", conflicts_with = "bias")]
    pub weights: Option<String>,

    /// Columns of the biases of biased samples, with --density and --inputs. A row has the weight exp(sum of its biases/kT).
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "density")]
    pub bias: Vec<String>,

    /// Table of umbrella windows to combine, with --density and --inputs. Each line contains the name of a file, its centres and its spring constants (a bias of
    /// spring/2 (x - centre)^2 for each input). MBAR computes the weights of the rows at the energy --kT.
    #[arg(long, value_name = "CENTRES.csv", requires = "density", conflicts_with_all = ["weights", "bias"])]
    pub umbrella: Option<PathBuf>,

    /// Model file with the initial parameters [default: random parameters].
    #[arg(long, value_name = "MODEL.json")]
    pub init: Option<PathBuf>,

    /// The columns of runs in time.
    #[command(flatten)]
    pub runs: RunColumns,

    /// File for the fitted model. Of several seeds, the model with the smallest error expected on fresh rows, else on the samples, is written. For several files of samples, the name of each is added.
    #[arg(long, value_name = "MODEL.json")]
    pub model_out: Option<PathBuf>,

    /// CSV file for loss, counts, rho and gates against epochs. Of several seeds, the history of the model of --model-out is written.
    #[arg(long, value_name = "FILE.csv")]
    pub history_out: Option<PathBuf>,
}

/// The data, the settings and the seeds of what is trained: what `fit` and `compare` have in common.
#[derive(Clone, Debug, Default, Args)]
pub struct TrainingArguments {
    /// Id of a benchmark (see `multiwell list`), or path of a table: CSV, columns separated by blanks, COLVAR and fes.dat of PLUMED, .npy or .npz, each also with .gz. Default names of columns without a header are x, y and z, or x1 to y.
    #[arg(
        value_name = "BENCHMARK|FILE",
        required = false,
        required_unless_present_any = ["formula", "drawing"],
        default_value_ifs([("formula", ArgPredicate::IsPresent, "formula"), ("drawing", ArgPredicate::IsPresent, "drawing")])
    )]
    pub data: PathBuf,

    /// The columns of points.
    #[command(flatten)]
    pub columns: ColumnNames,

    /// The settings.
    #[command(flatten)]
    pub given: GivenSettings,

    /// Seeds of several runs, trained at once on all cores: 0..9 (both ends included), 3,5,8, or both mixed. With --data-seed same or --target-seed
    /// same, that seed equals the run's seed. A comparison prints medians.
    #[arg(long, value_name = "SEEDS", conflicts_with = "seed")]
    pub seeds: Option<String>,

    /// Print the result as a JSON object; for several seeds, files of samples or methods, one object per line.
    #[arg(long)]
    pub json: bool,
}

/// Name of a column, or an expression of columns, which may begin with a sign.
fn column(text: &str) -> Result<String, String> {
    if text.starts_with("--") {
        return Err(format!("the name of a column is missing in front of {text}"));
    }
    Ok(text.into())
}

/// The columns of a file of points.
#[derive(Clone, Debug, Default, Args)]
pub struct ColumnNames {
    /// Input columns of the file, separated by commas [default: the first of two columns]. For `random-landscape`: the number of inputs.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', allow_hyphen_values = true, value_parser = column)]
    pub inputs: Vec<String>,

    /// Column of the values, or an expression of columns, such as -lnPI or -2.494*log(p). The other columns of numbers can be expressions, too.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = column)]
    pub target: Option<String>,

    /// Columns of the derivatives with respect to the inputs, in the order of the inputs, separated by commas; `-` for an unmeasured one. Fields of
    /// missing derivatives may be empty.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', allow_hyphen_values = true, value_parser = column)]
    pub gradient: Vec<String>,

    /// Columns of the forces, which are minus the derivatives, in the form of --gradient.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', allow_hyphen_values = true, value_parser = column)]
    pub forces: Vec<String>,

    /// Column that marks training rows (train or 0) and held-out rows (test, held-out or 1), instead of --hold-out; `-` for none [default: a column
    /// named split with such words]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub split: Option<String>,

    /// Column of the standard errors of the rows. The weight of a row is the inverse square of its error; only ratios of errors have an effect.
    #[arg(long, value_name = "NAME")]
    pub sigma: Option<String>,
}

impl ColumnNames {
    /// Columns in the form that the reader of tables requires.
    pub fn named(&self) -> Columns {
        let Self { inputs, target, gradient, forces, split, sigma } = self.clone();
        Columns { inputs, target, gradient, forces, split, sigma, ..Columns::default() }
    }
}

/// The columns of a file of runs in time.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Runs in time (a potential with memory)")]
pub struct RunColumns {
    /// Column with the name of the run of each row, for runs in time with --time, --inputs and --outputs [default: all rows are one run].
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Column of the time.
    #[arg(long, value_name = "NAME")]
    pub time: Option<String>,
    /// Columns that do work on the inputs, in the order of the inputs (a stress for each strain), separated by commas. A single input
    /// may have a second, transverse one. - replaces those of the last inputs if they were not measured.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub outputs: Vec<String>,
}

/// Settings of the command line, as pairs of a name and the original text.
#[derive(Clone, Debug, Default)]
pub struct GivenSettings(pub Vec<(&'static str, String)>);

impl GivenSettings {
    /// Iterates over all of them in the order of the list of settings.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// Settings for runs on some benchmarks. If the number of inputs of a benchmark can be chosen, `--inputs` is a setting. For a user's own file it
    /// names columns.
    #[must_use]
    pub fn on(&self, benchmarks: &str, columns: &ColumnNames) -> Self {
        let has_choice = |id: &str| Settings::on(Recipe::default(), id.trim()).applies(INPUTS_SETTING);
        let is_setting = !columns.inputs.is_empty() && benchmarks.split(',').any(has_choice);
        let inputs = is_setting.then(|| (INPUTS_SETTING, columns.inputs.join(",")));
        Self(self.0.iter().cloned().chain(inputs).collect())
    }

    /// Text of one of them.
    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text)
    }
}

/// Flag that sets the number of blocks to one, and the name of the setting.
const INDEPENDENT_FLAG: &str = "independent";
const BLOCKS_SETTING: &str = "blocks";

/// Name of a setting that shares its flag with the columns of a file.
pub const INPUTS_SETTING: &str = "inputs";

impl FromArgMatches for GivenSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let text = |setting: &Setting| matches.get_one::<String>(setting.name).map(|text| (setting.name, text.clone()));
        let independent = matches.get_flag(INDEPENDENT_FLAG).then(|| (BLOCKS_SETTING, "1".into()));
        Ok(Self(settings::all().filter(|setting| setting.name != INPUTS_SETTING).filter_map(text).chain(independent).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for GivenSettings {
    fn augment_args(command: clap::Command) -> clap::Command {
        let independent =
            Arg::new(INDEPENDENT_FLAG).long(INDEPENDENT_FLAG).action(ArgAction::SetTrue).conflicts_with(BLOCKS_SETTING);
        let help = "Treat the samples of a density as independent, as --blocks 1 does";
        command.args(settings::all().filter(|setting| setting.name != INPUTS_SETTING).map(flag)).arg(independent.help(help))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

fn flag(setting: &'static Setting) -> Arg {
    let arg = Arg::new(setting.name).long(setting.name).help(help(setting));
    match setting.kind {
        SettingKind::Number { whole, .. } => arg.value_name(if whole { "N" } else { "X" }).allow_hyphen_values(true),
        SettingKind::Widths => arg.value_name("WIDTHS").allow_hyphen_values(true),
        SettingKind::Text => arg.value_name("TEXT").allow_hyphen_values(true),
        // Without a value, the flag means `yes`.
        SettingKind::Choice { names, .. } if names() == ["no", "yes"] => {
            arg.value_name("NAME").num_args(0..=1).require_equals(true).default_missing_value("yes")
        }
        SettingKind::Choice { .. } => arg.value_name("NAME"),
    }
}

/// Help of a setting: its meaning, its choices and its default.
fn help(setting: &Setting) -> String {
    let default = |recipe| {
        let mut of = [Settings::from_recipe(recipe)].into_iter().chain(benchmarks::all().map(|b| Settings::on(recipe, b.id)));
        let text = of.find(|settings| setting.value(settings).is_some()).map(|settings| setting.written(&settings));
        text.filter(|text| !text.is_empty()).unwrap_or_else(|| setting.absent.unwrap_or_default().into())
    };
    let (first, paper) = (default(Recipe::default()), default(Recipe::Paper));
    let (first, paper) = match setting.name {
        "scaling" => ("raw for a curve on a line, else standard".into(), String::new()),
        "recipe" => (first, String::new()),
        _ if first == paper => (first, String::new()),
        _ => (first, format!("; {paper} for the recipe paper")),
    };
    let meaning = setting.meaning.trim_end_matches('.');
    let names =
        if let SettingKind::Choice { names, .. } = setting.kind { format!(" [{}]", names().join(", ")) } else { String::new() };
    format!("{meaning}{names} [default: {first}{paper}]")
}

/// `multiwell eval`.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
pub struct Eval {
    /// Model file, written by `--model-out` or by the page.
    #[arg(value_name = "MODEL.json")]
    pub model: PathBuf,

    /// Table with a column for each input of the model. For a density: with the column of its samples, or with a single column. A table without a header has the inputs in their order.
    #[arg(value_name = "POINTS.csv", required_unless_present = "grid")]
    pub points: Option<PathBuf>,

    /// Number of points of a grid along each input, instead of a table, for example 200 or 200x100.
    #[arg(long, value_name = "N", conflicts_with = "points")]
    pub grid: Option<String>,

    /// Ends of the grid, for example -2..2 or phi=-pi..pi,r=0..1 [default: the training domain of the model].
    #[arg(long, value_name = "RANGES", allow_hyphen_values = true, requires = "grid")]
    pub bounds: Option<String>,

    /// Print the derivative with respect to each input as well.
    #[arg(long)]
    pub gradient: bool,

    /// Print the second derivatives as well, each pair of inputs once.
    #[arg(long)]
    pub hessian: bool,

    /// Print the responsibility of each mode as well.
    #[arg(long)]
    pub responsibilities: bool,

    /// Print the density q and the probability F below each point as well, for the model of a density.
    #[arg(long)]
    pub density: bool,

    /// File for the result: a CSV file, or a NumPy array [points, columns] if its name ends with .npy [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Column with the name of the run of each row, for the model of a material [default: all rows are one run].
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,

    /// Column of the time, for the model of a material.
    #[arg(long, value_name = "NAME")]
    pub time: Option<String>,
}
