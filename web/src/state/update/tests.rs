//! The reducer, without a browser: what happens to a page, and what it asks for.

mod files;

use super::*;
use crate::state::app::{Parts, State};
use crate::state::message::Remedy;
use crate::state::timeline::Direction;
use crate::state::trainer::Phase;
use multiwell::controller::ensemble::EnsembleEvent;
use multiwell::controller::protocol::{Bytes, Frame, Layout, Reply, Scene, Status, Table};
use multiwell::data::csv::look_into;
use multiwell::problem::settings::{InvalidSetting, Recipe, Settings};
use multiwell::problem::view::Tab;

mod drawing;
mod formula;
mod pins;
mod pruning;
mod zooms;

/// A page, and a worker that accepts whatever it is asked for.
struct Test {
    state: State,
    /// What was asked for since it was looked at last.
    effects: Vec<Effect>,
}

impl Test {
    /// A page that was opened with a link and whose worker listens, but has not answered.
    fn open(link: &str) -> Self {
        let mut test = Self { state: State::new(link, Parts::default()), effects: Vec::new() };
        test.act(Action::Begin);
        test.ready();
        test
    }

    /// A page whose first run is under way.
    fn running(link: &str) -> Self {
        let mut test = Self::open(link);
        test.accept();
        test.frame(Status::Running);
        test.effects.clear();
        test
    }

    fn act(&mut self, action: Action) {
        let effects = update(&mut self.state, action, Now { time: 0.0, random: 7 });
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
        let worker = self.state.trainer.worker.expect("there is a worker");
        self.act(Action::Reply(worker, reply, Vec::new()));
    }

    fn ready(&mut self) {
        self.reply(Reply::Ready);
    }

    /// A table is opened, and a worker has looked into it.
    fn open_table(&mut self, name: &str, text: &str) {
        let files = vec![(name.to_owned(), Bytes::from(text.as_bytes().to_vec()))];
        self.act(Action::Opened(files.clone()));
        let (worker, _) = self.state.reading.clone().expect("a worker looks into the file");
        self.act(Action::Reply(worker, Reply::Ready, Vec::new()));
        let look = look_into(files).map_err(|error| error.to_string());
        self.act(Action::Reply(worker, Reply::seen(look), Vec::new()));
    }

    /// The worker begins the last run that was asked for.
    fn accept(&mut self) {
        let pending = self.state.trainer.pending.as_ref().expect("a run has been asked for");
        let (run, settings) = (pending.run, pending.settings.clone());
        self.begin(run, settings);
    }

    fn begin(&mut self, run: u32, settings: Settings) {
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
        let layout = Layout { points: 2, modes: 1, history: 1 };
        let frame = Frame { status, layout, takes_changes: true, ..Frame::default() };
        self.frame_of(self.state.trainer.run, frame);
    }

    fn frame_of(&mut self, run: u32, frame: Frame) {
        self.reply(Reply::Frame { run, frame: Box::new(frame) });
    }

    /// What the workers were asked for since the last call.
    fn requests(&mut self) -> Vec<Request> {
        let effects = std::mem::take(&mut self.effects);
        effects
            .into_iter()
            .filter_map(|effect| if let Effect::Post(_, request) = effect { Some(request) } else { None })
            .collect()
    }

    /// The links that were written since the last call, without the version of the recipe that all of them carry.
    fn links(&mut self) -> Vec<String> {
        let version = format!("&{}", multiwell::controller::link::version(&self.state.settings).unwrap_or_default());
        let effects = std::mem::take(&mut self.effects);
        let links =
            effects.into_iter().filter_map(|effect| if let Effect::WriteLink { link, .. } = effect { Some(link) } else { None });
        links.map(|link| if version.len() > 1 && !link.is_empty() { without(&link, &version) } else { link }).collect()
    }

    fn says(&self) -> &str {
        self.state.message.as_ref().map_or("", |message| &message.words)
    }
}

fn is_start(request: &Request, wanted: impl Fn(&Settings) -> bool) -> bool {
    matches!(request, Request::Start { settings, .. } if wanted(settings))
}

