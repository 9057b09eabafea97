//! What a user does, one thing at a time.

use std::time::Duration;

use e2e::Page;
use serde_json::{Value, json};

use super::chance::Chance;
use super::{LOADED, PATIENCE};

/// A kind of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Click,
    Choose,
    Benchmark,
    Slide,
    Type,
    Draw,
    Keys,
    Wander,
    Resize,
    Scheme,
    Follow,
    Open,
    Wait,
    Reload,
}

/// How often each is done.
pub const ACTIONS: [(Action, u32); 14] = [
    (Action::Click, 640),
    (Action::Choose, 100),
    (Action::Benchmark, 90),
    (Action::Slide, 200),
    (Action::Type, 220),
    (Action::Draw, 220),
    (Action::Keys, 240),
    (Action::Wander, 100),
    (Action::Resize, 80),
    (Action::Scheme, 30),
    (Action::Follow, 90),
    (Action::Open, 40),
    (Action::Wait, 80),
    (Action::Reload, 1),
];

const CTRL: u32 = 2;
const SHIFT: u32 = 8;

/// Keys: the name, what is typed by it, its number, and modifiers.
const KEYS: [(&str, &str, u32, u32); 25] = [
    (" ", " ", 32, 0),
    (" ", " ", 32, 0),
    (".", ".", 190, 0),
    ("r", "r", 82, 0),
    ("n", "n", 78, 0),
    ("p", "p", 80, 0),
    ("?", "?", 191, SHIFT),
    ("d", "d", 68, 0),
    ("m", "m", 77, 0),
    ("e", "e", 69, 0),
    ("0", "0", 48, 0),
    ("+", "+", 187, SHIFT),
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
    ("z", "", 90, CTRL),
    ("z", "", 90, CTRL),
    ("Z", "", 90, CTRL | SHIFT),
];

/// Parts of links that are joined at random, some of them wrong.
const SETTINGS: [&str; 16] = [
    "modes=3",
    "modes=12",
    "recipe=paper",
    "epochs=400",
    "seed=5",
    "noise=0.05",
    "samples=60",
    "hidden=6,5",
    "view=physics",
    "recipe_version=5",
    "modes=1e9",
    "lr=-5",
    "hidden=a",
    "colour=blue",
    "%zz",
    "benchmark=nowhere",
];
const BENCHMARKS: [&str; 11] = [
    "double-well",
    "cosine-well",
    "three-well",
    "random-wells",
    "random-landscape",
    "muller-brown",
    "gene-circuit",
    "mechanochemical",
    "drawing",
    "drawn-samples",
    "metamaterial",
];

/// Runs a script in the page.
pub async fn run(page: &Page, script: &str) -> Value {
    page.evaluate(script).await.unwrap_or_else(|error| panic!("`{script}`: {error}"))
}

