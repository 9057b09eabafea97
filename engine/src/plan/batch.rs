//! The samples of a batch, packed into tiles: for each input, tile by tile, row by row, lane by lane.

use super::Scalar;
use crate::graph::Shape;
use crate::kernels::Lane;

/// Tiles of samples are a multiple of so many vectors wide.
const EVEN: usize = 4;

/// Values of a plan's inputs for a number of samples.
#[derive(Clone, Debug)]
pub struct Batch<T: Scalar> {
    shapes: Vec<Shape>,
    samples: usize,
    width: usize,
    inputs: Vec<Vec<T::Lane>>,
}

impl<T: Scalar> Batch<T> {
    /// Tiles of at most `widest` vectors a row, as equal as they can be.
    pub(super) fn new(shapes: &[Shape], samples: usize, widest: usize) -> Self {
        let vectors = samples.div_ceil(T::Lane::LANES);
        let width = vectors.div_ceil(vectors.div_ceil(widest).max(1)).max(1);
        // Kernels cut a row into register tiles of a few vectors: only the last tile of samples has any to spare.
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

    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Lane vectors in a row of one tile: the last tile is no wider than its samples need.
    pub(super) fn tile_width(&self, tile: usize) -> usize {
        (self.samples.div_ceil(T::Lane::LANES) - tile * self.width).min(self.width)
    }

    /// Input `k` of one tile.
    pub(super) fn tile(&self, k: usize, tile: usize) -> &[T::Lane] {
        let len = self.shapes[k].len();
        &self.inputs[k][tile * len * self.width..][..len * self.tile_width(tile)]
    }

    /// Sets input `k` from `[samples, modes, rows]`.
    ///
    /// # Panics
    /// If there are not exactly as many numbers.
    pub fn set(&mut self, k: usize, values: &[T]) {
        T::set(self, k, values);
    }

    /// Sets input `k` from another batch's samples `picks`, in that order: a mini-batch.
    ///
    /// # Panics
    /// If the numbers of samples or the shapes differ.
    pub fn gather(&mut self, k: usize, from: &Self, picks: &[usize]) {
        T::gather(self, k, from, picks);
    }

    /// Input `k` of one sample; `row` counts through modes and rows.
    pub fn get(&self, k: usize, sample: usize, row: usize) -> T {
        let lanes = T::Lane::LANES;
        let (tile, at) = (sample / self.tile_samples(), sample % self.tile_samples());
        self.tile(k, tile)[row * self.tile_width(tile) + at / lanes].lane(at % lanes)
    }

    fn fill(&mut self, k: usize, value: impl Fn(usize, usize) -> T) {
        let (lanes, len) = (T::Lane::LANES, self.shapes[k].len());
        for tile in 0..self.tiles() {
            let width = self.tile_width(tile);
            let vectors = &mut self.inputs[k][tile * len * self.width..][..len * width];
            let mut numbers = [T::zero(); 16];
            for (row, vectors) in vectors.chunks_exact_mut(width).enumerate() {
                let mut first = tile * self.width * lanes;
                for vector in vectors {
                    for (lane, number) in numbers[..lanes].iter_mut().enumerate() {
                        // Lanes beyond the last sample repeat it: they are never counted, but must not meet special values of their own.
                        *number = value((first + lane).min(self.samples - 1), row);
                    }
                    *vector = T::Lane::load(&numbers[..lanes]);
                    first += lanes;
                }
            }
        }
    }
}

pub(super) fn set<T: Scalar>(batch: &mut Batch<T>, k: usize, values: &[T]) {
    let (shape, samples) = (batch.shapes[k], batch.samples);
    let len = shape.len();
    assert!(values.len() == samples * len, "{} numbers for {samples} samples of {shape}", values.len());
    batch.fill(k, |sample, row| values[sample * len + row]);
}

pub(super) fn gather<T: Scalar>(batch: &mut Batch<T>, k: usize, from: &Batch<T>, picks: &[usize]) {
    assert!(picks.len() == batch.samples && batch.shapes[k] == from.shapes[k], "a mini-batch of another shape");
    batch.fill(k, |sample, row| from.get(k, picks[sample], row));
}
