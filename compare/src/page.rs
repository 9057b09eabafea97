//! Comparison for the page. One method after another fits the data of the link or of the user's table. Each method returns the table so far, its
//! summary, and the values of the fit at the points of the picture.

use std::cell::RefCell;
use std::time::Duration;

use multiwell::internal::controller::link;
use multiwell::internal::data::Dataset;
use multiwell::internal::plot::palette::{Theme, css};
use multiwell::internal::problem::job::Job;
use multiwell::internal::problem::potential::job::{read_joint, read_table};
use multiwell::internal::problem::settings::Problem;
use multiwell::internal::problem::table::UserTable as Rows;
use multiwell::internal::problem::{DataSource, InvalidSetting, PotentialRun, Settings};
use multiwell::internal::text::whole;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::comparison::{ComparedData, Method, MethodOutcome, NoComparison, ProgressReceiver, line};
use crate::densities::{Densities, SampleSource};
use crate::report::{MethodResult, ScoreTable};
use crate::values::ComparedValues;

/// Number of points of the picture of a function of one input, and along each of two inputs.
const PICTURE_POINTS: [usize; 2] = [361, 44];
/// Distance by which the picture of a potential extends beyond the domain on each side, as a fraction of its width. Extrapolation is measured up to
/// this distance.
const EXTRAPOLATION_MARGIN: f64 = 0.2;
/// Maximum number of data points that are drawn.
const MAX_POINTS: usize = 400;
/// Colours of a light page and of a dark one.
const PAGE_THEMES: [Theme; 2] = [Theme::LIGHT, Theme::DARK];
/// Number of bars of the samples of a density of one quantity.
const HISTOGRAM_BARS: usize = 36;
/// Time between two reports of the progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);
/// Target duration of a slice of training.
const SLICE_TIME: Duration = Duration::from_millis(40);

/// A method that is available.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Its name on the command line.
    pub name: &'static str,
    /// Title for readers.
    pub title: &'static str,
    /// Description.
    pub meaning: &'static str,
    /// Its colour on a light and on a dark page.
    pub colours: [String; 2],
}

/// Picture without the fits, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ComparisonPicture {
    /// Names of the inputs, then of the output.
    pub names: Vec<String>,
    /// The domain, `[low, high]` for each input.
    pub bounds: Vec<[f64; 2]>,
    /// Points at which fits of one input are drawn.
    pub x: Vec<f64>,
    /// Number of points along each of two inputs; 0 for one input. The second input changes more slowly.
    pub side: usize,
    /// Training rows, `[input, value]`. For a density, its bars, `[middle, height]`.
    pub data: Vec<[f64; 2]>,
    /// True if the data are bars.
    pub is_density: bool,
    /// Colours of a map from the lowest value to the highest, on a light and on a dark page.
    pub heights: [Vec<String>; 2],
}

/// Report to the page after the training of the LSE-ICNN, and after each method.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProgressReport {
    /// A sentence about the data; empty after the first report.
    pub head: String,
    /// Sentences about possible problems.
    pub warnings: Vec<String>,
    /// Picture; `None` for more than two inputs, and after the first report.
    pub picture: Option<ComparisonPicture>,
    /// The table so far.
    pub table: Option<ScoreTable>,
    /// Summary of the table in sentences.
    pub says: Vec<String>,
    /// Values of the fit at the points of the picture; empty if there is none.
    pub values: Vec<f64>,
    /// Result of the method as JSON, which a later comparison of the same rows can reuse.
    pub line: String,
}

/// Stored result of a method, as in [`ProgressReport::line`].
#[derive(Deserialize, Serialize)]
struct StoredResult<S> {
    method: String,
    seconds: Option<f64>,
    score: Option<S>,
    why_not: Option<String>,
}

/// A comparison that has started.
trait OngoingComparison {
    fn start(&mut self, lines: &[String]) -> ProgressReport;

    fn fit(&mut self, name: &str) -> Result<ProgressReport, String>;
}

struct PageComparison<C: ComparedData> {
    comparison: C,
    lines: Vec<MethodResult<C::Score>>,
    places: Vec<f64>,
    /// Level to which fits that are known up to a constant are shifted; `None` before the first fit and for other fits.
    level: Option<Vec<f64>>,
    is_up_to_constant: bool,
}

