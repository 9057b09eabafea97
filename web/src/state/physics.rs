//! Balls on the learnt landscape, whose motion is computed by the worker and played by the page; and a minimum that follows a tilt up and
//! down.

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
/// Most balls whose paths are drawn.
const DRAWN: usize = 20;
/// Most balls.
const MOST: usize = 200;

/// Positions that are being played.
#[derive(Debug)]
struct Played {
    path: Path,
    positions: Vec<f32>,
    start: f64,
    shown: usize,
}

/// Balls and tilts.
#[derive(Debug, Default)]
pub struct Physics {
    /// Positions of the balls.
    pub balls: Vec<f64>,
    /// The force on them.
    pub tilt: f64,
    /// Temperature of the balls, in the units of the potential.
    pub temperature: f64,
    /// Positions of the two sliders: temperature from 0 to 100, tilt from -100 to 100.
    pub sliders: [f64; 2],
    /// Whether the reader wants no balls.
    pub cleared: bool,
    /// Version of what is shown.
    pub version: u64,
    playing: Option<Played>,
    next: Option<(Path, Vec<f32>)>,
    /// Requests sent and answers heard: only the answer to the last one counts.
    asked: u32,
    heard: u32,
    /// Whether the answer that is awaited replaces what is playing.
    replaces: bool,
    /// Where each ball has been, oldest first, and the time of it.
    past: Vec<(f64, Vec<f64>)>,
    time: f64,
    /// Where a minimum is while the tilt rises and falls: tilts, positions on the way up, positions on the way down.
    cycle: Option<(Hysteresis, Vec<f32>)>,
}

impl Physics {
    /// Forgets what belongs to another run; the forces stay.
    pub fn begin(&mut self) {
        let Self { tilt, temperature, sliders, asked, heard, .. } = *self;
        let version = self.version + 1;
        *self = Self { tilt, temperature, sliders, asked, heard, version, replaces: true, ..Self::default() };
    }

    /// Cancels the pending request, which will not be answered.
    pub fn give_up(&mut self) {
        self.heard = self.asked;
    }

    /// Takes the loop of a tilt.
    pub fn take_cycle(&mut self, hysteresis: Hysteresis, numbers: Vec<f32>) {
        self.cycle = Some((hysteresis, numbers));
        self.version += 1;
    }

    /// The largest tilt of the slider: half as much again as the last jump needs, or, where nothing jumps, the whole range.
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

    /// Adds balls at these places.
    pub fn drop_balls(&mut self, at: &[f64]) -> Option<Request> {
        let room = MOST.saturating_sub(self.balls.len());
        self.balls.extend(at.iter().take(room));
        self.past.clear();
        self.restart()
    }

    /// Takes all balls away.
    pub fn clear(&mut self) {
        (self.playing, self.next, self.replaces, self.cleared) = (None, None, true, true);
        self.balls.clear();
        self.past.clear();
        self.version += 1;
    }

    /// Asks for the path from where the balls are now, which replaces the one that is playing.
    fn restart(&mut self) -> Option<Request> {
        self.replaces = true;
        self.request(self.balls.clone())
    }

    /// Lets balls that have come to rest roll on: the landscape has changed.
    pub fn resume(&mut self) -> Option<Request> {
        if self.playing.is_none() { self.restart() } else { None }
    }

    fn request(&mut self, balls: Vec<f64>) -> Option<Request> {
        if balls.is_empty() {
            return None;
        }
        self.asked += 1;
        let (temperature, tilt, seed) = (self.temperature, vec![self.tilt], self.asked.into());
        Some(Request::Drop { balls, temperature, tilt, seed, frames: FRAMES })
    }

    /// Takes temperature and tilt from their sliders, over a landscape between these bounds.
    pub fn set_forces(&mut self, [low, high]: [f64; 2]) -> Option<Request> {
        let [warm, lean] = self.sliders;
        // From a thousandth to a tenth of what the landscape spans.
        let temperature = if warm > 0.0 { (high - low) * 10f64.powf(warm / 50.0 - 3.0) } else { 0.0 };
        let tilt = lean / 100.0 * self.most_tilt();
        if (temperature, tilt) == (self.temperature, self.tilt) {
            return None;
        }
        (self.temperature, self.tilt) = (temperature, tilt);
        self.version += 1;
        self.restart()
    }