#[test]
fn the_first_request_waits_until_the_worker_listens() {
    let mut test = Test { state: State::new("modes=3", Parts::default()), effects: Vec::new() };
    test.act(Action::Begin);
    assert!(test.effects.contains(&Effect::Launch(1)));
    assert!(test.requests().is_empty());
    test.ready();
    assert!(test.requests().iter().any(|request| is_start(request, |settings| settings.training.modes == 3)));
    test.accept();
    assert_eq!((test.state.trainer.run, test.state.settings.training.modes), (1, 3));
}

#[test]
fn replies_about_a_run_that_is_gone_change_nothing() {
    let mut test = Test::running("seed=3");
    test.press(Button::Restart);
    test.accept();
    let late = Frame { status: Status::Running, layout: Layout { points: 9, modes: 9, history: 9 }, ..Frame::default() };
    test.frame_of(1, late);
    test.reply(Reply::Survey { run: 1, epoch: 5, survey: Box::default() });
    test.reply(Reply::Pruning { run: 1, epoch: 5, steps: Vec::new() });
    test.begin(1, Settings::default().with("seed=3").unwrap());
    let state = &test.state;
    assert!(state.frame.0.layout.is_empty() && state.inspection.survey.is_none() && state.inspection.prices.0.is_empty());
    assert_eq!(state.trainer.run, 2);
    // What a worker says that has been replaced does not count either.
    test.act(Action::WorkerFailed(77, "gone".into()));
    test.act(Action::Stale(77));
    assert_eq!((test.state.phase, test.says()), (Phase::Running, ""));
}

#[test]
fn frames_from_before_a_pause_do_not_undo_it() {
    let mut test = Test::running("");
    test.press(Button::Toggle);
    assert_eq!((test.state.phase, test.requests()), (Phase::Paused, vec![Request::Pause]));
    test.frame(Status::Running);
    assert_eq!(test.state.phase, Phase::Paused);
    test.frame(Status::Paused);
    test.frame(Status::Running);
    assert_eq!(test.state.phase, Phase::Running);
}

#[test]
fn a_run_that_is_awaited_is_not_stopped_by_a_look_back_at_the_one_before() {
    let mut test = Test::running("");
    test.act(Action::Slide(Slider::Past, 1.0));
    assert_eq!(test.requests(), [Request::Pause, Request::LookBack { moment: Some(1) }]);
    test.act(Action::Slide(Slider::Past, 2.0));
    test.follow("modes=5");
    test.requests();
    // The moment that was asked for first arrives when the next run has been asked for.
    let layout = Layout { points: 2, modes: 1, history: 1 };
    let frame = Frame { status: Status::Paused, layout, moments: vec![0, 10, 20, 30], back: Some(10), ..Frame::default() };
    test.frame_of(test.state.trainer.run, frame);
    assert_eq!(test.requests(), []);
}

#[test]
fn a_change_is_applied_or_starts_a_run_that_can_be_undone() {
    let mut test = Test::running("panel=modes");
    test.commit("lr", "0.5");
    assert!(matches!(test.requests().as_slice(), [Request::Change { settings }] if settings.training.lr == 0.5));
    test.commit("modes", "3");
    assert!(
        test.requests()
            .iter()
            .any(|request| is_start(request, |settings| settings.training.modes == 3 && settings.training.lr == 0.5))
    );
    // The control holds what was asked for; the run that is shown is the one before until the other is there.
    assert_eq!((test.state.wanted().training.modes, test.state.settings.training.modes), (3, 10));
    test.accept();
    test.act(Action::OpenTab("panel-stages".into()));
    test.press(Button::Undo);
    assert_eq!(test.requests().last(), Some(&Request::Recall { run: 1 }));
    test.begin(1, Settings::default().with("lr=0.5").unwrap());
    assert_eq!((test.state.settings.training.modes, test.state.panel()), (10, crate::state::view::Panel::Modes));
    test.frame(Status::Running);
    // The change before it is the next to be taken back.
    assert_eq!(test.state.step_in_words(Direction::Back).as_deref(), Some("Set Network rate 0.01"));
    test.requests();
    test.press(Button::Undo);
    assert!(matches!(test.requests().as_slice(), [Request::Change { settings }] if *settings == Settings::default()));
    assert!(test.state.step_in_words(Direction::Back).is_none());
    test.press(Button::Redo);
    assert!(matches!(test.requests().as_slice(), [Request::Change { settings }] if settings.training.lr == 0.5));
    test.press(Button::Redo);
    assert_eq!(test.requests().last(), Some(&Request::Recall { run: 2 }));
    test.begin(2, Settings::default().with("lr=0.5&modes=3").unwrap());
    assert_eq!((test.state.settings.training.modes, test.state.panel()), (3, crate::state::view::Panel::Stages));
    assert!(test.state.step_in_words(Direction::On).is_none());
}

