use super::*;

fn extrema_on_line(domain: [f64; 2], points: usize, value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Extrema {
    extrema(domain, points, |xs| (xs.iter().map(|&x| value(x)).collect(), xs.iter().map(|&x| slope(x)).collect()))
}

fn places(found: &Extrema) -> (Vec<f64>, Vec<f64>) {
    (found.minima.iter().map(|m| m.x[0]).collect(), found.saddles.iter().map(|m| m.x[0]).collect())
}

#[test]
fn ends_of_band_are_edge_minima_with_barrier_between() {
    let band = |x: f64| (x * x - 1.0).powi(2) + 0.1 * x;
    let slope = |x: f64| 4.0 * x * (x * x - 1.0) + 0.1;
    // The left end lies beyond its minimum, the right end just before its minimum.
    for domain in [[-1.02, 0.98], [-0.9, 0.9]] {
        let found = extrema_on_line(domain, 401, band, slope);
        let edges = edge_minima(domain, domain.map(band), &found, 0.01);
        assert_eq!(edges.len(), 2, "{edges:?}");
        for edge in &edges {
            let at = edge.barrier_at.as_ref().expect("a maximum between")[0];
            assert!((edge.barrier.unwrap() - (band(at) - edge.value)).abs() < 1e-12 && slope(at).abs() < 1e-9, "{edge:?}");
        }
    }
    // If the wells lie inside, the edges have no minimum. A monotone curve has an edge minimum without a barrier.
    let found = extrema_on_line([-1.5, 1.5], 401, band, slope);
    assert!(edge_minima([-1.5, 1.5], [-1.5, 1.5].map(band), &found, 0.01).is_empty());
    let edges = edge_minima([0.0, 2.0], [0.0, 2.0], &extrema_on_line([0.0, 2.0], 401, |x| x, |_| 1.0), 0.01);
    assert_eq!((edges.len(), edges[0].x[0], edges[0].barrier), (1, 0.0, None));
    // A flat line has no edge minimum.
    assert!(edge_minima([0.0, 2.0], [1.0; 2], &Extrema::default(), 0.01).is_empty());
}

#[test]
fn extrema_on_and_between_grid_points_are_found_once() {
    // cos on [-4, 7] has maxima at 0 and 2 pi and minima at -pi and pi; only 0 is on the grid of 12 points.
    let found = extrema_on_line([-4.0, 7.0], 12, f64::cos, |x| -x.sin());
    let (minima, maxima) = places(&found);
    let pi = std::f64::consts::PI;
    for (x, expected) in minima.iter().chain(&maxima).zip([-pi, pi, 0.0, 2.0 * pi]) {
        assert!((x - expected).abs() < 1e-12, "{x} {expected}");
    }
    assert_eq!((minima.len(), maxima.len()), (2, 2));
    let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
    // The lowest way out from the left minimum leads over the edge at -4, and from the right minimum over either maximum.
    assert!((barriers[0] - (4.0_f64.cos() + 1.0)).abs() < 1e-12 && (barriers[1] - 2.0).abs() < 1e-12, "{barriers:?}");
}

#[test]
fn barrier_of_nested_wells_is_their_lower_side() {
    // A shallow minimum at 1 lies on the flank of a deep well at -1. The barrier of each is the hump between them or an edge.
    let value = |x: f64| if x < 0.0 { (x + 1.0) * (x + 1.0) } else { 1.0 - 0.2 * x * (2.0 - x) };
    let slope = |x: f64| if x < 0.0 { 2.0 * (x + 1.0) } else { -0.4 * (1.0 - x) };
    let found = extrema_on_line([-1.5, 1.5], 101, value, slope);
    let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
    assert_eq!(barriers.len(), 2);
    assert!((barriers[0] - 0.25).abs() < 1e-12, "edge at -1.5: {barriers:?}");
    assert!((barriers[1] - 0.05).abs() < 1e-12, "edge at 1.5: {barriers:?}");
    assert!(places(&found).1[0].abs() < 1e-12);
}

#[test]
fn ripple_is_listed_and_does_not_split_wells() {
    let value = |x: f64| (x * x - 1.0).powi(2) + 1e-3 * (200.0 * x).cos();
    let slope = |x: f64| 4.0 * x * (x * x - 1.0) - 0.2 * (200.0 * x).sin();
    let found = extrema_above([-2.0, 2.0], 2001, 0.1, |xs| {
        (xs.iter().map(|&x| value(x)).collect(), xs.iter().map(|&x| slope(x)).collect())
    });
    let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
    let wells: Vec<f64> = barriers.iter().copied().filter(|&b| b > 0.1).collect();
    assert!(found.minima.len() > 2 && wells.len() == 2, "{barriers:?}");
    assert!(wells.iter().all(|b| (b - 1.0).abs() < 3e-3), "{wells:?}");
    assert!(barriers.iter().all(|b| !(3e-3..=0.1).contains(b)), "{barriers:?}");
}

#[test]
fn periodic_function_has_no_edges_and_each_well_once() {
    use std::f64::consts::{PI, TAU};
    let around = |domain: [f64; 2], shift: f64, of: [f64; 2]| {
        let value = move |x: f64| of[0] * (x - shift).cos() + of[1] * (2.0 * (x - shift)).cos();
        let slope = move |x: f64| -of[0] * (x - shift).sin() - 2.0 * of[1] * (2.0 * (x - shift)).sin();
        let evaluate = |xs: &[f64]| (xs.iter().map(|&x| value(x)).collect(), xs.iter().map(|&x| slope(x)).collect());
        extrema_around(domain, 100, 0.1, evaluate)
    };
    for shift in [0.0, 0.3, PI, -2.0, TAU / 100.0] {
        // With one well, the barrier is the rise to the maximum, from either side.
        let one = around([-PI, PI], shift, [1.0, 0.0]);
        assert_eq!((one.minima.len(), one.saddles.len()), (1, 1), "{shift}");
        let (minimum, top) = (&one.minima[0], &one.saddles[0]);
        assert!((minimum.barrier.unwrap() - 2.0).abs() < 1e-12 && !minimum.barrier_at_edge && (-PI..PI).contains(&minimum.x[0]));
        assert!(((minimum.x[0] - shift - PI) / TAU - ((minimum.x[0] - shift - PI) / TAU).round()).abs() < 1e-12);
        assert!((-PI..PI).contains(&top.x[0]));
        // Two wells of unequal depth have two unequal maxima. The barriers lead over the lower one.
        let two = around([0.0, TAU], shift, [0.2, 1.0]);
        assert_eq!((two.minima.len(), two.saddles.len()), (2, 2), "{shift}");
        let lower = two.saddles.iter().map(|top| top.value).fold(f64::INFINITY, f64::min);
        assert!(two.minima.iter().all(|m| (m.barrier.unwrap() - (lower - m.value)).abs() < 1e-12), "{two:?}");
    }
}

#[test]
fn kinks_count_as_extrema() {
    let found = extrema_on_line([-2.0, 2.1], 50, |x| (x - 0.3).abs(), |x| if x <= 0.3 { -1.0 } else { 1.0 });
    assert!((places(&found).0[0] - 0.3).abs() < 1e-12 && found.minima[0].value < 1e-12);
    let top = extrema_on_line([-2.0, 2.1], 50, |x| -(x - 0.3).abs(), |x| if x <= 0.3 { 1.0 } else { -7.0 });
    assert!((places(&top).1[0] - 0.3).abs() < 1e-12 && top.minima.is_empty());
}

#[test]
fn edges_inflections_and_flat_stretches_add_no_extrema() {
    assert_eq!(extrema_on_line([0.0, 1.0], 11, |x| x * x, |x| 2.0 * x), Extrema::default());
    assert_eq!(extrema_on_line([-1.0, 1.0], 11, |x| x.powi(3), |x| 3.0 * x * x), Extrema::default());
    assert_eq!(extrema_on_line([-1.0, 1.0], 11, |_| 5.0, |_| 0.0), Extrema::default());
    assert_eq!(extrema_on_line([-1.0, 1.0], 11, |_| f64::NAN, |_| f64::NAN), Extrema::default());
    let trough = extrema_on_line([-2.0, 2.0], 41, |x| (x.abs() - 1.0).max(0.0), |x| if x.abs() < 1.0 { 0.0 } else { x.signum() });
    assert_eq!(trough.minima.len(), 1);
    assert!(trough.minima[0].x[0].abs() < 1.0 && trough.minima[0].value == 0.0);
}

#[test]
fn number_of_evaluations_per_extremum_is_bounded() {
    let mut calls = 0;
    extrema([-3.0, 3.0], 601, |xs| {
        calls += 1;
        (xs.iter().map(|x| (3.0 * x).sin()).collect(), xs.iter().map(|x| 3.0 * (3.0 * x).cos()).collect())
    });
    assert!(calls <= 16, "{calls}");
    let mut calls = 0;
    extrema([-3.0, 3.0], 601, |xs| {
        calls += 1;
        (xs.iter().map(|x| (x - 0.123).abs()).collect(), xs.iter().map(|x| (x - 0.123).signum()).collect())
    });
    // log2(0.01 / 6e-14) = 37.3, plus one step of ITP, the grid and the final values.
    assert!(calls <= 42, "{calls}");
}
