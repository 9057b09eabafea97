//! Many seeds over several workers: their fits, losses and counts, as in Figure 2 of the paper. What has ended is kept when the
//! rest is stopped. The run of the page pauses meanwhile, so that all of the machine is the ensemble's.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use super::app::{App, Phase};
use super::message::{self, Remedy};
use super::{act, dom};
use crate::pool::Pool;
use multiwell::controller::ensemble::{EnsembleEvent, EnsembleTask};
use multiwell::controller::learning_curves::LearningCurves;
use multiwell::controller::protocol::Frame;
use multiwell::plot::figures::paper::{History, counts, losses, powers};
use multiwell::plot::figures::{Chart, Layer, Shape, Tone};
use multiwell::plot::ticks::{number, whole};
use multiwell::plot::{Fit, Fits, bounds};
use multiwell::problem::Settings;
use multiwell::problem::benchmarks;
use multiwell::problem::report;

/// Most seeds at once.
const MOST: usize = 100;
/// Most workers: more would only take memory from one another.
const WORKERS: usize = 8;

/// What stands in place of progress before there is any.
const NONE_YET: &str = "The same settings from other seeds, one after another.";

/// One seed.
struct Seed {
    number: u64,
    epochs: u64,
    /// Its end, with the numbers of its frame.
    end: Option<(Box<Frame>, Vec<f32>)>,
    refused: bool,
}

/// The seeds and what has come of them.
#[derive(Default)]
pub struct Ensemble {
    pool: Option<Pool>,
    seeds: Vec<Seed>,
    settings: Settings,
    domain: [f64; 2],
    /// How many minima the truth has, if it is known.
    wells: Option<usize>,
    /// Loss and number of responsible modes of the seeds that have ended.
    courses: [LearningCurves; 2],
    best: Option<usize>,
    columns: usize,
    /// Whether the page's run waits for the end.
    waits: bool,
    /// Counts what there is to be seen.
    pub version: u64,
}

/// Listens to the button and to the small fits.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("ensemble-start"), "click", |_: Event| act(App::start_or_stop_seeds));
    dom::on(&dom::by_id::<Element>("fits"), "click", |event: Event| {
        let button = event.target().and_then(|t| t.dyn_into::<Element>().ok()).and_then(|t| t.closest("button").ok().flatten());
        let chosen = button.and_then(|b| b.get_attribute("data-value")).and_then(|seed| seed.parse().ok());
        if let Some(seed) = chosen {
            act(move |app| app.open_seed(seed));
        }
    });
}

impl Ensemble {
    fn ended(&self) -> usize {
        self.seeds.iter().filter(|s| s.end.is_some() || s.refused).count()
    }

    /// Learning curves and best anew.
    fn sum_up(&mut self) {
        self.version += 1;
        let ends: Vec<_> = self.seeds.iter().filter_map(|s| s.end.as_ref()).collect();
        let part = |(frame, numbers): &&(Box<Frame>, Vec<f32>), which: usize| -> Vec<f32> {
            let layout = frame.layout;
            let of = |range: std::ops::Range<usize>| numbers.get(range).unwrap_or_default();
            match which {
                0 => of(layout.epochs()).to_vec(),
                1 => of(layout.loss_low()).iter().zip(of(layout.loss_high())).map(|(l, h)| (l * h).sqrt()).collect(),
                _ => of(layout.responsible()).to_vec(),
            }
        };
        let tables: Vec<[Vec<f32>; 3]> = ends.iter().map(|end| [0, 1, 2].map(|which| part(end, which))).collect();
        self.courses = [1, 2].map(|which| {
            let histories: Vec<_> = tables.iter().map(|t| (t[0].as_slice(), t[which].as_slice())).collect();
            LearningCurves::new(&histories)
        });
        let reports = self.seeds.iter().enumerate().filter_map(|(k, seed)| Some((k, &seed.end.as_ref()?.0.report)));
        self.best = report::best(reports);
    }

    /// Whether a run of these settings is one of its seeds, or there are none. The data must be the same.
    pub fn is_of(&self, settings: &Settings) -> bool {
        self.seeds.is_empty() || Settings { seed: self.settings.seed, ..settings.clone() } == self.settings
    }

