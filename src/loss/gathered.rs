//! Averages of the rows of a large table in cells. A fit to the cells takes as long as a fit to a table with as many rows as
//! cells.
//!
//! A cell has the total weight of its rows and lies at their mean position. The mean of the values in a cell differs from the
//! value at the mean position. For a function f the difference is half of its Hessian times the covariance of the positions. A
//! fit makes most of this difference computable: a pass averages the errors `y - f(x)` and adds their mean to f at the mean
//! position ([`RowPass`]). The same difference of the remaining error stays. A last pass with the final fit measures it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::RegressionTarget;
use super::training_set::TrainingSet;
use crate::data::Dataset;
use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::linear::narrow;
use crate::numerics::quadrature::Cells;

/// Largest number of rows that a fit uses without averaging, and approximate number of cells for larger tables.
pub const MAX_ROWS: usize = 10_000;
/// Largest number of inputs in which rows are averaged. With more inputs, a cell of any affordable number is as wide as the
/// domain.
pub const MAX_INPUTS: usize = 3;
/// Number of rows in a step of a pass, which takes a few milliseconds.
const ROWS_PER_STEP: usize = 1 << 14;

/// Rows of a table, with their means in cells.
#[derive(Debug)]
pub struct Gathered {
    rows: Arc<Dataset>,
    /// Means of the rows. The standard error of a cell is the standard error of its rows divided by the root of their number.
    pub cells: Dataset,
    /// The cell of each row.
    cell_of: Vec<u32>,
    scaling: Normalization,
    value_weight: f64,
}

impl Gathered {
    /// Averages the rows of a table in cells that are small where the rows are dense. `value_weight` is the weight of
    /// [`TrainingSet::new`].
    pub fn new(rows: Arc<Dataset>, scaling: &Normalization, value_weight: f64) -> Self {
        let gaps = |row: usize| {
            let slopes = rows.gradient.iter().flat_map(move |gradient| gradient.row(row));
            slopes.fold(usize::from(rows.y[row].is_nan()), |bits, slope| 2 * bits + usize::from(slope.is_nan()))
        };
        // A mean exists only among rows with the same measured components.
        let mut alike: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        (0..rows.samples()).for_each(|row| alike.entry(gaps(row)).or_default().push(row as u32));
        let mut cells: Vec<Vec<u32>> = alike.values().flat_map(|subset| groups(&rows, subset)).collect();
        // Mini-batches are consecutive cells, so neighbouring cells must not be consecutive.
        cells.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(0));
        let mut cell_of = vec![0; rows.samples()];
        for (cell, members) in cells.iter().enumerate() {
            for &row in members {
                cell_of[row as usize] = cell as u32;
            }
        }
        let cells = means(&rows, &cells);
        Self { rows, cells, cell_of, scaling: scaling.clone(), value_weight }
    }

    /// The cells in the units of the network.
    pub fn training_set(&self) -> TrainingSet {
        TrainingSet::new(&self.cells, &self.scaling, self.value_weight)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.samples()
    }

    /// Number of steps of a pass over the rows.
    pub fn steps(&self) -> u64 {
        self.rows().div_ceil(ROWS_PER_STEP) as u64
    }

    /// The weight of a row in its cell.
    fn weight(&self, row: usize) -> f64 {
        self.rows.sigmas.get(row).map_or(1.0, |sigma| (self.cells.sigmas[self.cell_of[row] as usize] / sigma).powi(2))
    }

    /// One sentence for the user on the averaging.
    pub fn sentence(&self) -> String {
        let (rows, cells) = (crate::text::whole(self.rows() as u64), crate::text::whole(self.cells.samples() as u64));
        format!("{rows} rows are averaged in {cells} cells. The fit uses the averages.")
    }
}

/// Divides a subset of rows into cells. The number of cells is proportional to the size of the subset.
fn groups(rows: &Dataset, subset: &[u32]) -> Vec<Vec<u32>> {
    let mut x = Vec::with_capacity(subset.len() * rows.inputs());
    for &row in subset {
        x.extend(rows.x.row(row as usize));
    }
    // In 64 bits: the product overflows the 32-bit sizes of a browser.
    let count = (MAX_ROWS as u64 * subset.len() as u64).div_ceil(rows.samples() as u64) as usize;
    let groups = Cells::groups(&rows.bounds(), &x, None, count);
    groups.into_iter().map(|group| group.into_iter().map(|k| subset[k as usize]).collect()).collect()
}

