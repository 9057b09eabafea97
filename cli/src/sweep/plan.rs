//! Runs of a sweep: every combination of the values of all settings, in a fixed order.

use itertools::Itertools;
use multiwell::internal::potentials::find;
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::benchmarks::UnknownBenchmark;
use multiwell::internal::problem::settings::form;
use multiwell::internal::problem::settings::setting::SettingKind;
use multiwell::internal::problem::settings::{self, InvalidSetting, Problem, Scaling, Setting};

use super::values::expand;

/// A setting without a column in tables. Settings whose value is a text have no column either.
pub const HOLD_OUT: &str = "hold-out";
/// Maximum number of runs of one sweep.
const MAX_RUNS: usize = 1_000_000;

/// Names of the settings of a potential in the order of a table's columns. Seeds come last. Neighbouring runs of the plan, which belong to different
/// shards, therefore take approximately the same time.
pub fn names() -> Vec<&'static str> {
    let default = Settings::default();
    let has_column = |setting: &Setting| setting.name != HOLD_OUT && !matches!(setting.kind, SettingKind::Text);
    let own = || settings::all().filter(|setting| setting.value(&default).is_some() && has_column(setting));
    let is_seed = |setting: &&Setting| setting.name.ends_with("seed");
    let is_number = |setting: &&Setting| matches!(setting.kind, SettingKind::Number { .. });
    let name = |setting: &Setting| setting.name;
    // The recipe precedes the settings whose defaults depend on it.
    let first = ["benchmark", "recipe", "hidden"];
    let choices = own().filter(|s| !is_number(s)).map(name).filter(|name| !first.contains(name));
    let numbers = own().filter(is_number).filter(|s| !is_seed(s)).map(name);
    first.into_iter().chain(choices).chain(numbers).chain(own().filter(is_seed).map(name)).collect()
}

/// Text of the setting called `name` in a table; empty if it does not exist.
pub fn written(settings: &Settings, name: &str) -> String {
    if name == "benchmark" {
        return settings.benchmark.clone();
    }
    settings::find(name).map(|setting| setting.written(settings)).unwrap_or_default()
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRun {
    pub settings: Settings,
    /// Texts of all settings in a table, which identify the run.
    pub key: Vec<String>,
}

/// A user's own data.
#[derive(Clone, Debug, Default)]
pub struct UserData {
    /// The text in the column of benchmarks.
    pub label: String,
    /// Absent if only values are learnt. If derivatives are learnt, it is true if values are learnt, too.
    pub derivatives: Option<bool>,
}

/// Texts of all settings of a run in a table.
pub fn key(settings: &Settings) -> Vec<String> {
    names().into_iter().map(|name| written(settings, name)).collect()
}

fn set(settings: &mut Settings, name: &str, text: &str) -> Result<(), InvalidSetting> {
    if name == "benchmark" {
        let found = find(text).ok_or_else(|| InvalidSetting::new(name, UnknownBenchmark(text.into()).to_string()))?;
        *settings = settings.moved_to(found.id());
        return Ok(());
    }
    let seed = settings.training.seed.to_string();
    form::set_from_text(settings, name, if name.ends_with("-seed") && text == EQUAL_SEED_WORD { &seed } else { text })
}

/// Word that makes the seed of the data or of a random target equal to the seed of the weights.
const EQUAL_SEED_WORD: &str = "same";

/// Runs of all combinations of `given`, which contains the names of settings with the texts of their values. Other settings have the recipe's
/// default. `own` describes a user's own data, if there are any.
pub fn plan(given: &[(&str, &str)], own: Option<&UserData>) -> Result<Vec<PlannedRun>, Vec<String>> {
    let mut axes: Vec<(&str, Vec<String>)> = Vec::new();
    let mut problems = Vec::new();
    // Other seeds may equal the seed of the weights, which is therefore set first.
    let (mut order, tied): (Vec<_>, Vec<_>) = names().into_iter().partition(|name| !name.ends_with("-seed"));
    order.extend(tied);
    for name in order {
        let Some((_, text)) = given.iter().find(|(given, _)| *given == name) else { continue };
        // Commas separate the widths of one network.
        let values = match name {
            "benchmark" if own.is_some() => continue,
            "hidden" => Ok(text.split('/').map(|widths| widths.trim().to_string()).collect()),
            _ => expand(name, text),
        };
        match values {
            Ok(values) => {
                // Each value is checked separately, so that a mistake is reported once and not for every combination.
                let alone = |value: &String| set(&mut Settings::default(), name, value).err().map(|problem| problem.sentence);
                problems.extend(values.iter().find_map(alone));
                axes.push((name, values));
            }
            Err(problem) => problems.push(problem),
        }
    }
    let count =
        axes.iter().try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()).filter(|&count| count <= MAX_RUNS));
    let Some(count) = count.filter(|_| problems.is_empty()) else {
        if problems.is_empty() {
            problems.push(format!("the sweep has more than {MAX_RUNS} runs; give fewer values, or several sweeps"));
        }
        return Err(problems);
    };
    // The last axis changes fastest.
    let choices = |(name, values): &(_, Vec<String>)| values.iter().map(|value| (*name, value.clone())).collect::<Vec<_>>();
    let combinations = axes.iter().map(choices).multi_cartesian_product();
    let mut runs = Vec::with_capacity(count);
    for chosen in combinations {
        let settings = combination(&chosen, own).map_err(|problem| vec![problem.sentence])?;
        settings.check().map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let mut key = key(&settings);
        if let Some(own) = own {
            key[0].clone_from(&own.label);
        }
        runs.push(PlannedRun { settings, key });
    }
    // Two spellings of one value would give the same run twice, and so would two values of a setting without effect.
    Ok(runs.into_iter().unique_by(|run| run.key.clone()).collect())
}

