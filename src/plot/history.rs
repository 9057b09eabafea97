//! Plots of the history of a run: the loss with the number of responsible modes, and the gates with the sharpness.

use super::Figure;
use super::palette::with_opacity;
use super::panel::{Axis, CAPTION, LABEL, Panel};
use super::surface::{Drawn, Hold, Surface};
use super::ticks;

/// The ratio of the largest to the smallest sharpness from which on a linear axis would hide most of it.
const WIDE: f64 = 100.0;

/// Pixels of a stage that is short: lines at the ends of many such would fill the picture.
const SHORT: f64 = 12.0;

/// The loss on a logarithmic axis, and the number of responsible modes (right axis). All slices have one entry per bucket.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loss<'a> {
    /// Epoch of each bucket.
    pub epochs: &'a [f32],
    /// Smallest loss of each bucket.
    pub low: &'a [f32],
    /// Largest loss of each bucket, which keeps spikes visible.
    pub high: &'a [f32],
    /// Number of responsible modes.
    pub responsible: &'a [f32],
    /// Number of modes offered.
    pub modes: usize,
    /// Where each stage of the recipe has ended, with its name.
    pub stages: &'a [(f64, &'a str)],
    /// The epoch at which the run will stop.
    pub last_epoch: f64,
    /// The epoch under the pointer.
    pub cursor: Option<f64>,
}

/// Gates `s(a_i)` between 0 and 1, and the sharpness rho (right axis).
#[derive(Clone, Copy, Debug, Default)]
pub struct Gates<'a> {
    /// Epoch of each bucket.
    pub epochs: &'a [f32],
    /// One history for each mode.
    pub gates: &'a [&'a [f32]],
    /// Whether each mode is currently responsible somewhere; the others are grey.
    pub responsible: &'a [bool],
    /// History of the sharpness.
    pub rho: &'a [f32],
    /// The epoch at which the run will stop.
    pub last_epoch: f64,
    /// The epoch under the pointer.
    pub cursor: Option<f64>,
}

/// The end of the axis grows in steps (1, 2, 5, 10, ...), so that it is mostly constant during training.
fn epoch_axis(epochs: &[f32], last: f64) -> Axis {
    let now = f64::from(epochs.last().copied().unwrap_or(0.0)).max(10.0);
    let end = ticks::nice_step(now);
    Axis::linear(0.0, if last >= now { end.min(last) } else { end })
}

fn area((width, height): (f64, f64), x: Axis, y: Axis) -> Panel {
    Panel { left: 46.0, top: 26.0, right: (width - 40.0).max(60.0), bottom: (height - 22.0).max(40.0), x, y }
}

fn series<'a>(epochs: &'a [f32], values: &'a [f32]) -> impl DoubleEndedIterator<Item = (f64, f64)> + 'a {
    epochs.iter().zip(values).map(|(&e, &v)| (e.into(), v.into()))
}

fn cursor(on: &Surface, panel: &Panel, epoch: Option<f64>) -> Drawn {
    epoch.map_or(Ok(()), |epoch| {
        let x = panel.across(epoch);
        if !panel.x.shows(epoch) {
            return Ok(());
        }
        on.line(&[(x, panel.top), (x, panel.bottom)], with_opacity(on.theme.soft, 0.6), 1.0)
    })
}

/// Grid lines and labels of both axes, and what the horizontal one is.
fn grid(on: &Surface, panel: &Panel, y_marks: usize) -> Drawn {
    panel.grid(on, if on.size.0 > 420.0 { 5 } else { 4 }, y_marks)?;
    on.text("epoch", (panel.left - 8.0, panel.bottom + 13.0), Hold::Right, LABEL, on.theme.soft)
}

/// A logarithmic axis over the decades of `low` and `high`, which are above zero.
fn decades(low: f64, high: f64) -> Axis {
    let (low, high) = (low.log10().floor().max(-30.0), high.log10().ceil().min(30.0));
    Axis::powers(low.min(high - 1.0), high)
}

/// Draws the loss of one stage: epochs, each with the smallest and the largest value and the one between.
fn part(on: &Surface, panel: &Panel, points: &[(f64, [f64; 3])]) -> Drawn {
    let at = |k: usize| move |&(epoch, values): &(f64, [f64; 3])| panel.at(epoch, values[k]);
    let spread: Vec<_> = points.iter().map(at(1)).chain(points.iter().rev().map(at(0))).collect();
    if spread.len() > 3 {
        panel.area(on, &spread, with_opacity(on.theme.ink, 0.28))?;
    }
    let middle: Vec<_> = points.iter().map(at(2)).collect();
    panel.pieces(on, &middle, with_opacity(on.theme.ink, 1.0), 1.25)
}

