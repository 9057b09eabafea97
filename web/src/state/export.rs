//! Pictures as files: a single picture, or the whole view on one sheet.

use super::app::State;
use super::figures::with_figure;
use super::view::{CanvasPicture, PICTURE_LIST, ViewId};
use multiwell::internal::plot::{self, DrawResult, Figure, HPos, Ink, Surface, Theme};
use multiwell::internal::problem::settings::shortest;

/// Name of the whole view in the list of pictures.
pub const VIEW_NAME: &str = "view";
/// Suffix of the names of files that show a part of a picture.
const PART_SUFFIX: &str = "-enlarged";
/// Width of a whole view, the gap between its pictures, and the height of a title, in pixels.
const VIEW_WIDTH_PX: f64 = 1280.0;
const GAP_PX: f64 = 16.0;
const TITLE_HEIGHT_PX: f64 = 22.0;

/// File format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Vector graphics.
    Svg,
    /// Raster graphics.
    Png,
    /// Plotted numbers as CSV.
    Csv,
    /// Plotted numbers as tables on the page.
    Table,
}

/// A picture on a sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedPicture {
    picture: CanvasPicture,
    title: String,
    at: (f64, f64),
    size: (f64, f64),
}

/// Pictures that are saved as one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureSheet {
    /// Name of the file without its extension.
    pub name: String,
    /// Width and height in CSS pixels.
    pub size: (u32, u32),
    pictures: Vec<PlacedPicture>,
    /// Caption below the pictures.
    below: String,
}

impl PictureSheet {
    /// Sheet of a picture by its name in the list: the number of a plot, the name of a built-in picture, or the whole view.
    pub fn new(state: &State, wanted: &str) -> Self {
        let mut sheet = if wanted == VIEW_NAME { Self::of_view(state) } else { Self::of_one(state, wanted) };
        // The caption marks a recorded state.
        if state.run.frame.0.selected_snapshot.is_some() {
            sheet.below = format!("epoch {}", state.run.frame.0.metrics.epochs);
            sheet.name = format!("{}-{}", sheet.name, sheet.below.replace(' ', "-"));
            sheet.size.1 += TITLE_HEIGHT_PX as u32;
        }
        sheet
    }

    fn of_one(state: &State, wanted: &str) -> Self {
        let plot = wanted.parse().ok().and_then(|k| Some((CanvasPicture::Plot(k), state.views.own.plot(k)?.title.as_str())));
        let known = PICTURE_LIST.iter().find(|(.., name, _)| *name == wanted).unwrap_or(&PICTURE_LIST[0]);
        let (picture, name) = plot.unwrap_or((known.0, known.2));
        let size = match picture {
            CanvasPicture::Landscape | CanvasPicture::Fits | CanvasPicture::Soft => (960, 480),
            CanvasPicture::Plot(_) => (480, 400),
            _ => (640, 320),
        };
        let all = (f64::from(size.0), f64::from(size.1));
        let placed = PlacedPicture { picture, title: String::new(), at: (0.0, 0.0), size: all };
        let name = name.split(':').next().unwrap_or_default().replace([' ', '/'], "-")
            + if state.part(picture).is_some() { PART_SUFFIX } else { "" };
        Self { name, size, pictures: vec![placed], below: String::new() }
    }

    fn of_view(state: &State) -> Self {
        let part = if state.pictures.zooms.is_empty() { "" } else { PART_SUFFIX };
        let mut sheet = Self { name: format!("{}{part}", state.views.name()), ..Self::default() };
        let mut next = 0;
        for row in state.views.own.seen.rows.iter().filter(|_| state.views.current == ViewId::Own) {
            let plots = row.iter().map(|plot| {
                next += 1;
                (CanvasPicture::Plot(next - 1), plot.title.clone())
            });
            sheet.row(plots.collect(), if row.len() > 2 { 300.0 } else { 380.0 });
        }
        let has_modes = state.run.frame.0.layout.modes > 0;
        let of_view = PICTURE_LIST.iter().filter(|(.., views)| views.contains(&state.views.current));
        let (large, small): (Vec<_>, Vec<_>) = of_view
            .map(|(picture, ..)| (*picture, String::new()))
            .filter(|(picture, _)| has_modes || *picture != CanvasPicture::Gates)
            .partition(|(picture, _)| matches!(picture, CanvasPicture::Landscape | CanvasPicture::Fits | CanvasPicture::Soft));
        sheet.row(large, 520.0);
        sheet.row(small, 220.0);
        sheet
    }

    /// Adds a row of pictures of equal widths below the existing ones.
    fn row(&mut self, pictures: Vec<(CanvasPicture, String)>, height: f64) {
        if pictures.is_empty() {
            return;
        }
        let width = (VIEW_WIDTH_PX + GAP_PX) / pictures.len() as f64 - GAP_PX;
        let below = f64::from(self.size.1);
        let has_titles = pictures.iter().any(|(_, title)| !title.is_empty());
        let top = below + if has_titles { TITLE_HEIGHT_PX } else { 0.0 };
        for (k, (picture, title)) in pictures.into_iter().enumerate() {
            self.pictures.push(PlacedPicture { picture, title, at: ((width + GAP_PX) * k as f64, top), size: (width, height) });
        }
        self.size = (VIEW_WIDTH_PX as u32, (top + height) as u32);
    }

    /// Draws all pictures.
    pub fn draw(&self, state: &State, ink: &mut dyn Ink, theme: &Theme, text_scale: f64) -> DrawResult {
        for PlacedPicture { picture, title, at, size } in &self.pictures {
            let title_at = (at.0 + 6.0, at.1 - TITLE_HEIGHT_PX / 2.0);
            Surface::new(ink, *size, theme, text_scale).text(title, title_at, HPos::Left, 13.0, theme.ink)?;
            let mut drawn = Ok(());
            with_figure(state, *picture, None, *size, &mut |figure: &dyn Figure| {
                drawn = plot::draw_at(figure, ink, *at, *size, theme, text_scale);
            });
            drawn?;
        }
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let below = (6.0, height - TITLE_HEIGHT_PX / 2.0);
        Surface::new(ink, (width, height), theme, text_scale).text(&self.below, below, HPos::Left, 13.0, theme.ink)
    }

    /// Text of an SVG file.
    pub fn svg(&self, state: &State, theme: &Theme) -> String {
        plot::svg_of(self.size, theme, &mut |ink, text_scale| self.draw(state, ink, theme, text_scale))
    }

    /// Plotted numbers as CSV, one point per line.
    pub fn csv(&self, state: &State) -> String {
        let mut text = String::from("picture,series,x,y,value\n");
        for PlacedPicture { picture, title, size, .. } in &self.pictures {
            let known = PICTURE_LIST.iter().find(|known| known.0 == *picture).map_or(self.name.as_str(), |known| known.2);
            let name = if title.is_empty() { known } else { title };
            with_figure(state, *picture, None, *size, &mut |figure: &dyn Figure| {
                figure.numbers(&mut |series, numbers| {
                    let words = [name, series].map(|word| format!("\"{}\"", word.replace('"', "'")));
                    let number =
                        |k: usize| numbers.get(k).filter(|number| number.is_finite()).map_or_else(String::new, |x| shortest(*x));
                    text += &[&words[..], &[0, 1, 2].map(number)].concat().join(",");
                    text.push('\n');
                });
            });
        }
        text
    }
}
