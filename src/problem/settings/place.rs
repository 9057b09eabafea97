//! Values of settings, and the fields that hold them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::setting::{listed, shortest};

/// Value of a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// Whole number.
    Whole(u64),
    /// Number.
    Number(f64),
    /// Widths of hidden layers.
    Widths(Vec<usize>),
    /// One of a few names, or a text.
    Name(String),
    /// Absent: chosen by the run, or never.
    Absent,
}

impl SettingValue {
    /// Number, if the value is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// Text of the value in links and on the command line; empty if it is absent.
impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Whole(number) => f.write_str(&shortest(*number as f64)),
            Self::Number(number) => f.write_str(&shortest(*number)),
            Self::Widths(widths) => f.write_str(&listed(widths)),
            Self::Name(name) => f.write_str(name),
            Self::Absent => Ok(()),
        }
    }
}

/// Field that holds a value.
pub trait SettingField {
    /// Value of the field.
    fn value(&self) -> SettingValue;

    /// Sets the value; returns false if it has another type.
    fn set_value(&mut self, value: &SettingValue) -> bool;
}

impl SettingField for f64 {
    fn value(&self) -> SettingValue {
        SettingValue::Number(*self)
    }

    fn set_value(&mut self, value: &SettingValue) -> bool {
        value.number().map(|number| *self = number).is_some()
    }
}

macro_rules! whole_places {
    ($($number:ty),*) => {$(
        impl SettingField for $number {
            fn value(&self) -> SettingValue {
                SettingValue::Whole(*self as u64)
            }

            fn set_value(&mut self, value: &SettingValue) -> bool {
                value.number().filter(|number| number.fract() == 0.0).map(|number| *self = number as Self).is_some()
            }
        }
    )*};
}
whole_places!(u64, usize);

/// An empty text is absent.
impl SettingField for String {
    fn value(&self) -> SettingValue {
        if self.is_empty() { SettingValue::Absent } else { SettingValue::Name(self.clone()) }
    }

    fn set_value(&mut self, value: &SettingValue) -> bool {
        match value {
            SettingValue::Name(text) => self.clone_from(text),
            SettingValue::Absent => self.clear(),
            _ => return false,
        }
        true
    }
}

impl SettingField for Option<f64> {
    fn value(&self) -> SettingValue {
        self.map_or(SettingValue::Absent, SettingValue::Number)
    }

    fn set_value(&mut self, value: &SettingValue) -> bool {
        *self = value.number();
        self.is_some() || *value == SettingValue::Absent
    }
}

impl SettingField for Vec<usize> {
    fn value(&self) -> SettingValue {
        SettingValue::Widths(self.clone())
    }

    fn set_value(&mut self, value: &SettingValue) -> bool {
        let SettingValue::Widths(widths) = value else { return false };
        self.clone_from(widths);
        true
    }
}

/// Setting with a few named values.
pub trait NamedChoice: Copy + PartialEq + 'static {
    /// All choices with their names in links and on the command line, the default first.
    const ALL: &'static [(&'static str, Self)];

    /// Former names, which older links, model files and commands may contain.
    const FORMER_NAMES: &'static [(&'static str, Self)] = &[];

    /// Name of the choice.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, choice)| *choice == self).map_or("", |(name, _)| name)
    }

    /// Choice called `name`, by a current or a former name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().chain(Self::FORMER_NAMES).find(|(known, _)| *known == name).map(|(_, choice)| *choice)
    }
}

impl<C: NamedChoice> SettingField for C {
    fn value(&self) -> SettingValue {
        SettingValue::Name(self.name().into())
    }

    fn set_value(&mut self, value: &SettingValue) -> bool {
        let SettingValue::Name(name) = value else { return false };
        C::named(name).map(|choice| *self = choice).is_some()
    }
}
