//! Lane vectors: several numbers that one instruction processes, by the crate `wide`. Vectors of `f32` have four lanes in WebAssembly and eight
//! natively. Vectors of `f64` have four lanes. A vector consists of two halves on targets with narrower registers.

use std::ops::{Add, Div, Mul, Neg, Sub};

use num_traits::{Float, One, Zero};

use super::{double, math};

/// The types of number that lanes consist of: `f32` and `f64`.
pub trait Number: Float + Default + std::fmt::Debug + Send + Sync + std::iter::Sum + 'static {
    /// The lane vector of this number.
    type Lane: Lane<Scalar = Self>;
    /// The number nearest to `x`.
    fn narrow(x: f64) -> Self;
    /// The number as `f64`, without rounding.
    fn widen(self) -> f64;
    /// Performs a step of Adam for parameters with equal constants; see [`super::adam`].
    fn adam(step: &super::adam::AdamStep<Self>, params: &mut [Self], gradient: &[Self], moments: [&mut [Self]; 2]);
}

/// The lane vector of `f32` on the target architecture.
#[cfg(target_arch = "wasm32")]
pub type F32Lane = wide::f32x4;
/// The lane vector of `f32` on the target architecture.
#[cfg(not(target_arch = "wasm32"))]
pub type F32Lane = wide::f32x8;

macro_rules! number {
    ($number:ident, $lane:ty) => {
        impl Number for $number {
            type Lane = $lane;

            fn narrow(x: f64) -> Self {
                x as Self
            }

            fn widen(self) -> f64 {
                f64::from(self)
            }

            fn adam(step: &super::adam::AdamStep<Self>, params: &mut [Self], gradient: &[Self], moments: [&mut [Self]; 2]) {
                super::adam::apply_step(step, params, gradient, moments);
            }
        }
    };
}
number!(f32, F32Lane);
number!(f64, wide::f64x4);

/// A lane vector: one number for each of [`Lane::LANES`] samples. Every operation on a NaN gives a NaN in that lane.
pub trait Lane:
    Copy
    + std::fmt::Debug
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// The number in a lane.
    type Scalar: Number<Lane = Self>;
    /// The number of lanes, at most 16.
    const LANES: usize;
    /// True if loops are compiled for each function, with register tiles. Small modules omit this code for `f64`.
    const HAS_TILES: bool;

    /// `x` in every lane.
    fn splat(x: Self::Scalar) -> Self;
    /// Reads [`Lane::LANES`] numbers.
    fn load(from: &[Self::Scalar]) -> Self;
    /// Writes [`Lane::LANES`] numbers.
    fn store(self, to: &mut [Self::Scalar]);
    /// `self * a + b`, with one rounding if the target has fused multiply-add.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `yes` in lanes where `self > than`, else `no`.
    fn where_above(self, than: Self, yes: Self, no: Self) -> Self;
    /// `self` in lanes where it is NaN, else `other`.
    fn nan_or(self, other: Self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Exponential.
    fn exp(self) -> Self;
    /// Natural logarithm.
    fn log(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Softplus and sigmoid, computed from one exponential.
    fn softplus_sigmoid(self) -> (Self, Self);
    /// Writes the softplus of all vectors of `x` to `h` and their sigmoid to `s`.
    #[inline(always)]
    fn softplus_sigmoid_all(h: &mut [Self], s: &mut [Self], x: &[Self]) {
        for ((h, s), &x) in h.iter_mut().zip(s).zip(x) {
            (*h, *s) = x.softplus_sigmoid();
        }
    }
    /// Writes the softplus of all vectors of `x` to `h`.
    #[inline(always)]
    fn softplus_all(h: &mut [Self], x: &[Self]) {
        h.iter_mut().zip(x).for_each(|(h, x)| *h = x.softplus_sigmoid().0);
    }

    /// Zero in every lane.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(Self::Scalar::zero())
    }

    /// One in every lane.
    #[inline(always)]
    fn one() -> Self {
        Self::splat(Self::Scalar::one())
    }

    /// `yes` in lanes where `self > 0`, else `no`.
    #[inline(always)]
    fn where_positive(self, yes: Self, no: Self) -> Self {
        self.where_above(Self::zero(), yes, no)
    }

    /// The larger, lane by lane; NaN if either is.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.nan_or(self.where_above(other, self, other))
    }

    /// The smaller, lane by lane; NaN if either is.
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self.nan_or(other.where_above(self, self, other))
    }

    /// Applies `f` to each lane.
    #[inline]
    fn map(self, f: impl Fn(Self::Scalar) -> Self::Scalar) -> Self {
        let mut x = [Self::Scalar::zero(); 16];
        let x = &mut x[..Self::LANES];
        self.store(x);
        for x in x.iter_mut() {
            *x = f(*x);
        }
        Self::load(x)
    }

    /// All lanes combined by `f`, from the first to the last.
    #[inline]
    fn fold(self, f: impl Fn(Self::Scalar, Self::Scalar) -> Self::Scalar) -> Self::Scalar {
        let mut x = [Self::Scalar::zero(); 16];
        let x = &mut x[..Self::LANES];
        self.store(x);
        x[1..].iter().fold(x[0], |a, &b| f(a, b))
    }

    /// The sum of the lanes of each vector, from the first lane to the last.
    #[inline]
    fn sums(vectors: &[Self], sums: &mut [Self::Scalar]) {
        sums.iter_mut().zip(vectors).for_each(|(sum, lanes)| *sum = lanes.fold(|a, b| a + b));
    }

    /// The number in one lane.
    #[inline]
    fn lane(self, k: usize) -> Self::Scalar {
        let mut x = [Self::Scalar::zero(); 16];
        self.store(&mut x[..Self::LANES]);
        x[k]
    }

    /// `self` in the first `valid` lanes, `filler` in the others.
    #[inline]
    fn first(self, valid: usize, filler: Self::Scalar) -> Self {
        let mut x = [Self::Scalar::zero(); 16];
        let x = &mut x[..Self::LANES];
        self.store(x);
        x[valid.min(Self::LANES)..].fill(filler);
        Self::load(x)
    }
}

