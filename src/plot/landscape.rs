//! Figure of the landscape: truth, data, fit, each mode with an opacity given by its responsibility, minima as discs, and maxima as
//! circles. A band below the axis shows the responsible modes at each x.

use super::Figure;
use super::drawing::SketchFigure;
use super::palette::with_opacity;
use super::panel::{LABEL_SIZE_PX, Panel, PlotAxis};
use super::surface::{DrawResult, HPos, Surface};

mod axis;
mod legend;
mod strip;

pub use axis::bounds;

/// Curve of a mode on the grid.
#[derive(Clone, Copy, Debug)]
pub struct ModeCurve<'a> {
    /// Values of the mode.
    pub curve: &'a [f32],
    /// Responsibility of the mode, 0 to 1.
    pub responsibility: &'a [f32],
}

/// Opacity of the mark of a minimum that the data do not support as a well.
pub const UNSUPPORTED_OPACITY: f64 = 0.35;

/// Marked point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Position of the point.
    pub x: f64,
    /// Value at the point.
    pub y: f64,
    /// Responsible mode at a minimum. It determines the colour of the mark.
    pub mode: Option<usize>,
    /// Half-widths of the intervals of the position and of the value, drawn as error bars if they are known.
    pub bars: Option<[f64; 2]>,
    /// True if the data do not support the minimum as a well. The mark is then faint and has a question mark.
    pub is_doubtful: bool,
}

/// Meaning of the dots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dots {
    /// Values that the fit uses.
    #[default]
    Values,
    /// Kernel estimate at samples.
    Kernel,
}

/// Contents of the figure. All curves are on one grid of equally spaced points over the domain, ends included.
#[derive(Clone, Copy, Debug, Default)]
pub struct LandscapeFigure<'a> {
    /// Ends of the domain.
    pub domain: [f64; 2],
    /// Names of the axes.
    pub names: [&'a str; 2],
    /// Positions of the sample points.
    pub data_x: &'a [f32],
    /// Values of the sample points.
    pub data_y: &'a [f32],
    /// Meaning of the sample points, for the legend.
    pub dots: Dots,
    /// Values of the truth; empty if it is not known.
    pub truth: &'a [f32],
    /// Values of the fit.
    pub fit: &'a [f32],
    /// Half-widths of the intervals of the fit, drawn as a band around it; empty if they are not known.
    pub band: &'a [f32],
    /// Curves of the modes.
    pub modes: &'a [ModeCurve<'a>],
    /// Offset of the modes' curves. With `log(N) / rho`, a mode equals the fit where it is the only responsible one.
    pub lift: f64,
    /// Minima of the fit.
    pub minima: &'a [Mark],
    /// Maxima of the fit, between the minima.
    pub maxima: &'a [Mark],
    /// Index of the only visible mode, if one is selected.
    pub alone: Option<usize>,
    /// Values of another fit for comparison, for example without some modes; empty if there is none.
    pub beside: &'a [f32],
    /// Tilt of the landscape. If it is not zero, Psi(x) - tilt x is drawn as well, shifted to the minimum of the fit, with particles on it.
    pub tilt: f64,
    /// Positions of particles.
    pub particles: &'a [f64],
    /// Position of the pointer.
    pub cursor: Option<f64>,
    /// Drawing that the fit uses, if there is one. The axes are then those of its canvas.
    pub drawing: Option<SketchFigure<'a>>,
    /// Result of [`bounds`] for truth and data, if it is known. Computing it from a million points in every frame would be slow.
    pub bounds: Option<[f64; 2]>,
}

/// Height in pixels of the upper part of the picture, in which curves that leave the picture fade.
const FADE_HEIGHT_PX: usize = 28;

const BAND_HEIGHT_PX: f64 = 12.0;
/// Largest distance in pixels of a click from the curve that it selects.
const CLICK_DISTANCE_PX: f64 = 12.0;
/// Largest number of sample points that are drawn. More points are thinned evenly.
const MAX_DOTS: usize = 2000;
/// Number of levels to which opacities are rounded, so that a curve consists of few strokes.
const OPACITY_LEVELS: f64 = 10.0;

