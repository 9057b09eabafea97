//! Values by nodes of a graph.

use std::ops::Index;

use crate::graph::NodeId;

/// Values of some of the nodes of a graph, stored in a list that is indexed by the node's number.
#[derive(Clone, Debug)]
pub struct ByNode<T>(Vec<Option<T>>);

/// A set of nodes.
pub type Nodes = ByNode<()>;

impl<T> Default for ByNode<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByNode<T> {
    /// The value of a node, if it has one.
    pub fn get(&self, node: NodeId) -> Option<&T> {
        self.0.get(node.index())?.as_ref()
    }

    /// Returns true if a node has a value.
    pub fn contains(&self, node: NodeId) -> bool {
        self.get(node).is_some()
    }

    /// Entry for the value of a node.
    pub fn slot(&mut self, node: NodeId) -> &mut Option<T> {
        let index = node.index();
        if index >= self.0.len() {
            self.0.resize_with(index + 1, || None);
        }
        &mut self.0[index]
    }

    /// Sets the value of a node. Returns whether the node had none before.
    pub fn insert(&mut self, node: NodeId, value: T) -> bool {
        self.slot(node).replace(value).is_none()
    }
}

impl Nodes {
    /// Set of the given nodes.
    pub fn from_nodes(nodes: impl Iterator<Item = NodeId>) -> Self {
        let mut set = Self::default();
        nodes.for_each(|node| set.add(node));
        set
    }

    /// Adds a node.
    pub fn add(&mut self, node: NodeId) {
        self.insert(node, ());
    }

    /// Removes a node.
    pub fn remove(&mut self, node: NodeId) {
        *self.slot(node) = None;
    }
}

impl<T> Index<NodeId> for ByNode<T> {
    type Output = T;

    fn index(&self, node: NodeId) -> &T {
        self.get(node).expect("a node that was given a value")
    }
}
