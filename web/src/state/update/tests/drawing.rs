//! Drawings: a run follows the pointer by small requests, and the finished drawing is learnt, undone and linked.

use multiwell::internal::controller::protocol::encode;
use multiwell::internal::numerics::CriticalPoint;
use multiwell::internal::plot::{Panel, PlotAxis};
use multiwell::internal::potentials::Sketch;
use multiwell::internal::potentials::sketch::points::SketchPoints;
use multiwell::internal::potentials::sketch::samples::{self, DrawnSamples};

use super::*;
use crate::state::action::Pointer;
use crate::state::figures::values_at_cursor;
use crate::state::sketch::Tool;
use crate::state::view::CanvasPicture;

const CANVAS_BOUNDS: [[f64; 2]; 2] = [[-2.0, 2.0], [0.0, 4.0]];

impl Test {
    /// A page that shows a drawing, or drawn samples.
    fn drawing_on(benchmark: &str) -> Self {
        let mut test = Self::open(&format!("benchmark={benchmark}"));
        test.begin_sketch();
        test.frame(Status::Running);
        test.requests();
        test
    }

    /// The requested run begins.
    pub(super) fn begin_sketch(&mut self) {
        let (run, settings) = self.pending();
        self.reply(Reply::Scene { run, settings, scene: scene() });
    }

    fn drawing(&self) -> String {
        self.state.run.settings.potential().expect("a potential").drawing.clone()
    }

    /// Presses and moves the pointer, and lifts it if `lifts`.
    pub(super) fn stroke(&mut self, places: &[(f64, f64)], lifts: bool) {
        for (k, &at) in places.iter().enumerate() {
            self.act(Action::Point(
                CanvasPicture::Landscape,
                Some(at),
                if k == 0 { Pointer::Pressed } else { Pointer::Dragging },
            ));
        }
        if lifts {
            self.act(Action::Lift(CanvasPicture::Landscape));
        }
    }

    /// Draws a frame at a time. Returns the drawings that the run is requested to follow.
    fn follows(&mut self, time: f64) -> Vec<Option<String>> {
        self.requests();
        self.act_at(Action::AnimationFrame, time);
        let followed = |request| if let Request::Redraw(drawing) = request { Some(drawing) } else { None };
        self.requests().into_iter().filter_map(followed).collect()
    }

    fn redrawn(&mut self) {
        let (run, mut settings) = (self.state.run.number, self.state.run.settings.clone());
        if let (Some(own), Some(followed)) = (settings.potential_mut(), &self.state.sketch.followed) {
            own.drawing.clone_from(followed);
        }
        self.reply(Reply::Scene { run, settings, scene: scene() });
        self.frame(Status::Running);
    }

    fn move_cursor(&mut self, right: f64, up: f64) {
        self.act(Action::MoveCursor(CanvasPicture::Landscape, panel(), (right, up)));
    }

    fn press_at_cursor(&mut self) {
        self.act(Action::PressAtCursor(CanvasPicture::Landscape, panel()));
    }
}

fn panel() -> Panel {
    Panel { left: 0.0, top: 0.0, right: 400.0, bottom: 300.0, x: PlotAxis::linear(-2.0, 2.0), y: PlotAxis::linear(0.0, 4.0) }
}

fn scene() -> Scene {
    Scene { inputs: 1, points: 2, domain: [-1.0, 1.0], canvas: Some(CANVAS_BOUNDS), ..Scene::default() }
}

fn drawn(request: &Request) -> Option<String> {
    match request {
        Request::Start { settings, running: true, .. } => settings.potential().map(|own| own.drawing.clone()),
        _ => None,
    }
}

const VALLEY_POINTS: [(f64, f64); 5] = [(-1.5, 3.0), (-0.7, 1.0), (0.0, 0.5), (0.7, 1.2), (1.5, 3.5)];

