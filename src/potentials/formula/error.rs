//! What is wrong with a formula.

/// What is wrong with a formula, with the values of its letters, or with its bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {clause}")]
pub struct FormulaError {
    /// Which of them: `formula`, `set` or `bounds`.
    pub field: &'static str,
    /// What is wrong with it, and what to do.
    pub clause: String,
}

impl FormulaError {
    pub(super) fn new(field: &'static str, clause: impl Into<String>) -> Self {
        Self { field, clause: clause.into() }
    }
}
