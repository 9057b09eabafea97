//! What is kept of an output, and how it is compared.
//!
//! Short lists are kept as they are. Of longer lists of numbers the count, some of them and a digest of the bits of all are kept.

use serde_json::{Map, Value, json};

/// What the names of fields and columns have in them that are measured times.
const TIMES: [&str; 2] = ["seconds", "ms_per_epoch"];
/// Lists of more numbers than that are condensed.
const LONG: usize = 16;
/// Tables of more rows than that are condensed to so many.
const ROWS: usize = 6;

fn is_time(name: &str) -> bool {
    TIMES.iter().any(|word| name.contains(word))
}

/// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits): it is the same everywhere and always.
pub struct Digest(u64);

impl Digest {
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub fn number(&mut self, number: f64) {
        self.bytes(&number.to_bits().to_le_bytes());
    }

    pub fn end(&self) -> u64 {
        self.0
    }

    pub fn text(&self) -> String {
        format!("{:016x}", self.0)
    }
}

/// A digest of numbers with their count and some of them.
pub fn condensed(numbers: &[f64]) -> Value {
    let mut digest = Digest::new();
    for &number in numbers {
        digest.number(number);
    }
    let some = [numbers.first(), numbers.get(numbers.len() / 2), numbers.last()];
    json!({ "numbers": numbers.len(), "first, middle, last": some, "digest": digest.text() })
}

/// The numbers of a list of numbers, of lists of numbers, and so on, with a digest of how they are nested; `None` if there is anything else in it.
fn flat(value: &Value, numbers: &mut Vec<f64>, shape: &mut Digest) -> Option<()> {
    match value {
        Value::Number(number) => numbers.push(number.as_f64()?),
        Value::Array(items) => {
            shape.number(items.len() as f64);
            items.iter().try_for_each(|item| flat(item, numbers, shape))?;
        }
        _ => return None,
    }
    Some(())
}

/// A value without times, its long lists of numbers condensed.
fn kept(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            map.into_iter().filter(|(name, _)| !is_time(name)).map(|(name, value)| (name, kept(value))).collect()
        }
        Value::Array(items) => {
            let (mut numbers, mut shape, list) = (Vec::new(), Digest::new(), Value::Array(items));
            let is_flat = flat(&list, &mut numbers, &mut shape).is_some();
            match list {
                list if is_flat && numbers.len() > LONG => {
                    let mut condensed = condensed(&numbers);
                    condensed["shape"] = shape.text().into();
                    drop(list);
                    condensed
                }
                Value::Array(items) => items.into_iter().map(kept).collect(),
                other => other,
            }
        }
        other => other,
    }
}

/// JSON as it is kept.
pub fn json(text: &str) -> Value {
    value(serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}")))
}

/// A value as it is kept.
pub fn value(value: Value) -> Value {
    kept(value)
}

/// A field of a table: a number if it is one.
fn field(text: &str) -> Value {
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or_else(|| text.into(), Value::Number)
}

/// A table as it is kept: its columns, some rows, and a digest of all.
pub fn table(text: &str) -> Value {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = reader.records().map(|row| row.expect("a row").iter().map(String::from).collect()).collect();
    if rows.is_empty() {
        return json!({ "rows": 0 });
    }
    let head = rows.remove(0);
    let is_kept: Vec<bool> = head.iter().map(|name| !is_time(name)).collect();
    let of_kept = |row: &Vec<String>| -> Vec<Value> {
        let fields = row.iter().enumerate().filter(|(k, _)| is_kept.get(*k) != Some(&false));
        fields.map(|(_, text)| field(text)).collect()
    };
    if head[0] == "benchmark" {
        // A table of `sweep` has its rows in the order in which the runs ended.
        rows.sort();
    }
    let rows: Vec<Vec<Value>> = rows.iter().map(of_kept).collect();
    let mut digest = Digest::new();
    for field in rows.iter().flatten() {
        match field {
            Value::Number(number) => digest.number(number.as_f64().expect("a float")),
            // Prose may be reworded.
            Value::String(text) if text.contains(' ') => figures(text).iter().for_each(|figure| digest.bytes(figure.as_bytes())),
            other => digest.bytes(other.as_str().unwrap_or_default().as_bytes()),
        }
    }
    let last = rows.len().saturating_sub(1);
    let chosen: Vec<usize> =
        if rows.len() <= ROWS { (0..rows.len()).collect() } else { (0..ROWS).map(|k| k * last / (ROWS - 1)).collect() };
    let some: Map<String, Value> = chosen.into_iter().map(|k| (format!("row {k}"), rows[k].iter().cloned().collect())).collect();
    let columns: Vec<String> = head.into_iter().zip(&is_kept).filter(|(_, kept)| **kept).map(|(name, _)| name).collect();
    json!({ "columns": columns, "rows": rows.len(), "some": some, "digest": digest.text() })
}