    /// Moves the balls on to `now`: whether there is more to come, and what to ask for. Without motion the end is shown at once.
    pub fn roll(&mut self, now: f64, still: bool) -> (bool, Option<Request>) {
        let Some(playing) = &mut self.playing else { return (false, None) };
        let (balls, last) = (playing.path.balls, playing.path.frames.saturating_sub(1));
        let due = if still { last } else { (((now - playing.start) / FRAME).max(0.0) as usize).min(last) };
        while playing.shown < due && playing.positions.len() >= (playing.shown + 2) * balls {
            playing.shown += 1;
            let here = &playing.positions[playing.shown * balls..(playing.shown + 1) * balls];
            self.balls = here.iter().map(|&x| x.into()).collect();
            self.time += playing.path.step;
            self.past.push((self.time, self.balls.clone()));
            self.version += 1;
        }
        let excess = self.past.len().saturating_sub(PAST);
        self.past.drain(..excess);
        let (over, rests) = (playing.shown >= last, playing.path.at_rest);
        let end: Vec<f64> = playing.positions[last * balls..(last + 1) * balls].iter().map(|&x| x.into()).collect();
        if over && let Some((path, positions)) = self.next.take() {
            self.playing = Some(Played { path, positions, start: now, shown: 0 });
            return (true, None);
        }
        if over && (rests || still) {
            self.playing = None;
            return (false, None);
        }
        let near = due + AHEAD >= last && self.next.is_none() && self.asked == self.heard && !rests && !still;
        (true, if near { self.request(end) } else { None })
    }

    /// The paths of the balls over the last seconds.
    pub fn trace(&self, [low, high]: [f64; 2]) -> Chart {
        let times = [self.past.first(), self.past.last()].map(|p| p.map_or(0.0, |p| p.0));
        let path = |ball: usize| self.past.iter().filter_map(|(t, x)| Some((*t, *x.get(ball)?))).collect();
        let drawn = self.balls.len().min(DRAWN);
        let faint = if drawn > 3 { 0.4 } else { 0.9 };
        Chart {
            x: Axis::linear(times[0], times[1].max(times[0] + 1e-9)),
            y: Axis::linear(low, high),
            across: "time".into(),
            upward: "x of the balls".into(),
            marks: [4, 4],
            labels: Vec::new(),
            layers: (0..drawn).map(|k| Layer::new(path(k), Shape::Line(1.25), Tone::Ink).faint(faint)).collect(),
            strip: None,
        }
    }

    /// A minimum against the tilt, up and down.
    pub fn cycle(&self, [low, high]: [f64; 2]) -> Chart {
        let numbers = self.cycle.as_ref().map_or(&[][..], |(_, numbers)| numbers);
        let most = if self.cycle.is_some() { self.most_tilt() } else { 1.0 };
        let points = numbers.len() / 3;
        let branch =
            |k: usize| (0..points).map(|i| (f64::from(numbers[i]), f64::from(numbers[k * points + i]))).collect::<Vec<_>>();
        let mut layers = vec![
            Layer::new(branch(1), Shape::Line(1.75), Tone::Accent).named("tilt rises"),
            Layer::new(branch(2), Shape::Line(1.75), Tone::Count).named("tilt falls"),
        ];
        let equal: Vec<f64> = self.cycle.iter().flat_map(|(cycle, _)| cycle.coexistences.iter().map(|c| c.tilt)).collect();
        for (tilt, opacity) in [(self.tilt, 0.6)].into_iter().chain(equal.iter().map(|&tilt| (tilt, 0.3))) {
            if tilt != 0.0 {
                layers.push(Layer::new(vec![(tilt, low), (tilt, high)], Shape::Line(1.0), Tone::Soft).faint(opacity));
            }
        }
        let across = match &self.cycle {
            Some((h, _)) if h.up.len() + h.down.len() > 0 => {
                let equal: Vec<String> = equal.iter().map(|&tilt| number(tilt, 3)).collect();
                let equal = if equal.is_empty() { String::new() } else { format!("equal depth at {}; ", equal.join(", ")) };
                format!("tilt ({equal}energy lost per cycle: {})", number(h.work, 2))
            }
            Some(_) => "tilt; nothing jumps".into(),
            None => "tilt".into(),
        };
        Chart {
            x: Axis::linear(-most, most),
            y: Axis::linear(low, high),
            across,
            upward: "position of the minimum".into(),
            marks: [4, 4],
            labels: Vec::new(),
            layers,
            strip: None,
        }
    }
}