#[test]
fn runs_that_were_left_are_returned_to_by_the_address_until_another_begins() {
    let mut test = Test::running("");
    for run in 2..5 {
        test.press(Button::NewSeed);
        test.begin(run, Settings::default().with(&format!("seed={run}")).unwrap());
        test.frame(Status::Running);
    }
    let entries: Vec<(u32, bool)> = std::mem::take(&mut test.effects)
        .into_iter()
        .filter_map(|effect| if let Effect::WriteLink { run, is_new, .. } = effect { Some((run, is_new)) } else { None })
        .collect();
    assert_eq!(entries, [(2, true), (3, true), (4, true)]);
    test.act(Action::FollowTo(2, "seed=2".into()));
    assert_eq!(test.requests().last(), Some(&Request::Recall { run: 2 }));
    test.begin(2, Settings::default().with("seed=2").unwrap());
    assert!(test.effects.iter().all(|effect| !matches!(effect, Effect::WriteLink { is_new: true, .. })));
    test.press(Button::Redo);
    test.begin(3, Settings::default().with("seed=3").unwrap());
    assert!(test.state.step_in_words(Direction::On).is_some());
    test.press(Button::Restart);
    test.begin(5, Settings::default().with("seed=3").unwrap());
    assert!(test.state.step_in_words(Direction::On).is_none());
    assert!(test.effects.contains(&Effect::Post(1, Request::Forget { runs: vec![4] })));
    // What is not there any more is begun again from its link.
    test.act(Action::FollowTo(4, "seed=4".into()));
    assert!(is_start(test.requests().last().unwrap(), |settings| settings.training.seed == 4));
}

#[test]
fn what_was_half_typed_makes_way_for_the_settings_of_a_link() {
    let mut test = Test::running("");
    let typed = |test: &mut Test| {
        test.act(Action::Typed("seed", "12x".into()));
        assert_eq!(test.state.editing, "seed");
    };
    typed(&mut test);
    test.follow("seed=7");
    assert_eq!(test.state.editing, "");
    test.accept();
    // A run that was asked for before does not take it away, an entry of the history does.
    test.press(Button::NewSeed);
    typed(&mut test);
    test.accept();
    assert_eq!(test.state.editing, "seed");
    test.act(Action::FollowTo(test.state.trainer.run, String::new()));
    assert_eq!(test.state.editing, "");
}

#[test]
fn a_formula_that_was_refused_makes_way_for_the_settings_of_a_link() {
    let mut test = Test::running("benchmark=formula&formula=x%5E4");
    test.commit("formula", "sqrt(x)");
    let asked = test.state.trainer.pending.as_ref().expect("a run is asked for").run;
    test.refuse(asked, "formula", "not a number at -1");
    assert!(test.state.notes["formula"].is_fault);
    test.follow("recipe=paper&epochs=317&seed=5&recipe_version=6");
    assert!(test.state.notes.is_empty());
    // The field is hidden; the browser takes its focus away and says that it has changed.
    test.commit("formula", "sqrt(x)");
    test.accept();
    assert!(test.state.trainer.pending.is_none());
    assert_eq!(test.state.settings, Settings::on(Recipe::Paper, "cosine-well").with("epochs=317&seed=5").unwrap());
}

#[test]
fn what_is_refused_leaves_everything_as_it_was() {
    let mut test = Test::running("");
    for text in ["0", "many"] {
        test.commit("modes", text);
        assert!(test.requests().is_empty() && test.state.notes["modes"].is_fault);
    }
    test.act(Action::Restore("modes", true));
    assert!(test.state.notes["modes"].is_fault, "it stays when the control is left");
    test.act(Action::Restore("modes", false));
    assert!(test.state.notes.is_empty());
    test.commit("lr", "0.5");
    test.refuse(1, "lr", "lr must be smaller");
    assert_eq!(test.state.settings, Settings::default());
    assert!(test.state.notes["lr"].is_fault);
    test.press(Button::NewSeed);
    test.refuse(2, "", "no");
    assert_eq!((test.state.settings.training.seed, test.says(), test.state.phase), (1, "No.", Phase::Running));
}

