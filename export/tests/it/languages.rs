//! Tests that compiled or interpreted exports agree with the engine in double precision. They use a thousand points within the ranges of interest,
//! and a hundred far outside.

use std::fs;
use std::path::Path;
use std::process::Command;

use multiwell_export::function::Function;
use multiwell_export::{ExportOptions, Format, Model, export};

use crate::models::{self, KnownModel};
use crate::{folder, has, run};

/// Error limits of a language, relative to the largest number of a kind. They apply to value, gradient and Hessian, or to stress, tangent and the
/// other results of a step.
const ERROR_LIMITS: [f64; 3] = [1e-13, 1e-12, 1e-10];

/// Sets of points: inside the range of interest, far outside, and NaN.
const POINT_SETS: [(&str, usize, Option<f64>); 3] =
    [("inside", 1000, None), ("outside", 100, Some(1e4)), ("nowhere", 1, Some(f64::NAN))];

/// The last function of a model, which has all results.
fn whole(known: &KnownModel) -> Function {
    let model = Model::read(&known.text, None).unwrap_or_else(|error| panic!("{}: {error}", known.name));
    model.functions.last().expect("a function").clone()
}

fn write(known: &KnownModel, format: Format, path: &Path) {
    let model = Model::read(&known.text, None).expect("a model");
    let hessian = model.functions.len() > 1;
    let options = ExportOptions { name: known.name.into(), hessian, format };
    fs::write(path, export(&known.text, &model, &options).expect("a file")).expect("a file is written");
}

/// Writes the value of a model without derivatives, as a graph.
fn write_value_alone(known: &KnownModel, path: &Path) {
    let mut model = Model::read(&known.text, None).expect("a model");
    assert!(model.retain_value(), "{}", known.name);
    let options = ExportOptions { name: known.name.into(), hessian: false, format: Format::Onnx { single: false } };
    fs::write(path, export(&known.text, &model, &options).expect("a file")).expect("a file is written");
}

/// Writes the points of a model, one after the other, all arguments of each.
fn write_points(folder: &Path, known: &KnownModel) {
    let function = whole(known);
    for (place, count, far) in POINT_SETS {
        let arguments = models::arguments(&function, count, far);
        let mut bytes = Vec::new();
        for point in 0..count {
            for (values, argument) in arguments.iter().zip(&function.arguments) {
                bytes.extend(values[point * argument.len..][..argument.len].iter().flat_map(|value| value.to_le_bytes()));
            }
        }
        fs::write(folder.join(format!("{}.{place}", known.name)), bytes).expect("points are written");
    }
}

/// Compares the results that a program wrote for the points with those of the engine. They have the same format as the points.
fn compare(folder: &Path, known: &KnownModel, language: &str, limits: [[f64; 3]; 2]) {
    let function = whole(known);
    // Far outside, derivatives may almost vanish. They are compared with the largest derivative of all points.
    let mut largest = vec![f64::MIN_POSITIVE; function.results.len()];
    for ((place, count, far), limits) in POINT_SETS.into_iter().zip([limits[0], limits[1], limits[1]]) {
        let expected = function.evaluate(&models::arguments(&function, count, far));
        let path = folder.join(format!("{}.{place}.{language}", known.name));
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let found: Vec<f64> =
            bytes.chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().expect("eight bytes"))).collect();
        let width: usize = function.results.iter().map(multiwell_export::function::FunctionOutput::numbers).sum();
        assert_eq!(found.len(), count * width, "{}", path.display());
        let mut first = 0;
        for (((result, expected), limit), largest) in
            function.results.iter().zip(&expected).zip(limits.into_iter().chain([limits[2]; 2])).zip(&mut largest)
        {
            *largest = expected.iter().fold(*largest, |top, value| top.max(value.abs()));
            for point in 0..count {
                let found = &found[point * width + first..][..result.numbers()];
                let expected = &expected[point * result.numbers()..][..result.numbers()];
                for (found, expected) in found.iter().zip(expected) {
                    assert_eq!(expected.is_nan(), place == "nowhere", "{} of {}", result.name, known.name);
                    if expected.is_nan() && found.is_nan() {
                        continue;
                    }
                    let difference = (found - expected).abs() / *largest;
                    assert!(
                        difference <= limit,
                        "{} in {language}, {place}: {} is {found} in place of {expected}, off by {difference:.1e}",
                        known.name,
                        result.name
                    );
                }
            }
            first += result.numbers();
        }
    }
}

