//! A quadrature over a box of one to three inputs with cells that are small where samples are.
//!
//! The box is divided into equal cells, and the cell with the largest estimated error is divided again until there are enough. The error of the
//! midpoint rule in a cell of relative width h and probability p is of the order of `p h^2`; p is taken from the samples, a part of it spread
//! evenly, so that no region stays coarse where the samples are silent.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Equal parts of each side of the box at first.
const FIRST: usize = 8;
/// The error of a cell with a single point, which is less than that of any other.
const ALONE: f64 = f64::MIN_POSITIVE;
/// The width of a cell, relative to that of the box, at which its points count as one.
const NARROWEST: f64 = 1e-6;
/// The part of the probability that is spread evenly over the box.
const EVEN: f64 = 0.1;

/// Points with the sizes of their cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    /// The middles, `[cells, inputs]`.
    pub x: Vec<f64>,
    /// The sizes: length, area or volume.
    pub sizes: Vec<f64>,
    /// The widths, `[cells, inputs]`.
    pub widths: Vec<f64>,
    inputs: usize,
}

/// A cell that may be divided: its error first.
struct Candidate {
    error: f64,
    middle: Vec<f64>,
    /// Its width, relative to that of the box.
    width: f64,
    /// The samples in it. There may be very many, so that their numbers are as short as may be.
    samples: Vec<u32>,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_place = || other.middle.iter().zip(&self.middle).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        self.error.total_cmp(&other.error).then_with(|| by_place().unwrap_or(Ordering::Equal))
    }
}

impl Cells {
    /// At least `count` cells over the box `bounds`, fine around samples `x` `[samples, inputs]` with weights that sum to one.
    pub fn around(bounds: &[[f64; 2]], x: &[f64], weights: &[f64], count: usize) -> Self {
        let inputs = bounds.len();
        let error = |samples: &[u32], width: f64| {
            let mass: f64 = samples.iter().map(|&k| weights[k as usize]).sum();
            ((1.0 - EVEN) * mass + EVEN * power(width, inputs)) * width * width
        };
        let cells = divided(bounds, x, error, count, 0.0);
        let side = |k: usize| bounds[k][1] - bounds[k][0];
        let volume: f64 = (0..inputs).map(side).product();
        let place = |cell: &Candidate| (0..inputs).map(|k| bounds[k][0] + side(k) * cell.middle[k]).collect::<Vec<f64>>();
        Self {
            x: cells.iter().flat_map(place).collect(),
            sizes: cells.iter().map(|cell| volume * power(cell.width, inputs)).collect(),
            widths: cells.iter().flat_map(|cell| (0..inputs).map(|k| side(k) * cell.width)).collect(),
            inputs,
        }
    }

    /// Points in about `count` groups: those in the same cell of a division of the box that is the finer the more points there are, or the more they
    /// weigh, if they have weights.
    pub fn groups(bounds: &[[f64; 2]], x: &[f64], weights: Option<&[f64]>, count: usize) -> Vec<Vec<u32>> {
        let mass = |points: &[u32]| match weights {
            Some(weights) => points.iter().map(|&k| weights[k as usize]).sum::<f64>(),
            None => points.len() as f64,
        };
        let error = |points: &[u32], width: f64| match points {
            [] => 0.0,
            [_] => ALONE,
            // Points that coincide cannot be divided.
            _ if width < NARROWEST => ALONE,
            _ => (mass(points) * width * width).max(ALONE),
        };
        let cells = divided(bounds, x, error, count, ALONE);
        cells.into_iter().map(|cell| cell.samples).filter(|points| !points.is_empty()).collect()
    }

    /// Every cell divided in two along each side: what the quadrature's error is estimated by.
    #[must_use]
    pub fn finer(&self) -> Self {
        let (inputs, parts) = (self.inputs, 1 << self.inputs);
        let mut fine = Self { inputs, ..Self::default() };
        for (cell, size) in self.sizes.iter().enumerate() {
            for part in 0..parts {
                for k in cell * inputs..(cell + 1) * inputs {
                    let sign = if part >> (k % inputs) & 1 == 1 { 0.25 } else { -0.25 };
                    fine.x.push(self.x[k] + sign * self.widths[k]);
                    fine.widths.push(0.5 * self.widths[k]);
                }
                fine.sizes.push(size / f64::from(parts));
            }
        }
        fine
    }
}

/// The volume of a cube with this side.
fn power(side: f64, inputs: usize) -> f64 {
    (0..inputs).map(|_| side).product()
}

