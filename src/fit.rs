//! Main interface: fits data in a few lines, evaluates fits from any thread, and stores them in files.
//!
//! ```
//! use multiwell::Dataset;
//! use multiwell::{Fit, Potential, Recipe};
//!
//! # fn main() -> Result<(), multiwell::Error> {
//! let x: Vec<f64> = (0..100).map(|k| f64::from(k) / 25.0 - 2.0).collect();
//! let y: Vec<f64> = x.iter().map(|x| (x * x - 1.0).powi(2)).collect();
//!
//! let fit = Fit::potential(&Dataset::curve(&x, &y)?).recipe(Recipe::Paper).modes(2).epochs(4000).run()?;
//! for well in fit.minima() {
//!     println!("a well at {:.2} with a barrier of {:.2}", well.x[0], well.barrier.unwrap_or(f64::NAN));
//! }
//! assert_eq!(fit.metrics().wells, 2);
//! assert!(fit.model.gradient(&[0.5])[0] < 0.0);
//!
//! let path = std::env::temp_dir().join("multiwell-doctest.json");
//! fit.save(&path)?;
//! assert_eq!(Potential::load(&path)?.value(&[0.5]), fit.model.value(&[0.5]));
//! # Ok(())
//! # }
//! ```

pub mod any;
pub mod by_name;
mod learnable;
pub mod pictures;

pub use learnable::Learnable;
use std::io;
use std::path::{Path, PathBuf};

use crate::data::csv::CsvError;
use crate::data::trajectories::Trajectories;
use crate::data::{Dataset, InvalidData};
use crate::landscape::{self, Minimum, Survey};
use crate::model::Potential;
use crate::model::model_file::ModelFileError;
use crate::problem::density::{Density, SampleSets};
use crate::problem::job::{Job, JobFile};
use crate::problem::material::Material;
use crate::problem::metrics::ProblemMetrics;
use crate::problem::settings::{Dynamics, InvalidSetting, Recipe, Settings};
use crate::problem::{Metrics, State};

