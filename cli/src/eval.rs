//! `multiwell eval`: a fitted model at the points of a table.

use std::path::Path;

use multiwell::data::{csv, units};
use multiwell::model::model_file::ModelFile;
use multiwell::model::potential::Potential;
use multiwell::problem::jobs::Kind;
use multiwell::{Density, Material};
use ndarray::{Array1, Array2};

use super::arguments::Eval;
use super::{Failure, input, print};

/// Prints a fitted model at the points of a file: the inputs with the potential and, if asked for, its derivatives; of densities `-log q`; of a
/// material its outputs along runs.
pub fn eval(arguments: &Eval) -> Result<(), Failure> {
    let text = input::text(&arguments.model)?;
    let kind = Kind::of_file(&text);
    let has_runs = arguments.run.is_some() || arguments.time.is_some();
    match kind {
        Some(Kind::Material) if arguments.gradient => {
            Err(Failure::bad_input("--gradient has no effect on the model of a material; leave it out"))
        }
        Some(Kind::Material) => material(arguments, &text),
        _ if has_runs => Err(Failure::bad_input("--run and --time are for the model of a material; leave them out")),
        Some(Kind::Density) => densities(arguments, &text),
        _ => potential(arguments, &text),
    }
}

/// The potential at the points.
fn potential(arguments: &Eval, text: &str) -> Result<(), Failure> {
    let model = ModelFile::read(text).map_err(|error| named(&arguments.model, &error))?;
    let (file, table) = (arguments.points.display().to_string(), input::table(&arguments.points)?);
    let points = csv::read_points(&file, table.as_bytes(), &model.inputs).map_err(Failure::bad_input)?;
    let potential = Potential::from_file(&model).map_err(|error| named(&arguments.model, &error))?;
    let (psi, gradient) = potential.evaluate(&points, arguments.gradient);
    // The potential is in the unit of what was learnt.
    let name = units::split(&model.target).1.map_or_else(|| "psi".into(), |unit| format!("psi [{unit}]"));
    printed(&csv(&model.inputs, &points, &[(name, psi)], arguments.gradient.then_some(&gradient)))
}

/// `-log q` of each density at the points, which is the potential in units of kT.
fn densities(arguments: &Eval, text: &str) -> Result<(), Failure> {
    let all = Density::read_all(text).map_err(|error| named(&arguments.model, &error))?;
    // A pipe can be read only once.
    let (file, table) = (arguments.points.display().to_string(), input::table(&arguments.points)?);
    let header = csv::header(&file, table.as_bytes());
    let header = header.map_err(Failure::bad_input)?;
    let column = match (all.as_slice(), header.as_slice()) {
        ([one], names) if names.iter().any(|name| name == one.label()) => one.label().to_owned(),
        (_, [only]) => only.clone(),
        _ => {
            let sentence =
                "a density is of one quantity, so the points must be in a single column, or in one called as that of its samples";
            return Err(Failure::bad_input(format!("{file}: {sentence}")));
        }
    };
    let points = csv::read_points(&file, table.as_bytes(), std::slice::from_ref(&column)).map_err(Failure::bad_input)?;
    let of = |density: &Density, name: &str| {
        let label = if all.len() == 1 { String::new() } else { format!(" ({})", density.label()) };
        format!("{name}{label}")
    };
    let mut columns: Vec<(String, Array1<f64>)> = Vec::new();
    for density in &all {
        let (psi, slope) = density.potential().evaluate(&points, arguments.gradient);
        columns.push((of(density, "psi"), psi + density.log_z()));
        if arguments.gradient {
            columns.push((of(density, &units::derivative("psi", &column)), slope.column(0).to_owned()));
        }
    }
    printed(&csv(&[column], &points, &columns, None))
}

/// The outputs of a material along runs.
fn material(arguments: &Eval, text: &str) -> Result<(), Failure> {
    let material = Material::read(text).map_err(|error| named(&arguments.model, &error))?;
    let Some(time) = &arguments.time else {
        return Err(Failure::bad_input(
            "name the column of the time with --time, and with --run that of the run if there are several",
        ));
    };
    let (name, table) = (arguments.points.display().to_string(), input::table(&arguments.points)?);
    let (inputs, outputs) = material.names();
    let histories = csv::read_histories(&name, table.as_bytes(), arguments.run.as_deref(), time, inputs);
    let run = arguments.run.clone().unwrap_or_else(|| "run".into());
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row).expect("writing to memory does not fail");
    write([run, time.clone()].iter().chain(inputs).chain(outputs).cloned().collect());
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
    print(&written(writer))?;
    overflow(&lost, row)
}

/// Prints a table of numbers, and fails afterwards if some of them are not finite.
fn printed((text, lost, rows): &(String, Vec<usize>, usize)) -> Result<(), Failure> {
    print(text)?;
    overflow(lost, *rows)
}

/// Fails if the model overflows in some of the rows, which are counted from 1.
fn overflow(lost: &[usize], rows: usize) -> Result<(), Failure> {
    let Some(first) = lost.first() else { return Ok(()) };
    Err(Failure::Failed(format!(
        "the model overflows at {} of {rows} points, the first of them in row {first}: what is printed there is no finite number",
        lost.len()
    )))
}

/// What is wrong with a file.
pub fn named(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::bad_input(format!("{}: {error}", path.display()))
}

fn written(writer: ::csv::Writer<Vec<u8>>) -> String {
    String::from_utf8(writer.into_inner().expect("writing to memory does not fail")).expect("texts make a text")
}

/// A table of points with what was found there, the rows with numbers that are not finite, and the number of rows.
fn csv(
    inputs: &[String],
    points: &Array2<f64>,
    found: &[(String, Array1<f64>)],
    gradient: Option<&Array2<f64>>,
) -> (String, Vec<usize>, usize) {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |row: &mut dyn Iterator<Item = String>| writer.write_record(row).expect("writing to memory does not fail");
    let psi = found.first().map_or("psi", |(name, _)| name.as_str());
    let derivatives = gradient.iter().flat_map(|_| inputs).map(|name| units::derivative(psi, name));
    write(&mut inputs.iter().cloned().chain(found.iter().map(|(name, _)| name.clone())).chain(derivatives));
    let mut lost = Vec::new();
    for (k, point) in points.rows().into_iter().enumerate() {
        let slopes = gradient.map(|g| g.row(k).to_vec()).unwrap_or_default();
        let values: Vec<f64> = found.iter().map(|(_, values)| values[k]).chain(slopes).collect();
        lost.extend((!values.iter().all(|value| value.is_finite())).then_some(k + 1));
        write(&mut point.iter().chain(&values).map(ToString::to_string));
    }
    (written(writer), lost, points.nrows())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn points_potential_and_gradient_are_columns_with_names() {
        let (names, points) = (["u".to_string(), "a,b".into()], array![[1.0, -2.5], [0.1, 1e-9]]);
        let (psi, gradient) = (array![3.0, 4.0], array![[5.0, 6.0], [7.0, 1.0 / 3.0]]);
        assert_eq!(csv(&names, &points, &[("psi".into(), psi.clone())], None).0, "u,\"a,b\",psi\n1,-2.5,3\n0.1,0.000000001,4\n");
        assert_eq!(
            csv(&names, &points, &[("psi".into(), psi)], Some(&gradient)).0,
            "u,\"a,b\",psi,dpsi_du,\"dpsi_da,b\"\n1,-2.5,3,5,6\n0.1,0.000000001,4,7,0.3333333333333333\n"
        );
    }
}
