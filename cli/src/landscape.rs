//! `multiwell landscape`: report of the minima, barriers and modes of a fitted model.

use std::path::PathBuf;

use clap::Args;
use itertools::Itertools;
use multiwell::Density;
use multiwell::internal::data::csv::{self, Columns};
use multiwell::internal::landscape::{
    Bounds, CONVEXITY_PROOF, Certificate, EnergyPath, LandscapeComparison, Minimum, PERIODIC_CONVEXITY_NOTE, Pruned, Survey,
    survey_learnt, survey_under_load,
};
use multiwell::internal::model::Potential;
use multiwell::internal::model::model_file::{LearntDomain, ModelFile};
use multiwell::internal::numerics::accuracy::Accuracy;
use multiwell::internal::problem::density::FittedWell;
use multiwell::internal::problem::jobs::ModelKind;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, InvalidSetting, PotentialRun, Settings};
use multiwell::internal::text::{printable, shortened};
use serde::Serialize;

use super::eval::named;
use super::load::{DENSITY_QUANTITY, LoadArguments, LoadResults};
use super::table::{self, PARTIAL_NOTE, columns, number, shortened_list};
use super::training::{SIGNAL_NAMES, Session};
use super::{Failure, input, json_line, print};

/// `multiwell landscape`.
#[derive(Debug, Args)]
pub struct LandscapeArguments {
    /// Model file, written by `--model-out` or by the page.
    #[arg(value_name = "MODEL.json")]
    pub model: PathBuf,

    /// Benchmark for the comparison [default: the benchmark of the training].
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    pub benchmark: Option<String>,

    /// Table for the comparison, for a model trained on a table [default: no comparison; the domain is that of the training].
    #[arg(long, value_name = "FILE.csv")]
    pub data: Option<PathBuf>,

    /// Columns of the derivatives, for a model trained on derivatives.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', allow_hyphen_values = true, requires = "data")]
    pub gradient: Vec<String>,

    /// Columns of the forces, which are minus the derivatives, for a model trained on forces.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', allow_hyphen_values = true, requires = "data")]
    pub forces: Vec<String>,

    /// Print the costs of successive removals of modes, in the order of increasing responsibility, without further training.
    #[arg(long)]
    pub prune: bool,

    /// Force, and rates.
    #[command(flatten)]
    pub load: LoadArguments,

    /// Print a JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct LandscapeReport<'a> {
    #[serde(flatten)]
    survey: &'a Survey,
    #[serde(flatten)]
    load: &'a LoadResults,
    #[serde(skip_serializing_if = "Option::is_none")]
    pruning: Option<&'a [Pruned]>,
}

/// Prints the minima, the barriers, the mode classification, and the distances from the truth.
pub fn landscape(arguments: &LandscapeArguments) -> Result<(), Failure> {
    let text = input::text(&arguments.model)?;
    match ModelKind::of_file(&text) {
        Some(ModelKind::Density) => return densities(arguments, &text),
        Some(ModelKind::Material) => {
            let sentence = "the energy of a material depends on hidden states, so it has no landscape of its inputs; `multiwell eval` follows runs";
            return Err(named(&arguments.model, &sentence));
        }
        _ => {}
    }
    let model = ModelFile::read(&text).map_err(|error| named(&arguments.model, &error))?;
    arguments.load.check(&model.inputs)?;
    if let Some(domain) = training_domain(arguments, &model) {
        return of_model(arguments, &model, domain);
    }
    let (settings, source) = compared_with(arguments, &model)?;
    let name = settings.benchmark.clone();
    let mut run = PotentialRun::new(settings, source, Some(&model)).map_err(|problems| {
        let named = |problem: InvalidSetting| format!("{}: {problem}", arguments.model.display());
        Failure::BadInput(problems.into_iter().map(named).collect())
    })?;
    let (found, survey) = run.surveyed(&|| false);
    refuse_overflow(arguments, found.own.rmse.is_finite())?;
    let pruning = if arguments.prune { Some(removal_costs(&run)?) } else { None };
    let (pruning, left) = pruning.unzip();
    let data = arguments.data.as_ref().map_or(name, |path| path.display().to_string());
    let survey = if arguments.load.tilt.is_empty() { survey } else { run.survey_under(&arguments.load.tilt) };
    let least = least_barrier(run.bounds(), survey.threshold, run.accuracy());
    let load = arguments.load.report_load(&run.potential(), run.bounds(), &survey, &least);
    written(arguments, &LandscapeReport { survey: &survey, load: &load, pruning: pruning.as_deref() }, &data, &model)?;
    match left.filter(|&left| left > 0) {
        None => Ok(()),
        Some(left) => Err(Failure::Interrupted(format!("stopped by {SIGNAL_NAMES}; {left} removal costs are missing"))),
    }
}

