//! Files that a second worker inspects.

use super::*;
use crate::state::view::LowerPanel;
use multiwell::internal::controller::protocol::{Bytes, ExportForm, RawTable};
use multiwell::internal::problem::metrics::{Metrics, ProblemMetrics};
use multiwell::internal::problem::potential::PotentialMetrics;

/// Number of the last launched worker.
fn launched(test: &Test) -> Option<u32> {
    test.effects.iter().rev().find_map(|effect| if let Effect::Launch(worker) = effect { Some(*worker) } else { None })
}

fn open(test: &mut Test, files: &[(&str, &[u8])]) -> u32 {
    test.effects.clear();
    test.act(Action::Opened(files.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from(bytes.to_vec()))).collect()));
    let worker = launched(test).expect("a worker looks into the file");
    assert!(Some(worker) != test.state.workers.current);
    worker
}

#[test]
fn files_are_read_by_another_worker() {
    let mut test = Test::running("");
    let colvar = b"#! FIELDS time phi psi metad.bias\n 0.0 1.0 2.0 3.0\n";
    let worker = open(&mut test, &[("COLVAR", colvar)]);
    test.effects.clear();
    test.act(Action::Reply(worker, Reply::Ready, Vec::new()));
    let files = vec![("COLVAR".to_owned(), Bytes::from(colvar.to_vec()))];
    assert!(test.effects.contains(&Effect::Post(worker, Request::Inspect(files))));
    let names = ["time", "phi", "psi", "metad.bias"].map(String::from).to_vec();
    let table =
        RawTable { name: "COLVAR".into(), names, notes: vec!["Read so.".into()], are_samples: true, ..RawTable::default() };
    test.act(Action::Reply(worker, Reply::inspected(Ok(table)), Vec::new()));
    assert!(test.effects.contains(&Effect::Terminate(worker)) && test.state.files.reader.is_none());
    let choice = test.state.files.columns.as_ref().expect("it is asked");
    assert_eq!((choice.kind.as_str(), choice.roles.join("|")), (Settings::OWN_JOINT, "|input|input|bias".into()));
    let remarks = choice.remarks().join(" ");
    assert!(remarks.starts_with("Read so.") && remarks.ends_with("Not used: time."), "{remarks}");
}

#[test]
fn each_way_to_read_table_is_drawn_by_another_worker() {
    let mut test = Test::running("");
    test.effects.clear();
    test.open_table("surface.csv", "x,y,E\n0,1,2\n1,0,1\n2,2,0\n0,2,1\n");
    let pictures = |test: &Test| {
        let readings = &test.state.files.columns.as_ref().expect("it is asked").readings;
        readings.iter().map(|reading| reading.picture.clone()).collect::<Vec<_>>()
    };
    assert_eq!(pictures(&test), vec![None; 4]);
    let worker = launched(&test).expect("a worker draws");
    let benchmarks = |test: &Test| -> Vec<String> {
        let posted = test.effects.iter().filter_map(|effect| match effect {
            Effect::Post(_, Request::Thumbnail(task)) => Some(task.settings.benchmark.clone()),
            _ => None,
        });
        posted.collect()
    };
    test.act(Action::Reply(worker, Reply::Ready, Vec::new()));
    assert_eq!(benchmarks(&test).len(), 4);
    let drawn = |benchmark: &str| Reply::Thumbnail(benchmark.into(), Ok("<svg>".into()));
    test.act(Action::Reply(worker, drawn(Settings::OWN_JOINT), Vec::new()));
    assert_eq!(pictures(&test).iter().flatten().count(), 1);
    // Other roles change one picture. A new worker draws the missing ones.
    test.effects.clear();
    test.act(Action::ChooseRoles(["input", "", "value"].map(Into::into).to_vec()));
    assert!(test.effects.contains(&Effect::Terminate(worker)));
    let worker = launched(&test).expect("a worker draws");
    test.act(Action::Reply(worker, Reply::Ready, Vec::new()));
    assert!(benchmarks(&test).len() == 3 && !benchmarks(&test).contains(&Settings::OWN_JOINT.into()));
    // The choice stays open after a failure.
    test.act(Action::WorkerFailed(worker, "it is gone".into()));
    assert!(test.state.files.columns.as_ref().is_some_and(|choice| choice.problem.contains("it is gone")));
    assert_eq!(pictures(&test).len(), 1);
    test.act(Action::CloseColumns(true));
    assert!(test.state.files.columns.is_none() && test.state.requests.pending.is_some());
}

