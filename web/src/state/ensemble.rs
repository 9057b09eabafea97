//! An ensemble of runs with different seeds, trained by several workers: fits, losses and counts, as in Figure 2 of the paper.
//! Stopping the ensemble keeps the completed runs.

use multiwell::internal::controller::ensemble::{EnsembleTask, learning_curves};
use multiwell::internal::controller::protocol::{Frame, Scene, UserTable};
use multiwell::internal::plot::figures::paper::{counts, losses, powers};
use multiwell::internal::plot::figures::{Chart, ChartLayer, LearningCurves, MarkShape, Tone};
use multiwell::internal::plot::ticks::{number, whole};
use multiwell::internal::plot::{FitPanel, Fits, bounds};
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::metrics;
use multiwell::internal::text::counted;

/// Meaning of the best seed, see [`metrics::best`].
const BEST: &str = "Best: the smallest error expected on fresh rows, else on the samples.";
/// Maximum number of seeds of an ensemble.
pub const MAX_SEEDS: usize = 100;

/// Run of one seed.
#[derive(Debug)]
pub struct Seed {
    /// The seed.
    pub number: u64,
    /// Number of epochs trained.
    pub epochs: u64,
    /// Final frame with its numbers.
    pub end: Option<(Box<Frame>, Vec<f32>)>,
    /// True if the worker refused its settings.
    pub refused: bool,
}

/// The seeds of an ensemble and their results.
#[derive(Debug, Default)]
pub struct Ensemble {
    /// True if the ensemble has workers.
    pub has_workers: bool,
    /// Runs in the order of their seeds.
    pub seeds: Vec<Seed>,
    /// Settings of the first run.
    pub settings: Settings,
    /// Index of the best run in `seeds`.
    pub best: Option<usize>,
    /// True if the page's run is paused until the ensemble has ended.
    pub waits: bool,
    /// Version of the displayed contents.
    pub version: u64,
    domain: [f64; 2],
    /// Number of minima of the truth, if it is known.
    wells: Option<usize>,
    /// Losses, numbers of responsible modes and numbers of active gates of the completed runs.
    curves: [LearningCurves; 3],
}

impl Ensemble {
    /// An untrained ensemble, with the training tasks of its seeds.
    pub fn new(
        settings: &Settings,
        table: Option<&UserTable>,
        count: usize,
        scene: &Scene,
        version: u64,
    ) -> (Self, Vec<EnsembleTask>) {
        let numbers = (0..count as u64).map(|k| settings.training.seed + k);
        let task = |(number, seed)| EnsembleTask { number, settings: settings.with_seed(seed), table: table.cloned() };
        let tasks = (0..).zip(numbers.clone()).map(task).collect();
        let seeds = numbers.map(|number| Seed { number, epochs: 0, end: None, refused: false }).collect();
        let wells = scene.has_truth.then_some(scene.minima.len());
        let settings = settings.clone();
        let ensemble =
            Self { has_workers: true, seeds, settings, domain: scene.domain, wells, version: version + 1, ..Self::default() };
        (ensemble, tasks)
    }

    /// Number of runs that have ended.
    pub fn ended(&self) -> usize {
        self.seeds.iter().filter(|s| s.end.is_some() || s.refused).count()
    }

    /// Returns true if runs are being trained.
    pub fn is_training(&self) -> bool {
        self.has_workers && self.ended() < self.seeds.len()
    }

    /// Adds the result of a run.
    pub fn add_result(&mut self, number: usize, frame: Box<Frame>, numbers: Vec<f32>) {
        if let Some(seed) = self.seeds.get_mut(number) {
            seed.end = Some((frame, numbers));
        }
        self.version += 1;
        let ends = self.seeds.iter().filter_map(|seed| seed.end.as_ref());
        self.curves = learning_curves(&ends.map(|(frame, numbers)| (&**frame, &numbers[..])).collect::<Vec<_>>());
        let ended = self.seeds.iter().enumerate().filter_map(|(k, seed)| Some((k, &seed.end.as_ref()?.0.metrics)));
        self.best = metrics::best(ended);
    }

    /// Returns true if these settings and the ensemble's differ in the seed at most. True for an empty ensemble.
    pub fn is_of(&self, settings: &Settings) -> bool {
        self.seeds.is_empty() || settings.with_seed(self.settings.training.seed) == self.settings
    }

    /// Common range of all fits, used where neither the truth nor the data determine a range.
    fn span(&self) -> Option<[f64; 2]> {
        let of = |(frame, numbers): &(Box<Frame>, Vec<f32>)| bounds(numbers.get(frame.layout.fit())?, [&[]; 2]);
        let each = self.seeds.iter().filter_map(|seed| of(seed.end.as_ref()?));
        each.reduce(|[a, b], [low, high]| [a.min(low), b.max(high)])
    }

