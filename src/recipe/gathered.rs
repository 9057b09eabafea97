//! Rows of a large table, averaged in cells, which a fit then learns from: it takes no longer than one of a table with as many rows as there are cells.
//!
//! A cell counts as much as its rows together, at their mean place. The mean of the values in a cell is not the value at the mean place: of a function
//! f the two differ by half of its Hessian times the covariance of the places. As soon as there is a fit, that is known, and is taken out: not the
//! values are averaged but the errors `y - f(x)`, and the mean is added to f at the mean place ([`Pass`]). What is left is the same difference of what
//! the fit misses. A last pass, with the fit that has come of it, measures what is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::likelihood::quadrature::Cells;
use crate::data::Dataset;
use crate::loss::Target;
use crate::loss::training_set::TrainingSet;
use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs};

/// The largest number of rows that a fit learns from as they are, and about the number of cells in which more of them are averaged.
pub const MOST_ROWS: usize = 10_000;
/// Largest number of inputs in which rows are averaged: with more, a cell of any affordable number is as wide as the domain.
pub const MOST_INPUTS: usize = 3;
/// Rows in a step of a pass, which takes a few milliseconds.
const STEP: usize = 1 << 14;

/// All rows, and their means in cells.
#[derive(Debug)]
pub struct Gathered {
    rows: Arc<Dataset>,
    /// The means; the standard error of a cell is that of its rows over the root of their number.
    pub cells: Dataset,
    /// The cell of each row.
    cell_of: Vec<u32>,
    scaling: Normalization,
    value_weight: f64,
}

impl Gathered {
    /// Averages the rows of a table in cells that are small where the rows are dense. `value_weight` is that of [`TrainingSet::new`].
    pub fn new(rows: Arc<Dataset>, scaling: &Normalization, value_weight: f64) -> Self {
        let gaps = |row: usize| {
            let slopes = rows.gradient.iter().flat_map(move |gradient| gradient.row(row));
            slopes.fold(usize::from(rows.y[row].is_nan()), |bits, slope| 2 * bits + usize::from(slope.is_nan()))
        };
        // Only rows of which the same was measured have a mean.
        let mut alike: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        (0..rows.samples()).for_each(|row| alike.entry(gaps(row)).or_default().push(row as u32));
        let mut cells: Vec<Vec<u32>> = alike.into_values().flat_map(|some| groups(&rows, &some)).collect();
        // Mini-batches are consecutive cells, which must not lie side by side.
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

    /// Number of steps of a pass over them.
    pub fn steps(&self) -> u64 {
        self.rows().div_ceil(STEP) as u64
    }

    /// The weight of a row in its cell.
    fn weight(&self, row: usize) -> f64 {
        self.rows.sigmas.get(row).map_or(1.0, |sigma| (self.cells.sigmas[self.cell_of[row] as usize] / sigma).powi(2))
    }

    /// One sentence on what was done.
    pub fn sentence(&self) -> String {
        let (rows, cells) = (crate::text::whole(self.rows() as u64), crate::text::whole(self.cells.samples() as u64));
        format!("{rows} rows are averaged in {cells} cells, from which the fit learns.")
    }
}

/// Some rows of a table in cells, of which they get their part.
fn groups(rows: &Dataset, some: &[u32]) -> Vec<Vec<u32>> {
    let mut x = Vec::with_capacity(some.len() * rows.inputs());
    for &row in some {
        x.extend(rows.x.row(row as usize));
    }
    // In 64 bits, for in a browser such a product of sizes has no room.
    let count = (MOST_ROWS as u64 * some.len() as u64).div_ceil(rows.samples() as u64) as usize;
    let groups = Cells::groups(&rows.bounds(), &x, None, count);
    groups.into_iter().map(|group| group.into_iter().map(|k| some[k as usize]).collect()).collect()
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

/// A pass over all rows with a fit, in steps.
#[derive(Debug)]
pub struct Pass {
    at: usize,
    evaluator: Evaluator<f32>,
    params: Vec<f32>,
    /// Sums over the rows of a cell of their errors, and of the squares of these, `[cells, components]`.
    sums: Vec<f64>,
    squares: Vec<f64>,
}

/// What a pass has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The targets of the cells, `[cells, components]`.
    pub targets: Vec<f64>,
    /// The mean square of their difference from the targets before: the error that averaging made with those.
    pub moved: f64,
    /// The mean square of the differences of rows from the means of their cells.
    pub within: f64,
}

impl Pass {
    /// A pass with a fit in the units of the network, of this architecture and with these parameters.
    pub fn new(arch: &Architecture, params: &[f64], set: &TrainingSet) -> Self {
        let parts = Outputs { gradient: set.target.slopes(set.inputs) > 0, ..Outputs::default() };
        let evaluator = Evaluator::new(arch, Normalization::identity(set.inputs), parts);
        let [sums, squares] = [(); 2].map(|()| vec![0.0; set.targets.len()]);
        Self { at: 0, evaluator, params: params.iter().map(|&p| p as f32).collect(), sums, squares }
    }

