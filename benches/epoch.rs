//! One epoch: forward, backward, Adam, projection, on one thread in `f32`.

use divan::{Bencher, counter::ItemsCount};
use multiwell::nn::{Architecture, Convexity, init};
use multiwell::objective::{Objective, Target};
use multiwell::plan::{Batch, Options};
use multiwell::train::{Rates, Trainer, adam};

fn main() {
    divan::main();
}

/// A task with smooth data of the right extent; what is learnt does not matter for the time.
struct Task {
    objective: Objective<f32>,
    batch: Batch<f32>,
    trainer: Trainer<f32>,
}

impl Task {
    fn new(target: Target, arch: &Architecture, samples: usize) -> Self {
        Self::with_options(target, arch, samples, Options::default())
    }

    fn with_options(target: Target, arch: &Architecture, samples: usize, options: Options) -> Self {
        let mut objective = Objective::with_options(arch, target, false, options);
        objective.set_epsilon(1e-4);
        let wave = |len: usize, pace: f64| (0..len).map(|k| 3.0 * (pace * k as f64).sin()).collect::<Vec<f64>>();
        let targets = if target == Target::Value { samples } else { samples * arch.inputs };
        let batch = objective.batch(&wave(samples * arch.inputs, 0.61), &wave(targets, 0.37), None);
        let start = init::paper(objective.params(), 1).iter().map(|&p| p as f32).collect();
        let trainer = Trainer::new(start, adam::groups(objective.params(), Convexity::Projection));
        Self { objective, batch, trainer }
    }

    fn bench(mut self, bencher: Bencher, samples: usize) {
        bencher.counter(ItemsCount::new(samples)).bench_local(|| {
            self.trainer.evaluate(&mut self.objective, &self.batch).expect("a healthy loss");
            self.trainer.step(Rates { network: 1e-4, gate: 1e-5 });
        });
    }
}

/// The paper's task: 10 modes of 2 x 10, one input, 200 points.
#[divan::bench]
fn paper(bencher: Bencher) {
    Task::new(Target::Value, &Architecture::new(1, 10, &[10, 10]), 200).bench(bencher, 200);
}

/// Gradient matching: 5 modes of 2 x 10, seven inputs, 800 points.
#[divan::bench]
fn gradient_matching(bencher: Bencher) {
    Task::new(Target::Gradient, &Architecture::new(7, 5, &[10, 10]), 800).bench(bencher, 800);
}

#[divan::bench(args = [200, 2_000, 20_000])]
fn samples(bencher: Bencher, samples: usize) {
    Task::new(Target::Value, &Architecture::new(1, 10, &[10, 10]), samples).bench(bencher, samples);
}

#[divan::bench(args = [5, 10, 20, 40])]
fn modes(bencher: Bencher, modes: usize) {
    Task::new(Target::Value, &Architecture::new(1, modes, &[10, 10]), 200).bench(bencher, 200);
}

#[divan::bench(args = [10, 16, 32, 64])]
fn width(bencher: Bencher, width: usize) {
    Task::new(Target::Value, &Architecture::new(1, 10, &[width, width]), 200).bench(bencher, 200);
}

/// Lane vectors in a row of a tile.
#[divan::bench(args = [4, 8, 12, 25])]
fn tile_width(bencher: Bencher, width: usize) {
    let options = Options { width: Some(width), ..Options::default() };
    Task::with_options(Target::Value, &Architecture::new(1, 10, &[10, 10]), 200, options).bench(bencher, 200);
}

/// Lane vectors in a row of a tile, for gradient matching.
#[divan::bench(args = [8, 12, 25, 50])]
fn gradient_tile_width(bencher: Bencher, width: usize) {
    let options = Options { width: Some(width), ..Options::default() };
    Task::with_options(Target::Gradient, &Architecture::new(7, 5, &[10, 10]), 800, options).bench(bencher, 800);
}
