//! Playback of the paths that the worker computes for the particles.

use multiwell::internal::dynamics::Path;

/// Duration of a frame in milliseconds.
const FRAME_MS: f64 = 1000.0 / 30.0;
/// Number of past frames that are drawn.
const PAST_FRAMES: usize = 450;

/// A path of the particles, in frames of equal duration.
#[derive(Debug)]
pub struct PlayedPath {
    /// Frames and duration of the path.
    pub path: Path,
    /// Positions of all particles, frame by frame.
    positions: Vec<f32>,
    /// Time at which the first frame is shown, in milliseconds.
    start: f64,
    /// Number of the frame that was shown last.
    pub shown: usize,
}

impl PlayedPath {
    /// Path whose first frame is shown at `start`.
    pub fn new(path: Path, positions: Vec<f32>, start: f64) -> Self {
        Self { path, positions, start, shown: 0 }
    }

    /// Number of the last frame.
    pub fn last(&self) -> usize {
        self.path.frames.saturating_sub(1)
    }

    /// Positions of the particles in a frame.
    pub fn positions(&self, frame: usize) -> Vec<f64> {
        let particles = self.path.particles;
        self.positions[frame * particles..(frame + 1) * particles].iter().map(|&x| x.into()).collect()
    }

    /// Number of the frame that is due.
    pub fn due(&self, now: f64) -> usize {
        (((now - self.start) / FRAME_MS).max(0.0) as usize).min(self.last())
    }

    /// Advances by one frame, up to the frame that is due. Returns its positions.
    pub fn advance(&mut self, due: usize) -> Option<Vec<f64>> {
        if self.shown >= due || self.positions.len() < (self.shown + 2) * self.path.particles {
            return None;
        }
        self.shown += 1;
        Some(self.positions(self.shown))
    }
}

/// Requests for paths. Only the answer to the last one counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct PathRequests {
    /// Number of requests.
    pub sent: u32,
    /// Number of answers, including the cancelled ones.
    pub answered: u32,
    /// True if the next answer replaces the path that is playing.
    pub replaces: bool,
}

impl PathRequests {
    /// Returns true if all requests have been answered.
    pub fn are_answered(self) -> bool {
        self.answered == self.sent
    }
}

/// Recent positions of the particles.
#[derive(Debug, Default)]
pub struct ParticleTrail {
    /// Positions with their times, oldest first.
    pub points: Vec<(f64, Vec<f64>)>,
    /// Time of the newest positions, in units of the dynamics.
    time: f64,
}

impl ParticleTrail {
    /// Adds positions that follow the newest ones after a step in time. Removes the oldest positions beyond the maximum number.
    pub fn push(&mut self, step: f64, positions: Vec<f64>) {
        self.time += step;
        self.points.push((self.time, positions));
        let excess = self.points.len().saturating_sub(PAST_FRAMES);
        self.points.drain(..excess);
    }
}
