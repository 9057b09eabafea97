//! Graphs of tensor operations. Every node has a shape, and equal nodes are stored once.
//!
//! A value has the shape `[modes, rows]` and, if it depends on the sample, an implicit innermost axis of samples. A parameter is
//! `[modes, rows, cols]`. A single network is one mode; ten networks of one architecture are ten modes of the same nodes. Nodes are in
//! topological order: an operand always has a smaller [`NodeId`] than its user.
//!
//! The set of operations is closed under differentiation ([`mod@crate::grad`]): the derivative of each operation consists of these
//! operations. Shapes are checked when a node is added; a mismatch is a bug in the caller and panics with both shapes.
//!
//! ```
//! use multiwell_engine::{grad::grad, graph::{Axis, Graph}, plan::{PlanOptions, Plan}};
//!
//! // y = sum over samples of sin(x)^2, and its derivative 2 sin(x) cos(x) at every sample.
//! let mut g = Graph::new();
//! let x = g.input(1, 1);
//! let s = g.sin(x);
//! let square = g.mul(s, s);
//! let y = g.sum(Axis::Samples, square);
//! let dx = grad(&mut g, y, &[x])[0].expect("y depends on x");
//!
//! let mut plan = Plan::<f64>::compile(&g, &[y, dx], PlanOptions::default());
//! let mut batch = plan.batch(3);
//! batch.set(0, &[0.0, 0.5, 1.0]);
//! plan.run(&batch);
//! assert!((plan.output(1)[2] - 2.0 * 1f64.sin() * 1f64.cos()).abs() < 1e-15);
//! ```

mod build;

use std::collections::HashMap;
use std::fmt;

/// A node of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// Position in the graph's order.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The shape of a value. `cols` is 1 unless the value is a matrix; a matrix is never batched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of modes.
    pub modes: usize,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// True if there is one value for each sample.
    pub batched: bool,
}

impl Shape {
    /// One number that is the same for all samples.
    pub const SCALAR: Self = Self { modes: 1, rows: 1, cols: 1, batched: false };

    /// A value that is the same for all samples.
    pub fn uniform(modes: usize, rows: usize, cols: usize) -> Self {
        Self { modes, rows, cols, batched: false }
    }

    /// A value for each sample.
    pub fn batched(modes: usize, rows: usize) -> Self {
        Self { modes, rows, cols: 1, batched: true }
    }

    /// Number of entries, for one sample if it is batched.
    pub fn len(self) -> usize {
        self.modes * self.rows * self.cols
    }

    /// Returns true if it has no entries.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Extent along an axis; `None` for the samples, whose number belongs to a batch.
    pub fn extent(self, axis: Axis) -> Option<usize> {
        match axis {
            Axis::Modes => Some(self.modes),
            Axis::Rows => Some(self.rows),
            Axis::Cols => Some(self.cols),
            Axis::Samples => None,
        }
    }

    /// Returns this shape with another extent along an axis. For the samples, returns this shape without them.
    pub fn with(mut self, axis: Axis, extent: usize) -> Self {
        match axis {
            Axis::Modes => self.modes = extent,
            Axis::Rows => self.rows = extent,
            Axis::Cols => self.cols = extent,
            Axis::Samples => self.batched = false,
        }
        self
    }

    /// The smallest shape that both can be broadcast to, if there is one.
    pub fn join(self, other: Self) -> Option<Self> {
        let extent = |a: usize, b: usize| match (a, b) {
            (a, b) if a == b => Some(a),
            (1, n) | (n, 1) => Some(n),
            _ => None,
        };
        let shape = Self {
            modes: extent(self.modes, other.modes)?,
            rows: extent(self.rows, other.rows)?,
            cols: extent(self.cols, other.cols)?,
            batched: self.batched || other.batched,
        };
        (!shape.batched || shape.cols == 1).then_some(shape)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "[{}, {}", self.modes, self.rows)?;
        if self.cols != 1 {
            write!(f, ", {}", self.cols)?;
        }
        f.write_str(if self.batched { "; samples]" } else { "]" })
    }
}

/// An axis of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Over the modes.
    Modes,
    /// Over the rows of a vector.
    Rows,
    /// Over the columns of a matrix.
    Cols,
    /// Over the samples of the batch.
    Samples,
}

