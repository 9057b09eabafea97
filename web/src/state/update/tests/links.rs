//! Links: their contents, and when they are followed and written.

use super::*;

/// Link without a part that it must contain.
pub fn without(link: &str, part: &str) -> String {
    assert!(link.contains(part), "{link} lacks {part}");
    link.replace(part, "")
}

#[test]
fn link_of_older_recipe_is_marked_until_next_run() {
    let mut test = Test::running("seed=2");
    assert!(test.state.run.origin.is_older);
    let version = multiwell::internal::controller::link::version(&test.state.run.settings).expect("the recipe may change");
    test.follow(&format!("seed=3&{version}"));
    test.accept();
    assert!(!test.state.run.origin.is_older);
    test.follow("recipe=paper&seed=3");
    test.accept();
    assert!(!test.state.run.origin.is_older);
}

#[test]
fn link_follows_view_and_is_not_written_while_run_is_pending() {
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
fn link_is_followed_in_every_phase() {
    // While the page loads.
    let mut test = Test::open("seed=1");
    test.follow("seed=2");
    test.start_run(1, Settings::default());
    assert_eq!(test.state.run.number, 0, "the run of the first link is shown");
    test.accept();
    assert_eq!(test.state.run.settings.training.seed, 2);
    // While another run is pending and a change is deferred.
    test.commit("modes", "4");
    test.commit("lr", "0.5");
    test.follow("seed=3&view=physics");
    test.start_run(3, Settings::default().with("modes=4&seed=2").unwrap());
    test.accept();
    assert_eq!(
        (test.state.run.settings.clone(), test.state.views.name()),
        (Settings::default().with("seed=3").unwrap(), "physics")
    );
    // Back to the current run while another is pending.
    test.follow("seed=4");
    test.follow("seed=3");
    test.accept();
    assert_eq!(test.state.run.settings.training.seed, 3);
    // A link to another panel starts no run.
    test.requests();
    test.follow("seed=3&panel=stages");
    assert!(test.requests().iter().all(|request| !is_start(request, |_| true)));
    assert_eq!(test.state.views.name(), "landscape");
    // After a failure.
    test.act(Action::WorkerFailed(1, "panicked".into()));
    test.follow("seed=6");
    test.ready();
    test.accept();
    assert_eq!((test.state.run.settings.training.seed, test.message()), (6, ""));
}

#[test]
fn change_after_link_applies_to_run_of_link() {
    let mut test = Test::running("");
    test.follow("seed=2&modes=5");
    test.commit("lr", "0.5");
    assert!(!test.requests().iter().any(|request| matches!(request, Request::Change(_))));
    test.accept();
    assert_eq!(test.state.run.settings, Settings::default().with("seed=2&modes=5&lr=0.5").unwrap());
    assert!(test.requests().iter().any(|request| matches!(request, Request::Change(settings) if settings.training.seed == 2)));
}

#[test]
fn refused_link_restores_link_of_current_run() {
    let mut test = Test::running("seed=2");
    test.follow("seed=3");
    test.links();
    test.refuse(2, "", "no");
    assert_eq!((test.links(), test.state.run.settings.training.seed), (vec!["seed=2".into()], 2));
    // The refusal of an earlier request does not affect the next link.
    test.open_table("bad.csv", "x,y\n1,two\n2,3\n");
    test.act(Action::CloseColumns(true));
    test.follow("seed=4");
    test.refuse(3, "", "bad.csv: no number");
    test.accept();
    assert_eq!((test.state.run.settings.training.seed, test.message()), (4, ""));
}

#[test]
fn link_discards_unfinished_text() {
    let mut test = Test::running("");
    let typed = |test: &mut Test| {
        test.act(Action::Typed("seed", "12x".into()));
        assert_eq!(test.state.edits.typed_setting, "seed");
    };
    typed(&mut test);
    test.follow("seed=7");
    assert_eq!(test.state.edits.typed_setting, "");
    test.accept();
    // An earlier request does not discard the typed text; an entry of the history does.
    test.press(Button::NewSeed);
    typed(&mut test);
    test.accept();
    assert_eq!(test.state.edits.typed_setting, "seed");
    test.act(Action::FollowTo(test.state.run.number, String::new()));
    assert_eq!(test.state.edits.typed_setting, "");
}

#[test]
fn link_discards_refused_formula() {
    let mut test = Test::running("benchmark=formula&formula=x%5E4");
    test.commit("formula", "sqrt(x)");
    test.refuse(test.pending().0, "formula", "not a number at -1");
    assert!(test.state.feedback.notes["formula"].is_error);
    test.follow("recipe=paper&epochs=317&seed=5&recipe_version=9");
    assert!(test.state.feedback.notes.is_empty());
    // The hidden field loses the focus, and the browser sends a change event.
    test.commit("formula", "sqrt(x)");
    test.accept();
    assert!(test.state.requests.pending.is_none());
    assert_eq!(test.state.run.settings, Settings::on(Recipe::Paper, "cosine-well").with("epochs=317&seed=5").unwrap());
}

#[test]
fn unknown_view_of_link_is_replaced_by_first_view() {
    let test = Test::running("benchmark=gene-circuit&view=nonsense&knob-x=1");
    assert_eq!((test.state.views.name(), test.message()), ("flow", ""));
}

#[test]
fn invalid_values_of_a_link_are_corrected_and_reported() {
    let test = Test::open("benchmark=nowhere&modes=1e9&lr=-5&hidden=a,b&samples=1&noise=x&colour=blue&&=&%zz");
    let words = test.message();
    // A long message is cut in its middle.
    assert!(words.contains("not 1e9; it is set to 64") && words.ends_with("it is set to cosine-well."), "{words}");
    assert!(words.chars().count() <= 300, "{words}");
    assert_eq!(test.state.wanted().training.modes, 64);
}

#[test]
fn intervals_and_panel_belong_to_their_run() {
    let mut test = Test::running("benchmark=three-well&uncertainty=1&panel=modes");
    test.commit("seed", "5");
    test.accept();
    assert_eq!(test.links(), ["benchmark=three-well&seed=5&uncertainty=1&panel=modes"], "the same data");
    test.act(Action::Choose("double-well".into()));
    test.accept();
    assert_eq!(test.links(), ["benchmark=double-well&seed=5"]);
    test.press(Button::Undo);
    test.accept();
    assert_eq!(test.links(), ["benchmark=three-well&seed=5&uncertainty=1&panel=modes"]);
}