fn refuse_overflow(arguments: &LandscapeArguments, is_finite: bool) -> Result<(), Failure> {
    let sentence = "the model overflows in this domain, so its landscape cannot be described";
    if is_finite { Ok(()) } else { Err(Failure::Failed(format!("{}: {sentence}", arguments.model.display()))) }
}

fn written(arguments: &LandscapeArguments, found: &LandscapeReport, data: &str, model: &ModelFile) -> Result<(), Failure> {
    let text = if arguments.json {
        json_line(found)?
    } else {
        let LoadArguments { tilt, .. } = &arguments.load;
        let data = if tilt.is_empty() { data.to_string() } else { format!("{data}, under a force of {}", place(tilt)) };
        let names = [model.target.clone(), model.inputs.join(", ")];
        let load = found.load.described(&arguments.load, found.survey, [&names[0], &names[1]], &shortened_list(&model.inputs));
        described(found.survey, &data, model) + &load + &found.pruning.map_or_else(String::new, costs)
    };
    print(&text)
}

/// Domain of a model that is described without data: it was trained on a table, and no data are given for a comparison.
fn training_domain<'m>(arguments: &LandscapeArguments, model: &'m ModelFile) -> Option<&'m LearntDomain> {
    let settings = model.settings.as_ref().and_then(Settings::from_kept);
    let is_of_benchmark =
        settings.is_some_and(|settings| ![Settings::OWN_DATA, Settings::OWN_JOINT].contains(&settings.benchmark.as_str()));
    let is_compared = arguments.data.is_some() || arguments.benchmark.is_some() || is_of_benchmark || arguments.prune;
    model.domain.as_ref().filter(|_| !is_compared)
}

/// Prints the landscape of a model without its data.
fn of_model(arguments: &LandscapeArguments, model: &ModelFile, domain: &LearntDomain) -> Result<(), Failure> {
    let potential = Potential::from_file(model).map_err(|error| named(&arguments.model, &error))?;
    let tilted = potential.clone().tilted(&arguments.load.tilt);
    let accuracy = domain.accuracy(&model.errors, &model.target);
    let survey = match &accuracy {
        Some(accuracy) if !arguments.load.tilt.is_empty() => {
            survey_under_load(&tilted, &domain.bounds, accuracy, None, &|| false)
        }
        _ => survey_learnt(&tilted, domain),
    };
    let is_finite = |c: &Certificate| c.worst_chord.is_finite() && c.worst_curvature.is_finite();
    refuse_overflow(arguments, survey.convexity.iter().all(is_finite))?;
    let least = least_barrier(&domain.bounds, domain.threshold, accuracy);
    let load = arguments.load.report_load(&potential, &domain.bounds, &survey, &least);
    let found = LandscapeReport { survey: &survey, load: &load, pruning: None };
    written(arguments, &found, &arguments.model.display().to_string(), model)
}

/// Minimum barrier of a well under a force, as a function of the positions of the minimum and the maximum on a line. It is the barrier that exceeds
/// the effect of the errors of the fit, or a threshold if the errors are unknown.
fn least_barrier(bounds: &[[f64; 2]], threshold: f64, accuracy: Option<Accuracy>) -> impl Fn(f64, f64) -> f64 {
    move |from, to| match &accuracy {
        Some(accuracy) => accuracy.least_barrier(Bounds::from(bounds), &[from], &[to]),
        None => threshold,
    }
}

