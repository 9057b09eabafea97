//! Tests of the reducer without a browser: changes of the state and effects.

mod files;
mod links;
mod workers;

use links::without;

use super::*;
use crate::state::app::State;
use crate::state::environment::VisibleParts;
use crate::state::message::MessageAction;
use crate::state::phase::Phase;
use crate::state::timeline::Direction;
use multiwell::internal::controller::ensemble::EnsembleEvent;
use multiwell::internal::controller::protocol::{Bytes, Frame, FrameLayout, NamedBytes, Reply, Scene, Status, UserTable};
use multiwell::internal::data::csv::{Columns, inspect_files};
use multiwell::internal::problem::settings::{InvalidSetting, Recipe, Settings};
use multiwell::internal::problem::view::Tab;

mod drawing;
mod faces;
mod formula;
mod pins;
mod pruning;
mod zooms;

/// Layout of a frame with a fit of two points and one entry of its history.
const LAYOUT: FrameLayout = FrameLayout { points: 2, modes: 1, history: 1 };

fn ended() -> Status {
    Status::Finished { sentence: "Training has ended.".into() }
}

/// A page, and a worker that accepts all requests.
struct Test {
    state: State,
    /// Effects since the last inspection.
    effects: Vec<Effect>,
}

impl Test {
    /// A page opened with a link.
    fn begun(link: &str, parts: VisibleParts) -> Self {
        let mut test = Self { state: State::new(link, parts), effects: Vec::new() };
        test.act(Action::Begin);
        test
    }

    /// A page opened with a link, with a ready worker that has not answered.
    fn open(link: &str) -> Self {
        let mut test = Self::begun(link, VisibleParts::default());
        test.ready();
        test
    }

    /// A page whose first run has begun.
    fn running(link: &str) -> Self {
        let mut test = Self::open(link);
        test.accept();
        test.frame(Status::Running);
        test.effects.clear();
        test
    }

    fn act(&mut self, action: Action) {
        self.act_at(action, 0.0);
    }

    fn act_at(&mut self, action: Action, time: f64) {
        let effects = update(&mut self.state, action, ActionContext { time, random: 7 });
        self.effects.extend(effects);
    }

    fn press(&mut self, button: Button) {
        self.act(Action::Press(button));
    }

    fn commit(&mut self, name: &'static str, text: &str) {
        self.act(Action::Commit(name, text.into()));
    }

    fn follow(&mut self, link: &str) {
        self.act(Action::Follow(link.into()));
    }

    fn reply(&mut self, reply: Reply) {
        let worker = self.state.workers.current.expect("there is a worker");
        self.act(Action::Reply(worker, reply, Vec::new()));
    }

    fn ready(&mut self) {
        self.reply(Reply::Ready);
    }

    /// Opens a table, which a worker inspects.
    fn open_table(&mut self, name: &str, text: &str) {
        let file = (name.to_owned(), Bytes::from(text.as_bytes().to_vec()));
        self.act(Action::Opened(vec![file.clone()]));
        self.inspect(file);
    }

    /// A worker inspects a file. Returns its number.
    fn inspect(&mut self, file: NamedBytes) -> u32 {
        let worker = self.state.files.reader.as_ref().expect("a worker looks into the file").worker;
        self.act(Action::Reply(worker, Reply::Ready, Vec::new()));
        let table = inspect_files(vec![file]).map_err(|error| error.to_string());
        self.act(Action::Reply(worker, Reply::inspected(table), Vec::new()));
        worker
    }

    /// Number and settings of the requested run.
    fn pending(&self) -> (u32, Settings) {
        let pending = self.state.requests.pending.as_ref().expect("a run has been asked for");
        (pending.run, pending.settings.clone())
    }

    /// Table of the requested run.
    fn pending_table(&self) -> &UserTable {
        let pending = self.state.requests.pending.as_ref().expect("a run has been asked for");
        pending.origin.table.as_ref().expect("a table is learnt")
    }

    /// The worker begins the last requested run.
    fn accept(&mut self) {
        let (run, settings) = self.pending();
        self.start_run(run, settings);
    }

