//! Drawing on the picture of a curve: the tool, the current gesture, and the drawings for undo and redo.

use std::ops::Range;

use super::run::SceneData;
use multiwell::internal::potentials::sketch::points::{CanvasPoint, LAST_COLUMN, SketchPoints};
use multiwell::internal::potentials::sketch::samples::{self, DrawnSamples};
use multiwell::internal::potentials::sketch::{first, on_line};
use multiwell::internal::problem::settings::Settings;

/// Maximum distance at which the move tool selects a point, in columns and rows of the canvas.
const GRAB_DISTANCE: [f64; 2] = [220.0, 400.0];
/// Minimum movement of the pointer in columns for a stroke over samples. A shorter one is a tap, which adds one sample.
const TREMBLE_COLUMNS: i32 = 24;
/// Maximum number of drawings that can be undone.
const MAX_UNDO_DRAWINGS: usize = 100;

/// Tool of the pointer on the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// Draws a curve, or adds a sample.
    #[default]
    Draw,
    /// Drags a point, or a well with its surroundings.
    Hand,
    /// Erases points or samples.
    Eraser,
}

/// Tools by the ids of their buttons.
pub const TOOL_IDS: [(&str, Tool); 3] =
    [("sketch-pencil", Tool::Draw), ("sketch-hand", Tool::Hand), ("sketch-eraser", Tool::Eraser)];

/// Content of a drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SketchMarks {
    /// Points of a curve.
    Curve(SketchPoints),
    /// Samples on a line.
    Samples(DrawnSamples),
}

/// Object that the move tool holds, by its indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Point of a curve; a well moves with its surroundings.
    Point(usize),
    /// The samples of a well.
    Samples(Range<usize>),
}

impl SketchMarks {
    /// Drawing of a benchmark from its text; empty if the text is invalid.
    pub fn read(benchmark: &str, text: &str) -> Self {
        if benchmark == samples::SAMPLES_ID {
            Self::Samples(DrawnSamples::read(text).unwrap_or_default())
        } else {
            Self::Curve(SketchPoints::read(text).unwrap_or_default())
        }
    }

    /// Text of the drawing.
    pub fn text(&self) -> String {
        match self {
            Self::Curve(points) => points.text(),
            Self::Samples(samples) => samples.text(),
        }
    }

    /// Samples, unless the drawing is a curve.
    pub fn samples(&self) -> Option<&DrawnSamples> {
        if let Self::Samples(samples) = self { Some(samples) } else { None }
    }

    /// Returns true if the drawing can be learnt. Samples are added one by one, so there may be too few.
    pub fn is_sufficient(&self) -> bool {
        self.samples().is_none_or(DrawnSamples::is_sufficient)
    }

    /// Row of a curve at a column.
    pub fn row_at(&self, column: i32) -> Option<i32> {
        if let Self::Curve(points) = self { points.row_at(column) } else { None }
    }

    fn empty(&self) -> Self {
        match self {
            Self::Curve(_) => Self::Curve(SketchPoints::default()),
            Self::Samples(_) => Self::Samples(DrawnSamples::default()),
        }
    }

    /// Adds a point or a sample.
    fn add_mark(&mut self, at: CanvasPoint) {
        match self {
            Self::Curve(points) => points.draw(None, at),
            Self::Samples(samples) => samples.add(at[0]),
        }
    }

    fn draw(&mut self, from: CanvasPoint, to: CanvasPoint) {
        match self {
            Self::Curve(points) => points.draw(Some(from), to),
            Self::Samples(samples) => samples.draw(from, to),
        }
    }

    fn erase(&mut self, at: CanvasPoint) {
        match self {
            Self::Curve(points) => points.erase(at),
            Self::Samples(samples) => samples.erase(at[0]),
        }
    }

    /// Object at a position that the move tool can hold. For samples, it consists of all samples between the two columns of the well.
    fn target_at(&self, at: CanvasPoint, well: [i32; 2]) -> Option<Held> {
        match self {
            Self::Curve(points) => points.target_at(at, GRAB_DISTANCE).map(Held::Point),
            Self::Samples(samples) => Some(samples.between(well)).filter(|held| !held.is_empty()).map(Held::Samples),
        }
    }

    /// Drawing with the held object moved by columns and rows, and the moved object.
    fn moved(&self, held: &Held, [right, up]: [i32; 2]) -> (Self, Held) {
        match (self, held) {
            (Self::Curve(points), Held::Point(k)) => {
                let [column, row] = points.places()[*k];
                (Self::Curve(points.moved(*k, [column + right, row + up])), held.clone())
            }
            (Self::Samples(samples), Held::Samples(range)) => {
                let (moved, range) = samples.moved(range.clone(), right);
                (Self::Samples(moved), Held::Samples(range))
            }
            _ => (self.clone(), held.clone()),
        }
    }
}

