//! Kernel estimates: a Gaussian around each sample, with one width in standard deviations of each input. The width maximises the likelihood of
//! samples that are left out one by one.
//!
//! Along an input with the period `P`, a von Mises density replaces the Gaussian, and the chord `c = P/pi sin(pi d/P)` replaces the distance `d`.
//! Then `exp(-c^2 / 2 w^2)` is `exp(k cos(2 pi d/P) - k)` with `k = (P / 2 pi w)^2`. Its integral over a period is `P I_0(k) exp(-k)`.

use std::f64::consts::{PI, TAU};

use super::{FittedDensity, Sampled, log_sum};
use crate::NoFit;

/// Range of the tested widths, as factors of Scott's `n^(-1/(d+4))`, on a geometric grid.
const WIDTH_RANGE: [f64; 2] = [0.05, 2.5];
const WIDTH_COUNT: usize = 40;
/// Maximum number of samples with kernels. Each kernel is evaluated at each point.
pub const MAX_SAMPLES: usize = 10_000;
/// Maximum number of samples that determine the width, each against all others. From more samples, an even selection is used.
const MAX_TUNING_SAMPLES: usize = 1500;

/// A kernel estimate.
#[derive(Clone, Debug)]
pub struct KernelDensity {
    /// The samples in standard deviations, `[samples, inputs]`.
    x: Vec<f64>,
    scales: Vec<f64>,
    /// Period of each input in standard deviations, if it is periodic.
    turns: Vec<Option<f64>>,
    width: f64,
}

impl KernelDensity {
    /// Returns the estimate whose width maximises the likelihood of samples that are left out one by one.
    ///
    /// # Errors
    /// If there are fewer than two samples, or if the user has stopped it.
    pub fn fit(sampled: Sampled, is_stopped: &dyn Fn() -> bool) -> Result<Self, NoFit> {
        let (samples, inputs) = (sampled.samples(), sampled.inputs);
        if samples < 2 {
            return Err(NoFit::unsuitable("it needs two samples"));
        }
        let scales = sampled.spreads();
        let x = sampled.x.iter().enumerate().map(|(k, x)| x / scales[k % inputs]).collect();
        let turns = (0..inputs).map(|k| sampled.period(k).map(|period| period / scales[k])).collect();
        let mut all = Self { x, scales, turns, width: 1.0 };
        let scott = (samples as f64).powf(-1.0 / (inputs as f64 + 4.0));
        // The squared distances of some samples from all others are computed once for all widths.
        let some: Vec<usize> = (0..samples).step_by(samples.div_ceil(MAX_TUNING_SAMPLES)).collect();
        let mut scores = vec![0.0; WIDTH_COUNT];
        let width =
            |k: usize| scott * WIDTH_RANGE[0] * (WIDTH_RANGE[1] / WIDTH_RANGE[0]).powf(k as f64 / (WIDTH_COUNT - 1) as f64);
        let free = all.turns.iter().filter(|turn| turn.is_none()).count() as f64;
        for &one in &some {
            if is_stopped() {
                return Err(NoFit::Stopped);
            }
            let here = &all.x[one * inputs..(one + 1) * inputs];
            let others = all.x.chunks_exact(inputs).enumerate().filter(|(k, _)| *k != one);
            let squares: Vec<f64> = others.map(|(_, x)| all.square(x, here)).collect();
            let nearest = squares.iter().copied().fold(f64::INFINITY, f64::min);
            for (k, score) in scores.iter_mut().enumerate() {
                let two = 2.0 * width(k) * width(k);
                let sum: f64 = squares.iter().map(|square| (-(square - nearest) / two).exp()).sum();
                *score += sum.ln() - nearest / two - free * width(k).ln() - all.log_around(width(k));
            }
        }
        let best = (0..WIDTH_COUNT).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).expect("there are widths");
        all.width = width(best);
        Ok(all)
    }

    /// Squared distance of two points in standard deviations. Along periodic inputs it is that of the chord.
    fn square(&self, a: &[f64], b: &[f64]) -> f64 {
        let along = |((a, b), turn): ((&f64, &f64), &Option<f64>)| match turn {
            None => (a - b) * (a - b),
            Some(turn) => (turn / PI * (PI * (a - b) / turn).sin()).powi(2),
        };
        a.iter().zip(b).zip(&self.turns).map(along).sum()
    }

    /// Logarithm of the integral of a kernel of this width over the periodic inputs, in standard deviations.
    fn log_around(&self, width: f64) -> f64 {
        self.turns.iter().flatten().map(|turn| turn.ln() + log_bessel((turn / (TAU * width)).powi(2))).sum()
    }
}

/// The logarithm of `I_0(k) exp(-k)`, with the modified Bessel function.
fn log_bessel(k: f64) -> f64 {
    const QUADRATURE_NODES: usize = 64;
    const LARGE_ARGUMENT: f64 = 50.0;
    if k > LARGE_ARGUMENT {
        // With this number of terms, the asymptotic series is exact to the rounding of the scores.
        let r = 1.0 / (8.0 * k);
        return (1.0 + r * (1.0 + r * (4.5 + r * (37.5 + r * 459.375)))).ln() - 0.5 * (TAU * k).ln();
    }
    // The trapezoidal rule over one period converges exponentially.
    let node = |j: usize| (k * ((TAU * j as f64 / QUADRATURE_NODES as f64).cos() - 1.0)).exp();
    ((0..QUADRATURE_NODES).map(node).sum::<f64>() / QUADRATURE_NODES as f64).ln()
}

impl FittedDensity for KernelDensity {
    fn log_density(&self, x: &[f64]) -> Vec<f64> {
        let inputs = self.scales.len();
        let samples = (self.x.len() / inputs) as f64;
        let of_input = |(scale, turn): (&f64, &Option<f64>)| match turn {
            None => -((2.0 * PI).sqrt() * self.width * scale).ln(),
            Some(_) => -scale.ln(),
        };
        let constant =
            self.scales.iter().zip(&self.turns).map(of_input).sum::<f64>() - self.log_around(self.width) - samples.ln();
        let two = 2.0 * self.width * self.width;
        let at = |x: &[f64]| {
            let x: Vec<f64> = x.iter().zip(&self.scales).map(|(x, scale)| x / scale).collect();
            let exponent = |sample: &[f64]| -self.square(sample, &x) / two;
            constant + log_sum(&self.x.chunks_exact(inputs).map(exponent).collect::<Vec<_>>())
        };
        x.chunks_exact(inputs).map(at).collect()
    }

    fn parameters(&self) -> usize {
        self.x.len() + 1
    }

    fn choice(&self) -> String {
        format!("width {:.2}", self.width)
    }
}
