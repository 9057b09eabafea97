//! Workers: requests, frames, failures and replacement.

use super::*;
use crate::worker::build::STALE_MESSAGE;

#[test]
fn first_request_waits_until_worker_is_ready() {
    let mut test = Test::begun("modes=3", VisibleParts::default());
    assert!(test.effects.contains(&Effect::Launch(1)));
    assert!(test.requests().is_empty());
    test.ready();
    assert!(test.requests().iter().any(|request| is_start(request, |settings| settings.training.modes == 3)));
    test.accept();
    assert_eq!((test.state.run.number, test.state.run.settings.training.modes), (1, 3));
}

#[test]
fn replies_about_replaced_run_are_ignored() {
    let mut test = Test::running("seed=3");
    test.press(Button::Restart);
    test.accept();
    let late = Frame { status: Status::Running, layout: FrameLayout { points: 9, modes: 9, history: 9 }, ..Frame::default() };
    test.frame_of(1, late);
    test.reply(Reply::Survey { run: 1, epoch: 5, survey: Box::default() });
    test.reply(Reply::Pruning { run: 1, epoch: 5, steps: Vec::new() });
    test.start_run(1, Settings::default().with("seed=3").unwrap());
    let state = &test.state;
    assert!(
        state.run.frame.0.layout.is_empty() && state.inspection.survey.is_none() && state.inspection.removal_costs.0.is_empty()
    );
    assert_eq!(state.run.number, 2);
    // Messages of a replaced worker are ignored.
    test.act(Action::WorkerFailed(77, "gone".into()));
    test.act(Action::WorkerFailed(77, STALE_MESSAGE.into()));
    assert_eq!((test.state.phase, test.message()), (Phase::Running, ""));
}

#[test]
fn frames_from_before_pause_do_not_resume_run() {
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
fn frame_of_selected_snapshot_does_not_pause_pending_run() {
    let mut test = Test::running("");
    test.act(Action::Slide(Slider::Past, 1.0));
    assert_eq!(test.requests(), [Request::Pause, Request::SelectSnapshot(Some(1))]);
    test.act(Action::Slide(Slider::Past, 2.0));
    test.follow("modes=5");
    test.requests();
    // The requested state arrives while the next run is pending.
    let frame = Frame { layout: LAYOUT, snapshots: vec![0, 10, 20, 30], selected_snapshot: Some(10), ..Frame::default() };
    test.frame_of(test.state.run.number, frame);
    assert_eq!(test.requests(), []);
}

#[test]
fn worker_of_large_file_starts_without_losing_run() {
    let large = Settings::on(multiwell::internal::recipe::Recipe::Reliable, Settings::OWN_DATA);
    let table = UserTable { name: "large.csv".into(), held: 1, ..UserTable::default() };
    let mut test = Test::running("");
    test.state.start(large.clone(), Some(table.clone()), None, true);
    test.effects = std::mem::take(&mut test.state.queue.effects);
    assert!(test.effects.contains(&Effect::Launch(2)));
    assert!(test.effects.contains(&Effect::Post(1, Request::Pause)));
    test.act(Action::WorkerFailed(2, "no line".into()));
    assert!(test.message().contains("The previous run continues"), "{}", test.message());
    assert!(test.effects.contains(&Effect::Terminate(2)) && test.effects.contains(&Effect::Post(1, Request::Go)));
    // After the large run has begun, the parked worker still holds the former run.
    test.state.start(large.clone(), Some(table), None, true);
    test.ready();
    test.accept();
    test.effects.clear();
    test.press(Button::Undo);
    assert!(test.effects.contains(&Effect::Post(1, Request::Recall(1))));
    test.start_run(1, Settings::default());
    assert!(!test.effects.contains(&Effect::Terminate(3)), "the other can be returned to");
    test.press(Button::Redo);
    assert!(test.effects.contains(&Effect::Post(3, Request::Recall(3))));
    test.start_run(3, large);
    // Without its worker, the former run cannot be recalled.
    test.act(Action::WorkerEnded(1));
    assert!(test.state.step_in_words(Direction::Back).is_none() && test.state.phase != Phase::Failed);
}

#[test]
fn failed_or_ended_worker_is_reported_and_replaced() {
    let mut test = Test::running("");
    test.act(Action::WorkerFailed(1, "panicked".into()));
    assert_eq!(test.state.phase, Phase::Failed);
    assert_eq!(test.state.feedback.message.as_ref().map(|message| message.action), Some(MessageAction::Restart));
    test.press(Button::Recover);
    assert!(test.effects.contains(&Effect::Launch(2)));
    test.ready();
    test.accept();
    test.act(Action::WorkerEnded(1));
    assert_eq!(test.message(), "", "the end of a worker that was replaced is no failure");
    test.act(Action::WorkerEnded(2));
    assert!(test.message().contains("its worker was ended"));
}

#[test]
fn worker_of_another_build_requires_reload() {
    let mut test = Test::open("");
    test.act(Action::WorkerFailed(1, STALE_MESSAGE.into()));
    let message = test.state.feedback.message.clone().expect("something is said");
    assert_eq!((message.words.as_str(), message.action), (STALE_MESSAGE, MessageAction::Reload));
    test.press(Button::Recover);
    assert_eq!(test.effects.last(), Some(&Effect::Reload));
}
