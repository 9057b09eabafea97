//! The first picture of a large table: some of its lines are learnt from as long as it takes to read the rest.

use crate::SYSTEMS;
use crate::problem::job::{self, Job, Opened};
use crate::problem::jobs;
use crate::problem::table::Table;
use crate::problem::{InvalidSetting, Settings};
use crate::recipe::Stage;

/// Bytes of a table from which on there is a preview: about what is read in a few tenths of a second.
const LARGE: usize = 4_000_000;
/// Bytes that are taken from the beginning, which may hold comments and names, and the number of lines that are taken from the rest.
const BEGINNING: usize = 20_000;
const LINES: usize = 4_000;

/// What a run begins with.
pub(super) struct Given {
    pub settings: Settings,
    pub table: Option<Table>,
    pub model: Option<String>,
}

/// What a preview stands for.
pub(super) enum Preview {
    /// A run that begins when its table has been read.
    Of(Box<Given>),
    /// What is wrong with the table.
    Refused(Vec<InvalidSetting>),
}

impl Given {
    /// The job itself.
    pub fn open(&self) -> Opened {
        jobs::open(self.settings.clone(), job::Given { table: self.table.as_ref(), model: self.model.as_deref() })
    }

    /// A job on some lines of the table, if that is large and can be seen so.
    pub fn preview(&self) -> Option<Box<dyn Job>> {
        let table = self.table.as_ref().filter(|_| SYSTEMS && self.model.is_none()).and_then(of)?;
        jobs::open(self.settings.clone(), job::Given { table: Some(&table), model: None }).ok()
    }
}

/// The stage that is shown of a preview.
pub(super) fn reading() -> Stage {
    let sentence = "Some rows are shown while all are read; training begins with all.".into();
    Stage { name: "reading".into(), sentence, ..Stage::default() }
}

/// Some lines of a large table, spread over it; `None` if it is not large.
fn of(table: &Table) -> Option<Table> {
    let text = table.text.as_str();
    if text.len() < LARGE {
        return None;
    }
    let after = |at: usize| text.as_bytes()[at..].iter().position(|byte| *byte == b'\n').map(|line| at + line + 1);
    let first = after(BEGINNING)?;
    let mut excerpt = text.get(..first)?.to_owned();
    let mut end = first;
    for k in 0..LINES {
        let start = after(first + (text.len() - first) / LINES * k)?.max(end);
        end = after(start).unwrap_or(text.len());
        excerpt.push_str(text.get(start..end)?);
    }
    Some(Table { text: excerpt, ..table.clone_without_text() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::Controller;
    use crate::controller::protocol::{Frame, Reply, Request, Status};
    use crate::problem::settings::Recipe;

    #[test]
    fn an_excerpt_is_of_whole_lines_from_everywhere() {
        let rows: Vec<String> = (0..400_000).map(|k| format!("{k},{}.5\n", k % 7)).collect();
        let table = Table { name: "t".into(), text: format!("x,y\n{}", rows.concat()), target: "y".into(), ..Table::default() };
        let excerpt = of(&table).expect("it is large");
        assert_eq!((excerpt.target.as_str(), excerpt.text.lines().next()), ("y", Some("x,y")));
        let x: Vec<u32> = excerpt.text.lines().skip(1).map(|line| line.split_once(',').unwrap().0.parse().unwrap()).collect();
        assert!(x.windows(2).all(|pair| pair[0] < pair[1]) && x.len() > LINES && x[x.len() - 1] > 399_000, "{}", x.len());
        assert!(of(&Table { text: "x,y\n1,2\n".into(), ..table }).is_none());
    }

    fn begun(last_row: &str) -> (Controller, Request) {
        let rows: Vec<String> = (0..400_000).map(|k| format!("{:.4},{}.5\n", f64::from(k) * 1e-4, k % 7)).collect();
        let table = Table { name: "t".into(), text: format!("x,y\n{}{last_row}", rows.concat()), ..Table::default() };
        let settings = Settings::on(Recipe::Reliable, Settings::OWN_DATA).with("modes=2&hidden=3").unwrap();
        (Controller::default(), Request::Start { run: 1, settings, table: Some(table), model: None, running: true })
    }

    fn frame(controller: &mut Controller) -> Frame {
        match controller.frame() {
            Some((Reply::Frame { run: 1, frame }, _)) => *frame,
            other => panic!("no frame: {other:?}"),
        }
    }

    #[test]
    fn a_large_table_is_seen_before_it_is_read() {
        let (mut controller, start) = begun("");
        let samples = |replies: &[(Reply, Option<Vec<f32>>)]| match replies {
            [(Reply::Scene { run: 1, scene, .. }, Some(_)), ..] => (scene.samples, scene.rows),
            other => panic!("{other:?}"),
        };
        let (some, all) = samples(&controller.answer(start));
        assert!(some > LINES && some < 10_000 && all.is_none(), "{some} {all:?}");
        let seen = frame(&mut controller);
        assert_eq!((seen.status, seen.stage.unwrap().name.as_str()), (Status::Running, "reading"));
        assert!(controller.has_to_read() && !controller.is_training());
        assert!(controller.answer(Request::Pause).is_empty() && controller.answer(Request::Go).is_empty());
        let replies = controller.read();
        assert_eq!(samples(&replies), (10_000, Some(400_000)));
        assert!(matches!(&replies[1].0, Reply::Notes { run: 1, notes } if notes[0].starts_with("400,000 rows are averaged")));
        assert!(!controller.has_to_read() && controller.is_training() && controller.train(1) == 1);
    }

    #[test]
    fn what_is_wrong_behind_a_preview_is_said_and_nothing_is_trained() {
        let (mut controller, start) = begun("1,two\n");
        controller.answer(start);
        let is_refusal = |replies: &[(Reply, Option<Vec<f32>>)]| matches!(replies, [(Reply::Refused { run: 1, problems }, None)] if problems[0].sentence.contains("400001"));
        let replies = controller.answer(Request::Step);
        assert!(is_refusal(&replies), "{replies:?}");
        controller.answer(Request::Go);
        assert!(!controller.is_training() && !controller.has_to_read());
        assert!(is_refusal(&controller.answer(Request::Save)));
    }
}
