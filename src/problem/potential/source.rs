//! Inputs of a run: data, initial parameters, scaling.

use ndarray::{Array1, Array2, Axis};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::joint;
use super::settings::DRAWN_SAMPLES;
use crate::data::support::Support;
use crate::data::{Dataset, periods};
use crate::loss::training_set;
use crate::model::Potential;
use crate::model::model_file::{ModelFile, Normalization};
use crate::model::potential::Outputs;
use crate::potentials::sampling;
use crate::potentials::sketch::samples;
use crate::potentials::{self, Formula, GeneCircuit, KnownPotential, RandomLandscape, RandomWells, Sketch};
use crate::problem::benchmarks::UnknownBenchmark;
use crate::problem::settings::{InvalidSetting, PotentialSettings, Sampling, SamplingSettings, Settings, Symmetry};
use crate::recipe::DensityPrior;

/// Number of points that represent a model without data.
const MODEL_POINTS: usize = 2000;
/// Name of the data set of these points.
const MODEL_DATA_NAME: &str = "a model file";

/// Source of the data of a run.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum DataSource {
    /// Benchmark named in the settings, sampled by their seed.
    Benchmark,
    /// Data of the user.
    Own(Dataset),
    /// Samples of a density from [`prepared`], with the prior of the fit.
    Prepared(Dataset, DensityPrior),
}

/// Benchmark that the settings name, with the numbers chosen in them; `None` for a user's own data.
pub fn target(settings: &Settings) -> Option<Box<dyn KnownPotential>> {
    checked_target(settings).ok()?
}

/// Like [`target`], with the error.
fn checked_target(settings: &Settings) -> Result<Option<Box<dyn KnownPotential>>, InvalidSetting> {
    let Some(own) = settings.potential() else { return Ok(None) };
    Ok(match settings.benchmark.as_str() {
        RandomWells::ID => Some(Box::new(RandomWells::new(own.target_kind, own.target_seed))),
        RandomLandscape::ID => Some(Box::new(RandomLandscape::new(own.target_kind, own.inputs, own.target_seed))),
        GeneCircuit::ID => Some(Box::new(GeneCircuit { b: own.b })),
        Formula::ID => {
            let formula = Formula::with_periods(&own.formula, &own.set, &own.bounds, &own.periodic);
            Some(Box::new(formula.map_err(|error| InvalidSetting::new(error.field, error.to_string()))?))
        }
        Sketch::ID => {
            let sketch = Sketch::new(&own.drawing, &own.bounds);
            Some(Box::new(sketch.map_err(|error| InvalidSetting::new(error.field, error.to_string()))?))
        }
        id => potentials::find(id),
    })
}

/// Potential, if it is known, and data drawn from it.
type BenchmarkData = (Option<Box<dyn KnownPotential>>, Dataset);

/// Creates the benchmark that the settings name, with data drawn from it: a potential, or samples drawn by a user.
pub(super) fn benchmark_data(settings: &Settings, own: &PotentialSettings) -> Result<BenchmarkData, Vec<InvalidSetting>> {
    if settings.benchmark == DRAWN_SAMPLES.id {
        let data = drawn_samples(own)?;
        return Ok((None, joint::in_blocks(data, 1, &own.unit)?));
    }
    let unknown = || vec![InvalidSetting::new("benchmark", UnknownBenchmark(settings.benchmark.clone()).to_string())];
    let truth = checked_target(settings)?.ok_or_else(unknown)?;
    let (noise, SamplingSettings { samples, seed, .. }) = (own.noise, settings.data);
    let observed = own.learnt(&settings.benchmark);
    let data = match own.sampling {
        Sampling::Uniform => sampling::uniform_of(&*truth, observed, samples, noise, seed),
        Sampling::Grid => sampling::grid_of(&*truth, observed, samples, noise, seed),
    };
    Ok((Some(truth), data))
}

/// Samples that a user has drawn on a line.
fn drawn_samples(own: &PotentialSettings) -> Result<Dataset, InvalidSetting> {
    let (values, line) =
        samples::values(&own.drawing, &own.bounds).map_err(|error| InvalidSetting::new(error.field, error.to_string()))?;
    let x = Array1::from(values).insert_axis(Axis(1));
    let data = Dataset::samples_of_density(x, Vec::new()).map_err(|error| InvalidSetting::new("drawing", error.to_string()))?;
    let names = vec!["x".into(), "Psi".into()];
    Ok(Dataset { name: samples::SAMPLES_ID.into(), names, sampled_domain: vec![line], ..data })
}

/// Sets modes, widths, skip and symmetry to those of a model file, and the periods for a formula.
pub(super) fn apply_shape(settings: &mut Settings, file: &ModelFile) {
    (settings.training.modes, settings.training.hidden) = (file.modes, file.hidden.clone());
    let is_formula = settings.benchmark == Formula::ID;
    if let Some(own) = settings.potential_mut() {
        (own.skip, own.symmetry) = (file.skip, file.symmetry);
        if is_formula {
            own.periodic = periods::written(&file.inputs, &file.periods);
        }
    }
}

