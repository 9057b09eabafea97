//! The embedding element offers what a link can say.

#![cfg(not(target_arch = "wasm32"))]

use multiwell::problem::settings::{FIELDS, PICKS};

#[test]
fn every_setting_is_an_attribute_of_the_element() {
    let script = include_str!("../www/embed.js");
    let names = FIELDS.iter().map(|field| field.name).chain(PICKS.iter().map(|pick| pick.name));
    for name in names.chain(["benchmark", "hidden"]) {
        assert!(script.contains(&format!("\"{name}\"")), "www/embed.js does not pass on the setting `{name}`");
    }
}
