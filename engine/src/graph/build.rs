//! Methods that add operations to a graph. They check shapes and insert broadcasts. They also simplify: they fold constants and omit additions of
//! zero and multiplications by one. Operations on values that are the same for all samples are recorded once, without the samples.

use super::{Axis, Binary, Graph, NodeId, Op, Shape, Unary};

/// Exponent of the smallest term that counts in a log-sum-exp, relative to the largest: `exp(-36)` is the rounding error of a
/// double-precision number near one. `NO_TERM` is an exponent whose exponential is zero.
const SMALLEST_TERM: f64 = -36.0;
const NO_TERM: f64 = -1000.0;

impl Graph {
    /// A new input `[modes, rows]`, one value for each sample.
    pub fn input(&mut self, modes: usize, rows: usize) -> NodeId {
        let id = self.intern(Op::Input(self.inputs.len() as u32), Shape::batched(modes, rows));
        self.inputs.push(id);
        id
    }

    /// A new parameter `[modes, rows, cols]`.
    pub fn param(&mut self, modes: usize, rows: usize, cols: usize) -> NodeId {
        let id = self.intern(Op::Param(self.params.len() as u32), Shape::uniform(modes, rows, cols));
        self.params.push(id);
        id
    }

    /// A new setting `[modes, rows, cols]`: a value that is not a parameter but may change from run to run.
    pub fn setting(&mut self, modes: usize, rows: usize, cols: usize) -> NodeId {
        let id = self.intern(Op::Setting(self.settings.len() as u32), Shape::uniform(modes, rows, cols));
        self.settings.push(id);
        id
    }

    /// A new placeholder for a differentiation. No output of a plan may depend on it.
    pub(crate) fn free(&mut self, shape: Shape) -> NodeId {
        self.intern(Op::Free(self.len() as u32), shape)
    }

    /// A constant number.
    pub fn constant(&mut self, value: f64) -> NodeId {
        self.intern(Op::Const(value.into()), Shape::SCALAR)
    }

    /// Number to which all entries of a node are equal, if the node is a constant.
    pub fn known_value(&self, node: NodeId) -> Option<f64> {
        match self.op(node) {
            Op::Const(c) => Some(c.value()),
            Op::Broadcast(x, _) => self.known_value(x),
            _ => None,
        }
    }

    /// A constant value of a shape, all of whose entries are equal.
    pub fn filled(&mut self, value: f64, shape: Shape) -> NodeId {
        let c = self.constant(value);
        self.broadcast(c, shape)
    }

    /// `x` repeated to `shape`.
    ///
    /// # Panics
    /// If an extent of `x` is neither one nor that of `shape`, or if `x` is batched and `shape` is not.
    pub fn broadcast(&mut self, x: NodeId, shape: Shape) -> NodeId {
        let from = self.shape(x);
        assert!(from.join(shape) == Some(shape), "a value of shape {from} cannot be broadcast to {shape}");
        match self.op(x) {
            _ if from == shape => x,
            Op::Broadcast(inner, _) => self.broadcast(inner, shape),
            _ => self.intern(Op::Broadcast(x, shape), shape),
        }
    }

    /// `x` without its samples, if it is the same for all of them.
    fn without_samples(&mut self, x: NodeId) -> Option<NodeId> {
        match self.op(x) {
            Op::Broadcast(inner, shape) if shape.batched && !self.shape(inner).batched => {
                Some(self.broadcast(inner, shape.with(Axis::Samples, 1)))
            }
            _ if !self.shape(x).batched => Some(x),
            _ => None,
        }
    }

    /// Applies `build` to the operands without their samples and repeats the result for every sample. This requires that some operands are batched
    /// and all are the same for all samples.
    fn hoisted<const N: usize>(
        &mut self,
        operands: [NodeId; N],
        build: impl FnOnce(&mut Self, [NodeId; N]) -> NodeId,
    ) -> Option<NodeId> {
        if !operands.iter().any(|&x| self.shape(x).batched) {
            return None;
        }
        let mut bare = operands;
        for x in &mut bare {
            *x = self.without_samples(*x)?;
        }
        let value = build(self, bare);
        let shape = self.shape(value);
        Some(self.broadcast(value, Shape { batched: true, ..shape }))
    }

