//! `multiwell eval`: evaluation of a fitted model at the points of a table or of a grid.

use std::path::{Path, PathBuf};

use multiwell::internal::data::{csv, units};
use multiwell::internal::model::model_file::ModelFile;
use multiwell::internal::model::potential::{Outputs, Potential};
use multiwell::internal::potentials::formula::{domain_of, misplaced};
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::jobs::ModelKind;
use multiwell::internal::text::{number, shortened, whole};
use multiwell::{Density, Material};
use multiwell_export::grid::{IndexOrder, MAX_POINTS, npy};
use ndarray::Array2;

use super::arguments::Eval;
use super::{Failure, files, input, print, print_error};

/// Prints a fitted model at the points of a file or of a grid. For a potential, it prints the inputs, the potential and further requested quantities.
/// For densities it prints `-log q`, and for a material its outputs along runs.
pub fn eval(arguments: &Eval) -> Result<(), Failure> {
    let text = input::text(&arguments.model)?;
    let kind = ModelKind::of_file(&text);
    if let Some(out) = &arguments.out {
        let inputs: Vec<&Path> = std::iter::once(&arguments.model).chain(&arguments.points).map(PathBuf::as_path).collect();
        files::check(&[("--out", Some(out))], &inputs)?;
        let array: &[&str] = if kind == Some(ModelKind::Material) { &[] } else { &["npy"] };
        files::check_ending(out, &[&["csv", "txt", "dat"], array].concat())?;
    }
    let has_runs = arguments.run.is_some() || arguments.time.is_some();
    let asked = [
        ("--gradient", arguments.gradient),
        ("--hessian", arguments.hessian),
        ("--responsibilities", arguments.responsibilities),
        ("--density", arguments.density),
        ("--grid", arguments.grid.is_some()),
    ];
    let named: Vec<&str> = asked.iter().filter(|(_, is_asked)| *is_asked).map(|(name, _)| *name).collect();
    let without = |what: &str, names: &[&str]| {
        let names = names.join(" and ");
        Err(Failure::bad_input(format!("{names} cannot be used with the model of {what}; leave it out")))
    };
    match kind {
        Some(ModelKind::Material) if !named.is_empty() => without("a material", &named),
        Some(ModelKind::Material) => material(arguments, &text),
        _ if has_runs => Err(Failure::bad_input("--run and --time are for the model of a material; leave them out")),
        Some(ModelKind::Density) => densities(arguments, &text),
        _ => potential(arguments, &text),
    }
}

/// Evaluates the potential at the points.
fn potential(arguments: &Eval, text: &str) -> Result<(), Failure> {
    let model = ModelFile::read(text).map_err(|error| named(&arguments.model, &error))?;
    let potential = Potential::from_file(&model).map_err(|error| named(&arguments.model, &error))?;
    let domain = model.domain.as_ref().map(|domain| domain.bounds.as_slice());
    let points = match read_points(arguments)? {
        Some((file, table)) => csv::read_points(&file, table.as_bytes(), &model.inputs).map_err(Failure::bad_input)?,
        None => grid(arguments, &model.inputs, domain)?,
    };
    if let Some(domain) = domain {
        let is_free = |k: &usize| model.periods.get(*k).is_none_or(Option::is_none);
        let ends = (0..domain.len()).filter(is_free).map(|k| (k, domain[k])).collect::<Vec<_>>();
        print_outside(&model.inputs, &points, &ends);
    }
    // The potential has the unit of the target.
    let unit = units::split(&model.target).1.map_or_else(String::new, |unit| format!(" [{unit}]"));
    let name = value_beside(&model.inputs) + &unit;
    let kt = model.settings.as_ref().and_then(Settings::from_kept).and_then(|settings| settings.free_energy_unit());
    if arguments.density && kt.is_none() {
        let sentence = "--density cannot be used with the model of a potential that was learnt from something else than samples; leave it out";
        return Err(Failure::bad_input(sentence));
    }
    let mut table = NumberTable::of_points(&model.inputs, &points);
    let first = table.columns.len();
    table.add_potential(&potential, &name, &model.inputs, 0.0, arguments);
    if let (Some(kt), true) = (kt, arguments.density) {
        let q = table.columns[first].1.iter().map(|psi| (-psi / kt).exp()).collect();
        table.columns.push(("q".into(), q));
    }
    table.write(arguments.out.as_deref())
}

/// Name of the column of the potential. It is `psi`, or `psi_2` if an input has that name.
fn value_beside(inputs: &[String]) -> String {
    let quantities = inputs.iter().map(|input| units::without_unit(input).to_owned());
    let name = units::distinct(&quantities.chain(["psi".into()]).collect::<Vec<_>>()).pop().unwrap_or_default();
    if name != "psi" {
        print_error(&format!("note: an input is called psi, so the column of the potential is called {name}"));
    }
    name
}

