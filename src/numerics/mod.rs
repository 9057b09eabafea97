//! Numerical tools that are independent of networks and data: extrema of functions of one variable, basins on grids, barriers from passes, and
//! statistics.

pub mod accuracy;
pub mod bounds;
pub mod covariance;
pub mod evidence;
pub mod flooding;
pub mod gaussian_process;
pub mod lattice;
pub mod line;
pub mod linear;
pub mod local_regression;
pub mod misfit;
pub mod passes;
pub mod quadrature;
pub mod shared;
pub mod statistics;

use serde::{Deserialize, Serialize};

/// Local minimum of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Minimum {
    /// Position of the minimum.
    pub x: Vec<f64>,
    /// Value at the minimum.
    pub value: f64,
    /// Lowest rise on a way to another well or out of the domain, see [`passes::barriers`]. `None` if it was not computed.
    pub barrier: Option<f64>,
    /// Highest point of that way.
    #[serde(default)]
    pub barrier_at: Option<Vec<f64>>,
    /// True if that point lies on the edge of the domain. The barrier then ends with the data, and may be higher beyond.
    #[serde(default)]
    pub barrier_at_edge: bool,
    /// Lower bound of the barrier if the data show no more: its highest point lies on the edge of the domain, or a density has too few
    /// samples around it. It replaces `barrier_interval`.
    #[serde(default)]
    pub barrier_bound: Option<f64>,
    /// Intervals of the position and of the value, if they were requested.
    #[serde(default)]
    pub interval: Option<MinimumInterval>,
    /// Interval of the barrier, if it was requested.
    #[serde(default)]
    pub barrier_interval: Option<[f64; 2]>,
    /// True if the data do not determine a requested interval: `interval` or `barrier_interval` is then `None`.
    #[serde(default)]
    pub undetermined: bool,
    /// Principal curvatures, the eigenvalues of the Hessian in increasing order. Empty if they were not computed.
    #[serde(default)]
    pub curvatures: Vec<f64>,
    /// Modes that hold the minimum of a fit, from the most responsible one on: a single mode, or those that share it.
    #[serde(default)]
    pub modes: Vec<usize>,
    /// Responsibilities of these modes at the minimum, between 0 and 1. Empty in reports of earlier versions.
    #[serde(default)]
    pub responsibilities: Vec<f64>,
    /// False if the minimum was compared with the data, and they do not confirm it at 95 %. Such a dip does not count as a
    /// well. Without noise that matters there is no comparison, and the value is true for every minimum. A well is a supported minimum with
    /// a barrier above the threshold ([`Minimum::is_well`]).
    #[serde(default = "yes")]
    pub supported: bool,
}

fn yes() -> bool {
    true
}

impl Default for Minimum {
    fn default() -> Self {
        Self {
            x: Vec::new(),
            value: 0.0,
            barrier: None,
            barrier_at: None,
            barrier_at_edge: false,
            barrier_bound: None,
            interval: None,
            barrier_interval: None,
            undetermined: false,
            curvatures: Vec::new(),
            modes: Vec::new(),
            responsibilities: Vec::new(),
            supported: true,
        }
    }
}

impl Minimum {
    /// Returns true if the minimum is a well: its barrier exceeds a threshold, and the data support it.
    pub fn is_well(&self, threshold: f64) -> bool {
        self.supported && self.barrier.is_some_and(|barrier| barrier > threshold)
    }

    /// Returns true if the minimum may not be a well: the data do not support it, or its barrier does not exceed a threshold. Without a
    /// threshold, barriers do not count.
    pub fn is_doubtful(&self, threshold: Option<f64>) -> bool {
        !self.supported || self.barrier.zip(threshold).is_some_and(|(barrier, threshold)| barrier <= threshold)
    }

    /// Sets the barrier from the rise to its highest point. On the edge of the domain, it is a lower bound.
    pub fn set_barrier(&mut self, rise: f64, at: Vec<f64>, at_edge: bool) {
        (self.barrier, self.barrier_at, self.barrier_at_edge) = (Some(rise), Some(at), at_edge);
        self.barrier_bound = at_edge.then_some(rise);
    }

    /// Barrier, or its lower bound if the data show no more.
    pub fn shown_barrier(&self) -> Option<f64> {
        self.barrier.map(|barrier| self.barrier_bound.unwrap_or(barrier))
    }

    /// Half-widths of the intervals of the first coordinate of the position and of the value, if they are known.
    pub fn bars(&self) -> Option<[f64; 2]> {
        let interval = self.interval.as_ref()?;
        Some([half(*interval.x.first()?), half(interval.value)])
    }
}

/// Intervals `[low, high]` that contain the truth with a probability of nine tenths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MinimumInterval {
    /// Interval of each coordinate of the position.
    pub x: Vec<[f64; 2]>,
    /// Interval of the value. If the fit uses only derivatives, the value is measured from its mean over the data.
    pub value: [f64; 2],
    /// Interval of the height above the lowest minimum; zero for the lowest minimum.
    pub above_lowest: [f64; 2],
}

/// Half-width of an interval.
pub fn half([low, high]: [f64; 2]) -> f64 {
    0.5 * (high - low)
}

/// Highest point of a barrier: a local maximum in one dimension, a saddle in more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CriticalPoint {
    /// Position of the point.
    pub x: Vec<f64>,
    /// Value at the point.
    pub value: f64,
    /// Principal curvatures, the eigenvalues of the Hessian in increasing order. Empty if they were not computed.
    #[serde(default)]
    pub curvatures: Vec<f64>,
    /// True if the point is the lowest one of a ridge on which the slope jumps, as between two modes of a sharp soft minimum. It then has
    /// no curvatures.
    #[serde(default)]
    pub is_kink: bool,
}

/// Pseudo-random numbers from 0 to 1 of a congruential generator.
#[cfg(test)]
pub(crate) fn unit_numbers(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Pseudo-random numbers with mean zero and variance one.
#[cfg(test)]
pub(crate) fn noise(count: usize, seed: u64) -> Vec<f64> {
    let mut unit = unit_numbers(seed);
    (0..count).map(|_| (0..12).map(|_| unit() - 0.5).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minima_survive_binary_serialisation() {
        let interval = MinimumInterval { x: vec![[0.0, 1.0]], value: [1.0, 2.0], above_lowest: [0.0, 0.0] };
        let whole = Minimum {
            interval: Some(interval),
            barrier_at: Some(vec![1.0]),
            barrier_at_edge: true,
            barrier_bound: Some(0.5),
            supported: false,
            ..Minimum::default()
        };
        for minimum in [Minimum::default(), whole] {
            let bytes = postcard::to_allocvec(&minimum).unwrap();
            assert_eq!(postcard::from_bytes::<Minimum>(&bytes).unwrap(), minimum);
        }
    }
}
