//! What is shown of a run besides curves on a line: each view is a function from a run and what the reader has chosen to pictures that
//! are data.
//!
//! Comes in: a run (its truth, its data, its fit as it is now) and a [`Look`]: which view, where its knobs stand, where the reader has
//! touched it. Goes out: a [`Sight`]: pictures in rows, the knobs, a table, a sentence. Whoever shows it (the page on canvases, the
//! command line as SVG) computes nothing and knows no view by name: it draws what [`Sight`] says, offers its knobs, and looks again.
//!
//! A view is one file here and one line in [`of`]; a benchmark that wants one of its own names it in that line.

mod cuts;
pub mod density;
pub mod flow;
pub mod map;
pub mod material;
pub mod parity;
pub mod path;
pub mod transient;
mod wells;

use serde::{Deserialize, Serialize};

use crate::SYSTEMS;
use crate::plot::figures::Chart;
use crate::plot::{Drawn, Figure, HeatMap, Panel, Surface};
use crate::potentials::Potential;
use crate::run::Run;

/// A picture as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Picture {
    /// Curves, dots and bands over two axes.
    Chart(Chart),
    /// Colours on a grid, with contours and curves over them.
    Map(HeatMap),
}

impl Picture {
    fn figure(&self) -> &dyn Figure {
        match self {
            Self::Chart(chart) => chart,
            Self::Map(map) => map,
        }
    }
}

impl Figure for Picture {
    fn panel(&self, size: (f64, f64)) -> Panel {
        self.figure().panel(size)
    }

    fn draw(&self, on: &Surface) -> Drawn {
        self.figure().draw(on)
    }
}

/// A picture with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plate {
    /// What it shows, in a few words: a heading, and the name of the file that it is saved to.
    pub title: String,
    /// The same in a sentence, for those who cannot see it.
    pub description: String,
    /// The picture.
    pub picture: Picture,
    /// What happens where the reader touches it.
    pub touch: Touch,
}

/// What a view does with a place that the reader clicks, or draws over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Touch {
    /// Nothing: values are read off.
    #[default]
    Read,
    /// Each click is one more of [`Look::touches`].
    Place,
    /// A stroke replaces [`Look::touches`].
    Stroke,
}

/// How a knob is turned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Turn {
    /// A slider over a range, in this many steps.
    Slide {
        /// Its two ends.
        range: [f64; 2],
        /// Number of steps between them.
        steps: u32,
        /// Whether equal ways are equal factors.
        logarithmic: bool,
    },
    /// A slider that can also be played from one end to the other.
    Play {
        /// Its two ends.
        range: [f64; 2],
        /// Seconds from one end to the other.
        seconds: f64,
    },
    /// One of a few: the value is its number, from 0.
    Choose(Vec<String>),
    /// A button: each press adds one to the value.
    Press,
}

/// Something that the reader may turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knob {
    /// Its name in a link: short, lower case.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// One sentence: what it does.
    pub meaning: String,
    /// How it is turned.
    pub turn: Turn,
    /// Where it stands.
    pub value: f64,
}

/// A table: words in cells, a mode's colour beside a row where it is about one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The heads of the columns.
    pub head: Vec<String>,
    /// The rows: the mode that one is about, and its cells.
    pub rows: Vec<(Option<usize>, Vec<String>)>,
}

/// What the reader has chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// The view's name.
    pub view: String,
    /// Knobs by name; one that is absent stands where the view puts it, one that is unknown is ignored, one out of range is moved into it.
    pub knobs: Vec<(String, f64)>,
    /// The places touched: the number of the plate, and the place in the units of its axes.
    pub touches: Vec<(usize, f64, f64)>,
}

impl Look {
    /// Where a knob stands, if the reader has turned it to a number.
    pub fn knob(&self, id: &str) -> Option<f64> {
        self.knobs.iter().find(|(name, _)| name == id).map(|(_, value)| *value).filter(|value| value.is_finite())
    }

    /// A slider with the value that the reader has chosen, else `value`.
    pub fn slide(&self, id: &str, label: &str, meaning: &str, range: [f64; 2], value: f64) -> Knob {
        let value = self.knob(id).unwrap_or(value).clamp(range[0], range[1]);
        let turn = Turn::Slide { range, steps: 100, logarithmic: false };
        Knob { id: id.into(), label: label.into(), meaning: meaning.into(), turn, value }
    }

    /// A choice of one of a few, the first unless the reader has chosen.
    pub fn choose(&self, id: &str, label: &str, meaning: &str, choices: Vec<String>) -> Knob {
        let last = choices.len().saturating_sub(1) as f64;
        let value = self.knob(id).unwrap_or(0.0).round().clamp(0.0, last);
        Knob { id: id.into(), label: label.into(), meaning: meaning.into(), turn: Turn::Choose(choices), value }
    }
}

/// What is seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// The view that it is of.
    pub view: String,
    /// Pictures, row by row from above, all of a row equally wide.
    pub rows: Vec<Vec<Plate>>,
    /// What can be turned.
    pub knobs: Vec<Knob>,
    /// A table; none if it has no head.
    pub table: Table,
    /// A sentence beside the knobs; may be empty.
    pub note: String,
}

/// A view's entry in the list of tabs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tab {
    /// Its name in a link: lower case, words joined by hyphens.
    pub id: String,
    /// Its name for people, a word or two.
    pub title: String,
}

/// One way to look at a run.
pub trait View {
    /// Its entry in the list of tabs.
    fn tab(&self) -> Tab;

    /// What is seen now. Called about thirty times a second while training: cheap in the mean, what is costly kept from one call to the next.
    fn look(&mut self, run: &mut Run, look: &Look) -> Sight;

    /// Does a little (some 10 ms) of what the view needs besides the run, such as training a second fit; false if there is nothing to do.
    /// Called again and again while the view is looked at and the run itself does not train.
    fn work(&mut self, _run: &mut Run) -> bool {
        false
    }
}

/// The views of a run, the first of them shown unless another is asked for; none where curves on a line are all there is to see.
pub fn of(run: &Run) -> Vec<Box<dyn View>> {
    if run.inputs() < 2 || !SYSTEMS {
        return Vec::new();
    }
    let mut views: Vec<Box<dyn View>> = Vec::new();
    if run.inputs() == 2 {
        views.push(Box::new(flow::Flow::new(run)));
    }
    views.push(Box::new(cuts::Cuts::new(run)));
    views.push(Box::new(parity::Parity::new(run)));
    views.extend(path::Path::new(run).map(|view| Box::new(view) as Box<dyn View>));
    views.extend(transient::Transient::new(run).map(|view| Box::new(view) as Box<dyn View>));
    views
}

/// What is seen of a run by a look at it, once; nothing if there is no view of that name.
pub fn sight(run: &mut Run, look: &Look) -> Sight {
    let view = of(run).into_iter().find(|view| view.tab().id == look.view);
    run.report();
    view.map(|mut view| view.look(run, look)).unwrap_or_default()
}

/// What the derivative by an input is called.
fn slope(truth: &dyn Potential, input: usize) -> String {
    let own = truth.slopes().get(input).map(|name| (*name).into());
    own.unwrap_or_else(|| derivative(truth.inputs()[input]))
}

fn derivative(name: &str) -> String {
    format!("∂Ψ/∂{name}")
}