    /// The steps of a pass that are done, and all of them.
    pub fn progress(&self, gathered: &Gathered) -> [u64; 2] {
        [self.at.div_ceil(STEP) as u64, gathered.steps()]
    }

    /// Looks at some more rows; returns whether these were the last ones.
    pub fn step(&mut self, gathered: &Gathered, set: &TrainingSet) -> bool {
        let end = (self.at + STEP).min(gathered.rows());
        let (x, targets) = TrainingSet::of_rows(&gathered.rows, &gathered.scaling, set.target, self.at..end);
        let found = self.found(&x, set);
        let components = set.target.components(set.inputs);
        for (k, (found, target)) in found.iter().zip(&targets).enumerate().filter(|(_, (_, target))| target.is_finite()) {
            let row = self.at + k / components;
            let (to, weight) = (gathered.cell_of[row] as usize * components + k % components, gathered.weight(row));
            let error = target - found;
            self.sums[to] += weight * error;
            self.squares[to] += weight * error * error;
        }
        self.at = end;
        end == gathered.rows()
    }

    /// What the fit gives in place of the targets at some places.
    fn found(&mut self, x: &[f64], set: &TrainingSet) -> Vec<f64> {
        let values = self.evaluator.evaluate(&self.params, x);
        match set.target {
            Target::Gradient => values.gradient,
            Target::Both => {
                let slopes = values.gradient.chunks_exact(set.inputs);
                slopes.zip(&values.psi).flat_map(|(slope, psi)| slope.iter().chain([psi]).copied()).collect()
            }
            _ => values.psi,
        }
    }

