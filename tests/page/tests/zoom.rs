//! Tests of enlarged pictures: they are enlarged, moved and reset by mouse, keys and fingers, in all kinds of pictures.

use multiwell_page_tests::{Key, Page, QUICK_CURVE, visit, visit_for_downloads, visit_run};
use serde_json::json;

const MAPS_LINK: &str = "benchmark=muller-brown&epochs=40&samples=60&view=cuts";
const CTRL_MODIFIER: u32 = 2;
const SHIFT_MODIFIER: u32 = 8;

async fn place(page: &Page, canvas: &str, part: (f64, f64)) -> (f64, f64) {
    page.places(canvas, &[part]).await[0]
}

/// Drags from one position of the plot area to another.
async fn drag(page: &Page, canvas: &str, from: (f64, f64), to: (f64, f64), modifiers: u32) {
    let at = |part: f64| (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1));
    page.drag(&page.places(canvas, &[0.0, 0.3, 0.7, 1.0].map(at)).await, modifiers).await;
}

/// First number that is displayed at a position.
async fn read(page: &Page, canvas: &str, at: (f64, f64)) -> f64 {
    let at = place(page, canvas, at).await;
    page.mouse("mouseMoved", (at.0 + 1.0, at.1), 0, 0).await;
    page.mouse("mouseMoved", at, 0, 0).await;
    page.until("a readout appears", 5, &format!("document.querySelector('{canvas} + .readout').checkVisibility()")).await;
    page.pause(100).await;
    let words = page.text(&format!("{canvas} + .readout")).await;
    let number = words.split_whitespace().nth(1).unwrap_or_default().replace('\u{2212}', "-").replace([',', '\u{202f}'], "");
    number.parse().unwrap_or_else(|_| panic!("the readout says `{words}`"))
}

async fn until_enlarged(page: &Page, canvas: &str, is_part: bool) {
    let shown = format!(
        "'enlarged' in document.querySelector('{canvas}').dataset === {is_part}
         && (document.querySelector('{canvas}').parentElement.querySelector('.whole')?.checkVisibility() ?? false) === {is_part}"
    );
    page.until(if is_part { "a part is shown" } else { "all is shown" }, 10, &shown).await;
}

#[tokio::test]
async fn mouse_enlarges_moves_and_resets_figure() {
    for (link, canvas) in [(QUICK_CURVE, "#plot-landscape"), (QUICK_CURVE, "#plot-loss"), (MAPS_LINK, "#view-plot-0")] {
        visit_run(link, move |page| async move {
            page.until_painted(canvas).await;
            let far = [read(&page, canvas, (0.3, 0.5)).await, read(&page, canvas, (0.7, 0.5)).await];
            let whole = page.still(canvas).await;
            let around = page.script("return JSON.stringify([...document.querySelectorAll('section *')].filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().top))");
            let before = around.await;
            // A box is selected. Its centre remains in the centre.
            drag(&page, canvas, (0.25, 0.25), (0.75, 0.75), 0).await;
            until_enlarged(&page, canvas, true).await;
            page.until_changed("the picture is another", canvas, whole).await;
            page.pause(300).await;
            let near = [read(&page, canvas, (0.3, 0.5)).await, read(&page, canvas, (0.7, 0.5)).await];
            let ratio = (near[1] - near[0]) / (far[1] - far[0]);
            assert!((0.4..0.6).contains(&ratio), "{canvas}: {far:?} became {near:?}");
            let after = page.script("return JSON.stringify([...document.querySelectorAll('section *:not(.whole)')].filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().top))");
            assert_eq!(after.await, before, "{canvas}: something has moved");
            // The dragged point remains under the pointer.
            drag(&page, canvas, (0.3, 0.5), (0.5, 0.5), 0).await;
            page.pause(300).await;
            let moved = read(&page, canvas, (0.5, 0.5)).await;
            assert!((moved - near[0]).abs() < 0.04 * (far[1] - far[0]), "{canvas}: {moved} is not {}", near[0]);
            // The wheel with Ctrl does not move this point either.
            page.wheel(place(&page, canvas, (0.5, 0.5)).await, -120.0, CTRL_MODIFIER).await;
            page.pause(300).await;
            let closer = [read(&page, canvas, (0.3, 0.5)).await, read(&page, canvas, (0.5, 0.5)).await, read(&page, canvas, (0.7, 0.5)).await];
            assert!((closer[1] - moved).abs() < 0.04 * (far[1] - far[0]), "{canvas}: {closer:?}, {moved}");
            assert!(closer[2] - closer[0] < 0.9 * (near[1] - near[0]), "{canvas}: {closer:?} after {near:?}");
            let at = place(&page, canvas, (0.4, 0.4)).await;
            for clicks in [1, 2] {
                page.mouse("mousePressed", at, 0, clicks).await;
                page.mouse("mouseReleased", at, 0, clicks).await;
            }
            until_enlarged(&page, canvas, false).await;
            page.pause(300).await;
            assert!((read(&page, canvas, (0.7, 0.5)).await - far[1]).abs() < 1e-9, "{canvas} is not as it was");
            // The button has the same effect.
            page.wheel(place(&page, canvas, (0.5, 0.5)).await, -120.0, CTRL_MODIFIER).await;
            until_enlarged(&page, canvas, true).await;
            page.script(&format!("document.querySelector('{canvas}').parentElement.querySelector('.whole').click()")).await;
            until_enlarged(&page, canvas, false).await;
        })
        .await;
    }
}

