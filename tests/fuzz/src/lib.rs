//! Fuzz targets of all readers: functions of bytes that panic on a fault.
//!
//! For every input, nothing panics, time and memory are limited, and an error is one sentence. If there is a writer, a value that was read is
//! written and read again without a change.
//!
//! The first byte of an input selects a raw text or file, or one built from the rest as choices (`arbitrary`): a table with odd
//! cells, a model file with changes in its JSON, a formula by its grammar. `tests/corpus.rs` runs the stored inputs and some thousand changed
//! ones; cargo-fuzz runs libFuzzer (docs/assurance.md).

mod command;
mod odd;
mod page;
mod targets;

use std::time::{Duration, Instant};

/// Reader under test.
#[derive(Clone, Copy, Debug)]
pub struct FuzzTarget {
    /// Name of the target and of its folder in `corpus/`.
    pub name: &'static str,
    /// Reads an input, and panics on a fault.
    pub check: fn(&[u8]),
    /// Maximum number of bytes of an input.
    pub longest: usize,
    /// Number of bytes that any input may allocate, and additional number per byte of the input.
    pub memory: [usize; 2],
}

/// Targets of all readers.
pub const FUZZ_TARGETS: [FuzzTarget; 8] = [
    FuzzTarget { name: "tables", check: targets::tables::check, longest: 2048, memory: [4 << 20, 4096] },
    // A byte of deflated data gives up to 1032 bytes. Each of them may become a number with its text.
    FuzzTarget { name: "arrays", check: targets::arrays::check, longest: 2048, memory: [16 << 20, 128 << 10] },
    FuzzTarget { name: "models", check: targets::models::check, longest: 4096, memory: [32 << 20, 4096] },
    FuzzTarget { name: "links", check: targets::links::check, longest: 1024, memory: [16 << 20, 4096] },
    FuzzTarget { name: "formulas", check: targets::formulas::check, longest: 1024, memory: [64 << 20, 4096] },
    FuzzTarget { name: "drawings", check: targets::drawings::check, longest: 2048, memory: [4 << 20, 4096] },
    FuzzTarget { name: "messages", check: targets::messages::check, longest: 2048, memory: [4 << 20, 4096] },
    FuzzTarget { name: "lists", check: targets::lists::check, longest: 256, memory: [64 << 20, 4096] },
];

/// Maximum time for reading one input.
const MAX_READING_TIME: Duration = Duration::from_secs(5);

impl FuzzTarget {
    /// Runs the target on the first `longest` bytes of an input.
    ///
    /// # Panics
    /// If a requirement is violated.
    pub fn judge(&self, input: &[u8]) {
        let input = &input[..input.len().min(self.longest)];
        let begun = Instant::now();
        let taken = allocation_counter::measure(|| (self.check)(input)).bytes_max as usize;
        let allowed = self.memory[0] + self.memory[1] * input.len();
        assert!(taken <= allowed, "{} bytes of input took {taken} bytes of memory", input.len());
        assert!(begun.elapsed() < MAX_READING_TIME, "{} bytes of input took {:?}", input.len(), begun.elapsed());
    }
}

/// Checks that a message is one sentence on one line.
fn is_sentence(said: &impl std::fmt::Display) {
    const MAX_SENTENCE_CHARACTERS: usize = 700;
    let said = said.to_string();
    assert!(
        !said.trim().is_empty() && said.chars().count() <= MAX_SENTENCE_CHARACTERS,
        "{} characters: {said:?}",
        said.chars().count()
    );
    assert!(said == multiwell::internal::text::printable(&said), "not on one line: {said:?}");
}
