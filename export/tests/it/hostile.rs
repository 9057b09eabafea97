//! Tests of exports with hostile names. Names of columns, units, labels, sources and files may contain any characters, and no form of export contains
//! them as code. A compiler reads the same code as for a harmless name. The installed compilers and parsers accept the comments.
//!
//! The test uses some tens of names. `HOSTILE_NAMES=10000` sets a larger number, which takes some minutes.

mod code;
mod languages;
mod names;

use std::io::Cursor;

use code::{Language, code, header};
use multiwell::graph::Graph;
use multiwell::internal::model::model_file::{KeptError, LearntDomain, ModelFile, Normalization};
use multiwell::internal::model::{Architecture, LseIcnn, Params, init};
use multiwell::internal::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings};
use multiwell::{Fit, Recipe};
use multiwell_export::continuum::InputRole;
use multiwell_export::written::{ExportSpec, written};
use prost::Message;

/// Placeholder of a name in the files.
const NAME_PLACEHOLDER: &str = "@NAME@";
const HARMLESS_NAME: &str = "q";

/// A model file with a user's name in every position where one may occur.
struct Template {
    kind: &'static str,
    text: String,
    /// Forms of export, separated by spaces.
    forms: &'static str,
}

fn potential(inputs: Vec<String>, is_periodic: bool) -> ModelFile {
    let count = inputs.len();
    let periodic: Vec<bool> = (0..count).map(|k| is_periodic && k == 1).collect();
    let arch = Architecture::new(count, 1, &[2]).with_periodic(periodic.clone());
    let params: Params = LseIcnn::record(&mut Graph::new(), &arch).params;
    let periods: Vec<Option<[f64; 2]>> = periodic.iter().map(|&is| is.then_some([-180.0, 180.0])).collect();
    let scaling = Normalization::identity(count).with_turns(&periods);
    let mut file =
        ModelFile::new(&arch, inputs, format!("{NAME_PLACEHOLDER} [{NAME_PLACEHOLDER}]"), scaling, &init::paper(&params, 1));
    file.domain =
        Some(LearntDomain { bounds: vec![[-1.0, 1.0]; count], threshold: 0.0, unsupported: Vec::new(), accuracy: None });
    file.errors = KeptError::new(NAME_PLACEHOLDER.into(), 0.5, 0.9).into_iter().collect();
    file
}

fn templates() -> Vec<Template> {
    let curve = potential(vec![NAME_PLACEHOLDER.into(), format!("b{NAME_PLACEHOLDER} [{NAME_PLACEHOLDER}]")], true).write();
    let point = potential(vec!["E11".into(), NAME_PLACEHOLDER.into()], false).write();
    let samples: Vec<f64> = (0..100).map(|k| f64::from(k % 10) + 0.01 * f64::from(k)).collect();
    let density = Fit::density(&samples).and_then(|fit| fit.recipe(Recipe::Paper).modes(2).epochs(5).run()).expect("a density");
    let label = density.model.label().to_owned();
    let density = density.model_text().replace(&format!("{label:?}"), &format!("\"{NAME_PLACEHOLDER}\""));
    let settings =
        MetamaterialSettings { trajectories: 8, batch: 4, steps: 2, ..MetamaterialSettings::from_dynamics(Dynamics::Play, true) };
    let mut run = MetamaterialRun::new(settings);
    run.advance(2);
    let mut file = run.file();
    file.inputs.iter_mut().chain(&mut file.outputs).enumerate().for_each(|(k, name)| *name = format!("{k}{NAME_PLACEHOLDER}"));
    file.errors = KeptError::new(NAME_PLACEHOLDER.into(), 0.5, 0.9).into_iter().collect();
    vec![
        Template {
            kind: "potential",
            text: curve,
            forms: "c c-fast rust python jax torch js fortran onnx onnx-single formula npz plumed",
        },
        Template { kind: "point", text: point, forms: "umat vumat" },
        Template { kind: "density", text: density, forms: "c rust python jax torch js fortran onnx formula npz plumed" },
        Template { kind: "material", text: file.write(), forms: "c rust python js fortran onnx" },
    ]
}

