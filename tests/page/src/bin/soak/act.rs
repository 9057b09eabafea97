//! Single actions of a user.

use std::time::Duration;

use multiwell_page_tests::Page;
use serde_json::{Value, json};

use super::chance::SoakRandom;
use super::{ANSWER_TIMEOUT_S, IS_LOADED};

/// Actions with their relative frequencies.
pub const ACTION_WEIGHTS: [(&str, u32); 14] = [
    ("click", 640),
    ("choose", 100),
    ("benchmark", 90),
    ("slide", 200),
    ("type", 220),
    ("draw", 220),
    ("keys", 240),
    ("wander", 100),
    ("resize", 80),
    ("scheme", 30),
    ("follow", 90),
    ("open", 40),
    ("wait", 80),
    ("reload", 1),
];

const CTRL_MODIFIER: u32 = 2;
const SHIFT_MODIFIER: u32 = 8;

/// Keys: name, typed text, number, and modifiers.
const PRESSED_KEYS: [(&str, &str, u32, u32); 25] = [
    (" ", " ", 32, 0),
    (" ", " ", 32, 0),
    (".", ".", 190, 0),
    ("r", "r", 82, 0),
    ("n", "n", 78, 0),
    ("p", "p", 80, 0),
    ("?", "?", 191, SHIFT_MODIFIER),
    ("d", "d", 68, 0),
    ("m", "m", 77, 0),
    ("e", "e", 69, 0),
    ("0", "0", 48, 0),
    ("+", "+", 187, SHIFT_MODIFIER),
    ("-", "-", 189, 0),
    ("Escape", "", 27, 0),
    ("Escape", "", 27, 0),
    ("Tab", "", 9, 0),
    ("Enter", "\r", 13, 0),
    ("Delete", "", 46, 0),
    ("ArrowLeft", "", 37, 0),
    ("ArrowRight", "", 39, 0),
    ("ArrowUp", "", 38, 0),
    ("ArrowDown", "", 40, 0),
    ("z", "", 90, CTRL_MODIFIER),
    ("z", "", 90, CTRL_MODIFIER),
    ("Z", "", 90, CTRL_MODIFIER | SHIFT_MODIFIER),
];

/// Parts of links that are joined at random. Some of them are invalid.
const TYPED_SETTINGS: &str = "modes=3|modes=12|recipe=paper|epochs=400|seed=5|noise=0.05|samples=60|hidden=6,5|view=physics|recipe_version=5|\
    modes=1e9|lr=-5|hidden=a|colour=blue|%zz|benchmark=nowhere";
const CHOSEN_BENCHMARKS: &str = "double-well|cosine-well|three-well|random-wells|random-landscape|muller-brown|gene-circuit|mechanochemical|\
    drawing|drawn-samples|metamaterial";

/// Runs a script in the page.
pub async fn run(page: &Page, script: &str) -> Value {
    page.evaluate(script).await.unwrap_or_else(|error| panic!("`{script}`: {error}"))
}

