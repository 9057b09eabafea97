//! Tests in which compilers and interpreters read code with hostile names.

use super::*;

/// Writes the text of a form for the first names, one file each. Returns the paths.
fn files(folder: &Path, template: &Template, form: &str, ending: &str) -> Vec<PathBuf> {
    let names = names::all(count());
    let written = names.iter().step_by(COMPILED_NAME_STRIDE).take(MAX_COMPILED_NAMES).enumerate().filter_map(|(k, name)| {
        let path = folder.join(format!("{}_{}_{k}.{ending}", template.kind, form.replace('-', "_")));
        fs::write(&path, exported(template, form, name, &format!("m{k}")).ok()?).expect("a file is written");
        Some(path)
    });
    written.collect()
}

/// The heads of all exports of a form to a language. Each is followed by a marker: a declaration that the program must find.
fn heads(form: &str, language: Language, marker: impl Fn(usize) -> String) -> (String, usize) {
    let templates = templates();
    let (mut text, mut markers) = (String::new(), 0);
    for name in names::all(count()) {
        for template in templates.iter().filter(|template| template.forms.contains(&form)).take(1) {
            let Ok(bytes) = exported(template, form, &name, HARMLESS_NAME) else { continue };
            text += header(std::str::from_utf8(&bytes).expect("UTF-8"), language);
            text += &marker(markers);
            markers += 1;
        }
    }
    (text, markers)
}

#[test]
fn c_compiles_with_hostile_names() {
    if !has("gcc") {
        return;
    }
    let folder = folder("c");
    let strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
    for (template, form) in templates().iter().zip(["c-fast", "", "c", "c"]).filter(|(_, form)| !form.is_empty()) {
        run(Command::new("gcc").args(strict).args(files(&folder, template, form, "c")));
    }
    let (mut text, markers) = heads("c", Language::C, |k| format!("static char marker_{k};\n"));
    text += "char *all[] = {\n";
    (0..markers).for_each(|k| writeln!(text, "&marker_{k},").expect("memory"));
    let path = folder.join("heads.c");
    fs::write(&path, text + "};\n").expect("a file is written");
    run(Command::new("gcc").args(strict).arg(&path));
    println!("{markers} heads of C");
}

#[test]
fn rust_compiles_with_hostile_names() {
    let folder = folder("rust");
    let mut all = String::new();
    for template in templates().iter().filter(|template| template.forms.contains(&"rust")) {
        for path in files(&folder, template, "rust", "rs") {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            writeln!(all, "#[path = {path:?}] pub mod {stem};").expect("memory");
        }
    }
    let (heads, markers) = heads("rust", Language::Rust, |k| format!("pub const MARKER_{k}: () = ();\n"));
    all += &heads;
    writeln!(all, "pub static ALL: [(); {markers}] = [").expect("memory");
    (0..markers).for_each(|k| writeln!(all, "MARKER_{k},").expect("memory"));
    let path = folder.join("all.rs");
    fs::write(&path, all + "];\n").expect("a file is written");
    run(Command::new("rustc")
        .args(["--edition=2021", "--crate-type=lib", "--emit=metadata", "-o"])
        .arg(folder.join("all.rmeta"))
        .arg(&path));
    println!("{markers} heads of Rust");
}

#[test]
fn javascript_runs_with_hostile_names() {
    if !has("node") {
        return;
    }
    let folder = folder("js");
    let (mut text, markers) = heads("js", Language::Js, |k| format!("const marker{k} = 1;\n"));
    text += "export const all = [\n";
    (0..markers).for_each(|k| writeln!(text, "marker{k},").expect("memory"));
    fs::write(folder.join("heads.mjs"), text + "];\n").expect("a file is written");
    let mut modules = vec![folder.join("heads.mjs")];
    for template in templates().iter().filter(|template| template.forms.contains(&"js")) {
        modules.extend(files(&folder, template, "js", "mjs"));
    }
    let list: Vec<String> = modules.iter().map(|path| format!("{:?}", path.display().to_string())).collect();
    let driver = format!(
        "for (const path of [{}]) {{\n  const module = await import(path);\n  if (globalThis.ran) throw new Error(path);\n  if (module.check && Object.values(module.check()).some((d) => !(d < 1e-12))) throw new Error(path);\n}}\n",
        list.join(", ")
    );
    fs::write(folder.join("driver.mjs"), driver).expect("a driver is written");
    run(Command::new("node").current_dir(&folder).arg("driver.mjs"));
    println!("{markers} heads of JavaScript");
}

#[test]
fn python_parses_with_hostile_names() {
    if !has("python3") {
        return;
    }
    let folder = folder("python");
    for template in templates().iter().filter(|template| template.forms.contains(&"python")) {
        for form in template.forms.iter().filter(|form| language(form) == Some(Language::Python)) {
            let plain = folder.join(format!("{}_{form}_plain.py", template.kind));
            fs::write(plain, exported(template, form, HARMLESS_NAME, HARMLESS_NAME).expect("a file")).expect("a file is written");
            files(&folder, template, form, "py");
        }
    }
    let (text, markers) = heads("python", Language::Python, |k| format!("\nmarker_{k} = 1\n"));
    fs::write(folder.join("heads.txt"), text).expect("a file is written");
    // All but the documentation equals the file of a harmless name.
    let driver = "import ast, pathlib
for path in sorted(pathlib.Path('.').glob('*.py')):
    kind = '_'.join(path.stem.split('_')[:2])
    trees = [ast.parse(file.read_bytes()) for file in (path, pathlib.Path(kind + '_plain.py'))]
    assert all(isinstance(tree.body[0].value, ast.Constant) for tree in trees), path
    one, other = (ast.dump(ast.Module(tree.body[1:], [])) for tree in trees)
    assert one == other, path
body = ast.parse(pathlib.Path('heads.txt').read_bytes()).body
assert len(body) == 2 * MARKERS
assert all(isinstance(b.value, ast.Constant) and b.value.value == 1 for b in body[1::2])
assert all(isinstance(b.value.value, str) for b in body[::2])
"
    .replace("MARKERS", &markers.to_string());
    run(Command::new("python3").current_dir(&folder).args(["-c", &driver]));
    println!("{markers} heads of Python");
}

#[test]
fn fortran_compiles_with_hostile_names() {
    if !has("gfortran") {
        return;
    }
    let folder = folder("fortran");
    let strict = ["-std=f2008", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wno-unused-dummy-argument", "-fsyntax-only"];
    for template in &templates() {
        for form in template.forms.iter().filter(|form| language(form) == Some(Language::Fortran)) {
            let files = files(&folder, template, form, "f");
            run(Command::new("gfortran").args(strict).arg("-J").arg(&folder).args(files));
        }
    }
    let (text, markers) = heads("umat", Language::Fortran, |k| format!("      subroutine marker{k}\n      end subroutine\n"));
    let path = folder.join("heads.f");
    fs::write(&path, text).expect("a file is written");
    run(Command::new("gfortran").args(["-std=f2008", "-pedantic", "-Wall", "-Werror", "-fsyntax-only"]).arg(&path));
    println!("{markers} heads of Fortran");
}
