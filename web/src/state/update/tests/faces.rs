//! The two faces, the opening stroke, and the speed limit.

use super::*;
use crate::state::action::Slider;
use crate::state::environment::VisibleParts;
use crate::state::face::Face;
use crate::state::figures::{with_landscape, with_whole};
use crate::state::readout;
use crate::state::sketch::Opening;
use crate::state::speed::TrainingSpeed;
use multiwell::internal::landscape::{CriticalPoint, Match, Minimum, MinimumInterval, Survey};
use multiwell::internal::plot::{Theme, svg};
use multiwell::internal::potentials::sketch::points::SketchPoints;
use multiwell::internal::problem::metrics::{Metrics, ProblemMetrics};
use multiwell::internal::problem::potential::PotentialMetrics;
use multiwell::internal::recipe::{Stage, StageNote, TrainingStep};

impl Test {
    /// Page on a first visit.
    fn first_visit() -> Self {
        let parts = VisibleParts { face: Face::Simple, ..VisibleParts::default() };
        let mut test = Self::begun("", parts);
        test.ready();
        test
    }

    /// The page shows a paused run.
    fn shows_paused_drawing(&mut self) {
        self.begin_sketch();
        self.frame(Status::Paused);
    }

    fn draws_at(&mut self, times: &[f64]) {
        for &time in times {
            self.act_at(Action::AnimationFrame, time);
        }
    }

    /// Drawing that the page shows.
    fn wanted_drawing(&self) -> String {
        self.state.wanted().potential().expect("a potential").drawing.clone()
    }
}