/// Offsets of the arguments and of the results of a function within a point.
fn offsets(lens: impl Iterator<Item = usize>) -> Vec<usize> {
    lens.scan(0, |at, len| {
        *at += len;
        Some(*at - len)
    })
    .collect()
}

fn layout(function: &Function) -> ([Vec<usize>; 2], [usize; 2]) {
    let given = || function.arguments.iter().map(|argument| argument.len);
    let taken = || function.results.iter().map(multiwell_export::function::FunctionOutput::numbers);
    ([offsets(given()), offsets(taken())], [given().sum(), taken().sum()])
}

/// A program in C that reads points and writes results. Without files, it runs the check of the exported file.
fn c_driver(known: &KnownModel) -> String {
    let function = whole(known);
    let ([given, taken], [inputs, outputs]) = layout(&function);
    let skipped = usize::from(function.returned().is_some());
    let arguments = given.iter().map(|at| format!("in + {at}"));
    let arguments: Vec<String> = arguments.chain(taken[skipped..].iter().map(|at| format!("out + {at}"))).collect();
    let call = format!("{}_{}({})", known.name, function.name, arguments.join(", "));
    let call = if skipped == 1 { format!("out[0] = {call}") } else { call };
    format!(
        "#define MULTIWELL_CHECK\n#define main check_alone\n#include \"{}.c\"\n#undef main\nint main(int count, char **files) {{\n    static double in[{inputs}], out[{outputs}];\n    if (count < 3) return check_alone();\n    FILE *from = fopen(files[count - 2], \"rb\"), *to = fopen(files[count - 1], \"wb\");\n    while (fread(in, sizeof in, 1, from) == 1) {{\n        {call};\n        fwrite(out, sizeof out, 1, to);\n    }}\n    fclose(to);\n    return 0;\n}}\n",
        known.name
    )
}

/// Runs a program, whose last two arguments are added, on each set of points.
fn run_on_points(folder: &Path, known: &KnownModel, language: &str, program: &Command) {
    for (place, ..) in POINT_SETS {
        let [from, to] = [String::new(), format!(".{language}")].map(|end| folder.join(format!("{}.{place}{end}", known.name)));
        run(Command::new(program.get_program()).args(program.get_args()).arg(from).arg(to));
    }
}

