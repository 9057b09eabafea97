//! Properties of a table that can make a fit wrong without a large error. They are few distinct points, inputs that depend on each other,
//! passes over the same inputs with other values (hysteresis, drift), a stated period that is a fraction of the true one, and stretches
//! without rows.
//!
//! A value is compared with the straight line through two neighbours, as for the estimate of noise ([`super::noise`]). One comparison uses
//! neighbours of the same pass, the other uses neighbours of another pass over the same points. Curvature increases both differences, and
//! the first one more, so that it is not mistaken for a difference of the passes.

use std::collections::HashMap;
use std::ops::Range;

use ndarray::{ArrayRef1, ArrayView1};

use super::Dataset;
use super::checks::dependent_column;
use super::local_noise::{MAX_INPUTS, fewest_rows};
use super::noise::normalised_difference;
use super::periods::{Periods, winding};
use crate::numerics::statistics::{extent, moments, sort_by, sorted};
use crate::text::{listed, number, whole};

/// Smallest distance of a code for missing values from all other values, as a multiple of their range.
const MIN_CODE_DISTANCE: f64 = 3.0;
/// Smallest number of rows with other values for each row with a code.
const MIN_OTHERS_PER_CODE: usize = 3;
/// Distance by which rows must turn back for another pass to begin, as a fraction of the range of the input.
const TURN_FRACTION: f64 = 0.1;
const MIN_PASS_ROWS: usize = 5;
/// Significant excess of squared differences over those within passes, in standard errors. Chance exceeds it in one case of
/// 700.
pub(super) const MIN_EXCESS_ERRORS: f64 = 3.0;
/// Approximate number of squared differences that share a value. The variance of their mean exceeds that of independent differences by this
/// factor.
const SHARING_FACTOR: f64 = 2.0;
/// Smallest reported mean squared difference, as a fraction of the variance of the values. It changes the third digit of R^2.
const MIN_REPORTED_EXCESS: f64 = 1e-3;
/// Number of points in the estimate of noise in several inputs. The second constant is the standard error of the logarithm of this
/// estimate, times the square root of the number of points.
const NOISE_POINTS: f64 = 250.0;
const LOG_NOISE_ERROR: f64 = 1.17;

impl Dataset {
    /// Sentences on possible errors of a fit of these rows, before their periodic inputs are moved into these `periods`.
    pub(crate) fn irregularities(&self, periods: &Periods) -> Vec<String> {
        let dependent = if self.is_model { None } else { self.dependent_input() };
        if self.is_model || self.is_density {
            return Vec::from_iter(dependent);
        }
        let is_periodic = periods.iter().any(Option::is_some);
        let passes = if is_periodic { self.conflicting_turns(periods) } else { self.conflicting_passes() };
        dependent
            .into_iter()
            .chain(self.few_places())
            .chain(self.coded_value())
            .chain(passes)
            .chain(self.open_turn(periods))
            .chain(self.jump(periods))
            .collect()
    }

    /// Sentence on the first input that is a linear function of the ones before it. Derivatives determine a fit beside such rows.
    fn dependent_input(&self) -> Option<String> {
        if self.samples() <= self.inputs() + 1 || self.gradient.is_some() {
            return None;
        }
        let k = dependent_column(&self.x)?;
        let (name, others) = (&self.names[k], self.names[..k].join(" and "));
        Some(format!(
            "{name} is a linear function of {others} in all rows, so the fit is a guess at all other places. Leave {name} out, or measure there."
        ))
    }

