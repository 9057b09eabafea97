//! Counts of tests, from the summary lines of test runners.

use crate::TaskResult;

/// Counts of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of passed tests.
    pub passed: u64,
    /// Number of failed tests.
    pub failed: u64,
}

impl Tally {
    /// Adds the counts in a line of the form `test result: ok. 3 passed; 0 failed; ...`, or `# pass 3` and `# fail 0` of Node. Ignores other lines.
    pub fn add_line(&mut self, line: &str) {
        for (start, count) in [("# pass ", &mut self.passed), ("# fail ", &mut self.failed)] {
            *count += line.strip_prefix(start).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
        }
        let Some(rest) = line.trim_start().strip_prefix("test result: ") else { return };
        for part in rest.split(['.', ';']) {
            match part.trim().split_once(' ') {
                Some((count, "passed")) => self.passed += count.parse::<u64>().unwrap_or(0),
                Some((count, "failed")) => self.failed += count.parse::<u64>().unwrap_or(0),
                _ => {}
            }
        }
    }

    /// Counts a single check, and returns its outcome.
    pub fn check<T>(&mut self, outcome: TaskResult<T>) -> TaskResult<T> {
        *(if outcome.is_ok() { &mut self.passed } else { &mut self.failed }) += 1;
        outcome
    }

    /// Adds the counts of a suite.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_summary_lines_are_counted() {
        let mut tally = Tally::default();
        tally.add_line("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s");
        tally.add_line("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 filtered out; finished in 1.20s");
        tally.add_line("test graph::tests::a_result ... ok");
        tally.add_line("5 passed, 1 failed");
        tally.add_line("# pass 4");
        tally.add_line("# fail 1");
        tally.add_line("    # fail 7");
        assert_eq!(tally, Tally { passed: 19, failed: 3 });
        assert_eq!(tally.to_string(), "19 passed, 3 failed");
    }
}
