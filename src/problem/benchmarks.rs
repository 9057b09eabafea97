//! What can be trained: every benchmark by its id, with what is learnt from what, the settings that it begins with, and how a fit of it is
//! opened. A new one touches its own file, one line here (a potential the lists of [`potentials`]), and its guide on the page.

use super::job::Job;
use super::material::job::{METAMATERIAL, OWN as OWN_TRAJECTORIES};
use super::settings::{InvalidSetting, PotentialSettings, Problem, Recipe, Scaling, Settings};
use super::table::Table;
use super::{Run, Source, density};
use crate::SYSTEMS;
use crate::data::Dataset;
use crate::data::csv::{self, Columns};
use crate::model::model_file::{FORMAT, ModelFile};
use crate::potentials;
use crate::text::shortened;
use serde_json::Value;

/// Whether a fit is of a curve, so that a build without [`SYSTEMS`] can train it. A model file may be of anything.
pub fn is_curve(settings: &Settings, table: Option<&Table>, has_model: bool) -> bool {
    let one_input = match potentials::find(&settings.benchmark) {
        Some(potential) => potential.inputs().len() == 1,
        None => settings.benchmark == Settings::OWN_DATA && table.is_some_and(|table| table.inputs.len() < 2),
    };
    one_input && !has_model
}

/// How something that is more than a curve is opened: in a build without [`SYSTEMS`] not at all, and none of its code is in there.
pub const fn in_systems(open: fn(Settings, Given) -> Opened) -> fn(Settings, Given) -> Opened {
    if SYSTEMS { open } else { elsewhere }
}

/// Takes over from the text of a model file what a fit that starts from it must share: the size of the model and the like.
pub type TakeShape = fn(&mut Settings, &str) -> Result<(), String>;

/// How that is done: not at all in a build without [`SYSTEMS`], which reads no model files.
pub const fn shape_in_systems(take_shape: TakeShape) -> TakeShape {
    if SYSTEMS { take_shape } else { |_, _| Ok(()) }
}

fn elsewhere(_: Settings, _: Given) -> Opened {
    Err(vec![InvalidSetting::new("benchmark", "This build trains curves alone: build it with the feature `systems`.")])
}

/// What a fit is opened with besides its settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The user's table, for benchmarks that learn from one.
    pub table: Option<&'a Table>,
    /// The text of a model file to go on from. Its settings have been taken over.
    pub model: Option<&'a str>,
}

impl Benchmark {
    /// Whether it is a potential, learnt from values or derivatives.
    pub fn is_potential(&self) -> bool {
        self.format == FORMAT
    }
}

/// A fit, or every setting that it cannot be made with.
pub type Opened = Result<Box<dyn Job>, Vec<InvalidSetting>>;

/// Something that can be trained.
#[derive(Clone, Copy)]
pub struct Benchmark {
    /// Its id in links and on the command line.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// One sentence: what is learnt from what.
    pub sentence: &'static str,
    /// Applies the defaults of this benchmark to the settings of a recipe, which name it already.
    pub apply_defaults: fn(&mut Settings),
    /// Names of those settings that its problem has and that do nothing in it.
    pub unused: &'static [&'static str],
    /// What its model files give as their format.
    pub format: &'static str,
    /// Whether it learns from a table of the user's, and is in no menu.
    pub own: bool,
    /// The parts that a column of such a table can have, in the words of whoever chooses: `input` is [`Table::inputs`], `value`
    /// [`Table::target`], `derivative` one of [`Table::gradient`], any other word one of [`Table::others`].
    pub parts: &'static [&'static str],
    /// Takes over the shape of a model file.
    pub take_shape: TakeShape,
    /// Opens a fit of it.
    pub open: fn(Settings, Given) -> Opened,
}

/// Those that are more than a potential given by its values or its derivatives, and those that learn from a table.
const OTHERS: &[Benchmark] = &[density::SCHLOGL, METAMATERIAL, OWN_DATA, density::OWN_SAMPLES, OWN_TRAJECTORIES];

