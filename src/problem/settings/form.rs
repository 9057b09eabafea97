//! Settings as the text of form fields, one field at a time, and back. The reader accepts more forms than a link: `50,000`, `5e4`, `5 %`.

use super::setting::SettingKind;
use super::{InvalidSetting, Setting, Settings, find};
use crate::plot::ticks::whole;
use crate::text::decimal;

/// Text of the field called `name`; empty if the setting is absent.
pub fn text(settings: &Settings, name: &str) -> String {
    let Some(setting) = find(name) else { return String::new() };
    match name {
        "hidden" => setting.written(settings).replace(',', ", "),
        "epochs" => whole(settings.training.epochs),
        "samples" => whole(settings.data.samples as u64),
        _ => setting.written(settings),
    }
}

/// Reads `text` into the setting called `name`. Accepts what [`text`] writes and the usual ways of typing numbers.
///
/// # Errors
/// One sentence on the valid values; the settings are then unchanged.
pub fn set_from_text(settings: &mut Settings, name: &str, text: &str) -> Result<(), InvalidSetting> {
    let setting = find(name).ok_or_else(|| InvalidSetting::new(name, "there is no setting of this name"))?;
    let plain = plain(setting, text);
    let read = setting.parse(&mut settings.clone(), &plain);
    // Messages quote the text as it was typed.
    setting.parse(settings, if read.is_ok() || setting.read(&plain).is_ok() { &plain } else { text })
}

/// Typed text in the form used by links and the command line.
fn plain(setting: &Setting, text: &str) -> String {
    match setting.kind {
        SettingKind::Widths => text.split([',', ' ', ';', '×']).filter(|width| !width.is_empty()).collect::<Vec<_>>().join(","),
        SettingKind::Number { .. } if setting.absent.is_some() && text.trim().is_empty() => "auto".into(),
        SettingKind::Number { .. } => {
            let plain = text.replace(|c: char| c.is_whitespace() || c == ',' || c == '_', "").replace('−', "-");
            match plain.strip_suffix('%').map(decimal) {
                Some(Some(percent)) => super::shortest(percent / 100.0),
                _ => plain,
            }
        }
        SettingKind::Choice { .. } | SettingKind::Text => text.into(),
    }
}

/// Returns true if a change of the setting called `name` starts a new run.
pub fn restarts(name: &str) -> bool {
    find(name).is_none_or(|setting| setting.restarts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::settings::{Recipe, all, tests::unusual};

    #[test]
    fn form_round_trip_keeps_every_setting() {
        for settings in unusual() {
            let mut read = Settings::on(Recipe::Reliable, &settings.benchmark);
            // Training depends on the leading settings, so these come first.
            let mut own: Vec<&Setting> = all().filter(|setting| setting.value(&settings).is_some()).collect();
            own.sort_by_key(|setting| !setting.resets_training_defaults);
            for setting in own {
                set_from_text(&mut read, setting.name, &text(&settings, setting.name)).unwrap();
            }
            assert_eq!(read, settings);
        }
        let settings = Settings::default().with("epochs=1234567&hidden=3,12,1").unwrap();
        assert_eq!((text(&settings, "epochs"), text(&settings, "hidden")), ("1,234,567".into(), "3, 12, 1".into()));
    }

    #[test]
    fn numbers_are_read_in_common_notations() {
        let mut s = Settings::default();
        for (name, text) in [("epochs", "50 000"), ("epochs", "5e4"), ("noise", "5 %"), ("hidden", "8 8 8"), ("stop-loss", " ")] {
            set_from_text(&mut s, name, text).unwrap();
        }
        let noise = s.potential().unwrap().noise;
        assert_eq!((s.training.epochs, noise, s.training.hidden, s.training.stop_loss), (50_000, 0.05, vec![8, 8, 8], None));
    }

    #[test]
    fn invalid_values_are_refused_and_change_no_setting() {
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
            let problem = set_from_text(&mut s, name, text).unwrap_err();
            assert_eq!(problem.field, name);
            assert!(!problem.sentence.is_empty() && s == Settings::default(), "{name} {text}");
        }
    }

    #[test]
    fn run_restarts_for_model_data_and_seed_only() {
        let kept: Vec<_> = all().map(|setting| setting.name).filter(|name| !restarts(name)).collect();
        assert_eq!(kept, ["epsilon", "lr", "gate-lr", "schedule", "epochs", "stop-loss", "uncertainty"]);
    }
}
