//! Noise of the rows of a dataset, and the distances between them.

use ndarray::{ArrayView1, Axis};

use super::{Dataset, MAX_NEIGHBOURS, local_noise, noise};
use crate::numerics::bounds::Bounds;
use crate::numerics::gaussian_process::{FunctionObservations, GaussianProcess};

impl Dataset {
    /// Estimated standard deviation of the noise of the values, see [`noise::estimate`] and, with several inputs,
    /// [`local_noise::estimate`]. With standard errors, it belongs to a row of weight one. Zero where there is no estimate.
    pub fn sigma(&self) -> f64 {
        if self.has_values() { self.sigma_of(&self.y.view()) } else { 0.0 }
    }

    /// Gaussian process through the rows of a box, see [`GaussianProcess::new`] and, if `is_exact`, [`GaussianProcess::exact`].
    pub fn gaussian_process(&self, bounds: Bounds, is_exact: bool) -> Option<GaussianProcess> {
        let x: Vec<f64> = self.x.iter().copied().collect();
        let gradient: Vec<f64> = self.gradient.iter().flatten().copied().collect();
        let slopes = self.gradient.iter().flat_map(|gradient| gradient.columns());
        let sigmas: Vec<f64> = std::iter::once(self.sigma()).chain(slopes.map(|column| self.sigma_of(&column))).collect();
        let (values, weights) = (self.y.to_vec(), self.row_weights().unwrap_or_default());
        let data = FunctionObservations { x: &x, values: &values, gradient: &gradient, weights: &weights, sigmas: &sigmas };
        if is_exact { GaussianProcess::exact(bounds, &data) } else { GaussianProcess::new(bounds, &data) }
    }

    /// Estimates the noise of any quantity measured at the points, as `sigma` does. Gaps are left out.
    pub fn sigma_of(&self, measured: &ArrayView1<f64>) -> f64 {
        match self.inputs() {
            _ if measured.iter().any(|value| !value.is_finite()) => {
                let known: Vec<usize> = (0..self.samples()).filter(|&row| measured[row].is_finite()).collect();
                let known_part = self.select_rows(&known);
                known_part.sigma_of(&measured.select(Axis(0), &known).view())
            }
            1 => noise::estimate(&self.x.column(0), measured, &self.relative_sigmas()),
            _ => {
                let places = &self.x / &self.widths();
                local_noise::estimate(&places, measured, &self.relative_sigmas(), &self.periodic())
            }
        }
    }

    /// Estimated standard deviation of the noise by [`noise::fine_estimate`], which is less sensitive to curvature. Zero with several
    /// inputs, where no estimate distinguishes little noise from curvature.
    pub fn fine_sigma(&self) -> f64 {
        if self.inputs() == 1 { noise::fine_estimate(&self.x.column(0), &self.y, &self.relative_sigmas()) } else { 0.0 }
    }

    /// Estimates the noise of any quantity measured at the points, as `fine_sigma` does. Gaps are left out. With several inputs, the result
    /// is that of [`Dataset::sigma_of`].
    pub fn fine_sigma_of(&self, measured: &ArrayView1<f64>) -> f64 {
        if self.inputs() > 1 {
            return self.sigma_of(measured);
        }
        let known: Vec<usize> = (0..self.samples()).filter(|&row| measured[row].is_finite()).collect();
        let part = self.select_rows(&known);
        noise::fine_estimate(&part.x.column(0), &measured.select(Axis(0), &known), &part.relative_sigmas())
    }

    /// Index of the nearest row of each row, by distances in widths of the range of each input. With one input it is the next row along it.
    /// With several inputs, it is the nearest of up to a thousand other rows.
    pub fn nearest(&self) -> Vec<usize> {
        let rows = self.samples();
        let mut nearest: Vec<usize> = vec![0; rows];
        if self.inputs() == 1 {
            let order = crate::numerics::statistics::order(&self.x.column(0).to_vec());
            order.windows(2).for_each(|pair| nearest[pair[0]] = pair[1]);
            if let [.., before, last] = order[..] {
                nearest[last] = before;
            }
            return nearest;
        }
        let places: Vec<f64> = (&self.x / &self.widths()).iter().copied().collect();
        let place = |row: usize| &places[row * self.inputs()..(row + 1) * self.inputs()];
        let every = rows.div_ceil(MAX_NEIGHBOURS).max(1);
        for (row, nearest) in nearest.iter_mut().enumerate() {
            let distance = |other: usize| -> f64 { place(row).iter().zip(place(other)).map(|(a, b)| (a - b) * (a - b)).sum() };
            let others = (0..rows).step_by(every).filter(|&other| other != row);
            *nearest = others.min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        }
        nearest
    }
}