/// Prints the wells of `-log q` of each density in a file, with the barriers between them and the probability of each.
fn densities(arguments: &LandscapeArguments, text: &str) -> Result<(), Failure> {
    let has_data = arguments.data.is_some() || arguments.benchmark.is_some();
    if has_data || arguments.prune {
        let sentence = "--data, --benchmark and --prune have no effect on the model of a density; leave them out";
        return Err(Failure::bad_input(sentence));
    }
    let all = Density::read_all(text).map_err(|error| named(&arguments.model, &error))?;
    let requested = arguments.load.of_density()?;
    let found: Vec<(Density, Survey, LoadResults)> = all.iter().map(|density| requested.of_density_under(density)).collect();
    if arguments.json {
        let densities: Vec<OfDensity> = found
            .iter()
            .map(|(density, _, load)| OfDensity {
                label: density.label(),
                domain: density.domain(),
                wells: density.wells(),
                load,
            })
            .collect();
        return print(&json_line(&densities)?);
    }
    let mut described = String::new();
    for (density, survey, load) in &found {
        let wells = density.wells();
        let force =
            if requested.tilt.is_empty() { String::new() } else { format!(", under a force of {}", place(&requested.tilt)) };
        described +=
            &format!("{}{force}\n\nwells of -log q, in kT for a thermal density\n", printable(&shortened(density.label())));
        let row = |well: &FittedWell| [place(&well.x), number(well.value), optional_number(well.barrier), number(well.mass)];
        described += &rows(["x", "-log q", "barrier", "mass"], wells.iter().map(row));
        described += &load.described(&requested, survey, [DENSITY_QUANTITY, density.label()], "x");
        described.push('\n');
    }
    print(described.trim_end_matches('\n')).and_then(|()| print("\n"))
}

/// Landscape of a density for JSON.
#[derive(Serialize)]
struct OfDensity<'a> {
    label: &'a str,
    domain: [f64; 2],
    wells: Vec<FittedWell>,
    #[serde(flatten)]
    load: &'a LoadResults,
}

/// Settings and data from which the domain, the threshold of wells and the truth follow.
fn compared_with(arguments: &LandscapeArguments, model: &ModelFile) -> Result<(Settings, DataSource), Failure> {
    let own = model.settings.as_ref().and_then(Settings::from_kept);
    // Nothing is trained here, so the recipe has no effect.
    let mut settings = own.clone().unwrap_or_default();
    settings.training.recipe = Recipe::Paper;
    if let Some(path) = &arguments.data {
        settings.benchmark = Settings::OWN_DATA.into();
        let name = path.display().to_string();
        // If only derivatives were measured, no column holds values.
        let (gradient, forces) = (arguments.gradient.clone(), arguments.forces.clone());
        let columns = Columns { inputs: model.inputs.clone(), gradient, forces, ..Columns::default() };
        let target = (!columns.has_slopes()).then(|| model.target.clone());
        let columns = Columns { target, ..columns };
        let data = csv::read_text(&name, &input::table(path)?, &columns).map_err(Failure::bad_input)?;
        input::print_notes(&data.notes);
        return Ok((settings, DataSource::Own(data)));
    }
    if let Some(name) = &arguments.benchmark {
        settings.benchmark.clone_from(name);
    } else if own.is_none_or(|own| own.has_own_data()) {
        return Err(Failure::bad_input(
            "the model file does not contain the benchmark or the domain of its fit: name a benchmark with --benchmark, or its rows with --data",
        ));
    }
    Ok((settings, DataSource::Benchmark))
}

pub fn place(x: &[f64]) -> String {
    x.iter().map(|&x| number(x)).join(", ")
}

pub fn optional_number(value: Option<f64>) -> String {
    value.map_or("-".into(), number)
}

pub fn rows<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    table::headed(head, rows, "  ", &[])
}

