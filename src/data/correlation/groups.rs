//! Groups of exchangeable rows one after another.
//!
//! A series of a few such groups, no two of which are alike, consists of sets of samples one after another, or it is a trajectory that
//! returns to no state. Its order does not show the length of a visit. The series is split where the mean of a tested function changes
//! most, until no part is distinguishable from exchangeable rows.

use std::ops::Range;

use super::{LevelFunction, MAX_ENTRIES, MIN_BLOCKS, critical_score, is_exchangeable, levels_of, tested_functions};

const MAX_GROUPS: usize = 8;
/// Divisor of the level of each test, so that all groups of a series are rarely rejected.
const LEVEL_DIVISOR: usize = 10 * MAX_GROUPS;

/// Number of groups of exchangeable rows one after another, if there are at most [`MAX_GROUPS`] and no two are alike. More than
/// [`MAX_ENTRIES`] rows are not divided.
pub fn count(levels: &[Vec<u8>]) -> Option<usize> {
    let rows = levels.first().map(Vec::len).filter(|rows| *rows <= MAX_ENTRIES)?;
    let mut groups = Vec::new();
    split(levels, 0..rows, &mut groups)?;
    // Ranks within the groups show correlations that no single group does.
    let ranks = |levels: &Vec<u8>| -> Vec<u8> {
        groups
            .iter()
            .flat_map(|rows| levels_of(&levels[rows.clone()].iter().map(|&level| f64::from(level)).collect::<Vec<_>>()))
            .collect()
    };
    if !is_exchangeable(&levels.iter().map(ranks).collect::<Vec<_>>(), LEVEL_DIVISOR) {
        return None;
    }
    let differ = |a: &Range<usize>, b: &Range<usize>| {
        let both: Vec<Vec<u8>> = part(levels, a).into_iter().zip(part(levels, b)).map(|(a, b)| [a, b].concat()).collect();
        let scores = both.iter().flat_map(|levels| tested_functions().map(|function| change(levels, &function)[a.len()]));
        let tests = tested_functions().count() * levels.len() * MAX_GROUPS.pow(2);
        scores.fold(0.0, f64::max) > critical_score(tests)
    };
    let are_different = groups.iter().enumerate().all(|(k, a)| groups[..k].iter().all(|b| differ(b, a)));
    (groups.len() > 1 && are_different).then_some(groups.len())
}

/// Appends the groups of some rows in order. `None` if there are more than [`MAX_GROUPS`].
fn split(levels: &[Vec<u8>], rows: Range<usize>, groups: &mut Vec<Range<usize>>) -> Option<()> {
    let inside = part(levels, &rows);
    if is_exchangeable(&inside, LEVEL_DIVISOR) {
        groups.push(rows);
        return (groups.len() <= MAX_GROUPS).then_some(());
    }
    let at = rows.start + sharpest_change(&inside)?;
    split(levels, rows.start..at, groups)?;
    split(levels, at..rows.end, groups)
}

/// Levels of some rows.
fn part(levels: &[Vec<u8>], rows: &Range<usize>) -> Vec<Vec<u8>> {
    levels.iter().map(|levels| levels[rows.clone()].to_vec()).collect()
}

/// Row at which the mean of a function of a quantity changes most, with at least [`MIN_BLOCKS`] rows on either side.
fn sharpest_change(levels: &[Vec<u8>]) -> Option<usize> {
    let rows = levels.first()?.len();
    let scores = levels.iter().flat_map(|levels| tested_functions().map(move |function| change(levels, &function)));
    let mut sharpest = (0.0, None);
    for scores in scores {
        for (at, &score) in scores.iter().enumerate().take((rows + 1).saturating_sub(MIN_BLOCKS)).skip(MIN_BLOCKS) {
            if score > sharpest.0 {
                sharpest = (score, Some(at));
            }
        }
    }
    sharpest.1
}

/// Difference of the means of a function before and from each row on, in standard errors; zero at both ends.
fn change(levels: &[u8], function: &LevelFunction) -> Vec<f64> {
    let of = |level: &u8| function[usize::from(*level)];
    let rows = levels.len() as f64;
    let mean = levels.iter().map(of).sum::<f64>() / rows;
    let variance = levels.iter().map(|level| (of(level) - mean).powi(2)).sum::<f64>() / rows;
    let mut sum = 0.0;
    let before = levels.iter().enumerate().map(|(k, level)| {
        let at = k as f64;
        let spread = variance * at * (rows - at) / rows;
        let score = if spread > 0.0 { sum / f64::sqrt(spread) } else { 0.0 };
        sum += of(level) - mean;
        score.abs()
    });
    before.collect()
}

#[cfg(test)]
mod tests {
    use crate::data::correlation::tests::{chain, one};
    use crate::data::correlation::{RowOrder, order};

    #[test]
    fn groups_of_independent_rows_are_distinguished_from_visits() {
        let groups = |centres: &[f64], rows: usize, kept: f64, seed: u64| {
            let each = centres
                .iter()
                .zip(seed..)
                .flat_map(|(centre, seed)| chain(seed, rows, kept).into_iter().map(move |x| centre + x));
            order(&one(each.collect()), None)
        };
        for seed in 0..10 {
            let seed = 10 * seed;
            assert_eq!(groups(&[0.0, 4.0], 200, 0.0, seed), RowOrder::Grouped(2), "{seed}");
            assert_eq!(groups(&[0.0, 8.0, 4.0], 60, 0.0, seed), RowOrder::Grouped(3), "{seed}");
            for visits in
                [groups(&[0.0, 4.0, 0.0], 200, 0.0, seed), groups(&[0.0, 4.0], 200, 0.8, seed), groups(&[0.0], 400, 0.5, seed)]
            {
                assert!(matches!(visits, RowOrder::Correlated(_)), "{seed}: {visits:?}");
            }
        }
    }
}
