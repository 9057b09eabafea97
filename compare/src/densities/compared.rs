//! Comparison of estimates of a density.

use multiwell::internal::data::Dataset;
use multiwell::internal::model::Potential;
use multiwell::internal::potentials::KnownPotential;
use multiwell::internal::problem::potential::target;
use multiwell::internal::problem::{DataSource, PotentialRun, Settings};
use multiwell::internal::text::whole;
use web_time::Instant;

use super::{Boltzmann, DensityJudge, DensityMethod, DensityScore, FittedDensity, OfPotential, Sampled};
use crate::NoFit;
use crate::comparison::{
    ComparedData, FitFunction, Method as _, MethodOutcome, NoComparison, ProgressReceiver, line, outcome, split_rows, trained,
};
use crate::report::{ColumnKind, ScoreColumn, TRUTH_NAME};

/// Number of held-out samples that are drawn from a known density.
const HELD_OUT_SAMPLES: usize = 5000;

/// Samples of a density, and an LSE-ICNN that was trained on them.
pub struct Densities {
    run: PotentialRun,
    rival: Potential,
    /// The samples `[samples, inputs]`.
    x: Vec<f64>,
    held_out: Vec<f64>,
    domain: Vec<[f64; 2]>,
    periodic: Vec<bool>,
    kt: f64,
    potential: Option<Box<dyn KnownPotential>>,
}

/// Source of the samples.
#[derive(Clone, Copy)]
pub enum SampleSource<'a> {
    /// A table of the user's.
    Rows(&'a Dataset),
    /// The density `exp(-V/kT)` of the benchmark in these settings.
    Of(&'a Settings),
}

impl Densities {
    /// Draws or divides the samples, and trains the LSE-ICNN on them.
    ///
    /// # Errors
    /// If the settings or the samples cannot be used, or if the user has stopped it.
    pub fn open(settings: &Settings, samples: SampleSource, watch: &dyn ProgressReceiver) -> Result<Self, NoComparison> {
        let kt = settings.potential().and_then(|own| own.kt).unwrap_or(1.0);
        let (potential, learnt, held_out) = match samples {
            SampleSource::Of(benchmark) => {
                let potential = target(benchmark).ok_or_else(|| NoComparison::Data("there are no samples".into()))?;
                let truth = Boltzmann::new(&*potential, kt)?;
                let (count, seed) = (benchmark.data.samples, benchmark.data.seed);
                let (learnt, held_out) = (truth.draw(count, seed)?, truth.draw_others(HELD_OUT_SAMPLES, seed)?);
                (Some(potential), learnt, held_out)
            }
            SampleSource::Rows(rows) => {
                let (learnt, held_out) = split_rows(rows.clone(), settings)?;
                // The mean needs no more samples than are drawn from a known density.
                let every = held_out.samples().div_ceil(HELD_OUT_SAMPLES).max(1);
                (None, learnt, held_out.x.rows().into_iter().step_by(every).flatten().copied().collect())
            }
        };
        let mut own = settings.clone();
        own.data.hold_out = None;
        let run = trained(PotentialRun::new(own, DataSource::Own(learnt), None)?, watch)?;
        let (rival, domain, periodic) = (run.potential(), run.data().domain(), run.data().periodic());
        let x = run.data().x.iter().copied().collect();
        Ok(Self { run, rival, x, held_out, domain, periodic, kt, potential })
    }

    fn exact_density(&self) -> Option<Boltzmann<'_>> {
        // The same construction succeeded for the same potential when the samples were drawn.
        Boltzmann::new(&**self.potential.as_ref()?, self.kt).ok()
    }

    fn scored(&self, estimate: &dyn FittedDensity) -> DensityScore {
        let truth = self.exact_density();
        let (domain, periodic, held_out) = (&self.domain, &self.periodic, &self.held_out);
        DensityJudge { truth: truth.as_ref(), domain, periodic, held_out, samples: self.run.data().samples() }.score(estimate)
    }
}

fn function<'a>(estimate: Box<dyn FittedDensity + 'a>) -> FitFunction<'a> {
    Box::new(move |x| estimate.log_density(x).into_iter().map(f64::exp).collect())
}

impl ComparedData for Densities {
    type Method = DensityMethod;
    type Score = DensityScore;

    const COLUMNS: &'static [ScoreColumn<DensityScore>] = &[
        ScoreColumn::parameters(|score| (score.parameters > 0).then_some(score.parameters as f64)),
        ScoreColumn {
            head: "total variation",
            meaning: "Half of the integral of the absolute difference from the true density: the part of the probability that lies elsewhere.",
            words: "smallest total variation from the truth",
            of: |score| score.total_variation,
            kind: ColumnKind::Error,
        },
        ScoreColumn {
            head: "divergence",
            meaning: "The Kullback-Leibler divergence of the estimate from the truth.",
            words: "",
            of: |score| score.divergence,
            kind: ColumnKind::Plain,
        },
        ScoreColumn {
            head: "held out",
            meaning: "Mean log-likelihood of samples that were not learnt from: the larger, the better.",
            words: "largest mean log-likelihood of the samples held out",
            of: |score| score.held_out,
            kind: ColumnKind::Likelihood,
        },
        ScoreColumn {
            head: "wells",
            meaning: "Significant minima of −log q: without one, the log-likelihood of the samples falls by more than one.",
            words: "",
            of: |score| Some(score.wells as f64),
            kind: ColumnKind::Count,
        },
        ScoreColumn {
            head: "modes",
            meaning: "All maxima of the density.",
            words: "Maxima",
            of: |score| Some(score.modes as f64),
            kind: ColumnKind::Matched,
        },
    ];

    fn choice(score: &DensityScore) -> &str {
        &score.choice
    }

    fn described(&self, seeds: usize) -> String {
        let data = self.run.data();
        let over = if seeds > 1 { format!(", medians over {seeds} seeds") } else { String::new() };
        format!("{}: {} samples{over}", data.name, whole(data.samples() as u64))
    }

    fn held_out(&self) -> usize {
        self.held_out.len() / self.run.inputs()
    }

    fn run(&self) -> &PotentialRun {
        &self.run
    }

    fn truth(&self) -> Option<MethodOutcome<'_, DensityScore>> {
        let truth = self.exact_density()?;
        let line = line(&self.run, TRUTH_NAME, None, Ok(self.scored(&truth)));
        Some(MethodOutcome { line, fit: Some(function(Box::new(truth))) })
    }

    fn fit(&self, method: DensityMethod, is_stopped: &dyn Fn() -> bool) -> Option<MethodOutcome<'_, DensityScore>> {
        let begun = Instant::now();
        let (data, seed) = (self.run.data(), self.run.settings.training.seed);
        let found: Result<Box<dyn FittedDensity + '_>, NoFit> = if method == DensityMethod::LseIcnn {
            Ok(Box::new(OfPotential::new(&self.rival, &self.domain, self.kt)))
        } else {
            let samples = Sampled { x: &self.x, inputs: data.inputs(), periods: &data.periods };
            super::fit(method, samples, seed, is_stopped).map(|estimate| estimate as Box<dyn FittedDensity>)
        };
        let seconds = if method == DensityMethod::LseIcnn { self.run.seconds() } else { begun.elapsed().as_secs_f64() };
        let scored = found.map(|estimate| (self.scored(&*estimate), function(estimate)));
        outcome(&self.run, method.name(), seconds, scored)
    }
}
