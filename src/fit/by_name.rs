//! Fits of arrays with settings by their names, for front ends in other languages: they hand over both, train in slices, and keep the result as text.

use std::cell::OnceCell;
use std::time::Duration;

use ndarray::{Array1, Array2};
use web_time::Instant;

use super::Error;
use crate::data::Dataset;
use crate::data::trajectories::Trajectories;
use crate::model::model_file::ModelFile;
use crate::problem::density::{self, Samples};
use crate::problem::frame::Scene;
use crate::problem::jobs::{self, check_model};
use crate::problem::material;
use crate::problem::settings::{self, Choice, InvalidSetting, Recipe, Scaling, Settings};
use crate::problem::{Job, Run, Source, State, benchmarks, job};

/// Settings by their names, as texts: those of the command line.
pub type Given = [(String, String)];

/// Changes the settings that `begin` gives for the recipe asked for. The leading settings decide the defaults of others, so they are set first.
///
/// # Errors
/// Every setting that cannot be used.
pub fn settings(given: &Given, begin: impl FnOnce(Recipe) -> Settings) -> Result<Settings, Vec<InvalidSetting>> {
    let mut wrong = Vec::new();
    let recipe = match given.iter().find(|(name, _)| name == "recipe") {
        Some((_, text)) => Recipe::named(text.trim()).unwrap_or_else(|| {
            wrong.extend(settings::find("recipe").and_then(|setting| setting.read(text).err()));
            Recipe::default()
        }),
        None => Recipe::default(),
    };
    let mut settings = begin(recipe);
    let (first, rest): (Vec<_>, Vec<_>) =
        given.iter().partition(|(name, _)| settings::find(name).is_some_and(|setting| setting.leads));
    for (name, text) in first.into_iter().chain(rest) {
        match settings::find(name) {
            Some(_) if name == "recipe" => {}
            Some(setting) => wrong.extend(setting.parse(&mut settings, text).err()),
            None => wrong.push(InvalidSetting::new(name, format!("there is no setting called {name}"))),
        }
    }
    if wrong.is_empty() {
        let idle = |name: &String| Some(format!("{name} has no effect {}; leave it out", settings.idle(name, None)?));
        wrong.extend(given.iter().filter_map(|(name, _)| Some(InvalidSetting::new(name, idle(name)?))));
    }
    wrong.extend(settings.check().err().unwrap_or_default());
    if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
}

/// What is known of a potential at some points.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// The points, `[points, inputs]`.
    pub x: Array2<f64>,
    /// Values of the potential, `[points]`.
    pub values: Option<Array1<f64>>,
    /// Its derivatives, or forces, `[points, inputs]`, NaN where one was not measured.
    pub slopes: Option<Array2<f64>>,
    /// Whether `slopes` are forces, minus the derivatives.
    pub has_forces: bool,
    /// Standard errors of the points; empty if they are equal.
    pub sigmas: Vec<f64>,
    /// Names of the inputs and of the output.
    pub names: Vec<String>,
}

/// A fit of a potential to values, derivatives or both, which begins with the model in the text of a model file if one is given.
///
/// # Errors
/// If the data cannot be learnt from, or if settings or the model cannot be used.
pub fn potential(known: Observations, given: &Given, start: Option<&str>) -> Result<Training, Error> {
    let Observations { x, values, slopes, has_forces, sigmas, names } = known;
    let (has_values, has_slopes) = (values.is_some(), slopes.is_some());
    let data = match (values, slopes) {
        (Some(y), None) => Dataset::values(x, y)?,
        (Some(y), Some(slopes)) => {
            let slopes = if has_forces { -slopes } else { slopes };
            // The constant of the values is learnt, so they may be all the same.
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
        // As on the command line and on the page.
        settings.potential_mut().expect("settings of a potential").scaling = Scaling::Standard;
        settings
    })?;
    Ok(Training::new(Box::new(Run::new(settings, Source::Own(data), read(start)?.as_ref())?)))
}

/// A fit of a density to samples `[samples, quantities]` of one to three quantities of these names. Samples with weights, and those of several quantities,
/// have a joint density.
///
/// # Errors
/// As [`potential`].
pub fn density(
    x: Array2<f64>,
    weights: Vec<f64>,
    mut names: Vec<String>,
    given: &Given,
    start: Option<&str>,
) -> Result<Training, Error> {
    if x.ncols() == 1 && weights.is_empty() {
        let numbers: Vec<f64> = x.iter().copied().collect();
        let mut samples = Samples::of_numbers(&numbers)?;
        samples.labels = names;
        let settings = settings(given, |recipe| Settings::on(recipe, Settings::OWN_SAMPLES))?;
        return Ok(Training::new(density::job::open_samples(settings, samples, start)?));
    }
    let data = Dataset::samples_of_density(x, weights)?;
    names.push("Psi".into());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = settings(given, |recipe| Settings::on(recipe, Settings::OWN_JOINT))?;
    Ok(Training::new(Box::new(Run::new(settings, Source::Own(data.named(&names)), read(start)?.as_ref())?)))
}

fn read(model: Option<&str>) -> Result<Option<ModelFile>, Error> {
    Ok(model.map(ModelFile::read).transpose()?)
}

/// A fit of a material with memory to trajectories.
///
/// # Errors
/// As [`potential`].
pub fn material(data: Trajectories, given: &Given) -> Result<Training, Error> {
    let data = data.checked()?;
    let settings = settings(given, |recipe| Settings::on(recipe, Settings::OWN_TRAJECTORIES))?;
    Ok(Training::new(material::job::open_trajectories(settings, data)?))
}

