//! Limits the cost of a search. In many inputs it would take minutes, so it is stopped early, and marked as partial.

/// Largest cost of a search, in multiplications: some seconds. Two million points in seven inputs, ten thousand in two hundred.
const MOST: f64 = 3e9;
/// Cost of evaluating the model and its gradient at a point.
const POINT: f64 = 1e3;

/// The remaining effort of a search.
pub(super) struct Effort<'a> {
    left: f64,
    is_stopped: &'a dyn Fn() -> bool,
    is_spent: bool,
}

impl<'a> Effort<'a> {
    /// The full effort of a search. `is_stopped` can end it early.
    pub(super) fn new(is_stopped: &'a dyn Fn() -> bool) -> Self {
        Self { left: MOST, is_stopped, is_spent: false }
    }

    /// Subtracts the cost of evaluating points and choosing the next ones.
    pub(super) fn look(&mut self, points: usize, inputs: usize) {
        self.left -= points as f64 * (POINT + 6.0 * (inputs * inputs) as f64);
    }

    /// Subtracts the cost of the eigenvalues of a Hessian.
    pub(super) fn diagonalise(&mut self, inputs: usize) {
        self.left -= 30.0 * (inputs * inputs * inputs) as f64;
    }

    /// Whether the search must end: the effort is spent, or the search was stopped.
    pub(super) fn is_spent(&mut self) -> bool {
        self.is_spent |= self.left < 0.0 || (self.is_stopped)();
        self.is_spent
    }
}
