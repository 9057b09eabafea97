//! Hostile names: fragments with a meaning in some language, alone and in random combinations.

/// Returns the names: each fragment, a very long name, and random combinations, `count` in all.
pub fn all(count: usize) -> Vec<String> {
    // Fragments that are code leave a trace if they run.
    let parts: Vec<String> = serde_json::from_str(include_str!("names.json")).expect("a list of fragments");
    let mut names = parts.clone();
    names.push("*/".repeat(50_000));
    let mut state = 1_u64;
    let mut below = |count: usize| {
        // Lehmer's random number generator modulo 2^31 - 1.
        state = state * 48271 % 2_147_483_647;
        state as usize % count
    };
    while names.len() < count {
        let count = 1 + below(6);
        names.push((0..count).map(|_| parts[below(parts.len())].as_str()).collect::<Vec<_>>().join(["", " ", "\n"][below(3)]));
    }
    names
}
