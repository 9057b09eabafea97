//! Zooming and panning of pictures.

use crate::state::app::State;
use crate::state::view::CanvasPicture;
use crate::state::zoom::{Change, Zoom};

impl State {
    /// Changes the visible part of a picture.
    pub(super) fn zoom(&mut self, picture: CanvasPicture, change: Change) {
        let Some(whole) = self.whole(picture) else { return };
        let before = self.zoom_of(picture);
        let now = before.map_or(whole, |k| self.pictures.zooms[k].part);
        let mut ends = match change {
            Change::To(ends) => ends,
            Change::By(factor) => {
                let at = self.pictures.cursor(picture).map_or([0.5; 2], |at| [now[0].along(at.0), now[1].along(at.1)]);
                at.map(|at| at.clamp(0.0, 1.0)).map(|at| [at - at / factor, at + (1.0 - at) / factor])
            }
        };
        if self.views.own.map_is_to_scale(picture) == Some(true) {
            let most = ends.iter().map(|[from, to]| to - from).fold(0.0, f64::max);
            ends = ends.map(|[from, to]| [0.5 * (from + to - most), 0.5 * (from + to + most)]);
        }
        let part = [0, 1].map(|k| now[k].part(ends[k]).within(&whole[k]));
        if part == now {
            return;
        }
        before.map(|k| self.pictures.zooms.remove(k));
        if part != whole {
            self.pictures.zooms.push(Zoom { picture, whole, part });
        }
        if before.is_some() != (part != whole) {
            self.queue.request_show();
            self.queue.announce(if part == whole {
                "All of the picture is shown."
            } else {
                "A part of the picture is shown; key 0 shows all."
            });
        }
        let is_plot = matches!(picture, CanvasPicture::Plot(_));
        self.pictures.cursors.retain(|(of, at)| *of != picture || (part[0].shows(at.0) && (part[1].shows(at.1) || !is_plot)));
        self.zoomed();
    }

    /// Pans a picture so that its cursor stays visible.
    pub(super) fn pan_to_cursor(&mut self, picture: CanvasPicture) {
        if let (Some(part), Some(at)) = (self.part(picture), self.pictures.cursor(picture)) {
            let over = [part[0].along(at.0), part[1].along(at.1)].map(|along| along - along.clamp(0.0, 1.0));
            if over != [0.0; 2] {
                self.zoom(picture, Change::To(over.map(|over| [over, 1.0 + over])));
            }
        }
    }

    /// Handles a change of visible parts. Maps are computed again for their visible part.
    fn zoomed(&mut self) {
        let zoom = self.pictures.zooms.iter().find(|zoom| self.views.own.map_is_to_scale(zoom.picture).is_some());
        let part = zoom.map(|zoom| zoom.part.map(|axis| [0.0, 1.0].map(|end| axis.value(end))));
        if self.views.own.chosen.part != part {
            self.views.own.chosen.part = part;
            self.send_choice();
        }
        self.repaint();
    }

    /// Shows whole pictures again, except those to keep.
    pub(super) fn zoom_out(&mut self, keep: impl Fn(&Zoom) -> bool) {
        let before = self.pictures.zooms.len();
        self.pictures.zooms.retain(keep);
        if self.pictures.zooms.len() < before {
            self.zoomed();
        }
    }

    /// Shows whole maps again if their axes have changed.
    pub(super) fn check_zooms(&mut self) {
        let stays =
            |zoom: &Zoom| self.views.own.map_is_to_scale(zoom.picture).is_none() || self.whole(zoom.picture) == Some(zoom.whole);
        if !self.pictures.zooms.iter().all(stays) {
            self.zoom_out(|_| false);
        }
    }
}