impl Loss<'_> {
    /// Whether there are losses below zero: minus log-likelihoods may be of either sign.
    fn has_signs(&self) -> bool {
        self.low.iter().any(|value| value.is_finite() && *value < 0.0)
    }

    /// The axis ignores rare spikes, so that a single diverging epoch does not flatten the curve.
    fn vertical(&self) -> Axis {
        let above = if self.has_signs() { f64::NEG_INFINITY } else { 0.0 };
        let of = |values: &[f32], k: usize| Some(f64::from(values[k])).filter(|v| v.is_finite() && *v > above);
        let highs = || (0..self.high.len()).filter_map(|k| of(self.high, k));
        let low = (0..self.low.len()).filter_map(|k| of(self.low, k)).fold(f64::INFINITY, f64::min);
        let Some(first) = highs().next().filter(|_| low.is_finite()) else { return Axis::powers(-4.0, 0.0) };
        // The smallest of the largest fiftieth of the losses, found without sorting all of them.
        let rare = highs().count() / 50 + 1;
        let mut largest: Vec<f64> = Vec::with_capacity(rare + 1);
        for value in highs() {
            largest.insert(largest.partition_point(|&other| other >= value), value);
            largest.truncate(rare);
        }
        let high = largest.last().copied().unwrap_or(first);
        let top = high.max(first.min(largest[0]));
        // Less than half a decade is a flat line on powers of ten.
        if self.has_signs() || top < 3.0 * low {
            let high = if self.has_signs() { high } else { top };
            let room = 0.05 * (high - low).max(1e-6 * low.abs());
            return Axis::linear(low - room, high + room);
        }
        decades(low, top)
    }

    /// A thin line where each stage has ended, but not from one short stage to the next, and the names of those that have room for it.
    fn marks(&self, on: &Surface, panel: &Panel) -> Drawn {
        let across = |end: f64| panel.across(end).min(panel.right);
        let mut begins = panel.left;
        for (k, &(end, name)) in self.stages.iter().enumerate() {
            let ends = across(end);
            let later = self.stages.get(k + 1).map_or(panel.right, |next| across(next.0));
            if ends >= panel.left && (ends - begins).max(later - ends) >= SHORT {
                on.line(&[(ends, panel.top - 4.0), (ends, panel.bottom)], with_opacity(on.theme.soft, 0.35), 1.0)?;
            }
            // Text cannot be measured here; a letter is about half as wide as its size.
            if 0.53 * LABEL * name.chars().count() as f64 + 4.0 < ends - begins {
                on.text(name, (begins + 2.0, panel.top - 3.0), Hold::Left, LABEL, on.theme.soft)?;
            }
            begins = ends.max(panel.left);
        }
        Ok(())
    }

    fn counts(&self) -> Axis {
        Axis::linear(0.0, self.modes.max(1) as f64 * 1.06)
    }
}

