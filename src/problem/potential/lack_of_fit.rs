//! Test of the agreement of samples with the density fitted to them, region by region.
//!
//! Regions are boxes whose sides are halved repeatedly; each size is also shifted by half a side. Under a true density, a
//! region of probability `q` holds a fraction of at least (or at most) `p` of `n` samples with a probability of at most `exp(-n
//! KL(p, q))`. Here `KL(p, q) = p ln(p/q) + (1 - p) ln((1 - p)/(1 - q))` (Chernoff's bound). The sum over all regions and both
//! directions multiplies it by twice their number. For weighted and for correlated samples `n` is the effective number, and the
//! bound is approximate.

use crate::numerics::bounds::Bounds;
use crate::text::number;

/// Probability that the test rejects a true density.
const SIGNIFICANCE_LEVEL: f64 = 1e-3;
/// Smallest relevant error of the mean potential in a region, in units of kT.
const MIN_POTENTIAL_ERROR_KT: f64 = 0.1;
/// Largest number of regions of one size.
const MAX_REGIONS: usize = 1 << 18;

/// Region with more or fewer samples than a density predicts.
#[derive(Clone, Debug, PartialEq)]
pub struct MisfitRegion {
    /// Ends along each input.
    pub ends: Vec<[f64; 2]>,
    /// Probability in the density.
    pub expected: f64,
    /// Fraction of the samples in the region.
    pub observed: f64,
    /// `n KL(observed, expected)` for the effective number `n` of samples.
    divergence: f64,
}

/// Boxes of one size that fill the domain.
struct Division<'a> {
    bounds: &'a Bounds<'a>,
    parts: usize,
    /// True if the boxes are shifted by half a side, for each input.
    shift: Vec<bool>,
}

impl Division<'_> {
    /// Number of boxes along an input.
    fn along(&self, input: usize) -> usize {
        self.parts + usize::from(self.shift[input] && !self.bounds.is_periodic(input))
    }

    fn count(&self) -> usize {
        (0..self.shift.len()).map(|input| self.along(input)).product()
    }

    /// Position along an input in units of box sides, from the lower end of the first box.
    fn scaled(&self, input: usize, x: f64) -> f64 {
        let [low, high] = self.bounds.ends[input];
        (x - low) / (high - low) * self.parts as f64 + if self.shift[input] { 0.5 } else { 0.0 }
    }

    /// Index of a box from its indices along each input.
    fn index(&self, along: impl Fn(usize) -> usize) -> usize {
        (0..self.shift.len()).fold(0, |index, input| {
            let count = self.along(input);
            let k = along(input);
            index * count + if self.bounds.is_periodic(input) { k % count } else { k.min(count - 1) }
        })
    }

    fn ends(&self, mut index: usize) -> Vec<[f64; 2]> {
        let mut ends = vec![[0.0; 2]; self.shift.len()];
        for input in (0..ends.len()).rev() {
            let ([low, high], count) = (self.bounds.ends[input], self.along(input));
            let (k, shift) = ((index % count) as f64, if self.shift[input] { 0.5 } else { 0.0 });
            let edge = |k: f64| low + (high - low) * (k - shift) / self.parts as f64;
            ends[input] = if self.bounds.is_periodic(input) {
                [edge(k), edge(k + 1.0)]
            } else {
                [edge(k).max(low), edge(k + 1.0).min(high)]
            };
            index /= count;
        }
        ends
    }

    /// Probability of each box, from the probabilities of `cells`, each with its middle and widths; `None` for boxes that a
    /// cell overlaps only partly.
    fn probabilities(&self, cells: [&[f64]; 2], probabilities: &[f64]) -> Vec<Option<f64>> {
        let inputs = self.shift.len();
        let mut sums = vec![Some(0.0); self.count()];
        for (cell, probability) in probabilities.iter().enumerate() {
            let [middle, width] = cells.map(|all| &all[cell * inputs..(cell + 1) * inputs]);
            // Cells are halved like boxes, so only rounding separates their ends.
            let end = |input: usize, sign: f64| self.scaled(input, middle[input] + sign * width[input]);
            let first: Vec<usize> = (0..inputs).map(|input| (end(input, -0.5) + 1e-6).max(0.0) as usize).collect();
            let last: Vec<usize> = (0..inputs).map(|input| (end(input, 0.5) - 1e-6).max(0.0) as usize).collect();
            if first == last {
                let sum = &mut sums[self.index(|input| first[input])];
                *sum = sum.map(|sum| sum + probability);
                continue;
            }
            let spans: Vec<usize> = first.iter().zip(&last).map(|(first, last)| last - first + 1).collect();
            for part in 0..spans.iter().product() {
                let mut left = part;
                let place: Vec<usize> = first
                    .iter()
                    .zip(&spans)
                    .map(|(first, span)| {
                        let k = first + left % span;
                        left /= span;
                        k
                    })
                    .collect();
                sums[self.index(|input| place[input])] = None;
            }
        }
        sums
    }

    /// Fraction of the samples in each box.
    fn parts_of(&self, x: &[f64], weights: &[f64]) -> Vec<f64> {
        let inputs = self.shift.len();
        let mut sums = vec![0.0; self.count()];
        for (x, weight) in x.chunks_exact(inputs).zip(weights) {
            sums[self.index(|input| self.scaled(input, x[input]).max(0.0) as usize)] += weight;
        }
        sums
    }
}