impl<C: ComparedData> PageComparison<C> {
    fn new(comparison: C, is_up_to_constant: bool) -> Self {
        Self { comparison, lines: Vec::new(), places: Vec::new(), level: None, is_up_to_constant }
    }

    fn report(&self) -> ProgressReport {
        let table = ScoreTable::from_results::<C>(&self.lines);
        ProgressReport { says: table.summary(), table: Some(table), ..ProgressReport::default() }
    }

    /// Values of a fit. If fits are known up to a constant, they are shifted to the level of the first one.
    fn lifted(&mut self, values: Vec<f64>) -> Vec<f64> {
        if !self.is_up_to_constant || values.is_empty() {
            return values;
        }
        let level = self.level.get_or_insert_with(|| values.clone());
        let apart: Vec<f64> = level.iter().zip(&values).map(|(a, b)| a - b).filter(|d| d.is_finite()).collect();
        let lift = multiwell::internal::numerics::statistics::mean(&apart);
        values.into_iter().map(|value| value + lift).collect()
    }
}

impl<C: ComparedData> OngoingComparison for PageComparison<C>
where
    C::Score: DeserializeOwned + Serialize,
{
    fn start(&mut self, lines: &[String]) -> ProgressReport {
        let picture = picture(self.comparison.run());
        self.places = picture.as_ref().map_or_else(Vec::new, places);
        let (mut values, mut truth) = (Vec::new(), None);
        if let Some(outcome) = self.comparison.truth() {
            values = outcome.fit.map_or_else(Vec::new, |fit| fit(&self.places));
            truth = Some(outcome.line);
        }
        self.lines.extend(truth);
        // A method whose line cannot be read is fitted again on request.
        for stored in lines.iter().filter_map(|line| serde_json::from_str::<StoredResult<C::Score>>(line).ok()) {
            let Some(method) = C::Method::LIST.iter().find(|method| method.name() == stored.method) else { continue };
            let scored = stored.score.ok_or(stored.why_not.unwrap_or_default());
            self.lines.push(line(self.comparison.run(), method.name(), stored.seconds, scored));
        }
        let values = self.lifted(values);
        let held_out = whole(self.comparison.held_out() as u64);
        ProgressReport {
            head: format!("{}; {held_out} other rows are held out", self.comparison.described(1)),
            picture,
            values,
            ..self.report()
        }
    }

    fn fit(&mut self, name: &str) -> Result<ProgressReport, String> {
        let method = C::Method::LIST.iter().copied().find(|method| method.name() == name).ok_or("there is no such method")?;
        // A comparison is stopped by the end of its worker.
        let MethodOutcome { line, fit } = self.comparison.fit(method, &|| false).ok_or("it was stopped")?;
        let values = fit.map_or_else(Vec::new, |fit| fit(&self.places));
        let (seconds, score, why_not) = (line.seconds, line.score.clone(), line.why_not.clone());
        let stored = StoredResult { method: name.into(), seconds, score, why_not };
        self.lines.retain(|old| old.method != name);
        self.lines.push(line);
        let values = self.lifted(values);
        Ok(ProgressReport { values, line: serde_json::to_string(&stored).unwrap_or_default(), ..self.report() })
    }
}

/// Picture without the fits, for one or two inputs.
fn picture(run: &PotentialRun) -> Option<ComparisonPicture> {
    let data = run.plotted();
    let bounds = if data.is_density { run.data().domain() } else { run.bounds().to_vec() };
    let names = data.names.clone();
    let is_density = data.is_density;
    match *bounds.as_slice() {
        [[low, high]] => {
            let margin =
                if is_density || run.data().periodic().contains(&true) { 0.0 } else { EXTRAPOLATION_MARGIN * (high - low) };
            let step = (high - low + 2.0 * margin) / (PICTURE_POINTS[0] - 1) as f64;
            let x = (0..PICTURE_POINTS[0]).map(|k| low - margin + step * k as f64).collect();
            let data = if is_density { bars(data, [low, high]) } else { points(data) };
            Some(ComparisonPicture { names, bounds, x, data, is_density, ..ComparisonPicture::default() })
        }
        [_, _] => {
            let heights = PAGE_THEMES.map(|theme| (0..=8).map(|k| css(theme.height(f64::from(k) / 8.0))).collect());
            Some(ComparisonPicture {
                names,
                bounds,
                side: PICTURE_POINTS[1],
                is_density,
                heights,
                ..ComparisonPicture::default()
            })
        }
        _ => None,
    }
}

