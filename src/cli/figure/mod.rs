//! `multiwell figure`: the paper's figures and those of the study as SVG, each with its numbers as CSV.

mod members;
mod paper;
mod sheet;
mod study;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use multiwell::run::Settings;
use multiwell::run::settings::{Recipe, choice, field};

use super::seeds;
use super::{Failure, print};
use sheet::Sheet;

/// `multiwell figure`.
#[derive(Debug, Args)]
pub struct Figure {
    /// Figures of the paper, 1 to 4 (1..4 for all), or `study` for those of the tables given by --runs.
    #[arg(value_name = "WHICH", required = true)]
    which: Vec<String>,

    /// The folder that they are written to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Epochs of each run [default: the recipe's].
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    epochs: Option<String>,

    /// Seeds of the weights: a run each, on each of three potentials.
    #[arg(long, value_name = "SEEDS", default_value = "0..9")]
    seeds: String,

    /// The recipe.
    #[arg(long, value_name = "NAME", default_value = "paper")]
    recipe: String,

    /// Tables of `multiwell sweep`, for `study`.
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    runs: Vec<PathBuf>,
}

/// What a figure comes to.
pub struct Output {
    /// Name of the files, without their ending.
    name: String,
    /// The SVG, if it has one.
    picture: Option<String>,
    /// Its numbers.
    numbers: String,
}

impl Output {
    fn new(name: &str, sheet: &Sheet, caption: &str, numbers: String) -> Self {
        Self { name: name.into(), picture: Some(sheet.finish(caption)), numbers }
    }

    fn numbers(name: &str, numbers: String) -> Self {
        Self { name: name.into(), picture: None, numbers }
    }

    fn write(&self, folder: &Path) -> Result<(), Failure> {
        let write = |ending: &str, text: &str| {
            let path = folder.join(format!("{}.{ending}", self.name));
            fs::write(&path, text).map_err(|error| Failure::Failed(format!("{} cannot be written ({error})", path.display())))?;
            print(&format!("{}\n", path.display()))
        };
        self.picture.as_ref().map_or(Ok(()), |picture| write("svg", picture))?;
        write("csv", &self.numbers)
    }
}

/// Draws what was asked for.
pub fn figure(arguments: &Figure) -> Result<(), Failure> {
    let (numbers, study) = which(&arguments.which)?;
    if study == arguments.runs.is_empty() {
        let sentence = "`figure study` needs tables of `multiwell sweep` after --runs, and only it takes them";
        return Err(Failure::bad_input(sentence));
    }
    let settings = settings(arguments)?;
    let seeds = seeds::read(&arguments.seeds).map_err(Failure::bad_input)?;
    fs::create_dir_all(&arguments.out)
        .map_err(|error| Failure::bad_input(format!("{} cannot be made ({error})", arguments.out.display())))?;
    let write = |output: &Output| output.write(&arguments.out);
    if study {
        study::figures(&arguments.runs)?.iter().try_for_each(write)?;
    }
    if numbers.contains(&1) {
        write(&paper::figure_1())?;
    }
    // Figures 2 to 4 are of the same runs.
    if numbers.iter().all(|&number| number == 1) {
        return Ok(());
    }
    let ensembles = members::train(&settings, &seeds)?;
    for number in numbers {
        match number {
            2 => paper::figure_2(&settings, &ensembles).iter().try_for_each(write)?,
            3 => write(&paper::figure_3(&settings, &ensembles))?,
            4 => write(&paper::figure_4(&settings, &ensembles))?,
            _ => {}
        }
    }
    Ok(())
}

/// The figures of the paper that were asked for, in order, and whether those of the study were.
fn which(words: &[String]) -> Result<(Vec<u64>, bool), Failure> {
    let (study, numbers): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| *word == "study");
    let mut figures = Vec::new();
    for word in numbers {
        match seeds::read(word) {
            Ok(numbers) if numbers.iter().all(|number| (1..=4).contains(number)) => figures.extend(numbers),
            _ => {
                return Err(Failure::bad_input(format!(
                    "there are the figures 1 to 4 (or 1..4 for all) and study, not `{word}`"
                )));
            }
        }
    }
    figures.sort_unstable();
    figures.dedup();
    Ok((figures, !study.is_empty()))
}

fn settings(arguments: &Figure) -> Result<Settings, Failure> {
    let recipe = choice::<Recipe>("recipe", &arguments.recipe).map_err(Failure::bad_input)?;
    let mut settings = Settings::of(recipe);
    if let (Some(text), Some(field)) = (&arguments.epochs, field("epochs")) {
        settings.epochs = field.parse(text).map_err(Failure::bad_input)? as u64;
    }
    Ok(settings)
}
