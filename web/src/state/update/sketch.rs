//! The pencil on the picture: a run follows what is drawn, and when the tool is lifted a run of the whole recipe begins, which is that of the link.

use crate::state::app::{Shot, State};
use crate::state::sketch::{Gesture, Held, Marks, Tool, place, values};
use crate::state::view::{Picture, ViewId};
use multiwell::controller::protocol::Request;
use multiwell::plot::Panel;
use multiwell::potentials::sketch::points::{FINEST, Place};
use multiwell::potentials::sketch::{first, samples};
use multiwell::problem::settings::Settings;

/// Least milliseconds between two drawings that a run is asked to follow: it is to train in between.
const PAUSE: f64 = 40.0;
/// Milliseconds after which a request that was not answered is repeated.
const PATIENCE: f64 = 2000.0;
/// Most drawings that can be taken back.
const REMEMBERED: usize = 100;

impl State {
    /// Whether the picture is one that is drawn upon.
    pub fn is_sketched(&self) -> bool {
        self.scene.0.paper.is_some() && self.view == ViewId::Landscape && self.parts.shows("sketch")
    }

    /// The tool that the pointer is on the picture.
    pub fn tool(&self) -> Option<Tool> {
        self.sketch.tool.filter(|_| self.is_sketched())
    }

    /// The drawing that is shown or asked for.
    pub fn marks(&self) -> Marks {
        let read = || Marks::read(&self.wanted().benchmark, self.drawing());
        self.sketch.gesture.as_ref().map_or_else(read, |gesture| gesture.now.clone())
    }

    /// Whether what is drawn is too little to be learnt.
    pub fn is_draft(&self) -> bool {
        self.scene.0.paper.is_some() && !self.marks().are_enough()
    }

    /// Whether the drawing is the example that the benchmark begins with, which the first stroke takes the place of.
    pub fn is_example(&self) -> bool {
        first(&self.wanted().benchmark) == Some(self.drawing())
    }

    /// The density of samples at a value of their potential.
    pub fn density_of(&self, psi: f64) -> f64 {
        let kt = self.settings.potential().and_then(|own| own.kt).unwrap_or(1.0);
        (-psi / kt).exp()
    }

    fn drawing(&self) -> &str {
        let asked = || self.wanted().potential().map_or("", |own| &own.drawing);
        self.sketch.draft.as_deref().unwrap_or_else(asked)
    }

    /// The columns of the paper between the barriers of the fit on both sides of one.
    fn well_around(&self, paper: [[f64; 2]; 2], column: i32) -> [i32; 2] {
        let barriers = self.frame.0.saddles.iter().filter_map(|saddle| Some(place(paper, (*saddle.x.first()?, 0.0))[0]));
        barriers.fold(
            [0, FINEST],
            |[left, right], barrier| {
                if barrier <= column { [left.max(barrier), right] } else { [left, right.min(barrier)] }
            },
        )
    }

    /// Chooses a tool, or puts it away if it is the one in hand.
    pub(super) fn take_tool(&mut self, tool: Tool) {
        if self.is_sketched() {
            self.lift(false);
            self.sketch.tool = Some(tool).filter(|_| self.sketch.tool != Some(tool));
            self.repaint();
        }
    }

    /// A tool is put down on the picture, or moved on; false if none is.
    pub(super) fn use_tool(&mut self, at: (f64, f64), begins: bool) -> bool {
        let (Some(tool), Some(paper)) = (self.tool(), self.scene.0.paper) else { return false };
        let at = place(paper, at);
        if begins {
            self.lift(false);
            let (well, is_example) = (self.well_around(paper, at[0]), self.is_example());
            self.sketch.gesture = Some(Gesture::begin(tool, self.marks(), at, well, is_example));
            self.sketch.count = 0;
        } else if let Some(gesture) = &mut self.sketch.gesture {
            gesture.go_to(at);
        }
        self.draw();
        true
    }

    /// The tool is lifted: what was drawn is learnt, unless it is given up.
    pub(super) fn lift(&mut self, is_given_up: bool) {
        let Some(gesture) = self.sketch.gesture.take() else { return };
        match gesture.end().filter(|_| !is_given_up) {
            Some(marks) => {
                let before = self.drawing().to_owned();
                self.sketch.past.push(before);
                if self.sketch.past.len() > REMEMBERED {
                    self.sketch.past.remove(0);
                }
                self.sketch.future.clear();
                self.take_drawing(&marks);
            }
            None => self.end_following(),
        }
        self.repaint();
        self.show();
    }

    /// A drawing takes the place of the one before: it is learnt, unless it has too few samples yet.
    fn take_drawing(&mut self, marks: &Marks) {
        let drawing = marks.text();
        let is_learnt = self.wanted().potential().is_some_and(|own| own.drawing == drawing);
        if let Some(samples) = marks.samples().filter(|samples| !samples.are_enough()) {
            self.end_following();
            self.announce(format!("{} of the {} samples that are needed.", samples.columns().len(), samples::LEAST));
            self.sketch.draft = Some(drawing);
        } else if self.sketch.draft.take().is_some() && is_learnt {
            self.end_following();
        } else {
            self.learn_drawing(drawing);
        }
        self.repaint();
        self.show();
    }

    /// Goes one drawing back, or forth again.
    pub(super) fn step_drawing(&mut self, back: bool) {
        if self.sketch.gesture.is_some() {
            return self.lift(true);
        }
        let before = self.drawing().to_owned();
        let Self { sketch, .. } = self;
        let (from, to) = if back { (&mut sketch.past, &mut sketch.future) } else { (&mut sketch.future, &mut sketch.past) };
        if let Some(drawing) = from.pop() {
            to.push(before);
            self.take_drawing(&Marks::read(&self.wanted().benchmark, &drawing));
            self.announce(if back { "The last stroke is taken back." } else { "The stroke is there again." });
        }
    }

