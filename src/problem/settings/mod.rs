//! Everything that determines a run: the benchmark, the training that all problems share, and the settings of one problem.
//!
//! [`setting`] says what a setting is; each is described once, beside the struct that holds it ([`training`] and the `settings` of each
//! problem), and [`all`] lists them.

pub mod form;
mod place;
pub mod setting;
mod shared;
pub mod training;

use std::any::Any;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::benchmark::Benchmark;
use super::benchmarks::{self, UnknownBenchmark};
use crate::data::Dataset;
use crate::model::model_file::KeptSettings;
pub use crate::model::{Skip, Symmetry};
pub use crate::potentials::Observed;
pub use crate::potentials::random::Kind;
pub use crate::problem::density::settings::{DensitySettings, Pooling, Start};
pub use crate::problem::material::settings::{Dynamics, FixedPhase, MaterialSettings, Structural};
pub use crate::problem::potential::settings::{PotentialSettings, Sampling, Scaling};
use crate::recipe;
pub use crate::recipe::{Recipe, Schedule, Training};
pub use setting::{Choice, Context, Group, InvalidSetting, MAX_LAYERS, MAX_WIDTH, Setting, Value, listed, shortest};
pub use training::{Drawing, MAX_SEED};

use crate::problem::{density, material, potential};
use crate::text::shortened;
use setting::{Kept, Kind as SettingKind, Place};

/// The name of the recipe's version in links and model files.
pub const RECIPE_VERSION: &str = "recipe_version";
/// What is said of a link or a model file of an older version.
pub const OLDER_RECIPE: &str =
    "The link or model file was made with an earlier version of the recipe, whose results have changed since.";

/// The settings of one kind of problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Problem {
    /// A potential, from values or derivatives.
    Potential(PotentialSettings),
    /// Densities of samples.
    Density(DensitySettings),
    /// A material with memory.
    Material(MaterialSettings),
}

impl Problem {
    /// The default settings of the problem that a benchmark is of.
    fn of(benchmark: &str) -> Self {
        let is_among = |list: &[Benchmark]| list.iter().any(|known| known.id == benchmark);
        match () {
            () if is_among(density::settings::BENCHMARKS) => Self::Density(DensitySettings::default()),
            () if is_among(material::settings::BENCHMARKS) => Self::Material(MaterialSettings::on(benchmark)),
            () => Self::Potential(potential::settings::of(benchmark)),
        }
    }

    /// Sets the defaults of training and data for a benchmark of this problem.
    fn begin(&self, benchmark: &str, training: &mut Training, data: &mut Drawing) {
        match self {
            Self::Potential(own) => potential::settings::begin(own, benchmark, training, data),
            Self::Density(_) => density::settings::begin(benchmark, training, data),
            Self::Material(own) => material::task::begin(own, training, data),
        }
    }

    fn own(&self) -> &dyn Any {
        match self {
            Self::Potential(own) => own,
            Self::Density(own) => own,
            Self::Material(own) => own,
        }
    }

    fn own_mut(&mut self) -> &mut dyn Any {
        match self {
            Self::Potential(own) => own,
            Self::Density(own) => own,
            Self::Material(own) => own,
        }
    }
}

/// All that determines a run. Equal settings on equal data give equal bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The id of a benchmark (see [`benchmarks`]), or [`Settings::OWN_DATA`] and its like.
    pub benchmark: String,
    /// The model's size and its training.
    pub training: Training,
    /// How data are drawn.
    pub data: Drawing,
    /// What is learnt.
    pub problem: Problem,
}

/// Every setting but the benchmark, in the order of links.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    let own = [training::SETTINGS, potential::settings::SETTINGS, density::settings::SETTINGS, material::settings::SETTINGS];
    own.into_iter().chain([shared::SETTINGS]).flatten()
}

/// The setting called `name`, in capitals or not: an attribute of an element in a page has none.
pub fn find(name: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.name.eq_ignore_ascii_case(name))
}