/// A fit of a benchmark that comes with the program.
///
/// # Errors
/// As [`potential`].
pub fn benchmark(id: &str, given: &Given, start: Option<&str>) -> Result<Training, Error> {
    if benchmarks::find(id).is_none() {
        return Err(vec![InvalidSetting::new("benchmark", format!("there is no benchmark called {id}"))].into());
    }
    let settings = settings(given, |recipe| Settings::on(recipe, id))?;
    Ok(Training::new(jobs::begin(settings, job::Given { table: None, model: start })?))
}

/// A fit in progress, trained in slices of time.
pub struct Training {
    job: Box<dyn Job>,
    notes: Vec<String>,
    epochs: u64,
    scene: OnceCell<(Scene, Vec<f32>)>,
}

/// The result of training.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The text of the model file.
    pub text: String,
    /// The numbers of the fit as JSON.
    pub metrics: String,
    /// Remarks on the data.
    pub notes: Vec<String>,
    /// The history of training as CSV.
    pub history: String,
}

impl Training {
    fn new(job: Box<dyn Job>) -> Self {
        Self { notes: job.remarks(), job, epochs: 1, scene: OnceCell::new() }
    }

    /// Trains for about this long; false once training has ended by itself. How training is cut into slices does not change a single bit.
    pub fn advance(&mut self, slice: Duration) -> bool {
        if self.job.ended().is_some() {
            return false;
        }
        let start = Instant::now();
        self.job.advance_in_parts(self.epochs);
        // The number of epochs that should take one slice, judged by the last ones.
        let factor = slice.as_secs_f64() / start.elapsed().as_secs_f64().max(1e-9);
        self.epochs = ((self.epochs as f64 * factor.clamp(0.25, 4.0)) as u64).clamp(1, 1 << 20);
        self.job.ended().is_none()
    }

    /// About how much has been done and how much there is in all, in epochs, as far as is known.
    pub fn done_of_all(&self) -> [u64; 2] {
        let [done, left] = self.job.work_done_and_left();
        [done, done + left]
    }

    /// The name of the current stage of the recipe; empty where it has none.
    pub fn stage(&self) -> String {
        self.job.stage().map(|stage| stage.name.clone()).unwrap_or_default()
    }

    /// The text of the model file as the fit is now.
    pub fn model_text(&self) -> String {
        self.job.model_text()
    }

    /// Remarks on the data, in sentences.
    pub fn remarks(&self) -> &[String] {
        &self.notes
    }

    /// Names of the inputs and of the output.
    pub fn names(&self) -> Vec<String> {
        self.scene().0.names.clone()
    }

    /// The settings that have an effect, by their names, as texts.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let own = self.job.settings();
        settings::all().filter(|one| own.applies(one.name)).map(|one| (one.name, one.written(own))).collect()
    }

    pub(super) fn job(&mut self) -> &mut dyn Job {
        &mut *self.job
    }

    /// What does not change, with its array.
    pub(super) fn scene(&self) -> (&Scene, &[f32]) {
        let (scene, numbers) = self.scene.get_or_init(|| self.job.scene());
        (scene, numbers)
    }

    /// The fit as it is now, with its numbers. A search for minima and barriers ends early when `is_stopped` says so.
    ///
    /// # Errors
    /// [`Error::Diverged`], if training has diverged or there is nothing fitted yet.
    pub fn result(&mut self, is_stopped: &dyn Fn() -> bool) -> Result<Trained, Error> {
        if let Some(State::Diverged { sentence }) = self.job.ended() {
            return Err(Error::Diverged(sentence.clone()));
        }
        let metrics = self.job.full_metrics(is_stopped);
        let metrics = serde_json::to_string(&metrics.json()).map_err(|error| Error::Diverged(error.to_string()))?;
        let text = self.job.model_text();
        check_model(&text).map_err(|why| Error::Diverged(format!("There is no fit, because {why}.")))?;
        Ok(Trained { text, metrics, notes: self.notes.clone(), history: self.job.history_csv() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
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
        let given = given(&[("modes", "2"), ("epochs", "300"), ("hidden", "4")]);
        let result = |slice| {
            let mut training = potential(curve(), &given, None).unwrap();
            while training.advance(Duration::from_millis(slice)) {}
            assert_eq!(training.done_of_all()[0], training.done_of_all()[1]);
            training.result(&|| false).unwrap()
        };
        let (short, long) = (result(1), result(1000));
        assert_eq!((short.text, short.history), (long.text, long.history));
    }

    #[test]
    fn settings_that_cannot_be_used_are_named() {
        let refused =
            |pairs: &[(&str, &str)]| potential(curve(), &given(pairs), None).err().map(|error| error.to_string()).unwrap();
        assert!(refused(&[("modes", "none")]).contains("modes"));
        assert!(refused(&[("mode", "3")]).contains("no setting called mode"));
        assert!(refused(&[("kT", "3")]).contains("has no effect"));
        assert!(refused(&[("recipe", "quick"), ("lr", "-1")]).contains("recipe"));
        let nothing = Observations { values: None, ..curve() };
        assert!(potential(nothing, &[], None).is_err_and(|error| error.to_string().contains("nothing to learn from")));
        assert!(benchmark("quadruple-well", &[], None).is_err_and(|error| error.to_string().contains("quadruple-well")));
    }
}
