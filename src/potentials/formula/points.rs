//! Values of a graph at points.

use crate::graph::{Graph, NodeId};
use crate::plan::{Batch, Plan, PlanOptions};

/// Number of points that are evaluated together.
const BATCH_POINTS: usize = 32;

/// Evaluates a graph at any number of points.
#[derive(Debug)]
pub(super) struct FormulaPoints {
    plan: Plan<f64>,
    batch: Batch<f64>,
    samples: usize,
    outputs: usize,
}

impl FormulaPoints {
    /// Compiles outputs that are one number per sample.
    pub fn new(graph: &Graph, outputs: &[NodeId]) -> Self {
        let plan = Plan::compile(graph, outputs, PlanOptions { width: Some(BATCH_POINTS), ..PlanOptions::default() });
        Self { batch: plan.batch(1), plan, samples: 1, outputs: outputs.len() }
    }

    /// Evaluates the graph at points, given by the coordinates of all points along each input.
    pub fn run(&mut self, x: &[Vec<f64>]) {
        let samples = x.first().map_or(1, Vec::len);
        if samples != self.samples {
            (self.batch, self.samples) = (self.plan.batch(samples), samples);
        }
        for (k, x) in x.iter().enumerate() {
            self.batch.set(k, x);
        }
        self.plan.run(&self.batch);
    }

    /// Values of an output at the points of the last run.
    pub fn output(&self, k: usize) -> &[f64] {
        self.plan.output(k)
    }

    /// Values of all outputs at one point.
    pub fn one(&mut self, x: &[f64]) -> Vec<f64> {
        let x: Vec<Vec<f64>> = x.iter().map(|&x| vec![x]).collect();
        self.run(&x);
        (0..self.outputs).map(|k| self.plan.output(k)[0]).collect()
    }
}
