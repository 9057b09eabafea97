//! Whether samples lie as the density that was learnt from them says, region by region.
//!
//! Regions are boxes whose sides are halved again and again, each size also shifted by half a side. If the fit were true, a region of
//! probability `q` would hold a part of at least (or at most) `p` of `n` samples with a probability of at most `exp(-n KL(p, q))`, where
//! `KL(p, q) = p ln(p/q) + (1 - p) ln((1 - p)/(1 - q))` (Chernoff's bound). Over all regions, and both directions, that is multiplied by twice
//! their number. Of weighted samples, and of samples that follow one another, `n` is their effective number, with which the bound is approximate.

use crate::numerics::bounds::Bounds;
use crate::text::number;

/// The probability that a true density is doubted.
const LEVEL: f64 = 1e-3;
/// The least error of the mean potential in a region that matters, in units of kT.
const MATTERS: f64 = 0.1;
/// Most regions of one size.
const MOST: usize = 1 << 18;

/// A region with more or fewer samples than a density says.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its ends along each input.
    pub ends: Vec<[f64; 2]>,
    /// Its probability by the density.
    pub expected: f64,
    /// The part of the samples in it.
    pub observed: f64,
    /// `n KL(observed, expected)` for the effective number `n` of samples.
    divergence: f64,
}

/// Boxes of one size that fill the domain.
struct Division<'a> {
    bounds: &'a Bounds<'a>,
    parts: usize,
    /// Whether they are shifted by half a side, for each input.
    shift: Vec<bool>,
}

