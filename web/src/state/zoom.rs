//! Visible parts of pictures.

use super::app::State;
use super::figures::with_whole;
use super::view::CanvasPicture;
use multiwell::internal::plot::PlotAxis;
use multiwell::internal::problem::view;

/// Visible part of each axis.
pub type VisibleRange = [PlotAxis; 2];

/// A picture with a visible part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zoom {
    /// Picture.
    pub picture: CanvasPicture,
    /// Whole range at the time of the change.
    pub whole: VisibleRange,
    /// Visible part.
    pub part: VisibleRange,
}

/// Change of the visible part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// New ends of each axis, as fractions of the visible part.
    To([[f64; 2]; 2]),
    /// By a factor around the cursor.
    By(f64),
}

impl Change {
    /// Shows the whole picture.
    pub const ALL: Self = Self::To([[f64::NEG_INFINITY, f64::INFINITY]; 2]);
}

impl State {
    /// Visible part of a picture; `None` if all of it is visible. Plots of one view with the same axes show the same part.
    pub fn part(&self, picture: CanvasPicture) -> Option<VisibleRange> {
        self.zoom_of(picture).map(|k| self.pictures.zooms[k].part)
    }

    /// Index of the entry of a picture.
    pub(super) fn zoom_of(&self, picture: CanvasPicture) -> Option<usize> {
        let is_plot = |picture| matches!(picture, CanvasPicture::Plot(_));
        self.pictures.zooms.iter().position(|zoom| {
            zoom.picture == picture || (is_plot(picture) && is_plot(zoom.picture) && self.whole(picture) == Some(zoom.whole))
        })
    }

    /// Whole range of a picture; `None` if the picture cannot be zoomed.
    pub(super) fn whole(&self, picture: CanvasPicture) -> Option<VisibleRange> {
        match picture {
            CanvasPicture::Fits => None,
            CanvasPicture::Plot(k) => match &self.views.own.plot(k)?.picture {
                view::ViewPicture::Map(map) => Some(map.whole.map(|[low, high]| PlotAxis::linear(low, high))),
                view::ViewPicture::Chart(chart) => Some([chart.x, chart.y]),
            },
            _ => {
                let mut whole = None;
                with_whole(self, picture, None, (400.0, 300.0), &mut |figure| {
                    let panel = figure.panel((400.0, 300.0));
                    whole = Some([panel.x, panel.y]);
                });
                whole
            }
        }
    }
}
