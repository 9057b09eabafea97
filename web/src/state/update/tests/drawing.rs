//! Drawings: a run follows the pencil by small requests, and the drawing of a lifted tool is learnt, undone and linked.

use multiwell::controller::protocol::encode;
use multiwell::plot::{Axis, Panel};
use multiwell::potentials::Sketch;
use multiwell::potentials::sketch::points::Points;

use super::*;
use crate::state::sketch::Tool;
use crate::state::view::Picture;

const PAPER: [[f64; 2]; 2] = [[-2.0, 2.0], [0.0, 4.0]];

impl Test {
    /// A page that shows a drawing.
    fn sketching(link: &str) -> Self {
        let mut test = Self::open(&format!("benchmark=drawing{link}"));
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
