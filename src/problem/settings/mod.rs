//! Settings that determine a run: the benchmark, the training settings of all problems, and the settings of one problem.
//!
//! [`setting`] is the description of a setting. Each is described once, next to the struct that holds it ([`training`] and
//! the `settings` of each problem), and [`all`] lists them.

pub mod form;
mod place;
mod serialization;
pub mod setting;
mod shared;
pub mod training;

use std::any::Any;

use serde::{Deserialize, Serialize};

use super::benchmark::Benchmark;
use super::benchmarks::{self, UnknownBenchmark};
use crate::data::Dataset;
pub use crate::model::{Skip, Symmetry};
pub use crate::potentials::Observed;
pub use crate::potentials::random::RandomTargetKind;
pub use crate::problem::density::settings::{DensitySettings, InitialWeights, Pooling};
pub use crate::problem::material::settings::{Dynamics, MaterialSettings, Structural};
pub use crate::problem::potential::settings::{PotentialSettings, Sampling, Scaling};
pub use crate::recipe::{Recipe, Schedule, TrainingSettings};
pub use setting::{
    Context, FormGroup, InvalidSetting, MAX_LAYERS, MAX_WIDTH, NamedChoice, Setting, SettingValue, listed, shortest,
};
pub use training::{MAX_SEED, SamplingSettings};

use crate::problem::{density, material, potential};
use crate::text::shortened;
use setting::{Retention, SettingField, SettingKind};

/// Name of the version of the recipe in links and model files.
pub const RECIPE_VERSION: &str = "recipe_version";
/// Note on a link or a model file of an older version.
pub const OLDER_RECIPE: &str =
    "The link or model file names an earlier version of the recipe or none, so its results may have been different.";

/// Settings of one kind of problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Problem {
    /// Potential, from values or derivatives.
    Potential(PotentialSettings),
    /// Densities of samples.
    Density(DensitySettings),
    /// Material with memory.
    Material(MaterialSettings),
}

impl Problem {
    /// Default settings of the problem of a benchmark.
    fn from_benchmark(benchmark: &str) -> Self {
        let is_among = |list: &[Benchmark]| list.iter().any(|known| known.id == benchmark);
        match () {
            () if is_among(density::settings::DENSITY_BENCHMARKS) => Self::Density(DensitySettings::default()),
            () if is_among(material::settings::MATERIAL_BENCHMARKS) => Self::Material(MaterialSettings::on(benchmark)),
            () => Self::Potential(potential::settings::for_benchmark(benchmark)),
        }
    }

    /// Sets the defaults of training and data for a benchmark of this problem.
    fn set_defaults(&self, benchmark: &str, training: &mut TrainingSettings, data: &mut SamplingSettings) {
        match self {
            Self::Potential(own) => potential::settings::apply_defaults(own, benchmark, training, data),
            Self::Density(_) => density::settings::set_defaults(benchmark, training, data),
            Self::Material(own) => material::task::set_defaults(own, training, data),
        }
    }

    fn as_any(&self) -> &dyn Any {
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

/// Settings that determine a run. Equal settings on equal data give equal bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Id of a benchmark (see [`benchmarks`]), or of a user's data, such as [`Settings::OWN_DATA`].
    pub benchmark: String,
    /// Size of the model and its training.
    pub training: TrainingSettings,
    /// Sampling of the data.
    pub data: SamplingSettings,
    /// Kind of fit with its settings.
    pub problem: Problem,
}

/// All settings except the benchmark, in the order of links.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    let own = [
        training::SETTING_LIST,
        potential::settings::POTENTIAL_SETTINGS,
        density::settings::SETTING_LIST,
        material::settings::SETTING_LIST,
    ];
    own.into_iter().chain([shared::SETTING_LIST]).flatten()
}

/// Setting called `name`, ignoring case, because HTML attributes have no capitals.
pub fn find(name: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.name.eq_ignore_ascii_case(name))
}