/// Gesture between the press and the release of a tool.
#[derive(Debug)]
pub struct Gesture {
    tool: Tool,
    /// Drawing before the gesture.
    before: SketchMarks,
    /// Current drawing.
    pub now: SketchMarks,
    begun: CanvasPoint,
    last: CanvasPoint,
    /// First and last column that the pointer has touched.
    touched: [i32; 2],
    /// Path of the pointer over samples.
    pub way: SketchPoints,
    /// Held object at the start of the gesture.
    taken: Option<Held>,
    /// Held object now.
    pub held: Option<Held>,
    /// True if the next stroke replaces the whole drawing.
    replaces: bool,
}

impl Gesture {
    /// Starts a gesture on a drawing. `well` is the first and the last column of the well at `at`. A stroke replaces an example.
    pub fn start(tool: Tool, marks: SketchMarks, at: CanvasPoint, well: [i32; 2], is_example: bool) -> Self {
        let held = if tool == Tool::Hand { marks.target_at(at, well) } else { None };
        let (before, now, touched) = (marks.clone(), marks, [at[0]; 2]);
        let (way, taken) = (SketchPoints::default(), held.clone());
        let mut gesture = Self { tool, before, now, begun: at, last: at, touched, way, taken, held, replaces: is_example };
        match tool {
            Tool::Draw => gesture.now.add_mark(at),
            Tool::Eraser => gesture.now.erase(at),
            Tool::Hand => {}
        }
        gesture
    }

    /// Moves the tool to a position.
    pub fn go_to(&mut self, at: CanvasPoint) {
        if at == self.last {
            return;
        }
        match (self.tool, &self.taken) {
            (Tool::Draw, _) => {
                if self.is_tap(at) {
                    return;
                }
                self.stroke(at);
            }
            (Tool::Eraser, _) => self.now.erase(at),
            (Tool::Hand, Some(taken)) => {
                let by = [0, 1].map(|axis| at[axis] - self.begun[axis]);
                let (now, held) = self.before.moved(taken, by);
                (self.now, self.held) = (now, Some(held));
            }
            (Tool::Hand, None) => {}
        }
        self.last = at;
    }

    /// Returns true if the gesture at `at` is a tap, which adds one sample.
    fn is_tap(&self, at: CanvasPoint) -> bool {
        self.now.samples().is_some() && self.touched[0] == self.touched[1] && (at[0] - self.begun[0]).abs() < TREMBLE_COLUMNS
    }

    fn stroke(&mut self, at: CanvasPoint) {
        let is_first = self.touched[0] == self.touched[1] && self.last == self.begun;
        if std::mem::take(&mut self.replaces) {
            self.now = self.before.empty();
            if self.now.samples().is_none() {
                self.now.add_mark(self.begun);
            }
        } else if is_first && self.now.samples().is_some() {
            // A stroke does not keep the sample of its first touch.
            self.now = self.before.clone();
        }
        self.now.draw(self.last, at);
        if self.now.samples().is_some() {
            self.way.draw(Some(self.last).filter(|_| !is_first), at);
        }
        self.touched = [self.touched[0].min(at[0]), self.touched[1].max(at[0])];
    }

    /// Ends the gesture. Returns the drawing if it has changed.
    pub fn end(mut self) -> Option<SketchMarks> {
        if let (Tool::Draw, SketchMarks::Curve(points)) = (self.tool, &mut self.now) {
            points.smooth(self.touched);
        }
        (self.now != self.before).then_some(self.now)
    }

    /// Text of the current drawing, if the gesture has changed it and it can be learnt. A finger that scrolls the page presses, but
    /// does not move before the stroke is cancelled.
    pub fn new_drawing(&self) -> Option<String> {
        let is_new = self.last != self.begun && self.now != self.before && self.now.is_sufficient();
        is_new.then(|| self.now.text())
    }
}

/// Animated stroke when the page opens: a curve of three hills.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Opening {
    /// The picture is not visible yet.
    #[default]
    Awaited,
    /// Start of the stroke, and time up to which it is drawn, in milliseconds.
    Drawing(f64, f64),
    /// The stroke has ended, and the reader has not drawn.
    Done,
}

impl Opening {
    /// Duration of the stroke and of each of its steps, in milliseconds.
    const DURATION_MS: f64 = 2000.0;
    const STEP_MS: f64 = 8.0;

