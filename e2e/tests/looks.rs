//! The appearance and responsiveness of the page.

use e2e::{Page, median_and_largest, numbers, visit};

async fn until_trained(page: &Page) {
    page.until("some training is done", 30, "Number(document.querySelector('#epoch')?.dataset.value) > 1500").await;
}

#[tokio::test]
async fn nothing_is_wider_than_a_phone() {
    visit("index.html", |page| async move {
        let phone = serde_json::json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        page.devtools("Emulation.setDeviceMetricsOverride", phone).await;
        page.goto("index.html").await;
        until_trained(&page).await;
        let wide = page
            .script(
                "return [...document.querySelectorAll('body *')].filter(element => element.checkVisibility())
                     .filter(element => element.getBoundingClientRect().right > innerWidth + 0.5)
                     .map(element => element.tagName + '#' + element.id).slice(0, 5)",
            )
            .await;
        let overflow = page.script("return document.documentElement.scrollWidth - innerWidth").await;
        page.screenshot("phone").await;
        assert!(
            overflow.as_i64().is_some_and(|pixels| pixels <= 0),
            "the page is wider than the screen; beyond its edge: {wide}"
        );
        page.until_painted("#plot-landscape").await;
    })
    .await;
}

#[tokio::test]
async fn every_view_is_painted_in_light_and_dark() {
    visit("index.html", |page| async move {
        for scheme in ["light", "dark"] {
            page.prefer(scheme).await;
            page.goto("index.html").await;
            until_trained(&page).await;
            for canvas in ["#plot-landscape", "#plot-loss", "#plot-gates"] {
                page.until_painted(canvas).await;
            }
            page.screenshot(&format!("desktop-{scheme}")).await;
        }
        let scrolls = page.script("return document.documentElement.scrollHeight > innerHeight").await;
        assert_eq!(scrolls, false, "1280 x 860 pixels are not enough");
    })
    .await;
}

#[tokio::test]
async fn a_canvas_has_the_pixels_of_the_screen() {
    visit("index.html", |page| async move {
        let retina = serde_json::json!({ "width": 1280, "height": 860, "deviceScaleFactor": 2, "mobile": false });
        page.devtools("Emulation.setDeviceMetricsOverride", retina).await;
        page.goto("index.html").await;
        until_trained(&page).await;
        page.until_painted("#plot-landscape").await;
        let ratio = page.script("const c = document.querySelector('#plot-landscape'); return c.width / c.clientWidth").await;
        assert!((ratio.as_f64().unwrap_or(0.0) - 2.0).abs() < 0.05, "{ratio} pixels of the canvas to a pixel of the page");
        page.screenshot("desktop-dense").await;
    })
    .await;
}

#[tokio::test]
async fn every_click_is_answered_while_training_goes_on() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        until_trained(&page).await;
        page.script(
            "window.answers = [];
             let clicked = 0;
             addEventListener('click', event => { clicked = event.timeStamp }, true);
             new MutationObserver(() => { if (clicked) { window.answers.push(performance.now() - clicked); clicked = 0 } })
                 .observe(document.body, { attributes: true, attributeFilter: ['data-state'] })",
        )
        .await;
        for state in ["paused", "running"].into_iter().cycle().take(12) {
            page.click("#run").await;
            page.until_state(state, 5).await;
        }
        let (median, largest) = median_and_largest(&numbers(&page.script("return window.answers").await));
        println!("  a click is answered after {median:.1} ms in the median, {largest:.1} ms at most");
    })
    .await;
}

#[tokio::test]
async fn pictures_follow_one_another_beside_training() {
    visit("index.html", |page| async move {
        // A frame begins with clearing the canvas of the landscape.
        page.before_scripts(
            "window.wiped = [];
             const wipe = CanvasRenderingContext2D.prototype.clearRect;
             CanvasRenderingContext2D.prototype.clearRect = function (...box) {
                 if (this.canvas.id === 'plot-landscape') window.wiped.push(performance.now());
                 return wipe.apply(this, box);
             }",
        )
        .await;
        page.let_be_timed().await;
        page.goto("index.html#recipe=paper&epochs=10000000").await;
        until_trained(&page).await;
        let frames = page.gaps("window.wiped").await;
        let (median, largest) = median_and_largest(&frames);
        let long = frames.iter().filter(|gap| **gap > 100.0).count();
        println!(
            "  {} frames: {median:.1} ms apart in the median, {largest:.1} ms at most, {long} gaps beyond 100 ms",
            frames.len()
        );
        let rate = page.number("#rate").await;
        println!("  {rate:.0} epochs a second, {:.3} ms an epoch", 1000.0 / rate);
    })
    .await;
}
