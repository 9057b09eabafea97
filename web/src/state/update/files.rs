//! Import and export: reducer.

use crate::state::app::State;
use crate::state::columns::{self, ColumnChoice, TableStep};
use crate::state::effect::Effect;
use crate::state::export::{Form, PictureSheet};
use crate::state::figures::palette;
use crate::state::files::{FileWorker, stop};
use crate::state::link::LinkView;
use crate::state::message::{Message, MessageAction};
use crate::state::phase::Phase;
use crate::state::run::INTERVALS_SETTING;
use crate::state::timeline::Direction;
use multiwell::internal::controller::protocol::{Bytes, NamedBytes, RawTable, Reply, Request, UserTable};
use multiwell::internal::controller::thumbnail::ThumbnailTask;
use multiwell::internal::data::csv::Columns;
use multiwell::internal::plot::ticks::number;
use multiwell::internal::problem::proposal::{MAX_DENSITY_INPUTS, Proposal};
use multiwell::internal::problem::settings::{Scaling, Settings};

/// Coefficient of determination below which a density fit is offered: the inputs explain less than half of the variance.
const MIN_R2: f64 = 0.5;

impl State {
    pub(super) fn save_settings(&mut self) {
        if let Ok(text) = serde_json::to_string(&self.run.settings) {
            self.queue.download("settings.json", "application/json", text);
        }
    }

    /// Saves an exported fit, or shows the error.
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

    /// Handles opened files: a model file, a table, or several tables of samples. Of a large file, which has a number other than 0, only the
    /// beginning is given.
    pub(super) fn opened(&mut self, files: Vec<NamedBytes>, large_file: u32) {
        if self.phase.is_idle() && self.files.awaited.is_none() {
            self.feedback.show_error("There is no training worker yet; please open the file again in a moment.");
            return;
        }
        self.feedback.message = None;
        self.files.large_file = large_file;
        // Opened files replace a linked table that is being fetched.
        if self.files.linked_table.take().is_some() {
            self.address.requested_view = None;
        }
        let is_model =
            |name: &str, bytes: &[u8]| name.to_ascii_lowercase().ends_with(".json") || bytes.trim_ascii_start().starts_with(b"{");
        match files.as_slice() {
            [(name, bytes)] if large_file == 0 && is_model(name, bytes) => self.open_model(&String::from_utf8_lossy(bytes)),
            _ => self.inspect_files(files),
        }
    }

    /// Returns to the previous run while a large file is read.
    pub(super) fn cancel_reading(&mut self) {
        self.feedback.message = None;
        self.requests.pending = None;
        if self.resume_previous_worker() {
            self.address.requested_view = None;
        } else {
            // A cancelled request is not resumed.
            self.run.worker = None;
            self.navigate(Direction::Back);
            self.drop_unused_runs();
        }
    }

    /// Fetches the table of a link with these settings.
    pub(super) fn fetch(&mut self, address: String, settings: Settings) {
        self.files.linked_table = Some((address.clone(), settings));
        self.files.large_file = 0;
        self.feedback.show_message(format!("Reading {} …", name_of(&address)));
        self.queue.emit(Effect::Fetch(address));
    }

    /// Handles the table of a link if it is still awaited.
    pub(super) fn fetched(&mut self, address: &str, file: Result<Vec<u8>, String>) {
        if self.files.linked_table.as_ref().is_none_or(|(awaited, _)| awaited != address) {
            return;
        }
        match file {
            Ok(bytes) => self.inspect_files(vec![(name_of(address).into(), Bytes::from(bytes))]),
            Err(why) => self.fail_link(&why),
        }
    }

    /// Reports why the table of a link cannot be used, and waits for another file.
    fn fail_link(&mut self, why: &str) {
        let Some((address, settings)) = self.files.linked_table.take() else { return };
        let shown = self.address.requested_view.take().unwrap_or_default();
        let why = format!("The data of the link, {address}, could not be used: {}.", why.trim_end_matches('.'));
        self.await_file(settings, shown, &why);
    }

    /// Waits for the file of a link with these settings and this view. The current run continues.
    pub(super) fn await_file(&mut self, settings: Settings, shown: LinkView, problem: &str) {
        self.address.is_older_recipe = false;
        let is_first = self.run.number == 0;
        if is_first {
            self.run.settings = settings.clone();
            self.pictures.is_revealed = true;
            self.enter(Phase::Awaiting);
        }
        self.files.awaited = Some((settings, shown));
        let words = if problem.is_empty() { "The link contains the settings of a run, but not its table." } else { problem };
        let action = if is_first { MessageAction::None } else { MessageAction::OpenFile };
        let message = Message::new(words, !problem.is_empty(), action);
        self.feedback.message = Some(message).filter(|message| message.is_error || !is_first);
    }

