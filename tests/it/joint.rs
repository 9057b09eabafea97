//! Tests of joint densities of samples against the density from which they were drawn.
use crate::fits::finished;
use crate::torus::VonMisesMixture;
use std::f64::consts::PI;

use multiwell::internal::data::Dataset;
use multiwell::internal::landscape::density_wells::{self, GridDensity};
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::numerics::bounds::Bounds;
use multiwell::internal::numerics::lattice::Lattice;
use multiwell::internal::problem::potential::PotentialMetrics;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, PotentialRun, Settings};
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
            let mut left: f64 = rng.random();
            let part = self.0.iter().position(|part| {
                left -= part.0;
                left < 0.0
            });
            let (_, middle, spread) = &self.0[part.unwrap_or(0)];
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

/// Metrics of a fit with its barriers.
fn numbers(run: &mut PotentialRun) -> PotentialMetrics {
    run.surveyed(&|| false).0.own
}

/// Number of points along each input of the grid for the total variation. It covers the mixture of three components.
const GRID_SIDE: usize = 150;
const GRID_STEP: f64 = 12.0 / GRID_SIDE as f64;

/// Points of the grid.
fn places() -> Vec<f64> {
    let along = |index: usize| -6.0 + GRID_STEP * (index as f64 + 0.5);
    (0..GRID_SIDE * GRID_SIDE).flat_map(|k| [along(k % GRID_SIDE), along(k / GRID_SIDE)]).collect()
}

/// Fitted density at points.
fn density_of(run: &PotentialRun, places: &[f64]) -> Vec<f64> {
    run.potential().values(places, Outputs::default()).psi.iter().map(|psi| (-psi).exp()).collect()
}

/// Total variation between two densities on a grid whose cells have the size `size`.
fn variation(a: &[f64], b: &[f64], size: f64) -> f64 {
    0.5 * size * a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>()
}

