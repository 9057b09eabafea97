//! Linear system of a step of the Levenberg-Marquardt method. It is set up and solved in chunks of a few milliseconds. The division into chunks has
//! no effect on the bits of the result.

use multiwell_engine::linear::{BLOCK_ROWS, add_gram, add_outer, dot, factorise_columns, substitute};

/// Maximum number of solutions per step while parameters reach their bounds.
const MAX_BOUND_ROUNDS: usize = 6;
/// Number of multiplications in a chunk, which takes some milliseconds.
const PART_MULTIPLICATIONS: usize = 1 << 24;
/// Number of rows of the Jacobian that are transposed together. The memory that is read and written stays in the cache. The rows form whole blocks of
/// a Gram matrix.
const TRANSPOSED_ROWS: usize = 4 * BLOCK_ROWS;

/// The system at some parameters.
#[derive(Debug)]
pub(super) struct System {
    /// The columns of the Jacobian of the free parameters, `[free, samples]`.
    columns: Vec<f64>,
    /// Indices of the free parameters, and the maximum decrease of each.
    pub free: Vec<usize>,
    pub room: Vec<f64>,
    /// The lower triangle, row by row, of the smaller of `J J^T` and `J^T J`.
    gram: Vec<f64>,
    dual: bool,
    /// The indices of the errors in the columns.
    pub rows: Vec<usize>,
    samples: usize,
    scale: f64,
}

/// A system that is being set up.
#[derive(Debug)]
pub(super) struct Setup {
    system: System,
    /// Derivatives of all errors with respect to all parameters, `[errors, params]`, and the factor of each parameter's derivatives.
    jacobian: Vec<f64>,
    factors: Vec<f64>,
    /// Number of completed rows of the Jacobian, and number of completed columns of `J J^T`.
    rows: usize,
    columns: usize,
}

impl Setup {
    /// Starts a set-up with the free parameters, their maximum decreases in `room`, and the indices of the included errors.
    pub fn new(jacobian: Vec<f64>, factors: Vec<f64>, (free, room): (Vec<usize>, Vec<f64>), rows: Vec<usize>) -> Self {
        let (samples, extent) = (rows.len(), rows.len().min(free.len()));
        let columns = vec![0.0; samples * free.len()];
        let (dual, gram) = (samples <= free.len(), vec![0.0; extent * extent]);
        let system = System { columns, free, room, gram, dual, rows, samples, scale: 0.0 };
        Self { system, jacobian, factors, rows: 0, columns: 0 }
    }

    /// Computes one chunk. Returns whether it was the last one.
    pub fn work(&mut self) -> bool {
        let Self { system, jacobian, factors, rows, columns } = self;
        let (samples, free, width) = (system.samples, system.free.len(), factors.len());
        let mut done = 0;
        while *rows < samples && done < PART_MULTIPLICATIONS {
            let some = &system.rows[*rows..(*rows + TRANSPOSED_ROWS).min(samples)];
            let of_row = |&n: &usize| system.free.iter().map(move |&k| (n * width + k, k));
            let picked: Vec<f64> = some.iter().flat_map(of_row).map(|(at, k)| jacobian[at] * factors[k]).collect();
            for k in 0..free {
                let column = &mut system.columns[k * samples + *rows..][..some.len()];
                column.iter_mut().zip(picked[k..].iter().step_by(free)).for_each(|(to, from)| *to = *from);
            }
            if !system.dual {
                add_gram(&mut system.gram, &picked, free);
            }
            *rows += some.len();
            done += picked.len() * if system.dual { 1 } else { 1 + free / 2 };
        }
        while system.dual && *columns < free && done < PART_MULTIPLICATIONS {
            let last = (*columns + BLOCK_ROWS).min(free);
            add_gram(&mut system.gram, &system.columns[*columns * samples..last * samples], samples);
            *columns = last;
            done += BLOCK_ROWS * samples * samples / 2;
        }
        *rows == samples && (!system.dual || *columns == free)
    }

    /// The system after all chunks are complete.
    pub fn end(self) -> System {
        let mut system = self.system;
        let extent = system.samples.min(system.free.len());
        let scale = (0..extent).map(|k| system.gram[k * extent + k]).sum::<f64>() / extent.max(1) as f64;
        system.scale = scale.max(f64::MIN_POSITIVE);
        system
    }
}

impl System {
    fn column(&self, k: usize) -> &[f64] {
        &self.columns[k * self.samples..(k + 1) * self.samples]
    }

    /// Change of the errors by a change of the free parameters, to first order.
    pub fn linear(&self, change: &[f64]) -> Vec<f64> {
        let mut straight = vec![0.0; self.samples];
        for (k, d) in change.iter().enumerate().filter(|(_, d)| **d != 0.0) {
            straight.iter_mut().zip(self.column(k)).for_each(|(s, j)| *s += j * d);
        }
        straight
    }

