//! Common part of comparisons of values and of densities. An LSE-ICNN is trained first, and then one method after another on the same rows. Each
//! method returns its scores and its fitted function.

use multiwell::internal::data::Dataset;
use multiwell::internal::model::init;
use multiwell::internal::potentials::sampling;
use multiwell::internal::problem::{InvalidSetting, Job, PotentialRun, Settings, State};
use multiwell::internal::text::whole;

use crate::NoFit;
use crate::report::{MethodResult, ScoreColumn};

/// Default fraction of the rows of a table that is held out. The table or the setting `hold-out` may define another one.
const HELD_OUT_FRACTION: f64 = 0.2;

/// Receiver of the progress of a comparison.
pub trait ProgressReceiver {
    /// Returns true if the user has requested the end of the comparison.
    fn is_stopped(&self) -> bool;

    /// Trains the LSE-ICNN to its end, or until the user requests the end of the comparison.
    fn train(&self, run: &mut PotentialRun);

    /// Receives a warning in one sentence.
    fn warn(&self, sentence: &str);
}

/// Reason why there is no comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum NoComparison {
    /// The settings of the LSE-ICNN cannot be used.
    Settings(Vec<InvalidSetting>),
    /// The data cannot be used, with the reason as a clause or a sentence.
    Data(String),
    /// The user has stopped the comparison.
    Stopped,
}

impl From<Vec<InvalidSetting>> for NoComparison {
    fn from(problems: Vec<InvalidSetting>) -> Self {
        Self::Settings(problems)
    }
}

impl From<NoFit> for NoComparison {
    fn from(why: NoFit) -> Self {
        match why {
            NoFit::Unsuitable(clause) => Self::Data(clause),
            NoFit::Stopped => Self::Stopped,
        }
    }
}

/// A method of a comparison.
pub trait Method: Copy + PartialEq + 'static {
    /// All methods, in the order of the list. The LSE-ICNN is the first.
    const LIST: &'static [Self];

    /// Its name on the command line, its title for readers, and its description in one sentence.
    fn words(self) -> [&'static str; 3];

    /// Its name on the command line.
    fn name(self) -> &'static str {
        self.words()[0]
    }
}

/// Function from points `[points, inputs]` to the values of a fit `[points]`.
pub type FitFunction<'a> = Box<dyn Fn(&[f64]) -> Vec<f64> + 'a>;

/// Result of a method.
pub struct MethodOutcome<'a, S> {
    /// Scores of the method, or the reason why there are none.
    pub line: MethodResult<S>,
    /// Fitted function in the units of the data: a potential, or a density.
    pub fit: Option<FitFunction<'a>>,
}

/// Data with an LSE-ICNN that was trained on them. Other methods are compared with it.
pub trait ComparedData {
    /// The methods.
    type Method: Method;
    /// The scores.
    type Score: Clone + 'static;

    /// Columns of the table of scores.
    const COLUMNS: &'static [ScoreColumn<Self::Score>];

    /// Hyperparameters chosen by the fit.
    fn choice(score: &Self::Score) -> &str;

    /// Sentence about the data without its full stop. `seeds` is the number of comparisons over which medians are taken.
    fn described(&self, seeds: usize) -> String;

    /// Number of held-out rows.
    fn held_out(&self) -> usize;

    /// The run of the LSE-ICNN.
    fn run(&self) -> &PotentialRun;

    /// The truth with its own scores, if it is known.
    fn truth(&self) -> Option<MethodOutcome<'_, Self::Score>>;

    /// Fits the rows by a method and scores the fit. The LSE-ICNN is trained already and is only scored. Returns `None` if the user has stopped it.
    fn fit(&self, method: Self::Method, is_stopped: &dyn Fn() -> bool) -> Option<MethodOutcome<'_, Self::Score>>;
}

/// Trains the LSE-ICNN, and warns if it has diverged.
///
/// # Errors
/// If the user has stopped it.
pub(crate) fn trained(mut run: PotentialRun, watch: &dyn ProgressReceiver) -> Result<PotentialRun, NoComparison> {
    watch.train(&mut run);
    if watch.is_stopped() {
        return Err(NoComparison::Stopped);
    }
    if let Some(State::Diverged { sentence }) = run.ended() {
        watch.warn(&format!("lse-icnn, seed {}: {sentence}", run.settings.training.seed));
    }
    Ok(run)
}

/// Training rows and held-out rows of a table. The held-out rows are those that the table names, or a fraction drawn by the seed of the data.
pub(crate) fn split_rows(rows: Dataset, settings: &Settings) -> Result<(Dataset, Dataset), NoComparison> {
    let unusable = |error: multiwell::internal::data::InvalidData| NoComparison::Data(error.to_string());
    let rows = if rows.held_out.is_empty() {
        let fraction = settings.data.hold_out.filter(|&part| part > 0.0).unwrap_or(HELD_OUT_FRACTION);
        let samples = rows.samples();
        let count = ((fraction * samples as f64).round() as usize).max(1);
        rows.hold_out(sampling::subset(samples, count, &mut init::stream(settings.data.seed))).map_err(unusable)?
    } else {
        rows
    };
    let (learnt, held_out) = rows.split_held_out().map_err(unusable)?;
    Ok((learnt, held_out.expect("some rows are held out")))
}

/// Words behind a choice that is based on some of the rows or samples.
pub(crate) fn of_some(some: usize, all: usize, what: &str) -> String {
    format!(", of {} of {} {what}", whole(some as u64), whole(all as u64))
}

/// Line of a method, with the columns that are common to all lines of a run.
pub(crate) fn line<S>(
    run: &PotentialRun,
    method: &'static str,
    seconds: Option<f64>,
    scored: Result<S, String>,
) -> MethodResult<S> {
    let (score, why_not) = scored.map_or_else(|why| (None, Some(why)), |score| (Some(score), None));
    let settings = &run.settings;
    let (seed, data_seed) = (settings.training.seed, settings.data.seed);
    MethodResult { benchmark: run.data().name.clone(), seed, data_seed, method, seconds, score, why_not }
}

/// Outcome of a method from its scores and its function; `None` if the user has stopped it.
pub(crate) fn outcome<'a, S>(
    run: &PotentialRun,
    method: &'static str,
    seconds: f64,
    scored: Result<(S, FitFunction<'a>), NoFit>,
) -> Option<MethodOutcome<'a, S>> {
    match scored {
        Ok((score, fit)) => Some(MethodOutcome { line: line(run, method, Some(seconds), Ok(score)), fit: Some(fit) }),
        Err(NoFit::Unsuitable(why)) => Some(MethodOutcome { line: line(run, method, None, Err(why)), fit: None }),
        Err(NoFit::Stopped) => None,
    }
}

/// Methods with the given names, in the order of the list. An empty list of names selects all methods.
///
/// # Errors
/// A sentence with the available names, if a method does not exist.
pub fn chosen<M: Method>(asked: &[String]) -> Result<Vec<M>, String> {
    let name = |method: &M| method.name();
    if let Some(wrong) = asked.iter().find(|asked| M::LIST.iter().all(|method| name(method) != asked.trim())) {
        let known: Vec<&str> = M::LIST.iter().map(name).collect();
        return Err(format!("there is no method called \"{wrong}\" here; choose among {}", known.join(", ")));
    }
    let is_asked = |method: &&M| asked.is_empty() || asked.iter().any(|asked| asked.trim() == name(method));
    Ok(M::LIST.iter().filter(is_asked).copied().collect())
}
