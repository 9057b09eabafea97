//! Values of all nodes with bounds of their errors. The method is running error analysis (J. H. Wilkinson, 1963; N. J. Higham, *Accuracy and
//! Stability of Numerical Algorithms*, section 3.3) for any order of summation. Intervals are used where a function is not smooth.
//!
//! A number that cannot be bounded has an infinite bound, and is not compared. Examples are a number that overflows, the logarithm of a possibly
//! negative number, and all results of these. If the result of a comparison is uncertain, the bound spans both results.

use multiwell::graph::{Axis, Binary, Graph, NodeId, Op, Shape, Unary};

/// Properties of a floating-point type.
#[derive(Clone, Copy, Debug)]
pub struct FloatPrecision {
    /// Distance from one to the next larger number.
    pub eps: f64,
    /// Smallest normal number.
    tiny: f64,
    /// Limit above which intermediate results may overflow.
    huge: f64,
}

pub const SINGLE_PRECISION: FloatPrecision =
    FloatPrecision { eps: f32::EPSILON as f64, tiny: f32::MIN_POSITIVE as f64, huge: 1e36 };
pub const DOUBLE_PRECISION: FloatPrecision = FloatPrecision { eps: f64::EPSILON, tiny: f64::MIN_POSITIVE, huge: 1e300 };

/// Maximum number of additional terms in a sum if kernels merge products.
const MERGED_ERROR_FACTOR: f64 = 16.0;

/// The leaves of a graph: inputs `[samples, modes, rows]`, parameters and settings.
#[derive(Clone, Debug)]
pub struct GraphLeaves {
    pub samples: usize,
    pub inputs: Vec<Vec<f64>>,
    pub params: Vec<Vec<f64>>,
    pub settings: Vec<Vec<f64>>,
}

/// Numbers, each with a bound of its error.
#[derive(Clone, Debug, Default)]
pub struct BoundedNumbers {
    pub v: Vec<f64>,
    pub e: Vec<f64>,
}

/// Values of the requested nodes, and of all nodes that they depend on.
pub struct EvaluatedNodes {
    pub values: Vec<BoundedNumbers>,
    /// Side of each number relative to every kink and every pole.
    pub sides: Vec<i64>,
}

struct BoundEvaluation<'a> {
    graph: &'a Graph,
    numbers: &'a GraphLeaves,
    precision: FloatPrecision,
    values: Vec<BoundedNumbers>,
    sides: Vec<i64>,
}

/// Evaluates `wanted`. If `frozen` is given, it provides the values that differentiation treats as constants.
pub fn evaluate(
    graph: &Graph,
    wanted: &[NodeId],
    numbers: &GraphLeaves,
    precision: FloatPrecision,
    frozen: Option<&EvaluatedNodes>,
) -> EvaluatedNodes {
    let mut needed = vec![false; graph.len()];
    for node in wanted {
        needed[node.index()] = true;
    }
    let nodes: Vec<NodeId> = graph.nodes().collect();
    for &node in nodes.iter().rev() {
        if needed[node.index()] {
            graph.op(node).operands().for_each(|x| needed[x.index()] = true);
        }
    }
    let mut run =
        BoundEvaluation { graph, numbers, precision, values: vec![BoundedNumbers::default(); graph.len()], sides: Vec::new() };
    for node in nodes.into_iter().filter(|node| needed[node.index()]) {
        let mut value = match (graph.op(node), frozen) {
            (Op::Unary(Unary::StopGradient, _), Some(frozen)) => {
                let v = frozen.values[node.index()].v.clone();
                BoundedNumbers { e: vec![0.0; v.len()], v }
            }
            (op, _) => run.value(node, op),
        };
        for (v, e) in value.v.iter().zip(&mut value.e) {
            if e.is_nan() || !v.is_finite() || v.abs() + *e > precision.huge {
                *e = f64::INFINITY;
            }
        }
        run.values[node.index()] = value;
    }
    EvaluatedNodes { values: run.values, sides: run.sides }
}

/// Sign of a number, if its error cannot change it.
fn side(v: f64, e: f64) -> Option<i64> {
    (v.abs() > e || e == 0.0).then(|| sign(v))
}

fn sign(v: f64) -> i64 {
    if v > 0.0 {
        1
    } else if v < 0.0 {
        -1
    } else {
        0
    }
}

