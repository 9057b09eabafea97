//! First picture of a large table: a fit to some of its lines while the rest is read.

use crate::problem::job::{self, Job, OpenedFit};
use crate::problem::jobs;
use crate::problem::table::UserTable;
use crate::problem::{InvalidSetting, Settings};
use crate::recipe::Stage;

/// Name of the stage in which a large table is read. Its progress is in megabytes.
pub const READING_STAGE: &str = "read";
/// Smallest size in bytes of a table with a preview. Reading it takes a few tenths of a second.
const LARGE_TABLE_BYTES: usize = 4_000_000;
/// Number of bytes of an excerpt from the beginning, which may contain comments and names, and number of lines from the rest.
const BEGINNING_BYTES: usize = 20_000;
const EXCERPT_LINES: usize = 4_000;
/// Number and size in bytes of the stretches in an excerpt of a large file.
const STRETCH_COUNT: u64 = 40;
const STRETCH_BYTES: u64 = 5_000;

/// Inputs of a new run.
pub(super) struct PreviewInputs {
    pub settings: Settings,
    pub table: Option<UserTable>,
    pub model: Option<String>,
}

/// State of the whole table behind a preview.
pub(super) enum Preview {
    /// Run on an excerpt of a large file, which is being read.
    Awaiting {
        given: Box<PreviewInputs>,
        /// Number of bytes read, and size of the file in bytes.
        read: [u64; 2],
    },
    /// Run that starts after its table has been read.
    Reading(Box<PreviewInputs>),
    /// Errors of the table.
    Refused(Vec<InvalidSetting>),
}

impl PreviewInputs {
    /// Opens the job on the whole table.
    pub fn open(&self) -> OpenedFit {
        jobs::open(self.settings.clone(), job::FitInputs { table: self.table.as_ref(), model: self.model.as_deref() })
    }

    /// Job on some lines of the table, if it is large and those lines are usable.
    pub fn preview(&self) -> Option<Box<dyn Job>> {
        let table = self.table.as_ref().filter(|_| self.model.is_none()).and_then(sparse_excerpt)?;
        jobs::open(self.settings.clone(), job::FitInputs { table: Some(&table), model: None }).ok()
    }
}

impl Preview {
    /// Stage shown during the preview.
    pub fn stage(&self) -> Option<Stage> {
        let megabytes = match self {
            Self::Awaiting { read, .. } => read.map(|bytes| bytes.div_ceil(1_000_000)),
            Self::Reading(given) => [given.table.as_ref().map_or(0, |table| table.text.len() as u64).div_ceil(1_000_000); 2],
            Self::Refused(_) => return None,
        };
        let sentence = "Some rows are shown while all are read; training begins with all.".into();
        Some(Stage { name: READING_STAGE.into(), sentence, done: megabytes[0], of: megabytes[1], by_steps: false })
    }
}

/// Byte ranges `[begin, end]` of the excerpt of a large file: its beginning, and stretches spread over the rest.
pub fn places(size: u64) -> impl Iterator<Item = [u64; 2]> {
    let first = (BEGINNING_BYTES as u64).min(size);
    let rest = (0..STRETCH_COUNT).map(move |k| first + (size - first) / STRETCH_COUNT * k);
    std::iter::once([0, first]).chain(rest.map(move |begin| [begin, (begin + STRETCH_BYTES).min(size)]))
}

/// Whole lines in the parts of a file at [`places`]; `None` if they are not text.
pub fn excerpt(parts: &[Vec<u8>]) -> Option<String> {
    let mut text = Vec::new();
    for (k, part) in parts.iter().enumerate() {
        let mut ends = part.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        // A stretch begins within a line, and contains an unknown number of lines.
        let (begin, end) = if k == 0 {
            (0, ends.next_back()?)
        } else {
            let begin = ends.next()?;
            (begin, ends.take(EXCERPT_LINES / STRETCH_COUNT as usize).last().unwrap_or(begin))
        };
        text.extend_from_slice(part.get(begin..end)?);
    }
    String::from_utf8(text).ok()
}