/// Data that represent a model without data: values of the model over its domain.
///
/// # Errors
/// If the file does not state the domain of the model, or if its values are not finite.
pub(super) fn model_data(file: &ModelFile) -> Result<Dataset, InvalidSetting> {
    let unusable = |sentence: String| InvalidSetting::new("model", sentence);
    let domain = file.domain.as_ref().ok_or_else(|| {
        unusable("the model file does not contain the domain of its fit: open its data first, and then the file".into())
    })?;
    let potential = Potential::from_file(file).map_err(|error| unusable(error.to_string()))?;
    let inputs = file.inputs.len();
    let mut draw = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut place = |k: usize| {
        let part = if inputs == 1 { k as f64 / (MODEL_POINTS - 1) as f64 } else { draw.random() };
        let [low, high] = domain.bounds[k % inputs];
        low + (high - low) * part
    };
    let x: Vec<f64> = (0..MODEL_POINTS * inputs).map(&mut place).collect();
    let y = potential.values(&x, Outputs::default()).psi;
    let x = Array2::from_shape_vec((MODEL_POINTS, inputs), x).expect("a number for each place");
    let data = Dataset::values(x, Array1::from(y)).map_err(|error| unusable(error.to_string()))?;
    let names = file.inputs.iter().chain([&file.target]).cloned().collect();
    Ok(Dataset { name: MODEL_DATA_NAME.into(), names, periods: file.periods.clone(), is_model: true, ..data })
}

/// Parameters of a model file, if its inputs agree with the data in number and periods.
pub(super) fn start_from(file: &ModelFile, data: &Dataset) -> Result<Vec<f64>, Vec<InvalidSetting>> {
    let (of_file, of_data) = (file.inputs.len(), data.inputs());
    if of_file != of_data {
        let sentence =
            format!("The model's number of inputs is {of_file}, the data's {of_data}: choose data with the model's inputs.");
        return Err(vec![InvalidSetting::new("model", sentence)]);
    }
    if (0..of_data).any(|k| file.periods.get(k).is_some_and(Option::is_some) != data.period(k).is_some()) {
        let sentence = "The model is periodic in other inputs than the data: begin with a model of the same periods.";
        return Err(vec![InvalidSetting::new("model", sentence)]);
    }
    file.flat_params().map_err(|e| vec![InvalidSetting::new("model", e.to_string())])
}

/// Scaling of the recipe `reliable`: inputs from -3 to 3, values to mean zero and a standard deviation of one.
pub(super) fn over_domain(data: &Dataset) -> Normalization {
    let ends = data.bounds();
    let half = |[low, high]: [f64; 2]| if high > low { (high - low) / 6.0 } else { 1.0 };
    Normalization {
        input_shift: ends.iter().map(|[low, high]| 0.5 * (low + high)).collect(),
        input_scale: ends.iter().map(|&ends| half(ends)).collect(),
        ..training_set::standard(data)
    }
}

/// Adds the periodic inputs to a user's rows: those of a model file to start from, or else those that the settings or the table
/// state. Notes describe used and possible periods.
fn with_periods(data: Dataset, settings: &mut Settings, start: Option<&ModelFile>) -> Result<Dataset, InvalidSetting> {
    let Some(own) = settings.potential_mut() else { return Ok(data) };
    let is_silent = own.periodic.trim().is_empty();
    let mut periods = data.stated_periods(&own.periodic).map_err(|sentence| InvalidSetting::new("periodic", sentence))?;
    if let Some(file) = start.filter(|file| file.inputs.len() == data.inputs()) {
        periods.clone_from(&file.periods);
        own.periodic = if periods.is_empty() { "none".into() } else { periods::written(&data.names, &periods) };
    }
    let period = |k: usize| periods.get(k).copied().flatten().map(|[low, high]| high - low);
    let are_alike = |k: usize| match (period(k), period(data.inputs() - 1 - k)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a,
        (a, b) => a.is_none() && b.is_none(),
    };
    if own.symmetry == Symmetry::Exchange && !(0..data.inputs()).all(are_alike) {
        let sentence = "Inputs that are exchanged need equal periods: give both the same one, or choose no symmetry.";
        return Err(InvalidSetting::new("symmetry", sentence));
    }
    let (doubts, outside) = (data.irregularities(&periods), data.samples_outside(&periods));
    let mut data = data.repeating(periods);
    data.doubts.extend(data.unmeasured_inputs(own.value_weight));
    data.doubts.extend(doubts);
    data.notes.extend(outside);
    if is_silent && start.is_none() {
        data.notes.extend(data.remarks_on_periods());
    }
    Ok(data)
}

/// A user's rows with their periods and bounds from the settings; samples of a density also with their dependence.
///
/// # Errors
/// Every setting that does not suit the rows.
pub fn prepared(data: Dataset, settings: &mut Settings, start: Option<&ModelFile>) -> Result<Dataset, Vec<InvalidSetting>> {
    let own = settings.potential().cloned().unwrap_or_default();
    let data = with_support(with_periods(data.without_copies(), settings, start)?, &own)?;
    if data.is_density { joint::in_blocks(data, own.blocks, &own.unit) } else { Ok(data) }
}

/// Adds the bounds of the quantities from the settings to a user's rows. Notes describe possible bounds of samples that seem to
/// be cut off.
fn with_support(data: Dataset, own: &PotentialSettings) -> Result<Dataset, InvalidSetting> {
    if !data.is_density && !data.is_model {
        return Ok(data);
    }
    let unusable = |sentence: String| InvalidSetting::new("support", sentence);
    let support = Support::read(&own.support).map_err(unusable)?;
    let mut data = data.bounded(&support).map_err(unusable)?;
    data.notes.extend(data.remarks_on_support(&support));
    Ok(data)
}