/// Rows with their values, `[input, value]`.
fn points(data: &Dataset) -> Vec<[f64; 2]> {
    let every = data.samples().div_ceil(MAX_POINTS).max(1);
    let rows = data.x.iter().zip(&data.y).step_by(every);
    rows.map(|(&x, &y)| [x, y]).filter(|[_, y]| y.is_finite()).collect()
}

/// Density of the samples in bars of equal width, `[middle, height]`.
fn bars(data: &Dataset, [low, high]: [f64; 2]) -> Vec<[f64; 2]> {
    let width = (high - low) / HISTOGRAM_BARS as f64;
    let mut heights = vec![0.0; HISTOGRAM_BARS];
    let weight = |row: usize| data.weights.get(row).copied().unwrap_or(1.0);
    for (row, x) in data.x.iter().enumerate() {
        heights[(((x - low) / width) as usize).min(HISTOGRAM_BARS - 1)] += weight(row);
    }
    let all: f64 = heights.iter().sum();
    heights.iter().enumerate().map(|(k, height)| [low + width * (k as f64 + 0.5), height / (all * width)]).collect()
}

/// Points of a picture, `[points, inputs]`.
fn places(picture: &ComparisonPicture) -> Vec<f64> {
    if picture.side == 0 {
        return picture.x.clone();
    }
    let at = |k: usize, part: usize| {
        let [low, high] = picture.bounds[k];
        low + (high - low) * (part as f64 + 0.5) / picture.side as f64
    };
    (0..picture.side * picture.side).flat_map(|k| [at(0, k % picture.side), at(1, k / picture.side)]).collect()
}

enum ComparisonSubject {
    Values(Option<Dataset>),
    Density(Dataset),
}

/// A comparison of the page.
pub struct ComparisonPage {
    settings: Settings,
    subject: ComparisonSubject,
    comparison: Option<Box<dyn OngoingComparison>>,
}

impl ComparisonPage {
    /// Creates the comparison of a link, with the user's table if it needs one.
    ///
    /// # Errors
    /// A sentence with the reason why nothing can be compared, and with the remedy.
    pub fn new(link: &str, table: Option<&Rows>) -> Result<Self, String> {
        let (settings, _) = link::read(link);
        let said = |problem: InvalidSetting| problem.to_string();
        let is_joint = settings.is_of_joint_density();
        if !matches!(settings.problem, Problem::Potential(_)) {
            let what = settings.data_name();
            return Err(format!("Compare takes potentials, and the densities of one to three quantities, but not {what}."));
        }
        let subject = match table.filter(|_| settings.has_own_data()) {
            Some(table) if is_joint => ComparisonSubject::Density(read_joint(table, &settings).map_err(said)?),
            Some(table) => ComparisonSubject::Values(Some(read_table(table).map_err(said)?)),
            None if settings.has_own_data() => {
                return Err("The data of this fit are missing: open their table first.".into());
            }
            // Samples that the user has drawn.
            None if is_joint => ComparisonSubject::Density(
                PotentialRun::new(settings.clone(), DataSource::Benchmark, None).map_err(|all| sentences(&all))?.data().clone(),
            ),
            None => ComparisonSubject::Values(None),
        };
        Ok(Self { settings, subject, comparison: None })
    }

    /// Methods of the comparison.
    pub fn offers(&self) -> Vec<Offer> {
        fn offers<M: Method>() -> Vec<Offer> {
            let colour = |k: usize| PAGE_THEMES.map(|theme| css(k.checked_sub(1).map_or(theme.accent, |mode| theme.mode(mode))));
            let offer = |(k, method): (usize, &M)| {
                let [name, title, meaning] = method.words();
                Offer { name, title, meaning, colours: colour(k) }
            };
            M::LIST.iter().enumerate().map(offer).collect()
        }
        match self.subject {
            ComparisonSubject::Values(_) => offers::<crate::values::ValueMethod>(),
            ComparisonSubject::Density(_) => offers::<crate::densities::DensityMethod>(),
        }
    }

