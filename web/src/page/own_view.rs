//! The run's own view as described by the worker: plots on canvases, controls, a note.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement};

use super::canvases::Canvases;
use super::{controls, dom, menu};
use crate::state::app::State;
use crate::state::view::CanvasPicture;
use multiwell::internal::problem::view::{self, Touch, View};

/// Elements of the run's own view.
#[derive(Default)]
pub struct OwnViewElements {
    /// Versions of the view and of the reader's choices that are displayed, and whether the face is simple.
    shown: (u64, u64, bool),
    /// Number of plots in each row on the page.
    shape: Vec<usize>,
    /// Figures of plots, including unused ones. The used ones are in the document.
    figures: Vec<Element>,
}

impl OwnViewElements {
    /// Shows the last view: headings, controls and the note. [`Canvases`] draws the plots.
    pub fn show(&mut self, state: &State, canvases: &mut Canvases) {
        let versions = (state.views.own.version, state.views.own.choices, state.is_simple());
        let before = std::mem::replace(&mut self.shown, versions);
        if before == versions {
            return;
        }
        controls::show(state);
        if (before.0, before.2) == (versions.0, versions.2) {
            return;
        }
        let seen = &state.views.own.seen;
        if self.lay_out(seen, canvases) {
            menu::list_pictures(state);
        }
        self.describe(seen);
        dom::write(&dom::by_id::<Element>("view-note"), &state.view_note());
        dom::set(&dom::by_id("view-plots"), "data-value", &seen.view);
    }

    /// Arranges the canvases of the plots in rows. Returns whether the number of plots in a row has changed.
    fn lay_out(&mut self, seen: &View, canvases: &mut Canvases) -> bool {
        let shape: Vec<usize> = seen.rows.iter().map(Vec::len).collect();
        if shape == self.shape {
            return false;
        }
        let (list, mut number) = (dom::by_id::<Element>("view-plots"), 0);
        list.set_text_content(None);
        for &count in &shape {
            let row = dom::make("div", &[("class", "view-plots-row")]);
            for _ in 0..count {
                dom::append_children(&row, &[&self.figure(number, canvases)]);
                number += 1;
            }
            dom::append_children(&list, &[&row]);
        }
        self.shape = shape;
        true
    }

    /// Sets the heading of each plot and its description for screen readers.
    fn describe(&self, seen: &View) {
        for (k, (plot, figure)) in seen.rows.iter().flatten().zip(&self.figures).enumerate() {
            let canvas: Element = dom::by_id(&format!("view-plot-{k}"));
            dom::write(&dom::by_id::<Element>(&format!("view-plot-title-{k}")), &plot.title);
            let words = if plot.description.is_empty() { &plot.title } else { &plot.description };
            dom::set(&canvas, "aria-label", words);
            let (kind, by_keys) = match plot.touch {
                Touch::Read => ("", "Arrow keys move a cursor that reads off values."),
                Touch::Place => ("place", "Arrow keys move a cursor, Enter adds a point under it."),
                Touch::Stroke => ("stroke", "Arrow keys move a cursor; Enter begins a path, arrow keys draw it, Enter ends it."),
            };
            dom::set(&canvas, "class", kind);
            dom::set(&canvas, "aria-description", by_keys);
            dom::toggle(figure, "map", matches!(plot.picture, view::ViewPicture::Map(_)));
        }
    }

    /// Figure of a plot; created at the first use.
    fn figure(&mut self, k: usize, canvases: &mut Canvases) -> Element {
        if let Some(figure) = self.figures.get(k) {
            return figure.clone();
        }
        let (id, title) = (format!("view-plot-{k}"), format!("view-plot-title-{k}"));
        let (figure, frame) = (dom::make("figure", &[("class", "view-plot")]), dom::make("div", &[]));
        let canvas = dom::make("canvas", &[("id", &id), ("tabindex", "0"), ("role", "img")]);
        dom::append_children(&frame, &[&canvas, &dom::make("output", &[("class", "readout"), ("hidden", "")])]);
        dom::append_children(&figure, &[&dom::make("figcaption", &[("id", &title)]), &frame]);
        canvases.add(CanvasPicture::Plot(k), canvas.unchecked_ref::<HtmlCanvasElement>());
        self.figures.push(figure.clone());
        figure
    }
}
