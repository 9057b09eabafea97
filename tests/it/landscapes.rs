//! Tests of random landscapes of several inputs. The recipe `reliable` finds their wells. `benches/wells/landscapes.py` measures many
//! targets.
use crate::fits::finished;
use multiwell::internal::data::Dataset;
use multiwell::internal::landscape::{EnergyPath, of_potential_above, paths_of_potential};
use multiwell::internal::numerics::Minimum;
use multiwell::internal::numerics::statistics::{difference, norm};
use multiwell::internal::potentials::random::RandomTargetKind;
use multiwell::internal::potentials::sampling::{self, uniform_of};
use multiwell::internal::potentials::{self, Observed, RandomLandscape};
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Settings};
use ndarray::{Array1, Array2, s};

/// Number of training rows.
const ROW_COUNT: usize = 800;
/// Maximum distance of a well from the true one.
const MAX_PLACE_ERROR: f64 = 0.12;

/// Maximum distance from a point of either path to the nearest point of the other, as a fraction of the diagonal of the box.
fn apart(a: &EnergyPath, b: &EnergyPath, bounds: &[[f64; 2]]) -> f64 {
    let farthest = |from: &EnergyPath, to: &EnergyPath| {
        let nearest = |p: &Vec<f64>| to.points.iter().map(|q| norm(&difference(p, q))).fold(f64::INFINITY, f64::min);
        from.points.iter().map(nearest).fold(0.0, f64::max)
    };
    let diagonal = bounds.iter().map(|[low, high]| (high - low).powi(2)).sum::<f64>().sqrt();
    farthest(a, b).max(farthest(b, a)) / diagonal
}

/// Rises from both ends of a path to its saddle, the smaller one first.
fn rises(path: &EnergyPath) -> [f64; 2] {
    let mut rises = [path.values.first(), path.values.last()].map(|end| path.height - end.unwrap());
    rises.sort_by(f64::total_cmp);
    rises
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn paths_and_barriers_of_muller_brown_match_truth() {
        let known = potentials::find("muller-brown").unwrap();
        let bounds = known.bounds();
        // Only points with low values are used. Elsewhere the function rises by a thousand.
        let mut points: Vec<f64> = sampling::spread(&bounds, 4000).into_iter().collect();
        points = points.chunks(2).filter(|x| known.value(x) < 30.0).take(1000).flatten().copied().collect();
        let x = Array2::from_shape_vec((1000, 2), points).unwrap();
        let y: Array1<f64> = x.rows().into_iter().map(|x| known.value(&x.to_vec())).collect();
        let slopes = |x: &Array2<f64>| x.rows().into_iter().flat_map(|x| known.gradient(&x.to_vec())).collect::<Vec<f64>>();
        let half = x.slice(s![..;2, ..]).to_owned();
        let gradient = Array2::from_shape_vec((500, 2), slopes(&half)).unwrap();
        let kinds = [
            (Dataset::values(x, y).unwrap(), Settings::on(Recipe::Reliable, Settings::OWN_DATA)),
            (Dataset::gradients(half, gradient).unwrap(), Settings::on_derivatives(Recipe::Reliable, false)),
        ];
        for (data, settings) in kinds {
            let mut run = finished(settings, DataSource::Own(data));
            let (_, survey) = run.surveyed(&|| false);
            let truth = paths_of_potential(&*known, survey.threshold);
            assert_eq!((survey.minima.len(), survey.saddles.len(), survey.paths.len(), truth.len()), (3, 2, 2, 2));
            for (found, of_truth) in survey.paths.iter().zip(&truth) {
                let apart = apart(found, of_truth, &bounds);
                let worst = rises(found).iter().zip(rises(of_truth)).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
                println!("{apart} of the diagonal apart, rises off by {worst}");
                assert!(apart < 0.01 && worst < 0.01, "{apart}, {worst}");
            }
        }
    }

    #[test]
    #[ignore = "full recipe"]
    fn wells_of_random_landscape_are_found_from_values() {
        let target = RandomLandscape::new(RandomTargetKind::Smooth, 2, 3);
        let data = uniform_of(&target, Observed::Values, ROW_COUNT, 0.0, 3);
        let mut run = finished(Settings::on(Recipe::Reliable, Settings::OWN_DATA), DataSource::Own(data));
        let (metrics, survey) = run.surveyed(&|| false);
        let truth = of_potential_above(&target, survey.threshold);
        let is_near =
            |well: &Minimum| metrics.own.minima.iter().any(|minimum| norm(&difference(&minimum.x, &well.x)) < MAX_PLACE_ERROR);
        assert_eq!((metrics.own.wells, metrics.own.minima.len()), (truth.minima.len(), truth.minima.len()));
        assert!(truth.minima.iter().all(is_near) && metrics.own.r2 > 0.999, "{metrics:?}");
    }
}
