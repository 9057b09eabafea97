//! The landscape: truth, data, fit, each mode with an opacity given by its responsibility, minima as discs, maxima as circles,
//! and below the axis a band that shows which modes are responsible at each x.

use super::Figure;
use super::drawing::Drawing;
use super::palette::with_opacity;
use super::panel::{Axis, LABEL, Panel};
use super::surface::{Drawn, Hold, Surface};

mod legend;
mod strip;

/// One mode on the grid.
#[derive(Clone, Copy, Debug)]
pub struct Mode<'a> {
    /// The curve of the mode.
    pub curve: &'a [f32],
    /// Its responsibility, 0 to 1.
    pub responsibility: &'a [f32],
}

/// Opacity of the mark of a minimum that the data do not support as a well.
pub const DOUBTFUL: f64 = 0.35;

/// A marked point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Its position.
    pub x: f64,
    /// The value there.
    pub y: f64,
    /// The mode that is responsible there, which gives a mark its colour and a minimum its number.
    pub mode: Option<usize>,
    /// Half widths of the intervals of the position and of the value, drawn as error bars if they are known.
    pub bars: Option<[f64; 2]>,
    /// True if the data do not support the minimum as a well. The mark is then faint and has a question mark.
    pub is_doubtful: bool,
}

/// What the dots are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dots {
    /// Values that are learnt from.
    #[default]
    Values,
    /// A kernel estimate at samples.
    Kernel,
}

/// The contents of the figure. All curves are on one grid of equally spaced points over the domain, ends included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Landscape<'a> {
    /// Ends of the domain.
    pub domain: [f64; 2],
    /// Names of the axes.
    pub names: [&'a str; 2],
    /// Positions of the sample points.
    pub data_x: &'a [f32],
    /// Values of the sample points.
    pub data_y: &'a [f32],
    /// What these are, in the legend.
    pub dots: Dots,
    /// The truth; empty if it is not known.
    pub truth: &'a [f32],
    /// The fit.
    pub fit: &'a [f32],
    /// Half widths of the intervals of the fit, drawn as a band around it; empty if they are not known.
    pub sure: &'a [f32],
    /// The modes.
    pub modes: &'a [Mode<'a>],
    /// Offset of the modes' curves: with `log(N) / rho`, a mode equals the fit where it alone is responsible.
    pub lift: f64,
    /// Minima of the fit.
    pub minima: &'a [Mark],
    /// Maxima of the fit, between the minima.
    pub maxima: &'a [Mark],
    /// The only mode that is shown, if one is selected.
    pub alone: Option<usize>,
    /// Another fit to compare with, for example without some modes. Empty if there is none.
    pub beside: &'a [f32],
    /// A tilt: Psi(x) - tilt x is then drawn as well, shifted to the minimum of the fit, and balls are placed on it.
    pub tilt: f64,
    /// Positions of balls.
    pub balls: &'a [f64],
    /// Position of the pointer.
    pub cursor: Option<f64>,
    /// The drawing that is learnt, if it is one: the axes are those of its paper.
    pub drawing: Option<Drawing<'a>>,
    /// The [`bounds`] of truth and data, if they are known; computing them from a million points in every frame would be slow.
    pub bounds: Option<[f64; 2]>,
}

/// The smallest and the largest finite value in both slices; `None` if there are none, as with data that consist of derivatives
/// only.
pub fn bounds(truth: &[f32], data: &[f32]) -> Option<[f64; 2]> {
    let finite = truth.iter().chain(data).filter(|y| y.is_finite());
    let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &y| (low.min(y), high.max(y)));
    (low <= high).then_some([low.into(), high.into()])
}

const BAND: f64 = 12.0;
/// Largest distance in pixels of a click from the curve that it selects.
const NEAR: f64 = 12.0;
/// Largest number of sample points drawn; more are thinned evenly.
const DOTS: usize = 2000;
/// Opacities are rounded to this many levels, so that a curve consists of few strokes.
const LEVELS: f64 = 10.0;

