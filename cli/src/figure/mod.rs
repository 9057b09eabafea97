//! `multiwell figure`: figures of the paper and of the study as SVG, each with its numbers as CSV.

mod density;
mod forces;
mod gene;
mod material;
mod members;
mod paper;
mod sheet;
mod study;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::Args;
use itertools::Itertools;
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::settings::{self, NamedChoice, Recipe, shortest};
use multiwell::internal::text::shortened;

use super::seeds;
use super::{Failure, files, print};
use sheet::FigureSheet;

/// `multiwell figure`.
#[derive(Debug, Args)]
pub struct FigureArguments {
    /// Numbers of figures of the paper, 1 to 13 (1..4 for several), or `study` for figures of the tables of --runs. With ten seeds, Figures 10 and 11 train for about half
    /// a processor hour, the others for minutes.
    #[arg(value_name = "WHICH", required = true)]
    which: Vec<String>,

    /// Folder for the figures.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Number of epochs of each run [default: the recipe's].
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    epochs: Option<String>,

    /// Seeds of the weights, and in Figures 5 to 13 of the data; one run for each seed and potential [default: 0..9].
    #[arg(long, value_name = "SEEDS")]
    seeds: Option<String>,

    /// Recipe of Figures 2 to 4 [default: paper].
    #[arg(long, value_name = "NAME")]
    recipe: Option<String>,

    /// Tables of `multiwell sweep`, for `study`.
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    runs: Vec<PathBuf>,
}

/// The files of a figure.
pub struct FigureOutput {
    /// Name of the files, without their extension.
    name: String,
    /// The SVG, if it has one.
    picture: Option<String>,
    numbers: String,
}

impl FigureOutput {
    fn new(name: &str, sheet: &FigureSheet, caption: &str, numbers: String) -> Self {
        Self { name: name.into(), picture: Some(sheet.finish(caption)), numbers }
    }

    fn numbers(name: &str, numbers: String) -> Self {
        Self { name: name.into(), picture: None, numbers }
    }

    /// The names of the files, with their texts.
    fn files(&self) -> impl Iterator<Item = (String, &str)> {
        let picture = self.picture.as_deref().map(|picture| (format!("{}.svg", self.name), picture));
        picture.into_iter().chain([(format!("{}.csv", self.name), self.numbers.as_str())])
    }
}

/// Folder to which figures are written. If the names of the files cannot be printed, the files are written nevertheless.
struct FigureFolder<'a> {
    folder: &'a Path,
    printed: Result<(), Failure>,
}

impl FigureFolder<'_> {
    /// Writes figures, but does not replace a file that was read.
    fn write(&mut self, outputs: &[FigureOutput], read: &[PathBuf]) -> Result<(), Failure> {
        let inputs: Vec<&Path> = read.iter().map(PathBuf::as_path).collect();
        for (name, _) in outputs.iter().flat_map(FigureOutput::files).filter(|_| !inputs.is_empty()) {
            files::check_apart(&[("the figure", Some(&self.folder.join(name)))], &inputs)?;
        }
        for (name, text) in outputs.iter().flat_map(FigureOutput::files) {
            let path = self.folder.join(name);
            files::write(&path, text.as_bytes())?;
            if self.printed.is_ok() {
                self.printed = print(&format!("{}\n", path.display()));
            }
        }
        Ok(())
    }
}

pub fn figure(arguments: &FigureArguments) -> Result<(), Failure> {
    let (numbers, study) = requested_figures(&arguments.which)?;
    if study == arguments.runs.is_empty() {
        let sentence = "`figure study` needs tables of `multiwell sweep` after --runs, and only it takes them";
        return Err(Failure::bad_input(sentence));
    }
    let settings = settings(arguments)?;
    let seeds = seeds::read(arguments.seeds.as_deref().unwrap_or("0..9")).map_err(Failure::bad_input)?;
    refuse_idle(arguments, &numbers)?;
    files::make_folder(&arguments.out)?;
    let mut shelf = FigureFolder { folder: &arguments.out, printed: Ok(()) };
    if study {
        shelf.write(&study::figures(&arguments.runs)?, &arguments.runs)?;
    }
    let epochs = arguments.epochs.is_some().then_some(settings.training.epochs);
    for (range, draw) in FIGURE_GROUPS {
        let wanted: Vec<u64> = numbers.iter().copied().filter(|number| range.contains(number)).collect();
        if !wanted.is_empty() {
            shelf.write(&draw(&FigureRequest { wanted: &wanted, epochs, seeds: &seeds, settings: &settings })?, &[])?;
        }
    }
    shelf.printed
}

