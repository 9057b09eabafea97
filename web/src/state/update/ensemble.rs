//! Reducer of the ensemble: training, stopping, and moving to and from the timeline. The page's run waits, so that all cores train the ensemble.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::ensemble::{Ensemble, MAX_SEEDS};
use crate::state::phase::Phase;
use multiwell::internal::controller::ensemble::EnsembleEvent;

impl State {
    /// Stops and removes the ensemble, because it does not belong to the next run. Returns it for the timeline.
    pub(super) fn take_ensemble(&mut self) -> Option<Ensemble> {
        self.stop_pool();
        let mut taken = std::mem::take(&mut self.ensemble);
        (self.ensemble.version, taken.waits) = (taken.version + 1, false);
        (!taken.seeds.is_empty()).then_some(taken)
    }

    /// Restores an ensemble from the timeline.
    pub(super) fn put_ensemble(&mut self, ensemble: Ensemble) {
        self.stop_pool();
        let version = self.ensemble.version + 1;
        self.ensemble = ensemble;
        self.ensemble.version = version;
    }

    fn stop_pool(&mut self) {
        if std::mem::take(&mut self.ensemble.has_workers) {
            self.queue.emit(Effect::StopPool);
        }
    }

    pub(super) fn toggle_seeds(&mut self, runs: &str) {
        if self.ensemble.is_training() {
            self.stop_pool();
            self.seeds_over();
            return;
        }
        let Some(wanted) = runs.trim().parse::<usize>().ok().filter(|n| (1..=MAX_SEEDS).contains(n)) else {
            self.feedback.show_error(format!("The number of runs must be a whole number from 1 to {MAX_SEEDS}."));
            return;
        };
        self.feedback.message = None;
        let table = self.run.origin.table.as_ref().filter(|_| self.run.settings.has_own_data());
        let (ensemble, tasks) = Ensemble::new(&self.run.settings, table, wanted, &self.run.scene.0, self.ensemble.version);
        self.queue.emit(Effect::StartPool(tasks));
        self.ensemble = ensemble;
        if self.phase == Phase::Running {
            self.toggle();
            self.ensemble.waits = true;
        }
        self.queue.request_frame();
    }

    /// Continues the page's run after all seeds have ended or were stopped.
    fn seeds_over(&mut self) {
        if std::mem::take(&mut self.ensemble.waits) && self.phase == Phase::Paused {
            self.toggle();
        }
    }

    pub(super) fn handle_ensemble_event(&mut self, event: EnsembleEvent, numbers: Vec<f32>) {
        if !self.ensemble.has_workers {
            // Late message of a terminated worker.
            return;
        }
        let seeds = &mut self.ensemble.seeds;
        match event {
            EnsembleEvent::Ready => return,
            EnsembleEvent::Progress(number, epochs) => {
                if let Some(seed) = seeds.get_mut(number as usize) {
                    seed.epochs = epochs;
                    self.ensemble.version += 1;
                }
            }
            EnsembleEvent::Done(number, frame) => self.ensemble.add_result(number as usize, frame, numbers),
            EnsembleEvent::Refused(number, problems) => {
                if let Some(seed) = seeds.get_mut(number as usize) {
                    seed.refused = true;
                }
                self.ensemble.version += 1;
                self.show_problems("A run of the ensemble was refused.", &problems);
            }
            EnsembleEvent::Failed(message) => {
                self.feedback.show_error(format!("A worker of the ensemble has failed: {message}"));
            }
        }
        if !self.ensemble.is_training() {
            self.queue.announce("All runs of the ensemble have ended.");
            self.seeds_over();
        }
        self.queue.request_frame();
    }

    /// Trains a run with the seed of one of the fits. Both fits have the same bits.
    pub(super) fn open_seed(&mut self, seed: u64) {
        self.ensemble.waits = false;
        self.start_with_own_table(self.ensemble.settings.with_seed(seed), true);
        self.go_to_first_view();
    }
}