impl Landscape<'_> {
    fn x(&self, i: usize, points: usize) -> f64 {
        let [low, high] = self.domain;
        low + (high - low) * i as f64 / (points.max(2) - 1) as f64
    }

    fn on_grid<'s>(&'s self, curve: &'s [f32], lift: f64) -> impl Iterator<Item = (f64, f64)> + 's {
        curve.iter().enumerate().map(move |(i, &y)| (self.x(i, curve.len()), f64::from(y) + lift))
    }

    /// The vertical axis is determined by truth and data, so that it is constant during training. It depends on the fit only if
    /// neither is known.
    fn vertical(&self) -> Axis {
        if let Some(Drawing { paper: [_, [low, high]], .. }) = self.drawing {
            return Axis::linear(low, high);
        }
        let known = self.bounds.or_else(|| bounds(self.truth, self.data_y));
        let of_fit = || bounds(self.fit, &[]);
        let [low, high] = known.or_else(of_fit).unwrap_or([0.0, 1.0]);
        // A kernel estimate is flatter than what it estimates.
        let low = if self.dots == Dots::Kernel { of_fit().map_or(low, |[lowest, _]| low.min(lowest)) } else { low };
        let span = if high > low { high - low } else { 1.0 };
        Axis::linear(low - 0.11 * span, high + 0.07 * span)
    }

    fn dots(&self, on: &Surface, panel: &Panel) -> Drawn {
        let every = self.data_x.len().div_ceil(DOTS).max(1);
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
    fn mode(&self, on: &Surface, panel: &Panel, number: usize) -> Drawn {
        let Mode { curve, responsibility } = self.modes[number];
        let level = |i: usize| (f64::from(responsibility[i]) * LEVELS).round() as i32;
        let length = curve.len().min(responsibility.len());
        let mut start = 0;
        while start + 1 < length {
            let here = level(start + 1);
            let mut end = start + 1;
            while end + 1 < length && level(end + 1) == here {
                end += 1;
            }
            let opacity = if self.alone.is_some() { 1.0 } else { 0.2 + 0.75 * f64::from(here) / LEVELS };
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

    /// The mode at a position in pixels on a surface of `size`, whose plot area is `panel`: the most responsible mode in the band, or the one
    /// whose curve is close.
    pub fn mode_at(&self, panel: &Panel, size: (f64, f64), (across, down): (f64, f64)) -> Option<usize> {
        let along = Axis::linear(self.domain[0], self.domain[1]).along(panel.x_under(across)?).clamp(0.0, 1.0);
        let i = (along * (self.fit.len().max(1) - 1) as f64).round() as usize;
        let responsibility = |k: usize| self.modes[k].responsibility.get(i).copied().unwrap_or(0.0);
        let all = 0..self.modes.len();
        if down > strip::below(size) + 16.0 {
            return all.max_by(|&a, &b| responsibility(a).total_cmp(&responsibility(b)));
        }
        let height = |k: usize| self.modes[k].curve.get(i).map_or(f64::NAN, |&y| panel.at(0.0, f64::from(y) + self.lift).1);
        let away = |k: usize| (height(k) - down).abs();
        all.filter(|&k| away(k) < NEAR).min_by(|&a, &b| away(a).total_cmp(&away(b)))
    }

    // Stacked responsibilities are painted from the total down to the first, so that there are no seams between neighbours.
    fn band(&self, on: &Surface, panel: &Panel) -> Drawn {
        let bottom = strip::below(on.size) + 24.0 + BAND;
        let shown: Vec<usize> = self.shown().filter(|&k| self.modes[k].responsibility.iter().any(|&r| r > 0.01)).collect();
        let points = self.fit.len();
        for count in (1..=shown.len()).rev() {
            let sum = |i: usize| shown[..count].iter().map(|&k| f64::from(self.modes[k].responsibility[i])).sum::<f64>();
            let top = (0..points).map(|i| {
                let part = if count == shown.len() && self.alone.is_none() { 1.0 } else { sum(i) };
                (panel.across(self.x(i, points)), bottom - BAND * if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 })
            });
            let ends = self.domain.map(|x| (panel.across(x), bottom));
            let area: Vec<_> = [ends[0]].into_iter().chain(top).chain([ends[1]]).collect();
            let band = Panel { top: bottom - BAND, bottom, ..*panel };
            band.area(on, &area, with_opacity(on.theme.mode(shown[count - 1]), 1.0))?;
        }
        Ok(())
    }

    /// The modes that are drawn.
    fn shown(&self) -> impl Iterator<Item = usize> + use<'_> {
        (0..self.modes.len()).filter(|&k| self.alone.is_none_or(|alone| alone == k))
    }

    /// Vertical shift of the tilted curve.
    fn tilt_lift(&self) -> f64 {
        if self.tilt == 0.0 {
            return 0.0;
        }
        let lowest = |tilt: f64| self.on_grid(self.fit, 0.0).map(|(x, y)| y - tilt * x).fold(f64::INFINITY, f64::min);
        lowest(0.0) - lowest(self.tilt)
    }

    /// Balls, slightly above the curve that they lie on.
    fn rolling(&self, on: &Surface, panel: &Panel) -> Drawn {
        let lift = self.tilt_lift();
        for &x in self.balls {
            let (x, y) = self.height(&Mark { x, y: f64::NAN, mode: None, bars: None, is_doubtful: false });
            let (across, down) = panel.at(x, y - self.tilt * x + lift);
            if panel.holds((across, down)) {
                on.mark((across, down - 5.0), 5.0, on.theme.ink, on.theme.background)?;
            }
        }
        Ok(())
    }

    /// The band around the fit that says how sure it is.
    fn sure(&self, on: &Surface, panel: &Panel) -> Drawn {
        if self.sure.len() != self.fit.len() || self.sure.iter().any(|half| !half.is_finite()) {
            return Ok(());
        }
        let side = |sign: f32| {
            let of =
                move |(i, (fit, half)): (usize, (&f32, &f32))| panel.at(self.x(i, self.fit.len()), (fit + sign * half).into());
            self.fit.iter().zip(self.sure).enumerate().map(of).collect::<Vec<_>>()
        };
        let area: Vec<(f64, f64)> = side(1.0).into_iter().chain(side(-1.0).into_iter().rev()).collect();
        panel.area(on, &area, with_opacity(on.theme.accent, 0.22))
    }

    /// The error bars of a mark.
    fn bars(&self, on: &Surface, panel: &Panel, mark: &Mark) -> Drawn {
        let Some([across, upward]) = mark.bars.filter(|bars| bars.iter().all(|half| half.is_finite())) else { return Ok(()) };
        let (x, y) = self.height(mark);
        let inside = |(across, down): (f64, f64)| (across.clamp(panel.left, panel.right), down.clamp(panel.top, panel.bottom));
        for [from, to] in [[(x - across, y), (x + across, y)], [(x, y - upward), (x, y + upward)]] {
            on.line(&[inside(panel.at(from.0, from.1)), inside(panel.at(to.0, to.1))], with_opacity(on.theme.ink, 1.0), 1.25)?;
        }
        Ok(())
    }

    /// The position of a mark, on the drawn curve, which during training is newer than the marks.
    fn on_fit(&self, panel: &Panel, mark: &Mark) -> (f64, f64) {
        let (x, y) = self.height(mark);
        panel.at(x, y)
    }

    fn height(&self, mark: &Mark) -> (f64, f64) {
        let [low, high] = self.domain;
        let place = (mark.x - low) / (high - low) * (self.fit.len().max(1) - 1) as f64;
        let (before, part) = (place.floor(), place.fract());
        let height = |i: f64| self.fit.get(i as usize).map_or(mark.y, |&y| y.into());
        let y = if place >= 0.0 { height(before) * (1.0 - part) + height(before + 1.0) * part } else { mark.y };
        (mark.x, y)
    }

    fn marks(&self, on: &Surface, panel: &Panel) -> Drawn {
        for mark in self.maxima {
            let at = self.on_fit(panel, mark);
            if panel.holds(at) {
                on.disc(at, 5.0, with_opacity(mark.mode.map_or(on.theme.accent, |k| on.theme.mode(k)), 1.0))?;
                on.disc(at, 3.4, with_opacity(on.theme.background, 1.0))?;
            }
        }
        for mark in self.minima {
            let at = self.on_fit(panel, mark);
            if panel.holds(at) {
                self.bars(on, panel, mark)?;
                let colour = mark.mode.map_or(on.theme.accent, |k| on.theme.mode(k));
                if mark.is_doubtful {
                    on.disc(at, 5.0, with_opacity(colour, DOUBTFUL))?;
                } else {
                    on.mark(at, 5.0, colour, on.theme.background)?;
                }
                let name = mark.mode.map_or_else(String::new, |k| k.to_string()) + if mark.is_doubtful { "?" } else { "" };
                if !name.is_empty() {
                    on.text(&name, (at.0, at.1 + 15.0), Hold::Middle, LABEL, on.theme.soft)?;
                }
            }
        }
        Ok(())
    }
}

