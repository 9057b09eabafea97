//! A comparison for the page: what the link and the user's table ask for, begun, and then fitted by one method after another. After each of them the
//! page is told the table so far, what it says, and the values of the fit at the places of the picture.

use std::cell::RefCell;
use std::time::Duration;

use multiwell::controller::link;
use multiwell::data::Dataset;
use multiwell::plot::palette::{Theme, css};
use multiwell::problem::job::Job;
use multiwell::problem::potential::job::{read_joint, read_table};
use multiwell::problem::settings::Problem;
use multiwell::problem::table::Table as Rows;
use multiwell::problem::{InvalidSetting, Run, Settings, Source};
use multiwell::text::whole;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::comparison::{Comparison, Method, NoComparison, Outcome, Stopped, Watch, line};
use crate::densities::{Densities, Samples};
use crate::report::{Line, Table};
use crate::values::Values;

/// Places of the picture of a function of one input, and along each of two.
const PLACES: [usize; 2] = [361, 44];
/// How far the picture of a potential goes beyond the domain on each side, as a part of its width: so far is extrapolation measured.
const BEYOND: f64 = 0.2;
/// The most points of the data that are drawn.
const MOST_POINTS: usize = 400;
/// The colours of a light page and of a dark one.
const THEMES: [Theme; 2] = [Theme::LIGHT, Theme::DARK];
/// Bars of the samples of a density of one quantity.
const BARS: usize = 36;
/// Time between two words on the progress.
const UPDATE: Duration = Duration::from_millis(100);
/// The time that a slice of training is to take.
const SLICE: Duration = Duration::from_millis(40);

/// A method that is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Its name on the command line.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Its colour on a light and on a dark page.
    pub colours: [String; 2],
}

/// What is drawn besides the fits, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Picture {
    /// Names of the inputs, then of the output.
    pub names: Vec<String>,
    /// The domain, `[low, high]` for each input.
    pub bounds: Vec<[f64; 2]>,
    /// Of one input: the places at which fits are drawn.
    pub x: Vec<f64>,
    /// Of two inputs: the number of places along each, the second input the slower one; else 0.
    pub side: usize,
    /// Rows that are learnt from, `[input, value]`; of a density its bars, `[middle, height]`.
    pub data: Vec<[f64; 2]>,
    /// Whether the data are bars.
    pub is_density: bool,
    /// Colours of a map from the lowest value to the highest, on a light and on a dark page.
    pub heights: [Vec<String>; 2],
}

/// What the page is told when the LSE-ICNN has been trained, and after each method.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct News {
    /// A sentence on the data; empty after the first time.
    pub head: String,
    /// Sentences on what may be wrong.
    pub warnings: Vec<String>,
    /// What is drawn; none for more than two inputs, and after the first time.
    pub picture: Option<Picture>,
    /// The table so far.
    pub table: Option<Table>,
    /// What it says.
    pub says: Vec<String>,
    /// The values of the fit at the places of the picture; empty if there is none.
    pub values: Vec<f64>,
    /// What came of the method as JSON, which a comparison of the same rows that begins anew can be given.
    pub line: String,
}

/// What came of a method, as in [`News::line`].
#[derive(Deserialize, Serialize)]
struct Recalled<S> {
    method: String,
    seconds: Option<f64>,
    score: Option<S>,
    why_not: Option<String>,
}

/// A comparison that goes on.
trait Going {
    fn begin(&mut self, lines: &[String]) -> News;

    fn fit(&mut self, name: &str) -> Result<News, String>;
}

struct Of<C: Comparison> {
    comparison: C,
    lines: Vec<Line<C::Score>>,
    places: Vec<f64>,
    /// What fits are lifted to that are known up to a constant; none for others.
    level: Option<Vec<f64>>,
    is_up_to_constant: bool,
}

impl<C: Comparison> Of<C> {
    fn new(comparison: C, is_up_to_constant: bool) -> Self {
        Self { comparison, lines: Vec::new(), places: Vec::new(), level: None, is_up_to_constant }
    }

    fn news(&self) -> News {
        let table = Table::of::<C>(&self.lines);
        News { says: table.says(), table: Some(table), ..News::default() }
    }

    /// The values of a fit, lifted to the level of the first one if they are known up to a constant.
    fn lifted(&mut self, values: Vec<f64>) -> Vec<f64> {
        if !self.is_up_to_constant || values.is_empty() {
            return values;
        }
        let level = self.level.get_or_insert_with(|| values.clone());
        let apart: Vec<f64> = level.iter().zip(&values).map(|(a, b)| a - b).filter(|d| d.is_finite()).collect();
        let lift = multiwell::numerics::statistics::mean(&apart);
        values.into_iter().map(|value| value + lift).collect()
    }
}

