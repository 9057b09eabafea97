//! Settings as the text of form fields, one field at a time, and back. More lenient than a link: `50,000`, `5e4`, `5 %`.

use super::{InvalidSetting, Recipe, Settings, choice, field, listed, pick, shortest, widths};
use crate::plot::ticks::whole;

/// The text that stands in the field called `name`; empty if the setting is absent.
pub fn text(settings: &Settings, name: &str) -> String {
    match name {
        "hidden" => listed(&settings.hidden).replace(',', ", "),
        "epochs" => whole(settings.epochs),
        "samples" => whole(settings.samples as u64),
        _ => match pick(name) {
            Some(pick) => (pick.get)(settings).into(),
            None => settings.number(name).map(shortest).unwrap_or_default(),
        },
    }
}

/// Reads `text` into the setting called `name`. Accepts what [`text`] writes and what people type.
///
/// # Errors
/// One sentence that says what the setting may be; the settings stay as they were.
pub fn put(settings: &mut Settings, name: &str, text: &str) -> Result<(), InvalidSetting> {
    match name {
        "hidden" => {
            let list: Vec<_> = text.split([',', ' ', ';', '×']).filter(|w| !w.is_empty()).collect();
            let wanted = Settings { hidden: widths(&list.join(","))?, ..settings.clone() };
            wanted.check().map_err(|problems| problems.into_iter().find(|p| p.field == name).unwrap_or_default())?;
            *settings = wanted;
        }
        "recipe" => {
            let recipe = choice::<Recipe>(name, text)?;
            if recipe != settings.recipe {
                *settings = settings.under(recipe);
            }
        }
        _ if matches!(text.trim(), "" | "auto") && settings.clear_number(name) => {}
        _ => {
            if let Some(pick) = pick(name) {
                return (pick.set)(settings, text);
            }
            let field = field(name).ok_or_else(|| InvalidSetting::new(name, "there is no setting of this name"))?;
            let plain = text.replace(|c: char| c.is_whitespace() || c == ',' || c == '_', "").replace('−', "-");
            let number = match plain.strip_suffix('%').map(str::parse::<f64>) {
                Some(Ok(percent)) => field.check(percent / 100.0).map(|()| percent / 100.0)?,
                _ => field.parse(&plain).map_err(|problem| field.parse(text).err().unwrap_or(problem))?,
            };
            settings.set_number(name, number);
        }
    }
    Ok(())
}

/// Whether a change of the setting called `name` begins a new run.
pub fn restarts(name: &str) -> bool {
    field(name).map_or_else(|| pick(name).is_none_or(|p| p.restarts), |f| f.restarts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::settings::{
        Dynamics, FIELDS, FixedPhase, Kind, PICKS, Pooling, Sampling, Scaling, Schedule, Skip, Start, Structural, Symmetry,
    };

    fn names() -> impl Iterator<Item = &'static str> {
        FIELDS.iter().map(|f| f.name).chain(["hidden"]).chain(PICKS.iter().map(|p| p.name))
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
            scaling: Scaling::Standard,
            sampling: Sampling::Grid,
            target_kind: Kind::Kinked,
            target_seed: 11,
            skip: Skip::Quadratic,
            symmetry: Symmetry::Exchange,
            value_weight: 0.25,
            b: 0.3,
            c1: 2e-7,
            c2: 1.5e-4,
            c3: 2e-3,
            c4: 4.0,
            decay: Some(0.3),
            pooling: Pooling::Both,
            start: Start::Last,
            kl: 0.01,
            dynamics: Dynamics::Onsager,
            fixed_phase: FixedPhase::Yes,
            structural: Structural::No,
            amplitude: 0.125,
            period: 30.0,
            batch: 17,
            ..Settings::default()
        };
        let mut read = Settings::default();
        for name in names() {
            put(&mut read, name, &text(&settings, name)).unwrap();
        }
        assert_eq!(read, settings);
        assert_eq!((text(&settings, "epochs"), text(&settings, "hidden")), ("1,234,567".into(), "3, 12, 1".into()));
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let mut s = Settings::default();
        for (name, text) in [("epochs", "50 000"), ("epochs", "5e4"), ("noise", "5 %"), ("hidden", "8 8 8"), ("stop-loss", " ")] {
            put(&mut s, name, text).unwrap();
        }
        assert_eq!((s.epochs, s.noise, s.hidden, s.stop_loss), (50_000, 0.05, vec![8, 8, 8], None));
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence_and_changes_nothing() {
        for (name, text) in [
            ("modes", "0"),
            ("modes", "2.5"),
            ("modes", ""),
            ("hidden", "10, 0"),
            ("hidden", ""),
            ("hidden", "1,1,1,1,1,1,1,1,1"),
            ("epsilon", "-1"),
            ("epsilon", "NaN"),
            ("noise", "-5 %"),
            ("lr", "inf"),
            ("lr", "fast"),
            ("samples", "1"),
            ("schedule", "sine"),
            ("recipe", ""),
            ("colour", "1"),
        ] {
            let mut s = Settings::default();
            let problem = put(&mut s, name, text).unwrap_err();
            assert_eq!(problem.field, name);
            assert!(!problem.sentence.is_empty() && s == Settings::default(), "{name} {text}");
        }
    }

    #[test]
    fn only_model_data_and_seed_restart() {
        let kept: Vec<_> = names().filter(|n| !restarts(n)).collect();
        assert_eq!(kept, ["epsilon", "lr", "gate-lr", "epochs", "stop-loss", "schedule"]);
    }
}
