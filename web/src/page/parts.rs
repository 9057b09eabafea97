//! Visible parts of the page, by its address.
//!
//! `?embed` shows only the run button, the result, the picture and the number line; `controls=modes,lr,table` adds parts, `hide=numbers` removes
//! parts, with and without `embed`. `start=paused` pauses the first run, `start=finished` shows it when it has ended. A part is an
//! element with `data-part`; settings have their names in the link.

use web_sys::{Element, UrlSearchParams};

use super::dom;
use crate::state::environment::{FIRST_RUN_NAMES, VisibleParts};
use crate::state::face::{FACE_NAMES, Face};
use crate::state::view::{name, named};

/// Reads the query of the page's address.
pub fn of_address() -> VisibleParts {
    let query = dom::window().location().search().unwrap_or_default();
    let Ok(query) = UrlSearchParams::new_with_str(&query) else { return VisibleParts::default() };
    let names = |key: &str| -> Vec<String> {
        query.get(key).unwrap_or_default().split([',', ' ']).filter(|n| !n.is_empty()).map(Into::into).collect()
    };
    // `boot.js` has set the face before the module was loaded.
    let face = dom::document().body().and_then(|body| body.get_attribute("data-face"));
    let face = face.and_then(|face| named(&FACE_NAMES, &face)).unwrap_or_default();
    let start = query.get("start").and_then(|name| named(&FIRST_RUN_NAMES, &name)).unwrap_or_default();
    VisibleParts { embedded: query.has("embed"), added: names("controls"), hidden: names("hide"), start, face }
}

/// Stores the face for the next visit. Without storage, the next visit shows the default face.
pub fn store_face(face: Face) {
    if let Ok(Some(storage)) = dom::window().local_storage() {
        let _ = storage.set_item("face", name(&FACE_NAMES, &face));
    }
}

/// Shows and hides parts, and groups without visible parts.
pub fn arrange(parts: &VisibleParts) {
    if parts.embedded {
        if let Some(body) = dom::document().body() {
            body.set_class_name("embedded");
        }
        if let (Some(title), Some(main)) = (dom::all("header h1").first(), dom::all("main").first()) {
            // The title leaves the header, which may be hidden: a document needs a heading of the first level.
            title.set_class_name("unseen");
            let moved = main.insert_before(title, main.first_child().as_ref());
            debug_assert!(moved.is_ok(), "the first child is where it was");
        }
        let link: Element = dom::by_id("open-full");
        dom::show(&link, true);
        if !parts.shows("numbers")
            && let Some(below) = link.closest(".below").ok().flatten()
        {
            // The link stays visible without the number line.
            dom::append_children(&below, &[&link]);
        }
    }
    // The header contains the choice of the potential and stays visible with it.
    let header = |part: &str| part == "header" && parts.embedded && parts.shows("benchmark");
    for element in dom::all("[data-part]") {
        let part = element.get_attribute("data-part").unwrap_or_default();
        dom::show(&element, parts.shows(&part) || header(&part));
    }
    for group in dom::all("#controls details, .two, .main") {
        let children = group.children();
        let left = (0..children.length())
            .filter_map(|i| children.item(i))
            .any(|c| c.has_attribute("data-part") && !c.has_attribute("hidden"));
        dom::show(&group, left);
        if parts.embedded && group.tag_name() == "DETAILS" {
            dom::set_if(&group, "open", true);
        }
    }
}
