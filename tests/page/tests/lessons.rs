//! Tests of the lessons. Each step is completed by keys and by touch, its completion is shown, and its address sets the same stage.

use multiwell_page_tests::{Key, Page, numbers, visit, visit_run};
use serde_json::json;

/// Action of a step.
enum Deed {
    /// Waits.
    Wait,
    /// Types a text into a field.
    Type(&'static str, &'static str),
    /// Presses a button or tab, after a tab that uncovers it.
    Press(&'static str, Option<&'static str>),
    /// Moves a slider to the left or to the right until the step is done.
    Slide(&'static str, f64),
    /// Draws into the picture.
    Draw,
}

impl Deed {
    /// Selector of the control that the step marks; empty for a step that waits.
    fn control(&self) -> &'static str {
        match self {
            Self::Wait => "",
            Self::Type(control, _) | Self::Press(_, Some(control)) | Self::Press(control, None) | Self::Slide(control, _) => {
                control
            }
            Self::Draw => "#sketch-pencil",
        }
    }
}

use Deed::{Draw, Press, Slide, Type, Wait};

/// Input device.
#[derive(Clone, Copy, PartialEq)]
enum Hand {
    Keys,
    Touch,
}

const IS_STEP_DONE: &str = "document.querySelector('#lesson').dataset.done === 'true'";
/// True if the whole picture, or at least a third of the window if it is higher, is visible.
const IS_PICTURE_IN_VIEW: &str = "(([picture, lesson]) => picture.top >= 0 &&
        Math.min(picture.bottom, lesson.top) - picture.top + 1 >= Math.min(picture.height, innerHeight / 3))(
    ['#picture', '#lesson'].map((id) => document.querySelector(id).getBoundingClientRect()))";
const IS_FOCUS_IN_LESSON: &str = "document.querySelector('#lesson').contains(document.activeElement)";
const LESSON_HEIGHT: &str = "return document.querySelector('#lesson').offsetHeight";

/// Moves a finger along positions on an element, given as fractions of its width and height.
async fn touch(page: &Page, element: &str, places: &[(f64, f64)]) {
    let script = format!(
        "const e = document.querySelector('{element}'); e.scrollIntoView({{ block: 'center' }});
         await new Promise((done) => requestAnimationFrame(done));
         const r = e.getBoundingClientRect(); return [r.left, r.top, r.width, r.height];"
    );
    let frame: Vec<f64> = serde_json::from_value(page.promise(&script).await).expect("a frame");
    for (k, &(x, y)) in places.iter().enumerate() {
        let kind = if k == 0 { "touchStart" } else { "touchMove" };
        page.touch(kind, &[(frame[0] + x * frame[2], frame[1] + y * frame[3])]).await;
        page.pause(20).await;
    }
    page.touch("touchEnd", &[]).await;
}

async fn press(page: &Page, element: &str, hand: Hand) {
    page.until(&format!("{element} is there"), 20, &format!("document.querySelector('{element}')?.checkVisibility()")).await;
    match hand {
        Hand::Keys => page.send(element, &Key::Enter).await,
        Hand::Touch => touch(page, element, &[(0.5, 0.5)]).await,
    }
}

async fn carry_out(page: &Page, deed: &Deed, hand: Hand) {
    // A stage takes effect shortly after its link.
    page.pause(100).await;
    if !matches!(deed, Wait) {
        page.until_state("finished", 60).await;
    }
    match *deed {
        Wait => {}
        Type(field, text) => {
            page.until("the field is there", 20, &format!("document.querySelector('{field}')")).await;
            // On a phone the settings are folded away.
            let group = format!("details:has({field})");
            if page.script(&format!("return document.querySelector('{group}')?.open")).await == json!(false) {
                press(page, &format!("{group} > summary"), hand).await;
            }
            page.enter(field, text).await;
        }
        Press(element, tab) => {
            if let Some(tab) = tab {
                press(page, tab, hand).await;
            }
            press(page, element, hand).await;
        }
        Draw => {
            if page.script("return document.querySelector('#sketch-pencil').ariaPressed").await != json!("true") {
                press(page, "#sketch-pencil", hand).await;
            }
            if hand == Hand::Keys {
                for keys in [&*Key::Enter, &Key::Up.repeat(3), &Key::Right.repeat(40), &Key::Enter] {
                    page.send("#plot-landscape", keys).await;
                }
            } else {
                touch(page, "#plot-landscape", &[(0.3, 0.7), (0.35, 0.5), (0.4, 0.4), (0.45, 0.5), (0.5, 0.7)]).await;
            }
        }
        Slide(slider, way) => {
            page.until("the slider is there", 20, &format!("document.querySelector('{slider}')?.checkVisibility()")).await;
            if slider == "#prune" {
                page.until("the prices are known", 20, "Number(document.querySelector('#prune').max) > 5").await;
            }
            let end = page.script(&format!("return Number(document.querySelector('{slider}').max)")).await.as_f64().unwrap();
            let steps = if end > 50.0 { 10 } else { 1 };
            for k in 1..=40 {
                if hand == Hand::Keys {
                    page.send(slider, &if way < 0.0 { Key::Left } else { Key::Right }.repeat(steps)).await;
                } else {
                    let part = (f64::from(k) / end.min(30.0)).min(1.0);
                    touch(page, slider, &[(0.5 + way * (0.98 * part - 0.49), 0.5)]).await;
                }
                page.pause(if slider == "#prune" { 400 } else { 50 }).await;
                if page.script(&format!("return {IS_STEP_DONE}")).await == json!(true) {
                    return;
                }
            }
        }
    }
}