/// A potential learnt from a user's table.
const OWN_DATA: Benchmark = Benchmark {
    id: Settings::OWN_DATA,
    name: "Your own data",
    sentence: "A potential of the columns that you choose, learnt from a table's values or derivatives.",
    apply_defaults: |_| (),
    unused: &["samples", "data-seed"],
    format: FORMAT,
    own: true,
    parts: &["input", "value", "derivative"],
    take_shape: shape_in_systems(take_shape),
    open: open_potential,
};

/// All that are offered in a menu, in its order.
pub fn all() -> impl Iterator<Item = Benchmark> {
    let of = |p: &'static dyn potentials::Potential| of_potential(p.id(), p.name(), p.sentence());
    potentials::all().map(of).chain(OTHERS.iter().copied().filter(|b| !b.own))
}

/// Those that learn from a table of the user's.
pub fn own() -> impl Iterator<Item = Benchmark> {
    OTHERS.iter().copied().filter(|b| b.own)
}

/// The benchmark called `id`; one with a number in its id goes by the name of its family.
pub fn find(id: &str) -> Option<Benchmark> {
    let other = OTHERS.iter().copied().find(|b| b.id == id);
    other.or_else(|| all().find(|b| b.id == id)).or_else(|| {
        let found = potentials::find(id)?;
        potentials::FAMILIES.first().map(|(family, sentence)| of_potential(family, found.name(), sentence))
    })
}

fn of_potential(id: &'static str, name: &'static str, sentence: &'static str) -> Benchmark {
    Benchmark { id, name, sentence, apply_defaults: potential_defaults, unused: &[], own: false, ..OWN_DATA }
}

/// What a potential says of itself.
fn potential_defaults(settings: &mut Settings) {
    let potential = potentials::all().find(|potential| potential.id() == settings.benchmark);
    let Some(preset) = potential.and_then(<dyn potentials::Potential>::preset) else { return };
    let Settings { training, data, .. } = settings;
    (training.modes, training.hidden, data.samples) = (preset.modes, preset.hidden.to_vec(), preset.samples);
    if training.recipe == Recipe::Reliable {
        (training.epochs, training.epsilon) = (preset.epochs, 0.0);
    }
    settings.problem = Problem::Potential(PotentialSettings { scaling: Scaling::Standard, ..PotentialSettings::default() });
}

/// Opens what the settings ask for. The text of a model file says what it is of, and goes before them.
///
/// # Errors
/// Every setting that cannot be used, or what is wrong with the table or the file.
pub fn open(mut settings: Settings, given: Given) -> Opened {
    if let Some(text) = given.model.filter(|_| SYSTEMS) {
        adopt(&mut settings, text, given.table.is_some()).map_err(|problem| vec![problem])?;
    }
    begin(settings, given)
}

/// Opens what the settings ask for, to start from the parameters of a model file if one is given.
///
/// # Errors
/// As [`open`].
pub fn begin(settings: Settings, given: Given) -> Opened {
    settings.check()?;
    match find(&settings.benchmark) {
        Some(benchmark) => (benchmark.open)(settings, given),
        None => Err(vec![InvalidSetting::new("benchmark", UnknownBenchmark(settings.benchmark).to_string())]),
    }
}

/// Modes, widths, skip and symmetry of a model file.
fn take_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    let model = ModelFile::read(text).map_err(|e| e.to_string())?;
    (settings.training.modes, settings.training.hidden) = (model.modes, model.hidden);
    if let Problem::Potential(own) = &mut settings.problem {
        (own.skip, own.symmetry) = (model.skip, model.symmetry);
    }
    Ok(())
}

/// Opens a fit of a potential.
fn open_potential(settings: Settings, given: Given) -> Opened {
    let model = given.model.filter(|_| SYSTEMS).map(read_model).transpose().map_err(|problem| vec![problem])?;
    let source = match given.table.filter(|_| settings.benchmark == Settings::OWN_DATA) {
        Some(table) => Source::Own(read_table(table).map_err(|problem| vec![problem])?),
        None => Source::Benchmark,
    };
    Ok(Box::new(Run::new(settings, source, model.as_ref())?))
}