#[test]
fn reading_that_cannot_be_fitted_keeps_choice_open() {
    let mut test = Test::running("");
    test.open_table("surface.csv", "x,y,E\n0,1,2\n1,0,1\n2,2,0\n0,2,1\n");
    let worker = launched(&test).expect("a worker draws");
    let refusal = Reply::Thumbnail(Settings::OWN_DATA.into(), Err("E is constant".into()));
    test.act(Action::Reply(worker, refusal, Vec::new()));
    test.act(Action::CloseColumns(true));
    let problem = |test: &Test| test.state.files.columns.as_ref().expect("it stays open").problem.clone();
    assert_eq!((problem(&test), test.state.requests.pending.is_none()), ("E is constant".into(), true));
    test.act(Action::ChooseRoles(["input", "", "value"].map(Into::into).to_vec()));
    assert!(problem(&test).is_empty());
    test.act(Action::CloseColumns(true));
    assert!(test.state.files.columns.is_none() && test.state.requests.pending.is_some());
}

#[test]
fn wells_of_opened_table_have_intervals_which_change_without_restart() {
    let mut test = Test::running("");
    test.open_table("surface.csv", "x,y,E\n0,1,2\n1,0,1\n2,2,0\n0,2,1\n");
    test.act(Action::CloseColumns(true));
    assert_eq!(test.state.wanted().data.uncertainty, 1);
    test.accept();
    test.frame_of(test.state.run.number, Frame { status: ended(), last_epoch: 1, ..Frame::default() });
    assert!(!test.state.run.takes_changes());
    test.requests();
    test.commit("uncertainty", "0");
    assert!(matches!(&test.requests()[..], [Request::Change(settings)] if settings.data.uncertainty == 0));
    test.commit("lr", "0.1");
    assert!(test.state.requests.pending.is_some());
}

#[test]
fn unreadable_file_leaves_run_unchanged() {
    let mut test = Test::running("");
    let worker = open(&mut test, &[("a.npy", b"\x93NUMPY")]);
    // The file that was opened last counts.
    let second = open(&mut test, &[("a.dat", b"1 2\n3 4\n"), ("b.dat", b"1\n2\n")]);
    assert!(test.effects.contains(&Effect::Terminate(worker)));
    test.act(Action::Reply(worker, Reply::Ready, Vec::new()));
    test.act(Action::Reply(second, Reply::Ready, Vec::new()));
    test.act(Action::Reply(second, Reply::inspected(Err("a.dat: no.".into())), Vec::new()));
    assert_eq!((test.message(), test.state.phase), ("a.dat: no.", Phase::Running));
    let third = open(&mut test, &[("a.gz", b"\x1f\x8b")]);
    test.act(Action::WorkerEnded(third));
    assert!(test.message().starts_with("The file could not be read: its worker was ended"), "{}", test.message());
    assert!(test.state.files.reader.is_none() && test.state.phase == Phase::Running);
}

#[test]
fn opened_model_is_trained_unless_run_is_paused() {
    for (status, is_trained) in [(Status::Running, true), (Status::Paused, false)] {
        let mut test = Test::running("");
        test.frame(status);
        test.act(Action::Opened(vec![("model.json".into(), Bytes::from(b"{}".to_vec()))]));
        let asked = test.requests();
        assert!(
            matches!(asked.last(), Some(Request::Start { model: Some(_), running, .. }) if *running == is_trained),
            "{asked:?}"
        );
    }
}

#[test]
fn density_is_offered_if_inputs_explain_little() {
    for (r2, is_offered) in [(0.03, true), (0.9, false)] {
        let mut test = Test::running("");
        test.open_table("angles.csv", "phi,psi,note\n0,1,a\n1,0,b\n2,2,c\n0,2,d\n");
        test.act(Action::ChooseKind(Settings::OWN_DATA.into()));
        test.act(Action::ChooseRoles(["input", "value", ""].map(Into::into).to_vec()));
        test.act(Action::CloseColumns(true));
        test.accept();
        let own = PotentialMetrics { r2, ..PotentialMetrics::default() };
        let metrics = Metrics { own: ProblemMetrics::Potential(own, None), ..Metrics::default() };
        test.frame_of(test.state.run.number, Frame { status: ended(), metrics, ..Frame::default() });
        assert_eq!(test.state.feedback.action() == Some(MessageAction::FitDensity), is_offered, "{}", test.message());
        if is_offered {
            assert!(test.message().contains("explain 3 % of the variance"), "{}", test.message());
            test.press(Button::Recover);
            assert_eq!(test.pending().1.benchmark, Settings::OWN_JOINT);
            assert_eq!(test.pending_table().columns.inputs, ["phi", "psi"]);
        }
    }
}

