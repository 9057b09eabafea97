//! Figures and summary of the study, from the tables of sweeps.

mod errors;
mod runs;
mod summary;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;

use itertools::Itertools;
use multiwell::internal::plot::figures::paper::{powers, soft_minimum};
use multiwell::internal::plot::figures::study::{Spread, StudySeries, sharpness, spread, success};
use multiwell::internal::plot::ticks::whole;
use multiwell::internal::potentials::{KnownPotential, SoftParabolas, find};
use multiwell::internal::problem::settings::shortest;

use super::sheet::FigureSheet;
use super::{FigureOutput, columns, panel};
use crate::Failure;
use runs::{StudyRun, StudyRuns, read};

/// Maximum factor between the learnt and the true sharpness that is acceptable.
const SHARPNESS_FACTOR: f64 = 1.5;

/// Draws all figures that the tables allow, and writes a summary. A table with several weights of the penalty gives counts against them. Any other
/// table gives the distribution of its errors. Runs on targets of known sharpness are drawn together.
pub fn figures(paths: &[PathBuf]) -> Result<Vec<FigureOutput>, Failure> {
    let tables: Vec<Vec<StudyRun>> = paths.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let all = StudyRuns(tables.iter().flatten().collect());
    let mut outputs = vec![twins(), FigureOutput::numbers("study-summary", summary::summary(&all))];
    let is_known = |run: &StudyRun| !run.text("true_rho").is_empty();
    for (path, table) in paths.iter().zip(&tables) {
        let others = StudyRuns(table.iter().collect()).filter(|run| !is_known(run));
        let recipes = others.by("recipe");
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        for (recipe, of) in &recipes {
            let name = if recipes.len() > 1 { format!("study-{stem}-{recipe}") } else { format!("study-{stem}") };
            let many = of.values("epsilon").len() > 1;
            outputs.push(if many { counts(&name, recipe, of) } else { errors::figure(&name, recipe, of) });
        }
    }
    let known = all.filter(is_known);
    if known.len() > 0 {
        outputs.push(sharpnesses(&known));
    }
    Ok(outputs)
}

/// Figure of one potential as the soft minimum of two different sets of convex modes.
fn twins() -> FigureOutput {
    let (own, softer) = (30.0, 15.0);
    let soft = SoftParabolas::new(own).expect("a sharpness that is allowed");
    let x: Vec<f64> = (0..=600).map(|k| -3.0 + 0.01 * f64::from(k)).collect();
    let psi: Vec<f64> = x.iter().map(|&x| soft.value(&[x])).collect();
    let modes = [own, softer].map(|rho| [0, 1, 2].map(|i| x.iter().map(|&x| soft.modes_at(rho, x)[i]).collect()));
    let mut sheet = FigureSheet::default();
    sheet.row((470, 330));
    for (k, (rho, modes)) in [own, softer].into_iter().zip(&modes).enumerate() {
        sheet.add(&panel(k, &format!("ρ = {rho}")), &soft_minimum(&x, modes, &[(rho, psi.clone())], [-0.2, 1.0]));
    }
    let header = "x,psi,mode_0,mode_1,mode_2,softer_mode_0,softer_mode_1,softer_mode_2";
    let numbers = columns(header, [&x, &psi].into_iter().chain(modes.as_flattened()));
    let caption = "One potential, two sharpnesses: the same Ψ is the soft minimum of three parabolas at ρ = 30 and, exactly, of three \
                   other modes at ρ = 15, which are convex where they are responsible. Data bound the sharpness from above only.";
    FigureOutput::new("study-twins", &sheet, caption, numbers)
}

