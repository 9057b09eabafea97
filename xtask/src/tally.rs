//! Counts tests, from the summary lines of test runners.

/// Counts of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of passed tests.
    pub passed: u64,
    /// Number of failed tests.
    pub failed: u64,
}

impl Tally {
    /// Adds the counts in a line of the form `test result: ok. 3 passed; 0 failed; ...`, or `# pass 3` and `# fail 0` of Node; other lines are ignored.
    pub fn see(&mut self, line: &str) {
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

    /// Adds a suite that is a single check, or that failed before it could count.
    pub fn count(&mut self, held: bool) {
        if held { self.passed += 1 } else { self.failed += 1 }
    }

    /// The sum of both counts.
    pub fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
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
    fn only_lines_that_sum_up_count() {
        let mut tally = Tally::default();
        tally.see("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s");
        tally.see("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 filtered out; finished in 1.20s");
        tally.see("test graph::tests::a_result ... ok");
        tally.see("5 passed, 1 failed");
        tally.see("# pass 4");
        tally.see("# fail 1");
        tally.see("    # fail 7");
        assert_eq!(tally, Tally { passed: 19, failed: 3 });
        assert_eq!(tally.to_string(), "19 passed, 3 failed");
    }
}
