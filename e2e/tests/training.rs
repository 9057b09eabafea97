//! Training on the page: it starts, takes changes, replays links, and recovers from errors.

use e2e::{Page, visit};

/// Starts recording every epoch that the page shows; [`epochs`] reads them.
async fn record_epochs(page: &Page) {
    page.script(
        "const shown = document.querySelector('#epoch');
         window.recorded = [Number(shown.dataset.value)];
         new MutationObserver(() => window.recorded.push(Number(shown.dataset.value))).observe(shown, { attributes: true })",
    )
    .await;
}

/// The epochs shown since [`record_epochs`].
async fn epochs(page: &Page) -> Vec<f64> {
    e2e::numbers(&page.script("return window.recorded").await)
}

async fn until_epoch(page: &Page, epoch: u32) {
    let condition = format!("Number(document.querySelector('#epoch').dataset.value) >= {epoch}");
    page.until(&format!("epoch {epoch} is reached"), 60, &condition).await;
}

#[tokio::test]
async fn a_first_visit_finds_something_training() {
    visit("index.html", |page| async move {
        page.until_state("running", 10).await;
        until_epoch(&page, 100).await;
        for canvas in ["#plot-landscape", "#plot-loss", "#plot-gates"] {
            page.until_painted(canvas).await;
        }
        let before = page.fingerprint("#plot-landscape").await;
        until_epoch(&page, 400).await;
        page.until_changed("the picture follows the training", "#plot-landscape", before).await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_cosine_well_is_learnt() {
    visit("index.html#benchmark=cosine-well", |page| async move {
        page.until("RMSE falls below 0.02", 180, "Number(document.querySelector('#rmse').dataset.value) < 0.02").await;
        println!("  RMSE below 0.02 after {} epochs at {:.0} epochs a second", page.epoch().await, page.number("#rate").await);
        assert!(page.number("#r2").await > 0.9, "R^2 disagrees with the RMSE");
        page.screenshot("cosine-well-learnt").await;
    })
    .await;
}

#[tokio::test]
async fn a_learning_rate_changes_without_a_restart() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        until_epoch(&page, 300).await;
        record_epochs(&page).await;
        page.enter("#control-lr", "0.002").await;
        page.until("the link has the new rate", 5, "/(^|[#&])lr=(0\\.002|2e-3)(&|$)/.test(location.hash)").await;
        let reached = page.epoch().await;
        until_epoch(&page, reached as u32 + 300).await;
        let seen = epochs(&page).await;
        assert!(seen.is_sorted(), "the epoch went back: {seen:?}");
        assert_eq!(page.state().await, "running");
    })
    .await;
}

#[tokio::test]
async fn another_number_of_modes_restarts_and_can_be_undone() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        until_epoch(&page, 1000).await;
        record_epochs(&page).await;
        page.click("#pin").await;
        page.enter("#control-modes", "5").await;
        page.until("the run begins anew", 10, "window.recorded.some((epoch, i, all) => i && epoch < all[i - 1])").await;
        assert!(page.link().await.contains("modes=5"), "the link does not have the new number of modes");
        // The run that was pinned stands beside it.
        page.click("#panel-pinned").await;
        page.until("both are in the table", 10, "document.querySelectorAll('#pinned tr').length === 2").await;
        assert!(page.text("#pinned").await.to_lowercase().contains("modes"), "{}", page.text("#pinned").await);
        page.until_state("running", 10).await;
        page.click("#undo").await;
        page.until("the modes are back", 5, "!location.hash.includes('modes=5')").await;
        assert_eq!(page.field("#control-modes").await, "10");
    })
    .await;
}

#[tokio::test]
async fn a_link_replays_a_run_bit_for_bit() {
    let settings = "index.html#recipe=paper&benchmark=double-well&modes=6&seed=11&data-seed=5&noise=0.02&epochs=6000";
    visit(settings, |page| async move {
        page.until_state("finished", 60).await;
        assert_eq!(page.epoch().await, 6000.0);
        let (loss, rho, address) = (page.exact("#loss").await, page.exact("#rho").await, page.address().await);
        assert!(loss.len() > 6, "{loss} is rounded");

        // The run is repeated with pauses and single steps, so that its slices differ. The pause is triggered within the page,
        // because a command of the driver might arrive after the end.
        // comes from within the page: from here it might come after the end.
        let path = address.rsplit_once('/').expect("an address has slashes").1.to_owned();
        page.before_scripts(
            "addEventListener('DOMContentLoaded', () => {
                 const shown = document.querySelector('#epoch');
                 const once = new MutationObserver(() => {
                     if (Number(shown.dataset.value) >= 100) { once.disconnect(); document.querySelector('#run').click() }
                 });
                 once.observe(shown, { attributes: true });
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
        assert_eq!(
            (page.exact("#loss").await, page.exact("#rho").await),
            (loss.clone(), rho),
            "the link does not replay the run"
        );

        let run = page.run().await;
        page.click("#restart").await;
        page.until_finished_after(run, 60).await;
        assert_eq!(page.exact("#loss").await, loss, "a restart with the same seed gives another run");

        let run = page.run().await;
        page.click("#new-seed").await;
        page.until_finished_after(run, 60).await;
        assert!(!page.link().await.contains("&seed=11"), "the link has the old seed");
        assert_ne!(page.exact("#loss").await, loss, "another seed gives the same run");
    })
    .await;
}

#[tokio::test]
async fn a_run_that_diverges_is_stopped_explained_and_kept() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        until_epoch(&page, 500).await;
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
        page.screenshot("diverged").await;
        // With a lower rate, training continues from there.
        page.enter("#control-lr", "0.001").await;
        page.until_state("running", 10).await;
        let kept = page.epoch().await;
        until_epoch(&page, kept as u32 + 300).await;
        assert_eq!(page.text("#message-text").await, "", "the message stays though all is well again");
        let run = page.run().await;
        page.click("#restart").await;
        page.until_run_after(run, 10).await;
        until_epoch(&page, 100).await;
    })
    .await;
}

