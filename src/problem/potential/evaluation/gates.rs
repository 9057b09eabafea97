//! Gates and sharpness among the parameters of a fit.

use crate::landscape::ACTIVE_GATE;
use crate::model::lse::gate;
use crate::model::potential::declared;
use crate::model::{Architecture, Param};

/// Positions of the gates and of the sharpness in the flat vector of parameters.
#[derive(Debug)]
pub(super) struct GateLayout {
    pub(super) modes: usize,
    a: Param,
    rho: usize,
    /// Output scale of the data. Divides the sharpness of the network to give the sharpness in the units of the data.
    output_scale: f64,
}

impl GateLayout {
    pub(super) fn new(arch: &Architecture, output_scale: f64) -> Self {
        let params = declared(arch);
        Self {
            modes: arch.modes,
            a: params.get("a").expect("an LSE-ICNN has gates").clone(),
            rho: params.get("rho").expect("an LSE-ICNN has a sharpness").offset,
            output_scale,
        }
    }

    pub(super) fn gates<T: Copy + Into<f64>>(&self, params: &[T]) -> Vec<f64> {
        params[self.a.range()].iter().map(|&a| gate(a.into())).collect()
    }

    /// Sharpness in the units of the data.
    pub(super) fn rho<T: Copy + Into<f64>>(&self, params: &[T]) -> f64 {
        params[self.rho].into() / self.output_scale
    }
}

pub(super) fn count_active(gates: &[f64]) -> usize {
    gates.iter().filter(|&&g| g > ACTIVE_GATE).count()
}
