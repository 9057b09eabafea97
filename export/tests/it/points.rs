//! Tests that a compiled UMAT agrees with the engine in double precision. They use a thousand points within the ranges of interest, and a hundred far
//! outside.

use std::fs;
use std::path::Path;
use std::process::Command;

use multiwell::graph::Graph;
use multiwell::internal::model::model_file::{ModelFile, Normalization};
use multiwell::internal::model::{Architecture, LseIcnn, init};
use multiwell_export::continuum::{InputRole, Point, PointInterface, PointOptions, StrainMeasure, export_point};
use multiwell_export::function::Function;

use crate::{folder, has, models, run};

/// Error limits, relative to the largest number of a kind. The first applies to energies, stress and states, the second to the tangent, which is a
/// Hessian.
const ERROR_LIMITS: [f64; 2] = [1e-12, 1e-10];

/// Number and region of the points.
const POINT_SETS: [(usize, Option<f64>); 2] = [(1000, None), (100, Some(1e4))];

/// A potential with random parameters, whose inputs have these names.
fn potential(seed: u64, names: &[&str]) -> String {
    let arch = Architecture::new(names.len(), 3, &[6, 5]);
    let params = LseIcnn::record(&mut Graph::new(), &arch).params;
    let mut flat = init::paper(&params, seed);
    flat[params.get("rho").expect("a sharpness").offset] = 6.0;
    let scaling =
        Normalization { input_scale: vec![0.4; names.len()], output_scale: 2.5, ..Normalization::identity(names.len()) };
    ModelFile::new(&arch, names.iter().map(ToString::to_string).collect(), "Psi [MPa]".into(), scaling, &flat).write()
}

/// A material: its name, the text of its file, the roles of its inputs, and the numbers of direct and shear entries in a call.
struct KnownMaterial {
    name: String,
    text: String,
    roles: Vec<(String, InputRole)>,
    elements: [usize; 2],
}

fn all() -> Vec<KnownMaterial> {
    let known = |name: &str, text: String, roles: &[(&str, &str)], elements| KnownMaterial {
        name: name.into(),
        text,
        roles: roles.iter().map(|(name, role)| ((*name).to_string(), role.parse().expect("a role"))).collect(),
        elements,
    };
    let solid = ["E11", "c", "E22", "E33", "E23", "gamma12", "eps_13", "T"];
    let mut list = vec![
        known("solid", potential(1, &solid), &[("c", "field2"), ("T", "constant3")], [3, 3]),
        known("strip", potential(2, &["E11", "E22", "E33", "E12"]), &[], [3, 1]),
        known("sheet", potential(3, &["y [%]", "g_xy", "Exx"]), &[("y", "22")], [2, 1]),
        known("bar", potential(4, &["e"]), &[("e", "11")], [1, 0]),
    ];
    let materials = models::all().into_iter().filter(|known| ["node", "onsager", "play"].contains(&known.name));
    for material in materials {
        list.push(known(&format!("{}_solid", material.name), material.text.clone(), &[], [3, 3]));
        list.push(known(&format!("{}_bar", material.name), material.text, &[("E11", "11")], [1, 0]));
    }
    list
}