    /// Applies a function to each entry.
    pub fn unary(&mut self, f: Unary, x: NodeId) -> NodeId {
        let shape = self.shape(x);
        if let Some(value) = self.known_value(x) {
            return self.filled(crate::kernels::naive::unary(f, value), shape);
        }
        if let (Unary::Neg, Op::Unary(Unary::Neg, inner)) = (f, self.op(x)) {
            return inner;
        }
        self.hoisted([x], |g, [x]| g.unary(f, x)).unwrap_or_else(|| self.intern(Op::Unary(f, x), shape))
    }

    /// Applies a function to two values, entry by entry, after broadcasting them to one shape.
    ///
    /// # Panics
    /// If the shapes cannot be broadcast to one another.
    pub fn binary(&mut self, f: Binary, a: NodeId, b: NodeId) -> NodeId {
        let (sa, sb) = (self.shape(a), self.shape(b));
        let shape = sa.join(sb).unwrap_or_else(|| panic!("{f:?} of shapes {sa} and {sb}: they do not fit together"));
        let (ka, kb) = (self.known_value(a), self.known_value(b));
        if let (Some(x), Some(y)) = (ka, kb) {
            return self.filled(crate::kernels::naive::binary(f, x, y), shape);
        }
        match (f, ka, kb) {
            (Binary::Add, Some(0.0), _) | (Binary::Mul, Some(1.0), _) => return self.broadcast(b, shape),
            (Binary::Add | Binary::Sub, _, Some(0.0)) | (Binary::Mul | Binary::Div, _, Some(1.0)) => {
                return self.broadcast(a, shape);
            }
            (Binary::Sub, Some(0.0), _) | (Binary::Mul, Some(-1.0), _) => {
                let b = self.broadcast(b, shape);
                return self.neg(b);
            }
            (Binary::Mul | Binary::Div, _, Some(-1.0)) => {
                let a = self.broadcast(a, shape);
                return self.neg(a);
            }
            _ => {}
        }
        let (a, b) = (self.broadcast(a, shape), self.broadcast(b, shape));
        if let Some(y) = self.hoisted([a, b], |g, [a, b]| g.binary(f, a, b)) {
            return y;
        }
        // The operands of commutative operations are ordered, so that equal operations are stored once.
        let commutes = matches!(f, Binary::Add | Binary::Mul);
        let (a, b) = if commutes && b < a { (b, a) } else { (a, b) };
        self.intern(Op::Binary(f, a, b), shape)
    }

    /// `x^n`.
    pub fn powi(&mut self, x: NodeId, n: i32) -> NodeId {
        let shape = self.shape(x);
        match n {
            0 => return self.filled(1.0, shape),
            1 => return x,
            2 => return self.mul(x, x),
            _ => {}
        }
        if let Some(value) = self.known_value(x) {
            return self.filled(value.powi(n), shape);
        }
        self.hoisted([x], |g, [x]| g.powi(x, n)).unwrap_or_else(|| self.intern(Op::Powi(x, n), shape))
    }

    /// `x^power` for a real power; NaN where `x` is negative, unless the power is a whole number.
    pub fn powf(&mut self, x: NodeId, power: f64) -> NodeId {
        let shape = self.shape(x);
        if power.fract() == 0.0 && power.abs() < f64::from(i32::MAX) {
            return self.powi(x, power as i32);
        }
        if power == 0.5 {
            return self.sqrt(x);
        }
        if let Some(value) = self.known_value(x) {
            return self.filled(value.powf(power), shape);
        }
        self.hoisted([x], |g, [x]| g.powf(x, power)).unwrap_or_else(|| self.intern(Op::Powf(x, power.into()), shape))
    }

    /// `b` where `a > 0`, else `c`.
    ///
    /// # Panics
    /// If the shapes cannot be broadcast to one another.
    pub fn select(&mut self, a: NodeId, b: NodeId, c: NodeId) -> NodeId {
        let (sa, sb, sc) = (self.shape(a), self.shape(b), self.shape(c));
        let shape = sa.join(sb).and_then(|s| s.join(sc));
        let shape = shape.unwrap_or_else(|| panic!("Select of shapes {sa}, {sb} and {sc}: they do not fit together"));
        let [a, b, c] = [a, b, c].map(|x| self.broadcast(x, shape));
        self.hoisted([a, b, c], |g, [a, b, c]| g.select(a, b, c)).unwrap_or_else(|| self.intern(Op::Select(a, b, c), shape))
    }

