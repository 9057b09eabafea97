//! Test that the README and the documentation of the crate contain the same code.

#[test]
fn readme_contains_the_code_of_the_tour() {
    let readme = include_str!("../../README.md");
    let mut is_code = false;
    let mut lines = 0;
    for line in include_str!("../../src/lib.rs").lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim) {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code && !line.is_empty() && !line.starts_with('#') && !line.starts_with("use ") {
            assert!(readme.contains(line), "the README lacks `{line}`");
            lines += 1;
        }
    }
    assert!(lines > 15, "the tour has {lines} lines of code");
}
