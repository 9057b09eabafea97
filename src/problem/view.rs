//! Views of a fit besides curves on a line, as data.
//!
//! A view is a function from a fit and a [`ViewState`] (name of the view, values of controls, touched positions) to a [`View`]: plots in rows,
//! controls, a table, a sentence. Front ends draw any view from this data, without regard to its name.

use serde::{Deserialize, Serialize};

use crate::data;
use crate::numerics::statistics::extent;
use crate::plot::figures::{Chart, ChartLayer, MarkShape, Strip, Tone};
use crate::plot::ticks::{determination, number};
use crate::plot::{DrawResult, Figure, HeatMap, Panel, PlotAxis, Surface};

/// Picture as data.
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

/// Picture with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Title in a few words: heading, and file name of the saved picture.
    pub title: String,
    /// Sentence that describes the picture to readers who cannot see it.
    pub description: String,
    /// Chart or map.
    pub picture: ViewPicture,
    /// Effect of a touch.
    pub touch: Touch,
}

impl Plot {
    /// Chart whose values can be read off.
    pub fn chart(title: impl Into<String>, description: impl Into<String>, chart: Chart) -> Self {
        Self { title: title.into(), description: description.into(), picture: ViewPicture::Chart(chart), touch: Touch::Read }
    }

    /// Parity plot: a quantity of the fit against its `reference`, such as "truth" or "data", with its errors in the title.
    pub fn parity(name: &str, reference: &str, truth: &[f64], found: impl Iterator<Item = f64>) -> Self {
        let pairs: Vec<(f64, f64)> = truth.iter().copied().zip(found).filter(|pair| pair.0.is_finite()).collect();
        let (mse, r2) = data::errors(pairs.iter().map(|pair| (&pair.1, &pair.0)));
        let [low, high] = extent(pairs.iter().map(|pair| pair.0));
        let axis = PlotAxis::linear(low, high);
        let diagonal = ChartLayer::new(vec![(low, low), (high, high)], MarkShape::Line(1.0), Tone::Ink);
        let off = pairs.iter().map(|(truth, fit)| (*truth, fit - truth)).collect();
        let off = ChartLayer::new(off, MarkShape::Dots(1.25), Tone::Accent).with_opacity(0.6);
        let strip = Strip::from_layers(vec![off]).map(|strip| Strip { name: format!("fit − {reference}"), ..strip });
        let determination = if r2.is_nan() { String::new() } else { format!("R² {}, ", determination(r2)) };
        let title = format!("{name}: {determination}RMSE {}", number(mse.sqrt(), 3));
        let layers = vec![ChartLayer::new(pairs, MarkShape::Dots(1.75), Tone::Accent).with_opacity(0.6), diagonal];
        let labels = [&*format!("{name}, {reference}"), &*format!("{name}, fit")];
        let description = format!("{title}, over {} samples.", truth.len());
        Self::chart(title, description, Chart { strip, ..Chart::new([axis, axis], labels, [3, 4], layers) })
    }
}

/// Effect of a click or a stroke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Touch {
    /// No effect: values can be read off.
    #[default]
    Read,
    /// Each click adds to [`ViewState::touches`].
    Place,
    /// A stroke replaces [`ViewState::touches`].
    Stroke,
}

/// Kind of a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ControlKind {
    /// A slider over a range, in this many steps.
    Slide {
        /// Two ends.
        range: [f64; 2],
        /// Number of steps between them.
        steps: u32,
    },
    /// A slider that can also be played from one end to the other.
    Play {
        /// Two ends.
        range: [f64; 2],
        /// Duration from one end to the other, in seconds.
        seconds: f64,
    },
    /// One of a few choices; the value is its index from 0.
    Choose(Vec<String>),
}

/// Control for the reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// Name in a link: short, lower case.
    pub id: String,
    /// Displayed name.
    pub label: String,
    /// One sentence on its effect.
    pub meaning: String,
    /// Kind of the control.
    pub kind: ControlKind,
    /// Current value.
    pub value: f64,
}

/// Table of texts. A row about a mode has the colour of that mode beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewTable {
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Rows: index of the mode, if there is one, and cells.
    pub rows: Vec<(Option<usize>, Vec<String>)>,
}

/// Choices of the reader.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewState {
    /// Name of the view.
    pub view: String,
    /// Values of controls by name. Absent controls have their defaults, unknown ones are ignored, and values out of range are clamped.
    pub controls: Vec<(String, f64)>,
    /// Touched positions: number of the plot, and coordinates in the units of its axes.
    pub touches: Vec<(usize, f64, f64)>,
    /// Visible part of the maps, if it is not all. A view computes the part with the resolution of the whole.
    pub part: Option<[[f64; 2]; 2]>,
}

impl ViewState {
    /// Value of a control, if the reader has set it to a number.
    pub fn control(&self, id: &str) -> Option<f64> {
        self.controls.iter().find(|(name, _)| name == id).map(|(_, value)| *value).filter(|value| value.is_finite())
    }

    /// Slider with the value chosen by the reader, else `value`.
    pub fn slide(&self, id: &str, label: &str, meaning: &str, range: [f64; 2], value: f64) -> Control {
        let value = self.control(id).unwrap_or(value).clamp(range[0], range[1]);
        let kind = ControlKind::Slide { range, steps: 100 };
        Control { id: id.into(), label: label.into(), meaning: meaning.into(), kind, value }
    }

    /// Control with a few choices, the first one unless the reader has chosen another.
    pub fn choose(&self, id: &str, label: &str, meaning: &str, choices: Vec<String>) -> Control {
        let last = choices.len().saturating_sub(1) as f64;
        let value = self.control(id).unwrap_or(0.0).round().clamp(0.0, last);
        Control { id: id.into(), label: label.into(), meaning: meaning.into(), kind: ControlKind::Choose(choices), value }
    }
}

/// Requested part of a map, cut at the ends of the whole.
pub fn within(part: [[f64; 2]; 2], whole: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let [x, y] = [0, 1].map(|k| {
        let [low, high] = part[k].map(|end| end.clamp(whole[k][0], whole[k][1]));
        if low < high { [low, high] } else { whole[k] }
    });
    [x, y]
}

/// View with its plots, controls and tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Id of the view.
    pub view: String,
    /// Rows of plots from the top. The plots of a row have equal widths.
    pub rows: Vec<Vec<Plot>>,
    /// Controls of the view.
    pub controls: Vec<Control>,
    /// Table; none if it has no head.
    pub table: ViewTable,
    /// Sentence beside the controls; may be empty.
    pub note: String,
}

/// Entry of a view in the list of tabs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tab {
    /// Name in a link: lower case, words joined by hyphens.
    pub id: String,
    /// Displayed name of one or two words.
    pub title: String,
}

impl Tab {
    pub(super) fn new(id: &str, title: &str) -> Self {
        Self { id: id.into(), title: title.into() }
    }
}
