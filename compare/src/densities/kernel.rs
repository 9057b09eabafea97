//! Kernel estimates: a Gaussian around each sample, of one width in standard deviations of each input. The width is the one under which samples
//! are likeliest given all others.

use std::f64::consts::PI;

use super::{Estimate, log_sum, spreads};
use crate::NoFit;

/// The widths that are tried, as factors of Scott's `n^(-1/(d+4))`, on a geometric grid.
const WIDTHS: [f64; 2] = [0.05, 2.5];
const TRIED: usize = 40;
/// The most samples by which the width is chosen: every so many of more, each against all.
const MOST_CHOOSING: usize = 1500;

/// A kernel estimate.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// The samples in standard deviations, `[samples, inputs]`.
    x: Vec<f64>,
    scales: Vec<f64>,
    width: f64,
}

impl Kernels {
    /// The estimate whose width has the largest likelihood of samples that are left out one by one.
    ///
    /// # Errors
    /// If there are fewer than two samples, or if the user has stopped it.
    pub fn fit(x: &[f64], inputs: usize, is_stopped: &dyn Fn() -> bool) -> Result<Self, NoFit> {
        let samples = x.len() / inputs;
        if samples < 2 {
            return Err(NoFit::because("it needs two samples"));
        }
        let scales = spreads(x, inputs);
        let mut all = Self { x: x.iter().enumerate().map(|(k, x)| x / scales[k % inputs]).collect(), scales, width: 1.0 };
        let scott = (samples as f64).powf(-1.0 / (inputs as f64 + 4.0));
        // Squared distances of some samples from all others serve all widths.
        let some: Vec<usize> = (0..samples).step_by(samples.div_ceil(MOST_CHOOSING)).collect();
        let mut scores = vec![0.0; TRIED];
        let width = |k: usize| scott * WIDTHS[0] * (WIDTHS[1] / WIDTHS[0]).powf(k as f64 / (TRIED - 1) as f64);
        for &one in &some {
            if is_stopped() {
                return Err(NoFit::Stopped);
            }
            let here = &all.x[one * inputs..(one + 1) * inputs];
            let others = all.x.chunks_exact(inputs).enumerate().filter(|(k, _)| *k != one);
            let squares: Vec<f64> = others.map(|(_, x)| x.iter().zip(here).map(|(a, b)| (a - b) * (a - b)).sum()).collect();
            let nearest = squares.iter().copied().fold(f64::INFINITY, f64::min);
            for (k, score) in scores.iter_mut().enumerate() {
                let two = 2.0 * width(k) * width(k);
                let sum: f64 = squares.iter().map(|square| (-(square - nearest) / two).exp()).sum();
                *score += sum.ln() - nearest / two - inputs as f64 * width(k).ln();
            }
        }
        let best = (0..TRIED).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).expect("there are widths");
        all.width = width(best);
        Ok(all)
    }
}

impl Estimate for Kernels {
    fn log_density(&self, x: &[f64]) -> Vec<f64> {
        let inputs = self.scales.len();
        let samples = (self.x.len() / inputs) as f64;
        let constant: f64 =
            self.scales.iter().map(|scale| -((2.0 * PI).sqrt() * self.width * scale).ln()).sum::<f64>() - samples.ln();
        let two = 2.0 * self.width * self.width;
        let at = |x: &[f64]| {
            let x: Vec<f64> = x.iter().zip(&self.scales).map(|(x, scale)| x / scale).collect();
            let exponent = |sample: &[f64]| -sample.iter().zip(&x).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / two;
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