/// Opens a large file and inspects its beginning. Returns the number of the worker.
fn inspect_large(test: &mut Test) -> u32 {
    let beginning = ("rows.csv".to_owned(), Bytes::from(b"a,b,y\n1,2,3\n2,3,5\n".to_vec()));
    test.act(Action::OpenedLarge(beginning.clone(), 4));
    test.inspect(beginning)
}

/// Opens a large file, inspects its beginning and accepts its columns. The worker that reads it is ready.
fn open_large(test: &mut Test) {
    let reader = inspect_large(test);
    test.effects.clear();
    test.act(Action::CloseColumns(true));
    assert!(launched(test).is_none() && test.state.workers.current == Some(reader), "the same worker reads it");
    assert!(
        test.message().contains("rows.csv")
            && test.state.feedback.message.as_ref().is_some_and(|m| m.action == MessageAction::Cancel)
    );
    let asked = test.requests();
    let is_start = |request: &Request| matches!(request, Request::Start { table: Some(table), .. } if table.held == 4 && table.text.is_empty() && table.columns.target.as_deref() == Some("y"));
    assert!(asked.iter().any(is_start), "{asked:?}");
}

#[test]
fn cancelled_large_file_restores_previous_run() {
    for is_shown in [false, true] {
        let mut test = Test::running("");
        let (before, run) = (test.state.workers.current, test.state.run.number);
        open_large(&mut test);
        if is_shown {
            test.accept();
            test.frame(Status::Running);
            assert!(test.state.run.origin.table.is_some());
        }
        test.effects.clear();
        test.press(Button::Recover);
        assert_eq!(test.state.workers.current, before);
        assert!(test.effects.iter().any(|effect| matches!(effect, Effect::Terminate(_))));
        if is_shown {
            test.accept();
        }
        assert!(test.state.run.origin.table.is_none() && test.state.feedback.message.is_none());
        assert_eq!(test.state.run.number, run);
    }
}

#[test]
fn cancelled_column_choice_terminates_worker_of_large_file() {
    let mut test = Test::running("");
    let reader = inspect_large(&mut test);
    assert!(!test.effects.contains(&Effect::Terminate(reader)));
    test.act(Action::CloseColumns(false));
    assert!(test.effects.contains(&Effect::Terminate(reader)) && test.state.workers.spare.is_none());
}

#[test]
fn later_request_replaces_file_being_inspected() {
    let link = Action::Follow("benchmark=double-well&recipe=paper&epochs=317".into());
    let choice = Action::Press(Button::NewSeed);
    for later in [link, choice] {
        let mut test = Test::running("");
        let reader = open(&mut test, &[("samples.csv", b"x\n1\n2\n3\n")]);
        test.act(Action::Reply(reader, Reply::Ready, Vec::new()));
        test.act(later);
        let asked = test.state.requests.pending.as_ref().map(|pending| pending.run);
        assert!(asked.is_some() && test.effects.contains(&Effect::Terminate(reader)));
        // Later messages of the worker are ignored.
        let table = RawTable { name: "samples.csv".into(), names: vec!["x".into()], are_samples: true, ..RawTable::default() };
        test.act(Action::Reply(reader, Reply::inspected(Ok(table)), Vec::new()));
        assert_eq!(test.state.requests.pending.as_ref().map(|pending| pending.run), asked);
        assert!(test.state.files.columns.is_none());
    }
}

#[test]
fn opened_file_replaces_table_of_link() {
    let mut test = Test::running("");
    test.act(Action::Follow("benchmark=own-joint&data=data/angles.dat&seed=7".into()));
    assert!(test.effects.contains(&Effect::Fetch("data/angles.dat".into())));
    test.open_table("points.csv", "x,y\n0,1\n1,2\n2,1\n3,5\n");
    test.act(Action::CloseColumns(true));
    let pending = test.state.requests.pending.as_ref().expect("the file is learnt");
    assert_eq!(test.pending_table().name, "points.csv");
    assert!(pending.origin.address.is_none() && !pending.is_addressed && test.state.files.linked_table.is_none());
    test.effects.clear();
    test.act(Action::Fetched("data/angles.dat".into(), Ok(b"1 2 3\n".to_vec())));
    assert!(launched(&test).is_none());
}

