//! Formulas: typed text is never lost, and releasing the slider of a parameter starts a run.

use multiwell::internal::problem::view::{Control, ControlKind};

use super::*;

/// A page with a formula of one parameter.
fn running() -> Test {
    let mut test = Test::open("benchmark=formula");
    let (run, settings) = test.pending();
    let kind = ControlKind::Slide { range: [-2.0, 2.0], steps: 200 };
    let parameter = Control { id: "set-a".into(), label: "a".into(), meaning: "The letter a.".into(), kind, value: 1.0 };
    let scene = Scene { inputs: 1, points: 2, domain: [-2.0, 2.0], formula_controls: vec![parameter], ..Scene::default() };
    test.reply(Reply::Scene { run, settings, scene });
    test.frame(Status::Running);
    test.requests();
    test
}

fn formula(settings: &Settings) -> &str {
    &settings.potential().expect("a potential").formula
}

#[test]
fn refused_formula_stays_in_field_with_note() {
    let mut test = running();
    let before = test.state.run.settings.clone();
    test.commit("formula", "log(x");
    assert!(is_start(&test.requests()[0], |settings| formula(settings) == "log(x"));
    test.refuse(test.pending().0, "formula", "formula cannot be read at character 4: this \"(\" is not closed");
    let note = test.state.feedback.notes.get("formula").expect("a note at the field, which keeps its text");
    assert!(note.is_error);
    assert_eq!(note.words, "The formula cannot be read at character 4: this \"(\" is not closed.");
    assert_eq!(test.state.run.settings, before);
    test.commit("formula", "x^4 - 2*x^2");
    assert!(is_start(&test.requests()[0], |settings| formula(settings) == "x^4 - 2*x^2"));
}

#[test]
fn formula_parameter_starts_run_when_slider_rests() {
    let mut test = running();
    test.act(Action::SetControl("set-a".into(), 120.0));
    assert_eq!((test.state.edits.sliding_parameter.clone(), test.requests().len()), (Some(("set-a".into(), 0.4)), 0));
    test.act(Action::SetControl("set-a".into(), 130.0));
    test.act(Action::ControlRests);
    let set = |settings: &Settings| settings.potential().expect("a potential").set.clone();
    assert!(is_start(&test.requests()[0], |settings| set(settings) == "a=0.6 in -2..2"));
    assert_eq!(test.state.edits.sliding_parameter, None);
    // A second release waits for the pending run.
    test.act(Action::SetControl("set-a".into(), 140.0));
    test.act(Action::ControlRests);
    assert!(test.requests().is_empty());
    test.act(Action::ControlRests);
    assert!(test.requests().is_empty());
}
