//! Rows whose value is far from the one that their neighbours suggest. A fit bends towards such rows, and may have a well or a barrier that
//! rests on a single row.
//!
//! The value of a row is compared with the polynomial of the second degree through its nearest rows, as for the estimate of noise
//! ([`super::local_noise`]). The row with the largest difference is removed until none is far off (peeling). A removed row is an outlier if
//! its difference exceeds those of the remaining rows around it by a factor. At a kink or a jump of the function, the rows around it differ
//! from their polynomials too.

use std::borrow::Cow;

use ndarray::{ArrayRef1, ArrayRef2, ArrayView1, Axis};

use super::Dataset;
use super::local_noise::{MAX_INPUTS, fewest_rows, neighbours, prediction};
use super::noise::robust_std;
use crate::numerics::statistics::smallest;

/// Smallest difference of a row that is removed, in standard deviations of the noise.
const MIN_NOISE_RATIO: f64 = 6.0;
/// Smallest ratio of the difference of an outlier and the largest difference of the rows around it.
const MIN_LOCAL_RATIO: f64 = 4.0;
/// Largest fraction of removed rows. More rows far off are a property of the noise.
const MAX_FRACTION: f64 = 0.05;
/// Largest sum of the squared weights of the neighbours in a prediction. It is larger where the polynomial extrapolates.
const MAX_LEVERAGE: f64 = 1.0;
/// Largest number of rows around an outlier that were removed before it. More of them are a property of the function.
const MAX_REMOVED_AROUND: usize = 1;
/// Largest number of rows that are searched. More rows outweigh a single one.
const MAX_ROWS: usize = 4096;

/// A row whose value is far from the one that its neighbours suggest.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlier {
    /// Index of the row.
    pub row: usize,
    /// Its value.
    pub value: f64,
    /// Value that the neighbours suggest.
    pub expected: f64,
    /// Rows around it that are not far off.
    pub around: Vec<usize>,
}

/// Values at points `[points, inputs]`, with the ratios of their noise, and the inputs that have a period of one.
struct OutlierSearch<'a> {
    x: &'a ArrayRef2<f64>,
    y: &'a ArrayRef1<f64>,
    ratios: &'a [f64],
    periodic: &'a [bool],
    is_removed: Vec<bool>,
}

impl OutlierSearch<'_> {
    /// Predicted value of a row, and the size of its difference from it in units of its expected noise. `None` if the neighbours do not
    /// surround the row.
    fn difference(&self, row: usize) -> Option<[f64; 2]> {
        let near = neighbours(self.x.ncols());
        let found = prediction(self.x, self.ratios, self.periodic, row, near, &|other| self.is_removed[other])?;
        let predicted = found.value(self.y);
        let size = (self.y[row] - predicted).abs() / found.spread;
        (found.leverage() <= MAX_LEVERAGE && size.is_finite()).then_some([predicted, size])
    }

    /// Size of the difference of a row; zero if its neighbours do not surround it.
    fn size(&self, row: usize) -> f64 {
        self.difference(row).map_or(0.0, |difference| difference[1])
    }

    /// Outliers, the farthest one first.
    fn outliers(mut self) -> Vec<Outlier> {
        let (rows, near) = (self.y.len(), neighbours(self.x.ncols()));
        let mut sizes: Vec<f64> = (0..rows).map(|row| self.size(row)).collect();
        let noise = robust_std(sizes.iter().copied().filter(|size| *size > 0.0).collect());
        let mut outliers = Vec::new();
        for _ in 0..((MAX_FRACTION * rows as f64) as usize).max(1) {
            let Some(row) = (0..rows).max_by(|&a, &b| sizes[a].total_cmp(&sizes[b])) else { break };
            let Some([expected, size]) = self.difference(row).filter(|found| found[1] > MIN_NOISE_RATIO * noise) else { break };
            self.is_removed[row] = true;
            sizes[row] = 0.0;
            let nearest = nearest_rows(self.x, self.periodic, row, 2 * near);
            for &other in &nearest {
                sizes[other] = if self.is_removed[other] { 0.0 } else { self.size(other) };
            }
            let (removed, around): (Vec<usize>, Vec<usize>) =
                nearest.into_iter().take(near).partition(|&other| self.is_removed[other]);
            let scatter = around.iter().map(|&other| sizes[other]).fold(0.0, f64::max);
            if size > MIN_LOCAL_RATIO * scatter && removed.len() <= MAX_REMOVED_AROUND {
                outliers.push(Outlier { row, value: self.y[row], expected, around });
            }
        }
        outliers
    }
}

/// The nearest other rows of a row, of points `[points, inputs]`. Some inputs have a period of one.
pub(crate) fn nearest_rows(x: &ArrayRef2<f64>, periodic: &[bool], row: usize, count: usize) -> Vec<usize> {
    let along = |other: usize, k: usize| {
        let d = x[[other, k]] - x[[row, k]];
        if periodic.get(k) == Some(&true) { d - d.round() } else { d }
    };
    let square = |other: usize| (0..x.ncols()).map(|k| along(other, k).powi(2)).sum::<f64>();
    let squares: Vec<f64> = (0..x.nrows()).map(|other| if other == row { f64::INFINITY } else { square(other) }).collect();
    smallest(&squares, count)
}