    /// What all fits lie between, where neither truth nor values say what must be seen.
    fn span(&self) -> Option<[f64; 2]> {
        let of = |(frame, numbers): &(Box<Frame>, Vec<f32>)| bounds(numbers.get(frame.layout.fit())?, &[]);
        let each = self.seeds.iter().filter_map(|seed| of(seed.end.as_ref()?));
        each.reduce(|[a, b], [low, high]| [a.min(low), b.max(high)])
    }

    /// The small fits on a surface of that size.
    pub fn fits<'a>(&'a self, truth: &'a [f32], bounds: Option<[f64; 2]>, size: (f64, f64)) -> Fits<'a> {
        let columns = Fits::in_a_row(self.seeds.len(), size);
        let along = |x: f64| (x - self.domain[0]) / (self.domain[1] - self.domain[0]);
        let one = |(k, seed): (usize, &'a Seed)| {
            let end = seed.end.as_ref();
            let minima = end.into_iter().flat_map(|(frame, _)| frame.report.minima.iter().zip(&frame.mode_of_minimum));
            let words = match end {
                Some((frame, _)) if columns > 6 => number(frame.report.rmse, 2),
                Some((frame, _)) => format!("{}, {}", number(frame.report.rmse, 2), wells(frame.report.wells)),
                None if seed.refused => "refused".into(),
                None if seed.epochs > 0 && columns < 7 => format!("epoch {}", whole(seed.epochs)),
                None => String::new(),
            };
            let best = self.best == Some(k);
            Fit {
                fit: end.map_or(&[][..], |(frame, numbers)| numbers.get(frame.layout.fit()).unwrap_or_default()),
                minima: minima.map(|(m, &mode)| (along(m.x.first().copied().unwrap_or(f64::NAN)), mode)).collect(),
                name: format!("seed {}{}", seed.number, if best { ", best" } else { "" }),
                words,
                chosen: best,
            }
        };
        Fits {
            fits: self.seeds.iter().enumerate().map(one).collect(),
            columns,
            truth,
            bounds: bounds.or_else(|| self.span()).unwrap_or([0.0, 1.0]),
        }
    }

    /// Losses (0) or counts (1) against epochs, with a line where the reader points.
    pub fn chart(&self, which: usize, cursor: Option<f64>) -> Chart {
        let courses = &self.courses[which];
        // A recipe may come to its end before the last epoch.
        let last_epoch = courses.epochs.last().copied().unwrap_or(self.settings.epochs as f64);
        let history = History { epochs: &courses.epochs, runs: &courses.runs, median: &courses.median, last_epoch };
        let mut chart = if which == 0 {
            let shown = powers(courses.runs.iter().flatten().copied());
            let mut chart = losses(&history, shown);
            chart.upward = "loss of each seed".into();
            chart
        } else {
            counts(&history, "responsible modes of each seed", self.settings.modes, self.wells)
        };
        let spread = courses.middle_half();
        let edge = |k: usize| courses.epochs.iter().zip(&spread).map(move |(&e, ends)| (e, ends[k]));
        if courses.runs.len() > 3 {
            let band = edge(0).chain(edge(1).collect::<Vec<_>>().into_iter().rev()).collect();
            let tone = if which == 0 { Tone::Ink } else { Tone::Count };
            chart.layers.insert(0, Layer::new(band, Shape::Band, tone).faint(0.13).named("middle half"));
        }
        if let Some(epoch) = cursor {
            let ends = [0.0, 1.0].map(|end| (epoch, chart.y.value(end)));
            chart.layers.push(Layer::new(ends.to_vec(), Shape::Line(1.0), Tone::Soft).faint(0.6));
        }
        chart
    }