#[test]
fn fit_follows_stroke_and_drawing_is_learnt_when_stroke_ends() {
    let mut test = Test::drawing_on(Sketch::ID);
    assert_eq!(test.drawing(), Sketch::FIRST);
    test.stroke(&VALLEY_POINTS[..3], false);
    assert!(test.requests().is_empty(), "a run follows from picture to picture");
    let first = test.follows(100.0);
    let text = first[0].clone().expect("a drawing");
    assert_eq!(SketchPoints::read(&text).expect("points").places().len(), 3, "the example has given place");
    assert!(encode(&Request::Redraw(Some(text))).expect("bytes").len() < 600);
    // No second request is sent before the reply, nor immediately after it.
    test.act(Action::Point(CanvasPicture::Landscape, Some(VALLEY_POINTS[3]), Pointer::Dragging));
    test.act(Action::Point(CanvasPicture::Landscape, Some(VALLEY_POINTS[4]), Pointer::Dragging));
    assert!(test.follows(200.0).is_empty());
    test.redrawn();
    assert_eq!((test.follows(210.0).len(), test.state.sketch.count), (1, 1));
    test.redrawn();
    assert!(test.follows(400.0).is_empty(), "nothing is new");
    assert_eq!(test.drawing(), Sketch::FIRST, "the settings are those of the run before");
    test.act(Action::Lift(CanvasPicture::Landscape));
    let asked: Vec<String> = test.requests().iter().filter_map(drawn).collect();
    assert_eq!(asked.len(), 1);
    test.begin_sketch();
    assert_eq!(test.drawing(), asked[0]);
    let links = test.links();
    assert!(links.last().is_some_and(|link| link.ends_with(&format!("drawing={}", asked[0]))), "{links:?}");
}

#[test]
fn strokes_are_undone_and_redone_one_by_one() {
    let mut test = Test::drawing_on(Sketch::ID);
    let mut drawings = vec![test.drawing()];
    for strokes in [&VALLEY_POINTS[..], &[(-0.3, 2.0), (0.1, 2.5)], &[(0.4, 0.2), (0.6, 0.1)]] {
        test.stroke(strokes, true);
        test.begin_sketch();
        drawings.push(test.drawing());
    }
    for expected in drawings[..3].iter().rev() {
        test.press(Button::UndoLast);
        test.begin_sketch();
        assert_eq!(test.drawing(), *expected);
    }
    test.requests();
    test.press(Button::UndoLast);
    assert!(test.requests().is_empty(), "there is nothing before");
    test.press(Button::RedoLast);
    test.begin_sketch();
    assert_eq!(test.drawing(), drawings[1]);
    // A new stroke discards the drawings for redo.
    test.stroke(&[(0.9, 2.0), (1.1, 2.2)], true);
    test.begin_sketch();
    assert!(test.state.sketch.future.is_empty() && test.state.sketch.past.len() == 2);
}

#[test]
fn cancelled_or_refused_stroke_changes_nothing() {
    let mut test = Test::drawing_on(Sketch::ID);
    test.stroke(&VALLEY_POINTS, false);
    test.follows(100.0);
    test.act(Action::CancelStroke(CanvasPicture::Landscape));
    assert_eq!(test.requests(), [Request::Redraw(None)]);
    assert!(test.state.sketch.gesture.is_none() && test.state.sketch.past.is_empty() && test.state.requests.pending.is_none());
    // A drawing that cannot be learnt is not kept.
    test.redrawn();
    test.stroke(&VALLEY_POINTS[..2], true);
    test.refuse(test.pending().0, "drawing", "drawing is flat: draw a curve that rises and falls");
    assert_eq!(test.message(), "The drawing is flat: draw a curve that rises and falls.");
    assert!(test.state.sketch.past.is_empty() && test.drawing() == Sketch::FIRST);
}

