//! Files that another worker looks into.

use super::*;
use multiwell::controller::protocol::{Bytes, Look};

/// Number of the worker that was launched last.
fn launched(test: &Test) -> Option<u32> {
    test.effects.iter().rev().find_map(|effect| if let Effect::Launch(worker) = effect { Some(*worker) } else { None })
}

fn open(test: &mut Test, files: &[(&str, &[u8])]) -> u32 {
    test.effects.clear();
    test.act(Action::Opened(files.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from(bytes.to_vec()))).collect()));
    let worker = launched(test).expect("a worker looks into the file");
    assert!(Some(worker) != test.state.trainer.worker);
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
    assert!(test.effects.contains(&Effect::Post(worker, Request::Look { files })));
    let names = ["time", "phi", "psi", "metad.bias"].map(String::from).to_vec();
    let look = Look { name: "COLVAR".into(), names, notes: vec!["Read so.".into()], are_samples: true, ..Look::default() };
    test.act(Action::Reply(worker, Reply::seen(Ok(look)), Vec::new()));
    assert!(test.effects.contains(&Effect::Terminate(worker)) && test.state.reading.is_none());
    let choice = test.state.columns.as_ref().expect("it is asked");
    assert_eq!((choice.kind.as_str(), choice.parts.join("|")), (Settings::OWN_JOINT, "|input|input|bias".into()));
    let remarks = choice.remarks().join(" ");
    assert!(remarks.starts_with("Read so.") && remarks.ends_with("Not used: time."), "{remarks}");
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_run_as_it_is() {
    let mut test = Test::running("");
    let worker = open(&mut test, &[("a.npy", b"\x93NUMPY")]);
    // Whatever was opened last counts.
    let second = open(&mut test, &[("a.dat", b"1 2\n3 4\n"), ("b.dat", b"1\n2\n")]);
    assert!(test.effects.contains(&Effect::Terminate(worker)));
    test.act(Action::Reply(worker, Reply::Ready, Vec::new()));
    test.act(Action::Reply(second, Reply::Ready, Vec::new()));
    test.act(Action::Reply(second, Reply::seen(Err("a.dat: no.".into())), Vec::new()));
    assert_eq!((test.says(), test.state.phase), ("a.dat: no.", Phase::Running));
    let third = open(&mut test, &[("a.gz", b"\x1f\x8b")]);
    test.act(Action::WorkerEnded(third));
    assert!(test.says().starts_with("The file could not be read: its worker was ended"), "{}", test.says());
    assert!(test.state.reading.is_none() && test.state.phase == Phase::Running);
}

#[test]
fn how_a_table_was_read_is_said_once_its_run_has_begun() {
    let mut test = Test::running("");
    test.open_table("a.csv", "x,y\n1,2\n2,3\n3,5\n");
    test.accept();
    let run = test.state.trainer.run;
    test.reply(Reply::Notes { run, notes: vec!["The table has no header.".into(), "1 row.".into()] });
    assert_eq!(test.says(), "The table has no header. 1 row.");
}

/// A large file is opened, its beginning looked into, and its columns agreed to; the worker that is to read it has said that it is ready.
fn open_large(test: &mut Test) {
    let beginning = ("rows.csv".to_owned(), Bytes::from(b"a,b,y\n1,2,3\n2,3,5\n".to_vec()));
    test.act(Action::OpenedLarge(beginning.clone(), 4));
    let reader = launched(test).expect("a worker looks into the file");
    test.act(Action::Reply(reader, Reply::Ready, Vec::new()));
    test.act(Action::Reply(reader, Reply::seen(look_into(vec![beginning]).map_err(|e| e.to_string())), Vec::new()));
    test.effects.clear();
    test.act(Action::CloseColumns(true));
    assert!(launched(test).is_none() && test.state.trainer.worker == Some(reader), "who has looked reads on");
    assert!(test.says().contains("rows.csv") && test.state.message.as_ref().is_some_and(|m| m.remedy == Remedy::Cancel));
    let asked = test.requests();
    let is_start = |request: &Request| matches!(request, Request::Start { table: Some(table), .. } if table.held == 4 && table.text.is_empty() && table.target == "y");
    assert!(asked.iter().any(is_start), "{asked:?}");
}

