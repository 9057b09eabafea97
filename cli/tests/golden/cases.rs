//! Command lines whose results are recorded, from `cases.txt`. A line without indentation is the name of a case, and the indented lines below it are
//! its command lines. They share a folder, which contains the tables of [`crate::tables`]. Add a case at the end of its group.

use std::sync::LazyLock;

/// Successive command lines, without the name of the program.
pub struct GoldenCase {
    /// Name of its file of expected results.
    pub name: &'static str,
    /// Command lines, in which spaces separate the words.
    pub lines: Vec<&'static str>,
}

/// All cases, the longest first.
pub static RECORDED_CASES: LazyLock<Vec<GoldenCase>> = LazyLock::new(|| {
    let mut cases: Vec<GoldenCase> = Vec::new();
    for line in include_str!("cases.txt").lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty()) {
        match line.strip_prefix("    ") {
            Some(command) => cases.last_mut().expect("a name precedes command lines").lines.push(command),
            None => cases.push(GoldenCase { name: line, lines: Vec::new() }),
        }
    }
    cases
});
