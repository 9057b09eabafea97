//! Opens a fit of any problem from settings, a user's table and a model file.

use serde_json::Value;

use super::benchmarks;
use super::job::{FitInputs, OpenedFit};
use super::settings::{InvalidSetting, Problem, Settings};
use super::{density, material, potential};
use crate::model::model_file::FORMAT_NAME;

/// Opens a fit with these settings. Settings in a model file take precedence.
///
/// # Errors
/// Every unusable setting, or the fault of the table or the file.
pub fn open(mut settings: Settings, given: FitInputs) -> OpenedFit {
    if let Some(text) = given.model {
        adopt(&mut settings, text, given.table.is_some())?;
    }
    open_with_settings(settings, given)
}

/// Opens a fit with these settings from the parameters of a model file, if there is one.
///
/// # Errors
/// As [`open`].
pub fn open_with_settings(settings: Settings, given: FitInputs) -> OpenedFit {
    settings.check()?;
    match settings.problem {
        Problem::Potential(_) => potential::job::open(settings, given),
        Problem::Density(_) => Ok(Box::new(density::DensityRun::open(settings, given)?)),
        Problem::Material(_) => material::job::open(settings, given),
    }
}

/// Kind of a model file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// A potential.
    Potential,
    /// Densities.
    Density,
    /// A material.
    Material,
}

impl ModelKind {
    /// Kind of the text of a model file, by its format; `None` for other formats.
    pub fn of_file(text: &str) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct KindHeader {
            format: String,
        }
        let KindHeader { format } = serde_json::from_str(text).ok()?;
        let known = [
            (FORMAT_NAME, Self::Potential),
            (density::job::FORMAT_NAME, Self::Density),
            (material::file::FORMAT_NAME, Self::Material),
        ];
        known.into_iter().find(|(name, _)| *name == format).map(|(_, kind)| kind)
    }

    /// Kind of a fit with these settings.
    pub fn from_settings(settings: &Settings) -> Self {
        match settings.problem {
            Problem::Potential(_) => Self::Potential,
            Problem::Density(_) => Self::Density,
            Problem::Material(_) => Self::Material,
        }
    }

    /// Kind in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Potential => "a potential",
            Self::Density => "densities",
            Self::Material => "a material",
        }
    }
}

/// Adopts the settings that a fit starting from a model file must share with it, such as the size of the model.
///
/// # Errors
/// Reason why the file is unusable.
pub fn take_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    if let Some(kind) = ModelKind::of_file(text).filter(|kind| *kind != ModelKind::from_settings(settings)) {
        return Err(format!(
            "this is a model of {}, but {} is to be fitted",
            kind.words(),
            ModelKind::from_settings(settings).words()
        ));
    }
    match settings.problem {
        Problem::Potential(_) => potential::job::apply_shape(settings, text),
        Problem::Density(_) => density::job::take_shape(settings, text),
        Problem::Material(_) => material::job::take_shape(settings, text),
    }
}

/// Sets the training settings stored in a model file, if there are any, and the size of its model.
fn adopt(settings: &mut Settings, text: &str, has_table: bool) -> Result<(), InvalidSetting> {
    let kind = ModelKind::of_file(text);
    let own = Settings::of_file(text).filter(|own| Some(ModelKind::from_settings(own)) == kind);
    if matches!(kind, Some(ModelKind::Density | ModelKind::Material)) {
        // Such a file is usable with its own settings only.
        *settings = own
            .ok_or_else(|| InvalidSetting::new("model", "the model file cannot be used: its settings are missing or damaged"))?;
        return Ok(());
    }
    let model = potential::job::read_model(text)?;
    // A model of a user's data is shown without them if they are absent and the file states its domain.
    let is_of_benchmark = own.as_ref().and_then(|own| benchmarks::find(&own.benchmark)).is_some_and(|known| !known.reads_table);
    let stands_alone = !is_of_benchmark && !has_table && model.domain.is_some();
    if stands_alone {
        *settings = own.unwrap_or_else(|| settings.clone()).moved_to(Settings::OWN_DATA);
    } else if let Some(own) = own.filter(|_| is_of_benchmark || has_table) {
        *settings = own;
    }
    settings.training.modes = model.modes;
    settings.training.hidden.clone_from(&model.hidden);
    Ok(())
}

/// Checks that a model file has weights and that all of them are finite.
///
/// # Errors
/// A clause on the fault.
pub fn check_model(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if value.get("fits").and_then(|fits| fits.as_array()).is_some_and(Vec::is_empty) {
        return Err("no fit had ended".into());
    }
    // JSON writes numbers that are not finite as null.
    if has_null(&value) { Err("the fit holds numbers that are not finite".into()) } else { Ok(()) }
}

/// Returns true if a parameter is null.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item.is_null() || has_null(item)),
        // Settings may be absent, and inputs without a period have null.
        Value::Object(map) => {
            let may_be_null = |name: &str| ["settings", "strength", "periods"].contains(&name);
            map.iter().any(|(name, item)| !may_be_null(name) && (item.is_null() || has_null(item)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::job::JobFile;
    use crate::problem::table::UserTable;

    #[test]
    fn model_without_finite_weights_is_not_kept() {
        let good = r#"{"params":{"V1":[[[1.5]]],"rho":2},"settings":{"stop-loss":null},"fits":[1],"strength":null}"#;
        assert_eq!(check_model(good), Ok(()));
        assert!(check_model(&good.replace("1.5", "null")).unwrap_err().contains("not finite"));
        assert!(check_model(&good.replace("[1]", "[]")).unwrap_err().contains("no fit"));
    }

    #[test]
    fn model_of_own_data_is_shown_without_data() {
        let rows = (0..60).map(|k| f64::from(k) / 15.0 - 2.0).map(|x| format!("{x},{}\n", (x * x - 1.0).powi(2)));
        let text = std::iter::once("r [nm],E [kT]\n".to_owned()).chain(rows).collect::<String>();
        let table = UserTable { name: "wells.csv".into(), text, ..UserTable::default() };
        let settings = Settings::default().moved_to(Settings::OWN_DATA).with("modes=4&hidden=6&epochs=2000").unwrap();
        let mut fit = open_with_settings(settings, FitInputs { table: Some(&table), model: None }).unwrap();
        fit.advance(u64::MAX);
        let (saved, wells) = (fit.file_text(JobFile::Model), fit.metrics().wells());
        let mut alone = open(Settings::default(), FitInputs { table: None, model: Some(&saved) }).unwrap();
        assert_eq!(alone.settings().benchmark, Settings::OWN_DATA);
        assert_eq!(alone.advance(100), 0);
        let (metrics, progress) = (alone.metrics(), alone.progress());
        assert!(alone.ended().is_some() && !progress.can_continue && !progress.takes_changes && metrics.warnings.is_empty());
        assert_eq!((metrics.wells(), wells), (Some(2), Some(2)));
        assert!(metrics.errors().unwrap().0.is_nan());
        assert_eq!(alone.scene().0.names, ["r [nm]", "E [kT]"]);
        assert_eq!(alone.scene().0.samples, 0);
        let without = saved.replace("\"domain\"", "\"realm\"");
        let refused = open_with_settings(alone.settings().clone(), FitInputs { table: None, model: Some(&without) });
        assert!(refused.is_err_and(|problems| problems[0].to_string().contains("open its data first")));
    }
}
