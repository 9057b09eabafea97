use super::setting::SettingKind;
use super::*;
use crate::recipe;

fn numbers() -> impl Iterator<Item = (&'static Setting, f64, f64, bool)> {
    all().filter_map(|setting| match setting.kind {
        SettingKind::Number { min, max, whole } => Some((setting, min, max, whole)),
        _ => None,
    })
}

/// Default settings of every problem.
fn defaults() -> [Settings; 3] {
    ["cosine-well", "schlogl", "metamaterial"].map(|id| Settings::on(Recipe::Reliable, id))
}

/// Settings of every problem in which no setting has its default.
pub fn unusual() -> [Settings; 3] {
    defaults().map(|mut settings| {
        for setting in all().filter(|setting| setting.name != "recipe") {
            let value = match setting.kind {
                SettingKind::Number { min, max, whole: true } => SettingValue::Number((min + 3.0).min(max)),
                SettingKind::Number { min, max, .. } => SettingValue::Number(min + (max - min).min(1.0) / 3.0),
                SettingKind::Choice { names, .. } => SettingValue::Name((*names().last().unwrap()).into()),
                SettingKind::Widths => SettingValue::Widths(vec![3, 12, 1]),
                SettingKind::Text => SettingValue::Name("x^2 + a=1, 2".into()),
            };
            setting.set_value(&mut settings, &value);
        }
        assert_eq!(settings.check(), Ok(()));
        settings
    })
}

/// Sentence of the only invalid setting after a change of the default settings.
fn sentence(change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = Settings::default();
    change(&mut settings);
    let problems = settings.check().expect_err("accepted");
    assert_eq!(problems.len(), 1, "{problems:?}");
    let (clamped, said) = settings.clamped();
    assert_eq!(clamped.check(), Ok(()));
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].field, problems[0].field);
    problems[0].to_string()
}

#[test]
fn defaults_and_limits_of_every_number_are_valid() {
    for mut settings in defaults() {
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.clamped(), (settings.clone(), vec![]));
        for (setting, min, max, _) in numbers().filter(|(setting, ..)| setting.value(&settings).is_some()).collect::<Vec<_>>() {
            for value in [min, max] {
                assert!(setting.set_value(&mut settings, &SettingValue::Number(value)));
                assert_eq!(setting.value(&settings).and_then(|v| v.number()), Some(value), "{}", setting.name);
                assert_eq!(settings.check(), Ok(()), "{}", setting.name);
            }
        }
    }
    assert!(find("colour").is_none());
}

#[test]
fn every_setting_has_a_problem_and_a_unique_name() {
    let names: Vec<&str> = all().map(|setting| setting.name).collect();
    assert!(names.iter().enumerate().all(|(k, name)| !names[..k].contains(name)));
    for setting in all() {
        let problems = defaults().iter().filter(|settings| setting.value(settings).is_some()).count();
        // Up to three problems for settings of training, two for those of both kinds of densities.
        assert!((1..=3).contains(&problems), "{}", setting.name);
        for words in [setting.label, setting.noun, setting.meaning] {
            assert!(!words.is_empty(), "{}", setting.name);
        }
    }
}

#[test]
fn settings_survive_readable_and_compact_formats() {
    for settings in defaults() {
        let json = serde_json::to_value(&settings).unwrap();
        assert_eq!(serde_json::from_value::<Settings>(json).unwrap(), settings);
        let bytes = postcard::to_allocvec(&settings).unwrap();
        assert_eq!(postcard::from_bytes::<Settings>(&bytes).unwrap(), settings);
    }
    // Files of earlier versions contain the settings of every problem, and former names of choices.
    let old = serde_json::json!({"benchmark": "schlogl", "recipe": "reliable", "start": "fresh", "noise": 0.5, "decay": null, "kl": 1, "seed": 7});
    let settings: Settings = serde_json::from_value(old).unwrap();
    let own = settings.density().expect("a density");
    assert_eq!((own.start, own.decay, own.kl, settings.training.seed), (InitialWeights::New, None, 1.0, 7));
    assert!(serde_json::from_value::<Settings>(serde_json::json!({"modes": "many"})).is_err());
}