/// Tolerance for rounding at the ends of a domain, as a fraction of its width.
const ROUNDING_TOLERANCE: f64 = 1e-9;

/// Prints the number of points outside of the domain of a fit. `domain` contains ends for some inputs, given by their indices.
fn print_outside(inputs: &[String], points: &Array2<f64>, domain: &[(usize, [f64; 2])]) {
    let is_outside = |x: f64, [low, high]: [f64; 2]| {
        let slack = ROUNDING_TOLERANCE * (high - low);
        x < low - slack || x > high + slack
    };
    let count = points.rows().into_iter().filter(|row| domain.iter().any(|&(k, ends)| is_outside(row[k], ends))).count();
    if count > 0 {
        let along = |(k, [low, high]): &(usize, [f64; 2])| {
            let [low, high] = [*low, *high].map(|end| number(end, 4));
            format!("{} from {low} to {high}", shortened(&inputs[*k]))
        };
        let place = domain.iter().map(along).collect::<Vec<_>>().join(", ");
        let [count, all] = [count, points.nrows()].map(|count| whole(count as u64));
        print_error(&format!(
            "warning: {count} of {all} points lie outside of the domain of the fit ({place}): do not trust the values there"
        ));
    }
}

/// Name and text of the table of points, if there is one. The table is read once, because it may be a pipe.
fn read_points(arguments: &Eval) -> Result<Option<(String, String)>, Failure> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), input::table(path)?));
    arguments.points.as_ref().map(read).transpose()
}

/// Points of the grid over the given inputs. `domain` is the domain of the training data.
fn grid(arguments: &Eval, inputs: &[String], domain: Option<&[[f64; 2]]>) -> Result<Array2<f64>, Failure> {
    let counts = counts_of(arguments.grid.as_deref().unwrap_or_default(), inputs)?;
    let bounds = domain_of_grid(arguments.bounds.as_deref(), inputs, domain, &arguments.model)?;
    let all = counts.iter().product();
    // The last input changes fastest.
    let place = |mut index: usize| {
        let mut point = vec![0.0; inputs.len()];
        for k in (0..inputs.len()).rev() {
            let [low, high] = bounds[k];
            point[k] = low + (high - low) * (index % counts[k]) as f64 / (counts[k] - 1) as f64;
            index /= counts[k];
        }
        point
    };
    let flat: Vec<f64> = (0..all).flat_map(place).collect();
    Ok(Array2::from_shape_vec((all, inputs.len()), flat).expect("one number an input"))
}

/// Number of points of a grid along each input, given as `200x100`, or as one number for all.
pub fn counts_of(grid: &str, inputs: &[String]) -> Result<Vec<usize>, Failure> {
    let counts: Option<Vec<usize>> = grid.split(['x', '×', ',']).map(|count| count.trim().parse().ok()).collect();
    let counts = counts.map(|counts| if counts.len() == 1 { vec![counts[0]; inputs.len()] } else { counts });
    let counts = counts.filter(|counts| counts.len() == inputs.len() && counts.iter().all(|&count| count > 1)).ok_or_else(|| {
        let names = inputs.join(", ");
        Failure::bad_input(format!("--grid needs a number of points, at least 2, for all inputs or one for each ({names}), such as 200x100, not \"{grid}\""))
    })?;
    let all = counts.iter().try_fold(1_usize, |all, count| all.checked_mul(*count)).filter(|all| *all <= MAX_POINTS);
    all.map(|_| counts)
        .ok_or_else(|| Failure::bad_input(format!("a grid may have at most {MAX_POINTS} points; ask for fewer than {grid}")))
}

/// Ranges of inputs by a text of the command line. Other inputs have a default.
pub fn ranges(text: &str, inputs: &[String], default: &[[f64; 2]]) -> Result<Vec<[f64; 2]>, Failure> {
    let bounds = domain_of(inputs, text, default).map_err(Failure::bad_input)?;
    misplaced(inputs, text).map_or(Ok(bounds), |wrong| Err(Failure::bad_input(wrong)))
}

/// Ends of a grid: those on the command line, or else the domain of the training data of the model in a file.
pub fn domain_of_grid(
    asked: Option<&str>,
    inputs: &[String],
    domain: Option<&[[f64; 2]]>,
    model: &Path,
) -> Result<Vec<[f64; 2]>, Failure> {
    match (asked, domain) {
        (None, Some(domain)) => Ok(domain.to_vec()),
        (Some(text), _) => {
            let bounds = ranges(text, inputs, &domain.map_or_else(|| vec![[f64::NAN; 2]; inputs.len()], <[_]>::to_vec))?;
            match bounds.iter().position(|ends| ends[0].is_nan()) {
                Some(k) => Err(Failure::bad_input(format!("--bounds must also give the ends of {}", inputs[k]))),
                None => Ok(bounds),
            }
        }
        (None, None) => {
            let name = model.display();
            Err(Failure::bad_input(format!(
                "{name} does not contain the domain of its fit; give the ends of the grid with --bounds"
            )))
        }
    }
}

