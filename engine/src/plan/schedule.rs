//! Order of operations: stages and passes, and the segments of a pass.
//!
//! The functions here, in `lower`, `storage` and `free_list` may be inlined. They are then compiled with the calling crate, which is optimised for
//! size in the page. This crate is compiled for the speed of its kernels.

use crate::by_node::{ByNode, Nodes};
use crate::graph::{Axis, Binary, Graph, NodeId, Op, Unary};

use super::{PlanOptions, Reduction};

/// Result of one call of the matrix-vector kernel: `(start + first + second) * factor`, of which only `first` is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Products {
    /// The node whose value is computed.
    pub result: NodeId,
    /// The first product.
    pub first: NodeId,
    /// The second product.
    pub second: Option<NodeId>,
    /// A value added to the products.
    pub start: Option<NodeId>,
    /// A value that multiplies the sum.
    pub factor: Option<NodeId>,
}

impl Products {
    /// One product.
    pub fn single(product: NodeId) -> Self {
        Self { result: product, first: product, second: None, start: None, factor: None }
    }

    /// Adds a value. Returns `None` if the kernel cannot do so.
    fn plus(self, result: NodeId, start: NodeId) -> Option<Self> {
        let free = self.start.is_none() && self.factor.is_none();
        free.then_some(Self { result, start: Some(start), ..self })
    }

    /// Adds another product. Returns `None` if the kernel cannot do so: at most one of the two may have a start, and neither may have a factor.
    fn join(self, result: NodeId, other: Self) -> Option<Self> {
        let free = self.factor.or(other.factor).is_none() && self.second.or(other.second).is_none();
        let one_start = self.start.is_none() || other.start.is_none();
        (free && one_start).then_some(Self { result, second: Some(other.first), start: self.start.or(other.start), ..self })
    }

    /// Multiplies by a value. Returns `None` if the kernel cannot do so.
    fn times(self, result: NodeId, factor: NodeId) -> Option<Self> {
        self.factor.is_none().then_some(Self { result, factor: Some(factor), ..self })
    }
}

/// A call of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The operation of one node.
    Plain(NodeId),
    /// The operation of one node for all modes at once. The single rows of the modes are the rows of one operand.
    Flat(NodeId),
    /// An outer product, summed over the samples, and the sum of its left vector.
    OuterSum {
        /// The outer product.
        outer: NodeId,
        /// The sum.
        sum: NodeId,
        /// True if one call computes all modes, as rows.
        is_flat: bool,
    },
    /// A softplus and the sigmoid of the same argument.
    SoftplusSigmoid(NodeId, NodeId),
    /// `(start + products) * factor`, of one or two matrix-vector products.
    MatVec(Products),
    /// A copy of a batched node to output `k` of the plan.
    Store(NodeId, usize),
}

impl Item {
    /// The nodes whose values are computed.
    pub fn results(self) -> impl Iterator<Item = NodeId> {
        let (a, b) = match self {
            Self::Plain(a) | Self::Flat(a) | Self::MatVec(Products { result: a, .. }) => (Some(a), None),
            Self::SoftplusSigmoid(a, b) | Self::OuterSum { outer: a, sum: b, .. } => (Some(a), Some(b)),
            Self::Store(..) => (None, None),
        };
        a.into_iter().chain(b)
    }

    /// The nodes whose values are read. They may be views.
    pub fn operands(self, graph: &Graph) -> Vec<NodeId> {
        match self {
            Self::Plain(a) | Self::Flat(a) | Self::SoftplusSigmoid(a, _) | Self::OuterSum { outer: a, .. } => {
                graph.op(a).operands().collect()
            }
            Self::MatVec(p) => {
                let products = [Some(p.first), p.second].into_iter().flatten();
                products.flat_map(|x| graph.op(x).operands()).chain(p.start).chain(p.factor).collect()
            }
            Self::Store(a, _) => vec![a],
        }
    }

    /// Returns true if one call computes all modes, as rows.
    pub fn is_flat(self) -> bool {
        matches!(self, Self::Flat(_) | Self::OuterSum { is_flat: true, .. })
    }

    /// Number of modes for which the call is repeated. It is one for a reduction over the modes.
    fn modes(self, graph: &Graph) -> usize {
        match self {
            Self::Plain(a) | Self::SoftplusSigmoid(a, _) | Self::MatVec(Products { result: a, .. }) => modes_of(graph, a),
            Self::OuterSum { outer, is_flat: false, .. } => modes_of(graph, outer),
            Self::OuterSum { .. } | Self::Flat(_) | Self::Store(..) => 1,
        }
    }
}

/// Items that run together, mode by mode.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The number of modes.
    pub modes: usize,
    /// The items that run for each mode.
    pub items: Vec<Item>,
}

