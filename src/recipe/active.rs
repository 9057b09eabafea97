//! Modes that have not been removed, as a separate network, so that removed modes cost no time.

use crate::loss::{Loss, LossValue};
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs, declared};
use crate::model::{Architecture, Convexity, ParamKind, Params, lse};
use crate::numerics::linear::{narrow, widen};
use crate::plan::Scalar;
use crate::train::{Divergence, ParameterGroup, QuasiNewton, Rates, Trainer, adam};

/// All offered modes, and the present ones among them.
#[derive(Clone, Debug)]
pub struct ActiveModes {
    pub offered: Architecture,
    all: Params,
    /// Parameters of all modes; removed modes are closed.
    pub full: Vec<f64>,
    /// The indices of the present modes among all modes.
    pub present: Vec<usize>,
}

impl ActiveModes {
    /// Network with the modes `present` of all offered modes. `full` has the parameters of all modes.
    pub fn new(offered: &Architecture, full: Vec<f64>, present: Vec<usize>) -> Self {
        Self { offered: offered.clone(), all: declared(offered), full, present }
    }

    /// Architecture of the present modes; its N is the number of offered modes.
    pub fn arch(&self) -> Architecture {
        Architecture { modes: self.present.len(), ..self.offered.clone() }
    }

    /// Parameters of the present modes, in the order of their flat vector.
    pub fn params(&self) -> Vec<f64> {
        self.all.of_modes(&self.full, &self.present)
    }

    /// Sets the parameters of the present modes.
    pub fn set(&mut self, params: &[f64]) {
        let mut offset = 0;
        for param in self.all.iter() {
            if param.kind == ParamKind::Sharpness {
                self.full[param.offset] = params[offset];
                continue;
            }
            for &mode in &self.present {
                let range = param.of_mode(mode);
                let len = range.len();
                self.full[range].copy_from_slice(&params[offset..offset + len]);
                offset += len;
            }
        }
    }

    /// Present mode with the lowest cost, except for some modes. `None` if it is the only one.
    pub fn lowest_cost(&self, costs: &[f64], except: &[usize]) -> Option<usize> {
        let candidates = (0..self.present.len()).filter(|&k| !except.contains(&self.present[k]));
        let least = candidates.min_by(|&a, &b| costs[a].total_cmp(&costs[b]));
        least.filter(|_| self.present.len() > 1).map(|k| self.present[k])
    }

    /// Removes a mode permanently.
    pub fn remove(&mut self, mode: usize) {
        self.present.retain(|&other| other != mode);
        lse::close(&self.all, &mut self.full, mode);
    }

    /// Replaces the parameters of all modes. Open modes may be closed, and closed modes open.
    pub fn replace_params(&mut self, full: Vec<f64>) {
        let is_closed = |full: &[f64], mode| lse::is_closed(&self.all, full, mode);
        let is_present = |&mode: &usize| !is_closed(&full, mode) && (self.present.contains(&mode) || is_closed(&self.full, mode));
        self.present = (0..self.offered.modes).filter(is_present).collect();
        self.full = full;
    }

    /// Lowers all modes by the height by which the factor 1/N lifts the soft minimum above the lowest of them.
    pub fn lower(&mut self) {
        let height = (self.offered.modes as f64).ln() / self.rho();
        if let Some(bias) = self.all.iter().filter(|p| p.kind == ParamKind::Bias).last() {
            self.full[bias.range()].iter_mut().for_each(|b| *b -= height);
        }
    }

    pub fn rho(&self) -> f64 {
        self.full.last().copied().unwrap_or(1.0)
    }

    /// The quasi-Newton method on a loss of the present modes.
    pub fn quasi_newton(&self, loss: Box<dyn Loss<f32>>, convexity: Convexity) -> QuasiNewton {
        let groups = groups(loss.params(), convexity);
        QuasiNewton::new(loss, &groups, &self.params())
    }

    /// An evaluator of the fit in the units of the network.
    pub fn evaluator<T: Scalar>(&self, parts: Outputs) -> Evaluator<T> {
        Evaluator::new(&self.arch(), Normalization::identity(self.offered.inputs), parts)
    }
}

/// The parameter groups of a stage. Gates are frozen, because they are redundant with the last biases; steps of the sharpness
/// are taken on its logarithm.
pub fn groups(params: &Params, convexity: Convexity) -> Vec<ParameterGroup> {
    let mut groups = adam::groups(params, convexity);
    for (group, param) in groups.iter_mut().zip(params.iter()) {
        group.frozen = param.kind == ParamKind::Gate;
        group.logarithmic = param.kind == ParamKind::Sharpness;
    }
    groups
}

/// Number of epochs of Adam between tests of a removal, with one step an epoch.
pub const EPOCHS_PER_REMOVAL_TEST: u64 = 50;
/// Number of evaluations of the quasi-Newton method between tests of a removal.
const EVALUATIONS_PER_REMOVAL_TEST: u64 = 20;

/// A stage of training of the active modes. An epoch of the quasi-Newton method is one evaluation of its loss.
pub enum TrainingStage {
    Adam { loss: Box<dyn Loss<f32>>, trainer: Box<Trainer<f32>> },
    QuasiNewton { method: Box<QuasiNewton>, epoch: u64 },
}

