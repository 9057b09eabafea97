//! Benchmark potentials, one file each.

/// A potential of one input that is known exactly.
pub trait Potential: Sync {
    /// Its id in links and on the command line.
    fn id(&self) -> &'static str;
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// One sentence: what is learnt from what.
    fn sentence(&self) -> &'static str;
    /// The sampled domain.
    fn domain(&self) -> [f64; 2];
    /// Value at `x`.
    fn value(&self, x: f64) -> f64;
    /// Derivative at `x` (from the left where it jumps).
    fn slope(&self, x: f64) -> f64;
}

/// All benchmarks, in the order of the page.
pub fn all() -> &'static [&'static dyn Potential] {
    &[]
}

/// The benchmark called `id`.
pub fn find(id: &str) -> Option<&'static dyn Potential> {
    all().iter().copied().find(|p| p.id() == id)
}
