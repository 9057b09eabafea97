//! Maps over two coordinates: the grid, the range of the colours, contours, marks of minima.

use crate::numerics::statistics::sorted;
use crate::plot::figures::{ChartLayer, MarkShape, Tone};
use crate::plot::{HeatMap, PlotAxis};
use crate::problem::potential::run::PotentialRun;
use crate::problem::view::{Plot, Touch, ViewPicture, ViewState, within};

/// Number of points across a map.
pub const MAP_POINTS: usize = 61;
/// Fraction of the values of a map that the colours resolve. Higher values, mostly at steep rims, all have the last colour.
const COLOURED_FRACTION: f64 = 0.7;
/// Largest number of samples on a map.
const MAX_SAMPLES: usize = 1000;
/// Number of contour intervals.
const CONTOUR_LEVELS: u32 = 10;
/// Fraction of the values of a map above the scale from which its title says so. Such a map is nearly empty.
const MAX_FRACTION_ABOVE: f64 = 0.95;

/// Two coordinates with their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Names: the horizontal one, then the vertical one.
    pub names: [String; 2],
    /// Full range of each.
    pub whole: [[f64; 2]; 2],
    /// Visible range of each.
    pub ranges: [[f64; 2]; 2],
}

impl Plane {
    /// Whole plane.
    pub fn new(names: [String; 2], whole: [[f64; 2]; 2]) -> Self {
        Self { names, whole, ranges: whole }
    }

    /// Requested part of the plane; `None` for all of it.
    pub fn part(&self, state: &ViewState) -> Option<Self> {
        let ranges = within(state.part?, self.whole);
        (ranges != self.whole).then(|| Self { ranges, ..self.clone() })
    }

    /// Points of the grid, row by row from the lowest.
    pub fn points(&self) -> impl Iterator<Item = [f64; 2]> {
        let along = |[low, high]: [f64; 2], k: usize| low + (high - low) * k as f64 / (MAP_POINTS - 1) as f64;
        let [across, upward] = self.ranges;
        (0..MAP_POINTS * MAP_POINTS).map(move |k| [along(across, k % MAP_POINTS), along(upward, k / MAP_POINTS)])
    }

    /// Converts a position counted in cells to the units of the axes.
    pub fn place(&self, (i, j): (f64, f64)) -> (f64, f64) {
        let along = |[low, high]: [f64; 2], at: f64| low + (high - low) * at / (MAP_POINTS - 1) as f64;
        (along(self.ranges[0], i), along(self.ranges[1], j))
    }

    /// Map of values on the grid, with contours that are closer together near wells.
    pub fn map(&self, values: Vec<f64>, range: [f64; 2], layers: Vec<ChartLayer>) -> HeatMap {
        let [low, high] = range;
        let level = |k: u32| low + (high - low) * (f64::from(k) / f64::from(CONTOUR_LEVELS)).powi(2);
        let levels = (1..CONTOUR_LEVELS).map(level).collect();
        let [across, upward] = self.names.clone();
        let [x, y] = self.ranges.map(|[low, high]| PlotAxis::linear(low, high));
        let is_to_scale = self.is_to_scale();
        HeatMap {
            x,
            y,
            columns: MAP_POINTS,
            values,
            range,
            is_difference: false,
            levels,
            layers,
            across,
            upward,
            of: "Ψ".into(),
            is_to_scale,
            whole: self.whole,
        }
    }

    /// Returns true if both coordinates have the same unit. Without units in their names, their ranges must agree within a factor of two.
    fn is_to_scale(&self) -> bool {
        let [a, b] = self.names.each_ref().map(|name| unit(name));
        let [across, upward] = self.whole.map(|[low, high]| high - low);
        a == b && (!a.is_empty() || (across <= 2.0 * upward && upward <= 2.0 * across))
    }

