//! The native side of `cargo xtask bench`: answers [`questions`], one line of JSON for one line of JSON. An answer that is an object with the
//! key `error` is a sentence.

mod questions;
mod tasks;

use std::io::{BufRead, Write, stdin, stdout};

fn main() -> std::io::Result<()> {
    // A test run of all targets passes no questions, and ends here at once.
    for line in stdin().lock().lines() {
        let answer = questions::answer(&line?).unwrap_or_else(|error| serde_json::json!({ "error": error }).to_string());
        let mut out = stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
