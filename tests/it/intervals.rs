//! Tests of the coverage of intervals of nominal 90 %. The measurement over many targets is long and ignored, and environment variables set its
//! scope:
//!
//! ```text
//! INPUTS=1 TARGETS=0..100 cargo test --release --test it intervals:: -- --ignored --nocapture
//! ```
use crate::fits::{KINDS, finished, targets, variable};
use multiwell::internal::landscape::of_potential_above;
use multiwell::internal::numerics::Minimum;
use multiwell::internal::potentials::random::{RandomTargetKind, RandomWells};
use multiwell::internal::potentials::sampling::uniform_of;
use multiwell::internal::potentials::{KnownPotential, Observed, RandomLandscape};
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Settings};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Number of rows, for one input and for two.
const ROW_COUNTS: [usize; 2] = [200, 400];

/// Errors over half widths of the intervals of one well. They belong to the position along the first input, the value, the height above the lowest
/// minimum, and the barrier.
type IntervalErrors = [Option<f64>; 4];

/// Fits a target with noise. Returns the errors of one randomly chosen well, and the numbers of wells of fit and truth.
fn scored(target: &dyn KnownPotential, noise: f64, seed: u64) -> (Option<IntervalErrors>, usize, usize) {
    let inputs = target.inputs().len();
    let data = uniform_of(target, Observed::Values, inputs * ROW_COUNTS[inputs.min(2) - 1], noise, seed);
    let settings = Settings::on(Recipe::Reliable, Settings::OWN_DATA).with("uncertainty=1").unwrap();
    let mut run = finished(settings, DataSource::Own(data));
    let (metrics, survey) = run.surveyed(&|| false);
    let truth = of_potential_above(target, survey.threshold);
    let is_well = |m: &&Minimum| m.barrier.is_some_and(|b| b > survey.threshold);
    let wells: Vec<&Minimum> = truth.minima.iter().filter(is_well).collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1000 + seed);
    let well = wells[rng.random_range(0..wells.len())];
    let lowest = |minima: &[Minimum]| minima.iter().map(|m| m.value).fold(f64::INFINITY, f64::min);
    let (bottom, true_bottom) = (lowest(&metrics.own.minima), lowest(&truth.minima));
    let found = metrics.own.minima.iter().min_by(|a, b| a.distance(well).total_cmp(&b.distance(well)));
    let scores = found
        .filter(|m| m.interval.is_some() && m.distance(well) < 0.2 * (target.bounds()[0][1] - target.bounds()[0][0]))
        .map(|m| {
            let score = |truth: f64, [low, high]: [f64; 2]| {
                Some((truth - 0.5 * (low + high)) / (0.5 * (high - low))).filter(|s| s.is_finite())
            };
            let interval = m.interval.as_ref().unwrap();
            let barrier = well.barrier.zip(m.barrier_interval).filter(|_| !m.barrier_at_edge);
            [
                score(well.x[0], interval.x[0]),
                score(well.value, interval.value),
                if m.value > bottom { score(well.value - true_bottom, interval.above_lowest) } else { None },
                barrier.and_then(|(barrier, [low, high])| {
                    score(barrier, [2.0 * m.barrier.unwrap() - high, high]).filter(|_| low >= 0.0)
                }),
            ]
        });
    (scores, metrics.own.wells, wells.len())
}

#[test]
#[ignore = "measurement: INPUTS and TARGETS select the fits"]
fn coverage_of_intervals_is_measured() {
    let inputs: usize = variable("INPUTS", "1").parse().unwrap();
    let mut all: [Vec<(RandomTargetKind, f64, f64)>; 4] = Default::default();
    let (mut missing, mut wrong) = (0, 0);
    for seed in targets("0..30") {
        let kind = KINDS[seed as usize % 3].1;
        let noise = Xoshiro256PlusPlus::seed_from_u64(2000 + seed).random_range(0.01..0.05);
        let target: Box<dyn KnownPotential> =
            if inputs == 1 { Box::new(RandomWells::new(kind, seed)) } else { Box::new(RandomLandscape::new(kind, inputs, seed)) };
        let (scores, wells, true_wells) = scored(&*target, noise, seed);
        println!("{seed} {kind:?} noise {noise:.3} wells {wells} of {true_wells}: {scores:.2?}");
        wrong += usize::from(wells != true_wells);
        let Some(scores) = scores else {
            missing += 1;
            continue;
        };
        for (list, score) in all.iter_mut().zip(scores) {
            list.extend(score.map(|score| (kind, noise, score)));
        }
    }
    println!("no interval: {missing}, other number of wells: {wrong}");
    for (name, list) in ["place", "value", "above lowest", "barrier"].iter().zip(&all) {
        let covered = |keep: &dyn Fn(&(RandomTargetKind, f64, f64)) -> bool| {
            let kept: Vec<f64> = list.iter().filter(|s| keep(s)).map(|s| s.2).collect();
            format!("{}/{}", kept.iter().filter(|s| s.abs() <= 1.0).count(), kept.len())
        };
        let mean = list.iter().map(|s| s.2).sum::<f64>() / list.len().max(1) as f64;
        println!(
            "TOTAL {name}: {}; noise below 3 % {}, above {}; smooth {}, kinked {}, Gaussians {}; mean score {mean:.2}",
            covered(&|_| true),
            covered(&|s| s.1 < 0.03),
            covered(&|s| s.1 >= 0.03),
            covered(&|s| s.0 == RandomTargetKind::Smooth),
            covered(&|s| s.0 == RandomTargetKind::Kinked),
            covered(&|s| s.0 == RandomTargetKind::Gaussians),
        );
    }
}