    /// Sum along an axis, whose extent becomes one. Over the samples, the result is no longer batched.
    ///
    /// # Panics
    /// If the axis is the samples and the value is not batched.
    pub fn sum(&mut self, axis: Axis, x: NodeId) -> NodeId {
        self.reduce(axis, x, Op::Sum(axis, x))
    }

    /// Largest entry along an axis, whose extent becomes one. Over the samples, the result is no longer batched.
    ///
    /// # Panics
    /// If the axis is the samples and the value is not batched.
    pub fn max_over(&mut self, axis: Axis, x: NodeId) -> NodeId {
        self.reduce(axis, x, Op::Max(axis, x))
    }

    fn reduce(&mut self, axis: Axis, x: NodeId, op: Op) -> NodeId {
        let shape = self.shape(x);
        assert!(
            axis != Axis::Samples || shape.batched,
            "a reduction over the samples of a value of shape {shape}, which has none"
        );
        if shape.extent(axis) == Some(1) {
            return x;
        }
        if axis != Axis::Samples {
            let again = |g: &mut Self, [x]: [NodeId; 1]| match op {
                Op::Sum(..) => g.sum(axis, x),
                _ => g.max_over(axis, x),
            };
            if let Some(y) = self.hoisted([x], again) {
                return y;
            }
        }
        self.intern(op, shape.with(axis, 1))
    }

    /// Sum of all entries of all samples.
    pub fn sum_all(&mut self, x: NodeId) -> NodeId {
        self.sum_to(x, Shape::SCALAR)
    }

    /// Sum of `x` along every axis where `shape` has extent one and `x` has more. This is the transpose of a broadcast.
    pub fn sum_to(&mut self, mut x: NodeId, shape: Shape) -> NodeId {
        for axis in [Axis::Cols, Axis::Rows, Axis::Modes] {
            if shape.extent(axis) == Some(1) {
                x = self.sum(axis, x);
            }
        }
        if self.shape(x).batched && !shape.batched {
            x = self.sum(Axis::Samples, x);
        }
        assert!(self.shape(x) == shape, "a value of shape {} cannot be summed to {shape}", self.shape(x));
        x
    }

    /// `len` entries along an axis from `start`.
    ///
    /// # Panics
    /// If the slice does not lie inside the value, or if the axis is the samples.
    pub fn slice(&mut self, x: NodeId, axis: Axis, start: usize, len: usize) -> NodeId {
        let shape = self.shape(x);
        let extent = shape.extent(axis).unwrap_or_else(|| panic!("samples cannot be sliced (value of shape {shape})"));
        assert!(start + len <= extent, "a slice {start}..{} of {axis:?} of a value of shape {shape}", start + len);
        if len == extent {
            return x;
        }
        let op = Op::Slice { x, axis, start: start as u32, len: len as u32 };
        self.hoisted([x], |g, [x]| g.slice(x, axis, start, len)).unwrap_or_else(|| self.intern(op, shape.with(axis, len)))
    }

    /// Zeros of extent `len` along an axis, with `x` at `start`.
    ///
    /// # Panics
    /// If the value does not fit there, or if the axis is the samples.
    pub fn pad(&mut self, x: NodeId, axis: Axis, start: usize, len: usize) -> NodeId {
        let shape = self.shape(x);
        let extent = shape.extent(axis).unwrap_or_else(|| panic!("samples cannot be padded (value of shape {shape})"));
        assert!(start + extent <= len, "a value of shape {shape} put at {start} of {len} {axis:?}");
        if len == extent {
            return x;
        }
        let op = Op::Pad { x, axis, start: start as u32, len: len as u32 };
        self.hoisted([x], |g, [x]| g.pad(x, axis, start, len)).unwrap_or_else(|| self.intern(op, shape.with(axis, len)))
    }

