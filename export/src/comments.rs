//! Comments of each language around lines that may have any characters: names of columns, units, labels and files come from users.
//!
//! Whatever an exported file says in a comment passes through one of these functions. A line stays one line, ends no comment, begins none,
//! and continues on no other line, so that it is never code.

use itertools::Itertools;
use multiwell::text::printable;

/// Most characters of a line; what is longer is cut.
const MAX_CHARACTERS: usize = 200;

/// Pairs of characters that mean something within a comment: its end, a comment in it, a trigraph of C, the end of a script in a document.
const PAIRS: [[char; 2]; 5] = [['*', '/'], ['/', '*'], ['?', '?'], ['<', '/'], ['<', '!']];

/// A line without characters that mean something in a comment of any of the languages.
fn harmless(line: &str) -> String {
    let mut text = String::new();
    for (count, c) in printable(line).trim_end().chars().enumerate() {
        if count == MAX_CHARACTERS {
            text.push('…');
            break;
        }
        if PAIRS.iter().any(|&[first, second]| c == second && text.ends_with(first)) {
            text.push(' ');
        }
        text.push(c);
    }
    // A backslash at the end of a line would continue it on the next one.
    if text.ends_with('\\') { text + "." } else { text }
}

/// Lines of which each begins with a mark, and which end with a line feed: `//` in Rust, `!` in Fortran, `%` in LaTeX.
pub fn marked(mark: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{mark} {}", harmless(line)).trim_end().to_owned() + "\n").join("")
}

/// Lines between `/*` and `*/`, for C and JavaScript.
pub fn block(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!(" * {}", harmless(line)).trim_end().to_owned()).join("\n");
    format!("/*{}\n */\n", lines.strip_prefix(" *").unwrap_or(&lines))
}

/// Lines of a string in triple quotes that documents a module of Python.
pub fn docstring(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| harmless(line).replace('\\', "\\\\").replace('"', "\\\"")).join("\n");
    format!("\"\"\"{lines}\n\"\"\"\n")
}

/// Lines of a text that no program reads as code.
pub fn plain(lines: &[String]) -> String {
    lines.iter().map(|line| harmless(line)).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_ordinary_lines_and_changes_what_could_be_code() {
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
