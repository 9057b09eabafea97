//! Random graphs of all operations, with batched and unbatched values.

use multiwell::graph::{Axis, Binary, Graph, NodeId, Shape, Unary};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Number of draws of a power, beside one for each function.
const POWER_DRAWS: usize = 6;
/// Number of these draws that are integer powers.
const POWER_DRAWS_OF_INTEGERS: usize = 3;
/// Maximum number of nodes of a graph before differentiation.
const MAX_NODES: usize = 60;

/// A graph under construction.
struct Growing<'a> {
    graph: Graph,
    rng: &'a mut Xoshiro256PlusPlus,
    nodes: Vec<NodeId>,
}

/// A random graph of up to [`MAX_NODES`] nodes, with its values that have no user.
pub fn grow(rng: &mut Xoshiro256PlusPlus) -> (Graph, Vec<NodeId>) {
    let mut growing = Growing { graph: Graph::new(), rng, nodes: Vec::new() };
    growing.leaves();
    let wanted = growing.rng.random_range(8..MAX_NODES - 6);
    let mut tries = 0;
    while growing.graph.len() < wanted && tries < 400 {
        tries += 1;
        if let Some(node) = growing.step() {
            growing.nodes.push(node);
        }
    }
    let graph = growing.graph;
    let mut used = vec![false; graph.len()];
    for node in graph.nodes() {
        graph.op(node).operands().for_each(|x| used[x.index()] = true);
    }
    let ends = graph.nodes().filter(|node| !used[node.index()] && graph.op(*node).operands().next().is_some()).collect();
    (graph, ends)
}