impl TrainingStage {
    /// Stage of Adam on a loss of the active modes. Losses of the order of `scale` are healthy, also after a smaller initial loss.
    pub fn adam(active: &ActiveModes, loss: Box<dyn Loss<f32>>, convexity: Convexity, scale: f64) -> Self {
        let groups = groups(loss.params(), convexity);
        let mut trainer = Box::new(Trainer::new(narrow(&active.params()), groups));
        trainer.set_loss_scale(scale);
        Self::Adam { loss, trainer }
    }

    /// Stage of the quasi-Newton method on a loss of the active modes.
    pub fn quasi_newton(active: &ActiveModes, loss: Box<dyn Loss<f32>>, convexity: Convexity) -> Self {
        Self::QuasiNewton { method: Box::new(active.quasi_newton(loss, convexity)), epoch: 0 }
    }

    pub fn epoch(&self) -> u64 {
        match self {
            Self::Adam { trainer, .. } => trainer.epoch(),
            Self::QuasiNewton { epoch, .. } => *epoch,
        }
    }

    /// Number of epochs of a stage, relative to a stage with a single mini-batch. With `n` mini-batches there are `sqrt(n)` times
    /// as many steps and `sqrt(n)` times fewer epochs: finer details need more steps.
    pub fn share(&self) -> f64 {
        match self {
            Self::Adam { loss, .. } => 1.0 / (loss.batches() as f64).sqrt(),
            Self::QuasiNewton { .. } => 1.0,
        }
    }

    /// Number of epochs between tests of a removal, for a stage with a single mini-batch.
    pub fn nominal_epochs_per_removal_test(&self) -> u64 {
        match self {
            Self::Adam { .. } => EPOCHS_PER_REMOVAL_TEST,
            Self::QuasiNewton { .. } => EVALUATIONS_PER_REMOVAL_TEST,
        }
    }

    /// Number of epochs between tests of a removal.
    pub fn epochs_per_removal_test(&self) -> u64 {
        (self.nominal_epochs_per_removal_test() as f64 * self.share()).ceil() as u64
    }

    /// Returns true if the method finds no smaller loss.
    pub fn is_stalled(&self) -> bool {
        matches!(self, Self::QuasiNewton { method, .. } if method.is_stalled())
    }

    pub fn params(&self) -> Vec<f64> {
        match self {
            Self::Adam { trainer, .. } => widen(trainer.params()),
            Self::QuasiNewton { method, .. } => method.params(),
        }
    }

    /// First half of an epoch; returns the loss over the first mini-batch.
    pub fn evaluate(&mut self) -> Result<LossValue, Divergence> {
        match self {
            Self::Adam { loss, trainer } => trainer.evaluate(&mut **loss),
            Self::QuasiNewton { method, epoch } => {
                let value = method.value();
                let divergence = || Divergence { epoch: *epoch, what: "the loss is not finite".into(), restored_epoch: *epoch };
                value.total.is_finite().then_some(value).ok_or_else(divergence)
            }
        }
    }

    /// Second half of an epoch.
    pub fn step(&mut self, rates: Rates) -> Result<(), Divergence> {
        match self {
            Self::Adam { loss, trainer } => trainer.step(&mut **loss, |_| rates).map(drop),
            Self::QuasiNewton { method, epoch } => {
                method.work();
                *epoch += 1;
                Ok(())
            }
        }
    }

    pub fn value(&mut self) -> LossValue {
        match self {
            Self::Adam { loss, trainer } => loss.value(trainer.params()),
            Self::QuasiNewton { method, .. } => method.value(),
        }
    }

    /// Data term of the loss at the current parameters: the mean squared error, or minus the mean log-likelihood.
    pub fn error(&mut self) -> f64 {
        self.value().data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init;

    #[test]
    fn removal_of_modes_leaves_other_modes_unchanged() {
        let arch = Architecture::new(2, 5, &[4, 3]);
        let params = init::paper(&declared(&arch), 1);
        let mut active = ActiveModes::new(&arch, params.clone(), (0..5).collect());
        assert_eq!(active.params(), params);
        active.remove(1);
        active.remove(3);
        assert_eq!(active.present, [0, 2, 4]);
        let params_of_present = active.params();
        let points: Vec<f64> = (0..40).map(|k| (f64::from(k) * 0.7).sin() * 3.0).collect();
        let small = active.evaluator::<f64>(Outputs::default()).evaluate(&params_of_present, &points).psi;
        let mut whole = Evaluator::<f64>::new(&arch, Normalization::identity(2), Outputs::default());
        let full = whole.evaluate(&active.full, &points).psi;
        assert!(small.iter().zip(&full).all(|(a, b)| (a - b).abs() < 1e-12));
        let changed: Vec<f64> = params_of_present.iter().map(|p| p + 0.125).collect();
        active.set(&changed);
        assert_eq!(active.params(), changed);
        assert_eq!(active.rho(), changed[changed.len() - 1]);
    }
}
