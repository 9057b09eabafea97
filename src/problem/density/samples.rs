//! Sets of samples, one per time or column, on a line of states `0..=top`.
//!
//! A state is a place on an evenly divided line: a number of molecules for the Schlögl reaction, a nine-hundredth of the line around a
//! user's own numbers. Fits, kernel estimates and distances are all of states; [`SampleSets::value`] returns the value of the quantity at a state. Sets that
//! were drawn at several times are of one quantity and have one line; columns that only have names have a line each, made from that column
//! alone, so that what a column gives does not depend on those beside it.

use ndarray::{Array1, Axis};

use super::choice::FOLD_COUNT;
use crate::data::correlation::{self, RowOrder, RowSeries, check_blocks};
use crate::data::csv::{self, CsvError, Sets};
use crate::data::grid::GroupedValues;
use crate::data::support::{Support, proposal};
use crate::data::{InvalidData, check_samples};
use crate::dynamics::master_equation::Chain;
use crate::dynamics::schlogl::Schlogl;
use crate::dynamics::ssa::Simulation;
use crate::numerics::statistics::order;
use crate::problem::settings::{DensitySettings, InvalidSetting, SamplingSettings, Settings};
use crate::problem::table::UserTable;
use crate::recipe::likelihood::sampling_scheme::judged;
use crate::text::shortened;

/// The largest state for the default rates, above which their stationary distribution has a probability of 2e-17, and for a user's samples.
pub const LARGEST_STATE: usize = 900;
/// The times at which the Schlögl reaction is sampled.
pub const SAMPLE_TIMES: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
/// The most states that other rates may need: beyond, reactions follow one another too fast to be drawn one by one.
const MOST_STATES: usize = 1800;
/// The most trajectories: each takes a third of a millisecond to be drawn.
const MOST_RUNS: usize = 10_000;
/// How far the line of a user's samples goes beyond them on each side, as a part of their range.
const LINE_MARGIN: f64 = 0.25;

/// Sets of samples.
#[derive(Clone, Debug, Default)]
pub struct SampleSets {
    /// `schlogl`, or the name of the file.
    pub name: String,
    /// Name of each set.
    pub labels: Vec<String>,
    /// When each was drawn, rising; empty if the sets have names only. Neighbours in time may lend one another their samples.
    pub times: Vec<f64>,
    /// Numbers `[rows, sets]`, not a number where one is missing. Of sets with times, what stands in a row was drawn together.
    numbers: Vec<f64>,
    /// For each set the number that state 0 stands for, and the distance to that of the next one.
    units: Vec<[f64; 2]>,
    /// The largest state.
    pub top: usize,
    /// Sentences on how the file was read.
    pub notes: Vec<String>,
    /// The first trajectories, closely watched, `[runs][times]`.
    paths: Vec<Vec<f64>>,
    /// For each set of a user what the order of its rows says, and the statistical inefficiency that is learnt with; empty for independent rows.
    orders: Vec<RowOrder>,
    inefficiencies: Vec<f64>,
    /// Rows that are left out together.
    stretches: Vec<usize>,
    /// For each set the bounds of its quantity; empty if none are stated.
    ends: Vec<[Option<f64>; 2]>,
}

/// Number of equal intervals up to the last of [`SAMPLE_TIMES`] at which trajectories are recorded.
const RECORDED_INTERVALS: usize = 200;
/// Number of trajectories that are recorded at all of these times.
const RECORDED_PATHS: usize = 400;

/// The times at which trajectories are watched.
fn watched() -> Vec<f64> {
    (0..=RECORDED_INTERVALS).map(|k| SAMPLE_TIMES[SAMPLE_TIMES.len() - 1] * k as f64 / RECORDED_INTERVALS as f64).collect()
}

/// The reaction that the settings ask for.
pub fn reaction(settings: &Settings) -> Schlogl {
    let DensitySettings { c1, c2, c3, c4, .. } = settings.density().cloned().unwrap_or_default();
    Schlogl { c1, c2, c3, c4, ..Schlogl::default() }
}