impl Settings {
    /// The value of `benchmark` for a run on a user's own data.
    pub const OWN_DATA: &'static str = potential::settings::OWN_DATA.id;
    /// The value of `benchmark` for a joint density of a user's own samples of several quantities.
    pub const OWN_JOINT: &'static str = potential::settings::OWN_JOINT.id;
    /// The value of `benchmark` for a density of samples that are drawn on a line.
    pub const DRAWN_SAMPLES: &'static str = potential::settings::DRAWN_SAMPLES.id;
    /// The value of `benchmark` for a density of a user's own samples.
    pub const OWN_SAMPLES: &'static str = density::settings::OWN_SAMPLES.id;
    /// The value of `benchmark` for a material of a user's own trajectories.
    pub const OWN_TRAJECTORIES: &'static str = material::settings::OWN_TRAJECTORIES.id;

    /// Whether the run learns from a user's own table.
    pub fn has_own_data(&self) -> bool {
        benchmarks::find(&self.benchmark).is_some_and(|b| b.own)
    }

    /// Whether what is learnt is a density that samples of one quantity or of several were drawn from together.
    pub fn is_of_joint_density(&self) -> bool {
        potential::settings::is_density(&self.benchmark)
    }

    /// The settings of a potential, if the problem is one.
    pub fn potential(&self) -> Option<&PotentialSettings> {
        self.problem.own().downcast_ref()
    }

    /// kT in the unit of the potential, if that is the free energy of samples; `None` for any other fit.
    pub fn free_energy_unit(&self) -> Option<f64> {
        let own = self.potential().filter(|_| self.is_of_joint_density())?;
        Some(own.kt.unwrap_or(1.0))
    }

    /// The settings of a density, if the problem is one.
    pub fn density(&self) -> Option<&DensitySettings> {
        self.problem.own().downcast_ref()
    }

    /// The settings of a material, if the problem is one.
    pub fn material(&self) -> Option<&MaterialSettings> {
        self.problem.own().downcast_ref()
    }

    /// Mutable settings of a potential, if the problem is one.
    pub fn potential_mut(&mut self) -> Option<&mut PotentialSettings> {
        self.problem.own_mut().downcast_mut()
    }

    /// Mutable settings of a density, if the problem is one.
    pub fn density_mut(&mut self) -> Option<&mut DensitySettings> {
        self.problem.own_mut().downcast_mut()
    }

    /// Mutable settings of a material, if the problem is one.
    pub fn material_mut(&mut self) -> Option<&mut MaterialSettings> {
        self.problem.own_mut().downcast_mut()
    }

    /// The default settings of a recipe, on the cosine-modulated well.
    pub fn of(recipe: Recipe) -> Self {
        let (training, data) = (Training::of(recipe), Drawing { samples: 200, seed: 1, hold_out: None, uncertainty: 0 });
        Self { benchmark: "cosine-well".into(), training, data, problem: Problem::Potential(PotentialSettings::default()) }
    }

    /// The default settings of a benchmark under a recipe.
    pub fn on(recipe: Recipe, benchmark: &str) -> Self {
        let mut settings = Self { benchmark: benchmark.into(), problem: Problem::of(benchmark), ..Self::of(recipe) };
        settings.problem.begin(benchmark, &mut settings.training, &mut settings.data);
        settings
    }

    /// The default settings for a user's own derivatives; values beside them, if there are any, have equal weight.
    pub fn on_derivatives(recipe: Recipe, has_values: bool) -> Self {
        let own = PotentialSettings {
            observed: Observed::Gradient,
            value_weight: if has_values { 1.0 } else { 0.0 },
            scaling: Scaling::Standard,
            ..PotentialSettings::default()
        };
        let mut settings = Self { benchmark: Self::OWN_DATA.into(), problem: Problem::Potential(own), ..Self::of(recipe) };
        settings.problem.begin(Self::OWN_DATA, &mut settings.training, &mut settings.data);
        settings
    }

    /// These settings on another benchmark: those that mean the same there stay, and so do size and training of the model where both
    /// benchmarks begin with equal ones; all others are those that a run on the other benchmark begins with.
    #[must_use]
    pub fn moved_to(&self, benchmark: &str) -> Self {
        if benchmark == self.benchmark {
            return self.clone();
        }
        let (before, mut moved) = (self.defaults_on(&self.benchmark), self.defaults_on(benchmark));
        let begins_alike = Self { benchmark: benchmark.into(), ..before } == moved;
        for setting in all().filter(|s| s.kept == Kept::Always || s.kept == Kept::WithModel && begins_alike) {
            if let Some(value) = setting.value(self).filter(|_| moved.applies(setting.name)) {
                setting.put(&mut moved, &value);
            }
        }
        moved
    }

