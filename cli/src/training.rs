//! Training of one run or of several in parallel, with one progress bar, until every run has ended or Ctrl-C is pressed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use multiwell::internal::controller::epoch_rate::EpochRate;
use multiwell::internal::problem::job::{Job, JobProgress, epochs_of_slice};
use multiwell::internal::recipe::TrainingStep;
use multiwell::internal::text::whole;
use multiwell::plan::threads;
use rayon::prelude::*;

use crate::{Failure, print_error, table};

/// Names of the signals that request an early end.
pub const SIGNAL_NAMES: &str = "Ctrl-C or another signal";
/// Time between checks of the clock and of Ctrl-C while training.
const SLICE_TIME: Duration = Duration::from_millis(50);
/// Time between updates of the loss on the progress bar.
const UPDATE_INTERVAL: Duration = Duration::from_millis(500);
/// Minimum ratio of the update interval to the duration of the evaluation for an update. Training therefore remains most of the work, even with many
/// rows.
const MIN_TRAINING_RATIO: u32 = 20;

/// Runs that are trained together.
pub struct Session {
    bar: ProgressBar,
    /// True if there is a single run, whose loss the bar shows.
    is_single: bool,
    /// True if the bar counts epochs. If not, the caller counts its units of work with [`Session::count`].
    counts_epochs: bool,
    is_interrupted: Arc<AtomicBool>,
}

impl Session {
    /// Shows a progress bar for `runs` runs with a total of `epochs` epochs, and watches for Ctrl-C. The bar is hidden if standard error is not a
    /// terminal.
    pub fn new(runs: usize, epochs: u64) -> Result<Self, Failure> {
        // The remaining time of a single run is estimated from the lengths of its stages. Several runs count their epochs.
        let template = if runs == 1 {
            "{bar:30} {msg}"
        } else {
            "{bar:30} epoch {human_pos} of {human_len}   {per_sec}   {eta} left   {msg}"
        };
        let bar = bar(epochs, template);
        let session = Self { bar, is_single: runs == 1, counts_epochs: true, is_interrupted: watch_for_interrupt()? };
        if runs > 1 {
            session.show(format!("{runs} runs"));
        }
        Ok(session)
    }

    /// Shows a progress bar for `fits` fits, which [`Session::count`] counts, and watches for Ctrl-C.
    pub fn of_fits(fits: usize) -> Result<Self, Failure> {
        let bar = bar(fits as u64, "{bar:30} {pos} of {len} fits   {msg}");
        bar.enable_steady_tick(UPDATE_INTERVAL);
        Ok(Self { bar, is_single: false, counts_epochs: false, is_interrupted: watch_for_interrupt()? })
    }

