//! Densities: the fits of all times of the reaction while views are drawn, stopped and restarted with other rates; and a user's
//! own samples.

use std::time::Instant;

use e2e::{Page, visit};

/// Few steps of each fit.
const FEW: &str = "benchmark=schlogl&epochs=60&samples=50";

/// Waits until the view with this name is drawn.
async fn until_seen(page: &Page, view: &str) {
    let condition =
        format!("document.querySelector('#view-{view}')?.ariaSelected === 'true' && document.querySelector('#view-plot-0')");
    page.until(&format!("{view} is shown"), 20, &condition).await;
    page.until_painted("#view-plot-0").await;
}

#[tokio::test]
async fn all_times_of_the_reaction_are_fitted_within_ten_seconds() {
    visit("index.html", |page| async move {
        page.goto("index.html#benchmark=schlogl").await;
        page.until_state("running", 10).await;
        let begun = Instant::now();
        until_seen(&page, "over-time").await;
        page.until_state("finished", 10).await;
        println!("  all times of the reaction are fitted in {:.1} s", begun.elapsed().as_secs_f64());
        // Both modes at the last time, as in the exact distribution.
        assert_eq!(page.number("#wells").await, 2.0);
        assert!((5.0..6.5).contains(&page.number("#loss").await));
        page.screenshot("schlogl-over-time").await;
        for view in ["at-one-time", "distances"] {
            page.click(&format!("#view-{view}")).await;
            until_seen(&page, view).await;
            page.screenshot(&format!("schlogl-{view}")).await;
        }
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn fits_can_be_stopped_gone_on_with_and_begun_again_at_another_rate() {
    visit("index.html", |page| async move {
        page.goto("index.html#benchmark=schlogl").await;
        page.until("some steps are taken", 20, "Number(document.querySelector('#epoch').dataset.value) > 500").await;
        page.click("#run").await;
        page.until_state("paused", 10).await;
        let epoch = page.epoch().await;
        assert!(epoch > 500.0);
        page.click("#run").await;
        page.until("it goes on", 20, &format!("Number(document.querySelector('#epoch').dataset.value) > {epoch}")).await;
        let run = page.run().await;
        page.enter("#control-c1", "2.5e-7").await;
        page.until_run_after(run, 20).await;
        assert!(page.link().await.starts_with("benchmark=schlogl&c1=2.5e-7"));
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_column_of_samples_becomes_a_density() {
    visit(&format!("index.html#{FEW}"), |page| async move {
        page.until_state("finished", 20).await;
        let run = page.run().await;
        let numbers: Vec<String> = (0..150).map(|k| ((f64::from(k) * 0.7).sin() + f64::from(k % 3)).to_string()).collect();
        page.open_file("samples.csv", &format!("height\n{}\n", numbers.join("\n"))).await;
        page.until_run_after(run, 20).await;
        assert_eq!(page.field("#benchmark").await, "own-samples");
        page.until_finished_after(run, 20).await;
        until_seen(&page, "at-one-time").await;
        page.until(
            "its modes and their barriers are listed",
            10,
            "document.querySelector('#view-head').textContent.includes('kT')",
        )
        .await;
        page.screenshot("own-samples").await;
        // What the numbers are is said as it holds of a density.
        page.click("#definitions .term:has(#loss) summary").await;
        let words = page.text("#definitions .term:has(#loss) .definition").await;
        assert!(words.contains("logarithm of the fitted density") && !words.contains("squared"), "{words}");
        assert_eq!(page.text("#rmse").await + &page.text("#r2").await, "", "errors that a density does not have");
        let run = page.run().await;
        page.open_file("samples.csv", "height\n1\n2\n").await;
        page.until("it is said what is wrong", 10, "document.querySelector('#message').innerText.includes('at least 8')").await;
        assert_eq!(page.run().await, run, "the density that was there is gone");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
