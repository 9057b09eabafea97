//! Figure 1 of the paper with a slider: three parabolas under a soft minimum.

use web_sys::{Element, Event, HtmlInputElement};

use super::app::App;
use super::{act, dom};
use multiwell::plot::figures::paper::soft_minimum;
use multiwell::plot::figures::{Chart, Shape, Tone};
use multiwell::plot::ticks::number;
use multiwell::potentials::{Curve, SoftParabolas};

const POINTS: usize = 401;

/// The sharpness that the slider stands at: 1 to 1000.
pub fn rho() -> f64 {
    10f64.powf(dom::by_id::<HtmlInputElement>("soft-rho").value_as_number() / 100.0)
}

/// The figure at that sharpness.
pub fn chart() -> Chart {
    let x: Vec<f64> = (0..POINTS).map(|k| -3.0 + 6.0 * k as f64 / (POINTS - 1) as f64).collect();
    let modes: Vec<Vec<f64>> = (0..3).map(|k| x.iter().map(|&x| SoftParabolas::parabolas(x)[k]).collect()).collect();
    let values = SoftParabolas::new(rho()).map(|soft| x.iter().map(|&x| soft.value(x)).collect()).unwrap_or_default();
    let mut chart = soft_minimum(&x, &modes, &[(rho(), values)], [-0.1, 1.4]);
    for (k, layer) in chart.layers.iter_mut().enumerate() {
        (layer.tone, layer.shape) = if k < 3 { (Tone::Mode(k), Shape::Line(1.25)) } else { (Tone::Accent, Shape::Line(2.5)) };
    }
    chart
}

/// Listens to the slider.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("soft-rho"), "input", |_: Event| {
        let (shown, text): (Element, _) = (dom::by_id("soft-rho-value"), number(rho(), 2));
        dom::write(&shown, &text);
        dom::set(&shown, "data-value", &rho().to_string());
        dom::set(&dom::by_id("soft-rho"), "aria-valuetext", &text);
        act(App::ask_to_draw);
    });
}
