//! Tests that a run continues with the same bits after an interruption within a second-order step, and that a pause is answered at once.

use crate::fits::start;
use multiwell::internal::controller::Controller;
use multiwell::internal::controller::protocol::{Reply, Request, Status};
use multiwell::internal::problem::frame::Freshness;
use multiwell::internal::problem::job::{FitInputs, Job, JobFile};
use multiwell::internal::problem::jobs;
use multiwell::internal::problem::settings::Settings;
use multiwell::internal::recipe::Recipe;

/// Settings of a landscape of two inputs, learnt from values or from derivatives. Fits of values end with second-order steps on subsets of the
/// samples.
fn settings(observed: &str) -> Settings {
    let given = format!("observed={observed}&inputs=2&samples=300&modes=4&hidden=8&epochs=2000&noise=0.02");
    Settings::on(Recipe::Reliable, "random-landscape").with(&given).unwrap()
}

fn begun(settings: &Settings) -> Box<dyn Job> {
    jobs::open(settings.clone(), FitInputs::default()).map_err(|problems| format!("{problems:?}")).unwrap()
}

/// Numbers of epochs and of second-order steps.
fn steps(job: &dyn Job) -> (u64, u64) {
    let progress = job.progress();
    (progress.epoch, progress.lm_steps)
}

#[test]
fn steps_in_parts_have_the_same_bits() {
    for observed in ["values", "derivatives"] {
        let settings = settings(observed);
        let [mut whole, mut parts] = [begun(&settings), begun(&settings)];
        whole.advance(u64::MAX);
        let mut left_amid = 0;
        while parts.ended().is_none() {
            let before = steps(&*parts);
            parts.advance_in_parts(1);
            if steps(&*parts) == before {
                left_amid += 1;
                if left_amid == 5 {
                    // The reading of a frame changes nothing.
                    parts.frame(Freshness::Current);
                    parts.metrics();
                }
            }
        }
        assert!(
            whole.progress().lm_steps > 0 && left_amid > 10,
            "{observed}: {} steps, {left_amid} parts",
            whole.progress().lm_steps
        );
        assert_eq!(steps(&*parts), steps(&*whole));
        assert_eq!(parts.file_text(JobFile::Model), whole.file_text(JobFile::Model));
        assert_eq!(parts.file_text(JobFile::History), whole.file_text(JobFile::History));
    }
}

#[test]
fn pause_gives_displayed_frame_before_current_frame() {
    let mut controller = Controller::default();
    controller.answer(start(1, settings("values"), None));
    let shown = |controller: &mut Controller| match controller.frame() {
        Some((Reply::Frame { frame, .. }, _)) => (frame.status, frame.metrics.epochs),
        other => panic!("no frame: {other:?}"),
    };
    controller.train(20);
    assert_eq!(shown(&mut controller), (Status::Running, 20));
    controller.train(10);
    controller.answer(Request::Pause);
    assert_eq!(shown(&mut controller), (Status::Paused, 20));
    assert!(controller.has_pending_frame());
    assert_eq!(shown(&mut controller), (Status::Paused, 30));
    assert!(!controller.has_pending_frame());
}