    /// Lower triangle of the rows and columns `moving` of `J^T J`.
    fn part(&self, moving: &[usize]) -> Vec<f64> {
        let (n, all) = (moving.len(), self.free.len());
        let mut part = vec![0.0; n * n];
        for (i, &k) in moving.iter().enumerate() {
            moving[..=i].iter().enumerate().for_each(|(j, &l)| part[i * n + j] = self.gram[k * all + l]);
        }
        part
    }
}

/// Solution of a system with a damping relative to its mean diagonal entry, computed in chunks.
#[derive(Debug)]
pub(super) struct DampedStep {
    damping: f64,
    /// Errors after the displacement of the parameters that have reached their bounds.
    errors: Vec<f64>,
    held: Vec<f64>,
    /// Lower triangle of `J J^T` for the parameters that are not at their bounds, if that system is solved.
    gram: Vec<f64>,
    /// The indices of the free parameters that have not reached their bounds.
    moving: Vec<usize>,
    /// Cholesky factor of the system of the moving parameters, and the number of its completed columns.
    triangle: Vec<f64>,
    done: usize,
    round: usize,
    /// Step after the last chunk.
    pub change: Vec<f64>,
}

impl DampedStep {
    pub fn new(system: &System, errors: Vec<f64>, damping: f64) -> Self {
        let free = system.free.len();
        let gram = if system.dual { system.gram.clone() } else { Vec::new() };
        let (held, moving) = (vec![0.0; free], (0..free).collect());
        let begun = Self { damping, errors, held, gram, moving, triangle: Vec::new(), done: 0, round: 0, change: Vec::new() };
        begun.begun(system)
    }

    /// Starts the solution for the parameters that move.
    fn begun(mut self, system: &System) -> Self {
        let extent = self.extent(system);
        self.triangle = if system.dual { self.gram.clone() } else { system.part(&self.moving) };
        (0..extent).for_each(|k| self.triangle[k * extent + k] += self.damping * system.scale);
        Self { done: 0, round: self.round + 1, ..self }
    }

    fn extent(&self, system: &System) -> usize {
        if system.dual { system.samples } else { self.moving.len() }
    }

    /// Computes one chunk. Returns whether it was the last one, or `None` if the system is not numerically positive definite.
    pub fn work(mut self, system: &System) -> Option<(Self, bool)> {
        let extent = self.extent(system);
        if self.done < extent {
            let (mut last, mut done) = (self.done, 0);
            while last < extent && done < PART_MULTIPLICATIONS {
                done += BLOCK_ROWS * (extent - last).pow(2) / 2;
                last = (last + BLOCK_ROWS).min(extent);
            }
            factorise_columns(&mut self.triangle, extent, self.done..last)?;
            self.done = last;
            if last < extent {
                return Some((self, false));
            }
        }
        let mut step = self.apply(system, &self.errors);
        let out: Vec<usize> = self.moving.iter().copied().filter(|&k| step[k] < -system.room[k]).collect();
        if out.is_empty() || self.round == MAX_BOUND_ROUNDS {
            step.iter_mut().zip(&self.held).for_each(|(d, held)| *d += held);
            return Some((Self { change: step, ..self }, true));
        }
        // These parameters move to their bounds. The system of the others is solved again with this displacement.
        for &k in &out {
            self.held[k] = -system.room[k];
            self.errors.iter_mut().zip(system.column(k)).for_each(|(r, j)| *r += j * self.held[k]);
            if system.dual {
                add_outer(&mut self.gram, system.column(k), -1.0);
            }
        }
        self.moving.retain(|k| !out.contains(k));
        Some((self.begun(system), false))
    }

    /// The solution `-(J^T J + damping)^-1 J^T errors` for the moving parameters, and zero for the rest.
    pub fn apply(&self, system: &System, errors: &[f64]) -> Vec<f64> {
        let mut step = vec![0.0; system.free.len()];
        if system.dual {
            let mut weights = errors.to_vec();
            substitute(&self.triangle, &mut weights);
            self.moving.iter().for_each(|&k| step[k] = -dot(system.column(k), &weights));
        } else {
            let mut part: Vec<f64> = self.moving.iter().map(|&k| -dot(system.column(k), errors)).collect();
            substitute(&self.triangle, &mut part);
            self.moving.iter().zip(part).for_each(|(&k, d)| step[k] = d);
        }
        step
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
        let mut setup = Setup::new(jacobian, vec![1.0; params], ((0..params).collect(), room), (0..samples).collect());
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
            let product = |i: usize, j: usize| dot(system.column(i), system.column(j));
            system.gram = (0..params * params).map(|k| product(k / params, k % params)).collect();
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
            let left = |k: usize| {
                let slope: f64 = system.column(k).iter().zip(linear.iter().zip(&errors)).map(|(j, (l, e))| j * (l + e)).sum();
                slope + 1e-2 * system.scale * change[k]
            };
            assert!((0..params).all(|k| left(k).abs() < 1e-8), "{samples} {params}");
        }
    }
}