fn sigmoid(x: f64) -> f64 {
    if x > 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

impl BoundEvaluation<'_> {
    fn bounded_value(&self, node: NodeId) -> (&BoundedNumbers, Shape) {
        (&self.values[node.index()], self.graph.shape(node))
    }

    /// Number of samples of a value of this shape, or one if it is not batched.
    fn samples(&self, shape: Shape) -> usize {
        if shape.batched { self.numbers.samples } else { 1 }
    }

    /// Number at a position of a value to which the node is broadcast.
    fn at(&self, node: NodeId, [s, m, r, c]: [usize; 4]) -> (f64, f64) {
        let (value, shape) = self.bounded_value(node);
        let within = |k: usize, extent: usize| if extent == 1 { 0 } else { k };
        let (m, r, c) = (within(m, shape.modes), within(r, shape.rows), within(c, shape.cols));
        let s = if shape.batched { s } else { 0 };
        let k = ((s * shape.modes + m) * shape.rows + r) * shape.cols + c;
        (value.v[k], value.e[k])
    }

    /// Creates a value entry by entry. `entry` is a function of the position.
    fn each(&self, shape: Shape, mut entry: impl FnMut([usize; 4]) -> (f64, f64)) -> BoundedNumbers {
        let mut value = BoundedNumbers::default();
        for s in 0..self.samples(shape) {
            for m in 0..shape.modes {
                for r in 0..shape.rows {
                    for c in 0..shape.cols {
                        let (v, e) = entry([s, m, r, c]);
                        value.v.push(v);
                        value.e.push(e);
                    }
                }
            }
        }
        value
    }

    fn map(&self, x: NodeId, f: impl FnMut((f64, f64)) -> (f64, f64)) -> BoundedNumbers {
        let value = self.bounded_value(x).0;
        let (v, e) = value.v.iter().copied().zip(value.e.iter().copied()).map(f).unzip();
        BoundedNumbers { v, e }
    }

    fn exact(v: &[f64]) -> BoundedNumbers {
        BoundedNumbers { v: v.to_vec(), e: vec![0.0; v.len()] }
    }

    fn value(&mut self, node: NodeId, op: Op) -> BoundedNumbers {
        let shape = self.graph.shape(node);
        let FloatPrecision { eps, tiny, .. } = self.precision;
        match op {
            Op::Input(k) => Self::exact(&self.numbers.inputs[k as usize]),
            Op::Param(k) => Self::exact(&self.numbers.params[k as usize]),
            Op::Setting(k) => Self::exact(&self.numbers.settings[k as usize]),
            Op::Const(c) => BoundedNumbers { v: vec![c.value()], e: vec![eps * c.value().abs()] },
            Op::Free(_) => unreachable!("a placeholder is not computed"),
            Op::Unary(f, x) => self.unary(f, x),
            Op::Binary(f, a, b) => self.binary(f, a, b),
            Op::Powi(x, n) => {
                if n < 0 {
                    let sides: Vec<i64> = self.bounded_value(x).0.v.iter().map(|v| sign(*v)).collect();
                    self.sides.extend(sides);
                }
                self.powi(x, n)
            }
            Op::Powf(x, power) => self.map(x, |(v, e)| {
                let (p, log) = (power.value(), v.ln());
                let of_log = if v > e { -(-e / v).ln_1p() + 4.0 * eps * log.abs() } else { f64::INFINITY };
                let y = v.powf(p);
                let of_product = (p.abs() * of_log + 3.0 * eps * (p * log).abs()) * (1.0 + eps);
                (y, y * of_product.exp_m1() + 6.0 * eps * y * of_product.exp() + 4.0 * tiny)
            }),
            Op::Select(a, b, c) => {
                let mut sides = Vec::new();
                let value = self.each(shape, |at| {
                    let ((v, e), b, c) = (self.at(a, at), self.at(b, at), self.at(c, at));
                    sides.push(i64::from(v > 0.0));
                    let chosen = if v > 0.0 { b } else { c };
                    if side(v, e).is_some() {
                        chosen
                    } else if e.is_infinite() {
                        (chosen.0, e)
                    } else {
                        (chosen.0, (b.0 - c.0).abs() + b.1.max(c.1))
                    }
                });
                self.sides.extend(sides);
                value
            }
            Op::Broadcast(x, _) => self.each(shape, |at| self.at(x, at)),
            Op::Sum(axis, x) => self.each(shape, |at| self.total(self.along(axis, x, at).map(|at| self.at(x, at)))),
            Op::Max(axis, x) => {
                let mut sides = Vec::new();
                let value = self.each(shape, |at| {
                    let all: Vec<(f64, f64)> = self.along(axis, x, at).map(|at| self.at(x, at)).collect();
                    let top = (0..all.len()).fold(0, |top, k| if all[k].0 > all[top].0 { k } else { top });
                    sides.push(i64::try_from(top).expect("few entries"));
                    (all[top].0, all.iter().fold(0.0, |most, (_, e)| e.max(most)))
                });
                self.sides.extend(sides);
                value
            }
            Op::Slice { x, axis, start, .. } => self.each(shape, |at| self.at(x, moved(at, axis, |k| k + start as usize))),
            Op::Pad { x, axis, start, .. } => {
                let (start, extent) = (start as usize, self.graph.shape(x).extent(axis).expect("no samples"));
                self.each(shape, |at| {
                    let k = at[place_of(axis)];
                    if (start..start + extent).contains(&k) { self.at(x, moved(at, axis, |k| k - start)) } else { (0.0, 0.0) }
                })
            }
            Op::MatVec(w, h) => {
                let cols = self.graph.shape(w).cols;
                self.each(shape, |[s, m, i, _]| {
                    self.total((0..cols).map(|j| self.product(self.at(w, [0, m, i, j]), self.at(h, [s, m, j, 0]))))
                })
            }
            Op::MatVecT(w, g) => {
                let rows = self.graph.shape(w).rows;
                self.each(shape, |[s, m, j, _]| {
                    self.total((0..rows).map(|i| self.product(self.at(w, [0, m, i, j]), self.at(g, [s, m, i, 0]))))
                })
            }
            Op::Outer(g, h) => {
                let samples = self.samples(self.graph.shape(g));
                self.each(shape, |[_, m, i, j]| {
                    self.total((0..samples).map(|s| self.product(self.at(g, [s, m, i, 0]), self.at(h, [s, m, j, 0]))))
                })
            }
        }
    }

    fn powi(&self, x: NodeId, n: i32) -> BoundedNumbers {
        let FloatPrecision { eps, tiny, .. } = self.precision;
        self.map(x, |(v, e)| {
            let (d, size) = (n.abs(), v.abs());
            let roundings = f64::from(2 * d + 4) * eps;
            if n > 0 {
                let largest = (size + e).powi(d);
                (v.powi(n), largest - size.powi(d) + roundings * largest + tiny)
            } else {
                let largest = if size > e { (size - e).powi(n) } else { f64::INFINITY };
                (v.powi(n), largest - size.powi(n) + roundings * largest + tiny)
            }
        })
    }

    /// Positions of a value along an axis.
    fn along(&self, axis: Axis, x: NodeId, at: [usize; 4]) -> impl Iterator<Item = [usize; 4]> + use<> {
        let extent = self.graph.shape(x).extent(axis).unwrap_or(self.numbers.samples);
        (0..extent).map(move |k| moved(at, axis, |_| k))
    }

    /// Sum in any order, including further terms that the same kernel adds.
    fn total(&self, terms: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
        let (mut sum, mut size, mut error, mut count) = (0.0, 0.0, 0.0, 0.0);
        for (v, e) in terms {
            sum += v;
            size += v.abs();
            error += e;
            count += 1.0;
        }
        if size > self.precision.huge {
            return (sum, f64::INFINITY);
        }
        (sum, (error + (count + MERGED_ERROR_FACTOR) * self.precision.eps * size) * (1.0 + count * self.precision.eps))
    }

    fn product(&self, (a, ea): (f64, f64), (b, eb): (f64, f64)) -> (f64, f64) {
        let FloatPrecision { eps, tiny, .. } = self.precision;
        (a * b, a.abs() * eb + b.abs() * ea + ea * eb + eps * (a * b).abs() + tiny)
    }

    fn unary(&mut self, f: Unary, x: NodeId) -> BoundedNumbers {
        let FloatPrecision { eps, tiny, .. } = self.precision;
        let within = |y: f64, spread: f64, ulps: f64| (y, spread + ulps * eps * y.abs() + 2.0 * tiny);
        let value = self.map(x, |(v, e)| match f {
            // The number may be NaN.
            _ if e.is_infinite() => (v, e),
            Unary::Neg => (-v, e),
            Unary::StopGradient => (v, e),
            Unary::Exp => (v.exp(), v.exp() * e.exp_m1() + 4.0 * eps * v.exp() * e.exp() + 2.0 * tiny),
            Unary::Log if v > e => within(v.ln(), -(-e / v).ln_1p(), 4.0),
            Unary::Softplus => within(softplus(v), e * sigmoid(v + e), 16.0),
            Unary::LogSigmoid => within(-softplus(-v), e * sigmoid(e - v), 16.0),
            Unary::Sigmoid => within(sigmoid(v), e * (e - v.abs()).exp().min(0.25), 12.0),
            Unary::Tanh => within(v.tanh(), e * (4.0 * (2.0 * (e - v.abs())).exp()).min(1.0), 10.0),
            Unary::Abs => (v.abs(), e),
            Unary::Sign => (sign(v) as f64, if side(v, e).is_some() { 0.0 } else { 2.0 }),
            Unary::Step => (f64::from(v > 0.0), if side(v, e).is_some() { 0.0 } else { 1.0 }),
            Unary::Relu => within(v.max(0.0), if v + e < 0.0 { 0.0 } else { e }, 2.0),
            Unary::Sqrt if v > e || v == 0.0 && e == 0.0 => within(v.sqrt(), v.sqrt() - (v - e).sqrt(), 2.0),
            Unary::Log | Unary::Sqrt => (f64::NAN, f64::INFINITY),
            Unary::Sin => (v.sin(), e + 4.0 * eps),
            Unary::Cos => (v.cos(), e + 4.0 * eps),
            Unary::Atan => within(v.atan(), e, 4.0),
        });
        if matches!(f, Unary::Abs | Unary::Sign | Unary::Step | Unary::Relu) {
            let sides: Vec<i64> = self.bounded_value(x).0.v.iter().map(|v| sign(*v)).collect();
            self.sides.extend(sides);
        }
        value
    }

    fn binary(&mut self, f: Binary, a: NodeId, b: NodeId) -> BoundedNumbers {
        let shape = self.graph.shape(a);
        let FloatPrecision { eps, tiny, .. } = self.precision;
        if f == Binary::Sub && a == b {
            return self.each(shape, |at| (0.0, if self.at(a, at).1.is_finite() { 0.0 } else { f64::INFINITY }));
        }
        let merged = if [a, b].iter().any(|&x| self.is_product(x)) { MERGED_ERROR_FACTOR } else { 0.0 };
        let mut sides = Vec::new();
        let value = self.each(shape, |at| {
            let ((va, ea), (vb, eb)) = (self.at(a, at), self.at(b, at));
            match f {
                Binary::Add => (va + vb, ea + eb + eps * ((va + vb).abs() + merged * (va.abs() + vb.abs()))),
                Binary::Sub if self.is_below_itself(a, b, at) => (0.0, 0.0),
                Binary::Sub => (va - vb, ea + eb + eps * (va - vb).abs()),
                Binary::Mul => self.product((va, ea), (vb, eb)),
                Binary::Div => {
                    sides.push(sign(vb));
                    let left = vb.abs() - eb;
                    let spread = if left > 0.0 { (ea + (va / vb).abs() * eb) / left } else { f64::INFINITY };
                    (va / vb, spread + eps * (va / vb).abs() + tiny)
                }
                Binary::Min | Binary::Max => {
                    sides.push(sign(va - vb));
                    let is_first = (va > vb) == (f == Binary::Max);
                    let e = match side(va - vb, ea + eb) {
                        Some(_) if is_first => ea,
                        Some(_) => eb,
                        None => ea.max(eb),
                    };
                    (if is_first { va } else { vb }, e)
                }
            }
        });
        self.sides.extend(sides);
        value
    }

    /// Returns true if a kernel may compute a value together with a matrix product in it.
    fn is_product(&self, node: NodeId) -> bool {
        match self.graph.op(node) {
            Op::MatVec(..) | Op::MatVecT(..) => true,
            Op::Binary(Binary::Add, a, b) => self.is_product(a) || self.is_product(b),
            _ => false,
        }
    }

    /// Returns true if a number is subtracted from a maximum that is certainly this number itself. The difference is then exactly zero, for any rounding.
    fn is_below_itself(&self, top: NodeId, x: NodeId, at: [usize; 4]) -> bool {
        let mut of = top;
        while let Op::Broadcast(inner, _) = self.graph.op(of) {
            of = inner;
        }
        let Op::Max(axis, values) = self.graph.op(of) else { return false };
        let (v, e) = self.at(x, at);
        let is_below = |other: [usize; 4]| {
            let (w, f) = self.at(values, other);
            other == at || w + f < v - e
        };
        values == x && self.along(axis, x, at).all(is_below)
    }
}

/// Index in a position that belongs to an axis.
fn place_of(axis: Axis) -> usize {
    match axis {
        Axis::Samples => 0,
        Axis::Modes => 1,
        Axis::Rows => 2,
        Axis::Cols => 3,
    }
}

fn moved(mut at: [usize; 4], axis: Axis, to: impl Fn(usize) -> usize) -> [usize; 4] {
    let k = place_of(axis);
    at[k] = to(at[k]);
    at
}
