//! The strip below a plot area: how far the fit is from the truth, on a scale of its own, so that a fit that lies on the truth does not
//! hide how well it does.

use super::palette::with_opacity;
use super::panel::{Axis, LABEL, Panel};
use super::surface::{Hold, Surface, Undrawn};
use super::ticks;

/// Pixels between the area and the strip, where the strip's name stands.
const GAP: f64 = 15.0;
/// The lowest area that shares its height with a strip, in pixels.
const LEAST: f64 = 96.0;

/// The height of gap and strip of an area that is `height` pixels high with them; zero where there is no room.
pub fn room(height: f64) -> f64 {
    if height < LEAST { 0.0 } else { GAP + (0.16 * height).clamp(20.0, 44.0) }
}

/// Draws the frame of the strip in the `room` pixels below an area: its name, the line of no difference in ink, and the ends of its scale, the
/// round number above `most`. Returns the strip's own plot area.
///
/// # Errors
/// If the backend fails.
pub fn frame(on: &Surface, above: &Panel, room: f64, name: &str, most: f64) -> Result<Panel, Undrawn> {
    let scale = if most.is_finite() && most > 1e-300 { ticks::nice_step(most) } else { 1.0 };
    let strip = Panel { top: above.bottom + GAP, bottom: above.bottom + room, y: Axis::linear(-scale, scale), ..*above };
    let theme = on.theme;
    for end in [scale, -scale] {
        let y = strip.at(0.0, end).1.floor() + 0.5;
        on.line(&[(strip.left, y), (strip.right, y)], with_opacity(theme.grid, 1.0), 1.0)?;
        on.text(&ticks::number(end, 1), (strip.left - 5.0, y), Hold::Right, LABEL, theme.soft)?;
    }
    let zero = strip.at(0.0, 0.0).1;
    on.line(&[(strip.left, zero), (strip.right, zero)], with_opacity(theme.ink, 1.0), 1.0)?;
    on.text(name, (strip.left, above.bottom + 0.5 * GAP - 1.0), Hold::Left, LABEL, theme.soft)?;
    Ok(strip)
}
