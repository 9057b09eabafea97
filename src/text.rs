//! Words for sentences about what a person typed.

/// What a person typed, cut to a length that fits into a sentence.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST { text.into() } else { text.chars().take(LONGEST).chain(['…']).collect() }
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
