//! Tests of a drawing on the page with a finger on a phone, with a mouse, and by keys. The fit follows the drawing, which can be undone and replayed
//! from its link.

use multiwell_page_tests::{Page, visit, visit_run};
use serde_json::json;

/// Positions on the landscape, given as fractions of its plot area, in the middle of the window.
async fn pixels(page: &Page, places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    page.script("document.querySelector('#plot-landscape').scrollIntoView({ block: 'center' })").await;
    page.places("#plot-landscape", places).await
}

/// A curve with three valleys, from the left to the right.
fn valleys(points: u32) -> Vec<(f64, f64)> {
    let place = |k: u32| {
        let x = f64::from(k) / f64::from(points);
        (0.06 + 0.88 * x, 0.55 - 0.25 * (18.8 * x).cos() - 0.1 * (2.0 * x - 1.0))
    };
    (0..=points).map(place).collect()
}

/// A curve with a hill for each valley: the pointer draws samples of three wells.
fn hills(points: u32) -> Vec<(f64, f64)> {
    let place = |k: u32| {
        let x = f64::from(k) / f64::from(points);
        (0.03 + 0.94 * x, 0.5 + 0.47 * (18.85 * x).cos())
    };
    (0..=points).map(place).collect()
}

/// Changes the page to the size of a phone with touch input.
async fn phone(page: &Page, link: &str) {
    page.emulate_phone().await;
    page.emulate_touch().await;
    page.goto(link).await;
    page.until_state("finished", 60).await;
}

/// A stroke of a finger.
async fn finger(page: &Page, places: &[(f64, f64)]) {
    for (k, &place) in pixels(page, places).await.iter().enumerate() {
        page.touch(if k == 0 { "touchStart" } else { "touchMove" }, &[place]).await;
    }
    page.touch("touchEnd", &[]).await;
}

/// A stroke of the mouse.
async fn stroke(page: &Page, places: &[(f64, f64)]) {
    page.drag(&pixels(page, places).await, 0).await;
}

/// A stroke of the pointer in real time, which the fit must follow without a run of its own.
async fn stroke_in_real_time(page: &Page, places: &[(f64, f64)]) {
    let (link, run) = (page.link().await, page.run().await);
    let script = format!(
        "const places = {}, canvas = document.querySelector('#plot-landscape');
         const point = (kind, [clientX, clientY]) => canvas.dispatchEvent(
             new PointerEvent(kind, {{ clientX, clientY, buttons: 1, isPrimary: true, pointerId: 1, bubbles: true }}));
         point('pointerdown', places[0]);
         for (const place of places) {{
             point('pointermove', place);
             await new Promise(resolve => setTimeout(resolve, 16));
         }}
         return Number(document.querySelector('#sketch').dataset.value)",
        json!(pixels(page, places).await)
    );
    let count = page.promise(&script).await;
    assert!(count.as_f64() > Some(5.0), "the fit does not follow: {count} refits");
    assert_eq!((page.link().await, page.run().await), (link, run), "what is under way is no run of its own");
    let lifted = "new PointerEvent('pointerup', { isPrimary: true, pointerId: 1, bubbles: true })";
    page.finish_run(60, page.script(&format!("document.querySelector('#plot-landscape').dispatchEvent({lifted})"))).await;
}

async fn drawing(page: &Page) -> String {
    drawing_of(&page.link().await)
}

fn drawing_of(link: &str) -> String {
    link.split('&').find_map(|part| part.strip_prefix("drawing=")).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn finger_strokes_on_phone_are_fitted() {
    for (benchmark, stroke) in [("drawing", valleys(24)), ("drawn-samples", hills(40))] {
        visit("index.html#face=lab", move |page| async move {
            phone(&page, &format!("index.html#benchmark={benchmark}")).await;
            page.audit(&format!("{benchmark} on a phone")).await;
            page.finish_run(60, finger(&page, &stroke)).await;
            assert!(benchmark == "drawn-samples" || page.number("#r2").await > 0.99, "R2 is {}", page.number("#r2").await);
            assert_eq!(page.number("#wells").await, 3.0);
            page.assert_no_overflow(benchmark).await;
            assert_eq!(page.errors().await, Vec::<String>::new());
        })
        .await;
    }
}

#[tokio::test]
async fn upright_swipe_over_drawing_scrolls_page() {
    visit("index.html#face=lab", |page| async move {
        phone(&page, "index.html#benchmark=drawing").await;
        let (run, link) = (page.run().await, page.link().await);
        let before = pixels(&page, &[(0.5, 0.5)]).await[0].1;
        finger(&page, &[(0.5, 0.8), (0.5, 0.7), (0.5, 0.5), (0.5, 0.3), (0.5, 0.1), (0.5, 0.0)]).await;
        page.pause(500).await;
        let script = "return document.querySelector('#plot-landscape').getBoundingClientRect().top";
        let top = page.script(script).await.as_f64().expect("a number");
        assert!(top < before - 100.0, "the page has not scrolled");
        assert_eq!((page.run().await, page.link().await), (run, link), "the swipe has drawn");
    })
    .await;
}

#[tokio::test]
async fn samples_are_drawn_tapped_dragged_and_replayed_by_link() {
    visit_run("benchmark=drawn-samples&recipe_version=9", |page| async move {
        assert!(page.text("#sketch-note").await.contains("replaces the example"));
        stroke_in_real_time(&page, &hills(120)).await;
        assert_eq!(page.number("#wells").await, 3.0);
        // A tap adds one more sample, and the link replays the whole drawing.
        let drawn = drawing(&page).await;
        page.finish_run(60, stroke(&page, &[(0.5, 0.5)])).await;
        assert_eq!(drawing(&page).await.replace('_', "").len(), drawn.replace('_', "").len() + 1);
        let (link, loss) = (page.link().await, page.exact("#loss").await);
        assert!(link.len() < 2000, "{link}");
        page.prefer("dark").await;
        page.goto(&format!("index.html#{link}")).await;
        page.until_state("finished", 60).await;
        assert_eq!(page.exact("#loss").await, loss, "the link gives another fit");
        // The last hill is dragged into the previous one, and two wells remain.
        page.click("#sketch-hand").await;
        page.audit("samples that are dragged").await;
        page.finish_run(60, stroke(&page, &[(0.82, 0.5), (0.7, 0.5), (0.6, 0.5), (0.5, 0.5)])).await;
        assert_eq!(page.number("#wells").await, 2.0);
        page.finish_run(60, page.click("#sketch-undo")).await;
        assert_eq!((drawing(&page).await, page.exact("#loss").await), (drawing_of(&link), loss));
    })
    .await;
}

#[tokio::test]
async fn embedded_drawing_is_drawn_on_and_legend_is_not() {
    visit("index.html?embed#benchmark=drawing&epochs=600", |page| async move {
        page.until_state("finished", 60).await;
        let run = page.run().await;
        // The legend is above the plot area.
        let legend = pixels(&page, &[(0.5, -0.1)]).await[0];
        page.drag(&[legend], 0).await;
        page.pause(300).await;
        assert_eq!(page.run().await, run, "a click on the legend has drawn");
        page.begin_run(20, stroke(&page, &valleys(40))).await;
        assert_eq!(page.script("return document.querySelector('#plot-landscape').dataset.enlarged ?? null").await, json!(null));
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