/// The order of all operations of a plan.
#[derive(Clone, Debug)]
pub struct OperationOrder {
    /// Nodes that are the same for all samples. `stages[k]` runs before pass `k`, and the last stage after all passes.
    pub stages: Vec<Vec<NodeId>>,
    /// The segments of each pass over the batch.
    pub passes: Vec<Vec<Segment>>,
}

/// Returns true if a node is a view: it has no stored value, and is read from its operand with other strides.
pub fn is_view(graph: &Graph, node: NodeId) -> bool {
    matches!(graph.op(node), Op::Broadcast(..) | Op::Slice { .. } | Op::Unary(Unary::StopGradient, _))
}

/// Returns true if a node is a sum or a maximum over the samples.
pub fn is_sample_reduction(graph: &Graph, node: NodeId) -> bool {
    match graph.op(node) {
        Op::Sum(Axis::Samples, _) | Op::Max(Axis::Samples, _) => true,
        Op::Outer(g, _) => graph.shape(g).batched,
        _ => false,
    }
}

/// Number of modes of the values from which a node is computed.
fn modes_of(graph: &Graph, node: NodeId) -> usize {
    if is_sample_reduction(graph, node) {
        return graph.op(node).operands().map(|x| graph.shape(x).modes).max().unwrap_or(1);
    }
    graph.shape(node).modes
}

/// Returns true if one call can compute a node for all modes. This requires modes of one row, stored one after another.
///
/// The nodes of the soft minimum over the modes are of this kind. In a call for one mode, the overhead of the call would exceed its work.
fn is_flat(graph: &Graph, node: NodeId) -> bool {
    let is_row = |x: NodeId| !graph.shape(x).batched || graph.shape(origin(graph, x)).rows == 1;
    let fits = match graph.op(node) {
        Op::Unary(..) | Op::Binary(..) | Op::Powi(..) | Op::Powf(..) | Op::Select(..) => {
            graph.shape(node).rows == 1 && graph.op(node).operands().all(is_row)
        }
        Op::Sum(Axis::Samples, x) | Op::Max(Axis::Samples, x) => graph.shape(x).batched && graph.shape(x).rows == 1 && is_row(x),
        // The rows of the right vector are then the same for all modes.
        Op::Outer(g, h) => graph.shape(g).batched && graph.shape(g).rows == 1 && is_row(g) && graph.shape(h).modes == 1,
        _ => false,
    };
    fits && modes_of(graph, node) > 1
}

/// The node whose storage is read if `node` is a view; else `node`.
pub fn origin(graph: &Graph, mut node: NodeId) -> NodeId {
    while is_view(graph, node) {
        node = graph.op(node).operands().next().expect("a view has an operand");
    }
    node
}

impl OperationOrder {
    /// Orders all operations from which `outputs` are computed.
    ///
    /// The level of a node is the number of passes that must be complete before the node can be computed.
    pub fn new(graph: &Graph, outputs: &[NodeId], options: &PlanOptions) -> Self {
        let needed = closure(graph, outputs.iter().copied(), |_| true);
        let mut level = vec![0usize; graph.len()];
        for node in graph.nodes().filter(|n| needed.contains(*n)) {
            let below = graph.op(node).operands().map(|x| level[x.index()]).max().unwrap_or(0);
            level[node.index()] = below + usize::from(is_sample_reduction(graph, node));
        }
        let is_reduction = |node: &NodeId| needed.contains(*node) && is_sample_reduction(graph, *node);
        let last_reduction = graph.nodes().filter(is_reduction).map(|n| level[n.index()]).max().unwrap_or(0);
        let last_store = outputs.iter().filter(|&&n| graph.shape(n).batched).map(|n| level[n.index()] + 1).max().unwrap_or(0);
        let passes = last_reduction.max(last_store);
        assert!(
            options.reduction == Reduction::Summed || passes <= 1,
            "an output that needs {passes} passes over the samples has no value for each sample"
        );

        let merged = Merged::new(graph, &needed, outputs, options);
        let mut stages = vec![Vec::new(); passes + 1];
        for node in graph.nodes() {
            let uniform = needed.contains(node) && !graph.shape(node).batched;
            if uniform && !is_sample_reduction(graph, node) && !is_view(graph, node) {
                stages[level[node.index()]].push(node);
            }
        }
        let passes = (0..passes)
            .map(|pass| {
                let roots: Vec<NodeId> = graph.nodes().filter(|n| is_reduction(n) && level[n.index()] == pass + 1).collect();
                let stores: Vec<Item> = (0..outputs.len())
                    .filter(|&k| graph.shape(outputs[k]).batched && level[outputs[k].index()] == pass)
                    .map(|k| Item::Store(outputs[k], k))
                    .collect();
                segments(graph, &roots, &stores, &merged, options)
            })
            .collect();
        Self { stages, passes }
    }
}