    fn start_run(&mut self, run: u32, settings: Settings) {
        let inputs = if settings.benchmark == "gene-circuit" { 2 } else { 1 };
        let tab = |id: &str| Tab { id: id.into(), title: id.into() };
        let views = if inputs == 2 { vec![tab("flow"), tab("parity")] } else { Vec::new() };
        let scene = Scene { inputs, points: 2, domain: [0.0, 1.0], views, ..Scene::default() };
        self.reply(Reply::Scene { run, settings, scene });
    }

    fn refuse(&mut self, run: u32, field: &str, sentence: &str) {
        self.reply(Reply::Refused { run, problems: vec![InvalidSetting::new(field, sentence)] });
    }

    fn frame(&mut self, status: Status) {
        self.frame_of(self.state.run.number, Frame { status, layout: LAYOUT, takes_changes: true, ..Frame::default() });
    }

    fn frame_of(&mut self, run: u32, frame: Frame) {
        self.reply(Reply::Frame { run, frame: Box::new(frame) });
    }

    /// A run of the ensemble ends.
    fn end_member(&mut self, number: u32) {
        self.act(Action::Ensemble(EnsembleEvent::Done(number, Box::default()), Vec::new()));
    }

    /// Requests to the workers since the last call.
    fn requests(&mut self) -> Vec<Request> {
        let effects = std::mem::take(&mut self.effects);
        effects
            .into_iter()
            .filter_map(|effect| if let Effect::Post(_, request) = effect { Some(request) } else { None })
            .collect()
    }

    /// Links written since the last call, without the version of the recipe that all of them contain.
    fn links(&mut self) -> Vec<String> {
        let version =
            format!("&{}", multiwell::internal::controller::link::version(&self.state.run.settings).unwrap_or_default());
        let effects = std::mem::take(&mut self.effects);
        let links =
            effects.into_iter().filter_map(|effect| if let Effect::WriteLink { link, .. } = effect { Some(link) } else { None });
        links.map(|link| if version.len() > 1 && !link.is_empty() { without(&link, &version) } else { link }).collect()
    }

    fn message(&self) -> &str {
        self.state.feedback.message.as_ref().map_or("", |message| &message.words)
    }
}

fn is_start(request: &Request, wanted: impl Fn(&Settings) -> bool) -> bool {
    matches!(request, Request::Start { settings, .. } if wanted(settings))
}

#[test]
fn change_is_applied_or_starts_run_and_can_be_undone() {
    let mut test = Test::running("panel=modes");
    test.commit("lr", "0.5");
    assert!(matches!(test.requests().as_slice(), [Request::Change(settings)] if settings.training.lr == 0.5));
    test.commit("modes", "3");
    assert!(is_start(&test.requests()[0], |settings| settings.training.modes == 3 && settings.training.lr == 0.5));
    // The control shows the requested value. The old run stays visible until the new one begins.
    assert_eq!((test.state.wanted().training.modes, test.state.run.settings.training.modes), (3, 10));
    test.accept();
    test.act(Action::OpenTab("panel-stages".into()));
    test.press(Button::Undo);
    assert_eq!(test.requests().last(), Some(&Request::Recall(1)));
    test.start_run(1, Settings::default().with("lr=0.5").unwrap());
    assert_eq!((test.state.run.settings.training.modes, test.state.panel()), (10, crate::state::view::LowerPanel::Modes));
    test.frame(Status::Running);
    // The next undo reverts the earlier change.
    assert_eq!(test.state.step_in_words(Direction::Back).as_deref(), Some("Set Network rate 0.01"));
    test.requests();
    test.press(Button::Undo);
    assert!(matches!(test.requests().as_slice(), [Request::Change(settings)] if *settings == Settings::default()));
    assert!(test.state.step_in_words(Direction::Back).is_none());
    test.press(Button::Redo);
    assert!(matches!(test.requests().as_slice(), [Request::Change(settings)] if settings.training.lr == 0.5));
    test.press(Button::Redo);
    assert_eq!(test.requests().last(), Some(&Request::Recall(2)));
    test.start_run(2, Settings::default().with("lr=0.5&modes=3").unwrap());
    assert_eq!((test.state.run.settings.training.modes, test.state.panel()), (3, crate::state::view::LowerPanel::Stages));
    assert!(test.state.step_in_words(Direction::On).is_none());
}

