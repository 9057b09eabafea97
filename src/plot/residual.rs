//! Strip below a plot area with the differences of the fit from the truth. Its own scale makes differences visible even if the fit covers
//! the truth.

use super::palette::with_opacity;
use super::panel::{LABEL_SIZE_PX, Panel, PlotAxis};
use super::surface::{DrawError, HPos, Surface};
use super::ticks;

/// Height in pixels of the gap between the area and the strip, which holds the name of the strip.
const GAP_PX: f64 = 15.0;
/// Smallest height in pixels of an area with a strip.
const MIN_AREA_HEIGHT_PX: f64 = 96.0;

/// Height of gap and strip in an area that is `height` pixels high with them; zero if the area is too low.
pub fn room(height: f64) -> f64 {
    if height < MIN_AREA_HEIGHT_PX { 0.0 } else { GAP_PX + (0.16 * height).clamp(20.0, 44.0) }
}

/// Draws the frame of the strip in the `room` pixels below an area: its name, the zero line in ink, and the ends of its scale. The scale
/// ends at the round number above `most`. Returns the plot area of the strip.
pub fn frame(on: &Surface, above: &Panel, room: f64, name: &str, most: f64) -> Result<Panel, DrawError> {
    let scale = if most.is_finite() && most > 1e-300 { ticks::nice_step(most) } else { 1.0 };
    let strip = Panel { top: above.bottom + GAP_PX, bottom: above.bottom + room, y: PlotAxis::linear(-scale, scale), ..*above };
    let theme = on.theme;
    for end in [scale, -scale] {
        let y = strip.at(0.0, end).1.floor() + 0.5;
        on.line(&[(strip.left, y), (strip.right, y)], with_opacity(theme.grid, 1.0), 1.0)?;
        on.text(&ticks::number(end, 1), (strip.left - 5.0, y), HPos::Right, LABEL_SIZE_PX, theme.soft)?;
    }
    let zero = strip.at(0.0, 0.0).1;
    on.line(&[(strip.left, zero), (strip.right, zero)], with_opacity(theme.ink, 1.0), 1.0)?;
    on.text(name, (strip.left, above.bottom + 0.5 * GAP_PX - 1.0), HPos::Left, LABEL_SIZE_PX, theme.soft)?;
    Ok(strip)
}