    /// Map of differences, and the largest of them.
    pub fn difference(&self, fit: &[f64], truth: &[f64], layers: Vec<ChartLayer>) -> (HeatMap, f64) {
        let values: Vec<f64> = fit.iter().zip(truth).map(|(f, t)| f - t).collect();
        let most = values.iter().fold(0.0, |top: f64, d| top.max(d.abs()));
        let map = HeatMap {
            is_difference: true,
            levels: Vec::new(),
            of: "fit − truth".into(),
            ..self.map(values, [-most, most], layers)
        };
        (map, most)
    }
}

/// Unit in brackets at the end of the name of a column; empty without one.
fn unit(name: &str) -> &str {
    let begins = name.rfind(['[', '(']).filter(|_| name.ends_with([']', ')']));
    begins.map_or("", |begins| &name[begins + 1..name.len() - 1])
}

/// Points of a line in a plane whose coordinates may be `periodic`. A line that leaves over one side ends there and continues at
/// the other.
pub fn pieces(points: &[(f64, f64)], ranges: [[f64; 2]; 2], periodic: [bool; 2]) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    let mut last: Option<[f64; 2]> = None;
    for &(x, y) in points {
        let here = [x, y];
        if let Some(before) = last {
            let turn = |k: usize| if periodic[k] { ranges[k][1] - ranges[k][0] } else { 0.0 };
            let shift = |k: usize| if periodic[k] { turn(k) * ((before[k] - here[k]) / turn(k)).round() } else { 0.0 };
            let ahead = [0, 1].map(|k| here[k] + shift(k));
            // Fraction of the way to the nearest image before the side.
            let part = |k: usize| (ranges[k][usize::from(shift(k) > 0.0)] - before[k]) / (ahead[k] - before[k]);
            let crossed = [0, 1].into_iter().filter(|&k| shift(k).abs() > 0.0).map(part);
            if let Some(part) = crossed.reduce(f64::min) {
                let within = |k: usize, x: f64| x.clamp(ranges[k][0], ranges[k][1]);
                let out = [0, 1].map(|k| within(k, before[k] + part * (ahead[k] - before[k])));
                let back = [0, 1].map(|k| within(k, out[k] - shift(k)));
                line.extend([(out[0], out[1]), (f64::NAN, f64::NAN), (back[0], back[1])]);
            }
        }
        last = here.iter().all(|x| x.is_finite()).then_some(here);
        line.push((x, y));
    }
    line
}

/// Name of the potential on axes: the name of its column if that includes a unit, else Ψ.
pub fn energy(run: &PotentialRun) -> String {
    let name = run.names().last().filter(|name| name.ends_with([']', ')']));
    name.map_or_else(|| "Ψ".into(), |name| name.replacen("Psi ", "Ψ ", 1))
}

/// Range of the colours: from the lowest value to the quantile at `COLOURED_FRACTION`.
pub fn range(values: &[f64]) -> [f64; 2] {
    let sorted = sorted(values.to_vec());
    let quantile = |part: f64| sorted.get((part * values.len() as f64) as usize).copied().unwrap_or(0.0);
    [quantile(0.0), quantile(COLOURED_FRACTION)]
}

/// Title of a map of the fit in the colours of the truth. The values of a poor fit may all be above them.
pub fn fit_title(fit: &[f64], range: [f64; 2]) -> String {
    let above = fit.iter().filter(|&&value| value > range[1]).count();
    let is_empty = above as f64 > MAX_FRACTION_ABOVE * fit.len() as f64;
    if is_empty { "Fit (above the scale)".into() } else { "Fit".into() }
}

/// Map of values under a title. `words` name the quantity for readers who cannot see the map.
pub fn plot(title: String, words: &str, map: HeatMap, touch: Touch) -> Plot {
    described(title, (words, "low values"), map, touch)
}