#[test]
fn history_entry_recalls_its_run_until_run_is_discarded() {
    let mut test = Test::running("");
    for run in 2..5 {
        test.press(Button::NewSeed);
        test.start_run(run, Settings::default().with(&format!("seed={run}")).unwrap());
        test.frame(Status::Running);
    }
    let entries: Vec<(u32, bool)> = std::mem::take(&mut test.effects)
        .into_iter()
        .filter_map(|effect| if let Effect::WriteLink { run, is_new, .. } = effect { Some((run, is_new)) } else { None })
        .collect();
    assert_eq!(entries, [(2, true), (3, true), (4, true)]);
    test.act(Action::FollowTo(2, "seed=2".into()));
    assert_eq!(test.requests().last(), Some(&Request::Recall(2)));
    test.start_run(2, Settings::default().with("seed=2").unwrap());
    assert!(test.effects.iter().all(|effect| !matches!(effect, Effect::WriteLink { is_new: true, .. })));
    test.press(Button::Redo);
    test.start_run(3, Settings::default().with("seed=3").unwrap());
    assert!(test.state.step_in_words(Direction::On).is_some());
    test.press(Button::Restart);
    test.start_run(5, Settings::default().with("seed=3").unwrap());
    assert!(test.state.step_in_words(Direction::On).is_none());
    assert!(test.effects.contains(&Effect::Post(1, Request::Forget(vec![4]))));
    // A dropped run starts again from its link.
    test.act(Action::FollowTo(4, "seed=4".into()));
    assert!(is_start(test.requests().last().unwrap(), |settings| settings.training.seed == 4));
}

#[test]
fn refused_values_leave_settings_unchanged() {
    let mut test = Test::running("");
    for (name, text) in [("modes", "2.5"), ("hidden", "ten"), ("lr", "fast"), ("noise", "-0.1"), ("modes", "0")] {
        test.commit(name, text);
        assert!(test.requests().is_empty() && test.state.feedback.notes[name].is_error, "{name}={text}");
    }
    assert!(test.state.feedback.notes["lr"].words.starts_with("The network's learning rate must be a number"));
    for name in ["hidden", "lr", "noise"] {
        test.act(Action::RevertText(name));
    }
    test.act(Action::LeaveField("modes"));
    assert!(test.state.feedback.notes["modes"].is_error, "it stays when the control is left");
    test.act(Action::RevertText("modes"));
    assert!(test.state.feedback.notes.is_empty());
    test.commit("lr", "0.5");
    test.refuse(1, "lr", "lr must be smaller");
    assert_eq!(test.state.run.settings, Settings::default());
    assert!(test.state.feedback.notes["lr"].is_error);
    test.commit("noise", "-1");
    test.commit("samples", "90");
    test.accept();
    assert!(test.state.feedback.notes["noise"].is_error, "another value has started a run");
    test.press(Button::Undo);
    test.start_run(1, Settings::default());
    assert!(test.state.feedback.notes.is_empty());
    test.press(Button::NewSeed);
    test.refuse(3, "", "no");
    assert_eq!((test.state.run.settings.training.seed, test.message(), test.state.phase), (1, "No.", Phase::Running));
}

#[test]
fn ensemble_pauses_run_and_keeps_finished_members() {
    let mut test = Test::running("");
    test.act(Action::StartOrStopEnsemble("101".into()));
    assert!(test.message().contains("from 1 to 100") && test.state.ensemble.seeds.is_empty());
    test.act(Action::StartOrStopEnsemble("3".into()));
    assert!(test.effects.iter().any(|effect| matches!(effect, Effect::StartPool(tasks) if tasks.len() == 3)));
    assert_eq!((test.state.phase, test.state.ensemble.waits), (Phase::Paused, true));
    test.end_member(0);
    test.act(Action::StartOrStopEnsemble(String::new()));
    assert!(test.effects.contains(&Effect::StopPool));
    assert_eq!((test.state.phase, test.state.ensemble.ended()), (Phase::Running, 1));
    // Sent before the stop, received after it.
    test.end_member(1);
    assert_eq!(test.state.ensemble.ended(), 1);
}

