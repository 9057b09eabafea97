//! Controls of the settings in the order of the form.

use multiwell::internal::problem::settings::form::text;
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

/// Text of a value that a slider sets. Two digits are the resolution of a slider.
pub fn by_slider(value: f64) -> String {
    format!("{value:.1e}")
}

/// Returns true if two values are the same within the resolution of a slider.
pub fn is_same_by_slider(a: f64, b: f64) -> bool {
    by_slider(a) == by_slider(b)
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
