//! Fragment of the address: all settings, the view and the panel, and the controls of the view.

use super::face::{FACE_NAMES, Face};
use super::view::{LowerPanel, PANEL_NAMES, name, named};
use multiwell::internal::controller::link;
use multiwell::internal::problem::settings::{InvalidSetting, Settings, shortest};
use multiwell::internal::text::decimal;

/// Name of the face in a link.
const FACE_KEY: &str = "face";
/// Prefix of a view's controls in a link, which distinguishes them from settings. Old links contain it, so it must not change.
const CONTROL_PREFIX: &str = "knob-";

/// Part of a link about the display.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkView {
    /// Face of the page. A link without a face has all controls.
    pub face: Option<Face>,
    /// Name of the view; empty for the first view.
    pub view: String,
    /// The panel, if one was chosen.
    pub panel: Option<LowerPanel>,
    /// Values of the view's controls.
    pub controls: Vec<(String, f64)>,
    /// Path of the table as the link gives it: a file of the page's own site.
    pub data: Option<String>,
    /// True if the link was made with an older version of the recipe.
    pub is_older: bool,
}

/// Name and value of a part of the fragment, if the part is about the display.
fn of_view(part: &str) -> Option<(&str, &str)> {
    part.split_once('=').filter(|(key, _)| matches!(*key, FACE_KEY | "view" | "panel") || key.starts_with(CONTROL_PREFIX))
}

/// Settings, corrected problems and display of a fragment.
pub fn read(fragment: &str) -> (Settings, Vec<InvalidSetting>, LinkView) {
    let of_run: Vec<&str> = fragment.split('&').filter(|part| of_view(part).is_none()).collect();
    let of_run = of_run.join("&");
    let (settings, problems) = link::read(&of_run);
    let parts: Vec<(&str, &str)> = fragment.split('&').filter_map(of_view).collect();
    let value = |key: &str| parts.iter().find(|(k, _)| *k == key).map_or("", |(_, value)| *value);
    let data = link::data(&of_run);
    let control = |(key, value): &(&str, &str)| Some((key.strip_prefix(CONTROL_PREFIX)?.to_owned(), decimal(value)?));
    let shown = LinkView {
        face: named(&FACE_NAMES, value(FACE_KEY)),
        view: value("view").to_owned(),
        panel: named(&PANEL_NAMES, value("panel")),
        data,
        is_older: link::is_older(&of_run, &settings),
        controls: parts.iter().filter_map(control).filter(|(_, value): &(_, f64)| value.is_finite()).collect(),
    };
    (settings, problems, shown)
}

/// Fragment for settings and a display. A complete one contains the defaults.
pub fn write(settings: &Settings, shown: &LinkView, is_complete: bool) -> String {
    let mut parts = vec![if is_complete { link::complete(settings) } else { link::write(settings) }];
    if parts[0].is_empty() {
        parts[0] = format!("benchmark={}", settings.benchmark);
    }
    parts.extend(link::version(settings));
    parts.extend(shown.data.as_deref().map(link::of_data));
    if !shown.view.is_empty() {
        parts.push(format!("view={}", shown.view));
    }
    parts.extend(shown.controls.iter().map(|(id, value)| format!("{CONTROL_PREFIX}{id}={}", shortest(rounded(*value)))));
    parts.extend(shown.face.filter(|&face| face == Face::Simple).map(|face| format!("{FACE_KEY}={}", name(&FACE_NAMES, &face))));
    parts.extend(shown.panel.map(|panel| format!("panel={}", name(&PANEL_NAMES, &panel))));
    parts.retain(|part| !part.is_empty());
    parts.join("&")
}

/// Value rounded to four digits, the resolution of a slider. Numbers that would round to infinity stay unchanged.
pub fn rounded(value: f64) -> f64 {
    decimal(&format!("{value:.3e}")).filter(|rounded| rounded.is_finite()).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_control_value_is_kept_in_link() {
        let (settings, _, shown) = read("knob-a=1.7976931348623157e308&knob-b=0.123456&view=map");
        let (_, _, again) = read(&write(&settings, &shown, true));
        assert_eq!(again.controls, [("a".to_owned(), f64::MAX), ("b".to_owned(), 0.1235)]);
    }
}
