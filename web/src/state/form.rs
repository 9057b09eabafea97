//! The controls of the settings, in the order of the form.

use super::app::State;
use multiwell::potentials::Formula;
use multiwell::potentials::formula::{self, Letter};
use multiwell::problem::settings::{self, Group, Setting};

/// The settings of a group.
pub fn in_group(group: Group) -> impl Iterator<Item = &'static Setting> {
    settings::all().filter(move |setting| setting.group == group)
}

/// All settings, group by group.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    Group::ALL.into_iter().flat_map(|(group, _)| in_group(group))
}

/// The powers of ten between which a setting has a slider.
pub fn slider(setting: &Setting) -> Option<(f64, f64)> {
    setting.slider.map(|[low, high]| (low.log10(), high.log10()))
}

/// The letters of the formula that is shown in the controls.
pub fn letters(state: &State) -> Vec<Letter> {
    let settings = state.wanted();
    let own = settings.potential().filter(|_| settings.benchmark == Formula::ID);
    own.map(|own| formula::letters(&own.formula, &own.set, &own.bounds)).unwrap_or_default()
}
