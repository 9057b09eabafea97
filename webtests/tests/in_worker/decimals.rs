//! Where the browser reads what has many digits, texts become the numbers that the standard library reads. Natively its parser is called itself; what is done before that is asked
//! beside the code, in `src/text.rs`.

use multiwell::text::decimal;
use wasm_bindgen_test::wasm_bindgen_test;

fn compare(text: &str) {
    let [own, standard] =
        [decimal(text), text.parse::<f64>().ok()].map(|number| number.map(|v| if v.is_nan() { 1 } else { v.to_bits() }));
    assert_eq!(own, standard, "{text:?}");
}

#[wasm_bindgen_test]
fn what_is_composed_of_the_parts_of_numbers_is_read_or_refused_alike() {
    let parts = [
        "",
        "+",
        "-",
        ".",
        "e",
        "E",
        "0",
        "00",
        "5",
        "22",
        "-22",
        "23",
        "308",
        "-330",
        "400",
        "3.25",
        "9007199254740993",
        "inf",
        "Infinity",
        "nan",
        "x",
        " ",
        "_",
        "−",
        "0x1",
        "99999999999",
    ];
    for a in parts {
        for b in parts {
            for c in parts {
                compare(&[a, b, c].concat());
            }
        }
    }
}

#[wasm_bindgen_test]
fn numbers_of_any_size_and_length_are_the_nearest() {
    for k in 0..20_000_u64 {
        let number = f64::from_bits(k.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        if number.is_finite() {
            compare(&number.to_string());
            compare(&format!("{number:e}"));
            compare(&format!("{:.*}", (k % 9) as usize, (k as f64 * 0.37).sin() * 1000.0));
        }
    }
    for text in [
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "1.7976931348623159e308",
        "9007199254740993",
        "0.1e23",
    ] {
        compare(text);
        compare(&format!("-{text}"));
    }
}
