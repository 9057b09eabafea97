//! SVG pictures of a fit in progress, for front ends without a canvas of the library. They equal the page's pictures.

use serde::Serialize;

use super::by_name::TimedTraining;
use crate::plot::{Figure, Theme, svg};
use crate::problem::curve::CurveParts;
use crate::problem::frame::Freshness;
use crate::problem::view::{self, Plot, Tab, ViewState, ViewTable};

/// Distance in pixels between two pictures in a row, and height above each picture for its title.
const PICTURE_GAP_PX: f64 = 16.0;
const TITLE_HEIGHT_PX: f64 = 20.0;
/// Maximum ratio of width to height of a map that is the only picture.
const MAX_ASPECT: f64 = 1.6;

/// Pictures and tables of one view of a fit.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pictures {
    /// Available views; empty if there is only one.
    pub tabs: Vec<Tab>,
    /// Name of the shown view.
    pub view: String,
    /// Pictures of the view in rows.
    pub rows: Vec<Vec<Picture>>,
    /// Table beside the pictures. It has no header row if there is none.
    pub table: ViewTable,
    /// Sentence beside the pictures; may be empty.
    pub note: String,
}

/// Picture of a view.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Picture {
    /// Title in a few words; may be empty.
    pub title: String,
    /// Description in a sentence for readers who cannot see the picture; may be empty.
    pub description: String,
    /// Text of an SVG file.
    pub svg: String,
    /// Left, right, upper and lower edge of the plot area in pixels.
    pub area: [f64; 4],
    /// Left and right end of the horizontal axis, then lower and upper end of the vertical axis.
    pub ends: [f64; 4],
}

fn drawn(figure: &dyn Figure, size: (f64, f64), theme: &Theme) -> Picture {
    let (width, height) = (size.0.max(120.0).round(), size.1.max(100.0).round());
    let panel = figure.panel((width, height));
    Picture {
        svg: svg(figure, (width as u32, height as u32), theme),
        area: [panel.left, panel.right, panel.top, panel.bottom],
        ends: [panel.x.value(0.0), panel.x.value(1.0), panel.y.value(0.0), panel.y.value(1.0)],
        ..Picture::default()
    }
}

impl TimedTraining {
    /// Pictures of the view called `wanted`, or of the first view if there is none of this name. `size` is width and height in pixels.
    pub fn pictures(&mut self, wanted: &str, size: (f64, f64), theme: &Theme, freshness: Freshness) -> Pictures {
        let tabs = self.job().tabs();
        let Some(tab) = tabs.iter().find(|tab| tab.id == wanted).or(tabs.first()) else {
            return Pictures { rows: vec![vec![self.landscape(size, theme, freshness)]], ..Pictures::default() };
        };
        let state = ViewState { view: tab.id.clone(), ..ViewState::default() };
        let seen = self.job().view(&state).unwrap_or_default();
        let height = size.1 / seen.rows.len().max(1) as f64 - TITLE_HEIGHT_PX;
        let row = |plots: &Vec<Plot>| {
            let width = (size.0 + PICTURE_GAP_PX) / plots.len().max(1) as f64 - PICTURE_GAP_PX;
            let one = |plot: &Plot| {
                let is_map = matches!(plot.picture, view::ViewPicture::Map(_));
                let width = if is_map { width.min(MAX_ASPECT * height) } else { width };
                let picture = drawn(&plot.picture, (width, height), theme);
                Picture { title: plot.title.clone(), description: plot.description.clone(), ..picture }
            };
            plots.iter().map(one).collect()
        };
        Pictures { view: seen.view.clone(), rows: seen.rows.iter().map(row).collect(), table: seen.table, note: seen.note, tabs }
    }

    /// First picture of the first view. `size` is width and height in pixels.
    pub fn first_picture(&mut self, size: (f64, f64), theme: &Theme) -> Picture {
        let tab = self.job().tabs().into_iter().next();
        let first = tab.and_then(|tab| self.job().view(&ViewState { view: tab.id, ..ViewState::default() }));
        match first.iter().flat_map(|view| view.rows.iter().flatten()).next() {
            Some(plot) => drawn(&plot.picture, size, theme),
            None => self.landscape(size, theme, Freshness::Current),
        }
    }

    /// Curves of one input: data, fit, modes, minima and barriers.
    fn landscape(&mut self, size: (f64, f64), theme: &Theme, freshness: Freshness) -> Picture {
        let (frame, numbers) = self.job().frame(freshness);
        let (scene, data) = self.scene();
        let parts = CurveParts::new((scene, data), (&frame, &numbers));
        let landscape = parts.landscape();
        let [across, upward] = landscape.names;
        let description = format!("{upward} against {across}: data, fit, its modes, minima and barriers.");
        Picture { description, ..drawn(&landscape, size, theme) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::by_name;
    use std::time::Duration;

    #[test]
    fn curves_and_views_have_figures() {
        let quick = |more: &[(&str, &str)]| -> Vec<(String, String)> {
            let all = [("epochs", "100"), ("modes", "2")].iter().chain(more);
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for (id, views) in [("double-well", 0), ("muller-brown", 2)] {
            let mut training = by_name::benchmark(id, &quick(&[]), None).unwrap();
            for is_trained in [false, true] {
                while is_trained && training.advance(Duration::from_millis(20)) {}
                let seen = training.pictures("", (600.0, 320.0), &Theme::DARK, Freshness::Current);
                assert!(seen.tabs.len() >= views && (views > 0 || seen.tabs.is_empty()), "{id}: {:?}", seen.tabs);
                for picture in seen.rows.iter().flatten() {
                    assert!(picture.svg.contains("</svg>") && !picture.svg.contains("NaN"), "{id}");
                    assert!(
                        picture.area[0] < picture.area[1]
                            && picture.area[2] < picture.area[3]
                            && picture.ends[0] < picture.ends[1]
                    );
                    assert!(!picture.description.is_empty());
                }
                assert!(!seen.rows.is_empty());
            }
        }
    }
}
