//! Caches of values that belong to one state of a run.

use std::cell::RefCell;
use std::rc::Rc;

use crate::landscape::uncertainty::Uncertainty;
use crate::numerics::gaussian_process::GaussianProcess;

/// Gaussian process through the rows of a run.
#[derive(Debug)]
pub(super) struct Surrogate {
    pub process: GaussianProcess,
    /// Largest value of the fit at the rows of the process.
    pub ceiling: f64,
}

#[derive(Default)]
pub(super) struct RunCaches {
    /// Uncertainty of the parameters, if the data determine it. The key is the position of the run.
    pub(super) covariance: StateCache<u64, Option<Rc<Uncertainty>>>,
    /// Regression of the data, independent of the fit. The key is the position of the run and the ceiling of the rows.
    pub(super) surrogate: StateCache<(u64, f64), Option<Rc<Surrogate>>>,
    /// Regression of the errors of the fit, with the same key.
    pub(super) errors: StateCache<(u64, f64), Option<Rc<Surrogate>>>,
}

/// The value computed last, with the key of the state that it belongs to.
#[derive(Debug, Default)]
pub(super) struct StateCache<K, V>(RefCell<Option<(K, V)>>);

impl<K: PartialEq + Clone, V: Clone> StateCache<K, V> {
    /// Returns the cached value if it belongs to `key`, else computes and caches it.
    pub fn get_or_compute(&self, key: K, compute: impl FnOnce() -> V) -> V {
        if let Some((known, value)) = &*self.0.borrow()
            && *known == key
        {
            return value.clone();
        }
        let value = compute();
        *self.0.borrow_mut() = Some((key, value.clone()));
        value
    }

    /// The key of the cached value, if there is one.
    pub fn key(&self) -> Option<K> {
        self.0.borrow().as_ref().map(|(key, _)| key.clone())
    }
}
