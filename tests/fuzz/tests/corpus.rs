//! Runs every target on the stored inputs and on some thousand pseudo-random ones. `FUZZ_INPUTS=1000000` sets their number, `SEED=7` their seed.

use std::path::Path;

use multiwell_fuzz::{FUZZ_TARGETS, FuzzTarget};
use rand::{Rng, RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Number of pseudo-random inputs of each target.
const INPUTS_PER_TARGET: usize = 2000;
/// First byte of an input with a raw file.
const RAW_PREFIX: u8 = 0;
/// Default seed of the generator.
const DEFAULT_SEED: u64 = 11;

/// Number in an environment variable.
fn read_variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is to be a number, not {text}")))
}

/// Contents of the files in a folder of this package, sorted by name.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Stored inputs of a target. Readers of tables also get files of other programs, as raw inputs.
fn kept(target: &FuzzTarget) -> Vec<Vec<u8>> {
    let mut kept = files(&format!("corpus/{}", target.name));
    if ["tables", "arrays"].contains(&target.name) {
        kept.extend(files("../data/tables").into_iter().map(|file| [vec![RAW_PREFIX], file].concat()));
    }
    kept
}

/// A pseudo-random input: choices for building one, or a stored input with pieces overwritten, removed, or replaced by those of another.
fn changed(rng: &mut Xoshiro256PlusPlus, kept: &[Vec<u8>]) -> Vec<u8> {
    if kept.is_empty() || rng.random_bool(0.4) {
        let mut bytes = vec![0; rng.random_range(1..400)];
        rng.fill_bytes(&mut bytes);
        bytes[0] |= 1;
        return bytes;
    }
    let mut bytes = kept[rng.random_range(0..kept.len())].clone();
    for _ in 0..rng.random_range(1..6) {
        let at = rng.random_range(0..=bytes.len());
        let end = (at + rng.random_range(0..12)).min(bytes.len());
        let other = &kept[rng.random_range(0..kept.len())];
        let from = rng.random_range(0..=other.len());
        let piece = match rng.random_range(0..4) {
            0 => Vec::new(),
            1 => vec![rng.random(); rng.random_range(1..4)],
            2 => other[from..(from + 20).min(other.len())].to_vec(),
            _ => bytes[at..end].repeat(2),
        };
        bytes.splice(at..end, piece);
    }
    bytes
}

fn run(name: &str) {
    let target = FUZZ_TARGETS.iter().find(|target| target.name == name).unwrap();
    let kept = kept(target);
    for input in &kept {
        target.judge(input);
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(read_variable("SEED").unwrap_or(DEFAULT_SEED));
    for _ in 0..read_variable("FUZZ_INPUTS").unwrap_or(INPUTS_PER_TARGET) {
        let input = changed(&mut rng, &kept);
        let judged = std::panic::catch_unwind(|| target.judge(&input));
        assert!(judged.is_ok(), "{name} fails at the input {:?}", input.escape_ascii().to_string());
    }
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[test] fn $name() { run(stringify!($name)); })*

        #[test]
        fn every_target_is_run() {
            assert_eq!(FUZZ_TARGETS.map(|target| target.name), [$(stringify!($name)),*]);
        }
    };
}
tests!(tables arrays models links formulas drawings messages lists);
