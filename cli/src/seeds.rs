//! The list of seeds after `--seeds`.

use std::collections::BTreeSet;

use multiwell::internal::problem::settings::MAX_SEED;
use multiwell::internal::text::shortened;

use super::sweep::expand;

/// Maximum number of runs of one command.
const MAX_RUNS: usize = 10_000;

/// Reads seeds such as `0..9`, `3,5,8` or `0..4,8`: in rising order, each once, with both ends of a range.
pub fn read(text: &str) -> Result<Vec<u64>, String> {
    let complaint = || format!("--seeds takes whole numbers and ranges such as 0..9 or 3,5,8, not `{}`", shortened(text));
    let seed = |word: String| word.trim().parse().ok().filter(|&seed: &u64| seed as f64 <= MAX_SEED).ok_or_else(complaint);
    let values = expand("--seeds", text).map_err(|why| format!("{}; {why}", complaint()))?;
    if values.len() > MAX_RUNS {
        return Err(format!("--seeds {} asks for more than {MAX_RUNS} runs; ask for fewer at a time", shortened(text)));
    }
    let seeds: BTreeSet<u64> = values.into_iter().map(seed).collect::<Result<_, _>>()?;
    Ok(seeds.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn seed_lists_are_sorted_without_repetition() {
        assert_eq!(read("0..3"), Ok(vec![0, 1, 2, 3]));
        assert_eq!(read("7, 2..4,3"), Ok(vec![2, 3, 4, 7]));
        for wrong in ["", "a", "3..1", "1..", "-1", "1..2..3", "0.5", "99999999999999999"] {
            assert!(read(wrong).unwrap_err().contains("0..9"), "{wrong}");
        }
        assert!(read(&"x".repeat(1000)).unwrap_err().len() < 250);
        assert!(read("0..10000").unwrap_err().contains("more than"));
        assert!(read("0..6000,8000..14000").unwrap_err().contains("more than"));
        assert_eq!(read("0..9999").map(|seeds| seeds.len()), Ok(10_000));
    }
}
