//! Plots of the history of a run: the loss with the number of responsible modes, and the gates with the sharpness.

use super::Figure;
use super::palette::with_opacity;
use super::panel::{CAPTION_SIZE_PX, LABEL_SIZE_PX, Panel, PlotAxis};
use super::surface::{DrawResult, HPos, Surface};
use super::ticks;

/// Smallest ratio of the largest to the smallest sharpness for a logarithmic axis. A linear axis would hide most of such a range.
const LOG_AXIS_RATIO: f64 = 100.0;

/// Width in pixels of a short stage. Lines at the ends of many short stages would fill the figure.
const SHORT_STAGE_PX: f64 = 12.0;
/// Label of several narrow stages, each of which removes a mode.
const REMOVALS: &str = "remove modes";

/// History of the loss on a logarithmic axis, and of the number of responsible modes (right axis). All slices have one entry per bucket.
#[derive(Clone, Copy, Debug, Default)]
pub struct LossHistory<'a> {
    /// Epoch of each bucket.
    pub epochs: &'a [f32],
    /// Smallest loss of each bucket.
    pub low: &'a [f32],
    /// Largest loss of each bucket, which keeps spikes visible.
    pub high: &'a [f32],
    /// Number of responsible modes.
    pub responsible: &'a [f32],
    /// Number of modes of the fit.
    pub modes: usize,
    /// Last epoch of each stage of the recipe, with the name of the stage; infinity for the current stage.
    pub stages: &'a [(f64, &'a str)],
    /// Epoch at which the run will stop.
    pub last_epoch: f64,
    /// Epoch under the pointer.
    pub cursor: Option<f64>,
}

/// History of the gates `s(a_i)` between 0 and 1, and of the sharpness rho (right axis).
#[derive(Clone, Copy, Debug, Default)]
pub struct Gates<'a> {
    /// Epoch of each bucket.
    pub epochs: &'a [f32],
    /// History of the gate of each mode.
    pub gates: &'a [&'a [f32]],
    /// Flags of the modes that are currently responsible somewhere. The other modes are grey.
    pub responsible: &'a [bool],
    /// History of the sharpness.
    pub rho: &'a [f32],
    /// Epoch at which the run will stop.
    pub last_epoch: f64,
    /// Epoch under the pointer.
    pub cursor: Option<f64>,
}

/// Axis of the epochs. Its end grows in steps (1, 2, 5, 10, ...), so that it is mostly constant during training.
fn epoch_axis(epochs: &[f32], last: f64) -> PlotAxis {
    let now = f64::from(epochs.last().copied().unwrap_or(0.0)).max(10.0);
    let end = ticks::nice_step(now);
    PlotAxis::linear(0.0, if last >= now { end.min(last) } else { end })
}

fn area((width, height): (f64, f64), x: PlotAxis, y: PlotAxis) -> Panel {
    Panel { left: 46.0, top: 26.0, right: (width - 40.0).max(60.0), bottom: (height - 22.0).max(40.0), x, y }
}

fn series<'a>(epochs: &'a [f32], values: &'a [f32]) -> impl DoubleEndedIterator<Item = (f64, f64)> + 'a {
    epochs.iter().zip(values).map(|(&e, &v)| (e.into(), v.into()))
}

fn cursor(on: &Surface, panel: &Panel, epoch: Option<f64>) -> DrawResult {
    epoch.map_or(Ok(()), |epoch| {
        let x = panel.across(epoch);
        if !panel.x.shows(epoch) {
            return Ok(());
        }
        on.line(&[(x, panel.top), (x, panel.bottom)], with_opacity(on.theme.soft, 0.6), 1.0)
    })
}

/// Draws grid lines and labels of both axes, and the title of the horizontal axis.
fn grid(on: &Surface, panel: &Panel, y_marks: usize) -> DrawResult {
    panel.grid(on, if on.size.0 > 420.0 { 5 } else { 4 }, y_marks)?;
    on.text("epoch", (panel.left - 8.0, panel.bottom + 13.0), HPos::Right, LABEL_SIZE_PX, on.theme.soft)
}

/// Logarithmic axis over the decades of `low` and `high`, which are above zero.
fn decades(low: f64, high: f64) -> PlotAxis {
    let (low, high) = (low.log10().floor().max(-30.0), high.log10().ceil().min(30.0));
    PlotAxis::powers(low.min(high - 1.0), high)
}

/// Draws the loss of one stage. Each epoch has the smallest, the largest and the middle value.
fn part(on: &Surface, panel: &Panel, points: &[(f64, [f64; 3])]) -> DrawResult {
    let at = |k: usize| move |&(epoch, values): &(f64, [f64; 3])| panel.at(epoch, values[k]);
    let spread: Vec<_> = points.iter().map(at(1)).chain(points.iter().rev().map(at(0))).collect();
    if spread.len() > 3 {
        panel.area(on, &spread, with_opacity(on.theme.ink, 0.28))?;
    }
    let middle: Vec<_> = points.iter().map(at(2)).collect();
    panel.pieces(on, &middle, with_opacity(on.theme.ink, 1.0), 1.25)
}

