//! Drawings: a run follows the pencil by small requests, and the drawing of a lifted tool is learnt, undone and linked.

use multiwell::controller::protocol::encode;
use multiwell::numerics::CriticalPoint;
use multiwell::plot::{Axis, Panel};
use multiwell::potentials::Sketch;
use multiwell::potentials::sketch::points::Points;
use multiwell::potentials::sketch::samples::{self, DrawnSamples};

use super::*;
use crate::state::sketch::Tool;
use crate::state::view::Picture;

const PAPER: [[f64; 2]; 2] = [[-2.0, 2.0], [0.0, 4.0]];

impl Test {
    /// A page that shows a drawing.
    fn sketching(link: &str) -> Self {
        Self::drawing_on("drawing", link)
    }

    /// A page that shows drawn samples.
    fn sampling(link: &str) -> Self {
        Self::drawing_on(samples::ID, link)
    }

    fn drawing_on(benchmark: &str, link: &str) -> Self {
        let mut test = Self::open(&format!("benchmark={benchmark}{link}"));
        test.begin_sketch();
        test.frame(Status::Running);
        test.requests();
        test
    }

    /// The run that was asked for begins.
    fn begin_sketch(&mut self) {
        let pending = self.state.trainer.pending.as_ref().expect("a run has been asked for");
        let (run, settings) = (pending.run, pending.settings.clone());
        self.reply(Reply::Scene { run, settings, scene: scene() });
    }

    fn drawing(&self) -> String {
        self.state.settings.potential().expect("a potential").drawing.clone()
    }

    /// The pointer is pressed, moved, and, if so said, lifted.
    fn stroke(&mut self, places: &[(f64, f64)], lifts: bool) {
        for (k, &at) in places.iter().enumerate() {
            self.act(Action::Point(Picture::Landscape, Some(at), Some(k == 0)));
        }
        if lifts {
            self.act(Action::Lift(Picture::Landscape, false));
        }
    }

    /// Time passes, and the browser draws; gives what a run was asked to follow.
    fn follows(&mut self, time: f64) -> Vec<Option<String>> {
        let effects = update(&mut self.state, Action::AnimationFrame, Now { time, random: 7 });
        let followed = effects.into_iter().filter_map(|effect| match effect {
            Effect::Post(_, Request::Redraw { drawing }) => Some(drawing),
            _ => None,
        });
        followed.collect()
    }

    fn redrawn(&mut self) {
        let (run, mut settings) = (self.state.trainer.run, self.state.settings.clone());
        if let (Some(own), Some(followed)) = (settings.potential_mut(), &self.state.sketch.followed) {
            own.drawing.clone_from(followed);
        }
        self.reply(Reply::Scene { run, settings, scene: scene() });
        self.frame(Status::Running);
    }

    fn key(&mut self, right: f64, up: f64) {
        let panel =
            Panel { left: 0.0, top: 0.0, right: 400.0, bottom: 300.0, x: Axis::linear(-2.0, 2.0), y: Axis::linear(0.0, 4.0) };
        self.act(Action::Nudge(Picture::Landscape, panel, (right, up)));
    }
}

fn scene() -> Scene {
    Scene { inputs: 1, points: 2, domain: [-1.0, 1.0], paper: Some(PAPER), ..Scene::default() }
}

fn drawn(request: &Request) -> Option<String> {
    match request {
        Request::Start { settings, running: true, .. } => settings.potential().map(|own| own.drawing.clone()),
        _ => None,
    }
}

const VALLEY: [(f64, f64); 5] = [(-1.5, 3.0), (-0.7, 1.0), (0.0, 0.5), (0.7, 1.2), (1.5, 3.5)];

