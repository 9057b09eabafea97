//! Pinned runs.

use super::*;
use crate::state::pins::Pin;
use crate::state::view::{CanvasPicture, LowerPanel};

/// Frame of the current run with a fit of two points and one entry of its history.
fn frame_with(test: &mut Test, fit: [f32; 2], loss: f32) {
    let frame = Frame { status: Status::Running, layout: LAYOUT, takes_changes: true, ..Frame::default() };
    let mut numbers = vec![0.0; LAYOUT.len()];
    numbers[LAYOUT.fit()].copy_from_slice(&fit);
    for range in [LAYOUT.loss_low(), LAYOUT.loss_high()] {
        numbers[range].fill(loss);
    }
    let (worker, run) = (test.state.workers.current.unwrap(), test.state.run.number);
    test.act(Action::Reply(worker, Reply::Frame { run, frame: Box::new(frame) }, numbers));
}

#[test]
fn pinned_run_is_drawn_listed_and_restored() {
    let mut test = Test::running("");
    frame_with(&mut test, [1.0, 2.0], 0.25);
    test.press(Button::Pin);
    assert_eq!(test.state.panel(), LowerPanel::Pinned);
    test.commit("modes", "3");
    test.start_run(2, Settings::default().with("modes=3").unwrap());
    frame_with(&mut test, [5.0, 6.0], 1.0);
    let overlays = test.state.overlays(CanvasPicture::Landscape);
    assert_eq!((overlays.len(), overlays[0].letter, &overlays[0].lines), (1, 'A', &vec![vec![(0.0, 1.0), (1.0, 2.0)]]));
    assert_eq!(test.state.overlays(CanvasPicture::Loss)[0].lines, [[(0.0, 0.25)]]);
    let rows = test.state.pinned_rows();
    assert_eq!((rows.len(), rows[1][0].as_str(), rows[1][1].as_str()), (2, "A", "Modes offered 10"));
    // Up to three runs can be pinned. Pinning a run again keeps its position.
    test.press(Button::Pin);
    test.press(Button::Pin);
    assert_eq!(test.state.pins.len(), 2);
    for run in 3..5 {
        test.press(Button::NewSeed);
        test.start_run(run, Settings::default().with(&format!("seed={run}")).unwrap());
        frame_with(&mut test, [0.0, 0.0], 1.0);
        test.press(Button::Pin);
    }
    assert!(test.state.pins.len() == 3 && test.message().contains("3 runs are pinned"), "{}", test.message());
    test.requests();
    test.act(Action::RestorePin(0));
    assert_eq!(test.requests().last(), Some(&Request::Recall(1)));
    test.start_run(1, Settings::default());
    test.act(Action::RemovePin(0));
    assert_eq!(test.state.pins.iter().map(Pin::name).collect::<String>(), "BC");
}

#[test]
fn pinned_runs_are_not_discarded() {
    let gene = "benchmark=gene-circuit&view=flow";
    let mut test = Test::running(gene);
    let settings = test.state.run.settings.clone();
    test.press(Button::Pin);
    for run in 2..20 {
        test.press(Button::NewSeed);
        test.start_run(run, settings.with_seed(run.into()));
        test.frame(Status::Running);
    }
    test.act(Action::RestorePin(0));
    assert_eq!(test.requests().last(), Some(&Request::Recall(1)));
}
