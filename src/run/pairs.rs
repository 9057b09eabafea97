//! Which minimum of the fit answers to which minimum of the truth.

use crate::landscape::Minimum;

/// Pairs minima by distance along the first input, the nearest first, and never farther apart than `reach`. Returns indices
/// `(fit, truth)` from left to right; a minimum without a counterpart stands alone.
pub fn pair(fit: &[Minimum], truth: &[Minimum], reach: f64) -> Vec<(Option<usize>, Option<usize>)> {
    let place = |m: &Minimum| m.x.first().copied().unwrap_or(f64::NAN);
    let mut near: Vec<(f64, usize, usize)> = fit
        .iter()
        .enumerate()
        .flat_map(|(i, f)| truth.iter().enumerate().map(move |(j, t)| ((place(f) - place(t)).abs(), i, j)))
        .filter(|(distance, ..)| *distance <= reach)
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut of_fit, mut of_truth) = (vec![None; fit.len()], vec![None; truth.len()]);
    for (_, i, j) in near {
        if of_fit[i].is_none() && of_truth[j].is_none() {
            (of_fit[i], of_truth[j]) = (Some(j), Some(i));
        }
    }
    let mut pairs: Vec<_> = of_fit.iter().enumerate().map(|(i, &j)| (Some(i), j)).collect();
    pairs.extend((0..truth.len()).filter(|&j| of_truth[j].is_none()).map(|j| (None, Some(j))));
    let x = |pair: &(Option<usize>, Option<usize>)| match *pair {
        (Some(i), _) => place(&fit[i]),
        (None, Some(j)) => place(&truth[j]),
        (None, None) => f64::NAN,
    };
    pairs.sort_by(|a, b| x(a).total_cmp(&x(b)));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(places: &[f64]) -> Vec<Minimum> {
        places.iter().map(|&x| Minimum { x: vec![x], ..Minimum::default() }).collect()
    }

    #[test]
    fn the_nearest_are_paired_and_strays_stand_alone() {
        let pairs = pair(&at(&[-1.9, 0.1, 0.4]), &at(&[-2.0, 0.0, 2.0]), 0.6);
        assert_eq!(pairs, [(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), None), (None, Some(2))]);
    }

    #[test]
    fn nothing_pairs_with_nothing() {
        assert!(pair(&[], &[], 1.0).is_empty());
        assert_eq!(pair(&at(&[1.0]), &[], 1.0), [(Some(0), None)]);
    }
}