/// Recipe in the text of its setting; the default without a text.
///
/// # Errors
/// One sentence on the valid names.
pub fn read_recipe(text: Option<&str>) -> Result<Recipe, InvalidSetting> {
    let Some(text) = text else { return Ok(Recipe::default()) };
    Recipe::named(text.trim()).ok_or_else(|| find("recipe").and_then(|setting| setting.read(text).err()).unwrap_or_default())
}

impl Settings {
    /// Value of `benchmark` for a run on a user's own data.
    pub const OWN_DATA: &'static str = potential::settings::OWN_DATA.id;
    /// Value of `benchmark` for a joint density of a user's own samples of several quantities.
    pub const OWN_JOINT: &'static str = potential::settings::OWN_JOINT.id;
    /// Value of `benchmark` for a density of samples that are drawn on a line.
    pub const DRAWN_SAMPLES: &'static str = potential::settings::DRAWN_SAMPLES.id;
    /// Value of `benchmark` for a density of a user's own samples.
    pub const OWN_SAMPLES: &'static str = density::settings::OWN_SAMPLES.id;
    /// Value of `benchmark` for a material of a user's own trajectories.
    pub const OWN_TRAJECTORIES: &'static str = material::settings::OWN_TRAJECTORIES.id;

    /// Returns true if the data are a user's own table.
    pub fn has_own_data(&self) -> bool {
        benchmarks::find(&self.benchmark).is_some_and(|b| b.reads_table)
    }

    /// Returns true if the fit is a joint density of one quantity or of several.
    pub fn is_of_joint_density(&self) -> bool {
        potential::settings::is_density(&self.benchmark)
    }

    /// Settings of a potential, if the problem is one.
    pub fn potential(&self) -> Option<&PotentialSettings> {
        self.problem.as_any().downcast_ref()
    }

    /// kT in the unit of the potential, if that is the free energy of samples; `None` for any other fit.
    pub fn free_energy_unit(&self) -> Option<f64> {
        let own = self.potential().filter(|_| self.is_of_joint_density())?;
        Some(own.kt.unwrap_or(1.0))
    }

    /// Settings of a density, if the problem is one.
    pub fn density(&self) -> Option<&DensitySettings> {
        self.problem.as_any().downcast_ref()
    }

    /// Settings of a material, if the problem is one.
    pub fn material(&self) -> Option<&MaterialSettings> {
        self.problem.as_any().downcast_ref()
    }

    /// Mutable settings of a potential, if the problem is one.
    pub fn potential_mut(&mut self) -> Option<&mut PotentialSettings> {
        self.problem.own_mut().downcast_mut()
    }

    /// Mutable settings of a material, if the problem is one.
    pub fn material_mut(&mut self) -> Option<&mut MaterialSettings> {
        self.problem.own_mut().downcast_mut()
    }

    /// Default settings of a recipe, on the cosine-modulated well.
    pub fn from_recipe(recipe: Recipe) -> Self {
        let (training, data) =
            (TrainingSettings::for_recipe(recipe), SamplingSettings { samples: 200, seed: 1, hold_out: None, uncertainty: 0 });
        Self { benchmark: "cosine-well".into(), training, data, problem: Problem::Potential(PotentialSettings::default()) }
    }

    /// Default settings of a benchmark under a recipe.
    pub fn on(recipe: Recipe, benchmark: &str) -> Self {
        let mut settings =
            Self { benchmark: benchmark.into(), problem: Problem::from_benchmark(benchmark), ..Self::from_recipe(recipe) };
        settings.problem.set_defaults(benchmark, &mut settings.training, &mut settings.data);
        settings
    }

    /// Default settings for a user's own derivatives. Values at the same rows, if there are any, have equal weight.
    pub fn on_derivatives(recipe: Recipe, has_values: bool) -> Self {
        let own = PotentialSettings {
            observed: Observed::Gradient,
            value_weight: if has_values { 1.0 } else { 0.0 },
            scaling: Scaling::Standard,
            ..PotentialSettings::default()
        };
        let mut settings =
            Self { benchmark: Self::OWN_DATA.into(), problem: Problem::Potential(own), ..Self::from_recipe(recipe) };
        settings.problem.set_defaults(Self::OWN_DATA, &mut settings.training, &mut settings.data);
        settings
    }

