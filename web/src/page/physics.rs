//! Balls on the learnt landscape: the worker lets them roll or be kicked about, the page plays what it has sent. And a minimum that
//! a tilt drives to and fro.

use web_sys::{Element, Event, HtmlInputElement};

use super::app::App;
use super::{act, dom};
use multiwell::controller::protocol::Request;
use multiwell::dynamics::{Hysteresis, Path};
use multiwell::plot::Axis;
use multiwell::plot::figures::{Chart, Layer, Shape, Tone};
use multiwell::plot::ticks::number;

/// Frames asked for at once, and how long each is shown, in milliseconds.
const FRAMES: u32 = 90;
const FRAME: f64 = 1000.0 / 30.0;
/// Frames before the end at which the next ones are asked for.
const AHEAD: usize = 30;
/// Frames of the past that are drawn.
const PAST: usize = 450;
/// Most balls whose ways are drawn.
const WAYS: usize = 20;
/// Most balls.
const MOST: usize = 200;

/// Positions that are being played.
struct Played {
    path: Path,
    positions: Vec<f32>,
    start: f64,
    shown: usize,
}

/// Balls and tilts.
#[derive(Default)]
pub struct Physics {
    /// Where the balls are.
    pub balls: Vec<f64>,
    /// The force on them.
    pub tilt: f64,
    temperature: f64,
    playing: Option<Played>,
    next: Option<(Path, Vec<f32>)>,
    /// Requests sent and answers heard: only the answer to the last one counts.
    asked: u32,
    heard: u32,
    /// Whether the answer that is awaited takes the place of what is playing.
    replaces: bool,
    /// Where each ball has been, oldest first, and the time of it.
    past: Vec<(f64, Vec<f64>)>,
    time: f64,
    /// Where a minimum is while the tilt rises and falls: tilts, way up, way down.
    cycle: Option<(Hysteresis, Vec<f32>)>,
    /// Whether the reader wants no balls.
    pub cleared: bool,
    /// Counts what there is to be seen.
    pub version: u64,
}

/// Listens to sliders and buttons.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("temperature"), "input", |_: Event| act(App::set_forces));
    dom::on(&dom::by_id::<Element>("tilt"), "input", |_: Event| act(App::set_forces));
    dom::on(&dom::by_id::<Element>("balls-many"), "click", |_: Event| {
        act(|app| {
            let [low, high] = app.scene.0.domain;
            let many: Vec<f64> = (0..20).map(|k| low + (high - low) * (f64::from(k) + 0.5) / 20.0).collect();
            app.drop_balls(&many);
        });
    });
    dom::on(&dom::by_id::<Element>("balls-none"), "click", |_: Event| act(App::clear_balls));
}

impl Physics {
    /// Forgets what belongs to another run.
    pub fn begin(&mut self) {
        *self = Self {
            tilt: self.tilt,
            temperature: self.temperature,
            asked: self.asked,
            heard: self.heard,
            version: self.version + 1,
            ..Self::default()
        };
        self.replaces = true;
    }

    /// What was asked will not be answered.
    pub fn give_up(&mut self) {
        self.heard = self.asked;
    }

    /// Whether anything has been dropped.
    pub fn is_empty(&self) -> bool {
        self.balls.is_empty()
    }

    /// Takes the loop.
    pub fn take_cycle(&mut self, hysteresis: Hysteresis, numbers: Vec<f32>) {
        self.cycle = Some((hysteresis, numbers));
        self.version += 1;
    }

    /// The largest tilt of the slider: half as much again as the last jump wants, or, where nothing jumps, all of the range.
    fn most_tilt(&self) -> f64 {
        let Some((cycle, _)) = &self.cycle else { return 0.0 };
        let jumps = cycle.up.iter().chain(&cycle.down).map(|jump| jump.tilt.abs()).fold(0.0, f64::max);
        if jumps > 0.0 { 1.5 * jumps } else { cycle.range[0].abs().max(cycle.range[1].abs()) }
    }

    /// Takes the answer to a request for a path.
    pub fn take(&mut self, path: Path, positions: Vec<f32>, now: f64) {
        self.heard += 1;
        if self.heard != self.asked {
            return;
        }
        if self.replaces || self.playing.is_none() {
            self.next = None;
            self.playing = Some(Played { path, positions, start: now, shown: 0 });
            self.replaces = false;
        } else {
            self.next = Some((path, positions));
        }
    }

    /// The ways of the balls over the last seconds.
    pub fn trace(&self, [low, high]: [f64; 2]) -> Chart {
        let times = [self.past.first(), self.past.last()].map(|p| p.map_or(0.0, |p| p.0));
        let way = |ball: usize| self.past.iter().filter_map(|(t, x)| Some((*t, *x.get(ball)?))).collect();
        let ways = self.balls.len().min(WAYS);
        let faint = if ways > 3 { 0.4 } else { 0.9 };
        Chart {
            x: Axis::linear(times[0], times[1].max(times[0] + 1e-9)),
            y: Axis::linear(low, high),
            across: "time".into(),
            upward: "x of the balls".into(),
            marks: [4, 4],
            labels: Vec::new(),
            layers: (0..ways).map(|k| Layer::new(way(k), Shape::Line(1.25), Tone::Ink).faint(faint)).collect(),
        }
    }

