use super::*;
use crate::problem::table::UserTable;

fn small() -> Settings {
    Settings::from_recipe(crate::problem::settings::Recipe::Paper).with("modes=2&hidden=3&samples=20&epochs=50").unwrap()
}

fn start(run: u32, settings: Settings) -> Request {
    Request::Start { run, settings, table: None, model: None, running: true }
}

fn report(controller: &mut Controller) -> (u32, Status, u64) {
    match controller.frame() {
        Some((Reply::Frame { run, frame }, numbers)) => {
            assert_eq!(numbers.len(), frame.layout.len());
            (run, frame.status, frame.metrics.epochs)
        }
        other => panic!("no frame: {other:?}"),
    }
}

#[test]
fn run_is_started_paused_stepped_finished_and_continued() {
    let mut controller = Controller::default();
    assert!(controller.frame().is_none() && !controller.is_training());
    assert!(matches!(controller.answer(start(1, small())).as_slice(), [(Reply::Scene { run: 1, .. }, Some(_))]));
    assert!(controller.is_training());
    assert_eq!(controller.train(10), 10);
    assert!(controller.answer(Request::Step).is_empty());
    assert_eq!(report(&mut controller), (1, Status::Paused, 11));
    controller.answer(Request::Go);
    assert_eq!(controller.train(1000), 39);
    assert!(matches!(report(&mut controller), (1, Status::Finished { .. }, 50)));
    controller.answer(Request::Go);
    assert!(!controller.is_training(), "there is nothing left to train");
    controller.answer(Request::Change(small().with("epochs=60").unwrap()));
    assert_eq!((controller.is_training(), controller.train(100)), (true, 10));
    controller.answer(Request::Change(small().with("epochs=40").unwrap()));
    assert!(!controller.is_training());
}

#[test]
fn recalled_runs_are_unchanged() {
    let mut controller = Controller::default();
    controller.answer(start(1, small()));
    controller.train(7);
    controller.answer(start(2, small().with("modes=3").unwrap()));
    controller.train(3);
    assert_eq!(report(&mut controller), (2, Status::Running, 3));
    controller.answer(start(3, small().with("modes=4").unwrap()));
    match controller.answer(Request::Recall(1)).as_slice() {
        [(Reply::Scene { run: 1, settings, .. }, _)] => assert_eq!(*settings, small()),
        other => panic!("{other:?}"),
    }
    assert_eq!(report(&mut controller), (1, Status::Running, 7));
    assert!(controller.answer(Request::Recall(4)).is_empty(), "there is none");
    assert_eq!(report(&mut controller), (1, Status::Running, 7));
    controller.answer(Request::Recall(2));
    assert_eq!(report(&mut controller), (2, Status::Running, 3));
    controller.answer(Request::Forget(vec![1, 2]));
    assert!(controller.answer(Request::Recall(1)).is_empty());
    assert_eq!(report(&mut controller).0, 2, "what is shown is not forgotten");
    controller.answer(Request::Recall(3));
    assert_eq!(report(&mut controller), (3, Status::Running, 0));
}

#[test]
fn refused_requests_leave_run_unchanged() {
    let mut controller = Controller::default();
    controller.answer(start(1, small()));
    controller.train(5);
    let bad_model = Request::Start { run: 2, settings: small(), table: None, model: Some("{}".into()), running: true };
    let settings = Settings { benchmark: Settings::OWN_DATA.into(), ..small() };
    let table = Some(UserTable { name: "a.csv".into(), text: "x,y\n1,two\n".into(), ..UserTable::default() });
    let bad_table = Request::Start { run: 2, settings, table, model: None, running: true };
    let mut unusable = small();
    unusable.training.modes = 0;
    let requests = [start(2, unusable), bad_model, bad_table, Request::Change(small().with("modes=3").unwrap())];
    for request in requests {
        assert!(
            matches!(controller.answer(request).as_slice(), [(Reply::Refused { problems, .. }, None)] if !problems.is_empty())
        );
        assert_eq!(report(&mut controller), (1, Status::Running, 5));
    }
}

#[test]
fn run_starts_from_saved_model() {
    let mut controller = Controller::default();
    controller.answer(start(1, small()));
    controller.train(30);
    let Some((Reply::Model { json, .. }, None)) = controller.answer(Request::Save { is_kept: false }).pop() else {
        panic!("no model")
    };
    let other = Settings::on(crate::recipe::Recipe::Reliable, "double-well").with("modes=5").unwrap();
    let request = Request::Start { run: 2, settings: other, table: None, model: Some(json), running: false };
    match controller.answer(request).as_slice() {
        [(Reply::Scene { run: 2, settings, .. }, _)] => {
            assert_eq!((settings.training.modes, settings.benchmark.as_str()), (2, "cosine-well"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(report(&mut controller), (2, Status::Paused, 0));
    assert!(matches!(controller.answer(Request::History).as_slice(), [(Reply::History(csv), None)] if csv.starts_with("epoch,")));
}