fn read_table(table: &Table) -> Result<Dataset, InvalidSetting> {
    let target = (!table.target.is_empty()).then(|| table.target.clone());
    let columns = Columns { inputs: table.inputs.clone(), target, gradient: table.gradient.clone() };
    csv::read(&table.name, table.text.as_bytes(), &columns).map_err(|e| InvalidSetting::new("", e.to_string()))
}

fn read_model(text: &str) -> Result<ModelFile, InvalidSetting> {
    ModelFile::read(text).map_err(|e| InvalidSetting::new("", e.to_string()))
}

/// The settings that a model file was trained with, as far as it says; its shape always.
fn adopt(settings: &mut Settings, text: &str, has_table: bool) -> Result<(), InvalidSetting> {
    let file: Option<Value> = serde_json::from_str(text).ok();
    let own = Settings::of_file(text);
    let format = file.as_ref().and_then(|file| file.get("format")?.as_str()).unwrap_or_default();
    if OTHERS.iter().any(|b| b.format == format && format != FORMAT) {
        // Such a file is of its own benchmark or of nothing.
        *settings = own.filter(|own| find(&own.benchmark).is_some_and(|b| b.format == format)).ok_or_else(|| {
            InvalidSetting::new("model", "the model file does not say what it was fitted to: its settings are missing or damaged")
        })?;
        return Ok(());
    }
    let model = read_model(text)?;
    if let Some(own) = own {
        let known = find(&own.benchmark);
        if known.is_some_and(|b| b.format == format && (!b.own || has_table)) {
            *settings = own;
        }
    }
    settings.training.modes = model.modes;
    settings.training.hidden.clone_from(&model.hidden);
    Ok(())
}

/// Whether the text of a model file is worth keeping: its weights are finite numbers, and there are some.
///
/// # Errors
/// A clause that says why not.
pub fn check_model(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if value.get("fits").and_then(|fits| fits.as_array()).is_some_and(Vec::is_empty) {
        return Err("no fit had ended".into());
    }
    // JSON has no other word for what is no finite number.
    if has_null(&value) { Err("the fit holds numbers that are not finite".into()) } else { Ok(()) }
}

/// Whether a parameter is null.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item.is_null() || has_null(item)),
        // Settings may be absent.
        Value::Object(map) => {
            map.iter().any(|(name, item)| name != "settings" && name != "strength" && (item.is_null() || has_null(item)))
        }
        _ => false,
    }
}

/// No benchmark has this id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no benchmark called \"{}\"; choose one of {}", shortened(.0), known_ids())]
pub struct UnknownBenchmark(pub String);

fn known_ids() -> String {
    all().map(|b| b.id).chain(potentials::FAMILIES.iter().map(|f| f.0)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_finds_its_own_benchmark_and_its_settings_can_be_used() {
        for benchmark in all().chain(OTHERS.iter().copied()) {
            assert_eq!(find(benchmark.id).map(|found| found.name), Some(benchmark.name));
            assert_eq!(Settings::on(Recipe::Reliable, benchmark.id).check(), Ok(()), "{}", benchmark.id);
        }
        assert_eq!(find("soft-parabolas-10").map(|found| found.id), Some("soft-parabolas-RHO"));
        assert!(find("triple-well").is_none());
    }

    #[test]
    fn an_unknown_benchmark_names_the_known_ones() {
        let sentence = UnknownBenchmark("triple-well".into()).to_string();
        assert!(sentence.starts_with("there is no benchmark called \"triple-well\"; choose one of double-well, "), "{sentence}");
        assert!(
            all().all(|benchmark| sentence.contains(benchmark.id)) && sentence.ends_with(", soft-parabolas-RHO"),
            "{sentence}"
        );
        assert!(UnknownBenchmark("x".repeat(100_000)).to_string().len() < sentence.len() + 50);
    }

    #[test]
    fn a_model_without_finite_weights_is_not_worth_keeping() {
        let good = r#"{"params":{"V1":[[[1.5]]],"rho":2},"settings":{"stop-loss":null},"fits":[1],"strength":null}"#;
        assert_eq!(check_model(good), Ok(()));
        assert!(check_model(&good.replace("1.5", "null")).unwrap_err().contains("not finite"));
        assert!(check_model(&good.replace("[1]", "[]")).unwrap_err().contains("no fit"));
    }
}