    /// Concatenation of values along an axis.
    ///
    /// # Panics
    /// If their other extents differ.
    pub fn concat(&mut self, axis: Axis, parts: &[NodeId]) -> NodeId {
        let len = parts.iter().filter_map(|&p| self.shape(p).extent(axis)).sum();
        let mut start = 0;
        let mut whole = None;
        for &part in parts {
            let padded = self.pad(part, axis, start, len);
            start += self.shape(part).extent(axis).unwrap_or(0);
            whole = Some(whole.map_or(padded, |w| self.add(w, padded)));
        }
        whole.expect("there is at least one part")
    }

    /// A matrix and a vector, broadcast to equal numbers of modes.
    fn with_modes_joined(&mut self, w: NodeId, h: NodeId) -> (NodeId, NodeId) {
        let (sw, sh) = (self.shape(w), self.shape(h));
        let modes = sw.modes.max(sh.modes);
        (self.broadcast(w, sw.with(Axis::Modes, modes)), self.broadcast(h, sh.with(Axis::Modes, modes)))
    }

    /// `W h` mode by mode, `[modes, rows, cols] [modes, cols] -> [modes, rows]`. An operand of one mode is repeated for all modes of the other.
    ///
    /// # Panics
    /// If the shapes do not fit, or if the matrix is batched.
    pub fn matvec(&mut self, w: NodeId, h: NodeId) -> NodeId {
        let (w, h) = self.with_modes_joined(w, h);
        let (sw, sh) = (self.shape(w), self.shape(h));
        assert!(!sw.batched && sh.cols == 1 && sw.cols == sh.rows, "the matrix {sw} cannot be applied to {sh}");
        let shape = Shape { rows: sw.rows, ..sh };
        self.hoisted([h], |g, [h]| g.matvec(w, h)).unwrap_or_else(|| self.intern(Op::MatVec(w, h), shape))
    }

    /// `W^T g` mode by mode, `[modes, rows, cols] [modes, rows] -> [modes, cols]`. An operand of one mode is repeated for all modes of the
    /// other.
    ///
    /// # Panics
    /// If the shapes do not fit, or if the matrix is batched.
    pub fn matvec_t(&mut self, w: NodeId, g: NodeId) -> NodeId {
        let (w, g) = self.with_modes_joined(w, g);
        let (sw, sg) = (self.shape(w), self.shape(g));
        assert!(!sw.batched && sg.cols == 1 && sw.rows == sg.rows, "the transpose of the matrix {sw} cannot be applied to {sg}");
        let shape = Shape { rows: sw.cols, ..sg };
        self.hoisted([g], |graph, [g]| graph.matvec_t(w, g)).unwrap_or_else(|| self.intern(Op::MatVecT(w, g), shape))
    }

    /// `g h^T` mode by mode, summed over the samples, `[modes, rows] [modes, cols] -> [modes, rows, cols]`.
    ///
    /// # Panics
    /// If an operand is a matrix.
    pub fn outer(&mut self, g: NodeId, h: NodeId) -> NodeId {
        let (g, h) = self.with_modes_joined(g, h);
        let (sg, sh) = (self.shape(g), self.shape(h));
        assert!(sg.cols == 1 && sh.cols == 1, "the outer product of {sg} and {sh}: both must be vectors");
        let batched = sg.batched || sh.batched;
        let g = self.broadcast(g, Shape { batched, ..sg });
        let h = self.broadcast(h, Shape { batched, ..sh });
        self.intern(Op::Outer(g, h), Shape::uniform(sg.modes, sg.rows, sh.rows))
    }

    /// Log-sum-exp along an axis. The maximum is subtracted first, so that finite arguments give a finite result.
    ///
    /// A term counts as zero, with its derivatives, if the rounding of double precision would hide it beside the largest one. Products
    /// of smaller terms would be subnormal numbers, with which processors compute about a hundred times more slowly.
    pub fn log_sum_exp(&mut self, axis: Axis, x: NodeId) -> NodeId {
        let top = self.max_over(axis, x);
        let top = self.stop_gradient(top);
        let below = self.sub(x, top);
        let [smallest_term, no_term] = [SMALLEST_TERM, NO_TERM].map(|x| self.constant(x));
        let deficit = self.sub(smallest_term, below);
        // `select` takes its last operand if the first is NaN, so that NaN remains NaN.
        let below = self.select(deficit, no_term, below);
        let e = self.exp(below);
        let sum = self.sum(axis, e);
        let log = self.log(sum);
        self.add(top, log)
    }
}