    /// These settings on another benchmark. Settings with the same meaning there are retained, and so are size and training
    /// of the model if both benchmarks have equal defaults. All others have the defaults of the other benchmark.
    #[must_use]
    pub fn moved_to(&self, benchmark: &str) -> Self {
        if benchmark == self.benchmark {
            return self.clone();
        }
        let (before, mut moved) = (self.defaults_on(&self.benchmark), self.defaults_on(benchmark));
        let begins_alike = Self { benchmark: benchmark.into(), ..before } == moved;
        for setting in all().filter(|s| s.kept == Retention::Always || s.kept == Retention::WithModel && begins_alike) {
            if let Some(value) = setting.value(self).filter(|_| moved.applies(setting.name)) {
                setting.set_value(&mut moved, &value);
            }
        }
        moved
    }

    /// Default settings of a benchmark under the leading settings of these: the recipe, and the dynamics of a material.
    pub fn defaults_on(&self, benchmark: &str) -> Self {
        let mut settings = Self::on(self.training.recipe, benchmark);
        // Texts, and choices that are defaults of a benchmark, do not carry over to another one.
        let usual = Self::on(self.training.recipe, &self.benchmark);
        let is_own = |setting: &Setting| !matches!(setting.kind, SettingKind::Text) || benchmark == self.benchmark;
        for setting in all().filter(|setting| setting.resets_training_defaults && is_own(setting)) {
            if let Some(value) = setting.value(self).filter(|value| Some(value) != setting.value(&usual).as_ref()) {
                setting.set_value(&mut settings, &value);
            }
        }
        settings.problem.set_defaults(benchmark, &mut settings.training, &mut settings.data);
        settings
    }

    /// Resets rates, epochs, schedule and epsilon to their defaults under the leading settings; data, model, seeds and stops stay.
    fn follow(&mut self) {
        let TrainingSettings { epsilon, lr, gate_lr, schedule, epochs, .. } = self.defaults_on(&self.benchmark).training;
        self.training = TrainingSettings { epsilon, lr, gate_lr, schedule, epochs, ..self.training.clone() };
    }

    /// Sets the dynamics of a material and the dependent defaults.
    pub fn choose_dynamics(&mut self, dynamics: Dynamics) {
        if let Some(own) = self.material_mut().filter(|own| own.dynamics != dynamics) {
            own.dynamics = dynamics;
            self.follow();
        }
    }

    /// Settings that continue a run which has stopped after `done` epochs, without a target loss. The number of epochs is
    /// doubled if the run had reached its last epoch, else unchanged.
    #[must_use]
    pub fn continued(&self, done: u64) -> Self {
        let most = 1_000_000_000;
        let epochs = if done < self.training.epochs { self.training.epochs } else { done.max(1).saturating_mul(2).min(most) };
        Self { training: TrainingSettings { epochs, stop_loss: None, ..self.training.clone() }, ..self.clone() }
    }

    /// These settings with others changed, written as in a link: `modes=5&noise=0.05`.
    ///
    /// # Errors
    /// Error of the first unusable setting.
    pub fn with(&self, changes: &str) -> Result<Self, InvalidSetting> {
        let mut settings = self.clone();
        for change in changes.split('&').filter(|change| !change.is_empty()) {
            let (name, text) = change.split_once('=').unwrap_or((change, ""));
            form::set_from_text(&mut settings, name, text)?;
        }
        Ok(settings)
    }