/// Map of a quantity under a title. `marked` names the values whose colours are farthest from the background.
pub fn described(title: String, (words, marked): (&str, &str), map: HeatMap, touch: Touch) -> Plot {
    let description = format!(
        "{title}: {words} over {} and {}; the colours farthest from the background mark {marked}.",
        map.across, map.upward
    );
    Plot { title, description, picture: ViewPicture::Map(map), touch }
}

/// The samples of the reader's table on the plane of two inputs; `None` for other inputs, or if the truth is known.
pub fn samples(run: &PotentialRun) -> Option<ChartLayer> {
    let x = &run.plotted().x;
    let places = x.rows().into_iter().step_by(x.nrows().div_ceil(MAX_SAMPLES).max(1));
    let dots = || {
        ChartLayer::new(places.map(|place| (place[0], place[1])).collect(), MarkShape::Dots(1.25), Tone::Ink).with_opacity(0.35)
    };
    (run.inputs() == 2 && run.truth().is_none()).then(dots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_across_periodic_boundary_has_two_pieces() {
        let ranges = [[-180.0, 180.0], [0.0, 1.0]];
        let line = pieces(&[(160.0, 0.2), (170.0, 0.2), (-170.0, 0.4), (-160.0, 0.4)], ranges, [true, false]);
        assert_eq!(line.len(), 7);
        assert!((line[2].0 - 180.0).abs() < 1e-9 && (line[2].1 - 0.3).abs() < 1e-9 && line[3].0.is_nan(), "{line:?}");
        assert!((line[4].0 + 180.0).abs() < 1e-9 && (line[4].1 - 0.3).abs() < 1e-9, "{line:?}");
        let gap = [(170.0, 0.2), (f64::NAN, f64::NAN), (-170.0, 0.4)];
        assert_eq!(pieces(&gap, ranges, [true, false]).len(), 3);
        assert_eq!(pieces(&[(170.0, 0.2), (-170.0, 0.4)], ranges, [false; 2]).len(), 2);
    }

    #[test]
    fn part_of_plane_has_same_values_at_common_points() {
        let whole = Plane::new(["x".into(), "y".into()], [[-1.0, 1.0], [0.0, 4.0]]);
        let asked = |part| ViewState { part, ..ViewState::default() };
        assert_eq!(whole.part(&asked(None)), None);
        assert_eq!(whole.part(&asked(Some([[-9.0, 9.0], [0.0, 4.0]]))), None);
        let part = whole.part(&asked(Some([[-0.5, 0.5], [1.0, 3.0]]))).unwrap();
        let value = |x: [f64; 2]| x[0].sin() * x[1];
        let map = |plane: &Plane| plane.map(plane.points().map(value).collect(), [0.0, 1.0], Vec::new());
        let (all, seen) = (map(&whole), map(&part));
        assert_eq!((seen.values.len(), seen.whole, seen.is_to_scale), (all.values.len(), all.whole, all.is_to_scale));
        let mut shared = 0;
        for (k, at) in whole.points().enumerate() {
            let Some((x, y, value)) = seen.nearest((at[0], at[1])) else { continue };
            if (x - at[0]).abs() + (y - at[1]).abs() < 1e-12 {
                shared += 1;
                assert!((value - all.values[k]).abs() < 1e-12);
            }
        }
        assert_eq!(shared, 31 * 31);
    }

    #[test]
    fn inputs_with_same_unit_are_to_scale() {
        let plane = |a: &str, b: &str, ranges| Plane::new([a.into(), b.into()], ranges);
        let alike = [[-1.5, 1.1], [-0.2, 1.8]];
        assert!(plane("x", "y", alike).is_to_scale() && plane("x [nm]", "y [nm]", [[0.0, 9.0], [0.0, 1.0]]).is_to_scale());
        assert!(!plane("x [nm]", "y", alike).is_to_scale() && !plane("x (nm)", "T [K]", alike).is_to_scale());
        assert!(!plane("e2", "c", [[-0.15, 0.15], [0.0, 1.0]]).is_to_scale());
    }
}