#[test]
fn worker_of_a_large_file_is_tried_without_losing_the_run() {
    let large = Settings::on(multiwell::recipe::Recipe::Reliable, Settings::OWN_DATA);
    let table = Table { name: "large.csv".into(), held: 1, ..Table::default() };
    let mut test = Test::running("");
    test.state.start(large.clone(), Some(table.clone()), None, true);
    test.effects = std::mem::take(&mut test.state.effects);
    assert!(test.effects.contains(&Effect::Launch(2)));
    assert!(test.effects.contains(&Effect::Post(1, Request::Pause)));
    test.act(Action::WorkerFailed(2, "no line".into()));
    assert!(test.says().contains("The run before goes on"), "{}", test.says());
    assert!(test.effects.contains(&Effect::Terminate(2)) && test.effects.contains(&Effect::Post(1, Request::Go)));
    // Once it is there, the run before is still in the parked worker.
    test.state.start(large.clone(), Some(table), None, true);
    test.ready();
    test.accept();
    test.effects.clear();
    test.press(Button::Undo);
    assert!(test.effects.contains(&Effect::Post(1, Request::Recall { run: 1 })));
    test.begin(1, Settings::default());
    assert!(!test.effects.contains(&Effect::Terminate(3)), "the other can be returned to");
    test.press(Button::Redo);
    assert!(test.effects.contains(&Effect::Post(3, Request::Recall { run: 3 })));
    test.begin(3, large);
    // Its worker is gone: so is the way back.
    test.act(Action::WorkerEnded(1));
    assert!(test.state.step_in_words(Direction::Back).is_none() && test.state.phase != Phase::Failed);
}

#[test]
fn a_worker_that_fails_or_ends_is_said_and_replaced() {
    let mut test = Test::running("");
    test.reply(Reply::Failed { message: "panicked".into() });
    assert_eq!(test.state.phase, Phase::Failed);
    assert_eq!(test.state.message.as_ref().map(|message| message.remedy), Some(Remedy::Restart));
    test.press(Button::Recover);
    assert!(test.effects.contains(&Effect::Launch(2)));
    test.ready();
    test.accept();
    test.act(Action::WorkerEnded(1));
    assert_eq!(test.says(), "", "the end of a worker that was replaced is no failure");
    test.act(Action::WorkerEnded(2));
    assert!(test.says().contains("its worker was ended"));
}

#[test]
fn a_worker_of_another_build_asks_for_a_reload() {
    let mut test = Test::open("");
    test.act(Action::Stale(1));
    let message = test.state.message.clone().expect("something is said");
    assert_eq!((message.words.as_str(), message.remedy), (crate::worker::build::STALE, Remedy::Reload));
    test.press(Button::Recover);
    assert_eq!(test.effects.last(), Some(&Effect::Reload));
}

/// A link without a part that it must have.
fn without(link: &str, part: &str) -> String {
    assert!(link.contains(part), "{link} lacks {part}");
    link.replace(part, "")
}

#[test]
fn links_of_older_recipes_are_told_until_the_next_run() {
    let mut test = Test::running("seed=2");
    assert!(test.state.origin.is_older);
    let version = multiwell::controller::link::version(&test.state.settings).expect("the recipe may change");
    test.follow(&format!("seed=3&{version}"));
    test.accept();
    assert!(!test.state.origin.is_older);
    test.follow("recipe=paper&seed=3");
    test.accept();
    assert!(!test.state.origin.is_older);
}

#[test]
fn the_link_says_what_is_shown_and_nothing_is_written_while_a_run_is_awaited() {
    let mut test = Test::running("modes=3");
    test.act(Action::OpenTab("panel-stages".into()));
    test.act(Action::OpenTab("view-physics".into()));
    assert_eq!(test.links(), ["modes=3&panel=stages", "modes=3&view=physics&panel=stages"]);
    test.commit("seed", "5");
    test.act(Action::OpenTab("view-landscape".into()));
    assert_eq!(test.links(), Vec::<String>::new());
    test.accept();
    assert_eq!(test.links(), ["modes=3&seed=5&panel=stages"]);
}

