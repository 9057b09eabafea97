//! Tests of the page on a phone and in low windows: nothing is covered or cut.

use multiwell_page_tests::{CUT_SELECTS, Page, QUICK_CURVE, visit, visit_run};
use serde_json::json;

/// JavaScript: the visible tabs and notes that overlap the figure.
const OVER_FIGURE: &str = "const canvas = document.querySelector('#plot-landscape').getBoundingClientRect();
    return [...document.querySelectorAll('#sketch-note, #alone-hint, [role=tab]')].filter((e) => {
        const box = e.getBoundingClientRect();
        return e.checkVisibility() && box.width > 0 && box.left < canvas.right && box.right > canvas.left
            && box.top < canvas.bottom - 1 && box.bottom > canvas.top + 1;
    }).map((e) => e.id)";

/// Opens the page at `path` in a browser that emulates a phone.
async fn visit_on_phone<F: Future<Output = ()> + Send + 'static>(
    path: &'static str,
    test: impl FnOnce(Page) -> F + Send + 'static,
) {
    visit("style.css", move |page| async move {
        page.emulate_phone().await;
        page.goto(path).await;
        test(page).await;
    })
    .await;
}

#[tokio::test]
async fn views_of_two_and_three_plots_are_legible_and_overlap_nothing() {
    let maps = "index.html#face=simple&benchmark=mechanochemical&recipe=paper&samples=100&epochs=30";
    visit_on_phone(maps, |page| async move {
        page.until_view("cuts").await;
        let below = "const bottoms = [...document.querySelectorAll('.view-plot canvas')].map((plot) => plot.getBoundingClientRect().bottom);
            return [bottoms.length, document.querySelector('#result').getBoundingClientRect().top >= Math.max(...bottoms) - 1]";
        assert_eq!(page.script(below).await, json!([3, true]), "a map lies on the controls");
        page.goto("index.html#benchmark=schlogl&epochs=30&samples=50&view=distances").await;
        page.until_view("distances").await;
        let widths = "return [...document.querySelectorAll('.view-plot canvas')].map((plot) => plot.offsetWidth > 300)";
        assert_eq!(page.script(widths).await, json!([true, true]), "legends leave no room for the curves");
    })
    .await;
}

#[tokio::test]
async fn simple_face_is_sharp_and_has_chosen_landscape_and_run_button_in_view() {
    let surface = "index.html#face=simple&benchmark=muller-brown&recipe=paper&samples=100&epochs=30";
    visit_on_phone(surface, |page| async move {
        page.until_state("finished", 60).await;
        let cut = "const [row, chosen] = ['#gallery', '#gallery [aria-pressed=true]'].map((name) => document.querySelector(name).getBoundingClientRect());
            return Math.max(row.left - chosen.left, chosen.right - row.right)";
        assert!(page.script(cut).await.as_f64() <= Some(0.0), "the chosen landscape is cut");
        page.until_painted("#view-plot-0").await;
        let ratio = page.script("const c = document.querySelector('#view-plot-0'); return c.width / c.clientWidth").await;
        assert!((ratio.as_f64().unwrap_or(0.0) - 2.0).abs() < 0.05, "{ratio} pixels of the canvas to a pixel of the page");
        page.click("#share").await;
        page.until("the message is shown", 10, "document.querySelector('#message-text').innerText").await;
        let is_free = "const { left, top, width, height } = document.querySelector('#run').getBoundingClientRect();
            return document.elementFromPoint(left + width / 2, top + height / 2)?.id";
        assert_eq!(page.script(is_free).await, json!("run"), "the message covers the button");
    })
    .await;
}

#[tokio::test]
async fn choices_of_columns_are_not_cut() {
    visit_on_phone("index.html#benchmark=schlogl&epochs=60&samples=50", |page| async move {
        page.until_state("finished", 20).await;
        let rows = (0..40).map(|k| f64::from(k) / 10.0 - 2.0).map(|x| format!("{x},{}", x * x * x - x));
        let lines: Vec<String> = ["strain,stress".to_string()].into_iter().chain(rows).collect();
        page.open_file("stress.csv", &lines.join("\n")).await;
        page.until("the dialog is open", 10, "document.querySelector('#columns-dialog').open").await;
        assert_eq!(page.script(&format!("{CUT_SELECTS} return cutSelects('#columns select')")).await, json!([]));
        page.assert_touchable("the dialog of columns", "#columns-dialog :is(select, button, input:not([type=radio]))").await;
    })
    .await;
}

#[tokio::test]
async fn wells_of_density_fit_into_their_table() {
    visit_on_phone("index.html#benchmark=drawn-samples", |page| async move {
        page.until_state("finished", 60).await;
        page.until("the wells are listed", 10, "document.querySelectorAll('#minima tr').length === 2").await;
        let beyond = "const panel = document.querySelector('#panel');
            return [panel.scrollWidth - panel.clientWidth, ...[...document.querySelectorAll('#minima tr')].map((row) => row.clientHeight)]";
        let found = page.script(beyond).await;
        assert!(found[0] == 0 && found[1].as_f64() < Some(36.0) && found[2].as_f64() < Some(36.0), "{found}");
    })
    .await;
}

#[tokio::test]
async fn numbers_of_embedded_page_are_inside_its_frame() {
    visit("style.css", |page| async move {
        let phone = json!({ "width": 358, "height": 440, "deviceScaleFactor": 2, "mobile": true });
        page.devtools("Emulation.setDeviceMetricsOverride", phone.clone()).await;
        page.emulate_touch().await;
        for link in [QUICK_CURVE, "benchmark=drawing&epochs=600", "benchmark=mechanochemical&recipe=paper&epochs=20&samples=60"] {
            page.goto(&format!("index.html?embed#{link}")).await;
            page.until_state("finished", 60).await;
            let below = "return ['#result', '#open-full'].filter((name) =>
                             document.querySelector(name).getBoundingClientRect().bottom > innerHeight)";
            assert_eq!(page.script(below).await, json!([]), "{link}: below the frame");
            if link.contains("drawing") {
                page.assert_picture_is_large("an embedded drawing").await;
            }
            // A host with height="auto" gives the frame the height of the content, which must not grow with the frame.
            page.resize(358, 2000).await;
            page.pause(300).await;
            assert_eq!(page.script("return document.body.offsetHeight").await, json!(2000), "{link}");
            page.devtools("Emulation.setDeviceMetricsOverride", phone.clone()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn half_of_picture_is_on_first_screen_of_low_windows_and_nothing_overlaps_it() {
    for link in [QUICK_CURVE, "benchmark=drawing&epochs=600", "benchmark=metamaterial&samples=50&batch=20&epochs=3"] {
        visit_run(link, move |page| async move {
            for (width, height) in [(844, 390), (932, 430)] {
                page.resize(width, height).await;
                page.pause(300).await;
                assert_eq!(page.script(OVER_FIGURE).await, json!([]), "{link}, {width} x {height}");
            }
            // The Lab on a screen of 1440 x 900 pixels, enlarged.
            for (width, height) in [(720, 450), (640, 400)] {
                page.resize(width, height).await;
                page.pause(300).await;
                let part =
                    "const canvas = [...document.querySelectorAll('#picture canvas')].find((canvas) => canvas.checkVisibility());
                    const { top, height } = canvas.getBoundingClientRect(); return (innerHeight - top) / height";
                assert!(page.script(part).await.as_f64() >= Some(0.5), "{link}, {width} x {height}");
                page.assert_no_overflow(&format!("{link}, {width} x {height}")).await;
            }
        })
        .await;
    }
}
