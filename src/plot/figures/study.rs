//! Figures of the study: how often a count is right, and the sharpness that was learnt against the true one.

use super::{Chart, Layer, Shape, Tone};
use crate::plot::panel::Axis;

/// A series of the study: its name, and its points from left to right.
pub type Series = (String, Vec<(f64, f64)>);

/// The part of runs, 0 to 1, against a setting on a logarithmic axis between two powers of ten; one line a series.
pub fn success(across: &str, upward: &str, powers: [f64; 2], series: &[Series]) -> Chart {
    let mut layers = Vec::new();
    for (k, (name, points)) in series.iter().enumerate() {
        // Lines on top of one another are parted by a hair.
        let shift = 0.012 * (k as f64 - (series.len() as f64 - 1.0) / 2.0);
        let points: Vec<_> = points.iter().map(|&(x, y)| (x, y + shift)).collect();
        layers.push(Layer::new(points.clone(), Shape::Line(1.5), Tone::Mode(k)).named(name));
        layers.push(Layer::new(points, Shape::Dots(3.0), Tone::Mode(k)));
    }
    Chart {
        x: Axis::powers(powers[0], powers[1]),
        y: Axis::linear(-0.04, 1.04),
        across: across.into(),
        upward: upward.into(),
        marks: [6, 5],
        layers,
    }
}

/// Learnt sharpness against the true one: a dot a run, the diagonal, and the band of a factor `factor` about it.
pub fn sharpness(factor: f64, powers: [f64; 2], series: &[Series]) -> Chart {
    let [low, high] = powers.map(|power| 10f64.powf(power));
    let band = vec![(low, low / factor), (high, high / factor), (high, high * factor), (low, low * factor)];
    let mut layers = vec![
        Layer::new(band, Shape::Band, Tone::Accent).faint(0.12).named(format!("within a factor of {factor}")),
        Layer::new(vec![(low, low), (high, high)], Shape::Line(1.0), Tone::Accent),
    ];
    let width = series.len() as f64 - 1.0;
    for (k, (name, points)) in series.iter().enumerate() {
        // Series stand side by side at each true sharpness.
        let aside = 10f64.powf(0.06 * (k as f64 - width / 2.0));
        let points = points.iter().map(|&(x, y)| (x * aside, y)).collect();
        layers.push(Layer::new(points, Shape::Dots(2.5), Tone::Mode(k)).faint(0.8).named(name));
    }
    let axis = Axis::powers(powers[0], powers[1]);
    Chart { x: axis, y: axis, across: "true ρ".into(), upward: "learnt ρ".into(), marks: [8, 8], layers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Theme, svg};

    #[test]
    fn every_series_is_named() {
        let series = [("5 modes".to_string(), vec![(1e-4, 0.5), (1e-3, 1.0)]), ("10 modes".into(), vec![(1e-4, 1.0)])];
        for chart in [success("ε", "right", [-5.0, -2.0], &series), sharpness(1.5, [-3.0, 6.0], &series)] {
            let text = svg(&chart, (480, 320), &Theme::LIGHT);
            assert!(text.contains("5 modes") && text.contains("10 modes"));
        }
    }
}
