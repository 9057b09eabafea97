//! Which part of a picture is shown, where it is not all.

use super::app::State;
use super::figures::with_whole;
use super::view::Picture;
use multiwell::plot::Axis;
use multiwell::problem::view;

/// What is shown of each axis.
pub type Part = [Axis; 2];

/// A picture of which a part is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zoom {
    /// The picture.
    pub picture: Picture,
    /// All of it, as it was then.
    pub whole: Part,
    /// What is shown.
    pub part: Part,
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
    pub fn part(&self, picture: Picture) -> Option<Part> {
        self.zoom_of(picture).map(|k| self.zooms[k].part)
    }

    /// The entry of what is shown of a picture.
    pub(super) fn zoom_of(&self, picture: Picture) -> Option<usize> {
        let is_plot = |picture| matches!(picture, Picture::Plot(_));
        self.zooms.iter().position(|zoom| {
            zoom.picture == picture || (is_plot(picture) && is_plot(zoom.picture) && self.whole(picture) == Some(zoom.whole))
        })
    }

    /// All of a picture; `None` if parts of it are not shown.
    pub(super) fn whole(&self, picture: Picture) -> Option<Part> {
        match picture {
            Picture::Fits => None,
            Picture::Plot(k) => match &self.own.plot(k)?.picture {
                view::Picture::Map(map) => Some(map.whole.map(|[low, high]| Axis::linear(low, high))),
                view::Picture::Chart(chart) => Some([chart.x, chart.y]),
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

    /// Whether a picture is of a map, and whether that is to scale.
    pub(super) fn map(&self, picture: Picture) -> Option<bool> {
        let Picture::Plot(k) = picture else { return None };
        match &self.own.plot(k)?.picture {
            view::Picture::Map(map) => Some(map.is_to_scale),
            view::Picture::Chart(_) => None,
        }
    }
}