    /// What stands beside the cursor in one of the charts.
    pub fn readout(&self, which: usize, epoch: f64) -> String {
        let courses = &self.courses[which];
        let after = courses.epochs.partition_point(|&e| e < epoch).min(courses.epochs.len().saturating_sub(1));
        let (Some(&at), Some(&median)) = (courses.epochs.get(after), courses.median.get(after)) else { return String::new() };
        let [low, high] = courses.middle_half()[after];
        format!("epoch {}\nmedian {}\nmiddle half {} to {}", whole(at as u64), number(median, 2), number(low, 2), number(high, 2))
    }

    /// A button over each small fit: what is a picture for some is a list for others.
    fn place_buttons(&mut self) {
        let list: HtmlElement = dom::by_id("fits");
        while list.child_element_count() as usize > self.seeds.len() {
            list.last_element_child().expect("there is one").remove();
        }
        for (k, seed) in self.seeds.iter().enumerate() {
            let button = list.children().item(k as u32).unwrap_or_else(|| {
                let button = dom::make("button", "");
                dom::set(&button, "type", "button");
                dom::put(&list, &[&button]);
                button
            });
            dom::set(&button, "data-value", &seed.number.to_string());
            dom::set_if(&button, "disabled", seed.end.is_none());
            let words = seed.end.as_ref().map_or_else(String::new, |(frame, _)| {
                let report = &frame.report;
                format!(
                    ": RMSE {}, {}, {} modes responsible",
                    number(report.rmse, 2),
                    wells(report.wells),
                    report.responsible_modes
                )
            });
            dom::set(&button, "aria-label", &format!("Open seed {}{words}", seed.number));
            dom::set_if(&button, "data-best", self.best == Some(k));
        }
        self.columns = 0;
        self.follow_size();
    }

    /// As many buttons in a row as there are fits.
    pub fn follow_size(&mut self) {
        let list: HtmlElement = dom::by_id("fits");
        let size = (f64::from(list.client_width()), f64::from(list.client_height()));
        let columns = Fits::in_a_row(self.seeds.len(), size);
        if columns != self.columns && size.0 > 0.0 {
            self.columns = columns;
            let set = list.style().set_property("grid-template-columns", &format!("repeat({columns}, 1fr)"));
            debug_assert!(set.is_ok(), "columns are well-formed");
        }
    }

    fn say(&self) {
        let (all, ended) = (self.seeds.len(), self.ended());
        let shown: Element = dom::by_id("ensemble-progress");
        dom::set(&shown, "data-value", &ended.to_string());
        dom::write(
            &shown,
            &match (self.pool.is_some(), ended == all) {
                _ if all == 0 => NONE_YET.into(),
                (_, true) => format!("{all} of {all} done. Best: the smallest error on the samples. Click a fit to open it."),
                (true, _) if self.waits => format!("{ended} of {all} done; the run of the page waits."),
                (true, _) => format!("{ended} of {all} done."),
                (false, _) => format!("Stopped: {ended} of {all} done and kept. Best: the smallest error on the samples."),
            },
        );
        dom::write(&dom::by_id("ensemble-start"), if self.pool.is_some() && ended < all { "Stop" } else { "Start" });
    }
}

fn wells(count: usize) -> String {
    format!("{count} well{}", if count == 1 { "" } else { "s" })
}

impl App {
    /// Takes the seeds away with what has come of them, because they are of another run than the one that is shown from now on. Those that
    /// are being trained stop.
    pub fn take_ensemble(&mut self) -> Option<Ensemble> {
        let version = self.ensemble.version + 1;
        let mut taken = std::mem::replace(&mut self.ensemble, Ensemble { version, ..Ensemble::default() });
        (taken.pool, taken.waits) = (None, false);
        self.show_ensemble();
        (!taken.seeds.is_empty()).then_some(taken)
    }

    /// Puts seeds back that were taken away.
    pub fn put_ensemble(&mut self, ensemble: Ensemble) {
        let version = self.ensemble.version + 1;
        self.ensemble = Ensemble { version, ..ensemble };
        self.show_ensemble();
    }

    fn show_ensemble(&mut self) {
        self.ensemble.place_buttons();
        self.ensemble.say();
    }

