//! Fits of values and of derivatives beside each other.

use multiwell::data::Dataset;
use multiwell::model::Potential;
use multiwell::problem::job::Job;
use multiwell::problem::metrics::ProblemMetrics;
use multiwell::problem::{Run, Settings, Source};
use multiwell::text::{significant, whole};
use ndarray::s;
use web_time::Instant;

use super::{Fitted, Judge, Method, Score, Surface, Task, Truth};
use crate::NoFit;
use crate::comparison::{Comparison, Function, Method as _, NoComparison, Outcome, Stopped, Watch, line, parts, trained};
use crate::report::{Column, Kind, TRUTH};

/// Rows that are drawn from a benchmark to be held out, with the noise of the others.
const HELD_OUT: usize = 1000;

/// Data with values or derivatives, and an LSE-ICNN that was trained on them.
pub struct Values {
    run: Run,
    rival: Potential,
    held_out: Dataset,
    periodic: Vec<bool>,
    threshold: f64,
}

impl Values {
    /// Draws or divides the rows, and trains the LSE-ICNN on them; `rows` are those of a user's table.
    ///
    /// # Errors
    /// If the settings or the data cannot be used, or if the user has stopped it.
    pub fn open(settings: &Settings, rows: Option<&Dataset>, watch: &dyn Watch) -> Result<Self, NoComparison> {
        let (run, held_out) = opened(settings, rows)?;
        let mut run = trained(run, watch)?;
        let threshold = match run.full_metrics(&|| watch.is_stopped()).own {
            ProblemMetrics::Potential(_, Some(survey)) => survey.threshold,
            _ => f64::NAN,
        };
        if watch.is_stopped() {
            return Err(NoComparison::Stopped);
        }
        let (rival, periodic) = (run.potential(), run.data().periodic());
        Ok(Self { run, rival, held_out, periodic, threshold })
    }

    fn value_weight(&self) -> f64 {
        self.run.settings().potential().map_or(0.0, |own| own.value_weight)
    }

    fn judge<'a>(&'a self, is_stopped: &'a dyn Fn() -> bool) -> Judge<'a> {
        Judge {
            truth: self.run.truth(),
            bounds: self.run.bounds(),
            periodic: &self.periodic,
            held_out: Some(&self.held_out),
            threshold: self.threshold,
            is_up_to_constant: self.is_up_to_constant(),
            is_stopped,
        }
    }

    /// Whether derivatives alone are learnt from, so that values are known up to a constant.
    pub fn is_up_to_constant(&self) -> bool {
        let data = self.run.data();
        data.gradient.is_some() && (self.value_weight() == 0.0 || !data.has_values())
    }
}

/// The run of the LSE-ICNN, and the rows that it does not learn from.
fn opened(settings: &Settings, rows: Option<&Dataset>) -> Result<(Run, Dataset), NoComparison> {
    if let Some(rows) = rows {
        let (learnt, held_out) = parts(rows.clone(), settings)?;
        let mut settings = settings.clone();
        settings.data.hold_out = None;
        return Ok((Run::new(settings, Source::Own(learnt), None)?, held_out));
    }
    let samples = settings.data.samples;
    let mut more = settings.clone();
    more.data.samples += HELD_OUT;
    let all = Run::new(more, Source::Benchmark, None)?;
    let all = all.data();
    let held_out = Dataset {
        x: all.x.slice(s![samples.., ..]).to_owned(),
        y: all.y.slice(s![samples..]).to_owned(),
        gradient: all.gradient.as_ref().map(|gradient| gradient.slice(s![samples.., ..]).to_owned()),
        ..all.clone()
    };
    Ok((Run::new(settings.clone(), Source::Benchmark, None)?, held_out))
}

fn function<'a>(surface: impl Surface + 'a) -> Function<'a> {
    Box::new(move |x| surface.evaluate(x).0)
}

impl Comparison for Values {
    type Method = Method;
    type Score = Score;