    /// Returns true if Ctrl-C was pressed, or [`Session::stop`] called.
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::Relaxed)
    }

    /// Ends training like Ctrl-C.
    pub fn stop(&self) {
        self.is_interrupted.store(true, Ordering::Relaxed);
    }

    /// Shows a text beside the bar.
    pub fn show(&self, text: String) {
        self.bar.set_message(text);
    }

    /// Shows a text beside the bar, or writes it as a line if the bar is hidden.
    pub fn announce(&self, text: String) {
        if self.bar.is_hidden() {
            print_error(&text);
        }
        self.show(text);
    }

    /// Counts epochs that were trained by other means than [`Session::train`], or fits.
    pub fn count(&self, done: u64) {
        self.bar.inc(done);
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Trains a run until it has ended or is interrupted. The bar expects the epochs of the run's settings.
    pub fn train(&self, job: &mut dyn Job) {
        if self.counts_epochs {
            self.bar.inc_length(job.progress().last_epoch.saturating_sub(job.settings().training.epochs));
        }
        let (begun, mut rate) = (Instant::now(), EpochRate::default());
        let (mut slice, mut next_update) = (1, begun + UPDATE_INTERVAL);
        while job.ended().is_none() && !self.is_interrupted() {
            let start = Instant::now();
            let done = job.advance(slice);
            let before = Instant::now();
            slice = epochs_of_slice(SLICE_TIME, slice, before - start);
            let [work, left] = job.work_done_and_left();
            rate.record((before - begun).as_secs_f64() * 1e3, work);
            if self.is_single {
                self.bar.set_length(work + left);
                self.bar.set_position(work);
            } else if self.counts_epochs {
                self.bar.inc(done);
            }
            if self.is_single && !self.bar.is_hidden() && before > next_update {
                let stage =
                    job.stage().map(|stage| format!("{} {} of {}   ", TrainingStep::in_words(&stage.name), stage.done, stage.of));
                let left = rate
                    .seconds_for(left)
                    .map(|seconds| format!("   about {} left", HumanDuration(Duration::from_secs_f64(seconds))));
                self.show(format!(
                    "epoch {}   {}loss {}{}",
                    whole(job.progress().epoch),
                    stage.unwrap_or_default(),
                    job.metrics().loss().map_or_else(String::new, table::number),
                    left.unwrap_or_default()
                ));
                next_update = Instant::now() + UPDATE_INTERVAL.max(MIN_TRAINING_RATIO * before.elapsed());
            }
        }
        if job.ended().is_some() && !self.is_single && self.counts_epochs {
            let JobProgress { epoch, last_epoch, .. } = job.progress();
            self.bar.inc(last_epoch.saturating_sub(epoch));
        }
    }

    /// Calls `one` with each of `items` and its index on the threads of rayon, and then removes the bar. If there are fewer threads than items,
    /// several items run on one thread. The results keep the order of `items`. There is no result for an item that had not begun when training was
    /// interrupted.
    pub fn each<Item: Sync, T: Send>(
        &self,
        items: &[Item],
        one: impl Fn(usize, &Item) -> Result<Option<T>, Failure> + Sync,
    ) -> Result<Vec<Option<T>>, Failure> {
        let is_crowded = items.len() > 1 && items.len() >= rayon::current_num_threads();
        let one = |(k, item)| match (self.is_interrupted(), is_crowded) {
            (true, _) => Ok(None),
            (_, true) => threads::single_threaded(|| one(k, item)),
            _ => one(k, item),
        };
        // Threads take single items from the list, so that long and short runs are evenly distributed.
        let results = items.par_iter().enumerate().with_max_len(1).map(one).collect();
        self.finish();
        results
    }
}

fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()).with_style(style)
}

/// Flag that Ctrl-C sets, one for the whole process. A second Ctrl-C ends the process at once. A termination signal and the end of the terminal,
/// which a system may repeat, set the flag, too.
fn watch_for_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    static STOP_FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(flag) = STOP_FLAG.get() {
        return Ok(Arc::clone(flag));
    }
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|error| Failure::Failed(format!("Ctrl-C cannot be watched for ({error})")))?;
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGTERM};
        for signal in [SIGTERM, SIGHUP].into_iter().filter(|&signal| signal != SIGHUP || !ignores_end_of_terminal()) {
            let watched = signal_hook::flag::register(signal, Arc::clone(&flag));
            watched.map_err(|error| Failure::Failed(format!("signals cannot be watched for ({error})")))?;
        }
    }
    Ok(Arc::clone(STOP_FLAG.get_or_init(|| flag)))
}

/// Returns true if the process must continue without its terminal, as under `nohup`. It reads the first bit of the ignored signals, if the system
/// shows them.
#[cfg(unix)]
fn ignores_end_of_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slice_duration_converges_for_any_epoch_cost() {
        for epoch in [1e-7, 1e-4, 3.0] {
            let mut slice = 1;
            for _ in 0..20 {
                slice = epochs_of_slice(SLICE_TIME, slice, Duration::from_secs_f64(epoch * slice as f64));
            }
            let seconds = slice as f64 * epoch;
            assert!(slice == 1 || slice == 1 << 20 || (0.01..=0.05).contains(&seconds), "{epoch}: {slice}");
        }
    }
}