    fn learn_drawing(&mut self, drawing: String) {
        let mut settings = self.wanted().clone();
        if let Some(own) = settings.potential_mut() {
            own.drawing = drawing;
        }
        self.start_with_own_table(settings, true);
    }

    /// The run that was drawn upon is shown again.
    pub(super) fn end_following(&mut self) {
        if self.sketch.followed.take().is_some() {
            self.ask(Request::Redraw { drawing: None });
        }
    }

    /// Lets the run follow what is being drawn.
    pub(super) fn follow_sketch(&mut self) {
        let is_new = |gesture: &&Gesture| gesture.has_changed() && gesture.now.are_enough();
        let Some(drawing) = self.sketch.gesture.as_ref().filter(is_new).map(Gesture::drawing) else { return };
        if self.sketch.followed.as_ref() == Some(&drawing) {
            return;
        }
        let (asked, waits) = self.sketch.asked;
        if self.trainer.pending.is_some() || self.now.time - asked < if waits { PATIENCE } else { PAUSE } {
            // It is tried again before the next picture.
            self.draw();
            return;
        }
        self.sketch.asked = (self.now.time, true);
        self.sketch.followed = Some(drawing.clone());
        self.ask(Request::Redraw { drawing: Some(drawing) });
    }

    /// The run has followed, unless the drawing cannot be learnt; what it learns now is shown with its next frame.
    pub(super) fn has_followed(&mut self, settings: &Settings, shot: Shot) {
        let is_learnt = settings.potential().map(|own| &own.drawing) == self.sketch.followed.as_ref();
        self.sketch.count += u32::from(is_learnt);
        (self.sketch.asked.1, self.sketch.next) = (false, Some(shot));
    }

    /// Another run has begun, or has been refused: what was drawn is learnt, or not.
    pub(super) fn sketch_has_begun(&mut self, settings: &Settings) {
        (self.sketch.followed, self.sketch.next, self.sketch.asked.1) = (None, None, false);
        self.sketch.draft = None;
        if first(&settings.benchmark).is_none() || settings.benchmark != self.settings.benchmark {
            self.sketch = crate::state::sketch::Sketching::default();
        }
    }

    /// A drawing cannot be learnt: the one before stays.
    pub(super) fn sketch_was_refused(&mut self) {
        self.sketch.past.pop();
        self.end_following();
        self.repaint();
    }

    /// A key on the picture that is drawn upon: arrows move the cursor, and the tool with it; Enter puts it down or lifts it.
    pub(super) fn nudge_tool(&mut self, panel: &Panel, (right, up): (f64, f64)) {
        let Some(paper) = self.scene.0.paper else { return };
        let here = self.cursor(Picture::Landscape).map_or([2048, -1], |at| place(paper, at));
        let on_curve = |[column, row]: Place, marks: &Marks| {
            [column, marks.row_at(column).unwrap_or(if row < 0 { FINEST / 2 } else { row })]
        };
        let is_down = self.sketch.gesture.is_some();
        let here = if here[1] < 0 { on_curve(here, &self.marks()) } else { here };
        if right.is_nan() {
            self.lift(true);
            return self.set_cursor(Picture::Landscape, None);
        }
        if up.is_nan() {
            if is_down {
                self.lift(false);
            } else {
                let at = self.sketch.gesture.as_ref().map_or(here, Gesture::place);
                self.set_cursor(Picture::Landscape, Some(values(paper, at)));
                self.use_tool(values(paper, at), true);
                let held = self.sketch.gesture.as_ref().and_then(|gesture| gesture.held.clone());
                self.announce(match self.sketch.tool {
                    Some(Tool::Pencil) => "The pencil is down: arrow keys draw, Enter lifts it.",
                    Some(Tool::Hand) if matches!(held, Some(Held::Samples(_))) => {
                        "The samples of this well are held: arrow keys move them, Enter lets go."
                    }
                    Some(Tool::Hand) if held.is_some() => "Held: arrow keys move it, Enter lets go.",
                    Some(Tool::Hand) => "There is nothing of the drawing here.",
                    Some(Tool::Eraser) => "The eraser is down: arrow keys move it, Enter lifts it.",
                    None => "",
                });
                if self.sketch.tool == Some(Tool::Hand) && held.is_none() {
                    self.lift(true);
                }
            }
            return;
        }
        let (x, y) = values(paper, here);
        let step = |from: f64, by: f64| (from + by / 100.0).clamp(0.0, 1.0);
        let at = (panel.x.value(step(panel.x.along(x), right)), panel.y.value(step(panel.y.along(y), up)));
        if is_down {
            self.set_cursor(Picture::Landscape, Some(at));
            self.use_tool(at, false);
        } else {
            // Along the drawing, unless it is left by the other arrows.
            let at = if up == 0.0 { values(paper, on_curve(place(paper, at), &self.marks())) } else { at };
            self.set_cursor(Picture::Landscape, Some(at));
        }
    }

    /// Takes away the point at the cursor.
    pub(super) fn erase_at_cursor(&mut self) {
        let (Some(at), Some(tool)) = (self.cursor(Picture::Landscape), self.tool()) else { return };
        self.sketch.tool = Some(Tool::Eraser);
        self.use_tool(at, true);
        self.lift(false);
        self.sketch.tool = Some(tool);
    }
}
