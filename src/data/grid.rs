//! Values that lie on a grid or repeat: whole numbers, angles in steps, counts, rounded numbers.
//!
//! A value of a grid represents an interval, its cell. A density cannot be fitted to repeated values, because its likelihood would grow
//! without bound as it becomes narrower. So equal values are spread evenly over their cell by a low-discrepancy sequence, and the fit
//! estimates the density of the cell.

use crate::numerics::statistics::sorted;
use crate::text::whole;

/// Largest number of distinct values of a coarse grid if each occurs twice on average: about the resolution of a fit on a line.
const MAX_COARSE: usize = 128;
/// Largest number of steps of a coarse grid between the quartiles of the rows, if any value occurs twice.
const MAX_STEPS: f64 = 32.0;
/// Smallest number of distinct values of rounded numbers.
const MIN_LEVELS: usize = 4;
/// Smallest number of distinct values of a coarse column without a doubt about its density.
const MIN_DENSITY_VALUES: usize = 8;
/// Largest difference of equal values, as a fraction of their range.
const EQUALITY_TOLERANCE: f64 = 1e-9;
/// Largest deviation of values from a grid, as a fraction of its step.
const GRID_TOLERANCE: f64 = 1e-3;
/// Smallest step, as a fraction of the smallest difference of two values.
const MIN_STEP_FRACTION: f64 = 1.0 / 24.0;
/// Shift from one equal value to the next as a fraction of the cell, for each input: the golden ratio, and powers of the plastic number.
/// Multiples of each fill a cell evenly, and those of different inputs are independent of each other.
const CELL_SHIFTS: [f64; 3] = [0.618_033_988_749_895, 0.754_877_666_246_693, 0.569_840_290_998_053];

/// Values of a column in groups of equal ones.
pub struct GroupedValues {
    /// Distinct values, in increasing order.
    distinct: Vec<f64>,
    /// Largest number of which all differences are multiples.
    step: Option<f64>,
    rows: usize,
    /// Interquartile range of the rows.
    middle: f64,
}

impl GroupedValues {
    /// Groups the values of a column, which are finite.
    pub fn from_column(values: impl Iterator<Item = f64>) -> Self {
        let mut distinct = sorted(values.collect());
        let rows = distinct.len();
        let middle = distinct.get(3 * rows / 4).zip(distinct.get(rows / 4)).map_or(0.0, |(high, low)| high - low);
        let range = distinct.last().zip(distinct.first()).map_or(0.0, |(last, first)| last - first);
        distinct.dedup_by(|next, before| *next - *before <= EQUALITY_TOLERANCE * range);
        let step = step(&distinct);
        Self { distinct, step, rows, middle }
    }

    /// Number of distinct values.
    pub fn count(&self) -> usize {
        self.distinct.len()
    }

    /// Variance of the error of values rounded to a coarse grid; zero without one. Values of few levels are those of steps.
    pub fn rounding_variance(&self) -> f64 {
        let is_rounded = self.count() >= MIN_LEVELS && self.are_coarse();
        self.step.filter(|_| is_rounded).map_or(0.0, |step| step * step / 12.0)
    }

    /// Returns true if there are so few distinct values that a fit could resolve the grid or the repetitions.
    pub fn are_coarse(&self) -> bool {
        let count = self.count();
        let is_grid = self.step.is_some_and(|step| self.middle <= MAX_STEPS * step);
        count < self.rows && is_grid || count <= MAX_COARSE && 2 * count <= self.rows
    }

    /// Sentence on a coarse column.
    pub fn sentence(&self, name: &str) -> String {
        let (count, rows) = (self.count(), whole(self.rows as u64));
        match self.step {
            Some(step) => {
                let step = shortest(step);
                let is_multiple = |x: &f64| ((x / step).round() - x / step).abs() < GRID_TOLERANCE;
                let lie = if self.distinct.iter().all(is_multiple) { "are multiples of" } else { "lie on a grid of step" };
                format!(
                    "Values of {name} {lie} {step}: each is learnt as the interval of that width around it, and finer detail is not data."
                )
            }
            None => format!(
                "Values of {name} repeat: {rows} rows hold {count} different ones, each of which is learnt as the interval around it."
            ),
        }
    }

    /// Doubt for a coarse column of a density whose values may be discrete.
    pub fn doubt(&self, name: &str) -> Option<String> {
        let (count, rows) = (self.count(), whole(self.rows as u64));
        let sentence = || {
            format!(
                "Column {name} has only {count} different values in {rows} rows. If they are discrete, they have no density, and wells mean \
                 nothing: count the rows of each value instead."
            )
        };
        (count < MIN_DENSITY_VALUES).then(sentence)
    }

    /// Spreads equal values, in the order of rows, over the interval of each value. Single values stay.
    pub fn spread<'a>(&self, input: usize, values: impl Iterator<Item = &'a mut f64>) {
        let mut counts = vec![0_usize; self.count()];
        let last = self.count().saturating_sub(1);
        for value in values {
            // Of equal values that differ by rounding, the first one is in the list of distinct values.
            let above = self.distinct.partition_point(|x| *x <= *value);
            let k = above.saturating_sub(1);
            let gaps = [
                k.checked_sub(1).map(|before| self.distinct[k] - self.distinct[before]),
                (k < last).then(|| self.distinct[k + 1] - self.distinct[k]),
            ];
            let width = gaps.into_iter().flatten().chain(self.step).fold(f64::INFINITY, f64::min);
            if width.is_finite() {
                let part = (0.5 + counts[k] as f64 * CELL_SHIFTS[input % CELL_SHIFTS.len()]).fract() - 0.5;
                *value += part * width;
            }
            counts[k] += 1;
        }
    }
}