#[test]
fn undo_restores_ensemble_of_previous_benchmark() {
    let mut test = Test::running("");
    test.act(Action::StartOrStopEnsemble("2".into()));
    (0..2).for_each(|number| test.end_member(number));
    test.act(Action::OpenSeed(2));
    test.accept();
    assert_eq!((test.state.ensemble.seeds.len(), test.state.run.settings.training.seed), (2, 2));
    test.act(Action::Choose("double-well".into()));
    test.accept();
    assert!(test.state.ensemble.seeds.is_empty());
    test.press(Button::Undo);
    test.start_run(2, Settings::default().with("seed=2").unwrap());
    assert_eq!(test.state.ensemble.ended(), 2);
}

#[test]
fn continued_training_does_not_change_epochs_of_next_file() {
    let mut test = Test::running("epochs=400");
    let mut frame = Frame { status: ended(), layout: LAYOUT, can_continue: true, takes_changes: true, ..Frame::default() };
    (frame.epochs, frame.metrics.epochs) = (400, 400);
    test.frame_of(1, frame);
    test.commit("epochs", "500");
    assert!(matches!(test.requests().last(), Some(Request::Change(settings)) if settings.training.epochs == 500));
    test.commit("epochs", "400");
    test.press(Button::Run);
    assert_eq!(test.state.run.settings.training.epochs, 800);
    test.open_table("points.csv", "x,y\n0,1\n1,2\n2,1\n3,5\n");
    test.act(Action::CloseColumns(true));
    assert_eq!(test.pending().1.training.epochs, 400);
}

#[test]
fn finished_recipe_can_only_start_a_new_run() {
    let mut test = Test::running("seed=3");
    let settings = test.state.run.settings.clone();
    test.frame(ended());
    test.requests();
    test.press(Button::Toggle);
    assert!(test.requests().is_empty() && test.state.phase == Phase::Finished);
    test.press(Button::Restart);
    assert!(is_start(test.requests().last().unwrap(), |asked| *asked == settings));
    test.accept();
    test.frame(ended());
    // The main button repeats the run in both faces.
    test.press(Button::Run);
    assert!(is_start(test.requests().last().unwrap(), |asked| *asked == settings));
    test.accept();
    test.frame(ended());
    test.press(Button::NewSeed);
    assert!(is_start(test.requests().last().unwrap(), |asked| *asked != settings));
    test.accept();
    test.press(Button::Undo);
    assert_eq!(test.requests().last(), Some(&Request::Recall(3)));
}

#[test]
fn undo_of_another_benchmark_restores_the_view() {
    let mut test = Test::running("benchmark=gene-circuit&view=parity&panel=modes");
    let settings = test.state.run.settings.clone();
    assert_eq!(test.state.views.name(), "parity");
    test.act(Action::Choose("double-well".into()));
    test.accept();
    assert_eq!(test.state.views.name(), "landscape");
    assert!(!test.links().last().unwrap().contains("view="));
    test.press(Button::Undo);
    test.start_run(1, settings);
    assert_eq!((test.state.views.name(), test.state.panel()), ("parity", crate::state::view::LowerPanel::Modes));
}

#[test]
fn columns_are_proposed_by_their_names() {
    let rows = |columns: usize| (0..3).map(|k| vec![k.to_string(); columns].join(",") + "\n").collect::<String>();
    for (header, roles, remarks) in [
        ("x,y,E,dEdx,dEdy", "input|input|value|derivative 0|derivative 1", ""),
        ("x,dEdx", "input|derivative 0", ""),
        ("x,E,note", "input|value|", "Not used: note."),
        ("x,y,Fx,Fy", "input|input|force 0|force 1", ""),
        ("x,E,split", "input|value|split", ""),
    ] {
        let mut test = Test::running("");
        test.open_table("table.csv", &format!("{header}\n{}", rows(header.split(',').count())));
        let choice = test.state.files.columns.as_ref().unwrap_or_else(|| panic!("{header} is not asked about"));
        assert_eq!((choice.roles.join("|").as_str(), choice.remarks().join(" ").as_str()), (roles, remarks), "{header}");
        test.act(Action::CloseColumns(false));
        assert!(test.state.requests.pending.is_none());
    }
    // A table whose values are not a function of the inputs may contain samples.
    let mut test = Test::running("");
    let scattered = (0..60_u32).fold(String::from("a,b\n"), |text, k| text + &format!("{},{}\n", k * 37 % 61, k * 23 % 59));
    test.open_table("samples.csv", &scattered);
    assert_eq!(test.state.files.columns.as_ref().map(|choice| choice.roles.join("|")).as_deref(), Some("input|value"));
    test.act(Action::ChooseKind("own-samples".into()));
    test.act(Action::CloseColumns(true));
    assert!(is_start(test.requests().last().unwrap(), |settings| settings.benchmark == "own-samples"));
}

