//! How much a search may cost. In many inputs it would go on for minutes: then it is cut short, and says so.

/// What a search may cost, in multiplications, about: some seconds. Two million points in seven inputs, ten thousand in two hundred.
const MOST: f64 = 3e9;
/// What a point costs besides the algebra of the search: a model is evaluated there, with its slopes.
const POINT: f64 = 1e3;

/// What is left for a search.
pub(super) struct Effort<'a> {
    left: f64,
    is_stopped: &'a dyn Fn() -> bool,
    is_spent: bool,
}

impl<'a> Effort<'a> {
    /// All that a search may cost, unless `is_stopped` says that nobody waits for it any more.
    pub(super) fn new(is_stopped: &'a dyn Fn() -> bool) -> Self {
        Self { left: MOST, is_stopped, is_spent: false }
    }

    /// Takes off what it costs to look at so many points of so many inputs, and to choose the next ones.
    pub(super) fn look(&mut self, points: usize, inputs: usize) {
        self.left -= points as f64 * (POINT + 6.0 * (inputs * inputs) as f64);
    }

    /// Takes off what the eigenvalues of a Hessian cost.
    pub(super) fn diagonalise(&mut self, inputs: usize) {
        self.left -= 30.0 * (inputs * inputs * inputs) as f64;
    }

    /// Whether the search is cut short: nothing is left, or it was stopped.
    pub(super) fn is_spent(&mut self) -> bool {
        self.is_spent |= self.left < 0.0 || (self.is_stopped)();
        self.is_spent
    }
}
