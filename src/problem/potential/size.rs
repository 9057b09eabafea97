//! Estimate of the memory of a fit before its allocation.

use crate::data::Dataset;
use crate::loss::gathered;
use crate::model::Architecture;
use crate::model::model_file::arrays_of;
use crate::problem::settings::InvalidSetting;

/// Measured bytes of the second derivatives of a mode for each pair of inputs: about ten numbers for each of the points that are
/// evaluated together.
const BYTES_PER_PAIR: f64 = 320.0;
/// Bytes of a derivative of the error of a row by a parameter.
const BYTES_PER_DERIVATIVE: f64 = 8.0;
const BYTES_PER_GB: f64 = (1 << 30) as f64;
/// Largest memory of the second derivatives, and of the derivatives of all errors, in gigabytes.
const MAX_CURVATURE_GB: f64 = 1.0;
const MAX_DERIVATIVES_GB: f64 = if cfg!(target_arch = "wasm32") { 2.0 } else { 8.0 };

/// Checks that a fit to these data stays within the memory limits.
pub(crate) fn check_data(arch: &Architecture, data: &Dataset) -> Result<(), Vec<InvalidSetting>> {
    let each = if data.gradient.is_some() { data.inputs() } else { 1 };
    check(arch, data.samples() * each).map_err(|sentence| vec![InvalidSetting::new("", sentence)])
}

/// Checks that a fit stays within the memory limits. `residuals` is the number of errors of all rows.
fn check(arch: &Architecture, residuals: usize) -> Result<(), String> {
    let (inputs, modes) = (arch.inputs as f64, arch.modes as f64);
    let curvature = BYTES_PER_PAIR * modes * inputs * inputs / BYTES_PER_GB;
    if curvature > MAX_CURVATURE_GB {
        let most = (MAX_CURVATURE_GB * BYTES_PER_GB / (BYTES_PER_PAIR * modes)).sqrt().floor();
        return Err(format!(
            "a fit of {inputs} inputs with {modes} modes takes about {curvature:.0} GB of memory, more than is allowed; choose at most {most} inputs, or \
             fewer modes"
        ));
    }
    let parameters: usize = arrays_of(arch).iter().map(|array| array.shape.iter().product::<usize>()).sum();
    // With few inputs, many rows are averaged in cells.
    let rows = if arch.inputs <= gathered::MAX_INPUTS { residuals.min(2 * gathered::MAX_ROWS * arch.inputs) } else { residuals };
    let derivatives = BYTES_PER_DERIVATIVE * rows as f64 * parameters as f64 / BYTES_PER_GB;
    if derivatives > MAX_DERIVATIVES_GB {
        return Err(format!(
            "a fit of {rows} numbers with {parameters} parameters takes about {derivatives:.0} GB of memory, more than is allowed; choose fewer modes or \
             narrower hidden layers, or leave rows out"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fit_beyond_memory_limit_is_refused() {
        let arch = |inputs: usize, modes: usize| Architecture::new(inputs, modes, &[10, 10]);
        for (inputs, modes, rows) in [(1, 10, 10_000_000), (10, 10, 100_000), (300, 10, 1000), (500, 10, 10_000), (1000, 2, 200)]
        {
            assert_eq!(check(&arch(inputs, modes), rows), Ok(()), "{inputs} inputs, {modes} modes, {rows} rows");
        }
        let refused = |inputs: usize, rows: usize| check(&arch(inputs, 10), rows).unwrap_err();
        let sentence = refused(1000, 200);
        assert!(sentence.contains("3 GB") && sentence.contains("at most 579 inputs"), "{sentence}");
        assert!(refused(5000, 200).contains("fewer modes"));
        assert!(refused(20, 10_000_000).contains("leave rows out"));
    }
}
