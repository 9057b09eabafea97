//! Fits of arrays with settings by name, for front ends in other languages. A front end passes both, trains in slices of
//! time, and stores the result as text.

use std::cell::OnceCell;
use std::time::Duration;

use ndarray::{Array1, Array2};
use web_time::Instant;

use super::Error;
use crate::data::Dataset;
use crate::data::trajectories::Trajectories;
use crate::model::model_file::ModelFile;
use crate::problem::density::{DensityRun, SampleSets};
use crate::problem::frame::Scene;
use crate::problem::jobs::{self, check_model};
use crate::problem::material;
use crate::problem::settings::{self, InvalidSetting, Recipe, Scaling, Settings, read_recipe};
use crate::problem::table::UserTable;
use crate::problem::{DataSource, Job, JobFile, PotentialRun, State, benchmarks, job};

/// Settings as pairs of a name and a text, with the names of the command line.
pub type NamedSettings = [(String, String)];

/// Changes the settings that `begin` returns for the requested recipe.
///
/// # Errors
/// All unusable settings.
pub fn settings(given: &NamedSettings, begin: impl FnOnce(Recipe) -> Settings) -> Result<Settings, Vec<InvalidSetting>> {
    let recipe = read_recipe(given.iter().find(|(name, _)| name == "recipe").map(|(_, text)| text.as_str()));
    let mut settings = begin(recipe.as_ref().copied().unwrap_or_default());
    let mut wrong = Vec::from_iter(recipe.err());
    wrong.extend(settings.apply(given.iter().map(|(name, text)| (name.as_str(), text.as_str()))));
    if wrong.is_empty() {
        let idle = |name: &String| Some(format!("{name} has no effect {}; leave it out", settings.idle(name, None)?));
        wrong.extend(given.iter().filter_map(|(name, _)| Some(InvalidSetting::new(name, idle(name)?))));
    }
    wrong.extend(settings.check().err().unwrap_or_default());
    if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
}

/// Observations of a potential at points.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// Points, `[points, inputs]`.
    pub x: Array2<f64>,
    /// Values of the potential, `[points]`.
    pub values: Option<Array1<f64>>,
    /// Derivatives or forces, `[points, inputs]`; NaN where none was measured.
    pub slopes: Option<Array2<f64>>,
    /// True if `slopes` are forces (minus the derivatives).
    pub has_forces: bool,
    /// Standard errors of the points; empty if they are equal.
    pub sigmas: Vec<f64>,
    /// Names of the inputs and of the output.
    pub names: Vec<String>,
}

