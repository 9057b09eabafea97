//! Inputs of the networks from measurements: strain and its rate over their standard deviations, stress over a unit that
//! preserves work, and the invariants of these.

use serde::{Deserialize, Serialize};

use super::settings::Dynamics;
use super::task::MetamaterialSettings;
use crate::data::trajectories::Trajectory;
use crate::loss::trajectories::ScaledTrajectories;

/// Mean of an input in standard deviations above which the input is shifted by its mean.
const SHIFT_THRESHOLD: f64 = 3.0;

/// Features of a model, and their units.
///
/// The potential depends on `e, e^2, e^3` (with play `e, e^2/2, e^3/5`) of each scaled input `e`, on the products of pairs
/// of inputs, and optionally on the first input once more. The dissipation also depends on `d, d^2, d^3, e d, e^2 d, e d^2`
/// of each scaled rate `d`. For one component of strain these are the isotropic invariants `tr E, tr E^2, tr E^3` and those
/// of the rate. A transverse strain changes only the first invariant; its stress is the second output. The last inputs may have
/// no output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// True if the first input is a separate argument of the potential.
    pub structural: bool,
    /// True if the powers have the factors of play.
    pub play: bool,
    /// Shift of each input.
    pub origin: Vec<f64>,
    /// Unit of each input.
    pub strain: Vec<f64>,
    /// Unit of the rate of each input.
    pub rate: Vec<f64>,
    /// Unit of energy.
    pub energy: f64,
    /// Number of outputs.
    pub outputs: usize,
    /// Unit of time: the mean duration of a run.
    pub duration: f64,
}

