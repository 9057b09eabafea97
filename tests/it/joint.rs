//! Tests of joint densities of samples against the density from which they were drawn.
use std::f64::consts::PI;

use crate::fits::{finished, part_at};
use multiwell::internal::data::Dataset;
use multiwell::internal::landscape::Minimum;
use multiwell::internal::landscape::density_wells::{self, GridDensity};
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::numerics::bounds::Bounds;
use multiwell::internal::numerics::lattice::Lattice;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, PotentialRun, Settings};
use multiwell::internal::text::number;
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A component: its weight, its mean and its standard deviations.
type Component = (f64, Vec<f64>, Vec<f64>);

/// A mixture of Gaussians.
struct JointMixture(Vec<Component>);

impl JointMixture {
    fn three() -> Self {
        Self(vec![
            (0.5, vec![0.0, 0.0], vec![0.5, 0.4]),
            (0.35, vec![2.5, 1.0], vec![0.4, 0.6]),
            (0.15, vec![-1.0, 2.5], vec![0.4, 0.4]),
        ])
    }

    fn density(&self, x: &[f64]) -> f64 {
        let of = |(weight, middle, spread): &Component| {
            let one = |k: usize| gauss((x[k] - middle[k]) / spread[k]) / spread[k];
            weight * (0..x.len()).map(one).product::<f64>()
        };
        self.0.iter().map(of).sum()
    }

    fn draw(&self, samples: usize, seed: u64) -> Vec<f64> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut one = || {
            let (_, middle, spread) = &self.0[part_at(self.0.iter().map(|part| part.0), rng.random())];
            middle.iter().zip(spread).map(|(m, s)| m + s * rng.sample::<f64, _>(StandardNormal)).collect::<Vec<f64>>()
        };
        (0..samples).flat_map(|_| one()).collect()
    }
}

