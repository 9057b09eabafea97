//! Particles on the learnt landscape, and a minimum that follows a tilt up and down. The worker computes their motion and the page plays it.

mod playback;

use multiwell::internal::controller::protocol::Request;
use multiwell::internal::dynamics::{Hysteresis, Path};
use multiwell::internal::plot::PlotAxis;
use multiwell::internal::plot::figures::{Chart, ChartLayer, MarkShape, Tone};
use multiwell::internal::plot::ticks::number;
use multiwell::internal::text::listed;

use playback::{ParticleTrail, PathRequests, PlayedPath};

/// Number of frames of a requested path.
const REQUESTED_FRAMES: u32 = 90;
/// Number of frames before the end of a path at which the next path is requested.
const FRAMES_AHEAD: usize = 30;
/// Maximum number of particles whose paths are drawn.
const MAX_DRAWN_PATHS: usize = 20;
/// Maximum number of particles.
const MAX_PARTICLES: usize = 200;

/// Forces on the particles, with the sliders that set them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParticleForces {
    /// Constant force on each particle.
    pub tilt: f64,
    /// Temperature in the units of the potential.
    pub temperature: f64,
    /// Position of the slider for the temperature, from 0 to 100.
    pub temperature_slider: f64,
    /// Position of the slider for the tilt, from -100 to 100.
    pub tilt_slider: f64,
}

/// Particles on the landscape and the cycle of a tilt.
#[derive(Debug, Default)]
pub struct Physics {
    /// Positions of the particles.
    pub particles: Vec<f64>,
    /// Forces on the particles.
    pub forces: ParticleForces,
    /// True if the reader has removed all particles.
    pub is_cleared: bool,
    /// Version of the shown contents.
    pub version: u64,
    /// Path that is playing.
    playing: Option<PlayedPath>,
    /// Path that follows the one that is playing.
    next: Option<(Path, Vec<f32>)>,
    /// Requests for paths.
    pub requests: PathRequests,
    trail: ParticleTrail,
    /// Positions of a minimum while the tilt rises and falls: tilts, positions on the way up, positions on the way down.
    cycle: Option<(Hysteresis, Vec<f32>)>,
}

impl Physics {
    /// Discards the contents of another run. The forces stay.
    pub fn reset(&mut self) {
        let Self { forces, requests, version, .. } = *self;
        let requests = PathRequests { replaces: true, ..requests };
        *self = Self { forces, requests, version: version + 1, ..Self::default() };
    }

    /// Accepts the cycle of a tilt.
    pub fn accept_cycle(&mut self, hysteresis: Hysteresis, numbers: Vec<f32>) {
        self.cycle = Some((hysteresis, numbers));
        self.version += 1;
    }

    /// Sentences on the cycle of the tilt. Tilts are rounded to a thousandth of the range of the slider.
    pub fn cycle_text(&self) -> String {
        let Some((cycle, _)) = &self.cycle else { return String::new() };
        if cycle.up.len() + cycle.down.len() == 0 {
            return "The minimum follows the tilt without a jump.".into();
        }
        let unit = self.max_tilt() / 1000.0;
        let equal: Vec<String> = cycle.coexistences.iter().map(|c| number((c.tilt / unit).round() * unit + 0.0, 3)).collect();
        let equal =
            if equal.is_empty() { String::new() } else { format!("Neighbours are equally deep at tilt {}. ", listed(&equal)) };
        format!("{equal}Energy lost per cycle: {}.", number(cycle.work, 2))
    }

    /// Largest tilt of the slider: 1.5 times the tilt of the last jump, or the whole range if nothing jumps.
    fn max_tilt(&self) -> f64 {
        let Some((cycle, _)) = &self.cycle else { return 0.0 };
        let jumps = cycle.up.iter().chain(&cycle.down).map(|jump| jump.tilt.abs()).fold(0.0, f64::max);
        if jumps > 0.0 { 1.5 * jumps } else { cycle.range[0].abs().max(cycle.range[1].abs()) }
    }