/// Cells of a box, divided until there are `count` that have an error, or until none has one above `least`. The error is that of the samples in a cell
/// of a relative width.
fn divided(bounds: &[[f64; 2]], x: &[f64], error: impl Fn(&[u32], f64) -> f64, count: usize, least: f64) -> Vec<Candidate> {
    let inputs = bounds.len();
    // Places in the unit box.
    let unit = |sample: u32, k: usize| (x[sample as usize * inputs + k] - bounds[k][0]) / (bounds[k][1] - bounds[k][0]);
    let candidate =
        |middle: Vec<f64>, width: f64, samples: Vec<u32>| Candidate { error: error(&samples, width), middle, width, samples };
    let all = candidate(vec![0.5; inputs], 1.0, (0..(x.len() / inputs) as u32).collect());
    let mut heap: BinaryHeap<Candidate> = parts_of(&all, FIRST, unit, candidate).into();
    let mut counted = heap.iter().filter(|cell| cell.error > 0.0).count();
    while counted < count {
        if heap.peek().is_none_or(|worst| worst.error <= least) {
            break;
        }
        let Some(worst) = heap.pop() else { break };
        let parts = parts_of(&worst, 2, unit, candidate);
        counted += parts.iter().filter(|cell| cell.error > 0.0).count() - 1;
        heap.extend(parts);
    }
    let mut cells = heap.into_vec();
    cells.sort_by(|a, b| b.cmp(a));
    cells
}

/// The `parts^inputs` equal parts of a cell, each with its samples.
fn parts_of(
    cell: &Candidate,
    parts: usize,
    unit: impl Fn(u32, usize) -> f64,
    candidate: impl Fn(Vec<f64>, f64, Vec<u32>) -> Candidate,
) -> Vec<Candidate> {
    let inputs = cell.middle.len();
    let width = cell.width / parts as f64;
    let low: Vec<f64> = cell.middle.iter().map(|middle| middle - 0.5 * cell.width).collect();
    let mut samples = vec![Vec::new(); parts.pow(inputs as u32)];
    for &sample in &cell.samples {
        let along = |k: usize| (((unit(sample, k) - low[k]) / width).max(0.0) as usize).min(parts - 1);
        samples[(0..inputs).fold(0, |index, k| index * parts + along(k))].push(sample);
    }
    let middle = |index: usize| {
        let along = |k: usize| index / parts.pow((inputs - 1 - k) as u32) % parts;
        (0..inputs).map(|k| low[k] + (along(k) as f64 + 0.5) * width).collect::<Vec<f64>>()
    };
    samples.into_iter().enumerate().map(|(index, samples)| candidate(middle(index), width, samples)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_in_about_as_many_groups_as_asked_for() {
        let points = 3000;
        let x: Vec<f64> = (0..2 * points).map(|k| ((k / 2) as f64 * [0.754_878, 0.569_840][k % 2]).fract()).collect();
        let heavy: Vec<f64> = x.chunks_exact(2).map(|x| if x[0] < 0.5 { 100.0 } else { 1.0 }).collect();
        for weights in [None, Some(&heavy[..])] {
            let groups = Cells::groups(&[[0.0, 1.0]; 2], &x, weights, 2000);
            assert!((2000..2010).contains(&groups.len()), "{}", groups.len());
            let mut all: Vec<u32> = groups.concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..points as u32));
        }
        let left = |groups: &[Vec<u32>]| groups.iter().filter(|group| x[2 * group[0] as usize] < 0.5).count();
        let [even, weighted] = [None, Some(&heavy[..])].map(|weights| left(&Cells::groups(&[[0.0, 1.0]; 2], &x, weights, 500)));
        assert!(weighted > even + even / 2, "{even} {weighted}");
        let same = vec![0.25; 200];
        assert_eq!(Cells::groups(&[[0.0, 1.0]; 2], &same, None, 50).len(), 1);
    }

    #[test]
    fn cells_fill_the_box_and_are_fine_where_the_samples_are() {
        for (inputs, tolerance) in [(1, 1e-5), (2, 5e-3), (3, 2e-2)] {
            let bounds = vec![[-4.0, 6.0]; inputs];
            let middle = 1.3;
            let spread = 0.15;
            let samples = 500;
            let part = |k: usize, input: usize| (k as f64 * [0.618_034, 0.754_878, 0.819_173][input]).fract() - 0.5;
            let x: Vec<f64> = (0..samples * inputs).map(|k| middle + 5.0 * spread * part(k / inputs, k % inputs)).collect();
            let cells = Cells::around(&bounds, &x, &vec![1.0 / samples as f64; samples], 4000);
            let volume: f64 = cells.sizes.iter().sum();
            assert!((volume / power(10.0, inputs) - 1.0).abs() < 1e-12 && cells.sizes.len() >= 4000);
            // A narrow Gaussian, whose integral is known.
            let integral = |cells: &Cells| -> f64 {
                let value = |x: &[f64]| (-0.5 * x.iter().map(|x| ((x - middle) / spread).powi(2)).sum::<f64>()).exp();
                cells.x.chunks_exact(inputs).zip(&cells.sizes).map(|(x, size)| size * value(x)).sum()
            };
            let exact = power(spread * (2.0 * std::f64::consts::PI).sqrt(), inputs);
            let (coarse, fine) = (integral(&cells) / exact - 1.0, integral(&cells.finer()) / exact - 1.0);
            assert!(coarse.abs() < tolerance && fine.abs() <= coarse.abs().max(1e-12), "{inputs}: {coarse} {fine}");
        }
    }
}