impl LandscapeFigure<'_> {
    fn x(&self, i: usize, points: usize) -> f64 {
        let [low, high] = self.domain;
        low + (high - low) * i as f64 / (points.max(2) - 1) as f64
    }

    fn on_grid<'s>(&'s self, curve: &'s [f32], lift: f64) -> impl Iterator<Item = (f64, f64)> + 's {
        curve.iter().enumerate().map(move |(i, &y)| (self.x(i, curve.len()), f64::from(y) + lift))
    }

    /// Vertical axis of the figure. Truth and data determine it, so that it is constant during training. It depends on the fit only if
    /// neither is known.
    fn vertical(&self) -> PlotAxis {
        if let Some(SketchFigure { canvas: [_, [low, high]], .. }) = self.drawing {
            return PlotAxis::linear(low, high);
        }
        let known = self.bounds.or_else(|| bounds(self.truth, [self.data_x, self.data_y]));
        let of_fit = || bounds(self.fit, [&[]; 2]);
        let [low, high] = known.or_else(of_fit).unwrap_or([0.0, 1.0]);
        // A kernel estimate is flatter than the estimated curve.
        let low = if self.dots == Dots::Kernel { of_fit().map_or(low, |[lowest, _]| low.min(lowest)) } else { low };
        let span = if high > low { high - low } else { 1.0 };
        PlotAxis::linear(low - 0.11 * span, high + 0.07 * span)
    }

    fn dots(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let every = self.data_x.len().div_ceil(MAX_DOTS).max(1);
        let colour = with_opacity(on.theme.dot, if self.data_x.len() > 500 { 0.5 } else { 0.75 });
        for (&x, &y) in self.data_x.iter().zip(self.data_y).step_by(every) {
            let at = panel.at(x.into(), y.into());
            if (panel.left - 1.0..=panel.right + 1.0).contains(&at.0) && (panel.top..=panel.bottom).contains(&at.1) {
                on.disc(at, 2.0, colour)?;
            }
        }
        Ok(())
    }

    // One stroke for each interval of constant (rounded) responsibility.
    fn mode(&self, on: &Surface, panel: &Panel, number: usize) -> DrawResult {
        let ModeCurve { curve, responsibility } = self.modes[number];
        let level = |i: usize| (f64::from(responsibility[i]) * OPACITY_LEVELS).round() as i32;
        let length = curve.len().min(responsibility.len());
        let mut start = 0;
        while start + 1 < length {
            let here = level(start + 1);
            let mut end = start + 1;
            while end + 1 < length && level(end + 1) == here {
                end += 1;
            }
            let opacity = if self.alone.is_some() { 1.0 } else { 0.2 + 0.75 * f64::from(here) / OPACITY_LEVELS };
            let piece = (start..=end).map(|i| (self.x(i, curve.len()), f64::from(curve[i]) + self.lift));
            panel.curve(
                on,
                piece,
                with_opacity(on.theme.mode(number), opacity),
                if self.alone.is_some() { 2.0 } else { 1.25 },
            )?;
            start = end;
        }
        Ok(())
    }

    /// Mode at a position in pixels on a surface of `size`, whose plot area is `panel`. It is the most responsible mode in the band, or the
    /// mode whose curve is close.
    pub fn mode_at(&self, panel: &Panel, size: (f64, f64), (across, down): (f64, f64)) -> Option<usize> {
        let along = PlotAxis::linear(self.domain[0], self.domain[1]).along(panel.x_under(across)?).clamp(0.0, 1.0);
        let i = (along * (self.fit.len().max(1) - 1) as f64).round() as usize;
        let responsibility = |k: usize| self.modes[k].responsibility.get(i).copied().unwrap_or(0.0);
        let all = 0..self.modes.len();
        if down > strip::below(size) + 16.0 {
            return all.max_by(|&a, &b| responsibility(a).total_cmp(&responsibility(b)));
        }
        let height = |k: usize| self.modes[k].curve.get(i).map_or(f64::NAN, |&y| panel.at(0.0, f64::from(y) + self.lift).1);
        let away = |k: usize| (height(k) - down).abs();
        all.filter(|&k| away(k) < CLICK_DISTANCE_PX).min_by(|&a, &b| away(a).total_cmp(&away(b)))
    }

    // Stacked responsibilities are painted from the total down to the first one, so that there are no gaps between neighbours.
    fn draw_responsibilities(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let bottom = strip::below(on.size) + 24.0 + BAND_HEIGHT_PX;
        let shown: Vec<usize> = self.shown().filter(|&k| self.modes[k].responsibility.iter().any(|&r| r > 0.01)).collect();
        let points = self.fit.len();
        for count in (1..=shown.len()).rev() {
            let sum = |i: usize| shown[..count].iter().map(|&k| f64::from(self.modes[k].responsibility[i])).sum::<f64>();
            let top = (0..points).map(|i| {
                let part = if count == shown.len() && self.alone.is_none() { 1.0 } else { sum(i) };
                (
                    panel.across(self.x(i, points)),
                    bottom - BAND_HEIGHT_PX * if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 },
                )
            });
            let ends = self.domain.map(|x| (panel.across(x), bottom));
            let area: Vec<_> = [ends[0]].into_iter().chain(top).chain([ends[1]]).collect();
            let band = Panel { top: bottom - BAND_HEIGHT_PX, bottom, ..*panel };
            band.area(on, &area, with_opacity(on.theme.mode(shown[count - 1]), 1.0))?;
        }
        Ok(())
    }

    /// Indices of the visible modes.
    fn shown(&self) -> impl Iterator<Item = usize> + use<'_> {
        (0..self.modes.len()).filter(|&k| self.alone.is_none_or(|alone| alone == k))
    }

    /// Fades curves that leave the picture at its upper edge.
    fn fade(on: &Surface, panel: &Panel) -> DrawResult {
        for row in 0..FADE_HEIGHT_PX {
            let (top, opacity) = (panel.top + row as f64, 1.0 - row as f64 / FADE_HEIGHT_PX as f64);
            on.rectangle((panel.left, top), (panel.right, top + 1.0), with_opacity(on.theme.background, 0.9 * opacity))?;
        }
        Ok(())
    }

    /// Vertical shift of the tilted curve.
    fn tilt_lift(&self) -> f64 {
        if self.tilt == 0.0 {
            return 0.0;
        }
        let lowest = |tilt: f64| self.on_grid(self.fit, 0.0).map(|(x, y)| y - tilt * x).fold(f64::INFINITY, f64::min);
        lowest(0.0) - lowest(self.tilt)
    }

    /// Draws the particles, slightly above their curve.
    fn draw_particles(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let lift = self.tilt_lift();
        for &x in self.particles {
            let (across, down) = panel.at(x, self.height(x, f64::NAN) - self.tilt * x + lift);
            if panel.contains((across, down)) {
                on.mark((across, down - 5.0), 5.0, on.theme.ink, on.theme.background)?;
            }
        }
        Ok(())
    }

    fn draw_band(&self, on: &Surface, panel: &Panel) -> DrawResult {
        if self.band.len() != self.fit.len() || self.band.iter().any(|half| !half.is_finite()) {
            return Ok(());
        }
        let side = |sign: f32| {
            let of =
                move |(i, (fit, half)): (usize, (&f32, &f32))| panel.at(self.x(i, self.fit.len()), (fit + sign * half).into());
            self.fit.iter().zip(self.band).enumerate().map(of).collect::<Vec<_>>()
        };
        let area: Vec<(f64, f64)> = side(1.0).into_iter().chain(side(-1.0).into_iter().rev()).collect();
        panel.area(on, &area, with_opacity(on.theme.accent, 0.22))
    }

    fn bars(&self, on: &Surface, panel: &Panel, mark: &Mark) -> DrawResult {
        let Some([across, upward]) = mark.bars.filter(|bars| bars.iter().all(|half| half.is_finite())) else { return Ok(()) };
        let (x, y) = (mark.x, self.height(mark.x, mark.y));
        let inside = |(across, down): (f64, f64)| (across.clamp(panel.left, panel.right), down.clamp(panel.top, panel.bottom));
        for [from, to] in [[(x - across, y), (x + across, y)], [(x, y - upward), (x, y + upward)]] {
            on.line(&[inside(panel.at(from.0, from.1)), inside(panel.at(to.0, to.1))], with_opacity(on.theme.ink, 1.0), 1.25)?;
        }
        Ok(())
    }

    /// Distance in pixels of the name of a mark below its centre at `down`. The name is beyond the vertical error bar: below it, or above it
    /// if it would leave the panel.
    fn name_distance(panel: &Panel, down: f64, bars: Option<[f64; 2]>) -> f64 {
        let half = bars.map_or(0.0, |[_, upward]| panel.at(0.0, -upward).1 - panel.at(0.0, 0.0).1);
        // The maximum of a number and NaN is the number.
        let away = (half + 10.0).max(15.0).min(panel.bottom);
        if half > 5.0 && down + away > panel.bottom - 6.0 { -away } else { away }
    }

    /// Position of a mark on the drawn curve. During training, the curve is newer than the marks.
    fn on_fit(&self, panel: &Panel, mark: &Mark) -> (f64, f64) {
        panel.at(mark.x, self.height(mark.x, mark.y))
    }

    /// Value of the fit at `x`; `outside` where it has none.
    fn height(&self, x: f64, outside: f64) -> f64 {
        let [low, high] = self.domain;
        let place = (x - low) / (high - low) * (self.fit.len().max(1) - 1) as f64;
        let (before, part) = (place.floor(), place.fract());
        let height = |i: f64| self.fit.get(i as usize).map_or(outside, |&y| y.into());
        if place >= 0.0 { height(before) * (1.0 - part) + height(before + 1.0) * part } else { outside }
    }

    fn marks(&self, on: &Surface, panel: &Panel) -> DrawResult {
        for mark in self.maxima {
            let at = self.on_fit(panel, mark);
            if panel.contains(at) {
                on.disc(at, 5.0, with_opacity(on.theme.accent, 1.0))?;
                on.disc(at, 3.4, with_opacity(on.theme.background, 1.0))?;
            }
        }
        for mark in self.minima {
            let at = self.on_fit(panel, mark);
            if panel.contains(at) {
                self.bars(on, panel, mark)?;
                let colour = mark.mode.map_or(on.theme.accent, |k| on.theme.mode(k));
                if mark.is_doubtful {
                    on.disc(at, 5.0, with_opacity(colour, UNSUPPORTED_OPACITY))?;
                } else {
                    on.mark(at, 5.0, colour, on.theme.background)?;
                }
                // As in tables, the lowest minimum is the first.
                let rank = 1 + self.minima.iter().filter(|other| other.y < mark.y).count();
                let name = rank.to_string() + if mark.is_doubtful { "?" } else { "" };
                let down = at.1 + Self::name_distance(panel, at.1, mark.bars);
                on.text(&name, (at.0, down), HPos::Center, LABEL_SIZE_PX, on.theme.soft)?;
            }
        }
        Ok(())
    }
}

