//! The samples of a batch, stored in the order in which kernels read them: for each input tile by tile, row by row, lane by lane.

use super::Scalar;
use crate::graph::Shape;
use crate::kernels::{EVEN, Lane};

/// Values of a plan's inputs for a number of samples.
#[derive(Clone, Debug)]
pub struct Batch<T: Scalar> {
    pub(super) shapes: Vec<Shape>,
    samples: usize,
    /// Number of lane vectors in a row of a full tile.
    pub(super) width: usize,
    inputs: Vec<Vec<T::Lane>>,
}

impl<T: Scalar> Batch<T> {
    /// Divides the samples into tiles of equal width, with at most `widest` vectors in a row. The number of tiles determines the order of sums.
    pub(super) fn new(shapes: &[Shape], samples: usize, widest: usize) -> Self {
        let vectors = samples.div_ceil(T::Lane::LANES);
        let width = vectors.div_ceil(vectors.div_ceil(widest).max(1)).max(1);
        // Kernels process a row in register tiles of a few vectors. Only the last tile of samples may leave a register tile incomplete.
        let width = width.next_multiple_of(EVEN).min(vectors).min(widest).max(1);
        let inputs = shapes.iter().map(|s| vec![T::Lane::zero(); s.len() * vectors]).collect();
        Self { shapes: shapes.to_vec(), samples, width, inputs }
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

    /// Number of lane vectors in a row of one tile. The width of the last tile is the smallest that holds its samples.
    pub(super) fn tile_width(&self, tile: usize) -> usize {
        (self.samples.div_ceil(T::Lane::LANES) - tile * self.width).min(self.width)
    }

    /// The values of input `k` of one tile.
    pub(super) fn tile(&self, k: usize, tile: usize) -> &[T::Lane] {
        let len = self.shapes[k].len();
        &self.inputs[k][tile * len * self.width..][..len * self.tile_width(tile)]
    }

    /// Sets input `k` from `[samples, modes, rows]`.
    ///
    /// # Panics
    /// If `values` has another length.
    pub fn set(&mut self, k: usize, values: &[T]) {
        T::set(self, k, values);
    }

    /// Sets input `k` from a function of the sample and the row. Rows are numbered through all modes.
    pub fn set_with(&mut self, k: usize, value: &dyn Fn(usize, usize) -> T) {
        T::set_with(self, k, value);
    }

    /// Sets all inputs to consecutive samples of another batch. The result is a mini-batch.
    ///
    /// # Panics
    /// If the shapes differ, if the other batch has no such samples, or if vectors would have to be divided. `first` must be a multiple of the number
    /// of lanes (at most 8). The number of samples must be a multiple, too, unless the range ends with the last sample of the other batch.
    pub fn cut_out(&mut self, from: &Self, first: usize) {
        T::cut_out(self, from, first);
    }

    fn fill(&mut self, k: usize, value: &dyn Fn(usize, usize) -> T) {
        let (lanes, len) = (T::Lane::LANES, self.shapes[k].len());
        for tile in 0..self.tiles() {
            let width = self.tile_width(tile);
            let vectors = &mut self.inputs[k][tile * len * self.width..][..len * width];
            let mut numbers = [T::zero(); 16];
            for (row, vectors) in vectors.chunks_exact_mut(width).enumerate() {
                let mut first = tile * self.width * lanes;
                for vector in vectors {
                    for (lane, number) in numbers[..lanes].iter_mut().enumerate() {
                        // Lanes beyond the last sample repeat that sample. They do not affect any result, but they are computed. Other numbers could
                        // cost time as infinities or subnormal numbers.
                        *number = value((first + lane).min(self.samples - 1), row);
                    }
                    *vector = T::Lane::load(&numbers[..lanes]);
                    first += lanes;
                }
            }
        }
    }
}

pub(super) fn set_with<T: Scalar>(batch: &mut Batch<T>, k: usize, value: &dyn Fn(usize, usize) -> T) {
    batch.fill(k, value);
}

pub(super) fn cut_out<T: Scalar>(batch: &mut Batch<T>, from: &Batch<T>, first: usize) {
    let (lanes, end) = (T::Lane::LANES, first + batch.samples);
    let is_whole = |sample: usize| sample.is_multiple_of(lanes) || sample == from.samples;
    assert!(batch.shapes == from.shapes && is_whole(first) && is_whole(end) && end <= from.samples, "no such mini-batch");
    for k in 0..batch.shapes.len() {
        let len = batch.shapes[k].len();
        for tile in 0..batch.tiles() {
            let width = batch.tile_width(tile);
            for t in 0..width {
                let vector = first / lanes + tile * batch.width + t;
                let (tile_from, t_from) = (vector / from.width, vector % from.width);
                let (vectors, width_from) = (from.tile(k, tile_from), from.tile_width(tile_from));
                for row in 0..len {
                    batch.inputs[k][tile * len * batch.width + row * width + t] = vectors[row * width_from + t_from];
                }
            }
        }
    }
}

pub(super) fn set<T: Scalar>(batch: &mut Batch<T>, k: usize, values: &[T]) {
    let (shape, samples) = (batch.shapes[k], batch.samples);
    let len = shape.len();
    assert!(values.len() == samples * len, "{} numbers for {samples} samples of {shape}", values.len());
    batch.fill(k, &|sample, row| values[sample * len + row]);
}
