//! Drawing on the picture: the run follows the gesture. After the gesture a run of the whole recipe starts, which the link replays.

use crate::state::app::State;
use crate::state::phase::Phase;
use crate::state::sketch::{Gesture, Held, Opening, SketchMarks, Tool, place, values};
use crate::state::view::{CanvasPicture, ViewId};
use multiwell::internal::controller::protocol::Request;
use multiwell::internal::plot::Panel;
use multiwell::internal::potentials::sketch::points::{CanvasPoint, LAST_COLUMN};
use multiwell::internal::potentials::sketch::{first, samples};

/// Minimum time between two updates of a run by a drawing, in milliseconds. The run trains in between.
const REDRAW_INTERVAL_MS: f64 = 40.0;
/// Time in milliseconds after which an unanswered request is repeated.
const REPLY_TIMEOUT_MS: f64 = 2000.0;

impl State {
    /// Returns true if the picture accepts drawing.
    pub fn is_sketched(&self) -> bool {
        self.run.scene.0.canvas.is_some() && self.views.current == ViewId::Landscape && self.environment.parts.shows("sketch")
    }

    /// Active tool of the pointer on the picture.
    pub fn tool(&self) -> Option<Tool> {
        self.sketch.tool.filter(|_| self.is_sketched())
    }

    /// Current or requested drawing.
    pub fn marks(&self) -> SketchMarks {
        let read = || SketchMarks::read(&self.wanted().benchmark, self.drawing());
        self.sketch.gesture.as_ref().map_or_else(read, |gesture| gesture.now.clone())
    }

    /// Returns true if the drawing is too small to be learnt.
    pub fn is_draft(&self) -> bool {
        self.run.scene.0.canvas.is_some() && !self.marks().is_sufficient()
    }

    /// Returns true if the drawing is the benchmark's example or the opening stroke, which the first stroke of the reader replaces.
    pub fn is_example(&self) -> bool {
        self.sketch.opening == Some(Opening::Done) || first(&self.wanted().benchmark) == Some(self.drawing())
    }

    fn drawing(&self) -> &str {
        let asked = || self.wanted().potential().map_or("", |own| &own.drawing);
        self.sketch.draft.as_deref().unwrap_or_else(asked)
    }

    /// Selects a tool; without one, pointers do not draw.
    pub(super) fn take_tool(&mut self, tool: Option<Tool>) {
        if self.is_sketched() {
            self.end_stroke();
            self.sketch.tool = tool;
            self.repaint();
        }
    }

    /// Presses the tool on the picture, or moves it.
    pub(super) fn use_tool(&mut self, at: (f64, f64), begins: bool) {
        let (Some(tool), Some(canvas)) = (self.tool(), self.run.scene.0.canvas) else { return };
        let at = place(canvas, at);
        if begins {
            self.end_stroke();
            let (well, is_example) = (self.run.well_around(canvas, at[0]), self.is_example());
            self.sketch.gesture = Some(Gesture::start(tool, self.marks(), at, well, is_example));
            self.sketch.count = 0;
        } else if let Some(gesture) = &mut self.sketch.gesture {
            gesture.go_to(at);
        }
        self.queue.request_frame();
    }

    /// Draws the next part of the opening stroke. With reduced motion, the example is shown instead.
    pub(super) fn draw_opening(&mut self) {
        let Some(opening) = self.sketch.opening.filter(|opening| *opening != Opening::Done && self.run.has_frame) else { return };
        let Some(canvas) = self.run.scene.0.canvas else { return };
        if self.environment.reduces_motion || self.tool() != Some(Tool::Draw) {
            return self.end_opening();
        }
        let (places, next) = opening.advance(self.environment.now.time);
        for (k, place) in places.into_iter().enumerate() {
            let at = [0, 1].map(|axis| canvas[axis][0] + place[axis] * (canvas[axis][1] - canvas[axis][0]));
            self.use_tool((at[0], at[1]), opening == Opening::Awaited && k == 0);
        }
        if next == Opening::Done {
            self.end_opening_stroke();
        }
        self.sketch.opening = Some(next);
        self.queue.request_frame();
    }

    /// Ends the opening stroke at its current position. If it has not started, the run starts.
    pub(super) fn end_opening(&mut self) {
        match self.sketch.opening.take_if(|opening| *opening != Opening::Done) {
            Some(Opening::Drawing(..)) => self.end_opening_stroke(),
            Some(Opening::Awaited) if self.phase == Phase::Paused => self.toggle(),
            _ => {}
        }
    }

    /// Ends the opening stroke. It cannot be undone.
    fn end_opening_stroke(&mut self) {
        self.end_stroke();
        self.sketch.past.clear();
    }

    /// Ends the gesture and learns the drawing.
    pub(super) fn end_stroke(&mut self) {
        let Some(gesture) = self.sketch.gesture.take() else { return };
        match gesture.end() {
            Some(marks) => {
                let before = self.drawing().to_owned();
                self.sketch.record(before);
                self.sketch.opening.take_if(|opening| *opening == Opening::Done);
                self.take_drawing(&marks);
            }
            None => self.end_following(),
        }
        self.repaint();
        self.queue.request_show();
    }

    /// Discards the current stroke.
    pub(super) fn cancel_stroke(&mut self) {
        if self.sketch.gesture.take().is_some() {
            self.end_following();
            self.repaint();
            self.queue.request_show();
        }
    }

