//! Epochs of Adam on any loss, with health checks. The last healthy state is kept for a roll-back.

use super::adam::{Adam, ParameterGroup, Rates};
use crate::loss::{Loss, LossValue};
use crate::model::{ParamKind, Params};
use crate::plan::Scalar;
use crate::text::whole;

/// Approximate number of steps between snapshots, which are taken at the beginning of an epoch.
const SNAPSHOT_INTERVAL: u64 = 64;
/// Factor on the initial loss above which a loss counts as diverged. It is exceeded long before anything overflows.
const DIVERGENCE_FACTOR: f64 = 1e6;

/// Divergence of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// Epoch at the beginning of which the divergence was detected.
    pub epoch: u64,
    /// Description, for example `the loss rose to 1e22` or `the gradient of W2 is not finite`.
    pub what: String,
    /// Epoch to which the run was rolled back.
    pub restored_epoch: u64,
}

impl Divergence {
    /// Message to the user.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { epoch, what, restored_epoch } = self;
        format!(
            "Training diverged at epoch {}: {what}. The fit is back at epoch {}; lower the learning rate and go on, or restart.",
            whole(*epoch),
            whole(*restored_epoch)
        )
    }

    /// Adds `before` to the numbers of the epochs, for epochs before the first one of the trainer.
    #[must_use]
    pub fn after(self, before: u64) -> Self {
        Self { epoch: self.epoch + before, restored_epoch: self.restored_epoch + before, ..self }
    }
}

/// Parameters and optimiser, with the last healthy state of both.
#[derive(Debug)]
pub struct Trainer<T: Scalar> {
    params: Vec<T>,
    gradient: Vec<T>,
    adam: Adam<T>,
    groups: Vec<ParameterGroup>,
    epoch: u64,
    /// Sum of the losses of the mini-batches of this epoch.
    sum: f64,
    /// Largest loss that counts as healthy.
    ceiling: Option<f64>,
    snapshot: Snapshot<T>,
}

#[derive(Debug)]
struct Snapshot<T> {
    params: Vec<T>,
    adam: Adam<T>,
    epoch: u64,
}

impl<T: Scalar> Trainer<T> {
    /// Trainer at epoch 0.
    pub fn new(params: Vec<T>, groups: Vec<ParameterGroup>) -> Self {
        let adam = Adam::new(params.len());
        let snapshot = Snapshot { params: params.clone(), adam: adam.clone(), epoch: 0 };
        Self { gradient: vec![T::zero(); params.len()], params, adam, groups, epoch: 0, sum: 0.0, ceiling: None, snapshot }
    }

    /// Treats losses of up to `DIVERGENCE_FACTOR` times `scale` as healthy, for any initial loss.
    pub fn set_loss_scale(&mut self, scale: f64) {
        self.ceiling = Some(DIVERGENCE_FACTOR * scale.max(1e-12));
    }

    /// Parameters, in the order of the flat vector.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// Number of epochs done.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Continues from parameters in which modes have been closed ([`crate::model::lse::close`]) or opened. The moments of these modes are reset.
    pub fn adopt_params(&mut self, layout: &Params, params: &[T]) {
        for mode in 0..layout.iter().next().map_or(0, |p| p.shape[0]) {
            let ranges = || layout.iter().filter(|p| p.kind != ParamKind::Sharpness).map(|p| p.of_mode(mode));
            if ranges().any(|range| self.params[range.clone()] != params[range]) {
                ranges().for_each(|range| self.adam.forget(range));
            }
        }
        self.params.copy_from_slice(params);
        self.take_snapshot();
    }

    /// Restarts at epoch 0 with other parameters and zero moments.
    pub fn restart(&mut self, params: Vec<T>) {
        self.adam = Adam::new(params.len());
        (self.params, self.epoch) = (params, 0);
        self.take_snapshot();
    }

    fn take_snapshot(&mut self) {
        self.snapshot.params.copy_from_slice(&self.params);
        self.snapshot.adam.copy_from(&self.adam);
        self.snapshot.epoch = self.epoch;
    }

    /// Computes the loss over the first mini-batch and its gradient at the current parameters. This is the first half of an epoch.
    ///
    /// # Errors
    /// If the loss or a gradient is not finite, or if the loss has diverged. Parameters and optimiser are then those of the last snapshot.
    pub fn evaluate(&mut self, loss: &mut (impl Loss<T> + ?Sized)) -> Result<LossValue, Divergence> {
        loss.begin_epoch(self.epoch);
        self.sum = 0.0;
        let value = self.evaluate_batch(loss, 0)?;
        let batches = loss.batches() as u64;
        if self.epoch * batches % SNAPSHOT_INTERVAL < batches {
            self.take_snapshot();
        }
        Ok(value)
    }

    /// Takes a step along the gradient of each mini-batch. [`Trainer::evaluate`] has computed that of the first one. This is the second half of an
    /// epoch. `rates` returns the learning rates for the step of a mini-batch. Returns the mean of the losses over the mini-batches.
    ///
    /// # Errors
    /// See [`Trainer::evaluate`].
    pub fn step(&mut self, loss: &mut (impl Loss<T> + ?Sized), rates: impl Fn(usize) -> Rates) -> Result<f64, Divergence> {
        let batches = loss.batches();
        for batch in 0..batches {
            if batch > 0 {
                self.evaluate_batch(loss, batch)?;
            }
            self.adam.step(&mut self.params, &self.gradient, &self.groups, rates(batch));
        }
        self.epoch += 1;
        Ok(self.sum / batches as f64)
    }

    fn evaluate_batch(&mut self, loss: &mut (impl Loss<T> + ?Sized), batch: usize) -> Result<LossValue, Divergence> {
        let value = loss.evaluate(&self.params, batch, &mut self.gradient);
        let ceiling = *self.ceiling.get_or_insert(DIVERGENCE_FACTOR * value.total.max(1e-12));
        if !value.total.is_finite() || value.total > ceiling || !self.gradient_is_finite() {
            return Err(self.roll_back(loss.params(), value));
        }
        self.sum += value.total;
        Ok(value)
    }

    fn gradient_is_finite(&self) -> bool {
        // Without an early exit, the compiler vectorises the loop.
        self.gradient.iter().fold(true, |finite, g| finite & g.is_finite())
    }

    fn roll_back(&mut self, params: &Params, loss: LossValue) -> Divergence {
        let broken = |values: &[T]| {
            let broken = |range: std::ops::Range<usize>| values[range].iter().any(|x| !x.is_finite());
            params.iter().find(|p| broken(p.range())).map(|p| p.name.clone())
        };
        let what = match (broken(&self.params), broken(&self.gradient)) {
            (Some(name), _) => format!("the parameter {name} is no longer finite"),
            _ if loss.total.is_finite() && loss.total > self.ceiling.unwrap_or(f64::INFINITY) => {
                format!("the loss rose to {:.1e}", loss.total)
            }
            (_, Some(name)) => format!("the gradient of {name} is no longer finite"),
            _ => "the loss is no longer finite".into(),
        };
        let divergence = Divergence { epoch: self.epoch, what, restored_epoch: self.snapshot.epoch };
        self.params.copy_from_slice(&self.snapshot.params);
        self.adam.copy_from(&self.snapshot.adam);
        self.epoch = self.snapshot.epoch;
        divergence
    }
}
