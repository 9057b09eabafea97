//! The runs that figures are made of: several seeds on each of the paper's potentials, trained at once.

use crate::parallel::in_parallel;
use multiwell::controller::learning_curves::{LearningCurves, median};
use multiwell::controller::protocol::{Frame, Scene};
use multiwell::landscape::of_potential;
use multiwell::potentials::Potential;
use multiwell::problem::potential::target;
use multiwell::problem::{Run, Settings, Source};

use super::with;
use crate::{Failure, fit};

/// The potentials of the paper's figures.
const BENCHMARKS: [&str; 3] = ["double-well", "cosine-well", "three-well"];

/// A run that has ended.
pub struct Member {
    /// Seed of the initial parameters.
    pub seed: u64,
    /// What did not change during the run, with its numbers.
    pub scene: (Scene, Vec<f32>),
    /// Its end, with its numbers.
    pub frame: (Frame, Vec<f32>),
}

impl Member {
    /// A part of the frame's numbers.
    pub fn part(&self, range: std::ops::Range<usize>) -> &[f32] {
        self.frame.1.get(range).unwrap_or_default()
    }
}

/// The runs on one potential.
pub struct Ensemble {
    /// The potential.
    pub truth: Box<dyn Potential>,
    /// Its wells.
    pub wells: usize,
    /// The runs, in the order of their seeds.
    pub members: Vec<Member>,
}

impl Ensemble {
    /// The courses of one quantity, which `of` takes from each member.
    pub fn learning_curves<'a>(&'a self, of: impl Fn(&'a Member) -> &'a [f32]) -> LearningCurves {
        let histories: Vec<_> = self.members.iter().map(|m| (m.part(m.frame.0.layout.epochs()), of(m))).collect();
        LearningCurves::new(&histories)
    }

    /// The courses of the loss: of each entry of a history the geometric mean of its smallest and largest.
    pub fn losses(&self) -> LearningCurves {
        let of = |m: &Member| -> Vec<f32> {
            let layout = m.frame.0.layout;
            m.part(layout.loss_low()).iter().zip(m.part(layout.loss_high())).map(|(&l, &h)| (l * h).sqrt()).collect()
        };
        let losses: Vec<Vec<f32>> = self.members.iter().map(of).collect();
        let histories: Vec<_> =
            self.members.iter().zip(&losses).map(|(m, loss)| (m.part(m.frame.0.layout.epochs()), &loss[..])).collect();
        LearningCurves::new(&histories)
    }

    /// What is shown where one run must stand for all: the one whose loss is the median (of an even number the lower middle).
    pub fn typical(&self) -> &Member {
        let mut sorted: Vec<&Member> = self.members.iter().collect();
        sorted.sort_by(|a, b| a.frame.0.report.loss.total_cmp(&b.frame.0.report.loss));
        sorted[(sorted.len() - 1) / 2]
    }

    /// Lowest, median and highest of a number of the report.
    pub fn spread(&self, of: impl Fn(&Member) -> f64) -> [f64; 3] {
        let values: Vec<f64> = self.members.iter().map(of).collect();
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        [low, median(values), high]
    }
}

/// Trains `settings` on each potential with each seed.
pub fn train(settings: &Settings, seeds: &[u64]) -> Result<Vec<Ensemble>, Failure> {
    let is_interrupted = fit::watch_for_interrupt()?;
    let each = |benchmark: &&str| {
        let of = Settings { benchmark: (*benchmark).into(), ..settings.clone() };
        seeds.iter().map(move |&seed| with(&of, &format!("seed={seed}"))).collect::<Vec<_>>()
    };
    let all: Vec<Settings> = BENCHMARKS.iter().flat_map(each).collect();
    let bar = fit::progress_bar(settings.training.epochs.saturating_mul(all.len() as u64));
    bar.set_message(format!("{} runs", all.len()));
    let one = |k: usize, run: &mut Run| {
        fit::train(run, &bar, false, &is_interrupted);
        run.ended()?;
        Some(Member { seed: all[k].training.seed, scene: run.scene(), frame: run.frame(0.0) })
    };
    let members = in_parallel(&all, &Source::Benchmark, None, one);
    bar.finish_and_clear();
    let members: Option<Vec<Member>> = members.map_err(|problems| Failure::problems(&problems))?.into_iter().collect();
    let Some(members) = members else {
        return Err(Failure::Interrupted("stopped by Ctrl-C before all runs had ended: no figure of them was written".into()));
    };
    let mut members = members.into_iter();
    let ensemble = |settings: &Settings| {
        let truth = target(settings).expect("a benchmark");
        let wells = of_potential(&*truth).minima.len();
        Ensemble { truth, wells, members: members.by_ref().take(seeds.len()).collect() }
    };
    Ok(all.iter().step_by(seeds.len()).map(ensemble).collect())
}