#[test]
fn c_agrees_with_engine() {
    let folder = folder("c");
    let strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"];
    let has_clang = Command::new("clang").arg("--version").output().is_ok();
    let compilers: Vec<&str> = ["cc"].into_iter().chain(has_clang.then_some("clang")).collect();
    for known in models::all() {
        write_points(&folder, &known);
        let (source, driver) = (folder.join(format!("{}.c", known.name)), folder.join(format!("{}_driver.c", known.name)));
        fs::write(&driver, c_driver(&known)).expect("a driver is written");
        for fast in [false, true] {
            write(&known, Format::C { fast }, &source);
            // The compiler vectorises the polynomials of a fast file. A higher level for the other files takes time and shows no more.
            let level = if fast { "-O2" } else { "-O1" };
            for compiler in &compilers {
                let program = folder.join(format!("{}_{compiler}", known.name));
                run(Command::new(compiler).args(strict).arg(level).arg(&driver).arg("-o").arg(&program).arg("-lm"));
                run_on_points(&folder, &known, "c", &Command::new(&program));
                compare(&folder, &known, "c", [ERROR_LIMITS; 2]);
                run(&mut Command::new(&program));
            }
            // The file alone is a program that checks itself, and C++.
            run(Command::new("cc").args(strict).args(["-DMULTIWELL_CHECK", "-fsyntax-only"]).arg(&source));
            run(Command::new("c++").args(["-x", "c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]).arg(&source));
        }
    }
}

/// Statements in Rust that compute the numbers `out` of a point from its numbers `given`.
fn rust_call(known: &KnownModel) -> String {
    let function = whole(known);
    let ([given, taken], [inputs, outputs]) = layout(&function);
    let skipped = usize::from(function.returned().is_some());
    let arguments =
        given.iter().zip(&function.arguments).map(|(at, argument)| format!("&slot(given, {at}) as &[f64; {}]", argument.len));
    let results: Vec<String> =
        function.written().iter().map(|result| format!("let mut {} = [0.0; {}];", result.name, result.numbers())).collect();
    let written = function.written().iter().map(|result| format!("&mut {}", result.name));
    let call = format!("{}::{}({})", known.name, function.name, arguments.chain(written).collect::<Vec<_>>().join(", "));
    let stored: Vec<String> = function
        .written()
        .iter()
        .zip(&taken[skipped..])
        .map(|(result, at)| format!("out[{at}..][..{}].copy_from_slice(&{});", result.numbers(), result.name))
        .collect();
    let call = if skipped == 1 { format!("out[0] = {call};") } else { format!("{call};") };
    format!(
        "        \"{}\" => points(&files, {inputs}, {outputs}, |given, out| {{\n            {}\n            {call}\n            {}\n        }}),\n",
        known.name,
        results.join(" "),
        stored.join(" ")
    )
}

/// Test of Rust with one program for all models: a start of the compiler and a link take as long as the compilation of a model.
#[test]
fn rust_agrees_with_engine() {
    let folder = folder("rust");
    let (mut modules, mut calls, mut checks) = (String::new(), String::new(), String::new());
    for known in models::all() {
        let name = known.name;
        write_points(&folder, &known);
        let source = folder.join(format!("{name}.rs"));
        write(&known, Format::Rust, &source);
        modules += &format!("mod {name};\n");
        calls += &rust_call(&known);
        checks += &format!("        \"{name}\" => {name}::main(),\n");
        // The file alone is a program.
        let alone = ["--edition", "2021", "-D", "warnings", "--emit=metadata", "-o"];
        run(Command::new("rustc").args(alone).arg(folder.join(format!("{name}.rmeta"))).arg(&source));
    }
    let driver = format!(
        "{modules}fn slot<const N: usize>(x: &[f64], at: usize) -> [f64; N] {{ x[at..at + N].try_into().unwrap() }}\nfn points(files: &[String], inputs: usize, outputs: usize, call: impl Fn(&[f64], &mut [f64])) {{\n    let bytes = std::fs::read(&files[2]).unwrap();\n    let numbers: Vec<f64> = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();\n    let mut written = Vec::new();\n    for given in numbers.chunks_exact(inputs) {{\n        let mut out = vec![0.0; outputs];\n        call(given, &mut out);\n        written.extend(out.iter().flat_map(|v| v.to_le_bytes()));\n    }}\n    std::fs::write(&files[3], written).unwrap();\n}}\nfn main() {{\n    let files: Vec<String> = std::env::args().collect();\n    if files.len() == 2 {{\n        match files[1].as_str() {{\n{checks}        _ => panic!(),\n        }}\n    }}\n    match files[1].as_str() {{\n{calls}        _ => panic!(),\n    }}\n}}\n"
    );
    let (path, program) = (folder.join("driver.rs"), folder.join("driver"));
    fs::write(&path, driver).expect("a driver is written");
    // Without optimisation, arithmetic overflow also ends the program.
    run(Command::new("rustc").args(["--edition", "2021", "-D", "warnings"]).arg(&path).arg("-o").arg(&program));
    for known in models::all() {
        run_on_points(&folder, &known, "rust", Command::new(&program).arg(known.name));
        compare(&folder, &known, "rust", [ERROR_LIMITS; 2]);
        run(Command::new(&program).arg(known.name));
    }
}

/// Statements in JavaScript that compute the numbers `out` of a point from its numbers `given`.
fn javascript_call(known: &KnownModel) -> String {
    let function = whole(known);
    let ([given, taken], [inputs, outputs]) = layout(&function);
    let arguments: Vec<String> = given
        .iter()
        .zip(&function.arguments)
        .map(|(at, argument)| format!("given.subarray({at}, {})", at + argument.len))
        .collect();
    let stored: Vec<String> = function
        .results
        .iter()
        .zip(&taken)
        .map(|(result, at)| {
            let value = format!("found.{}", result.name);
            if result.is_number() { format!("out[{at}] = {value};") } else { format!("out.set({value}, {at});") }
        })
        .collect();
    format!(
        "await points('{}', {inputs}, {outputs}, (model, given, out) => {{\n  const found = model.{}({});\n  {}\n}});\n",
        known.name,
        function.name,
        arguments.join(", "),
        stored.join(" ")
    )
}

/// Test of JavaScript with one program for all models, because the start of Node takes longer than a model. The import of a file runs its check if
/// the arguments of the process name the file.
#[test]
fn javascript_agrees_with_engine() {
    let folder = folder("js");
    let places = POINT_SETS.map(|(place, ..)| format!("'{place}'")).join(", ");
    let mut driver = format!(
        "import fs from 'node:fs';\nasync function points(name, inputs, outputs, call) {{\n  process.argv[1] = `${{name}}.mjs`;\n  process.exitCode = undefined;\n  const model = await import(`./${{name}}.mjs`);\n  if (process.exitCode !== 0) throw new Error(`the check of ${{name}}`);\n  for (const place of [{places}]) {{\n    const bytes = fs.readFileSync(`${{name}}.${{place}}`);\n    const numbers = new Float64Array(new Uint8Array(bytes).buffer);\n    const count = numbers.length / inputs;\n    const written = new Float64Array(count * outputs);\n    for (let k = 0; k < count; ++k) {{\n      call(model, numbers.subarray(k * inputs, (k + 1) * inputs), written.subarray(k * outputs, (k + 1) * outputs));\n    }}\n    fs.writeFileSync(`${{name}}.${{place}}.js`, new Uint8Array(written.buffer));\n  }}\n}}\n"
    );
    for known in models::all() {
        write_points(&folder, &known);
        write(&known, Format::Js, &folder.join(format!("{}.mjs", known.name)));
        driver += &javascript_call(&known);
    }
    fs::write(folder.join("driver.mjs"), driver).expect("a driver is written");
    run(Command::new("node").current_dir(&folder).arg("driver.mjs"));
    for known in models::all() {
        compare(&folder, &known, "js", [ERROR_LIMITS; 2]);
    }
    // A file alone is a program that checks itself.
    run(Command::new("node").arg(folder.join("curve.mjs")));
}

/// A program in Fortran that reads points and writes results. Without files, it compares with the ten values of the exported file.
fn fortran_driver(known: &KnownModel) -> String {
    let function = whole(known);
    let ([given, taken], [inputs, outputs]) = layout(&function);
    let arguments = given.iter().map(|at| format!("given({})", at + 1));
    let arguments: Vec<String> = arguments.chain(taken.iter().map(|at| format!("taken({})", at + 1))).collect();
    format!(
        "program driver\n  use {0}_model\n  implicit none\n  double precision :: given({inputs}), taken({outputs}), worst\n  character(len=1000) :: from, to\n  integer :: status\n  if (command_argument_count() == 0) then\n    call {0}_check(worst)\n    if (.not. worst <= 1d-12) error stop 'the check failed'\n    stop\n  end if\n  call get_command_argument(1, from)\n  call get_command_argument(2, to)\n  open(10, file=from, access='stream', form='unformatted', status='old')\n  open(11, file=to, access='stream', form='unformatted', status='replace')\n  do\n    read(10, iostat=status) given\n    if (status /= 0) exit\n    call {0}_{1}({2})\n    write(11) taken\n  end do\nend program\n",
        known.name,
        function.name,
        arguments.join(", ")
    )
}

/// Test of Fortran with the compiler that `cargo xtask test` finds. Without a compiler, the test does nothing.
#[test]
fn fortran_agrees_with_engine() {
    if !has("gfortran") {
        return;
    }
    let folder = folder("fortran");
    let strict = ["-std=f2008", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1"];
    for known in models::all() {
        write_points(&folder, &known);
        let [source, driver, program] = [".f", "_driver.f90", ""].map(|end| folder.join(format!("{}{end}", known.name)));
        write(&known, Format::Fortran, &source);
        fs::write(&driver, fortran_driver(&known)).expect("a driver is written");
        run(Command::new("gfortran").args(strict).arg("-J").arg(&folder).arg(&source).arg(&driver).arg("-o").arg(&program));
        run_on_points(&folder, &known, "fortran", &Command::new(&program));
        compare(&folder, &known, "fortran", [ERROR_LIMITS; 2]);
        run(&mut Command::new(&program));
    }
}

/// The reader of model files in their documentation.
fn documented_reader() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/model-file.md");
    let text = fs::read_to_string(path).expect("the documentation of model files");
    let begin = text.find("```python\n").expect("a reader in Python") + "```python\n".len();
    text[begin..].split("```").next().unwrap_or_default().into()
}

/// Test of Python with the packages that `cargo xtask test` installs: NumPy, JAX, ONNX Runtime and SymPy. Without them, the test does nothing.
#[test]
fn python_jax_onnx_and_formulas_agree_with_engine() {
    let Some(python) = std::env::var_os("MULTIWELL_PYTHON") else {
        println!(
            "skipped: MULTIWELL_PYTHON names no Python with numpy, jax, onnx, onnxruntime and sympy; `cargo xtask test` sets one up"
        );
        return;
    };
    let folder = folder("python");
    let mut list = String::new();
    for known in models::all() {
        write_points(&folder, &known);
        let function = whole(&known);
        let formats = [
            ("_numpy.py", Format::Python),
            ("_jax.py", Format::Jax),
            ("_torch.py", Format::Torch),
            (".onnx", Format::Onnx { single: false }),
            ("_single.onnx", Format::Onnx { single: true }),
        ];
        for (end, format) in formats {
            write(&known, format, &folder.join(format!("{}{end}", known.name)));
        }
        let lens: Vec<String> = function.arguments.iter().map(|argument| argument.len.to_string()).collect();
        let is_formula = function.name == "hessian";
        if is_formula {
            write(&known, Format::Formula, &folder.join(format!("{}.tex", known.name)));
            fs::write(folder.join(format!("{}.json", known.name)), &known.text).expect("a model file is written");
            write_value_alone(&known, &folder.join(format!("{}_value.onnx", known.name)));
        }
        list += &format!("{} {} {} {is_formula}\n", known.name, function.name, lens.join(","));
    }
    fs::write(folder.join("models.txt"), list).expect("a list is written");
    fs::write(folder.join("reader.py"), documented_reader()).expect("a reader is written");
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evaluate.py");
    run(Command::new(&python).arg(driver).arg(&folder));
    for known in models::all() {
        compare(&folder, &known, "numpy", [ERROR_LIMITS; 2]);
        // XLA fuses products with sums. The Hessian of a soft minimum is a difference of products of slopes. At 1e4, these products are 1e5 times
        // larger than the Hessian, or 1e12 times if modes are quartic. In the quartic case, the test only requires finite values.
        let has_skip = ["quadratic", "exchange"].contains(&known.name);
        let far = [1e-13, 1e-12, if has_skip { f64::INFINITY } else { 1e-9 }];
        compare(&folder, &known, "jax", [ERROR_LIMITS, far]);
        // PyTorch is as large as all other packages together. It is tested only where it is installed.
        if folder.join(format!("{}.inside.torch", known.name)).is_file() {
            compare(&folder, &known, "torch", [ERROR_LIMITS, [1e-13, 1e-12, 1e-9]]);
        }
        compare(&folder, &known, "onnx", [[1e-12, 1e-12, 1e-10], [1e-12, 1e-12, 1e-9]]);
    }
}