/// Converts text to the content of a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a string");
    quoted[1..quoted.len() - 1].to_owned()
}

/// Exports the model with a name in a form. Returns the message if the export is refused.
fn exported(template: &Template, form: &str, name: &str, file: &str) -> Result<Vec<u8>, String> {
    let text = template.text.replace(NAME_PLACEHOLDER, &json(name));
    let (to, variant) = form.split_once('-').unwrap_or((form, ""));
    let roles = [(name.to_owned(), InputRole::Field(1))];
    let wish = ExportSpec {
        to,
        name: file,
        fast: variant == "fast",
        single: variant == "single",
        points: if ["npz", "plumed"].contains(&to) { &[2] } else { &[] },
        roles: if to.ends_with("umat") { &roles } else { &[] },
        ..ExportSpec::default()
    };
    written(&text, &wish).map(|written| written.bytes).map_err(|error| error.to_string())
}

fn language(form: &str) -> Option<Language> {
    Some(match form.split('-').next()? {
        "c" => Language::C,
        "rust" => Language::Rust,
        "js" => Language::Js,
        "python" | "jax" | "torch" => Language::Python,
        "fortran" | "umat" | "vumat" => Language::Fortran,
        "formula" => Language::Latex,
        _ => return None,
    })
}

/// Returns true if a character changes the visible text or the division into lines.
fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

/// Returns a file without the sections that may differ from name to name.
///
/// # Panics
/// If the file is malformed.
fn essence(form: &str, bytes: &[u8]) -> Vec<u8> {
    if let Some(language) = language(form) {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        assert!(!text.contains(is_hidden), "hidden characters");
        let is_plain = |line: &str| line == "//" || line.starts_with("// ");
        assert!(language != Language::Rust || header(text, language).lines().all(is_plain), "documentation, which may be run");
        let code = code(text, language);
        let is_in_columns = |line: &str| line.chars().count() <= 72;
        assert!(language != Language::Fortran || code.lines().all(is_in_columns), "columns");
        if language == Language::Latex {
            symbols(text);
        }
        return code.into_bytes();
    }
    match form.split('-').next() {
        Some("onnx") => graph_of_onnx(bytes),
        Some("npz") => {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
            let names: Vec<String> = (0..archive.len()).map(|k| archive.by_index(k).expect("a file").name().to_owned()).collect();
            let is_plain = |name: &String| !name.contains(['/', '\\', ' ', ':']) && !name.contains(is_hidden) && name.len() < 300;
            assert!(names.iter().all(is_plain) && names.contains(&"value.npy".into()), "{names:?}");
            assert!(names.iter().enumerate().all(|(k, name)| !names[..k].contains(name)), "{names:?}");
            names.len().to_string().into_bytes()
        }
        Some("plumed") => {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            assert!(!text.contains(is_hidden), "hidden characters");
            let fields: Vec<&str> = text.lines().next().expect("fields").split(' ').skip(2).collect();
            assert!(fields.iter().enumerate().all(|(k, field)| !field.is_empty() && !fields[..k].contains(field)), "{fields:?}");
            let of_line = |line: &str| {
                let words: Vec<&str> = line.split(' ').collect();
                if words[0] == "#!" { words[1].to_owned() + &words.len().to_string() } else { line.to_owned() }
            };
            text.lines().map(of_line).collect::<Vec<_>>().join("\n").into_bytes()
        }
        _ => panic!("{form}"),
    }
}

/// Checks the expression for SymPy at the end of a formula. It contains only the listed symbols, numbers and operations.
fn symbols(text: &str) {
    let mut lines = text.lines().rev();
    let (expression, about) = (lines.next().expect("an expression"), lines.next().expect("its symbols"));
    let listed = about.split('"').nth(3).expect("a list of symbols");
    let listed: Vec<&str> = listed.split(' ').collect();
    assert!(listed.iter().enumerate().all(|(k, symbol)| !listed[..k].contains(symbol)), "{listed:?}");
    let is_operation = |word: &str| ["exp", "log", "sin", "cos", "Max", "Min", "Piecewise", "True", "e"].contains(&word);
    let words = expression[2..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
        assert!(listed.contains(&word) || is_operation(word), "{word} of {listed:?}");
    }
    let is_known = |c: char| c.is_ascii_alphanumeric() || "_+-*/()., >".contains(c);
    assert!(expression[2..].chars().all(is_known), "{expression}");
}

