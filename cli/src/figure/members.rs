//! The runs that figures are drawn from, trained at once.

use multiwell::controller::ensemble::learning_curves;
use multiwell::controller::protocol::{Frame, Scene};
use multiwell::landscape::of_potential;
use multiwell::numerics::statistics::median;
use multiwell::plot::figures::LearningCurves;
use multiwell::potentials::KnownPotential;
use multiwell::problem::job::Job;
use multiwell::problem::potential::{PotentialMetrics, target};
use multiwell::problem::{InvalidSetting, Run, Settings, Source};

use super::with;
use crate::Failure;
use crate::training::Session;

/// The potentials of the paper's figures.
const BENCHMARKS: [&str; 3] = ["double-well", "cosine-well", "three-well"];

/// A run that has ended.
pub struct Member {
    /// Seed of the initial parameters.
    pub seed: u64,
    /// The part of its state that did not change during the run, with its numbers.
    pub scene: (Scene, Vec<f32>),
    /// Its state at the end, with its numbers.
    pub frame: (Frame, Vec<f32>),
}

impl Member {
    /// The numbers of the potential at the end.
    pub fn own(&self) -> &PotentialMetrics {
        self.frame.0.metrics.potential().expect("the runs are of potentials")
    }

    /// A part of the numbers of the last frame.
    pub fn part(&self, range: std::ops::Range<usize>) -> &[f32] {
        self.frame.1.get(range).unwrap_or_default()
    }
}

/// The runs on one potential.
pub struct Ensemble {
    /// The potential.
    pub truth: Box<dyn KnownPotential>,
    /// Its wells.
    pub wells: usize,
    /// The runs, in the order of their seeds.
    pub members: Vec<Member>,
}

impl Ensemble {
    /// The learning curves of loss, number of responsible modes and number of active gates.
    pub fn learning_curves(&self) -> [LearningCurves; 3] {
        learning_curves(&self.members.iter().map(|member| (&member.frame.0, &member.frame.1[..])).collect::<Vec<_>>())
    }

    /// The run that is shown for all: the run with the median loss (of an even number of runs, the lower of the middle two).
    pub fn typical(&self) -> &Member {
        let mut sorted: Vec<&Member> = self.members.iter().collect();
        sorted.sort_by(|a, b| a.own().loss.total_cmp(&b.own().loss));
        sorted[(sorted.len() - 1) / 2]
    }

    /// Lowest, median and highest of a number of the runs.
    pub fn spread(&self, of: impl Fn(&Member) -> f64) -> [f64; 3] {
        let values: Vec<f64> = self.members.iter().map(of).collect();
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        [low, median(values).unwrap_or(f64::NAN), high]
    }
}

/// Trains `settings` on each potential with each seed.
pub fn train(settings: &Settings, seeds: &[u64]) -> Result<Vec<Ensemble>, Failure> {
    let each = |benchmark: &&str| {
        let of = Settings { benchmark: (*benchmark).into(), ..settings.clone() };
        seeds.iter().map(move |&seed| with(&of, &format!("seed={seed}"))).collect::<Vec<_>>()
    };
    let all: Vec<Settings> = BENCHMARKS.iter().flat_map(each).collect();
    let see = |mut run: Run| Member { seed: run.settings().training.seed, scene: run.scene(), frame: run.frame(0.0) };
    let mut members = trained(&all, begin, see)?.into_iter();
    let ensemble = |settings: &Settings| {
        let truth = target(settings).expect("a benchmark");
        let wells = of_potential(&*truth).minima.len();
        Ensemble { truth, wells, members: members.by_ref().take(seeds.len()).collect() }
    };
    Ok(all.iter().step_by(seeds.len()).map(ensemble).collect())
}

/// Opens a run on a benchmark.
pub fn begin(settings: Settings) -> Result<Run, Vec<InvalidSetting>> {
    Run::new(settings, Source::Benchmark, None)
}

/// Trains a run of each of these settings at once. `open` opens a run, and `see` takes from it what figures show.
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

/// The results of all runs, if all of them have ended: no figure is drawn from a part of its runs.
pub fn complete<T>(results: Vec<Option<T>>) -> Result<Vec<T>, Failure> {
    let sentence = "stopped by Ctrl-C before all runs had ended: no figure of them was written";
    results.into_iter().collect::<Option<_>>().ok_or_else(|| Failure::Interrupted(sentence.into()))
}
