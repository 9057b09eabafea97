//! Values of settings, and the fields that hold them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::setting::{listed, shortest};

/// A value of a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number.
    Whole(u64),
    /// A number.
    Number(f64),
    /// Widths of hidden layers.
    Widths(Vec<usize>),
    /// One of a few names, or a text.
    Name(String),
    /// Absent: left to the run, or never.
    Absent,
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// The value as it stands in links and on the command line; empty if it is absent.
impl fmt::Display for Value {
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

/// A field that holds a value.
pub trait Place {
    /// The value there.
    fn value(&self) -> Value;

    /// Puts a value there; false if it is of another type.
    fn put(&mut self, value: &Value) -> bool;
}

impl Place for f64 {
    fn value(&self) -> Value {
        Value::Number(*self)
    }

    fn put(&mut self, value: &Value) -> bool {
        value.number().map(|number| *self = number).is_some()
    }
}

macro_rules! whole_places {
    ($($number:ty),*) => {$(
        impl Place for $number {
            fn value(&self) -> Value {
                Value::Whole(*self as u64)
            }

            fn put(&mut self, value: &Value) -> bool {
                value.number().filter(|number| number.fract() == 0.0).map(|number| *self = number as Self).is_some()
            }
        }
    )*};
}
whole_places!(u64, usize);

/// An empty text is absent.
impl Place for String {
    fn value(&self) -> Value {
        if self.is_empty() { Value::Absent } else { Value::Name(self.clone()) }
    }

    fn put(&mut self, value: &Value) -> bool {
        match value {
            Value::Name(text) => self.clone_from(text),
            Value::Absent => self.clear(),
            _ => return false,
        }
        true
    }
}

impl Place for Option<f64> {
    fn value(&self) -> Value {
        self.map_or(Value::Absent, Value::Number)
    }

    fn put(&mut self, value: &Value) -> bool {
        *self = value.number();
        self.is_some() || *value == Value::Absent
    }
}

impl Place for Vec<usize> {
    fn value(&self) -> Value {
        Value::Widths(self.clone())
    }

    fn put(&mut self, value: &Value) -> bool {
        match value {
            Value::Widths(widths) => self.clone_from(widths),
            _ => return false,
        }
        true
    }
}

/// A setting that is one of a few names.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every choice with its name in links and on the command line, the default first.
    const ALL: &'static [(&'static str, Self)];

    /// Former names, which links, model files and commands may still hold.
    const FORMER: &'static [(&'static str, Self)] = &[];

    /// Its name.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, choice)| *choice == self).map_or("", |(name, _)| name)
    }

    /// The choice called `name`.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().chain(Self::FORMER).find(|(known, _)| *known == name).map(|(_, choice)| *choice)
    }
}

impl<C: Choice> Place for C {
    fn value(&self) -> Value {
        Value::Name(self.name().into())
    }

    fn put(&mut self, value: &Value) -> bool {
        let Value::Name(name) = value else { return false };
        C::named(name).map(|choice| *self = choice).is_some()
    }
}