#[test]
fn files_of_older_recipes_are_detected() {
    let file = |settings: serde_json::Value| serde_json::json!({ "settings": settings }).to_string();
    let [now, paper] =
        [Recipe::Reliable, Recipe::Paper].map(|recipe| serde_json::to_value(Settings::from_recipe(recipe)).unwrap());
    assert_eq!(now[RECIPE_VERSION], recipe::RECIPE_VERSION);
    let mut old = now.clone();
    old.as_object_mut().unwrap().remove(RECIPE_VERSION);
    assert_eq!([&now, &paper, &old].map(|settings| Settings::has_older_recipe(&file(settings.clone()))), [false, false, true]);
    assert!(!Settings::has_older_recipe("{}") && !Settings::has_older_recipe("no file"));
}

#[test]
fn invalid_settings_are_refused_with_their_range() {
    assert_eq!(sentence(|s| s.training.modes = 0), "modes must be a whole number from 1 to 64, not 0");
    assert_eq!(sentence(|s| s.training.epsilon = -1e-4), "epsilon must be a number from 0 to 1, not -1e-4");
    assert_eq!(sentence(|s| s.training.epsilon = f64::NAN), "epsilon must be a number from 0 to 1, not NaN");
    assert_eq!(sentence(|s| s.training.lr = f64::INFINITY), "lr must be a number from 0 to 10000, not inf");
    assert_eq!(sentence(|s| s.data.samples = 1), "samples must be a whole number from 2 to 1e6, not 1");
    let of_hidden = |hidden: Vec<usize>| sentence(|s| s.training.hidden = hidden);
    assert_eq!(of_hidden(vec![10, 0]), "hidden must list 1 to 8 widths from 1 to 256, such as 10,10, not 10,0");
    assert!(of_hidden(vec![]).ends_with("not none"));
    assert!(of_hidden(vec![3; 1000]).len() < 150);
    assert!(sentence(|s| s.training.seed = u64::MAX).contains("seed must be a whole number from 0 to 9007199254740991"));
    assert!(sentence(|s| s.benchmark = "triple-well".into()).contains("choose one of double-well, cosine-well, three-well, "));
    assert!(sentence(|s| s.training.stop_loss = Some(-1.0)).starts_with("stop-loss must be a number"));
}

#[test]
fn several_problems_are_all_reported() {
    let mut bad = Settings::default();
    (bad.training.modes, bad.training.hidden) = (0, vec![]);
    bad.potential_mut().unwrap().noise = -1.0;
    let fields: Vec<String> = bad.check().unwrap_err().into_iter().map(|p| p.field).collect();
    assert_eq!(fields, ["modes", "hidden", "noise"]);
}

#[test]
fn clamping_takes_nearest_value_and_reports_it() {
    let mut bad = Settings::default();
    (bad.training.modes, bad.training.lr, bad.training.hidden) = (1000, f64::NAN, vec![0, 999]);
    let (settings, said) = bad.clamped();
    assert_eq!((settings.training.modes, settings.training.lr, settings.training.hidden), (64, 1e-2, vec![1, 256]));
    let sentences: Vec<String> = said.iter().map(ToString::to_string).collect();
    assert_eq!(sentences[0], "modes must be a whole number from 1 to 64, not 1000; it is set to 64");
    assert!(sentences[1].ends_with("not 0,999; it is set to 1,256"), "{sentences:?}");
    assert_eq!(sentences[2], "lr must be a number from 0 to 10000, not NaN; it is set to 0.01");
}

