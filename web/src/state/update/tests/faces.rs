//! The two faces, the stroke with which the page opens, and the limit on the speed.

use super::*;
use crate::state::action::Slider;
use crate::state::environment::Parts;
use crate::state::face::Face;
use crate::state::sketch::{Gesture, Opening};
use crate::state::speed::TrainingSpeed;
use multiwell::internal::landscape::Match;
use multiwell::internal::problem::metrics::{Metrics, ProblemMetrics};
use multiwell::internal::problem::potential::PotentialMetrics;
use multiwell::internal::recipe::{StageNote, TrainingStep};

impl Test {
    /// A page on its first visit.
    fn first_visit() -> Self {
        let parts = Parts { face: Face::Simple, ..Parts::default() };
        let mut test = Self { state: State::new("", parts), effects: Vec::new() };
        test.act(Action::Begin);
        test.ready();
        test
    }

    /// The page has been shown with a run that waits.
    fn shows_paused_drawing(&mut self) {
        self.begin_sketch();
        self.frame(Status::Paused);
    }

    fn draws_at(&mut self, time: f64) {
        let effects = update(&mut self.state, Action::AnimationFrame, Now { time, random: 7 });
        self.effects.extend(effects);
    }
}

fn limits(requests: &[Request]) -> Vec<Option<f64>> {
    let limit = |request: &Request| match request {
        Request::LimitSpeed { epochs_per_second } => Some(*epochs_per_second),
        _ => None,
    };
    requests.iter().filter_map(limit).collect()
}

#[test]
fn first_visit_draws_curve_that_is_learnt() {
    let mut test = Test::first_visit();
    let requests = test.requests();
    assert_eq!(limits(&requests), [TrainingSpeed::OBSERVABLE.limit()]);
    assert!(
        requests
            .iter()
            .any(|request| matches!(request, Request::Start { settings, running: false, .. } if settings.benchmark == "drawing"))
    );
    test.shows_paused_drawing();
    for time in [100.0, 900.0, 1700.0] {
        test.draws_at(time);
    }
    assert!(test.state.sketch.gesture.as_ref().is_some_and(Gesture::has_changed));
    test.draws_at(2200.0);
    assert_eq!(test.state.sketch.opening, Some(Opening::Done));
    let wanted = test.state.wanted().potential().expect("a potential").drawing.clone();
    assert!(
        wanted.len() > 80
            && test.effects.iter().any(|effect| matches!(effect, Effect::Post(_, Request::Start { running: true, .. }))),
        "{wanted}"
    );
    assert!(
        !test.effects.iter().any(|effect| matches!(effect, Effect::Keep { .. })),
        "the list of runs has none of the reader's"
    );
}

#[test]
fn opening_yields_to_reader_and_to_reduced_motion() {
    let mut test = Test::first_visit();
    test.shows_paused_drawing();
    test.draws_at(100.0);
    test.draws_at(500.0);
    test.act(Action::Choose("three-well".into()));
    assert_eq!((test.state.sketch.opening, test.state.wanted().benchmark.as_str()), (None, "three-well"));

    let mut test = Test::first_visit();
    test.act(Action::Prefer { dark: false, reduced_motion: true });
    test.shows_paused_drawing();
    test.requests();
    test.draws_at(100.0);
    assert!(test.state.sketch.gesture.is_none() && test.requests().contains(&Request::Go));
}

#[test]
fn face_is_in_links_of_the_simple_one_and_remembered() {
    let mut test = Test::running("benchmark=double-well&face=simple");
    assert!(test.state.address.link.ends_with("&face=simple"), "{}", test.state.address.link);
    test.press(Button::SwitchFace);
    assert!(test.effects.contains(&Effect::StoreFace(Face::Lab)));
    assert_eq!(limits(&test.requests()), [None], "the Lab trains at full speed");
    assert!(!test.state.address.link.contains("face"), "{}", test.state.address.link);
    test.act(Action::Slide(Slider::Speed, 0.0));
    assert_eq!(limits(&test.requests()), [Some(1.0)]);
    // A link without a face keeps the present one.
    test.press(Button::SwitchFace);
    test.follow("benchmark=three-well");
    test.accept();
    assert_eq!(test.state.views.face, Face::Simple);
}

#[test]
fn inputs_that_cover_a_turn_become_angles_by_a_button() {
    let mut test = Test::running("");
    let run = test.state.run.number;
    test.state.run.scene.0.likely_periods = "psi:-pi..pi".into();
    test.reply(Reply::Notes { run, notes: vec!["The values of psi cover a full turn.".into()] });
    test.press(Button::Recover);
    assert_eq!(test.state.wanted().potential().map(|own| own.periodic.as_str()), Some("psi:-pi..pi"));
}

#[test]
fn result_says_that_modes_hold_several_wells_and_steps_do_not_go_back() {
    let mut test = Test::running("modes=2");
    let own = PotentialMetrics { wells: 4, ..PotentialMetrics::default() };
    let stages = ["refine", "train together"].map(|name| StageNote { name: name.into(), epochs: 1, sentence: String::new() });
    let metrics = Metrics { own: ProblemMetrics::Potential(own, None), stages: stages.to_vec(), ..Metrics::default() };
    let frame = |status| Frame { status, metrics: metrics.clone(), ..Frame::default() };
    test.frame_of(test.state.run.number, frame(Status::Running));
    assert_eq!(test.state.training_step(), Some(TrainingStep::Refine));
    let status = Status::Finished { sentence: "Training has ended.".into() };
    test.frame_of(test.state.run.number, frame(status));
    assert_eq!(test.state.result(), "2 convex bowls → 4 wells found; some bowls hold several: offer more modes");
    // Of four wells, the truth has two.
    let of_both = |k| Match { fit: Some(k), truth: Some(k).filter(|k| *k < 2), ..Match::default() };
    let mut known = frame(Status::Finished { sentence: String::new() });
    known.matches = (0..4).map(of_both).collect();
    test.frame_of(test.state.run.number, known);
    assert!(test.state.result().starts_with("2 convex bowls → 4 wells found; 2 not in the truth"), "{}", test.state.result());
}
