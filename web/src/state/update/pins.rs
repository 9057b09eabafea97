//! Pinning, restoring and unpinning of runs.

use crate::state::app::State;
use crate::state::pins::{MAX_PINS, Pin};
use crate::state::view::LowerPanel;

impl State {
    /// Pins the current state of the run. A run that is already pinned keeps its position.
    pub(super) fn pin(&mut self) {
        if !self.run.has_frame {
            return;
        }
        let run = self.run.number;
        self.pins.retain(|pin| pin.run != run);
        let Some(letter) = (0..MAX_PINS).find(|letter| self.pins.iter().all(|pin| pin.letter != *letter)) else {
            self.feedback.show_error(format!("{MAX_PINS} runs are pinned; unpin one first."));
            return;
        };
        let pin = Pin::new(self, letter);
        self.queue.announce(format!("Pinned as {}.", pin.name()));
        let place = self.pins.iter().take_while(|other| other.letter < letter).count();
        self.pins.insert(place, pin);
        self.views.panel = Some(LowerPanel::Pinned);
        self.repaint();
    }

    /// Unpins a run. Does nothing if the letter has no pin.
    pub(super) fn remove_pin(&mut self, letter: usize) {
        let Some(index) = self.pins.iter().position(|pin| pin.letter == letter) else { return };
        self.pins.remove(index);
        self.drop_unused_runs();
        self.repaint();
    }

    /// Recalls a pinned run, or starts it from its settings if no worker holds it. Does nothing if the letter has no pin.
    pub(super) fn restore_pin(&mut self, letter: usize) {
        let Some(Pin { run, settings, table, .. }) = self.pins.iter().find(|pin| pin.letter == letter) else { return };
        let (run, settings, table) = (*run, settings.clone(), table.clone());
        if run != self.run.number && !self.go_to_run(run, false) {
            self.start(settings, table, None, true);
        }
    }
}
