//! Settings in the fragment of a URL: `benchmark=cosine-well&modes=10&...`, in the shortest form that gives the same numbers.
//!
//! ```
//! use multiwell::internal::controller::link;
//! use multiwell::internal::problem::Settings;
//! let settings = Settings::default().with("modes=5&lr=3e-3").unwrap();
//! assert_eq!(link::write(&settings), "modes=5&lr=3e-3");
//! assert_eq!(link::read("#modes=5&lr=3e-3"), (settings, vec![]));
//! ```

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::problem::settings::setting::SettingKind;
use crate::problem::settings::{self, InvalidSetting, NamedChoice, RECIPE_VERSION, Recipe, Settings};
use crate::recipe;
use crate::text::shortened;

/// Key of the address of a run's table in a link.
const DATA_KEY: &str = "data";
/// Characters that are percent-encoded in a value: all except letters, digits and the marks in names and numbers.
const ENCODED_CHARACTERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b',');
/// Characters that are percent-encoded in an address.
const ENCODED_ADDRESS_CHARACTERS: &AsciiSet = &ENCODED_CHARACTERS.remove(b'/');

/// Writes recipe and benchmark if they are not the defaults, and every setting that differs from the default under that
/// recipe and benchmark.
pub fn write(settings: &Settings) -> String {
    written(settings, false)
}

/// Writes the benchmark and every setting that applies to it, so that later defaults do not change the link.
pub fn complete(settings: &Settings) -> String {
    written(settings, true)
}

fn written(settings: &Settings, is_complete: bool) -> String {
    let default = settings.defaults_on(&settings.benchmark);
    let (first, mut parts) = (Settings::on(Recipe::default(), &settings.benchmark), Vec::new());
    let mut part = |name: &str, value: &str| parts.push(format!("{name}={}", utf8_percent_encode(value, ENCODED_CHARACTERS)));
    if is_complete || settings.benchmark != Settings::default().benchmark {
        part("benchmark", &settings.benchmark);
    }
    for setting in settings::all() {
        // Leading settings, which determine other defaults, are written if they are not the defaults of the benchmark.
        let usual = setting.value(if setting.resets_training_defaults { &first } else { &default });
        let (is_usual, text) = (setting.value(settings) == usual, setting.written(settings));
        // An absent number has no text.
        let is_part_of_complete = is_complete && settings.applies(setting.name) && !text.is_empty();
        if setting.value(settings).is_some() && (!is_usual || is_part_of_complete) {
            part(setting.name, &text);
        }
    }
    parts.join("&")
}

/// Part of a link with the version of its recipe, if the results of the recipe may change.
pub fn version(settings: &Settings) -> Option<String> {
    settings.recipe_version().map(|version| format!("{RECIPE_VERSION}={version}"))
}

/// Address of the table in a fragment, if it has one.
pub fn data(fragment: &str) -> Option<String> {
    let mut parts = fragment.trim_start_matches('#').split('&').filter_map(|part| part.split_once('='));
    parts.find(|(name, _)| *name == DATA_KEY).map(|(_, address)| decoded(address)).filter(|address| !address.is_empty())
}

/// Part of a link with the address of its table.
pub fn of_data(address: &str) -> String {
    format!("{DATA_KEY}={}", utf8_percent_encode(address, ENCODED_ADDRESS_CHARACTERS))
}

/// Returns true if a fragment with these settings is from an older version of the recipe, whose results have changed since.
pub fn is_older(fragment: &str, settings: &Settings) -> bool {
    let fragment = fragment.trim_start_matches('#');
    let parts = fragment.split('&').filter_map(|part| part.split_once('='));
    let version =
        parts.into_iter().find(|(name, _)| *name == RECIPE_VERSION).and_then(|(_, value)| value.parse().ok()).unwrap_or(1);
    !fragment.is_empty() && settings.recipe_version().is_some() && version < recipe::RECIPE_VERSION
}

/// Reads a fragment, with or without `#`. Values out of range are clamped, unreadable values keep their defaults, and
/// unknown settings are ignored, each with a sentence. The returned settings are valid.
pub fn read(fragment: &str) -> (Settings, Vec<InvalidSetting>) {
    let parts = fragment.trim_start_matches('#').split('&').filter(|part| !part.trim().is_empty());
    let parts: Vec<(String, String)> = parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    // Absent settings are the defaults of recipe and benchmark, wherever these are in the link.
    let last = |name: &str| parts.iter().rev().filter(|part| part.0 == name).map(|part| part.1.clone()).collect::<Vec<_>>();
    let recipe = last("recipe").iter().find_map(|name| Recipe::named(name)).unwrap_or_default();
    let benchmark = last("benchmark").into_iter().next().unwrap_or_else(|| Settings::default().benchmark);
    let mut settings = Settings::on(recipe, &benchmark);
    for setting in settings::all().filter(|setting| setting.resets_training_defaults) {
        if let Some(value) = last(setting.name).iter().find_map(|text| setting.read(text).ok()) {
            setting.set_value(&mut settings, &value);
        }
    }
    settings = settings.defaults_on(&benchmark);
    let mut problems = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for (name, value) in parts {
        if seen.contains(&name) {
            problems
                .push(InvalidSetting::new(&name, format!("{} stands in the link twice; the last one counts", shortened(&name))));
        }
        if is_known(&name) {
            problems.extend(set(&mut settings, &name, &value));
            seen.push(name);
        } else {
            unknown.push(format!("\"{}\"", shortened(&name)));
        }
    }
    problems.extend(unknown_sentence(&unknown).map(|sentence| InvalidSetting::new("", sentence)));
    let (settings, said) = settings.clamped();
    problems.extend(said);
    if settings.has_own_data() && data(fragment).is_none() {
        let sentence = "the link does not contain the table of its run; open that file";
        problems.push(InvalidSetting::new("benchmark", sentence));
    }
    (settings, problems)
}