    fn open_model(&mut self, text: &str) {
        let running = self.phase != Phase::Paused;
        self.address.is_older_recipe = Settings::has_older_recipe(text);
        self.start(self.run.settings.clone(), self.run.origin.table.clone(), Some(text.into()), running);
    }

    /// Starts a worker that inspects files. The training worker continues.
    fn inspect_files(&mut self, files: Vec<NamedBytes>) {
        self.queue.emit(stop(&mut self.files.reader));
        self.end_spare();
        let worker = self.workers.next_number();
        self.files.reader = Some(FileWorker { worker, unsent: vec![Request::Inspect(files)] });
        self.queue.emit(Effect::Launch(worker));
    }

    /// Drops a link's table and files that are being read, because of a later request.
    pub(super) fn discard_pending_files(&mut self) {
        self.files.linked_table = None;
        self.queue.emit(stop(&mut self.files.reader));
    }

    /// Changes the choice of the columns, if there is one.
    pub(super) fn change_columns(&mut self, change: impl FnOnce(&mut ColumnChoice)) {
        if let Some(choice) = &mut self.files.columns {
            change(choice);
            self.draw_readings();
        }
    }

    /// Starts short fits of all readings without a picture.
    fn draw_readings(&mut self) {
        let Some(choice) = &mut self.files.columns else { return };
        let tables = choice.tables_to_draw();
        self.queue.emit(stop(&mut self.files.artist));
        if tables.is_empty() {
            return;
        }
        let task = |(table, benchmark, periods): (UserTable, String, String)| {
            let settings = scaled(self.run.settings_for(&benchmark), &table, periods);
            Request::Thumbnail(Box::new(ThumbnailTask { settings, table, is_dark: self.environment.is_dark }))
        };
        let unsent = tables.into_iter().map(task).collect();
        let worker = self.workers.next_number();
        self.files.artist = Some(FileWorker { worker, unsent });
        self.queue.emit(Effect::Launch(worker));
    }

    /// Handles a reply of a worker that reads or draws files.
    pub(super) fn handle_file_reply(&mut self, worker: u32, reply: Reply) {
        match reply {
            Reply::Ready => {
                let unsent = self.files.worker(worker).map(|known| std::mem::take(&mut known.unsent)).unwrap_or_default();
                self.queue.effects.extend(unsent.into_iter().map(|request| Effect::Post(worker, request)));
            }
            Reply::Thumbnail(benchmark, picture) => {
                if let Some(choice) = &mut self.files.columns {
                    choice.set_picture(&benchmark, picture);
                }
            }
            Reply::Inspected(table) if self.files.large_file != 0 => {
                (self.files.reader, self.workers.spare) = (None, Some(worker));
                self.handle_inspection(table);
                if self.files.columns.is_none() {
                    self.end_spare();
                }
            }
            Reply::Inspected(table) => {
                self.end_reading(worker, None);
                self.handle_inspection(table);
            }
            _ => {}
        }
    }

    /// Reports the failure of a worker that inspects files. If the worker that draws has failed, readings have no pictures.
    pub(super) fn file_worker_failed(&mut self, worker: u32, why: String) {
        if self.files.artist.as_ref().is_none_or(|artist| artist.worker != worker) {
            return self.end_reading(worker, Some(why));
        }
        self.queue.emit(stop(&mut self.files.artist));
        if let Some(choice) = &mut self.files.columns {
            choice.end_pictures(&why);
        }
    }

    /// Ends the worker that inspects files, and reports its failure if there is one.
    pub(super) fn end_reading(&mut self, worker: u32, failed: Option<String>) {
        self.files.reader = None;
        self.queue.emit(Effect::Terminate(worker));
        let Some(why) = failed else { return };
        if self.files.linked_table.is_some() {
            self.fail_link(&why);
        } else {
            self.feedback.show_error(format!("The file could not be read: {}.", why.trim_end_matches('.')));
        }
    }

    /// Handles the inspected contents of a table.
    fn handle_inspection(&mut self, table: Result<(RawTable, Proposal), String>) {
        let Some((address, settings)) = self.files.linked_table.clone() else {
            let large_file = self.files.large_file;
            let mut step = table.map_or_else(TableStep::Refuse, |table| columns::open(table, large_file));
            if let (TableStep::Ask(choice), Some((settings, _))) = (&mut step, &self.files.awaited)
                && settings.has_own_data()
            {
                choice.choose_kind(settings.benchmark.clone());
            }
            return self.apply_table_step(step);
        };
        let kind = if settings.has_own_data() { &settings.benchmark } else { "" };
        match table.map_or_else(TableStep::Refuse, |table| columns::open_as(table, kind)) {
            TableStep::Learn(table, benchmark, _) => {
                self.feedback.message = None;
                let settings =
                    if kind.is_empty() { scaled(settings.moved_to(&benchmark), &table, String::new()) } else { settings };
                self.start(settings, Some(table), None, true);
                if let Some(pending) = &mut self.requests.pending {
                    pending.origin.address = Some(address);
                }
            }
            TableStep::Refuse(why) => self.fail_link(&why),
            TableStep::Ask(choice) => {
                let problem = choice.problem.clone();
                self.fail_link(&problem);
                self.apply_table_step(TableStep::Ask(choice));
            }
        }
    }