#[test]
fn message_on_large_file_is_cleared_after_reading() {
    let mut test = Test::running("");
    open_large(&mut test);
    test.accept();
    test.frame(Status::Running);
    let (run, settings) = (test.state.run.number, test.state.run.settings.clone());
    test.start_run(run, settings);
    assert!(test.state.feedback.message.is_none());
    // Another seed starts in the same worker, which has read the file.
    test.effects.clear();
    test.press(Button::NewSeed);
    assert!(launched(&test).is_none());
}

/// A page opened with a link, after its table was fetched and inspected.
fn linked(fragment: &str, table: Result<RawTable, String>) -> Test {
    let mut test = Test::begun(fragment, VisibleParts::default());
    assert!(test.effects.contains(&Effect::Fetch("data/angles.dat".into())) && launched(&test).is_none());
    test.act(Action::Fetched("data/another.dat".into(), Ok(Vec::new())));
    assert!(launched(&test).is_none());
    test.act(Action::Fetched("data/angles.dat".into(), Ok(b"1 2 3\n".to_vec())));
    let reader = launched(&test).expect("a worker looks into the file");
    test.act(Action::Reply(reader, Reply::Ready, Vec::new()));
    let files = vec![("angles.dat".to_owned(), Bytes::from(b"1 2 3\n".to_vec()))];
    assert!(test.effects.contains(&Effect::Post(reader, Request::Inspect(files))));
    test.act(Action::Reply(reader, Reply::inspected(table), Vec::new()));
    test
}

#[test]
fn table_named_in_link_is_fetched_and_learnt() {
    let names = ["phi", "psi", "bias"].map(String::from).to_vec();
    let table = RawTable { name: "angles.dat".into(), names, are_samples: true, ..RawTable::default() };
    let test = linked("benchmark=own-joint&data=data/angles.dat&seed=7&kt=2.5", Ok(table));
    let pending = test.state.requests.pending.as_ref().expect("a run is asked for");
    let table = pending.origin.table.as_ref().expect("it learns from the table");
    assert_eq!((table.columns.inputs.join("|"), table.columns.biases.join("|")), ("phi|psi".into(), "bias".into()));
    assert_eq!((pending.settings.training.seed, pending.settings.potential().and_then(|own| own.kt)), (7, Some(2.5)));
    assert_eq!(pending.origin.address.as_deref(), Some("data/angles.dat"));
}

#[test]
fn link_with_missing_table_asks_for_its_file() {
    let mut test = Test::begun("benchmark=own-data&data=away.csv", VisibleParts::default());
    test.act(Action::Fetched("away.csv".into(), Err("there is no such file".into())));
    assert!(launched(&test).is_none() && test.state.requests.pending.is_none(), "nothing else is trained");
    assert_eq!((test.state.phase, test.state.pictures.is_revealed), (Phase::Awaiting, true));
    assert_eq!(test.message(), "The data of the link, away.csv, could not be used: there is no such file.");
    let test = linked("data=data/angles.dat", Err("angles.dat is empty.".into()));
    assert!(test.message().ends_with("angles.dat is empty."), "{}", test.message());
    assert!(test.state.requests.pending.is_none() && test.state.files.linked_table.is_none());
}

#[test]
fn opened_file_replays_link_without_table() {
    let mut test = Test::begun("benchmark=own-data&modes=3&seed=9&panel=stages", VisibleParts::default());
    assert!(launched(&test).is_none() && test.state.phase == Phase::Awaiting);
    // A setting may be changed in the meantime.
    test.commit("seed", "8");
    test.press(Button::OpenFile);
    assert!(test.effects.contains(&Effect::ChooseFile) && launched(&test).is_none());
    test.open_table("curve.csv", "x,y\n0,1\n1,0\n2,3\n3,1\n");
    test.ready();
    let pending = test.state.requests.pending.as_ref().expect("a run has been asked for");
    assert_eq!((pending.settings.training.modes, pending.settings.training.seed, pending.settings.data.uncertainty), (3, 8, 0));
    assert!(pending.origin.table.is_some());
    test.accept();
    assert_eq!((test.state.panel(), test.state.files.awaited.is_none()), (LowerPanel::Stages, true));
}