/// Request for figures that are drawn from the same runs.
struct FigureRequest<'a> {
    /// The numbers of the figures.
    wanted: &'a [u64],
    /// Number of epochs of each run, if it was given.
    epochs: Option<u64>,
    seeds: &'a [u64],
    /// The settings of Figures 2 to 4.
    settings: &'a Settings,
}

impl FigureRequest<'_> {
    fn wants(&self, number: u64) -> bool {
        self.wanted.contains(&number)
    }
}

type Draw = fn(&FigureRequest) -> Result<Vec<FigureOutput>, Failure>;

/// Groups of figures that are drawn from the same runs, in the order of drawing.
const FIGURE_GROUPS: [(RangeInclusive<u64>, Draw); 6] = [
    (1..=1, |_| Ok(vec![paper::figure_1()])),
    (5..=7, forces::figures),
    (8..=8, density::figures),
    (9..=11, material::figures),
    (12..=13, gene::figures),
    (2..=4, paper::figures),
];

/// Refuses options without effect on any of the requested figures. Some figures train nothing, and only Figures 2 to 4 have a recipe.
fn refuse_idle(arguments: &FigureArguments, numbers: &[u64]) -> Result<(), Failure> {
    let trains = |figure: &u64| ![1, 9].contains(figure);
    let has_recipe = |figure: &u64| (2..=4).contains(figure);
    let options = [
        ("epochs", arguments.epochs.is_some(), numbers.iter().any(trains)),
        ("seeds", arguments.seeds.is_some(), numbers.iter().any(trains)),
        ("recipe", arguments.recipe.is_some(), numbers.iter().any(has_recipe)),
    ];
    let mut idle = options.iter().filter(|(_, given, applies)| *given && !applies);
    match idle.next() {
        Some((name, ..)) => {
            let which = arguments.which.iter().map(|word| shortened(word)).join(" ");
            Err(Failure::bad_input(format!("--{name} has no effect on `figure {which}`; leave it out")))
        }
        None => Ok(()),
    }
}

/// Figures of the paper that can be drawn.
const KNOWN_FIGURES: RangeInclusive<u64> = 1..=13;

/// Requested figures of the paper, in order, and whether the figures of the study were requested.
fn requested_figures(words: &[String]) -> Result<(Vec<u64>, bool), Failure> {
    let (study, numbers): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| *word == "study");
    let mut figures = Vec::new();
    for word in numbers {
        match seeds::read(word) {
            Ok(numbers) if numbers.iter().all(|number| KNOWN_FIGURES.contains(number)) => figures.extend(numbers),
            _ => {
                return Err(Failure::bad_input(format!(
                    "there are the figures 1 to 13 (1..4 for several) and study, not `{word}`"
                )));
            }
        }
    }
    figures.sort_unstable();
    figures.dedup();
    Ok((figures, !study.is_empty()))
}

fn settings(arguments: &FigureArguments) -> Result<Settings, Failure> {
    let text = arguments.recipe.as_deref().unwrap_or(Recipe::Paper.name());
    let read = settings::find("recipe").map_or(Ok(()), |setting| setting.read(text).map(|_| ()));
    read.map_err(Failure::bad_input)?;
    let mut settings = Settings::from_recipe(Recipe::named(text.trim()).unwrap_or_default());
    if let (Some(text), Some(setting)) = (&arguments.epochs, settings::find("epochs")) {
        setting.parse(&mut settings, text).map_err(Failure::bad_input)?;
    }
    Ok(settings)
}

/// Settings with changes in the notation of a link.
fn with(settings: &Settings, changes: &str) -> Settings {
    settings.with(changes).expect("a figure's settings can be used")
}

/// Numbers as fields of a line of CSV.
fn fields(values: impl IntoIterator<Item = f64>) -> String {
    values.into_iter().map(shortest).join(",")
}

/// Columns of equal length as CSV under a header.
fn columns<'a>(header: &str, columns: impl IntoIterator<Item = &'a Vec<f64>>) -> String {
    let columns: Vec<&Vec<f64>> = columns.into_iter().collect();
    (0..columns[0].len()).fold(format!("{header}\n"), |text, k| text + &fields(columns.iter().map(|column| column[k])) + "\n")
}

/// Title of the panel with this index.
fn panel(k: usize, name: &str) -> String {
    format!("({}) {name}", char::from(b'a' + (k % 26) as u8))
}
