//! Linear system of a step of the Levenberg-Marquardt method. It is set up and solved in chunks of a few milliseconds. The division into chunks has
//! no effect on the bits of the result.

use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut1, ArrayViewMut2, Axis, s};

use crate::numerics::linear::{
    BLOCK_COLUMNS, add_gram, factorize, factorize_columns, substitute, substitute_back, substitute_forward,
    substitute_forward_columns,
};

/// Maximum number of solutions per step while parameters reach their bounds.
const MAX_BOUND_ROUNDS: usize = 6;
/// Number of multiplications in a chunk, which takes some milliseconds.
const PART_MULTIPLICATIONS: usize = 1 << 24;
/// Number of rows or columns of the Jacobian whose products are added to the system together.
const ADDED_ROWS: usize = 128;

/// The system at some parameters.
#[derive(Debug)]
pub(super) struct System {
    /// The Jacobian with respect to the free parameters, `[samples, free]`.
    jacobian: Array2<f64>,
    /// Indices of the free parameters, and the maximum decrease of each.
    pub free: Vec<usize>,
    pub room: Vec<f64>,
    /// The lower triangle of the smaller of `J J^T` and `J^T J`.
    gram: Array2<f64>,
    dual: bool,
    /// The indices of the included errors.
    pub rows: Vec<usize>,
    scale: f64,
}

/// A system that is being set up.
#[derive(Debug)]
pub(super) struct Setup {
    system: System,
    /// Number of rows of the Jacobian whose products have been added to `J^T J`, or of columns whose products have been added to `J J^T`.
    done: usize,
}

impl Setup {
    /// Starts a set-up with the derivatives of all errors with respect to all parameters, `[errors, params]`, and a factor for each parameter.
    /// `room` has the maximum decreases of the `free` parameters, and `rows` the indices of the included errors.
    pub fn new(jacobian: &[f64], factors: &[f64], (free, room): (Vec<usize>, Vec<f64>), rows: Vec<usize>) -> Self {
        let (dual, extent) = (rows.len() <= free.len(), rows.len().min(free.len()));
        let mut entries = Vec::with_capacity(rows.len() * free.len());
        for &n in &rows {
            let row = &jacobian[n * factors.len()..(n + 1) * factors.len()];
            entries.extend(free.iter().map(|&k| row[k] * factors[k]));
        }
        let jacobian = Array2::from_shape_vec((rows.len(), free.len()), entries).expect("a row for each included error");
        let gram = Array2::zeros((extent, extent));
        Self { system: System { jacobian, free, room, gram, dual, rows, scale: 0.0 }, done: 0 }
    }

    /// Computes one chunk. Returns whether it was the last one.
    pub fn work(&mut self) -> bool {
        let System { jacobian, gram, dual, .. } = &mut self.system;
        let table = if *dual { jacobian.t() } else { jacobian.view() };
        let mut multiplications = 0;
        while self.done < table.nrows() && multiplications < PART_MULTIPLICATIONS {
            let last = (self.done + ADDED_ROWS).min(table.nrows());
            add_gram(gram, &table.slice(s![self.done..last, ..]), 1.0);
            multiplications += (last - self.done) * table.ncols() * table.ncols() / 2;
            self.done = last;
        }
        self.done == table.nrows()
    }

    /// The system after all chunks are complete.
    pub fn end(self) -> System {
        let mut system = self.system;
        let scale = system.gram.diag().mean().unwrap_or_default();
        system.scale = scale.max(f64::MIN_POSITIVE);
        system
    }
}

impl System {
    /// Change of the errors by a change of the free parameters, to first order.
    pub fn linear(&self, change: &[f64]) -> Vec<f64> {
        self.jacobian.dot(&ArrayView1::from(change)).to_vec()
    }

    /// `J^T errors`
    fn slope(&self, errors: &[f64]) -> Vec<f64> {
        let mut slope = Array1::zeros(self.free.len());
        for (row, error) in self.jacobian.rows().into_iter().zip(errors) {
            slope.scaled_add(*error, &row);
        }
        slope.to_vec()
    }
}

