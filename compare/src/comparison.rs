//! What comparisons of values and of densities have in common: an LSE-ICNN that is trained first, and then one method after another on the same
//! rows, each with its scores and with the function that it has fitted.

use multiwell::data::Dataset;
use multiwell::model::init;
use multiwell::potentials::sampling;
use multiwell::problem::{InvalidSetting, Run, Settings, State};
use multiwell::text::whole;

use crate::NoFit;
use crate::report::{Column, Line};

/// The part of a table's rows that is held out, unless the table or the setting `hold-out` says another.
const HELD_OUT: f64 = 0.2;

/// Who has asked for a comparison.
pub trait Watch {
    /// Whether the user wants it to end.
    fn is_stopped(&self) -> bool;

    /// Trains the LSE-ICNN to its end, or until the user wants it to end.
    fn train(&self, run: &mut Run);

    /// Is told a sentence on what may be wrong.
    fn warn(&self, sentence: &str);
}

/// Why there is no comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum NoComparison {
    /// The settings of the LSE-ICNN cannot be used.
    Settings(Vec<InvalidSetting>),
    /// The data cannot be used: a clause or a sentence.
    Data(String),
    /// The user has stopped it.
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

/// A method among those that can be compared.
pub trait Method: Copy + PartialEq + 'static {
    /// All of them, in the order in which they are listed; the LSE-ICNN is the first.
    const LIST: &'static [Self];

    /// Its name on the command line.
    fn name(self) -> &'static str;

    /// What people call it.
    fn title(self) -> &'static str;

    /// What it is, in a sentence.
    fn meaning(self) -> &'static str;
}

/// Values of a fit `[points]` at points `[points, inputs]`.
pub type Function<'a> = Box<dyn Fn(&[f64]) -> Vec<f64> + 'a>;

/// What came of a method.
pub struct Outcome<'a, S> {
    /// Its scores, or why there are none.
    pub line: Line<S>,
    /// What it has fitted, in the units of the data: a potential, or a density.
    pub fit: Option<Function<'a>>,
}

/// Data with an LSE-ICNN that was trained on them, with which others are compared.
pub trait Comparison {
    /// The methods.
    type Method: Method;
    /// The scores.
    type Score: Clone + 'static;

    /// The scores as the columns of a table.
    const COLUMNS: &'static [Column<Self::Score>];

    /// What was chosen in fitting.
    fn choice(score: &Self::Score) -> &str;

    /// A sentence on the data without its full stop; `seeds` is the number of comparisons over which medians are taken.
    fn described(&self, seeds: usize) -> String;

    /// The number of rows that are not learnt from.
    fn held_out(&self) -> usize;

    /// The run of the LSE-ICNN.
    fn run(&self) -> &Run;

    /// The truth with its own scores, if it is known.
    fn truth(&self) -> Option<Outcome<'_, Self::Score>>;

    /// Fits by a method; nothing is trained for the LSE-ICNN, which has been.
    ///
    /// # Errors
    /// If the user has stopped it.
    fn fit(&self, method: Self::Method, is_stopped: &dyn Fn() -> bool) -> Result<Outcome<'_, Self::Score>, Stopped>;
}

/// The user has stopped a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Trains the LSE-ICNN, and says if it has diverged.
///
/// # Errors
/// If the user has stopped it.
pub(crate) fn trained(mut run: Run, watch: &dyn Watch) -> Result<Run, NoComparison> {
    watch.train(&mut run);
    if watch.is_stopped() {
        return Err(NoComparison::Stopped);
    }
    if let Some(State::Diverged { sentence }) = run.ended() {
        watch.warn(&format!("lse-icnn, seed {}: {sentence}", run.settings().training.seed));
    }
    Ok(run)
}

/// The rows of a table that are learnt from, and those that are held out: those that the table names, or a fraction that is drawn by the seed of the
/// data.
pub(crate) fn parts(rows: Dataset, settings: &Settings) -> Result<(Dataset, Dataset), NoComparison> {
    let unusable = |error: multiwell::data::InvalidData| NoComparison::Data(error.to_string());
    let rows = if rows.held_out.is_empty() {
        let fraction = settings.data.hold_out.filter(|&part| part > 0.0).unwrap_or(HELD_OUT);
        let samples = rows.samples();
        let count = ((fraction * samples as f64).round() as usize).max(1);
        rows.hold_out(sampling::subset(samples, count, &mut init::stream(settings.data.seed))).map_err(unusable)?
    } else {
        rows
    };
    let (learnt, held_out) = rows.parts().map_err(unusable)?;
    Ok((learnt, held_out.expect("some rows are held out")))
}

/// The words behind a choice that was made by some of the rows or samples.
pub(crate) fn of_some(some: usize, all: usize, what: &str) -> String {
    format!(", of {} of {} {what}", whole(some as u64), whole(all as u64))
}

/// A line of a method, with what all lines of a run have in common.
pub(crate) fn line<S>(run: &Run, method: &'static str, seconds: Option<f64>, scored: Result<S, String>) -> Line<S> {
    let (score, why_not) = match scored {
        Ok(score) => (Some(score), None),
        Err(why) => (None, Some(why)),
    };
    let settings = run.settings();
    let (seed, data_seed) = (settings.training.seed, settings.data.seed);
    Line { benchmark: run.data().name.clone(), seed, data_seed, method, seconds, score, why_not }
}

/// Methods that were asked for by their names, or all, in the order of the list.
///
/// # Errors
/// A sentence that names what there is, if there is no method of such a name.
pub fn chosen<M: Method>(asked: &[String]) -> Result<Vec<M>, String> {
    let name = |method: &M| method.name();
    if let Some(wrong) = asked.iter().find(|asked| M::LIST.iter().all(|method| name(method) != asked.trim())) {
        let known: Vec<&str> = M::LIST.iter().map(name).collect();
        return Err(format!("there is no method called \"{wrong}\" here; choose among {}", known.join(", ")));
    }
    let is_asked = |method: &&M| asked.is_empty() || asked.iter().any(|asked| asked.trim() == name(method));
    Ok(M::LIST.iter().filter(is_asked).copied().collect())
}
