//! Compiled evaluations of fits of one architecture.

use std::cell::{RefCell, RefMut};

use ndarray::{Array1, Array2};

use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs, PointValues};
use crate::numerics::linear::narrow;

/// Compiled evaluations of fits of one architecture, one for each set of outputs.
#[derive(Debug)]
pub(super) struct PotentialEvaluators {
    curves: RefCell<Evaluator<f32>>,
    /// Values, and the gradient if the fit uses it, in single precision, for very many rows.
    rows: Option<RefCell<Evaluator<f32>>>,
    value: RefCell<Evaluator<f64>>,
    slope: RefCell<Evaluator<f64>>,
    with_modes: RefCell<Evaluator<f64>>,
    curved: RefCell<Evaluator<f64>>,
}

impl PotentialEvaluators {
    /// Evaluations of one architecture. `rows` are the outputs evaluated in single precision for very many rows.
    pub(super) fn new(arch: &Architecture, scaling: &Normalization, rows: Option<Outputs>) -> Self {
        let single = |parts| RefCell::new(Evaluator::new(arch, scaling.clone(), parts));
        let double = |parts| RefCell::new(Evaluator::new(arch, scaling.clone(), parts));
        let with_modes = Outputs { modes: true, ..Outputs::default() };
        Self {
            curves: single(with_modes),
            rows: rows.map(single),
            value: double(Outputs::default()),
            slope: double(Outputs { gradient: true, ..Outputs::default() }),
            with_modes: double(with_modes),
            curved: double(Outputs { hessian: true, ..Outputs::default() }),
        }
    }

    /// Values, curves of the modes, and responsibilities, in single precision.
    pub(super) fn curves(&self, params: &[f32], places: &[f64]) -> PointValues {
        self.curves.borrow_mut().evaluate(params, places)
    }

    /// Values at rows, with the gradient `[rows, inputs]` if the fit uses it.
    pub(super) fn row_values(&self, params: &[f64], places: &[f64], has_gradient: bool) -> (Vec<f64>, Vec<f64>) {
        if let Some(rows) = self.rows.as_ref() {
            let PointValues { psi, gradient, .. } = rows.borrow_mut().evaluate(&narrow(params), places);
            return (psi, gradient);
        }
        let evaluator = if has_gradient { &self.slope } else { &self.value };
        let PointValues { psi, gradient, .. } = evaluator.borrow_mut().evaluate(params, places);
        (psi, gradient)
    }

    /// Evaluation of the values alone.
    pub(super) fn value(&self) -> RefMut<'_, Evaluator<f64>> {
        self.value.borrow_mut()
    }

    /// Values and gradients `[points, inputs]`.
    pub(super) fn slopes(&self, params: &[f64], places: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let PointValues { psi, gradient, .. } = self.slope.borrow_mut().evaluate(params, places);
        (psi, gradient)
    }

    /// Responsibilities, `[points, modes]`.
    pub(super) fn responsibilities(&self, params: &[f64], places: &[f64]) -> Vec<f64> {
        self.with_modes.borrow_mut().evaluate(params, places).responsibilities
    }

    /// Hessians, `[points, inputs, inputs]`.
    pub(super) fn hessians(&self, params: &[f64], places: &[f64]) -> Vec<f64> {
        self.curved.borrow_mut().evaluate(params, places).hessian
    }

    /// Values and gradients of a fit as a function for searches.
    pub(super) fn surface<'a>(
        &'a self,
        params: &'a [f64],
        inputs: usize,
    ) -> impl FnMut(&Array2<f64>) -> (Array1<f64>, Array2<f64>) + 'a {
        move |x| {
            let flat: Vec<f64> = x.iter().copied().collect();
            let (psi, gradient) = self.slopes(params, &flat);
            let gradient = Array2::from_shape_vec((x.nrows(), inputs), gradient).expect("one gradient a point");
            (Array1::from_vec(psi), gradient)
        }
    }
}