/// Solution of a system with a damping relative to its mean diagonal entry, computed in chunks.
///
/// With the Cholesky factor L of the system and E, the columns of the identity that belong to the parameters at their bounds, the
/// condition `E^T d = bounds` needs one multiplier for each of these parameters. The factor stays the same while their number grows.
#[derive(Debug)]
pub(super) struct DampedStep {
    errors: Vec<f64>,
    /// Cholesky factor of the system, row by row, and the number of its completed columns.
    factor: Vec<f64>,
    done: usize,
    bounds: ReachedBounds,
    round: usize,
    /// Step after the last chunk.
    pub change: Vec<f64>,
}

/// Parameters that have reached their bounds.
#[derive(Debug, Default)]
struct ReachedBounds {
    /// Their indices among the free parameters.
    held: Vec<usize>,
    /// `L^-1 E`, or `L^-1 J E` for the system over the samples: `[extent, held]`.
    columns: Array2<f64>,
    /// Cholesky factor of the system of the multipliers.
    factor: Vec<f64>,
}

impl ReachedBounds {
    /// Returns `None` if the parameters' conditions are not numerically independent.
    fn new(system: &System, of_system: &[f64], held: Vec<usize>) -> Option<Self> {
        let mut columns = if system.dual {
            system.jacobian.select(Axis(1), &held)
        } else {
            let mut columns = Array2::zeros((system.free.len(), held.len()));
            held.iter().enumerate().for_each(|(j, &k)| columns[[k, j]] = 1.0);
            columns
        };
        substitute_forward_columns(of_system, &mut columns);
        // The matrix of the multipliers is E^T (J^T J + damping)^-1 E. For the system over the samples it is multiplied by the damping.
        let extent = held.len();
        let mut of_multipliers = if system.dual { Array2::eye(extent) } else { Array2::zeros((extent, extent)) };
        add_gram(&mut of_multipliers, &columns, if system.dual { -1.0 } else { 1.0 });
        let mut factor = of_multipliers.into_raw_vec_and_offset().0;
        factorize(&mut factor, extent)?;
        Some(Self { held, columns, factor })
    }
}

impl DampedStep {
    pub fn new(system: &System, errors: Vec<f64>, damping: f64) -> Self {
        let mut gram = system.gram.clone();
        let damping = damping * system.scale;
        gram.diag_mut().mapv_inplace(|entry| entry + damping);
        let factor = gram.into_raw_vec_and_offset().0;
        Self { errors, factor, done: 0, bounds: ReachedBounds::default(), round: 1, change: Vec::new() }
    }

    /// Computes one chunk. Returns whether it was the last one, or `None` if the system is not numerically positive definite.
    pub fn work(mut self, system: &System) -> Option<(Self, bool)> {
        let extent = system.gram.nrows();
        if self.done < extent {
            let (mut last, mut multiplications) = (self.done, 0);
            while last < extent && multiplications < PART_MULTIPLICATIONS {
                multiplications += BLOCK_COLUMNS * (extent - last).pow(2) / 2;
                last = (last + BLOCK_COLUMNS).min(extent);
            }
            let mut factor = ArrayViewMut2::from_shape((extent, extent), &mut self.factor).ok()?;
            factorize_columns(&mut factor, self.done..last)?;
            self.done = last;
            if last < extent {
                return Some((self, false));
            }
        }
        let bounds: Vec<f64> = self.bounds.held.iter().map(|&k| -system.room[k]).collect();
        let change = self.constrained(system, &self.errors, &bounds);
        let is_out = |&k: &usize| change[k] < -system.room[k] && !self.bounds.held.contains(&k);
        let out: Vec<usize> = (0..change.len()).filter(is_out).collect();
        if out.is_empty() || self.round == MAX_BOUND_ROUNDS {
            return Some((Self { change, ..self }, true));
        }
        // These parameters move to their bounds.
        let held = self.bounds.held.iter().copied().chain(out).collect();
        let bounds = ReachedBounds::new(system, &self.factor, held)?;
        Some((Self { bounds, round: self.round + 1, ..self }, false))
    }

