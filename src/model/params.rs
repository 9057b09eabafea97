//! Parameters: one flat vector, with names.

use crate::graph::{Graph, NodeId};

/// The kind of a parameter, which determines how optimisers treat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// A weight on an input, of either sign.
    Free,
    /// A weight on a hidden value, which is never negative if the network is kept convex by projection.
    NonNegative,
    /// A bias.
    Bias,
    /// The parameter `a` of a gate.
    Gate,
    /// The sharpness rho, which is positive.
    Sharpness,
}

/// A named parameter `[modes, rows, cols]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Name, as in a model file.
    pub name: String,
    /// Kind of the parameter.
    pub kind: ParamKind,
    /// Shape, `[modes, rows, cols]`.
    pub shape: [usize; 3],
    /// Offset in the flat vector.
    pub offset: usize,
}

impl Param {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Returns true if the parameter has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Range in the flat vector.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }

    /// Range of one mode in the flat vector.
    pub fn of_mode(&self, mode: usize) -> std::ops::Range<usize> {
        let len = self.shape[1] * self.shape[2];
        self.offset + mode * len..self.offset + (mode + 1) * len
    }
}

/// Parameters of a network, in the order of the flat vector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    list: Vec<Param>,
}

impl Params {
    /// Declares a parameter, in the graph and in this list.
    pub fn declare(&mut self, graph: &mut Graph, name: impl Into<String>, kind: ParamKind, shape: [usize; 3]) -> NodeId {
        let offset = self.len();
        self.list.push(Param { name: name.into(), kind, shape, offset });
        graph.param(shape[0], shape[1], shape[2])
    }

    /// All parameters.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.list.iter()
    }

    /// Number of entries of all parameters.
    pub fn len(&self) -> usize {
        self.list.last().map_or(0, |p| p.offset + p.len())
    }

    /// Returns true if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Parameter called `name`.
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.list.iter().find(|p| p.name == name)
    }

    /// Entries of some modes and of the sharpness in a flat vector, in the order of a network with these modes only.
    pub fn of_modes<T: Copy>(&self, flat: &[T], modes: &[usize]) -> Vec<T> {
        let ranges = |p: &Param| match p.kind {
            ParamKind::Sharpness => vec![p.range()],
            _ => modes.iter().map(|&mode| p.of_mode(mode)).collect(),
        };
        self.iter().flat_map(ranges).flat_map(|range| flat[range].iter().copied()).collect()
    }
}
