//! Test that tables preserve the bits of their numbers. `tests/fuzz` reads damaged tables, and reads written model files again.
use std::fmt::Write;

use multiwell::internal::data::csv::{Columns, read};
use proptest::prelude::*;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-1e3..1e3_f64, any::<f64>().prop_filter("readable", |v| v.abs() <= 1e100)]
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
}