/// Documentation of an ONNX file, its sixth field.
#[derive(Clone, PartialEq, prost::Message)]
struct OnnxDocumentation {
    #[prost(string, tag = "6")]
    text: String,
}

/// An ONNX file without its documentation.
fn graph_of_onnx(bytes: &[u8]) -> Vec<u8> {
    let documentation = OnnxDocumentation::decode(bytes).expect("an ONNX file");
    assert!(!documentation.text.contains(is_hidden), "hidden characters");
    let field = documentation.encode_to_vec();
    let at = bytes.windows(field.len()).position(|part| part == field).expect("documentation");
    [&bytes[..at], &bytes[at + field.len()..]].concat()
}

fn count() -> usize {
    std::env::var("HOSTILE_NAMES").ok().map_or(80, |count| count.parse().expect("a number"))
}

#[test]
fn names_do_not_become_code_in_any_form() {
    let (templates, names) = (templates(), names::all(count()));
    let whole = |template: &Template, form: &str| {
        exported(template, form, HARMLESS_NAME, HARMLESS_NAME).expect("a harmless name is exported")
    };
    let essences: Vec<(&Template, &str, Vec<u8>)> = templates
        .iter()
        .flat_map(|template| template.forms.split(' ').map(move |form| (template, form)))
        .map(|(template, form)| (template, form, essence(form, &whole(template, form))))
        .collect();
    let check = |name: &String| {
        let (mut exports, mut refusals) = (0, 0);
        for (template, form, expected) in &essences {
            match exported(template, form, name, HARMLESS_NAME) {
                Ok(bytes) => {
                    let found = std::panic::catch_unwind(|| essence(form, &bytes));
                    assert!(found.as_ref().is_ok_and(|found| found == expected), "{} to {form}: {name:?}", template.kind);
                    exports += 1;
                }
                Err(sentence) => {
                    let is_short = sentence.chars().count() <= 300 && !sentence.contains(is_hidden);
                    assert!(is_short, "{} to {form}: {sentence}", template.kind);
                    refusals += 1;
                }
            }
        }
        [exports, refusals]
    };
    let part = |names: &[String]| names.iter().map(check).fold([0, 0], |a, b| [a[0] + b[0], a[1] + b[1]]);
    let sums: Vec<[usize; 2]> = std::thread::scope(|scope| {
        let part = &part;
        let threads = names.chunks(names.len().div_ceil(2)).map(|names| scope.spawn(move || part(names))).collect::<Vec<_>>();
        threads.into_iter().map(|thread| thread.join().expect("every name passes")).collect()
    });
    let [exports, refusals] = sums.iter().fold([0, 0], |a, b| [a[0] + b[0], a[1] + b[1]]);
    println!("{} names: {exports} exports, {refusals} refusals", names.len());
    assert!(exports > 20 * names.len());
}

#[test]
fn names_of_files_become_identifiers() {
    let templates = templates();
    for name in names::all(0) {
        for form in ["c", "rust", "js", "python", "fortran", "onnx", "formula"] {
            let bytes = exported(&templates[0], form, HARMLESS_NAME, &name).expect("a file");
            let text = String::from_utf8_lossy(&bytes);
            assert!(form == "onnx" || !text.contains(is_hidden), "{form}: {name:?}");
            let prefix = text.split(": a potential").next().unwrap_or_default().rsplit([' ', '"']).next().unwrap_or_default();
            let is_identifier = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            assert!(form == "onnx" || !prefix.is_empty() && is_identifier(prefix), "{form}: {prefix} of {name:?}");
        }
    }
}