/// A program that calls UMAT with the input that it reads, and writes the results. It also compares with the ten values of the file.
fn driver(known: &KnownMaterial, point: &Point) -> String {
    let [ndi, nshr] = known.elements;
    let (n, kept) = (ndi + nshr, point.kept());
    let name = &known.name;
    let fields: String = point
        .others
        .iter()
        .enumerate()
        .map(|(k, role)| match role {
            InputRole::Field(number) => {
                format!("    predef({number}) = 0.25d0 * others({0})\n    dpred({number}) = 0.75d0 * others({0})\n", k + 1)
            }
            InputRole::Property(number) => format!("    props({number}) = others({})\n", k + 1),
            _ => unreachable!("strains are no other values"),
        })
        .collect();
    let others = point.others.len();
    format!(
        "program driver
  use {name}_model, only: {name}_check
  implicit none
  integer, parameter :: n = {n}, kept = {kept}
  double precision :: before(n), step(n), duration, others({others}), state(kept), worst
  double precision :: stress(n), tangent(n, n), sse, spd, scd, rpl, drpldt, dtemp, temp, pnewdt, celent
  double precision :: none(9), predef(9), dpred(9), props(9), one(3, 3), time(2)
  character(len=80) :: cmname
  character(len=1000) :: from, to
  integer :: jstep(4), status
  call {name}_check(worst)
  if (.not. worst <= 1d-12) error stop 'the check failed'
  call get_command_argument(1, from)
  call get_command_argument(2, to)
  open(10, file=from, access='stream', form='unformatted', status='old')
  open(11, file=to, access='stream', form='unformatted', status='replace')
  none = 0
  one = 0
  jstep = 1
  time = 0
  temp = 0
  dtemp = 0
  cmname = ' '
  do
    read(10, iostat=status) before, step, duration, others, state
    if (status /= 0) exit
    predef = 0
    dpred = 0
    props = 0
{fields}    sse = 0
    spd = 0
    scd = 0
    pnewdt = 1
    call umat(stress, state, tangent, sse, spd, scd, rpl, none, none, drpldt, before, step, time, duration, &
      temp, dtemp, predef, dpred, cmname, {ndi}, {nshr}, n, kept, props, 9, none, one, pnewdt, celent, one, one, &
      1, 1, 1, 1, jstep, 1)
    if (pnewdt < 1) error stop 'a shorter increment is asked for'
    write(11) sse, spd, stress, state, transpose(tangent)
  end do
end program
"
    )
}

fn numbers<'a>(function: &Function, values: &'a [Vec<f64>], name: &str, point: usize) -> &'a [f64] {
    function
        .arguments
        .iter()
        .zip(values)
        .find(|(argument, _)| argument.name == name)
        .map_or(&[], |(argument, values)| &values[point * argument.len..][..argument.len])
}

/// Writes points, runs the program on them and compares.
fn compare(folder: &Path, known: &KnownMaterial, point: &Point, program: &Path) {
    let function = point.model.functions.last().expect("a function");
    let mut largest = vec![f64::MIN_POSITIVE; function.results.len()];
    for (count, far) in POINT_SETS {
        let mut arguments = models::arguments(function, count, far);
        let mut bytes = Vec::new();
        for at in 0..count {
            let mut strain = numbers(function, &arguments, "strain", at).to_vec();
            let before =
                if point.has_rates { numbers(function, &arguments, "previous", at).to_vec() } else { vec![0.0; strain.len()] };
            let step: Vec<f64> = strain.iter().zip(&before).map(|(strain, before)| strain - before).collect();
            // The sum is computed in the same way as in the subroutine.
            strain.iter_mut().zip(before.iter().zip(&step)).for_each(|(strain, (before, step))| *strain = before + step);
            let duration = numbers(function, &arguments, "duration", at).first().copied().unwrap_or(1.0);
            let others = numbers(function, &arguments, "others", at);
            let mut state = numbers(function, &arguments, "state", at).to_vec();
            state.resize(point.kept(), 0.0);
            let all = before.iter().chain(&step).chain([&duration]).chain(others).chain(&state);
            bytes.extend(all.flat_map(|value| value.to_le_bytes()));
            let len = strain.len();
            arguments[0][at * len..][..len].copy_from_slice(&strain);
        }
        let [from, to] = ["points", "found"].map(|end| folder.join(format!("{}.{end}", known.name)));
        fs::write(&from, bytes).expect("points are written");
        run(Command::new(program).arg(&from).arg(&to));
        let bytes = fs::read(&to).expect("results");
        let found: Vec<f64> =
            bytes.chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().expect("eight bytes"))).collect();
        let width = found.len() / count;
        let expected = function.evaluate(&arguments);
        // Output of the program, in its order: energy, dissipation (absent for a potential), stress, states, other outputs, tangent.
        let mut first = 0;
        for name in ["energy", "dissipation", "stress", "after", "fraction", "slopes", "tangent"] {
            let Some(k) = function.results.iter().position(|result| result.name == name) else {
                first += usize::from(name == "dissipation");
                continue;
            };
            let len = function.results[k].numbers();
            let limit = ERROR_LIMITS[usize::from(name == "tangent")];
            largest[k] = expected[k].iter().fold(largest[k], |top, value| top.max(value.abs()));
            for at in 0..count {
                for (found, expected) in found[at * width + first..][..len].iter().zip(&expected[k][at * len..]) {
                    let difference = (found - expected).abs() / largest[k];
                    assert!(
                        difference <= limit,
                        "{name} of {}: {found} in place of {expected}, off by {difference:.1e}",
                        known.name
                    );
                }
            }
            first += len;
        }
        assert_eq!(first, width, "numbers of {}", known.name);
    }
}