    const COLUMNS: &'static [Column<Score>] = &[
        Column::parameters(|score| (score.parameters > 0).then_some(score.parameters as f64)),
        Column {
            head: "RMSE",
            meaning: "Root mean squared error against the truth over the domain.",
            words: "smallest error against the truth",
            of: |score| score.rmse,
            kind: Kind::Error,
        },
        Column {
            head: "of slopes",
            meaning: "Root mean squared error of the derivatives against those of the truth.",
            words: "",
            of: |score| score.rmse_gradient,
            kind: Kind::Plain,
        },
        Column {
            head: "held out",
            meaning: "Root mean squared error on rows that were not learnt from; with noise it cannot fall below the noise.",
            words: "smallest error on the rows held out",
            of: |score| score.held_out,
            kind: Kind::Error,
        },
        Column {
            head: "wells",
            meaning: "Minima whose barrier is above the threshold of the LSE-ICNN’s fit.",
            words: "Wells",
            of: |score| Some(score.wells as f64),
            kind: Kind::Matched,
        },
        Column {
            head: "missed",
            meaning: "Wells of the truth without a minimum of the fit within a tenth of the domain.",
            words: "Wells of the truth without a minimum of the fit",
            of: |score| score.missed.map(|count| count as f64),
            kind: Kind::Fault,
        },
        Column {
            head: "spurious",
            meaning: "Minima of the fit without a minimum of the truth within a tenth of the domain.",
            words: "Minima that the truth does not have",
            of: |score| score.spurious.map(|count| count as f64),
            kind: Kind::Fault,
        },
        Column {
            head: "jump",
            meaning: "The largest change of the gradient over a thousandth of the domain, over its root mean square: smaller than that of the truth means that \
                      transitions are smeared, larger that there are kinks where there is none.",
            words: "",
            of: |score| Some(score.jump),
            kind: Kind::Plain,
        },
        Column {
            head: "outside",
            meaning: "Root mean squared error beyond the domain, by 10 to 20 % of its width.",
            words: "",
            of: |score| score.extrapolation,
            kind: Kind::Plain,
        },
    ];

    fn choice(score: &Score) -> &str {
        &score.choice
    }

    fn described(&self, seeds: usize) -> String {
        let data = self.run.data();
        let over = if seeds > 1 { format!(", medians over {seeds} seeds") } else { String::new() };
        let spread = data.std();
        let spread = if spread.is_finite() {
            format!("; the standard deviation of the values is {}", significant(spread))
        } else {
            String::new()
        };
        let (samples, threshold) = (whole(data.samples() as u64), significant(self.threshold));
        format!("{}: {samples} rows{over}{spread}, a well has a barrier above {threshold}", data.name)
    }

    fn held_out(&self) -> usize {
        self.held_out.samples()
    }

    fn run(&self) -> &Run {
        &self.run
    }

    fn truth(&self) -> Option<Outcome<'_, Score>> {
        let truth = self.run.truth()?;
        let score = Score { held_out: None, ..self.judge(&|| false).score(&Truth(truth)) };
        Some(Outcome { line: line(&self.run, TRUTH, None, Ok(score)), fit: Some(function(Truth(truth))) })
    }

    fn fit(&self, method: Method, is_stopped: &dyn Fn() -> bool) -> Result<Outcome<'_, Score>, Stopped> {
        let begun = Instant::now();
        let found: Box<dyn Surface + '_> = if method == Method::LseIcnn {
            Box::new(Fitted(&self.rival))
        } else {
            let (data, value_weight, seed) = (self.run.data(), self.value_weight(), self.run.settings().training.seed);
            let task = Task { data, bounds: self.run.bounds(), value_weight, rival: &self.rival, seed, is_stopped };
            match super::fit(method, &task) {
                Ok(found) => found,
                Err(NoFit::Unsuitable(why)) => {
                    return Ok(Outcome { line: line(&self.run, method.name(), None, Err(why)), fit: None });
                }
                Err(NoFit::Stopped) => return Err(Stopped),
            }
        };
        let seconds = if method == Method::LseIcnn { self.run.seconds() } else { begun.elapsed().as_secs_f64() };
        let score = self.judge(is_stopped).score(&*found);
        // What a search for minima that was stopped has found is no score.
        if is_stopped() {
            return Err(Stopped);
        }
        let fit: Function = Box::new(move |x| found.evaluate(x).0);
        Ok(Outcome { line: line(&self.run, method.name(), Some(seconds), Ok(score)), fit: Some(fit) })
    }
}