/// `KL(p, q)` of two-valued distributions.
fn divergence(p: f64, q: f64) -> f64 {
    let term = |p: f64, q: f64| if p > 0.0 { p * (p / q.max(f64::MIN_POSITIVE)).ln() } else { 0.0 };
    term(p, q) + term(1.0 - p, 1.0 - q)
}

/// Region in which samples `x` with these weights are least likely under a density; `None` if chance explains them. The
/// density is given by the middles, widths and probabilities of cells.
pub fn least_likely(
    bounds: &Bounds,
    cells: [&[f64]; 2],
    probabilities: &[f64],
    [x, weights]: [&[f64]; 2],
    effective: f64,
) -> Option<MisfitRegion> {
    let inputs = bounds.ends.len();
    let mut regions = 0_usize;
    let mut worst: Option<MisfitRegion> = None;
    for parts in (1..).map(|level| 1_usize << level).take_while(|parts| (parts + 1).pow(inputs as u32) <= MAX_REGIONS) {
        for shift in 0..1_usize << inputs {
            let division = Division { bounds, parts, shift: (0..inputs).map(|input| shift >> input & 1 == 1).collect() };
            let expected = division.probabilities(cells, probabilities);
            let observed = division.parts_of(x, weights);
            for (index, (expected, &observed)) in expected.iter().zip(&observed).enumerate() {
                let Some(expected) = expected.filter(|expected| *expected < 1.0 && expected + observed > 0.0) else { continue };
                regions += 1;
                let divergence = effective * divergence(observed.min(1.0), expected);
                let matters = (observed / expected).ln().abs() > MIN_POTENTIAL_ERROR_KT;
                if matters && worst.as_ref().is_none_or(|worst| divergence > worst.divergence) {
                    worst = Some(MisfitRegion { ends: division.ends(index), expected, observed, divergence });
                }
            }
        }
    }
    worst.filter(|worst| worst.divergence > (2.0 * regions as f64 / SIGNIFICANCE_LEVEL).ln())
}

impl MisfitRegion {
    /// Sentence on the region for samples of inputs with these names.
    pub fn sentence(&self, names: &[String]) -> String {
        let end = |k: usize| {
            let [low, high] = self.ends[k];
            // Enough digits to distinguish the ends.
            let digits = (3..17).find(|&digits| number(low, digits) != number(high, digits)).map_or(17, |digits| digits + 1);
            let digits = if number(low, 3) == number(high, 3) { digits } else { 3 };
            format!("{} from {} to {}", names[k], number(low, digits), number(high, digits))
        };
        let place: Vec<String> = (0..self.ends.len()).map(end).collect();
        let percent = |part: f64| number(100.0 * part, 3);
        format!(
            "The density does not agree with its samples: {} % of them have {}, and the fit predicts {} %. It may miss a well there. More modes, \
             another seed or longer training may help.",
            percent(self.observed),
            place.join(", "),
            percent(self.expected)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init;
    use rand::Rng;

    /// Region found for samples of the unit square under the uniform density, with some coarse cells.
    fn found_region(samples: &[[f64; 2]], periodic: &[bool]) -> Option<MisfitRegion> {
        let (mut middles, mut widths, mut probabilities) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..64 {
            let corner = [k % 8, k / 8].map(|k| f64::from(k) / 8.0);
            let parts = if k < 32 { 4 } else { 1 };
            let width = 1.0 / 8.0 / f64::from(parts);
            for part in 0..parts * parts {
                middles.extend([
                    corner[0] + (f64::from(part % parts) + 0.5) * width,
                    corner[1] + (f64::from(part / parts) + 0.5) * width,
                ]);
                widths.extend([width; 2]);
                probabilities.push(width * width);
            }
        }
        let x: Vec<f64> = samples.iter().flatten().copied().collect();
        let weights = vec![1.0 / samples.len() as f64; samples.len()];
        let bounds = Bounds { ends: &[[0.0, 1.0]; 2], periodic };
        least_likely(&bounds, [&middles, &widths], &probabilities, [&x, &weights], samples.len() as f64)
    }

    #[test]
    fn true_density_is_rarely_rejected() {
        let mut rng = init::stream(5);
        let doubted = (0..300).filter(|k| {
            let samples: Vec<[f64; 2]> = (0..20 + 10 * k).map(|_| [rng.random(), rng.random()]).collect();
            found_region(&samples, &[k % 2 == 0, false]).is_some()
        });
        assert_eq!(doubted.count(), 0);
    }

    #[test]
    fn missing_cluster_is_located() {
        let mut rng = init::stream(6);
        for (periodic, at) in [(false, 0.41), (true, 0.0)] {
            let mut samples: Vec<[f64; 2]> = (0..1000).map(|_| [rng.random(), rng.random()]).collect();
            samples.extend((0..40).map(|_| {
                let x: f64 = at + rng.random_range(-0.02..0.02);
                [if periodic { x.rem_euclid(1.0) } else { x }, rng.random_range(0.18..0.22)]
            }));
            let region = found_region(&samples, &[periodic, false]).expect("a region");
            let [low, high] = region.ends[0];
            assert!(low < at + 0.01 && at - 0.01 < high && region.observed > 2.0 * region.expected, "{region:?}");
            let sentence = region.sentence(&["phi".into(), "psi".into()]);
            assert!(sentence.contains("phi from") && sentence.contains("% of them"), "{sentence}");
        }
    }
}
