//! Grid of points over a box, some of whose inputs may be periodic.

use super::bounds::Bounds;

/// Regular grid over a box. The last point of a periodic input is one step before the end of its range, beside the first one.
#[derive(Clone, Debug)]
pub struct Lattice {
    ends: Vec<[f64; 2]>,
    periodic: Vec<bool>,
    /// Marks for each input of ends that are walls, over which no way leads; empty if there are none.
    walls: Vec<[bool; 2]>,
    side: usize,
}

impl Lattice {
    /// Creates a grid with `side` points along each input.
    pub fn new(bounds: Bounds, side: usize) -> Self {
        let periodic = (0..bounds.ends.len()).map(|k| bounds.is_periodic(k)).collect();
        Self { ends: bounds.ends.to_vec(), periodic, walls: Vec::new(), side }
    }

    /// Marks faces of the box as walls: for each input the lower and the upper one.
    #[must_use]
    pub fn with_walls(self, walls: &[[bool; 2]]) -> Self {
        Self { walls: walls.to_vec(), ..self }
    }

    /// Number of inputs.
    pub(crate) fn inputs(&self) -> usize {
        self.ends.len()
    }

    /// Distance of neighbours along an input.
    pub fn step(&self, input: usize) -> f64 {
        let [low, high] = self.ends[input];
        (high - low) / (self.side - usize::from(!self.periodic[input])) as f64
    }

    /// Points `[side^inputs, inputs]`, the first input varying fastest.
    pub fn points(&self) -> Vec<f64> {
        let along =
            |index: usize, k: usize| self.ends[k][0] + self.step(k) * (index / self.side.pow(k as u32) % self.side) as f64;
        (0..self.side.pow(self.inputs() as u32)).flat_map(|index| (0..self.inputs()).map(move |k| along(index, k))).collect()
    }

    /// Index of the grid point nearest to a position.
    pub fn nearest(&self, x: &[f64]) -> usize {
        let along = |(k, x): (usize, &f64)| {
            let at = ((x - self.ends[k][0]) / self.step(k)).round();
            let at = if self.periodic[k] { at.rem_euclid(self.side as f64) } else { at.clamp(0.0, (self.side - 1) as f64) };
            (at as usize).min(self.side - 1) * self.side.pow(k as u32)
        };
        x.iter().enumerate().map(along).sum()
    }

    /// Indices of all points that differ from a point by at most one step along each input. At an end that is neither periodic nor a wall,
    /// they include the outside, whose index is the number of points.
    pub fn neighbours(&self, index: usize) -> Vec<usize> {
        let (mut found, mut is_edge) = (vec![index], false);
        for (k, &is_periodic) in self.periodic.iter().enumerate() {
            let stride = self.side.pow(k as u32);
            let at = index / stride % self.side;
            let known = found.len();
            for other in 0..known {
                let base = found[other] - at * stride;
                let [below, above] = if is_periodic {
                    [Some((at + self.side - 1) % self.side), Some((at + 1) % self.side)]
                } else {
                    [at.checked_sub(1), Some(at + 1).filter(|&next| next < self.side)]
                };
                let [low, high] = self.walls.get(k).copied().unwrap_or_default();
                is_edge |= below.is_none() && !low || above.is_none() && !high;
                found.extend([below, above].into_iter().flatten().map(|next| base + next * stride));
            }
        }
        found.swap_remove(0);
        found.extend(is_edge.then_some(self.side.pow(self.inputs() as u32)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_wrap_in_periodic_directions() {
        let lattice = Lattice::new(Bounds { ends: &[[0.0, 1.0], [0.0, 4.0]], periodic: &[false, true] }, 4);
        assert_eq!(lattice.points()[30..], [1.0, 3.0]);
        let mut corner = lattice.neighbours(0);
        corner.sort_unstable();
        assert_eq!(corner, [1, 4, 5, 12, 13, 16], "the outside beside five points");
        assert_eq!((lattice.nearest(&[0.3, 3.9]), lattice.nearest(&[2.0, -1.2])), (1, 15));
        let line = Lattice::new((&[[0.0, 1.0]]).into(), 5);
        assert_eq!(line.neighbours(2), [3, 1]);
    }
}