/// The means of rows in cells.
fn means(rows: &Dataset, cells: &[Vec<u32>]) -> Dataset {
    let weight = |row: usize| rows.sigmas.get(row).map_or(1.0, |sigma| 1.0 / (sigma * sigma));
    let total = |members: &Vec<u32>| members.iter().map(|&row| weight(row as usize)).sum::<f64>();
    let mean = |members: &Vec<u32>, of: &dyn Fn(usize) -> f64| {
        members.iter().map(|&row| weight(row as usize) * of(row as usize)).sum::<f64>() / total(members)
    };
    let table = |of: &ndarray::Array2<f64>| {
        ndarray::Array2::from_shape_fn((cells.len(), of.ncols()), |(cell, k)| mean(&cells[cell], &|row| of[[row, k]]))
    };
    Dataset {
        name: rows.name.clone(),
        names: rows.names.clone(),
        x: table(&rows.x),
        y: cells.iter().map(|members| mean(members, &|row| rows.y[row])).collect(),
        gradient: rows.gradient.as_ref().map(table),
        sigmas: cells.iter().map(|members| 1.0 / total(members).sqrt()).collect(),
        periods: rows.periods.clone(),
        has_forces: rows.has_forces,
        ..Dataset::default()
    }
}

/// Pass over all rows with a fit, in steps.
#[derive(Debug)]
pub struct RowPass {
    gathered: Arc<Gathered>,
    next_row: usize,
    evaluator: Evaluator<f32>,
    params: Vec<f32>,
    /// Weighted sums of the errors, and of their squares, over the rows of each cell, `[cells, components]`.
    sums: Vec<f64>,
    squares: Vec<f64>,
}

/// Targets of the cells after a pass.
#[derive(Clone, Debug, PartialEq)]
pub struct CellTargets {
    /// Targets of the cells, `[cells, components]`.
    pub targets: Vec<f64>,
    /// Mean square of the change of the targets: the averaging error of the previous ones.
    pub moved: f64,
    /// Mean squared difference between rows and the means of their cells.
    pub within: f64,
}

impl RowPass {
    /// Pass with a fit in the units of the network, with this architecture and these parameters.
    pub fn new(gathered: Arc<Gathered>, arch: &Architecture, params: &[f64], set: &TrainingSet) -> Self {
        let parts = Outputs { gradient: set.target.slopes(set.inputs) > 0, ..Outputs::default() };
        let evaluator = Evaluator::new(arch, Normalization::identity(set.inputs), parts);
        let [sums, squares] = [(); 2].map(|()| vec![0.0; set.targets.len()]);
        Self { gathered, next_row: 0, evaluator, params: narrow(params), sums, squares }
    }

    /// Number of steps done, and number of all steps.
    pub fn progress(&self) -> [u64; 2] {
        [self.next_row.div_ceil(ROWS_PER_STEP) as u64, self.gathered.steps()]
    }

    /// Adds the errors of the next rows; returns whether these were the last ones.
    pub fn step(&mut self, set: &TrainingSet) -> bool {
        let gathered = self.gathered.clone();
        let end = (self.next_row + ROWS_PER_STEP).min(gathered.rows());
        let (x, targets) = TrainingSet::of_rows(&gathered.rows, &gathered.scaling, set.target, self.next_row..end);
        let found = self.fitted(&x, set);
        let components = set.target.components(set.inputs);
        for (k, (found, target)) in found.iter().zip(&targets).enumerate().filter(|(_, (_, target))| target.is_finite()) {
            let row = self.next_row + k / components;
            let (to, weight) = (gathered.cell_of[row] as usize * components + k % components, gathered.weight(row));
            let error = target - found;
            self.sums[to] += weight * error;
            self.squares[to] += weight * error * error;
        }
        self.next_row = end;
        end == gathered.rows()
    }

    /// Values of the fit for the components of the targets at positions `x`.
    fn fitted(&mut self, x: &[f64], set: &TrainingSet) -> Vec<f64> {
        let values = self.evaluator.evaluate(&self.params, x);
        match set.target {
            RegressionTarget::Gradient => values.gradient,
            RegressionTarget::Both => {
                let slopes = values.gradient.chunks_exact(set.inputs);
                slopes.zip(&values.psi).flat_map(|(slope, psi)| slope.iter().chain([psi]).copied()).collect()
            }
            _ => values.psi,
        }
    }

    /// Returns the new targets after all rows.
    pub fn end(mut self, set: &TrainingSet) -> CellTargets {
        let mut totals = vec![0.0; self.gathered.cells.samples()];
        for (row, &cell) in self.gathered.cell_of.iter().enumerate() {
            totals[cell as usize] += self.gathered.weight(row);
        }
        let components = set.target.components(set.inputs);
        let found = self.fitted(&set.x, set);
        let counts = |k: usize| set.weights.as_ref().map_or(1.0, |weights| weights[k]);
        let mut targets = CellTargets { targets: set.targets.clone(), moved: 0.0, within: 0.0 };
        let mut all = 0.0;
        for k in (0..found.len()).filter(|&k| counts(k) > 0.0) {
            let total = totals[k / components];
            let mean = self.sums[k] / total;
            targets.targets[k] = found[k] + mean;
            targets.moved += counts(k) * (targets.targets[k] - set.targets[k]).powi(2);
            targets.within += counts(k) * (self.squares[k] / total - mean * mean).max(0.0);
            all += counts(k);
        }
        targets.moved /= all;
        targets.within /= all;
        targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Loss, Regression};
    use crate::model::init;
    use crate::model::potential::declared;
    use crate::potentials::random::RandomTargetKind;
    use crate::potentials::{Observed, RandomLandscape, sampling};