/// A picture as it is kept: how many shapes it has, and a digest of them. Words, and what their length decides (the height of the sheet), are no
/// part of it.
pub fn picture(text: &str) -> Value {
    let is_shape = |tag: &&str| {
        let name = tag.split([' ', '>', '/']).next().unwrap_or_default();
        ["polyline", "polygon", "path", "circle", "line", "rect", "image"].contains(&name)
    };
    let mut digest = Digest::new();
    // The first is the background of the sheet.
    let shapes: Vec<&str> = text.split('<').filter(is_shape).skip(1).collect();
    for shape in &shapes {
        digest.bytes(shape.trim_end().as_bytes());
    }
    json!({ "shapes": shapes.len(), "digest": digest.text() })
}

/// The numbers in a text, as they are written.
fn figures(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let parts = text.split(|c| !is_part(c)).map(|part| part.trim_matches('.'));
    parts.filter(|part| !part.is_empty()).collect()
}

/// All in which two values differ, each with the path to it.
pub fn differences(path: &str, old: &Value, new: &Value) -> Vec<String> {
    let missing = Value::from("(missing)");
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let one = |name: &String| {
                differences(&format!("{path}.{name}"), a.get(name).unwrap_or(&missing), b.get(name).unwrap_or(&missing))
            };
            names.into_iter().flat_map(one).collect()
        }
        (Value::Array(a), Value::Array(b)) => {
            let one = |k: usize| differences(&format!("{path}[{k}]"), a.get(k).unwrap_or(&missing), b.get(k).unwrap_or(&missing));
            (0..a.len().max(b.len())).flat_map(one).collect()
        }
        _ if is_same(path, old, new) => Vec::new(),
        _ => vec![format!("{path}: was {old}, is {new}")],
    }
}

fn is_same(path: &str, old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits),
        // Prose may be reworded; the names of stages are no prose.
        (Value::String(a), Value::String(b)) if a.contains(' ') && b.contains(' ') && path.rsplit('.').next() != Some("name") => {
            figures(a) == figures(b)
        }
        _ => old == new,
    }
}

#[test]
fn a_difference_is_told_with_its_path_and_reworded_prose_is_none() {
    let old = json!({ "a": [1.0, { "b": 0.1 }], "sentence": "It took 3 steps, 0.5 %.", "c": 1 });
    let new = json!({ "a": [1, { "b": 0.1 + f64::EPSILON / 8.0 }], "sentence": "3 steps were taken (0.5 %)", "d": null });
    let found = differences("case", &old, &new);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("case.a[1].b: was 0.1, is 0.1000"), "{found:?}");
    assert!(found[1..] == ["case.c: was 1, is \"(missing)\"", "case.d: was \"(missing)\", is null"], "{found:?}");
    let other = differences("case", &old, &json!({ "a": [1.0, { "b": 0.1 }], "sentence": "It took 4 steps, 0.5 %.", "c": 1 }));
    assert!(other.len() == 1 && other[0].starts_with("case.sentence"), "{other:?}");
}
