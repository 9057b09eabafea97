//! Pinned runs. Every picture, and a table below the number line, shows them in the state in which they were pinned.

use std::rc::Rc;

use super::app::State;
use super::form::difference;
use super::run::SceneData;
use super::view::CanvasPicture;
use multiwell::internal::controller::protocol::{Frame, UserTable};
use multiwell::internal::plot::figures::Tone;
use multiwell::internal::plot::ticks::{determination, number, whole};
use multiwell::internal::plot::{Gates, Overlay};
use multiwell::internal::problem::settings::Settings;
use multiwell::internal::problem::view::{View, ViewPicture as Drawn};

/// Maximum number of pinned runs.
pub const MAX_PINS: usize = 3;

/// A pinned run.
#[derive(Debug)]
pub struct Pin {
    /// Index of its letter, 0 for A.
    pub letter: usize,
    /// Number of the run.
    pub run: u32,
    /// Settings of the run.
    pub settings: Settings,
    /// The user's own table, if the run learns from one.
    pub table: Option<UserTable>,
    /// Ends of its domain, if it is a curve.
    domain: Option<[f64; 2]>,
    /// Its frame with its numbers.
    frame: Rc<(Frame, Vec<f32>)>,
    /// View in which it was pinned, if that was one of the run's own.
    pub view: Option<Rc<View>>,
}

impl Pin {
    /// Pins the current run under a letter.
    pub fn new(state: &State, letter: usize) -> Self {
        let scene: &SceneData = &state.run.scene;
        Self {
            letter,
            run: state.run.number,
            settings: state.run.settings.clone(),
            table: state.run.origin.table.clone(),
            domain: (scene.0.inputs == 1 && scene.0.points > 1).then_some(scene.0.domain),
            frame: Rc::clone(&state.run.frame),
            view: (state.views.name() == state.views.own.seen.view).then(|| Rc::clone(&state.views.own.seen)),
        }
    }

    /// Letter of the pin.
    pub fn name(&self) -> char {
        char::from(b'A' + self.letter as u8)
    }

    /// Lines of the pinned run in a picture.
    fn lines(&self, state: &State, picture: CanvasPicture) -> Vec<Vec<(f64, f64)>> {
        let (layout, numbers) = (self.frame.0.layout, &self.frame.1);
        let part = |range: std::ops::Range<usize>| numbers.get(range).unwrap_or_default();
        let series =
            |y: &[f32]| part(layout.epochs()).iter().zip(y).map(|(&x, &y)| (x.into(), y.into())).collect::<Vec<(f64, f64)>>();
        match picture {
            CanvasPicture::Landscape => {
                let Some([low, high]) = self.domain else { return Vec::new() };
                let fit = part(layout.fit());
                let x = |i: usize| low + (high - low) * i as f64 / (fit.len().max(2) - 1) as f64;
                vec![fit.iter().enumerate().map(|(i, &y)| (x(i), y.into())).collect()]
            }
            CanvasPicture::Loss => {
                let (low, high) = (part(layout.loss_low()), part(layout.loss_high()));
                let middle: Vec<f32> =
                    low.iter().zip(high).map(|(&l, &h)| if l > 0.0 { (l * h).sqrt() } else { f32::midpoint(l, h) }).collect();
                vec![series(&middle)]
            }
            CanvasPicture::Gates => {
                let now = state.run.frame.1.get(state.run.frame.0.layout.rho()).unwrap_or_default();
                let gates = Gates { rho: now, ..Gates::default() };
                vec![series(part(layout.rho())).into_iter().map(|(epoch, rho)| (epoch, gates.beside(rho))).collect()]
            }
            CanvasPicture::Plot(k) => self.lines_of_plot(state, k).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Lines in a plot of a view of both runs: the curves of the pinned fit, or its contours at the same heights.
    fn lines_of_plot(&self, state: &State, k: usize) -> Option<Vec<Vec<(f64, f64)>>> {
        let view = self.view.as_ref().filter(|view| view.view == state.views.own.seen.view)?;
        match (&state.views.own.plot(k)?.picture, &view.rows.iter().flatten().nth(k)?.picture) {
            (Drawn::Map(shown), Drawn::Map(own)) => Some(own.lines(&shown.levels)),
            (Drawn::Chart(_), Drawn::Chart(own)) => {
                let of_fit = own.layers.iter().filter(|layer| layer.tone == Tone::Accent && layer.is_line());
                Some(of_fit.map(|layer| layer.points.clone()).collect())
            }
            _ => None,
        }
    }
}

/// Row of the table: name of the run, differences from the current run, and its numbers.
fn row(name: String, differs: String, frame: &Frame) -> [String; 8] {
    let (metrics, potential) = (&frame.metrics, frame.metrics.potential());
    let known = |value: Option<f64>, text: &dyn Fn(f64) -> String| {
        value.filter(|value| value.is_finite()).map_or_else(|| "–".to_owned(), text)
    };
    [
        name,
        differs,
        whole(metrics.epochs),
        known(metrics.loss(), &|loss| number(loss, 3)),
        known(metrics.errors().map(|errors| errors.0), &|rmse| number(rmse, 2)),
        known(metrics.errors().map(|errors| errors.1), &determination),
        known(potential.map(|own| own.rho), &|rho| number(rho, 3)),
        known(metrics.wells().map(|wells| wells as f64), &|wells| whole(wells as u64)),
    ]
}

impl State {
    /// Table of the pinned runs and the current run; empty if none is pinned.
    pub fn pinned_rows(&self) -> Vec<[String; 8]> {
        let pinned = self.pins.iter().map(|pin| {
            let differs = difference(&pin.settings, &self.run.settings);
            row(pin.name().into(), if differs.is_empty() { "nothing".into() } else { differs }, &pin.frame.0)
        });
        let shown = row("shown".into(), String::new(), &self.run.frame.0);
        if self.pins.is_empty() { Vec::new() } else { [shown].into_iter().chain(pinned).collect() }
    }

    /// Pinned runs in a picture.
    pub fn overlays(&self, picture: CanvasPicture) -> Vec<Overlay> {
        let overlay = |pin: &Pin| Overlay { letter: pin.name(), number: pin.letter, lines: pin.lines(self, picture) };
        self.pins.iter().map(overlay).filter(|overlay| !overlay.lines.is_empty()).collect()
    }
}
