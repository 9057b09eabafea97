//! Which parts of the page are shown, by its address.
//!
//! `?embed` leaves the picture, the run button and the number line; `controls=modes,lr,table` adds parts, `hide=numbers` takes
//! parts away, in both forms of the page. `start=paused` lets the first run wait, `start=finished` shows it when it has ended. A part is an
//! element with `data-part`; settings go by their names in the link.

use web_sys::{Element, UrlSearchParams};

use super::{address, dom};
use crate::state::environment::{FirstRun, Parts};
use crate::state::face::Face;

/// Reads the query of the page's address.
pub fn of_address() -> Parts {
    let query = dom::window().location().search().unwrap_or_default();
    let Ok(query) = UrlSearchParams::new_with_str(&query) else { return Parts::default() };
    let names = |key: &str| -> Vec<String> {
        query.get(key).unwrap_or_default().split([',', ' ']).filter(|n| !n.is_empty()).map(Into::into).collect()
    };
    // `boot.js` has chosen the face, before the module arrived.
    let face = dom::document().body().and_then(|body| body.get_attribute("data-face"));
    let face = face.and_then(|face| Face::named(&face)).unwrap_or_default();
    let start = query.get("start").and_then(|name| FirstRun::named(&name)).unwrap_or_default();
    Parts { embedded: query.has("embed"), added: names("controls"), hidden: names("hide"), start, face }
}

/// Remembers the face for the next visit. A browser that stores nothing shows the face of a first visit again.
pub fn store_face(face: Face) {
    if let Ok(Some(storage)) = dom::window().local_storage() {
        let _ = storage.set_item("face", face.name());
    }
}

/// Shows and hides parts, and groups of which nothing is left.
pub fn arrange(parts: &Parts) {
    if parts.embedded {
        if let Some(body) = dom::document().body() {
            body.set_class_name("embedded");
        }
        if let (Some(title), Some(main)) = (dom::all("header h1").first(), dom::all("main").first()) {
            // The header may go; a document has a heading of the first level all the same.
            title.set_class_name("unseen");
            let moved = main.insert_before(title, main.first_child().as_ref());
            debug_assert!(moved.is_ok(), "the first child is where it was");
        }
        let link: Element = dom::by_id("open-full");
        dom::show(&link, true);
        if !parts.shows("numbers")
            && let Some(below) = link.closest(".below").ok().flatten()
        {
            // It is always there, also where the number line that it stands in is not.
            dom::append_children(&below, &[&link]);
        }
    }
    // The header holds the choice of the potential; it goes only if that does.
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

/// Lets the link to the full page carry the present settings.
pub fn link_to_full() {
    dom::set(&dom::by_id::<Element>("open-full"), "href", &address::address(true));
}
