//! What can be wrong with a model file, in sentences.

use crate::text::shortened;

/// Why a model file cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelFileError {
    /// Not JSON.
    #[error("this is not a model file: its text is not valid JSON ({0})")]
    Syntax(String),
    /// JSON of another kind.
    #[error("this is not a model file: its `format` is not \"{0}\"")]
    Format(&'static str),
    /// A format of another version.
    #[error("the model file has version {found}, but only {} understood; save it again with this program", versions(*.last))]
    Version {
        /// Its version.
        found: u64,
        /// The last that is understood.
        last: u32,
    },
    /// A field other than the parameters.
    #[error("the model file is damaged: {}", field_words(.0))]
    Field(String),
    /// A parameter is not there.
    #[error("the model file lacks the array {0}")]
    MissingArray(String),
    /// A parameter that the network has no place for.
    #[error("the model file has an array {}, which a network with these hidden layers does not have", shortened(.0))]
    UnknownArray(String),
    /// Rows of unequal lengths.
    #[error("array {0} of the model file is ragged: its rows have unequal lengths")]
    Ragged(String),
    /// Null, text, or a number that is not finite.
    #[error("array {0} of the model file holds something that is not a finite number")]
    NotANumber(String),
    /// A parameter of another shape than `modes`, `hidden` and `inputs` ask for.
    #[error("array {array} of the model file has shape {found:?}, but its modes, hidden layers and inputs ask for {expected:?}")]
    Shape {
        /// Its name.
        array: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A negative weight between layers.
    #[error(
        "array {0} of the model file has a negative entry, so the modes would not be convex; these weights must be 0 or more"
    )]
    NotConvex(String),
    /// A sharpness that is not positive.
    #[error("rho is {0} in the model file, but the sharpness of a soft minimum must be positive")]
    Rho(f64),
}

impl ModelFileError {
    /// Why the header of a file with this format could not be read. JSON has no NaN and no infinity, but some programs write them.
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

/// Messages about a type or a missing field come from the parser; a long value in them is cut.
fn field_words(words: &str) -> String {
    const LONGEST: usize = 200;
    words.chars().take(LONGEST).collect()
}