#[test]
fn the_fit_follows_while_the_pencil_is_down_and_the_drawing_is_learnt_when_it_is_lifted() {
    let mut test = Test::sketching("");
    assert_eq!(test.drawing(), Sketch::FIRST);
    test.stroke(&VALLEY[..3], false);
    assert!(test.requests().is_empty(), "a run follows from picture to picture");
    let first = test.follows(100.0);
    let text = first[0].clone().expect("a drawing");
    assert_eq!(Points::read(&text).expect("points").places().len(), 3, "the example has given place");
    assert!(encode(&Request::Redraw { drawing: Some(text) }).expect("bytes").len() < 600);
    // No other is asked for before the answer, nor at once after it.
    test.act(Action::Point(Picture::Landscape, Some(VALLEY[3]), Some(false)));
    test.act(Action::Point(Picture::Landscape, Some(VALLEY[4]), Some(false)));
    assert!(test.follows(200.0).is_empty());
    test.redrawn();
    assert_eq!((test.follows(210.0).len(), test.state.sketch.count), (1, 1));
    test.redrawn();
    assert!(test.follows(400.0).is_empty(), "nothing is new");
    assert_eq!(test.drawing(), Sketch::FIRST, "the settings are those of the run before");
    test.act(Action::Lift(Picture::Landscape, false));
    let asked: Vec<String> = test.requests().iter().filter_map(drawn).collect();
    assert_eq!(asked.len(), 1);
    test.begin_sketch();
    assert_eq!(test.drawing(), asked[0]);
    let links = test.links();
    assert!(links.last().is_some_and(|link| link.ends_with(&format!("drawing={}", asked[0]))), "{links:?}");
}

#[test]
fn strokes_are_taken_back_one_after_another_and_drawn_again() {
    let mut test = Test::sketching("");
    let mut drawings = vec![test.drawing()];
    for strokes in [&VALLEY[..], &[(-0.3, 2.0), (0.1, 2.5)], &[(0.4, 0.2), (0.6, 0.1)]] {
        test.stroke(strokes, true);
        test.begin_sketch();
        drawings.push(test.drawing());
    }
    for expected in drawings[..3].iter().rev() {
        test.press(Button::UndoDrawing);
        test.begin_sketch();
        assert_eq!(test.drawing(), *expected);
    }
    test.requests();
    test.press(Button::UndoDrawing);
    assert!(test.requests().is_empty(), "there is nothing before");
    test.press(Button::RedoDrawing);
    test.begin_sketch();
    assert_eq!(test.drawing(), drawings[1]);
    // Whatever is drawn now takes the place of what came after.
    test.stroke(&[(0.9, 2.0), (1.1, 2.2)], true);
    test.begin_sketch();
    assert!(test.state.sketch.future.is_empty() && test.state.sketch.past.len() == 2);
}

#[test]
fn a_gesture_that_is_given_up_changes_nothing() {
    let mut test = Test::sketching("");
    test.stroke(&VALLEY, false);
    test.follows(100.0);
    test.act(Action::Lift(Picture::Landscape, true));
    assert_eq!(test.requests(), [Request::Redraw { drawing: None }]);
    assert!(test.state.sketch.gesture.is_none() && test.state.sketch.past.is_empty() && test.state.trainer.pending.is_none());
    // A drawing that cannot be learnt is not kept either.
    test.redrawn();
    test.stroke(&VALLEY[..2], true);
    let run = test.state.trainer.pending.as_ref().expect("asked for").run;
    test.refuse(run, "drawing", "drawing is flat: draw a curve that rises and falls");
    assert_eq!(test.says(), "The drawing is flat: draw a curve that rises and falls.");
    assert!(test.state.sketch.past.is_empty() && test.drawing() == Sketch::FIRST);
}

