//! Sets of samples, one per time or column, each on a line of states `0..=top`.
//!
//! A set is fitted as a joint density of one input ([`SampleSets::fit_data`]). Fit, kernel estimates and exact
//! distributions are compared and plotted at the states. A state is a number of molecules for the Schlögl reaction, and
//! 1/900 of the line around a user's own samples. Sets at several times are of one quantity and share a line. Columns with
//! names only have a line each, so that the result of a column does not depend on other columns.

use ndarray::{Array1, Axis};

use super::choice::NEIGHBOUR_WEIGHT;
use crate::data::correlation::RowOrder;
use crate::data::csv::{self, CsvError, Sets};
use crate::data::support::Support;
use crate::data::{Dataset, InvalidData, check_samples};
use crate::dynamics::master_equation::Chain;
use crate::dynamics::schlogl::Schlogl;
use crate::dynamics::ssa::Simulation;
use crate::numerics::statistics::extent;
use crate::problem::potential::prepared;
use crate::problem::settings::{DensitySettings, InvalidSetting, Pooling, SamplingSettings, Settings};
use crate::problem::table::UserTable;
use crate::text::shortened;

/// Largest state for a user's samples and for the default rates, whose stationary distribution has a probability of 2e-17 above it.
pub const LARGEST_STATE: usize = 900;
/// Times at which the Schlögl reaction is sampled.
pub const SAMPLE_TIMES: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
/// Maximum number of states. With more states, reactions are too frequent for an exact simulation.
const MAX_STATES: usize = 1800;
/// Maximum number of trajectories. The simulation of each takes about 0.3 ms.
const MAX_TRAJECTORIES: usize = 10_000;

/// Margin of a line beyond its samples on each side, as a fraction of their range.
const LINE_MARGIN: f64 = 0.25;

#[derive(Clone, Debug, Default)]
pub(super) struct SampleSet {
    /// Samples as data of a density of one input.
    data: Dataset,
    /// Row of the table in which each sample was drawn.
    pub(super) rows: Vec<usize>,
    /// Value of state 0, and the distance between states.
    unit: [f64; 2],
}

/// Sets of samples.
#[derive(Clone, Debug, Default)]
pub struct SampleSets {
    /// `schlogl`, or the name of the file.
    pub name: String,
    /// Name of each set.
    pub labels: Vec<String>,
    /// Time of each set, increasing; empty if the sets have names only. Fits may pool the samples of neighbouring times.
    pub times: Vec<f64>,
    pub(super) sets: Vec<SampleSet>,
    /// Number of rows of the table.
    pub rows: usize,
    /// Largest state.
    pub top: usize,
    /// Notes on the reading of the file, in sentences.
    pub notes: Vec<String>,
    /// First trajectories at the recorded times, `[runs][times]`.
    paths: Vec<Vec<f64>>,
}

/// Number of equal intervals up to the last of [`SAMPLE_TIMES`] at which trajectories are recorded.
const RECORDED_INTERVALS: usize = 200;
/// Number of trajectories recorded at all of these times.
const RECORDED_PATHS: usize = 400;

/// Times at which trajectories are recorded.
fn watched() -> Vec<f64> {
    (0..=RECORDED_INTERVALS).map(|k| SAMPLE_TIMES[SAMPLE_TIMES.len() - 1] * k as f64 / RECORDED_INTERVALS as f64).collect()
}

/// Reaction with the rates of the settings.
pub fn reaction(settings: &Settings) -> Schlogl {
    let DensitySettings { c1, c2, c3, c4, .. } = settings.density().cloned().unwrap_or_default();
    Schlogl { c1, c2, c3, c4, ..Schlogl::default() }
}

/// Chain of the exact distribution for states up to `top`. It is a third longer, so that no probability is lost at its end.
pub fn chain(model: &Schlogl, top: usize) -> Chain {
    Chain::new(model, top / 3 * 4)
}

/// Largest state of the samples of these settings.
pub(crate) fn top_of(settings: &Settings) -> Result<usize, InvalidSetting> {
    if settings.benchmark == Settings::OWN_SAMPLES {
        return Ok(LARGEST_STATE);
    }
    let stationary = Chain::new(&reaction(settings), 2 * MAX_STATES).stationary();
    let mut above = 0.0;
    let last = stationary.iter().rposition(|p| {
        above += p;
        above > 1e-16
    });
    let top = last.unwrap_or_default().max(LARGEST_STATE).next_multiple_of(LARGEST_STATE / 10);
    if top > MAX_STATES {
        let sentence =
            format!("with these rates X grows beyond {MAX_STATES} molecules, too many to draw one by one: lower c1, or raise c2");
        return Err(InvalidSetting::new("c1", sentence));
    }
    Ok(top)
}

