//! Errors of formulas and drawings.

/// Error of a formula, of the values of its parameters, of a drawing, of bounds or of periods.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {clause}")]
pub struct FormulaError {
    /// Name of the invalid setting: `formula`, `set`, `drawing`, `bounds` or `periodic`.
    pub field: &'static str,
    /// Description of the error, with a remedy.
    pub clause: String,
}

impl FormulaError {
    pub(in crate::potentials) fn new(field: &'static str, clause: impl Into<String>) -> Self {
        Self { field, clause: clause.into() }
    }
}
