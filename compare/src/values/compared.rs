//! Comparison of fits of values and of derivatives.

use multiwell::internal::data::Dataset;
use multiwell::internal::model::Potential;
use multiwell::internal::problem::job::Job;
use multiwell::internal::problem::metrics::ProblemMetrics;
use multiwell::internal::problem::{DataSource, PotentialRun, Settings};
use multiwell::internal::text::{significant, whole};
use ndarray::s;
use web_time::Instant;

use super::{FittedNetwork, FittedSurface, MethodData, Truth, ValueJudge, ValueMethod, ValueScore};
use crate::NoFit;
use crate::comparison::{
    ComparedData, FitFunction, Method as _, MethodOutcome, NoComparison, ProgressReceiver, line, outcome, split_rows, trained,
};
use crate::report::{ColumnKind, ScoreColumn, TRUTH_NAME};

/// Number of held-out rows that are drawn from a benchmark, with the same noise as the others.
const HELD_OUT_ROWS: usize = 1000;

/// Data with values or derivatives, and an LSE-ICNN that was trained on them.
pub struct ComparedValues {
    run: PotentialRun,
    rival: Potential,
    held_out: Dataset,
    periodic: Vec<bool>,
    threshold: f64,
}

impl ComparedValues {
    /// Draws or divides the rows, and trains the LSE-ICNN on them. `rows` are those of a user's table.
    ///
    /// # Errors
    /// If the settings or the data cannot be used, or if the user has stopped it.
    pub fn open(settings: &Settings, rows: Option<&Dataset>, watch: &dyn ProgressReceiver) -> Result<Self, NoComparison> {
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
        self.run.settings.potential().map_or(0.0, |own| own.value_weight)
    }

    fn judge<'a>(&'a self, is_stopped: &'a dyn Fn() -> bool) -> ValueJudge<'a> {
        ValueJudge {
            truth: self.run.truth(),
            bounds: self.run.bounds(),
            periodic: &self.periodic,
            held_out: Some(&self.held_out),
            threshold: self.threshold,
            is_up_to_constant: self.is_up_to_constant(),
            is_stopped,
        }
    }

    /// Returns true if only derivatives are learnt, so that values are known up to a constant.
    pub fn is_up_to_constant(&self) -> bool {
        let data = self.run.data();
        data.gradient.is_some() && (self.value_weight() == 0.0 || !data.has_values())
    }
}

/// Run of the LSE-ICNN, and the held-out rows.
fn opened(settings: &Settings, rows: Option<&Dataset>) -> Result<(PotentialRun, Dataset), NoComparison> {
    if let Some(rows) = rows {
        let (learnt, held_out) = split_rows(rows.clone(), settings)?;
        let mut settings = settings.clone();
        settings.data.hold_out = None;
        return Ok((PotentialRun::new(settings, DataSource::Own(learnt), None)?, held_out));
    }
    let samples = settings.data.samples;
    let mut more = settings.clone();
    more.data.samples += HELD_OUT_ROWS;
    let all = PotentialRun::new(more, DataSource::Benchmark, None)?;
    let all = all.data();
    let held_out = Dataset {
        x: all.x.slice(s![samples.., ..]).to_owned(),
        y: all.y.slice(s![samples..]).to_owned(),
        gradient: all.gradient.as_ref().map(|gradient| gradient.slice(s![samples.., ..]).to_owned()),
        ..all.clone()
    };
    Ok((PotentialRun::new(settings.clone(), DataSource::Benchmark, None)?, held_out))
}

fn function<'a>(surface: Box<dyn FittedSurface + 'a>) -> FitFunction<'a> {
    Box::new(move |x| surface.evaluate(x).0)
}

impl ComparedData for ComparedValues {
    type Method = ValueMethod;
    type Score = ValueScore;

    const COLUMNS: &'static [ScoreColumn<ValueScore>] = &[
        ScoreColumn::parameters(|score| (score.parameters > 0).then_some(score.parameters as f64)),
        ScoreColumn {
            head: "RMSE",
            meaning: "Root mean squared error against the truth over the domain.",
            words: "smallest error against the truth",
            of: |score| score.rmse,
            kind: ColumnKind::Error,
        },
        ScoreColumn {
            head: "of slopes",
            meaning: "Root mean squared error of the derivatives against those of the truth.",
            words: "",
            of: |score| score.rmse_gradient,
            kind: ColumnKind::Plain,
        },
        ScoreColumn {
            head: "held out",
            meaning: "Root mean squared error on rows that were not learnt from; with noise it cannot fall below the noise.",
            words: "smallest error on the rows held out",
            of: |score| score.held_out,
            kind: ColumnKind::Error,
        },
        ScoreColumn {
            head: "wells",
            meaning: "Minima whose barrier is above the threshold of the LSE-ICNN’s fit.",
            words: "Wells",
            of: |score| Some(score.wells as f64),
            kind: ColumnKind::Matched,
        },
        ScoreColumn {
            head: "missed",
            meaning: "Wells of the truth without a minimum of the fit within a tenth of the domain.",
            words: "Wells of the truth without a minimum of the fit",
            of: |score| score.missed.map(|count| count as f64),
            kind: ColumnKind::Fault,
        },
        ScoreColumn {
            head: "spurious",
            meaning: "Minima of the fit without a minimum of the truth within a tenth of the domain.",
            words: "Minima that the truth does not have",
            of: |score| score.spurious.map(|count| count as f64),
            kind: ColumnKind::Fault,
        },
        ScoreColumn {
            head: "jump",
            meaning: "The largest change of the gradient over a thousandth of the domain, over its root mean square. A smaller value than \
                      that of the truth means smeared transitions, a larger one spurious kinks.",
            words: "",
            of: |score| Some(score.jump),
            kind: ColumnKind::Plain,
        },
        ScoreColumn {
            head: "outside",
            meaning: "Root mean squared error beyond the domain, by 10 to 20 % of its width.",
            words: "",
            of: |score| score.extrapolation,
            kind: ColumnKind::Plain,
        },
    ];

    fn choice(score: &ValueScore) -> &str {
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

    fn run(&self) -> &PotentialRun {
        &self.run
    }

    fn truth(&self) -> Option<MethodOutcome<'_, ValueScore>> {
        let truth = self.run.truth()?;
        let score = ValueScore { held_out: None, ..self.judge(&|| false).score(&Truth(truth)) };
        Some(MethodOutcome { line: line(&self.run, TRUTH_NAME, None, Ok(score)), fit: Some(function(Box::new(Truth(truth)))) })
    }

    fn fit(&self, method: ValueMethod, is_stopped: &dyn Fn() -> bool) -> Option<MethodOutcome<'_, ValueScore>> {
        let begun = Instant::now();
        let found: Result<Box<dyn FittedSurface + '_>, NoFit> = if method == ValueMethod::LseIcnn {
            Ok(Box::new(FittedNetwork(&self.rival)))
        } else {
            let (data, value_weight, seed) = (self.run.data(), self.value_weight(), self.run.settings.training.seed);
            let task = MethodData { data, bounds: self.run.bounds(), value_weight, rival: &self.rival, seed, is_stopped };
            super::fit(method, &task).map(|found| found as Box<dyn FittedSurface>)
        };
        let seconds = if method == ValueMethod::LseIcnn { self.run.seconds() } else { begun.elapsed().as_secs_f64() };
        let scored = found.and_then(|found| {
            let score = self.judge(is_stopped).score(&*found);
            // A stopped search for minima has no score.
            if is_stopped() { Err(NoFit::Stopped) } else { Ok((score, function(found))) }
        });
        outcome(&self.run, method.name(), seconds, scored)
    }
}