#[test]
fn column_choice_stays_open_until_it_is_valid() {
    let mut test = Test::running("");
    test.open_table("forces.csv", "x1,x2,f1,f2\n0,1,2,3\n1,2,3,4\n");
    let roles = |test: &Test| test.state.files.columns.as_ref().map(|choice| choice.roles.clone()).expect("it is asked");
    assert_eq!(roles(&test), ["input", "input", "force 0", "force 1"]);
    // A derivative by a column that is not an input is ignored.
    test.act(Action::ChooseRoles(["", "", "derivative 0", "force 1"].map(Into::into).to_vec()));
    assert_eq!(roles(&test), ["", "", "", ""]);
    test.act(Action::CloseColumns(true));
    assert!(test.state.files.columns.as_ref().is_some_and(|choice| choice.problem.contains("input")));
    test.act(Action::CloseColumns(false));
    assert!(test.state.files.columns.is_none() && test.state.requests.pending.is_none());
    // One derivative, one force, and a column that marks the held-out rows.
    test.open_table("mixed.csv", "x1,x2,f1,f2,split\n0,1,2,3,train\n1,2,3,4,test\n");
    test.act(Action::ChooseRoles(["input", "input", "derivative 0", "force 1", "split"].map(Into::into).to_vec()));
    test.act(Action::CloseColumns(true));
    let Columns { gradient, forces, split, .. } = &test.pending_table().columns;
    assert_eq!((gradient.join(","), forces.join(","), split.as_deref()), ("f1,-".into(), "-,f2".into(), Some("split")));
    // A column of standard errors is proposed as such.
    test.open_table("sure.csv", "x,E,sigma\n0,1,2\n1,2,3\n2,0,1\n");
    assert_eq!(roles(&test), ["input", "value", "sigma"]);
    test.act(Action::CloseColumns(true));
    let Columns { target, sigma, .. } = &test.pending_table().columns;
    assert_eq!((target.as_deref(), sigma.as_deref()), (Some("E"), Some("sigma")));
    // A computed column replaces the column from which it is computed.
    test.open_table("logs.csv", "x,p,lnPI\n0,1,2\n1,2,3\n2,0,1\n");
    test.act(Action::ChooseRoles(["input", "", "value"].map(Into::into).to_vec()));
    test.act(Action::AddColumn(" -lnPI ".into()));
    assert_eq!(roles(&test), ["input", "", "", "value"]);
    test.act(Action::AddColumn("-lnPI".into()));
    assert_eq!(roles(&test).len(), 4);
    test.act(Action::CloseColumns(true));
    assert_eq!(test.pending_table().columns.target.as_deref(), Some("-lnPI"));
    test.open_table("empty.csv", " \n");
    assert!(test.message().contains("empty.csv") && test.message().contains("empty"), "{}", test.message());
}

#[test]
fn redraws_are_merged_and_idle_page_requests_no_frame() {
    let mut test = Test::running("recipe=paper");
    test.act(Action::Resized);
    test.act(Action::Resized);
    assert!(test.effects.iter().filter(|effect| **effect == Effect::Draw).count() <= 1);
    test.act(Action::AnimationFrame);
    test.effects.clear();
    test.frame(Status::Paused);
    test.act(Action::AnimationFrame);
    test.effects.clear();
    test.act(Action::AnimationFrame);
    assert_eq!(test.effects, [Effect::Numbers, Effect::Paint]);
}