    /// Closes the dialog about a table, and learns the table if it is accepted.
    pub(super) fn close_columns(&mut self, is_accepted: bool) {
        self.queue.emit(stop(&mut self.files.artist));
        if let Some(choice) = self.files.columns.take().filter(|_| is_accepted) {
            self.apply_table_step(choice.finish());
        }
        if self.files.columns.is_none() {
            self.end_spare();
        }
    }

    /// Ends the worker that has inspected a large file and is not needed.
    fn end_spare(&mut self) {
        self.queue.emit(self.workers.spare.take().map(Effect::Terminate));
    }

    fn apply_table_step(&mut self, opened: TableStep) {
        match opened {
            TableStep::Learn(table, benchmark, periods) => self.start_on_table(table, &benchmark, periods),
            TableStep::Ask(choice) => {
                self.files.columns = Some(choice);
                self.draw_readings();
                self.queue.emit(Effect::OpenDialog("columns-dialog"));
            }
            TableStep::Refuse(words) => self.feedback.show_error(words),
        }
    }

    /// Offers a density fit if the inputs of the reader's table explain little of its values.
    pub(super) fn offer_density(&mut self) {
        let is_open = self.feedback.message.as_ref().is_some_and(|message| message.action != MessageAction::None);
        let r2 = self.run.frame.0.metrics.potential().map_or(1.0, |fit| fit.r2);
        if is_open || r2 >= MIN_R2 || self.run.settings.benchmark != Settings::OWN_DATA || self.density_columns().is_none() {
            return;
        }
        let value = self.run.scene.0.names.last().map_or("the values", String::as_str);
        let percent = number(100.0 * r2.max(0.0), 2);
        let words =
            format!("The inputs explain {percent} % of the variance of {value}. If the rows are samples, fit their density.");
        self.feedback.message = Some(Message::new(&words, false, MessageAction::FitDensity));
    }

    /// Columns of the reader's table for a joint density, if it has values and few inputs.
    fn density_columns(&self) -> Option<Columns> {
        let columns = &self.run.origin.table.as_ref()?.columns;
        let inputs: Vec<String> = columns.inputs.iter().chain(&columns.target).cloned().collect();
        let is_possible = !columns.has_slopes() && columns.target.is_some() && inputs.len() <= MAX_DENSITY_INPUTS;
        is_possible.then(|| Columns { inputs, ..Columns::default() })
    }

    /// Fits the density of the columns of the reader's table.
    pub(super) fn fit_density(&mut self) {
        self.feedback.message = None;
        if let (Some(columns), Some(table)) = (self.density_columns(), self.run.origin.table.clone()) {
            let periods = self.run.settings.potential().map_or_else(String::new, |own| own.periodic.clone());
            self.start_on_table(UserTable { columns, ..table }, Settings::OWN_JOINT, periods);
        }
    }

    /// Starts a run on a table: the run of a link that waits for it, or a new run with these periods and intervals of the wells.
    fn start_on_table(&mut self, table: UserTable, benchmark: &str, periods: String) {
        if let Some((settings, shown)) = self.files.awaited.clone().filter(|(settings, _)| settings.benchmark == benchmark) {
            self.address.is_older_recipe = shown.is_older && !self.environment.parts.embedded;
            self.address.requested_view = Some(shown);
            return self.start(settings, Some(table), None, true);
        }
        let mut settings = scaled(self.run.settings_for(benchmark), &table, periods);
        settings.data.uncertainty = usize::from(settings.applies(INTERVALS_SETTING));
        self.start(settings, Some(table), None, true);
    }
}

/// Settings for an opened table with these periods.
fn scaled(mut settings: Settings, table: &UserTable, periods: String) -> Settings {
    if let Some(own) = settings.potential_mut() {
        own.periodic = periods;
        // A file's numbers may have any magnitude, as on the command line.
        own.scaling = Scaling::Standard;
        if table.columns.has_slopes() && table.columns.target.is_some() && own.value_weight == 0.0 {
            // A chosen value column gets a weight.
            own.value_weight = 1.0;
        }
    }
    settings
}

/// Last segment of an address.
fn name_of(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}
