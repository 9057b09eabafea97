//! Requests about the fit: the roles of the modes, the cost of removing modes, and when to ask again.

use multiwell::landscape::{Pruned, RoleKind, Survey};

/// Least time between two requests of a kind during training, in milliseconds.
const PAUSE: f64 = 1000.0;

/// Identifies a fit: epochs, second-order steps, completed stages, and whether training has ended.
pub type Moment = (u64, u64, usize, bool);

/// The last request of a kind: its fit and its time.
#[derive(Debug, Default)]
pub struct Asked(pub Option<(Moment, f64)>);

impl Asked {
    /// Whether to ask again now; if so, records the request.
    pub fn is_due(&mut self, moment: Moment, now: f64, running: bool) -> bool {
        let due = self.0.is_none_or(|(at, time)| at != moment && (!running || now - time > PAUSE));
        if due {
            self.0 = Some((moment, now));
        }
        due
    }
}

/// Requests about the fit, and their answers.
#[derive(Debug, Default)]
pub struct Inspection {
    /// What each mode does.
    pub survey: Option<Box<Survey>>,
    /// The epoch of the survey.
    pub surveyed: u64,
    /// When the survey was asked for.
    pub survey_asked: Asked,
    /// What removing modes costs, with the fits that would be left, as far as that is known.
    pub prices: (Vec<Pruned>, Vec<f32>),
    /// Whether the next price has been asked for.
    pub goes_on: bool,
    /// When the prices were asked for.
    pub prices_asked: Asked,
    /// Requests for prices that have not been answered.
    pub prices_awaited: u32,
    /// When the cycle of a tilt was asked for.
    pub cycle_asked: Asked,
    /// How many modes the slider removes.
    pub removed: usize,
    /// Whether training goes on when the slider is back.
    pub resumes: bool,
    /// The only mode that is drawn.
    pub alone: Option<usize>,
}

impl Inspection {
    /// The mode that makes a hump of its own at `x` in the fit at this epoch.
    pub fn hump_at(&self, epoch: u64, x: f64) -> Option<usize> {
        let roles = &self.survey.as_ref().filter(|_| self.surveyed == epoch)?.roles;
        roles.iter().position(|r| r.kind == RoleKind::Hump && r.stretches.iter().any(|[from, to]| (*from..=*to).contains(&x)))
    }

    /// The fit that would be left; empty if nothing is removed.
    pub fn beside(&self) -> &[f32] {
        let (steps, curves) = &self.prices;
        let points = curves.len() / steps.len().max(1);
        curves.chunks(points.max(1)).nth(self.removed).filter(|_| self.removed > 0).unwrap_or_default()
    }

    /// Takes the prices of removing modes, or those after the ones before; those of the last question are of the fit at `moment`.
    pub fn take_prices(&mut self, steps: Vec<Pruned>, curves: Vec<f32>, moment: Moment, now: f64) {
        // Answers come in the order of the questions, and none goes on while another fit's prices are awaited.
        if !std::mem::take(&mut self.goes_on) {
            self.prices = Default::default();
            self.prices_awaited = self.prices_awaited.saturating_sub(1);
            if self.prices_awaited == 0 {
                self.prices_asked.0 = Some((moment, now));
            }
        }
        self.prices.0.extend(steps);
        self.prices.1.extend(curves);
    }

    /// Invalidates all answers: another fit has the same epoch.
    pub fn expire(&mut self) {
        self.prices = Default::default();
        (self.prices_asked, self.survey_asked, self.cycle_asked) = Default::default();
    }
}