/// Returns true if a link can have this key. See `is_older` and `data` for those that are no settings.
fn is_known(key: &str) -> bool {
    ["benchmark", RECIPE_VERSION, DATA_KEY].contains(&key) || settings::find(key).is_some()
}

/// Sets the setting called `name` from a text; returns the problem, if there is one.
fn set(settings: &mut Settings, name: &str, value: &str) -> Option<InvalidSetting> {
    if name == "benchmark" {
        // Unknown benchmarks are replaced after all other settings.
        settings.benchmark = value.trim().into();
    }
    let setting = settings::find(name)?;
    let Some(before) = setting.value(settings) else {
        let sentence = format!("{name} has no effect on {}; it is passed over", shortened(settings.data_name()));
        return Some(InvalidSetting::new(name, sentence));
    };
    let is_whole = matches!(setting.kind, SettingKind::Number { whole: true, .. });
    // A text that is not a number of the right kind is ignored; a number out of range is clamped.
    let read = setting.read(value).and_then(|value| match value.number() {
        Some(number) if !number.is_finite() || is_whole && number.fract() != 0.0 => {
            Err(setting.check(&value).err().unwrap_or_default())
        }
        _ => Ok(value),
    });
    match read {
        Ok(value) => {
            let problem = setting.check(&value).err();
            setting.set_value(settings, &setting.clamped(&value, &before));
            problem.map(|problem| problem.and(&format!("it is set to {}", setting.written(settings))))
        }
        Err(problem) => {
            let left = setting.written(settings);
            Some(problem.and(&format!("it is left at {}", if left.is_empty() { "none" } else { &left })))
        }
    }
}

