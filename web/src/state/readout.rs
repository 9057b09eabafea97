//! Text beside the cursor: the values under it, one per line.

use multiwell::internal::controller::protocol::{Frame, Scene};
use multiwell::internal::numerics::statistics::sort_by;
use multiwell::internal::plot::figures::{ChartLayer, MarkShape};
use multiwell::internal::plot::palette::css;
use multiwell::internal::plot::ticks::{fixed, number, whole};
use multiwell::internal::plot::{Panel, Theme};
use multiwell::internal::problem::view::{Plot, ViewPicture};
use multiwell::internal::text::decimals_of;

/// Values of the landscape at the grid point nearest to `x`. For samples, `density` maps the potential to their density.
pub fn landscape(scene: &(Scene, Vec<f32>), frame: &(Frame, Vec<f32>), density: &dyn Fn(f64) -> f64, x: f64) -> String {
    let layout = frame.0.layout;
    let [low, high] = scene.0.domain;
    if layout.points < 2 {
        return String::new();
    }
    let nearest = ((x - low) / (high - low) * (layout.points - 1) as f64).round().clamp(0.0, (layout.points - 1) as f64) as usize;
    let value = |range: std::ops::Range<usize>| frame.1.get(range.start + nearest).map_or(f64::NAN, |&v| v.into());
    let name = scene.0.names.first().map_or("x", String::as_str);
    let mut lines = vec![format!("{name} {}", fixed(low + (high - low) * nearest as f64 / (layout.points - 1) as f64, 3))];
    if let Some(&truth) = truth(scene).get(nearest) {
        let name = if scene.0.canvas.is_some() { "drawing" } else { "truth" };
        lines.push(format!("{name} {}", fixed(truth.into(), 4)));
    }
    let fit = value(layout.fit());
    lines.push(format!("fit {}", fixed(fit, 4)));
    if frame.0.metrics.potential().is_some_and(|own| own.density.is_some()) {
        lines.push(format!("density q {}", number(density(fit), 3)));
    }
    let mut modes: Vec<_> = (0..layout.modes).map(|i| (value(layout.responsibility(i)), i)).filter(|(r, _)| *r >= 0.01).collect();
    sort_by(&mut modes, |mode| -mode.0);
    lines.extend(modes.iter().take(4).map(|(r, i)| format!("mode {i}: {:.0} %", 100.0 * r)));
    lines.join("\n")
}

/// Truth on the grid; empty if it is unknown.
pub fn truth(scene: &(Scene, Vec<f32>)) -> &[f32] {
    let start = scene.0.samples * (scene.0.inputs + 1);
    if scene.0.has_truth { scene.1.get(start..).unwrap_or_default() } else { &[] }
}

/// Bucket of the history nearest to an epoch.
pub fn bucket(frame: &(Frame, Vec<f32>), epoch: f64) -> Option<usize> {
    let epochs = frame.1.get(frame.0.layout.epochs())?;
    let after = epochs.partition_point(|&e| f64::from(e) < epoch);
    let distance = |i: usize| epochs.get(i).map_or(f64::INFINITY, |&e| (f64::from(e) - epoch).abs());
    let before = after.saturating_sub(1);
    (!epochs.is_empty()).then(|| if distance(before) <= distance(after) { before } else { after })
}

/// Epoch of an entry of the history, and the number of second-order steps after it.
fn position_text(frame: &(Frame, Vec<f32>), entry: f64) -> String {
    let [epoch, steps] = frame.0.history_position(entry as u64);
    let after = if steps > 0 { format!(", step {}", whole(steps)) } else { String::new() };
    format!("epoch {}{after}", whole(epoch))
}

/// Loss and counts in a bucket.
pub fn loss(frame: &(Frame, Vec<f32>), bucket: usize) -> String {
    let layout = frame.0.layout;
    let value = |range: std::ops::Range<usize>| frame.1.get(range.start + bucket).map_or(f64::NAN, |&v| v.into());
    let (low, high) = (value(layout.loss_low()), value(layout.loss_high()));
    let (low_text, high_text) = (number(low, 3), number(high, 3));
    let loss = if low_text == high_text { low_text } else { format!("{low_text} to {high_text}") };
    format!(
        "{}\nloss {loss}\nresponsible modes {}\ngates open {}",
        position_text(frame, value(layout.epochs())),
        value(layout.responsible()),
        value(layout.active())
    )
}