    /// Replaces the drawing and learns it, unless it has too few samples.
    fn take_drawing(&mut self, marks: &SketchMarks) {
        let drawing = marks.text();
        let is_learnt = self.wanted().potential().is_some_and(|own| own.drawing == drawing);
        if let Some(samples) = marks.samples().filter(|samples| !samples.is_sufficient()) {
            self.end_following();
            self.queue.announce(format!("{} of the {} required samples.", samples.columns().len(), samples::MIN_SAMPLES));
            self.sketch.draft = Some(drawing);
        } else if self.sketch.draft.take().is_some() && is_learnt {
            self.end_following();
        } else {
            let mut settings = self.wanted().clone();
            if let Some(own) = settings.potential_mut() {
                own.drawing = drawing;
            }
            self.start_with_own_table(settings, true);
        }
        self.repaint();
        self.queue.request_show();
    }

    /// Undoes or redoes one drawing.
    pub(super) fn step_drawing(&mut self, back: bool) {
        if self.sketch.gesture.is_some() {
            return self.cancel_stroke();
        }
        let before = self.drawing().to_owned();
        if let Some(drawing) = self.sketch.step(back, before) {
            self.take_drawing(&SketchMarks::read(&self.wanted().benchmark, &drawing));
            self.queue.announce(if back { "The last stroke is undone." } else { "The stroke is restored." });
        }
    }

    /// Shows the run without the gesture again.
    pub(super) fn end_following(&mut self) {
        if self.sketch.followed.take().is_some() {
            self.send_request(Request::Redraw(None));
        }
    }

    /// Sends the current drawing to the run.
    pub(super) fn follow_sketch(&mut self) {
        let Some(drawing) = self.sketch.gesture.as_ref().and_then(Gesture::new_drawing) else { return };
        if self.sketch.followed.as_ref() == Some(&drawing) {
            return;
        }
        let (asked, waits) = self.sketch.last_request;
        if self.requests.pending.is_some()
            || self.environment.now.time - asked < if waits { REPLY_TIMEOUT_MS } else { REDRAW_INTERVAL_MS }
        {
            // The next animation frame tries again.
            self.queue.request_frame();
            return;
        }
        self.sketch.last_request = (self.environment.now.time, true);
        self.sketch.followed = Some(drawing.clone());
        self.send_request(Request::Redraw(Some(drawing)));
    }

    /// Position of the cursor on the drawing; without a cursor, the middle of the drawing.
    fn tool_place(&self, canvas: [[f64; 2]; 2]) -> CanvasPoint {
        let here = self.pictures.cursor(CanvasPicture::Landscape).map_or([2048, -1], |at| place(canvas, at));
        if here[1] < 0 { on_curve(here, &self.marks()) } else { here }
    }

    /// Moves the cursor and the tool on the picture for drawing.
    pub(super) fn move_tool(&mut self, panel: &Panel, (right, up): (f64, f64)) {
        let Some(canvas) = self.run.scene.0.canvas else { return };
        let (x, y) = values(canvas, self.tool_place(canvas));
        let step = |from: f64, by: f64| (from + by / 100.0).clamp(0.0, 1.0);
        let at = (panel.x.value(step(panel.x.along(x), right)), panel.y.value(step(panel.y.along(y), up)));
        if self.sketch.gesture.is_some() {
            self.set_cursor(CanvasPicture::Landscape, Some(at));
            self.use_tool(at, false);
        } else {
            // Left and right follow the drawing; up and down leave it.
            let at = if up == 0.0 { values(canvas, on_curve(place(canvas, at), &self.marks())) } else { at };
            self.set_cursor(CanvasPicture::Landscape, Some(at));
        }
    }

    /// Starts a stroke at the cursor, or ends it.
    pub(super) fn press_tool(&mut self) {
        let Some(canvas) = self.run.scene.0.canvas else { return };
        if self.sketch.gesture.is_some() {
            return self.end_stroke();
        }
        let at = values(canvas, self.tool_place(canvas));
        self.set_cursor(CanvasPicture::Landscape, Some(at));
        self.use_tool(at, true);
        let held = self.sketch.gesture.as_ref().and_then(|gesture| gesture.held.clone());
        self.queue.announce(match self.sketch.tool {
            Some(Tool::Draw) => "Drawing: arrow keys draw, Enter ends the stroke.",
            Some(Tool::Hand) if matches!(held, Some(Held::Samples(_))) => {
                "The samples of this well are selected: arrow keys move them, Enter drops them."
            }
            Some(Tool::Hand) if held.is_some() => "Selected: arrow keys move it, Enter drops it.",
            Some(Tool::Hand) => "Nothing is drawn here.",
            Some(Tool::Eraser) => "Erasing: arrow keys move the eraser, Enter ends it.",
            None => "",
        });
        if self.sketch.tool == Some(Tool::Hand) && held.is_none() {
            self.cancel_stroke();
        }
    }

    /// Erases the point at the cursor.
    pub(super) fn erase_at_cursor(&mut self) {
        let (Some(at), Some(tool)) = (self.pictures.cursor(CanvasPicture::Landscape), self.tool()) else { return };
        self.sketch.tool = Some(Tool::Eraser);
        self.use_tool(at, true);
        self.end_stroke();
        self.sketch.tool = Some(tool);
    }
}

/// Point of the drawing in the column of a position; without one, the position itself, or the middle row if it is below the canvas.
fn on_curve([column, row]: CanvasPoint, marks: &SketchMarks) -> CanvasPoint {
    [column, marks.row_at(column).unwrap_or(if row < 0 { LAST_COLUMN / 2 } else { row })]
}
