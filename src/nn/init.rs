//! Where the parameters begin.
//!
//! [`paper`]: `V` and `b` uniform in `+-1/sqrt(fan-in)`, `W` the absolute value of such a draw, where the fan-in of `V` is the
//! number of inputs, that of `W` the width before, and `b` goes with `V`; all gates at 0.99 (`a = 2.919`) and `rho = 2`.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::params::{ParamKind, Params};

/// `a` with `s(a) = 0.99`.
pub const OPEN_GATE: f64 = 2.919;
/// The sharpness at the start.
pub const FIRST_RHO: f64 = 2.0;

/// The start of the recipe `paper`, in `f64`, from a seed.
pub fn paper(params: &Params, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    // Far from the streams that data are drawn from, so that equal seeds do not tie weights to sample points.
    rng.long_jump();
    let inputs = params.get("V1").map_or(1, |v| v.shape[2]);
    let mut flat = Vec::with_capacity(params.len());
    for param in params.iter() {
        let fan_in = if param.kind == ParamKind::NonNegative { param.shape[2] } else { inputs };
        let bound = 1.0 / (fan_in as f64).sqrt();
        flat.extend((0..param.len()).map(|_| match param.kind {
            ParamKind::Free | ParamKind::Bias => rng.random_range(-bound..bound),
            ParamKind::NonNegative => rng.random_range(-bound..bound).abs(),
            ParamKind::Gate => OPEN_GATE,
            ParamKind::Sharpness => FIRST_RHO,
        }));
    }
    flat
}