/// Error of fitting, reading or writing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table is unusable.
    #[error(transparent)]
    Table(#[from] CsvError),
    /// The numbers are unusable.
    #[error(transparent)]
    Data(#[from] InvalidData),
    /// The settings are invalid, with one sentence each.
    #[error("{}", sentences(.0))]
    Settings(Vec<InvalidSetting>),
    /// The text is not a model file.
    #[error(transparent)]
    Model(#[from] ModelFileError),
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// Training diverged. The sentence states the epoch, the value that was not finite, and the remedy.
    #[error("{0}")]
    Diverged(String),
}

fn sentences(problems: &[InvalidSetting]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<Vec<InvalidSetting>> for Error {
    fn from(problems: Vec<InvalidSetting>) -> Self {
        Self::Settings(problems)
    }
}

/// Fits a potential to values, derivatives or both, with the default settings and the recipe that finds the number of modes by itself.
///
/// # Errors
/// If training diverges.
pub fn fit(data: &Dataset) -> Result<Fitted<Potential>, Error> {
    Fit::potential(data).run()
}

/// Planned fit: data and settings. Its initial settings are the recipe [`Recipe::Reliable`] and the defaults for its kind of data.
#[derive(Clone, Debug)]
pub struct Fit<M: Learnable> {
    data: M::Data,
    settings: Settings,
}

impl Fit<Potential> {
    /// Fit of a potential to values, derivatives or both.
    pub fn potential(data: &Dataset) -> Self {
        Self::from_data(data.clone())
    }

    /// Makes inputs periodic: `phi:360, psi:2pi`, `theta:-pi..pi`, or one period for all, see [`crate::data::periods::parse`].
    #[must_use]
    pub fn periodic(self, periods: &str) -> Self {
        self.change(|settings| {
            if let Some(own) = settings.potential_mut() {
                own.periodic = periods.into();
            }
        })
    }
}

impl Fit<Density> {
    /// Fit of a density `exp(-Psi) / Z` of one quantity to samples.
    ///
    /// # Errors
    /// If the samples are fewer than eight, all the same, or not finite.
    pub fn density(samples: &[f64]) -> Result<Self, Error> {
        Ok(Self::from_data(SampleSets::of_numbers(samples)?))
    }
}

impl Fit<Material> {
    /// Fit of a material with memory to trajectories, of which a fifth is held out. A single one is used for training, with a warning.
    ///
    /// # Errors
    /// If there is no trajectory, if one has fewer than three rows, or if its times do not increase.
    pub fn material(data: &Trajectories) -> Result<Self, Error> {
        Ok(Self::from_data(data.clone().checked()?))
    }

    /// Sets the dynamics of the hidden states, and the learning rate and number of epochs to their defaults for these dynamics.
    #[must_use]
    pub fn dynamics(self, dynamics: Dynamics) -> Self {
        self.change(|settings| settings.choose_dynamics(dynamics))
    }
}

impl<M: Learnable> Fit<M> {
    fn from_data(data: M::Data) -> Self {
        Self { settings: M::settings(Recipe::Reliable, &data), data }
    }

    /// Sets all settings to those of another recipe and discards earlier changes.
    #[must_use]
    pub fn recipe(self, recipe: Recipe) -> Self {
        Self { settings: M::settings(recipe, &self.data), ..self }
    }

    /// Sets the number of offered modes. The fit may leave some unused.
    #[must_use]
    pub fn modes(self, modes: usize) -> Self {
        self.change(|settings| settings.training.modes = modes)
    }

    /// Sets the widths of the hidden layers of each mode.
    #[must_use]
    pub fn hidden(self, widths: &[usize]) -> Self {
        self.change(|settings| settings.training.hidden = widths.to_vec())
    }

    /// Sets the number of epochs: passes over the data by gradient descent.
    #[must_use]
    pub fn epochs(self, epochs: u64) -> Self {
        self.change(|settings| settings.training.epochs = epochs)
    }

    /// Sets the seed of the initial parameters. Equal seeds, data and settings give equal bits.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.change(|settings| settings.training.seed = seed)
    }

    /// Changes any setting.
    ///
    /// ```
    /// # use multiwell::{Dataset, Fit, Skip};
    /// # let data = Dataset::curve(&[0.0, 1.0, 2.0], &[1.0, 0.0, 1.0])?;
    /// let fit = Fit::potential(&data).change(|settings| {
    ///     settings.training.epsilon = 1e-3;
    ///     if let Some(own) = settings.potential_mut() {
    ///         own.skip = Skip::Quadratic;
    ///     }
    /// });
    /// # Ok::<(), multiwell::Error>(())
    /// ```
    #[must_use]
    pub fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Holds out a fraction of the rows, drawn with the data seed. They are not used for training, and the errors on them are
    /// [`Metrics::held_out`]. See [`Dataset::hold_out`] for chosen rows. A fifth of the trajectories of a material is always held out.
    ///
    /// ```
    /// # use multiwell::{Dataset, Fit, Recipe};
    /// # let x: Vec<f64> = (0..60).map(|k| f64::from(k) / 20.0).collect();
    /// # let y: Vec<f64> = x.iter().map(|x| (x - 1.0) * (x - 1.0)).collect();
    /// let fit = Fit::potential(&Dataset::curve(&x, &y)?).recipe(Recipe::Paper).modes(1).epochs(200).hold_out(0.2).run()?;
    /// let held_out = fit.summary.held_out.as_ref().expect("rows are held out");
    /// assert_eq!(held_out.rows, 12);
    /// println!("RMSE {} on rows learnt from, {} on others", fit.metrics().rmse, held_out.rmse);
    /// # Ok::<(), multiwell::Error>(())
    /// ```
    #[must_use]
    pub fn hold_out(self, fraction: f64) -> Self {
        self.change(|settings| settings.data.hold_out = Some(fraction))
    }

    /// Requests 90 % intervals of the positions, values and barriers of the minima.
    ///
    /// ```
    /// # use multiwell::{Dataset, Fit};
    /// # let x: Vec<f64> = (0..120).map(|k| f64::from(k) / 30.0 - 2.0).collect();
    /// # let y: Vec<f64> = x.iter().enumerate().map(|(k, x)| (x * x - 1.0).powi(2) + 0.05 * (7.3 * k as f64).sin()).collect();
    /// let fit = Fit::potential(&Dataset::curve(&x, &y)?).modes(4).uncertainty().run()?;
    /// let well = &fit.metrics().minima[0];
    /// let [low, high] = well.interval.as_ref().expect("an interval").x[0];
    /// assert!(low < well.x[0] && well.x[0] < high);
    /// # Ok::<(), multiwell::Error>(())
    /// ```
    #[must_use]
    pub fn uncertainty(self) -> Self {
        self.change(|settings| settings.data.uncertainty = 1)
    }

    /// Current settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Trains to the end.
    ///
    /// # Errors
    /// If settings are invalid, or if training diverges.
    pub fn run(self) -> Result<Fitted<M>, Error> {
        let mut ongoing = self.start()?;
        while ongoing.advance(1000) {}
        ongoing.fitted()
    }

    /// Starts training in steps, to show progress or to stop early.
    ///
    /// ```
    /// # use multiwell::{Dataset, Fit};
    /// # let x: Vec<f64> = (0..50).map(f64::from).collect();
    /// # let y: Vec<f64> = x.iter().map(|x| (x / 5.0).sin()).collect();
    /// let mut ongoing = Fit::potential(&Dataset::curve(&x, &y)?).start()?;
    /// while ongoing.advance(100) && ongoing.epoch() < 500 {
    ///     println!("epoch {} of {}", ongoing.epoch(), ongoing.last_epoch());
    /// }
    /// let so_far = ongoing.fitted()?;
    /// # assert!(so_far.model.value(&[3.0]).is_finite());
    /// # Ok::<(), multiwell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If settings are invalid.
    pub fn start(self) -> Result<Ongoing<M>, Error> {
        Ok(Ongoing { job: M::open(self.settings, self.data)?, learns: std::marker::PhantomData })
    }
}

/// Fit in progress.
pub struct Ongoing<M> {
    job: Box<dyn Job>,
    learns: std::marker::PhantomData<M>,
}

impl<M: Learnable> Ongoing<M> {
    /// Trains up to `epochs` more epochs; returns false once training has ended by itself. The slicing of epochs does not change a single bit.
    pub fn advance(&mut self, epochs: u64) -> bool {
        self.job.advance(epochs);
        self.job.ended().is_none()
    }

    /// Number of epochs done.
    pub fn epoch(&self) -> u64 {
        self.job.progress().epoch
    }

    /// Expected epoch at the end of training.
    pub fn last_epoch(&self) -> u64 {
        self.job.progress().last_epoch
    }

    /// History of training as CSV.
    pub fn history_csv(&self) -> String {
        self.job.file_text(JobFile::History)
    }

    /// Current fit. The search for minima and barriers may take one or two seconds in several inputs.
    ///
    /// # Errors
    /// If training has diverged, or if there is no fit yet.
    pub fn fitted(&mut self) -> Result<Fitted<M>, Error> {
        if let Some(State::Diverged { sentence }) = self.job.ended() {
            return Err(Error::Diverged(sentence.clone()));
        }
        let (summary, text) = (self.job.full_metrics(&|| false), self.job.file_text(JobFile::Model));
        Ok(Fitted { model: M::read(&text)?, summary, text })
    }
}

/// Fit with its metrics.
#[derive(Clone, Debug)]
pub struct Fitted<M> {
    /// Fitted model.
    pub model: M,
    /// Epochs, seconds, stages of the recipe, warnings, and all metrics.
    pub summary: Metrics,
    text: String,
}

impl<M: Learnable> Fitted<M> {
    /// Accuracy of the fit and properties of its model.
    pub fn metrics(&self) -> &M::Metrics {
        M::metrics(&self.summary.own).expect("a job gives the numbers of its own problem")
    }

    /// Warnings to read before the use of the fit, in sentences.
    pub fn warnings(&self) -> &[String] {
        &self.summary.warnings
    }

    /// Text of the model file.
    pub fn model_text(&self) -> &str {
        &self.text
    }

    /// Writes the model file, which the page and the command line also read. An existing file is replaced completely or left unchanged.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        replace(path, &self.text).map_err(|source| Error::File { path: path.into(), source })
    }
}

impl Fitted<Potential> {
    /// Local minima inside the sampled domain with their barriers, from left to right in one input, by increasing value in several.
    pub fn minima(&self) -> &[Minimum] {
        &self.metrics().minima
    }

    /// Minima, saddles, and the class and convexity of each mode.
    pub fn landscape(&self) -> Option<&Survey> {
        if let ProblemMetrics::Potential(_, survey) = &self.summary.own { survey.as_deref() } else { None }
    }
}

impl Fitted<Density> {
    /// Minima of `-log q` with the barriers between them. The supported ones are the modes of the density.
    pub fn minima(&self) -> &[Minimum] {
        &self.metrics().minima
    }
}

/// Writes a text to a new file beside `path`, and renames it to `path`.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A pipe or a device cannot be replaced.
    if std::fs::metadata(path).is_ok_and(|of| !of.is_file()) {
        return std::fs::write(path, text);
    }
    let path = path.canonicalize().unwrap_or_else(|_| path.into());
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is no name of a file"))?;
    let beside = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let write = || {
        let mut file = std::fs::File::create(&beside)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()
    };
    write().and_then(|()| std::fs::rename(&beside, &path)).inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

fn load<M: Learnable>(path: &Path) -> Result<M, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.into(), source })?;
    Ok(M::read(&text)?)
}

impl Potential {
    /// Reads a model file.
    ///
    /// # Errors
    /// If the file cannot be read or is not a model file of a potential.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        load(path.as_ref())
    }

    /// Minima with barriers and curvatures, maxima or saddles, and the class and convexity of each mode, inside a box
    /// `[low, high]` per input. A minimum with a barrier above `threshold` counts as a well.
    pub fn landscape(&self, bounds: &[[f64; 2]], threshold: f64) -> Survey {
        landscape::survey(self, bounds, threshold, None, &|| false)
    }
}

impl Density {
    /// Reads a model file. Returns the last of several densities, see [`Density::read_all`].
    ///
    /// # Errors
    /// If the file cannot be read or is not a model file of densities.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        load(path.as_ref())
    }
}

impl Material {
    /// Reads a model file.
    ///
    /// # Errors
    /// If the file cannot be read or is not a model file of a material.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        load(path.as_ref())
    }
}
