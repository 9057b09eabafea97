//! The fast kernels, with SIMD lanes and register tiles. They do not allocate. Tests compare every operation with [`super::naive`].

use super::{Kernels, Lane, Matrix, MatrixVector, Row, Rows, SUMS_BEGIN_IN_REGISTERS, tiles};
use crate::graph::{Binary, Unary};

/// The SIMD kernels.
#[derive(Debug)]
pub struct Simd;

/// `dst = f(x)`, entry by entry.
#[inline(always)]
fn map<V: Lane>(dst: &mut [V], x: Rows<V>, width: usize, f: impl Fn(V) -> V) {
    if V::HAS_TILES {
        each(dst, x, width, f);
    } else {
        each_by(dst, x, width, &f);
    }
}

/// [`each`] with a pointer to the function, so that all functions of `f64` share one loop in the page's WebAssembly module, which is a twentieth
/// smaller.
#[inline(never)]
fn each_by<V: Lane>(dst: &mut [V], x: Rows<V>, width: usize, f: &dyn Fn(V) -> V) {
    each(dst, x, width, f);
}

#[inline(always)]
fn each<V: Lane>(dst: &mut [V], x: Rows<V>, width: usize, f: impl Fn(V) -> V) {
    match x {
        Rows::Each(x) => dst.iter_mut().zip(x).for_each(|(dst, &x)| *dst = f(x)),
        _ => {
            for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
                match x.row(r, width) {
                    Row::Lanes(x) => dst.iter_mut().zip(x).for_each(|(dst, &x)| *dst = f(x)),
                    Row::Value(x) => dst.fill(f(x)),
                }
            }
        }
    }
}

/// `dst = f(a, b)`, entry by entry.
#[inline(always)]
fn zip<V: Lane>(dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize, f: impl Fn(V, V) -> V) {
    if V::HAS_TILES {
        both(dst, a, b, width, f);
    } else {
        both_by(dst, a, b, width, &f);
    }
}

/// [`both`] with a pointer to the function; see [`each_by`].
#[inline(never)]
fn both_by<V: Lane>(dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize, f: &dyn Fn(V, V) -> V) {
    both(dst, a, b, width, f);
}

#[inline(always)]
fn both<V: Lane>(dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize, f: impl Fn(V, V) -> V) {
    if let (Rows::Each(a), Rows::Each(b)) = (a, b) {
        dst.iter_mut().zip(a).zip(b).for_each(|((dst, &a), &b)| *dst = f(a, b));
        return;
    }
    for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
        match (a.row(r, width), b.row(r, width)) {
            (Row::Lanes(a), Row::Lanes(b)) => dst.iter_mut().zip(a).zip(b).for_each(|((dst, &a), &b)| *dst = f(a, b)),
            (Row::Lanes(a), Row::Value(b)) => dst.iter_mut().zip(a).for_each(|(dst, &a)| *dst = f(a, b)),
            (Row::Value(a), Row::Lanes(b)) => dst.iter_mut().zip(b).for_each(|(dst, &b)| *dst = f(a, b)),
            (Row::Value(a), Row::Value(b)) => dst.fill(f(a, b)),
        }
    }
}

/// Runs `$body` with `$f` bound to the function of `$kind`. Each function has its own copy of the loop, and the choice is made outside the loop.
macro_rules! with_function {
    ($kind:expr, |$f:ident| $body:expr, $($name:pat => $function:expr),*) => {
        match $kind {
            $($name => {
                let $f = $function;
                $body
            })*
        }
    };
}

/// Runs `$body` with `$f` bound to any function of two numbers.
macro_rules! with_binary {
    ($kind:expr, |$f:ident| $body:expr) => {
        with_function!($kind, |$f| $body,
            Binary::Add => |a: V, b: V| a + b,
            Binary::Sub => |a: V, b: V| a - b,
            Binary::Mul => |a: V, b: V| a * b,
            Binary::Div => |a: V, b: V| a / b,
            Binary::Min => V::smaller,
            Binary::Max => V::larger
        )
    };
}