/// The chain whose distribution is compared with fits on states up to `top`: a third longer, so that nothing is lost at its end.
pub fn chain(model: &Schlogl, top: usize) -> Chain {
    Chain::new(model, top / 3 * 4)
}

/// The largest state of the samples that the settings ask for.
///
/// # Errors
/// If the rates of a reaction need too many states.
pub fn top_of(settings: &Settings) -> Result<usize, InvalidSetting> {
    if settings.benchmark == Settings::OWN_SAMPLES {
        return Ok(LARGEST_STATE);
    }
    let stationary = Chain::new(&reaction(settings), 2 * MOST_STATES).stationary();
    let mut above = 0.0;
    let last = stationary.iter().rposition(|p| {
        above += p;
        above > 1e-16
    });
    let top = last.unwrap_or_default().max(LARGEST_STATE).next_multiple_of(LARGEST_STATE / 10);
    if top > MOST_STATES {
        let sentence = format!(
            "with these rates X grows beyond {MOST_STATES} molecules, too many to draw one by one: lower c1, or raise c2"
        );
        return Err(InvalidSetting::new("c1", sentence));
    }
    Ok(top)
}

impl SampleSets {
    /// Trajectories of the Schlögl reaction.
    ///
    /// # Errors
    /// If they are too many, or if the rates need too many states.
    pub fn of_reaction(settings: &Settings) -> Result<Self, InvalidSetting> {
        let SamplingSettings { samples, seed: data_seed, .. } = settings.data;
        if samples > MOST_RUNS {
            return Err(InvalidSetting::new("samples", format!("schlogl draws at most {MOST_RUNS} trajectories, not {samples}")));
        }
        let (model, top) = (reaction(settings), top_of(settings)?);
        let (fine, mut simulation) = (watched(), Simulation::new(&model, data_seed));
        let (mut paths, mut numbers) = (Vec::new(), Vec::with_capacity(samples * SAMPLE_TIMES.len()));
        for run in 0..samples {
            let path: Vec<f64> = simulation.trajectory(&fine).into_iter().map(f64::from).collect();
            numbers.extend(
                SAMPLE_TIMES
                    .iter()
                    .map(|time| path[(time / SAMPLE_TIMES[SAMPLE_TIMES.len() - 1] * RECORDED_INTERVALS as f64).round() as usize]),
            );
            if run < RECORDED_PATHS {
                paths.push(path);
            }
        }
        Ok(Self {
            name: settings.benchmark.clone(),
            labels: SAMPLE_TIMES.map(|t| format!("t = {t}")).to_vec(),
            times: SAMPLE_TIMES.to_vec(),
            numbers,
            units: vec![[0.0, 1.0]; SAMPLE_TIMES.len()],
            top,
            paths,
            ..Self::default()
        })
    }

    /// The columns of a user's table that were chosen as samples, or all: each a set, its header a name or a time.
    ///
    /// # Errors
    /// One sentence on what is wrong with it.
    pub fn of_table(table: &UserTable) -> Result<Self, CsvError> {
        let sets = csv::read_samples_text(&table.name, &table.text, &table.columns.inputs)?;
        Ok(Self::on_lines(table.name.clone(), sets))
    }

    /// One set of samples.
    ///
    /// # Errors
    /// If they are fewer than eight, all the same, or not finite.
    pub fn of_numbers(numbers: &[f64]) -> Result<Self, InvalidData> {
        check_samples(numbers, "samples")?;
        let numbers = Array1::from(numbers.to_vec()).insert_axis(Axis(1));
        let sets = Sets { labels: vec!["samples".into()], times: Vec::new(), numbers, clock: Vec::new(), notes: Vec::new() };
        Ok(Self::on_lines("samples".into(), sets))
    }