    /// The default settings of a benchmark under the leading choices made here: the recipe, and the dynamics of a material.
    pub fn defaults_on(&self, benchmark: &str) -> Self {
        let mut settings = Self::on(self.training.recipe, benchmark);
        // A choice that is a benchmark's own does not follow to another one, and neither does a text.
        let usual = Self::on(self.training.recipe, &self.benchmark);
        let is_own = |setting: &Setting| !matches!(setting.kind, SettingKind::Text) || benchmark == self.benchmark;
        for setting in all().filter(|setting| setting.leads && is_own(setting)) {
            if let Some(value) = setting.value(self).filter(|value| Some(value) != setting.value(&usual).as_ref()) {
                setting.put(&mut settings, &value);
            }
        }
        settings.problem.begin(benchmark, &mut settings.training, &mut settings.data);
        settings
    }

    /// Resets rates, epochs, schedule and epsilon to their defaults under the leading choices; data, model, seeds and stops stay.
    fn follow(&mut self) {
        let Training { epsilon, lr, gate_lr, schedule, epochs, .. } = self.defaults_on(&self.benchmark).training;
        self.training = Training { epsilon, lr, gate_lr, schedule, epochs, ..self.training.clone() };
    }

    /// Sets the dynamics of a material and the defaults that follow from them.
    pub fn choose_dynamics(&mut self, dynamics: Dynamics) {
        if let Some(own) = self.material_mut().filter(|own| own.dynamics != dynamics) {
            own.dynamics = dynamics;
            self.follow();
        }
    }

    /// These settings for a run that has stopped after so many epochs and is to be trained on: twice as far if it had reached its last
    /// epoch, else to that, and without the loss at which it stopped.
    #[must_use]
    pub fn continued(&self, done: u64) -> Self {
        let most = 1_000_000_000;
        let epochs = if done < self.training.epochs { self.training.epochs } else { done.max(1).saturating_mul(2).min(most) };
        Self { training: Training { epochs, stop_loss: None, ..self.training.clone() }, ..self.clone() }
    }

    /// These settings with others changed, written as in a link: `modes=5&noise=0.05`.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be used.
    pub fn with(&self, changes: &str) -> Result<Self, InvalidSetting> {
        let mut settings = self.clone();
        for change in changes.split('&').filter(|change| !change.is_empty()) {
            let (name, text) = change.split_once('=').unwrap_or((change, ""));
            form::put(&mut settings, name, text)?;
        }
        Ok(settings)
    }

    /// These settings in the form that model files hold.
    pub fn kept(&self) -> KeptSettings {
        let is_held = |setting: &Setting, value: &Value| !matches!((setting.kind, value), (SettingKind::Text, Value::Absent));
        let own = all()
            .filter_map(|setting| setting.value(self).filter(|value| is_held(setting, value)).map(|value| (setting.name, value)));
        let benchmark = ("benchmark", Value::Name(self.benchmark.clone()));
        let version = self.recipe_version().map(|version| (RECIPE_VERSION, Value::Whole(version.into())));
        let mut kept = KeptSettings::new();
        // One after another, as maps are filled everywhere: collecting them would bring another sort along.
        for (name, value) in own.chain([benchmark]).chain(version) {
            kept.insert(name.into(), serde_json::to_value(value).unwrap_or_default());
        }
        kept
    }

    /// The settings held by a model file; `None` if they cannot be read.
    pub fn from_kept(kept: &KeptSettings) -> Option<Self> {
        serde_json::to_value(kept).and_then(serde_json::from_value).ok()
    }

    /// The settings in the text of a model file of any problem; `None` if they are missing or cannot be read.
    pub fn of_file(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct File {
            settings: KeptSettings,
        }
        serde_json::from_str::<File>(text).ok().and_then(|file| Self::from_kept(&file.settings))
    }

