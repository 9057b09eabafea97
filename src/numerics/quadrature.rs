//! Quadrature over a box of one to three inputs with cells that are small where samples are dense.
//!
//! The box is divided into equal cells, and the cell with the largest estimated error is divided again until there are enough.
//! The error of the midpoint rule in a cell of relative width h and probability p is of the order of `p h^2`. The samples give p;
//! a fraction of it is spread evenly, so that no region without samples stays coarse.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Initial number of equal parts of each side of the box.
const INITIAL_DIVISIONS: usize = 8;
/// Error of a cell with a single point, smaller than the error of any other cell.
const SINGLE_POINT_ERROR: f64 = f64::MIN_POSITIVE;
/// Width of a cell, relative to the box, at which its points count as one.
const MIN_RELATIVE_WIDTH: f64 = 1e-6;
/// Fraction of the probability that is spread evenly over the box.
const UNIFORM_FRACTION: f64 = 0.1;

/// Points with the sizes of their cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    /// Middles of the cells, `[cells, inputs]`.
    pub x: Vec<f64>,
    /// Sizes of the cells: length, area or volume.
    pub sizes: Vec<f64>,
    /// Widths of the cells, `[cells, inputs]`.
    pub widths: Vec<f64>,
    inputs: usize,
}

/// Cell that may be divided.
#[derive(Default)]
struct CandidateCell {
    error: f64,
    middle: Vec<f64>,
    /// Width, relative to the box.
    width: f64,
    /// Indices of its samples, in 32 bits to save memory.
    samples: Vec<u32>,
}

impl Cells {
    /// At least `count` cells over the box `bounds`, fine around samples `x` `[samples, inputs]` with weights that sum to one.
    pub fn around(bounds: &[[f64; 2]], x: &[f64], weights: &[f64], count: usize) -> Self {
        let inputs = bounds.len();
        let error = |samples: &[u32], width: f64| {
            let mass: f64 = samples.iter().map(|&k| weights[k as usize]).sum();
            ((1.0 - UNIFORM_FRACTION) * mass + UNIFORM_FRACTION * power(width, inputs)) * width * width
        };
        let cells = divided(bounds, x, error, count, 0.0);
        let side = |k: usize| bounds[k][1] - bounds[k][0];
        let volume: f64 = (0..inputs).map(side).product();
        let place = |cell: &CandidateCell| (0..inputs).map(|k| bounds[k][0] + side(k) * cell.middle[k]).collect::<Vec<f64>>();
        Self {
            x: cells.iter().flat_map(place).collect(),
            sizes: cells.iter().map(|cell| volume * power(cell.width, inputs)).collect(),
            widths: cells.iter().flat_map(|cell| (0..inputs).map(|k| side(k) * cell.width)).collect(),
            inputs,
        }
    }

    /// Divides points into about `count` groups by the cells of a division of the box. The division is finer where there are more
    /// points, or where their weights are larger.
    pub fn groups(bounds: &[[f64; 2]], x: &[f64], weights: Option<&[f64]>, count: usize) -> Vec<Vec<u32>> {
        let mass = |points: &[u32]| match weights {
            Some(weights) => points.iter().map(|&k| weights[k as usize]).sum::<f64>(),
            None => points.len() as f64,
        };
        let error = |points: &[u32], width: f64| match points {
            [] => 0.0,
            [_] => SINGLE_POINT_ERROR,
            // Points that coincide cannot be divided.
            _ if width < MIN_RELATIVE_WIDTH => SINGLE_POINT_ERROR,
            _ => (mass(points) * width * width).max(SINGLE_POINT_ERROR),
        };
        let cells = divided(bounds, x, error, count, SINGLE_POINT_ERROR);
        cells.into_iter().map(|cell| cell.samples).filter(|points| !points.is_empty()).collect()
    }

    /// Quadrature with every cell halved along each side, to estimate the quadrature error.
    #[must_use]
    pub fn finer(&self) -> Self {
        self.with_two_points(0.25)
    }

    /// Two Gauss points along each side of every cell. The error is of fourth order in the widths of the cells.
    #[must_use]
    pub fn gauss_points(&self) -> Self {
        self.with_two_points(0.5 / 3.0_f64.sqrt())
    }

