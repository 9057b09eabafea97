//! Locations of values.
//!
//! A value of the tile that is used after its segment has rows for all of its modes. A value that is used only within its segment has rows for one
//! mode. The modes run one after the other in the same rows, unless one call computes all of them.

use super::free_list::FreeList;
use super::program::TileTarget;
use super::schedule::{Item, Segment, origin};
use crate::by_node::ByNode;
use crate::graph::{Graph, NodeId};

/// Offsets of the values that are the same for all samples.
#[derive(Default)]
pub struct UniformStore {
    /// The offset of each value.
    pub at: ByNode<usize>,
    /// Number of scalars in all of them.
    pub len: usize,
}

impl UniformStore {
    /// Appends a value and returns its offset.
    pub fn place(&mut self, graph: &Graph, node: NodeId) -> usize {
        let at = self.len;
        self.at.insert(node, at);
        self.len += graph.shape(node).len();
        at
    }
}

/// A value that occupies rows of the tile: offset and number of its rows, and the position of its last use.
struct LiveValue<T> {
    at: usize,
    len: usize,
    last: T,
}

/// Frees the rows of all values whose last use is not after `now`.
fn expire<T: Ord>(living: &mut Vec<LiveValue<T>>, now: &T, rows: &mut FreeList) {
    living.retain(|value| {
        let is_alive = value.last > *now;
        if !is_alive {
            rows.free(value.at, value.len);
        }
        is_alive
    });
}

/// Places the values of the tile of one pass, and returns the number of rows. Values that are used after their segment come first, and the others
/// follow.
pub fn place_tiles(graph: &Graph, segments: &[Segment]) -> (ByNode<TileTarget>, usize) {
    // Segment and item of the last use.
    let mut last_use: ByNode<(usize, usize)> = ByNode::default();
    for (s, segment) in segments.iter().enumerate() {
        for (i, &item) in segment.items.iter().enumerate() {
            for x in item.operands(graph) {
                *last_use.slot(origin(graph, x)) = Some((s, i));
            }
        }
    }
    let stored = |item: &Item| item.results().filter(|&n| graph.shape(n).batched).collect::<Vec<_>>();
    let mut places = ByNode::default();
    let mut shared = FreeList::default();
    let mut living = Vec::new();
    for (s, segment) in segments.iter().enumerate() {
        for node in segment.items.iter().flat_map(stored) {
            if let Some(&(last, _)) = last_use.get(node).filter(|(last, _)| *last > s) {
                let shape = graph.shape(node);
                let at = shared.allocate(shape.len());
                places.insert(node, TileTarget { base: at, stride: shape.rows, rows: shape.rows });
                living.push(LiveValue { at, len: shape.len(), last });
            }
        }
        expire(&mut living, &s, &mut shared);
    }
    let mut len = shared.extent;
    for (s, segment) in segments.iter().enumerate() {
        let mut own = FreeList::default();
        let mut living = Vec::new();
        for (i, item) in segment.items.iter().enumerate() {
            for node in stored(item) {
                places.slot(node).get_or_insert_with(|| {
                    let (rows, modes) = (graph.shape(node).rows, graph.shape(node).modes);
                    let (len, stride) = if segment.modes == modes { (rows, 0) } else { (rows * modes, rows) };
                    let at = own.allocate(len);
                    // A value that is never read is written, too.
                    living.push(LiveValue { at, len, last: last_use.get(node).copied().unwrap_or((s, i)) });
                    TileTarget { base: shared.extent + at, stride, rows }
                });
            }
            expire(&mut living, &(s, i), &mut own);
        }
        len = len.max(shared.extent + own.extent);
    }
    (places, len)
}