async fn go_through(lesson: &'static str, deeds: &'static [Deed]) {
    for hand in [Hand::Keys, Hand::Touch] {
        visit("index.html#epochs=100", |page| async move {
            if hand == Hand::Touch {
                page.emulate_touch().await;
                page.resize(390, 844).await;
            }
            page.until_state("finished", 60).await;
            let run_before = page.run().await;
            press(&page, "#guide > summary", hand).await;
            let button = format!("#guides button[data-lesson={lesson}]");
            press(&page, &button, hand).await;
            for (k, deed) in deeds.iter().enumerate() {
                let step = format!("{lesson}.{}", k + 1);
                page.until("the step is open", 10, &format!("document.querySelector('#lesson').dataset.step === '{step}'")).await;
                assert!(page.address().await.contains(&format!("lesson={step}")), "{}", page.address().await);
                // A step that waits is done as soon as the run has ended.
                let is_done = page.script(&format!("return {IS_STEP_DONE} && {}", !matches!(deed, Wait))).await;
                assert_eq!(is_done, json!(false), "{step} sees the run before, or its link does what it asks for");
                if step == "derivatives.3" {
                    let is_flow = "document.querySelector('#view-flow')?.ariaSelected === 'true'";
                    page.until("the view of the previous step is left", 10, is_flow).await;
                }
                if hand == Hand::Keys {
                    page.until("the focus is in the lesson", 5, IS_FOCUS_IN_LESSON).await;
                }
                if hand == Hand::Touch {
                    page.until("the picture is in view", 5, IS_PICTURE_IN_VIEW).await;
                }
                let mark = format!(
                    "[...document.querySelectorAll('.wanted')].map((element) => `#${{element.id}}`).join() === '{}'",
                    deed.control()
                );
                page.until(&format!("{step} marks its control"), 10, &mark).await;
                let height = page.script(LESSON_HEIGHT).await;
                carry_out(&page, deed, hand).await;
                page.until(&format!("{step} is done"), 90, IS_STEP_DONE).await;
                assert_ne!(page.run().await, run_before, "{step} is done by the run before the lesson");
                assert_eq!(page.script(LESSON_HEIGHT).await, height, "{step}: what is below the lesson has moved under the hand");
                assert_ne!(page.text("[data-lesson=why]").await, "");
                press(&page, "[data-lesson=next]", hand).await;
            }
            page.until("the lesson is over", 10, "document.querySelector('#lesson').hidden").await;
            assert!(!page.address().await.contains("lesson="));
            assert_eq!(page.errors().await, Vec::<String>::new());
        })
        .await;
    }
}

#[tokio::test]
async fn lesson_on_convexity_is_completed() {
    let mode = Press("#modes tr button", Some("#panel-modes"));
    go_through("convex", Box::leak(Box::new([Wait, Type("#control-modes", "2"), mode]))).await;
}

#[tokio::test]
async fn lesson_on_sharpness_is_completed() {
    go_through("sharpness", &[Slide("#soft-rho", -1.0), Slide("#soft-rho", 1.0), Wait, Wait]).await;
}

#[tokio::test]
async fn lesson_on_gates_is_completed() {
    go_through("gates", &[Wait, Wait, Slide("#prune", 1.0)]).await;
}