impl Growing<'_> {
    fn leaves(&mut self) {
        let [modes, rows, cols] = [3, 4, 3].map(|most| self.rng.random_range(1..=most));
        for _ in 0..self.rng.random_range(1..=2) {
            let modes = if self.rng.random() { modes } else { 1 };
            let leaf = self.graph.input(modes, *[rows, cols].choose(self.rng).expect("two"));
            self.nodes.push(leaf);
        }
        for _ in 0..self.rng.random_range(1..=3) {
            let shape = [[modes, rows, cols], [modes, rows, 1], [1, rows, cols], [modes, 1, 1], [modes, cols, rows]];
            let [m, r, c] = *shape.choose(self.rng).expect("several");
            let leaf = self.graph.param(m, r, c);
            self.nodes.push(leaf);
        }
        if self.rng.random() {
            let leaf = self.graph.setting(1, rows, 1);
            self.nodes.push(leaf);
        }
        let number = self.rng.random_range(-2.0..2.0);
        let leaf = self.graph.constant(number);
        self.nodes.push(leaf);
    }

    /// Random value that meets a condition. Late values are more likely.
    fn pick(&mut self, meets: impl Fn(Shape) -> bool) -> Option<NodeId> {
        let fit: Vec<NodeId> = self.nodes.iter().copied().filter(|&node| meets(self.graph.shape(node))).collect();
        let late = fit.len().saturating_sub(5);
        if self.rng.random() { fit[late..].choose(self.rng).copied() } else { fit.choose(self.rng).copied() }
    }

    /// A value that is positive in most cases.
    fn positive(&mut self, x: NodeId) -> NodeId {
        match self.rng.random_range(0..4) {
            0 => x,
            1 => self.graph.softplus(x),
            2 => {
                let square = self.graph.mul(x, x);
                let some = self.graph.constant(0.25);
                self.graph.add(square, some)
            }
            _ => {
                let x = self.graph.sin(x);
                self.graph.exp(x)
            }
        }
    }

    /// A value that is bounded in most cases.
    fn tame(&mut self, x: NodeId) -> NodeId {
        if self.rng.random_bool(0.3) { x } else { self.graph.tanh(x) }
    }

    fn step(&mut self) -> Option<NodeId> {
        let x = self.pick(|_| true)?;
        let shape = self.graph.shape(x);
        Some(match self.rng.random_range(0..16) {
            0..=2 => self.unary(x),
            3..=5 => {
                let y = self.pick(|other| other.join(shape).is_some())?;
                let f = *Binary::ALL.choose(self.rng)?;
                let y = if f == Binary::Div { self.positive(y) } else { y };
                if self.rng.random() { self.graph.binary(f, x, y) } else { self.graph.binary(f, y, x) }
            }
            6 => {
                let y = self.pick(|other| other.join(shape).is_some())?;
                let joined = self.graph.shape(y).join(shape)?;
                let z = self.pick(|other| other.join(joined).is_some())?;
                self.graph.select(x, y, z)
            }
            7 => {
                let [modes, rows] = [shape.modes, shape.rows].map(|n| if n == 1 { self.rng.random_range(1..=3) } else { n });
                let batched = shape.batched || shape.cols == 1 && self.rng.random();
                self.graph.broadcast(x, Shape { modes, rows, batched, ..shape })
            }
            8 | 9 => {
                let axis = self.axis(shape)?;
                match self.rng.random_range(0..3) {
                    0 => self.graph.sum(axis, x),
                    1 => self.graph.max_over(axis, x),
                    _ if axis == Axis::Samples => self.graph.sum(axis, x),
                    _ => self.graph.log_sum_exp(axis, x),
                }
            }
            10 => {
                let axis = self.axis(shape).filter(|axis| *axis != Axis::Samples)?;
                let extent = shape.extent(axis)?;
                let start = self.rng.random_range(0..extent);
                let len = self.rng.random_range(1..=extent - start);
                self.graph.slice(x, axis, start, len)
            }
            11 => {
                let axis = self.axis(shape).filter(|axis| *axis != Axis::Samples)?;
                let extent = shape.extent(axis).filter(|extent| *extent < 5)?;
                if self.rng.random() {
                    let start = self.rng.random_range(0..2);
                    self.graph.pad(x, axis, start, extent + start + self.rng.random_range(0..2))
                } else {
                    let y = self.pick(|other| other.with(axis, 1) == shape.with(axis, 1) && other.extent(axis) < Some(5))?;
                    self.graph.concat(axis, &[x, y])
                }
            }
            12..=14 => self.product(x)?,
            _ => {
                let fits = |other: Shape| other.cols == 1 && (other.modes == shape.modes || other.modes == 1 || shape.modes == 1);
                let y = self.pick(|other| shape.cols == 1 && fits(other))?;
                self.graph.outer(x, y)
            }
        })
    }

    fn unary(&mut self, x: NodeId) -> NodeId {
        let drawn = self.rng.random_range(0..Unary::ALL.len() + POWER_DRAWS);
        match drawn.checked_sub(Unary::ALL.len()) {
            None => match Unary::ALL[drawn] {
                f @ (Unary::Log | Unary::Sqrt) => {
                    let x = self.positive(x);
                    self.graph.unary(f, x)
                }
                Unary::Exp => {
                    let x = self.tame(x);
                    self.graph.exp(x)
                }
                f => self.graph.unary(f, x),
            },
            Some(0..POWER_DRAWS_OF_INTEGERS) => {
                let x = self.tame(x);
                let n = self.rng.random_range(-3..=5);
                let x = if n < 0 { self.positive(x) } else { x };
                self.graph.powi(x, n)
            }
            _ => {
                let x = self.positive(x);
                let power = *[-1.5, 0.5, 0.7, 1.5, 2.5].choose(self.rng).expect("several");
                self.graph.powf(x, power)
            }
        }
    }

    /// Product of a new matrix parameter and `x`, or, if `x` is a matrix, of `x` and an existing vector.
    fn product(&mut self, x: NodeId) -> Option<NodeId> {
        let shape = self.graph.shape(x);
        if shape.cols > 1 {
            let fits = |rows: usize| {
                move |h: Shape| h.cols == 1 && h.rows == rows && (h.modes == shape.modes || h.modes == 1 || shape.modes == 1)
            };
            return Some(if self.rng.random() {
                let h = self.pick(fits(shape.cols))?;
                self.graph.matvec(x, h)
            } else {
                let h = self.pick(fits(shape.rows))?;
                self.graph.matvec_t(x, h)
            });
        }
        let other = self.rng.random_range(1..=5);
        let modes = if self.rng.random() { shape.modes } else { 1 };
        let product = if self.rng.random() {
            let w = self.graph.param(modes, other, shape.rows);
            self.graph.matvec(w, x)
        } else {
            let w = self.graph.param(modes, shape.rows, other);
            self.graph.matvec_t(w, x)
        };
        // Operations that kernels merge with products.
        let of = self.graph.shape(product);
        Some(match self.rng.random_range(0..4) {
            0 => {
                let b = self.graph.param(of.modes, of.rows, 1);
                self.graph.add(product, b)
            }
            1 => {
                let start = self.pick(|start| start.join(of) == Some(of))?;
                self.graph.add(product, start)
            }
            2 => {
                let factor = self.pick(|factor| factor.join(of) == Some(of))?;
                self.graph.mul(product, factor)
            }
            _ => product,
        })
    }

    /// Random axis along which a value can be summed.
    fn axis(&mut self, shape: Shape) -> Option<Axis> {
        let axes = [Axis::Modes, Axis::Rows, Axis::Cols, Axis::Samples];
        let fit = |axis: &Axis| if *axis == Axis::Samples { shape.batched } else { shape.extent(*axis) > Some(1) };
        axes.into_iter().filter(fit).collect::<Vec<_>>().choose(self.rng).copied()
    }
}