    const TABLE_ROWS: usize = 30_000;

    /// Values and derivatives of a landscape of two inputs, some of them missing, each row with a standard error.
    fn table() -> Dataset {
        let mut data =
            sampling::uniform_of(&RandomLandscape::new(RandomTargetKind::Smooth, 2, 3), Observed::Gradient, TABLE_ROWS, 0.05, 1);
        let gradient = data.gradient.as_mut().unwrap();
        (0..TABLE_ROWS).step_by(3).for_each(|row| gradient[[row, row % 2]] = f64::NAN);
        let sigmas: Vec<f64> = (0..TABLE_ROWS).map(|row| 1.0 + 0.5 * (row as f64).sin()).collect();
        data.with_sigmas(&sigmas).unwrap()
    }

    fn all(rows: &Gathered) -> TrainingSet {
        TrainingSet::new(&rows.rows, &rows.scaling, rows.value_weight)
    }

    fn pass(rows: &Arc<Gathered>, set: &TrainingSet, arch: &Architecture, params: &[f64]) -> CellTargets {
        let mut pass = RowPass::new(rows.clone(), arch, params, set);
        let mut steps = 1;
        while !pass.step(set) {
            steps += 1;
        }
        assert_eq!(steps, rows.steps());
        pass.end(set)
    }

    fn check(data: Dataset, value_weight: f64) {
        let scaling = crate::loss::training_set::standard(&data);
        let rows = Arc::new(Gathered::new(Arc::new(data), &scaling, value_weight));
        assert!((MAX_ROWS / 2..2 * MAX_ROWS).contains(&rows.cells.samples()), "{}", rows.cells.samples());
        let arch = Architecture::new(2, 4, &[6]);
        let params = init::paper(&declared(&arch), 7);
        let mut set = rows.training_set();
        let mse = |set: &TrainingSet, params: &[f64]| Regression::<f64>::new(&arch, set).value(params).data;
        let plain = mse(&set, &params);
        let targets = pass(&rows, &set, &arch, &params);
        set.targets.clone_from(&targets.targets);
        // At the fit of the pass, the averages and the spread within cells give the error of all rows.
        let [here, there] = [mse(&set, &params) + targets.within, mse(&all(&rows), &params)];
        assert!((here - there).abs() < 2e-3 * there, "{here} {there}");
        // Another pass changes nothing. The means of the values themselves have the stated error.
        let again = pass(&rows, &set, &arch, &params);
        assert!(again.moved < 1e-12 && targets.moved > again.moved, "{} {}", targets.moved, again.moved);
        assert!((plain.sqrt() - mse(&set, &params).sqrt()).abs() <= 1.01 * targets.moved.sqrt());
        // Near this fit, differences of errors equal those of all rows.
        let near: Vec<f64> = params.iter().enumerate().map(|(k, p)| p * (1.0 + 0.02 * (k as f64).cos())).collect();
        let [fall, truth] = [&set, &all(&rows)].map(|set| mse(set, &near) - mse(set, &params));
        assert!((fall - truth).abs() < 0.02 * truth.abs(), "{fall} {truth}");
    }

    #[test]
    fn averaged_loss_equals_loss_of_all_rows() {
        check(Dataset { gradient: None, ..table() }, 0.0);
        check(Dataset { gradient: None, sigmas: Vec::new(), ..table() }, 0.0);
        check(table(), 0.0);
        check(table(), 1.0);
    }

    #[test]
    fn weight_of_cell_is_weight_of_its_rows() {
        let data = Dataset { sigmas: Vec::new(), ..table() };
        let scaling = crate::loss::training_set::standard(&data);
        let rows = Gathered::new(Arc::new(data), &scaling, 0.0);
        let weights: f64 = rows.cells.sigmas.iter().map(|sigma| 1.0 / (sigma * sigma)).sum();
        assert!((weights - TABLE_ROWS as f64).abs() < 1e-6);
        let mean = |data: &Dataset| {
            let weight = |row: usize| data.sigmas.get(row).map_or(1.0, |sigma| 1.0 / (sigma * sigma));
            (0..data.samples()).map(|row| weight(row) * data.y[row]).sum::<f64>() / TABLE_ROWS as f64
        };
        assert!((mean(&rows.cells) - mean(&rows.rows)).abs() < 1e-9);
        let sentence = rows.sentence();
        assert!(sentence.starts_with("30,000 rows are averaged in "), "{sentence}");
    }
}