fn gauss(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// A fit to samples `[samples, inputs]`.
fn fitted(x: Vec<f64>, inputs: usize, weights: Vec<f64>, settings: &str) -> PotentialRun {
    let data = Dataset::samples_of_density(Array2::from_shape_vec((x.len() / inputs, inputs), x).unwrap(), weights).unwrap();
    let settings = Settings::on(Recipe::Reliable, Settings::OWN_JOINT).with(settings).unwrap();
    finished(settings, DataSource::Own(data))
}

/// Total variation between a mixture of two quantities and a fit, and the integral of the fit, on a grid that covers both.
fn variation_and_integral(truth: &JointMixture, run: &PotentialRun) -> [f64; 2] {
    let lattice = Lattice::new(Bounds { ends: &[[-6.0, 6.0]; 2], periodic: &[false; 2] }, 151);
    let (places, cell) = (lattice.points(), lattice.step(0) * lattice.step(1));
    let density: Vec<f64> = run.potential().values(&places, Outputs::default()).psi.iter().map(|psi| (-psi).exp()).collect();
    let apart: f64 = places.chunks(2).zip(&density).map(|(x, density)| (truth.density(x) - density).abs()).sum();
    [0.5 * cell * apart, cell * density.iter().sum::<f64>()]
}

#[test]
fn plot_of_one_quantity_contains_kernel_estimate() {
    let truth = JointMixture(vec![(0.6, vec![-1.0], vec![0.4]), (0.4, vec![1.5], vec![0.5])]);
    // Samples drawn from the density, and samples drawn uniformly with weights.
    let drawn = truth.draw(2000, 3);
    let flat: Vec<f64> = (0..2000).map(|k| -3.0 + 6.5 * (f64::from(k) * 0.618_034).fract()).collect();
    let weights = flat.iter().map(|&x| truth.density(&[x])).collect();
    for (x, weights) in [(drawn, Vec::new()), (flat, weights)] {
        let run = fitted(x, 1, weights, "epochs=70");
        let (scene, numbers) = run.scene();
        assert_eq!((scene.samples, scene.rows), (1000, Some(2000)));
        let (places, values) = numbers.split_at(scene.samples);
        let places: Vec<f64> = places.iter().map(|&x| x.into()).collect();
        let likely =
            places.iter().zip(values).map(|(x, psi)| (truth.density(&[*x]), f64::from(*psi))).filter(|known| known.0 > 0.15);
        let errors: Vec<f64> = likely.map(|(density, psi)| (psi + density.ln()).abs()).collect();
        assert!(errors.len() > 200 && errors.iter().all(|error| *error < 0.35), "{errors:?}");
    }
}

#[test]
fn barrier_without_samples_around_its_pass_has_a_lower_bound() {
    let is_guess = |x: Vec<f64>| {
        let report = fitted(x, 2, Vec::new(), "uncertainty=1").surveyed(&|| false).0;
        let warning = report.warnings.iter().find(|sentence| sentence.contains("barriers over it are guesses"));
        let wells: Vec<&Minimum> = report.own.minima.iter().filter(|minimum| minimum.supported).collect();
        // Each barrier has either an interval or a bound.
        assert!(wells.len() > 1 && wells.iter().all(|well| well.barrier_interval.is_some() != well.barrier_bound.is_some()));
        assert!(warning.is_none() || wells.iter().all(|well| well.barrier_bound.is_some()), "{wells:?}");
        let bounds = wells.iter().filter_map(|well| Some(format!("at least {}.", number(well.barrier_bound?, 2))));
        assert!(warning.is_none_or(|warning| bounds.into_iter().any(|bound| warning.contains(&bound))), "{warning:?}");
        assert!(wells.iter().all(|well| well.barrier_bound.is_none_or(|least| well.barrier.unwrap() > least + 1.0)), "{wells:?}");
        warning.is_some()
    };
    // Two parallel sticks: the true barrier is 18 kT, and no sample lies between them.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut normal = || rng.sample::<f64, _>(StandardNormal);
    let stick = |k: usize| {
        let (along, across) = (normal(), normal());
        [along, 0.98 * along + 0.2 * across + if k.is_multiple_of(2) { 1.2 } else { -1.2 }]
    };
    assert!(is_guess((0..400).flat_map(stick).collect()));
    assert!(!is_guess(
        JointMixture(vec![(0.5, vec![-1.0, 0.0], vec![0.5; 2]), (0.5, vec![1.0, 0.0], vec![0.5; 2])]).draw(400, 1)
    ));
}

#[test]
fn invalid_samples_and_weights_are_refused() {
    let refused = |rows: usize, inputs: usize, weights: Vec<f64>| {
        let x = Array2::from_shape_fn((rows, inputs), |(row, k)| (row * (k + 2)) as f64 % 11.0);
        Dataset::samples_of_density(x, weights).unwrap_err().to_string()
    };
    assert!(refused(20, 4, Vec::new()).contains("at most three"));
    assert!(refused(5, 2, Vec::new()).contains("at least 8"));
    assert!(refused(20, 2, (0..20).map(|k| f64::from(k) - 3.0).collect()).contains("row 1 has the weight -3"));
    assert!(refused(20, 2, vec![0.0; 20]).contains("all weights are zero"));
    assert!(refused(20, 2, vec![1.0; 19]).contains("19 weights"));
}

/// A component of a mixture on the torus: its weight, its centre and its concentrations.
type VonMises = (f64, [f64; 2], [f64; 2]);

/// A mixture of products of two von Mises densities.
struct Torus(Vec<VonMises>);

impl Torus {
    /// Five random components with a minimum distance from each other. One of them lies across the seam of the first angle.
    fn random(seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut parts: Vec<VonMises> = vec![(rng.random_range(0.3..1.0), [PI - 0.1, rng.random_range(-PI..PI)], [6.0, 6.0])];
        while parts.len() < 5 {
            let middle = [0, 1].map(|_| rng.random_range(-PI..PI));
            let concentration = [0, 1].map(|_| rng.random_range(4.0..12.0));
            let is_apart = |(_, at, other): &VonMises| {
                let width = |k: usize| f64::sqrt(1.0 / concentration[k]) + f64::sqrt(1.0 / other[k]);
                let along = |k: usize| 2.0 * (1.0 - f64::cos(middle[k] - at[k])) / width(k).powi(2);
                along(0) + along(1) > 2.0
            };
            if parts.iter().all(is_apart) {
                parts.push((rng.random_range(0.3..1.0), middle, concentration));
            }
        }
        let total: f64 = parts.iter().map(|part| part.0).sum();
        for part in &mut parts {
            part.0 /= total;
        }
        Self(parts)
    }

    fn density(&self, x: &[f64]) -> f64 {
        let von_mises = |x: f64, middle: f64, kappa: f64| {
            // Modified Bessel function of order zero, by its series.
            let terms = (1..80).scan(1.0, |term, k| {
                *term *= (0.5 * kappa / f64::from(k)).powi(2);
                Some(*term)
            });
            (kappa * (x - middle).cos()).exp() / (2.0 * PI * (1.0 + terms.sum::<f64>()))
        };
        self.0.iter().map(|(weight, at, kappa)| weight * (0..2).map(|k| von_mises(x[k], at[k], kappa[k])).product::<f64>()).sum()
    }

    fn draw(&self, samples: usize, seed: u64) -> Vec<f64> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut one = || {
            let (_, at, kappa) = &self.0[part_at(self.0.iter().map(|part| part.0), rng.random())];
            [0, 1].map(|k| {
                loop {
                    let x: f64 = rng.random_range(-PI..PI);
                    if rng.random::<f64>() < (kappa[k] * ((x - at[k]).cos() - 1.0)).exp() {
                        return x;
                    }
                }
            })
        };
        (0..samples).flat_map(|_| one()).collect()
    }
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn density_of_angles_has_no_seam_and_all_wells() {
        let (truth, side, samples) = (Torus::random(1), 180, 3000);
        let x = truth.draw(samples, 101);
        let lattice = Lattice::new(Bounds { ends: &[[-PI, PI]; 2], periodic: &[true, true] }, side);
        let places = lattice.points();
        let exact: Vec<f64> = places.chunks(2).map(|x| truth.density(x)).collect();
        let size = (2.0 * PI / side as f64).powi(2);
        let variation = |other: &[f64]| 0.5 * size * exact.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f64>();
        // Total variation of a wrapped kernel estimate.
        let kernel = |width: f64| {
            let one = |at: f64| -> Vec<f64> {
                let far = |k: usize| (2.0 * PI * k as f64 / side as f64 - at).rem_euclid(2.0 * PI) - PI;
                (0..side).map(|k| gauss(far(k) / width) / width).collect()
            };
            let mut sum = vec![0.0; exact.len()];
            for point in x.chunks(2) {
                let [a, b] = [one(point[0]), one(point[1])];
                for (j, b) in b.iter().enumerate().filter(|(_, b)| **b > 1e-12) {
                    for (sum, a) in sum[j * side..].iter_mut().zip(&a) {
                        *sum += a * b / samples as f64;
                    }
                }
            }
            variation(&sum)
        };
        let oracle = [0.08, 0.11, 0.14, 0.17, 0.2, 0.24].map(kernel).into_iter().fold(1.0, f64::min);
        let mut run = fitted(x, 2, Vec::new(), "periodic=-pi..pi&epochs=3000");
        let potential = run.potential();
        let psi = potential.values(&places, Outputs::default()).psi;
        let found = variation(&psi.iter().map(|psi| (-psi).exp()).collect::<Vec<f64>>());
        assert!(found < 1.1 * oracle, "{found} {oracle}");
        let difference = |a: [f64; 2], b: [f64; 2]| (potential.value(&a) - potential.value(&b)).abs();
        let jump = |y: f64| difference([-PI, y], [PI, y]).max(difference([y, -PI], [y, PI]));
        let seam = (0..50).map(|k| jump(0.12 * f64::from(k) - 3.0)).fold(0.0, f64::max);
        assert!(seam < 1e-12, "{seam}");
        let psi: Vec<f64> = exact.iter().map(|q| -q.ln()).collect();
        let bias_factors = vec![1.0; psi.len()];
        let truth = GridDensity { psi: &psi, bias_factors: &bias_factors, lattice: &lattice, samples: samples as f64 };
        assert_eq!(run.surveyed(&|| false).0.own.wells, density_wells::count(&truth.minima()));
    }

    #[test]
    #[ignore = "full recipe"]
    fn joint_density_is_normalised_and_has_basin_populations() {
        let truth = JointMixture::three();
        let mut run = fitted(truth.draw(3000, 1), 2, Vec::new(), "uncertainty=1&epochs=3000");
        let own = run.surveyed(&|| false).0.own;
        let [variation, total] = variation_and_integral(&truth, &run);
        assert!(variation < 0.06 && (total - 1.0).abs() < 0.01, "{variation} {total}");
        assert_eq!((own.wells, own.minima.len()), (3, 3), "{:?}", own.minima);
        let density = own.density.expect("a density");
        for (found, expected) in density.populations.iter().zip([0.5, 0.35, 0.15]) {
            assert!((found - expected).abs() < 0.03, "{density:?}");
        }
        let intervals = density.free_energy_intervals.expect("they were asked for");
        for ([low, high], expected) in intervals.into_iter().zip([0.0, (0.5_f64 / 0.35).ln(), (0.5_f64 / 0.15).ln()]) {
            assert!(low <= expected + 0.05 && expected - 0.05 <= high && high - low < 0.4, "{low} {expected} {high}");
        }
        let exact = truth.draw(20_000, 9).chunks(2).map(|x| truth.density(x).ln()).sum::<f64>() / 20_000.0;
        assert!((density.log_likelihood - exact).abs() < 0.06, "{} {exact}", density.log_likelihood);
    }

    #[test]
    #[ignore = "full recipe"]
    fn weighted_samples_give_same_density_as_unweighted() {
        let truth = JointMixture::three();
        // The samples are drawn uniformly and weighted by the density.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let x: Vec<f64> = (0..4000).flat_map(|_| [rng.random_range(-2.5..4.5), rng.random_range(-2.0..4.5)]).collect();
        let weights: Vec<f64> = x.chunks(2).map(|x| truth.density(x)).collect();
        let mut run = fitted(x, 2, weights, "epochs=3000");
        let own = run.surveyed(&|| false).0.own;
        let density = own.density.clone().expect("a density");
        // The weights are a function of the positions, so that every sample counts fully.
        assert!(density.is_biased && density.effective_samples == 4000.0, "{density:?}");
        assert_eq!(own.wells, 3, "{:?}", own.minima);
        let [variation, _] = variation_and_integral(&truth, &run);
        assert!(variation < 0.06, "{variation}");
    }
}