    /// Sentence on the inputs whose derivatives are unknown in all rows, if values are unknown, too, or have no weight.
    pub(crate) fn unmeasured_inputs(&self, value_weight: f64) -> Option<String> {
        let gradient = self.gradient.as_ref().filter(|_| !self.has_values() || value_weight <= 0.0)?;
        let is_unknown = |&k: &usize| (0..self.samples()).all(|row| !gradient[[row, k]].is_finite());
        let names = listed(&(0..self.inputs()).filter(is_unknown).map(|k| self.names[k].clone()).collect::<Vec<String>>());
        (!names.is_empty()).then(|| {
            let value = if self.has_values() { "Values have the weight 0, and no row has" } else { "No row has a value, or" };
            format!(
                "{value} the derivative with respect to {names}, so the data do not determine the potential along {names}: wells and \
                 barriers are guesses there. Measure one of them, or use the fit at fixed {names} alone."
            )
        })
    }

    /// Sentence on a smallest or largest value that several rows share and that is far from all other values, such as a code for missing ones.
    fn coded_value(&self) -> Option<String> {
        let values = sorted(self.measured()?.iter().copied().filter(|value| value.is_finite()).collect());
        let (first, last) = (*values.first()?, *values.last()?);
        [first, last].into_iter().find_map(|code| {
            let rows = values.iter().filter(|value| **value == code).count();
            let others: Vec<f64> = values.iter().copied().filter(|value| *value != code).collect();
            let (low, high) = (*others.first()?, *others.last()?);
            let distance = (low - code).max(code - high);
            let is_rare = rows > 1 && others.len() > MIN_OTHERS_PER_CODE * rows && high > low;
            (is_rare && distance > MIN_CODE_DISTANCE * (high - low)).then(|| {
                format!(
                    "{rows} rows have the value {}, far from all others, which lie between {} and {}. If it marks missing values, leave these rows \
                     out.",
                    number(code, 6),
                    number(low, 4),
                    number(high, 4)
                )
            })
        })
    }

    /// Sentence on samples of a density that lie outside of their periods.
    pub(crate) fn samples_outside(&self, periods: &Periods) -> Option<String> {
        let is_outside = |row: ArrayView1<f64>| row.iter().zip(periods).any(|(&x, period)| winding(x, *period) != 0);
        let count = if self.is_density { self.x.rows().into_iter().filter(|row| is_outside(*row)).count() } else { 0 };
        (count > 0).then(|| {
            let [outside, all] = [count, self.samples()].map(|count| whole(count as u64));
            format!(
                "{outside} of {all} samples lie outside of the stated periods and are brought into them. If places one period apart are different \
                 states, the stated period is a fraction of the true one: state that."
            )
        })
    }