impl<C: Comparison> Going for Of<C>
where
    C::Score: DeserializeOwned + Serialize,
{
    fn begin(&mut self, lines: &[String]) -> News {
        let picture = picture(self.comparison.run());
        self.places = picture.as_ref().map_or_else(Vec::new, places);
        let (mut values, mut truth) = (Vec::new(), None);
        if let Some(outcome) = self.comparison.truth() {
            values = outcome.fit.map_or_else(Vec::new, |fit| fit(&self.places));
            truth = Some(outcome.line);
        }
        self.lines.extend(truth);
        // What cannot be read is fitted again when it is asked for.
        for recalled in lines.iter().filter_map(|line| serde_json::from_str::<Recalled<C::Score>>(line).ok()) {
            let Some(method) = C::Method::LIST.iter().find(|method| method.name() == recalled.method) else { continue };
            let scored = recalled.score.ok_or(recalled.why_not.unwrap_or_default());
            self.lines.push(line(self.comparison.run(), method.name(), recalled.seconds, scored));
        }
        let values = self.lifted(values);
        let held_out = whole(self.comparison.held_out() as u64);
        News { head: format!("{}; {held_out} are held out", self.comparison.described(1)), picture, values, ..self.news() }
    }

    fn fit(&mut self, name: &str) -> Result<News, String> {
        let method = C::Method::LIST.iter().copied().find(|method| method.name() == name).ok_or("there is no such method")?;
        // A worker that is to stop is ended.
        let Outcome { line, fit } = self.comparison.fit(method, &|| false).map_err(|Stopped| "it was stopped")?;
        let values = fit.map_or_else(Vec::new, |fit| fit(&self.places));
        let (seconds, score, why_not) = (line.seconds, line.score.clone(), line.why_not.clone());
        let recalled = Recalled { method: name.into(), seconds, score, why_not };
        self.lines.retain(|old| old.method != name);
        self.lines.push(line);
        let values = self.lifted(values);
        Ok(News { values, line: serde_json::to_string(&recalled).unwrap_or_default(), ..self.news() })
    }
}

/// What is drawn besides the fits, if there are one or two inputs.
fn picture(run: &Run) -> Option<Picture> {
    let data = run.plotted();
    let bounds = if data.is_density { run.data().domain() } else { run.bounds().to_vec() };
    let names = data.names.clone();
    let is_density = data.is_density;
    match *bounds.as_slice() {
        [[low, high]] => {
            let margin = if is_density || run.data().periodic().contains(&true) { 0.0 } else { BEYOND * (high - low) };
            let step = (high - low + 2.0 * margin) / (PLACES[0] - 1) as f64;
            let x = (0..PLACES[0]).map(|k| low - margin + step * k as f64).collect();
            let data = if is_density { bars(data, [low, high]) } else { points(data) };
            Some(Picture { names, bounds, x, data, is_density, ..Picture::default() })
        }
        [_, _] => {
            let heights = THEMES.map(|theme| (0..=8).map(|k| css(theme.height(f64::from(k) / 8.0))).collect());
            Some(Picture { names, bounds, side: PLACES[1], is_density, heights, ..Picture::default() })
        }
        _ => None,
    }
}

/// Rows with their values, `[input, value]`.
fn points(data: &Dataset) -> Vec<[f64; 2]> {
    let every = data.samples().div_ceil(MOST_POINTS).max(1);
    let rows = data.x.iter().zip(&data.y).step_by(every);
    rows.map(|(&x, &y)| [x, y]).filter(|[_, y]| y.is_finite()).collect()
}

/// The density of the samples in bars of one width, `[middle, height]`.
fn bars(data: &Dataset, [low, high]: [f64; 2]) -> Vec<[f64; 2]> {
    let width = (high - low) / BARS as f64;
    let mut heights = vec![0.0; BARS];
    let weight = |row: usize| data.weights.get(row).copied().unwrap_or(1.0);
    for (row, x) in data.x.iter().enumerate() {
        heights[(((x - low) / width) as usize).min(BARS - 1)] += weight(row);
    }
    let all: f64 = heights.iter().sum();
    heights.iter().enumerate().map(|(k, height)| [low + width * (k as f64 + 0.5), height / (all * width)]).collect()
}

/// The places of a picture, `[places, inputs]`.
fn places(picture: &Picture) -> Vec<f64> {
    if picture.side == 0 {
        return picture.x.clone();
    }
    let at = |k: usize, part: usize| {
        let [low, high] = picture.bounds[k];
        low + (high - low) * (part as f64 + 0.5) / picture.side as f64
    };
    (0..picture.side * picture.side).flat_map(|k| [at(0, k % picture.side), at(1, k / picture.side)]).collect()
}