/// Fit of a potential to values, derivatives or both. If `start` is the text of a model file, training starts from that model.
///
/// # Errors
/// If the data, settings or the model are unusable.
pub fn potential(known: Observations, given: &NamedSettings, start: Option<&str>) -> Result<TimedTraining, Error> {
    let Observations { x, values, slopes, has_forces, sigmas, names } = known;
    let (has_values, has_slopes) = (values.is_some(), slopes.is_some());
    let data = match (values, slopes) {
        (Some(y), None) => Dataset::values(x, y)?,
        (Some(y), Some(slopes)) => {
            let slopes = if has_forces { -slopes } else { slopes };
            // The constant of the values is a fitted parameter, so the values may all be equal.
            Dataset { y, has_forces, ..Dataset::gradients(x, slopes)? }
        }
        (None, Some(slopes)) if has_forces => Dataset::forces(x, slopes)?,
        (None, Some(slopes)) => Dataset::gradients(x, slopes)?,
        (None, None) => {
            return Err(vec![InvalidSetting::new("values", "there is nothing to learn from: give values or derivatives")].into());
        }
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let data = Dataset { sigmas, ..data.named(&names) };
    let settings = settings(given, |recipe| {
        let mut settings =
            if has_slopes { Settings::on_derivatives(recipe, has_values) } else { Settings::on(recipe, Settings::OWN_DATA) };
        // The command line and the page use the same scaling.
        settings.potential_mut().expect("settings of a potential").scaling = Scaling::Standard;
        settings
    })?;
    Ok(TimedTraining::new(Box::new(PotentialRun::new(settings, DataSource::Own(data), read(start)?.as_ref())?)))
}

/// Fit of a density to samples `[samples, quantities]` of one to three quantities of these names. Samples with weights, and
/// samples of several quantities, give a joint density.
///
/// # Errors
/// As [`potential`].
pub fn density(
    x: Array2<f64>,
    weights: Vec<f64>,
    mut names: Vec<String>,
    given: &NamedSettings,
    start: Option<&str>,
) -> Result<TimedTraining, Error> {
    if x.ncols() == 1 && weights.is_empty() {
        let numbers: Vec<f64> = x.iter().copied().collect();
        let mut samples = SampleSets::of_numbers(&numbers)?;
        samples.labels = names;
        let settings = settings(given, |recipe| Settings::on(recipe, Settings::OWN_SAMPLES))?;
        return Ok(TimedTraining::new(Box::new(DensityRun::on(settings, samples, start)?)));
    }
    let data = Dataset::samples_of_density(x, weights)?;
    names.push("Psi".into());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = settings(given, |recipe| Settings::on(recipe, Settings::OWN_JOINT))?;
    Ok(TimedTraining::new(Box::new(PotentialRun::new(settings, DataSource::Own(data.named(&names)), read(start)?.as_ref())?)))
}

fn read(model: Option<&str>) -> Result<Option<ModelFile>, Error> {
    Ok(model.map(ModelFile::read).transpose()?)
}

/// Fit of a material with memory to trajectories. The names of outputs that were not measured are `-`.
///
/// # Errors
/// As [`potential`].
pub fn material(data: Trajectories, given: &NamedSettings) -> Result<TimedTraining, Error> {
    let data = data.with_measured_outputs()?.checked()?;
    let settings = settings(given, |recipe| Settings::on(recipe, Settings::OWN_TRAJECTORIES))?;
    Ok(TimedTraining::new(material::job::open_trajectories(settings, data)?))
}

/// Fit of a benchmark that is included in the program.
///
/// # Errors
/// As [`potential`].
pub fn benchmark(id: &str, given: &NamedSettings, start: Option<&str>) -> Result<TimedTraining, Error> {
    if benchmarks::find(id).is_none() {
        return Err(vec![InvalidSetting::new("benchmark", format!("there is no benchmark called {id}"))].into());
    }
    let settings = settings(given, |recipe| Settings::on(recipe, id))?;
    Ok(TimedTraining::new(jobs::open_with_settings(settings, job::FitInputs { table: None, model: start })?))
}

/// Fit of a table with the roles of its columns.
///
/// # Errors
/// All unusable settings, or the error of the table.
pub fn table(settings: Settings, table: &UserTable) -> Result<TimedTraining, Vec<InvalidSetting>> {
    Ok(TimedTraining::new(jobs::open(settings, job::FitInputs { table: Some(table), model: None })?))
}

/// Fit in progress, trained in slices of time.
pub struct TimedTraining {
    job: Box<dyn Job>,
    notes: Vec<String>,
    epochs: u64,
    scene: OnceCell<(Scene, Vec<f32>)>,
}

/// Result of training.
#[derive(Clone, Debug)]
pub struct TrainingResult {
    /// Text of the model file.
    pub text: String,
    /// Metrics of the fit as JSON.
    pub metrics: String,
    /// Remarks on the data.
    pub notes: Vec<String>,
    /// History of training as CSV.
    pub history: String,
    /// Covariance of the parameters, see [`Job::covariance`].
    pub covariance: Option<Vec<u8>>,
}

impl TimedTraining {
    fn new(job: Box<dyn Job>) -> Self {
        Self { notes: job.remarks(), job, epochs: 1, scene: OnceCell::new() }
    }

    /// Trains for approximately the given time. Returns false once training has ended by itself. The slicing has no effect
    /// on the bits of the result.
    pub fn advance(&mut self, slice: Duration) -> bool {
        if self.job.ended().is_some() {
            return false;
        }
        let start = Instant::now();
        self.job.advance_in_parts(self.epochs);
        self.epochs = job::epochs_of_slice(slice, self.epochs, start.elapsed());
        self.job.ended().is_none()
    }

    /// Approximate number of epochs done, and of all epochs, if known.
    pub fn total_progress(&self) -> [u64; 2] {
        let [done, left] = self.job.work_done_and_left();
        [done, done + left]
    }

    /// Name of the current stage of the recipe; empty if it has none.
    pub fn stage(&self) -> String {
        self.job.stage().map(|stage| stage.name.clone()).unwrap_or_default()
    }

    /// Text of the model file in the current state of the fit.
    pub fn model_text(&self) -> String {
        self.job.file_text(JobFile::Model)
    }

    /// Remarks on the data, in sentences.
    pub fn remarks(&self) -> &[String] {
        &self.notes
    }

    /// Names of the inputs and of the output.
    pub fn names(&self) -> Vec<String> {
        self.scene().0.names.clone()
    }

    /// Settings that have an effect, as pairs of a name and a text.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let own = self.job.settings();
        settings::all().filter(|one| own.applies(one.name)).map(|one| (one.name, one.written(own))).collect()
    }

    pub(super) fn job(&mut self) -> &mut dyn Job {
        &mut *self.job
    }

    /// Constant data of the fit, with its array.
    pub(super) fn scene(&self) -> (&Scene, &[f32]) {
        let (scene, numbers) = self.scene.get_or_init(|| self.job.scene());
        (scene, numbers)
    }

    /// Current fit with its metrics. The search for minima and barriers ends early once `is_stopped` returns true.
    ///
    /// # Errors
    /// [`Error::Diverged`], if training has diverged or there is no fit yet.
    pub fn result(&mut self, is_stopped: &dyn Fn() -> bool) -> Result<TrainingResult, Error> {
        if let Some(State::Diverged { sentence }) = self.job.ended() {
            return Err(Error::Diverged(sentence.clone()));
        }
        let metrics = self.job.full_metrics(is_stopped);
        let metrics = serde_json::to_string(&metrics.json()).map_err(|error| Error::Diverged(error.to_string()))?;
        let text = self.job.file_text(JobFile::Model);
        check_model(&text).map_err(|why| Error::Diverged(format!("There is no fit, because {why}.")))?;
        let (history, covariance) = (self.job.file_text(JobFile::History), self.job.covariance());
        Ok(TrainingResult { text, metrics, notes: self.notes.clone(), history, covariance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::trajectories::Trajectory;

    fn named_settings(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn curve() -> Observations {
        let x = Array1::linspace(-2.0, 2.0, 60);
        let values = Some(x.mapv(|x: f64| (x * x - 1.0).powi(2)));
        Observations {
            x: x.insert_axis(ndarray::Axis(1)),
            values,
            names: vec!["x".into(), "y".into()],
            ..Observations::default()
        }
    }

    #[test]
    fn slices_do_not_change_a_fit() {
        let given = named_settings(&[("modes", "2"), ("epochs", "300"), ("hidden", "4")]);
        let result = |slice| {
            let mut training = potential(curve(), &given, None).unwrap();
            while training.advance(Duration::from_millis(slice)) {}
            assert_eq!(training.total_progress()[0], training.total_progress()[1]);
            training.result(&|| false).unwrap()
        };
        let (short, long) = (result(1), result(1000));
        assert_eq!((short.text, short.history), (long.text, long.history));
    }

    #[test]
    fn unmeasured_outputs_of_material_need_a_name() {
        let run = Trajectory {
            name: "1".into(),
            time: vec![0.0, 1.0, 2.0],
            inputs: vec![0.0, 1.0, 1.0, 3.0, 2.0, 2.0],
            outputs: vec![0.0, 1.0, 2.0],
        };
        let with_outputs = |names: &[&str]| {
            let outputs = names.iter().map(ToString::to_string).collect();
            let data = Trajectories {
                inputs: vec!["E".into(), "T".into()],
                outputs,
                trajectories: vec![run.clone()],
                ..Trajectories::default()
            };
            material(data, &[]).err().map(|error| error.to_string())
        };
        assert_eq!(with_outputs(&["S", "-"]), None);
        assert!(with_outputs(&["S"]).is_some_and(|sentence| sentence.contains("1 outputs for 2 inputs")));
    }

    #[test]
    fn invalid_settings_are_named_in_error() {
        let refused = |pairs: &[(&str, &str)]| {
            potential(curve(), &named_settings(pairs), None).err().map(|error| error.to_string()).unwrap()
        };
        assert!(refused(&[("modes", "none")]).contains("modes"));
        assert!(refused(&[("mode", "3")]).contains("no setting called mode"));
        assert!(refused(&[("kT", "3")]).contains("has no effect"));
        assert!(refused(&[("recipe", "quick"), ("lr", "-1")]).contains("recipe"));
        let nothing = Observations { values: None, ..curve() };
        assert!(potential(nothing, &[], None).is_err_and(|error| error.to_string().contains("nothing to learn from")));
        assert!(benchmark("quadruple-well", &[], None).is_err_and(|error| error.to_string().contains("quadruple-well")));
    }
}
