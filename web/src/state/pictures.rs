//! State of the pictures that does not depend on the run: cursors, visible parts and times of drawing.

use super::view::CanvasPicture;
use super::zoom::Zoom;

/// Cursors, visible parts and repaint state of the pictures.
#[derive(Debug, Default)]
pub struct PictureStates {
    /// Cursor in each picture, in the units of its axes.
    pub cursors: Vec<(CanvasPicture, (f64, f64))>,
    /// Pictures of which only a part is shown.
    pub zooms: Vec<Zoom>,
    /// Picture on which the keys draw a path.
    pub path_picture: Option<CanvasPicture>,
    /// Version of everything that all pictures have in common, such as colours.
    pub repaints: u64,
    /// Time of the last change of the displayed digits, in milliseconds.
    pub last_digits_ms: Option<f64>,
    /// True if the page has shown its first contents. Before that, the sizes of its parts are unknown.
    pub is_revealed: bool,
}

impl PictureStates {
    /// Position of the cursor in a picture.
    pub fn cursor(&self, picture: CanvasPicture) -> Option<(f64, f64)> {
        self.cursors.iter().find(|(of, _)| *of == picture).map(|(_, at)| *at)
    }

    /// Sets the cursor in a picture; without a cursor, a path in the picture ends. Returns whether the cursor has changed.
    pub fn set_cursor(&mut self, picture: CanvasPicture, at: Option<(f64, f64)>) -> bool {
        let has_changed = self.cursor(picture) != at;
        if has_changed {
            self.cursors.retain(|(of, _)| *of != picture);
            self.cursors.extend(at.map(|at| (picture, at)));
        }
        if at.is_none() {
            self.path_picture = self.path_picture.filter(|of| *of != picture);
        }
        has_changed
    }
}