/// Waits until an expression is true in the page, even if the document is replaced meanwhile.
pub async fn until(page: &Page, what: &str, condition: &str) {
    let script = format!("return Boolean({condition})");
    let mut seen = Ok(Value::Null);
    for _ in 0..ANSWER_TIMEOUT_S * 20 {
        seen = page.evaluate(&script).await;
        if seen == Ok(Value::Bool(true)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited {ANSWER_TIMEOUT_S} s in vain until {what}, last seen: {seen:?}");
}

async fn press(page: &Page, at: (f64, f64), modifiers: u32, clicks: u32) {
    page.mouse("mouseMoved", at, modifiers, 0).await;
    for click in 1..=clicks {
        page.mouse("mousePressed", at, modifiers, click).await;
        page.mouse("mouseReleased", at, modifiers, click).await;
    }
}

async fn key(page: &Page, (name, text, number, modifiers): (&str, &str, u32, u32)) {
    let event = |kind: &str, text: &str| json!({ "type": kind, "key": name, "text": text, "windowsVirtualKeyCode": number, "modifiers": modifiers });
    page.devtools("Input.dispatchKeyEvent", event(if text.is_empty() { "rawKeyDown" } else { "keyDown" }, text)).await;
    page.devtools("Input.dispatchKeyEvent", event("keyUp", "")).await;
}

/// Name of a random element of a kind on the page, and its visible area: left, top, width and height.
async fn find(page: &Page, kind: &str, chance: &mut SoakRandom) -> Option<(String, [f64; 4])> {
    let found = run(page, &format!("return soak.find('{kind}', {})", chance.part())).await;
    let number = |name: &str| found[name].as_f64();
    Some((found["name"].as_str()?.into(), [number("left")?, number("top")?, number("width")?, number("height")?]))
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or("nothing there").to_owned()
}

/// Performs an action on the page, and returns its description.
pub async fn act(page: &Page, action: &str, chance: &mut SoakRandom) -> String {
    match action {
        "click" => match find(page, "click", chance).await {
            None => "click: nothing there".into(),
            Some((name, [left, top, width, height])) => {
                press(page, (left + width / 2.0, top + height / 2.0), 0, 1).await;
                format!("click {name}")
            }
        },
        "choose" | "benchmark" => {
            let list = if action == "benchmark" { "#benchmark" } else { "" };
            let script = format!("return soak.choose('{list}', {}, {})", chance.part(), chance.part());
            format!("choose {}", text_of(&run(page, &script).await))
        }
        "slide" => {
            format!("slide {}", text_of(&run(page, &format!("return soak.slide({}, {})", chance.part(), chance.part())).await))
        }
        "type" => type_text(page, chance).await,
        "draw" => draw(page, chance).await,
        "keys" => {
            let chosen = chance.one(&PRESSED_KEYS);
            for _ in 0..chance.between(1, 4) {
                key(page, chosen).await;
            }
            format!("press {:?} with {}", chosen.0, chosen.3)
        }
        "wander" => {
            let way = chance.weighted(&[("history.back()", 3), ("history.forward()", 2)]);
            run(page, way).await;
            way.into()
        }
        "resize" => {
            let (width, height) = (chance.between(320, 1601), chance.between(400, 1101));
            page.resize(width, height).await;
            format!("resize to {width} x {height}")
        }
        "scheme" => {
            let scheme = chance.one(&["light", "dark"]);
            page.prefer(scheme).await;
            format!("prefer {scheme}")
        }
        "follow" => {
            let link = link(chance);
            run(page, &format!("location.hash = {}", json!(link))).await;
            format!("follow #{link}")
        }
        "open" => {
            let (name, text) = chance.file();
            open(page, name, &text).await;
            format!("open {name} of {} lines", text.lines().count())
        }
        "wait" => {
            let milliseconds = chance.between(500, 3000);
            tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
            format!("wait {milliseconds} ms")
        }
        _ => {
            // The script waits for a new document.
            run(page, "window.isOld = true; location.reload()").await;
            until(page, "the page is there again", &format!("!window.isOld && {IS_LOADED}")).await;
            "reload".into()
        }
    }
}

async fn type_text(page: &Page, chance: &mut SoakRandom) -> String {
    let field = run(page, &format!("return soak.type({})", chance.part())).await;
    let Some(name) = field["name"].as_str() else { return "type: nothing there".into() };
    let before = field["text"].as_str().unwrap_or_default();
    let text = if name.contains("#control-formula") { chance.formula() } else { chance.text(before) };
    if text.is_empty() {
        key(page, ("Delete", "", 46, 0)).await;
    } else {
        page.devtools("Input.insertText", json!({ "text": text })).await;
    }
    let end = chance.weighted(&[("Enter", 6), ("Escape", 1), ("Tab", 3)]);
    let number = PRESSED_KEYS.iter().find(|(name, ..)| *name == end).expect("the key is known");
    key(page, *number).await;
    format!("type {:?} into {name}, {end}", text.chars().take(40).collect::<String>())
}

/// Opens a file in the same way as the button *Open*.
async fn open(page: &Page, name: &str, text: &str) {
    let file = Page::write_file(name, text);
    let input = page.ask_devtools("Runtime.evaluate", json!({ "expression": "document.getElementById('file')" })).await;
    let object = &input["result"]["objectId"];
    page.devtools("DOM.setFileInputFiles", json!({ "files": [file], "objectId": object })).await;
    page.devtools("Runtime.releaseObject", json!({ "objectId": object })).await;
}

/// Performs a gesture on a picture, and returns its description.
async fn draw(page: &Page, chance: &mut SoakRandom) -> String {
    let Some((name, [left, top, width, height])) = find(page, "picture", chance).await else {
        return "draw: nothing there".into();
    };
    let mut place = || (left + width * chance.part(), top + height * chance.part());
    let (from, to) = (place(), place());
    let modifiers = chance.weighted(&[(0, 4), (SHIFT_MODIFIER, 1), (CTRL_MODIFIER, 1)]);
    let gesture = chance.weighted(&[("drag", 4), ("click", 2), ("double click", 1), ("point", 2), ("wheel", 2), ("pinch", 1)]);
    match gesture {
        "drag" => {
            page.mouse("mouseMoved", from, modifiers, 0).await;
            let along = [0.0, 0.2, 0.4, 0.7, 1.0].map(|part| (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1)));
            page.drag(&along, modifiers).await;
        }
        "click" => press(page, from, modifiers, 1).await,
        "double click" => press(page, from, modifiers, 2).await,
        "point" => page.mouse("mouseMoved", from, 0, 0).await,
        "wheel" => {
            let (down, modifiers) = (600.0 * chance.part() - 300.0, if chance.happens(0.7) { CTRL_MODIFIER } else { 0 });
            page.wheel(from, down, modifiers).await;
        }
        _ => {
            let second = ((to.0 - 20.0).max(0.0), to.1 + 20.0);
            for (kind, places) in [("touchStart", &[from, to][..]), ("touchMove", &[from, second]), ("touchEnd", &[])] {
                page.touch(kind, places).await;
            }
        }
    }
    format!("{gesture} on {name} with {modifiers}")
}

/// A random link with some invalid parts.
fn link(chance: &mut SoakRandom) -> String {
    if chance.happens(0.4) {
        let formula: String = url::form_urlencoded::byte_serialize(chance.formula().as_bytes()).collect();
        return format!("benchmark=formula&formula={}&recipe_version=7", formula.replace('+', "%20"));
    }
    let mut parts = vec![format!("benchmark={}", chance.one_of(CHOSEN_BENCHMARKS))];
    for _ in 0..chance.between(0, 4) {
        parts.push(chance.one_of(TYPED_SETTINGS).into());
    }
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_links_are_valid_addresses() {
        let mut chance = SoakRandom::from_seed(3);
        let links: Vec<String> = (0..200).map(|_| link(&mut chance)).collect();
        assert!(links.iter().any(|link| link.starts_with("benchmark=formula&")) && links.iter().any(|link| link.contains("%zz")));
        assert!(links.iter().all(|link| link.is_ascii() && !link.contains([' ', '#'])));
    }
}
