//! Comments of each language around lines that may contain any characters. Names of columns, units, labels and files come from users.
//!
//! Every comment of an exported file passes through one of these functions. A line stays one line, neither begins nor ends a comment, and does not
//! continue on another line. It is therefore never code.

use itertools::Itertools;
use multiwell::internal::text::printable;

/// Maximum number of characters of a line; longer lines are cut.
const MAX_CHARACTERS: usize = 200;

/// Pairs of characters with a meaning within a comment: its end, a nested comment, a trigraph of C, or the end of a script in a document.
const ACTIVE_PAIRS: [[char; 2]; 5] = [['*', '/'], ['/', '*'], ['?', '?'], ['<', '/'], ['<', '!']];

/// Replaces characters that have a meaning in a comment of any of the languages.
fn harmless(line: &str) -> String {
    let mut text = String::new();
    for (count, c) in printable(line).trim_end().chars().enumerate() {
        if count == MAX_CHARACTERS {
            text.push('…');
            break;
        }
        if ACTIVE_PAIRS.iter().any(|&[first, second]| c == second && text.ends_with(first)) {
            text.push(' ');
        }
        text.push(c);
    }
    // A backslash at the end of a line would continue it on the next one.
    if text.ends_with('\\') { text + "." } else { text }
}

/// Lines that each begin with a mark and end with a line feed. The mark is `//` in Rust, `!` in Fortran and `%` in LaTeX.
pub fn marked(mark: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{mark} {}", harmless(line)).trim_end().to_owned() + "\n").join("")
}

/// Lines between `/*` and `*/`, for C and JavaScript.
pub fn block(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!(" * {}", harmless(line)).trim_end().to_owned()).join("\n");
    format!("/*{}\n */\n", lines.strip_prefix(" *").unwrap_or(&lines))
}

/// Lines of a triple-quoted string that documents a Python module.
pub fn docstring(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| harmless(line).replace('\\', "\\\\").replace('"', "\\\"")).join("\n");
    format!("\"\"\"{lines}\n\"\"\"\n")
}

/// Lines of plain text, which no program reads as code.
pub fn plain(lines: &[String]) -> String {
    lines.iter().map(|line| harmless(line)).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_keep_ordinary_lines_and_escape_code() {
        let lines = ["E [kJ/mol] of x*y, 2 % off", "", "*/ /* */*/ ??/", "a\nb\r\u{2028}\u{202e}\0c", "\"\"\" \\"];
        let lines = lines.map(String::from);
        let code = marked("//", &lines);
        let expected =
            "// E [kJ/mol] of x*y, 2 % off\n//\n// * / / * * / * / ? ?/\n// a\\nb\\r\\u{2028}\\u{202e}\\u{0}c\n// \"\"\" \\.\n";
        assert_eq!(code, expected);
        assert!(block(&lines).starts_with("/* E [kJ/mol] of x*y, 2 % off\n *\n * * / / * * / * / ? ?/\n"), "{}", block(&lines));
        assert!(block(&lines).ends_with(" * \"\"\" \\.\n */\n"), "{}", block(&lines));
        assert!(docstring(&lines).ends_with("\n\\\"\\\"\\\" \\\\.\n\"\"\"\n"), "{}", docstring(&lines));
        let long = marked("!", &["é".repeat(100_000)]);
        assert_eq!(long.chars().count(), 2 + MAX_CHARACTERS + 2);
    }
}
