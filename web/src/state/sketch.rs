//! Drawing on the picture of a curve: the tool, the gesture under way, and the drawings before and after.

use multiwell::potentials::sketch::points::{FINEST, Place, Points};

/// How far from a point a hand takes hold of it, in columns and rows of the paper.
const REACH: [f64; 2] = [220.0, 400.0];

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

/// What happens between putting a tool down and lifting it.
#[derive(Debug)]
pub struct Gesture {
    tool: Tool,
    /// The points as they were.
    before: Points,
    /// The points as they are.
    pub now: Points,
    begun: Place,
    last: Place,
    /// The columns that the pencil has touched.
    touched: [i32; 2],
    /// The point that is held.
    pub held: Option<usize>,
    /// Whether a stroke takes the place of the whole drawing.
    replaces: bool,
}

impl Gesture {
    /// Puts a tool down on a drawing. A stroke on a drawing that is an example takes its place.
    pub fn begin(tool: Tool, points: Points, at: Place, is_example: bool) -> Self {
        let held = if tool == Tool::Hand { points.within_reach(at, REACH) } else { None };
        let (before, now, touched) = (points.clone(), points, [at[0]; 2]);
        let mut gesture = Self { tool, before, now, begun: at, last: at, touched, held, replaces: is_example };
        match tool {
            Tool::Pencil => gesture.now.draw(None, at),
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
        match (self.tool, self.held) {
            (Tool::Pencil, _) => {
                if std::mem::take(&mut self.replaces) {
                    self.now = Points::default();
                    self.now.draw(None, self.begun);
                }
                self.now.draw(Some(self.last), at);
                self.touched = [self.touched[0].min(at[0]), self.touched[1].max(at[0])];
            }
            (Tool::Eraser, _) => self.now.erase(at),
            (Tool::Hand, Some(held)) => {
                let from = self.before.places()[held];
                let to = [0, 1].map(|axis| from[axis] + at[axis] - self.begun[axis]);
                self.now = self.before.moved(held, to);
            }
            (Tool::Hand, None) => {}
        }
        self.last = at;
    }

    /// Lifts the tool: the drawing as it is then, if it has changed.
    pub fn end(mut self) -> Option<String> {
        if self.tool == Tool::Pencil {
            self.now.smooth(self.touched);
        }
        (self.now != self.before).then(|| self.now.text())
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
    /// What is shown with the next frame.
    pub next: Option<super::app::Shot>,
    /// How many drawings the run has followed.
    pub count: u32,
}

impl Default for Sketching {
    fn default() -> Self {
        let (gesture, past, future, followed, next) = Default::default();
        Self { tool: Some(Tool::Pencil), gesture, past, future, followed, asked: (f64::NEG_INFINITY, false), next, count: 0 }
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
    let value = |[low, high]: [f64; 2], along: i32| low + (high - low) * f64::from(along) / f64::from(FINEST);
    (value(across, place[0]), value(upward, place[1]))
}
