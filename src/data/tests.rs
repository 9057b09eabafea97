use super::*;
use ndarray::array;

#[test]
fn constant_derivative_of_one_input_is_refused() {
    let error = Dataset::gradients(array![[0.0], [1.0], [3.0]], array![[1.0], [1.0], [1.0]]).unwrap_err();
    assert!(error.to_string().contains("has the same number in every row"), "{error}");
    // A plane in one of two inputs.
    let slopes = array![[1.0, 0.0], [1.0, 1.0], [1.0, 4.0]];
    assert!(Dataset::gradients(array![[0.0, 0.0], [1.0, 1.0], [3.0, 2.0]], slopes).is_ok());
}

#[test]
fn exact_copies_of_rows_are_left_out() {
    let (x, y) = ([0.0, 1.0, 0.0, 2.0, 1.0, 3.0], [5.0, 6.0, 5.0, 7.0, 6.0, 8.0]);
    let data = Dataset::curve(&x, &y).unwrap().hold_out(vec![2, 3]).unwrap().without_copies();
    assert_eq!((data.x.column(0).to_vec(), data.y.to_vec()), (vec![0.0, 1.0, 2.0, 3.0], vec![5.0, 6.0, 7.0, 8.0]));
    assert_eq!((data.held_out, data.notes.len()), (vec![2], 1));
    // Different values at one place are repeated measurements.
    let repeated = Dataset::curve(&x, &[5.0, 6.0, 5.0, 7.0, 6.5, 8.0]).unwrap().without_copies();
    assert_eq!((repeated.samples(), repeated.notes.len()), (6, 0));
}

#[test]
fn held_out_rows_are_separated_from_training_rows() {
    let data = Dataset::forces(array![[0.0], [1.0], [2.0], [3.0]], array![[1.0], [2.0], [3.0], [5.0]]).unwrap();
    assert_eq!(data.gradient.as_ref().unwrap()[[3, 0]], -5.0);
    let (learnt, held_out) = data.clone().hold_out(vec![2, 0, 2]).unwrap().split_held_out().unwrap();
    assert_eq!((learnt.x.as_slice(), learnt.has_forces), (Some(&[1.0, 3.0][..]), true));
    assert_eq!(held_out.unwrap().gradient.unwrap(), array![[-1.0], [-3.0]]);
    assert!(data.split_held_out().unwrap().1.is_none());
    let refused = |rows: Vec<usize>| data.clone().hold_out(rows).unwrap_err().to_string();
    assert!(refused(vec![0, 1, 3]).contains("1 of 4 rows are left"));
    assert!(refused(vec![4]).contains("row 4 cannot be held out"));
}

#[test]
fn nearest_row_is_next_on_line_and_closest_in_plane() {
    let curve = Dataset::curve(&[3.0, 1.0, 2.0], &[0.0, 1.0, 2.0]).unwrap();
    assert_eq!(curve.nearest(), [2, 2, 0]);
    let plane = Dataset::values(array![[0.0, 0.0], [10.0, 1.0], [1.0, 0.1], [9.0, 0.8]], array![0.0, 1.0, 2.0, 3.0]).unwrap();
    assert_eq!(plane.nearest(), [2, 3, 0, 1]);
}

#[test]
fn small_table_has_known_spread_and_bounds() {
    let data = Dataset {
        name: "t".into(),
        names: vec!["u".into(), "v".into(), "y".into()],
        x: array![[0.0, 5.0], [-2.0, 6.0], [1.0, -7.0]],
        y: array![1.0, 3.0, 5.0],
        ..Dataset::default()
    };
    assert_eq!(data.bounds(), vec![[-2.0, 1.0], [-7.0, 6.0]]);
    assert!((data.std() - (8.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    assert_eq!(data.sigma(), 0.0);
    assert_eq!((data.samples(), data.inputs()), (3, 2));
    assert_eq!(standard_deviation(&array![]), 0.0);
}

#[test]
fn constant_up_to_rounding_has_error_and_no_determination() {
    let truth = [3.0, 3.0 + 4e-16, 3.0 - 4e-16];
    let found = [3.1; 3];
    for weights in [None, Some(&[1.0, 2.0, 3.0][..])] {
        let (mse, r2) = weighted_errors(found.iter().zip(&truth), weights);
        assert!((mse - 0.01).abs() < 1e-12 && r2.is_nan(), "{mse}, {r2}");
    }
}

#[test]
fn linearly_dependent_columns_have_no_joint_density() {
    let wave = |k: usize| (k as f64).sin() + 0.01 * k as f64;
    let pairs = |by: f64| {
        Array2::from_shape_fn(
            (40, 2),
            |(k, column)| if column == 0 { wave(k) } else { 7.0 - 2.0 * wave(k) + by * (k % 3) as f64 },
        )
    };
    let refusal = |table: Array2<f64>| Dataset::samples_of_density(table, Vec::new()).unwrap_err().to_string();
    assert!(refusal(pairs(0.0)).contains("\"x2\" is a linear function of \"x1\""), "{}", refusal(pairs(0.0)));
    let mut triples = Array2::from_shape_fn((40, 3), |(k, column)| ((column + 1) as f64 * wave(k)).cos());
    let sum = &triples.column(0) + &triples.column(1);
    triples.column_mut(2).assign(&sum);
    let names = ["a", "b", "c", "Psi"].map(String::from).to_vec();
    let named = Dataset::named_samples(triples, Vec::new(), names).unwrap_err().to_string();
    assert!(named.contains("\"c\" is a linear function of \"a\" and \"b\""), "{named}");
    assert!(Dataset::samples_of_density(pairs(1e-3), Vec::new()).is_ok());
}
