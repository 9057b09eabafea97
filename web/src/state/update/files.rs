//! What leaves the page and what enters it: links, settings, pictures, tables and models.

use crate::state::app::State;
use crate::state::columns::{self, Opened};
use crate::state::effect::Effect;
use crate::state::export::{Form, Sheet};
use crate::state::figures::palette;
use crate::state::message::{Message, Remedy};
use crate::state::timeline::Direction;
use crate::state::trainer::Phase;
use multiwell::controller::protocol::{Bytes, File, Look, Reply, Request, Table};
use multiwell::problem::proposal::Proposal;
use multiwell::problem::settings::{Scaling, Settings};

impl State {
    pub(super) fn share(&mut self) {
        self.emit(Effect::Share(if self.frame.0.altered || self.origin.from_model {
            "Link copied. It carries the settings, but cannot replay this run, which was changed on the way."
        } else if self.origin.table.is_some() && self.origin.address.is_none() {
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

    /// Saves a fit that was written in another form, or says why it could not be.
    pub(super) fn exported(&mut self, exported: Result<(Vec<u8>, String, String), String>) {
        match exported {
            Ok((bytes, extension, title)) => {
                self.emit(Effect::DownloadBytes(format!("model.{extension}"), bytes));
                self.say(format!("Saved as model.{extension}: {title}."), false);
            }
            Err(why) => self.say(format!("The fit was not exported: {why}."), true),
        }
    }

    /// Saves a picture, or the whole view.
    pub(super) fn save_picture(&mut self, which: &str, form: Form, dark: Option<bool>, scale: u32) {
        let (sheet, is_dark) = (Sheet::new(self, which), dark.unwrap_or(self.dark));
        match form {
            Form::Svg => {
                let text = sheet.svg(self, palette(is_dark));
                self.download(&format!("{}.svg", sheet.name), "image/svg+xml", text);
            }
            Form::Csv => {
                let text = sheet.csv(self);
                self.download(&format!("{}.csv", sheet.name), "text/csv", text);
            }
            Form::Table => {
                let text = sheet.csv(self);
                self.emit(Effect::ShowNumbers(sheet.name, text));
            }
            Form::Png => self.emit(Effect::SaveImage { sheet, is_dark, scale: scale.clamp(1, 4) }),
        }
    }

    /// Goes on with files that were opened: a model file, a table, or several tables of samples.
    pub(super) fn opened(&mut self, files: Vec<File>) {
        if self.phase.is_idle() {
            self.say("There is no training worker yet; please open the file again in a moment.", true);
            return;
        }
        self.message = None;
        self.held = 0;
        self.give_up_link_for_files();
        let is_model =
            |name: &str, bytes: &[u8]| name.to_ascii_lowercase().ends_with(".json") || bytes.trim_ascii_start().starts_with(b"{");
        match files.as_slice() {
            [(name, bytes)] if is_model(name, bytes) => self.open_model(&String::from_utf8_lossy(bytes)),
            _ => self.look_into(files),
        }
    }

    /// Goes on with a large file, of which this is the beginning.
    pub(super) fn opened_large(&mut self, beginning: File, held: u32) {
        if self.phase.is_idle() {
            self.say("There is no training worker yet; please open the file again in a moment.", true);
            return;
        }
        self.message = None;
        self.held = held;
        self.give_up_link_for_files();
        self.look_into(vec![beginning]);
    }

    /// Goes back to the run before while a large file is read.
    pub(super) fn cancel_reading(&mut self) {
        self.message = None;
        self.trainer.pending = None;
        if self.resume_aside() {
            self.followed = None;
        } else {
            // What is given up is not returned to.
            self.trainer.shown_by = None;
            self.travel(Direction::Back);
            self.tidy();
        }
    }

    /// Says that a large file is read, with the way back.
    pub(super) fn say_reading(&mut self, name: &str) {
        let words = format!("Some rows of {name} are shown while all are read.");
        self.message = Some(Message::new(&words, false, Remedy::Cancel));
    }

    /// Asks for the table of a link with these settings.
    pub(super) fn fetch(&mut self, address: String, settings: Settings) {
        self.linked = Some((address.clone(), settings));
        self.held = 0;
        self.say(format!("Reading {} …", name_of(&address)), false);
        self.emit(Effect::Fetch(address));
    }

    /// Goes on with the table of a link, if it is still the one that is awaited.
    pub(super) fn fetched(&mut self, address: &str, file: Result<Vec<u8>, String>) {
        if self.linked.as_ref().is_none_or(|(awaited, _)| awaited != address) {
            return;
        }
        match file {
            Ok(bytes) => self.look_into(vec![(name_of(address).into(), Bytes::from(bytes))]),
            Err(why) => self.give_up_link(&why),
        }
    }

    /// Says why the table of a link cannot be learnt from, and shows something else if there is nothing yet.
    fn give_up_link(&mut self, why: &str) {
        let Some((address, _)) = self.linked.take() else { return };
        self.followed = None;
        if self.phase == Phase::Loading {
            self.settings = Settings::default();
            self.spawn(true);
        }
        self.say(format!("The data of the link, {address}, could not be used: {}.", why.trim_end_matches('.')), true);
    }

    fn open_model(&mut self, text: &str) {
        let running = self.phase != Phase::Paused;
        self.brings_older = Settings::are_older_in(text);
        self.start(self.settings.clone(), self.origin.table.clone(), Some(text.into()), running);
    }

    /// Starts a worker that looks into files; the training worker goes on meanwhile.
    fn look_into(&mut self, files: Vec<File>) {
        if let Some((worker, _)) = self.reading.take() {
            self.emit(Effect::Terminate(worker));
        }
        self.end_spare();
        self.trainer.workers += 1;
        let worker = self.trainer.workers;
        self.reading = Some((worker, files));
        self.emit(Effect::Launch(worker));
    }

    /// Gives up a link's table, and files that are looked into: what was asked for after them takes their place.
    pub(super) fn give_up_files(&mut self) {
        self.linked = None;
        if let Some((worker, _)) = self.reading.take() {
            self.emit(Effect::Terminate(worker));
        }
    }

    /// Gives up a link whose table is on its way: files that are opened are not that table.
    fn give_up_link_for_files(&mut self) {
        if self.linked.take().is_some() {
            self.followed = None;
        }
    }

    /// Whether this is the worker that looks into files.
    pub(super) fn is_reader(&self, worker: u32) -> bool {
        self.reading.as_ref().is_some_and(|(reader, _)| *reader == worker)
    }

    /// What the worker says that looks into files.
    pub(super) fn hear_of_files(&mut self, worker: u32, reply: Reply) {
        match reply {
            Reply::Ready => {
                let files = self.reading.as_mut().map(|(_, files)| std::mem::take(files)).unwrap_or_default();
                self.emit(Effect::Post(worker, Request::Look { files }));
            }
            Reply::Looked { look } if self.held != 0 => {
                (self.reading, self.trainer.spare) = (None, Some(worker));
                self.looked(look);
                if self.columns.is_none() {
                    self.end_spare();
                }
            }
            Reply::Looked { look } => {
                self.end_reading(worker, None);
                self.looked(look);
            }
            Reply::Failed { message } => self.end_reading(worker, Some(message)),
            _ => {}
        }
    }

    /// Ends the worker that looks into files, and says why if it has failed.
    pub(super) fn end_reading(&mut self, worker: u32, failed: Option<String>) {
        self.reading = None;
        self.emit(Effect::Terminate(worker));
        let Some(why) = failed else { return };
        if self.linked.is_some() {
            self.give_up_link(&why);
        } else {
            self.say(format!("The file could not be read: {}.", why.trim_end_matches('.')), true);
        }
    }

    /// Goes on with what was seen of a table.
    fn looked(&mut self, look: Result<(Look, Proposal), String>) {
        let Some((address, settings)) = self.linked.clone() else {
            let held = self.held;
            return self.go_on_with(look.map_or_else(Opened::Refuse, |seen| columns::open(seen, held)));
        };
        let kind = if settings.has_own_data() { &settings.benchmark } else { "" };
        match look.map_or_else(Opened::Refuse, |seen| columns::open_as(seen, kind)) {
            Opened::Learn(table, benchmark) => {
                self.message = None;
                let settings = if kind.is_empty() { scaled(settings.moved_to(&benchmark), &table) } else { settings };
                self.start(settings, Some(table), None, true);
                if let Some(pending) = &mut self.trainer.pending {
                    pending.origin.address = Some(address);
                }
            }
            Opened::Refuse(why) => self.give_up_link(&why),
            Opened::Ask(choice) => {
                let problem = choice.problem;
                self.give_up_link(problem);
                self.go_on_with(Opened::Ask(choice));
            }
        }
    }

    pub(super) fn close_columns(&mut self, agreed: bool) {
        if let Some(choice) = self.columns.take().filter(|_| agreed) {
            self.go_on_with(choice.finish());
        }
        if self.columns.is_none() {
            self.end_spare();
        }
    }

    /// Ends the worker that has looked into a large file, if nobody wants it.
    fn end_spare(&mut self) {
        if let Some(worker) = self.trainer.spare.take() {
            self.emit(Effect::Terminate(worker));
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
        let settings = scaled(self.settings_for(benchmark), &table);
        self.start(settings, Some(table), None, true);
    }
}

/// The settings for a table that somebody has opened.
fn scaled(mut settings: Settings, table: &Table) -> Settings {
    if let Some(own) = settings.potential_mut() {
        // As on the command line: a file's numbers may be of any size.
        own.scaling = Scaling::Standard;
        if table.has_slopes() && !table.target.is_empty() && own.value_weight == 0.0 {
            // A column that was chosen is meant to count.
            own.value_weight = 1.0;
        }
    }
    settings
}

/// The last part of an address.
fn name_of(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}