    /// Sets all settings in these pairs of a name and a text except the recipe, and returns the errors. The leading settings determine
    /// the defaults of others and are therefore set first.
    pub fn apply<'a>(&mut self, given: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<InvalidSetting> {
        let is_first = |(name, _): &(&str, &str)| find(name).is_some_and(|setting| setting.resets_training_defaults);
        let (first, rest): (Vec<_>, Vec<_>) = given.filter(|(name, _)| *name != "recipe").partition(is_first);
        let set = |(name, text): (&str, &str)| match find(name) {
            Some(setting) => setting.parse(self, text).err(),
            None => Some(InvalidSetting::new(name, format!("there is no setting called {name}"))),
        };
        first.into_iter().chain(rest).filter_map(set).collect()
    }

    /// These settings with another seed of the initial weights.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        Self { training: TrainingSettings { seed, ..self.training.clone() }, ..self.clone() }
    }

    /// Kind of fit as the end of a sentence: `... has no effect on runs in time`.
    pub fn data_name(&self) -> &str {
        benchmarks::find(&self.benchmark).filter(|known| known.reads_table).map_or(&self.benchmark, |known| known.data)
    }

    /// Returns true if the setting called `name` has an effect under these settings, without regard to the user's table.
    pub fn applies(&self, name: &str) -> bool {
        self.idle(name, None).is_none()
    }

    /// Reason why the setting called `name` has no effect under these settings. `data` is the user's table once it has been
    /// read.
    pub fn idle(&self, name: &str, data: Option<&Dataset>) -> Option<String> {
        let setting = find(name)?;
        let is_unused = benchmarks::find(&self.benchmark).is_some_and(|b| b.unused.contains(&name));
        if is_unused || setting.value(self).is_none() {
            let of_which = benchmarks::all().find(|b| setting.value(&Self::on(Recipe::default(), b.id)).is_some());
            return Some(match (&self.problem, of_which.filter(|_| !is_unused)) {
                (Problem::Potential(_), Some(other)) => format!("here, it is for `fit {}`", other.id),
                _ => format!("on {}", self.data_name()),
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
                setting.set_value(&mut settings, &setting.clamped(&value, &usual));
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
    /// Default settings of the default recipe.
    fn default() -> Self {
        Self::from_recipe(Recipe::default())
    }
}

impl Setting {
    /// Value of this setting; `None` if the problem has no such setting.
    pub fn value(&self, settings: &Settings) -> Option<SettingValue> {
        let parts: [&dyn Any; 3] = [&settings.training, &settings.data, settings.problem.as_any()];
        parts.into_iter().find_map(self.at.0).map(SettingField::value)
    }

    /// Stores a checked value; false if the problem has no such setting, or if the value has another type.
    pub fn set_value(&self, settings: &mut Settings, value: &SettingValue) -> bool {
        let parts: [&mut dyn Any; 3] = [&mut settings.training, &mut settings.data, settings.problem.own_mut()];
        parts.into_iter().find_map(self.at.1).is_some_and(|place| place.set_value(value))
    }

    /// Sets this setting from its text in links and on the command line.
    ///
    /// # Errors
    /// One sentence on the valid values, or that the problem has no such setting; the settings are then unchanged.
    pub fn parse(&self, settings: &mut Settings, text: &str) -> Result<(), InvalidSetting> {
        let value = self.read(text)?;
        self.check(&value).map_err(|problem| match self.kind {
            SettingKind::Widths => self.refused(&format!("\"{}\"", shortened(text.trim()))),
            _ => problem,
        })?;
        let before = self.value(settings);
        if !self.set_value(settings, &value) {
            return Err(InvalidSetting::new(self.name, format!("{} has no effect on {}", self.name, settings.data_name())));
        }
        if self.resets_training_defaults && self.value(settings) != before {
            settings.follow();
        }
        Ok(())
    }

    /// Text of the value in links and on the command line; empty if it is absent.
    pub fn written(&self, settings: &Settings) -> String {
        self.value(settings).map(|value| value.to_string()).unwrap_or_default()
    }
}

impl InvalidSetting {
    /// Sentence with the noun of the setting instead of its name, for messages beside labels: `lr must be a number ...`
    /// becomes `the network's learning rate must be a number ...`.
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