fn limits(requests: &[Request]) -> Vec<Option<f64>> {
    let limit = |request: &Request| match request {
        Request::LimitSpeed(limit) => Some(*limit),
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
    test.draws_at(&[100.0, 900.0, 1700.0]);
    assert!(test.state.sketch.gesture.as_ref().is_some_and(|gesture| gesture.new_drawing().is_some()));
    test.draws_at(&[2200.0]);
    assert_eq!(test.state.sketch.opening, Some(Opening::Done));
    let wanted = test.wanted_drawing();
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
fn invitation_stays_until_reader_has_drawn_and_undo_takes_no_stroke_of_the_opening() {
    let mut test = Test::first_visit();
    test.shows_paused_drawing();
    test.draws_at(&[100.0, 1000.0, 2200.0]);
    let drawn = test.wanted_drawing();
    test.begin_sketch();
    test.frame(ended());
    test.press(Button::UndoLast);
    assert_eq!((test.wanted_drawing(), test.state.sketch.past.len()), (drawn.clone(), 0));
    // A swipe that scrolls the page presses and is cancelled.
    test.stroke(&[(0.0, 1.0)], false);
    test.act(Action::CancelStroke(CanvasPicture::Landscape));
    assert_eq!(test.state.sketch.opening, Some(Opening::Done));
    test.stroke(&[(0.0, 1.0), (0.4, 2.0), (0.8, 1.0)], true);
    assert!(test.state.sketch.opening.is_none() && test.wanted_drawing() != drawn);
    let range = |text: &str| {
        let points = SketchPoints::read(text).expect("points");
        points.places().last().expect("a point")[0] - points.places()[0][0]
    };
    assert!(range(&test.wanted_drawing()) < range(&drawn) / 2, "the first stroke replaces the whole curve");
    test.press(Button::UndoLast);
    assert_eq!(test.wanted_drawing(), drawn);
}

#[test]
fn run_on_another_landscape_is_kept_after_the_opening() {
    let mut test = Test::first_visit();
    test.shows_paused_drawing();
    test.draws_at(&[100.0, 2200.0]);
    test.begin_sketch();
    test.act(Action::Choose("three-well".into()));
    test.accept();
    assert!(test.effects.iter().any(|effect| matches!(effect, Effect::Keep { .. })));
}

#[test]
fn opening_yields_to_reader_and_to_reduced_motion() {
    let mut test = Test::first_visit();
    test.shows_paused_drawing();
    test.draws_at(&[100.0, 500.0]);
    test.act(Action::Choose("three-well".into()));
    assert_eq!((test.state.sketch.opening, test.state.wanted().benchmark.as_str()), (None, "three-well"));

    let mut test = Test::first_visit();
    test.act(Action::Prefer { dark: false, reduced_motion: true });
    test.shows_paused_drawing();
    test.requests();
    test.draws_at(&[100.0]);
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
    // A link without a face keeps the current one.
    test.press(Button::SwitchFace);
    test.follow("benchmark=three-well");
    test.accept();
    assert_eq!(test.state.views.face, Face::Simple);
}

#[test]
fn notes_on_table_appear_and_inputs_that_cover_a_turn_become_angles_by_a_button() {
    let mut test = Test::running("");
    let run = test.state.run.number;
    test.state.run.scene.0.likely_periods = "psi:-pi..pi".into();
    test.reply(Reply::Notes { run, notes: vec!["The values of psi cover a full turn.".into(), "1 row.".into()] });
    assert_eq!(test.message(), "The values of psi cover a full turn. 1 row.");
    test.press(Button::Recover);
    assert_eq!(test.state.wanted().potential().map(|own| own.periodic.as_str()), Some("psi:-pi..pi"));
}

#[test]
fn result_states_modes_with_several_wells_and_steps_never_decrease() {
    let mut test = Test::running("modes=2");
    let own = PotentialMetrics { wells: 4, ..PotentialMetrics::default() };
    let stages = ["polish", "train together"].map(|name| StageNote { name: name.into(), epochs: 1, sentence: String::new() });
    let metrics = Metrics { own: ProblemMetrics::Potential(own, None), stages: stages.to_vec(), ..Metrics::default() };
    let frame = |status| Frame { status, metrics: metrics.clone(), ..Frame::default() };
    test.frame_of(test.state.run.number, frame(Status::Running));
    assert_eq!(test.state.training_step(), Some(TrainingStep::Refine));
    assert_eq!(test.state.run.frame.0.metrics.stages[0].name, "refine");
    test.frame_of(test.state.run.number, frame(ended()));
    let result = "2 convex bowls → 4 wells found, R²\u{a0}0.000; some bowls hold several: offer more modes";
    assert_eq!(test.state.result(), result);
}

/// Frame of a fit with wells at these positions. The truth has the first `of_truth` of them.
fn frame_of_wells(status: Status, at: &[f64], of_truth: usize) -> Frame {
    let well = |(k, &x): (usize, &f64)| Minimum { x: vec![x], barrier: Some(1.0 / (k + 1) as f64), ..Minimum::default() };
    let minima = at.iter().enumerate().map(well).collect();
    let own = PotentialMetrics { wells: at.len(), minima, r2: 0.998, ..PotentialMetrics::default() };
    let pair = |k| Match { fit: Some(k), truth: Some(k).filter(|k| *k < of_truth), ..Match::default() };
    let metrics = Metrics { own: ProblemMetrics::Potential(own, None), epochs: 10, ..Metrics::default() };
    Frame { status, metrics, layout: LAYOUT, last_epoch: 20, matches: (0..at.len()).map(pair).collect(), ..Frame::default() }
}

/// Metrics of a fit of a potential.
fn own(frame: &mut Frame) -> &mut PotentialMetrics {
    let ProblemMetrics::Potential(own, _) = &mut frame.metrics.own else { panic!("another problem") };
    own
}

#[test]
fn well_that_truth_does_not_have_is_named_marked_and_given_interval() {
    let mut test = Test::running("modes=3");
    test.state.run.scene.0.has_truth = true;
    test.state.run.scene.0.names = vec!["angle".into(), "energy".into()];
    test.frame_of(1, frame_of_wells(Status::Running, &[-1.0, 1.0, 2.5], 2));
    assert!(test.state.spurious_wells().is_empty(), "wells come and go during training");
    test.requests();
    test.frame_of(1, frame_of_wells(ended(), &[-1.0, 1.0, 2.5], 2));
    assert_eq!((test.state.spurious_wells(), test.state.wells_in_words(3).as_str()), (vec![2], "3, 1 uncertain"));
    assert_eq!(test.state.result(), "3 convex bowls → 3 wells found, R²\u{a0}0.9980; 1 not in the truth");
    let named = "The well at angle = 2.5 is not in the truth: its barrier is 0.333, with an unknown error.";
    assert_eq!(test.state.well_warnings(), [named]);
    with_landscape(&test.state, None, &mut |figure| {
        assert_eq!(figure.minima.iter().map(|mark| mark.is_doubtful).collect::<Vec<_>>(), [false, false, true]);
    });
    // The worker adds the interval. The settings and the link keep the reader's values.
    let asked = test.requests();
    assert!(asked.iter().any(|request| matches!(request, Request::Change(settings) if settings.data.uncertainty == 1)));
    assert_eq!(test.state.run.settings.data.uncertainty, 0);
    let mut with_interval = frame_of_wells(ended(), &[-1.0, 1.0, 2.5], 2);
    let well = &mut own(&mut with_interval).minima[2];
    well.interval = Some(MinimumInterval { x: vec![[2.4, 2.6]], ..MinimumInterval::default() });
    well.barrier_interval = Some([0.0, 0.433]);
    test.frame_of(1, with_interval);
    assert!(test.requests().is_empty());
    // A saved file has the reader's settings.
    test.press(Button::SaveModel);
    let uncertainty = |request: &Request| match request {
        Request::Change(settings) => Some(settings.data.uncertainty),
        _ => None,
    };
    assert_eq!(test.requests().iter().map(uncertainty).collect::<Vec<_>>(), [Some(0), None, Some(1)]);
    let named = "The well at angle = 2.5 ± 0.1 is not in the truth: its barrier, 0.333 ± 0.1, is within the noise at 90 %.";
    assert_eq!(test.state.well_warnings(), [named]);
}

#[test]
fn result_states_number_of_modes_that_share_wells_and_simple_face_has_the_first_doubts() {
    let mut test = Test::running("modes=9");
    let mut frame = frame_of_wells(ended(), &[-1.0, 1.0], 2);
    let mut result = |modes: [usize; 2]| {
        own(&mut frame).minima.iter_mut().zip(modes).for_each(|(minimum, modes)| minimum.modes = (0..modes).collect());
        test.frame_of(1, frame.clone());
        test.state.result()
    };
    let found = "9 convex bowls → 2 wells found, R²\u{a0}0.9980; ";
    assert_eq!(result([1, 3]), [found, "1 well held by 3 bowls together"].concat());
    assert_eq!(result([2, 2]), [found, "2 wells held by 2 bowls each"].concat());
    assert_eq!(result([3, 2]), [found, "2 wells held by 2 to 3 bowls each"].concat());
    (frame.metrics.warnings, frame.last_epoch) =
        (vec!["A remark has eleven words here and it has one more sentence. It ends.".into()], 10);
    test.frame_of(1, frame);
    test.press(Button::SwitchFace);
    assert_eq!(test.state.result(), [found, "2 wells held by 2 to 3 bowls each, more doubts in the Lab"].concat());
}

#[test]
fn simple_face_has_first_sentence_of_remarks_and_their_number() {
    let mut test = Test::running("modes=3");
    test.state.run.origin.is_older = false;
    let mut frame = frame_of_wells(ended(), &[-1.0, 1.0], 2);
    frame.metrics.warnings =
        ["The fit is unsure at 0.5: it is marked. Measure there.", "It is too close."].map(String::from).to_vec();
    test.frame_of(1, frame.clone());
    assert_eq!(test.state.remarks(), "The fit is unsure at 0.5: it is marked. Measure there. It is too close.");
    test.press(Button::SwitchFace);
    assert_eq!(test.state.remarks(), "The fit is unsure at 0.5: it is marked. 2 more remarks in the Lab.");
    frame.metrics.warnings = vec!["It misses 2.5 %; train longer.".into()];
    test.frame_of(1, frame.clone());
    assert_eq!(test.state.remarks(), "It misses 2.5 %. 1 more remark in the Lab.");
    frame.metrics.warnings = vec!["It is too close.".into()];
    test.frame_of(1, frame);
    assert_eq!(test.state.remarks(), "It is too close.");
}

#[test]
fn dip_that_noise_explains_is_given_interval() {
    let mut test = Test::running("modes=3");
    let mut frame = frame_of_wells(ended(), &[-1.0, 1.0], 2);
    (own(&mut frame).minima[1].supported, own(&mut frame).wells) = (false, 1);
    test.frame_of(1, frame);
    assert!(test.requests().iter().any(|request| matches!(request, Request::Change(settings) if settings.data.uncertainty == 1)));
    assert!(test.state.spurious_wells().is_empty());
}

#[test]
fn well_is_uncertain_where_truth_has_only_dip_that_noise_explains() {
    let mut test = Test::running("modes=3");
    test.state.run.scene.0.has_truth = true;
    // The truth has wells at the first and the last position.
    let mut frame = frame_of_wells(ended(), &[-1.0, 0.0, 1.0], 1);
    frame.matches[2].truth = Some(1);
    let fit = own(&mut frame);
    (fit.minima[2].supported, fit.wells, fit.r2) = (false, 2, 0.8948);
    test.frame_of(1, frame);
    assert_eq!((test.state.spurious_wells(), test.state.wells_in_words(2).as_str()), (vec![1], "2, 1 uncertain"));
    assert_eq!(test.state.result(), "3 convex bowls → 2 wells found, R²\u{a0}0.895; 1 not in the truth, 1 more uncertain");
}

#[test]
fn limit_of_epochs_step_and_lack_of_modes_are_stated() {
    let mut test = Test::running("modes=2");
    let mut frame = frame_of_wells(ended(), &[-1.0, 1.0], 2);
    frame.metrics.epochs = 20;
    test.frame_of(1, frame);
    assert_eq!(test.state.result(), "2 convex bowls → 2 wells found, R²\u{a0}0.9980; training stopped at the limit of 20 epochs");
    // A run without stages has trained all modes together.
    let done = TrainingStep::ALL.into_iter().filter(|(step, _)| test.state.has_completed(*step));
    assert_eq!(done.map(|(step, _)| step).collect::<Vec<_>>(), [TrainingStep::TrainTogether]);
    test.frame_of(1, frame_of_wells(ended(), &[-1.0, 1.0, 2.5], 3));
    assert_eq!(test.state.well_warnings(), ["3 wells need more than 2 modes: offer more."]);
}

#[test]
fn count_of_wells_is_kept_while_owners_are_tried() {
    let mut test = Test::running("modes=3");
    let stage = |name: &str| Stage { name: name.into(), ..Stage::default() };
    for (name, at, shown) in [
        ("train together", &[-1.0, 1.0][..], "2 wells"),
        ("assign wells", &[1.0], "2 wells"),
        ("remove mode 3", &[1.0], "2 wells"),
        ("refine", &[1.0, 2.0, 3.0], "3 wells"),
    ] {
        let mut frame = frame_of_wells(Status::Running, at, 0);
        frame.stage = Some(stage(name));
        test.frame_of(1, frame);
        assert_eq!(test.state.result(), format!("3 convex bowls → {shown} so far"), "{name}");
    }
}

#[test]
fn pictures_of_motion_and_values_at_cursor_have_names_of_columns() {
    let mut test = Test::running("view=physics");
    test.state.run.scene.0.names = vec!["angle [deg]".into(), "energy".into()];
    for (picture, name) in
        [(CanvasPicture::Trace, "angle [deg] of particles"), (CanvasPicture::Loop, "angle [deg] of the minimum")]
    {
        with_whole(&test.state, picture, None, (400.0, 300.0), &mut |figure| {
            let text = svg(figure, (400, 300), &Theme::LIGHT);
            assert!(text.contains(name), "{text}");
        });
    }
    let values = readout::landscape(&test.state.run.scene, &test.state.run.frame, &|_| 0.0, 0.0);
    assert!(values.starts_with("angle [deg] 0.000"), "{values}");
}

#[test]
fn axis_of_potential_without_a_name_is_psi() {
    let mut test = Test::running("");
    test.state.run.scene.0.has_truth = false;
    for (name, shown) in [("Psi", "Ψ"), ("energy", "energy")] {
        test.state.run.scene.0.names = vec!["x".into(), name.into()];
        with_landscape(&test.state, None, &mut |landscape| assert_eq!(landscape.names, ["x", shown]));
    }
}

#[test]
fn barrier_at_the_edge_is_explained_beside_the_lowest_saddle() {
    let mut test = Test::running("benchmark=gene-circuit");
    let saddle = |value| CriticalPoint { value, ..CriticalPoint::default() };
    let survey = Survey { saddles: vec![saddle(-0.5), saddle(0.2), saddle(0.4)], ..Survey::default() };
    test.state.inspection.survey = Some(Box::new(survey));
    let at_edge = Minimum { barrier_bound: Some(1.0), ..Minimum::default() };
    let words = test.state.barrier_bound(&at_edge);
    assert!(words.ends_with("the lowest saddle is 0.2 above it."), "{words}");
    assert!(test.state.barrier_bound(&Minimum { barrier_bound: None, ..at_edge }).is_empty());
}

#[test]
fn wells_of_a_surface_are_found_after_their_survey() {
    let mut test = Test::running("benchmark=gene-circuit");
    test.state.run.scene.0.inputs = 2;
    test.frame(ended());
    assert!(test.state.result().ends_with("the wells are being checked"), "{}", test.state.result());
    let minima = [true, false].map(|supported| Minimum { supported, ..Minimum::default() }).to_vec();
    test.reply(Reply::Survey { run: 1, epoch: u64::MAX, survey: Box::new(Survey { minima, ..Survey::default() }) });
    let is_said = |effect: &Effect| matches!(effect, Effect::Announce(words) if words == "1 well found, 1 more uncertain.");
    assert!(test.effects.iter().any(is_said), "{:?}", test.effects);
    assert!(test.state.result().contains(" found"), "{}", test.state.result());
}

#[test]
fn paused_run_before_its_first_epoch_claims_no_wells() {
    let mut test = Test::running("modes=3");
    let mut frame = frame_of_wells(Status::Paused, &[-1.0, 1.0], 2);
    frame.metrics.epochs = 0;
    test.frame_of(1, frame.clone());
    assert_eq!(test.state.result(), "3 convex bowls, not yet trained");
    with_landscape(&test.state, None, &mut |figure| assert!(figure.minima.is_empty() && figure.maxima.is_empty()));
    frame.metrics.epochs = 1;
    test.frame_of(1, frame);
    assert_eq!(test.state.result(), "3 convex bowls → 2 wells so far");
    with_landscape(&test.state, None, &mut |figure| assert_eq!(figure.minima.len(), 2));
}

#[test]
fn embedded_page_has_result_unless_its_address_hides_it() {
    let shows = |embedded, hidden: &[&str]| {
        let hidden = hidden.iter().map(ToString::to_string).collect();
        VisibleParts { embedded, hidden, ..VisibleParts::default() }.shows("result")
    };
    assert!(shows(true, &[]) && shows(false, &[]) && !shows(true, &["result"]));
}

#[test]
fn open_gates_of_finished_run_state_modes_at_wells() {
    let mut test = Test::running("modes=3");
    let frame = |status| {
        let mut frame = frame_of_wells(status, &[-1.0, 1.0], 2);
        own(&mut frame).minima[0].modes = vec![0, 2];
        own(&mut frame).minima[1].modes = vec![2];
        frame.layout.modes = 3;
        frame
    };
    test.frame_of(1, frame(Status::Running));
    assert_eq!(test.state.gates_in_words(3), "3");
    test.frame_of(1, frame(ended()));
    assert_eq!((test.state.gates_in_words(3), test.state.gates_in_words(2)), ("3, 2 at wells".into(), "2".into()));
}

#[test]
fn random_wells_chosen_twice_are_another_landscape() {
    let mut test = Test::running("benchmark=random-wells&face=simple");
    let seed = |settings: &Settings| settings.potential().unwrap().target_seed;
    test.act(Action::Choose("random-wells".into()));
    assert!(is_start(test.requests().last().unwrap(), |asked| seed(asked) == 2));
    test.accept();
    test.press(Button::Undo);
    assert_eq!(test.requests().last(), Some(&Request::Recall(1)));
    let mut test = Test::running("benchmark=double-well");
    test.act(Action::Choose("double-well".into()));
    assert!(test.requests().is_empty());
}
