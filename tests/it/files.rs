//! Tests that tables and model files preserve the bits of their numbers. `tests/fuzz` reads damaged files.
use std::fmt::Write;

use multiwell::internal::data::csv::{Columns, read};
use multiwell::internal::model::model_file::{ArraySpec, ModelFile, Normalization, arrays_of};
use multiwell::internal::model::{Architecture, ParamKind};
use proptest::prelude::*;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-1e3..1e3_f64, any::<f64>().prop_filter("readable", |v| v.abs() <= 1e100)]
}

/// A model file of random shape with random numbers.
fn model() -> impl Strategy<Value = ModelFile> {
    (1..4_usize, prop::collection::vec(1..5_usize, 1..4), 1..4_usize, prop::collection::vec(number(), 1..50)).prop_map(
        |(modes, hidden, inputs, numbers)| {
            let arch = Architecture::new(inputs, modes, &hidden);
            let mut stream = numbers.iter().copied().cycle();
            let array = |array: &ArraySpec| -> Vec<f64> {
                let must_be_positive = [ParamKind::NonNegative, ParamKind::Sharpness].contains(&array.kind);
                let entry = |v: f64| if must_be_positive { v.abs().max(1e-300) } else { v };
                (0..array.shape.iter().product()).map(|_| entry(stream.next().unwrap_or(1.0))).collect()
            };
            let params = arrays_of(&arch).iter().flat_map(array).collect::<Vec<_>>();
            let names = (0..inputs).map(|k| format!("x{k}")).collect();
            ModelFile::new(&arch, names, "y".into(), Normalization::identity(inputs), &params)
        },
    )
}

proptest! {
    #[test]
    fn numbers_of_table_keep_their_bits(
        rows in prop::collection::vec((number(), number(), number()), 2..40), separator in "[,;\t]", end in "(\n|\r\n)"
    ) {
        let s = &separator;
        let mut text = format!("a{s}b{s}c{end}");
        for (a, b, c) in &rows {
            write!(text, "{a}{s}{b:e}{s} {c} {end}").expect("a string");
        }
        let columns = Columns { inputs: vec!["c".into(), "a".into()], target: Some("b".into()), ..Columns::default() };
        let Ok(data) = read("t.csv", text.as_bytes(), &columns) else {
            // The squares of differences below 1e-100 would underflow.
            let same = |pick: fn(&(f64, f64, f64)) -> f64| {
                let values = || rows.iter().map(pick);
                values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min) < 1e-100
            };
            prop_assert!(same(|r| r.0) || same(|r| r.1) || same(|r| r.2), "only a constant column is refused");
            return Ok(());
        };
        for (k, &(a, b, c)) in rows.iter().enumerate() {
            prop_assert_eq!((data.x[[k, 0]], data.x[[k, 1]], data.y[k]), (c, a, b));
        }
    }

    #[test]
    fn model_file_round_trip_keeps_bits(file in model()) {
        prop_assert_eq!(ModelFile::read(&file.write()), Ok(file));
    }
}
