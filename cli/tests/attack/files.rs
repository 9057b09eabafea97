//! Tables and model files: valid ones, and valid ones with a few parts changed.

use serde_json::Value;

use super::others;
use super::random::Random;

/// Fields that readers of numbers have to understand or to refuse.
const FIELDS: [&str; 26] = [
    "",
    " ",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e-308",
    "1e400",
    "0",
    "-0",
    "1,5",
    "0x10",
    "1_000",
    "--1",
    "x",
    "\"",
    "\"a\nb\"",
    "é",
    "\u{1b}[31m",
    "1e",
    ".",
    "train",
    "test",
    "9007199254740993",
];
/// Names of columns with a meaning, or none that a name should have.
const NAMES: [&str; 18] = [
    "x",
    "y",
    "E",
    "split",
    "time",
    "t",
    "run",
    "force",
    "fx",
    "dEdx",
    "sigma",
    "",
    "-",
    "0.5",
    "1",
    "\"a,b\"",
    "x x",
    "\u{202e}y",
];

/// What may stand in place of commas, at the ends of lines, and before all.
const SEPARATORS: [&str; 5] = [";", "\t", " ", ",,", "|"];
const ENDS: [&str; 4] = ["\r\n", "\r", "\n\n", ""];
const MARKS: [&[u8]; 4] = [b"\xef\xbb\xbf", b"\xff\xfe", b"# ", b"\0"];

/// A table of one of the kinds that the program learns from.
pub fn table(random: &mut Random) -> String {
    let rows = *random.pick(&[0, 1, 2, 3, 8, 20, 40]);
    let header = *random.pick(&["x,y", "x,fx", "x,y,E", "x,y,E,fx,fy", "x,y,split", "a", "0.5,1", "run,t,e,s", "x,E,dEdx,part"]);
    let mut text = String::from(header);
    for row in 0..rows {
        let field = |(column, name): (usize, &str)| match name {
            "split" | "part" => ["train", "test"][usize::from(row % 4 == 1)].into(),
            "run" => (row / 5).to_string(),
            "t" => (row % 5).to_string(),
            _ => format!("{:.4}", (f64::from(row) * 0.37 + column as f64).sin() * 2.0 + 0.01 * random.part()),
        };
        let fields: Vec<String> = header.split(',').enumerate().map(field).collect();
        text += "\n";
        text += &fields.join(",");
    }
    text += "\n";
    text
}

/// Random bytes, or a text with a few parts changed: fields, names, separators, lines, bytes.
pub fn mutated_table(random: &mut Random) -> Vec<u8> {
    if random.one_in(20) {
        return (0..random.below(2000)).map(|_| random.below(256) as u8).collect();
    }
    if random.one_in(2) {
        return others::mutated(random);
    }
    let mut text = table(random);
    for _ in 0..random.below(4) {
        let mut lines: Vec<Vec<String>> = text.lines().map(|line| line.split(',').map(String::from).collect()).collect();
        let line = random.below(lines.len().max(1));
        let Some(fields) = lines.get_mut(line) else { break };
        let at = random.below(fields.len());
        match random.below(9) {
            0 => fields[at] = (*random.pick(&FIELDS)).into(),
            1 => fields[at] = format!("{:e}", (random.part() - 0.5) * 10_f64.powf(600.0 * random.part() - 300.0)),
            2 => fields.push("1".into()),
            3 => drop(fields.pop()),
            4 => lines[0] = vec![(*random.pick(&NAMES)).into(), (*random.pick(&NAMES)).into()],
            5 => lines.swap_remove(line).clear(),
            6 => {
                let copy = lines[line].clone();
                lines.extend(std::iter::repeat_n(copy, random.below(20)));
            }
            7 => fields[at] = "9".repeat(random.below(3000)),
            _ => lines.push(Vec::new()),
        }
        text = lines.iter().map(|fields| fields.join(",") + "\n").collect();
        if random.one_in(6) {
            let separator = *random.pick(&SEPARATORS);
            text = text.replace(',', separator);
        }
        if random.one_in(8) {
            let end = *random.pick(&ENDS);
            text = text.replace('\n', end);
        }
    }
    bytes(random, text)
}

/// A text as bytes, a few of which may be changed, cut off or put in front.
fn bytes(random: &mut Random, text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    if random.one_in(10) {
        bytes.truncate(random.below(bytes.len() + 1));
    }
    if random.one_in(10) && !bytes.is_empty() {
        let at = random.below(bytes.len());
        bytes[at] = random.below(256) as u8;
    }
    if random.one_in(20) {
        let mark = random.pick(&MARKS);
        bytes.splice(0..0, mark.iter().copied());
    }
    bytes
}

/// A model file with a few values changed anywhere in it.
pub fn mutated_model(random: &mut Random, good: &[String]) -> Vec<u8> {
    let mut file: Value = serde_json::from_str(random.pick::<String>(good)).expect("a model file");
    for _ in 0..random.below(4) {
        change(random, &mut file);
    }
    let text = file.to_string();
    bytes(random, text)
}

/// Changes one value somewhere below this one.
fn change(random: &mut Random, value: &mut Value) {
    let is_leaf = match value {
        Value::Object(map) => map.is_empty() || random.one_in(12),
        Value::Array(items) => items.is_empty() || random.one_in(12),
        _ => true,
    };
    if !is_leaf {
        match value {
            Value::Object(map) => {
                let names: Vec<String> = map.keys().cloned().collect();
                let name = random.pick(&names).clone();
                if random.one_in(15) {
                    map.remove(&name);
                } else if let Some(inner) = map.get_mut(&name) {
                    change(random, inner);
                }
            }
            Value::Array(items) => {
                let at = random.below(items.len());
                match random.below(15) {
                    0 => drop(items.remove(at)),
                    1 => items.push(items[at].clone()),
                    _ => change(random, &mut items[at]),
                }
            }
            _ => {}
        }
        return;
    }
    let number = (random.part() - 0.5) * 10_f64.powf(80.0 * random.part() - 40.0);
    *value = random
        .pick(&[
            Value::Null,
            Value::Bool(true),
            0.into(),
            1.into(),
            2.into(),
            (-1).into(),
            number.into(),
            1e300.into(),
            (-1e300).into(),
            1e-300.into(),
            u64::MAX.into(),
            "x".into(),
            "".into(),
            "\u{1b}".into(),
            Value::Array(Vec::new()),
            Value::Object(serde_json::Map::new()),
        ])
        .clone();
}
