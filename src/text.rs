//! Words for sentences about what a person typed.

/// What a person typed, cut to a length that fits into a sentence, on one line.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    let short: String =
        if text.chars().count() <= LONGEST { text.into() } else { text.chars().take(LONGEST).chain(['…']).collect() };
    printable(&short)
}

/// A text on one line: control characters, which could end a line or command a terminal, are written as `\u{1b}` is.
pub fn printable(text: &str) -> String {
    // What turns the direction of reading hides what stands after it.
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) { line.push(c) } else { line.extend(c.escape_default()) }
    }
    line
}

/// A clause as a sentence of its own: with a capital and a full stop.
pub fn sentence(clause: &str) -> String {
    let end = if clause.ends_with(['.', '?', '!']) { "" } else { "." };
    let mut characters = clause.chars();
    match characters.next() {
        // A file's name keeps its own spelling.
        Some(first) if !clause.split(' ').next().is_some_and(|word| word.contains('.')) => {
            format!("{}{}{end}", first.to_ascii_uppercase(), characters.as_str())
        }
        _ => format!("{clause}{end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_echoed_stays_on_one_short_line() {
        assert_eq!(shortened("E\u{1b}[31m\n\0x"), "E\\u{1b}[31m\\n\\u{0}x");
        assert_eq!(printable("strain E₁₁, σ"), "strain E₁₁, σ");
        let long = shortened(&"\u{7}".repeat(70_000));
        assert!(long.len() < 300 && !long.contains('\u{7}'), "{long}");
    }
}
