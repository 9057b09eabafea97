//! Test of the cells of a large table. They are the same in a browser, where sizes have 32 bits, as elsewhere.

use std::sync::Arc;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use multiwell::internal::data::Dataset;
use multiwell::internal::loss::gathered::Gathered;
use multiwell::internal::model::model_file::Normalization;

/// Number of rows. Its product with the number of cells exceeds 32 bits.
const ROW_COUNT: usize = 450_000;

#[test]
fn large_table_has_same_cells_on_all_targets() {
    let part = |k: usize, factor: f64| (k as f64 * factor).fract();
    let x: Vec<f64> = (0..ROW_COUNT).flat_map(|k| [part(k, 0.754_877_666), part(k, 0.569_840_291)]).collect();
    let y = (0..ROW_COUNT).map(|k| part(k, 0.618_033_989)).collect();
    let x = ndarray::Array2::from_shape_vec((ROW_COUNT, 2), x).expect("two inputs");
    let data = Dataset { names: ["a", "b", "y"].map(String::from).to_vec(), x, y, ..Dataset::default() };
    let gathered = Gathered::new(Arc::new(data), &Normalization::identity(2), 0.0);
    assert_eq!(gathered.cells.samples(), 10_000);
    let sum: f64 = gathered.cells.y.iter().sum();
    assert_eq!(sum.to_bits(), 4_662_220_028_433_471_391);
}