/// Runs `$body` with `$f` bound to the reduction `$kind`: addition or the maximum.
macro_rules! with_reduction {
    ($kind:expr, |$f:ident| $body:expr) => {
        debug_assert!(matches!($kind, Binary::Add | Binary::Max), "{:?} reduces nothing", $kind);
        with_function!($kind, |$f| $body, Binary::Max => V::larger, _ => |a: V, b: V| a + b)
    };
}

impl<V: Lane> Kernels<V> for Simd {
    #[inline(never)]
    fn unary(f: Unary, dst: &mut [V], x: Rows<V>, width: usize) {
        use num_traits::Float;
        let (zero, one) = (V::zero(), V::one());
        match f {
            Unary::Neg => map(dst, x, width, |x| -x),
            Unary::Exp => map(dst, x, width, V::exp),
            Unary::Log => map(dst, x, width, V::log),
            Unary::Softplus => match x {
                Rows::Each(x) => V::softplus_all(dst, x),
                _ => each_by(dst, x, width, &|x| x.softplus_sigmoid().0),
            },
            Unary::Sigmoid => map(dst, x, width, |x| x.nan_or(x.softplus_sigmoid().1)),
            // Log-sigmoids of gates are the same for all samples and are computed in a stage, not here.
            Unary::LogSigmoid => each_by(dst, x, width, &|x| -(-x).softplus_sigmoid().0),
            Unary::Tanh => map(dst, x, width, |x| x.nan_or(x.tanh())),
            Unary::Abs => map(dst, x, width, V::abs),
            Unary::Sign => map(dst, x, width, |x| x.nan_or(x.where_positive(one, (-x).where_positive(-one, zero)))),
            Unary::Sqrt => map(dst, x, width, V::sqrt),
            // The standard library computes sine and cosine lane by lane. They need an exact range reduction and are rarely used.
            Unary::Sin => map(dst, x, width, |x| x.map(Float::sin)),
            Unary::Cos => map(dst, x, width, |x| x.map(Float::cos)),
            Unary::Atan => map(dst, x, width, |x| x.map(Float::atan)),
            Unary::Relu => map(dst, x, width, |x| x.nan_or(x.where_positive(x, zero))),
            Unary::Step => map(dst, x, width, |x| x.nan_or(x.where_positive(one, zero))),
            Unary::StopGradient => map(dst, x, width, |x| x),
        }
    }

    #[inline(never)]
    fn softplus_sigmoid(h: &mut [V], s: &mut [V], x: Rows<V>, width: usize) {
        if let Rows::Each(x) = x {
            V::softplus_sigmoid_all(h, s, x);
            return;
        }
        for (r, (h, s)) in h.chunks_exact_mut(width).zip(s.chunks_exact_mut(width)).enumerate() {
            let x = x.row(r, width);
            h.iter_mut().zip(s).enumerate().for_each(|(t, (h, s))| (*h, *s) = x.get(t).softplus_sigmoid());
        }
    }

    #[inline(never)]
    fn binary(f: Binary, dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize) {
        with_binary!(f, |f| zip(dst, a, b, width, f));
    }