    /// Trains the LSE-ICNN and returns the truth. The argument of `report_progress` is the completed fraction of the training. `lines` are those of methods that
    /// were fitted to the same rows before ([`ProgressReport::line`]).
    ///
    /// # Errors
    /// A sentence with the reason why nothing can be compared.
    pub fn start(&mut self, report_progress: &dyn Fn(f64), lines: &[String]) -> Result<ProgressReport, String> {
        let watch = ComparisonTraining { report_progress, warnings: RefCell::default() };
        let why = |why: NoComparison| match why {
            NoComparison::Settings(problems) => sentences(&problems),
            NoComparison::Data(clause) => multiwell::internal::text::sentence(&clause),
            NoComparison::Stopped => "It was stopped.".into(),
        };
        let comparison: Box<dyn OngoingComparison> = match &self.subject {
            ComparisonSubject::Values(rows) => {
                let values = ComparedValues::open(&self.settings, rows.as_ref(), &watch).map_err(why)?;
                let is_up_to_constant = values.is_up_to_constant();
                Box::new(PageComparison::new(values, is_up_to_constant))
            }
            ComparisonSubject::Density(rows) => Box::new(PageComparison::new(
                Densities::open(&self.settings, SampleSource::Rows(rows), &watch).map_err(why)?,
                false,
            )),
        };
        let news = self.comparison.insert(comparison).start(lines);
        Ok(ProgressReport { warnings: watch.warnings.into_inner(), ..news })
    }

    /// Fits by a method after the LSE-ICNN has been trained.
    ///
    /// # Errors
    /// A sentence, if there is no such method, or if the LSE-ICNN has not been trained.
    pub fn fit(&mut self, name: &str) -> Result<ProgressReport, String> {
        self.comparison.as_mut().ok_or("The LSE-ICNN is trained first.")?.fit(name)
    }
}

fn sentences(problems: &[InvalidSetting]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

struct ComparisonTraining<'a> {
    report_progress: &'a dyn Fn(f64),
    warnings: RefCell<Vec<String>>,
}

