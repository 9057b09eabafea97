//! Tests in which compilers and interpreters read the heads of files with hostile names. The code behind a head equals that of a harmless name.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::{folder, has, run};

/// Writes the heads of all exports of a form. Each is followed by a marker: a declaration that the program must find. `list` is the beginning of a list
/// of all markers, an entry and the end. `@` stands for the number of a marker. Returns the path and the number of markers.
fn heads(form: &str, ending: &str, marker: &str, list: [&str; 3]) -> (PathBuf, usize) {
    let (templates, language) = (templates(), language(form).expect("a language"));
    let template = templates.iter().find(|template| template.forms.split(' ').any(|of| of == form)).expect("a model");
    let (mut text, mut entries, mut markers) = (String::new(), String::new(), 0);
    for name in names::all(count()) {
        let Ok(bytes) = exported(template, form, &name, HARMLESS_NAME) else { continue };
        text += header(std::str::from_utf8(&bytes).expect("UTF-8"), language);
        text += &marker.replace('@', &markers.to_string());
        entries += &list[1].replace('@', &markers.to_string());
        markers += 1;
    }
    let path = folder(&format!("hostile/{form}")).join(format!("heads.{ending}"));
    fs::write(&path, text + list[0] + &entries + list[2]).expect("a file is written");
    println!("{markers} heads of {form}");
    (path, markers)
}

#[test]
fn c_compiles_with_hostile_names() {
    if has("gcc") {
        let (path, _) = heads("c", "c", "static char marker_@;\n", ["char *all[] = {\n", "&marker_@,\n", "};\n"]);
        run(Command::new("gcc").args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]).arg(&path));
    }
}

#[test]
fn rust_compiles_with_hostile_names() {
    let (path, _) =
        heads("rust", "rs", "pub const MARKER_@: () = ();\n", ["pub static ALL: &[()] = &[\n", "MARKER_@,\n", "];\n"]);
    let library = ["--edition=2021", "--crate-type=lib", "--emit=metadata", "-o"];
    run(Command::new("rustc").args(library).arg(path.with_extension("rmeta")).arg(&path));
}

#[test]
fn javascript_runs_with_hostile_names() {
    if has("node") {
        let end = "];\nif (globalThis.ran) throw new Error('a name has run');\n";
        let (path, _) = heads("js", "mjs", "const marker@ = 1;\n", ["export const all = [\n", "marker@,\n", end]);
        run(Command::new("node").arg(&path));
    }
}

#[test]
fn python_parses_with_hostile_names() {
    if has("python3") {
        let (path, markers) = heads("python", "txt", "\nmarker_@ = 1\n", ["", "", ""]);
        let driver = "import ast, pathlib, sys
body = ast.parse(pathlib.Path(sys.argv[1]).read_bytes()).body
assert len(body) == 2 * int(sys.argv[2])
assert all(isinstance(b.value, ast.Constant) and b.value.value == 1 for b in body[1::2])
assert all(isinstance(b.value.value, str) for b in body[::2])
";
        run(Command::new("python3").args(["-c", driver]).arg(&path).arg(markers.to_string()));
    }
}

#[test]
fn fortran_compiles_with_hostile_names() {
    if has("gfortran") {
        let (path, _) = heads("umat", "f", "      subroutine marker@\n      end subroutine\n", ["", "", ""]);
        run(Command::new("gfortran").args(["-std=f2008", "-pedantic", "-Wall", "-Werror", "-fsyntax-only"]).arg(&path));
    }
}
