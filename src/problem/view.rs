//! Views of a fit besides curves on a line, as data.
//!
//! A view is a function from a fit and a [`ViewState`] (which view, where its controls stand, which places the reader has touched) to a
//! [`View`]: plots in rows, controls, a table, a sentence. Front ends draw what a view says and know none by name.

use serde::{Deserialize, Serialize};

use crate::data;
use crate::plot::figures::{Chart, ChartLayer, MarkShape, Strip, Tone};
use crate::plot::ticks::{determination, fixed, number};
use crate::plot::{DrawResult, Figure, HeatMap, Panel, PlotAxis, Surface};

/// A picture as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ViewPicture {
    /// Curves, dots and bands over two axes.
    Chart(Chart),
    /// Colours on a grid, with contours and curves over them.
    Map(HeatMap),
}

impl ViewPicture {
    fn figure(&self) -> &dyn Figure {
        match self {
            Self::Chart(chart) => chart,
            Self::Map(map) => map,
        }
    }
}

impl Figure for ViewPicture {
    fn panel(&self, size: (f64, f64)) -> Panel {
        self.figure().panel(size)
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        self.figure().draw(on)
    }

    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        self.figure().numbers(put);
    }
}

/// A picture with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Title in a few words: the heading, and the name of the file of the saved picture.
    pub title: String,
    /// A sentence that describes the picture to those who cannot see it.
    pub description: String,
    /// The picture.
    pub picture: ViewPicture,
    /// Effect of a touch.
    pub touch: Touch,
}

impl Plot {
    /// A parity plot: a quantity of the fit against the true or the measured one, with its errors in the title.
    pub fn parity(name: &str, is_measured: bool, truth: &[f64], found: impl Iterator<Item = f64>) -> Self {
        let pairs: Vec<(f64, f64)> = truth.iter().copied().zip(found).filter(|pair| pair.0.is_finite()).collect();
        let (mse, r2) = data::errors(pairs.iter().map(|pair| (&pair.1, &pair.0)));
        let ends = pairs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p.0), high.max(p.0)));
        let axis = PlotAxis::linear(ends.0, ends.1);
        let diagonal = ChartLayer::new(vec![(ends.0, ends.0), (ends.1, ends.1)], MarkShape::Line(1.0), Tone::Ink);
        let off = pairs.iter().map(|(truth, fit)| (*truth, fit - truth)).collect();
        let strip = Strip::from_layers(vec![ChartLayer::new(off, MarkShape::Dots(1.25), Tone::Accent).faint(0.6)]);
        let title = format!("{name}: R² {}, RMSE {}", short(r2), number(mse.sqrt(), 3));
        let picture = ViewPicture::Chart(Chart {
            x: axis,
            y: axis,
            across: format!("{name}, {}", if is_measured { "data" } else { "truth" }),
            upward: format!("{name}, fit"),
            labels: Vec::new(),
            marks: [3, 4],
            layers: vec![ChartLayer::new(pairs, MarkShape::Dots(1.75), Tone::Accent).faint(0.6), diagonal],
            strip,
        });
        Self { description: format!("{title}, over {} samples.", truth.len()), title, picture, touch: Touch::Read }
    }
}

/// A coefficient of determination in a title, which has room for five decimals: cut and not rounded, so that nothing short of 1 is shown as 1.
fn short(r2: f64) -> String {
    if (0.999..1.0).contains(&r2) { fixed((1e5 * r2).floor() / 1e5, 5) } else { determination(r2) }
}

/// Effect of a click, or of a path that is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Touch {
    /// Nothing: values are read off.
    #[default]
    Read,
    /// Each click is one more of [`ViewState::touches`].
    Place,
    /// A stroke replaces [`ViewState::touches`].
    Stroke,
}

/// Kind of a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ControlKind {
    /// A slider over a range, in this many steps.
    Slide {
        /// Its two ends.
        range: [f64; 2],
        /// Number of steps between them.
        steps: u32,
        /// Whether the scale is logarithmic.
        logarithmic: bool,
    },
    /// A slider that can also be played from one end to the other.
    Play {
        /// Its two ends.
        range: [f64; 2],
        /// Seconds from one end to the other.
        seconds: f64,
    },
    /// One of a few choices; the value is its index, from 0.
    Choose(Vec<String>),
    /// A button: each press adds one to the value.
    Press,
}

/// A control that the reader can set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// Its name in a link: short, lower case.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// One sentence on its effect.
    pub meaning: String,
    /// Kind of the control.
    pub kind: ControlKind,
    /// The current value.
    pub value: f64,
}

/// A table: words in cells, a mode's colour beside a row where it is about one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewTable {
    /// The heads of the columns.
    pub head: Vec<String>,
    /// The rows: the mode that one is about, and its cells.
    pub rows: Vec<(Option<usize>, Vec<String>)>,
}

/// Choices of the reader.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewState {
    /// The view's name.
    pub view: String,
    /// Values of controls by name. An absent control has its default, an unknown one is ignored, a value out of range is clamped.
    pub controls: Vec<(String, f64)>,
    /// The places touched: the number of the plot, and the place in the units of its axes.
    pub touches: Vec<(usize, f64, f64)>,
    /// The part of its maps that is seen, if it is not all: a view computes them there as finely as the whole.
    pub part: Option<[[f64; 2]; 2]>,
}

impl ViewState {
    /// The value of a control, if the reader has set it to a number.
    pub fn control(&self, id: &str) -> Option<f64> {
        self.controls.iter().find(|(name, _)| name == id).map(|(_, value)| *value).filter(|value| value.is_finite())
    }

    /// A slider with the value that the reader has chosen, else `value`.
    pub fn slide(&self, id: &str, label: &str, meaning: &str, range: [f64; 2], value: f64) -> Control {
        let value = self.control(id).unwrap_or(value).clamp(range[0], range[1]);
        let kind = ControlKind::Slide { range, steps: 100, logarithmic: false };
        Control { id: id.into(), label: label.into(), meaning: meaning.into(), kind, value }
    }

    /// A choice of one of a few, the first unless the reader has chosen.
    pub fn choose(&self, id: &str, label: &str, meaning: &str, choices: Vec<String>) -> Control {
        let last = choices.len().saturating_sub(1) as f64;
        let value = self.control(id).unwrap_or(0.0).round().clamp(0.0, last);
        Control { id: id.into(), label: label.into(), meaning: meaning.into(), kind: ControlKind::Choose(choices), value }
    }
}

/// The part of a map that is asked for, cut at the ends of the whole.
pub fn within(part: [[f64; 2]; 2], whole: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let [x, y] = [0, 1].map(|k| {
        let [low, high] = part[k].map(|end| end.clamp(whole[k][0], whole[k][1]));
        if low < high { [low, high] } else { whole[k] }
    });
    [x, y]
}

/// A view with its plots, controls and tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The id of the view.
    pub view: String,
    /// Plots in rows from the top; those of a row have equal widths.
    pub rows: Vec<Vec<Plot>>,
    /// The controls.
    pub controls: Vec<Control>,
    /// A table; none if it has no head.
    pub table: ViewTable,
    /// A sentence beside the controls; may be empty.
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