    #[inline(never)]
    fn accumulate(f: Binary, dst: &mut [V], x: Rows<V>, width: usize) {
        with_reduction!(f, |f| {
            for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
                let x = x.row(r, width);
                dst.iter_mut().enumerate().for_each(|(t, dst)| *dst = f(*dst, x.get(t)));
            }
        });
    }

    #[inline(never)]
    fn powi(dst: &mut [V], x: Rows<V>, n: i32, width: usize) {
        map(dst, x, width, |x| {
            let (mut power, mut base, mut left) = (V::one(), x, n.unsigned_abs());
            while left > 0 {
                if left & 1 == 1 {
                    power = power * base;
                }
                base = base * base;
                left >>= 1;
            }
            if n < 0 { V::one() / power } else { power }
        });
    }

    #[inline(never)]
    fn powf(dst: &mut [V], x: Rows<V>, power: V::Scalar, width: usize) {
        let power = V::splat(power);
        map(dst, x, width, |x| (power * x.log()).exp());
    }

    #[inline(never)]
    fn select(dst: &mut [V], a: Rows<V>, b: Rows<V>, c: Rows<V>, width: usize) {
        for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
            let (a, b, c) = (a.row(r, width), b.row(r, width), c.row(r, width));
            for (t, dst) in dst.iter_mut().enumerate() {
                *dst = a.get(t).where_positive(b.get(t), c.get(t));
            }
        }
    }

    #[inline(never)]
    fn reduce_rows(f: Binary, dst: &mut [V], x: Rows<V>, rows: usize, width: usize) {
        with_reduction!(f, |f| {
            if let (Rows::Each(x), true) = (x, COLUMN_ROWS > TILE_ROWS && V::HAS_TILES) {
                return in_blocks::<TILE_ROWS>(width, |t, block| match block {
                    TILE_ROWS => reduce_block::<V, TILE_ROWS>(dst, x, [t, rows], width, f),
                    _ => (t..t + block).for_each(|t| reduce_block::<V, 1>(dst, x, [t, rows], width, f)),
                });
            }
            let first = x.row(0, width);
            dst.iter_mut().enumerate().for_each(|(t, dst)| *dst = first.get(t));
            for r in 1..rows {
                let x = x.row(r, width);
                dst.iter_mut().enumerate().for_each(|(t, dst)| *dst = f(*dst, x.get(t)));
            }
        });
    }

    #[inline(never)]
    fn matvec(
        dst: &mut [V],
        start: Option<Rows<V>>,
        first: MatrixVector<V>,
        second: Option<MatrixVector<V>>,
        factor: Option<Rows<V>>,
        width: usize,
    ) {
        match (first, second) {
            (MatrixVector { w, h: Rows::Each(h), cols: 1 }, None)
                if V::HAS_TILES && column_times(dst, start, (w, h), factor, width) => {}
            _ => tiles::matvec(dst, start, first, second, factor, width),
        }
    }

    #[inline(never)]
    fn outer([sums, totals]: [&mut [V]; 2], start: Option<V>, [g, h]: [Rows<V>; 2], cols: usize, width: usize) {
        let start = start.filter(|_| SUMS_BEGIN_IN_REGISTERS);
        let rows = sums.len() / cols;
        // If the number of columns is odd, the block of the last column also computes the sums of the left vector.
        let is_beside = matches!((g, h, cols % 2), (Rows::Each(_), Rows::Each(_), 1)) && V::HAS_TILES && !totals.is_empty();
        if !is_beside {
            Self::reduce_samples(Binary::Add, totals, start, g, width);
        }
        // The sums of a single row would be computed one or two at a time, and each addition would wait for the one before. A column has the same
        // sums.
        let (g, h, rows, cols) = if rows == 1 && !is_beside { (h, g, cols, 1) } else { (g, h, rows, cols) };
        let (Rows::Each(g), Rows::Each(h), true) = (g, h, V::HAS_TILES) else {
            for (k, sum) in sums.iter_mut().enumerate() {
                let (g, h) = (g.row(k / cols, width), h.row(k % cols, width));
                *sum = (0..width).fold(start.unwrap_or(*sum), |sum, t| g.get(t).mul_add(h.get(t), sum));
            }
            return;
        };
        let tall = if COLUMN_ROWS > TILE_ROWS && cols == 1 && !is_beside { rows - rows % COLUMN_ROWS } else { 0 };
        for i in (0..tall).step_by(COLUMN_ROWS) {
            outer_block::<V, COLUMN_ROWS, 1>(sums, start, [g, h], [i, 0], cols, width);
        }
        in_blocks::<TILE_ROWS>(rows - tall, |i, block| {
            let i = tall + i;
            in_blocks::<2>(cols, |j, pair| match (block, pair) {
                (5, 1) if is_beside => column_and_sum::<V, 5>([sums, totals], start, [g, h], i, cols, width),
                (4, 1) if is_beside => column_and_sum::<V, 4>([sums, totals], start, [g, h], i, cols, width),
                (_, 1) if is_beside => {
                    (i..i + block).for_each(|i| column_and_sum::<V, 1>([sums, totals], start, [g, h], i, cols, width));
                }
                (5, 2) => outer_block::<V, 5, 2>(sums, start, [g, h], [i, j], cols, width),
                (5, _) => outer_block::<V, 5, 1>(sums, start, [g, h], [i, j], cols, width),
                (4, 2) => outer_block::<V, 4, 2>(sums, start, [g, h], [i, j], cols, width),
                (4, _) => outer_block::<V, 4, 1>(sums, start, [g, h], [i, j], cols, width),
                (3, 2) if !OMITS_TRIPLES => outer_block::<V, 3, 2>(sums, start, [g, h], [i, j], cols, width),
                (3, _) if !OMITS_TRIPLES => outer_block::<V, 3, 1>(sums, start, [g, h], [i, j], cols, width),
                (2, 2) => outer_block::<V, 2, 2>(sums, start, [g, h], [i, j], cols, width),
                (2, _) => outer_block::<V, 2, 1>(sums, start, [g, h], [i, j], cols, width),
                (_, 2) => outer_block::<V, 1, 2>(sums, start, [g, h], [i, j], cols, width),
                _ => outer_block::<V, 1, 1>(sums, start, [g, h], [i, j], cols, width),
            });
        });
    }

    #[inline(never)]
    fn reduce_samples(f: Binary, sums: &mut [V], start: Option<V>, x: Rows<V>, width: usize) {
        let start = start.filter(|_| SUMS_BEGIN_IN_REGISTERS);
        // Nearly all reductions are sums. Several rows are summed at once, because each addition of a row waits for the one before.
        if let (Binary::Add, Rows::Each(x), true) = (f, x, V::HAS_TILES) {
            let rows = sums.len();
            let tall = if COLUMN_ROWS > TILE_ROWS { rows - rows % COLUMN_ROWS } else { 0 };
            for i in (0..tall).step_by(COLUMN_ROWS) {
                add_block::<V, COLUMN_ROWS>(&mut sums[i..], start, &x[i * width..], width);
            }
            in_blocks::<5>(rows - tall, |i, block| match block {
                5 => add_block::<V, 5>(&mut sums[tall + i..], start, &x[(tall + i) * width..], width),
                _ => (tall + i..tall + i + block).for_each(|i| add_block::<V, 1>(&mut sums[i..], start, &x[i * width..], width)),
            });
            return;
        }
        with_reduction!(f, |f| {
            for (r, sum) in sums.iter_mut().enumerate() {
                let x = x.row(r, width);
                *sum = (0..width).fold(start.unwrap_or(*sum), |sum, t| f(sum, x.get(t)));
            }
        });
    }
}