#[tokio::test]
async fn a_run_ends_where_it_should_and_goes_on_from_there() {
    visit("index.html#recipe=paper&epochs=500", |page| async move {
        page.until_state("finished", 30).await;
        assert_eq!(page.epoch().await, 500.0);
        page.enter("#control-epochs", "800").await;
        page.until("it goes on to epoch 800", 30, "Number(document.querySelector('#epoch').dataset.value) === 800").await;
        page.until_state("finished", 5).await;
    })
    .await;
}

#[tokio::test]
async fn a_run_is_looked_back_at_and_is_as_it_was_when_one_returns() {
    visit("index.html", |page| async move {
        page.before_scripts(
            "window.saved = []; window.names = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,');
             HTMLAnchorElement.prototype.click = function () { window.names.push(this.download) }",
        )
        .await;
        page.goto("index.html#epochs=2000&recipe=paper").await;
        page.until_state("finished", 60).await;
        let (now, loss) = (page.epoch().await, page.exact("#loss").await);
        let picture = page.still("#plot-landscape").await;
        // By keys to its beginning, and a moment on.
        page.send("#past", "\u{e011}").await;
        page.until("its beginning is shown", 10, "document.querySelector('#epoch').dataset.value === '0'").await;
        page.send("#past", "\u{e014}").await;
        page.until("a later moment is shown", 10, "Number(document.querySelector('#epoch').dataset.value) > 0").await;
        assert!(page.epoch().await < now && page.exact("#loss").await != loss);
        assert!(page.text("#past-value").await.starts_with("epoch "));
        page.until_changed("another fit is drawn", "#plot-landscape", picture).await;
        page.screenshot("looked-back").await;
        // A picture says in its name and below itself of which epoch it is.
        let epoch = page.epoch().await;
        page.script("document.querySelector('#export').open = true").await;
        page.click("#export-svg").await;
        page.until("the picture is offered", 10, "window.saved.length > 0").await;
        let svg = page.promise("return [window.names[0], await window.saved[0].text()]").await;
        assert_eq!(svg[0].as_str(), Some(format!("landscape-epoch-{epoch}.svg").as_str()));
        assert!(svg[1].as_str().is_some_and(|svg| svg.contains(&format!(">epoch {epoch}</text>")) || svg.contains(&format!("\nepoch {epoch}\n"))));
        page.audit("a moment of the past").await;
        page.send("#past", "\u{e010}").await;
        page.until("it is as it was", 10, "document.querySelector('#past-value').textContent === 'now'").await;
        assert_eq!((page.epoch().await, page.exact("#loss").await), (now, loss));
        assert_eq!(page.still("#plot-landscape").await, picture);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_run_that_goes_on_from_the_past_goes_on_from_where_it_has_got_to() {
    visit("index.html#epochs=1000000&recipe=paper", |page| async move {
        page.until("it has trained a while", 60, "Number(document.querySelector('#epoch').dataset.value) > 500").await;
        page.send("#past", "\u{e011}").await;
        page.until("it waits", 10, "document.body.dataset.state === 'paused'").await;
        page.until("its beginning is shown", 10, "document.querySelector('#epoch').dataset.value === '0'").await;
        page.click("#run").await;
        page.until("it goes on", 10, "Number(document.querySelector('#epoch').dataset.value) > 500").await;
        // In slow motion epochs are counted one by one.
        page.click("#slow").await;
        page.until(
            "it is slow",
            10,
            "document.querySelector('#slow').textContent === 'full speed' && document.body.dataset.state === 'paused'",
        )
        .await;
        // The numbers are those of the pause, too.
        page.until_state("paused", 10).await;
        let begun = page.epoch().await;
        page.until("it moves", 10, &format!("Number(document.querySelector('#epoch').dataset.value) > {begun} + 3")).await;
        assert!(page.epoch().await < begun + 100.0);
        page.click("#slow").await;
        page.until_state("running", 10).await;
        assert_eq!(page.text("#slow").await, "slow");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