impl SampleSets {
    /// Trajectories of the Schlögl reaction.
    ///
    /// # Errors
    /// If they are too many, or if the rates need too many states.
    pub(crate) fn of_reaction(settings: &Settings) -> Result<Self, InvalidSetting> {
        let SamplingSettings { samples, seed: data_seed, .. } = settings.data;
        if samples > MAX_TRAJECTORIES {
            return Err(InvalidSetting::new(
                "samples",
                format!("schlogl draws at most {MAX_TRAJECTORIES} trajectories, not {samples}"),
            ));
        }
        let (model, top) = (reaction(settings), top_of(settings)?);
        let (fine, mut simulation) = (watched(), Simulation::new(&model, data_seed));
        let (mut paths, mut states) = (Vec::new(), vec![Vec::with_capacity(samples); SAMPLE_TIMES.len()]);
        for run in 0..samples {
            let path: Vec<f64> = simulation.trajectory(&fine).into_iter().map(f64::from).collect();
            for (time, states) in SAMPLE_TIMES.iter().zip(&mut states) {
                states.push(path[(time / SAMPLE_TIMES[SAMPLE_TIMES.len() - 1] * RECORDED_INTERVALS as f64).round() as usize]);
            }
            if run < RECORDED_PATHS {
                paths.push(path);
            }
        }
        let labels = SAMPLE_TIMES.map(|t| format!("t = {t}")).to_vec();
        let set = |(states, label): (Vec<f64>, &String)| {
            let data = column(&settings.benchmark, label, states);
            // Trajectories are independent.
            let data = Dataset { blocks: 1, sampled_domain: vec![[0.0, top as f64]], ..data };
            SampleSet { rows: (0..samples).collect(), data, unit: [0.0, 1.0] }
        };
        let sets = states.into_iter().zip(&labels).map(set).collect();
        let (name, times) = (settings.benchmark.clone(), SAMPLE_TIMES.to_vec());
        Ok(Self { name, labels, times, sets, rows: samples, top, paths, ..Self::default() })
    }

    /// Columns of a user's table that were chosen as samples, or all. Each column is a set, and its header is a name or a time.
    pub(crate) fn of_table(table: &UserTable) -> Result<Self, CsvError> {
        let sets = csv::read_samples_text(&table.name, &table.text, &table.columns.inputs)?;
        Ok(Self::from_sets(table.name.clone(), sets))
    }

    /// One set of samples.
    ///
    /// # Errors
    /// If they are fewer than eight, all the same, or not finite.
    pub(crate) fn of_numbers(numbers: &[f64]) -> Result<Self, InvalidData> {
        check_samples(numbers, "samples")?;
        let numbers = Array1::from(numbers.to_vec()).insert_axis(Axis(1));
        let labels = vec!["samples".into()];
        Ok(Self::from_sets("samples".into(), Sets { labels, numbers, ..Sets::default() }))
    }

    fn from_sets(name: String, Sets { labels, times, numbers, clock, periods, notes }: Sets) -> Self {
        let set = |(k, label): (usize, &String)| {
            let values = numbers.column(k);
            let rows: Vec<usize> = (0..values.len()).filter(|&row| values[row].is_finite()).collect();
            let data = Dataset {
                clock: rows.iter().filter_map(|&row| clock.get(row).copied()).collect(),
                periods: periods.get(k).copied().flatten().map(|range| vec![Some(range)]).unwrap_or_default(),
                ..column(&name, label, rows.iter().map(|&row| values[row]).collect())
            };
            SampleSet { data, rows, ..SampleSet::default() }
        };
        let sets = labels.iter().enumerate().map(set).collect();
        Self { name, sets, labels, times, rows: numbers.nrows(), top: LARGEST_STATE, notes, ..Self::default() }
    }

    /// Samples prepared as for joint densities: with their dependence, their bounds, and values of a grid spread over its cells.
    ///
    /// # Errors
    /// Every unusable setting.
    pub fn prepared(mut self, settings: &Settings) -> Result<Self, Vec<InvalidSetting>> {
        let own = settings.density().cloned().unwrap_or_default();
        let unusable = |sentence: String| vec![InvalidSetting::new("support", sentence)];
        let support = Support::read(&own.support).map_err(unusable)?;
        let named: Vec<(&str, Vec<f64>)> = self
            .labels
            .iter()
            .zip(&self.sets)
            .map(|(label, set)| (label.as_str(), set.data.x.iter().copied().collect()))
            .collect();
        support.check(&named).map_err(unusable)?;
        self.share_line();
        let is_several = self.sets.len() > 1;
        for (set, label) in self.sets.iter_mut().zip(&self.labels) {
            let mut of_set = Settings::on(settings.training.recipe, Settings::OWN_JOINT);
            if let Some(joint) = of_set.potential_mut() {
                joint.blocks = own.blocks;
                joint.support = support.written_for(label);
            }
            let data = std::mem::take(&mut set.data);
            set.data = prepared(Dataset { names: vec![label.clone(), "Psi".into()], ..data }, &mut of_set, None)?;
            let named = |note: &String| if is_several { format!("{}: {note}", shortened(label)) } else { note.clone() };
            self.notes.extend(set.data.notes.iter().map(named));
        }
        self.set_units();
        Ok(self)
    }

