//! Runs are pinned, shown again, and let go.

use crate::state::app::State;
use crate::state::pins::{MOST, Pin};
use crate::state::view::Panel;

impl State {
    /// Pins the run that is shown, as it is now; one that was pinned before takes its own place.
    pub(super) fn pin(&mut self) {
        if !self.has_frame {
            return;
        }
        let run = self.trainer.run;
        self.pins.retain(|pin| pin.run != run);
        let Some(letter) = (0..MOST).find(|letter| self.pins.iter().all(|pin| pin.letter != *letter)) else {
            self.say(format!("{MOST} runs are pinned; unpin one first."), true);
            return;
        };
        let pin = Pin::new(self, letter);
        self.announce(format!("Pinned as {}.", pin.name()));
        let place = self.pins.iter().take_while(|other| other.letter < letter).count();
        self.pins.insert(place, pin);
        self.chosen_panel = Some(Panel::Pinned);
        self.repaint();
    }

    /// Shows a pinned run again, as it was left or, if it is gone, begun anew; or lets it go.
    pub(super) fn use_pin(&mut self, letter: usize, ends: bool) {
        let Some(place) = self.pins.iter().position(|pin| pin.letter == letter) else { return };
        if ends {
            self.pins.remove(place);
            self.tidy();
            return self.repaint();
        }
        let Pin { run, settings, table, .. } = &self.pins[place];
        let (run, settings, table) = (*run, settings.clone(), table.clone());
        if run != self.trainer.run && !self.go_to_run(run, false) {
            self.start(settings, table, None, true);
        }
    }
}