/// The settings of one combination of values.
fn combination(chosen: &[(&str, String)], own: Option<&UserData>) -> Result<Settings, InvalidSetting> {
    let mut settings = Settings::default();
    if let Some((name, value)) = chosen.iter().find(|(name, _)| *name == "recipe") {
        set(&mut settings, name, value)?;
    }
    let recipe = settings.training.recipe;
    let begin = |benchmark: &str| match own.and_then(|own| own.derivatives) {
        Some(has_values) => Settings::on_derivatives(recipe, has_values),
        None => Settings::on(recipe, benchmark),
    };
    if own.is_some() {
        settings = begin(Settings::OWN_DATA);
        if let Problem::Potential(own) = &mut settings.problem {
            own.scaling = Scaling::Standard;
        }
    }
    for (name, value) in chosen.iter().filter(|(name, _)| *name != "recipe") {
        set(&mut settings, name, value)?;
    }
    // Settings without effect have the text of their defaults.
    let untouched = begin(&settings.benchmark);
    for name in names().into_iter().filter(|&name| name != "benchmark") {
        if !settings.applies(name) {
            set(&mut settings, name, &written(&untouched, name))?;
        }
    }
    Ok(settings)
}

/// Returns true if a run of the plan belongs to a shard, by its number. The text `2/3` is the second of three shards. Successive runs are assigned to the
/// shards cyclically.
pub fn shard(text: &str) -> Result<impl Fn(usize) -> bool + use<>, String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.trim().parse::<usize>().ok()?, n.trim().parse::<usize>().ok()?)));
    match parts {
        Some((i, n)) if (1..=n).contains(&i) => Ok(move |run: usize| run % n == i - 1),
        _ => Err(format!("--shard takes which of how many, from 1/3 to 3/3 for three of them, not `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::internal::problem::settings::Recipe;

    fn plan(given: &[(&str, &str)]) -> Result<Vec<Settings>, Vec<String>> {
        super::plan(given, None).map(|runs| runs.into_iter().map(|run| run.settings).collect())
    }

    #[test]
    fn own_data_have_their_label_and_standard_scaling() {
        let given = [("benchmark", "t.csv"), ("recipe", "paper"), ("modes", "2,3"), ("samples", "5,6")];
        let runs = super::plan(&given, Some(&UserData { label: "t.csv:0123".into(), derivatives: None })).unwrap();
        assert_eq!(runs.len(), 2);
        assert!(
            runs.iter().all(|run| run.key[0] == "t.csv:0123" && run.settings.potential().unwrap().scaling == Scaling::Standard)
        );
        assert!(runs.iter().all(|run| run.settings.benchmark == Settings::OWN_DATA));
    }

    #[test]
    fn own_derivatives_have_their_own_defaults() {
        let own = UserData { label: "t.csv".into(), derivatives: Some(true) };
        let runs = super::plan(&[("recipe", "paper,reliable"), ("value-weight", "0.5,1")], Some(&own)).unwrap();
        let of = |recipe, weight: f64| Settings::on_derivatives(recipe, true).with(&format!("value-weight={weight}")).unwrap();
        let expected = [Recipe::Paper, Recipe::Reliable].map(|recipe| [of(recipe, 0.5), of(recipe, 1.0)]).concat();
        assert_eq!(runs.into_iter().map(|run| run.settings).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn table_has_a_column_for_every_setting_of_a_potential() {
        let settings = serde_json::to_value(Settings::default()).unwrap();
        let mut all: Vec<String> = settings
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| ![HOLD_OUT, settings::RECIPE_VERSION].contains(&name.as_str()))
            .cloned()
            .collect();
        let mut named = names();
        all.sort();
        named.sort_unstable();
        assert_eq!(all, named);
    }

    #[test]
    fn every_combination_is_planned_once_and_seed_varies_fastest() {
        let given = [("seed", "0..2"), ("benchmark", "double-well,three-well"), ("epsilon", "0,1e-4"), ("modes", "4,4.0")];
        let runs = plan(&given).unwrap();
        assert_eq!(runs.len(), 12);
        assert_eq!(
            runs[..4].iter().map(|s| (s.training.epsilon, s.training.seed)).collect::<Vec<_>>(),
            [(0.0, 0), (0.0, 1), (0.0, 2), (1e-4, 0)]
        );
        assert!(runs.iter().all(|s| s.training.modes == 4 && s.data.seed == 1));
    }

    #[test]
    fn data_seed_can_follow_seed() {
        let runs = plan(&[("data-seed", "same"), ("seed", "4..6"), ("benchmark", "soft-parabolas-3e1")]).unwrap();
        assert_eq!(runs.iter().map(|s| (s.training.seed, s.data.seed)).collect::<Vec<_>>(), [(4, 4), (5, 5), (6, 6)]);
        assert_eq!(runs[0].benchmark, "soft-parabolas-30");
    }

    #[test]
    fn settings_without_effect_add_no_runs() {
        let given = [("benchmark", "double-well,random-wells"), ("target-seed", "0..9"), ("target-kind", "smooth,kinked")];
        let runs = plan(&given).unwrap();
        assert_eq!(runs.len(), 21);
        assert_eq!(plan(&[("recipe", "paper,reliable"), ("schedule", "constant,cosine")]).unwrap().len(), 3);
    }

    #[test]
    fn each_recipe_has_its_own_defaults() {
        let runs = plan(&[("recipe", "paper,reliable"), ("modes", "20")]).unwrap();
        let defaults = [Recipe::Paper, Recipe::Reliable].map(|recipe| Settings::from_recipe(recipe).with("modes=20").unwrap());
        assert_eq!(runs, defaults);
    }

    #[test]
    fn each_problem_is_reported_once() {
        let problems = plan(&[("modes", "0,5"), ("seed", "1..0"), ("recipe", "secret"), ("benchmark", "well")]).unwrap_err();
        assert_eq!(problems.len(), 4, "{problems:?}");
        let many = plan(&[("seed", "0..9999"), ("data-seed", "0..9999")]).unwrap_err();
        assert!(many[0].contains("more than 1000000 runs"));
    }

    #[test]
    fn shards_partition_the_runs() {
        for n in [1, 3, 7] {
            let shards: Vec<_> = (1..=n).map(|i| shard(&format!("{i}/{n}")).unwrap()).collect();
            assert!((0..100).all(|run| shards.iter().filter(|is_mine| is_mine(run)).count() == 1));
        }
        for wrong in ["", "0/3", "4/3", "1", "1/0", "a/b", "-1/3"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
