//! Removal costs of modes: requested one after another, and only while they are visible.

use multiwell::internal::landscape::Pruned;

use super::*;
use crate::state::action::Slider;

impl Test {
    /// Replies with the cost of removing `removed` of three modes.
    fn cost(&mut self, removed: usize) {
        let steps = vec![Pruned { removed: (0..removed).collect(), ..Pruned::default() }];
        self.reply(Reply::Pruning { run: self.state.run.number, epoch: 0, steps });
    }

    /// Requests for removal costs since the last call; true if they continue known costs.
    fn questions(&mut self) -> Vec<bool> {
        let asked = |request| if let Request::Pruning { continues } = request { Some(continues) } else { None };
        self.requests().into_iter().filter_map(asked).collect()
    }
}

fn finished() -> Test {
    let mut test = Test::running("benchmark=gene-circuit&modes=3");
    test.frame(ended());
    test.act(Action::OpenTab("panel-pruning".into()));
    assert_eq!(test.questions(), [false]);
    test
}

#[test]
fn removal_costs_are_requested_one_at_a_time() {
    let mut test = finished();
    for (removed, then) in [(0, vec![true]), (1, vec![true]), (2, vec![])] {
        test.cost(removed);
        // Other events cause no second request.
        test.frame(ended());
        test.act(Action::Slide(Slider::Pruning, 2.0));
        assert_eq!((test.state.inspection.removal_costs.0.len(), test.questions()), (removed + 1, then));
        assert_eq!(test.state.inspection.removed_modes, 2, "the slider has its range from the beginning");
    }
}

#[test]
fn removal_costs_are_requested_only_while_panel_is_open() {
    let mut test = finished();
    test.act(Action::OpenTab("panel-modes".into()));
    test.cost(0);
    assert!(test.questions().is_empty());
    test.act(Action::OpenTab("panel-pruning".into()));
    assert_eq!(test.questions(), [true]);
    test.cost(1);
    assert_eq!((test.state.inspection.removal_costs.0.len(), test.questions()), (2, vec![true]));
}

#[test]
fn full_removal_costs_are_requested_after_slider_moves() {
    let mut test = Test::running("benchmark=gene-circuit&modes=3");
    test.act(Action::OpenTab("panel-pruning".into()));
    assert_eq!(test.questions(), [false]);
    test.cost(0);
    assert!(test.questions().is_empty());
    test.act(Action::Slide(Slider::Pruning, 1.0));
    assert_eq!(test.questions(), [false], "of the fit at which training waits");
    test.frame(Status::Paused);
    test.cost(0);
    assert_eq!(test.questions(), [true]);
    test.cost(1);
    test.press(Button::Prune);
    assert!(test.requests().contains(&Request::Prune(vec![0])));
}

#[test]
fn undo_restores_removed_modes_and_redo_removes_them() {
    let mut test = finished();
    (0..3).for_each(|removed| test.cost(removed));
    test.act(Action::Slide(Slider::Pruning, 2.0));
    test.press(Button::Prune);
    test.requests();
    test.frame(ended());
    assert_eq!(test.state.step_in_words(Direction::Back).as_deref(), Some("Restore the removed modes"));
    // The slider selects another removal, which is not carried out.
    (0..2).for_each(|removed| test.cost(removed));
    test.act(Action::Slide(Slider::Pruning, 1.0));
    test.requests();
    test.press(Button::Undo);
    assert!(test.requests().contains(&Request::Reopen));
    assert_eq!(test.state.inspection.removed_modes, 0);
    assert_eq!(test.state.step_in_words(Direction::Back), None);
    assert_eq!(test.state.step_in_words(Direction::On).as_deref(), Some("Remove the modes again"));
    test.frame(ended());
    test.press(Button::Redo);
    assert!(test.requests().contains(&Request::Prune(vec![0, 1])));
    // Modes of another run cannot be restored. After the return to this run they can.
    test.frame(ended());
    let settings = test.state.run.settings.clone();
    test.commit("modes", "4");
    test.accept();
    test.requests();
    test.press(Button::Undo);
    assert_eq!(test.requests().last(), Some(&Request::Recall(1)));
    test.start_run(1, settings);
    test.requests();
    test.press(Button::Undo);
    assert!(test.requests().contains(&Request::Reopen));
}
