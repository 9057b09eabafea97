//! Test of a large table: the first picture arrives soon, and a pause takes effect at once. The test prints its measurements.

use multiwell_page_tests::{Page, visit};

/// Rows of a landscape with two wells.
fn table(rows: u32) -> String {
    let part = |k: u32, factor: f64| (f64::from(k) * factor).fract();
    let row = |k: u32| {
        let (x, y) = (6.0 * part(k, 0.754_877_666) - 3.0, 6.0 * part(k, 0.569_840_291) - 3.0);
        let noise = 0.1 * (f64::from(k) * 78.233).sin();
        let value = ((x - 1.0).powi(2) + y * y).min((x + 1.5).powi(2) + (y - 1.0).powi(2) + 0.5) + noise;
        format!("{x:.6},{y:.6},{value:.6}\n")
    };
    std::iter::once("x1,x2,y\n".to_owned()).chain((0..rows).map(row)).collect()
}

/// Milliseconds from a click until the page shows the answer of the worker.
async fn milliseconds_to(page: &Page, click: &str, condition: &str) -> f64 {
    let script = format!(
        "const begun = performance.now();
         {click};
         while (!({condition})) {{
             if (performance.now() > begun + 120000) return -1;
             await new Promise(resolve => {{ const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0) }});
         }}
         return performance.now() - begun"
    );
    let found = page.promise(&script).await;
    found.as_f64().unwrap_or_else(|| panic!("{condition}: {found}"))
}

/// Condition that a picture of several inputs has been drawn.
const IS_DRAWN: &str = "document.querySelector('#view-plot-0')?.width > 0";

#[tokio::test]
async fn large_table_is_drawn_early_and_pauses_quickly() {
    visit("index.html#face=lab", |page| async move {
        page.until_state("running", 20).await;
        let run = page.run().await;
        page.script("document.querySelector('#file').addEventListener('change', () => window.chosen = performance.now())").await;
        page.open_file("large.csv", &table(200_000)).await;
        page.until(
            "it is asked which columns are what",
            30,
            "document.querySelector('#columns-dialog').open && (window.asked ??= performance.now())",
        )
        .await;
        let asked = page.script("return window.asked - window.chosen").await;
        println!("  dialog after {asked} ms");
        let begun = std::time::Instant::now();
        let shown = format!("parseInt(document.body.dataset.shown) > {run} && {IS_DRAWN}");
        let first = milliseconds_to(&page, "document.querySelector('#columns-dialog .go').click()", &shown).await;
        println!("  first picture after {first:.0} ms");
        page.until(
            "the recipe has begun",
            60,
            "/(initialize|train together|average|remove)/.test(document.querySelector('#status').innerText)",
        )
        .await;
        println!("  training after {:.1} s", begun.elapsed().as_secs_f64());
        page.until("it is said how long it takes", 60, "/ left/.test(document.querySelector('#status').innerText)").await;
        let click_run = async |state: &str| {
            let is_shown =
                format!("document.body.dataset.shown.endsWith(' {state}') || document.body.dataset.state === 'finished'");
            milliseconds_to(&page, "document.querySelector('#run').click()", &is_shown).await
        };
        let mut longest: f64 = 0.0;
        for _ in 0..3 {
            let pause = click_run("paused").await;
            println!("  pause after {pause:.0} ms: {}", page.text("#status").await);
            longest = longest.max(pause);
            if page.state().await != "paused" {
                break;
            }
            click_run("running").await;
            page.pause(700).await;
        }
        // The limit is much larger than the expected time, because the machine may be busy.
        assert!(longest < 10_000.0, "a pause took {longest:.0} ms");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
