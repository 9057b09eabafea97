//! Controls of the settings in the order of the form.

use multiwell::internal::problem::settings::form::text;
use multiwell::internal::problem::settings::setting::SettingKind;
use multiwell::internal::problem::settings::{self, FormGroup, Setting, Settings};

/// Settings of a group.
pub fn in_group(group: FormGroup) -> impl Iterator<Item = &'static Setting> {
    // The drawing has no control: the user draws it in the picture.
    settings::all().filter(move |setting| setting.group == group && setting.name != "drawing")
}

/// All settings, group by group.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    FormGroup::ALL.into_iter().flat_map(|(group, _)| in_group(group))
}

/// Range of the slider of a setting, as decimal logarithms; `None` for a setting without a slider.
pub fn slider(setting: &Setting) -> Option<(f64, f64)> {
    setting.slider.map(|[low, high]| (low.log10(), high.log10()))
}

/// Number of positions of a slider in each decade. With two digits, its values include 1, 1.5, 2, 2.5, 3, 4, 5 and 6.
const POSITIONS_PER_DECADE: f64 = 40.0;

/// Last position of a slider with this range. The first one is 0.
pub fn last_position((low, high): (f64, f64)) -> f64 {
    ((high - low) * POSITIONS_PER_DECADE).ceil()
}

/// Position of a value on a slider with this range.
pub fn position_of(value: f64, range: (f64, f64)) -> f64 {
    if value > 0.0 { ((value.log10() - range.0) * POSITIONS_PER_DECADE).round().clamp(0.0, last_position(range)) } else { 0.0 }
}

/// Value of a setting at a position of its slider.
pub fn value_at(setting: &Setting, (low, high): (f64, f64), position: f64) -> f64 {
    let value = 10f64.powf((low + position / POSITIONS_PER_DECADE).min(high));
    match setting.kind {
        SettingKind::Number { whole: true, .. } => value.round(),
        _ if position <= 0.0 => 0.0,
        _ => value,
    }
}

/// Text of a value that a slider sets. Two digits are the resolution of a slider.
pub fn by_slider(value: f64) -> String {
    format!("{value:.1e}")
}

/// Settings in which a run differs from another, in words: "seed 3, number of modes 10".
pub fn difference(run: &Settings, other: &Settings) -> String {
    let of = |setting: &Setting| {
        let (own, others) = (text(run, setting.name), text(other, setting.name));
        (own != others && run.applies(setting.name)).then(|| format!("{} {own}", setting.label).trim_end().to_owned())
    };
    let data = (run.benchmark != other.benchmark).then(|| run.data_name().to_owned());
    data.into_iter().chain(all().filter_map(of)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slider_offers_round_values() {
        let noise = all().find(|setting| setting.name == "noise").unwrap();
        let range = slider(noise).unwrap();
        let offered: Vec<String> =
            (0..=last_position(range) as u32).map(|position| by_slider(value_at(noise, range, position.into()))).collect();
        for value in [0.0, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.5, 1.0] {
            assert!(offered.contains(&by_slider(value)), "{value}");
            assert_eq!(by_slider(value_at(noise, range, position_of(value, range))), by_slider(value));
        }
        // The end of a range that is no power of ten is the last position.
        let coupling = all().find(|setting| setting.name == "b").unwrap();
        let range = slider(coupling).unwrap();
        assert_eq!(by_slider(value_at(coupling, range, last_position(range))), by_slider(2.0));
    }
}
