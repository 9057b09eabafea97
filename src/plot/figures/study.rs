//! Figures of the study: the success rate of a count, and the fitted sharpness against the true one.

use super::{Chart, ChartLayer, MarkShape, Tone};
use crate::plot::panel::PlotAxis;

/// Series of the study: its name, and its points from left to right.
pub type StudySeries = (String, Vec<(f64, f64)>);

/// Axis of labelled integers 0, 1, 2, ...
fn places(labels: &[String]) -> (PlotAxis, Vec<(f64, String)>) {
    let marks = labels.iter().enumerate().map(|(k, label)| (k as f64, label.clone())).collect();
    (PlotAxis::linear(-0.4, labels.len() as f64 - 0.6), marks)
}

/// Chart of the fraction of runs, 0 to 1, for each value of a setting. The values are at 0, 1, 2, ..., with one line per series.
pub fn success(across: &str, upward: &str, values: &[String], series: &[StudySeries]) -> Chart {
    let (x, labels) = places(values);
    let mut layers = Vec::new();
    for (k, (name, points)) in series.iter().enumerate() {
        // A small offset separates coinciding lines.
        let shift = 0.012 * (k as f64 - (series.len() as f64 - 1.0) / 2.0);
        let points: Vec<_> = points.iter().map(|&(x, y)| (x, y + shift)).collect();
        layers.push(ChartLayer::new(points.clone(), MarkShape::Line(1.5), Tone::Mode(k)).named(name));
        layers.push(ChartLayer::new(points, MarkShape::Dots(3.0), Tone::Mode(k)));
    }
    Chart { labels, ..Chart::new([x, PlotAxis::linear(-0.04, 1.04)], [across, upward], [6, 5], layers) }
}

/// Chart of the fraction of runs, 0 to 1, against a quantity on a logarithmic axis between two powers of ten. Each series is a line that
/// steps up at each of its points.
pub fn distribution(across: &str, upward: &str, powers: [f64; 2], series: &[StudySeries]) -> Chart {
    let x = PlotAxis::powers(powers[0], powers[1]);
    let ends = [0.0, 1.0].map(|end| x.value(end));
    let stairs =
        |points: &[(f64, f64)]| [(ends[0], 0.0)].into_iter().chain(points.iter().copied()).chain([(ends[1], 1.0)]).collect();
    let line = |(k, (name, points)): (usize, &StudySeries)| {
        ChartLayer::new(stairs(points), MarkShape::Stairs(1.75), Tone::Mode(k)).named(name)
    };
    Chart::new([x, PlotAxis::linear(0.0, 1.04)], [across, upward], [6, 5], series.iter().enumerate().map(line).collect())
}

/// Results at one value of a setting: its position, the count of each run, and their median.
pub type Spread = (f64, Vec<f64>, f64);

/// Chart of the count of each run (dots) with the median (lines) for each value of a setting, as in [`success`], with one colour per
/// series. `levels` are the true count and the largest one.
pub fn spread(across: &str, upward: &str, values: &[String], levels: [f64; 2], series: &[(String, Vec<Spread>)]) -> Chart {
    let (x, labels) = places(values);
    let truth = [0.0, 1.0].map(|end| (x.value(end), levels[0])).to_vec();
    let mut layers = vec![ChartLayer::new(truth, MarkShape::Line(1.25), Tone::Ink)];
    for (k, (name, points)) in series.iter().enumerate() {
        // Series are drawn side by side, and equal counts are spread out slightly.
        let aside = 0.22 * (k as f64 - (series.len() as f64 - 1.0) / 2.0);
        let fan = |i: usize, x: f64| x + aside + 0.014 * (i as f64 - 4.5).clamp(-5.0, 5.0);
        let dots = points.iter().flat_map(|(x, found, _)| found.iter().enumerate().map(move |(i, &y)| (fan(i, *x), y))).collect();
        layers.push(ChartLayer::new(dots, MarkShape::Dots(1.75), Tone::Mode(k)).with_opacity(0.5));
        let medians = points.iter().map(|&(x, _, middle)| (x + aside, middle)).collect();
        layers.push(ChartLayer::new(medians, MarkShape::Line(1.5), Tone::Mode(k)).named(name));
    }
    let y = PlotAxis::linear(0.0, levels[1].max(1.0) * 1.06);
    Chart { labels, ..Chart::new([x, y], [across, upward], [6, 5], layers) }
}

/// Chart of the fitted against the true sharpness: one dot per run, the diagonal, and the band of a factor `factor` around it.
pub fn sharpness(factor: f64, powers: [f64; 2], series: &[StudySeries]) -> Chart {
    let [low, high] = powers.map(|power| 10f64.powf(power));
    let band = vec![(low, low / factor), (high, high / factor), (high, high * factor), (low, low * factor)];
    let mut layers = vec![
        ChartLayer::new(band, MarkShape::Band, Tone::Accent).with_opacity(0.12).named(format!("within a factor of {factor}")),
        ChartLayer::new(vec![(low, low), (high, high)], MarkShape::Line(1.0), Tone::Accent),
    ];
    let width = series.len() as f64 - 1.0;
    for (k, (name, points)) in series.iter().enumerate() {
        // Series are drawn side by side at each true sharpness.
        let aside = 10f64.powf(0.06 * (k as f64 - width / 2.0));
        let points = points.iter().map(|&(x, y)| (x * aside, y)).collect();
        layers.push(ChartLayer::new(points, MarkShape::Dots(2.5), Tone::Mode(k)).with_opacity(0.8).named(name));
    }
    let axis = PlotAxis::powers(powers[0], powers[1]);
    Chart::new([axis, axis], ["true ρ", "learnt ρ"], [8, 8], layers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Theme, svg};

    #[test]
    fn charts_of_study_name_every_series() {
        let series = [("5 modes".to_string(), vec![(0.0, 0.5), (1.0, 1.0)]), ("10 modes".into(), vec![(1.0, 1.0)])];
        let values = ["0", "1e-4"].map(String::from);
        let spreads = series.clone().map(|(name, points)| (name, points.into_iter().map(|(x, y)| (x, vec![y], y)).collect()));
        for chart in [
            success("ε", "right", &values, &series),
            spread("ε", "modes", &values, [2.0, 10.0], &spreads),
            sharpness(1.5, [-3.0, 6.0], &series),
            distribution("RMSE", "part", [-4.0, 0.0], &series),
        ] {
            let text = svg(&chart, (480, 320), &Theme::LIGHT);
            assert!(text.contains("5 modes") && text.contains("10 modes"));
        }
    }
}