/// What is to be compared.
enum Subject {
    Values(Option<Dataset>),
    Density(Dataset),
}

/// A comparison of the page.
pub struct Page {
    settings: Settings,
    subject: Subject,
    going: Option<Box<dyn Going>>,
}

impl Page {
    /// What a link asks for, with the user's table if it needs one.
    ///
    /// # Errors
    /// A sentence that says why nothing can be compared, and what to do.
    pub fn new(link: &str, table: Option<&Rows>) -> Result<Self, String> {
        let (settings, _) = link::read(link);
        let said = |problem: InvalidSetting| problem.to_string();
        let is_joint = settings.is_of_joint_density();
        if !matches!(settings.problem, Problem::Potential(_)) {
            let what = settings.what();
            return Err(format!("Compare takes potentials, and the densities of one to three quantities, but not {what}."));
        }
        let subject = match table.filter(|_| settings.has_own_data()) {
            Some(table) if is_joint => Subject::Density(read_joint(table, &settings).map_err(said)?),
            Some(table) => Subject::Values(Some(read_table(table).map_err(said)?)),
            None if settings.has_own_data() => {
                return Err("The rows that this fit was learnt from are not here: open their table, and compare then.".into());
            }
            // Samples that were drawn by hand.
            None if is_joint => Subject::Density(
                Run::new(settings.clone(), Source::Benchmark, None).map_err(|all| sentences(&all))?.data().clone(),
            ),
            None => Subject::Values(None),
        };
        Ok(Self { settings, subject, going: None })
    }

    /// The methods that can be compared.
    pub fn offers(&self) -> Vec<Offer> {
        fn of<M: Method>() -> Vec<Offer> {
            let colour = |k: usize| THEMES.map(|theme| css(k.checked_sub(1).map_or(theme.accent, |mode| theme.mode(mode))));
            let offer =
                |(k, m): (usize, &M)| Offer { name: m.name(), title: m.title(), meaning: m.meaning(), colours: colour(k) };
            M::LIST.iter().enumerate().map(offer).collect()
        }
        match self.subject {
            Subject::Values(_) => of::<crate::values::Method>(),
            Subject::Density(_) => of::<crate::densities::Method>(),
        }
    }

    /// Trains the LSE-ICNN, and gives the truth; `tell` hears which part of the training is done. `lines` are those of methods that were fitted to the same
    /// rows before ([`News::line`]).
    ///
    /// # Errors
    /// A sentence that says why nothing can be compared.
    pub fn begin(&mut self, tell: &dyn Fn(f64), lines: &[String]) -> Result<News, String> {
        let watch = Training { tell, warnings: RefCell::default() };
        let why = |why: NoComparison| match why {
            NoComparison::Settings(problems) => sentences(&problems),
            NoComparison::Data(clause) => multiwell::text::sentence(&clause),
            NoComparison::Stopped => "It was stopped.".into(),
        };
        let going: Box<dyn Going> = match &self.subject {
            Subject::Values(rows) => {
                let values = Values::open(&self.settings, rows.as_ref(), &watch).map_err(why)?;
                let is_up_to_constant = values.is_up_to_constant();
                Box::new(Of::new(values, is_up_to_constant))
            }
            Subject::Density(rows) => {
                Box::new(Of::new(Densities::open(&self.settings, Samples::Rows(rows), &watch).map_err(why)?, false))
            }
        };
        let news = self.going.insert(going).begin(lines);
        Ok(News { warnings: watch.warnings.into_inner(), ..news })
    }

    /// Fits by a method, once the LSE-ICNN has been trained.
    ///
    /// # Errors
    /// A sentence, if there is no such method, or if the LSE-ICNN has not been trained.
    pub fn fit(&mut self, name: &str) -> Result<News, String> {
        self.going.as_mut().ok_or("The LSE-ICNN is trained first.")?.fit(name)
    }
}

fn sentences(problems: &[InvalidSetting]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

struct Training<'a> {
    tell: &'a dyn Fn(f64),
    warnings: RefCell<Vec<String>>,
}