#[tokio::test]
async fn keys_enlarge_move_and_reset_figure() {
    for (link, canvas) in [(QUICK_CURVE, "#plot-landscape"), (MAPS_LINK, "#view-plot-1")] {
        visit_run(link, move |page| async move {
            page.until_painted(canvas).await;
            let number = format!(
                "Number(document.querySelector('{canvas} + .readout').textContent.split(/\\s+/)[1]?.replace('\u{2212}', '-'))"
            );
            page.script(&format!("document.querySelector('{canvas}').focus()")).await;
            page.send(canvas, &Key::Right).await;
            page.until("a value is read off", 5, &format!("Number.isFinite({number})")).await;
            let step = async |key: &str| {
                page.send(canvas, key).await;
                page.pause(250).await;
                page.script(&format!("return {number}")).await.as_f64().unwrap_or(f64::NAN)
            };
            let far = (step(&Key::Right).await - step(&Key::Right.repeat(4)).await).abs();
            step("+++").await;
            until_enlarged(&page, canvas, true).await;
            let near = (step(&Key::Right).await - step(&Key::Right.repeat(4)).await).abs();
            assert!(near > 0.0 && near < 0.6 * far, "{canvas}: steps of {far} became {near}");
            step("0").await;
            until_enlarged(&page, canvas, false).await;
            step("+").await;
            until_enlarged(&page, canvas, true).await;
            step("--").await;
            until_enlarged(&page, canvas, false).await;
        })
        .await;
    }
}

#[tokio::test]
async fn two_fingers_enlarge_figure_and_one_scrolls_page() {
    visit("index.html#face=lab", |page| async move {
        page.resize(390, 844).await;
        page.emulate_touch().await;
        page.goto(&format!("index.html#{QUICK_CURVE}")).await;
        page.until_state("finished", 60).await;
        let canvas = "#plot-landscape";
        page.until_painted(canvas).await;
        let middle = place(&page, canvas, (0.5, 0.5)).await;
        // A finger that moves up scrolls the page.
        page.touch("touchStart", &[middle]).await;
        for step in 1..=8 {
            page.touch("touchMove", &[(middle.0, middle.1 - 12.0 * f64::from(step))]).await;
        }
        page.touch("touchEnd", &[]).await;
        page.until("the page has been scrolled", 5, "scrollY > 30").await;
        until_enlarged(&page, canvas, false).await;
        // The page continues to scroll for a while.
        page.pause(800).await;
        page.script("scrollTo(0, 0)").await;
        page.pause(200).await;
        let middle = place(&page, canvas, (0.5, 0.5)).await;
        let fingers = |apart: f64, down: f64| [(middle.0 - apart, middle.1 + down), (middle.0 + apart, middle.1 + down)];
        page.touch("touchStart", &fingers(30.0, 0.0)).await;
        for step in 1..=6 {
            page.touch("touchMove", &fingers(30.0 + 10.0 * f64::from(step), f64::from(step))).await;
        }
        page.touch("touchEnd", &[]).await;
        until_enlarged(&page, canvas, true).await;
        assert_eq!(page.script("return scrollY").await, json!(0), "two fingers have scrolled the page");
        let button = page
            .script(
                "const box = document.querySelector('#picture .whole').getBoundingClientRect(); return [box.width, box.height]",
            )
            .await;
        assert!((0..2).all(|k| button[k].as_f64().unwrap_or(0.0) >= 44.0), "{button} is too small for a finger");
        page.script("document.querySelector('#picture .whole').click()").await;
        until_enlarged(&page, canvas, false).await;
    })
    .await;
}