#[test]
fn a_well_is_dragged_with_what_is_around_it() {
    let mut test = Test::sketching("");
    test.press(Button::Take(Tool::Hand));
    let before = Points::read(&test.drawing()).expect("points");
    test.stroke(&[(-1.0, 0.5), (-0.9, 1.0), (-0.8, 1.5)], true);
    let asked = test.requests().iter().find_map(drawn).expect("a run");
    let after = Points::read(&asked).expect("points");
    let moved = before.places().iter().zip(after.places()).filter(|(before, after)| before != after).count();
    assert!(moved > 5 && moved < before.places().len(), "{moved} points have moved");
    test.begin_sketch();
    // Far from the drawing there is nothing to hold.
    test.requests();
    test.stroke(&[(1.9, 0.1), (1.8, 0.2)], true);
    assert!(test.requests().is_empty());
    // Without a tool a press is none of a pencil's.
    test.press(Button::Take(Tool::Hand));
    test.stroke(&VALLEY, true);
    assert!(test.requests().is_empty() && test.state.sketch.gesture.is_none());
}

#[test]
fn keys_do_what_a_pointer_does() {
    let mut test = Test::sketching("");
    // Along the curve to the right, the pencil down, drawn upwards, lifted.
    test.key(10.0, 0.0);
    test.key(0.0, f64::NAN);
    assert!(test.state.sketch.gesture.is_some());
    for _ in 0..20 {
        test.key(1.0, 1.0);
    }
    assert_eq!(test.follows(100.0).len(), 1);
    test.key(0.0, f64::NAN);
    let stroke = Points::read(&test.requests().iter().find_map(drawn).expect("a run")).expect("points");
    assert_eq!(stroke.places().len(), 2, "a straight stroke in the example's place: {stroke:?}");
    test.begin_sketch();
    // A point at the cursor is taken away, unless Escape comes before.
    test.stroke(&VALLEY, true);
    test.begin_sketch();
    test.requests();
    test.key(f64::NAN, 0.0);
    test.key(0.0, 0.0);
    test.act(Action::Press(Button::EraseAtCursor));
    let erased = Points::read(&test.requests().iter().find_map(drawn).expect("a run")).expect("points");
    assert!(erased.places().iter().all(|place| (place[0] - 2048).abs() > 100), "{erased:?}");
    assert_eq!(test.state.sketch.tool, Some(Tool::Pencil));
}

#[test]
fn another_benchmark_forgets_the_drawings() {
    let mut test = Test::sketching("");
    test.stroke(&VALLEY, true);
    test.begin_sketch();
    test.act(Action::Choose("double-well".into()));
    test.accept();
    assert!(test.state.sketch.past.is_empty() && test.state.tool().is_none());
    assert_eq!(test.state.settings.potential().expect("a potential").drawing, "");
}

/// The samples of a run that was asked for.
fn asked(test: &mut Test) -> Option<usize> {
    let text = test.requests().iter().find_map(drawn)?;
    Some(DrawnSamples::read(&text).expect("samples").columns().len())
}

#[test]
fn a_tap_puts_a_sample_and_a_stroke_as_many_as_it_is_high() {
    let mut test = Test::sampling("");
    let example = DrawnSamples::read(samples::FIRST).expect("samples").columns().len();
    assert!(test.state.is_example());
    // A pointer that trembles puts one.
    test.stroke(&[(0.0, 1.0), (0.01, 1.2), (-0.01, 0.8)], true);
    assert_eq!(asked(&mut test), Some(example + 1));
    test.begin_sketch();
    assert!(!test.state.is_example());
    test.press(Button::UndoDrawing);
    test.begin_sketch();
    test.requests();
    // The first stroke takes the place of the example; while it is drawn the fit follows.
    test.stroke(&[(-1.0, 1.0), (0.0, 2.0), (1.0, 2.0)], false);
    let followed = test.follows(100.0)[0].clone().expect("a drawing");
    let count = DrawnSamples::read(&followed).expect("samples").columns().len();
    assert!((60..140).contains(&count), "{count} samples of a quarter and an eighth of the paper");
    test.act(Action::Lift(Picture::Landscape, false));
    assert_eq!(asked(&mut test), Some(count));
    test.begin_sketch();
    assert!(test.links().last().is_some_and(|link| link.ends_with(&format!("drawing={followed}")) && link.len() < 2000));
    // Another one stands beside it, without the sample of its first touch.
    test.stroke(&[(1.5, 0.0), (1.6, 0.0), (1.7, 0.0)], true);
    assert_eq!(asked(&mut test), None, "below a pencil at the lower edge there are none");
    test.press(Button::UndoDrawing);
    assert_eq!(asked(&mut test), Some(example), "the example is back");
}