    /// Sets one common line for sets at several times.
    fn share_line(&mut self) {
        if self.times.is_empty() || self.sets.iter().any(|set| !set.data.periods.is_empty()) {
            return;
        }
        let whole = extent(self.sets.iter().flat_map(|set| set.data.domain()[0]));
        self.sets.iter_mut().for_each(|set| set.data.sampled_domain = vec![whole]);
    }

    /// Divides the line of each set into states. Between bounds, states are the midpoints of equal cells.
    fn set_units(&mut self) {
        for set in &mut self.sets {
            let [low, high] = set.data.domain()[0];
            set.unit = if set.data.walls.as_flattened().contains(&true) {
                let step = (high - low) / (self.top + 1) as f64;
                [low + 0.5 * step, step]
            } else {
                [low, (high - low) / self.top as f64]
            };
        }
    }

    /// Training samples of a set: its own ones, followed by those of neighbours with a smaller weight.
    pub fn fit_data(&self, set: usize, pooling: Pooling) -> Dataset {
        let own = &self.sets[set].data;
        let beside: Vec<&Dataset> = neighbours(pooling, set, self.sets()).map(|other| &self.sets[other].data).collect();
        if beside.is_empty() {
            return own.clone();
        }
        let all: Vec<&Dataset> = [own].into_iter().chain(beside).collect();
        let x: Array1<f64> = all.iter().flat_map(|data| data.x.iter().copied()).collect();
        let mut weights = vec![1.0; own.samples()];
        weights.resize(x.len(), NEIGHBOUR_WEIGHT);
        let order = RowOrder::of_series(&all.iter().map(|data| (data.samples(), data.order)).collect::<Vec<_>>());
        let y = Array1::from_elem(x.len(), f64::NAN);
        Dataset { x: x.insert_axis(Axis(1)), y, weights, order, clock: Vec::new(), ..own.clone() }
    }

    /// Effective number of the samples of a set itself.
    pub fn effective(&self, set: usize) -> f64 {
        self.sets[set].data.effective_numbers()[0]
    }

    /// Returns true if the line of a set ends at a bound of its quantity below and above.
    pub fn walls(&self, set: usize) -> [bool; 2] {
        self.sets[set].data.walls.first().copied().unwrap_or_default()
    }

    /// Unit of a single line around all sets, as in model files of version 1.
    pub fn common_unit(&self) -> [f64; 2] {
        let [low, high] = extent(self.sets.iter().flat_map(|set| set.data.x.iter().copied()));
        let margin = LINE_MARGIN * (high - low);
        [low - margin, (high - low + 2.0 * margin) / self.top as f64]
    }

    /// Moves a set to the line of this unit.
    pub fn set_unit(&mut self, set: usize, unit: [f64; 2]) {
        let [first, step] = unit;
        self.sets[set].unit = unit;
        self.sets[set].data.sampled_domain = vec![[first, first + step * self.top as f64]];
    }

    /// Recorded times and first trajectories; `None` for a user's samples.
    pub fn paths(&self) -> Option<(Vec<f64>, &[Vec<f64>])> {
        (!self.paths.is_empty()).then(|| (watched(), self.paths.as_slice()))
    }

    /// Number of sets.
    pub fn sets(&self) -> usize {
        self.sets.len()
    }

    /// Values of the samples of a set.
    pub fn values(&self, set: usize) -> Vec<f64> {
        self.sets[set].data.x.iter().copied().collect()
    }

    /// Samples of a set, in states.
    pub fn samples_of(&self, set: usize) -> Vec<f64> {
        let [origin, step] = self.unit(set);
        self.sets[set].data.x.iter().map(|x| (x - origin) / step).collect()
    }

    /// Value of state 0 of a set, and the distance between states.
    pub fn unit(&self, set: usize) -> [f64; 2] {
        self.sets[set].unit
    }

    /// Value of the quantity of a set at a state.
    pub fn value(&self, set: usize, state: f64) -> f64 {
        let [origin, step] = self.unit(set);
        origin + step * state
    }
}

/// Samples of one quantity.
fn column(name: &str, label: &str, values: Vec<f64>) -> Dataset {
    let y = Array1::from_elem(values.len(), f64::NAN);
    let names = vec![label.into(), "Psi".into()];
    Dataset { name: name.into(), names, x: Array1::from(values).insert_axis(Axis(1)), y, is_density: true, ..Dataset::default() }
}

/// Sets whose samples the fit of a set pools besides its own.
pub fn neighbours(pooling: Pooling, set: usize, sets: usize) -> impl Iterator<Item = usize> {
    let [earlier, later] = match pooling {
        Pooling::Both => [true, true],
        Pooling::Later => [false, true],
        Pooling::Alone | Pooling::Auto => [false; 2],
    };
    let before = set.checked_sub(1).filter(|_| earlier);
    before.into_iter().chain(Some(set + 1).filter(|&next| later && next < sets))
}
