//! Everything that reads, as targets: functions of bytes that panic where something is wrong.
//!
//! Of every input must hold: nothing panics, reading ends soon and takes memory in proportion, an error is one sentence, and what was read can be
//! written and read again to the same value where there is a writer.
//!
//! The first byte of an input says whether the rest is the text or file itself, or the choices by which one is built (`arbitrary`): a table of odd
//! cells, a model file with changes in its JSON, a formula by its grammar. `tests/corpus.rs` runs the kept inputs and some thousand changed ones,
//! cargo-fuzz runs libFuzzer (docs/assurance.md).

mod command;
mod odd;
mod page;
mod targets;

use std::time::{Duration, Instant};

/// Reader under test.
#[derive(Clone, Copy, Debug)]
pub struct FuzzTarget {
    /// Its name, which is that of its folder in `corpus/`, too.
    pub name: &'static str,
    /// Reads an input, and panics where what must hold does not.
    pub check: fn(&[u8]),
    /// Most bytes of an input.
    pub longest: usize,
    /// Bytes that an input of any length may allocate, and bytes for each of its bytes.
    pub memory: [usize; 2],
}

/// Everything that reads.
pub const FUZZ_TARGETS: [FuzzTarget; 8] = [
    FuzzTarget { name: "tables", check: targets::tables::check, longest: 2048, memory: [4 << 20, 4096] },
    // A byte of deflated data stands for up to 1032, and one of those for a number and its text.
    FuzzTarget { name: "arrays", check: targets::arrays::check, longest: 2048, memory: [16 << 20, 128 << 10] },
    FuzzTarget { name: "models", check: targets::models::check, longest: 4096, memory: [32 << 20, 4096] },
    FuzzTarget { name: "links", check: targets::links::check, longest: 1024, memory: [16 << 20, 4096] },
    FuzzTarget { name: "formulas", check: targets::formulas::check, longest: 1024, memory: [64 << 20, 4096] },
    FuzzTarget { name: "drawings", check: targets::drawings::check, longest: 2048, memory: [4 << 20, 4096] },
    FuzzTarget { name: "messages", check: targets::messages::check, longest: 2048, memory: [4 << 20, 4096] },
    FuzzTarget { name: "lists", check: targets::lists::check, longest: 256, memory: [64 << 20, 4096] },
];

/// Longest time that reading one input may take.
const MAX_READING_TIME: Duration = Duration::from_secs(5);

impl FuzzTarget {
    /// Runs the target on an input, of which it takes no more than its longest.
    ///
    /// # Panics
    /// If anything does not hold that must.
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