/// Largest number of which all differences of values are multiples, unless it is much smaller than the smallest difference.
fn step(distinct: &[f64]) -> Option<f64> {
    let gaps = || distinct.windows(2).map(|pair| pair[1] - pair[0]);
    let least = gaps().fold(f64::INFINITY, f64::min);
    let mut step = least;
    for gap in gaps() {
        let mut rest = gap;
        // Euclid's algorithm with a tolerance for rounded numbers.
        while rest > GRID_TOLERANCE * least {
            let left = rest - (rest / step).round() * step;
            (step, rest) = if left.abs() > GRID_TOLERANCE * least { (left.abs(), step) } else { (step, 0.0) };
            if step < MIN_STEP_FRACTION * least {
                return None;
            }
        }
    }
    step.is_finite().then_some(step)
}

/// Relative error of a step computed from values in single precision.
const SINGLE_ROUNDING: f64 = 3e-5;

/// Rounds a step to remove the error of its computation.
fn shortest(step: f64) -> f64 {
    let round = |places: i32| {
        let digits = 10_f64.powi(places - step.log10().floor() as i32);
        (step * digits).round() / digits
    };
    let is_near = |rounded: &f64| (rounded - step).abs() <= SINGLE_ROUNDING * step;
    (0..6).map(round).find(is_near).unwrap_or_else(|| round(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(values: &[f64]) -> GroupedValues {
        GroupedValues::from_column(values.iter().copied())
    }

    /// Numbers that fill an interval evenly and lie on no grid.
    fn scattered(count: usize) -> impl Iterator<Item = f64> + Clone {
        (0..count).map(|k| (k as f64 * 0.754_877_666).fract())
    }

    #[test]
    fn whole_numbers_and_grids_are_recognised() {
        let counts: Vec<f64> = scattered(400).map(|u| (21.0 * u).floor()).collect();
        assert_eq!((grouped(&counts).count(), grouped(&counts).step, grouped(&counts).are_coarse()), (21, Some(1.0), true));
        assert!(
            grouped(&counts).sentence("n").starts_with("Values of n are multiples of 1:"),
            "{}",
            grouped(&counts).sentence("n")
        );
        // Steps that are rounded in base 2, and gaps of only two and three steps.
        let tenths: Vec<f64> = [0.1, 0.3, 0.6, 0.9, 1.1].iter().copied().cycle().take(60).collect();
        assert!((grouped(&tenths).step.unwrap() - 0.1).abs() < 1e-9 && grouped(&tenths).are_coarse());
        assert!(grouped(&tenths).sentence("x").contains("multiples of 0.1:"));
        let single: Vec<f64> = tenths.iter().map(|&x| f64::from((7.0 + x) as f32)).collect();
        assert!(grouped(&single).sentence("x").contains("0.1:"), "{}", grouped(&single).sentence("x"));
        let halves: Vec<f64> = counts.iter().map(|x| x + 0.5).collect();
        assert!(grouped(&halves).sentence("x").contains("a grid of step 1:"));
    }

    #[test]
    fn finely_rounded_numbers_are_not_coarse() {
        let rounded =
            |decimals: f64, count: usize| scattered(count).map(|u| (decimals * u).round() / decimals).collect::<Vec<_>>();
        assert!(
            !grouped(&rounded(1e3, 500)).are_coarse()
                && !grouped(&rounded(1e4, 20_000)).are_coarse()
                && !grouped(&rounded(1e9, 500)).are_coarse()
        );
        assert!(grouped(&rounded(20.0, 500)).are_coarse());
        // Repeated values that lie on no grid.
        let few: Vec<f64> = scattered(30).collect();
        let repeated: Vec<f64> = few.iter().copied().cycle().take(300).collect();
        assert_eq!((grouped(&repeated).step, grouped(&repeated).are_coarse()), (None, true));
        assert!(grouped(&repeated).sentence("x").contains("300 rows hold 30 different ones"));
    }

    #[test]
    fn equal_values_are_spread_evenly_over_their_cells() {
        let mut counts: Vec<f64> = scattered(4000).map(|u| (10.0 * u).floor()).collect();
        let before = counts.clone();
        grouped(&before).spread(0, counts.iter_mut());
        assert!(counts.iter().zip(&before).all(|(after, before)| (after - before).abs() <= 0.5));
        for part in 0..40 {
            let low = -0.5 + f64::from(part) / 4.0;
            let inside = counts.iter().filter(|x| (low..low + 0.25).contains(x)).count();
            assert!((90..=110).contains(&inside), "{low}: {inside}");
        }
        let mut alone: Vec<f64> = scattered(50).collect();
        let before = alone.clone();
        grouped(&before).spread(0, alone.iter_mut());
        assert_eq!(alone, before);
    }
}