fn unknown_sentence(names: &[String]) -> Option<String> {
    const MAX_NAMED_KEYS: usize = 5;
    let more = if names.len() > MAX_NAMED_KEYS { " and others" } else { "" };
    let list = names.iter().take(MAX_NAMED_KEYS).cloned().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("the link has settings that are not known and were passed over: {list}{more}"))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::benchmarks::{self, UnknownBenchmark};
    use crate::problem::settings::InitialWeights;
    use crate::problem::settings::tests::unusual;

    fn parse_fragment(fragment: &str) -> (Settings, Vec<String>) {
        let (settings, problems) = read(fragment);
        (settings, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn default_settings_are_the_empty_link() {
        assert_eq!(write(&Settings::default()), "");
        for fragment in ["", "#", "&", "#&&"] {
            assert_eq!(read(fragment), (Settings::default(), vec![]), "{fragment:?}");
        }
    }

    #[test]
    fn link_contains_every_setting() {
        for settings in unusual() {
            let link = write(&settings);
            for setting in settings::all().filter(|setting| setting.value(&settings).is_some() && setting.name != "recipe") {
                assert!(format!("&{link}").contains(&format!("&{}=", setting.name)), "{}: {link}", setting.name);
            }
            assert_eq!(read(&link), (settings, vec![]));
        }
        let settings = Settings::on(Recipe::Paper, "double-well").with("hidden=8,9,10&lr=1e3&noise=0.05&stop-loss=1e-7").unwrap();
        let link = "benchmark=double-well&hidden=8,9,10&recipe=paper&lr=1000&stop-loss=1e-7&noise=0.05";
        assert_eq!((write(&settings).as_str(), read(link)), (link, (settings, vec![])));
    }

    /// Links of this version of the recipe omit these values. If they must change, raise [`recipe::RECIPE_VERSION`], so that the page can remark on it.
    #[test]
    fn complete_links_contain_the_recorded_defaults_and_are_read_without_remarks() {
        let mut links = format!("{RECIPE_VERSION}={}\n", recipe::RECIPE_VERSION);
        for benchmark in benchmarks::all() {
            let settings = Settings::on(Recipe::default(), benchmark.id);
            let link = complete(&settings);
            links += &format!("{link}\n");
            assert_eq!(read(&link), (settings, vec![]));
        }
        assert_eq!(links, include_str!("link_defaults.txt"), "{links}");
    }

    #[test]
    fn former_names_of_choices_are_accepted() {
        for (name, start) in [("fresh", InitialWeights::New), ("last", InitialWeights::Last)] {
            let (read, problems) = read(&format!("benchmark=schlogl&start={name}"));
            assert_eq!((read.density().unwrap().start, problems), (start, vec![]));
        }
    }

    #[test]
    fn settings_without_effect_on_benchmark_are_reported() {
        let (settings, sentences) = parse_fragment("benchmark=double-well&decay=1&modes=4");
        assert_eq!(settings, Settings::on(Recipe::Reliable, "double-well").with("modes=4").unwrap());
        assert_eq!(sentences, ["decay has no effect on double-well; it is passed over"]);
    }

    #[test]
    fn links_of_older_recipes_are_detected() {
        let settings = Settings::default().with("modes=5").unwrap();
        let (old, now) = (write(&settings), format!("{}&{}", write(&settings), version(&settings).unwrap()));
        assert_eq!((is_older(&old, &settings), is_older(&now, &settings), is_older("", &settings)), (true, false, false));
        assert_eq!(read(&now), (settings, vec![]));
        let paper = Settings::from_recipe(Recipe::Paper);
        assert_eq!((version(&paper), is_older("recipe=paper", &paper)), (None, false));
    }

    #[test]
    fn encoded_and_spaced_links_are_read() {
        let (settings, problems) = read("#hidden=8%2C%209&benchmark=three%2dwell& modes = 5 &lr=1E-2");
        assert_eq!(problems, vec![]);
        assert_eq!((settings.training.hidden, settings.training.modes, settings.training.lr), (vec![8, 9], 5, 1e-2));
        assert_eq!(settings.benchmark, "three-well");
    }

    #[test]
    fn out_of_range_values_are_clamped_and_reported() {
        let (settings, sentences) = parse_fragment("modes=0&samples=1&epsilon=-3&hidden=10,0&seed=1e300&lr=1e9");
        assert_eq!(
            (settings.training.modes, settings.data.samples, settings.training.epsilon, settings.training.lr),
            (1, 2, 0.0, 1e4)
        );
        assert_eq!((settings.training.hidden, settings.training.seed), (vec![10, 1], 9_007_199_254_740_991));
        assert_eq!(sentences.len(), 6, "{sentences:?}");
        assert_eq!(sentences[0], "modes must be a whole number from 1 to 64, not 0; it is set to 1");
    }

    #[test]
    fn invalid_values_keep_their_defaults_and_are_reported() {
        let (settings, sentences) =
            parse_fragment("modes=ten&lr=NaN&epochs=inf&hidden=a,b&schedule=linear&samples=10.5&stop-loss=&noise");
        assert_eq!(settings, Settings::default());
        assert_eq!(sentences.len(), 8, "{sentences:?}");
        assert_eq!(sentences[0], "modes must be a whole number from 1 to 64, not \"ten\"; it is left at 10");
        assert_eq!(sentences[4], "schedule must be constant or cosine, not \"linear\"; it is left at constant");
        assert!(sentences[6].ends_with("it is left at none"), "{sentences:?}");
    }

    #[test]
    fn unknown_and_repeated_settings_are_reported() {
        let (settings, sentences) = parse_fragment("benchmark=quadruple-well&colour=red&modes=3&modes=4&colour=blue");
        assert_eq!((settings.benchmark.as_str(), settings.training.modes), ("cosine-well", 4));
        let expected = [
            "modes stands in the link twice; the last one counts".to_owned(),
            "the link has settings that are not known and were passed over: \"colour\", \"colour\"".into(),
            format!("{}; it is set to cosine-well", UnknownBenchmark("quadruple-well".into())),
        ];
        assert_eq!(sentences, expected);
    }

    #[test]
    fn unknown_benchmark_is_quoted_on_one_line() {
        let (_, sentences) = parse_fragment("benchmark=random-l%00ndscape&batch=3&c4=1");
        assert!(sentences.iter().all(|sentence| !sentence.contains('\0')), "{sentences:?}");
        assert_eq!(sentences[0], "batch has no effect on random-l\\u{0}ndscape; it is passed over");
    }

    #[test]
    fn link_contains_address_of_data() {
        let link = format!("benchmark=own-data&{}&modes=3", of_data("data/my table.csv?v=1"));
        assert_eq!(link, "benchmark=own-data&data=data/my%20table.csv%3Fv%3D1&modes=3");
        assert_eq!(data(&link).as_deref(), Some("data/my table.csv?v=1"));
        let (settings, sentences) = parse_fragment(&link);
        assert_eq!((settings.benchmark.as_str(), settings.training.modes, sentences), ("own-data", 3, vec![]));
        assert_eq!(data("#data=&modes=3"), None);
    }

    #[test]
    fn link_for_own_data_reports_missing_file() {
        let (settings, sentences) = parse_fragment("benchmark=own-data&modes=3");
        assert_eq!((settings.benchmark.as_str(), settings.training.modes), (Settings::OWN_DATA, 3));
        assert!(sentences[0].contains("does not contain the table"));
    }
}