#[test]
fn dragged_well_moves_with_its_neighbourhood() {
    let mut test = Test::drawing_on(Sketch::ID);
    test.press(Button::Take(Tool::Hand));
    let before = SketchPoints::read(&test.drawing()).expect("points");
    test.stroke(&[(-1.0, 0.5), (-0.9, 1.0), (-0.8, 1.5)], true);
    let asked = test.requests().iter().find_map(drawn).expect("a run");
    let after = SketchPoints::read(&asked).expect("points");
    let moved = before.places().iter().zip(after.places()).filter(|(before, after)| before != after).count();
    assert!(moved > 5 && moved < before.places().len(), "{moved} points have moved");
    test.begin_sketch();
    // The move tool finds no point far from the drawing.
    test.requests();
    test.stroke(&[(1.9, 0.1), (1.8, 0.2)], true);
    assert!(test.requests().is_empty());
    // Without a tool a press does not draw.
    test.press(Button::Take(Tool::Hand));
    test.stroke(&VALLEY_POINTS, true);
    assert!(test.requests().is_empty() && test.state.sketch.gesture.is_none());
}

#[test]
fn keys_draw_and_erase_like_pointer() {
    let mut test = Test::drawing_on(Sketch::ID);
    // The keys move the cursor along the curve, start a stroke, draw upwards and end the stroke.
    test.move_cursor(10.0, 0.0);
    test.press_at_cursor();
    assert!(test.state.sketch.gesture.is_some());
    for _ in 0..20 {
        test.move_cursor(1.0, 1.0);
    }
    assert_eq!(test.follows(100.0).len(), 1);
    test.press_at_cursor();
    let stroke = SketchPoints::read(&test.requests().iter().find_map(drawn).expect("a run")).expect("points");
    assert_eq!(stroke.places().len(), 2, "a straight stroke in the example's place: {stroke:?}");
    test.begin_sketch();
    // The eraser removes the point at the cursor, unless Escape hides the cursor first.
    test.stroke(&VALLEY_POINTS, true);
    test.begin_sketch();
    test.requests();
    test.act(Action::HideCursor(CanvasPicture::Landscape));
    test.move_cursor(0.0, 0.0);
    test.act(Action::Press(Button::EraseAtCursor));
    let erased = SketchPoints::read(&test.requests().iter().find_map(drawn).expect("a run")).expect("points");
    assert!(erased.places().iter().all(|place| (place[0] - 2048).abs() > 100), "{erased:?}");
    // The key of the current tool keeps it.
    test.press(Button::Take(Tool::Draw));
    assert_eq!(test.state.sketch.tool, Some(Tool::Draw));
}

#[test]
fn drawing_is_restored_when_its_benchmark_is_chosen_again() {
    let mut test = Test::drawing_on(Sketch::ID);
    test.stroke(&VALLEY_POINTS, true);
    test.begin_sketch();
    let drawn = test.drawing();
    for benchmark in ["double-well", "three-well"] {
        test.act(Action::Choose(benchmark.into()));
        test.accept();
        assert!(test.state.sketch.past.is_empty() && test.state.tool().is_none());
        assert_eq!(test.drawing(), "");
    }
    test.act(Action::Choose("drawing".into()));
    test.begin_sketch();
    assert_eq!((test.drawing(), test.state.is_example()), (drawn, false));
}

/// Number of samples of the requested run.
fn requested_samples(test: &mut Test) -> Option<usize> {
    let text = test.requests().iter().find_map(drawn)?;
    Some(DrawnSamples::read(&text).expect("samples").columns().len())
}

