//! Small helpers around the document.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, EventTarget, HtmlElement, HtmlInputElement, HtmlSelectElement, Window};

/// The window.
pub fn window() -> Window {
    web_sys::window().expect_throw("the page runs in a window")
}

/// Random number that identifies this window.
pub fn chance() -> u128 {
    let mut bytes = [0; 16];
    // Without a source of chance the clock must do.
    if getrandom::fill(&mut bytes).is_ok() { u128::from_le_bytes(bytes) } else { u128::from(now().to_bits()) }
}

/// The document.
pub fn document() -> Document {
    window().document().expect_throw("the window holds a document")
}

/// The element with this id; `index.html` holds it or the page has made it.
pub fn by_id<T: JsCast>(id: &str) -> T {
    find(id).unwrap_or_else(|| wasm_bindgen::throw_str(&format!("the page lacks the element #{id}")))
}

/// The element with this id, if there is one of this kind.
pub fn find<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// All elements that a selector finds.
pub fn all(selector: &str) -> Vec<HtmlElement> {
    let list = document().query_selector_all(selector).expect_throw("selectors are well-formed");
    (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok()).collect()
}

/// A new element of this name, with attributes.
pub fn make(name: &str, attributes: &[(&str, &str)]) -> Element {
    let element = document().create_element(name).expect_throw("element names are well-formed");
    for (name, value) in attributes {
        set(&element, name, value);
    }
    element
}

/// Sets an attribute, if it differs.
pub fn set(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() == Some(value) {
        return;
    }
    element.set_attribute(name, value).expect_throw("attribute names are well-formed");
}

/// Sets a property of the style, if it differs. The browser ignores a value that it does not know.
pub fn set_style(element: &Element, property: &str, value: &str) {
    let style = element.unchecked_ref::<HtmlElement>().style();
    if style.get_property_value(property).ok().as_deref() != Some(value) {
        style.set_property(property, value).expect_throw("styles can be set");
    }
}

/// Sets an attribute or takes it away.
pub fn set_if(element: &Element, name: &str, on: bool) {
    if element.has_attribute(name) != on {
        element.toggle_attribute_with_force(name, on).expect_throw("attribute names are well-formed");
    }
}

/// Puts children into an element, in order.
pub fn append_children(parent: &Element, children: &[&Element]) {
    for child in children {
        parent.append_child(child).expect_throw("elements can be put into one another");
    }
}

/// Sets an element's text, if it differs: the browser lays out only what has changed.
pub fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Sets an element's text, and the full value that it stands for.
pub fn write_value(element: &Element, text: &str, value: &impl ToString) {
    write(element, text);
    set(element, "data-value", &value.to_string());
}

/// The element that an event is about, or the nearest around it that a selector finds.
pub fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

/// Gives an element `count` children: adds or removes at the end, and keeps what is in the others.
pub fn children(parent: &Element, count: usize, make: impl Fn() -> Element) -> Vec<Element> {
    let now = parent.children();
    while now.length() as usize > count {
        parent.last_element_child().expect_throw("there are more than count").remove();
    }
    (now.length() as usize..count).for_each(|_| append_children(parent, &[&make()]));
    (0..count as u32).filter_map(|k| now.item(k)).collect()
}

/// Gives the body of a table this many rows of this many cells.
pub fn rows(body: &Element, rows: usize, cells: usize) -> Vec<(Element, Vec<Element>)> {
    let lines = children(body, rows, || make("tr", &[]));
    lines.into_iter().map(|line| (line.clone(), children(&line, cells, || make("td", &[])))).collect()
}

/// Adds a class or takes it away.
pub fn toggle(element: &Element, class: &str, on: bool) {
    let toggled = element.class_list().toggle_with_force(class, on);
    debug_assert!(toggled.is_ok(), "class names are well-formed");
}

/// Gives an element the focus; the browser refuses what cannot be seen.
pub fn focus(element: &Element) {
    let _ = element.dyn_ref::<HtmlElement>().map(HtmlElement::focus);
}

/// Shows or hides an element.
pub fn show(element: &Element, shown: bool) {
    set_if(element, "hidden", !shown);
}

/// The text of an input or select.
pub fn value(element: &Element) -> String {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.value()
    } else {
        element.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value).unwrap_or_default()
    }
}

/// Sets the text of an input or select.
pub fn set_value(element: &Element, text: &str) {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        if input.value() != text {
            input.set_value(text);
        }
    } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>()
        && select.value() != text
    {
        select.set_value(text);
    }
}

/// Gives a select these options, each a value and a label; the one that is chosen stays chosen where it is among them.
pub fn set_options<T: AsRef<str>>(select: &Element, options: &[(T, T)]) {
    let chosen = value(select);
    for (option, (value, label)) in children(select, options.len(), || make("option", &[])).iter().zip(options) {
        set(option, "value", value.as_ref());
        write(option, label.as_ref());
    }
    if value(select) != chosen && options.iter().any(|(value, _)| value.as_ref() == chosen) {
        set_value(select, &chosen);
    }
}

/// Calls `act` at every event of this kind, as long as the page lives.
pub fn on<E: JsCast + 'static>(target: &EventTarget, kind: &str, mut act: impl FnMut(E) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| act(event.unchecked_into()));
    target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref()).expect_throw("listeners can be added");
    closure.forget();
}

/// Calls `act` with the value of a promise, or with `None` if it comes to nothing.
pub fn then(promise: js_sys::Promise, act: impl FnOnce(Option<JsValue>) + 'static) {
    wasm_bindgen_futures::spawn_local(async move { act(wasm_bindgen_futures::JsFuture::from(promise).await.ok()) });
}

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

/// Whether a media query holds.
pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}