/// Sharpness and gates in a bucket. Gates of responsible modes are named, the others are counted.
pub fn gates(frame: &(Frame, Vec<f32>), bucket: usize) -> String {
    let layout = frame.0.layout;
    let value = |range: std::ops::Range<usize>| frame.1.get(range.start + bucket).map_or(f64::NAN, |&v| v.into());
    let mut lines = vec![position_text(frame, value(layout.epochs())), format!("ρ {}", number(value(layout.rho()), 3))];
    let responsible: Vec<_> =
        (0..layout.modes).filter(|&i| frame.0.largest_responsibilities.get(i).is_some_and(|&r| r > 0.5)).collect();
    lines.extend(responsible.iter().take(6).map(|&i| format!("gate {i}: {}", number(value(layout.gate(i)), 3))));
    lines.join("\n")
}

/// Values of a plot at a point: of a map at the nearest grid point, of a chart at the nearest point of each named layer.
pub fn plot(plot: &Plot, at: (f64, f64), panel: &Panel) -> String {
    match &plot.picture {
        ViewPicture::Map(map) => {
            let Some((x, y, value)) = map.nearest(at) else { return String::new() };
            format!("{} {}\n{} {}\nvalue {}", map.across, number(x, 3), map.upward, number(y, 3), number(value, 4))
        }
        ViewPicture::Chart(chart) => {
            let mut lines = vec![format!("{} {}", chart.across, number(at.0, 3))];
            let named = || chart.layers.iter().filter(|layer| !layer.name.is_empty() && layer.shape != MarkShape::Band);
            let only = || chart.layers.first().filter(|_| named().next().is_none());
            for layer in named().chain(only()).take(8) {
                let name = if layer.name.is_empty() { &chart.upward } else { &layer.name };
                if let Some(text) = nearest(layer, at, panel) {
                    lines.push(format!("{name} {text}"));
                }
            }
            lines.join("\n")
        }
    }
}

/// Point of a layer nearest to `at`: along the axis if its points are sorted, else in the picture.
fn nearest(layer: &ChartLayer, at: (f64, f64), panel: &Panel) -> Option<String> {
    let follow = layer.points.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    let here = panel.at(at.0, at.1);
    let distance = |&(x, y): &(f64, f64)| {
        let (across, up) = panel.at(x, y);
        if follow { (across - here.0).abs() } else { (across - here.0).hypot(up - here.1) }
    };
    let known = layer.points.iter().filter(|point| distance(point).is_finite());
    let (x, y) = *known.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some(if follow { number(y, 4) } else { format!("{}, {}", number(x, 3), number(y, 4)) })
}

/// Style of the bar of responsibilities of modes at a minimum: their colours one after another. The full width is 1.
pub fn responsibilities(held_by: &[(usize, f64)], theme: &Theme) -> String {
    let ends = held_by.iter().scan(0.0, |end, (mode, part)| {
        let start = std::mem::replace(end, *end + part);
        Some(format!("{} {:.0}% {:.0}%", css(theme.mode(*mode)), 100.0 * start, 100.0 * *end))
    });
    format!("linear-gradient(90deg, {}, var(--grid) 0)", ends.collect::<Vec<_>>().join(", "))
}

/// An error with two significant digits, also if the last one is zero.
pub fn error(value: f64) -> String {
    let size = value.abs();
    if size < 1e-3 { number(value, 2) } else { fixed(value, decimals_of(size)) }
}

/// An error with its sign.
pub fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", error(value)) } else { error(value) }
}

#[cfg(test)]
mod tests {
    use super::{responsibilities, signed};
    use multiwell::internal::plot::Theme;
    use multiwell::internal::plot::palette::css;

    #[test]
    fn bar_of_responsibilities_has_colours_and_parts_of_modes() {
        let [first, second] = [7, 2].map(|mode| css(Theme::DARK.mode(mode)));
        let expected = format!("linear-gradient(90deg, {first} 0% 60%, {second} 60% 95%, var(--grid) 0)");
        assert_eq!(responsibilities(&[(7, 0.6), (2, 0.35)], &Theme::DARK), expected);
    }

    #[test]
    fn errors_have_two_digits_and_a_sign() {
        assert_eq!([0.013, 0.04, -0.003, 0.5].map(signed), ["+0.013", "+0.040", "−0.0030", "+0.50"]);
        assert_eq!([0.0, 12.0, -3.7e-4].map(signed), ["0", "+12", "−3.7e-4"]);
    }
}
