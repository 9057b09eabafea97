//! Prices of removing modes: asked for one after another, and only as long as they are looked at.

use multiwell::landscape::Pruned;

use super::*;
use crate::state::action::Slider;

impl Test {
    /// The worker prices the fit without so many modes, of three.
    fn price(&mut self, removed: usize) {
        let steps = vec![Pruned { removed: (0..removed).collect(), ..Pruned::default() }];
        self.reply(Reply::Pruning { run: self.state.trainer.run, epoch: 0, steps });
    }

    /// The questions for prices since the last call, as whether they go on.
    fn questions(&mut self) -> Vec<bool> {
        let asked = |request| if let Request::Pruning { goes_on } = request { Some(goes_on) } else { None };
        self.requests().into_iter().filter_map(asked).collect()
    }

    fn known(&self) -> usize {
        self.state.inspection.prices.0.len()
    }
}

fn ended() -> Status {
    Status::Finished { sentence: String::new() }
}

fn finished() -> Test {
    let mut test = Test::running("benchmark=gene-circuit&modes=3");
    test.frame(ended());
    test.act(Action::OpenTab("panel-pruning".into()));
    assert_eq!(test.questions(), [false]);
    test
}

#[test]
fn prices_are_asked_for_one_after_another() {
    let mut test = finished();
    for (removed, then) in [(0, vec![true]), (1, vec![true]), (2, vec![])] {
        test.price(removed);
        // What else happens asks no second time.
        test.frame(ended());
        test.act(Action::Slide(Slider::Pruning, 2.0));
        assert_eq!((test.known(), test.questions()), (removed + 1, then));
        assert_eq!(test.state.inspection.removed, 2, "the slider has its range from the beginning");
    }
}

#[test]
fn what_is_not_looked_at_is_not_priced_until_it_is_again() {
    let mut test = finished();
    test.act(Action::OpenTab("panel-modes".into()));
    test.price(0);
    assert!(test.questions().is_empty());
    test.act(Action::OpenTab("panel-pruning".into()));
    assert_eq!(test.questions(), [true]);
    test.price(1);
    assert_eq!((test.known(), test.questions()), (2, vec![true]));
}

#[test]
fn while_training_goes_on_a_fit_is_priced_once_and_in_full_when_the_slider_is_moved() {
    let mut test = Test::running("benchmark=gene-circuit&modes=3");
    test.act(Action::OpenTab("panel-pruning".into()));
    assert_eq!(test.questions(), [false]);
    test.price(0);
    assert!(test.questions().is_empty());
    test.act(Action::Slide(Slider::Pruning, 1.0));
    assert_eq!(test.questions(), [false], "of the fit at which training waits");
    test.frame(Status::Paused);
    test.price(0);
    assert_eq!(test.questions(), [true]);
    test.price(1);
    test.press(Button::Prune);
    assert!(test.requests().contains(&Request::Prune { modes: vec![0] }));
}

#[test]
fn a_removal_is_undone_and_done_again() {
    let mut test = finished();
    (0..3).for_each(|removed| test.price(removed));
    test.act(Action::Slide(Slider::Pruning, 2.0));
    test.press(Button::Prune);
    test.requests();
    test.frame(ended());
    assert_eq!(test.state.step_in_words(Direction::Back).as_deref(), Some("Put what was removed back"));
    // The slider stands on another removal meanwhile, which is not made.
    (0..2).for_each(|removed| test.price(removed));
    test.act(Action::Slide(Slider::Pruning, 1.0));
    test.requests();
    test.press(Button::Undo);
    assert!(test.requests().contains(&Request::Reopen));
    assert_eq!(test.state.inspection.removed, 0);
    assert_eq!(test.state.step_in_words(Direction::Back), None);
    assert_eq!(test.state.step_in_words(Direction::On).as_deref(), Some("Remove the modes again"));
    test.frame(ended());
    test.press(Button::Redo);
    assert!(test.requests().contains(&Request::Prune { modes: vec![0, 1] }));
    // Of another run nothing is put back, and after the way back to this one it can be.
    test.frame(ended());
    let settings = test.state.settings.clone();
    test.commit("modes", "4");
    test.accept();
    test.requests();
    test.press(Button::Undo);
    assert_eq!(test.requests().last(), Some(&Request::Recall { run: 1 }));
    test.begin(1, settings);
    test.requests();
    test.press(Button::Undo);
    assert!(test.requests().contains(&Request::Reopen));
}