impl Figure for Loss<'_> {
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

    fn draw(&self, on: &Surface) -> Drawn {
        let (panel, theme) = (on.panel(self), on.theme);
        grid(on, &panel, 4)?;
        self.marks(on, &panel)?;
        on.text("loss", (panel.left, 10.0), Hold::Left, CAPTION, theme.ink)?;

        // Spikes end at the upper edge.
        let all = self.panel(on.size).y;
        let edge = |v: f64| v.clamp(all.value(0.0), all.value(1.0));
        let has_signs = self.has_signs();
        // What a stage makes small differs from one to the next, so that no curve connects them.
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
        on.text("responsible modes", (panel.right, 10.0), Hold::Right, CAPTION, theme.count)?;
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
    /// The axis of the gates, to the left.
    fn axis() -> Axis {
        Axis::linear(0.0, 1.04)
    }

    /// The axis of the sharpness: of powers of ten where it goes through more than two of them.
    fn sharpness(&self) -> Axis {
        let known = || self.rho.iter().map(|&v| f64::from(v)).filter(|v| v.is_finite() && *v > 0.0);
        let (low, high) = known().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
        if high > WIDE * low {
            return decades(low, high);
        }
        let step = ticks::nice_step((high / 3.0).max(1e-6));
        Axis::linear(0.0, (high / step).ceil().max(1.0) * step * 1.04)
    }

    /// The gate that is as high in the figure as a sharpness.
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

    fn draw(&self, on: &Surface) -> Drawn {
        let (panel, theme) = (on.panel(self), on.theme);
        grid(on, &panel, 2)?;
        on.text("gates ς(αᵢ)", (panel.left, 10.0), Hold::Left, CAPTION, theme.soft)?;
        on.text("sharpness ρ", (panel.right, 10.0), Hold::Right, CAPTION, theme.accent)?;
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
        // A zero would stand beside that of the gates.
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
    fn one_spike_does_not_flatten_the_loss() {
        let epochs: Vec<f32> = (0..200).map(|i| i as f32).collect();
        let mut high = vec![1e-3; 200];
        high[50] = 1e20;
        let figure = Loss { epochs: &epochs, low: &high, high: &high, last_epoch: 1e3, ..Default::default() };
        assert!(figure.panel((400.0, 200.0)).y.value(1.0) < 1.0);
    }

    #[test]
    fn the_epoch_axis_grows_in_steps_and_ends_at_the_last_epoch() {
        let end = |now: f32, last| epoch_axis(&[0.0, now], last).value(1.0);
        assert_eq!([end(0.0, 5e4), end(30.0, 5e4), end(21_000.0, 5e4), end(37_000.0, 4e4)], [10.0, 50.0, 5e4, 4e4]);
    }

    #[test]
    fn empty_and_broken_histories_are_drawn_without_complaint() {
        assert!(svg(&Loss::default(), (390, 150), &Theme::LIGHT).contains("</svg>"));
        assert!(svg(&Gates::default(), (390, 150), &Theme::LIGHT).contains("</svg>"));
        let bad = [f32::NAN, 0.0, -1.0, f32::INFINITY];
        let epochs = [0.0, 1.0, 2.0, 3.0];
        let loss = Loss {
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
    fn axes_suit_the_range_of_what_they_show() {
        let epochs = [0.0, 1.0, 2.0];
        let rho = |values: [f32; 3]| Gates { rho: &values, ..Default::default() }.sharpness();
        assert_eq!(rho([1.0, 20.0, 22_276.0]), Axis::powers(0.0, 5.0));
        assert_eq!(rho([0.0, f32::NAN, 0.5]).value(0.0), 0.0);
        assert!((60.0..70.0).contains(&rho([10.0, 20.0, 50.0]).value(1.0)));
        // Losses of one size: each of the densities at several times has its own.
        let alike = [5.6, 7.1, 5.9];
        let axis = Loss { epochs: &epochs, low: &alike, high: &alike, last_epoch: 3.0, ..Default::default() }.vertical();
        assert!((axis.along(5.6) - 0.05).abs() < 0.01 && (axis.along(7.1) - 0.95).abs() < 0.01, "{axis:?}");
    }

    #[test]
    fn stages_are_named_where_they_have_room() {
        let epochs: Vec<f32> = (0..200).map(|i| i as f32).collect();
        let low = vec![1e-3; 200];
        let stages = [(100.0, "pretraining"), (101.0, "removing mode 7"), (200.0, "joint")];
        let loss = Loss { epochs: &epochs, low: &low, high: &low, stages: &stages, last_epoch: 200.0, ..Default::default() };
        let text = svg(&loss, (390, 158), &Theme::LIGHT);
        assert!(text.contains("pretraining") && text.contains("joint") && !text.contains("removing"), "{text}");
    }

    #[test]
    fn no_curve_leads_from_one_stage_to_the_next() {
        let epochs: Vec<f32> = (0..200).map(|i| i as f32).collect();
        let low: Vec<f32> = (0..200).map(|i| if i < 100 { 1e-3 } else { 1e-6 }).collect();
        // Of stages that are shorter than the distance of two entries there may be no entry at all.
        let stages = [(99.0, "pretraining"), (99.0, "removing mode 7"), (99.5, "removing mode 8"), (199.0, "joint")];
        let loss = |stages| Loss { epochs: &epochs, low: &low, high: &low, stages, last_epoch: 200.0, ..Default::default() };
        let lines = |stages| svg(&loss(stages), (390, 158), &Theme::LIGHT).matches("<polyline").count();
        // One more piece of the curve, and lines before the short stages, after them, and at the end.
        assert_eq!(lines(&stages), lines(&[]) + 4);
    }
}