impl Figure for LandscapeFigure<'_> {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        let mut curves = vec![
            ("truth".to_owned(), self.truth, 0.0),
            ("fit".to_owned(), self.fit, 0.0),
            ("half width of the interval".to_owned(), self.band, 0.0),
        ];
        for (k, mode) in self.modes.iter().enumerate() {
            curves.push((format!("mode {k}"), mode.curve, self.lift));
            curves.push((format!("responsibility of mode {k}"), mode.responsibility, 0.0));
        }
        for (name, curve, lift) in curves {
            self.on_grid(curve, lift).for_each(|(x, y)| put(&name, &[x, y]));
        }
        self.data_x.iter().zip(self.data_y).for_each(|(&x, &y)| put("data", &[x.into(), y.into()]));
        for (name, marks) in [("minimum", self.minima), ("barrier", self.maxima)] {
            for mark in marks {
                put(name, &[mark.x, mark.y]);
            }
        }
    }

    fn panel(&self, (width, height): (f64, f64)) -> Panel {
        let whole = self.drawing.map_or(self.domain, |drawing| drawing.canvas[0]);
        Panel {
            left: 46.0,
            top: legend::height(width),
            right: (width - 22.0).max(60.0),
            bottom: (height - 40.0 - self.room(height)).max(40.0),
            x: PlotAxis::linear(whole[0], whole[1]),
            y: self.vertical(),
        }
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        let panel = on.panel(self);
        let theme = on.theme;
        let is_seen = |x: &f64| (panel.left..=panel.right).contains(x);
        panel.hairlines(on, if on.size.1 > 260.0 { 5 } else { 3 })?;
        let below = Panel { bottom: strip::below(on.size), ..panel };
        below.labels_below(on, &panel.x.marks(if on.size.0 > 560.0 { 8 } else { 6 }))?;
        let [across, upward] = self.names;
        let narrow = |name: &str| name.chars().count() < 5;
        let (at, hold) = if narrow(upward) { ((panel.left - 8.0, 10.0), HPos::Right) } else { ((4.0, 10.0), HPos::Left) };
        on.text(upward, at, hold, LABEL_SIZE_PX, theme.soft)?;
        // A single character is placed beside the axis, a longer name on it.
        let beside = across.chars().count() == 1;
        let at = if beside { (panel.right + 15.0, below.bottom + 13.0) } else { (panel.right, panel.bottom - 8.0) };
        on.text(across, at, if beside { HPos::Left } else { HPos::Right }, LABEL_SIZE_PX, theme.soft)?;
        if let Some(drawing) = &self.drawing {
            drawing.draw_below(on, &panel)?;
        }
        self.dots(on, &panel)?;
        for number in self.shown() {
            self.mode(on, &panel, number)?;
        }
        self.draw_band(on, &panel)?;
        let faint = if self.tilt == 0.0 { 0.92 } else { 0.35 };
        panel.curve(on, self.on_grid(self.fit, 0.0), with_opacity(theme.accent, faint), 2.5)?;
        if self.tilt != 0.0 {
            let lift = self.tilt_lift();
            let tilted: Vec<(f64, f64)> = self.on_grid(self.fit, lift).map(|(x, y)| (x, y - self.tilt * x)).collect();
            panel.curve(on, tilted.iter().copied(), with_opacity(theme.accent, 0.92), 2.5)?;
            for well in tilted.windows(3).filter(|near| near[1].1 < near[0].1 && near[1].1 <= near[2].1) {
                let at = panel.at(well[1].0, well[1].1);
                if panel.contains(at) {
                    on.mark(at, 4.0, theme.accent, theme.background)?;
                }
            }
        }
        if self.drawing.is_none_or(|drawing| !drawing.is_open) {
            // The truth is a thin line above the fit, so both remain visible.
            panel.curve(on, self.on_grid(self.truth, 0.0), with_opacity(theme.ink, 1.0), 1.0)?;
        }
        panel.curve(on, self.on_grid(self.beside, 0.0), with_opacity(theme.count, 1.0), 2.0)?;
        if self.fit.iter().chain(self.truth).any(|&value| f64::from(value) > panel.y.value(1.0)) {
            Self::fade(on, &panel)?;
        }
        if let Some(x) = self.cursor.map(|x| panel.across(x)).filter(is_seen) {
            on.line(&[(x, panel.top), (x, below.bottom + 24.0 + BAND_HEIGHT_PX)], with_opacity(theme.soft, 0.6), 1.0)?;
        }
        self.residuals(on, &panel)?;
        self.marks(on, &panel)?;
        self.draw_particles(on, &panel)?;
        if let Some(drawing) = &self.drawing {
            drawing.draw(on, &panel)?;
        }
        if !self.modes.is_empty() {
            self.draw_responsibilities(on, &panel)?;
        }
        self.legend(on, &panel)
    }
}

#[cfg(test)]
mod tests;