/// Mean and standard deviation.
pub fn mean_and_spread(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    (mean, (values.map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt())
}

/// Mean, and the unit of scaling: the standard deviation, or one if that is zero.
fn mean_and_unit(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (mean, spread) = mean_and_spread(values);
    (mean, if spread > 0.0 { spread } else { 1.0 })
}

impl Features {
    /// Features with the units of the training runs.
    pub fn from_trajectories(
        trajectories: &[Trajectory],
        inputs: usize,
        outputs: usize,
        settings: &MetamaterialSettings,
    ) -> Self {
        let whole: f64 = trajectories.iter().map(|t| t.time[t.time.len() - 1] - t.time[0]).sum();
        let duration = whole / trajectories.len().max(1) as f64;
        let mut features = Self {
            structural: settings.structural && inputs == 1,
            play: settings.dynamics == Dynamics::Play,
            origin: vec![0.0; inputs],
            strain: vec![1.0; inputs],
            rate: vec![1.0; inputs],
            energy: 0.0,
            outputs,
            duration,
        };
        for k in 0..inputs {
            let values = trajectories.iter().flat_map(|t| t.inputs.iter().skip(k).step_by(inputs).copied());
            let (mean, spread) = mean_and_unit(values);
            features.origin[k] = if mean.abs() > SHIFT_THRESHOLD * spread { mean } else { 0.0 };
            features.strain[k] = spread;
            let rates = trajectories.iter().flat_map(|t| features.rates_of(t, k));
            features.rate[k] = mean_and_unit(rates.collect::<Vec<f64>>().into_iter()).1;
            if k < outputs {
                let stress = trajectories.iter().flat_map(|t| t.outputs.iter().skip(k).step_by(outputs).copied());
                features.energy += mean_and_unit(stress).1 * spread / inputs.min(outputs) as f64;
            }
        }
        features
    }

    /// Number of features of the strain.
    pub fn count(&self) -> usize {
        let n = self.strain.len();
        3 * n + n * (n - 1) / 2 + usize::from(self.structural)
    }

    /// Number of features of the rate.
    pub fn rates(&self) -> usize {
        6 * self.strain.len()
    }

    /// Unit of an output.
    pub fn stress(&self, output: usize) -> f64 {
        self.energy / self.strain[output.min(self.strain.len() - 1)]
    }

    /// Weights of the outputs in the loss: the inverse variance of each, in the units of the network.
    pub fn weights(&self, trajectories: &[Trajectory]) -> Vec<f64> {
        let of = |k: usize| {
            let values = trajectories.iter().flat_map(|t| t.outputs.iter().skip(k).step_by(self.outputs).copied());
            (self.stress(k) / mean_and_unit(values).1).powi(2)
        };
        (0..self.outputs).map(of).collect()
    }

    /// Net work done on a run by the trapezium rule, in the units of the data; `None` if an input has no output.
    pub fn net_work(&self, t: &Trajectory) -> Option<f64> {
        let inputs = self.strain.len();
        let of_step = |n: usize, k: usize| {
            let change = t.inputs[(n + 1) * inputs + k] - t.inputs[n * inputs + k];
            0.5 * (t.outputs[n * self.outputs + k] + t.outputs[(n + 1) * self.outputs + k]) * change
        };
        let steps = t.time.len().saturating_sub(1);
        (self.outputs >= inputs).then(|| (0..inputs).map(|k| (0..steps).map(|n| of_step(n, k)).sum::<f64>()).sum())
    }

    /// Rates of an input between the samples of a run, in units of time.
    fn rates_of<'a>(&'a self, trajectory: &'a Trajectory, k: usize) -> impl Iterator<Item = f64> + 'a {
        let inputs = self.strain.len();
        let steps = trajectory.time.len().saturating_sub(1);
        (0..steps).map(move |n| {
            let change = trajectory.inputs[(n + 1) * inputs + k] - trajectory.inputs[n * inputs + k];
            change * self.duration / (trajectory.time[n + 1] - trajectory.time[n])
        })
    }

    /// Runs in the units of the networks. Unknown outputs may be absent. Shorter runs are padded to the length of the longest.
    pub fn scaled(&self, trajectories: &[Trajectory]) -> ScaledTrajectories {
        let inputs = self.strain.len();
        let lengths: Vec<usize> = trajectories.iter().map(|t| t.time.len()).collect();
        let samples = lengths.iter().copied().max().unwrap_or(0);
        let is_even = lengths.iter().all(|length| *length == samples);
        let mut scaled = ScaledTrajectories { count: trajectories.len(), samples, ..ScaledTrajectories::default() };
        if !is_even {
            scaled.measured = lengths;
        }
        for trajectory in trajectories {
            let rates: Vec<Vec<f64>> =
                (0..inputs).map(|k| self.rates_of(trajectory, k).chain([0.0]).map(|d| d / self.rate[k]).collect()).collect();
            for (n, strain) in trajectory.inputs.chunks(inputs).enumerate() {
                let e: Vec<f64> = (0..inputs).map(|k| (strain[k] - self.origin[k]) / self.strain[k]).collect();
                self.sample(&e, &mut scaled);
                for (e, d) in e.iter().zip(rates.iter().map(|rates| rates[n])) {
                    scaled.rates.extend([d, d * d, d * d * d, e * d, e * e * d, e * d * d]);
                }
                let known = trajectory.outputs.get(n * self.outputs..(n + 1) * self.outputs);
                scaled.stress.extend((0..self.outputs).map(|k| known.map_or(0.0, |s| s[k] / self.stress(k))));
            }
            if !trajectory.outputs.is_empty() {
                scaled.work.extend(self.net_work(trajectory).map(|work| work / self.energy));
            }
            scaled.durations.extend(trajectory.time.windows(2).map(|w| (w[1] - w[0]) / self.duration));
            self.fill(&mut scaled, samples - trajectory.time.len());
        }
        scaled
    }

    /// Appends samples to the last trajectory that are at rest, take no time and have no error.
    fn fill(&self, scaled: &mut ScaledTrajectories, samples: usize) {
        let last = scaled.features[scaled.features.len() - self.count()..].to_vec();
        let zeros = |list: &mut Vec<f64>, each: usize| list.resize(list.len() + samples * each, 0.0);
        scaled.features.extend(last.iter().cycle().take(samples * last.len()));
        zeros(&mut scaled.rates, self.rates());
        zeros(&mut scaled.basis, self.outputs * self.count());
        zeros(&mut scaled.stress, self.outputs);
        zeros(&mut scaled.durations, 1);
    }

    /// Factors of the second and the third power of an input among the features.
    pub fn factors(&self) -> [f64; 2] {
        if self.play { [0.5, 0.2] } else { [1.0, 1.0] }
    }

    /// Features and basis of one sample.
    fn sample(&self, e: &[f64], scaled: &mut ScaledTrajectories) {
        let [second, third] = self.factors();
        let pairs = || (0..e.len()).flat_map(|i| (i + 1..e.len()).map(move |j| (i, j)));
        scaled.features.extend(e.iter().flat_map(|e| [*e, second * e * e, third * e * e * e]));
        scaled.features.extend(pairs().map(|(i, j)| e[i] * e[j]));
        scaled.features.extend(self.structural.then_some(e[0]));
        for k in 0..self.outputs {
            // A transverse strain changes only the first invariant.
            let across = k >= e.len();
            for (i, e) in e.iter().enumerate() {
                let own = f64::from(u8::from(i == k));
                let slope = if across { [1.0, 0.0, 0.0] } else { [own, own * 2.0 * second * e, own * 3.0 * third * e * e] };
                scaled.basis.extend(slope);
            }
            scaled.basis.extend(pairs().map(|(i, j)| match k {
                _ if k == i => e[j],
                _ if k == j => e[i],
                _ => 0.0,
            }));
            scaled.basis.extend(self.structural.then_some(f64::from(u8::from(!across))));
        }
    }
}
