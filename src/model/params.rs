//! Parameters: one flat vector, with names.

use ndarray::{ArrayView3, ShapeBuilder};

use crate::graph::{Graph, NodeId};
use crate::plan::Scalar;

/// What an optimiser needs to know of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// A weight on an input: any sign.
    Free,
    /// A weight on a hidden value: never negative if the network is kept convex by projection.
    NonNegative,
    /// A bias.
    Bias,
    /// The `a` of a gate.
    Gate,
    /// The sharpness rho: positive.
    Sharpness,
}

/// A named parameter `[modes, rows, cols]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Name, as in a model file.
    pub name: String,
    /// What it is.
    pub kind: ParamKind,
    /// Extent.
    pub shape: [usize; 3],
    /// Where it begins in the flat vector.
    pub offset: usize,
}

impl Param {
    /// Numbers in it.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in the flat vector.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }

    /// The place of one mode's numbers in the flat vector.
    pub fn of_mode(&self, mode: usize) -> std::ops::Range<usize> {
        let len = self.shape[1] * self.shape[2];
        self.offset + mode * len..self.offset + (mode + 1) * len
    }
}

/// The parameters of a network, in the order of the flat vector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    list: Vec<Param>,
}

impl Params {
    /// Declares one more, on the graph and here.
    pub fn declare(&mut self, graph: &mut Graph, name: impl Into<String>, kind: ParamKind, shape: [usize; 3]) -> NodeId {
        let offset = self.len();
        self.list.push(Param { name: name.into(), kind, shape, offset });
        graph.param(shape[0], shape[1], shape[2])
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.list.iter()
    }

    /// Numbers in all of them.
    pub fn len(&self) -> usize {
        self.list.last().map_or(0, |p| p.offset + p.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The one called `name`.
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.list.iter().find(|p| p.name == name)
    }

    /// The one called `name`, as a view `[modes, rows, cols]` of a flat vector.
    pub fn view<'a, T: Scalar>(&self, name: &str, flat: &'a [T]) -> Option<ArrayView3<'a, T>> {
        let param = self.get(name)?;
        let [modes, rows, cols] = param.shape;
        ArrayView3::from_shape((modes, rows, cols).into_shape_with_order(), &flat[param.range()]).ok()
    }
}
