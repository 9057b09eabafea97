//! Links: the settings in a fragment, and its part about the page.

use arbitrary::{Result, Unstructured};
use multiwell::internal::controller::link;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::problem::settings;

use crate::is_sentence;
use crate::odd::{number, one, raw_or_built, sometimes_damaged, text, word};
use crate::page::link as of_page;

/// A random fragment of names and values.
fn fragment(u: &mut Unstructured) -> Result<Vec<u8>> {
    let ids: Vec<&str> = benchmarks::all().map(|benchmark| benchmark.id).collect();
    let mut parts = Vec::new();
    if u.ratio(3, 4)? {
        parts.push(format!("benchmark={}", u.choose(&ids)?));
    }
    for _ in 0..u.int_in_range(0..=8)? {
        let name = match u.int_in_range(0..=9)? {
            0 => one(u, &["view", "panel", "knob-a", "knob-", "data", "recipe_version", "benchmark", "recipe", ""])?.to_owned(),
            1 => text(u, 8)?,
            _ => {
                let names: Vec<&str> = settings::all().map(|setting| setting.name).collect();
                (*u.choose(&names)?).to_owned()
            }
        };
        let value = match u.int_in_range(0..=9)? {
            0 => text(u, 12)?,
            1..=4 => word(u, "link values")?.to_owned(),
            _ => number(u)?,
        };
        parts.push(format!("{name}={value}"));
    }
    sometimes_damaged(u, parts.join("&"), 4)
}

/// Reads a text as a fragment.
pub fn check(input: &[u8]) {
    let bytes = raw_or_built(input, fragment);
    let text = String::from_utf8_lossy(&bytes);
    let (settings, problems) = link::read(&text);
    problems.iter().for_each(is_sentence);
    // The longest sentence lists all benchmarks.
    assert!(problems.iter().all(|problem| problem.sentence.chars().count() < 350), "{problems:?}");
    if let Err(problems) = settings.check() {
        panic!("settings that cannot be used: {problems:?}");
    }
    link::is_older(&text, &settings);
    assert!(link::read(&link::write(&settings)).0 == settings, "{settings:?} is written as {}", link::write(&settings));
    let (settings, _, shown) = of_page::read(&text);
    let (again, _, shown_again) = of_page::read(&of_page::write(&settings, &shown, text.len().is_multiple_of(2)));
    assert!(again == settings, "{settings:?}");
    // The values of controls are rounded, and the version of the recipe is the current one.
    let rounded =
        |of: &of_page::LinkView| of.controls.iter().map(|(id, value)| (id.clone(), of_page::rounded(*value))).collect::<Vec<_>>();
    assert!((&shown_again.view, &shown_again.panel, &shown_again.data) == (&shown.view, &shown.panel, &shown.data), "{shown:?}");
    assert!(rounded(&shown_again) == rounded(&shown), "{shown:?}");
}