/// Lines spread over a large table; `None` if it is not large.
fn sparse_excerpt(table: &UserTable) -> Option<UserTable> {
    let text = table.text.as_str();
    if text.len() < LARGE_TABLE_BYTES {
        return None;
    }
    let after = |at: usize| text.as_bytes()[at..].iter().position(|byte| *byte == b'\n').map(|line| at + line + 1);
    let first = after(BEGINNING_BYTES)?;
    let mut excerpt = text.get(..first)?.to_owned();
    let mut end = first;
    for k in 0..EXCERPT_LINES {
        let start = after(first + (text.len() - first) / EXCERPT_LINES * k)?.max(end);
        end = after(start).unwrap_or(text.len());
        excerpt.push_str(text.get(start..end)?);
    }
    Some(UserTable { name: table.name.clone(), text: excerpt, held: table.held, columns: table.columns.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::Controller;
    use crate::controller::protocol::{Frame, Reply, Request, Status};
    use crate::data::csv::Columns;
    use crate::problem::settings::Recipe;

    #[test]
    fn excerpt_has_whole_lines_from_all_parts() {
        let columns = Columns { target: Some("y".into()), ..Columns::default() };
        let table = UserTable { name: "t".into(), text: table_of(400_000), columns, held: 0 };
        let excerpt = sparse_excerpt(&table).expect("it is large");
        assert_eq!((excerpt.columns.target.as_deref(), excerpt.text.lines().next()), (Some("y"), Some("x,y")));
        let x: Vec<f64> = excerpt.text.lines().skip(1).map(|line| line.split_once(',').unwrap().0.parse().unwrap()).collect();
        assert!(x.windows(2).all(|pair| pair[0] < pair[1]) && x.len() > EXCERPT_LINES && x[x.len() - 1] > 39.9, "{}", x.len());
        assert!(sparse_excerpt(&UserTable { text: "x,y\n1,2\n".into(), ..table }).is_none());
    }

    fn table_of(rows: u32) -> String {
        (0..rows).fold(String::from("x,y\n"), |text, k| text + &format!("{:.4},{}.5\n", f64::from(k) * 1e-4, k % 7))
    }

    fn begun(last_row: &str) -> (Controller, Request) {
        let table = UserTable { name: "t".into(), text: table_of(400_000) + last_row, ..UserTable::default() };
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
    fn large_table_is_previewed_before_it_is_read() {
        let (mut controller, start) = begun("");
        let samples = |replies: &[(Reply, Option<Vec<f32>>)]| match replies {
            [(Reply::Scene { run: 1, scene, .. }, Some(_)), ..] => (scene.samples, scene.rows),
            other => panic!("{other:?}"),
        };
        let (some, all) = samples(&controller.answer(start));
        assert!(some > EXCERPT_LINES && some < 10_000 && all.is_none(), "{some} {all:?}");
        let seen = frame(&mut controller);
        assert_eq!((seen.status, seen.stage.unwrap().name.as_str()), (Status::Running, "read"));
        assert!(controller.has_to_read() && !controller.is_training());
        assert!(controller.answer(Request::Pause).is_empty() && controller.answer(Request::Go).is_empty());
        let replies = controller.read();
        assert_eq!(samples(&replies), (10_000, Some(400_000)));
        assert!(matches!(&replies[1].0, Reply::Notes { run: 1, notes } if notes[0].starts_with("400,000 rows are averaged")));
        assert!(!controller.has_to_read() && controller.is_training() && controller.train(1) == 1);
    }

    /// Controller with the preview of a large file of this text, and its reply.
    fn opened(text: &str) -> (Controller, Reply) {
        let part = |[begin, end]: [u64; 2]| text.as_bytes()[begin as usize..end as usize].to_vec();
        let excerpt = excerpt(&places(text.len() as u64).map(part).collect::<Vec<_>>()).expect("it is text");
        assert!(excerpt.lines().skip(1).all(|line| text.contains(&format!("\n{line}\n"))), "of whole lines");
        let table = UserTable { name: "t".into(), text: excerpt, held: 3, ..UserTable::default() };
        let settings = Settings::on(Recipe::Reliable, Settings::OWN_DATA).with("modes=2&hidden=3").unwrap();
        let mut controller = Controller::default();
        let (scene, _) = controller
            .start_excerpt(1, settings, (&table, text.len() as u64), true)
            .expect("it can be learnt from")
            .swap_remove(0);
        (controller, scene)
    }

    #[test]
    fn large_file_is_previewed_with_progress_of_reading() {
        let text = table_of(400_000);
        let (mut controller, Reply::Scene { scene, .. }) = opened(&text) else { panic!("no scene") };
        assert!(scene.samples > EXCERPT_LINES && scene.samples < 10_000 && scene.rows.is_none(), "{}", scene.samples);
        assert_eq!((controller.awaited(), controller.is_training(), controller.has_to_read()), (Some(3), false, false));
        controller.set_read_bytes([2_500_000, 5_000_000]);
        let stage = frame(&mut controller).stage.unwrap();
        assert_eq!((stage.name.as_str(), stage.done, stage.of), (READING_STAGE, 3, 5));
        assert!(controller.needs_all(&Request::Step) && !controller.needs_all(&Request::Pause));
        assert!(controller.take_file(Ok(text.into_bytes())).is_empty());
        assert!(controller.awaited().is_none() && controller.has_to_read());
        let replies = controller.read();
        assert!(matches!(&replies[0].0, Reply::Scene { scene, .. } if scene.rows == Some(400_000)));
        assert!(controller.is_training());
    }

    #[test]
    fn missing_large_file_is_refused() {
        let (mut controller, _) = opened(&table_of(100_000));
        let refused = controller.take_file(Err("the file is gone"));
        assert!(controller.awaited().is_none() && !controller.is_training() && !controller.has_to_read());
        assert!(matches!(&refused[..], [(Reply::Refused { run: 1, problems }, None)] if problems[0].sentence.contains("gone")));
    }

    #[test]
    fn error_after_preview_is_reported_and_run_not_trained() {
        let (mut controller, start) = begun("1,two\n");
        controller.answer(start);
        let is_refusal = |replies: &[(Reply, Option<Vec<f32>>)]| matches!(replies, [(Reply::Refused { run: 1, problems }, None)] if problems[0].sentence.contains("400001"));
        let replies = controller.answer(Request::Step);
        assert!(is_refusal(&replies), "{replies:?}");
        controller.answer(Request::Go);
        assert!(!controller.is_training() && !controller.has_to_read());
        assert!(is_refusal(&controller.answer(Request::Save { is_kept: false })));
    }
}
