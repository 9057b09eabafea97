//! Tables of training data for the cases, and model files for continued training. They are files in `cli/tests/golden/data`, except one large table.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the table that is computed.
const COMPUTED_TABLE: &str = "many.csv";
/// Number of rows of the computed table.
const COMPUTED_ROWS: u32 = 9000;

/// Path of a file with this name.
fn stored(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/data")).join(name)
}

/// Text of the computed table: one input with two wells.
fn computed() -> String {
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    (0..COMPUTED_ROWS).fold(String::from("x,y\n"), |mut text, k| {
        // The fractional part of a multiple of an irrational number looks random.
        let x = 4.0 * (f64::from(k) * 0.618_033_988_7).fract() - 2.0;
        writeln!(text, "{},{}", rounded(x), rounded(0.5 * x.powi(4) - 1.5 * x * x + 0.2 * x)).unwrap();
        text
    })
}

/// Returns true if a file has this name.
pub fn has(name: &str) -> bool {
    name == COMPUTED_TABLE || stored(name).exists()
}

/// Writes every file into a folder.
pub fn write(folder: &Path) {
    for entry in fs::read_dir(stored("")).expect("a folder of tables") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), folder.join(entry.file_name())).expect("a file");
    }
    fs::write(folder.join(COMPUTED_TABLE), computed()).expect("a file");
}

/// The text of a file.
pub fn text(name: &str) -> String {
    if name == COMPUTED_TABLE { computed() } else { fs::read_to_string(stored(name)).expect("a file of this name") }
}