    /// A minimum against the tilt, up and down.
    pub fn cycle(&self, [low, high]: [f64; 2]) -> Chart {
        let numbers = self.cycle.as_ref().map_or(&[][..], |(_, numbers)| numbers);
        let most = if self.cycle.is_some() { self.most_tilt() } else { 1.0 };
        let points = numbers.len() / 3;
        let way = |k: usize| (0..points).map(|i| (f64::from(numbers[i]), f64::from(numbers[k * points + i]))).collect::<Vec<_>>();
        let mut layers = vec![
            Layer::new(way(1), Shape::Line(1.75), Tone::Accent).named("tilt rises"),
            Layer::new(way(2), Shape::Line(1.75), Tone::Count).named("tilt falls"),
        ];
        if self.tilt != 0.0 {
            layers.push(Layer::new(vec![(self.tilt, low), (self.tilt, high)], Shape::Line(1.0), Tone::Soft).faint(0.6));
        }
        let work = match &self.cycle {
            Some((h, _)) if h.up.len() + h.down.len() > 0 => format!("tilt (energy lost per cycle: {})", number(h.work, 2)),
            Some(_) => "tilt; nothing jumps".into(),
            None => "tilt".into(),
        };
        Chart {
            x: Axis::linear(-most, most),
            y: Axis::linear(low, high),
            across: work,
            upward: "position of the minimum".into(),
            marks: [4, 4],
            labels: Vec::new(),
            layers,
        }
    }
}

impl App {
    /// Drops balls at these places beside those that are there.
    pub fn drop_balls(&mut self, at: &[f64]) {
        if self.scene.0.inputs == 1 {
            let room = MOST.saturating_sub(self.physics.balls.len());
            self.physics.balls.extend(at.iter().take(room));
            self.physics.past.clear();
            self.roll_anew();
        }
    }

    fn clear_balls(&mut self) {
        let physics = &mut self.physics;
        (physics.playing, physics.next, physics.replaces, physics.cleared) = (None, None, true, true);
        physics.balls.clear();
        physics.past.clear();
        physics.version += 1;
        self.ask_to_draw();
    }

    /// Asks for the way from where the balls are now, in place of the one that is playing.
    pub fn roll_anew(&mut self) {
        self.physics.replaces = true;
        self.ask_for_path(self.physics.balls.clone());
    }

    /// Balls that have come to rest roll on, should the landscape have changed.
    pub fn roll_on(&mut self) {
        if self.physics.playing.is_none() {
            self.roll_anew();
        }
    }

    fn ask_for_path(&mut self, balls: Vec<f64>) {
        if !balls.is_empty() {
            self.physics.asked += 1;
            let (temperature, seed) = (self.physics.temperature, self.physics.asked.into());
            let tilt = vec![self.physics.tilt];
            self.ask(&Request::Drop { balls, temperature, tilt, seed, frames: FRAMES });
        }
    }

    /// Reads temperature and tilt from their sliders.
    pub fn set_forces(&mut self) {
        let at = |id: &str| dom::by_id::<HtmlInputElement>(id).value_as_number();
        let [low, high] = self.pictures.bounds().unwrap_or([0.0, 1.0]);
        let warm = at("temperature");
        // From a thousandth to a tenth of what the landscape spans.
        let temperature = if warm > 0.0 { (high - low) * 10f64.powf(warm / 50.0 - 3.0) } else { 0.0 };
        let tilt = at("tilt") / 100.0 * self.physics.most_tilt();
        for (id, value) in [("temperature", temperature), ("tilt", tilt)] {
            let shown: Element = dom::by_id(&format!("{id}-value"));
            dom::write(&shown, &number(value, 2));
            dom::set(&shown, "data-value", &value.to_string());
            dom::set(&dom::by_id(id), "aria-valuetext", &number(value, 2));
        }
        if (temperature, tilt) != (self.physics.temperature, self.physics.tilt) {
            (self.physics.temperature, self.physics.tilt) = (temperature, tilt);
            self.physics.version += 1;
            self.roll_anew();
            self.ask_to_draw();
        }
    }

    /// Moves the balls on to `now`. Whether there is more to come.
    pub fn roll(&mut self, now: f64) -> bool {
        let still = self.pictures.still();
        let physics = &mut self.physics;
        let Some(playing) = &mut physics.playing else { return false };
        let (balls, last) = (playing.path.balls, playing.path.frames.saturating_sub(1));
        // Without motion, the end is shown at once.
        let due = if still { last } else { (((now - playing.start) / FRAME).max(0.0) as usize).min(last) };
        while playing.shown < due && playing.positions.len() >= (playing.shown + 2) * balls {
            playing.shown += 1;
            let here = &playing.positions[playing.shown * balls..(playing.shown + 1) * balls];
            physics.balls = here.iter().map(|&x| x.into()).collect();
            physics.time += playing.path.step;
            physics.past.push((physics.time, physics.balls.clone()));
            physics.version += 1;
        }
        let excess = physics.past.len().saturating_sub(PAST);
        physics.past.drain(..excess);
        let (over, rests) = (playing.shown >= last, playing.path.at_rest);
        let end: Vec<f64> = playing.positions[last * balls..(last + 1) * balls].iter().map(|&x| x.into()).collect();
        if over && let Some((path, positions)) = physics.next.take() {
            physics.playing = Some(Played { path, positions, start: now, shown: 0 });
            return true;
        }
        if over && (rests || still) {
            physics.playing = None;
            return false;
        }
        let near = due + AHEAD >= last && physics.next.is_none() && physics.asked == physics.heard && !rests && !still;
        if near {
            self.ask_for_path(end);
        }
        true
    }
}
