//! Description of a setting: its name, wording, limits, field, and conditions of effect. Links, flags of the command line,
//! the form of the page, embedding attributes and model files are made from these descriptions.

use std::any::Any;

use serde::{Deserialize, Serialize};

pub use super::place::{NamedChoice, SettingField, SettingValue};
use crate::data::Dataset;
use crate::potentials::Observed;
use crate::recipe::Recipe;
use crate::text::{decimal, shortened};

/// Maximum number of hidden layers of a mode.
pub const MAX_LAYERS: usize = 8;
/// Largest width of a hidden layer.
pub const MAX_WIDTH: usize = 256;
/// Maximum number of characters of a text.
const MAX_LENGTH: usize = 600;

/// Kind of a setting with its limits.
#[derive(Clone, Copy, Debug)]
pub enum SettingKind {
    /// Number within limits.
    Number {
        /// Smallest valid value.
        min: f64,
        /// Largest valid value.
        max: f64,
        /// True if the number must be whole.
        whole: bool,
    },
    /// One of a few names.
    Choice {
        /// All names, the default first.
        names: fn() -> Vec<&'static str>,
        /// Name of the choice for a text, which may be a former name.
        named: fn(&str) -> Option<&'static str>,
    },
    /// Widths of hidden layers.
    Widths,
    /// Text, validated by the problem; may be empty.
    Text,
}

/// Group of a setting in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormGroup {
    /// Size and shape of the model.
    Model,
    /// Training of the model.
    Training,
    /// Data of the fit.
    Data,
}

impl FormGroup {
    /// All groups in the order of a form, with their titles.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Model, "Model"), (Self::Training, "Training"), (Self::Data, "Data")];
}

/// Condition under which a setting is retained when the benchmark changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Always, where the other benchmark has it.
    Always,
    /// If the default settings of both benchmarks are equal.
    WithModel,
    /// Never.
    Never,
}

/// Access to the field of a setting in one of the structs that hold settings; `None` for any other struct.
pub type At = (fn(&dyn Any) -> Option<&dyn SettingField>, fn(&mut dyn Any) -> Option<&mut dyn SettingField>);

/// Facts that decide whether a setting has an effect.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Id of the benchmark.
    pub benchmark: &'a str,
    /// Recipe of the training.
    pub recipe: Recipe,
    /// True if the data seed has an effect: on samples, or on held-out rows.
    pub draws: bool,
    /// Number of inputs of a random landscape, and the measured quantity, if the fit is a potential.
    pub target: Option<(usize, Observed)>,
    /// True if the benchmark is a formula of a field.
    pub is_field: bool,
    /// The user's table, once it has been read.
    pub data: Option<&'a Dataset>,
}

/// Description of a setting.
#[derive(Clone, Copy)]
pub struct Setting {
    /// Name in links and on the command line.
    pub name: &'static str,
    /// Label on the page.
    pub label: &'static str,
    /// Subject of a sentence about the setting.
    pub noun: &'static str,
    /// One sentence on its effect.
    pub meaning: &'static str,
    /// Kind with its limits.
    pub kind: SettingKind,
    /// Group in a form.
    pub group: FormGroup,
    /// Ends of its logarithmic slider, if it has one. If zero is valid, it is the left end of the slider.
    pub slider: Option<[f64; 2]>,
    /// Text of its field when it is absent; `None` if it may not be absent.
    pub absent: Option<&'static str>,
    /// True if a change restarts the run.
    pub restarts: bool,
    /// Condition under which it is retained when the benchmark changes.
    pub kept: Retention,
    /// True if a change resets rates, epochs, schedule and epsilon to the defaults of its new value.
    pub resets_training_defaults: bool,
    /// Circumstances in which it has no effect although the problem has it, in words: `on a single input`.
    pub idle: fn(&Context) -> Option<String>,
    /// Access to its field.
    pub at: At,
}

/// Access to the field of a setting: `at!(DensitySettings, kl)`, or to a field that two parts share: `at!(A | B, kl)`.
macro_rules! at {
    ($part:ident $(| $other:ident)?, $field:ident) => {
        (
            |part: &dyn std::any::Any| match part {
                $(part if part.is::<$other>() => part.downcast_ref::<$other>().map(|part| &part.$field as _),)?
                part => part.downcast_ref::<$part>().map(|part| &part.$field as _),
            },
            |part: &mut dyn std::any::Any| match part {
                $(part if part.is::<$other>() => part.downcast_mut::<$other>().map(|part| &mut part.$field as _),)?
                part => part.downcast_mut::<$part>().map(|part| &mut part.$field as _),
            },
        )
    };
}
pub(crate) use at;