impl Division<'_> {
    /// The number of boxes along an input.
    fn along(&self, input: usize) -> usize {
        self.parts + usize::from(self.shift[input] && !self.bounds.is_periodic(input))
    }

    fn count(&self) -> usize {
        (0..self.shift.len()).map(|input| self.along(input)).product()
    }

    /// A place along an input in sides of a box, from the first end of the first box.
    fn scaled(&self, input: usize, x: f64) -> f64 {
        let [low, high] = self.bounds.ends[input];
        (x - low) / (high - low) * self.parts as f64 + if self.shift[input] { 0.5 } else { 0.0 }
    }

    /// The index of a box by those along each input.
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
            let at = |k: f64| low + (high - low) * (k - shift) / self.parts as f64;
            ends[input] =
                if self.bounds.is_periodic(input) { [at(k), at(k + 1.0)] } else { [at(k).max(low), at(k + 1.0).min(high)] };
            index /= count;
        }
        ends
    }

    /// The probability of each box, from that of `cells`, each with its middle and widths; none for boxes that a cell reaches over.
    fn probabilities(&self, cells: [&[f64]; 2], probabilities: &[f64]) -> Vec<Option<f64>> {
        let inputs = self.shift.len();
        let mut sums = vec![Some(0.0); self.count()];
        for (cell, probability) in probabilities.iter().enumerate() {
            let [middle, width] = cells.map(|all| &all[cell * inputs..(cell + 1) * inputs]);
            // Cells are halved like boxes, so that only rounding parts their ends.
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

    /// The part of the samples in each box.
    fn parts_of(&self, x: &[f64], shares: &[f64]) -> Vec<f64> {
        let inputs = self.shift.len();
        let mut sums = vec![0.0; self.count()];
        for (x, share) in x.chunks_exact(inputs).zip(shares) {
            sums[self.index(|input| self.scaled(input, x[input]).max(0.0) as usize)] += share;
        }
        sums
    }
}

/// `KL(p, q)` of two-valued distributions.
fn divergence(p: f64, q: f64) -> f64 {
    let term = |p: f64, q: f64| if p > 0.0 { p * (p / q.max(f64::MIN_POSITIVE)).ln() } else { 0.0 };
    term(p, q) + term(1.0 - p, 1.0 - q)
}

/// The region in which samples `x` with these shares are the least likely under a density, if that cannot be by chance. The density is given by the
/// middles, widths and probabilities of cells.
pub fn least_likely(
    bounds: &Bounds,
    cells: [&[f64]; 2],
    probabilities: &[f64],
    [x, shares]: [&[f64]; 2],
    effective: f64,
) -> Option<Region> {
    let inputs = bounds.ends.len();
    let mut regions = 0_usize;
    let mut worst: Option<Region> = None;
    for parts in (1..).map(|level| 1_usize << level).take_while(|parts| (parts + 1).pow(inputs as u32) <= MOST) {
        for shift in 0..1_usize << inputs {
            let division = Division { bounds, parts, shift: (0..inputs).map(|input| shift >> input & 1 == 1).collect() };
            let expected = division.probabilities(cells, probabilities);
            let observed = division.parts_of(x, shares);
            for (index, (expected, &observed)) in expected.iter().zip(&observed).enumerate() {
                let Some(expected) = expected.filter(|expected| *expected < 1.0 && expected + observed > 0.0) else { continue };
                regions += 1;
                let divergence = effective * divergence(observed.min(1.0), expected);
                let matters = (observed / expected).ln().abs() > MATTERS;
                if matters && worst.as_ref().is_none_or(|worst| divergence > worst.divergence) {
                    worst = Some(Region { ends: division.ends(index), expected, observed, divergence });
                }
            }
        }
    }
    worst.filter(|worst| worst.divergence > (2.0 * regions as f64 / LEVEL).ln())
}

impl Region {
    /// A sentence that says where a fit to samples of these inputs is wrong.
    pub fn sentence(&self, names: &[String]) -> String {
        let end = |k: usize| {
            let [low, high] = self.ends[k];
            // As many digits as tell the ends apart.
            let digits = (3..17).find(|&digits| number(low, digits) != number(high, digits)).map_or(17, |digits| digits + 1);
            let digits = if number(low, 3) == number(high, 3) { digits } else { 3 };
            format!("{} from {} to {}", names[k], number(low, digits), number(high, digits))
        };
        let place: Vec<String> = (0..self.ends.len()).map(end).collect();
        let percent = |part: f64| number(100.0 * part, 3);
        format!(
            "The density does not agree with its samples: for {} there are {} % of them, where it says {} %. It misses something there, perhaps a \
             well. More modes, another seed or longer training may help.",
            place.join(", "),
            percent(self.observed),
            percent(self.expected)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init;
    use rand::Rng;

    /// The region that is told for samples of the unit square under the even density, by cells of which some are coarse.
    fn told(samples: &[[f64; 2]], periodic: &[bool]) -> Option<Region> {
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
        let shares = vec![1.0 / samples.len() as f64; samples.len()];
        let bounds = Bounds { ends: &[[0.0, 1.0]; 2], periodic };
        least_likely(&bounds, [&middles, &widths], &probabilities, [&x, &shares], samples.len() as f64)
    }

    #[test]
    fn a_true_density_is_hardly_ever_doubted() {
        let mut rng = init::stream(5);
        let doubted = (0..300).filter(|k| {
            let samples: Vec<[f64; 2]> = (0..20 + 10 * k).map(|_| [rng.random(), rng.random()]).collect();
            told(&samples, &[k % 2 == 0, false]).is_some()
        });
        assert_eq!(doubted.count(), 0);
    }

    #[test]
    fn a_cluster_that_a_density_does_not_know_is_told_with_its_place() {
        let mut rng = init::stream(6);
        for (periodic, at) in [(false, 0.41), (true, 0.0)] {
            let mut samples: Vec<[f64; 2]> = (0..1000).map(|_| [rng.random(), rng.random()]).collect();
            samples.extend((0..40).map(|_| {
                let x: f64 = at + rng.random_range(-0.02..0.02);
                [if periodic { x.rem_euclid(1.0) } else { x }, rng.random_range(0.18..0.22)]
            }));
            let region = told(&samples, &[periodic, false]).expect("a region");
            let [low, high] = region.ends[0];
            assert!(low < at + 0.01 && at - 0.01 < high && region.observed > 2.0 * region.expected, "{region:?}");
            let sentence = region.sentence(&["phi".into(), "psi".into()]);
            assert!(sentence.contains("phi from") && sentence.contains("% of them"), "{sentence}");
        }
    }
}