    /// Whether the settings in the text of a model file are of an older version of the recipe `reliable`, whose results have changed since. Two words are
    /// looked for: a reader of numbers in JSON is a hundredth of the page's own module, which needs it for nothing else.
    pub fn are_older_in(text: &str) -> bool {
        let Some((_, settings)) = text.split_once("\"settings\"") else { return false };
        let value = |name: &str| {
            let (_, rest) = settings.split_once(&format!("\"{name}\""))?;
            Some(rest.trim_start_matches(|c: char| c == ':' || c.is_whitespace()))
        };
        let version = |rest: &str| rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse::<u32>().ok());
        let has_recipe = value("recipe").is_none_or(|rest| rest.starts_with(&format!("\"{}\"", Recipe::Reliable.name())));
        has_recipe && value(RECIPE_VERSION).and_then(version).unwrap_or(1) < recipe::VERSION
    }

    /// The version of the recipe that these settings are trained with, if it is one whose results may change.
    pub fn recipe_version(&self) -> Option<u32> {
        (self.training.recipe == Recipe::Reliable).then_some(recipe::VERSION)
    }

    /// These settings with another seed of the initial weights.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        Self { training: Training { seed, ..self.training.clone() }, ..self.clone() }
    }

    /// What is learnt, as the end of a sentence: `... has no effect on runs in time`.
    pub fn what(&self) -> &str {
        benchmarks::find(&self.benchmark).filter(|known| known.own).map_or(&self.benchmark, |known| known.data)
    }

    /// Whether the setting called `name` has an effect in a run of these settings, as far as can be said without the user's table.
    pub fn applies(&self, name: &str) -> bool {
        self.idle(name, None).is_none()
    }

    /// Where the setting called `name` has no effect, if that is what these settings are. What a user's table holds is known once it has been
    /// read.
    pub fn idle(&self, name: &str, data: Option<&Dataset>) -> Option<String> {
        let setting = find(name)?;
        let is_unused = benchmarks::find(&self.benchmark).is_some_and(|b| b.unused.contains(&name));
        if is_unused || setting.value(self).is_none() {
            let of_which = benchmarks::all().find(|b| setting.value(&Self::on(Recipe::default(), b.id)).is_some());
            return Some(match (&self.problem, of_which.filter(|_| !is_unused)) {
                (Problem::Potential(_), Some(other)) => format!("here, it is for `fit {}`", other.id),
                _ => format!("on {}", self.what()),
            });
        }
        let is_checked = data.is_some_and(potential::is_checked_by_default);
        let draws = self.data.hold_out.map_or(is_checked, |part| part > 0.0)
            || ![Self::OWN_DATA, Self::OWN_JOINT, Self::OWN_SAMPLES, Self::DRAWN_SAMPLES].contains(&self.benchmark.as_str());
        let (benchmark, recipe) = (&self.benchmark, self.training.recipe);
        let target = self.potential().map(|own| (own.inputs, own.learnt(benchmark)));
        let is_field = self.potential().is_some_and(|own| own.is_field(benchmark));
        (setting.idle)(&Context { benchmark, recipe, draws, target, is_field, data })
    }

    /// Checks that all settings are valid.
    ///
    /// # Errors
    /// Every invalid setting, each with a sentence.
    pub fn check(&self) -> Result<(), Vec<InvalidSetting>> {
        let wrong = |setting: &Setting| setting.value(self).and_then(|value| setting.check(&value).err());
        let problems: Vec<_> = self.unknown_benchmark().into_iter().chain(all().filter_map(wrong)).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The nearest valid settings, with a sentence about each setting that was changed.
    #[must_use]
    pub fn clamped(&self) -> (Self, Vec<InvalidSetting>) {
        let (mut settings, mut problems) = (self.clone(), Vec::new());
        let set_to = |problem: InvalidSetting, value: &str| problem.and(&format!("it is set to {value}"));
        if let Some(problem) = self.unknown_benchmark() {
            settings.benchmark = Self::default().benchmark;
            problems.push(set_to(problem, &settings.benchmark));
        }
        let default = Self::on(settings.training.recipe, &settings.benchmark);
        for setting in all() {
            let (Some(value), Some(usual)) = (setting.value(&settings), setting.value(&default)) else { continue };
            if let Err(problem) = setting.check(&value) {
                setting.put(&mut settings, &setting.clamped(&value, &usual));
                problems.push(set_to(problem, &setting.written(&settings)));
            }
        }
        (settings, problems)
    }

    fn unknown_benchmark(&self) -> Option<InvalidSetting> {
        let is_known = benchmarks::find(&self.benchmark).is_some();
        (!is_known).then(|| InvalidSetting::new("benchmark", UnknownBenchmark(self.benchmark.clone()).to_string()))
    }
}

