//! Pictures of short fits, one for each interpretation of a table.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::fit::by_name;
use crate::plot::Theme;
use crate::problem::settings::Settings;
use crate::problem::table::UserTable;

/// Duration of training, and of its slices.
const TRAINING_TIME: Duration = Duration::from_secs(1);
const TRAINING_SLICE: Duration = Duration::from_millis(50);
/// Width and height of a picture in pixels.
const PICTURE_SIZE: (f64, f64) = (280.0, 170.0);

/// Table, in one interpretation, whose fit is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThumbnailTask {
    /// Settings of the fit. Their benchmark is the interpretation of the table.
    pub settings: Settings,
    /// The table with the roles of its columns.
    pub table: UserTable,
    /// True if the picture has dark colours.
    pub is_dark: bool,
}

impl ThumbnailTask {
    /// Trains for a second. Returns the first picture of the fit as the text of an SVG file.
    ///
    /// # Errors
    /// One or more sentences if the table is unusable in this interpretation.
    pub fn picture(self) -> Result<String, String> {
        let sentences = |problems: Vec<crate::problem::InvalidSetting>| {
            problems.into_iter().map(|problem| problem.sentence).collect::<Vec<_>>().join(" ")
        };
        let mut training = by_name::table(self.settings, &self.table).map_err(sentences)?;
        let start = Instant::now();
        while start.elapsed() < TRAINING_TIME && training.advance(TRAINING_SLICE) {}
        let theme = if self.is_dark { &Theme::DARK } else { &Theme::LIGHT };
        Ok(training.first_picture(PICTURE_SIZE, theme).svg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::csv::Columns;

    fn picture(benchmark: &str, text: &str, columns: Columns) -> Result<String, String> {
        let table = UserTable { name: "t.csv".into(), text: text.into(), columns, ..UserTable::default() };
        ThumbnailTask { settings: Settings::default().moved_to(benchmark), table, is_dark: false }.picture()
    }

    #[test]
    fn each_reading_has_a_picture_or_a_reason() {
        let text = (0..60).map(|k| format!("{k},{}\n", k * 37 % 61)).fold(String::from("a,b\n"), |text, row| text + &row);
        let both = || Columns { inputs: vec!["a".into(), "b".into()], ..Columns::default() };
        let curve = Columns { inputs: vec!["a".into()], target: Some("b".into()), ..Columns::default() };
        for (benchmark, columns) in [(Settings::OWN_DATA, curve), (Settings::OWN_SAMPLES, both()), (Settings::OWN_JOINT, both())]
        {
            let svg = picture(benchmark, &text, columns).unwrap();
            assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{benchmark}");
        }
        let refusal = picture(Settings::OWN_TRAJECTORIES, &text, both()).unwrap_err();
        assert!(refusal.contains("run"), "{refusal}");
    }
}