#[test]
fn text_is_parsed_to_a_value_or_an_error() {
    let read = |name: &str, text: &str| {
        let mut settings = Settings::default();
        let setting = find(name).unwrap();
        setting.parse(&mut settings, text).map(|()| setting.written(&settings)).map_err(|problem| problem.to_string())
    };
    let wrong = |name: &str, text: &str| read(name, text).unwrap_err();
    assert_eq!(read("samples", " 1e3 "), Ok("1000".into()));
    assert_eq!(wrong("samples", "many"), "samples must be a whole number from 2 to 1e6, not \"many\"");
    assert_eq!(wrong("samples", "2.5"), "samples must be a whole number from 2 to 1e6, not 2.5");
    assert_eq!(read("hidden", " 10, 7 "), Ok("10,7".into()));
    assert!(wrong("hidden", "10,-3").contains("not \"10,-3\"") && wrong("hidden", "10;7").contains("not \"10;7\""));
    assert!(read("hidden", "").is_err());
    assert_eq!(wrong("schedule", "linear"), "schedule must be constant or cosine, not \"linear\"");
    assert_eq!(wrong("kl", "1"), "kl has no effect on cosine-well");
}

#[test]
fn choices_have_names_of_serialised_form() {
    fn names<C: NamedChoice + Serialize + Default + std::fmt::Debug>() {
        assert_eq!(C::ALL[0].1, C::default());
        for &(name, choice) in C::ALL {
            assert_eq!(serde_json::to_value(choice).unwrap(), name);
            assert_eq!((choice.name(), C::named(name)), (name, Some(choice)));
        }
    }
    names::<Recipe>();
    names::<Schedule>();
    names::<Scaling>();
    names::<Sampling>();
    names::<Observed>();
    names::<RandomTargetKind>();
    names::<Skip>();
    names::<Symmetry>();
    names::<InitialWeights>();
    names::<Pooling>();
    names::<Dynamics>();
    names::<Structural>();
}

#[test]
fn messages_use_descriptive_names_of_settings() {
    for setting in all() {
        let mut settings = defaults().into_iter().find(|settings| setting.value(settings).is_some()).unwrap();
        let problem = form::set_from_text(&mut settings, setting.name, &"nonsense".repeat(100)).expect_err("refused");
        let words = problem.in_words();
        assert!(words.starts_with("the ") && words.contains(" must "), "{words}");
        assert!(problem.sentence.starts_with(setting.name), "who types a name is answered by it: {}", problem.sentence);
    }
    let problem = InvalidSetting::new("lr", "lr must be a number from 0 to 10000, not inf");
    assert_eq!(problem.in_words(), "the network's learning rate must be a number from 0 to 10000, not inf");
    assert_eq!(InvalidSetting::new("c1", "with these rates X grows").in_words(), "with these rates X grows");
}

#[test]
fn numbers_are_written_shortest_and_round_trip() {
    for (value, text) in [(1e-4, "1e-4"), (0.02, "0.02"), (50_000.0, "50000"), (1e9, "1e9"), (MAX_SEED, "9007199254740991")] {
        assert_eq!(shortest(value), text);
        assert_eq!(text.parse(), Ok(value));
    }
    for value in [0.1 + 0.2, f64::MIN_POSITIVE, f64::MAX, 1.0 / 3.0, 5e-324] {
        assert_eq!(shortest(value).parse::<f64>(), Ok(value));
    }
}

#[test]
fn settings_without_effect_are_explained() {
    let idle = |settings: &Settings, name: &str| settings.idle(name, None).unwrap_or_default();
    let [potential, density, material] = defaults();
    assert_eq!(idle(&potential, "decay"), "here, it is for `fit schlogl`");
    assert_eq!(idle(&potential, "dynamics"), "here, it is for `fit metamaterial`");
    assert_eq!(idle(&potential, "schedule"), "under the recipe reliable");
    assert_eq!(idle(&potential, "b"), "on cosine-well");
    assert_eq!(idle(&density, "epsilon"), "on schlogl");
    assert_eq!(idle(&density, "dynamics"), "on schlogl");
    assert_eq!(idle(&material, "modes"), "on metamaterial");
    let own = Settings::on(Recipe::Reliable, Settings::OWN_DATA);
    assert_eq!(idle(&own, "noise"), "on a file's rows");
    assert_eq!(idle(&own, "samples"), "on a file's rows");
    assert!(potential.applies("modes") && density.applies("decay") && material.applies("batch"));
}