    /// Measured quantity: the values, or else the derivative with respect to the first input.
    pub(super) fn measured(&self) -> Option<ArrayView1<'_, f64>> {
        let slopes = || self.gradient.as_ref().map(|gradient| gradient.column(0));
        if self.has_values() {
            Some(self.y.view())
        } else {
            slopes().filter(|slopes| slopes.iter().all(|slope| slope.is_finite()))
        }
    }

    /// Warning, if there are too few distinct points to separate noise from the shape of the function.
    fn few_places(&self) -> Option<String> {
        let inputs = self.inputs();
        let needed = fewest_rows(inputs);
        let known = usize::from(self.has_values()) + self.gradient.as_ref().map_or(0, |_| inputs);
        if inputs > MAX_INPUTS {
            return None;
        }
        let mut places: Vec<ArrayView1<f64>> = Vec::new();
        for row in self.x.rows() {
            if !places.contains(&row) {
                places.push(row);
            }
            if places.len() * known >= needed {
                return None;
            }
        }
        Some(format!(
            "The rows have {} distinct {}, and a fit needs {} to distinguish wells from noise: its shape between the rows is a guess. Measure at more places.",
            places.len(),
            if inputs == 1 { format!("values of {}", self.names[0]) } else { "places".into() },
            needed.div_ceil(known)
        ))
    }

    /// Sentence, if the rows, in their order, pass over the same points of one input with different values.
    fn conflicting_passes(&self) -> Option<String> {
        let (measured, x) = (self.measured().filter(|_| self.inputs() == 1)?, self.x.column(0));
        let passes = passes(&x).into_iter().filter(|rows| rows.len() >= MIN_PASS_ROWS);
        let groups: Vec<Vec<(f64, f64)>> = passes.map(|rows| rows.map(|row| (x[row], measured[row])).collect()).collect();
        if 2 * groups.iter().map(Vec::len).sum::<usize>() < self.samples() {
            return None;
        }
        let [across, within] = excess_difference(groups, &measured)?;
        Some(format!(
            "The rows pass over the same {} more than once with different values: passes differ by {}, neighbours of one pass by {} (hysteresis or a \
             drift). The fit averages them; fit each branch for itself.",
            self.names[0],
            number(across, 2),
            number(within, 2)
        ))
    }

    /// Sentence, if points that a stated period identifies with each other have different values.
    fn conflicting_turns(&self, periods: &Periods) -> Option<String> {
        let measured = self.measured()?;
        // Rows of each turn, with its number along the first input.
        let mut turns: Vec<(i64, Vec<usize>)> = Vec::new();
        let mut places: HashMap<Vec<u64>, usize> = HashMap::new();
        for (row, x) in self.x.rows().into_iter().enumerate() {
            let turn: Vec<i64> = x.iter().zip(periods).map(|(&x, period)| winding(x, *period)).collect();
            let place = *places.entry(turn.iter().map(|turn| turn.cast_unsigned()).collect()).or_insert(turns.len());
            if place == turns.len() {
                turns.push((turn[0], Vec::new()));
            }
            turns[place].1.push(row);
        }
        sort_by(&mut turns, |(turn, _)| *turn as f64);
        let turns = turns.iter().map(|(_, rows)| rows);
        if turns.len() < 2 {
            return None;
        }
        let differs = if let [Some(period)] = periods[..] {
            // The upper end of the range stays there, beside the rows of its own turn.
            let within = |x: f64| x - winding(x, Some(period)) as f64 * (period[1] - period[0]);
            let of = |rows: &Vec<usize>| rows.iter().map(|&row| (within(self.x[[row, 0]]), measured[row])).collect();
            excess_difference(turns.map(of).filter(|group: &Vec<_>| group.len() >= MIN_PASS_ROWS).collect(), &measured)
        } else {
            let largest = turns.max_by_key(|rows| rows.len())?;
            let of_turn =
                self.select_rows(largest).repeating(periods.clone()).sigma_of(&measured.select(ndarray::Axis(0), largest).view());
            let of_all = self.clone().repeating(periods.clone()).sigma_of(&measured);
            let error = LOG_NOISE_ERROR * (2.0 / NOISE_POINTS.min(largest.len() as f64)).sqrt();
            let matters = of_all * of_all - of_turn * of_turn > MIN_REPORTED_EXCESS * variance(&measured);
            (matters && of_turn > 0.0 && of_all > of_turn * (MIN_EXCESS_ERRORS * error).exp()).then_some([of_all, of_turn])
        };
        let [across, within] = differs?;
        let names: Vec<&str> =
            periods.iter().zip(&self.names).filter(|(period, _)| period.is_some()).map(|(_, name)| &**name).collect();
        Some(format!(
            "Values one period of {} apart differ by {}, neighbours by {}: the stated period may be a fraction of the true one. State the true period.",
            names.join(" or "),
            number(across, 2),
            number(within, 2)
        ))
    }
}

fn variance(values: &ArrayRef1<f64>) -> f64 {
    super::standard_deviation(values).powi(2)
}

/// Rows of each pass over the range of an input. A pass ends where the rows turn back by `TURN_FRACTION` of the range; it may contain
/// smaller reversals.
fn passes(x: &ArrayRef1<f64>) -> Vec<Range<usize>> {
    let [low, high] = extent(x.iter().copied());
    let least = TURN_FRACTION * (high - low);
    let (mut found, mut first, mut farthest, mut direction) = (Vec::new(), 0, 0, 0.0);
    for row in 1..x.len() {
        let step = x[row] - x[farthest];
        if direction == 0.0 {
            if step.abs() > least {
                (direction, farthest) = (step.signum(), row);
            }
        } else if step * direction >= 0.0 {
            farthest = row;
        } else if step.abs() > least {
            found.push(first..farthest + 1);
            (first, farthest, direction) = (farthest + 1, row, -direction);
        }
    }
    found.push(first..x.len());
    found
}

