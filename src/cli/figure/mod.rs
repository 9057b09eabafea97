//! `multiwell figure`: the paper's figures and those of the study as SVG, each with its numbers as CSV.

mod density;
mod forces;
mod gene;
mod material;
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
    /// Figures of the paper, 1 to 13 (1..4 for several), or `study` for those of the tables given by --runs.
    #[arg(value_name = "WHICH", required = true)]
    which: Vec<String>,

    /// The folder that they are written to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Epochs of each run [default: the recipe's].
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    epochs: Option<String>,

    /// Seeds of the weights (in Figures 5 to 13 of the data too): a run each, on each of the potentials.
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
    let among = |range: std::ops::RangeInclusive<u64>| numbers.iter().copied().filter(|n| range.contains(n)).collect::<Vec<_>>();
    let own_epochs = arguments.epochs.is_some().then_some(settings.epochs);
    let (of_forces, of_materials, of_genes) = (among(5..=7), among(9..=11), among(12..=13));
    if !of_forces.is_empty() {
        forces::figures(&of_forces, own_epochs, &seeds)?.iter().try_for_each(write)?;
    }
    if numbers.contains(&8) {
        density::figures(own_epochs, &seeds)?.iter().try_for_each(write)?;
    }
    if !of_materials.is_empty() {
        material::figures(&of_materials, own_epochs, &seeds)?.iter().try_for_each(write)?;
    }
    if !of_genes.is_empty() {
        gene::figures(&of_genes, own_epochs, &seeds)?.iter().try_for_each(write)?;
    }
    // Figures 2 to 4 are of the same runs.
    if among(2..=4).is_empty() {
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

/// The figures of the paper that there are.
const KNOWN: std::ops::RangeInclusive<u64> = 1..=13;

/// The figures of the paper that were asked for, in order, and whether those of the study were.
fn which(words: &[String]) -> Result<(Vec<u64>, bool), Failure> {
    let (study, numbers): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| *word == "study");
    let mut figures = Vec::new();
    for word in numbers {
        match seeds::read(word) {
            Ok(numbers) if numbers.iter().all(|number| KNOWN.contains(number)) => figures.extend(numbers),
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

fn settings(arguments: &Figure) -> Result<Settings, Failure> {
    let recipe = choice::<Recipe>("recipe", &arguments.recipe).map_err(Failure::bad_input)?;
    let mut settings = Settings::of(recipe);
    if let (Some(text), Some(field)) = (&arguments.epochs, field("epochs")) {
        settings.epochs = field.parse(text).map_err(Failure::bad_input)? as u64;
    }
    Ok(settings)
}
