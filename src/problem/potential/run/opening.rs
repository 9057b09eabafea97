//! Opening of a run: data, model and initial parameters from settings.

use std::cell::OnceCell;
use std::sync::Arc;

use super::{NO_DATA_MESSAGE, PotentialRun};
use crate::data::{Dataset, InvalidData};
use crate::loss::training_set::{self, TrainingSet};
use crate::model::Architecture;
use crate::model::model_file::{ModelFile, Normalization};
use crate::potentials::sampling;
use crate::problem::frame::Status as State;
use crate::problem::potential::evaluation::PotentialEvaluation;
use crate::problem::potential::held_out::{self, HeldOutRows};
use crate::problem::potential::joint::JointDensity;
use crate::problem::potential::large::LargeTable;
use crate::problem::potential::run_data::RunData;
use crate::problem::potential::size;
use crate::problem::potential::source::{DataSource, apply_shape, benchmark_data, over_domain, prepared, start_from};
use crate::problem::potential::training::TrainingState;
use crate::problem::settings::{InvalidSetting, Recipe, SamplingSettings, Scaling, Settings, Symmetry};
use crate::recipe::likelihood::PRIOR;
use crate::recipe::{self, FitDomain};

/// Number of additional samples that measure the errors of a fit to the derivatives of a benchmark.
const HELD_OUT_SAMPLES: usize = 200;
/// Status sentence of a completed fit from a model file.
const COMPLETED_FIT_MESSAGE: &str = "The fit is complete in its model file.";

impl PotentialRun {
    /// Checks the settings, and draws the data and the initial parameters. The shape and scaling of a model file replace those of
    /// the settings.
    ///
    /// # Errors
    /// Every unusable setting, each with a sentence.
    pub fn new(mut settings: Settings, source: DataSource, start: Option<&ModelFile>) -> Result<Self, Vec<InvalidSetting>> {
        if let Some(file) = start {
            apply_shape(&mut settings, file);
        }
        settings.check()?;
        let own = settings.potential().cloned().unwrap_or_default();
        let unusable = |error: InvalidData| vec![InvalidSetting::new("hold-out", error.to_string())];
        // Weights of prepared data belong to samples pooled from neighbouring sets.
        let (prior, has_own_weights) = if let DataSource::Prepared(_, prior) = source { (prior, false) } else { (PRIOR, true) };
        let (truth, (data, held_out)) = match source {
            DataSource::Own(data) => {
                let data = prepared(data, &mut settings, start)?;
                if data.is_density {
                    (None, (data, None))
                } else {
                    (None, held_out::split_rows(data, &settings).map_err(unusable)?)
                }
            }
            DataSource::Prepared(data, _) => (None, (data, None)),
            DataSource::Benchmark => {
                let (truth, data) = benchmark_data(&settings, &own)?;
                (truth, (data, None))
            }
        };
        let arch = Architecture::new(data.inputs(), settings.training.modes, &settings.training.hidden)
            .with(own.skip, own.symmetry)
            .with_periodic(data.periodic());
        size::check_data(&arch, &data)?;
        let joint = data.is_density.then(|| JointDensity::new(&data, own.kt.unwrap_or(1.0)));
        let doubts = joint.as_ref().filter(|_| has_own_weights).map(|joint| joint.weight_warnings(&data)).unwrap_or_default();
        let data = Dataset { doubts: [data.doubts, doubts].concat(), ..data };
        let scaling = match (start, &joint, settings.training.recipe) {
            (Some(file), ..) => file.scaling.clone(),
            (None, Some(joint), _) => joint.scaling(&data),
            (None, None, Recipe::Reliable) if data.gradient.is_none() => over_domain(&data),
            (None, None, Recipe::Paper) if own.scaling == Scaling::Raw => Normalization::identity(data.inputs()),
            (None, None, _) => training_set::standard(&data),
        };
        let scaling = if start.is_none() { scaling.with_turns(&data.periods) } else { scaling };
        let scaling = match own.symmetry {
            Symmetry::Exchange => training_set::exchangeable(&scaling),
            Symmetry::None => scaling,
        };
        let fit = start.map(|file| start_from(file, &data)).transpose()?;
        let data = Arc::new(data);
        let large = LargeTable::for_data(&data, &scaling, &settings);
        let subset = large.as_ref().map_or(&*data, |large| &large.subset);
        let evaluation = PotentialEvaluation::new(&arch, &scaling, &data, subset, truth.as_deref());
        let mut evaluation = evaluation.with_model_file(start.filter(|_| data.is_model));
        if let Some(joint) = joint {
            evaluation = evaluation.with_density(joint, &data);
        } else if let (Some(truth), Some(_)) = (&truth, &data.gradient) {
            let SamplingSettings { samples, seed, .. } = settings.data;
            evaluation.test.rows = sampling::held_out(&**truth, samples, HELD_OUT_SAMPLES, seed);
        }
        let gathered = large.as_ref().and_then(|large| large.gathered.clone());
        let set = match &gathered {
            Some(gathered) => gathered.training_set(),
            None => TrainingSet::new(&data, &scaling, own.value_weight),
        };
        // The noise of averages is smaller than that of the rows, on a subset of which it is estimated.
        let noise_sigma = || {
            let (sigma, [samples, rows]) = (subset.fine_sigma(), [set.samples(), data.samples()]);
            if samples < rows { sigma * (samples as f64 / rows as f64).sqrt() } else { sigma }
        };
        let place = |(k, ends): (usize, &[f64; 2])| ends.map(|x| (x - scaling.input_shift[k]) / scaling.input_scale[k]);
        let domain = FitDomain {
            bounds: evaluation.domain.bounds.iter().enumerate().map(place).collect(),
            walls: data.walls.clone(),
            sigma: if data.is_density { 0.0 } else { noise_sigma() / scaling.output_scale },
            threshold: evaluation.threshold / scaling.output_scale,
            samples: data.effective_numbers(),
            prior,
            unit: scaling.output_scale,
            rows: gathered,
        };
        let fitting = recipe::start_fitting(&arch, set, &domain, &settings.training, fit);
        let ended = data.is_model.then(|| State::Finished { sentence: NO_DATA_MESSAGE.into() });
        let held_out = held_out.map(|rows| HeldOutRows::new(subset, rows));
        let (search, caches) = Default::default();
        Ok(Self {
            data: RunData { rows: data, truth, large, held_out, outliers: OnceCell::new() },
            arch,
            scaling,
            training: TrainingState::new(fitting, ended, start.map_or(0, |file| file.epochs)),
            evaluation,
            search,
            shown_state: None,
            caches,
            views: OnceCell::new(),
            settings,
        })
    }

    /// Run of a completed fit from its model file.
    pub(crate) fn completed(settings: Settings, source: DataSource, file: &ModelFile) -> Result<Self, Vec<InvalidSetting>> {
        let mut run = Self::new(settings, source, Some(file))?;
        run.training.ended = Some(State::Finished { sentence: COMPLETED_FIT_MESSAGE.into() });
        Ok(run)
    }
}