    /// Accepts the answer to a request for a path.
    pub fn accept_path(&mut self, path: Path, positions: Vec<f32>, now: f64) {
        self.requests.answered += 1;
        if !self.requests.are_answered() {
            return;
        }
        if self.requests.replaces || self.playing.is_none() {
            self.next = None;
            self.playing = Some(PlayedPath::new(path, positions, now));
            self.requests.replaces = false;
        } else {
            self.next = Some((path, positions));
        }
    }

    /// Adds particles at these positions. Returns the request for their path.
    pub fn drop_particles(&mut self, at: &[f64]) -> Option<Request> {
        let room = MAX_PARTICLES.saturating_sub(self.particles.len());
        self.particles.extend(at.iter().take(room));
        self.trail.points.clear();
        self.restart()
    }

    /// Removes all particles.
    pub fn clear(&mut self) {
        (self.playing, self.next, self.requests.replaces, self.is_cleared) = (None, None, true, true);
        self.particles.clear();
        self.trail.points.clear();
        self.version += 1;
    }

    /// Requests the path from the current positions, which replaces the path that is playing.
    fn restart(&mut self) -> Option<Request> {
        self.requests.replaces = true;
        self.request(self.particles.clone())
    }

    /// Restarts the particles if they are at rest, because the landscape has changed.
    pub fn resume(&mut self) -> Option<Request> {
        if self.playing.is_none() { self.restart() } else { None }
    }

    fn request(&mut self, positions: Vec<f64>) -> Option<Request> {
        if positions.is_empty() {
            return None;
        }
        let ParticleForces { temperature, tilt, .. } = self.forces;
        self.requests.sent += 1;
        let seed = self.requests.sent.into();
        Some(Request::Drop { positions, temperature, tilt: vec![tilt], seed, frames: REQUESTED_FRAMES })
    }

    /// Sets temperature and tilt from their sliders, over a landscape between these bounds.
    pub fn set_forces(&mut self, [low, high]: [f64; 2]) -> Option<Request> {
        let warm = self.forces.temperature_slider;
        // From a thousandth to a tenth of the range of the landscape.
        let temperature = if warm > 0.0 { (high - low) * 10f64.powf(warm / 50.0 - 3.0) } else { 0.0 };
        let tilt = self.forces.tilt_slider / 100.0 * self.max_tilt();
        if (temperature, tilt) == (self.forces.temperature, self.forces.tilt) {
            return None;
        }
        (self.forces.temperature, self.forces.tilt) = (temperature, tilt);
        self.version += 1;
        self.restart()
    }

    /// Moves the particles to `now`; with reduced motion, to the end of the path. Returns whether they keep moving, and the next request.
    pub fn roll(&mut self, now: f64, reduces_motion: bool) -> (bool, Option<Request>) {
        let Some(playing) = &mut self.playing else { return (false, None) };
        let (last, rests) = (playing.last(), playing.path.at_rest);
        let due = if reduces_motion { last } else { playing.due(now) };
        while let Some(positions) = playing.advance(due) {
            self.particles.clone_from(&positions);
            self.trail.push(playing.path.step, positions);
            self.version += 1;
        }
        let (over, end) = (playing.shown >= last, playing.positions(last));
        if over && let Some((path, positions)) = self.next.take() {
            self.playing = Some(PlayedPath::new(path, positions, now));
            return (true, None);
        }
        if over && (rests || reduces_motion) {
            self.playing = None;
            return (false, None);
        }
        let is_near = due + FRAMES_AHEAD >= last && self.next.is_none() && self.requests.are_answered();
        (true, if is_near && !rests && !reduces_motion { self.request(end) } else { None })
    }