impl LossHistory<'_> {
    /// Returns true if there are losses below zero. A negative log-likelihood may have either sign.
    fn has_signs(&self) -> bool {
        self.low.iter().any(|value| value.is_finite() && *value < 0.0)
    }

    /// Vertical axis of the loss. It ignores rare spikes, so that a single diverging epoch does not flatten the curve.
    fn vertical(&self) -> PlotAxis {
        let above = if self.has_signs() { f64::NEG_INFINITY } else { 0.0 };
        let of = |values: &[f32], k: usize| Some(f64::from(values[k])).filter(|v| v.is_finite() && *v > above);
        let highs = || (0..self.high.len()).filter_map(|k| of(self.high, k));
        let low = (0..self.low.len()).filter_map(|k| of(self.low, k)).fold(f64::INFINITY, f64::min);
        let Some(first) = highs().next().filter(|_| low.is_finite()) else { return PlotAxis::powers(-4.0, 0.0) };
        // The smallest of the largest fiftieth of the losses, found without sorting all of them.
        let rare = highs().count() / 50 + 1;
        let mut largest: Vec<f64> = Vec::with_capacity(rare + 1);
        for value in highs() {
            largest.insert(largest.partition_point(|&other| other >= value), value);
            largest.truncate(rare);
        }
        let high = largest.last().copied().unwrap_or(first);
        let top = high.max(first.min(largest[0]));
        // A range of less than half a decade would be a flat line on a logarithmic axis.
        if self.has_signs() || top < 3.0 * low {
            let high = if self.has_signs() { high } else { top };
            let room = 0.05 * (high - low).max(1e-6 * low.abs());
            return PlotAxis::linear(low - room, high + room);
        }
        decades(low, top)
    }

    /// Draws a thin line at the end of each stage, but not between two short stages, and the names of the stages that are wide enough. Narrow
    /// removals in sequence share a label.
    fn marks(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let across = |end: f64| panel.across(end).min(panel.right);
        // Text cannot be measured here. A character is about half as wide as its size.
        let is_wide = |name: &str, from: f64, to: f64| 0.53 * LABEL_SIZE_PX * name.chars().count() as f64 + 4.0 < to - from;
        let label = |(from, to, name): (f64, f64, &str)| {
            if is_wide(name, from, to) {
                on.text(name, (from + 2.0, panel.top - 3.0), HPos::Left, LABEL_SIZE_PX, on.theme.soft)?;
            }
            Ok(())
        };
        let mut next = (panel.left, panel.left, "");
        let mut begins = panel.left;
        for (k, &(end, name)) in self.stages.iter().enumerate() {
            let ends = across(end);
            let later = self.stages.get(k + 1).map_or(panel.right, |next| across(next.0));
            if end.is_finite() && ends >= panel.left && (ends - begins).max(later - ends) >= SHORT_STAGE_PX {
                on.line(&[(ends, panel.top - 4.0), (ends, panel.bottom)], with_opacity(on.theme.soft, 0.35), 1.0)?;
            }
            let name = if is_wide(name, begins, ends) || !name.contains("remove mode") { name } else { REMOVALS };
            if name == REMOVALS && next.2 == REMOVALS {
                next.1 = ends;
            } else {
                label(next)?;
                next = (begins, ends, name);
            }
            begins = ends.max(panel.left);
        }
        label(next)
    }

    fn counts(&self) -> PlotAxis {
        PlotAxis::linear(0.0, self.modes.max(1) as f64 * 1.06)
    }
}

