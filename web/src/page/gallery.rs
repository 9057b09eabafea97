//! Row of landscapes above the picture, each drawn from its potential.

use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, Element, Event, HtmlCanvasElement, HtmlElement, ImageData};

use super::dom;
use super::events::send;
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::face::Face;
use crate::state::figures::theme;
use multiwell::internal::numerics::statistics::sorted;
use multiwell::internal::plot::palette::{Theme, css};
use multiwell::internal::potentials::{self, KnownPotential};
use multiwell::internal::problem::settings::Settings;

/// Ids of the landscapes of the gallery.
const GALLERY_IDS: [&str; 5] = ["drawing", "double-well", "cosine-well", "random-wells", "muller-brown"];
/// Number of points of the picture of the reader's data.
const SAMPLE_DOTS: u32 = 48;
/// Size of a thumbnail, in pixels.
const THUMBNAIL_SIZE: [u32; 2] = [88, 48];

/// Builds the buttons.
pub fn build() {
    let gallery: Element = dom::by_id("gallery");
    let known = GALLERY_IDS.into_iter().filter_map(|id| {
        let [name, sentence] = potentials::find(id)?.description();
        Some((id, name, sentence))
    });
    let own = (Settings::OWN_DATA, "Your data", "Open a table; or drop or paste it on the page");
    for (id, name, sentence) in known.chain([own]) {
        let button = dom::make("button", &[("type", "button"), ("data-benchmark", id), ("title", sentence)]);
        let [width, height] = THUMBNAIL_SIZE.map(|size| size.to_string());
        let canvas = dom::make("canvas", &[("width", &width), ("height", &height), ("aria-hidden", "true")]);
        let words = dom::make("span", &[]);
        dom::write(&words, name);
        dom::append_children(&button, &[&canvas, &words]);
        dom::on(&button, "click", move |_: Event| send(Action::Choose(id.into())));
        dom::append_children(&gallery, &[&button]);
    }
}

/// Marks the chosen landscape and draws the thumbnails in the theme of the page.
pub fn show(state: &State) {
    let colours = if state.environment.is_dark { "dark" } else { "light" };
    let gallery: Element = dom::by_id("gallery");
    let is_drawn = gallery.get_attribute("data-colours").as_deref() == Some(colours);
    let must_draw = state.views.face == Face::Simple && !is_drawn;
    if must_draw {
        dom::set(&gallery, "data-colours", colours);
    }
    for button in dom::all("#gallery button") {
        let id = button.get_attribute("data-benchmark").unwrap_or_default();
        let wanted = state.wanted();
        let is_chosen = wanted.benchmark == id || wanted.has_own_data() && id == Settings::OWN_DATA;
        let was_chosen = button.get_attribute("aria-pressed").as_deref() == Some("true");
        dom::set(&button, "aria-pressed", if is_chosen { "true" } else { "false" });
        if is_chosen && (must_draw || !was_chosen) {
            scroll_to(&gallery, button.unchecked_ref());
        }
        if !must_draw {
            continue;
        }
        let canvas = button.first_element_child().and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok());
        let context = canvas.and_then(|canvas| canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok());
        match (context, potentials::find(&id)) {
            (Some(context), Some(potential)) => draw(&context, &*potential, theme(state)),
            (Some(context), None) => draw_samples(&context, theme(state)),
            (None, _) => {}
        }
    }
}

/// Brings a landscape to the middle of the row, which a phone shows in part.
fn scroll_to(gallery: &Element, button: &HtmlElement) {
    let left = button.offset_left() - gallery.unchecked_ref::<HtmlElement>().offset_left();
    gallery.set_scroll_left(left - (gallery.client_width() - button.offset_width()) / 2);
}

/// Draws scattered points as a symbol of the reader's data.
fn draw_samples(context: &CanvasRenderingContext2d, theme: &Theme) {
    let [columns, rows] = THUMBNAIL_SIZE.map(f64::from);
    context.clear_rect(0.0, 0.0, columns, rows);
    context.set_fill_style_str(&css(theme.accent));
    for k in 0..SAMPLE_DOTS {
        let x = 2.8 * (f64::from(k) + 0.5) / f64::from(SAMPLE_DOTS) - 1.4;
        // Pseudo-random offsets.
        let height = (x * x - 1.0).powi(2) + 0.12 * (12.9898 * f64::from(k)).sin();
        context.fill_rect((x + 1.4) / 2.8 * columns, rows - 8.0 - (rows - 14.0) * height.min(1.0), 2.0, 2.0);
    }
}

/// Draws a potential of one input as a curve, one of two inputs as a map.
fn draw(context: &CanvasRenderingContext2d, potential: &dyn KnownPotential, theme: &Theme) {
    let [width, height] = THUMBNAIL_SIZE;
    let (bounds, [columns, rows]) = (potential.bounds(), THUMBNAIL_SIZE.map(f64::from));
    let along = |axis: usize, part: f64| bounds[axis][0] + part * (bounds[axis][1] - bounds[axis][0]);
    context.clear_rect(0.0, 0.0, columns, rows);
    if bounds.len() == 1 {
        let values: Vec<f64> = (0..width).map(|k| potential.value(&[along(0, (f64::from(k) + 0.5) / columns)])).collect();
        let ordered = sorted(values.clone());
        let [low, high] = [ordered[0], ordered[ordered.len() - 1]];
        context.begin_path();
        for (k, value) in values.iter().enumerate() {
            context.line_to(k as f64 + 0.5, 3.0 + (rows - 6.0) * (high - value) / (high - low));
        }
        context.set_stroke_style_str(&css(theme.accent));
        context.set_line_width(2.0);
        return context.stroke();
    }
    let place = |pixel: u32| {
        let parts = [f64::from(pixel % width) / columns, 1.0 - f64::from(pixel / width) / rows];
        [along(0, parts[0]), along(1, parts[1])]
    };
    let values: Vec<f64> = (0..width * height).map(|pixel| potential.value(&place(pixel))).collect();
    // Colours follow the rank of a value, so that steep walls do not use up the colours of the wells.
    let ordered = sorted(values.clone());
    let rank = |value: &f64| ordered.partition_point(|other| other < value) as f64 / ordered.len() as f64;
    let colours = values.iter().flat_map(|value| {
        let (red, green, blue) = theme.height(rank(value));
        [red, green, blue, u8::MAX]
    });
    let pixels: Vec<u8> = colours.collect();
    if let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), width, height) {
        // Fails only for images without an area.
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}
