//! The controls of the settings: the group in which each stands, its words, and its slider.

use multiwell::problem::settings::{FIELDS, PICKS, field, pick};

/// Sliders that reach down to nothing at their left end: from which power of ten to which.
const SLIDERS: [(&str, f64, f64); 3] = [("epsilon", -7.0, 0.0), ("lr", -6.0, 0.0), ("gate-lr", -6.0, 0.0)];

/// The titles of the groups of controls.
pub const GROUPS: [&str; 3] = ["Model", "Training", "Data"];

/// The names in each group. A setting that is in none of them stands at the end of the last.
const IN_GROUPS: [&[&str]; 3] = [
    &["modes", "hidden", "skip", "symmetry", "epsilon"],
    &["recipe", "lr", "gate-lr", "value-weight", "decay", "kl", "pooling", "start", "schedule", "epochs", "stop-loss", "seed"],
    &["b", "c1", "c2", "c3", "c4", "target-kind", "target-seed", "samples", "sampling", "noise", "data-seed", "scaling"],
];

/// The label of a setting, and what it does.
pub fn description(name: &str) -> (&'static str, &'static str) {
    match (field(name), pick(name)) {
        (Some(field), _) => (field.label, field.meaning),
        (_, Some(pick)) => (pick.label, pick.meaning),
        _ => ("Hidden layers", "Widths of the hidden layers of each mode."),
    }
}

/// What stands in the control of a setting that has no value.
pub fn absent(name: &str) -> &'static str {
    match name {
        "stop-loss" => "never",
        "decay" => "auto",
        _ => "",
    }
}

/// The powers of ten between which a setting has a slider.
pub fn slider(name: &str) -> Option<(f64, f64)> {
    let from_nothing = SLIDERS.iter().find(|s| s.0 == name).map(|&(_, low, high)| (low, high));
    let of_field = || field(name).filter(|f| f.logarithmic && f.min > 0.0).map(|f| (f.min.log10(), f.max.log10()));
    from_nothing.or_else(of_field)
}

/// Names of the controls of a group.
pub fn names_in(group: usize) -> impl Iterator<Item = &'static str> {
    let grouped = |name: &&str| IN_GROUPS.iter().any(|names| names.contains(name));
    let others = FIELDS.iter().map(|f| f.name).chain(PICKS.iter().map(|p| p.name)).filter(move |name| !grouped(name));
    IN_GROUPS[group].iter().copied().chain(others.filter(move |_| group + 1 == GROUPS.len()))
}

/// Names of all controls.
pub fn names() -> impl Iterator<Item = &'static str> {
    (0..GROUPS.len()).flat_map(names_in)
}
