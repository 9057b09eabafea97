//! `multiwell eval`: a fitted model at the points of a table.

use std::path::Path;

use multiwell::data::csv::read_points;
use multiwell::model::model_file::ModelFile;
use multiwell::model::potential::Potential;
use ndarray::{Array1, Array2};

use super::arguments::Eval;
use super::{Failure, input, print};

/// Prints the inputs, the potential and, if asked for, its derivatives at the points of a file.
pub fn eval(arguments: &Eval) -> Result<(), Failure> {
    let model = read_model(&arguments.model)?;
    let name = arguments.points.display().to_string();
    let points = read_points(&name, input::read(&arguments.points)?.as_slice(), &model.inputs).map_err(Failure::bad_input)?;
    let potential = Potential::from_file(&model).map_err(Failure::bad_input)?;
    let (psi, gradient) = potential.evaluate(&points, arguments.gradient);
    print(&csv(&model.inputs, &points, &psi, arguments.gradient.then_some(&gradient)))?;
    let is_lost = |row: usize| !psi[row].is_finite() || (arguments.gradient && !gradient.row(row).iter().all(|g| g.is_finite()));
    let lost: Vec<usize> = (0..psi.len()).filter(|&row| is_lost(row)).collect();
    match lost.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Failed(format!(
            "the model overflows at {} of {} points, the first of them in row {}: what is printed there is no finite number",
            lost.len(),
            psi.len(),
            first + 1
        ))),
    }
}

/// Reads a model file.
pub fn read_model(path: &Path) -> Result<ModelFile, Failure> {
    let named = |error: &dyn std::fmt::Display| Failure::bad_input(format!("{}: {error}", path.display()));
    ModelFile::read(&input::text(path)?).map_err(|error| named(&error))
}

fn csv(inputs: &[String], points: &Array2<f64>, psi: &Array1<f64>, gradient: Option<&Array2<f64>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: &mut dyn Iterator<Item = String>| writer.write_record(row).expect("writing to memory does not fail");
    let derivatives = gradient.iter().flat_map(|_| inputs).map(|name| format!("dpsi_d{name}"));
    write(&mut inputs.iter().cloned().chain(["psi".into()]).chain(derivatives));
    for (k, value) in psi.iter().enumerate() {
        let slopes = gradient.map(|g| g.row(k)).into_iter().flatten();
        write(&mut points.row(k).iter().chain([value]).chain(slopes).map(ToString::to_string));
    }
    String::from_utf8(writer.into_inner().expect("writing to memory does not fail")).expect("texts make a text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn points_potential_and_gradient_are_columns_with_names() {
        let (names, points) = (["u".to_string(), "a,b".into()], array![[1.0, -2.5], [0.1, 1e-9]]);
        let (psi, gradient) = (array![3.0, 4.0], array![[5.0, 6.0], [7.0, 1.0 / 3.0]]);
        assert_eq!(csv(&names, &points, &psi, None), "u,\"a,b\",psi\n1,-2.5,3\n0.1,0.000000001,4\n");
        assert_eq!(
            csv(&names, &points, &psi, Some(&gradient)),
            "u,\"a,b\",psi,dpsi_du,\"dpsi_da,b\"\n1,-2.5,3,5,6\n0.1,0.000000001,4,7,0.3333333333333333\n"
        );
    }
}
