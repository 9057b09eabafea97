use super::*;
use crate::landscape::starting_points;
use crate::landscape::tests::in_batches;

fn search(bounds: &[[f64; 2]], starts: usize, f: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> Vec<Minimum> {
    minima(bounds, &starting_points(bounds, starts), in_batches(&f))
}

#[test]
fn starting_points_fill_box() {
    let points = starting_points(&[[0.0, 1.0], [-4.0, 4.0]], 400);
    for cell in 0..16 {
        let (i, j) = (f64::from(cell % 4), f64::from(cell / 4));
        let inside = |x: &ndarray::ArrayView1<f64>| (x[0] * 4.0).floor() == i && (0.5 * x[1] + 2.0).floor() == j;
        let count = points.rows().into_iter().filter(inside).count();
        assert!((20..=30).contains(&count), "{count}");
    }
}

#[test]
fn bowl_with_unequal_axes_has_one_minimum() {
    let found = search(&[[-1.0, 2.0], [-500.0, 700.0], [0.0, 1.0]], 20, |x| {
        let d = [x[0] - 0.1, (x[1] - 3.0) / 400.0, x[2] - 0.7];
        (d.iter().map(|d| d * d).sum::<f64>() + 50.0 * (d[0] * d[1]).powi(2), {
            let c = 100.0 * d[0] * d[1];
            vec![2.0 * d[0] + c * d[1], (2.0 * d[1] + c * d[0]) / 400.0, 2.0 * d[2]]
        })
    });
    assert_eq!(found.len(), 1);
    for (x, (expected, width)) in found[0].x.iter().zip([(0.1, 3.0), (3.0, 1200.0), (0.7, 1.0)]) {
        assert!((x - expected).abs() < 1e-6 * width, "{:?}", found[0]);
    }
    assert_eq!(found[0].barrier, None);
}

#[test]
fn search_from_known_minima_finds_them_again() {
    let bounds = [[-2.0, 2.0], [-1.0, 1.0]];
    let wells = |x: &[f64]| {
        let (a, b) = (x[0] * x[0] - 1.0, x[1] - 0.1 * x[0]);
        (a * a + b * b + 0.1 * x[0].sin() + 3e3, vec![4.0 * a * x[0] - 0.2 * b + 0.1 * x[0].cos(), 2.0 * b])
    };
    let mut found = search(&bounds, 40, wells);
    for _ in 0..4 {
        assert_eq!(found.len(), 2, "{found:?}");
        let known = Array2::from_shape_fn((2, 2), |(k, input)| found[k].x[input]);
        found = minima(&bounds, &known, in_batches(&wells));
    }
}

#[test]
fn minimum_at_the_seam_of_a_periodic_input_is_found_once() {
    let torus = Bounds { ends: &[[-1.0, 1.0], [0.0, 1.0]], periodic: &[true, false] };
    let wave = |x: &[f64]| {
        let angle = std::f64::consts::PI * x[0];
        (angle.cos() + (x[1] - 0.5).powi(2), vec![-std::f64::consts::PI * angle.sin(), 2.0 * x[1] - 1.0])
    };
    let found = minima(torus, &starting_points(torus.ends, 40), in_batches(&wave));
    assert!(found.len() == 1 && (found[0].x[0].abs() - 1.0).abs() < 1e-6, "{found:?}");
}

#[test]
fn curved_valley_is_followed_to_its_end() {
    let found = search(&[[-2.0, 2.0], [-1.0, 3.0]], 8, |x| {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        (a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * b * x[0], 200.0 * b])
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].x.iter().all(|x| (x - 1.0).abs() < 1e-4), "{found:?}");
}

#[test]
fn points_on_faces_and_non_finite_values_give_no_minimum() {
    assert!(search(&[[0.0, 1.0], [0.0, 1.0]], 10, |x| (x[0] + 2.0 * x[1], vec![1.0, 2.0])).is_empty());
    assert!(search(&[[0.0, 1.0], [0.0, 1.0]], 10, |_| (f64::NAN, vec![0.0, 0.0])).is_empty());
}