    /// The solution `-(J^T J + damping)^-1 J^T errors` for the parameters that move, and zero for the rest.
    pub fn apply(&self, system: &System, errors: &[f64]) -> Vec<f64> {
        self.constrained(system, errors, &vec![0.0; self.bounds.held.len()])
    }

    /// The minimum of the damped sum of squares under the condition that the held parameters change by `bounds`.
    fn constrained(&self, system: &System, errors: &[f64], bounds: &[f64]) -> Vec<f64> {
        let ReachedBounds { held, columns, factor } = &self.bounds;
        let right = if system.dual { errors } else { &system.slope(errors)[..] };
        let mut solution: Vec<f64> = right.iter().map(|entry| -entry).collect();
        substitute_forward(&self.factor, &mut solution);
        if !held.is_empty() {
            let mut multipliers = columns.t().dot(&ArrayView1::from(&solution)).to_vec();
            multipliers.iter_mut().zip(bounds).for_each(|(excess, bound)| *excess -= bound);
            substitute(factor, &mut multipliers);
            let correction = columns.dot(&ArrayView1::from(&multipliers));
            let sign = if system.dual { 1.0 } else { -1.0 };
            ArrayViewMut1::from(&mut solution).scaled_add(sign, &correction);
        }
        substitute_back(&self.factor, &mut solution);
        let mut change = if system.dual { system.slope(&solution) } else { solution };
        held.iter().zip(bounds).for_each(|(&k, bound)| change[k] = *bound);
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::statistics::norm;

    /// System of `samples` samples and `params` parameters, some of them near their bounds.
    fn system(samples: usize, params: usize, room: f64) -> System {
        let jacobian: Vec<f64> = (0..samples * params).map(|k| (k as f64 * 1.7).sin()).collect();
        let room = (0..params).map(|k| if k % 3 == 0 { room } else { f64::INFINITY }).collect();
        let mut setup = Setup::new(&jacobian, &vec![1.0; params], ((0..params).collect(), room), (0..samples).collect());
        while !setup.work() {}
        setup.end()
    }

    fn solved(system: &System, errors: &[f64]) -> Vec<f64> {
        let mut solution = DampedStep::new(system, errors.to_vec(), 1e-2);
        loop {
            let (next, is_done) = solution.work(system).expect("solvable");
            solution = next;
            if is_done {
                return solution.change;
            }
        }
    }

    #[test]
    fn primal_and_dual_systems_give_same_bounded_step() {
        let (samples, params) = (30, 50);
        let errors: Vec<f64> = (0..samples).map(|k| (k as f64 * 0.3).cos()).collect();
        for room in [f64::INFINITY, 1e-3] {
            let mut system = system(samples, params, room);
            assert!(system.dual);
            let dual = solved(&system, &errors);
            system.dual = false;
            system.gram = system.jacobian.t().dot(&system.jacobian);
            let primal = solved(&system, &errors);
            assert!(dual.iter().zip(&system.room).all(|(d, room)| *d >= -room * (1.0 + 1e-9)));
            assert!(dual.iter().zip(&primal).all(|(a, b)| (a - b).abs() < 1e-8 * norm(&dual)));
        }
    }

    #[test]
    fn large_system_is_solved_in_several_parts() {
        for (samples, params) in [(900, 600), (600, 900)] {
            let system = system(samples, params, f64::INFINITY);
            let errors: Vec<f64> = (0..samples).map(|k| (k as f64 * 0.3).cos()).collect();
            let (part, is_done) = DampedStep::new(&system, errors.clone(), 1e-2).work(&system).expect("solvable");
            assert!(!is_done && part.done > 0);
            // The residual of the normal equations vanishes.
            let change = solved(&system, &errors);
            let linear = system.linear(&change);
            let moved: Vec<f64> = linear.iter().zip(&errors).map(|(linear, error)| linear + error).collect();
            let left = system.slope(&moved).into_iter().zip(&change).map(|(slope, d)| slope + 1e-2 * system.scale * d);
            assert!(left.into_iter().all(|left| left.abs() < 1e-8), "{samples} {params}");
        }
    }
}
