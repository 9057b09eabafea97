//! Drawing on the picture of a curve: the tool, the gesture under way, and the drawings before and after.

use std::ops::Range;

use multiwell::potentials::sketch::on_line;
use multiwell::potentials::sketch::points::{FINEST, Place, Points};
use multiwell::potentials::sketch::samples::{self, DrawnSamples};

/// How far from a point a hand takes hold of it, in columns and rows of the paper.
const REACH: [f64; 2] = [220.0, 400.0];
/// A pointer that moves by fewer columns puts one sample.
const TREMBLE: i32 = 24;

/// What the pointer is on the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// Draws a curve, or puts a point.
    #[default]
    Pencil,
    /// Drags a point, or a well with what is around it.
    Hand,
    /// Takes points away.
    Eraser,
}

/// The tools by the ids of their buttons.
pub const TOOLS: [(&str, Tool); 3] =
    [("sketch-pencil", Tool::Pencil), ("sketch-hand", Tool::Hand), ("sketch-eraser", Tool::Eraser)];

/// What a drawing consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marks {
    /// The points of a curve.
    Curve(Points),
    /// Samples on a line.
    Samples(DrawnSamples),
}

/// What a hand holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A point of a curve, or a well with what is around it.
    Point(usize),
    /// The samples of a well.
    Samples(Range<usize>),
}

impl Marks {
    /// The drawing of a text on a benchmark; empty if it cannot be read.
    pub fn read(benchmark: &str, text: &str) -> Self {
        if benchmark == samples::ID {
            Self::Samples(DrawnSamples::read(text).unwrap_or_default())
        } else {
            Self::Curve(Points::read(text).unwrap_or_default())
        }
    }

    /// The text of the drawing.
    pub fn text(&self) -> String {
        match self {
            Self::Curve(points) => points.text(),
            Self::Samples(samples) => samples.text(),
        }
    }

    /// The samples, if it consists of such.
    pub fn samples(&self) -> Option<&DrawnSamples> {
        match self {
            Self::Curve(_) => None,
            Self::Samples(samples) => Some(samples),
        }
    }

    /// Whether there is enough of it to be learnt; samples are put one by one.
    pub fn are_enough(&self) -> bool {
        self.samples().is_none_or(DrawnSamples::are_enough)
    }

    /// The row of a curve at a column.
    pub fn row_at(&self, column: i32) -> Option<i32> {
        match self {
            Self::Curve(points) => points.row_at(column),
            Self::Samples(_) => None,
        }
    }

    fn empty(&self) -> Self {
        match self {
            Self::Curve(_) => Self::Curve(Points::default()),
            Self::Samples(_) => Self::Samples(DrawnSamples::default()),
        }
    }

    /// Puts a point or a sample.
    fn put(&mut self, at: Place) {
        match self {
            Self::Curve(points) => points.draw(None, at),
            Self::Samples(samples) => samples.put(at[0]),
        }
    }

    fn draw(&mut self, from: Place, to: Place) {
        match self {
            Self::Curve(points) => points.draw(Some(from), to),
            Self::Samples(samples) => samples.draw(from, to),
        }
    }

    fn erase(&mut self, at: Place) {
        match self {
            Self::Curve(points) => points.erase(at),
            Self::Samples(samples) => samples.erase(at[0]),
        }
    }

    /// What a hand takes hold of at a place. Samples are held that lie in a well, which is from one column to another.
    fn within_reach(&self, at: Place, well: [i32; 2]) -> Option<Held> {
        match self {
            Self::Curve(points) => points.within_reach(at, REACH).map(Held::Point),
            Self::Samples(samples) => Some(samples.between(well)).filter(|held| !held.is_empty()).map(Held::Samples),
        }
    }