/// `roots` and, repeatedly, all of their operands that pass the filter.
pub fn closure(graph: &Graph, roots: impl Iterator<Item = NodeId>, keep: impl Fn(NodeId) -> bool) -> Nodes {
    let mut seen = Nodes::default();
    let mut stack: Vec<NodeId> = roots.collect();
    while let Some(node) = stack.pop() {
        if seen.insert(node, ()) {
            stack.extend(graph.op(node).operands().filter(|&x| keep(x)));
        }
    }
    seen
}

/// The segments of one pass.
fn segments(graph: &Graph, sums: &[NodeId], stores: &[Item], merged: &Merged, options: &PlanOptions) -> Vec<Segment> {
    let roots = sums.iter().copied().chain(stores.iter().filter_map(|s| s.operands(graph).first().copied()));
    let members = closure(graph, roots, |x| graph.shape(x).batched);
    let runs =
        |n: &NodeId| members.contains(*n) && !is_view(graph, *n) && (graph.shape(*n).batched || is_sample_reduction(graph, *n));
    let nodes: Vec<NodeId> = graph.nodes().filter(runs).collect();
    let mut items =
        if options.fuse { merged.items(graph, &nodes, options.reduction) } else { nodes.into_iter().map(Item::Plain).collect() };
    let mut last: Vec<Item> = Vec::new();
    if options.reduction == Reduction::PerSample {
        let is_reduction = |item: &Item| matches!(*item, Item::Plain(n) if is_sample_reduction(graph, n));
        last = items.iter().copied().filter(is_reduction).collect();
        items.retain(|item| !is_reduction(item));
    }
    let mut segments = group(graph, items);
    segments.extend(
        last.into_iter().chain(stores.iter().copied()).map(|item| Segment { modes: item.modes(graph), items: vec![item] }),
    );
    segments
}

/// Matrix-vector products that are merged with the additions and multiplications that follow them.
///
/// The choice is the same for all passes, because another order of operations rounds differently. A value that several passes compute must have the
/// same bits in each of them. For example, the samples that attain a maximum are found by comparison with the values of a later pass.
#[derive(Default)]
struct Merged {
    /// Products that one call computes together with the node.
    products: ByNode<Products>,
    /// Nodes that are computed only as intermediate results of another node.
    absorbed: Nodes,
}

impl Merged {
    fn new(graph: &Graph, needed: &Nodes, outputs: &[NodeId], options: &PlanOptions) -> Self {
        let mut merged = Self::default();
        if !options.fuse {
            return merged;
        }
        let mut users: ByNode<usize> = ByNode::default();
        for x in graph.nodes().filter(|&n| needed.contains(n)).flat_map(|n| graph.op(n).operands()).chain(outputs.iter().copied())
        {
            *users.slot(x).get_or_insert(0) += 1;
        }
        for node in graph.nodes().filter(|&n| needed.contains(n) && graph.shape(n).batched) {
            merged.merge(graph, node, &users);
        }
        merged
    }

    /// Merges a node with the products that it reads, if one kernel can compute them together.
    fn merge(&mut self, graph: &Graph, node: NodeId, users: &ByNode<usize>) {
        // A product is merged into its user only if it has no other user.
        let lone = |x: NodeId| self.products.get(x).copied().filter(|_| users[x] == 1);
        let merged = match graph.op(node) {
            Op::MatVec(..) | Op::MatVecT(..) => Some(Products::single(node)),
            Op::Binary(Binary::Add, a, b) => match (lone(a), lone(b)) {
                (Some(p), Some(q)) => p.join(node, q).or_else(|| q.plus(node, a)),
                (None, Some(p)) => p.plus(node, a),
                (Some(p), None) => p.plus(node, b),
                (None, None) => None,
            },
            Op::Binary(Binary::Mul, a, b) => match (lone(a), lone(b)) {
                (_, Some(p)) => p.times(node, a),
                (Some(p), None) => p.times(node, b),
                (None, None) => None,
            },
            _ => None,
        };
        let Some(merged) = merged else { return };
        if merged.first != node {
            let reads = [merged.start, merged.factor];
            graph.op(node).operands().filter(|x| !reads.contains(&Some(*x))).for_each(|x| self.absorbed.add(x));
        }
        self.products.insert(node, merged);
    }

