//! Import and export: reducer.

use crate::state::app::State;
use crate::state::columns::{self, TableStep};
use crate::state::effect::Effect;
use crate::state::export::{Form, PictureSheet};
use crate::state::figures::palette;
use crate::state::files::FileReader;
use crate::state::phase::Phase;
use crate::state::timeline::Direction;
use multiwell::internal::controller::protocol::{Bytes, Look, NamedBytes, Reply, Request, UserTable};
use multiwell::internal::problem::proposal::Proposal;
use multiwell::internal::problem::settings::{Scaling, Settings};

impl State {
    pub(super) fn save_settings(&mut self) {
        if let Ok(text) = serde_json::to_string(&self.run.settings) {
            self.queue.download("settings.json", "application/json", text);
        }
    }

    /// Saves a fit that was written in another form, or says why it could not be.
    pub(super) fn exported(&mut self, exported: Result<(Vec<u8>, String, String), String>) {
        match exported {
            Ok((bytes, extension, title)) => {
                self.queue.download(format!("model.{extension}"), "", bytes);
                self.feedback.show_message(format!("Saved as model.{extension}: {title}."));
            }
            Err(why) => self.feedback.show_error(format!("The fit was not exported: {why}.")),
        }
    }

    /// Saves a picture, or the whole view.
    pub(super) fn save_picture(&mut self, which: &str, form: Form, dark: Option<bool>, scale: u32) {
        let (sheet, is_dark) = (PictureSheet::new(self, which), dark.unwrap_or(self.environment.is_dark));
        match form {
            Form::Svg => {
                let text = sheet.svg(self, palette(is_dark));
                self.queue.download(format!("{}.svg", sheet.name), "image/svg+xml", text);
            }
            Form::Csv => {
                let text = sheet.csv(self);
                self.queue.download(format!("{}.csv", sheet.name), "text/csv", text);
            }
            Form::Table => {
                let text = sheet.csv(self);
                self.queue.emit(Effect::ShowNumbers(sheet.name, text));
            }
            Form::Png => self.queue.emit(Effect::SaveImage { sheet, is_dark, scale: scale.clamp(1, 4) }),
        }
    }

    /// Goes on with files that were opened: a model file, a table, or several tables of samples.
    pub(super) fn opened(&mut self, files: Vec<NamedBytes>) {
        if !self.accept_files(0) {
            return;
        }
        let is_model =
            |name: &str, bytes: &[u8]| name.to_ascii_lowercase().ends_with(".json") || bytes.trim_ascii_start().starts_with(b"{");
        match files.as_slice() {
            [(name, bytes)] if is_model(name, bytes) => self.open_model(&String::from_utf8_lossy(bytes)),
            _ => self.look_into(files),
        }
    }

    /// Goes on with a large file, of which this is the beginning.
    pub(super) fn opened_large(&mut self, beginning: NamedBytes, number: u32) {
        if self.accept_files(number) {
            self.look_into(vec![beginning]);
        }
    }

    /// Prepares for files that were opened. Returns whether they can be read now.
    fn accept_files(&mut self, large_file: u32) -> bool {
        if self.phase.is_idle() {
            self.feedback.show_error("There is no training worker yet; please open the file again in a moment.");
            return false;
        }
        self.feedback.message = None;
        self.files.large_file = large_file;
        // Files that are opened are not the table of a link that is on its way.
        if self.files.linked_table.take().is_some() {
            self.address.requested_view = None;
        }
        true
    }

    /// Goes back to the run before while a large file is read.
    pub(super) fn cancel_reading(&mut self) {
        self.feedback.message = None;
        self.requests.pending = None;
        if self.resume_previous_worker() {
            self.address.requested_view = None;
        } else {
            // A request that was given up is not resumed.
            self.run.worker = None;
            self.travel(Direction::Back);
            self.tidy();
        }
    }

    /// Asks for the table of a link with these settings.
    pub(super) fn fetch(&mut self, address: String, settings: Settings) {
        self.files.linked_table = Some((address.clone(), settings));
        self.files.large_file = 0;
        self.feedback.show_message(format!("Reading {} …", name_of(&address)));
        self.queue.emit(Effect::Fetch(address));
    }

    /// Goes on with the table of a link, if it is still the one that is awaited.
    pub(super) fn fetched(&mut self, address: &str, file: Result<Vec<u8>, String>) {
        if self.files.linked_table.as_ref().is_none_or(|(awaited, _)| awaited != address) {
            return;
        }
        match file {
            Ok(bytes) => self.look_into(vec![(name_of(address).into(), Bytes::from(bytes))]),
            Err(why) => self.give_up_link(&why),
        }
    }

    /// Says why the table of a link cannot be learnt from, and shows something else if there is nothing yet.
    fn give_up_link(&mut self, why: &str) {
        let Some((address, _)) = self.files.linked_table.take() else { return };
        self.address.requested_view = None;
        if self.phase == Phase::Loading {
            self.run.settings = Settings::default();
            self.spawn(true);
        }
        self.feedback.show_error(format!("The data of the link, {address}, could not be used: {}.", why.trim_end_matches('.')));
    }

