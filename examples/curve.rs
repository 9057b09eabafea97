//! Fits a table of two columns and prints wells and barriers: `cargo run --release --example curve -- points.csv`.

use multiwell::{Columns, Dataset};

/// Without an argument, the table is one that comes with the tests.
pub fn main() -> Result<(), multiwell::Error> {
    let path = std::env::args().nth(1).filter(|path| std::path::Path::new(path).is_file());
    let data = Dataset::open(path.as_deref().unwrap_or("tests/data/curve.csv"), &Columns::default())?;
    let fit = multiwell::fit(&data)?;
    for well in fit.minima() {
        println!("x = {:.3}, Psi = {:.3}, barrier {:.3}", well.x[0], well.value, well.barrier.unwrap_or(f64::NAN));
    }
    Ok(())
}