impl Dataset {
    /// Rows in which a measured quantity is far from the one that their neighbours suggest, for each quantity, first the derivatives. The
    /// farthest row is first. Empty with more than three inputs.
    pub(crate) fn outliers(&self) -> Vec<Vec<Outlier>> {
        let slopes = self.gradient.iter().flat_map(|gradient| gradient.columns());
        slopes.chain(self.has_values().then(|| self.y.view())).map(|measured| self.outliers_of(&measured)).collect()
    }

    fn outliers_of(&self, measured: &ArrayView1<f64>) -> Vec<Outlier> {
        let inputs = self.inputs();
        let known: Vec<usize> = (0..measured.len()).filter(|&row| measured[row].is_finite()).collect();
        if inputs > MAX_INPUTS || !(fewest_rows(inputs)..=MAX_ROWS).contains(&known.len()) {
            return Vec::new();
        }
        let part = self.select_rows(&known);
        let search = OutlierSearch {
            x: &(&part.x / &part.widths()),
            y: &measured.select(Axis(0), &known),
            ratios: &part.relative_sigmas(),
            periodic: &self.periodic(),
            is_removed: vec![false; known.len()],
        };
        let in_all = |rows: Vec<usize>| rows.into_iter().map(|row| known[row]).collect();
        let found = search.outliers().into_iter();
        found.map(|found| Outlier { row: known[found.row], around: in_all(found.around), ..found }).collect()
    }

    /// The rows without some outliers.
    pub(crate) fn without(&self, outliers: &[Vec<Outlier>]) -> Cow<'_, Self> {
        let removed: Vec<usize> = outliers.iter().flatten().map(|outlier| outlier.row).collect();
        if removed.is_empty() {
            return Cow::Borrowed(self);
        }
        let kept: Vec<usize> = (0..self.samples()).filter(|row| !removed.contains(row)).collect();
        Cow::Owned(self.select_rows(&kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::statistics::order;
    use crate::potentials::random::RandomTargetKind;
    use crate::potentials::{self, KnownPotential, RandomLandscape, sampling};

    fn outliers(data: &Dataset) -> Vec<usize> {
        let mut rows: Vec<usize> = data.outliers()[0].iter().map(|outlier| outlier.row).collect();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn most_displaced_rows_are_outliers() {
        let surface = RandomLandscape::new(RandomTargetKind::Smooth, 2, 1);
        let targets: [(&dyn KnownPotential, usize); 2] = [(potentials::curves().next().unwrap(), 200), (&surface, 800)];
        for (target, rows) in targets {
            for (seed, noise) in [(1, 0.0), (2, 0.01), (3, 0.05)] {
                let mut data = sampling::uniform(target, rows, noise, seed);
                // The neighbours of these rows surround them.
                let middle = data.x.mean_axis(Axis(0)).unwrap();
                let distance = |row: usize| (&data.x.row(row) - &middle).mapv(f64::abs).sum();
                let inner = order(&(0..rows).map(distance).collect::<Vec<f64>>());
                let displaced = [inner[0], inner[rows / 4], inner[rows / 3]];
                let std = data.std();
                for row in displaced {
                    data.y[row] += 2.0 * std;
                }
                let found = outliers(&data);
                let named = displaced.iter().filter(|row| found.contains(row)).count();
                assert!(named >= 2, "{} {seed}: {found:?} of {displaced:?}", target.id());
                assert_eq!(data.without(&data.outliers()).samples(), rows - found.len());
            }
        }
    }

    #[test]
    fn rows_beside_repeated_measurements_are_not_outliers() {
        let surface = RandomLandscape::new(RandomTargetKind::Smooth, 2, 1);
        for seed in 1..=3 {
            let once = sampling::uniform(&surface, 400, 0.05, seed);
            // Some points are measured five times, with other noise.
            let again: Vec<usize> = (0..400).map(|k| k % 80).collect();
            let mut all = once.select_rows(&[(0..400).collect(), again].concat());
            let other = sampling::uniform(&surface, 400, 0.05, seed + 10);
            let noise = 0.05 * once.std();
            (400..800).for_each(|row| all.y[row] += noise * (other.y[row - 400] - other.y[(row + 7) % 400]) / other.std());
            all.y.iter_mut().for_each(|y| *y += 40.0 * once.std());
            let found = outliers(&all);
            assert!(found.len() <= 2, "{seed}: {found:?}");
        }
    }

    #[test]
    fn noisy_rows_of_potentials_are_rarely_outliers() {
        let mut checked = Vec::new();
        let mut check = |target: &dyn KnownPotential| {
            for (rows, noise) in [(60, 0.02), (60, 0.1), (200, 0.02), (200, 0.1)] {
                checked.push(outliers(&sampling::uniform(target, rows, noise, 1)).is_empty());
            }
        };
        potentials::all().for_each(&mut check);
        for kind in [RandomTargetKind::Smooth, RandomTargetKind::Kinked, RandomTargetKind::Gaussians] {
            for (inputs, seed) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3)] {
                check(&RandomLandscape::new(kind, inputs, seed));
            }
        }
        let false_alarms = checked.iter().filter(|has_none| !**has_none).count();
        // They are at kinks.
        assert!(10 * false_alarms <= checked.len(), "{false_alarms} of {}", checked.len());
    }

    #[test]
    fn jumps_are_no_outliers() {
        let x: Vec<f64> = (0..100).map(|k| 0.1 * f64::from(k)).collect();
        let step: Vec<f64> = x.iter().map(|x| if *x < 4.03 { 0.0 } else { 1.0 }).collect();
        assert_eq!(outliers(&Dataset::curve(&x, &step).unwrap()), [0_usize; 0]);
    }
}
