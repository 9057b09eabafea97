//! Settings as JSON, and in model files.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::setting::SettingKind;
use super::setting::{NamedChoice, Setting, SettingValue};
use super::{RECIPE_VERSION, Settings, all};
use crate::model::model_file::KeptSettings;
use crate::recipe;
use crate::recipe::Recipe;

#[derive(Deserialize)]
struct SettingsFile {
    settings: KeptSettings,
}

impl Settings {
    /// These settings in the form of model files.
    pub fn kept(&self) -> KeptSettings {
        let is_held =
            |setting: &Setting, value: &SettingValue| !matches!((setting.kind, value), (SettingKind::Text, SettingValue::Absent));
        let own = all()
            .filter_map(|setting| setting.value(self).filter(|value| is_held(setting, value)).map(|value| (setting.name, value)));
        let benchmark = ("benchmark", SettingValue::Name(self.benchmark.clone()));
        let version = self.recipe_version().map(|version| (RECIPE_VERSION, SettingValue::Whole(version.into())));
        let mut kept = KeptSettings::new();
        // `collect` would add another sort to the module.
        for (name, value) in own.chain([benchmark]).chain(version) {
            kept.insert(name.into(), serde_json::to_value(value).unwrap_or_default());
        }
        kept
    }

    /// Settings of a model file; `None` if they are unreadable.
    pub fn from_kept(kept: &KeptSettings) -> Option<Self> {
        serde_json::to_value(kept).and_then(serde_json::from_value).ok()
    }

    /// Settings in the text of a model file of any problem; `None` if they are missing or unreadable.
    pub fn of_file(text: &str) -> Option<Self> {
        serde_json::from_str::<SettingsFile>(text).ok().and_then(|file| Self::from_kept(&file.settings))
    }

    /// Returns true if the settings in the text of a model file are of an older version of the recipe `reliable`, whose results have changed since.
    pub fn has_older_recipe(text: &str) -> bool {
        let Ok(SettingsFile { settings }) = serde_json::from_str(text) else { return false };
        let version = settings.get(RECIPE_VERSION).and_then(Value::as_u64).unwrap_or(1);
        settings.get("recipe").is_none_or(|name| name == Recipe::Reliable.name()) && version < recipe::RECIPE_VERSION.into()
    }

    /// Version of the recipe of these settings, if its results may change.
    pub fn recipe_version(&self) -> Option<u32> {
        (self.training.recipe == Recipe::Reliable).then_some(recipe::RECIPE_VERSION)
    }
}

/// Readable formats store settings as one map, with the names of links; others store the structs.
impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return (&self.benchmark, &self.training, &self.data, &self.problem).serialize(serializer);
        }
        self.kept().serialize(serializer)
    }
}

/// Settings that are absent from a map have their defaults. Settings of other problems are ignored, because older model
/// files contain those of every problem.
impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let (benchmark, training, data, problem) = Deserialize::deserialize(deserializer)?;
            return Ok(Self { benchmark, training, data, problem });
        }
        let map = BTreeMap::<String, SettingValue>::deserialize(deserializer)?;
        let name = |key: &str| match map.get(key) {
            Some(SettingValue::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        let recipe = name("recipe").and_then(Recipe::named).unwrap_or_default();
        let mut settings = Self::on(recipe, name("benchmark").unwrap_or(&Self::default().benchmark));
        for setting in all() {
            let Some(value) = map.get(setting.name) else { continue };
            if setting.value(&settings).is_some() && !setting.set_value(&mut settings, value) {
                return Err(serde::de::Error::custom(format!("the setting {} cannot be {value}", setting.name)));
            }
        }
        Ok(settings)
    }
}