    fn start_or_stop_seeds(&mut self) {
        if self.ensemble.pool.is_some() && self.ensemble.ended() < self.ensemble.seeds.len() {
            self.ensemble.pool = None;
            self.seeds_over();
            return;
        }
        let field: Element = dom::by_id("ensemble-runs");
        let wanted = dom::value(&field).trim().parse::<usize>().ok().filter(|n| (1..=MOST).contains(n));
        let Some(wanted) = wanted else {
            message::say(&format!("The number of runs must be a whole number from 1 to {MOST}."), true, Remedy::None);
            return;
        };
        message::hush();
        let settings = self.settings.clone();
        let seeds = (0..wanted as u64).map(|k| settings.seed + k);
        let seeds: Vec<_> = seeds.map(|number| Seed { number, epochs: 0, end: None, refused: false }).collect();
        let table = self.table.as_ref().filter(|_| settings.has_own_data());
        let jobs = (0..).zip(&seeds).map(|(number, s)| EnsembleTask {
            number,
            settings: Settings { seed: s.number, ..settings.clone() },
            table: table.cloned(),
        });
        let jobs: Vec<_> = jobs.collect();
        let cores = dom::window().navigator().hardware_concurrency() as usize;
        let systems = !benchmarks::is_curve(&settings, table, false);
        let script = if systems { "member.js?systems" } else { "member.js" };
        let pool = Pool::new(script, cores.clamp(1, WORKERS).min(wanted), |news, numbers| {
            act(move |app| app.hear_of_seed(news, numbers));
        });
        match pool {
            Ok(pool) => {
                pool.add(jobs);
                let waits = self.phase == Phase::Running;
                if waits {
                    self.toggle();
                }
                let version = self.ensemble.version;
                let scene = &self.scene.0;
                let (domain, wells) = (scene.domain, scene.has_truth.then_some(scene.minima.len()));
                self.ensemble =
                    Ensemble { pool: Some(pool), seeds, settings, domain, wells, waits, version, ..Ensemble::default() };
                self.ensemble.sum_up();
                self.ensemble.place_buttons();
                self.ensemble.say();
                self.ask_to_draw();
            }
            Err(sentence) => message::say(&sentence, true, Remedy::None),
        }
    }

    /// The end of all or of the patience for them: the page's run goes on.
    fn seeds_over(&mut self) {
        self.ensemble.say();
        if std::mem::take(&mut self.ensemble.waits) && self.phase == Phase::Paused {
            self.toggle();
        }
    }

    fn hear_of_seed(&mut self, news: EnsembleEvent, numbers: Vec<f32>) {
        let ensemble = &mut self.ensemble;
        match news {
            EnsembleEvent::Ready => return,
            EnsembleEvent::Progress { number, epochs } => {
                if let Some(seed) = ensemble.seeds.get_mut(number as usize) {
                    seed.epochs = epochs;
                    ensemble.version += 1;
                }
            }
            EnsembleEvent::Done { number, frame, .. } => {
                if let Some(seed) = ensemble.seeds.get_mut(number as usize) {
                    seed.end = Some((frame, numbers));
                }
                ensemble.sum_up();
                ensemble.place_buttons();
            }
            EnsembleEvent::Refused { number, problems } => {
                if let Some(seed) = ensemble.seeds.get_mut(number as usize) {
                    seed.refused = true;
                }
                ensemble.version += 1;
                message::problems("A run of the ensemble was refused.", &problems);
            }
            EnsembleEvent::Failed { message } => {
                message::say(&format!("A worker of the ensemble has failed: {message}"), true, Remedy::None);
            }
        }
        if ensemble.ended() == ensemble.seeds.len() {
            message::announce("All runs of the ensemble have ended.");
            self.seeds_over();
        } else {
            ensemble.say();
        }
        self.ask_to_draw();
    }

    /// Runs the page's run with the seed of one of the fits: the same bits again.
    fn open_seed(&mut self, seed: u64) {
        let settings = Settings { seed, ..self.ensemble.settings.clone() };
        self.ensemble.waits = false;
        let table = self.table.clone().filter(|_| settings.has_own_data());
        self.start(settings, table, None, true);
        let first = self.first_view().to_owned();
        self.look_at(&first);
    }
}
