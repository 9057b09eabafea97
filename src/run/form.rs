//! Settings as the text of form fields, one field at a time, and back.

use super::settings::{Field, MAX_LAYERS, MAX_WIDTH, Problem, Recipe, Schedule, Settings, field};

/// Names of the settings that a form offers besides the numeric [`FIELDS`](super::settings::FIELDS).
pub const OTHER: [&str; 3] = ["hidden", "schedule", "recipe"];

/// The text that stands in the field called `name`; empty if there is none of that name.
pub fn text(settings: &Settings, name: &str) -> String {
    match name {
        "modes" => settings.modes.to_string(),
        "hidden" => settings.hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        "epsilon" => decimal(settings.epsilon),
        "lr" => decimal(settings.lr),
        "gate-lr" => decimal(settings.gate_lr),
        "schedule" => match settings.schedule {
            Schedule::Constant => "constant".into(),
            Schedule::Cosine => "cosine".into(),
        },
        "epochs" => grouped(settings.epochs),
        "stop-loss" => settings.stop_loss.map(decimal).unwrap_or_default(),
        "seed" => settings.seed.to_string(),
        "data-seed" => settings.data_seed.to_string(),
        "samples" => grouped(settings.samples as u64),
        "noise" => decimal(settings.noise),
        "recipe" => match settings.recipe {
            Recipe::Paper => "paper".into(),
        },
        _ => String::new(),
    }
}

/// Reads `text` into the setting called `name`. Accepts what [`text`] writes, `50000`, `50 000`, `5e4`, and `5 %` for `0.05`.
///
/// # Errors
/// One sentence that says what the setting may be; the settings stay as they were.
pub fn put(settings: &mut Settings, name: &str, text: &str) -> Result<(), Problem> {
    let text = text.trim();
    match name {
        "hidden" => settings.hidden = widths(text)?,
        "schedule" => {
            settings.schedule = match text {
                "constant" => Schedule::Constant,
                "cosine" => Schedule::Cosine,
                _ => return Err(Problem::new(name, "Choose constant or cosine.")),
            }
        }
        "recipe" if text == "paper" => settings.recipe = Recipe::Paper,
        "recipe" => return Err(Problem::new(name, "There is no recipe of this name; choose paper.")),
        "stop-loss" if text.is_empty() => settings.stop_loss = None,
        _ => {
            let field = field(name).ok_or_else(|| Problem::new(name, "There is no setting of this name."))?;
            let number = number(field, text)?;
            match name {
                "modes" => settings.modes = number as usize,
                "epsilon" => settings.epsilon = number,
                "lr" => settings.lr = number,
                "gate-lr" => settings.gate_lr = number,
                "epochs" => settings.epochs = number as u64,
                "stop-loss" => settings.stop_loss = Some(number),
                "seed" => settings.seed = number as u64,
                "data-seed" => settings.data_seed = number as u64,
                "samples" => settings.samples = number as usize,
                "noise" => settings.noise = number,
                _ => return Err(Problem::new(name, "There is no setting of this name.")),
            }
        }
    }
    Ok(())
}

/// Whether a change of the setting called `name` begins a new run.
pub fn restarts(name: &str) -> bool {
    field(name).map_or(name != "schedule", |f| f.restarts)
}

fn number(field: &Field, text: &str) -> Result<f64, Problem> {
    let plain: String = text.chars().filter(|c| !matches!(c, ',' | '_' | ' ' | '\u{a0}' | '\u{2009}')).collect();
    let plain = plain.replace('−', "-");
    let (digits, unit) = plain.strip_suffix('%').map_or((plain.as_str(), 1.0), |digits| (digits, 100.0));
    let kind = if field.whole { "whole number" } else { "number" };
    let value = digits.parse::<f64>().ok().filter(|v| v.is_finite()).map(|v| v / unit);
    let limits = format!("a {kind} from {} to {}", decimal(field.min), decimal(field.max));
    match value {
        None if text.is_empty() => Err(Problem::new(field.name, format!("Please enter {limits}."))),
        None => Err(Problem::new(field.name, format!("This is not a number; please enter {limits}."))),
        Some(v) if v < field.min || v > field.max || (field.whole && v.fract() != 0.0) => {
            Err(Problem::new(field.name, format!("Please enter {limits}.")))
        }
        Some(v) => Ok(v + 0.0),
    }
}

fn widths(text: &str) -> Result<Vec<usize>, Problem> {
    let problem =
        || Problem::new("hidden", format!("Please enter 1 to {MAX_LAYERS} widths from 1 to {MAX_WIDTH}, such as 10, 10."));
    let widths: Result<Vec<usize>, _> =
        text.split([',', ' ', ';', '×', 'x', '-']).filter(|w| !w.is_empty()).map(str::parse).collect();
    let widths = widths.map_err(|_| problem())?;
    let fits = (1..=MAX_LAYERS).contains(&widths.len()) && widths.iter().all(|w| (1..=MAX_WIDTH).contains(w));
    if fits { Ok(widths) } else { Err(problem()) }
}

/// The shortest text that gives the same number back, with an exponent where that is shorter to read.
fn decimal(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) { format!("{value:e}") } else { value.to_string() }
}

fn grouped(value: u64) -> String {
    crate::plot::ticks::whole(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::settings::FIELDS;

    fn names() -> impl Iterator<Item = &'static str> {
        FIELDS.iter().map(|f| f.name).chain(OTHER)
    }

    #[test]
    fn every_setting_survives_the_form() {
        let settings = Settings {
            modes: 7,
            hidden: vec![3, 12, 1],
            epsilon: 0.1 + 0.2,
            lr: 3e-7,
            gate_lr: 12.5,
            schedule: Schedule::Cosine,
            epochs: 1_234_567,
            stop_loss: Some(1e-9),
            seed: 9_007_199_254_740_991,
            data_seed: 0,
            samples: 1_000_000,
            noise: 0.05,
            ..Settings::default()
        };
        let mut read = Settings::default();
        for name in names() {
            put(&mut read, name, &text(&settings, name)).unwrap();
        }
        assert_eq!(read, settings);
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let mut s = Settings::default();
        for (name, text) in [("epochs", "50 000"), ("epochs", "5e4"), ("noise", "5 %"), ("hidden", "8 8 8"), ("stop-loss", "")] {
            put(&mut s, name, text).unwrap();
        }
        assert_eq!((s.epochs, s.noise, s.hidden, s.stop_loss), (50_000, 0.05, vec![8, 8, 8], None));
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence_and_changes_nothing() {
        for (name, text) in [
            ("modes", "0"),
            ("modes", "2.5"),
            ("modes", "1e99"),
            ("hidden", "10, 0"),
            ("hidden", ""),
            ("hidden", "1,1,1,1,1,1,1,1,1"),
            ("epsilon", "-1"),
            ("epsilon", "NaN"),
            ("lr", "inf"),
            ("lr", "fast"),
            ("samples", "1"),
            ("seed", "-3"),
            ("schedule", "sine"),
            ("recipe", ""),
            ("", "1"),
        ] {
            let mut s = Settings::default();
            let problem = put(&mut s, name, text).unwrap_err();
            assert_eq!(problem.field, name);
            assert!(problem.sentence.ends_with('.') && s == Settings::default(), "{name} {text}");
        }
    }

    #[test]
    fn only_model_data_and_seed_restart() {
        let kept: Vec<_> = names().filter(|n| !restarts(n)).collect();
        assert_eq!(kept, ["epsilon", "lr", "gate-lr", "epochs", "stop-loss", "schedule"]);
    }
}