/// Waits until an expression is true in the page, through documents that are replaced.
pub async fn until(page: &Page, what: &str, condition: &str) {
    let script = format!("return Boolean({condition})");
    let mut seen = Ok(Value::Null);
    for _ in 0..PATIENCE * 20 {
        seen = page.evaluate(&script).await;
        if seen == Ok(Value::Bool(true)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited {PATIENCE} s in vain until {what}, last seen: {seen:?}");
}

async fn mouse(page: &Page, kind: &str, (x, y): (f64, f64), modifiers: u32, clicks: u32) {
    let is_down = kind == "mousePressed" || kind == "mouseMoved" && clicks > 0;
    let button = if clicks > 0 { "left" } else { "none" };
    let event = json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": u32::from(is_down), "clickCount": clicks, "modifiers": modifiers });
    page.devtools("Input.dispatchMouseEvent", event).await;
}

async fn press(page: &Page, at: (f64, f64), modifiers: u32, clicks: u32) {
    mouse(page, "mouseMoved", at, modifiers, 0).await;
    for click in 1..=clicks {
        mouse(page, "mousePressed", at, modifiers, click).await;
        mouse(page, "mouseReleased", at, modifiers, click).await;
    }
}

async fn key(page: &Page, (name, text, number, modifiers): (&str, &str, u32, u32)) {
    let event = |kind: &str, text: &str| json!({ "type": kind, "key": name, "text": text, "windowsVirtualKeyCode": number, "modifiers": modifiers });
    page.devtools("Input.dispatchKeyEvent", event(if text.is_empty() { "rawKeyDown" } else { "keyDown" }, text)).await;
    page.devtools("Input.dispatchKeyEvent", event("keyUp", "")).await;
}

/// The name of something on the page and the part of it that is in the window: left, top, width and height.
async fn find(page: &Page, kind: &str, chance: &mut Chance) -> Option<(String, [f64; 4])> {
    let found = run(page, &format!("return soak.find('{kind}', {})", chance.part())).await;
    let number = |name: &str| found[name].as_f64();
    Some((found["name"].as_str()?.into(), [number("left")?, number("top")?, number("width")?, number("height")?]))
}

fn told(value: &Value) -> String {
    value.as_str().unwrap_or("nothing there").to_owned()
}

/// Does something on the page, and says what.
pub async fn act(page: &Page, action: Action, chance: &mut Chance) -> String {
    match action {
        Action::Click => match find(page, "click", chance).await {
            None => "click: nothing there".into(),
            Some((name, [left, top, width, height])) => {
                press(page, (left + width / 2.0, top + height / 2.0), 0, 1).await;
                format!("click {name}")
            }
        },
        Action::Choose | Action::Benchmark => {
            let list = if action == Action::Benchmark { "#benchmark" } else { "" };
            let script = format!("return soak.choose('{list}', {}, {})", chance.part(), chance.part());
            format!("choose {}", told(&run(page, &script).await))
        }
        Action::Slide => {
            format!("slide {}", told(&run(page, &format!("return soak.slide({}, {})", chance.part(), chance.part())).await))
        }
        Action::Type => type_text(page, chance).await,
        Action::Draw => draw(page, chance).await,
        Action::Keys => {
            let chosen = chance.one(&KEYS);
            for _ in 0..chance.between(1, 4) {
                key(page, chosen).await;
            }
            format!("press {:?} with {}", chosen.0, chosen.3)
        }
        Action::Wander => {
            let way = chance.weighted(&[("history.back()", 3), ("history.forward()", 2)]);
            run(page, way).await;
            way.into()
        }
        Action::Resize => {
            let (width, height) = (chance.between(320, 1601), chance.between(400, 1101));
            page.resize(width, height).await;
            format!("resize to {width} x {height}")
        }
        Action::Scheme => {
            let scheme = chance.one(&["light", "dark"]);
            page.prefer(scheme).await;
            format!("prefer {scheme}")
        }
        Action::Follow => {
            let link = link(chance);
            run(page, &format!("location.hash = {}", json!(link))).await;
            format!("follow #{link}")
        }
        Action::Open => {
            let (name, text) = chance.file();
            open(page, name, &text).await;
            format!("open {name} of {} lines", text.lines().count())
        }
        Action::Wait => {
            let milliseconds = chance.between(500, 3000);
            tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
            format!("wait {milliseconds} ms")
        }
        Action::Reload => {
            // The document that answers must be another one.
            run(page, "window.isOld = true; location.reload()").await;
            until(page, "the page is there again", &format!("!window.isOld && {LOADED}")).await;
            "reload".into()
        }
    }
}

async fn type_text(page: &Page, chance: &mut Chance) -> String {
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
    let number = KEYS.iter().find(|(name, ..)| *name == end).expect("the key is known");
    key(page, *number).await;
    format!("type {:?} into {name}, {end}", text.chars().take(40).collect::<String>())
}

/// Chooses a file as the button *Open* does.
async fn open(page: &Page, name: &str, text: &str) {
    let file = Page::write_file(name, text);
    let input = page.ask_devtools("Runtime.evaluate", json!({ "expression": "document.getElementById('file')" })).await;
    let object = &input["result"]["objectId"];
    page.devtools("DOM.setFileInputFiles", json!({ "files": [file], "objectId": object })).await;
    page.devtools("Runtime.releaseObject", json!({ "objectId": object })).await;
}

/// A gesture on a picture.
async fn draw(page: &Page, chance: &mut Chance) -> String {
    let Some((name, [left, top, width, height])) = find(page, "picture", chance).await else {
        return "draw: nothing there".into();
    };
    let mut place = || (left + width * chance.part(), top + height * chance.part());
    let (from, to) = (place(), place());
    let modifiers = chance.weighted(&[(0, 4), (SHIFT, 1), (CTRL, 1)]);
    let gesture = chance.weighted(&[("drag", 4), ("click", 2), ("double click", 1), ("point", 2), ("wheel", 2), ("pinch", 1)]);
    match gesture {
        "drag" => {
            mouse(page, "mouseMoved", from, modifiers, 0).await;
            mouse(page, "mousePressed", from, modifiers, 1).await;
            for part in [0.2, 0.4, 0.7, 1.0] {
                let at = (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1));
                mouse(page, "mouseMoved", at, modifiers, 1).await;
            }
            mouse(page, "mouseReleased", to, modifiers, 1).await;
        }
        "click" => press(page, from, modifiers, 1).await,
        "double click" => press(page, from, modifiers, 2).await,
        "point" => mouse(page, "mouseMoved", from, 0, 0).await,
        "wheel" => {
            let (down, modifiers) = (600.0 * chance.part() - 300.0, if chance.happens(0.7) { CTRL } else { 0 });
            let event =
                json!({ "type": "mouseWheel", "x": from.0, "y": from.1, "deltaX": 0, "deltaY": down, "modifiers": modifiers });
            page.devtools("Input.dispatchMouseEvent", event).await;
        }
        _ => {
            let second = (to.0 - 20.0, to.1 + 20.0);
            for (kind, places) in [("touchStart", vec![from, to]), ("touchMove", vec![from, second]), ("touchEnd", vec![])] {
                let points: Vec<Value> =
                    places.iter().enumerate().map(|(id, (x, y))| json!({ "x": x.max(0.0), "y": y, "id": id })).collect();
                page.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
            }
        }
    }
    format!("{gesture} on {name} with {modifiers}")
}

/// A link, of which some parts are wrong.
fn link(chance: &mut Chance) -> String {
    if chance.happens(0.4) {
        let formula: String = url::form_urlencoded::byte_serialize(chance.formula().as_bytes()).collect();
        return format!("benchmark=formula&formula={}&recipe_version=6", formula.replace('+', "%20"));
    }
    let mut parts = vec![format!("benchmark={}", chance.one(&BENCHMARKS))];
    for _ in 0..chance.between(0, 4) {
        parts.push(chance.one(&SETTINGS).into());
    }
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_hold_formulas_that_the_address_can_carry() {
        let mut chance = Chance::of(3);
        let links: Vec<String> = (0..200).map(|_| link(&mut chance)).collect();
        assert!(links.iter().any(|link| link.starts_with("benchmark=formula&")) && links.iter().any(|link| link.contains("%zz")));
        assert!(links.iter().all(|link| link.is_ascii() && !link.contains([' ', '#'])));
    }
}