#[test]
fn umat_agrees_with_engine() {
    if !has("gfortran") {
        return;
    }
    let folder = folder("points");
    // Abaqus passes arguments that the subroutine does not use.
    let strict = ["-std=f2008", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wno-unused-dummy-argument", "-O1"];
    for known in all() {
        let options = PointOptions { roles: known.roles.clone(), measure: StrainMeasure::Small };
        let point = Point::read(&known.text, &options).unwrap_or_else(|error| panic!("{}: {error}", known.name));
        let write = |end: &str, text: &[u8]| {
            let path = folder.join(format!("{}{end}", known.name));
            fs::write(&path, text).expect("a file is written");
            path
        };
        let export =
            |program, measure| export_point(&known.text, &known.name, program, &PointOptions { measure, ..options.clone() });
        let source = write(".f", &export(PointInterface::Umat, StrainMeasure::Small).expect("a umat"));
        let text = driver(&known, &point);
        let driver = write("_driver.f90", text.as_bytes());
        let program = folder.join(&known.name);
        run(Command::new("gfortran").args(strict).arg("-J").arg(&folder).arg(&source).arg(&driver).arg("-o").arg(&program));
        compare(&folder, &known, &point, &program);
        // The other forms are compared in the tests of structures. Here they must compile, or be refused with a message.
        for (program, measure) in [
            (PointInterface::Vumat, StrainMeasure::Small),
            (PointInterface::Umat, StrainMeasure::Lagrange),
            (PointInterface::Vumat, StrainMeasure::Lagrange),
        ] {
            match export(program, measure) {
                Ok(text) => {
                    let source = write("_other.f", &text);
                    run(Command::new("gfortran").args(strict).arg("-J").arg(&folder).arg("-fsyntax-only").arg(&source));
                }
                Err(error) => assert!(point.entries.len() < 4 && error.to_string().len() > 60, "{}: {error}", known.name),
            }
        }
    }
}

#[test]
fn unsuitable_models_are_refused_as_materials() {
    let refused = |text: &str, roles: &[(&str, &str)], words: &str| {
        let roles = roles.iter().map(|(name, role)| ((*name).to_string(), role.parse().expect("a role"))).collect();
        let error = Point::read(text, &PointOptions { roles, measure: StrainMeasure::Small }).expect_err(words).to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    };
    refused(
        &potential(5, &["E11", "c"]),
        &[],
        "the name \"c\" is not that of a strain; call the input e11, for example, or give its role",
    );
    refused(&potential(5, &["E11", "E22"]), &[], "no elements have the strains 11, 22");
    refused(&potential(5, &["a", "b"]), &[("a", "field1"), ("b", "field2")], "which has none");
    refused(&potential(5, &["E11"]), &[("E11", "invariants")], "only a material with memory");
    let all = models::all();
    let text = |name: &str| &all.iter().find(|known| known.name == name).expect("a model").text;
    refused(text("density"), &[], "a density is no energy of a strain");
    refused(text("play"), &[("E11", "field1")], "every input of a material with memory must be a strain");
    refused(text("periodic"), &[("x0", "11"), ("x1", "22"), ("x2", "12")], "x0 [nm] is periodic");
}

#[test]
fn message_on_input_without_role_names_no_flag() {
    let known = models::all();
    let errors = known.iter().filter_map(|known| {
        let options = PointOptions::default();
        export_point(&known.text, known.name, PointInterface::Umat, &options).err()
    });
    let sentences: Vec<String> = errors.map(|error| error.to_string()).collect();
    assert!(sentences.iter().any(|sentence| sentence.ends_with("or give its role")), "{sentences:?}");
    assert!(sentences.iter().all(|sentence| !sentence.contains("--")), "{sentences:?}");
}