impl Figure for Landscape<'_> {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        let mut curves = vec![
            ("truth".to_owned(), self.truth, 0.0),
            ("fit".to_owned(), self.fit, 0.0),
            ("half width of the interval".to_owned(), self.sure, 0.0),
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
        let whole = self.drawing.map_or(self.domain, |drawing| drawing.paper[0]);
        Panel {
            left: 46.0,
            top: 24.0,
            right: (width - 22.0).max(60.0),
            bottom: (height - 40.0 - self.room(height)).max(40.0),
            x: Axis::linear(whole[0], whole[1]),
            y: self.vertical(),
        }
    }

    fn draw(&self, on: &Surface) -> Drawn {
        let panel = on.panel(self);
        let theme = on.theme;
        let is_seen = |x: &f64| (panel.left..=panel.right).contains(x);
        panel.hairlines(on, if on.size.1 > 260.0 { 5 } else { 3 })?;
        let below = Panel { bottom: strip::below(on.size), ..panel };
        below.labels_below(on, &panel.x.marks(if on.size.0 > 560.0 { 8 } else { 6 }))?;
        let [across, upward] = self.names;
        let narrow = |name: &str| name.chars().count() < 5;
        let (at, hold) = if narrow(upward) { ((panel.left - 8.0, 10.0), Hold::Right) } else { ((4.0, 10.0), Hold::Left) };
        on.text(upward, at, hold, LABEL, theme.soft)?;
        // A single letter is placed beside the axis, a longer name on it.
        let beside = across.chars().count() == 1;
        let at = if beside { (panel.right + 15.0, below.bottom + 13.0) } else { (panel.right, panel.bottom - 8.0) };
        on.text(across, at, if beside { Hold::Left } else { Hold::Right }, LABEL, theme.soft)?;
        if let Some(drawing) = &self.drawing {
            drawing.draw_below(on, &panel)?;
        }
        self.dots(on, &panel)?;
        for number in self.shown() {
            self.mode(on, &panel, number)?;
        }
        self.sure(on, &panel)?;
        let faint = if self.tilt == 0.0 { 0.92 } else { 0.35 };
        panel.curve(on, self.on_grid(self.fit, 0.0), with_opacity(theme.accent, faint), 2.5)?;
        if self.tilt != 0.0 {
            let lift = self.tilt_lift();
            let tilted: Vec<(f64, f64)> = self.on_grid(self.fit, lift).map(|(x, y)| (x, y - self.tilt * x)).collect();
            panel.curve(on, tilted.iter().copied(), with_opacity(theme.accent, 0.92), 2.5)?;
            for well in tilted.windows(3).filter(|near| near[1].1 < near[0].1 && near[1].1 <= near[2].1) {
                let at = panel.at(well[1].0, well[1].1);
                if panel.holds(at) {
                    on.mark(at, 4.0, theme.accent, theme.background)?;
                }
            }
        }
        if self.drawing.is_none_or(|drawing| !drawing.is_open) {
            // Thin and above the fit, so that neither hides the other.
            panel.curve(on, self.on_grid(self.truth, 0.0), with_opacity(theme.ink, 1.0), 1.0)?;
        }
        panel.curve(on, self.on_grid(self.beside, 0.0), with_opacity(theme.count, 1.0), 2.0)?;
        if let Some(x) = self.cursor.map(|x| panel.across(x)).filter(is_seen) {
            on.line(&[(x, panel.top), (x, below.bottom + 24.0 + BAND)], with_opacity(theme.soft, 0.6), 1.0)?;
        }
        self.residuals(on, &panel)?;
        self.marks(on, &panel)?;
        self.rolling(on, &panel)?;
        if let Some(drawing) = &self.drawing {
            drawing.draw(on, &panel)?;
        }
        if !self.modes.is_empty() {
            self.band(on, &panel)?;
        }
        self.legend(on, &panel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Theme, svg};

    fn figure<'a>(fit: &'a [f32], modes: &'a [Mode<'a>], minima: &'a [Mark]) -> Landscape<'a> {
        Landscape {
            domain: [-1.0, 1.0],
            names: ["x", "Ψ(x)"],
            data_x: &[0.0],
            data_y: &[0.5],
            truth: &[1.0, 0.0, 1.0],
            fit,
            modes,
            minima,
            ..Default::default()
        }
    }

    #[test]
    fn every_part_is_in_the_svg() {
        let fit = [1.0, 0.1, 1.0];
        let mode = Mode { curve: &fit, responsibility: &[1.0, 1.0, 0.2] };
        let minima = [Mark { x: 0.0, y: 0.1, mode: Some(0), bars: Some([0.1, 0.2]), is_doubtful: false }];
        let text = svg(&figure(&fit, &[mode], &minima), (640, 400), &Theme::LIGHT);
        assert!(text.starts_with("<svg width=\"640\" height=\"400\" viewBox=\"0 0 10240 6400\""));
        for part in ["truth", "fit", "modes", "Ψ(x)", "#0176AF", "#B3261E"] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn the_legend_of_the_modes_is_in_the_colours_of_several() {
        let fit = [1.0, 0.1, 1.0];
        let mode = Mode { curve: &fit, responsibility: &[0.0; 3] };
        let text = svg(&figure(&fit, &[mode, mode, mode], &[]), (640, 400), &Theme::LIGHT);
        // The legend is the line at ten pixels.
        let legend: Vec<&str> = text.split("<polyline").filter(|line| line.contains(",160 ")).collect();
        for k in 0..3 {
            let colour = crate::plot::palette::css(Theme::LIGHT.mode(k)).to_uppercase();
            assert!(legend.iter().any(|line| line.contains(&colour)), "{colour} is not among {legend:?}");
        }
    }

    #[test]
    fn numbers_that_are_not_finite_draw_nothing_and_break_nothing() {
        let fit = [f32::NAN, f32::INFINITY, 1e30];
        let mode = Mode { curve: &fit, responsibility: &[f32::NAN; 3] };
        let minima = [Mark { x: f64::NAN, y: f64::NAN, mode: Some(0), bars: Some([f64::NAN; 2]), is_doubtful: false }];
        let text = svg(&figure(&fit, &[mode], &minima), (390, 280), &Theme::DARK);
        assert!(text.contains("</svg>") && !text.contains("NaN"));
    }

    #[test]
    fn a_well_below_a_kernel_estimate_is_in_the_picture() {
        let of = |dots: Dots| {
            let landscape = Landscape {
                domain: [0.0, 1.0],
                data_x: &[0.5],
                data_y: &[1.0],
                fit: &[9.0, -3.0, 9.0],
                dots,
                ..Landscape::default()
            };
            landscape.panel((400.0, 300.0)).y.value(0.0)
        };
        assert!(of(Dots::Kernel) < -3.0 && of(Dots::Values) > 0.0);
    }

    #[test]
    fn marks_stand_on_the_curve_that_is_drawn() {
        let fit = [0.0, 0.5, 1.0];
        let figure = figure(&fit, &[], &[]);
        let panel = figure.panel((600.0, 400.0));
        let at = |x| figure.on_fit(&panel, &Mark { x, y: 9.0, mode: None, bars: None, is_doubtful: false });
        assert_eq!(at(-0.5), panel.at(-0.5, 0.25));
        assert_eq!(at(1.0), panel.at(1.0, 1.0));
        assert_eq!(at(-2.0), panel.at(-2.0, 9.0));
    }

    #[test]
    fn where_neither_truth_nor_values_are_known_the_fit_is_seen() {
        let (fit, unknown) = ([-0.3, 0.5, -0.2], [f32::NAN; 3]);
        let figure =
            Landscape { domain: [-1.0, 1.0], fit: &fit, data_x: &[-1.0, 0.0, 1.0], data_y: &unknown, ..Default::default() };
        let axis = figure.panel((600.0, 400.0)).y;
        for y in fit {
            assert!((0.0..=1.0).contains(&axis.along(y.into())), "{y} is out of the picture");
        }
        assert!(axis.along(0.5) - axis.along(-0.3) > 0.5, "the fit is flat");
        assert_eq!(bounds(&[], &unknown), None);
    }

    #[test]
    fn a_strip_says_how_far_the_fit_is_from_the_truth_or_from_the_data() {
        let fit = [1.0, 0.01, 1.0];
        let known = figure(&fit, &[], &[]);
        let text = |figure: &Landscape| svg(figure, (640, 400), &Theme::LIGHT);
        assert!(text(&known).contains("fit − truth") && text(&known).contains("0.01"));
        let unknown = Landscape { truth: &[], ..known };
        assert!(text(&unknown).contains("fit − data") && text(&unknown).contains("0.5"));
        // A kernel estimate is no data that a fit is to meet, and balls need the room.
        let density = Landscape { dots: Dots::Kernel, ..unknown };
        let in_motion = Landscape { balls: &[0.2], ..known };
        assert!(!text(&density).contains("fit −") && !text(&in_motion).contains("fit −"));
    }

    #[test]
    fn the_vertical_axis_does_not_follow_the_fit() {
        let (a, b) = ([0.0, 0.0, 0.0], [9.0, -9.0, 9.0]);
        assert_eq!(figure(&a, &[], &[]).panel((600.0, 400.0)), figure(&b, &[], &[]).panel((600.0, 400.0)));
    }
}