impl Figure for LossHistory<'_> {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        for (name, values) in [("smallest loss", self.low), ("largest loss", self.high), ("responsible modes", self.responsible)]
        {
            series(self.epochs, values).for_each(|(x, y)| put(name, &[x, y]));
        }
    }

    fn panel(&self, size: (f64, f64)) -> Panel {
        let panel = area(size, epoch_axis(self.epochs, self.last_epoch), self.vertical());
        Panel { top: if self.stages.is_empty() { panel.top } else { panel.top + 8.0 }, ..panel }
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        let (panel, theme) = (on.panel(self), on.theme);
        grid(on, &panel, 4)?;
        self.marks(on, &panel)?;
        on.text("loss", (panel.left, 10.0), HPos::Left, CAPTION_SIZE_PX, theme.ink)?;

        // Spikes are cut off at the upper edge.
        let all = self.panel(on.size).y;
        let edge = |v: f64| v.clamp(all.value(0.0), all.value(1.0));
        let has_signs = self.has_signs();
        // Stages minimise different losses. So no curve connects them.
        let (mut stages, mut points) = (self.stages, Vec::with_capacity(self.epochs.len()));
        for (k, &epoch) in self.epochs.iter().enumerate() {
            let epoch = f64::from(epoch);
            let [low, high] = [self.low[k], self.high[k]].map(f64::from);
            let middle = if has_signs { f64::midpoint(low, high) } else { (low * high).sqrt() };
            let values = [edge(low), edge(high), middle];
            let mut from = None;
            while let [stage, later @ ..] = stages
                && stage.0 < epoch
            {
                (stages, from) = (later, points.last().map(|&(epoch, _)| epoch));
            }
            if let Some(from) = from {
                part(on, &panel, &points)?;
                points.clear();
                points.push((from, values));
            }
            points.push((epoch, values));
        }
        part(on, &panel, &points)?;

        if self.modes == 0 {
            return cursor(on, &panel, self.cursor);
        }
        on.text("responsible modes", (panel.right, 10.0), HPos::Right, CAPTION_SIZE_PX, theme.count)?;
        let counts = panel.with_y(self.counts().beside(&panel.y, &all));
        let steps: Vec<_> = series(self.epochs, self.responsible).collect();
        let stairs = steps.windows(2).flat_map(|w| [w[0], (w[1].0, w[0].1)]).chain(steps.last().copied());
        counts.curve(on, stairs, with_opacity(theme.count, 1.0), 1.5)?;
        let whole = counts.y.marks(4).into_iter().map(|mark| mark.0).filter(|v| v.fract() == 0.0);
        let whole: Vec<_> = whole.map(|v| (v, ticks::fixed(v, 0))).collect();
        counts.right_labels(on, &whole, theme.count)?;
        cursor(on, &panel, self.cursor)
    }
}

impl Gates<'_> {
    /// Axis of the gates, on the left.
    fn axis() -> PlotAxis {
        PlotAxis::linear(0.0, 1.04)
    }

    /// Axis of the sharpness. It is logarithmic if the sharpness changes by more than two powers of ten.
    fn sharpness(&self) -> PlotAxis {
        let known = || self.rho.iter().map(|&v| f64::from(v)).filter(|v| v.is_finite() && *v > 0.0);
        let (low, high) = known().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
        if high > LOG_AXIS_RATIO * low {
            return decades(low, high);
        }
        let step = ticks::nice_step((high / 3.0).max(1e-6));
        PlotAxis::linear(0.0, (high / step).ceil().max(1.0) * step * 1.04)
    }

    /// Value of the gate axis at the height of a sharpness.
    pub fn beside(&self, rho: f64) -> f64 {
        Self::axis().value(self.sharpness().along(rho))
    }
}