#[test]
fn own_data_returns_to_open_table_and_then_asks_for_another() {
    let mut test = Test::running("");
    let own = || Action::Choose(Settings::OWN_DATA.into());
    test.act(own());
    assert!(test.effects.contains(&Effect::ChooseFile), "no table is open");
    test.open_table("curve.csv", "x,y\n0,1\n1,0\n2,3\n3,1\n");
    test.act(Action::CloseColumns(true));
    test.ready();
    test.accept();
    test.commit("modes", "3");
    test.accept();
    let run = test.state.run.number;
    test.act(Action::Choose("double-well".into()));
    test.accept();
    assert!(test.state.left_table().is_some_and(|left| left.settings.training.modes == 3));
    test.effects.clear();
    test.act(own());
    assert!(!test.effects.contains(&Effect::ChooseFile));
    let pending = test.state.requests.pending.as_ref().expect("a run is recalled");
    assert!(pending.run == run && pending.origin.table.is_some());
    test.start_run(run, pending.settings.clone());
    assert!(test.state.left_table().is_none());
    test.act(own());
    assert!(test.effects.contains(&Effect::ChooseFile), "another table can be opened");
}

#[test]
fn run_continues_while_file_of_followed_link_is_awaited() {
    let mut test = Test::running("seed=4");
    test.follow("benchmark=own-data&modes=3");
    assert!(test.requests().is_empty() && test.state.run.settings.training.seed == 4);
    assert_eq!(test.state.feedback.action(), Some(MessageAction::OpenFile));
    test.press(Button::Recover);
    assert!(test.effects.contains(&Effect::ChooseFile));
    test.press(Button::CloseMessage);
    assert!(test.state.files.awaited.is_none());
}

#[test]
fn fit_is_exported_from_model_file_and_failure_is_reported() {
    let mut test = Test::running("");
    let form = ExportForm { name: "c-fast".into(), hessian: true };
    test.act(Action::SaveCode(form.clone()));
    assert_eq!(test.requests(), [Request::Export(form.clone())]);
    test.reply(Reply::Export("{}".into(), form.clone()));
    assert!(test.effects.contains(&Effect::Export("{}".into(), form)), "{:?}", test.effects);
    test.act(Action::Exported(Ok((vec![1, 2], "c".into(), "a potential, learnt from y".into()))));
    assert!(test.effects.contains(&Effect::Download { name: "model.c".into(), kind: "", bytes: vec![1, 2] }));
    assert_eq!(test.message(), "Saved as model.c: a potential, learnt from y.");
    test.act(Action::Exported(Err("a material with memory has no formula".into())));
    assert_eq!(test.message(), "The fit was not exported: a material with memory has no formula.");
}

#[test]
fn columns_that_cover_a_turn_are_proposed_as_angles_of_a_density() {
    for header in ["phi,psi\n", ""] {
        let mut test = Test::running("");
        // Two scattered angles from -180 to 180.
        let angle = |k: i32| f64::from(k % 3600) / 10.0 - 180.0;
        let rows = (0..300).map(|k| format!("{},{}\n", angle(719 * k), angle(1237 * k)));
        test.open_table("angles.csv", &rows.fold(header.to_owned(), |text, row| text + &row));
        let choice = test.state.files.columns.as_ref().expect("it is asked");
        let angles: Vec<String> = choice.names.iter().map(|name| format!("angle {name}:-180..180")).collect();
        assert_eq!((choice.kind.as_str(), &choice.roles), (Settings::OWN_JOINT, &angles), "{header}");
        let name = choice.names[1].clone();
        // One column is no angle.
        test.act(Action::ChooseRoles(vec!["input".into(), angles[1].clone()]));
        test.act(Action::CloseColumns(true));
        let periodic = test.state.wanted().potential().map(|own| own.periodic.clone());
        assert_eq!(periodic, Some(format!("{name}:-180..180")));
    }
}

#[test]
fn inputs_of_values_are_offered_as_angles_but_not_proposed() {
    let mut test = Test::running("");
    let rows = (0..300).map(|k| format!("{},{}\n", f64::from(719 * k % 3600) / 10.0 - 180.0, k % 7));
    test.open_table("torsion.csv", &rows.fold("theta,energy\n".to_owned(), |text, row| text + &row));
    let mut choice = test.state.files.columns.take().expect("it is asked");
    choice.choose_kind(Settings::OWN_DATA.into());
    assert_eq!(choice.roles, ["input", "value"]);
    assert!(choice.offered(0).iter().any(|(role, _)| role == "angle theta:-180..180"));
    choice.choose_kind(Settings::OWN_SAMPLES.into());
    assert!(choice.offered(0).iter().all(|(role, _)| !role.starts_with("angle")));
}
