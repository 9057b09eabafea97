//! What is wrong with a formula, or with a drawing.

/// What is wrong with a formula, with the values of its letters, with a drawing, with bounds or with periods.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {clause}")]
pub struct FormulaError {
    /// Which of them: `formula`, `set`, `drawing`, `bounds` or `periodic`.
    pub field: &'static str,
    /// What is wrong with it, and what to do.
    pub clause: String,
}

impl FormulaError {
    pub(in crate::potentials) fn new(field: &'static str, clause: impl Into<String>) -> Self {
        Self { field, clause: clause.into() }
    }
}