/// Total variation between a fit and the mixture.
fn variation_of_fit(run: &PotentialRun, truth: &JointMixture) -> f64 {
    let (places, size) = (places(), GRID_STEP * GRID_STEP);
    let exact: Vec<f64> = places.chunks(2).map(|x| truth.density(x)).collect();
    variation(&exact, &density_of(run, &places), size)
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
fn correlated_samples_reduce_effective_number_of_samples() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    let mut at = [0.0; 2];
    // The correlation of consecutive samples is nine tenths. The effective number is therefore smaller by a factor of 1.9 / 0.1.
    let x: Vec<f64> = (0..20_000)
        .flat_map(|_| {
            at = at.map(|x| 0.9 * x + 0.19_f64.sqrt() * rng.sample::<f64, _>(StandardNormal));
            at
        })
        .collect();
    let data = Dataset::samples_of_density(Array2::from_shape_vec((20_000, 2), x).unwrap(), Vec::new()).unwrap();
    assert_eq!(data.effective_numbers(), [20_000.0; 2]);
    let effective = Dataset { blocks: 100, ..data }.effective_numbers()[1];
    assert!((20_000.0 / 19.0 / effective - 1.0).abs() < 0.5, "{effective}");
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

/// Samples of a mixture on the torus, by rejection.
fn draw_on_torus(mixture: &VonMisesMixture, samples: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut one = || {
        loop {
            let x = [0, 1].map(|_| rng.random_range(-PI..PI));
            // The largest weight is one, and the components hardly overlap.
            if 2.0 * rng.random::<f64>() < (-mixture.at(&x).0).exp() {
                return x;
            }
        }
    };
    (0..samples).flat_map(|_| one()).collect()
}

/// Smallest total variation to the truth of some wrapped kernel estimates on a lattice.
fn best_kernel_variation(x: &[f64], side: usize, variation: impl Fn(&[f64]) -> f64) -> f64 {
    let kernel = |width: f64| {
        let one = |at: f64| -> Vec<f64> {
            let far = |k: usize| (2.0 * PI * k as f64 / side as f64 - at).rem_euclid(2.0 * PI) - PI;
            (0..side).map(|k| gauss(far(k) / width) / width).collect()
        };
        let mut sum = vec![0.0; side * side];
        for point in x.chunks(2) {
            let [a, b] = [one(point[0]), one(point[1])];
            for (j, b) in b.iter().enumerate().filter(|(_, b)| **b > 1e-12) {
                for (sum, a) in sum[j * side..].iter_mut().zip(&a) {
                    *sum += 2.0 * a * b / x.len() as f64;
                }
            }
        }
        variation(&sum)
    };
    [0.08, 0.11, 0.14, 0.17, 0.2, 0.24].map(kernel).into_iter().fold(1.0, f64::min)
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn density_of_angles_has_no_seam_and_all_wells() {
        // One of the wells lies across both seams.
        let truth = VonMisesMixture(vec![
            ([PI - 0.1, -PI + 0.1], [8.0, 6.0], 1.0),
            ([-1.2, 2.0], [6.0, 8.0], 0.7),
            ([1.0, 0.8], [7.0, 7.0], 0.9),
            ([-0.4, -1.4], [9.0, 7.0], 0.8),
        ]);
        let (side, samples) = (180, 3000);
        let x = draw_on_torus(&truth, samples, 101);
        let lattice = Lattice::new(Bounds { ends: &[[-PI, PI]; 2], periodic: &[true, true] }, side);
        let places = lattice.points();
        let cell = (2.0 * PI / side as f64).powi(2);
        let weights: Vec<f64> = places.chunks(2).map(|x| (-truth.at(x).0).exp()).collect();
        let exact: Vec<f64> = weights.iter().map(|weight| weight / (cell * weights.iter().sum::<f64>())).collect();
        let apart = |other: &[f64]| variation(&exact, other, cell);
        let oracle = best_kernel_variation(&x, side, apart);
        let mut run = fitted(x, 2, Vec::new(), "periodic=-pi..pi&epochs=3000");
        let found = apart(&density_of(&run, &places));
        assert!(found < 1.1 * oracle, "{found} {oracle}");
        let potential = run.potential();
        let difference = |a: [f64; 2], b: [f64; 2]| (potential.value(&a) - potential.value(&b)).abs();
        let jump = |y: f64| difference([-PI, y], [PI, y]).max(difference([y, -PI], [y, PI]));
        assert!((0..50).all(|k| jump(0.12 * f64::from(k) - 3.0) < 1e-12));
        let (psi, bias_factors): (Vec<f64>, Vec<f64>) = exact.iter().map(|q| (-q.ln(), 1.0)).unzip();
        let grid = GridDensity { psi: &psi, bias_factors: &bias_factors, lattice: &lattice, samples: samples as f64 };
        assert_eq!(numbers(&mut run).wells, density_wells::count(&grid.minima()));
    }

    #[test]
    #[ignore = "full recipe"]
    fn joint_density_is_normalised_and_has_basin_populations() {
        let truth = JointMixture::three();
        let mut run = fitted(truth.draw(3000, 1), 2, Vec::new(), "uncertainty=1&epochs=3000");
        let own = numbers(&mut run);
        assert!(variation_of_fit(&run, &truth) < 0.06, "{}", variation_of_fit(&run, &truth));
        let total = GRID_STEP * GRID_STEP * density_of(&run, &places()).iter().sum::<f64>();
        assert!((total - 1.0).abs() < 0.01, "{total}");
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
        let own = numbers(&mut run);
        let density = own.density.clone().expect("a density");
        // The weights are a function of the positions, so that every sample counts fully.
        assert!(density.is_biased && density.effective_samples == 4000.0, "{density:?}");
        assert_eq!(own.wells, 3, "{:?}", own.minima);
        assert!(variation_of_fit(&run, &truth) < 0.06, "{}", variation_of_fit(&run, &truth));
    }
}
