//! Tests that links preserve settings. `tests/fuzz` reads damaged links.
use multiwell::internal::controller::link;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::problem::settings::setting::SettingKind;
use multiwell::internal::problem::settings::{self, InitialWeights, MAX_LAYERS, MAX_WIDTH, Recipe, SettingValue, Settings};
use proptest::prelude::*;

/// Random valid settings, including extreme floating-point numbers.
fn settings() -> impl Strategy<Value = Settings> {
    let benchmark = prop::sample::select(benchmarks::all().map(|b| b.id).filter(|id| !id.ends_with("RHO")).collect::<Vec<_>>());
    let recipe = prop::sample::select(vec![Recipe::Reliable, Recipe::Paper]);
    let values: Vec<BoxedStrategy<SettingValue>> = settings::all()
        .map(|setting| match setting.kind {
            SettingKind::Number { min, max, whole } => {
                let even = (0.0..=1.0_f64).prop_map(move |u| min + u * (max - min));
                // The order of numbers that are not negative is that of their bits.
                let bits = (min.to_bits()..=max.to_bits()).prop_map(f64::from_bits);
                let number = prop_oneof![even, bits, Just(min), Just(max)];
                let value = number.prop_map(move |v| SettingValue::Number(if whole { v.round() } else { v }));
                if setting.absent.is_some() { prop_oneof![value, Just(SettingValue::Absent)].boxed() } else { value.boxed() }
            }
            SettingKind::Choice { names, .. } => {
                prop::sample::select(names()).prop_map(|name| SettingValue::Name(name.into())).boxed()
            }
            SettingKind::Text => ".{0,20}".prop_map(|text| SettingValue::Name(text.trim().into())).boxed(),
            SettingKind::Widths => prop::collection::vec(1..=MAX_WIDTH, 1..=MAX_LAYERS).prop_map(SettingValue::Widths).boxed(),
        })
        .collect();
    (benchmark, recipe, values).prop_map(|(benchmark, recipe, values)| {
        let mut settings = Settings::on(recipe, benchmark);
        for (setting, value) in settings::all().zip(values).filter(|(setting, _)| setting.name != "recipe") {
            setting.set_value(&mut settings, &value);
        }
        settings
    })
}

#[test]
fn former_names_of_choices_are_accepted() {
    let (read, problems) = link::read("benchmark=schlogl&start=fresh");
    assert_eq!((read.density().unwrap().start, problems), (InitialWeights::New, vec![]));
    let (read, problems) = link::read("benchmark=schlogl&start=last");
    assert_eq!((read.density().unwrap().start, problems), (InitialWeights::Last, vec![]));
}

proptest! {
    #[test]
    fn link_round_trip_keeps_settings(settings in settings()) {
        prop_assert_eq!(settings.check(), Ok(()));
        let (read, problems) = link::read(&link::write(&settings));
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(read, settings);
    }
}
