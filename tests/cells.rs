//! The cells of a large table, of which there are the same in a browser, where sizes have 32 bits, as elsewhere.

use std::sync::Arc;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use multiwell::data::Dataset;
use multiwell::model::model_file::Normalization;
use multiwell::recipe::gathered::Gathered;

/// Rows whose number times that of the cells has no room in 32 bits.
const ROWS: usize = 450_000;

#[test]
fn a_large_table_has_the_same_cells_everywhere() {
    let part = |k: usize, factor: f64| (k as f64 * factor).fract();
    let x: Vec<f64> = (0..ROWS).flat_map(|k| [part(k, 0.754_877_666), part(k, 0.569_840_291)]).collect();
    let y = (0..ROWS).map(|k| part(k, 0.618_033_989)).collect();
    let x = ndarray::Array2::from_shape_vec((ROWS, 2), x).expect("two inputs");
    let data = Dataset { names: ["a", "b", "y"].map(String::from).to_vec(), x, y, ..Dataset::default() };
    let gathered = Gathered::new(Arc::new(data), &Normalization::identity(2), 0.0);
    assert_eq!(gathered.cells.samples(), 10_000);
    let sum: f64 = gathered.cells.y.iter().sum();
    assert_eq!(sum.to_bits(), 4_662_220_028_433_471_391);
}