    /// Two points of equal weight along each side of every cell, at this distance from its middle in widths of the cell.
    fn with_two_points(&self, distance: f64) -> Self {
        let (inputs, parts) = (self.inputs, 1 << self.inputs);
        let mut fine = Self { inputs, ..Self::default() };
        for (cell, size) in self.sizes.iter().enumerate() {
            for part in 0..parts {
                for k in cell * inputs..(cell + 1) * inputs {
                    let sign = if part >> (k % inputs) & 1 == 1 { distance } else { -distance };
                    fine.x.push(self.x[k] + sign * self.widths[k]);
                    fine.widths.push(0.5 * self.widths[k]);
                }
                fine.sizes.push(size / f64::from(parts));
            }
        }
        fine
    }
}

/// Volume of a cube with this side.
fn power(side: f64, inputs: usize) -> f64 {
    (0..inputs).map(|_| side).product()
}

/// Cells of a box, divided until `count` cells have an error, or until no cell has an error above `least`. `error` takes the
/// samples in a cell and its relative width.
fn divided(bounds: &[[f64; 2]], x: &[f64], error: impl Fn(&[u32], f64) -> f64, count: usize, least: f64) -> Vec<CandidateCell> {
    let inputs = bounds.len();
    // Coordinates in the unit box.
    let unit = |sample: u32, k: usize| (x[sample as usize * inputs + k] - bounds[k][0]) / (bounds[k][1] - bounds[k][0]);
    let candidate =
        |middle: Vec<f64>, width: f64, samples: Vec<u32>| CandidateCell { error: error(&samples, width), middle, width, samples };
    let all = candidate(vec![0.5; inputs], 1.0, (0..(x.len() / inputs) as u32).collect());
    let mut cells = parts_of(&all, INITIAL_DIVISIONS, unit, candidate);
    // Errors and middles are not negative, so that their bits have the same order.
    let key = |k: usize, cell: &CandidateCell| {
        let place = cell.middle.iter().map(|middle| middle.to_bits()).collect::<Vec<u64>>();
        (cell.error.to_bits(), Reverse(place), k)
    };
    let mut heap: BinaryHeap<_> = cells.iter().enumerate().map(|(k, cell)| key(k, cell)).collect();
    let mut counted = cells.iter().filter(|cell| cell.error > 0.0).count();
    while counted < count && heap.peek().is_some_and(|worst| cells[worst.2].error > least) {
        let Some((.., worst)) = heap.pop() else { break };
        let parts = parts_of(&std::mem::take(&mut cells[worst]), 2, unit, candidate);
        counted += parts.iter().filter(|cell| cell.error > 0.0).count() - 1;
        heap.extend(parts.iter().enumerate().map(|(k, cell)| key(cells.len() + k, cell)));
        cells.extend(parts);
    }
    heap.into_sorted_vec().into_iter().rev().map(|(.., k)| std::mem::take(&mut cells[k])).collect()
}

/// Divides a cell into `parts^inputs` equal cells, each with its samples.
fn parts_of(
    cell: &CandidateCell,
    parts: usize,
    unit: impl Fn(u32, usize) -> f64,
    candidate: impl Fn(Vec<f64>, f64, Vec<u32>) -> CandidateCell,
) -> Vec<CandidateCell> {
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
    fn number_of_groups_is_close_to_requested_number() {
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
    fn cells_fill_the_box_and_are_fine_near_samples() {
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

    #[test]
    fn gauss_points_are_more_accurate_than_as_many_middles() {
        let (bounds, spread) = ([[-4.0, 6.0]], 0.3);
        let x: Vec<f64> = (0..400).map(|k| 1.3 + 5.0 * spread * ((f64::from(k) * 0.618_034).fract() - 0.5)).collect();
        let error = |cells: &Cells| {
            let value = |x: &f64| (-0.5 * ((x - 1.3) / spread).powi(2)).exp();
            let integral: f64 = cells.x.iter().zip(&cells.sizes).map(|(x, size)| size * value(x)).sum();
            (integral / (spread * (2.0 * std::f64::consts::PI).sqrt()) - 1.0).abs()
        };
        let cells = |count: usize| Cells::around(&bounds, &x, &[0.0025; 400], count);
        let (gauss, middles) = (cells(100).gauss_points(), cells(200));
        assert!(gauss.x.len() <= middles.x.len() + 2);
        assert!(error(&gauss) < 0.05 * error(&middles), "{} {}", error(&gauss), error(&middles));
    }
}
