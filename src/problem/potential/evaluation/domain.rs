//! Domain in which fits are evaluated.

use ndarray::Array1;

use crate::data::Dataset;
use crate::model::Architecture;
use crate::numerics::bounds::Bounds;
use crate::potentials::KnownPotential;

/// Number of points of the plotted grid.
pub(super) const GRID_POINTS: usize = 401;
/// Largest number of points at which responsibilities are evaluated during training.
const READING_POINTS: usize = 200;

/// Domain in which fits are evaluated, and points in it.
#[derive(Debug)]
pub(crate) struct EvaluationDomain {
    /// Sampled domain, `[low, high]` for each input.
    pub(crate) bounds: Vec<[f64; 2]>,
    /// True if each input is periodic; empty if none is.
    periodic: Vec<bool>,
    /// True if minima on the faces of the box count.
    pub(super) has_walls: bool,
    /// True if the domain of a density ends at a bound of the quantity, for both ends of each input; empty if it ends at none.
    pub(crate) bounded: Vec<[bool; 2]>,
    /// Grid of the plotted curves; empty if there is more than one input.
    pub(crate) grid: Vec<f64>,
    /// Points `[points, inputs]` for the responsibilities in the history.
    pub(super) reading_points: Vec<f64>,
}

impl EvaluationDomain {
    /// Domain of the truth if it is known, else of the data.
    pub(super) fn new(arch: &Architecture, data: &Dataset, truth: Option<&dyn KnownPotential>) -> Self {
        let bounds = truth.map_or_else(|| data.domain(), <dyn KnownPotential>::bounds);
        let line = |points: usize| Array1::linspace(bounds[0][0], bounds[0][1], points).to_vec();
        let single = arch.inputs == 1;
        let grid = if single { line(GRID_POINTS) } else { Vec::new() };
        let reading_points = if single {
            line(READING_POINTS)
        } else {
            let every = data.samples().div_ceil(READING_POINTS).max(1);
            data.x.rows().into_iter().step_by(every).flat_map(|row| row.to_vec()).collect()
        };
        Self {
            has_walls: truth.is_some_and(KnownPotential::has_walls) || !data.walls.is_empty(),
            bounded: data.walls.clone(),
            bounds,
            periodic: arch.periodic.clone(),
            grid,
            reading_points,
        }
    }

    pub(super) fn inputs(&self) -> usize {
        self.bounds.len()
    }

    /// Sampled domain with its periodic inputs.
    pub(super) fn whole(&self) -> Bounds<'_> {
        Bounds { ends: &self.bounds, periodic: &self.periodic }
    }

    /// Points over the sampled domain, `[points, inputs]`: the plotted grid, or some of the data.
    pub(crate) fn points(&self) -> &[f64] {
        if self.grid.is_empty() { &self.reading_points } else { &self.grid }
    }
}