#[test]
fn a_link_is_followed_whatever_the_page_does() {
    // While the page loads.
    let mut test = Test::open("seed=1");
    test.follow("seed=2");
    test.begin(1, Settings::default());
    assert_eq!(test.state.trainer.run, 0, "the run of the first link is shown");
    test.accept();
    assert_eq!(test.state.settings.training.seed, 2);
    // While another run is awaited, and a change waits for that.
    test.commit("modes", "4");
    test.commit("lr", "0.5");
    test.follow("seed=3&view=physics");
    test.begin(3, Settings::default().with("modes=4&seed=2").unwrap());
    test.accept();
    assert_eq!((test.state.settings.clone(), test.state.view_name()), (Settings::default().with("seed=3").unwrap(), "physics"));
    // Back to the run that is shown, while another is awaited.
    test.follow("seed=4");
    test.follow("seed=3");
    test.accept();
    assert_eq!(test.state.settings.training.seed, 3);
    // One that only shows something else starts nothing.
    test.requests();
    test.follow("seed=3&panel=stages");
    assert!(test.requests().iter().all(|request| !is_start(request, |_| true)));
    assert_eq!(test.state.view_name(), "landscape");
    // After a failure.
    test.reply(Reply::Failed { message: "panicked".into() });
    test.follow("seed=6");
    test.ready();
    test.accept();
    assert_eq!((test.state.settings.training.seed, test.says()), (6, ""));
}

#[test]
fn a_change_made_after_a_link_is_made_to_its_run() {
    let mut test = Test::running("");
    test.follow("seed=2&modes=5");
    test.commit("lr", "0.5");
    assert!(!test.requests().iter().any(|request| matches!(request, Request::Change { .. })));
    test.accept();
    assert_eq!(test.state.settings, Settings::default().with("seed=2&modes=5&lr=0.5").unwrap());
    assert!(test.requests().iter().any(|request| matches!(request, Request::Change { settings } if settings.training.seed == 2)));
}

#[test]
fn a_link_that_is_refused_leaves_the_run_with_its_own_link() {
    let mut test = Test::running("seed=2");
    test.follow("seed=3");
    test.links();
    test.refuse(2, "", "no");
    assert_eq!((test.links(), test.state.settings.training.seed), (vec!["seed=2".into()], 2));
    // The refusal of what was asked for before does not take the next link with it.
    test.open_table("bad.csv", "x,y\n1,two\n2,3\n");
    test.act(Action::CloseColumns(true));
    test.follow("seed=4");
    test.refuse(3, "", "bad.csv: no number");
    test.accept();
    assert_eq!((test.state.settings.training.seed, test.says()), (4, ""));
}

#[test]
fn an_ensemble_makes_the_run_wait_and_what_it_has_done_is_kept() {
    let mut test = Test::running("");
    test.act(Action::StartOrStopEnsemble("101".into()));
    assert!(test.says().contains("from 1 to 100") && test.state.ensemble.seeds.is_empty());
    test.act(Action::StartOrStopEnsemble("3".into()));
    assert!(
        matches!(&test.effects[..], effects if effects.iter().any(|e| matches!(e, Effect::StartPool { tasks, .. } if tasks.len() == 3)))
    );
    assert_eq!((test.state.phase, test.state.ensemble.waits), (Phase::Paused, true));
    let done = |number| EnsembleEvent::Done { number, scene: Scene::default(), frame: Box::default() };
    test.act(Action::Ensemble(done(0), Vec::new()));
    test.act(Action::StartOrStopEnsemble(String::new()));
    assert!(test.effects.contains(&Effect::StopPool));
    assert_eq!((test.state.phase, test.state.ensemble.ended()), (Phase::Running, 1));
    // Said before it was stopped, heard after.
    test.act(Action::Ensemble(done(1), Vec::new()));
    assert_eq!(test.state.ensemble.ended(), 1);
}

#[test]
fn an_ensemble_of_other_data_is_put_away_and_comes_back() {
    let mut test = Test::running("");
    test.act(Action::StartOrStopEnsemble("2".into()));
    for number in 0..2 {
        test.act(Action::Ensemble(EnsembleEvent::Done { number, scene: Scene::default(), frame: Box::default() }, Vec::new()));
    }
    test.act(Action::OpenSeed(2));
    test.accept();
    assert_eq!((test.state.ensemble.seeds.len(), test.state.settings.training.seed), (2, 2));
    test.act(Action::Choose("double-well".into()));
    test.accept();
    assert!(test.state.ensemble.seeds.is_empty());
    test.press(Button::Undo);
    test.begin(2, Settings::default().with("seed=2").unwrap());
    assert_eq!(test.state.ensemble.ended(), 2);
}

