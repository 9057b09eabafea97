//! Tests of training on the page: it starts, accepts changes, replays links, and recovers from errors.

use multiwell_page_tests::{Key, visit, visit_for_downloads, visit_run};

#[tokio::test]
async fn visit_shows_training() {
    visit("index.html#face=lab", |page| async move {
        page.until_state("running", 10).await;
        let [sent, whole] = ["encodedBodySize", "decodedBodySize"].map(|size| {
            format!("return performance.getEntriesByType('resource').find(({{ name }}) => name.endsWith('.wasm')).{size}")
        });
        let (sent, whole) = (page.script(&sent).await.as_f64(), page.script(&whole).await.as_f64());
        assert!(sent.zip(whole).is_some_and(|(sent, whole)| sent < 0.5 * whole), "{sent:?} of {whole:?} bytes are sent");
        page.until_epoch_after(100).await;
        for canvas in ["#plot-landscape", "#plot-loss", "#plot-gates"] {
            page.until_painted(canvas).await;
        }
        let before = page.fingerprint("#plot-landscape").await;
        page.until_epoch_after(400).await;
        page.until_changed("the picture follows the training", "#plot-landscape", before).await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn link_replays_run_bit_for_bit() {
    visit_run("recipe=paper&benchmark=double-well&modes=6&seed=11&data-seed=5&noise=0.02&epochs=6000", |page| async move {
        assert_eq!(page.epoch().await, 6000.0);
        let (loss, rho, address) = (page.exact("#loss").await, page.exact("#rho").await, page.address().await);
        assert!(loss.len() > 6, "{loss} is rounded");

        // The run is repeated with pauses and single steps, so that its slices differ. The pause is triggered within the page, because a command of
        // the driver might arrive after the end.
        let path = address.rsplit_once('/').expect("an address has slashes").1.to_owned();
        page.before_scripts(
            "addEventListener('DOMContentLoaded', () => {
                 const shown = document.querySelector('#epoch');
                 const once = new MutationObserver(() => {
                     if (Number(shown.dataset.value) >= 100) { once.disconnect(); document.querySelector('#run').click() }
                 });
                 if (shown) once.observe(shown, { attributes: true });
             })",
        )
        .await;
        page.goto(&path).await;
        page.until_state("paused", 5).await;
        assert!((100.0..6000.0).contains(&page.epoch().await), "paused at epoch {}", page.epoch().await);
        for _ in 0..3 {
            let before = page.epoch().await;
            page.click("#step").await;
            page.until(
                "a step is one epoch",
                5,
                &format!("Number(document.querySelector('#epoch').dataset.value) === {}", before + 1.0),
            )
            .await;
        }
        page.click("#run").await;
        page.until_state("finished", 60).await;
        assert_eq!((page.exact("#loss").await, page.exact("#rho").await), (loss, rho), "the link does not replay the run");
    })
    .await;
}

#[tokio::test]
async fn diverged_run_is_stopped_explained_and_kept() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until_epoch_after(500).await;
        page.enter("#control-lr", "1000").await;
        page.until_state("diverged", 30).await;
        let message = page.text("#message-text").await;
        assert!(message.contains("epoch"), "the message does not say when it happened: {message}");
        println!("  {message}");
        assert!(page.number("#loss").await.is_finite(), "the loss shown is not that of the last healthy state");
        assert!(page.epoch().await >= 500.0, "the history is lost");
        for canvas in ["#plot-landscape", "#plot-loss", "#plot-gates"] {
            assert!(page.colours(canvas).await > 8, "{canvas} is blank");
        }
        // With a lower rate, training continues from there.
        page.enter("#control-lr", "0.001").await;
        page.until_state("running", 10).await;
        let kept = page.epoch().await;
        page.until_epoch_after(kept + 300.0).await;
        assert_eq!(page.text("#message-text").await, "", "the message stays though all is well again");
        page.begin_run(10, page.click("#restart")).await;
        page.until_epoch_after(100).await;
    })
    .await;
}

#[tokio::test]
async fn past_epochs_are_shown_without_changing_run() {
    visit_for_downloads("epochs=2000&recipe=paper", |page| async move {
        let (now, loss) = (page.epoch().await, page.exact("#loss").await);
        let picture = page.still("#plot-landscape").await;
        // Keys move to the beginning of the run, and then one snapshot forward.
        page.send("#past", &Key::Home).await;
        page.until("its beginning is shown", 10, "document.querySelector('#epoch').dataset.value === '0'").await;
        page.send("#past", &Key::Right).await;
        page.until_epoch_after(0).await;
        assert!(page.epoch().await < now && page.exact("#loss").await != loss);
        assert!(page.text("#past-value").await.starts_with("epoch "));
        page.until_changed("another fit is drawn", "#plot-landscape", picture).await;
        // The name of a picture and the text below it contain its epoch.
        let epoch = page.epoch().await;
        page.export("#export-svg").await;
        let svg = page.saved(0).await;
        assert_eq!(page.script("return window.names[0]").await, format!("landscape-epoch-{epoch}.svg"));
        assert!(svg.contains(&format!(">epoch {epoch}</text>")) || svg.contains(&format!("\nepoch {epoch}\n")));
        page.audit("an earlier state").await;
        page.send("#past", &Key::End).await;
        page.until("it is as it was", 10, "document.querySelector('#past-value').textContent === 'now'").await;
        assert_eq!((page.epoch().await, page.exact("#loss").await), (now, loss));
        assert_eq!(page.still("#plot-landscape").await, picture);
    })
    .await;
}

#[tokio::test]
async fn run_at_lowest_speed_counts_epochs_and_can_be_paused() {
    visit("index.html#epochs=1000000&recipe=paper", |page| async move {
        page.until_epoch_after(500).await;
        // At the lowest speed epochs are counted one by one, and the run can be paused.
        page.set("#speed", "0").await;
        page.until("the limit is shown", 10, "document.querySelector('#speed-value').textContent === '1 epoch/s'").await;
        page.pause(1000).await;
        let begun = page.epoch().await;
        page.until_epoch_after(begun).await;
        assert!(page.epoch().await < begun + 20.0 && page.state().await == "running");
        assert!(!page.text("#status").await.contains("paused"), "{}", page.text("#status").await);
        page.click("#run").await;
        page.until_state("paused", 10).await;
        page.set("#speed", "100").await;
        page.click("#run").await;
        page.until_epoch_after(begun + 500.0).await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
