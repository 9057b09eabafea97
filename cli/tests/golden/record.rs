//! Records of outputs, and their comparison.
//!
//! Short lists are kept whole. Longer lists of numbers are kept as their count, some entries and a digest of all bits.

use serde_json::{Map, Value, json};

/// Substrings of the names of fields and columns that contain measured times.
const TIME_FIELDS: [&str; 2] = ["seconds", "ms_per_epoch"];
/// Maximum number of values in a list that is not condensed.
const MAX_LISTED_NUMBERS: usize = 16;
/// Number of rows to which longer tables are condensed.
const RECORDED_ROWS: usize = 6;

fn is_time(name: &str) -> bool {
    TIME_FIELDS.iter().any(|word| name.contains(word))
}

/// The Fowler-Noll-Vo hash (FNV-1a, 64 bits), which is the same on every platform.
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

/// Collects the numbers of nested lists, with a digest of their nesting. Returns `None` if the value contains anything else.
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

/// Recorded form of a value, without times, with condensed long lists of numbers.
pub fn value(all: Value) -> Value {
    match all {
        Value::Object(map) => map.into_iter().filter(|(name, _)| !is_time(name)).map(|(name, of)| (name, value(of))).collect(),
        Value::Array(items) => {
            let (mut numbers, mut shape, list) = (Vec::new(), Digest::new(), Value::Array(items));
            let is_flat = flat(&list, &mut numbers, &mut shape).is_some();
            match list {
                list if is_flat && numbers.len() > MAX_LISTED_NUMBERS => {
                    let mut condensed = condensed(&numbers);
                    condensed["shape"] = shape.text().into();
                    drop(list);
                    condensed
                }
                Value::Array(items) => items.into_iter().map(value).collect(),
                other => other,
            }
        }
        other => other,
    }
}

/// Recorded form of JSON.
pub fn json(text: &str) -> Value {
    value(serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}")))
}

/// A field of a table: a number if it is one.
fn field(text: &str) -> Value {
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or_else(|| text.into(), Value::Number)
}

/// Recorded form of a table: its columns, some rows, and a digest of all.
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
        // The rows of a table of `sweep` are in the order in which the runs ended.
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
    let chosen: Vec<usize> = if rows.len() <= RECORDED_ROWS {
        (0..rows.len()).collect()
    } else {
        (0..RECORDED_ROWS).map(|k| k * last / (RECORDED_ROWS - 1)).collect()
    };
    let some: Map<String, Value> = chosen.into_iter().map(|k| (format!("row {k}"), rows[k].iter().cloned().collect())).collect();
    let columns: Vec<String> = head.into_iter().zip(&is_kept).filter(|(_, kept)| **kept).map(|(name, _)| name).collect();
    json!({ "columns": columns, "rows": rows.len(), "some": some, "digest": digest.text() })
}

/// Recorded form of a picture: its number of shapes, and a digest of them. It excludes words, and sizes that depend on their length (the height of
/// the sheet).
pub fn picture(text: &str) -> Value {
    let is_shape = |tag: &&str| {
        let name = tag.split([' ', '>', '/']).next().unwrap_or_default();
        ["polyline", "polygon", "path", "circle", "line", "rect", "image"].contains(&name)
    };
    let mut digest = Digest::new();
    // The first shape is the background of the sheet.
    let shapes: Vec<&str> = text.split('<').filter(is_shape).skip(1).collect();
    for shape in &shapes {
        digest.bytes(shape.trim_end().as_bytes());
    }
    json!({ "shapes": shapes.len(), "digest": digest.text() })
}

/// Numbers in a text, in their written form.
fn figures(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let parts = text.split(|c| !is_part(c)).map(|part| part.trim_matches('.'));
    parts.filter(|part| !part.is_empty()).collect()
}

/// All differences of two values, each with its path.
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
        // Prose may be reworded. The names of stages are not prose.
        (Value::String(a), Value::String(b)) if a.contains(' ') && b.contains(' ') && path.rsplit('.').next() != Some("name") => {
            figures(a) == figures(b)
        }
        _ => old == new,
    }
}

#[test]
fn differences_have_paths_and_ignore_reworded_sentences() {
    let old = json!({ "a": [1.0, { "b": 0.1 }], "sentence": "It took 3 steps, 0.5 %.", "c": 1 });
    let new = json!({ "a": [1, { "b": 0.1 + f64::EPSILON / 8.0 }], "sentence": "3 steps were taken (0.5 %)", "d": null });
    let found = differences("case", &old, &new);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("case.a[1].b: was 0.1, is 0.1000"), "{found:?}");
    assert!(found[1..] == ["case.c: was 1, is \"(missing)\"", "case.d: was \"(missing)\", is null"], "{found:?}");
    let other = differences("case", &old, &json!({ "a": [1.0, { "b": 0.1 }], "sentence": "It took 4 steps, 0.5 %.", "c": 1 }));
    assert!(other.len() == 1 && other[0].starts_with("case.sentence"), "{other:?}");
}