    fn open_model(&mut self, text: &str) {
        let running = self.phase != Phase::Paused;
        self.address.is_older_recipe = Settings::are_older_in(text);
        self.start(self.run.settings.clone(), self.run.origin.table.clone(), Some(text.into()), running);
    }

    /// Starts a worker that looks into files; the training worker goes on meanwhile.
    fn look_into(&mut self, files: Vec<NamedBytes>) {
        self.queue.emit(self.files.stop_reader());
        self.end_spare();
        let worker = self.workers.next_number();
        self.files.reader = Some(FileReader { worker, unsent: files });
        self.queue.emit(Effect::Launch(worker));
    }

    /// Gives up a link's table and files that are being read. A later request takes their place.
    pub(super) fn give_up_files(&mut self) {
        self.files.linked_table = None;
        self.queue.emit(self.files.stop_reader());
    }

    /// Handles a reply of the worker that reads files.
    pub(super) fn handle_file_reply(&mut self, worker: u32, reply: Reply) {
        match reply {
            Reply::Ready => {
                let files = self.files.reader.as_mut().map(|reader| std::mem::take(&mut reader.unsent)).unwrap_or_default();
                self.queue.emit(Effect::Post(worker, Request::Look { files }));
            }
            Reply::Looked { look } if self.files.large_file != 0 => {
                (self.files.reader, self.workers.spare) = (None, Some(worker));
                self.looked(look);
                if self.files.columns.is_none() {
                    self.end_spare();
                }
            }
            Reply::Looked { look } => {
                self.end_reading(worker, None);
                self.looked(look);
            }
            _ => {}
        }
    }

    /// Ends the worker that looks into files, and says why if it has failed.
    pub(super) fn end_reading(&mut self, worker: u32, failed: Option<String>) {
        self.files.reader = None;
        self.queue.emit(Effect::Terminate(worker));
        let Some(why) = failed else { return };
        if self.files.linked_table.is_some() {
            self.give_up_link(&why);
        } else {
            self.feedback.show_error(format!("The file could not be read: {}.", why.trim_end_matches('.')));
        }
    }

    /// Goes on with what was seen of a table.
    fn looked(&mut self, look: Result<(Look, Proposal), String>) {
        let Some((address, settings)) = self.files.linked_table.clone() else {
            let large_file = self.files.large_file;
            return self.apply_table_step(look.map_or_else(TableStep::Refuse, |seen| columns::open(seen, large_file)));
        };
        let kind = if settings.has_own_data() { &settings.benchmark } else { "" };
        match look.map_or_else(TableStep::Refuse, |seen| columns::open_as(seen, kind)) {
            TableStep::Learn(table, benchmark) => {
                self.feedback.message = None;
                let settings = if kind.is_empty() { scaled(settings.moved_to(&benchmark), &table) } else { settings };
                self.start(settings, Some(table), None, true);
                if let Some(pending) = &mut self.requests.pending {
                    pending.origin.address = Some(address);
                }
            }
            TableStep::Refuse(why) => self.give_up_link(&why),
            TableStep::Ask(choice) => {
                let problem = choice.problem.clone();
                self.give_up_link(&problem);
                self.apply_table_step(TableStep::Ask(choice));
            }
        }
    }

    pub(super) fn accept_columns(&mut self) {
        if let Some(choice) = self.files.columns.take() {
            self.apply_table_step(choice.finish());
        }
        if self.files.columns.is_none() {
            self.end_spare();
        }
    }

    /// Closes the dialog about a table, which is not learnt.
    pub(super) fn cancel_columns(&mut self) {
        self.files.columns = None;
        self.end_spare();
    }

    /// Ends the worker that has looked into a large file, if nobody wants it.
    fn end_spare(&mut self) {
        self.queue.emit(self.workers.spare.take().map(Effect::Terminate));
    }

    fn apply_table_step(&mut self, opened: TableStep) {
        match opened {
            TableStep::Learn(table, benchmark) => self.start_on_table(table, &benchmark),
            TableStep::Ask(choice) => {
                self.files.columns = Some(choice);
                self.queue.emit(Effect::OpenDialog("columns-dialog"));
            }
            TableStep::Refuse(words) => self.feedback.show_error(words),
        }
    }

    fn start_on_table(&mut self, table: UserTable, benchmark: &str) {
        let settings = scaled(self.run.settings_for(benchmark), &table);
        self.start(settings, Some(table), None, true);
    }
}

/// The settings for a table that somebody has opened.
fn scaled(mut settings: Settings, table: &UserTable) -> Settings {
    if let Some(own) = settings.potential_mut() {
        // As on the command line: a file's numbers may be of any size.
        own.scaling = Scaling::Standard;
        if table.columns.has_slopes() && table.columns.target.is_some() && own.value_weight == 0.0 {
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
