//! Compiled part of the Python package `multiwell`: training, and evaluation of model files. The interface for users is Python (`multiwell/`),
//! which checks arrays, keeps names and draws.

#![allow(clippy::needless_pass_by_value, reason = "functions of Python are given values")]

mod data;
mod export;
mod model;
mod train;
mod uncertainty;

use pyo3::prelude::*;

/// Compiled part of the package `multiwell`.
#[pymodule]
fn _multiwell(module: &Bound<PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    // The bits of a fit depend on the target features. With the flags of the repository they equal those of the command line.
    module.add("X86_64_V3", cfg!(all(target_arch = "x86_64", target_feature = "avx2", target_feature = "fma")))?;
    module.add_function(wrap_pyfunction!(data::fit_potential, module)?)?;
    module.add_function(wrap_pyfunction!(data::fit_density, module)?)?;
    module.add_function(wrap_pyfunction!(data::fit_material, module)?)?;
    module.add_function(wrap_pyfunction!(export::export, module)?)?;
    module.add_class::<uncertainty::PyUncertainty>()?;
    module.add_class::<model::PyModel>()
}