    /// Small pictures of the fits on a surface of this size.
    pub fn fits<'a>(&'a self, truth: &'a [f32], bounds: Option<[f64; 2]>, size: (f64, f64)) -> Fits<'a> {
        let columns = Fits::column_count(self.seeds.len(), size);
        // A narrower panel has room for a number only.
        let has_room = size.0 > 90.0 * columns as f64;
        let along = |x: f64| (x - self.domain[0]) / (self.domain[1] - self.domain[0]);
        let one = |(k, seed): (usize, &'a Seed)| {
            let end = seed.end.as_ref();
            let minima = end.into_iter().flat_map(|(frame, _)| frame.metrics.minima());
            let words = match end {
                Some((frame, _)) => frame.metrics.potential().map_or_else(String::new, |fit| {
                    let rmse = number(fit.rmse, 2);
                    if has_room { format!("{rmse}, {}", counted(fit.wells, "well")) } else { rmse }
                }),
                None if seed.refused => "refused".into(),
                None if seed.epochs > 0 && has_room => format!("epoch {}", whole(seed.epochs)),
                None => String::new(),
            };
            let best = self.best == Some(k);
            FitPanel {
                fit: end.map_or(&[][..], |(frame, numbers)| numbers.get(frame.layout.fit()).unwrap_or_default()),
                minima: minima.filter_map(|m| Some((along(*m.x.first()?), *m.modes.first()?))).collect(),
                name: format!("seed {}{}", seed.number, if best { ", best" } else { "" }),
                words,
                chosen: best,
            }
        };
        Fits {
            fits: self.seeds.iter().enumerate().map(one).collect(),
            columns,
            truth,
            bounds: bounds.or_else(|| self.span()).unwrap_or([0.0, 1.0]),
        }
    }

    /// Losses (0) or counts (1) against epochs, with a line at the cursor.
    pub fn chart(&self, which: usize, cursor: Option<f64>) -> Chart {
        let curves = &self.curves[which];
        // A recipe may end before the last epoch.
        let last_epoch = curves.epochs.last().copied().unwrap_or(self.settings.training.epochs as f64);
        let mut chart = if which == 0 {
            let shown = powers(curves.runs.iter().flatten().copied());
            let mut chart = losses(curves, last_epoch, shown);
            chart.upward = "loss of each seed".into();
            chart
        } else {
            counts(curves, last_epoch, "responsible modes of each seed", self.settings.training.modes, self.wells)
        };
        let spread = curves.middle_half();
        let edge = |k: usize| curves.epochs.iter().zip(&spread).map(move |(&e, ends)| (e, ends[k]));
        if curves.runs.len() > 3 {
            let band = edge(0).chain(edge(1).collect::<Vec<_>>().into_iter().rev()).collect();
            let tone = if which == 0 { Tone::Ink } else { Tone::Count };
            chart.layers.insert(0, ChartLayer::new(band, MarkShape::Band, tone).with_opacity(0.13).named("middle half"));
        }
        if let Some(epoch) = cursor {
            let ends = [0.0, 1.0].map(|end| (epoch, chart.y.value(end)));
            chart.layers.push(ChartLayer::new(ends.to_vec(), MarkShape::Line(1.0), Tone::Soft).with_opacity(0.6));
        }
        chart
    }

    /// Values beside the cursor in one of the charts.
    pub fn readout(&self, which: usize, epoch: f64) -> String {
        let curves = &self.curves[which];
        let after = curves.epochs.partition_point(|&e| e < epoch).min(curves.epochs.len().saturating_sub(1));
        let (Some(&at), Some(&median)) = (curves.epochs.get(after), curves.median.get(after)) else { return String::new() };
        let [low, high] = curves.middle_half()[after];
        format!("epoch {}\nmedian {}\nmiddle half {} to {}", whole(at as u64), number(median, 2), number(low, 2), number(high, 2))
    }

    /// Progress in one sentence.
    pub fn progress(&self) -> String {
        let (all, ended) = (self.seeds.len(), self.ended());
        match (self.has_workers, ended == all) {
            _ if all == 0 => "The same settings from other seeds, on all cores.".into(),
            (_, true) => format!("{all} of {all} done. {BEST} Click a fit to open it."),
            (true, _) if self.waits => format!("{ended} of {all} done; the run of the page waits."),
            (true, _) => format!("{ended} of {all} done."),
            (false, _) => format!("Stopped: {ended} of {all} done and kept. {BEST}"),
        }
    }
}
