//! Plots of the history of a run: the loss with the number of responsible modes, and the gates with the sharpness.

use super::Figure;
use super::palette::with_opacity;
use super::panel::{Axis, CAPTION, Panel};
use super::surface::{Drawn, Hold, Surface};
use super::ticks;

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
    Panel { left: 46.0, top: 24.0, right: (width - 40.0).max(60.0), bottom: (height - 22.0).max(40.0), x, y }
}

fn series<'a>(epochs: &'a [f32], values: &'a [f32]) -> impl DoubleEndedIterator<Item = (f64, f64)> + 'a {
    epochs.iter().zip(values).map(|(&e, &v)| (e.into(), v.into()))
}

fn cursor(on: &Surface, panel: &Panel, epoch: Option<f64>) -> Drawn {
    epoch.map_or(Ok(()), |epoch| {
        let x = panel.across(epoch);
        on.line(&[(x, panel.top), (x, panel.bottom)], with_opacity(on.theme.soft, 0.6), 1.0)
    })
}

fn x_marks(width: f64) -> usize {
    if width > 420.0 { 5 } else { 4 }
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
        if self.has_signs() {
            let room = 0.05 * (high - low).max(1e-6 * low.abs());
            return Axis::linear(low - room, high + room);
        }
        let high = high.max(first.min(largest[0]));
        let (low, high) = (low.log10().floor().max(-30.0), high.log10().ceil().min(30.0));
        Axis::powers(low.min(high - 1.0), high)
    }

    fn counts(&self) -> Axis {
        Axis::linear(0.0, self.modes.max(1) as f64 * 1.06)
    }
}

impl Figure for Loss<'_> {
    fn panel(&self, size: (f64, f64)) -> Panel {
        area(size, epoch_axis(self.epochs, self.last_epoch), self.vertical())
    }

    fn draw(&self, on: &Surface) -> Drawn {
        let (panel, theme) = (self.panel(on.size), on.theme);
        panel.grid(on, x_marks(on.size.0), 4)?;
        on.text("loss", (panel.left, 10.0), Hold::Left, CAPTION, theme.ink)?;

        let edge = |v: f64| v.clamp(panel.y.value(0.0), panel.y.value(1.0));
        let finite = |(e, v): (f64, f64)| v.is_finite().then(|| panel.at(e, edge(v)));
        let spread: Vec<_> = series(self.epochs, self.high)
            .filter_map(finite)
            .chain(series(self.epochs, self.low).rev().filter_map(finite))
            .collect();
        if spread.len() > 3 {
            on.area(&spread, with_opacity(theme.ink, 0.28))?;
        }
        let has_signs = self.has_signs();
        let middle = self
            .epochs
            .iter()
            .zip(self.low.iter().zip(self.high))
            .map(|(&e, (&l, &h))| (f64::from(e), [f64::from(l), f64::from(h)]))
            .map(|(e, [l, h])| (e, if has_signs { f64::midpoint(l, h) } else { (l * h).sqrt() }));
        panel.curve(on, middle, with_opacity(theme.ink, 1.0), 1.25)?;

        if self.modes == 0 {
            return cursor(on, &panel, self.cursor);
        }
        on.text("responsible modes", (panel.right, 10.0), Hold::Right, CAPTION, theme.count)?;
        let counts = panel.with_y(self.counts());
        let steps: Vec<_> = series(self.epochs, self.responsible).collect();
        let stairs = steps.windows(2).flat_map(|w| [w[0], (w[1].0, w[0].1)]).chain(steps.last().copied());
        counts.curve(on, stairs, with_opacity(theme.count, 1.0), 1.5)?;
        let whole: Vec<_> = counts.y.marks(4).into_iter().filter(|(v, _)| v.fract() == 0.0).collect();
        counts.right_labels(on, &whole, theme.count)?;
        cursor(on, &panel, self.cursor)
    }
}

impl Figure for Gates<'_> {
    fn panel(&self, size: (f64, f64)) -> Panel {
        area(size, epoch_axis(self.epochs, self.last_epoch), Axis::linear(0.0, 1.04))
    }

    fn draw(&self, on: &Surface) -> Drawn {
        let (panel, theme) = (self.panel(on.size), on.theme);
        panel.grid(on, x_marks(on.size.0), 2)?;
        on.text("gates ς(αᵢ)", (panel.left, 10.0), Hold::Left, CAPTION, theme.soft)?;
        on.text("sharpness ρ", (panel.right, 10.0), Hold::Right, CAPTION, theme.accent)?;
        let used = |k: usize| self.responsible.get(k).copied().unwrap_or(false);
        for (_, gate) in self.gates.iter().enumerate().filter(|(k, _)| !used(*k)) {
            panel.curve(on, series(self.epochs, gate), with_opacity(theme.dot, 0.7), 1.25)?;
        }
        for (k, gate) in self.gates.iter().enumerate().filter(|(k, _)| used(*k)) {
            panel.curve(on, series(self.epochs, gate), with_opacity(theme.mode(k), 1.0), 1.5)?;
        }
        let largest = self.rho.iter().map(|&v| f64::from(v)).filter(|v| v.is_finite()).fold(0.0, f64::max);
        let step = ticks::nice_step((largest / 3.0).max(1e-6));
        let sharpness = panel.with_y(Axis::linear(0.0, (largest / step).ceil().max(1.0) * step * 1.04));
        sharpness.curve(on, series(self.epochs, self.rho), with_opacity(theme.accent, 1.0), 2.0)?;
        let marks: Vec<_> = sharpness.y.marks(4).into_iter().skip(1).collect();
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
        let loss =
            Loss { epochs: &epochs, low: &bad, high: &bad, responsible: &bad, modes: 3, last_epoch: 10.0, cursor: Some(1.0) };
        assert!(!svg(&loss, (390, 150), &Theme::DARK).contains("NaN"));
        let gates = Gates { epochs: &epochs, gates: &[&bad], responsible: &[true], rho: &bad, last_epoch: 10.0, cursor: None };
        assert!(!svg(&gates, (390, 150), &Theme::DARK).contains("NaN"));
    }
}