    /// Paths of the particles along the input of this name over the last seconds.
    pub fn trace(&self, input: &str, [low, high]: [f64; 2]) -> Chart {
        let times = [self.trail.points.first(), self.trail.points.last()].map(|p| p.map_or(0.0, |p| p.0));
        let path = |particle: usize| self.trail.points.iter().filter_map(|(t, x)| Some((*t, *x.get(particle)?))).collect();
        let drawn = self.particles.len().min(MAX_DRAWN_PATHS);
        let faint = if drawn > 3 { 0.4 } else { 0.9 };
        let layer = |k| ChartLayer::new(path(k), MarkShape::Line(1.25), Tone::Ink).with_opacity(faint);
        let end = if times[1] > times[0] { times[1] } else { times[0] + 1.0 };
        let axes = [PlotAxis::linear(times[0], end), PlotAxis::linear(low, high)];
        Chart::new(axes, ["time", &format!("{input} of particles")], [4, 4], (0..drawn).map(layer).collect())
    }

    /// Position of a minimum along the input of this name against the tilt, up and down.
    pub fn cycle(&self, input: &str, [low, high]: [f64; 2]) -> Chart {
        let numbers = self.cycle.as_ref().map_or(&[][..], |(_, numbers)| numbers);
        let most = if self.cycle.is_some() { self.max_tilt() } else { 1.0 };
        let points = numbers.len() / 3;
        let branch =
            |k: usize| (0..points).map(|i| (f64::from(numbers[i]), f64::from(numbers[k * points + i]))).collect::<Vec<_>>();
        let mut layers = vec![
            ChartLayer::new(branch(1), MarkShape::Line(1.75), Tone::Accent).named("tilt rises"),
            ChartLayer::new(branch(2), MarkShape::Line(1.75), Tone::Count).named("tilt falls"),
        ];
        let equal: Vec<f64> = self.cycle.iter().flat_map(|(cycle, _)| cycle.coexistences.iter().map(|c| c.tilt)).collect();
        for (tilt, opacity) in [(self.forces.tilt, 0.6)].into_iter().chain(equal.iter().map(|&tilt| (tilt, 0.3))) {
            if tilt != 0.0 {
                layers.push(
                    ChartLayer::new(vec![(tilt, low), (tilt, high)], MarkShape::Line(1.0), Tone::Soft).with_opacity(opacity),
                );
            }
        }
        Chart::new(
            [PlotAxis::linear(-most, most), PlotAxis::linear(low, high)],
            ["tilt", &format!("{input} of the minimum")],
            [4, 4],
            layers,
        )
    }
}

#[cfg(test)]
mod tests {
    use multiwell::internal::dynamics::{Coexistence, Jump};

    use super::*;

    #[test]
    fn cycle_text_has_tilts_and_energy() {
        let mut physics = Physics::default();
        assert_eq!(physics.cycle_text(), "");
        let jump = |tilt: f64| Jump { tilt, from: 0.0, to: 1.0 };
        let at = |tilt: f64| Coexistence { tilt, wells: [0.0, 1.0], top: 0.5, barrier: 1.0, is_lowest: true };
        let mut cycle = Hysteresis { range: [-1.0, 1.0], work: 0.4123, ..Hysteresis::default() };
        physics.accept_cycle(cycle.clone(), Vec::new());
        assert_eq!(physics.cycle_text(), "The minimum follows the tilt without a jump.");
        (cycle.up, cycle.down) = (vec![jump(0.4)], vec![jump(-0.4)]);
        cycle.coexistences = vec![at(-0.157), at(-8e-5)];
        physics.accept_cycle(cycle, Vec::new());
        assert_eq!(physics.cycle_text(), "Neighbours are equally deep at tilt −0.157 and 0. Energy lost per cycle: 0.41.");
    }

    #[test]
    fn path_of_one_instant_has_short_labels_of_time() {
        let mut physics = Physics { particles: vec![0.5], ..Physics::default() };
        physics.trail.push(0.648_531, vec![0.5]);
        assert_eq!(physics.trace("x", [0.0, 1.0]).x, PlotAxis::linear(0.648_531, 1.648_531));
    }
}