/// Figure of counts against the weight of the penalty, with a series for each number of modes offered.
fn counts(name: &str, recipe: &str, all: &StudyRuns) -> FigureOutput {
    let weights = all.values("epsilon");
    let (labels, across) = (weights.iter().map(ToString::to_string).collect::<Vec<_>>(), "sparsity ε");

    let most = all.ends("responsible_modes")[1];
    let mut numbers = String::from("benchmark,modes,epsilon,runs,responsible_right,wells_right,responsible_median\n");
    let mut rows = [Vec::new(), Vec::new(), Vec::new()];
    let places: HashMap<&str, usize> = weights.iter().enumerate().map(|(place, weight)| (*weight, place)).collect();
    for (k, (benchmark, of)) in all.by("benchmark").into_iter().enumerate() {
        let field = quoted(benchmark);
        let (mut responsible, mut wells, mut spreads) = (Vec::<StudySeries>::new(), Vec::<StudySeries>::new(), Vec::new());
        for (modes, of) in of.by("modes") {
            let name = format!("N = {modes}");
            let (mut modes_right, mut wells_right, mut found) = (Vec::new(), Vec::new(), Vec::<Spread>::new());
            for (weight, group) in of.by("epsilon") {
                let place = places[weight];
                let right = ["responsible_modes", "wells"].map(|count| group.filter(|run| run.is_right(count)).len());
                let [a, b] = right.map(|right| right as f64 / group.len() as f64);
                let (x, middle) = (place as f64, group.median("responsible_modes"));
                modes_right.push((x, a));
                wells_right.push((x, b));
                found.push((x, group.numbers("responsible_modes"), middle));
                let _ = writeln!(numbers, "{field},{modes},{weight},{},{},{},{middle}", group.len(), right[0], right[1]);
            }
            responsible.push((name.clone(), modes_right));
            wells.push((name.clone(), wells_right));
            spreads.push((name, found));
        }
        let truth = of.first().map_or(f64::NAN, |run| run.number("true_wells"));
        rows[0].push((panel(k, &benchmark_title(benchmark)), success(across, "responsible modes right", &labels, &responsible)));
        rows[1].push((String::new(), success(across, "wells right", &labels, &wells)));
        rows[2].push((String::new(), spread(across, "responsible modes", &labels, [truth, most], &spreads)));
    }
    let mut sheet = FigureSheet::default();
    for row in rows {
        sheet.row((400, 230));
        for (title, chart) in row {
            sheet.add(&title, &chart);
        }
    }
    let caption = format!(
        "Counts against the sparsity weight ε and the number N of modes offered; recipe {recipe}, {} epochs, {} runs in all, of \
         different seeds at each point. Above: part of the runs in which as many modes are responsible somewhere as the truth has \
         wells; middle: in which the fit has as many wells as the truth; below: modes responsible in each run (dots) and their \
         median (lines); red: the truth.",
        epochs(all),
        all.len()
    );
    FigureOutput::new(name, &sheet, &caption, numbers)
}

/// Text as a field of a CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}

/// Numbers of epochs of the runs, for a caption.
fn epochs(runs: &StudyRuns) -> String {
    runs.values("epochs").into_iter().map(|text| text.parse().map_or(text.into(), whole)).join(" or ")
}

/// Name of the benchmark in words.
fn benchmark_title(benchmark: &str) -> String {
    find(benchmark).map_or_else(|| benchmark.to_string(), |potential| potential.name().to_string())
}

/// Figure of the learnt sharpness against the true one, with a panel for each recipe and a series for each number of samples.
fn sharpnesses(all: &StudyRuns) -> FigureOutput {
    let mut sheet = FigureSheet::default();
    sheet.row((470, 430));
    let both = ["rho", "true_rho"].map(|column| all.numbers(column));
    let axis = powers(both.into_iter().flatten());
    let mut numbers = String::from("recipe,samples,true_rho,runs,lowest,median,highest,within_factor,finite\n");
    for (k, (recipe, of)) in all.by("recipe").into_iter().enumerate() {
        let mut series: Vec<StudySeries> = Vec::new();
        for (samples, some) in of.by("samples") {
            let points = some.numbers("true_rho").into_iter().zip(some.numbers("rho")).collect();
            series.push((format!("{samples} samples"), points));
            for (truth, group) in some.by("true_rho") {
                let is_near = |run: &StudyRun| (run.number("rho") / run.number("true_rho")).ln().abs() <= SHARPNESS_FACTOR.ln();
                let ([low, high], middle) = (group.ends("rho").map(shortest), shortest(group.median("rho")));
                let (near, finite) = (group.filter(is_near).len(), group.filter(|run| run.text("finite") == "true").len());
                let runs = group.len();
                let _ = writeln!(numbers, "{recipe},{samples},{truth},{runs},{low},{middle},{high},{near},{finite}");
            }
        }
        sheet.add(&panel(k, &format!("recipe {recipe}")), &sharpness(SHARPNESS_FACTOR, axis, &series));
    }
    let caption = format!(
        "Learnt sharpness ρ against that of the truth, the soft minimum of three parabolas; a dot a run. Line: equal; band: within a \
         factor of {SHARPNESS_FACTOR}."
    );
    FigureOutput::new("study-sharpness", &sheet, &caption, numbers)
}