/// Defines a kind of functions with the list of its variants, so that generated tests miss none, and a method of [`Graph`] for each of them.
macro_rules! functions {
    ($(#[$about:meta])* $kind:ident: $($(#[$documentation:meta])* $name:ident $method:ident $operands:tt,)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $kind {
            $($(#[$documentation])* $name,)*
        }

        impl $kind {
            /// All functions, for generated tests.
            pub const ALL: [Self; [$(stringify!($name)),*].len()] = [$(Self::$name,)*];
        }

        impl Graph {
            $(functions! { @method $(#[$documentation])* $kind $name $method $operands })*
        }
    };
    (@method $(#[$documentation:meta])* $kind:ident $name:ident $method:ident (x)) => {
        $(#[$documentation])*
        pub fn $method(&mut self, x: NodeId) -> NodeId {
            self.unary($kind::$name, x)
        }
    };
    (@method $(#[$documentation:meta])* $kind:ident $name:ident $method:ident (a, b)) => {
        $(#[$documentation])*
        pub fn $method(&mut self, a: NodeId, b: NodeId) -> NodeId {
            self.binary($kind::$name, a, b)
        }
    };
}

functions! {
    /// A function of one number.
    Unary:
    /// `-x`
    Neg neg(x),
    /// `e^x`
    Exp exp(x),
    /// Natural logarithm.
    Log log(x),
    /// `log(1 + e^x)`, stable for any argument.
    Softplus softplus(x),
    /// `1 / (1 + e^-x)`, stable for any argument.
    Sigmoid sigmoid(x),
    /// `log sigmoid(x) = -softplus(-x)`, stable for any argument.
    LogSigmoid log_sigmoid(x),
    /// Hyperbolic tangent.
    Tanh tanh(x),
    /// `|x|`
    Abs abs(x),
    /// The sign, which is -1, 0 or 1. Its derivative is zero.
    Sign sign(x),
    /// Square root.
    Sqrt sqrt(x),
    /// Sine, in radians.
    Sin sin(x),
    /// Cosine, in radians.
    Cos cos(x),
    /// Arc tangent, in radians.
    Atan atan(x),
    /// `max(x, 0)`
    Relu relu(x),
    /// 1 where `x > 0`, else 0. Its derivative is zero.
    Step step(x),
    /// `x`, which differentiation treats as a constant.
    StopGradient stop_gradient(x),
}

functions! {
    /// A function of two numbers. Its operands are broadcast to one shape.
    Binary:
    /// `a + b`
    Add add(a, b),
    /// `a - b`
    Sub sub(a, b),
    /// `a b`
    Mul mul(a, b),
    /// `a / b`
    Div div(a, b),
    /// The smaller.
    Min min(a, b),
    /// The larger.
    Max max(a, b),
}

/// A constant, stored as the bits of its number so that it can be a key of a hash map.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Constant(u64);

impl Constant {
    /// The number.
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for Constant {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

impl fmt::Debug for Constant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

/// The operation of a node. Operands of elementwise operations have equal shapes, because broadcasts are separate nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The `k`-th input of a batch: one value for each sample.
    Input(u32),
    /// The `k`-th parameter.
    Param(u32),
    /// The `k`-th setting: a value that is the same for all samples and may change from run to run.
    Setting(u32),
    /// A constant number.
    Const(Constant),
    /// A placeholder within a differentiation. It cannot be compiled.
    Free(u32),
    /// A function of each entry.
    Unary(Unary, NodeId),
    /// A function of two entries.
    Binary(Binary, NodeId, NodeId),
    /// Each entry to an integer power.
    Powi(NodeId, i32),
    /// Each entry to a real power. The result is NaN where the entry is negative.
    Powf(NodeId, Constant),
    /// `b` where `a > 0`, else `c`.
    Select(NodeId, NodeId, NodeId),
    /// Repetition along axes of extent one and along the samples.
    Broadcast(NodeId, Shape),
    /// Sum along an axis.
    Sum(Axis, NodeId),
    /// Largest entry along an axis.
    Max(Axis, NodeId),
    /// Slice: `len` entries along an axis from `start`.
    Slice {
        /// The value.
        x: NodeId,
        /// Modes, rows or columns.
        axis: Axis,
        /// First entry.
        start: u32,
        /// Number of entries.
        len: u32,
    },
    /// Padding: zeros of extent `len` along an axis, with the value at `start`. This is the transpose of a slice.
    Pad {
        /// The value.
        x: NodeId,
        /// Modes, rows or columns.
        axis: Axis,
        /// Index of the first entry of the value.
        start: u32,
        /// Extent of the result.
        len: u32,
    },
    /// `W h`, mode by mode: `[modes, rows, cols] [modes, cols] -> [modes, rows]`.
    MatVec(NodeId, NodeId),
    /// `W^T g`, mode by mode: `[modes, rows, cols] [modes, rows] -> [modes, cols]`.
    MatVecT(NodeId, NodeId),
    /// `g h^T`, mode by mode, summed over the samples: `[modes, rows] [modes, cols] -> [modes, rows, cols]`.
    Outer(NodeId, NodeId),
}

impl Op {
    /// The operands, in order.
    pub fn operands(self) -> impl Iterator<Item = NodeId> {
        let list = match self {
            Self::Input(_) | Self::Param(_) | Self::Setting(_) | Self::Const(_) | Self::Free(_) => [None; 3],
            Self::Unary(_, a)
            | Self::Powi(a, _)
            | Self::Powf(a, _)
            | Self::Broadcast(a, _)
            | Self::Sum(_, a)
            | Self::Max(_, a)
            | Self::Slice { x: a, .. }
            | Self::Pad { x: a, .. } => [Some(a), None, None],
            Self::Binary(_, a, b) | Self::MatVec(a, b) | Self::MatVecT(a, b) | Self::Outer(a, b) => [Some(a), Some(b), None],
            Self::Select(a, b, c) => [Some(a), Some(b), Some(c)],
        };
        list.into_iter().flatten()
    }
}

/// A graph of operations.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<(Op, Shape)>,
    known: HashMap<(Op, Shape), NodeId>,
    inputs: Vec<NodeId>,
    params: Vec<NodeId>,
    settings: Vec<NodeId>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns true if the graph has no nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The operation of a node.
    pub fn op(&self, node: NodeId) -> Op {
        self.nodes[node.index()].0
    }

    /// The shape of a node's value.
    pub fn shape(&self, node: NodeId) -> Shape {
        self.nodes[node.index()].1
    }

    /// All nodes, operands before users.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The inputs, in the order of their declaration.
    pub fn inputs(&self) -> &[NodeId] {
        &self.inputs
    }

    /// The parameters, in the order of their declaration.
    pub fn params(&self) -> &[NodeId] {
        &self.params
    }

    /// The settings, in the order of their declaration.
    pub fn settings(&self) -> &[NodeId] {
        &self.settings
    }

    /// Returns the node of an operation: the existing one, or else a new one.
    fn intern(&mut self, op: Op, shape: Shape) -> NodeId {
        *self.known.entry((op, shape)).or_insert_with(|| {
            self.nodes.push((op, shape));
            NodeId(self.nodes.len() as u32 - 1)
        })
    }
}