    /// Sets of samples, each on a line of its own around them; those that have times have one line. Values of a grid are spread over its cells.
    fn on_lines(name: String, sets: Sets) -> Self {
        let Sets { labels, times, numbers, clock, notes } = sets;
        let count = labels.len();
        let units = vec![[0.0, 1.0]; count];
        let numbers = numbers.into_iter().collect();
        let mut samples = Self { name, labels, times, numbers, units, top: LARGEST_STATE, notes, ..Self::default() };
        samples.units = samples.families().into_iter().flat_map(|sets| vec![samples.line_around(&sets); sets.len()]).collect();
        let sequence = if clock.is_empty() { (0..samples.rows()).collect() } else { order(&clock) };
        samples.orders = (0..count).map(|set| samples.order_of(set, &sequence)).collect();
        for set in 0..count {
            let values = GroupedValues::from_column(samples.finite_values(set));
            if values.are_coarse() {
                samples.notes.push(values.sentence(&shortened(&samples.labels[set])));
                values.spread(0, samples.numbers.iter_mut().skip(set).step_by(count).filter(|v| v.is_finite()));
            }
        }
        samples
    }

    /// The dependence of the rows of a set by their order; `sequence` are the rows in the order in which they were drawn.
    fn order_of(&self, set: usize, sequence: &[usize]) -> RowOrder {
        let sets = self.sets();
        let values = sequence.iter().map(|row| self.numbers[row * sets + set]).filter(|v| v.is_finite()).collect();
        correlation::order(&[RowSeries { values, period: None }], None)
    }

    /// With samples whose dependence is stated: a number of independent blocks, one for independent samples, and zero for the dependence by their order.
    ///
    /// # Errors
    /// If blocks of a set would have fewer than two samples.
    pub fn in_blocks(mut self, blocks: usize) -> Result<Self, InvalidSetting> {
        (self.inefficiencies, self.stretches) = (Vec::new(), Vec::new());
        for set in 0..self.sets() {
            let known: Vec<f64> = self.finite_values(set).collect();
            check_blocks(blocks, known.len()).map_err(|sentence| InvalidSetting::new("blocks", sentence))?;
            let order = self.orders.get(set).copied().filter(|_| blocks == 0).unwrap_or_default();
            let of = if self.sets() == 1 { String::new() } else { format!("{}: ", shortened(&self.labels[set])) };
            self.notes.extend(order.sentence(known.len(), &self.labels[set..]).map(|sentence| of + &sentence));
            self.inefficiencies.push(match order {
                RowOrder::Correlated([inefficiency, _]) => inefficiency,
                _ if blocks < 2 => 1.0,
                _ => correlation::of_blocks(&known, &vec![1.0 / known.len() as f64; known.len()], blocks).max(1.0),
            });
            let stretch = self.inefficiency(set) as usize;
            self.stretches.push(stretch.min(known.len() / FOLD_COUNT).max(1));
        }
        Ok(self)
    }

    /// The samples of quantities with these bounds, beyond which the densities are zero. Sets that seem to be cut off where no bounds are stated are noted.
    ///
    /// # Errors
    /// One sentence if a name is none of a set, or if samples lie outside.
    pub fn bounded(mut self, support: &Support) -> Result<Self, String> {
        let sets: Vec<(String, Vec<f64>)> =
            (0..self.sets()).map(|set| (self.labels[set].clone(), self.finite_values(set).collect())).collect();
        let named: Vec<(&str, Vec<f64>)> = sets.iter().map(|(label, known)| (label.as_str(), known.clone())).collect();
        support.check(&named)?;
        self.notes.extend(sets.iter().filter_map(|(label, known)| proposal(label, known, support.bounds(label))));
        if !support.is_empty() {
            self.ends = self.labels.iter().map(|label| support.bounds(label)).collect();
            self.units = self.families().into_iter().flat_map(|sets| vec![self.line_around(&sets); sets.len()]).collect();
        }
        Ok(self)
    }

    /// By how much fewer independent samples the samples of a set count for.
    pub fn inefficiency(&self, set: usize) -> f64 {
        self.inefficiencies.get(set).copied().unwrap_or(1.0)
    }

    /// The effective number of the samples of a set itself.
    pub fn effective(&self, set: usize) -> f64 {
        self.finite_values(set).count() as f64 / self.inefficiency(set)
    }

    /// The number of samples of a set that its fit is smoothed and its modes are judged by.
    pub fn judged(&self, set: usize) -> f64 {
        judged(self.effective(set), self.finite_values(set).count() as f64)
    }

