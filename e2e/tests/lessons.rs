//! The lessons: each step is done by keys, is seen to be done, and its address sets the same stage.

use e2e::{Page, visit};
use serde_json::json;

/// What a step asks for, done by keys.
enum Deed {
    /// Nothing but waiting.
    Wait,
    /// A text is typed into a field.
    Type(&'static str, &'static str),
    /// An element gets the focus and keys.
    Keys(&'static str, &'static str),
    /// A slider gets the focus and a key, until the step is done.
    Slide(&'static str, &'static str),
}

use Deed::{Keys, Slide, Type, Wait};

const ENTER: &str = "\u{e007}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";

const LESSONS: [(&str, &[Deed]); 6] = [
    ("convex", &[Wait, Type("#control-modes", "2"), Keys("#modes tr button", ENTER)]),
    ("sharpness", &[Slide("#soft-rho", LEFT), Slide("#soft-rho", RIGHT), Wait, Wait]),
    ("gates", &[Wait, Wait, Slide("#prune", RIGHT)]),
    ("derivatives", &[Wait, Keys("#view-parity", ENTER), Type("#control-b", "0.5")]),
    ("density", &[Wait, Keys("#plot-landscape", "draw"), Wait]),
    ("memory", &[Wait, Wait, Wait]),
];

const DONE: &str = "document.querySelector('#lesson').dataset.done === 'true'";

async fn carry_out(page: &Page, deed: &Deed) {
    match deed {
        Wait => {}
        Type(field, text) => {
            page.until("the field is there", 20, &format!("!!document.querySelector('{field}')?.checkVisibility()")).await;
            page.until_state("finished", 60).await;
            page.enter(field, text).await;
        }
        Keys("#plot-landscape", _) => {
            page.until_state("finished", 60).await;
            page.send("body", "d").await;
            for keys in [ENTER, "\u{e013}\u{e013}\u{e013}\u{e014}\u{e014}\u{e014}\u{e014}", ENTER] {
                page.send("#plot-landscape", keys).await;
            }
        }
        Keys(element, keys) => {
            page.until_state("finished", 60).await;
            if *element == "#modes tr button" {
                page.send("#panel-stages", DOWN).await;
                page.send("#panel-wells", DOWN).await;
            }
            page.until("it is there", 20, &format!("!!document.querySelector('{element}')?.checkVisibility()")).await;
            page.send(element, keys).await;
        }
        Slide(slider, key) => {
            page.until("the slider is there", 20, &format!("document.querySelector('{slider}').checkVisibility()")).await;
            if *slider == "#prune" {
                page.until_state("finished", 60).await;
                page.until("the prices are known", 20, "Number(document.querySelector('#prune').max) > 5").await;
            }
            for _ in 0..60 {
                page.send(slider, &key.repeat(if *slider == "#prune" { 1 } else { 5 })).await;
                page.pause(if *slider == "#prune" { 300 } else { 20 }).await;
                if page.script(&format!("return {DONE}")).await == json!(true) {
                    return;
                }
            }
        }
    }
}

#[tokio::test]
async fn every_lesson_is_gone_through_by_keys() {
    for (lesson, deeds) in LESSONS {
        visit("index.html#epochs=100", |page| async move {
            page.until_state("finished", 60).await;
            page.send("#guide > summary", ENTER).await;
            page.until("the lessons are listed", 10, "document.querySelectorAll('#guides button').length === 6").await;
            page.script(&format!(
                "import('./guide.js').then(({{ lessons, open }}) => open(lessons.find((lesson) => lesson.id === '{lesson}').id))"
            ))
            .await;
            for (k, deed) in deeds.iter().enumerate() {
                let step = format!("{lesson}.{}", k + 1);
                page.until("the step is open", 10, &format!("document.querySelector('#lesson').dataset.step === '{step}'")).await;
                assert!(page.address().await.contains(&format!("lesson={step}")), "{}", page.address().await);
                carry_out(&page, deed).await;
                page.until(&format!("{step} is done"), 90, DONE).await;
                assert_ne!(page.text("[data-lesson=why]").await, "");
                page.screenshot(&format!("lesson-{step}")).await;
                page.send("[data-lesson=next]", ENTER).await;
            }
            page.until("the lesson is over", 10, "document.querySelector('#lesson').hidden").await;
            assert!(!page.address().await.contains("lesson="));
            assert_eq!(page.errors().await, Vec::<String>::new());
        })
        .await;
    }
}

#[tokio::test]
async fn a_step_is_a_link_and_can_be_embedded() {
    for path in ["index.html?lesson=convex.2", "index.html?embed&controls=modes&lesson=convex.2"] {
        visit(path, |page| async move {
            page.until("the step is open", 20, "document.querySelector('#lesson').dataset.step === 'convex.2'").await;
            page.until("its stage is set", 20, "location.hash.includes('modes=1') && location.hash.includes('double-well')")
                .await;
            page.until_state("finished", 60).await;
            assert_eq!(page.script(&format!("return {DONE}")).await, json!(false), "nothing was done yet");
            page.audit("a step of a lesson").await;
        })
        .await;
    }
}