impl Default for Settings {
    /// The settings that the default recipe begins with.
    fn default() -> Self {
        Self::of(Recipe::default())
    }
}

/// Readable formats hold settings as one map, in which names are those of links; others hold the structs.
impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return (&self.benchmark, &self.training, &self.data, &self.problem).serialize(serializer);
        }
        self.kept().serialize(serializer)
    }
}

/// What is absent from a map has its default, and what the problem does not have is passed over: older model files hold the settings of
/// every problem.
impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let (benchmark, training, data, problem) = Deserialize::deserialize(deserializer)?;
            return Ok(Self { benchmark, training, data, problem });
        }
        let map = BTreeMap::<String, Value>::deserialize(deserializer)?;
        let name = |key: &str| match map.get(key) {
            Some(Value::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        let recipe = name("recipe").and_then(Recipe::named).unwrap_or_default();
        let mut settings = Self::on(recipe, name("benchmark").unwrap_or(&Self::default().benchmark));
        for setting in all() {
            let Some(value) = map.get(setting.name) else { continue };
            if setting.value(&settings).is_some() && !setting.put(&mut settings, value) {
                return Err(serde::de::Error::custom(format!("the setting {} cannot be {value}", setting.name)));
            }
        }
        Ok(settings)
    }
}

impl Setting {
    /// The value of this setting; `None` if the problem has no such setting.
    pub fn value(&self, settings: &Settings) -> Option<Value> {
        let parts: [&dyn Any; 3] = [&settings.training, &settings.data, settings.problem.own()];
        parts.into_iter().find_map(self.at.0).map(Place::value)
    }

    /// Stores a checked value; false if the problem has no such setting, or if the value has another type.
    pub fn put(&self, settings: &mut Settings, value: &Value) -> bool {
        let parts: [&mut dyn Any; 3] = [&mut settings.training, &mut settings.data, settings.problem.own_mut()];
        parts.into_iter().find_map(self.at.1).is_some_and(|place| place.put(value))
    }

    /// Sets it from a text as it stands in links and on the command line.
    ///
    /// # Errors
    /// One sentence that says what it may be, or that the problem has no such setting; the settings stay as they were.
    pub fn parse(&self, settings: &mut Settings, text: &str) -> Result<(), InvalidSetting> {
        let value = self.read(text)?;
        self.check(&value).map_err(|problem| match self.kind {
            SettingKind::Widths => self.refused(&format!("\"{}\"", shortened(text.trim()))),
            _ => problem,
        })?;
        let before = self.value(settings);
        if !self.put(settings, &value) {
            return Err(InvalidSetting::new(self.name, format!("{} has no effect on {}", self.name, settings.what())));
        }
        if self.leads && self.value(settings) != before {
            settings.follow();
        }
        Ok(())
    }

    /// The value as it stands in links and on the command line; empty if it is absent.
    pub fn written(&self, settings: &Settings) -> String {
        self.value(settings).map(|value| value.to_string()).unwrap_or_default()
    }
}

impl InvalidSetting {
    /// The sentence with the setting in words in place of its name, for where people see labels: `lr must be a number ...` becomes `the
    /// network's learning rate must be a number ...`.
    pub fn in_words(&self) -> String {
        let rest = self.sentence.strip_prefix(&self.field).filter(|rest| rest.starts_with(' '));
        match (find(&self.field), rest) {
            (Some(setting), Some(rest)) => format!("{}{rest}", setting.noun),
            _ => self.sentence.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