#[tokio::test]
async fn lesson_on_derivatives_is_completed() {
    go_through("derivatives", &[Wait, Press("#view-parity", None), Type("#control-b", "0.5")]).await;
}

#[tokio::test]
async fn lesson_on_densities_is_completed() {
    go_through("density", &[Wait, Draw, Press("#panel-wells", None)]).await;
}

#[tokio::test]
async fn lesson_on_memory_is_completed() {
    go_through("memory", &[Wait, Press("#view-loops", None), Press("#view-inside", None)]).await;
}

#[tokio::test]
async fn lesson_step_opens_from_link_and_in_embedded_frame() {
    for path in ["index.html?lesson=convex.2", "index.html?embed&controls=modes&lesson=convex.2"] {
        visit(path, |page| async move {
            page.until("the step is open", 20, "document.querySelector('#lesson').dataset.step === 'convex.2'").await;
            page.until("its stage is set", 20, "location.hash.includes('modes=1') && location.hash.includes('double-well')")
                .await;
            page.until_state("finished", 60).await;
            assert_eq!(page.script(&format!("return {IS_STEP_DONE}")).await, json!(false), "nothing was done yet");
            page.audit("a step of a lesson").await;
            page.send("body", "l").await;
            page.until("the key goes on like the button", 10, "document.querySelector('#lesson').dataset.step === 'convex.3'")
                .await;
        })
        .await;
    }
}

#[tokio::test]
async fn lesson_stands_beside_picture_in_low_window() {
    visit("index.html?lesson=convex", |page| async move {
        page.until_state("finished", 60).await;
        for (width, height) in [(844, 390), (720, 450)] {
            page.resize(width, height).await;
            page.script("scrollTo(0, 0)").await;
            page.pause(300).await;
            let covered = "const box = (name) => document.querySelector(name).getBoundingClientRect();
                const [picture, lesson, next] = ['#plot-landscape', '#lesson', '[data-lesson=next]'].map(box);
                return [-picture.top, picture.right - lesson.left, picture.bottom - innerHeight, next.bottom - innerHeight]";
            let covered = numbers(&page.script(covered).await);
            assert!(covered.iter().all(|by| *by <= 0.0), "{width} x {height}: {covered:?}");
            page.assert_no_overflow("a lesson in a low window").await;
        }
    })
    .await;
}

#[tokio::test]
async fn back_restores_the_lesson_of_the_address() {
    visit("index.html?lesson=convex.2", |page| async move {
        page.until_state("finished", 60).await;
        let next = "document.querySelector('[data-lesson=next]').click()";
        page.script(&format!("for (let k = 0; k < 9 && !document.querySelector('#lesson').hidden; k++) {next}")).await;
        assert!(!page.address().await.contains("lesson="), "the lesson is over");
        page.script("history.back()").await;
        let is_restored = "!document.querySelector('#lesson').hidden
            && document.querySelector('#lesson').dataset.step === new URLSearchParams(location.search).get('lesson')";
        page.until("the lesson is restored", 10, is_restored).await;
    })
    .await;
}

#[tokio::test]
async fn help_of_simple_face_opens_every_lesson_in_the_lab() {
    visit("index.html#benchmark=double-well&face=simple", |page| async move {
        page.until_state("running", 30).await;
        let listed =
            "[...document.querySelectorAll('#lessons a')].map(a => a.getAttribute('href').slice(8) + a.textContent).join()";
        let known = "(await import('./guide.js')).lessons.map(({ id, title }) => id + title).join()";
        assert_eq!(page.promise(&format!("return {listed} === {known}")).await, json!(true));
        page.send("#help", &Key::Enter).await;
        page.send("#lessons a", &Key::Enter).await;
        page.until("the step is open", 20, "document.querySelector('#lesson').dataset.step === 'convex.1'").await;
        page.until("its control is there", 20, "document.querySelector('#control-modes').checkVisibility()").await;
        assert_eq!(page.script("return document.querySelector('#help-dialog').open").await, json!(false));
    })
    .await;
}

#[tokio::test]
async fn formula_of_benchmark_is_shown() {
    visit_run("epochs=50", |page| async move {
        page.send("#formula > summary", &Key::Enter).await;
        page.until_text("#formula .definition", "cos 4x").await;
        page.audit("the formula").await;
    })
    .await;
}