fn described(survey: &Survey, data: &str, model: &ModelFile) -> String {
    let modes = survey.roles.len();
    let x = shortened_list(&model.inputs);
    let mut text = format!("{}\n\n", printable(data));
    let of_truth = survey.truth.as_ref().map_or_else(String::new, |truth| format!("; the truth has {}", truth.wells));
    let wells =
        format!("{} of {} minima, by barriers above {}{of_truth}", survey.wells, survey.minima.len(), number(survey.threshold));
    let wells = wells + &table::at_edge(&survey.edge_minima);
    let wells = if survey.partial { format!("{wells}; {PARTIAL_NOTE}") } else { wells };
    text += &columns(
        &[
            vec!["wells".into(), wells],
            vec!["responsible modes".into(), format!("{} of {modes}", survey.responsible_modes)],
            vec!["active gates".into(), format!("{} of {modes}", survey.active_gates)],
        ],
        "  ",
        &[0, 1],
    );
    let cells = table::minima(&survey.minima).into_iter().zip(&survey.minima);
    let minima = cells.map(|([at, value, barrier, mode], m)| [at, value, barrier, place(&m.curvatures), mode]);
    text += "\nminima\n";
    text += &rows([&x, "value", "barrier", "curvature", "mode"], minima);
    text += &table::legend(&survey.minima);
    text += &table::edge_minima(&survey.edge_minima, &x);
    if !survey.saddles.is_empty() {
        text += if model.inputs.len() == 1 { "\nmaxima\n" } else { "\nsaddles\n" };
        text += &rows(
            [&x, "value", "curvature"],
            survey.saddles.iter().map(|m| {
                let curvature = if m.is_kink { "kink".into() } else { place(&m.curvatures) };
                [place(&m.x), number(m.value), curvature]
            }),
        );
    }
    if !survey.paths.is_empty() {
        text += "\nminimum energy paths, in increasing order of height; lengths in widths of the domain\n";
        text +=
            &rows(["from", "to", "over", "value", "rise", "rise back", "length"], survey.paths.iter().map(|p| along(survey, p)));
    }
    if let Some(truth) = &survey.truth {
        text += "\nagainst the truth: fit minus truth; barrier and curvature as fractions of the truth's\n";
        text += &rows(["fit", "truth", "distance", "depth", "barrier", "curvature"], matched(survey, truth));
    }
    text += "\nmodes\n";
    let roles = survey.roles.iter().enumerate().map(|(k, role)| vec![k.to_string(), role.clause.clone()]);
    text += &columns(&roles.collect::<Vec<_>>(), "  ", &[1]);
    text += "\nconvexity\n";
    let proven = survey.convexity.iter().filter(|c| c.proven).count();
    let chord = survey.convexity.iter().map(|c| c.worst_chord).fold(f64::NEG_INFINITY, f64::max);
    let curvature = survey.convexity.iter().map(|c| c.worst_curvature).fold(f64::INFINITY, f64::min);
    text += &format!("  proven for {proven} of {modes} modes. {CONVEXITY_PROOF}\n");
    if !model.periods.is_empty() {
        text += &format!("  {PERIODIC_CONVEXITY_NOTE}\n");
    }
    text += &format!(
        "  in samples: chords at worst {} above their middle, curvatures at least {}\n",
        number(chord.max(0.0)),
        number(curvature)
    );
    text
}

fn along(survey: &Survey, path: &EnergyPath) -> [String; 7] {
    let [from, to] = path.minima.map(|end| end.map(|k| &survey.minima[k]));
    let at = |end: Option<&Minimum>| end.map_or("outside".into(), |minimum| place(&minimum.x));
    let rise = |end: Option<&Minimum>| optional_number(end.map(|minimum| path.height - minimum.value));
    let length = optional_number(path.lengths.last().copied());
    [at(from), at(to), place(&path.saddle), number(path.height), rise(from), rise(to), length]
}

fn matched<'a>(survey: &'a Survey, truth: &'a LandscapeComparison) -> impl Iterator<Item = [String; 6]> + 'a {
    truth.matches.iter().map(|m| {
        [
            m.fit.map_or("-".into(), |k| place(&survey.minima[k].x)),
            m.truth.map_or("-".into(), |k| place(&truth.minima[k].x)),
            optional_number(m.location_error),
            optional_number(m.depth_error),
            optional_number(m.barrier_error),
            optional_number(m.curvature_error),
        ]
    })
}

/// Removal costs of modes, up to the end or to Ctrl-C, and the number of removals without a cost.
fn removal_costs(run: &PotentialRun) -> Result<(Vec<Pruned>, usize), Failure> {
    let mut pruning = run.pruning();
    let session = Session::of_fits(pruning.left())?;
    session.show("removal costs of modes".into());
    let mut steps = Vec::new();
    while !session.is_interrupted()
        && let Some((step, _)) = run.next_removal(&mut pruning)
    {
        steps.push(step);
        session.count(1);
    }
    session.finish();
    Ok((steps, pruning.left()))
}

fn costs(steps: &[Pruned]) -> String {
    let row = |step: &Pruned| {
        let last = step.removed.last().map_or("-".into(), ToString::to_string);
        let counts = [step.wells, step.responsible_modes].map(|count| count.to_string());
        let [wells, responsible] = counts;
        [step.removed.len().to_string(), last, number(step.rmse), number(step.change), wells, responsible]
    };
    let head = ["removed", "last mode", "RMSE", "change", "wells", "responsible"];
    "\nwithout modes, not trained again\n".to_string() + &rows(head, steps.iter().map(row))
}
