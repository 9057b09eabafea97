//! Errors of model files, as sentences.

use crate::text::shortened;

/// Reason why a model file cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelFileError {
    /// The text is not JSON.
    #[error("this is not a model file: its text is not valid JSON ({0})")]
    Syntax(String),
    /// The JSON has another format.
    #[error("this is not a model file: its `format` is not \"{0}\"")]
    Format(&'static str),
    /// The version is not supported.
    #[error("the model file has version {found}, but only {} understood; save it again with this program", versions(*.last))]
    Version {
        /// The version of the file.
        found: u64,
        /// The last supported version.
        last: u32,
    },
    /// A field other than the parameters is wrong.
    #[error("the model file is damaged: {}", field_words(.0))]
    Field(String),
    /// A parameter is missing.
    #[error("the model file lacks the array {0}")]
    MissingArray(String),
    /// The network has no such parameter.
    #[error("the model file has an array {}, which a network with these hidden layers does not have", shortened(.0))]
    UnknownArray(String),
    /// The rows of an array have different lengths.
    #[error("array {0} of the model file is ragged: its rows have unequal lengths")]
    Ragged(String),
    /// An array contains null, text, or a number that is not finite.
    #[error("array {0} of the model file holds something that is not a finite number")]
    NotANumber(String),
    /// The shape of an array differs from that given by `modes`, `hidden` and `inputs`.
    #[error("array {array} of the model file has shape {found:?}, but its modes, hidden layers and inputs require {expected:?}")]
    Shape {
        /// The name of the array.
        array: String,
        /// Its shape.
        found: Vec<usize>,
        /// The expected shape.
        expected: Vec<usize>,
    },
    /// A weight between layers is negative.
    #[error(
        "array {0} of the model file has a negative entry, so the modes would not be convex; these weights must be 0 or more"
    )]
    NotConvex(String),
    /// The sharpness is not positive.
    #[error("rho is {0} in the model file, but the sharpness of a soft minimum must be positive")]
    Rho(f64),
}

impl ModelFileError {
    /// Reason why the header of a file with this format could not be read. JSON has no NaN or infinity, but some programs write them.
    pub(super) fn header(text: &str, format: &'static str, error: &serde_json::Error) -> Self {
        if error.is_data() {
            return Self::Format(format);
        }
        let word = ["NaN", "Infinity"].into_iter().find(|word| text.contains(word));
        Self::Syntax(word.map_or_else(|| error.to_string(), |word| format!("it contains {word}; {error}")))
    }
}

fn versions(last: u32) -> String {
    if last == 1 { "version 1 is".into() } else { format!("versions 1 to {last} are") }
}

/// Message of the parser about a type or a missing field. Long values are shortened, and types have the names of this language.
fn field_words(words: &str) -> String {
    const MAX_QUOTED_CHARS: usize = 200;
    const WHOLE_NUMBER_MESSAGE: &str = "expected a whole number of 0 or more";
    const TYPE_NAMES: [(&str, &str); 6] = [
        ("expected u64", WHOLE_NUMBER_MESSAGE),
        ("expected u32", WHOLE_NUMBER_MESSAGE),
        ("expected usize", WHOLE_NUMBER_MESSAGE),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected an object"),
    ];
    let shortened: String = words.chars().take(MAX_QUOTED_CHARS).collect();
    TYPE_NAMES.iter().fold(shortened, |words, (name, plain)| words.replace(name, plain))
}
