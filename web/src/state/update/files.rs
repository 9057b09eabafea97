//! What leaves the page and what enters it: links, settings, pictures, tables and models.

use crate::state::app::State;
use crate::state::columns::{self, Opened};
use crate::state::effect::Effect;
use crate::state::figures;
use crate::state::trainer::Phase;
use crate::state::view::{PICTURES, Picture};
use multiwell::controller::protocol::Table;
use multiwell::problem::settings::{Scaling, Settings};

impl State {
    pub(super) fn share(&mut self) {
        self.emit(Effect::Share(if self.frame.0.altered || self.origin.from_model {
            "Link copied. It carries the settings, but cannot replay this run, which was changed on the way."
        } else if self.origin.table.is_some() {
            "Link copied. It carries the settings, but not your data."
        } else {
            "Link copied: whoever follows it sees this run, bit for bit."
        }));
    }

    pub(super) fn save_settings(&mut self) {
        if let Ok(text) = serde_json::to_string(&self.settings) {
            self.download("settings.json", "application/json", text);
        }
    }

    /// Saves a picture by its name in the list: the number of a plot, or the name of a built-in picture.
    pub(super) fn save_picture(&mut self, wanted: &str, as_svg: bool) {
        let plot = wanted.parse().ok().and_then(|k| Some((Picture::Plot(k), self.own.plot(k)?.title.as_str())));
        let known = PICTURES.iter().find(|(.., name, _)| *name == wanted).unwrap_or(&PICTURES[0]);
        let (picture, name) = plot.unwrap_or((known.0, known.2));
        let name = name.split(':').next().unwrap_or_default().replace([' ', '/'], "-");
        if as_svg {
            let text = figures::svg(self, picture);
            self.download(&format!("{name}.svg"), "image/svg+xml", text);
        } else {
            self.emit(Effect::SaveImage(picture, format!("{name}.png")));
        }
    }

    pub(super) fn opened(&mut self, name: String, text: String) {
        if self.phase.is_idle() {
            self.say("There is no training worker yet; please open the file again in a moment.", true);
            return;
        }
        self.message = None;
        if name.to_ascii_lowercase().ends_with(".json") || text.trim_start().starts_with('{') {
            let running = self.phase != Phase::Paused;
            self.brings_older = Settings::are_older_in(&text);
            self.start(self.settings.clone(), self.origin.table.clone(), Some(text), running);
        } else {
            self.go_on_with(columns::open(name, text));
        }
    }

    pub(super) fn close_columns(&mut self, agreed: bool) {
        if let Some(choice) = self.columns.take().filter(|_| agreed) {
            self.go_on_with(choice.finish());
        }
    }

    fn go_on_with(&mut self, opened: Opened) {
        match opened {
            Opened::Learn(table, benchmark) => self.learn(table, &benchmark),
            Opened::Ask(choice) => {
                self.columns = Some(choice);
                self.emit(Effect::OpenDialog("columns-dialog"));
            }
            Opened::Refuse(words) => self.say(words, true),
        }
    }

    fn learn(&mut self, table: Table, benchmark: &str) {
        // As on the command line: a file's numbers may be of any size.
        let mut settings = self.settings_for(benchmark);
        if let Some(own) = settings.potential_mut() {
            own.scaling = Scaling::Standard;
            if table.has_slopes() && !table.target.is_empty() && own.value_weight == 0.0 {
                // A column that was chosen is meant to count.
                own.value_weight = 1.0;
            }
        }
        self.start(settings, Some(table), None, true);
    }
}
