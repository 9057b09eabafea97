use super::*;

#[test]
fn nullcline_grazing_an_edge_is_omitted() {
    let plane = Plane::new(["x".into(), "y".into()], [[0.0, 60.0]; 2]);
    // The first slope vanishes on an arc within a cell of the upper edge, and across the middle; the second nowhere.
    let first = |i: f64, j: f64| (j - 59.2 - 0.3 * (i - 30.0).powi(2)) * (j - 30.5);
    let slopes = (0..map::MAP_POINTS * map::MAP_POINTS)
        .flat_map(|k| [first((k % map::MAP_POINTS) as f64, (k / map::MAP_POINTS) as f64), 1.0]);
    let field = Field { psi: Vec::new(), slopes: slopes.collect() };
    let [first, second] = field.nullclines(&plane);
    let heights: Vec<f64> = first.points.iter().map(|at| at.1).filter(|y| y.is_finite()).collect();
    assert!(heights.len() > 50 && heights.iter().all(|y| (y - 30.5).abs() < 0.5), "{heights:?}");
    assert!(second.points.is_empty());
}

#[test]
fn stable_equilibrium_without_minimum_of_its_own_is_doubtful() {
    let at = |x: f64, stability| Equilibrium { x: vec![x, 0.0], curvatures: vec![1.0, 1.0], stability };
    let fit = [at(-1.0, Stability::Stable), at(0.0, Stability::Saddle), at(1.0, Stability::Stable)];
    let known = [Minimum { x: vec![1.0, 0.0], modes: vec![3], ..Minimum::default() }];
    let minima = minima_of(&fit, &known, Bounds::from(&[[-2.0, 2.0]; 2]));
    assert_eq!(minima.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true]);
    let doubtful = fit.iter().zip(&minima).map(|(e, minimum)| is_doubtful(e, *minimum));
    assert_eq!(doubtful.collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn equilibria_pair_with_nearest_of_same_stability() {
    let at = |x: f64, y: f64, stability| Equilibrium { x: vec![x, y], curvatures: vec![1.0, 1.0], stability };
    let (saddle, stable) = (Stability::Saddle, Stability::Stable);
    let truth = [at(-1.4, 0.2, saddle), at(-0.8, -0.8, stable), at(-0.5, 1.0, saddle), at(0.1, 0.0, saddle)];
    let fit = [at(-0.7, -0.8, stable), at(-0.45, 1.0, saddle), at(0.12, 0.0, saddle)];
    let domain = (&[[-1.4, 1.4]; 2]).into();
    assert_eq!(partners(&truth, &fit, domain), [None, Some(0), Some(1), Some(2)]);
    assert!(partners(&[], &fit, domain).is_empty());
}
#[test]
fn stable_state_that_may_be_noise_is_faint_and_has_a_question_mark() {
    let list = [Equilibrium { x: vec![0.5, 0.5], curvatures: vec![1.0; 2], stability: Stability::Stable }];
    let dip = Minimum { modes: vec![1], supported: false, ..Minimum::default() };
    assert!(marks(&list, &[Some(&dip)])[0].opacity < 1.0);
    assert_eq!(table(None, &list, &[Some(&dip)], (&[[0.0, 1.0]; 2]).into()).rows[0].1[1], "? 0.5000, 0.5000");
}