#[test]
fn tap_adds_one_sample_and_stroke_adds_samples_by_height() {
    let mut test = Test::drawing_on(samples::SAMPLES_ID);
    let example = DrawnSamples::read(samples::INITIAL_SAMPLES).expect("samples").columns().len();
    assert!(test.state.is_example());
    // A trembling pointer adds one sample.
    test.stroke(&[(0.0, 1.0), (0.01, 1.2), (-0.01, 0.8)], true);
    assert_eq!(requested_samples(&mut test), Some(example + 1));
    test.begin_sketch();
    assert!(!test.state.is_example());
    test.press(Button::UndoLast);
    test.begin_sketch();
    test.requests();
    // The first stroke replaces the example. The fit follows the gesture.
    test.stroke(&[(-1.0, 1.0), (0.0, 2.0), (1.0, 2.0)], false);
    let followed = test.follows(100.0)[0].clone().expect("a drawing");
    let count = DrawnSamples::read(&followed).expect("samples").columns().len();
    assert!((60..140).contains(&count), "{count} samples of a quarter and an eighth of the canvas");
    // Values beside a pointer would cover the drawing; without a pointer they show the position.
    let told = |by_keys| values_at_cursor(&test.state, CanvasPicture::Landscape, &panel(), by_keys);
    assert_eq!((told(false), told(true)), (String::new(), format!("x 1.000\n{count} samples\nEnter: end")));
    test.act(Action::Lift(CanvasPicture::Landscape));
    assert_eq!(requested_samples(&mut test), Some(count));
    test.begin_sketch();
    assert!(test.links().last().is_some_and(|link| link.ends_with(&format!("drawing={followed}")) && link.len() < 2000));
    // A second stroke adds samples, but not the sample of its first touch.
    test.stroke(&[(1.5, 0.0), (1.6, 0.0), (1.7, 0.0)], true);
    assert_eq!(requested_samples(&mut test), None, "below a pencil at the lower edge there are none");
    test.press(Button::UndoLast);
    assert_eq!(requested_samples(&mut test), Some(example), "the example is back");
}

#[test]
fn drawn_samples_are_fitted_from_eight_samples_on() {
    let mut test = Test::drawing_on(samples::SAMPLES_ID);
    let example = test.drawing();
    test.press(Button::Take(Tool::Eraser));
    let line: Vec<(f64, f64)> = (0..=100).map(|k| (0.04 * f64::from(k) - 2.0, 1.0)).collect();
    test.stroke(&line, true);
    assert_eq!(requested_samples(&mut test), None);
    assert!(test.state.is_draft() && test.state.sketch.draft.as_deref() == Some(""));
    test.press(Button::Take(Tool::Draw));
    for k in 0..7 {
        test.stroke(&[(0.3 * f64::from(k) - 1.0, 1.0)], true);
        assert_eq!(requested_samples(&mut test), None, "tap {k}");
    }
    assert_eq!((test.state.marks().samples().map(|samples| samples.columns().len()), test.drawing()), (Some(7), example.clone()));
    test.stroke(&[(1.9, 1.0)], true);
    assert_eq!(requested_samples(&mut test), Some(8));
    test.begin_sketch();
    assert!(!test.state.is_draft() && test.state.sketch.draft.is_none());
    // Undo passes drafts. The run of the example continues if nothing else was learnt in the meantime.
    (0..8).for_each(|_| test.press(Button::UndoLast));
    assert_eq!((requested_samples(&mut test), test.state.is_draft()), (None, true));
    test.press(Button::UndoLast);
    assert_eq!(requested_samples(&mut test), Some(DrawnSamples::read(&example).expect("samples").columns().len()));
    test.begin_sketch();
    test.press(Button::Take(Tool::Eraser));
    test.stroke(&line, true);
    test.press(Button::UndoLast);
    assert_eq!((requested_samples(&mut test), test.drawing(), test.state.is_draft()), (None, example, false));
}

#[test]
fn dragged_well_moves_its_samples_and_keys_edit_samples() {
    let mut test = Test::drawing_on(samples::SAMPLES_ID);
    let before = DrawnSamples::read(&test.drawing()).expect("samples");
    std::rc::Rc::get_mut(&mut test.state.run.frame).expect("nobody else has it").0.saddles =
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
    // Two presses of Enter add a sample at the cursor; the eraser removes samples there.
    test.press(Button::Take(Tool::Draw));
    test.move_cursor(10.0, 0.0);
    test.press_at_cursor();
    test.press_at_cursor();
    assert_eq!(requested_samples(&mut test), Some(before.columns().len() + 1));
    test.begin_sketch();
    test.act(Action::Press(Button::EraseAtCursor));
    assert!(requested_samples(&mut test).is_some_and(|count| count < before.columns().len() + 1));
}
