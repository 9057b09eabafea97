//! Helpers for the document.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, EventTarget, HtmlElement, HtmlInputElement, HtmlSelectElement, Window};

/// Window of the page.
pub fn window() -> Window {
    web_sys::window().expect_throw("the page runs in a window")
}

/// Random number.
pub fn chance() -> u128 {
    let mut bytes = [0; 16];
    // Without a random source, the clock is used.
    if getrandom::fill(&mut bytes).is_ok() { u128::from_le_bytes(bytes) } else { u128::from(now().to_bits()) }
}

/// Document of the page.
pub fn document() -> Document {
    window().document().expect_throw("the window holds a document")
}

/// Element with this id, which `index.html` or the page has created.
pub fn by_id<T: JsCast>(id: &str) -> T {
    find(id).unwrap_or_else(|| missing(id))
}

/// Reports that the document lacks an element, as that of another version does, and ends the current call.
fn missing(id: &str) -> ! {
    fault("Reload the page: its parts are of different versions.");
    wasm_bindgen::throw_str(&["its parts are of different versions, without #", id].concat())
}

/// Shows that the page has failed, without using its state.
pub fn fault(words: &str) {
    if let (Some(bar), Some(text)) = (find::<Element>("message"), find::<Element>("message-text")) {
        write(&text, words);
        set(&bar, "role", "alert");
        show(&bar, true);
    }
}

/// Element with this id, if it exists and has this type.
pub fn find<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// All elements that match a selector.
pub fn all(selector: &str) -> Vec<Element> {
    let list = document().query_selector_all(selector).expect_throw("selectors are well-formed");
    (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok()).collect()
}

/// Creates an element with this name and attributes.
pub fn make(name: &str, attributes: &[(&str, &str)]) -> Element {
    let element = document().create_element(name).expect_throw("element names are well-formed");
    for (name, value) in attributes {
        set(&element, name, value);
    }
    element
}

/// Sets an attribute if it differs.
pub fn set(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() == Some(value) {
        return;
    }
    element.set_attribute(name, value).expect_throw("attribute names are well-formed");
}

/// Sets a property of the style if it differs. The browser ignores invalid values.
pub fn set_style(element: &Element, property: &str, value: &str) {
    let style = element.unchecked_ref::<HtmlElement>().style();
    if style.get_property_value(property).ok().as_deref() != Some(value) {
        style.set_property(property, value).expect_throw("styles can be set");
    }
}

/// Sets or removes an attribute.
pub fn set_if(element: &Element, name: &str, on: bool) {
    if element.has_attribute(name) != on {
        element.toggle_attribute_with_force(name, on).expect_throw("attribute names are well-formed");
    }
}

/// Appends children to an element, in order.
pub fn append_children(parent: &Element, children: &[&Element]) {
    for child in children {
        parent.append_child(child).expect_throw("elements can be put into one another");
    }
}

/// Sets the text of an element if it differs, to avoid a new layout.
pub fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Sets the text of an element, and its full value in `data-value`.
pub fn write_value(element: &Element, text: &str, value: &impl ToString) {
    write(element, text);
    set(element, "data-value", &value.to_string());
}

/// Target of an event, or its nearest ancestor that matches a selector.
pub fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

/// Adds or removes children at the end until there are `count`. The others keep their contents.
pub fn children(parent: &Element, count: usize, make: impl Fn() -> Element) -> Vec<Element> {
    let now = parent.children();
    while now.length() as usize > count {
        parent.last_element_child().expect_throw("there are more than count").remove();
    }
    (now.length() as usize..count).for_each(|_| append_children(parent, &[&make()]));
    (0..count as u32).filter_map(|k| now.item(k)).collect()
}

/// Adjusts the body of a table to this number of rows and cells per row.
pub fn rows(body: &Element, rows: usize, cells: usize) -> Vec<(Element, Vec<Element>)> {
    let lines = children(body, rows, || make("tr", &[]));
    lines.into_iter().map(|line| (line.clone(), children(&line, cells, || make("td", &[])))).collect()
}

/// Adds or removes a class.
pub fn toggle(element: &Element, class: &str, on: bool) {
    let toggled = element.class_list().toggle_with_force(class, on);
    debug_assert!(toggled.is_ok(), "class names are well-formed");
}

/// Gives the focus to an element. The browser ignores hidden elements.
pub fn focus(element: &Element) {
    let _ = element.dyn_ref::<HtmlElement>().map(HtmlElement::focus);
}

/// Shows or hides an element.
pub fn show(element: &Element, shown: bool) {
    set_if(element, "hidden", !shown);
}

/// Text of an input or select.
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

/// Sets the options of a select, each a value and a label. The chosen option is kept if it is still offered.
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

/// Calls `act` at every event of this kind for the lifetime of the page.
pub fn on<E: JsCast + 'static>(target: &EventTarget, kind: &str, mut act: impl FnMut(E) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| act(event.unchecked_into()));
    target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref()).expect_throw("listeners can be added");
    closure.forget();
}

/// Calls `act` with the value of a promise, or with `None` if the promise is rejected.
pub fn then(promise: js_sys::Promise, act: impl FnOnce(Option<JsValue>) + 'static) {
    wasm_bindgen_futures::spawn_local(async move { act(wasm_bindgen_futures::JsFuture::from(promise).await.ok()) });
}

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

/// Returns true if a media query holds.
pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}