/// Implements functions of one vector by functions of the same signature.
macro_rules! each_entry {
    ($($name:ident => $function:path),*) => {
        $(
            #[inline(always)]
            fn $name(self) -> Self {
                $function(self)
            }
        )*
    };
}

macro_rules! lane {
    ($vector:ident, $scalar:ident, $lanes:literal, $functions:ident, $has_tiles:expr) => {
        impl Lane for wide::$vector {
            type Scalar = $scalar;
            const LANES: usize = $lanes;
            const HAS_TILES: bool = $has_tiles;

            #[inline(always)]
            fn splat(x: $scalar) -> Self {
                Self::splat(x)
            }

            #[inline(always)]
            fn load(from: &[$scalar]) -> Self {
                let mut x = [0.0; $lanes];
                x.copy_from_slice(from);
                Self::new(x)
            }

            #[inline(always)]
            fn store(self, to: &mut [$scalar]) {
                to.copy_from_slice(&self.to_array());
            }

            #[inline(always)]
            fn fold(self, f: impl Fn($scalar, $scalar) -> $scalar) -> $scalar {
                let x = self.to_array();
                x[1..].iter().fold(x[0], |a, &b| f(a, b))
            }

            /// Transposes one block of as many vectors as a vector has lanes, and adds the results. Small modules omit this code.
            #[cfg(not(target_arch = "wasm32"))]
            #[inline]
            fn sums(vectors: &[Self], sums: &mut [$scalar]) {
                let (blocks, rest) = vectors.as_chunks::<$lanes>();
                let (in_blocks, of_rest) = sums.split_at_mut($lanes * blocks.len());
                for (block, sums) in blocks.iter().zip(in_blocks.chunks_exact_mut($lanes)) {
                    let lanes = Self::transpose(*block);
                    lanes[1..].iter().fold(lanes[0], |sum, &lane| sum + lane).store(sums);
                }
                of_rest.iter_mut().zip(rest).for_each(|(sum, lanes)| *sum = lanes.fold(|a, b| a + b));
            }

            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Self::mul_add(self, a, b)
            }

            #[inline(always)]
            fn where_above(self, than: Self, yes: Self, no: Self) -> Self {
                self.simd_gt(than).select(yes, no)
            }

            each_entry! { abs => Self::abs, sqrt => Self::sqrt, exp => $functions::exp, log => $functions::log, tanh => $functions::tanh }

            #[inline(always)]
            fn softplus_sigmoid(self) -> (Self, Self) {
                $functions::softplus_sigmoid(self)
            }

            #[inline(always)]
            fn softplus_sigmoid_all(h: &mut [Self], s: &mut [Self], x: &[Self]) {
                $functions::softplus_sigmoid_all(h, s, x);
            }

            #[inline(always)]
            fn softplus_all(h: &mut [Self], x: &[Self]) {
                $functions::softplus_all(h, x);
            }

            #[inline(always)]
            fn nan_or(self, other: Self) -> Self {
                self.is_nan().select(self, other)
            }
        }
    };
}

#[cfg(target_arch = "wasm32")]
lane!(f32x4, f32, 4, math, true);
#[cfg(not(target_arch = "wasm32"))]
lane!(f32x8, f32, 8, math, true);
lane!(f64x4, f64, 4, double, cfg!(not(target_arch = "wasm32")));
