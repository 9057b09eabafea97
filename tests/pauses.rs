//! A run that is left amid a second-order step goes on with the same bits, and a pause is answered at once.

use multiwell::controller::Controller;
use multiwell::controller::protocol::{Reply, Request, Status};
use multiwell::problem::job::{Given, Job};
use multiwell::problem::jobs;
use multiwell::problem::settings::Settings;
use multiwell::recipe::Recipe;

/// A landscape of two inputs, learnt from values, which end with second-order steps on parts of the samples, or from derivatives.
fn settings(observed: &str) -> Settings {
    let given = format!("observed={observed}&inputs=2&samples=300&modes=4&hidden=8&epochs=2000&noise=0.02");
    Settings::on(Recipe::Reliable, "random-landscape").with(&given).unwrap()
}

fn begun(settings: &Settings) -> Box<dyn Job> {
    jobs::open(settings.clone(), Given::default()).map_err(|problems| format!("{problems:?}")).unwrap()
}

#[test]
fn steps_in_parts_have_the_same_bits() {
    for observed in ["values", "derivatives"] {
        let settings = settings(observed);
        let [mut whole, mut parts] = [begun(&settings), begun(&settings)];
        while whole.ended().is_none() {
            whole.advance(1000);
        }
        let mut left_amid = 0;
        while parts.ended().is_none() {
            let before = (parts.epoch(), parts.lm_steps());
            parts.advance_in_parts(1);
            if (parts.epoch(), parts.lm_steps()) == before {
                left_amid += 1;
                if left_amid == 5 {
                    // Looking at it changes nothing.
                    parts.frame(0.0);
                    parts.metrics();
                }
            }
        }
        assert!(whole.lm_steps() > 0 && left_amid > 10, "{observed}: {} steps, {left_amid} parts", whole.lm_steps());
        assert_eq!((parts.epoch(), parts.lm_steps()), (whole.epoch(), whole.lm_steps()));
        assert_eq!(parts.model_text(), whole.model_text());
        assert_eq!(parts.history_csv(), whole.history_csv());
    }
}

#[test]
fn a_pause_is_answered_by_what_is_shown_and_then_by_the_state_as_it_is() {
    let mut controller = Controller::default();
    controller.answer(Request::Start { run: 1, settings: settings("values"), table: None, model: None, running: true });
    let shown = |controller: &mut Controller| match controller.frame() {
        Some((Reply::Frame { frame, .. }, _)) => (frame.status, frame.metrics.epochs),
        other => panic!("no frame: {other:?}"),
    };
    controller.train(20);
    assert_eq!(shown(&mut controller), (Status::Running, 20));
    controller.train(10);
    controller.answer(Request::Pause);
    assert_eq!(shown(&mut controller), (Status::Paused, 20));
    assert!(controller.owes_frame());
    assert_eq!(shown(&mut controller), (Status::Paused, 30));
    assert!(!controller.owes_frame());
}
