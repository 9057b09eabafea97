//! Which part of a picture is shown, where it is not all.

use super::app::State;
use super::figures::with_whole;
use super::view::CanvasPicture;
use multiwell::internal::plot::PlotAxis;
use multiwell::internal::problem::view;

/// Visible part of each axis.
pub type VisibleRange = [PlotAxis; 2];

/// A picture of which a part is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zoom {
    /// The picture.
    pub picture: CanvasPicture,
    /// All of it, as it was then.
    pub whole: VisibleRange,
    /// Visible part.
    pub part: VisibleRange,
}

/// How the part changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// To the part from a place along each axis, as a fraction of what is shown, to another.
    To([[f64; 2]; 2]),
    /// By a factor around the cursor.
    By(f64),
}

impl Change {
    /// To all of the picture.
    pub const ALL: Self = Self::To([[f64::NEG_INFINITY, f64::INFINITY]; 2]);
}

impl State {
    /// The part of a picture that is shown, if it is not all. Pictures of one view over the same axes show the same part.
    pub fn part(&self, picture: CanvasPicture) -> Option<VisibleRange> {
        self.zoom_of(picture).map(|k| self.pictures.zooms[k].part)
    }

    /// The entry of what is shown of a picture.
    pub(super) fn zoom_of(&self, picture: CanvasPicture) -> Option<usize> {
        let is_plot = |picture| matches!(picture, CanvasPicture::Plot(_));
        self.pictures.zooms.iter().position(|zoom| {
            zoom.picture == picture || (is_plot(picture) && is_plot(zoom.picture) && self.whole(picture) == Some(zoom.whole))
        })
    }

    /// All of a picture; `None` if parts of it are not shown.
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