#[test]
fn samples_are_learnt_from_as_soon_as_they_are_enough() {
    let mut test = Test::sampling("");
    let example = test.drawing();
    test.press(Button::Take(Tool::Eraser));
    let line: Vec<(f64, f64)> = (0..=100).map(|k| (0.04 * f64::from(k) - 2.0, 1.0)).collect();
    test.stroke(&line, true);
    assert_eq!(asked(&mut test), None);
    assert!(test.state.is_draft() && test.state.sketch.draft.as_deref() == Some(""));
    test.press(Button::Take(Tool::Pencil));
    for k in 0..7 {
        test.stroke(&[(0.3 * f64::from(k) - 1.0, 1.0)], true);
        assert_eq!(asked(&mut test), None, "tap {k}");
    }
    assert_eq!((test.state.marks().samples().map(|samples| samples.columns().len()), test.drawing()), (Some(7), example.clone()));
    test.stroke(&[(1.9, 1.0)], true);
    assert_eq!(asked(&mut test), Some(8));
    test.begin_sketch();
    assert!(!test.state.is_draft() && test.state.sketch.draft.is_none());
    // Back over drafts to the example, whose run need not be begun again if nothing else was learnt meanwhile.
    (0..8).for_each(|_| test.press(Button::UndoDrawing));
    assert_eq!((asked(&mut test), test.state.is_draft()), (None, true));
    test.press(Button::UndoDrawing);
    assert_eq!(asked(&mut test), Some(DrawnSamples::read(&example).expect("samples").columns().len()));
    test.begin_sketch();
    test.press(Button::Take(Tool::Eraser));
    test.stroke(&line, true);
    test.press(Button::UndoDrawing);
    assert_eq!((asked(&mut test), test.drawing(), test.state.is_draft()), (None, example, false));
}

#[test]
fn a_well_is_dragged_with_its_samples_and_keys_put_and_erase_them() {
    let mut test = Test::sampling("");
    let before = DrawnSamples::read(&test.drawing()).expect("samples");
    std::rc::Rc::get_mut(&mut test.state.frame).expect("nobody else has it").0.saddles =
        vec![CriticalPoint { x: vec![0.0], value: 1.0, ..CriticalPoint::default() }];
    test.press(Button::Take(Tool::Hand));
    test.stroke(&[(1.0, 2.0), (0.8, 2.0), (0.6, 2.0)], true);
    let text = test.requests().iter().find_map(drawn).expect("a run");
    let after = DrawnSamples::read(&text).expect("samples");
    let left = before.between([0, 2047]);
    assert_eq!(after.columns().len(), before.columns().len());
    assert_eq!(after.columns()[left.start..left.end - 9], before.columns()[left.start..left.end - 9], "the other well stays");
    assert_eq!(after.columns().last(), before.columns().last().map(|last| last - 409).as_ref());
    test.begin_sketch();
    test.requests();
    // By keys a sample is put by Enter twice, and those at the cursor are taken away.
    test.press(Button::Take(Tool::Pencil));
    test.key(10.0, 0.0);
    test.key(0.0, f64::NAN);
    test.key(0.0, f64::NAN);
    assert_eq!(asked(&mut test), Some(before.columns().len() + 1));
    test.begin_sketch();
    test.act(Action::Press(Button::EraseAtCursor));
    assert!(asked(&mut test).is_some_and(|count| count < before.columns().len() + 1));
}