#[tokio::test]
async fn wheel_scrolls_page_and_page_around_embedded_frame() {
    visit("index.html#face=lab", |page| async move {
        page.resize(390, 844).await;
        page.goto(&format!("index.html#{QUICK_CURVE}")).await;
        page.until_state("finished", 60).await;
        page.until_painted("#plot-landscape").await;
        page.wheel(place(&page, "#plot-landscape", (0.5, 0.5)).await, 120.0, 0).await;
        page.until("the page has been scrolled", 5, "scrollY > 30").await;
        until_enlarged(&page, "#plot-landscape", false).await;
        page.resize(1280, 500).await;
        page.goto("examples/embed/article.html").await;
        page.enter_frame("#left").await;
        page.until_painted("#plot-landscape").await;
        let (x, y) = place(&page, "#plot-landscape", (0.5, 0.3)).await;
        page.leave_frame().await;
        let frame =
            page.script("const box = document.querySelector('#left').getBoundingClientRect(); return [box.left, box.top]").await;
        let at = (x + frame[0].as_f64().unwrap_or(0.0), y + frame[1].as_f64().unwrap_or(0.0));
        page.script(&format!("scrollBy(0, {} - 200)", at.1)).await;
        let before = page.script("return scrollY").await.as_f64().unwrap_or(0.0);
        // The frame may have content to scroll. The article scrolls after the end of that content.
        for _ in 0..8 {
            page.wheel((at.0, 200.0), 200.0, 0).await;
        }
        page.until("the article has been scrolled", 5, &format!("scrollY > {before} + 30")).await;
    })
    .await;
}

#[tokio::test]
async fn drag_drops_no_particle_and_pointer_draws_on_enlarged_canvas() {
    visit_run(&format!("{QUICK_CURVE}&view=physics"), |page| async move {
        let canvas = "#plot-landscape";
        page.until_painted(canvas).await;
        drag(&page, canvas, (0.3, 0.2), (0.7, 0.8), 0).await;
        until_enlarged(&page, canvas, true).await;
        // The first press of a double click is not a click. A single press is a click.
        let trace = page.still("#plot-trace").await;
        let click = "const canvas = document.querySelector('#plot-landscape'), box = canvas.getBoundingClientRect();
            const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true };
            const click = detail => canvas.dispatchEvent(new PointerEvent('click', { ...at, detail }));";
        page.script(&format!("{click} click(1); click(2); canvas.dispatchEvent(new MouseEvent('dblclick', at))")).await;
        until_enlarged(&page, canvas, false).await;
        page.pause(600).await;
        assert_eq!(page.fingerprint("#plot-trace").await, trace, "a double click has dropped a ball");
        drag(&page, canvas, (0.3, 0.2), (0.7, 0.8), 0).await;
        until_enlarged(&page, canvas, true).await;
        page.pause(600).await;
        assert_eq!(page.fingerprint("#plot-trace").await, trace, "a drag has dropped a ball");
        page.script(&format!("{click} click(1)")).await;
        page.until_changed("a particle has been dropped", "#plot-trace", trace).await;
    })
    .await;
    visit_run("benchmark=drawing&recipe=paper&epochs=300", |page| async move {
        let canvas = "#plot-landscape";
        page.until("the pencil is in the hand", 5, "document.querySelector('#plot-landscape').classList.contains('stroke')")
            .await;
        let count = "Number(document.querySelector('#sketch').dataset.value)";
        let before = page.script(&format!("return {count}")).await;
        drag(&page, canvas, (0.2, 0.2), (0.8, 0.8), SHIFT_MODIFIER).await;
        until_enlarged(&page, canvas, true).await;
        assert_eq!(page.script(&format!("return {count}")).await, before, "the box has been drawn");
        let link = page.link().await;
        drag(&page, canvas, (0.3, 0.3), (0.7, 0.5), 0).await;
        page.until("the stroke is in the link", 20, &format!("location.hash !== '#{link}'")).await;
        // A new run learns a drawing, on the same canvas.
        page.until_state("finished", 60).await;
        until_enlarged(&page, canvas, true).await;
    })
    .await;
}

#[tokio::test]
async fn maps_are_enlarged_together_and_exported_enlarged() {
    visit_for_downloads(MAPS_LINK, |page| async move {
        page.until_painted("#view-plot-0").await;
        drag(&page, "#view-plot-0", (0.3, 0.3), (0.5, 0.5), 0).await;
        for canvas in ["#view-plot-0", "#view-plot-1", "#view-plot-2"] {
            until_enlarged(&page, canvas, true).await;
        }
        page.pause(300).await;
        let listed = "return [...document.querySelectorAll('#export-which option')].map(one => one.textContent).slice(0, 2)";
        assert_eq!(page.script(listed).await, json!(["whole view, enlarged", "Truth, enlarged"]));
        page.script("document.querySelector('#export').open = true").await;
        page.choose("#export-which", "0").await;
        page.click("#export-csv").await;
        let csv = page.saved(0).await;
        assert_eq!(page.script("return window.names[0]").await, json!("Truth-enlarged.csv"));
        let across: Vec<f64> = csv
            .lines()
            .filter(|line| line.contains("\"\u{3a8}\""))
            .filter_map(|line| line.split(',').nth(2)?.parse().ok())
            .collect();
        let ends = across.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
        // The number of points equals that of the whole picture.
        assert!(across.len() == 61 * 61 && ends.1 - ends.0 < 0.7, "{} points over {ends:?}", across.len());
    })
    .await;
}