fn names<C: NamedChoice>() -> Vec<&'static str> {
    C::ALL.iter().map(|(name, _)| *name).collect()
}

impl Setting {
    const fn new(at: At, group: FormGroup, kind: SettingKind, [name, label, noun]: [&'static str; 3]) -> Self {
        Self {
            name,
            label,
            noun,
            meaning: "",
            kind,
            group,
            slider: None,
            absent: None,
            restarts: true,
            kept: Retention::Never,
            resets_training_defaults: false,
            idle: |_| None,
            at,
        }
    }

    /// Number in `[min, max]`; `words` are name, label and noun.
    pub const fn number(at: At, group: FormGroup, [min, max]: [f64; 2], words: [&'static str; 3]) -> Self {
        Self::new(at, group, SettingKind::Number { min, max, whole: false }, words)
    }

    /// Whole number in `[min, max]`.
    pub const fn whole(at: At, group: FormGroup, [min, max]: [f64; 2], words: [&'static str; 3]) -> Self {
        Self::new(at, group, SettingKind::Number { min, max, whole: true }, words)
    }

    /// One of the names of a [`NamedChoice`].
    pub const fn choice<C: NamedChoice>(at: At, group: FormGroup, words: [&'static str; 3]) -> Self {
        let (names, named): (fn() -> _, fn(&str) -> _) = (names::<C>, |text| C::named(text).map(C::name));
        Self::new(at, group, SettingKind::Choice { names, named }, words)
    }

    /// Widths of hidden layers.
    pub const fn widths(at: At, group: FormGroup, words: [&'static str; 3]) -> Self {
        Self::new(at, group, SettingKind::Widths, words)
    }

    /// Text.
    pub const fn text(at: At, group: FormGroup, words: [&'static str; 3]) -> Self {
        Self::new(at, group, SettingKind::Text, words)
    }

    /// Sets the sentence on its effect.
    #[must_use]
    pub const fn means(self, meaning: &'static str) -> Self {
        Self { meaning, ..self }
    }

    /// Adds a logarithmic slider between two values.
    #[must_use]
    pub const fn slider(self, low: f64, high: f64) -> Self {
        Self { slider: Some([low, high]), ..self }
    }

    /// Permits its absence, which is shown as `words`.
    #[must_use]
    pub const fn absent(self, words: &'static str) -> Self {
        Self { absent: Some(words), ..self }
    }

    /// Permits changes without a restart.
    #[must_use]
    pub const fn without_restart(self) -> Self {
        Self { restarts: false, ..self }
    }

    /// Sets the condition under which it is retained when the benchmark changes.
    #[must_use]
    pub const fn kept(self, kept: Retention) -> Self {
        Self { kept, ..self }
    }

    /// Lets each new value reset rates, epochs, schedule and epsilon to its defaults.
    #[must_use]
    pub const fn resets_training_defaults(self) -> Self {
        Self { resets_training_defaults: true, ..self }
    }

    /// Sets the circumstances in which it has no effect although the problem has it.
    #[must_use]
    pub const fn idle(self, idle: fn(&Context) -> Option<String>) -> Self {
        Self { idle, ..self }
    }

    /// Rule as a sentence: `modes must be a whole number from 1 to 64`.
    fn rule(&self) -> String {
        let name = self.name;
        match self.kind {
            SettingKind::Number { min, max, whole } => {
                let kind = if whole { "whole number" } else { "number" };
                format!("{name} must be a {kind} from {} to {}", shortest(min), shortest(max))
            }
            SettingKind::Choice { names, .. } => format!("{name} must be {}", names().join(" or ")),
            SettingKind::Text => format!("{name} must be a text of at most {MAX_LENGTH} characters"),
            SettingKind::Widths => format!("{name} must list 1 to {MAX_LAYERS} widths from 1 to {MAX_WIDTH}, such as 10,10"),
        }
    }

    pub(super) fn refused(&self, found: &str) -> InvalidSetting {
        InvalidSetting::new(self.name, format!("{}, not {found}", self.rule()))
    }

    /// Value of a text, of the right type, though it may be out of range.
    ///
    /// # Errors
    /// One sentence on the valid values.
    pub fn read(&self, text: &str) -> Result<SettingValue, InvalidSetting> {
        let text = text.trim();
        let value = match self.kind {
            SettingKind::Number { .. } if self.absent.is_some() && matches!(text, "auto" | "none") => Some(SettingValue::Absent),
            SettingKind::Number { .. } => decimal(text).map(SettingValue::Number),
            SettingKind::Choice { named, .. } => named(text).map(|name| SettingValue::Name(name.into())),
            SettingKind::Text if text.is_empty() => Some(SettingValue::Absent),
            SettingKind::Text => Some(SettingValue::Name(text.into())),
            SettingKind::Widths => {
                let width = |part: &str| decimal(part.trim()).filter(|w| w.fract() == 0.0);
                // Negative widths become 0, which is also out of range.
                text.split(',').map(|part| width(part).map(|w| w as usize)).collect::<Option<_>>().map(SettingValue::Widths)
            }
        };
        value.ok_or_else(|| self.refused(&format!("\"{}\"", shortened(text))))
    }

    /// Checks that a value is valid.
    ///
    /// # Errors
    /// One sentence on the valid values.
    pub fn check(&self, value: &SettingValue) -> Result<(), InvalidSetting> {
        match (self.kind, value) {
            (SettingKind::Number { min, max, whole }, value) => match value.number() {
                None => Ok(()),
                Some(number) if (number.fract() == 0.0 || !whole) && (min..=max).contains(&number) => Ok(()),
                Some(number) => Err(self.refused(&shortest(number))),
            },
            (SettingKind::Widths, SettingValue::Widths(widths)) => {
                let is_good = (1..=MAX_LAYERS).contains(&widths.len()) && widths.iter().all(|w| (1..=MAX_WIDTH).contains(w));
                let shown = || if widths.is_empty() { "none".into() } else { shortened(&listed(widths)) };
                if is_good { Ok(()) } else { Err(self.refused(&shown())) }
            }
            (SettingKind::Text, SettingValue::Name(text)) if text.chars().count() > MAX_LENGTH => {
                Err(self.refused(&format!("one of {}", text.chars().count())))
            }
            _ => Ok(()),
        }
    }

    /// Nearest valid value; `default` instead of a number that is not finite or an empty list.
    pub fn clamped(&self, value: &SettingValue, default: &SettingValue) -> SettingValue {
        match (self.kind, value) {
            (SettingKind::Number { min, max, whole }, value) => {
                let Some(number) = value.number() else { return value.clone() };
                let nearest = if number.is_finite() { number.clamp(min, max) } else { return default.clone() };
                SettingValue::Number(if whole { nearest.round() } else { nearest })
            }
            (SettingKind::Widths, SettingValue::Widths(widths)) if !widths.is_empty() => {
                SettingValue::Widths(widths.iter().take(MAX_LAYERS).map(|&w| w.clamp(1, MAX_WIDTH)).collect())
            }
            (SettingKind::Choice { .. }, value) => value.clone(),
            (SettingKind::Text, value) if self.check(value).is_ok() => value.clone(),
            _ => default.clone(),
        }
    }
}

/// Error of one setting, with a sentence on its remedy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{sentence}")]
pub struct InvalidSetting {
    /// Name of the setting in links and on the command line, e.g. `gate-lr`; empty if the error is not of one setting.
    pub field: String,
    /// One sentence on the error and its remedy.
    pub sentence: String,
}

impl InvalidSetting {
    /// Error of the setting called `field`.
    pub fn new(field: &str, sentence: impl Into<String>) -> Self {
        Self { field: field.into(), sentence: sentence.into() }
    }

    /// Adds a clause to the sentence.
    #[must_use]
    pub fn and(self, clause: &str) -> Self {
        Self { sentence: format!("{}; {clause}", self.sentence), ..self }
    }
}

impl From<InvalidSetting> for Vec<InvalidSetting> {
    fn from(problem: InvalidSetting) -> Self {
        vec![problem]
    }
}

/// Shortest decimal that parses to the same number, with an exponent if that is shorter. Whole numbers below a million have
/// plain digits.
pub fn shortest(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 {
        return format!("{value}");
    }
    let (plain, exponent) = (format!("{value}"), format!("{value:e}"));
    if exponent.len() < plain.len() { exponent } else { plain }
}

/// Widths as a list in links and on the command line.
pub fn listed(widths: &[usize]) -> String {
    widths.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
