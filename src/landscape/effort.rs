//! Limits the cost of a search. Without a limit, a search in many inputs would take minutes. A search that is stopped early is marked as
//! partial.

/// Largest cost of a search, in multiplications: some seconds. It allows two million points in seven inputs, or ten thousand in two
/// hundred.
const MAX_COST: f64 = 3e9;
/// Cost of evaluating the model and its gradient at a point, in multiplications.
const POINT_COST: f64 = 1e3;

/// Remaining effort of a search.
pub(super) struct Effort<'a> {
    left: f64,
    is_stopped: &'a dyn Fn() -> bool,
    is_exhausted: bool,
}

impl<'a> Effort<'a> {
    /// Returns the full effort of a search. `is_stopped` can end the search early.
    pub(super) fn new(is_stopped: &'a dyn Fn() -> bool) -> Self {
        Self { left: MAX_COST, is_stopped, is_exhausted: false }
    }

    /// Subtracts the cost of evaluating points and choosing the next ones.
    pub(super) fn look(&mut self, points: usize, inputs: usize) {
        self.left -= points as f64 * (POINT_COST + 6.0 * (inputs * inputs) as f64);
    }

    /// Subtracts the cost of the eigenvalues of a Hessian.
    pub(super) fn diagonalise(&mut self, inputs: usize) {
        self.left -= 30.0 * (inputs * inputs * inputs) as f64;
    }

    /// Returns true if the search must end, because the effort is spent or the search was stopped.
    pub(super) fn is_exhausted(&mut self) -> bool {
        self.is_exhausted |= self.left < 0.0 || (self.is_stopped)();
        self.is_exhausted
    }
}
