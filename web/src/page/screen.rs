//! Backend for figures on a canvas: the Plotters backend, extended by images, which Plotters would draw as rectangles.

use plotters_canvas::CanvasBackend;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::dom;
use multiwell::internal::plot::{BackendPoint, DrawError, DrawResult, Ink, ShapeStyle, TextStyle, UNITS_PER_PX};

/// A canvas as a drawing backend.
pub struct Screen<'a> {
    backend: CanvasBackend,
    context: &'a CanvasRenderingContext2d,
}

impl<'a> Screen<'a> {
    /// A canvas with its context at a scale, in pixels of the canvas per CSS pixel; `None` if it cannot be drawn on.
    pub fn new(canvas: &HtmlCanvasElement, context: &'a CanvasRenderingContext2d, scale: f64) -> Option<Self> {
        let unit = scale / f64::from(UNITS_PER_PX);
        context.set_transform(unit, 0.0, 0.0, unit, 0.0, 0.0).ok()?;
        context.set_line_join("round");
        Some(Self { backend: CanvasBackend::with_canvas_object(canvas.clone())?, context })
    }

    fn blend(&self, from: BackendPoint, to: BackendPoint, columns: usize, pixels: &[u8]) -> Option<()> {
        thread_local! {
            // All maps share one canvas, because its contents are copied at once.
            static SMALL_CANVAS: HtmlCanvasElement = dom::make("canvas", &[]).unchecked_into();
        }
        let rows = pixels.len() / (4 * columns);
        let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), columns as u32, rows as u32).ok()?;
        let small = SMALL_CANVAS.with(HtmlCanvasElement::clone);
        small.set_width(columns as u32);
        small.set_height(rows as u32);
        let context: CanvasRenderingContext2d = small.get_context("2d").ok()??.dyn_into().ok()?;
        context.put_image_data(&data, 0.0, 0.0).ok()?;
        let (left, top) = (f64::from(from.0), f64::from(from.1));
        let (width, height) = (f64::from(to.0) - left, f64::from(to.1) - top);
        // The values are at the centres of the first and the last pixel.
        let (across, down) = (columns as f64 - 1.0, rows as f64 - 1.0);
        self.context
            .draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                &small, 0.5, 0.5, across, down, left, top, width, height,
            )
            .ok()
    }
}

impl Ink for Screen<'_> {
    fn path(&mut self, points: &[BackendPoint], style: &ShapeStyle) -> DrawResult {
        Ink::path(&mut self.backend, points, style)
    }

    fn polygon(&mut self, points: &[BackendPoint], style: &ShapeStyle) -> DrawResult {
        self.backend.polygon(points, style)
    }

    fn rectangle(&mut self, from: BackendPoint, to: BackendPoint, style: &ShapeStyle) -> DrawResult {
        self.backend.rectangle(from, to, style)
    }

    fn image(&mut self, from: BackendPoint, to: BackendPoint, columns: usize, pixels: &[u8]) -> Option<DrawResult> {
        Some(self.blend(from, to, columns, pixels).ok_or(DrawError))
    }

    fn disc(&mut self, centre: BackendPoint, radius: u32, style: &ShapeStyle) -> DrawResult {
        self.backend.disc(centre, radius, style)
    }

    fn text(&mut self, text: &str, style: &TextStyle, at: BackendPoint) -> DrawResult {
        self.backend.text(text, style, at)
    }

    fn finish(&mut self) -> DrawResult {
        self.backend.finish()
    }
}