#[test]
fn a_large_file_is_read_by_a_worker_of_its_own_and_can_be_given_up() {
    for is_shown in [false, true] {
        let mut test = Test::running("");
        let (before, run) = (test.state.trainer.worker, test.state.trainer.run);
        open_large(&mut test);
        if is_shown {
            test.accept();
            test.frame(Status::Running);
            assert!(test.state.origin.table.is_some());
        }
        test.effects.clear();
        test.press(Button::Recover);
        assert_eq!(test.state.trainer.worker, before);
        assert!(test.effects.iter().any(|effect| matches!(effect, Effect::Terminate(_))));
        if is_shown {
            test.accept();
        }
        assert!(test.state.origin.table.is_none() && test.state.message.is_none());
        assert_eq!(test.state.trainer.run, run);
    }
}

#[test]
fn a_large_file_that_is_not_wanted_leaves_no_worker() {
    let mut test = Test::running("");
    let beginning = ("rows.csv".to_owned(), Bytes::from(b"a,b,y\n1,2,3\n2,3,5\n".to_vec()));
    test.act(Action::OpenedLarge(beginning.clone(), 4));
    let reader = launched(&test).expect("a worker looks into the file");
    test.act(Action::Reply(reader, Reply::Ready, Vec::new()));
    test.act(Action::Reply(reader, Reply::seen(look_into(vec![beginning]).map_err(|e| e.to_string())), Vec::new()));
    assert!(!test.effects.contains(&Effect::Terminate(reader)));
    test.act(Action::CloseColumns(false));
    assert!(test.effects.contains(&Effect::Terminate(reader)) && test.state.trainer.spare.is_none());
}

#[test]
fn what_is_asked_for_while_a_file_is_looked_into_takes_its_place() {
    let link = Action::Follow("benchmark=double-well&recipe=paper&epochs=317".into());
    let choice = Action::Press(Button::NewSeed);
    for later in [link, choice] {
        let mut test = Test::running("");
        let reader = open(&mut test, &[("samples.csv", b"x\n1\n2\n3\n")]);
        test.act(Action::Reply(reader, Reply::Ready, Vec::new()));
        test.act(later);
        let asked = test.state.trainer.pending.as_ref().map(|pending| pending.run);
        assert!(asked.is_some() && test.effects.contains(&Effect::Terminate(reader)));
        // What the worker still says comes too late.
        let look = Look { name: "samples.csv".into(), names: vec!["x".into()], are_samples: true, ..Look::default() };
        test.act(Action::Reply(reader, Reply::seen(Ok(look)), Vec::new()));
        assert_eq!(test.state.trainer.pending.as_ref().map(|pending| pending.run), asked);
        assert!(test.state.columns.is_none());
    }
}

#[test]
fn a_file_that_is_opened_takes_the_place_of_the_table_of_a_link() {
    let mut test = Test::running("");
    test.act(Action::Follow("benchmark=own-joint&data=data/angles.dat&seed=7".into()));
    assert!(test.effects.contains(&Effect::Fetch("data/angles.dat".into())));
    test.open_table("points.csv", "x,y\n0,1\n1,2\n2,1\n3,5\n");
    test.act(Action::CloseColumns(true));
    let pending = test.state.trainer.pending.as_ref().expect("the file is learnt");
    assert_eq!(pending.origin.table.as_ref().map(|table| table.name.as_str()), Some("points.csv"));
    assert!(pending.origin.address.is_none() && !pending.is_addressed && test.state.linked.is_none());
    test.effects.clear();
    test.act(Action::Fetched("data/angles.dat".into(), Ok(b"1 2 3\n".to_vec())));
    assert!(launched(&test).is_none());
}

