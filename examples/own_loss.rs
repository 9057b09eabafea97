//! Trains a potential on a loss of one's own: an absolute error, smoothed, that outliers hardly move. The loss is recorded on the engine's graph,
//! which differentiates it and compiles value and gradient to one pass over the data.

use multiwell::grad::grad;
use multiwell::graph::{Axis, Graph};
use multiwell::internal::loss::{Loss, LossValue};
use multiwell::internal::model::model_file::Normalization;
use multiwell::internal::model::{Architecture, Convexity, LseIcnn, Params, Potential, init};
use multiwell::internal::train::{Rates, Trainer, adam};
use multiwell::plan::{Batch, Plan, PlanOptions};

/// The mean of `sqrt(r^2 + d^2) - d` over samples, `r` the error of Psi and `d` the width of the smoothing.
struct Robust {
    plan: Plan<f32>,
    batch: Batch<f32>,
    params: Params,
}

impl Robust {
    fn new(arch: &Architecture, x: &[f32], y: &[f32], width: f64) -> Self {
        let mut g = Graph::new();
        let model = LseIcnn::record(&mut g, arch);
        let target = g.input(1, 1);
        let error = g.sub(model.psi, target);
        let (square, smooth) = (g.mul(error, error), g.constant(width * width));
        let sum = g.add(square, smooth);
        let size = g.sqrt(sum);
        let total = g.sum(Axis::Samples, size);
        let share = g.constant(1.0 / y.len() as f64);
        let loss = g.mul(total, share);
        let leaves = g.params().to_vec();
        let slopes = grad(&mut g, loss, &leaves);
        let outputs: Vec<_> = std::iter::once(Some(loss)).chain(slopes).collect();
        let plan = Plan::compile_present(&g, &outputs, PlanOptions::default());
        let mut batch = plan.batch(y.len());
        batch.set(0, x);
        batch.set(1, y);
        Self { plan, batch, params: model.params }
    }
}

impl Loss<f32> for Robust {
    fn params(&self) -> &Params {
        &self.params
    }

    fn evaluate(&mut self, params: &[f32], _batch: usize, gradient: &mut [f32]) -> LossValue {
        let value = self.value(params);
        self.plan.copy_gradient(1, gradient);
        value
    }

    fn value(&mut self, params: &[f32]) -> LossValue {
        self.plan.set_params(params);
        self.plan.run(&self.batch);
        let loss = f64::from(self.plan.output(0)[0]);
        LossValue { total: loss, data: loss }
    }
}

/// The double well `(x^2 - 1)^2`, of which every tenth value is off by 3.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let x: Vec<f32> = (0..200).map(|k| k as f32 / 100.0 * 1.5 - 1.5).collect();
    let y: Vec<f32> = x.iter().enumerate().map(|(k, x)| (x * x - 1.0).powi(2) + if k % 10 == 5 { 3.0 } else { 0.0 }).collect();

    let arch = Architecture::new(1, 2, &[10, 10]);
    let mut loss = Robust::new(&arch, &x, &y, 0.05);
    let groups = adam::groups(&loss.params, Convexity::Projection);
    let mut trainer = Trainer::new(init::paper(&loss.params, 1).iter().map(|&p| p as f32).collect(), groups);
    for epoch in 0..5000 {
        let value = trainer.evaluate(&mut loss).map_err(|divergence| divergence.sentence())?;
        trainer.step(&mut loss, |_| Rates { network: 5e-3, gate: 5e-3 }).map_err(|divergence| divergence.sentence())?;
        if epoch % 1000 == 0 {
            println!("epoch {epoch}: {:.4}", value.total);
        }
    }

    let params = trainer.params().iter().map(|&p| f64::from(p)).collect();
    let psi = Potential::new(&arch, &Normalization::identity(1), params);
    for well in psi.landscape(&[[-1.5, 1.5]], 0.02).minima {
        println!("a well at {:.2} with a barrier of {:.2}", well.x[0], well.barrier.unwrap_or(f64::NAN));
    }
    Ok(())
}