/// Root mean square differences from neighbours of the next group and of the same group, if the first one is significantly larger.
fn excess_difference(mut groups: Vec<Vec<(f64, f64)>>, measured: &ArrayRef1<f64>) -> Option<[f64; 2]> {
    for group in &mut groups {
        sort_by(group, |point| point.0);
    }
    let square = |[before, here, after]: [(f64, f64); 3]| normalised_difference(before, here, after, [1.0; 3]).powi(2);
    let inside = |group: &[(f64, f64)]| group.windows(3).map(|p| square([p[0], p[1], p[2]])).collect::<Vec<f64>>();
    let between = |group: &[(f64, f64)], other: &[(f64, f64)]| {
        let of = |&here: &(f64, f64)| {
            let next = other.partition_point(|point| point.0 <= here.0);
            (0 < next && next < other.len()).then(|| square([other[next - 1], here, other[next]]))
        };
        group.iter().filter_map(of).collect::<Vec<f64>>()
    };
    let (mut across, mut within) = (Vec::new(), Vec::new());
    for pair in groups.windows(2) {
        let found = [between(&pair[0], &pair[1]), between(&pair[1], &pair[0])].concat();
        if !found.is_empty() {
            across.extend(found);
            // A line between points that are farther apart has a larger error.
            let each = [inside(&pair[0]), inside(&pair[1])];
            let is_second = moments(&each[1]).0 > moments(&each[0]).0;
            within.extend_from_slice(&each[usize::from(is_second)]);
        }
    }
    if across.len() < MIN_PASS_ROWS {
        return None;
    }
    let mean_and_variance = |squares: &[f64]| {
        let (mean, deviation) = moments(squares);
        (mean, SHARING_FACTOR * deviation * deviation / squares.len() as f64)
    };
    let ((of_others, a), (of_own, b)) = (mean_and_variance(&across), mean_and_variance(&within));
    let excess = of_others - of_own;
    let is_unlike = excess > MIN_EXCESS_ERRORS * (a + b).sqrt() && excess > MIN_REPORTED_EXCESS * variance(measured);
    is_unlike.then(|| [of_others.sqrt(), of_own.sqrt()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init;
    use crate::potentials::sampling;
    use crate::potentials::{self, RandomLandscape, random::RandomTargetKind};
    use ndarray::{Array1, Array2};
    use rand::Rng;
    use rand_distr::StandardNormal;

    fn curve(points: impl IntoIterator<Item = (f64, f64)>) -> Dataset {
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        Dataset::curve(&x, &y).unwrap()
    }

    fn doubts(data: &Dataset) -> String {
        data.irregularities(&Vec::new()).join(" ")
    }

    #[test]
    fn inputs_without_values_and_derivatives_give_a_warning() {
        let x = Array2::from_shape_fn((60, 2), |(k, input)| (k as f64 * [0.7, 1.3][input]).sin());
        let one = Array2::from_shape_fn((60, 2), |(k, input)| if input == 0 { x[[k, 0]].powi(3) } else { f64::NAN });
        let found = Dataset::gradients(x.clone(), one.clone()).unwrap().unmeasured_inputs(1.0).unwrap();
        assert!(found.contains("do not determine the potential along x2"), "{found}");
        assert_eq!(Dataset::gradients(x.clone(), x.clone()).unwrap().unmeasured_inputs(1.0), None);
        let values = Dataset::values(x.clone(), x.column(0).mapv(|x| x.powi(4) / 4.0)).unwrap();
        let values = values.with_gradients(one).unwrap();
        assert_eq!([0.0, 1.0].map(|weight| values.unmeasured_inputs(weight).is_some()), [true, false]);
    }

    #[test]
    fn few_distinct_values_give_a_warning() {
        let six = curve((0..6).map(|k| (f64::from(k), f64::from(k * k))));
        assert!(doubts(&six).contains("6 distinct values of x, and a fit needs 15"), "{}", doubts(&six));
        let five = curve((0..200).map(|k| (f64::from(k % 5), f64::from(k % 7))));
        assert!(doubts(&five).contains("5 distinct values of x"), "{}", doubts(&five));
        assert_eq!(doubts(&curve((0..15).map(|k| (f64::from(k), f64::from(k * k))))), "");
        // Each point with a derivative counts twice.
        let x = Array2::from_shape_fn((9, 1), |(k, _)| k as f64);
        let band = Dataset::values(x.clone(), x.column(0).mapv(f64::cos)).unwrap();
        assert!(!doubts(&band).is_empty());
        assert_eq!(doubts(&band.with_gradients(x.mapv(|x| -x.sin())).unwrap()), "");
    }

    #[test]
    fn input_that_follows_from_others_gives_a_warning() {
        let table = |third: fn(f64, f64) -> f64| {
            let mut rng = init::stream(1);
            let mut x = Array2::from_shape_simple_fn((60, 3), || rng.random_range(-1.0..1.0_f64));
            x.rows_mut().into_iter().for_each(|mut row| row[2] = third(row[0], row[1]));
            let values = x.rows().into_iter().map(|row| row.dot(&row)).collect();
            Dataset::values(x, values).unwrap().named(&["a", "b", "c", "E"])
        };
        let told = doubts(&table(|a, b| 3.0 - 2.0 * a + 0.5 * b));
        assert!(told.contains("c is a linear function of a and b in all rows"), "{told}");
        assert_eq!(doubts(&table(|a, b| a * b)), "");
    }

    #[test]
    fn sweeps_on_two_branches_give_a_warning() {
        let loops = |shift: f64, noise: f64, seed: u64| {
            let mut rng = init::stream(seed);
            let up = (0..60).map(|k| f64::from(k) / 30.0 - 1.0);
            let down = (0..60).map(|k| 0.99 - f64::from(k) / 30.0);
            let branch = |x: f64, by: f64| (x, (3.0 * x).tanh() + by * (1.0 - x * x));
            let points: Vec<(f64, f64)> = up.map(|x| branch(x, shift)).chain(down.map(|x| branch(x, -shift))).collect();
            curve(points.into_iter().map(|(x, y)| (x, y + noise * rng.sample::<f64, _>(StandardNormal))))
        };
        for seed in 0..20 {
            for (shift, noise) in [(0.2, 0.0), (0.2, 0.05), (0.1, 0.02)] {
                let told = doubts(&loops(shift, noise, seed));
                assert!(told.contains("pass over the same x more than once"), "{shift} {noise} {seed}");
            }
            for noise in [0.0, 0.05, 0.3] {
                assert_eq!(doubts(&loops(0.0, noise, seed)), "", "{noise} {seed}");
            }
        }
        // The same rows in another order form no passes.
        let two = loops(0.2, 0.0, 1);
        let order = |k: usize| k * 37 % 120;
        let shuffled = curve((0..120).map(|k| (two.x[[order(k), 0]], two.y[order(k)])));
        assert_eq!(doubts(&shuffled), "");
    }

    #[test]
    fn fraction_of_true_period_gives_a_warning() {
        let mut rng = init::stream(3);
        let mut rows = |noise: f64, wave: fn(f64) -> f64| {
            curve((0..300).map(|_| {
                let x: f64 = rng.random_range(0.0..360.0);
                (x, wave(x.to_radians()) + noise * rng.sample::<f64, _>(StandardNormal))
            }))
        };
        let half = vec![Some([0.0, 180.0])];
        for noise in [0.0, 0.2] {
            assert!(rows(noise, f64::cos).irregularities(&half)[0].contains("one period of x apart differ"));
            assert!(rows(noise, |x| (2.0 * x).cos()).irregularities(&half).is_empty());
            assert!(rows(noise, f64::cos).irregularities(&vec![Some([0.0, 360.0])]).is_empty());
        }
        let mut torus = |wave: fn(f64, f64) -> f64, noise: f64| {
            let x = Array2::from_shape_fn((900, 2), |_| rng.random_range(-180.0..180.0_f64));
            let y: Array1<f64> = x.rows().into_iter().map(|x| wave(x[0].to_radians(), x[1].to_radians())).collect();
            let y = y.mapv(|y| y + noise * rng.sample::<f64, _>(StandardNormal));
            Dataset::values(x, y).unwrap()
        };
        let half = vec![Some([-90.0, 90.0]), Some([-180.0, 180.0])];
        for noise in [0.0, 0.2] {
            assert_eq!(torus(|x, y| x.cos() + y.sin(), noise).irregularities(&half).len(), 1);
            assert!(torus(|x, y| (2.0 * x).cos() + y.sin(), noise).irregularities(&half).is_empty());
        }
    }

    #[test]
    fn regular_data_give_no_warning() {
        let mut told = 0;
        for seed in 0..100 {
            for p in potentials::curves() {
                for noise in [0.0, 0.1] {
                    let data = sampling::uniform(p, 60 + seed as usize, noise, seed);
                    assert_eq!(doubts(&data), "", "{} {seed}", p.id());
                    let [low, high] = data.bounds()[0];
                    let places: Vec<[f64; 1]> = (1..4).map(|k| [low + (high - low) * 0.25 * f64::from(k)]).collect();
                    let places: Vec<(&str, &[f64])> = places.iter().map(|x| ("well", &x[..])).collect();
                    told += usize::from(data.gap_with(&places, &[]).is_some());
                }
            }
            let target = RandomLandscape::new(RandomTargetKind::Smooth, 2, seed);
            assert_eq!(doubts(&sampling::uniform(&target, 300, 0.05, seed)), "");
        }
        // The probability of a gap by chance is five per cent, and a minimum rarely lies in it.
        assert!(told <= 30, "{told} of 600");
    }

    #[test]
    fn scan_over_one_turn_from_any_start_is_no_conflict() {
        for (first, step, rows) in [(-90, 5, 73), (-90, 5, 72), (-45, 5, 73), (-180, 5, 73), (30, 10, 37), (-120, 2, 181)] {
            let energy = |phi: f64| (3.0 * phi.to_radians()).cos() + 0.3 * phi.to_radians().cos();
            let scan = curve((0..rows).map(|k| f64::from(first + step * k)).map(|phi| (phi, energy(phi))));
            assert_eq!(scan.irregularities(&vec![Some([-180.0, 180.0])]).join(" "), "", "from {first} by {step}");
        }
    }

    #[test]
    fn code_for_missing_values_is_named() {
        let x: Vec<f64> = (0..60).map(|k| f64::from(k) / 15.0 - 2.0).collect();
        let values = |code: f64, rows: &[usize]| -> Vec<f64> {
            let value = |(row, x): (usize, &f64)| if rows.contains(&row) { code } else { (x * x - 1.0).powi(2) };
            x.iter().enumerate().map(value).collect()
        };
        let sentence = |code: f64, rows: &[usize]| Dataset::curve(&x, &values(code, rows)).unwrap().coded_value();
        assert!(sentence(-999.0, &[12, 24, 36]).unwrap().starts_with("3 rows have the value −999, far from all others"));
        assert!(sentence(9999.0, &[3, 50]).is_some());
        assert_eq!(sentence(1e9, &(0..20).collect::<Vec<_>>()), None);
        // A single row is an outlier, and walls of equal height are near the other values.
        assert_eq!((sentence(-999.0, &[12]), sentence(20.0, &[0, 1, 58, 59])), (None, None));
    }
}