impl Watch for Training<'_> {
    fn is_stopped(&self) -> bool {
        false
    }

    fn train(&self, run: &mut Run) {
        let (mut slice, mut told) = (1, Instant::now());
        while run.ended().is_none() {
            let begun = Instant::now();
            run.advance(slice);
            slice = if begun.elapsed() < SLICE { slice * 2 } else { (slice / 2).max(1) };
            if told.elapsed() > UPDATE {
                let [done, left] = run.work_done_and_left();
                (self.tell)(done as f64 / (done + left).max(1) as f64);
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

    const SMALL: &str = "benchmark=double-well&modes=3&hidden=5&epochs=400&samples=60&noise=0.02";

    #[test]
    fn rows_come_one_after_another_with_their_values_at_the_places_of_the_picture() {
        let mut page = Page::new(SMALL, None).unwrap();
        assert_eq!(page.offers().len(), 7);
        assert!(page.fit("polynomial").is_err());
        let begun = page.begin(&|part| assert!((0.0..=1.0).contains(&part)), &[]).unwrap();
        let picture = begun.picture.unwrap();
        assert!(begun.head.starts_with("double-well: 60 rows"), "{}", begun.head);
        assert_eq!((picture.x.len(), begun.values.len(), picture.data.len()), (PLACES[0], PLACES[0], 60));
        assert!(picture.x[0] < picture.bounds[0][0] && begun.says.is_empty());
        let own = page.fit("lse-icnn").unwrap();
        let news = page.fit("polynomial").unwrap();
        let table = news.table.unwrap();
        assert_eq!(table.rows.iter().map(|row| row.method).collect::<Vec<_>>(), ["truth", "lse-icnn", "polynomial"]);
        assert!(news.says[0].starts_with("Polynomial has the smallest error against the truth, "), "{:?}", news.says);
        let inside = |k: &usize| (picture.bounds[0][0]..picture.bounds[0][1]).contains(&picture.x[*k]);
        let apart = |k: usize| (news.values[k] - begun.values[k]).abs();
        assert!((0..PLACES[0]).filter(inside).all(|k| apart(k) < 0.1));
        assert!(page.fit("kernel").is_err());
        // A comparison that begins anew has the lines of the one before.
        let mut again = Page::new(SMALL, None).unwrap();
        let begun = again.begin(&|_| (), &[own.line, news.line, "{}".into()]).unwrap();
        assert_eq!((begun.table.unwrap(), begun.says), (table, news.says));
    }

    #[test]
    fn a_table_is_divided_and_what_a_method_cannot_take_is_said() {
        let text: String = (0..80)
            .map(|k| f64::from(k) / 20.0 - 2.0)
            .fold("x,y,s\n".into(), |text, x| text + &format!("{x},{},{}\n", (x * x - 1.0).powi(2), 0.1 + 0.01 * x.abs()));
        let table = Rows {
            name: "own.csv".into(),
            text,
            inputs: vec!["x".into()],
            target: "y".into(),
            sigma: "s".into(),
            ..Rows::default()
        };
        let link = "benchmark=own-data&modes=3&hidden=5&epochs=400&scaling=standard";
        let mut page = Page::new(link, Some(&table)).unwrap();
        let begun = page.begin(&|_| (), &[]).unwrap();
        assert!(begun.head.starts_with("own.csv: 64 rows") && begun.values.is_empty(), "{}", begun.head);
        let table = page.fit("spline").unwrap().table.unwrap();
        assert!(table.rows.is_empty() && table.unsuited[0].why.contains("standard errors"), "{table:?}");
        assert!(Page::new(link, None).is_err_and(|why| why.contains("open their table")));
        assert!(Page::new("benchmark=schlogl", None).is_err_and(|why| why.starts_with("Compare takes potentials")));
    }

    #[test]
    fn samples_have_bars_and_maps_have_places() {
        let text: String = (0..300).fold("a,b\n".into(), |text, k| {
            let k = f64::from(k);
            text + &format!("{},{}\n", (k * 0.7).sin() + if k > 100.0 { 4.0 } else { 0.0 }, (k * 1.3).cos())
        });
        let table = |inputs: &[&str]| Rows {
            name: "s.csv".into(),
            text: text.clone(),
            inputs: inputs.iter().map(ToString::to_string).collect(),
            ..Rows::default()
        };
        let link = "benchmark=own-joint&modes=2&hidden=4&epochs=200";
        let mut page = Page::new(link, Some(&table(&["a"]))).unwrap();
        let picture = page.begin(&|_| (), &[]).unwrap().picture.unwrap();
        let width = (picture.bounds[0][1] - picture.bounds[0][0]) / BARS as f64;
        assert!((picture.data.iter().map(|[_, height]| height * width).sum::<f64>() - 1.0).abs() < 1e-9);
        let news = page.fit("mixture").unwrap();
        assert!(news.values.iter().all(|q| *q >= 0.0) && news.values.iter().any(|q| *q > 0.05));
        let mut page = Page::new(link, Some(&table(&["a", "b"]))).unwrap();
        let picture = page.begin(&|_| (), &[]).unwrap().picture.unwrap();
        assert_eq!(page.fit("kernel").unwrap().values.len(), picture.side * picture.side);
    }
}