impl ProgressReceiver for ComparisonTraining<'_> {
    fn is_stopped(&self) -> bool {
        false
    }

    fn train(&self, run: &mut PotentialRun) {
        let (mut slice, mut told) = (1, Instant::now());
        while run.ended().is_none() {
            let begun = Instant::now();
            run.advance(slice);
            slice = if begun.elapsed() < SLICE_TIME { slice * 2 } else { (slice / 2).max(1) };
            if told.elapsed() > REPORT_INTERVAL {
                let [done, left] = run.work_done_and_left();
                (self.report_progress)(done as f64 / (done + left).max(1) as f64);
                told = Instant::now();
            }
        }
    }

    fn warn(&self, sentence: &str) {
        self.warnings.borrow_mut().push(sentence.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::internal::data::csv::Columns;

    const SMALL_LINK: &str = "benchmark=double-well&modes=3&hidden=5&epochs=400&samples=60&noise=0.02";

    #[test]
    fn rows_are_added_one_by_one_with_values_for_figure() {
        let mut page = ComparisonPage::new(SMALL_LINK, None).unwrap();
        assert_eq!(page.offers().len(), 7);
        assert!(page.fit("polynomial").is_err());
        let begun = page.start(&|part| assert!((0.0..=1.0).contains(&part)), &[]).unwrap();
        let picture = begun.picture.unwrap();
        assert!(begun.head.starts_with("double-well: 60 rows;"), "{}", begun.head);
        assert!(begun.head.ends_with("; 1,000 other rows are held out"), "{}", begun.head);
        assert_eq!((picture.x.len(), begun.values.len(), picture.data.len()), (PICTURE_POINTS[0], PICTURE_POINTS[0], 60));
        assert!(picture.x[0] < picture.bounds[0][0] && begun.says.is_empty());
        let own = page.fit("lse-icnn").unwrap();
        let news = page.fit("polynomial").unwrap();
        let table = news.table.unwrap();
        assert_eq!(table.rows.iter().map(|row| row.method).collect::<Vec<_>>(), ["truth", "lse-icnn", "polynomial"]);
        assert!(news.says[0].starts_with("Polynomial has the smallest error against the truth, "), "{:?}", news.says);
        let inside = |k: &usize| (picture.bounds[0][0]..picture.bounds[0][1]).contains(&picture.x[*k]);
        let apart = |k: usize| (news.values[k] - begun.values[k]).abs();
        assert!((0..PICTURE_POINTS[0]).filter(inside).all(|k| apart(k) < 0.1));
        assert!(page.fit("kernel").is_err());
        // A new comparison receives the lines of the previous one.
        let mut again = ComparisonPage::new(SMALL_LINK, None).unwrap();
        let begun = again.start(&|_| (), &[own.line, news.line, "{}".into()]).unwrap();
        assert_eq!((begun.table.unwrap(), begun.says), (table, news.says));
    }

    #[test]
    fn table_is_split_and_unsuited_methods_are_reported() {
        let text: String = (0..80)
            .map(|k| f64::from(k) / 20.0 - 2.0)
            .fold("x,y,s\n".into(), |text, x| text + &format!("{x},{},{}\n", (x * x - 1.0).powi(2), 0.1 + 0.01 * x.abs()));
        let (target, sigma) = (Some("y".into()), Some("s".into()));
        let columns = Columns { target, sigma, inputs: vec!["x".into()], ..Columns::default() };
        let table = Rows { name: "own.csv".into(), text, columns, held: 0 };
        let link = "benchmark=own-data&modes=3&hidden=5&epochs=400&scaling=standard";
        let mut page = ComparisonPage::new(link, Some(&table)).unwrap();
        let begun = page.start(&|_| (), &[]).unwrap();
        assert!(begun.head.starts_with("own.csv: 64 rows;") && begun.values.is_empty(), "{}", begun.head);
        assert!(begun.head.ends_with("; 16 other rows are held out"), "{}", begun.head);
        let table = page.fit("spline").unwrap().table.unwrap();
        assert!(table.rows.is_empty() && table.unsuited[0].why.contains("standard errors"), "{table:?}");
        assert!(ComparisonPage::new(link, None).is_err_and(|why| why.contains("open their table")));
        assert!(ComparisonPage::new("benchmark=schlogl", None).is_err_and(|why| why.starts_with("Compare takes potentials")));
    }

    #[test]
    fn samples_have_a_histogram_and_maps_have_a_grid() {
        let text: String = (0..300).fold("a,b\n".into(), |text, k| {
            let k = f64::from(k);
            text + &format!("{},{}\n", (k * 0.7).sin() + if k > 100.0 { 4.0 } else { 0.0 }, (k * 1.3).cos())
        });
        let table = |inputs: &[&str]| {
            let columns = Columns { inputs: inputs.iter().map(ToString::to_string).collect(), ..Columns::default() };
            Rows { name: "s.csv".into(), text: text.clone(), columns, held: 0 }
        };
        let link = "benchmark=own-joint&modes=2&hidden=4&epochs=200";
        let mut page = ComparisonPage::new(link, Some(&table(&["a"]))).unwrap();
        let picture = page.start(&|_| (), &[]).unwrap().picture.unwrap();
        let width = (picture.bounds[0][1] - picture.bounds[0][0]) / HISTOGRAM_BARS as f64;
        assert!((picture.data.iter().map(|[_, height]| height * width).sum::<f64>() - 1.0).abs() < 1e-9);
        let news = page.fit("mixture").unwrap();
        assert!(news.values.iter().all(|q| *q >= 0.0) && news.values.iter().any(|q| *q > 0.05));
        let mut page = ComparisonPage::new(link, Some(&table(&["a", "b"]))).unwrap();
        let picture = page.start(&|_| (), &[]).unwrap().picture.unwrap();
        assert_eq!(page.fit("kernel").unwrap().values.len(), picture.side * picture.side);
    }
}
