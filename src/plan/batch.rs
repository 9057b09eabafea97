//! The samples of a batch, packed into tiles: for each input, tile by tile, row by row, lane by lane.

use crate::graph::Shape;
use crate::kernels::{Lane, Scalar};

/// Values of a plan's inputs for a number of samples.
#[derive(Clone, Debug)]
pub struct Batch<T: Scalar> {
    shapes: Vec<Shape>,
    samples: usize,
    width: usize,
    inputs: Vec<Vec<T::Lane>>,
}

impl<T: Scalar> Batch<T> {
    pub(super) fn new(shapes: &[Shape], samples: usize, width: usize) -> Self {
        let tiles = samples.div_ceil(width * T::Lane::LANES);
        Self {
            shapes: shapes.to_vec(),
            samples,
            width,
            inputs: shapes.iter().map(|s| vec![T::Lane::zero(); tiles * s.len() * width]).collect(),
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of tiles.
    pub fn tiles(&self) -> usize {
        self.samples.div_ceil(self.tile_samples())
    }

    /// Samples in a full tile.
    pub fn tile_samples(&self) -> usize {
        self.width * T::Lane::LANES
    }

    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Input `k` of one tile.
    pub(super) fn tile(&self, k: usize, tile: usize) -> &[T::Lane] {
        let len = self.shapes[k].len() * self.width;
        &self.inputs[k][tile * len..(tile + 1) * len]
    }

    /// Sets input `k` from `[samples, modes, rows]`.
    ///
    /// # Panics
    /// If there are not exactly as many numbers.
    pub fn set(&mut self, k: usize, values: &[T]) {
        let len = self.shapes[k].len();
        assert!(
            values.len() == self.samples * len,
            "{} numbers for {} samples of {}",
            values.len(),
            self.samples,
            self.shapes[k]
        );
        self.fill(k, |sample, row| values[sample * len + row]);
    }

    /// Sets input `k` from another batch's samples `picks`, in that order: a mini-batch.
    ///
    /// # Panics
    /// If the numbers of samples or the shapes differ.
    pub fn gather(&mut self, k: usize, from: &Self, picks: &[usize]) {
        assert!(picks.len() == self.samples && self.shapes[k] == from.shapes[k], "a mini-batch of another shape");
        self.fill(k, |sample, row| from.get(k, picks[sample], row));
    }

    /// Input `k` of one sample; `row` counts through modes and rows.
    pub fn get(&self, k: usize, sample: usize, row: usize) -> T {
        let lanes = T::Lane::LANES;
        let (tile, at) = (sample / self.tile_samples(), sample % self.tile_samples());
        self.tile(k, tile)[row * self.width + at / lanes].lane(at % lanes)
    }

    fn fill(&mut self, k: usize, value: impl Fn(usize, usize) -> T) {
        let (lanes, len, width, samples) = (T::Lane::LANES, self.shapes[k].len(), self.width, self.samples);
        for (at, vector) in self.inputs[k].iter_mut().enumerate() {
            let (tile, row, t) = (at / (len * width), at / width % len, at % width);
            let first = (tile * width + t) * lanes;
            let mut numbers = [T::zero(); 16];
            for (lane, number) in numbers[..lanes].iter_mut().enumerate() {
                // Lanes beyond the last sample repeat it: they are never counted, but must not meet special values of their own.
                *number = value((first + lane).min(samples - 1), row);
            }
            *vector = T::Lane::load(&numbers[..lanes]);
        }
    }
}
