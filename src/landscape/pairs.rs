//! Pairs the minima of a fit with those of the truth.

use super::Minimum;
use crate::numerics::bounds::Bounds;

/// Pairs minima by distance, the nearest first, up to a distance of `largest_distance`. Wells of the fit choose before its unsupported
/// minima. Returns indices `(fit, truth)`, sorted by the first input. An unmatched minimum forms its own pair.
pub fn pair(fit: &[Minimum], truth: &[Minimum], bounds: Bounds, largest_distance: f64) -> Vec<(Option<usize>, Option<usize>)> {
    let (mut of_fit, mut of_truth) = (vec![None; fit.len()], vec![None; truth.len()]);
    while let Some((i, j)) = nearest(fit, truth, (bounds, largest_distance), &of_fit, &of_truth) {
        (of_fit[i], of_truth[j]) = (Some(j), Some(i));
    }
    let alone = (0..truth.len()).filter(|&j| of_truth[j].is_none()).map(|j| (place(&truth[j]), (None, Some(j))));
    let mut pairs = Vec::new();
    for (x, pair) in of_fit.iter().enumerate().map(|(i, &j)| (place(&fit[i]), (Some(i), j))).chain(alone) {
        // Insertion keeps the pairs sorted.
        let at = pairs.partition_point(|&(other, _)| other <= x);
        pairs.insert(at, (x, pair));
    }
    pairs.into_iter().map(|(_, pair)| pair).collect()
}

fn place(minimum: &Minimum) -> f64 {
    minimum.x.first().copied().unwrap_or(f64::NAN)
}

/// Finds the closest pair of unmatched minima, with a supported one of the fit if possible.
fn nearest(
    fit: &[Minimum],
    truth: &[Minimum],
    (bounds, largest_distance): (Bounds, f64),
    of_fit: &[Option<usize>],
    of_truth: &[Option<usize>],
) -> Option<(usize, usize)> {
    let free = |of: &[Option<usize>]| (0..of.len()).filter(|&i| of[i].is_none()).collect::<Vec<_>>();
    let (free_fit, free_truth) = (free(of_fit), free(of_truth));
    let couples = free_fit.iter().flat_map(|&i| free_truth.iter().map(move |&j| (i, j)));
    let distance = |&(i, j): &(usize, usize)| bounds.distance(&fit[i].x, &truth[j].x);
    let near = couples.filter(|c| distance(c) <= largest_distance);
    near.min_by(|a, b| fit[b.0].supported.cmp(&fit[a.0].supported).then(distance(a).total_cmp(&distance(b))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(places: &[f64]) -> Vec<Minimum> {
        places.iter().map(|&x| Minimum { x: vec![x], ..Minimum::default() }).collect()
    }

    #[test]
    fn nearest_minima_are_paired_and_distant_ones_stay_single() {
        let pairs = pair(&at(&[-1.9, 0.1, 0.4]), &at(&[-2.0, 0.0, 2.0]), (&[[-2.0, 2.0]]).into(), 0.6);
        assert_eq!(pairs, [(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), None), (None, Some(2))]);
    }

    #[test]
    fn well_is_paired_before_nearer_dip_that_noise_explains() {
        let mut fit = at(&[-0.3, -0.1, 0.9]);
        (fit[1].supported, fit[2].supported) = (false, false);
        let pairs = pair(&fit, &at(&[0.0, 1.0]), (&[[-2.0, 2.0]]).into(), 0.4);
        assert_eq!(pairs, [(Some(0), Some(0)), (Some(1), None), (Some(2), Some(1))]);
    }

    #[test]
    fn empty_lists_give_no_pairs() {
        let line = (&[[0.0, 1.0]]).into();
        assert!(pair(&[], &[], line, 1.0).is_empty());
        assert_eq!(pair(&at(&[1.0]), &[], line, 1.0), [(Some(0), None)]);
    }

    #[test]
    fn minima_across_periodic_boundary_are_paired() {
        let circle = Bounds { ends: &[[-2.0, 2.0]], periodic: &[true] };
        assert_eq!(pair(&at(&[1.9]), &at(&[-1.95]), circle, 0.2), [(Some(0), Some(0))]);
    }
}