    /// Next pointer positions until `now`, as fractions of the canvas, and the next state. The first position starts the stroke.
    pub fn advance(self, now: f64) -> (Vec<[f64; 2]>, Self) {
        let (begun, drawn, first) = match self {
            Self::Awaited => (now, now, Some(now)),
            Self::Drawing(begun, drawn) => (begun, drawn, None),
            Self::Done => return (Vec::new(), self),
        };
        let end = now.min(begun + Self::DURATION_MS);
        let count = ((end - drawn) / Self::STEP_MS).floor();
        let times = first.into_iter().chain((1..=count as usize).map(|k| drawn + k as f64 * Self::STEP_MS));
        let places = times.map(|time| Self::place((time - begun) / Self::DURATION_MS)).collect();
        let is_over = now >= begun + Self::DURATION_MS;
        (places, if is_over { Self::Done } else { Self::Drawing(begun, drawn + count * Self::STEP_MS) })
    }

    /// Pointer position at a fraction of the stroke.
    fn place(part: f64) -> [f64; 2] {
        let across = 0.04 + 0.92 * part;
        let from_middle = 2.0 * across - 1.0;
        let hills = 0.22 * (4.0 * std::f64::consts::TAU * across).cos();
        [across, 0.36 + hills + 0.07 * from_middle + 0.4 * from_middle.powi(6)]
    }
}

/// State of drawing on the picture.
#[derive(Debug)]
pub struct Sketching {
    /// Stroke when the page opens, until the reader draws.
    pub opening: Option<Opening>,
    /// Selected tool; without one, pointers do not draw.
    pub tool: Option<Tool>,
    /// Current gesture.
    pub gesture: Option<Gesture>,
    /// Earlier drawings for undo, the newest last.
    pub past: Vec<String>,
    /// Undone drawings for redo, the next one last.
    pub future: Vec<String>,
    /// Last drawing that was sent to the run, if the run follows the gesture.
    pub followed: Option<String>,
    /// Time of that request in milliseconds, and whether it is unanswered.
    pub last_request: (f64, bool),
    /// A drawing with too few samples for a fit.
    pub draft: Option<String>,
    /// Scene that appears with the next frame.
    pub next: Option<SceneData>,
    /// Number of drawings that the run has followed.
    pub count: u32,
    /// Last drawing of each benchmark that the reader has left, after the name of the benchmark.
    pub left: Vec<(String, String)>,
}

impl Default for Sketching {
    fn default() -> Self {
        let (opening, gesture, past, future, followed, draft, next, left) = Default::default();
        let (tool, last_request) = (Some(Tool::Draw), (f64::NEG_INFINITY, false));
        Self { opening, tool, gesture, past, future, followed, last_request, draft, next, count: 0, left }
    }
}

impl Sketching {
    /// Records the drawing before a stroke, so that the stroke can be undone.
    pub fn record(&mut self, drawing: String) {
        self.past.push(drawing);
        if self.past.len() > MAX_UNDO_DRAWINGS {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// Undoes a stroke, or redoes one. Returns the drawing that replaces the current one.
    pub fn step(&mut self, back: bool, current: String) -> Option<String> {
        let Self { past, future, .. } = self;
        let (from, to) = if back { (past, future) } else { (future, past) };
        let drawing = from.pop()?;
        to.push(current);
        Some(drawing)
    }

    /// Handles the reply to a changed drawing. The next frame shows the drawing in use.
    pub fn accept_scene(&mut self, settings: &Settings, shot: SceneData) {
        let is_learnt = settings.potential().map(|own| &own.drawing) == self.followed.as_ref();
        self.count += u32::from(is_learnt);
        (self.last_request.1, self.next) = (false, Some(shot));
    }

    /// Discards requests and drafts of the `former` run; on another benchmark, everything except the drawings that were left.
    pub fn begin_run(&mut self, former: &Settings, benchmark: &str) {
        (self.followed, self.next, self.last_request.1) = (None, None, false);
        self.draft = None;
        let has_moved = former.benchmark != benchmark;
        // The opening stroke is not a drawing of the reader.
        if let Some(own) = former.potential().filter(|own| has_moved && self.opening.is_none() && !own.drawing.is_empty()) {
            self.left.retain(|left| left.0 != former.benchmark);
            self.left.push((former.benchmark.clone(), own.drawing.clone()));
        }
        if first(benchmark).is_none() || has_moved {
            *self = Self { left: std::mem::take(&mut self.left), ..Self::default() };
        }
    }
}

/// Point on a canvas with these ranges.
pub fn place([across, upward]: [[f64; 2]; 2], at: (f64, f64)) -> CanvasPoint {
    let along = |[low, high]: [f64; 2], value: f64| {
        ((value - low) / (high - low) * f64::from(LAST_COLUMN)).round().clamp(0.0, f64::from(LAST_COLUMN)) as i32
    };
    [along(across, at.0), along(upward, at.1)]
}

/// Values at a point of the canvas.
pub fn values([across, upward]: [[f64; 2]; 2], place: CanvasPoint) -> (f64, f64) {
    (on_line(across, place[0]), on_line(upward, place[1]))
}