#[test]
fn what_is_said_while_a_large_file_is_read_goes_when_it_has_been() {
    let mut test = Test::running("");
    open_large(&mut test);
    test.accept();
    test.frame(Status::Running);
    let (run, settings) = (test.state.trainer.run, test.state.settings.clone());
    test.begin(run, settings);
    assert!(test.state.message.is_none());
    // Another seed begins in the same worker, which knows the file.
    test.effects.clear();
    test.press(Button::NewSeed);
    assert!(launched(&test).is_none());
}

/// A page that has been opened with a link to a table.
fn begun(fragment: &str) -> Test {
    let mut test = Test { state: State::new(fragment, Parts::default()), effects: Vec::new() };
    test.act(Action::Begin);
    test
}

/// A page that begins with a link, after its table has been fetched and looked into.
fn linked(fragment: &str, look: Result<Look, String>) -> Test {
    let mut test = begun(fragment);
    assert!(test.effects.contains(&Effect::Fetch("data/angles.dat".into())) && launched(&test).is_none());
    test.act(Action::Fetched("data/another.dat".into(), Ok(Vec::new())));
    assert!(launched(&test).is_none());
    test.act(Action::Fetched("data/angles.dat".into(), Ok(b"1 2 3\n".to_vec())));
    let reader = launched(&test).expect("a worker looks into the file");
    test.act(Action::Reply(reader, Reply::Ready, Vec::new()));
    let files = vec![("angles.dat".to_owned(), Bytes::from(b"1 2 3\n".to_vec()))];
    assert!(test.effects.contains(&Effect::Post(reader, Request::Look { files })));
    test.act(Action::Reply(reader, Reply::seen(look), Vec::new()));
    test
}

#[test]
fn a_link_may_name_a_table_of_the_pages_site() {
    let names = ["phi", "psi", "bias"].map(String::from).to_vec();
    let look = Look { name: "angles.dat".into(), names, are_samples: true, ..Look::default() };
    let test = linked("benchmark=own-joint&data=data/angles.dat&seed=7&kt=2.5", Ok(look));
    let pending = test.state.trainer.pending.as_ref().expect("a run is asked for");
    let table = pending.origin.table.as_ref().expect("it learns from the table");
    assert_eq!((table.inputs.join("|"), table.others.len()), ("phi|psi".into(), 1));
    assert_eq!((pending.settings.training.seed, pending.settings.potential().and_then(|own| own.kt)), (7, Some(2.5)));
    assert_eq!(pending.origin.address.as_deref(), Some("data/angles.dat"));
}

#[test]
fn a_link_whose_table_is_missing_shows_the_default_and_says_so() {
    let mut test = begun("benchmark=own-data&data=away.csv");
    test.act(Action::Fetched("away.csv".into(), Err("there is no such file".into())));
    assert!(launched(&test).is_some() && test.state.trainer.pending.is_some());
    assert_eq!(test.says(), "The data of the link, away.csv, could not be used: there is no such file.");
    let test = linked("data=data/angles.dat", Err("angles.dat is empty.".into()));
    assert!(test.says().ends_with("angles.dat is empty."), "{}", test.says());
    assert!(test.state.trainer.pending.is_some() && test.state.linked.is_none());
}

#[test]
fn a_fit_is_exported_from_its_model_file_and_a_failure_is_said() {
    let mut test = Test::running("");
    test.act(Action::SaveCode("c-fast".into(), true));
    assert_eq!(test.requests(), [Request::Export { form: "c-fast".into(), hessian: true }]);
    test.reply(Reply::Export { json: "{}".into(), form: "c-fast".into(), hessian: true });
    let asked = Effect::Export { model: "{}".into(), form: "c-fast".into(), hessian: true };
    assert!(test.effects.contains(&asked), "{:?}", test.effects);
    test.act(Action::Exported(Ok((vec![1, 2], "c".into(), "a potential, learnt from y".into()))));
    assert!(test.effects.contains(&Effect::DownloadBytes("model.c".into(), vec![1, 2])));
    assert_eq!(test.says(), "Saved as model.c: a potential, learnt from y.");
    test.act(Action::Exported(Err("a material with memory has no formula".into())));
    assert_eq!(test.says(), "The fit was not exported: a material with memory has no formula.");
}
