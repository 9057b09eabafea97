//! Runs from which figures are drawn, trained in parallel.

use multiwell::internal::controller::ensemble::learning_curves;
use multiwell::internal::controller::protocol::{Frame, Scene};
use multiwell::internal::landscape::of_potential;
use multiwell::internal::numerics::statistics::{extent, median};
use multiwell::internal::plot::figures::LearningCurves;
use multiwell::internal::potentials::KnownPotential;
use multiwell::internal::problem::frame::Freshness;
use multiwell::internal::problem::job::Job;
use multiwell::internal::problem::potential::{PotentialMetrics, target};
use multiwell::internal::problem::{DataSource, InvalidSetting, PotentialRun, Settings};

use super::with;
use crate::Failure;
use crate::training::Session;

/// The potentials of the paper's figures.
const PAPER_BENCHMARKS: [&str; 3] = ["double-well", "cosine-well", "three-well"];

/// A completed run.
pub struct EnsembleMember {
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Constant data of the run, with its arrays.
    pub scene: (Scene, Vec<f32>),
    /// Final state of the run, with its arrays.
    pub frame: (Frame, Vec<f32>),
}

impl EnsembleMember {
    /// Metrics of the potential at the end.
    pub fn metrics(&self) -> &PotentialMetrics {
        self.frame.0.metrics.potential().expect("the runs are of potentials")
    }

    /// A range of the numbers of the last frame.
    pub fn part(&self, range: std::ops::Range<usize>) -> &[f32] {
        self.frame.1.get(range).unwrap_or_default()
    }
}

pub struct PotentialRuns {
    pub truth: Box<dyn KnownPotential>,
    /// Its wells.
    pub wells: usize,
    /// The runs, in the order of their seeds.
    pub members: Vec<EnsembleMember>,
}

impl PotentialRuns {
    /// Learning curves of the loss, the number of responsible modes and the number of active gates.
    pub fn learning_curves(&self) -> [LearningCurves; 3] {
        learning_curves(&self.members.iter().map(|member| (&member.frame.0, &member.frame.1[..])).collect::<Vec<_>>())
    }

    /// Representative run, which is the run with the median loss. For an even number of runs, it is the lower of the middle two.
    pub fn typical(&self) -> &EnsembleMember {
        let mut sorted: Vec<&EnsembleMember> = self.members.iter().collect();
        sorted.sort_by(|a, b| a.metrics().loss.total_cmp(&b.metrics().loss));
        sorted[(sorted.len() - 1) / 2]
    }

    /// Minimum, median and maximum of a number over the runs.
    pub fn spread(&self, of: impl Fn(&EnsembleMember) -> f64) -> [f64; 3] {
        let values: Vec<f64> = self.members.iter().map(of).collect();
        let [low, high] = extent(values.iter().copied());
        [low, median(values).unwrap_or(f64::NAN), high]
    }
}

/// Trains `settings` on each potential with each seed.
pub fn train(settings: &Settings, seeds: &[u64]) -> Result<Vec<PotentialRuns>, Failure> {
    let each = |benchmark: &&str| {
        let of = Settings { benchmark: (*benchmark).into(), ..settings.clone() };
        seeds.iter().map(move |&seed| with(&of, &format!("seed={seed}"))).collect::<Vec<_>>()
    };
    let all: Vec<Settings> = PAPER_BENCHMARKS.iter().flat_map(each).collect();
    let see = |mut run: PotentialRun| EnsembleMember {
        seed: run.settings.training.seed,
        scene: run.scene(),
        frame: run.frame(Freshness::Current),
    };
    let mut members = trained(&all, open_run, see)?.into_iter();
    let ensemble = |settings: &Settings| {
        let truth = target(settings).expect("a benchmark");
        let wells = of_potential(&*truth).minima.len();
        PotentialRuns { truth, wells, members: members.by_ref().take(seeds.len()).collect() }
    };
    Ok(all.iter().step_by(seeds.len()).map(ensemble).collect())
}

pub fn open_run(settings: Settings) -> Result<PotentialRun, Vec<InvalidSetting>> {
    PotentialRun::new(settings, DataSource::Benchmark, None)
}

/// Trains a run of each of these settings in parallel. `open` opens a run, and `see` extracts the data for the figures from it.
pub fn trained<J: Job, T: Send>(
    all: &[Settings],
    open: impl Fn(Settings) -> Result<J, Vec<InvalidSetting>> + Sync,
    see: impl Fn(J) -> T + Sync,
) -> Result<Vec<T>, Failure> {
    let session = Session::new(all.len(), all.iter().map(|settings| settings.training.epochs).sum())?;
    let one = |_: usize, settings: &Settings| {
        let mut job = open(settings.clone()).map_err(|problems| Failure::problems(&problems))?;
        session.train(&mut job);
        Ok(job.ended().is_some().then(|| see(job)))
    };
    complete(session.each(all, one)?)
}

/// Results of all runs. If a run is not complete, the call fails, because no figure is drawn from some of its runs.
pub fn complete<T>(results: Vec<Option<T>>) -> Result<Vec<T>, Failure> {
    let sentence = "stopped by Ctrl-C before all runs had ended: no figure of them was written";
    results.into_iter().collect::<Option<_>>().ok_or_else(|| Failure::Interrupted(sentence.into()))
}