/// Evaluates `-log q` of each density at the points. This is the potential in units of kT.
fn densities(arguments: &Eval, text: &str) -> Result<(), Failure> {
    let all = Density::read_all(text).map_err(|error| named(&arguments.model, &error))?;
    let widen = |[low, high]: [f64; 2], [other_low, other_high]: [f64; 2]| [low.min(other_low), high.max(other_high)];
    let domain = all.iter().map(Density::domain).reduce(widen);
    let (column, points) = if let Some((file, table)) = read_points(arguments)? {
        let column = column_of(&file, &table, &all)?;
        let points = csv::read_points(&file, table.as_bytes(), std::slice::from_ref(&column)).map_err(Failure::bad_input)?;
        (column, points)
    } else {
        let column = if let [one] = &all[..] { one.label().to_owned() } else { "x".into() };
        let points = grid(arguments, std::slice::from_ref(&column), domain.as_ref().map(std::slice::from_ref))?;
        (column, points)
    };
    print_outside(std::slice::from_ref(&column), &points, &domain.map(|ends| (0, ends)).into_iter().collect::<Vec<_>>());
    let places = points.column(0).to_vec();
    let mut table = NumberTable::of_points(std::slice::from_ref(&column), &points);
    for density in &all {
        let label = if all.len() == 1 { String::new() } else { format!(" ({})", density.label()) };
        let first = table.columns.len();
        let name = value_beside(std::slice::from_ref(&column));
        table.add_potential(density.potential(), &name, std::slice::from_ref(&column), density.log_z(), arguments);
        if arguments.density {
            let q = table.columns[first].1.iter().map(|psi| (-psi).exp()).collect();
            table.columns.push(("q".into(), q));
            table.columns.push(("F".into(), density.cumulative(&places)));
        }
        table.columns[first..].iter_mut().for_each(|(name, _)| name.push_str(&label));
    }
    table.write(arguments.out.as_deref())
}

/// Name of the column that holds the points of densities.
fn column_of(file: &str, table: &str, all: &[Density]) -> Result<String, Failure> {
    let header = csv::header(file, table.as_bytes()).map_err(Failure::bad_input)?;
    match (all, header.as_slice()) {
        ([one], names) if names.iter().any(|name| name == one.label()) => Ok(one.label().to_owned()),
        (_, [only]) => Ok(only.clone()),
        _ => {
            let sentence =
                "a density is of one quantity, so the points must be in a single column, or in one called as that of its samples";
            Err(Failure::bad_input(format!("{file}: {sentence}")))
        }
    }
}

/// Evaluates the outputs of a material along runs.
fn material(arguments: &Eval, text: &str) -> Result<(), Failure> {
    let material = Material::read(text).map_err(|error| named(&arguments.model, &error))?;
    let Some(time) = &arguments.time else {
        return Err(Failure::bad_input(
            "name the column of the time with --time, and with --run that of the run if there are several",
        ));
    };
    let Some((name, table)) = read_points(arguments)? else {
        return Err(Failure::bad_input("a material is evaluated along the runs of a table; name it after the model"));
    };
    let (inputs, outputs) = material.names();
    let histories = csv::read_histories(&name, table.as_bytes(), arguments.run.as_deref(), time, inputs);
    let run = arguments.run.clone().unwrap_or_else(|| "run".into());
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row).expect("writing to memory does not fail");
    write(distinct(&[run, time.clone()].iter().chain(inputs).chain(outputs).cloned().collect::<Vec<_>>()));
    let mut lost = Vec::new();
    let mut row = 0;
    for history in histories.map_err(Failure::bad_input)? {
        let stress = material.respond(std::slice::from_ref(&history)).stress;
        let rows = history.inputs.chunks(inputs.len()).zip(stress.chunks(outputs.len()));
        for ((input, output), time) in rows.zip(&history.time) {
            row += 1;
            lost.extend((!output.iter().all(|value| value.is_finite())).then_some(row));
            let numbers = [time].into_iter().chain(input).chain(output).map(ToString::to_string);
            write([history.name.clone()].into_iter().chain(numbers).collect());
        }
    }
    let text = written(writer);
    arguments.out.as_deref().map_or_else(|| print(&text), |out| files::write(out, text.as_bytes()))?;
    overflow(&lost, row)
}