    /// The drawing with what is held moved by columns and rows, and what is held then.
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

/// What happens between putting a tool down and lifting it.
#[derive(Debug)]
pub struct Gesture {
    tool: Tool,
    /// The drawing as it was.
    before: Marks,
    /// The drawing as it is.
    pub now: Marks,
    begun: Place,
    last: Place,
    /// The columns that the pencil has touched.
    touched: [i32; 2],
    /// The way of the pencil over samples.
    pub way: Points,
    /// What the hand took hold of, and what that is now.
    taken: Option<Held>,
    /// See `taken`.
    pub held: Option<Held>,
    /// Whether a stroke takes the place of the whole drawing.
    replaces: bool,
}

impl Gesture {
    /// Puts a tool down on a drawing, in the well of a fit that is from one column to another. A stroke on a drawing that is an example takes its place.
    pub fn begin(tool: Tool, marks: Marks, at: Place, well: [i32; 2], is_example: bool) -> Self {
        let held = if tool == Tool::Hand { marks.within_reach(at, well) } else { None };
        let (before, now, touched) = (marks.clone(), marks, [at[0]; 2]);
        let (way, taken) = (Points::default(), held.clone());
        let mut gesture = Self { tool, before, now, begun: at, last: at, touched, way, taken, held, replaces: is_example };
        match tool {
            Tool::Pencil => gesture.now.put(at),
            Tool::Eraser => gesture.now.erase(at),
            Tool::Hand => {}
        }
        gesture
    }

    /// Moves the tool on to a place.
    pub fn go_to(&mut self, at: Place) {
        if at == self.last {
            return;
        }
        match (self.tool, &self.taken) {
            (Tool::Pencil, _) => {
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

    /// Whether a pointer that has put a sample trembles.
    fn is_tap(&self, at: Place) -> bool {
        self.now.samples().is_some() && self.touched[0] == self.touched[1] && (at[0] - self.begun[0]).abs() < TREMBLE
    }

    fn stroke(&mut self, at: Place) {
        let is_first = self.touched[0] == self.touched[1] && self.last == self.begun;
        if std::mem::take(&mut self.replaces) {
            self.now = self.before.empty();
            if self.now.samples().is_none() {
                self.now.put(self.begun);
            }
        } else if is_first && self.now.samples().is_some() {
            // The sample of a tap is none of a stroke's.
            self.now = self.before.clone();
        }
        self.now.draw(self.last, at);
        if self.now.samples().is_some() {
            self.way.draw(Some(self.last).filter(|_| !is_first), at);
        }
        self.touched = [self.touched[0].min(at[0]), self.touched[1].max(at[0])];
    }

    /// Lifts the tool: the drawing as it is then, if it has changed.
    pub fn end(mut self) -> Option<Marks> {
        if let (Tool::Pencil, Marks::Curve(points)) = (self.tool, &mut self.now) {
            points.smooth(self.touched);
        }
        (self.now != self.before).then_some(self.now)
    }

    /// The drawing as it is.
    pub fn drawing(&self) -> String {
        self.now.text()
    }

    /// Whether it is another drawing than before.
    pub fn has_changed(&self) -> bool {
        self.now != self.before
    }

    /// The place of the tool.
    pub fn place(&self) -> Place {
        self.last
    }
}

/// Drawing on the picture.
#[derive(Debug)]
pub struct Sketching {
    /// The tool in hand; without one the picture is looked at.
    pub tool: Option<Tool>,
    /// What is being drawn.
    pub gesture: Option<Gesture>,
    /// Drawings before the one that is shown, and after it, the nearest last.
    pub past: Vec<String>,
    /// See [`Self::past`].
    pub future: Vec<String>,
    /// The drawing that the run was asked to follow last, if it follows one.
    pub followed: Option<String>,
    /// When that was, and whether it has not been answered.
    pub asked: (f64, bool),
    /// A drawing that has too few samples to be learnt.
    pub draft: Option<String>,
    /// What is shown with the next frame.
    pub next: Option<super::app::Shot>,
    /// How many drawings the run has followed.
    pub count: u32,
}

impl Default for Sketching {
    fn default() -> Self {
        let (gesture, past, future, followed, draft, next) = Default::default();
        let (tool, asked) = (Some(Tool::Pencil), (f64::NEG_INFINITY, false));
        Self { tool, gesture, past, future, followed, asked, draft, next, count: 0 }
    }
}

/// The place on a paper with these ranges.
pub fn place([across, upward]: [[f64; 2]; 2], at: (f64, f64)) -> Place {
    let along = |[low, high]: [f64; 2], value: f64| {
        ((value - low) / (high - low) * f64::from(FINEST)).round().clamp(0.0, f64::from(FINEST)) as i32
    };
    [along(across, at.0), along(upward, at.1)]
}

/// The values that a place on a paper stands for.
pub fn values([across, upward]: [[f64; 2]; 2], place: Place) -> (f64, f64) {
    (on_line(across, place[0]), on_line(upward, place[1]))
}