/// Number of rows of a register tile of an outer product. With two columns, the sums of five rows, their operands and a factor fit the sixteen vector
/// registers of a processor. A WebAssembly engine leaves fewer registers, which fit four rows.
const TILE_ROWS: usize = if cfg!(target_arch = "wasm32") { 4 } else { 5 };
/// Number of rows that are processed at once for a single column, and for a sum. Natively it exceeds `TILE_ROWS`, because several other additions can begin
/// while one is in progress.
const COLUMN_ROWS: usize = if cfg!(target_arch = "wasm32") { TILE_ROWS } else { 10 };

/// True if code for blocks of three rows is omitted. Such blocks are then processed in smaller steps.
const OMITS_TRIPLES: bool = cfg!(target_arch = "wasm32");

/// Calls `each(start, length)` for consecutive blocks of at most `N` that cover `0..len`.
#[inline(always)]
fn in_blocks<const N: usize>(len: usize, mut each: impl FnMut(usize, usize)) {
    let mut start = 0;
    while start < len {
        let block = match (len - start).min(N) {
            3 if OMITS_TRIPLES => 2,
            block => block,
        };
        each(start, block);
        start += block;
    }
}

/// The `T` vectors from `start`.
#[inline(always)]
fn vectors<V: Copy, const T: usize>(x: &[V], start: usize) -> [V; T] {
    *x[start..].first_chunk::<T>().expect("a row holds whole blocks")
}

