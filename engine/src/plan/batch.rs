//! The samples of a batch, stored in the order in which kernels read them: for each input tile by tile, row by row, lane by lane.

use super::Scalar;
use crate::graph::Shape;
use crate::kernels::Lane;

/// The width of a tile is a multiple of this number of vectors.
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
    /// Divides the samples into tiles of equal width, at most `widest` vectors a row.
    pub(super) fn new(shapes: &[Shape], samples: usize, widest: usize) -> Self {
        let vectors = samples.div_ceil(T::Lane::LANES);
        let width = vectors.div_ceil(vectors.div_ceil(widest).max(1)).max(1);
        // Kernels process a row in register tiles of a few vectors. Only the last tile of samples may leave one incomplete.
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

    /// Lane vectors in a row of one tile. The last tile is no wider than its samples require.
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

    /// Sets input `k` to the samples `picks` of another batch, in that order, which makes a mini-batch.
    ///
    /// # Panics
    /// If the numbers of samples or the shapes differ.
    pub fn gather(&mut self, k: usize, from: &Self, picks: &[usize]) {
        T::gather(self, k, from, picks);
    }

    /// One number of input `k` of one sample. Rows are numbered through all modes.
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
                        // Lanes beyond the last sample repeat it. They do not count in any result, but they are computed: other
                        // numbers could cost time as infinities or subnormal numbers.
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
    assert!(picks.len() == batch.samples && batch.shapes[k] == from.shapes[k], "the mini-batch has another shape");
    batch.fill(k, |sample, row| from.get(k, picks[sample], row));
}