/// Names of columns without duplicates. A note is printed about each name that is changed.
fn distinct(names: &[String]) -> Vec<String> {
    let new = units::distinct(names);
    for (name, new) in names.iter().zip(&new).filter(|(name, new)| name != new) {
        print_error(&format!(
            "note: the column {} is called {}, because another one has that name",
            shortened(name),
            shortened(new)
        ));
    }
    new
}

/// Fails if the model overflows in some of the rows. Their numbers are counted from 1.
fn overflow(lost: &[usize], rows: usize) -> Result<(), Failure> {
    let Some(first) = lost.first() else { return Ok(()) };
    Err(Failure::Failed(format!(
        "the model overflows at {} of {rows} points, the first of them in row {first}: what is printed there is no finite number",
        lost.len()
    )))
}

/// A failure whose message names the file.
pub fn named(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::bad_input(format!("{}: {error}", path.display()))
}

fn written(writer: ::csv::Writer<Vec<u8>>) -> String {
    String::from_utf8(writer.into_inner().expect("writing to memory does not fail")).expect("texts make a text")
}

/// Columns of numbers with their names.
struct NumberTable {
    columns: Vec<(String, Vec<f64>)>,
    inputs: usize,
}

impl NumberTable {
    /// Columns of the coordinates of some points.
    fn of_points(inputs: &[String], points: &Array2<f64>) -> Self {
        let columns = inputs.iter().zip(points.columns()).map(|(name, column)| (name.clone(), column.to_vec())).collect();
        Self { columns, inputs: inputs.len() }
    }

    /// Adds a potential called `name`, plus the constant `lift`, at the points, and the further requested quantities.
    fn add_potential(&mut self, potential: &Potential, name: &str, inputs: &[String], lift: f64, arguments: &Eval) {
        let parts = Outputs { gradient: arguments.gradient, modes: arguments.responsibilities, hessian: arguments.hessian };
        let rows = self.columns[0].1.len();
        let at = |row: usize| self.columns[..self.inputs].iter().map(move |(_, column)| column[row]);
        let points: Vec<f64> = (0..rows).flat_map(at).collect();
        let values = potential.values(&points, parts);
        self.columns.push((name.into(), values.psi.iter().map(|psi| psi + lift).collect()));
        let n = inputs.len();
        let every = |list: &[f64], width: usize, k: usize| list.iter().copied().skip(k).step_by(width).collect::<Vec<f64>>();
        if arguments.gradient {
            let slope = |(k, input): (usize, &String)| (units::derivative(name, input), every(&values.gradient, n, k));
            self.columns.extend(inputs.iter().enumerate().map(slope));
        }
        if arguments.hessian {
            let bare = |text: &str| units::split(text).0.to_string();
            for i in 0..n {
                for j in i..n {
                    let name = format!("d2{}_d{}_d{}", bare(name), bare(&inputs[i]), bare(&inputs[j]));
                    self.columns.push((name, every(&values.hessian, n * n, i * n + j)));
                }
            }
        }
        if arguments.responsibilities {
            let modes = potential.modes();
            let of_mode = |mode: usize| (format!("mode_{mode}"), every(&values.responsibilities, modes, mode));
            self.columns.extend((0..modes).map(of_mode));
        }
    }

    /// Prints the table or writes it to a file. It then fails if some of the numbers are not finite.
    fn write(mut self, out: Option<&Path>) -> Result<(), Failure> {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        self.columns.iter_mut().zip(distinct(&names)).for_each(|((name, _), new)| *name = new);
        let rows = self.columns[0].1.len();
        match out {
            Some(path) if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npy")) => {
                files::write(path, &self.npy())?;
                let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
                print_error(&format!("{}: [{rows}, {}], columns {}", path.display(), names.len(), names.join(", ")));
            }
            Some(path) => files::write(path, self.csv().as_bytes())?,
            None => print(&self.csv())?,
        }
        let is_lost = |row: &usize| !self.columns.iter().all(|(_, column)| column[*row].is_finite());
        let lost: Vec<usize> = (0..rows).filter(is_lost).map(|row| row + 1).collect();
        overflow(&lost, rows)
    }

    fn csv(&self) -> String {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        let mut write =
            |row: &mut dyn Iterator<Item = String>| writer.write_record(row).expect("writing to memory does not fail");
        write(&mut self.columns.iter().map(|(name, _)| name.clone()));
        for row in 0..self.columns[0].1.len() {
            write(&mut self.columns.iter().map(|(_, column)| column[row].to_string()));
        }
        written(writer)
    }

    /// The table as a NumPy file with an array `[rows, columns]`.
    fn npy(&self) -> Vec<u8> {
        let values: Vec<f64> = self.columns.iter().flat_map(|(_, column)| column).copied().collect();
        npy(&[self.columns[0].1.len(), self.columns.len()], &values, IndexOrder::Fortran)
    }
}
