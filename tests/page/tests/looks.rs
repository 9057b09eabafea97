//! Tests of the appearance and responsiveness of the page.

use multiwell_page_tests::{Page, visit};

async fn until_trained(page: &Page) {
    page.until("some training is done", 30, "Number(document.querySelector('#epoch')?.dataset.value) > 1500").await;
}

#[tokio::test]
async fn canvases_are_painted_in_light_and_dark() {
    visit("index.html#face=lab", |page| async move {
        for scheme in ["light", "dark"] {
            page.prefer(scheme).await;
            page.goto("index.html#face=lab").await;
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
async fn canvas_resolution_matches_screen() {
    visit("index.html#face=lab", |page| async move {
        let retina = serde_json::json!({ "width": 1280, "height": 860, "deviceScaleFactor": 2, "mobile": false });
        page.devtools("Emulation.setDeviceMetricsOverride", retina).await;
        page.goto("index.html#face=lab").await;
        until_trained(&page).await;
        page.until_painted("#plot-landscape").await;
        let ratio = page.script("const c = document.querySelector('#plot-landscape'); return c.width / c.clientWidth").await;
        assert!((ratio.as_f64().unwrap_or(0.0) - 2.0).abs() < 0.05, "{ratio} pixels of the canvas to a pixel of the page");
        page.screenshot("desktop-dense").await;
    })
    .await;
}