#[test]
fn training_that_is_continued_leaves_the_limits_of_the_next_file_alone() {
    let mut test = Test::running("epochs=400");
    let layout = Layout { points: 2, modes: 1, history: 1 };
    let status = Status::Finished { sentence: String::new() };
    let mut frame = Frame { status, layout, can_continue: true, takes_changes: true, ..Frame::default() };
    (frame.epochs, frame.metrics.epochs) = (400, 400);
    test.frame_of(1, frame);
    test.press(Button::Run);
    assert_eq!(test.state.settings.training.epochs, 800);
    test.open_table("points.csv", "x,y\n0,1\n1,2\n2,1\n3,5\n");
    test.act(Action::CloseColumns(true));
    assert_eq!(test.state.trainer.pending.as_ref().map(|pending| pending.settings.training.epochs), Some(400));
}

#[test]
fn columns_are_asked_about_until_the_choice_makes_sense() {
    let mut test = Test::running("");
    test.open_table("forces.csv", "x1,x2,f1,f2\n0,1,2,3\n1,2,3,4\n");
    let parts = |test: &Test| test.state.columns.as_ref().map(|choice| choice.parts.clone()).expect("it is asked");
    assert_eq!(parts(&test), ["input", "input", "force 0", "force 1"]);
    // A derivative by what is no input is none.
    test.act(Action::ChooseParts(["", "", "derivative 0", "force 1"].map(Into::into).to_vec()));
    assert_eq!(parts(&test), ["", "", "", ""]);
    test.act(Action::CloseColumns(true));
    assert!(test.state.columns.as_ref().is_some_and(|choice| choice.problem.contains("input")));
    test.act(Action::CloseColumns(false));
    assert!(test.state.columns.is_none() && test.state.trainer.pending.is_none());
    // One derivative, one force, and a column that says which rows are held out.
    test.open_table("mixed.csv", "x1,x2,f1,f2,split\n0,1,2,3,train\n1,2,3,4,test\n");
    test.act(Action::ChooseParts(["input", "input", "derivative 0", "force 1", "split"].map(Into::into).to_vec()));
    test.act(Action::CloseColumns(true));
    let table = test.state.trainer.pending.as_ref().and_then(|pending| pending.origin.table.clone()).expect("it is learnt");
    assert_eq!((table.gradient.join(","), table.forces.join(","), table.split.as_str()), ("f1,-".into(), "-,f2".into(), "split"));
    // A column of standard errors is proposed as such.
    test.open_table("sure.csv", "x,E,sigma\n0,1,2\n1,2,3\n2,0,1\n");
    assert_eq!(parts(&test), ["input", "value", "sigma"]);
    test.act(Action::CloseColumns(true));
    let table = test.state.trainer.pending.as_ref().and_then(|pending| pending.origin.table.clone()).expect("it is learnt");
    assert_eq!((table.target.as_str(), table.sigma.as_str()), ("E", "sigma"));
    // A computed column takes the place of the one that it is computed of.
    test.open_table("logs.csv", "x,p,lnPI\n0,1,2\n1,2,3\n2,0,1\n");
    test.act(Action::ChooseParts(["input", "", "value"].map(Into::into).to_vec()));
    test.act(Action::AddColumn(" -lnPI ".into()));
    assert_eq!(parts(&test), ["input", "", "", "value"]);
    test.act(Action::AddColumn("-lnPI".into()));
    assert_eq!(parts(&test).len(), 4);
    test.act(Action::CloseColumns(true));
    let table = test.state.trainer.pending.as_ref().and_then(|pending| pending.origin.table.clone()).expect("it is learnt");
    assert_eq!(table.target, "-lnPI");
    test.open_table("empty.csv", " \n");
    assert!(test.says().contains("empty.csv") && test.says().contains("empty"), "{}", test.says());
}

#[test]
fn nothing_is_drawn_twice_and_a_page_at_rest_asks_for_nothing() {
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