impl Figure for Gates<'_> {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        series(self.epochs, self.rho).for_each(|(x, y)| put("sharpness", &[x, y]));
        for (k, gate) in self.gates.iter().enumerate() {
            series(self.epochs, gate).for_each(|(x, y)| put(&format!("gate {k}"), &[x, y]));
        }
    }

    fn panel(&self, size: (f64, f64)) -> Panel {
        area(size, epoch_axis(self.epochs, self.last_epoch), Self::axis())
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        let (panel, theme) = (on.panel(self), on.theme);
        grid(on, &panel, 2)?;
        on.text("gates ς(aᵢ)", (panel.left, 10.0), HPos::Left, CAPTION_SIZE_PX, theme.soft)?;
        on.text("sharpness ρ", (panel.right, 10.0), HPos::Right, CAPTION_SIZE_PX, theme.accent)?;
        let used = |k: usize| self.responsible.get(k).copied().unwrap_or(false);
        for (_, gate) in self.gates.iter().enumerate().filter(|(k, _)| !used(*k)) {
            panel.curve(on, series(self.epochs, gate), with_opacity(theme.dot, 0.7), 1.25)?;
        }
        for (k, gate) in self.gates.iter().enumerate().filter(|(k, _)| used(*k)) {
            panel.curve(on, series(self.epochs, gate), with_opacity(theme.mode(k), 1.0), 1.5)?;
        }
        let axis = self.sharpness().beside(&panel.y, &Self::axis());
        let sharpness = panel.with_y(axis);
        sharpness.curve(on, series(self.epochs, self.rho), with_opacity(theme.accent, 1.0), 2.0)?;
        // A zero would coincide with the zero of the gates.
        let marks: Vec<_> = axis.marks(4).into_iter().filter(|(rho, _)| *rho > 0.0).collect();
        sharpness.right_labels(on, &marks, theme.accent)?;
        cursor(on, &panel, self.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Theme, svg};

    #[test]
    fn single_spike_does_not_flatten_loss_curve() {
        let epochs: Vec<f32> = (0..200).map(|i| i as f32).collect();
        let mut high = vec![1e-3; 200];
        high[50] = 1e20;
        let figure = LossHistory { epochs: &epochs, low: &high, high: &high, last_epoch: 1e3, ..Default::default() };
        assert!(figure.panel((400.0, 200.0)).y.value(1.0) < 1.0);
    }

    #[test]
    fn epoch_axis_grows_in_steps_up_to_last_epoch() {
        let end = |now: f32, last| epoch_axis(&[0.0, now], last).value(1.0);
        assert_eq!([end(0.0, 5e4), end(30.0, 5e4), end(21_000.0, 5e4), end(37_000.0, 4e4)], [10.0, 50.0, 5e4, 4e4]);
    }

    #[test]
    fn empty_and_non_finite_histories_are_drawn() {
        assert!(svg(&LossHistory::default(), (390, 150), &Theme::LIGHT).contains("</svg>"));
        assert!(svg(&Gates::default(), (390, 150), &Theme::LIGHT).contains("</svg>"));
        let bad = [f32::NAN, 0.0, -1.0, f32::INFINITY];
        let epochs = [0.0, 1.0, 2.0, 3.0];
        let loss = LossHistory {
            epochs: &epochs,
            low: &bad,
            high: &bad,
            responsible: &bad,
            modes: 3,
            last_epoch: 10.0,
            cursor: Some(1.0),
            ..Default::default()
        };
        assert!(!svg(&loss, (390, 150), &Theme::DARK).contains("NaN"));
        let gates = Gates { epochs: &epochs, gates: &[&bad], responsible: &[true], rho: &bad, last_epoch: 10.0, cursor: None };
        assert!(!svg(&gates, (390, 150), &Theme::DARK).contains("NaN"));
    }

    #[test]
    fn axes_fit_range_of_values() {
        let epochs = [0.0, 1.0, 2.0];
        let rho = |values: [f32; 3]| Gates { rho: &values, ..Default::default() }.sharpness();
        assert_eq!(rho([1.0, 20.0, 22_276.0]), PlotAxis::powers(0.0, 5.0));
        assert_eq!(rho([0.0, f32::NAN, 0.5]).value(0.0), 0.0);
        assert!((60.0..70.0).contains(&rho([10.0, 20.0, 50.0]).value(1.0)));
        // Losses of similar size, such as those of densities at several times, have a narrow range of their own.
        let alike = [5.6, 7.1, 5.9];
        let axis = LossHistory { epochs: &epochs, low: &alike, high: &alike, last_epoch: 3.0, ..Default::default() }.vertical();
        assert!((axis.along(5.6) - 0.05).abs() < 0.01 && (axis.along(7.1) - 0.95).abs() < 0.01, "{axis:?}");
    }

    /// Picture of a loss at each of the first epochs of 200, with the ends of stages.
    fn picture(loss: &[f32], stages: &[(f64, &str)]) -> String {
        let epochs: Vec<f32> = (0..loss.len()).map(|i| i as f32).collect();
        let history = LossHistory { epochs: &epochs, low: loss, high: loss, stages, last_epoch: 200.0, ..Default::default() };
        svg(&history, (390, 158), &Theme::LIGHT)
    }

    #[test]
    fn stages_are_labelled_if_wide_enough() {
        let text = picture(&[1e-3; 200], &[(100.0, "initialize"), (101.0, "remove mode 7"), (200.0, "train together")]);
        assert!(text.contains("initialize") && text.contains("train together") && !text.contains("remove mode"), "{text}");
    }

    #[test]
    fn narrow_removals_share_a_label_and_current_stage_has_one() {
        let removals = ["remove mode 7", "remove mode 2", "remove mode 9"];
        let mut stages: Vec<(f64, &str)> = removals.iter().enumerate().map(|(k, name)| (20.0 * (k + 1) as f64, *name)).collect();
        stages.push((f64::INFINITY, "refine"));
        let text = picture(&[1e-3; 100], &stages);
        assert!(text.matches("remove modes").count() == 1 && text.contains("refine"), "{text}");
    }

    #[test]
    fn curves_are_interrupted_between_stages() {
        let low: Vec<f32> = (0..200).map(|i| if i < 100 { 1e-3 } else { 1e-6 }).collect();
        // A stage that is shorter than the distance of two entries may have no entry.
        let stages = [(99.0, "initialize"), (99.0, "remove mode 7"), (99.5, "remove mode 8"), (199.0, "train together")];
        let lines = |stages| picture(&low, stages).matches("<polyline").count();
        // The curve has one more piece. There are lines before the short stages, after them, and at the end.
        assert_eq!(lines(&stages), lines(&[]) + 4);
    }
}