    /// What has been found when all rows have been looked at.
    pub fn end(mut self, gathered: &Gathered, set: &TrainingSet) -> Placed {
        let totals = gathered.totals();
        let components = set.target.components(set.inputs);
        let found = self.found(&set.x, set);
        let counts = |k: usize| set.weights.as_ref().map_or(1.0, |weights| weights[k]);
        let mut placed = Placed { targets: set.targets.clone(), moved: 0.0, within: 0.0 };
        let mut all = 0.0;
        for k in (0..found.len()).filter(|&k| counts(k) > 0.0) {
            let total = totals[k / components];
            let mean = self.sums[k] / total;
            placed.targets[k] = found[k] + mean;
            placed.moved += counts(k) * (placed.targets[k] - set.targets[k]).powi(2);
            placed.within += counts(k) * (self.squares[k] / total - mean * mean).max(0.0);
            all += counts(k);
        }
        placed.moved /= all;
        placed.within /= all;
        placed
    }
}

impl Gathered {
    /// The sum of the weights of the rows in each cell.
    fn totals(&self) -> Vec<f64> {
        let mut totals = vec![0.0; self.cells.samples()];
        for (row, &cell) in self.cell_of.iter().enumerate() {
            totals[cell as usize] += self.weight(row);
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Loss, Regression};
    use crate::model::init;
    use crate::model::potential::declared;
    use crate::potentials::random::Kind;
    use crate::potentials::{Observed, RandomLandscape, sampling};

    const ROWS: usize = 30_000;

    /// Values and derivatives of a landscape of two inputs, some of them missing, each row with a standard error.
    fn table() -> Dataset {
        let mut data = sampling::uniform_of(&RandomLandscape::new(Kind::Smooth, 2, 3), Observed::Gradient, ROWS, 0.05, 1);
        let gradient = data.gradient.as_mut().unwrap();
        (0..ROWS).step_by(3).for_each(|row| gradient[[row, row % 2]] = f64::NAN);
        let sigmas: Vec<f64> = (0..ROWS).map(|row| 1.0 + 0.5 * (row as f64).sin()).collect();
        data.with_sigmas(&sigmas).unwrap()
    }

    fn all(rows: &Gathered) -> TrainingSet {
        TrainingSet::new(&rows.rows, &rows.scaling, rows.value_weight)
    }

    fn pass(rows: &Gathered, set: &TrainingSet, arch: &Architecture, params: &[f64]) -> Placed {
        let mut pass = Pass::new(arch, params, set);
        let mut steps = 1;
        while !pass.step(rows, set) {
            steps += 1;
        }
        assert_eq!(steps, rows.steps());
        pass.end(rows, set)
    }

    fn check(data: Dataset, value_weight: f64) {
        let scaling = crate::loss::training_set::standard(&data);
        let rows = Gathered::new(Arc::new(data), &scaling, value_weight);
        assert!((MOST_ROWS / 2..2 * MOST_ROWS).contains(&rows.cells.samples()), "{}", rows.cells.samples());
        let arch = Architecture::new(2, 4, &[6]);
        let params = init::paper(&declared(&arch), 7);
        let mut set = rows.training_set();
        let mse = |set: &TrainingSet, params: &[f64]| Regression::<f64>::new(&arch, set).value(params).data;
        let plain = mse(&set, &params);
        let placed = pass(&rows, &set, &arch, &params);
        set.targets.clone_from(&placed.targets);
        // At the fit of the pass, averages and what is within cells have the error of all rows.
        let [here, there] = [mse(&set, &params) + placed.within, mse(&all(&rows), &params)];
        assert!((here - there).abs() < 2e-3 * there, "{here} {there}");
        // Another pass changes nothing, and the means of the values themselves are off by what was told.
        let again = pass(&rows, &set, &arch, &params);
        assert!(again.moved < 1e-12 && placed.moved > again.moved, "{} {}", placed.moved, again.moved);
        assert!((plain.sqrt() - mse(&set, &params).sqrt()).abs() <= 1.01 * placed.moved.sqrt());
        // Near it, differences of errors are those of all rows.
        let near: Vec<f64> = params.iter().enumerate().map(|(k, p)| p * (1.0 + 0.02 * (k as f64).cos())).collect();
        let [fall, truth] = [&set, &all(&rows)].map(|set| mse(set, &near) - mse(set, &params));
        assert!((fall - truth).abs() < 0.02 * truth.abs(), "{fall} {truth}");
    }

    #[test]
    fn averages_have_the_loss_of_all_rows() {
        check(Dataset { gradient: None, ..table() }, 0.0);
        check(Dataset { gradient: None, sigmas: Vec::new(), ..table() }, 0.0);
        check(table(), 0.0);
        check(table(), 1.0);
    }

    #[test]
    fn cells_count_as_their_rows_do() {
        let data = Dataset { sigmas: Vec::new(), ..table() };
        let scaling = crate::loss::training_set::standard(&data);
        let rows = Gathered::new(Arc::new(data), &scaling, 0.0);
        let weights: f64 = rows.cells.sigmas.iter().map(|sigma| 1.0 / (sigma * sigma)).sum();
        assert!((weights - ROWS as f64).abs() < 1e-6);
        let mean = |data: &Dataset| {
            let weight = |row: usize| data.sigmas.get(row).map_or(1.0, |sigma| 1.0 / (sigma * sigma));
            (0..data.samples()).map(|row| weight(row) * data.y[row]).sum::<f64>() / ROWS as f64
        };
        assert!((mean(&rows.cells) - mean(&rows.rows)).abs() < 1e-9);
        let sentence = rows.sentence();
        assert!(sentence.starts_with("30,000 rows are averaged in "), "{sentence}");
    }
}