    /// The part of the samples of a set that [`Self::judged`] is.
    pub fn judged_part(&self, set: usize) -> f64 {
        self.judged(set) / self.finite_values(set).count() as f64
    }

    /// The fold in which a row of a set is left out: correlated rows are dealt in stretches that count once.
    pub fn fold(&self, set: usize, row: usize) -> usize {
        row / self.stretches.get(set).copied().unwrap_or(1) % FOLD_COUNT
    }

    /// True if the line of a set ends at a bound of its quantity below and above.
    pub fn walls(&self, set: usize) -> [bool; 2] {
        self.ends.get(set).map_or([false; 2], |ends| ends.map(|end| end.is_some()))
    }

    /// Sets that are of one quantity, by their numbers: those drawn at several times, and any other alone.
    pub fn families(&self) -> Vec<Vec<usize>> {
        let sets = 0..self.sets();
        if self.times.is_empty() { sets.map(|set| vec![set]).collect() } else { vec![sets.collect()] }
    }

    /// The unit of a line around the numbers of some sets.
    fn line_around(&self, sets: &[usize]) -> [f64; 2] {
        let known = sets.iter().flat_map(|&set| self.finite_values(set));
        let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let range = high - low;
        let Some(&[below, above]) = sets.first().and_then(|&set| self.ends.get(set)).filter(|ends| **ends != [None; 2]) else {
            return [low - LINE_MARGIN * range, (1.0 + 2.0 * LINE_MARGIN) * range / LARGEST_STATE as f64];
        };
        // States are the middles of parts of the line, which fill it up to its bounds.
        let [low, high] = [below.unwrap_or(low - LINE_MARGIN * range), above.unwrap_or(high + LINE_MARGIN * range)];
        let step = (high - low) / (LARGEST_STATE + 1) as f64;
        [low + 0.5 * step, step]
    }

    /// The unit of a single line around all sets, as model files of version 1 have it.
    pub fn common_unit(&self) -> [f64; 2] {
        if self.times.is_empty() { self.line_around(&(0..self.sets()).collect::<Vec<_>>()) } else { self.units[0] }
    }

    /// Puts all sets on a line of this unit.
    pub fn put_on(&mut self, unit: [f64; 2]) {
        self.units.fill(unit);
    }

    /// When trajectories were watched closely, and the first of them; nothing for a user's samples.
    pub fn paths(&self) -> Option<(Vec<f64>, &[Vec<f64>])> {
        (!self.paths.is_empty()).then(|| (watched(), self.paths.as_slice()))
    }

    /// Number of sets.
    pub fn sets(&self) -> usize {
        self.labels.len()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.numbers.len() / self.sets().max(1)
    }

    /// How many rows the samples of a set may have been drawn in, see [`Self::rows_of`].
    pub fn rows_used(&self, set: usize) -> usize {
        if self.times.is_empty() { self.finite_values(set).count() } else { self.rows() }
    }

    /// The numbers of a set that are not missing.
    fn finite_values(&self, set: usize) -> impl Iterator<Item = f64> + '_ {
        self.numbers.iter().copied().skip(set).step_by(self.sets()).filter(|v| v.is_finite())
    }

    /// The samples of a set, each with the row in which it was drawn. Where the rows mean nothing, as the sets only have names, they are counted
    /// without gaps, so that those of other columns change nothing.
    pub fn rows_of(&self, set: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let [origin, step] = self.units[set];
        let has_times = !self.times.is_empty();
        let present = self.numbers.iter().skip(set).step_by(self.sets()).enumerate().filter(|(_, v)| v.is_finite());
        present.enumerate().map(move |(count, (row, v))| (if has_times { row } else { count }, (v - origin) / step))
    }

    /// The samples of a set.
    pub fn samples_of(&self, set: usize) -> Vec<f64> {
        self.rows_of(set).map(|(_, n)| n).collect()
    }

    /// The number that state 0 of a set stands for, and the distance to that of the next one.
    pub fn unit(&self, set: usize) -> [f64; 2] {
        self.units[set]
    }

    /// Value of the quantity of a set at a state.
    pub fn value(&self, set: usize, state: f64) -> f64 {
        self.units[set][0] + self.units[set][1] * state
    }
}
