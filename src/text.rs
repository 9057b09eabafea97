//! Words for sentences about what a person typed.

/// What a person typed, cut to a length that fits into a sentence.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST { text.into() } else { text.chars().take(LONGEST).chain(['…']).collect() }
}
