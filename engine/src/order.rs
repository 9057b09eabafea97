//! Sorting by a number. One sort serves all: each kind of thing that the standard library sorts for itself is three kilobytes of
//! the page.

/// Places of the keys from the smallest key to the largest; equal keys stay in their order, and what is not a number comes last
/// (or first, if it is negative).
pub fn order(keys: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..keys.len()).collect();
    places.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
    places
}

/// Sorts by `key` in the same way.
pub fn sort_by_key<T>(items: &mut Vec<T>, key: impl Fn(&T) -> f64) {
    let places = order(&items.iter().map(key).collect::<Vec<f64>>());
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| taken[place].take()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_sorted_by_their_keys_and_equals_keep_their_order() {
        assert_eq!(order(&[2.0, f64::NAN, -1.0, 2.0, 0.0]), [2, 4, 0, 3, 1]);
        let mut words = vec!["three", "a", "of", "b", "four"];
        sort_by_key(&mut words, |word| word.len() as f64);
        assert_eq!(words, ["a", "b", "of", "four", "three"]);
    }
}
