//! Figures on a real canvas.

use multiwell::internal::plot::{self, Figure, Gates, LandscapeFigure, LossHistory, Mark, ModeCurve, Theme, UNITS_PER_PX};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

const CANVAS_SIZE: (u32, u32) = (480, 300);

/// Draws a figure as the page does. Returns the pixels, each as one number.
fn painted(figure: &dyn Figure, theme: &Theme) -> Vec<u32> {
    let document = web_sys::window().and_then(|window| window.document()).expect("a page has a document");
    let canvas: HtmlCanvasElement = document.create_element("canvas").expect("canvases can be made").unchecked_into();
    canvas.set_width(CANVAS_SIZE.0);
    canvas.set_height(CANVAS_SIZE.1);
    let context = canvas.get_context("2d").expect("canvases have contexts").expect("of two dimensions");
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.scale(1.0 / f64::from(UNITS_PER_PX), 1.0 / f64::from(UNITS_PER_PX)).expect("a canvas can be scaled");
    let size = (f64::from(CANVAS_SIZE.0), f64::from(CANVAS_SIZE.1));
    let mut backend = CanvasBackend::with_canvas_object(canvas).expect("plotters takes a canvas");
    plot::draw(figure, &mut backend, size, theme).expect("a figure can be drawn");
    let image = context.get_image_data(0.0, 0.0, size.0, size.1).expect("a canvas of our own can be read").data();
    image.chunks_exact(4).map(|pixel| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], pixel[3]])).collect()
}

/// Number of different colours.
fn colours(pixels: &[u32]) -> usize {
    pixels.iter().collect::<std::collections::BTreeSet<_>>().len()
}

pub fn landscape_is_painted() {
    let x: Vec<f32> = (0..200).map(|i| -3.0 + 6.0 * i as f32 / 199.0).collect();
    let truth: Vec<f32> = x.iter().map(|x| (x * x - 2.0).powi(2)).collect();
    let fit: Vec<f32> = truth.iter().map(|y| y + 0.3).collect();
    let left: Vec<f32> = x.iter().map(|x| if *x < 0.0 { 1.0 } else { 0.1 }).collect();
    let right: Vec<f32> = left.iter().map(|r| 1.1 - r).collect();
    let modes = [ModeCurve { curve: &fit, responsibility: &left }, ModeCurve { curve: &truth, responsibility: &right }];
    let minima = [
        Mark { x: -1.4, y: 0.3, mode: Some(0), bars: None, is_doubtful: false },
        Mark { x: 1.4, y: 0.3, mode: Some(1), bars: None, is_doubtful: false },
    ];
    let whole = LandscapeFigure {
        domain: [-3.0, 3.0],
        names: ["x", "Ψ(x)"],
        data_x: &x,
        data_y: &truth,
        truth: &truth,
        fit: &fit,
        modes: &modes,
        minima: &minima,
        ..LandscapeFigure::default()
    };
    for theme in [Theme::LIGHT, Theme::DARK] {
        let pixels = painted(&whole, &theme);
        assert!(colours(&pixels) > 50, "only {} colours", colours(&pixels));
        assert_eq!(pixels, painted(&whole, &theme), "the same figure is painted differently");
        let without = painted(&LandscapeFigure { fit: &[], ..whole }, &theme);
        assert_ne!(pixels, without, "the fit leaves no mark");
    }
    let broken = [f32::NAN, f32::INFINITY, -1e30];
    assert!(colours(&painted(&LandscapeFigure { fit: &broken, truth: &broken, ..whole }, &Theme::LIGHT)) > 1, "nothing is drawn");
}

pub fn histories_are_painted() {
    let epochs: Vec<f32> = (0..100).map(|i| 10.0 * i as f32).collect();
    let low: Vec<f32> = epochs.iter().map(|epoch| (-epoch / 200.0).exp()).collect();
    let high: Vec<f32> = low.iter().map(|loss| loss * 1.5).collect();
    let counts = vec![2.0; 100];
    let loss = LossHistory {
        epochs: &epochs,
        low: &low,
        high: &high,
        responsible: &counts,
        modes: 4,
        last_epoch: 1000.0,
        ..LossHistory::default()
    };
    let gates = Gates {
        epochs: &epochs,
        gates: &[&low, &high],
        responsible: &[true, false],
        rho: &epochs,
        last_epoch: 1000.0,
        cursor: None,
    };
    for theme in [Theme::LIGHT, Theme::DARK] {
        for pixels in [painted(&loss, &theme), painted(&gates, &theme)] {
            assert!(colours(&pixels) > 20, "only {} colours", colours(&pixels));
        }
    }
}