/// Computes `(start + w h) * factor` row by row for a matrix of one column. It requires that `start` is absent or one number for each row, and that
/// `factor` is absent or stored row by row. The products of a network have this form, and their rows need no register tiles.
#[inline(always)]
fn column_times<V: Lane>(
    dst: &mut [V],
    start: Option<Rows<V>>,
    (w, h): (Matrix<V::Scalar>, &[V]),
    factor: Option<Rows<V>>,
    width: usize,
) -> bool {
    let (start, step) = match start {
        None => (None, 0),
        Some(Rows::Splat { values, stride }) => (Some(values), stride),
        Some(_) => return false,
    };
    let factor = match factor {
        None => None,
        Some(Rows::Each(factor)) => Some(factor),
        Some(_) => return false,
    };
    let h = &h[..width];
    for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
        let start = start.map_or(V::zero(), |start| V::splat(start[r * step]));
        let w = V::splat(w.values[r * w.row]);
        match factor {
            None => dst.iter_mut().zip(h).for_each(|(dst, &h)| *dst = w.mul_add(h, start)),
            Some(factor) => {
                let factor = &factor[r * width..][..width];
                dst.iter_mut().zip(h).zip(factor).for_each(|((dst, &h), &factor)| *dst = w.mul_add(h, start) * factor);
            }
        }
    }
    true
}

/// Adds `R` rows and `C` columns of an outer product to the sums, or to `start`. The sums are in registers during the loop over the vectors of a row.
#[inline(always)]
fn outer_block<V: Lane, const R: usize, const C: usize>(
    sums: &mut [V],
    start: Option<V>,
    [g, h]: [&[V]; 2],
    [i, j]: [usize; 2],
    cols: usize,
    width: usize,
) {
    let g: [&[V]; R] = std::array::from_fn(|r| &g[(i + r) * width..][..width]);
    let h: [&[V]; C] = std::array::from_fn(|c| &h[(j + c) * width..][..width]);
    let mut block: [[V; C]; R] =
        std::array::from_fn(|r| start.map_or_else(|| vectors(sums, (i + r) * cols + j), |start| [start; C]));
    for t in 0..width {
        for (block, g) in block.iter_mut().zip(g) {
            block.iter_mut().zip(h).for_each(|(sum, h)| *sum = g[t].mul_add(h[t], *sum));
        }
    }
    for (r, block) in block.iter().enumerate() {
        sums[(i + r) * cols + j..][..C].copy_from_slice(block);
    }
}

/// Adds `R` rows of the last column of an outer product to the sums of that column, and the rows themselves to the sums of the left vector.
#[inline(always)]
fn column_and_sum<V: Lane, const R: usize>(
    [sums, totals]: [&mut [V]; 2],
    start: Option<V>,
    [g, h]: [&[V]; 2],
    i: usize,
    cols: usize,
    width: usize,
) {
    let g: [&[V]; R] = std::array::from_fn(|r| &g[(i + r) * width..][..width]);
    let h = &h[(cols - 1) * width..][..width];
    let mut block: [[V; 2]; R] =
        std::array::from_fn(|r| start.map_or_else(|| [sums[(i + r + 1) * cols - 1], totals[i + r]], |start| [start; 2]));
    for t in 0..width {
        for ([product, sum], g) in block.iter_mut().zip(g) {
            *product = g[t].mul_add(h[t], *product);
            *sum = *sum + g[t];
        }
    }
    for (r, [product, sum]) in block.into_iter().enumerate() {
        sums[(i + r + 1) * cols - 1] = product;
        totals[i + r] = sum;
    }
}

/// Reduces `T` vectors of each row, beginning with the `t`-th.
#[inline(always)]
fn reduce_block<V: Lane, const T: usize>(dst: &mut [V], x: &[V], [t, rows]: [usize; 2], width: usize, f: impl Fn(V, V) -> V) {
    let mut block: [V; T] = vectors(x, t);
    for r in 1..rows {
        let row: [V; T] = vectors(x, r * width + t);
        block.iter_mut().zip(row).for_each(|(value, x)| *value = f(*value, x));
    }
    dst[t..t + T].copy_from_slice(&block);
}

/// Adds the vectors of the first `R` rows of `x` to the first `R` sums, or to `start`.
#[inline(always)]
fn add_block<V: Lane, const R: usize>(sums: &mut [V], start: Option<V>, x: &[V], width: usize) {
    let rows: [&[V]; R] = std::array::from_fn(|r| &x[r * width..][..width]);
    let mut block: [V; R] = start.map_or_else(|| vectors(sums, 0), |start| [start; R]);
    for t in 0..width {
        for (sum, row) in block.iter_mut().zip(rows) {
            *sum = *sum + row[t];
        }
    }
    sums[..R].copy_from_slice(&block);
}