    /// Items of a pass that computes these nodes.
    fn items(&self, graph: &Graph, nodes: &[NodeId], reduction: Reduction) -> Vec<Item> {
        // Each pass may form its own pairs: a value has the same bits in a pair and alone, for all modes and for one.
        let (mut paired, mut pairs) = (Nodes::default(), ByNode::default());
        softplus_pairs(graph, nodes, &mut pairs, &mut paired);
        if reduction == Reduction::Summed {
            outer_sums(graph, nodes, &mut pairs, &mut paired);
        }
        let is_flat = |node| is_flat(graph, node) && (reduction == Reduction::Summed || !is_sample_reduction(graph, node));
        let item = |&node: &NodeId| match (self.products.get(node), pairs.get(node)) {
            (Some(&p), _) => Item::MatVec(p),
            (None, Some(&pair)) => pair,
            (None, None) if is_flat(node) => Item::Flat(node),
            (None, None) => Item::Plain(node),
        };
        nodes.iter().filter(|&&n| !self.absorbed.contains(n) && !paired.contains(n)).map(item).collect()
    }
}

/// Pairs of a softplus and a sigmoid of one argument, indexed by the earlier of the two nodes. The later one is added to `paired`.
fn softplus_pairs(graph: &Graph, nodes: &[NodeId], pairs: &mut ByNode<Item>, paired: &mut Nodes) {
    let of = |kind: Unary| {
        nodes.iter().filter_map(move |&n| match graph.op(n) {
            Op::Unary(f, x) if f == kind => Some((x, n)),
            _ => None,
        })
    };
    let mut sigmoids: ByNode<NodeId> = ByNode::default();
    of(Unary::Sigmoid).for_each(|(x, n)| *sigmoids.slot(x) = Some(n));
    for (x, h) in of(Unary::Softplus) {
        if let Some(&s) = sigmoids.get(x) {
            pairs.insert(h.min(s), Item::SoftplusSigmoid(h, s));
            paired.add(h.max(s));
        }
    }
}

/// Pairs of an outer product and the sum of its left vector. They are indexed by the later of the two nodes, because no item of the pass reads them.
/// The earlier one is added to `paired`.
///
/// The kernel processes two columns at a time. If the number of columns is odd, it computes the sum together with the last column.
fn outer_sums(graph: &Graph, nodes: &[NodeId], pairs: &mut ByNode<Item>, paired: &mut Nodes) {
    let mut sums: ByNode<NodeId> = ByNode::default();
    for &node in nodes {
        if let Op::Sum(Axis::Samples, x) = graph.op(node) {
            sums.insert(x, node);
        }
    }
    for &outer in nodes {
        let Op::Outer(g, h) = graph.op(outer) else { continue };
        let Some(&sum) = sums.get(g).filter(|_| is_sample_reduction(graph, outer) && graph.shape(h).rows % 2 == 1) else {
            continue;
        };
        let is_flat = is_flat(graph, outer);
        let has_rows = is_flat || graph.shape(g).rows > 1;
        if has_rows && is_flat == self::is_flat(graph, sum) && modes_of(graph, outer) == modes_of(graph, sum) {
            let (earlier, later) = (outer.min(sum), outer.max(sum));
            pairs.insert(later, Item::OuterSum { outer, sum, is_flat });
            paired.add(earlier);
            sums.slot(g).take();
        }
    }
}

/// Groups items with equal numbers of modes into segments. Each segment includes, in order, every item whose operands are available.
fn group(graph: &Graph, mut left: Vec<Item>) -> Vec<Segment> {
    let mut pending = Nodes::from_nodes(left.iter().flat_map(|i| i.results()));
    let mut segments = Vec::new();
    while let Some(&first) = left.first() {
        let modes = first.modes(graph);
        let mut items = Vec::new();
        let mut inside = Nodes::default();
        left.retain(|&item| {
            let ready = item.operands(graph).into_iter().all(|x| {
                let from = origin(graph, x);
                // Where a segment loops over modes, a value computed in it is available for the current mode only.
                !pending.contains(from) || (inside.contains(from) && (modes == 1 || !crosses_modes(graph, item, x)))
            });
            if item.modes(graph) != modes || !ready {
                return true;
            }
            item.results().for_each(|n| inside.add(n));
            items.push(item);
            false
        });
        for item in &items {
            for result in item.results() {
                pending.remove(result);
            }
        }
        segments.push(Segment { modes, items });
    }
    segments
}

/// Returns true if an item that runs once for each mode reads other modes of an operand than the current one. A view with another number of modes counts as
/// such. For example, one mode may be sliced and then repeated for all: the result has as many modes as the sliced value.
fn crosses_modes(graph: &Graph, item: Item, mut operand: NodeId) -> bool {
    let modes = item.modes(graph);
    while graph.shape(operand).modes == modes && is_view(graph, operand) {
        operand = graph.op(operand).operands().next().expect("a view has an operand");
    }
    graph.shape(operand).modes != modes
}
